"""What the pages need: whether a claim's origin is interested, an index for each need, the last verification.

Revision: 0004
Dated: 2026-11-22
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

CHECKABLE = "withdrawn_at IS NULL AND status = 'unverified' AND kind IN ('factual', 'quantity')"
CONDITIONS = {
    "interested": f"{CHECKABLE} AND origin_interested",
    "checkable": f"{CHECKABLE} AND origin_interested IS NOT TRUE",
}
INDEXES = (
    ("overdue", ["review_by", "seq"], "withdrawn_at IS NULL AND review_by IS NOT NULL"),
    *(
        (name, ["changed_index", "seq"], f"CASE WHEN {condition} THEN 1 ELSE 0 END = 1")
        for name, condition in CONDITIONS.items()
    ),
)


def upgrade() -> None:
    op.add_column("claims", sa.Column("origin_interested", sa.Boolean(), nullable=True))
    op.execute(
        "UPDATE claims SET origin_interested = (SELECT hops.interested FROM hops WHERE hops.claim_id = claims.id"
        " ORDER BY hops.position DESC LIMIT 1) WHERE withdrawn_at IS NULL"
    )
    for name, columns, where in INDEXES:
        op.create_index(
            f"ix_claims_{name}", "claims", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )

    op.create_table(
        "log_verification",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("faults", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_log_verification_one_row"),
        sa.PrimaryKeyConstraint("id", name="pk_log_verification"),
    )


def downgrade() -> None:
    op.drop_table("log_verification")
    for name, *_ in reversed(INDEXES):
        op.drop_index(f"ix_claims_{name}", table_name="claims")
    op.drop_column("claims", "origin_interested")
