"""ClaimReviews of others, imported: none lost, none changed in meaning, and no verdict of theirs becomes ours.

FACTCHECK_TEST_REVIEWS=20000 runs the long form.
"""

import io
import json
import os
import subprocess
import sys
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from factcheck.cli import cli
from factcheck.cli.transfer import entered
from factcheck.errors import Flaw, Invalid, Unreadable
from factcheck.exchange import intake
from factcheck.exchange.import_results import Result
from factcheck.formats import foreign_reviews
from factcheck.schemas.base import safe_url
from factcheck.schemas.imports import Refused, record
from factcheck.schemas.json_pieces import records as pieces
from tests.desk import SECRET, Desk
from tests.foreign import ENVELOPES, ORGANIZATION, Meaning, many, written

Json = dict[str, Any]
REVIEWS = int(os.environ.get("FACTCHECK_TEST_REVIEWS", "150"))
LD_JSON = "application/ld+json"
CLEAN = {
    "@context": "https://schema.org",
    "@type": "ClaimReview",
    "url": "https://checks.example/1",
    "claimReviewed": "The moon is hollow.",
    "datePublished": "2021-03-04",
    "inLanguage": "en",
    "headline": "No, it is not",
    "author": {"@type": "Organization", "name": "The Checkers", "url": "https://checks.example/"},
    "reviewRating": {
        "@type": "Rating", "ratingValue": 1, "bestRating": 5, "worstRating": 1, "alternateName": "False",
        "ratingExplanation": "It rang when hit, once.",
    },
    "itemReviewed": {
        "@type": "Claim", "author": {"@type": "Person", "name": "Jo Doe"}, "datePublished": "last spring",
        "appearance": {"@type": "CreativeWork", "url": "https://posts.example/1", "headline": "A post"},
    },
}  # fmt: skip


def imported(desk: Desk, raw: bytes) -> list[Result]:
    """Import a file as the command does, in as many transactions as it takes."""
    batches = intake.batches(io.BytesIO(raw), "claimreview")
    return [result for _, results in entered(desk.database, batches) for result in results]


def sent(desk: Desk, value: Any, *, by: str = "contributor", query: str = "") -> TestResponse:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return desk.request("POST", f"/v1/imports{query}", data=raw, content_type=LD_JSON, by=by)


def told(answer: TestResponse) -> list[Json]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return [json.loads(line) for line in answer.data.splitlines()]


def claims(desk: Desk) -> list[Json]:
    answer = desk.get("/v1/claims", headers={"Accept": "application/x-ndjson"})
    return [json.loads(line) for line in answer.data.splitlines()]


def only(desk: Desk, value: Any) -> Json:
    """Import one review and return its claim."""
    outcomes = {each["result"] for each in told(sent(desk, value))}
    assert outcomes == {"added"}
    [claim] = claims(desk)
    return claim


# ── One ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_review_becomes_a_claim_that_nobody_decided(desk: Desk) -> None:
    claim = only(desk, CLEAN)
    assert (claim["text"], claim["kind"], claim["tags"]) == ("The moon is hollow.", "factual", ["claimreview"])
    assert (claim["status"], claim["attribution"]["status"]) == ("unverified", "unverified")
    assert [quote["exact"] for quote in claim["quotes"]] == ["The moon is hollow."]
    [hop] = claim["attribution"]["chain"]
    assert (hop["source"]["name"], hop["source"]["kind"], hop["directness"]) == ("Jo Doe", "person", "indirect")
    assert hop["note"] == "Said, as given: “last spring”."
    review, place = claim["evidence"]
    assert (review["stance"], review["url"], review["title"]) == ("context", CLEAN["url"], "No, it is not")
    assert (review["source"]["name"], review["source"]["kind"]) == ("The Checkers", "organization")
    assert review["excerpt"] == "It rang when hit, once."
    assert review["note"].splitlines() == [
        "What another desk decided, in its own words; nothing of it was decided here.",
        "Rating: “False”.",
        "ratingValue, as given: “1”.",
        "bestRating, as given: “5”.",
        "worstRating, as given: “1”.",
        "Published, as given: “2021-03-04”.",
        "Authors: “The Checkers”.",
    ]
    assert (place["stance"], place["url"], place["title"]) == ("context", "https://posts.example/1", "A post")
    article = desk.get(f"/v1/articles/{claim['article_id']}").json
    assert (article["title"], article["text"]) == ("[ClaimReview] No, it is not", claim["text"])
    assert (article["url"], article["published_on"], article["language"]) == (CLEAN["url"], "2021-03-04", "en")
    assert article["outlet"]["name"] == "The Checkers"


