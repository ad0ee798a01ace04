"""What keeps a run of the tests short: databases in memory, if there is room, and fewer examples than a long run."""

import os
import shutil
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")
# How many times as many examples the tests take that make some up.
TIMES = int(os.environ.get("FACTCHECK_TEST_TIMES", "1"))
ROOM = 2**30  # bytes for each worker: more than its databases have ever taken


def folder() -> str:
    """Return the folder for databases that nobody needs after a crash.

    A test makes a database in a tenth of the time there: on a disk each makes, flushes and deletes 400 files.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    if os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM * workers:
        return str(IN_MEMORY)
    return tempfile.gettempdir()
