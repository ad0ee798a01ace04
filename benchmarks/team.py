"""`python -m benchmarks.team`: what a team's pages cost on a large desk, as ratios to a plain page of claims.

A million claims, fifty people and 200,000 comments by default. Claims and comments are copies of rows that the actions
made; the statistics count histories that are made up, as `benchmarks.weeks` does. The log has only the first of each.
"""

import argparse
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from random import Random
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from benchmarks.claims import fill
from benchmarks.databases import on_both
from benchmarks.pages import SECRET
from benchmarks.serving import rate, request, serving
from benchmarks.weeks import count
from factcheck.desk import people
from factcheck.followers.registry import from_log
from factcheck.log.actors import Actor
from factcheck.log.clock import now
from factcheck.log.ids import new_id
from factcheck.rules.roles import Role
from factcheck.storage import schema
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.assignments import Assignment
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.comments import Comment, CommentMention
from factcheck.storage.tables.logbook import LogHead
from factcheck.storage.tables.notifications import Notification

PEOPLE, ASSIGNED, FIRST = 50, 40, 1000
SECONDS = 4.0  # for which each is asked for, over one connection
AT_MOST = 3.0  # times a plain page


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.team", description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000, help="how many claims; a fifth as many comments")
    on_both(measure, parser.parse_args().size)


def measure(name: str, url: str, size: int) -> None:
    """Fill a desk, and print what each page takes, and how often as long as a plain page."""
    schema.upgrade(url)
    database = Database(url)
    began = time.perf_counter()
    with database.writing() as session:
        operator = people.operator(session)
        staff = [people.add(session, operator, name=f"Person {n}", role=Role.ADMIN) for n in range(PEOPLE)]
        token = people.issue_token(session, operator, name="Person 0")
    fill(database, staff[0], FIRST)
    for following in from_log(database):
        following.catch_up()
    claims = grown(database, size)
    commented(database, size // 5, claims, staff)
    count(database, size, [each.id for each in staff])
    with database.writing() as session:
        session.execute(text("ANALYZE"))
    print(f"\n{name}: {size:,} claims, {size // 5:,} comments, {PEOPLE} people; filled in"
          f" {time.perf_counter() - began:.0f} s")  # fmt: skip
    database.close()
    paths = {
        "a plain page": "/?status=unverified",
        "my work": "/work",
        "the queue": "/",
        "notifications": "/notifications",
        "how many are new": "/notifications/unseen",
        "statistics": "/statistics",
        "a claim's page": f"/claims/{claims[0]}",
    }
    environment = {"FACTCHECK_DATABASE_URL": url, "FACTCHECK_SECRET_KEY": SECRET}
    with serving("factcheck.cli:application", environment, "asginl") as port:
        plain = 0.0
        for what, path in paths.items():
            raw = request("GET", path, token).replace(b"\r\n\r\n", b"\r\nAccept: text/html\r\n\r\n", 1)
            seconds = 1 / rate(port, lambda raw=raw: raw, SECONDS, connections=1)  # type: ignore[misc]
            plain = plain or seconds
            print(f"  {what:18} {seconds * 1000:8.2f} ms   {seconds / plain:5.2f} times, at most {AT_MOST}")


def grown(database: Database, size: int) -> list[str]:
    """Copy the claims until there are `size`, and return the ids of the first ones."""
    columns = [column.name for column in Claim.__table__.columns]
    embedded = database.url.startswith("sqlite")
    fresh = {
        "seq": "seq + :by", "changed_index": "changed_index + :by", "external_id": "NULL",
        "id": "lower(hex(randomblob(16)))" if embedded else "gen_random_uuid()",
    }  # fmt: skip
    values = ", ".join(fresh.get(name, name) for name in columns)
    copied = text(f"INSERT INTO claims ({', '.join(columns)}) SELECT {values} FROM claims WHERE seq <= :last")
    with database.writing(long=True) as session:
        ids = [*session.scalars(select(Claim.id).order_by(Claim.seq))]
        last = session.scalar(select(func.max(Claim.seq))) or 0
        there = len(ids)
        while there < size:
            session.execute(copied, {"by": last, "last": last})
            last, there = last * 2, there * 2
    return ids


def commented(database: Database, number: int, claims: list[str], staff: list[Actor]) -> None:
    """Add comments, each of which mentions somebody, with their notifications; and assignments."""
    chance = Random(24)
    with database.writing(long=True) as session:
        first = session.scalars(select(LogHead.size)).one() + 10_000_000
        rows = _comments(first, number, claims, staff, chance)
        while some := list(islice(rows, 5000)):
            for model, part in zip((Comment, CommentMention, Notification), zip(*some, strict=True), strict=True):
                session.execute(insert(model), list(part))
        _assign(session, first + number, claims, staff)


def _comments(
    first: int, number: int, claims: list[str], staff: list[Actor], chance: Random
) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    for seq in range(first, first + number):
        comment_id, claim_id, author, other = (
            new_id(),
            chance.choice(claims),
            chance.choice(staff),
            chance.choice(staff),
        )
        at = now() - timedelta(minutes=chance.randrange(500_000))
        comment = {
            "seq": seq, "id": comment_id, "claim_id": claim_id, "article_id": None, "thread_id": comment_id,
            "text": f"Is it so, @{other.name}?", "author_id": author.id, "created_at": at, "revision": 1,
            "changed_index": seq,
        }  # fmt: skip
        told = {
            "person_id": other.id, "log_index": seq, "kind": "mentioned", "claim_id": claim_id,
            "comment_id": comment_id, "actor_id": author.id, "at": at,
        }  # fmt: skip
        yield comment, {"person_id": other.id, "comment_seq": seq, "position": 0}, told


def _assign(session: Session, seq: int, claims: list[str], staff: list[Actor]) -> None:
    for n, claim_id in enumerate(claims[:FIRST]):
        row = {
            "seq": seq + n, "id": new_id(), "claim_id": claim_id, "person_id": staff[n % PEOPLE].id,
            "due_on": now().date() + timedelta(days=n % ASSIGNED - ASSIGNED // 2), "priority": "normal",
            "assigned_by_id": staff[0].id, "assigned_at": now(), "revision": 1,
        }  # fmt: skip
        session.execute(insert(Assignment), row)


if __name__ == "__main__":
    main()
