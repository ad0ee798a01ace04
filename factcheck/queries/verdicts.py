"""Claims whose content was decided, the last updated first: what feeds are made of."""

from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import BigInteger, Select, bindparam, select, tuple_, union_all
from sqlalchemy.engine import Connection

from factcheck.desk import articles
from factcheck.desk.access import masking
from factcheck.log.actors import Actor
from factcheck.queries.lists import Key
from factcheck.rules.status import VERDICTS
from factcheck.storage.tables.claims import Claim

Json = dict[str, Any]


class Decided(NamedTuple):
    """A page: each claim's JSON with its article's, and the key of the next page, None at the end.

    `keys` are those of pages that begin behind each item.
    """

    items: list[tuple[Json, Json]]
    next: Key | None
    keys: list[Key]


def decided(connection: Connection, after: Key | None, limit: int, viewer: Actor | None) -> Decided:
    """Return a page of the decided claims that stand, as `viewer` sees them: three queries at most.

    A page that holds verdicts hidden from `viewer` is shorter for it, and leads on all the same.
    """
    values: dict[str, Any] = {"limit": limit + 1}
    if after is not None:
        values |= {"changed": after[0], "seq": after[1]}
    keys = connection.execute(_keys(after is not None), values).all()
    shown = keys[:limit]
    rows = connection.execute(_ROWS, {"seqs": [key.seq for key in shown]}).all() if shown else []
    claims = [orjson.loads(document) for document in masking.documents(connection, viewer, rows)]
    open_to_see = [(claim, key) for claim, key in zip(claims, shown, strict=True) if claim["status"] in VERDICTS]
    of = articles.get_many(connection, {claim["article_id"] for claim, _ in open_to_see})
    following = [shown[-1].changed_index, shown[-1].seq] if len(keys) > limit else None
    items = [(claim, of[claim["article_id"]]) for claim, _ in open_to_see]
    return Decided(items, following, [[key.changed_index, key.seq] for _, key in open_to_see])


_AFTER: Any = tuple_(bindparam("changed", type_=BigInteger), bindparam("seq", type_=BigInteger))


@lru_cache(maxsize=2)
def _keys(continues: bool) -> Select[Any]:
    """Build the statement of a page's places: each verdict's index has them in this order, all verdicts' together none.

    One index over all claims would pass over those that nobody decided, which after an import are most of them.
    """
    each = []
    for verdict in sorted(VERDICTS):
        place = select(Claim.changed_index, Claim.seq).where(Claim.status == str(verdict), Claim.withdrawn_at.is_(None))
        if continues:
            place = place.where(tuple_(Claim.changed_index, Claim.seq) < tuple_(bindparam("changed"), bindparam("seq")))
        ordered = place.order_by(Claim.changed_index.desc(), Claim.seq.desc()).limit(bindparam("limit")).subquery()
        each.append(select(ordered))
    both = union_all(*each).subquery()
    return select(both).order_by(both.c.changed_index.desc(), both.c.seq.desc()).limit(bindparam("limit"))


_ROWS = (
    select(Claim.id, Claim.document, Claim.changed_index, Claim.second_opinion_at)
    .where(Claim.seq.in_(bindparam("seqs", expanding=True)))
    .order_by(Claim.changed_index.desc(), Claim.seq.desc())
)
