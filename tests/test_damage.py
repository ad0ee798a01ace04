"""Damaged data is told by table, row and column; what checks goes on with the rest, and ends with exit 1.

`python -m torture damage` tries every kind on both databases; here are a few of them. FACTCHECK_TEST_DAMAGE=300 tries
that many more.
"""

import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Column, Connection, MetaData, Table, create_engine, delete, func, insert, select, text
from sqlalchemy.orm import Session

from factcheck.errors import Misconfigured, Refused, Unavailable
from factcheck.followers.registry import auditing
from factcheck.inspection import upkeep
from factcheck.log import leaves, log_folder
from factcheck.storage import backup, damage, schema
from factcheck.storage.column_rules import malformed
from factcheck.storage.engine.database import Database
from factcheck.storage.stumbles import apart, surely
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.columns import Instant
from factcheck.storage.tables.followers import FollowerPosition
from factcheck.storage.tables.logbook import LogHead, RevisionContent
from tests.needs import only_on
from tests.test_cli import Shell
from torture import damage as torture
from torture.forgery import Forger, OfPostgresql, forging

SAMPLE = int(os.environ.get("FACTCHECK_TEST_DAMAGE", "1"))
ALWAYS = (  # what ended in a traceback, or did not end, once
    "claims.reviewed_by_id names nothing that is there",
    "followers.position is empty",
    "log/signed is members of other types",
    "saved.checkpoint is binary",
)


@pytest.fixture(scope="module")
def desks(engine: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> torture.Desks:
    maintenance = request.getfixturevalue("postgresql") if engine == "postgresql" else None
    return torture.Desks(tmp_path_factory.mktemp("damage"), maintenance)


@pytest.mark.slow
def test_no_damage_ends_in_a_traceback(desks: torture.Desks, engine: str) -> None:
    every = {kind.name: kind for kind in torture.kinds(engine == "sqlite")}
    chosen = [every.pop(name) for name in ALWAYS]
    chosen += Random(1).sample(list(every.values()), SAMPLE)
    results = [torture.tried(kind, desks, seed=1) for kind in chosen]
    assert len(results) == len(ALWAYS) + SAMPLE
    assert [f"{result.kind.name}: {flaw}" for result in results for flaw in result.flaws] == []
    assert [result.kind.name for result in results if result.kind.named and not result.noticed] == []


# ── What is named ───────────────────────────────────────────────────────────────────────────────────────────────


def found(url: str) -> list[tuple[str, str]]:
    with closing(Database(url)) as database, database.reading_one_moment() as connection:
        return [(each.place, each.detail) for each in damage.found(connection)]


def test_a_desk_that_nobody_damaged_has_no_damage(seeded_url: str) -> None:
    assert found(seeded_url) == []


def test_a_row_is_named_by_table_column_and_id(seeded_url: str) -> None:
    claim, quotes = Base.metadata.tables["claims"], Base.metadata.tables["quotes"]
    with forging(seeded_url, Random(1)) as forger:
        (claim_id,) = forger.run("SELECT id FROM claims WHERE external_id = 'niger-2023-11-06/C15'").fetchone()
        nobody = "01890a5d-ac96-774b-bcce-b302099a8057"
        forger.change(
            claim, f"UPDATE claims SET entered_by_id = {forger.mark} WHERE id = {forger.mark}", (nobody, claim_id)
        )
        forger.change(
            quotes, f"UPDATE quotes SET exact = NULL WHERE claim_id = {forger.mark} AND position = 0", (claim_id,)
        )
    told = found(seeded_url)
    assert (f"claims.entered_by_id, row id {claim_id}", "It names a row of people that is not there.") in told
    assert (f"quotes.exact, row claim_id {claim_id}, hop -1, role claim, position 0", "It is empty.") in told
    assert ("quotes.exact", "The column may be empty: its NOT NULL is missing.") in told


def test_a_great_many_rows_are_counted(seeded_url: str) -> None:
    with forging(seeded_url, Random(1)) as forger:
        forger.change(Base.metadata.tables["claims"], "UPDATE claims SET status = 'nonsense'")
        (size,) = forger.run("SELECT count(*) FROM claims").fetchone()
    told = [
        (place, detail)
        for place, detail in found(seeded_url)
        if "rule status IN ('unverified', 'in_review', 'ver" in detail
    ]
    assert size > damage.MOST
    assert len([place for place, _ in told if "row id" in place]) == damage.MOST
    (others,) = (detail for place, detail in told if place == "claims.status")
    assert others.startswith(f"{size - damage.MOST} more rows: ")


def test_no_instant_that_a_desk_writes_is_damage() -> None:
    """SQLite's own functions round to milliseconds, and so to another second."""
    random, first, last = Random(1), datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC)
    span = int((last - first) / timedelta(microseconds=1))
    instants = [first + timedelta(microseconds=random.randint(0, span)) for _ in range(300)]
    instants += [first, last, datetime(2026, 1, 1, 23, 59, 59, 999_999, UTC), datetime(2024, 2, 29, tzinfo=UTC)]
    engine, table = create_engine("sqlite://"), Table("written", MetaData(), Column("at", Instant))
    wrong = ("2023-02-29 00:00:00.000000", "2026-01-01 24:00:00.000000", "2026-01-01 00:00:00", "x", 5, b"y")
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(insert(table), [{"at": each} for each in instants])
        assert connection.execute(select(table).where(malformed(table.c.at))).all() == []
        connection.execute(delete(table))
        connection.execute(text("INSERT INTO written VALUES (:at)"), [{"at": each} for each in wrong])
        assert connection.scalar(select(func.count()).select_from(table).where(malformed(table.c.at))) == len(wrong)


