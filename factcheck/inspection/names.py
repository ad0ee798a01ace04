"""The names of people at any place in the log."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy.engine import Connection

from factcheck.inspection.reading import Read, read
from factcheck.storage.tables.logbook import Revision, SubjectKind

NAMING = ("add", "rename")  # the actions with a name


class Names:
    """Everybody's names, from the entries that are taken. Takes memory for each name of each person."""

    def __init__(self) -> None:
        self._names: dict[str, list[tuple[int, str]]] = {}  # of each person, with the entry of each
        self._renamed: list[tuple[int, str]] = []  # the entry, and who

    def take(self, person_id: str, own: Iterable[Read]) -> None:
        """Take the entries of a person, in their order."""
        for entry, content in own:
            for field, before, after in content or ():
                if field == "name":
                    self._names.setdefault(person_id, []).append((entry.log_index, after))
                    if before is not None:
                        self._renamed.append((entry.log_index, person_id))
                        self._renamed.sort()

    def at(self, index: int) -> Mapping[str, str]:
        """Return everybody's name as it was after the entry at `index`, or the first one of who came later."""
        return _NamesAt(self._names, index)

    def between(self, first: int, last: int) -> dict[str, str]:
        """Return the names after `last` of those who were renamed after `first`, by their ids."""
        start, end = (bisect_right(self._renamed, index, key=lambda each: each[0]) for index in (first, last))
        names = self.at(last)
        return {person_id: names[person_id] for _, person_id in self._renamed[start:end]}


class _NamesAt(Mapping[str, str]):
    def __init__(self, names: dict[str, list[tuple[int, str]]], index: int) -> None:
        self._names, self._index = names, index

    def __getitem__(self, person_id: str) -> str:
        own = self._names[person_id]
        return own[max(0, bisect_right(own, self._index, key=lambda each: each[0]) - 1)][1]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def names(connection: Connection) -> Names:
    """Read everybody's names."""
    found = Names()
    for entry, content in read(connection, Revision.subject_kind == SubjectKind.PERSON, Revision.action.in_(NAMING)):
        found.take(entry.subject_id, [(entry, content)])
    return found
