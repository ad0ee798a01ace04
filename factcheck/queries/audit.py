"""Lists of the audit's findings. Nothing is worked out here, but what a caller may not see."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Boolean, Select, and_, bindparam, func, not_, or_, select, tuple_
from sqlalchemy.engine import Connection

from factcheck import messages
from factcheck.log.actors import Actor
from factcheck.log.clock import stamp
from factcheck.queries import veils
from factcheck.queries.lists import EXACT, Count, Key, Page, counted
from factcheck.queries.summary import by_kind
from factcheck.rules.finding_kinds import TABLE, FindingKind
from factcheck.rules.status import Question, Status
from factcheck.storage.tables.audit import DESK, Finding, FindingSource
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import Instant
from factcheck.storage.tables.sources import Source

Json = dict[str, Any]


@dataclass(frozen=True)
class FindingFilters:
    """What a list of findings is narrowed to; None = not narrowed. Several kinds or statuses are alternatives."""

    kind: tuple[str, ...] | None = None
    article: str | None = None
    source: str | None = None
    status: tuple[str, ...] | None = None
    claim: str | None = None

    def given(self) -> Json:
        return {name: value for name, value in vars(self).items() if value is not None}


def findings(
    connection: Connection,
    filters: FindingFilters,
    at: datetime,
    after: Key | None,
    limit: int,
    viewer: Actor | None = None,
) -> Page:
    """Return a page of the findings that hold at an instant, those that began last first: one query.

    What would tell of a verdict that `viewer` is to give once more without seeing it is left out.
    """
    given = filters.given() | _veiled(veils.over(connection, viewer), filters)
    values = given | {"limit": limit + 1}
    values |= {"since": datetime.fromisoformat(after[0]), "seq": after[1], "after": after[2]} if after else {"at": at}
    rows = connection.execute(_page(frozenset(given), after is not None), values).all()
    last = rows[limit - 1] if len(rows) > limit else None
    key = [last.since.isoformat(), last.claim_seq, last.kind] if last else None
    return Page([_finding(row) for row in rows[:limit]], key)


def _veiled(veil: veils.Veil | None, filters: FindingFilters) -> Json:
    if veil is None:
        return {}
    blind = {"touched": sorted(veil.touched), "telling": veils.TELLING}
    if filters.status is not None:
        blind |= {"blind": sorted(veil.hidden(Question.CONTENT)), "shown": Status.IN_REVIEW in filters.status}
    return blind


def count_findings(connection: Connection, filters: FindingFilters, at: datetime, viewer: Actor | None = None) -> Count:
    """Return how many findings a list has. By kind and article it is kept; with other filters it is counted."""
    given = filters.given() | _veiled(veils.over(connection, viewer), filters)
    if given.keys() <= {"kind", "article"}:
        kinds = set(given.get("kind", FindingKind))
        return Count(sum(n for kind, n in by_kind(connection, at, given.get("article", DESK)).items() if kind in kinds))
    rows = _page(frozenset(given), False, paged=False).limit(EXACT + 1).subquery()
    return counted(connection.execute(select(func.count()).select_from(rows), given | {"at": at}).scalar_one())


def _finding(row: Any) -> Json:
    told = TABLE[FindingKind(row.kind)]
    return {
        "kind": row.kind,
        "claim": {"id": row.id, "text": row.text},
        "question": told.question,
        "explanation": messages.loaded(row.explanation),
        "settles": told.settles,
        "since": stamp(row.since),
    }


@lru_cache(maxsize=128)
def _page(given: frozenset[str], continues: bool, *, paged: bool = True) -> Select[Any]:
    """Build the statement of a page once per combination of filters."""
    listed: Any = FindingSource if "source" in given else Finding
    order = (listed.since, listed.claim_seq, listed.kind)
    rows: dict[str, Any] = {
        "kind": lambda: Finding.kind.in_(bindparam("kind", expanding=True)),
        "article": lambda: Finding.article_id == bindparam("article"),
        "status": lambda: _status(given),
        "touched": lambda: not_(
            Finding.claim_seq.in_(bindparam("touched", expanding=True))
            & Finding.kind.in_(bindparam("telling", expanding=True))
        ),
        "source": lambda: FindingSource.source_id == _as_it_is_now(),
        "claim": lambda: Claim.id == bindparam("claim"),
    }
    statement: Any = (
        select(Finding.kind, Finding.since, Finding.explanation, Finding.claim_seq, Claim.id, Claim.text)
        .join(Claim, Claim.seq == Finding.claim_seq)
        .where(*(make() for name, make in rows.items() if name in given))
    )
    if "source" in given:
        same = (FindingSource.claim_seq == Finding.claim_seq) & (FindingSource.kind == Finding.kind)
        statement = statement.join(FindingSource, same)
    if continues:
        there: Any = tuple_(bindparam("since", type_=Instant), bindparam("seq"), bindparam("after"))
        statement = statement.where(tuple_(*order) < there)
    else:
        statement = statement.where(listed.since <= bindparam("at", type_=Instant))
    if not paged:
        return statement  # type: ignore[no-any-return]
    return statement.order_by(*(column.desc() for column in order)).limit(bindparam("limit"))  # type: ignore[no-any-return]


def _status(given: frozenset[str]) -> Any:
    chosen = Finding.status.in_(bindparam("status", expanding=True))
    if "blind" not in given:
        return chosen
    blind = Finding.claim_seq.in_(bindparam("blind", expanding=True))
    return or_(and_(chosen, not_(blind)), and_(bindparam("shown", type_=Boolean), blind))


def _as_it_is_now() -> Any:
    return select(Source.canonical_id).where(Source.id == bindparam("source")).scalar_subquery()
