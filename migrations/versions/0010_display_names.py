"""Names of people for readers without a token, amendments found by claim and person, and more reasons to end a webhook.

Revision: 0010
Dated: 2026-11-30
"""

import json
import re

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

AMENDMENTS = sa.text("subject_kind = 'claim' AND deed = 'amend'")
CHECK = "ck_webhooks_disabled_for"
BEFORE = "disabled_for IS NULL OR disabled_for IN ('paused', 'failing', 'gone', 'owner', 'key')"
AFTER = "disabled_for IS NULL OR disabled_for IN ('paused', 'failing', 'gone', 'owner', 'role', 'revoked', 'key')"


def upgrade() -> None:
    # Not in a batch: SQLite adds a column without making the table anew.
    op.add_column("people", sa.Column("display_name", sa.Text(), nullable=True))
    op.create_index(
        "ix_revisions_amendments",
        "revisions",
        ["subject_id", "actor_id"],
        unique=False,
        sqlite_where=AMENDMENTS,
        postgresql_where=AMENDMENTS,
    )
    op.add_column("webhooks", sa.Column("by_status_since", sa.BigInteger(), nullable=True))
    connection = op.get_bind()
    for seq, filters in connection.execute(sa.text("SELECT seq, filters FROM webhooks")).all():
        given = json.loads(filters)
        if given["statuses"] or given["attribution_statuses"]:
            connection.execute(sa.text("UPDATE webhooks SET by_status_since = seq WHERE seq = :seq"), {"seq": seq})
    _check(BEFORE, AFTER)


def downgrade() -> None:
    """Say of a webhook that ended with its owner's role or tokens that it ended with its owner."""
    op.execute("UPDATE webhooks SET disabled_for = 'owner' WHERE disabled_for IN ('role', 'revoked')")
    _check(AFTER, BEFORE)
    op.drop_column("webhooks", "by_status_since")
    op.drop_index("ix_revisions_amendments", "revisions")
    op.drop_column("people", "display_name")


def _check(old: str, new: str) -> None:
    """Put one rule in the place of another. SQLite makes the table again, in its own words but for the rule."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(CHECK, "webhooks", type_="check")
        op.create_check_constraint(CHECK, "webhooks", new)
        return
    words = sa.text("SELECT sql FROM sqlite_master WHERE type = :type AND tbl_name = 'webhooks' AND sql IS NOT NULL")
    [made] = connection.execute(words, {"type": "table"}).scalars()
    indexes = connection.execute(words, {"type": "index"}).scalars().all()
    again, found = re.subn(r'^CREATE TABLE "?webhooks"?', "CREATE TABLE webhooks_after", made.replace(old, new))
    if not found or new not in again:
        raise RuntimeError("The table of webhooks is not the one that this version knows.")
    # Made under another name and renamed at the end: a table that is renamed takes what refers to it along.
    op.execute(sa.text(again))
    op.execute("INSERT INTO webhooks_after SELECT * FROM webhooks")
    op.execute("DROP TABLE webhooks")
    op.execute("ALTER TABLE webhooks_after RENAME TO webhooks")
    for index in indexes:
        op.execute(sa.text(index))
