"""Images of articles: added with their hashes, and found again by how they look."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.access import unknown
from factcheck.desk.capturing.pictures import TakenImage
from factcheck.desk.claim_state import documents
from factcheck.errors import Clash, Flaw, Invalid, NotFound
from factcheck.log import revisions
from factcheck.log.actors import Actor, action
from factcheck.log.clock import stamp
from factcheck.messages import message
from factcheck.rules.media import hashes
from factcheck.rules.roles import Role
from factcheck.storage.tables.articles import Article, Image, ImageBand
from factcheck.storage.tables.logbook import SubjectKind

Json = dict[str, Any]
# What an entry says of an image.
FIELDS = ("article_id", "url", "alt", "media_type", "width", "height", "bytes", "sha256", "warc_sha256", "phash")
MOST = 20  # images of an article: its page shows all of them
CANDIDATES = 5000  # images that are compared, of those that share a band: the newest
SIMILAR = 50  # of them that are listed


@action(Role.CONTRIBUTOR)
def add(session: Session, actor: Actor, /, image: TakenImage, *, article_id: str, alt: str) -> Json:
    """Add an image to an article and return its JSON. Its file is in the archive already.

    `alt` says in words what it shows. Raises Invalid if there is no such article, Clash if it has too many images.
    """
    article = session.scalar(select(Article.id).where(Article.id == article_id).with_for_update(key_share=True))
    if article is None:
        raise Invalid(unknown.ARTICLE, flaws=[Flaw(unknown.ARTICLE, "/article_id")])
    there = (
        select(func.count()).select_from(Image).where(Image.article_id == article_id, Image.redacted_index.is_(None))
    )
    if session.scalars(there).one() >= MOST:
        raise Clash(message("An article has {most} images at most.", most=MOST))
    picture = image.picture
    fields: Json = {
        "article_id": article_id, "url": image.url, "alt": alt, "media_type": picture.media_type,
        "width": picture.width, "height": picture.height, "bytes": image.bytes, "sha256": image.sha256,
        "warc_sha256": image.warc_sha256, "phash": picture.phash,
    }  # fmt: skip
    entry = revisions.append(
        session, actor, SubjectKind.IMAGE, image.id, 1, "add", revisions.differences({}, fields)
    )  # fmt: skip
    row = fields | {"seq": entry.log_index, "id": image.id, "added_by_id": actor.id, "added_at": entry.at}
    session.execute(insert(Image), row)
    session.execute(insert(ImageBand), [{"band": each, "image_id": image.id} for each in hashes.bands(picture.phash)])
    image.stored = True
    return get(session.connection(), image.id)


def get(connection: Connection, image_id: str) -> Json:
    """Return an image's JSON. Raises NotFound."""
    return as_json(row_of(connection, image_id))


def row_of(connection: Connection, image_id: str) -> Any:
    """Return an image's row, with the title of its article. Raises NotFound."""
    row = connection.execute(_IMAGES.where(Image.id == image_id)).first()
    if row is None:
        raise NotFound(unknown.IMAGE)
    return row


def listed(connection: Connection, article_id: str | None, before: int | None, limit: int) -> list[tuple[int, Json]]:
    """Return images, of one article or of all, newest first, each with its place in the list."""
    statement = _IMAGES.order_by(Image.seq.desc()).limit(limit)
    if article_id is not None:
        statement = statement.where(Image.article_id == article_id)
    rows = connection.execute(statement if before is None else statement.where(Image.seq < before))
    return [(row.seq, as_json(row)) for row in rows]


def similar(connection: Connection, phash: str, image_id: str) -> list[Json]:
    """Return the other images that look like the one with this hash, the most similar first, each with its `distance`.

    The distance is in bits of the hash, 8 at most. None is missed among the CANDIDATES newest that share a part of it.
    """
    rows = connection.execute(_CANDIDATES, {"bands": hashes.probes(phash), "own": image_id, "most": CANDIDATES}).all()
    found = sorted((hashes.distance(phash, row.phash), -row.seq, row.id) for row in rows)
    near = [(distance, each) for distance, _, each in found if distance <= hashes.DISTANCE][:SIMILAR]
    whole = of_ids(connection, [each for _, each in near])
    return [{"distance": distance, "image": whole[each]} for distance, each in near]


def of_ids(connection: Connection, image_ids: Sequence[str]) -> dict[str, Json]:
    """Return images by their ids: one query, none for no ids."""
    rows = connection.execute(_IMAGES.where(Image.id.in_(image_ids))) if image_ids else ()
    return {row.id: as_json(row) for row in rows}


def as_json(row: Any) -> Json:
    """Return an image's JSON; what a redaction removed is null."""
    here = f"/v1/images/{row.id}"
    return {
        "id": row.id,
        **{name: getattr(row, name) for name in FIELDS},
        "article": {"id": row.article_id, "title": row.title},
        "added_at": stamp(row.added_at),
        "redacted": row.redacted_index is not None,
        "links": {
            "self": here,
            "file": f"{here}/file" if row.warc_sha256 else None,
            "similar": f"{here}/similar" if row.phash else None,
        },
    }


def etag(image: Json) -> str:
    return documents.etag_of(documents.dumped(image))


_IMAGES = select(*Image.__table__.columns, Article.title).join(Article, Article.id == Image.article_id)
_SHARING = select(ImageBand.image_id).where(ImageBand.band.in_(bindparam("bands", expanding=True)))
_CANDIDATES = (
    select(Image.seq, Image.id, Image.phash)
    .where(Image.id.in_(_SHARING), Image.id != bindparam("own"))
    .order_by(Image.seq.desc())
    .limit(bindparam("most"))
)
