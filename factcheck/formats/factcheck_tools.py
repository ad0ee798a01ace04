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
_ELSEWHERE = "it stands at the review's address"
LOSES: losses.Table = {
    "external_id": "a claim has no id there",
    "article_id": "a claim has no place where it was found",
    "article": "a claim has no place where it was found",
    "kind": "there are no kinds of claims",
    "quotes": "a claim is not anchored in a text",
    "quantity": "there is no member for a number; the claim's text has its words",
    "attribution.status": "a review is of the content alone",
    "attribution.reason": "a review is of the content alone",
    "attribution.reviewed_by": "a review is of the content alone",
    "attribution.reviewed_at": "a review is of the content alone",
    "attribution.second_opinion": "a review is of the content alone",
    "attribution.chain": "the claimant is one name: who passed the claim on, how directly and by which word is lost",
    "attribution.origin.id": "the claimant is a name",
    "attribution.origin.kind": "the claimant is a name",
    "tags": "there is no member for tags",
    "reason": _ELSEWHERE,
    "reviewed_by": "the publisher is the desk",
    "valid_on": "the one day of a claim is that on which it was made",
    "review_by": "a review is for ever there",
    "second_opinion": "there is no member for a review that is still to come",
    "evidence": _ELSEWHERE,
    "relations": "claims are not related there",
    "revision": _ELSEWHERE,
    "created_at": "the one day of a claim is that on which it was made",
    "updated_at": "the one day of a claim is that on which it was made",
    "links": "they are this desk's own paths",
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
        "textualRating": ratings.RATINGS[claim["status"]].words,
        "languageCode": article["language"],
    }
    made = {
        "text": claim["text"],
        "claimant": _claimant(claim, article),
        "claimDate": f"{article['published_on']}T00:00:00Z" if article["published_on"] else None,
        "claimReview": [_given(review)],
    }
    return _given(made), losses.of(claim, LOSES)


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
