"""Decided claims as Google's Fact Check Tools API gives them.

https://developers.google.com/fact-check/tools/api/reference/rest/v1alpha1/claims
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

Json = dict[str, Any]
# Every member of an answer, for masks of them.
MEMBERS: Json = {
    "claims": {
        "text": {},
        "claimant": {},
        "claimDate": {},
        "claimReview": {
            "publisher": {"name": {}, "site": {}},
            "url": {},
            "title": {},
            "reviewDate": {},
            "textualRating": {},
            "languageCode": {},
        },
    },
    "nextPageToken": {},
}


class Article(Protocol):
    """What a claim's JSON does not tell of its article. `outlet` is the name of the source that published it."""

    language: str | None
    published_on: date | None
    author: str | None
    outlet: str | None


@dataclass(frozen=True)
class Publisher:
    """The desk, as the one who reviewed. `address` begins the addresses of its pages; `site` is its host."""

    name: str
    site: str
    address: str


def claim(document: Json, article: Article, publisher: Publisher, rating: str) -> Json:
    """Return a decided claim with its one review, ours, and `rating` for its verdict; what is not known is left out.

    The claimant is the origin, by name or as it is described; without a chain it is who published the article.
    """
    review = {
        "publisher": {"name": publisher.name, "site": publisher.site},
        "url": f"{publisher.address}/claims/{document['id']}",
        "title": document["text"],
        "reviewDate": document["reviewed_at"],
        "textualRating": rating,
        "languageCode": article.language,
    }
    made = {
        "text": document["text"],
        "claimant": _claimant(document, article),
        "claimDate": f"{article.published_on.isoformat()}T00:00:00Z" if article.published_on else None,
        "claimReview": [{name: value for name, value in review.items() if value is not None}],
    }
    return {name: value for name, value in made.items() if value is not None}


def _claimant(document: Json, article: Article) -> str | None:
    chain = document["attribution"]["chain"]
    if not chain:
        return article.outlet or article.author
    origin = document["attribution"]["origin"]
    name: str | None = origin["name"] if origin else chain[-1]["described_as"]
    return name


def lost(document: Json) -> list[tuple[str, str]]:
    """Return what the format could not carry of a claim: each field, and why."""
    attribution = document["attribution"]
    found = [
        (field, why)
        for field, why in _LOST
        if (document.get(field) if "." not in field else attribution[field.partition(".")[2]]) not in (None, [], "")
    ]
    if len(attribution["chain"]) < 2:
        found = [each for each in found if each[0] != "attribution.chain"]
    return found


_LOST: Sequence[tuple[str, str]] = (
    ("external_id", "there is no member for another desk's id"),
    ("kind", "all claims are alike there"),
    ("quotes", "claims are not anchored there"),
    ("quantity", "there is no member for numbers; the text has them in words"),
    ("attribution.chain", "the claimant is one name: who passed the claim on, how directly and by which word is lost"),
    ("attribution.status", "a review is about the content alone"),
    ("tags", "there is no member for tags"),
    ("reason", "a review has a rating in words and an address, where the reason stands"),
    ("reviewed_by", "the publisher is the desk"),
    ("valid_on", "there is one day of a claim, on which it was made"),
    ("review_by", "there is no member for it"),
    ("evidence", "it stands at the review's address"),
    ("relations", "claims are not related there"),
)
