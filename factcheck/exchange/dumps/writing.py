"""Compressed files, whose bytes are counted and hashed while they are written."""

import gzip
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from factcheck.exchange.dumps.contents import DumpFile

MEDIA_TYPE = "application/gzip"
LEVEL = 6


class _Counted:
    """A new file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self.size, self.sha256 = 0, hashlib.sha256()

    def write(self, data: Any) -> int:
        if self._file.closed:  # given up: what the compressor still has is for nobody
            return len(data)
        self.sha256.update(data)
        written = self._file.write(data)
        self.size += written
        return written

    def flush(self) -> None:
        self._file.flush()

    def finish(self) -> None:
        """Have the file survive a power cut, and close it. Raises OSError."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def close(self) -> None:
        """Close the file, whatever is in it."""
        with suppress(OSError):  # a full disk takes nothing of what is left: it is closed all the same
            self._file.close()


class CompressedFile:
    """A file of a dump. The same content gives the same bytes, because no time and no name is in them."""

    def __init__(self, folder: Path, of: DumpFile) -> None:
        self.of, self.records = of, 0
        self._raw = _Counted(folder / of.name)
        try:
            self._packed = gzip.GzipFile(filename="", mode="wb", compresslevel=LEVEL, fileobj=self._raw, mtime=0)
        except OSError:
            self._raw.close()
            raise

    def add(self, records: int, content: bytes) -> None:
        self.records += records
        self._packed.write(content)

    def finish(self) -> dict[str, Any]:
        """End the file, durably, and return what a manifest says of it. Raises OSError."""
        self._packed.close()
        self._raw.finish()
        return {
            "name": self.of.name,
            "description": self.of.description,
            "media_type": MEDIA_TYPE,
            "bytes": self._raw.size,
            "sha256": self._raw.sha256.hexdigest(),
            "records": self.records,
        }

    def give_up(self) -> None:
        """Close the file, whatever is in it."""
        self._raw.close()
        self._packed.close()
