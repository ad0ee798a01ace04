"""What every archive does: it holds the files of what was captured, each named by its SHA-256.

A file is complete and stored before the transaction that names it begins. One that no row names is left over from a
process that was killed, or from a transaction that failed: `doctor` finds it.
"""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NamedTuple

import structlog

from factcheck.errors import Unavailable
from factcheck.messages import message

ENDING = ".warc.gz"
PARTIAL = ".partial"  # the ending of a file that is being written
ABANDONED = 3600  # seconds after which a file that no row names is left over: no capture takes as long
log = structlog.get_logger("factcheck.storage")
_NAME = re.compile(rf"[0-9a-f]{{2}}/([0-9a-f]{{64}}){re.escape(ENDING)}")


class Listed(NamedTuple):
    """A file of an archive: its name, and when it was written, in seconds since 1970."""

    name: str
    written_at: float


class Archive(ABC):
    """The files of one desk, in `place`. The abstract methods raise OSError; no other method does."""

    place: str

    @abstractmethod
    def put(self, name: str, content: bytes) -> None:
        """Store a file, whole or not at all. Raises OSError."""

    @abstractmethod
    def get(self, name: str) -> bytes:
        """Return a file. Raises FileNotFoundError, or another OSError if it cannot be read."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file, if it is there. Raises OSError."""

    @abstractmethod
    def listed(self) -> Iterator[Listed]:
        """Yield all files, by their names. Raises OSError."""

    @abstractmethod
    def reach(self) -> None:
        """Raise OSError if the archive cannot be reached."""

    @abstractmethod
    def is_there(self) -> bool:
        """Say whether this host has the archive, and whether anything was ever stored in it."""

    def keep(self, content: bytes) -> str:
        """Store a file, and return its SHA-256. Raises Unavailable, and then nothing is stored."""
        sha256 = hashlib.sha256(content).hexdigest()
        try:
            self.put(name_of(sha256), content)
        except OSError as error:
            raise Unavailable(
                message(
                    "The archive of captures cannot be written: {reason}. Nothing was stored.", reason=_reason(error)
                )
            ) from error
        return sha256

    def read(self, sha256: str) -> bytes | None:
        """Return a file, None if it is not there. Raises Unavailable if it cannot be read, or is not what it was."""
        try:
            content = self.get(name_of(sha256))
        except FileNotFoundError:
            return None
        except OSError as error:
            told = message("The archive of captures cannot be read: {reason}.", reason=_reason(error))
            raise Unavailable(told) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise Unavailable(
                message("The archive of captures is damaged: {name} has another SHA-256.", name=name_of(sha256))
            )
        return content

    def discard(self, sha256: str) -> None:
        """Remove a file that no row names. One that cannot be removed is left for `doctor`, and logged."""
        self.drop(name_of(sha256))

    def drop(self, name: str) -> bool:
        """Remove the file of this name, and say whether it is gone. One that is not is logged."""
        try:
            self.remove(name)
        except OSError as error:
            log.warning("archived_file_not_removed", name=name, error=_reason(error))
            return False
        return True

    def fault(self, sha256: str) -> str | None:
        """Say what is wrong with a file that a row names, None if it is as the row says."""
        return self._examined(sha256)[1]

    def copy(self, sha256: str, target: "Archive") -> tuple[int, str | None]:
        """Copy a file to another archive, unless it is there; return its size, and what is wrong with it.

        One that is not there, or has another hash, is not copied. Raises Unavailable if it cannot be written.
        """
        content, wrong = self._examined(sha256)
        if wrong is not None:
            return 0, wrong
        if target.fault(sha256) is not None:
            target.keep(content)
        return len(content), None

    def names(self) -> Iterator[str]:
        """Yield the SHA-256 of each file, as its name says it. Raises Unavailable."""
        for each in self._all():
            if found := _NAME.fullmatch(each.name):
                yield found[1]

    def abandoned(self, known: set[str], now: float) -> Iterator[str]:
        """Yield the names of files that are left over at this time: none of `known`, and old enough.

        Raises Unavailable.
        """
        for each in self._all():
            found = _NAME.fullmatch(each.name)
            named = found is not None and found[1] in known
            if not named and (found or each.name.endswith(PARTIAL)) and each.written_at < now - ABANDONED:
                yield each.name

    def trouble(self) -> str | None:
        """Say why the archive cannot be reached, None if it can."""
        try:
            self.reach()
        except OSError as error:
            return f"The archive of captures, {self.place}, cannot be reached: {_reason(error)}."
        return None

    def where(self, name: str) -> str:
        """Return where a file is, for people."""
        return f"{self.place}/{name}"

    def _examined(self, sha256: str) -> tuple[bytes, str | None]:
        """Return a file, and what is wrong with it."""
        try:
            content = self.get(name_of(sha256))
        except FileNotFoundError:
            return b"", "Its file is not in the archive."
        except OSError as error:
            return b"", f"Its file in the archive cannot be read: {_reason(error)}."
        same = hashlib.sha256(content).hexdigest() == sha256
        return content, None if same else "Its file in the archive has another SHA-256."

    def _all(self) -> Iterator[Listed]:
        try:
            yield from self.listed()
        except OSError as error:
            raise Unavailable(f"The archive of captures cannot be listed: {_reason(error)}.") from error


def name_of(sha256: str) -> str:
    """Return the name of a file: by the first letters, so that no folder has too many."""
    return f"{sha256[:2]}/{sha256}{ENDING}"


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
