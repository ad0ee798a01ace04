"""Annotations as lines of an import: W3C Web Annotations, our own and those of others, and rows of Hypothesis's API."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from factcheck.errors import Flaw, Invalid
from factcheck.formats.annotations import LISTS, PREFIX
from factcheck.formats.linked_data import Node, Reading
from factcheck.messages import message
from factcheck.rules.imports import Notice

Json = dict[str, Any]
MOST = 200  # code points of an external id
_ARTICLE = re.compile(r"(?:.*/|)v1/articles/([0-9a-fA-F-]{36})(?:/snapshots/[0-9]+)?/?")
_WORDS = re.compile(r"[^\W_]+")
# Of several texts, which one is the claim: the first of the first of these purposes.
_PURPOSES = ("describing", "commenting", "summarizing", "highlighting", "assessing", "questioning", None)
_NO_STATUS = message("A status and its reason are not imported: they come from a review here.")


class Made(NamedTuple):
    """A line of an import, and what of the annotation it does not carry."""

    line: Json
    notices: list[Notice]


# ── What a document holds ───────────────────────────────────────────────────────────────────────────────────────


def inside(document: Any) -> Iterator[Any]:
    """Yield what a document holds: an annotation, a list of them, a page, a collection with its first page inside, or
    rows that Hypothesis found.

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
            flaw = Flaw(message("Is a URL: import the page that it links to."), pointer="/first")
            raise Invalid(message("The collection has no annotations."), flaws=[flaw])
        for page in pages:
            yield from _many(page.get("items"))
    elif _is_search(document):
        yield from document["rows"]
    else:
        yield document


def missing(document: Any) -> list[Notice]:
    """Return what a document says that it has and that is not in it: its next pages."""
    if _is_search(document):
        total, here = document.get("total"), len(document["rows"])
        more = isinstance(total, int) and total > here
        told = message("Only {here} of {all} annotations are in the file: import the others too.", here=here, all=total)
        return [Notice(told)] if more else []
    if "AnnotationCollection" in _types(document):
        found = [(page, "/first/next") for page in _many(document.get("first")) if isinstance(page, dict)]
    else:
        found = [(document, "/next")] if "AnnotationPage" in _types(document) else []
    return [Notice(message("There are more pages, which are not in the file: import them too."), pointer)
            for page, pointer in found if page.get("next") is not None]  # fmt: skip


def _is_search(document: Any) -> bool:
    return isinstance(document, dict) and not _types(document) and isinstance(document.get("rows"), list)


# ── One ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def line(annotation: Any) -> Made:
    """Return the line of an import that says what an annotation says. Raises Invalid.

    Statuses and reasons of ours are left out, as those of others are: they are tags of a question. A claim is factual
    unless its own body says otherwise.
    """
    if isinstance(annotation, dict) and "uri" in annotation and not _types(annotation):
        return _row(annotation)
    if not isinstance(annotation, dict) or "Annotation" not in _types(annotation):
        flaw = Flaw(message("Must be an object of the type Annotation."), pointer="/type")
        raise Invalid(message("This is not an annotation."), flaws=[flaw])
    reading = Reading(annotation, {})
    bodies = [reading.node(body) for body in _many(reading.root.get("body")) if isinstance(body, dict)]
    text = _said(bodies)
    if text is None:
        text = reading.root.get("bodyValue")
    if text is None:
        flaw = Flaw(message("Must have a text: a TextualBody that is no tag, or a bodyValue."), pointer="/body")
        raise Invalid(message("The annotation claims nothing."), flaws=[flaw])
    targets = _many(reading.root.get("target"))
    made: Json = {
        "type": "claim",
        "external_id": _external_id(reading, reading.root.get("@id")),
        "article_id": _article(reading, targets),
        "text": text,
        "kind": "factual",
        "quotes": [_quote(reading, target, f"/target/{at}") for at, target in enumerate(targets)],
        "tags": _tags(reading, _tagging(bodies), "/body"),
    }
    for at, body in enumerate(_many(annotation.get("body"))):
        if not isinstance(body, dict):
            reading.tell(message("Is a URL, and is not imported: a claim has no other body."), f"/body/{at}")
        elif f"{PREFIX}question" in body:
            reading.node(body).read.update(body, ("@type",))
            reading.tell(_NO_STATUS, f"/body/{at}")
    own = next((body for body in bodies if f"{PREFIX}kind" in body), None)
    if own is not None:
        made |= {name: value for name, value in _ours(reading, own).items() if value is not None}
    return Made(made, reading.told())


def _row(row: Json) -> Made:
    """Return the line that says what a row of Hypothesis's API says: a comment on a passage of a page."""
    reading = Reading(row, {})
    root = reading.root
    if root.get("references"):
        flaw = Flaw(message("Must be empty: a reply to another annotation has no passage."), pointer="/references")
        raise Invalid(message("This is a reply."), flaws=[flaw])
    text = root.get("text")
    if isinstance(text, str) and not text.strip():
        flaw = Flaw(message("Must have a text: a passage that is only marked claims nothing."), pointer="/text")
        raise Invalid(message("The annotation claims nothing."), flaws=[flaw])
    name = root.get("@id")
    targets = _many(root.get("target"))
    for at, target in enumerate(targets):
        if _source(reading, target) not in (None, root.get("uri")):
            reading.tell(message("Is another page than `uri`, which counts."), f"/target/{at}/source")
    made: Json = {
        "type": "claim",
        "external_id": _external_id(reading, f"hypothesis:{name}" if isinstance(name, str) and name else None),
        "article_id": _without_fragment(reading, root.get("uri"), "/uri"),
        "text": text,
        "kind": "factual",
        "quotes": [_quote(reading, target, f"/target/{at}") for at, target in enumerate(targets)],
        "tags": _tags(reading, [tag for tag in _many(root.get("tags")) if isinstance(tag, str)], "/tags"),
    }
    return Made(made, reading.told())


