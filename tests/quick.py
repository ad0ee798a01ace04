"""Where the tests put what need not outlast them: in memory, if there is room, or else on the disk."""

import os
import shutil
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")
ROOM = 2**30  # bytes for each worker: more than its databases have ever taken


def folder() -> str:
    """Return the folder for databases that nobody needs after a crash.

    A test makes a database in a tenth of the time there: on a disk each makes, flushes and deletes 400 files.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    if os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM * workers:
        return str(IN_MEMORY)
    return tempfile.gettempdir()
