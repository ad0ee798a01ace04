"""What operations rely on: ending in good order, lines that can be found again, metrics, two versions on one schema."""

import ast
import asyncio
import contextlib
import json
import re
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import uvloop
from sqlalchemy import text

from factcheck.cli import signals
from factcheck.errors import SchemaOutdated, Unavailable
from factcheck.followers.registry import auditing
from factcheck.storage import schema
from factcheck.storage.engine import database as storage
from factcheck.storage.engine.database import Database
from tests.desk import Desk
from tests.serving import Served, rest, statuses

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.slow
def test_i16_whoever_is_being_served_gets_an_answer_when_it_ends(tmp_path: Path) -> None:
    """SIGTERM: what is under way is answered, what is new is refused, and it is over soon."""
    served = Served(tmp_path)
    try:
        served.wait()
        body = json.dumps({"name": "Under way", "kind": "group"}).encode()
        head = served.head("POST", "/v1/sources", b"Content-Length: %d" % len(body), b"Connection: close")
        under_way = [served.connect() for _ in range(5)]
        for each in under_way:
            each.sendall(head + body[:-1])  # all but its last byte
        time.sleep(0.5)  # so that they are being read when the signal comes
        began = time.monotonic()
        served.process.send_signal(signal.SIGTERM)
        refused = False
        while not refused and time.monotonic() < began + 5:
            with contextlib.suppress(TimeoutError):
                try:
                    refused = statuses(
                        served.ask(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    ) != [200]
                except ConnectionError:
                    refused = True
        for each in under_way:
            each.sendall(body[-1:])
        answers = [statuses(rest(each)) for each in under_way]
        for each in under_way:
            each.close()
        assert refused
        assert answers == [[201]] * 5
        served.process.wait(25)
        assert time.monotonic() - began < 30
        assert served.process.returncode == 0
        served.start()
        served.wait()
        assert served.sources() == 5
    finally:
        served.stop()


def test_every_line_is_one_event_with_its_request(desk: Desk, logged: Any) -> None:
    asked = {"r-1": "/v1/me", "r-2": "/v1/claims/x", "r-3": "/nothing"}
    for request_id, path in asked.items():
        desk.get(path, headers={"X-Request-Id": request_id})
    desk.get("/v1/me", by=None, headers={"X-Request-Id": "r-4", "Authorization": f"Bearer fck_{'x' * 43}"})
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    lines = [line for line in lines if line["event"] == "request"]
    assert [line["request_id"] for line in lines] == [*asked, "r-4"]
    for line in lines:
        assert {"event", "level", "timestamp", "method", "route", "status", "ms", "person"} <= set(line)
        assert line["timestamp"].endswith("Z")
    # An address is personal: only that of whoever was turned away is kept.
    assert [line.get("address") for line in lines] == [None, None, None, "127.0.0.1"]


def test_the_dashboard_names_what_is_exported(desk: Desk) -> None:
    desk.get("/v1/me")
    exported = desk.get("/metrics", by=None).get_data(as_text=True)
    dashboard = json.loads((ROOT / "docs" / "dashboard.json").read_text(encoding="utf-8"))
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    named = {(name, labels) for query in queries for name, labels in re.findall(r"(factcheck_\w+)\{([^}]*)\}", query)}
    assert len(named) >= 5
    for name, labels in named:
        samples = re.findall(rf"^{name}\{{(.*)\}} ", exported, re.MULTILINE)
        assert samples, name
        known = set(re.findall(r"(\w+)=", samples[0])) | {"instance"}
        assert set(re.findall(r"(\w+)=~?\"", labels)) <= known, (name, labels)
    for query in queries:
        assert set(re.findall(r"by \((.*?)\)", query)) <= {"status", "route", "route, status", "le"}


# Two versions of factcheck run on one schema while an upgrade goes through the processes, so what the older one reads
# and writes must stay: a migration adds, and takes away only what nobody reads since the version before.
TAKES_AWAY = {"drop_table", "drop_column", "drop_constraint", "alter_column", "rename_table", "batch_alter_table"}
TAKEN_AWAY = re.compile(r"\b(DROP\s+(TABLE|COLUMN)|RENAME|ALTER\s+COLUMN)\b", re.IGNORECASE)


def taken_away(source: str) -> list[str]:
    """Return what a migration's upgrade takes away or alters, and columns that the version before could not fill."""
    tree = ast.parse(source)
    [upgrade] = [each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == "upgrade"]
    found = []
    for node in ast.walk(upgrade):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in TAKES_AWAY:
                found.append(ast.unparse(node.func))
            if node.func.attr == "add_column":
                column = node.args[1]
                given = {each.arg: ast.unparse(each.value) for each in getattr(column, "keywords", [])}
                if given.get("nullable") != "True" and "server_default" not in given:
                    found.append(ast.unparse(node))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and TAKEN_AWAY.search(node.value):
            found.append(node.value)
    return found


# What stood in actions became a follower's: the version before would write what the next one takes away, or twice.
FOR_NOBODY_ELSE = {"0011_followers", "0013_search_index"}


@pytest.mark.parametrize("file", sorted((ROOT / "migrations" / "versions").glob("0*.py")), ids=lambda file: file.stem)
def test_i10_migrations_only_add(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    if file.stem in FOR_NOBODY_ELSE:
        assert "stop all" in (ast.get_docstring(ast.parse(source)) or "")
    else:
        assert taken_away(source) == []


@pytest.mark.parametrize(
    "action",
    [
        'op.drop_column("claims", "text")',
        'op.execute("ALTER TABLE claims RENAME COLUMN text TO words")',
        'op.add_column("claims", sa.Column("x", sa.Text(), nullable=False))',
        'op.execute("DROP TABLE hops")',
    ],
)
def test_what_a_migration_takes_away_is_seen(action: str) -> None:
    assert taken_away(f"def upgrade() -> None:\n    {action}\n") != []


def test_i10_a_version_on_a_newer_schema_goes_on_serving(desk: Desk) -> None:
    """A process that runs while the schema moves on goes on reading and writing; a new one of that version refuses."""
    claim = desk.claim()
    with desk.database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        session.execute(text("ALTER TABLE claims ADD COLUMN added_later text"))
        session.execute(text("ALTER TABLE people ADD COLUMN also_added text"))
    assert desk.get(claim["links"]["self"]).status_code == 200
    assert desk.get("/v1/claims").status_code == 200
    assert desk.review(claim["id"], status="in_review").status_code == 201
    assert desk.patch(claim["links"]["self"], {"text": "Changed."}, etag=desk.etag(claim["id"])).status_code == 200
    assert desk.get("/readyz", by=None).status_code == 200  # or every process would be taken out at once
    with desk.database.reading() as connection, pytest.raises(SchemaOutdated, match="9999, which this version"):
        schema.demand_head(connection)  # as `serve` does when it starts
    with desk.database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert desk.get("/readyz", by=None).status_code == 503


@pytest.mark.slow
def test_a_server_does_not_wait_for_the_audit_before_it_serves(tmp_path: Path) -> None:
    """An audit that cannot follow the log would let it wait for ever."""
    url = f"sqlite:///{tmp_path}/desk.db"
    schema.upgrade(url)
    with closing(Database(url)) as database:
        auditing(database).catch_up()
        with database.writing() as session:
            session.execute(text("UPDATE followers SET position = 'x' WHERE name = 'audit'"))
    served = Served(tmp_path, url)
    try:
        served.wait()
        close = b"Connection: close"
        assert statuses(served.ask(served.head("GET", "/v1/claims?limit=1", close))) == [200]
        assert statuses(served.ask(served.head("GET", "/v1/audit/summary", close))) == [503]
    finally:
        served.stop()


@pytest.mark.slow
@pytest.mark.parametrize("after", [0.0, 0.1, 0.2, 0.4, 0.8])
def test_a_server_that_is_told_to_end_while_it_starts_ends(tmp_path: Path, after: float) -> None:
    served = Served(tmp_path)
    time.sleep(after)  # whatever it is doing then
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(10) in (0, -signal.SIGTERM)


@pytest.mark.parametrize("make", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_server_sees_what_came_before_its_loop_ran(make: Callable[[], asyncio.AbstractEventLoop]) -> None:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGURG)}
    loop = make()
    loop.add_signal_handler(signal.SIGTERM, loop.stop)
    try:
        signal.raise_signal(signal.SIGTERM)
        signals.look_back(loop)
        late = loop.call_later(5, loop.stop)
        loop.run_forever()
        assert loop.time() < late.when()
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        loop.close()
        for number, handler in handlers.items():
            signal.signal(number, handler)


def test_a_writer_waits_no_longer_for_the_connection_and_the_lock_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "WAIT", 2.0)
    file = tmp_path / "desk.db"
    schema.upgrade(f"sqlite:///{file}")
    took: dict[str, float] = {}
    with closing(Database(f"sqlite:///{file}")) as database, closing(sqlite3.connect(file)) as other:

        def write(name: str) -> None:
            began = time.monotonic()
            with pytest.raises(Unavailable), database.writing() as session:
                session.connection()
            took[name] = time.monotonic() - began

        other.execute("BEGIN IMMEDIATE")
        first, second = (threading.Thread(target=write, args=(name,)) for name in ("first", "second"))
        first.start()
        first.join(0.5)  # it has the connection and waits for the lock; the second one waits for the first
        second.start()
        first.join()
        second.join()
    assert 1.8 < took["first"] < 2.8
    assert 1.8 < took["second"] < 2.8
