"""A claim about media as schema.org's MediaReview (https://schema.org/MediaReview), beside its ClaimReview.

schema.org demands nothing of one. What Google's Fact Check Tools export, and what those who archive such reviews
demand, are `author`, `datePublished`, `url`, `itemReviewed` with the address of the media, and
`mediaAuthenticityCategory`.
"""

from typing import Any

from factcheck.rules.media.kinds import ArticleKind

Json = dict[str, Any]
# What media is there. A post holds media, of which nothing more is known.
TYPES = {ArticleKind.VIDEO: "VideoObject", ArticleKind.IMAGE: "ImageObject", ArticleKind.POST: "MediaObject"}
SHARED = ("@context", "url", "datePublished", "dateModified", "expires", "author")


def convert(review: Json, kind: str, category: str) -> Json | None:
    """Return the MediaReview that belongs to a ClaimReview, as `claim_review.convert` made it.

    `kind` is that of the article, `category` one of schema.org's six values. None if the article has no URL: then the
    review could not say of which media it is.
    """
    claim = {"text": review["claimReviewed"], **review["itemReviewed"]}
    appearances = claim.pop("appearance")
    work = appearances[0] if isinstance(appearances, list) else appearances  # the article, before other occurrences
    if "url" not in work:
        return None
    media = {
        "@type": TYPES[ArticleKind(kind)],
        "contentUrl": work["url"],
        **{
            name: work[name] for name in ("@id", "headline", "datePublished", "inLanguage", "publisher") if name in work
        },
    }
    creator = work.get("author") or work.get("publisher")
    explained = review["reviewRating"].get("ratingExplanation")
    return {
        **{name: review[name] for name in SHARED if name in review},
        "@type": "MediaReview",
        "@id": f"{review['url']}#mediareview",
        "mediaAuthenticityCategory": category,
        **({"originalMediaContextDescription": explained} if explained else {}),
        "itemReviewed": {
            "@type": "MediaReviewItem",
            **({"creator": creator} if creator else {}),
            "interpretedAsClaim": claim,
            "mediaItemAppearance": [media],
        },
        "associatedClaimReview": {"@type": "ClaimReview", "@id": review["@id"]},
    }
