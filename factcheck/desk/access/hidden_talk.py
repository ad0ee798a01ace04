"""What people of the desk say to each other, without what would tell of a hidden verdict: see `blindness.py`."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from factcheck.desk.access.blindness import Blind, concerns, of_claims, reports_about
from factcheck.log.actors import Actor
from factcheck.storage.tables.logbook import Revision, SubjectKind

Json = dict[str, Any]


def assignments(connection: Connection, viewer: Actor | None, items: list[Json]) -> list[Json]:
    """Leave the notes out of assignments of claims of which something is hidden: they may speak of it."""
    blinds = of_claims(connection, viewer, (item["claim_id"] for item in items))
    return [item | {"note": None, "blind": True} if item["claim_id"] in blinds else item for item in items]


def comments(connection: Connection, viewer: Actor | None, items: list[Json]) -> list[Json]:
    """Leave out comments on claims that changed since a verdict that is hidden was given, but for the caller's own."""
    blinds = of_claims(connection, viewer, (item["claim_id"] for item in items if item["claim_id"]))
    return [
        item
        for item in items
        if (viewer is not None and item["author"]["id"] == viewer.id) or not _is_hidden(item, blinds)
    ]


def reports(connection: Connection, viewer: Actor | None, items: list[Json]) -> list[Json]:
    """Leave out reports that refer to a claim, in any version, if others changed them since its verdict was hidden."""
    if viewer is None or not concerns(viewer):
        return items
    about = reports_about(connection, viewer, [item["id"] for item in items])
    others = _last_of_others(connection, viewer, about)
    return [
        item
        for item in items
        if not any(blind.since <= others.get(item["id"], -1) for blind in about.get(item["id"], ()))
    ]


def correction_requests(connection: Connection, viewer: Actor | None, items: list[Json]) -> list[Json]:
    """Leave out requests for corrections of what is hidden: claims of which something is, and reports about these."""
    blinds = of_claims(connection, viewer, (item["claim_id"] for item in items if item["claim_id"]))
    about = reports_about(connection, viewer, [item["report_id"] for item in items if item["report_id"]])
    return [item for item in items if item["claim_id"] not in blinds and item["report_id"] not in about]


def _last_of_others(connection: Connection, viewer: Actor, report_ids: Collection[str]) -> dict[str, int]:
    """Return where the log has the last entry about each of these reports that is not the viewer's."""
    wanted = (
        select(Revision.subject_id, func.max(Revision.log_index).label("last"))
        .where(Revision.subject_kind == SubjectKind.REPORT, Revision.subject_id.in_(report_ids))
        .where(Revision.actor_id != viewer.id)
        .group_by(Revision.subject_id)
    )
    return {row.subject_id: row.last for row in connection.execute(wanted)} if report_ids else {}


def notifications(connection: Connection, viewer: Actor | None, items: list[Json]) -> list[Json]:
    """Leave out comments that are hidden. Of anything else on such a claim, who did it may be who gave the verdict."""
    blinds = of_claims(connection, viewer, (item["claim_id"] for item in items if item["claim_id"]))
    shown = []
    for item in items:
        hidden = _is_hidden(item, blinds)
        if not (hidden and item["comment_id"]):
            shown.append(item | {"by": None} if hidden else item)
    return shown


def opinions(connection: Connection, viewer: Actor | None, items: list[Json]) -> list[Json]:
    """Empty those of some second opinions that are on a hidden verdict; who asked may be who gave it, and goes too."""
    blinds = of_claims(connection, viewer, (item["claim_id"] for item in items))
    gone = {**dict.fromkeys(("asked_by", "note", "first_review_id", "first_status")), "blind": True}
    return [
        item | gone
        if any(blind.hides(item["question"], item["log_index"]) for blind in blinds.get(item["claim_id"], ()))
        else item
        for item in items
    ]


def _is_hidden(item: Json, blinds: Mapping[str, Sequence[Blind]]) -> bool:
    """Say whether something was said of a claim since a verdict that is hidden was given."""
    return any(blind.since <= item["log_index"] for blind in blinds.get(item["claim_id"], ()))
