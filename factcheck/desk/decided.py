"""Search among claims whose content was decided, narrowed by what only their articles know.

No index knows an article's language or how old the newer of two days is, so claims are read in the order of their list
and passed over. A page looks at LOOKED of them and no more, however few fit: it then ends early, and the next one goes
on where it ended. So a page costs the same at any depth and for any filter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import bindparam
from sqlalchemy.engine import Connection

from factcheck.desk import articles, lists
from factcheck.desk.actors import Actor
from factcheck.desk.lists import ClaimFilters, Key
from factcheck.rules.status import VERDICTS
from factcheck.storage.fulltext import Query
from factcheck.storage.models import Article

Json = dict[str, Any]
LOOKED = 2000  # claims that a page looks at
BATCH = 500  # of them at a time
DECIDED = tuple(sorted(VERDICTS))


@dataclass(frozen=True)
class Wanted:
    """What is looked for; None = not narrowed.

    `language` is the first part of a language tag, in lower case. `since` narrows to claims whose review or whose
    article is not older.
    """

    query: Query | None = None
    language: str | None = None
    since: datetime | None = None

    def fits(self, claim: Json, article: Json) -> bool:
        if self.language is not None and (article["language"] or "").lower().partition("-")[0] != self.language:
            return False
        if self.since is None or datetime.fromisoformat(claim["reviewed_at"]) >= self.since:
            return True
        return bool(article["published_on"]) and article["published_on"] >= self.since.date().isoformat()


@dataclass(frozen=True)
class Found:
    """Claims, each with its article as it is listed, and where the next page begins.

    `after` is None at the end. `skip`: how many claims that fit are still to be left out there.
    """

    claims: list[tuple[Json, Json]]
    after: Key | None
    skip: int


def search(
    connection: Connection,
    wanted: Wanted,
    *,
    after: Key | None = None,
    skip: int = 0,
    limit: int,
    viewer: Actor | None,
    look: int = LOOKED,
) -> Found:
    """Return at most `limit` decided claims as `viewer` sees them, the best first, or the last updated without a query.

    The first `skip` of them are left out. No more batches are begun once `look` claims were looked at.
    """
    filters = ClaimFilters(status=DECIDED, q=wanted.query)
    narrowed = wanted.language is not None or wanted.since is not None
    found: list[tuple[Json, Json]] = []
    looked = 0
    while True:
        size = min(BATCH, look if narrowed else skip + limit - len(found))
        page = lists.claims(connection, filters, None, after, size, viewer=viewer)
        claims = [orjson.loads(document) for document in page.items]
        found_in = _articles(connection, claims)
        for at, claim in enumerate(claims):
            article = found_in[claim["article_id"]]
            # A verdict may have come to be hidden from this person between two looks at it.
            if claim["status"] not in VERDICTS or not wanted.fits(claim, article):
                continue
            if skip:
                skip -= 1
                continue
            found.append((claim, article))
            if len(found) == limit:
                assert page.key_of is not None
                ends = at == len(claims) - 1
                return Found(found, page.next if ends else page.key_of(at), 0)
        after = page.next
        looked += len(claims)
        if after is None or looked >= look:
            return Found(found, after, skip)


def _articles(connection: Connection, claims: Sequence[Json]) -> dict[str, Json]:
    ids = {claim["article_id"] for claim in claims}
    rows = connection.execute(_ARTICLES, {"ids": sorted(ids)}) if ids else ()
    return {row.id: articles.as_json(row) for row in rows}


_ARTICLES = articles.LISTED.where(Article.id.in_(bindparam("ids", expanding=True)))