# ── Followers ───────────────────────────────────────────────────────────────────────────────────────────────────


def be_gone(forger: Forger) -> None:
    forger.drop(FollowerPosition.__table__)


def be_empty(forger: Forger) -> None:
    forger.put(FollowerPosition.__table__, "position", None)


def be_a_text(forger: Forger) -> None:
    forger.free(FollowerPosition.__table__)
    if isinstance(forger, OfPostgresql):
        forger.turn_into(FollowerPosition.__table__, "position", "text", "'12'")
    else:
        forger.run("UPDATE followers SET position = 'a text'")


def have_no_head(forger: Forger) -> None:
    forger.empty(LogHead.__table__)


def have_one_entry_less(forger: Forger) -> None:
    forger.run("UPDATE log_head SET size = size + 1")


UNREADABLE = "How far audit follows the log cannot be read"


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (be_gone, UNREADABLE), (be_empty, UNREADABLE), (be_a_text, UNREADABLE), (have_no_head, UNREADABLE),
        (have_one_entry_less, r"audit gets no further than entry \d+ of the log"),
    ],
)  # fmt: skip
def test_a_follower_that_cannot_follow_says_so(seeded_url: str, harm: Callable[[Forger], None], said: str) -> None:
    """It once went round for ever, or ended its thread with a traceback."""
    with forging(seeded_url, Random(1)) as forger:
        harm(forger)
    with closing(Database(seeded_url)) as database, pytest.raises(Unavailable, match=said):
        auditing(database).catch_up()


def test_entries_that_cannot_be_read_are_told(seeded_url: str) -> None:
    """Also those that the follower has still to take in, of which the doctor asks."""
    with closing(Database(seeded_url)) as database:
        following = auditing(database)
        following.catch_up()
        with forging(seeded_url, Random(1)) as forger:
            forger.drop_column(RevisionContent.__table__, "content")
            forger.run("UPDATE log_head SET size = size + 1")
        told = r"The entries of the log from \d+ on cannot be read: .*content"
        with pytest.raises(Unavailable, match=told), database.reading_one_moment() as connection:
            following.pending(connection)
        with pytest.raises(Unavailable, match=told):
            following.step()


def test_what_stumbles_on_a_sessions_connection_leaves_the_session_good(seeded_url: str) -> None:
    """PostgreSQL refuses every statement after one that failed, unless that had a savepoint."""

    def raw(connection: Connection) -> Iterator[str]:
        yield "before"
        connection.execute(text("SELECT nothing FROM claims"))

    with (
        closing(Database(seeded_url)) as database,
        database.reading_one_moment() as connection,
        Session(connection) as session,
    ):
        told = list(surely(session, raw(connection), lambda reason: reason))
        assert (told[0], len(told), "nothing" in told[1]) == ("before", 2, True)
        [reason] = apart(session, [1], lambda _: str(list(raw(connection))), lambda _, reason: reason)
        assert "nothing" in reason
        assert session.scalar(select(func.count()).select_from(Claim)) == 31


@pytest.mark.parametrize("gone", ["revisions", "claims", "log_subtrees"])
def test_what_checks_goes_on_without_a_table(seeded_url: str, tmp_path: Path, gone: str) -> None:
    with forging(seeded_url, Random(1)) as forger:
        forger.drop(Base.metadata.tables[gone])
    for words in (("doctor",), ("doctor", "--mend"), ("log", "verify")):
        run = Shell(tmp_path, {"database_url": seeded_url, "secret_key": "k" * 40}).run(*words)
        assert (run.returncode, "Traceback" in run.stderr) == (1, False), run.stderr[-2000:]
        assert f"{gone}: The table is missing." in run.stdout


