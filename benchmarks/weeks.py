"""`python -m benchmarks.weeks`: what the statistics cost on a large desk, as ratios to a plain page of claims.

The claims are histories that are made up: a year of them, by fifty people, with tags, verdicts and second opinions. The
follower counts them as it does any others; the log has only the first article.
"""

import argparse
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from benchmarks.databases import on_both
from benchmarks.serving import SECRET, rate, request, serving
from factcheck import seeding
from factcheck.desk import people
from factcheck.followers.registry import from_log
from factcheck.followers.statistics import StatisticsChanges, StatisticsFollower, counts_of
from factcheck.log.clock import now
from factcheck.log.ids import new_id
from factcheck.rules.roles import Role
from factcheck.rules.statistics.counting import Act, ClaimHistory, Event
from factcheck.rules.status import Question
from factcheck.storage import schema
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.statistics import StatisticCount

PEOPLE, TAGS, OUTLETS, BATCH = 50, 40, 20, 500
SECONDS = 4.0  # for which each is asked for, over one connection
VERDICTS = ("verified", "disputed", "refuted", "unverifiable")
YEAR = timedelta(days=364)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.weeks", description=__doc__)
    parser.add_argument("--size", type=int, default=100_000, help="how many claims")
    on_both(measure, parser.parse_args().size)


def measure(name: str, url: str, size: int) -> None:
    schema.upgrade(url)
    database = Database(url)
    with database.writing() as session:
        seeding.seed(session)
        operator = people.operator(session)
        staff = [people.add(session, operator, name=f"Person {n}", role=Role.ADMIN).id for n in range(PEOPLE)]
        tokens = {role: people.issue_token(session, operator, name=name) for role, name in (("admin", "Person 0"),)}
        people.add(session, operator, name="Reader", role=Role.READER)
        tokens["reader"] = people.issue_token(session, operator, name="Reader")
    for following in from_log(database):
        following.catch_up()
    began = time.perf_counter()
    count(database, size, staff)
    took = time.perf_counter() - began
    with database.reading() as connection:
        rows = connection.execute(select(func.count()).select_from(StatisticCount)).scalar_one()
    print(f"\n{name}: {size} claims were counted in {took:.0f} s, in {rows} rows")
    database.close()
    paths = {
        "a page of claims": ("/v1/claims", "reader"),
        "twelve weeks": ("/v1/statistics", "reader"),
        "… for an admin": ("/v1/statistics", "admin"),
        "… of a tag": ("/v1/statistics?tag=tag-1", "admin"),
        "… of a person": (f"/v1/statistics?person={staff[1]}", "admin"),
        "a year": (f"/v1/statistics?from={(now() - YEAR).date()}", "admin"),
        "the page of audits": ("/audit", "admin"),
        "the page": ("/statistics", "admin"),
        "… as CSV": (f"/v1/statistics/weeks.csv?from={(now() - YEAR).date()}", "admin"),
    }
    environment = {"FACTCHECK_DATABASE_URL": url, "FACTCHECK_SECRET_KEY": SECRET}
    with serving("factcheck.cli:application", environment, "asginl") as port:
        plain = 0.0
        for what, (path, by) in paths.items():
            raw = request("GET", path, tokens[by])
            seconds = 1 / rate(port, lambda raw=raw: raw, SECONDS, connections=1)  # type: ignore[misc]
            plain = plain or seconds
            print(f"  {what:22} {seconds * 1000:8.2f} ms   {seconds / plain:5.2f} of a page of claims")


def count(database: Database, size: int, staff: list[str]) -> None:
    """Have the follower write the histories, batch by batch."""
    follower, chance = StatisticsFollower(), random.Random(1)
    outlets = [new_id() for _ in range(OUTLETS)]
    histories = made(size, staff, outlets, chance)
    for start in range(10**6, 10**6 + size, BATCH):
        claims = {start + n: claim for n, claim in zip(range(BATCH), histories, strict=False)}
        with database.writing(long=True) as session:
            follower.write(session, StatisticsChanges({}, claims, Counter(counts_of(claims.values()))))
    with database.writing() as session:  # as often as it is analysed on a server that runs
        session.execute(update(StatisticCount).where(StatisticCount.n < 0).values(n=0))
        if session.get_bind().dialect.name == "postgresql":
            session.connection().exec_driver_sql("ANALYZE statistic_counts")


def made(size: int, staff: list[str], outlets: list[str], chance: random.Random) -> Iterator[ClaimHistory]:
    """Yield histories: of ten claims, eight are decided, after a minute to a month; of these, one in five again."""
    for number in range(size):
        added = now() - YEAR * chance.random()
        tags = [f"tag-{chance.randrange(TAGS)}" for _ in range(2)]
        claim = ClaimHistory(added, chance.choice(staff), new_id(), chance.choice(outlets), tags)
        if chance.random() < 0.8:
            first, at = chance.choice(VERDICTS), added + timedelta(minutes=60 * 24 * 30 ** chance.random())
            claim.events.append(_event(number, Act.MOVE, "unverified", first, chance.choice(staff), at))
            if chance.random() < 0.2:
                second = chance.choice(VERDICTS)
                claim.events.append(_event(number + 1, Act.OPINION, first, second, chance.choice(staff), at))
        yield claim


def _event(index: int, act: Act, before: str, after: str, by: str, at: datetime) -> Event:
    values: Any = (index, Question.CONTENT, act, before, after, by, at)
    return Event(*values)


if __name__ == "__main__":
    main()
