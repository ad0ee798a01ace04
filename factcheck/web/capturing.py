"""Capture a page in a request: it is fetched before the transaction, and only for who may add a capture."""

from collections.abc import Callable
from typing import Any

from flask import Response, current_app
from sqlalchemy.orm import Session

from factcheck.desk.access.answers import Answer
from factcheck.desk.capturing import captures
from factcheck.desk.capturing.pages import Camera, CapturedPage
from factcheck.errors import NotCaptured
from factcheck.log.actors import Action, Actor
from factcheck.web import context, problems

Done = Callable[[Session, Actor, dict[str, Any]], Answer]


def camera() -> Camera:
    found: Camera = current_app.extensions["factcheck.camera"]
    return found


def perform(
    action: Action[..., Any],
    url: str,
    prepare: Callable[[CapturedPage], Done],
    lock: Callable[[Session], object] = lambda _session: None,
) -> Response:
    """Capture a page and do an action with the capture, in one transaction. `prepare` does what comes before that.

    `lock` locks what the action changes: the capture's entry locks the log's head, which comes last.
    A capture that failed is stored too, and the response says why it failed. A request that is repeated under its
    Idempotency-Key gets its first response, and nothing is fetched.
    """
    context.demand_caller().demand(action.role)
    before = context.answered_before()
    if before is not None:
        return before
    with camera().captured(url) as page:
        work = None if page.extract.failure else prepare(page)

        def add(session: Session, actor: Actor) -> Answer:
            lock(session)
            capture = captures.add(session, actor, page)
            return work(session, actor, capture) if work else failed(capture, page.extract.detail)

        return context.perform(action, add)


def failed(capture: dict[str, Any], detail: str | None) -> Answer:
    """Return the answer that a page was not captured, which the transaction commits."""
    error = NotCaptured(
        f"The page was not captured. {detail or ''}".strip(), reason=capture["reason"], capture_id=capture["id"]
    )
    response = problems.answer(error)
    headers = {"Content-Type": "application/problem+json", "Location": capture["links"]["self"]}
    return Answer(response.status_code, headers, response.get_data())
