"""What can go wrong, in the trade's own nouns. `web/problems.py` maps each class to a status code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


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
    """There is no form of the thing that the client's Accept allows. `available` lists those that there are."""


class TooSlow(FactcheckError):
    """The body took too long to come."""


class HeadTooLarge(FactcheckError):
    """The path, the query and the headers are too large together."""


class LengthMissing(FactcheckError):
    """The body must say how long it is, in Content-Length: where it breaks off could not be told otherwise."""


class RangeNotSatisfiable(FactcheckError):
    """The file has no such part: the header Range names bytes behind its end, or is malformed."""


class WrongMediaType(FactcheckError):
    """The body is not of a type that this path takes."""


class TooLarge(FactcheckError):
    """The body is larger than this desk allows."""


class Invalid(FactcheckError):
    """The request can be read, but a field or parameter is not allowed as it stands."""


class RuleUnmet(Invalid):
    """The decision lacks what the status table asks for."""


class Unauthenticated(FactcheckError):
    """A token is needed, and there is none or it is not good."""


class Forbidden(FactcheckError):
    """The caller's role does not allow the action."""


class NotFound(FactcheckError):
    """There is no such thing."""


class WrongMethod(FactcheckError):
    """This path does not know this method."""


class Withdrawn(FactcheckError):
    """The claim was withdrawn; the tombstone says when, why and by whom."""


class Merged(FactcheckError):
    """The source was merged into another one."""

    def __init__(self, into: str) -> None:
        super().__init__(f"This source was merged into {into}.", into=into)
        self.into = into


class Clash(FactcheckError):
    """The request is against a rule in the state that things are in."""


class CheckedBefore(Clash):
    """The desk has a claim that is likely the same one, and was asked to refuse it then. `similar` says which."""


class Stale(FactcheckError):
    """Somebody changed the thing since the caller saw it."""

    def __init__(self, current: str, *, weak: bool = False) -> None:
        detail = "Somebody changed it since you read it: read it again, then decide."
        if weak:
            detail = (
                'The ETag in If-Match is weak (W/"…"), as a proxy that compresses answers makes it,'
                " and names no version. Send the strong one."
            )
        super().__init__(detail, current_etag=f'"{current}"')
        self.current: str | None = current


class Versionless(Stale):
    """If-Match names a version, and what the request would change has none to compare it with. Nothing was changed."""

    def __init__(self) -> None:
        FactcheckError.__init__(
            self, "If-Match names a version of something that has none: send the request without it."
        )
        self.current = None


class PreconditionMissing(FactcheckError):
    """The request must say, in If-Match, which version it changes."""


class TooMany(FactcheckError):
    """Too many requests in too little time. `wait` is how many seconds later there is room again."""

    def __init__(self, detail: str, *, wait: float = 2) -> None:
        super().__init__(detail)
        self.wait = wait


class Unavailable(FactcheckError):
    """The database cannot answer now; nothing was changed, and the request may be sent again."""


class Unconfirmed(Unavailable):
    """It is not known whether the change was stored: the database was lost while it was being committed, or no standby
    has confirmed it.

    Read before you send it again, or send it again under the same Idempotency-Key, which does nothing twice.
    """


class Misconfigured(FactcheckError):
    """A setting is missing or wrong."""


class Refused(Misconfigured):
    """The publisher will not sign the log as it is: it is not a continuation of what was signed before."""


class SchemaOutdated(Misconfigured):
    """The database's schema is not the one that this version needs."""
