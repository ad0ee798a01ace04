"""Claims as a table, one row each, for people with a spreadsheet.

It cannot carry positions of quotes, the cues' and sources' own quotes, notes, relations, and the texts of evidence.
A spreadsheet takes a cell that begins with = + - @, a tab or a carriage return for a formula, so that such a text gets
an apostrophe before it. Numbers are written as numbers.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

Json = dict[str, Any]
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
COLUMNS = (
    "id", "external_id", "article_id", "article_title", "article_url", "text", "kind", "low", "high", "unit", "wording",
    "quotes", "chain", "origin", "origin_kind", "attribution_status", "attribution_reason", "tags", "status", "reason",
    "reviewed_by", "reviewed_at", "valid_on", "review_by", "supports", "refutes", "context", "evidence", "revision",
    "created_at", "updated_at",
)  # fmt: skip


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
        origin.get("name"), origin.get("kind"), attribution["status"], attribution["reason"], " ".join(claim["tags"]),
        claim["status"], claim["reason"], (claim["reviewed_by"] or {}).get("name"), claim["reviewed_at"],
        claim["valid_on"], claim["review_by"], *(stances.count(each) for each in ("supports", "refutes", "context")),
        " ".join(item["url"] or f"“{item['title'] or item['excerpt']}”" for item in evidence), claim["revision"],
        claim["created_at"], claim["updated_at"],
    ]  # fmt: skip


def _hops(chain: list[Json]) -> Iterator[str]:
    """Say each step: who, on whose behalf, how directly, by which word, from the article to the origin."""
    for hop in chain:
        who = hop["source"]["name"] if hop["source"] else f"someone not named ({hop['described_as']})"
        behalf = f" for {hop['on_behalf_of']['name']}" if hop["on_behalf_of"] else ""
        said = f"{hop['directness']}, “{hop['cue']}”" if hop["cue"] else hop["directness"]
        stake = "; interested" if hop["interested"] else ""
        yield f"{who}{behalf} ({said}{stake})"
