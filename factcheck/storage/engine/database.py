"""Begin, commit, roll back: the one place of each.

Two engines stand for one database. The reading one runs each statement by itself (a read is one statement, so it
needs no transaction and no round trips for one); the writing one runs one transaction at a time on SQLite
(``BEGIN IMMEDIATE``: a transaction that reads first and writes later would lose others' changes), which waiting actions
share (`turns.py`), and READ COMMITTED with row locks on PostgreSQL, where every action locks in one order: articles,
sources, claims, log head, each by id. A third engine reads from a replica, where there is one.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from copy import copy
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from factcheck.errors import Unavailable
from factcheck.settings import embedded_file
from factcheck.storage.engine import embedded, scrubbing
from factcheck.storage.engine.connection_cache import ConnectionCache
from factcheck.storage.engine.connections import EXPORTS, FOLLOWERS, OF_COMMAND, OF_EMBEDDED, PUBLISHER, Share
from factcheck.storage.engine.embedded import TRY, begin_by, patient
from factcheck.storage.engine.replicas import Reading, Replica
from factcheck.storage.engine.translation import Translated
from factcheck.storage.engine.turns import TURN, Steered, Turn, Turns

WAIT = 5  # seconds that anyone waits for a lock or a connection before the answer is 503
COMMAND_WAIT = 25  # the same for a command, which nobody's browser waits for
AFTERWARDS = "factcheck_afterwards"  # in a session's info: what is to be done once it has committed
CHECKPOINT = 8000  # pages, 32 MB, of SQLite's log until it is written into the file: what actions share is written once
MAX_LAG = 5  # seconds
RECYCLED = 300  # seconds until a connection to a replica is made anew: its server may have become the leader


class Database:
    """A desk's database, given by its URL. Opens connections when they are first needed.

    `read_url` names a replica of it, which answers what may be `max_lag` seconds old. A process beside the one that
    serves leaves the `checkpoints` of SQLite's log to that one. `share` is how many connections to a server this
    process may open, to the replica as many that read; an embedded database has no such limit. `wait` is how many
    seconds one waits for a lock, WAIT if not given.
    """

    def __init__(
        self,
        url: str,
        read_url: str = "",
        *,
        checkpoints: bool = True,
        share: Share = OF_COMMAND,
        max_lag: float = MAX_LAG,
        wait: float | None = None,
    ) -> None:
        self.url, self._wait = url, wait
        self.embedded = url.startswith("sqlite")
        self.listeners: list[Callable[[], None]] = []  # called after each commit of this process
        self.share = OF_EMBEDDED if self.embedded else share
        self.replica: Replica | None = None
        if self.embedded:
            # Beside those that read: exports, the publisher, the followers, and imports that are only tried, each as
            # one writer.
            readers = self.share.reading + self.share.writers + EXPORTS + PUBLISHER + FOLLOWERS
            self._cache = ConnectionCache(_sqlite(url, readers=readers), most=self.share.reading, wait=WAIT)
            self._write_engine = _sqlite(url, readers=0, checkpoints=checkpoints)
            self._turns = Turns(self._write_engine)
        else:
            self._cache = _cached(url, share.reading)
            self._write_engine = _postgresql(url, share.transactions, wait, isolation_level="READ COMMITTED")
            _share_losses(self._write_engine, self._cache)
            if read_url:
                replica = _cached(read_url, share.reading, replica=True, pool_recycle=RECYCLED)
                self.replica = Replica(replica, self._cache, lasts=RECYCLED, max_lag=max_lag)
        self._read_engine = self._cache.engine
        self._scrubber = scrubbing.Scrubber(self._scrub)

    @property
    def replicated(self) -> bool:
        """Whether a replica answers what `reading` reads."""
        return self.replica is not None

    def without_replica(self) -> "Database":
        """Return the same database, on the same connections, with every read from the primary."""
        primary = copy(self)
        primary.replica = None
        return primary

    def reading(self) -> Reading:
        """Return a context manager for single statements, each of which sees what was committed before it.

        From the replica, where there is one: what was committed a moment ago may be missing. While the replica cannot
        be reached, is too far behind or is none, from the primary.
        """
        return Reading(self.replica, self._cache)

    @contextmanager
    def reading_primary(self, *, or_replica: bool = False) -> Iterator[Connection]:
        """Yield a connection for single statements that see everything that was committed.

        With `or_replica`, while the primary cannot be reached, a replica will do that has all of the log that the
        primary had a second or two before it was last asked: for saying who may read, never for what is written.
        """
        with Translated():
            if self.replica and or_replica:
                with self.replica.instead_of_primary() as connection:
                    yield connection
            else:
                with self._cache.lent() as connection:
                    yield connection

    @contextmanager
    def reading_replica(self) -> Iterator[Connection]:
        """Yield a connection to the replica and no other. Raises Unavailable."""
        if self.replica is None:
            raise Unavailable("There is no replica.")
        with Translated(), self.replica.cache.lent() as connection:
            yield connection

    def replica_refusal(self) -> str | None:
        """Look at the replica, and say why it must not answer; None when it may, is away, or there is none."""
        if self.replica is None:
            return None
        with Translated():
            self.replica.look()
        return self.replica.refusal

    def replica_lag(self) -> float:
        """Look at the replica, and return for how many seconds it has been behind, inf when that is not known."""
        if self.replica is None:
            raise Unavailable("There is no replica.")
        with Translated():
            self.replica.look()
        return self.replica.lag

    @contextmanager
    def reading_one_moment(self) -> Iterator[Connection]:
        """Yield a connection on which every statement sees the same moment."""
        with Translated():
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
    def writing(self, *, long: bool = False) -> Iterator[Session]:
        """Yield a session; commit when the block ends, roll back when it raises.

        SQLite's writers may share a commit: this returns, and raises what the block raised, once that has ended. A
        `long` block begins a commit of its own, so that nobody before it waits for its end; where other processes
        waited for it, it leaves them as much time as it took.
        Raises Unavailable when the database cannot answer, Unconfirmed when it is not known whether it committed, Clash
        when another transaction won a race for a name that must be unique.
        """
        with Translated():
            # Others have the one connection, and other processes the lock: this waits for both together.
            waiting = self._turns.turn(self._until(), alone=long) if self.embedded else nullcontext()
            with waiting as turn, Session(self._write_engine, expire_on_commit=False) as session, session.begin():
                session.connection(execution_options={} if turn is None else {TURN: turn})
                yield session
            for work in (*session.info.get(AFTERWARDS, ()), *self.listeners):
                work()
            if turn is not None and turn.rest:
                time.sleep(turn.rest)  # or whoever begins again at once would leave others no time

    def _until(self) -> float:
        return time.monotonic() + (self._wait or WAIT)

    def confirm(self) -> None:
        """Return once all that could be read before is as safe as an acknowledged commit. Raises Unconfirmed.

        What was committed and waited in vain for a standby can be read all the same. A commit with something to write
        waits for everything before it.
        """
        if not self.embedded:
            with self.writing() as session:
                session.execute(text("SELECT pg_logical_emit_message(true, 'factcheck', '')"))

    def scrub(self) -> None:
        """Take what was deleted out of the database's files too, as far as the database can.

        SQLite: the write-ahead log is emptied; deleted rows were overwritten already. PostgreSQL: the tables are
        vacuumed. Where somebody is in the way, this returns, and it is done as soon as they are gone.
        """
        self._scrubber.scrub()

    def _scrub(self) -> bool:
        with Translated():
            if not self.embedded:
                return scrubbing.vacuumed(self._write_engine)
            with self._turns.turn(self._until(), alone=True):
                return scrubbing.log_emptied(self._write_engine)

    def answers(self) -> bool:
        """Say whether the database can be reached."""
        try:
            with self.reading_primary() as connection:
                connection.execute(text("SELECT 1"))
        except Unavailable:
            return False
        return True

    def close(self) -> None:
        self._scrubber.close()
        self._cache.close()
        self._write_engine.dispose()
        if self.replica:
            self.replica.cache.close()


def afterwards(session: Session, work: Callable[[], None]) -> None:
    """Have something done once what the session's transaction changes can be read; not if that is not known."""
    session.info.setdefault(AFTERWARDS, []).append(work)


