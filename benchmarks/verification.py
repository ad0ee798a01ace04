"""What it costs to verify a large log by rebuilding the desk from it, on both databases.

    python -m benchmarks.verification [--claims 910000]

The claims come by imports, with what followers derive of them. The verification runs in a process of its own, so that
its memory is its own, and counts the seconds of its processor and of the database server's process that works for it.
A million entries take half an hour for each database. PostgreSQL may take 3 times SQLite's seconds, and each 300 MB.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks import archive
from benchmarks.checks import Clock, tidied
from factcheck.followers.registry import from_log
from factcheck.inspection import replay
from factcheck.log import verification
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.logbook import Revision
from tests import postgres


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verification", description=__doc__)
    parser.add_argument("--claims", type=int, default=910_000, help="each makes an entry, and some of them more")
    parser.add_argument("--verify", metavar="URL", help="only verify the desk that is there")
    given = parser.parse_args()
    if given.verify:
        verify(given.verify)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{folder}/desk.db", Path(folder), given.claims)
    with tempfile.TemporaryDirectory() as folder, postgres.server(durable=True) as maintenance:
        if maintenance is None:
            sys.exit("There is no PostgreSQL on this machine.")
        measure("PostgreSQL", postgres.create(maintenance), Path(folder), given.claims)


def measure(name: str, url: str, folder: Path, claims: int) -> None:
    print(f"{name}:", flush=True)
    database = archive.fill(url, claims, folder)
    for following in from_log(database):
        following.catch_up()
    tidied(database)
    database.close()
    subprocess.run([sys.executable, "-m", "benchmarks.verification", "--verify", url], check=True)


def verify(url: str) -> None:
    """Verify a desk, and print what it took."""
    database, clock, done, faults = Database(url), Clock(), verification.Progress(), 0
    with database.reading_one_moment() as connection, Session(connection) as session:
        clock.attend(connection)
        began = clock.now()
        faults += sum(len(some) for some in verification.log_entries(connection, [], done))
        middle = clock.now()
        faults += sum(len(some) for some in replay.replayed(session, done))
        end = clock.now()
        entries = session.scalar(select(func.count()).select_from(Revision))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"  {entries:,} entries: {end - began:.0f} s of the processor ({middle - began:.0f} s for the log,"
        f" {end - middle:.0f} s for rebuilding), {memory} MB, {faults} faults",
        flush=True,
    )


if __name__ == "__main__":
    main()
