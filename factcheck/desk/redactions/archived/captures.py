"""Redaction of captures: of all that was extracted, of hashes and of the file. What stays says that it was captured."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from factcheck.desk.access import answers, unknown
from factcheck.desk.capturing import captures, inbox
from factcheck.desk.claim_state.connected import batches
from factcheck.desk.claim_state.locks import lock_claims
from factcheck.desk.redactions import claims, restating
from factcheck.desk.redactions.reasons import demand_silent
from factcheck.errors import Clash, NotFound
from factcheck.log import facts
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.messages import message
from factcheck.rules.redacting import GONE, Without
from factcheck.rules.roles import Role
from factcheck.rules.web.urls import url_key
from factcheck.storage import redaction
from factcheck.storage.tables.articles import Snapshot
from factcheck.storage.tables.captures import Capture
from factcheck.storage.tables.columns import holds_text
from factcheck.storage.tables.evidence import Evidence
from factcheck.storage.tables.feeds import InboxItem
from factcheck.storage.tables.logbook import SubjectKind

URLS = ("url", "final_url", "canonical_url")
STAYS = ("http_status", "bytes", "fetched_at", "reason", "origin")
WORDS = ("text", "title", "author", "outlet")
MOST = 50  # words that are looked for at a time: SQLite takes 1,000 conditions
WHY = "Words of an article that it has were redacted."
OF_EVIDENCE = "The capture of a page that evidence cites was redacted."
Json = dict[str, Any]


@action(Role.ADMIN)
def redact(
    session: Session, actor: Actor, /, capture_id: str, *, reason: str, urls: bool = False, seen: Precondition = ANY
) -> list[str]:
    """Remove what a capture has of its page, with `urls` its URLs too, and return the files to remove.

    The caller removes these from the archive after the commit. What stays is that the page was captured, when and by
    whom, articles that were made of it, and evidence that cites it, without the hash. The reason goes into the log and
    stays. Raises Clash when nothing is left to remove.
    """
    answers.empty(session, [capture_id])
    cited_by = citing(session, [capture_id])
    lock_claims(session, cited_by)
    captures.lock(session)
    row = session.execute(select(*Capture.__table__.columns).where(Capture.id == capture_id)).first()
    if row is None:
        raise NotFound(unknown.CAPTURE)
    if not seen.any:
        seen.demand(captures.etag(captures.as_json(row, row.text)))
    demand_silent(
        reason, [getattr(row, name) for name in (*WORDS, *(URLS if urls else ())) if getattr(row, name) != GONE]
    )
    if not _removed(session, actor, capture_id, reason, urls=urls):
        raise Clash(
            message("This capture is already redacted.")
            if row.redacted_index is not None
            else message("It has no text and no file.")
        )
    _scrub_evidence(session, actor, [capture_id], cited_by)
    answers.empty(session, [capture_id], cited_by)
    return [row.warc_sha256] if row.warc_sha256 else []


def redact_those_of(
    session: Session, actor: Actor, article_id: str, url: str | None, words: Iterable[str], locked: Collection[str]
) -> list[str]:
    """Remove the captures of an article (`those_of`), with their URLs, and return the files to remove.

    Evidence that cites them loses the hash; the claims that have it are among those that are `locked`. Raises Clash
    where somebody cited one meanwhile.
    """
    captures.lock(session)
    removed = [
        row for row in those_of(session, article_id, url, words) if _removed(session, actor, row.id, WHY, urls=True)
    ]
    _scrub_evidence(session, actor, [row.id for row in removed], locked)
    answers.empty(session, [row.id for row in removed])
    return [row.warc_sha256 for row in removed if row.warc_sha256]


def those_of(session: Session, article_id: str, url: str | None, words: Iterable[str]) -> list[Any]:
    """Return the captures that a redaction of words of an article removes.

    These are the captures of which its snapshots were made and, except those of other articles, the captures of the
    same page and those that have these words. Each is removed as a whole: words can be anywhere in the bytes of a page.
    """
    named = select(Snapshot.capture_id).where(Snapshot.capture_id.is_not(None))
    of_article = Capture.id.in_(named.where(Snapshot.article_id == article_id))
    of_none = Capture.id.not_in(named)
    columns = select(Capture.id, Capture.warc_sha256, *(getattr(Capture, name) for name in URLS))
    holding: set[str] = set()
    wanted = sorted({each.strip() for each in words} - {""})
    for at in range(0, len(wanted), MOST):
        some = wanted[at : at + MOST]
        holds = (holds_text(getattr(Capture, name), each) for name in (*WORDS, *URLS) for each in some)
        holding.update(session.scalars(select(Capture.id).where(of_none, or_(*holds))))
        titled = or_(*(holds_text(InboxItem.title, each) for each in some))
        items = select(Capture.id).join(InboxItem, InboxItem.capture_id == Capture.id)
        holding.update(session.scalars(items.where(of_none, titled)))
    found = list(session.execute(columns.where(of_article)))
    keys = {url_key(each) for each in (url, *(each for row in found for each in row[-len(URLS) :]))} - {None}
    found += (
        row
        for row in session.execute(columns.where(of_none))
        if row.id in holding or keys.intersection(url_key(getattr(row, name)) for name in URLS)
    )
    return found


def _scrub_evidence(session: Session, actor: Actor, capture_ids: list[str], locked: Collection[str]) -> None:
    """Take the hashes of redacted captures out of the claims that cite them, all of which must be locked."""
    cited_by = citing(session, capture_ids)
    if not set(cited_by) <= set(locked):
        raise Clash(message("Somebody cited a capture of this page meanwhile. Nothing was redacted: try again."))
    scrub = Without(frozenset(capture_ids), "sha256", gone=None)
    claims.scrub(session, actor, cited_by, lambda _: scrub, OF_EVIDENCE)


def citing(session: Session, capture_ids: Iterable[str]) -> list[str]:
    """Return the claims whose evidence cites one of these captures. Lock them before the captures are locked."""
    found: set[str] = set()
    for ids in batches(capture_ids):
        found.update(session.scalars(select(Evidence.claim_id).where(Evidence.capture_id.in_(ids))))
    return sorted(found)


def _removed(session: Session, actor: Actor, capture_id: str, reason: str, *, urls: bool) -> bool:
    """Remove what a capture has, by an entry of its own. Say whether there was something to remove."""
    gone: Json = {"url": GONE, "final_url": None, "canonical_url": None} if urls else {}
    gone |= dict.fromkeys(set(captures.FIELDS) - {*URLS, *STAYS})

    def without(content: Json) -> Json:
        return content | {"changes": [_without(change, gone) for change in content["changes"]]}

    restated = restating.without(session, SubjectKind.CAPTURE, capture_id, without)
    if not restated:
        return False
    stated = facts.of_restated(restated)
    entry = captures.append_of_capture(session, actor, capture_id, "redact", [], reason, facts=stated)
    restating.write(session, entry, restated)
    redaction.redact_capture(session, capture_id, entry.log_index, urls=urls)
    inbox.emptied(session, [capture_id])
    return True


def _without(change: Json, gone: Json) -> Json:
    """Return a change of a capture's entry without what is removed. The keys of an item of a feed stay."""
    if change["field"] in gone:
        return change | {"before": None, "after": gone[change["field"]]}
    return change | {"after": change["after"] | {"title": None}} if change["field"] == captures.ITEM else change
