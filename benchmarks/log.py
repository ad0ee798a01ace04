"""`python -m benchmarks.log`: what the log costs a review, what verifying and proving cost.

Both databases; `--entries 1000000` for the figures of a large desk.
"""

import argparse
import hashlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from benchmarks.claims import fill
from factcheck.desk import people, reviews
from factcheck.followers.publisher import Publisher
from factcheck.log import leaves, revisions, transparency, verification
from factcheck.log.actors import ANY, Actor
from factcheck.log.clock import now
from factcheck.rules.roles import Role
from factcheck.storage import schema
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.logbook import LogHead, Revision, RevisionContent, SubjectKind
from tests import postgres

REVIEWS = 300
PLACES = count(1_000_000_000)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.log", description=__doc__)
    parser.add_argument("--entries", type=int, default=50_000, help="how many entries to prove and verify")
    entries = parser.parse_args().entries
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{folder}/bench.db", entries, Path(folder) / "log")
    with postgres.server() as maintenance, tempfile.TemporaryDirectory() as folder:
        if maintenance is None:
            sys.exit("No PostgreSQL on this machine: its part was not measured.")
        measure("PostgreSQL", postgres.create(maintenance), entries, Path(folder) / "log")


def measure(name: str, url: str, entries: int, folder: Path) -> None:
    schema.upgrade(url)
    database = Database(url)
    with database.writing() as session:
        person = people.add(session, people.operator(session), name="Bench", role=Role.ANALYST)
    claims = fill(database, person, REVIEWS * 2)
    allow_no_log(database)
    print(f"{name}")
    price(database, person, claims)
    lengthen(database, person, entries)
    publisher = Publisher(database, folder)
    took = timed(publisher.publish)
    print(f"  a first checkpoint      {took:8.2f} s, of {entries} entries")
    proofs(database, entries)
    verify(database, publisher)
    database.close()


def price(database: Database, person: Actor, claims: list[str]) -> None:
    """Time reviews with the log and without it, in turns, so that nothing else differs."""
    took: dict[bool, list[float]] = {True: [], False: []}
    for at, claim in enumerate(claims):
        logged = at % 2 == 0
        with nothing() if logged else without_log():
            took[logged].append(timed(lambda claim=claim: decide(database, person, claim)))
    with_log, without = median(took[True][20:]), median(took[False][20:])
    told = f"{with_log * 1000:8.2f} ms, without {without * 1000:.2f} ms: {with_log / without:.2f} times"
    print(f"  a review with the log   {told}")


def decide(database: Database, person: Actor, claim: str) -> None:
    with database.writing() as session:
        reviews.decide(session, person, claim, status="unverifiable", seen=ANY, reason="Nobody counted, nor can now.")


@contextmanager
def without_log() -> Iterator[None]:
    """Let actions think that they were logged: nothing is read or written for it. The review's row needs an index."""

    def pretend(_session: Session, *_: Any, **__: Any) -> revisions.Entry:
        return revisions.Entry(next(PLACES), now())

    with patch.object(revisions, "append", pretend):
        yield


def allow_no_log(database: Database) -> None:
    """Let reviews stand without the entry that they refer to."""
    engine = database._write_engine
    with engine.connect() as connection:
        if database.embedded:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.execute("PRAGMA foreign_keys = OFF")
        else:
            connection.execute(text("ALTER TABLE reviews DROP CONSTRAINT fk_reviews_log_index_revisions"))
            connection.commit()


@contextmanager
def nothing() -> Iterator[None]:
    yield


def lengthen(database: Database, person: Actor, entries: int) -> None:
    """Make the log `entries` long with entries of one thing, in the form that actions write."""
    with database.writing() as session:
        size = session.scalar(select(LogHead.size)) or 0
        log_id = session.scalar(select(LogHead.log_id)) or ""
    previous, number = None, 0
    for first in range(size, entries, 5000):
        rows, contents = [], []
        for index in range(first, min(first + 5000, entries)):
            number += 1
            content, salt = leaves.content_of([{"field": "n", "before": None, "after": number}], None), bytes(32)
            at = now()
            leaf = leaves.Leaf(
                SubjectKind.LOG,
                log_id,
                number,
                previous,
                "bench",
                None,
                person.mark,
                at,
                leaves.commitment(salt, content),
            )
            rows.append(
                {
                    "log_index": index, "subject_kind": SubjectKind.LOG, "subject_id": log_id, "number": number,
                    "deed": "bench", "actor_id": person.id, "at": at, "leaf": leaf.written(),
                }
            )  # fmt: skip
            contents.append({"log_index": index, "salt": salt, "content": content})
            previous = index
        with database.writing() as session:
            session.execute(insert(Revision), rows)
            session.execute(insert(RevisionContent), contents)
            head = session.scalars(select(LogHead)).one()
            head.size, head.last_at = rows[-1]["log_index"] + 1, rows[-1]["at"]


def proofs(database: Database, entries: int) -> None:
    took = []
    for at in range(200):
        index = (at * 7919 * 131) % entries
        with database.reading() as connection:
            took.append(timed(lambda index=index, connection=connection: transparency.inclusion(connection, index)))
    told = f"{median(took) * 1000:8.2f} ms, the median of {len(took)}; {max(took) * 1000:.2f} at most"
    print(f"  a proof                 {told}")


def verify(database: Database, publisher: Publisher) -> None:
    signed = publisher.signed()
    with database.reading_one_moment() as connection:
        done = verification.Progress()
        began = time.perf_counter()
        faults = [
            f
            for found in verification.log_entries(connection, [signed.checkpoint()] if signed else [], done)
            for f in found
        ]
        took = time.perf_counter() - began
        raw = [bytes(leaf) for leaf in connection.execute(select(Revision.leaf).limit(100_000)).scalars()]
    began = time.perf_counter()
    for leaf in raw:
        hashlib.sha256(b"\x00" + leaf).digest()
    hashing = len(raw) / (time.perf_counter() - began)
    unlogged = [f for f in faults if "gone" not in f.detail]
    print(f"  verifying               {done.done / took:8.0f} entries/s; hashing the same bytes alone {hashing:.0f}/s")
    print(f"  faults found            {len(unlogged):8}")


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
