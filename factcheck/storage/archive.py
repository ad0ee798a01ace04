"""The archive: files beside the database that hold what was captured, each named by its SHA-256.

A file is complete and on disk before the transaction that names it begins. One that no row names is left over from a
process that was killed, or from a transaction that failed: `doctor` finds it.
"""

import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import structlog

from factcheck.errors import Unavailable
from factcheck.storage.private import FILE, make_folder

ENDING = ".warc.gz"
PARTIAL = ".partial"  # the ending of a file that is being written
ABANDONED = 3600  # seconds after which a file that no row names is left over: no capture takes as long
log = structlog.get_logger("factcheck.storage")
_NAME = re.compile(rf"[0-9a-f]{{64}}{re.escape(ENDING)}")


class Archive:
    """The files of one desk, below a folder that only its owner can enter."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, content: bytes) -> str:
        """Store a file, and return its SHA-256. Raises Unavailable, and then nothing is stored."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256)
        partial = path.with_name(f"{os.getpid()}-{time.monotonic_ns()}-{sha256[:16]}{PARTIAL}")
        try:
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
            for folder in (path.parent, self.folder):
                _sync(folder)
        except OSError as error:
            detail = f"The archive of captures cannot be written: {error.strerror or error}. Nothing was stored."
            raise Unavailable(detail) from error
        return sha256

    def read(self, sha256: str) -> bytes | None:
        """Return a file, None if it is not there. Raises Unavailable if it cannot be read."""
        try:
            return self.path(sha256).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"The archive of captures cannot be read: {error.strerror or error}.") from error

    def discard(self, sha256: str) -> None:
        """Remove a file that no row names. One that cannot be removed is left for `doctor`, and logged."""
        try:
            self.path(sha256).unlink(missing_ok=True)
        except OSError as error:
            log.warning("archived_file_not_removed", sha256=sha256, error=error.strerror or str(error))

    def path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / f"{sha256}{ENDING}"

    def fault(self, sha256: str) -> str | None:
        """Say what is wrong with a file that a row names, None if it is as the row says."""
        try:
            with self.path(sha256).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return "Its file is not in the archive."
        except OSError as error:
            return f"Its file in the archive cannot be read: {error.strerror or error}."
        return None if found == sha256 else "Its file in the archive has another SHA-256."

    def copy(self, sha256: str, target: "Archive") -> tuple[int, str | None]:
        """Copy a file to another archive, unless it is there; return its size, and what is wrong with it.

        One that is not there, or has another hash, is not copied. Raises Unavailable if it cannot be written.
        """
        wrong = self.fault(sha256)
        if wrong is not None:
            return 0, wrong
        if target.fault(sha256) is not None:
            content = self.read(sha256)
            if content is None:  # it was redacted meanwhile
                return 0, "Its file is not in the archive."
            target.keep(content)
        return target.path(sha256).stat().st_size, None

    def names(self) -> Iterator[str]:
        """Yield the SHA-256 of each file, as its name says it."""
        for path in sorted(self.folder.glob("??/*")):
            if _NAME.fullmatch(path.name):
                yield path.name.removesuffix(ENDING)

    def abandoned(self, known: set[str], now: float) -> Iterator[Path]:
        """Yield the files that are left over at this time: none of `known`, and old enough."""
        for path in sorted(self.folder.glob("??/*")):
            named = _NAME.fullmatch(path.name) and path.name.removesuffix(ENDING) in known
            if named or not (_NAME.fullmatch(path.name) or path.name.endswith(PARTIAL)):
                continue
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < now - ABANDONED:
                    yield path


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
