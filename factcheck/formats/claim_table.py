"""Claims as a table, one row each, for people with a spreadsheet.

A spreadsheet takes a cell that begins with = + - @, a tab or the end of a line for a formula, so that such a text gets
an apostrophe before it. Numbers are written as numbers.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from factcheck.formats import losses
from factcheck.formats.losses import Loss

Json = dict[str, Any]
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
COLUMNS = (
    "id", "external_id", "article_id", "article_title", "article_url", "text", "kind", "low", "high", "unit", "wording",
    "quotes", "chain", "origin", "origin_kind", "attribution_status", "attribution_reason", "tags", "status", "reason",
    "reviewed_by", "reviewed_at", "valid_on", "review_by", "supports", "refutes", "context", "evidence", "revision",
    "created_at", "updated_at", "rating", "occurrences",
)  # fmt: skip

_PLACE = "a cell has only the words, with “…” between quotes"
_DECIDED = "the table has only decisions"
_CHAIN = "a cell has the steps with reporting verbs and directness"
_NAMES = "sources and people are identified by name"
_EVIDENCE = "evidence is counted by stance and identified by URL or title"
_WORD = "a cell has the word of the rating"
_WHERE = "a cell has the kind, the day and the URL of an occurrence, or else its account or place"
LOSES: losses.Table = {
    "quotes[].prefix": _PLACE,
    "quotes[].suffix": _PLACE,
    "quotes[].start": _PLACE,
    "quotes[].end": _PLACE,
    "quotes[].snapshot": _PLACE,
    "quotes[].state": _PLACE,
    "quotes[].current": _PLACE,
    "attribution.reviewed_by": "the table says only who gave the verdict",
    "attribution.reviewed_at": "the table says only when the verdict was given",
    "attribution.second_opinion": _DECIDED,
    "attribution.chain[].note": _CHAIN,
    "attribution.chain[].source_quotes": _CHAIN,
    "attribution.chain[].cue_quotes": _CHAIN,
    "attribution.chain[].source.id": _NAMES,
    "attribution.chain[].source.kind": "only the kind of the original source has a column",
    "attribution.chain[].on_behalf_of.id": _NAMES,
    "attribution.chain[].on_behalf_of.kind": "only the kind of the original source has a column",
    "attribution.origin.id": _NAMES,
    "reviewed_by.id": _NAMES,
    "rating.scale_id": _WORD,
    "rating.key": _WORD,
    "rating.language": _WORD,
    "rating.number": _WORD,
    "rating.best": _WORD,
    "rating.worst": _WORD,
    "second_opinion": _DECIDED,
    "evidence[].id": _EVIDENCE,
    "evidence[].source": _EVIDENCE,
    "evidence[].origin": _EVIDENCE,
    "evidence[].archived_url": _EVIDENCE,
    "evidence[].note": _EVIDENCE,
    "evidence[].added_by": _EVIDENCE,
    "evidence[].added_at": _EVIDENCE,
    "evidence[].capture": _EVIDENCE,
    "evidence[].unreachable": _EVIDENCE,
    "occurrences[].id": _WHERE,
    "occurrences[].place": _WHERE,
    "occurrences[].account": _WHERE,
    "occurrences[].capture_id": "the copy of a page stays in the archive of its desk",
    "occurrences[].timecode": _WHERE,
    "relations": "the table has one row per claim",
    "links": "links are paths on this desk",
}


def header() -> bytes:
    return written([COLUMNS])


def written(rows: Iterable[Iterable[Any]]) -> bytes:
    """Return rows as RFC 4180 has them, in UTF-8."""
    text = io.StringIO()
    csv.writer(text).writerows([safe(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def safe(cell: Any) -> Any:
    """Return a cell that no spreadsheet calculates."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULAS) else cell


def row(claim: Json) -> list[Any]:
    """Return the cells of a claim, from its JSON as it is served."""
    quantity, attribution = claim["quantity"] or {}, claim["attribution"]
    origin, evidence = attribution["origin"] or {}, claim["evidence"]
    stances = [item["stance"] for item in evidence]
    return [
        claim["id"], claim["external_id"], claim["article_id"], claim["article"]["title"], claim["article"]["url"],
        claim["text"], claim["kind"], *(quantity.get(name) for name in ("low", "high", "unit", "wording")),
        " … ".join(quote["exact"] for quote in claim["quotes"]), " < ".join(_hops(attribution["chain"])),
        origin.get("name"), origin.get("kind"), attribution["status"], attribution["reason"], ", ".join(claim["tags"]),
        claim["status"], claim["reason"], (claim["reviewed_by"] or {}).get("name"), claim["reviewed_at"],
        claim["valid_on"], claim["review_by"], *(stances.count(each) for each in ("supports", "refutes", "context")),
        " ".join(item["url"] or f"“{item['title'] or item['excerpt']}”" for item in evidence), claim["revision"],
        claim["created_at"], claim["updated_at"], claim["rating"]["label"] if "rating" in claim else None,
        "; ".join(map(_occurrence, claim.get("occurrences", ()))) or None,
    ]  # fmt: skip


def report(claim: Json) -> list[Loss]:
    """Return what the row of a claim does not carry."""
    found = losses.of(claim, LOSES)
    if any(item["url"] and item["title"] for item in claim["evidence"]):
        found.append(Loss("evidence[].title", "evidence with a URL is identified by it"))
    if any(item["excerpt"] and (item["url"] or item["title"]) for item in claim["evidence"]):
        found.append(Loss("evidence[].excerpt", "evidence is identified by its URL or title"))
    return found


def _occurrence(item: Json) -> str:
    where = item["url"] or item["account"] or item["place"]
    return " ".join(filter(None, (item["kind"], item["said_on"], where)))


def _hops(chain: list[Json]) -> Iterator[str]:
    """Say each step: who, on whose behalf, how directly, by which word, from the article to the origin."""
    for hop in chain:
        who = hop["source"]["name"] if hop["source"] else f"someone not named ({hop['described_as']})"
        behalf = f" for {hop['on_behalf_of']['name']}" if hop["on_behalf_of"] else ""
        said = f"{hop['directness']}, “{hop['cue']}”" if hop["cue"] else hop["directness"]
        called = f", “{hop['described_as']}”" if hop["source"] and hop["described_as"] else ""
        stake = {True: "; interested", False: "; no stake", None: ""}[hop["interested"]]
        yield f"{who}{called}{behalf} ({said}{stake})"
