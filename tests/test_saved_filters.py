"""Saved filters: by the API, on the pages of lists, and theirs alone."""

import pytest

from factcheck.rules.team.filtering import MOST
from tests.desk import Desk
from tests.forms import Visitor

HERE = "/v1/me/filters"
SEATS = {"list": "claims", "name": "Seats", "query": "tag=seats&status=unverified"}


def page(visitor: Visitor, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def names(desk: Desk, by: str = "analyst") -> list[str]:
    return [each["name"] for each in desk.get(HERE, by=by).json["items"]]


def test_a_filter_is_saved_found_and_removed_by_its_owner_alone(desk: Desk) -> None:
    size = len(desk.changes())
    saved = desk.post(HERE, SEATS)
    assert (saved.status_code, saved.json["query"]) == (201, "status=unverified&tag=seats")
    assert saved.json["links"]["page"] == "/?status=unverified&tag=seats"
    there = saved.headers["Location"]
    assert desk.get(there).json == saved.json
    desk.made(HERE, {"list": "sources", "name": "A person", "query": "kind=person"})
    assert names(desk) == ["A person", "Seats"]
    assert names(desk, "admin") == []
    assert desk.get(there, by="admin").status_code == 404
    assert desk.request("DELETE", there, by="admin").status_code == 404
    assert desk.request("DELETE", there).status_code == 204
    assert desk.get(there).status_code == 404
    assert names(desk) == ["A person"]
    assert desk.get(HERE, by=None).status_code == 401
    assert len(desk.changes()) == size


def test_a_name_has_one_filter_of_a_list(desk: Desk) -> None:
    first = desk.made(HERE, SEATS)
    again = desk.made(HERE, SEATS | {"query": "tag=chairs"})
    assert (again["id"], again["query"]) == (first["id"], "tag=chairs")
    desk.made(HERE, SEATS | {"list": "articles", "query": "q=seats"})
    assert desk.post(HERE, SEATS, by="admin").status_code == 201
    assert names(desk) == ["Seats", "Seats"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"list": "people"}, "/list"), ({"name": " "}, "/name"), ({"name": "x" * 61}, "/name"),
        ({"query": ""}, "/query"), ({"query": "no"}, "/query"), ({"query": "tag="}, "/query"),
        ({"query": "tag=a&tag=b"}, "/query"), ({"query": "cursor=x"}, "/query"), ({"query": "tag=%ff"}, "/query"),
        ({"query": "tag=" + "x" * 2000}, "/query"), ({"list": "sources"}, "/query"),
        ({"query": "status=nonsense"}, "/query"), ({"query": "article=no"}, "/query"), ({"query": "q=%00"}, "/query"),
        ({"list": "sources", "query": "kind=banana"}, "/query"), ({"query": "q=%22open"}, "/query"),
        ({"query": "&".join(f"tag={at}" for at in range(30))}, "/query"),
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused_with_its_field(desk: Desk, change: dict[str, str], pointer: str) -> None:
    refused = desk.post(HERE, SEATS | change)
    assert (refused.status_code, {each["pointer"] for each in refused.json["errors"]}) == (422, {pointer})
    assert names(desk) == []


def test_a_person_has_so_many_at_most(desk: Desk) -> None:
    for number in range(MOST):
        desk.made(HERE, SEATS | {"name": f"Filter {number}"})
    assert desk.post(HERE, SEATS).status_code == 409
    assert desk.post(HERE, SEATS | {"name": "Filter 0"}).status_code == 201
    assert len(names(desk)) == MOST


def test_the_pages_of_lists_save_and_remove_filters(desk: Desk) -> None:
    desk.claim(tags=["seats"])
    analyst, other = Visitor(desk, "analyst"), Visitor(desk, "admin")
    assert "Save these filters" not in page(analyst, "/")
    shown = page(analyst, "/?tag=seats&limit=10")
    assert "Save these filters" in shown
    fields = {"list": "claims", "query": "tag=seats", "name": "<Seats>"}
    sent = analyst.send("/filters", fields, on="/?tag=seats")
    assert (sent.status_code, sent.headers["Location"]) == (303, "/?tag=seats")
    for place in ("/", "/work", "/?status=verified"):
        assert '<a href="/?tag=seats"><bdi>&lt;Seats&gt;</bdi></a>' in page(analyst, place), place
    assert "&lt;Seats&gt;" in page(analyst, "/go?find=seat")
    assert "&lt;Seats&gt;" not in page(analyst, "/sources") + page(other, "/") + page(other, "/go?find=seat")
    there = page(analyst, "/?tag=seats")
    assert '<a href="/?tag=seats" aria-current="page"><bdi>&lt;Seats&gt;</bdi></a>' in there
    assert "Save these filters" not in there
    saved = desk.get(HERE).json["items"][0]["id"]
    theirs = other.fields("/", "/logout") | {"key": "another-key"}
    assert other.client.post(f"/filters/{saved}/removal", data=theirs).status_code == 404
    assert "&lt;Seats&gt;" in page(analyst, "/filters")
    gone = analyst.send(f"/filters/{saved}/removal", {}, on="/work")
    assert (gone.status_code, gone.headers["Location"]) == (303, "/work")
    assert "No saved filters yet." in page(analyst, "/filters")
    assert names(desk) == []


def test_articles_and_sources_have_saved_filters_too(desk: Desk) -> None:
    analyst = Visitor(desk, "analyst")
    for name, query in (("sources", "kind=person"), ("articles", "q=rally")):
        sent = analyst.send("/filters", {"list": name, "query": query, "name": name}, on=f"/{name}?{query}")
        assert sent.headers["Location"] == f"/{name}?{query}"
        assert f'<a href="/{name}?{query}"><bdi>{name}</bdi></a>' in page(analyst, f"/{name}")


def test_a_filter_that_is_refused_is_shown_again(desk: Desk) -> None:
    analyst, fields = Visitor(desk, "analyst"), {"list": "claims", "query": "tag=seats"}
    for number in range(MOST):
        desk.made(HERE, SEATS | {"name": f"Filter {number}"})
    for name, told in ((" ", "Must not be blank"), ("Another", "Remove one first.")):
        sent = analyst.send("/filters", fields | {"name": name}, on="/?tag=seats")
        shown = sent.get_data(as_text=True)
        assert (sent.status_code in (409, 422), told in shown) == (True, True)
        assert 'name="query" value="tag=seats"' in shown
    long = "س" * 900
    assert desk.request("DELETE", desk.get(HERE).json["items"][0]["links"]["self"]).status_code == 204
    sent = analyst.send("/filters", {"list": "claims", "name": "Long"}, on=f"/?q={long}")
    assert sent.status_code == 303
    [saved] = [each for each in desk.get(HERE).json["items"] if each["name"] == "Long"]
    assert desk.post(HERE, {name: saved[name] for name in ("list", "name", "query")}).status_code == 201


def test_names_that_look_alike_are_one(desk: Desk) -> None:
    first = desk.made(HERE, SEATS | {"name": "Café  seats"})
    again = desk.made(HERE, SEATS | {"name": "Cafe\u0301 seats "})
    assert (again["id"], again["name"]) == (first["id"], "Café seats")
