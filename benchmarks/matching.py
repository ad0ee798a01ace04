"""`python -m benchmarks.matching`: what it costs to look for claims like a text, and how well they are found.

`--size N` fills a desk of each database with N different claims and times the look-up, for a short and a long text, in
milliseconds of the processor (this process and the PostgreSQL backend together).
`--calibrate` fits the score's coefficients to the labelled pairs and prints them. `--evaluate` prints how well the
pairs are told apart when the coefficients were fitted without them, and the mean average precision at 5.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from math import exp, log
from operator import mul
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from sqlalchemy import text

from benchmarks.checks import Clock
from benchmarks.variety import claims_made, fill, sentence
from factcheck import seeding
from factcheck.desk import claims, people
from factcheck.followers.registry import searching
from factcheck.log.actors import INSIDE
from factcheck.queries import matching
from factcheck.rules.matching import strict as rules
from factcheck.rules.matching.statements import statement
from factcheck.schemas.base import load
from factcheck.schemas.claims import ClaimIn
from factcheck.settings import beside
from factcheck.storage import schema
from factcheck.storage.engine.database import Database
from tests import postgres

PAIRS = Path(__file__).resolve().parent.parent / "tests" / "data" / "matching.json"
ROUNDS = 200
THERE = "a claim that is there"
FOLDS = 10
STEPS = 25
RIDGE = 0.0003  # of the squares of the coefficients: without it, what can be told apart for sure has no fit
SHARES = {
    "same": 0.4,
    "altered": 0.25,
    "topic": 0.25,
    "chance": 0.1,
}  # what pairs of each sort weigh in the fit, whatever their number
Pair = tuple[int, str, str, str]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matching", description=__doc__)
    parser.add_argument("--size", type=int, default=20_000, help="how many claims")
    parser.add_argument("--databases", default="sqlite,postgresql", help="which of the two")
    parser.add_argument("--calibrate", action="store_true", help="fit the coefficients and print them")
    parser.add_argument("--evaluate", action="store_true", help="print how well pairs are told apart and found")
    given = parser.parse_args()
    if given.calibrate:
        for name, value in fitted(pairs()).items():
            print(f'    "{name}": {value:.2f},')
    elif given.evaluate:
        evaluate(pairs())
    else:
        if "sqlite" in given.databases:
            with tempfile.TemporaryDirectory() as folder:
                measure("SQLite", f"sqlite:///{folder}/bench.db", given.size)
        if "postgresql" in given.databases:
            with postgres.server() as maintenance:
                if maintenance is None:
                    sys.exit("No PostgreSQL on this machine: its part was not measured.")
                measure("PostgreSQL", postgres.create(maintenance), given.size)


# ── What it costs ─────────────────────────────────────────────────────────────────────────────────────────────────


def measure(name: str, url: str, size: int) -> None:
    schema.upgrade(url)
    database = Database(url)
    with database.writing() as session:
        seeding.seed(session)
    began = time.perf_counter()
    fill(url, size)
    print(f"\n{name}: {size:,} claims, made in {time.perf_counter() - began:.0f} s", flush=True)
    made = [each for _, each in zip(range(ROUNDS), claims_made(size), strict=False)]
    for what, typical, tail, first in looked_up(database, made):
        exact = f"   {first} of {ROUNDS} found word for word" if what == THERE else ""
        print(f"  {what:22} p50 {typical:6.1f} ms   p95 {tail:6.1f} ms{exact}", flush=True)
    database.close()


def looked_up(database: Database, made: list[str]) -> Iterator[tuple[str, float, float, int]]:
    """Yield each sort of text, the median and 95th percentile of its look-up in milliseconds of the processor, and how
    many texts were found word for word. `made` are texts of claims that are there.
    """
    chance = random.Random(7)
    rows = {
        "a new claim": [sentence(chance) for _ in range(ROUNDS)],
        THERE: made,
        "10,000 characters": [" ".join(sentence(chance) for _ in range(120))[:10_000] for _ in range(ROUNDS)],
        "the commonest words": ["The minister said the number of people in the country rose."] * ROUNDS,
        "one word": ["minister"] * ROUNDS,
    }
    clock = Clock()
    with closing(searching(database, beside(database.url, "index"))) as index, database.reading() as connection:
        index.catch_up()
        view = index.view()
        clock.attend(connection)
        for what, texts in rows.items():
            took, first = [], 0
            for each in texts:
                start = clock.now()
                found = matching.match(connection, view, each, limit=10, viewer=INSIDE).items
                took.append((clock.now() - start) * 1000)
                first += bool(found and found[0].score == 1.0)
            yield what, median(took[10:]), quantiles(took[10:], n=20)[-1], first


# ── How well ──────────────────────────────────────────────────────────────────────────────────────────────────────


def pairs() -> list[Pair]:
    return [(each[0], each[1], each[2], each[3]) for each in json.loads(PAIRS.read_text(encoding="utf-8"))["pairs"]]


def fitted(given: Sequence[Pair]) -> dict[str, float]:
    """Fit the logistic regression.

    To the labelled pairs come pairs of claims that have nothing to do with one another, as most pairs do.
    """
    firsts = list(dict.fromkeys(each[2] for each in given))
    strangers = [(0, "chance", a, b) for step in (1, 2, 3) for a, b in zip(firsts, firsts[step:], strict=False)]
    sorts = ["same" if each[0] else each[1] if each[1] in SHARES else "altered" for each in [*given, *strangers]]
    rows = [
        (each[0], _measured(each), SHARES[sort] / sorts.count(sort))
        for each, sort in zip([*given, *strangers], sorts, strict=True)
    ]
    names = list(rules.COEFFICIENTS)
    table = [(label, [1.0, *(values[name] for name in names[1:])], weight) for label, values, weight in rows]
    found = [0.0] * len(names)
    for _ in range(STEPS):
        found = _step(found, table)
    return dict(zip(names, found, strict=True))


def _step(found: list[float], table: Sequence[tuple[int, list[float], float]]) -> list[float]:
    """Take one step of Newton's method: solve for where the slope of the penalised loss would be nothing."""
    size = len(found)
    slope = [0.0] + [-RIDGE * value for value in found[1:]]
    bend = [[RIDGE * (row == column and row > 0) for column in range(size)] for row in range(size)]
    for label, values, weight in table:
        likely = 1 / (1 + exp(-sum(map(mul, found, values))))
        for row, value in enumerate(values):
            slope[row] += weight * (label - likely) * value
            for column, other in enumerate(values):
                bend[row][column] += weight * likely * (1 - likely) * value * other
    for pivot in range(size):
        for row in range(size):
            if row != pivot:
                part = bend[row][pivot] / bend[pivot][pivot]
                bend[row] = [here - part * there for here, there in zip(bend[row], bend[pivot], strict=True)]
                slope[row] -= part * slope[pivot]
    return [value + slope[at] / bend[at][at] for at, value in enumerate(found)]


