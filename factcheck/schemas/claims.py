"""Claims with their quotes, quantity and chain, in and out."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from marshmallow import ValidationError, fields, validate, validates, validates_schema

from factcheck.errors import Invalid
from factcheck.messages import message
from factcheck.rules.sources import AnchorState, CurrentState, Directness, RelationKind
from factcheck.rules.status import Kind, Status
from factcheck.schemas.base import Choice, Day, Flag, In, Moment, Number, Out, Reference, Text, Whole, load, many
from factcheck.schemas.evidence import EvidenceOut, OccurrenceOut
from factcheck.schemas.opinions import SecondOpinionRef
from factcheck.schemas.parts import PersonRef, refuse_repeats
from factcheck.schemas.publishing.ratings import RatingRef
from factcheck.schemas.sources import SourceRef

TAG = re.compile(r"[^\W_]+(-[^\W_]+)*")
QUOTES = 20
HOPS = 20


def refuse_what_is_no_tag(value: list[str]) -> None:
    """Raise ValidationError for a tag that is not words joined by hyphens: the one rule, wherever tags are given."""
    for at, tag in enumerate(value):
        if not TAG.fullmatch(tag):
            raise ValidationError({at: [message("Must be words joined by hyphens.")]})


class QuoteIn(In):
    """A quote, verbatim. Where the words occur more than once, prefix and suffix or start and end pick one place."""

    exact = Text(10_000, required=True)
    prefix = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=1000))
    suffix = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=1000))
    start = Whole(0, load_default=None, allow_none=True, metadata={"description": "In Unicode code points."})
    end = Whole(1, load_default=None, allow_none=True, metadata={"description": "In code points, exclusive."})


class QuantityIn(In):
    """A number or a range, with the article's own words for it: “up to a million” has a high and no low."""

    low = Number(load_default=None, allow_none=True)
    high = Number(load_default=None, allow_none=True)
    unit = Text(100, load_default=None, allow_none=True)
    wording = Text(500, load_default=None, allow_none=True)

    @validates_schema(skip_on_field_errors=True)
    def _range(self, data: dict[str, Any], **_: Any) -> None:
        low, high = data["low"], data["high"]
        if low is not None and high is not None and low > high:
            raise ValidationError({"low": [message("Must not be above high.")]})
        if low is None and high is None and data["wording"] is None:
            raise ValidationError(message("A quantity has a low, a high or a wording."))


class HopIn(In):
    """One step of the chain. Without a source_id, somebody exists but is not named: described_as says who."""

    source_id = Reference(load_default=None, allow_none=True)
    described_as = Text(500, load_default=None, allow_none=True)
    cue = Text(
        200, load_default=None, allow_none=True, metadata={"description": "The reporting verb, such as “claiming”."}
    )
    directness = Choice(Directness, required=True)
    on_behalf_of_id = Reference(load_default=None, allow_none=True)
    interested = Flag(
        load_default=None,
        allow_none=True,
        metadata={"description": "Whether the source has a conflict of interest; null if not known."},
    )
    note = Text(4000, load_default=None, allow_none=True)
    source_quotes = many(fields.Nested(QuoteIn), QUOTES, metadata={"description": "Where the text names the source."})
    cue_quotes = many(
        fields.Nested(QuoteIn), QUOTES, metadata={"description": "Where the text has the reporting verb."}
    )

    @validates_schema(skip_on_field_errors=True)
    def _somebody(self, data: dict[str, Any], **_: Any) -> None:
        if data["source_id"] is None and data["described_as"] is None:
            raise ValidationError({"described_as": [message("Needed when no source is named.")]})


class ClaimIn(In):
    """One discrete, checkable statement taken from an article, in the analyst's words."""

    article_id = Reference(required=True)
    text = Text(5000, required=True)
    kind = Choice(Kind, required=True)
    quotes = many(fields.Nested(QuoteIn), QUOTES, least=1, required=True)
    quantity = fields.Nested(QuantityIn, load_default=None, allow_none=True)
    attribution = many(
        fields.Nested(HopIn),
        HOPS,
        metadata={
            "description": "From the article to the original source. Empty if the article says it in its own voice."
        },
    )
    tags = many(Text(100), 50, metadata={"description": "Words joined by hyphens.", "uniqueItems": True})
    external_id = Text(
        200, load_default=None, allow_none=True, metadata={"description": "Your own id, which must be unique."}
    )

    @validates("tags")
    def _tags(self, value: list[str], **_: Any) -> None:
        refuse_repeats(value)
        refuse_what_is_no_tag(value)

    @validates_schema(skip_on_field_errors=True)
    def _quantity(self, data: dict[str, Any], **_: Any) -> None:
        if (data["kind"] == Kind.QUANTITY) != (data["quantity"] is not None):
            raise ValidationError({"quantity": [message("A claim of kind quantity has one; no other kind has.")]})


class CurrentQuoteOut(Out):
    """A quote in the article's newest snapshot. Without a place (`orphaned`), the other members are null."""

    snapshot = Whole(1, required=True)
    start = Whole(0, required=True, allow_none=True)
    end = Whole(1, required=True, allow_none=True)
    exact = fields.String(required=True, allow_none=True)
    state = Choice(
        CurrentState,
        required=True,
        metadata={
            "description": "exact: the same words, at the same place or moved with what surrounds them; moved: the same"
            " words elsewhere; equivalent: the same but for spaces, quotation marks, dashes, ligatures; changed: other"
            " words at the same place, which somebody must confirm; orphaned: not there."
        },
    )


