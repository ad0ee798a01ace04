"""Lists whose items are looked at once more after they were read: few are passed over, and pages stay full."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

Key = list[Any]
Item = TypeVar("Item")


def walk(
    read: Callable[[Key | None], Sequence[Any]],
    sift: Callable[[Sequence[Any]], Iterator[Item]],
    key_of: Callable[[Any], Key],
    *,
    after: Key | None,
    batch: int,
) -> Iterator[Item]:
    """Yield what `sift` makes of rows, which `read` returns in batches of this size, each from behind a key.

    For what a join would do: a planner that knows little of the tables begins a join with the largest of them.
    """
    while rows := read(after):
        yield from sift(rows)
        if len(rows) < batch:
            return
        after = key_of(rows[-1])
