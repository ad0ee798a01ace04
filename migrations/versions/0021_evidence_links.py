"""Whether the page that evidence cites answers, and the finding of evidence whose page does not.

Revision: 0021
Dated: 2026-11-29
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

RULE = "(unreachable IS NULL) = (unreachable_since IS NULL)"
CHECK = "ck_findings_kind"
KIND = "evidence_unreachable"
BEFORE, AFTER = "'anchor_changed')", f"'anchor_changed', '{KIND}')"


def upgrade() -> None:
    moment = "DATETIME" if op.get_bind().dialect.name == "sqlite" else "TIMESTAMP WITH TIME ZONE"
    op.execute("ALTER TABLE evidence ADD COLUMN unreachable TEXT")
    # Not in a batch: SQLite adds a column with its rule, and rewrites nothing.
    op.execute(
        f"ALTER TABLE evidence ADD COLUMN unreachable_since {moment}"
        f" CONSTRAINT ck_evidence_unreachable_since CHECK ({RULE})"
    )
    op.execute(f"ALTER TABLE evidence ADD COLUMN checked_at {moment}")
    _check(BEFORE, AFTER)


def downgrade() -> None:
    """Lose which pages answer. The entries in the log stay."""
    op.execute(f"DELETE FROM finding_sources WHERE kind = '{KIND}'")
    op.execute(f"DELETE FROM findings WHERE kind = '{KIND}'")
    _check(AFTER, BEFORE)
    for name in ("checked_at", "unreachable_since", "unreachable"):
        op.execute(f"ALTER TABLE evidence DROP COLUMN {name}")
    op.execute("UPDATE upkeep SET version = 0")  # the version before renders claims again, without what they say of it


def _check(old: str, new: str) -> None:
    """Allow other kinds of findings. SQLite makes the table again, in its own words but for the rule."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        [rule] = connection.execute(
            sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"), {"name": CHECK}
        ).scalars()
        kinds = [kind for kind in re.findall(r"'(\w+)'", rule) if kind != KIND]
        kinds += [KIND] if new == AFTER else []
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
