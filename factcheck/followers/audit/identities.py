"""Which sources were one, as far as a batch of entries concerns them."""

from collections.abc import Iterable
from functools import partial
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
        """Return the sources of which a judgment may change how claims are audited: those that it joins or parts.

        Where it does neither, it can still say of two with an identifier in common that they are different.
        """
        group = partial(self.history.group, log_index=judgment.log_index)
        return group(judgment.source) | group(judgment.other)


_IDS: Any = bindparam("ids", expanding=True)
_JUDGMENTS = select(*Judgment.__table__.columns).where(
    or_(Judgment.source_id.in_(_IDS), Judgment.other_id.in_(bindparam("also", expanding=True))),
    Judgment.log_index < bindparam("end"),
)
