"""A person's work: claims that are assigned to them, and those that wait for their second opinion."""

from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk import claims
from factcheck.desk.access import blindness, masking
from factcheck.desk.access.masking import View
from factcheck.desk.team import assignments, filters, threads
from factcheck.log.actors import Actor
from factcheck.log.clock import now
from factcheck.messages import message
from factcheck.rules.roles import Role
from factcheck.rules.team.filtering import FilteredList
from factcheck.schemas.base import load
from factcheck.schemas.team.assignments import AssignmentIn
from factcheck.web import context
from factcheck.web.pages import claims as claim_page
from factcheck.web.pages import forms
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit_known, page, seen_other
from factcheck.web.pages.queue import row_of
from factcheck.web.pages.team import tour, unread

blueprint = Blueprint("work_pages", __name__)
blueprint.before_request(admit_known)
SHOWN = 100  # claims of each list
MENTIONS = 20
HERE = "/claims/<uuid:claim_id>/assignment"


@blueprint.get("/work")
def show() -> Response:
    viewer = context.demand_caller()
    with context.database().reading() as connection:
        mine = masking.masked(connection, viewer, View.ASSIGNMENT, assignments.due(connection, viewer.id, SHOWN))
        asked = list(dict.fromkeys(blind.claim_id for blind in blindness.of_viewer(connection, viewer)))[:SHOWN]
        found = _rows(connection, [*(each["claim_id"] for each in mine), *asked], viewer)
        named = [each for _, each in threads.mentioning(connection, viewer.id, None, MENTIONS)]
        mentions = masking.masked(connection, viewer, View.COMMENT, named)
        unseen, offered = unread.of_rows(connection, found.values()), tour.offered(connection)
        saved = filters.listed(connection, viewer.id, FilteredList.CLAIMS)
        loads = assignments.loads(connection, now().date()) if viewer.role.includes(Role.ADMIN) else []
    today = now().date().isoformat()
    work = [each | {"claim": found[each["claim_id"]]} for each in mine if each["claim_id"] in found]
    dated = [each for each in work if each["due_on"] is not None]
    parts = [
        ("overdue", message("Overdue"), [each for each in dated if each["due_on"] < today]),
        ("due", message("Due"), [each for each in dated if each["due_on"] >= today]),
        ("later", message("No due date"), [each for each in work if each["due_on"] is None]),
    ]
    opinions = [found[each] for each in asked if each in found]
    return page(
        "work.html", parts=parts, opinions=opinions, mentions=mentions, loads=loads, more=len(mine) == SHOWN,
        form=Form(), said=request.args.get("said"), unseen=unseen, tour=offered, saved=saved,
    )  # fmt: skip


@blueprint.get(HERE)
@blueprint.get(f"{HERE}/end")
def back(claim_id: Any) -> Response:
    """Lead back from the address of a form that was sent."""
    return seen_other(f"/claims/{claim_id}")


@blueprint.post(HERE)
def assign(claim_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        fields = load(AssignmentIn(), forms.body(forms.sent()))
        assignments.assign(session, actor, str(claim_id), **fields)
        return f"/claims/{claim_id}?said=assigned#assignment"

    try:
        return forms.perform(assignments.assign, work)
    except claim_page.REFUSALS as error:
        return claim_page.again(claim_id, "assignment", error)


@blueprint.post(f"{HERE}/end")
def release(claim_id: Any) -> Response:
    from_work = request.form.get("next") == "/work"

    def work(session: Session, actor: Actor) -> str:
        assignments.release(session, actor, str(claim_id))
        return "/work?said=released" if from_work else f"/claims/{claim_id}?said=released#assignment"

    return forms.perform(assignments.release, work)


def _rows(connection: Connection, ids: list[str], viewer: Actor) -> dict[str, Any]:
    documents = claims.get_many(connection, ids, viewer)
    return {claim_id: row_of(document) for claim_id, document in documents.items()}
