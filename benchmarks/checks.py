"""Round a benchmark: a database's statistics as its own upkeep keeps them, what `doctor` and `log verify` find."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from factcheck.desk import checkup, replay, verification
from factcheck.storage.database import Database, writing_engine


def tidied(database: Database) -> None:
    """Do what autovacuum does on PostgreSQL in time, and a server that was started for a test does not."""
    if database.embedded:
        return
    engine = writing_engine(database.url)
    with engine.connect() as connection:
        outside = connection.execution_options(isolation_level="AUTOCOMMIT")
        outside.execute(text("SET statement_timeout = 0"))
        outside.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def faults(database: Database) -> list[str]:
    """Return what is wrong with a desk: nothing, after any work that went through its deeds."""
    with database.writing() as session:
        found = [f"{each.subject}: {each.detail}" for each in checkup.log_faults(session)]
        found += [f"{each.subject}: {each.detail}" for each in checkup.count_faults(session)]
        for each in checkup.claim_faults(session):
            found += [f"{fault.subject}: {fault.detail}" for fault in each]
    done = verification.Progress()
    with database.reading_one_moment() as connection, Session(connection) as session:
        for some in verification.log_entries(connection, [], done):
            found += [fault.told() for fault in some]
        for some in replay.replayed(session, done):
            found += [fault.told() for fault in some]
    return found
