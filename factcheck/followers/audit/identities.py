"""Which sources were one, as far as a batch of entries concerns them."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.engine import Connection

from factcheck.desk.claim_state.connected import batches
from factcheck.desk.identity.joining import as_judgment
from factcheck.rules.identity import judgments
from factcheck.rules.identity.judgments import Identity
from factcheck.storage.tables.sources import Judgment


class Identities:
    """The judgments up to log index `end` on the sources that were asked for."""

    def __init__(self, connection: Connection, end: int) -> None:
        self._connection, self._end = connection, end
        self._judgments: dict[int, judgments.Judgment] = {}  # by log index
        self.history = judgments.History()

    def read(self, source_ids: Iterable[str]) -> set[str]:
        """Return these sources and all that judgments ever joined to them, and add the judgments on them."""
        found: set[str] = set()
        fresh = set(source_ids)
        while fresh := fresh - found:
            found |= fresh
            rows = [
                row
                for some in batches(fresh)
                for row in self._connection.execute(_JUDGMENTS, {"ids": some, "also": some, "end": self._end})
            ]
            self._judgments |= {row.log_index: as_judgment(row) for row in rows}
            same = (row for row in rows if row.judgment == Identity.SAME)
            fresh = {each for row in same for each in (row.source_id, row.other_id)}
        self.history = judgments.History(self._judgments.values())
        return found

    def changed(self, judgment: judgments.Judgment) -> frozenset[str]:
        """Return the sources that a judgment joined or parted; none where it changed nothing that is shown."""
        index = judgment.log_index
        group, head = self.history.group, self.history.head
        joined = group(judgment.source, index) | group(judgment.other, index)
        return joined if any(head(each, index) != head(each, index - 1) for each in joined) else frozenset()


_IDS: Any = bindparam("ids", expanding=True)
_JUDGMENTS = select(*Judgment.__table__.columns).where(
    or_(Judgment.source_id.in_(_IDS), Judgment.other_id.in_(bindparam("also", expanding=True))),
    Judgment.log_index < bindparam("end"),
)
