"""Readers' requests for corrections of what is published, and the answers of the house.

A request is a thing of its own in the log: that it was received, and that it was answered, can be proved. Readers have
no account, so the operator of the desk, who has it show a public site, acts for them in the log.
"""

from typing import Any

import orjson
from sqlalchemy import func, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.access import masking, unknown
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state import documents
from factcheck.desk.publishing import published, published_claims
from factcheck.errors import Clash, NotFound, TooMany
from factcheck.log import revisions
from factcheck.log.actors import ANY, INSIDE, Actor, Precondition, action
from factcheck.log.clock import now, stamp
from factcheck.log.ids import new_id
from factcheck.log.revisions import Change, Entry
from factcheck.messages import message
from factcheck.rules.publishing.correction_requests import DAY, MOST_IN_A_DAY, RequestState
from factcheck.rules.redacting import GONE
from factcheck.rules.roles import Role
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.logbook import LogHead, SubjectKind
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.publishing import CorrectionRequest, Report

Json = dict[str, Any]
SAID = ("report_id", "claim_id", "text", "url")
FULL = message("This site received as many requests today as it can take. Send yours again tomorrow.")


@action(Role.ADMIN)
def receive(
    session: Session, actor: Actor, /, *, text: str, url: str | None, report_id: str | None, claim_id: str | None
) -> Json:
    """Enter what a reader wants corrected in a report or a claim that readers see, and return the request's JSON.

    `url` is a page that shows it. Raises NotFound, Retracted, Withdrawn, and TooMany if a day's requests are all there.
    """
    _lock_subject(session, report_id, claim_id)
    demand_published(session.connection(), report_id=report_id, claim_id=claim_id)
    session.execute(select(LogHead.size).with_for_update())  # so that the day's requests are counted one by one
    since = now() - DAY
    counted = select(func.count()).select_from(CorrectionRequest).where(CorrectionRequest.received_at > since)
    if session.execute(counted).scalar_one() >= MOST_IN_A_DAY:
        raise TooMany(FULL, wait=DAY.total_seconds())
    said = {"report_id": report_id, "claim_id": claim_id, "text": text, "url": url}
    request_id, changes = new_id(), revisions.differences({}, said)
    entry = revisions.append(session, actor, SubjectKind.CORRECTION_REQUEST, request_id, 1, "receive", changes)
    row = {"seq": entry.log_index, "id": request_id, **said, "received_at": entry.at, "revision": 1}
    session.execute(insert(CorrectionRequest), row | {"changed_index": entry.log_index})
    return get(session.connection(), request_id, INSIDE)  # the verdict may be hidden from the operator, as a person


@action(Role.ANALYST)
def answer(session: Session, actor: Actor, /, request_id: str, *, text: str, seen: Precondition = ANY) -> Json:
    """Answer a request, or put another answer in the place of the one that it has, and return its JSON.

    Everybody can read the answer. Raises NotFound, Stale, and Clash if the request was redacted.
    """
    request = lock(session, request_id)
    shown = get(session.connection(), request_id, actor)
    if not seen.any:
        seen.demand(documents.etag_of(documents.dumped(shown)))
    if is_gone(session, request_id):
        raise Clash(message("This request was redacted."))
    if request.answer == text:
        return shown
    change = {"field": "answer", "before": request.answer, "after": text}
    entry = _append_of_request(session, actor, request, "answer", [change])
    request.answer, request.answered_at, request.answered_by_id = text, entry.at, actor.id
    session.flush()
    return get(session.connection(), request_id, actor)


def demand_published(connection: Connection, *, report_id: str | None, claim_id: str | None) -> str:
    """Return the words under which readers know a report or a claim. Raises NotFound, Retracted and Withdrawn."""
    if report_id is not None:
        return str(published.one(connection, report_id, None)["title"])
    document, _ = published_claims.get(connection, str(claim_id))
    return str(orjson.loads(document)["text"])


def get(connection: Connection, request_id: str, viewer: Actor | None) -> Json:
    """Return a request's JSON. Raises NotFound, also for one that is hidden from `viewer`."""
    found = [_as_json(row) for row in connection.execute(_REQUESTS.where(CorrectionRequest.id == request_id))]
    for request in masking.masked(connection, viewer, View.CORRECTION_REQUEST, found):
        return request
    raise NotFound(unknown.CORRECTION_REQUEST)


