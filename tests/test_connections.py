"""Connections to the database: how many a service has, who waits for one, and when they are given back."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from factcheck.errors import Misconfigured, Unavailable
from factcheck.exchange import exports
from factcheck.storage.engine import connections, database, postgresql
from factcheck.storage.engine.connections import COMMANDS, EACH, LEAST, Allowance, Share, of_each_worker
from factcheck.storage.engine.database import Database
from tests import commands, postgres
from tests.conftest import Copies
from tests.desk import SECRET, Desk
from tests.needs import needs, only_on
from torture.connections import RESTING, crowd
from torture.places import Place, private_postgres

AS_IT_COMES = Allowance(in_all=100, to_us=97, free=97)  # PostgreSQL with 3 connections reserved for superusers


# --- how many there are


@pytest.mark.parametrize(
    ("wanted", "workers", "allowed", "each"),
    [
        (0, 1, AS_IT_COMES, EACH),
        (0, 4, AS_IT_COMES, EACH),
        (0, 8, AS_IT_COMES, 10),  # 87, and 10 for commands
        (0, 4, None, EACH),  # the server is away
        (40, 4, AS_IT_COMES, 10),
        (87, 2, AS_IT_COMES, 43),
        (LEAST, 1, AS_IT_COMES, LEAST),
    ],
)
def test_each_worker_has_its_share(wanted: int, workers: int, allowed: Allowance | None, each: int) -> None:
    assert of_each_worker(wanted, workers, allowed) == each
    share = Share.of_worker(each)
    assert share.connections == each
    assert min(share.reading, share.writers) >= 1
    assert (
        share.transactions
        == share.writers + connections.EXPORTS + connections.PUBLISHER + connections.FOLLOWERS - connections.LOCK
    )


@pytest.mark.parametrize(
    ("wanted", "workers", "allowed", "told"),
    [
        (88, 4, AS_IT_COMES, "FACTCHECK_DATABASE_CONNECTIONS is 88, but the database server leaves 87 for the service"),
        (20, 4, AS_IT_COMES, "Each worker needs 10 database connections, 40 for 4, but FACTCHECK_DATABASE_CONNECTIONS"),
        (0, 16, AS_IT_COMES, "160 for 16, but the database server leaves 87 connections"),
        (0, 1, Allowance(100, 8, 8),
         "10 for 1, but the database server leaves 0 connections"),
    ],
)  # fmt: skip
def test_what_the_server_does_not_allow_is_refused(wanted: int, workers: int, allowed: Allowance, told: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        of_each_worker(wanted, workers, allowed)
    assert told in caught.value.detail


@pytest.fixture
def served(copies: Copies) -> Iterator[Database]:
    """A database of a server."""
    url = copies.copy("migrated")
    made = Database(url)
    yield made
    made.close()
    copies.forget(url)


def altered(url: str, statement: str) -> None:
    with psycopg.connect(postgres.plain(url), autocommit=True) as connection:
        connection.execute(statement.format(name=postgres.name_of(url)))


@only_on("postgresql")
def test_the_server_says_what_it_allows(served: Database) -> None:
    with served.reading() as connection:
        before = connections.allowance(connection)
        assert before.to_us == before.in_all - 3
        assert 0 <= before.free <= before.to_us
        altered(served.url, 'ALTER DATABASE "{name}" CONNECTION LIMIT 17')
        assert connections.allowance(connection).to_us == 17
        assert connections.allowance(connection).to_service == 17 - COMMANDS


@only_on("postgresql")
def test_serve_does_not_start_with_more_than_the_server_allows(served: Database, tmp_path: Path) -> None:
    altered(served.url, 'ALTER DATABASE "{name}" CONNECTION LIMIT 17')
    environment = {"FACTCHECK_DATABASE_URL": served.url, "FACTCHECK_SECRET_KEY": SECRET}

    def refusal(*words: str, **more: str) -> str:
        done = commands.run("serve", "--port", "1", *words, cwd=tmp_path, env={**environment, **more})
        assert done.returncode == 1
        return done.stderr.decode()

    assert "leaves 7 for the service: it allows 17" in refusal(FACTCHECK_DATABASE_CONNECTIONS="8")
    assert "20 for 2, but the database server leaves 7 connections" in refusal("--workers", "2")


# --- who waits for one


@contextmanager
def all_in_use(database: Database) -> Iterator[None]:
    with ExitStack() as held:
        for _ in range(database.share.reading):
            held.enter_context(database.reading())
        yield


def test_who_waits_gets_the_connection_that_is_given_back(desk: Desk) -> None:
    there = threading.Event()

    def read() -> None:
        with desk.database.reading() as connection:
            connection.execute(text("SELECT 1"))
            there.set()

    waiting = threading.Thread(target=read)
    with all_in_use(desk.database):
        waiting.start()
        assert not there.wait(0.1)
    assert there.wait(database.WAIT - 1)
    waiting.join()


def test_who_waits_in_vain_is_told_why(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WAIT", 0.1)
    public = desk.with_settings(public_read=True)
    with all_in_use(public.database):
        refused = public.get("/v1/sources", by=None)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
        assert refused.json["detail"].startswith("All database connections of this process are in use.")
    assert public.get("/v1/sources", by=None).status_code == 200


def test_writers_who_wait_in_vain_are_told_why(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WAIT", 0.1)
    other = desk.with_settings(public_read=True)
    body = {"name": "Waits", "kind": "group"}
    with ExitStack() as held:
        for _ in range(other.database.share.transactions):
            held.enter_context(other.database.writing())
        refused = other.post("/v1/sources", body)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
        assert "of this process are in use" in refused.json["detail"] or "Others are writing" in refused.json["detail"]
    assert other.post("/v1/sources", body).status_code == 201


def test_readers_leave_connections_for_what_sees_one_moment(desk: Desk) -> None:
    """Exports, imports that are only tried, and the publisher that signs the log: with connections of their own."""
    with all_in_use(desk.database):
        pass  # and all are kept for later reads
    began = time.monotonic()
    with ExitStack() as held:
        for _ in range(connections.EXPORTS + connections.PUBLISHER):
            one_moment = held.enter_context(desk.database.reading_one_moment())
            assert one_moment.execute(text("SELECT 1")).scalar_one() == 1
    assert time.monotonic() - began < database.WAIT
    assert desk.get("/v1/claims", headers={"Accept": "text/csv"}).status_code == 200


# --- when they are given back


def backends(url: str) -> int:
    with psycopg.connect(postgres.plain(url)) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    assert row is not None
    return int(row[0])


def wait_until_all_are_closed(url: str) -> None:
    ends = time.monotonic() + 20
    while backends(url):
        assert time.monotonic() < ends
        time.sleep(0.05)


@only_on("postgresql")
def test_connections_that_nobody_uses_are_given_back(served: Database) -> None:
    with served.reading() as connection, served.writing() as session:
        for each in (connection, session.connection()):
            assert each.execute(text("SHOW idle_session_timeout")).scalar_one() == f"{postgresql.IDLE // 60}min"
    soon = Database(f"{served.url}&options=-c%20idle_session_timeout%3D2s")
    served.close()
    with soon.reading(), soon.reading(), soon.writing() as session:
        assert backends(served.url) >= 3
    wait_until_all_are_closed(served.url)
    # That they are gone costs nobody an error.
    with soon.reading() as connection, soon.writing() as session:
        assert (connection.scalar(text("SELECT 1")), session.scalar(text("SELECT 1"))) == (1, 1)
    soon.close()


@only_on("postgresql")
def test_an_export_that_nobody_reads_away_is_broken_off(copies: Copies) -> None:
    url = copies.copy("seeded")
    soon = Database(f"{url}&options=-c%20idle_in_transaction_session_timeout%3D2s")
    pieces = exports.everything(soon)
    assert next(pieces)[0] > 0
    wait_until_all_are_closed(url)
    with pytest.raises(Unavailable):
        next(pieces)
    soon.close()
    copies.forget(url)


# --- more clients than the server has connections


@pytest.mark.slow
@needs("own postgresql")
def test_a_crowd_locks_nobody_out(tmp_path: Path) -> None:
    workers = 2
    with private_postgres(connections=33) as server:
        place = Place(server.fresh(), claims=20)
        place.url += "&options=-c%20idle_session_timeout%3D1s"
        run = crowd(place, tmp_path, workers=workers, readers=60, writers=20, seconds=3, idle=60)
    assert run.bound == 20  # 30 that are not reserved, without 10 for commands, for two workers
    assert 0 < run.most <= run.bound + 2  # and a command's
    assert run.refused_commands == []
    assert run.commands
    assert run.answers["reads"].done > 0
    assert run.answers["writes"].done > 0
    assert (run.unexplained, run.others) == ({}, {})
    assert run.resting <= RESTING * workers
