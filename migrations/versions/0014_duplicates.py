"""Pairs of claims that are likely the same, and the relation of two claims that say different things.

The follower `duplicates` finds the pairs when the first process of this version starts. A process of the version before
cannot read the new relation: stop all of them for this upgrade.

Revision: 0014
Dated: 2026-11-29
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

CHECK = "ck_relations_kind"
KINDS = ("contradicts", "in_tension_with", "restates", "same_origin_as", "conditional_on", "supports")
DISTINCT = "distinct_from"


def upgrade() -> None:
    op.create_table(
        "likely_duplicates",
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("second_seq", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("found_index", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("first_seq < second_seq", name="ck_likely_duplicates_order"),
        sa.CheckConstraint("score BETWEEN 0 AND 1", name="ck_likely_duplicates_score"),
        sa.PrimaryKeyConstraint("first_seq", "second_seq", name="pk_likely_duplicates"),
        sqlite_with_rowid=False,
    )
    for columns in (
        ("found_index", "second_seq", "first_seq"),
        ("first_seq", "found_index", "second_seq"),
        ("second_seq", "found_index", "first_seq"),
    ):
        op.create_index("_".join(["ix_likely_duplicates", *columns]), "likely_duplicates", columns)
    _check(KINDS, (*KINDS, DISTINCT))


def downgrade() -> None:
    """Lose which claims were said to be different; the entries in the log stay."""
    op.execute(f"DELETE FROM relations WHERE kind = '{DISTINCT}'")
    op.execute("DELETE FROM followers WHERE name = 'duplicates'")
    op.execute("UPDATE upkeep SET version = 0")  # the version before renders claims again, without what is gone
    _check((*KINDS, DISTINCT), KINDS)
    op.drop_table("likely_duplicates")


def _check(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    """Allow other kinds of relations. SQLite makes the table again, in its own words but for the rule."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(CHECK, "relations", type_="check")
        op.create_check_constraint(CHECK, "relations", f"kind IN ({_listed(new)})")
        return
    words = sa.text("SELECT sql FROM sqlite_master WHERE type = :type AND tbl_name = 'relations' AND sql IS NOT NULL")
    [made] = connection.execute(words, {"type": "table"}).scalars()
    indexes = connection.execute(words, {"type": "index"}).scalars().all()
    if f"kind IN ({_listed(old)})" not in made or not made.startswith("CREATE TABLE "):
        raise RuntimeError("The table of relations is not the one that this version knows.")
    body = made[made.index("(") :].replace(f"kind IN ({_listed(old)})", f"kind IN ({_listed(new)})")
    op.execute(sa.text(f"CREATE TABLE relations_after {body}"))
    op.execute("INSERT INTO relations_after SELECT * FROM relations")
    op.execute("DROP TABLE relations")
    op.execute("ALTER TABLE relations_after RENAME TO relations")
    for index in indexes:
        op.execute(sa.text(index))


def _listed(kinds: tuple[str, ...]) -> str:
    return ", ".join(f"'{kind}'" for kind in kinds)
