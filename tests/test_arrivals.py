"""Where a request comes from and what it was sent to: proxies, hosts, paths with two slashes, other sites."""

import io
import json
import re
import time
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from factcheck.rules.hosts import is_host
from factcheck.rules.web import forwarded
from factcheck.rules.web.forwarded import Element
from tests.desk import Desk

PROXY, INNER, OUTSIDE = "10.0.0.1", "10.0.0.2", "192.0.2.9"
PROXIES = "10.0.0.0/8,fd00::/8"


def told(desk: Desk, logged: io.StringIO, peer: str, **headers: str) -> str:
    """Return the client's address as the line of a refused request tells it."""
    before = len(logged.getvalue())
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = desk.get("/v1/me", by=None, headers=named, environ_overrides={"REMOTE_ADDR": peer})
    assert answer.status_code == 401
    line = json.loads(logged.getvalue()[before:].splitlines()[-1])
    address: str = line["address"]
    return address


ADDRESSES: list[tuple[str, dict[str, str], str]] = [
    # Nobody but a trusted proxy is believed.
    (OUTSIDE, {"X_Forwarded_For": "198.51.100.7"}, OUTSIDE),
    (OUTSIDE, {"Forwarded": "for=198.51.100.7"}, OUTSIDE),
    (OUTSIDE, {"X_Forwarded_For": "198.51.100.7, 10.0.0.2"}, OUTSIDE),
    # From right to left: what stands left of the first sender that is not trusted is what that sender says.
    (PROXY, {"X_Forwarded_For": "198.51.100.7"}, "198.51.100.7"),
    (PROXY, {"X_Forwarded_For": "203.0.113.5, 198.51.100.7"}, "198.51.100.7"),
    (PROXY, {"X_Forwarded_For": "203.0.113.5,198.51.100.7,10.0.0.2"}, "198.51.100.7"),
    (PROXY, {"X_Forwarded_For": "10.0.0.3, 10.0.0.2"}, "10.0.0.3"),
    (PROXY, {"X_Forwarded_For": "junk, 198.51.100.7"}, "198.51.100.7"),
    (PROXY, {"X_Forwarded_For": ",".join(["203.0.113.5"] * 5000) + ", 198.51.100.7"}, "198.51.100.7"),
    (PROXY, {"Forwarded": "for=203.0.113.5;proto=https, For=198.51.100.7;by=10.0.0.1"}, "198.51.100.7"),
    (PROXY, {"Forwarded": 'for=198.51.100.7, for="[fd00::2]:4711"'}, "198.51.100.7"),
    ("::ffff:10.0.0.1", {"X_Forwarded_For": "::ffff:198.51.100.7"}, "198.51.100.7"),
    ("fd00::1", {"Forwarded": 'for="[2001:DB8::17]:80"'}, "2001:db8::17"),
    (PROXY, {"X_Forwarded_For": "198.51.100.7:5123"}, "198.51.100.7"),
    (PROXY, {"X_Forwarded_For": "[2001:db8::17]:80"}, "2001:db8::17"),
    # Both, and they agree.
    (PROXY, {"Forwarded": "for=198.51.100.7", "X_Forwarded_For": "198.51.100.7"}, "198.51.100.7"),
    # What cannot be read counts as the proxy's own: the one that passed it on.
    (PROXY, {}, PROXY),
    (PROXY, {"X_Forwarded_For": "unknown"}, PROXY),
    (PROXY, {"X_Forwarded_For": ""}, PROXY),
    (PROXY, {"X_Forwarded_For": "198.51.100.7,"}, PROXY),
    (PROXY, {"X_Forwarded_For": "198.51.100.7 10.0.0.2"}, PROXY),
    (PROXY, {"X_Forwarded_For": "198.51.100.7, what, 10.0.0.2"}, INNER),
    (PROXY, {"X_Forwarded_For": "1.2.3.4.5"}, PROXY),
    (PROXY, {"X_Forwarded_For": "fe80::1%eth0"}, PROXY),
    (PROXY, {"Forwarded": "for=_hidden"}, PROXY),
    (PROXY, {"Forwarded": 'for="198.51.100.7'}, PROXY),
    (PROXY, {"Forwarded": "for=198.51.100.7;for=203.0.113.5"}, PROXY),
    (PROXY, {"Forwarded": "for 198.51.100.7"}, PROXY),
    (PROXY, {"Forwarded": "for=198.51.100.7, " * 2000}, PROXY),
    # A client adds the header that its proxy does not write: neither is believed.
    (PROXY, {"Forwarded": "for=203.0.113.5", "X_Forwarded_For": "198.51.100.7"}, PROXY),
    (PROXY, {"Forwarded": "junk", "X_Forwarded_For": "198.51.100.7"}, PROXY),
]


