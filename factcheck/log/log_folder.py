"""The log's folder: the keys that sign, and the record of what was signed last."""

import base64
import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import get_type_hints

import orjson

from factcheck.errors import Misconfigured, Refused
from factcheck.log import keys
from factcheck.messages import message
from factcheck.rules import notes
from factcheck.rules.notes import Checkpoint, NoteError
from factcheck.storage import private

SIGNED = "signed"
KEY, RETIRED = "key-", "retired-key-"


@dataclass(frozen=True)
class Signed:
    """What was signed last: the content of the file beside the key."""

    epoch: int
    origin: str
    size: int
    root: str  # base64

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(self.origin, self.size, base64.b64decode(self.root))


def signed(folder: Path) -> Signed | None:
    """Return what was signed last; None before the first time. Raises Refused where that cannot be read."""
    file = folder / SIGNED
    try:
        read = orjson.loads(file.read_bytes())
        if {name: type(value) for name, value in read.items()} != get_type_hints(Signed):
            raise ValueError("not the members of a record, or not of their types")
        notes.decoded(read["root"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError) as error:
        told = message("{file} cannot be read: what was signed last is not known.", file=file)
        raise Refused(told) from error
    return Signed(**read)


def key_files(folder: Path) -> list[Path]:
    """Return the files of the keys that sign, the oldest first."""
    return _numbered(folder, KEY)


def retired_key_files(folder: Path) -> list[Path]:
    """Return the files of the keys that signed once, the oldest first."""
    return _numbered(folder, RETIRED)


def faults(folder: Path) -> Iterator[str]:
    """Say which files of the folder cannot be read."""
    for file in (*key_files(folder), *retired_key_files(folder)):
        try:
            keys.load(file, "key")
        except Misconfigured as error:
            yield error.detail
    try:
        signed(folder)
    except Refused as error:
        yield error.detail


def origins(saved: Sequence[str]) -> set[str]:
    """Return the names of the logs that notes are of. What is no checkpoint is told where it is verified."""
    found = set()
    for note in saved:
        with suppress(NoteError):
            found.add(notes.parse_checkpoint(notes.parse(note).text).origin)
    return found


@contextmanager
def locked(folder: Path, name: str = "lock") -> Iterator[None]:
    """Hold the folder against others of one kind, publishers by default, in all processes. Raises Misconfigured."""
    try:
        private.make_folder(folder)
        handle = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Misconfigured(f"The log's folder {folder} cannot be used: {error.strerror}.") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _numbered(folder: Path, prefix: str) -> list[Path]:
    """Return the files of this prefix and a number, by their numbers; an editor's copies are not among them."""
    numbers = {file: file.name.removeprefix(prefix) for file in folder.glob(f"{prefix}*")}
    return sorted((file for file in numbers if numbers[file].isdecimal()), key=lambda file: int(numbers[file]))
