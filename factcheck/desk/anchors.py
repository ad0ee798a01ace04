"""Anchor quotes in a snapshot, and tell the client what does not fit and where."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from factcheck.errors import Flaw, Invalid
from factcheck.rules.selectors import QuoteAmbiguous, QuoteError, Span, place
from factcheck.rules.sources import AnchorState
from factcheck.storage.models import QuoteRole, Snapshot

Row = dict[str, Any]


class Wording(NamedTuple):
    """An article's words under the number of their snapshot: as much of one as anchoring needs."""

    number: int
    text: str


class Anchoring:
    """Collects the rows of `quotes` for one claim; `finish` raises Invalid if any quote found no single place."""

    def __init__(self, snapshot: Snapshot | Wording) -> None:
        self.snapshot = snapshot
        self.flaws: list[Flaw] = []

    def claim_quotes(self, quotes: Sequence[Row]) -> list[Row]:
        return self._rows(quotes, "/quotes", -1, QuoteRole.CLAIM)

    def hop_quotes(self, chain: Sequence[Row]) -> list[Row]:
        rows = []
        for at, hop in enumerate(chain):
            rows += self._rows(hop["source_quotes"], f"/attribution/{at}/source_quotes", at, QuoteRole.SOURCE)
            rows += self._rows(hop["cue_quotes"], f"/attribution/{at}/cue_quotes", at, QuoteRole.CUE)
        return rows

    def finish(self) -> None:
        if self.flaws:
            raise Invalid("Some quotes have no single place in the article's text.", flaws=self.flaws)

    def _rows(self, quotes: Sequence[Row], pointer: str, hop: int, role: QuoteRole) -> list[Row]:
        rows: list[Row] = []
        taken: set[tuple[int, int]] = set()
        for position, quote in enumerate(quotes):
            span = self._place(quote, f"{pointer}/{position}")
            if span is None:
                continue
            if (span.start, span.end) in taken:
                self.flaws.append(Flaw("Stands in the list twice.", pointer=f"{pointer}/{position}"))
            taken.add((span.start, span.end))
            rows.append(
                {
                    "hop": hop,
                    "role": role,
                    "position": position,
                    "snapshot": self.snapshot.number,
                    "exact": span.exact,
                    "prefix": span.prefix,
                    "suffix": span.suffix,
                    "start_at": span.start,
                    "end_at": span.end,
                    "state": AnchorState.ANCHORED,
                }
            )
        return rows

    def _place(self, quote: Row, pointer: str) -> Span | None:
        try:
            return place(
                self.snapshot.text,
                quote["exact"],
                prefix=quote.get("prefix"),
                suffix=quote.get("suffix"),
                start=quote.get("start"),
                end=quote.get("end"),
            )
        except QuoteError as error:
            places = error.places if isinstance(error, QuoteAmbiguous) else []
            self.flaws.append(
                Flaw(
                    str(error),
                    pointer=pointer,
                    places=tuple(
                        {"start": one.start, "end": one.end, "prefix": one.prefix, "suffix": one.suffix}
                        for one in places
                    ),
                )
            )
            return None
