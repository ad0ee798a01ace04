"""Lists in forms: numbered rows that are closed up, removed and moved, for browsers that run no scripts."""

import re
from collections.abc import Callable

# Choices and ids that say nothing while everything beside them is empty.
SILENT = frozenset(
    {
        "stance", "capture", "directness", "interested", "start", "end", "status",
        "new_kind", "source_kind", "origin_kind", "on_behalf_of_kind", "source_id", "origin_id", "on_behalf_of_id",
    }
)  # fmt: skip
_FIELD = re.compile(r"([a-z_]+)\.([0-9]{1,3})\.(.+)")
_ROW = re.compile(r"[a-z_]+\.[0-9]+\.")
_ARRANGE = re.compile(r"([a-z_]+)\.([0-9]{1,3})\.(remove|up|down)")
ADDED = ("quotes", "attribution", "ratings")  # lists to which the button `more` adds a row


def arranged(values: dict[str, str]) -> tuple[dict[str, str], str]:
    """Do to the rows of a form what its button `more` says, and close them up.

    Return the values, and the row to go on in, as ``attribution.1``; "" when no row was asked for.
    """
    asked = _ARRANGE.fullmatch(values.get("more", ""))
    if asked is None:
        closed = closed_up(values)
        name = closed.get("more", "")
        return closed, f"{name}.{_count(closed, name)}" if name in ADDED else ""
    name, row, what = asked[1], int(asked[2]), asked[3]
    other = {"remove": row, "up": max(row - 1, 0), "down": row + 1}[what]
    if what == "remove":
        moved = {each: text for each, text in values.items() if not each.startswith(f"{name}.{row}.")}
    else:
        swapped = {row: other, other: row}
        moved = _renumbered(values, lambda each, number: swapped.get(number, number) if each == name else number)
    # The row that is gone on in may get another number by closing up: it is as many rows down as say something.
    before = {each: text for each, text in moved.items() if _number(each, name) < other}
    return closed_up(moved), f"{name}.{_count(closed_up(before), name)}"


def closed_up(values: dict[str, str]) -> dict[str, str]:
    """Number the rows of each list anew, leaving out those that say nothing."""
    saying: dict[str, set[int]] = {}
    for name, text in values.items():
        found = _FIELD.fullmatch(name)
        if found and text.strip() and found[3].rpartition(".")[2] not in SILENT:
            saying.setdefault(found[1], set()).add(int(found[2]))
    numbers = {name: {old: new for new, old in enumerate(sorted(rows))} for name, rows in saying.items()}
    return _renumbered(values, lambda name, number: numbers.get(name, {}).get(number))


def _renumbered(values: dict[str, str], number: Callable[[str, int], int | None]) -> dict[str, str]:
    """Give the rows of lists other numbers; a row without one is left out."""
    fresh: dict[str, str] = {}
    for each, text in values.items():
        if not _ROW.match(each):
            fresh[each] = text
        elif (found := _FIELD.fullmatch(each)) and (new := number(found[1], int(found[2]))) is not None:
            fresh[f"{found[1]}.{new}.{found[3]}"] = text
    return fresh


def _number(field: str, name: str) -> int:
    """Return the number of a field's row in a list, -1 for a field of another list or of none."""
    found = _FIELD.fullmatch(field)
    return int(found[2]) if found and found[1] == name else -1


def _count(values: dict[str, str], name: str) -> int:
    return len({_number(each, name) for each in values} - {-1})
