"""Write the rows of a rebuilt desk."""

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy.orm import Session

from factcheck.inspection.folding import Row
from factcheck.storage.bulk import add_rows
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.logbook import Revision, RevisionContent

MODELS = {cast(Any, mapper.local_table).name: mapper.class_ for mapper in Base.registry.mappers}
CONTENT = ("salt", "content", "restated_index")


def copy(session: Session, rows: Sequence[Any]) -> None:
    """Write entries of the log with their contents. Each row has the columns of the entry, then those of CONTENT."""
    columns = tuple(Revision.__table__.columns.keys())
    add_rows(session.connection(), Revision, columns, [tuple(row[: -len(CONTENT)]) for row in rows])
    contents = [(row.log_index, *row[-len(CONTENT) :]) for row in rows if row.content is not None]
    add_rows(session.connection(), RevisionContent, ("log_index", *CONTENT), contents)


def add(session: Session, table: str, rows: Sequence[Row]) -> None:
    """Write rows of one table, which all have the same columns."""
    if rows:
        columns = tuple(rows[0])
        add_rows(session.connection(), MODELS[table], columns, [tuple(row[name] for name in columns) for row in rows])
