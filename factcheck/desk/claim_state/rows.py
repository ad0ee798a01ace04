"""The rows and the log's fields of a claim, from its input and from its state."""

from types import SimpleNamespace
from typing import Any

from factcheck.desk.claim_state.rendering import current_json, number, quantity_json
from factcheck.desk.claim_state.states import ClaimState
from factcheck.storage.tables.attribution import Quote, QuoteRole

Json = dict[str, Any]
CURRENT = "current_quotes"  # the log's field of where quotes are in a later snapshot
HOP_FIELDS = ("source_id", "described_as", "cue", "directness", "on_behalf_of_id", "interested", "note")
NOWHERE_ELSE = dict.fromkeys(("now_snapshot", "now_start", "now_end", "now_exact", "now_state"))
QUOTE_FIELDS = tuple(column.name for column in Quote.__table__.columns if column.name != "claim_id")


def content_of(fields: Json, quotes: list[Json]) -> Json:
    """Return what the log says of a claim: its input, with quotes as they were found."""

    def of(hop: int, role: QuoteRole) -> list[Json]:
        found = sorted((q for q in quotes if (q["hop"], q["role"]) == (hop, role)), key=lambda q: q["position"])
        return [
            {
                "exact": quote["exact"],
                "prefix": quote["prefix"],
                "suffix": quote["suffix"],
                "start": quote["start_at"],
                "end": quote["end_at"],
                "snapshot": quote["snapshot"],
            }
            for quote in found
        ]

    quantity = fields["quantity"]
    return {
        "external_id": fields["external_id"],
        "text": fields["text"],
        "kind": fields["kind"],
        "quotes": of(-1, QuoteRole.CLAIM),
        "quantity": quantity and quantity | {"low": number(quantity["low"]), "high": number(quantity["high"])},
        "attribution": [
            {name: hop[name] for name in HOP_FIELDS}
            | {"source_quotes": of(at, QuoteRole.SOURCE), "cue_quotes": of(at, QuoteRole.CUE)}
            for at, hop in enumerate(fields["attribution"])
        ],
        "tags": sorted(fields["tags"]),
        CURRENT: _current(quotes),
    }


def _current(quotes: list[Json]) -> list[Json] | None:
    """Return where the quotes are in the newest snapshot, each with its place in the claim; None while all are in
    their own.
    """
    ordered = sorted(quotes, key=lambda quote: (quote["hop"], quote["role"], quote["position"]))
    found = [
        {"quote": pointer(quote), **current} for quote in ordered if (current := current_json(SimpleNamespace(**quote)))
    ]
    return found or None


def pointer(quote: Json) -> str:
    """Return the JSON pointer of a quote in a claim's input."""
    if quote["role"] == QuoteRole.CLAIM:
        return f"/quotes/{quote['position']}"
    return f"/attribution/{quote['hop']}/{quote['role']}_quotes/{quote['position']}"


def stored(state: ClaimState) -> tuple[Json, list[Json]]:
    """Return a claim's fields and quotes, as its input and the anchoring of its quotes gave them."""
    claim = state.claim
    fields = {
        "external_id": claim.external_id,
        "text": claim.text,
        "kind": claim.kind,
        "quantity": quantity_json(claim),
        "attribution": [{name: getattr(hop, name) for name in HOP_FIELDS} for hop in state.hops],
        "tags": claim.tags,
    }
    return fields, [{name: getattr(quote, name) for name in QUOTE_FIELDS} for quote in state.quotes]


def columns_of(fields: Json) -> Json:
    """Return the columns of a claim's row that its input fills."""
    quantity = fields["quantity"] or {"low": None, "high": None, "unit": None, "wording": None}
    return {
        "external_id": fields["external_id"],
        "text": fields["text"],
        "kind": fields["kind"],
        **quantity,
        "tags": sorted(fields["tags"]),
    }
