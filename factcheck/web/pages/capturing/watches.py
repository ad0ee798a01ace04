"""Watching an article: the part of its page that says how it is watched, and the forms that change that."""

from typing import Any

from flask import Blueprint, Response
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk import articles
from factcheck.desk.capturing import watches
from factcheck.errors import Clash, Invalid, NotFound
from factcheck.log.actors import ANY, Actor
from factcheck.messages import Message, message, plural
from factcheck.rules import durations
from factcheck.rules.text.series import sentences
from factcheck.schemas.base import load
from factcheck.schemas.watches import WatchIn
from factcheck.web import context
from factcheck.web.pages import forms
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit, page, seen_other
from factcheck.web.speaking.languages import said

blueprint = Blueprint("watches_pages", __name__, url_prefix="/articles")
blueprint.before_request(admit)
OFFERED = ("PT1H", "PT6H", "P1D", "P7D")
MIDNIGHT = "T00:00:00.000000Z"


@blueprint.post("/<uuid:article_id>/watch")
def watch(article_id: Any) -> Response:
    """Watch an article, or watch it otherwise, as PUT /v1/articles/{id}/watch does."""

    def work(session: Session, actor: Actor) -> str:
        fields = load(WatchIn(), forms.body(forms.sent("watch")))
        watches.watch(session, actor, str(article_id), **fields, seen=ANY)
        return f"/articles/{article_id}?said=watched"

    try:
        return forms.perform(watches.watch, work)
    except (Invalid, Clash) as error:
        return _again(str(article_id), *forms.refused(error, "watch"))


@blueprint.post("/<uuid:article_id>/unwatch")
def unwatch(article_id: Any) -> Response:
    """Stop watching an article. One that somebody else stopped watching meanwhile is what was wanted."""

    def work(session: Session, actor: Actor) -> str:
        try:
            watches.unwatch(session, actor, str(article_id))
        except NotFound:
            articles.get(session.connection(), str(article_id))
        return f"/articles/{article_id}?said=unwatched"

    return forms.perform(watches.unwatch, work)


@blueprint.get("/<uuid:article_id>/watch")
@blueprint.get("/<uuid:article_id>/unwatch")
def back(article_id: Any) -> Response:
    """Lead back from the address of a form that was sent."""
    return seen_other(f"/articles/{article_id}")


def shown(connection: Connection, article: dict[str, Any]) -> dict[str, Any]:
    """Return what the template's part `watching` shows to members: nothing of an article that cannot be watched."""
    found = watches.of_article(connection, article["id"]) if context.caller() is not None else None
    offered = sorted({*OFFERED, *([found["every"]] if found else [])}, key=durations.read)
    until = (found["until"] or "") if found else ""
    return {
        "watch": found,
        "can_be_watched": found is not None or (article["url"] is not None and not article["redacted"]),
        "intervals": {each: said(in_words(each)) for each in offered},
        "until": until.removesuffix(MIDNIGHT),
    }


def in_words(every: str) -> Message:
    """Return an interval in words: “every hour”, “every 2 days 3 hours”."""
    duration = durations.read(every)
    hours, seconds = divmod(duration.seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    units = (
        (duration.days, plural("every day", "every {count} days", duration.days),
         plural("{count} day", "{count} days", duration.days)),
        (hours, plural("every hour", "every {count} hours", hours), plural("{count} hour", "{count} hours", hours)),
        (minutes, plural("every minute", "every {count} minutes", minutes),
         plural("{count} minute", "{count} minutes", minutes)),
        (seconds, plural("every second", "every {count} seconds", seconds),
         plural("{count} second", "{count} seconds", seconds)),
    )  # fmt: skip
    told = [(alone, part) for n, alone, part in units if n]
    return told[0][0] if len(told) == 1 else message("every {interval}", interval=sentences(part for _, part in told))


def _again(article_id: str, form: Form, status: int) -> Response:
    with context.database().reading_primary() as connection:
        article = articles.get(connection, article_id)
        return page("watch.html", status, article=article, form=form, **shown(connection, article))
