"""Images of articles, with their perceptual hashes.

Revision: 0044
Dated: 2026-12-01
"""

import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

CHECK = "ck_revisions_subject_kind"
KIND = "image"


def upgrade() -> None:
    embedded = op.get_bind().dialect.name == "sqlite"
    ids: Any = sa.String(36) if embedded else sa.UUID(as_uuid=False)
    places: Any = sa.Integer() if embedded else sa.BigInteger()
    op.create_table(
        "images",
        sa.Column("seq", places, autoincrement=False, nullable=False),
        sa.Column("id", ids, nullable=False),
        sa.Column("article_id", ids, nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("alt", sa.Text(), nullable=True),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("warc_sha256", sa.String(64), nullable=True),
        sa.Column("phash", sa.String(16), nullable=True),
        sa.Column("added_by_id", ids, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("redacted_index", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(redacted_index IS NULL) = (warc_sha256 IS NOT NULL)", name="ck_images_file"),
        sa.CheckConstraint(
            "(warc_sha256 IS NULL) = (sha256 IS NULL) AND (sha256 IS NULL) = (phash IS NULL)", name="ck_images_hashes"
        ),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_images_article_id_articles"),
        sa.ForeignKeyConstraint(["added_by_id"], ["people.id"], name="fk_images_added_by_id_people"),
        sa.PrimaryKeyConstraint("seq", name="pk_images"),
        sa.UniqueConstraint("id", name="uq_images_id"),
    )
    op.create_index("ix_images_article_id_seq", "images", ["article_id", "seq"])
    op.create_table(
        "image_bands",
        sa.Column("band", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("image_id", ids, nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name="fk_image_bands_image_id_images"),
        sa.PrimaryKeyConstraint("band", "image_id", name="pk_image_bands"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_image_bands_image_id", "image_bands", ["image_id"])
    _allow(KIND, allowed=True)


def downgrade() -> None:
    """Lose the images. The entries in the log stay, and while there are some, their kind is allowed."""
    op.drop_table("image_bands")
    op.drop_table("images")
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
