"""Claims as W3C Web Annotations (https://www.w3.org/TR/annotation-model/), and annotations as lines of an import.

An interrupted quote is several targets, one for each part: several selectors of one target must select the same words
(model, 4.2). Each part has two selectors, its words and its place in a snapshot, which the target's state names.

What the model has no place for stands in one body of its own, the claim itself as a web resource, in terms of ours:
``factcheck:`` and the name of the field in a line of an import. Other tools pass over it; an import reads it back.
"""

import re
from collections.abc import Iterator
from typing import Any

from factcheck.errors import Flaw, Invalid
from factcheck.formats import losses
from factcheck.formats.here import Here
from factcheck.formats.losses import Loss

Json = dict[str, Any]
PROFILE = "http://www.w3.org/ns/anno.jsonld"
MEDIA_TYPE = "application/ld+json"
PREFIX = "factcheck:"
LISTS = ("attribution", "evidence", "source_quotes", "cue_quotes")
# A name that no address has to last for. JSON-LD forgets the order of what is not said to be a list.
CONTEXT: list[Any] = [
    PROFILE,
    {
        "factcheck": "urn:uuid:1f6b3b0a-6c7c-5a55-9a34-51c0f3f2a8d7#",
        **{f"{PREFIX}{name}": {"@container": "@list"} for name in LISTS},
    },
]
_OURS = "the model has no place for it: it stands in the body of `factcheck:` terms, which other tools pass over"
_NOT_OURS = "an annotation says what was decided, not by whom and when"
LOSES: losses.Table = {
    "external_id": _OURS,
    "kind": _OURS,
    "quantity": _OURS,
    "article.title": "the target is named by its address",
    "quotes[].state": "an annotation does not say that a later text lacks its words",
    "attribution.chain": _OURS,
    "attribution.chain[].source.name": "sources are named by id there",
    "attribution.reviewed_by": _NOT_OURS,
    "attribution.reviewed_at": _NOT_OURS,
    "attribution.second_opinion": "a review that is still to come is no annotation yet",
    "attribution.origin": "it is the end of the chain",
    "reviewed_by": _NOT_OURS,
    "reviewed_at": _NOT_OURS,
    "valid_on": "an annotation does not say which day it holds for",
    "review_by": "an annotation is for ever",
    "second_opinion": "a review that is still to come is no annotation yet",
    "evidence": _OURS,
    "evidence[].id": "evidence has no address in an import",
    "evidence[].added_by": "who imports it adds it",
    "evidence[].added_at": "who imports it adds it",
    "relations": "annotations are not related to each other",
    "revision": "an annotation has no number; `modified` says when",
}


# ── Out ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def address(claim_id: str, here: Here) -> str:
    """Return where the annotation of a claim is."""
    return f"{here.claim(claim_id)}/annotation"


def convert(claim: Json, line: Json, here: Here) -> tuple[Json, list[Loss]]:
    """Return a claim as an annotation, without its `@context`, and what is lost.

    `line` is the claim as a line of an import: it names things as their own lines do.
    """
    targets = [_target(quote, claim, here) for quote in claim["quotes"]]
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


