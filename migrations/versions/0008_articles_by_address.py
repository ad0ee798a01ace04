"""Articles are found by their address: imports may name them by it.

Revision: 0008
Dated: 2026-11-22
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # An address may be longer than a key of PostgreSQL's B-trees.
    op.create_index("ix_articles_url", "articles", ["url"], postgresql_using="hash")


def downgrade() -> None:
    op.drop_index("ix_articles_url", "articles")
