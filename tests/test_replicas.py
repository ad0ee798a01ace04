"""A replica that answers reads: a standby that follows, one that is behind, and servers that are no standby at all."""

import io
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from sqlalchemy import text

from factcheck.desk import people
from factcheck.errors import Unavailable
from factcheck.inspection import checkup
from factcheck.rules.roles import Role
from factcheck.settings import Settings
from factcheck.storage.engine import replicas
from factcheck.storage.engine.database import Database
from factcheck.storage.engine.standbys import Look, Positions, refusal
from tests import commands, postgres
from tests.conftest import Copies
from tests.desk import SECRET, Desk
from tests.test_cluster import ask_each_time, names

NEVER = 3600  # seconds: a replica that is this far behind still answers


class Pair:
    """A desk, and another application on it that reads from a standby, however far that is behind."""

    def __init__(self, folder: Path, primary: str, standby: str, copy: str) -> None:
        self.copies = Copies("postgresql", folder, primary)
        self.primary = self.copies.copy("migrated")
        self.name = postgres.name_of(self.primary)
        self.standby, self.copy = (self.on(server, self.name) for server in (standby, copy))
        self.other_database = self.on(standby, "postgres")
        self.desk = Desk(Settings(database_url=self.primary, secret_key=SECRET))
        self.claim = self.desk.claim()
        self.catch_up()
        self.reader = self.desk.with_settings(read_database_url=self.standby, read_max_lag=NEVER)

    @staticmethod
    def on(server: str, name: str) -> str:
        before, mark, options = server.partition("?")
        return f"{before.rpartition('/')[0]}/{name}{mark}{options}"

    def ask(self, url: str, statement: str) -> object:
        with psycopg.connect(postgres.plain(url), autocommit=True) as connection:
            cursor = connection.execute(statement)
            row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None

    def catch_up(self) -> None:
        """Wait until the standby has what the primary has now."""
        position = self.ask(self.primary, "SELECT pg_current_wal_lsn()")
        until(lambda: self.ask(self.other_database, f"SELECT pg_last_wal_replay_lsn() >= '{position}'"))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Let the standby replay nothing. A reader that looked at it before knows how far it was."""
        self.catch_up()
        assert self.reader.get("/v1/sources").status_code == 200
        self.ask(self.standby, "SELECT pg_wal_replay_pause()")
        try:
            yield
        finally:
            self.ask(self.standby, "SELECT pg_wal_replay_resume()")
            self.catch_up()

    @contextmanager
    def away(self, url: str) -> Iterator[None]:
        """Let nobody reach a server."""
        socket = Path(parse_qs(urlsplit(url).query)["host"][0]) / ".s.PGSQL.5432"
        hidden = socket.with_name("hidden")
        others = f"FROM pg_stat_activity WHERE datname = '{self.name}' AND pid <> pg_backend_pid()"
        with psycopg.connect(postgres.plain(self.on(url, "postgres")), autocommit=True) as connection:
            socket.rename(hidden)
            try:
                connection.execute(f"SELECT pg_terminate_backend(pid) {others}")
                until(lambda: connection.execute(f"SELECT count(*) {others}").fetchone() == (0,))
                yield
            finally:
                hidden.rename(socket)

    def close(self) -> None:
        self.reader.close()  # with those made of it
        self.desk.close()
        self.copies.close()


def until(there: Callable[[], object], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < ends
        time.sleep(0.02)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with postgres.cluster() as servers:
        assert servers is not None
        made = Pair(tmp_path_factory.mktemp("replicas"), *servers)
        yield made
        made.close()


@pytest.fixture
def look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the servers at every read, not once a second."""
    monkeypatch.setattr(replicas, "LOOK", 0)
    monkeypatch.setattr(replicas, "AWAY", 0.1)


def lag_of(reader: Desk) -> float:
    found = re.search(r"^factcheck_replica_lag_seconds (\S+)$", reader.get("/metrics").get_data(as_text=True), re.M)
    assert found
    return float(found[1])


def events(logged: io.StringIO) -> list[str]:
    lines = [json.loads(line)["event"] for line in logged.getvalue().splitlines() if line.startswith("{")]
    return [event for event in lines if event.startswith("replica_")]


# --- what comes from it


