"""Comments, in and out."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from factcheck.schemas.base import In, Moment, Out, Reference, Text, Whole, many
from factcheck.schemas.parts import PersonRef, refuse_repeats

LONGEST = 10_000  # code points of a comment
MENTIONS = 20


class CommentChangesIn(In):
    """The text of a comment, and whom it mentions."""

    text = Text(LONGEST, required=True, metadata={"description": "Markdown. HTML in it is shown as it is written."})
    mentions = many(
        Reference(), MENTIONS, metadata={"description": "The people whom it mentions. New ones must be active."}
    )

    @validates_schema(skip_on_field_errors=True)
    def _each_once(self, data: dict[str, Any], **_: Any) -> None:
        try:
            refuse_repeats(data["mentions"])
        except ValidationError as error:
            raise ValidationError({"mentions": error.messages}) from None


class CommentIn(CommentChangesIn):
    """A comment on a claim."""

    in_reply_to = Reference(
        load_default=None,
        allow_none=True,
        metadata={"description": "A comment on the same claim or article. A reply to a reply belongs to its thread."},
    )


class WordsIn(In):
    """Words of a snapshot of the article, in Unicode code points. The end is exclusive."""

    snapshot = Whole(1, required=True)
    start = Whole(0, required=True)
    end = Whole(1, required=True)


class ArticleCommentIn(CommentIn):
    """A comment on an article, or on words of it."""

    quote = fields.Nested(WordsIn, load_default=None, allow_none=True)


class CommentWithdrawalIn(In):
    """Why a comment is withdrawn. The log keeps the reason."""

    reason = Text(4000, load_default=None, allow_none=True)


class WordsOut(Out):
    snapshot = Whole(1, required=True)
    start = Whole(0, required=True)
    end = Whole(1, required=True)
    exact = fields.String(required=True)
    in_newest = fields.Boolean(
        required=True,
        metadata={"description": "Whether the newest snapshot has these words, apart from how they are typeset."},
    )


class CommentLinks(Out):
    self = fields.String(required=True)
    about = fields.String(required=True, metadata={"description": "The claim or the article."})
    history = fields.String(required=True)


class CommentOut(Out):
    """A comment. One that was withdrawn or redacted keeps its place in its thread, without its text."""

    id = Reference(required=True)
    claim_id = Reference(required=True, allow_none=True)
    article_id = Reference(required=True, allow_none=True)
    in_reply_to = Reference(
        required=True, allow_none=True, metadata={"description": "The comment that began the thread."}
    )
    text = fields.String(required=True, allow_none=True)
    mentions = fields.List(fields.Nested(PersonRef), required=True)
    quote = fields.Nested(WordsOut, required=True, allow_none=True)
    author = fields.Nested(PersonRef, required=True)
    created_at = Moment(required=True)
    edited_at = Moment(required=True, allow_none=True)
    withdrawn_at = Moment(required=True, allow_none=True)
    withdrawn_by = fields.Nested(PersonRef, required=True, allow_none=True)
    redacted = fields.Boolean(required=True, metadata={"description": "Whether its text or words of it were removed."})
    log_index = Whole(0, required=True, metadata={"description": "The place of its newest entry in the log."})
    links = fields.Nested(CommentLinks, required=True)
