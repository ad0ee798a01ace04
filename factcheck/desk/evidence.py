"""Evidence: something outside a claim that supports it, refutes it or gives context. Withdrawn, never deleted."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, aliased

from factcheck.desk.access import blindness, masking
from factcheck.desk.access.blindness import CAPTURED
from factcheck.desk.access.masking import View
from factcheck.desk.capturing import cited
from factcheck.desk.capturing.pages import CapturedPage
from factcheck.desk.claim_state import documents, room
from factcheck.desk.claim_state import states as claim_states
from factcheck.desk.claim_state.locks import References, hold_sources
from factcheck.desk.claim_state.rendering import capture_json, evidence_json
from factcheck.desk.claim_state.reopening import reopen, unfounded
from factcheck.desk.claim_state.states import CAPTURE_COLUMNS, ClaimState, source_columns, source_values
from factcheck.errors import Clash, NotFound
from factcheck.log import facts, revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import stamp
from factcheck.log.ids import new_id
from factcheck.log.revisions import Change, Entry
from factcheck.messages import message
from factcheck.rules.roles import Role
from factcheck.rules.status import Question
from factcheck.storage.bulk import add_rows
from factcheck.storage.tables.captures import Capture
from factcheck.storage.tables.evidence import Evidence
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.sources import Source

FIELDS = ("stance", "url", "title", "source_id", "origin_id", "excerpt", "archived_url", "note")


@action(Role.CONTRIBUTOR)
def add(session: Session, actor: Actor, /, claim_id: str, *, seen: Precondition = ANY, **fields: Any) -> dict[str, Any]:
    """Add evidence (the fields of EvidenceIn) to a claim and return its JSON.

    A `capture_id` names the capture of its page, or `page` is that page, captured for it.
    """
    sources = hold_sources(session, {"/source_id": fields["source_id"], "/origin_id": fields["origin_id"]})
    state = claim_states.locked(session, claim_id)
    claim = state.claim
    blindness.demand_seen(session, actor, claim, seen)
    size = len(claim.document)
    items, changes = prepared(session, actor, state, [fields], within="")
    entry = revisions.append_of_claim(session, actor, claim, "add_evidence", changes)
    write(session, state, items, sources, actor, entry)
    documents.store(session, [(state, entry)])
    room.demand_for_json(claim, size)
    return get(session.connection(), claim.id, items[0]["id"], actor)


@action(Role.CONTRIBUTOR)
def withdraw(
    session: Session, actor: Actor, /, claim_id: str, evidence_id: str, *, reason: str, seen: Precondition = ANY
) -> dict[str, Any]:
    """Withdraw evidence and return its JSON; a verdict that rested on it alone goes back to `in_review`.

    Whoever added it may; anyone else needs the role of an analyst. Raises Stale for another version of the evidence
    than was `seen`, and Clash when it is withdrawn already.
    """
    state = claim_states.locked(session, claim_id)
    claim = state.claim
    item = session.scalar(select(Evidence).where(Evidence.claim_id == claim_id, Evidence.id == evidence_id))
    blinds = blindness.of_claim(session.connection(), actor, claim)
    if item is None or any(item.id in blind.evidence_ids for blind in blinds):
        raise NotFound(message("The claim has no such evidence."))
    if item.added_by_id != actor.id:
        actor.demand(Role.ANALYST)
    if not seen.any:
        seen.demand(documents.etag_of(documents.dumped(get(session.connection(), claim_id, evidence_id, actor))))
    if item.withdrawn_at is not None:
        raise Clash(message("This evidence is already withdrawn."))
    changes: list[Change] = [{"field": "evidence", "before": _plain(item), "after": None}]
    reopened: dict[Question, str] = {}
    if unfounded(state, without=[item.id]):
        reopened[Question.CONTENT] = "Reopened: the evidence that the verdict rested on was withdrawn."
        changes += reopen(session, state, Question.CONTENT, reopened[Question.CONTENT])
    entry = revisions.append_of_claim(
        session, actor, claim, "withdraw_evidence", changes, reason, facts=facts.of_reopening(reopened)
    )
    item.withdrawn_at, item.withdrawn_reason, item.withdrawn_by_id = entry.at, reason, actor.id
    documents.render(session, [claim.id], entry)
    return get(session.connection(), claim.id, item.id, actor)


@action(Role.CONTRIBUTOR)
def add_capture(
    session: Session,
    actor: Actor,
    /,
    claim_id: str,
    evidence_id: str,
    *,
    page: CapturedPage | None = None,
    capture_id: str | None = None,
    seen: Precondition = ANY,
) -> dict[str, Any]:
    """Add a capture of its page, new or there already, to evidence that has none, and return the evidence's JSON.

    Raises what `page_without_capture` does, and Invalid for a capture of another page.
    """
    state = claim_states.locked(session, claim_id)
    url = page_without_capture(session.connection(), claim_id, evidence_id, actor, seen)
    capture = cited.captured(session, actor, {"page": page, "capture_id": capture_id, "url": url}, "/capture_id")
    change: Change = {
        "field": CAPTURED,
        "before": None,
        "after": {"evidence_id": evidence_id, "capture": capture_json(capture)},
    }
    entry = revisions.append_of_claim(session, actor, state.claim, "capture_evidence", [change])
    session.execute(update(Evidence).where(Evidence.id == evidence_id).values(capture_id=capture.capture_id))
    documents.render(session, [claim_id], entry)
    return get(session.connection(), claim_id, evidence_id, actor)


def page_without_capture(
    connection: Connection, claim_id: str, evidence_id: str, viewer: Actor, seen: Precondition = ANY
) -> str:
    """Return the URL of evidence whose page has no capture yet.

    Raises NotFound, Stale for another version of the evidence than was `seen`, and Clash when it was withdrawn, has a
    capture or cites no page.
    """
    item = get(connection, claim_id, evidence_id, viewer)
    if not seen.any:
        seen.demand(documents.etag_of(documents.dumped(item)))
    if item["withdrawn_at"] is not None:
        raise Clash(message("This evidence was withdrawn."))
    if "capture" in item:
        raise Clash(message("This evidence has a capture already."))
    if item["url"] is None:
        raise Clash(message("This evidence has no URL: there is no page to capture."))
    url: str = item["url"]
    return url


def prepared(
    session: Session,
    actor: Actor,
    state: ClaimState,
    evidence: Sequence[dict[str, Any]],
    within: str = "/evidence/",
) -> tuple[list[dict[str, Any]], list[Change]]:
    """Return rows for new evidence, with ids and places behind the claim's last, and their changes for the log.

    Their captures are added. `within` is the JSON pointer of the list that has the evidence, empty for one piece.
    Raises Clash when the claim has no room for it, Invalid for a capture that it cannot have.
    """
    first = state.evidence[-1].position + 1 if state.evidence else 0
    room.demand_for_evidence(first, len(evidence))
    items = [
        {
            "id": new_id(),
            "claim_id": state.claim.id,
            "position": first + at,
            **{name: item[name] for name in FIELDS},
            **cited.captured(session, actor, item, f"{within}{at}/capture_id" if within else "/capture_id")._asdict(),
        }
        for at, item in enumerate(evidence)
    ]
    changes: list[Change] = [{"field": "evidence", "before": None, "after": _new(item)} for item in items]
    return items, changes


def write(
    session: Session, state: ClaimState, items: list[dict[str, Any]], sources: References, actor: Actor, entry: Entry
) -> None:
    """Store prepared rows under the log entry that tells of them, and add them to the claim's state."""
    rows = [{**item, "added_by_id": actor.id, "added_at": entry.at} for item in items]
    add_rows(session.connection(), Evidence, _NEW, [tuple(row[name] for name in _NEW) for row in rows])
    state.evidence = [*state.evidence, *(as_row(row, sources) for row in rows)]
    state.people = {**state.people, actor.id: actor.name}


