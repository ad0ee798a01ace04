"""The schema's versions: Alembic, by its command API."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from factcheck.errors import Misconfigured, SchemaOutdated, Unavailable
from factcheck.storage.database import writing_engine
from factcheck.storage.logbook import HISTORY

PACKAGE = Path(__file__).resolve().parent.parent
# Inside the wheel the folder lies in the package, in a checkout beside it.
FOLDER = next(folder for folder in (PACKAGE / "migrations", PACKAGE.parent / "migrations") if folder.is_dir())
LOCK = 7_245_210_301  # any constant: one migration at a time on a database server


def head() -> str:
    """Return the version that this code needs."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None
    return found


def upgrade(url: str, to: str = "head") -> None:
    """Bring the database up to a version, in one transaction."""
    _run(url, lambda config: command.upgrade(config, to))


def downgrade(url: str, to: str) -> None:
    """Take the database back to an earlier version, in one transaction; `base` empties it."""
    _run(url, lambda config: command.downgrade(config, to))


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
    """Return the version that the database is at; None when it has no schema."""
    return MigrationContext.configure(connection).get_current_revision()


def demand_head(connection: Connection) -> None:
    """Raise SchemaOutdated when the database is not at the version that this code needs."""
    found, needed = current(connection), head()
    if found == needed:
        return
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise SchemaOutdated(
            f"The database has schema {found}, which this version of factcheck ({needed}) does not know."
        )
    has = f"has schema {found}" if found else "has no schema"
    raise SchemaOutdated(f"The database {has}; this version needs {needed}: run `factcheck db upgrade`.")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


def _run(url: str, work: Callable[[Config], None]) -> None:
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
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
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
    except CommandError as error:  # a version that is not there, in the command or in the database
        raise Misconfigured(f"The schema cannot be changed: {error}.") from error
    except DBAPIError as error:
        first, *_ = str(error.orig).splitlines()
        raise Unavailable(f"The database cannot be migrated: {first}") from error
    finally:
        engine.dispose()
