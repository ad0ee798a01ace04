"""Rating scales: who may add, translate and withdraw them, and the rating that a verdict names.

A scale is never reworded: verdicts were published with its words. It gets words in further languages, and once it is
withdrawn no new verdict names its ratings.
"""

from collections.abc import Collection, Mapping
from typing import Any

import orjson
from sqlalchemy import func, insert, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.access import unknown
from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state.rendering import number
from factcheck.errors import Clash, Flaw, Invalid, NotFound, RuleUnmet
from factcheck.log import revisions
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import stamp
from factcheck.log.ids import new_id
from factcheck.log.revisions import Change, Entry
from factcheck.messages import Message, message
from factcheck.rules import ratings as rules
from factcheck.rules.roles import Role
from factcheck.schemas.base import step
from factcheck.storage.tables.logbook import LogHead, SubjectKind
from factcheck.storage.tables.publishing import RatingScale

Json = dict[str, Any]
FIELDS = ("name", "language", "description", "url", "ratings")


@action(Role.ADMIN)
def add(session: Session, actor: Actor, /, **fields: Any) -> Json:
    """Add a scale, given as `schemas/publishing/ratings.py:RatingScaleIn` loads it, and return its JSON.

    Raises Clash if there are too many active ones.
    """
    session.execute(select(LogHead.size).with_for_update())  # so nobody adds another meanwhile
    active = select(func.count()).select_from(RatingScale).where(RatingScale.withdrawn_index.is_(None))
    if session.scalars(active).one() >= rules.SCALES:
        raise Clash(message("The desk has {most} rating scales already. Withdraw one first.", most=rules.SCALES))
    said = {name: fields[name] for name in FIELDS}
    said["ratings"] = _as_logged([rating | {"number": number(rating["number"])} for rating in said["ratings"]])
    scale_id = new_id()
    changes = revisions.differences({}, said)
    entry = revisions.append(session, actor, SubjectKind.RATING_SCALE, scale_id, 1, "add", changes)
    row = {"seq": entry.log_index, "id": scale_id, **said, "revision": 1, "added_at": entry.at}
    session.execute(insert(RatingScale), row)
    return get(session.connection(), scale_id)


@action(Role.ADMIN)
def translate(
    session: Session,
    actor: Actor,
    /,
    scale_id: str,
    *,
    language: str,
    labels: Mapping[str, str],
    definitions: Mapping[str, str],
    seen: Precondition = ANY,
) -> Json:
    """Give a scale words in a language that it does not have yet, by the keys of its ratings, and return its JSON.

    Raises NotFound, Stale, Clash (the scale has the language), Invalid (a label is missing, or a key unknown).
    """
    scale = _locked(session, scale_id, seen)
    if any(language in rating["labels"] for rating in scale.ratings):
        raise Clash(message("The scale has words in {language} already. They do not change.", language=language))
    if len(scale.ratings[0]["labels"]) >= rules.LANGUAGES:
        raise Clash(message("A scale has words in {most} languages at most.", most=rules.LANGUAGES))
    keys = [rating["key"] for rating in scale.ratings]
    flaws = [_flaw("labels", key, message("This rating needs a label.")) for key in keys if key not in labels]
    for name, words in (("labels", labels), ("definitions", definitions)):
        flaws += [_flaw(name, key, message("The scale has no such rating.")) for key in words if key not in keys]
    if flaws:
        raise Invalid(message("Some fields of the request are not allowed."), flaws=flaws)
    translated: list[Json] = [
        rating
        | {"labels": rating["labels"] | {language: labels[key]}}
        | ({"definitions": rating["definitions"] | {language: definitions[key]}} if key in definitions else {})
        for rating, key in zip(scale.ratings, keys, strict=True)
    ]
    translated = _as_logged(translated)
    change = {"field": "ratings", "before": scale.ratings, "after": translated}
    _append_of_scale(session, actor, scale, "translate", [change])
    scale.ratings = translated
    session.flush()
    return get(session.connection(), scale_id)


@action(Role.ADMIN)
def withdraw(session: Session, actor: Actor, /, scale_id: str, *, reason: str, seen: Precondition = ANY) -> Json:
    """Withdraw a scale, and return its JSON. Verdicts that name its ratings keep them.

    Raises NotFound, Stale, Clash (it is withdrawn already).
    """
    scale = _locked(session, scale_id, seen)
    if scale.withdrawn_index is not None:
        raise Clash(message("The scale is withdrawn already."))
    change = {"field": "withdrawn", "before": False, "after": True}
    entry = _append_of_scale(session, actor, scale, "withdraw", [change], reason)
    scale.withdrawn_index, scale.withdrawn_at, scale.withdrawn_reason = entry.log_index, entry.at, reason
    session.flush()
    return get(session.connection(), scale_id)


