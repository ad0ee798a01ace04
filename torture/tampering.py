"""Tampering: every column of every table that the log proves, changed in every way, and what the verification names.

Somebody with all rights changes one thing in a desk that has something in every table: a column gets its default,
another valid value or another row's value, a row is removed, inserted or exchanged with another one. Where claims show
it, their JSON is rendered again as well, in a second try. The verification must name the thing and the table, and the
column where it was one. Each try is undone.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Float,
    Integer,
    LargeBinary,
    Table,
    create_engine,
    event,
    select,
    update,
)
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state import states as claim_states
from factcheck.desk.claim_state.rendering import claim_json
from factcheck.followers.publisher import Publisher
from factcheck.inspection import replay
from factcheck.inspection.comparing import COUNTS
from factcheck.inspection.origin_kinds import Kind
from factcheck.inspection.origins import ORIGINS
from factcheck.log import verification
from factcheck.log.ids import new_id, random_id
from factcheck.log.verification import Progress
from factcheck.rules.notes import Checkpoint
from factcheck.storage.engine.database import Database
from factcheck.storage.stumbles import STUMBLES
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import Id, Instant, Json
from factcheck.storage.tables.comments import Comment
from factcheck.storage.tables.logbook import Revision
from tests.desk import lift_guards
from torture.figures import Figure, at_least, none
from torture.furnished import catch_up, furnish
from torture.varied import vary

# Whose rows a claim's JSON shows, so that a forger would render it again.
SHOWN = frozenset(
    (
        "articles",
        "claims",
        "evidence",
        "hops",
        "occurrences",
        "people",
        "quotes",
        "relations",
        "second_opinions",
        "sources",
    )
)
ENTRIES = ("revisions", "revision_contents")
# The thing that the log names for a row of a table, and the column that has its id.
SUBJECTS = {
    "people": ("person", "id"),
    "sources": ("source", "id"),
    "source_identifiers": ("source", "source_id"),
    "source_relations": ("source", "source_id"),
    "judgments": ("source", "source_id"),
    "articles": ("article", "id"),
    "claims": ("claim", "id"),
    "assignments": ("assignment", "id"),
    "comments": ("comment", "id"),
    "captures": ("capture", "id"),
    "images": ("image", "id"),
    "image_bands": ("image", "image_id"),
    "inbox_items": ("capture", "capture_id"),
    "feeds": ("feed", "id"),
    "rating_scales": ("rating_scale", "id"),
    "site_pages": ("site_page", "id"),
    "correction_requests": ("correction_request", "id"),
    "reports": ("report", "id"),
    "report_versions": ("report", "report_id"),
    "report_publications": ("report", "report_id"),
    "report_claims": ("report", "report_id"),
}
WAYS = ("default", "another value", "another row's value")
Report = list[str]
Row = dict[str, Any]


@dataclass
class Results:
    """How many tries of each sort there were, those that were not named rightly, and columns with nothing to try."""

    tried: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    nothing: list[str] = field(default_factory=list)


class Rights:
    """All rights to a database: sessions that no constraint of the desk's own stops, and whose work is undone."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url)
        if url.startswith("sqlite"):
            event.listen(self._engine, "connect", _lift_constraints)
            event.listen(self._engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))

    @contextmanager
    def used(self) -> Iterator[Session]:
        """Yield a session; whatever it does is undone at the end."""
        with self._engine.connect() as connection:
            connection.begin()
            with Session(connection, join_transaction_mode="create_savepoint") as session:
                lift_guards(session)
                yield session
            connection.rollback()

    def close(self) -> None:
        self._engine.dispose()


