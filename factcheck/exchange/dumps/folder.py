"""The folder of a desk's dumps. Each dump is a folder in it, with its files and its manifest, whole or not there.

A dump is named after its place in the log and the time at which it was made, so that no name is used twice: what is
published changes with the time too, when that of a publication comes.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from factcheck.settings import Settings, index_folder
from factcheck.storage import private

Json = dict[str, Any]
MANIFEST, LOCK, DRAFT = "manifest.json", "lock", ".draft-"
_NAME = re.compile(r"(?P<index>0|[1-9][0-9]{0,18})-(?P<at>[0-9]{8}T[0-9]{9}Z)", re.ASCII)


class Dump(NamedTuple):
    """A dump that is there, as its manifest says."""

    folder: Path
    manifest: Json

    @property
    def as_of(self) -> int:
        return int(self.manifest["as_of_log_index"])

    @property
    def created_at(self) -> datetime:
        return datetime.fromisoformat(self.manifest["created_at"])


def data_folder(settings: Settings) -> Path:
    """Return the folder of a desk's dumps, by default beside the search index: each database has its own."""
    if settings.data_dir:
        return Path(settings.data_dir)
    index = index_folder(settings)
    return index.with_name(index.name.removesuffix(".index") + ".data")


def name_of(as_of: int, at: datetime) -> str:
    at = at.astimezone(UTC)
    return f"{as_of}-{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03}Z"


def dumps(folder: Path) -> list[Dump]:
    """Return the dumps that are there, the newest first. Raises OSError where the folder cannot be read."""
    with suppress(FileNotFoundError):
        there = [(found["at"], each) for each in folder.iterdir() if (found := _NAME.fullmatch(each.name))]
        return [dump for _, each in sorted(there, reverse=True) if (dump := _read(each))]
    return []


def find(folder: Path, name: str) -> Dump | None:
    """Return the dump of a name, None if there is none."""
    return _read(folder / name) if _NAME.fullmatch(name) else None


def remove(dump: Dump) -> None:
    """Remove a dump. Nobody finds it any more once its manifest is gone. Raises OSError."""
    with suppress(FileNotFoundError):  # another process was faster
        (dump.folder / MANIFEST).unlink()
        shutil.rmtree(dump.folder)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Be the only one that makes a dump in this folder, and remove what somebody left who did not end.

    Raises OSError.
    """
    private.make_folder(folder)
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, private.FILE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        for each in folder.iterdir():
            is_half = _NAME.fullmatch(each.name) and _read(each) is None
            if is_half or each.name.startswith(DRAFT):
                shutil.rmtree(each, ignore_errors=True)
        yield
    finally:
        os.close(handle)


def flush(path: Path) -> None:
    """Have a file, or the names in a folder, survive a power cut. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(folder: Path) -> Dump | None:
    """Return the dump in a folder, None where there is no manifest or one that is damaged."""
    with suppress(FileNotFoundError, NotADirectoryError, orjson.JSONDecodeError):
        return Dump(folder, orjson.loads((folder / MANIFEST).read_bytes()))
    return None
