"""Nothing is dropped silently: each format carries every member of a claim, or its loss report says what it does not.

By construction: what a claim has is taken from the schema that the API is documented by. A new field fails these tests
until the widest claim has it, and each format carries it or says that it does not.
"""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from marshmallow import Schema, fields

from factcheck.exchange import conversions
from factcheck.exchange.conversions import ANNOTATION, CLAIM_REVIEW, CSV, FORMATS, JSON, NDJSON, Format
from factcheck.exchange.imports import SAME
from factcheck.formats import claim_review, import_lines, losses
from factcheck.formats.here import Here
from factcheck.schemas.articles import ArticleIn
from factcheck.schemas.claims import ClaimIn, ClaimOut
from factcheck.schemas.evidence import EvidenceIn, OccurrenceIn
from factcheck.schemas.sources import SourceIn
from tests.desk import TEXT, Desk
from tests.test_annotations import core, empty, entered, exported  # noqa: F401 (a fixture)
from tests.test_formats import BASE, scalars, whole  # noqa: F401 (a fixture)
from tests.test_imports import ndjson, outcomes, sent

Json = dict[str, Any]
HERE = Here("The Desk", BASE)
LOSING = [each for each in FORMATS if each not in (JSON, NDJSON)]
# What a table tells in words or as a number, and not as it is.
IN_WORDS = {
    CSV.name: {"attribution.chain[].interested", "evidence[].stance"},
    CLAIM_REVIEW.name: {"occurrences[].timecode"},  # in seconds
}


def leaves(schema: Schema, path: str = "") -> Iterator[str]:
    """Yield the path of each member that holds no other, as loss reports write paths."""
    for name, field in schema.fields.items():
        yield from _leaves(field, f"{path}.{name}".strip("."))


def _leaves(field: Any, path: str) -> Iterator[str]:
    if isinstance(field, fields.Nested):
        yield from leaves(field.schema, path)
    elif isinstance(field, fields.List):
        nested = isinstance(field.inner, fields.Nested)
        yield from _leaves(field.inner, f"{path}[]" if nested else path)
    else:
        yield path


def below(path: str, row: str) -> bool:
    """Say whether a row of a table stands for a path."""
    return f"{path}.".startswith((f"{row}.", f"{row}[]"))


@pytest.fixture
def widest(whole: Json) -> Json:  # noqa: F811
    """A claim with something in every member, and its article."""
    asked = {"id": "o-1", "question": "content", "asked_at": "2030-01-01T00:00:00Z", "blind": True}
    asked |= {name: f"o-{name}" for name in leaves(ClaimOut().fields["second_opinion"].schema) if name not in asked}
    claim = whole["claim"] | {"second_opinion": asked}
    claim["attribution"] = claim["attribution"] | {"second_opinion": {**asked, "id": "o-2", "question": "attribution"}}
    now = {"snapshot": 2, "start": 10_001, "end": 10_009, "exact": "now words", "state": "changed"}
    claim["evidence"][0]["capture"] = {
        "id": "capture-1",
        "sha256": "5eed" * 16,
        "fetched_at": "2031-02-03T04:05:06.000000Z",
        "origin": "browser",
    }
    claim["evidence"][0]["unreachable"] = {"error": "http_410", "since": "2032-02-03T04:05:06.000000Z"}
    claim["occurrences"][0]["capture_id"] = "capture-2"
    in_chain = [quote for hop in claim["attribution"]["chain"] for quote in hop["source_quotes"] + hop["cue_quotes"]]
    for quote in claim["quotes"] + in_chain:
        quote["current"] = now
    return {**whole, "claim": claim}


def test_the_widest_claim_has_every_member(widest: Json) -> None:
    there = {path for path, _ in scalars(widest["claim"])}
    assert set(leaves(ClaimOut())) - there == set()
    assert len(there) > 80


def written(made: Any) -> list[Any]:
    """Return every value that a format gives out."""
    if isinstance(made, ElementTree.Element):
        return [text for node in made.iter() for text in (node.text, *node.attrib.values()) if text]
    return [value for _, value in scalars(made)]


def carries(values: list[Any], path: str, value: Any) -> bool:
    """Say whether a value is there: short ones as they are, long ones in a text too, a snapshot in its address."""
    text = f"/snapshots/{value}" if path.endswith(".snapshot") else str(value).casefold()
    said = [str(each).casefold() for each in values]
    return text in said or (len(text) > 3 and any(text in each for each in said))


