"""The queue: what needs work first. One indexed query for each need, whatever the number of claims."""

from collections import defaultdict
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Select, bindparam, select, text, tuple_
from sqlalchemy.engine import Connection

from factcheck.desk.access import blindness, masking
from factcheck.log.actors import Actor
from factcheck.log.clock import now
from factcheck.queries import hiding, veils
from factcheck.queries.lists import Page
from factcheck.queries.narrowing import OF_ASSIGNMENT, ClaimFilters, Key, Names, Sight, conditions
from factcheck.queries.summary import tallied
from factcheck.rules.status import Status
from factcheck.storage.needs import NEEDS
from factcheck.storage.tables.audit import DESK
from factcheck.storage.tables.claims import Claim


class Need(StrEnum):
    """Why a claim needs work, the most pressing first."""

    OVERDUE = "overdue"
    INTERESTED = "interested"
    IN_REVIEW = "in_review"
    SECOND_OPINION = "second_opinion"
    CHECKABLE = "checkable"


ANY = ClaimFilters()
# Overdue claims come the longest overdue first; the others by their last change: taken up longest ago, newest entered.
ASCENDING = frozenset({Need.OVERDUE, Need.IN_REVIEW})


def page(
    connection: Connection,
    need: Need,
    after: Key | None,
    limit: int,
    viewer: Actor | None,
    filters: ClaimFilters = ANY,
) -> Page:
    """Return claims as JSON that have this need, as `viewer` sees them: one query, one more for second opinions.

    Of the filters, those by assignment count. A page may lose items, and still leads on to the next: that a verdict is
    overdue would tell that there is one.
    """
    asked = {name: value for name, value in filters.asked_by(viewer).items() if name in OF_ASSIGNMENT}
    values: dict[str, Any] = asked | {"limit": limit + 1}
    if need is Need.OVERDUE:
        values["today"] = now().date()
    if after is not None:
        first: Any = date.fromisoformat(after[0]) if need is Need.OVERDUE else after[0]
        values |= {"after_1": first, "after_2": after[1]}
    rows = connection.execute(_statement(need, after is not None, frozenset(asked)), values).all()
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = [last.place.isoformat() if need is Need.OVERDUE else last.place, last.seq]
    found = rows[:limit]
    if need is Need.OVERDUE:
        hidden = blindness.of_claims(connection, viewer, [row.id for row in found if row.second_opinion_at is not None])
        found = [row for row in found if row.id not in hidden]
    return Page(masking.documents(connection, viewer, found), following)


def counts_by_status(connection: Connection, viewer: Actor | None) -> dict[Status, int]:
    """Return how many active claims have each status on content, as the audit keeps it and `viewer` may know it."""
    counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    counts["status"] = tallied(connection, DESK, "status")
    veil = veils.over(connection, viewer)
    if veil is not None:
        hiding.from_counts(connection, veil, counts)
    return {status: counts["status"].get(status, 0) for status in Status}


@lru_cache(maxsize=64)
def _statement(need: Need, continues: bool, asked: Names) -> Select[Any]:
    place: Any = Claim.review_by if need is Need.OVERDUE else Claim.changed_index
    statement = select(
        Claim.id, Claim.document, Claim.changed_index, Claim.second_opinion_at, place.label("place"), Claim.seq
    )
    if need is Need.IN_REVIEW:
        statement = statement.where(Claim.withdrawn_at.is_(None), Claim.status == Status.IN_REVIEW)
    elif need is Need.SECOND_OPINION:
        statement = statement.where(Claim.second_opinion_at.is_not(None))
    else:
        statement = statement.where(text(NEEDS[need][1]))
    if need is Need.OVERDUE:
        statement = statement.where(Claim.review_by < bindparam("today"))
    order = (place, Claim.seq)
    if asked:
        statement = statement.where(*conditions(asked, Sight.PLAIN))
    if continues:
        there = tuple_(bindparam("after_1", type_=place.type), bindparam("after_2"))
        statement = statement.where(tuple_(*order) > there if need in ASCENDING else tuple_(*order) < there)
    ordered = [each.asc() if need in ASCENDING else each.desc() for each in order]
    return cast(Select[Any], statement.order_by(*ordered).limit(bindparam("limit")))
