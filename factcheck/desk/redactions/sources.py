"""Redaction of a source: of its names and of all that describes it. What it is to claims stays."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, or_, select, union, update
from sqlalchemy.orm import Session

from factcheck.desk import sources
from factcheck.desk.access import answers, unknown
from factcheck.desk.claim_state.locks import lock_claims
from factcheck.desk.identity import joining, registered
from factcheck.desk.redactions import claims, restating
from factcheck.desk.redactions.reasons import demand_silent
from factcheck.errors import Clash, Merged, NotFound
from factcheck.log import facts, revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.messages import message
from factcheck.rules.redacting import GONE, Renaming
from factcheck.rules.roles import Role
from factcheck.storage.tables.logbook import Revision, RevisionContent, SubjectKind
from factcheck.storage.tables.sources import Judgment, Source, SourceRelation

WHY = "A source that it names was redacted."
WHY_NAMED = "A source that was judged with it, or is related to it, was redacted."
EMPTY: Mapping[str, Any] = {"external_id": None, "description": None, "aliases": [], "same_as": []}
Json = dict[str, Any]


@action(Role.ADMIN)
def redact(session: Session, actor: Actor, /, source_id: str, *, reason: str, seen: Precondition = ANY) -> None:
    """Remove a source's names, description, URLs and external ids, and those of all that are joined with it.

    Claims still name it, as redacted. What people wrote in other fields stays, such as a quote that has the name; the
    reasons of judgments on it go, and the notes of its relations with the reasons why these were withdrawn. The reason
    goes into the log and stays. Raises Merged for a source that is shown as another one, and Clash when it is redacted.
    """
    answers.empty(session, [source_id])
    rows = joining.locked(session, source_id, also=_named_with(source_id))
    source = rows.get(source_id)
    if source is None:
        raise NotFound(unknown.SOURCE)
    if source.merged_into_id is not None:
        raise Merged(source.canonical_id)
    if source.redacted_index is not None:
        raise Clash(message("This source is already redacted."))
    seen.demand(sources.etag(sources.shown(session, [source])[0]))
    group = {row.id for row in rows.values() if row.canonical_id == source_id}
    members = [rows[each] for each in sorted(group)]
    names = _names(session, members)
    told = [each for known in names.values() for each in known]
    told += [each for row in members for each in (*row.aliases, *row.same_as, row.external_id, row.description)]
    demand_silent(reason, told)
    showing = claims.that_ever_showed(session, group)
    lock_claims(session, showing)
    for row in members:
        restated = restating.without(session, SubjectKind.SOURCE, row.id, partial(_emptied, names[row.id]))
        entry = revisions.append(
            session, actor, SubjectKind.SOURCE, row.id, row.revision + 1, "redact", [], reason,
            facts=facts.of_restated(restated),
        )  # fmt: skip
        restating.write(session, entry, restated)
        row.name = GONE
        for name, value in EMPTY.items():
            setattr(row, name, value)
        row.revision, row.updated_at, row.redacted_index = row.revision + 1, entry.at, entry.log_index
    registered.forget(session, group)
    session.execute(update(Judgment).where(_on(Judgment, group)).values(reason=None))
    related = update(SourceRelation).where(_on(SourceRelation, group))
    session.execute(related.values(note=None, withdrawn_reason=None))
    for row in (rows[each] for each in sorted(rows.keys() - group)):
        _scrub_others(session, actor, row, group)
    renaming = Renaming(names)
    claims.scrub(session, actor, showing, lambda _: renaming, WHY)
    answers.empty(session, group, showing)


def _on(table: type[Judgment] | type[SourceRelation], source_ids: Collection[str]) -> ColumnElement[bool]:
    return or_(table.source_id.in_(source_ids), table.other_id.in_(source_ids))


def _named_with(source_id: str) -> Select[Any]:
    """Select the sources whose entries name this one, or one that it is joined with: in judgments and relations."""
    joined = select(Source.id).where(Source.canonical_id == source_id)
    naming = [select(table.source_id).where(table.other_id.in_(joined)) for table in (Judgment, SourceRelation)]
    return select(union(*naming, select(Judgment.other_id).where(Judgment.source_id.in_(joined))).subquery())


def _scrub_others(session: Session, actor: Actor, row: Source, group: Collection[str]) -> None:
    """Take what was said of the redacted sources out of the entries of another source: reasons, and notes."""

    def unsaid(content: Json) -> Json:
        named = [
            change
            for change in content["changes"]
            if change["field"] in ("judgment", "relation")
            and (change["after"] or change["before"])["other_id"] in group
        ]
        if not named:
            return content
        return content | {"changes": [_without(change, {}) for change in content["changes"]], "reason": None}

    restated = restating.without(session, SubjectKind.SOURCE, row.id, unsaid)
    if restated:
        entry = revisions.append(
            session, actor, SubjectKind.SOURCE, row.id, row.revision + 1, "redact_part", [], WHY_NAMED,
            facts=facts.of_restated(restated),
        )  # fmt: skip
        restating.write(session, entry, restated)
        row.revision, row.updated_at = row.revision + 1, entry.at


def _names(session: Session, members: Collection[Source]) -> dict[str, dict[str, str]]:
    """Return what takes the place of each name that these sources ever had, by their ids.

    Two names of one source become two: between them, claims' JSON changed.
    """
    found: dict[str, dict[str, str]] = {row.id: {row.name: GONE} for row in members}
    rows = session.execute(
        select(Revision.subject_id, RevisionContent.content)
        .join(RevisionContent, RevisionContent.log_index == Revision.log_index)
        .where(Revision.subject_kind == SubjectKind.SOURCE, Revision.subject_id.in_(found))
        .order_by(Revision.log_index)
    )
    for row in rows:
        known = found[row.subject_id]
        for change in orjson.loads(row.content)["changes"]:
            for name in (change["before"], change["after"]) if change["field"] == "name" else ():
                if name is not None and name not in known:
                    known[name] = f"(redacted {len(known) + 1})"
    return found


def _emptied(names: Mapping[str, str], content: Json) -> Json:
    """Return the content of an entry about a source without what describes it, and without its reason."""
    return content | {"changes": [_without(change, names) for change in content["changes"]], "reason": None}


def _without(change: Json, names: Mapping[str, str]) -> Json:
    field = change["field"]
    if field == "name":
        return change | {side: change[side] and names[change[side]] for side in ("before", "after")}
    if field == "relation":
        return change | {side: change[side] and change[side] | {"note": None} for side in ("before", "after")}
    return change | dict.fromkeys(("before", "after"), EMPTY[field]) if field in EMPTY else change
