"""People, their tokens and their sessions, in and out."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from marshmallow import ValidationError, fields, missing

from factcheck.messages import message
from factcheck.rules.roles import Role
from factcheck.rules.team.mailing import LONGEST_ADDRESS, is_address
from factcheck.schemas.base import Choice, Flag, In, Language, Moment, Out, Reference, Text, Whole

DAYS = 3650  # that a token lasts, at most, if it ends at all
_DISPLAY_NAME = "The name that readers without a token see. Null shows them the desk instead."
_LANGUAGE = "The language of their pages, as a tag such as fr. Null: the language that their browser asks for."
_TIME_ZONE = "The time zone of their pages, such as Africa/Niamey. Null: that of their browser."
_TOURED = "Whether they ended the tour of the desk. Until then, pages offer it to people who are new."
_LAST_USED = "When it was last used, right within an hour or so. Null: it was not used yet."
_EMAIL = "The address to which the desk mails their notifications. Null: it mails none."


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())  # which looks through all files of the time zone database


def time_zones() -> list[str]:
    """Return the time zones to choose from: those of a place, such as Africa/Niamey, in order."""
    return sorted(name for name in _known_zones() if "/" in name and not name.startswith("Etc/"))


class TimeZone(Text):
    """A time zone of the IANA database."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(100, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        if name not in _known_zones():
            raise ValidationError(message("Must be a time zone, such as Africa/Niamey."))
        return name


class MailAddress(Text):
    """An address to which mail can be sent."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(LONGEST_ADDRESS, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        address = super()._deserialize(value, attr, data, **kwargs)
        if not is_address(address):
            raise ValidationError(message("Must be an e-mail address, such as ama@example.org."))
        return address


class PersonIn(In):
    """Somebody who gets a role. They come in by a login link or a token."""

    name = Text(100, required=True)
    role = Choice(Role, required=True)
    display_name = Text(100, load_default=None, allow_none=True, metadata={"description": _DISPLAY_NAME})


class PersonChangesIn(In):
    """A merge patch: what is left out stays."""

    name = Text(100, metadata={"description": "Claims show it at once, and earlier versions of them the old one."})
    role = Choice(Role)
    display_name = Text(100, allow_none=True, metadata={"description": _DISPLAY_NAME})
    language = Language(load_default=missing, metadata={"description": _LANGUAGE})
    time_zone = TimeZone(allow_none=True, metadata={"description": _TIME_ZONE})
    email = MailAddress(allow_none=True, metadata={"description": _EMAIL})
    toured = Flag(metadata={"description": _TOURED})
    active = Flag(
        metadata={"description": "False ends the person's access at once. True lets them in again, by a new way in."}
    )
    reason = Text(4000, allow_none=True, metadata={"description": "Why. Only the log has it."})


class PersonLinks(Out):
    self = fields.String(required=True)
    tokens = fields.String(required=True)
    sessions = fields.String(required=True)


class PersonOut(Out):
    id = Reference(required=True)
    name = fields.String(required=True)
    display_name = fields.String(required=True, allow_none=True, metadata={"description": _DISPLAY_NAME})
    role = Choice(Role, required=True)
    language = fields.String(required=True, allow_none=True, metadata={"description": _LANGUAGE})
    time_zone = fields.String(required=True, allow_none=True, metadata={"description": _TIME_ZONE})
    email = fields.String(required=True, allow_none=True, metadata={"description": _EMAIL})
    toured = fields.Boolean(required=True, metadata={"description": _TOURED})
    active = fields.Boolean(required=True, metadata={"description": "Whether they have access."})
    redacted = fields.Boolean(required=True, metadata={"description": "Whether their name was erased."})
    created_at = Moment(required=True)
    disabled_at = Moment(required=True, allow_none=True)
    links = fields.Nested(PersonLinks, required=True)


class TokenIn(In):
    """A new token."""

    label = Text(
        100,
        load_default=None,
        allow_none=True,
        metadata={"description": "What you know it by, such as the program that uses it. The log has it."},
    )
    days = Whole(
        1,
        DAYS,
        load_default=None,
        allow_none=True,
        metadata={"description": "The number of days until it expires. Null for a token that does not expire."},
    )


class TokenLinks(Out):
    self = fields.String(required=True)
    person = fields.String(required=True)


class TokenOut(Out):
    id = Reference(required=True)
    label = fields.String(required=True, allow_none=True)
    token = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The token, `fck_…`. Only the response that creates it has it; otherwise null."},
    )
    active = fields.Boolean(required=True, metadata={"description": "Whether it gives access."})
    created_at = Moment(required=True)
    expires_at = Moment(required=True, allow_none=True)
    revoked_at = Moment(required=True, allow_none=True)
    last_used_at = Moment(required=True, allow_none=True, metadata={"description": _LAST_USED})
    links = fields.Nested(TokenLinks, required=True)


class LoginLinkIn(In):
    """What to do with the link."""

    mail = Flag(load_default=False, metadata={"description": "Whether to mail it to the person, and not to show it."})


class LoginLinkOut(Out):
    url = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "It logs a browser in, once. Null where it was mailed, and for a repeated request under its"
            " `Idempotency-Key`."
        },
    )
    expires_at = Moment(required=True)


class SessionOut(Out):
    """A browser in which the person is logged in."""

    id = Reference(required=True)
    user_agent = fields.String(
        required=True, allow_none=True, metadata={"description": "What the browser said of itself."}
    )
    current = fields.Boolean(required=True, metadata={"description": "Whether this request came from it."})
    created_at = Moment(required=True)
    expires_at = Moment(required=True)
    last_used_at = Moment(required=True, allow_none=True, metadata={"description": _LAST_USED})
