"""Captures of web pages, snapshots that are made of them, and what the addresses of one article have in common.

Revision: 0017
Dated: 2026-11-29
"""

import sqlalchemy as sa
from alembic import op

from factcheck.rules.web.urls import url_key

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

CHECK = "ck_revisions_subject_kind"
KINDS = ("article", "claim", "log", "person", "source")
CAPTURE = "capture"
REFUSAL = "the history is never changed"
BATCH = 5000
# As in 0016: only while the log's last entry is the redaction.
REDACTED = (
    "SELECT 1 FROM revisions AS redaction WHERE redaction.log_index = (SELECT size - 1 FROM log_head)"
    " AND redaction.deed = 'redact' AND redaction.log_index = new.redacted_index"
    " AND redaction.subject_kind = 'capture' AND redaction.subject_id = old.id AND new.id = old.id"
    " AND new.seq = old.seq AND new.captured_by_id = old.captured_by_id AND new.fetched_at = old.fetched_at"
)
REDACT = "factcheck_redact_capture(capture uuid, entry bigint, urls boolean)"
EMPTIED = (
    "UPDATE captures SET media_type = NULL, sha256 = NULL, warc_sha256 = NULL, title = NULL, author = NULL,"
    " published_on = NULL, language = NULL, outlet = NULL, charset = NULL, text_sha256 = NULL, text = NULL,"
    " url = CASE WHEN urls THEN '(redacted)' ELSE url END,"
    " final_url = CASE WHEN urls THEN NULL ELSE final_url END,"
    " canonical_url = CASE WHEN urls THEN NULL ELSE canonical_url END, redacted_index = entry WHERE id = capture"
)
CORRECTED = "(capture_id IS NULL) = (corrected IS NULL)"


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    ids = sa.String(36) if dialect == "sqlite" else sa.UUID(as_uuid=False)
    op.create_table(
        "captures",
        sa.Column("seq", sa.Integer() if dialect == "sqlite" else sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", ids, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("final_url", sa.Text(), nullable=True),
        sa.Column("http_status", sa.BigInteger(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=True),
        sa.Column("bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("warc_sha256", sa.String(64), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("captured_by_id", ids, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("outlet", sa.Text(), nullable=True),
        sa.Column("canonical_url", sa.Text(), nullable=True),
        sa.Column("charset", sa.Text(), nullable=True),
        sa.Column("text_sha256", sa.String(64), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("redacted_index", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "redacted_index IS NOT NULL OR (reason IS NULL) = (text IS NOT NULL)", name="ck_captures_text"
        ),
        sa.CheckConstraint("(text IS NULL) = (text_sha256 IS NULL)", name="ck_captures_text_sha256"),
        sa.CheckConstraint(
            "redacted_index IS NOT NULL OR (warc_sha256 IS NULL) = (http_status IS NULL)", name="ck_captures_response"
        ),
        sa.ForeignKeyConstraint(["captured_by_id"], ["people.id"], name="fk_captures_captured_by_id_people"),
        sa.PrimaryKeyConstraint("seq", name="pk_captures"),
        sa.UniqueConstraint("id", name="uq_captures_id"),
    )
    _guard(dialect)
    # Not in a batch: SQLite adds a column with its rule, and rewrites nothing.
    kind = "VARCHAR(36)" if dialect == "sqlite" else "UUID"
    op.execute(
        f"ALTER TABLE snapshots ADD COLUMN capture_id {kind}"
        " CONSTRAINT fk_snapshots_capture_id_captures REFERENCES captures (id)"
    )
    op.execute(f"ALTER TABLE snapshots ADD COLUMN corrected TEXT CONSTRAINT ck_snapshots_corrected CHECK ({CORRECTED})")
    op.create_index("ix_snapshots_sha256", "snapshots", ["sha256"])
    op.execute("ALTER TABLE articles ADD COLUMN url_key TEXT")
    _fill()
    op.create_index("ix_articles_url_key", "articles", ["url_key"], postgresql_using="hash")
    _check(KINDS, (*KINDS[:1], CAPTURE, *KINDS[1:]))


def downgrade() -> None:
    """Lose captures. The entries in the log stay, and while there are some, their kind is allowed."""
    op.drop_index("ix_articles_url_key", "articles")
    op.execute("ALTER TABLE articles DROP COLUMN url_key")
    op.drop_index("ix_snapshots_sha256", "snapshots")
    op.execute("ALTER TABLE snapshots DROP COLUMN corrected")
    if op.get_bind().dialect.name == "sqlite":
        _without_capture_id()
    else:
        op.execute("ALTER TABLE snapshots DROP COLUMN capture_id")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {REDACT}")
    op.drop_table("captures")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION factcheck_captures_no_update()")
    left = sa.text("SELECT 1 FROM revisions WHERE subject_kind = :kind LIMIT 1")
    if op.get_bind().execute(left, {"kind": CAPTURE}).first() is None:
        _check((*KINDS[:1], CAPTURE, *KINDS[1:]), KINDS)


def _guard(dialect: str) -> None:
    """Refuse to change captures, as the rest of the history, but for a redaction."""
    if dialect == "sqlite":
        refusal = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        op.execute(
            f"CREATE TRIGGER captures_no_update BEFORE UPDATE ON captures WHEN NOT EXISTS ({REDACTED}) {refusal}"
        )
        op.execute(f"CREATE TRIGGER captures_no_delete BEFORE DELETE ON captures {refusal}")
    else:
        op.execute(
            "CREATE FUNCTION factcheck_captures_no_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF NOT EXISTS ({REDACTED}) THEN RAISE EXCEPTION '{REFUSAL}'; END IF; RETURN new; END $$"
        )
        op.execute(
            f"CREATE FUNCTION {REDACT} RETURNS void LANGUAGE sql SECURITY DEFINER"
            f" SET search_path = public, pg_temp AS $$ {EMPTIED} $$"
        )
        for deed, function in (("UPDATE", "factcheck_captures_no_update"), ("DELETE", "factcheck_refuse")):
            op.execute(
                f"CREATE TRIGGER captures_no_{deed.lower()} BEFORE {deed} ON captures"
                f" FOR EACH ROW EXECUTE FUNCTION {function}()"
            )
        op.execute(
            "CREATE TRIGGER captures_no_truncate BEFORE TRUNCATE ON captures"
            " FOR EACH STATEMENT EXECUTE FUNCTION factcheck_refuse()"
        )


def _fill() -> None:
    """Give every article what its addresses have in common."""
    connection = op.get_bind()
    some = sa.text("SELECT seq, url FROM articles WHERE url IS NOT NULL AND seq > :after ORDER BY seq LIMIT :most")
    after = -1
    while rows := connection.execute(some, {"after": after, "most": BATCH}).all():
        values = [{"seq": row.seq, "key": url_key(row.url)} for row in rows]
        connection.execute(sa.text("UPDATE articles SET url_key = :key WHERE seq = :seq"), values)
        after = rows[-1].seq


def _check(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    """Allow other kinds of things in the log. SQLite's rule is rewritten where it stands: the log is too large to copy.

    The procedure is that of SQLite's documentation (ALTER TABLE, section 7) for a change that leaves the rows as they
    are.
    """
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(CHECK, "revisions", type_="check")
        op.create_check_constraint(CHECK, "revisions", f"subject_kind IN ({_listed(new)})")
        return
    _rewrite("revisions", f"subject_kind IN ({_listed(old)})", f"subject_kind IN ({_listed(new)})")


def _without_capture_id() -> None:
    """Take a column out that refers to another table, which SQLite's own DROP COLUMN does not."""
    op.execute("ALTER TABLE snapshots RENAME COLUMN capture_id TO capture_gone")
    words = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'snapshots'")
    [made] = op.get_bind().execute(words).scalars()
    start = made.index("capture_gone")
    reference = made[start:].partition(",")[0].rstrip(")") + ")" if "REFERENCES" in made[start:] else ""
    _rewrite("snapshots", reference, "capture_gone VARCHAR(36)")
    op.execute("ALTER TABLE snapshots DROP COLUMN capture_gone")


def _rewrite(table: str, old: str, new: str) -> None:
    connection = op.get_bind()
    words = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table")
    [made] = connection.execute(words, {"table": table}).scalars()
    if made.count(old) != 1:
        raise RuntimeError(f"The table {table} is not the one that this version knows.")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :table"),
        {"sql": made.replace(old, new), "table": table},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")


def _listed(kinds: tuple[str, ...]) -> str:
    return ", ".join(f"'{kind}'" for kind in kinds)
