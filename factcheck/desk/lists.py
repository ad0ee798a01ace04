"""Lists: pages that cost the same at any depth, because each begins where the one before it ended.

A page is given by the key of the last item before it. Keys are short lists of numbers and never leave the
desk unsigned (`web/cursors.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import Enum, StrEnum, auto
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Double, Select, and_, bindparam, exists, func, literal, not_, or_, select, tuple_, union_all
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from factcheck.desk import articles, blindness, sources
from factcheck.desk.actors import Actor
from factcheck.desk.documents import Json
from factcheck.rules.status import Question, Status
from factcheck.storage.columns import Instant
from factcheck.storage.fulltext import RANKED, Query, holds, matches, newest_scored
from factcheck.storage.logbook import Revision
from factcheck.storage.models import Article, Claim, ClaimSource, ClaimTag, Source
from factcheck.storage.reads import Read

Key = list[Any]


class Sort(StrEnum):
    UPDATED_LAST = "-updated_at"
    UPDATED_FIRST = "updated_at"
    CREATED_LAST = "-created_at"
    CREATED_FIRST = "created_at"

    @property
    def descends(self) -> bool:
        return self.value.startswith("-")


@dataclass(frozen=True)
class ClaimFilters:
    """What a list of claims is narrowed to; None = not narrowed. Several statuses are alternatives."""

    status: tuple[str, ...] | None = None
    attribution_status: tuple[str, ...] | None = None
    source: str | None = None
    origin: str | None = None
    article: str | None = None
    kind: str | None = None
    tag: str | None = None
    reviewed_by: str | None = None
    updated_since: datetime | None = None
    external_id: str | None = None
    q: Query | None = None

    def given(self) -> dict[str, Any]:
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}


@dataclass(frozen=True)
class Page:
    """Items in their order and the key of the next page, None at the end.

    `cut`: a search had more hits than are scored; those beyond the newest RANKED follow by age. `key_of`, of claims,
    gives the key of a page that begins behind the item at a place of this one.
    """

    items: list[Any]
    next: Key | None
    cut: bool = False
    key_of: Callable[[int], Key] | None = None


class Sight(Enum):
    """Which claims a statement is about, where verdicts are hidden from whoever asks (see `blindness`).

    A list by a status is put together of those that this person sees as they are, found along the same index as ever,
    and the few whose verdict is hidden, which count as in review.
    """

    PLAIN = auto()  # all of them, as they are
    SEEN = auto()  # those that are not hidden
    LOST = auto()  # those that are hidden, found by what they are
    HIDDEN = auto()  # those that are hidden, found by what is shown of them
    EITHER = auto()  # all of them, found by what is shown of them

    @property
    def few(self) -> bool:
        return self in (Sight.LOST, Sight.HIDDEN)


@dataclass(frozen=True)
class Count:
    """How many items a list has: exact up to EXACT, and at least EXACT when there are `more`."""

    total: int
    more: bool = False


EXACT = 10_000  # counting on costs time for every row, and nobody reads so many


def counted(found: int) -> Count:
    return Count(min(found, EXACT), found > EXACT)


def _at_most(rows: Any) -> Any:
    """Return the statement that counts rows, and stops one beyond EXACT."""
    return select(func.count()).select_from(rows.limit(EXACT + 1).subquery())


def claims(
    connection: Connection,
    filters: ClaimFilters,
    sort: Sort | None,
    after: Key | None,
    limit: int,
    *,
    viewer: Actor | None = None,
) -> Page:
    """Return a page of claims as JSON, as `viewer` sees them: one query, one more where second opinions are open.

    Without a `sort` the last updated come first, and with `q` the best: the newest hits are scored, older ones
    follow newest first.
    """
    given = filters.given()
    values: dict[str, Any] = dict(given)
    if filters.q is not None:
        values["q"] = filters.q.spelt_for(connection.dialect.name)
    if after is not None and (sort or filters.q is None):
        values |= {"after_1": after[0], "after_2": after[-1]}
    page = _rows(connection, given, values, sort, after, limit, blind=False)
    if _asks_blindly(given, viewer) and blindness.any_of(connection, viewer):
        values["viewer"] = viewer.id if viewer else None
        page = _rows(connection, given, values, sort, after, limit, blind=True)
    return replace(page, items=shown(connection, viewer, page.items))


def _rows(
    connection: Connection, given: Json, values: Json, sort: Sort | None, after: Key | None, limit: int, *, blind: bool
) -> Page:
    """Return a page of rows: `id`, `document`, `changed_index`, `second_opinion_at`."""
    if "q" in given and sort is None:
        return _best_first(connection, given, values, after, limit, blind)
    read = _claims(connection.dialect.name, frozenset(given), sort or Sort.UPDATED_LAST, after is not None, blind)
    rows = read.all(connection, {**values, "limit": limit + 1})

    def key_of(at: int) -> Key:
        return [rows[at].changed_index, rows[at].seq]

    return Page(rows[:limit], key_of(limit - 1) if len(rows) > limit else None, key_of=key_of)


def count_claims(connection: Connection, filters: ClaimFilters, *, viewer: Actor | None = None) -> Count:
    """Return how many claims a list has for `viewer`."""
    given, dialect = filters.given(), connection.dialect.name
    values: dict[str, Any] = dict(given)
    if filters.q is not None:
        values["q"] = filters.q.spelt_for(dialect)
    blind = _asks_blindly(given, viewer)
    if blind and viewer is not None:
        values["viewer"] = viewer.id
    return counted(connection.execute(_count(dialect, frozenset(given), blind), values).scalar_one())


def _asks_blindly(given: Json, viewer: Actor | None) -> bool:
    return blindness.concerns(viewer) and not given.keys().isdisjoint(("status", "attribution_status", "reviewed_by"))


def shown(connection: Connection, viewer: Actor | None, rows: Sequence[Any]) -> list[bytes]:
    """Return the JSON of rows (`id`, `document`, `changed_index`, `second_opinion_at`) as `viewer` sees it."""
    open_on = [str(row.id) for row in rows if row.second_opinion_at is not None]
    if not open_on:
        return [row.document for row in rows]
    blinds = blindness.of_claims(connection, viewer, open_on)
    return [
        blindness.shown(row.document, "", row.changed_index, blinds[str(row.id)])[0]
        if str(row.id) in blinds
        else row.document
        for row in rows
    ]


def list_sources(connection: Connection, *, q: Query | None, kind: str | None, after: Key | None, limit: int) -> Page:
    """Return a page of sources as JSON, the newest first; merged ones are left out."""
    statement = select(*Source.__table__.columns).where(*_sources_where(connection, q, kind))
    return _newest_first(connection, statement, Source.seq, _spelt(connection, q), sources.as_json, after, limit)


def count_sources(connection: Connection, *, q: Query | None, kind: str | None) -> Count:
    few = select(Source.seq).where(*_sources_where(connection, q, kind))
    return counted(connection.execute(_at_most(few), _spelt(connection, q)).scalar_one())


def list_articles(
    connection: Connection, *, q: Query | None, outlet: str | None, after: Key | None, limit: int
) -> Page:
    """Return a page of articles as JSON without their texts, the newest first."""
    statement = articles.LISTED.where(*_articles_where(connection, q, outlet))
    return _newest_first(connection, statement, Article.seq, _spelt(connection, q), articles.as_json, after, limit)


def count_articles(connection: Connection, *, q: Query | None, outlet: str | None) -> Count:
    few = select(Article.seq).where(*_articles_where(connection, q, outlet))
    return counted(connection.execute(_at_most(few), _spelt(connection, q)).scalar_one())


def _spelt(connection: Connection, q: Query | None) -> dict[str, Any]:
    return {} if q is None else {"q": q.spelt_for(connection.dialect.name)}


def _sources_where(connection: Connection, q: Query | None, kind: str | None) -> list[Any]:
    where: list[Any] = [Source.merged_into_id.is_(None)]
    if kind is not None:
        where.append(Source.kind == kind)
    if q is not None:
        where.append(matches(connection.dialect.name, "sources"))
    return where


def _articles_where(connection: Connection, q: Query | None, outlet: str | None) -> list[Any]:
    where: list[Any] = []
    if outlet is not None:
        now = select(Source.canonical_id).where(Source.id == outlet).scalar_subquery()
        where.append(Article.outlet_id.in_(select(Source.id).where(Source.canonical_id == now)))
    if q is not None:
        where.append(matches(connection.dialect.name, "articles"))
    return where


def _newest_first(
    connection: Connection,
    statement: Select[Any],
    seq: Any,
    values: Json,
    as_json: Any,
    after: Key | None,
    limit: int,
) -> Page:
    if after is not None:
        statement = statement.where(seq < after[0])
    rows = connection.execute(statement.order_by(seq.desc()).limit(limit + 1), values).all()
    return Page([as_json(row) for row in rows[:limit]], [rows[limit - 1].seq] if len(rows) > limit else None)


def _conditions(dialect: str, given: frozenset[str], sight: Sight = Sight.PLAIN) -> list[Any]:
    """Return the WHERE of a list of claims; its values are bound by the filters' names."""
    hidden_too = sight in (Sight.HIDDEN, Sight.EITHER)
    claim: Any = _hidden_claims(dialect, "q" in given) if sight.few else Claim

    def as_it_is_now(name: str) -> Any:
        return select(Source.canonical_id).where(Source.id == bindparam(name)).scalar_subquery()

    def decided(column: Any, name: str, question: Question) -> Any:
        asked: Any = bindparam(name, expanding=True)
        if not hidden_too:
            return column.in_(asked)
        hidden = blindness.hidden_when(question, claim)
        return or_(and_(column.in_(asked), not_(hidden)), and_(literal(str(Status.IN_REVIEW)).in_(asked), hidden))

    def by_reviewer() -> Any:
        condition = claim.reviewed_by_id == bindparam("reviewed_by")
        return and_(condition, not_(blindness.hidden_when(Question.CONTENT, claim))) if hidden_too else condition

    def listed(under: type[ClaimSource] | type[ClaimTag], condition: Any) -> Any:
        there = and_(under.claim_seq == claim.seq, condition)
        return exists().where(there).correlate(claim) if sight.few else there

    rows: dict[str, Any] = {
        "status": lambda: decided(claim.status, "status", Question.CONTENT),
        "attribution_status": lambda: decided(claim.attribution_status, "attribution_status", Question.ATTRIBUTION),
        "source": lambda: listed(ClaimSource, ClaimSource.source_id == as_it_is_now("source")),
        "origin": lambda: claim.origin_id == as_it_is_now("origin"),
        "article": lambda: claim.article_id == bindparam("article"),
        "kind": lambda: claim.kind == bindparam("kind"),
        "tag": lambda: listed(ClaimTag, ClaimTag.tag == bindparam("tag")),
        "reviewed_by": by_reviewer,
        # The log's time never goes back, so an instant is a place in the log, and that is what lists are ordered by.
        "updated_since": lambda: (
            claim.changed_index
            >= select(func.min(Revision.log_index))
            .where(Revision.at >= bindparam("updated_since", type_=Instant))
            .scalar_subquery()
        ),
        "external_id": lambda: claim.external_id == bindparam("external_id"),
    }
    where = [claim.withdrawn_at.is_(None), *(make() for name, make in rows.items() if name in given)]
    if "q" in given and not sight.few:
        where.append(matches(dialect, "claims"))
    if sight is Sight.SEEN:
        where.append(not_(blindness.hidden_when()))
    return where


