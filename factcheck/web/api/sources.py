"""/v1/sources"""

from typing import Any

from flask import Response

from factcheck.desk import sources
from factcheck.desk.access import masking
from factcheck.desk.access.answers import Answer
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import documents
from factcheck.desk.identity import judgments
from factcheck.desk.redactions import sources as redactions
from factcheck.queries import lists, records
from factcheck.queries.search import searches
from factcheck.queries.sources import candidates, pairs
from factcheck.schemas.audit import RecordOut
from factcheck.schemas.candidates import CandidatesOut, SourceAdded, SourcePairOut
from factcheck.schemas.parts import RedactionIn
from factcheck.schemas.sources import JudgmentIn, JudgmentOut, MergeIn, SourceIn, SourceOut
from factcheck.web import context, listing, naming, preconditions, preferences, queries, searching
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed, patched, patched_with
from factcheck.web.bodies import read_object
from factcheck.web.redacting import redacted

blueprint = Blueprint("sources", "People, organizations, documents and outlets that can say something.")
FILTERS = ("q", "kind", "limit", "cursor", "count")
NARROWED_PAIRS = ("kind", "min_score")
PAIR_FILTERS = (*NARROWED_PAIRS, "limit", "cursor", "count")
RENAMED = {"kind": "source_kind"}


@blueprint.route("/sources")
@blueprint.doc(parameters=queries.documented(*FILTERS, renamed=RENAMED))
@blueprint.response(200, listed(SourceOut, searched=True))
def list_sources() -> Response:
    """List sources, newest first; with `q`, the best first."""
    query = queries.read(*FILTERS, renamed=RENAMED)
    narrowed = {"q": query.get("q"), "kind": query.get("kind")}
    words = narrowed["q"]
    view = searching.view_for(words)
    with searching.reading(view) as connection:
        after = listing.page_key(query.get("cursor"))
        page = lists.list_sources(connection, **narrowed, after=after, limit=query.get("limit", 50), view=view)
        total = lists.count_sources(connection, **narrowed, view=view) if query.get("count") else None
    search = {"excerpts": searches.of_sources(page.items, words)} if words else None
    items = [documents.dumped(item) for item in page.items]
    return listing.listed(items, page.next, total, search, view.as_of if view else None)


@blueprint.route("/sources", methods=["POST"])
@does(sources.add)
@blueprint.arguments(SourceIn)
@blueprint.response(201, SourceAdded)
def add_source(body: dict[str, Any]) -> Response:
    """Add a source. `similar` lists the sources that may be the same.

    With `Prefer: handling=strict`, a source that is likely on the desk already is refused (409).
    """
    strict = preferences.handling() == "strict"
    if (before := context.answered_before()) is not None:
        return before
    similar = naming.similar(body, strict=strict)

    def work(session: Any, actor: Any) -> Any:
        source = sources.add(session, actor, **body)
        headers = {"Location": source["links"]["self"], "ETag": f'"{sources.etag(source)}"'}
        applied = {"Preference-Applied": "handling=strict"} if strict else {}
        return Answer(201, headers | applied, documents.dumped(source | {"similar": similar}))

    return context.perform(sources.add, work)


@blueprint.route("/sources/<uuid:source_id>")
@blueprint.response(200, SourceOut)
def get_source(source_id: Any) -> Response:
    """Get a source. One that is joined with others redirects to the one as which it is shown."""
    with context.database().reading() as connection:
        return context.one_thing(sources.get(connection, str(source_id)))


@blueprint.route("/sources/<uuid:source_id>", methods=["PATCH"])
@does(sources.amend)
@blueprint.doc(**patched_with(SourceIn))
@blueprint.response(200, SourceOut)
def amend_source(source_id: Any) -> Response:
    """Edit a source by a merge patch. Every claim with its name shows the new one."""
    patch = read_object(patched)

    def work(session: Any, actor: Any) -> Any:
        body = documents.dumped(sources.amend(session, actor, str(source_id), patch=patch, seen=preconditions.seen()))
        return context.changed(body, documents.etag_of(body))

    return context.perform(sources.amend, work)


