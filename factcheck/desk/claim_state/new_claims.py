"""A claim that is being entered: anchored, and with what its row and its JSON are made of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk import evidence as pieces
from factcheck.desk.capturing import occurrences as places
from factcheck.desk.claim_state import room
from factcheck.desk.claim_state.anchors import Anchoring
from factcheck.desk.claim_state.locks import References
from factcheck.desk.claim_state.rows import columns_of, content_of
from factcheck.desk.claim_state.states import ClaimState, source_values
from factcheck.desk.claim_state.texts import Texts, Wording
from factcheck.log import revisions
from factcheck.log.actors import Actor
from factcheck.log.ids import new_id
from factcheck.rules.status import Status

Json = dict[str, Any]


@dataclass(slots=True)
class ArticleSeen:
    """What a claim needs of its article. `outlet` is the source that published it, as it is now."""

    id: str
    title: str
    url: str | None
    words: Wording
    outlet: str | None = None


@dataclass
class NewClaim:
    """A claim that is being entered, with what its row and its JSON are made of."""

    fields: Json
    quotes: list[Json]
    pieces: list[Json]
    article: ArticleSeen
    id: str = field(default_factory=new_id)
    seq: int = 0
    created_at: datetime | None = None
    occurrences: list[Json] = field(default_factory=list)

    def changes(self) -> list[Json]:
        after = {"article_id": self.article.id, **content_of(self.fields, self.quotes)}
        return (
            revisions.differences({}, after)
            + [
                {"field": "evidence", "before": None, "after": {name: item[name] for name in ("id", *pieces.FIELDS)}}
                for item in self.pieces
            ]
            + [places.added(item) for item in self.occurrences]
        )

    def names(self) -> Iterator[str]:
        """Yield the ids of what the claim names."""
        yield self.article.id
        for hop in self.fields["attribution"]:
            yield from filter(None, (hop["source_id"], hop["on_behalf_of_id"]))
        for item in self.pieces:
            yield from filter(None, (item["source_id"], item["origin_id"]))

    def row(self) -> Any:
        """Return the claim's row, before anybody has judged it."""
        columns = columns_of(self.fields)
        chain = self.fields["attribution"]
        return SimpleNamespace(
            **columns, **UNJUDGED, seq=self.seq, id=self.id, article_id=self.article.id, revision=1,
            created_at=self.created_at, updated_at=self.created_at, changed_index=self.seq,
            origin_interested=chain[-1]["interested"] if chain else None,
        )  # fmt: skip

    def state(self, row: Any, actor: Actor, sources: References) -> ClaimState:
        """Return the claim's state, of its row; `sources` has those that it names."""
        hops = [
            SimpleNamespace(
                position=at, **hop, **source_values(sources, "source", hop["source_id"]),
                **source_values(sources, "on_behalf_of", hop["on_behalf_of_id"]),
            )
            for at, hop in enumerate(self.fields["attribution"])
        ]  # fmt: skip
        evidence = [
            pieces.as_row(item | {"added_by_id": actor.id, "added_at": self.created_at}, sources)
            for item in self.pieces
        ]
        quotes = [SimpleNamespace(**quote) for quote in self.quotes]
        occurrences = [SimpleNamespace(**item, withdrawn_at=None) for item in self.occurrences]
        return ClaimState(
            row, self.article, quotes, hops, evidence, people={actor.id: actor.name}, occurrences=occurrences
        )


UNJUDGED = {
    "status": Status.UNVERIFIED,
    "attribution_status": Status.UNVERIFIED,
    **dict.fromkeys(
        (
            "reason", "reviewed_by_id", "reviewed_at", "valid_on", "review_by", "rating", "attribution_reason",
            "attribution_reviewed_by_id", "attribution_reviewed_at", "second_opinion_at",
        )
    ),
}  # fmt: skip


def prepared(
    connection: Session | Connection,
    fields: Json,
    items: Sequence[Json],
    article: ArticleSeen,
    texts: Texts,
    occurrences: Sequence[Json] = (),
) -> NewClaim:
    """Anchor the quotes of a claim with its evidence `items` and its occurrences, which have no captures.

    Raises Invalid for quotes without a single place.
    """
    anchoring = Anchoring(connection, article.words, texts)
    quotes = anchoring.claim_quotes(fields["quotes"]) + anchoring.hop_quotes(fields["attribution"])
    anchoring.finish()
    room.demand_for_content(content_of(fields, quotes), items, occurrences)
    claim = NewClaim(fields, quotes, [{"id": new_id(), **item} for item in items], article)
    claim.occurrences = [{"id": new_id(), "capture_id": None, **item} for item in occurrences]
    return claim
