"""Followers: how far each has read the log, and which sources the audit has seen in which claims.

The follower derives the audit's tables again from the log, when the first process of this version starts. A process of
the version before would write the same tables: stop all of them for this upgrade.

Revision: 0011
Dated: 2026-11-29
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    op.create_table(
        "followers",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("rate", sa.BigInteger(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("position >= 0", name="ck_followers_position"),
        sa.PrimaryKeyConstraint("name", name="pk_followers"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "source_references",
        sa.Column("source_id", ID, nullable=False),
        sa.Column("claim_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "claim_seq", name="pk_source_references"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_source_references_claim_seq", "source_references", ["claim_seq"])


def downgrade() -> None:
    op.drop_table("source_references")
    op.drop_table("followers")
    op.execute("UPDATE upkeep SET version = 0")  # the version before derives the audit again by its own rules