@blueprint.route("/sources/<uuid:source_id>/candidates")
@blueprint.response(200, CandidatesOut)
def get_candidates(source_id: Any) -> Response:
    """Get the sources that may be the same as a source, by their names and identifiers.

    A merged source redirects to its target. Sources that were merged into this one are not among them.
    """
    view = searching.view()
    with searching.reading(view) as connection:
        found = candidates.of_source(connection, view, str(source_id))
    return context.one_thing({"items": [each.as_json() for each in found], **view.as_of.told()})


@blueprint.route("/sources/pairs")
@blueprint.doc(parameters=queries.documented(*PAIR_FILTERS, renamed=RENAMED))
@blueprint.response(200, listed(SourcePairOut, derived=True))
def list_pairs() -> Response:
    """List pairs of sources that may be one and that nobody has judged, those with the highest score first.

    With `kind`, one of the two has this kind. Judge a pair to remove it from the list.
    """
    query = queries.read(*PAIR_FILTERS, renamed=RENAMED)
    filters = {name: query[name] for name in NARROWED_PAIRS if name in query}
    after = listing.page_key(query.get("cursor"))
    with context.reading_derived("source_pairs") as (connection, as_of):
        page = pairs.page(connection, filters, after, query.get("limit", 50))
        total = pairs.count(connection, filters) if query.get("count") else None
    return listing.listed([documents.dumped(item) for item in page.items], page.next, total, as_of=as_of)


@blueprint.route("/sources/<uuid:source_id>/merge", methods=["POST"])
@does(sources.merge)
@blueprint.arguments(MergeIn)
@blueprint.response(200, SourceOut)
def merge_source(body: dict[str, Any], source_id: Any) -> Response:
    """Judge a source the same as another one, show that one, and return it."""

    def work(session: Any, actor: Any) -> Any:
        target = documents.dumped(
            sources.merge(session, actor, str(source_id), seen=preconditions.seen_if_given(), **body)
        )
        return context.changed(target, documents.etag_of(target))

    return context.perform(sources.merge, work)


@blueprint.route("/sources/<uuid:source_id>/judgments")
@blueprint.doc(parameters=queries.documented("limit", "cursor"))
@blueprint.response(200, listed(JudgmentOut))
def list_judgments(source_id: Any) -> Response:
    """List the judgments on a source, and on those that it is joined with, oldest first."""

    def read(connection: Any, after: int, limit: int) -> Any:
        return judgments.of_source(connection, str(source_id), after, limit)

    return listing.paged(read, first=-1, shown=masking.masking(View.JUDGMENT))


@blueprint.route("/sources/<uuid:source_id>/judgments", methods=["POST"])
@does(judgments.judge)
@blueprint.arguments(JudgmentIn)
@blueprint.response(201, JudgmentOut)
def add_judgment(body: dict[str, Any], source_id: Any) -> Response:
    """Judge whether a source is the same as another one: `same` joins the two, `different` and `unsure` part them."""

    def work(session: Any, actor: Any) -> Any:
        judgment = judgments.judge(session, actor, str(source_id), seen=preconditions.seen_if_given(), **body)
        return context.made(f"/v1/sources/{source_id}/judgments/{judgment['log_index']}", judgment)

    return context.perform(judgments.judge, work)


@blueprint.route("/sources/<uuid:source_id>/judgments/<int(max=9007199254740991):index>")
@blueprint.response(200, JudgmentOut)
def get_judgment(source_id: Any, index: int) -> Response:
    """Get one judgment on a source."""
    with context.database().reading() as connection:
        return context.one_thing(judgments.get(connection, str(source_id), index, context.caller()))


@blueprint.route("/sources/<uuid:source_id>/redaction", methods=["POST"])
@does(redactions.redact)
@blueprint.arguments(RedactionIn)
@blueprint.response(204)
def redact_source(body: dict[str, Any], source_id: Any) -> Response:
    """Remove a source's names and all that describes it, with those joined with it. Claims show it as redacted."""
    return redacted(redactions.redact, source_id, body=body, long=True)


@blueprint.route("/sources/<uuid:source_id>/record")
@blueprint.doc(parameters=queries.documented("as_of"))
@blueprint.response(200, RecordOut)
def get_record(source_id: Any) -> Response:
    """Get a source's track record: the verdicts on claims that it made or passed on, at any time."""
    as_of = queries.read("as_of").get("as_of")
    with context.reading_audit() as (connection, derived):
        found = records.record(connection, str(source_id), as_of, context.caller())
    return context.one_thing(found | derived.told())
