"""The first schema: people, sources, articles, claims, and the log of revisions.

Revision: 0001
Dated: 2026-11-22
"""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
LOG_INDEX = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

SEARCHED = ("sources", "articles", "claims")
# Words are parted by single spaces already; PostgreSQL's own parser would part some of them again, by rules that
# depend on the server's locale.
VECTOR = """
CREATE FUNCTION factcheck_vector(words text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(string_agg(quote_literal(word) || ':' || least(place, 16383), ' '), '')::tsvector
    FROM unnest(string_to_array(words, ' ')) WITH ORDINALITY AS each (word, place) WHERE word <> ''
$$
"""

# What was written stays as it was written. Redaction alone may remove content, of a claim that `redactions` names.
HISTORY = (
    "claim_versions",
    "log_checkpoints",
    "log_subtrees",
    "redactions",
    "reviews",
    "revision_contents",
    "revisions",
    "snapshots",
)
UNLESS_REDACTED = {
    ("revision_contents", "DELETE"): "SELECT 1 FROM redactions JOIN revisions ON subject_id = claim_id"
    " WHERE subject_kind = 'claim' AND revisions.log_index = old.log_index",
    ("claim_versions", "DELETE"): "SELECT 1 FROM redactions JOIN claims ON claims.id = claim_id"
    " WHERE claims.seq = old.claim_seq",
    ("reviews", "UPDATE"): "SELECT 1 FROM redactions WHERE redactions.claim_id = old.claim_id",
}
REFUSAL = "the history is never changed"
# Run with the rights of the schema's owner: the application's role has no DELETE on the history.
REDACT = """
CREATE FUNCTION factcheck_redact(claim uuid, seq bigint, keeping bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM revision_contents WHERE log_index <> keeping AND log_index IN
        (SELECT log_index FROM revisions WHERE subject_kind = 'claim' AND subject_id = claim);
    DELETE FROM claim_versions WHERE claim_seq = seq;
    UPDATE reviews SET reason = NULL WHERE claim_id = claim;
$$
"""


