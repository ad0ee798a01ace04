"""An archive in a folder that only its owner can enter."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from factcheck.storage.archive.base import PARTIAL, Archive, Listed, name_of
from factcheck.storage.private import FILE, make_folder


class FolderArchive(Archive):
    """The files of one desk below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.place = folder, str(folder)

    def put(self, name: str, content: bytes) -> None:
        path = self.folder / name
        partial = path.with_name(f"{os.getpid()}-{time.monotonic_ns()}-{path.name[:16]}{PARTIAL}")
        make_folder(path.parent)
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.rename(path)
        except BaseException:
            with suppress(OSError):
                partial.unlink()
            raise
        for each in (path.parent, self.folder):
            _sync(each)

    def get(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def remove(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    def listed(self) -> Iterator[Listed]:
        for path in sorted(self.folder.glob("??/*")):
            with suppress(FileNotFoundError):  # it was removed meanwhile
                yield Listed(path.relative_to(self.folder).as_posix(), path.stat().st_mtime)

    def reach(self) -> None:
        with suppress(FileNotFoundError):  # the first capture makes it
            os.scandir(self.folder).close()

    def is_there(self) -> bool:
        return self.folder.is_dir()

    def path(self, sha256: str) -> Path:
        return self.folder / name_of(sha256)


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
