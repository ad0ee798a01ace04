"""Where quotes are in the newest snapshot of their article, and the finding of quotes that it has in other words.

Revision: 0012
Dated: 2026-11-29
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

STATES = "now_state IS NULL OR now_state IN ('exact', 'moved', 'equivalent', 'changed', 'orphaned')"
COLUMNS = {"now_snapshot": "BIGINT", "now_start": "BIGINT", "now_end": "BIGINT", "now_exact": "TEXT"}
CHECK = "ck_findings_kind"
BEFORE, AFTER = "'anchor_broken')", "'anchor_broken', 'anchor_changed')"


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.execute(f"ALTER TABLE quotes ADD COLUMN {name} {kind}")
    # Not in a batch: SQLite adds a column with its rule, and rewrites nothing.
    op.execute(f"ALTER TABLE quotes ADD COLUMN now_state TEXT CONSTRAINT ck_quotes_now_state CHECK ({STATES})")
    _check(BEFORE, AFTER)


def downgrade() -> None:
    """Lose where quotes are now. Each still says where it was taken."""
    op.execute("DELETE FROM finding_sources WHERE kind = 'anchor_changed'")
    op.execute("DELETE FROM findings WHERE kind = 'anchor_changed'")
    _check(AFTER, BEFORE)
    op.execute("UPDATE quotes SET state = 'anchored'")
    for name in ("now_state", *reversed(COLUMNS)):
        op.execute(f"ALTER TABLE quotes DROP COLUMN {name}")
    op.execute("UPDATE upkeep SET version = 0")  # the version before renders claims again, without what they say of it


def _check(old: str, new: str) -> None:
    """Allow other kinds of findings. SQLite makes the table again, in its own words but for the rule."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        [rule] = connection.execute(
            sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": CHECK}
        ).scalars()
        kinds = re.findall(r"'(\w+)'", rule)
        kinds = [*kinds, "anchor_changed"] if new == AFTER else [kind for kind in kinds if kind != "anchor_changed"]
        op.drop_constraint(CHECK, "findings", type_="check")
        op.create_check_constraint(CHECK, "findings", f"kind IN ({', '.join(map(repr, kinds))})")
        return
    words = sa.text("SELECT sql FROM sqlite_master WHERE type = :type AND tbl_name = 'findings' AND sql IS NOT NULL")
    [made] = connection.execute(words, {"type": "table"}).scalars()
    indexes = connection.execute(words, {"type": "index"}).scalars().all()
    again, found = re.subn(r'^CREATE TABLE "?findings"?', "CREATE TABLE findings_after", made.replace(old, new))
    if not found or new not in again:
        raise RuntimeError("The table of findings is not the one that this version knows.")
    op.execute(sa.text(again))
    op.execute("INSERT INTO findings_after SELECT * FROM findings")
    op.execute("DROP TABLE findings")
    op.execute("ALTER TABLE findings_after RENAME TO findings")
    for index in indexes:
        op.execute(sa.text(index))
