"""Use evidence of another claim: find it, and fill in the form that adds it to this one."""

from collections.abc import Iterator
from typing import Any

import orjson
from flask import Blueprint, Response, request
from sqlalchemy.engine import Connection

from factcheck.desk import claims, evidence
from factcheck.errors import NotFound
from factcheck.queries import lists
from factcheck.rules.text.queries import all_words
from factcheck.schemas.base import is_id
from factcheck.web import context, searching
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit_known, page

blueprint = Blueprint("reuse_pages", __name__, url_prefix="/claims/<uuid:claim_id>/evidence/elsewhere")
blueprint.before_request(admit_known)
CLAIMS = 20  # whose evidence is shown
LONGEST = 500  # code points of what is typed
TAKEN = ("url", "title", "excerpt", "archived_url")
NAMED = {"source": "source_id", "origin": "origin_id"}
Json = dict[str, Any]


@blueprint.get("")
def show(claim_id: Any) -> Response:
    """List evidence of claims with some words, or of the claim with a URL; else of those from the same article."""
    viewer, typed = context.demand_caller(), request.args.get("find", "").strip()[:LONGEST]
    viewer.demand(evidence.add.role)
    last = typed.rstrip("/").rpartition("/")[2]
    words = None if is_id(last) else all_words(typed)
    view = searching.view_for(words)
    with searching.reading(view) as connection:
        document, _ = claims.get(connection, str(claim_id), viewer)
        claim = orjson.loads(document)
        if is_id(last):
            others = list(claims.get_many(connection, [last.lower()], viewer).values())
        else:
            filters = lists.ClaimFilters(q=words) if words else lists.ClaimFilters(article=claim["article"]["id"])
            others = lists.claims(connection, filters, None, None, CLAIMS + 1, viewer=viewer, view=view).items
    found = [orjson.loads(each) for each in others]
    there = {_content(piece) for piece in claim["evidence"]}
    groups = [(each, list(_pieces(each, there))) for each in found if each["id"] != claim["id"]]
    shown = [(each, pieces) for each, pieces in groups[:CLAIMS] if pieces]
    return page("evidence_elsewhere.html", claim=claim, typed=typed, groups=shown, as_of=view and view.as_of)


def filled(connection: Connection, claim: Json) -> dict[str, Form]:
    """Return the form that adds evidence, filled with the piece of another claim that the address names, if it does."""
    other, piece_id = request.args.get("evidence_of", ""), request.args.get("piece", "")
    if not is_id(other) or not is_id(piece_id) or other.lower() == claim["id"]:
        return {}
    try:
        piece = evidence.get(connection, other.lower(), piece_id.lower(), context.caller())
    except NotFound:
        return {}
    if piece["withdrawn_at"]:
        return {}
    values = {name: piece[name] or "" for name in TAKEN}
    for name, target in NAMED.items():
        if piece[name]:
            values |= {name: piece[name]["name"], target: piece[name]["id"]}
    if (capture := piece.get("capture")) and capture["sha256"]:
        values["capture_id"] = capture["id"]
    return {"evidence": Form("evidence", values)}


def _pieces(claim: Json, there: set[tuple[Any, ...]]) -> Iterator[Json]:
    """Yield the evidence of a claim that is not there yet, and note that it is."""
    for piece in claim["evidence"]:
        if (content := _content(piece)) not in there:
            there.add(content)
            yield piece


def _content(piece: Json) -> tuple[Any, ...]:
    return tuple(piece[name] for name in TAKEN)
