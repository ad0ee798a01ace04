"""Anchor quotes in a snapshot, and tell the client what does not fit and where."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.claim_state.rows import NOWHERE_ELSE
from factcheck.desk.claim_state.texts import Texts, Wording
from factcheck.errors import Flaw, Invalid
from factcheck.messages import message
from factcheck.rules.selectors import Effort, QuoteAmbiguous, QuoteError, Span
from factcheck.rules.sources import AnchorState
from factcheck.schemas.base import FLAWS_TOLD
from factcheck.storage.tables.attribution import QuoteRole

Row = dict[str, Any]


class Anchoring:
    """Collects the rows of `quotes` for one claim; `finish` raises Invalid if any quote found no single place."""

    def __init__(self, connection: Session | Connection, words: Wording, texts: Texts) -> None:
        self.connection, self.words, self.texts = connection, words, texts
        self.effort = texts.effort or Effort()
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
            raise Invalid(
                message("Some quotes do not have exactly one place in the article's text."),
                flaws=self.flaws[:FLAWS_TOLD],
            )

    def _rows(self, quotes: Sequence[Row], pointer: str, hop: int, role: QuoteRole) -> list[Row]:
        rows: list[Row] = []
        taken: set[tuple[int, int]] = set()
        for position, quote in enumerate(quotes):
            span = self._place(quote, f"{pointer}/{position}")
            if span is None:
                continue
            if (span.start, span.end) in taken:
                self.flaws.append(Flaw(message("Must not be in the list twice."), pointer=f"{pointer}/{position}"))
            taken.add((span.start, span.end))
            rows.append(
                {
                    "hop": hop,
                    "role": role,
                    "position": position,
                    "snapshot": self.words.number,
                    "exact": span.exact,
                    "prefix": span.prefix,
                    "suffix": span.suffix,
                    "start_at": span.start,
                    "end_at": span.end,
                    "state": AnchorState.ANCHORED,
                    **NOWHERE_ELSE,
                }
            )
        return rows

    def _place(self, quote: Row, pointer: str) -> Span | None:
        try:
            return self.texts.place(self.connection, self.words, quote, self.effort)
        except QuoteError as error:
            places = error.places if isinstance(error, QuoteAmbiguous) else []
            self.flaws.append(
                Flaw(
                    error.detail,
                    pointer=pointer,
                    places=tuple(
                        {"start": one.start, "end": one.end, "prefix": one.prefix, "suffix": one.suffix}
                        for one in places
                    ),
                )
            )
            return None
