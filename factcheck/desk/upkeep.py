"""What is worked out from other things, and kept: renewed when the rules for it change, and checked by `doctor`."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import orjson
import structlog
from sqlalchemy import bindparam, delete, func, insert, select
from sqlalchemy.orm import Session

from factcheck.desk import documents, families, findings, shingles
from factcheck.desk.locks import lock_claims
from factcheck.desk.parts import Parts
from factcheck.desk.revisions import Entry
from factcheck.desk.states import BY_DAY, counted_as, several, stored
from factcheck.rules.provenance import FAMILY
from factcheck.rules.sources import CONFLICTS
from factcheck.storage.audit import (
    DESK,
    ArticleFindings,
    ClaimAudit,
    Finding,
    SourceStanding,
    SourceTally,
    StatusChange,
    StatusChangeDay,
    Tally,
    Upkeep,
)
from factcheck.storage.base import Base
from factcheck.storage.columns import as_kept
from factcheck.storage.database import Database, add_up
from factcheck.storage.logbook import LogHead, Redaction, Revision, RevisionContent, SubjectKind
from factcheck.storage.models import Claim
from factcheck.storage.people import Person
from factcheck.storage.stumbles import apart

log = structlog.get_logger("factcheck.upkeep")
# Counts every change of what a claim's JSON, what the audit keeps of it, or its keys of likeness are made of.
VERSION = 4
BATCH = 100  # claims that are renewed in one transaction: whoever writes waits for its end
STATUSES = {"status": "content", "attribution.status": "attribution"}


def renew(database: Database) -> Iterator[int]:
    """Write all stored JSON and findings again if they follow an older version's rules; yield claims done so far.

    A batch is one transaction: what was interrupted is taken up again at the next start. A claim that cannot be read
    stays as it is, and one that is entered meanwhile follows the rules of the version that enters it.
    """
    done, after = 0, -1
    with database.reading_primary() as connection:
        if connection.scalar(select(as_kept(Upkeep.version))) == VERSION:
            return
        last = connection.scalar(select(func.max(as_kept(Claim.seq))))
    while True:
        with database.writing(long=True) as session:
            if after < 0:
                shingles.clear(session)
            claims = _locked(session, after, last)
            if not claims:
                session.execute(delete(Upkeep))  # whatever is there
                session.execute(insert(Upkeep), {"id": 1, "version": VERSION})
                return
            for _ in apart(session, claims, partial(_renew, session), _left_as_it_is):
                pass
            done, after = done + len(claims), claims[-1]
        yield done


def _locked(session: Session, after: int, last: int | None = None) -> Sequence[int]:
    """Return the claims that come next, locked: a review that commits meanwhile would have its JSON written over."""
    statement = select(as_kept(Claim.seq), Claim.id).where(Claim.seq > after).order_by(Claim.seq).limit(BATCH)
    rows = session.execute(statement if last is None else statement.where(Claim.seq <= last)).all()
    lock_claims(session, [claim_id for _, claim_id in rows])
    return [seq for seq, _ in rows]


def _left_as_it_is(seq: int, reason: str) -> None:
    """Tell of a claim that cannot be read. `factcheck doctor` names what is wrong with it."""
    log.error("claim_not_renewed", seq=seq, reason=reason)


def _renew(session: Session, seqs: Sequence[int]) -> None:
    claims = session.scalars(select(Claim).where(Claim.seq.in_(seqs)).order_by(Claim.seq)).all()
    parts = Parts(session.connection(), claims)
    redacted = set(
        session.scalars(select(Redaction.claim_id).where(Redaction.claim_id.in_([claim.id for claim in claims])))
    )
    for claim in claims:
        if claim.id not in redacted:
            claim.document = documents.dumped(parts.document(claim))
            claim.etag = documents.etag_of(claim.document)
    shingles.renew(session, [(claim.seq, claim.text) for claim in claims if claim.withdrawn_at is None])
    head = session.scalars(select(LogHead).with_for_update()).one()
    anybody = session.scalar(select(Person.id).limit(1)) or ""
    findings.refresh(session, [claim.id for claim in claims], Entry(head.size - 1, head.last_at, anybody))
    _tell_changes(session, claims)


def _tell_changes(session: Session, claims: Any) -> None:
    """Read the changes of statuses out of the log, for claims that were reviewed before they were kept."""
    seqs = {claim.id: claim.seq for claim in claims}
    kept = select(StatusChange.log_index, StatusChange.question).where(StatusChange.claim_seq.in_(seqs.values()))
    known = {tuple(row) for row in session.execute(kept)}
    rows, days = [], Counter[tuple[Any, ...]]()
    for entry in session.execute(
        select(Revision.log_index, Revision.subject_id, Revision.actor_id, Revision.at, RevisionContent.content)
        .join(RevisionContent, RevisionContent.log_index == Revision.log_index)
        .where(Revision.subject_kind == SubjectKind.CLAIM, Revision.subject_id.in_(seqs), Revision.number > 1)
    ):
        for change in orjson.loads(entry.content)["changes"]:
            question = STATUSES.get(change["field"])
            if question is None or change["before"] == change["after"] or (entry.log_index, question) in known:
                continue
            told = {"question": question, "before": change["before"], "after": change["after"]}
            rows.append(
                {"log_index": entry.log_index, "claim_seq": seqs[entry.subject_id], "actor_id": entry.actor_id,
                 "at": entry.at, **told}
            )  # fmt: skip
            days[entry.at.date(), entry.actor_id, *told.values()] += 1
    if rows:
        session.execute(insert(StatusChange), rows)
        names = ("day", "actor_id", "question", "before", "after")
        counted = [dict(zip(names, key, strict=True)) | {"n": n} for key, n in days.items()]
        add_up(session.connection(), StatusChangeDay, counted)


def faults(session: Session, claim_ids: Iterable[str], *, mend: bool = False) -> Iterator[tuple[str, str]]:
    """Yield a claim's id and what the audit keeps of it that working it out again does not give.

    With `mend`, it is written again.
    """
    connection = session.connection()
    asked = set(claim_ids)
    found = families.load(connection, families.together(connection, asked, FAMILY))
    states = findings.audited(found)
    kept = stored(session, asked)
    ids = {claim.seq: claim.id for claim in found.claims.values()}
    wrong = []
    for seq in sorted(kept.keys() | {found.claims[claim].seq for claim in asked if claim in found.claims}):
        state, row = states.get(seq), kept.get(seq)
        if state is None or row is None or not row.says(state):
            wrong.append(ids.get(seq) or str(session.scalar(select(Claim.id).where(Claim.seq == seq))))
            yield wrong[-1], "What the audit keeps of it is not what its claims, chains and evidence give."
    if mend and wrong:
        head = session.scalars(select(LogHead).with_for_update()).one()
        anybody = session.scalar(select(Person.id).limit(1)) or ""
        findings.refresh(session, wrong, Entry(head.size - 1, head.last_at, anybody))


def group_faults(session: Session, claim_ids: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the claims that stand in another conflict group than their relations give."""
    connection = session.connection()
    asked = set(claim_ids)
    kept = {
        row.id: row.conflict_group
        for ids in families.batches(asked)
        for row in connection.execute(_GROUPS, {"ids": ids})
    }
    related = families.neighbours(connection, asked)
    for claim, group in sorted(kept.items()):
        first = None
        if claim in related:
            joined = families.together(connection, [claim], CONFLICTS)
            first = session.scalar(select(func.min(Claim.seq)).where(Claim.id.in_(joined))) if len(joined) > 1 else None
        if group != first:
            yield claim, "It stands in another group of the conflict board than its relations give."


