"""A token that was seen a moment ago is not looked up again; a change of its person counts at once all the same."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import text, update

from factcheck.desk import people
from factcheck.desk.access.callers import Found
from factcheck.log.actors import INSIDE
from factcheck.rules.roles import Role
from factcheck.storage.tables.people import Token
from tests.desk import Desk, Statements, lift_guards

READS = ("/v1/me", "/v1/claims")  # one through Flask, one of the fast reads


def statuses(desk: Desk, by: str = "contributor") -> list[tuple[int, str | None]]:
    """Return what each read answers: its status, and the type of the problem if it is one."""
    answers = [desk.get(path, by=by) for path in READS]
    return [(answer.status_code, answer.json.get("type")) for answer in answers]


FINE = [(200, None), (200, None)]
OUT = [(401, "/problems/unauthenticated"), (401, "/problems/unauthenticated")]


@pytest.mark.parametrize("change", ["disable", "revoke"])
def test_whoever_loses_the_way_in_is_forgotten_at_once(desk: Desk, change: str) -> None:
    assert statuses(desk) == FINE
    with desk.database.writing() as session:
        getattr(people, change)(session, people.operator(session), name="Test contributor")
    assert statuses(desk) == OUT
    assert statuses(desk, "analyst") == FINE


def test_another_role_is_seen_at_once(desk: Desk) -> None:
    assert desk.get("/v1/me", by="contributor").json["role"] == "contributor"
    with desk.database.writing() as session:
        people.give_role(session, people.operator(session), name="Test contributor", role=Role.ANALYST)
    assert desk.get("/v1/me", by="contributor").json["role"] == "analyst"


def test_a_token_ends_when_it_is_over_though_it_was_seen_a_moment_ago(desk: Desk) -> None:
    with desk.database.writing() as session:
        operator = people.operator(session)
        desk.tokens["short"] = people.issue_token(
            session, operator, name="Test contributor", lasts=timedelta(minutes=10)
        )
    assert statuses(desk, "short") == FINE
    with time_machine.travel(timedelta(minutes=11)):
        assert statuses(desk, "short") == OUT


def test_what_another_process_changed_counts_within_a_second(desk: Desk) -> None:
    assert statuses(desk) == FINE
    with desk.database.writing() as session:  # as another process does: this one's memory is told nothing
        lift_guards(session)
        session.execute(
            text("UPDATE tokens SET revoked_at = created_at WHERE person_id = :id"), {"id": desk.people["contributor"]}
        )
    end = time.monotonic() + 5
    while statuses(desk) != OUT:
        assert time.monotonic() < end, "The token is remembered for longer than a second."
        time.sleep(0.02)


def test_a_token_seen_a_moment_ago_is_not_looked_up_again(desk: Desk) -> None:
    """What all of the above is about: without a memory they could not fail."""
    assert statuses(desk) == FINE
    for _ in range(20):  # the second may be over just now
        with Statements(desk) as run:
            assert desk.get("/v1/me", by="contributor").status_code == 200
        if not any("tokens" in statement for statement in run.seen):
            return
    pytest.fail("Each request looked its token up.")


def test_somebody_disabled_has_no_way_in_whatever_their_token_says(desk: Desk) -> None:
    """Disabling ends tokens as well. One that came back, from a backup say, lets nobody in."""
    with desk.database.writing() as session:
        people.disable(session, people.operator(session), name="Test contributor")
        session.execute(update(Token).values(revoked_at=None))
    written = desk.post("/v1/sources", {"name": "Somebody", "kind": "person"}, by="contributor")
    assert [*statuses(desk), (written.status_code, written.json["type"])] == [*OUT, OUT[0]]


def test_a_token_is_over_at_its_very_end() -> None:
    end = datetime(2030, 1, 1, tzinfo=UTC)
    found = Found(INSIDE, end)
    for moment, over in ((end - timedelta(microseconds=1), False), (end, True)):
        with time_machine.travel(moment, tick=False):
            assert found.is_over() is over
