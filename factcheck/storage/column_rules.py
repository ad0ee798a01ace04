"""What a value must be to be one of its column's type: on SQLite, whose columns take anything, and for Python."""

from typing import Any

import orjson
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    Double,
    Integer,
    LargeBinary,
    String,
    func,
    literal_column,
    not_,
    or_,
)

from factcheck.storage.tables.columns import Id, Instant, as_kept

_DAY, _SECOND = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]", "[0-9][0-9]:[0-9][0-9]:[0-9][0-9]"
_ID = "-".join("[0-9a-f]" * length for length in (8, 4, 4, 4, 12))


def malformed(column: Column[Any]) -> ColumnElement[bool]:
    """Return the condition that a value in SQLite, which is not NULL, is not what the column's type is kept as."""
    kept = as_kept(column)
    stored = func.typeof(kept)
    if isinstance(column.type, Instant):
        written = func.substr(kept, 1, 19)  # SQLite rounds to milliseconds: .9995 would be the next second
        read = func.strftime("%Y-%m-%d %H:%M:%S", written, "+0 days")
        return _unlike(column, f"{_DAY} {_SECOND}.{'[0-9]' * 6}", read, written)
    if isinstance(column.type, Date):
        return _unlike(column, _DAY, func.date(kept, "+0 days"), kept)
    if isinstance(column.type, Boolean):
        return or_(stored != "integer", kept.not_in((0, 1)))
    if isinstance(column.type, Double):
        return stored.not_in(("integer", "real"))
    if isinstance(column.type, LargeBinary):
        return stored != "blob"
    if isinstance(column.type, Integer):
        return stored != "integer"
    if _is_id(column):
        return or_(stored != "text", not_(kept.op("GLOB")(_ID)))
    return stored != "text"


def _unlike(column: Column[Any], pattern: str, read: Any, written: Any) -> ColumnElement[bool]:
    """Return the condition that a text is not of a pattern, or is not what SQLite reads in it: a 31st of June."""
    kept = as_kept(column)
    like = kept.op("GLOB")(pattern)
    return or_(func.typeof(kept) != "text", not_(like), kept < "0001", read.is_(None), read != written)


def beyond(column: Column[Any]) -> ColumnElement[bool] | None:
    """Return the condition that a value in PostgreSQL is one that Python has no room for; None where none can be."""
    if isinstance(column.type, Instant | Date):
        return or_(column < literal_column("'0001-01-01'"), column >= literal_column("'10000-01-01'"))
    return None


def noun(column: Column[Any]) -> str:
    if _is_id(column):
        return "id"
    for kind, noun in _NOUNS.items():
        if isinstance(column.type, kind):
            return noun
    return "text"


_NOUNS: dict[type[Any], str] = {
    Instant: "instant", Date: "date", Boolean: "truth value", Double: "number", LargeBinary: "bytes",
    Integer: "whole number",
}  # fmt: skip


def _is_id(column: Column[Any]) -> bool:
    return isinstance(column.type, String) and column.type.length == Id.length


def is_json(kept: Any) -> bool:
    try:
        orjson.loads(kept)
    except (orjson.JSONDecodeError, TypeError):
        return False
    return True
