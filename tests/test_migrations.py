"""The schema's versions on both databases: up, down with data in the tables, and the same as the models."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, inspect, select, text, update
from sqlalchemy.exc import IntegrityError

from factcheck.desk import people, relations, sources
from factcheck.desk.publishing import rating_scales, reports, site_pages
from factcheck.errors import Misconfigured, SchemaOutdated, Unavailable
from factcheck.inspection import checkup
from factcheck.schemas.base import load
from factcheck.schemas.publishing.ratings import RatingScaleIn
from factcheck.schemas.publishing.reports import ReportIn
from factcheck.schemas.publishing.site_pages import SitePageIn
from factcheck.schemas.sources import SourceIn
from factcheck.storage import schema
from factcheck.storage.engine.database import Database, writing_engine
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.claims import Claim, Relation
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.sources import Source
from tests.everything import REPORT, SCALE, SITE_PAGE
from tests.needs import only_on

OWN = "alembic_version"


@contextmanager
def writing(url: str) -> Iterator[Connection]:
    engine = writing_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def version(url: str) -> str | None:
    with writing(url) as connection:
        return schema.current(connection)


def everything(connection: Connection) -> dict[str, Any]:
    """Describe the whole schema in the database's own words: every object there is."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(text("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"))
        return {f"{row.type} {row.name}": row.sql for row in rows if row.name != OWN and "_pkc" not in row.name}
    queries = {
        "table": "SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace",
        "column": "SELECT table_name || '.' || column_name, concat_ws(' ', data_type, is_nullable, column_default,"
        " generation_expression) FROM information_schema.columns WHERE table_schema = 'public'",
        "constraint": "SELECT conname, conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace",
        "index": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "function": "SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    }
    return {
        f"{kind} {name}": told
        for kind, query in queries.items()
        for name, told in connection.execute(text(query))
        if OWN not in name
    }


def tables(connection: Connection) -> dict[str, Any]:
    """Describe the tables as SQLAlchemy sees them: columns, keys, constraints, indexes."""
    look = inspect(connection)

    def told(things: Any) -> list[str]:
        return sorted(
            str({name: str(value) for name, value in sorted(thing.items()) if name != "comment"}) for thing in things
        )

    def index(each: Any) -> Any:
        options = {name: str(value) for name, value in each.get("dialect_options", {}).items() if value != []}
        return {**each, "dialect_options": options}

    def key(each: Any) -> Any:
        # SQLAlchemy does not read the name of a key that stands beside an added column's definition.
        return {**each, "name": ""} if connection.dialect.name == "sqlite" else each

    own_tree = {}  # whether SQLite keeps the rows in a tree beside the key's
    if connection.dialect.name == "sqlite":
        own_tree = {row.name: not row.wr for row in connection.execute(text("PRAGMA table_list"))}

    return {
        name: {
            "own tree": own_tree.get(name),
            "columns": told(look.get_columns(name)),
            "primary key": told([look.get_pk_constraint(name)]),
            "foreign keys": told(key(each) for each in look.get_foreign_keys(name)),
            "unique": told(look.get_unique_constraints(name)),
            "checks": told(look.get_check_constraints(name)),
            "indexes": told(index(each) for each in look.get_indexes(name)),
        }
        for name in look.get_table_names()
        if name != OWN
    }


def differences(connection: Connection) -> list[Any]:
    """Return what Alembic would still migrate to make the database what the models say."""

    options = {"compare_type": True, "compare_server_default": True}
    found: list[Any] = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
    return found


# ── The same as the models ──────────────────────────────────────────────────────────────────────────────────────


def test_the_migrated_schema_is_the_models(migrated_url: str, empty_url: str) -> None:
    with writing(migrated_url) as connection:
        migrated = tables(connection)
        assert differences(connection) == []
    with writing(empty_url) as connection:
        Base.metadata.create_all(connection)
        made = tables(connection)
    assert set(migrated) == set(made) == set(Base.metadata.tables)
    for name in made:
        assert migrated[name] == made[name], name


def test_the_comparison_sees_what_differs(migrated_url: str) -> None:
    with writing(migrated_url) as connection:
        before = tables(connection)
        for sql in (
            "DROP INDEX ix_reviews_claim_id_log_index",
            "CREATE INDEX ix_extra ON claims (unit)",
            "ALTER TABLE evidence ADD COLUMN extra text",
            "ALTER TABLE people ADD COLUMN age integer CONSTRAINT ck_people_age CHECK (age > 17)",
        ):
            connection.execute(text(sql))
        found = str(differences(connection))
        assert all(name in found for name in ("ix_reviews_claim_id_log_index", "ix_extra", "extra", "age"))
        after = tables(connection)
        assert {name for name in before if after[name] != before[name]} == {"reviews", "claims", "evidence", "people"}
        assert "age > 17" in str(after["people"]["checks"])


def test_every_check_is_in_both_by_name_and_words(migrated_url: str) -> None:
    """The names and, on SQLite, which keeps them as they were written, the very words."""
    with writing(migrated_url) as connection:
        look = inspect(connection)
        for table in Base.metadata.sorted_tables:
            found = {str(each["name"]): each["sqltext"] for each in look.get_check_constraints(table.name)}
            wanted = {
                str(each.name): str(each.sqltext) for each in table.constraints if isinstance(each, CheckConstraint)
            }
            assert set(found) == set(wanted), table.name
            if connection.dialect.name == "sqlite":
                assert found == wanted


# ── Up and down ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_from_nothing_to_head_and_back_and_again(empty_url: str) -> None:
    with writing(empty_url) as connection:
        nothing = everything(connection)
        with pytest.raises(SchemaOutdated, match="has no schema"):
            schema.demand_head(connection)
    assert version(empty_url) is None

    schema.upgrade(empty_url)
    assert version(empty_url) == schema.head()
    with writing(empty_url) as connection:
        first = everything(connection)
        schema.demand_head(connection)
    schema.upgrade(empty_url)  # again: nothing to do
    with writing(empty_url) as connection:
        assert everything(connection) == first
    assert len(first) > len(Base.metadata.tables)

    schema.downgrade(empty_url, "base")
    assert version(empty_url) is None
    with writing(empty_url) as connection:
        assert everything(connection) == nothing == {}

    schema.upgrade(empty_url)
    with writing(empty_url) as connection:
        assert everything(connection) == first
    assert version(empty_url) == schema.head()


def test_down_and_up_with_data_in_the_tables(seeded_url: str) -> None:
    """Going back to `base` is refused; told to, it empties the database; what comes up again is a whole desk."""
    with writing(seeded_url) as connection:
        before = everything(connection)
        there = rows(connection)
        assert len(there["claims"]) == 31
    with pytest.raises(Misconfigured, match=r"no place for what is in articles, claim.*: nothing was changed"):
        schema.downgrade(seeded_url, "base")
    with writing(seeded_url) as connection:
        assert (everything(connection), rows(connection)) == (before, there)
    schema.downgrade(seeded_url, "base", lose=True)
    with writing(seeded_url) as connection:
        assert everything(connection) == {}
    schema.upgrade(seeded_url)
    with writing(seeded_url) as connection:
        assert everything(connection) == before
        assert connection.execute(select(Claim.id)).all() == []
    database = Database(seeded_url)
    try:
        with database.writing() as session:
            sources.add(session, people.operator(session), **load(SourceIn(), {"name": "Quokka", "kind": "group"}))
        with database.writing() as session:
            assert list(checkup.log_faults(session)) == []
        with writing(seeded_url) as connection:
            assert connection.execute(select(Source.seq)).scalars().all() == [1]
    finally:
        database.close()


@pytest.mark.parametrize(
    "kinds", [("report",), ("rating_scale",), ("site_page",), ("report", "rating_scale", "site_page")], ids="-".join
)
def test_kinds_of_things_in_the_log_survive_a_downgrade(migrated_url: str, kinds: tuple[str, ...]) -> None:
    """Entries of kinds that an earlier version does not know stay, and the way up is open again."""
    languages = iter(("en", "fr"))

    def add() -> None:
        database = Database(migrated_url)
        with database.writing() as session:
            operator = people.operator(session)
            if "report" in kinds:
                reports.add(session, operator, **load(ReportIn(), REPORT))
            if "rating_scale" in kinds:
                rating_scales.add(session, operator, **load(RatingScaleIn(), SCALE))
            if "site_page" in kinds:
                site_pages.add(session, operator, **load(SitePageIn(), {**SITE_PAGE, "language": next(languages)}))
        database.close()

    add()
    for version in ("0036", "0037", "0039"):
        schema.downgrade(migrated_url, version, lose=True)
        schema.upgrade(migrated_url)
    add()
    with writing(migrated_url) as connection:
        subjects = connection.execute(text("SELECT subject_kind FROM revisions WHERE deed = 'add'")).scalars().all()
        assert {kind: subjects.count(kind) for kind in kinds} == dict.fromkeys(kinds, 2)


def test_what_the_queue_needs_is_worked_out_for_claims_that_were_there(seeded_url: str) -> None:
    interested = select(Claim.id, Claim.origin_interested).order_by(Claim.seq)
    with writing(seeded_url) as connection:
        before = connection.execute(interested).all()
    assert {row.origin_interested for row in before} == {True, False, None}
    schema.downgrade(seeded_url, "0002")
    schema.upgrade(seeded_url)
    with writing(seeded_url) as connection:
        assert connection.execute(interested).all() == before


def rows(connection: Connection) -> dict[str, list[Any]]:
    """Return everything that is in the tables."""
    return {
        name: sorted(map(str, connection.execute(text(f"SELECT * FROM {name}")).all()))
        for name in inspect(connection).get_table_names()
    }


def test_newer_data_is_not_lost_on_the_way_back(seeded_url: str) -> None:
    """I11: back to a version that has no place for second opinions, with one there and without."""
    schema.downgrade(seeded_url, "0002")  # what the newer tables and columns hold is worked out, or nothing
    schema.upgrade(seeded_url)
    with writing(seeded_url) as connection:
        stamp = "UPDATE claims SET second_opinion_at = '2026-01-01 00:00:00.000000'"
        connection.execute(text(stamp))
        before = (everything(connection), rows(connection))
    relative = f"-{len(list(schema.FOLDER.glob('versions/0*.py'))) - 2}"
    for version_before in ("0002", "0001", relative):
        with pytest.raises(Misconfigured, match=r"no place for what is in .*claims.*nothing was changed"):
            schema.downgrade(seeded_url, version_before)
    with writing(seeded_url) as connection:
        assert (everything(connection), rows(connection)) == before
    schema.downgrade(seeded_url, "0003")
    schema.downgrade(seeded_url, "0002", lose=True)
    assert version(seeded_url) == "0002"


def test_claims_that_were_said_to_be_different_are_not_lost_on_the_way_back(seeded_url: str) -> None:
    there = select(Relation.kind, Relation.claim_id, Relation.other_id).order_by(Relation.log_index)
    with writing(seeded_url) as connection:
        before = connection.execute(there).all()
        one, other = connection.execute(select(Claim.id).order_by(Claim.seq).limit(2)).scalars()
    assert len(before) > 0
    schema.downgrade(seeded_url, "0013")
    schema.upgrade(seeded_url)
    with writing(seeded_url) as connection:
        assert connection.execute(there).all() == before
    database = Database(seeded_url)
    try:
        with database.writing() as session:
            relations.add(session, people.operator(session), one, kind="distinct_from", other_id=other, note=None)
    finally:
        database.close()
    with pytest.raises(Misconfigured, match=r"Version 0013 has no place for what is in relations: nothing was changed"):
        schema.downgrade(seeded_url, "0013")
    schema.downgrade(seeded_url, "0013", lose=True)
    with writing(seeded_url) as connection:
        assert connection.execute(there).all() == before
        refused = update(Relation).values(kind="distinct_from")
        with pytest.raises(IntegrityError), connection.begin_nested():
            connection.execute(refused)


def test_a_downgrade_that_fails_leaves_everything_as_it_was(seeded_url: str) -> None:
    with writing(seeded_url) as connection:
        # The migration drops it when most of the tables are gone already.
        connection.execute(text("ALTER TABLE people RENAME TO persons"))
        before = everything(connection)
        rows = connection.execute(select(Claim.id, Claim.etag).order_by(Claim.seq)).all()
    with pytest.raises(Unavailable, match=r"cannot be migrated: .*people"):
        schema.downgrade(seeded_url, "base", lose=True)
    with writing(seeded_url) as connection:
        assert everything(connection) == before
        assert connection.execute(select(Claim.id, Claim.etag).order_by(Claim.seq)).all() == rows
        assert schema.current(connection) == schema.head()


def test_an_upgrade_that_fails_leaves_everything_as_it_was(empty_url: str) -> None:
    with writing(empty_url) as connection:
        connection.execute(text("CREATE TABLE relations (mine text)"))
        connection.execute(text("INSERT INTO relations VALUES ('kept')"))
        before = everything(connection)
    with pytest.raises(Unavailable, match=r"cannot be migrated: .*relations"):
        schema.upgrade(empty_url)
    with writing(empty_url) as connection:
        assert everything(connection) == before
        assert connection.execute(text("SELECT mine FROM relations")).scalar() == "kept"
        assert schema.current(connection) is None


def test_versions_that_are_not_there_are_told(migrated_url: str) -> None:
    for move in (schema.upgrade, schema.downgrade):
        with pytest.raises(Misconfigured, match=r"cannot be changed: .*nosuch.*\.$"):
            move(migrated_url, "nosuch")
    with writing(migrated_url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with writing(migrated_url) as connection, pytest.raises(SchemaOutdated, match=r"schema 9999, .* does not know"):
        schema.demand_head(connection)
    with pytest.raises(Misconfigured, match="9999"):
        schema.upgrade(migrated_url)


NEXT = """
from alembic import op
import sqlalchemy as sa

revision, down_revision, branch_labels, depends_on = "next", "{head}", None, None


def upgrade() -> None:
    {up}


def downgrade() -> None:
    op.drop_column("people", "motto")
"""


@pytest.fixture
def next_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Write one more version of the schema, behind the last one there is."""

    def write(up: str) -> None:
        migration = NEXT.format(head=schema.head(), up=up)
        shutil.copytree(schema.FOLDER, tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
        (tmp_path / "migrations" / "versions" / "next.py").write_text(migration, encoding="utf-8")
        monkeypatch.setattr(schema, "FOLDER", tmp_path / "migrations")

    return write


def test_the_next_version_keeps_the_rows(seeded_url: str, next_version: Callable[[str], None]) -> None:
    """SQLite makes the table anew; what refers to its rows must neither go with the old one nor refer to it."""
    old, people_there = schema.head(), select(Person.id, Person.name, Person.role).order_by(Person.id)
    next_version(
        'with op.batch_alter_table("people", recreate="auto") as table:\n'
        '        table.add_column(sa.Column("motto", sa.Text()))\n'
        '        table.alter_column("name", existing_type=sa.Text(), type_=sa.String(100))'
    )
    with writing(seeded_url) as connection:
        before = connection.execute(people_there).all()
        with pytest.raises(SchemaOutdated, match=f"has schema {old}; this version needs next: run `factcheck db"):
            schema.demand_head(connection)
    for move, to in ((schema.upgrade, "next"), (schema.downgrade, old), (schema.upgrade, "head")):
        move(seeded_url, to)
        assert version(seeded_url) == ("next" if to == "head" else to)
        with writing(seeded_url) as connection:
            assert connection.execute(people_there).all() == before
            joined = select(Claim.id).join(Person, Person.id == Claim.entered_by_id)
            assert len(connection.execute(joined).all()) == 31
            with pytest.raises(IntegrityError), connection.begin_nested():
                connection.execute(update(Claim).values(entered_by_id="00000000-0000-0000-0000-000000000000"))
    with writing(seeded_url) as connection:
        assert "motto" in {column["name"] for column in inspect(connection).get_columns("people")}


def test_a_version_that_would_orphan_rows_is_refused(seeded_url: str, next_version: Callable[[str], None]) -> None:
    next_version('op.execute("DELETE FROM people")')
    with pytest.raises((Misconfigured, Unavailable), match=r"rows would be without|violates foreign key"):
        schema.upgrade(seeded_url)
    with writing(seeded_url) as connection:
        assert connection.execute(select(Person.id)).all() != []
        assert schema.current(connection) != "next"


@only_on("sqlite")
def test_a_desk_at_head_is_left_alone(seeded_url: str, next_version: Callable[[str], None]) -> None:
    """`serve` upgrades at each start: it must not look at every row, nor keep a damaged desk from its doctor."""
    with closing(sqlite3.connect(seeded_url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("DELETE FROM people")  # a connection of its own, which does not look at foreign keys
    schema.upgrade(seeded_url)
    next_version("pass")
    with pytest.raises(Misconfigured, match="rows would be without"):
        schema.upgrade(seeded_url)
    assert version(seeded_url) != "next"


# ── Search ──────────────────────────────────────────────────────────────────────────────────────────────────────


def hits(connection: Connection, table: str, word: str) -> list[int]:
    """Search as the version before the index beside the database does."""
    if connection.dialect.name == "sqlite":
        query = f"SELECT rowid FROM {table}_fts WHERE {table}_fts MATCH :word"
    else:
        query = f"SELECT seq FROM {table} WHERE search @@ CAST(:word AS tsquery)"
    return sorted(connection.execute(text(query), {"word": word}).scalars())


def test_search_is_in_the_database_before_0013_alone(seeded_url: str) -> None:
    """Going back works the words out again; coming up again leaves nothing of them."""
    with writing(seeded_url) as connection:
        schema_now, there = everything(connection), rows(connection)
    schema.downgrade(seeded_url, "0012")
    with writing(seeded_url) as connection:
        for table, word, number in (
            ("claims", "rally", 4),
            ("sources", "organizers", 1),
            ("articles", "solidarity", 1),
        ):
            found = hits(connection, table, word)
            assert len(found) == number, table
            words = connection.execute(text(f"SELECT words FROM {table} WHERE seq = {found[0]}")).scalar_one()
            assert word in words.split()
        # Its triggers, or its generated column, follow what the version before writes.
        connection.execute(text("UPDATE sources SET words = 'zyzzyva two' WHERE seq = (SELECT min(seq) FROM sources)"))
        assert len(hits(connection, "sources", "zyzzyva")) == 1
        assert "claim_shingles" in inspect(connection).get_table_names()
    schema.upgrade(seeded_url)
    with writing(seeded_url) as connection:
        assert everything(connection) == schema_now
        # What happened before there were notifications counts as seen.
        anew: dict[str, list[str]] = {"upkeep": [], "notification_marks": []}
        assert {**rows(connection), **anew} == {**there, **anew}


# ── Killed on the way ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_migration_that_is_killed_leaves_nothing_and_can_be_run_again(engine: str) -> None:
    """I9, at a few of its statements; `python -m torture.migrations` does it at each, with its control."""
    command = [sys.executable, "-m", "torture.migrations", "--database", engine, "--every"]
    run = subprocess.run([*command, "40"], capture_output=True, text=True, check=False, timeout=300)
    assert (run.returncode, run.stdout[: len(engine)]) == (0, engine), run.stdout + run.stderr[-2000:]
    number = int(run.stdout.split()[1])
    assert number >= 4
    if engine == "sqlite":
        control = subprocess.run(
            [*command, "90", "--control"], capture_output=True, text=True, check=False, timeout=300
        )
        assert (control.returncode, " 0 faults" in control.stdout) == (1, False), control.stdout + control.stderr
