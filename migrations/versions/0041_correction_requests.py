"""Readers' requests for corrections.

Revision: 0041
Dated: 2026-12-01
"""

import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

CHECK = "ck_revisions_subject_kind"
KIND = "correction_request"


def upgrade() -> None:
    embedded = op.get_bind().dialect.name == "sqlite"
    ids: Any = sa.String(36) if embedded else sa.UUID(as_uuid=False)
    places: Any = sa.Integer() if embedded else sa.BigInteger()
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "correction_requests",
        sa.Column("seq", places, autoincrement=False, nullable=False),
        sa.Column("id", ids, nullable=False),
        sa.Column("report_id", ids, nullable=True),
        sa.Column("claim_id", ids, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", moment, nullable=True),
        sa.Column("answered_by_id", ids, nullable=True),
        sa.Column("redacted_index", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("changed_index", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(report_id IS NULL) <> (claim_id IS NULL)", name="ck_correction_requests_about"),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="ck_correction_requests_answer"),
        sa.CheckConstraint("(answer IS NULL) = (answered_by_id IS NULL)", name="ck_correction_requests_answered_by"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_correction_requests_report_id_reports"),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_correction_requests_claim_id_claims"),
        sa.ForeignKeyConstraint(["answered_by_id"], ["people.id"], name="fk_correction_requests_answered_by_id_people"),
        sa.PrimaryKeyConstraint("seq", name="pk_correction_requests"),
        sa.UniqueConstraint("id", name="uq_correction_requests_id"),
    )
    for name, condition in (("waiting", "answer IS NULL"), ("answered", "answer IS NOT NULL")):
        where = sa.text(condition)
        op.create_index(
            f"ix_correction_requests_{name}", "correction_requests", ["seq"], sqlite_where=where, postgresql_where=where
        )
    for column in ("claim_id", "report_id"):
        op.create_index(f"ix_correction_requests_{column}", "correction_requests", [column, "seq"])
    op.create_index("ix_correction_requests_received_at", "correction_requests", ["received_at"])
    _allow(KIND, allowed=True)


def downgrade() -> None:
    """Lose the requests. The entries in the log stay, and while there are some, their kind is allowed."""
    op.drop_table("correction_requests")
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
