"""Compare the audit's tables with what the claims, chains and evidence of the desk give: for `doctor`.

The follower derives them from the log; this derives them from the tables that people's actions write. Where the two
differ, one of them is wrong.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Text, bindparam, cast, func, select
from sqlalchemy.engine import Connection

from factcheck.desk.claim_state.connected import BATCH, batches, connected_claims, neighbours
from factcheck.followers.audit import families, findings
from factcheck.followers.audit.desk import FoldedDesk
from factcheck.followers.audit.folding import Change
from factcheck.followers.audit.states import BY_DAY, counted_as, origins_value, stored
from factcheck.followers.base import LogEntry
from factcheck.rules.origins import FAMILY
from factcheck.rules.sources import CONFLICTS
from factcheck.storage.stumbles import apart
from factcheck.storage.tables.audit import (
    DESK,
    ArticleFindings,
    ClaimAudit,
    Finding,
    SourceStanding,
    SourceTally,
    StatusChange,
    StatusChangeDay,
    Tally,
)
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import as_kept


def all_faults(connection: Connection, pending: Sequence[LogEntry] = ()) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, of every claim and of the counts: what it is about, and a sentence.

    Claims that `pending` entries concern are left out: the follower has not taken those in yet.
    """
    concerned = FoldedDesk(connection, [Change.read(entry) for entry in pending]).claims if pending else {}

    def uncounted(table: type[Base], reason: str) -> list[tuple[str, str]]:
        return [("audit", f"The counts in {table.__tablename__} cannot be compared: {reason}")]

    def counted(tables: Sequence[type[Base]]) -> list[tuple[str, str]]:
        return [("audit", detail) for detail in count_faults(connection, tables)]

    def uncompared(claim_id: str, reason: str) -> list[tuple[str, str]]:
        return [(f"claim {claim_id}", f"Its audit cannot be compared: {reason}")]

    def compared(ids: Sequence[str]) -> list[tuple[str, str]]:
        found = (*faults(connection, ids), *group_faults(connection, ids))
        return [(f"claim {claim_id}", detail) for claim_id, detail in found]

    for some in apart(connection, list(_COUNTED), counted, uncounted):
        yield from some
    after = -1
    while rows := connection.execute(_NEXT, {"after": after}).all():
        for some in apart(connection, [row.id for row in rows if row.id not in concerned], compared, uncompared):
            yield from some
        after = rows[-1].seq


def faults(connection: Connection, claim_ids: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield a claim's id and a sentence for each claim whose audit is not what its claims and evidence give."""
    asked = set(claim_ids)
    found = families.load(connection, connected_claims(connection, asked, FAMILY))
    states = findings.audited(found)
    kept = stored(connection, asked)
    ids = {claim.seq: claim.id for claim in found.claims.values()}
    for seq in sorted(kept.keys() | {found.claims[claim].seq for claim in asked if claim in found.claims}):
        state, row = states.get(seq), kept.get(seq)
        if state is None or row is None or not row.says(state):
            claim_id = ids.get(seq) or str(connection.scalar(select(Claim.id).where(Claim.seq == seq)))
            yield claim_id, "What the audit says of it is not what its claims, chains and evidence give."


def group_faults(connection: Connection, claim_ids: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the claims that are in another group of the conflict board than their relations give."""
    asked = set(claim_ids)
    kept = {row.id: row.conflict_group for ids in batches(asked) for row in connection.execute(_GROUPS, {"ids": ids})}
    related = neighbours(connection, asked)
    for claim, group in sorted(kept.items()):
        first = None
        if claim in related:
            joined = connected_claims(connection, [claim], CONFLICTS)
            if len(joined) > 1:
                first = connection.scalar(select(func.min(Claim.seq)).where(Claim.id.in_(joined)))
        if group != first:
            yield claim, "It is in another group of the conflict board than its relations give."


_NEXT = (
    select(cast(Claim.id, Text).label("id"), as_kept(Claim.seq).label("seq"))
    .where(Claim.seq > bindparam("after"))
    .order_by(Claim.seq)
    .limit(BATCH)
)
_GROUPS = (
    select(Claim.id, ClaimAudit.conflict_group)
    .outerjoin(ClaimAudit, ClaimAudit.claim_seq == Claim.seq)
    .where(Claim.id.in_(bindparam("ids", expanding=True)), Claim.withdrawn_at.is_(None))
)


def count_faults(connection: Connection, tables: Iterable[type[Base]]) -> Iterator[str]:
    """Yield a sentence for each table of counts that does not say what counting again gives."""
    for table in tables:
        n: Any = table.__table__.c.n
        key = [column for column in table.__table__.c if column is not n]
        kept = {tuple(row[:-1]): int(row[-1]) for row in connection.execute(select(*key, n).where(n != 0))}
        right = {each: number for each, number in _COUNTED[table](connection).items() if number}
        if kept != right:
            yield f"The counts in {table.__tablename__} are not what counting again gives."


def _tallies(connection: Connection) -> Counter[tuple[Any, ...]]:
    counts: Counter[tuple[Any, ...]] = Counter()

    def count(article: str, measure: str, value: str, number: int) -> None:
        counts[article, measure, value] += number
        counts[DESK, measure, value] += number

    for measure in ("status", "attribution_status", "coverage", "independent_origins"):
        for article, value, number in _grouped(connection, ClaimAudit, "article_id", measure):
            count(article, measure, origins_value(value) if measure == "independent_origins" else value, number)
    for article, kind, since, number in _grouped(connection, Finding, "article_id", "kind", "since"):
        measure, value = counted_as(kind, since.date())
        count(article, measure, value, number)
    return counts


def _article_findings(connection: Connection) -> Counter[tuple[Any, ...]]:
    counts: Counter[tuple[Any, ...]] = Counter()
    for article, kind, number in _grouped(connection, Finding, "article_id", "kind"):
        counts[article,] += 0 if kind in BY_DAY else number
    return counts


def _source_tallies(connection: Connection) -> Counter[tuple[Any, ...]]:
    names = ("source_id", "role", "kind", "year", "status", "attribution_status")
    current = _grouped(connection, SourceStanding, *names, only=SourceStanding.until_at.is_(None))
    return Counter({tuple(row[:-1]): row[-1] for row in current})


def _days(connection: Connection) -> Counter[tuple[Any, ...]]:
    counts: Counter[tuple[Any, ...]] = Counter()
    for at, *rest, number in _grouped(connection, StatusChange, "at", "actor_id", "question", "before", "after"):
        counts[(at.date(), *rest)] += number
    return counts


def _grouped(connection: Connection, table: type[Base], *columns: str, only: Any = None) -> Iterator[Any]:
    chosen: list[Any] = [getattr(table, name) for name in columns]
    statement = select(*chosen, func.count()).group_by(*chosen)
    yield from connection.execute(statement if only is None else statement.where(only))


_COUNTED: dict[type[Base], Callable[[Connection], Counter[tuple[Any, ...]]]] = {
    Tally: _tallies,
    ArticleFindings: _article_findings,
    SourceTally: _source_tallies,
    StatusChangeDay: _days,
}
