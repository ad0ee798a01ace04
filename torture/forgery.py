"""Somebody with all rights to a database, who damages it: what guards a table is taken away where it is in the way."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import psycopg
from sqlalchemy import Table

from tests import postgres

Values = Sequence[Any]


class Forger:
    """Changes the rows of one database by its driver."""

    mark = "?"
    refusals: tuple[type[Exception], ...] = (sqlite3.IntegrityError,)

    def __init__(self, connection: Any, random: Random) -> None:
        self.connection, self.random = connection, random

    def run(self, statement: str, values: Values = ()) -> Any:
        return self.connection.execute(statement, tuple(values))

    def change(self, table: Table, statement: str, values: Values = ()) -> None:
        """Run a statement that changes a table; without the table's constraints, where they refuse it."""
        try:
            with self.whole():
                done = self.run(statement, values)
        except self.refusals:
            self.free(table)
            done = self.run(statement, values)
        assert done.rowcount != 0, statement

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Undo what the block did when it raises."""
        self.run("SAVEPOINT forgery")
        try:
            yield
        except Exception:
            self.run("ROLLBACK TO forgery")
            raise
        finally:
            self.run("RELEASE forgery")

    def free(self, table: Table) -> None:
        """Take away whatever keeps rows out of a table."""
        raise NotImplementedError

    # --- what can be done to a table

    def a_row(self, table: Table, *, having: str = "") -> tuple[str, Values]:
        """Choose a row, one that has something in a column if there is one; return the condition that finds it."""
        keys = [column.name for column in table.primary_key]
        names = ", ".join(keys)
        rows = self.run(f"SELECT {names} FROM {table.name} WHERE {having} IS NOT NULL").fetchall() if having else []
        rows = rows or self.run(f"SELECT {names} FROM {table.name}").fetchall()
        return " AND ".join(f"{key} = {self.mark}" for key in keys), self.random.choice(rows)

    def put(self, table: Table, column: str, value: Any) -> None:
        where, key = self.a_row(table, having=column)
        self.change(table, f"UPDATE {table.name} SET {column} = {self.mark} WHERE {where}", (value, *key))

    def empty(self, table: Table) -> None:
        self.change(table, f"DELETE FROM {table.name}")

    def take_one(self, table: Table) -> None:
        where, key = self.a_row(table)
        self.change(table, f"DELETE FROM {table.name} WHERE {where}", key)

    def double(self, table: Table) -> None:
        where, key = self.a_row(table)
        names = ", ".join(column.name for column in table.columns)
        statement = f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {table.name} WHERE {where}"
        self.free(table)
        self.change(table, statement, key)

    def drop(self, table: Table) -> None:
        raise NotImplementedError

    def drop_column(self, table: Table, column: str) -> None:
        self.free(table)
        self.run(f"ALTER TABLE {table.name} DROP COLUMN {column}")


class OfSqlite(Forger):
    def free(self, table: Table) -> None:
        """Make the table anew with its columns and their types alone. Its indexes and triggers go with it."""
        columns = self.run(f"PRAGMA table_info({table.name})").fetchall()
        listed = ", ".join(f"{name} {kind}" for _, name, kind, *_ in columns)
        self.run(f"CREATE TABLE freed ({listed})")
        self.run(f"INSERT INTO freed SELECT * FROM {table.name}")
        self.run(f"DROP TABLE {table.name}")
        self.run(f"ALTER TABLE freed RENAME TO {table.name}")

    def drop(self, table: Table) -> None:
        self.run(f"DROP TABLE {table.name}")


class OfPostgresql(Forger):
    mark = "%s"
    refusals = (psycopg.IntegrityError,)

    def free(self, table: Table) -> None:
        constraints = self.run(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass ORDER BY contype <> 'f'", (table.name,)
        )
        for (name,) in constraints.fetchall():
            self.run(f'ALTER TABLE {table.name} DROP CONSTRAINT IF EXISTS "{name}" CASCADE')
        for (name,) in self.run(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass AND indisunique",
            (table.name,),
        ).fetchall():
            self.run(f"DROP INDEX {name}")
        for column in table.columns:
            self.run(f"ALTER TABLE {table.name} ALTER COLUMN {column.name} DROP NOT NULL")

    def drop(self, table: Table) -> None:
        self.run(f"DROP TABLE {table.name} CASCADE")

    def drop_column(self, table: Table, column: str) -> None:
        """Drop a column with what is made of it, such as the column that the search reads."""
        self.free(table)
        self.run(f"ALTER TABLE {table.name} DROP COLUMN {column} CASCADE")

    def turn_into(self, table: Table, column: str, kind: str, using: str) -> None:
        """Give a column another type."""
        self.free(table)
        self.run(f"ALTER TABLE {table.name} DROP COLUMN IF EXISTS search")  # which is made of another column
        for (trigger,) in self.run(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", (table.name,)
        ).fetchall():
            self.run(f'DROP TRIGGER "{trigger}" ON {table.name}')
        for (index,) in self.run(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass", (table.name,)
        ).fetchall():
            self.run(f"DROP INDEX {index}")
        self.run(f"ALTER TABLE {table.name} ALTER COLUMN {column} TYPE {kind} USING {using}")


@contextmanager
def forging(url: str, random: Random) -> Iterator[Forger]:
    """Yield somebody whom no trigger and no foreign key stops; what they did is committed at the end."""
    if not url.startswith("sqlite"):
        with psycopg.connect(postgres.plain(url)) as server:
            server.execute("SET session_replication_role = replica")
            yield OfPostgresql(server, random)
        return
    connection = sqlite3.connect(Path(url.removeprefix("sqlite:///")), isolation_level=None)
    try:
        for pragma in ("foreign_keys = OFF", "legacy_alter_table = ON", "ignore_check_constraints = ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN IMMEDIATE")
        guards = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%_no_%'")
        for (name,) in guards.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        yield OfSqlite(connection, random)
        connection.execute("COMMIT")
    finally:
        connection.close()
