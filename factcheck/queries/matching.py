"""Was this checked before? Claims like a text, each with how likely it says the same.

The walk: the search index gives ranked lists of claims that may be meant → the lists are joined by reciprocal rank
fusion → the first of them are compared with the text, which gives the score.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from factcheck.desk.access import masking
from factcheck.errors import CheckedBefore, Unavailable
from factcheck.followers.search.views import View
from factcheck.log.actors import Actor
from factcheck.rules.matching.statements import statement
from factcheck.rules.matching.strict import THRESHOLD, fused, similarity
from factcheck.rules.matching.terms import terms
from factcheck.storage.tables.claims import Claim

Json = dict[str, Any]
COMPARED = 15  # claims that are compared with the text beside those that are asked for
FIRST = 4  # claims of each list that are compared, wherever the fusion puts them
TOLD = 5  # claims that a refusal names


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


def match(connection: Connection, view: View, text: str, *, limit: int, viewer: Actor | None) -> list[Match]:
    """Return the active claims likest to a text, the likest first and the older of equals, as `viewer` sees them."""
    ranked = view.candidates(*terms(text))
    # What one list alone has, and has first, would stand behind all that others have somewhere.
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


def demand_new(connection: Connection, view: View, viewer: Actor | None, text: str) -> None:
    """Raise CheckedBefore when an active claim is likely the same as this text.

    Raises Unavailable while the index is behind: it might not have that claim yet. Two who enter the same at the same
    moment may both be let in: neither sees the other's.
    """
    if view.as_of.behind:
        raise Unavailable("The search index is being brought up to date. Try again in a moment.")
    similar = checked_before(match(connection, view, text, limit=TOLD, viewer=viewer))
    if similar:
        raise CheckedBefore(
            "This looks like a claim that is already on this desk. Nothing was added.",
            similar=[each.short() for each in similar],
        )


_ROWS = select(Claim.seq, Claim.id, Claim.text, Claim.document, Claim.changed_index, Claim.second_opinion_at).where(
    Claim.seq.in_(bindparam("seqs", expanding=True)), Claim.withdrawn_at.is_(None)
)
