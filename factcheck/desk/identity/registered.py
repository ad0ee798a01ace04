"""The identifiers of sources as rows, by which sources are found; and those that an import adds to a source."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from factcheck.desk.claim_state.locks import lock_sources
from factcheck.log import revisions
from factcheck.log.actors import Actor
from factcheck.rules.identity.identifiers import kept, of_source
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.sources import Source, SourceIdentifier

COLUMNS = ("identifier", "source_id")
MOST = 20  # URLs of a source, as the schema has it
LEARNED = "An imported review names this source with this identifier."


def rows_of(source_id: str, fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the rows of a source with these fields."""
    for each in sorted(of_source(fields["kind"], fields["same_as"])):
        yield kept(each), source_id


def write(session: Session, source_id: str, fields: Mapping[str, Any]) -> None:
    """Write the identifiers that a source has with these fields in place of those that it had."""
    forget(session, [source_id])
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in rows_of(source_id, fields)]
    if rows:
        session.execute(insert(SourceIdentifier), rows)


def forget(session: Session, source_ids: Collection[str]) -> None:
    session.execute(delete(SourceIdentifier).where(SourceIdentifier.source_id.in_(source_ids)))


def learn(session: Session, actor: Actor, learned: Mapping[str, Sequence[str]]) -> None:
    """Add URLs that hold identifiers to sources, by their ids: an edit of each source, as somebody makes it.

    Names and kinds stay, so no claim is rendered again. What a source has no room for is left out.
    """
    if not learned:
        return
    lock_sources(session, learned)
    found = select(Source).where(Source.id.in_(learned), Source.redacted_index.is_(None)).order_by(Source.id)
    for source in session.scalars(found.execution_options(populate_existing=True)).all():
        same_as = list(dict.fromkeys([*source.same_as, *learned[source.id]]))[:MOST]
        changes = revisions.differences({"same_as": source.same_as}, {"same_as": same_as})
        if changes:
            number = source.revision + 1
            entry = revisions.append(session, actor, SubjectKind.SOURCE, source.id, number, "amend", changes, LEARNED)
            source.same_as, source.revision, source.updated_at = same_as, number, entry.at
            write(session, source.id, {"kind": source.kind, "same_as": same_as})
    session.flush()
