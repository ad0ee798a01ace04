"""A redaction over HTTP: the same for whatever is redacted."""

from collections.abc import Sequence
from typing import Any

from flask import Response

from factcheck.desk.access.answers import Answer
from factcheck.desk.redactions import articles
from factcheck.log.actors import Action
from factcheck.web import capturing, context, preconditions


def redacted(
    action: Action[..., Sequence[str] | None], *ids: Any, body: dict[str, Any], long: bool = False
) -> Response:
    """Redact the thing with these ids, and then wipe out what was removed.

    After the commit, files that the action returns are removed from the archive (`doctor` finds those that a process
    that was killed leaves), and the database is scrubbed.
    """
    files: list[str] = []

    def work(session: Any, actor: Any) -> Answer:
        files.extend(action(session, actor, *map(str, ids), seen=preconditions.seen_if_given(), **body) or ())
        return Answer(204, {}, b"")

    response = context.perform(action, work, long=long)
    for sha256 in files:
        capturing.camera().archive.discard(sha256)
    context.database().scrub()
    return response


def redacted_article(article_id: Any, body: dict[str, Any]) -> Response:
    """Redact an article's text: in the claims about it some at a time, so that nobody waits for all, and then the rest.

    Whatever ends it in between, the request can be sent again.
    """
    before = context.answered_before()
    if before is not None:
        return before
    asked = (str(article_id),)
    with context.acting(articles.redact_text) as (session, _):
        slices = articles.slices(session, *asked, **body, seen=preconditions.seen_if_given())
    done: dict[str, str] = {}
    for some in slices:
        with context.acting(articles.redact_claims) as (session, actor):
            done |= articles.redact_claims(session, actor, *asked, some, **body, seen=preconditions.seen_if_given())
    return redacted(articles.redact_text, *asked, body={**body, "done": done}, long=True)
