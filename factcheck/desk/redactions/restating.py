"""Take words out of the log: what a redaction states in the place of the contents that held them.

An entry commits to its content as a whole, so no content can be changed. Instead, the contents of a thing that hold
what is redacted are deleted with their salts, and the redaction's own entry states each of them without it. Whoever
reads a content reads what was stated instead, and the log proves that it was. The newest redaction of a thing states
everything again that earlier ones stated, and takes that from them: what it removes may be in there.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck.log import leaves
from factcheck.log.revisions import Entry
from factcheck.storage import redaction
from factcheck.storage.tables.logbook import Revision, RevisionContent, SubjectKind

Json = dict[str, Any]
Restated = dict[int, Json]  # contents by their log indexes


def without(session: Session, kind: SubjectKind, subject_id: str, scrub: Callable[[Json], Json]) -> Restated:
    """Return the contents of a thing that `scrub` changes, as it leaves them; empty when it changes none."""
    rows = session.execute(
        select(Revision.log_index, RevisionContent.content, RevisionContent.restated_index)
        .join(RevisionContent, RevisionContent.log_index == Revision.log_index)
        .where(Revision.subject_kind == kind, Revision.subject_id == subject_id)
        .order_by(Revision.log_index)
    )
    found: Restated = {}
    changed = False
    for row in rows:
        said: Json = orjson.loads(row.content)
        earlier = said.get("facts", {}).pop("restated", None)
        if earlier is not None and not said["facts"]:
            del said["facts"]
        clean = scrub(said)
        changed = changed or clean != said
        if clean != said or earlier is not None or row.restated_index is not None:
            found[row.log_index] = clean
    return found if changed else {}


def contents(session: Session, kind: SubjectKind, ids: Sequence[str]) -> dict[str, list[Json]]:
    """Return what the log has of each of these things of one kind, by their ids: one query."""
    rows = session.execute(
        select(Revision.subject_id, RevisionContent.content)
        .join(RevisionContent, RevisionContent.log_index == Revision.log_index)
        .where(Revision.subject_kind == kind, Revision.subject_id.in_(ids))
    )
    found: dict[str, list[Json]] = {each: [] for each in ids}
    for row in rows:
        found[row.subject_id].append(orjson.loads(row.content))
    return found


def write(session: Session, entry: Entry, restated: Mapping[int, Json]) -> None:
    """Put what an entry states in the place of the contents that it is about."""
    for log_index, content in restated.items():
        redaction.restate(session, log_index, entry.log_index, leaves.canonical(content))
