"""One action on several claims of a list, each by itself: what one claim does not allow is done to the others."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from flask import request
from sqlalchemy.orm import Session

from factcheck.desk import claims, reviews
from factcheck.desk.team import assignments
from factcheck.errors import Clash, FactcheckError, Flaw, Forbidden, Invalid, NotFound, RuleUnmet, Stale, Withdrawn
from factcheck.log.actors import ANY, Action, Actor, Precondition
from factcheck.messages import message
from factcheck.rules.status import Question, Status
from factcheck.schemas.base import is_id
from factcheck.web import context
from factcheck.web.pages.forms import Form

MOST = 50  # claims: a page of a list
REFUSALS = (Clash, Forbidden, Invalid, NotFound, RuleUnmet, Stale, Withdrawn)  # that say nothing of other claims
Work = Callable[[Session, Actor, str], object]


@dataclass
class Outcome:
    """What was done: to how many claims, and to which it was not done and why, by their ids."""

    action: str
    done: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def do(form: Form, rules: dict[str, Any]) -> Outcome:
    """Do what a form asks for to the claims that it names, each in a transaction of its own.

    To send it again does nothing more. `rules` are what the desk's settings ask of a decision. Raises Invalid for a
    form that names no claims, or too many, and Forbidden.
    """
    chosen = list(dict.fromkeys(each.lower() for each in request.form.getlist("claim")))
    if len(chosen) > MOST:
        raise _invalid(message("Choose {most} claims at most.", most=MOST), "/claim")
    if not chosen or not all(is_id(each) for each in chosen):
        raise _invalid(message("Choose at least one claim."), "/claim")
    action, work = _work(form, rules)
    context.demand_caller().demand(action.role)
    outcome = Outcome(form.value("do"))
    for claim_id in chosen:
        try:
            with context.acting(action) as (session, actor):
                work(session, actor, claim_id)
            outcome.done += 1
        except REFUSALS as error:
            outcome.refused[claim_id] = _why(error)
    return outcome


def _work(form: Form, rules: dict[str, Any]) -> tuple[Action[..., Any], Work]:
    """Return what a form asks for. Raises Invalid."""
    match form.value("do"):
        case "take":
            taken = {"status": Status.IN_REVIEW, "question": Question.CONTENT, "seen": ANY, **rules}
            return reviews.decide, lambda session, actor, claim_id: reviews.decide(session, actor, claim_id, **taken)
        case "assign" if is_id(form.value("person")):
            person = form.value("person").lower()
            return assignments.assign, lambda session, actor, claim_id: assignments.assign(
                session, actor, claim_id, person_id=person, keep=True
            )
        case "assign":
            raise _invalid(message("Choose a person."), "/person")
        case "tag" if form.value("tag").strip():
            tag = form.value("tag").strip()
            return claims.amend, lambda session, actor, claim_id: _tag(session, actor, claim_id, tag)
        case "tag":
            raise _invalid(message("Write a tag."), "/tag")
    raise _invalid(message("Choose what to do."), "/do")


def _tag(session: Session, actor: Actor, claim_id: str, tag: str) -> None:
    """Add a tag to a claim as `actor` sees it now. Raises Stale if somebody else changes it at the same moment."""
    document, etag = claims.get(session.connection(), claim_id, actor)
    tags = orjson.loads(document)["tags"]
    if tag not in tags:
        claims.amend(session, actor, claim_id, patch={"tags": [*tags, tag]}, seen=Precondition(frozenset({etag})))


def _why(error: FactcheckError) -> str:
    return error.flaws[0].detail if error.flaws else error.detail


def _invalid(detail: str, pointer: str) -> Invalid:
    return Invalid(detail, flaws=[Flaw(detail, pointer=pointer)])
