"""Which files the captures and the images of a database name."""

from sqlalchemy import Connection, inspect, select

from factcheck.storage.tables.articles import Image
from factcheck.storage.tables.captures import Capture
from factcheck.storage.tables.columns import as_kept

Named = dict[str, str]  # the SHA-256 of files, by the ids of the captures and images that name them


def named(connection: Connection) -> Named:
    """Return the files that captures and images name, by their ids."""
    return _of(connection, Capture) | _of(connection, Image)


def _of(connection: Connection, table: type[Capture | Image]) -> Named:
    looked, name = inspect(connection), table.__tablename__
    columns = {each["name"] for each in looked.get_columns(name)} if looked.has_table(name) else set()
    if "warc_sha256" not in columns:  # as in a database of an earlier version
        return {}
    by = table.id if "id" in columns else table.warc_sha256  # where that was lost, the files are still there
    rows = select(as_kept(by), as_kept(table.warc_sha256)).where(table.warc_sha256.is_not(None))
    return {str(thing_id): str(sha256) for thing_id, sha256 in connection.execute(rows)}
