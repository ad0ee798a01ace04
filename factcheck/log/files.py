"""Files that must survive what happens to the machine."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def replace_durably(file: Path, text: str) -> None:
    """Put a new text in a file's place: after a power cut it holds the old text or the new one, whole.

    Raises OSError; the file is what it was then.
    """
    with _draft(file, text) as draft:
        draft.replace(file)


def create_durably(file: Path, text: str) -> None:
    """Make a file that only its owner can read and that is not there yet: whole, or not at all. Raises OSError."""
    with _draft(file, text) as draft:
        os.link(draft, file)  # unlike a renaming, refuses to overwrite


@contextmanager
def _draft(file: Path, text: str) -> Iterator[Path]:
    """Write a draft beside a file; yield it for putting it in its place, and make that durable."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        yield Path(name)
    finally:
        with suppress(OSError):  # renamed away, or on a disk that takes nothing: a draft is nobody's concern
            Path(name).unlink()
    directory = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
