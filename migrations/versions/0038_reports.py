"""Reports, with their versions, publications and the claims that they refer to, and what people did not save yet.

Revision: 0038
Dated: 2026-11-30
"""

import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

CHECK = "ck_revisions_subject_kind"
KIND = "report"
STATES = ("draft", "submitted", "approved", "published", "retracted", "withdrawn")


def upgrade() -> None:
    embedded = op.get_bind().dialect.name == "sqlite"
    ids: Any = sa.String(36) if embedded else sa.UUID(as_uuid=False)
    places: Any = sa.Integer() if embedded else sa.BigInteger()
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "reports",
        sa.Column("seq", places, autoincrement=False, nullable=False),
        sa.Column("id", ids, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("embargo_until", moment, nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("created_by_id", ids, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=True),
        sa.Column("ended_by_id", ids, nullable=True),
        sa.Column("redacted_index", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("changed_index", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(f"state IN ({', '.join(map(repr, STATES))})", name="ck_reports_state"),
        sa.CheckConstraint("(state IN ('retracted', 'withdrawn')) = (ended_at IS NOT NULL)", name="ck_reports_ended"),
        sa.ForeignKeyConstraint(["created_by_id"], ["people.id"], name="fk_reports_created_by_id_people"),
        sa.ForeignKeyConstraint(["ended_by_id"], ["people.id"], name="fk_reports_ended_by_id_people"),
        sa.PrimaryKeyConstraint("seq", name="pk_reports"),
        sa.UniqueConstraint("id", name="uq_reports_id"),
    )
    op.create_index("ix_reports_changed_index", "reports", ["changed_index"])
    op.create_index("ix_reports_state_changed_index", "reports", ["state", "changed_index"])
    op.create_table(
        "report_versions",
        sa.Column("report_id", ids, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("saved_by_id", ids, nullable=False),
        sa.Column("saved_at", moment, nullable=False),
        sa.CheckConstraint("number >= 1", name="ck_report_versions_number"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_report_versions_report_id_reports"),
        sa.ForeignKeyConstraint(["saved_by_id"], ["people.id"], name="fk_report_versions_saved_by_id_people"),
        sa.PrimaryKeyConstraint("report_id", "number", name="pk_report_versions"),
        sa.UniqueConstraint("log_index", name="uq_report_versions_log_index"),
    )
    op.create_table(
        "report_publications",
        sa.Column("log_index", places, autoincrement=False, nullable=False),
        sa.Column("report_id", ids, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("correction", sa.Text(), nullable=True),
        sa.Column("published_by_id", ids, nullable=False),
        sa.Column("cancelled_index", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_report_publications_report_id_reports"),
        sa.ForeignKeyConstraint(
            ["published_by_id"], ["people.id"], name="fk_report_publications_published_by_id_people"
        ),
        sa.PrimaryKeyConstraint("log_index", name="pk_report_publications"),
    )
    op.create_index("ix_report_publications_report_id", "report_publications", ["report_id", "at", "log_index"])
    op.create_index("ix_report_publications_at", "report_publications", ["at", "log_index"])
    op.create_table(
        "report_claims",
        sa.Column("claim_id", ids, nullable=False),
        sa.Column("report_id", ids, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_report_claims_claim_id_claims"),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_report_claims_report_id_reports"),
        sa.PrimaryKeyConstraint("claim_id", "report_id", "number", name="pk_report_claims"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_report_claims_report_id", "report_claims", ["report_id"])
    op.create_table(
        "report_drafts",
        sa.Column("report_id", ids, nullable=False),
        sa.Column("person_id", ids, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("saved_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name="fk_report_drafts_report_id_reports"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_report_drafts_person_id_people"),
        sa.PrimaryKeyConstraint("report_id", "person_id", name="pk_report_drafts"),
    )
    _allow(KIND, allowed=True)


def downgrade() -> None:
    """Lose reports. The entries in the log stay, and while there are some, their kind is allowed."""
    for table in ("report_drafts", "report_claims", "report_publications", "report_versions", "reports"):
        op.drop_table(table)
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