def writing_engine(url: str) -> Engine:
    """Return an engine with the settings that writers use; migrations run on it."""
    return _sqlite(url, readers=0) if url.startswith("sqlite") else _postgresql(url, 1)


def _sqlite(url: str, *, readers: int, checkpoints: bool = True) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=readers or 1,
        max_overflow=0,
        pool_timeout=WAIT,
        pool_reset_on_return=None,  # a writer's transaction may be the next one's too
        connect_args={"check_same_thread": False, "timeout": WAIT} | ({} if readers else {"factory": Steered}),
    )

    file = embedded_file(url)
    assert file is not None
    embedded.prepare(engine, file)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA secure_delete = ON")  # a redaction leaves nothing in free pages
        if readers:
            cursor.execute("PRAGMA query_only = ON")
        else:
            connection.line = embedded.opened(file, embedded.LINE)
            cursor.execute("PRAGMA journal_mode = WAL")
            # NORMAL loses acknowledged rows at a power cut.
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT if checkpoints else 0}")
        cursor.close()

    if not readers:

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            turn: Turn | None = connection.get_execution_options().get(TURN)
            if turn is None:
                raw: Any = connection.connection.driver_connection
                with patient(raw, TRY):
                    begin_by(connection, raw, time.monotonic() + COMMAND_WAIT)
            else:
                turn.begin(connection)

    return engine


def _cached(url: str, most: int, **options: Any) -> ConnectionCache:
    from factcheck.storage.engine import postgresql

    engine = _postgresql(url, most, isolation_level="AUTOCOMMIT", pool_reset_on_return=None, binary=True, **options)
    return ConnectionCache(engine, most=most, wait=WAIT, gone=postgresql.hung_up)


def _postgresql(url: str, connections: int, wait: float | None = None, **options: Any) -> Engine:
    from factcheck.storage.engine import postgresql

    return postgresql.engine(url, wait=wait or WAIT, connections=connections, **options)


def _share_losses(engine: Engine, readers: ConnectionCache) -> None:
    """Let go of idle readers' connections too when a writer's was lost: their server went away, or was replaced."""

    @event.listens_for(engine, "handle_error")
    def lost(context: ExceptionContext) -> None:
        if context.is_disconnect:
            readers.close()
