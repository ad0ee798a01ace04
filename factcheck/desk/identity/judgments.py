"""Judgments on two sources: the same, different, or unsure. The newest between two counts, and none is deleted."""

from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, aliased

from factcheck.desk import sources
from factcheck.desk.access import masking, unknown
from factcheck.desk.access.masking import View
from factcheck.desk.identity import joining
from factcheck.errors import Flaw, Invalid, NotFound
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import stamp
from factcheck.messages import message
from factcheck.rules.identity.judgments import Identity
from factcheck.rules.roles import Role
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.sources import Judgment, Source

Json = dict[str, Any]


@action(Role.ANALYST)
def judge(
    session: Session,
    actor: Actor,
    /,
    source_id: str,
    *,
    other_id: str,
    judgment: str,
    reason: str,
    shown_id: str | None = None,
    seen: Precondition = ANY,
    anew: bool = False,
) -> Json:
    """Judge whether two sources are the same, and return the judgment's JSON.

    `same` joins them, and `shown_id` chooses which of the two is shown. Anything else ends what an earlier `same` of
    the two joined: everything is shown again as it was entered. Raises Clash for a judgment that contradicts others,
    and, where it must be `anew`, if somebody has judged the two before.
    """
    _demand_sensible(source_id, other_id, Identity(judgment), shown_id)
    rows = joining.locked(session, source_id, other_id)
    if source_id not in rows:
        raise NotFound(unknown.SOURCE)
    if other_id not in rows:
        detail = unknown.SOURCE
        raise Invalid(message("The other source does not exist."), flaws=[Flaw(detail, pointer="/other_id")])
    if not seen.any:
        head = rows[rows[source_id].canonical_id]
        seen.demand(sources.etag(sources.shown(session, [head])[0]))
    if anew:
        joining.demand_unjudged(session, rows, source_id, other_id)
    entry = joining.judge(
        session, actor, rows, source_id, other_id, judgment=Identity(judgment), shown_id=shown_id, reason=reason
    )
    return get(session.connection(), source_id, entry.log_index, actor)


def get(connection: Connection, source_id: str, log_index: int, viewer: Actor | None) -> Json:
    """Return one judgment on a source, or on one that it is joined with, as `viewer` sees it. Raises NotFound."""
    row = connection.execute(_JUDGMENTS.where(_concerns(source_id), Judgment.log_index == log_index)).first()
    if row is None:
        raise NotFound(message("The source has no such judgment."))
    return masking.masked(connection, viewer, View.JUDGMENT, [_json(row)])[0]


def shown_as(connection: Connection, source_id: str) -> str:
    """Return the id of the source as which this one is shown. Raises NotFound."""
    head = connection.scalar(select(Source.canonical_id).where(Source.id == source_id))
    if head is None:
        raise NotFound(unknown.SOURCE)
    return head


def of_source(connection: Connection, source_id: str, after: int, limit: int) -> list[tuple[int, Json]]:
    """Return the judgments on a source and on those that it is joined with, oldest first, each with its log index.

    They begin after the log index `after`. Raises NotFound.
    """
    shown_as(connection, source_id)
    rows = connection.execute(
        _JUDGMENTS.where(_concerns(source_id), Judgment.log_index > after).order_by(Judgment.log_index).limit(limit)
    )
    return [(row.log_index, _json(row)) for row in rows]


def newest_of_source(connection: Connection, source_id: str, viewer: Actor | None, limit: int) -> list[Json]:
    """Return the newest judgments on a source and on those that it is joined with, as `viewer` sees them."""
    newest = _JUDGMENTS.where(_concerns(source_id)).order_by(Judgment.log_index.desc()).limit(limit)
    return masking.masked(connection, viewer, View.JUDGMENT, [_json(row) for row in connection.execute(newest)])


def _demand_sensible(source_id: str, other_id: str, judgment: Identity, shown_id: str | None) -> None:
    flaws = []
    if other_id == source_id:
        flaws.append(Flaw(message("Must not be the source itself."), pointer="/other_id"))
    if shown_id is not None and judgment is not Identity.SAME:
        flaws.append(Flaw(message("Only sources that are the same are shown as one of them."), pointer="/shown_id"))
    elif shown_id not in (None, source_id, other_id):
        flaws.append(Flaw(message("Must be one of the two sources."), pointer="/shown_id"))
    if flaws:
        raise Invalid(message("The judgment is not allowed."), flaws=flaws)


def _concerns(source_id: str) -> Any:
    head = select(Source.canonical_id).where(Source.id == source_id).scalar_subquery()
    joined = select(Source.id).where(Source.canonical_id == head)
    return or_(Judgment.source_id.in_(joined), Judgment.other_id.in_(joined))


_source, _other, _later = aliased(Source), aliased(Source), aliased(Judgment)
_newest = (
    select(func.max(_later.log_index))
    .where(
        or_(
            (_later.source_id == Judgment.source_id) & (_later.other_id == Judgment.other_id),
            (_later.source_id == Judgment.other_id) & (_later.other_id == Judgment.source_id),
        )
    )
    .scalar_subquery()
)
_JUDGMENTS: Select[Any] = (
    select(
        *Judgment.__table__.columns, Person.name.label("judge"), _newest.label("newest"),
        _source.name.label("source_name"), _source.kind.label("source_kind"),
        _other.name.label("other_name"), _other.kind.label("other_kind"),
    )
    .join(_source, _source.id == Judgment.source_id)
    .join(_other, _other.id == Judgment.other_id)
    .join(Person, Person.id == Judgment.judged_by_id)
)  # fmt: skip


def _json(row: Any) -> Json:
    return {
        "log_index": row.log_index,
        "source": {"id": row.source_id, "name": row.source_name, "kind": row.source_kind},
        "other": {"id": row.other_id, "name": row.other_name, "kind": row.other_kind},
        "judgment": row.judgment,
        "shown_id": row.shown_id,
        "counts": row.log_index == row.newest,
        "reason": row.reason,
        "judged_by": {"id": row.judged_by_id, "name": row.judge},
        "judged_at": stamp(row.judged_at),
    }
