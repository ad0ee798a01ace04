"""Fold readers' requests for corrections from the log."""

from collections.abc import Sequence

from factcheck.desk.publishing.correction_requests import SAID
from factcheck.inspection.folding import Row, Rows, there, whole
from factcheck.inspection.reading import Read
from factcheck.rules.redacting import REDACTIONS

ANSWER = ("answer", "answered_at", "answered_by_id")


def requested(request_id: str, own: Sequence[Read]) -> tuple[str, Rows]:
    """Return the row of a request after its entries. Raises ValueError where one of them lacks something."""
    row: Row = {"id": request_id, **dict.fromkeys((*SAID, *ANSWER, "redacted_index"))}
    for entry, content in own:
        row |= {"revision": entry.number, "changed_index": entry.log_index}
        if entry.number == 1:
            row |= {"seq": entry.log_index, "received_at": entry.at}
        elif entry.action in REDACTIONS:
            row["redacted_index"] = entry.log_index
        for field, _, after in there(content):
            row |= (
                dict(zip(ANSWER, (after, entry.at, entry.actor_id), strict=True))
                if field == "answer"
                else {field: after}
            )
    return request_id, {"correction_requests": [whole(row)]}
