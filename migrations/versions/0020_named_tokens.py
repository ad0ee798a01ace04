"""Tokens with names, and browser sessions that can be told apart.

Revision: 0020
Dated: 2026-11-29
"""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ids = sa.String(36) if op.get_bind().dialect.name == "sqlite" else sa.UUID(as_uuid=False)
    op.add_column("tokens", sa.Column("label", sa.Text(), nullable=True))
    op.add_column("browser_sessions", sa.Column("id", ids, nullable=True))
    op.add_column("browser_sessions", sa.Column("user_agent", sa.Text(), nullable=True))
    sessions = sa.table("browser_sessions", sa.column("digest", sa.LargeBinary()), sa.column("id", ids))
    connection = op.get_bind()
    for digest in connection.execute(sa.select(sessions.c.digest)).scalars().all():
        connection.execute(sa.update(sessions).where(sessions.c.digest == digest).values(id=str(uuid.uuid4())))
    op.create_index("ix_browser_sessions_id", "browser_sessions", ["id"], unique=True)


def downgrade() -> None:
    """Lose the names of tokens, and which browsers are logged in. The entries in the log stay."""
    op.drop_index("ix_browser_sessions_id", "browser_sessions")
    op.drop_column("browser_sessions", "user_agent")
    op.drop_column("browser_sessions", "id")
    op.drop_column("tokens", "label")