def _target(quote: Json, claim: Json, here: Here) -> Json:
    article = here.article(claim["article_id"])
    return {
        "type": "SpecificResource",
        "source": claim["article"]["url"] or article,
        "state": {"type": "TimeState", "cached": f"{article}/snapshots/{quote['snapshot']}"},
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


# ── In ──────────────────────────────────────────────────────────────────────────────────────────────────────────

MOST = 200  # code points of an external id
_ARTICLE = re.compile(r"(?:.*/|)v1/articles/([0-9a-fA-F-]{36})(?:/snapshots/[0-9]+)?/?")
_WORDS = re.compile(r"[^\W_]+")
# Of several texts, which one is the claim: the first of the first of these purposes.
_PURPOSES = ("describing", "commenting", "summarizing", "highlighting", "assessing", "questioning", None)


def inside(document: Any) -> Iterator[Any]:
    """Yield what a document holds: an annotation, a list of them, a page, or a collection with its first page inside.

    Raises Invalid for a document that holds its annotations elsewhere.
    """
    if isinstance(document, list):
        for each in document:
            yield from inside(each)
        return
    types = _types(document)
    if "AnnotationPage" in types:
        yield from _many(document.get("items"))
    elif "AnnotationCollection" in types:
        pages = [page for page in _many(document.get("first")) if isinstance(page, dict)]
        if not pages and document.get("first") is not None:
            flaw = Flaw("Is an address: bring the page that it leads to.", pointer="/first")
            raise Invalid("The collection holds no annotations.", flaws=[flaw])
        for page in pages:
            yield from _many(page.get("items"))
    else:
        yield document


def line(annotation: Any) -> Json:
    """Return the line of an import that says what an annotation says. Raises Invalid.

    Statuses and reasons of ours are left out, as those of others are: they are tags of a question. A claim is factual
    unless its own body says otherwise.
    """
    if not isinstance(annotation, dict) or "Annotation" not in _types(annotation):
        flaw = Flaw("Must be an object of the type Annotation.", pointer="/type")
        raise Invalid("This is not an annotation.", flaws=[flaw])
    bodies = [body for body in _many(annotation.get("body")) if isinstance(body, dict)]
    own = next((body for body in bodies if f"{PREFIX}kind" in body), None)
    text = _said(bodies) or annotation.get("bodyValue")
    if text is None:
        flaw = Flaw("Must have a text: a TextualBody that is no tag, or a bodyValue.", pointer="/body")
        raise Invalid("The annotation claims nothing.", flaws=[flaw])
    targets = _many(annotation.get("target"))
    told: Json = {
        "type": "claim",
        "external_id": _external_id(annotation.get("id", annotation.get("@id"))),
        "article_id": _article(targets),
        "text": text,
        "kind": "factual",
        "quotes": [_quote(target, f"/target/{at}") for at, target in enumerate(targets)],
        "tags": _tags(bodies),
    }
    if own is not None:
        told |= {name: value for name, value in _unprefixed(own).items() if value is not None}
    return told


def _types(thing: Any) -> list[Any]:
    return _many(thing.get("type", thing.get("@type"))) if isinstance(thing, dict) else []


def _many(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _said(bodies: list[Json]) -> Any:
    texts = [body for body in bodies if "value" in body and f"{PREFIX}question" not in body]
    for purpose in _PURPOSES:
        for body in texts:
            if (purpose is None and "purpose" not in body) or (purpose and purpose in _many(body.get("purpose"))):
                return body["value"]
    return None


def _tags(bodies: list[Json]) -> list[str]:
    """Return the tags, in the shape that tags have here: words joined by hyphens."""
    values = [
        body.get("value")
        for body in bodies
        if "tagging" in _many(body.get("purpose")) and f"{PREFIX}question" not in body
    ]
    tags = ["-".join(_WORDS.findall(value)) for value in values if isinstance(value, str)]
    return list(dict.fromkeys(tag for tag in tags if tag))


def _external_id(given: Any) -> str | None:
    return given if isinstance(given, str) and 0 < len(given) <= MOST else None


def _article(targets: list[Any]) -> Any:
    """Return by what the targets name their article: its id, where one is an article of a desk, or its address."""
    sources: list[str] = []
    for target in targets:
        for each in (*_cached(target), _source(target)):
            if isinstance(each, str):
                found = _ARTICLE.fullmatch(each)
                if found:
                    return found[1].lower()
                sources.append(each)
    if len(set(sources)) > 1:
        flaw = Flaw("Must be one article: a claim is of one.", pointer="/target")
        raise Invalid("The annotation has several targets.", flaws=[flaw])
    return sources[0].partition("#")[0] if sources else None


def _source(target: Any) -> Any:
    if not isinstance(target, dict):
        return target
    source = target.get("source", target.get("id"))
    return source.get("id") if isinstance(source, dict) else source


def _cached(target: Any) -> list[Any]:
    states = _many(target.get("state")) if isinstance(target, dict) else []
    copies = [each for state in states if isinstance(state, dict) for each in _many(state.get("cached"))]
    return [each for each in copies if isinstance(each, str) and _ARTICLE.fullmatch(each)]


def _quote(target: Any, pointer: str) -> Json:
    """Return the quote that a target's selectors select.

    A position counts where it was measured on a snapshot of a desk, or where nothing else tells the place: others
    measure on other texts.
    """
    selectors = _many(target.get("selector")) if isinstance(target, dict) else []
    by_type = {kind: each for each in reversed(selectors) for kind in _types(each) if isinstance(kind, str)}
    words, place = by_type.get("TextQuoteSelector"), by_type.get("TextPositionSelector", {})
    if words is None:
        flaw = Flaw("Must have a TextQuoteSelector: a quote is found by its words.", pointer=f"{pointer}/selector")
        raise Invalid("The annotation quotes nothing.", flaws=[flaw])
    quote = {name: words.get(name) for name in ("exact", "prefix", "suffix")}
    if place and (_cached(target) or not (quote["prefix"] or quote["suffix"])):
        return {"exact": quote["exact"], "start": place.get("start"), "end": place.get("end")}
    return {name: value for name, value in quote.items() if value is not None}


def _unprefixed(value: Any) -> Any:
    """Return what a body of ours says, in the words of an import."""
    if isinstance(value, dict):
        found = {}
        for name, each in value.items():
            if name.startswith(PREFIX):
                said = name.removeprefix(PREFIX)
                found[said] = _unprefixed(_many(each) if said in LISTS else each)
        return found
    return [_unprefixed(each) for each in value] if isinstance(value, list) else value