@only_on("postgresql")
@pytest.mark.parametrize("column", ["low", "revision"])
def test_what_checks_goes_on_where_a_number_became_a_text(seeded_url: str, tmp_path: Path, column: str) -> None:
    with forging(seeded_url, Random(1)) as forger:
        forger.turn_into(Base.metadata.tables["claims"], column, "text", f"{column}::text")
    for words in (("doctor",), ("doctor", "--mend"), ("log", "verify")):
        run = Shell(tmp_path, {"database_url": seeded_url, "secret_key": "k" * 40}).run(*words)
        assert (run.returncode, "Traceback" in run.stderr) == (1, False), run.stderr[-2000:]
        assert f"claims.{column}" in run.stdout


# ── A schema that cannot be read ────────────────────────────────────────────────────────────────────────────────


def test_a_schema_that_is_no_text_is_told(tmp_path: Path) -> None:
    """What SQLite says of it quotes it, and cannot be read as a text either."""
    shell = Shell(tmp_path, {})
    schema.upgrade(f"sqlite:///{shell.database}")
    with closing(sqlite3.connect(shell.database)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET name = CAST(X'8E' AS TEXT), sql = 'x' WHERE name = 'claims'")
    for words in (("doctor",), ("log", "verify"), ("backup", "copy")):
        run = shell.run(*words)
        assert run.returncode == 1
        told = run.stdout if words == ("doctor",) else run.stderr
        assert "The database cannot be " in told
        assert "can't decode byte 0x8e" in told
        assert "Traceback" not in run.stderr


# ── The rest is looked at ───────────────────────────────────────────────────────────────────────────────────────


def test_what_can_be_read_is_compared_beside_what_cannot(seeded_url: str, tmp_path: Path, engine: str) -> None:
    """One claim cannot be read and another was changed: both are told."""
    with closing(Database(seeded_url)) as database:
        list(upkeep.renew(database))  # or the first command writes stored JSON again, as after an upgrade
    with forging(seeded_url, Random(1)) as forger:
        one, other = (
            forger.run(f"SELECT id FROM claims WHERE external_id = 'niger-2023-11-06/{name}'").fetchone()[0]
            for name in ("C15", "C10")
        )
        wrong = "'{'" if engine == "postgresql" else "X'FF'"
        forger.change(
            Base.metadata.tables["claims"], f"UPDATE claims SET tags = {wrong} WHERE id = {forger.mark}", (one,)
        )
        forger.change(
            Base.metadata.tables["claims"], f"UPDATE claims SET text = 'Others.' WHERE id = {forger.mark}", (other,)
        )
    shell = Shell(tmp_path, {"database_url": seeded_url, "secret_key": "k" * 40})
    verified = shell.run("log", "verify")
    assert verified.returncode == 1
    assert f"claims.tags, row id {one}: " in verified.stdout
    for claim, column in ((one, "tags"), (other, "text")):
        assert re.search(rf"claim {claim}, revision 1, log index \d+: claims\.{column}: ", verified.stdout)
    looked_at = json.loads(shell.run("doctor", "--json").stdout)
    assert looked_at["claims"] == 31
    told = {fault["subject"]: fault["detail"] for fault in looked_at["faults"]}
    assert told[f"claim {one}"].startswith("claims.tags: ")
    assert f"claim {other}" in told
    assert {subject for subject in told if subject.startswith("claim ")} == {f"claim {one}", f"claim {other}"}


# ── Files of JSON that is nested without end ────────────────────────────────────────────────────────────────────

DEEP = b"[" * 100_000


def test_a_deep_record_of_what_was_signed_is_refused(tmp_path: Path) -> None:
    (tmp_path / log_folder.SIGNED).write_bytes(DEEP)
    with pytest.raises(Refused, match="what was signed last is not known"):
        log_folder.signed(tmp_path)


def test_a_deep_entry_of_the_log_is_refused() -> None:
    with pytest.raises(ValueError, match=r"."):
        leaves.read(DEEP)


def test_a_deep_manifest_of_a_backup_is_refused(tmp_path: Path) -> None:
    (tmp_path / backup.MANIFEST).write_bytes(DEEP)
    with pytest.raises(Misconfigured, match="is not a backup that can be read"):
        backup.restore(f"sqlite:///{tmp_path}/desk.db", tmp_path)
