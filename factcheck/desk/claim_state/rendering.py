"""A claim's JSON, of its state and nothing else."""

from collections.abc import Mapping
from typing import Any

from factcheck.desk.claim_state.states import ClaimState
from factcheck.log.clock import stamp
from factcheck.rules.sources import SYMMETRIC
from factcheck.rules.status import Question
from factcheck.storage.tables.attribution import QuoteRole

Json = dict[str, Any]


def claim_json(state: ClaimState) -> Json:
    """Return a claim's JSON, its members in the order in which they are served.

    `rating` is there only if the verdict names one, and `occurrences` only if there are some.
    """
    claim, article = state.claim, state.article
    chain = [_hop(state, hop) for hop in state.hops]
    occurrences = [occurrence_json(each) for each in state.occurrences if each.withdrawn_at is None]
    here = f"/v1/claims/{claim.id}"
    return {
        "id": claim.id,
        "external_id": claim.external_id,
        "article_id": claim.article_id,
        "article": {"id": article.id, "title": article.title, "url": article.url},
        "text": claim.text,
        "kind": claim.kind,
        "quotes": [quote_json(quote) for quote in state.quotes if quote.role == QuoteRole.CLAIM],
        "quantity": quantity_json(claim),
        "attribution": {
            "status": claim.attribution_status,
            "reason": claim.attribution_reason,
            "reviewed_by": _person(state.people, claim.attribution_reviewed_by_id),
            "reviewed_at": _stamped(claim.attribution_reviewed_at),
            "second_opinion": _opinion(state, Question.ATTRIBUTION),
            "chain": chain,
            "origin": chain[-1]["source"] if chain else None,
        },
        "tags": claim.tags,
        "status": claim.status,
        "reason": claim.reason,
        "reviewed_by": _person(state.people, claim.reviewed_by_id),
        "reviewed_at": _stamped(claim.reviewed_at),
        "valid_on": claim.valid_on,
        "review_by": claim.review_by,
        **({"rating": claim.rating} if claim.rating else {}),
        "second_opinion": _opinion(state, Question.CONTENT),
        "evidence": [evidence_json(item, _person(state.people, item.added_by_id)) for item in state.active_evidence],
        **({"occurrences": occurrences} if occurrences else {}),
        "relations": _relations(state),
        "revision": claim.revision,
        "created_at": stamp(claim.created_at),
        "updated_at": stamp(claim.updated_at),
        "links": {
            "self": here,
            "article": f"/v1/articles/{claim.article_id}",
            "reviews": f"{here}/reviews",
            "history": f"{here}/history",
        },
    }


def quote_json(quote: Any) -> Json:
    """Return a quote's JSON. `current` is there once the article has a later snapshot than the quote's."""
    current = current_json(quote)
    return {
        "exact": quote.exact,
        "prefix": quote.prefix,
        "suffix": quote.suffix,
        "start": quote.start_at,
        "end": quote.end_at,
        "snapshot": quote.snapshot,
        "state": quote.state,
        **({"current": current} if current else {}),
    }


def current_json(quote: Any) -> Json | None:
    """Return where a quote is in the article's newest snapshot, None while that is its own."""
    if quote.now_state is None:
        return None
    return {
        "snapshot": quote.now_snapshot,
        "start": quote.now_start,
        "end": quote.now_end,
        "exact": quote.now_exact,
        "state": quote.now_state,
    }


def quantity_json(claim: Any) -> Json | None:
    if claim.kind != "quantity":
        return None
    return {
        "low": number(claim.low),
        "high": number(claim.high),
        "unit": claim.unit,
        "wording": claim.wording,
    }


def evidence_json(item: Any, added_by: Json | None) -> Json:
    """Return the JSON of evidence.

    `capture` is there once its page was captured, `unreachable` while its page does not answer.
    """
    return {
        "id": item.id,
        "stance": item.stance,
        "url": item.url,
        "title": item.title,
        "source": _source(item, "source"),
        "origin": _source(item, "origin"),
        "excerpt": item.excerpt,
        "archived_url": item.archived_url,
        "note": item.note,
        "added_by": added_by,
        "added_at": stamp(item.added_at),
        **({"capture": capture_json(item)} if item.capture_id else {}),
        **({"unreachable": _unreachable(item)} if item.unreachable else {}),
    }


def capture_json(item: Any) -> Json:
    """Return what evidence shows of its capture; the hash is null once the capture was redacted.

    `origin` is there only if a person handed the page over: entries and versions from before have none.
    """
    return {
        "id": item.capture_id,
        "sha256": item.capture_sha256,
        "fetched_at": stamp(item.capture_fetched_at),
        **({"origin": item.capture_origin} if item.capture_origin else {}),
    }


def occurrence_json(item: Any) -> Json:
    return {
        "id": item.id,
        "url": item.url,
        "kind": item.kind,
        "said_on": item.said_on and item.said_on.isoformat(),
        "place": item.place,
        "account": item.account,
        "capture_id": item.capture_id,
        "timecode": item.timecode,
    }


def _unreachable(item: Any) -> Json:
    return {"error": item.unreachable, "since": stamp(item.unreachable_since)}


def number(value: float | None) -> int | float | None:
    """Write a whole number without a fraction: a million is 1000000, not 1000000.0."""
    return int(value) if value is not None and float(value).is_integer() else value


def _hop(state: ClaimState, hop: Any) -> Json:
    def of(role: QuoteRole) -> list[Json]:
        return [quote_json(quote) for quote in state.quotes if quote.hop == hop.position and quote.role == role]

    return {
        "source": _source(hop, "source"),
        "described_as": hop.described_as,
        "cue": hop.cue,
        "directness": hop.directness,
        "on_behalf_of": _source(hop, "on_behalf_of"),
        "interested": hop.interested,
        "note": hop.note,
        "source_quotes": of(QuoteRole.SOURCE),
        "cue_quotes": of(QuoteRole.CUE),
    }


def _source(row: Any, label: str) -> Json | None:
    """Return what a row's source has become, None where it names none."""
    source_id = getattr(row, label)
    if source_id is None:
        return None
    return {"id": source_id, "name": getattr(row, f"{label}_name"), "kind": getattr(row, f"{label}_kind")}


def _opinion(state: ClaimState, question: Question) -> Json | None:
    for row in state.opinions:
        if row.question == question:
            return {"id": row.id, "question": row.question, "asked_at": stamp(row.asked_at), "blind": False}
    return None


def _relations(state: ClaimState) -> list[Json]:
    """Return the relations to active claims: a symmetric one shows on both."""
    shown = []
    for row in state.relations:
        if row.claim_id == state.claim.id:
            if row.other_stands:
                shown.append({"kind": row.kind, "claim_id": row.other_id})
        elif row.claim_stands and row.kind in SYMMETRIC:
            shown.append({"kind": row.kind, "claim_id": row.claim_id})
    return shown


def with_names(claim: Json, names: Mapping[str, str]) -> Json:
    """Give people, by their ids, other names in a claim's JSON: those who decided, and who added evidence."""
    shown = [
        claim["reviewed_by"],
        claim["attribution"]["reviewed_by"],
        *(each["added_by"] for each in claim["evidence"]),
    ]
    for person in shown:
        if person and person["id"] in names:
            person["name"] = names[person["id"]]
    return claim


def _person(people: Mapping[str, str], person_id: str | None) -> Json | None:
    return {"id": person_id, "name": people[person_id]} if person_id else None


def _stamped(instant: Any) -> str | None:
    return stamp(instant) if instant else None
