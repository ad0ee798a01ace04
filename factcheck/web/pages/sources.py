"""Sources: the list, a source's page, and its names, which forms complete."""

import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request
from marshmallow import Schema
from sqlalchemy.orm import Session

from factcheck.desk import sources
from factcheck.desk.identity import judgments, source_relations
from factcheck.errors import Clash, FactcheckError, Invalid, Merged, Stale, Unavailable
from factcheck.followers.search.similar_sources import lacks_few
from factcheck.log.actors import Actor
from factcheck.messages import message
from factcheck.queries import lists, records
from factcheck.queries.search import searches
from factcheck.queries.sources import candidates, namesakes, pairs
from factcheck.rules.identity.identifiers import REGISTERS, of_source, without
from factcheck.rules.identity.judgments import Identity
from factcheck.rules.identity.relations import KINDS, period
from factcheck.rules.sources import SourceKind
from factcheck.rules.team.filtering import FILTERS, FilteredList
from factcheck.schemas.base import is_id, load
from factcheck.schemas.sources import JudgmentIn, SourceIn
from factcheck.web import context, listing, searching
from factcheck.web.pages import charts, forms, names, paging
from factcheck.web.pages.forms import Form
from factcheck.web.pages.labels import REASONS
from factcheck.web.pages.layout import admit, page, seen_other
from factcheck.web.pages.names import Names
from factcheck.web.pages.queue import row_of
from factcheck.web.pages.team.filters import on_list
from factcheck.web.saving import RENAMED
from factcheck.web.speaking.languages import said

blueprint = Blueprint("sources_pages", __name__, url_prefix="/sources")
blueprint.before_request(admit)
JUDGED = 200  # judgments of a source on its page
RELATED = 200  # relations of a source on its page
SHOWN = 20  # claims of a source on its page, as origin and in all
ALIKE = 5  # sources that may be the same, on the page of one
COMPLETED = 10  # names offered while one is typed
LISTS = re.compile(r"([A-Za-z0-9_-]{1,100})-names")  # the ids of what is offered for a field, by the field's id
# The parts of a record, and what each is called.
ROLES = {
    "as_origin": message("as the original source"),
    "said_on_its_behalf": message("said on its behalf"),
    "as_relay": message("passed on from others"),
    "in_its_own_voice": message("in its own voice, as an outlet"),
}
# The forms of a source's page. Those that withdraw a relation are named "part-" with its id.
NOUNS = {"amend": "source", "judge": "judgment", "relate": "source_relation"}
REFUSALS = (Invalid, Stale, Clash)


@blueprint.get("")
def show_list() -> Response:
    return _listed(Form("source"))


@blueprint.get("/names")
def complete() -> Response:
    """Give the options of a field that completes: whatever the field is called, its text is the parameter."""
    typed = next(iter(request.args.values()), "")[:300]
    view = searching.view()
    with searching.reading(view) as connection:
        found = names.offered(connection, view, typed, COMPLETED)
        alike = [] if found else names.alike(connection, view, typed)
    field = LISTS.fullmatch(request.headers.get("HX-Target", ""))
    return page("source_options.html", options=found, alike=alike, field=field[1] if field else "")


@blueprint.post("")
def add() -> Response:
    def work(session: Session, actor: Actor) -> str:
        return f"/sources/{sources.add(session, actor, **load(SourceIn(), forms.body(forms.sent())))['id']}"

    try:
        return forms.perform(sources.add, work)
    except REFUSALS as error:
        return _listed(*forms.refused(error, "source"))


@blueprint.get("/<uuid:source_id>")
def show(source_id: Any) -> Response:
    try:
        return _shown(str(source_id))
    except Merged as merged:
        return Response(status=301, headers={"Location": f"/sources/{merged.into}"})


@blueprint.get("/<uuid:source_id>/<any(amendments, judgments):_form>")
def back(source_id: Any, _form: str) -> Response:
    """Lead back from the address of a form that was sent."""
    return seen_other(f"/sources/{source_id}")


