"""What the pages of claims and articles show of their comments."""

from collections.abc import Collection
from typing import Any

from flask import request
from markupsafe import Markup
from sqlalchemy import ColumnElement
from sqlalchemy.engine import Connection

from factcheck.desk.claim_state import documents
from factcheck.desk.team import threads
from factcheck.formats import markdown
from factcheck.log.actors import Actor
from factcheck.queries.team.notifications import Unseen, unseen_about
from factcheck.rules.names import mentions
from factcheck.rules.roles import Role
from factcheck.schemas.base import is_id
from factcheck.storage.tables.comments import Comment
from factcheck.web.pages.layout import named

SHOWN = 50  # comments on one page
TEXT = 100_000  # code points of their texts, from which on a page ends
Json = dict[str, Any]


def of_claim(connection: Connection, claim_id: str, viewer: Actor | None) -> Json:
    """Return comments on a claim for its page, and which are new; nothing for readers without a token."""
    unseen = unseen_about(connection, viewer, claims=[claim_id]) if viewer else Unseen()
    return {"unseen": unseen} | _talk(connection, Comment.claim_id == claim_id, f"/claims/{claim_id}", viewer)


def of_article(connection: Connection, article_id: str, viewer: Actor | None) -> Json:
    """Return comments on an article for its page, and which are new; nothing for readers without a token."""
    unseen = unseen_about(connection, viewer, article=article_id) if viewer else Unseen()
    return {"unseen": unseen} | _talk(connection, Comment.article_id == article_id, f"/articles/{article_id}", viewer)


def dressed(comment: Json, viewer: Actor) -> Json:
    """Return a comment with what a page shows of it: its text as HTML, its version, and what its reader may do."""
    is_own = comment["author"]["id"] == viewer.id
    text = named(comment["text"] or "")
    names = {mentions.folded(each["name"]): each["name"] for each in comment["mentions"]}
    written = {name for _, _, name in mentions.places(text, names)}
    return comment | {
        "html": Markup(markdown.html(text, names)),  # noqa: S704 (sanitized where it is made)
        "also_mentions": [name for folded, name in names.items() if folded not in written],
        "etag": documents.etag_of(documents.dumped(comment)),
        "may_edit": is_own and comment["text"] is not None,
        "may_withdraw": comment["withdrawn_at"] is None and (is_own or viewer.role.includes(Role.ADMIN)),
    }


def _talk(connection: Connection, about: ColumnElement[bool], here: str, viewer: Actor | None) -> Json:
    if viewer is None:
        return {"talk": None}
    asked = request.args.get("comments", "")
    first = asked.lower() if is_id(asked) else None
    found = threads.in_threads(connection, viewer, about, first, SHOWN)
    shown, following = _fitting(found.comments, found.next)
    groups = threads.grouped(dressed(each, viewer) for each in shown)
    return {"talk": {"threads": groups, "first": first, "next": following, "here": here}}


def _fitting(found: Collection[Json], following: str | None) -> tuple[list[Json], str | None]:
    """Return the comments whose texts fit on a page, one at least, and the one with which the next page begins."""
    shown: list[Json] = []
    size = 0
    for each in found:
        size += len(each["text"] or "")
        if shown and size > TEXT:
            return shown, each["id"]
        shown.append(each)
    return shown, following