def made(form: Format, desk: Desk, widest: Json) -> tuple[Any, list[losses.Loss]]:
    claim, article = widest["claim"], widest["article"]
    document, report = form.convert(claim, article, HERE)
    if form is ANNOTATION:
        document = desk.get(f"/v1/claims/{claim['id']}/annotation").json
    return document, report


@pytest.mark.parametrize("form", LOSING, ids=[form.name for form in LOSING])
def test_a_format_carries_every_member_or_says_what_not(desk: Desk, widest: Json, form: Format) -> None:
    before = json.dumps(widest)
    document, report = made(form, desk, widest)
    assert json.dumps(widest) == before
    lost = [loss.field for loss in report]
    assert (len(set(lost)), all(loss.why for loss in report)) == (len(lost), True)
    values = written(document)
    silent = {
        path
        for path, value in scalars(widest["claim"])
        if not any(below(path, row) for row in lost) and not carries(values, path, value)
    }
    assert silent - IN_WORDS.get(form.name, set()) == set()
    # Each row stands for something that a claim can have, and the widest claim has it.
    paths = set(leaves(ClaimOut()))
    for row in form.loses:
        assert any(below(path, row) for path in paths), row
        assert row in lost, row


@pytest.mark.parametrize("form", [JSON, NDJSON], ids=["json", "ndjson"])
def test_our_own_formats_lose_nothing(desk: Desk, widest: Json, form: Format) -> None:
    document, report = made(form, desk, widest)
    assert (document, report, form.loses) == (widest["claim"], [], {})


@pytest.mark.parametrize("form", LOSING, ids=[form.name for form in LOSING])
def test_a_new_member_is_found_missing(desk: Desk, widest: Json, form: Format) -> None:
    """At the top, and in each object that no row stands for: this is how the tests above find it."""
    claim: Json = json.loads(json.dumps(widest["claim"]))
    claim["brand_new"] = "v-top"
    for name in ("article", "quotes", "attribution", "evidence"):
        for each in claim[name] if isinstance(claim[name], list) else [claim[name]]:
            each["brand_new"] = "v-inside"
    document, report = form.convert(claim, widest["article"], HERE)
    values, lost = written(document), [loss.field for loss in report]
    silent = {
        path
        for path, value in scalars(claim)
        if str(value).startswith("v-")
        and not any(below(path, row) for row in lost)
        and not carries(values, path, value)
    }
    assert "brand_new" in silent


def test_a_feed_of_reviews_has_each_review_whole(widest: Json) -> None:
    review, _ = claim_review.convert(widest["claim"], widest["article"], HERE)
    item = json.loads(claim_review.feed_item(review))
    assert {"@context": claim_review.CONTEXT, **item["item"]} == review
    assert item["dateModified"] == widest["claim"]["updated_at"]


def test_the_catalogue_tells_the_same(desk: Desk, whole: Json) -> None:  # noqa: F811
    claim, article = whole["claim"], whole["article"]
    told = desk.get(f"/v1/claims/{claim['id']}/formats").json["formats"]
    assert [each["name"] for each in told] == [form.name for form in FORMATS]
    for form, each in zip(conversions.FORMATS, told, strict=True):
        report = form.convert(claim, article, HERE)[1]
        assert each["losses"] == [{"field": loss.field, "why": loss.why} for loss in report]
        assert (
            desk.get(each["href"], query_string={"query": "x"} if "search" in each["href"] else {}).status_code == 200
        )


# ── In ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def quote(exact: str, prefix: str, suffix: str) -> Json:
    start = TEXT.index(prefix + exact + suffix) + len(prefix)
    return {"exact": exact, "prefix": prefix, "suffix": suffix, "start": start, "end": start + len(exact)}


