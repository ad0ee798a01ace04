"""Articles: the list, a new one, and the reading page with every claim in its place."""

from collections.abc import Iterable
from typing import Any

import orjson
from flask import Blueprint, Response, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from factcheck.desk import articles, claims
from factcheck.desk.claim_state import texts
from factcheck.errors import Clash, FactcheckError, Invalid, Stale
from factcheck.log.actors import Actor
from factcheck.messages import message
from factcheck.queries import lists, matching
from factcheck.queries.search import searches
from factcheck.rules.sources import AnchorState
from factcheck.rules.status import Status
from factcheck.rules.team.filtering import FILTERS, FilteredList
from factcheck.rules.text.segments import Segment, Span, segments
from factcheck.rules.text.sentences import uncovered
from factcheck.schemas.base import load
from factcheck.schemas.claims import ClaimIn
from factcheck.web import context, listing, searching
from factcheck.web.pages import entries, forms, paging
from factcheck.web.pages.capturing import images, watches
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit, exactly, page, seen_other
from factcheck.web.pages.team import talk
from factcheck.web.pages.team.filters import on_list
from factcheck.web.saving import RENAMED
from factcheck.web.speaking import languages

blueprint = Blueprint("articles_pages", __name__, url_prefix="/articles")
blueprint.before_request(admit)
SHOWN = 5000  # claims of one article on its page
REFUSALS = (Invalid, Stale, Clash)
UNCOVERED = -1  # the mark of a sentence that no claim was taken from
PASSAGE = -2  # the mark of the words from which a claim is being entered
LABEL = 100  # code points of a claim in the label of its link
DIGITS = 9  # fewer of a place in a text: none is as long
# What a stretch that several claims share looks like: the first of these that one of them has.
STRIKING = (
    Status.REFUTED,
    Status.DISPUTED,
    Status.VERIFIED,
    Status.IN_REVIEW,
    Status.UNVERIFIABLE,
    Status.UNVERIFIED,
)


@blueprint.get("")
def show_list() -> Response:
    query = paging.query(*FILTERS[FilteredList.ARTICLES], renamed=RENAMED[FilteredList.ARTICLES])
    if isinstance(query, Response):
        return query
    view = searching.view_for(query.get("q"))
    with searching.reading(view) as connection:
        found = lists.list_articles(
            connection,
            q=query.get("q"),
            outlet=query.get("outlet"),
            kind=query.get("kind"),
            after=listing.page_key(query.get("cursor")),
            limit=query.get("limit", 50),
            view=view,
        )
        if "q" in query:
            for item, excerpt in zip(
                found.items, searches.of_articles(connection, found.items, query["q"]), strict=True
            ):
                item["found"] = excerpt
        saved = on_list(connection, FilteredList.ARTICLES)
    return page(
        "articles.html", articles=found.items, more_at=paging.address(found), form=Form(), adds=articles.add.role,
        saving=saved,
    )  # fmt: skip


@blueprint.get("/<uuid:article_id>")
def show(article_id: Any) -> Response:
    return _shown(str(article_id), Form("claim"))


@blueprint.get("/<uuid:article_id>/claims")
def back(article_id: Any) -> Response:
    """Lead back from the address of the form that was sent."""
    return seen_other(f"/articles/{article_id}")


@blueprint.post("/<uuid:article_id>/claims")
def add_claim(article_id: Any) -> Response:
    """Add a claim as POST /v1/claims does, or show the form again with its quotes and steps arranged.

    One that the desk likely has already is added when the person who sees that says so.
    """
    form = forms.sent("claim")
    if form.value("more"):
        return _shown(str(article_id), form)
    sent = forms.body(form)
    with context.database().reading() as connection:
        text = articles.get(connection, str(article_id))["text"]
        _as_it_stands(text, sent.get("quotes", []))
        found = texts.of_claim(connection, sent, article=str(article_id))

    def work(session: Session, actor: Actor) -> str:
        fields = entries.body(session, actor, form, article_id=str(article_id)) | {"article_id": str(article_id)}
        _as_it_stands(text, fields["quotes"])
        entered = load(ClaimIn(), fields)
        if not form.value("anyway"):
            view, said = searching.view(), entered["text"]
            matching.demand_new(session.connection(), view, actor, said, article_id=str(article_id))
        claim = claims.add(session, actor, texts=found, **entered)
        kept = "&coverage=on" if request.args.get("coverage") == "on" else ""
        set_otherwise = "&said=reworded" if found.reworded(fields) else ""
        return f"/articles/{article_id}?new={claim.id}{kept}{set_otherwise}"

    try:
        return forms.perform(claims.add, work)
    except REFUSALS as error:
        return again(str(article_id), "claim", error)


def _as_it_stands(text: str, quotes: list[Any]) -> None:
    """Give quotes at a place the text's own line ends: a form knows one kind of them."""
    for quote in quotes:
        start, end = (quote.get("start"), quote.get("end")) if isinstance(quote, dict) else (None, None)
        if isinstance(start, int) and isinstance(end, int):
            own = text[start:end]
            if own.replace("\r\n", "\n").replace("\r", "\n") == quote.get("exact"):
                quote["exact"] = own


def again(article_id: str, part: str, error: FactcheckError) -> Response:
    """Show the article as it now is, with one of its forms as it was sent and what is wrong with it."""
    form, status = forms.refused(error, part.partition("-")[0])
    return (
        _shown(article_id, form, status) if part == "claim" else _shown(article_id, Form("claim"), status, {part: form})
    )


