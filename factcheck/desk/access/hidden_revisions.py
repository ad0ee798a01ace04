"""Revisions, without what shows a verdict that somebody must not see yet: see `blindness.py`."""

from collections import defaultdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from factcheck.desk.access.blindness import CAPTURED, LINK, Blind, captures, concerns, of_claims, reports_about
from factcheck.log.actors import Actor
from factcheck.rules.ratings import REWORDED
from factcheck.rules.status import Question
from factcheck.storage.tables.assignments import Assignment
from factcheck.storage.tables.comments import Comment
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.publishing import CorrectionRequest

Json = dict[str, Any]
# The fields of the log that show a verdict.
TELLING = {
    Question.CONTENT: ("status", "valid_on", "review_by", REWORDED),
    Question.ATTRIBUTION: ("attribution.status",),
}


def revisions(connection: Connection, viewer: Actor | None, items: list[Json]) -> list[Json]:
    """Empty those of some revisions that tell of a hidden verdict; they keep their places, so that none is skipped."""
    subjects: defaultdict[str, list[str]] = defaultdict(list)
    for item in items:
        subjects[item["subject"]["kind"]].append(item["subject"]["id"])
    talk = _claims_of(connection, viewer, subjects)
    about_claims = [claim_id for each in talk.values() for claim_id in each]
    blinds = of_claims(connection, viewer, [*subjects[SubjectKind.CLAIM], *about_claims])
    hidden = captures(connection, viewer) if subjects[SubjectKind.CAPTURE] else frozenset()

    def shown(item: Json) -> Json:
        subject_id = item["subject"]["id"]
        about = () if _is_own_talk(item, viewer) else talk.get(subject_id, ())
        told = any(blind.since <= item["log_index"] for claim_id in about for blind in blinds.get(claim_id, ()))
        told = told or any(_tells(item, blind) for blind in blinds.get(subject_id, ()))
        gone: Json = {"actor": None, "at": None, "reason": None, "changes": [], "blind": True}
        return item | gone if told or subject_id in hidden else item

    return [shown(item) for item in items]


def _is_own_talk(item: Json, viewer: Actor | None) -> bool:
    own = viewer is not None and item["actor"]["id"] == viewer.id
    return own and item["subject"]["kind"] in (SubjectKind.COMMENT, SubjectKind.REPORT)


def _claims_of(
    connection: Connection, viewer: Actor | None, subjects: defaultdict[str, list[str]]
) -> dict[str, list[str]]:
    """Return the claims of assignments, comments and requests for corrections, and those of reports of which something
    is hidden, by the ids of these; none for those who never decide.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    claims: tuple[tuple[SubjectKind, Any, Any], ...] = (
        (SubjectKind.ASSIGNMENT, Assignment.id, Assignment.claim_id),
        (SubjectKind.COMMENT, Comment.id, Comment.claim_id),
        (SubjectKind.CORRECTION_REQUEST, CorrectionRequest.id, CorrectionRequest.claim_id),
    )
    for kind, thing, claim in claims:
        if concerns(viewer) and subjects.get(kind):
            for thing_id, claim_id in connection.execute(select(thing, claim).where(thing.in_(subjects[kind]))):
                if claim_id is not None:
                    found[thing_id].append(claim_id)
    asked = _reports_of_requests(connection, subjects[SubjectKind.CORRECTION_REQUEST]) if concerns(viewer) else {}
    reports = {*subjects.get(SubjectKind.REPORT, ()), *asked.values()}
    about = reports_about(connection, viewer, reports)
    for report_id in subjects.get(SubjectKind.REPORT, ()):
        found[report_id] += [blind.claim_id for blind in about.get(report_id, ())]
    for request_id, report_id in asked.items():
        found[request_id] += [blind.claim_id for blind in about.get(report_id, ())]
    return found


def _reports_of_requests(connection: Connection, request_ids: list[str]) -> dict[str, str]:
    """Return the reports that requests for corrections are about, by the ids of these."""
    wanted = select(CorrectionRequest.id, CorrectionRequest.report_id).where(CorrectionRequest.id.in_(request_ids))
    rows = connection.execute(wanted.where(CorrectionRequest.report_id.is_not(None))) if request_ids else ()
    return {row.id: row.report_id for row in rows}


def _tells(revision: Json, blind: Blind) -> bool:
    if revision["log_index"] < blind.since:
        return False
    for change in revision["changes"]:
        thing = change["after"] or change["before"]
        if (
            change["field"] in TELLING[blind.question]
            or (change["field"] == "second_opinion" and thing["question"] == blind.question)
            or (change["field"] == "evidence" and thing["id"] in blind.evidence_ids)
            or (change["field"] in (CAPTURED, LINK) and thing["evidence_id"] in blind.evidence_ids)
        ):
            return True
    return False
