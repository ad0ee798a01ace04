"""Lists of claims by whom they are assigned to: over HTTP, in searches, exports and the queue."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.desk import Desk, Statements
from tests.forms import Visitor
from tests.needs import only_on
from tests.test_assignments import put, release

WORDS = ("harbour", "lighthouse", "quarry", "orchard")


@pytest.fixture
def claims(desk: Desk) -> list[str]:
    """Four claims: of the analyst, of the admin, of nobody any more, and of nobody ever."""
    made = [desk.claim(text=f"The {word} was sold last year.")["id"] for word in WORDS]
    for claim, role in zip(made, ("analyst", "admin", "analyst"), strict=False):
        assert put(desk, claim, {"person_id": desk.people[role]}).status_code == 201
    assert release(desk, made[2]).status_code == 204
    return made


def found(desk: Desk, query: str, **options: Any) -> list[str]:
    answer = desk.get(f"/v1/claims?{query}", **options)
    assert answer.status_code == 200, answer.json
    assert answer.json.get("total", len(answer.json["items"])) == len(answer.json["items"])
    return sorted(each["id"] for each in answer.json["items"])


def test_claims_of_a_person_and_of_nobody(desk: Desk, claims: list[str]) -> None:
    analyst = desk.people["analyst"]
    for more in ("", "&count=true", "&sort=created_at", "&status=unverified&count=true", "&kind=factual"):
        assert found(desk, f"assigned_to={analyst}{more}") == [claims[0]], more
        assert found(desk, f"assigned_to=nobody{more}") == sorted(claims[2:]), more
    assert found(desk, f"assigned_to={analyst.upper()}") == [claims[0]]
    assert found(desk, f"assigned_to={claims[0]}") == []  # nobody's id
    lines = desk.get(f"/v1/claims?assigned_to={analyst}", headers={"Accept": "application/x-ndjson"})
    assert lines.get_data(as_text=True).count(claims[0]) >= 1
    assert claims[1] not in lines.get_data(as_text=True)


def test_searches_are_narrowed_too(desk: Desk, claims: list[str]) -> None:
    analyst = desk.people["analyst"]
    assert found(desk, "q=sold&count=true") == sorted(claims)
    assert found(desk, f"q=sold&assigned_to={analyst}&count=true") == [claims[0]]
    assert found(desk, f"q=quarry&assigned_to={analyst}&count=true") == []
    assert found(desk, "q=sold&assigned_to=nobody&count=true") == sorted(claims[2:])
    assert put(desk, claims[3], {"person_id": analyst}).status_code == 201  # at once: nothing of it is in the index
    assert found(desk, f"q=sold&assigned_to={analyst}&count=true") == sorted([claims[0], claims[3]])
    assert found(desk, "q=sold&assigned_to=nobody&count=true") == [claims[2]]


def test_a_page_leads_on(desk: Desk, claims: list[str]) -> None:
    for words in ("assigned_to=nobody&limit=1", "assigned_to=nobody&limit=1&q=sold"):
        first = desk.get(f"/v1/claims?{words}").json
        then = desk.get(f"/v1/claims?{words}&cursor={first['next_cursor']}").json
        assert sorted([first["items"][0]["id"], then["items"][0]["id"]]) == sorted(claims[2:])


def test_strangers_and_wrong_values(desk: Desk, claims: list[str]) -> None:
    public = desk.with_settings(public_read=True)
    for value in ("nobody", desk.people["analyst"]):
        for path in (f"/v1/claims?assigned_to={value}", f"/?assigned_to={value}&need=checkable"):
            assert public.get(path, by=None, headers={"Accept": "text/html, */*"}).status_code == 401, path
    wrong = desk.get("/v1/claims?assigned_to=me")
    assert (wrong.status_code, wrong.json["errors"]) == (
        422, [{"parameter": "assigned_to", "detail": "Must be an id, a UUID, or “nobody”."}]
    )  # fmt: skip


def test_a_hidden_verdict_stays_hidden(desk: Desk, claims: list[str]) -> None:
    """Whoever is blind finds the claim among those in review, by whom it is assigned to as well."""
    claim, analyst = claims[0], desk.people["analyst"]
    desk.review(claim, by="admin", status="unverifiable", reason="Nobody kept the contract of sale.")
    desk.made(f"/v1/claims/{claim}/second-opinion", {"reviewer_id": analyst}, by="admin")
    for words in ("", "&q=sold"):
        assert found(desk, f"assigned_to={analyst}&status=unverifiable{words}") == []
        assert found(desk, f"assigned_to={analyst}&status=in_review{words}") == [claim]
        assert found(desk, f"assigned_to={analyst}&status=unverifiable{words}", by="admin") == [claim]


def test_the_pages_filter_by_it(desk: Desk, claims: list[str]) -> None:
    visitor, analyst = Visitor(desk), desk.people["analyst"]
    page = visitor.get("/").get_data(as_text=True)
    assert f'<option value="{analyst}">you</option><option value="nobody">nobody</option>' in page
    for query, shown in ((f"assigned_to={analyst}", claims[:1]), ("assigned_to=nobody", claims[2:])):
        for need in ("", "&need=checkable"):
            page = visitor.get(f"/?{query}{need}").get_data(as_text=True)
            assert [each for each in claims if f'href="/claims/{each}"' in page] == shown, (query, need)
    page = visitor.get(f"/?need=checkable&assigned_to={analyst}").get_data(as_text=True)
    assert "Assigned to: <b><bdi>Test analyst</bdi></b>" in page
    assert '<input type="hidden" name="need" value="checkable">' in page
    assert f'<option value="{analyst}" selected>' in page
    assert '<select name="status">' not in page


@only_on("sqlite")
def test_the_claims_of_a_person_are_found_along_the_index_of_assignments(desk: Desk, claims: list[str]) -> None:
    with Statements(desk) as statements:
        assert found(desk, f"assigned_to={desk.people['analyst']}") == [claims[0]]
    (read,) = [each for each in statements.seen if "assignments" in each]
    with desk.database.reading() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {read}", ("0",) * read.count("?")).all()
    first, then = (row.detail for row in plan[:2])
    assert ("SEARCH assignments USING INDEX" in first, "SEARCH claims USING INDEX" in then) == (True, True), plan


def test_the_priority_and_the_day_narrow_lists(desk: Desk, claims: list[str]) -> None:
    today = datetime.now(UTC).date()
    days = {claims[0]: today - timedelta(days=1), claims[1]: today, claims[3]: today + timedelta(days=6)}
    for number, (claim, day) in enumerate(days.items()):
        body = {"person_id": desk.people["admin"], "due_on": f"{day}", "priority": ("high", "low", "high")[number]}
        assert put(desk, claim, body).status_code in (200, 201)
    for more in ("", "&count=true", "&q=sold&count=true", "&kind=factual", f"&assigned_to={desk.people['admin']}"):
        assert found(desk, f"due=overdue{more}") == [claims[0]], more
        assert found(desk, f"due=today{more}") == sorted(claims[:2]), more
        assert found(desk, f"due=week{more}") == sorted([*claims[:2], claims[3]]), more
        assert found(desk, f"priority=high{more}") == sorted([claims[0], claims[3]]), more
        assert found(desk, f"priority=high&due=today{more}") == [claims[0]], more
        assert found(desk, f"priority=normal{more}") == [], more  # nobody has what was released
    visitor = Visitor(desk)
    for need in ("", "&need=checkable"):
        page = visitor.get(f"/?due=today&priority=low{need}").get_data(as_text=True)
        assert [each for each in claims if f'href="/claims/{each}"' in page] == [claims[1]], need
        assert "Due: <b><bdi>today or overdue</bdi></b>" in page
        assert "Priority: <b><bdi>low</bdi></b>" in page
    public = desk.with_settings(public_read=True)
    for query in ("due=week", "priority=high"):
        assert public.get(f"/v1/claims?{query}", by=None).status_code == 401
    wrong = desk.get("/v1/claims?due=soon&priority=top")
    assert {each["parameter"] for each in wrong.json["errors"]} == {"due", "priority"}


@pytest.mark.parametrize("query", ["due=week", "priority=high"])
@only_on("sqlite")
def test_assignments_are_found_along_an_index(desk: Desk, claims: list[str], query: str) -> None:
    assert put(desk, claims[0], {"person_id": desk.people["admin"], "due_on": "2026-01-01"}).status_code == 200
    with Statements(desk) as statements:
        found(desk, query)
    (read,) = [each for each in statements.seen if "assignments" in each]
    with desk.database.reading() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {read}", ("0",) * read.count("?")).all()
    assert re.match("SEARCH assignments USING (COVERING )?INDEX ix_assignments_", plan[0].detail), plan
