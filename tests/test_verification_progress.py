"""The progress of a verification: each phase moves in small steps and ends when all of it is done."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from factcheck.desk import people
from factcheck.followers.publisher import Publisher
from factcheck.inspection import comparing, rebuilding, replay
from factcheck.log import verification
from factcheck.log.verification import Fault, Progress
from factcheck.storage.tables.logbook import Revision
from tests.desk import Desk

STEP = 20
PHASES = ["Checking entries", "Rebuilding from the log", "Following the log: audit", "Comparing rows"]


def test_every_phase_moves_in_small_steps_to_its_end(
    seeded: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "ROWS", STEP)
    monkeypatch.setattr(rebuilding, "BATCH", STEP // 4)
    seeded.get("/v1/audit/summary")  # the audit has followed the log
    publisher = Publisher(seeded.database, tmp_path / "log")
    publisher.publish()
    with seeded.database.writing() as session:
        operator = people.operator(session)
    publisher.new_epoch(operator, "An entry about the log itself, which gives no rows.")
    seen: dict[str, list[tuple[int, int]]] = {}
    done = Progress()
    with seeded.database.reading_one_moment() as connection, Session(connection) as session:
        size = connection.scalar(select(func.count()).select_from(Revision))
        for faults in (*_each(verification.log_entries(connection, [], done), done, seen),
                       *_each(replay.replayed(session, done), done, seen)):  # fmt: skip
            assert faults == []
    assert list(seen) == PHASES
    assert seen["Checking entries"][-1] == (size, size)
    for phase, places in seen.items():
        counts = [count for count, _ in places]
        totals = {total for _, total in places}
        assert len(totals) == 1, phase
        assert counts == sorted(counts), phase
        assert {counts[-1]} == totals, phase
        assert counts[-1] >= size - 1, phase  # the audit has not read the last entry yet
    assert len(set(seen["Rebuilding from the log"])) > 10
    counts = [0, *(count for count, _ in seen["Comparing rows"])]
    assert len(set(counts)) > 20
    # A table's last rows are counted together with the first ones of the next.
    assert max(after - before for before, after in pairwise(counts)) <= 3 * STEP


def _each(
    found: Iterator[list[Fault]], done: Progress, seen: dict[str, list[tuple[int, int]]]
) -> Iterator[list[Fault]]:
    for faults in found:
        seen.setdefault(done.phase, []).append((done.done, done.total))
        yield faults
