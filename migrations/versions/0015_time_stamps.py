"""Time stamps of checkpoints.

Revision: 0015
Dated: 2026-11-29
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLE = "log_stamps"
REFUSAL = "the history is never changed"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=False),
        sa.Column("stamped_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["epoch", "size"],
            ["log_checkpoints.epoch", "log_checkpoints.size"],
            name="fk_log_stamps_epoch_log_checkpoints",
        ),
        sa.PrimaryKeyConstraint("epoch", "size", name="pk_log_stamps"),
    )
    embedded = op.get_bind().dialect.name == "sqlite"
    for action in ("UPDATE", "DELETE"):
        made = f"CREATE TRIGGER {TABLE}_no_{action.lower()} BEFORE {action} ON {TABLE}"
        op.execute(
            f"{made} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            if embedded
            else f"{made} FOR EACH ROW EXECUTE FUNCTION factcheck_refuse()"
        )
    if not embedded:
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_truncate BEFORE TRUNCATE ON {TABLE}"
            " FOR EACH STATEMENT EXECUTE FUNCTION factcheck_refuse()"
        )


def downgrade() -> None:
    """Lose the time stamps; the checkpoints stay."""
    op.drop_table(TABLE)
