"""A claim's page: verdict, attribution check, evidence, relations, history, and the forms to change them."""

from functools import partial
from typing import Any

import orjson
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from factcheck.desk import claims, evidence, relations, reviews, second_opinions
from factcheck.desk.access import masking
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import texts
from factcheck.desk.publishing import report_views
from factcheck.desk.undo import undo
from factcheck.errors import Clash, FactcheckError, Invalid, NotFound, Stale
from factcheck.log import revisions
from factcheck.log.actors import Actor
from factcheck.log.clock import now
from factcheck.messages import message
from factcheck.queries import audit, provenance
from factcheck.queries.search import duplicates
from factcheck.rules.status import Question
from factcheck.schemas.base import is_id, load
from factcheck.schemas.opinions import SecondOpinionIn
from factcheck.schemas.parts import ReasonIn
from factcheck.schemas.reviews import ReviewIn
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.web import context, conversions
from factcheck.web.pages import candidates, decisions, entries, forms, pictures
from factcheck.web.pages.capturing.performing import Pages, perform_citing_form
from factcheck.web.pages.finding import reuse
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit, local_path, may, page, seen_other
from factcheck.web.pages.publishing import rating_scales
from factcheck.web.pages.team import assigned, talk

blueprint = Blueprint("claims_pages", __name__, url_prefix="/claims")
blueprint.before_request(admit)
REVISIONS = 50  # of the history, on one page
FINDINGS = 50  # more than there are kinds
REPORTS = 20  # that refer to the claim, the last changed
MOST = 1000  # withdrawn pieces of evidence, and relations
NOUNS = {
    **{each: each for each in ("assignment", "comment", "confirmation", "evidence", "occurrence", "relation")},
    **dict.fromkeys(("", "take"), ""),
    **dict.fromkeys(map(str, Question), "review"),
    "second": "second_opinion",
    "capture": "evidence_capture",
}
# What a form that can be shown again is refused with.
REFUSALS = (Invalid, Stale, Clash)


@blueprint.get("/<uuid:claim_id>")
def show(claim_id: Any) -> Response:
    return shown(str(claim_id))


@blueprint.get("/<uuid:claim_id>/history")
def history(claim_id: Any) -> Response:
    """Show the whole history by itself: what is left of a claim that was withdrawn."""
    with context.database().reading() as connection:
        claims.demand_there(connection, str(claim_id), context.caller(), active=False)
        entries, earlier = _entries(connection, str(claim_id))
    return page("history.html", claim_id=str(claim_id), entries=entries, earlier=earlier)


@blueprint.get(
    "/<uuid:claim_id>/<any(reviews, evidence, occurrences, relations, withdrawal, undo, second_opinion):_form>"
)
def back(claim_id: Any, _form: str) -> Response:
    """Lead back from the address of a form that was sent."""
    return seen_other(f"/claims/{claim_id}")


@blueprint.get("/<uuid:claim_id>/edit")
def edit(claim_id: Any) -> Response:
    with context.database().reading() as connection:
        document, etag = claims.get(connection, str(claim_id), context.caller())
    claim = orjson.loads(document)
    return page("claim_edit.html", claim=claim | {"etag": etag}, form=entries.form_of(claim), since=None)


@blueprint.post("/<uuid:claim_id>/edit")
def amend(claim_id: Any) -> Response:
    """Edit a claim as PATCH /v1/claims/{id} does. What the form left empty is taken away."""
    form = forms.sent("claim")
    with context.database().reading() as connection:
        found = texts.of_claim(connection, forms.body(form), claim=str(claim_id))

    def work(session: Session, actor: Actor) -> str:
        empty: dict[str, Any] = {"text": None, "kind": None, "quantity": None, "tags": []}
        patch = empty | entries.body(session, actor, form, claim_id=str(claim_id))
        claims.amend(session, actor, str(claim_id), patch=patch, seen=forms.version_seen(), texts=found)
        return f"/claims/{claim_id}?said=amended"

    try:
        if form.value("more"):
            return _edited(claim_id, form)
        return forms.perform(claims.amend, work)
    except REFUSALS as error:
        return _edited(claim_id, *forms.refused(error, "claim"))


