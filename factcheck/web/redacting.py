"""A redaction over HTTP: the same for whatever is redacted."""

from typing import Any

from flask import Response

from factcheck.desk.access.answers import Answer
from factcheck.log.actors import Action
from factcheck.web import context, preconditions


def redacted(action: Action[..., None], *ids: Any, body: dict[str, Any], long: bool = False) -> Response:
    """Redact the thing with these ids, and then have the database wipe out what was removed."""

    def work(session: Any, actor: Any) -> Answer:
        action(session, actor, *map(str, ids), seen=preconditions.seen_if_given(), **body)
        return Answer(204, {}, b"")

    response = context.perform(action, work, long=long)
    context.database().scrub()
    return response