def test_ours_go_out_and_come_back_as_anothers(desk: Desk) -> None:
    """What this desk publishes, another can read: its verdict is context there."""
    at = desk.with_settings(base_url="https://facts.example", desk_name="Desk One")
    source = desk.source(name="Jo Doe", kind="person")
    claim = desk.claim(attribution=[{"source_id": source["id"], "directness": "direct"}])
    desk.review(claim["id"], status="unverifiable", reason="Nobody counted them.")
    feed = at.get("/v1/feeds/claimreviews").data
    outcomes = [each["result"] for each in told(sent(desk, feed))]
    assert outcomes == ["added", "exists", "added", "added"]  # the speaker is known here
    [back] = [each for each in claims(desk) if each["id"] != claim["id"]]
    assert (back["text"], back["status"]) == (claim["text"], "unverified")
    assert back["attribution"]["origin"]["id"] == source["id"]
    assert back["evidence"][0]["source"]["name"] == "Desk One"
    assert "“Unverifiable: not enough evidence”" in back["evidence"][0]["note"]
    assert back["evidence"][0]["excerpt"] == "Nobody counted them."


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"claimReviewed": None}, "/claimReviewed"),
        ({"claimReviewed": " \n"}, "/claimReviewed"),
        ({"claimReviewed": ["One.", "Two."]}, "/claimReviewed"),
        ({"claimReviewed": "x" * 5001}, "/claimReviewed"),
        ({"author": {"@type": "Organization", "name": "x" * 301}}, "/author"),
        ({"itemReviewed": {"author": {"@type": "Person", "name": "x" * 301}}}, "/itemReviewed/author"),
        ({"itemReviewed": {"author": ["x" * 300, "y" * 300]}}, "/itemReviewed/author"),
        ({"itemReviewed": {"appearance": [f"https://x.example/{at}" for at in range(41)]}}, "/itemReviewed/appearance"),
        ({"reviewRating": {"alternateName": "x" * 4001}}, "/reviewRating"),
    ],
)
def test_what_there_is_no_room_for_is_refused_by_its_own_name(desk: Desk, changed: Json, pointer: str) -> None:
    results = told(sent(desk, [CLEAN | changed, CLEAN]))
    assert (results[0]["line"], results[0]["type"], results[0]["result"]) == (1, "claim", "refused")
    assert [flaw["pointer"] for flaw in results[0]["problem"]["errors"]] == [pointer]
    assert {each["result"] for each in results[1:]} == {"added"}
    assert {each["line"] for each in results[1:]} == {2}


def test_several_reviews_of_one_page_are_several_claims(desk: Desk) -> None:
    same = {"@id": "#review", "url": "https://checks.example/1"}
    told(sent(desk, [CLEAN | same, CLEAN | same | {"claimReviewed": "The moon is flat."}]))
    assert {claim["text"] for claim in claims(desk)} == {"The moon is hollow.", "The moon is flat."}
    # Another verdict on the same claim at the same address: what is there is left as it is, and that is said.
    changed = told(sent(desk, CLEAN | same | {"reviewRating": "True, after all"}))
    assert [each["result"] for each in changed] == ["unchanged", "unchanged", "unchanged", "exists"]


def test_one_publisher_is_one_source(desk: Desk) -> None:
    told(sent(desk, [CLEAN, CLEAN | {"claimReviewed": "The moon is flat."}]))
    told(sent(desk, CLEAN | {"claimReviewed": "The moon is square."}))
    names = Counter(source["name"] for source in desk.get("/v1/sources").json["items"])
    assert names == {"The Checkers": 1, "Jo Doe": 1}


