"""Sources for the Reconciliation Service API: candidates for a query, suggestions, and sources by their ids."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from factcheck.desk import sources
from factcheck.followers.search import similar_sources
from factcheck.followers.search.similar_sources import Candidate
from factcheck.followers.search.views import View
from factcheck.formats.reconciliation import writing
from factcheck.formats.reconciliation.reading import MOST_CANDIDATES, Query
from factcheck.formats.reconciliation.vocabulary import TYPES
from factcheck.queries.sources import namesakes
from factcheck.rules.identity.identifiers import REGISTERS, of_text, url_of
from factcheck.rules.names.sources import THRESHOLD, Known
from factcheck.schemas.base import is_id
from factcheck.storage.tables.sources import Source

Json = dict[str, Any]
SUGGESTED = 10
NAMING = ("name", "aliases")  # the properties whose values are names


def answered(connection: Connection, view: View, query: Query) -> list[Json]:
    """Return the candidates for a query, the best first. One that is alone likely is a match."""
    kinds = [kind for kind in TYPES if kind in query.types]
    if query.types and not kinds:
        return []
    found = _exactly(connection, query)
    if not found:
        names = tuple(filter(None, (query.text, *(name for pid in NAMING for name in query.values.get(pid, ())))))
        asked = Known(names, None, tuple(_urls(query)))
        found = similar_sources.alike(connection, view, asked, MOST_CANDIDATES, kinds=kinds)
    likely = [each for each in found if each.score >= THRESHOLD]
    return [
        writing.candidate(each.source, each.score, each.because, match=each in likely and len(likely) == 1)
        for each in found[: query.limit]
        if not kinds or each.source["kind"] in kinds
    ]


def _urls(query: Query) -> Iterator[str]:
    """Yield the URLs that are looked for, and those of identifiers."""
    yield from query.values.get("same_as", ())
    for register in REGISTERS:
        for text in query.values.get(register, ()):
            if (found := of_text(register, text)) is not None:
                yield url_of(found)


def _exactly(connection: Connection, query: Query) -> list[Candidate]:
    """Return the source whose id, or whose external id, is what is looked for."""
    if is_id(query.text) and (found := by_ids(connection, [query.text])):
        return [Candidate(found[query.text], 1.0, [])]
    wanted = query.values.get("external_id", ())
    rows = connection.execute(_EXTERNAL, {"ids": list(wanted)}) if wanted else ()
    return [Candidate(source, 1.0, []) for source in sources.shown(connection, list(rows))]


def by_ids(connection: Connection, ids: Sequence[str]) -> Mapping[str, Json]:
    """Return sources by the ids that they are asked by: a merged one as what it became, none that is redacted."""
    asked = {each: each.lower() for each in ids if is_id(each)}
    rows = connection.execute(_BY_IDS, {"ids": sorted(set(asked.values()))}).all() if asked else []
    found = {row.asked_id: source for row, source in zip(rows, sources.shown(connection, rows), strict=True)}
    return {each: found[lower] for each, lower in asked.items() if lower in found}


def suggested(connection: Connection, view: View, prefix: str, skipped: int) -> list[Json]:
    """Return sources whose names have these words, of which the last may go on, or the one with this id."""
    exact = by_ids(connection, [prefix.strip()])
    found = list(exact.values()) or namesakes.beginning_with(connection, view, prefix, skipped + SUGGESTED)[skipped:]
    found = namesakes.with_latest_claims(connection, [each for each in found if not each["redacted"]])
    return [writing.suggestion(each, namesakes.known_of(each)) for each in found]


_EXTERNAL = select(*Source.__table__.columns).where(
    Source.external_id.in_(bindparam("ids", expanding=True)),
    Source.merged_into_id.is_(None),
    Source.redacted_index.is_(None),
)
_ASKED = aliased(Source)
_BY_IDS = (
    select(_ASKED.id.label("asked_id"), *Source.__table__.columns)
    .join(Source, Source.id == _ASKED.canonical_id)
    .where(_ASKED.id.in_(bindparam("ids", expanding=True)), Source.redacted_index.is_(None))
)
