"""A database server: its address, its connections, and the ends that they can come to.

A leader may die while it is asked. Four things follow from that, and each is dealt with here:

- several hosts stand in one URL, as libpq writes them, and the one that takes writes is looked for;
- a connection that died while it lay in the pool is found by looking at its socket, which costs no round trip;
- nothing is waited for without end: neither for a server that froze nor, which `statement_timeout` does not bound,
  for a COMMIT that waits for a synchronous standby;
- a COMMIT that did not come to a clear end is Unconfirmed. PostgreSQL reports a cancelled wait for a standby as
  success with a warning, though the next leader may not have what was committed.
"""

import select
from functools import cached_property, partial
from typing import Any, ClassVar
from urllib.parse import unquote

import psycopg
import structlog
from psycopg import errors, pq
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DisconnectionError

from factcheck.setting_values import server_hosts
from factcheck.storage.engine.advisory_locks import AdvisoryLock, shared_until_disconnect

log = structlog.get_logger("factcheck.storage")

STATEMENT_WAIT = 30  # seconds that the server gives a statement
ANSWER_WAIT = STATEMENT_WAIT + 5  # seconds after which the server is asked to cancel what it should have
# The server does not give these places back to others by itself: a process that is idle would keep them.
IDLE = 60  # seconds after which the server closes a connection that nobody uses
IDLE_IN_TRANSACTION = 600  # and one whose transaction waits for us: an export that its client does not read away
COMMIT_WAIT = 15  # seconds that a COMMIT may take, with its wait for a standby
CANCEL_WAIT = 3  # seconds for a cancelled statement to end, before its connection is given up
CONNECT_WAIT = 5  # seconds to connect to the only host
CONNECT_WAIT_EACH = 2  # to each of several: the dead one may come first
# A network that swallows everything is noticed after some 10 seconds, whether something is under way or not.
NETWORK = {
    "tcp_user_timeout": 10_000,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
}
READ_ONLY = "25006"  # a leader that is none any more
SHUT_DOWN = ("57P01", "57P02", "57P03", "57P05")
CONNECTION_LOST = "08"  # the class


class Unconfirmed(psycopg.OperationalError):
    """It is not known whether a transaction was committed, or whether it outlives its server."""

    unconfirmed: ClassVar[bool] = True


class NotConnected(psycopg.OperationalError):
    """The server could not be reached, or did not let us in."""

    not_connected: ClassVar[bool] = True