class NoticeOut(Out):
    detail = fields.String(required=True)
    pointer = fields.String(required=True)


class QuoteOut(Out):
    exact = fields.String(required=True)
    prefix = fields.String(required=True)
    suffix = fields.String(required=True)
    start = Whole(0, required=True)
    end = Whole(1, required=True)
    snapshot = Whole(1, required=True)
    state = Choice(AnchorState, required=True)
    current = fields.Nested(
        CurrentQuoteOut,
        metadata={
            "description": "Where the quote is in the article's newest snapshot. Absent while that is the quote's own."
        },
    )


class QuantityOut(Out):
    low = fields.Float(required=True, allow_none=True)
    high = fields.Float(required=True, allow_none=True)
    unit = fields.String(required=True, allow_none=True)
    wording = fields.String(required=True, allow_none=True)


class HopOut(Out):
    source = fields.Nested(SourceRef, required=True, allow_none=True)
    described_as = fields.String(required=True, allow_none=True)
    cue = fields.String(required=True, allow_none=True)
    directness = Choice(Directness, required=True)
    on_behalf_of = fields.Nested(SourceRef, required=True, allow_none=True)
    interested = fields.Boolean(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)
    source_quotes = fields.List(fields.Nested(QuoteOut), required=True)
    cue_quotes = fields.List(fields.Nested(QuoteOut), required=True)


class AttributionOut(Out):
    status = Choice(Status, required=True)
    reason = fields.String(required=True, allow_none=True)
    reviewed_by = fields.Nested(PersonRef, required=True, allow_none=True)
    reviewed_at = Moment(required=True, allow_none=True)
    second_opinion = fields.Nested(SecondOpinionRef, required=True, allow_none=True)
    chain = fields.List(fields.Nested(HopOut), required=True)
    origin = fields.Nested(SourceRef, required=True, allow_none=True)


class ArticleRef(Out):
    id = Reference(required=True)
    title = fields.String(required=True)
    url = fields.String(required=True, allow_none=True)


class RelationRef(Out):
    kind = Choice(RelationKind, required=True)
    claim_id = Reference(required=True)


class ClaimLinks(Out):
    self = fields.String(required=True)
    article = fields.String(required=True)
    reviews = fields.String(required=True)
    history = fields.String(required=True)


class ClaimOut(Out):
    id = Reference(required=True)
    external_id = fields.String(required=True, allow_none=True)
    article_id = Reference(required=True)
    article = fields.Nested(ArticleRef, required=True)
    text = fields.String(required=True)
    kind = Choice(Kind, required=True)
    quotes = fields.List(fields.Nested(QuoteOut), required=True)
    quantity = fields.Nested(QuantityOut, required=True, allow_none=True)
    attribution = fields.Nested(AttributionOut, required=True)
    tags = fields.List(fields.String(), required=True)
    status = Choice(Status, required=True)
    reason = fields.String(required=True, allow_none=True)
    reviewed_by = fields.Nested(PersonRef, required=True, allow_none=True)
    reviewed_at = Moment(required=True, allow_none=True)
    valid_on = Day(required=True, allow_none=True)
    review_by = Day(required=True, allow_none=True)
    rating = fields.Nested(
        RatingRef, metadata={"description": "The house's word for the verdict. Absent if the verdict names none."}
    )
    second_opinion = fields.Nested(
        SecondOpinionRef,
        required=True,
        allow_none=True,
        metadata={"description": "The open second opinion on the verdict."},
    )
    evidence = fields.List(fields.Nested(EvidenceOut), required=True)
    occurrences = fields.List(
        fields.Nested(OccurrenceOut),
        metadata={"description": "Where else it was said, in the order of entry. Absent if there are none."},
    )
    relations = fields.List(fields.Nested(RelationRef), required=True)
    revision = Whole(1, required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)
    links = fields.Nested(ClaimLinks, required=True)


class ClaimWritten(ClaimOut):
    """A claim as it was stored, with what was stored in another way than it was sent."""

    notices = fields.List(
        fields.Nested(NoticeOut),
        metadata={"description": "Quotes that the article sets in another way. Absent if there are none."},
    )


def quotes_in(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the quotes that a claim's input gives, its own and its chain's, leaving out what is no quote."""
    chain = data.get("attribution")
    hops = [hop for hop in chain[:HOPS] if isinstance(hop, dict)] if isinstance(chain, list) else []
    lists = [data.get("quotes"), *(hop.get(name) for hop in hops for name in ("source_quotes", "cue_quotes"))]
    for given in lists:
        for quote in given[:QUOTES] if isinstance(given, list) else ():
            with suppress(Invalid):
                yield load(_QUOTE, quote)


def quotes_by_pointer(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the words of the quotes in a claim's valid input, each with its JSON pointer."""
    lists = {"/quotes": data.get("quotes") or ()}
    for at, hop in enumerate(data.get("attribution") or ()):
        lists |= {f"/attribution/{at}/{name}": hop.get(name) or () for name in ("source_quotes", "cue_quotes")}
    for pointer, quotes in lists.items():
        for at, quote in enumerate(quotes):
            yield f"{pointer}/{at}", quote["exact"]


_QUOTE = QuoteIn()
