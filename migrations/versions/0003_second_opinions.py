"""Second opinions: a verdict that somebody else decides once more, without seeing it.

Revision: 0003
Dated: 2026-11-23
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
LOG_INDEX = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
STATUSES = "('unverified', 'in_review', 'verified', 'disputed', 'refuted', 'unverifiable')"


def upgrade() -> None:
    # Not in a batch: SQLite adds a column without making the table, and its search triggers, anew.
    op.add_column("claims", sa.Column("second_opinion_at", INSTANT, nullable=True))
    op.create_index(
        "ix_claims_second_opinion",
        "claims",
        ["changed_index", "seq"],
        unique=False,
        sqlite_where=sa.text("second_opinion_at IS NOT NULL"),
        postgresql_where=sa.text("second_opinion_at IS NOT NULL"),
    )
    op.create_table(
        "second_opinions",
        sa.Column("id", ID, nullable=False),
        sa.Column("log_index", LOG_INDEX, nullable=False),
        sa.Column("claim_id", ID, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("by_policy", sa.Boolean(), nullable=False),
        sa.Column("asked_by_id", ID, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("reviewer_id", ID, nullable=True),
        sa.Column("first_review_id", ID, nullable=False),
        sa.Column("first_index", sa.BigInteger(), nullable=False),
        sa.Column("first_reviewer_id", ID, nullable=False),
        sa.Column("first_status", sa.Text(), nullable=False),
        sa.Column("second_review_id", ID, nullable=True),
        sa.Column("second_status", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.CheckConstraint("question IN ('content', 'attribution')", name="ck_second_opinions_question"),
        sa.CheckConstraint(f"first_status IN {STATUSES}", name="ck_second_opinions_first_status"),
        sa.CheckConstraint(
            f"second_status IS NULL OR second_status IN {STATUSES}", name="ck_second_opinions_second_status"
        ),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('agreed', 'disagreed', 'lapsed')", name="ck_second_opinions_outcome"
        ),
        sa.CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="ck_second_opinions_closing"),
        sa.CheckConstraint("(second_review_id IS NULL) = (second_status IS NULL)", name="ck_second_opinions_answer"),
        sa.CheckConstraint(
            "(second_status IS NULL) = (outcome IS NULL OR outcome = 'lapsed')", name="ck_second_opinions_answered"
        ),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome = 'lapsed' OR (outcome = 'agreed') = (first_status = second_status)",
            name="ck_second_opinions_verdicts",
        ),
        sa.CheckConstraint(
            "reviewer_id IS NULL OR (reviewer_id <> first_reviewer_id AND reviewer_id <> asked_by_id)",
            name="ck_second_opinions_another",
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["people.id"], name="fk_second_opinions_asked_by_id_people"),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_second_opinions_claim_id_claims"),
        sa.ForeignKeyConstraint(["first_review_id"], ["reviews.id"], name="fk_second_opinions_first_review_id_reviews"),
        sa.ForeignKeyConstraint(
            ["first_reviewer_id"], ["people.id"], name="fk_second_opinions_first_reviewer_id_people"
        ),
        sa.ForeignKeyConstraint(["log_index"], ["revisions.log_index"], name="fk_second_opinions_log_index_revisions"),
        sa.ForeignKeyConstraint(["reviewer_id"], ["people.id"], name="fk_second_opinions_reviewer_id_people"),
        sa.ForeignKeyConstraint(
            ["second_review_id"], ["reviews.id"], name="fk_second_opinions_second_review_id_reviews"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_second_opinions"),
        sa.UniqueConstraint("log_index", name="uq_second_opinions_log_index"),
        sa.UniqueConstraint("second_review_id", name="uq_second_opinions_second_review_id"),
    )
    op.create_index("ix_second_opinions_claim_id_log_index", "second_opinions", ["claim_id", "log_index"], unique=False)
    op.create_index(
        "ix_second_opinions_open",
        "second_opinions",
        ["claim_id", "question"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "ix_second_opinions_answered",
        "second_opinions",
        ["question", "closed_at", "first_status", "second_status"],
        unique=False,
        sqlite_where=sa.text("second_status IS NOT NULL"),
        postgresql_where=sa.text("second_status IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop the requests; the reviews that answered them stay, and a verdict that waits for one stands as it is."""
    op.drop_table("second_opinions")
    op.drop_index("ix_claims_second_opinion", "claims")
    op.drop_column("claims", "second_opinion_at")
