"""Checks of watched articles: which are due, and what became of one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, true, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, aliased

from factcheck.desk import people, snapshots
from factcheck.desk.capturing import captures
from factcheck.desk.capturing.pages import CapturedPage
from factcheck.rules import durations
from factcheck.rules.web.fetches import Exchange, Validators
from factcheck.rules.web.watching import wait
from factcheck.storage.tables.articles import Article, Snapshot
from factcheck.storage.tables.captures import Capture
from factcheck.storage.tables.watches import Watch

LONGEST = 1000  # characters of a validator that is stored
PAGE = 500  # rows of what is due that are read at a time
OVERDUE = timedelta(minutes=30)  # later than that, nobody watches, or more is watched than can be


@dataclass(frozen=True)
class Watched:
    """An article that is due: its URL, the texts that its page is known with, and how it is watched.

    These are the text of the newest snapshot and, if somebody corrected what its capture has, that too.
    """

    article_id: str
    set_index: int
    url: str | None
    number: int
    texts: tuple[str, ...]
    every: timedelta
    failures: int
    known: Validators | None


@dataclass(frozen=True)
class Check:
    """What became of a check. `error` says why it failed; `asked` is how long the server asks to be left alone.

    Without `read`, the validators of the page stay as they are.
    """

    moment: datetime
    spread: float
    error: str | None = None
    asked: timedelta = timedelta(0)
    read: Exchange | None = None
    changed: bool = False


def due(connection: Connection, moment: datetime) -> Iterator[tuple[str, str | None]]:
    """Yield the articles that are due, each with its URL, in the order in which they became due.

    They are read a page at a time, as far as the caller goes.
    """
    wanted = (
        select(Watch.article_id, Watch.next_at, Article.url)
        .join(Article, Article.id == Watch.article_id)
        .where(Watch.next_at <= moment, or_(Watch.until.is_(None), Watch.until > moment))
        .order_by(Watch.next_at, Watch.article_id)
        .limit(PAGE)
    )
    rows = connection.execute(wanted).all()
    while rows:
        yield from ((row.article_id, row.url) for row in rows)
        last = rows[-1]
        same = and_(Watch.next_at == last.next_at, Watch.article_id > last.article_id)
        further = wanted.where(or_(Watch.next_at > last.next_at, same))
        rows = connection.execute(further).all() if len(rows) == PAGE else []


def counts(connection: Connection, moment: datetime) -> dict[str, int]:
    """Return how many articles are watched, how many of them fail, and how many should have been checked by now."""
    goes_on = or_(Watch.until.is_(None), Watch.until > moment)
    failing, overdue = Watch.error.is_not(None), Watch.next_at <= moment - OVERDUE
    numbers = (func.count().filter(each) for each in (true(), failing, overdue))
    row = connection.execute(select(*numbers).select_from(Watch).where(goes_on)).one()
    return dict(zip(("watched", "failing", "overdue"), row, strict=True))


def of(connection: Connection, article_id: str) -> Watched | None:
    """Return an article that is watched, None where it is not any more."""
    row = connection.execute(_WATCHED.where(Watch.article_id == article_id)).first()
    if row is None:
        return None
    known = Validators(row.url, row.etag, row.modified) if row.url is not None else None
    every = durations.read(row.every)
    texts = (row.text,) if row.captured is None else (row.text, row.captured)
    return Watched(article_id, row.set_index, row.there, row.number, texts, every, row.failures, known)


def record(session: Session, watched: Watched, check: Check) -> None:
    """Record what became of a check, and when the next one is due; nothing if the watch was set anew meanwhile."""
    failures = watched.failures + 1 if check.error is not None else 0
    following = check.moment + max(wait(watched.every, failures, check.spread), check.asked)
    values: dict[str, Any] = {"checked_at": check.moment, "next_at": following, "failures": failures}
    values["error"] = check.error
    if check.read is not None:
        values |= validators(check.read)
    if check.changed:
        values["changed_at"] = check.moment
    same = (Watch.article_id == watched.article_id, Watch.set_index == watched.set_index)
    session.execute(update(Watch).where(*same).values(**values))


def found(session: Session, watched: Watched, page: CapturedPage, new: snapshots.NewText) -> bool:
    """Add a capture, and a snapshot with its text; say whether it was, and not overtaken by another text.

    The operator does it, whose process watches: the person who set the watch does nothing now, and may have left. The
    reason names the entry by which they set it.
    """
    article, _ = snapshots.lock(session, watched.article_id)
    watch = session.get(Watch, watched.article_id, populate_existing=True)
    if article.snapshot_number != watched.number or watch is None or watch.set_index != watched.set_index:
        return False
    operator = people.operator(session)
    captures.add(session, operator, page)
    reason = f"Found by watching, which the log entry {watched.set_index} set."
    snapshots.add(session, operator, new, reason=reason)
    return True


def validators(read: Exchange) -> dict[str, str | None]:
    """Return what a server said of a page, by which it is asked whether there is another one."""
    told = {"etag": _short(read.header("etag")), "modified": _short(read.header("last-modified"))}
    return {"url": read.url if any(told.values()) else None, **told}


def _short(header: str | None) -> str | None:
    """Return a header field that can be sent back, None for one that no server sends in good faith."""
    fine = header is not None and header.isascii() and header.isprintable() and 0 < len(header) <= LONGEST
    return header if fine else None


_newest = aliased(Snapshot)
_WATCHED: Any = (
    select(
        *Watch.__table__.columns,
        Article.url.label("there"),
        _newest.number,
        _newest.text,
        Capture.text.label("captured"),
    )
    .join(Article, Article.id == Watch.article_id)
    .join(_newest, (_newest.article_id == Article.id) & (_newest.number == Article.snapshot_number))
    .outerjoin(Capture, Capture.id == _newest.capture_id)
)
