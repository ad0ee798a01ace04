"""/v1/claims. Its two reads are the hot ones: no schema, one query each."""

from collections.abc import Sequence
from typing import Any

import orjson
from flask import Response, request

from factcheck.desk import claims, redaction, snapshots
from factcheck.desk.access import blindness, masking
from factcheck.desk.access.answers import Answer
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import documents, texts
from factcheck.formats.chain import picture as chain_picture
from factcheck.log import revisions
from factcheck.queries import lists, matching, provenance
from factcheck.queries.search import searches
from factcheck.rules.imports import Notice
from factcheck.schemas.audit import ProvenanceOut
from factcheck.schemas.claims import ClaimIn, ClaimOut, ClaimWritten
from factcheck.schemas.parts import ConfirmationIn, ReasonIn
from factcheck.schemas.revisions import RevisionOut
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.web import context, conversions, listing, negotiation, preconditions, preferences, queries, searching
from factcheck.web import exports as whole
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed, patched, patched_with
from factcheck.web.bodies import read_object
from factcheck.web.negotiation import Form
from factcheck.web.redacting import redacted
from factcheck.web.speaking.languages import said

blueprint = Blueprint("claims", "Discrete, checkable statements, anchored to the exact words they came from.")
NARROWED = (
    "status", "attribution_status", "source", "origin", "article", "kind", "tag", "reviewed_by", "updated_since",
    "external_id", "assigned_to", "priority", "due", "q",
)  # fmt: skip
FILTERS = (*NARROWED, "sort", "limit", "cursor", "count")
PAGED = ("limit", "cursor")
SVG = "image/svg+xml"
PROVENANCE = (negotiation.JSON, Form(SVG, title="a picture"))


@blueprint.route("/claims")
@blueprint.doc(parameters=queries.documented(*FILTERS))
@blueprint.response(200, listed(ClaimOut, searched=True))
@negotiation.offers(*whole.LIST)
def list_claims() -> Response:
    """List active claims. You can combine all filters.

    `Accept: application/x-ndjson` or `text/csv` returns all of them at once, without `limit`, `cursor` and `count`.
    """
    form = negotiation.chosen(whole.LIST)
    if form is not negotiation.JSON:
        asked = queries.read(*NARROWED, "sort")
        filters = lists.ClaimFilters(**{name: asked[name] for name in NARROWED if name in asked})
        return whole.claims(filters, asked.get("sort"), whole.FORMS[form.media_type], searching.view_for(filters.q))
    query = queries.read(*FILTERS) if request.query_string else {}
    filters = lists.ClaimFilters(**{name: query[name] for name in NARROWED if name in query})
    after = listing.page_key(query.get("cursor"))
    viewer, view, search = context.caller(), searching.view_for(filters.q), None
    with searching.reading(view) as connection:
        page = lists.claims(
            connection, filters, query.get("sort"), after, query.get("limit", 50), viewer=viewer, view=view
        )
        total = lists.count_claims(connection, filters, viewer=viewer, view=view) if query.get("count") else None
        if filters.q is not None:
            search = {"excerpts": searches.of_claims(connection, page.items, filters.q)}
    return listing.listed(page.items, page.next, total, search, view.as_of if view else None)


@blueprint.route("/claims", methods=["POST"])
@does(claims.add)
@blueprint.arguments(ClaimIn)
@blueprint.response(201, ClaimWritten)
def add_claim(body: dict[str, Any]) -> Response:
    """Add a claim, anchored by its quotes, with its attribution steps.

    With `Prefer: handling=strict`, a claim that is probably on the desk already is refused (409). `similar` lists the
    existing claims.
    """
    strict = preferences.handling() == "strict"
    with context.database().reading() as connection:
        found = texts.of_claim(connection, body, article=body["article_id"])

    def work(session: Any, actor: Any) -> Any:
        if strict:
            matching.demand_new(
                session.connection(), searching.view(), actor, body["text"], article_id=body["article_id"]
            )
        claim = claims.add(session, actor, texts=found, **body)
        told = _with_notices(claim.document, found.reworded(body))
        headers = {"Location": f"/v1/claims/{claim.id}", "ETag": f'"{claim.etag}"'}
        return Answer(201, headers | ({"Preference-Applied": "handling=strict"} if strict else {}), told)

    return context.perform(claims.add, work)


