"""Assignments: to whom a claim is assigned, until when, and how pressing it is. They are no part of a verdict.

A claim has at most one. It is a thing of its own in the log, so that assigning a claim does not change the claim: a
reviewer who has it open can still decide.
"""

from datetime import date
from typing import Any

from sqlalchemy import Select, func, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, aliased

from factcheck.desk import people
from factcheck.desk.access import masking
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state.locks import lock_claim
from factcheck.errors import Flaw, Invalid, NotFound
from factcheck.log import revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import stamp
from factcheck.log.ids import new_id
from factcheck.messages import message
from factcheck.rules.roles import Role
from factcheck.rules.team.assigning import Priority
from factcheck.storage.tables.assignments import Assignment
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.people import Person

Json = dict[str, Any]
FIELDS = ("person_id", "due_on", "priority", "note")
DECIDERS = [role for role in Role if role.includes(Role.ANALYST)]
RELEASED: Json = {"person_id": None, "due_on": None, "priority": Priority.NORMAL, "note": None}


@action(Role.ANALYST)
def assign(
    session: Session,
    actor: Actor,
    /,
    claim_id: str,
    *,
    person_id: str,
    due_on: date | None = None,
    priority: str = Priority.NORMAL,
    note: str | None = None,
    keep: bool = False,
    seen: Precondition = ANY,
) -> tuple[Json, bool]:
    """Assign a claim to a person, in the place of whoever had it.

    Return the assignment's JSON, and whether the claim was nobody's before. What is assigned already in the same way
    stays as it is. With `keep`, so do day, priority and note of a claim that somebody has. Raises Invalid for a person
    who does not decide.
    """
    row = _locked(session, claim_id, actor, seen)
    _demand_able(session, person_id)
    new = row is None or row.person_id is None
    wanted: Json = {"person_id": person_id, "due_on": due_on, "priority": priority, "note": note}
    if keep and row is not None and not new:
        wanted |= {"due_on": row.due_on, "priority": row.priority, "note": row.note}
    _change(session, actor, claim_id, row, "assign", wanted)
    return get(session.connection(), claim_id, actor), new


@action(Role.ANALYST)
def release(session: Session, actor: Actor, /, claim_id: str, *, seen: Precondition = ANY) -> None:
    """Release a claim: it is assigned to nobody any more. Raises NotFound when it is not assigned."""
    row = _locked(session, claim_id, actor, seen)
    if row is None or row.person_id is None:
        raise _nobody()
    _change(session, actor, claim_id, row, "release", RELEASED)


def finish(session: Session, actor: Actor, claim_id: str) -> None:
    """Release a claim, which is locked, from whoever has just decided it. Somebody else's assignment stays."""
    wanted = select(Assignment).where(Assignment.claim_id == claim_id, Assignment.person_id == actor.id)
    row = session.scalar(wanted.execution_options(populate_existing=True))
    if row is not None:
        _change(session, actor, claim_id, row, "release", RELEASED)


def get(connection: Connection, claim_id: str, viewer: Actor | None) -> Json:
    """Return a claim's assignment as `viewer` sees it. Raises NotFound when it is not assigned."""
    found = of_claim(connection, claim_id, viewer)
    if found is None:
        raise _nobody()
    return found


def of_claim(connection: Connection, claim_id: str, viewer: Actor | None) -> Json | None:
    """Return a claim's assignment as `viewer` sees it, if it is assigned."""
    row = connection.execute(_ASSIGNED.where(Assignment.claim_id == claim_id)).first()
    return masking.masked(connection, viewer, View.ASSIGNMENT, [_as_json(row)])[0] if row is not None else None


def listed(connection: Connection, person_id: str | None, after: int, limit: int) -> list[tuple[int, Json]]:
    """Return the assignments of active claims, to one person or to anybody, each with its place in the list.

    They come in the order in which their claims were first assigned, from behind the place `after`.
    """
    wanted = _ACTIVE.where(Assignment.seq > after)
    if person_id is not None:
        wanted = wanted.where(Assignment.person_id == person_id)
    return [(row.seq, _as_json(row)) for row in connection.execute(wanted.order_by(Assignment.seq).limit(limit))]


def able(connection: Connection) -> list[Json]:
    """Return the people to whom claims can be assigned, by their names."""
    return [{"id": row.id, "name": row.name} for row in connection.execute(_ABLE.order_by(Person.name))]


