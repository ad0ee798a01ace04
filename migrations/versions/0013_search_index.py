"""Search leaves the database: an index beside it follows the log, and finds claims like a text too.

Gone are the words of claims, articles and sources with what searched them, and the keys of similarity. SQLite writes
the three tables anew for it. A process of the version before writes what is gone: stop all of them for this upgrade.

Revision: 0013
Dated: 2026-11-29
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

LOG_INDEX = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SEARCHED = ("articles", "claims", "sources")
BATCH = 500
# What the version before keeps of a text: its first 20,000 words, each of 64 letters at most, and 500,000 bytes.
WORD, LONGEST, MOST, BYTES = re.compile(r"[^\W_]+"), 64, 20_000, 500_000
VECTOR = """
CREATE FUNCTION factcheck_vector(words text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(string_agg(quote_literal(word) || ':' || least(place, 16383), ' '), '')::tsvector
    FROM unnest(string_to_array(words, ' ')) WITH ORDINALITY AS each (word, place) WHERE word <> ''
$$
"""


def upgrade() -> None:
    op.drop_table("claim_shingles")
    if op.get_bind().dialect.name == "postgresql":
        for table in SEARCHED:
            op.execute(f"ALTER TABLE {table} DROP COLUMN search, DROP COLUMN words")
        op.execute("DROP FUNCTION factcheck_vector(text)")
        return
    for table in SEARCHED:
        for name in ("added", "removed", "changed"):
            op.execute(f"DROP TRIGGER {table}_fts_{name}")
        op.execute(f"DROP TABLE {table}_fts")
        op.execute(f"ALTER TABLE {table} DROP COLUMN words")


def downgrade() -> None:
    """Work out the words again; the next start of the version before works out the keys of similarity."""
    connection = op.get_bind()
    postgresql = connection.dialect.name == "postgresql"
    for table in SEARCHED:
        op.execute(f"ALTER TABLE {table} ADD COLUMN words TEXT NOT NULL DEFAULT ''")
        statement = sa.text(f"UPDATE {table} SET words = :words WHERE seq = :seq")
        for rows in _texts(connection, table):
            connection.execute(statement, [{"seq": seq, "words": _words(texts)} for seq, texts in rows])
    if postgresql:
        op.execute(VECTOR)
        for table in SEARCHED:
            op.execute(
                f"ALTER TABLE {table} ALTER COLUMN words DROP DEFAULT,"
                " ADD COLUMN search tsvector GENERATED ALWAYS AS (factcheck_vector(words)) STORED"
            )
            op.execute(f"CREATE INDEX ix_{table}_search ON {table} USING gin (search)")
    else:
        for table in SEARCHED:
            _index_words(table)
    op.create_table(
        "claim_shingles",
        sa.Column("hash", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("claim_seq", LOG_INDEX, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("hash", "claim_seq", name="pk_claim_shingles"),
        sqlite_with_rowid=False,
    )
    op.execute("UPDATE upkeep SET version = 0")


def _texts(connection: sa.Connection, table: str) -> Iterator[list[tuple[int, list[str | None]]]]:
    """Yield what is to be found of each row, in batches."""
    queries = {
        "articles": "SELECT a.seq, a.title, a.author, s.text FROM articles a JOIN snapshots s"
        " ON s.article_id = a.id AND s.number = a.snapshot_number WHERE a.seq > :after ORDER BY a.seq LIMIT :size",
        "claims": "SELECT seq, text, document FROM claims WHERE seq > :after AND withdrawn_at IS NULL"
        " ORDER BY seq LIMIT :size",
        "sources": "SELECT seq, name, aliases, description FROM sources WHERE seq > :after ORDER BY seq LIMIT :size",
    }
    after = -1
    while rows := connection.execute(sa.text(queries[table]), {"after": after, "size": BATCH}).all():
        yield [(row[0], _said(table, row)) for row in rows]
        after = rows[-1][0]


def _said(table: str, row: Any) -> list[str | None]:
    if table == "claims":
        quotes = json.loads(bytes(row.document))["quotes"] if row.document else []
        return [row.text, *(quote["exact"] for quote in quotes)]
    if table == "sources":
        return [row.name, *json.loads(row.aliases), row.description]
    return [row.title, row.author, row.text]


def _words(texts: list[str | None]) -> str:
    text = "\n".join(text for text in texts if text)[: MOST * 6]
    folded = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    found: list[str] = []
    left = BYTES
    for match in WORD.finditer(bare):
        word = match[0][:LONGEST]
        left -= len(word.encode()) + 1
        if left < 0 or len(found) == MOST:
            break
        found.append(word)
    return " ".join(found)


def _index_words(table: str) -> None:
    """Make SQLite's index of a table's words, fill it, and make the triggers that keep it true."""
    added = f"INSERT INTO {table}_fts (rowid, words) VALUES (new.seq, new.words);"
    removed = f"INSERT INTO {table}_fts ({table}_fts, rowid, words) VALUES ('delete', old.seq, old.words);"
    op.execute(
        f"CREATE VIRTUAL TABLE {table}_fts USING fts5"
        f" (words, content='{table}', content_rowid='seq', tokenize='unicode61 remove_diacritics 0')"
    )
    op.execute(f"INSERT INTO {table}_fts ({table}_fts) VALUES ('rebuild')")
    op.execute(f"CREATE TRIGGER {table}_fts_added AFTER INSERT ON {table} BEGIN {added} END")
    op.execute(f"CREATE TRIGGER {table}_fts_removed AFTER DELETE ON {table} BEGIN {removed} END")
    op.execute(
        f"CREATE TRIGGER {table}_fts_changed AFTER UPDATE OF words ON {table}"
        f" WHEN old.words <> new.words BEGIN {removed} {added} END"
    )
