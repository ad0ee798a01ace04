"""Pages are fetched from public addresses alone, with limits on size, time, inflation and redirects."""

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from factcheck.outbound import fetching
from factcheck.outbound.fetching import Fetcher, in_ascii
from factcheck.outbound.requests import Outbound, guard_of_pages
from factcheck.rules.addresses import AddressRefused, Guard, networks
from factcheck.rules.web.fetches import Failure, Fetched
from factcheck.settings import Settings
from tests.outlets import HTML, Page, bomb, dripping, endless, serving, to
from tests.test_addresses import DISGUISED, Network

LOOPBACK = Guard(networks("127.0.0.1/32"), http=True)
AT = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def fetch(url: str, *, seconds: float = 10, guard: Guard = LOOPBACK, **sockets: Any) -> Fetched:
    outbound = Outbound(guard, **sockets)
    return Fetcher(outbound, "https://desk.example", lambda: AT, seconds).fetch(url)


def test_a_page_is_kept_as_it_was_sent() -> None:
    body = "<p>Zürich</p>".encode()
    with serving({"/a?b=%C3%BC": Page(body, headers=(("X-One", "1"),))}) as site:
        found = fetch(site.url("/a?b=ü#part"))
        [(path, headers)] = site.requests
    assert (found.failure, found.detail, len(found.exchanges)) == (None, None, 1)
    last = found.exchanges[0]
    assert (last.status, last.body, last.media_type, last.header("X-One".lower())) == (200, body, "text/html", "1")
    assert (last.ip, last.at, last.url) == ("127.0.0.1", AT, site.url("/a?b=%C3%BC"))
    assert path == "/a?b=%C3%BC"
    assert headers["User-Agent"].endswith(" (+https://desk.example)")
    assert headers["Host"] == f"127.0.0.1:{site.port}"
    assert last.request.startswith(b"GET /a?b=%C3%BC HTTP/1.1\r\nHost: 127.0.0.1:")
    assert last.response.startswith(b"HTTP/1.0 200 OK\r\n")
    assert last.response.endswith(b"\r\n\r\n" + body)


@pytest.mark.parametrize("host", DISGUISED)
def test_no_packet_goes_to_a_private_address(host: str) -> None:
    network = Network(["93.184.215.14"])
    guard = guard_of_pages(Settings(secret_key="sixteen letters!", database_url="sqlite:///x.db"))
    for url in (f"http://{host}/", f"https://{host}:8443/a"):
        found = fetch(url, guard=guard, resolve=network.resolve, connect=network.connect)
        assert found.failure == Failure.REFUSED_ADDRESS
        assert found.detail
        assert found.exchanges == ()
    assert network.connected == []


@contextmanager
def listening() -> Iterator[socket.socket]:
    """Listen at every address of this machine. Nobody accepts: who connects is in the queue."""
    dual = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if dual else socket.AF_INET
    with socket.create_server(("", 0), family=family, dualstack_ipv6=dual) as server:
        server.setblocking(False)
        yield server


