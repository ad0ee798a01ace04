"""Claims as W3C Web Annotations (https://www.w3.org/TR/annotation-model/).

An interrupted quote is several targets, one for each part: several selectors of one target must select the same words
(model, 4.2). Each part has two selectors, its words and its place in a snapshot, which the target's state names.

What the model has no place for stands in one body of its own, the claim itself as a web resource, in terms of ours:
``factcheck:`` and the name of the field in a line of an import. Other tools pass over it; an import reads it back
(`foreign_annotations`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from factcheck.formats import losses
from factcheck.formats.here import Here
from factcheck.formats.losses import Loss

Json = dict[str, Any]
PROFILE = "http://www.w3.org/ns/anno.jsonld"
MEDIA_TYPE = "application/ld+json"
PREFIX = "factcheck:"
LISTS = ("attribution", "evidence", "occurrences", "source_quotes", "cue_quotes")
# A name that no address has to last for. JSON-LD forgets the order of what is not said to be a list.
CONTEXT: list[Any] = [
    PROFILE,
    {
        "factcheck": "urn:uuid:1f6b3b0a-6c7c-5a55-9a34-51c0f3f2a8d7#",
        **{f"{PREFIX}{name}": {"@container": "@list"} for name in LISTS},
    },
]
_OURS = "the model has no field for it; it is in the body of `factcheck:` terms, which other tools ignore"
_NOT_OURS = "an annotation says what was decided, not by whom and when"
_LATER = "an annotation does not say whether a later text still has its words"
LOSES: losses.Table = {
    "external_id": _OURS,
    "kind": _OURS,
    "quantity": _OURS,
    "article.title": "the target is identified by its URL",
    "quotes[].state": _LATER,
    "quotes[].current": _LATER,
    "attribution.chain": _OURS,
    "attribution.chain[].source.name": "sources are identified by id",
    "attribution.reviewed_by": _NOT_OURS,
    "attribution.reviewed_at": _NOT_OURS,
    "attribution.second_opinion": "a review that was not given yet is not an annotation",
    "attribution.origin": "it is the last attribution step",
    "reviewed_by": _NOT_OURS,
    "reviewed_at": _NOT_OURS,
    "valid_on": "an annotation has no date of validity",
    "review_by": "an annotation does not expire",
    "rating": "a tag has the verdict, not the house's word for it",
    "second_opinion": "a review that was not given yet is not an annotation",
    "evidence": _OURS,
    "evidence[].id": "evidence has no URL in an import",
    "evidence[].added_by": "an import records its own person and time",
    "evidence[].added_at": "an import records its own person and time",
    "evidence[].capture": "the copy of a page stays in the archive of its desk",
    "evidence[].unreachable": "what a check found of a page is for this desk",
    "occurrences": _OURS,
    "occurrences[].id": "occurrences have no id in an import",
    "occurrences[].capture_id": "the copy of a page stays in the archive of its desk",
    "relations": "annotations have no relations to each other",
    "revision": "an annotation has no revision number; `modified` has the time",
    "links": "links are paths on this desk",
}


def address(claim_id: str, here: Here) -> str:
    """Return where the annotation of a claim is."""
    return f"{here.claim(claim_id)}/annotation"


def convert(claim: Json, line: Json, here: Here, captured: Mapping[int, str]) -> tuple[Json, list[Loss]]:
    """Return a claim as an annotation, without its `@context`, and what is lost.

    `line` is the claim as a line of an import: it names things as their own lines do. `captured` says when each
    snapshot was taken that its quotes are of: a state in time must name its time (model, 4.3.1).
    """
    targets = [_target(quote, claim, here, captured[quote["snapshot"]]) for quote in claim["quotes"]]
    annotation = {
        "id": address(claim["id"], here),
        "type": "Annotation",
        "motivation": "assessing",
        "created": claim["created_at"],
        "modified": claim["updated_at"],
        "generator": {"id": f"{here.base}/", "type": "Software", "name": here.name},
        "body": [*_texts(claim), _claim(line, here.claim(claim["id"]))],
        "target": targets if len(targets) > 1 else targets[0],
    }
    return annotation, losses.of(claim, LOSES)


def whole(thing: Json) -> Json:
    """Return an annotation, a page or a collection as it stands by itself: with its context."""
    return {"@context": CONTEXT, **thing}


def _target(quote: Json, claim: Json, here: Here, captured: str) -> Json:
    article = here.article(claim["article_id"])
    cached = f"{article}/snapshots/{quote['snapshot']}"
    return {
        "type": "SpecificResource",
        "source": claim["article"]["url"] or article,
        "state": {"type": "TimeState", "sourceDate": captured, "cached": cached},
        "selector": [
            {
                "type": "TextQuoteSelector",
                "exact": quote["exact"],
                "prefix": quote["prefix"],
                "suffix": quote["suffix"],
            },
            {"type": "TextPositionSelector", "start": quote["start"], "end": quote["end"]},
        ],
    }


def _texts(claim: Json) -> Iterator[Json]:
    yield _text(claim["text"], "describing") | {"format": "text/plain"}
    for question, part in (("content", claim), ("attribution", claim["attribution"])):
        said = {f"{PREFIX}question": question}
        yield _text(part["status"], "tagging") | said
        if part["reason"]:
            yield _text(part["reason"], "assessing") | said
    for tag in claim["tags"]:
        yield _text(tag, "tagging")


def _text(value: str, purpose: str) -> Json:
    return {"type": "TextualBody", "value": value, "purpose": purpose}


def _claim(line: Json, claim_address: str) -> Json:
    """Return the body that is the claim itself, with what of its line stands nowhere else."""
    said = {name: value for name, value in line.items() if name not in ("type", "text", "quotes", "tags")}
    return {"id": claim_address, "type": "Dataset", "format": "application/json", **_prefixed(said)}


def _prefixed(value: Any) -> Any:
    if isinstance(value, dict):
        return {f"{PREFIX}{name}": _prefixed(each) for name, each in value.items() if each is not None and each != []}
    return [_prefixed(each) for each in value] if isinstance(value, list) else value
