"""MediaReviews of others as lines of an import: sources, an article of the media's kind, and a claim.

As of a ClaimReview (`formats/foreign_reviews.py`), what was claimed becomes the claim, and what the review says of
itself becomes a piece of evidence, `context`, under its publisher. But the article is the media, at its own URL, and
not the review. Its text is the media's own words, if the claim's are among them, and otherwise the claim.
"""

from collections.abc import Callable, Iterator
from typing import Any

from factcheck.formats import foreign_evidence
from factcheck.formats.foreign_reviews import Lines, attributed, day_of, joined, language_of
from factcheck.formats.linked_data import Node, Nodes, shortened
from factcheck.formats.media.media_reading import MediaReview
from factcheck.formats.review_reading import AUTHOR, EXCERPT, NOTE, TITLE, headline, said, source

Json = dict[str, Any]
TAG = "mediareview"
TEXT = 1_000_000
_HERE = "/itemReviewed/mediaItemAppearance"


def lines(node: Json, known: Nodes, safe: Callable[[str], bool]) -> Lines:
    """Return the lines of one review, sources first. Raises Invalid, with pointers into the review."""
    review = MediaReview(node, known, safe)
    sources: dict[str, Json] = {}
    publisher = source(review.publisher, sources, "/author") if review.publisher else None
    words = [text for each in review.media for text in review.words_of(each)]
    text = next((each for each in words if review.claim in each and len(each) <= TEXT), review.claim)
    start = text.index(review.claim)
    titles = [title for each in review.media for name in ("headline", "name") for title in review.texts(each.get(name))]
    title = next(iter(titles), None) or f"[MediaReview] {headline(review) or review.claim}"
    days = [
        each for node in review.media for name in ("datePublished", "uploadDate") for each in _given(review, node, name)
    ]
    article: Json = {
        "type": "article",
        "external_id": f"mediareview:article:{review.page}",
        "kind": str(review.kind()),
        "title": shortened(title, TITLE),
        "text": text,
        "url": next(iter(review.places), None),
        "author": joined([each.name for each in review.creators if each.kind == "person"], AUTHOR) or None,
        "published_on": day_of(days),
        "language": language_of([each for node in review.media for each in _given(review, node, "inLanguage")]),
    }
    claim: Json = {
        "type": "claim",
        "external_id": f"mediareview:{review.name}",
        "article_id": article["external_id"],
        "text": review.claim,
        "kind": "factual",
        "quotes": [{"exact": review.claim, "start": start, "end": start + len(review.claim)}],
        "attribution": [attributed(review, sources)],
        "tags": [TAG],
    }
    places = [piece for each in review.media for piece in _places(review, each, text)]
    claim["evidence"] = foreign_evidence.pieces(review, publisher, sources, places)
    return Lines([*sources.values(), article, claim], review.reading.told(), (None, None))


def _given(review: MediaReview, node: Node, name: str) -> list[str]:
    return review.texts(node.get(name))


def _places(review: MediaReview, node: Node, text: str) -> Iterator[Json]:
    """Yield where the media is, by the review: each address, with its copy and the words that the article lacks."""
    note = ["Where the media is, according to the review."]
    for name in ("sha256", "datePublished", "uploadDate"):
        note += said(f"{name}, as given", _given(review, node, name))
    titles = [title for name in ("headline", "name") for title in _given(review, node, name)]
    title = review.reading.one(list(dict.fromkeys(titles)), f"{_HERE}/name")
    archived = review.reading.one(
        review.addresses(f"{_HERE}/archivedAt", node.get("archivedAt")), f"{_HERE}/archivedAt"
    )
    words = "\n\n".join(each for each in review.words_of(node) if each != text)
    places: list[str | None] = [*review.places_of(node)]
    for address in places or [None] * bool(title or words or archived):
        yield {
            "stance": "context",
            "url": address,
            "title": title and review.reading.cut(title, TITLE, f"{_HERE}/name"),
            "excerpt": review.reading.cut(words, EXCERPT, f"{_HERE}/caption") or None,
            "archived_url": archived,
            "note": review.reading.cut("\n".join(note), NOTE, _HERE),
        }
