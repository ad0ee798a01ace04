"""/v1/articles"""

from dataclasses import replace
from typing import Any

from flask import Response

from factcheck.desk import articles, snapshots
from factcheck.desk.access.answers import Answer
from factcheck.desk.capturing import made_of, watches
from factcheck.desk.capturing.pages import CapturedPage
from factcheck.desk.claim_state import documents
from factcheck.desk.redactions import articles as redactions
from factcheck.queries import lists
from factcheck.queries.articles import copies, differences
from factcheck.queries.search import searches
from factcheck.schemas.articles import (
    ArticleIn,
    ArticleListed,
    ArticleOut,
    DifferencesOut,
    NewArticleIn,
    SnapshotIn,
    SnapshotListed,
    SnapshotMade,
    SnapshotOut,
    TextRedactionIn,
)
from factcheck.schemas.watches import WatchIn, WatchOut
from factcheck.web import capturing, context, listing, preconditions, preferences, queries, searching
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed, patched, patched_with
from factcheck.web.bodies import read_object
from factcheck.web.redacting import redacted_article

blueprint = Blueprint("articles", "Published texts and their snapshots.")
FILTERS = ("q", "outlet", "kind", "limit", "cursor", "count")
RENAMED = {"kind": "article_kind"}
PAGED = ("limit", "cursor")


@blueprint.route("/articles")
@blueprint.doc(parameters=queries.documented(*FILTERS, renamed=RENAMED))
@blueprint.response(200, listed(ArticleListed, searched=True))
def list_articles() -> Response:
    """List articles without their texts, newest first; with `q`, the best first."""
    query = queries.read(*FILTERS, renamed=RENAMED)
    narrowed = {name: query.get(name) for name in ("q", "outlet", "kind")}
    words = narrowed["q"]
    view = searching.view_for(words)
    with searching.reading(view) as connection:
        after = listing.page_key(query.get("cursor"))
        page = lists.list_articles(connection, **narrowed, after=after, limit=query.get("limit", 50), view=view)
        total = lists.count_articles(connection, **narrowed, view=view) if query.get("count") else None
        search = {"excerpts": searches.of_articles(connection, page.items, words)} if words else None
    items = [documents.dumped(item) for item in page.items]
    return listing.listed(items, page.next, total, search, view.as_of if view else None)


@blueprint.route("/articles", methods=["POST"])
@does(articles.add)
@blueprint.arguments(NewArticleIn)
@blueprint.response(201, ArticleOut)
def add_article(body: dict[str, Any]) -> Response:
    """Add an article with its text, or with that of a capture. The text becomes its first snapshot.

    With `capture_id`, fields that are not given are those that were extracted. The snapshot and the log name the
    capture, and the fields that were given otherwise.

    If the desk has an article with this text, or at this URL apart from its scheme, `www.`, fragment and tracking
    parameters, the response is 409 with its `id`. With `Prefer: handling=lenient`, the article is added all the same.
    """
    lenient = preferences.handling() == "lenient"

    def work(session: Any, actor: Any) -> Any:
        fields = made_of.article_fields(session.connection(), body)
        if not lenient:
            copies.demand_new(session.connection(), fields)
        article = articles.add(session, actor, **fields)
        made = context.made(article["links"]["self"], article)
        return replace(made, headers=made.headers | {"Preference-Applied": "handling=lenient"}) if lenient else made

    return context.perform(articles.add, work)


@blueprint.route("/articles/<uuid:article_id>")
@blueprint.response(200, ArticleOut)
def get_article(article_id: Any) -> Response:
    """Get an article with its newest snapshot."""
    with context.database().reading() as connection:
        return context.one_thing(articles.get(connection, str(article_id)))


@blueprint.route("/articles/<uuid:article_id>", methods=["PATCH"])
@does(articles.amend)
@blueprint.doc(**patched_with(ArticleIn, leaving_out="text"))
@blueprint.response(200, ArticleOut)
def amend_article(article_id: Any) -> Response:
    """Edit the metadata of an article by a merge patch. Its text does not change."""
    patch = read_object(patched)

    def work(session: Any, actor: Any) -> Any:
        body = documents.dumped(articles.amend(session, actor, str(article_id), patch=patch, seen=preconditions.seen()))
        return context.changed(body, documents.etag_of(body))

    return context.perform(articles.amend, work)


@blueprint.route("/articles/<uuid:article_id>/snapshots")
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(SnapshotListed))
def list_snapshots(article_id: Any) -> Response:
    """List an article's snapshots without their texts, by number."""
    return listing.paged(
        lambda connection, after, limit: articles.snapshots(connection, str(article_id), after, limit), first=0
    )