def test_reads_come_from_the_replica_and_decisions_from_the_primary(pair: Pair) -> None:
    desk, reader, key = pair.desk, pair.reader, pair.claim["id"]
    path = f"/v1/claims/{key}"
    with pair.paused():
        old = reader.etag(key)
        changed = desk.patch(path, {"text": "Nobody knows how many people were present."}, etag=old)
        assert changed.status_code == 200
        # The replica is behind: it gives the older version, and deciding on that one is refused.
        assert reader.get(path).headers["ETag"] == old
        verdict = {"status": "unverifiable", "reason": "Nobody counted there."}
        assert reader.review(key, **verdict).status_code == 412
        decided = reader.review(key, etag=changed.headers["ETag"], **verdict)
        assert decided.status_code == 201
        assert reader.get(f"{path}/reviews").json["items"] == []
        assert [each["id"] for each in desk.get(f"{path}/reviews").json["items"]] == [decided.json["id"]]
    assert [each["id"] for each in reader.get(f"{path}/reviews").json["items"]] == [decided.json["id"]]


def test_what_only_the_replica_still_has_cannot_be_changed(pair: Pair) -> None:
    path = f"/v1/claims/{pair.desk.claim()['id']}"
    with pair.paused():
        etag = pair.reader.get(path).headers["ETag"]
        assert pair.desk.post(f"{path}/withdrawal", {"reason": "Twice."}).status_code == 204
        assert pair.reader.get(path).status_code == 200
        refused = pair.reader.patch(path, {"text": "It is still there."}, etag=etag)
        assert (refused.status_code, refused.json["type"]) == (410, "/problems/withdrawn")


def test_who_somebody_is_is_asked_of_the_primary(pair: Pair) -> None:
    with pair.paused():
        assert pair.reader.get("/v1/sources", by="contributor").status_code == 200
        with pair.reader.database.writing() as session:
            people.disable(session, people.operator(session), name=f"Test {Role.CONTRIBUTOR}")
        refused = pair.reader.get("/v1/sources", by="contributor")
        assert (refused.status_code, refused.json["type"]) == (401, "/problems/unauthenticated")


def test_the_review_desk_reads_the_primary(pair: Pair) -> None:
    with pair.desk.database.writing() as session:
        link = people.issue_login_link(session, people.operator(session), name=f"Test {Role.ANALYST}")
    browser = pair.reader.client
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(f"/login/{link}").get_data(as_text=True))
    assert token is not None
    assert browser.post(f"/login/{link}", data={"csrf_token": token[1]}).status_code in (302, 303)
    with pair.paused():
        pair.desk.source(name="Seen at once")
        assert "Seen at once" in browser.get("/sources").get_data(as_text=True)
        assert "Seen at once" not in names(pair.reader)


def test_matching_reads_the_primary(pair: Pair) -> None:
    """A claim that was entered a moment ago is the one that somebody else is about to enter again."""
    asked = {"text": "Exactly 4,711 bicycles were counted on the bridge."}
    with pair.paused():
        made = pair.desk.claim(text=asked["text"])
        found = pair.reader.post("/v1/claims/match", asked)
        assert found.json["items"][0]["claim"]["id"] == made["id"]
        assert pair.reader.get(f"/v1/claims/{made['id']}").status_code == 404


def test_an_answer_of_the_audit_shows_what_was_written_a_moment_ago(pair: Pair) -> None:
    """What a replica has of the audit may be older than the log: it is not given out as up to date."""
    with pair.paused():
        source = pair.desk.source(name="Somebody who says much")["id"]
        attribution = [
            {"source_id": source, "described_as": "he", "directness": "indirect"},
            {"described_as": "somebody", "directness": "indirect"},
        ]
        claim = pair.desk.claim(attribution=attribution)["id"]
        newest = pair.desk.changes()[-1]["log_index"]
        findings = pair.reader.get(f"/v1/audit/findings?claim={claim}").json
        assert [item["kind"] for item in findings["items"]] == ["unnamed_origin"]
        record = pair.reader.get(f"/v1/sources/{source}/record").json
        assert record["as_relay"]["claims"] == 1
        for answer in (findings, record):
            assert (answer["as_of_log_index"], "behind" in answer) == (newest, False)
    assert pair.reader.get(f"/v1/audit/findings?claim={claim}").json == findings


