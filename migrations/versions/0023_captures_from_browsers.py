"""Captures of pages that a person handed over from a browser.

Revision: 0023
Dated: 2026-11-30
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

RESPONSE = "ck_captures_response"
# A page that was handed over has a file and no response.
OF_FETCHED = "redacted_index IS NOT NULL OR (warc_sha256 IS NULL) = (http_status IS NULL)"
OF_ALL = "redacted_index IS NOT NULL OR http_status IS NULL OR warc_sha256 IS NOT NULL"
ORIGIN = "origin IS NULL OR origin = 'browser' AND http_status IS NULL"


def upgrade() -> None:
    _replace(OF_FETCHED, OF_ALL)
    # Not in a batch: SQLite adds a column with its rule, and rewrites nothing.
    op.execute(f"ALTER TABLE captures ADD COLUMN origin TEXT CONSTRAINT ck_captures_origin CHECK ({ORIGIN})")


def downgrade() -> None:
    """Lose which pages were handed over. The entries in the log stay, and while there are such pages, their rule."""
    handed_over = sa.text("SELECT 1 FROM captures WHERE origin IS NOT NULL LIMIT 1")
    if op.get_bind().execute(handed_over).first() is None:
        _replace(OF_ALL, OF_FETCHED)
    op.execute("ALTER TABLE captures DROP COLUMN origin")


def _replace(old: str, new: str) -> None:
    """Replace the rule for responses, unless a downgrade left the new one. SQLite's is rewritten where it stands.

    The procedure is that of SQLite's documentation (ALTER TABLE, section 7) for a change that leaves the rows as they
    are.
    """
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(RESPONSE, "captures", type_="check")
        op.create_check_constraint(RESPONSE, "captures", new)
        return
    words = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'captures'")
    [made] = connection.execute(words).scalars()
    if new in made:
        return
    if made.count(old) != 1:
        raise RuntimeError("The table captures is not the one that this version knows.")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = 'captures'"),
        {"sql": made.replace(old, new)},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
