"""Quotes: where they stand is found at a bounded cost, before the transaction, and no character is cut."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, insert, update

from factcheck.desk import claims as desk_claims
from factcheck.desk.claim_state import texts
from factcheck.log.actors import Actor
from factcheck.log.clock import now
from factcheck.rules.roles import Role
from factcheck.rules.selectors import Effort, QuoteAbsent, QuoteAmbiguous, QuoteCostly, place
from factcheck.rules.text.graphemes import FLAGS, MARKS, boundary, character_at
from factcheck.schemas.base import load
from factcheck.schemas.claims import ClaimIn
from factcheck.storage.tables.articles import Article, Snapshot
from tests.bounds import costs
from tests.desk import Desk

Json = dict[str, Any]
LETTERS = "a" * 1_000_000


# ── What finding costs ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("exact", ["a", "a" * 2000, "aa" * 5000])
def test_a_quote_that_occurs_a_million_times_is_looked_for_twenty_one_times(exact: str) -> None:
    with costs(0.5, 50), pytest.raises(QuoteAmbiguous, match="more than 20 times; the first 20 are at") as caught:
        place(LETTERS, exact)
    assert [one.start for one in caught.value.places] == list(range(20))


def test_looking_for_a_quote_holds_nothing_beside_the_text() -> None:
    tracemalloc.start()
    for exact in ("a", "a" * 2000, "b", "a" * 5000 + "b"):
        with pytest.raises((QuoteAmbiguous, QuoteAbsent)):
            place(LETTERS, exact, prefix="a" * 500, suffix="a")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1_000_000


@pytest.mark.parametrize("hints", [{"prefix": "b"}, {"suffix": "b"}, {"prefix": "a" * 999 + "b", "suffix": "a" * 1000}])
def test_a_prefix_that_stands_nowhere_is_not_looked_for_at_each_of_a_million_places(hints: Json) -> None:
    with costs(0.5, 50), pytest.raises(QuoteAbsent, match=r"more than 20 times; .*, but not with this prefix"):
        place(LETTERS, "a", **hints)


def test_a_prefix_picks_one_of_a_million_places() -> None:
    text = LETTERS[:500_000] + "b" + LETTERS[:499_999]
    with costs(0.5, 50):
        assert place(text, "a", prefix="b").start == 500_001
        assert place(text, "aaa", suffix="ab").end == 499_999


@pytest.mark.parametrize("text", ["a\u0301" * 500_000, "🇫" * 500_001, "\r\n" * 500_000, "क\u094d" * 500_000])
def test_places_that_cut_a_character_are_counted_too(text: str) -> None:
    with costs(5, 50), pytest.raises((QuoteCostly, QuoteAbsent)):  # about one second
        place(text, text[0], prefix="" if text[0] != "🇫" else "a")


def test_effort_is_shared_and_ends() -> None:
    effort = Effort(2_500_000)
    for _ in range(2):
        with pytest.raises(QuoteAbsent, match="does not occur"):
            place(LETTERS, "b", effort=effort)
    with pytest.raises(QuoteCostly, match="send start and end, or fewer quotes"):
        place(LETTERS, "b", effort=effort)
    assert place(LETTERS, "aa", start=7, effort=effort).end == 9  # a place is not looked for


# ── Over HTTP ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def long(desk: Desk) -> str:
    return str(desk.article(text=LETTERS)["id"])


def bodies(article: str) -> dict[str, Json]:
    """Claims whose quotes occur a million times: one long, sixty short, and with prefixes."""
    body = {"article_id": article, "text": "T", "kind": "factual"}
    short = [{"exact": "a" * (at + 1)} for at in range(20)]
    hop = {"described_as": "Someone", "directness": "direct", "source_quotes": short, "cue_quotes": short}
    hinted = [each | {"prefix": "a" * 100, "suffix": "b"} for each in short]
    return {
        "one of 2,000 letters": body | {"quotes": [{"exact": "a" * 2000}]},
        "sixty short ones": body | {"quotes": short, "attribution": [hop]},
        "sixty with a suffix": body | {"quotes": hinted, "attribution": [hop | {"source_quotes": hinted}]},
    }


@pytest.mark.parametrize("which", ["one of 2,000 letters", "sixty short ones", "sixty with a suffix"])
def test_quotes_that_occur_a_million_times_are_refused_at_once(desk: Desk, long: str, which: str) -> None:
    """They once took three minutes in the write transaction, and 2.4 GB."""
    body = bodies(long)[which]
    entries = len(desk.changes())
    with costs(1, 60):
        answer = desk.post("/v1/claims", body)
    assert answer.status_code == 422
    quotes = body["quotes"] + [
        each for hop in body.get("attribution", []) for each in hop["source_quotes"] + hop["cue_quotes"]
    ]
    assert len(answer.json["errors"]) == len(quotes)
    for flaw in answer.json["errors"]:
        assert "more than 20 times; the first 20 are at [0, " in flaw["detail"]
        assert len(flaw.get("places", range(20))) == 20
    assert len(desk.changes()) == entries


def test_a_patch_and_imports_of_such_quotes_are_refused_at_once(desk: Desk, long: str) -> None:
    body = bodies(long)["sixty short ones"]
    placed = [{"exact": "aa", "start": 4}]
    claim = desk.made("/v1/claims", body | {"quotes": placed, "attribution": []})
    with costs(1, 60):
        answer = desk.patch(
            f"/v1/claims/{claim['id']}",
            {"quotes": body["quotes"], "attribution": body["attribution"]},
            etag=desk.etag(claim["id"]),
        )
    assert (answer.status_code, len(answer.json["errors"])) == (422, 60)
    lines = b"\n".join(orjson.dumps({"type": "claim", **each}) for each in bodies(long).values())
    with costs(1, 80):
        told = desk.post("/v1/imports", data=lines, content_type="application/x-ndjson").get_data().splitlines()
    assert [orjson.loads(line)["result"] for line in told] == ["refused"] * 3
    target = {"source": f"/v1/articles/{long}", "selector": {"type": "TextQuoteSelector", "exact": "a" * 30}}
    annotation = {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "type": "Annotation",
        "target": [target] * 20,
        "body": {"type": "TextualBody", "value": "T"},
    }
    kind = 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'
    with costs(1, 80):
        told = desk.post("/v1/imports", data=orjson.dumps(annotation), content_type=kind).get_data()
    assert b"more than 20 times" in told
    assert desk.get(f"/v1/claims/{claim['id']}").json["quotes"][0]["start"] == 4


def test_quotes_that_take_too_long_to_find_are_refused(desk: Desk, long: str) -> None:
    absent = [{"exact": "a" * (100 + at) + "b"} for at in range(20)]
    hop = {"described_as": "Someone", "directness": "direct", "source_quotes": absent, "cue_quotes": absent}
    body = {"article_id": long, "text": "T", "kind": "factual", "quotes": absent, "attribution": [hop] * 20}
    with costs(2, 100):
        answer = desk.post("/v1/claims", body)
    assert answer.status_code == 422
    told = [flaw["detail"] for flaw in answer.json["errors"]]
    assert len(told) == 100
    assert told[0] == "The quote does not occur in the article's text."
    lines = [
        orjson.dumps(
            {
                "type": "claim",
                **body,
                "attribution": [],
                "quotes": [{"exact": "a" * (200 + 20 * at + number) + "b"} for number in range(20)],
            }
        )
        for at in range(20)
    ]
    with costs(2, 100):
        answer = desk.post("/v1/imports", data=b"\n".join(lines), content_type="application/x-ndjson")
    first, *_, last = answer.get_data().splitlines()
    assert b"does not occur" in first
    assert b"takes too long" in last


@contextmanager
def statements_of_writers(desk: Desk) -> Iterator[list[str]]:
    seen: list[str] = []

    def see(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    engine = desk.database._write_engine
    event.listen(engine, "before_cursor_execute", see)
    yield seen
    event.remove(engine, "before_cursor_execute", see)


def test_no_transaction_that_writes_reads_a_text(desk: Desk) -> None:
    article = desk.article(external_id="a")["id"]
    body = {"article_id": article, "text": "T", "kind": "factual", "quotes": [{"exact": "solidarity"}]}
    hop = {"described_as": "Someone", "directness": "direct", "cue_quotes": [{"exact": "claiming"}]}
    lines = b"\n".join(
        orjson.dumps(each)
        for each in (
            {"type": "claim", **body, "article_id": "a", "text": "Imported."},
            {"type": "article", "external_id": "b", "title": "B", "text": "Another text."},
            {"type": "claim", **body, "article_id": "b", "text": "Of it.", "quotes": [{"exact": "text"}]},
        )
    )
    with statements_of_writers(desk) as seen:
        claim = desk.made("/v1/claims", body)
        patched = desk.patch(f"/v1/claims/{claim['id']}", {"attribution": [hop]}, etag=desk.etag(claim["id"]))
        assert patched.json["attribution"]["chain"][0]["cue_quotes"][0]["exact"] == "claiming"
        told = desk.post("/v1/imports", data=lines, content_type="application/x-ndjson").get_data()
    assert told.count(b'"added"') == 3
    assert len(seen) > 20
    assert [each for each in seen if "snapshots.text" in each] == []


def test_what_was_found_in_a_snapshot_that_is_not_the_newest_is_found_again(desk: Desk) -> None:
    article = desk.article()["id"]
    body = {"article_id": article, "text": "T", "kind": "factual", "quotes": [{"exact": "solidarity"}]}
    with desk.database.reading() as connection:
        found = texts.of_claim(connection, body, article=article)
    with desk.database.writing() as session:
        newer = {"article_id": article, "number": 2, "text": "So: solidarity.", "sha256": "0" * 64}
        session.execute(insert(Snapshot), newer | {"captured_at": now()})
        session.execute(update(Article).where(Article.id == article).values(snapshot_number=2))
    actor = Actor(desk.people["contributor"], "Test contributor", Role.CONTRIBUTOR, "mark")
    with desk.database.writing() as session:
        claim = desk_claims.add(session, actor, texts=found, **load(ClaimIn(), body)).id
    quote = desk.get(f"/v1/claims/{claim}").json["quotes"][0]
    assert (quote["snapshot"], quote["start"], quote["exact"]) == (2, 4, "solidarity")


def test_a_refusal_that_came_first_still_comes_first(desk: Desk) -> None:
    nobody = "0190a0a0-0000-7000-8000-000000000000"
    body = {"article_id": desk.article()["id"], "text": "T", "kind": "factual", "quotes": [{"exact": "absent"}]}
    hop = {"source_id": nobody, "directness": "direct"}
    for sent, pointer in (
        (body | {"article_id": nobody}, "/article_id"),
        (body | {"attribution": [hop]}, "/attribution/0/source_id"),
        (body, "/quotes/0"),
    ):
        answer = desk.post("/v1/claims", sent)
        assert (answer.status_code, [each["pointer"] for each in answer.json["errors"]]) == (422, [pointer])
    assert desk.post("/v1/claims", body, by="reader").status_code == 403
    claim = desk.claim()["id"]
    assert desk.patch(f"/v1/claims/{claim}", {"quotes": [{"exact": "absent"}]}).status_code == 428
    assert desk.patch(f"/v1/claims/{claim}", {"quotes": [{"exact": "absent"}]}, etag='"old"').status_code == 412


# ── Characters ──────────────────────────────────────────────────────────────────────────────────────────────────

# A text, a part of it that cuts a character, and the character, as a message shows it.
CUT = [
    ("Vive la 🇫🇷 libre", "🇫", "🇫🇷"),
    ("Vive la 🇫🇷 libre", "🇷 libre", "🇫🇷"),
    ("🇫🇷🇩🇪", "🇷🇩", "🇫🇷"),
    ("\u1100\u1161\u11a8 said", "\u1100\u1161", "\u1100\u1161\u11a8"),
    ("\u1100\u1161\u11a8 said", "\u11a8 said", "\u1100\u1161\u11a8"),
    ("end\r\nnext", "end\r", "line break"),
    ("end\r\nnext", "\nnext", "line break"),
    ("हिन्दी क्षण", "\u0937\u0923", "क्ष"),
    ("हिन्दी क्षण", "क\u094d", "क्ष"),
    ("e\u0301t\u0301", "e", "e\u0301"),
    ("👩🏽\u200d🚀 flew", "👩🏽", "👩🏽\u200d🚀"),
    ("👩🏽\u200d🚀 flew", "🚀 flew", "👩🏽\u200d🚀"),
    ("❤\ufe0f now", "❤", "❤\ufe0f"),
    ("1\ufe0f\u20e3 first", "1", "1\ufe0f\u20e3"),
    ("ก\u0e33", "ก", "ก\u0e33"),
]


@pytest.mark.parametrize(("text", "exact", "character"), CUT, ids=range(len(CUT)))
def test_a_quote_that_cuts_a_character_is_refused_and_says_which(text: str, exact: str, character: str) -> None:
    at = text.index(exact)
    for hints in ({}, {"start": at}, {"start": at, "end": at + len(exact)}):
        with pytest.raises(QuoteAbsent, match="inside of") as caught:
            place(text, exact, **hints)
        assert character in str(caught.value)
        assert ("begins" in str(caught.value)) != ("ends inside" in str(caught.value))


@pytest.mark.parametrize("text", [text for text, *_ in CUT] + ["کتاب\u200cها", "क\u200dष", "a\r\rb", "\n\r"])
def test_whole_characters_can_be_quoted(text: str) -> None:
    ends = [0, *(found.end() for found in regex.finditer(r"\X", text))]
    for start, end in ((a, b) for a in ends for b in ends if a < b):
        assert place(text, text[start:end], start=start).exact == text[start:end]


def test_halves_of_characters_are_refused_at_every_door(desk: Desk) -> None:
    article = desk.article(text="Vive la 🇫🇷 libre, said \u1100\u1161\u11a8.", external_id="a")["id"]
    body = {"article_id": article, "text": "T", "kind": "factual", "quotes": [{"exact": "libre"}]}
    claim = desk.made("/v1/claims", body)["id"]
    for half in ("🇫", "\u1100\u1161"):
        hop = {"described_as": "Someone", "directness": "direct"}
        for name, part in (
            ("/quotes/0", {"quotes": [{"exact": half}]}),
            ("/attribution/0/source_quotes/0", {"attribution": [hop | {"source_quotes": [{"exact": half}]}]}),
            ("/attribution/0/cue_quotes/0", {"attribution": [hop | {"cue_quotes": [{"exact": half}]}]}),
        ):
            for answer in (
                desk.post("/v1/claims", body | part),
                desk.patch(f"/v1/claims/{claim}", part, etag=desk.etag(claim)),
            ):
                assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, name)
                assert "which people see as one character" in answer.json["errors"][0]["detail"]
            line = orjson.dumps({"type": "claim", **body, **part})
            told = desk.post("/v1/imports", data=line, content_type="application/x-ndjson").get_data(as_text=True)
            assert "which people see as one character" in told
    assert desk.made("/v1/claims", body | {"quotes": [{"exact": "🇫🇷"}]})["quotes"][0]["exact"] == "🇫🇷"


ALPHABET = st.sampled_from(
    [*"ab \r\n", *"🇫🇷👩💻👍🏽❤", *"\u0301\u0300\u200d\u200c\ufe0f\u0600", *"क\u094dषिเ中", *"\u1112\u1161\u11ab가ำ"]
)


@given(st.text(ALPHABET, min_size=1, max_size=20))
def test_boundaries_are_those_of_the_whole_text(text: str) -> None:
    """What a window of the text says is what going through all of it from its beginning says."""
    ends = {0, *(found.end() for found in regex.finditer(r"\X", text))}
    assert [at for at in range(len(text) + 1) if boundary(text, at)] == sorted(ends)
    for found in regex.finditer(r"\X", text):
        for at in range(found.start() + 1, found.end()):
            assert character_at(text, at) == found[0]


def test_rows_of_flags_and_marks_are_looked_back_at_so_far_and_no_further() -> None:
    flags = "a" + "🇫🇷" * (FLAGS // 2 - 1)
    assert [boundary(flags, len(flags) - back) for back in (1, 2, 3, 4)] == [False, True, False, True]
    many = "a" + "\u0301" * (10 * MARKS) + "b"
    assert boundary(many, len(many) - 1)
    assert not boundary(many, 5 * MARKS)
    with costs(0.5, 50):
        for text in ("🇫" * 1_000_000, "a" + "\u0301" * 1_000_000, "👩\u200d" * 500_000):
            for at in range(500_000, 501_000):
                boundary(text, at)
