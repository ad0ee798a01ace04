"""An article that the desk has already is shown, and added again only on purpose."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from factcheck.rules.web.urls import url_key
from factcheck.settings import Settings
from factcheck.storage.tables.articles import Article
from tests.desk import SECRET, TEXT, Desk
from tests.forms import Visitor
from tests.outlet_pages import OUTLETS
from tests.outlets import Page, serving

Json = dict[str, Any]
LENIENT = {"Prefer": "handling=lenient"}
URL = "https://www.news.example/2026/11/a-story.html?id=7&lang=en"
SAME = (
    URL, "http://news.example/2026/11/a-story.html?lang=en&id=7", URL + "#comments", URL + "&utm_source=feed&fbclid=x",
    "https://news.example:443/2026/11/a-story.html/?id=7&lang=en", "https://WWW.NEWS.example./2026/11/a-story.html?id=7&lang=en",
)  # fmt: skip
OTHER = (
    "https://www.news.example/2026/11/a-story.html?id=8&lang=en", "https://www.news.example/2026/11/a-story.html",
    "https://news.example/2026/11/another.html?id=7&lang=en", "https://news.example:8443/2026/11/a-story.html?id=7&lang=en",
    "https://blog.news.example/2026/11/a-story.html?id=7&lang=en", "https://news.example/2026/11/A-story.html?id=7&lang=en",
)  # fmt: skip


@pytest.mark.parametrize("url", SAME)
def test_addresses_of_one_page_are_alike(url: str) -> None:
    assert url_key(url) == url_key(URL)


@pytest.mark.parametrize("url", OTHER)
def test_addresses_of_other_pages_are_not(url: str) -> None:
    assert url_key(url) != url_key(URL)


def test_a_parameter_without_a_value_is_part_of_the_address() -> None:
    assert url_key("https://a.example/?17") != url_key("https://a.example/?18")
    assert url_key("https://a.example") == url_key("https://a.example/") == "a.example"
    assert url_key("http://b\u00fccher.example/\u00e9") == url_key("http://xn--bcher-kva.example/%C3%A9")
    assert (url_key(None), url_key("http://[")) == (None, "http://[")


@pytest.mark.parametrize(("fields", "same"), [
    ({"url": SAME[3], "text": "Other words."}, ["url"]), ({"url": OTHER[0]}, ["text"]), ({}, ["text"]),
    ({"url": SAME[1]}, ["url", "text"]),
])  # fmt: skip
def test_the_same_article_is_refused_with_its_id(desk: Desk, fields: Json, same: list[str]) -> None:
    first = desk.made("/v1/articles", {"title": "A rally", "text": TEXT, "url": URL})
    body = {"title": "Again", "text": TEXT, **fields}
    answer = desk.post("/v1/articles", body)
    told = answer.json
    assert (answer.status_code, told["type"], told["id"]) == (409, "/problems/exists", first["id"])
    assert told["articles"] == [{"id": first["id"], "title": "A rally", "url": URL, "same": same}]
    assert len(desk.get("/v1/articles").json["items"]) == 1
    lenient = desk.post("/v1/articles", body, headers=LENIENT)
    assert (lenient.status_code, lenient.headers["Preference-Applied"]) == (201, "handling=lenient")
    assert len(desk.get("/v1/articles").json["items"]) == 2


def test_a_text_of_an_older_snapshot_and_an_edited_address_count(desk: Desk) -> None:
    first = desk.made("/v1/articles", {"title": "A rally", "text": TEXT})
    desk.made(first["links"]["snapshots"], {"text": f"{TEXT} More."})
    assert desk.post("/v1/articles", {"title": "Again", "text": TEXT}).status_code == 409
    desk.patch(first["links"]["self"], {"url": URL}, etag="*")
    assert desk.post("/v1/articles", {"title": "Again", "text": "New.", "url": SAME[3]}).json["id"] == first["id"]
    desk.patch(first["links"]["self"], {"url": None}, etag="*")
    assert desk.post("/v1/articles", {"title": "Again", "text": "New.", "url": SAME[3]}).status_code == 201


def test_an_imported_article_has_its_key(desk: Desk) -> None:
    line = {"type": "article", "title": "Imported", "text": "Words.", "url": URL, "external_id": "a-1"}
    assert desk.post("/v1/imports", line, content_type="application/x-ndjson").status_code == 200
    with desk.database.reading() as connection:
        assert connection.execute(select(Article.url, Article.url_key)).all() == [(URL, url_key(URL))]


@pytest.fixture
def fetching(migrated_url: str) -> Iterator[Desk]:
    desk = Desk(Settings(database_url=migrated_url, secret_key=SECRET, outbound_allow="127.0.0.1/32"))
    yield desk
    desk.close()


def test_the_page_of_a_new_article_shows_what_is_there_before_it_is_saved(fetching: Desk) -> None:
    story = OUTLETS[0]
    with serving({"/a": Page(story.body), "/a?utm_source=feed": Page(story.body)}) as site:
        visitor = Visitor(fetching, "contributor")
        first = visitor.send("/articles/captures", {"url": site.url("/a")}, on="/articles/new").headers["Location"]
        assert "Already on this desk" not in visitor.get(first).get_data(as_text=True)
        saved = visitor.send("/articles", {"outlet": ""}, on=first).headers["Location"]
        again = site.url("/a?utm_source=feed")
        second = visitor.send("/articles/captures", {"url": again}, on="/articles/new").headers["Location"]
    shown = visitor.get(second).get_data(as_text=True)
    assert "Already on this desk" in shown
    assert f'href="{saved}"' in shown
    refused = visitor.send("/articles", {"outlet": ""}, on=second)
    assert refused.status_code == 409
    assert f'href="{saved}"' in refused.get_data(as_text=True)
    assert len(fetching.get("/v1/articles").json["items"]) == 1
    added = visitor.send("/articles", {"outlet": "", "anyway": "on"}, on=second)
    assert added.status_code == 303
    assert len(fetching.get("/v1/articles").json["items"]) == 2
