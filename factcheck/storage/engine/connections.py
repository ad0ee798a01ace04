"""How many connections to a database server the service opens, and how a process divides its share.

A PostgreSQL server has a fixed number of them (`max_connections`, 100 as it comes). Whoever takes them all locks
everybody out, the command line included. So the service has a number for all of its processes together, each worker
gets an equal share, and some are left for commands.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from factcheck.errors import Misconfigured

EACH = 17  # connections of a worker where nothing else is set
EXPORTS = 3  # answers of a worker that each keep a connection for as long as their client takes to read them
PUBLISHER = 1
LOCK = 1  # the connection that holds the lock of the followers; it is in no pool
FOLLOWERS = 3 + LOCK  # the audit, the search index and those that ask it in turn read the log, each at one moment
LEAST = EXPORTS + PUBLISHER + FOLLOWERS + 2  # of a worker: one that reads and one that writes remain
COMMANDS = 10  # left for the command line, `webhooks run`, which has five, and `watch run`, which uses three


@dataclass(frozen=True)
class Share:
    """How many connections a process has for single reads, and how many for transactions.

    `writers` is how many writes run at a time: the other transactions are exports, the publisher and the followers.
    """

    reading: int
    writers: int
    transactions: int

    @classmethod
    def of_worker(cls, connections: int) -> "Share":
        """Divide the connections of a worker, at least LEAST of them. Whoever writes reads first who they are."""
        divided = connections - EXPORTS - PUBLISHER - FOLLOWERS
        reading = divided - divided // 2
        return cls(reading, divided - reading, connections - reading - LOCK)

    @property
    def connections(self) -> int:
        return self.reading + self.transactions + LOCK


OF_COMMAND = Share(reading=2, writers=2, transactions=2)
OF_EMBEDDED = Share(reading=16, writers=16, transactions=1)  # files, which no server counts


@dataclass(frozen=True)
class Allowance:
    """What a server allows: how many connections in all, how many to this role and database, how many are free now."""

    in_all: int
    to_us: int
    free: int

    @property
    def to_service(self) -> int:
        return max(self.to_us - COMMANDS, 0)


def allowance(connection: Connection) -> Allowance:
    """Ask a server how many connections it allows to the connection's role and database."""
    in_all, reserved, of_role, of_database, others = connection.execute(_LIMITS).one()
    limits = [in_all - reserved, *(each for each in (of_role, of_database) if each >= 0)]
    return Allowance(in_all, min(limits), max(min([*limits, in_all - reserved - others]), 0))


def of_each_worker(wanted: int, workers: int, allowed: Allowance | None) -> int:
    """Return how many connections each worker may open.

    `wanted` is the number for all of them that was set, 0 for none; `allowed` is None while the server cannot be
    asked. Raises Misconfigured when that is more than the server allows, or too few for so many workers.
    """
    if wanted and allowed and wanted > allowed.to_service:
        raise Misconfigured(
            f"FACTCHECK_DATABASE_CONNECTIONS is {wanted}, but the database server leaves {allowed.to_service} for the"
            f" service: it allows {allowed.to_us} ({allowed.in_all} in all), and {COMMANDS} are reserved for commands."
            " Set a lower number, or raise max_connections on the server."
        )
    total = wanted or (min(EACH * workers, allowed.to_service) if allowed else EACH * workers)
    each = total // workers
    if each < LEAST:
        found = (
            f"FACTCHECK_DATABASE_CONNECTIONS is {total}"
            if wanted
            else f"the database server leaves {total} connections"
        )
        raise Misconfigured(
            f"Each worker needs {LEAST} database connections, {LEAST * workers} for {workers}, but {found}."
            " Use fewer workers or raise that number."
        )
    return each


_LIMITS = text(
    "SELECT current_setting('max_connections')::int,"
    " current_setting('superuser_reserved_connections')::int"
    # PostgreSQL 16 has this one too, for roles that are granted it.
    " + coalesce(current_setting('reserved_connections', true)::int, 0),"
    " (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user),"
    " (SELECT datconnlimit FROM pg_database WHERE datname = current_database()),"
    " (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid())"
)