def _measured(pair: Pair) -> dict[str, float]:
    return rules.measures(statement(pair[2], "en"), statement(pair[3], "en"))


def _logistic(coefficients: Any, values: Any) -> float:
    weighed = coefficients["constant"] + sum(coefficients[name] * value for name, value in values.items())
    return 1 / (1 + exp(-max(-30.0, min(30.0, weighed))))


def folds(given: Sequence[Pair]) -> Iterator[tuple[list[Pair], list[Pair]]]:
    """Yield what to fit with and what to test on: pairs about one claim stay together."""
    firsts = list(dict.fromkeys(each[2] for each in given))
    for fold in range(FOLDS):
        tested = set(firsts[fold::FOLDS])
        yield [each for each in given if each[2] not in tested], [each for each in given if each[2] in tested]


def evaluate(given: Sequence[Pair]) -> None:
    scored = []
    for used, tested in folds(given):
        coefficients = fitted(used)
        scored += [(each, _logistic(coefficients, _measured(each))) for each in tested]
    print(f"{len(scored)} pairs, each scored by coefficients fitted without the claim that it is about:")
    for kind in dict.fromkeys(each[1] for each in given):
        own = [(each[0], value) for each, value in scored if each[1] == kind]
        right = sum((value >= rules.THRESHOLD) == bool(label) for label, value in own)
        print(f"  {kind:12} {right:3} of {len(own):3} on the right side of {rules.THRESHOLD}")
    brier = sum((value - each[0]) ** 2 for each, value in scored) / len(scored)
    loss = -sum(log(max(1e-9, value if each[0] else 1 - value)) for each, value in scored) / len(scored)
    print(f"  Brier score {brier:.3f}, log loss {loss:.3f}")
    with tempfile.TemporaryDirectory() as folder:
        print(f"  mean average precision at 5: {precision(f'sqlite:///{folder}/bench.db', given):.3f}")


def precision(url: str, given: Sequence[Pair]) -> float:
    """Enter every claim that is not a rewording, look for each rewording, and return the mean average precision at 5.

    One claim is right for each, so it is the mean of one over its place. In the way stand the first article's claims
    and all the claims that differ from the right one in a figure, a name, a date or a word.
    """
    schema.upgrade(url)
    database = Database(url)
    with database.writing() as session:
        seeding.seed(session)
        operator = people.operator(session)
        article = session.execute(text("SELECT article_id, exact FROM claims JOIN quotes ON claim_id = id")).first()
        assert article is not None
        for said in dict.fromkeys([each[2] for each in given] + [each[3] for each in given if not each[0]]):
            quote = {"exact": article.exact}
            body = {"article_id": article.article_id, "text": said, "kind": "factual", "quotes": [quote]}
            claims.add(session, operator, **load(ClaimIn(), body))
    asked = [each for each in given if each[0]]
    total = 0.0
    with closing(searching(database, beside(database.url, "index"))) as index, database.reading() as connection:
        view = index.view()
        for each in asked:
            found = [
                json.loads(item.document)["text"]
                for item in matching.match(connection, view, each[3], limit=5, viewer=INSIDE).items
            ]
            total += 1 / (found.index(each[2]) + 1) if each[2] in found else 0.0
    database.close()
    return total / len(asked)


if __name__ == "__main__":
    main()
