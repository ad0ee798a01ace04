"""Attest: let the log say what earlier versions stored without saying it, as it is at an upgrade.

One entry for each person and claim that needs it. It changes nothing that anybody sees but the claim's revision; from
then on the log proves the thing's rows. What was forged before the upgrade is attested as it is.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk import people
from factcheck.desk.claim_state import remains
from factcheck.desk.claim_state.remains import written
from factcheck.inspection.names import names
from factcheck.inspection.reading import Read, entries_of
from factcheck.inspection.versions import lived
from factcheck.inspection.worlds import Relations, World
from factcheck.log import revisions
from factcheck.log.revisions import Next
from factcheck.rules.webhooks import ATTEST
from factcheck.storage.tables.claims import Claim, ClaimVersion
from factcheck.storage.tables.logbook import Revision, RevisionContent, SubjectKind
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.reviews import Review, SecondOpinion

CLAIM = (
    "reason", "reviewed_by_id", "reviewed_at", "valid_on", "review_by", "attribution_reason",
    "attribution_reviewed_by_id", "attribution_reviewed_at", "changed_index", "updated_at",
)  # fmt: skip
REVIEW = ("log_index", "id", "valid_on", "review_by")
VERSION = ("changed_index", "from_at", "etag")
Json = dict[str, Any]


def attest_people(session: Session) -> None:
    """Append an entry for each person whose mark no entry binds yet."""
    rows = session.execute(
        select(Person, Revision.log_index)
        .join(Revision, (Revision.subject_id == Person.id) & (Revision.number == Person.revision))
        .where(Person.id.not_in(_bound(session)))
        .order_by(Person.id)
    ).all()
    if not rows:
        return
    things = []
    for person, last in rows:
        person.revision += 1
        facts = {"mark": person.mark, "created_at": written(person.created_at)}
        things.append(Next(SubjectKind.PERSON, person.id, [], number=person.revision, previous=last, facts=facts))
    revisions.append_all(session, people.operator(session), things, ATTEST)


def attest_claims(session: Session, claims: Sequence[Claim], redacted: set[str], relations: Relations) -> None:
    """Append an entry for each of these claims whose rows hold more than its entries say, and count it.

    The claims are locked. Their JSON is to be rendered again afterwards: it shows the revision.
    """
    connection = session.connection()
    last = {
        row.subject_id: row
        for row in connection.execute(
            select(Revision.subject_id, Revision.number, Revision.log_index, Revision.action.label("action")).where(
                Revision.subject_kind == SubjectKind.CLAIM, Revision.subject_id.in_([claim.id for claim in claims])
            ).order_by(Revision.log_index)
        )
    }  # fmt: skip
    wanted = [claim for claim in claims if _unattested(claim, last[claim.id])]
    if not wanted:
        return
    facts = _facts(connection, [claim for claim in wanted if claim.id not in redacted])
    gone = remains.of_claims(connection, [claim.id for claim in wanted if claim.id in redacted])
    said = _said(connection, relations, [claim.id for claim in wanted], gone)
    things = []
    for claim in wanted:
        if said.get(claim.id) == facts.get(claim.id, gone.get(claim.id)):
            continue
        claim.revision += 1
        stated = {"remains": gone[claim.id]} if claim.id in redacted else facts[claim.id]
        statuses = (claim.status, claim.attribution_status)
        things.append(Next(SubjectKind.CLAIM, claim.id, [], statuses, claim.revision, last[claim.id].log_index, stated))
    if things:
        revisions.append_all(session, people.operator(session), things, ATTEST)


def _bound(session: Session) -> list[str]:
    """Return the people whose marks are in the log. There are few people, so their entries are read whole."""
    entries = session.execute(
        select(Revision.subject_id, RevisionContent.content)
        .join(RevisionContent, RevisionContent.log_index == Revision.log_index)
        .where(Revision.subject_kind == SubjectKind.PERSON)
    )
    return [row.subject_id for row in entries if "mark" in orjson.loads(row.content).get("facts", {})]


def _said(
    connection: Connection, relations: Relations, claim_ids: Sequence[str], gone: Mapping[str, Json]
) -> dict[str, Json]:
    """Return what the entries of claims say already, in the form of the facts that attest it."""
    own: dict[str, list[Read]] = {claim_id: [] for claim_id in claim_ids}
    for entry, content in entries_of(connection, SubjectKind.CLAIM, claim_ids):
        own[entry.subject_id].append((entry, content))
    world = World(connection, relations, names(connection), own)
    found = {}
    for claim_id, entries in own.items():
        if any(content is None for _, content in entries):
            if any(content is not None and "remains" in content.facts for _, content in entries):
                found[claim_id] = gone[claim_id]
            continue
        life = lived(claim_id, entries, world)
        claim = life.claim
        found[claim_id] = {
            "claim": {name: written(claim.row[name]) for name in CLAIM},
            "reviews": [_written(row, REVIEW) for row in claim.reviews.values()],
            "closed": {row["id"]: written(row["closed_at"]) for row in claim.opinions.values() if row["closed_at"]},
            "versions": [_written(row, VERSION) for row in life.versions],
        }
    return found


def _written(row: Json, names: Sequence[str]) -> Json:
    return {name: written(row[name]) for name in names}


def _unattested(claim: Claim, last: Any) -> bool:
    """Say whether a claim has rows that depend on how they were written: a decision, a change, an earlier version."""
    if claim.revision == 1 and claim.changed_index == claim.seq:
        return False
    return not (last.action == ATTEST and last.log_index > claim.changed_index)


def _facts(connection: Connection, claims: Sequence[Claim]) -> dict[str, Json]:
    ids = {claim.seq: claim.id for claim in claims}
    found: dict[str, Json] = {
        claim.id: {
            "claim": {name: written(getattr(claim, name)) for name in CLAIM},
            "reviews": [],
            "closed": {},
            "versions": [],
        }
        for claim in claims
    }
    reviews = select(Review.claim_id, *(getattr(Review, name) for name in REVIEW))
    for row in connection.execute(reviews.where(Review.claim_id.in_(found)).order_by(Review.log_index)):
        found[row.claim_id]["reviews"].append({name: written(getattr(row, name)) for name in REVIEW})
    closed = select(SecondOpinion.claim_id, SecondOpinion.id, SecondOpinion.closed_at)
    for row in connection.execute(
        closed.where(SecondOpinion.claim_id.in_(found), SecondOpinion.closed_at.is_not(None))
    ):
        found[row.claim_id]["closed"][row.id] = written(row.closed_at)
    versions = select(ClaimVersion.claim_seq, *(getattr(ClaimVersion, name) for name in VERSION))
    for row in connection.execute(
        versions.where(ClaimVersion.claim_seq.in_(ids)).order_by(ClaimVersion.claim_seq, ClaimVersion.changed_index)
    ):
        found[ids[row.claim_seq]]["versions"].append({name: written(getattr(row, name)) for name in VERSION})
    return found
