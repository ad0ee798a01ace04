"""A backup is one moment, taken while others write, and comes back whole."""

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text

from factcheck.desk import people, sources
from factcheck.errors import Misconfigured, Unavailable
from factcheck.followers.publisher import Publisher
from factcheck.schemas.base import load
from factcheck.schemas.sources import SourceIn
from factcheck.storage import backup
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.logbook import Revision
from tests import postgres
from tests.conftest import Copies
from tests.desk import SECRET
from tests.test_cli import Shell
from tests.test_migrations import writing

AT = "2026-01-01T00:00:00.000000Z"


@pytest.fixture
def programs(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put PostgreSQL's own programs on the PATH."""
    found = postgres.programs()
    if engine == "postgresql" and found:
        monkeypatch.setenv("PATH", f"{found}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def elsewhere(copies: Copies, engine: str, tmp_path: Path) -> Iterator[str]:
    """A database to restore into: an empty one, or a file that is not there."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path}/restored.db"
        return
    url = copies.empty()
    yield url
    copies.forget(url)


def log_of(url: str) -> list[tuple[int, bytes]]:
    with closing(Database(url)) as database, database.reading() as connection:
        rows = connection.execute(select(Revision.log_index, Revision.leaf).order_by(Revision.log_index))
        return [(row.log_index, row.leaf) for row in rows]


@pytest.mark.usefixtures("programs")
def test_a_backup_under_load_comes_back_whole(seeded_url: str, elsewhere: str, engine: str, tmp_path: Path) -> None:
    acknowledged: list[str] = []
    stop = threading.Event()
    database = Database(seeded_url)

    def write() -> None:
        while not stop.wait(0.005):
            fields = load(SourceIn(), {"name": f"Source {time.monotonic_ns()}", "kind": "group"})
            with database.writing() as session:
                made = sources.add(session, people.operator(session), **fields)
            acknowledged.append(made["id"])

    Publisher(database, tmp_path / "log").publish()
    writers = [threading.Thread(target=write, daemon=True) for _ in range(2)]
    for each in writers:
        each.start()
    while len(acknowledged) < 5:
        time.sleep(0.01)
    before = len(acknowledged)
    try:
        manifest, _ = backup.back_up(seeded_url, tmp_path / "backup", AT)
        during = len(acknowledged)
        while len(acknowledged) < during + 5:
            time.sleep(0.01)
    finally:
        stop.set()
        for each in writers:
            each.join()
        database.close()
    assert sorted(each.name for each in (tmp_path / "backup").iterdir()) == [manifest["file"], "manifest.json"]
    assert backup.restore(elsewhere, tmp_path / "backup") == (manifest, [])

    whole, restored = log_of(seeded_url), log_of(elsewhere)
    assert restored == whole[: len(restored)]  # one moment
    assert len(restored) < len(whole)
    if engine == "sqlite":
        assert manifest["entries"] == len(restored)
    with closing(Database(elsewhere)) as came_back, came_back.reading() as connection:
        there = set(connection.execute(text("SELECT id FROM sources")).scalars())
    assert {str(each) for each in there} >= set(acknowledged[:before])
    settings = {"database_url": elsewhere, "secret_key": SECRET, "log_folder": str(tmp_path / "log")}
    shell = Shell(tmp_path, settings)
    assert shell.json("doctor")["faults"] == []
    assert shell.json("log", "verify")["faults"] == []
    # And the desk goes on from there.
    shell.done("people", "add", "After", "--role", "reader")
    assert len(log_of(elsewhere)) > len(restored)


@pytest.mark.usefixtures("programs")
def test_nothing_is_overwritten_and_nothing_half_comes_back(
    migrated_url: str, seeded_url: str, elsewhere: str, engine: str, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    manifest, _ = backup.back_up(migrated_url, folder, AT)
    kept = {each.name: each.read_bytes() for each in folder.iterdir()}
    with pytest.raises(Misconfigured, match="already exists, and a backup"):
        backup.back_up(seeded_url, folder, AT)
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == kept
    before = log_of(seeded_url)
    with pytest.raises(Misconfigured, match="and a restore does not overwrite"):
        backup.restore(seeded_url, folder)
    assert log_of(seeded_url) == before
    other = "sqlite:///x.db" if engine == "postgresql" else "postgresql://desk@127.0.0.1:1/x"
    with pytest.raises(Misconfigured, match="names another kind"):
        backup.restore(other, folder)
    with pytest.raises(Misconfigured, match="is not a backup that can be read"):
        backup.restore(elsewhere, tmp_path)
    file = folder / manifest["file"]
    file.write_bytes(kept[file.name][:-1] + b"\xff")
    with pytest.raises(Misconfigured, match="its SHA-256 does not match"):
        backup.restore(elsewhere, folder)
    assert [each for each in tmp_path.iterdir() if each.name not in ("backup",)] == []
    (folder / "manifest.json").write_text(json.dumps(manifest | {"sha256": backup._digest(file)}))
    if engine == "postgresql":  # cut off: it stands in one transaction, so nothing of it is there
        file.write_bytes(kept[file.name][: len(kept[file.name]) // 2])
        (folder / "manifest.json").write_text(json.dumps(manifest | {"sha256": backup._digest(file)}))
        with pytest.raises(Unavailable, match="pg_restore failed"):
            backup.restore(elsewhere, folder)
        with writing(elsewhere) as connection:
            assert inspect(connection).get_table_names() == []


def test_what_cannot_be_backed_up_is_told(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if engine == "postgresql":
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(Misconfigured, match="pg_dump is not on the PATH: install"):
            backup.back_up("postgresql://desk:hush@127.0.0.1:1/desk", tmp_path / "backup", AT)
    else:
        file = tmp_path / "damaged.db"
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE a (b)")
            connection.executemany("INSERT INTO a VALUES (?)", [("x" * 500,)] * 100)
            connection.commit()
        whole = bytearray(file.read_bytes())
        whole[4096 * 3 : 4096 * 3 + 200] = b"\xff" * 200
        file.write_bytes(whole)
        with pytest.raises(Unavailable, match=r"damaged|cannot be backed up"):
            backup.back_up(f"sqlite:///{file}", tmp_path / "backup", AT)
        with pytest.raises(Unavailable, match="There is no database at"):
            backup.back_up(f"sqlite:///{tmp_path}/nothing.db", tmp_path / "backup", AT)
    assert not (tmp_path / "backup").exists()
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []
