"""What reviews are measured against: a claims service as flask-smorest's and SQLAlchemy's manuals would have it.

Models with relationships, marshmallow schemas in and out, a token looked up by each request, an ETag that must match,
a commit that survives a power cut; and no log, no search, no audit, no stored documents.
"""

import os
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

from flask import Flask, request
from flask_smorest import Api, Blueprint, abort
from marshmallow import Schema, fields, validate
from sqlalchemy import ForeignKey, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload, sessionmaker
from sqlalchemy.pool import QueuePool

STATUSES = ("unverified", "in_review", "verified", "disputed", "unverifiable")
TOKEN = "only for measuring"


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    token_digest: Mapped[str] = mapped_column(unique=True)


class Source(Base):
    __tablename__ = "sources"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]


class Claim(Base):
    __tablename__ = "claims"
    id: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    kind: Mapped[str]
    status: Mapped[str] = mapped_column(index=True)
    reason: Mapped[str | None]
    version: Mapped[int] = mapped_column()
    updated_at: Mapped[datetime] = mapped_column(index=True)
    quotes: Mapped[list["Quote"]] = relationship(order_by="Quote.start")
    hops: Mapped[list["Hop"]] = relationship(order_by="Hop.position")
    evidence: Mapped[list["Evidence"]] = relationship()
    reviews: Mapped[list["Review"]] = relationship(order_by="Review.reviewed_at")
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Quote(Base):
    __tablename__ = "quotes"
    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[str] = mapped_column(ForeignKey("claims.id"), index=True)
    exact: Mapped[str]
    start: Mapped[int]
    end: Mapped[int]


class Hop(Base):
    __tablename__ = "hops"
    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[str] = mapped_column(ForeignKey("claims.id"), index=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    position: Mapped[int]
    directness: Mapped[str]
    source: Mapped[Source] = relationship()


class Evidence(Base):
    __tablename__ = "evidence"
    id: Mapped[int] = mapped_column(primary_key=True)
    claim_id: Mapped[str] = mapped_column(ForeignKey("claims.id"), index=True)
    stance: Mapped[str]
    url: Mapped[str]


class Review(Base):
    __tablename__ = "reviews"
    id: Mapped[str] = mapped_column(primary_key=True)
    claim_id: Mapped[str] = mapped_column(ForeignKey("claims.id"), index=True)
    before: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str | None]
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    reviewed_at: Mapped[datetime]
    reviewer: Mapped[Person] = relationship()


class SourceOut(Schema):
    id = fields.Integer()
    name = fields.String()
    kind = fields.String()


class HopOut(Schema):
    source = fields.Nested(SourceOut)
    directness = fields.String()


class QuoteOut(Schema):
    exact = fields.String()
    start = fields.Integer()
    end = fields.Integer()


class EvidenceOut(Schema):
    stance = fields.String()
    url = fields.String()


class ReviewIn(Schema):
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    reason = fields.String(required=True, validate=validate.Length(min=1, max=5000))


class ReviewOut(Schema):
    id = fields.String()
    before = fields.String()
    status = fields.String()
    reason = fields.String()
    reviewer = fields.Pluck("PersonOut", "name")
    reviewed_at = fields.DateTime()


class PersonOut(Schema):
    name = fields.String()


class ClaimOut(Schema):
    id = fields.String()
    text = fields.String()
    kind = fields.String()
    status = fields.String()
    reason = fields.String()
    version = fields.Integer()
    updated_at = fields.DateTime()
    quotes = fields.List(fields.Nested(QuoteOut))
    hops = fields.List(fields.Nested(HopOut))
    evidence = fields.List(fields.Nested(EvidenceOut))
    reviews = fields.List(fields.Nested(ReviewOut))


def sessions(url: str) -> sessionmaker[Session]:
    if not url.startswith("sqlite"):
        engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), pool_size=16)
        return sessionmaker(engine)
    engine = create_engine(url, poolclass=QueuePool, connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    return sessionmaker(engine)


def fill(url: str, size: int) -> list[str]:
    """Make the tables and `size` claims, and return their ids."""
    make = sessions(url)
    with make() as session, session.begin():
        Base.metadata.create_all(session.connection())
        session.add(Person(name="Bench", token_digest=sha256(TOKEN.encode()).hexdigest()))
        people = [Source(name=f"Source {n}", kind="organization") for n in range(20)]
        session.add_all(people)
        ids = []
        for n in range(size):
            claim = Claim(
                id=str(uuid4()), text="government said people border troops rally president sanctions talks",
                kind="factual", status="unverified", updated_at=datetime.now(UTC),
                quotes=[Quote(exact="government said people border troops rally", start=n, end=n + 42)],
                hops=[Hop(source=people[n % 20], position=0, directness="indirect")],
            )  # fmt: skip
            ids.append(claim.id)
            session.add(claim)
    return ids


def application() -> Flask:
    app = Flask("idiomatic")
    app.config.update(API_TITLE="Claims", API_VERSION="1", OPENAPI_VERSION="3.1.0")
    make = sessions(os.environ["BENCH_DATABASE_URL"])
    blueprint = Blueprint("claims", __name__)

    @blueprint.route("/claims/<claim_id>/reviews", methods=["POST"])
    @blueprint.arguments(ReviewIn)
    @blueprint.response(201, ClaimOut)
    def review(body: dict[str, Any], claim_id: str) -> Any:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        with make() as session, session.begin():
            digest = sha256(token.encode()).hexdigest()
            person = session.scalar(select(Person).where(Person.token_digest == digest))
            if person is None:
                abort(401)
            claim = session.scalar(
                select(Claim)
                .where(Claim.id == claim_id)
                .options(
                    selectinload(Claim.quotes),
                    selectinload(Claim.hops).selectinload(Hop.source),
                    selectinload(Claim.evidence),
                    selectinload(Claim.reviews).selectinload(Review.reviewer),
                )
            )
            if claim is None:
                abort(404)
            if request.headers.get("If-Match") not in ("*", f'"{claim.version}"'):
                abort(412)
            claim.reviews.append(
                Review(id=str(uuid4()), before=claim.status, reviewer=person, reviewed_at=datetime.now(UTC), **body)
            )
            claim.status, claim.reason, claim.updated_at = body["status"], body["reason"], datetime.now(UTC)
            session.flush()
            return ClaimOut().dump(claim), 201, {"ETag": f'"{claim.version}"'}

    app.add_url_rule("/healthz", "healthz", view_func=lambda: "ok")
    Api(app).register_blueprint(blueprint)
    return app
