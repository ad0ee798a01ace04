"""Mail: people's addresses, what is mailed to them and when, and how far that is.

Revision: 0035
Dated: 2026-11-30
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

KINDS = ("assigned", "opinion_asked", "mentioned", "answered", "article_changed")
DELIVERIES = ("at_once", "daily", "never")


def upgrade() -> None:
    ids: Any = sa.String(36) if op.get_bind().dialect.name == "sqlite" else sa.UUID(as_uuid=False)
    op.create_index("ix_notifications_person_id", "notifications", ["person_id", "kind", "log_index"])
    op.add_column("preferences", sa.Column("email", sa.Text(), nullable=True))
    op.create_table(
        "mail_choices",
        sa.Column("person_id", ids, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("mailed_index", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(f"kind IN ({', '.join(map(repr, KINDS))})", name="ck_mail_choices_kind"),
        sa.CheckConstraint(f"delivery IN ({', '.join(map(repr, DELIVERIES))})", name="ck_mail_choices_delivery"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_mail_choices_person_id_people"),
        sa.PrimaryKeyConstraint("person_id", "kind", name="pk_mail_choices"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "mail_marks",
        sa.Column("person_id", ids, nullable=False),
        sa.Column("daily_on", sa.Date(), nullable=True),
        sa.Column("at_once_begun", sa.BigInteger(), nullable=True),
        sa.Column("daily_begun", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_mail_marks_person_id_people"),
        sa.PrimaryKeyConstraint("person_id", name="pk_mail_marks"),
    )


def downgrade() -> None:
    """Lose people's addresses, and what they chose to be mailed."""
    op.drop_table("mail_marks")
    op.drop_table("mail_choices")
    op.drop_column("preferences", "email")
    op.drop_index("ix_notifications_person_id", "notifications")
