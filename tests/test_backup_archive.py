"""A backup has the files of captures, and a restore brings them back; what is missing or changed is named."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from factcheck.errors import Unavailable
from factcheck.settings import Settings
from factcheck.storage import backup
from factcheck.storage.archive import folders as archives
from factcheck.storage.archive.folders import FolderArchive
from factcheck.storage.engine.database import Database
from tests.conftest import Copies
from tests.desk import SECRET, Desk
from tests.outlet_pages import OUTLETS
from tests.test_backup import AT, elsewhere, programs  # noqa: F401 - fixtures
from tests.test_cli import Shell

Json = dict[str, Any]


@pytest.fixture
def archive(tmp_path: Path) -> FolderArchive:
    return FolderArchive(tmp_path / "archive")


@pytest.fixture
def captured(migrated_url: str, archive: FolderArchive) -> Iterator[list[str]]:
    """Three captures of pages that were handed over: the names of their files."""
    settings = Settings(database_url=migrated_url, secret_key=SECRET, archive=str(archive.folder))
    with closing(Desk(settings)) as desk:
        yield [
            desk.made("/v1/captures", {"url": f"https://paper.example/{at}", "html": each.html}, by="contributor")[
                "warc_sha256"
            ]
            for at, each in enumerate(OUTLETS[:3])
        ]


def shell(tmp_path: Path, url: str, archive: Path) -> Shell:
    return Shell(tmp_path, {"database_url": url, "secret_key": SECRET, "archive": str(archive)})


@pytest.mark.usefixtures("programs")
def test_captures_come_back_with_their_files(
    migrated_url: str,
    elsewhere: str,  # noqa: F811
    archive: FolderArchive,
    captured: list[str],
    tmp_path: Path,
) -> None:
    left_over = archive.keep(b"a file that no capture names")
    folder, there = tmp_path / "backup", FolderArchive(tmp_path / "there")
    told = shell(tmp_path, migrated_url, archive.folder).json("backup", str(folder))
    size = sum(archive.path(each).stat().st_size for each in captured)
    assert (told["archive"], told["faults"]) == ({"files": 3, "bytes": size}, [])
    assert json.loads((folder / "manifest.json").read_text())["archive"] == told["archive"]
    assert sorted(FolderArchive(folder / "archive").names()) == sorted(captured)
    assert left_over not in captured
    assert (folder / "archive").stat().st_mode & 0o077 == 0
    at_the_other = shell(tmp_path, elsewhere, there.folder)
    at_the_other.done("restore", str(folder))
    assert {each: there.read(each) for each in captured} == {each: archive.read(each) for each in captured}
    assert at_the_other.json("doctor")["faults"] == []
    assert at_the_other.json("log", "verify")["faults"] == []


@pytest.mark.usefixtures("programs")
def test_what_is_missing_or_changed_is_named(
    migrated_url: str,
    elsewhere: str,  # noqa: F811
    archive: FolderArchive,
    captured: list[str],
    tmp_path: Path,
) -> None:
    folder, there = tmp_path / "backup", FolderArchive(tmp_path / "there")
    archive.path(captured[0]).unlink()
    archive.path(captured[1]).write_bytes(b"another page")
    manifest, damages = backup.back_up(migrated_url, folder, AT, archive)
    wrong = ["Its file is not in the archive.", "Its file in the archive has another SHA-256."]
    assert [each.detail for each in damages] == wrong
    assert all(each.place.startswith("capture ") for each in damages)
    assert manifest["archive"]["files"] == 1
    FolderArchive(folder / "archive").path(captured[2]).write_bytes(b"changed in the backup")
    _, damages = backup.restore(elsewhere, folder, there)
    assert [(each.place, each.detail) for each in damages] == [(f"backup, file {captured[2]}", wrong[1])]
    assert list(there.names()) == []
    doctor = shell(tmp_path, elsewhere, there.folder).run("doctor", "--json")
    faults = json.loads(doctor.stdout)["faults"]
    assert [each["detail"] for each in faults] == [wrong[0]] * 3
    assert doctor.returncode == 1


@pytest.mark.usefixtures("programs")
def test_files_that_the_backup_lost_are_counted(
    migrated_url: str,
    elsewhere: str,  # noqa: F811
    archive: FolderArchive,
    captured: list[str],
    tmp_path: Path,
) -> None:
    folder = tmp_path / "backup"
    backup.back_up(migrated_url, folder, AT, archive)
    FolderArchive(folder / "archive").path(captured[0]).unlink()
    _, damages = backup.restore(elsewhere, folder, archive)
    assert [each.detail for each in damages] == ["It lacks 1 of the files that it had."]
    assert [archive.fault(each) for each in captured] == [None] * 3  # the desk's own stay


@pytest.mark.usefixtures("programs")
@pytest.mark.usefixtures("programs")
@pytest.mark.parametrize(("lost", "files"), [("id", 3), ("warc_sha256", 0)])
def test_columns_of_captures_that_are_lost_are_named(
    migrated_url: str, archive: FolderArchive, captured: list[str], tmp_path: Path, lost: str, files: int
) -> None:
    with closing(Database(migrated_url)) as database, database.writing() as session:
        session.execute(text(f"ALTER TABLE captures RENAME COLUMN {lost} TO gone"))
    answer = shell(tmp_path, migrated_url, archive.folder).run("backup", str(tmp_path / "backup"), "--json")
    assert (answer.returncode, "Traceback" in answer.stderr) == (1, False)
    told = json.loads(answer.stdout)
    assert any(f"captures.{lost}" in str(each) for each in told["faults"])
    assert told["archive"]["files"] == files


@pytest.mark.usefixtures("programs")
def test_without_the_archive(migrated_url: str, archive: FolderArchive, captured: list[str], tmp_path: Path) -> None:
    here = shell(tmp_path, migrated_url, archive.folder)
    assert here.json("backup", str(tmp_path / "alone"), "--without-archive")["archive"] is None
    assert not (tmp_path / "alone" / "archive").exists()
    gone = shell(tmp_path, migrated_url, tmp_path / "nowhere").run("backup", str(tmp_path / "gone"), "--json")
    [fault] = json.loads(gone.stdout)["faults"]
    assert (gone.returncode, fault["place"], "is not there" in fault["detail"]) == (1, "archive", True)
    assert len(captured) == 3


@pytest.mark.usefixtures("programs")
def test_a_restore_without_room_restores_nothing_and_can_be_repeated(
    migrated_url: str,
    elsewhere: str,  # noqa: F811
    archive: FolderArchive,
    captured: list[str],
    copies: Copies,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder, there = tmp_path / "backup", FolderArchive(tmp_path / "there")
    backup.back_up(migrated_url, folder, AT, archive)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archives.os, "fsync", full)
    with pytest.raises(Unavailable, match="No space left on device"):
        backup.restore(elsewhere, folder, there)
    monkeypatch.undo()
    assert [each for each in there.folder.rglob("*") if each.is_file()] == []
    _, damages = backup.restore(elsewhere, folder, there)
    assert (damages, sorted(there.names())) == ([], sorted(captured))
