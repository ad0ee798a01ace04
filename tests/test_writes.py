"""Hot writes fail as SQLAlchemy's own do, and leave nothing behind."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, bindparam, delete, func, select, text, update
from sqlalchemy.exc import IntegrityError, InvalidRequestError

from factcheck.desk.ids import new_id
from factcheck.errors import Clash
from factcheck.storage.audit import StatusChangeDay, Tally
from factcheck.storage.bulk import adding
from factcheck.storage.columns import Instant
from factcheck.storage.database import add_up
from factcheck.storage.models import Claim
from factcheck.storage.reads import Read
from factcheck.storage.writes import Write, at_the_end, save, together
from tests.desk import Desk
from tests.needs import only_on

BERLIN = ZoneInfo("Europe/Berlin")
ROWS: list[dict[str, Any]] = [{"article_id": "x", "measure": "status", "value": str(n), "n": n} for n in range(3)]


@pytest.mark.parametrize("block", [None, together, at_the_end])
def test_what_is_there_already_is_a_clash(desk: Desk, block: Any) -> None:
    def write(rows: list[dict[str, object]]) -> None:
        with desk.database.writing() as session:
            if block is None:
                adding(Tally).run(session.connection(), rows)
                return
            with block(session.connection()):
                for row in rows:
                    adding(Tally).run(session.connection(), [row])

    write(ROWS[:1])
    with pytest.raises(Clash):
        write([ROWS[1], ROWS[0], ROWS[2]])
    write(ROWS[2:])
    assert tallied(desk) == ["0", "2"]


def test_what_is_run_after_the_last_writes_meets_their_error(desk: Desk) -> None:
    def write() -> None:
        with desk.database.writing() as session:
            with at_the_end(session.connection()):
                adding(Tally).run(session.connection(), ROWS[:1])
            session.execute(select(1))

    write()
    with pytest.raises(Clash):
        write()


def tallied(desk: Desk) -> list[str]:
    with desk.database.reading() as connection:
        return list(connection.scalars(select(Tally.value).where(Tally.article_id == "x").order_by(Tally.value)))


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


def test_the_last_writes_go_to_a_server_with_the_commit(desk: Desk, engine: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    with trace.open("wb") as file:
        with desk.database.writing() as session:
            connection = session.connection()
            assert connection.scalar(select(func.count()).select_from(Tally)) == 0  # and the transaction has begun
            driver: Any = connection.connection.driver_connection
            if engine == "postgresql":
                driver.pgconn.trace(file.fileno())
            with at_the_end(connection):
                adding(Tally).run(connection, ROWS[:2])
            adding(Tally).run(connection, ROWS[2:])
        if engine == "postgresql":
            driver.pgconn.untrace()
            assert driver.batch is None
    assert tallied(desk) == ["0", "1", "2"]
    if engine == "postgresql":
        sent, _, _ = trace.read_text().partition("\tB\t")  # until the server first says something
        assert (sent.count("\tExecute\t"), sent.count("COMMIT")) == (3, 1)


def test_the_last_writes_are_sent_before_what_else_is_run_and_not_once_all_is_rolled_back(desk: Desk) -> None:
    with suppress(ZeroDivisionError), desk.database.writing() as session:
        with at_the_end(session.connection()):
            adding(Tally).run(session.connection(), ROWS[:1])
        raise ZeroDivisionError
    assert tallied(desk) == []
    with desk.database.writing() as session:
        with at_the_end(session.connection()):
            adding(Tally).run(session.connection(), ROWS[:1])
        assert session.scalars(select(Tally.value).where(Tally.article_id == "x")).all() == ["0"]
    with desk.database.writing() as session:
        with at_the_end(session.connection()):
            adding(Tally).run(session.connection(), ROWS[1:2])
        with suppress(IntegrityError), session.begin_nested():
            adding(Tally).run(session.connection(), ROWS[2:])
            adding(Tally).run(session.connection(), ROWS[1:2])  # of which the one before the savepoint is known
    assert tallied(desk) == ["0", "1"]


@only_on("postgresql")
def test_what_a_trigger_warns_of_leaves_no_doubt_of_the_commit(desk: Desk) -> None:
    with desk.database.writing() as session:
        session.execute(text("CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$"
                             "BEGIN RAISE WARNING 'beware'; RETURN NEW; END $$"))  # fmt: skip
        session.execute(text("CREATE TRIGGER warn BEFORE INSERT ON tallies FOR EACH ROW EXECUTE FUNCTION warn()"))
    with desk.database.writing() as session, at_the_end(session.connection()):
        adding(Tally).run(session.connection(), ROWS)
    assert tallied(desk) == ["0", "1", "2"]


def test_after_a_flush_that_failed_nothing_is_written(desk: Desk) -> None:
    with desk.database.writing() as session:
        adding(Tally).run(session.connection(), ROWS[:1])
    with suppress(InvalidRequestError), desk.database.writing() as session:
        session.add(Tally(**ROWS[0]))
        with pytest.raises(IntegrityError):
            session.flush()
        adding(Tally).run(session.connection(), ROWS[1:])
    assert tallied(desk) == ["0"]


def test_an_instant_is_one_in_every_zone_and_has_one(desk: Desk) -> None:
    with desk.database.reading() as connection:
        write: Any = Instant().dialect_impl(connection.dialect).bind_processor(connection.dialect)
    noon = datetime(2023, 8, 6, 12, tzinfo=UTC)
    assert write(noon) == write(noon.astimezone(timezone(timedelta(hours=1))))
    once, again = (datetime(2023, 10, 29, 2, 30, tzinfo=BERLIN, fold=fold) for fold in (0, 1))
    assert write(once) != write(again)  # where summer ends, an hour is there twice
    for _ in range(2):
        with pytest.raises(ValueError, match="time zone"):
            write(noon.replace(tzinfo=None))


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