def _shown(article_id: str, form: Form, status: int = 200, sent: dict[str, Form] | None = None) -> Response:
    """Show the article with its claims: a few queries, whatever their number."""
    with context.database().reading() as connection:
        article = articles.get(connection, article_id)
        found = lists.claims(
            connection,
            lists.ClaimFilters(article=article_id),
            lists.Sort.CREATED_FIRST,
            None,
            SHOWN,
            viewer=context.caller(),
        )
        watching = watches.shown(connection, article)
        comments = talk.of_article(connection, article_id, context.caller()) | images.of_article(connection, article_id)
    taken = [orjson.loads(document) for document in found.items]
    in_place = _in_order(taken, article["number"])
    coverage, new = request.args.get("coverage") == "on", request.args.get("new", "")
    passage = _passage(form, article["text"]) or _first_words(in_place, new, article["number"])
    return page(
        "article.html",
        status,
        article=article,
        text=_marked_text(article["text"], in_place, article["number"], coverage, passage),
        claims=in_place,
        cut=found.next is not None,
        coverage=coverage,
        new=new,
        said=request.args.get("said"),
        known=sorted({hop["source"]["name"] for claim in taken for hop in claim["attribution"]["chain"]
                      if hop["source"]}),
        form=form,
        watch_form=Form("watch"),
        talk_form=lambda part: (sent or {}).get(part) or Form("comment"),
        **watching,
        **comments,
    )  # fmt: skip


def _in_order(taken: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    """Return the claims in the order of their first words in this snapshot; those that it lost come last."""

    def place(claim: dict[str, Any]) -> tuple[int, int]:
        starts = [quote["start"] for quote in _quotes(claim, number)]
        return (0, min(starts)) if starts else (1, 0)

    return sorted(taken, key=place)


def _quotes(claim: dict[str, Any], number: int) -> list[dict[str, Any]]:
    """Return where the claim's quotes are in this snapshot, those that are there."""
    places = [quote.get("current", quote) for quote in claim["quotes"] if quote["state"] == AnchorState.ANCHORED]
    return [place for place in places if place["snapshot"] == number]


def _marked_text(
    text: str, taken: list[dict[str, Any]], number: int, coverage: bool, passage: tuple[int, int] | None
) -> Markup:
    """Return the text with every quote marked, and to the letter: what is selected in it is counted in it.

    `passage` are the words of the claim that is being added, or was just added.
    """
    spans = [
        Span(quote["start"], quote["end"], at) for at, claim in enumerate(taken) for quote in _quotes(claim, number)
    ]
    if coverage:
        spans += [Span(*place, UNCOVERED) for place in uncovered(text, [(span.start, span.end) for span in spans])]
    if passage:
        spans.append(Span(*passage, PASSAGE))
    seen: set[int] = set()
    return Markup("").join(_segment(text, each, taken, seen) for each in segments(len(text), spans))


def _segment(text: str, segment: Segment, taken: list[dict[str, Any]], seen: set[int]) -> Markup:
    """Return one stretch of the text. Quotes are no links, for words in a link cannot be selected with a mouse.

    In front of the first stretch of each claim stands a link to it, with its number and without a text of its own.
    """
    shown = exactly(text[segment.start : segment.end])
    marks = [mark for mark in segment.marks if mark >= 0]
    links = Markup("").join(_link(mark, taken[mark]) for mark in marks if mark not in seen)
    if marks:
        status = _striking(taken[mark]["status"] for mark in marks)
        shown = Markup('<mark class="quote is-{}{}" data-claims="{}">{}</mark>').format(
            status, " many" if len(marks) > 1 else "", " ".join(map(str, marks)), shown
        )
    if UNCOVERED in segment.marks:
        shown = Markup('<span class="uncovered">{}</span>').format(shown)
    if PASSAGE in segment.marks:
        start = Markup("") if PASSAGE in seen else Markup('<i id="passage"></i>')
        shown = Markup('{}<span class="passage">{}</span>').format(start, shown)
    seen.update(segment.marks)
    return Markup("{}{}").format(links, shown)


def _link(at: int, claim: dict[str, Any]) -> Markup:
    label = " ".join(claim["text"].split())
    label = label if len(label) <= LABEL else label[: LABEL - 1] + "…"
    called = languages.said(message("Claim {number}: {text}", number=at + 1, text=label))
    return Markup(
        '<a class="ref is-{}" id="q-{}" href="#c-{}" data-claims="{}" data-number="{}" aria-label="{}"></a>'
    ).format(claim["status"], at, claim["id"], at, at + 1, called)


def _first_words(taken: list[dict[str, Any]], claim_id: str, number: int) -> tuple[int, int] | None:
    """Return where the first words of one of the claims stand, if it is there and the text still has them."""
    quotes = [quote for claim in taken if claim["id"] == claim_id for quote in _quotes(claim, number)]
    return (quotes[0]["start"], quotes[0]["end"]) if quotes else None


def _passage(form: Form, text: str) -> tuple[int, int] | None:
    """Return where the words stand from which a claim is being entered: the last quote of the form that has a place."""
    for at in reversed(form.rows("quotes")):
        words, start = form.value(f"quotes.{at}.exact"), form.value(f"quotes.{at}.start")
        if start.isascii() and start.isdigit() and len(start) < DIGITS:
            place = int(start)
            if place < len(text) and words:
                return place, min(place + len(words), len(text))
        if words.strip() and (place := text.find(words)) >= 0:
            return place, place + len(words)
    return None


def _striking(statuses: Iterable[str]) -> Status:
    there = set(statuses)
    return next(status for status in STRIKING if status in there)
