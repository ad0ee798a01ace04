"""The tables of articles, their texts and their images."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.rules.media.kinds import ArticleKind
from factcheck.storage.tables.base import IN_ITS_KEY, Base, LogIndex, one_of
from factcheck.storage.tables.captures import Capture
from factcheck.storage.tables.columns import Id, Json
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.sources import Source


class Article(Base):
    """A published text, or the words of a speech, a post, a video or an image, by its `kind`.

    Its words stand in `snapshots`; `snapshot_number` is the newest one's.
    `redacted_index` is the log index of the last entry that redacted words of them.
    """

    __tablename__ = "articles"
    __table_args__ = (
        one_of("kind", ArticleKind),
        Index("ix_articles_kind_seq", "kind", "seq"),
        Index("ix_articles_outlet_id_seq", "outlet_id", "seq"),
        Index("ix_articles_url", "url", postgresql_using="hash"),  # longer than a B-tree's keys may be
        Index("ix_articles_url_key", "url_key", postgresql_using="hash"),
    )

    seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True)
    external_id: Mapped[str | None] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(server_default=str(ArticleKind.ARTICLE))
    title: Mapped[str]
    url: Mapped[str | None]
    url_key: Mapped[str | None]
    outlet_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Source.id))
    author: Mapped[str | None]
    published_on: Mapped[date | None]
    language: Mapped[str | None]
    snapshot_number: Mapped[int]
    revision: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    redacted_index: Mapped[int | None]


class Snapshot(Base):
    """An article's words at one moment. Only a redaction, by the entry at `redacted_index`, changes them.

    `capture_id` is the capture that it was made of, `corrected` the fields that a person gave otherwise than the
    capture has them.
    """

    __tablename__ = "snapshots"
    __table_args__ = (
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("(capture_id IS NULL) = (corrected IS NULL)", name="corrected"),
        Index("ix_snapshots_sha256", "sha256"),
    )

    article_id: Mapped[str] = mapped_column(Id, ForeignKey("articles.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    captured_at: Mapped[datetime]
    redacted_index: Mapped[int | None]
    capture_id: Mapped[str | None] = mapped_column(Id, ForeignKey(Capture.id))
    corrected: Mapped[Any | None] = mapped_column(Json)


class Image(Base):
    """An image of an article. Never changed but by a redaction, which empties it.

    `sha256` and `bytes` are those of the image; `warc_sha256` names the file in the archive that holds it, with the
    requests and responses if it was fetched from `url`. `phash` is its perceptual hash, 16 hexadecimal digits. `width`
    and `height` are in pixels, as it is shown.
    """

    __tablename__ = "images"
    __table_args__ = (
        CheckConstraint("(redacted_index IS NULL) = (warc_sha256 IS NOT NULL)", name="file"),
        CheckConstraint(
            "(warc_sha256 IS NULL) = (sha256 IS NULL) AND (sha256 IS NULL) = (phash IS NULL)", name="hashes"
        ),
        Index("ix_images_article_id_seq", "article_id", "seq"),
    )

    seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True)
    article_id: Mapped[str] = mapped_column(Id, ForeignKey("articles.id"))
    url: Mapped[str | None]
    alt: Mapped[str | None]
    media_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    bytes: Mapped[int]
    sha256: Mapped[str | None] = mapped_column(String(64))
    warc_sha256: Mapped[str | None] = mapped_column(String(64))
    phash: Mapped[str | None] = mapped_column(String(16))
    added_by_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id))
    added_at: Mapped[datetime]
    redacted_index: Mapped[int | None]


class ImageBand(Base):
    """A part of the perceptual hash of an image, by which images that are alike are found (`rules/media/hashes.py`)."""

    __tablename__ = "image_bands"
    __table_args__ = (IN_ITS_KEY,)

    band: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    image_id: Mapped[str] = mapped_column(Id, ForeignKey("images.id"), primary_key=True, index=True)
