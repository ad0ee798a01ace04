"""Look whether what must always hold does hold; the tables against the log, and the stored JSON against both."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from sqlalchemy import Text, cast, func, select, update
from sqlalchemy.orm import Session

from factcheck.desk.claim_state import documents, shingles
from factcheck.desk.claim_state import states as claim_states
from factcheck.desk.claim_state.locks import lock_claims
from factcheck.desk.claim_state.rendering import claim_json
from factcheck.desk.claim_state.states import ClaimState
from factcheck.errors import SchemaOutdated, Unavailable
from factcheck.inspection import findable
from factcheck.log import log_folder
from factcheck.rules.status import Status
from factcheck.storage import damage, private, schema
from factcheck.storage.engine.database import Database
from factcheck.storage.engine.standbys import Look
from factcheck.storage.stumbles import apart, surely
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import as_kept
from factcheck.storage.tables.logbook import LogHead, Redaction, Revision, RevisionContent, SubjectKind

BATCH = 500
COUNTS = "audit"  # what a fault of the counts is about
ClaimKey = tuple[int, str]  # a claim's place in the log, and its id


TAMPERED = (
    "Run `factcheck log verify`: it names the entries. Somebody changed the database directly, or it is damaged:"
    " restore a backup beside it and compare."
)
DAMAGED = (
    "Somebody changed the database directly, or it is damaged: restore a backup beside it, compare, and correct"
    " what is named here."
)
KEYS = "Put a copy of the file back. Without one, begin a new epoch: `factcheck log epoch`."
OPEN = "Run `factcheck doctor --mend`, or remove the rights with chmod."
STALE = "Run `factcheck doctor --mend` to derive it from the log again."


OURS = "This is a fault of factcheck that affects no decision: report it with this line."
REPLICA = "Set FACTCHECK_READ_DATABASE_URL to a running standby of the database, or leave it out."
LEFT = "Redact it again: `POST /v1/claims/{id}/redaction`."


@dataclass(frozen=True)
class Fault:
    """Something that does not hold: what it is about, what is wrong, whether it was mended, and what mends it."""

    subject: str
    detail: str
    mended: bool = False
    mend: str = TAMPERED


def count(session: Session) -> int:
    """Return how many claims there are to look at; 0 where they cannot be counted."""
    counted = (session.scalar(select(func.count()).select_from(Claim)) or 0 for _ in range(1))
    return sum(surely(session, counted, lambda _reason: 0))


def replica_faults(database: Database) -> list[Fault]:
    """Look whether the replica can be reached, is a standby of this desk's database, and replays its log."""
    try:
        refusal = database.replica_refusal()
        if refusal is None:
            with database.reading_replica() as replica:
                schema.demand_head(replica)
                paused = Look.at(replica).paused
    except (Unavailable, SchemaOutdated) as error:
        return [Fault("replica", error.detail, mend=REPLICA)]
    if refusal:
        return [Fault("replica", refusal, mend=REPLICA)]
    return (
        [Fault("replica", "Its replay is paused.", mend="Run `SELECT pg_wal_replay_resume()` there.")] if paused else []
    )


def unread(reason: str) -> Fault:
    """Return the fault that something cannot be looked at."""
    return Fault("database", f"Something in it cannot be read: {reason}", mend=DAMAGED)


def key_faults(folder: Path) -> Iterator[Fault]:
    """Look whether the log's keys, and the record of what was signed last, can be read."""
    for detail in log_folder.faults(folder):
        yield Fault("log folder", detail, mend=KEYS)


def file_faults(url: str, folder: Path, *, mend: bool = False) -> Iterator[Fault]:
    """Look for files of the desk that other users of this machine can use; with `mend`, take their rights away."""
    for path in private.open_to_others(url, folder):
        detail = f"Other users of this machine can access it: its mode is {path.stat().st_mode & 0o777:o}."
        if mend:
            private.close_to_others(path)
        yield Fault(str(path), detail, mend, OPEN)


def damage_faults(session: Session) -> Iterator[Fault]:
    """Look for rows that cannot be what a desk wrote."""
    for each in damage.found(session.connection()):
        yield Fault(each.place, each.detail, mend=DAMAGED)


