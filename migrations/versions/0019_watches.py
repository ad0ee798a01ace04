"""Articles that are watched: fetched again and again, so that a newer text becomes a snapshot.

Revision: 0019
Dated: 2026-11-29
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ids = sa.String(36) if op.get_bind().dialect.name == "sqlite" else sa.UUID(as_uuid=False)
    op.create_table(
        "watches",
        sa.Column("article_id", ids, nullable=False),
        sa.Column("every", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("set_by_id", ids, nullable=False),
        sa.Column("set_index", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("modified", sa.Text(), nullable=True),
        sa.CheckConstraint("(failures = 0) = (error IS NULL)", name="ck_watches_error"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_watches_article_id_articles"),
        sa.ForeignKeyConstraint(["set_by_id"], ["people.id"], name="fk_watches_set_by_id_people"),
        sa.PrimaryKeyConstraint("article_id", name="pk_watches"),
    )
    op.create_index("ix_watches_next_at", "watches", ["next_at"])


def downgrade() -> None:
    """Lose which articles are watched. The entries in the log stay."""
    op.drop_table("watches")
