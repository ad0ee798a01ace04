"""Who uses a database: what needs it alone is refused while anybody else has it, until they end, however they end."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from factcheck.errors import Clash, Unavailable
from factcheck.storage import backup, schema
from factcheck.storage.engine import database as storage
from factcheck.storage.engine.advisory_locks import AdvisoryLock
from factcheck.storage.engine.database import Database, writing_engine
from factcheck.storage.engine.sole import sole
from factcheck.storage.engine.usage import take_alone
from tests import postgres
from tests.conftest import Copies
from tests.desk import Desk
from tests.serving import Served

AT = "2026-01-01T00:00:00.000000Z"
USED = "A server or another command of factcheck uses this database"


def version(url: str) -> str | None:
    with closing(Database(url)) as database, database.reading() as connection:
        return schema.current(connection)


@contextmanager
def used(url: str) -> Iterator[None]:
    """Have a connection open, as every process of a desk does."""
    with closing(Database(url)) as database:
        with database.reading() as connection:
            connection.execute(text("SELECT 1"))
        yield


# ── Advisory locks ──────────────────────────────────────────────────────────────────────────────────────────────


def test_no_two_purposes_share_a_number() -> None:
    numbers = [lock.value for lock in AdvisoryLock]
    assert len(numbers) == len(AdvisoryLock.__members__) >= 4  # of two that are equal, one would only be an alias
    assert len(set(numbers)) == len(numbers)


def test_who_delivers_keeps_nobody_from_writing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "WAIT", 0.5)
    with sole(desk.database, AdvisoryLock.WEBHOOKS) as held:
        assert desk.source()["name"] == "Rally organizers"
        assert held()


def test_one_lock_is_held_beside_another(desk: Desk) -> None:
    with sole(desk.database, AdvisoryLock.WEBHOOKS), sole(desk.database, AdvisoryLock.MIGRATION) as held:
        with (
            pytest.raises(Clash, match=r"is already doing this \(webhooks\)"),
            sole(desk.database, AdvisoryLock.WEBHOOKS),
        ):
            pass
        assert held()


# ── Alone ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_downgrade_is_refused_while_anybody_is_connected(seeded_url: str) -> None:
    with used(seeded_url), pytest.raises(Clash, match=USED):
        schema.downgrade(seeded_url, "0008", lose=True)
    assert version(seeded_url) == schema.head()
    schema.downgrade(seeded_url, "0008", lose=True)
    assert version(seeded_url) == "0008"


def test_nobody_gets_in_while_a_downgrade_is_under_way(seeded_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = writing_engine(seeded_url)
    monkeypatch.setattr(storage, "WAIT", 0.2)
    try:
        with engine.connect() as connection:
            take_alone(connection)
            with closing(Database(seeded_url)) as database, pytest.raises(Unavailable), database.reading():
                pass
    finally:
        engine.dispose()
    assert version(seeded_url) == schema.head()


def test_a_restore_is_refused_while_anybody_is_connected(
    migrated_url: str, copies: Copies, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{postgres.programs()}{os.pathsep}{os.environ['PATH']}")
    backup.back_up(migrated_url, tmp_path / "backup", AT)
    url = copies.empty()
    with used(url):
        if engine == "sqlite":
            Path(url.removeprefix("sqlite:///")).unlink()  # and who has it open goes on writing into nothing
        with pytest.raises(Clash, match=USED):
            backup.restore(url, tmp_path / "backup")
    backup.restore(url, tmp_path / "backup")
    assert version(url) == schema.head()
    copies.forget(url)


@pytest.mark.slow
def test_a_server_keeps_others_out_until_it_is_gone(seeded_url: str, engine: str, tmp_path: Path) -> None:
    """Killed without a word, too."""
    served = Served(tmp_path, seeded_url)
    try:
        served.wait()
        backed_up = served.command("backup", "backup")
        assert backed_up.returncode == 0, backed_up.stderr
        for words in (("db", "downgrade", "0008"), ("restore", "backup")):
            refused = served.command(*words)
            assert (refused.returncode, refused.stdout) == (1, b"")
            assert USED.encode() in refused.stderr
        if engine == "sqlite":
            second = served.command("serve", "--port", "1")
            assert second.returncode == 1
            assert b"Another `factcheck serve` or `factcheck demo` already serves" in second.stderr
            assert b".db: stop it first." in second.stderr
        assert served.sources() > 0  # it was not disturbed
        served.kill()
        done = served.command("db", "downgrade", "0008", "--lose-data")
        assert done.returncode == 0, done.stderr
        assert version(seeded_url) == "0008"
        if engine == "sqlite":
            served.start()
            served.wait()
    finally:
        served.stop()
