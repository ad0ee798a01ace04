"""Capture a page for a form: it is fetched before the transaction, and only for who may do the action."""

from collections.abc import Callable
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from factcheck.desk.capturing import captures
from factcheck.desk.capturing.pages import CapturedPage
from factcheck.log.actors import Action, Actor
from factcheck.web import context
from factcheck.web.capturing import camera
from factcheck.web.pages import forms

Done = Callable[[Session, Actor, dict[str, Any]], str]


def perform_form(
    action: Action[..., Any],
    url: str,
    prepare: Callable[[CapturedPage], Done],
    lock: Callable[[Session], object] = lambda _session: None,
) -> Response:
    """Capture a page, do an action with the capture, failed or not, and send the browser on to where that says.

    `prepare` does what comes before the transaction. `lock` locks what the action changes: the capture's entry locks
    the log's head, which comes last.
    """
    context.demand_caller().demand(action.role)
    with camera().captured(url) as page:
        work = prepare(page)

        def add(session: Session, actor: Actor) -> str:
            lock(session)
            return work(session, actor, captures.add(session, actor, page))

        return forms.perform(action, add)
