"""On SQLite, tables whose key is not one number are kept in the tree of that key: a row is written once, not twice.

And lists by origin and by reviewer leave out the claims that have none.

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
LISTS = ("origin_id", "reviewed_by_id")


def upgrade() -> None:
    for column in LISTS:
        _list_again(column, f"withdrawn_at IS NULL AND {column} IS NOT NULL")
    _keep_anew(lambda table: table + WITHOUT)


def downgrade() -> None:
    _keep_anew(lambda table: table.removesuffix(WITHOUT))
    for column in LISTS:
        _list_again(column, "withdrawn_at IS NULL")


def _list_again(column: str, where: str) -> None:
    name = f"ix_claims_{column}_changed_index_seq"
    op.drop_index(name, "claims")
    op.create_index(
        name, "claims", [column, "changed_index", "seq"], sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )


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
