"""Blindness: whoever is to give a second opinion does not see the first verdict until they have given theirs.

Everything that shows a verdict passes through here. What is open is asked *after* what is shown was read: what was
hidden when it was read either still is, or was opened to everybody since.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.claim_state.documents import dumped, etag_of
from factcheck.log.actors import INSIDE, Actor, Precondition
from factcheck.log.clock import stamp
from factcheck.rules.roles import Role
from factcheck.rules.status import Question, Status
from factcheck.storage.tables.captures import Capture
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import Id
from factcheck.storage.tables.evidence import Evidence, Occurrence
from factcheck.storage.tables.feeds import InboxItem
from factcheck.storage.tables.publishing import ReportClaim
from factcheck.storage.tables.reviews import Review, SecondOpinion

Json = dict[str, Any]
CAPTURED = "evidence_capture"  # the log's field of a capture that evidence got after it was added
LINK = "evidence_link"  # the log's field of whether the page that evidence cites answers


@dataclass(frozen=True)
class Blind:
    """A verdict on one question that somebody must not see: from which log index on, and the evidence inside it."""

    opinion_id: str
    claim_id: str
    question: Question
    asked_at: datetime
    since: int
    evidence_ids: frozenset[str]

    def hides(self, question: str, log_index: int) -> bool:
        return question == self.question and log_index >= self.since


_me = bindparam("viewer", type_=Id)
# Whom an open second opinion concerns: the person named, otherwise everybody who has not seen the verdict by right.
CONCERNED = and_(
    SecondOpinion.closed_at.is_(None),
    or_(
        SecondOpinion.reviewer_id == _me,
        and_(
            SecondOpinion.reviewer_id.is_(None),
            SecondOpinion.first_reviewer_id != _me,
            SecondOpinion.asked_by_id != _me,
        ),
    ),
)
_OPEN = (
    select(
        SecondOpinion.id,
        SecondOpinion.claim_id,
        SecondOpinion.question,
        SecondOpinion.asked_at,
        SecondOpinion.first_index,
        Review.evidence_ids,
    )
    .join(Review, Review.id == SecondOpinion.first_review_id)
    .where(CONCERNED)
    .order_by(SecondOpinion.log_index)
)
_OF_REPORTS = (
    _OPEN.add_columns(ReportClaim.report_id)
    .order_by(None)
    .join(ReportClaim, ReportClaim.claim_id == SecondOpinion.claim_id)
    .where(ReportClaim.report_id.in_(bindparam("reports", expanding=True)))
    .distinct()
)
_ANY = select(SecondOpinion.log_index).where(CONCERNED).limit(1)
_BLINDS = _OPEN.where(SecondOpinion.claim_id.in_(bindparam("claims", expanding=True)))


def concerns(viewer: Actor | None) -> bool:
    """Say whether anything can be hidden from this caller: only those who decide give second opinions."""
    return viewer is not None and viewer is not INSIDE and viewer.role.includes(Role.ANALYST)


def any_of(connection: Connection, viewer: Actor | None) -> bool:
    """Say whether any verdict is hidden from this caller: one look into the small index of what is open."""
    return (
        viewer is not None and concerns(viewer) and connection.execute(_ANY, {"viewer": viewer.id}).first() is not None
    )


def of_claims(connection: Connection, viewer: Actor | None, claim_ids: Iterable[str]) -> dict[str, list[Blind]]:
    """Return what is hidden from this caller of these claims: one query, none for those who never decide."""
    ids = list(set(claim_ids))
    found: defaultdict[str, list[Blind]] = defaultdict(list)
    if viewer is not None and concerns(viewer) and ids:
        for row in connection.execute(_BLINDS, {"viewer": viewer.id, "claims": ids}):
            found[row.claim_id].append(_blind(row))
    return found


def of_viewer(connection: Connection, viewer: Actor | None) -> list[Blind]:
    """Return all that is hidden from this caller: one query, none for those who never decide."""
    if viewer is None or not concerns(viewer):
        return []
    return [_blind(row) for row in connection.execute(_OPEN, {"viewer": viewer.id})]


def _blind(row: Any) -> Blind:
    question = Question(row.question)
    return Blind(row.id, row.claim_id, question, row.asked_at, row.first_index, frozenset(row.evidence_ids))


def of_claim(connection: Connection, viewer: Actor | None, claim: Claim) -> list[Blind]:
    """Return what is hidden from this caller of a claim at hand; without a query where nothing is open."""
    if claim.second_opinion_at is None:
        return []
    return of_claims(connection, viewer, [claim.id]).get(claim.id, [])


def hidden_when(question: Question | None = None, claim: Any = Claim) -> ColumnElement[bool]:
    """Return the condition that a claim's verdict on a question, or on any, is hidden from the person `viewer`.

    It does not look at `second_opinion_at`, which stands behind the JSON in a migrated row: to read it of every row
    that is passed over costs 20 times a look into the small index of what is open.
    """
    mine = and_(SecondOpinion.claim_id == claim.id, CONCERNED)
    if question is not None:
        mine = and_(mine, SecondOpinion.question == question)
    return exists().where(mine).correlate(claim)


def shown(document: bytes, etag: str, changed_index: int, blinds: Sequence[Blind]) -> tuple[bytes, str]:
    """Return a claim's JSON, as it was from log index `changed_index` on, as somebody sees it, and its ETag.

    It shows the questions hidden from them in review. The ETag is that of the bytes, so it tells nothing either.
    """
    hiding = [blind for blind in blinds if blind.since <= changed_index]
    if not hiding:
        return document, etag
    claim = orjson.loads(document)
    for blind in hiding:
        told = {"id": blind.opinion_id, "question": blind.question, "asked_at": stamp(blind.asked_at), "blind": True}
        part = claim if blind.question is Question.CONTENT else claim["attribution"]
        part |= {
            "status": Status.IN_REVIEW,
            "reason": None,
            "reviewed_by": None,
            "reviewed_at": None,
            "second_opinion": told,
        }
        if blind.question is Question.CONTENT:
            claim |= {"valid_on": None, "review_by": None}
            claim.pop("rating", None)
        claim["evidence"] = [item for item in claim["evidence"] if item["id"] not in blind.evidence_ids]
    written = dumped(claim)
    return written, etag_of(written)


def claim_shown(connection: Connection, viewer: Actor | None, claim: Claim) -> tuple[bytes, str]:
    """Return a claim at hand as this person sees it: the version that their If-Match must name."""
    return shown(claim.document, claim.etag, claim.changed_index, of_claim(connection, viewer, claim))


def demand_seen(session: Session, actor: Actor, claim: Claim, seen: Precondition) -> None:
    """Raise Stale unless a claim at hand is, as this person is shown it, one that they have seen."""
    if not seen.any:
        seen.demand(claim_shown(session.connection(), actor, claim)[1])


def reviews(connection: Connection, viewer: Actor | None, items: list[Json]) -> list[Json]:
    """Leave out of some reviews those that this caller must not see."""
    blinds = of_claims(connection, viewer, (item["claim_id"] for item in items))
    return [
        item
        for item in items
        if not any(blind.hides(item["question"], item["log_index"]) for blind in blinds.get(item["claim_id"], ()))
    ]


def evidence(connection: Connection, viewer: Actor | None, items: list[Json]) -> list[Json]:
    """Leave out of some evidence what came inside a review that this caller must not see: its stance tells of it."""
    blinds = of_claims(connection, viewer, (item["claim_id"] for item in items))
    return [
        item
        for item in items
        if not any(item["id"] in blind.evidence_ids for blind in blinds.get(item["claim_id"], ()))
    ]


def captures(connection: Connection, viewer: Actor | None) -> frozenset[str]:
    """Return the captures that this caller must not see: a page that a hidden review cites tells of it.

    That is the copy that its evidence names, and each failed try to get one. Not those that the caller made, that are
    an item of a feed, or that evidence in sight or an occurrence has too: their absence would tell who knows them.
    """
    inside = [each for blind in of_viewer(connection, viewer) for each in blind.evidence_ids]
    if viewer is None or not inside:
        return frozenset()
    hidden = Evidence.id.in_(inside)
    copies = select(Capture.id).where(
        Capture.id.in_(select(Evidence.capture_id).where(hidden)),
        Capture.captured_by_id != viewer.id,
        ~exists().where(Evidence.capture_id == Capture.id, ~hidden),
        ~exists().where(Occurrence.capture_id == Capture.id),
    )
    tries = select(Capture.id).where(
        Capture.reason.is_not(None),
        Capture.url.in_(select(Evidence.url).where(hidden)),
        Capture.captured_by_id != viewer.id,
        ~exists().where(Evidence.url == Capture.url, ~hidden),
        ~exists().where(InboxItem.capture_id == Capture.id),
    )
    return frozenset(connection.execute(copies.union(tries)).scalars())


def reports_about(connection: Connection, viewer: Actor | None, report_ids: Collection[str]) -> dict[str, list[Blind]]:
    """Return what is hidden from this caller of the claims that reports refer to in any version, by report."""
    found: defaultdict[str, list[Blind]] = defaultdict(list)
    if viewer is not None and concerns(viewer) and report_ids:
        for row in connection.execute(_OF_REPORTS, {"viewer": viewer.id, "reports": list(report_ids)}):
            found[row.report_id].append(_blind(row))
    return found
