"""A copy of a log as everybody can read it: its entries, and what the desk shows of their contents.

The salts are not public, so nobody outside can open an entry's commitment. Contents are taken as the desk shows them,
and must fit the entries. Then they are folded by the same rules as inside (`versions.py`). The facts of an entry are
not public either; what depends on them alone is left out (`difference`).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.engine import Connection

from factcheck.desk.access.masking import PEOPLE, PERSON, UNNAMED
from factcheck.inspection.folding import FoldedArticle
from factcheck.inspection.names import Names
from factcheck.inspection.reading import Read, entries_of
from factcheck.inspection.versions import lived
from factcheck.inspection.worlds import Relations, World
from factcheck.log import leaves
from factcheck.log.clock import stamp
from factcheck.log.leaves import Leaf
from factcheck.log.verification import Fault
from factcheck.rules.roles import Role
from factcheck.rules.webhooks import ATTEST
from factcheck.storage.bulk import add_rows
from factcheck.storage.engine.database import Database
from factcheck.storage.stumbles import apart
from factcheck.storage.tables.logbook import Revision, RevisionContent, SubjectKind
from factcheck.storage.tables.people import Person

Json = dict[str, Any]
PERSON_COLUMNS = ("id", "name", "folded_name", "role", "mark", "revision", "created_at")
COLUMNS = ("log_index", "subject_kind", "subject_id", "number", "deed", "actor_id", "at", "leaf")
# What an entry that attests an earlier version's rows settles, in facts alone.
ATTESTED = frozenset(
    ("reason", "reviewed_by", "reviewed_at", "valid_on", "review_by", "updated_at", "attribution.reason",
     "attribution.reviewed_by", "attribution.reviewed_at")
)  # fmt: skip
REASONS = ("reason", "attribution.reason")


@dataclass(frozen=True)
class Expected:
    """What the log says of a claim: its JSON, None once it is withdrawn; its last entry's number and index; faults."""

    document: Json | None
    number: int
    log_index: int
    unknown: frozenset[str] = frozenset()  # members that depend on what is not public
    faults: tuple[str, ...] = ()


class Anybody(dict[str, str]):
    """Gives everybody the same name."""

    def __missing__(self, _mark: str) -> str:
        return ""


class Nameless(Names):
    """The names of people, which the log's entries do not have."""

    def at(self, _index: int) -> Anybody:
        return Anybody()

    def between(self, _first: int, _last: int) -> dict[str, str]:
        return {}


