"""All that is derived from the log alone, to compare two desks or two moments by."""

from sqlalchemy import select
from sqlalchemy.engine import Connection

from factcheck.followers import audit, notifications, statistics
from factcheck.followers.publishing import corrections


def everything(connection: Connection) -> dict[str, list[str]]:
    """Return each row of their tables, but for counts of nothing."""
    return {
        table.__tablename__: sorted(
            str(dict(row._mapping))
            for row in connection.execute(select(*table.__table__.columns))
            if row._mapping.get("n", 1)
        )
        for table in (*audit.TABLES, *statistics.TABLES, *notifications.TABLES, *corrections.TABLES)
    }
