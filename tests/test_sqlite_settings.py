"""What each connection to SQLite is set to, told by SQLite itself, and what that is for."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from factcheck.errors import FactcheckError
from factcheck.storage.engine.database import Database

CANARY = "zanzibarquagga" * 20
FULL, WAL = 2, "wal"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    """A database with one table of no meaning."""
    with closing(Database(f"sqlite:///{file}")) as made:
        with made.writing() as session:
            session.execute(text("CREATE TABLE canaries (id INTEGER PRIMARY KEY, said TEXT)"))
        yield made


def pragma(connection: Any, name: str) -> Any:
    return connection.execute(text(f"PRAGMA {name}")).scalar_one()


def test_a_commit_is_on_disk_when_it_is_acknowledged(database: Database) -> None:
    """`synchronous` FULL: in WAL mode, NORMAL does not sync the log at each commit, and a power cut takes it away."""
    with database.writing() as session:
        assert (pragma(session, "synchronous"), pragma(session, "journal_mode")) == (FULL, WAL)
        assert pragma(session, "foreign_keys") == 1


def test_what_reads_cannot_write(database: Database) -> None:
    for reading in (database.reading, database.reading_primary, database.reading_one_moment):
        with reading() as connection:
            assert (pragma(connection, "query_only"), pragma(connection, "foreign_keys")) == (1, 1)
    with pytest.raises(FactcheckError) as refused, database.reading_primary() as connection:
        connection.execute(text("DELETE FROM canaries"))
    assert "readonly" in str(refused.value.__cause__)


def test_what_is_deleted_is_overwritten(database: Database, file: Path) -> None:
    with database.writing() as session:
        assert pragma(session, "secure_delete") == 1
        session.execute(text("INSERT INTO canaries (said) VALUES (:said)"), {"said": CANARY})
    database.scrub()
    assert CANARY.encode() in file.read_bytes()
    with database.writing() as session:
        session.execute(text("DELETE FROM canaries"))
    database.scrub()
    for each in (file, *file.parent.glob(f"{file.name}-*")):
        assert CANARY.encode() not in each.read_bytes(), each
