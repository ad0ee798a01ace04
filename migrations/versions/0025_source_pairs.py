"""Pairs of sources that may be one and that nobody has judged.

The follower `source_pairs` finds them when the first process of this version starts.

Revision: 0025
Dated: 2026-11-30
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source_pairs",
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("second_seq", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("first_kind", sa.Text(), nullable=False),
        sa.Column("second_kind", sa.Text(), nullable=False),
        sa.CheckConstraint("first_seq < second_seq", name="ck_source_pairs_order"),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name="ck_source_pairs_score"),
        sa.PrimaryKeyConstraint("first_seq", "second_seq", name="pk_source_pairs"),
        sqlite_with_rowid=False,
    )
    for columns in (
        ("second_seq",),
        ("score", "second_seq", "first_seq"),
        ("first_kind", "score", "second_seq", "first_seq"),
        ("second_kind", "score", "second_seq", "first_seq"),
    ):
        op.create_index("_".join(["ix_source_pairs", *columns]), "source_pairs", columns)


def downgrade() -> None:
    op.execute("DELETE FROM followers WHERE name = 'source_pairs'")
    op.drop_table("source_pairs")
