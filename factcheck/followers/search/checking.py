"""What the index says otherwise than the desk's tables: how many documents it has, and a sample of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection
from tantivy import Query

from factcheck.followers.search import asking, documents
from factcheck.followers.search.engine import COUNTED, PLACED, SCHEMA
from factcheck.followers.search.views import View
from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.sources import Source

SAMPLE = 200  # claims, articles and sources each


def faults(connection: Connection, view: View) -> Iterator[str]:
    """Yield what is wrong with an index that has reached the log's end as it is on this connection."""
    there, wanted = view.documents() - 1, connection.execute(_NUMBER).scalar_one()
    if there != wanted:
        yield f"The search index has {there} documents, and the desk has {wanted}."
    samples = (
        documents.of_claims(connection, _spread(connection, Claim)),
        documents.of_articles(connection, _spread(connection, Article)),
        documents.of_sources(connection, _spread(connection, Source)),
    )
    for sample in samples:
        for fields in sample:
            if view.count(_asked(fields)) != 1:
                seq = fields["seq"]
                yield f"What entry {seq} of the log added is missing from the search index, or is an older version."


def _spread(connection: Connection, table: Any) -> list[int]:
    """Return the `seq` of rows from all over a table."""
    count = connection.execute(select(func.count()).select_from(table)).scalar_one()
    every = max(1, count // SAMPLE)
    return list(connection.execute(select(table.seq).where(table.seq % every == 0).limit(2 * SAMPLE)).scalars())


def _asked(fields: Mapping[str, Any]) -> Query:
    """Return what finds a document by all that it has."""
    terms = [("facts", each) for each in fields["facts"]]
    for name in (*PLACED, *COUNTED):
        said = fields.get(name, "")
        terms += [(name, term) for term in dict.fromkeys(" ".join([said] if isinstance(said, str) else said).split())]
    found = [Query.term_query(SCHEMA, name, term) for name, term in terms]
    changed = [Query.term_query(SCHEMA, "changed", fields["changed"])] if "changed" in fields else []
    return asking.both(asking.among([fields["seq"]]), *changed, *found)


_NUMBER = select(
    select(func.count()).select_from(Claim).where(Claim.withdrawn_at.is_(None)).scalar_subquery()
    + select(func.count()).select_from(Article).scalar_subquery()
    + select(func.count()).select_from(Source).where(Source.merged_into_id.is_(None)).scalar_subquery()
)
