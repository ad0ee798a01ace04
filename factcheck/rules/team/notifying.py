"""The kinds of notifications."""

from enum import StrEnum


class NotificationKind(StrEnum):
    ASSIGNED = "assigned"  # a claim was assigned to them
    OPINION_ASKED = "opinion_asked"  # they are to give a second opinion
    MENTIONED = "mentioned"  # a comment mentions them
    ANSWERED = "answered"  # somebody wrote in a thread in which they did
    ARTICLE_CHANGED = "article_changed"  # an article that they watch has a newer text
