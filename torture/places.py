"""Databases to torture: an embedded one in a folder, a PostgreSQL server that is started, stopped and killed here."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg

from benchmarks.claims import fill
from factcheck.desk import people, sources
from factcheck.inspection import upkeep
from factcheck.log.actors import Actor
from factcheck.rules.roles import Role
from factcheck.storage import schema
from factcheck.storage.engine.database import Database
from tests import postgres


class Postgres:
    """A PostgreSQL server of our own, in the folder of its socket."""

    def __init__(self, maintenance: str) -> None:
        self.maintenance = maintenance
        self.folder = Path(parse_qs(urlsplit(maintenance).query)["host"][0])
        binaries = postgres.programs()
        assert binaries is not None
        moved = next(self.folder.glob("*/pginstall*/bin"), None)
        self.binaries = moved or binaries
        with psycopg.connect(postgres.plain(maintenance)) as connection:
            [directory] = connection.execute("SHOW data_directory").fetchone() or ()
        self.data = Path(directory)
        opts = shlex.split((self.data / "postmaster.opts").read_text())
        at = opts.index("-D")
        self._options = shlex.join(opts[1:at] + opts[at + 2 :])

    def fresh(self) -> str:
        """Make an empty database and return its URL."""
        return postgres.create(self.maintenance)

    def stop(self) -> None:
        """Stop at once, without a word to anybody, as at a crash of all its processes."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        self._control("-l", str(self.folder / "log"), "-o", self._options, "-t", "60", "start")

    def restart(self) -> None:
        self.stop()
        self.start()

    def kill_a_backend(self, url: str) -> bool:
        """Kill -9 one process that serves a database; the server then ends all others and recovers by itself."""
        query = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid() LIMIT 1"
        try:
            with psycopg.connect(postgres.plain(self.maintenance), autocommit=True) as connection:
                row = connection.execute(query, (postgres.name_of(url),)).fetchone()
            if row is None:
                return False
            os.kill(row[0], signal.SIGKILL)
        except (psycopg.Error, ProcessLookupError):
            return False
        return True

    def _control(self, *words: str) -> None:
        user = "nobody" if os.geteuid() == 0 else None
        command = [str(self.binaries / "pg_ctl"), "-D", str(self.data), "-w", *words]
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            command, user=user, cwd=self.folder, env=environment, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{shlex.join(command)}: {(self.folder / 'log').read_text()[-2000:]}")


@contextmanager
def private_postgres(connections: int = 200) -> Iterator[Postgres]:
    """Start a server that nobody else uses, whatever FACTCHECK_TEST_DATABASE_URL says: it is stopped and killed."""
    with postgres.started(connections=connections) as maintenance:
        if maintenance is None:
            sys.exit("No PostgreSQL on this machine: put initdb on the PATH.")
        # It gives up durability against power cuts alone; a crash of its processes loses nothing.
        yield Postgres(maintenance)


@contextmanager
def folder_of_its_own(within: str = "/tmp") -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="factcheck-torture-", dir=within))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Place:
    """A migrated database with people of three roles, and what they work on."""

    def __init__(self, url: str, *, claims: int = 0, sources: int = 0) -> None:
        self.url = url
        schema.upgrade(url)
        database = Database(url)
        list(upkeep.renew(database))
        self.tokens: dict[Role, str] = {}
        with database.writing() as session:
            operator = people.operator(session)
            for role in (Role.CONTRIBUTOR, Role.ANALYST, Role.ADMIN):
                person = people.add(session, operator, name=f"Torture {role}", role=role)
                self.tokens[role] = people.issue_token(session, operator, name=person.name)
        self.claims = fill(database, person, claims) if claims else []
        self.sources = _sources(database, person, sources)
        database.close()

    @property
    def embedded(self) -> bool:
        return self.url.startswith("sqlite")


def _sources(database: Database, person: Actor, number: int) -> list[str]:
    made = []
    with database.writing() as session:
        for at in range(number):
            fields = {"name": f"Before {at}", "kind": "organization", "aliases": [], "same_as": []}
            made.append(sources.add(session, person, **fields)["id"])
    return made
