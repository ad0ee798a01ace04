"""What a list of claims is narrowed to, in which order it comes, and the statements of that: built once for each kind.

Composing a statement costs more than running it, so there is one for each combination of filters, order and sight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum, auto
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Date, Select, and_, bindparam, exists, func, literal, not_, or_, select, tuple_, union_all
from sqlalchemy.orm import aliased

from factcheck.desk.access import blindness
from factcheck.errors import Unauthenticated
from factcheck.log.actors import Actor
from factcheck.messages import message
from factcheck.rules.status import Question, Status
from factcheck.rules.text.queries import Query
from factcheck.storage.tables.assignments import Assignment
from factcheck.storage.tables.claims import Claim, ClaimSource, ClaimTag
from factcheck.storage.tables.columns import Id, Instant
from factcheck.storage.tables.logbook import Revision
from factcheck.storage.tables.sources import Source

Key = list[Any]
Names = frozenset[str]  # of the filters that are given
NOBODY = "nobody"  # in the place of a person
OF_ASSIGNMENT = ("assigned_to", "unassigned", "priority", "due")  # the second is `assigned_to` nobody
OF_MEMBERS = ("reviewed_by", *OF_ASSIGNMENT)  # what readers without a token do not see


class Sort(StrEnum):
    UPDATED_LAST = "-updated_at"
    UPDATED_FIRST = "updated_at"
    CREATED_LAST = "-created_at"
    CREATED_FIRST = "created_at"

    @property
    def descends(self) -> bool:
        return self.value.startswith("-")

    @property
    def by_update(self) -> bool:
        return self in (Sort.UPDATED_LAST, Sort.UPDATED_FIRST)


@dataclass(frozen=True)
class ClaimFilters:
    """What a list of claims is narrowed to; None = not narrowed. Several statuses are alternatives.

    `assigned_to` is a person's id, or NOBODY; `due` is the last day on which assignments are due.
    """

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
    assigned_to: str | None = None
    priority: str | None = None
    due: date | None = None
    q: Query | None = None

    def given(self) -> dict[str, Any]:
        values = {name: value for name, value in vars(self).items() if value is not None}
        if self.assigned_to == NOBODY:
            values["unassigned"] = values.pop("assigned_to")
        return values

    def asked_by(self, viewer: Actor | None) -> dict[str, Any]:
        """Return what is given. Raises Unauthenticated where somebody without a token narrows by a person."""
        values = self.given()
        if viewer is None and not values.keys().isdisjoint(OF_MEMBERS):
            raise Unauthenticated(message("This filter needs a token, because people and assignments are not public."))
        return values


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


class Blinded(Enum):
    """Whether a verdict in a list is hidden from whoever asks."""

    NEVER = auto()  # they do not decide
    MAYBE = auto()  # the rows tell
    YES = auto()


def at_most(rows: Any) -> Any:
    """Return the statement that counts rows, and stops one beyond EXACT."""
    return select(func.count()).select_from(rows.limit(EXACT + 1).subquery())


def conditions(given: Names, sight: Sight, claim: Any = Claim) -> list[Any]:
    """Return the WHERE of a list of claims, but for `q`; its values are bound by the filters' names.

    `claim` is the table, or some claims of it that were found already.
    """
    hidden_too = sight in (Sight.HIDDEN, Sight.EITHER)
    some = claim is not Claim

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
        return joined(and_(under.claim_seq == claim.seq, condition))

    def joined(there: Any) -> Any:
        return exists().where(there).correlate(claim) if some else there

    rows: dict[str, Any] = {
        "status": lambda: decided(claim.status, "status", Question.CONTENT),
        "attribution_status": lambda: decided(claim.attribution_status, "attribution_status", Question.ATTRIBUTION),
        "source": lambda: listed(ClaimSource, OF_LIST["source"]),
        "origin": lambda: claim.origin_id == as_it_is_now("origin"),
        "article": lambda: claim.article_id == bindparam("article"),
        "kind": lambda: claim.kind == bindparam("kind"),
        "tag": lambda: listed(ClaimTag, OF_LIST["tag"]),
        "reviewed_by": by_reviewer,
        # The log's time never goes back, so an instant is a place in the log, and that is what lists are ordered by.
        "updated_since": lambda: (
            claim.changed_index
            >= select(func.min(Revision.log_index))
            .where(Revision.at >= bindparam("updated_since", type_=Instant))
            .scalar_subquery()
        ),
        "external_id": lambda: claim.external_id == bindparam("external_id"),
        "assigned_to": lambda: joined(assigned("assigned_to", claim)),
        "unassigned": lambda: not_(exists().where(assigned("unassigned", claim)).correlate(claim)),
        "priority": lambda: joined(assigned("priority", claim)),
        "due": lambda: joined(assigned("due", claim)),
    }
    where = [claim.withdrawn_at.is_(None), *(make() for name, make in rows.items() if name in given)]
    if sight is Sight.SEEN:
        where.append(not_(blindness.hidden_when()))
    return where


def assigned(name: str, claim: Any = Claim) -> Any:
    """Return the condition that a claim's assignment passes the filter of this name; `unassigned`: that it has one."""
    conditions: dict[str, Any] = {
        "assigned_to": Assignment.person_id == bindparam("assigned_to", type_=Id),
        "unassigned": Assignment.person_id.is_not(None),
        "priority": and_(Assignment.person_id.is_not(None), Assignment.priority == bindparam("priority")),
        "due": Assignment.due_on <= bindparam("due", type_=Date),  # one that was released has no day
    }
    return and_(Assignment.claim_id == claim.id, conditions[name])


