"""A redaction over HTTP: the same for whatever is redacted."""

from collections.abc import Sequence
from typing import Any

from flask import Response

from factcheck.desk.access.answers import Answer
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
