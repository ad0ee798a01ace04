"""Occurrences of claims: where else somebody said them.

Revision: 0042
Dated: 2026-12-01
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

KINDS = "'article', 'social_post', 'speech', 'broadcast', 'video', 'image'"


def upgrade() -> None:
    embedded = op.get_bind().dialect.name == "sqlite"
    ids: Any = sa.String(36) if embedded else sa.UUID(as_uuid=False)
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "occurrences",
        sa.Column("id", ids, nullable=False),
        sa.Column("claim_id", ids, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("said_on", sa.Date(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("capture_id", ids, nullable=True),
        sa.Column("timecode", sa.Text(), nullable=True),
        sa.Column("added_by_id", ids, nullable=False),
        sa.Column("added_at", moment, nullable=False),
        sa.Column("withdrawn_at", moment, nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("withdrawn_by_id", ids, nullable=True),
        sa.CheckConstraint(f"kind IN ({KINDS})", name="ck_occurrences_kind"),
        sa.CheckConstraint("timecode IS NULL OR kind IN ('broadcast', 'video')", name="ck_occurrences_timecode"),
        sa.CheckConstraint(
            "withdrawn_at IS NOT NULL OR url IS NOT NULL OR place IS NOT NULL OR account IS NOT NULL"
            " OR said_on IS NOT NULL",
            name="ck_occurrences_somewhere",
        ),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="ck_occurrences_withdrawal"),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_occurrences_claim_id_claims"),
        sa.ForeignKeyConstraint(["capture_id"], ["captures.id"], name="fk_occurrences_capture_id_captures"),
        sa.ForeignKeyConstraint(["added_by_id"], ["people.id"], name="fk_occurrences_added_by_id_people"),
        sa.ForeignKeyConstraint(["withdrawn_by_id"], ["people.id"], name="fk_occurrences_withdrawn_by_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_occurrences"),
    )
    op.create_index("ix_occurrences_claim_id_position", "occurrences", ["claim_id", "position"], unique=True)
    captured = sa.text("capture_id IS NOT NULL")
    op.create_index(
        "ix_occurrences_capture_id",
        "occurrences",
        ["capture_id"],
        sqlite_where=captured,
        postgresql_where=captured,
    )


def downgrade() -> None:
    """Lose the occurrences. The entries in the log stay."""
    op.drop_table("occurrences")
