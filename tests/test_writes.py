"""Hot writes fail as SQLAlchemy's own do, and leave nothing behind."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, bindparam, delete, func, select, update

from factcheck.desk.ids import new_id
from factcheck.errors import Clash
from factcheck.storage.audit import StatusChangeDay, Tally
from factcheck.storage.bulk import adding
from factcheck.storage.database import add_up
from factcheck.storage.models import Claim
from factcheck.storage.reads import Read
from factcheck.storage.writes import Write, save, together
from tests.desk import Desk

ROWS = [{"article_id": "x", "measure": "status", "value": str(n), "n": n} for n in range(3)]


@pytest.mark.parametrize("at_once", [True, False])
def test_what_is_there_already_is_a_clash(desk: Desk, at_once: bool) -> None:
    def write(rows: list[dict[str, object]]) -> None:
        with desk.database.writing() as session:
            if at_once:
                adding(Tally).run(session.connection(), rows)
                return
            with together(session.connection()):
                for row in rows:
                    adding(Tally).run(session.connection(), [row])

    write(ROWS[:1])
    with pytest.raises(Clash):
        write([ROWS[1], ROWS[0], ROWS[2]])
    write(ROWS[2:])
    with desk.database.reading() as connection:
        found = connection.execute(select(Tally.value).where(Tally.article_id == "x").order_by(Tally.value))
        assert [row.value for row in found] == ["0", "2"]


@pytest.mark.parametrize("nested", [False, True])
def test_a_saved_row_is_written_once_and_can_be_changed_again(desk: Desk, nested: bool) -> None:
    made = desk.claim()
    with desk.database.writing() as session:
        claim = session.scalars(select(Claim).where(Claim.id == made["id"])).one()
        claim.reason = "first"
        if nested:
            with session.begin_nested():
                save(session, claim)
        else:
            save(session, claim)
        assert not session.dirty
        assert session.scalar(select(Claim.reason).where(Claim.id == made["id"])) == "first"
        claim.reason = "second"
    with desk.database.reading() as connection:
        assert connection.scalar(select(Claim.reason).where(Claim.id == made["id"])) == "second"


def test_a_block_of_writes_is_sent_as_few_statements_that_see_those_before_them(
    desk: Desk, engine: str, tmp_path: Path
) -> None:
    changed = Write(update(Tally.__table__).where(Tally.value == bindparam("this")).values(n=bindparam("now")))
    dropped = Write(delete(Tally.__table__).where(Tally.value == bindparam("this")))
    kept = Read(select(Tally.value, Tally.n).where(Tally.article_id == bindparam("article")).order_by(Tally.value))
    days = [{"day": date(2023, 8, n), "actor_id": new_id(), "question": "content", "before": "unverified",
             "after": "in_review", "n": n} for n in (1, 2)]  # fmt: skip
    with desk.database.writing() as session:
        connection = session.connection()
        assert kept.all(connection, {"article": "x"}) == []  # and the transaction has begun
        with together(connection), executed(connection, tmp_path / "trace") as told:
            adding(Tally).run(connection, ROWS)
            add_up(connection, StatusChangeDay, days)
            changed.run(connection, [{"this": "1", "now": 10}, {"this": "2", "now": 20}])
            assert kept.all(connection, {"article": "x"}) == [("0", 0), ("1", 10), ("2", 20)]
            dropped.run(connection, [{"this": "0"}])
            add_up(connection, Tally, [ROWS[2] | {"n": 5}, ROWS[0] | {"n": 7}])
    with desk.database.reading() as connection:
        assert kept.all(connection, {"article": "x"}) == [("0", 7), ("1", 10), ("2", 25)]
        assert connection.scalar(select(func.sum(StatusChangeDay.n))) == 3
    # Both inserts; the update, of a table written before; the read; the deletion; what adds up to the same table.
    assert told == ([] if engine == "sqlite" else ["Execute"] * 5)


@contextmanager
def executed(connection: Connection, trace: Path) -> Iterator[list[str]]:
    """Yield what is a list of the statements that psycopg sent meanwhile, when the transaction is over."""
    told: list[str] = []
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        yield told
        return
    with trace.open("wb") as file:
        driver.pgconn.trace(file.fileno())
        yield told
        driver.batch.send()
        driver.pgconn.untrace()
    told += re.findall(r"\tF\t\d+\t(Execute)\t", trace.read_text())
