"""Feeds, and the inbox in which their new items wait.

Revision: 0022
Dated: 2026-11-30
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

CHECK = "ck_revisions_subject_kind"
KINDS = ("article", "capture", "claim", "log", "person", "source")
FEED = "feed"
WITH_FEED = (*KINDS[:3], FEED, *KINDS[3:])


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    ids = sa.String(36) if dialect == "sqlite" else sa.UUID(as_uuid=False)
    places = sa.Integer() if dialect == "sqlite" else sa.BigInteger()
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "feeds",
        sa.Column("seq", places, autoincrement=False, nullable=False),
        sa.Column("id", ids, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("every", sa.Text(), nullable=False),
        sa.Column("added_by_id", ids, nullable=False),
        sa.Column("added_at", moment, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("removed_index", sa.BigInteger(), nullable=True),
        sa.Column("next_at", moment, nullable=True),
        sa.Column("checked_at", moment, nullable=True),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("read_url", sa.Text(), nullable=True),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("modified", sa.Text(), nullable=True),
        sa.CheckConstraint("(failures = 0) = (error IS NULL)", name="ck_feeds_error"),
        sa.ForeignKeyConstraint(["added_by_id"], ["people.id"], name="fk_feeds_added_by_id_people"),
        sa.PrimaryKeyConstraint("seq", name="pk_feeds"),
        sa.UniqueConstraint("id", name="uq_feeds_id"),
    )
    active, waiting = sa.text("removed_index IS NULL"), sa.text("left_index IS NULL")
    op.create_index("ix_feeds_next_at", "feeds", ["next_at"], sqlite_where=active, postgresql_where=active)
    op.create_table(
        "inbox_items",
        sa.Column("seq", places, autoincrement=False, nullable=False),
        sa.Column("capture_id", ids, nullable=False),
        sa.Column("feed_id", ids, nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("published_at", moment, nullable=True),
        sa.Column("guid_key", sa.String(64), nullable=False),
        sa.Column("link_key", sa.String(64), nullable=False),
        sa.Column("left_index", sa.BigInteger(), nullable=True),
        sa.Column("article_id", ids, nullable=True),
        sa.CheckConstraint("article_id IS NULL OR left_index IS NOT NULL", name="ck_inbox_items_article_id"),
        sa.ForeignKeyConstraint(["capture_id"], ["captures.id"], name="fk_inbox_items_capture_id_captures"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_inbox_items_feed_id_feeds"),
        sa.PrimaryKeyConstraint("seq", name="pk_inbox_items"),
        sa.UniqueConstraint("capture_id", name="uq_inbox_items_capture_id"),
    )
    op.create_index("ix_inbox_items_waiting", "inbox_items", ["seq"], sqlite_where=waiting, postgresql_where=waiting)
    for name in ("feed_id", "guid_key", "link_key"):
        op.create_index(f"ix_inbox_items_{name}", "inbox_items", [name])
    _check(KINDS, WITH_FEED)


def downgrade() -> None:
    """Lose feeds and the inbox. The entries in the log stay, and while there are some, their kind is allowed."""
    op.drop_table("inbox_items")
    op.drop_table("feeds")
    left = sa.text("SELECT 1 FROM revisions WHERE subject_kind = :kind LIMIT 1")
    if op.get_bind().execute(left, {"kind": FEED}).first() is None:
        _check(WITH_FEED, KINDS)


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