@blueprint.post("/<uuid:source_id>/amendments")
def amend(source_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        sent = forms.body(forms.sent())
        # What the form left empty is taken away.
        empty: dict[str, Any] = {"name": None, "kind": None, "description": None, "aliases": [], "same_as": []}
        patch = _with_identifiers(sources.get(session.connection(), str(source_id)), empty | sent)
        sources.amend(session, actor, str(source_id), patch=patch, seen=forms.version_seen())
        return f"/sources/{source_id}?said=amended"

    try:
        return forms.perform(sources.amend, work)
    except REFUSALS as error:
        return again(source_id, "amend", error)


def _with_identifiers(source: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """Return what the form gives, with the URLs of the identifiers that it leaves: its list of URLs lacks these."""
    given = dict.fromkeys(REGISTERS) | sent.get("identifiers", {})
    if sent["kind"] != SourceKind.OUTLET:
        del given["domain"]
    held = [url for url in source["same_as"] if of_source(source["kind"], [url])]
    left = without(str(sent["kind"]), held, given)
    return sent | {"identifiers": given, "same_as": list(dict.fromkeys([*sent["same_as"], *left]))}


@blueprint.post("/<uuid:source_id>/judgments")
def judge(source_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        fields = _judgment(session, actor, str(source_id), forms.body(forms.sent()))
        judgments.judge(session, actor, str(source_id), **fields)
        return f"/sources/{judgments.shown_as(session.connection(), str(source_id))}?said=judged"

    try:
        return forms.perform(judgments.judge, work)
    except REFUSALS as error:
        with context.database().reading() as connection:
            shown = judgments.shown_as(connection, str(source_id))
        return again(shown, "judge", error)


def _judgment(session: Session, actor: Actor, source_id: str, sent: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a judgment that the form gives."""
    chosen = with_other(session, actor, sent, JudgmentIn(), lambda named: _with_shown(named, source_id))
    found: dict[str, Any] = load(JudgmentIn(), _with_shown(chosen, source_id))
    return found


def with_other(
    session: Session,
    actor: Actor,
    sent: dict[str, Any],
    schema: Schema,
    whole: Callable[[dict[str, Any]], dict[str, Any]] = lambda named: named,
) -> dict[str, Any]:
    """Return what a form sent with the id of the other source, which it gives by name or by the URL of its page.

    `whole` makes of it what the schema takes.
    """
    last = str(sent.get("other", "")).split("?")[0].split("#")[0].rstrip("/").rpartition("/")[2]
    if is_id(last):
        return {name: value for name, value in sent.items() if name != "other"} | {"other_id": last}
    other = Names(session, actor)
    other.resolve(sent, "other", makes=False)
    other.settle(lambda: load(schema, whole(sent)))
    return sent


def _with_shown(sent: dict[str, Any], source_id: str) -> dict[str, Any]:
    """Put in the id of the source that is to be shown. Nothing is chosen with another judgment than `same`."""
    fields = {name: value for name, value in sent.items() if name != "shown"}
    chosen = {"this": source_id, "other": fields.get("other_id")}.get(str(sent.get("shown")))
    return fields | {"shown_id": chosen} if chosen and sent.get("judgment") == Identity.SAME else fields


def _listed(form: Form, status: int = 200) -> Response:
    query: Any = (
        {} if form.error else paging.query(*FILTERS[FilteredList.SOURCES], renamed=RENAMED[FilteredList.SOURCES])
    )
    if isinstance(query, Response):
        return query
    view = searching.view_for(query.get("q"))
    with searching.reading(view) as connection:
        found = lists.list_sources(
            connection,
            q=query.get("q"),
            kind=query.get("kind"),
            after=listing.page_key(query.get("cursor")),
            limit=query.get("limit", 50),
            view=view,
        )
        listed = namesakes.with_latest_claims(connection, found.items)
        to_judge = pairs.count(connection, {})
        saved = on_list(connection, FilteredList.SOURCES)
    if "q" in query:
        for item, excerpt in zip(listed, searches.of_sources(found.items, query["q"]), strict=True):
            item["found"] = excerpt
    more_at = paging.address(found)
    return page("sources.html", status, sources=listed, to_judge=to_judge, more_at=more_at, form=form, saving=saved)


def again(source_id: Any, part: str, error: FactcheckError) -> Response:
    """Show a source's page again with a form that was refused."""
    form, status = forms.refused(error, noun_of(part))
    return _shown(str(source_id), {part: form}, status)


def noun_of(part: str) -> str:
    """Return the name that a form of a source's page has in the labels."""
    return "withdrawal" if part.startswith("part-") else NOUNS.get(part, "")


def _shown(source_id: str, sent: dict[str, Form] | None = None, status: int = 200) -> Response:
    viewer = context.caller()
    with context.reading_audit() as (connection, as_of):
        source = sources.get(connection, source_id)
        as_origin = lists.claims(connection, lists.ClaimFilters(origin=source_id), None, None, SHOWN, viewer=viewer)
        record = records.record(connection, source_id, None, viewer)
        anywhere = lists.claims(connection, lists.ClaimFilters(source=source_id), None, None, SHOWN, viewer=viewer)
        judged = judgments.newest_of_source(connection, source_id, viewer, JUDGED)
        related = source_relations.newest_of_source(connection, source_id, viewer, RELATED)
    origin = [row_of(document) for document in as_origin.items]
    relayed = [claim for claim in map(row_of, anywhere.items) if not _is_origin(source_id, claim)]
    return page(
        "source.html",
        status,
        as_of=as_of,
        alike=_alike(source_id),
        source=source
        | {
            "etag": sources.etag(source),
            "other_urls": [url for url in source["same_as"] if not of_source(source["kind"], [url])],
        },
        record=[(said(told), record[role], charts.interval(record[role]["held"])) for role, told in ROLES.items()],
        origin=origin,
        more_origin=as_origin.next is not None,
        relayed=relayed,
        judged=judged,
        related=related,
        relation_kinds=KINDS,
        kind_words={kind: said(meaning.words) for kind, meaning in KINDS.items()},
        period=period,
        part_form=Form("judgment"),
        more_relayed=anywhere.next is not None,
        said=request.args.get("said"),
        form_of=lambda part: (sent or {}).get(part) or Form(noun_of(part)),
    )


def _alike(source_id: str) -> list[dict[str, Any]] | None:
    """Return the sources that may be the same, each with what is known of it and why; None without a search index.

    The page does not wait for the index: what it lacks is read from the tables.
    """
    try:
        view = searching.view_now()
    except Unavailable:
        return None
    with searching.reading(view) as connection:
        if not lacks_few(connection, view):
            return None
        found = candidates.of_source(connection, view, source_id)[:ALIKE]
        shown = namesakes.with_latest_claims(connection, [each.source for each in found])
    return [
        {"source": source, "known": namesakes.known_of(source), "because": [said(REASONS[why]) for why in each.because]}
        for each, source in zip(found, shown, strict=True)
    ]


def _is_origin(source_id: str, claim: dict[str, Any]) -> bool:
    origin = claim["attribution"]["origin"]
    return origin is not None and origin["id"] == source_id
