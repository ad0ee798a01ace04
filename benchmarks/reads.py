"""What a read, a page and a review cost over HTTP, as ratios to what the same server and database do at best.

The limits are measured in turns with the figures: a bare Flask view; one that reads a page by the naked driver; and,
for reviews, a service as the libraries' manuals would have it (`idiomatic.py`). All are served by granian, in one
process, and asked over four connections at a time.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from sqlalchemy import func, select

from benchmarks import idiomatic
from benchmarks.figures import Figure
from benchmarks.serving import SECRET, answer, free_port, header, rate, ratios, request, serving, until_answered
from factcheck.desk import people
from factcheck.rules.roles import Role
from factcheck.rules.status import Status
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.claims import Claim
from factcheck.web.cursors import Cursors

LEAST = {  # of the bare view, of the naked driver, of the idiomatic service
    "SQLite": {"one claim": 0.5, "one claim, 304": 0.55, "a page of 50": 0.7, "reviews": 1.5},
    "PostgreSQL": {"one claim": 0.3, "one claim, 304": 0.3, "a page of 50": 0.55, "reviews": 1.2},
}
REVIEW = b'{"status": "unverifiable", "reason": "Nobody counted, and nobody can now."}'
LIST = "/v1/claims?status=unverified"


def figures(name: str, url: str, new: Callable[[str], str]) -> Iterator[Figure]:
    """Measure a desk that is there, whose claims are unverified; `new` makes the URL of an empty database."""
    environment = {"FACTCHECK_DATABASE_URL": url, "FACTCHECK_SECRET_KEY": SECRET}
    reader, analyst, ids, last = prepared(url)
    yield start(name, environment, f"/v1/claims/{ids[0]}")
    with (
        serving("benchmarks.hello:application", {"BENCH_DATABASE_URL": url}) as bare,
        serving("factcheck.cli:application", environment, "asginl") as port,
    ):
        yield from reads(name, bare, port, reader, ids[0], last)
        yield from written(name, port, analyst, ids, new)


def prepared(url: str) -> tuple[str, str, list[str], str]:
    """Return tokens of a reader and of an analyst, ids of claims in the middle, and the query of the last page."""
    database = Database(url)
    tokens = []
    with database.writing() as session:
        operator = people.operator(session)
        for role in (Role.READER, Role.ANALYST):
            people.add(session, operator, name=f"Bench {role}", role=role)
            tokens.append(people.issue_token(session, operator, name=f"Bench {role}"))
    with database.reading() as connection:
        half = connection.execute(select(func.max(Claim.seq))).scalar_one() // 2
        # The searches that were measured before decided some.
        undecided = Claim.seq > half, Claim.status == Status.UNVERIFIED
        some = connection.execute(select(Claim.id).where(*undecided).order_by(Claim.seq).limit(20_000))
        ids = [str(row.id) for row in some]
        key = connection.execute(
            select(Claim.changed_index, Claim.seq).order_by(Claim.changed_index, Claim.seq).offset(50).limit(1)
        ).one()
    database.close()
    bound = urlencode([("", "/v1/claims"), ("status", "unverified")])
    return tokens[0], tokens[1], ids, f"{LIST}&cursor={Cursors(SECRET).seal(list(key), bound)}"


def reads(name: str, bare: int, port: int, token: str, claim: str, last: str) -> Iterator[Figure]:
    one = request("GET", f"/v1/claims/{claim}", token)
    etag = header(answer(port, one)[0], b"etag").decode()
    unchanged = request("GET", f"/v1/claims/{claim}", token, f"If-None-Match: {etag}")
    hello, (full, not_modified) = ratios(
        repeated(bare, request("GET", "/hello")), [repeated(port, one), repeated(port, unchanged)]
    )
    naked, (page,) = ratios(repeated(bare, request("GET", "/page")), [repeated(port, request("GET", LIST, token))])
    yield Figure(name, "a bare Flask view", hello, unit="requests/s")
    yield Figure(name, "a page by the naked driver", naked, unit="requests/s")
    against = {"one claim": "the bare view", "one claim, 304": "the bare view", "a page of 50": "the naked driver"}
    for what, (reached, ratio) in zip(against, (full, not_modified, page), strict=True):
        yield Figure(name, f"{what} ÷ {against[what]}", ratio, LEAST[name][what])
        yield Figure(name, what, reached, unit="requests/s")
    _, (deep,) = ratios(repeated(port, request("GET", LIST, token)), [repeated(port, request("GET", last, token))])
    yield Figure(name, "the last page ÷ the first, time", 1 / deep[1], 1.3, at_most=True)


def repeated(port: int, raw: bytes) -> Callable[[float], float]:
    return lambda seconds: rate(port, lambda: raw, seconds)


def written(name: str, port: int, token: str, ids: list[str], new: Callable[[str], str]) -> Iterator[Figure]:
    url = new("idiomatic")
    others = idiomatic.fill(url, 20_000)
    with serving("benchmarks.idiomatic:application", {"BENCH_DATABASE_URL": url}) as other:
        theirs = reviewing(other, "/claims/{}/reviews", idiomatic.TOKEN, others)
        ours = reviewing(port, "/v1/claims/{}/reviews", token, ids[100:])
        least, (reached,) = ratios(theirs, [ours], rounds=5, seconds=1.5)
    yield Figure(name, "an idiomatic service", least, unit="reviews/s")
    yield Figure(name, "reviews ÷ the idiomatic service", reached[1], LEAST[name]["reviews"])
    yield Figure(name, "reviews", reached[0], unit="reviews/s")


def reviewing(port: int, path: str, token: str, ids: list[str]) -> Callable[[float], float]:
    """Return what decides one claim after the other, each once, and says how many a second."""
    place = count()

    def following() -> bytes:
        return request("POST", path.format(ids[next(place)]), token, "If-Match: *", body=REVIEW)

    return lambda seconds: rate(port, following, seconds)


def start(name: str, environment: dict[str, str], path: str) -> Figure:
    """Measure from the start of `factcheck serve` to its first answer, the median of five."""
    took = []
    for _ in range(5):
        port = free_port()
        command = [sys.executable, "-m", "factcheck", "serve", "--port", str(port)]
        with Path(os.devnull).open("w") as nowhere:
            told = environment | {"FACTCHECK_PUBLIC_READ": "on"}
            began = time.perf_counter()
            server = subprocess.Popen(command, env={**os.environ, **told}, stdout=nowhere, stderr=nowhere)
            try:
                until_answered(port, server, path)
                took.append(time.perf_counter() - began)
            finally:
                server.terminate()
                server.wait(30)
    return Figure(name, "start to first answer, s", median(took), 1.5, at_most=True)
