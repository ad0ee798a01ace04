"""Capture a page for a form: it is fetched before the transaction, and only for who may do the action."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from factcheck.desk.access.answers import Answer
from factcheck.desk.capturing import captures
from factcheck.desk.capturing.pages import CapturedPage
from factcheck.errors import Flaw, Invalid, NotCaptured, NotFound
from factcheck.log.actors import Action, Actor, Precondition
from factcheck.messages import message
from factcheck.schemas.base import is_id, load
from factcheck.schemas.captures import CaptureIn
from factcheck.schemas.reviews import CAPTURES
from factcheck.web import capturing, context
from factcheck.web.capturing import camera
from factcheck.web.pages import forms

Done = Callable[[Session, Actor, dict[str, Any]], str]
Pages = Sequence[CapturedPage | None]


def perform_form(
    action: Action[..., Any],
    url: str,
    prepare: Callable[[CapturedPage], Done],
    lock: Callable[[Session], object] = lambda _session: None,
    html: str | None = None,
) -> Response:
    """Capture a page, do an action with the capture, failed or not, and send the browser on to where that says.

    With `html`, nothing is fetched: a person's browser had the page. `prepare` does what comes before the transaction.
    `lock` locks what the action changes: the capture's entry locks
    the log's head, which comes last.
    """
    context.demand_caller().demand(action.role)
    with camera().captured(url, html) as page:
        work = prepare(page)

        def add(session: Session, actor: Actor) -> str:
            lock(session)
            return work(session, actor, captures.add(session, actor, page))

        return forms.perform(action, add)


def perform_citing_form(
    action: Action[..., Any],
    evidence: Sequence[Any],
    work: Callable[[Session, Actor, Pages], str],
    *,
    claim_id: str,
    seen: Precondition,
    within: str = "/evidence/",
) -> Response:
    """Capture the pages of evidence whose `capture` is ticked, and do an action with them, one for each piece.

    The ticks are taken out of the evidence. Raises NotCaptured, once the captures that failed are stored.
    """
    asking = [_asking(item) for item in evidence]
    _demand_few(sum(map(bool, asking)))  # the form's schema is asked in the transaction, after the pages were fetched
    with capturing.cited(action, asking, claim_id, lambda: seen, within) as found:
        if not found.failed:
            return forms.perform(action, lambda session, actor: work(session, actor, [it.get("page") for it in asking]))
        errors: list[NotCaptured] = []

        def store(session: Session, actor: Actor) -> Answer:
            errors.append(found.store(session, actor))
            return Answer(422, {}, b"")

        context.perform(action, store)
    raise errors[0]  # outside: what is raised inside takes the files back


def of_form(capture_id: str) -> dict[str, Any] | None:
    """Return the capture that a form names, for members; None where there is none or it was redacted."""
    viewer = context.caller()
    if not is_id(capture_id) or viewer is None:
        return None
    with context.database().reading_primary() as connection:
        try:
            found = captures.get(connection, capture_id.lower(), viewer)
        except NotFound:
            return None
    return None if found["redacted"] else found


def _demand_few(pages: int) -> None:
    """Raise Invalid for more pages than one review has the desk fetch."""
    if pages > CAPTURES:
        detail = message("At most {most} pieces have capture: capture the other pages before.", most=CAPTURES)
        raise Invalid(detail, flaws=[Flaw(detail, "/evidence")])


def _asking(item: Any) -> dict[str, Any]:
    """Return what `capturing.cited` takes of a piece of evidence. What its schema refuses asks for nothing."""
    if isinstance(item, dict) and item.pop("capture", None) is True:
        with suppress(Invalid):
            return {"url": load(CaptureIn(), {"url": item.get("url")})["url"], "capture": True}
    return {}
