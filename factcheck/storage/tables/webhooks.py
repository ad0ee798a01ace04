"""The tables of webhooks. The log is the outbox: a webhook has a place in it, and rows for the messages that failed."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.rules.webhooks import Disabled
from factcheck.storage.tables.base import Base, LogIndex, one_of
from factcheck.storage.tables.columns import Id, Json


class Webhook(Base):
    """One subscription of one person.

    `by_status_since` is the log index of the entry with which it first filtered by a status; null = it never did.

    Every entry up to `position` was sent, was not wanted, or has a row in `webhook_messages`. While the receiver fails,
    `failures` counts the pauses since its last success and `resume_at` ends the one that it is in. The secret itself
    is not kept: it is worked out from the desk's key, and `secret_digest` tells whether it still is the same.
    """

    __tablename__ = "webhooks"
    __table_args__ = (
        one_of("disabled_for", Disabled, nullable=True),
        CheckConstraint("(disabled_at IS NULL) = (disabled_for IS NULL)", name="disabling"),
        CheckConstraint("secret_number >= 1", name="secret_number"),
    )

    seq: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id, unique=True)
    owner_id: Mapped[str] = mapped_column(Id, ForeignKey("people.id"), index=True)
    url: Mapped[str]
    description: Mapped[str | None]
    filters: Mapped[Any] = mapped_column(Json)
    by_status_since: Mapped[int | None]
    secret_number: Mapped[int]
    secret_digest: Mapped[bytes]
    rotated_at: Mapped[datetime | None]
    position: Mapped[int]
    failures: Mapped[int]
    failing_since: Mapped[datetime | None]
    resume_at: Mapped[datetime | None]
    last_success_at: Mapped[datetime | None]
    attempts: Mapped[int]
    disabled_at: Mapped[datetime | None]
    disabled_for: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class WebhookMessage(Base):
    """A message that failed and will be sent again: of the entry at `log_index`, which it is made of anew each time."""

    __tablename__ = "webhook_messages"
    __table_args__ = (CheckConstraint("attempts >= 1", name="attempts"),)

    webhook_seq: Mapped[int] = mapped_column(LogIndex, ForeignKey("webhooks.seq"), primary_key=True)
    log_index: Mapped[int] = mapped_column(LogIndex, primary_key=True, autoincrement=False)
    attempts: Mapped[int]
    first_at: Mapped[datetime]
    next_at: Mapped[datetime]


class WebhookDelivery(Base):
    """One attempt. The newest few hundred of each webhook are kept; `number` counts them all from 1."""

    __tablename__ = "webhook_deliveries"

    webhook_seq: Mapped[int] = mapped_column(LogIndex, ForeignKey("webhooks.seq"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    message_id: Mapped[str]  # empty: nothing was sent, and `error` says why the webhook was turned off
    log_index: Mapped[int | None]  # null: a test, or nothing was sent
    attempt: Mapped[int]
    at: Mapped[datetime]
    milliseconds: Mapped[int]
    status: Mapped[int | None]  # null: no answer, and `error` says why
    error: Mapped[str | None]
    given_up: Mapped[bool]
