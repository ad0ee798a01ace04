"""The schema's versions: Alembic, by its command API."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from factcheck.errors import Misconfigured, SchemaOutdated, Unavailable
from factcheck.messages import message
from factcheck.storage.engine import usage
from factcheck.storage.engine.advisory_locks import AdvisoryLock, until_commit
from factcheck.storage.engine.database import Database, writing_engine
from factcheck.storage.tables.logbook import HISTORY

PACKAGE = Path(__file__).resolve().parent.parent
# Inside the wheel the folder lies in the package, in a checkout beside it.
FOLDER = next(folder for folder in (PACKAGE / "migrations", PACKAGE.parent / "migrations") if folder.is_dir())
# What is worked out from other tables, and can be again: tables, and columns of tables.
WORKED_OUT = frozenset({
    "article_findings", "browser_sessions.last_used_at", "claim_audits", "claim_shingles", "claims.origin_interested",
    "corrections", "finding_sources", "findings", "followers", "likely_duplicates", "log_verification",
    "notification_marks", "notifications", "source_identifiers", "source_pairs", "source_references", "source_tallies",
    "statistic_claims", "statistic_counts", "statistic_events", "status_change_days", "tallies",
    "tokens.last_used_at", "upkeep", "webhooks.by_status_since",
})  # fmt: skip


# Columns with a value that says what every row meant before the column was there.
MEANT = {"articles.kind": "article"}


def head() -> str:
    """Return the version that this code needs."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None
    return found


class _OnlyTried(Exception):
    """Rolls a rehearsed change back."""


def upgrade(url: str, to: str = "head") -> None:
    """Bring the database up to a version, in one transaction."""
    _run(url, lambda config: command.upgrade(config, to))


def downgrade(url: str, to: str, *, lose: bool = False) -> None:
    """Take the database back to an earlier version, in one transaction; `base` empties it.

    Raises Misconfigured when somebody's work would be lost, unless told to `lose` it: what is in tables and columns
    that the earlier version does not have, and rows of a kind that it does not know. What is worked out from other
    things does not count. Raises Clash while another process uses the database.
    """
    gone: list[tuple[str, str | None]] = []
    fewer: list[str] = []  # tables of which the earlier version cannot hold every row

    def back(config: Config) -> None:
        command.downgrade(config, to)

    def rehearse(config: Config) -> None:
        connection = config.attributes["connection"]
        before, numbers = _columns(connection), _rows(connection)
        back(config)
        after, left = _columns(connection), _rows(connection)
        for table, columns in before.items():
            gone.extend((table, name) for name in columns - after[table]) if table in after else gone.append(
                (table, None)
            )
        fewer.extend(table for table, number in left.items() if number < numbers.get(table, 0))

    def look_then_go(config: Config) -> None:
        losing = (table for table, column in gone if _holds(config.attributes["connection"], table, column))
        held = sorted({*losing, *fewer})
        if held:
            raise Misconfigured(
                f"Version {to} has no place for what is in {', '.join(held)}: nothing was changed. Make a backup,"
                " then repeat the command with --lose-data."
            )
        back(config)

    if lose:
        return _run(url, back, alone=True)
    _run(url, rehearse, alone=True, keep=False)
    return _run(url, look_then_go, alone=True)


def _columns(connection: Connection) -> dict[str, set[str]]:
    look = inspect(connection)
    names = [name for name in look.get_table_names() if name != "alembic_version" and "_fts" not in name]
    return {name: {column["name"] for column in look.get_columns(name)} for name in names}


def _rows(connection: Connection) -> dict[str, int]:
    """Return how many rows each table has that somebody's work is in."""
    names = _columns(connection).keys() - WORKED_OUT
    return {name: int(connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()) for name in names}


def _holds(connection: Connection, table: str, column: str | None) -> bool:
    """Say whether there is anything of somebody's in a table, or in one column of it."""
    if table in WORKED_OUT or f"{table}.{column}" in WORKED_OUT:
        return False
    where = f" WHERE {column} IS NOT NULL" if column else " WHERE size > 0" if table == "log_head" else ""
    if meant := MEANT.get(f"{table}.{column}"):
        where = f" WHERE {column} <> '{meant}'"
    return connection.execute(text(f"SELECT 1 FROM {table}{where} LIMIT 1")).first() is not None


