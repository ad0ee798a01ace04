"""Backups: one moment of the database in a folder of its own, while the desk serves; and back into an empty one.

A backup holds the database, the files of its captures and a manifest that says what it is. It holds no key, and not the
record of what was signed last: who gets hold of a backup must not be able to sign, and a record that went back in time
together with the database could not show that it did.
"""

import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, create_engine, inspect, make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from factcheck import __version__
from factcheck.errors import Misconfigured, Unavailable
from factcheck.settings import embedded_file
from factcheck.storage import damage, private, schema
from factcheck.storage.archive.base import Archive
from factcheck.storage.archive.folders import FolderArchive
from factcheck.storage.archive.named import Named, named
from factcheck.storage.damage import Damage
from factcheck.storage.engine import usage
from factcheck.storage.engine.database import Database, writing_engine
from factcheck.storage.stumbles import printable
from factcheck.storage.tables.columns import as_kept
from factcheck.storage.tables.logbook import LogHead

MANIFEST = "manifest.json"
ARCHIVE = "archive"
EMBEDDED, DUMP = "factcheck.db", "factcheck.dump"
PAGE_WAIT = 30.0  # seconds for the lock that a read needs


def back_up(url: str, folder: Path, at: str, archive: Archive | None = None) -> tuple[dict[str, Any], list[Damage]]:
    """Write one moment of the database into a new folder, and return the manifest and what is damaged in it.

    Without an `archive`, the files of captures are left out. They are copied after the database, so that none is
    missing unless its capture is redacted meanwhile. At the end, all is on the disk, and only the owner can read it.
    Raises Misconfigured when the folder exists or there is no pg_dump, Unavailable for what cannot be read or written.
    """
    if folder.exists():
        raise Misconfigured(f"{folder} already exists, and a backup does not overwrite anything.")
    try:
        private.make_folder(folder.parent)
        draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    except OSError as error:
        raise Misconfigured(f"{folder} cannot be created: {error.strerror}.") from error
    try:
        file = embedded_file(url)
        kept = draft / (DUMP if file is None else EMBEDDED)
        private.make_file(kept)
        told, damages, named = _dumped(url, kept) if file is None else _copied(file, kept)
        files = None
        if archive is not None:
            files, lost = _archived(named, archive, FolderArchive(draft / ARCHIVE))
            damages += lost
        whole = {**told, "sha256": _digest(kept), "archive": files}
        manifest = {"factcheck": __version__, "made_at": at, "file": kept.name, **whole}
        private.make_file(draft / MANIFEST)
        (draft / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        for each in (kept, draft / MANIFEST, draft):
            _sync(each)
        draft.rename(folder)  # whole, or not there at all
        _sync(folder.parent)
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if isinstance(error, OSError):
            raise Unavailable(f"The backup cannot be written to {folder}: {error.strerror}.") from error
        raise
    return manifest, damages


def restore(url: str, folder: Path, archive: Archive | None = None) -> tuple[dict[str, Any], list[Damage]]:
    """Bring a backup back into a database that is not there or has no tables; return its manifest and what is damaged.

    The files of its captures go into the `archive` first, if one is given; those that are there already stay. So if
    they do not fit on the disk, nothing was restored, and the command can be repeated.
    Raises Misconfigured when the backup is not whole or of another kind of database, and when there is something in
    the database already; Clash while another process uses the database; Unavailable when it cannot be written.
    """
    manifest = _manifest(folder)
    kept = folder / manifest["file"]
    file = embedded_file(url)
    if (manifest["database"] == "sqlite") != (file is not None):
        raise Misconfigured(f"This is a backup of {manifest['database']}: FACTCHECK_DATABASE_URL names another kind.")
    if file is None:
        with _empty(url):
            lost = _brought_back(manifest, folder, archive)
            lost += _restored(url, kept)
    else:
        with usage.no_one_else(url):
            _demand_none(file)
            lost = _brought_back(manifest, folder, archive)
            _put(kept, file)
    return manifest, lost + _looked(url)[0]


def _dumped(url: str, kept: Path) -> tuple[dict[str, Any], list[Damage], Named]:
    _postgres("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={kept}")
    return {"database": "postgresql"}, *_looked(url)


def _copied(file: Path, kept: Path) -> tuple[dict[str, Any], list[Damage], Named]:
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
    except (sqlite3.Error, UnicodeDecodeError) as error:  # SQLite's message quotes a damaged schema
        raise Unavailable(f"The database cannot be backed up: {error}.") from error
    engine = create_engine(f"sqlite:///{kept}", poolclass=NullPool)  # which makes no files beside it
    try:
        with engine.connect() as connection:
            broken = [each.detail for each in damage.in_file(connection)]
            if broken:
                raise Unavailable(f"The database is damaged: {'; '.join(broken)}.")
            told = {"database": "sqlite", "schema": schema.current(connection), "entries": _entries(connection)}
            return told, _damages_of(connection), named(connection)
    except DBAPIError as error:
        raise Unavailable(f"The database is damaged: {error.orig}.") from error
    finally:
        engine.dispose()


def _entries(connection: Connection) -> int | None:
    has_log = inspect(connection).has_table("log_head")
    return connection.scalar(select(as_kept(LogHead.size))) if has_log else None


def _looked(url: str) -> tuple[list[Damage], Named]:
    """Return what is damaged in a database, and the files that its captures name."""
    with closing(Database(url)) as database, database.reading_one_moment() as connection:
        return _damages_of(connection), named(connection)


def _damages_of(connection: Connection) -> list[Damage]:
    """Return what is damaged. Of another version of the schema it cannot be told."""
    return list(damage.found(connection)) if schema.current(connection) == schema.head() else []


def _archived(named: Named, archive: Archive, kept: Archive) -> tuple[dict[str, int], list[Damage]]:
    """Copy the files of captures; return how many, of how many bytes, and which are not as their captures say."""
    told = {"files": 0, "bytes": 0}
    if named and not archive.is_there():
        return told, [Damage("archive", f"{archive.place} is not there: the backup has no files of captures.")]
    if named and (trouble := archive.trouble()):
        return told, [Damage("archive", f"{trouble} The backup has no files of captures.")]
    damages = []
    for capture_id, sha256 in named.items():
        size, wrong = archive.copy(sha256, kept)
        if wrong is None:
            told = {"files": told["files"] + 1, "bytes": told["bytes"] + size}
        else:
            damages.append(Damage(f"capture {printable(capture_id)}", wrong))
    return told, damages


def _brought_back(manifest: dict[str, Any], folder: Path, archive: Archive | None) -> list[Damage]:
    """Copy the files of captures out of a backup, and return what is wrong with them there."""
    if archive is None or manifest.get("archive") is None:
        return []
    kept = FolderArchive(folder / ARCHIVE)
    copied = {sha256: kept.copy(sha256, archive)[1] for sha256 in kept.names()}
    damages = [Damage(f"backup, file {sha256}", wrong) for sha256, wrong in copied.items() if wrong is not None]
    missing = int(manifest["archive"]["files"]) - len(copied)
    if missing > 0:
        damages.append(Damage("backup, archive", f"It lacks {missing} of the files that it had."))
    return damages


def _demand_none(file: Path) -> None:
    for there in (file, Path(f"{file}-wal")):
        if there.exists():
            raise Misconfigured(f"{there} already exists, and a restore does not overwrite anything.")


def _put(kept: Path, file: Path) -> None:
    """Put a copy of a backup in the place of an embedded database: whole, or not at all."""
    draft = None
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
        draft = Path(name)
        with os.fdopen(handle, "wb") as stream, kept.open("rb") as source:
            shutil.copyfileobj(source, stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.link(draft, file)  # unlike a rename, it fails when somebody else was faster
        _sync(file.parent)
    except OSError as error:
        raise Unavailable(f"{file} cannot be written: {error.strerror}.") from error
    finally:
        if draft is not None:
            draft.unlink()


@contextmanager
def _empty(url: str) -> Iterator[None]:
    """Have an empty database to oneself. Raises Clash where somebody uses it, Misconfigured where it has tables."""
    engine = writing_engine(url)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            usage.take_alone(connection)
            if inspect(connection).get_table_names():
                raise Misconfigured("The database already has tables, and a restore does not overwrite anything.")
            yield
    except DBAPIError as error:
        raise Unavailable(f"The database cannot be reached: {error.orig}") from error
    finally:
        engine.dispose()


def _restored(url: str, kept: Path) -> list[Damage]:
    """Bring a dump back in one transaction. Where rows break a constraint, do without that constraint, and tell it."""
    words = ("--no-owner", "--no-privileges", kept)
    whole = ("--single-transaction", "--exit-on-error")
    try:
        _postgres("pg_restore", url, *whole, *words)
    except Unavailable:
        # Keys are made when the rows are there. If it was not for them, this fails as well, and nothing is there.
        _postgres("pg_restore", url, *whole, "--section=pre-data", "--section=data", *words)
        try:
            _postgres("pg_restore", url, "--section=post-data", *words)
        except Unavailable as error:
            return [Damage("constraints", error.detail)]
    return []


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
        said = re.findall(r"^(?:.*error: |ERROR: +|DETAIL: +)(.+)$", run.stderr, re.MULTILINE)
        raise Unavailable(f"{program} failed: {printable(' '.join(said) or run.stderr or 'it gave no reason')}")


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = orjson.loads((folder / MANIFEST).read_bytes())
        kinds = {"sqlite": EMBEDDED, "postgresql": DUMP}
        if not isinstance(manifest, dict) or manifest.get("file") != kinds.get(str(manifest.get("database")), ""):
            raise ValueError("its manifest names no file of a backup")
        if not all(isinstance(manifest.get(name), str) for name in ("made_at", "sha256")):
            raise ValueError("its manifest lacks the time or the SHA-256")
        whole = _digest(folder / manifest["file"]) == manifest["sha256"]
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{folder} is not a backup that can be read: {printable(str(error))}.") from error
    if not whole:
        raise Misconfigured(f"{folder / manifest['file']} differs from the backup: its SHA-256 does not match.")
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
