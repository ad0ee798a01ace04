"""Fold assignments from the log."""

from collections.abc import Sequence

from factcheck.desk.team.assignments import RELEASED
from factcheck.inspection.folding import Row, Rows, day, there, whole
from factcheck.inspection.reading import Read
from factcheck.rules.redacting import REDACTIONS


def assigned(assignment_id: str, own: Sequence[Read]) -> tuple[str, Rows]:
    """Return the row of a claim's assignment after its entries. Raises ValueError where one of them lacks something."""
    row: Row = {"id": assignment_id, "claim_id": None, **RELEASED}
    for entry, content in own:
        if entry.number == 1:
            row["seq"] = entry.log_index
        if entry.action not in REDACTIONS:
            row |= {"assigned_by_id": entry.actor_id, "assigned_at": entry.at}
        row["revision"] = entry.number
        row |= {field: day(after) if field == "due_on" else after for field, _, after in there(content)}
    return assignment_id, {"assignments": [whole(row)]}
