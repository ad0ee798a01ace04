"""Statistics of some weeks, from what the follower `statistics` counts: a few indexed reads on a desk of any size."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Date, bindparam, case, func, select
from sqlalchemy.engine import Connection

from factcheck.desk.access import blindness, unknown
from factcheck.desk.claim_state.connected import batches
from factcheck.errors import Flaw, Invalid, Unavailable
from factcheck.followers.statistics import StatisticsFollower, histories
from factcheck.log.actors import Actor
from factcheck.messages import message
from factcheck.queries import agreement
from factcheck.rules.roles import Role
from factcheck.rules.statistics import weeks as calendar
from factcheck.rules.statistics.counting import ANYBODY, DESK, Counted, Measure, counted, of, of_outlet, of_tag
from factcheck.rules.statistics.histogram import percentile
from factcheck.rules.statistics.weeks import AGES
from factcheck.rules.status import Question
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.followers import FollowerPosition
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.sources import Source
from factcheck.storage.tables.statistics import StatisticCount

Json = dict[str, Any]
TRIES = 5  # readings while the follower goes on
WEEKLY = (Measure.DECIDED, Measure.CORRECTED, Measure.REOPENED, Measure.FIRST, Measure.OPINION)
OF_PEOPLE = (Measure.DECIDED, Measure.CORRECTED, Measure.REOPENED, Measure.OPINION)


@dataclass(frozen=True)
class Asked:
    """What is asked for. `first` and `last` are Mondays; of tag, outlet and person, None is all."""

    question: Question
    first: date
    last: date
    tag: str | None = None
    outlet_id: str | None = None
    person_id: str | None = None

    @property
    def measures(self) -> list[str]:
        return [Measure.ADDED, *(of(self.question, measure) for measure in WEEKLY)]


class Counts(NamedTuple):
    """Counts of each week by measure and value, of what is open by its age, and of people by person and measure."""

    weeks: defaultdict[date, Counter[tuple[str, str]]]
    ages: Counter[int]  # by the place in AGES
    people: Counter[tuple[str, str]]


def statistics(connection: Connection, asked: Asked, today: date, viewer: Actor) -> Json:
    """Return the statistics of some weeks as `viewer` may see them; those by person are for admins.

    A verdict that they are to give once more without seeing it is not counted, and its claim counts as open.
    """
    scopes, outlet = _scopes(connection, asked)
    names = _people(connection) if viewer.role.includes(Role.ADMIN) else {viewer.id: viewer.name}
    if asked.person_id is not None and asked.person_id not in names:
        raise _invalid(unknown.PERSON, "person")
    counts = _counts(connection, asked, scopes, names, viewer, today)
    person = asked.person_id and {"id": asked.person_id, "name": names[asked.person_id]}
    weeks = {monday: counts.weeks[monday] for monday in calendar.weeks(asked.first, asked.last)}
    whole = sum(weeks.values(), Counter[tuple[str, str]]())
    return {
        "question": asked.question,
        "from": asked.first.isoformat(),
        "to": (asked.last + timedelta(days=6)).isoformat(),
        "tag": asked.tag,
        "outlet": outlet,
        "person": person,
        "weeks": [
            {"week": calendar.name(monday), "from": monday.isoformat(), **_figures(asked.question, found)}
            for monday, found in weeks.items()
        ],
        "total": _figures(asked.question, whole),
        "open": _open(counts, today),
        "agreement": agreement.told(_pairs(asked.question, whole)),
        "people": _by_person(asked.question, counts, names) if viewer.role.includes(Role.ADMIN) else None,
    }


def outlets_of(connection: Connection, named: str) -> list[str]:
    """Return the ids of the sources, of those not joined with another one, that have exactly this name."""
    return list(connection.execute(_NAMED, {"name": named}).scalars())


def _scopes(connection: Connection, asked: Asked) -> tuple[list[str], Json | None]:
    """Return under what is counted what is asked for, and the outlet as it is shown, with what is joined with it."""
    if asked.outlet_id is None:
        return [DESK if asked.tag is None else of_tag(asked.tag)], None
    rows = connection.execute(_JOINED, {"id": asked.outlet_id}).all()
    if not rows:
        raise _invalid(unknown.SOURCE, "outlet")
    shown = next(row for row in rows if row.id == row.canonical_id)
    return [of_outlet(row.id) for row in rows], {"id": shown.id, "name": shown.name, "kind": shown.kind}


def _invalid(detail: str, parameter: str) -> Invalid:
    return Invalid(
        message("Some parameters of the request are not allowed."), flaws=[Flaw(detail, parameter=parameter)]
    )


def _counts(
    connection: Connection, asked: Asked, scopes: list[str], names: dict[str, str], viewer: Actor, today: date
) -> Counts:
    """Read the counts, and take what is hidden from the viewer out of them.

    What is hidden is asked for after the counts were read: whatever they have is either still hidden then, or was
    opened to everybody. That holds as long as the follower took no step between the two.
    """
    for _ in range(TRIES):
        position = connection.execute(_POSITION).scalar()
        counts = _read(connection, asked, scopes, names if viewer.role.includes(Role.ADMIN) else (), today)
        blinds = blindness.of_viewer(connection, viewer)
        if not blinds:
            return counts
        _hide(connection, asked, scopes, blinds, counts, today)
        if connection.execute(_POSITION).scalar() == position:
            return counts
    raise Unavailable(message("The statistics are being brought up to date. Try again in a moment."))


def _read(connection: Connection, asked: Asked, scopes: list[str], people: Iterable[str], today: date) -> Counts:
    of_whom = {"scopes": scopes, "person": asked.person_id or ANYBODY}
    period = {"first": asked.first, "last": asked.last}
    counts = Counts(defaultdict(Counter), Counter(), Counter())
    for measure, day, value, n in connection.execute(_WEEKLY, of_whom | period | {"measures": asked.measures}):
        counts.weeks[day][measure, value] = int(n)
    days = {f"day_{place}": today - timedelta(days=age.least) for place, age in enumerate(AGES)}
    for place, n in connection.execute(_OPEN, of_whom | days | {"measure": of(asked.question, Measure.OPEN)}):
        counts.ages[place] = int(n)
    by = {"scopes": scopes, "measures": [Measure.ADDED, *(of(asked.question, measure) for measure in OF_PEOPLE)]}
    for some in batches(people):
        for person, measure, n in connection.execute(_BY_PERSON, by | period | {"people": some}):
            counts.people[person, measure] = int(n)
    return counts


def _hide(
    connection: Connection,
    asked: Asked,
    scopes: list[str],
    blinds: Iterable[blindness.Blind],
    counts: Counts,
    today: date,
) -> None:
    """Take out of the counts what is hidden, and count the claims of it as open."""
    hidden: dict[str, dict[Question, int]] = {}
    for blind in blinds:
        hidden.setdefault(blind.claim_id, {})[blind.question] = blind.since
    seqs = {row.seq: row.id for ids in batches(hidden) for row in connection.execute(_SEQS, {"ids": ids})}
    for seq, claim in histories(connection, seqs).items():
        if set(scopes).isdisjoint(claim.scopes):
            continue
        moved = Counter(counted(claim, hidden[seqs[seq]]))
        moved.subtract(Counter(counted(claim)))
        for each, n in moved.items():
            _move(asked, counts, each, n, today)


def _move(asked: Asked, counts: Counts, each: Counted, n: int, today: date) -> None:
    mine = asked.person_id in (None, each.person_id)
    if each.measure == of(asked.question, Measure.OPEN):
        counts.ages[calendar.age_of(each.day, today)] += n if mine else 0
    elif each.measure in asked.measures and asked.first <= each.day <= asked.last:
        counts.weeks[each.day][each.measure, each.value] += n if mine else 0
        counts.people[each.person_id, each.measure] += n


def _figures(question: Question, found: Counter[tuple[str, str]]) -> Json:
    """Return the figures of one week, or of several."""
    sums: Counter[str] = Counter()
    times: dict[int, int] = {}
    first = of(question, Measure.FIRST)
    for (measure, value), n in found.items():
        sums[measure] += n
        if measure == first:
            times[int(value)] = n
    pairs = _pairs(question, found)
    return {
        "added": sums[Measure.ADDED],
        "decided": sums[of(question, Measure.DECIDED)],
        "first_verdicts": sums[first],
        "median_seconds": percentile(times, 50),
        "p90_seconds": percentile(times, 90),
        "second_opinions": sum(pairs.values()),
        "agreed": sum(n for (one, other), n in pairs.items() if one == other),
        "corrected": sums[of(question, Measure.CORRECTED)],
        "reopened": sums[of(question, Measure.REOPENED)],
    }


def _pairs(question: Question, found: Counter[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return how often each pair of verdicts, first and second, was given."""
    pairs = {}
    for (measure, value), n in found.items():
        if measure == of(question, Measure.OPINION):
            first, _, second = value.partition(" ")
            pairs[first, second] = n
    return pairs


