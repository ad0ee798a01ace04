"""The watch of an article: who may set it, how, what it says, and what ends it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, update

from factcheck.desk.capturing import checks, feeds
from factcheck.rules.web.watching import retry_after, wait
from factcheck.storage.tables.feeds import Feed
from factcheck.storage.tables.watches import Watch
from tests.desk import Desk
from tests.test_amending import faults

Json = dict[str, Any]
HOUR = timedelta(hours=1)


@pytest.fixture
def article_id(desk: Desk) -> str:
    return str(desk.article(url="https://news.example/story")["id"])


def put(desk: Desk, article_id: str, body: Any, **options: Any) -> Any:
    return desk.request("PUT", f"/v1/articles/{article_id}/watch", json=body, **options)


def remove(desk: Desk, article_id: str, **options: Any) -> Any:
    return desk.request("DELETE", f"/v1/articles/{article_id}/watch", **options)


def test_an_article_is_watched_and_not_any_more(desk: Desk, article_id: str) -> None:
    here = f"/v1/articles/{article_id}/watch"
    missing = desk.get(here)
    assert (missing.status_code, missing.json["detail"]) == (404, "This article is not watched.")
    answer = put(desk, article_id, {"every": "PT90M", "until": "2099-01-02"})
    made = answer.json
    assert (answer.status_code, answer.headers["Location"]) == (201, here)
    assert made | {"set_at": "", "next_at": ""} == {
        "article_id": article_id, "every": "PT1H30M", "until": "2099-01-02T00:00:00.000000Z",
        "set_by": {"id": desk.people["analyst"], "name": "Test analyst"}, "set_at": "", "last_checked_at": None,
        "last_changed_at": None, "next_at": "", "error": None, "failures": 0,
        "links": {"self": here, "article": f"/v1/articles/{article_id}"},
    }  # fmt: skip
    assert made["next_at"] == made["set_at"]
    read = desk.get(here, by="reader")
    assert (read.json, read.headers["ETag"]) == (made, answer.headers["ETag"])
    assert desk.get(here, by="reader", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304

    size = len(desk.changes())
    assert put(desk, article_id, {"every": "PT90M", "until": "2099-01-02T00:00:00Z"}).status_code == 200
    assert len(desk.changes()) == size  # the same again
    changed = put(desk, article_id, {"every": "P1D"})
    assert (changed.status_code, changed.json["every"], changed.json["until"]) == (200, "P1D", None)
    assert changed.headers["Log-Index"] == str(desk.changes()[-1]["log_index"])
    assert faults(desk) == []
    assert remove(desk, article_id).status_code == 204
    again = remove(desk, article_id)
    assert (again.status_code, again.json["detail"]) == (404, "This article is not watched.")
    assert desk.get(here).status_code == 404
    told = [(each["action"], each["changes"][0]["before"], each["changes"][0]["after"]) for each in desk.changes()[-3:]]
    first, second = {"every": "PT1H30M", "until": "2099-01-02T00:00:00.000000Z"}, {"every": "P1D", "until": None}
    assert told == [("watch", None, first), ("watch", first, second), ("unwatch", second, None)]
    assert faults(desk) == []


def test_who_may(desk: Desk, article_id: str) -> None:
    for ask in (lambda by: put(desk, article_id, {"every": "PT1H"}, by=by), lambda by: remove(desk, article_id, by=by)):
        assert [ask(by).status_code for by in (None, "reader", "contributor")] == [401, 403, 403]
        assert ask("contributor").json["role"] == "analyst"
    open_desk = desk.with_settings(public_read=True)
    assert put(desk, article_id, {"every": "PT1H"}).status_code == 201
    assert open_desk.get(f"/v1/articles/{article_id}", by=None).status_code == 200
    assert open_desk.get(f"/v1/articles/{article_id}/watch", by=None).status_code == 401


@pytest.mark.parametrize(("body", "pointer"), [
    ({}, "/every"), ({"every": None}, "/every"), ({"every": 3600}, "/every"), ({"every": "PT59M59S"}, "/every"),
    ({"every": "P1M"}, "/every"), ({"every": "P367D"}, "/every"), ({"every": "hourly"}, "/every"),
    ({"every": "PT1H", "until": "2020-01-01"}, "/until"), ({"every": "PT1H", "until": "tomorrow"}, "/until"),
    ({"every": "PT1H", "until": "2099-02-30"}, "/until"), ({"every": "PT1H", "until": "2099-01-01T00:00:00"}, "/until"),
    ({"every": "PT1H", "until": 1}, "/until"), ({"every": "PT1H", "url": "https://a.example"}, "/url"),
])  # fmt: skip
def test_what_is_not_allowed_names_the_field(desk: Desk, article_id: str, body: Json, pointer: str) -> None:
    size = len(desk.changes())
    answer = put(desk, article_id, body)
    assert (answer.status_code, [each["pointer"] for each in answer.json["errors"]]) == (422, [pointer])
    assert (len(desk.changes()), desk.get(f"/v1/articles/{article_id}/watch").status_code) == (size, 404)


def test_an_article_without_a_url_is_not_watched(desk: Desk) -> None:
    without = desk.article()["id"]
    answer = put(desk, without, {"every": "PT1H"})
    assert (answer.status_code, answer.json["detail"]) == (409, "The article has no URL to watch. Add one first.")
    unknown = put(desk, "01900000-0000-7000-8000-000000000000", {"every": "PT1H"})
    assert (unknown.status_code, unknown.json["detail"]) == (404, "No article has this id.")


def test_a_stale_version_changes_nothing(desk: Desk, article_id: str) -> None:
    assert put(desk, article_id, {"every": "PT1H"}, headers={"If-Match": '"old"'}).status_code == 412
    etag = put(desk, article_id, {"every": "PT1H"}).headers["ETag"]
    newer = put(desk, article_id, {"every": "PT2H"}, headers={"If-Match": etag})
    assert (newer.status_code, newer.json["every"]) == (200, "PT2H")
    stale = remove(desk, article_id, headers={"If-Match": etag})
    assert (stale.status_code, stale.headers["ETag"]) == (412, newer.headers["ETag"])
    assert remove(desk, article_id, headers={"If-Match": newer.headers["ETag"]}).status_code == 204


def test_a_redaction_ends_the_watch_for_good(desk: Desk, article_id: str) -> None:
    """Otherwise the next check would bring the words back."""
    assert put(desk, article_id, {"every": "PT1H"}).status_code == 201
    path = f"/v1/articles/{article_id}/redaction"
    assert desk.post(path, {"reason": "A name.", "start": 0, "end": 20}, by="admin").status_code == 204
    assert desk.get(f"/v1/articles/{article_id}/watch").status_code == 404
    entry = desk.changes()[-1]
    assert [(each["field"], each["after"]) for each in entry["changes"]] == [("redacted", [1]), ("watch", None)]
    refused = put(desk, article_id, {"every": "PT1H"})
    assert (refused.status_code, "redacted" in refused.json["detail"]) == (409, True)
    assert faults(desk) == []


def test_a_forged_watch_is_found(desk: Desk, article_id: str) -> None:
    put(desk, article_id, {"every": "PT1H"})
    with desk.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE watches SET every = 'P300D', error = 'robots', failures = 3")
    place = f"article {article_id}, revision 2, log index {desk.changes()[-1]['log_index']}"
    assert faults(desk) == [f"{place}: watches.every: It is “P300D”, not “PT1H”."]
    with desk.database.writing() as session:
        session.connection().exec_driver_sql("DELETE FROM watches")
    assert faults(desk) == [f"{place}: watches: The row is missing."]


def test_when_a_page_is_due_again() -> None:
    assert wait(6 * HOUR, 0, 0.0) == 6 * HOUR
    assert wait(6 * HOUR, 0, 1.0) == 5.4 * HOUR  # early and never late: within the interval
    assert [wait(HOUR, failures, 0.0) / HOUR for failures in (1, 2, 5, 6, 7, 400)] == [1, 2, 16, 24, 24, 24]
    assert wait(timedelta(days=7), 9, 0.0) == timedelta(days=7)


def test_how_long_a_server_asks_to_be_left_alone() -> None:
    moment = datetime(2026, 11, 29, 12, tzinfo=UTC)
    told = {
        None: 0, "": 0, "120": 120, " 120 ": 120, "9" * 400: 86_400, "-5": 0, "1.5": 0, "soon": 0, "١٢": 0,
        "Sun, 29 Nov 2026 12:10:00 GMT": 600, "Sun, 29 Nov 2020 12:10:00 GMT": 0,
        "Sun, 29 Nov 2036 12:10:00 GMT": 86_400,
        "Sun, 29 Nov 99999 12:10:00 GMT": 0,
    }  # fmt: skip
    assert {header: retry_after(header, moment).total_seconds() for header in told} == told


def test_metrics_tell_of_watches(desk: Desk, article_id: str) -> None:
    put(desk, article_id, {"every": "PT1H"})
    second = desk.article(url="https://news.example/second", text="Another text.")["id"]
    put(desk, second, {"every": "PT1H"})
    ended = desk.article(url="https://news.example/third", text="A third text.")["id"]
    put(desk, ended, {"every": "PT1H", "until": "2099-01-01"})
    with desk.database.writing() as session:
        values = {"error": "http_404", "failures": 1, "next_at": datetime.now(UTC) - HOUR}
        session.execute(update(Watch).where(Watch.article_id == second).values(**values))
        session.execute(update(Watch).where(Watch.article_id == ended).values(until=datetime.now(UTC)))
    told = desk.get("/metrics").get_data(as_text=True)
    for state, number in (("watched", 2), ("failing", 1), ("overdue", 1)):
        assert f'factcheck_watches{{state="{state}"}} {number}.0' in told


@pytest.mark.parametrize("page", [1, 2, 3, 500])
def test_what_is_due_is_read_by_pages(desk: Desk, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order in which it became due, also where several became due at one moment; no page is read in vain."""
    monkeypatch.setattr(checks, "PAGE", page)
    monkeypatch.setattr(feeds, "PAGE", page)
    moment = datetime.now(UTC)
    ages = (3, 1, 2, 2, 2, -1)  # hours since each is due
    articles, read = [], []
    for at, age in enumerate(ages):
        articles.append(desk.article(url=f"https://news.example/{at}", text=f"Text {at}.")["id"])
        put(desk, articles[-1], {"every": "PT1H"})
        read.append(desk.made("/v1/feeds", {"url": f"https://news.example/{at}.rss"})["id"])
        with desk.database.writing() as session:
            session.execute(update(Watch).where(Watch.article_id == articles[-1]).values(next_at=moment - age * HOUR))
            session.execute(update(Feed).where(Feed.id == read[-1]).values(next_at=moment - age * HOUR))
    order = (0, 2, 3, 4, 1)
    statements: list[str] = []
    with desk.database.reading_primary() as connection:
        event.listen(connection, "before_cursor_execute", lambda *told: statements.append(told[2]))
        assert [article for article, _ in checks.due(connection, moment)] == [articles[at] for at in order]
        assert [feed.feed_id for feed in feeds.due(connection, moment)] == [read[at] for at in order]
        statements.clear()
        assert next(checks.due(connection, moment))[0] == articles[0]
        assert next(feeds.due(connection, moment)).feed_id == read[0]
        assert len(statements) == 2
        assert set(feeds.still_due(connection, moment, [read[1], read[5]])) == {read[1]}
        assert feeds.still_due(connection, moment, []) == {}


def test_metrics_tell_of_feeds(desk: Desk) -> None:
    made = [desk.made("/v1/feeds", {"url": f"https://news.example/{at}.rss"})["id"] for at in range(4)]
    assert desk.request("DELETE", f"/v1/feeds/{made[3]}", by="analyst").status_code == 204
    states = {
        made[1]: {"error": "http_404", "failures": 1, "next_at": datetime.now(UTC) - HOUR},
        made[2]: {"error": "http_410", "failures": 1, "next_at": None},
    }
    with desk.database.writing() as session:
        for feed_id, values in states.items():
            session.execute(update(Feed).where(Feed.id == feed_id).values(**values))
    told = desk.get("/metrics").get_data(as_text=True)
    for state, number in (("read", 2), ("failing", 1), ("overdue", 1)):
        assert f'factcheck_feeds{{state="{state}"}} {number}.0' in told