def log_faults(session: Session) -> Iterator[Fault]:
    """Look for gaps in the log's numbers, and in those of each thing."""
    size = session.scalar(select(as_kept(LogHead.size)))
    rows, first, last = session.execute(
        select(func.count(), func.min(Revision.log_index), func.max(Revision.log_index))
    ).one()
    if rows != size or (rows and (first, last) != (0, rows - 1)):
        yield Fault("log", f"The head says {size} revisions; there are {rows}, from index {first} to {last}.")
    gaps = session.execute(
        select(Revision.subject_kind, Revision.subject_id, func.count(), func.max(Revision.number))
        .group_by(Revision.subject_kind, Revision.subject_id)
        .having((func.count() != func.max(Revision.number)) | (func.min(Revision.number) != 1))
    )
    for kind, subject_id, count, highest in gaps:
        yield Fault(f"{kind} {subject_id}", f"It has {count} revisions, the last numbered {highest}.")


def claim_faults(session: Session, *, mend: bool = False) -> Iterator[list[Fault]]:
    """Look at every claim, in log order, and yield what is wrong with each: an empty list when all holds."""
    for _, faults in claims_looked_at(session, mend=mend):
        yield faults


def claims_looked_at(session: Session, *, mend: bool = False) -> Iterator[tuple[ClaimKey, list[Fault]]]:
    """Look at every claim, in log order, and yield it with what is wrong with it.

    A claim's statuses, and whether a second opinion is open on it, must be what the log says when it is folded in
    order, its JSON what rendering it gives. A claim of which something cannot be read is a fault, and the others are
    looked at.
    With `mend`, derived data that another version of factcheck wrote, or that was lost, is written again; nothing else
    is touched. Where the tables and the log differ, the stored JSON is the third witness and stays as it is.
    """
    after = -1
    while keys := _claims_after(session, after):
        for some in _each(session, keys, mend):
            yield from some
        after = keys[-1][0]
        session.expunge_all()


def mended(session: Session, keys: Sequence[ClaimKey]) -> list[Fault]:
    """Look at some claims again, mend them, and return their faults. Nobody writes until the transaction ends."""
    lock_claims(session, [claim_id for _, claim_id in keys])
    hold_head(session)
    return [fault for some in _each(session, keys, mend=True) for _, faults in some for fault in faults]


def hold_head(session: Session) -> None:
    """Take the lock of the log's head: nothing is written until the transaction ends."""
    session.execute(select(LogHead.size).with_for_update())


def _claims_after(session: Session, after: int) -> list[ClaimKey]:
    statement = select(as_kept(Claim.seq), cast(Claim.id, Text)).where(Claim.seq > after).order_by(Claim.seq)
    return [(seq, claim_id) for seq, claim_id in session.execute(statement.limit(BATCH))]


def _each(session: Session, keys: Sequence[ClaimKey], mend: bool) -> Iterator[list[tuple[ClaimKey, list[Fault]]]]:
    def unreadable(key: ClaimKey, reason: str) -> list[tuple[ClaimKey, list[Fault]]]:
        return [(key, [Fault(f"claim {key[1]}", f"It cannot be checked: {reason}", mend=DAMAGED)])]

    return apart(session, keys, lambda some: _faults_of(session, some, mend), unreadable)


