"""Reports as readers see them: the version of the newest publication whose time has come, and what was corrected.

Nothing of what the desk does besides is in it: no drafts, no people, no reasons but those of corrections and
retractions.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, tuple_
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from factcheck.desk.access import masking, unknown
from factcheck.desk.access.masking import View
from factcheck.errors import NotFound, Retracted
from factcheck.log.actors import Actor
from factcheck.log.clock import now, stamp
from factcheck.messages import message
from factcheck.rules.publishing.reports import ENDED, ReportState, claims_of
from factcheck.storage.tables.columns import Instant
from factcheck.storage.tables.publishing import Report, ReportClaim, ReportPublication, ReportVersion

Json = dict[str, Any]
MOST = 20  # reports on one claim's page
Key = tuple[datetime, int]  # where a publication is in a list: its time, and its log index


def one(connection: Connection, report_id: str, viewer: Actor | None) -> Json:
    """Return a report as readers see it, with its words and all corrections.

    Raises NotFound if it was never seen, or if something in it is hidden from `viewer`, and Retracted.
    """
    moment = now()
    row = connection.execute(_WORDS.where(Report.id == report_id, *_seen(moment))).first()
    if row is None or row.state == ReportState.WITHDRAWN:
        raise NotFound(unknown.REPORT)
    report = _whole(row, connection.execute(_seen_of([report_id], moment)).all())
    for shown in masking.masked(connection, viewer, View.REPORT, [report]):
        if row.state == ReportState.RETRACTED:
            raise Retracted(
                message("The report was retracted."),
                report={
                    "id": row.id,
                    "title": row.title,
                    "retracted_at": stamp(row.ended_at),
                    "reason": row.ended_reason,
                },
            )
        return shown
    raise NotFound(unknown.REPORT)


def pages(connection: Connection, size: int, moment: datetime) -> Iterator[list[Json]]:
    """Yield all reports that readers without a token see at a moment, in the order of their ids, as `one` returns them.

    There are `size` in a page at most. Retracted ones are left out.
    """
    after = _BEFORE_ALL
    ids = select(ReportPublication.report_id).distinct().order_by(ReportPublication.report_id).limit(size)
    while found := list(connection.scalars(ids.where(ReportPublication.report_id > after))):
        wanted = _WORDS.where(Report.id.in_(found), *_seen(moment), Report.state.not_in(ENDED))
        rows = connection.execute(wanted.order_by(Report.id)).all()
        publications: defaultdict[str, list[Any]] = defaultdict(list)
        for each in connection.execute(_seen_of(found, moment)):
            publications[each.report_id].append(each)
        reports = [_whole(row, publications[row.id]) for row in rows]
        yield masking.masked(connection, None, View.REPORT, reports)
        after = found[-1]


def listed(
    connection: Connection, before: Key | None, limit: int, viewer: Actor | None
) -> tuple[list[Json], Key | None]:
    """Return reports as readers see them, the last published first, from behind a place, and the place of the last.

    Retracted ones are left out. The place is None if no more follow.
    """
    moment = now()
    wanted = _VISIBLE.where(*_seen(moment), Report.state.not_in(ENDED))
    if before is not None:
        place = tuple_(literal(before[0], Instant), literal(before[1]))
        wanted = wanted.where(tuple_(ReportPublication.at, ReportPublication.log_index) < place)
    order = ReportPublication.at.desc(), ReportPublication.log_index.desc()
    rows = connection.execute(wanted.order_by(*order).limit(limit + 1)).all()
    following = (rows[limit - 1].at, rows[limit - 1].log_index) if len(rows) > limit else None
    return masking.masked(connection, viewer, View.REPORT, [_listed(row) for row in rows[:limit]]), following


def newest(connection: Connection, most: int) -> list[Json]:
    """Return the reports that were published last, the last one first, as `listed` does, with their summaries.

    Each has `first_published_at` as well.
    """
    first = aliased(ReportPublication)
    since = (
        select(func.min(first.at))
        .where(first.report_id == ReportPublication.report_id, first.cancelled_index.is_(None))
        .scalar_subquery()
    )
    wanted = _VISIBLE.add_columns(ReportVersion.summary, since.label("since"))
    wanted = wanted.where(*_seen(now()), Report.state.not_in(ENDED))
    order = ReportPublication.at.desc(), ReportPublication.log_index.desc()
    rows = connection.execute(wanted.order_by(*order).limit(most))
    return [_listed(row) | {"summary": row.summary, "first_published_at": stamp(row.since)} for row in rows]


def correction(connection: Connection, report_id: str, log_index: int) -> tuple[Json, Json]:
    """Return what readers saw before a correction of a report, and from then on, with its words.

    Raises NotFound if there is no such correction, or readers do not see it, and Retracted.
    """
    one(connection, report_id, None)
    rows = connection.execute(_seen_of([report_id], now())).all()
    at = next((at for at, row in enumerate(rows) if row.log_index == log_index and at > 0), None)
    if at is None:
        raise NotFound(unknown.REPORT)
    numbers = {rows[at - 1].number, rows[at].number}
    versions = select(*ReportVersion.__table__.columns).where(
        ReportVersion.report_id == report_id, ReportVersion.number.in_(numbers)
    )
    words = {row.number: row for row in connection.execute(versions)}
    before, after = (_worded(row, words[row.number]) for row in (rows[at - 1], rows[at]))
    return before, after


def titles(connection: Connection, report_ids: Collection[str], moment: datetime) -> dict[str, str]:
    """Return the titles of reports as readers see them at a moment, those of retracted ones as they last saw them."""
    wanted = _VISIBLE.where(Report.id.in_(set(report_ids)), *_seen(moment))
    return {row.id: row.title for row in connection.execute(wanted)} if report_ids else {}


def dates(connection: Connection, report_ids: Collection[str]) -> list[tuple[str, datetime]]:
    """Return which of these reports readers can read, in the order of their ids, and when they were published last."""
    wanted = _VISIBLE.where(Report.id.in_(set(report_ids)), *_seen(now()), Report.state.not_in(ENDED))
    return [(row.id, row.at) for row in connection.execute(wanted.order_by(Report.id))] if report_ids else []


def reports_on(connection: Connection, claim_id: str) -> list[Json]:
    """Return the reports that readers see and that refer to a claim, the last published first, at most 20."""
    refers = exists().where(
        ReportClaim.claim_id == claim_id,
        ReportClaim.report_id == ReportPublication.report_id,
        ReportClaim.number == ReportPublication.number,
    )
    wanted = _VISIBLE.where(refers, *_seen(now()), Report.state.not_in(ENDED))
    order = ReportPublication.at.desc(), ReportPublication.log_index.desc()
    return [_listed(row) for row in connection.execute(wanted.order_by(*order).limit(MOST))]


_OF_VERSION: ColumnElement[bool] = and_(
    ReportVersion.report_id == ReportPublication.report_id, ReportVersion.number == ReportPublication.number
)
_VISIBLE: Any = (
    select(
        Report.id, ReportVersion.language, Report.state, Report.ended_at, Report.ended_reason,
        ReportVersion.title, ReportPublication.number, ReportPublication.at, ReportPublication.log_index,
    )
    .join(ReportPublication, ReportPublication.report_id == Report.id)
    .join(ReportVersion, _OF_VERSION)
)  # fmt: skip
_WORDS = _VISIBLE.add_columns(ReportVersion.summary, ReportVersion.text)
_BEFORE_ALL = "00000000-0000-0000-0000-000000000000"


def _seen(moment: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions that a publication is the one that readers see at a moment."""
    later = aliased(ReportPublication)
    is_later = or_(
        later.at > ReportPublication.at,
        and_(later.at == ReportPublication.at, later.log_index > ReportPublication.log_index),
    )
    replaced = exists().where(
        later.report_id == ReportPublication.report_id, later.cancelled_index.is_(None), later.at <= moment, is_later
    )
    return [ReportPublication.cancelled_index.is_(None), ReportPublication.at <= moment, ~replaced]


