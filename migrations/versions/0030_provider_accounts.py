"""Accounts at an identity provider, and the sessions that were begun there.

Revision: 0030
Dated: 2026-11-30
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ids = sa.String(36) if op.get_bind().dialect.name == "sqlite" else sa.UUID(as_uuid=False)
    op.create_table(
        "provider_accounts",
        sa.Column("id", ids, nullable=False),
        sa.Column("person_id", ids, nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_provider_accounts_person_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_provider_accounts"),
        sa.UniqueConstraint("digest", name="uq_provider_accounts_digest"),
    )
    op.create_index("ix_provider_accounts_person_id", "provider_accounts", ["person_id"])
    op.add_column("browser_sessions", sa.Column("id_token", sa.Text(), nullable=True))


def downgrade() -> None:
    """Lose which account is whose. The entries in the log stay."""
    op.drop_column("browser_sessions", "id_token")
    op.drop_index("ix_provider_accounts_person_id", "provider_accounts")
    op.drop_table("provider_accounts")