def test_the_clients_address(desk: Desk, logged: io.StringIO) -> None:
    behind = desk.with_settings(trusted_proxies=PROXIES)
    for peer, headers, address in ADDRESSES:
        assert told(behind, logged, peer, **headers) == address, (peer, headers)


def test_nobody_is_believed_unless_it_is_set(desk: Desk, logged: io.StringIO) -> None:
    assert told(desk, logged, PROXY, X_Forwarded_For="198.51.100.7", Forwarded="for=198.51.100.7") == PROXY


@given(st.text('fortp=;, \t"\\[]:.0129', max_size=60), st.booleans())
def test_any_header_is_read_or_refused(text: str, quoted: bool) -> None:
    header = f'for="{text}"' if quoted else text
    for elements in (forwarded.of_forwarded(header) or [], forwarded.of_x_forwarded_for(header)):
        assert len(elements) <= forwarded.MOST
        found = forwarded.sender(PROXY, elements, lambda address: address.startswith("10."))
        assert found.address is not None
        assert forwarded.address(found.address) == found.address


def test_long_headers_are_read_in_no_time() -> None:
    nasty = [
        '"' * 60_000,
        'for="' + "\\" * 4000,
        "a=b;" * 1000,
        " \t" * 2000,
        '\\"' * 2000,
        ", " * 30_000,
        "for=" * 1000,
    ]
    began = time.process_time()
    for header in nasty:
        forwarded.of_forwarded(header)
        forwarded.of_x_forwarded_for(header)
    assert time.process_time() - began < 0.2


