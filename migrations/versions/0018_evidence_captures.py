"""Evidence names the capture of the page that it cites.

Revision: 0018
Dated: 2026-11-29
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INDEX = "ix_evidence_capture_id"
REFERENCE = " CONSTRAINT fk_evidence_capture_id_captures REFERENCES captures (id)"


def upgrade() -> None:
    # Not in a batch: SQLite adds a column with its rule, and rewrites nothing.
    kind = "VARCHAR(36)" if op.get_bind().dialect.name == "sqlite" else "UUID"
    op.execute(f"ALTER TABLE evidence ADD COLUMN capture_id {kind}{REFERENCE}")
    captured = sa.text("capture_id IS NOT NULL")
    op.create_index(INDEX, "evidence", ["capture_id"], sqlite_where=captured, postgresql_where=captured)


def downgrade() -> None:
    """Lose which capture evidence has. The entries in the log stay."""
    op.drop_index(INDEX, "evidence")
    if op.get_bind().dialect.name == "sqlite":
        _without_reference()
    op.execute("ALTER TABLE evidence DROP COLUMN capture_id")


def _without_reference() -> None:
    """Take the reference off the column: SQLite drops no column that refers to another table.

    By the procedure of SQLite's documentation (ALTER TABLE, section 7) for a change that leaves the rows as they are.
    """
    connection = op.get_bind()
    words = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'evidence'")
    [made] = connection.execute(words).scalars()
    if made.count(REFERENCE) != 1:
        raise RuntimeError("The table evidence is not the one that this version knows.")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = 'evidence'"),
        {"sql": made.replace(REFERENCE, "")},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
