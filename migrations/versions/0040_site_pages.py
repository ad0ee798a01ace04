"""Pages of the public site about the house.

Revision: 0040
Dated: 2026-12-01
"""

import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

CHECK = "ck_revisions_subject_kind"
KIND = "site_page"
NAMES = ("methodology", "about", "funding", "corrections-policy")


def upgrade() -> None:
    embedded = op.get_bind().dialect.name == "sqlite"
    ids: Any = sa.String(36) if embedded else sa.UUID(as_uuid=False)
    places: Any = sa.Integer() if embedded else sa.BigInteger()
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "site_pages",
        sa.Column("seq", places, autoincrement=False, nullable=False),
        sa.Column("id", ids, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column("changed_index", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_index", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", moment, nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(f"name IN ({', '.join(map(repr, NAMES))})", name="ck_site_pages_name"),
        sa.CheckConstraint("(withdrawn_index IS NULL) = (withdrawn_at IS NULL)", name="ck_site_pages_withdrawal"),
        sa.PrimaryKeyConstraint("seq", name="pk_site_pages"),
        sa.UniqueConstraint("id", name="uq_site_pages_id"),
    )
    op.create_index("ix_site_pages_name", "site_pages", ["name"])
    _allow(KIND, allowed=True)


def downgrade() -> None:
    """Lose the pages. The entries in the log stay, and while there are some, their kind is allowed."""
    op.drop_table("site_pages")
    left = sa.text("SELECT 1 FROM revisions WHERE subject_kind = :kind LIMIT 1")
    if op.get_bind().execute(left, {"kind": KIND}).first() is None:
        _allow(KIND, allowed=False)


def _allow(kind: str, *, allowed: bool) -> None:
    """Allow a kind of things in the log, or no longer; kinds that others left there stay as they are.

    SQLite's rule is rewritten where it stands: the log is too large to copy. The procedure is that of SQLite's
    documentation (ALTER TABLE, section 7) for a change that leaves the rows as they are.
    """
    connection = op.get_bind()
    embedded = connection.dialect.name == "sqlite"
    words = sa.text(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'revisions'"
        if embedded
        else "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_revisions_subject_kind'"
        " AND conrelid = 'revisions'::regclass"
    )
    [made] = connection.execute(words).scalars()
    rule = re.search(r"subject_kind IN \(([^()]*)\)", made) if embedded else re.search("(.*)", made, re.DOTALL)
    if rule is None:
        raise RuntimeError("The table revisions is not the one that this version knows.")
    kinds = set(re.findall(r"'(\w+)'", rule[1]))
    kinds = kinds | {kind} if allowed else kinds - {kind}
    new = f"subject_kind IN ({', '.join(map(repr, sorted(kinds)))})"
    if not embedded:
        op.drop_constraint(CHECK, "revisions", type_="check")
        op.create_check_constraint(CHECK, "revisions", new)
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = 'revisions'"),
        {"sql": made.replace(rule[0], new)},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