def test_without_the_primary_the_audit_says_that_it_is_behind(
    pair: Pair, look_at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = pair.desk.with_settings(read_database_url=pair.standby, read_max_lag=NEVER, public_read=True)
    monkeypatch.setattr(replicas, "AWAY", 0)
    path = "/v1/audit/findings"
    before = reader.get(path, by=None).json
    assert (len(before["items"]) > 0, "behind" in before) == (True, False)
    pair.catch_up()
    with pair.away(pair.primary):
        answer = reader.get(path, by=None)
        assert (answer.status_code, answer.json) == (200, {**before, "behind": True})
    until(lambda: reader.get(path, by=None).json == before)
    reader.close()


def test_nothing_is_written_through_a_replica(pair: Pair) -> None:
    with pytest.raises(Exception, match="read-only"), pair.reader.database.reading() as connection:
        connection.execute(text("UPDATE upkeep SET version = version"))


# --- when it is behind, or away


def test_a_replica_that_is_too_far_behind_is_replaced_by_the_primary(
    pair: Pair, look_at_once: None, logged: io.StringIO
) -> None:
    reader = pair.desk.with_settings(read_database_url=pair.standby, read_max_lag=1)
    assert "A second ago" not in names(reader)
    assert lag_of(reader) == 0
    with pair.paused():
        pair.desk.source(name="A second ago")
        until(lambda: "A second ago" in names(reader))
        assert lag_of(reader) > 1
        assert (reader.get("/readyz").status_code, events(logged)) == (200, ["replica_behind"])
        assert '"paused":true' in logged.getvalue()
        assert [fault.detail for fault in checkup.replica_faults(reader.database)] == ["Its replay is paused."]
    assert lag_of(reader) == 0
    assert events(logged) == ["replica_behind", "replica_used"]
    with reader.database.reading() as connection:
        assert connection.execute(text("SELECT pg_is_in_recovery()")).scalar_one()
    assert checkup.replica_faults(reader.database) == []
    reader.close()


def test_a_replica_of_which_nothing_is_known_is_not_believed_to_have_caught_up(pair: Pair) -> None:
    with pair.paused():
        pair.desk.source(name="Before anybody looked")
        fresh = pair.desk.with_settings(read_database_url=pair.standby, read_max_lag=NEVER)
        assert "Before anybody looked" in names(fresh)
        assert lag_of(fresh) == inf
        fresh.close()


def test_a_replica_that_is_away_is_replaced_by_the_primary(pair: Pair, look_at_once: None, logged: io.StringIO) -> None:
    with pair.paused():
        pair.desk.source(name="Only here")
        assert "Only here" not in names(pair.reader)
        with pair.away(pair.standby):
            assert ["Only here" in names(pair.reader) for _ in range(3)] == [True] * 3
            assert [fault.subject for fault in checkup.replica_faults(pair.reader.database)] == ["replica"]
            assert pair.reader.get("/readyz").status_code == 200
        until(lambda: "Only here" not in names(pair.reader))
    assert events(logged) == ["replica_away", "replica_back"]


def test_reading_goes_on_without_the_primary(pair: Pair, look_at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = pair.desk.with_settings(read_database_url=pair.standby, read_max_lag=NEVER)
    public = reader.with_settings(public_read=True)
    ask_each_time(reader, monkeypatch)
    monkeypatch.setattr(replicas, "AWAY", 0)  # the primary is asked again as soon as it is back
    with pair.paused():
        assert [reader.get("/v1/sources").status_code for _ in range(2)] == [200, 200]
        with pair.away(pair.primary):
            assert reader.get("/v1/sources").status_code == 200
            assert reader.get("/v1/me", headers={"Authorization": "Bearer fck_nobody"}).status_code == 401
            refused = reader.post("/v1/sources", {"name": "Later", "kind": "group"})
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
            assert "cannot be reached" in refused.json["detail"]
            assert (reader.get("/readyz").status_code, reader.get("/log/checkpoint").status_code) == (503, 503)
        until(lambda: reader.get("/readyz").status_code == 200)
        pair.desk.source(name="Behind")
        # A replica that is behind may not know that a token was revoked.
        assert [reader.get("/v1/sources").status_code for _ in range(2)] == [200, 200]
        with pair.away(pair.primary):
            refused = reader.get("/v1/sources")
            assert (refused.status_code, "behind" in refused.json["detail"]) == (503, True)
            # Whoever began after the primary went does not know how far it was.
            fresh = Database(pair.primary, pair.standby)
            with pytest.raises(Unavailable, match="behind"), fresh.reading_primary(or_replica=True):
                pass
            fresh.close()
            assert public.get("/v1/sources", by=None).status_code == 200
        until(lambda: reader.get("/readyz").status_code == 200)
    reader.close()


# --- what is no replica


@pytest.fixture(params=["copy", "other database", "other cluster"])
def wrong(request: pytest.FixtureRequest, pair: Pair) -> tuple[str, str]:
    """A server that must not answer for the primary, and what is said of it."""
    if request.param == "copy":
        if pair.ask(pair.on(pair.copy, "postgres"), f"SELECT 1 FROM pg_database WHERE datname = '{pair.name}'") is None:
            pair.ask(pair.on(pair.copy, "postgres"), f'CREATE DATABASE "{pair.name}"')
        return pair.copy, "leads to a server that takes writes of its own"
    if request.param == "other database":
        return pair.other_database, f"leads to the database postgres, not to {pair.name}"
    return request.getfixturevalue("postgresql"), "leads to a server of another cluster"


def test_a_server_that_is_no_standby_of_this_database_is_refused(
    pair: Pair, wrong: tuple[str, str], tmp_path: Path, logged: io.StringIO
) -> None:
    url, told = wrong
    reader = pair.desk.with_settings(read_database_url=url)
    pair.desk.source(name=f"For {told}")
    assert f"For {told}" in names(reader)  # the primary answers
    unready = reader.get("/readyz")
    assert (unready.status_code, told in unready.json["detail"]) == (503, True)
    assert lag_of(reader) == inf
    assert events(logged) == ["replica_refused"]
    (fault,) = checkup.replica_faults(reader.database)
    assert told in fault.detail
    reader.close()
    environment = {"FACTCHECK_DATABASE_URL": pair.primary, "FACTCHECK_SECRET_KEY": SECRET}
    done = commands.run("serve", "--port", "1", cwd=tmp_path, env={**environment, "FACTCHECK_READ_DATABASE_URL": url})
    assert done.returncode == 1
    assert told in done.stderr.decode()


def test_the_primary_itself_may_answer(pair: Pair) -> None:
    """A URL of several hosts leads there while no standby is left."""
    reader = pair.desk.with_settings(read_database_url=pair.primary)
    pair.desk.source(name="On the primary")
    assert "On the primary" in names(reader)
    assert (reader.get("/readyz").status_code, lag_of(reader)) == (200, 0)
    reader.close()


BORN = datetime(2026, 11, 29, tzinfo=UTC)
PRIMARY = Look(recovering=False, cluster=7, database="desk", started_at=BORN, position=100, paused=False)
STANDBY = PRIMARY._replace(recovering=True, started_at=BORN.replace(hour=1))


@pytest.mark.parametrize(
    ("primary", "replica", "told"),
    [
        (PRIMARY, STANDBY, None),
        (PRIMARY, PRIMARY, None),
        (None, STANDBY, None),  # the primary is away: who follows another server is believed to follow it
        (None, PRIMARY, "writes of its own"),
        (PRIMARY, STANDBY._replace(recovering=False), "writes of its own"),
        (PRIMARY, STANDBY._replace(cluster=8), "another cluster"),
        (PRIMARY, STANDBY._replace(database="test"), "the database test, not to desk"),
    ],
)
def test_who_may_answer_for_the_primary(primary: Look | None, replica: Look, told: str | None) -> None:
    found = refusal(primary, replica)
    assert found is None if told is None else told in str(found)


def test_a_standby_is_behind_since_the_primary_was_where_it_is() -> None:
    positions = Positions()
    assert positions.lag(0, 100) == inf
    for second in range(5):  # the primary writes ten bytes a second
        positions.add(second, PRIMARY._replace(position=100 + 10 * second))
    assert positions.lag(4.5, 140) == 0
    assert positions.lag(4.5, 150) == 0  # it wrote on since it was looked at
    assert positions.lag(4.5, 139) == 1.5
    assert positions.lag(4.5, 110) == 3.5
    assert positions.lag(4.5, 99) == inf
    positions.add(100, PRIMARY._replace(position=140))
    assert positions.lag(100, 140) == 0  # nothing was written
    positions.add(101, PRIMARY._replace(position=120))  # what the new primary does not have was lost
    assert positions.lag(101, 110) == inf
    assert positions.lag(101, 120) == 0
    positions.add(102, PRIMARY._replace(position=130, started_at=BORN.replace(hour=2)))
    assert positions.lag(102, 120) == inf
