"""Files that must survive what happens to the machine."""

import os
import tempfile
from pathlib import Path


def replace_durably(file: Path, text: str) -> None:
    """Put a new text in a file's place: after a power cut it holds the old text or the new one, whole."""
    handle, draft = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}-")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    Path(draft).replace(file)
    directory = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
