"""On SQLite, tables whose key is not one number are kept in the tree of that key: a row is written once, not twice.

Revision: 0009
Dated: 2026-11-27
"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = (
    "article_findings", "claim_sources", "claim_tags", "finding_sources", "findings", "source_standings",
    "source_tallies", "status_change_days", "status_changes", "tallies",
)  # fmt: skip
WITHOUT = " WITHOUT ROWID"


def upgrade() -> None:
    _keep_anew(lambda table: table + WITHOUT)


def downgrade() -> None:
    _keep_anew(lambda table: table.removesuffix(WITHOUT))


def _keep_anew(written: Callable[[str], str]) -> None:
    """Make each table again, by what is `written` of its own words, with its rows and indexes."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":  # PostgreSQL has no such tables
        return
    words = sa.text("SELECT sql FROM sqlite_master WHERE type = :type AND tbl_name = :table AND sql IS NOT NULL")
    for table in TABLES:
        [made] = connection.execute(words, {"type": "table", "table": table}).scalars()
        indexes = connection.execute(words, {"type": "index", "table": table}).scalars().all()
        op.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
        op.execute(sa.text(written(made)))
        key = ", ".join(sa.inspect(connection).get_pk_constraint(table)["constrained_columns"])
        op.execute(f"INSERT INTO {table} SELECT * FROM {table}_before ORDER BY {key}")
        op.execute(f"DROP TABLE {table}_before")
        for index in indexes:
            op.execute(sa.text(index))
