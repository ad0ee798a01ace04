"""A capture's file is a WARC for others too: warcio's check finds nothing wrong with it, and pywb replays its pages."""

import gzip
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from warcio.archiveiterator import ArchiveIterator

from factcheck.formats import warc
from factcheck.outbound.fetching import Fetcher
from factcheck.outbound.requests import Outbound
from factcheck.rules.addresses import Guard, networks
from tests.needs import PYWB, needs
from tests.outlet_pages import OUTLETS
from tests.outlets import Page, serving, to
from tests.test_cli import free_port
from tests.test_fetching import zipped
from tests.test_turns import until

PACKED = (("Content-Encoding", "gzip"),)
CHUNKED = (("Transfer-Encoding", "chunked"),)


STORY = OUTLETS[0]
PAGES = {
    "/moved": to("/story", 301), "/story": Page(STORY.body, STORY.media_type),
    "/packed": Page(zipped(STORY.body), STORY.media_type, headers=PACKED),
    "/chunks": Page(b"8\r\n<p>text \r\n3\r\nand\r\n0\r\n\r\n", headers=CHUNKED), "/gone": Page(b"gone", status=410),
}  # fmt: skip
AT = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@pytest.fixture
def captured(tmp_path: Path) -> Mapping[str, Path]:
    """The files of a page after a redirect, one that is packed, one in chunks and one with an error, by their URLs.

    The site is gone.
    """
    fetcher = Fetcher(Outbound(Guard(networks("127.0.0.1/32"), http=True)), "https://desk.example", lambda: AT)
    files = {}
    with serving(PAGES) as site:
        for path in ("/moved", "/packed", "/chunks", "/gone"):
            file = files[site.url(path)] = tmp_path / f"{path[1:]}.warc.gz"
            file.write_bytes(warc.written(fetcher.fetch(site.url(path)).exchanges, "factcheck"))
    return files


def test_the_check_of_warcio_finds_nothing_wrong(captured: Mapping[str, Path], tmp_path: Path) -> None:
    files = list(captured.values())
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


@needs("pywb")
def test_pywb_replays_pages_after_the_site_is_gone(captured: Mapping[str, Path], tmp_path: Path) -> None:
    """Byte for byte as they were sent to the desk (`id_`), with their statuses, and where the redirect leads."""
    story, part = (200, STORY.body), (200, b"<p>text and")
    shown = {"/story": story, "/packed": story, "/chunks": part, "/gone": (410, b"gone"), "/moved": (301, None)}
    site = next(iter(captured)).removesuffix("/moved")
    with replaying(tmp_path / "collections", captured.values()) as replayed:
        for path, (status, body) in shown.items():
            answer = requests.get(f"{replayed}{site}{path}", timeout=60, allow_redirects=False)
            assert answer.status_code == status, (path, answer.text)
            assert body is None or answer.content == body, path
        assert answer.headers["Location"] == "/story"
        assert requests.get(f"{replayed}{site}/never", timeout=60).status_code == 404


@contextmanager
def replaying(folder: Path, files: Iterable[Path]) -> Iterator[str]:
    """Start pywb with a collection of these files, and yield what comes before the URL of a page as it was sent."""
    folder.mkdir()
    manager = [PYWB / "bin" / "wb-manager"]
    for words in (["init", "desk"], ["add", "desk", *files]):
        subprocess.run([*manager, *words], cwd=folder, check=True, capture_output=True, timeout=120)
    port = free_port()
    server = [PYWB / "bin" / "wayback", "-b", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(server, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: reached(port), seconds=120)
            yield f"http://127.0.0.1:{port}/desk/{AT:%Y%m%d%H%M%S}id_/"
        finally:
            process.terminate()


def reached(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
