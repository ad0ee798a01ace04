"""Statistics for requests: what is asked for, the answer, and its tables as files for spreadsheets."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from flask import Response

from factcheck.desk.claim_state import documents
from factcheck.errors import Flaw, Invalid, NotFound
from factcheck.followers.progress import AsOf
from factcheck.formats.claim_table import written
from factcheck.log.actors import Actor
from factcheck.log.clock import now
from factcheck.messages import message
from factcheck.queries.team.statistics import Asked, outlets_of, statistics
from factcheck.rules.roles import Role
from factcheck.rules.statistics.weeks import WEEK, day_of, week_of
from factcheck.rules.status import Question
from factcheck.schemas.base import is_id
from factcheck.web import context, queries

Json = dict[str, Any]
NAMES = ("question", "from", "to", "tag", "outlet", "person")
RENAMED = {"from": "from_week", "to": "to_week", "outlet": "outlet_named", "person": "who"}
USUAL = 12  # weeks, where no first one is given
MOST = 520  # weeks of one answer: ten years
EARLIEST, LATEST = date(1970, 1, 1), date(9998, 12, 31)
FIGURES = (
    "added", "decided", "first_verdicts", "median_seconds", "p90_seconds", "second_opinions", "agreed", "corrected",
    "reopened",
)  # fmt: skip
OF_PERSON = ("added", "decided", "corrected", "reopened", "second_opinions")


def found(query: Mapping[str, Any]) -> tuple[Json, AsOf]:
    """Return the statistics that a request asks for, and up to which entry of the log they are true.

    Raises Unauthenticated without a token or a session, Forbidden for another person's figures, and Invalid.
    """
    viewer, today = context.demand_caller(), day_of(now())
    with context.reading_derived("statistics") as (connection, as_of):
        outlet = query.get("outlet")
        if outlet is not None and not is_id(outlet):
            outlet = _one_of(outlets_of(connection, outlet))
        asked = _asked(query, outlet, viewer, today)
        return statistics(connection, asked, today, viewer), as_of


def _asked(query: Mapping[str, Any], outlet: str | None, viewer: Actor, today: date) -> Asked:
    for name in ("from", "to"):
        if not EARLIEST <= query.get(name, today) <= LATEST:
            raise _invalid(
                message("Must be a day from {first} to {last}.", first=EARLIEST.year, last=LATEST.year), name
            )
    last = week_of(query.get("to", today))
    first = week_of(query["from"]) if "from" in query else last - (USUAL - 1) * WEEK
    if first > last:
        raise _invalid(message("Must not be before `from`."), "to")
    if (last - first) // WEEK >= MOST:
        raise _invalid(message("A period has at most {most} weeks. Choose a later day.", most=MOST), "from")
    if "tag" in query and outlet is not None:
        raise _invalid(message("Choose a tag or an outlet, not both."), "outlet")
    person = query.get("person")
    if person is not None:
        person = viewer.id if person == queries.ME else person
        if person != viewer.id:
            viewer.demand(Role.ADMIN)
    question = Question(query.get("question", Question.CONTENT))
    return Asked(question, first, last, query.get("tag"), outlet and outlet.lower(), person)


def _one_of(ids: list[str]) -> str:
    if not ids:
        raise _invalid(message("No source has this name."), "outlet")
    if len(ids) > 1:
        raise _invalid(
            message("Several sources have this name. Give the id of one: {ids}.", ids=", ".join(ids[:5])), "outlet"
        )
    return ids[0]


def _invalid(detail: str, parameter: str) -> Invalid:
    flaws = [Flaw(detail, parameter=parameter)]
    return Invalid(message("Some parameters of the request are not allowed."), flaws=flaws)


def _weeks(told: Json) -> Iterable[Iterable[Any]]:
    yield "week", "from", *FIGURES
    for week in told["weeks"]:
        yield week["week"], week["from"], *(week[name] for name in FIGURES)


def _open(told: Json) -> Iterable[Iterable[Any]]:
    yield "age", "count"
    for each in told["open"]["by_age"]:
        yield each["age"], each["count"]


def _agreement(told: Json) -> Iterable[Iterable[Any]]:
    yield "first", "second", "count"
    for each in told["agreement"]["matrix"]:
        yield each["first"], each["second"], each["count"]


def _people(told: Json) -> Iterable[Iterable[Any]]:
    yield "person_id", "person", *OF_PERSON
    for each in told["people"]:
        yield each["person"]["id"], each["person"]["name"], *(each[name] for name in OF_PERSON)


TABLES: Mapping[str, Callable[[Json], Iterable[Iterable[Any]]]] = {
    "weeks": _weeks,
    "open": _open,
    "agreement": _agreement,
    "people": _people,
}


def table(name: str, query: Mapping[str, Any]) -> Response:
    """Answer with one table as CSV. Raises NotFound for a name of none; the one of people is for admins."""
    if name not in TABLES:
        raise NotFound(message("There is no such table. There are: {tables}.", tables=", ".join(TABLES)))
    if name == "people":
        context.demand_caller().demand(Role.ADMIN)
    told, _ = found(query)
    body = written(TABLES[name](told))
    response = context.one(body, documents.etag_of(body), "text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="statistics-{name}.csv"'
    return response
