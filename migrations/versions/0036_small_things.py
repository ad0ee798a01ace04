"""When tokens and sessions were last used, filters that people saved, who ended the tour, indexes of assignments.

Revision: 0036
Dated: 2026-11-30
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_assignments_priority", "priority", "person_id IS NOT NULL"),
    ("ix_assignments_day", "due_on", "due_on IS NOT NULL"),
)
LISTS = ("claims", "articles", "sources")


def upgrade() -> None:
    ids: Any = sa.String(36) if op.get_bind().dialect.name == "sqlite" else sa.UUID(as_uuid=False)
    for name, column, where in INDEXES:
        rows = sa.text(where)
        op.create_index(name, "assignments", [column, "claim_id"], sqlite_where=rows, postgresql_where=rows)
    op.add_column("tokens", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("browser_sessions", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("preferences", sa.Column("toured_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "saved_filters",
        sa.Column("id", ids, nullable=False),
        sa.Column("person_id", ids, nullable=False),
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"list_name IN ({', '.join(map(repr, LISTS))})", name="ck_saved_filters_list_name"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_saved_filters_person_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_filters"),
        sa.UniqueConstraint("person_id", "list_name", "name", name="uq_saved_filters_person_id_list_name_name"),
    )


def downgrade() -> None:
    """Lose saved filters, who ended the tour, and when tokens and sessions were last used.

    The version before knows no renamed people: its verification names each claim that shows one.
    """
    op.drop_table("saved_filters")
    op.drop_column("preferences", "toured_at")
    op.drop_column("browser_sessions", "last_used_at")
    op.drop_column("tokens", "last_used_at")
    for name, _, _ in INDEXES:
        op.drop_index(name, "assignments")