# ── Documents ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_record_that_cannot_be_read_costs_itself_alone(desk: Desk) -> None:
    bad = [
        b'{"@type": "ClaimReview", "claimReviewed": "a", "claimReviewed": "b"}',
        b'{"@type": "ClaimReview", "claimReviewed": "half \\ud800 of a pair"}',
        b'{"@type": "ClaimReview", "claimReviewed": "a", "ratingValue": NaN}',
        b'{"@type": "ClaimReview", "claimReviewed": "a\\u0000b"}',
        b'{"@type": "ClaimReview", "claimReviewed": "\xff"}',
        b'{"@type": "ClaimReview", "claimReviewed": ' + b"1" * 5000 + b"}",
        b'{"@type": "ClaimReview", "claimReviewed": ' + b"[" * 70 + b"]" * 70 + b"}",
        b'{"@type": "ClaimReview", "claimReviewed" "no colon"}',
        b'"a text"',
        b"17",
        b"{}",
    ]
    clean = json.dumps(CLEAN).encode()
    for raw in (b"[" + b",\n".join([*bad, clean]) + b"]", b"\n".join([clean, *bad]) + b"\n"):
        results = told(sent(desk, raw, query="?dry_run=true"))
        refused = [each for each in results if each["result"] == "refused"]
        first = 1 if raw.startswith(b"[") else 2
        assert [each["line"] for each in refused] == list(range(first, first + len(bad)))
        assert all(each["problem"]["detail"] for each in refused)
        assert Counter(each["result"] for each in results)["added"] == 4


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"", 1),
        (b"   \n", 1),
        (b"[", 1),
        (b"[]", 1),
        (b"{}", 1),
        (b"null", 1),
        (b'{"@graph": []}', 1),
        (b'{"@type": "DataFeed", "dataFeedElement": [', 1),
        (b'{"@type": "WebPage", "name": "x"}', 1),
        (b"[{}", 1),
        (b"\x00", 1),
        (b"<html>", 1),
        ("[]".encode("utf-16"), 1),
    ],
)
def test_a_file_without_reviews_says_so(desk: Desk, raw: bytes, line: int) -> None:
    results = told(sent(desk, raw))
    assert {each["result"] for each in results} == {"refused"}
    assert results[0]["line"] == line
    assert claims(desk) == []


def test_what_came_before_a_document_broke_off_is_there(desk: Desk) -> None:
    clean = json.dumps(CLEAN).encode()
    results = told(sent(desk, b"[" + clean + b", {"))
    assert Counter(each["result"] for each in results) == {"added": 4, "refused": 1}
    assert "The rest was not read" in results[-1]["problem"]["detail"]
    assert results[-1]["line"] == 2
    again = told(sent(desk, b"[" + clean + b"," + clean.replace(b"hollow", b"flat") + b"]"))
    assert Counter(each["result"] for each in again) == {"unchanged": 4, "added": 2}


def test_a_review_may_refer_to_what_stands_after_it(desk: Desk) -> None:
    review = CLEAN | {"author": {"@id": ORGANIZATION}, "itemReviewed": {"@id": "#claim"}}
    there = [
        {"@type": "Claim", "@id": "#claim", "author": {"@id": "#jo"}},
        {"@type": "Person", "@id": "#jo", "name": "Jo Doe"},
        {"@type": "Organization", "@id": ORGANIZATION, "name": "Referred To"},
    ]
    claim = only(desk, {"@context": "https://schema.org", "@graph": [review, *there]})
    assert claim["attribution"]["origin"]["name"] == "Jo Doe"
    assert claim["evidence"][0]["source"]["name"] == "Referred To"


def test_a_reference_to_nothing_is_kept_as_it_was_given(desk: Desk) -> None:
    claim = only(desk, CLEAN | {"author": {"@id": ORGANIZATION}})
    assert claim["evidence"][0]["source"]["name"] == ORGANIZATION


