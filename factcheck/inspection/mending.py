"""Write derived data again where it differs from what the log gives, and never anything that the log speaks of."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Date, Integer, delete, insert, select, update
from sqlalchemy.orm import Session

from factcheck.inspection import replay
from factcheck.inspection.checkup import DAMAGED, STALE, TAMPERED, Fault, hold_head
from factcheck.inspection.comparing import Difference
from factcheck.inspection.derived import DERIVED_BY
from factcheck.inspection.origin_kinds import Kind
from factcheck.inspection.replay import Examined
from factcheck.log.verification import Progress
from factcheck.storage.stumbles import apart
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.columns import as_comparable
from factcheck.storage.tables.logbook import HISTORY

BATCH = 200  # rows that are mended in one transaction
LONGEST = 1000  # bytes of a value that is kept until the end
FOLLOWS = "Run `factcheck followers rebuild {}`, which derives it from the log again."
PAST = "Nothing rewrites the history: restore a backup beside it, and compare."
WITNESS = "It is left as it is, because what the log says of the same thing differs too: see there."
Writing = Callable[[], AbstractContextManager[Session]]


def looked_over(session: Session, progress: Progress, writing: Writing | None = None) -> Iterator[list[Fault]]:
    """Compare the desk with its log and yield what differs.

    With `writing`, derived data is mended in transactions of its own at the end: each row only if it still is what was
    found, because people write meanwhile. Where the log's own columns of a thing differ, nothing of it is mended.
    """
    derived: list[tuple[Difference, Fault]] = []
    tampered: set[str] = set()

    def mend(rebuilt: Connection) -> None:
        assert writing is not None
        wanted = [each for each in derived if each[1].mend is STALE and each[1].subject not in tampered]
        for at in range(0, len(wanted), BATCH):
            with writing() as session:
                _mend(session, rebuilt, wanted[at : at + BATCH], done)

    done: set[int] = set()
    for examined in replay.examined(session, progress, mend if writing else None):
        told: list[Fault] = []
        for fault, difference in _told(examined):
            if difference is None or difference.kind is Kind.LOG:
                tampered.add(fault.subject)
                told.append(fault)
            else:
                derived.append((_lighter(difference), fault))
        yield told
    yield [_judged(fault, id(difference) in done, tampered) for difference, fault in derived]


def _told(examined: Examined) -> Iterator[tuple[Fault, Difference | None]]:
    for found, difference in examined:
        mend = TAMPERED
        if difference is not None and difference.kind is Kind.DERIVED:
            mend = PAST if difference.table in HISTORY else STALE
            if difference.table in DERIVED_BY:
                mend = FOLLOWS.format(DERIVED_BY[difference.table])
        if difference is not None and not difference.row:
            mend = DAMAGED
        yield Fault(found.subject, found.detail, mend=mend), difference


def _judged(fault: Fault, mended: bool, tampered: set[str]) -> Fault:
    """Return a fault of derived data with what became of it."""
    if mended:
        return replace(fault, mended=True)
    return replace(fault, mend=WITNESS) if fault.mend is STALE and fault.subject in tampered else fault


def _lighter(difference: Difference) -> Difference:
    """Return a difference without long values that are not what differs: there may be many."""
    row = {
        name: None if isinstance(value, bytes) and len(value) > LONGEST else value
        for name, value in difference.row.items()
    }
    return replace(difference, row=row)


def _mend(session: Session, rebuilt: Connection, found: Sequence[tuple[Difference, Fault]], done: set[int]) -> None:
    hold_head(session)

    def mend(some: Sequence[Difference]) -> list[int]:
        return [id(each) for each in some if _written(session.connection(), rebuilt, each)]

    for mended in apart(session, [difference for difference, _ in found], mend, lambda _each, _reason: []):
        done.update(mended)


def _written(desk: Connection, rebuilt: Connection, difference: Difference) -> bool:
    """Mend one difference; say whether the desk still had it."""
    table, dialect = Base.metadata.tables[difference.table], desk.dialect.name
    key = [column == _as_stored(column, difference.row[column.name]) for column in table.primary_key]
    right = rebuilt.execute(select(table).where(*key)).mappings().first()
    if not difference.column and right is not None:
        statement: Any = insert(table).values(dict(right))
    elif not difference.column:
        statement = delete(table).where(*key)
    elif right is not None:
        column = table.columns[difference.column]
        unchanged = as_comparable(dialect, column).is_not_distinct_from(difference.found)
        statement = update(table).where(*key, unchanged).values({column: right[column.name]})
    else:
        return False
    return bool(desk.execute(statement).rowcount)


def _as_stored(column: Any, value: Any) -> Any:
    """Return a key's value, of a row as it is compared, as its column takes it."""
    if isinstance(column.type, Integer) or not isinstance(value, bytes):
        return value
    text = value.decode()
    return date.fromisoformat(text) if isinstance(column.type, Date) else text
