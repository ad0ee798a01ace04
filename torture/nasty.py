"""Values that are as dear as can be: texts, lists, numbers and bodies that made some program somewhere slow.

Texts are repeated from short pieces: a strategy draws which, and how often. `within` says to stay within the limits,
so that nothing is refused before it has cost anything; without it, values go beyond them too.
"""

import json
from typing import Any

from hypothesis import strategies as st

BODY = 2_000_000  # bytes, a little under what a desk takes
HEAD = 50_000  # bytes of a header or a query
LONGEST = 1_000_001  # code points of any text
# What is repeated: plain letters, words, marks in and out of order, what becomes eighteen letters, flags, families,
# conjuncts, jamo, line breaks, spaces, what quotes and nests, what separates and joins, digits, what cannot be seen.
PIECES = (
    "a", "ab ", "a b ", "word ", "á", "a\u0301\u0316", "\u0f73\u0f71", "\ufdfa", "🇫", "👩\u200d", "क\u094d", "\u1100",
    "a\r\n", "\n.", " x", "\u3000a", "\t,", '"', '" ', "\\", "'", "<", "&amp;", "[", "(", "{", "[[", "(a+)+$", ".1",
    "a.", ".", ",", ", ", ";", ";q=", "; ", "=", "/", "*", "*,", "-", " -", "%", "_", "9", "1,", "1 000 ", "a\u200b",
    "a\u202e", "ß", "İ", "Aa. ", "A.B. ", "Mr. ", "2023-01-01 ", "half a million ", "«", "…", "x'", "#", "\u0130",
)  # fmt: skip
HARSH = ("\x00", "\ud800", "\u0301\u0316", "\u200b", " ")  # what no text may hold, and what is none
PLAIN = st.sampled_from(["a", "Up to a million people were present.", "Le café de Niamey", "x" * 20])
NUMBERS = (0, 1, 2, 20, 2**31, 2**53 - 1)
STRANGE = (-1, 2**53, 2**63, 10**40, 1.5, 1e308, 5e-324, -0.0)
DAYS, NO_DAYS = ("2023-08-26", "0001-01-01", "9999-12-31"), ("2023-02-30", "9" * 1000)
INSTANTS = ("2023-08-26T12:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z")
HEADERS = (
    "Accept", "Accept-Encoding", "Accept-Language", "If-None-Match", "If-Match", "Prefer", "Range", "Idempotency-Key",
    "X-Request-Id", "Cookie", "Origin", "Referer", "User-Agent", "Content-Type", "X-Forwarded-For", "Forwarded",
    "If-Modified-Since", "If-Range", "X-HTTP-Method-Override", "Authorization",
)  # fmt: skip


def text(longest: int, *, within: bool) -> st.SearchStrategy[str]:
    """Return texts of one piece: as long as may be, and longer."""
    lengths = [longest, longest, longest // 2 + 1] + ([] if within else [longest + 1, longest * 10])
    return st.builds(
        repeated,
        st.sampled_from(PIECES if within else PIECES + HARSH),
        st.sampled_from([min(length, LONGEST) for length in lengths]),
        st.sampled_from(["", "", "b", "!", "\u0301"]),
    )


def repeated(piece: str, length: int, ending: str = "") -> str:
    """Return a piece as often as it fits into so many code points, with an ending."""
    return (piece * (length // len(piece) + 1))[: max(length - len(ending), 0)] + ending


def words(longest: int) -> st.SearchStrategy[str]:
    """Return texts of many different words."""
    return st.sampled_from([1, 10, 1000]).map(
        lambda step: " ".join(f"w{at * step}" for at in range(longest // 6 + 1))[:longest]
    )


def url(longest: int, *, within: bool) -> st.SearchStrategy[str]:
    pieces = ("a", "%41", "/", "?&", "#", "é", "a.") + (() if within else ("[", "@", "\\", " "))
    return st.sampled_from(pieces).map(lambda piece: "https://e.example/" + repeated(piece, longest - 18))


def filled(items: list[Any], size: int) -> list[Any]:
    """Return a list of this size, or what there is room for: texts differ, so that nothing stands in it twice."""
    if not size or not isinstance(items[0], str):
        size = min(size, BODY // (len(json.dumps(items)) // len(items) + 1) + 1)
        return (items * size)[:size]
    return [f"{items[at % len(items)][:-6]}{at}" if at else items[0] for at in range(size)]


def header() -> st.SearchStrategy[str]:
    """Return values of headers, of up to HEAD bytes."""
    pieces = (
        "a", "a,", ",", '"a",', 'W/"a", ', "a/b;q=0.1,", "text/html;", ";a=b", '"', "\\", " ", "a ", "bytes=0-1,",
        "0-1,", "(", "*/*,", ";q=", '="', "return=representation; ", "9", "%", "application/ld+json;profile=", "é",
    )  # fmt: skip
    return st.builds(repeated, st.sampled_from(pieces), st.sampled_from([10, 1000, HEAD]), st.sampled_from(["", "x"]))


def query() -> st.SearchStrategy[str]:
    """Return values of parameters that are lists, trees or expressions."""
    pieces = (",", "a,", "verified,", "claims(", "*(", "*/", "text,", '"a" ', "-a ", "a* ", '"', "\u0301", "%00")
    return st.builds(repeated, st.sampled_from(pieces), st.sampled_from([999, 16_000]))


def encoded(value: Any) -> bytes:
    """Return a value as JSON, cut off where a desk reads no further."""
    try:
        raw = json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raw = json.dumps(value).encode()
    return raw[:BODY]


def raw() -> st.SearchStrategy[bytes]:
    """Return bodies that are no JSON of any schema, or a burden to read as JSON."""
    nested = (b"[" * 64 + b"]" * 64, b"[" * BODY, b'{"a":' * 300_000, (b"[" * 63 + b"]" * 63 + b",") * 15_000)
    keys = (
        b"{" + b",".join(b'"%d":0' % at for at in range(150_000)) + b"}",
        b'{"a":0,' * 200_000,
        b'{"a":1}' * 200_000,
    )
    pieces = (b"a", b"\\u0301\\u0316", b"\\ud800", b'\\"', b"\\\\", b"\\u0000", b"\xff", "\ufdfa".encode(), b"\\n")
    texts = [b'{"text":"' + piece * (BODY // len(piece) - 10) + b'"}' for piece in pieces]
    numbers = (b"[" + b"1e308," * 300_000 + b"0]", b"[" + b"9" * (BODY - 2) + b"]", b"[" + b"0," * 900_000 + b"0]")
    others = (
        b" " * BODY,
        b'"' * BODY,
        b'"' + b"a" * BODY,
        b"\\" * BODY,
        b"null",
        b"1e" + b"9" * 1000,
        b"\xef\xbb\xbf{}",
    )
    return st.sampled_from([each[:BODY] for each in (*nested, *keys, *texts, *numbers, *others)])
