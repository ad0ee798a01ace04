"""The desk as it was served before the doorway: the control of what the doorway is for. `python -m tests.bare PORT`."""

import sys
from typing import Any

from factcheck import app
from factcheck.cli import serving
from factcheck.settings import Settings


def application() -> Any:
    return app.create_app(Settings.from_environment())


if __name__ == "__main__":
    serving.WAITING = 0
    serving.run("tests.bare:application", "127.0.0.1", int(sys.argv[1]), 1, [])
