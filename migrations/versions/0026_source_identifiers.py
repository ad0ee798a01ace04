"""Identifiers of sources as rows, and an index of names: by these, an import finds the sources that it brings again.

Revision: 0026
Dated: 2026-11-30
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from factcheck.rules.identity.identifiers import kept, of_source

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

BATCH = 1000


def upgrade() -> None:
    embedded = op.get_bind().dialect.name == "sqlite"
    ids: Any = sa.String(36) if embedded else sa.UUID(as_uuid=False)
    op.create_table(
        "source_identifiers",
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("source_id", ids, nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_source_identifiers_source_id_sources"),
        sa.PrimaryKeyConstraint("identifier", "source_id", name="pk_source_identifiers"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_source_identifiers_source_id", "source_identifiers", ["source_id"])
    op.create_index("ix_sources_name_kind", "sources", ["name", "kind"])
    _fill()


def downgrade() -> None:
    op.drop_index("ix_sources_name_kind", "sources")
    op.drop_table("source_identifiers")


def _fill() -> None:
    """Give every source the identifiers that its URLs hold."""
    connection = op.get_bind()
    some = sa.text("SELECT seq, id, kind, same_as FROM sources WHERE seq > :after ORDER BY seq LIMIT :most")
    insert = sa.text("INSERT INTO source_identifiers (identifier, source_id) VALUES (:identifier, :source_id)")
    after = -1
    while rows := connection.execute(some, {"after": after, "most": BATCH}).all():
        found = [
            {"identifier": kept(each), "source_id": row.id}
            for row in rows
            for each in of_source(row.kind, json.loads(row.same_as))
        ]
        if found:
            connection.execute(insert, found)
        after = rows[-1].seq
