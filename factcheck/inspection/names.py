"""The names of people at any place in the log."""

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping

from sqlalchemy.engine import Connection

from factcheck.inspection.reading import Read, read
from factcheck.storage.tables.logbook import Revision, SubjectKind


class Names:
    """Everybody's names, from the entries that are taken. Takes memory for each person and each new name."""

    def __init__(self) -> None:
        self._last: dict[str, str] = {}
        self._renamed: list[tuple[int, str, str]] = []  # the entry, whose, and the name before it
        self._at: dict[int, Mapping[str, str]] = {}  # by how many were renamed later

    def take(self, person_id: str, own: Iterable[Read]) -> None:
        """Take the entries of a person, in their order."""
        for entry, content in own:
            for field, before, after in content or ():
                if field == "name":
                    self._last[person_id] = after
                    if before is not None:
                        insort(self._renamed, (entry.log_index, person_id, before))

    def at(self, index: int) -> Mapping[str, str]:
        """Return everybody's name as it was after the entry at `index`."""
        later = self._renamed[bisect_right(self._renamed, index, key=lambda each: each[0]) :]
        if len(later) not in self._at:
            before = {person_id: name for _, person_id, name in reversed(later)}
            self._at[len(later)] = self._last | before
        return self._at[len(later)]


def names(connection: Connection) -> Names:
    """Read everybody's names."""
    found = Names()
    for entry, content in read(connection, Revision.subject_kind == SubjectKind.PERSON):
        found.take(entry.subject_id, [(entry, content)])
    return found
