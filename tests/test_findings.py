"""Findings are kept true: after every action they are what working them out from nothing gives."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import date
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from factcheck.desk import (
    articles,
    claims,
    evidence,
    people,
    redaction,
    relations,
    reviews,
    second_opinions,
    snapshots,
    sources,
    undo,
)
from factcheck.desk.capturing import evidence_links
from factcheck.desk.redactions import articles as redacted_articles
from factcheck.desk.redactions import relations as redacted_relations
from factcheck.desk.redactions import sources as redacted_sources
from factcheck.desk.snapshots import NewText
from factcheck.errors import FactcheckError
from factcheck.followers.audit import AuditFollower, checking
from factcheck.followers.base import Following
from factcheck.inspection.derived import FOLLOWERS
from factcheck.log.actors import ANY, Actor
from factcheck.rules.redacting import BLOCK
from factcheck.rules.roles import Role
from factcheck.rules.sources import RelationKind
from factcheck.rules.status import Question, Stance, Status
from factcheck.schemas.base import load
from factcheck.schemas.claims import ClaimIn
from factcheck.schemas.evidence import EvidenceIn
from factcheck.schemas.sources import SourceIn
from factcheck.storage.engine.database import Database
from factcheck.storage.tables import audit
from tests.conftest import Copies
from tests.derived import everything
from tests.desk import TEXT
from tests.redacting import faults

WIRE = "The army has been put on the highest alert because of a growing threat, a document issued on Friday says"
QUOTED = "up to a million people were present"
# As the article was, with the quoted words changed, and without them.
TEXTS = (TEXT, TEXT.replace("a million people were", "a million men were"), TEXT.partition(", with")[0] + ".")
SOURCES, ARTICLES = 5, 2
source = st.integers(0, SOURCES - 1)
place = st.integers(0, 11)
hop = st.fixed_dictionaries(
    {
        "source_id": st.none() | source,
        "described_as": st.just("someone"),
        "directness": st.just("indirect"),
        "on_behalf_of_id": st.none() | st.none() | source,
        "interested": st.sampled_from([True, False, None]),
    }
)
chains = st.lists(hop, max_size=3)
pieces = st.fixed_dictionaries(
    {
        "stance": st.sampled_from([str(stance) for stance in Stance]),
        "title": st.just("A report"),
        "url": st.sampled_from([None, "https://a.example/1", "https://b.example/2"]),
        "source_id": st.none() | source,
        "origin_id": st.none() | source,
        "excerpt": st.sampled_from([None, WIRE, f"{WIRE}, it was said"]),
    }
)
quantities = st.none() | st.fixed_dictionaries(
    {"low": st.none() | st.integers(0, 5), "high": st.integers(5, 9), "unit": st.just("people")}
)


class Audit(RuleBasedStateMachine):
    """Any actions in any order, by one person who may do all."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.claims: list[str] = []
        self.texts = [TEXT] * ARTICLES
        with self.database.writing() as session:
            operator = people.operator(session)
            self.actor = people.add(session, operator, name="Anna", role=Role.ADMIN)
            self.other = people.add(session, operator, name="Ben", role=Role.ANALYST)
            self.sources = [
                sources.add(session, self.actor, **load(SourceIn(), {"name": f"Source {n}", "kind": "person"}))["id"]
                for n in range(SOURCES)
            ]
            self.articles = [
                articles.add(session, self.actor, text=TEXT, title=f"Article {n}")["id"] for n in range(ARTICLES)
            ]

    def do(self, action: Callable[[Session, Actor], Any], by: Actor | None = None) -> Any:
        with suppress(FactcheckError), self.database.writing() as session:
            return action(session, by or self.actor)
        return None

    def with_sources(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.with_sources(each) for each in value]
        return {
            name: self.sources[each] if name.endswith("_id") and isinstance(each, int) else each
            for name, each in value.items()
        }

    def claim(self, at: int) -> str:
        return self.claims[at % len(self.claims)] if self.claims else "00000000-0000-0000-0000-000000000000"

    @rule(chain=chains, article=st.integers(0, ARTICLES - 1), quantity=quantities)
    def add_claim(self, chain: Any, article: int, quantity: Any) -> None:
        body = {
            "article_id": self.articles[article], "text": f"Statement {len(self.claims)}.",
            "kind": "quantity" if quantity else "factual", "quantity": quantity,
            "quotes": [{"exact": QUOTED}], "attribution": self.with_sources(chain),
        }  # fmt: skip
        made = self.do(lambda s, a: claims.add(s, a, **load(ClaimIn(), body)).id)
        if QUOTED in self.texts[article]:
            assert made
            self.claims.append(made)
        else:
            assert made is None

    @rule(at=place, patch=st.fixed_dictionaries({"text": st.sampled_from(["Other.", "Another."])}))
    def amend_words(self, at: int, patch: Any) -> None:
        self.do(lambda s, a: claims.amend(s, a, self.claim(at), patch=patch, seen=ANY))

    @rule(at=place, tags=st.lists(st.sampled_from(["rally", "people"]), unique=True))
    def amend_tags(self, at: int, tags: list[str]) -> None:
        self.do(lambda s, a: claims.amend(s, a, self.claim(at), patch={"tags": tags}, seen=ANY))

    @rule(at=place, chain=chains)
    def amend_chain(self, at: int, chain: Any) -> None:
        patch = {"attribution": self.with_sources(chain)}
        self.do(lambda s, a: claims.amend(s, a, self.claim(at), patch=patch, seen=ANY))

    @rule(at=place, kind=st.sampled_from(["factual", "opinion"]))
    def amend_kind(self, at: int, kind: str) -> None:
        patch = {"kind": kind, "quantity": None}
        self.do(lambda s, a: claims.amend(s, a, self.claim(at), patch=patch, seen=ANY))

    @rule(at=place, redacted=st.booleans())
    def take_away(self, at: int, redacted: bool) -> None:
        action = redaction.redact if redacted else claims.withdraw
        self.do(lambda s, a: action(s, a, self.claim(at), reason="It was entered twice."))

    @rule(at=place, piece=pieces)
    def add_evidence(self, at: int, piece: Any) -> None:
        fields = load(EvidenceIn(), self.with_sources(piece))
        self.do(lambda s, a: evidence.add(s, a, self.claim(at), **fields))

    @rule(at=place, which=st.integers(0, 2))
    def withdraw_evidence(self, at: int, which: int) -> None:
        with self.database.reading() as connection:
            found = [item for _, item in evidence.of_claim(connection, self.claim(at), -1, 10)]
        if found:
            chosen = found[which % len(found)]["id"]
            self.do(lambda s, a: evidence.withdraw(s, a, self.claim(at), chosen, reason="It was wrong."))

    @rule(at=place, other=place, kind=st.sampled_from([str(kind) for kind in RelationKind]))
    def relate(self, at: int, other: int, kind: str) -> None:
        self.do(lambda s, a: relations.add(s, a, self.claim(at), kind=kind, other_id=self.claim(other), note="A note."))

    @rule(
        at=place,
        status=st.sampled_from([str(status) for status in Status]),
        question=st.sampled_from([str(question) for question in Question]),
        piece=st.none() | pieces,
        by=st.sampled_from([None, "2020-01-01", "2099-01-01"]),
    )
    def decide(self, at: int, status: str, question: str, piece: Any, by: str | None) -> None:
        given = [load(EvidenceIn(), self.with_sources(piece))] if piece else []
        day = date.fromisoformat(by) if by else None
        self.do(
            lambda s, a: reviews.decide(
                s, a, self.claim(at), status=status, question=question, evidence=given, seen=ANY, review_by=day,
                reason="A reason that is long enough.",
            )
        )  # fmt: skip

    @rule(at=place, question=st.sampled_from([str(question) for question in Question]))
    def ask_again(self, at: int, question: str) -> None:
        self.do(lambda s, a: second_opinions.ask(s, a, self.claim(at), question=question, note="Look again."))

    @rule(
        at=place,
        status=st.sampled_from(["verified", "refuted", "unverifiable"]),
        question=st.sampled_from([str(question) for question in Question]),
        piece=pieces,
    )
    def decide_by_another(self, at: int, status: str, question: str, piece: Any) -> None:
        given = [load(EvidenceIn(), self.with_sources(piece))]
        self.do(
            lambda s, a: reviews.decide(
                s, a, self.claim(at), status=status, question=question, evidence=given, seen=ANY,
                reason="A reason that is long enough.",
            ),
            self.other,
        )  # fmt: skip

    @rule(at=place)
    def undo_newest(self, at: int) -> None:
        with self.database.reading() as connection:
            made = [review for _, review in reviews.of_claim(connection, self.claim(at), -1, 100)]
        if made:
            self.do(lambda s, a: undo.undo(s, a, self.claim(at), made[-1]["id"], seen=ANY))

    @rule(at=source, into=source)
    def merge(self, at: int, into: int) -> None:
        self.do(
            lambda s, a: sources.merge(s, a, self.sources[at], into=self.sources[into], reason="They are the same.")
        )

    @rule(at=source, name=st.sampled_from(["Renamed", "Renamed again"]))
    def rename(self, at: int, name: str) -> None:
        self.do(lambda s, a: sources.amend(s, a, self.sources[at], patch={"name": name}, seen=ANY))

    @rule(at=st.integers(0, ARTICLES - 1), outlet=st.none() | source, day=st.sampled_from([None, "2021-05-05"]))
    def amend_article(self, at: int, outlet: int | None, day: str | None) -> None:
        patch = {"outlet_id": None if outlet is None else self.sources[outlet], "published_on": day}
        self.do(lambda s, a: articles.amend(s, a, self.articles[at], patch=patch, seen=ANY))

    @rule(at=st.integers(0, ARTICLES - 1), newer=st.sampled_from(TEXTS))
    def add_snapshot(self, at: int, newer: str) -> None:
        assert self.do(lambda s, a: snapshots.add(s, a, NewText(self.articles[at], newer)))
        self.texts[at] = newer

    @rule(at=st.integers(0, ARTICLES - 1), words=st.sampled_from(["a million", "organizers", "people", None]))
    def redact_words(self, at: int, words: str | None) -> None:
        with self.database.reading() as connection:
            now = articles.get(connection, self.articles[at])["text"]
        place = {"start": now.index(words), "end": now.index(words) + len(words)} if words and words in now else {}
        if place:
            self.do(lambda s, a: redacted_articles.redact_text(s, a, self.articles[at], reason="Asked for.", **place))
            self.texts[at] = self.texts[at].replace(words or "", BLOCK * len(words or ""))

    @rule(at=source)
    def redact_source(self, at: int) -> None:
        self.do(lambda s, a: redacted_sources.redact(s, a, self.sources[at], reason="Asked for."))

    @rule(at=place)
    def redact_notes(self, at: int) -> None:
        with self.database.reading() as connection:
            found = [item["id"] for _, item in relations.of_claim(connection, self.claim(at), -1, 10)]
        for relation in found:
            self.do(
                lambda s, a, each=relation: redacted_relations.redact_note(s, a, self.claim(at), each, reason="Asked.")
            )

    @rule(at=place)
    def confirm_quotes(self, at: int) -> None:
        reason = "These words say the same."
        self.do(lambda s, a: snapshots.confirm(s, a, self.claim(at), seen=ANY, reason=reason))

    @rule(at=place, error=st.sampled_from(["http_404", "timeout", None]))
    def check_links(self, at: int, error: str | None) -> None:
        self.do(lambda s, a: evidence_links.record(s, a, self.claim(at), url="https://a.example/1", error=error))

    @rule(batch=st.integers(1, 5), times=st.integers(1, 3))
    def follow(self, batch: int, times: int) -> None:
        """Let the follower take some entries in; between two rules it is behind, as it may be."""
        for _ in range(times):
            for follower in FOLLOWERS:
                Following(self.database, follower(), batch).step()

    def teardown(self) -> None:
        """What followed in batches of any size is what the tables give and what a rebuild gives."""
        followings = [Following(self.database, follower()) for follower in FOLLOWERS]
        for following in followings:
            following.catch_up()
        with self.database.reading_one_moment() as connection:
            assert list(checking.all_faults(connection)) == []
            followed = everything(connection)
        assert faults(self.database) == []
        for following in followings:
            following.start_over()
            following.catch_up()
        with self.database.reading_one_moment() as connection:
            assert everything(connection) == followed