def test_reviews_are_found_in_what_holds_them(desk: Desk) -> None:
    page = {"@type": "WebPage", "mainEntity": {"@type": "Article", "review": [CLEAN]}, "breadcrumb": {"@type": "List"}}
    assert only(desk, page)["text"] == CLEAN["claimReviewed"]


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_pieces_of_a_document_are_its_values(data: st.DataObject) -> None:
    """However it is written, and wherever it is cut by reading."""
    scalars = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False)
    values = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
    )
    elements = data.draw(st.lists(values, max_size=6))
    style: Json = data.draw(
        st.sampled_from([{}, {"indent": 2}, {"ensure_ascii": False}, {"separators": (",", ":"), "ensure_ascii": False}])
    )
    head = data.draw(st.dictionaries(st.text().filter(lambda key: key != "@graph"), scalars, max_size=2))
    for value, expected in (
        (elements, elements),
        (head, [head]),
        (head | {"@graph": elements}, elements),
    ):
        raw = json.dumps(value, **style).encode()
        size = data.draw(st.integers(1, 40))
        found = list(pieces(_Dribble(raw, size), frozenset({b'"@graph"'}), 10_000))
        assert [json.loads(each) for each in found] == expected


class _Dribble(io.BytesIO):
    """A stream that gives little at a time, whatever is asked for."""

    def __init__(self, raw: bytes, size: int) -> None:
        super().__init__(raw)
        self.size = size

    def read(self, size: int | None = -1) -> bytes:
        return super().read(self.size)


def test_pieces_have_a_size_and_take_no_time() -> None:
    with pytest.raises(Unreadable, match="longer than 1000 bytes"):
        list(pieces(io.BytesIO(b"[" + json.dumps("x" * 200_000).encode() + b"]"), frozenset(), 1000))
    with pytest.raises(Unreadable, match="longer than 1000 bytes"):
        list(pieces(io.BytesIO(json.dumps({str(at): "x" for at in range(500)}).encode()), frozenset(), 1000))
    for raw in (
        b"[" * 1_000_000,
        b'["' + b"\\" * 4_000_001,
        b'{"a":' * 200_000,
        b'["a' * 500_000,
        b"[1" + b" " * 3_000_000,
    ):
        with pytest.raises(Unreadable):
            list(pieces(io.BytesIO(raw), frozenset(), 2**23))


# ── Many ────────────────────────────────────────────────────────────────────────────────────────────────────────


def means(claim: Json, meaning: Meaning) -> None:
    """Demand that a claim is what its record meant."""
    assert (claim["status"], claim["attribution"]["status"]) == ("unverified", "unverified")
    [hop] = claim["attribution"]["chain"]
    if meaning.kind is None:
        assert hop["source"] is None
        assert hop["described_as"] == ("; ".join(meaning.claimants) or foreign_reviews.UNNAMED)
    else:
        assert [hop["source"]["name"]] == meaning.claimants
        assert hop["source"]["kind"] == meaning.kind
    review, *places = claim["evidence"]
    assert {item["stance"] for item in claim["evidence"]} == {"context"}
    assert (review["source"] and review["source"]["name"], review["url"]) == (meaning.publisher, meaning.url)
    assert all(words in review["note"] for words in meaning.rating), (review["note"], meaning.rating)
    assert meaning.published in review["note"]
    assert sorted(item["url"] for item in places) == sorted(meaning.appearances)


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_messy_reviews_go_in_with_none_lost_and_none_changed(desk: Desk, envelope: str) -> None:
    count = REVIEWS if REVIEWS > 300 else 75  # four envelopes
    records = list(many(count, seed=ENVELOPES.index(envelope)))
    raw = "".join(written((each for each, _ in records), envelope)).encode()
    results = imported(desk, raw)
    by_line: dict[int, list[Result]] = {}
    for result in results:
        by_line.setdefault(result.line, []).append(result)
    assert sorted(by_line) == list(range(1, count + 1))
    for line, (_, meaning) in enumerate(records, 1):
        refused = [each for each in by_line[line] if each.problem]
        if meaning.refused:
            [result] = by_line[line]
            assert result.problem is not None
            assert [flaw.pointer for flaw in result.problem.flaws] == [meaning.refused]
        else:
            assert refused == []
            assert {each.kind for each in by_line[line]} >= {"article", "claim"}
    there = {claim["text"]: claim for claim in claims(desk)}
    wanted = {meaning.claim: meaning for _, meaning in records if not meaning.refused}
    assert set(there) == set(wanted)
    for text, meaning in wanted.items():
        means(there[text], meaning)
    days = {each["title"]: each["published_on"] for each in _articles(desk)} if count < 1000 else {}
    assert all(days[f"[ClaimReview] {text}"] == meaning.day for text, meaning in wanted.items() if days)
    again = imported(desk, raw)
    assert Counter(each.outcome for each in again) == {
        "unchanged": len(results) - count + len(wanted),
        "refused": count - len(wanted),
    }
    assert len(claims(desk)) == len(wanted)


