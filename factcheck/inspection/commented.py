"""Fold comments from the log."""

from collections.abc import Sequence

from factcheck.inspection.folding import Row, Rows, there, whole
from factcheck.inspection.reading import Read

UNSAID = (
    "claim_id", "article_id", "text", "quote_snapshot", "quote_start", "quote_end", "quote_exact", "edited_at",
    "withdrawn_at", "withdrawn_by_id", "redacted_index",
)  # fmt: skip


def commented(comment_id: str, own: Sequence[Read]) -> tuple[str, Rows]:
    """Return the rows of a comment after its entries. Raises ValueError where one of them lacks something."""
    row: Row = {"id": comment_id, "thread_id": comment_id, **dict.fromkeys(UNSAID)}
    mentions: list[str] = []
    for entry, content in own:
        row |= {"revision": entry.number, "changed_index": entry.log_index}
        if entry.number == 1:
            row |= {"seq": entry.log_index, "author_id": entry.actor_id, "created_at": entry.at}
        elif entry.action == "edit":
            row["edited_at"] = entry.at
        elif entry.action == "withdraw":
            row |= {"withdrawn_at": entry.at, "withdrawn_by_id": entry.actor_id}
        elif entry.action in ("redact", "redact_part"):
            row["redacted_index"] = entry.log_index
        for field, _, after in there(content):
            if field == "mentions":
                mentions = after
            elif field == "in_reply_to":
                row["thread_id"] = after
            elif field == "quote":
                row |= {f"quote_{name}": value for name, value in after.items()} if after else {}
            elif field != "withdrawn":
                row[field] = after
        if entry.action in ("withdraw", "redact"):
            mentions = []
    found = [{"person_id": each, "comment_seq": row.get("seq"), "position": at} for at, each in enumerate(mentions)]
    return comment_id, {"comments": [whole(row)], "comment_mentions": found}