def _faults_of(session: Session, keys: Sequence[ClaimKey], mend: bool) -> list[tuple[ClaimKey, list[Fault]]]:
    claims = session.scalars(select(Claim).where(Claim.seq.in_([seq for seq, _ in keys])).order_by(Claim.seq)).all()
    folded = _folded(session, [claim.id for claim in claims])
    states = {state.claim.id: state for state in claim_states.load(session.connection(), claims)}
    redacted = set(session.scalars(select(Redaction.claim_id).where(Redaction.claim_id.in_(folded))))
    faults: dict[str, list[Fault]] = {}
    for claim in claims:
        if claim.id in redacted:
            left = Fault(f"claim {claim.id}", "It was redacted, but some of its content still exists.", mend=LEFT)
            faults[claim.id] = [left] if claim.document or claim.words else []
            continue
        found = [Fault(f"claim {claim.id}", detail) for detail in _against_log(claim, *folded[claim.id])]
        faults[claim.id] = found + _stale(session, states[claim.id], mend and not found)
    # Where the claim itself is not what it was, what is worked out from it is the lesser matter.
    sound = [claim.id for claim in claims if not any(not fault.mended for fault in faults[claim.id])]
    for claim_id, detail in shingles.faults(session, [each for each in claims if each.id in sound], mend=mend):
        faults[claim_id].append(Fault(f"claim {claim_id}", detail, mend, STALE))
    listed = [states[each] for each in sound if each not in redacted]
    for claim_id, detail, mends in findable.faults(session, listed, mend=mend):
        faults[claim_id].append(Fault(f"claim {claim_id}", detail, mend and mends, STALE if mends else DAMAGED))
    session.flush()
    return [((claim.seq, claim.id), faults[claim.id]) for claim in claims]


def index_faults(session: Session) -> Iterator[Fault]:
    """Look whether the index of similarity holds anything of withdrawn claims."""
    if left := shingles.leftovers(session):
        yield Fault("similarity", f"The index has {left} keys of claims that were withdrawn.", mend=OURS)


def _stale(session: Session, state: ClaimState, mend: bool) -> list[Fault]:
    claim, document = state.claim, documents.dumped(claim_json(state))
    etag = documents.etag_of(document)
    if (document, etag) == (claim.document, claim.etag):
        return []
    if mend:
        session.execute(update(Claim).where(Claim.id == claim.id).values(document=document, etag=etag))
    return [Fault(f"claim {claim.id}", "Its stored JSON differs from a new rendering.", mend, STALE)]


def _folded(session: Session, claim_ids: list[str]) -> defaultdict[str, tuple[int, dict[str, str], bool, set[str]]]:
    """Replay the log for some claims: the last number, the status on each question, whether withdrawn, what is open."""
    state: defaultdict[str, tuple[int, dict[str, str], bool, set[str]]] = defaultdict(
        lambda: (0, {"status": Status.UNVERIFIED.value, "attribution.status": Status.UNVERIFIED.value}, False, set())
    )
    rows = session.execute(
        select(Revision.subject_id, Revision.number, RevisionContent.content)
        .outerjoin(RevisionContent, RevisionContent.log_index == Revision.log_index)
        .where(Revision.subject_kind == SubjectKind.CLAIM, Revision.subject_id.in_(claim_ids))
        .order_by(Revision.log_index)
    )
    for row in rows:
        _, statuses, withdrawn, opinions = state[row.subject_id]
        for change in orjson.loads(row.content)["changes"] if row.content is not None else []:
            if change["field"] in statuses:
                statuses[change["field"]] = change["after"]
            elif change["field"] == "withdrawn":
                withdrawn = change["after"]
            elif change["field"] == "second_opinion":
                ended = change["after"]["outcome"] is not None
                (opinions.discard if ended else opinions.add)(change["after"]["id"])
        state[row.subject_id] = (row.number, statuses, withdrawn, opinions)
    return state


def _against_log(
    claim: Claim, number: int, statuses: dict[str, str], withdrawn: bool, opinions: set[str]
) -> Iterator[str]:
    if claim.revision != number:
        yield f"It is at revision {claim.revision}; the log's last is {number}."
    if claim.status != statuses["status"]:
        yield f"Its status is {claim.status}; the log says {statuses['status']}."
    if claim.attribution_status != statuses["attribution.status"]:
        yield f"Its attribution is {claim.attribution_status}; the log says {statuses['attribution.status']}."
    if (claim.withdrawn_at is not None) != withdrawn:
        yield f"It is {'withdrawn' if claim.withdrawn_at else 'active'}; the log says otherwise."
    if (claim.second_opinion_at is not None) != bool(opinions):
        yield f"It {'has an' if claim.second_opinion_at else 'has no'} open second opinion; the log says otherwise."
