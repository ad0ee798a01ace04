"""The kinds of notifications, what each says, and when it is mailed."""

from enum import StrEnum

from factcheck.messages import Message, message


class NotificationKind(StrEnum):
    ASSIGNED = "assigned"  # a claim was assigned to them
    OPINION_ASKED = "opinion_asked"  # they are to give a second opinion
    MENTIONED = "mentioned"  # a comment mentions them
    ANSWERED = "answered"  # somebody wrote in a thread in which they did
    ARTICLE_CHANGED = "article_changed"  # an article that they watch has a newer text


class Delivery(StrEnum):
    AT_ONCE = "at_once"  # within seconds, together with what comes at the same time
    DAILY = "daily"  # one mail a day
    NEVER = "never"


def sentence(kind: str, who: str | None) -> Message:
    """Say what happened, and who did it; None for somebody who must not be named."""
    name = message("Somebody") if who is None else who
    return {
        NotificationKind.ASSIGNED: message("{name} assigned a claim to you", name=name),
        NotificationKind.OPINION_ASKED: message("{name} asked for your second opinion", name=name),
        NotificationKind.MENTIONED: message("{name} mentioned you in a comment", name=name),
        NotificationKind.ANSWERED: message("{name} wrote in a thread of yours", name=name),
        NotificationKind.ARTICLE_CHANGED: message("{name}: an article that you watch has a newer text", name=name),
    }[NotificationKind(kind)]