@blueprint.route("/claims/<uuid:claim_id>")
@blueprint.doc(parameters=queries.documented("as_of"))
@blueprint.response(200, ClaimOut)
@negotiation.offers(*conversions.CLAIM)
def get_claim(claim_id: Any) -> Response:
    """Get a claim in its current state, or as it was at a given time.

    `Accept: application/ld+json` returns a schema.org ClaimReview (409 without a verdict), with the profile
    `http://www.w3.org/ns/prov` the claim's provenance: see `/v1/claims/{claim_id}/formats`.
    """
    form = negotiation.chosen(conversions.CLAIM)
    as_of = queries.read("as_of").get("as_of") if request.query_string else None
    with context.database().reading() as connection:
        if as_of is None:
            document, etag = claims.get(connection, str(claim_id), context.caller())
        else:
            document, etag = claims.get_as_of(connection, str(claim_id), as_of, context.caller())
        if form is negotiation.JSON:
            return context.one(document, etag)
        return conversions.answer(connection, document, form)


@blueprint.route("/claims/<uuid:claim_id>", methods=["PATCH"])
@does(claims.amend)
@blueprint.doc(**patched_with(ClaimIn, leaving_out="article_id"))
@blueprint.response(200, ClaimWritten)
def amend_claim(claim_id: Any) -> Response:
    """Edit a claim by a merge patch. It reopens the verdict on what you edit; no patch sets a status."""
    patch = read_object(patched)
    with context.database().reading() as connection:
        found = texts.of_claim(connection, patch, claim=str(claim_id))

    def work(session: Any, actor: Any) -> Any:
        claim = claims.amend(session, actor, str(claim_id), patch=patch, seen=preconditions.seen(), texts=found)
        document, etag = blindness.claim_shown(session.connection(), actor, claim)
        return context.changed(_with_notices(document, found.reworded(patch)), etag)

    return context.perform(claims.amend, work)


def _with_notices(document: bytes, notices: Sequence[Notice]) -> bytes:
    """Return a claim's JSON, as it is where there are no notices. The ETag stays that of the claim."""
    if not notices:
        return document
    return documents.dumped(orjson.loads(document) | {"notices": [notice.as_json(said) for notice in notices]})


@blueprint.route("/claims/<uuid:claim_id>/withdrawal", methods=["POST"])
@does(claims.withdraw)
@blueprint.arguments(ReasonIn)
@blueprint.response(204)
def withdraw_claim(body: dict[str, Any], claim_id: Any) -> Response:
    """Withdraw a claim. After that, the API returns 410 Gone with the reason."""

    def work(session: Any, actor: Any) -> Any:
        claims.withdraw(session, actor, str(claim_id), seen=preconditions.seen_if_given(), **body)
        return Answer(204, {}, b"")

    return context.perform(claims.withdraw, work)


@blueprint.route("/claims/<uuid:claim_id>/confirmation", methods=["POST"])
@does(snapshots.confirm)
@blueprint.arguments(ConfirmationIn)
@blueprint.response(200, ClaimOut)
def confirm_quotes(body: dict[str, Any], claim_id: Any) -> Response:
    """Confirm the changed words of a claim's quotes: from now on they are its quotes. Its verdicts stay."""

    def work(session: Any, actor: Any) -> Any:
        claim = snapshots.confirm(session, actor, str(claim_id), seen=preconditions.seen(), **body)
        return context.changed(*blindness.claim_shown(session.connection(), actor, claim))

    return context.perform(snapshots.confirm, work)


@blueprint.route("/claims/<uuid:claim_id>/redaction", methods=["POST"])
@does(redaction.redact)
@blueprint.arguments(ReasonIn)
@blueprint.response(204)
def redact_claim(body: dict[str, Any], claim_id: Any) -> Response:
    """Remove all content of a claim everywhere. The log records it, and its proofs remain valid."""
    return redacted(redaction.redact, claim_id, body=body)


@blueprint.route("/claims/<uuid:claim_id>/history")
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(RevisionOut))
def get_history(claim_id: Any) -> Response:
    """List a claim's revisions, oldest first: who changed what, when and why. This includes withdrawn claims."""

    def read(connection: Any, after: int, limit: int) -> Any:
        claims.demand_there(connection, str(claim_id), context.caller(), active=False)
        return revisions.of_subject(connection, SubjectKind.CLAIM, str(claim_id), after, limit)

    return listing.paged(read, first=0, shown=masking.masking(View.REVISION))


@blueprint.route("/claims/<uuid:claim_id>/provenance")
@blueprint.response(200, ProvenanceOut)
@negotiation.offers(*PROVENANCE)
def get_provenance(claim_id: Any) -> Response:
    """Get a claim's provenance as a graph, with its independent origins.

    `Accept: image/svg+xml` returns it as a picture.
    """
    form = negotiation.chosen(PROVENANCE)
    with context.database().reading() as connection:
        graph = provenance.graph(connection, str(claim_id), context.caller())
    if form is negotiation.JSON:
        return context.one_thing(graph)
    picture = chain_picture.svg(graph, ground=True)
    return context.one(picture, documents.etag_of(picture), SVG)
