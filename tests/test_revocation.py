"""Tokens, sessions and roles that are taken away count no more: not in another process, not for what is under way."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from factcheck.desk import people
from factcheck.desk.access import browser_sessions
from factcheck.desk.access.callers import Credential, digest, looked_up
from factcheck.rules.roles import Role
from factcheck.storage.tables.logbook import Revision
from factcheck.storage.tables.people import BrowserSession, LoginLink, Token
from tests.conftest import Copies
from tests.desk import Desk
from tests.serving import Served, statuses


@pytest.fixture
def served(copies: Copies, engine: str, tmp_path: Path) -> Iterator[Served]:
    """The desk as it is served: by two processes where the database allows for that."""
    words = ["--workers", "2"] if engine == "postgresql" else []
    url = copies.copy("migrated")
    running = Served(tmp_path, url, *words)
    try:
        running.wait()
        yield running
    finally:
        running.stop()
        copies.forget(url)


@pytest.mark.slow
def test_what_is_revoked_is_refused_everywhere_within_a_second(served: Served) -> None:
    """E7: every process has seen the token, and may keep what it saw for less than a second."""

    def asked(token: str, times: int) -> set[int]:
        read = served.head("GET", "/v1/me", b"Connection: close", token=token)
        return {status for _ in range(times) for status in statuses(served.ask(read))}

    def entered(token: str) -> list[int]:
        body = b'{"name":"X","kind":"group"}'
        head = served.head("POST", "/v1/sources", b"Content-Length: %d" % len(body), b"Connection: close", token=token)
        return statuses(served.ask(head + body))

    revoked = served.token_of("Revoked", Role.CONTRIBUTOR)
    disabled = served.token_of("Disabled", Role.CONTRIBUTOR)
    lowered = served.token_of("Lowered", Role.CONTRIBUTOR)
    for token in (revoked, disabled, lowered):
        assert asked(token, 30) == {200}
        assert entered(token) == [201]
    with served.writing() as session:
        operator = people.operator(session)
        people.revoke(session, operator, name="Revoked")
        people.disable(session, operator, name="Disabled")
        people.give_role(session, operator, name="Lowered", role=Role.READER)
    # What writes is looked at inside the transaction: at once.
    assert [entered(token) for token in (revoked, disabled, lowered)] == [[401], [401], [403]]
    time.sleep(1)  # the second that is promised
    for token in (revoked, disabled):
        assert asked(token, 30) == {401}
    assert asked(lowered, 2) == {200}


def test_nothing_is_written_under_a_role_after_it_was_taken_away(desk: Desk) -> None:
    """E16: whatever was under way when the role went is in the log before that, or nowhere."""
    answers: dict[str, list[int]] = {"contributor": [], "analyst": []}
    stop = threading.Event()

    def enter(role: str) -> None:
        while not stop.is_set():
            answers[role].append(desk.post("/v1/sources", {"name": "X", "kind": "group"}, by=role).status_code)

    threads = [threading.Thread(target=enter, args=(role,), daemon=True) for role in answers for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        while not all(201 in each for each in answers.values()):
            time.sleep(0.01)
        # They overlap all the time, and must not keep the change out by that.
        with desk.database.writing() as session:
            people.give_role(session, people.operator(session), name="Test contributor", role=Role.READER)
        with desk.database.writing() as session:
            people.revoke(session, people.operator(session), name="Test analyst")
        while not (403 in answers["contributor"] and 401 in answers["analyst"]):
            time.sleep(0.01)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    # The last answer may be a slow one of before: what was entered then may wait for its commit longer than a refusal.
    for role, status in (("contributor", 403), ("analyst", 401)):
        assert desk.post("/v1/sources", {"name": "X", "kind": "group"}, by=role).status_code == status
    with desk.database.reading() as connection:
        log = connection.execute(select(Revision.log_index, Revision.action.label("action"), Revision.actor_id)).all()
    at = {row.action: row.log_index for row in log if row.action in ("give_role", "revoke")}
    for role, action in (("contributor", "give_role"), ("analyst", "revoke")):
        theirs = [row.log_index for row in log if row.actor_id == desk.people[role]]
        assert len(theirs) == answers[role].count(201)
        assert max(theirs) < at[action]


def test_revoking_ends_every_way_in(desk: Desk) -> None:
    with desk.database.writing() as session:
        operator = people.operator(session)
        link = people.issue_login_link(session, operator, name="Test analyst")
        used = people.issue_login_link(session, operator, name="Test analyst")
        secret = browser_sessions.enter_by_link(session, used)
        people.revoke(session, operator, name="Test analyst", reason="Her telephone was stolen.")
    assert desk.get("/v1/me").status_code == 401
    with desk.database.reading() as connection:
        browser = Credential(BrowserSession, digest(secret))
        assert looked_up(connection, browser) is None
        for kind in (Token, BrowserSession, LoginLink):
            assert secret.encode() not in b"".join(connection.execute(select(kind.digest)).scalars())
    desk.app.config["WTF_CSRF_ENABLED"] = False
    assert desk.request("POST", f"/login/{link}", by=None).status_code == 401
    with desk.database.writing() as session:
        fresh = people.issue_token(session, people.operator(session), name="Test analyst")
    told = desk.get("/v1/me", by=None, headers={"Authorization": f"Bearer {fresh}"})
    assert (told.status_code, told.json["role"]) == (200, "analyst")
