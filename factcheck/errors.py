"""What can go wrong, in the trade's own nouns. `web/problems.py` maps each class to a status code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from factcheck.messages import message


@dataclass(frozen=True)
class Flaw:
    """One thing wrong with the input, at a JSON pointer of the body or in a named parameter.

    `places` lists where in the text an ambiguous quote occurs, `candidates` the sources that an ambiguous name may
    mean; `rule` names the rule that is not met.
    """

    detail: str
    pointer: str | None = None
    parameter: str | None = None
    places: tuple[Mapping[str, Any], ...] = ()
    rule: str | None = None
    candidates: tuple[Mapping[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        members = {
            "pointer": self.pointer,
            "parameter": self.parameter,
            "detail": self.detail,
            "rule": self.rule,
        }
        told: dict[str, Any] = {name: value for name, value in members.items() if value is not None}
        lists = {"places": self.places, "candidates": self.candidates}
        return told | {name: list(items) for name, items in lists.items() if items}


class FactcheckError(Exception):
    """The root of all errors that are answers, not accidents.

    `extra` holds members that the problem document carries beside its standard ones.
    """

    def __init__(self, detail: str, *, flaws: Sequence[Flaw] = (), **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.flaws = list(flaws)
        self.extra: Mapping[str, Any] = extra


class Unreadable(FactcheckError):
    """The request cannot be read: not JSON, not UTF-8, nested too deep, or with repeated keys."""


class NotAcceptable(FactcheckError):
    """No format of the resource is acceptable to the client. `available` lists its formats."""


class TooSlow(FactcheckError):
    """The body did not arrive in time."""


class HeadTooLarge(FactcheckError):
    """The path, the query and the headers are too large together."""


class LengthMissing(FactcheckError):
    """The request needs a Content-Length, so that the desk can tell whether the body is complete."""


class RangeNotSatisfiable(FactcheckError):
    """The header Range names bytes after the end of the file, or is malformed."""


class WrongMediaType(FactcheckError):
    """The body has a media type that this path does not accept."""


class TooLarge(FactcheckError):
    """The body is larger than this desk allows."""


class Invalid(FactcheckError):
    """A field or parameter of the request is not allowed. `errors` names each one and says what to do."""


class NotCaptured(Invalid):
    """The page cannot be captured. `reason` says why in one word; `capture_id` is the capture that failed."""


class RuleUnmet(Invalid):
    """The decision does not meet a requirement of the status table. `errors` names the requirement."""


class Unauthenticated(FactcheckError):
    """The request needs a valid token."""


class LoginFailed(FactcheckError):
    """The login at the identity provider cannot be completed: start it again. `reason` says why in one word."""


class LoginRefused(FactcheckError):
    """The identity provider knows the person, but this desk does not let them in. `reason` says why in one word."""


class ProviderUnavailable(FactcheckError):
    """The identity provider does not respond, or not as it must. Nobody was logged in."""


class MailUnavailable(FactcheckError):
    """The mail server does not respond, or takes no mail now. It may have taken this one: the desk does not know."""


class Forbidden(FactcheckError):
    """The caller's role does not allow the action."""


class NotFound(FactcheckError):
    """The resource does not exist."""


class WrongMethod(FactcheckError):
    """This path does not support this method."""


class Withdrawn(FactcheckError):
    """The claim was withdrawn. `claim` says when, why and by whom."""


class Retracted(FactcheckError):
    """The report was retracted. `report` says when and why."""


class Redacted(FactcheckError):
    """The request was carried out before, and what it was about was redacted since. Nothing was done again."""


class Merged(FactcheckError):
    """The source is joined with others and shown as another one: `into`."""

    def __init__(self, into: str) -> None:
        super().__init__(message("This source is shown as {into}.", into=into), into=into)
        self.into = into


class Clash(FactcheckError):
    """The request violates a rule in the current state."""


class Exists(Clash):
    """The desk has an article with this URL or this text already: `id` is the first, `articles` lists them.

    To add it all the same, send `Prefer: handling=lenient`.
    """


class CheckedBefore(Clash):
    """The desk probably has this claim already, and the request asked not to add it. `similar` lists the claims."""


class SimilarSource(Clash):
    """The desk likely has this source already, and the request asked not to add it. `similar` lists the candidates."""


class Stale(FactcheckError):
    """Somebody changed the resource since the caller read it."""

    def __init__(self, current: str, *, weak: bool = False) -> None:
        detail = message("Somebody changed it since you read it. Read it again, then decide.")
        if weak:
            detail = message(
                'The ETag in If-Match is weak (W/"…"), as from a compressing proxy,'
                " and names no version. Send the strong one."
            )
        super().__init__(detail, current_etag=f'"{current}"')
        self.current: str | None = current


class Versionless(Stale):
    """If-Match names a version, but the request changes a resource without versions. Nothing was changed."""

    def __init__(self) -> None:
        detail = message("If-Match names a version, but the resource has no versions. Send the request without it.")
        FactcheckError.__init__(self, detail)
        self.current = None


class PreconditionMissing(FactcheckError):
    """The request needs If-Match with the version that it changes."""


class TooMany(FactcheckError):
    """There were too many requests. `wait` is the number of seconds to wait."""

    def __init__(self, detail: str, *, wait: float = 2) -> None:
        super().__init__(detail)
        self.wait = wait


class Unavailable(FactcheckError):
    """The database is not available now. Nothing was changed, and the request can be sent again."""


class Unconfirmed(Unavailable):
    """The outcome of the change is not known: the database was lost during the commit, or no standby confirmed it.

    Read before you try again, or repeat the request under the same Idempotency-Key. It then takes effect only once.
    """


class Misconfigured(FactcheckError):
    """A setting is missing or wrong."""


class Refused(Misconfigured):
    """The publisher does not sign the log, because it does not continue what was signed before."""


class SchemaOutdated(Misconfigured):
    """The database does not have the schema that this version needs."""
