"""Judgments on which sources are one. What was merged is judged the same from now on.

A merge wrote the names of one source into the aliases of the other. They are taken out of these again: a source shows
the names of those that are joined with it, as long as they are.

Revision: 0024
Dated: 2026-11-30
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

BATCH = 1000
CHECK = "ck_findings_kind"
BEFORE = (
    "'unattributed', 'unnamed_origin', 'missing_link', 'interested_only', 'single_origin', 'circular',"
    " 'same_origin_counted_twice', 'conflict', 'verdict_without_evidence', 'attribution_unchecked', 'overdue',"
    " 'anchor_broken', 'anchor_changed', 'evidence_unreachable'"
)
AFTER = f"{BEFORE}, 'possible_duplicate_source'"


def upgrade() -> None:
    embedded = op.get_bind().dialect.name == "sqlite"
    ids: Any = sa.String(36) if embedded else sa.UUID(as_uuid=False)
    op.create_table(
        "judgments",
        sa.Column("log_index", sa.Integer() if embedded else sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source_id", ids, nullable=False),
        sa.Column("other_id", ids, nullable=False),
        sa.Column("judgment", sa.Text(), nullable=False),
        sa.Column("shown_id", ids, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("judged_by_id", ids, nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("judgment IN ('same', 'different', 'unsure')", name="ck_judgments_judgment"),
        sa.CheckConstraint("source_id <> other_id", name="ck_judgments_not_of_itself"),
        sa.CheckConstraint("shown_id IS NULL OR shown_id IN (source_id, other_id)", name="ck_judgments_shown_id"),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name="fk_judgments_source_id_sources"),
        sa.ForeignKeyConstraint(["other_id"], ["sources.id"], name="fk_judgments_other_id_sources"),
        sa.ForeignKeyConstraint(["judged_by_id"], ["people.id"], name="fk_judgments_judged_by_id_people"),
        sa.PrimaryKeyConstraint("log_index", name="pk_judgments"),
    )
    op.create_index("ix_judgments_source_id", "judgments", ["source_id"])
    op.create_index("ix_judgments_other_id", "judgments", ["other_id"])
    _fill()
    op.execute("UPDATE sources SET merged_into_id = canonical_id WHERE merged_into_id IS NOT NULL")
    for source_id in _named():
        _give_own_aliases(source_id)
    _check(BEFORE, AFTER)


def downgrade() -> None:
    """Lose judgments. What is joined stays merged; the entries in the log stay."""
    op.execute("DELETE FROM finding_sources WHERE kind = 'possible_duplicate_source'")
    op.execute("DELETE FROM findings WHERE kind = 'possible_duplicate_source'")
    _check(AFTER, BEFORE)
    op.drop_table("judgments")


def _fill() -> None:
    """Read the merges from the log. Who merged and when goes from table to table, as the database has it."""
    insert = sa.text(
        "INSERT INTO judgments (log_index, source_id, other_id, judgment, shown_id, reason, judged_by_id, judged_at)"
        f" SELECT log_index, subject_id, {_id(':into')}, 'same', {_id(':into')}, :reason, actor_id, at FROM revisions"
        " WHERE log_index = :log_index"
    )
    for rows in _entries("deed = 'merge'"):
        judgments = []
        for row in rows:
            content = json.loads(row.content)
            [into] = [each["after"] for each in content["changes"] if each["field"] == "merged_into_id"]
            judgments.append({"log_index": row.log_index, "into": into, "reason": content["reason"]})
        op.get_bind().execute(insert, judgments)


def _named() -> list[Any]:
    """Return the sources that took over names."""
    return list({row.subject_id: None for rows in _entries("deed = 'take_over'") for row in rows})


def _give_own_aliases(source_id: Any) -> None:
    own: list[str] = []
    for rows in _entries("subject_id = :source_id", source_id=source_id):
        for row in rows:
            for change in json.loads(row.content)["changes"]:
                if change["field"] == "aliases" and row.deed != "take_over":
                    others = set(change["before"] or ()) - set(own)
                    own = [each for each in change["after"] if each not in others]
    told = json.dumps(own, ensure_ascii=False, separators=(",", ":"))
    statement = sa.text("UPDATE sources SET aliases = :aliases WHERE id = :source_id")
    op.get_bind().execute(statement, {"aliases": told, "source_id": source_id})


def _entries(condition: str, **values: Any) -> Iterator[list[Any]]:
    """Yield the entries of sources that meet a condition, with their contents, some at a time."""
    statement = sa.text(
        "SELECT revisions.log_index, revisions.subject_id, revisions.deed, revision_contents.content FROM revisions"
        " JOIN revision_contents ON revision_contents.log_index = revisions.log_index"
        f" WHERE subject_kind = 'source' AND {condition} AND revisions.log_index > :after"
        f" ORDER BY revisions.log_index LIMIT {BATCH}"
    )
    after = -1
    while rows := list(op.get_bind().execute(statement, {**values, "after": after})):
        yield rows
        after = rows[-1].log_index


def _id(name: str) -> str:
    return name if op.get_bind().dialect.name == "sqlite" else f"CAST({name} AS uuid)"


def _check(old: str, new: str) -> None:
    """Allow other kinds of findings. SQLite makes the table again, in its own words but for the rule."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(CHECK, "findings", type_="check")
        op.create_check_constraint(CHECK, "findings", f"kind IN ({new})")
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