class PublicLog:
    """The copy. Takes memory for each person and each relation; everything else is in the database.

    `shown` has each person as the desk shows them, by the mark that stands for them in entries. `blind` are the things
    of which the desk hides a verdict from the caller.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.size = 0
        self.shown: dict[str, Json] = {}
        self.blind: set[str] = set()
        self._marks: set[str] = set()
        self._relations: Relations | None = None  # read again when there are new contents

    # --- what is read

    def take(self, entries: Sequence[bytes]) -> None:
        """Take the next entries. One that cannot be read is left out, and has a fault already."""
        read: list[tuple[int, Leaf, bytes]] = []
        for entry in entries:
            with suppress(ValueError):
                read.append((self.size, leaves.read(entry), entry))
            self.size += 1
        people = {leaf.actor: leaf.at for _, leaf, _ in read if leaf.actor not in self._marks}
        self._marks |= people.keys()
        rows = [
            (index, leaf.subject_kind, leaf.subject_id, leaf.number, leaf.action, leaf.actor, leaf.at, entry)
            for index, leaf, entry in read
        ]
        with self.database.writing(long=True) as session:
            someone = [(mark, mark, mark, Role.READER.value, mark, 1, at) for mark, at in people.items()]
            add_rows(session.connection(), Person, PERSON_COLUMNS, someone)
            add_rows(session.connection(), Revision, COLUMNS, rows)

    def tell(self, changes: Sequence[Json]) -> list[Fault]:
        """Take what the desk shows of some entries' contents, and return what does not fit the entries."""
        with self.database.reading() as connection:
            indexes = [change["log_index"] for change in changes]
            wanted = select(Revision.log_index, Revision.leaf).where(Revision.log_index.in_(indexes))
            there = {row.log_index: leaves.read(row.leaf) for row in connection.execute(wanted)}
            ended = set(connection.execute(_ENDED).scalars())
        self._relations = None
        faults, contents = [], []
        for change in changes:
            leaf = there.get(change["log_index"])
            subject = f"{change['subject']['kind']} {change['subject']['id']}"
            if leaf is None or not self._fits(change, leaf):
                detail = "What /v1/changes shows is not what the entry says."
                faults.append(Fault(subject, detail, change["number"], change["log_index"]))
            if leaf is not None and change["blind"]:
                self.blind.add(leaf.subject_id)
            elif leaf is not None and not (change["redacted"] and leaf.subject_id in ended):
                # Of what was redacted in part, the desk shows what it states in the place of the content.
                content = orjson.dumps({"changes": change["changes"], "reason": change["reason"]})
                contents.append((change["log_index"], b"", content))
        with self.database.writing(long=True) as session:
            add_rows(session.connection(), RevisionContent, ("log_index", "salt", "content"), contents)
        return faults

    def _fits(self, change: Json, leaf: Leaf) -> bool:
        subject, actor = change["subject"], change["actor"]
        named = subject["id"] == leaf.subject_id or (subject["id"] is None and subject["kind"] in UNNAMED)
        same = (subject["kind"], change["number"], change["action"]) == (leaf.subject_kind, leaf.number, leaf.action)
        if change["blind"]:
            return bool(named and same)
        known = self.shown.setdefault(leaf.actor, actor)
        return bool(named and same and change["at"] == stamp(leaf.at) and known["id"] == actor["id"])

    # --- what it says

    def ids(self, connection: Connection, kind: SubjectKind) -> Iterator[str]:
        """Yield the ids of all things of a kind, in the order in which they were added."""
        first = select(Revision.subject_id).where(Revision.subject_kind == kind, Revision.number == 1)
        yield from connection.execute(first.order_by(Revision.log_index)).scalars()

    def claims(self, connection: Connection, ids: Sequence[str]) -> dict[str, Expected]:
        """Return what the log says of these claims; of those that it does not know, nothing."""
        relations = self._relations = self._relations or Relations(connection)

        def folded(some: Sequence[str]) -> dict[str, Expected]:
            own = _own(connection, some)
            world = World(connection, relations, Nameless(), own)
            return {claim_id: _expected(world, claim_id, entries) for claim_id, entries in own.items()}

        def unfolded(claim_id: str, reason: str) -> dict[str, Expected]:
            [(last, _)] = _own(connection, [claim_id])[claim_id][-1:]
            told = f"What /v1/changes shows of it cannot be folded: {reason}"
            return {claim_id: Expected(None, last.number, last.log_index, faults=(told,))}

        return {
            claim_id: expected
            for some in apart(connection, ids, folded, unfolded)
            for claim_id, expected in some.items()
        }

    def history(self, connection: Connection, claim_id: str) -> list[tuple[Any, ...]]:
        """Return a claim's entries, as `shown_entry` writes them."""
        return [
            (
                entry.number, entry.log_index, entry.action, stamp(entry.at),
                content.changes if content else [], content.reason if content else None,
            )
            for entry, content in entries_of(connection, SubjectKind.CLAIM, [claim_id])
        ]  # fmt: skip

    def texts(self, connection: Connection, article_id: str) -> dict[int, str]:
        """Return the SHA-256 of each of an article's texts, by the number of the snapshot."""
        article = FoldedArticle(article_id)
        for entry, content in entries_of(connection, SubjectKind.ARTICLE, [article_id]):
            article.take(entry, content)
        return {snapshot["number"]: snapshot["sha256"] for snapshot in article.snapshots}