def get(connection: Connection, scale_id: str) -> Json:
    """Return a scale's JSON, of a withdrawn one too. Raises NotFound."""
    row = connection.execute(_SCALES.where(RatingScale.id == scale_id)).first()
    if row is None:
        raise NotFound(unknown.RATING_SCALE)
    return _as_json(row)


def listed(connection: Connection, after: int, limit: int) -> list[tuple[int, Json]]:
    """Return scales in the order in which they were added, withdrawn ones too, each with its place in the list."""
    rows = connection.execute(_SCALES.where(RatingScale.seq > after).order_by(RatingScale.seq).limit(limit))
    return [(row.seq, _as_json(row)) for row in rows]


def active(connection: Connection) -> list[Json]:
    """Return the scales that verdicts can name, in the order in which they were added."""
    rows = connection.execute(_SCALES.where(RatingScale.withdrawn_index.is_(None)).order_by(RatingScale.seq))
    return [_as_json(row) for row in rows]


def of_ids(connection: Connection, scale_ids: Collection[str]) -> dict[str, Json]:
    """Return scales by their ids: one query, none for no ids."""
    rows = connection.execute(_SCALES.where(RatingScale.id.in_(scale_ids))) if scale_ids else ()
    return {row.id: _as_json(row) for row in rows}


def chosen(connection: Connection, rating: Mapping[str, str] | None, status: str) -> Json | None:
    """Return the rating that a verdict of this status names, as the verdict stores it; None if it names none.

    Raises RuleUnmet for a rating that there is not, that belongs to another status, or whose scale is withdrawn.
    """
    if rating is None:
        return None
    wanted = _SCALES.where(RatingScale.id == rating["scale_id"])
    row = connection.execute(wanted.with_for_update(read=True)).first()  # so nobody withdraws it meanwhile
    named = None if row is None else rules.named(row.id, row.language, row.ratings, rating["key"])
    if row is None or named is None:
        raise _refused(message("No rating scale has this rating."), "unknown_rating")
    if row.withdrawn_index is not None:
        raise _refused(message("The scale of this rating is withdrawn."), "scale_is_withdrawn")
    belongs = next(each["status"] for each in row.ratings if each["key"] == rating["key"])
    if belongs != status:
        told = message(
            "The rating {label} belongs to the verdict {belongs}, not to {status}.",
            label=named["label"], belongs=Message(belongs), status=Message(status),
        )  # fmt: skip
        raise _refused(told, "rating_of_another_verdict")
    return named


_SCALES = select(*RatingScale.__table__.columns)


def _as_logged(ratings: list[Json]) -> list[Json]:
    """Return ratings with their members in the order of the alphabet, in which the log has them."""
    found: list[Json] = orjson.loads(orjson.dumps(ratings, option=orjson.OPT_SORT_KEYS))
    return found


def _refused(told: str, rule: str) -> RuleUnmet:
    return RuleUnmet(told, flaws=[Flaw(told, pointer="/rating", rule=rule)])


def _flaw(field: str, key: str, told: str) -> Flaw:
    return Flaw(told, pointer=f"/{field}{step(key)}")


def _locked(session: Session, scale_id: str, seen: Precondition) -> RatingScale:
    wanted = select(RatingScale).where(RatingScale.id == scale_id)
    scale = session.scalar(wanted.with_for_update(key_share=True).execution_options(populate_existing=True))
    if scale is None:
        raise NotFound(unknown.RATING_SCALE)
    if not seen.any:
        seen.demand(documents.etag_of(documents.dumped(get(session.connection(), scale_id))))
    return scale


def _append_of_scale(
    session: Session, actor: Actor, scale: RatingScale, action: str, changes: list[Change], reason: str | None = None
) -> Entry:
    scale.revision += 1
    kind = SubjectKind.RATING_SCALE
    with session.no_autoflush:
        return revisions.append(session, actor, kind, scale.id, scale.revision, action, changes, reason)


def _as_json(row: Any) -> Json:
    return {
        "id": row.id,
        **{name: getattr(row, name) for name in FIELDS},
        "revision": row.revision,
        "added_at": stamp(row.added_at),
        "withdrawn_at": row.withdrawn_at and stamp(row.withdrawn_at),
        "links": {"self": f"/v1/rating-scales/{row.id}"},
    }
