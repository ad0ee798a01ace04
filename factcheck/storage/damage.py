"""Look for rows that cannot be what a desk wrote, and name them: table, row, column, and what is wrong.

Nothing here knows what a row means. The models' columns and constraints say what values must be, and the database
looks for others: such a row was written past the desk, or its file is damaged. What the log says of the rows is
compared elsewhere (`inspection/replay.py`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    ForeignKeyConstraint,
    Inspector,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    and_,
    cast,
    func,
    inspect,
    literal_column,
    or_,
    select,
    text,
)

from factcheck.storage import tables
from factcheck.storage.column_rules import beyond, is_json, malformed, noun
from factcheck.storage.stumbles import printable, surely
from factcheck.storage.tables import audit, logbook
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.columns import Json, as_kept

MOST = 20  # rows named of one fault of one column; the others are counted
ONE_ROW = (logbook.LogHead, audit.Upkeep)
# Importing them is what fills the metadata.
for _module in iter_modules(tables.__path__):
    import_module(f"{tables.__name__}.{_module.name}")


@dataclass(frozen=True)
class Damage:
    """What is wrong with a table, a column of it, or a row."""

    table: str
    detail: str
    column: str = ""
    row: str = ""

    @property
    def place(self) -> str:
        """Where it is, such as `claims.reason, row id 0190…`."""
        return ".".join(filter(None, (self.table, self.column))) + (f", row {self.row}" if self.row else "")


def found(connection: Connection) -> Iterator[Damage]:
    """Yield all damage, table by table. A table that cannot be read is damage, and the others are looked at.

    Takes a scan of each table, and one more for each of its references.
    """
    inspector = inspect(connection)
    for table in Base.metadata.sorted_tables:
        look = _Look(connection, inspector, table)
        # Each whole before any is told: whoever is told may ask something on the same connection.
        yield from list(surely(connection, look.shape(), partial(_unreadable, table)))
        if look.there:
            for some in (look.values, look.texts, look.references, look.doubles):
                yield from list(surely(connection, some(), partial(_unreadable, table)))
    yield from in_file(connection)


def in_file(connection: Connection) -> list[Damage]:
    """Return what SQLite finds in the pages of its file; PostgreSQL tells of a damaged page when it reads it."""
    return list(surely(connection, _pages(connection), lambda reason: Damage("file", reason)))


def _unreadable(table: Table, reason: str) -> Damage:
    return Damage(table.name, f"It cannot be read: {reason}")


class _Look:
    """A look at one table."""

    def __init__(self, connection: Connection, inspector: Inspector, table: Table) -> None:
        self.connection, self.inspector, self.table = connection, inspector, table
        self.embedded = connection.dialect.name == "sqlite"
        # A row is known by its id, where it has one; an ORM's key is its place in the log then.
        self.key = [table.c.id] if "id" in table.c else list(table.primary_key)
        self.there: dict[str, Any] = {}  # the columns that the database has, by name, once its shape was looked at

    @cached_property
    def sound(self) -> list[Column[Any]]:
        """The columns that can be compared with something: they are there, and of their type."""
        return [column for column in self.table.columns if column.name in self.there and self._of_its_type(column)]

    def shape(self) -> Iterator[Damage]:
        """Compare columns and constraints with the models'."""
        table, look = self.table, self.inspector
        if not look.has_table(table.name):
            yield Damage(table.name, "The table is missing.")
            return
        self.there = {column["name"]: column for column in look.get_columns(table.name)}
        for column in table.columns:
            if column.name not in self.there:
                yield Damage(table.name, "The column is missing.", column.name)
            elif not self._of_its_type(column):
                kind = self.there[column.name]["type"]
                yield Damage(table.name, f"The column is of type {kind}, not {self._type(column)}.", column.name)
            elif self.there[column.name]["nullable"] and not column.nullable:
                yield Damage(table.name, "The column may be empty: its NOT NULL is missing.", column.name)
        checks = {each["name"] for each in look.get_check_constraints(table.name)}
        keys = {tuple(each["constrained_columns"]) for each in look.get_foreign_keys(table.name)}
        for constraint in sorted(table.constraints, key=lambda each: str(each.name)):
            if isinstance(constraint, CheckConstraint) and constraint.name not in checks:
                yield Damage(table.name, f"The constraint {constraint.name} is missing.")
            if isinstance(constraint, ForeignKeyConstraint) and tuple(constraint.column_keys) not in keys:
                yield Damage(
                    table.name, "Its reference is not enforced: the foreign key is missing.", constraint.column_keys[0]
                )
        if any(table is each.__table__ for each in ONE_ROW):
            rows = self.connection.scalar(select(func.count()).select_from(table))
            if rows != 1:
                yield Damage(table.name, f"It has {rows} rows, where it must have one.")

    def values(self) -> Iterator[Damage]:
        """Look for values that their columns, or the table's rules, do not allow."""
        flaws = list(self._flaws())
        if not flaws:
            return
        flags = [condition.label(f"flaw_{at}") for at, (_, _, condition) in enumerate(flaws)]
        statement = select(*self._told_key(), *flags).where(or_(*(condition for _, _, condition in flaws)))
        told: Counter[int] = Counter()
        for row in self.connection.execute(statement):
            for at in range(len(flaws)):
                if getattr(row, f"flaw_{at}"):
                    told[at] += 1
                    if told[at] <= MOST:
                        column, detail, _ = flaws[at]
                        yield Damage(self.table.name, detail, column, self._row(row))
        for at, number in told.items():
            if number > MOST:
                yield Damage(self.table.name, f"{number - MOST} more rows: {flaws[at][1]}", flaws[at][0])

    def texts(self) -> Iterator[Damage]:
        """Look for texts that are to be JSON and are not."""
        for column in self.sound:
            if not isinstance(column.type, Json):
                continue
            kept = cast(column, LargeBinary) if self.embedded else as_kept(column)
            statement = select(*self._told_key(), kept.label("kept")).where(column.is_not(None))
            rows = (row for row in self.connection.execute(statement) if not is_json(row.kept))
            yield from self._some(column.name, "It is not JSON.", rows)

    def references(self) -> Iterator[Damage]:
        """Look for rows that refer to rows which are not there."""
        sound = {column.name for column in self.sound}
        for key in sorted(self.table.foreign_keys, key=lambda each: each.parent.name):
            column, target = key.parent, key.column.table.alias("target")
            if column.name not in sound:
                continue
            missing = ~select(1).where(target.c[key.column.name] == column).correlate(self.table).exists()
            statement = select(*self._told_key(), as_kept(column).label("kept")).where(column.is_not(None), missing)
            detail = f"It names a row of {key.column.table.name} that is not there."
            yield from self._some(column.name, detail, self.connection.execute(statement))

    def doubles(self) -> Iterator[Damage]:
        """Look for rows that are there twice, where nothing in the database keeps them from it."""
        look, name = self.inspector, self.table.name
        kept: list[Any] = [look.get_pk_constraint(name)["constrained_columns"]]
        kept += [each["column_names"] for each in look.get_unique_constraints(name)]
        kept += [each["column_names"] for each in look.get_indexes(name) if each["unique"]]
        sound = {column.name for column in self.sound}
        for columns in self._unique():
            names = [column.name for column in columns]
            if set(names) in [set(each) for each in kept] or not sound.issuperset(names):
                continue
            yield Damage(
                name, f"Nothing keeps {', '.join(names)} from being there twice: the constraint is missing.", names[0]
            )
            statement = select(*(self._told(column) for column in columns)).where(
                *(each.is_not(None) for each in columns)
            )
            twice = statement.group_by(*columns).having(func.count() > 1)
            yield from self._some(names[0], "It is there more than once.", self.connection.execute(twice))

    def _some(self, column: str, detail: str, rows: Iterable[Any]) -> Iterator[Damage]:
        """Name the first of these rows, and count the others."""
        number = 0
        for number, row in enumerate(rows, 1):
            if number <= MOST:
                yield Damage(self.table.name, detail, column, self._row(row))
        if number > MOST:
            yield Damage(self.table.name, f"{number - MOST} more rows: {detail}", column)

    def _flaws(self) -> Iterator[tuple[str, str, ColumnElement[bool]]]:
        """Yield the column, what is to be told, and the condition of each thing that no row may be."""
        for column in self.sound:
            kept = as_kept(column)
            if not column.nullable and (self.embedded or self.there[column.name]["nullable"]):
                yield column.name, "It is empty.", kept.is_(None)
            wrong = malformed(column) if self.embedded else beyond(column)
            if wrong is not None:
                yield column.name, f"It is no {noun(column)}.", and_(kept.is_not(None), wrong)
        names = [column.name for column in self.sound]
        for constraint in sorted(self.table.constraints, key=lambda each: str(each.name)):
            if isinstance(constraint, CheckConstraint):
                rule = str(constraint.sqltext)
                about = [column.name for column in self.table.columns if re.search(rf"\b{column.name}\b", rule)]
                if set(about) <= set(names):
                    yield about[0], f"It breaks the rule {rule}.", literal_column(f"NOT ({rule})", Boolean)

    def _unique(self) -> Iterator[list[Column[Any]]]:
        yield list(self.table.primary_key)
        for constraint in self.table.constraints:
            if isinstance(constraint, UniqueConstraint):
                yield list(constraint.columns)

    def _of_its_type(self, column: Column[Any]) -> bool:
        """Say whether a column is of its type. Of SQLite's, which take values of any type, the values are looked at."""
        return self.embedded or self._type(column) == self.there[column.name]["type"].compile(self.connection.dialect)

    def _type(self, column: Column[Any]) -> str:
        return column.type.compile(self.connection.dialect)

    def _told_key(self) -> list[Any]:
        return [self._told(column) for column in self.key if column.name in self.there]

    def _told(self, column: Column[Any]) -> Any:
        """Return a column as a text that can be read whatever is in it."""
        return (func.hex(as_kept(column)) if self.embedded else cast(column, Text)).label(f"key_{column.name}")

    def _row(self, row: Any) -> str:
        told = []
        for name, value in row._mapping.items():
            if name.startswith("key_"):
                binary = isinstance(self.table.c[name.removeprefix("key_")].type, LargeBinary)
                if self.embedded and value is not None and not binary:
                    value = bytes.fromhex(value).decode("utf-8", "replace")
                told.append(f"{name.removeprefix('key_')} {value or 'NULL'}")
        return printable(", ".join(told))


def _pages(connection: Connection) -> Iterator[Damage]:
    if connection.dialect.name == "sqlite":
        for (said,) in connection.execute(text(f"PRAGMA quick_check({MOST})")):
            # Of empty values, and those of another type, the tables told more.
            if said != "ok" and not re.match(r"(NULL|\w+) value in ", said):
                yield Damage("file", said)
