"""An empty database that is gone afterwards: what is rebuilt from the log is compared with the desk there."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from factcheck.storage.engine.database import Database
from factcheck.storage.tables.base import Base


@contextmanager
def scratch() -> Iterator[Database]:
    """Yield an embedded database with empty tables, in the folder for temporary files."""
    with tempfile.TemporaryDirectory(prefix="factcheck-rebuilt-") as folder:
        file = Path(folder) / "rebuilt.db"
        file.write_bytes(_empty_tables())
        with closing(Database(f"sqlite:///{file}")) as database:
            yield database


@cache
def _empty_tables() -> bytes:
    """Return a database with the tables alone: nothing is searched in it, and nothing guards its history."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        raw: Any = connection.connection.driver_connection
        made = bytes(raw.serialize())
    engine.dispose()
    return made
