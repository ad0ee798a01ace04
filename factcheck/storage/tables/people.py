"""The tables of people, of their ways in, and of the answers kept for them. Of secrets there is the SHA-256 alone."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from factcheck.rules.roles import Role
from factcheck.storage.tables.base import Base, one_of
from factcheck.storage.tables.columns import Id, Json


class Person(Base):
    """Somebody with a role.

    `folded_name` keeps two people from having names that look alike. `display_name` is what readers without a token
    see; null = they see the desk. `mark` is a random id that stands for the person in the leaves of the log, which are
    never changed and tell nothing personal. `redacted_index` is the log index of the entry that erased the name.
    """

    __tablename__ = "people"
    __table_args__ = (one_of("role", Role),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str]
    folded_name: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str | None]
    role: Mapped[str]
    mark: Mapped[str] = mapped_column(Id, unique=True)
    revision: Mapped[int]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    redacted_index: Mapped[int | None]


class Token(Base):
    """A bearer token: its SHA-256 alone is kept. `label` is the name that its person knows it by.

    `last_used_at` is right within the hour: a token that is used all the time is written once an hour.
    """

    __tablename__ = "tokens"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, ForeignKey("people.id"), index=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    label: Mapped[str | None]
    last_used_at: Mapped[datetime | None]


class ProviderAccount(Base):
    """An account at an identity provider with which a person logs in.

    `digest` is the SHA-256 of the issuer and of the account's number there, which the desk does not keep.
    """

    __tablename__ = "provider_accounts"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, ForeignKey("people.id"), index=True)
    issuer: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)
    bound_at: Mapped[datetime]


class LoginLink(Base):
    """A one-time way in for a browser: good once, until it expires."""

    __tablename__ = "login_links"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, ForeignKey("people.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class BrowserSession(Base):
    """A browser that is logged in. The cookie carries the secret, this row its SHA-256.

    `user_agent` is what the browser said of itself when it logged in. `id_token` is what the identity provider said of
    the person, if they logged in there: it asks for it when they log out. `last_used_at` is as that of a token.
    """

    __tablename__ = "browser_sessions"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, ForeignKey("people.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    id: Mapped[str | None] = mapped_column(Id, unique=True, index=True)
    user_agent: Mapped[str | None]
    id_token: Mapped[str | None]
    last_used_at: Mapped[datetime | None]


class KeptAnswer(Base):
    """The answer that a POST with an Idempotency-Key got, to be given again to the same request."""

    __tablename__ = "kept_answers"

    person_id: Mapped[str] = mapped_column(Id, ForeignKey(Person.id), primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    claim_id: Mapped[str | None] = mapped_column(Id, index=True)
    request_digest: Mapped[bytes]
    status: Mapped[int]
    headers: Mapped[Any] = mapped_column(Json)
    body: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(index=True)
