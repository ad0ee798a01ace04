"""Notifications: who gets which, derived from the log, and up to where they have seen them.

Revision: 0033
Dated: 2026-11-30
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

KINDS = ("assigned", "opinion_asked", "mentioned", "answered", "article_changed")


def upgrade() -> None:
    embedded = op.get_bind().dialect.name == "sqlite"
    ids: Any = sa.String(36) if embedded else sa.UUID(as_uuid=False)
    places: Any = sa.Integer() if embedded else sa.BigInteger()
    op.create_table(
        "notifications",
        sa.Column("person_id", ids, nullable=False),
        sa.Column("log_index", places, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("claim_id", ids, nullable=True),
        sa.Column("article_id", ids, nullable=True),
        sa.Column("comment_id", ids, nullable=True),
        sa.Column("actor_id", ids, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"kind IN ({', '.join(map(repr, KINDS))})", name="ck_notifications_kind"),
        sa.PrimaryKeyConstraint("person_id", "log_index", name="pk_notifications"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_notifications_claim_id", "notifications", ["claim_id"])
    op.create_index("ix_notifications_comment_id", "notifications", ["comment_id"])
    op.create_table(
        "notification_marks",
        sa.Column("person_id", ids, nullable=False),
        sa.Column("seen_index", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_notification_marks_person_id_people"),
        sa.PrimaryKeyConstraint("person_id", name="pk_notification_marks"),
    )
    # What happened before there were notifications is new to nobody.
    op.execute(
        "INSERT INTO notification_marks (person_id, seen_index)"
        " SELECT people.id, log_head.size - 1 FROM people CROSS JOIN log_head"
    )


def downgrade() -> None:
    """Lose what can be derived from the log again, and how far people have seen it."""
    op.drop_table("notification_marks")
    op.drop_table("notifications")
    op.execute("DELETE FROM followers WHERE name = 'notifications'")