def _lift_constraints(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("foreign_keys = OFF", "ignore_check_constraints = ON", "legacy_alter_table = ON"):
        connection.execute(f"PRAGMA {pragma}")


@contextmanager
def all_rights(url: str) -> Iterator[Session]:
    """Yield a session of somebody with all rights to a database; whatever it does is undone."""
    with closing(Rights(url)) as rights, rights.used() as session:
        yield session


def reported(session: Session, head: Checkpoint) -> Iterator[str]:
    """Yield what the verification of the log says, a line for each fault, as it finds them."""
    session.flush()
    session.expire_all()
    progress = Progress()
    for faults in verification.log_entries(session.connection(), [head], progress):
        yield from (fault.told() for fault in faults)
    for faults in replay.replayed(session, progress):
        yield from (fault.told() for fault in faults)


class Tamperer:
    """Somebody with all rights to a furnished desk, and the verification that must find what they do."""

    def __init__(self, url: str, head: Checkpoint, random: Random, most: int) -> None:
        """`most` is how many rows of a table are removed, one at a time."""
        self.url, self.head, self.random, self.most = url, head, random, most
        self.rights = Rights(url)
        self.results = Results()

    def close(self) -> None:
        self.rights.close()

    def report(self, session: Session) -> Report:
        """Return what the verification of the log says, a line for each fault."""
        return list(reported(session, self.head))

    def run(self, tables: Callable[[str], bool] = lambda _name: True) -> Results:
        """Try everything there is to try with these tables."""
        with self.rights.used() as session:
            before = self.report(session)
            assert before == [], before
        for table in Base.metadata.sorted_tables:
            kinds = {name: origin.kind for name, origin in ORIGINS[table.name].items()}
            proved = [name for name, kind in kinds.items() if kind is not Kind.OPERATIONAL]
            if not proved or not tables(table.name):
                continue
            with self.rights.used() as session:
                rows = [dict(row) for row in session.connection().execute(select(table)).mappings()]
                names = {_key(table, row): self._named(session.connection(), table, row) for row in rows}
            for name in proved:
                self._column(table, table.columns[name], rows, names)
            self._rows(table, rows, names)
        return self.results

    # --- one column

    def _column(self, table: Table, column: Column[Any], rows: list[Row], names: dict[Any, list[str]]) -> None:
        for way in WAYS:
            chosen = self._chosen(table, column, rows, way)
            if chosen is None:
                self.results.nothing.append(f"{table.name}.{column.name}: {way}")
                continue
            row, value = chosen
            wanted = [names[_key(table, row)], [f"{table.name}.{column.name}"]]
            # A row is missing then, and another one is too many; or an entry is wrong.
            if table.name in ENTRIES:
                wanted = [[f"log index {row['log_index']}:", f"It is at place {row['log_index']} of the log"]]
            elif column.primary_key or table.name in ("log_head", "log_subtrees", *COUNTS):
                wanted = [names[_key(table, row)]]

            def change(session: Session, row: Row = row, value: Any = value) -> None:
                _write(session, table, update(table).where(*_where(table, row)).values({column.name: value}))

            self._try(f"{table.name}.{column.name}: {way}", table, change, wanted, way)

    def _chosen(self, table: Table, column: Column[Any], rows: list[Row], way: str) -> tuple[Row, Any] | None:
        """Choose a row, and what is put into the column; None where there is nothing else to put there."""
        others = {repr(row[column.name]): row[column.name] for row in rows}
        for row in self.random.sample(rows, len(rows)):
            have = row[column.name]
            if way == "default":
                values = [None] if column.nullable else [_default(column)]
            elif way == "another value":
                values = [_another(column, have)]
            else:
                values = self.random.sample([*others.values()], len(others))
            for value in values:
                if value != have and not (value is None and not column.nullable):
                    return row, value
        return None

    # --- whole rows

    def _rows(self, table: Table, rows: list[Row], names: dict[Any, list[str]]) -> None:
        rows = [row for row in rows if not (table.name in COUNTS and row["n"] == 0)]  # a count of 0 is no row
        most = len(rows) if table.name in ENTRIES else self.most
        for row in self.random.sample(rows, min(len(rows), most)):

            def remove(session: Session, row: Row = row) -> None:
                _write(session, table, table.delete().where(*_where(table, row)))

            self._try(f"{table.name}: a row removed", table, remove, [names[_key(table, row)]], "row removed")
        if not table.name.startswith("log_") and table.name not in ENTRIES:
            self._each_removed(table, rows, names)
        if rows:
            row = self.random.choice(rows)
            fresh = row | {column.name: _unused(column, rows, row) for column in table.primary_key}
            for column in table.columns:
                if column.unique or (column.name in ("log_index", "position") and not column.primary_key):
                    fresh[column.name] = _another(column, row[column.name])

            def insert(session: Session) -> None:
                _write(session, table, table.insert().values({table.columns[k]: v for k, v in fresh.items()}))

            with self.rights.used() as session:
                named = self._named(session.connection(), table, fresh)
            self._try(f"{table.name}: a row inserted", table, insert, [named], "row inserted")
        self._exchange(table, rows, names)

    def _each_removed(self, table: Table, rows: list[Row], names: dict[Any, list[str]]) -> None:
        """Remove half of the rows, and then the other half; each row must be named by a line of its own."""
        for half in (rows[::2], rows[1::2]):
            with self.rights.used() as session:
                for row in half:
                    _write(session, table, table.delete().where(*_where(table, row)))
                report = self.report(session)
            for name, number in Counter(names[_key(table, row)][0] for row in half).items():
                lines = [line for line in report if name in line and f": {table.name}: " in line]
                told = sum(line.endswith("The row is missing.") for line in lines)
                if told < number:
                    self._miss(f"{table.name}: half of the rows removed: {name} has {number}, found {told}")
            self.results.tried["each row removed, of half of them"] += len(half)

    def _exchange(self, table: Table, rows: list[Row], names: dict[Any, list[str]]) -> None:
        """Exchange all that two rows have beside their keys."""
        plain = [column.name for column in table.columns if not column.primary_key and not column.unique]
        pairs = [(one, other) for one in rows[:40] for other in rows[:40] if any(one[n] != other[n] for n in plain)]
        if not plain or not pairs:
            return
        one, other = self.random.choice(pairs)

        def swap(session: Session) -> None:
            for to, of in ((one, other), (other, one)):
                values = {table.columns[name]: of[name] for name in plain}
                _write(session, table, update(table).where(*_where(table, to)).values(values))

        self._try(f"{table.name}: two rows exchanged", table, swap, [names[_key(table, one)]], "rows exchanged")

    # --- trying

    def _try(
        self, what: str, table: Table, change: Callable[[Session], None], wanted: list[list[str]], sort: str
    ) -> None:
        """Do something, verify, and undo it; `wanted` are lists of words, one of each of which a line must have."""
        rendered = what.startswith(("claims.document", "claims.etag"))  # which rendering it again would put right
        for again in (False, True) if table.name in SHOWN and not rendered else (False,):
            found = []
            with self.rights.used() as session:
                change(session)
                if again:
                    render_again(session)
                for line in reported(session, self.head):
                    found.append(line)
                    if all(any(word in line for word in words) for words in wanted):
                        break
                else:
                    told = " | ".join(found)[:600] or "nothing"
                    self._miss(f"{what}{', rendered again' if again else ''}: wanted {wanted}, found {told}")
            self.results.tried[sort + (", rendered again" if again else "")] += 1

    def _miss(self, missed: str) -> None:
        self.results.missed.append(missed)
        print(f"  {missed}", flush=True)

    def _named(self, connection: Connection, table: Table, row: Row) -> list[str]:
        """Return the words of which the report must have one, for what is done to a row."""
        name = table.name
        if name in ENTRIES:
            return [f"log index {row['log_index']}:", "one was put in", "missing", "was changed"]
        if name.startswith("log_"):
            return ["log"]
        if "claim_seq" in row:
            found = connection.execute(select(Claim.id).where(Claim.seq == row["claim_seq"])).scalar()
            return [f"claim {found}" if found else f"log index {row['claim_seq']}"]
        if "comment_seq" in row:
            found = connection.execute(select(Comment.id).where(Comment.seq == row["comment_seq"])).scalar()
            return [f"comment {found}" if found else f"log index {row['comment_seq']}"]
        if name == "publication_claims":
            of = select(Revision.subject_kind, Revision.subject_id).where(Revision.log_index == row["log_index"])
            entry = connection.execute(of).first()
            named = f"{entry.subject_kind} {entry.subject_id}" if entry else f"log index {row['log_index']}"
            return [named, f"claim {row['claim_id']}"]
        if name in SUBJECTS:
            kind, column = SUBJECTS[name]
            return [f"{kind} {row[column]}"]
        for kind, column in (
            ("person", "person_id"), ("report", "report_id"), ("claim", "claim_id"), ("article", "article_id"),
        ):  # fmt: skip
            if row.get(column) is not None and name not in ("tallies", "article_findings"):
                return [f"{kind} {row[column]}"]
        return ["statistics" if name.startswith("statistic_") else "audit"]


def _key(table: Table, row: Row) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key)