def _open(counts: Counts, today: date) -> Json:
    return {
        "on": today.isoformat(),
        "total": sum(counts.ages.values()),
        "by_age": [{"age": age.name, "count": counts.ages[place]} for place, age in enumerate(AGES)],
    }


def _by_person(question: Question, counts: Counts, names: dict[str, str]) -> list[Json]:
    """Return the figures of each person who did any of it, those who decided most first."""
    found = [
        {
            "person": {"id": person, "name": names[person]},
            "added": counts.people[person, Measure.ADDED],
            "decided": counts.people[person, of(question, Measure.DECIDED)],
            "corrected": counts.people[person, of(question, Measure.CORRECTED)],
            "reopened": counts.people[person, of(question, Measure.REOPENED)],
            "second_opinions": counts.people[person, of(question, Measure.OPINION)],
        }
        for person in sorted({person for (person, _), n in counts.people.items() if n} & names.keys())
    ]
    return sorted(found, key=lambda each: (-each["decided"], -each["added"], each["person"]["id"]))


def _people(connection: Connection) -> dict[str, str]:
    return {row.id: row.name for row in connection.execute(_PEOPLE)}


_SCOPES: Any = bindparam("scopes", expanding=True)
_MEASURES: Any = bindparam("measures", expanding=True)
_n = func.sum(StatisticCount.n).label("n")
_of_period = (
    StatisticCount.measure.in_(_MEASURES) & (StatisticCount.day >= bindparam("first"))
    & (StatisticCount.day <= bindparam("last"))
)  # fmt: skip
_WEEKLY = (
    select(StatisticCount.measure, StatisticCount.day, StatisticCount.value, _n)
    .where(StatisticCount.scope.in_(_SCOPES), StatisticCount.person == bindparam("person"), _of_period)
    .group_by(StatisticCount.measure, StatisticCount.day, StatisticCount.value)
)
# The age of what was added on a day: the last one in AGES whose least number of days it has.
_age = case(
    *((StatisticCount.day <= bindparam(f"day_{place}", type_=Date), place) for place in reversed(range(1, len(AGES)))),
    else_=0,
).label("age")
_OPEN = (
    select(_age, _n)
    .where(
        StatisticCount.scope.in_(_SCOPES),
        StatisticCount.person == bindparam("person"),
        StatisticCount.measure == bindparam("measure"),
    )
    .group_by("age")
)
# By the ids of all people: of a join, a server's planner reads what is counted of anybody, and sorts people out.
_BY_PERSON = (
    select(StatisticCount.person, StatisticCount.measure, _n)
    .where(
        StatisticCount.scope.in_(_SCOPES), StatisticCount.person.in_(bindparam("people", expanding=True)), _of_period
    )
    .group_by(StatisticCount.person, StatisticCount.measure)
)
_PEOPLE = select(Person.id, Person.name)
_POSITION = select(FollowerPosition.position).where(FollowerPosition.name == StatisticsFollower.name)
_SEQS = select(Claim.id, Claim.seq).where(Claim.id.in_(bindparam("ids", expanding=True)))
_JOINED = select(Source.id, Source.name, Source.kind, Source.canonical_id).where(
    Source.canonical_id == select(Source.canonical_id).where(Source.id == bindparam("id")).scalar_subquery()
)
_NAMED = (
    select(Source.id).where(Source.name == bindparam("name"), Source.id == Source.canonical_id).order_by(Source.seq)
)
