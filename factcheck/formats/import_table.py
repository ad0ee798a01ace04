"""A table of things to import: its header names fields of the API, and each row is one thing.

A dot leads into an object, a number into a list, from 1: ``quotes.1.exact``, ``attribution.2.source_id``. An empty cell
is a field that is not given. `tags` may also be one cell, its tags separated by commas.
"""

import re
from collections.abc import Sequence
from typing import Any

from factcheck.errors import Flaw, Invalid
from factcheck.messages import message

COLUMNS = 1000
STEPS = 5  # of a column's name: `attribution.1.source_quotes.1.exact` is the longest path of the API
LONGEST = 200  # characters of a column's name
TAGS = 50  # of a cell: one more is split off, so that the schema can tell that there are too many
_WHOLE = re.compile(r"-?[0-9]{1,16}")
_NUMBER = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,16})?")
_PLACE = re.compile(r"[1-9][0-9]?")
_NUMBERS, _FLAGS = {"low", "high", "start", "end"}, {"true": True, "false": False}
Json = dict[str, Any]


class Header:
    """The columns of a table. Raises Invalid for a header that cannot be understood in one way."""

    def __init__(self, names: Sequence[str]) -> None:
        if len(names) > COLUMNS:
            raise _unreadable([Flaw(message("Has more than {most} columns.", most=COLUMNS))])
        self.paths = [_path(name) for name in names]
        flaws = []
        seen: set[tuple[str, ...]] = set()
        inner = {path[:at] for path in self.paths for at in range(1, len(path))}
        for name, path in zip(names, self.paths, strict=True):
            if not path:
                told = message(
                    "“{name}” is not the name of a column, which has at most {steps} parts and {most} characters.",
                    name=_shown(name),
                    steps=STEPS,
                    most=LONGEST,
                )
                flaws.append(Flaw(told))
            elif path in seen or path in inner:
                told = message("“{name}” is in the header twice, or is a part of another column.", name=_shown(name))
                flaws.append(Flaw(told))
            seen.add(path)
        if flaws:
            raise _unreadable(flaws[:100])

    def thing(self, row: Sequence[str]) -> Json:
        """Return what a row says, in the shape of a line of JSON; a claim where there is no column `type`."""
        if len(row) > len(self.paths):
            raise Invalid(message("The row has more cells than the header has columns."))
        thing: Json = {}
        for path, cell in zip(self.paths, row, strict=False):
            if not cell:
                continue
            here = thing
            for step in path[:-1]:
                here = here.setdefault(step, {})
            here[path[-1]] = _value(path, cell)
        listed = {name: _lists(value) for name, value in thing.items()}
        return listed if "type" in listed else {"type": "claim", **listed}


def _unreadable(flaws: list[Flaw]) -> Invalid:
    return Invalid(message("The table's header cannot be read."), flaws=flaws)


def _path(name: str) -> tuple[str, ...]:
    """Return the steps of a column's name, none for one that is no name. Long names are never taken apart."""
    if len(name) > LONGEST:
        return ()
    steps = tuple(name.strip().split(".", STEPS))
    return steps if all(steps) and len(steps) <= STEPS else ()


def _shown(name: str) -> str:
    return name if len(name) <= 100 else f"{name[:100]}…"


def _value(path: tuple[str, ...], cell: str) -> Any:
    name = path[-1]
    if path == ("tags",):
        return [tag for tag in map(str.strip, cell.split(",", TAGS)) if tag]
    if name == "interested":
        return _FLAGS.get(cell.lower(), cell)
    if name in _NUMBERS and len(path) > 1:
        if _WHOLE.fullmatch(cell):
            return int(cell)
        return float(cell) if _NUMBER.fullmatch(cell) else cell
    return cell


def _lists(value: Any) -> Any:
    """Make lists of objects whose members are all places."""
    if not isinstance(value, dict):
        return value
    inside = {name: _lists(each) for name, each in value.items()}
    if all(_PLACE.fullmatch(name) for name in inside):
        return [inside[name] for name in sorted(inside, key=int)]
    return inside
