"""Delete what the history holds of a redacted claim."""

from sqlalchemy import text
from sqlalchemy.orm import Session


def redact_history(session: Session, claim_id: str, claim_seq: int, keeping: int) -> None:
    """Delete what the history holds of a redacted claim, but for the entry at log index `keeping`, which says so.

    On PostgreSQL by a function of the schema's owner: the application's own role may delete nothing there.
    """
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
