"""Articles and their snapshots: a published text, and its words at one moment."""

import hashlib
from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, bindparam, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, aliased

from factcheck.desk.access import unknown
from factcheck.desk.capturing import inbox, made_of
from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state.locks import hold_sources, lock_claims
from factcheck.errors import Clash, Flaw, Invalid, NotFound
from factcheck.log import revisions
from factcheck.log.actors import Actor, Precondition, action
from factcheck.log.clock import stamp
from factcheck.log.ids import new_id
from factcheck.messages import message
from factcheck.rules.media.kinds import ArticleKind
from factcheck.rules.roles import Role
from factcheck.rules.web.urls import url_key
from factcheck.schemas.articles import ArticleIn
from factcheck.schemas.base import load_patched
from factcheck.storage.tables.articles import Article, Snapshot
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.sources import Source

FIELDS = ("external_id", "kind", "title", "url", "outlet_id", "author", "published_on", "language")


@action(Role.CONTRIBUTOR)
def add(
    session: Session, actor: Actor, /, *, text: str, capture: made_of.MadeOf | None = None, **fields: Any
) -> dict[str, Any]:
    """Enter an article (the fields of ArticleIn) with its first snapshot and return its JSON.

    `capture` is what the text was made of, if it was captured.
    """
    hold_sources(session, {"/outlet_id": fields.get("outlet_id")})
    _demand_free(session, fields.get("external_id"))
    article_id = new_id()
    after = {field: fields.get(field) for field in FIELDS} | {"kind": fields.get("kind", ArticleKind.ARTICLE)}
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    origin = made_of.fields(capture)
    snapshot = {"number": 1, "sha256": sha256, **(origin if capture else {})}
    entry = revisions.append(
        session, actor, SubjectKind.ARTICLE, article_id, 1, "add",
        revisions.differences({}, logged(after) | {"snapshot": snapshot}),
    )  # fmt: skip
    made_of.demand_kept(session.connection(), capture)
    session.execute(
        insert(Article),
        {
            "seq": entry.log_index,
            "id": article_id,
            **after,
            "url_key": url_key(after["url"]),
            "snapshot_number": 1,
            "revision": 1,
            "created_at": entry.at,
            "updated_at": entry.at,
        },
    )
    session.execute(
        insert(Snapshot),
        {"article_id": article_id, "number": 1, "text": text, "sha256": sha256, "captured_at": entry.at, **origin},
    )
    if capture is not None:
        inbox.filed(session, actor, capture.capture_id, article_id)
    return get(session.connection(), article_id)


@action(Role.CONTRIBUTOR)
def amend(
    session: Session, actor: Actor, /, article_id: str, *, patch: dict[str, Any], seen: Precondition
) -> dict[str, Any]:
    """Apply a merge patch to what is known about an article, never to its text, and return its JSON."""
    article = session.scalar(select(Article).where(Article.id == article_id).with_for_update(key_share=True))
    if article is None:
        raise NotFound(unknown.ARTICLE)
    now_json = get(session.connection(), article_id)
    seen.demand(etag(now_json))
    before = {field: getattr(article, field) for field in FIELDS}
    after = load_patched(ArticleIn(exclude=["text"]), plain(before), patch)
    changes = revisions.differences(plain(before), plain(after))
    if not changes:
        return now_json
    hold_sources(session, {"/outlet_id": after["outlet_id"]})
    if after["external_id"] != before["external_id"]:
        _demand_free(session, after["external_id"])
    shown = any(after[field] != before[field] for field in ("title", "url"))
    of_article = select(Claim.id).where(Claim.article_id == article.id)
    claims = session.scalars(of_article).all() if shown else []
    lock_claims(session, claims)
    entry = revisions.append(session, actor, SubjectKind.ARTICLE, article.id, article.revision + 1, "amend", changes)
    for field, value in after.items():
        setattr(article, field, value)
    article.url_key = url_key(article.url)
    article.revision, article.updated_at = article.revision + 1, entry.at
    documents.render(session, claims, entry)
    session.flush()
    return get(session.connection(), article_id)


def get(connection: Connection, article_id: str) -> dict[str, Any]:
    """Return an article's JSON with its newest snapshot. Raises NotFound."""
    row = connection.execute(_WITH_TEXT.where(Article.id == article_id)).first()
    if row is None:
        raise NotFound(unknown.ARTICLE)
    return as_json(row) | {
        "text": row.text,
        "number": row.snapshot_number,
        "sha256": row.sha256,
        "captured_at": stamp(row.captured_at),
    }


