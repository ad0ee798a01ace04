"""Column types that behave alike on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    String,
    Text,
    bindparam,
    cast,
    collate,
    func,
    type_coerce,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator

# UUIDv7 in its canonical text form; PostgreSQL keeps it in 16 bytes.
Id = String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")


class Instant(TypeDecorator[datetime]):
    """An instant in UTC.

    SQLite has no time zones: a plain DateTime(timezone=True) would drop the offset there without converting.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        process = super().bind_processor(dialect)
        if process is None or dialect.name != "sqlite":
            return process
        write = process
        # An action writes its one instant a dozen times, which SQLite takes as text: written out once for all columns.
        kept = _KEPT.setdefault(type(self.impl_instance), lru_cache(64)(write))
        # In another zone two may be equal and not the same: where summer ends, an hour is there twice.
        return lambda value: kept(value) if value is not None and value.tzinfo is UTC else write(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_KEPT: dict[type, Callable[[Any], Any]] = {}  # by what writes it out


class Json(TypeDecorator[Any]):
    """JSON kept as the text that was written: key order and number forms survive on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else orjson.loads(value)


def as_stamp(dialect: str, column: Any) -> ColumnElement[str]:
    """Return an instant's column written by the database as RFC 3339 with microseconds and Z.

    A million of them in Python would cost more than hashing a million entries.
    """
    if dialect == "sqlite":
        return func.replace(type_coerce(column, Text), " ", "T") + "Z"
    return func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')


def as_kept(column: Any) -> ColumnElement[Any]:
    """Return a column as the driver gives it."""
    return type_coerce(column, NullType())


def as_comparable(dialect: str, column: Any) -> ColumnElement[Any]:
    """Return a column as both databases give it: texts as bytes, which can be read whatever is in them."""
    embedded = dialect == "sqlite"
    if isinstance(column.type, Instant):
        return _as_bytes(as_stamp(dialect, column), embedded=embedded)
    if isinstance(column.type, String | Date | Json):
        return _as_bytes(as_kept(column) if embedded else column, embedded=embedded)
    if isinstance(column.type, Boolean) and not embedded:
        return cast(column, Integer)
    return as_kept(column)


def _as_bytes(value: Any, *, embedded: bool) -> ColumnElement[Any]:
    return cast(value, LargeBinary) if embedded else func.convert_to(cast(value, Text), "UTF8")


def in_order(dialect: str, column: Any) -> ColumnElement[Any]:
    """Return a column to sort by, so that both databases have the same order: that of code points."""
    of_letters = isinstance(column.type, Text) and dialect != "sqlite"
    return collate(column, "C") if of_letters else column


class holds_bytes(FunctionElement[bool]):  # noqa: N801 - read like a function of SQL's
    """Whether a column of bytes holds some bytes: ``holds_bytes(column, b"…")``."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: Any, wanted: bytes) -> None:
        super().__init__(column, bindparam(None, wanted, type_=LargeBinary))


@compiles(holds_bytes, "sqlite")
def _instr(element: Any, compiler: Any, **options: Any) -> str:
    column, wanted = element.clauses
    return f"instr({compiler.process(column, **options)}, {compiler.process(wanted, **options)}) > 0"


@compiles(holds_bytes, "postgresql")
def _position(element: Any, compiler: Any, **options: Any) -> str:
    column, wanted = element.clauses
    return (
        f"position(CAST({compiler.process(wanted, **options)} AS BYTEA) IN {compiler.process(column, **options)}) > 0"
    )


class holds_text(FunctionElement[bool]):  # noqa: N801 - read like a function of SQL's
    """Whether a column of text holds some words, with the same capitals: ``holds_text(column, "…")``."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: Any, wanted: str) -> None:
        super().__init__(column, bindparam(None, wanted, type_=Text))


@compiles(holds_text, "sqlite")
def _instr_of_text(element: Any, compiler: Any, **options: Any) -> str:
    column, wanted = element.clauses
    return f"instr({compiler.process(column, **options)}, {compiler.process(wanted, **options)}) > 0"


@compiles(holds_text, "postgresql")
def _strpos(element: Any, compiler: Any, **options: Any) -> str:
    column, wanted = element.clauses
    return f"strpos({compiler.process(column, **options)}, {compiler.process(wanted, **options)}) > 0"
