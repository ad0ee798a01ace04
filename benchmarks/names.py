"""`python -m benchmarks.names`: how many sources are found by a name that is written otherwise, and how soon.

The pairs of tests/data/names.json, in eight scripts: of half of them, both names are one person or organization. The
first name of each pair is put on a desk among many others, made of the words of all pairs, so that each first name and
each last name is there many times. Then candidates are asked for by the second name. Exits with 1 where fewer than 95 %
of the same ones are among the first five, or where the median takes longer than 20 ms
of the processor's time.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from factcheck.desk import people, sources
from factcheck.followers.registry import searching
from factcheck.followers.search import similar_sources
from factcheck.followers.search.following import SearchFollowing
from factcheck.queries.sources.candidates import LISTED
from factcheck.rules.names.sources import THRESHOLD, known
from factcheck.settings import beside
from factcheck.storage import schema
from factcheck.storage.engine.database import Database

PAIRS = Path(__file__).parent.parent / "tests" / "data" / "names.json"
FIRST = 5
LEAST, MOST = 0.95, 20.0  # of the same ones among the first five; milliseconds, the median
TOGETHER = 2_000  # sources of one transaction


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.names", description=__doc__)
    parser.add_argument("--size", type=int, default=100_000, help="how many sources")
    size: int = parser.parse_args().size
    pairs = json.loads(PAIRS.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/desk.db"
        schema.upgrade(url)
        with closing(Database(url)) as database:
            ids = entered(database, pairs, size)
            following = searching(database, beside(url, "index"))
            following.catch_up()
            sys.exit(not holds(database, following, pairs, ids))


def entered(database: Database, pairs: list[Any], size: int) -> dict[str, str]:
    """Add the sources; return the ids of those of the pairs by their names."""
    ids: dict[str, str] = {}
    wanted = [(pair["one"], pair["kind"]) for pair in pairs]
    every = [*dict.fromkeys(wanted), *others(pairs, size - len(set(wanted)))]
    for at in range(0, len(every), TOGETHER):
        with database.writing() as session:
            operator = people.operator(session)
            for name, kind in every[at : at + TOGETHER]:
                made = sources.add(session, operator, name=name, kind=kind, aliases=[], same_as=[])
                ids.setdefault(name, made["id"])
    return ids


def others(pairs: list[Any], count: int) -> Iterator[tuple[str, str]]:
    """Yield names of one word of one pair and one or two of another, or of syllables, in the scripts of the pairs."""
    chance = random.Random(23)
    taken = {_words(pair[side]) for pair in pairs for side in ("one", "other")}
    words = {script: sorted({word for pair in pairs if pair["script"] == script for word in pair["one"].split()})
             for script in {pair["script"] for pair in pairs}}  # fmt: skip
    told = "ba ber co da del fo gra hol in ka lo mar ni or pe ras sa sen to vel wa xi yu zhen"
    syllables = told.split()
    scripts = sorted(words)
    while count:
        first = chance.choice(words[chance.choice(scripts)])
        last = "".join(chance.choices(syllables, k=chance.randint(2, 4))).title()
        if chance.random() < 0.3:
            script = chance.choice(scripts)
            first, last = chance.choice(words[script]), chance.choice(words[script])
        name = f"{first} {last}"
        if _words(name) not in taken:
            taken.add(_words(name))
            yield name, chance.choice(("person", "person", "organization"))
            count -= 1


def _words(name: str) -> frozenset[str]:
    return frozenset(name.replace(",", "").split())


def holds(database: Database, following: SearchFollowing, pairs: list[Any], ids: dict[str, str]) -> bool:
    """Print the figures, and say whether they are as good as promised."""
    took, found, likely, alike = [], 0, 0, 0
    view = following.view()
    for pair in pairs:
        asked = known(pair["other"], (), pair["kind"])
        with database.reading() as connection:
            began = time.process_time()
            items = similar_sources.alike(connection, view, asked, LISTED)
            took.append(1000 * (time.process_time() - began))
        place = next((at for at, each in enumerate(items) if each.source["id"] == ids[pair["one"]]), None)
        if not pair["same"]:
            alike += place is not None
            likely += place is not None and items[place].score >= THRESHOLD
        elif place is not None and place < FIRST:
            found += 1
        else:
            print(f"missed: {pair['one']} by {pair['other']}, place {place}")
    same = sum(pair["same"] for pair in pairs)
    p50, p95 = median(took), quantiles(took, n=20)[-1]
    print(f"{found} of {same} same ones among the first {FIRST}; at least {LEAST:.0%}")
    print(f"{likely} of {len(pairs) - same} other ones are taken for the same; {alike} are listed")
    print(f"p50 {p50:.1f} ms, at most {MOST}; p95 {p95:.1f} ms; {len(ids)} names")
    return found >= LEAST * same and p50 <= MOST


if __name__ == "__main__":
    main()
