"""The archive of captures: files named by their hash, whole or not there, and WARC that others read."""

import hashlib
import io
import os
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from factcheck.errors import Unavailable
from factcheck.formats import warc
from factcheck.rules.web.fetches import Exchange
from factcheck.storage.archive import folders as archives
from factcheck.storage.archive.folders import FolderArchive

AT = datetime(2026, 11, 29, 12, 0, 0, 5, tzinfo=UTC)
REQUEST = b"GET /a HTTP/1.1\r\nHost: news.example\r\n\r\n"


def exchange(body: bytes, head: bytes = b"HTTP/1.1 200 OK\r\nX-Odd:  spaces \r\nx-odd: twice\r\n\r\n") -> Exchange:
    return Exchange("http://news.example/a", "93.184.215.14", AT, REQUEST, head + body, 200, (), body)


def test_a_capture_is_a_warc_that_a_public_reader_checks(tmp_path: Path) -> None:
    exchanges = [
        exchange(b"", b"HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n"),
        exchange(b"<p>Z\xc3\xbcrich\r\n\r\n</p>"),
    ]
    written = warc.written(exchanges, "factcheck/1")
    records = [
        (record.rec_type, record.rec_headers, record.raw_stream.read())
        for record in ArchiveIterator(io.BytesIO(written), no_record_parse=True)
    ]
    assert [kind for kind, _, _ in records] == ["warcinfo", "response", "request", "response", "request"]
    _, fields, block = records[3]
    assert block == exchanges[1].response  # to the byte
    assert fields.get_header("WARC-Target-URI") == "http://news.example/a"
    assert fields.get_header("WARC-Date") == "2026-11-29T12:00:00.000005Z"
    assert records[4][1].get_header("WARC-Concurrent-To") == fields.get_header("WARC-Record-ID")
    assert records[4][2] == REQUEST
    assert fields.get_header("WARC-Block-Digest") == "sha256:" + hashlib.sha256(block).hexdigest()
    file = tmp_path / "capture.warc.gz"
    file.write_bytes(written)
    command = [sys.executable, "-W", "ignore", "-m", "warcio.cli", "check", "-v", str(file)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert checked.stdout.count("digest pass") == 5


def test_a_file_is_named_by_its_hash_and_is_its_owners_alone(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path / "archive")
    sha256 = archive.keep(b"a capture")
    assert sha256 == hashlib.sha256(b"a capture").hexdigest()
    path = archive.path(sha256)
    assert path == tmp_path / "archive" / sha256[:2] / f"{sha256}.warc.gz"
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent, archive.folder)] == [0o600, 0o700, 0o700]
    assert (archive.read(sha256), archive.fault(sha256)) == (b"a capture", None)
    assert archive.keep(b"a capture") == sha256
    assert list(path.parent.iterdir()) == [path]
    path.write_bytes(b"a forgery")
    assert archive.fault(sha256) == "Its file in the archive has another SHA-256."
    archive.discard(sha256)
    archive.discard(sha256)
    assert (archive.read(sha256), archive.fault(sha256)) == (None, "Its file is not in the archive.")


@pytest.mark.parametrize("step", ["fsync", "write", "rename"])
def test_a_file_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    archive = FolderArchive(tmp_path / "archive")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if step == "fsync":
        monkeypatch.setattr(archives.os, "fsync", full)
    elif step == "rename":
        monkeypatch.setattr(Path, "rename", full)
    else:
        monkeypatch.setattr(archives, "make_folder", full)
    with pytest.raises(Unavailable, match="No space left on device"):
        archive.keep(b"a capture")
    assert [each for each in archive.folder.rglob("*") if each.is_file()] == []
    monkeypatch.undo()
    assert archive.keep(b"a capture")


def test_what_no_row_names_is_left_over_after_an_hour(tmp_path: Path) -> None:
    archive = FolderArchive(tmp_path / "archive")
    known, lost = archive.keep(b"known"), archive.keep(b"lost")
    partial = archive.path(lost).with_name("1-2-3.partial")
    partial.write_bytes(b"half")
    (archive.path(lost).parent / "notes.txt").write_text("somebody's own")
    assert list(archive.abandoned({known}, time.time())) == []
    for path in archive.folder.rglob("*"):
        if path.is_file():
            os.utime(path, (1000, 1000))
    left = {str(each.relative_to(archive.folder)) for each in (archive.path(lost), partial)}
    assert set(archive.abandoned({known}, time.time())) == left