@blueprint.post("/<uuid:claim_id>/reviews")
def decide(claim_id: Any) -> Response:
    """Decide, or assign the claim to oneself, or release it: the same action as POST /v1/claims/{id}/reviews."""
    form = forms.sent()
    question = form.value("question", Question.CONTENT.value)

    def work(session: Session, actor: Actor, pages: Pages) -> str:
        if pieces:
            entries.evidence(session, actor, pieces, partial(load, ReviewIn(), sent), claim_id=str(claim_id))
        fields = load(ReviewIn(), sent)
        fields["evidence"] = [piece | {"page": page} for piece, page in zip(fields["evidence"], pages, strict=True)]
        review = reviews.decide(
            session, actor, str(claim_id), seen=forms.version_seen(), **decisions.demands(), **fields
        )
        if "next" in form.values:
            return local_path(form.values["next"])
        return f"/claims/{claim_id}?undo={review['id']}"

    try:
        sent = forms.body(form)
        if rating := rating_scales.chosen(form.value("rating")):
            sent["rating"] = rating
        pieces = sent["evidence"] if isinstance(sent.get("evidence"), list) else []
        seen = forms.version_seen()
        return perform_citing_form(reviews.decide, pieces, work, claim_id=str(claim_id), seen=seen)
    except REFUSALS as error:
        return again(claim_id, question, error)


@blueprint.post("/<uuid:claim_id>/undo")
def take_back(claim_id: Any) -> Response:
    """Undo one's own newest decision, as POST /v1/claims/{id}/reviews/{review}/undo does."""
    form = forms.sent()

    def work(session: Session, actor: Actor) -> str:
        review_id = form.value("review")
        if not is_id(review_id):
            raise NotFound(message("The claim has no such review."))
        undo(session, actor, str(claim_id), review_id.lower(), seen=forms.version_seen())
        return f"/claims/{claim_id}?said=undone"

    try:
        return forms.perform(undo, work)
    except REFUSALS as error:
        return again(claim_id, "", error)


