"""Name what a row is about: which thing, at which of its revisions and at which place in the log."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from factcheck.inspection.comparing import Difference
from factcheck.inspection.derived import DERIVED_BY
from factcheck.inspection.folding import Content
from factcheck.inspection.origin_kinds import Kind
from factcheck.log.verification import Fault
from factcheck.storage.stumbles import STUMBLES
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.comments import Comment
from factcheck.storage.tables.logbook import Revision, RevisionContent, SubjectKind

OF = {
    "people": (SubjectKind.PERSON, "id"),
    "sources": (SubjectKind.SOURCE, "id"),
    "source_relations": (SubjectKind.SOURCE, "source_id"),
    "source_identifiers": (SubjectKind.SOURCE, "source_id"),
    "judgments": (SubjectKind.SOURCE, "source_id"),
    "articles": (SubjectKind.ARTICLE, "id"),
    "assignments": (SubjectKind.ASSIGNMENT, "id"),
    "comments": (SubjectKind.COMMENT, "id"),
    "captures": (SubjectKind.CAPTURE, "id"),
    "feeds": (SubjectKind.FEED, "id"),
    "reports": (SubjectKind.REPORT, "id"),
    "report_versions": (SubjectKind.REPORT, "report_id"),
    "report_publications": (SubjectKind.REPORT, "report_id"),
    "report_claims": (SubjectKind.REPORT, "report_id"),
    "rating_scales": (SubjectKind.RATING_SCALE, "id"),
    "site_pages": (SubjectKind.SITE_PAGE, "id"),
    "correction_requests": (SubjectKind.CORRECTION_REQUEST, "id"),
    "inbox_items": (SubjectKind.CAPTURE, "capture_id"),
    "images": (SubjectKind.IMAGE, "id"),
    "image_bands": (SubjectKind.IMAGE, "image_id"),
    "snapshots": (SubjectKind.ARTICLE, "article_id"),
    "watches": (SubjectKind.ARTICLE, "article_id"),
    "claims": (SubjectKind.CLAIM, "id"),
}
# What the log calls a column, or a whole table of a claim's parts.
FIELDS = {
    "claims.attribution_status": "attribution.status", "claims.withdrawn_at": "withdrawn", "claims.low": "quantity",
    "claims.high": "quantity", "claims.unit": "quantity", "claims.wording": "quantity",
    "people.disabled_at": "disabled", "provider_accounts": "account",
    "quotes": "quotes", "hops": "attribution", "evidence": "evidence",
    "occurrences": "occurrences",
    "relations": "relations", "comments.withdrawn_at": "withdrawn", "comments.thread_id": "in_reply_to",
    "comment_mentions": "mentions",
    "second_opinions": "second_opinion", "snapshots": "snapshot", "watches": "watch",
    "feeds.removed_index": "removed", "rating_scales.withdrawn_index": "withdrawn",
    "site_pages.withdrawn_index": "withdrawn",
    "report_publications": "publication", "publication_claims": "publication",
    "report_publications.cancelled_index": "cancelled", "report_claims": "text",
    "inbox_items": "item", "inbox_items.article_id": "article_id",
    "inbox_items.left_index": "inbox",
}  # fmt: skip


class Naming:
    """Names what differs between a desk and what was rebuilt from its log."""

    def __init__(self, desk: Connection, rebuilt: Connection) -> None:
        self.desk, self.rebuilt = desk, rebuilt

    def subject(self, difference: Difference) -> str:
        """Return the thing that a difference is about, such as `claim 0190…`; of counts, their follower."""
        row, table = difference.row, difference.table
        if table == "publication_claims":
            return self._of_entry(row.get("log_index"))
        if table in OF:
            kind, column = OF[table]
            return f"{kind} {_text(row.get(column))}"
        if "comment_seq" in row:
            return f"{SubjectKind.COMMENT} {self._id_at(Comment, row['comment_seq'])}"
        if "person_id" in row:
            return f"{SubjectKind.PERSON} {_text(row['person_id'])}"
        if row.get("report_id") is not None:
            return f"{SubjectKind.REPORT} {_text(row['report_id'])}"
        if "claim_id" in row:
            return f"{SubjectKind.CLAIM} {_text(row['claim_id'])}"
        if "claim_seq" in row:
            return f"{SubjectKind.CLAIM} {self._id_at(Claim, row['claim_seq'])}"
        return DERIVED_BY.get(table, "audit") if row else table

    def fault(self, difference: Difference, subject: str) -> Fault:
        """Return the fault that a difference is, with the entry that said what is not so."""
        named = ".".join(filter(None, (difference.table, difference.column)))
        derived = "derived data, " if difference.kind is Kind.DERIVED else ""
        number, index = self._entry(difference, subject) if difference.row else (None, None)
        return Fault(subject, f"{named}: {derived}{difference.detail}", number, index)

    def _of_entry(self, log_index: Any) -> str:
        """Return the thing that an entry of the log is about."""
        wanted = select(Revision.subject_kind, Revision.subject_id).where(Revision.log_index == log_index)
        row = self.rebuilt.execute(wanted).first() if isinstance(log_index, int) else None
        return f"{row.subject_kind} {row.subject_id}" if row else f"log index {_text(log_index)}"

    def _id_at(self, model: type[Claim | Comment], seq: Any) -> str:
        for connection in (self.rebuilt, self.desk):
            wanted = select(model.id).where(model.seq == seq)
            found = connection.execute(wanted).scalar() if isinstance(seq, int) else None
            if found is not None:
                return str(found)
        return f"of the log index {_text(seq)}"

    def _entry(self, difference: Difference, subject: str) -> tuple[int | None, int | None]:
        """Return the revision and the log index of the last entry that set what differs, or else the thing's last."""
        kind, _, subject_id = subject.partition(" ")
        if kind not in list(SubjectKind):
            return None, None
        field = FIELDS.get(f"{difference.table}.{difference.column}", FIELDS.get(difference.table, difference.column))
        entries = self.rebuilt.execute(
            select(Revision.number, Revision.log_index, RevisionContent.content)
            .outerjoin(RevisionContent, RevisionContent.log_index == Revision.log_index)
            .where(Revision.subject_kind == kind, Revision.subject_id == subject_id)
            .order_by(Revision.log_index.desc())
        ).all()
        place = difference.row.get("log_index")
        for row in entries:
            if row.log_index == place or (place is None and field and _says(row.content, field)):
                return row.number, row.log_index
        return (entries[0].number, entries[0].log_index) if entries else (None, None)


def _says(content: bytes | None, field: str) -> bool:
    try:
        return content is not None and any(field == each for each, _, _ in Content(content))
    except STUMBLES:  # a content that was changed, of which the verification of entries tells
        return False


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
