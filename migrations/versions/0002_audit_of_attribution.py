"""The audit of attribution: whom evidence goes back to, and the tables in which findings are kept.

Revision: 0002
Dated: 2026-11-22
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
LOG_INDEX = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    kind = "UUID" if op.get_bind().dialect.name == "postgresql" else "VARCHAR(36)"
    op.execute(
        f"ALTER TABLE evidence ADD COLUMN origin_id {kind}"
        " CONSTRAINT fk_evidence_origin_id_sources REFERENCES sources (id)"
    )
    op.create_index("ix_evidence_origin_id", "evidence", ["origin_id"], unique=False)
    op.create_table(
        "tallies",
        sa.Column("article_id", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("article_id", "measure", "value", name="pk_tallies"),
    )
    op.create_table(
        "upkeep",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_upkeep_one_row"),
        sa.PrimaryKeyConstraint("id", name="pk_upkeep"),
    )
    op.create_table(
        "source_tallies",
        sa.Column("source_id", ID, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attribution_status", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "source_id", "role", "kind", "year", "status", "attribution_status", name="pk_source_tallies"
        ),
    )
    op.create_table(
        "status_change_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "actor_id", "question", "before", "after", name="pk_status_change_days"),
    )
    op.create_table(
        "article_findings",
        sa.Column("article_id", ID, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("article_id", name="pk_article_findings"),
    )
    op.create_index("ix_article_findings_n_article_id", "article_findings", ["n", "article_id"], unique=False)
    op.create_table(
        "claim_audits",
        sa.Column("claim_seq", LOG_INDEX, autoincrement=False, nullable=False),
        sa.Column("article_id", ID, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attribution_status", sa.Text(), nullable=False),
        sa.Column("coverage", sa.Text(), nullable=False),
        sa.Column("origins", sa.BigInteger(), nullable=False),
        sa.Column("independent_origins", sa.BigInteger(), nullable=False),
        sa.Column("conflict_group", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "attribution_status IN ('unverified', 'in_review', 'verified', 'disputed', 'refuted', 'unverifiable')",
            name="ck_claim_audits_attribution_status",
        ),
        sa.CheckConstraint(
            "status IN ('unverified', 'in_review', 'verified', 'disputed', 'refuted', 'unverifiable')",
            name="ck_claim_audits_status",
        ),
        sa.PrimaryKeyConstraint("claim_seq", name="pk_claim_audits"),
    )
    op.create_index(
        "ix_claim_audits_conflict_group_claim_seq", "claim_audits", ["conflict_group", "claim_seq"], unique=False
    )
    op.create_index(
        "ix_claim_audits_conflict_heads",
        "claim_audits",
        ["claim_seq"],
        unique=False,
        sqlite_where=sa.text("conflict_group = claim_seq"),
        postgresql_where=sa.text("conflict_group = claim_seq"),
    )
    op.create_table(
        "finding_sources",
        sa.Column("claim_seq", LOG_INDEX, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("claim_seq", "kind", "source_id", name="pk_finding_sources"),
    )
    op.create_index(
        "ix_finding_sources_source_id_since_claim_seq_kind",
        "finding_sources",
        ["source_id", "since", "claim_seq", "kind"],
        unique=False,
    )
    op.create_table(
        "findings",
        sa.Column("claim_seq", LOG_INDEX, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("article_id", ID, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('unattributed', 'unnamed_origin', 'missing_link', 'interested_only', 'single_origin', 'circular',"
            " 'same_origin_counted_twice', 'conflict', 'verdict_without_evidence', 'attribution_unchecked', 'overdue',"
            " 'anchor_broken')",
            name="ck_findings_kind",
        ),
        sa.PrimaryKeyConstraint("claim_seq", "kind", name="pk_findings"),
    )
    op.create_index(
        "ix_findings_article_id_since_claim_seq_kind",
        "findings",
        ["article_id", "since", "claim_seq", "kind"],
        unique=False,
    )
    op.create_index("ix_findings_kind_since_claim_seq", "findings", ["kind", "since", "claim_seq"], unique=False)
    op.create_index("ix_findings_since_claim_seq_kind", "findings", ["since", "claim_seq", "kind"], unique=False)
    op.create_index(
        "ix_findings_status_since_claim_seq_kind", "findings", ["status", "since", "claim_seq", "kind"], unique=False
    )
    op.create_table(
        "source_standings",
        sa.Column("claim_seq", LOG_INDEX, autoincrement=False, nullable=False),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("from_index", LOG_INDEX, autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attribution_status", sa.Text(), nullable=False),
        sa.Column("from_at", INSTANT, nullable=False),
        sa.Column("until_at", INSTANT, nullable=True),
        sa.CheckConstraint("role IN ('origin', 'principal', 'relay', 'voice')", name="ck_source_standings_role"),
        sa.PrimaryKeyConstraint("claim_seq", "source_id", "from_index", name="pk_source_standings"),
    )
    op.create_index("ix_source_standings_source_id_from_at", "source_standings", ["source_id", "from_at"], unique=False)
    op.create_table(
        "status_changes",
        sa.Column("log_index", LOG_INDEX, autoincrement=False, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("claim_seq", LOG_INDEX, autoincrement=False, nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "after IN ('unverified', 'in_review', 'verified', 'disputed', 'refuted', 'unverifiable')",
            name="ck_status_changes_after",
        ),
        sa.CheckConstraint(
            "before IN ('unverified', 'in_review', 'verified', 'disputed', 'refuted', 'unverifiable')",
            name="ck_status_changes_before",
        ),
        sa.CheckConstraint("question IN ('content', 'attribution')", name="ck_status_changes_question"),
        sa.PrimaryKeyConstraint("log_index", "question", name="pk_status_changes"),
    )
    op.create_index(
        "ix_status_changes_at_log_index_question", "status_changes", ["at", "log_index", "question"], unique=False
    )
    # The stored JSON and the findings are written by `factcheck db upgrade` (or at the next start, when embedded).
    op.execute("INSERT INTO upkeep (id, version) VALUES (1, 1)")


def downgrade() -> None:
    op.drop_index("ix_status_changes_at_log_index_question", table_name="status_changes")
    op.drop_table("status_changes")
    op.drop_index("ix_source_standings_source_id_from_at", table_name="source_standings")
    op.drop_table("source_standings")
    op.drop_index("ix_findings_status_since_claim_seq_kind", table_name="findings")
    op.drop_index("ix_findings_since_claim_seq_kind", table_name="findings")
    op.drop_index("ix_findings_kind_since_claim_seq", table_name="findings")
    op.drop_index("ix_findings_article_id_since_claim_seq_kind", table_name="findings")
    op.drop_table("findings")
    op.drop_index("ix_finding_sources_source_id_since_claim_seq_kind", table_name="finding_sources")
    op.drop_table("finding_sources")
    op.drop_index(
        "ix_claim_audits_conflict_heads",
        table_name="claim_audits",
        sqlite_where=sa.text("conflict_group = claim_seq"),
        postgresql_where=sa.text("conflict_group = claim_seq"),
    )
    op.drop_index("ix_claim_audits_conflict_group_claim_seq", table_name="claim_audits")
    op.drop_table("claim_audits")
    op.drop_index("ix_article_findings_n_article_id", table_name="article_findings")
    op.drop_table("article_findings")
    op.drop_table("status_change_days")
    op.drop_table("source_tallies")
    op.drop_table("upkeep")
    op.drop_table("tallies")
    op.drop_index("ix_evidence_origin_id", table_name="evidence")
    op.execute("ALTER TABLE evidence DROP COLUMN origin_id")