def arrived(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def test_nobody_connects_to_a_socket_of_this_machine() -> None:
    """With the real resolver and connections, by each notation and by redirects. The control is an allowed address."""
    guard = guard_of_pages(Settings(secret_key="sixteen letters!", database_url="sqlite:///x.db"))
    with listening() as server:
        port = server.getsockname()[1]
        for host in DISGUISED:
            assert fetch(f"http://{host}:{port}/", guard=guard).failure == Failure.REFUSED_ADDRESS, host
        pages = {
            f"/{n}": to(f"http://{host}:{port}/") for n, host in enumerate(("127.0.0.2", "[::1]", "0", "10.0.0.1"))
        }
        with serving(pages) as site:
            for path in pages:
                found = fetch(site.url(path), guard=Guard(networks("127.0.0.1/32"), http=True))
                assert (found.failure, len(found.exchanges)) == (Failure.REFUSED_ADDRESS, 1), path
        assert not arrived(server)
        assert fetch(f"http://127.0.0.1:{port}/", seconds=0.2).failure == Failure.TIMEOUT
        assert arrived(server)


def test_a_name_is_judged_again_at_each_redirect() -> None:
    """The name means the site at first, and a private address when the redirect to the same name is followed."""
    with serving({"/": to("/further"), "/further": Page(b"<p>secret</p>")}) as site:
        network = Network(["127.0.0.1"], ["10.0.0.1"])
        url = f"http://news.example:{site.port}/"
        found = fetch(url, resolve=network.resolve)
        [(path, headers)] = site.requests
    assert (found.failure, [each.status for each in found.exchanges]) == (Failure.REFUSED_ADDRESS, [302])
    assert (path, headers["Host"]) == ("/", f"news.example:{site.port}")
    assert len(network.resolved) == 2


@contextmanager
def saying(first: bytes, again: bytes = b"", pause: float = 0.0) -> Iterator[str]:
    """Serve one client: some bytes, then others without an end. Yields the URL."""

    def say() -> None:
        with suppress(OSError):
            connected, _ = server.accept()
            with connected:
                connected.sendall(first)
                while again:
                    connected.sendall(again)
                    time.sleep(pause)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=say, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join(10)
        assert not thread.is_alive()


@pytest.mark.parametrize(("first", "again", "pause", "failure"), [
    (b"HTTP/1.1 200 OK\r\n", b"X: a\r\n" * 1000, 0, Failure.INCOMPLETE),
    (b"HTTP/1.1 200 OK\r\nX: ", b"a" * 6000, 0, Failure.INCOMPLETE),
    (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, 0, Failure.TOO_LARGE),
    (b"HTTP/1.1 200 OK\r\n\r\n", b"<p>more</p>" * 1000, 0, Failure.TOO_LARGE),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 1000, 0, Failure.TOO_LARGE),
    (b"HTTP/1.1 200 OK\r\nX: ", b"a", 0.01, Failure.TIMEOUT), (b"", b"H", 0.01, Failure.TIMEOUT),
    (b"SSH-2.0-OpenSSH_9.9\r\n", b"", 0, Failure.INCOMPLETE),
], ids=["fields", "field", "interim", "body", "chunks", "slow-field", "slow-status", "other-protocol"])  # fmt: skip
def test_a_response_without_an_end_is_left(
    first: bytes, again: bytes, pause: float, failure: Failure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "LARGEST", 200_000)
    with saying(first, again, pause) as url:
        found = fetch(url, seconds=0.5 if failure is Failure.TIMEOUT else 10)
    assert (found.failure, found.exchanges) == (failure, ())


@pytest.mark.parametrize("url", [
    "http://\u2460\u2461\u2466.0.0.1/", "http://127\u30020\u30020\u30021/", "http://user@example.org/",
    "http://us\u00e9r@ex\u00e4mple.org/", "file:///etc/passwd", "ftp://example.org/", "http://example.org:25/",
    "gopher://example.org/", "data:text/html,a", "//example.org", "http://", "http://[::1",
])  # fmt: skip
def test_what_is_no_address_of_a_page_is_refused(url: str) -> None:
    network = Network(["93.184.215.14"])
    found = fetch(url, guard=Guard(http=True), resolve=network.resolve, connect=network.connect)
    assert (found.failure, found.exchanges) == (Failure.REFUSED_ADDRESS, ())
    assert network.connected == []


@pytest.mark.parametrize("addresses", [["93.184.215.14", "10.0.0.1"], ["127.0.0.1"], ["64:ff9b::a9fe:a9fe"], []])
def test_a_name_that_means_a_private_address_is_refused(addresses: list[str]) -> None:
    network = Network(addresses)
    found = fetch("http://news.example/", guard=Guard(http=True), resolve=network.resolve, connect=network.connect)
    assert found.failure == Failure.REFUSED_ADDRESS
    assert (len(network.resolved), network.connected) == (1, [])


def test_a_name_is_resolved_once_and_only_that_address_is_connected_to() -> None:
    network = Network(["93.184.215.14"], ["127.0.0.1"])
    found = fetch("http://news.example/", guard=Guard(http=True), resolve=network.resolve, connect=network.connect)
    assert found.failure == Failure.UNREACHABLE
    assert network.connected == [("93.184.215.14", 80)]
    assert len(network.resolved) == 1


@pytest.mark.parametrize("there", [
    "http://169.254.169.254/latest", "http://[::1]/", "http://2130706433/", "file:///etc/passwd", "//10.0.0.1/a",
    "http://127.0.0.2/",
])  # fmt: skip
def test_a_redirect_to_elsewhere_is_judged_again(there: str) -> None:
    with serving({"/": to(there)}) as site:
        found = fetch(site.url("/"))
    assert found.failure == Failure.REFUSED_ADDRESS
    assert [each.status for each in found.exchanges] == [302]


def test_a_page_may_lead_on_five_times() -> None:
    pages = {f"/{n}": to(f"/{n + 1}", (301, 302, 303, 307, 308)[n % 5]) for n in range(20)}
    pages["/5"] = Page(b"<p>here</p>")
    with serving(pages) as site:
        found = fetch(site.url("/0"))
        assert (found.failure, len(found.exchanges)) == (None, 6)
        assert found.exchanges[-1].url == site.url("/5")
        site.pages = {**pages, "/5": to("/6"), "/loop": to("/loop")}
        for path in ("/0", "/loop"):
            found = fetch(site.url(path))
            assert (found.failure, len(found.exchanges)) == (Failure.TOO_MANY_REDIRECTS, 6)