_NEW = ("id", "claim_id", "position", *FIELDS, "capture_id", "added_by_id", "added_at")


def as_row(item: dict[str, Any], sources: References) -> SimpleNamespace:
    """Return new evidence as a row of a claim's state; what an import brings has no capture."""
    named = source_values(sources, "source", item["source_id"]) | source_values(sources, "origin", item["origin_id"])
    return SimpleNamespace(**{"capture_id": None} | item, **named, withdrawn_at=None, unreachable=None)


def get(connection: Connection, claim_id: str, evidence_id: str, viewer: Actor | None = None) -> dict[str, Any]:
    """Return one piece of evidence, withdrawn or not. Raises NotFound, for one that `viewer` must not see too."""
    row = connection.execute(_EVIDENCE.where(Evidence.claim_id == claim_id, Evidence.id == evidence_id)).first()
    items = [] if row is None else masking.masked(connection, viewer, View.EVIDENCE, [_json(row)])
    if not items:
        raise NotFound(message("The claim has no such evidence."))
    return items[0]


def of_claim(connection: Connection, claim_id: str, after: int, limit: int) -> list[tuple[int, dict[str, Any]]]:
    """Return a claim's evidence in order, withdrawn pieces too, each with its position, from the one after `after`."""
    rows = connection.execute(
        _EVIDENCE.where(Evidence.claim_id == claim_id, Evidence.position > after)
        .order_by(Evidence.position)
        .limit(limit)
    )
    return [(row.position, _json(row)) for row in rows]


_adder, _withdrawer = aliased(Person), aliased(Person)
_given, _now, _given_origin, _origin_now = aliased(Source), aliased(Source), aliased(Source), aliased(Source)
_EVIDENCE: Select[Any] = (
    select(
        *Evidence.__table__.columns,
        _adder.name.label("adder"),
        _withdrawer.name.label("withdrawer"),
        *source_columns(_now, "source"),
        *source_columns(_origin_now, "origin"),
        *CAPTURE_COLUMNS,
    )
    .outerjoin(Capture, Capture.id == Evidence.capture_id)
    .join(_adder, _adder.id == Evidence.added_by_id)
    .outerjoin(_withdrawer, _withdrawer.id == Evidence.withdrawn_by_id)
    .outerjoin(_given, _given.id == Evidence.source_id)
    .outerjoin(_now, _now.id == _given.canonical_id)
    .outerjoin(_given_origin, _given_origin.id == Evidence.origin_id)
    .outerjoin(_origin_now, _origin_now.id == _given_origin.canonical_id)
)


def _json(row: Any) -> dict[str, Any]:
    by = {"id": row.withdrawn_by_id, "name": row.withdrawer} if row.withdrawn_by_id else None
    return evidence_json(row, {"id": row.added_by_id, "name": row.adder}) | {
        "claim_id": row.claim_id,
        "withdrawn_at": stamp(row.withdrawn_at) if row.withdrawn_at else None,
        "withdrawn_by": by,
        "withdrawn_reason": row.withdrawn_reason,
    }


def _new(item: dict[str, Any]) -> dict[str, Any]:
    """Return what the log says of new evidence."""
    said = {name: item[name] for name in ("id", *FIELDS)}
    return said | ({"capture": capture_json(SimpleNamespace(**item))} if item["capture_id"] else {})


def _plain(item: Evidence) -> dict[str, Any]:
    return {name: getattr(item, name) for name in ("id", *FIELDS)}
