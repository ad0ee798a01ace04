"""Comments on claims and articles, and whom they mention.

Revision: 0032
Dated: 2026-11-30
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

CHECK = "ck_revisions_subject_kind"
KINDS = ("article", "assignment", "capture", "claim", "feed", "log", "person", "source")
COMMENT = "comment"
WITH_COMMENT = (*KINDS[:4], COMMENT, *KINDS[4:])
INDEXES = (
    ["claim_id", "seq"],
    ["claim_id", "thread_id", "seq"],
    ["article_id", "seq"],
    ["article_id", "thread_id", "seq"],
    ["author_id", "seq"],
)


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    ids = sa.String(36) if dialect == "sqlite" else sa.UUID(as_uuid=False)
    places = sa.Integer() if dialect == "sqlite" else sa.BigInteger()
    op.create_table(
        "comments",
        sa.Column("seq", places, autoincrement=False, nullable=False),
        sa.Column("id", ids, nullable=False),
        sa.Column("claim_id", ids, nullable=True),
        sa.Column("article_id", ids, nullable=True),
        sa.Column("thread_id", ids, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("quote_snapshot", sa.BigInteger(), nullable=True),
        sa.Column("quote_start", sa.BigInteger(), nullable=True),
        sa.Column("quote_end", sa.BigInteger(), nullable=True),
        sa.Column("quote_exact", sa.Text(), nullable=True),
        sa.Column("author_id", ids, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by_id", ids, nullable=True),
        sa.Column("redacted_index", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("changed_index", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(claim_id IS NULL) <> (article_id IS NULL)", name="ck_comments_about"),
        sa.CheckConstraint(
            "(quote_snapshot IS NULL) = (quote_exact IS NULL) AND (quote_snapshot IS NULL) = (quote_start IS NULL)"
            " AND (quote_snapshot IS NULL) = (quote_end IS NULL)",
            name="ck_comments_quote",
        ),
        sa.CheckConstraint("quote_snapshot IS NULL OR article_id IS NOT NULL", name="ck_comments_quote_of_article"),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name="fk_comments_claim_id_claims"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_comments_article_id_articles"),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name="fk_comments_author_id_people"),
        sa.ForeignKeyConstraint(["withdrawn_by_id"], ["people.id"], name="fk_comments_withdrawn_by_id_people"),
        sa.PrimaryKeyConstraint("seq", name="pk_comments"),
        sa.UniqueConstraint("id", name="uq_comments_id"),
    )
    for columns in INDEXES:
        op.create_index("_".join(("ix_comments", *columns[:-1])), "comments", columns)
    op.create_table(
        "comment_mentions",
        sa.Column("person_id", ids, nullable=False),
        sa.Column("comment_seq", places, autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_comment_mentions_person_id_people"),
        sa.ForeignKeyConstraint(["comment_seq"], ["comments.seq"], name="fk_comment_mentions_comment_seq_comments"),
        sa.PrimaryKeyConstraint("person_id", "comment_seq", name="pk_comment_mentions"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_comment_mentions_comment_seq", "comment_mentions", ["comment_seq", "position"])
    _check(KINDS, WITH_COMMENT)


def downgrade() -> None:
    """Lose comments. The entries in the log stay, and while there are some, their kind is allowed."""
    op.drop_table("comment_mentions")
    op.drop_table("comments")
    left = sa.text("SELECT 1 FROM revisions WHERE subject_kind = :kind LIMIT 1")
    if op.get_bind().execute(left, {"kind": COMMENT}).first() is None:
        _check(WITH_COMMENT, KINDS)


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
