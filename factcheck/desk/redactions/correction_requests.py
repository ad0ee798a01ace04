"""Redaction of readers' requests for corrections, and of what is redacted elsewhere out of them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from factcheck.desk.access import answers
from factcheck.desk.claim_state import documents
from factcheck.desk.publishing import correction_requests
from factcheck.desk.redactions import restating
from factcheck.desk.redactions.reasons import demand_silent
from factcheck.errors import Clash
from factcheck.log import facts, revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.messages import message
from factcheck.rules.redacting import GONE, Scrub
from factcheck.rules.roles import Role
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.publishing import CorrectionRequest

TELLING = 4  # letters of a text that a reason must not repeat
BATCH = 200  # requests that are looked at, at a time
WORDS = ("text", "url", "answer")
WHY = "What it is about was redacted."
Json = dict[str, Any]


class Whole:
    """Takes the words of a request and of its answer, and the page that it names."""

    def json(self, value: Any, name: str = "") -> Any:
        """Return the content of an entry, or what a request says in the field `name`, without them."""
        if name:
            return value and (None if name == "url" else GONE)
        changes = [
            each | {side: self.json(each[side], each["field"]) for side in ("before", "after")}
            if each["field"] in WORDS
            else each
            for each in value["changes"]
        ]
        return value | {"changes": changes}


@action(Role.ADMIN)
def redact(session: Session, actor: Actor, /, request_id: str, *, reason: str, seen: Precondition = ANY) -> None:
    """Remove the words of a request and of its answer everywhere; that they were there stays.

    The reason goes into the log and stays: it must not repeat what is removed. Raises Clash when it was redacted
    before.
    """
    answers.empty(session, [request_id])  # before any other lock, as in the redaction of a claim
    request = correction_requests.lock(session, request_id)
    if not seen.any:
        shown = correction_requests.get(session.connection(), request_id, actor)
        seen.demand(documents.etag_of(documents.dumped(shown)))
    if correction_requests.is_gone(session, request_id):
        raise Clash(message("This request is already redacted."))
    demand_silent(reason, _said(session, request_id))
    _redact(session, actor, request, Whole(), "redact", reason)
    answers.empty(session, [request_id])


def redact_those_about(session: Session, actor: Actor, wanted: ColumnElement[bool]) -> None:
    """Redact the requests about something that is being redacted, which is locked."""
    _take_out(session, actor, wanted, lambda _: Whole(), "redact", WHY)


def scrub(
    session: Session, actor: Actor, wanted: ColumnElement[bool], scrubs: Callable[[str], Scrub], reason: str
) -> None:
    """Take something out of requests about claims that are locked, and out of the log, where they have it."""
    _take_out(session, actor, wanted, lambda request: scrubs(request.claim_id or ""), "redact_part", reason)


def _take_out(
    session: Session,
    actor: Actor,
    wanted: ColumnElement[bool],
    scrubs: Callable[[CorrectionRequest], Scrub],
    action: str,
    reason: str,
) -> None:
    for some in _some(session, wanted):
        contents = restating.contents(session, SubjectKind.CORRECTION_REQUEST, [each.id for each in some])
        changed = []
        for request in some:
            clean = scrubs(request)
            if any(clean.json(said) != said for said in contents[request.id]):
                _redact(session, actor, request, clean, action, reason)
                changed.append(request.id)
        answers.empty(session, changed)


def _redact(session: Session, actor: Actor, request: CorrectionRequest, clean: Scrub, action: str, reason: str) -> None:
    restated = restating.without(session, SubjectKind.CORRECTION_REQUEST, request.id, clean.json)
    number, stated = request.revision + 1, facts.of_restated(restated)
    entry = _append(session, actor, request.id, number, action, reason, stated)
    restating.write(session, entry, restated)
    request.revision, request.changed_index, request.redacted_index = number, entry.log_index, entry.log_index
    for name in WORDS:
        setattr(request, name, clean.json(getattr(request, name), name))
    session.flush()


def _append(
    session: Session, actor: Actor, request_id: str, number: int, action: str, reason: str, stated: facts.Facts
) -> revisions.Entry:
    """Append a redaction. Each kind is written out: a test reads here what the log has."""
    if action == "redact":
        return revisions.append(
            session, actor, SubjectKind.CORRECTION_REQUEST, request_id, number, "redact", [], reason, facts=stated
        )
    return revisions.append(
        session, actor, SubjectKind.CORRECTION_REQUEST, request_id, number, "redact_part", [], reason, facts=stated
    )


def _some(session: Session, wanted: ColumnElement[bool]) -> Iterator[Sequence[CorrectionRequest]]:
    after = -1
    while True:
        further = select(CorrectionRequest).where(wanted, CorrectionRequest.seq > after)
        ordered = further.order_by(CorrectionRequest.seq).limit(BATCH).execution_options(populate_existing=True)
        found = session.scalars(ordered).all()
        if not found:
            return
        after = found[-1].seq
        yield found


def _said(session: Session, request_id: str) -> Iterator[str | None]:
    """Yield every word that a request and its answers ever had, but for texts of a few letters.

    A reader writes what they like: a text of one letter would let no reason pass.
    """
    for content in restating.contents(session, SubjectKind.CORRECTION_REQUEST, [request_id])[request_id]:
        for change in content["changes"]:
            if change["field"] in WORDS:
                yield from (each for each in (change["before"], change["after"]) if len(each or "") >= TELLING)
