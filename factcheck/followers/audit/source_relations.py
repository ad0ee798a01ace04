"""Which sources depended on which, as far as a batch of entries concerns them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import bindparam, or_, select, union_all
from sqlalchemy.engine import Connection

from factcheck.desk.claim_state.connected import batches
from factcheck.desk.identity.related import depends
from factcheck.rules.identity.relations import KINDS, ONE_ORIGIN, Dependent
from factcheck.storage.tables.sources import SourceRelation

Joined = Callable[[set[str]], set[str]]  # gives sources with all that were ever joined with them


class SourceRelations:
    """The relations that held at some entry from log index `start` to before `end`, as they were entered.

    Those are read that make sources one origin, and that are on the way from a source that was asked for.
    """

    def __init__(self, connection: Connection, start: int, end: int, joined: Joined) -> None:
        self._connection, self._joined = connection, joined
        self._range = {"start": start, "end": end}
        self._onward: defaultdict[str, dict[str, Any]] = defaultdict(dict)  # by dependent source, then by id
        self._back: defaultdict[str, set[str]] = defaultdict(set)  # dependent sources by what they depend on

    def read_onward(self, source_ids: Iterable[str]) -> set[str]:
        """Read all that these sources depend on, and return it with them and all that were ever joined with any."""
        return self._read(source_ids, _ONWARD, lambda row: _sides(row)[1])

    def read_back(self, source_ids: Iterable[str]) -> set[str]:
        """Read all that depends on these sources, and return it with them and all that were ever joined with any."""
        return self._read(source_ids, _BACK, lambda row: _sides(row)[0])

    def onward(self, source_id: str, now: int) -> Iterator[Any]:
        """Yield the rows in which this source is the dependent one, as of an entry of the log."""
        for row in self._onward.get(source_id, {}).values():
            if row.log_index <= now and (row.withdrawn_index is None or row.withdrawn_index > now):
                yield row

    def behind(self, source_ids: Iterable[str], joined: Callable[[str], Iterable[str]]) -> set[str]:
        """Return these sources with all that was read and depended on them at any entry, with what `joined` gives."""
        found: set[str] = set()
        waiting = list(source_ids)
        while waiting:
            source = waiting.pop()
            if source not in found:
                found.add(source)
                waiting.extend(self._back.get(source, ()))
                waiting.extend(joined(source))
        return found

    def _read(self, source_ids: Iterable[str], statement: Any, following: Callable[[Any], str]) -> set[str]:
        found: set[str] = set()
        fresh = self._joined(set(source_ids))
        while fresh := fresh - found:
            found |= fresh
            reached = set()
            for some in batches(fresh):
                for row in self._connection.execute(statement, {"ids": some, **self._range}):
                    dependent, principal = _sides(row)
                    self._onward[dependent][row.id] = row
                    self._back[principal].add(dependent)
                    reached.add(following(row))
            fresh = self._joined(reached - found) if reached - found else set()
        return found


def _sides(row: Any) -> tuple[str, str]:
    """Return the source of a row that depends on the other, and that other one."""
    of_source = KINDS[row.kind].dependent is Dependent.SOURCE
    return (row.source_id, row.other_id) if of_source else (row.other_id, row.source_id)


_IDS: Any = bindparam("ids", expanding=True)
_ROWS = select(
    SourceRelation.id, SourceRelation.log_index, SourceRelation.source_id, SourceRelation.kind,
    SourceRelation.other_id, SourceRelation.since, SourceRelation.until, SourceRelation.withdrawn_index,
).where(
    SourceRelation.kind.in_(sorted(ONE_ORIGIN)),
    SourceRelation.log_index < bindparam("end"),
    or_(SourceRelation.withdrawn_index.is_(None), SourceRelation.withdrawn_index >= bindparam("start")),
)  # fmt: skip
# One part for each side that can depend on the other, so that each is found by an index.
_ONWARD: Any = union_all(
    _ROWS.where(SourceRelation.source_id.in_(_IDS), depends(Dependent.SOURCE)),
    _ROWS.where(SourceRelation.other_id.in_(_IDS), depends(Dependent.OTHER)),
)
_BACK: Any = union_all(
    _ROWS.where(SourceRelation.other_id.in_(_IDS), depends(Dependent.SOURCE)),
    _ROWS.where(SourceRelation.source_id.in_(_IDS), depends(Dependent.OTHER)),
)
