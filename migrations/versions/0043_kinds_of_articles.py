"""Kinds of articles: speeches, posts, videos and images beside written texts.

Revision: 0043
Dated: 2026-12-01
"""

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

KINDS = ("article", "speech", "post", "video", "image")


def upgrade() -> None:
    """Make each article that there is an `article`, as its entries mean that say no kind."""
    rule = f"kind IN ({', '.join(map(repr, KINDS))})"
    # Not in a batch: SQLite adds a column with its rule, and rewrites nothing.
    op.execute(
        "ALTER TABLE articles ADD COLUMN kind TEXT DEFAULT 'article' NOT NULL"
        f" CONSTRAINT ck_articles_kind CHECK ({rule})"
    )
    op.create_index("ix_articles_kind_seq", "articles", ["kind", "seq"])


def downgrade() -> None:
    """Lose the kinds. The entries in the log keep them."""
    op.drop_index("ix_articles_kind_seq", "articles")
    op.execute("ALTER TABLE articles DROP COLUMN kind")
