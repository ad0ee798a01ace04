"""Compare the desk's tables with those rebuilt from the log, row by row and both ways, and name what differs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from sqlalchemy import Column, Connection, Select, Table, func, select

from factcheck.inspection.origin_kinds import Kind
from factcheck.inspection.origins import ORIGINS
from factcheck.log.verification import Progress
from factcheck.storage.stumbles import surely
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.columns import as_comparable, in_order

ROWS = 2000
SHOWN = 60  # letters of a value that a report shows
# The log itself is verified entry by entry, with its tree: see `log/verification.py`.
ELSEWHERE = frozenset(("revisions", "revision_contents", "log_head", "log_subtrees", "log_checkpoints"))
# A count of 0 is no row.
COUNTS = frozenset(("tallies", "article_findings", "source_tallies", "status_change_days", "statistic_counts"))


@dataclass(frozen=True)
class Difference:
    """One thing that the desk's tables and the log do not agree on. Without a `column` it is the whole row.

    `row` has the columns of the rebuilt row, or of the desk's where the log knows of none; `found` is what the desk's
    column has.
    """

    table: str
    row: Mapping[str, Any]
    detail: str
    column: str = ""
    found: Any = None

    @property
    def kind(self) -> Kind:
        """Whether what differs is proved by the log or derived. A row is what its first column is."""
        columns = ORIGINS[self.table]
        return columns[self.column or next(iter(columns))].kind


def compared(
    desk: Connection, rebuilt: Connection, tables: Callable[[str], bool], progress: Progress
) -> Iterator[list[Difference]]:
    """Yield every difference, table by table, of those `tables` that are wanted, after some thousand rows each time.

    A table that cannot be read is one difference, and the others are compared.
    """
    wanted = [table for table in Base.metadata.sorted_tables if _columns(table) and tables(table.name)]
    numbers = [rebuilt.scalar(_there(select(func.count()), table)) or 0 for table in wanted]
    progress.begin("Comparing rows", sum(numbers))
    for table, number in zip(wanted, numbers, strict=True):
        end = progress.done + number
        yield from surely(desk, _of_table(desk, rebuilt, table, progress), partial(_unread, table.name))
        progress.done = end  # also where the table could not be read to its end
    yield []


def _columns(table: Table) -> list[Column[Any]]:
    """Return the columns that are compared."""
    if table.name in ELSEWHERE:
        return []
    return [column for column in table.columns if ORIGINS[table.name][column.name].kind is not Kind.OPERATIONAL]


def _unread(table: str, reason: str) -> list[Difference]:
    return [Difference(table, {}, f"The table cannot be compared: {reason}")]


def _of_table(desk: Connection, rebuilt: Connection, table: Table, progress: Progress) -> Iterator[list[Difference]]:
    columns = _columns(table)
    names = [column.name for column in columns]
    key = [names.index(column.name) for column in table.primary_key]
    ours, theirs = _rows(desk, table, columns), _rows(rebuilt, table, columns, progress)
    here, there = next(ours, None), next(theirs, None)
    found: list[Difference] = []
    told = progress.done
    while here is not None or there is not None:
        if progress.done != told:
            yield found
            found, told = [], progress.done
        if here == there:
            here, there = next(ours, None), next(theirs, None)
            continue
        at = _place(here, key), _place(there, key)
        if there is None or (here is not None and at[0] < at[1]):
            row = dict(zip(names, here or (), strict=True))
            found.append(Difference(table.name, row, "The log knows of no such row."))
            here = next(ours, None)
        elif here is None or at[1] < at[0]:
            found.append(Difference(table.name, dict(zip(names, there, strict=True)), "The row is missing."))
            there = next(theirs, None)
        else:
            row = dict(zip(names, there, strict=True))
            for name, have, want in zip(names, here, there, strict=True):
                if have != want:
                    detail = f"It is {_shown(have)}, not {_shown(want)}."
                    found.append(Difference(table.name, row, detail, name, have))
            here, there = next(ours, None), next(theirs, None)
    yield found


def _rows(
    connection: Connection, table: Table, columns: list[Column[Any]], progress: Progress | None = None
) -> Iterator[tuple[Any, ...]]:
    """Yield a table's rows in the order of its key, each value in the one form that both databases can give.

    `progress` counts them, some thousand at a time.
    """
    statement = _statement(connection.dialect.name, table, tuple(columns))
    with connection.execute(statement.execution_options(yield_per=ROWS)) as rows:
        for some in rows.partitions(ROWS):
            yield from map(tuple, some)
            if progress is not None:
                progress.done += len(some)


@cache  # composing and compiling it costs more than reading a small table
def _statement(dialect: str, table: Table, columns: tuple[Column[Any], ...]) -> Select[Any]:
    order = [in_order(dialect, column) for column in table.primary_key]
    statement = select(*(as_comparable(dialect, column).label(column.name) for column in columns))
    return _there(statement, table).order_by(*order)


def _there(statement: Select[Any], table: Table) -> Select[Any]:
    """Select from the rows of a table that are compared."""
    statement = statement.select_from(table)
    return statement.where(table.c.n != 0) if table.name in COUNTS else statement


def _place(row: tuple[Any, ...] | None, key: list[int]) -> tuple[tuple[int, Any], ...]:
    """Return what a row is sorted by: values of other types than the column's come where the database has them."""
    if row is None:
        return ()
    return tuple((_rank(row[at]), row[at]) for at in key)


def _rank(value: Any) -> int:
    if value is None:
        return 0
    return 1 if isinstance(value, int | float) else 2 if isinstance(value, str) else 3


def _shown(value: Any) -> str:
    """Write a value for a report: short, in one line, and never what may be long or secret in itself."""
    if value is None:
        return "empty"
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    line = " ".join(text.split())
    line = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
    return f"“{line}”" if len(line) <= SHOWN else f"“{line[:SHOWN]}…” ({len(text)} letters)"
