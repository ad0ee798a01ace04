"""Indexes by URL: the failed captures of the pages that hidden evidence cites are hidden too.

Revision: 0029
Dated: 2026-11-30
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

FAILED = sa.text("reason IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_captures_failed_url", "captures", ["url"],
        postgresql_using="hash", sqlite_where=FAILED, postgresql_where=FAILED,
    )  # fmt: skip
    op.create_index("ix_evidence_url", "evidence", ["url"], postgresql_using="hash")


def downgrade() -> None:
    op.drop_index("ix_evidence_url", "evidence")
    op.drop_index("ix_captures_failed_url", "captures")
