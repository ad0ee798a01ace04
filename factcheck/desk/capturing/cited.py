"""The captures that evidence and occurrences name: of the page that they cite, fetched for it or before."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck.desk.access import blindness
from factcheck.desk.capturing import captures
from factcheck.desk.capturing.pages import CapturedPage
from factcheck.errors import Flaw, Invalid
from factcheck.log.actors import Actor
from factcheck.messages import message
from factcheck.rules.web.urls import url_key
from factcheck.storage.tables.captures import Capture
from factcheck.storage.tables.logbook import LogHead


class Cited(NamedTuple):
    """What evidence shows of its capture."""

    capture_id: str | None = None
    capture_sha256: str | None = None
    capture_fetched_at: datetime | None = None
    capture_origin: str | None = None


def captured(session: Session, actor: Actor, item: Mapping[str, Any], pointer: str) -> Cited:
    """Return what a new piece of evidence shows of its capture, and add the capture of a page that was fetched for it.

    `item` may have a `page` that was captured, or a `capture_id`, at `pointer`. Call it when all other locks are taken.
    Raises Invalid for a capture that is not of the page that the evidence cites, or of which nothing is left.
    """
    page: CapturedPage | None = item.get("page")
    if page is not None:
        capture_id = captures.add(session, actor, page)["id"]
    elif item.get("capture_id") is not None:
        capture_id = item["capture_id"]
        demand_usable(session, actor, capture_id, item["url"], pointer)
    else:
        return Cited()
    columns = select(Capture.id, Capture.sha256, Capture.fetched_at, Capture.origin)
    return Cited(*session.execute(columns.where(Capture.id == capture_id)).one())


def demand_usable(session: Session, actor: Actor, capture_id: str | None, url: str | None, pointer: str) -> None:
    """Raise Invalid for a capture, at `pointer`, that is not of the page of a URL, or of which nothing is left.

    Until the commit nobody can redact it: whoever does appends an entry to the log. So call it when all other locks
    are taken.
    """
    if capture_id is None:
        return
    session.execute(select(LogHead.size).with_for_update())
    hidden = blindness.captures(session.connection(), actor)
    row = captures.usable(session.connection(), capture_id, pointer, hidden)
    if url is None or url_key(url) not in {url_key(each) for each in (row.url, row.final_url, row.canonical_url)}:
        detail = message("This capture is of another page than the URL.")
        raise Invalid(detail, flaws=[Flaw(detail, pointer)])
