"""A capture's file is a WARC for others too: warcio's own check finds nothing wrong with it."""

import gzip
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator

from factcheck.formats import warc
from factcheck.outbound.fetching import Fetcher
from factcheck.outbound.requests import Outbound
from factcheck.rules.addresses import Guard, networks
from tests.outlet_pages import OUTLETS
from tests.outlets import Page, serving, to
from tests.test_fetching import zipped

PACKED = (("Content-Encoding", "gzip"),)
CHUNKED = (("Transfer-Encoding", "chunked"),)


def test_the_check_of_warcio_finds_nothing_wrong(tmp_path: Path) -> None:
    """Of a page after a redirect, one that is packed, one in chunks and one with an error status."""
    story = OUTLETS[0]
    pages = {
        "/moved": to("/story", 301), "/story": Page(story.body, story.media_type),
        "/packed": Page(zipped(story.body), story.media_type, headers=PACKED),
        "/chunks": Page(b"8\r\n<p>text \r\n3\r\nand\r\n0\r\n\r\n", headers=CHUNKED), "/gone": Page(b"gone", status=410),
    }  # fmt: skip
    at = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
    fetcher = Fetcher(Outbound(Guard(networks("127.0.0.1/32"), http=True)), "https://desk.example", lambda: at)
    files = []
    with serving(pages) as site:
        for path in ("/moved", "/packed", "/chunks", "/gone"):
            files.append(tmp_path / f"{path[1:]}.warc.gz")
            files[-1].write_bytes(warc.written(fetcher.fetch(site.url(path)).exchanges, "factcheck"))
    sound = warcio_check(*files)
    assert (sound.returncode, sound.stdout.count("digest pass")) == (0, sum(records(each) for each in files)), (
        sound.stdout
    )
    damaged = tmp_path / "damaged.warc"
    damaged.write_bytes(gzip.decompress(files[0].read_bytes()).replace(b"eleven weeks", b"twelve weeks"))
    refused = warcio_check(damaged)
    assert (refused.returncode, "digest failed" in refused.stdout) == (1, True), refused.stdout


def warcio_check(*files: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "warcio.cli", "check", "-v", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def records(file: Path) -> int:
    with file.open("rb") as stream:
        return sum(1 for _ in ArchiveIterator(stream))
