"""`python -m benchmarks.imports`: importing and exporting, against adding the same rows, ready, to the same tables.

The import does everything: it reads and validates lines, anchors, renders, logs, indexes for search and audits. The
limit is what the database takes by itself: `executemany` on SQLite, COPY on PostgreSQL, of all the rows that the import
left, into an empty desk, in transactions as long. Each part runs in a process of its own, whose memory is told.
"""

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, insert, literal, select

from benchmarks.claims import WORDS
from factcheck.cli.transfer import entered
from factcheck.desk import exports, intake
from factcheck.desk.lists import ClaimFilters
from factcheck.storage import schema
from factcheck.storage.bulk import add_rows
from factcheck.storage.database import Database
from factcheck.storage.logbook import Revision
from factcheck.storage.models import Article, Base, Claim, Person
from tests import postgres

# Tables that an import writes, in an order that foreign keys allow; the log's head and sums are written as they end up.
TABLES = (
    "revisions", "revision_contents", "sources", "articles", "snapshots", "claims", "quotes", "hops", "evidence",
    "claim_sources", "claim_tags", "claim_audits", "findings", "finding_sources", "source_standings", "tallies",
    "article_findings", "source_tallies",
)  # fmt: skip
SUMS = ("tallies", "article_findings", "source_tallies")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--size", type=int, default=20_000, help="how many claims")
    parser.add_argument("--databases", default="sqlite,postgresql")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "claims.ndjson"
        write_lines(lines, arguments.size)
        if "sqlite" in arguments.databases:
            measure("SQLite", arguments.size, lines, lambda name: f"sqlite:///{folder}/{name}.db")
        if "postgresql" in arguments.databases:
            with postgres.server() as maintenance:
                if maintenance is None:
                    sys.exit("No PostgreSQL on this machine: its part was not measured.")
                measure("PostgreSQL", arguments.size, lines, lambda _: postgres.create(maintenance))


def measure(name: str, size: int, lines: Path, new: Callable[[str], str]) -> None:
    one, other = new("one"), new("other")
    for url in (one, other):
        schema.upgrade(url)
    took, held = apart(bring_in, one, lines)
    limit, _ = apart(add_ready_rows, one, other)
    again, _ = apart(bring_in, one, lines)
    left, export_held = apart(take_out, one)
    print(f"{name}: {size} claims")
    print(f"  import            {size / took:8.0f} claims/s   {limit / took:.2f} of ready rows; {held:.0f} MB at most")
    print(f"  the rows alone    {size / limit:8.0f} claims/s")
    print(f"  the same again    {size / again:8.0f} claims/s")
    print(f"  export            {size / left:8.0f} claims/s   {export_held:.0f} MB at most")


def apart(work: Callable[..., float], *arguments: Any) -> tuple[float, float]:
    """Run in a new process and return the seconds that it measured and the megabytes that it held at most."""
    context = multiprocessing.get_context("spawn")
    queue = context.SimpleQueue()
    process = context.Process(target=_apart, args=(queue, work, *arguments))
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(1)
    seconds, kilobytes = queue.get()
    return seconds, kilobytes / 1024


def _apart(queue: Any, work: Callable[..., float], *arguments: Any) -> None:
    seconds = work(*arguments)
    queue.put((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


def bring_in(url: str, lines: Path) -> float:
    database = Database(url)
    began = time.perf_counter()
    with lines.open("rb") as stream:
        for _, results in entered(database, intake.batches(stream, "ndjson")):
            if any(result.problem for result in results):
                raise RuntimeError(next(result.as_json() for result in results if result.problem))
    took = time.perf_counter() - began
    database.close()
    return took


def take_out(url: str) -> float:
    database = Database(url)
    began = time.perf_counter()
    for _ in exports.claims(database, ClaimFilters(), None, "ndjson", None):
        pass
    return time.perf_counter() - began


def add_ready_rows(one: str, other: str) -> float:
    """Add what the import left in one database to another, and return how long the adding alone took."""
    database, empty = Database(one), Database(other)
    took = 0.0
    with database.reading_one_moment() as connection:
        with empty.writing() as session:
            rows = connection.execute(select(*Person.__table__.columns)).all()
            session.execute(insert(Person), [dict(row._mapping) for row in rows])
        tables = {name: Ready(connection, name) for name in TABLES}
        size = connection.execute(select(func.max(Revision.log_index))).scalar_one() + 1
        for bound in [*range(intake.BATCH, size, intake.BATCH), None]:
            ready = [(table, list(table.until(bound))) for table in tables.values()]
            began = time.perf_counter()
            with empty.writing() as session:
                for table, rows in ready:
                    add_rows(session, table.table, table.columns, rows)
            took += time.perf_counter() - began
    return took


class Ready:
    """The rows of a table in the order of the log, read as they are needed."""

    def __init__(self, connection: Any, name: str) -> None:
        self.table = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}[name]
        columns = [each for each in self.table.__table__.columns if each.computed is None]
        self.columns = tuple(each.name for each in columns)
        key = next((each for each in columns if each.name in ("claim_seq", "seq", "log_index")), None)
        statement = select(*columns)
        if key is None and "claim_id" in self.columns:
            key = Claim.seq
            statement = statement.join(Claim, Claim.id == self.table.claim_id)
        elif name == "snapshots":
            key = Article.seq
            statement = statement.join(Article, Article.id == self.table.article_id)
        if key is None:
            key = literal(2**40)
        order = () if name in SUMS else (key,)
        statement = statement.add_columns(key.label("place")).order_by(*order)
        self.rows = iter(connection.execution_options(stream_results=True, yield_per=500).execute(statement))
        self.next = next(self.rows, None)

    def until(self, bound: int | None) -> Iterator[tuple[Any, ...]]:
        while self.next is not None and (bound is None or self.next[-1] < bound):
            yield tuple(self.next[:-1])
            self.next = next(self.rows, None)


def write_lines(path: Path, size: int) -> None:
    """Write sources, an article for every ten claims, and claims with two hops and, every fourth, evidence."""
    random = Random(2023)

    def words(count: int) -> str:
        return " ".join(random.choice(WORDS) for _ in range(count))

    with path.open("w", encoding="utf-8") as file:
        for at in range(200):
            line = {"type": "source", "external_id": f"s{at}", "name": f"{words(2)} {at}", "kind": "organization"}
            file.write(json.dumps(line) + "\n")
        article = ""
        for at in range(size):
            if at % 10 == 0:
                article = words(400)
                line = {
                    "type": "article", "external_id": f"a{at // 10}", "title": words(8), "text": article,
                    "url": f"https://news.example.org/{at}", "outlet_id": f"s{random.randrange(200)}",
                    "published_on": "2023-11-06", "language": "en",
                }  # fmt: skip
                file.write(json.dumps(line) + "\n")
            start = random.randrange(len(article) - 100)
            quote = {"exact": article[start : start + 60], "start": start, "end": start + 60}
            chain = [
                {"source_id": f"s{random.randrange(200)}", "directness": "indirect", "cue": "said", "interested": each}
                for each in (None, True)
            ]
            line = {
                "type": "claim", "external_id": f"c{at}", "article_id": f"a{at // 10}", "text": words(14),
                "kind": "factual", "quotes": [quote],
                "attribution": chain, "tags": sorted({random.choice(WORDS), random.choice(WORDS)}),
            }  # fmt: skip
            if at % 4 == 0:
                line["evidence"] = [
                    {"stance": "supports", "url": f"https://e.example.org/{at}", "source_id": "s1", "title": words(5)}
                ]
            file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
