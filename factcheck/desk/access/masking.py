"""What somebody may see: every view of what people did passes through `masked`, or through `documents` for claims.

Three kinds of viewers: the desk itself (`INSIDE`) sees everything. Whoever has a token sees everything but the verdicts
that they are to give a second opinion on (`blindness`). Anybody else (`None`), on a desk that needs no token for
reading, sees no people and no internal words: docs/public.md lists what is public.

A person is an object of exactly `id` and `name` in every view, wherever it stands: so a new field cannot be forgotten.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.engine import Connection

from factcheck.desk.access import blindness, hidden_revisions, hidden_talk
from factcheck.desk.claim_state.documents import dumped, etag_of
from factcheck.log.actors import Actor
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.people import Person

Json = dict[str, Any]
DESK = "The desk"  # who did it, to readers without a token, when it was somebody without a display name
PERSON = {"id", "name"}
# What a claim's JSON has where somebody is named in it. A quotation mark in anybody's words has a backslash.
_NAMED = (b'"reviewed_by":{', b'"added_by":{')


class View(StrEnum):
    ASSIGNMENT = "assignment"
    COMMENT = "comment"
    CORRECTION_REQUEST = "correction_request"
    NOTIFICATION = "notification"
    REPORT = "report"
    REVIEW = "review"
    EVIDENCE = "evidence"
    OCCURRENCE = "occurrence"
    RELATION = "relation"
    JUDGMENT = "judgment"
    SOURCE_RELATION = "source_relation"
    REVISION = "revision"
    SECOND_OPINION = "second_opinion"
    TOMBSTONE = "tombstone"
    SUMMARY = "summary"


# Words for the desk's own use, by view. Those of revisions depend on the action.
INTERNAL: Mapping[View, tuple[str, ...]] = {
    View.ASSIGNMENT: ("note",),
    View.COMMENT: ("text", "quote"),
    View.CORRECTION_REQUEST: ("text", "url"),
    View.EVIDENCE: ("withdrawn_reason",),
    View.JUDGMENT: ("reason",),
    View.OCCURRENCE: ("withdrawn_reason",),
    View.SOURCE_RELATION: ("withdrawn_reason",),
    View.SECOND_OPINION: ("note",),
    View.TOMBSTONE: ("reason",),
}
# Fields of claims, as changes name them, whose value is the id of a person.
PEOPLE = ("reviewed_by_id", "attribution.reviewed_by_id")
# Actions whose reason is the reason of a verdict, which the claim shows.
PUBLIC_REASONS = ("review", "second_opinion", "reopen")
# Of these things readers without a token see nothing but that there is an entry in its place.
UNNAMED = (
    SubjectKind.PERSON, SubjectKind.FEED, SubjectKind.ASSIGNMENT, SubjectKind.COMMENT, SubjectKind.REPORT,
    SubjectKind.CORRECTION_REQUEST, SubjectKind.CAPTURE, SubjectKind.IMAGE,
)  # fmt: skip

_BLIND: Mapping[View, Callable[[Connection, Actor | None, list[Json]], list[Json]]] = {
    View.ASSIGNMENT: hidden_talk.assignments,
    View.COMMENT: hidden_talk.comments,
    View.CORRECTION_REQUEST: hidden_talk.correction_requests,
    View.NOTIFICATION: hidden_talk.notifications,
    View.REPORT: hidden_talk.reports,
    View.REVIEW: blindness.reviews,
    View.EVIDENCE: blindness.evidence,
    View.REVISION: hidden_revisions.revisions,
    View.SECOND_OPINION: hidden_talk.opinions,
}


def masked(connection: Connection, viewer: Actor | None, view: View, items: list[Json]) -> list[Json]:
    """Return things of one kind as `viewer` may see them; what they must not know of is left out."""
    if viewer is None:
        public = _Public(connection)
        return [public.shown(view, item) for item in items]
    blind = _BLIND.get(view)
    return items if blind is None else blind(connection, viewer, items)


def masking(view: View) -> Callable[[Connection, Actor | None, list[Json]], list[Json]]:
    """Return `masked` for one kind of view."""
    return lambda connection, viewer, items: masked(connection, viewer, view, items)


def documents(connection: Connection, viewer: Actor | None, rows: Sequence[Any]) -> list[bytes]:
    """Return the JSON of claims' rows (`id`, `document`, `changed_index`, `second_opinion_at`) as `viewer` sees it."""
    if viewer is None:
        return public_documents(connection, [row.document for row in rows])
    open_on = [row.id for row in rows if row.second_opinion_at is not None]
    if not open_on:
        return [row.document for row in rows]
    blinds = blindness.of_claims(connection, viewer, open_on)
    return [
        blindness.shown(row.document, "", row.changed_index, blinds[row.id])[0] if row.id in blinds else row.document
        for row in rows
    ]


