"""Bad input, one row a case, on both databases.

Every request that must be refused is looked at for its status, for a problem document that tells nothing of the inside,
and for rows that it left in any table. The letters and numbers name kinds of attack: A bodies, C positions in texts,
D queries and ids, E who may and what is told to whom, F addresses and headers.
"""

import base64
import copy
import gzip
import io
import json
import re
import threading
import time
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlencode

import pytest
from limits import parse
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import Select, func, select, update
from werkzeug.test import TestResponse

from factcheck.desk import people
from factcheck.desk.access import tokens
from factcheck.desk.access.callers import digest
from factcheck.rules.roles import Role
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.logbook import Revision
from factcheck.storage.tables.people import KeptAnswer, Token
from factcheck.web.cursors import Cursors
from factcheck.web.edge.limits import Counts
from tests.bounds import costs
from tests.desk import SECRET, Desk
from tests.serving import Served, statuses

T = TypeVar("T")
Json = dict[str, Any]
Status = int | tuple[int, ...]
UNREAD_OR_NOT_ALLOWED = (400, 422)
TYPE = "application/json"
NO_ID = "0190a0a0-0000-7000-8000-000000000000"
REASON = "The stadium holds 30,000 people."
OBJECT = b'{"name":"X","kind":"group"}'
TABLES = Base.metadata.tables
ROWS = select(*(select(func.count()).select_from(TABLES[name]).scalar_subquery() for name in TABLES))
KEPT = select(*(select(func.count()).select_from(table).scalar_subquery() for table in (Revision, KeptAnswer)))
# What no answer tells: a stack trace, SQL, a path of the machine, a library's name.
INSIDE = re.compile(
    r'Traceback|File "|SELECT |INSERT |UPDATE |site-packages|sqlite|psycopg|sqlalchemy|werkzeug|'
    + re.escape(str(Path(__file__).resolve().parent.parent))
)


class Door(NamedTuple):
    """A way in for a body, with a body that it takes."""

    method: str
    path: str
    body: Json

    def with_(self, pointer: str, value: Any) -> Json:
        """Return its body with a value at a JSON pointer."""
        made = copy.deepcopy(self.body)
        *steps, last = [int(step) if step.isdigit() else step for step in pointer.removeprefix("/").split("/")]
        here: Any = made
        for step in steps:
            here = here[step]
        here[last] = value
        return made


def through(door: Door, body: Any, *, headers: Json | None = None, **options: Any) -> Json:
    """Return how to send a body through a door: bytes as they are, all else as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"If-Match": "*", "Content-Type": TYPE, **(headers or {})}
    return {"method": door.method, "path": door.path, "data": raw, "headers": headers, "by": "admin", **options}


SOURCE = Door("POST", "/v1/sources", {"name": "X", "kind": "group"})


class Refusals:
    """Sends what must be refused and tells, when it is left, every row that was not refused as it must be."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.faults: list[str] = []
        self.sent = 0

    def __enter__(self) -> "Refusals":
        self.lists, self.rows, self.kept = self._lists(), self._count(ROWS), self._count(KEPT)
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            assert self.sent
            assert not self.faults, "\n".join([f"{len(self.faults)} faults:", *self.faults[:40]])
            assert (self._count(ROWS), self._lists()) == (self.rows, self.lists)

    def __call__(self, row: str, status: Status, method: str, path: str, **options: Any) -> TestResponse:
        response = self.desk.request(method, path, **{"by": "admin", **options})
        self.sent += 1
        for fault in self._faults(response, status):
            self.faults.append(f"{row}: {method} {path[:80]} {fault}: {response.get_data()[:200]!r}")
        return response

    def body(self, row: str, status: Status, door: Door, body: Any, **options: Any) -> TestResponse:
        return self(row, status, **through(door, body, **options))

    def value(self, row: str, door: Door, pointer: str, value: Any) -> None:
        """Send a body with one value that is not allowed; the answer names its place."""
        row = f"{row} {pointer} {value!r:.60}"
        answer = self.body(row, 422, door, door.with_(pointer, value))
        told = [flaw.get("pointer", "") for flaw in answer.json.get("errors", ())]
        if not told or not all(each.startswith(pointer) for each in told):
            self.faults.append(f"{row}: names {told}")

    def _faults(self, response: TestResponse, status: Status) -> Iterator[str]:
        if response.status_code not in (status if isinstance(status, tuple) else (status,)):
            yield f"answers {response.status_code}, not {status}"
        if response.content_type != "application/problem+json":
            yield f"answers with {response.content_type}"
        else:
            problem = response.json
            if problem["status"] != response.status_code or not problem["type"].startswith("/problems/"):
                yield "answers with another problem's document"
            if not problem["request_id"] or problem["request_id"] != response.headers["X-Request-Id"]:
                yield "has no request id"
        if INSIDE.search(response.get_data(as_text=True)):
            yield "tells of the inside"
        # Every action leaves a revision; whether anything else was left is looked at in the end.
        kept = self._count(KEPT)
        if kept != self.kept:
            yield f"leaves {kept} revisions and kept answers, not {self.kept}"
            self.kept = kept

    def _count(self, statement: Select[Any]) -> list[int]:
        with self.desk.database.reading() as connection:
            return list(connection.execute(statement).one())

    def _lists(self) -> list[int]:
        paths = ("/v1/claims", "/v1/articles", "/v1/sources")
        return [len(self.desk.changes()), *(self.desk.get(f"{path}?count=true").json["total"] for path in paths)]


def doors(desk: Desk) -> dict[str, Door]:
    """Return every way in for a body, on a desk with something behind each; the last ones take things away."""
    article, one, other = desk.article()["id"], desk.source()["id"], desk.source(name="Organisers")["id"]
    claim, second = desk.claim(article_id=article)["id"], desk.claim(article_id=article, text="They came.")["id"]
    stadium = {
        "stance": "refutes",
        "url": "https://e.org/",
        "archived_url": "https://e.org/",
        "title": "T",
        "excerpt": "E",
    }
    item = desk.made(f"/v1/claims/{claim}/evidence", stadium)["id"]
    hop = {"source_id": one, "described_as": "organizers", "cue": "claiming", "directness": "indirect", "note": "N"}
    hop |= {"source_quotes": [{"exact": "with organizers"}], "cue_quotes": [{"exact": "claiming"}]}
    words = {"text": "Up to a million people came.", "kind": "quantity", "attribution": [hop], "tags": ["rally"]}
    words["quotes"] = [{"exact": "up to a million", "prefix": "that ", "suffix": " people", "start": 69, "end": 84}]
    words["quantity"] = {"low": 1, "high": 1_000_000, "unit": "people", "wording": "up to a million"}
    source = {"name": "N", "kind": "group", "description": "D", "aliases": ["A"], "same_as": ["https://e.org/"]}
    about = {"title": "T", "url": "https://e.org/a", "author": "A", "published_on": "2023-11-06", "language": "en"}
    review = {"status": "disputed", "reason": REASON, "evidence": [stadium], "valid_on": "2023-11-06"}
    related = {"kind": "supports", "claim_id": second, "note": "N"}
    here, why = f"/v1/claims/{claim}", {"reason": REASON}
    return {
        "source": Door("POST", "/v1/sources", {**source, "external_id": "s-1"}),
        "article": Door("POST", "/v1/articles", {**about, "text": "T", "outlet_id": one, "external_id": "a-1"}),
        "claim": Door("POST", "/v1/claims", {**words, "article_id": article, "external_id": "c-1"}),
        "evidence": Door("POST", f"{here}/evidence", {**stadium, "source_id": one, "note": "N"}),
        "relation": Door("POST", f"{here}/relations", related),
        "review": Door("POST", f"{here}/reviews", {**review, "review_by": "2030-01-01", "question": "content"}),
        "amended source": Door("PATCH", f"/v1/sources/{one}", source),
        "amended article": Door("PATCH", f"/v1/articles/{article}", about),
        "amended claim": Door("PATCH", here, words),
        "withdrawn evidence": Door("POST", f"{here}/evidence/{item}/withdrawal", why),
        "judgment": Door("POST", f"/v1/sources/{other}/judgments", {**why, "other_id": one, "judgment": "unsure"}),
        "source relation": Door(
            "POST",
            f"/v1/sources/{other}/relations",
            {"kind": "owns", "other_id": one, "since": "2019", "until": "2020-02-03", "note": "N"},
        ),
        "merge": Door("POST", f"/v1/sources/{other}/merge", {**why, "into": one}),
        "withdrawal": Door("POST", f"{here}/withdrawal", why),
    }


def demand_doors_open(desk: Desk, of_all: dict[str, Door]) -> None:
    """Demand that each door takes its own body: what was refused there was refused for what was wrong with it."""
    for name, door in of_all.items():
        answer = desk.request(**through(door, door.body))
        assert answer.status_code in (200, 201, 204), (name, answer.get_data(as_text=True))


def few(of: Sequence[T], at: int, number: int) -> list[T]:
    """Return some of these, others for each `at`, so that all have their turn."""
    return [of[(at * number + each) % len(of)] for each in range(number)]


def nested(depth: int) -> bytes:
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


