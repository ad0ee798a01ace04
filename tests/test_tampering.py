"""Random tamperings of a log, each found under the right name; random untouched logs, without a false alarm.

FACTCHECK_TEST_TAMPERINGS=10000 FACTCHECK_TEST_LOGS=1000 runs the long form.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from factcheck.desk import articles, claims, evidence, people, relations, reviews, sources
from factcheck.errors import Clash, RuleUnmet
from factcheck.followers.publisher import Publisher
from factcheck.inspection import replay
from factcheck.log import leaves, verification
from factcheck.log.actors import ANY, Actor
from factcheck.rules.notes import Checkpoint
from factcheck.rules.roles import Role
from factcheck.rules.status import Status
from factcheck.schemas.base import load
from factcheck.schemas.claims import ClaimIn
from factcheck.schemas.evidence import EvidenceIn
from factcheck.storage.engine.database import Database
from tests.desk import TEXT
from torture.tampering import all_rights

TAMPERINGS = int(os.environ.get("FACTCHECK_TEST_TAMPERINGS", "80"))
LOGS = int(os.environ.get("FACTCHECK_TEST_LOGS", "5"))
FAR = 1_000_000_000  # a place in the log that nothing has
WORDS = ("present", "thousands", "solidarity", "left early")


def work(database: Database, random: Random, actions: int) -> None:
    """Do random actions, each in a transaction of its own, as the doors do."""
    with database.writing() as session:
        operator = people.operator(session)
        name = f"Analyst {random.random()}"
        actor = people.add(session, operator, name=name, role=Role.ADMIN)
        origin = sources.add(session, actor, name="Origin", kind="group", aliases=[], same_as=[])["id"]
        other = sources.add(session, actor, name="Another", kind="person", aliases=[], same_as=[])["id"]
        article = articles.add(session, actor, title="An article", text=TEXT)["id"]
    made: list[str] = []
    for n in range(actions):
        action = random.randrange(8) if len(made) > 1 else 0
        with suppress(Clash, RuleUnmet), database.writing() as session:
            _do(session, actor, random, action, n, made, article, random.choice([origin, other]))


def _do(
    session: Session, actor: Actor, random: Random, action: int, n: int, made: list[str], article: str, source: str
) -> None:
    if action == 0:
        hop = {"source_id": source, "directness": "indirect", "interested": random.choice([True, False, None])}
        body = {
            "article_id": article, "text": f"Claim {n}.", "kind": random.choice(["factual", "opinion"]),
            "quotes": [{"exact": random.choice(WORDS)}] if n % 2 else [{"exact": "people", "prefix": "million "}],
            "attribution": random.choice([[], [hop], [hop, {**hop, "note": "a note"}]]), "tags": [f"tag{n % 3}"],
        }  # fmt: skip
        body["quotes"] = (
            [{"exact": "organizers", "suffix": " claiming"}] if "organizers" in str(body["quotes"]) else body["quotes"]
        )
        made.append(claims.add(session, actor, **load(ClaimIn(), body)).id)
        return
    claim = random.choice(made)
    piece = load(EvidenceIn(), {"stance": random.choice(["supports", "refutes", "context"]), "title": f"Piece {n}"})
    if action == 1:
        evidence.add(session, actor, claim, **piece)
    elif action == 2:
        claims.amend(session, actor, claim, patch={"text": f"Words {n}.", "tags": [f"t{n}"]}, seen=ANY)
    elif action == 3:
        item = session.execute(
            text("SELECT id FROM evidence WHERE claim_id = :c AND withdrawn_at IS NULL LIMIT 1"), {"c": claim}
        ).scalar()
        if item:
            evidence.withdraw(session, actor, claim, str(item), reason="It was wrong.")
    elif action == 4:
        kind = random.choice(["contradicts", "restates", "in_tension_with"])
        relations.add(session, actor, claim, kind=kind, other_id=next(c for c in made if c != claim), note=None)
    elif action == 5:
        sources.amend(session, actor, source, patch={"name": f"Name {n}"}, seen=ANY)
    else:
        status = random.choice([str(status) for status in Status])
        given = [piece] if random.random() < 0.7 else []
        question = random.choice(["content", "attribution"])
        reason = f"A reason that is long enough {n}."
        reviews.decide(session, actor, claim, status=status, seen=ANY, question=question, reason=reason, evidence=given)


def faults(session: Session, head: Checkpoint) -> list[verification.Fault]:
    done = verification.Progress()
    found = []
    for some in verification.log_entries(session.connection(), [head], done):
        found += some
    for some in replay.replayed(session, done):
        found += some
    return found


class Hand:
    """What somebody with all rights can do to the history. Each returns the words that the report must hold."""

    def __init__(self, session: Session, random: Random) -> None:
        self.session, self.random = session, random
        self.size = session.execute(text("SELECT size FROM log_head")).scalar_one()

    def run(self, statement: str, **values: Any) -> None:
        assert self.session.execute(text(statement), values).rowcount != 0, statement

    def pick(self, query: str) -> Any:
        rows = self.session.execute(text(query)).all()
        return self.random.choice(rows)

    def status(self) -> str:
        claim = self.pick("SELECT id, status FROM claims")
        other = {"unverified": "in_review", "in_review": "unverified"}.get(claim.status, "unverified")
        self.run("UPDATE claims SET status = :s WHERE id = :id", s=other, id=claim.id)
        return f"claim {claim.id}"

    def attribution(self) -> str:
        claim = self.pick("SELECT id, attribution_status AS status FROM claims")
        other = "refuted" if claim.status != "refuted" else "verified"
        self.run("UPDATE claims SET attribution_status = :s WHERE id = :id", s=other, id=claim.id)
        return f"claim {claim.id}"

    def words(self) -> str:
        claim = self.pick("SELECT id FROM claims")
        self.run("UPDATE claims SET text = 'Other words.' WHERE id = :id", id=claim.id)
        return f"claim {claim.id}"

    def interest(self) -> str:
        hop = self.pick("SELECT claim_id, position FROM hops")
        self.run(
            "UPDATE hops SET note = 'slipped in' WHERE claim_id = :c AND position = :p", c=hop.claim_id, p=hop.position
        )
        return f"claim {hop.claim_id}"

    def old_shown_as_current(self) -> str:
        old = self.pick("SELECT claim_seq, etag, document FROM claim_versions")
        self.run(
            "UPDATE claims SET document = :d, etag = :e WHERE seq = :s",
            d=bytes(old.document),
            e=old.etag,
            s=old.claim_seq,
        )
        claim = self.session.execute(text("SELECT id FROM claims WHERE seq = :s"), {"s": old.claim_seq}).scalar_one()
        return f"claim {claim}"

    def review_reason(self) -> str:
        review = self.pick("SELECT id, claim_id FROM reviews")
        self.run("UPDATE reviews SET reason = 'Something else altogether.' WHERE id = :id", id=review.id)
        return f"claim {review.claim_id}"

    def evidence_stance(self) -> str:
        piece = self.pick("SELECT id, claim_id, stance FROM evidence WHERE withdrawn_at IS NULL")
        stance = "context" if piece.stance != "context" else "supports"
        self.run("UPDATE evidence SET stance = :s WHERE id = :id", s=stance, id=piece.id)
        return f"claim {piece.claim_id}"

    def source_name(self) -> str:
        source = self.pick("SELECT id FROM sources")
        self.run("UPDATE sources SET name = 'Somebody else' WHERE id = :id", id=source.id)
        return f"source {source.id}"

    def role(self) -> str:
        person = self.pick("SELECT id, role FROM people")
        self.run(
            "UPDATE people SET role = :r WHERE id = :id",
            r="reader" if person.role != "reader" else "admin",
            id=person.id,
        )
        return f"person {person.id}"

    def article_text(self) -> str:
        article = self.pick("SELECT article_id FROM snapshots")
        self.run("UPDATE snapshots SET text = text || '.' WHERE article_id = :id", id=article.article_id)
        return f"article {article.article_id}"

    def content(self) -> str:
        index = self.random.randrange(self.size)
        row = self.session.execute(
            text("SELECT content FROM revision_contents WHERE log_index = :i"), {"i": index}
        ).one()
        raw = bytearray(row.content)
        at = self.random.randrange(len(raw))
        raw[at] ^= 1
        self.run("UPDATE revision_contents SET content = :c WHERE log_index = :i", c=bytes(raw), i=index)
        return f"log index {index}"

    def salt(self) -> str:
        index = self.random.randrange(self.size)
        self.run("UPDATE revision_contents SET salt = :s WHERE log_index = :i", s=os.urandom(32), i=index)
        return f"log index {index}"

    def leaf(self) -> str:
        index = self.random.randrange(self.size)
        row = self.session.execute(text("SELECT leaf FROM revisions WHERE log_index = :i"), {"i": index}).one()
        raw = bytearray(row.leaf)
        raw[self.random.randrange(len(raw))] ^= 1
        self.run("UPDATE revisions SET leaf = :l WHERE log_index = :i", l=bytes(raw), i=index)
        return f"log index {index}"

    def leaf_and_content(self) -> str:
        """Another reason, and an entry that commits to it: all that is left is the root that was signed."""
        index = self.random.randrange(self.size)
        row = self.session.execute(
            text(
                "SELECT leaf, salt, content FROM revisions JOIN revision_contents USING (log_index)"
                " WHERE log_index = :i"
            ),
            {"i": index},
        ).one()
        content = leaves.canonical({**orjson.loads(row.content), "reason": "What was never said."})
        said = {**orjson.loads(row.leaf), "commit": leaves.commitment(bytes(row.salt), content)}
        self.run("UPDATE revision_contents SET content = :c WHERE log_index = :i", c=content, i=index)
        self.run("UPDATE revisions SET leaf = :l WHERE log_index = :i", l=leaves.canonical(said), i=index)
        return f"0 to {self.size - 1} was changed"

    def time(self) -> str:
        index = self.random.randrange(self.size)
        later = self.session.execute(text("SELECT at FROM revisions WHERE log_index = :i"), {"i": index}).scalar_one()
        moved = "1999-12-31 23:59:59.000000" + ("+00" if not isinstance(later, str) else "")
        self.run("UPDATE revisions SET at = :a WHERE log_index = :i", a=moved, i=index)
        return f"log index {index}"

    def actor(self) -> str:
        row = self.pick("SELECT log_index, actor_id FROM revisions")
        query = text("SELECT id FROM people WHERE id <> :id")
        others = self.session.execute(query, {"id": row.actor_id}).scalars().all()
        self.run(
            "UPDATE revisions SET actor_id = :a WHERE log_index = :i", a=self.random.choice(others), i=row.log_index
        )
        return f"log index {row.log_index}"

    def removed_tail(self) -> str:
        keep = self.random.randrange(self.size)
        self._cut(keep)
        return "the end is missing"

    def restored_backup(self) -> str:
        keep = self.random.randrange(self.size)
        self._cut(keep)
        self.run("UPDATE log_head SET size = :k", k=keep)
        return "the end is missing"

    def swapped(self) -> str:
        first, second = sorted(self.random.sample(range(self.size), 2))
        for table in ("revision_contents", "revisions"):
            for before, after in ((first, FAR), (second, first), (FAR, second)):
                self.run(f"UPDATE {table} SET log_index = :a WHERE log_index = :b", a=after, b=before)
        return "was changed, or one was put in or taken out"

    def inserted(self) -> str:
        at = self.random.randrange(self.size)
        for table in ("revision_contents", "revisions"):
            self.run(f"UPDATE {table} SET log_index = log_index + {FAR} WHERE log_index >= :at", at=at)
            self.run(f"UPDATE {table} SET log_index = log_index - {FAR} + 1 WHERE log_index >= {FAR}")
        self._copy(at + 1, at, new_number=True)
        self.run("UPDATE log_head SET size = size + 1")
        # A copy right before the last entry leaves the root of what was signed: then the copy itself is named.
        return "one was put in" if at < self.size - 1 else f"log index {at}"

    def taken_out(self) -> str:
        at = self.random.randrange(self.size - 1)
        for table in ("revision_contents", "revisions"):
            self.run(f"DELETE FROM {table} WHERE log_index = :at", at=at)
            self.run(f"UPDATE {table} SET log_index = log_index + {FAR} WHERE log_index > :at", at=at)
            self.run(f"UPDATE {table} SET log_index = log_index - {FAR} - 1 WHERE log_index >= {FAR}")
        self.run("UPDATE log_head SET size = size - 1")
        return "missing"

    def doubled(self) -> str:
        index = self.random.randrange(self.size)
        self._copy(index, self.size, new_number=True)
        self.run("UPDATE log_head SET size = size + 1")
        return f"log index {self.size}"

    def _copy(self, index: int, to: int, *, new_number: bool) -> None:
        number = "number + 1000" if new_number else "number"
        self.run(
            "INSERT INTO revisions (log_index, subject_kind, subject_id, number, deed, actor_id, at, leaf)"
            f" SELECT :to, subject_kind, subject_id, {number}, deed, actor_id, at, leaf"
            " FROM revisions WHERE log_index = :i",
            to=to, i=index,
        )  # fmt: skip
        self.run(
            "INSERT INTO revision_contents (log_index, salt, content)"
            " SELECT :to, salt, content FROM revision_contents WHERE log_index = :i",
            to=to, i=index,
        )  # fmt: skip

    def _cut(self, keep: int) -> None:
        for table in ("revision_contents", "revisions"):
            self.run(f"DELETE FROM {table} WHERE log_index >= :k", k=keep)


HANDS: list[Callable[[Hand], str]] = [
    value for name, value in vars(Hand).items() if not name.startswith("_") and name not in ("run", "pick")
]


@pytest.mark.slow
def test_every_tampering_is_found_under_its_name(migrated_url: str, tmp_path: Path) -> None:
    random = Random(6962)
    database = Database(migrated_url)
    work(database, random, 60)
    publisher = Publisher(database, tmp_path / "log")
    publisher.publish()
    signed = publisher.signed()
    assert signed is not None
    head = signed.checkpoint()
    with all_rights(migrated_url) as session:
        assert faults(session, head) == []
    missed = []
    for n in range(TAMPERINGS):
        with all_rights(migrated_url) as session:
            hand = HANDS[n % len(HANDS)]
            word = hand(Hand(session, random))
            session.flush()
            report = [fault.told() for fault in faults(session, head)]
            if not any(word in line for line in report):
                missed.append((n, hand.__name__, word, report))
    with all_rights(migrated_url) as session:
        assert faults(session, head) == []
    database.close()
    assert missed == []


@pytest.mark.slow
def test_untouched_logs_raise_no_alarm(copies: Any, tmp_path: Path) -> None:
    for seed in range(LOGS):
        url = copies.copy("migrated")
        database = Database(url)
        work(database, Random(seed), 10)
        publisher = Publisher(database, tmp_path / f"log{seed}")
        publisher.publish()
        signed = publisher.signed()
        assert signed is not None
        with database.reading_one_moment() as connection, Session(connection) as session:
            assert faults(session, signed.checkpoint()) == [], seed
        database.close()
        copies.forget(url)
