"""What a quote's place is refused for, in words that an analyst can act on."""

from collections.abc import Sequence

from factcheck.messages import Message, message, plural
from factcheck.rules.text.graphemes import boundary, character_at

PLACES_TOLD = 20  # places listed when a quote is ambiguous
Place = tuple[int, int]
ABSENT = message("The quote does not occur in the article's text.")
COSTLY = message("Searching for these quotes takes too long: send start and end, or fewer quotes.")


def no_place(start: int, end: int, length: int) -> Message:
    """Say that a text of this length has no such place."""
    return message(
        "[{start}, {end}) is not a place in a text of {length} code points (start before end, end exclusive).",
        start=start,
        end=end,
        length=length,
    )


def other_words(start: int, end: int, shown: str) -> Message:
    """Say what stands at a place instead of the quote."""
    return message(
        "The text at [{start}, {end}), counted in Unicode code points, is “{shown}”.",
        start=start,
        end=end,
        shown=shown,
    )


def elsewhere(places: Sequence[Place]) -> Message:
    """Say where a quote occurs, though not with the prefix and suffix that were given."""
    if len(places) > PLACES_TOLD:
        return message(
            "The quote occurs more than {most} times; the first {most} are at {where}, but not with this prefix and"
            " suffix.",
            most=PLACES_TOLD,
            where=_listed(places),
        )
    return plural(
        "The quote occurs at {where}, but not with this prefix and suffix.",
        "The quote occurs {count} times, at {where}, but not with this prefix and suffix.",
        len(places),
        where=_listed(places),
    )


def ambiguous(places: Sequence[Place]) -> Message:
    """Say where a quote with several places occurs."""
    if len(places) > PLACES_TOLD:
        return message(
            "The quote occurs more than {most} times; the first {most} are at {where}: add prefix and suffix, or start"
            " and end.",
            most=PLACES_TOLD,
            where=_listed(places),
        )
    return plural(
        "The quote occurs at {where}: add prefix and suffix, or start and end.",
        "The quote occurs {count} times, at {where}: add prefix and suffix, or start and end.",
        len(places),
        where=_listed(places),
    )


def _listed(places: Sequence[Place]) -> str:
    return ", ".join(f"[{begins}, {ends})" for begins, ends in places[:PLACES_TOLD])


def cut(text: str, begins: int, ends: int) -> Message:
    """Say what is wrong with a place that cuts a character."""
    place = f"[{begins}, {ends})"
    if boundary(text, begins):
        character = character_at(text, ends)
        if character == "\r\n":
            return message("{place} ends inside of a line break of two code points.", place=place)
        return message(
            "{place} ends inside of “{character}”, which people see as one character.", place=place, character=character
        )
    character = character_at(text, begins)
    if character == "\r\n":
        return message("{place} begins inside of a line break of two code points.", place=place)
    return message(
        "{place} begins inside of “{character}”, which people see as one character.", place=place, character=character
    )


def only_cut(text: str, begins: int, ends: int) -> Message:
    """Say that the only place of a quote cuts a character."""
    return message("The quote occurs only inside a character: {where}", where=cut(text, begins, ends))
