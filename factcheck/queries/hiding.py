"""Take hidden verdicts out of the audit's counts: on a small desk a count tells who decided what."""

from collections import Counter
from collections.abc import MutableMapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Connection

from factcheck.desk.claim_state.connected import batches
from factcheck.followers.audit.states import BY_DAY, origins_value
from factcheck.queries.veils import TELLING, Veil
from factcheck.rules.status import Question, Status
from factcheck.storage.tables.audit import ClaimAudit, Finding, SourceStanding, StatusChange
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import Instant
from factcheck.storage.tables.people import Person

Json = dict[str, Any]
MEASURES = {Question.CONTENT: "status", Question.ATTRIBUTION: "attribution_status"}


def from_counts(connection: Connection, veil: Veil, counts: MutableMapping[str, dict[str, int]]) -> None:
    """Count hidden verdicts as in review, and leave their claims out of the numbers of origins."""
    for question, measure in MEASURES.items():
        for row in _rows(connection, _AUDITS, veil.hidden(question)):
            found = counts[measure]
            found[getattr(row, measure)] = found.get(getattr(row, measure), 0) - 1
            found[Status.IN_REVIEW] = found.get(Status.IN_REVIEW, 0) + 1
    for row in _rows(connection, _AUDITS, veil.touched):
        value = origins_value(row.independent_origins)
        counts["independent_origins"][value] = counts["independent_origins"].get(value, 0) - 1


def from_findings(
    connection: Connection, veil: Veil, at: datetime, kinds: dict[str, int], articles: list[Json]
) -> None:
    """Leave out the findings that would tell of a hidden verdict."""
    by_article: Counter[str] = Counter()
    for row in _rows(connection, _FINDINGS, veil.touched, at=at, telling=TELLING):
        kinds[row.kind] -= int(row.n)
        by_article[row.article_id] += 0 if row.kind in BY_DAY else int(row.n)
    for article in articles:
        article["count"] -= by_article[article["article"]["id"]]


def from_changes(
    connection: Connection,
    veil: Veil,
    since: datetime,
    until: datetime,
    counts: Counter[tuple[str, str, str, str, str]],
) -> None:
    """Leave out the changes of statuses that are, or follow, a hidden verdict."""
    seqs = set(veil.seqs.values())
    for row in _rows(connection, _CHANGES, seqs, since=since, until=until):
        if veil.tells(row.id, row.question, row.log_index):
            counts[row.actor_id, row.name, row.question, row.before, row.after] -= 1


def from_record(connection: Connection, veil: Veil, source_id: str, as_of: datetime | None) -> Counter[tuple[Any, ...]]:
    """Return by how much the counts of a source's record change: role, kind, year and the two statuses to a number."""
    moved: Counter[tuple[Any, ...]] = Counter()
    for row in _rows(connection, _STANDINGS, set(veil.seqs.values()), source=source_id):
        if as_of is None and row.until_at is not None:
            continue
        if as_of is not None and not (row.from_at <= as_of and (row.until_at is None or row.until_at > as_of)):
            continue
        shown = {
            measure: Status.IN_REVIEW.value
            if any(
                veil.seqs[blind.claim_id] == row.claim_seq and blind.question is question
                and blind.since <= row.from_index
                for blind in veil.blinds
            )
            else getattr(row, measure)
            for question, measure in MEASURES.items()
        }  # fmt: skip
        moved[row.role, row.kind, row.year, row.status, row.attribution_status] -= 1
        moved[row.role, row.kind, row.year, *shown.values()] += 1
    return moved


def _rows(connection: Connection, statement: Any, seqs: Any, **values: Any) -> Any:
    for ids in batches(seqs):
        yield from connection.execute(statement, {"ids": ids, **values})


_IDS: Any = bindparam("ids", expanding=True)
_AUDITS = select(*ClaimAudit.__table__.columns).where(ClaimAudit.claim_seq.in_(_IDS))
_FINDINGS = (
    select(Finding.kind, Finding.article_id, func.count().label("n"))
    .where(
        Finding.claim_seq.in_(_IDS),
        Finding.kind.in_(bindparam("telling", expanding=True)),
        Finding.since <= bindparam("at", type_=Instant),
    )
    .group_by(Finding.kind, Finding.article_id)
)
_CHANGES = (
    select(*StatusChange.__table__.columns, Claim.id, Person.name)
    .join(Claim, Claim.seq == StatusChange.claim_seq)
    .join(Person, Person.id == StatusChange.actor_id)
    .where(
        StatusChange.claim_seq.in_(_IDS),
        StatusChange.at >= bindparam("since", type_=Instant),
        StatusChange.at < bindparam("until", type_=Instant),
    )
)
_STANDINGS = select(*SourceStanding.__table__.columns).where(
    SourceStanding.claim_seq.in_(_IDS), SourceStanding.source_id == bindparam("source")
)
