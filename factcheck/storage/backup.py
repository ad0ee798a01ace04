"""Backups: one moment of the database in a folder of its own, while the desk serves; and back into an empty one.

A backup holds the database and a manifest that says what it is. It holds no key, and not the record of what was
signed last: who gets hold of a backup must not be able to sign, and a record that went back in time together with the
database could not show that it did.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, make_url, select, text
from sqlalchemy.exc import DBAPIError

from factcheck import __version__
from factcheck.errors import Misconfigured, Unavailable
from factcheck.settings import embedded_file
from factcheck.storage import schema
from factcheck.storage.database import Database, writing_engine
from factcheck.storage.logbook import LogHead

MANIFEST = "manifest.json"
EMBEDDED, DUMP = "factcheck.db", "factcheck.dump"
PAGE_WAIT = 30.0  # seconds for the lock that a read needs


def back_up(url: str, folder: Path, at: str) -> dict[str, Any]:
    """Write one moment of the database into a new folder, and return the manifest.

    When it returns, everything is on the disk. Raises Misconfigured when the folder is there already, or when there
    is no pg_dump; Unavailable when the database cannot be read.
    """
    if folder.exists():
        raise Misconfigured(f"{folder} is there already: a backup overwrites nothing.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        file = embedded_file(url)
        kept = draft / (DUMP if file is None else EMBEDDED)
        if file is None:
            _postgres("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={kept}")
            told = {"database": "postgresql"}
        else:
            told = {"database": "sqlite", **_copied(file, kept)}
        manifest = {"factcheck": __version__, "made_at": at, "file": kept.name, **told, "sha256": _digest(kept)}
        (draft / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        for each in (kept, draft / MANIFEST, draft):
            _sync(each)
        draft.rename(folder)  # whole, or not there at all
        _sync(folder.parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return manifest


def restore(url: str, folder: Path) -> dict[str, Any]:
    """Bring a backup back into a database that is not there or has no tables, and return its manifest.

    Raises Misconfigured when the backup is not whole, of another kind of database, or of a newer factcheck, and when
    there is something in the database already; Clash while another process uses the database.
    """
    manifest = _manifest(folder)
    kept = folder / manifest["file"]
    file = embedded_file(url)
    if (manifest["database"] == "sqlite") != (file is not None):
        raise Misconfigured(f"This is a backup of {manifest['database']}: FACTCHECK_DATABASE_URL names another kind.")
    if file is None:
        _demand_empty(url)
        _postgres("pg_restore", url, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", kept)
        return manifest
    for there in (file, Path(f"{file}-wal")):
        if there.exists():
            raise Misconfigured(f"{there} is there already: a restore overwrites nothing.")
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream, kept.open("rb") as source:
            shutil.copyfileobj(source, stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(draft, file)  # unlike a rename, it fails when somebody else was faster
        _sync(file.parent)
    finally:
        draft.unlink()
    return manifest


def _copied(file: Path, kept: Path) -> dict[str, Any]:
    """Copy an embedded database as of one moment. Others go on writing meanwhile."""
    if not file.exists():
        raise Unavailable(f"There is no database at {file}.")
    try:
        # Read-only, so that it never checkpoints beside the process that serves.
        with (
            closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=PAGE_WAIT)) as source,
            closing(sqlite3.connect(kept)) as target,
        ):
            source.backup(target, pages=-1)  # all pages under one read lock: one moment
            target.execute("PRAGMA journal_mode = DELETE")  # everything in the one file
            found = target.execute("PRAGMA quick_check").fetchone()[0]
            if found != "ok":
                raise Unavailable(f"The database is damaged: {found}.")
    except sqlite3.Error as error:
        raise Unavailable(f"The database cannot be backed up: {error}.") from error
    with closing(Database(f"sqlite:///{kept}")) as database, database.reading() as connection:
        return {"schema": schema.current(connection), "entries": _entries(connection)}


def _entries(connection: Connection) -> int | None:
    return connection.scalar(select(LogHead.size)) if inspect(connection).has_table("log_head") else None


def _demand_empty(url: str) -> None:
    engine = writing_engine(url)
    try:
        with engine.connect() as connection:
            if inspect(connection).get_table_names():
                raise Misconfigured("There are tables in the database already: a restore overwrites nothing.")
            connection.execute(text("SELECT 1"))
    except DBAPIError as error:
        raise Unavailable(f"The database cannot be reached: {error.orig}") from error
    finally:
        engine.dispose()


def _postgres(program: str, url: str, *words: str | Path) -> None:
    """Run one of PostgreSQL's own programs; the password goes by the environment, which others cannot see."""
    found = shutil.which(program)
    if found is None:
        raise Misconfigured(f"{program} is not on the PATH: install PostgreSQL's client programs (postgresql-client).")
    parts = make_url(url)
    variables = {"PGHOST": parts.host, "PGPORT": parts.port, "PGUSER": parts.username, "PGPASSWORD": parts.password}
    named = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    options = {named.get(name, f"PG{name.upper()}"): value for name, value in parts.query.items()}
    given = {**variables, "PGDATABASE": parts.database, **options}
    environment = {"HOME": str(Path.home()), **{name: str(value) for name, value in given.items() if value is not None}}
    target = ["--dbname", parts.database or ""] if program == "pg_restore" else []
    command = [found, *target, *map(str, words)]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if run.returncode:
        first, *_ = run.stderr.strip().splitlines() or ["it gave no reason"]
        raise Unavailable(f"{program} failed: {first}")


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        whole = _digest(folder / manifest["file"]) == manifest["sha256"]
    except (OSError, ValueError, KeyError) as error:
        raise Misconfigured(f"{folder} is not a backup that can be read: {error}.") from error
    if not whole:
        raise Misconfigured(f"{folder / manifest['file']} is not what was backed up: its SHA-256 is another.")
    return manifest


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