def upgrade() -> None:
    op.create_table(
        "log_checkpoints",
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("published_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("epoch", "size", name="pk_log_checkpoints"),
    )
    op.create_table(
        "log_head",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_id", ID, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.CheckConstraint("id = 1", name="ck_log_head_one_row"),
        sa.PrimaryKeyConstraint("id", name="pk_log_head"),
    )
    op.create_table(
        "log_subtrees",
        sa.Column("level", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("level >= 1", name="ck_log_subtrees_level"),
        sa.PrimaryKeyConstraint("level", "number", name="pk_log_subtrees"),
    )
    op.create_table(
        "people",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("mark", ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("disabled_at", INSTANT, nullable=True),
        sa.CheckConstraint("role IN ('reader', 'contributor', 'analyst', 'admin')", name="ck_people_role"),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("folded_name", name="uq_people_folded_name"),
        sa.UniqueConstraint("mark", name="uq_people_mark"),
    )
    op.create_table(
        "sources",
        sa.Column("seq", LOG_INDEX, autoincrement=False, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("aliases", sa.Text(), nullable=False),
        sa.Column("same_as", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("merged_into_id", ID, nullable=True),
        sa.Column("canonical_id", ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("kind IN ('person', 'organization', 'group', 'document', 'outlet')", name="ck_sources_kind"),
        sa.CheckConstraint("merged_into_id IS NULL OR merged_into_id <> id", name="ck_sources_not_into_itself"),
        sa.ForeignKeyConstraint(["canonical_id"], ["sources.id"], name="fk_sources_canonical_id_sources"),
        sa.ForeignKeyConstraint(["merged_into_id"], ["sources.id"], name="fk_sources_merged_into_id_sources"),
        sa.PrimaryKeyConstraint("seq", name="pk_sources"),
        sa.UniqueConstraint("external_id", name="uq_sources_external_id"),
        sa.UniqueConstraint("id", name="uq_sources_id"),
    )
    op.create_index("ix_sources_canonical_id", "sources", ["canonical_id"], unique=False)
    op.create_index("ix_sources_kind_seq", "sources", ["kind", "seq"], unique=False)
    op.create_table(
        "articles",
        sa.Column("seq", LOG_INDEX, autoincrement=False, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("outlet_id", ID, nullable=True),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("snapshot_number", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["outlet_id"], ["sources.id"], name="fk_articles_outlet_id_sources"),
        sa.PrimaryKeyConstraint("seq", name="pk_articles"),
        sa.UniqueConstraint("external_id", name="uq_articles_external_id"),
        sa.UniqueConstraint("id", name="uq_articles_id"),
    )
    op.create_index("ix_articles_outlet_id_seq", "articles", ["outlet_id", "seq"], unique=False)
    op.create_table(
        "browser_sessions",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_browser_sessions_person_id_people"),
        sa.PrimaryKeyConstraint("digest", name="pk_browser_sessions"),
    )
    op.create_index("ix_browser_sessions_person_id", "browser_sessions", ["person_id"], unique=False)
    op.create_table(
        "kept_answers",
        sa.Column("person_id", ID, nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("claim_id", ID, nullable=True),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_kept_answers_person_id_people"),
        sa.PrimaryKeyConstraint("person_id", "route", "key", name="pk_kept_answers"),
    )
    op.create_index("ix_kept_answers_claim_id", "kept_answers", ["claim_id"], unique=False)
    op.create_index("ix_kept_answers_created_at", "kept_answers", ["created_at"], unique=False)
    op.create_table(
        "login_links",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_login_links_person_id_people"),
        sa.PrimaryKeyConstraint("digest", name="pk_login_links"),
    )
    op.create_index("ix_login_links_person_id", "login_links", ["person_id"], unique=False)
    op.create_table(
        "revisions",
        sa.Column("log_index", LOG_INDEX, autoincrement=False, nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "subject_kind IN ('article', 'claim', 'log', 'person', 'source')", name="ck_revisions_subject_kind"
        ),
        sa.CheckConstraint("log_index >= 0", name="ck_revisions_log_index"),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name="fk_revisions_actor_id_people"),
        sa.PrimaryKeyConstraint("log_index", name="pk_revisions"),
        sa.UniqueConstraint("subject_kind", "subject_id", "number", name="uq_revisions_subject_kind_subject_id_number"),
    )
    op.create_index("ix_revisions_at", "revisions", ["at"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_tokens_person_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("digest", name="uq_tokens_digest"),
    )
    op.create_index("ix_tokens_person_id", "tokens", ["person_id"], unique=False)
    op.create_table(
        "claims",
        sa.Column("seq", LOG_INDEX, autoincrement=False, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("article_id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("wording", sa.Text(), nullable=True),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reviewed_by_id", ID, nullable=True),
        sa.Column("reviewed_at", INSTANT, nullable=True),
        sa.Column("valid_on", sa.Date(), nullable=True),
        sa.Column("review_by", sa.Date(), nullable=True),
        sa.Column("attribution_status", sa.Text(), nullable=False),
        sa.Column("attribution_reason", sa.Text(), nullable=True),
        sa.Column("attribution_reviewed_by_id", ID, nullable=True),
        sa.Column("attribution_reviewed_at", INSTANT, nullable=True),
        sa.Column("origin_id", ID, nullable=True),
        sa.Column("entered_by_id", ID, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("changed_index", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("withdrawn_by_id", ID, nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "attribution_status IN ('unverified', 'in_review', 'verified', 'disputed', 'refuted', 'unverifiable')",
            name="ck_claims_attribution_status",
        ),
        sa.CheckConstraint(
            "kind = 'quantity' OR (low IS NULL AND high IS NULL AND unit IS NULL)", name="ck_claims_quantity"
        ),
        sa.CheckConstraint("kind IN ('factual', 'quantity', 'opinion', 'forecast')", name="ck_claims_kind"),
        sa.CheckConstraint(
            "kind NOT IN ('opinion', 'forecast') OR status IN ('unverified', 'in_review', 'unverifiable')",
            name="ck_claims_uncheckable",
        ),
        sa.CheckConstraint(
            "status IN ('unverified', 'in_review', 'verified', 'disputed', 'refuted', 'unverifiable')",
            name="ck_claims_status",
        ),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="ck_claims_withdrawal"),
        sa.CheckConstraint("low IS NULL OR high IS NULL OR low <= high", name="ck_claims_range"),
        sa.CheckConstraint("revision >= 1", name="ck_claims_revision"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_claims_article_id_articles"),
        sa.ForeignKeyConstraint(
            ["attribution_reviewed_by_id"], ["people.id"], name="fk_claims_attribution_reviewed_by_id_people"
        ),
        sa.ForeignKeyConstraint(["entered_by_id"], ["people.id"], name="fk_claims_entered_by_id_people"),
        sa.ForeignKeyConstraint(["origin_id"], ["sources.id"], name="fk_claims_origin_id_sources"),
        sa.ForeignKeyConstraint(["reviewed_by_id"], ["people.id"], name="fk_claims_reviewed_by_id_people"),
        sa.ForeignKeyConstraint(["withdrawn_by_id"], ["people.id"], name="fk_claims_withdrawn_by_id_people"),
        sa.PrimaryKeyConstraint("seq", name="pk_claims"),
        sa.UniqueConstraint("external_id", name="uq_claims_external_id"),
        sa.UniqueConstraint("id", name="uq_claims_id"),
    )
    op.create_index(
        "ix_claims_article_id_changed_index_seq",
        "claims",
        ["article_id", "changed_index", "seq"],
        unique=False,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index(
        "ix_claims_attribution_status_changed_index_seq",
        "claims",
        ["attribution_status", "changed_index", "seq"],
        unique=False,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index(
        "ix_claims_changed_index_seq",
        "claims",
        ["changed_index", "seq"],
        unique=False,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index(
        "ix_claims_kind_changed_index_seq",
        "claims",
        ["kind", "changed_index", "seq"],
        unique=False,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index(
        "ix_claims_origin_id_changed_index_seq",
        "claims",
        ["origin_id", "changed_index", "seq"],
        unique=False,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index(
        "ix_claims_reviewed_by_id_changed_index_seq",
        "claims",
        ["reviewed_by_id", "changed_index", "seq"],
        unique=False,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index(
        "ix_claims_status_changed_index_seq",
        "claims",
        ["status", "changed_index", "seq"],
        unique=False,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "revision_contents",
        sa.Column("log_index", LOG_INDEX, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["log_index"], ["revisions.log_index"], name="fk_revision_contents_log_index_revisions"
        ),
        sa.PrimaryKeyConstraint("log_index", name="pk_revision_contents"),
    )
    op.create_table(
        "snapshots",
        sa.Column("article_id", ID, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("captured_at", INSTANT, nullable=False),
        sa.CheckConstraint("number >= 1", name="ck_snapshots_number"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_snapshots_article_id_articles"),
        sa.PrimaryKeyConstraint("article_id", "number", name="pk_snapshots"),
    )
    op.create_table(
        "claim_sources",
        sa.Column("claim_seq", LOG_INDEX, nullable=False),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("changed_index", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["claim_seq"], ["claims.seq"], name="fk_claim_sources_claim_seq_claims"),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_claim_sources_source_id_sources"),
        sa.PrimaryKeyConstraint("claim_seq", "source_id", name="pk_claim_sources"),
    )
    op.create_index(
        "ix_claim_sources_source_id_changed_index_claim_seq",
        "claim_sources",
        ["source_id", "changed_index", "claim_seq"],
        unique=False,
    )
    op.create_table(
        "claim_tags",
        sa.Column("claim_seq", LOG_INDEX, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("changed_index", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["claim_seq"], ["claims.seq"], name="fk_claim_tags_claim_seq_claims"),
        sa.PrimaryKeyConstraint("claim_seq", "tag", name="pk_claim_tags"),
    )
    op.create_index(
        "ix_claim_tags_tag_changed_index_claim_seq", "claim_tags", ["tag", "changed_index", "claim_seq"], unique=False
    )
    op.create_table(
        "claim_versions",
        sa.Column("claim_seq", LOG_INDEX, nullable=False),
        sa.Column("changed_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("from_at", INSTANT, nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["claim_seq"], ["claims.seq"], name="fk_claim_versions_claim_seq_claims"),
        sa.PrimaryKeyConstraint("claim_seq", "changed_index", name="pk_claim_versions"),
    )
    op.create_index("ix_claim_versions_claim_seq_from_at", "claim_versions", ["claim_seq", "from_at"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("id", ID, nullable=False),
        sa.Column("claim_id", ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("stance", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("source_id", ID, nullable=True),
        sa.Column("excerpt", sa.Text(), nullable=True),
        sa.Column("archived_url", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("added_by_id", ID, nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("withdrawn_by_id", ID, nullable=True),
        sa.CheckConstraint("stance IN ('supports', 'refutes', 'context')", name="ck_evidence_stance"),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="ck_evidence_withdrawal"),
        sa.ForeignKeyConstraint(["added_by_id"], ["people.id"], name="fk_evidence_added_by_id_people"),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_evidence_claim_id_claims"),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_evidence_source_id_sources"),
        sa.ForeignKeyConstraint(["withdrawn_by_id"], ["people.id"], name="fk_evidence_withdrawn_by_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_evidence"),
    )
    op.create_index("ix_evidence_claim_id_position", "evidence", ["claim_id", "position"], unique=True)
    op.create_index("ix_evidence_source_id", "evidence", ["source_id"], unique=False)
    op.create_table(
        "hops",
        sa.Column("claim_id", ID, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source_id", ID, nullable=True),
        sa.Column("described_as", sa.Text(), nullable=True),
        sa.Column("cue", sa.Text(), nullable=True),
        sa.Column("directness", sa.Text(), nullable=False),
        sa.Column("on_behalf_of_id", ID, nullable=True),
        sa.Column("interested", sa.Boolean(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("directness IN ('direct', 'indirect', 'mixed')", name="ck_hops_directness"),
        sa.CheckConstraint("source_id IS NOT NULL OR described_as IS NOT NULL", name="ck_hops_somebody"),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_hops_claim_id_claims"),
        sa.ForeignKeyConstraint(["on_behalf_of_id"], ["sources.id"], name="fk_hops_on_behalf_of_id_sources"),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_hops_source_id_sources"),
        sa.PrimaryKeyConstraint("claim_id", "position", name="pk_hops"),
    )
    op.create_index("ix_hops_on_behalf_of_id", "hops", ["on_behalf_of_id"], unique=False)
    op.create_index("ix_hops_source_id", "hops", ["source_id"], unique=False)
    op.create_table(
        "quotes",
        sa.Column("claim_id", ID, nullable=False),
        sa.Column("hop", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("snapshot", sa.BigInteger(), nullable=False),
        sa.Column("exact", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("suffix", sa.Text(), nullable=False),
        sa.Column("start_at", sa.BigInteger(), nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("(role = 'claim') = (hop = -1)", name="ck_quotes_place"),
        sa.CheckConstraint("role IN ('claim', 'source', 'cue')", name="ck_quotes_role"),
        sa.CheckConstraint("state IN ('anchored', 'orphaned')", name="ck_quotes_state"),
        sa.CheckConstraint("start_at >= 0 AND start_at < end_at", name="ck_quotes_span"),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_quotes_claim_id_claims"),
        sa.PrimaryKeyConstraint("claim_id", "hop", "role", "position", name="pk_quotes"),
    )
    op.create_table(
        "redactions",
        sa.Column("claim_id", ID, nullable=False),
        sa.Column("log_index", LOG_INDEX, nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_redactions_claim_id_claims"),
        sa.ForeignKeyConstraint(["log_index"], ["revisions.log_index"], name="fk_redactions_log_index_revisions"),
        sa.PrimaryKeyConstraint("claim_id", name="pk_redactions"),
        sa.UniqueConstraint("log_index", name="uq_redactions_log_index"),
    )
    op.create_table(
        "relations",
        sa.Column("id", ID, nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.Column("claim_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("other_id", ID, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("added_by_id", ID, nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('contradicts', 'in_tension_with', 'restates', 'same_origin_as', 'conditional_on', 'supports')",
            name="ck_relations_kind",
        ),
        sa.CheckConstraint("claim_id <> other_id", name="ck_relations_not_to_itself"),
        sa.ForeignKeyConstraint(["added_by_id"], ["people.id"], name="fk_relations_added_by_id_people"),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_relations_claim_id_claims"),
        sa.ForeignKeyConstraint(["other_id"], ["claims.id"], name="fk_relations_other_id_claims"),
        sa.PrimaryKeyConstraint("id", name="pk_relations"),
        sa.UniqueConstraint("claim_id", "kind", "other_id", name="uq_relations_claim_id_kind_other_id"),
        sa.UniqueConstraint("log_index", name="uq_relations_log_index"),
    )
    op.create_index("ix_relations_other_id", "relations", ["other_id"], unique=False)
    op.create_table(
        "reviews",
        sa.Column("id", ID, nullable=False),
        sa.Column("log_index", LOG_INDEX, nullable=False),
        sa.Column("claim_id", ID, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("evidence_ids", sa.Text(), nullable=False),
        sa.Column("valid_on", sa.Date(), nullable=True),
        sa.Column("review_by", sa.Date(), nullable=True),
        sa.Column("reviewer_id", ID, nullable=False),
        sa.Column("reviewed_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "before IN ('unverified', 'in_review', 'verified', 'disputed', 'refuted', 'unverifiable')",
            name="ck_reviews_before",
        ),
        sa.CheckConstraint("question IN ('content', 'attribution')", name="ck_reviews_question"),
        sa.CheckConstraint(
            "status IN ('unverified', 'in_review', 'verified', 'disputed', 'refuted', 'unverifiable')",
            name="ck_reviews_status",
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_reviews_claim_id_claims"),
        sa.ForeignKeyConstraint(["log_index"], ["revisions.log_index"], name="fk_reviews_log_index_revisions"),
        sa.ForeignKeyConstraint(["reviewer_id"], ["people.id"], name="fk_reviews_reviewer_id_people"),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.UniqueConstraint("log_index", name="uq_reviews_log_index"),
    )
    op.create_index("ix_reviews_claim_id_log_index", "reviews", ["claim_id", "log_index"], unique=False)

    op.execute(
        f"INSERT INTO log_head (id, log_id, size, last_at) VALUES (1, '{uuid4()}', 0, '1970-01-01 00:00:00.000000')"
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(VECTOR)
        for table in SEARCHED:
            op.execute(
                f"ALTER TABLE {table} ADD COLUMN search tsvector GENERATED ALWAYS AS (factcheck_vector(words)) STORED"
            )
            op.execute(f"CREATE INDEX ix_{table}_search ON {table} USING gin (search)")
    else:
        for table in SEARCHED:
            index_words(table)
    protect(op.get_bind().dialect.name)


def protect(dialect: str) -> None:
    """Make triggers that refuse to change or delete rows of the history."""
    if dialect == "postgresql":
        op.execute(REDACT)
        op.execute(
            "CREATE FUNCTION factcheck_refuse() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
        )
    for table in HISTORY:
        for deed in ("UPDATE", "DELETE"):
            name = f"{table}_no_{deed.lower()}"
            exception = UNLESS_REDACTED.get((table, deed))
            if dialect == "sqlite":
                when = f" WHEN NOT EXISTS ({exception})" if exception else ""
                op.execute(
                    f"CREATE TRIGGER {name} BEFORE {deed} ON {table}{when} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
                )
            elif exception:
                # A WHEN clause takes no subquery there, so the trigger has a function of its own.
                op.execute(
                    f"CREATE FUNCTION factcheck_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                    f" IF NOT EXISTS ({exception}) THEN RAISE EXCEPTION '{REFUSAL}'; END IF;"
                    f" RETURN {'new' if deed == 'UPDATE' else 'old'}; END $$"
                )
                op.execute(
                    f"CREATE TRIGGER {name} BEFORE {deed} ON {table} FOR EACH ROW EXECUTE FUNCTION factcheck_{name}()"
                )
            else:
                op.execute(
                    f"CREATE TRIGGER {name} BEFORE {deed} ON {table} FOR EACH ROW EXECUTE FUNCTION factcheck_refuse()"
                )
        if dialect == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION factcheck_refuse()"
            )


def index_words(table: str) -> None:
    """Make SQLite's index of a table's words, and the triggers that keep it true."""
    added = f"INSERT INTO {table}_fts (rowid, words) VALUES (new.seq, new.words);"
    removed = f"INSERT INTO {table}_fts ({table}_fts, rowid, words) VALUES ('delete', old.seq, old.words);"
    op.execute(
        f"CREATE VIRTUAL TABLE {table}_fts USING fts5"
        f" (words, content='{table}', content_rowid='seq', tokenize='unicode61 remove_diacritics 0')"
    )
    op.execute(f"CREATE TRIGGER {table}_fts_added AFTER INSERT ON {table} BEGIN {added} END")
    op.execute(f"CREATE TRIGGER {table}_fts_removed AFTER DELETE ON {table} BEGIN {removed} END")
    op.execute(
        f"CREATE TRIGGER {table}_fts_changed AFTER UPDATE OF words ON {table}"
        f" WHEN old.words <> new.words BEGIN {removed} {added} END"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in SEARCHED:
            op.execute(f"DROP TABLE {table}_fts")
    op.drop_table("reviews")
    op.drop_table("relations")
    op.drop_table("redactions")
    op.drop_table("quotes")
    op.drop_table("hops")
    op.drop_table("evidence")
    op.drop_table("claim_versions")
    op.drop_table("claim_tags")
    op.drop_table("claim_sources")
    op.drop_table("snapshots")
    op.drop_table("revision_contents")
    op.drop_table("claims")
    op.drop_table("tokens")
    op.drop_table("revisions")
    op.drop_table("login_links")
    op.drop_table("kept_answers")
    op.drop_table("browser_sessions")
    op.drop_table("articles")
    op.drop_table("sources")
    op.drop_table("people")
    op.drop_table("log_subtrees")
    op.drop_table("log_head")
    op.drop_table("log_checkpoints")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION factcheck_vector(text)")
        op.execute("DROP FUNCTION factcheck_refuse()")
        op.execute("DROP FUNCTION factcheck_redact(uuid, bigint, bigint)")
        for table, deed in UNLESS_REDACTED:
            op.execute(f"DROP FUNCTION factcheck_{table}_no_{deed.lower()}()")
