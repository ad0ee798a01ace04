"""Fold reports from the log."""

from collections.abc import Sequence
from datetime import datetime

from factcheck.desk.publishing.reports import WORDS
from factcheck.inspection.folding import Row, Rows, instant, there, whole
from factcheck.inspection.reading import Read
from factcheck.rules.publishing.reports import CANCELLED, ENDED, PUBLICATION, claims_of, takes_back
from factcheck.rules.redacting import GONE

ENDS = ("ended_at", "ended_reason", "ended_by_id")


def reported(report_id: str, own: Sequence[Read]) -> tuple[str, Rows]:
    """Return the rows of a report after its entries. Raises ValueError where one of them lacks something."""
    row: Row = {"id": report_id, "number": 0, **dict.fromkeys(("embargo_until", "redacted_index", *ENDS))}
    words: Row = dict.fromkeys(WORDS)
    versions: list[Row] = []
    publications: list[Row] = []
    published: list[Row] = []
    for entry, content in own:
        said = there(content)
        row |= {"revision": entry.number, "changed_index": entry.log_index}
        if entry.number == 1:
            row |= {"seq": entry.log_index, "created_by_id": entry.actor_id, "created_at": entry.at}
        if entry.action == "redact":
            row["redacted_index"] = entry.log_index
        for field, _, after in said:
            if field in WORDS:
                words[field] = after
            elif field == PUBLICATION:
                publications.append({
                    "log_index": entry.log_index, "report_id": report_id, "number": after["number"],
                    "at": instant(after["at"]) or entry.at, "correction": after["correction"],
                    "published_by_id": entry.actor_id, "cancelled_index": None,
                })  # fmt: skip
                published += [{"claim_id": each, "log_index": entry.log_index} for each in after.get("claim_ids", ())]
            elif field != CANCELLED:
                row[field] = instant(after) if field == "embargo_until" else after
        if entry.action in ("add", "save"):
            row["number"] += 1
            version = {"report_id": report_id, "number": row["number"], "log_index": entry.log_index}
            versions.append(
                version | words | {"language": row["language"], "saved_by_id": entry.actor_id, "saved_at": entry.at}
            )
            row["title"] = words["title"]
        elif takes_back((field, after) for field, _, after in said):
            _cancel(publications, entry.at, entry.log_index)
        if row["state"] in ENDED and row["ended_at"] is None:
            row |= dict(zip(ENDS, (entry.at, said.reason, entry.actor_id), strict=True))
    cited = [
        {"claim_id": claim_id, "report_id": report_id, "number": version["number"]}
        for version in versions
        for claim_id in claims_of(version["text"] if version["text"] != GONE else "")
    ]
    return report_id, {
        "reports": [whole(row)], "report_versions": versions, "report_publications": publications,
        "publication_claims": published, "report_claims": cited,
    }  # fmt: skip


def _cancel(publications: list[Row], at: datetime, log_index: int) -> None:
    for publication in publications:
        if publication["cancelled_index"] is None and publication["at"] > at:
            publication["cancelled_index"] = log_index