def test_elements_are_told_last_first() -> None:
    header = 'for="_gazonk", For="[2001:db8:cafe::17]:4711";proto=https ; host="a.example:8080" ,, for=192.0.2.60'
    assert forwarded.of_forwarded(header) == [
        Element("192.0.2.60"),
        Element("2001:db8:cafe::17", "https", "a.example:8080"),
        Element(None),
    ]


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:aaaa::1", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:bbbb::2", "2001:db8:0:1::/64"),
        ("2001:db8:0:2::1", "2001:db8:0:2::/64"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_one_client_is_counted_as_one(address: str | None, counted: str) -> None:
    assert forwarded.counted_as(address) == counted


# ── The host and the scheme ─────────────────────────────────────────────────────────────────────────────────────


def named(desk: Desk, **options: object) -> str:
    """Return the address that the desk gives itself in an answer that names it in full."""
    claim = desk.get("/v1/claims?limit=1").json["items"][0]["id"]
    answer = desk.get(f"/v1/claims/{claim}/annotation", **options)
    assert answer.status_code == 200
    address: str = answer.json["generator"]["id"]
    return address.rstrip("/")


NO_HOSTS = [
    "",
    "a.example,a.example",
    "a.example, b.example",
    "a b",
    "a.example/x",
    "user@a.example",
    "a.example:x",
    "[::1",
    "a..example",
    "a.example:123456",
    "é.example",
    "a" * 301,
    "a.example\t",
    "<script>",
]


def test_a_host_that_is_none_is_refused(seeded: Desk) -> None:
    claim = seeded.get("/v1/claims?limit=1").json["items"][0]["links"]["self"]
    for host in NO_HOSTS:
        assert not is_host(host)
        for path in ("/", "/healthz", "/static/desk.css", claim, "/v1/claims", "/nothing"):
            answer = seeded.get(path, environ_overrides={"HTTP_HOST": host})
            assert (answer.status_code, answer.json["type"]) == (400, "/problems/unreadable"), (host, path)
            assert "Host" in answer.json["detail"]
            assert answer.json["request_id"] == answer.headers["X-Request-Id"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_oldest_clients_name_no_host(seeded: Desk) -> None:
    old = {"HTTP_HOST": "", "SERVER_PROTOCOL": "HTTP/1", "SERVER_NAME": "::1", "SERVER_PORT": "8000"}
    assert named(seeded, environ_overrides=old) == "http://[::1]:8000"
    doubled = seeded.get("/healthz", environ_overrides=old | {"HTTP_HOST": "a.example,b.example"})
    assert (doubled.status_code, doubled.json["type"]) == (400, "/problems/unreadable")


def test_links_lead_to_the_host_that_was_asked(seeded: Desk) -> None:
    assert named(seeded, headers={"Host": "Desk.example:8080"}) == "http://desk.example:8080"
    assert named(seeded.with_settings(base_url="https://desk.example"), headers={"Host": "evil.example"}) == (
        "https://desk.example"
    )
    behind = seeded.with_settings(trusted_proxies=PROXIES)
    for headers, address in (
        ({"X-Forwarded-For": OUTSIDE, "X-Forwarded-Proto": "https"}, "https://localhost"),
        ({"X-Forwarded-Proto": "http, https", "X-Forwarded-Host": "x, desk.example"}, "https://desk.example"),
        ({"Forwarded": f'for={OUTSIDE};proto=HTTPS;host="desk.example:8443"'}, "https://desk.example:8443"),
        ({"Forwarded": f"for={OUTSIDE}", "X-Forwarded-Proto": "https"}, "https://localhost"),
        ({"X-Forwarded-Proto": "javascript", "X-Forwarded-Host": "a/b"}, "http://localhost"),
        ({"Forwarded": "for=1.1.1.1;proto=https", "X-Forwarded-For": OUTSIDE, "X-Forwarded-Host": "e.example"},
         "http://localhost"),
    ):  # fmt: skip
        assert named(behind, headers=headers, environ_overrides={"REMOTE_ADDR": PROXY}) == address, headers
        assert named(behind, headers=headers, environ_overrides={"REMOTE_ADDR": OUTSIDE}) == "http://localhost"


def test_the_cookie_is_secure_where_a_proxy_has_tls(desk: Desk) -> None:
    behind = desk.with_settings(trusted_proxies=PROXIES)
    for peer, secure in ((PROXY, True), (OUTSIDE, False)):
        answer = behind.get(
            "/login", by=None, headers={"X-Forwarded-Proto": "https"}, environ_overrides={"REMOTE_ADDR": peer}
        )
        assert ("Secure" in answer.headers["Set-Cookie"]) is secure


# ── Two slashes ─────────────────────────────────────────────────────────────────────────────────────────────────


SLASHES = [
    ("//metrics", "/metrics"),
    ("///healthz", "/healthz"),
    ("//", "/"),
    ("//login", "/login"),
    ("/v1//claims", "/v1/claims"),
    ("//v1/claims?limit=1&q=a%20b", "/v1/claims?limit=1&q=a%20b"),
    ("/v1/claims//", "/v1/claims/"),
    ("/static//desk.css", "/static/desk.css"),
    ("/log/tile//entries///000", "/log/tile/entries/000"),
    ("/%2Fmetrics", "/metrics"),
    ("//evil.example//%0d%0aX:y", "/evil.example/%0D%0AX:y"),
    ("/nothing//there%C3%A9", "/nothing/there%C3%A9"),
]


def test_two_slashes_lead_to_one(desk: Desk) -> None:
    for path, there in SLASHES:
        raw, _, query = path.partition("?")
        # As a server passes them on: werkzeug's client takes what follows two slashes for a host.
        given = {"PATH_INFO": unquote(raw, "latin-1"), "QUERY_STRING": query}
        for method in ("GET", "POST"):
            answer = desk.request(method, "/", environ_overrides=given)
            assert (answer.status_code, answer.headers["Location"], answer.get_data()) == (308, there, b""), path
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


# ── Other sites ─────────────────────────────────────────────────────────────────────────────────────────────────


def sent_from(desk: Desk, origin: str, **options: object) -> TestResponse:
    desk.app.config["WTF_CSRF_ENABLED"] = False
    return desk.request("POST", "/login", by=None, data={"token": "x"}, headers={"Origin": origin}, **options)


ORIGINS = [
    ("http://localhost", True),
    ("HTTP://LOCALHOST", True),
    ("https://localhost", False),  # the same host, and another origin
    ("http://localhost:8080", False),
    ("ftp://localhost", False),
    ("//localhost", False),
    ("localhost", False),
    ("http://localhost.evil.example", False),
    ("http://localhost@evil.example", False),
    ("https://desk.example", True),
    ("http://desk.example", False),
    ("https://desk.example:443", False),  # no browser writes the usual port
    ("null", False),
    ("", False),
]


def test_an_origin_is_scheme_host_and_port(desk: Desk) -> None:
    set_up = desk.with_settings(base_url="https://desk.example:443")
    for origin, own in ORIGINS:
        answer = sent_from(set_up, origin)
        assert answer.status_code == (401 if own else 403), origin
        assert ("another site" in re.sub('data-words="[^"]*"', "", answer.get_data(as_text=True))) is not own


def test_an_origin_behind_a_proxy_is_the_one_that_the_browser_sees(desk: Desk) -> None:
    behind = desk.with_settings(trusted_proxies=PROXIES)
    for peer, status in ((PROXY, 401), (OUTSIDE, 403)):
        options = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_HOST": "desk.example"}
        assert sent_from(behind, "https://desk.example", environ_overrides=options).status_code == status
