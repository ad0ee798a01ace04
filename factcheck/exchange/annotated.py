"""An article's claims as an annotation collection and its pages.

Claims stand in the order in which they changed, the first one first: what changes while somebody pages through them
goes to the end, so that none is missed. A page is found by the key of the claim before it, and its predecessor by the
same index backwards.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from factcheck.desk import claims
from factcheck.desk.access import unknown
from factcheck.errors import NotFound
from factcheck.exchange import exports
from factcheck.formats import annotations
from factcheck.formats.here import Here
from factcheck.log.actors import Actor
from factcheck.queries import lists
from factcheck.queries.lists import ClaimFilters, Key, Sort
from factcheck.storage.tables.articles import Article

Json = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """Annotations, how many stand before them, its key and those of the pages next to it; None where there is none.

    The key of the first page is the empty list.
    """

    items: list[Json]
    index: int
    key: Key
    next: Key | None
    previous: Key | None


def title(connection: Connection, article_id: str) -> str:
    """Return an article's title. Raises NotFound."""
    found = connection.execute(select(Article.title).where(Article.id == article_id)).scalar()
    if found is None:
        raise NotFound(unknown.ARTICLE)
    return str(found)


def total(connection: Connection, article_id: str, viewer: Actor | None) -> int | None:
    """Return how many annotations an article has; None for more than are counted."""
    count = lists.count_claims(connection, ClaimFilters(article=article_id), viewer=viewer)
    return None if count.more else count.total


def page(
    connection: Connection, article_id: str, key: Key, limit: int, *, viewer: Actor | None, here: Here
) -> Page | None:
    """Return the page that begins behind a key, ``[index, *key]`` or the empty list; None when nothing is there."""
    index, *after = key or [0]
    filters = ClaimFilters(article=article_id)
    found = lists.claims(connection, filters, Sort.UPDATED_FIRST, after or None, limit, viewer=viewer)
    if not found.items:
        return None
    items = exports.annotated(connection, found.items, here)
    for item in items:
        del item["@context"]  # the page has it
    following = [index + len(items), *found.next] if found.next is not None else None
    previous = None
    if after:
        # The claim behind which the page before begins, by the same index: so many places before this page's own.
        before = lists.claims(connection, filters, Sort.UPDATED_LAST, after, limit, viewer=viewer)
        previous = [max(0, index - limit), *before.last] if before.last and len(before.items) == limit else []
    return Page(items, index, key, following, previous)


def of_claim(connection: Connection, claim_id: str, viewer: Actor | None, here: Here) -> Json:
    """Return the annotation of a claim that stands. Raises NotFound and Withdrawn."""
    document, _ = claims.get(connection, claim_id, viewer)
    [annotation] = exports.annotated(connection, [document], here)
    assert annotation["id"] == annotations.address(claim_id, here)
    return annotation
