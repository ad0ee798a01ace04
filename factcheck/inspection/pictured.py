"""Fold images from the log."""

from collections.abc import Sequence

from factcheck.desk.capturing.images import FIELDS
from factcheck.inspection.folding import Row, Rows, there, whole
from factcheck.inspection.reading import Read
from factcheck.rules.media.hashes import bands


def pictured(image_id: str, own: Sequence[Read]) -> tuple[str, Rows]:
    """Return the rows of an image after its entries. Raises ValueError where one of them lacks something."""
    row: Row = {"id": image_id, **dict.fromkeys(FIELDS), "redacted_index": None}
    for entry, content in own:
        if entry.number == 1:
            row |= {"seq": entry.log_index, "added_by_id": entry.actor_id, "added_at": entry.at}
        elif entry.action != "redact":
            raise ValueError("an image is added once, and is then only redacted")
        else:
            row["redacted_index"] = entry.log_index
        row |= {field: after for field, _, after in there(content)}
    found = bands(row["phash"]) if row["phash"] else []
    return image_id, {"images": [whole(row)], "image_bands": [{"band": each, "image_id": image_id} for each in found]}
