"""Change the history for a redaction: the only way in which what was written is deleted or written again.

On PostgreSQL by functions of the schema's owner: the application's own role may only add to the history. On both
databases, triggers let a change pass only while the log's last entry is the redaction that it is for.
"""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session


def redact_history(session: Session, claim_id: str, claim_seq: int, keeping: int) -> None:
    """Delete what the history holds of a redacted claim, but for the entry at log index `keeping`, which says so."""
    values = {"claim": claim_id, "seq": claim_seq, "keeping": keeping}
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT factcheck_redact(CAST(:claim AS uuid), :seq, :keeping)"), values)
        return
    session.execute(
        text(
            "DELETE FROM revision_contents WHERE log_index <> :keeping AND log_index IN"
            " (SELECT log_index FROM revisions WHERE subject_kind = 'claim' AND subject_id = :claim)"
        ),
        values,
    )
    session.execute(text("DELETE FROM claim_versions WHERE claim_seq = :seq"), values)
    session.execute(text("UPDATE reviews SET reason = NULL WHERE claim_id = :claim"), values)


def restate(session: Session, log_index: int, entry: int, content: bytes) -> None:
    """Put what the `entry` states in the place of the content at a log index, and delete the salt of that."""
    _change(
        session,
        "factcheck_restate(:place, :entry, :said)",
        "UPDATE revision_contents SET salt = x'', content = :said, restated_index = :entry WHERE log_index = :place",
        {"place": log_index, "entry": entry, "said": content},
    )


def redact_snapshot(session: Session, article_id: str, number: int, entry: int, words: str, sha256: str) -> None:
    """Put a text without the redacted words in the place of a snapshot's."""
    _change(
        session,
        "factcheck_redact_snapshot(CAST(:article AS uuid), :place, :entry, :words, :hash)",
        "UPDATE snapshots SET text = :words, sha256 = :hash, redacted_index = :entry"
        " WHERE article_id = :article AND number = :place",
        {"article": article_id, "place": number, "entry": entry, "words": words, "hash": sha256},
    )


def redact_version(session: Session, claim_seq: int, changed_index: int, document: bytes, etag: str) -> None:
    """Put a claim's JSON without what was redacted in the place of an earlier version."""
    _change(
        session,
        "factcheck_redact_version(:seq, :place, :said, :tag)",
        "UPDATE claim_versions SET document = :said, etag = :tag WHERE claim_seq = :seq AND changed_index = :place",
        {"seq": claim_seq, "place": changed_index, "said": document, "tag": etag},
    )


def redact_review(session: Session, review_id: str, reason: str | None) -> None:
    """Put a reason without the redacted words in the place of a review's."""
    _change(
        session,
        "factcheck_redact_review(CAST(:review AS uuid), :why)",
        "UPDATE reviews SET reason = :why WHERE id = :review",
        {"review": review_id, "why": reason},
    )


def redact_capture(session: Session, capture_id: str, entry: int, *, urls: bool) -> None:
    """Empty a capture of what it has of its page, with `urls` of its URLs too."""
    _change(
        session,
        "factcheck_redact_capture(CAST(:capture AS uuid), :entry, :urls)",
        "UPDATE captures SET media_type = NULL, sha256 = NULL, warc_sha256 = NULL, title = NULL, author = NULL,"
        " published_on = NULL, language = NULL, outlet = NULL, charset = NULL, text_sha256 = NULL, text = NULL,"
        " url = CASE WHEN :urls THEN '(redacted)' ELSE url END,"
        " final_url = CASE WHEN :urls THEN NULL ELSE final_url END,"
        " canonical_url = CASE WHEN :urls THEN NULL ELSE canonical_url END, redacted_index = :entry"
        " WHERE id = :capture",
        {"capture": capture_id, "entry": entry, "urls": urls},
    )


def _change(session: Session, function: str, statement: str, values: dict[str, Any]) -> None:
    on_server = session.get_bind().dialect.name == "postgresql"
    session.execute(text(f"SELECT {function}" if on_server else statement), values)