@lru_cache(maxsize=4)
def _hidden_claims(dialect: str, searched: bool) -> Any:
    """Return the claims of which something is hidden from `viewer`: few, and found before anything else is looked at.

    The limit keeps planners from looking along another index, which for a common kind or tag would be all claims.
    """
    where: list[Any] = [Claim.second_opinion_at.is_not(None), blindness.hidden_when()]
    if searched:
        where.append(holds(dialect, "claims"))
    return aliased(Claim, select(*Claim.__table__.columns).where(*where).limit(2**40).subquery("hidden"))


@lru_cache(maxsize=512)
def _claims(dialect: str, given: frozenset[str], sort: Sort, continues: bool, blind: bool) -> Read:
    """Build the statement of a page once per combination of filters: composing one costs more than running it."""
    if not blind:
        return Read(_page(dialect, given, sort, continues, Sight.PLAIN))
    halves = (_page(dialect, given, sort, continues, sight).subquery() for sight in (Sight.SEEN, Sight.HIDDEN))
    both = union_all(*(select(half) for half in halves)).subquery()
    order = [both.c.changed_index, both.c.seq] if sort in (Sort.UPDATED_LAST, Sort.UPDATED_FIRST) else [both.c.seq]
    ordered = [column.desc() if sort.descends else column.asc() for column in order]
    return Read(select(both).order_by(*ordered).limit(bindparam("limit")))