def shown_entry(revision: Json) -> tuple[Any, ...]:
    """Return a revision, as the desk shows it, in the form of `PublicLog.history`."""
    return tuple(revision[name] for name in ("number", "log_index", "action", "at", "changes", "reason"))


def difference(expected: Expected, served: Json, shown: Mapping[str, Json]) -> list[str]:
    """Return the members in which a claim's JSON is not what the log says.

    Left out is what depends on facts alone (why an edit reopened a question, and what an entry attests), and whose
    verdict an undo gave back.
    """
    ours, theirs = _members(expected.document or {}), _members(served)
    unknown = expected.unknown | {name for name in REASONS if ours.get(name) is None}
    names = [name for name in {**ours, **theirs} if name not in unknown]
    return [name for name in names if not _alike(ours.get(name), theirs.get(name), shown)]


def memberships(document: Json) -> set[tuple[str, str]]:
    """Return the lists that a claim belongs in, by the filter's name and value."""
    attribution = document["attribution"]
    sources = [step["source"]["id"] for step in attribution["chain"] if step["source"]]
    return {
        ("status", document["status"]),
        ("attribution_status", attribution["status"]),
        ("kind", document["kind"]),
        ("article", document["article_id"]),
        *(("tag", tag) for tag in document["tags"]),
        *(("source", source_id) for source_id in sources),
        *(("origin", attribution["origin"]["id"]) for _ in range(attribution["origin"] is not None)),
    }


def _own(connection: Connection, ids: Sequence[str]) -> dict[str, list[Read]]:
    own: defaultdict[str, list[Read]] = defaultdict(list)
    for entry, content in entries_of(connection, SubjectKind.CLAIM, ids):
        own[entry.subject_id].append((entry, content))
    return own


def _expected(world: World, claim_id: str, entries: Sequence[Read]) -> Expected:
    last, _ = entries[-1]
    life = lived(claim_id, entries, world)
    attested = any(entry.action == ATTEST for entry, _ in entries)
    fields = {field for _, content in entries if content for field, _, _ in content}
    unknown = {field.removesuffix("_id") for field in fields.intersection(PEOPLE)} | (ATTESTED if attested else set())
    document = orjson.loads(life.document) if life.claim.active and life.claim.redaction is None else None
    wrong = [] if attested else [entry.log_index for entry in life.claim.misstated]
    told = "Its entry has other statuses than what /v1/changes shows adds up to (log index {})."
    faults = tuple(told.format(index) for index in wrong)
    return Expected(document, last.number, last.log_index, frozenset(unknown), faults)


def _members(document: Json) -> Json:
    """Return a claim's members by name; those of the attribution by `attribution.name`."""
    inner = {f"attribution.{name}": value for name, value in document.get("attribution", {}).items()}
    return {name: value for name, value in document.items() if name != "attribution"} | inner


def _alike(expected: Any, served: Any, shown: Mapping[str, Json]) -> bool:
    """Say whether two values are the same, where a person is the same if the desk shows them so."""
    if isinstance(expected, dict) and isinstance(served, dict):
        if expected.keys() == PERSON:
            known = shown.get(expected["id"], served)
            # Whoever has an id may be renamed meanwhile.
            same = known == served if served["id"] is None else known["id"] == served["id"]
            return bool(same and served.keys() == PERSON)
        return expected.keys() == served.keys() and all(
            _alike(expected[name], served[name], shown) for name in expected
        )
    if isinstance(expected, list) and isinstance(served, list):
        pairs = zip(expected, served, strict=False)
        return len(expected) == len(served) and all(_alike(*both, shown) for both in pairs)
    return bool(expected == served)


# The contents of a claim that was redacted are gone as a whole.
_ENDED = select(Revision.subject_id).where(Revision.subject_kind == SubjectKind.CLAIM, Revision.action == "redact")