class BinaryCursor(psycopg.Cursor[Any]):
    """A cursor that is sent values as the server keeps them: a claim's JSON would be twice as long as text."""

    def __init__(self, connection: psycopg.Connection[Any], **options: Any) -> None:
        super().__init__(connection, **options)
        self.format = pq.Format.BINARY


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that waits for nothing without end, and whose commit returns only when it is sure of it."""

    answer_wait: float = ANSWER_WAIT

    @cached_property
    def news(self) -> select.poll:
        """Tells whether there is something to read from the server."""
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        return poll

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for an answer; after `answer_wait` cancel what was asked, and after CANCEL_WAIT more hang up."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.answer_wait)
        except psycopg.OperationalError:
            if self.closed or self.pgconn.transaction_status != pq.TransactionStatus.ACTIVE:
                raise  # it is the server's answer: psycopg's own timeout leaves the statement running
            log.error("database_slow", waited=self.answer_wait)
        try:
            self.cancel_safe(timeout=CANCEL_WAIT)
            return super().wait(gen, interval, CANCEL_WAIT)
        except psycopg.Error as error:
            if self.pgconn.transaction_status != pq.TransactionStatus.ACTIVE:
                raise  # it was cancelled, and says so
            self.close()
            raise psycopg.OperationalError("The server neither answered nor cancelled what it was asked.") from error

    def commit(self) -> None:
        """Commit. Raises Unconfirmed when the end of it is not known."""
        warnings: list[str] = []
        see = partial(_remember, warnings)
        self.add_notice_handler(see)
        self.answer_wait = COMMIT_WAIT
        try:
            super().commit()
        except psycopg.Error as error:
            if self.closed or _lost(error.sqlstate or ""):
                raise Unconfirmed(f"The connection was lost while committing: {error}") from error
            raise
        finally:
            self.answer_wait = type(self).answer_wait
            self.remove_notice_handler(see)
        if warnings:
            raise Unconfirmed("; ".join(warnings))


def _lost(state: str) -> bool:
    return state in SHUT_DOWN or state.startswith(CONNECTION_LOST)


def _remember(warnings: list[str], notice: errors.Diagnostic) -> None:
    # By its severity and not by its words, which the server may say in another language. COMMIT has no other warning;
    # one that a trigger raises, for the writes that are sent with it, tells of the function that it comes from.
    if notice.severity_nonlocalized == "WARNING" and notice.context is None:
        warnings.append(f"{notice.sqlstate} {notice.message_primary} {notice.message_detail or ''}".strip())


def address(url: str) -> URL:
    """Read a URL with one host or several: `h1:5432,h2:5432` as libpq has it, which SQLAlchemy does not read."""
    hosts = server_hosts(url)
    rest = url.partition("://")[2]
    if len(hosts) > 1:
        before, mark, query = rest.partition("?")
        user, at, place = before.rpartition("@")
        _, slash, name = place.partition("/")
        rest = f"{user}{at}{slash}{name}{mark}{query}"
    found = make_url(f"postgresql+psycopg://{rest}")
    if len(hosts) < 2:
        return found
    ports = ",".join(port for _, port in hosts)
    several = {"host": ",".join(unquote(host) for host, _ in hosts)} | ({"port": ports} if ports.strip(",") else {})
    return found.update_query_dict(several)


def engine(
    url: str, *, wait: float, connections: int, replica: bool = False, binary: bool = False, **options: Any
) -> Engine:
    """Return an engine on a server. `wait` is how long, in seconds, anyone waits for a lock or a connection.

    On a `replica` every transaction is read-only, whatever server that turns out to be. `binary` is for what reads
    the desk's own tables: psycopg has no binary form of some types of the catalogue.
    """
    place = address(url)
    made = create_engine(
        place,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=wait,
        pool_use_lifo=True,  # those that are not needed stay idle, and time out
        connect_args=_arguments(place, wait, replica),
        **options,
    )

    @event.listens_for(made, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: Any, parameters: Any) -> BoundedConnection:
        try:
            return BoundedConnection.connect(*arguments, **parameters)
        except psycopg.OperationalError as error:
            raise NotConnected(str(error)) from error

    if binary:

        @event.listens_for(made, "connect")
        def read_binary(connection: BoundedConnection, _record: Any) -> None:
            connection.cursor_factory = BinaryCursor

    if not replica:

        @event.listens_for(made, "connect")
        def share(connection: BoundedConnection, _record: Any) -> None:
            try:
                connection.execute(shared_until_disconnect(AdvisoryLock.USE))
                connection.commit()
            except psycopg.Error:  # somebody downgrades or restores
                connection.close()
                raise

    @event.listens_for(made, "checkout")
    def look(connection: BoundedConnection, _record: Any, _proxy: Any) -> None:
        if connection.news.poll(0):
            raise DisconnectionError("The server has hung up.")  # on which the pool connects anew

    @event.listens_for(made, "handle_error")
    def judge(context: ExceptionContext) -> None:
        state = getattr(context.original_exception, "sqlstate", None) or ""
        if _lost(state) or (state == READ_ONLY and not replica):
            context.is_disconnect = True  # the others in the pool lead to the same server

    return made


def hung_up(connection: Connection) -> bool:
    """Say whether the server of a connection that lay idle has hung up. One system call.

    A server says nothing on an idle connection, unless it has hung up or has a new setting to tell.
    """
    driver: Any = connection.connection.driver_connection
    return bool(driver.news.poll(0))


def _arguments(place: URL, wait: float, replica: bool) -> dict[str, Any]:
    """Return what libpq is told beside the URL, which wins."""
    several = "," in str(place.query.get("host", "")) or isinstance(place.query.get("host"), tuple)
    told: dict[str, Any] = {
        **NETWORK,
        "connect_timeout": CONNECT_WAIT_EACH if several else CONNECT_WAIT,
        "fallback_application_name": "factcheck",
    }
    if several and not replica:
        told["target_session_attrs"] = "read-write"
    told = {name: value for name, value in told.items() if name not in place.query}
    # Without warnings a cancelled wait for a standby could not be told from success.
    fixed = f"-c timezone=UTC -c lock_timeout={wait}s -c statement_timeout={STATEMENT_WAIT}s"
    fixed += f" -c idle_session_timeout={IDLE}s -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION}s"
    fixed += " -c default_transaction_read_only=on" if replica else ""
    told["options"] = f"{fixed} {place.query.get('options', '')} -c client_min_messages=warning"
    return told