def _page(dialect: str, given: frozenset[str], sort: Sort, continues: bool, sight: Sight) -> Select[Any]:
    claim: Any = _hidden_claims(dialect, "q" in given) if sight.few else Claim
    changed: Any = claim.changed_index
    seq: Any = claim.seq
    # The lists of a source and of a tag have their own index in the same order.
    if "source" in given and not sight.few:
        changed, seq = ClaimSource.changed_index, ClaimSource.claim_seq
    elif "tag" in given and not sight.few:
        changed, seq = ClaimTag.changed_index, ClaimTag.claim_seq
    by_update = sort in (Sort.UPDATED_LAST, Sort.UPDATED_FIRST)
    order = [changed, seq] if by_update else [seq]
    row = (getattr(claim, column.key) for column in _ROW)
    statement: Any = select(*row).where(*_conditions(dialect, given, sight))
    if continues:
        here: Any = tuple_(*order) if by_update else order[0]
        there: Any = tuple_(bindparam("after_1"), bindparam("after_2")) if by_update else bindparam("after_2")
        statement = statement.where(here < there if sort.descends else here > there)
    ordered = [column.desc() if sort.descends else column.asc() for column in order]
    return cast(Select[Any], statement.order_by(*ordered).limit(bindparam("limit")))


@lru_cache(maxsize=512)
def _count(dialect: str, given: frozenset[str], blind: bool) -> Select[Any]:
    def of(sight: Sight) -> Any:
        seq = _hidden_claims(dialect, "q" in given).seq if sight.few else Claim.seq
        return _at_most(select(seq).where(*_conditions(dialect, given, sight)))

    if not blind:
        return cast(Select[Any], of(Sight.PLAIN))
    # Counting along the index, and putting right the few: to ask of each whether it is hidden reads every row.
    plain, lost, hidden = (of(each).scalar_subquery() for each in (Sight.PLAIN, Sight.LOST, Sight.HIDDEN))
    return select(plain - lost + hidden)


