"""`python -m benchmarks.audit`: what the audit's reads cost on a large desk, as ratios to a plain page of claims.

The first article with its claims is multiplied inside the database, with all that the audit keeps of it: enough for
reading, and no desk to work on (the copies have no history).
"""

import argparse
import socket
import time
from collections.abc import Callable
from statistics import median

from sqlalchemy import Connection, text

from benchmarks.databases import on_both
from benchmarks.serving import SECRET, asked, request, serving
from factcheck import seeding
from factcheck.desk import people
from factcheck.followers.registry import auditing
from factcheck.rules.roles import Role
from factcheck.storage import schema
from factcheck.storage.engine.database import Database, writing_engine
from factcheck.storage.tables.articles import Article, Snapshot
from factcheck.storage.tables.attribution import Hop, Quote
from factcheck.storage.tables.audit import (
    ArticleFindings,
    ClaimAudit,
    Finding,
    FindingSource,
    SourceStanding,
    SourceTally,
    StatusChange,
    StatusChangeDay,
)
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.claims import Claim, ClaimSource, Relation
from factcheck.storage.tables.evidence import Evidence

ROUNDS = 200
# Columns that name a copied row, and columns that count along the log.
IDS = {"id", "claim_id", "other_id", "article_id"}
PLACES = {"seq", "claim_seq", "changed_index", "log_index", "from_index", "conflict_group"}
COPIED: tuple[type[Base], ...] = (
    Article, Snapshot, Claim, Quote, Hop, Evidence, Relation, ClaimSource, ClaimAudit, Finding, FindingSource,
    ArticleFindings, SourceStanding, StatusChange,
)  # fmt: skip
COUNTED: tuple[type[Base], ...] = (SourceTally, StatusChangeDay)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit", description=__doc__)
    parser.add_argument("--size", type=int, default=31_000, help="about how many claims")
    on_both(measure, parser.parse_args().size)


def measure(name: str, url: str, size: int) -> None:
    schema.upgrade(url)
    database = Database(url)
    with database.writing() as session:
        seeding.seed(session)
        operator = people.operator(session)
        people.add(session, operator, name="Bench", role=Role.ANALYST)
        token = people.issue_token(session, operator, name="Bench")
    auditing(database).catch_up()
    began = time.perf_counter()
    claims = multiply(url, size)
    print(f"\n{name}: {claims} claims, made in {time.perf_counter() - began:.0f} s")
    with database.reading() as connection:
        source, article = connection.execute(
            text("SELECT origin_id, article_id FROM claims WHERE origin_id IS NOT NULL LIMIT 1")
        ).one()
    database.close()
    environment = {"FACTCHECK_DATABASE_URL": url, "FACTCHECK_SECRET_KEY": SECRET}
    paths = {
        "a page of 50 claims": "/v1/claims?status=unverified",
        "50 findings": "/v1/audit/findings",
        "… of a kind": "/v1/audit/findings?kind=interested_only",
        "… of an article": f"/v1/audit/findings?article={article}",
        "… of a source": f"/v1/audit/findings?source={source}",
        "… of a status": "/v1/audit/findings?status=disputed",
        "… with their count": "/v1/audit/findings?kind=conflict&count=true",
        "the summary": "/v1/audit/summary",
        "50 conflicts": "/v1/audit/conflicts",
        "a source's record": f"/v1/sources/{source}/record",
    }
    with serving("factcheck.cli:application", environment, "asginl") as port:
        plain = 0.0
        for what, path in paths.items():
            took = timed(port, request("GET", path, token))
            plain = plain or took
            print(f"  {what:22} {took * 1000:8.2f} ms   {took / plain:5.2f} of a page of claims")


def timed(port: int, raw: bytes) -> float:
    """Return the median of the seconds that a request takes over one connection."""
    took = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for _ in range(ROUNDS):
            began = time.perf_counter()
            asked(connection, raw)
            took.append(time.perf_counter() - began)
    return median(took[ROUNDS // 10 :])


def multiply(url: str, size: int) -> int:
    """Copy the one article and all that hangs on it until there are about `size` claims; return how many there are."""
    engine = writing_engine(url)
    with engine.begin() as connection:
        base = connection.execute(text("SELECT count(*) FROM claims")).scalar_one()
        times = max(1, round(size / base)) - 1
        step = connection.execute(text("SELECT max(log_index) + 1 FROM revisions")).scalar_one()
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            numbers = "WITH RECURSIVE copy (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < :times)"
        else:
            connection.execute(text("SET session_replication_role = replica"))
            connection.execute(text("SET statement_timeout = 0"))
            numbers = "WITH copy (n) AS (SELECT generate_series(1, :times))"
        for table in COPIED:
            copy(connection, table, numbers, times, step)
        for counted in COUNTED:
            connection.execute(text(f"UPDATE {counted.__tablename__} SET n = n * (:times + 1)"), {"times": times})
        tally(connection, numbers, times)
    with engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("ANALYZE"))
        count: int = connection.execute(text("SELECT count(*) FROM claims")).scalar_one()
    engine.dispose()
    return count


def copy(connection: Connection, table: type[Base], numbers: str, times: int, step: int) -> None:
    name = table.__tablename__
    columns = [column.name for column in table.__table__.columns]
    told = ", ".join(copied(connection, table)(column) for column in columns)
    connection.execute(
        text(f"INSERT INTO {name} ({', '.join(columns)}) {numbers} SELECT {told} FROM {name}, copy"),
        {"times": times} | ({"step": step} if any(column in PLACES for column in columns) else {}),
    )


def copied(connection: Connection, table: type[Base]) -> Callable[[str], str]:
    """Return how a column of a copied row is written: ids begin with the copy's number, places go on behind the log."""
    sqlite = connection.dialect.name == "sqlite"

    def written(column: str) -> str:
        old = f"{table.__tablename__}.{column}"
        if column == "external_id":
            return f"{old} || '-' || copy.n"
        if column in PLACES:
            return f"{old} + copy.n * :step"
        if column in IDS:
            return renamed(old, sqlite)
        if column in ("since", "at"):
            return (
                f"strftime('%Y-%m-%d %H:%M:%f000', {old}, '-' || copy.n || ' seconds')"
                if sqlite
                else (f"{old} - copy.n * interval '1 second'")
            )
        return old

    return written


def renamed(old: str, sqlite: bool) -> str:
    if sqlite:
        return f"printf('%08x', copy.n) || substr({old}, 9)"
    return f"(lpad(to_hex(copy.n), 8, '0') || substr({old}::text, 9))::uuid"


def tally(connection: Connection, numbers: str, times: int) -> None:
    sqlite = connection.dialect.name == "sqlite"
    article = renamed("tallies.article_id", sqlite).removesuffix("::uuid")
    connection.execute(
        text(
            f"INSERT INTO tallies (article_id, measure, value, n) {numbers}"
            f" SELECT {article}, measure, value, tallies.n FROM tallies, copy WHERE article_id <> ''"
        ),
        {"times": times},
    )
    connection.execute(text("UPDATE tallies SET n = n * (:times + 1) WHERE article_id = ''"), {"times": times})


if __name__ == "__main__":
    main()
