"""Which claims a publication published, and what changed of what readers had seen.

Revision: 0039
Dated: 2026-11-30
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    embedded = op.get_bind().dialect.name == "sqlite"
    ids: Any = sa.String(36) if embedded else sa.UUID(as_uuid=False)
    places: Any = sa.Integer() if embedded else sa.BigInteger()
    op.create_table(
        "publication_claims",
        sa.Column("claim_id", ids, nullable=False),
        sa.Column("log_index", places, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_publication_claims_claim_id_claims"),
        sa.ForeignKeyConstraint(
            ["log_index"], ["report_publications.log_index"], name="fk_publication_claims_log_index_report_publications"
        ),
        sa.PrimaryKeyConstraint("claim_id", "log_index", name="pk_publication_claims"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_publication_claims_log_index", "publication_claims", ["log_index"])
    op.create_table(
        "corrections",
        sa.Column("log_index", places, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim_id", ids, nullable=True),
        sa.Column("report_id", ids, nullable=True),
        sa.PrimaryKeyConstraint("log_index", name="pk_corrections"),
    )
    op.create_index("ix_corrections_at", "corrections", ["at", "log_index"])
    op.create_index("ix_corrections_claim_id", "corrections", ["claim_id", "at", "log_index"])
    op.create_index("ix_corrections_report_id", "corrections", ["report_id"])
    _publish_again()


def downgrade() -> None:
    """Lose which claims are published; the log has it still."""
    op.drop_table("corrections")
    op.drop_table("publication_claims")
    op.execute("DELETE FROM followers WHERE name = 'corrections'")


def _publish_again() -> None:
    """Store what entries of a desk that was taken back to an earlier version say of publications."""
    publications = sa.text(
        "SELECT r.log_index, c.content FROM revisions r JOIN revision_contents c ON c.log_index = r.log_index"
        " WHERE r.subject_kind = 'report' AND r.deed = 'publish'"
    )
    rows = [
        {"claim_id": claim_id, "log_index": log_index}
        for log_index, content in op.get_bind().execute(publications)
        for change in json.loads(content)["changes"]
        if change["field"] == "publication"
        for claim_id in change["after"].get("claim_ids", ())
    ]
    if rows:
        added = sa.text("INSERT INTO publication_claims (claim_id, log_index) VALUES (:claim_id, :log_index)")
        op.get_bind().execute(added, rows)
