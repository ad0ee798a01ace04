"""A decided claim as Google's Fact Check Tools API gives it.

https://developers.google.com/fact-check/tools/api/reference/rest/v1alpha1/claims
"""

from typing import Any
from urllib.parse import urlsplit

from factcheck.formats import losses, ratings
from factcheck.formats.here import Here
from factcheck.formats.losses import Loss

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
_ELSEWHERE = "it is on the page that the review links to"
_WORD = "a review has the word of the rating"
LOSES: losses.Table = {
    "external_id": "the format has no id for claims",
    "article_id": "the format has no article",
    "article": "the format has no article",
    "kind": "the format has no kinds of claims",
    "quotes": "the format has no quotes",
    "quantity": "the format has no numbers; they are part of the claim's text",
    "attribution.status": "a review covers only the verdict",
    "attribution.reason": "a review covers only the verdict",
    "attribution.reviewed_by": "a review covers only the verdict",
    "attribution.reviewed_at": "a review covers only the verdict",
    "attribution.second_opinion": "a review covers only the verdict",
    "attribution.chain": "the claimant is one name, without relays, directness and reporting verbs",
    "attribution.origin.id": "the claimant is a name",
    "attribution.origin.kind": "the claimant is a name",
    "tags": "the format has no tags",
    "reason": _ELSEWHERE,
    "reviewed_by": "the publisher is the desk",
    "valid_on": "the only date of a claim is that of its publication",
    "review_by": "a review does not expire",
    "rating.scale_id": _WORD,
    "rating.key": _WORD,
    "rating.language": _WORD,
    "rating.number": _WORD,
    "rating.best": _WORD,
    "rating.worst": _WORD,
    "second_opinion": "the format has no review that was not given yet",
    "evidence": _ELSEWHERE,
    "occurrences": _ELSEWHERE,
    "relations": "the format has no relations between claims",
    "revision": _ELSEWHERE,
    "created_at": "the only date of a claim is that of its publication",
    "updated_at": "the only date of a claim is that of its publication",
    "links": "links are paths on this desk",
}


def convert(claim: Json, article: Json, here: Here) -> tuple[Json, list[Loss]]:
    """Return a claim that has a verdict with its one review, ours, and what is lost; what is not known is left out.

    `article` is the claim's article as the API lists it. The claimant is the origin, by name or as it is described;
    without a chain it is who published the article. The day of the claim is the article's.
    """
    review = {
        "publisher": {"name": here.name, "site": site(here)},
        "url": here.page(claim["id"]),
        "title": claim["text"],
        "reviewDate": claim["reviewed_at"],
        "textualRating": ratings.words_of(claim),
        "languageCode": article["language"],
    }
    made = {
        "text": claim["text"],
        "claimant": _claimant(claim, article),
        "claimDate": f"{article['published_on']}T00:00:00Z" if article["published_on"] else None,
        "claimReview": [_given(review)],
    }
    house = [Loss("status", ratings.HOUSE_WORD)] if "rating" in claim else []
    return _given(made), losses.of(claim, LOSES) + house


def site(here: Here) -> str:
    """Return the site of the desk, as a publisher: its host."""
    return urlsplit(here.base).hostname or ""


def _claimant(claim: Json, article: Json) -> str | None:
    chain, origin = claim["attribution"]["chain"], claim["attribution"]["origin"]
    if chain:
        name: str | None = origin["name"] if origin else chain[-1]["described_as"]
        return name
    publisher: str | None = article["outlet"]["name"] if article["outlet"] else article["author"]
    return publisher


def _given(members: Json) -> Json:
    return {name: value for name, value in members.items() if value is not None}
