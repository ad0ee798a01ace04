"""Fold the pages about the house from the log."""

from collections.abc import Sequence

from factcheck.desk.publishing.site_pages import FIELDS
from factcheck.inspection.folding import Row, Rows, there, whole
from factcheck.inspection.reading import Read

WITHDRAWN = ("withdrawn_index", "withdrawn_at", "withdrawn_reason")


def site_paged(page_id: str, own: Sequence[Read]) -> tuple[str, Rows]:
    """Return the row of a page after its entries. Raises ValueError where one of them lacks something."""
    row: Row = {"id": page_id, **dict.fromkeys((*FIELDS, *WITHDRAWN))}
    for entry, content in own:
        said = there(content)
        if entry.number == 1:
            row["seq"] = entry.log_index
        row |= {"revision": entry.number, "changed_at": entry.at, "changed_index": entry.log_index}
        for field, _, after in said:
            withdrawn = dict(zip(WITHDRAWN, (entry.log_index, entry.at, said.reason), strict=True))
            row |= withdrawn if field == "withdrawn" else {field: after}
    return page_id, {"site_pages": [whole(row)]}
