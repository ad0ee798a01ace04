"""Reports as people of the desk read them: one, lists of them, their versions and publications."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from factcheck.desk.access import masking, unknown
from factcheck.desk.access.masking import View
from factcheck.errors import NotFound
from factcheck.log.actors import Actor
from factcheck.log.clock import now, stamp
from factcheck.rules.publishing import reports as rules
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.publishing import Report, ReportClaim, ReportDraft, ReportPublication, ReportVersion

Json = dict[str, Any]
STILL_WRITING = timedelta(hours=1)  # since somebody typed last


def get(connection: Connection, report_id: str, viewer: Actor | None) -> Json:
    """Return a report's JSON with the words of its newest version. Raises NotFound, also for one that is hidden."""
    words = (ReportVersion.summary, ReportVersion.text)
    rows = connection.execute(_REPORTS.add_columns(*words).where(Report.id == report_id)).all()
    newest = _newest_publications(connection, [report_id])
    found = [
        _report(row, newest.get(row.id))
        | {"summary": row.summary, "text": row.text, "claim_ids": rules.claims_of(row.text)}
        for row in rows
    ]
    for report in masking.masked(connection, viewer, View.REPORT, found):
        return report
    raise NotFound(unknown.REPORT)


def listed(
    connection: Connection, state: str | None, claim_id: str | None, before: int | None, limit: int
) -> Iterator[tuple[int, Json]]:
    """Yield reports without their words, the last changed first, each with its place, from before the place `before`.

    `claim_id` leaves those whose newest version refers to that claim.
    """
    wanted = _REPORTS
    if claim_id is not None:
        cites = (ReportClaim.report_id == Report.id) & (ReportClaim.number == Report.number)
        wanted = wanted.join(ReportClaim, cites).where(ReportClaim.claim_id == claim_id)
    if state is not None:
        wanted = wanted.where(Report.state == state)
    if before is not None:
        wanted = wanted.where(Report.changed_index < before)
    rows = connection.execute(wanted.order_by(Report.changed_index.desc()).limit(limit)).all()
    newest = _newest_publications(connection, [row.id for row in rows])
    for row in rows:
        yield row.changed_index, _report(row, newest.get(row.id))


def was_seen(connection: Connection, report_id: str) -> bool:
    """Say whether the time of a publication has come, so that readers have seen the report."""
    seen = _publications_of([report_id]).where(ReportPublication.at <= now())
    return connection.execute(seen.limit(1)).first() is not None


def took_part(connection: Connection, actor: Actor, report: Json) -> bool:
    """Say whether somebody saved one of the versions that are to be approved: those since the last publication."""
    since = report["published"]["version"] if report["published"] else 0
    own = select(ReportVersion.number).where(
        ReportVersion.report_id == report["id"], ReportVersion.number > since, ReportVersion.saved_by_id == actor.id
    )
    return connection.execute(own.limit(1)).first() is not None


def versions(connection: Connection, report_id: str, after: int, limit: int) -> Iterator[tuple[int, Json]]:
    """Yield the versions of a report, oldest first, each with its number, from the one after number `after`."""
    wanted = _VERSIONS.where(ReportVersion.report_id == report_id, ReportVersion.number > after)
    for row in connection.execute(wanted.order_by(ReportVersion.number).limit(limit)):
        yield row.number, _version(row)


def version(connection: Connection, report_id: str, number: int) -> Json:
    """Return one version. Raises NotFound."""
    wanted = _VERSIONS.where(ReportVersion.report_id == report_id, ReportVersion.number == number)
    row = connection.execute(wanted).first()
    if row is None:
        raise NotFound(unknown.REPORT_VERSION)
    return _version(row)


def newest_publications(connection: Connection, report_id: str, limit: int) -> list[Json]:
    """Return the last publications of a report, the newest first, those that were taken back too."""
    wanted = _PUBLICATIONS.where(ReportPublication.report_id == report_id)
    rows = connection.execute(wanted.order_by(ReportPublication.log_index.desc()).limit(limit))
    return [_publication(row) for row in rows]


def publications(connection: Connection, report_id: str, after: int, limit: int) -> list[tuple[int, Json]]:
    """Return the publications of a report, oldest first, each with its log index, from behind log index `after`."""
    wanted = _PUBLICATIONS.where(ReportPublication.report_id == report_id, ReportPublication.log_index > after)
    rows = connection.execute(wanted.order_by(ReportPublication.log_index).limit(limit))
    return [(row.log_index, _publication(row)) for row in rows]