@lru_cache(maxsize=1)
def hidden_claims() -> Any:
    """Return the claims of which something is hidden from `viewer`: few, and found before anything else is looked at.

    The limit keeps planners from looking along another index, which for a common kind or tag would be all claims.
    """
    where: list[Any] = [Claim.second_opinion_at.is_not(None), blindness.hidden_when()]
    return aliased(Claim, select(*Claim.__table__.columns).where(*where).limit(2**40).subquery("hidden"))


def order_of(given: Names, sort: Sort, claim: Any = Claim) -> list[Any]:
    """Return what a list is ordered by, without the direction."""
    changed: Any = claim.changed_index
    seq: Any = claim.seq
    # The lists of a source and of a tag have their own index in the same order.
    if claim is Claim and "source" in given:
        changed, seq = ClaimSource.changed_index, ClaimSource.claim_seq
    elif claim is Claim and "tag" in given:
        changed, seq = ClaimTag.changed_index, ClaimTag.claim_seq
    return [changed, seq] if sort.by_update else [seq]


def ordered(columns: Sequence[Any], sort: Sort) -> list[Any]:
    return [column.desc() if sort.descends else column.asc() for column in columns]


def following(order: list[Any], sort: Sort) -> Any:
    """Return the condition that a row stands behind `after_1` (if the order has two columns) and `after_2`."""
    here: Any = tuple_(*order) if sort.by_update else order[0]
    there: Any = tuple_(bindparam("after_1"), bindparam("after_2")) if sort.by_update else bindparam("after_2")
    return here < there if sort.descends else here > there


@lru_cache(maxsize=512)
def listed(given: Names, sort: Sort, continues: bool, blinded: Blinded) -> Select[Any]:
    """Return the statement of a page of a list, without `q`: of ROWs, or SHORT ones where nothing is hidden."""
    if blinded is not Blinded.YES:
        columns = SHORT if blinded is Blinded.NEVER else ROW
        return page(given, sort, continues, Sight.PLAIN, [column.key for column in columns])
    halves = (page(given, sort, continues, sight).subquery() for sight in (Sight.SEEN, Sight.HIDDEN))
    both = union_all(*(select(half) for half in halves)).subquery()
    order = [both.c.changed_index, both.c.seq] if sort.by_update else [both.c.seq]
    return select(both).order_by(*ordered(order, sort)).limit(bindparam("limit"))


def page(given: Names, sort: Sort, continues: bool, sight: Sight, columns: Sequence[str] | None = None) -> Select[Any]:
    """Return the statement of a page as one `sight` has it, with all of a ROW or some other columns of claims."""
    claim: Any = hidden_claims() if sight.few else Claim
    order = order_of(given, sort, claim)
    row = (getattr(claim, name) for name in columns or [column.key for column in ROW])
    statement: Any = select(*row).where(*conditions(given, sight, claim))
    if continues:
        statement = statement.where(following(order, sort))
    return cast(Select[Any], statement.order_by(*ordered(order, sort)).limit(bindparam("limit")))


@lru_cache(maxsize=512)
def counting(given: Names, blind: bool) -> Select[Any]:
    """Return the statement that counts a list, without `q`."""

    def of(sight: Sight) -> Any:
        claim: Any = hidden_claims() if sight.few else Claim
        return at_most(select(claim.seq).where(*conditions(given, sight, claim)))

    if not blind:
        return cast(Select[Any], of(Sight.PLAIN))
    # Counting along the index, and putting right the few: to ask of each whether it is hidden reads every row.
    plain, lost, hidden = (of(each).scalar_subquery() for each in (Sight.PLAIN, Sight.LOST, Sight.HIDDEN))
    return select(plain - lost + hidden)


@lru_cache(maxsize=512)
def of_seqs(names: Names, blind: bool) -> Select[Any]:
    """Return the statement of claims with these `seqs` that pass the filters: of ROWs, in no order."""
    sight = Sight.EITHER if blind else Sight.PLAIN
    # By their numbers before anything else is looked at: planners would look along the index of a filter.
    few = aliased(
        Claim, select(Claim).where(Claim.seq.in_(bindparam("seqs", expanding=True))).limit(2**40).subquery("few")
    )
    row = (getattr(few, column.key) for column in ROW)
    return cast(Select[Any], select(*row).where(*conditions(names, sight, few)))


def as_it_is_now(name: str) -> Any:
    """Return the source as which the one bound under this name is shown."""
    return select(Source.canonical_id).where(Source.id == bindparam(name)).scalar_subquery()


# The lists that have a table of their own.
OF_LIST: dict[str, Any] = {
    "source": ClaimSource.source_id == as_it_is_now("source"),
    "tag": ClaimTag.tag == bindparam("tag"),
}
EXACT = 10_000  # counting on costs time for every row, and nobody reads so many
ROW = (Claim.document, Claim.changed_index, Claim.seq, Claim.id, Claim.second_opinion_at)
# SQLite reads what stands behind a claim's JSON, as the last of a ROW does, at half the price of the JSON.
SHORT = (Claim.document, Claim.changed_index, Claim.seq)