def _where(table: Table, row: Row) -> list[Any]:
    return [column == row[column.name] for column in table.primary_key]


def _write(session: Session, table: Table, statement: Any) -> None:
    """Run a statement; without the table's constraints, where they are in the way."""
    connection = session.connection()
    try:
        with connection.begin_nested():
            done = connection.execute(statement)
    except DBAPIError:  # a constraint of the table's
        _free(connection, table)
        done = connection.execute(statement)
    assert done.rowcount != 0, str(statement)


def _free(connection: Connection, table: Table) -> None:
    """Take away whatever keeps values out of a table."""
    name = table.name
    if connection.dialect.name == "sqlite":
        listed = ", ".join(
            f'"{column}" {kind}'
            for _, column, kind, *_ in connection.exec_driver_sql(f"PRAGMA table_info({name})").fetchall()
        )
        for statement in (
            f"CREATE TABLE freed ({listed})",
            f"INSERT INTO freed SELECT * FROM {name}",
            f"DROP TABLE {name}",
            f"ALTER TABLE freed RENAME TO {name}",
        ):
            connection.exec_driver_sql(statement)
        return
    constraints = sql(
        "SELECT conname FROM pg_constraint WHERE conrelid = CAST(:name AS regclass) ORDER BY contype <> 'f'"
    )
    for constraint in connection.execute(constraints, {"name": name}).scalars().all():
        connection.exec_driver_sql(f'ALTER TABLE {name} DROP CONSTRAINT IF EXISTS "{constraint}" CASCADE')
    indexes = sql("SELECT CAST(CAST(indexrelid AS regclass) AS text) FROM pg_index"
                  " WHERE indrelid = CAST(:name AS regclass) AND indisunique")  # fmt: skip
    for index in connection.execute(indexes, {"name": name}).scalars().all():
        connection.exec_driver_sql(f"DROP INDEX {index}")
    for column in table.columns:
        connection.exec_driver_sql(f'ALTER TABLE {name} ALTER COLUMN "{column.name}" DROP NOT NULL')


