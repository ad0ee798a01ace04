"""Files that hold the desk's data are their owner's alone, whatever the umask is."""

import os
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from factcheck.followers.publisher import Publisher
from factcheck.log import keys
from factcheck.log.vouching.witnesses import WitnessDesk
from factcheck.settings import Settings
from factcheck.storage import backup, private, schema
from factcheck.storage.engine.advisory_locks import AdvisoryLock
from factcheck.storage.engine.database import Database
from factcheck.storage.engine.sole import sole
from factcheck.storage.engine.usage import be_the_only_server
from tests import postgres
from tests.serving import Served
from tests.test_cli import Shell

AT = "2026-01-01T00:00:00.000000Z"


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    """Return the modes of all that is in a folder, by their paths in it."""
    return {
        str(path.relative_to(folder)): f"{stat.S_IMODE(path.stat().st_mode):o}" for path in sorted(folder.rglob("*"))
    }


@pytest.mark.usefixtures("open_umask")
def test_all_that_a_desk_makes_is_its_owners_alone(tmp_path: Path) -> None:
    desk = tmp_path / "desk"
    desk.mkdir(0o700)
    url = f"sqlite:///{desk}/factcheck.db"
    Settings.from_environment({"FACTCHECK_DATABASE_URL": url})
    schema.upgrade(url)
    be_the_only_server(url)
    with closing(Database(url)) as database, sole(database, AdvisoryLock.WEBHOOKS):
        with database.writing() as session:
            session.execute(text("UPDATE upkeep SET version = 0"))
        publisher = Publisher(database, desk / "below" / "log")
        publisher.publish()
        keys.make(desk / "below" / "log" / "key-2")
        backup.back_up(url, desk / "backups" / "2026" / "desk", AT)
        backup.restore(f"sqlite:///{desk}/restored.db", desk / "backups" / "2026" / "desk")
        found = modes(desk)
    assert {"factcheck.db-wal", "factcheck.db-shm", "factcheck.secret", "factcheck.use.lock"} <= found.keys()
    assert {"factcheck.serve.lock", "factcheck.line.lock", "factcheck.webhooks.lock", "restored.db"} <= found.keys()
    folders = {"below", "below/log", "backups", "backups/2026", "backups/2026/desk"}
    assert found == {path: "700" if path in folders else "600" for path in found}


@pytest.mark.usefixtures("open_umask")
def test_what_a_witness_keeps_is_its_owners_alone(tmp_path: Path) -> None:
    place = tmp_path / "watch" / "witness"
    private.make_folder(place)
    keys.make(place / "key")
    desk = WitnessDesk(keys.load(place / "key", "witness.example"), [], place / "known.json")
    with desk._held() as known:
        desk._write({**known, "log.example": (0, "x")})
    assert modes(tmp_path) == {
        "watch": "700", "watch/witness": "700", "watch/witness/key": "600", "watch/witness/known.json": "600",
        "watch/witness/known.lock": "600",
    }  # fmt: skip


@pytest.mark.usefixtures("open_umask")
def test_a_dump_of_a_server_is_its_owners_alone(
    migrated_url: str, engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{postgres.programs()}{os.pathsep}{os.environ['PATH']}")
    manifest, _ = backup.back_up(migrated_url, tmp_path / "backup", AT)
    assert modes(tmp_path) == {"backup": "700", f"backup/{manifest['file']}": "600", "backup/manifest.json": "600"}


def test_files_that_others_can_read_are_told_and_mended(tmp_path: Path) -> None:
    shell = Shell(tmp_path, {})
    shell.done("seed")
    shell.done("log", "checkpoint")
    log = tmp_path / "factcheck.log"
    assert shell.json("doctor")["faults"] == []
    shell.database.chmod(0o644)
    log.chmod(0o750)
    (log / "key-1").chmod(0o604)
    (tmp_path / "factcheck.secret").chmod(0o640)
    (tmp_path / "unconcerned").touch(0o644)
    ill = shell.run("doctor")
    assert ill.returncode == 1
    for path, mode in ((shell.database, 644), (log, 750), (log / "key-1", 604), (tmp_path / "factcheck.secret", 640)):
        assert f"{path}: Other users of this machine can access it: its mode is {mode}." in ill.stdout
    assert "4 faults" in ill.stdout
    assert shell.done("doctor", "--mend").count(" Fixed.") == 4
    # The engine makes its files as it likes, in a folder that nobody else can enter.
    found = {name: mode for name, mode in modes(tmp_path).items() if not name.startswith("factcheck.index/")}
    assert [found.pop(name) for name in ("unconcerned", "factcheck.log", "factcheck.index")] == ["644", "700", "700"]
    assert set(found.values()) == {"600"}
    assert shell.json("doctor")["faults"] == []


@pytest.mark.slow
def test_a_server_tells_of_files_that_others_can_read(tmp_path: Path) -> None:
    (tmp_path / "served.db").touch(0o644)
    (tmp_path / "served.db").chmod(0o644)
    served = Served(tmp_path)
    try:
        served.wait()
        told = served.log.read_text(encoding="utf-8")
    finally:
        served.stop()
    assert f"can access {tmp_path}/served.db: run `factcheck doctor --mend`." in told
