"""What readers cost: the same report for all of them, and another report for each, beside a bare Flask view.

    python -m benchmarks.readers [--reports 1000]

Both are served by granian in one process and asked over four connections at a time, in turns. A report has 2,000
words and refers to five claims with verdicts.
"""

import argparse
import sys
import tempfile
from itertools import cycle
from pathlib import Path

from sqlalchemy import select

from benchmarks.claims import fill
from benchmarks.reads import repeated
from benchmarks.serving import SECRET, answer, header, rate, ratios, request, serving
from factcheck.desk import people, reviews
from factcheck.desk.publishing import reports
from factcheck.log.actors import ANY, Actor
from factcheck.rules.roles import Role
from factcheck.schemas.base import load
from factcheck.schemas.publishing.reports import ReportIn
from factcheck.storage import schema
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.claims import Claim
from tests import postgres

CLAIMS = 5  # in a report
PARAGRAPH = "Nobody counted them, and nobody can now: the square was full, and so were the streets around it. " * 20
REASON = "Nobody counted, and nobody can now."


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.readers", description=__doc__)
    parser.add_argument("--reports", type=int, default=1000, help="how many reports there are")
    number = parser.parse_args().reports
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{folder}/bench.db", Path(folder), number)
    with tempfile.TemporaryDirectory() as folder, postgres.server() as maintenance:
        if maintenance is None:
            sys.exit("There is no PostgreSQL on this machine.")
        measure("PostgreSQL", postgres.create(maintenance), Path(folder), number)


def measure(name: str, url: str, folder: Path, number: int) -> None:
    ids = published(url, number)
    environment = {
        "FACTCHECK_DATABASE_URL": url, "FACTCHECK_SECRET_KEY": SECRET, "FACTCHECK_PUBLIC_SITE": "on",
        "FACTCHECK_LOG_FOLDER": str(folder / "log"), "FACTCHECK_INDEX_DIR": str(folder / "index"),
    }  # fmt: skip
    with (
        serving("benchmarks.hello:application", {}) as bare,
        serving("factcheck.cli:application", environment, "asginl") as port,
    ):
        one = request("GET", f"/r/{ids[0]}")
        head, body = answer(port, one)
        unchanged = request("GET", f"/r/{ids[0]}", "", f"If-None-Match: {header(head, b'etag').decode()}")
        each = cycle(request("GET", f"/r/{report}") for report in ids)
        measured = [repeated(port, one), repeated(port, unchanged), lambda seconds: rate(port, each.__next__, seconds)]
        limit, found = ratios(repeated(bare, request("GET", "/hello")), measured)
    print(f"{name}, {number} reports, {len(body) / 1000:.0f} kB each")
    print(f"  a bare Flask view    {limit:7.0f} a second")
    for what, (reached, ratio) in zip(("one report", "one report, 304", "each another one"), found, strict=True):
        print(f"  {what:20} {reached:7.0f} a second   {ratio:.2f} of the bare view")


def published(url: str, number: int) -> list[str]:
    """Make a desk with so many published reports, and return their ids."""
    schema.upgrade(url)
    database = Database(url)
    with database.writing() as session:
        editor = people.add(session, people.operator(session), name="Bench", role=Role.ANALYST)
    fill(database, editor, 200)
    with database.reading() as connection:
        claims = list(connection.scalars(select(Claim.id).order_by(Claim.seq).limit(200)))
    for claim in claims:
        with database.writing() as session:
            reviews.decide(session, editor, claim, status="unverifiable", reason=REASON, seen=ANY)
    ids = [_publish(database, editor, at, claims) for at in range(number)]
    database.close()
    return ids


def _publish(database: Database, editor: Actor, at: int, claims: list[str]) -> str:
    cited = [claims[(at * CLAIMS + n) % len(claims)] for n in range(CLAIMS)]
    text = "\n\n".join(part for claim in cited for part in (PARAGRAPH, f"{{{{claim:{claim}}}}}"))
    with database.writing() as session:
        words = load(ReportIn(), {"title": f"Report {at}", "language": "en", "text": text})
        report: str = reports.add(session, editor, **words)["id"]
        for to in ("submitted", "approved", "published"):
            reports.move(session, editor, report, to=to, seen=ANY)
    return report


if __name__ == "__main__":
    main()