def document(connection: Connection, viewer: Actor | None, claim_id: str, row: Any) -> tuple[bytes, str]:
    """Return one claim's JSON (of `document`, `etag`, `changed_index`) as `viewer` sees it, and the ETag of that."""
    if viewer is None:
        [shown] = public_documents(connection, [row.document])
        return shown, row.etag if shown is row.document else etag_of(shown)
    blinds = blindness.of_claims(connection, viewer, [claim_id]).get(claim_id, ())
    return blindness.shown(row.document, row.etag, row.changed_index, blinds)


def public_documents(connection: Connection, found: Sequence[bytes]) -> list[bytes]:
    """Return claims' JSON as readers without a token see it; what names nobody is left as it is, byte for byte."""
    public = _Public(connection)
    return [
        dumped(public.without_people(orjson.loads(each))) if any(named in each for named in _NAMED) else each
        for each in found
    ]


class _Public:
    """What readers without a token see. Reads the display names when the first person is met."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._names: dict[str, str] | None = None

    def shown(self, view: View, item: Json) -> Json:
        if view is View.REVISION:
            item = _public_revision(item)
        shown: Json = self.without_people(item) | dict.fromkeys(INTERNAL.get(view, ()))
        return _summed(shown) if view is View.SUMMARY else shown

    def without_people(self, value: Any) -> Any:
        """Return any JSON with every person in it as the public sees them."""
        if isinstance(value, dict):
            if value.keys() == PERSON:
                return {"id": None, "name": self._name_of(value["id"])}
            return {name: self.without_people(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.without_people(each) for each in value]
        return value

    def _name_of(self, person_id: str) -> str:
        if self._names is None:
            self._names = {row.id: row.display_name for row in self._connection.execute(_DISPLAY_NAMES)}
        return self._names.get(person_id, DESK)


_DISPLAY_NAMES = select(Person.id, Person.display_name).where(Person.display_name.is_not(None))


def _public_revision(item: Json) -> Json:
    """Return a revision without internal words: of people, feeds and what the team says, nothing but its place."""
    if item["subject"]["kind"] in UNNAMED:
        return item | {"subject": item["subject"] | {"id": None}, "reason": None, "changes": []}
    changes = [_public_change(each) for each in item["changes"]]
    return item | {"changes": changes, "reason": item["reason"] if item["action"] in PUBLIC_REASONS else None}


def _public_change(change: Json) -> Json:
    if change["field"] == "second_opinion":
        return _public_opinion(change)
    return change | {"before": None, "after": None} if change["field"] in PEOPLE else change


def _public_opinion(change: Json) -> Json:
    """Return a change of a second opinion without its note and who is asked."""
    ends = {end: change[end] and change[end] | _absent(change[end]) for end in ("before", "after")}
    return change | ends


def _absent(opinion: Json) -> Json:
    return dict.fromkeys(name for name in ("note", "reviewer_id") if name in opinion)


def _summed(summary: Json) -> Json:
    """Add up the changes of verdicts of all who look the same: how many people there are is not told either."""
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for row in summary["verdicts"]["by"]:
        counts[row["person"]["name"], row["question"], row["before"], row["after"]] += row["count"]
    by = [
        {"person": {"id": None, "name": name}, "question": question, "before": before, "after": after, "count": number}
        for (name, question, before, after), number in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    ]
    return summary | {"verdicts": summary["verdicts"] | {"by": by}}