def listed(
    connection: Connection, state: RequestState | None, before: int | None, limit: int
) -> list[tuple[int, Json]]:
    """Return requests, the last received first, all or those in one state, each with its place, from before a place."""
    wanted = _REQUESTS
    if state is not None:
        wanted = wanted.where(*_IN_STATE[state])
    if before is not None:
        wanted = wanted.where(CorrectionRequest.seq < before)
    rows = connection.execute(wanted.order_by(CorrectionRequest.seq.desc()).limit(limit))
    return [(row.seq, _as_json(row)) for row in rows]


def waiting(connection: Connection) -> int:
    """Return how many requests have no answer."""
    unanswered = select(func.count()).select_from(CorrectionRequest).where(*_IN_STATE[RequestState.RECEIVED])
    return connection.execute(unanswered).scalar_one()


def is_gone(session: Session, request_id: str) -> bool:
    """Say whether a redaction has left nothing of a request."""
    return session.scalars(select(_GONE).where(CorrectionRequest.id == request_id)).one()


def lock(session: Session, request_id: str) -> CorrectionRequest:
    """Lock a request, and before it what it is about, as redactions do. Return its row. Raises NotFound."""
    about = select(CorrectionRequest.report_id, CorrectionRequest.claim_id).where(CorrectionRequest.id == request_id)
    found = session.execute(about).first()
    if found is None:
        raise NotFound(unknown.CORRECTION_REQUEST)
    _lock_subject(session, found.report_id, found.claim_id)
    wanted = select(CorrectionRequest).where(CorrectionRequest.id == request_id)
    return session.scalars(wanted.with_for_update(key_share=True).execution_options(populate_existing=True)).one()


def _lock_subject(session: Session, report_id: str | None, claim_id: str | None) -> None:
    """Have nobody redact, retract or withdraw a report or a claim until the commit."""
    subject = select(Claim.id).where(Claim.id == claim_id)
    if report_id is not None:
        subject = select(Report.id).where(Report.id == report_id)
    session.execute(subject.with_for_update(read=True))


# A reader may write what a redaction leaves, so the text alone does not say it.
_GONE = (
    CorrectionRequest.redacted_index.is_not(None)
    & (CorrectionRequest.text == GONE)
    & CorrectionRequest.url.is_(None)
    & (CorrectionRequest.answer.is_(None) | (CorrectionRequest.answer == GONE))
)
_IN_STATE = {
    RequestState.RECEIVED: (CorrectionRequest.answer.is_(None), ~_GONE),
    RequestState.ANSWERED: (CorrectionRequest.answer.is_not(None), ~_GONE),
    RequestState.REMOVED: (_GONE,),
}
_REQUESTS = (
    select(
        *CorrectionRequest.__table__.columns,
        _GONE.label("gone"),
        Report.title.label("report_title"),
        Claim.text.label("claim_text"),
        Person.name.label("answered_by_name"),
    )
    .outerjoin(Report, Report.id == CorrectionRequest.report_id)
    .outerjoin(Claim, Claim.id == CorrectionRequest.claim_id)
    .outerjoin(Person, Person.id == CorrectionRequest.answered_by_id)
)


def _append_of_request(
    session: Session, actor: Actor, request: CorrectionRequest, action: str, changes: list[Change]
) -> Entry:
    number = request.revision + 1
    entry = revisions.append(session, actor, SubjectKind.CORRECTION_REQUEST, request.id, number, action, changes)
    request.revision, request.changed_index = number, entry.log_index
    return entry


def _as_json(row: Any) -> Json:
    about = f"/v1/reports/{row.report_id}" if row.report_id else f"/v1/claims/{row.claim_id}"
    answered_by = {"id": row.answered_by_id, "name": row.answered_by_name} if row.answered_by_id else None
    return {
        "id": row.id,
        "state": _state(row),
        **{name: getattr(row, name) for name in SAID},
        "title": row.report_title if row.report_id else row.claim_text,
        "received_at": stamp(row.received_at),
        "answer": row.answer,
        "answered_at": row.answered_at and stamp(row.answered_at),
        "answered_by": answered_by,
        "redacted": row.redacted_index is not None,
        "log_index": row.changed_index,
        "links": {
            "self": f"/v1/correction-requests/{row.id}",
            "about": about,
            "page": f"/corrections/requests/{row.id}",
            "received": f"/v1/log/proofs/{row.seq}",
            "proof": f"/v1/log/proofs/{row.changed_index}",
        },
    }


def _state(row: Any) -> RequestState:
    if row.gone:
        return RequestState.REMOVED
    return RequestState.RECEIVED if row.answer is None else RequestState.ANSWERED