def _articles(desk: Desk) -> Iterator[Json]:
    path = "/v1/articles?limit=200"
    while path:
        page = desk.get(path)
        yield from page.json["items"]
        path = page.headers.get("Link", "").partition(">")[0].removeprefix("<")


_TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
_KEYS = ["@type", "@id", "@value", "@list", "name", "url", "sameAs", "author", "alternateName", "schema:name"]
_MEMBERS = [
    "author", "publisher", "itemReviewed", "reviewRating", "url", "@id", "datePublished", "name", "inLanguage",
    "headline", "reviewBody", "archivedAt", "description", "mainEntityOfPage",
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | _TEXT | st.sampled_from(
        ["x" * 600, "&amp;#x41;", "https://a.example/", "Person", "Organization", "2020-01-01", "en", "\u200b", "\x07"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from([*_KEYS, "ratingValue", "appearance", "headline"]), inner, max_size=4
    ),
    max_leaves=12,
)  # fmt: skip


@given(
    st.fixed_dictionaries({"claimReviewed": st.just("It is so.")}, optional=dict.fromkeys(_MEMBERS, JSON))
)  # fmt: skip
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_a_review_holds_becomes_lines_that_are_taken(node: Json) -> None:
    """A refusal speaks of the review; what is not refused is what the API takes, and is the same each time."""
    before = json.dumps(node)
    made, refused = _made(node)
    assert {(flaw.pointer or "/").split("/")[1] for flaw in refused} <= {"author", "itemReviewed", "reviewRating"}
    assert bool(made) != bool(refused)
    if not made:
        return
    for each in made:
        assert not isinstance(record(1, dict(each)), Refused)
    assert foreign_reviews.lines(node, {}, safe_url).lines == made
    assert json.dumps(node) == before
    assert [each["type"] for each in made][-2:] == ["article", "claim"]
    assert made[-1]["evidence"][0]["stance"] == "context"


def _made(node: Json) -> tuple[list[Json], list[Flaw]]:
    try:
        return foreign_reviews.lines(node, {}, safe_url).lines, []
    except Invalid as error:
        return [], error.flaws


def test_a_long_feed_takes_no_more_memory_than_a_short_one() -> None:
    peaks = []
    for count in (100, 800):
        raw = io.BytesIO("".join(written((each for each, _ in many(count)), "feed")).encode())
        tracemalloc.start()
        for _ in intake.batches(raw, "claimreview", most=50):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0], peaks


# ── The command ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_takes_a_document_from_a_file_and_from_a_pipe(tmp_path: Path, migrated_url: str) -> None:
    file = tmp_path / "reviews.jsonld"
    file.write_text("".join(written((each for each, _ in many(40, seed=3)), "feed")), encoding="utf-8")
    environment = {**os.environ, "FACTCHECK_DATABASE_URL": migrated_url, "FACTCHECK_SECRET_KEY": SECRET}

    def results(raw: bytes) -> Counter[str]:
        return Counter(json.loads(line)["result"] for line in raw.splitlines())

    def run(*arguments: str) -> Counter[str]:
        done = CliRunner().invoke(cli, ["import", str(file), "--json", *arguments], env=environment)
        assert done.exit_code == 1, done.output
        return results(done.stdout_bytes)

    tried = run("--dry-run")
    assert tried["refused"] == sum(1 for _, meaning in many(40, seed=3) if meaning.refused) > 0
    command = [sys.executable, "-m", "factcheck", "import", "-", "--format", "claimreview", "--json"]
    piped = subprocess.run(
        command, cwd=tmp_path, env=environment, input=file.read_bytes(), capture_output=True, check=False, timeout=120
    )
    assert results(piped.stdout) == tried
    assert run() == {"unchanged": tried["added"], "refused": tried["refused"]}
