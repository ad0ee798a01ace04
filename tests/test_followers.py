"""Followers: each reads the log from its own position, whoever else reads or writes, and however a process ends."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import func, select

from factcheck.followers.audit import AuditFollower, checking
from factcheck.followers.base import Following
from factcheck.followers.registry import NAMES, auditing
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.audit import Finding
from factcheck.storage.tables.followers import FollowerPosition
from tests.conftest import Copies
from tests.derived import everything
from tests.desk import Desk

DEADLINE = 30  # seconds
FOLLOWING = """
import sys
from factcheck.followers.audit import AuditFollower
from factcheck.followers.base import Following
from factcheck.storage.engine.database import Database
following = Following(Database(sys.argv[1]), AuditFollower(), batch=3)
print("begun", flush=True)
following.run()
"""


def following(desk: Desk, batch: int = 500) -> Following:
    return Following(desk.database, AuditFollower(), batch)


def position(database: Database) -> tuple[int, int]:
    with database.reading() as connection:
        columns = select(FollowerPosition.position, FollowerPosition.version)
        row = connection.execute(columns.where(FollowerPosition.name == AuditFollower.name)).one()
    return row.position, row.version


def state(database: Database) -> dict[str, list[str]]:
    with database.reading_one_moment() as connection:
        assert list(checking.all_faults(connection)) == []
        return everything(connection)


def test_every_follower_has_a_name_of_its_own() -> None:
    names = list(NAMES)
    assert len(names) == len(set(names)) > 0


def test_an_answer_says_up_to_which_entry_it_is_true(desk: Desk) -> None:
    desk.claim()
    last = desk.changes()[-1]["log_index"]
    for path in ("findings", "summary", "conflicts"):
        answer = desk.get(f"/v1/audit/{path}").json
        assert answer["as_of_log_index"] == last
        assert "behind" not in answer
    source = desk.source()["id"]
    assert desk.get(f"/v1/sources/{source}/record").json["as_of_log_index"] == last + 1


def test_an_answer_that_cannot_wait_long_enough_says_that_it_is_behind(desk: Desk) -> None:
    desk.claim()
    one = following(desk, batch=1)
    assert one.wait(seconds=0).behind
    one.step()
    as_of = one.wait(seconds=0)
    assert (as_of.behind, as_of.told()["behind"]) == (True, True)
    one.catch_up()
    assert one.wait(seconds=0).told() == {"as_of_log_index": desk.changes()[-1]["log_index"]}


def test_answers_and_pages_say_that_they_are_behind(seeded: Desk) -> None:
    """Somebody holds what the follower must write, for longer than a reader waits."""
    reader = seeded.with_settings(public_read=True)
    one: Following = reader.app.extensions["factcheck.followers"]["audit"]
    reader.claim()
    with reader.database.writing() as session:
        session.execute(select(FollowerPosition).with_for_update())
        thread = one.start()
        answer = reader.get("/v1/audit/findings").json
        page = reader.get("/audit", by=None, headers={"Accept": "text/html"}).get_data(as_text=True)
    assert answer["behind"] is True
    assert "does not show the newest changes yet" in page
    assert "behind" not in reader.get("/v1/audit/findings").json
    one.stop()
    thread.join(DEADLINE)
    assert not thread.is_alive()


def test_another_version_of_the_rules_rebuilds(seeded: Desk) -> None:
    before = state(seeded.database)
    assert before["findings"]
    with seeded.database.writing() as session:
        session.execute(FollowerPosition.__table__.update().values(version=0))
        session.execute(Finding.__table__.delete())
    as_of = following(seeded).wait()
    assert not as_of.behind
    assert state(seeded.database) == before
    assert position(seeded.database) == (as_of.log_index + 1, AuditFollower.version)


def test_of_two_that_apply_the_same_entries_one_writes(seeded: Desk) -> None:
    before = state(seeded.database)
    following(seeded).start_over()
    both = [following(seeded, batch=2) for _ in range(2)]
    threads = [threading.Thread(target=each.catch_up) for each in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert state(seeded.database) == before


def test_what_is_worked_out_from_an_old_position_is_discarded(desk: Desk) -> None:
    desk.claim()
    slow, fast = following(desk), following(desk)
    work_out = slow.follower.work_out

    class Overtaken(AuditFollower):
        def work_out(self, connection: Any, entries: Any) -> Any:
            changes = work_out(connection, entries)
            fast.catch_up()
            return changes

    slow.follower = Overtaken()
    if desk.database.embedded:
        assert slow.step() == 0
        assert state(desk.database)["claim_audits"]


def test_a_write_that_fails_leaves_the_position_and_the_rows(seeded: Desk) -> None:
    following(seeded).catch_up()
    before, place = state(seeded.database), position(seeded.database)
    seeded.claim()

    class Failing(AuditFollower):
        def write(self, session: Any, changes: Any) -> None:
            super().write(session, changes)
            raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        Following(seeded.database, Failing()).catch_up()
    with seeded.database.reading_one_moment() as connection:
        assert (everything(connection), position(seeded.database)) == (before, place)
    following(seeded).catch_up()
    assert len(state(seeded.database)["claim_audits"]) == len(before["claim_audits"]) + 1


@contextmanager
def running(url: str) -> Iterator[subprocess.Popen[str]]:
    """Run a process that follows, by small batches."""
    process = subprocess.Popen([sys.executable, "-c", FOLLOWING, url], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def until_reached(database: Database, wanted: int) -> None:
    end = time.monotonic() + DEADLINE
    while position(database)[0] < wanted:
        assert time.monotonic() < end, position(database)
        time.sleep(0.01)


def test_killed_at_any_point_nothing_is_lost_and_nothing_is_twice(seeded: Desk) -> None:
    before = state(seeded.database)
    following(seeded).start_over()
    total = seeded.changes()[-1]["log_index"] + 1
    for kills in range(1, 4):
        with running(seeded.settings.database_url) as process:
            until_reached(seeded.database, kills * total // 5)
            process.send_signal(signal.SIGKILL)
            process.wait()
    following(seeded).catch_up()
    assert state(seeded.database) == before


def test_another_process_takes_over(seeded: Desk) -> None:
    url = seeded.settings.database_url
    following(seeded).start_over()
    with running(url) as first, running(url):
        until_reached(seeded.database, 3)
        first.kill()
        first.wait()
        source = seeded.source(name="Somebody new")
        until_reached(seeded.database, seeded.changes()[-1]["log_index"] + 1)
    assert source["id"]
    state(seeded.database)


def test_a_thread_follows_what_this_process_writes(desk: Desk) -> None:
    one = auditing(desk.database)
    thread = one.start()
    try:
        for _ in range(3):
            desk.claim()
            as_of = one.wait()
            assert (as_of.behind, as_of.log_index) == (False, desk.changes()[-1]["log_index"])
        with desk.database.reading() as connection:
            assert connection.scalar(select(func.count()).select_from(Finding)) == 3
    finally:
        one.stop()
        thread.join(DEADLINE)
    assert not thread.is_alive()


def test_metrics_tell_the_lag(desk: Desk) -> None:
    following(desk).catch_up()
    assert 'factcheck_follower_lag_entries{follower="audit"} 0.0' in desk.get("/metrics").get_data(as_text=True)
    desk.source()
    told = desk.get("/metrics").get_data(as_text=True)
    entries = desk.changes()[-1]["log_index"] + 1
    for follower, lag in (("audit", 1), ("publication", entries), ("webhooks", 0)):
        assert f'factcheck_follower_lag_entries{{follower="{follower}"}} {lag}.0' in told


def test_the_followers_of_a_copy_begin_where_it_was_copied(copies: Copies) -> None:
    url = copies.copy("seeded")
    with closing(Database(url)) as database:
        assert not Following(database, AuditFollower()).wait(seconds=0).behind
    copies.forget(url)