def differences(database: Database) -> list[Any]:
    Following(database, AuditFollower()).catch_up()
    with database.reading_one_moment() as connection:
        return list(checking.all_faults(connection))


def test_after_every_action_findings_are_those_from_nothing(copies: Copies) -> None:
    urls: list[str] = []
    opened: list[Database] = []

    def machine() -> Audit:
        urls.append(copies.copy("migrated"))
        opened.append(Database(urls[-1]))
        return type("OneAudit", (Audit,), {"database": opened[-1]})()  # type: ignore[no-any-return]

    examples = int(os.environ.get("FACTCHECK_TEST_AUDITS", 8 if copies.engine == "sqlite" else 4))
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.explicit, Phase.reuse, Phase.generate],
                print_blob=True,
            ),
        )
    finally:
        for database in opened:
            database.close()
        for url in urls:
            copies.forget(url)


@contextmanager
def desk_of(copies: Copies, name: str) -> Iterator[Database]:
    url = copies.copy(name)
    with closing(Database(url)) as database:
        yield database
    copies.forget(url)


def test_quotes_that_newer_texts_change_and_lose_are_findings(copies: Copies) -> None:
    """What the rules above make of snapshots is not nothing."""
    with desk_of(copies, "migrated") as database:
        desk: Any = type("OneAudit", (Audit,), {"database": database})()
        desk.add_claim(chain=[], article=0, quantity=None)
        found = []
        for newer in (*TEXTS[1:], TEXTS[0]):
            desk.add_snapshot(at=0, newer=newer)
            assert differences(database) == []
            with database.reading_one_moment() as connection:
                kinds = connection.execute(select(audit.Finding.kind).order_by(audit.Finding.kind)).scalars()
                found.append([kind for kind in kinds if kind.startswith("anchor")])
        assert found == [["anchor_changed"], ["anchor_broken"], []]


