"""Why two related claims cannot both stand: by their verdicts, or by their figures."""

from factcheck.messages import message
from factcheck.rules.auditing.audited import Audited, said_of
from factcheck.rules.origins import quoted
from factcheck.rules.sources import RelationKind
from factcheck.rules.status import VERDICTS, Kind, Status

# Kinds of relations whose claims speak of one figure: ranges that do not meet cannot both be right.
ONE_FIGURE = frozenset(
    {RelationKind.CONTRADICTS, RelationKind.IN_TENSION_WITH, RelationKind.RESTATES, RelationKind.SUPPORTS}
)


def clash(kind: RelationKind, claim: Audited, other: Audited) -> str | None:
    """Say why two related claims cannot both stand as they do now; None when they can."""
    pair = {claim.status, other.status}
    if kind is RelationKind.RESTATES and pair == {Status.VERIFIED, Status.REFUTED}:
        return message(
            "It says the same as {other}, but it is {status} and that one is {their_status}.",
            other=quoted(other.text), status=said_of(claim.status), their_status=said_of(other.status),
        )  # fmt: skip
    if not _open(claim.status, other.status):
        return None
    if kind is RelationKind.CONTRADICTS:
        return message(
            "It contradicts {other}: this one is {status}, that one {their_status}.",
            other=quoted(other.text), status=said_of(claim.status), their_status=said_of(other.status),
        )  # fmt: skip
    if kind in ONE_FIGURE and apart(claim, other):
        return message(
            "Its figure ({figure}) does not overlap with that of {other} ({their_figure}).",
            figure=figure(claim), other=quoted(other.text), their_figure=figure(other),
        )  # fmt: skip
    return None


def _open(one: Status, two: Status) -> bool:
    """Say whether two statuses leave a contradiction open: it is closed once one is refuted, or both are decided and
    not both verified.
    """
    if Status.REFUTED in (one, two):
        return False
    decided = one in VERDICTS and two in VERDICTS
    return not decided or one is two is Status.VERIFIED


def apart(one: Audited, two: Audited) -> bool:
    """Say whether two quantities of one unit have ranges that do not meet."""
    if one.kind is not Kind.QUANTITY or two.kind is not Kind.QUANTITY or _unit(one) != _unit(two):
        return False
    low, high = _range(one)
    other_low, other_high = _range(two)
    return high < other_low or other_high < low


def figure(claim: Audited) -> str:
    """Write a quantity's range with its unit."""
    low, high = (None if each is None else f"{each:,.15g}" for each in (claim.low, claim.high))
    text: str
    if low is not None and high is not None:
        text = low if low == high else message("{low} to {high}", low=low, high=high)
    elif low is not None:
        text = message("at least {low}", low=low)
    else:
        text = message("at most {high}", high=high) if high is not None else message("no figure")
    return message("{figure} {unit}", figure=text, unit=claim.unit) if claim.unit else text


def _unit(claim: Audited) -> str:
    return (claim.unit or "").strip().casefold()


def _range(claim: Audited) -> tuple[float, float]:
    low = float("-inf") if claim.low is None else claim.low
    return low, float("inf") if claim.high is None else claim.high