def grant(url: str, role: str) -> None:
    """Give a role of a database server what the service needs: on the history, to read and to add, and no more.

    The role must be there, and not be the owner of the tables: an owner may do everything.
    """
    engine = writing_engine(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name != "postgresql":
                raise Misconfigured("An embedded database has no roles; its triggers guard the history.")
            name = connection.dialect.identifier_preparer.quote(role)
            connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {name}"))
            connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}"))
            connection.execute(text(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {name}"))
            connection.execute(text(f"REVOKE UPDATE, DELETE, TRUNCATE ON {', '.join(HISTORY)} FROM {name}"))
    except DBAPIError as error:
        raise Unavailable(f"The role could not be given its rights: {error.orig}") from error
    finally:
        engine.dispose()


def current(connection: Connection) -> str | None:
    """Return the version that the database is at; None when it has no schema.

    Raises SchemaOutdated when it is at two, Unavailable where SQLite's schema is damaged.
    """
    try:
        return MigrationContext.configure(connection).get_current_revision()
    except UnicodeDecodeError as error:  # SQLite's message quotes the damaged schema
        told = message("The database cannot be read: its schema is damaged ({reason}).", reason=str(error))
        raise Unavailable(told) from error
    except CommandError as error:
        raise SchemaOutdated(message("alembic_version is damaged: {reason}.", reason=str(error))) from error


def is_at_head(database: Database) -> bool:
    """Say whether the database is at the version that this code needs."""
    with database.reading_primary() as connection:
        return current(connection) == head()


def demand_head(connection: Connection) -> None:
    """Raise SchemaOutdated when the database is not at the version that this code needs."""
    found = current(connection)
    if found == head():
        return
    if _newer(found):
        raise SchemaOutdated(
            message(
                "The database has schema {found}, which this version of factcheck ({needed}) does not know.",
                found=found,
                needed=head(),
            )
        )
    told = message(
        "The database has schema {found}; this version needs {needed}: run `factcheck db upgrade`.",
        found=found,
        needed=head(),
    )
    if not found:
        told = message(
            "The database has no schema; this version needs {needed}: run `factcheck db upgrade`.", needed=head()
        )
    raise SchemaOutdated(told)


def demand_usable(connection: Connection) -> None:
    """Raise SchemaOutdated when this code cannot work with the database. With one version more than its own it can.

    A migration only adds, or keeps the same rows in another way, so that the processes of the version before go on
    serving until each was replaced.
    """
    if not _newer(current(connection)):
        demand_head(connection)


def _newer(version: str | None) -> bool:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    return version is not None and version not in known


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


def _run(url: str, work: Callable[[Config], None], *, alone: bool = False, keep: bool = True) -> None:
    """Do something to the schema in one transaction; unless it is to be kept, roll it back.

    `alone` demands that nobody else uses the database, and keeps everybody out meanwhile.
    """
    engine = writing_engine(url)
    config = _config()
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                # A batch ALTER drops and renames tables: with foreign keys on, their children would go with them.
                # The pragma has no effect inside a transaction, so it stands before it.
                raw = connection.connection.driver_connection
                assert raw is not None
                raw.execute("PRAGMA foreign_keys = OFF")
                if alone:  # before BEGIN IMMEDIATE, for which somebody else may have to be waited
                    usage.take_alone(connection)
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    if alone:
                        usage.take_alone(connection)
                    connection.execute(until_commit(AdvisoryLock.MIGRATION))
                config.attributes["connection"] = connection
                before = current(connection)
                work(config)
                # Only after a change: looking at every row would slow down each start of a large desk.
                if connection.dialect.name == "sqlite" and current(connection) != before:
                    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
                    if broken:
                        raise Misconfigured(
                            f"The schema cannot be changed: {len(broken)} rows would be without what they refer to."
                        )
                if not keep:
                    raise _OnlyTried
    except _OnlyTried:
        pass
    except CommandError as error:  # a version that is not there, in the command or in the database
        raise Misconfigured(f"The schema cannot be changed: {error}.") from error
    except DBAPIError as error:
        first, *_ = str(error.orig).splitlines()
        raise Unavailable(f"The database cannot be migrated: {first}") from error
    finally:
        engine.dispose()
