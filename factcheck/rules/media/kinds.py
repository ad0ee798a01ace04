"""What an article is: a written text, or a speech, a post, a video or an image, whose text says what is in it."""

from enum import StrEnum


class ArticleKind(StrEnum):
    """The text of a speech or a video is its transcript, that of an image its caption or its description."""

    ARTICLE = "article"  # also of one whose entries in the log say no kind
    SPEECH = "speech"
    POST = "post"
    VIDEO = "video"
    IMAGE = "image"


# What each is in schema.org's terms. A speech has no type of its own there.
SCHEMA_TYPES = {
    ArticleKind.ARTICLE: "Article",
    ArticleKind.SPEECH: "CreativeWork",
    ArticleKind.POST: "SocialMediaPosting",
    ArticleKind.VIDEO: "VideoObject",
    ArticleKind.IMAGE: "ImageObject",
}