@blueprint.post("/<uuid:claim_id>/second_opinion")
def ask_second_opinion(claim_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        fields = load(SecondOpinionIn(), forms.body(forms.sent()))
        two_person = context.settings().two_person_review
        second_opinions.ask(session, actor, str(claim_id), two_person=two_person, **fields)
        return f"/claims/{claim_id}?said=asked"

    try:
        return forms.perform(second_opinions.ask, work)
    except REFUSALS as error:
        return again(claim_id, "second", error)


@blueprint.post("/<uuid:claim_id>/withdrawal")
def withdraw(claim_id: Any) -> Response:
    form = forms.sent()

    def work(session: Session, actor: Actor) -> str:
        fields = load(ReasonIn(), forms.body(form))
        article = orjson.loads(claims.get(session.connection(), str(claim_id), actor)[0])["article_id"]
        claims.withdraw(session, actor, str(claim_id), **fields)
        return f"/articles/{article}"

    try:
        return forms.perform(claims.withdraw, work)
    except REFUSALS as error:
        return again(claim_id, "withdrawal", error)


def _noun(part: str) -> str:
    """Return which form a part of the page has; a piece of evidence has one to keep a copy, and one to withdraw it."""
    return NOUNS.get(part.partition("-")[0], "withdrawal")


def _edited(claim_id: Any, form: Form, status: int = 200) -> Response:
    """Show the form of a claim again; the version is the one it has now only if that is what it was told."""
    with context.database().reading() as connection:
        document, etag = claims.get(connection, str(claim_id), context.caller())
        claim = orjson.loads(document)
        since = _since(connection, str(claim_id), form)
    version = etag if form.error else form.value("version")
    return page("claim_edit.html", status, claim=claim | {"etag": version}, form=form, since=since)


def _since(connection: Any, claim_id: str, form: Form) -> list[dict[str, Any]] | None:
    """Return what others did to the claim since the form was made, when that is what is wrong with it."""
    seen = form.value("revision")
    if not isinstance(form.error, Stale) or not (seen.isascii() and seen.isdigit() and len(seen) < 10):
        return None
    entries = [entry for _, entry in revisions.of_subject(connection, SubjectKind.CLAIM, claim_id, int(seen), 20)]
    return masking.masked(connection, context.caller(), View.REVISION, entries)


def again(claim_id: Any, part: str, error: FactcheckError) -> Response:
    """Show the claim as it now is, with the form as it was sent and what is wrong with it."""
    form, status = forms.refused(error, _noun(part))
    return shown(str(claim_id), {part: form}, status)


def shown(claim_id: str, sent: dict[str, Form] | None = None, status: int = 200) -> Response:
    viewer = context.caller()
    with context.reading_audit() as (connection, as_of):
        document, etag = claims.get(connection, claim_id, viewer)
        claim = orjson.loads(document)
        sent = sent or reuse.filled(connection, claim)
        entries, earlier = _entries(connection, claim_id, claim["revision"])
        pieces = [item for _, item in evidence.of_claim(connection, claim_id, -1, MOST) if item["withdrawn_at"]]
        gone = masking.masked(connection, viewer, View.EVIDENCE, pieces)
        rows = [item for _, item in relations.of_claim(connection, claim_id, -1, MOST)]
        related = masking.masked(connection, viewer, View.RELATION, rows)
        others = claims.get_many(connection, [item["claim_id"] for item in related], viewer)
        found = candidates.of_form(connection, claim, sent.get("relation"), viewer)
        since = next((told for form in sent.values() if (told := _since(connection, claim_id, form)) is not None), None)
        findings = audit.findings(connection, audit.FindingFilters(claim=claim_id), now(), None, FINDINGS, viewer).items
        graph = provenance.graph(connection, claim_id, viewer)
        undoable = decisions.undoable(connection, claim)
        alike = duplicates.count(connection, {"claim": claim_id})
        barred = decisions.barred(connection, claim_id, viewer)
        rated = rating_scales.words(connection, [claim])
        scales = rating_scales.choices(connection) if may("reviews.decide") else []
        cited = report_views.listed(connection, None, claim_id, None, REPORTS) if viewer else ()
        reported = masking.masked(connection, viewer, View.REPORT, [report for _, report in cited])
        linked = conversions.data_blocks(connection, document, context.here())
        team = assigned.of_claim(connection, claim_id, viewer) | talk.of_claim(connection, claim_id, viewer)
    return page(
        "claim.html",
        status,
        as_of=as_of,
        linked=linked,
        claim=claim | {"etag": etag},
        questions=[decisions.asked(question, claim) for question in Question],
        barred=barred,
        rated=rated.get(claim_id),
        scales=scales,
        reported=reported,
        active_scales={each["value"].partition(".")[0] for _, ratings in scales for each in ratings},
        current_quotes=decisions.current_quotes(claim),
        chosen={request.args.get("question", Question.CONTENT.value): request.args.get("decide", "")},
        meets=decisions.meets,
        undo_for=decisions.UNDO_FOR,
        entries=entries,
        earlier=earlier,
        gone=gone,
        findings=findings,
        graph=graph,
        picture=pictures.chain(graph),
        relations=[item | {"claim": orjson.loads(others[item["claim_id"]])} for item in related
                   if item["claim_id"] in others],
        alike=alike,
        found=found,
        since=since,
        undoable=undoable,
        **team,
        said=request.args.get("said"),
        form_of=lambda part: sent.get(part) or Form(_noun(part)),
        talk_form=lambda part: sent.get(part) or Form("comment"),
        sent=sent,
    )  # fmt: skip


def _entries(connection: Any, claim_id: str, last: int | None = None) -> tuple[list[dict[str, Any]], int | None]:
    """Return a page of the history, the newest first, and from which number on the page before it begins."""
    before = request.args.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 10:
        last = int(before) - 1
    if last is None:
        found = list(revisions.of_subject(connection, SubjectKind.CLAIM, claim_id, 0, 200))
        return _seen_from(connection, found), None
    first = max(0, last - REVISIONS)
    found = list(revisions.of_subject(connection, SubjectKind.CLAIM, claim_id, first, last - first))
    return _seen_from(connection, found), first + 1 if first else None


def _seen_from(connection: Any, found: list[tuple[int, dict[str, Any]]]) -> list[dict[str, Any]]:
    return masking.masked(connection, context.caller(), View.REVISION, [entry for _, entry in reversed(found)])
