"""The desk's state in numbers: what the audit counts as claims change, and the changes of verdicts in a span."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Connection

from factcheck.desk.access import masking
from factcheck.desk.access.masking import View
from factcheck.log.actors import Actor
from factcheck.log.clock import stamp
from factcheck.queries import hiding, veils
from factcheck.rules.finding_kinds import TABLE, FindingKind
from factcheck.rules.status import Status
from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.audit import DESK, ArticleFindings, StatusChange, StatusChangeDay, Tally
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import Instant
from factcheck.storage.tables.people import Person

Json = dict[str, Any]
ARTICLES_TOLD = 50
CHANGES_TOLD = 20


def by_kind(connection: Connection, at: datetime, article: str = DESK) -> dict[str, int]:
    """Return how many findings of each kind hold at an instant, on the whole desk or in an article."""
    return _with_due(connection, tallied(connection, article, "finding"), at, article)


def _with_due(connection: Connection, counts: dict[str, int], at: datetime, article: str) -> dict[str, int]:
    """Return the counts of all kinds, with those that have begun to hold by now."""
    due = connection.execute(_DUE, {"article": article, "day": at.astimezone(UTC).date().isoformat()}).scalar()
    return {kind.value: counts.get(kind, 0) for kind in FindingKind} | {FindingKind.OVERDUE.value: int(due or 0)}


def tallied(connection: Connection, article: str, measure: str) -> dict[str, int]:
    """Return the counts of a measure by value (`status`, `attribution_status`, `coverage`, …): one indexed query."""
    rows = connection.execute(_TALLIES, {"article": article, "measure": measure})
    return {value: int(n) for value, n in rows if n}


def summary(
    connection: Connection,
    at: datetime,
    since: datetime | None,
    until: datetime | None,
    viewer: Actor | None = None,
) -> Json:
    """Return the desk's state in numbers, and the changes of verdicts from one instant to before another.

    By default those of the last seven days (UTC). What is counted is kept as claims change: reading costs the same on
    a large desk.
    """
    today = datetime.combine(at.astimezone(UTC).date(), time(), UTC)
    since, until = since or today - timedelta(days=6), until or today + timedelta(days=1)
    counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in connection.execute(_ALL_TALLIES, {"article": DESK}):
        counts[row.measure][row.value] = int(row.n)
    kinds = _with_due(connection, counts["finding"], at, DESK)
    articles = _by_article(connection)
    veil = veils.over(connection, viewer)
    if veil is not None:
        hiding.from_counts(connection, veil, counts)
        hiding.from_findings(connection, veil, at, kinds, articles)
    whole = {
        "claims": sum(counts["status"].values()),
        "status": _all_of(Status, counts["status"]),
        "attribution_status": _all_of(Status, counts["attribution_status"]),
        "findings": {
            "total": sum(kinds.values()),
            "by_kind": [
                {"kind": kind, "question": row.question, "meaning": row.meaning, "count": kinds[kind]}
                for kind, row in TABLE.items()
            ],
            "by_article": articles,
        },
        "coverage": _coverage(counts["coverage"], counts["independent_origins"]),
        "verdicts": _verdicts(connection, since, until, veil),
    }
    return masking.masked(connection, viewer, View.SUMMARY, [whole])[0]


def _all_of(values: Iterable[str], counts: dict[str, int]) -> Json:
    return {str(value): counts.get(value, 0) for value in values}


def _by_article(connection: Connection) -> list[Json]:
    return [
        {
            "article": {"id": row.id, "title": row.title},
            "count": int(row.n),
            "links": {"findings": f"/v1/audit/findings?article={row.id}"},
        }
        for row in connection.execute(_BY_ARTICLE)
    ]


def _coverage(counts: dict[str, int], origins: dict[str, int]) -> Json:
    checkable = {name: counts.get(name, 0) for name in ("named", "unnamed", "own_voice")}
    total = sum(checkable.values())
    return {
        "checkable": total,
        "named_origin": checkable["named"],
        "unnamed_origin": checkable["unnamed"],
        "own_voice": checkable["own_voice"],
        "attributed_share": round((total - checkable["own_voice"]) / total, 4) if total else None,
        "not_checkable": sum(counts.values()) - total,
        "independent_origins": {name: origins.get(name, 0) for name in ("0", "1", "2", "3+")},
    }


def _verdicts(connection: Connection, since: datetime, until: datetime, veil: veils.Veil | None) -> Json:
    """Count the changes of statuses in a span: whole days are kept counted, only the rest of two days is looked at."""
    counts: Counter[tuple[str, str, str, str, str]] = Counter()
    first = since.astimezone(UTC)
    whole, end = first.date(), until.astimezone(UTC)
    if first.time() != time() and whole < end.date():  # else there is no whole day, and perhaps no later one at all
        whole += timedelta(days=1)
    spans = [(since, until)]
    if whole < end.date():
        rows = connection.execute(_DAYS, {"first": whole, "end": end.date()})
        counts.update({_sort_of(row): int(row.n) for row in rows})
        spans = [(since, _midnight(whole)), (_midnight(end.date()), until)]
    for begin, stop in spans:
        if begin < stop:
            rows = connection.execute(_SPAN, {"since": begin, "until": stop})
            for row in rows:
                counts[_sort_of(row)] += int(row.n)
    latest = latest_changes(connection, since, until, veil=veil)
    if veil is not None:
        hiding.from_changes(connection, veil, since, until, counts)
    return {
        "from": stamp(since),
        "to": stamp(until),
        "changes": sum(counts.values()),
        "by": [
            {"person": {"id": actor, "name": name}, "question": question, "before": before, "after": after, "count": n}
            for (actor, name, question, before, after), n in sorted(
                counts.items(), key=lambda each: (-each[1], each[0])
            )
            if n
        ],
        "latest": latest,
    }  # fmt: skip


def _sort_of(row: Any) -> tuple[str, str, str, str, str]:
    return row.actor_id, row.name, row.question, row.before, row.after


def latest_changes(
    connection: Connection,
    since: datetime,
    until: datetime,
    limit: int = CHANGES_TOLD,
    veil: veils.Veil | None = None,
) -> list[Json]:
    """Return the last changes of statuses in a span, the newest first, each with its claim and its place in the log."""
    rows = connection.execute(_LATEST, {"since": since, "until": until, "limit": limit})
    return [
        {
            "log_index": row.log_index,
            "claim": {"id": row.id, "text": row.text},
            "question": row.question,
            "before": row.before,
            "after": row.after,
            "by": {"id": row.actor_id, "name": row.name},
            "at": stamp(row.at),
        }
        for row in rows
        if veil is None or not veil.tells(row.id, row.question, row.log_index)
    ]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


_TALLIES = select(Tally.value, Tally.n).where(
    Tally.article_id == bindparam("article"), Tally.measure == bindparam("measure")
)
# What begins on a day is left out: there may be as many values as days.
_ALL_TALLIES = select(Tally.measure, Tally.value, Tally.n).where(
    Tally.article_id == bindparam("article"),
    Tally.measure.in_(("attribution_status", "coverage", "finding", "independent_origins", "status")),
)
_DUE = select(func.sum(Tally.n)).where(
    Tally.article_id == bindparam("article"), Tally.measure == "overdue", Tally.value <= bindparam("day")
)
_BY_ARTICLE = (
    select(Article.id, Article.title, ArticleFindings.n)
    .join(Article, Article.id == ArticleFindings.article_id)
    .where(ArticleFindings.n > 0)
    .order_by(ArticleFindings.n.desc(), ArticleFindings.article_id.desc())
    .limit(ARTICLES_TOLD)
)
_DAYS = (
    select(
        StatusChangeDay.actor_id, Person.name, StatusChangeDay.question, StatusChangeDay.before, StatusChangeDay.after,
        func.sum(StatusChangeDay.n).label("n"),
    )
    .join(Person, Person.id == StatusChangeDay.actor_id)
    .where(StatusChangeDay.day >= bindparam("first"), StatusChangeDay.day < bindparam("end"))
    .group_by(
        StatusChangeDay.actor_id, Person.name, StatusChangeDay.question, StatusChangeDay.before, StatusChangeDay.after
    )
)  # fmt: skip
_in_span = (StatusChange.at >= bindparam("since", type_=Instant)) & (
    StatusChange.at < bindparam("until", type_=Instant)
)
_SPAN = (
    select(
        StatusChange.actor_id, Person.name, StatusChange.question, StatusChange.before, StatusChange.after,
        func.count().label("n"),
    )
    .join(Person, Person.id == StatusChange.actor_id)
    .where(_in_span)
    .group_by(StatusChange.actor_id, Person.name, StatusChange.question, StatusChange.before, StatusChange.after)
)  # fmt: skip
_LATEST = (
    select(
        StatusChange.log_index, StatusChange.question, StatusChange.before, StatusChange.after, StatusChange.actor_id,
        StatusChange.at, Claim.id, Claim.text, Person.name,
    )
    .join(Claim, Claim.seq == StatusChange.claim_seq)
    .join(Person, Person.id == StatusChange.actor_id)
    .where(_in_span)
    .order_by(StatusChange.at.desc(), StatusChange.log_index.desc(), StatusChange.question.desc())
    .limit(bindparam("limit"))
)  # fmt: skip
