"""Withdrawn claims leave the search index: it holds what can be found, so that a count need not look at each row.

Revision: 0006
Dated: 2026-11-22
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE claims SET words = '' WHERE withdrawn_at IS NOT NULL AND words <> ''")


def downgrade() -> None:
    """Leave them out: no version finds withdrawn claims, and what an older one counts and lists stays the same."""