def test_a_redirect_may_be_written_with_letters() -> None:
    with serving({"/": to("/\u00fcber".encode().decode("latin-1")), "/%C3%BCber": Page(b"here")}) as site:
        found = fetch(site.url("/"))
    assert (found.failure, found.exchanges[-1].body) == (None, b"here")


@pytest.mark.parametrize("status", [204, 304, 401, 403, 404, 410, 429, 500, 503])
def test_an_error_status_is_the_reason_and_its_page_is_kept(status: int) -> None:
    body = b"" if status in (204, 304) else b"gone"
    with serving({"/": Page(body, status=status)}) as site:
        found = fetch(site.url("/"))
    assert (found.failure, found.exchanges[0].body) == (f"http_{status}", body)


def test_too_much_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "LARGEST", 2_000_000)
    pages = {
        "/endless": Page(say=endless),
        "/said": Page(say=endless, headers=(("Content-Length", "10000000000"),)),
        "/large": Page(b"a" * 2_000_001),
        "/bomb": bomb(64 * 2**20),
        "/bombs": Page(zipped(bomb(256 * 2**20).body), headers=(("Content-Encoding", "gzip, gzip"),)),
    }
    with serving(pages) as site:
        for path in pages:
            found = fetch(site.url(path))
            assert (found.failure, found.exchanges) == (Failure.TOO_LARGE, ()), path
        assert site.sent < 40_000_000
        site.pages = {"/": Page(b"a" * 2_000_000)}
        assert fetch(site.url("/")).failure is None


def test_a_slow_page_is_left_in_time() -> None:
    with serving({"/": Page(say=dripping), "/to": to("/")}) as site:
        for path in ("/", "/to"):
            began = time.monotonic()
            assert fetch(site.url(path), seconds=0.5).failure == Failure.TIMEOUT
            assert time.monotonic() - began < 5


def test_a_response_that_ends_early_is_no_page() -> None:
    pages = {"/short": Page(b"a", headers=(("Content-Length", "9"),), say=lambda _: None)}
    pages["/chunks"] = Page(b"9\r\naaa", headers=(("Transfer-Encoding", "chunked"),))
    with serving(pages) as site:
        assert fetch(site.url("/short")).failure == Failure.INCOMPLETE
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    assert fetch(f"http://127.0.0.1:{port}/").failure == Failure.UNREACHABLE


def _plain_deflate(data: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-15)
    return packing.compress(data) + packing.flush()


def zipped(data: bytes) -> bytes:
    """Compress without the time: all processes of a test run must see tests of the same names."""
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize(("coding", "packed"), [
    ("gzip", zipped(b"page")), ("x-gzip", zipped(b"pa") + zipped(b"ge")),
    ("deflate", zlib.compress(b"page")), ("deflate", _plain_deflate(b"page")), ("identity", b"page"),
    ("gzip, gzip", zipped(zipped(b"page"))),
])  # fmt: skip
def test_a_page_is_inflated(coding: str, packed: bytes) -> None:
    with serving({"/": Page(packed, headers=(("Content-Encoding", coding),))}) as site:
        found = fetch(site.url("/"))
    assert (found.failure, found.exchanges[0].body) == (None, b"page")
    assert found.exchanges[0].response.endswith(packed)


@pytest.mark.parametrize(("coding", "packed"), [
    ("gzip", b"page"), ("gzip", zipped(b"page")[:-9]), ("br", b"page"), ("gzip,gzip,gzip", b""),
])  # fmt: skip
def test_what_cannot_be_inflated_is_no_page(coding: str, packed: bytes) -> None:
    with serving({"/": Page(packed, HTML, headers=(("Content-Encoding", coding),))}) as site:
        found = fetch(site.url("/"))
    assert (found.failure, found.exchanges) == (Failure.DAMAGED, ())


def test_an_address_is_written_in_ascii() -> None:
    assert in_ascii(" http://b\u00fccher.example:8080/a b/\u00e9?q=\u00e9&x=%41#f ") == (
        "http://xn--bcher-kva.example:8080/a%20b/%C3%A9?q=%C3%A9&x=%41"
    )
    assert in_ascii("https://example.org") == "https://example.org"
    with pytest.raises(AddressRefused):
        in_ascii("http://us\u00e9r:x@b\u00fccher.example/")
