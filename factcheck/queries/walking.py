"""Lists whose items are looked at once more after they were read: few are passed over, and pages stay full."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy.engine import Connection

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


def standing_pairs(
    connection: Connection, rows: Sequence[Any], things: Any, settled: Any
) -> Iterator[tuple[Any, Any, Any]]:
    """Yield those rows of pairs of which both things are there and nobody has settled anything, each with its things.

    Rows have the `first_seq` and `second_seq` of their things. `things` selects things by `seqs`, with their `seq` and
    `id`; `settled` selects pairs of the ids of things by `ids`, in either order.
    """
    seqs = sorted({seq for row in rows for seq in (row.first_seq, row.second_seq)})
    there = {thing.seq: thing for thing in connection.execute(things, {"seqs": seqs})}
    ids = [thing.id for thing in there.values()]
    done = {frozenset(each) for each in connection.execute(settled, {"ids": ids})}
    for row in rows:
        one, other = there.get(row.first_seq), there.get(row.second_seq)
        if one is not None and other is not None and frozenset((one.id, other.id)) not in done:
            yield row, one, other