def draft(connection: Connection, report_id: str, person_id: str) -> Json | None:
    """Return what somebody typed and did not save yet; None if there is nothing."""
    wanted = select(ReportDraft).where(ReportDraft.report_id == report_id, ReportDraft.person_id == person_id)
    row = connection.execute(wanted).first()
    return row and {
        "version": row.number,
        "title": row.title,
        "summary": row.summary,
        "text": row.text,
        "saved_at": stamp(row.saved_at),
    }


def writing(connection: Connection, report_id: str, but: str) -> list[Json]:
    """Return who else has words that are not saved yet, and since when; the last who typed is first."""
    wanted = (
        select(Person.id, Person.name, ReportDraft.saved_at)
        .join(Person, Person.id == ReportDraft.person_id)
        .where(ReportDraft.report_id == report_id, ReportDraft.person_id != but, Person.disabled_at.is_(None))
        .where(ReportDraft.saved_at > now() - STILL_WRITING)
    )
    rows = connection.execute(wanted.order_by(ReportDraft.saved_at.desc()))
    return [{"person": {"id": row.id, "name": row.name}, "saved_at": stamp(row.saved_at)} for row in rows]


_created, _ended, _saved = aliased(Person), aliased(Person), aliased(Person)
_REPORTS = (
    select(
        *Report.__table__.columns,
        ReportVersion.saved_by_id,
        ReportVersion.saved_at,
        _created.name.label("created_by"),
        _ended.name.label("ended_by"),
        _saved.name.label("saved_by"),
    )
    .join(ReportVersion, (ReportVersion.report_id == Report.id) & (ReportVersion.number == Report.number))
    .join(_created, _created.id == Report.created_by_id)
    .join(_saved, _saved.id == ReportVersion.saved_by_id)
    .outerjoin(_ended, _ended.id == Report.ended_by_id)
)
_VERSIONS = select(*ReportVersion.__table__.columns, Person.name.label("saved_by")).join(
    Person, Person.id == ReportVersion.saved_by_id
)
_PUBLICATIONS = select(*ReportPublication.__table__.columns, Person.name.label("published_by")).join(
    Person, Person.id == ReportPublication.published_by_id
)


def _publications_of(report_ids: Sequence[str]) -> Select[Any]:
    """Select publications of these reports that were not taken back."""
    mine = ReportPublication.report_id.in_(report_ids), ReportPublication.cancelled_index.is_(None)
    return select(ReportPublication.log_index).where(*mine)


def _newest_publications(connection: Connection, report_ids: Sequence[str]) -> dict[str, Json]:
    """Return the newest publication of each of these reports that was not taken back."""
    if not report_ids:
        return {}
    newest = _publications_of(report_ids).with_only_columns(func.max(ReportPublication.log_index))
    newest = newest.group_by(ReportPublication.report_id)
    rows = connection.execute(_PUBLICATIONS.where(ReportPublication.log_index.in_(newest)))
    return {row.report_id: _publication(row) for row in rows}


def _report(row: Any, published: Json | None) -> Json:
    here = f"/v1/reports/{row.id}"
    ended = row.ended_at and {
        "at": stamp(row.ended_at),
        "by": {"id": row.ended_by_id, "name": row.ended_by},
        "reason": row.ended_reason,
    }
    return {
        "id": row.id,
        "title": row.title,
        "language": row.language,
        "state": row.state,
        "version": row.number,
        "embargo_until": row.embargo_until and stamp(row.embargo_until),
        "published": published,
        "ended": ended,
        "created_by": {"id": row.created_by_id, "name": row.created_by},
        "created_at": stamp(row.created_at),
        "saved_by": {"id": row.saved_by_id, "name": row.saved_by},
        "saved_at": stamp(row.saved_at),
        "revision": row.revision,
        "links": {"self": here, "versions": f"{here}/versions", "history": f"{here}/history"},
    }


def _version(row: Any) -> Json:
    return {
        "number": row.number,
        "language": row.language,
        "title": row.title,
        "summary": row.summary,
        "text": row.text,
        "saved_by": {"id": row.saved_by_id, "name": row.saved_by},
        "saved_at": stamp(row.saved_at),
        "log_index": row.log_index,
    }


def _publication(row: Any) -> Json:
    return {
        "version": row.number,
        "at": stamp(row.at),
        "correction": row.correction,
        "published_by": {"id": row.published_by_id, "name": row.published_by},
        "cancelled": row.cancelled_index is not None,
        "log_index": row.log_index,
    }
