"""Statements that were compiled for one test's database are used for the next one's too.

SQLAlchemy keeps them for each engine, and a test makes engines of its own: most of what a test took was compiling what
the test before it had compiled. Dialects that were made alike compile alike, so they are equal here.
"""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects import registry  # noqa: TID251
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg  # noqa: TID251
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite  # noqa: TID251
from sqlalchemy.util import LRUCache

KEPT: LRUCache[Any, Any] = LRUCache(4000)


class Alike:
    """Lets a dialect be equal to those of its kind that were made with the same arguments."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.given = given

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.given == other.given

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=KEPT)


class SQLite(Alike, SQLiteDialect_pysqlite):
    supports_statement_cache = True


class PostgreSQL(Alike, PGDialect_psycopg):
    supports_statement_cache = True


def share() -> None:
    """Let engines that are made from now on share what they compile."""
    registry.register("sqlite", __name__, "SQLite")
    registry.register("postgresql.psycopg", __name__, "PostgreSQL")
