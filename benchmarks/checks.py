"""Round a benchmark: the processor's time, a database's statistics, and what `doctor` and `log verify` find."""

import time
from pathlib import Path

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from factcheck.followers.audit import checking
from factcheck.followers.registry import auditing
from factcheck.inspection import checkup, replay
from factcheck.log import verification
from factcheck.storage.engine.database import Database
from tests.postgres import plain


class Clock:
    """The processor's seconds that were spent by this process, and by the server that works for it."""

    def __init__(self) -> None:
        self.server: Path | None = None

    def attend(self, connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            self.server = Path(f"/proc/{connection.execute(text('SELECT pg_backend_pid()')).scalar_one()}/schedstat")

    def now(self) -> float:
        spent = time.process_time()
        if self.server is not None:
            spent += int(self.server.read_text().split()[0]) / 1e9
        return spent


def tidied(database: Database) -> None:
    """Do what autovacuum does on PostgreSQL in time, and a server that was started for a test does not."""
    if not database.embedded:
        vacuum(database.url)


def vacuum(url: str) -> None:
    """Tidy a PostgreSQL database up and count what is in it."""
    # By the driver alone: a desk's own connections wait half a minute for a statement; a million claims take longer.
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def faults(database: Database) -> list[str]:
    """Return what is wrong with a desk: nothing, after any work that went through its actions."""
    with database.writing() as session:
        found = [f"{each.subject}: {each.detail}" for each in checkup.log_faults(session)]
    auditing(database).catch_up()
    done = verification.Progress()
    with database.reading_one_moment() as connection, Session(connection) as session:
        for some in verification.log_entries(connection, [], done):
            found += [fault.told() for fault in some]
        for some in replay.replayed(session, done):
            found += [fault.told() for fault in some]
        found += [f"{subject}: {detail}" for subject, detail in checking.all_faults(connection)]
    return found
