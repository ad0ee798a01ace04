"""Use evidence of another claim: find it, and fill in the form that adds it to this one."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import orjson
from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.engine import Connection

from factcheck.desk import claims, evidence
from factcheck.errors import NotFound, Withdrawn
from factcheck.followers.search.views import View
from factcheck.log.actors import Actor
from factcheck.queries import lists
from factcheck.rules.text.queries import Query, all_words
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.evidence import Evidence
from factcheck.web import context, searching
from factcheck.web.pages.candidates import id_in
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit_known, may, page

blueprint = Blueprint("reuse_pages", __name__, url_prefix="/claims/<uuid:claim_id>/evidence/elsewhere")
blueprint.before_request(admit_known)
SHOWN = 20  # claims with their evidence
LOOKED_AT = 200  # claims with the words that were typed, whether they have evidence or not
LONGEST = 500  # code points of what is typed
TAKEN = ("url", "title", "excerpt", "archived_url")
NAMED = {"source": "source_id", "origin": "origin_id"}
Json = dict[str, Any]


class Found(NamedTuple):
    """Claims with their evidence that this claim lacks, and whether there may be more."""

    groups: list[tuple[Json, list[Json]]]
    more: bool = False


@blueprint.get("")
def show(claim_id: Any) -> Response:
    """List evidence of claims with some words, or of the claim with a URL; else of those from the same article."""
    viewer, typed = context.demand_caller(), request.args.get("find", "").strip()[:LONGEST]
    viewer.demand(evidence.add.role)
    other = id_in(typed)
    words = None if other else all_words(typed)
    view = searching.view_for(words)
    with searching.reading(view) as connection:
        document, _ = claims.get(connection, str(claim_id), viewer)
        claim = orjson.loads(document)
        if other:
            found = _lacked(claim, claims.get_many(connection, [other], viewer).values())
        elif words is None:
            found = _lacked(claim, _of_article(connection, claim["article"]["id"], viewer))
        else:
            found = _lacked(claim, _with_words(connection, view, words, viewer))
    return page(
        "evidence_elsewhere.html", claim=claim, typed=typed, other=other, words=words, found=found,
        as_of=view and view.as_of,
    )  # fmt: skip


def filled(connection: Connection, claim: Json) -> dict[str, Form]:
    """Return the form that adds evidence, filled with the piece of another claim that the URL names, if it does."""
    other, piece_id = id_in(request.args.get("evidence_of", "")), id_in(request.args.get("piece", ""))
    if other is None or piece_id is None or other == claim["id"] or not may("evidence.add"):
        return {}
    viewer = context.caller()
    try:
        claims.demand_there(connection, other, viewer, active=True)
        piece = evidence.get(connection, other, piece_id, viewer)
    except (NotFound, Withdrawn):
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


def _of_article(connection: Connection, article_id: str, viewer: Actor) -> Iterable[bytes]:
    """Return claims from an article that have evidence, the newest first."""
    of_article = Claim.article_id == article_id, Claim.withdrawn_at.is_(None)
    joined = select(Claim.id, Claim.seq).join(Evidence, Evidence.claim_id == Claim.id)
    wanted = joined.where(*of_article, Evidence.withdrawn_at.is_(None)).distinct().order_by(Claim.seq.desc())
    ids = [row.id for row in connection.execute(wanted.limit(LOOKED_AT))]
    documents = claims.get_many(connection, ids, viewer)
    return [documents[each] for each in ids if each in documents]


def _with_words(connection: Connection, view: View | None, words: Query, viewer: Actor) -> Iterator[bytes]:
    """Yield the claims that have these words, the best first."""
    after: lists.Key | None = None
    for _ in range(LOOKED_AT // SHOWN):
        found = lists.claims(
            connection, lists.ClaimFilters(q=words), None, after, SHOWN, viewer=viewer, view=view
        )  # fmt: skip
        yield from found.items
        after = found.next
        if after is None:
            return


def _lacked(claim: Json, documents: Iterable[bytes]) -> Found:
    """Return the claims with the evidence that this one lacks, each piece once."""
    there = {_content(piece) for piece in claim["evidence"]}
    groups: list[tuple[Json, list[Json]]] = []
    looked_at = 0
    for document in documents:
        looked_at += 1
        each = orjson.loads(document)
        pieces = [] if each["id"] == claim["id"] else list(_pieces(each, there))
        if pieces and len(groups) == SHOWN:
            return Found(groups, more=True)
        groups += [(each, pieces)] if pieces else []
    return Found(groups, more=looked_at >= LOOKED_AT)


def _pieces(claim: Json, there: set[tuple[Any, ...]]) -> Iterator[Json]:
    """Yield the evidence of a claim that is not there yet, and note that it is."""
    for piece in claim["evidence"]:
        if (content := _content(piece)) not in there:
            there.add(content)
            yield piece


def _content(piece: Json) -> tuple[Any, ...]:
    return tuple(piece[name] for name in TAKEN)
