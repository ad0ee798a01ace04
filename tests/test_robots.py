"""robots.txt, by RFC 9309."""

import time

import pytest

from factcheck.rules.web.robots import ALL, LARGEST, read

HERE = "https://outlet.example"


def allows(robots: str, path: str) -> bool:
    return read(robots.encode()).allows(HERE + path)


@pytest.mark.parametrize(("robots", "allowed", "refused"), [
    ("", ["/", "/a"], []),
    ("User-agent: *\nDisallow:", ["/a"], []),
    ("User-agent: *\nDisallow: /", [], ["/", "/a?b"]),
    ("User-agent: other\nDisallow: /", ["/a"], []),
    ("user-agent: FACTCHECK/2.0\ndisallow: /a", ["/b"], ["/a", "/ab"]),
    ("User-agent: factcheck\nAllow: /\n\nUser-agent: *\nDisallow: /", ["/a"], []),
    ("User-agent: factcheck\nUser-agent: other\nDisallow: /a", ["/b"], ["/a"]),
    ("User-agent: factcheck\nDisallow: /a\nUser-agent: x\nDisallow: /b\nUser-agent: factcheck\nDisallow: /c",
     ["/b"], ["/a", "/c"]),
    ("User-agent: *\nDisallow: /a\nAllow: /a/b", ["/a/b", "/a/bc"], ["/a", "/a/c"]),
    ("User-agent: *\nDisallow: /a\nAllow: /a", ["/a"], []),
    ("User-agent: *\nDisallow: /*.pdf$", ["/a.pdfs", "/a"], ["/a.pdf", "/b/c.pdf"]),
    ("User-agent: *\nDisallow: /a$", ["/ab"], ["/a"]),
    ("User-agent: *\nDisallow: /*/private/*x", ["/private/x", "/a/private/"], ["/a/private/x", "/a/b/private/yx/z"]),
    ("User-agent: *\nDisallow: /caf%C3%A9\nDisallow: /%7Ea", ["/cafe"], ["/café", "/caf%c3%a9", "/~a", "/%7ea"]),
    ("User-agent: *\nDisallow: /a?b=", ["/a"], ["/a?b=1"]),
    ("\ufeffUser-agent : * # all\r\nDisallow :/a # not this\rNonsense\n: x\nDisallow: /b", ["/c"], ["/a", "/b"]),
    ("Disallow: /", ["/a"], []),
])  # fmt: skip
def test_the_longest_pattern_decides(robots: str, allowed: list[str], refused: list[str]) -> None:
    assert [path for path in allowed if not allows(robots, path)] == []
    assert [path for path in refused if allows(robots, path)] == []


def test_a_site_says_how_long_to_wait() -> None:
    delays = [
        read(f"User-agent: *\nCrawl-delay: {told}\nDisallow: /a".encode()).delay
        for told in ("10", "0.5", "999", "nan", "-3", "1e9")
    ]
    assert delays == [10.0, 0.5, 60.0, 0.0, 0.0, 0.0]
    assert ALL.delay == 0.0


@pytest.mark.parametrize("body", [
    b"\xff\xfe\x00" * 50_000,
    b"User-agent: *\n" + b"Disallow: /" + b"*a" * 250_000,
    b"User-agent: *\n" + b"Disallow: /*a*b$\n" * 40_000,
    b"User-agent: a\n" * 40_000,
    b"User-agent: *\n" + b"Disallow: /\n" * (LARGEST // 10),
])  # fmt: skip
def test_a_hostile_file_costs_little(body: bytes) -> None:
    began = time.process_time()
    read(body).allows(f"{HERE}/{'a' * 1990}")
    assert time.process_time() - began < 2
