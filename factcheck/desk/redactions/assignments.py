"""Take what is redacted of claims out of what was noted when they were assigned."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck.desk.redactions import restating
from factcheck.log import facts, revisions
from factcheck.log.actors import Actor
from factcheck.rules.redacting import GONE, Scrub
from factcheck.storage.tables.assignments import Assignment
from factcheck.storage.tables.logbook import SubjectKind


class Notes:
    """Takes every note as a whole."""

    def json(self, value: Any, name: str = "") -> Any:
        """Return JSON in which each note says that it was redacted."""
        if isinstance(value, str):
            return GONE if name == "note" else value
        if isinstance(value, list):
            return [self.json(each, name) for each in value]
        if not isinstance(value, dict):
            return value
        if value.keys() == {"field", "before", "after"}:
            return value | {side: self.json(value[side], value["field"]) for side in ("before", "after")}
        return {each: self.json(item, each) for each, item in value.items()}


def scrub(
    session: Session, actor: Actor, claim_ids: Iterable[str], scrubs: Callable[[str], Scrub], reason: str
) -> None:
    """Take something out of the notes of the assignments of these claims, which are locked, and out of the log."""
    wanted = select(Assignment).where(Assignment.claim_id.in_(list(claim_ids))).order_by(Assignment.id)
    for row in session.scalars(wanted.execution_options(populate_existing=True)).all():
        clean = scrubs(row.claim_id).json
        restated = restating.without(session, SubjectKind.ASSIGNMENT, row.id, clean)
        if not restated:
            continue
        number = row.revision + 1
        entry = revisions.append(
            session, actor, SubjectKind.ASSIGNMENT, row.id, number, "redact_part", [], reason,
            facts=facts.of_restated(restated),
        )  # fmt: skip
        restating.write(session, entry, restated)
        row.note, row.revision = row.note and clean(row.note, "note"), number
        session.flush()
