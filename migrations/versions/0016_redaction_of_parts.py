"""Redaction of an article's text, of a source, of a person's name, and of a relation's note.

A content of the log from which words were removed is what a later entry, which `restated_index` names, states instead.
The triggers let such a change pass in the transaction that has just added that entry.

Revision: 0016
Dated: 2026-11-29
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COLUMNS = {
    "revision_contents": "restated_index",
    "articles": "redacted_index",
    "snapshots": "redacted_index",
    "sources": "redacted_index",
    "people": "redacted_index",
}
REFUSAL = "the history is never changed"
LAST = "redaction.log_index = (SELECT size - 1 FROM log_head)"
REDACTS = "redaction.deed IN ('redact', 'redact_part')"
UNLESS_REDACTED: dict[tuple[str, str], str | None] = {
    ("revision_contents", "UPDATE"): "SELECT 1 FROM revisions AS redaction JOIN revisions AS entry"
    " ON entry.subject_kind = redaction.subject_kind AND entry.subject_id = redaction.subject_id"
    f" WHERE {LAST} AND {REDACTS} AND redaction.log_index = new.restated_index"
    " AND entry.log_index = old.log_index AND new.log_index = old.log_index AND old.log_index < new.restated_index",
    ("snapshots", "UPDATE"): f"SELECT 1 FROM revisions AS redaction WHERE {LAST} AND {REDACTS}"
    " AND redaction.log_index = new.redacted_index"
    " AND redaction.subject_kind = 'article' AND redaction.subject_id = old.article_id"
    " AND new.article_id = old.article_id AND new.number = old.number AND new.captured_at = old.captured_at",
    ("claim_versions", "UPDATE"): f"SELECT 1 FROM revisions AS redaction WHERE {LAST} AND {REDACTS}"
    " AND new.claim_seq = old.claim_seq AND new.changed_index = old.changed_index AND new.from_at = old.from_at",
    ("reviews", "UPDATE"): "SELECT 1 FROM redactions WHERE redactions.claim_id = old.claim_id"
    f" UNION ALL SELECT 1 FROM revisions AS redaction WHERE {LAST} AND {REDACTS}"
    " AND new.id = old.id AND new.log_index = old.log_index AND new.claim_id = old.claim_id"
    " AND new.question = old.question AND new.before = old.before AND new.status = old.status"
    " AND new.reviewer_id = old.reviewer_id AND new.reviewed_at = old.reviewed_at",
}
BEFORE = {("reviews", "UPDATE"): "SELECT 1 FROM redactions WHERE redactions.claim_id = old.claim_id"}
# Run with the rights of the schema's owner: the application's role may change nothing of the history.
FUNCTIONS = {
    "factcheck_restate(place bigint, entry bigint, said bytea)": "UPDATE revision_contents"
    " SET salt = '', content = said, restated_index = entry WHERE log_index = place",
    "factcheck_redact_snapshot(article uuid, place bigint, entry bigint, words text, hash text)": "UPDATE snapshots"
    " SET text = words, sha256 = hash, redacted_index = entry WHERE article_id = article AND number = place",
    "factcheck_redact_version(seq bigint, place bigint, said bytea, tag text)": "UPDATE claim_versions"
    " SET document = said, etag = tag WHERE claim_seq = seq AND changed_index = place",
    "factcheck_redact_review(review uuid, why text)": "UPDATE reviews SET reason = why WHERE id = review",
}


def upgrade() -> None:
    for table, column in COLUMNS.items():
        op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=True))
    _guard(UNLESS_REDACTED)
    if op.get_bind().dialect.name == "postgresql":
        for signature, body in FUNCTIONS.items():
            op.execute(
                f"CREATE FUNCTION {signature} RETURNS void LANGUAGE sql SECURITY DEFINER"
                f" SET search_path = public, pg_temp AS $$ {body} $$"
            )


def downgrade() -> None:
    """Lose what was redacted in part: the version before takes what is stated instead for a change of the log."""
    if op.get_bind().dialect.name == "postgresql":
        for signature in FUNCTIONS:
            op.execute(f"DROP FUNCTION {signature}")
    _guard({each: BEFORE.get(each) for each in UNLESS_REDACTED})
    for table, column in COLUMNS.items():
        op.drop_column(table, column)


def _guard(exceptions: dict[tuple[str, str], str | None]) -> None:
    """Make again the triggers that refuse changes, each with what lets a change pass."""
    embedded = op.get_bind().dialect.name == "sqlite"
    for (table, deed), exception in exceptions.items():
        name = f"{table}_no_{deed.lower()}"
        if embedded:
            op.execute(f"DROP TRIGGER {name}")
            when = f" WHEN NOT EXISTS ({exception})" if exception else ""
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {deed} ON {table}{when} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
            continue
        op.execute(f"DROP TRIGGER {name} ON {table}")
        function = f"factcheck_{name}" if exception else "factcheck_refuse"
        if exception:
            op.execute(
                f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF NOT EXISTS ({exception}) THEN RAISE EXCEPTION '{REFUSAL}'; END IF; RETURN new; END $$"
            )
        else:
            op.execute(f"DROP FUNCTION factcheck_{name}()")
        op.execute(f"CREATE TRIGGER {name} BEFORE {deed} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()")
