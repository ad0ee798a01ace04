"""Writes fail with our own errors, and leave nothing behind."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import IntegrityError, InvalidRequestError

from factcheck.errors import Clash
from factcheck.storage.bulk import FEW, add_rows
from factcheck.storage.tables.audit import Tally
from factcheck.storage.tables.columns import Instant
from tests.desk import Desk
from tests.needs import only_on

BERLIN = ZoneInfo("Europe/Berlin")
COLUMNS = ("article_id", "measure", "value", "n")


def add(connection: Connection, *values: int) -> None:
    add_rows(connection, Tally, COLUMNS, [("x", "status", str(n), n) for n in values])


def tallied(desk: Desk) -> list[int]:
    with desk.database.reading() as connection:
        return list(connection.scalars(select(Tally.n).where(Tally.article_id == "x").order_by(Tally.n)))


@pytest.mark.parametrize("more", [range(1, 3), range(1, FEW + 10)], ids=["few", "many"])
def test_what_is_there_already_is_a_clash(desk: Desk, more: range) -> None:
    def write(*values: int) -> None:
        with desk.database.writing() as session:
            add(session.connection(), *values)

    write(0)
    with pytest.raises(Clash):
        write(*more, 0)
    write(*more)
    assert tallied(desk) == [0, *more]


@only_on("postgresql")
def test_what_a_trigger_warns_of_leaves_no_doubt_of_the_commit(desk: Desk) -> None:
    with desk.database.writing() as session:
        session.execute(text("CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$"
                             "BEGIN RAISE WARNING 'beware'; RETURN NEW; END $$"))  # fmt: skip
        session.execute(text("CREATE TRIGGER warn BEFORE INSERT ON tallies FOR EACH ROW EXECUTE FUNCTION warn()"))
    with desk.database.writing() as session:
        add(session.connection(), 0, 1, 2)
    assert tallied(desk) == [0, 1, 2]


def test_after_a_flush_that_failed_nothing_is_written(desk: Desk) -> None:
    with desk.database.writing() as session:
        add(session.connection(), 0)
    with suppress(InvalidRequestError), desk.database.writing() as session:
        session.add(Tally(article_id="x", measure="status", value="0", n=0))
        with pytest.raises(IntegrityError):
            session.flush()
        add(session.connection(), 1)
    assert tallied(desk) == [0]


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
