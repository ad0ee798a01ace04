"""The messages of webhooks: made of entries of the log, each as whoever the webhook belongs to may see it.

A message is thin: which entry, of what, and a claim's statuses after it. No words of anybody's go out, so nothing that
is withdrawn or redacted later is in a receiver's hands by us; whoever wants them asks the API, as who they are.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from factcheck.desk.access import blindness, masking
from factcheck.desk.access.masking import View
from factcheck.desk.claim_state.documents import dumped
from factcheck.log import revisions
from factcheck.log.actors import Actor
from factcheck.rules.status import Question, Status
from factcheck.rules.webhooks import Facts
from factcheck.storage.tables.claims import Claim, ClaimSource
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.sources import Source

Json = dict[str, Any]
_STATUSES = {"content": Question.CONTENT, "attribution": Question.ATTRIBUTION}


@dataclass(frozen=True)
class Message:
    """What there is to send about one entry, and what filters go by."""

    log_index: int
    body: bytes
    facts: Facts


def after(connection: Connection, viewer: Actor, position: int, limit: int, base_url: str) -> list[Message]:
    """Return the messages of the entries after a place in the log, in its order."""
    return _made(connection, viewer, revisions.with_leaves(connection, position, limit), base_url)


def of(connection: Connection, viewer: Actor, log_index: int, base_url: str) -> Message | None:
    """Return the message of one entry."""
    found = [each for each in revisions.with_leaves(connection, log_index - 1, 1) if each[0]["log_index"] == log_index]
    return next(iter(_made(connection, viewer, found, base_url)), None)


def _made(connection: Connection, viewer: Actor, entries: Sequence[tuple[Json, bytes]], base_url: str) -> list[Message]:
    items = [item for item, _ in entries]
    ids = sorted({item["subject"]["id"] for item in items if item["subject"]["kind"] == SubjectKind.CLAIM})
    about = _about(connection, ids, items)
    shown = masking.masked(connection, viewer, View.REVISION, items)
    blinds = blindness.of_claims(connection, viewer, ids)
    made = []
    for (item, leaf), seen in zip(entries, shown, strict=True):
        statuses = orjson.loads(leaf)["status"]
        if statuses is not None:
            hidden = blinds.get(item["subject"]["id"], ())
            statuses = {
                name: Status.IN_REVIEW.value
                if any(blind.hides(question, item["log_index"]) for blind in hidden)
                else statuses[name]
                for name, question in _STATUSES.items()
            }
        made.append(Message(item["log_index"], _body(seen, statuses, base_url), _facts(item, statuses, about)))
    return made


def _body(item: Json, statuses: Mapping[str, str] | None, base_url: str) -> bytes:
    kind, subject_id = item["subject"]["kind"], item["subject"]["id"]
    path = _PATHS.get(kind)
    return dumped(
        {
            "type": f"{kind}.{item['action']}",
            "timestamp": item["at"],
            "data": {
                "log_index": item["log_index"],
                "subject": item["subject"],
                "number": item["number"],
                "action": item["action"],
                "status": statuses,
                "redacted": item["redacted"],
                "blind": item["blind"],
                "links": {
                    "subject": f"{base_url}/v1/{path}/{subject_id}" if path else None,
                    "change": f"{base_url}/v1/changes?after={item['log_index'] - 1}&limit=1",
                },
            },
        }
    )


_PATHS = {
    SubjectKind.ARTICLE: "articles",
    SubjectKind.CAPTURE: "captures",
    SubjectKind.CLAIM: "claims",
    SubjectKind.COMMENT: "comments",
    SubjectKind.CORRECTION_REQUEST: "correction-requests",
    SubjectKind.FEED: "feeds",
    SubjectKind.IMAGE: "images",
    SubjectKind.SOURCE: "sources",
}


@dataclass(frozen=True)
class _About:
    """What claims are about now, by their ids, and what sources became."""

    articles: Mapping[str, str]
    tags: Mapping[str, frozenset[str]]
    sources: Mapping[str, frozenset[str]]
    canonical: Mapping[str, str]


def _about(connection: Connection, claim_ids: list[str], items: Sequence[Json]) -> _About:
    rows = connection.execute(_CLAIMS, {"ids": claim_ids}).all() if claim_ids else []
    sources: defaultdict[str, set[str]] = defaultdict(set)
    for row in connection.execute(_SOURCES, {"ids": claim_ids}) if claim_ids else ():
        sources[row.id].add(row.source_id)
    named = sorted({each for item in items for each in _named(item)})
    became = connection.execute(_CANONICAL, {"ids": named}).all() if named else []
    return _About(
        {row.id: row.article_id for row in rows},
        {row.id: frozenset(row.tags) for row in rows},
        {claim_id: frozenset(found) for claim_id, found in sources.items()},
        {row.id: row.canonical_id for row in became},
    )


_IDS: Any = bindparam("ids", expanding=True)
_CLAIMS = select(Claim.id, Claim.article_id, Claim.tags).where(Claim.id.in_(_IDS))
_SOURCES = (
    select(Claim.id, ClaimSource.source_id)
    .join(ClaimSource, ClaimSource.claim_seq == Claim.seq)
    .where(Claim.id.in_(_IDS))
)
_CANONICAL = select(Source.id, Source.canonical_id).where(Source.id.in_(_IDS))


def canonical(connection: Connection, source_ids: Sequence[str]) -> list[str]:
    """Return sources with those as which they are shown."""
    rows = connection.execute(_CANONICAL, {"ids": list(source_ids)}).all() if source_ids else []
    return sorted({*source_ids, *(row.canonical_id for row in rows)})


def _facts(item: Json, statuses: Mapping[str, str] | None, about: _About) -> Facts:
    """Gather what an entry is about: as it is now, and as the entry says that it was before and after."""
    kind, subject_id = item["subject"]["kind"], item["subject"]["id"]
    articles = {subject_id} if kind == SubjectKind.ARTICLE else {about.articles.get(subject_id, "")} - {""}
    tags = set(about.tags.get(subject_id, ()))
    for change in item["changes"]:
        if change["field"] == "tags":
            tags.update(change["before"] or (), change["after"] or ())
    named = set(_named(item))
    return Facts(
        type=f"{kind}.{item['action']}",
        status=statuses["content"] if statuses else None,
        attribution_status=statuses["attribution"] if statuses else None,
        articles=articles,
        tags=tags,
        sources=named
        | {about.canonical.get(each, each) for each in named}
        | about.sources.get(subject_id, frozenset()),
    )


def _named(item: Json) -> Iterator[str]:
    """Yield the sources that an entry is of, judges, relates, or names in a chain before or after it."""
    if item["subject"]["kind"] == SubjectKind.SOURCE:
        yield item["subject"]["id"]
    for change in item["changes"]:
        if change["field"] in ("judgment", "relation"):
            yield (change["after"] or change["before"])["other_id"]
        if change["field"] == "attribution":
            for hop in (*(change["before"] or ()), *(change["after"] or ())):
                yield from filter(None, (hop["source_id"], hop["on_behalf_of_id"]))
