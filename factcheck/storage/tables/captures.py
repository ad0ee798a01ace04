"""The table of captures: what fetching a page gave, or a person handed over, and what was extracted from it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.storage.tables.base import Base, LogIndex
from factcheck.storage.tables.columns import Id

_FAILED = text("reason IS NOT NULL")


class Capture(Base):
    """One copy of one page, by a person. Never changed but by a redaction, which empties it.

    `reason` says why it failed; then there may be a response all the same. `sha256` and `bytes` are those of the page,
    `warc_sha256` names the file in the archive that holds the requests and responses. `origin` is `browser` for a page
    that a person handed over; then there is no response. It is null for one that the desk fetched.
    """

    __tablename__ = "captures"
    __table_args__ = (
        CheckConstraint("redacted_index IS NOT NULL OR (reason IS NULL) = (text IS NOT NULL)", name="text"),
        CheckConstraint("(text IS NULL) = (text_sha256 IS NULL)", name="text_sha256"),
        CheckConstraint(
            "redacted_index IS NOT NULL OR http_status IS NULL OR warc_sha256 IS NOT NULL", name="response"
        ),
        CheckConstraint("origin IS NULL OR origin = 'browser' AND http_status IS NULL", name="origin"),
        Index(
            "ix_captures_failed_url", "url",
            postgresql_using="hash", sqlite_where=_FAILED, postgresql_where=_FAILED,
        ),
    )  # fmt: skip

    seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True)
    url: Mapped[str]
    final_url: Mapped[str | None]
    http_status: Mapped[int | None]
    media_type: Mapped[str | None]
    bytes: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    warc_sha256: Mapped[str | None] = mapped_column(String(64))
    fetched_at: Mapped[datetime]
    captured_by_id: Mapped[str] = mapped_column(Id, ForeignKey("people.id"))
    reason: Mapped[str | None]
    title: Mapped[str | None]
    author: Mapped[str | None]
    published_on: Mapped[date | None]
    language: Mapped[str | None]
    outlet: Mapped[str | None]
    canonical_url: Mapped[str | None]
    charset: Mapped[str | None]
    text_sha256: Mapped[str | None] = mapped_column(String(64))
    text: Mapped[str | None]
    redacted_index: Mapped[int | None]
    origin: Mapped[str | None]
