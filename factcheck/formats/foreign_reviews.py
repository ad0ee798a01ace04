"""ClaimReviews of others as lines of an import: sources, an article and a claim, in the API's own shape.

What a review says of the claim becomes the claim; what it says of itself, its verdict above all, becomes a piece of
evidence of the stance `context`, under its publisher, as it was given: a date in prose, a rating whose best is below
its worst. So does what it cites, and where it says that the claim stands. Nothing is guessed. The article is the review
itself: of the text in which the claim was made nothing is known but what the review says the claim is, and so that is
the article's text. What is not carried is told.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from factcheck.formats import foreign_evidence
from factcheck.formats.linked_data import Nodes, shortened
from factcheck.formats.review_reading import AUTHOR, DESCRIBED, TITLE, Review, at_most, headline, noted, said, source
from factcheck.rules.imports import Notice

Json = dict[str, Any]
TAG = "claimreview"
UNNAMED = "somebody whom the review does not name"
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ].*)?", re.DOTALL)
_LANGUAGE = re.compile(r"(?=.{2,35}\Z)[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class Lines(NamedTuple):
    """The lines of one review, sources first, then its article, the claim last, and what of it they do not carry.

    `former` are the external ids that article and claim had before reviewers and claimants counted in them, if any.
    """

    lines: list[Json]
    notices: list[Notice]
    former: tuple[str | None, str | None]


def lines(node: Json, known: Nodes, safe: Callable[[str], bool]) -> Lines:
    """Return the lines of one review, sources first. Raises Invalid, with pointers into the review.

    `known` are the things that it may refer to by their ids. Names are made of what is said: the same review gives the
    same lines, and the same publisher the same source.
    """
    review = Review(node, known, safe)
    sources: dict[str, Json] = {}
    languages = review.texts(review.node.get("inLanguage"))
    article: Json = {
        "type": "article",
        "external_id": f"claimreview:article:{review.page}",
        "title": shortened(f"[ClaimReview] {headline(review) or review.claim}", TITLE),  # whole as the evidence's
        "text": review.claim,
        "url": review.address,
        "outlet_id": source(review.publisher, sources, "/author") if review.publisher else None,
        "author": joined([each.name for each in review.authors if each.kind == "person"], AUTHOR) or None,
        "published_on": day_of(review.texts(review.node.get("datePublished"))),
        "language": language_of(languages),
    }
    claim: Json = {
        "type": "claim",
        "external_id": f"claimreview:{review.name}",
        "article_id": article["external_id"],
        "text": review.claim,
        "kind": "factual",
        "quotes": [{"exact": review.claim, "start": 0, "end": len(review.claim)}],
        "attribution": [attributed(review, sources)],
        "tags": [TAG],
        "evidence": foreign_evidence.pieces(
            review, article["outlet_id"], sources, told=article["language"] is not None
        ),
    }
    former = f"claimreview:article:{review.former}", f"claimreview:{review.former}"
    return Lines([*sources.values(), article, claim], review.reading.told(), former)


def attributed(review: Review, sources: dict[str, Json]) -> Json:
    """Return the one hop from the review to whoever made the claim.

    A chain has one origin: several claimants are described, all of them, and none is picked. So is one of whom the
    review does not say whether it is a person or an organization: our sources are one or the other.
    """
    claimants = review.claimants
    hop: Json = {"directness": "indirect"}
    note: list[str] = []
    if len(claimants) == 1 and claimants[0].kind:
        hop["source_id"] = source(claimants[0], sources, "/itemReviewed/author")
    else:
        names = [each.name for each in claimants]
        hop["described_as"] = at_most(joined(names, None) or UNNAMED, DESCRIBED, "/itemReviewed/author")
        note += said("URLs of the claimants, as given", [address for each in claimants for address in each.urls])
        note += said("Other names of the claimants", [alias for each in claimants for alias in each.aliases])
    for item in review.items:
        note += said("Said, as given", review.texts(item.get("datePublished")))
        names = [*review.texts(item.get("name")), *review.texts(item.get("text"))]
        note += said("What was reviewed, as given", [each for each in dict.fromkeys(names) if each != review.claim])
    return {**hop, "note": noted(note, "/itemReviewed") or None}


def language_of(tags: list[str]) -> str | None:
    """Return the first of these that is the tag of a language."""
    return next((each for each in tags if _LANGUAGE.fullmatch(each)), None)


def day_of(texts: list[str]) -> str | None:
    """Return the day of a date that is one beyond doubt, None for prose and for days that are none."""
    for text in texts[:1]:
        if found := _DAY.fullmatch(text):
            try:
                return date.fromisoformat(found[1]).isoformat()
            except ValueError:
                return None
    return None


def joined(names: list[str], most: int | None) -> str:
    joined = "; ".join(names)
    return joined if most is None or len(joined) <= most else ""
