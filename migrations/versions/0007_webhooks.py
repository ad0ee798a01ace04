"""Webhooks: subscriptions to the log, the messages that failed, and the newest attempts.

Revision: 0007
Dated: 2026-11-22
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
LOG_INDEX = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("seq", LOG_INDEX, autoincrement=False, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.Column("secret_number", sa.BigInteger(), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(), nullable=False),
        sa.Column("rotated_at", INSTANT, nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("failing_since", INSTANT, nullable=True),
        sa.Column("resume_at", INSTANT, nullable=True),
        sa.Column("last_success_at", INSTANT, nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", INSTANT, nullable=True),
        sa.Column("disabled_for", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "disabled_for IS NULL OR disabled_for IN ('paused', 'failing', 'gone', 'owner', 'key')",
            name="ck_webhooks_disabled_for",
        ),
        sa.CheckConstraint("(disabled_at IS NULL) = (disabled_for IS NULL)", name="ck_webhooks_disabling"),
        sa.CheckConstraint("secret_number >= 1", name="ck_webhooks_secret_number"),
        sa.ForeignKeyConstraint(["owner_id"], ["people.id"], name="fk_webhooks_owner_id_people"),
        sa.PrimaryKeyConstraint("seq", name="pk_webhooks"),
        sa.UniqueConstraint("id", name="uq_webhooks_id"),
    )
    op.create_index("ix_webhooks_owner_id", "webhooks", ["owner_id"], unique=False)
    op.create_table(
        "webhook_messages",
        sa.Column("webhook_seq", LOG_INDEX, nullable=False),
        sa.Column("log_index", LOG_INDEX, autoincrement=False, nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("first_at", INSTANT, nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.CheckConstraint("attempts >= 1", name="ck_webhook_messages_attempts"),
        sa.ForeignKeyConstraint(["webhook_seq"], ["webhooks.seq"], name="fk_webhook_messages_webhook_seq_webhooks"),
        sa.PrimaryKeyConstraint("webhook_seq", "log_index", name="pk_webhook_messages"),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("webhook_seq", LOG_INDEX, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=True),
        sa.Column("attempt", sa.BigInteger(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("given_up", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["webhook_seq"], ["webhooks.seq"], name="fk_webhook_deliveries_webhook_seq_webhooks"),
        sa.PrimaryKeyConstraint("webhook_seq", "number", name="pk_webhook_deliveries"),
    )


def downgrade() -> None:
    """Drop the subscriptions; who made them stays in the log."""
    op.drop_table("webhook_deliveries")
    op.drop_table("webhook_messages")
    op.drop_table("webhooks")
