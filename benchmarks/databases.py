"""Both databases, one after the other, for what is measured on each."""

import sys
import tempfile
from collections.abc import Callable

from tests import postgres


def on_both(measure: Callable[[str, str, int], None], size: int) -> None:
    """Call `measure` with the name and the URL of an empty database of each kind, and the size of the desk."""
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{folder}/bench.db", size)
    with postgres.server() as maintenance:
        if maintenance is None:
            sys.exit("No PostgreSQL on this machine: its part was not measured.")
        measure("PostgreSQL", postgres.create(maintenance), size)
