"""Preferences: the language and the time zone that people chose for their pages.

Revision: 0034
Dated: 2026-11-30
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ids: Any = sa.String(36) if op.get_bind().dialect.name == "sqlite" else sa.UUID(as_uuid=False)
    op.create_table(
        "preferences",
        sa.Column("person_id", ids, nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_preferences_person_id_people"),
        sa.PrimaryKeyConstraint("person_id", name="pk_preferences"),
    )


def downgrade() -> None:
    """Lose what people chose."""
    op.drop_table("preferences")