@blueprint.route("/articles/<uuid:article_id>/snapshots", methods=["POST"])
@does(snapshots.add)
@blueprint.arguments(SnapshotIn)
@blueprint.response(201, SnapshotMade)
@blueprint.alt_response(200, schema=SnapshotMade, description="The newest snapshot has this text already.")
def add_snapshot(body: dict[str, Any], article_id: Any) -> Response:
    """Add an article's newer text as a snapshot, and find the quotes of its claims in it.

    The text is sent, or taken from a capture, or, with neither, fetched from the article's URL. Claims keep their own
    quotes, their verdicts and their attribution. `quotes[].current` of each claim says where its quotes are now.
    """
    if "text" in body or body["capture_id"] is not None:
        with context.database().reading() as connection:
            new = snapshots.NewText(str(article_id), *made_of.text(connection, body["capture_id"], body.get("text")))
            new.look_for_all(connection)
        return context.perform(snapshots.add, lambda session, actor: _snapshot_added(session, actor, new))
    with context.database().reading() as connection:
        url = articles.url_of(connection, str(article_id))

    def prepare(page: CapturedPage) -> capturing.Done:
        with context.database().reading() as connection:
            new = snapshots.NewText.captured(connection, str(article_id), page)
        return lambda session, actor, _: _snapshot_added(session, actor, new)

    return capturing.perform(snapshots.add, url, prepare, lambda session: snapshots.lock(session, str(article_id)))


def _snapshot_added(session: Any, actor: Any, new: snapshots.NewText) -> Answer:
    snapshot, is_new = snapshots.add(session, actor, new, seen=preconditions.seen_if_given())
    if is_new:
        return context.made(snapshot["links"]["self"], snapshot)
    body = documents.dumped(snapshot)
    return Answer(200, {"ETag": f'"{documents.etag_of(body)}"'}, body)


@blueprint.route("/articles/<uuid:article_id>/snapshots/<int(max=2147483647):number>/diff/<int(max=2147483647):other>")
@blueprint.response(200, DifferencesOut)
def compare_snapshots(article_id: Any, number: int, other: int) -> Response:
    """Compare two snapshots of an article, word by word."""
    with context.database().reading() as connection:
        return context.one_thing(differences.between(connection, str(article_id), number, other))


@blueprint.route("/articles/<uuid:article_id>/snapshots/<int(max=2147483647):number>")
@blueprint.response(200, SnapshotOut)
def get_snapshot(article_id: Any, number: int) -> Response:
    """Get one snapshot with its text. It never changes."""
    with context.database().reading() as connection:
        return context.one_thing(articles.snapshot(connection, str(article_id), number))


@blueprint.route("/articles/<uuid:article_id>/redaction", methods=["POST"])
@does(redactions.redact_text)
@blueprint.arguments(TextRedactionIn)
@blueprint.response(204)
def redact_article(body: dict[str, Any], article_id: Any) -> Response:
    """Black out words of an article's text, or all of it, in every snapshot and in the claims about it.

    Each code point becomes `█`, so positions stay valid. Captures of the article's page, and those that have the words,
    are redacted as a whole. The log records it, and its proofs remain valid. The claims come first, some at a time: if
    there is no response, send the request again.
    """
    return redacted_article(article_id, body)


@blueprint.route("/articles/<uuid:article_id>/watch")
@blueprint.response(200, WatchOut)
def get_watch(article_id: Any) -> Response:
    """Get how an article is watched, and what became of the last check. Needs a token."""
    context.demand_caller()
    with context.database().reading() as connection:
        return context.one_thing(watches.get(connection, str(article_id)))


@blueprint.route("/articles/<uuid:article_id>/watch", methods=["PUT"])
@does(watches.watch)
@blueprint.arguments(WatchIn)
@blueprint.response(200, WatchOut)
@blueprint.alt_response(201, schema=WatchOut, description="The article was not watched before.")
def set_watch(body: dict[str, Any], article_id: Any) -> Response:
    """Watch an article's page. If its text changes, the desk adds a snapshot and finds the quotes of its claims in it.

    `factcheck watch run` fetches the page, at first at once. It honours the site's robots.txt, and tries again
    after a failure, later each time.
    """

    def work(session: Any, actor: Any) -> Answer:
        seen = preconditions.seen_if_given()
        watch, is_new = watches.watch(session, actor, str(article_id), **body, seen=seen)
        if is_new:
            return context.made(watch["links"]["self"], watch)
        return context.changed(documents.dumped(watch), watches.etag(watch))

    return context.perform(watches.watch, work)


@blueprint.route("/articles/<uuid:article_id>/watch", methods=["DELETE"])
@does(watches.unwatch)
@blueprint.response(204)
def remove_watch(article_id: Any) -> Response:
    """Stop watching an article. The log shows that it was watched."""

    def work(session: Any, actor: Any) -> Answer:
        watches.unwatch(session, actor, str(article_id), seen=preconditions.seen_if_given())
        return Answer(204, {}, b"")

    return context.perform(watches.unwatch, work)
