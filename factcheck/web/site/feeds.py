"""The feeds of the public site: reports, and corrections."""

from collections.abc import Callable, Iterator
from typing import Any

from flask import Response

from factcheck.desk.publishing import published
from factcheck.followers.progress import AsOf
from factcheck.formats.site import feeds
from factcheck.formats.site.feeds import ATOM, JSON_FEED, Feed, Item
from factcheck.messages import message
from factcheck.queries.publishing import corrections
from factcheck.rules.publishing.corrections import CorrectionKind
from factcheck.web import context
from factcheck.web.pages.layout import words
from factcheck.web.site import answers
from factcheck.web.speaking import languages
from factcheck.web.speaking.languages import said

blueprint = answers.blueprint("feeds")
LISTED = 50  # items of a feed
Write = Callable[[Feed, str], bytes]
Json = dict[str, Any]


@blueprint.get("/r.atom")
def reports_atom() -> Response:
    """Give the newest reports as Atom."""
    return _answered(_reports(), feeds.as_atom, ATOM)


@blueprint.get("/r.json")
def reports_json() -> Response:
    """Give the newest reports as a JSON Feed."""
    return _answered(_reports(), feeds.as_json_feed, JSON_FEED)


@blueprint.get("/corrections.atom")
def corrections_atom() -> Response:
    """Give the newest corrections as Atom."""
    feed, as_of = _corrections()
    return _answered(feed, feeds.as_atom, ATOM, as_of)


@blueprint.get("/corrections.json")
def corrections_json() -> Response:
    """Give the newest corrections as a JSON Feed."""
    feed, as_of = _corrections()
    return _answered(feed, feeds.as_json_feed, JSON_FEED, as_of)


def _answered(feed: Feed, write: Write, media_type: str, as_of: AsOf | None = None) -> Response:
    return answers.answered(write(feed, answers.here_in_language()), media_type, as_of=as_of)


def _reports() -> Feed:
    with context.database().reading() as connection:
        found = published.newest(connection, LISTED)
    here = answers.site()
    items = [
        Item(
            f"urn:uuid:{each['id']}", here.report(each["id"]), each["title"], each["first_published_at"],
            each["published_at"], each["summary"] or "", each["language"],
        )
        for each in found
    ]  # fmt: skip
    title = said(message("Fact checks by {desk}", desk=here.name))
    return Feed(title, here.name, answers.address("/r"), languages.tag(), items)


def _corrections() -> tuple[Feed, AsOf]:
    with answers.reading_corrections() as (connection, as_of):
        found, _ = corrections.listed(connection, None, LISTED, None)
    here = answers.site()
    items = [
        Item(
            answers.address("/corrections", entry=each["log_index"]), f"{here.base}{each['links']['page']}",
            _headline(each), each["at"], each["at"], "\n".join(filter(None, (*_changes(each), each["reason"]))),
        )
        for each in found
    ]  # fmt: skip
    title = said(message("Corrections by {desk}", desk=here.name))
    return Feed(title, here.name, answers.address("/corrections"), languages.tag(), items), as_of


def _headline(correction: Json) -> str:
    about = correction["report"]["title"] if correction["report"] else correction["claim"]["text"]
    what, fields = about or said(message("a claim")), {each["field"] for each in correction["changes"]}
    headlines = {
        CorrectionKind.CHANGED: message("Verdict changed: {what}", what=what),
        CorrectionKind.WITHDRAWN: message("Claim withdrawn: {what}", what=what),
        CorrectionKind.REDACTED: message("Redacted: {what}", what=what),
        CorrectionKind.CORRECTED: message("Corrected: {what}", what=what),
        CorrectionKind.RETRACTED: message("Retracted: {what}", what=what),
    }
    if correction["change"] == CorrectionKind.CHANGED and not fields:
        return str(said(message("Reason of the verdict changed: {what}", what=what)))
    if fields == {"attribution_status"}:
        return str(said(message("Attribution check changed: {what}", what=what)))
    return str(said(headlines[CorrectionKind(correction["change"])]))


def _changes(correction: Json) -> Iterator[str]:
    """Yield what a verdict was and what it is, in words."""
    names = {
        "status": message("verdict"),
        "attribution_status": message("attribution check"),
        "rating": message("rating"),
    }
    for each in correction["changes"]:
        if each["field"] in names:
            before, after = (_in_words(each[end]) for end in ("before", "after"))
            yield f"{said(names[each['field']])}: {before} → {after}"


def _in_words(value: Any) -> str:
    """Say a status, or a rating as the verdict stores it."""
    if value is None:
        return "–"
    return str(value["label"]) if isinstance(value, dict) else words(value)
