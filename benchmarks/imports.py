"""`python -m benchmarks.imports`: importing and exporting, against adding the same rows, ready, to the same tables.

The import does everything: it reads and validates lines, anchors, renders, logs, indexes for search and for similarity,
and audits. The limit is what the database takes by itself: `executemany` on SQLite, COPY on PostgreSQL, of all the rows
that the import left, into an empty desk, in transactions as long. Each part runs in a process of its own, whose memory
is told. Afterwards `factcheck doctor` and `factcheck log verify` look at what was imported.

Three ratios are told. That of the time that passes means something on a machine with two cores that does nothing else.
On one that is shared with other work, the processors' time says what it would be: of the process that enters and of
the database's server, for the reader of the lines runs beside them on the second core; and of all together.
"""

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, insert, literal, select, text

from benchmarks.archive import migrated
from benchmarks.claims import WORDS
from benchmarks.figures import Figure, told
from benchmarks.variety import SOUNDS, sentence
from factcheck.cli.ahead import read_ahead
from factcheck.cli.transfer import entered
from factcheck.exchange import exports, intake
from factcheck.log.actors import INSIDE
from factcheck.queries.lists import ClaimFilters
from factcheck.storage.bulk import add_rows
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.logbook import Revision
from factcheck.storage.tables.people import Person
from tests import postgres

# Tables that an import writes, in an order that foreign keys allow; the log's head and sums are written as they end up.
TABLES = (
    "revisions", "revision_contents", "sources", "articles", "snapshots", "claims", "quotes", "hops", "evidence",
    "claim_sources", "claim_tags",
)  # fmt: skip
RATIO, MEGABYTES = 0.45, 300  # what must be reached
SECRET = "only for measuring, nobody else's"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--size", type=int, default=20_000, help="how many claims")
    parser.add_argument("--databases", default="sqlite,postgresql")
    arguments = parser.parse_args()
    for name in arguments.databases.split(","):
        print(told(figures(arguments.size, name)), flush=True)


def figures(size: int, database: str) -> list[Figure]:
    """Measure the import and the export of `size` claims on `sqlite` or `postgresql`.

    Raises RuntimeError where that database is not on this machine, and where anything is amiss with what was imported.
    """
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "claims.ndjson"
        write_lines(lines, size)
        if database == "sqlite":
            return measured("SQLite", size, lines, lambda name: f"sqlite:///{folder}/{name}.db")
        with postgres.server() as maintenance:
            if maintenance is None:
                raise RuntimeError("There is no PostgreSQL on this machine.")
            return measured("PostgreSQL", size, lines, lambda _: postgres.create(maintenance))


def measured(name: str, size: int, lines: Path, new: Callable[[str], str]) -> list[Figure]:
    one, other = new("one"), new("other")
    for url in (one, other):
        migrated(url).close()
    brought = apart(bring_in, one, lines)
    ready = apart(add_ready_rows, one, other)
    again = apart(bring_in, one, lines)
    left = apart(take_out, one)
    table = apart(take_out, one, "csv")
    whole = apart(take_out_everything, one)
    look_over(one)
    found = [Figure(name, "import ÷ ready rows, time", ready.seconds / brought.seconds, RATIO)]
    if brought.cpu and ready.cpu:
        alone, everything = ready.cpu / brought.cpu, ready.cpu / (brought.cpu + brought.reader)
        found.append(Figure(name, "import ÷ ready rows, processors' time", alone, RATIO))
        found.append(Figure(name, "… with the reader's", everything))
    held = max(brought.megabytes, again.megabytes)
    taken = max(each.megabytes for each in (left, table, whole))
    rates = {
        "import": brought, "ready rows alone": ready, "the same import again": again, "export": left,
        "export as a table": table, "export of everything": whole,
    }  # fmt: skip
    return [
        *found,
        Figure(name, "import, peak memory", held, MEGABYTES, at_most=True, unit="MB"),
        Figure(name, "export, peak memory", taken, MEGABYTES, at_most=True, unit="MB"),
        *(Figure(name, what, size / cost.seconds, unit="claims/s") for what, cost in rates.items()),
    ]


def look_over(url: str) -> None:
    """Demand that the desk is in order, by the two commands that say so."""
    with tempfile.TemporaryDirectory() as folder:  # the default one may be another desk's
        own = {"FACTCHECK_DATABASE_URL": url, "FACTCHECK_SECRET_KEY": SECRET, "FACTCHECK_LOG_FOLDER": f"{folder}/log"}
        for words in (("doctor",), ("log", "verify")):
            command = [sys.executable, "-m", "factcheck", *words]
            done = subprocess.run(command, env=os.environ | own, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"factcheck {' '.join(words)}: {done.stdout[-2000:]} {done.stderr[-2000:]}")


