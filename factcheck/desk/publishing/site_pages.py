"""What the house says of itself on its public site: each page in one or more languages, all versions in the log."""

from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.access import unknown
from factcheck.desk.claim_state import documents
from factcheck.errors import Clash, NotFound
from factcheck.log import revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import stamp
from factcheck.log.ids import new_id
from factcheck.log.revisions import Change, Entry
from factcheck.messages import message
from factcheck.rules.publishing.site_pages import SitePageName
from factcheck.rules.roles import Role
from factcheck.schemas.base import load_patched
from factcheck.schemas.publishing.site_pages import SitePageIn
from factcheck.storage.tables.logbook import LogHead, SubjectKind
from factcheck.storage.tables.publishing import SitePage

Json = dict[str, Any]
FIELDS = ("name", "language", "title", "text")
WORDS = ("title", "text")


@action(Role.ADMIN)
def add(session: Session, actor: Actor, /, **fields: Any) -> Json:
    """Add a page, given as `schemas/publishing/site_pages.py:SitePageIn` loads it, and return its JSON.

    Raises Clash if the site has this page in this language.
    """
    session.execute(select(LogHead.size).with_for_update())  # so nobody adds the same meanwhile
    same = SitePage.name == fields["name"], SitePage.language == fields["language"], SitePage.withdrawn_index.is_(None)
    if session.execute(select(SitePage.id).where(*same)).first() is not None:
        raise Clash(message("The site has this page in this language already. Edit it instead."))
    said = {name: fields[name] for name in FIELDS}
    page_id = new_id()
    changes = revisions.differences({}, said)
    entry = revisions.append(session, actor, SubjectKind.SITE_PAGE, page_id, 1, "add", changes)
    row = {"seq": entry.log_index, "id": page_id, **said, "revision": 1}
    session.execute(insert(SitePage), row | {"changed_at": entry.at, "changed_index": entry.log_index})
    return get(session.connection(), page_id)


@action(Role.ADMIN)
def amend(session: Session, actor: Actor, /, page_id: str, *, patch: Json, seen: Precondition) -> Json:
    """Apply a merge patch to a page's words and return its JSON. Readers see the new ones at once.

    Nothing happens where nothing changes. Raises NotFound, Stale, Invalid, Clash (it is withdrawn).
    """
    page, shown = _locked(session, page_id, seen)
    before = {name: shown[name] for name in WORDS}
    after = load_patched(SitePageIn(only=WORDS), before, patch)
    changes = revisions.differences(before, after)
    if not changes:
        return shown
    if page.withdrawn_index is not None:
        raise Clash(message("This page is withdrawn."))
    _append_of_page(session, actor, page, "amend", changes)
    page.title, page.text = after["title"], after["text"]
    session.flush()
    return get(session.connection(), page_id)


@action(Role.ADMIN)
def withdraw(session: Session, actor: Actor, /, page_id: str, *, reason: str, seen: Precondition = ANY) -> Json:
    """Take a page off the site, and return its JSON. Raises NotFound, Stale, Clash (it is withdrawn already)."""
    page, _ = _locked(session, page_id, seen)
    if page.withdrawn_index is not None:
        raise Clash(message("This page is withdrawn."))
    change = {"field": "withdrawn", "before": False, "after": True}
    entry = _append_of_page(session, actor, page, "withdraw", [change], reason)
    page.withdrawn_index, page.withdrawn_at, page.withdrawn_reason = entry.log_index, entry.at, reason
    session.flush()
    return get(session.connection(), page_id)


def get(connection: Connection, page_id: str) -> Json:
    """Return a page's JSON, of a withdrawn one too. Raises NotFound."""
    row = connection.execute(_PAGES.where(SitePage.id == page_id)).first()
    if row is None:
        raise NotFound(unknown.SITE_PAGE)
    return _as_json(row)


def listed(connection: Connection, after: int, limit: int) -> list[tuple[int, Json]]:
    """Return pages in the order in which they were added, withdrawn ones too, each with its place in the list."""
    rows = connection.execute(_PAGES.where(SitePage.seq > after).order_by(SitePage.seq).limit(limit))
    return [(row.seq, _as_json(row)) for row in rows]


def names(connection: Connection) -> list[SitePageName]:
    """Return which pages the site has, in any language, in their usual order."""
    there = set(connection.scalars(select(SitePage.name).where(SitePage.withdrawn_index.is_(None)).distinct()))
    return [name for name in SitePageName if name in there]


def shown(connection: Connection, name: str, language: str) -> Json:
    """Return a page as a reader of this language sees it: in it, else in the one in which it was first added.

    Raises NotFound.
    """
    own = SitePage.name == name, SitePage.withdrawn_index.is_(None)
    found = [_as_json(row) for row in connection.execute(_PAGES.where(*own).order_by(SitePage.seq))]
    if not found:
        raise NotFound(unknown.SITE_PAGE)
    begins = language.partition("-")[0]
    fits = [each for each in found if each["language"] == language]
    fits += [each for each in found if each["language"].partition("-")[0] == begins]
    return fits[0] if fits else found[0]


_PAGES = select(*SitePage.__table__.columns)


def _locked(session: Session, page_id: str, seen: Precondition) -> tuple[SitePage, Json]:
    wanted = select(SitePage).where(SitePage.id == page_id)
    page = session.scalar(wanted.with_for_update(key_share=True).execution_options(populate_existing=True))
    if page is None:
        raise NotFound(unknown.SITE_PAGE)
    shown = get(session.connection(), page_id)
    if not seen.any:
        seen.demand(documents.etag_of(documents.dumped(shown)))
    return page, shown


def _append_of_page(
    session: Session, actor: Actor, page: SitePage, action: str, changes: list[Change], reason: str | None = None
) -> Entry:
    number = page.revision + 1
    with session.no_autoflush:
        entry = revisions.append(session, actor, SubjectKind.SITE_PAGE, page.id, number, action, changes, reason)
    page.revision, page.changed_at, page.changed_index = number, entry.at, entry.log_index
    return entry


def _as_json(row: Any) -> Json:
    return {
        "id": row.id,
        **{name: getattr(row, name) for name in FIELDS},
        "revision": row.revision,
        "changed_at": stamp(row.changed_at),
        "withdrawn_at": row.withdrawn_at and stamp(row.withdrawn_at),
        "links": {
            "self": f"/v1/site-pages/{row.id}",
            "page": f"/{row.name}",
            "proof": f"/v1/log/proofs/{row.changed_index}",
        },
    }
