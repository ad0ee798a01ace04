"""Begin, commit, roll back: the one place of each.

Two engines stand for one database. The reading one runs each statement by itself (a read is one statement, so it
needs no transaction and no round trips for one); the writing one runs one transaction at a time on SQLite
(``BEGIN IMMEDIATE``: a transaction that reads first and writes later would lose others' changes) and READ COMMITTED
with row locks on PostgreSQL, where every deed locks in one order: articles, sources, claims, log head, each by id.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

import structlog
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import QueuePool

from factcheck.errors import Clash, Unavailable
from factcheck.storage.kept import Kept

log = structlog.get_logger("factcheck.storage")

WAIT = 5  # seconds that anyone waits for a lock or a connection before the answer is 503
READERS = 16
LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's SQLSTATEs
INSUFFICIENT_PRIVILEGE = "42501"


class Database:
    """A desk's database, given by its URL. Opens connections when they are first needed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.embedded = url.startswith("sqlite")
        if self.embedded:
            self._read_engine = _sqlite(url, readers=READERS)
            self._write_engine = _sqlite(url, readers=0)
        else:
            self._read_engine = _postgresql(url, isolation_level="AUTOCOMMIT", pool_reset_on_return=None)
            self._write_engine = _postgresql(url, isolation_level="READ COMMITTED")

        self._kept = Kept(self._read_engine)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection for single statements, each of which sees what was committed before it."""
        with _translated(), self._kept.lent() as connection:
            yield connection

    @contextmanager
    def reading_one_moment(self) -> Iterator[Connection]:
        """Yield a connection on which every statement sees the same moment."""
        with _translated():
            if self.embedded:
                with self._read_engine.connect() as connection:
                    connection.exec_driver_sql("BEGIN")
                    try:
                        yield connection
                    finally:
                        connection.exec_driver_sql("ROLLBACK")
            else:
                with self._write_engine.connect().execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                ) as connection:
                    yield connection

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Yield a session; commit when the block ends, roll back when it raises.

        Raises Unavailable when the database cannot answer, Clash when another transaction won a race for a name
        that must be unique.
        """
        with _translated(), Session(self._write_engine, expire_on_commit=False) as session, session.begin():
            yield session

    def scrub(self) -> None:
        """Take what was deleted out of the database's files too, as far as the database can.

        SQLite: the search index is merged, which drops what it still held of deleted words, and the write-ahead log
        is emptied; deleted rows were overwritten already. PostgreSQL: the tables are vacuumed.
        """
        with _translated(), self._write_engine.connect() as connection:
            if self.embedded:
                raw = connection.connection.driver_connection
                if raw is None:
                    raise Unavailable("The database connection was lost; try again.")
                raw.execute("INSERT INTO claims_fts (claims_fts) VALUES ('optimize')")
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            else:
                outside = connection.execution_options(isolation_level="AUTOCOMMIT")
                outside.execute(text("VACUUM claims, claim_versions, quotes, hops, evidence, relations, reviews,"
                                     " second_opinions, revision_contents, kept_answers, findings,"
                                     " claim_shingles"))  # fmt: skip

    def answers(self) -> bool:
        """Say whether the database can be reached."""
        try:
            with self.reading() as connection:
                connection.execute(text("SELECT 1"))
        except Unavailable:
            return False
        return True

    def close(self) -> None:
        self._kept.close()
        self._write_engine.dispose()


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
            raise Clash("The first request under this key is still running.") from error
        raise
    return result.first() is not None


def add_up(session: Session, table: type[DeclarativeBase], rows: list[dict[str, Any]]) -> None:
    """Add each row's `n` to the row with its key, which is made where there is none; rows that come to 0 stay."""
    if rows:
        connection = session.connection()
        connection.execute(_adding_up(connection.dialect.name, table), rows)


@cache
def _adding_up(dialect: str, table: type[DeclarativeBase]) -> Any:
    insert: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = insert(table.__table__)
    n = cast(Any, table).__table__.c.n
    return statement.on_conflict_do_update(index_elements=_key_of(table), set_={"n": n + statement.excluded.n})


def redact_history(session: Session, claim_id: str, claim_seq: int, keeping: int) -> None:
    """Delete what the history holds of a redacted claim, but for the entry at log index `keeping`, which says so.

    On PostgreSQL by a function of the schema's owner: the application's own role may delete nothing there.
    """
    values = {"claim": claim_id, "seq": claim_seq, "keeping": keeping}
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT factcheck_redact(CAST(:claim AS uuid), :seq, :keeping)"), values)
        return
    session.execute(
        text(
            "DELETE FROM revision_contents WHERE log_index <> :keeping AND log_index IN"
            " (SELECT log_index FROM revisions WHERE subject_kind = 'claim' AND subject_id = :claim)"
        ),
        values,
    )
    session.execute(text("DELETE FROM claim_versions WHERE claim_seq = :seq"), values)
    session.execute(text("UPDATE reviews SET reason = NULL WHERE claim_id = :claim"), values)


def _key_of(table: type[DeclarativeBase]) -> list[Any]:
    return list(table.__mapper__.primary_key)


def writing_engine(url: str) -> Engine:
    """Return an engine with the settings that writers use; migrations run on it."""
    return _sqlite(url, readers=0) if url.startswith("sqlite") else _postgresql(url)


def _sqlite(url: str, *, readers: int) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=readers or 1,
        max_overflow=0,
        pool_timeout=WAIT,
        pool_reset_on_return=None if readers else "rollback",
        connect_args={"check_same_thread": False, "timeout": WAIT},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA secure_delete = ON")  # a redaction leaves nothing in free pages
        if readers:
            cursor.execute("PRAGMA query_only = ON")
        else:
            cursor.execute("PRAGMA journal_mode = WAL")
            # NORMAL loses acknowledged rows at a power cut.
            cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    if not readers:

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgresql(url: str, **options: Any) -> Engine:
    return create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=READERS,
        max_overflow=0,
        pool_timeout=WAIT,
        connect_args={
            "connect_timeout": WAIT,
            "options": f"-c timezone=UTC -c lock_timeout={WAIT}s -c statement_timeout=30s",
        },
        **options,
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if getattr(error.orig, "sqlite_errorname", None) == "SQLITE_CONSTRAINT_TRIGGER":
            raise  # the history refused to be changed: no race, but a mistake of ours
        log.warning("race_lost", error=str(error.orig))
        raise Clash("Somebody else entered the same thing at the same moment: read it, then try again.") from error
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        log.error("database_unavailable", error=str(getattr(error, "orig", error)))
        raise Unavailable("The database cannot answer now. Nothing was changed; try again.") from error
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) != INSUFFICIENT_PRIVILEGE:
            raise
        log.error("database_refuses", error=str(error.orig))
        raise Unavailable(
            "The database does not let this role do that: `factcheck db grant` after an upgrade."
        ) from error
    except DBAPIError as error:
        if type(error) is DatabaseError:  # SQLite's word for a file that is damaged, or is no database
            log.error("database_damaged", error=str(error.orig))
            raise Unavailable(f"The database cannot be read: {error.orig}.") from error
        if not error.connection_invalidated:
            raise
        log.error("database_connection_lost", error=str(error.orig))
        raise Unavailable("The database connection was lost; try again.") from error