# --- what is measured, each in a process of its own


@dataclass
class Cost:
    """Seconds that passed, seconds of processors, and megabytes at most.

    `cpu` is the process's and the server's, None where that cannot be told; `reader` that of processes it started.
    """

    seconds: float = 0.0
    cpu: float | None = 0.0
    reader: float = 0.0
    megabytes: float = 0.0

    @contextmanager
    def counted(self) -> Iterator[None]:
        began, used, others = time.perf_counter(), time.process_time(), sum(os.times()[2:4])
        yield
        self.seconds += time.perf_counter() - began
        self.reader += sum(os.times()[2:4]) - others
        if self.cpu is not None:
            self.cpu += time.process_time() - used

    def add_server(self, database: Database) -> None:
        """Add what the server's processes for this database used, all that they lived."""
        if database.embedded:
            return
        with database.reading() as connection:
            pids = connection.scalars(text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")).all()
        try:
            stats = [Path(f"/proc/{pid}/stat").read_text(encoding="utf-8") for pid in pids]
        except FileNotFoundError:  # not on this machine, or a machine that does not tell
            self.cpu = None
            return
        ticks = sum(int(field) for stat in stats for field in stat.rpartition(")")[2].split()[11:13])
        assert self.cpu is not None
        self.cpu += ticks / os.sysconf("SC_CLK_TCK")


def apart(work: Callable[..., Cost], *arguments: Any) -> Cost:
    """Run in a new process and return what it cost."""
    context = multiprocessing.get_context("spawn")
    queue = context.SimpleQueue()
    process = context.Process(target=_apart, args=(queue, work, *arguments))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"{work.__name__} failed")
    cost: Cost = queue.get()
    return cost


def _apart(queue: Any, work: Callable[..., Cost], *arguments: Any) -> None:
    cost = work(*arguments)
    cost.megabytes = (held_at_most() + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024
    queue.put(cost)


def held_at_most() -> int:
    """Return the kilobytes that this process held at most.

    getrusage begins with what the process held that started this one, which may have measured another database before.
    """
    try:
        told = Path("/proc/self/status").read_text(encoding="ascii")
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(told.partition("VmHWM:")[2].split()[0])


def bring_in(url: str, lines: Path) -> Cost:
    """Import as the command does."""
    database, cost = Database(url), Cost()
    with cost.counted(), lines.open("rb") as stream, read_ahead(stream, "ndjson") as batches:
        for _, results in entered(database, batches):
            if any(result.problem for result in results):
                raise RuntimeError(next(result.as_json() for result in results if result.problem))
    cost.add_server(database)
    database.close()
    return cost


def take_out(url: str, form: str = "ndjson") -> Cost:
    database = Database(url)
    return _taken(database, exports.claims(database, ClaimFilters(), None, form, INSIDE))


def take_out_everything(url: str) -> Cost:
    database = Database(url)
    return _taken(database, exports.everything(database))


def _taken(database: Database, pieces: Iterator[exports.Piece]) -> Cost:
    cost = Cost()
    with cost.counted():
        for _ in pieces:
            pass
    database.close()
    return cost


def add_ready_rows(one: str, other: str) -> Cost:
    """Add what the import left in one database to another, and return what the adding alone cost."""
    database, empty, cost = Database(one), Database(other), Cost()
    with database.reading_one_moment() as connection:
        if not database.embedded:
            connection.exec_driver_sql("SET statement_timeout = 0")
        with empty.writing() as session:
            rows = connection.execute(select(*Person.__table__.columns)).all()
            session.execute(insert(Person), [dict(row._mapping) for row in rows])
        tables = [Ready(connection, name) for name in TABLES]
        size = connection.execute(select(func.max(Revision.log_index))).scalar_one() + 1
        for bound in [*range(intake.BATCH, size, intake.BATCH), None]:
            ready = [(table, list(table.until(bound))) for table in tables]
            with cost.counted(), empty.writing() as session:
                for table, rows in ready:
                    add_rows(session.connection(), table.table, table.columns, rows)
    cost.add_server(empty)
    return cost


class Ready:
    """The rows of a table in the order of the log, read as they are needed."""

    table: type[Any]
    columns: tuple[str, ...]

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
        statement = statement.add_columns(key.label("place")).order_by(key)
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
        """Return words of which every fifth is rare."""
        rare = ("".join(random.choices(SOUNDS, k=4)) for _ in range(count))
        return " ".join(next(rare) if at % 5 == 4 else random.choice(WORDS) for at in range(count))

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
                "type": "claim", "external_id": f"c{at}", "article_id": f"a{at // 10}", "text": sentence(random),
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
