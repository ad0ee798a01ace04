"""Query parameters: one table says how each is read and how it is documented.

Read by hand and not by a schema: a schema's load costs as much as the whole of a hot read.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from flask import request
from werkzeug.datastructures import MultiDict

from factcheck.errors import Flaw, Invalid
from factcheck.log.clock import now
from factcheck.messages import message
from factcheck.queries.lists import Sort
from factcheck.queries.narrowing import NOBODY
from factcheck.queries.queue import Need
from factcheck.rules.finding_kinds import FindingKind
from factcheck.rules.media.kinds import ArticleKind
from factcheck.rules.publishing.correction_requests import RequestState
from factcheck.rules.publishing.reports import ReportState
from factcheck.rules.sources import SourceKind
from factcheck.rules.status import Kind, Question, Status
from factcheck.rules.team.assigning import Due, Priority
from factcheck.rules.text.queries import QueryFlaw
from factcheck.rules.text.queries import parse as parse_query
from factcheck.rules.web.feeds import ItemState
from factcheck.schemas.base import instant, is_id


@dataclass(frozen=True)
class Parameter:
    """How a parameter is read (raising ValueError with words for the client) and what OpenAPI says of it."""

    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    description: str


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= 200):
        raise ValueError(message("Must be a whole number from 1 to 200."))
    return int(text)


def _index(text: str) -> int:
    # The log's indexes begin at 0; -1 is the place before the first.
    if text == "-1":
        return -1
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise ValueError(message("Must be a log index: a whole number from -1."))
    return int(text)


def _day(text: str) -> date:
    """Read a day, or the day in UTC of an instant."""
    if not _DAY.fullmatch(text):
        try:
            return instant(text).date()
        except ValueError:
            raise ValueError(message("Must be a date, written YYYY-MM-DD.")) from None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(message("This date does not exist.")) from None


def _true(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(message("Must be true or false."))
    return text == "true"


def _id(text: str) -> str:
    if not is_id(text):
        raise ValueError(message("Must be an id: a UUID."))
    return text.lower()


def _person(text: str) -> str:
    return text if text == ME else _id(text)


def _assignee(text: str) -> str:
    if text != NOBODY and not is_id(text):
        raise ValueError(message("Must be an id, a UUID, or “{nobody}”.", nobody=NOBODY))
    return text.lower()


def _due(text: str) -> date:
    return Due(_one_of(Due)(text)).last_day(now().date())


def _text(text: str) -> str:
    if not 1 <= len(text) <= 1000:
        raise ValueError(message("Must have 1 to 1000 characters."))
    return text


def _skip(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text, re.ASCII) or int(text) > MOST_SKIPPED:
        raise ValueError(message("Must be a number from 0 to {most}.", most=MOST_SKIPPED))
    return int(text)


def _query(text: str) -> Any:
    try:
        return parse_query(_text(text))
    except QueryFlaw as flaw:
        raise ValueError(message("The search is not valid: {flaw}.", flaw=flaw.detail)) from None


def _share(text: str) -> float:
    if not _SHARE.fullmatch(text):
        raise ValueError(message("Must be a number from 0 to 1."))
    return float(text)


def _one_of(values: type[StrEnum]) -> Callable[[str], str]:
    allowed = [str(value) for value in values]

    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(message("Must be one of: {choices}.", choices=", ".join(allowed)))
        return text

    return read


def _several_of(values: type[StrEnum]) -> Callable[[str], tuple[str, ...]]:
    read_one = _one_of(values)
    return lambda text: tuple(dict.fromkeys(read_one(each) for each in text.split(",")))


def _string(**more: Any) -> Mapping[str, Any]:
    return {"type": "string", **more}


ME = "me"  # the caller, in the place of an id
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHARE = re.compile(r"0(\.[0-9]{1,6})?|1(\.0{1,6})?")
MOST_SKIPPED = 1000
_AN_ID = _string(format="uuid")
_STATUSES = {"type": "string", "example": "verified,disputed"}

TABLE: Mapping[str, Parameter] = {
    "limit": Parameter(
        _limit,
        {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
        "The maximum number of items on a page.",
    ),
    "cursor": Parameter(_text, _string(), "The `next_cursor` of the previous page."),
    "count": Parameter(_true, {"type": "boolean", "default": False}, "Whether to add `total`."),
    "dry_run": Parameter(
        _true,
        {"type": "boolean", "default": False},
        "Whether to return only the result of each line, without adding anything.",
    ),
    "after": Parameter(_index, {"type": "integer", "minimum": -1}, "Return the revisions after this log index."),
    "as_of": Parameter(instant, _string(format="date-time"), "Return the state at this time."),
    "from": Parameter(instant, _string(format="date-time"), "Count only changes at this time or later."),
    "to": Parameter(instant, _string(format="date-time"), "Count only changes before this time."),
    "status": Parameter(_several_of(Status), _STATUSES, f"One or more of {', '.join(Status)}, separated by commas."),
    "attribution_status": Parameter(_several_of(Status), _STATUSES, "The status of the claim's attribution check."),
    "source": Parameter(_id, _AN_ID, "A source in any attribution step."),
    "origin": Parameter(_id, _AN_ID, "The original source."),
    "article": Parameter(_id, _AN_ID, "The article that the claim is from."),
    "claim": Parameter(_id, _AN_ID, "One claim."),
    "outlet": Parameter(_id, _AN_ID, "The source that published the article."),
    "kind": Parameter(_one_of(Kind), _string(enum=[str(kind) for kind in Kind]), "The claim's kind."),
    "finding_kind": Parameter(
        _several_of(FindingKind),
        {"type": "string", "example": "interested_only,conflict"},
        f"One or more of {', '.join(FindingKind)}, separated by commas.",
    ),
    "source_kind": Parameter(
        _one_of(SourceKind), _string(enum=[str(kind) for kind in SourceKind]), "The source's kind."
    ),
    "article_kind": Parameter(
        _one_of(ArticleKind), _string(enum=[str(kind) for kind in ArticleKind]), "The article's kind."
    ),
    "tag": Parameter(_text, _string(), "A tag of the claim."),
    "reviewed_by": Parameter(_id, _AN_ID, "The person who reviewed the claim's verdict last."),
    "updated_since": Parameter(instant, _string(format="date-time"), "Only claims that changed at this time or later."),
    "external_id": Parameter(_text, _string(), "Your own id."),
    "question": Parameter(
        _one_of(Question),
        _string(enum=[str(each) for each in Question], default="content"),
        "The question: `content` for the verdict, `attribution` for the attribution check.",
    ),
    "q": Parameter(
        _query,
        _string(),
        'Words that must all occur, in any form; "exact phrases"; beginnings*; -words that must not occur;'
        " one word OR another.",
    ),
    "assigned_to": Parameter(
        _assignee,
        _string(),
        f"The person to whom the claim is assigned, or `{NOBODY}`. Needs a token.",
    ),
    "priority": Parameter(
        _one_of(Priority), _string(enum=[str(each) for each in Priority]), "The assignment's priority. Needs a token."
    ),
    "due": Parameter(
        _due,
        _string(enum=[str(each) for each in Due]),
        "When the assignment is due: `overdue`, before today; `today`, today or before; `week`, within seven days or"
        " before. Days are those of UTC. Needs a token.",
    ),
    "mentions": Parameter(_id, _AN_ID, "The person who is mentioned: you, if not given."),
    "person": Parameter(_id, _AN_ID, "The person to whom it is assigned."),
    "from_week": Parameter(
        _day,
        _string(format="date"),
        "A day in the first week; by default, the week eleven weeks before the last one. A time counts as its day in"
        " UTC.",
    ),
    "to_week": Parameter(
        _day, _string(format="date"), "A day in the last week; by default today. A time counts as its day in UTC."
    ),
    "outlet_named": Parameter(
        _text, _string(), "The source that published the article: its id, or its exact name. Not together with `tag`."
    ),
    "who": Parameter(
        _person, _string(), "Only what this person did: an id, or `me`. Other people than yourself need the role admin."
    ),
    "feed": Parameter(_id, _AN_ID, "The feed that has the item."),
    "report_state": Parameter(_one_of(ReportState), _string(enum=list(ReportState)), "Only reports in this state."),
    "request_state": Parameter(
        lambda text: RequestState(_one_of(RequestState)(text)),
        _string(enum=list(RequestState)),
        "Only requests in this state.",
    ),
    "item_state": Parameter(
        lambda text: ItemState(_one_of(ItemState)(text)),
        _string(enum=list(ItemState), default="waiting"),
        "`waiting` items, or those that left the inbox: as an `article`, or `dismissed`.",
    ),
    "min_score": Parameter(
        _share, {"type": "number", "minimum": 0, "maximum": 1}, "Only pairs with this score or a higher one."
    ),
    "skip": Parameter(
        _skip,
        {"type": "integer", "minimum": 0, "maximum": MOST_SKIPPED, "default": 0},
        "The number of pairs to leave out at the top.",
    ),
    "need": Parameter(lambda text: Need(_one_of(Need)(text)), _string(enum=list(Need)), "Why a claim needs work."),
    "sort": Parameter(
        lambda text: Sort(_one_of(Sort)(text)),
        _string(enum=[str(sort) for sort in Sort]),
        "The order: `-updated_at` by default, best first if there is a `q`.",
    ),
}


def read(*names: str, renamed: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the query parameters of this request, read: see `understood`."""
    return understood(request.args, *names, renamed=renamed)


def understood(given: MultiDict[str, str], *names: str, renamed: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the query parameters that were given, read. Raises Invalid and names each that is wrong.

    `names` are the parameters that the path takes; `renamed` maps a name to its row in the table.
    """
    values: dict[str, Any] = {}
    flaws: list[Flaw] = []
    for name, texts in given.lists():
        if name not in names:
            flaws.append(Flaw(message("This parameter does not exist here."), parameter=name[:100]))
        elif len(texts) > 1:
            flaws.append(Flaw(message("Was given more than once."), parameter=name))
        elif "\x00" in texts[0]:
            flaws.append(Flaw(message("Must not contain U+0000."), parameter=name))
        else:
            try:
                values[name] = TABLE[(renamed or {}).get(name, name)].read(texts[0])
            except ValueError as error:
                flaws.append(Flaw(error.args[0], parameter=name))
    if flaws:
        raise Invalid(message("Some parameters of the request are not allowed."), flaws=flaws)
    return values


def documented(*names: str, renamed: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return the OpenAPI parameters of these names."""
    rows = {name: TABLE[(renamed or {}).get(name, name)] for name in names}
    return [
        {"in": "query", "name": name, "schema": dict(row.schema), "description": row.description, "required": False}
        for name, row in rows.items()
    ]
