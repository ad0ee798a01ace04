"""The secret key of an embedded desk: a file beside its database."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from factcheck.errors import Misconfigured


def kept_key(file: Path) -> tuple[str, str]:
    """Read the key beside an embedded database; make it, readable by its owner alone, when there is none.

    The key is written in full under another name and then linked, so that two processes that start at once
    agree on one whole key; durably, or the first power cut would leave an empty file, and no desk starts with that.
    """
    try:
        if not file.exists():
            handle, draft = tempfile.mkstemp(dir=file.parent, prefix=file.name)
            try:
                with os.fdopen(handle, "w", encoding="ascii") as stream:
                    stream.write(secrets.token_urlsafe(48))
                    stream.flush()
                    os.fsync(stream.fileno())
                with contextlib.suppress(FileExistsError):
                    os.link(draft, file)
            finally:
                Path(draft).unlink()
            folder = os.open(file.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        key = file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise Misconfigured(f"The secret key cannot be stored in {file}: {error.strerror}.") from error
    except UnicodeDecodeError:
        key = ""
    if len(key) < 16:
        raise Misconfigured(f"{file} has no complete secret key. Delete it, and a new one is created.")
    return key, str(file)
