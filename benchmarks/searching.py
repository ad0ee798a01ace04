"""`python -m benchmarks.searching`: what a search costs, from the commonest word to one that is nowhere.

Each kind of query, with each kind of filter, as a page of 50 with its excerpts, as the API asks the desk for it: alone,
by a `sort`, with `count=true`, and deep in the results. The figure is the processor's time, of this process and of the
PostgreSQL backend together: what else runs on the machine does not change it. The time that passed stands beside it.
At the end the desk is looked over as `factcheck doctor` and `factcheck log verify` do.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from sqlalchemy import Connection, text

from benchmarks import archive
from benchmarks.checks import Clock, faults, tidied
from factcheck.desk import people, reviews
from factcheck.followers.registry import searching
from factcheck.followers.search.views import View
from factcheck.log.actors import ANY, INSIDE
from factcheck.queries import lists
from factcheck.queries.lists import ClaimFilters, Sort
from factcheck.queries.search import searches
from factcheck.rules.roles import Role
from factcheck.rules.text.queries import parse
from factcheck.settings import beside
from factcheck.storage.engine.database import Database
from tests import postgres

LIMIT = 50
DEEP = 20  # pages before the one that is measured
DEEP_IN = ("none", "tag")
DECIDED = 200  # claims with a verdict, spread over the desk
BOUND = 40.0  # milliseconds, the median of a search
QUERIES = {
    "the commonest word": "country",
    "a common word": "minister",
    "a word in a hundred": "1999",
    "two common words": "minister announced",
    "two that never meet": "minister president",
    "a phrase of common words": '"in the country"',
    "a phrase that never is": '"country the"',
    "common, -common": "country -minister",
    "common, -everywhere": "country -said",
    "two letters*": "th*",
    "three letters*": "mon*",
    "a stem*": "announc*",
    "nowhere": "zyxwvutsrq",
    "common, and nowhere": "country zyxwvutsrq",
}
FILTERS = ("none", "status", "few decided", "kind", "few forecasts", "source", "tag", "tag and word that never meet",
           "rare tag")  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """What one search costs: milliseconds of the processor, median and 95th percentile, and of the clock."""

    query: str
    narrowed: str
    how: str
    p50: float
    p95: float
    passed: float
    found: int


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.searching", description=__doc__)
    parser.add_argument("--size", type=int, default=20_000, help="how many claims")
    parser.add_argument("--databases", default="sqlite,postgresql", help="which of the two")
    parser.add_argument("--url", help="a desk that was filled already, by benchmarks/archive.py")
    parser.add_argument("--rounds", type=int, default=9, help="how often each kind of search is made")
    parser.add_argument("--unchecked", action="store_true", help="leave out the checks at the end")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.url:
            told("The desk", Database(given.url), given.rounds, given.unchecked)
        elif "sqlite" in given.databases:
            url = f"sqlite:///{folder}/bench.db"
            told("SQLite", archive.fill(url, given.size, Path(folder)), given.rounds, given.unchecked)
        if "postgresql" in given.databases and not given.url:
            with postgres.server() as maintenance:
                if maintenance is None:
                    sys.exit("No PostgreSQL on this machine: its part was not measured.")
                url = postgres.create(maintenance)
                told("PostgreSQL", archive.fill(url, given.size, Path(folder)), given.rounds, given.unchecked)


def told(name: str, database: Database, rounds: int, unchecked: bool) -> None:
    """Measure and print: each query's dearest search, and what is dearer than it may be."""
    print(f"\n{name}: a search in milliseconds of the processor, median and 95th percentile", flush=True)
    figures: list[Figure] = []
    for query, made in groupby(measured(database, rounds), key=lambda each: each.query):
        own = list(made)
        plain, worst = own[0], max(own, key=lambda each: each.p50)
        print(f"  {query:26} {plain.p50:6.1f} {plain.p95:6.1f}   worst {worst.p50:6.1f} {worst.p95:6.1f}"
              f"  ({worst.narrowed}, {worst.how})", flush=True)  # fmt: skip
        figures += own
    over = sorted((each for each in figures if each.p50 > BOUND), key=lambda each: -each.p50)
    print(
        f"  the worst of {len(figures)} kinds: {max(each.p50 for each in figures):.1f}; {len(over)} above {BOUND:.0f}"
    )
    for each in over:
        print(f"    {each.query}, {each.narrowed}, {each.how}: {each.p50:.1f}, {each.found} found")
    if not unchecked:
        print(f"  doctor and log verify: {len(faults(database))} faults")
    database.close()


