"""Search among claims whose content was decided, narrowed by what only their articles know.

No index knows an article's language or how old the newer of two days is, so claims are read in the order of their list
and passed over. A page looks at LOOKED of them and no more, however few fit: it then ends early, and the next one goes
on where it ended. So a page costs the same at any depth and for any filter.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.engine import Connection

from factcheck.desk import articles
from factcheck.followers.embeddings.meanings import Meanings
from factcheck.followers.search.views import View
from factcheck.log.actors import Actor
from factcheck.queries import lists, matching, verdicts
from factcheck.queries.lists import ClaimFilters, Key
from factcheck.queries.verdicts import Decided
from factcheck.rules.status import VERDICTS
from factcheck.rules.text.excerpts import excerpt
from factcheck.rules.text.queries import Query

Json = dict[str, Any]
LOOKED = 2000  # claims that a page looks at
BATCH = 500  # of them at a time
LIKEST = 60  # claims that are like a text, at most, of which the decided ones are given
LEAST = 2  # words that a claim must share with a text to be given
COMPARED = 5000  # characters of a text that claims are compared with
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
    view: View | None = None,
    look: int = LOOKED,
) -> Found:
    """Return at most `limit` decided claims as `viewer` sees them, the best first, or the last updated without a query.

    The first `skip` of them are left out. No more batches are begun once `look` claims were looked at.
    """
    narrowed = wanted.language is not None or wanted.since is not None
    found: list[tuple[Json, Json]] = []
    looked = 0
    while True:
        size = min(BATCH, look if narrowed else skip + limit - len(found))
        page = _batch(connection, wanted.query, after, size, viewer, view)
        for (claim, article), key in zip(page.items, page.keys, strict=True):
            if not wanted.fits(claim, article):
                continue
            if skip:
                skip -= 1
                continue
            found.append((claim, article))
            if len(found) == limit:
                ends = key == page.keys[-1]
                return Found(found, page.next if ends else key, 0)
        after = page.next
        looked += size
        if after is None or looked >= look:
            return Found(found, after, skip)


def likest(
    connection: Connection,
    view: View,
    text: str,
    wanted: Wanted,
    *,
    skip: int = 0,
    limit: int,
    viewer: Actor | None,
    meanings: Meanings | None = None,
) -> list[tuple[Json, Json]]:
    """Return decided claims that are like a text, the likest first: for a text all of whose words no claim has.

    What the query of `wanted` does not want is not among them. Their number is bounded, and there is no next page.
    """
    found = matching.match(connection, view, text[:COMPARED], limit=LIKEST, viewer=viewer, meanings=meanings)
    claims = [orjson.loads(each.document) for each in found.items if len(each.shared) >= LEAST]
    claims = [claim for claim in claims if claim["status"] in VERDICTS]
    unwanted = wanted.query.unwanted if wanted.query else ()
    claims = [claim for claim in claims if not unwanted or excerpt(claim["text"], unwanted) is None]
    of = articles.get_many(connection, {claim["article_id"] for claim in claims})
    pairs = [(claim, of[claim["article_id"]]) for claim in claims]
    return [(claim, article) for claim, article in pairs if wanted.fits(claim, article)][skip : skip + limit]


def _batch(
    connection: Connection, query: Query | None, after: Key | None, size: int, viewer: Actor | None, view: View | None
) -> Decided:
    if query is None:
        return verdicts.decided(connection, after, size, viewer)
    filters = ClaimFilters(status=DECIDED, q=query)
    page = lists.claims(connection, filters, None, after, size, viewer=viewer, view=view)
    # A verdict may have come to be hidden from this person between two looks at it.
    claims = list(zip(map(orjson.loads, page.items), page.keys, strict=True))
    claims = [(claim, key) for claim, key in claims if claim["status"] in VERDICTS]
    of = articles.get_many(connection, {claim["article_id"] for claim, _ in claims})
    return Decided([(claim, of[claim["article_id"]]) for claim, _ in claims], page.next, [key for _, key in claims])
