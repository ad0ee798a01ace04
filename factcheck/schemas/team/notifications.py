"""Notifications, in and out."""

from marshmallow import fields

from factcheck.rules.team.notifying import Delivery, NotificationKind
from factcheck.schemas.base import Choice, In, Moment, Out, Reference, Whole
from factcheck.schemas.parts import PersonRef


class NotificationsSeenIn(In):
    """How far you have seen your notifications."""

    seen_index = Whole(0, required=True, metadata={"description": "The `log_index` of the newest one that you saw."})


class NotificationsSeenOut(Out):
    seen_index = Whole(0, required=True, metadata={"description": "All up to this entry of the log were seen."})


class NotificationLinks(Out):
    about = fields.String(required=True)
    comment = fields.String(required=True, allow_none=True)


class NotificationOut(Out):
    """One thing that happened and concerns you."""

    log_index = Whole(0, required=True, metadata={"description": "The entry of the log of what happened."})
    kind = Choice(
        NotificationKind,
        required=True,
        metadata={
            "description": "assigned: a claim was assigned to you; opinion_asked: your second opinion is asked for;"
            " mentioned: a comment mentions you; answered: somebody wrote in a thread in which you did;"
            " article_changed: an article that you watch has a newer text."
        },
    )
    at = Moment(required=True)
    by = fields.Nested(
        PersonRef,
        required=True,
        allow_none=True,
        metadata={"description": "Null while you have to give a second opinion on the claim."},
    )
    claim_id = Reference(required=True, allow_none=True)
    article_id = Reference(required=True, allow_none=True)
    comment_id = Reference(required=True, allow_none=True)
    about = fields.String(required=True, metadata={"description": "The claim's text, or the article's title."})
    seen = fields.Boolean(required=True)
    links = fields.Nested(NotificationLinks, required=True)


_WHEN = {
    "description": "at_once: within seconds; daily: together, in the morning of your time zone; never. It counts if you"
    " have an address."
}
# When each kind of notification is mailed to somebody; of a change, what is left out stays.
MailChoicesIn = In.from_dict(
    {str(kind): Choice(Delivery, metadata=_WHEN) for kind in NotificationKind}, name="MailChoicesIn"
)
MailChoicesOut = Out.from_dict(
    {str(kind): Choice(Delivery, required=True, metadata=_WHEN) for kind in NotificationKind}, name="MailChoicesOut"
)
