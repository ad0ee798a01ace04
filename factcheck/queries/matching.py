"""Was this checked before? Claims like a text, each with how likely it says the same.

The walk: each finder gives a ranked list of claims that may be meant, from an index and at a bounded cost → the lists
are joined by reciprocal rank fusion → the first of them are compared with the text, which gives the score.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Any, Protocol

import orjson
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from factcheck.desk.access import masking
from factcheck.errors import CheckedBefore
from factcheck.log.actors import Actor
from factcheck.rules.matching import THRESHOLD, fused, similarity
from factcheck.rules.text.shingles import band_keys, word_keys
from factcheck.rules.text.statements import statement
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.matching import sharing, spread

Json = dict[str, Any]
NEWEST = 300  # claims of a key that are looked at
RAREST = 8  # words of a text that are looked for
LISTED = 60  # claims that a finder gives
COMPARED = 15  # claims that are compared with the text beside those that are asked for
FIRST = 4  # claims of each finder that are compared, wherever the fusion puts them
TOLD = 5  # claims that a refusal names


class Finder(Protocol):
    """Finds claims that may say what a text says: their `seq`, the likeliest first, at a cost that is bounded.

    Whoever brings another way to find them, by embeddings say, adds it to FINDERS; the fusion takes any number.
    """

    def __call__(self, connection: Connection, text: str) -> list[int]: ...


def by_words(connection: Connection, text: str) -> list[int]:
    """Find claims by the rarest of the text's words."""
    return _by_keys(connection, word_keys(text), RAREST)


def by_letters(connection: Connection, text: str) -> list[int]:
    """Find claims by stretches of letters: what was misspelt, run together, or said in other forms of its words."""
    keys = band_keys(text)
    return _by_keys(connection, keys, len(keys))


def _by_keys(connection: Connection, keys: list[int], most: int) -> list[int]:
    """Return the claims that share the rarest keys, a rare one weighing more than a common one."""
    common = spread(connection, keys, NEWEST) if keys else {}
    rarest = sorted((key for key in keys if common[key]), key=lambda key: common[key])[:most]
    weights = [(key, round(1000 * log(1 + 2 * NEWEST / common[key]))) for key in rarest]
    return sharing(connection, weights, NEWEST, LISTED) if weights else []


FINDERS: tuple[Finder, ...] = (by_words, by_letters)


@dataclass(frozen=True)
class Match:
    """A claim, as its JSON is shown to whoever asked, with the likelihood that it says the same."""

    document: bytes
    score: float
    differs: tuple[str, ...]

    def short(self) -> Json:
        """Return what is told of it in a refusal and on a page."""
        claim = orjson.loads(self.document)
        told = {name: claim[name] for name in ("id", "text", "status", "article")}
        return {**told, "score": self.score, "differs": list(self.differs), "links": {"self": claim["links"]["self"]}}


def match(connection: Connection, text: str, *, limit: int, viewer: Actor | None) -> list[Match]:
    """Return the active claims likest to a text, the likest first and the older of equals, as `viewer` sees them."""
    ranked = [find(connection, text) for find in FINDERS]
    # What one finder alone finds, and finds first, would stand behind all that both find somewhere.
    firsts = [seq for each in ranked for seq in each[:FIRST]]
    seqs = list(dict.fromkeys([*firsts, *fused(ranked)]))[: limit + COMPARED]
    if not seqs:
        return []
    asked = statement(text)
    rows = connection.execute(_ROWS, {"seqs": seqs}).all()
    alike = sorted(
        ((similarity(asked, statement(row.text)), row) for row in rows), key=lambda pair: (-pair[0].score, pair[1].seq)
    )[:limit]
    documents = masking.documents(connection, viewer, [row for _, row in alike])
    return [
        Match(document, round(found.score, 4), found.differs)
        for (found, _), document in zip(alike, documents, strict=True)
    ]


def checked_before(found: Sequence[Match]) -> list[Match]:
    """Return those of some matches that are likely enough the same claim."""
    return [each for each in found if each.score >= THRESHOLD]


def demand_new(connection: Connection, viewer: Actor | None, text: str) -> None:
    """Raise CheckedBefore when an active claim is likely the same as this text.

    On PostgreSQL, two who enter the same at the same moment may both be let in: neither sees the other's yet.
    """
    similar = checked_before(match(connection, text, limit=TOLD, viewer=viewer))
    if similar:
        raise CheckedBefore(
            "This looks like a claim that is already on this desk. Nothing was added.",
            similar=[each.short() for each in similar],
        )


_ROWS = select(Claim.seq, Claim.id, Claim.text, Claim.document, Claim.changed_index, Claim.second_opinion_at).where(
    Claim.seq.in_(bindparam("seqs", expanding=True)), Claim.withdrawn_at.is_(None)
)
