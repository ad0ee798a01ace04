"""`make bench`: what pages cost: an article with 1,000 claims in a text of 200 kB, and the queue as the desk grows.

The desk grows by copies of rows that the actions made, so that a million claims take a minute and not an hour: lists
read nothing else. The figures to look at are the ratios between the smallest desk and the largest.
"""

import argparse
import io
import tempfile
import time
from collections.abc import Callable
from random import Random
from statistics import median
from typing import Any

import orjson
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from benchmarks.claims import WORDS, fill
from factcheck.app import create_app
from factcheck.desk import people
from factcheck.exchange import imports, intake
from factcheck.log.actors import Actor
from factcheck.rules.roles import Role
from factcheck.settings import Settings
from factcheck.storage import schema
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.claims import Claim

SECRET = "only for measuring, nobody else's"
QUEUE = {"the queue": "/", "a need": "/?need=checkable", "a status": "/?status=unverified"}
COPY = """
INSERT INTO claims ({columns}) SELECT {values} FROM claims WHERE seq <= :last
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("--size", type=int, default=100_000, help="how many claims the largest desk has")
    size = parser.parse_args().size
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        schema.upgrade(url)
        database = Database(url)
        with database.writing() as session:
            operator = people.operator(session)
            person = people.add(session, operator, name="Bench", role=Role.ANALYST)
            secret = people.issue_login_link(session, operator, name="Bench")
        app = create_app(Settings(database_url=url, secret_key=SECRET))
        app.config["WTF_CSRF_ENABLED"] = False
        client = app.test_client()
        client.post(f"/login/{secret}")

        fill(database, person, 100)
        small = {name: took(client, path) for name, path in QUEUE.items()}
        article = long_article(database, person)
        print(f"an article with 1,000 claims in 200 kB  {took(client, f'/articles/{article}') * 1000:7.0f} ms")
        grown = multiply(database, size)
        for name, path in QUEUE.items():
            large = took(client, path)
            print(f"{name:10} {small[name] * 1000:7.1f} ms with 100 claims, {large * 1000:7.1f} ms with {grown:,}:"
                  f" {large / small[name]:.2f} times")  # fmt: skip
        database.close()


def took(client: FlaskClient, path: str, times: int = 15) -> float:
    """Return the seconds of server time that a page takes, the median of some."""

    def once() -> float:
        began = time.perf_counter()
        answer = client.get(path, headers={"Accept": "text/html"})
        if answer.status_code != 200:
            raise RuntimeError(answer.get_data(as_text=True))
        return time.perf_counter() - began

    measure: Callable[[], float] = once
    measure()
    return median(measure() for _ in range(times))


def long_article(database: Database, person: Actor) -> str:
    """Enter an article of 200 kB and 1,000 claims, whose quotes overlap here and there; return its id."""
    random = Random(2023)
    words = " ".join(random.choice(WORDS) for _ in range(29_000))[:200_000]
    lines: list[dict[str, Any]] = [{"type": "article", "external_id": "book", "title": "A book", "text": words}]
    for _ in range(1000):
        at = random.randrange(len(words) - 200)
        said = " ".join(random.choice(WORDS) for _ in range(14))
        quote = {"exact": words[at : at + 120], "start": at, "end": at + 120}
        lines.append({"type": "claim", "article_id": "book", "text": said, "kind": "factual", "quotes": [quote]})
    for batch in intake.batches(io.BytesIO(b"\n".join(map(orjson.dumps, lines))), "ndjson"):
        with database.writing() as session:
            results = imports.enter(session, person, batch.lines)
            if any(each.problem for each in results):
                raise RuntimeError(next(each.as_json() for each in results if each.problem))
    with database.reading() as connection:
        return str(connection.execute(select(Article.id).where(Article.external_id == "book")).scalar_one())


def multiply(database: Database, size: int) -> int:
    """Copy the claims until there are `size` of them, and return how many there are."""
    names = [column.name for column in Claim.__table__.columns]
    with database.writing() as session:
        # Copies stand for entries that the log does not have.
        last = session.scalar(select(func.max(Claim.seq))) or 0
        count = session.scalar(select(func.count()).select_from(Claim)) or 0
        while count < size:
            values = {name: name for name in names} | {
                "seq": f"seq + {last}",
                "changed_index": f"changed_index + {last}",
                "id": "lower(hex(randomblob(16)))",
                "external_id": "NULL",
            }
            session.execute(
                text(COPY.format(columns=", ".join(names), values=", ".join(values[name] for name in names))),
                {"last": last},
            )
            last, count = last * 2, count * 2
        session.execute(text("ANALYZE"))
    return count


if __name__ == "__main__":
    main()
