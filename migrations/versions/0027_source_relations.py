"""Relations between sources: who speaks for whom, who owns whom, since when and until when.

Revision: 0027
Dated: 2026-11-30
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    embedded = op.get_bind().dialect.name == "sqlite"
    ids: Any = sa.String(36) if embedded else sa.UUID(as_uuid=False)
    op.create_table(
        "source_relations",
        sa.Column("log_index", sa.Integer() if embedded else sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", ids, nullable=False),
        sa.Column("source_id", ids, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("other_id", ids, nullable=False),
        sa.Column("since", sa.Text(), nullable=True),
        sa.Column("until", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("added_by_id", ids, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_index", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("withdrawn_by_id", ids, nullable=True),
        sa.CheckConstraint(
            "kind IN ('speaks_for', 'owns', 'subsidiary_of', 'member_of')", name="ck_source_relations_kind"
        ),
        sa.CheckConstraint("source_id <> other_id", name="ck_source_relations_not_to_itself"),
        sa.CheckConstraint(
            "(withdrawn_index IS NULL) = (withdrawn_at IS NULL)"
            " AND (withdrawn_index IS NULL) = (withdrawn_by_id IS NULL)"
            " AND (withdrawn_index IS NOT NULL OR withdrawn_reason IS NULL)",
            name="ck_source_relations_withdrawal",
        ),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_source_relations_source_id_sources"),
        sa.ForeignKeyConstraint(["other_id"], ["sources.id"], name="fk_source_relations_other_id_sources"),
        sa.ForeignKeyConstraint(["added_by_id"], ["people.id"], name="fk_source_relations_added_by_id_people"),
        sa.ForeignKeyConstraint(["withdrawn_by_id"], ["people.id"], name="fk_source_relations_withdrawn_by_id_people"),
        sa.PrimaryKeyConstraint("log_index", name="pk_source_relations"),
        sa.UniqueConstraint("id", name="uq_source_relations_id"),
    )
    op.create_index("ix_source_relations_source_id", "source_relations", ["source_id"])
    op.create_index("ix_source_relations_other_id", "source_relations", ["other_id"])


def downgrade() -> None:
    """Lose the relations between sources. The entries in the log stay."""
    op.drop_table("source_relations")
