"""Merges of earlier versions: they are judgments after the upgrade, and can be parted like any other."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from factcheck.desk.claim_state import documents
from factcheck.desk.identity import joining
from factcheck.log import revisions
from factcheck.log.actors import Actor, as_actor
from factcheck.settings import Settings
from factcheck.storage import schema
from factcheck.storage.tables.followers import FollowerPosition
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.sources import Source
from tests.conftest import Copies
from tests.desk import SECRET, Desk, Entered
from tests.redacting import faults, rebuilt_faults
from tests.test_judgments import judge, timeless

SINCE = "0024"  # the schema that has judgments
WHY = "One man, two spellings."


def merged_earlier(session: Session, actor: Actor, source_id: str, into: str) -> None:
    """Do what the action `merge` did before there were judgments: two entries, and the names into the other's row."""
    rows = {row.id: row for row in session.scalars(select(Source).where(Source.id.in_([source_id, into])))}
    source, target = rows[source_id], rows[into]
    group = set(session.scalars(select(Source.id).where(Source.canonical_id == source_id)))
    claims = joining.claims_that_show(session, group)
    names = [name for name in (source.name, *source.aliases) if name != target.name]
    aliases = list(dict.fromkeys([*target.aliases, *names]))
    revisions.append(
        session, actor, SubjectKind.SOURCE, into, target.revision + 1, "take_over",
        revisions.differences({"aliases": target.aliases}, {"aliases": aliases}), WHY,
    )  # fmt: skip
    target.aliases, target.revision = aliases, target.revision + 1
    entry = revisions.append(
        session, actor, SubjectKind.SOURCE, source_id, source.revision + 1, "merge",
        [{"field": "merged_into_id", "before": None, "after": into}], WHY,
    )  # fmt: skip
    target.updated_at = source.updated_at = entry.at
    source.merged_into_id, source.revision = into, source.revision + 1
    session.flush()
    session.execute(update(Source).where(Source.id.in_(group)).values(canonical_id=into))
    documents.relink(session, claims)
    documents.render(session, claims, entry)


def amended_earlier(session: Session, actor: Actor, source_id: str, aliases: list[str]) -> None:
    """Edit the aliases as earlier versions did: those that were taken over among them."""
    row = session.scalars(select(Source).where(Source.id == source_id)).one()
    changes = revisions.differences({"aliases": row.aliases}, {"aliases": aliases})
    entry = revisions.append(session, actor, SubjectKind.SOURCE, source_id, row.revision + 1, "amend", changes)
    row.aliases, row.revision, row.updated_at = aliases, row.revision + 1, entry.at


class Earlier:
    """A desk on which somebody merged A into B and B into C, edited C, and then upgraded."""

    def __init__(self, url: str, folder: str) -> None:
        settings = Settings(database_url=url, secret_key=SECRET, index_dir=f"{folder}/index", archive=f"{folder}/files")
        with closing(Desk(settings)) as desk:
            self.ids = [desk.source(name=name, kind="person", aliases=[f"Old {name}"])["id"] for name in "ABC"]
            hops = [{"source_id": each, "directness": "direct"} for each in self.ids]
            self.claims = [desk.claim(text=f"Claim {at}.", attribution=[hop])["id"] for at, hop in enumerate(hops)]
            self.before = self.seen(desk)
            a, b, c = self.ids
            with desk.database.writing() as session:
                admin = as_actor(session.get_one(Person, desk.people["admin"]))
                merged_earlier(session, admin, a, b)
                merged_earlier(session, admin, b, c)
                amended_earlier(session, admin, c, ["New", "Old C", "B", "A"])
            self.merged = self.tables(desk)
            entered = Entered(desk.people, desk.tokens)
        newer = [path for path in schema.FOLDER.glob("versions/0*.py") if path.name >= SINCE]
        schema.downgrade(url, f"-{len(newer)}")
        schema.upgrade(url)
        self.desk = Desk(settings, entered)
        with self.desk.database.writing() as session:  # the audit of that version reads other tables
            session.execute(update(FollowerPosition).where(FollowerPosition.name == "audit").values(version=3))

    def seen(self, desk: Desk) -> dict[str, Any]:
        paths = ["/v1/audit/summary", *(f"/v1/sources/{each}/record" for each in self.ids)]
        return self.tables(desk) | {path: timeless(desk.get(path).json) for path in paths}

    def tables(self, desk: Desk) -> dict[str, Any]:
        """Return what the desk shows that depends on no follower."""
        paths = [f"/v1/sources/{each}" for each in self.ids] + [f"/v1/claims/{each}" for each in self.claims]
        paths += [f"/v1/claims?origin={each}" for each in self.ids] + ["/v1/sources"]
        return {path: timeless(desk.get(path).json) for path in paths}


@pytest.fixture
def earlier(copies: Copies, migrated_url: str, tmp_path: Any) -> Iterator[Earlier]:
    made = Earlier(migrated_url, str(tmp_path))
    yield made
    made.desk.close()


def test_a_merge_of_an_earlier_version_is_a_judgment_that_can_be_parted(earlier: Earlier, empty_url: str) -> None:
    desk, (a, b, c) = earlier.desk, earlier.ids
    assert faults(desk.database) == []
    there = earlier.tables(desk)
    names = there[f"/v1/sources/{c}"]["aliases"], there["/v1/sources"]["items"][0]["aliases"]
    assert names == (["New", "Old C", "A", "Old A", "B", "Old B"],) * 2  # joined, it has all their names
    assert {path: each for path, each in there.items() if "aliases" not in str(each)} == {
        path: each for path, each in earlier.merged.items() if "aliases" not in str(each)
    }
    listed = desk.get(f"/v1/sources/{a}/judgments").json["items"]
    assert [(each["source"]["id"], each["other"]["id"], each["judgment"], each["shown_id"], each["reason"]) for each
            in listed] == [(a, b, "same", b, WHY), (b, c, "same", c, WHY)]  # fmt: skip
    judge(desk, a, b, "different")
    judge(desk, c, b, "different")
    before = earlier.before
    before[f"/v1/sources/{c}"]["aliases"] = before["/v1/sources"]["items"][0]["aliases"] = ["New", "Old C"]
    assert earlier.seen(desk) == before
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, empty_url) == []
