"""Random forgeries of a desk, in its log and in its tables, one after the other; each must be found under its name.

A forgery is undone before the next one. The verification is read until it names what was forged.
"""

import os
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from factcheck.followers.publisher import Publisher
from factcheck.inspection import upkeep
from factcheck.log import leaves
from factcheck.rules.notes import Checkpoint
from factcheck.storage import schema
from factcheck.storage.engine.database import Database
from torture.actions import work
from torture.figures import Figure, at_least, none
from torture.tampering import Rights, reported

ACTIONS = 40
TOLD = 500  # forgeries after which it is told how many there were
FAR = 1_000_000_000  # a place in the log that nothing has


@dataclass
class Forged:
    """How many forgeries of each sort there were, and those that were not named."""

    tried: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)


class Hand:
    """What somebody with all rights can do to a desk and its history. Each returns words that the report must have."""

    def __init__(self, session: Session, random: Random) -> None:
        self.session, self.random = session, random
        self.size = session.execute(text("SELECT size FROM log_head")).scalar_one()

    def run(self, statement: str, **values: Any) -> None:
        assert self.session.connection().execute(text(statement), values).rowcount != 0, statement

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


def desk(url: str, folder: Path, random: Random, actions: int = ACTIONS) -> Checkpoint:
    """Make a desk with random actions behind it, and return the head that it has signed."""
    schema.upgrade(url)
    with closing(Database(url)) as database:
        list(upkeep.renew(database))
        work(database, random, actions, rare=False)
        publisher = Publisher(database, folder)
        publisher.publish()
        signed = publisher.signed()
    assert signed is not None
    return signed.checkpoint()


def forge(url: str, head: Checkpoint, random: Random, number: int) -> Forged:
    """Make so many forgeries of a desk with a signed head, each kind in turn."""
    done = Forged()
    with closing(Rights(url)) as rights:
        with rights.used() as session:
            before = list(reported(session, head))
        assert before == [], before
        for at in range(number):
            hand = HANDS[at % len(HANDS)]
            with rights.used() as session:
                word = hand(Hand(session, random))
                if not any(word in line for line in reported(session, head)):
                    done.missed.append(f"forgery {at}, {hand.__name__}: wanted {word}")
                    print(f"  {done.missed[-1]}", flush=True)
            done.tried[hand.__name__] += 1
            if (at + 1) % TOLD == 0:
                print(f"  {at + 1} of {number}", flush=True)
        with rights.used() as session:
            assert list(reported(session, head)) == []
    return done


def figures(done: Forged, number: int) -> list[Figure]:
    return [
        at_least("sorts of forgeries", len(done.tried), len(HANDS)),
        at_least("forgeries", done.tried.total(), number),
        none("forgeries that the verification did not name", len(done.missed)),
    ]
