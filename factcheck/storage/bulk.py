"""Add many rows at once, as fast as each database can: COPY on PostgreSQL, one prepared statement on SQLite."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, Date, Executable, Insert, insert
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase

from factcheck.storage.tables.columns import Instant, Json

Rows = Sequence[tuple[Any, ...]]
FEW = 16


def add_rows(connection: Connection, table: type[DeclarativeBase], columns: tuple[str, ...], rows: Rows) -> None:
    """Add rows, given as tuples in the order of `columns`; the other columns stay empty."""
    if not rows:
        return
    if len(rows) <= FEW:
        connection.execute(_insert(table), [dict(zip(columns, row, strict=True)) for row in rows])
        return
    written = _written(connection.dialect, table, columns)
    if written:
        rows = _converted(rows, written)
    name, listed = cast(Any, table).__tablename__, ", ".join(f'"{column}"' for column in columns)
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {name} ({listed}) VALUES ({places})", list(rows))
    else:
        _copy(connection, f"COPY {name} ({listed}) FROM STDIN", rows)


def write_each(connection: Connection, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run an INSERT, UPDATE or DELETE once with each of these values; they all have the same names."""
    if rows:
        connection.execute(statement, rows)


@cache
def _insert(table: type[DeclarativeBase]) -> Insert:
    return insert(cast(Any, table).__table__)


def _copy(connection: Connection, sql: str, rows: Rows) -> None:
    driver: Any = connection.dialect.loaded_dbapi
    raw: Any = connection.connection.driver_connection
    try:
        with raw.cursor() as cursor, cursor.copy(sql) as copy:
            for row in rows:
                copy.write_row(row)
    except driver.Error as error:
        # SQLAlchemy sees nothing of COPY, and everything above knows its errors alone.
        raise DBAPIError.instance(sql, None, error, driver.Error, dialect=connection.dialect) from error


def _converted(rows: Rows, written: Sequence[tuple[int, Callable[[Any], Any]]]) -> Rows:
    """Write the values that the driver would not write as SQLAlchemy does."""
    converted = []
    known: dict[Any, Any] = {}  # a batch has one instant, thousands of times
    for row in rows:
        values = list(row)
        for at, convert in written:
            value = values[at]
            if value is None:
                continue
            if isinstance(value, list):
                values[at] = convert(value)
                continue
            if value not in known:
                known[value] = convert(value)
            values[at] = known[value]
        converted.append(tuple(values))
    return converted


@cache
def _written(
    dialect: Dialect, table: type[DeclarativeBase], columns: tuple[str, ...]
) -> list[tuple[int, Callable[[Any], Any]]]:
    found: list[tuple[int, Callable[[Any], Any]]] = []
    for at, column in enumerate(columns):
        kind = cast(Any, table).__table__.c[column].type
        if isinstance(kind, Instant | Json | Date):
            processor = kind.dialect_impl(dialect).bind_processor(dialect)
            if processor is not None:
                found.append((at, processor))
    return found
