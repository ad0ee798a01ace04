"""A database server that is one of several: leaders that go, and standbys that do not answer.

`make failover` does the same to a real cluster.
"""

import io
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from sqlalchemy import text

from factcheck.desk.access.callers import Callers
from factcheck.errors import Unavailable, Unconfirmed
from factcheck.followers.publisher import Publisher
from factcheck.settings import Settings
from factcheck.storage.engine import postgresql
from tests import postgres
from tests.conftest import Copies
from tests.desk import SECRET, Desk, Statements

Ask = Callable[..., list[tuple[object, ...]]]
ABSENT = "a standby that is not there"


@pytest.fixture(scope="module")
def own_copies(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copies]:
    """Databases on a server whose settings may be changed."""
    folder = tmp_path_factory.mktemp("cluster")
    if "FACTCHECK_TEST_DATABASE_URL" not in os.environ:
        with closing(Copies("postgresql", folder, request.getfixturevalue("postgresql"))) as made:
            yield made
        return
    with postgres.started() as url:
        assert url is not None
        with closing(Copies("postgresql", folder, url)) as made:
            yield made


@pytest.fixture(scope="module")
def url(own_copies: Copies) -> Iterator[str]:
    made = own_copies.copy("migrated")
    yield made
    own_copies.forget(made)


@pytest.fixture(scope="module")
def desk(url: str) -> Iterator[Desk]:
    """One desk for all: a test names what it enters as nobody else does."""
    made = Desk(Settings(database_url=url, secret_key=SECRET))
    yield made
    made.close()


def names(desk: Desk, **options: object) -> list[str]:
    return [source["name"] for source in desk.get("/v1/sources?limit=200", **options).json["items"]]


