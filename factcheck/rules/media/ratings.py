"""The six values that a MediaReview has for media, as a desk rates claims with them.

The scale is `seeds/ratings/media-review.json`. A desk may add another one with this URL and these keys: it is taken for
the same.
"""

from factcheck.rules.media.kinds import ArticleKind

URL = "https://schema.org/MediaManipulationRatingEnumeration"
CATEGORIES = {
    "original_content": "OriginalMediaContent",
    "decontextualized_content": "DecontextualizedContent",
    "edited_or_cropped_content": "EditedOrCroppedContent",
    "transformed_content": "TransformedContent",
    "staged_content": "StagedContent",
    "satire_or_parody_content": "SatireOrParodyContent",
}
MEDIA = frozenset({ArticleKind.VIDEO, ArticleKind.IMAGE, ArticleKind.POST})


def category(kind: str, scale_url: str | None, key: str) -> str | None:
    """Return what a verdict with this rating says of the media of an article of this kind; None if it says nothing."""
    return CATEGORIES.get(key) if scale_url == URL and kind in MEDIA else None
