"""The index of likeness. It is filled by `desk/upkeep.py`, which knows how: a migration imports none of our rules.

Revision: 0005
Dated: 2026-11-22
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

LOG_INDEX = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "claim_shingles",
        sa.Column("hash", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("claim_seq", LOG_INDEX, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("hash", "claim_seq", name="pk_claim_shingles"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop the index, and have the next start of a desk that comes up again fill it anew."""
    op.drop_table("claim_shingles")
    op.execute("UPDATE upkeep SET version = 2 WHERE version > 2")