_ROW = (Claim.document, Claim.changed_index, Claim.seq, Claim.id, Claim.second_opinion_at)


def _best_first(connection: Connection, given: Json, values: Json, after: Key | None, limit: int, blind: bool) -> Page:
    """Page through scored hits, then through the older ones; the page's items are rows.

    The key is [top, bottom, score, seq] among the scored ones, where `top` is the newest claim when the search began,
    so that claims entered since do not push others over the edge, and `bottom` the oldest scored hit if there may be
    older ones; and [bottom] among those.
    """
    dialect = connection.dialect.name
    names = frozenset(given)
    rows: list[Any] = []

    def scored_key(at: int) -> Key:
        return [top, bottom, rows[at].score, rows[at].seq]

    if after is None or len(after) == 4:
        if after:
            top, bottom = after[:2]
        else:
            top = connection.execute(select(func.max(Claim.seq))).scalar() or 0
            bottom = connection.execute(_bottom(dialect), {"q": values["q"], "top": top}).scalar()
        values = values | {"top": top, "limit": limit + 1}
        if after:
            values |= {"after_score": after[2], "after_seq": after[3]}
        rows = list(connection.execute(_scored(dialect, names, after is not None, blind), values))
        if len(rows) > limit:
            return Page(rows[:limit], scored_key(limit - 1), bottom is not None, scored_key)
        if bottom is None:
            return Page(rows, None, key_of=scored_key)
    else:
        bottom = after[0]
    wanted = limit - len(rows)
    older = _claims(dialect, names, Sort.CREATED_LAST, True, blind).all(
        connection, {**values, "after_2": bottom, "limit": wanted + 1}
    )
    following = ([older[wanted - 1].seq] if wanted else [bottom]) if len(older) > wanted else None
    keyed = len(rows)
    return Page(
        [*rows, *older[:wanted]], following, True,
        lambda at: scored_key(at) if at < keyed else [older[at - keyed].seq],
    )  # fmt: skip


@lru_cache(maxsize=256)
def _scored(dialect: str, given: frozenset[str], continues: bool, blind: bool) -> Select[Any]:
    hits = newest_scored(dialect, "claims")
    statement = (
        select(*_ROW, hits.c.score)
        .join(hits, hits.c.seq == Claim.seq)
        .where(*_conditions(dialect, given - {"q"}, Sight.EITHER if blind else Sight.PLAIN))
    )
    if continues:
        score = bindparam("after_score", type_=Double)
        statement = statement.where(
            (hits.c.score > score) | ((hits.c.score == score) & (Claim.seq < bindparam("after_seq")))
        )
    return statement.order_by(hits.c.score, Claim.seq.desc()).limit(bindparam("limit"))


@lru_cache(maxsize=2)
def _bottom(dialect: str) -> Select[Any]:
    """Return the oldest scored hit, if there may be older ones: None when all hits were scored."""
    hits = newest_scored(dialect, "claims")
    return select(func.min(hits.c.seq)).select_from(hits).having(func.count() >= literal(RANKED))
