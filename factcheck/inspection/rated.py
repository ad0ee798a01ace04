"""Fold rating scales from the log."""

from collections.abc import Sequence

from factcheck.desk.publishing.rating_scales import FIELDS
from factcheck.inspection.folding import Row, Rows, there, whole
from factcheck.inspection.reading import Read

WITHDRAWN = ("withdrawn_index", "withdrawn_at", "withdrawn_reason")


def rated(scale_id: str, own: Sequence[Read]) -> tuple[str, Rows]:
    """Return the row of a rating scale after its entries. Raises ValueError where one of them lacks something."""
    row: Row = {"id": scale_id, **dict.fromkeys((*FIELDS, *WITHDRAWN))}
    for entry, content in own:
        said = there(content)
        if entry.number == 1:
            row |= {"seq": entry.log_index, "added_at": entry.at}
        row["revision"] = entry.number
        for field, _, after in said:
            withdrawn = dict(zip(WITHDRAWN, (entry.log_index, entry.at, said.reason), strict=True))
            row |= withdrawn if field == "withdrawn" else {field: after}
    return scale_id, {"rating_scales": [whole(row)]}
