"""Assignments: to whom a claim is assigned, and until when.

Revision: 0028
Dated: 2026-11-30
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

CHECK = "ck_revisions_subject_kind"
KINDS = ("article", "capture", "claim", "feed", "log", "person", "source")
ASSIGNMENT = "assignment"
WITH_ASSIGNMENT = (*KINDS[:1], ASSIGNMENT, *KINDS[1:])


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    ids = sa.String(36) if dialect == "sqlite" else sa.UUID(as_uuid=False)
    places = sa.Integer() if dialect == "sqlite" else sa.BigInteger()
    op.create_table(
        "assignments",
        sa.Column("seq", places, autoincrement=False, nullable=False),
        sa.Column("id", ids, nullable=False),
        sa.Column("claim_id", ids, nullable=False),
        sa.Column("person_id", ids, nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("priority", sa.String(20), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("assigned_by_id", ids, nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("priority IN ('high', 'normal', 'low')", name="ck_assignments_priority"),
        sa.CheckConstraint(
            "person_id IS NOT NULL OR (due_on IS NULL AND note IS NULL)", name="ck_assignments_released"
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_assignments_claim_id_claims"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_assignments_person_id_people"),
        sa.ForeignKeyConstraint(["assigned_by_id"], ["people.id"], name="fk_assignments_assigned_by_id_people"),
        sa.PrimaryKeyConstraint("seq", name="pk_assignments"),
        sa.UniqueConstraint("id", name="uq_assignments_id"),
        sa.UniqueConstraint("claim_id", name="uq_assignments_claim_id"),
    )
    op.create_index("ix_assignments_person_id", "assignments", ["person_id", "seq"])
    op.create_index("ix_assignments_due_on", "assignments", ["person_id", "due_on", "seq"])
    _check(KINDS, WITH_ASSIGNMENT)


def downgrade() -> None:
    """Lose assignments. The entries in the log stay, and while there are some, their kind is allowed."""
    op.drop_table("assignments")
    left = sa.text("SELECT 1 FROM revisions WHERE subject_kind = :kind LIMIT 1")
    if op.get_bind().execute(left, {"kind": ASSIGNMENT}).first() is None:
        _check(WITH_ASSIGNMENT, KINDS)


def _check(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    """Allow other kinds of things in the log. SQLite's rule is rewritten where it stands: the log is too large to copy.

    The procedure is that of SQLite's documentation (ALTER TABLE, section 7) for a change that leaves the rows as they
    are.
    """
    connection = op.get_bind()
    rules = [f"subject_kind IN ({', '.join(map(repr, kinds))})" for kinds in (old, new)]
    if connection.dialect.name != "sqlite":
        op.drop_constraint(CHECK, "revisions", type_="check")
        op.create_check_constraint(CHECK, "revisions", rules[1])
        return
    words = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'revisions'")
    [made] = connection.execute(words).scalars()
    if made.count(rules[1]) == 1:  # the entries of an earlier upgrade were still there
        return
    if made.count(rules[0]) != 1:
        raise RuntimeError("The table revisions is not the one that this version knows.")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = 'revisions'"),
        {"sql": made.replace(rules[0], rules[1])},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
