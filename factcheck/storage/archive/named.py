"""Which files the captures of a database name."""

from sqlalchemy import Connection, inspect, select

from factcheck.storage.tables.captures import Capture
from factcheck.storage.tables.columns import as_kept

Named = dict[str, str]  # the SHA-256 of files, by the ids of the captures that name them


def named(connection: Connection) -> Named:
    """Return the files that captures name, by the captures' ids."""
    looked = inspect(connection)
    columns = {each["name"] for each in looked.get_columns("captures")} if looked.has_table("captures") else set()
    if "warc_sha256" not in columns:  # as in a database of an earlier version
        return {}
    name = Capture.id if "id" in columns else Capture.warc_sha256  # where that was lost, the files are still there
    rows = select(as_kept(name), as_kept(Capture.warc_sha256)).where(Capture.warc_sha256.is_not(None))
    return {str(capture_id): str(sha256) for capture_id, sha256 in connection.execute(rows)}