BODIES: list[tuple[str, Status, bytes]] = [
    ("A1 arrays", 400, b"[" * 100_000 + b"]" * 100_000),
    ("A1 arrays, never closed", 400, b"[" * 100_000),
    ("A1 objects", 400, b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    ("A1 both", 400, b'[{"a":' * 50_000),
    ("A1 behind brackets in a text", 400, b'{"a":"' + b"]" * 100_000 + b'","b":' + b"[" * 100_000),
    (
        "A1 behind brackets and an escaped quotation mark",
        400,
        b'{"a":"\\"' + b"]" * 100_000 + b'","b":' + b"[" * 100_000,
    ),
    ("A1 behind a text without end", 400, b'{"a":"' + b"[" * 100_000),
    ("A2 depth 64 can be read", 422, nested(64)),
    ("A2 depth 65", 400, nested(65)),
    ("A3 twice", 400, b'{"status":1,"status":2}'),
    ("A3 twice, further in", 400, b'{"a":[{"b":1,"c":2,"b":1}]}'),
    ("A3 twice, once escaped", 400, b'{"a":1,"\\u0061":2}'),
    ("A3 twice nothing", 400, b'{"":1,"":2}'),
    ("A4 NaN", 400, b'{"quantity":{"high":NaN}}'),
    ("A4 Infinity", 400, b'{"quantity":{"high":Infinity}}'),
    ("A4 -Infinity", 400, b'{"quantity":{"high":-Infinity}}'),
    ("A4 alone", 400, b"NaN"),
    ("A5 1e400", 400, b'{"quantity":{"high":1e400}}'),
    ("A5 -1e400", 400, b'{"quantity":{"high":-1E+400}}'),
    ("A5 a million digits", 400, b'{"quantity":{"high":1' + b"0" * 1_000_000 + b".0}}"),
    ("A6 5,000 digits", 400, b'{"quantity":{"high":' + b"9" * 5_000 + b"}}"),
    ("A6 5,000 digits, negative", 400, b'{"a":-' + b"9" * 5_000 + b"}"),
    ("A6 4,000 digits can be read", 422, b'{"quantity":{"high":' + b"9" * 4_000 + b"}}"),
    ("A10 surrogate in a key", 422, b'{"\\ud800":1}'),
    ("A10 surrogate in a key, further in", 422, b'{"a":[{"b":{"\\udfff x":1}}]}'),
    ("A10 surrogates the wrong way round", 422, b'{"a":{"b":"\\udc00\\ud800"}}'),
    ("A12 U+0000 further in", 422, b'{"a":{"b":["\\u0000"]}}'),
    ("A12 U+0000 in a key", 422, b'{"a":{"\\u0000":1}}'),
    ("A13 BOM", 400, b"\xef\xbb\xbf" + OBJECT),
    ("A14 UTF-16", 400, OBJECT.decode().encode("utf-16")),
    ("A14 UTF-16, little end first", 400, OBJECT.decode().encode("utf-16-le")),
    ("A14 UTF-16, big end first", 400, OBJECT.decode().encode("utf-16-be")),
    ("A14 UTF-32", 400, OBJECT.decode().encode("utf-32")),
    ("A15 Latin-1", 400, '{"name":"café","kind":"group"}'.encode("latin-1")),
    ("A15 surrogates in UTF-8", 400, b'{"name":"\xed\xa0\x80"}'),
    ("A15 longer than need be", 400, b'{"name":"\xc0\xaf"}'),
    ("A15 cut off", 400, b'{"name":"\xf0\x9f\x98"}'),
    ("A15 beyond Unicode", 400, b'{"name":"\xf4\x90\x80\x80"}'),
    ("A18 empty", 400, b""),
    ("A18 blank", 400, b" \t\r\n"),
    ("A18 null", UNREAD_OR_NOT_ALLOWED, b"null"),
    ("A18 text", UNREAD_OR_NOT_ALLOWED, b'"a"'),
    ("A18 array", UNREAD_OR_NOT_ALLOWED, b"[" + OBJECT + b"]"),
    ("A18 empty array", UNREAD_OR_NOT_ALLOWED, b"[]"),
    ("A18 trailing garbage", 400, OBJECT + b"x"),
    ("A18 two objects", 400, OBJECT + OBJECT),
    ("A18 a NUL behind", 400, OBJECT + b"\x00"),
    ("A18 cut off", 400, OBJECT[:-1]),
    ("A18 form", 400, b"name=X&kind=group"),
    ("A18 XML", 400, b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
]
# RFC 8259's grammar where readers differ (A22): texts parted by |. What every reader must take, and what none may. We
# refuse of the former only keys that stand twice.
GRAMMAR_TAKES = rb"""
[]|[[] ]|[""]|[null, 1, "1", {}]|["a"]| [1]|[1,null,null,null,2]|[2] |{}|{"":0}|{"a":[]}|{"foo\u0000bar": 42}
{"min": -1.0e+28, "max": 1.0e+28}|{"a":{"b":{}}}|[123e65]|[0e+1]|[0e1]|[ 4]|[20e1]|[-0]|[-123]|[-1]|[1E22]|[1E-2]|[1E+2]
[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]|[123e45]|[123.456e78]|[1e-2]|[1e+2]
[123]|[123.456789]|["\u0060\u012a\u12AB"]|["\uD801\udc37"]|["\ud83d\ude39\ud83d\udc8d"]|["\"\\\/\b\f\n\r\t"]|["\\u0000"]
["\""]|["a/*b*/c/*d//e"]|["\\a"]|["\\n"]|["\u0012"]|["\uFFFF"]|["asd"]|["\uDBFF\uDFFF"]|["new\u00A0line"]|["\u0000"]
["\u002c"]|["\uD834\uDd1e"]|["\u0821"]|["\u0123"]|["\u0061\u30af\u30EA\u30b9"]|["\uA66D"]|["\u005C"]|["\u0022"]|["\u200B"]
["\uDBFF\uDFFE"]|["\u2064"]|["\uFDD0"]|["\uFFFE"]|["a"]|false|42|-0.1|null|"asd"|true|""|[true]| [] |["\u00e9"]
"""
GRAMMAR_REFUSES = rb"""
[1 true]|["": 1]|[""],|[,1]|[1,,2]|["x",,]|["x"]]|["",]|["x"|[x|[3[4]]|[1,]|[,]|[-]|[   , ""]|["a",4,1,|[*]|[1,1|[{}
[fals]|[nul]|[tru]|[++1234]|[+1]|[+Inf]|[-01]|[-1.0.]|[-2.]|[-NaN]|[.-1]|[.2e-3]|[0.1.2]|[0.3e+]|[0.3e]|[0.e1]|[0E]|[0E+]
[1.0e+]|[1.0e-]|[1.0e]|[1 000.0]|[1eE2]|[2.e+3]|[2.e-3]|[2.e3]|[9.e+]|[Inf]|[NaN]|[1+2]|[0x1]|[0x42]|[Infinity]|[0e+-1]
[-123.123foo]|[123]x|[-Infinity]|[-foo]|[- 1]|[-012]|[-.123]|[-1x]|[1ea]|[1.]|[.123]|[1.2a-3]|[1.8011670033376514H-308]
[012]|[1_000]|["x", truth]|{[: "x"}|{"x", null}|{"x"::"b"}|{"a":"a" 123}|{key: 'value'}|{"a" b}|{:"b"}|{"a" "b"}|{"a":
{"a"|{1:1}|{9999E9999:1}|{null:null}|{"id":0,,,,,}|{'a':0}|{"id":0,}|{"a":"b"}/**/|{"a":"b"}/**//|{"a":"b"}//|{"a":"b"}/
{"a":"b",,"c":"d"}|{a: "b"}|{"a":"a|{ "foo" : "bar", "a" }|{"a":"b"}#| |["\uD800\"]|["\uD800\u"]|["\uD800\u1"]
["\uD800\u1x"]|[\u0020"asd"]|["\x00"]|["\\\"]|["\	"]|["\a"]|["\"]|["\u00A"]|["\uD834\uDd"]|["\u"]|["\{[\u0020"]|["a"x
['single quote']|abc|["\|["a	b"]|"|["asd]|["\UA66D"]|"\u 123"|["\u+123"]|["\u0_12"]|["\u-123"]|""x|[True]|1]
{"x": true,|[][]|]|[|{]|<.>|[<null>]|[1]x|[a|["asd"|{}}|{"":|{"a":/*comment*/"b"}|{"a": true} "x"|['|[,|[{|["a|["|{|{,
{"|{'|["\{["\{[
*|{"a":"b"}#{}|[\u000A""]|[1|[ false, nul|[ true, fals|[ false, tru|True|TRUE|undefined|[undefined]|[1;2]|{"asd":"asd"
"""
IN_LINES = ([b"[1\n]", b'{\n"a": "b"\n}', b'["a"]\n', b'["\x7f"]'], [b'["new\nline"]', b'["a\n"b"]'])
OF_BYTES = [
    b"[\x0c]",
    b"[\xe2\x81\xa0]",
    b"[\xff]",
    b"\xc3\xa5",
    b"[1\x00]",
    b'["a\x1fb"]',
    b"\xef\xbb\xbf",
    b'["\xe5"]',
]


def test_bodies_that_two_readers_could_read_in_two_ways(desk: Desk) -> None:
    claim = Door("PATCH", f"/v1/claims/{desk.claim()['id']}", {})
    with Refusals(desk) as refused:
        for row, status, body in BODIES:
            for door in (SOURCE, claim):
                refused.body(row, status, door, body)


def test_the_grammar_of_json(desk: Desk) -> None:
    tables = (table.strip(b"\n").replace(b"\n", b"|").split(b"|") for table in (GRAMMAR_TAKES, GRAMMAR_REFUSES))
    taken, not_taken = ([*table, *more] for table, more in zip(tables, IN_LINES, strict=True))
    with Refusals(desk) as refused:
        for body in taken:
            json.loads(body)
            refused.body("A22 taken", 422, SOURCE, body)
            refused.body("A22 taken, further in", 422, SOURCE, b'{"name":"X","kind":"group","a":' + body + b"}")
        for body in (*not_taken, *OF_BYTES):
            refused.body("A22 refused", 400, SOURCE, body)
        assert refused.sent > 300
    escaped = b'\t{ "name":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\ude00\xc3\xa9[[{\x7f","\\u006bind" :"group"}\r\n'
    made = desk.request(**through(SOURCE, escaped))
    assert (made.status_code, made.json["name"]) == (201, '"\\/\b\f\n\r\té😀é[[{\x7f')


# What a field refuses (A7, A8, and their like for the other types), at pointers into the doors' bodies.
WHOLE = (2**63, 2**53, -(2**63), 1e30, 1.5, 1.0, True, "5", "١", -1, [], {})
NUMBER = (2**63, 1e30, -1e30, True, "5", "١", [], {})
DAYS = "0000-01-01 10000-01-01 2023-02-30 2023-1-1 2023-11-06T00:00:00+14:00 ٢٠٢٣-٠١-٠١ today"
DAY = (*DAYS.split(), "", 20230101, True)
NO_ONE = ("x", "", NO_ID, NO_ID.replace("-", ""), f"{{{NO_ID}}}", f" {NO_ID}", 5, True, [], {})
CHOICE = ("", "x", "Verified", "verified ", 1, True, ["verified"], {})
TEXT = ("", " \t\n\u2003", 5, 1.5, True, [], ["x"], {})
FIELDS: list[tuple[str, str, Sequence[Any]]] = [
    ("claim", "/quotes/0/start", WHOLE),
    ("claim", "/quotes/0/end", WHOLE),
    ("amended claim", "/attribution/0/cue_quotes/0/start", WHOLE[:4]),
    ("claim", "/quantity/high", NUMBER),
    ("amended claim", "/quantity/low", NUMBER[:4]),
    ("claim", "/attribution/0/interested", (1, 0, "true", "yes", "", [])),
    ("claim", "/kind", (*CHOICE, None)),
    ("claim", "/attribution/0/directness", (*CHOICE[:4], None)),
    ("review", "/status", (*CHOICE, None)),
    ("review", "/question", CHOICE[:4]),
    ("evidence", "/stance", (*CHOICE[:4], None)),
    ("source", "/kind", (*CHOICE[:4], None)),
    ("article", "/published_on", DAY),
    ("review", "/valid_on", DAY[:4]),
    ("review", "/review_by", DAY[4:]),
    ("amended article", "/published_on", DAY[:4]),
    ("claim", "/article_id", (*NO_ONE, None)),
    ("claim", "/attribution/0/source_id", NO_ONE),
    ("amended claim", "/attribution/0/on_behalf_of_id", NO_ONE[:4]),
    ("article", "/outlet_id", NO_ONE[:4]),
    ("evidence", "/source_id", NO_ONE[:4]),
    ("relation", "/claim_id", (*NO_ONE[:4], None)),
    ("judgment", "/other_id", (*NO_ONE[:4], None)),
    ("judgment", "/judgment", (*CHOICE, None)),
    ("judgment", "/shown_id", NO_ONE[:4]),
    ("source relation", "/other_id", (*NO_ONE[:4], None)),
    ("source relation", "/kind", (*CHOICE, None)),
    ("source relation", "/since", DAY[:4]),
    ("source relation", "/until", DAY[4:]),
    ("merge", "/into", (*NO_ONE[:4], None)),
    ("source", "/name", (*TEXT, None)),
    ("claim", "/text", (*TEXT, None)),
    ("claim", "/quotes", (*TEXT[:4], None, [1], [None], [[]])),
    ("claim", "/attribution", ("x", 5, [1], [None], [[]], [{}])),
    ("claim", "/tags", ("x", 5, [1], [None], [""], ["a b"], ["a", "a"], ["a--b"], ["%"])),
    ("source", "/aliases", ("x", 5, {}, [1], [None], [""], ["a", "a"])),
    ("article", "/language", ("e", "english language", "en_US", "en\n", 5)),
]
TEXTS = {
    "source": "/name /description /aliases/0 /same_as/0 /external_id /kind",
    "article": "/title /text /url /author /language /published_on /outlet_id",
    "claim": "/text /quotes/0/exact /quotes/0/prefix /quotes/0/suffix /quantity/unit /quantity/wording /tags/0"
    " /external_id /attribution/0/described_as /attribution/0/cue /attribution/0/note",
    "evidence": "/title /url /archived_url /excerpt /note",
    "relation": "/note /kind",
    "review": "/reason /evidence/0/note /status",
    "amended claim": "/text /attribution/0/source_quotes/0/exact",
    "amended source": "/name",
    "amended article": "/title",
    "withdrawn evidence": "/reason",
    "judgment": "/reason /judgment",
    "source relation": "/note /since /kind",
    "merge": "/reason",
    "withdrawal": "/reason",
}


def test_values_that_no_field_takes(desk: Desk) -> None:
    of_all = doors(desk)
    with Refusals(desk) as refused:
        for name, pointer, values in FIELDS:
            for value in values:
                refused.value(f"A7/A8 {name}", of_all[name], pointer, value)
        for name, pointers in TEXTS.items():
            for pointer in pointers.split():
                for row, value in (("A9", "a\ud800"), ("A9", "\udc00\ud800"), ("A11", "a\x00b")):
                    refused.value(f"{row} {name}", of_all[name], pointer, value)
    demand_doors_open(desk, of_all)


def test_keys_that_no_body_has(desk: Desk) -> None:
    of_all = doors(desk)
    within = ("/quantity/__proto__", "/quotes/0/constructor", "/attribution/0/", "/attribution/0/cue_quotes/0/x")
    with Refusals(desk) as refused:
        for name, door in of_all.items():
            for key, pointer in {
                "__proto__": "/__proto__",
                "constructor": "/constructor",
                "": "/",
                "a/b~": "/a~1b~0",
            }.items():
                answer = refused.body(f"A20 {name} {key!r}", 422, door, door.body | {key: {"name": "X"}})
                assert [flaw["pointer"] for flaw in answer.json["errors"]] == [pointer]
            refused.body(f"A10 {name}", 422, door, door.body | {"\ud800": 1})
        for pointer in within:
            for name in ("claim", "amended claim"):
                refused.value(f"A20 {name}", of_all[name], pointer, {})
    demand_doors_open(desk, of_all)


NO_TYPES = """text/plain text/json application application/x-www-form-urlencoded application/xml application/jsonp */*
    application/json-patch+json application/problem+json application/json;charset=iso-8859-1 application/x-json
    application/json;charset=utf-16 application/json;charset=utf-7 multipart/form-data;boundary=a"""


def test_types_and_codings_of_bodies(desk: Desk) -> None:
    of_all = doors(desk)
    types = ["", "application/json, text/plain", 'application/json; charset="latin-1"', *NO_TYPES.split()]
    raw = json.dumps(of_all["source"].body).encode()
    zipped = gzip.compress(raw)
    codings = {"gzip": zipped, "GZIP": zipped, "x-gzip": zipped, "identity, gzip": zipped, "br": raw}
    codings |= {"deflate": zlib.compress(raw), "gzip, gzip": gzip.compress(gzip.compress(b" " * 10_000_000 + raw))}
    with Refusals(desk) as refused:
        for name in ("source", "claim", "review", "amended claim"):
            for given in types:
                refused.body(
                    f"A15/A16 {given!r}", 415, of_all[name], of_all[name].body, headers={"Content-Type": given}
                )
            for coding, body in codings.items():
                refused.body(f"A17 {coding}", 415, of_all[name], body, headers={"Content-Encoding": coding})
            refused.body("A17 gzip, not told", 400, of_all[name], zipped)
        refused("A16 none", 415, "POST", "/v1/sources", data=OBJECT)
        merge = {"Content-Type": "application/merge-patch+json"}
        refused.body("A16 a patch where none is", 415, of_all["source"], OBJECT, headers=merge)
    for given in ('Application/JSON; charset="UTF-8"', "application/json;charset=utf-8"):
        assert desk.request(**through(of_all["source"], OBJECT, headers={"Content-Type": given})).status_code == 201
    renamed = through(of_all["amended source"], {"name": "Renamed"}, headers=merge | {"Content-Encoding": "identity"})
    assert desk.request(**renamed).status_code == 200


OURS = """id created_by version verified_at reviewed_by reviewed_at revision etag links article_id created_at updated_at
    entered_by_id withdrawn_at evidence document seq attribution_status"""


def test_patches_that_would_break_or_decide_a_claim(desk: Desk) -> None:
    of_all = doors(desk)
    claim, article, source = (of_all[f"amended {noun}"] for noun in ("claim", "article", "source"))
    before = [desk.get(door.path).json for door in (claim, article, source)]
    operations = [{"op": "remove", "path": "/text"}]
    decided = [("status", value) for value in ("true", "verified", True, 1, {}, [])]
    with Refusals(desk) as refused:
        for field in ("text", "kind", "quotes"):
            refused.body(f"A21 {field}", 422, claim, {field: None})
        for body in (
            {"quotes": []},
            {"attribution": [{"note": "N"}]},
            {"attribution": {"0": {}}},
            {"kind": "quantity"},
        ):
            refused.body(f"A21 {body}", 422, claim, body)
        refused.body("A21 title", 422, article, {"title": None})
        refused.body("A21 name", 422, source, {"name": None, "kind": None})
        for kind, status in {"json-patch": 415, "merge-patch": UNREAD_OR_NOT_ALLOWED}.items():
            refused.body(kind, status, claim, operations, headers={"Content-Type": f"application/{kind}+json"})
        for field, value in [*decided, *[(field, "x") for field in OURS.split()]]:
            answer = refused.body(f"E1 {field} {value!r}", 422, claim, {field: value, "text": "Changed."})
            assert [flaw["pointer"] for flaw in answer.json["errors"]] == [f"/{field}"]
        for field in ("id", "revision", "canonical_id", "merged_into_id", "seq", "text", "snapshot_number"):
            refused.body(f"E1 {field}", 422, article, {field: "x", "title": "Changed."})
            refused.body(f"E1 {field}", 422, source, {field: "x", "name": "Changed."})
        refused.value("E1", claim, "/attribution/0/status", "verified")
        refused.value("E1", claim, "/quotes/0/state", "anchored")
        for name in ("claim", "source", "article", "evidence", "review"):
            for field in ("id", "created_by", "version", "verified_at", "revision", "created_at", "reviewed_by"):
                refused.value(f"E1 {name}", of_all[name], f"/{field}", "x")
        refused.value("E1 new claim", of_all["claim"], "/status", "verified")
    assert [desk.get(door.path).json for door in (claim, article, source)] == before
    demand_doors_open(desk, of_all)


def test_a_null_for_an_unknown_field_is_refused_too(desk: Desk) -> None:
    links, source = desk.claim()["links"], desk.source()["links"]["self"]
    with Refusals(desk) as refused:
        for path in (links["self"], links["article"], source):
            for field in ("status", "id", "created_by", "x"):
                refused.body(f"E1 {field} null", 422, Door("PATCH", path, {}), {field: None})


def test_a_patch_of_a_claim_with_a_quantity_is_read_like_any_other(desk: Desk) -> None:
    claim = desk.claim(kind="quantity", quantity={"low": 1, "high": 1_000_000})
    door = Door("PATCH", claim["links"]["self"], {})
    with Refusals(desk) as refused:
        for body in ({"quantity": None}, {"quantity": {"low": 2**63}}, {"quantity": {"low": 10**7}}, {"status": "x"}):
            refused.body(f"A21 {body}", 422, door, body)
    assert desk.request(**through(door, {"quantity": {"low": None}})).json["quantity"]["low"] is None


def test_much_that_is_wrong_is_told_briefly_and_at_once(desk: Desk) -> None:
    of_all = doors(desk)
    long, many = "k" * 100_000, 60_000
    rows: list[tuple[str, Any]] = [
        ("source", {long: ["\x00"] * 1000}),
        ("source", {long: ["\x00", *["x"] * many]}),
        ("source", {f"k{at}": 1 for at in range(30_000)}),
        ("source", {f"{at}{long}": 1 for at in range(10)}),
        ("source", of_all["source"].with_("/aliases", [1] * many)),
        ("claim", of_all["claim"].with_("/quotes", [{}] * many)),
        ("claim", of_all["claim"].with_("/attribution", [{}] * many)),
        ("amended claim", of_all["claim"].with_("/attribution/0/cue_quotes", [{}] * many)),
        ("review", of_all["review"].with_("/evidence", [{}] * many)),
    ]
    with Refusals(desk) as refused:
        for at, (name, body) in enumerate(rows):
            began = time.thread_time()
            answer = refused.body(f"row {at}", 422, of_all[name], body)
            took = time.thread_time() - began
            assert (len(answer.get_data()) < 50_000, took < 1.5) == (True, True), (at, len(answer.get_data()), took)


def test_positions_of_quotes_are_code_points(desk: Desk) -> None:
    words = "👩🏽\u200d🚀 said: naïve café, 10 km."  # 4 code points and 7 UTF-16 units before " said"
    article = desk.article(text=words)["id"]
    body = {"article_id": article, "text": "T", "kind": "factual"}

    def units(text: str) -> int:
        return len(text.encode("utf-16-le")) // 2

    at = words.index("said")
    ends = (len(words), len(words) + 4)
    rows: list[tuple[str, Json]] = [
        ("C2 UTF-16 units", {"exact": "said", "start": units(words[:at]), "end": units(words[: at + 4])}),
        ("C2 bytes", {"exact": "said", "start": len(words[:at].encode()), "end": len(words[: at + 4].encode())}),
        ("C2 one too far", {"exact": "said", "start": at + 1, "end": at + 5}),
        ("C3 end before start", {"exact": "said", "start": at + 4, "end": at}),
        ("C3 empty", {"exact": "said", "start": at, "end": at}),
        ("C3 nothing quoted", {"exact": "", "start": at, "end": at}),
        ("C3 negative", {"exact": "said", "start": -1, "end": 3}),
        ("C3 negative, from the end", {"exact": words[-4:], "start": -4}),
        ("C3 negative end", {"exact": "said", "end": -1}),
        ("C3 end of nothing", {"exact": "said", "end": 0}),
        ("C3 end before the text", {"exact": "said", "end": 2}),
        ("C3 beyond the end", {"exact": words[-4:], "start": ends[0] - 3, "end": ends[0] + 1}),
        ("C3 behind the end", {"exact": "said", "start": ends[0], "end": ends[1]}),
        ("C3 far behind the end", {"exact": "said", "start": 2**53 - 1}),
        ("C3 longer than the place", {"exact": "said", "start": at, "end": at + 5}),
        ("C3 half of a surrogate pair", {"exact": "\ud83d", "start": 0, "end": 1}),
        ("C3 inside a pair, in UTF-16 units", {"exact": "🏽", "start": 3, "end": 5}),
        ("C10 digits", {"exact": "said", "start": "٥", "end": "٩"}),
        ("C10 another 1 and 0", {"exact": "１０ km"}),
    ]
    with Refusals(desk) as refused:
        for row, selector in rows:
            refused(row, 422, "POST", "/v1/claims", json=body | {"quotes": [{"exact": "10 km"}, selector]})
            hop = {"described_as": "She", "directness": "direct", "source_quotes": [selector]}
            refused(row, 422, "POST", "/v1/claims", json=body | {"quotes": [{"exact": "10 km"}], "attribution": [hop]})
    good = [{"exact": "said", "start": at, "end": at + 4}, {"exact": "said", "end": at + 4}]
    good += [{"exact": "km.", "end": len(words)}, {"exact": unicodedata.normalize("NFD", "naïve café")}]
    for selector in good:
        made = desk.made("/v1/claims", body | {"quotes": [selector]})["quotes"][0]
        assert words[made["start"] : made["end"]] == made["exact"]


def test_a_quote_does_not_cut_a_grapheme(desk: Desk) -> None:
    words = unicodedata.normalize("NFD", "Tchiani spoke at a café in Niamey. 👩🏽\u200d🚀 flew.")
    body = {"article_id": desk.article(text=words)["id"], "text": "T", "kind": "factual"}
    at = words.index("cafe")
    with Refusals(desk) as refused:
        for selector in (
            {"exact": "cafe", "start": at, "end": at + 4},
            {"exact": "cafe"},
            {"exact": "\u0301 in", "start": at + 4},
            {"exact": "👩"},
            {"exact": "🚀 flew"},
        ):
            refused(f"C3 {selector}", 422, "POST", "/v1/claims", json=body | {"quotes": [selector]})


def asked(**parameters: str) -> str:
    return "?" + urlencode(parameters)


def lists_of(claim: str, article: str) -> list[str]:
    """Return the path of every list."""
    snapshots = f"{article}/snapshots"
    parts = [f"{claim}/{part}" for part in ("evidence", "relations", "reviews", "history")]
    return ["/v1/claims", "/v1/articles", "/v1/sources", "/v1/changes", snapshots, *parts]


def test_cursors_that_this_desk_did_not_make(desk: Desk) -> None:
    links = desk.claim()["links"]
    desk.claim(article_id=links["article"].rpartition("/")[2])
    for name in ("Organizers", "Organisers"):
        desk.source(name=name)
    paths, here = lists_of(links["self"], links["article"]), "/v1/sources"
    cursor = desk.get(f"{here}?limit=1").json["next_cursor"]
    of_claims = desk.get("/v1/claims?limit=1").json["next_cursor"]
    body, _, signature = cursor.rpartition(".")
    another = Cursors("another desk's key, or an older one")
    bound = urlencode([("", here)])
    injected = base64.urlsafe_b64encode(b'["\' OR 1=1; DROP TABLE claims --",1]').decode()
    bomb = base64.urlsafe_b64encode(zlib.compress(b"[" + b"0," * 500_000 + b"0]")).decode()
    rows = {
        "D1 empty": "",
        "D1 10 kB": "A" * 10_000,
        "D1 as long as it may be": "A" * 1000,
        "D1 of another desk": another.seal([1], bound),
        "D1 without signature": body,
        "D1 empty signature": f"{body}.",
        "D1 signature alone": signature,
        "D1 padded": f"{cursor}=",
        "D1 blank behind": f"{cursor} ",
        "D1 number": "1",
        "D1 accents": "é" * 20,
        "D1 NUL": f"{cursor}\x00",
        "D2 SQL": "' OR 1=1 --",
        "D2 SQL in base64": injected,
        "D2 SQL in base64, signed by nobody": f"{injected}.{signature}",
        "D2 SQL, signed by another": another.seal(["' OR 1=1 --"], bound),
        "D2 a pickle": f"{base64.urlsafe_b64encode(bytes([128, 4, 149, 46])).decode()}.{signature}",
        "D2 a bomb": f".{bomb[:900]}.{signature}",
    }
    with Refusals(desk) as refused:
        for at, (row, given) in enumerate(rows.items()):
            for path in {here, *few(paths, at, 2)}:
                refused(row, UNREAD_OR_NOT_ALLOWED, "GET", path + asked(limit="1", cursor=given))
        for place, letter in enumerate(cursor):
            bits = range(7) if place == len(cursor) - 1 else (place % 7,)
            for bit in bits:
                flipped = cursor[:place] + chr(ord(letter) ^ 1 << bit) + cursor[place + 1 :]
                refused(f"D1 bit {bit} at {place}", UNREAD_OR_NOT_ALLOWED, "GET", here + asked(cursor=flipped))
        for more in ({"kind": "group"}, {"q": "rally"}):
            refused("D1 other filter", 422, "GET", here + asked(cursor=cursor, **more))
        for more in ({"status": "verified"}, {"sort": "created_at"}, {"q": "people"}, {"tag": "rally"}):
            refused("D1 other filter", 422, "GET", "/v1/claims" + asked(cursor=of_claims, **more))
        for path in paths:
            if path != here:
                refused("D1 other list", 422, "GET", path + asked(cursor=cursor))
    for parameters in ({}, {"limit": "1"}, {"count": "true"}):
        assert desk.get(here + asked(cursor=cursor, **parameters)).status_code == 200


def test_a_cursor_is_not_taken_for_a_token(desk: Desk) -> None:
    sealed = Cursors(SECRET).seal([592069], urlencode([("", "/v1/changes")]))
    assert tokens.MARK in sealed  # by chance, in the signature
    assert desk.get(f"/v1/changes?cursor={sealed}").json["items"] == []


QUERIES = {
    "D3": f"""limit=abc limit=-1 limit=0 limit={10**20} limit=201 limit=1.0 limit=1e2 limit=%2B5 limit=+5 limit= limit
        limit=0x10 limit=1_0 limit=5%00 limit=null limit[]=5 Limit=5""",
    "C10": "limit=١ limit=٥٠ limit=５ limit=%D9%A1 limit=¹ limit=১",
    "D4": "q=%00 q=rally%00 cursor=%00 limit=%00 %00=1 external_id=%00",
    "D6": "limit=%ff %ff=1 q=%ff q=%c0%af q=%ed%a0%80 q=rally%f0%9f%98 cursor=%80",
    "D8": """status[$ne]=verified status__gt=a status__in=verified password_hash=x sort=password_hash sort=-id $where=1
        sort=updated_at,created_at sort=updated_at;DROP sort[]=updated_at fields=token include=people __proto__=1
        filter[status]=verified _method=DELETE offset=1 page=2""",
    "D11": f"limit=1&limit=1 limit=1&limit=2 x=1 = =1 {'&'.join(['limit=1'] * 100)} {'a=&' * 10_000}",
    "E8": f"token=fck_{'a' * 43} access_token=%66ck_{'a' * 43} q=fck%5Fabcdefgh fck_abcdefgh=1 cursor=fck_abcdefgh",
}
QUERIES_OF_CLAIMS = {
    "D4": "tag=%00 tag=rally%00x status=verified%00 source=%00 updated_since=%00",
    "D5": 'q=%25 q=_ q=* q=%25%25 q=" q=-rally q=%5C q=%27%27',
    "D8": f"""status=true status=verified,evil status=verified, status= status=Verified kind=x kind=factual,quantity q=
        sort=text sort=UPDATED_AT source=x source={NO_ID}x origin=1 article=%27%20OR%201=1 reviewed_by=me count=1
        count=TRUE count= source_kind=group""",
    "D11": "status=verified&status=disputed q=a&q=b sort=updated_at&sort=updated_at tag=a&tag=a",
}
NO_INSTANTS = """0001-01-01T00:00:00%2B14:00 9999-12-31T23:59:59-14:00 2023-11-06 2023-11-06T00:00:00 now 1699228800
    0000-01-01T00:00:00Z 10000-01-01T00:00:00Z 2023-11-06T24:00:01Z 2023-11-06T00:00:00%2B24:00 ٢٠٢٣-11-06T00:00:00Z
    2016-12-31T23:59:60Z"""


def test_queries_that_no_list_takes(desk: Desk) -> None:
    of_all = doors(desk)
    claim, article = of_all["amended claim"].path, of_all["amended article"].path
    paths = lists_of(claim, article)
    with Refusals(desk) as refused:
        for row, queries in QUERIES.items():
            for at, query in enumerate(queries.split()):
                status = 400 if row == "E8" and "cursor" not in query else UNREAD_OR_NOT_ALLOWED
                for path in {"/v1/claims", *few(paths, at, 3)}:
                    refused(f"{row} {query[:60]}", status, "GET", f"{path}?{query}")
        for row, queries in QUERIES_OF_CLAIMS.items():
            for query in queries.split():
                refused(f"{row} {query}", UNREAD_OR_NOT_ALLOWED, "GET", f"/v1/claims?{query}")
        for instant in NO_INSTANTS.split():
            refused(f"D10 {instant}", 422, "GET", f"/v1/claims?updated_since={instant}")
            refused(f"D10 {instant}", 422, "GET", f"{claim}?as_of={instant}")
        for query in ("after=abc", "after=-2", f"after={10**20}", "after=١", "after=", "after=1.0", "after=0&cursor=x"):
            refused(f"D3 {query}", 422, "GET", f"/v1/changes?{query}")
        for path in ("/v1/me", f"{article}/snapshots/1", claim):
            for query in ("x=1", "limit=1", "status=verified", "_method=DELETE"):
                refused(f"D11 {query}", 422, "GET", f"{path}?{query}")
        for door in of_all.values():
            refused.body("D11 with a body", 422, door._replace(path=f"{door.path}?dry_run=true"), door.body)
            asked_with_token = door._replace(path=f"{door.path}?token={desk.tokens['admin']}")
            refused.body("E8 with a body", 400, asked_with_token, door.body, by=None)
        refused("E8 instead of the header", 400, "GET", f"/v1/me?access_token={desk.tokens['admin']}", by=None)
    demand_doors_open(desk, of_all)


def test_searches_and_filters_match_to_the_letter(desk: Desk) -> None:
    of_all = doors(desk)
    demand_doors_open(desk, {"claim": of_all["claim"]})

    def found(**query: str) -> int:
        total: int = desk.get("/v1/claims" + asked(count="true", **query)).json["total"]
        return total

    assert (found(), found(tag="rally"), found(external_id="c-1"), found(q="million")) == (3, 1, 1, 3)
    for tag in ("%", "rall_", "r%", "' OR 1=1", "RALLY"):
        assert found(tag=tag) == 0, tag
    for external_id in ("%", "c_1", "c-%", "C-1"):
        assert found(external_id=external_id) == 0, external_id
    for q in ("mill", "mill%", "mill_on", "%illion", "NEAR(million people)", "mill:*", "text:million",
              "million | rally", "nobody' OR '1'='1"):  # fmt: skip
        assert found(q=q) == 0, q
    for q in ("million!", "^million", "(million)", "million;--", "'million'", "MILLION", "*million*",
              "nobody OR million", "million' OR '1'='1", '"million" OR "nobody"'):  # fmt: skip
        assert found(q=q) == 3, q
    for when, number in {
        "0001-01-01T00:00:00Z": 3,
        "0001-01-01T14:00:00+14:00": 3,
        "9999-12-31T23:59:59.9Z": 0,
    }.items():
        assert found(updated_since=when) == number, when
    for day in ("0001-01-01", "9999-12-31"):
        article = desk.article(published_on=day)["id"]
        assert desk.get(f"/v1/articles/{article}").json["published_on"] == day
    assert len(desk.get("/v1/articles").json["items"]) == 3


NO_IDS = f"""{NO_ID} {2**63} {"9" * 20} {"9" * 5000} 0 -1 1 true null %00 %ff .. %2e%2e '%20OR%201=1 * ٢ {NO_ID[:-1]}
    {NO_ID}0 {{{NO_ID}}} {NO_ID.replace("-", "")} {NO_ID}%00 {NO_ID}%0a {NO_ID.upper()} fck_{"a" * 43}
    00000000-0000-0000-0000-000000000000 ffffffff-ffff-ffff-ffff-ffffffffffff"""
READS = """/v1/sources/ID /v1/sources/ID/judgments /v1/sources/ID/relations /v1/articles/ID /v1/articles/ID/snapshots
    /v1/articles/ID/snapshots/1
    /v1/claims/ID /v1/claims/ID/evidence /v1/claims/ID/relations /v1/claims/ID/reviews /v1/claims/ID/history
    CLAIM/evidence/ID CLAIM/reviews/ID"""


def test_ids_that_nothing_has(desk: Desk) -> None:
    of_all = doors(desk)
    claim, article = of_all["amended claim"].path, of_all["amended article"].path
    writes = {
        "/v1/claims/ID/evidence": of_all["evidence"],
        "/v1/claims/ID/relations": of_all["relation"],
        "/v1/claims/ID/reviews": of_all["review"],
        "/v1/claims/ID/withdrawal": of_all["withdrawal"],
        "CLAIM/evidence/ID/withdrawal": of_all["withdrawn evidence"],
        "/v1/sources/ID/judgments": of_all["judgment"],
        "/v1/sources/ID/relations": of_all["source relation"],
        "/v1/sources/ID/merge": of_all["merge"],
        "/v1/sources/ID": of_all["amended source"],
        "/v1/articles/ID": of_all["amended article"],
        "/v1/claims/ID": of_all["amended claim"],
    }
    with Refusals(desk) as refused:
        for at, each in enumerate(NO_IDS.split()):
            for path in READS.split() if each == NO_ID else few(READS.split(), at, 5):
                refused(f"D7 {each}", 404, "GET", path.replace("ID", each).replace("CLAIM", claim))
            for path, door in writes.items() if each == NO_ID else few(list(writes.items()), at, 4):
                path = path.replace("ID", each).replace("CLAIM", claim)
                refused.body(f"D7 {each}", 404, door._replace(path=path), door.body)
        for number in (
            str(2**63),
            str(2**31),
            "9" * 20,
            "9" * 5_000,
            "0",
            "-1",
            "2",
            "1.0",
            "1e0",
            "%00",
            "1%00",
            NO_ID,
        ):
            refused(f"D7 snapshot {number}", 404, "GET", f"{article}/snapshots/{number}")
    demand_doors_open(desk, of_all)


def test_a_snapshots_number_has_ascii_digits(desk: Desk) -> None:
    article = desk.article()["links"]["self"]
    with Refusals(desk) as refused:
        for number in ("١", "１", "%D9%A1"):
            refused(f"C10 snapshot {number}", 404, "GET", f"{article}/snapshots/{number}")


def test_tokens_that_are_not_good_for_it(desk: Desk) -> None:
    of_all = doors(desk)
    for_analysts = ("review", "withdrawn evidence", "judgment", "merge", "withdrawal")
    with desk.database.writing() as session:
        operator = people.operator(session)
        expired = people.issue_token(session, operator, name="Test admin", lasts=timedelta(seconds=-1))
        revoked = people.issue_token(session, operator, name="Test admin")
    assert desk.get("/v1/me", by=None, headers={"Authorization": f"Bearer {revoked}"}).status_code == 200
    with desk.database.writing() as session:
        this = Token.digest == digest(revoked)
        session.execute(update(Token).where(this).values(revoked_at=Token.created_at))
        people.disable(session, people.operator(session), name="Test analyst")
    good = desk.tokens["admin"]
    ended = {"expired": expired, "revoked": revoked, "of a disabled person": desk.tokens["analyst"]}
    bad = {
        "nobody's": f"Bearer fck_{'a' * 43}",
        "cut short": f"Bearer {good[:-1]}",
        "too long": f"Bearer {good}a",
        "another case": f"Bearer fck_{good[4:].swapcase()}",
        "twice": f"Bearer {good},Bearer {good}",
        "two words": f"Bearer {good} {good}",
        "another scheme": f"Token {good}",
        "no scheme": good,
        "Basic": "Basic " + base64.b64encode(f"admin:{good}".encode()).decode(),
        "nothing": "",
        "scheme alone": "Bearer ",
        "not ASCII": "Bearer fck_é",
        "the digest": f"Bearer fck_{digest(good).hex()}",
        "SQL": "Bearer fck_' OR 1=1 --",
    }
    public = desk.with_settings(public_read=True)
    public.tokens = {**desk.tokens, "analyst": good}  # the lists are read by the analyst, who has no other token now
    with Refusals(public) as refused:
        for at, (row, value) in enumerate(
            [(row, f"Bearer {token}") for row, token in ended.items()] + list(bad.items())
        ):
            for door in of_all.values() if row in ended else few(list(of_all.values()), at, 3):
                answer = refused.body(f"E7 {row}", 401, door, door.body, by=None, headers={"Authorization": value})
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            refused(f"E7 {row}", 401, "GET", "/v1/claims", by=None, headers={"Authorization": value})
        for name, door in of_all.items():
            refused.body(f"E7 nobody {name}", 401, door, door.body, by=None)
            answer = refused.body(f"E7 reader {name}", 403, door, door.body, by="reader")
            assert answer.json["role"] in list(Role)
            refused.body(f"E7 reader with nonsense {name}", 403, door, b"{", by="reader")
            if name in for_analysts:
                refused.body(f"E7 contributor {name}", 403, door, door.body, by="contributor")
    demand_doors_open(desk, of_all)


CANARY = "fck_" + "CANARY-" * 6 + "x"
WORD = "cAnArY-pAsSwOrD"
LINK = "cAnArY-oF-a-LiNk-" * 2
HEADERS = """X-Request-Id If-Match If-None-Match Idempotency-Key Referer User-Agent Origin X-Api-Key Accept Host
    Content-Type Content-Encoding X-Forwarded-For Accept-Language"""
PATHS = f"/TOKEN /v1/claims/TOKEN /v1/TOKEN /problems/TOKEN /static/TOKEN /login/TOKEN /login/{LINK} /login/{LINK}/"


def with_canaries(of_all: dict[str, Door]) -> Iterator[Json]:
    """Yield requests that hold a token, a password or a login link where it belongs and where it does not."""
    source, claim = of_all["source"], of_all["amended claim"]
    wrong = {
        "kind": CANARY,
        "name": CANARY,
        "aliases": [CANARY, CANARY],
        "same_as": [f"ftp://{CANARY}@x/"],
        "password": WORD,
    }
    for shown in (
        f"Bearer {CANARY}",
        f"bearer  {CANARY}",
        f"Token {CANARY}",
        CANARY,
        f"Basic {WORD}",
        f"Bearer x{CANARY}",
    ):
        yield {"path": "/v1/me", "by": None, "headers": {"Authorization": shown}}
    yield {"path": "/v1/me", "by": None, "headers": {"Cookie": f"factcheck={WORD}; session={CANARY}"}}
    for name in [*HEADERS.split(), CANARY]:
        # A password for a request's id would be told: ids are there to be found again in logs.
        for value in (CANARY, f"https://x/?token={CANARY}", WORD)[: 2 if name == "X-Request-Id" else 3]:
            yield through(source, wrong, headers={name: value})
            yield through(claim, {"text": None}, headers={name: value})
            yield {"path": "/nothing", "headers": {name: value}}
    for query in ("token=TOKEN", "q=TOKEN", "TOKEN=1", "cursor=TOKEN", "x=1%00TOKEN", f"access_token=%66{CANARY[1:]}"):
        for path in ("/v1/claims", "/v1/me", "/", "/nothing", "/login/x"):
            yield {"path": f"{path}?{query.replace('TOKEN', CANARY)}"}
    for path in [*PATHS.split(), f"{claim.path}/evidence/TOKEN", f"/%66{CANARY[1:]}"]:
        for accept in ("*/*", "text/html"):
            request = {"path": path.replace("TOKEN", CANARY), "headers": {"Accept": accept}}
            yield from (request, request | {"method": "POST", "by": None})
    raw = CANARY.encode()
    bodies: list[Any] = [wrong, {CANARY: 1}, {"name": {CANARY: {CANARY: 1}}}, raw, b'{"%b":1,"%b":2}' % (raw, raw)]
    bodies += [b'{"a":"%b\\u0000"}' % raw, {"name": "X", "kind": "group", "external_id": CANARY}]
    bodies += [{"name": WORD, "kind": WORD, "password": WORD, "token": CANARY}]
    for body in bodies:
        for door in (source, claim, of_all["review"]):
            yield through(door, body)
    for pointer in ("/quotes/0/exact", "/quotes/0/prefix", "/article_id", "/tags/0", "/attribution/0/source_id"):
        yield through(of_all["claim"], of_all["claim"].with_(pointer, CANARY))
    yield {"path": "/v1/me", "method": CANARY}


def test_secrets_are_told_to_nobody(desk: Desk, logged: io.StringIO, caplog: pytest.LogCaptureFixture) -> None:
    of_all = doors(desk)
    desk.source(external_id=CANARY)
    desk.app.config["WTF_CSRF_ENABLED"] = False
    with desk.database.writing() as session:
        link = people.issue_login_link(session, people.operator(session), name="Test admin")
    requests = [*with_canaries(of_all), *[{"path": f"/login/{link}", "method": "POST", "by": None}] * 2]
    told = [(request, desk.request(**{"method": "GET", **request})) for request in requests]
    unreachable = desk.with_settings(database_url=f"postgresql+psycopg://somebody:{WORD}@127.0.0.1:1/nowhere")
    told += [({"path": path}, unreachable.get(path)) for path in ("/v1/me", "/readyz", "/")]

    refused = [(request, answer) for request, answer in told if answer.status_code >= 400]
    assert {400, 401, 404, 405, 409, 415, 422, 503} == {answer.status_code for _, answer in refused}
    lines = logged.getvalue().splitlines()
    assert len(lines) >= len(told) > 200
    assert all(json.loads(line)["event"] for line in lines)
    metrics = desk.get("/metrics", by=None).get_data(as_text=True)
    assert "factcheck_requests_total" in metrics
    for hidden in (CANARY, CANARY[4:], WORD, LINK, link, *desk.tokens.values()):
        assert [line for line in lines if hidden in line] == []
        assert (caplog.text.count(hidden), metrics.count(hidden)) == (0, 0)
        for request, answer in refused:
            assert hidden.encode() not in answer.get_data(), (request, answer.get_data()[:500])


FORGED: list[dict[str, str]] = [
    {"Host": "evil.example"},
    {"Host": "evil.example:99999"},
    {"Host": "[::1]:8"},
    {"Host": "UPPER_case.example."},
    {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/evil"},
    {"Forwarded": "for=192.0.2.1;host=evil.example;proto=https"},
    {"X-Original-URL": "/metrics", "X-Rewrite-URL": "/metrics", "X-Host": "evil.example"},
    {"X-HTTP-Method-Override": "DELETE", "X-HTTP-Method": "DELETE", "X-Method-Override": "DELETE"},
    {"X-Real-IP": "127.0.0.1", "X-Forwarded-For": "127.0.0.1", "X-Forwarded-User": "admin", "X-Remote-User": "admin"},
]


def test_headers_that_nobody_set_up_change_nothing(desk: Desk) -> None:
    of_all = doors(desk)
    claim = of_all["amended claim"].path
    paths = f"""/ /docs /openapi.json /healthz /readyz /.well-known/security.txt /problems/stale /login/x /nothing
        /v1/me /v1/claims?limit=1 /v1/sources?limit=1&q=organisers /v1/changes?limit=2 {claim} {claim}/history?limit=1
        /v1//claims //v1/claims //evil.org/v1/claims /v1//claims?limit=1&q=a%20b /v1/claims/""".split()

    def plain(answer: TestResponse) -> tuple[int, dict[str, str], bytes]:
        """Leave out what differs from one request to the next."""
        headers = {name: value for name, value in answer.headers if name not in ("X-Request-Id", "Set-Cookie")}
        body = answer.get_data().replace(answer.headers["X-Request-Id"].encode(), b"")
        return answer.status_code, headers, re.sub(rb'name="(csrf_token|key)"[^>]*>|Expires: .*', b"", body)

    for path in paths:
        for accept in ("application/json", "text/html")[: 1 if path.startswith("/v1") else 2]:
            expected = plain(desk.get(path, headers={"Accept": accept}))
            for forged in FORGED:
                assert plain(desk.get(path, headers={"Accept": accept, **forged})) == expected, (path, forged)
    redirect = desk.get("/v1//claims?limit=1&q=a%20b", headers=FORGED[0])
    assert (redirect.status_code, redirect.headers["Location"]) == (308, "/v1/claims?limit=1&q=a%20b")
    assert desk.get("/v1/sources?limit=1", headers=FORGED[4]).headers["Link"].startswith("</v1/sources?limit=1&cursor=")
    for forged in FORGED:
        made = desk.post("/v1/sources", {"name": "S", "kind": "group"}, headers=forged)
        assert made.headers["Location"] == made.json["links"]["self"] == f"/v1/sources/{made.json['id']}"
    with desk.database.writing() as session:
        link = people.issue_login_link(session, people.operator(session), name="Test admin")
    desk.app.config["WTF_CSRF_ENABLED"] = False
    entered = desk.request("POST", f"/login/{link}", by=None, headers=FORGED[0] | FORGED[4])
    assert (entered.status_code, entered.headers["Location"]) == (303, "/")
    assert "Domain" not in entered.headers["Set-Cookie"]

    changed, override = {"text": "Changed."}, dict.fromkeys(FORGED[7], "PATCH")
    with Refusals(desk) as refused:
        refused("E13 override", 405, "POST", claim, json=changed, headers=override | {"If-Match": "*"})
        refused("E13 override in the query", (405, 422), "POST", f"{claim}?_method=PATCH", json=changed)
        for method in ("DELETE", "PUT", "TRACE", "CONNECT", "PROPFIND"):
            refused("E13 another method", 405, method, claim)
        body = of_all["source"].body
        refused("E13 a user's name", 401, "POST", "/v1/sources", json=body, by=None, headers=FORGED[8])


def test_a_forged_address_does_not_get_around_the_limit(desk: Desk) -> None:
    limited = desk.with_settings(rate_limit="3/day")
    forged = [dict.fromkeys(("X-Forwarded-For", "X-Real-IP", "Forwarded"), f"192.0.2.{at}") for at in range(4)]
    answers = [limited.get("/openapi.json", by=None, headers=each) for each in forged]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert answers[-1].json["request_id"]


def test_counts_are_forgotten_without_a_thread_a_hundred_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    class Timer(threading.Timer):
        def start(self) -> None:
            started.append(self)
            super().start()

    monkeypatch.setattr(threading, "Timer", Timer)
    counts = Counts()
    rate, counted = FixedWindowRateLimiter(counts), parse("1/second")
    began = time.monotonic()
    for at in range(200):
        assert rate.hit(counted, str(at))
    assert len(counts.storage) == 200
    while len(counts.storage) > 2:
        assert time.monotonic() - began < 30
        rate.hit(counted, "another")
        time.sleep(0.001)
    assert 1 < len(started) <= 2 + (time.monotonic() - began) / Counts.SWEPT


def test_guessing_tokens_does_not_get_around_the_limit(desk: Desk) -> None:
    limited = desk.with_settings(rate_limit="3/day")
    guesses = [{"Authorization": f"Bearer fck_{str(at) * 43}"} for at in range(4)]
    assert [limited.get("/v1/me", by=None, headers=each).status_code for each in guesses] == [401, 401, 401, 429]


ADDRESSES = r"""
javascript:alert(1) JaVaScRiPt:alert(1) \x20javascript:alert(1) java\nscript:alert(1) java\tscript:alert(1)
\x01javascript:alert(1) javascript&colon;alert(1) javascript://example.org/%0aalert(1) \uff4aavascript:x %6aavascript:x
javascript\uff1ax \u200bjavascript:alert(1) \ufeffjavascript:alert(1) data:text/html,<script>alert(1)</script>
data:text/html;base64,PHNj vbscript:msgbox(1) VBScript:x
file:///etc/passwd ftp://example.org/ ws://example.org/ blob:https://example.org/1
urn:x view-source:https://example.org about:blank mailto:a@example.org gopher://example.org jar:https://example.org!/
x:// feed:https://example.org //example.org ///example.org /\\example.org \\\\example.org https:example.org
https:/example.org https:///x https:\\\\example.org https:// http:// https://?x https://#x https://:80
https://\x20example.org example.org
https://user:pass@example.org https://user@example.org https://@example.org https://:@example.org https://a:b@c@example.org
https://example.com@evil.org https://example.org\\@evil.org https://example.org%40evil.org https://u%3ap@example.org
https://exa\x20mple.org https://example.org/a\x20b https://example.org/\n \nhttps://example.org https://example.org/\r\nX:y
https://example.org/\t ht\ntps://example.org https://example.org\x20 \x20https://example.org https://example.org\u2028
https://example.org/\u00a0 https://example.org\u3000 https://example.org/\x7f https://example.org/\u202egpj.exe
https://example.org/\u2066x https://exa\u200bmple.org https://exam\u00adple.org https://example.org\u200d https://[x]/
https://example.org/\ufeff https://example.org/\ue000 https://example.org/\ufffe https://%65xample.org https://example%2eorg
https://example.org%2f.evil.org https://%00/ https://example.org%0d%0aX https://example.org\uff0fevil.org https://::1]
https://example.org\uff20evil.org https://example.org\u2100evil.org https\uff1a//example.org https://example.org:99999
https://example.org:-1 https://example.org:0 https://example.org:x https://example.org:\uff18\uff10 https://[::1
https://example.org:80:80 https://[::1]evil.org https https: : :// \x20 https://example.org/\x00 https://example.org/\ud800
"""


def test_addresses_in_disguise(desk: Desk) -> None:
    of_all = doors(desk)
    fields = [("evidence", "/url"), ("evidence", "/archived_url"), ("review", "/evidence/0/url"), ("article", "/url")]
    fields += [("review", "/evidence/0/archived_url"), ("source", "/same_as/0"), ("amended article", "/url")]
    fields += [("amended source", "/same_as/0")]
    addresses: list[Any] = [each.encode().decode("unicode_escape") for each in ADDRESSES.split()]
    addresses += ["", "https://example.org/" + "a" * 2000, 5, True, [], {}, ["https://example.org"]]
    with Refusals(desk) as refused:
        for at, address in enumerate(addresses):
            for name, pointer in {fields[0], *few(fields, at, 2)}:
                refused.value(f"F2 {name}", of_all[name], pointer, address)
    for address in (
        "HTTPS://Example.ORG:8443/a?b=c&d=%20#e",
        "http://пример.рф/путь",
        "https://[2001:db8::1]/",
        "https://e.org/@a",
    ):
        made = desk.request(**through(of_all["evidence"], of_all["evidence"].with_("/url", address)))
        assert (made.status_code, made.json["url"]) == (201, address)
    demand_doors_open(desk, of_all)


def test_header_values_that_would_split_or_lie(desk: Desk) -> None:
    of_all = doors(desk)
    claim, source = of_all["amended claim"], of_all["source"]
    split = [
        "a\r\nSet-Cookie: b=c",
        "a\nb",
        "a\rb",
        "a\r\n\r\n<html>",
        "\r\n",
        "a\x00b",
        "a\x0bb",
        "a\x85b",
        "a\xe2\x80\xa8b",
    ]
    ids = [*split, "", " ", "a b", "a;b", '"a"', "a" * 129, "é", "<script>", "-a", "${jndi:ldap://x}", '{"a":1}']
    keys = [*split, "", " ", "é", "a" * 256, "\ta", "a\t", "a\x7f"]
    matches = [*split, "", '"a" "b"', '*, "a"', '"a", *', '"a\x00"', '"a"\r\n', '"a"\n', '"a b"', '"a"; "b"']
    matches += [",", ",,", "abc", '"abc', 'abc"', '"a",', ',"a"', "**", "W/abc", 'w"a"', "'a'", '"a"b"', "*;"]
    with Refusals(desk) as refused:

        def send(header: str, value: str, names: Sequence[str]) -> None:
            for name in names:
                request = through(of_all[name], of_all[name].body, environ_overrides={"HTTP_" + header: value})
                if header == "IF_MATCH":
                    del request["headers"]["If-Match"]
                answer = refused(f"F4 {header} {value!r} {name}", 400, **request)
                assert "Set-Cookie" not in answer.headers
                assert re.fullmatch("[0-9a-f-]{36}", answer.headers["X-Request-Id"])

        posts = [name for name, door in of_all.items() if door.method == "POST"]
        matched = [name for name, door in of_all.items() if door.method == "PATCH" or name == "review"]
        for at, value in enumerate(ids):
            send("X_REQUEST_ID", value, few(list(of_all), at, 2))
        for at, value in enumerate(keys):
            send("IDEMPOTENCY_KEY", value, few(posts, at, 3))
        for at, value in enumerate(matches):
            send("IF_MATCH", value, few(matched, at, 2))
        for value in ('"a"', 'W/"a"', '"a", "b"', '""', '"a","b"'):
            answer = refused.body(f"H2 {value}", 412, claim, claim.body, headers={"If-Match": value})
            assert answer.headers["ETag"] == desk.etag(claim.path.rpartition("/")[2])
    kept = desk.request(**through(source, OBJECT, headers={"X-Request-Id": "a.B-9_:+=/~", "Idempotency-Key": "a b~"}))
    assert (kept.status_code, kept.headers["X-Request-Id"]) == (201, "a.B-9_:+=/~")
    one_of_two = f' "a" ,\t{desk.get(claim.path).headers["ETag"]} '
    assert desk.request(**through(claim, {"text": "Changed."}, headers={"If-Match": one_of_two})).status_code == 200


LIMIT = 65_536  # bytes of a body


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    server = Served(tmp_path, FACTCHECK_MAX_BODY_BYTES=str(LIMIT))
    try:
        server.wait()
        yield server
    finally:
        server.stop()


@pytest.mark.slow
def test_requests_smuggled_and_bodies_without_end(served: Served) -> None:
    size, hidden = len(OBJECT), b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (size, OBJECT)

    def post(*lines: bytes) -> bytes:
        return served.head("POST", "/v1/sources", *lines)

    def length(number: object) -> bytes:
        return f"Content-Length: {number}".encode()

    te = b"Transfer-Encoding: chunked"
    count = served.sources()
    # A19: refused, the connection closed, and what hid behind it not answered.
    for row, head, body in (
        ("two lengths", post(length(size), length(size + len(hidden))), OBJECT),
        ("two lengths, the other way round", post(length(size + len(hidden)), length(size)), OBJECT),
        ("a list of two lengths", post(length(f"{size}, {size + 1}")), OBJECT),
        ("a list of one length twice", post(length(f"{size}, {size}")), OBJECT),
        ("a length with a sign", post(length(f"+{size}")), OBJECT),
        ("a negative length", post(length(-1)), OBJECT),
        ("a length in hex", post(length(hex(size))), OBJECT),
        ("an endless length", post(length("9" * 30)), OBJECT),
        ("an unknown coding", post(b"Transfer-Encoding: xchunked"), chunked),
        ("chunked, then more", post(b"Transfer-Encoding: chunked, identity"), chunked),
        ("two codings", post(te, b"Transfer-Encoding: identity"), chunked),
        ("a blank before the colon", post(b"Transfer-Encoding : chunked"), chunked),
        ("a folded header", post(b"X-A: b\r\n c", length(size)), OBJECT),
        ("a chunk's size that is none", post(te), b"zz\r\n" + chunked),
        ("a negative chunk", post(te), b"-1\r\n" + chunked),
    ):
        assert statuses(served.ask(head + body + hidden)) == [400], row
    assert served.sources() == count
    # One length told twice, and chunked beside a length: RFC 9110 and 9112 let a server take these, and this one does.
    # What counts is that nothing hides: one answer for one request, and a closed connection where the two disagree.
    for row, head, body in (
        ("chunked and the length of it", post(length(len(chunked)), te), chunked),
        ("chunked and a length that hides", post(te, length(len(chunked) + len(hidden))), chunked),
        ("chunked and a short length", post(length(3), te), chunked),
    ):
        assert statuses(served.ask(head + body + hidden)) in ([201], [400]), row
    assert statuses(served.ask(post(length(size), length(size)) + OBJECT + hidden)) in ([201, 200], [400])
    assert statuses(served.ask(post(te) + chunked + hidden)) == [201, 200]

    # B1: refused on sight of the length; nothing of the body was sent.
    count = served.sources()
    for expects in ((), (b"Expect: 100-continue",)):
        for number in (LIMIT + 1, 10**10, 2**63):
            answer = served.ask(post(length(number), *expects))
            assert statuses(answer) == [413], number
            assert b"application/problem+json" in answer
            assert b'"request_id":"' in answer
    # B2: the limit is counted where no length was told, whatever the first part of the body is.
    for size_of_all, expected in ((LIMIT, 201), (LIMIT + 1, 413), (2 * LIMIT, 413)):
        body = OBJECT.ljust(size_of_all)
        for of_chunk in (4096, size_of_all):
            parts = [body[at : at + of_chunk] for at in range(0, len(body), of_chunk)]
            chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
            answer = served.ask(post(te, b"Connection: close"), chunks, b"0\r\n\r\n")
            assert statuses(answer) == [expected], (size_of_all, of_chunk, answer[-300:])
    assert served.sources() == count + 2
    first = b"%x\r\n%b\r\n" % (LIMIT, OBJECT.ljust(LIMIT))
    for method, path in (("POST", "/v1/sources"), ("PATCH", f"/v1/claims/{NO_ID}")):
        head = served.head(method, path, te, b"If-Match: *")
        sent, answer = served.pour(head + first, b"1000\r\n" + b" " * 4096 + b"\r\n")
        assert statuses(answer) in ([413], [])  # the answer may be lost when the connection is reset under it
        assert sent < 32 * 1024 * 1024
    # A body that ends before its length counts for nothing, even when what came is an object.
    assert statuses(served.ask(post(length(size + 10)) + OBJECT, then_stop=True)) in ([400], [])
    assert served.sources() == count + 2

    # F4 over the wire: no header of the answer comes from one of the request.
    for raw in (b"a\rb", b"a\r\n b", b"a\x00b", b"a\xe9", b"a\xc2\x85", b"a\x0bb"):
        for name in (b"X-Request-Id", b"Idempotency-Key", b"If-Match"):
            answer = served.ask(post(length(size), b"Connection: close", name + b": " + raw) + OBJECT)
            if name != b"If-Match":  # which entering a source does not look at
                assert statuses(answer) == [400], (name, raw)
            assert raw not in answer.partition(b"\r\n\r\n")[0]
    secret = CANARY.encode()
    for request in (
        b"GET /v1/me?token=%b HTTP/1.1\r\nHost: x" % secret,
        b"GET /%b HTTP/1.1\r\nHost: x" % secret,
        b"GET /v1/me HTTP/1.1\r\nHost: %b\r\nAuthorization: Bearer %b\r\nCookie: factcheck=%b"
        % (secret, secret, secret),
        b"%b / HTTP/1.1\r\nHost: x" % secret.replace(b"_", b"-"),
        b"GET http://somebody:%b@x/v1/me HTTP/1.1\r\nHost: x" % secret,
    ):
        answer = served.ask(request + b"\r\nConnection: close\r\n\r\n")
        assert statuses(answer)[0] >= 400
        assert secret not in answer
    served.stop()
    written = served.log.read_text()
    assert len(written.splitlines()) > 20
    for hidden_word in (CANARY, served.token):
        assert hidden_word not in written
    assert {json.loads(line)["event"] for line in written.splitlines()} <= {"request", "checkpoint"}


@pytest.mark.parametrize("form", [b"%" * 2_000_000, b"a=%", b"a=%4", b"a=%zz&b=1", b"queries=%41%4g"])
def test_a_form_with_a_percent_sign_that_escapes_nothing_is_not_taken_apart(desk: Desk, form: bytes) -> None:
    """Two million of them cost 340 MB before."""
    said = "The form has a percent sign without two hexadecimal digits behind it."
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for path in ("/reconcile", "/v1alpha1/claims:search", "/session", "/sources"):
        with costs(1, 100):
            answer = desk.request("POST", path, data=form, headers=headers)
        assert answer.status_code == 400
        assert said in answer.get_data(as_text=True)


def test_pieces_of_evidence_that_are_no_evidence_are_named(desk: Desk) -> None:
    """What is asked of all pieces together is asked once each is one."""
    claim = desk.claim()["id"]
    body = {"status": "disputed", "reason": "Nobody counted them.", "evidence": [{"stance": "x", "capture": None}, 3]}
    answer = desk.review(claim, **body)
    pointers = [each["pointer"] for each in answer.json["errors"]]
    assert (answer.status_code, pointers) == (422, ["/evidence/0/stance", "/evidence/0/capture", "/evidence/1"])
    pages = [{"stance": "context", "url": f"https://news.invalid/{at}", "capture": True} for at in range(6)]
    answer = desk.review(claim, **body | {"evidence": pages})
    assert (answer.status_code, [each["pointer"] for each in answer.json["errors"]]) == (422, ["/evidence"])