def url_of(connection: Connection, article_id: str) -> str:
    """Return an article's URL. Raises NotFound, and Invalid if it has none."""
    row = connection.execute(select(Article.url).where(Article.id == article_id)).first()
    if row is None:
        raise NotFound(unknown.ARTICLE)
    if row.url is None:
        detail = message("The article has no URL to fetch. Send its text.")
        raise Invalid(detail, flaws=[Flaw(detail, "/text")])
    found: str = row.url
    return found


def snapshots(connection: Connection, article_id: str, after: int, limit: int) -> list[tuple[int, dict[str, Any]]]:
    """Return an article's snapshots without their texts, each with its number. Raises NotFound."""
    rows = connection.execute(
        _SNAPSHOTS.where(Snapshot.article_id == article_id, Snapshot.number > after)
        .order_by(Snapshot.number)
        .limit(limit)
    ).all()
    if not rows and not connection.execute(select(Article.id).where(Article.id == article_id)).first():
        raise NotFound(unknown.ARTICLE)
    return [(row.number, _snapshot_json(article_id, row)) for row in rows]


def snapshot(connection: Connection, article_id: str, number: int) -> dict[str, Any]:
    """Return one snapshot with its text. Raises NotFound."""
    row = connection.execute(
        _SNAPSHOTS.add_columns(Snapshot.text).where(Snapshot.article_id == article_id, Snapshot.number == number)
    ).first()
    if row is None:
        raise NotFound(unknown.SNAPSHOT)
    return _snapshot_json(article_id, row) | {"text": row.text}


def as_json(row: Any) -> dict[str, Any]:
    """Return an article's JSON without its text, from a row of LISTED."""
    here = f"/v1/articles/{row.id}"
    outlet = {"id": row.outlet_now, "name": row.outlet_name, "kind": row.outlet_kind} if row.outlet_id else None
    return {
        "id": row.id,
        **plain({field: getattr(row, field) for field in FIELDS}),
        "outlet": outlet,
        "redacted": row.redacted_index is not None,
        "revision": row.revision,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
        "links": {"self": here, "snapshots": f"{here}/snapshots", "claims": f"/v1/claims?article={row.id}"},
    }


def get_many(connection: Connection, article_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the JSON of these articles, without their texts, by their ids."""
    rows = connection.execute(_SEVERAL, {"ids": sorted(article_ids)}) if article_ids else ()
    return {row.id: as_json(row) for row in rows}


def etag(article: dict[str, Any]) -> str:
    return documents.etag_of(documents.dumped(article))


_outlet = aliased(Source)
_outlet_now = aliased(Source)
# Everything about articles but their texts, with the outlet as the source that it is now.
LISTED: Select[Any] = (
    select(
        *Article.__table__.columns,
        _outlet_now.id.label("outlet_now"),
        _outlet_now.name.label("outlet_name"),
        _outlet_now.kind.label("outlet_kind"),
    )
    .outerjoin(_outlet, _outlet.id == Article.outlet_id)
    .outerjoin(_outlet_now, _outlet_now.id == _outlet.canonical_id)
)
_SEVERAL = LISTED.where(Article.id.in_(bindparam("ids", expanding=True)))
_WITH_TEXT = LISTED.add_columns(Snapshot.text, Snapshot.sha256, Snapshot.captured_at).join(
    Snapshot, (Snapshot.article_id == Article.id) & (Snapshot.number == Article.snapshot_number)
)
_SNAPSHOTS: Select[Any] = select(
    Snapshot.number, Snapshot.sha256, Snapshot.captured_at, Snapshot.capture_id, Snapshot.corrected,
    Snapshot.redacted_index,
)  # fmt: skip


def _snapshot_json(article_id: str, row: Any) -> dict[str, Any]:
    return {
        "article_id": article_id,
        "number": row.number,
        "sha256": row.sha256,
        "captured_at": stamp(row.captured_at),
        "redacted": row.redacted_index is not None,
        "capture_id": row.capture_id,
        "corrected": row.corrected,
        "links": {
            "self": f"/v1/articles/{article_id}/snapshots/{row.number}",
            "article": f"/v1/articles/{article_id}",
        },
    }


def logged(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a new article as its first entry says them: no kind where it is `article`."""
    said = plain(fields)
    return said | {"kind": None} if said["kind"] == ArticleKind.ARTICLE else said


def plain(fields: dict[str, Any]) -> dict[str, Any]:
    day = fields["published_on"]
    return fields | {"published_on": day.isoformat() if day else None}


def _demand_free(session: Session, external_id: str | None) -> None:
    taken = external_id and session.scalar(select(Article.id).where(Article.external_id == external_id))
    if taken:
        raise Clash(message("Another article has the external id “{external_id}”.", external_id=external_id), id=taken)
