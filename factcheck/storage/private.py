"""Files and folders that nobody but their owner can read: how they are made, and which are not so."""

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import suppress
from glob import escape
from pathlib import Path

from factcheck.settings import embedded_file

FILE, FOLDER = 0o600, 0o700
OTHERS = stat.S_IRWXG | stat.S_IRWXO
_making = threading.Lock()


def make_file(file: Path) -> None:
    """Make an empty file that only its owner can read, unless there is one. Raises OSError.

    Nobody in this process opens a database's file meanwhile: to close any handle of a file gives up all locks that
    SQLite has on it in the process.
    """
    with _making, suppress(FileExistsError):
        os.close(os.open(file.resolve(), os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE))


def make_folder(folder: Path) -> None:
    """Make a folder, and those that it lies in, which only their owner can enter, unless they are there.

    Raises OSError.
    """
    for each in reversed([folder, *folder.parents]):
        with suppress(FileExistsError):
            if not each.is_dir():
                each.mkdir(FOLDER)


def open_to_others(url: str, log_folder: Path, index: Path, archive: Path | None) -> Iterator[Path]:
    """Yield the files and folders of a desk that other users of this machine have any right to."""
    for path in _files(embedded_file(url), log_folder, index, archive):
        with suppress(FileNotFoundError):  # SQLite takes its own files away
            if path.lstat().st_mode & OTHERS and not path.is_symlink():
                yield path


def close_to_others(path: Path) -> None:
    """Take all rights from everybody but the owner. Raises OSError."""
    path.chmod(FOLDER if path.is_dir() else FILE)


def _files(file: Path | None, log_folder: Path, index: Path, archive: Path | None) -> Iterator[Path]:
    if file is not None:
        file = file.resolve()
        yield from (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm", "-journal")))
        yield file.with_suffix(".secret")
        yield from sorted(file.parent.glob(f"{escape(file.stem)}.*.lock"))
    if log_folder.is_dir():
        log_folder = log_folder.resolve()
        yield log_folder
        yield from sorted(log_folder.rglob("*"))
    if archive is not None and archive.is_dir():  # its folder keeps everybody out of what is in it
        yield archive.resolve()
    if index.is_dir():
        yield index.resolve()  # what the engine makes inside of it has no rights of its own
    yield index.with_name(index.name + ".vectors").resolve()