def loads(connection: Connection, today: date) -> list[Json]:
    """Return how many active claims each person has, and how many of them are overdue, the most first."""
    overdue = func.count().filter(Assignment.due_on < today)
    wanted = (
        select(Person.id, Person.name, func.count().label("assigned"), overdue.label("overdue"))
        .join(Assignment, Assignment.person_id == Person.id)
        .join(Claim, Claim.id == Assignment.claim_id)
        .where(Claim.withdrawn_at.is_(None))
        .group_by(Person.id, Person.name)
        .order_by(func.count().desc(), Person.name)
    )
    return [
        {"person": {"id": row.id, "name": row.name}, "assigned": row.assigned, "overdue": row.overdue}
        for row in connection.execute(wanted)
    ]


def due(connection: Connection, person_id: str, limit: int) -> list[Json]:
    """Return the assignments of active claims to a person, what is due first first, and what has no day last."""
    wanted = _ACTIVE.where(Assignment.person_id == person_id)
    with_day = wanted.where(Assignment.due_on.is_not(None)).order_by(Assignment.due_on, Assignment.seq).limit(limit)
    found = connection.execute(with_day).all()
    if len(found) < limit:
        without = wanted.where(Assignment.due_on.is_(None)).order_by(Assignment.seq).limit(limit - len(found))
        found = [*found, *connection.execute(without)]
    return [_as_json(row) for row in found]


# The operator is whoever has the shell, and decides nothing.
_ABLE = select(Person.id, Person.name).where(
    Person.disabled_at.is_(None), Person.role.in_(DECIDERS), Person.folded_name != people.OPERATOR
)
_by = aliased(Person)
_ASSIGNED: Select[Any] = (
    select(*Assignment.__table__.columns, Person.name.label("person_name"), _by.name.label("assigned_by_name"))
    .join(Person, Person.id == Assignment.person_id)  # a released one has none
    .join(_by, _by.id == Assignment.assigned_by_id)
)

_ACTIVE = _ASSIGNED.join(Claim, Claim.id == Assignment.claim_id).where(Claim.withdrawn_at.is_(None))


def _as_json(row: Any) -> Json:
    return {
        "id": row.id,
        "claim_id": row.claim_id,
        "person": {"id": row.person_id, "name": row.person_name},
        "due_on": row.due_on and row.due_on.isoformat(),
        "priority": row.priority,
        "note": row.note,
        "assigned_by": {"id": row.assigned_by_id, "name": row.assigned_by_name},
        "assigned_at": stamp(row.assigned_at),
        "blind": False,
        "links": {"self": f"/v1/claims/{row.claim_id}/assignment", "claim": f"/v1/claims/{row.claim_id}"},
    }


def _locked(session: Session, claim_id: str, actor: Actor, seen: Precondition) -> Assignment | None:
    """Lock a claim, and return its assignment, if it ever had one. Raises NotFound, Withdrawn and Stale."""
    lock_claim(session, claim_id)
    if not seen.any:
        shown = of_claim(session.connection(), claim_id, actor)
        seen.demand(documents.etag_of(documents.dumped(shown)) if shown is not None else "")
    return session.scalar(
        select(Assignment).where(Assignment.claim_id == claim_id).execution_options(populate_existing=True)
    )


def _demand_able(session: Session, person_id: str) -> None:
    if session.execute(_ABLE.where(Person.id == person_id)).first() is None:
        told = message("Choose somebody on this desk who decides: an analyst or an admin.")
        raise Invalid(message("The claim cannot be assigned to this person."), flaws=[Flaw(told, pointer="/person_id")])


def _change(session: Session, actor: Actor, claim_id: str, row: Assignment | None, action: str, wanted: Json) -> None:
    before = {name: getattr(row, name) for name in FIELDS} if row is not None else {}
    changes = revisions.differences(_said(before), _said(wanted))
    if not changes:
        return
    if row is None:
        assignment_id, number = new_id(), 1
        changes = [{"field": "claim_id", "before": None, "after": claim_id}, *changes]
    else:
        assignment_id, number = row.id, row.revision + 1
    entry = revisions.append(session, actor, SubjectKind.ASSIGNMENT, assignment_id, number, action, changes)
    values = wanted | {"revision": number, "assigned_by_id": actor.id, "assigned_at": entry.at}
    if row is None:
        session.execute(
            insert(Assignment), {"seq": entry.log_index, "id": assignment_id, "claim_id": claim_id, **values}
        )
        return
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()


def _said(values: Json) -> Json:
    """Return what the log says of values: a day as text."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _nobody() -> NotFound:
    return NotFound(message("This claim is not assigned to anybody."))