_GROUPS = (
    select(Claim.id, ClaimAudit.conflict_group)
    .outerjoin(ClaimAudit, ClaimAudit.claim_seq == Claim.seq)
    .where(Claim.id.in_(bindparam("ids", expanding=True)), Claim.withdrawn_at.is_(None))
)


def count_faults(session: Session, *, mend: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield what is wrong with each table of counts that does not say what counting again gives, and whether it was
    mended: with `mend`, it is written again.
    """

    def unreadable(table: type[Base], reason: str) -> list[tuple[str, bool]]:
        return [(f"The counts in {table.__tablename__} cannot be compared: {reason}", False)]

    for details in apart(session, list(_COUNTED), lambda some: _miscounted(session, some, mend), unreadable):
        yield from details


def _miscounted(session: Session, tables: Sequence[type[Base]], mend: bool) -> list[tuple[str, bool]]:
    details = []
    for table in tables:
        n: Any = table.__table__.c.n
        key = [column for column in table.__table__.c if column is not n]
        kept = {tuple(row[:-1]): int(row[-1]) for row in session.execute(select(*key, n).where(n != 0))}
        right = {each: number for each, number in _COUNTED[table](session).items() if number}
        if kept == right:
            continue
        details.append((f"The counts in {table.__tablename__} are not what counting again gives.", mend))
        if mend:
            names = [column.name for column in key]
            session.execute(delete(table))
            rows = [dict(zip(names, each, strict=True)) | {"n": number} for each, number in right.items()]
            if rows:
                session.execute(insert(table), rows)
    return details


def _tallies(session: Session) -> Counter[tuple[Any, ...]]:
    counts: Counter[tuple[Any, ...]] = Counter()

    def count(article: str, measure: str, value: str, number: int) -> None:
        counts[article, measure, value] += number
        counts[DESK, measure, value] += number

    for measure in ("status", "attribution_status", "coverage", "independent_origins"):
        for article, value, number in _grouped(session, ClaimAudit, "article_id", measure):
            count(article, measure, several(value) if measure == "independent_origins" else value, number)
    for article, kind, since, number in _grouped(session, Finding, "article_id", "kind", "since"):
        measure, value = counted_as(kind, since.date())
        count(article, measure, value, number)
    return counts


def _article_findings(session: Session) -> Counter[tuple[Any, ...]]:
    counts: Counter[tuple[Any, ...]] = Counter()
    for article, kind, number in _grouped(session, Finding, "article_id", "kind"):
        counts[article,] += 0 if kind in BY_DAY else number
    return counts


def _source_tallies(session: Session) -> Counter[tuple[Any, ...]]:
    names = ("source_id", "role", "kind", "year", "status", "attribution_status")
    standing = _grouped(session, SourceStanding, *names, only=SourceStanding.until_at.is_(None))
    return Counter({tuple(row[:-1]): row[-1] for row in standing})


def _days(session: Session) -> Counter[tuple[Any, ...]]:
    counts: Counter[tuple[Any, ...]] = Counter()
    for at, *rest, number in _grouped(session, StatusChange, "at", "actor_id", "question", "before", "after"):
        counts[(at.date(), *rest)] += number
    return counts


def _grouped(session: Session, table: type[Base], *columns: str, only: Any = None) -> Iterator[Any]:
    chosen: list[Any] = [getattr(table, name) for name in columns]
    statement = select(*chosen, func.count()).group_by(*chosen)
    yield from session.execute(statement if only is None else statement.where(only))


_COUNTED: dict[type[Base], Callable[[Session], Counter[tuple[Any, ...]]]] = {
    Tally: _tallies,
    ArticleFindings: _article_findings,
    SourceTally: _source_tallies,
    StatusChangeDay: _days,
}