@pytest.fixture
def ask(own_copies: Copies) -> Ask:
    """Run statements on the server as its owner, outside of any desk."""

    def run(*statements: str) -> list[tuple[object, ...]]:
        assert own_copies.maintenance
        with psycopg.connect(postgres.plain(own_copies.maintenance), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture
def standby_missing(ask: Ask) -> Iterator[Callable[[], None]]:
    """Let every commit wait for a standby that is not there, until what this yields is called."""

    def want(names: str) -> None:
        ask(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'", "SELECT pg_reload_conf()")
        _until(lambda: ask("SHOW synchronous_standby_names") == [(names,)])

    want(f'"{ABSENT}"')
    yield lambda: want("")
    want("")


def _until(there: Callable[[], object], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < ends
        time.sleep(0.02)


def backends(url: str, also: str = "") -> str:
    return f"FROM pg_stat_activity WHERE datname = '{postgres.name_of(url)}' AND pid <> pg_backend_pid() {also}"


def ask_each_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no token be remembered from one request to the next."""
    monkeypatch.setattr(Callers, "LASTS", 0)
    desk.app.extensions["factcheck.callers"] = Callers()


# --- several hosts in one URL


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql://u:p@h1:5433,h2:5434,h3/d?target_session_attrs=read-write",
         {"host": "h1,h2,h3", "port": "5433,5434,", "user": "u", "password": "p", "dbname": "d",
          "target_session_attrs": "read-write"}),
        ("postgresql+psycopg://h1,h2/d", {"host": "h1,h2", "port": ",", "dbname": "d"}),
        ("postgresql://u:a%2Cb@[::1]:5433,[fe80::2]/d", {"host": "::1,fe80::2", "port": "5433,", "password": "a,b"}),
        ("postgresql://%2Frun%2Fone,%2Frun%2Ftwo/d", {"host": "/run/one,/run/two"}),
        ("postgresql://u@h1:5433/d?sslmode=require", {"host": "h1", "port": 5433, "sslmode": "require"}),
        ("postgresql://u@/d?host=h1:1&host=h2:2", {"host": "h1,h2", "port": "1,2"}),
    ],
)  # fmt: skip
def test_several_hosts_reach_the_driver(url: str, told: dict[str, object]) -> None:
    from sqlalchemy.dialects.postgresql.psycopg import dialect  # noqa: TID251

    _, parameters = dialect().create_connect_args(postgresql.address(url))
    assert {name: parameters.get(name) for name in told} == told


def test_what_the_driver_is_told_beside_the_url() -> None:
    def told(url: str, replica: bool = False) -> dict[str, object]:
        return postgresql._arguments(postgresql.address(url), 5, replica)

    one, several = told("postgresql://h/d"), told("postgresql://h1,h2/d")
    assert (one["connect_timeout"], several["connect_timeout"]) == (5, 2)
    assert "target_session_attrs" not in one
    assert several["target_session_attrs"] == "read-write"
    assert "target_session_attrs" not in told("postgresql://h1,h2/d", replica=True)
    assert (one["tcp_user_timeout"], one["keepalives_idle"]) == (10_000, 5)
    given = told("postgresql://h1,h2/d?target_session_attrs=any&connect_timeout=9&options=-c%20work_mem%3D1MB")
    assert not {"target_session_attrs", "connect_timeout"} & set(given)
    assert "-c work_mem=1MB" in str(given["options"])
    assert "read_only" not in str(one["options"])
    assert "default_transaction_read_only=on" in str(told("postgresql://h/d", replica=True)["options"])


def test_the_host_that_takes_writes_is_found(desk: Desk, url: str) -> None:
    folder = quote(url.partition("host=")[2], safe="")
    several = f"postgresql://postgres@%2Fnowhere,{folder}/{postgres.name_of(url)}?target_session_attrs=read-write"
    elsewhere = desk.with_settings(database_url=several)
    elsewhere.source(name="Found")
    assert "Found" in names(desk)


def test_a_leader_that_became_read_only_is_left(desk: Desk, url: str, ask: Ask) -> None:
    """Its connections are given up, so that the one which takes writes again is found without a restart."""
    desk.source()
    name = postgres.name_of(url)
    ask(
        f"ALTER DATABASE {name} SET default_transaction_read_only = on",
        f"SELECT pg_terminate_backend(pid) {backends(url)}",
    )
    refused = desk.post("/v1/sources", {"name": "Later", "kind": "group"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert desk.get("/v1/sources").status_code == 200
    ask(f"ALTER DATABASE {name} SET default_transaction_read_only = off")
    assert desk.post("/v1/sources", {"name": "Later", "kind": "group"}).status_code == 201


# --- connections that die


def test_connections_that_died_in_the_pool_cost_nobody_an_error(
    desk: Desk, url: str, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_each_time(desk, monkeypatch)
    made = desk.source()
    with desk.database.reading(), desk.database.reading(), desk.database.writing() as session:
        session.execute(text("SELECT 1"))
    ended = ask(f"SELECT pg_terminate_backend(pid) {backends(url)}")
    assert len(ended) >= 3
    _until(lambda: ask(f"SELECT count(*) {backends(url)}") == [(0,)])
    with Statements(desk) as statements:
        assert [desk.get(f"/v1/sources/{made['id']}").status_code for _ in range(3)] == [200] * 3
    assert len(statements.seen) == 6  # the token's and the read: nobody asks whether the connection lives
    assert desk.post("/v1/sources", {"name": "Later", "kind": "group"}).status_code == 201


def test_a_connection_that_dies_while_it_is_used_takes_the_others_along(desk: Desk, ask: Ask) -> None:
    """They lead to the same server. What they are asked later is asked on new ones."""
    own = text("SELECT pg_backend_pid()")
    with desk.database.writing() as one, desk.database.writing() as other:
        before = {session.execute(own).scalar_one() for session in (one, other)}

    def write() -> None:
        with desk.database.writing() as session:
            ask(f"SELECT pg_terminate_backend({session.execute(own).scalar_one()})")
            session.execute(own)

    with pytest.raises(Unavailable, match="Nothing was changed"):
        write()
    with desk.database.writing() as one, desk.database.writing() as other:
        assert not before & {session.execute(own).scalar_one() for session in (one, other)}


def test_a_server_that_froze_is_not_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql.BoundedConnection, "answer_wait", 0.3)
    monkeypatch.setattr(postgresql, "CANCEL_WAIT", 0.3)

    def read() -> None:
        with desk.database.reading() as connection:
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            os.kill(pid, signal.SIGSTOP)
            try:
                connection.execute(text("SELECT 1"))
            finally:
                os.kill(pid, signal.SIGCONT)

    began = time.monotonic()
    with pytest.raises(Unavailable):
        read()
    assert time.monotonic() - began < 5
    assert desk.get("/v1/sources").status_code == 200


# --- commits of which the end is not known


def test_a_statements_timeout_does_not_bound_a_commit(url: str, standby_missing: Callable[[], None]) -> None:
    """The control: what the driver does by itself."""
    with psycopg.connect(postgres.plain(url), options="-c statement_timeout=100ms") as connection:
        connection.execute("UPDATE upkeep SET version = version")
        notices: list[str | None] = []
        connection.add_notice_handler(lambda notice: notices.append(notice.sqlstate))
        late = threading.Timer(0.6, connection.cancel_safe)
        late.start()
        began = time.monotonic()
        connection.commit()  # raises nothing
        assert time.monotonic() - began > 0.5
        late.join()
    assert notices == ["01000"]


def test_a_commit_that_no_standby_confirms_is_not_acknowledged(
    desk: Desk, standby_missing: Callable[[], None], monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    monkeypatch.setattr(postgresql, "COMMIT_WAIT", 0.3)
    body, headers = {"name": "Once", "kind": "group"}, {"Idempotency-Key": "k"}
    for _ in range(2):  # the second time the answer is there, and no standby has it
        refused = desk.post("/v1/sources", body, headers=headers)
        assert (refused.status_code, refused.json["type"]) == (503, "/problems/unconfirmed")
        assert "The outcome is not known" in refused.json["detail"]
        assert refused.headers["Retry-After"] == "2"
    assert "commit_unconfirmed" in logged.getvalue()
    standby_missing()
    assert desk.post("/v1/sources", body, headers=headers).status_code == 201
    assert names(desk).count("Once") == 1


def test_a_cancelled_wait_for_a_standby_is_no_success(
    desk: Desk, url: str, standby_missing: Callable[[], None], ask: Ask
) -> None:
    waiting = backends(url, "AND wait_event = 'SyncRep'")

    def cancel() -> None:
        _until(lambda: ask(f"SELECT pg_cancel_backend(pid) {waiting}"))

    somebody = threading.Thread(target=cancel)
    somebody.start()
    refused = desk.post("/v1/sources", {"name": "Once", "kind": "group"})
    somebody.join()
    assert (refused.status_code, refused.json["type"]) == (503, "/problems/unconfirmed")


@pytest.mark.parametrize("end", ["pg_terminate_backend(pid)", "frozen"])
def test_a_connection_lost_while_committing_leaves_it_unknown(
    desk: Desk, url: str, end: str, standby_missing: Callable[[], None], ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    waiting = backends(url, "AND wait_event = 'SyncRep'")
    stopped: list[int] = []
    if end == "frozen":
        monkeypatch.setattr(postgresql, "COMMIT_WAIT", 1)
        monkeypatch.setattr(postgresql, "CANCEL_WAIT", 0.3)

    def kill() -> None:
        _until(lambda: ask(f"SELECT pid {waiting}"))
        if end == "frozen":
            stopped.extend(int(str(pid)) for (pid,) in ask(f"SELECT pid {waiting}"))
            os.kill(stopped[0], signal.SIGSTOP)
        else:
            ask(f"SELECT {end} {waiting}")

    somebody = threading.Thread(target=kill)
    somebody.start()
    try:
        refused = desk.post("/v1/sources", {"name": "Once", "kind": "group"})
    finally:
        somebody.join()
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
    assert (refused.status_code, refused.json["type"]) == (503, "/problems/unconfirmed")


def test_nothing_is_signed_that_no_standby_confirmed(
    desk: Desk, tmp_path: Path, standby_missing: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "COMMIT_WAIT", 0.3)
    publisher = Publisher(desk.database, tmp_path)
    with pytest.raises(Unconfirmed):
        publisher.publish()
    signed = publisher.signed()
    assert signed is not None
    assert signed.size == 0
    standby_missing()
    assert publisher.publish() is not None
