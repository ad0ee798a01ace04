"""The vectors of claims in a file of this host, each at the place that the claim's `seq` gives it.

A record says of which text and which model its vector is, by a hash, and has a checksum. So a record that is damaged,
of an earlier text of the claim, or of another database is as good as missing, and no position in the log has to be
right.
"""

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from factcheck.followers.embeddings.vectors import STEP
from factcheck.storage.engine.embedded import try_lock

HEAD = struct.Struct("<8s16sI")  # what file this is, which model, and how many numbers a vector has
KIND = b"fc-vec-1"
KEY = 12  # bytes of a text's hash
CHECK = struct.Struct("<I")


class Said(NamedTuple):
    """A claim: its `seq` and its text."""

    seq: int
    text: str


class VectorFile:
    """The file of one model; one process at a time writes it, others read it. What cannot be read is missing."""

    def __init__(self, path: Path, model: bytes, size: int) -> None:
        """`model` is what a model is known by, `size` how many numbers its vectors have."""
        self.path, self._model, self._size = path, model, size
        self._vector = STEP.size + size
        self._record = KEY + self._vector + CHECK.size

    def read(self, claims: Sequence[Said]) -> dict[int, bytes]:
        """Return the packed vectors of those claims that the file has, by their `seq`."""
        with suppress(OSError), self._opened(os.O_RDONLY) as handle:
            if os.pread(handle, HEAD.size, 0) == self._head():
                found = ((claim.seq, self._vector_of(handle, claim)) for claim in claims)
                return {seq: vector for seq, vector in found if vector is not None}
        return {}

    def begin(self) -> None:
        """Make the file where it is missing, or of another model. Raises OSError."""
        with self._opened(os.O_RDWR | os.O_CREAT) as handle:
            if os.pread(handle, HEAD.size, 0) != self._head():
                os.ftruncate(handle, 0)
                os.pwrite(handle, self._head(), 0)

    def write(self, claims: Sequence[Said], vectors: Sequence[bytes], gone: Sequence[int] = ()) -> None:
        """Write the packed vectors of claims, and leave nothing of those that are `gone`. Raises OSError."""
        with self._opened(os.O_RDWR) as handle:
            for claim, vector in zip(claims, vectors, strict=True):
                record = self._key(claim) + vector
                os.pwrite(handle, record + CHECK.pack(zlib.crc32(record)), self._place(claim.seq))
            there = [seq for seq in gone if any(os.pread(handle, self._record, self._place(seq)))]
            for seq in there:
                os.pwrite(handle, bytes(self._record), self._place(seq))
            if there:
                os.fsync(handle)

    def _vector_of(self, handle: int, claim: Said) -> bytes | None:
        record = os.pread(handle, self._record, self._place(claim.seq))
        if len(record) != self._record or not record.startswith(self._key(claim)):
            return None
        content, check = record[: -CHECK.size], record[-CHECK.size :]
        return content[KEY:] if CHECK.pack(zlib.crc32(content)) == check else None

    def _place(self, seq: int) -> int:
        return HEAD.size + seq * self._record

    def _key(self, claim: Said) -> bytes:
        return blake2b(claim.text.encode(), digest_size=KEY, key=self._model).digest()

    def _head(self) -> bytes:
        return HEAD.pack(KIND, self._model, self._size)

    @contextmanager
    def _opened(self, flags: int) -> Iterator[int]:
        handle = os.open(self.path, flags | os.O_CLOEXEC, 0o600)
        try:
            yield handle
        finally:
            os.close(handle)


class Lock:
    """The right to write a file, which one process at a time has: a lock on another file beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path.with_name(path.name + ".lock")
        self._handle: int | None = None

    def take(self) -> bool:
        """Say whether this process has the lock: it takes it if nobody has. Raises OSError."""
        if self._handle is None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if not try_lock(handle):
                os.close(handle)
                return False
            self._handle = handle
        return True

    def give_up(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