def _default(column: Column[Any]) -> Any:
    if isinstance(column.type, Instant):
        return _EPOCH
    if isinstance(column.type, Date):
        return date(1970, 1, 1)
    if isinstance(column.type, Json):
        return []
    if isinstance(column.type, LargeBinary):
        return b""
    if isinstance(column.type, Boolean):
        return False
    if isinstance(column.type, Integer | Float):
        return 0
    return "00000000-0000-4000-8000-000000000000" if column.type is Id or _is_id(column) else ""


def _another(column: Column[Any], have: Any) -> Any:
    """Return another value that the column could have."""
    if isinstance(column.type, Instant):
        return (have or _EPOCH) + timedelta(days=1)
    if isinstance(column.type, Date):
        return (have or date(2026, 1, 1)) + timedelta(days=1)
    if isinstance(column.type, Json):
        return [*(have or []), "another"]
    if isinstance(column.type, LargeBinary):
        return bytes(have or b"") + b" "
    if isinstance(column.type, Boolean):
        return not have
    if isinstance(column.type, Integer | Float):
        return (have or 0) + 1
    if _is_id(column):
        return random_id() if column.name == "mark" else new_id()
    choices = _CHOICES.get((column.table.name, column.name), ())
    choice = next((each for each in choices if each != have), None)
    text, longest = have or "", getattr(column.type, "length", None)
    if longest is not None and len(text) >= longest:
        text = text[: longest - 1] if not text.endswith("x") else text[: longest - 2]
    return choice or f"{text}x"


def _unused(column: Column[Any], rows: list[Row], row: Row) -> Any:
    """Return a value of a key that no row has: of a number, the one after the highest."""
    if isinstance(column.type, Integer):
        return max(each[column.name] for each in rows) + 1
    return _another(column, row[column.name])


def _is_id(column: Column[Any]) -> bool:
    return getattr(column.type, "length", None) == Id.length


def _choices() -> dict[tuple[str, str], list[str]]:
    """Read from the tables' rules which words a column may have."""
    found: dict[tuple[str, str], list[str]] = {}
    for table in Base.metadata.sorted_tables:
        for constraint in table.constraints:
            rule = str(getattr(constraint, "sqltext", ""))
            for name, listed in re.findall(r"\b(\w+) IN \(([^)]*)\)", rule):
                found[table.name, name] = [each.strip(" '") for each in listed.split(",")]
    return found


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CHOICES = _choices()


def render_again(session: Session) -> None:
    """Render the JSON of every claim again from what the tables say now, as far as they can be read."""
    connection = session.connection()
    ids = connection.execute(select(Claim.id).where(Claim.etag != "")).scalars().all()
    for claim_id in ids:
        try:
            with connection.begin_nested():
                claim = connection.execute(select(Claim.__table__).where(Claim.id == claim_id)).one()
                [state] = claim_states.load(connection, [claim])
                document = documents.dumped(claim_json(state))
                values = {"document": document, "etag": documents.etag_of(document)}
                connection.execute(update(Claim).where(Claim.id == claim_id).values(values))
        except STUMBLES:  # a forged value that cannot be rendered: the forger leaves that claim as it is
            continue


def tampered(url: str, folder: Path, most: int, tables: Callable[[str], bool] = lambda _name: True) -> Results:
    """Furnish a desk, and try everything with it."""
    furnish(url, folder, "s" * 40)
    database = Database(url)
    try:
        vary(database)
        catch_up(database, folder)
        publisher = Publisher(database, folder)
        publisher.publish()
        signed = publisher.signed()
        assert signed is not None
    finally:
        database.close()
    with closing(Tamperer(url, signed.checkpoint(), Random(6962), most)) as tamperer:
        return tamperer.run(tables)


def figures(results: Results) -> list[Figure]:
    print(f"  columns with nothing to try: {', '.join(results.nothing) or 'none'}")
    tried = [at_least(f"tries: {sort}", number, 1) for sort, number in sorted(results.tried.items())]
    return [*tried, none("tries that the verification did not name", len(results.missed))]
