"""Many different claims, made fast: put together from lists, so that words and names are as rare as in a real desk."""

import itertools
import random
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

from benchmarks.checks import vacuum
from factcheck.rules.text.scripts import listed
from factcheck.storage.engine.database import writing_engine

WHO = listed(
    """minister president company union court hospital army mayor ministry bank school party council agency
        senator police airline charity newspaper university"""
)
DOES = listed(
    """announced rejected approved built closed paid planted destroyed arrested vaccinated exported imported
        banned sold counted evacuated doubled halved funded sued"""
)
WHAT = listed(
    """houses workers trees schools refugees patients soldiers cars ships voters children farms bridges turbines
        prisoners teachers shares documents tonnes protesters"""
)
SOUNDS = listed("ka lo mi ra ten sho vel dor an bri qua zen pol tur gas mon ni fel wy cor")
MONTHS = listed("January February April June July September October November December")
BATCH = 20_000


def sentence(chance: random.Random) -> str:
    """Return a claim: who did what where and when, with names out of some 64 million."""
    name = "".join(chance.choice(SOUNDS) for _ in range(4)).capitalize()
    place = "".join(chance.choice(SOUNDS) for _ in range(2)).capitalize()
    year = chance.randint(1950, 2025)
    return (
        f"The {chance.choice(WHO)} of {place} said that {name} {chance.choice(DOES)} {chance.randint(2, 9999)}"
        f" {chance.choice(WHAT)} in the country in {chance.choice(MONTHS)} {year}."
    )


def claims_made(size: int) -> Iterator[str]:
    """Yield the texts that `fill` writes."""
    chance = random.Random(1)
    return (sentence(chance) for _ in range(size))


def fill(url: str, size: int) -> None:
    """Write claims, as copies of one that is there."""
    engine = writing_engine(url)
    with engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        row = dict(connection.execute(text("SELECT * FROM claims ORDER BY seq LIMIT 1")).mappings().one())
    numbered = enumerate(claims_made(size), row["seq"] + 1_000_000)
    while batch := list(itertools.islice(numbered, BATCH)):
        # In batches: a transaction of all would be read out of the write-ahead log.
        with engine.begin() as connection:
            if sqlite:
                connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            else:
                connection.execute(text("SET LOCAL session_replication_role = replica"))
                connection.execute(text("SET LOCAL statement_timeout = 0"))
            _write(connection, row, batch, sqlite)
    if sqlite:
        with engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    else:
        vacuum(url)
    engine.dispose()


def _write(connection: Connection, row: dict[str, Any], batch: list[tuple[int, str]], sqlite: bool) -> None:
    columns = list(row)
    raw: Any = connection.connection.driver_connection
    rows = [
        tuple(
            {**row, "seq": seq, "id": f"{seq:08x}{str(row['id'])[8:]}", "text": said,
             "external_id": None, "changed_index": seq}.values()
        )
        for seq, said in batch
    ]  # fmt: skip
    if sqlite:
        raw.executemany(f"INSERT INTO claims ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", rows)
        return
    tags = columns.index("tags")
    with raw.cursor() as cursor, cursor.copy(f"COPY claims ({', '.join(columns)}) FROM STDIN") as copy:
        for each in rows:
            copy.write_row([*each[:tags], "[]", *each[tags + 1 :]])
