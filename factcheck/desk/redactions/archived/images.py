"""Redaction of images: of their hashes, their words, their URL and their file. What stays says that there was one."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from factcheck.desk.access import answers
from factcheck.desk.capturing import captures, images
from factcheck.desk.redactions import restating
from factcheck.desk.redactions.reasons import demand_silent
from factcheck.errors import Clash
from factcheck.log import facts, revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.messages import message
from factcheck.rules.roles import Role
from factcheck.storage.tables.articles import Image, ImageBand
from factcheck.storage.tables.columns import holds_text
from factcheck.storage.tables.logbook import Revision, SubjectKind

GONE = ("url", "alt", "sha256", "warc_sha256", "phash")
MOST = 50  # words that are looked for at a time: SQLite takes 1,000 conditions
WHY = "Words of its article were redacted."
Json = dict[str, Any]


@action(Role.ADMIN)
def redact(session: Session, actor: Actor, /, image_id: str, *, reason: str, seen: Precondition = ANY) -> list[str]:
    """Remove an image: its file, its hashes, its words and its URL, and return the files to remove.

    The caller removes these from the archive after the commit. What stays is that there was an image, of which kind and
    size, when and by whom it was added. The reason goes into the log and stays. Raises Clash for a redacted one.
    """
    answers.empty(session, [image_id])
    captures.lock(session)  # whatever adds or changes an image appends an entry
    row = images.row_of(session.connection(), image_id)
    if not seen.any:
        seen.demand(images.etag(images.as_json(row)))
    demand_silent(reason, [each for each in (row.alt, row.url) if each])
    if row.redacted_index is not None:
        raise Clash(message("This image is already redacted."))
    _remove(session, actor, image_id, reason)
    answers.empty(session, [image_id])
    return [row.warc_sha256]


def redact_those_of(session: Session, actor: Actor, article_id: str, words: Iterable[str], *, whole: bool) -> list[str]:
    """Remove the images of an article of which the words or the URL have these words; all of them, if it is `whole`.

    Return the files to remove. The log's head is locked, and whoever calls empties what the desk answered about the
    article, which all answers about its images name.
    """
    of_article = select(Image.id, Image.warc_sha256).where(
        Image.article_id == article_id, Image.redacted_index.is_(None)
    )
    wanted = sorted({each.strip() for each in words} - {""})
    found: dict[str, str] = {}
    if whole:
        found = {row.id: row.warc_sha256 for row in session.execute(of_article)}
    for at in range(0, 0 if whole else len(wanted), MOST):
        holds = [holds_text(column, each) for column in (Image.alt, Image.url) for each in wanted[at : at + MOST]]
        found |= {row.id: row.warc_sha256 for row in session.execute(of_article.where(or_(*holds)))}
    for image_id in found:
        _remove(session, actor, image_id, WHY)
    return list(found.values())


def _remove(session: Session, actor: Actor, image_id: str, reason: str) -> None:
    """Remove what an image has, by an entry of its own."""

    def without(content: Json) -> Json:
        return content | {"changes": [_without(change) for change in content["changes"]]}

    restated = restating.without(session, SubjectKind.IMAGE, image_id, without)
    last = select(func.max(Revision.number)).where(
        Revision.subject_kind == SubjectKind.IMAGE, Revision.subject_id == image_id
    )
    number = session.scalars(last).one() + 1
    entry = revisions.append(
        session, actor, SubjectKind.IMAGE, image_id, number, "redact", [], reason, facts=facts.of_restated(restated)
    )
    restating.write(session, entry, restated)
    session.execute(delete(ImageBand).where(ImageBand.image_id == image_id))
    emptied = dict.fromkeys(GONE) | {"redacted_index": entry.log_index}
    session.execute(update(Image).where(Image.id == image_id).values(**emptied))


def _without(change: Json) -> Json:
    return change | {"before": None, "after": None} if change["field"] in GONE else change
