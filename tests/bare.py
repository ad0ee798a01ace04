"""The desk with one of a few threads for each request, body and all: the control of what the server is for.

`python -m tests.bare PORT`.
"""

import sys
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from factcheck import app
from factcheck.settings import Settings

THREADS = 16


def application(_target: str) -> Any:
    return app.create_app(Settings.from_environment())


if __name__ == "__main__":
    server = Granian(
        "tests.bare",
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        blocking_threads=THREADS,
        log_level=LogLevels.error,
    )
    server.serve(target_loader=application)  # type: ignore[attr-defined,unused-ignore]
