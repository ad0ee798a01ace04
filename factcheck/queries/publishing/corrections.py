"""What changed of what readers had seen, the last change first.

Which entries of the log these are, the follower `corrections` says. What they changed, and why, is read from the log,
so that a redaction has to change nothing here.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import and_, literal, or_, select, tuple_
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from factcheck.desk.access import masking
from factcheck.desk.access.masking import View
from factcheck.desk.publishing import published
from factcheck.log import revisions
from factcheck.log.actors import Actor
from factcheck.log.clock import now, stamp
from factcheck.rules.publishing import corrections as rules
from factcheck.rules.publishing.reports import PUBLICATION
from factcheck.rules.ratings import REWORDED
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import Instant
from factcheck.storage.tables.logbook import LogHead, Revision, SubjectKind
from factcheck.storage.tables.publishing import Correction, ReportPublication

Json = dict[str, Any]
Key = tuple[datetime, int]  # where a correction is in the list: its time, and its log index
CONTENTS = 20  # that are read at a time
STATUSES = {"status": "content", "attribution_status": "attribution"}  # as the leaf has them


def listed(
    connection: Connection,
    before: Key | None,
    limit: int,
    viewer: Actor | None,
    *,
    claim_id: str | None = None,
    moment: datetime | None = None,
) -> tuple[list[Json], Key | None]:
    """Return corrections whose time has come from behind a place, all or those of one claim, and the place of the last.

    The place is None if no more follow. The time is now, unless a moment is given.
    """
    # The log's time never goes back, though the clock may: what the log has is not in the future.
    moment = moment or max(now(), connection.execute(select(LogHead.last_at)).scalar_one())
    wanted = select(*Correction.__table__.columns).where(Correction.at <= moment)
    if claim_id is not None:
        wanted = wanted.where(Correction.claim_id == claim_id)
    if before is not None:
        place = tuple_(literal(before[0], Instant), literal(before[1]))
        wanted = wanted.where(tuple_(Correction.at, Correction.log_index) < place)
    order = Correction.at.desc(), Correction.log_index.desc()
    found = connection.execute(wanted.order_by(*order).limit(limit + 1)).all()
    following = (found[limit - 1].at, found[limit - 1].log_index) if len(found) > limit else None
    places = [row.log_index for row in found[:limit]]
    rows = {row.log_index: row for row in connection.execute(_CORRECTIONS.where(Correction.log_index.in_(places)))}
    return _as_json(connection, [rows[place] for place in places], viewer, moment), following


def _as_json(connection: Connection, rows: Sequence[Any], viewer: Actor | None, moment: datetime) -> list[Json]:
    contents: dict[int, Json] = {}
    for at in range(0, len(rows), CONTENTS):
        places = [row.log_index for row in rows[at : at + CONTENTS]]
        contents |= _contents(connection, places, viewer)
    reports = list({row.report_id for row in rows if row.report_id})
    seen = {each["id"] for each in masking.masked(connection, viewer, View.REPORT, [{"id": each} for each in reports])}
    titles = published.titles(connection, reports, moment)
    told = []
    for row in rows:
        content = contents[row.log_index]
        if row.claim_id is not None:
            told.append(_of_claim(row, content))
        else:  # of a report on a verdict that its reader must not know of, there is nothing but its place
            told.append(_of_report(row, content, titles[row.report_id] if row.report_id in seen else None))
    return told


def _contents(connection: Connection, places: list[int], viewer: Actor | None) -> dict[int, Json]:
    """Return what a list says of the contents of entries, by their places: contents as a whole may be large."""
    found = list(revisions.those(connection, Revision.log_index.in_(places)))
    # The changes of reports are public here, though they are not in the desk's history.
    shown = [each for each in found if each["subject"]["kind"] == SubjectKind.REPORT]
    of_claims = [each for each in found if each["subject"]["kind"] != SubjectKind.REPORT]
    shown += masking.masked(connection, viewer, View.REVISION, of_claims)
    return {
        each["log_index"]: {
            "reason": each["reason"],
            "blind": each["blind"],
            "changes": [change for change in each["changes"] if change["field"] in (REWORDED, PUBLICATION)],
        }
        for each in shown
    }


def _of_claim(row: Any, content: Json) -> Json:
    changes = [] if content["blind"] else _of_verdict(row) + content["changes"]
    reason = None if content["blind"] else content["reason"]
    claim = {"id": row.claim_id, "text": row.text}
    return _told(row, f"/c/{row.claim_id}", content["blind"]) | {"claim": claim, "changes": changes, "reason": reason}


def _of_report(row: Any, content: Json, title: str | None) -> Json:
    told = _told(row, f"/r/{row.report_id}", title is None) | {"report": {"id": row.report_id, "title": title}}
    if title is None:
        return told
    changes = [{"field": "version", "before": row.number_before, "after": row.number}] if row.number else []
    publication = next((each["after"] for each in content["changes"]), None)
    reason = publication["correction"] if publication else content["reason"] if row.action == "retract" else None
    return told | {"changes": changes, "reason": reason}


def _told(row: Any, page: str, is_blind: bool) -> Json:
    return {
        "log_index": row.log_index,
        "at": stamp(row.at),
        "change": rules.kind_of(row.action),
        "claim": None,
        "report": None,
        "changes": [],
        "reason": None,
        "blind": is_blind,
        "links": {"page": page, "proof": f"/v1/log/proofs/{row.log_index}"},
    }


def _of_verdict(row: Any) -> list[Json]:
    before, after = (orjson.loads(leaf)["status"] for leaf in (row.leaf_before, row.leaf))
    return [
        {"field": name, "before": before[of_leaf], "after": after[of_leaf]}
        for name, of_leaf in STATUSES.items()
        if before[of_leaf] != after[of_leaf]
    ]


_before = aliased(Revision)
_earlier = aliased(ReportPublication)
_number_before = (
    select(_earlier.number)
    .where(
        _earlier.report_id == ReportPublication.report_id,
        _earlier.cancelled_index.is_(None),
        or_(
            _earlier.at < ReportPublication.at,
            and_(_earlier.at == ReportPublication.at, _earlier.log_index < ReportPublication.log_index),
        ),
    )
    .order_by(_earlier.at.desc(), _earlier.log_index.desc())
    .limit(1)
    .scalar_subquery()
)
_CORRECTIONS: Any = (
    select(
        Correction.log_index, Correction.at, Correction.claim_id, Correction.report_id, Revision.action.label("action"),
        Revision.leaf, _before.leaf.label("leaf_before"), Claim.text, ReportPublication.number,
        _number_before.label("number_before"),
    )
    .join(Revision, Revision.log_index == Correction.log_index)
    .outerjoin(
        _before,
        and_(
            _before.subject_kind == Revision.subject_kind,
            _before.subject_id == Revision.subject_id,
            _before.number == Revision.number - 1,
        ),
    )
    .outerjoin(Claim, and_(Claim.id == Correction.claim_id, Claim.withdrawn_at.is_(None)))
    .outerjoin(ReportPublication, ReportPublication.log_index == Correction.log_index)
)  # fmt: skip
