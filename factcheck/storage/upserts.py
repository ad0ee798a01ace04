"""Insert what may be there already."""

from functools import cache
from typing import Any, cast

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from factcheck.errors import Clash
from factcheck.messages import message
from factcheck.storage.engine.translation import LOCK_NOT_AVAILABLE


def insert_unless_there(session: Session, table: type[DeclarativeBase], values: dict[str, Any]) -> bool:
    """Insert a row and say whether it was inserted: False when its primary key is there already.

    Waits for another transaction that is inserting the same key; Clash when that takes too long.
    """
    dialect = session.get_bind().dialect.name
    insert: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    try:
        result = session.execute(insert(table).values(values).on_conflict_do_nothing().returning(*_key_of(table)))
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            raise Clash(message("The first request under this key is still running.")) from error
        raise
    return result.first() is not None


def add_up(connection: Connection, table: type[DeclarativeBase], rows: list[dict[str, Any]]) -> None:
    """Add each row's `n` to the row with its key, which is made where there is none; rows that come to 0 stay.

    No two of the rows have one key.
    """
    if rows:
        connection.execute(_adding_up(table, connection.dialect.name), rows)


@cache
def _adding_up(table: type[DeclarativeBase], dialect: str) -> Any:
    n = cast(Any, table).__table__.c.n
    insert: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = insert(table.__table__)
    return statement.on_conflict_do_update(index_elements=_key_of(table), set_={"n": n + statement.excluded.n})


def _key_of(table: type[DeclarativeBase]) -> list[Any]:
    return list(table.__mapper__.primary_key)
