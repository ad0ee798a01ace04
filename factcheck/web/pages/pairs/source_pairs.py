"""Sources that may be one: one pair after the other, side by side, and the judgment on each."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Blueprint, Response, request
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.identity import judgments
from factcheck.errors import Clash, Invalid, NotFound
from factcheck.followers.progress import AsOf
from factcheck.log.actors import Actor
from factcheck.messages import message
from factcheck.queries.sources import pairs
from factcheck.rules.identity import identifiers
from factcheck.schemas.base import is_id, load
from factcheck.schemas.sources import JudgmentIn
from factcheck.web import context
from factcheck.web.pages import forms, paging
from factcheck.web.pages.forms import Form
from factcheck.web.pages.labels import REASONS
from factcheck.web.pages.layout import admit, page
from factcheck.web.speaking import languages

Json = dict[str, Any]
blueprint = Blueprint("source_pairs_pages", __name__, url_prefix="/sources/pairs")
blueprint.before_request(admit)
NARROWED = ("kind", "skip")
RENAMED = {"kind": "source_kind"}
REFUSALS = (Invalid, Clash)


@blueprint.get("")
def show() -> Response:
    return _shown()


@blueprint.get("/judged/<uuid:source_id>/<int(max=9007199254740991):index>")
def judged(source_id: Any, index: int) -> Response:
    """Show the next pair, and what was just judged of another one."""
    return _shown(said=(str(source_id), index))


@blueprint.post("")
def judge() -> Response:
    """Judge the two sources of a pair: the same action as POST /v1/sources/{id}/judgments."""
    form = forms.sent("judgment")

    def work(session: Session, actor: Actor) -> str:
        first, second = _ids(form)
        if not is_id(first):
            raise NotFound(message("No source has this id."))
        sent = {name: form.value(name) for name in ("judgment", "reason")}
        fields = load(JudgmentIn(), sent | {"other_id": second})
        made = judgments.judge(session, actor, first, **fields, anew=True)
        narrowed = f"?{urlencode(request.args)}" if request.args else ""
        return f"/sources/pairs/judged/{first}/{made['log_index']}{narrowed}"

    try:
        return forms.perform(judgments.judge, work)
    except REFUSALS as error:
        return _shown(*forms.refused(error, "judgment"))


def _shown(refused: Form | None = None, status: int = 200, said: tuple[str, int] | None = None) -> Response:
    """Show the first pair of the list, or the one whose judgment was refused, if it is still there.

    After a judgment, the next pair comes up without waiting for the follower: whatever was judged is left out anyhow.
    """
    query = paging.query(*NARROWED, renamed=RENAMED)
    if isinstance(query, Response):
        return query
    filters = {"kind": query["kind"]} if "kind" in query else {}
    viewer, skip = context.caller(), query.get("skip", 0)
    with _reading(waits=said is None) as (connection, as_of):
        total = pairs.count(connection, filters)
        same = _refused_pair(connection, refused) if refused else []
        found = same or pairs.page(connection, filters, None, 1, skip=skip).items
        judgment = judgments.get(connection, *said, viewer) if said else None
        shown_id = judgments.shown_as(connection, said[0]) if said else None
        sides = [_side(connection, source, viewer) for pair in found for source in pair["sources"]]
    because = [REASONS[why] for pair in found for why in pair["because"]]
    return page(
        "source_pairs.html",
        status,
        as_of=as_of,
        pair=found[0] if found else None,
        sides=sides,
        because=[languages.said(why) for why in because],
        both=set.intersection(*(set(side["identifiers"]) for side in sides)) if sides else set(),
        judgment=judgment,
        shown_id=shown_id,
        total=total,
        kind=query.get("kind"),
        skip=skip,
        refused=refused,
        form=refused if refused and same else Form("judgment"),
        reason=f"Compared side by side. The desk suggested them because of: {', '.join(because)}.",
    )


@contextmanager
def _reading(*, waits: bool) -> Iterator[tuple[Connection, AsOf | None]]:
    if waits:
        with context.reading_derived("source_pairs") as found:
            yield found
    else:
        with context.database().reading() as connection:
            yield connection, None


def _ids(form: Form) -> tuple[str, str]:
    return form.value("first").lower(), form.value("second").lower()


def _refused_pair(connection: Connection, form: Form) -> list[Json]:
    first, second = _ids(form)
    if not (is_id(first) and is_id(second)):
        return []
    found: list[Json] = pairs.page(connection, {"first": first, "second": second}, None, 1).items
    return found


def _side(connection: Connection, source: Json, viewer: Actor | None) -> Json:
    """Return what tells a source apart: itself, its identifiers by their URLs, and its latest claims."""
    known = pairs.with_claims(connection, source, viewer)
    found = {url: identifiers.of_url(url) for url in source["same_as"]}
    return known | {
        "latest": [orjson.loads(claim) for claim in known["latest"]],
        "identifiers": {identifiers.written(each) if each else url: url for url, each in found.items()},
    }