WIDEST_LINES: list[Json] = [
    {"type": "source", "external_id": "x-source", "name": "x-name", "kind": "outlet", "description": "x-description",
     "aliases": ["x-alias"], "same_as": ["https://x-same.example"],
     "identifiers": {"wikidata": "Q4711", "isni": "0000000121032683", "viaf": "4712", "issn": "2049-3630",
                     "domain": "x-domain.org"}},
    {"type": "article", "external_id": "x-article", "title": "x-title", "url": "https://x-url.example",
     "outlet_id": "x-source", "author": "x-author", "published_on": "2023-11-06", "language": "en-GB", "text": TEXT,
     "kind": "speech"},
    {"type": "claim", "external_id": "x-claim", "article_id": "x-article", "text": "x-text", "kind": "quantity",
     "quotes": [quote("Meanwhile", "present. ", ", thousands")],
     "quantity": {"low": 17, "high": 4711, "unit": "x-unit", "wording": "x-wording"},
     "attribution": [
         {"source_id": "x-source", "described_as": "x-described", "cue": "x-cue", "directness": "mixed",
          "on_behalf_of_id": "x-source", "interested": True, "note": "x-note",
          "source_quotes": [quote("organizers", "solidarity, with ", " claiming")],
          "cue_quotes": [quote("claiming", "organizers ", " that")]},
     ],
     "tags": ["x-tag"],
     "evidence": [
         {"stance": "refutes", "url": "https://x-evidence.example", "title": "x-evidence-title",
          "source_id": "x-source", "origin_id": "x-source", "excerpt": "x-excerpt", "archived_url": "https://x-archived.example",
          "note": "x-evidence-note"},
     ],
     "occurrences": [
         {"kind": "video", "url": "https://x-video.example", "said_on": "2023-08-25", "place": "x-place",
          "account": "x-account", "timecode": "00:12:34"},
     ]},
]  # fmt: skip
SCHEMAS = {"source": SourceIn(), "article": ArticleIn(), "claim": ClaimIn()}


def places(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value with the name of its column in a table."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from places(each, f"{path}.{name}".strip("."))
    elif isinstance(value, list):
        for at, each in enumerate(value, 1):
            yield from places(each, f"{path}.{at}")
    else:
        yield path, value


def as_table(lines: list[Json]) -> bytes:
    """Write lines as one table, in which each has the cells that it needs."""
    rows = [dict(places(line)) for line in lines]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    table = csv.DictWriter(text, columns)
    table.writeheader()
    table.writerows(
        [{name: str(value).lower() if value is True else value for name, value in row.items()} for row in rows]
    )
    return text.getvalue().encode()


def test_the_widest_lines_have_every_field() -> None:
    for line in WIDEST_LINES:
        wanted = set(leaves(SCHEMAS[line["type"]])) | {"type"}
        wanted |= {f"evidence[].{name}" for name in leaves(EvidenceIn())} if line["type"] == "claim" else set()
        wanted |= {f"occurrences[].{name}" for name in leaves(OccurrenceIn())} if line["type"] == "claim" else set()
        assert {path for path, _ in scalars(line)} == wanted


@pytest.mark.parametrize("form", ["application/x-ndjson", "text/csv"])
def test_every_field_of_a_line_is_carried(desk: Desk, form: str) -> None:
    raw = ndjson(*WIDEST_LINES) if form != "text/csv" else as_table(WIDEST_LINES)
    results = sent(desk, raw, form=form)
    assert outcomes(results) == ["added"] * 3
    assert not any("notices" in each for each in results)
    for line, result in zip(WIDEST_LINES, results, strict=True):
        thing = desk.get(f"/v1/{line['type']}s/{result['id']}").json
        source = desk.get("/v1/sources").json["items"][0]
        values = written([thing, source["external_id"], desk.get("/v1/articles").json["items"][0]["external_id"]])
        assert {path for path, value in scalars(line) if path != "type" and not carried(values, path, value)} == set()


def test_every_field_of_a_claim_is_exported_and_compared(widest: Json) -> None:
    """A line that an import took before is `unchanged` if it says the same in every field."""
    entered = set(ClaimIn().fields)
    assert entered - import_lines.claim(widest["claim"]).keys() == set()
    assert entered - set(SAME) == {"external_id", "attribution"}  # one names the claim; the chain is compared by itself


def carried(values: list[Any], path: str, value: Any) -> bool:
    """Say whether a value came through. What is before and after a quote is as long here as it is for every quote."""
    if path.endswith((".prefix", ".suffix")):
        return any(value in str(each) for each in values)
    return value in values


def test_a_claim_with_something_in_every_field_goes_elsewhere_whole(
    desk: Desk,
    whole: Json,  # noqa: F811
    empty: Desk,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Out as an annotation and as a line, in on an empty desk: all that was entered is there, and what was decided
    is not.
    """
    for form in ("annotations", "ndjson"):
        raw = exported(desk, monkeypatch, "--everything", "--format", form)
        results = entered(empty.database, raw, form)
        assert {each["result"] for each in results} <= {"added", "unchanged"}
    there = empty.by_external_id("mine/1")
    assert core(there) == core(whole["claim"])
    assert (there["status"], there["relations"]) == ("unverified", [])