def _types(thing: Any) -> list[Any]:
    return _many(thing.get("type", thing.get("@type"))) if isinstance(thing, dict) else []


def _many(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _said(bodies: list[Node]) -> Any:
    """Return the text that is the claim. The other texts are not read, and so are told."""
    texts = [body for body in bodies if "value" in body and f"{PREFIX}question" not in body]
    for purpose in _PURPOSES:
        for body in texts:
            purposes = _many(body.members.get("purpose"))
            if (purpose is None and "purpose" not in body) or (purpose and purpose in purposes):
                body.read.add("purpose")
                if body.members.get("format") == "text/plain":
                    body.read.add("format")
                return body.get("value")
    return None


def _tagging(bodies: list[Node]) -> list[str]:
    tags = []
    for body in bodies:
        if "tagging" in _many(body.members.get("purpose")) and f"{PREFIX}question" not in body:
            value = body.members.get("value")
            if isinstance(value, str):
                body.read.update(("value", "purpose"))
                tags.append(value)
    return tags


def _tags(reading: Reading, given: list[str], pointer: str) -> list[str]:
    """Return tags as tags are written here, words joined by hyphens, and tell of those that were written otherwise."""
    tags: dict[str, None] = {}
    for value in given:
        tag = "-".join(_WORDS.findall(value))
        if not tag:
            told = message("The tag “{tag}” has no words, and is not imported.", tag=value[:100])
            reading.tell(told, pointer)
            continue
        if tag != value:
            told = message("The tag “{tag}” is imported as “{written}”.", tag=value[:100], written=tag[:100])
            reading.tell(told, pointer)
        tags[tag] = None
    return list(tags)


def _external_id(reading: Reading, given: Any) -> str | None:
    if isinstance(given, str) and 0 < len(given) <= MOST:
        return given
    if given is not None:
        told = message("Is not imported: an external id is a text of 1 to {most} characters.", most=MOST)
        reading.tell(told, "/id")
    return None


def _article(reading: Reading, targets: list[Any]) -> Any:
    """Return by what the targets name their article: its id, where one is an article of a desk, or its address."""
    sources: list[str] = []
    for target in targets:
        for each in (*_cached(reading, target), _source(reading, target)):
            if isinstance(each, str):
                found = _ARTICLE.fullmatch(each)
                if found:
                    return found[1].lower()
                sources.append(each)
    if len(set(sources)) > 1:
        flaw = Flaw(message("Must be one article: a claim is of one."), pointer="/target")
        raise Invalid(message("The annotation has several targets."), flaws=[flaw])
    return _without_fragment(reading, sources[0], "/target") if sources else None


def _without_fragment(reading: Reading, address: Any, pointer: str) -> Any:
    if not isinstance(address, str):
        return address
    page, _, fragment = address.partition("#")
    if fragment:
        reading.tell(message("The part of the URL after # is ignored: an article is a whole page."), pointer)
    return page


def _source(reading: Reading, target: Any) -> Any:
    if not isinstance(target, dict):
        return target
    node = reading.node(target)
    source = node.get("source")
    source = node.get("@id") if source is None else source
    return reading.node(source).get("@id") if isinstance(source, dict) else source


def _cached(reading: Reading, target: Any) -> list[Any]:
    """Return the snapshots of a desk that a target's state names, with the instant at which each was taken."""
    if not isinstance(target, dict):
        return []
    found = []
    for state in _many(reading.node(target).members.get("state")):
        if isinstance(state, dict):
            copies = [each for each in _many(reading.node(state).members.get("cached")) if isinstance(each, str)]
            if ours := [each for each in copies if _ARTICLE.fullmatch(each)]:
                reading.node(target).read.add("state")
                reading.node(state).read.update(("cached", "sourceDate"))
                found += ours
    return found


def _quote(reading: Reading, target: Any, pointer: str) -> Json:
    """Return the quote that a target's selectors select.

    A position counts where it was measured on a snapshot of a desk, or where nothing else tells the place: others
    measure on other texts.
    """
    selectors = _many(reading.node(target).get("selector")) if isinstance(target, dict) else []
    by_type = {kind: each for each in reversed(selectors) for kind in _types(each) if isinstance(kind, str)}
    words, place = by_type.get("TextQuoteSelector"), by_type.get("TextPositionSelector", {})
    if words is None:
        flaw = Flaw(
            message("Must have a TextQuoteSelector: a quote is found by its words."), pointer=f"{pointer}/selector"
        )
        raise Invalid(message("The annotation quotes nothing."), flaws=[flaw])
    named = reading.node(words)
    quote = {name: named.get(name) for name in ("exact", "prefix", "suffix")}
    if place and (_cached(reading, target) or not (quote["prefix"] or quote["suffix"])):
        at = reading.node(place)
        return {"exact": quote["exact"], "start": at.get("start"), "end": at.get("end")}
    return {name: value for name, value in quote.items() if value is not None}


def _ours(reading: Reading, own: Node) -> Json:
    """Return what our own body says, in the words of an import, and mark it as read."""
    own.read.update(name for name in own.members if name.startswith(PREFIX))
    own.read.update(("format",) if own.members.get("format") == "application/json" else ())
    found: Json = {}
    for name, each in own.members.items():
        if name.startswith(PREFIX):
            said = name.removeprefix(PREFIX)
            found[said] = _unprefixed(reading, _many(each) if said in LISTS else each)
    return found


def _unprefixed(reading: Reading, value: Any) -> Any:
    if isinstance(value, dict):
        return _ours(reading, reading.node(value))
    return [_unprefixed(reading, each) for each in value] if isinstance(value, list) else value