def measured(database: Database, rounds: int = 9) -> Iterator[Figure]:
    """Yield a figure for each kind of search, on a desk that `archive.fill` made."""
    decided(database)
    tidied(database)
    clock = Clock()
    with closing(searching(database, beside(database.url, "index"))) as index, database.reading() as connection:
        index.catch_up()
        view = index.view()
        clock.attend(connection)
        narrowed = filters(connection)
        queries = QUERIES | {"a rare word": rare_word(connection)}
        for query, q in queries.items():
            for name in FILTERS:
                given = ClaimFilters(q=parse("minister" if "never meet" in name else q), **narrowed[name])
                if "never meet" in name and query != "a common word":
                    continue
                deep = page_at(connection, view, given, None, DEEP) if name in DEEP_IN else None
                ways: dict[str, tuple[Sort | None, bool, Any]] = {
                    "best": (None, False, None),
                    "best, counted": (None, True, None),
                    "sorted": (Sort.UPDATED_LAST, False, None),
                }
                if deep is not None:
                    ways["deep"] = (None, False, deep)
                for how, (sort, count, after) in ways.items():
                    yield timed(connection, view, clock, (query, name, how), given, sort, count, after, rounds)


def timed(
    connection: Connection, view: View, clock: Clock, names: tuple[str, str, str], given: ClaimFilters,
    sort: Sort | None, count: bool, after: Any, rounds: int,
) -> Figure:  # fmt: skip
    spent, passed = [], []
    for _ in range(rounds + 1):
        began, busy = time.perf_counter(), clock.now()
        page = lists.claims(connection, given, sort, after, LIMIT, viewer=INSIDE, view=view)
        if count:
            lists.count_claims(connection, given, viewer=INSIDE, view=view)
        assert given.q is not None
        searches.of_claims(connection, page.items, given.q)
        spent.append((clock.now() - busy) * 1000)
        passed.append((time.perf_counter() - began) * 1000)
    tail = quantiles(spent[1:], n=20, method="inclusive")[-1]
    return Figure(*names, median(spent[1:]), tail, median(passed[1:]), len(page.items))


def page_at(connection: Connection, view: View, given: ClaimFilters, sort: Sort | None, pages: int) -> Any:
    """Return the key after so many pages; None when there are not so many."""
    after = None
    for _ in range(pages):
        after = lists.claims(connection, given, sort, after, LIMIT, viewer=INSIDE, view=view).next
        if after is None:
            return None
    return after


def filters(connection: Connection) -> dict[str, dict[str, Any]]:
    def source(name: str) -> str:
        found = connection.execute(text("SELECT id FROM sources WHERE external_id = :name"), {"name": name})
        return str(found.scalar_one())

    return {
        "none": {},
        "status": {"status": ("unverified",)},
        "few decided": {"status": ("unverifiable",)},
        "kind": {"kind": "opinion"},
        "few forecasts": {"kind": "forecast"},
        "source": {"source": source("s1")},
        "tag": {"tag": "court"},
        "tag and word that never meet": {"tag": "president"},
        "rare tag": {"tag": "rare"},
    }


def rare_word(connection: Connection) -> str:
    """Return a name of the claim in the middle."""
    middle = connection.execute(text("SELECT max(seq) / 2 FROM claims")).scalar_one()
    said = connection.execute(
        text("SELECT text FROM claims WHERE seq >= :middle ORDER BY seq LIMIT 1"), {"middle": middle}
    ).scalar_one()
    return str(said.split(" said that ")[1].split()[0])


def decided(database: Database) -> None:
    """Give a few claims a verdict, through the action."""
    with database.reading() as connection:
        top = connection.execute(text("SELECT max(seq) FROM claims")).scalar_one()
        there = connection.execute(text("SELECT count(*) FROM claims WHERE status = 'unverifiable'")).scalar_one()
    if there:
        return
    chance = random.Random(5)
    with database.writing() as session:
        operator = people.operator(session)
        person = people.add(session, operator, name="Bench", role=Role.ANALYST)
        nearest = text("SELECT id FROM claims WHERE seq >= :seq ORDER BY seq LIMIT 1")
        found = (session.execute(nearest, {"seq": chance.randrange(top)}).scalar_one() for _ in range(DECIDED))
        for claim in dict.fromkeys(str(each) for each in found):
            reviews.decide(
                session, person, claim, status="unverifiable", seen=ANY, reason="Nobody counted, nor can now."
            )


if __name__ == "__main__":
    main()
