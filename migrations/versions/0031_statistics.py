"""Statistics: what is counted per week, and what happened to each claim, derived from the log.

Revision: 0031
Dated: 2026-11-30
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    embedded = op.get_bind().dialect.name == "sqlite"
    ids: Any = sa.String(36) if embedded else sa.UUID(as_uuid=False)
    places: Any = sa.Integer() if embedded else sa.BigInteger()
    op.create_table(
        "statistic_counts",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "person", "measure", "day", "value", name="pk_statistic_counts"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "statistic_claims",
        sa.Column("claim_seq", places, autoincrement=False, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by_id", ids, nullable=False),
        sa.Column("article_id", ids, nullable=True),
        sa.Column("outlet_id", ids, nullable=True),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("claim_seq", name="pk_statistic_claims"),
    )
    op.create_index("ix_statistic_claims_article_id", "statistic_claims", ["article_id"])
    op.create_table(
        "statistic_events",
        sa.Column("claim_seq", places, autoincrement=False, nullable=False),
        sa.Column("log_index", places, autoincrement=False, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("actor_id", ids, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("question IN ('content', 'attribution')", name="ck_statistic_events_question"),
        sa.CheckConstraint("act IN ('move', 'undo', 'opinion')", name="ck_statistic_events_act"),
        sa.PrimaryKeyConstraint("claim_seq", "log_index", "question", name="pk_statistic_events"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Lose what can be derived from the log again."""
    for table in ("statistic_events", "statistic_claims", "statistic_counts"):
        op.drop_table(table)
    op.execute("DELETE FROM followers WHERE name = 'statistics'")
