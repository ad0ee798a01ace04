"""People: their names, their roles, what the log says of them, and how their ways in begin and end."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy.orm import Session

from factcheck.desk import people
from factcheck.desk.access import browser_sessions
from factcheck.errors import Clash, Forbidden, Invalid, NotFound, Stale, Unauthenticated
from factcheck.log.actors import ANY, Actor, Precondition
from factcheck.rules.roles import Role
from tests.desk import Desk

START = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(START, tick=False) as clock:
        yield clock


def does(desk: Desk, action: Callable[..., Any], **given: Any) -> Any:
    with desk.database.writing() as session:
        return action(session, people.operator(session), **given)


# ── Roles ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("needed", Role)
def test_a_role_includes_itself_and_all_before_it(role: Role, needed: Role) -> None:
    order = ["reader", "contributor", "analyst", "admin"]
    includes = order.index(role) >= order.index(needed)
    assert role.includes(needed) == includes
    actor = Actor("id", "Anna", role, "mark")
    if includes:
        actor.demand(needed)
        return
    with pytest.raises(Forbidden) as refused:
        actor.demand(needed)
    assert refused.value.detail == f"This needs the role {needed}; Anna has the role {role}."


def test_a_version_is_one_of_those_seen_or_any() -> None:
    ANY.demand("a")
    Precondition(frozenset({"a", "b"})).demand("b")
    for seen in (Precondition(frozenset({"a"})), Precondition(frozenset())):
        with pytest.raises(Stale):
            seen.demand("b")


# ── Names ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["A", "x" * 100, "Ünïcødé", "Анна", "Άννα", "李雷", "Anna 2", "  Anna   Berg  "])
def test_names_that_can_be(desk: Desk, name: str) -> None:
    person = does(desk, people.add, name=name, role=Role.READER)
    assert person.name == " ".join(name.split())
    with desk.database.reading() as connection:
        assert people.known(connection, name.upper()).id == person.id
    with pytest.raises(Clash):
        does(desk, people.add, name=name.lower(), role=Role.READER)


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\u0000b", "a\u200bb", "Αnna", "Аnna"])
def test_names_that_cannot_be(desk: Desk, name: str) -> None:
    before = len(desk.changes())
    with pytest.raises(Invalid) as refused:
        does(desk, people.add, name=name, role=Role.READER)
    assert [flaw.pointer for flaw in refused.value.flaws] == ["/name"]
    assert len(desk.changes()) == before


@pytest.mark.parametrize("name", ["ANNA BERG", "anna  berg", "Ａｎｎａ Ｂｅｒｇ"])
def test_names_that_read_alike_are_one(desk: Desk, name: str) -> None:
    does(desk, people.add, name="Anna Berg", role=Role.READER)
    with pytest.raises(Clash):
        does(desk, people.add, name=name, role=Role.READER)


# ── What is done with people, and what the log says of it ───────────────────────────────────────────────────────────


def test_the_log_says_what_became_of_a_person(desk: Desk) -> None:
    before = len(desk.changes())
    anna = does(desk, people.add, name="Anna", role=Role.READER)
    does(desk, people.give_role, name="Anna", role=Role.ANALYST, reason="She decides now.")
    does(desk, people.issue_token, name="Anna")
    does(desk, people.issue_login_link, name="Anna")
    does(desk, people.revoke, name="Anna", reason="Her telephone was stolen.")
    does(desk, people.disable, name="Anna", reason="She left.")
    entries = desk.changes()[before:]
    assert [(each["subject"]["id"], each["number"], each["action"], each["reason"]) for each in entries] == [
        (anna.id, 1, "add", None),
        (anna.id, 2, "give_role", "She decides now."),
        (anna.id, 3, "issue_token", None),
        (anna.id, 4, "issue_login_link", None),
        (anna.id, 5, "revoke", "Her telephone was stolen."),
        (anna.id, 6, "disable", "She left."),
    ]
    assert {(each["subject"]["kind"], each["actor"]["name"]) for each in entries} == {("person", "operator")}
    changes = [[(each["field"], each["before"], each["after"]) for each in entry["changes"]] for entry in entries]
    token = changes[2][0][2]
    assert changes == [
        [("name", None, "Anna"), ("role", None, "reader")], [("role", "reader", "analyst")],
        [("token", None, token)], [], [], [("disabled", False, True)],
    ]  # fmt: skip
    assert isinstance(token, str)
    assert len(token) == 36


def test_everybody_is_listed_as_they_came(desk: Desk, clock: Any) -> None:
    anna = does(desk, people.add, name="Anna", role=Role.READER)
    clock.shift(timedelta(hours=1))
    does(desk, people.disable, name="anna")
    with desk.database.reading() as connection:
        rows = people.listed(connection)
    assert [row["name"] for row in rows] == ["operator", *(f"Test {role}" for role in Role), "Anna"]
    assert rows[-1] == rows[-1] | {
        "id": anna.id, "name": "Anna", "role": "reader", "created_at": "2030-01-01T12:00:00.000000Z",
        "disabled_at": "2030-01-01T13:00:00.000000Z",
    }  # fmt: skip
    assert {row["disabled_at"] for row in rows[:-1]} == {None}


@pytest.mark.parametrize(
    ("action", "given"),
    [
        (people.disable, {}), (people.revoke, {}), (people.give_role, {"role": Role.ADMIN}), (people.issue_token, {}),
        (people.issue_login_link, {}),
    ],
)  # fmt: skip
def test_nothing_is_done_with_nobody_or_by_who_may_not(desk: Desk, action: Any, given: Any) -> None:
    before = len(desk.changes())
    with pytest.raises(NotFound, match="Nobody has the name “Nobody”"):
        does(desk, action, name="Nobody", **given)
    for role in (Role.READER, Role.CONTRIBUTOR, Role.ANALYST):
        actor = Actor(desk.people[role], f"Test {role}", role, "mark")
        with pytest.raises(Forbidden), desk.database.writing() as session:
            action(session, actor, name="Test reader", **given)
    assert len(desk.changes()) == before


def test_whoever_is_disabled_gets_nothing_new(desk: Desk) -> None:
    does(desk, people.disable, name="Test reader")
    before = len(desk.changes())
    for action, given, error in (
        (people.issue_token, {}, Forbidden),
        (people.issue_login_link, {}, Forbidden),
        (people.give_role, {"role": Role.ADMIN}, Forbidden),
        (people.disable, {}, Clash),
    ):
        with pytest.raises(error, match="disabled"):
            does(desk, action, name="Test reader", **given)
    with desk.database.reading() as connection, pytest.raises(Forbidden):
        people.known(connection, "Test reader")
    assert len(desk.changes()) == before


def test_the_operator_stays(desk: Desk) -> None:
    before = len(desk.changes())
    for action, given in ((people.disable, {}), (people.give_role, {"role": Role.READER})):
        with pytest.raises(Clash, match="operator"):
            does(desk, action, name="Operator", **given)
    with desk.database.writing() as session:
        assert people.operator(session) == people.operator(session)
    with pytest.raises(Clash, match="analyst already"):
        does(desk, people.give_role, name="Test analyst", role=Role.ANALYST)
    assert len(desk.changes()) == before


# ── Ways in ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def enters(desk: Desk, how: Callable[[Session, str], str], secret: str) -> str | None:
    """Return the secret of a new browser session, None when it is refused."""
    try:
        with desk.database.writing() as session:
            return how(session, secret)
    except Unauthenticated:
        return None


def lasts(desk: Desk, clock: Any, secret: str, moments: dict[timedelta, bool]) -> None:
    """Demand that a browser session is good at just these moments from now."""
    from factcheck.desk.access.callers import Credential, digest, looked_up
    from factcheck.storage.tables.people import BrowserSession

    now = clock.shift(timedelta()) or datetime.now(UTC)
    for after, good in moments.items():
        clock.move_to(now + after)
        with desk.database.reading() as connection:
            found = looked_up(connection, Credential(BrowserSession, digest(secret)))
        assert (found is not None) == good, after
    clock.move_to(now)


MOMENT = timedelta(microseconds=1)


def test_a_login_link_is_good_once_and_for_a_day(desk: Desk, clock: Any) -> None:
    links = [does(desk, people.issue_login_link, name="Test reader") for _ in range(3)]
    clock.move_to(START + people.LINK_LASTS - MOMENT)
    secret = enters(desk, browser_sessions.enter_by_link, links[0])
    assert secret is not None
    assert enters(desk, browser_sessions.enter_by_link, links[0]) is None
    assert enters(desk, browser_sessions.enter_by_link, links[1] + "x") is None
    lasts(
        desk,
        clock,
        secret,
        {timedelta(): True, browser_sessions.SESSION_LASTS - MOMENT: True, browser_sessions.SESSION_LASTS: False},
    )
    clock.move_to(START + people.LINK_LASTS)
    assert enters(desk, browser_sessions.enter_by_link, links[1]) is None
    days = [lasting / timedelta(days=1) for lasting in (people.LINK_LASTS, browser_sessions.SESSION_LASTS)]
    assert days == [1, 14]


def test_a_session_ends_with_the_token_that_began_it(desk: Desk, clock: Any) -> None:
    short = does(desk, people.issue_token, name="Test reader", lasts=timedelta(days=1))
    long = does(desk, people.issue_token, name="Test reader", lasts=timedelta(days=100))
    endless = does(desk, people.issue_token, name="Test reader")
    for token, day in (
        (short, timedelta(days=1)),
        (long, browser_sessions.SESSION_LASTS),
        (endless, browser_sessions.SESSION_LASTS),
    ):
        secret = enters(desk, browser_sessions.enter_by_token, token)
        assert secret is not None
        lasts(desk, clock, secret, {timedelta(): True, day - MOMENT: True, day: False})
    clock.move_to(START + timedelta(days=1))
    assert enters(desk, browser_sessions.enter_by_token, short) is None
    assert enters(desk, browser_sessions.enter_by_token, "fck_" + "x" * 43) is None


def test_a_session_that_was_left_is_over_and_others_go_on(desk: Desk, clock: Any) -> None:
    one, two = (enters(desk, browser_sessions.enter_by_token, desk.tokens["reader"]) for _ in range(2))
    assert one is not None
    assert two is not None
    with desk.database.writing() as session:
        browser_sessions.leave(session, one)
    lasts(desk, clock, one, {timedelta(): False})
    lasts(desk, clock, two, {timedelta(): True})


def test_a_link_of_somebody_disabled_or_revoked_is_no_way_in(desk: Desk) -> None:
    for name, action in (("Test reader", people.disable), ("Test analyst", people.revoke)):
        link = does(desk, people.issue_login_link, name=name)
        does(desk, action, name=name)
        assert enters(desk, browser_sessions.enter_by_link, link) is None
    assert desk.get("/v1/me", by="contributor").json["name"] == "Test contributor"