def _seen_of(report_ids: Collection[str], moment: datetime) -> Select[Any]:
    """Select the publications of reports that readers have seen, the first one first."""
    return (
        select(*ReportPublication.__table__.columns)
        .where(ReportPublication.report_id.in_(report_ids), ReportPublication.cancelled_index.is_(None))
        .where(ReportPublication.at <= moment)
        .order_by(ReportPublication.at, ReportPublication.log_index)
    )


def _whole(row: Any, publications: Sequence[Any]) -> Json:
    """Return a report with its words and all corrections; `publications` are those that readers have seen."""
    return _listed(row) | {
        "summary": row.summary,
        "text": row.text,
        "claim_ids": claims_of(row.text),
        "first_published_at": stamp(publications[0].at),
        "corrections": [_correction(each) for each in publications if each.correction is not None],
    }


def _listed(row: Any) -> Json:
    return {
        "id": row.id,
        "title": row.title,
        "language": row.language,
        "version": row.number,
        "published_at": stamp(row.at),
        "links": _links(row.id, row.log_index),
    }


def _correction(row: Any) -> Json:
    return {"at": stamp(row.at), "version": row.number, "correction": row.correction, "log_index": row.log_index}


def _worded(publication: Any, version: Any) -> Json:
    return {
        "id": publication.report_id,
        "version": publication.number,
        "at": stamp(publication.at),
        "correction": publication.correction,
        "log_index": publication.log_index,
        **{name: getattr(version, name) for name in ("language", "title", "summary", "text")},
    }


def _links(report_id: str, log_index: int) -> Json:
    return {
        "self": f"/v1/published/{report_id}",
        "page": f"/r/{report_id}",
        "proof": f"/v1/log/proofs/{log_index}",
    }