def test_a_finding_that_holds_from_another_day_moves_in_the_lists_of_sources(copies: Copies) -> None:
    with desk_of(copies, "migrated") as database:
        desk: Any = type("OneAudit", (Audit,), {"database": database})()
        said = {"source_id": 0, "described_as": "someone", "directness": "indirect"}
        desk.add_claim(chain=[said], article=0, quantity=None)
        for stance in ("supports", "refutes"):
            desk.add_evidence(at=0, piece={"stance": stance, "title": "A report"})
        for status, day in (("verified", "2020-01-01"), ("disputed", "2020-02-01")):
            desk.decide(at=0, status=status, question="content", piece=None, by=day)
        overdue = audit.FindingSource.kind == "overdue"
        assert differences(database) == []
        with database.reading_one_moment() as connection:
            listed = connection.execute(select(audit.FindingSource.since).where(overdue)).scalars()
            assert [since.date() for since in listed] == [date(2020, 2, 2)]


def test_a_stray_row_is_found_and_a_rebuild_mends_it(copies: Copies) -> None:
    with desk_of(copies, "seeded") as database:
        following = Following(database, AuditFollower())
        following.catch_up()
        with database.writing() as session:
            before = everything(session.connection())
            rows = session.execute(select(*audit.FindingSource.__table__.columns)).all()
            stray = {(row.claim_seq, row.source_id): {**row._mapping, "kind": "overdue"} for row in rows}
            session.execute(insert(audit.FindingSource), list(stray.values()))
        with database.reading_one_moment() as connection:
            found = list(checking.all_faults(connection))
        assert len({subject for subject, _ in found}) == len({seq for seq, _ in stray}) > 0
        following.start_over()
        assert differences(database) == []
        with database.reading_one_moment() as connection:
            assert everything(connection) == before
