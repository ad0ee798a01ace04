"""The pages of the inbox and of feeds: what waits, and the forms that take it away, add a feed and remove one."""

import html
from typing import Any

import pytest

from factcheck.desk import people
from factcheck.desk.capturing import captures
from factcheck.desk.capturing.captures import Item
from factcheck.desk.capturing.pages import CapturedPage
from factcheck.extraction.running import Extract
from factcheck.log.clock import now
from tests.desk import TEXT, Desk
from tests.forms import Visitor

FEED = "https://news.invalid/feed"


@pytest.fixture
def feed(desk: Desk) -> str:
    return str(desk.made("/v1/feeds", {"url": FEED, "title": "The News"})["id"])


def item(desk: Desk, feed: str, number: int, **extracted: Any) -> str:
    """Put an item into the inbox, as watching does."""
    extract = Extract(**({"text": f"{number}: {TEXT}", "title": f"Page {number}"} | extracted))
    page = CapturedPage(f"https://news.invalid/{number}", now(), None, None, extract)
    of_feed = Item(feed, f"Item {number}", now(), f"{number}" * 64, f"{number}" * 64)
    with desk.database.writing() as session:
        return str(captures.add(session, people.operator(session), page, of_feed)["id"])


def shown(visitor: Visitor, path: str) -> str:
    return html.unescape(visitor.get(path).get_data(as_text=True))


def test_what_waits_is_listed_and_taken_away(desk: Desk, feed: str) -> None:
    first, second = (item(desk, feed, number) for number in (1, 2))
    failed = item(desk, feed, 3, text=None, title=None, failure="robots")
    visitor = Visitor(desk)
    page = shown(visitor, "/inbox")
    assert page.index("Item 3") < page.index("Item 2") < page.index("Item 1")
    assert "Its page was not captured: the site's robots.txt does not allow it." in page
    assert f'href="/articles/new?capture={first}"' in page
    assert f'href="/articles/new?capture={failed}"' not in page
    late, here = Visitor(desk, "contributor"), f"/inbox/{second}/dismissal"
    seen = late.fields("/inbox", here)
    answer = visitor.send(here, {}, on="/inbox")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/inbox?said=dismissed")
    page = shown(visitor, "/inbox?said=dismissed")
    assert ("The item was dismissed." in page, "Item 2" in page) == (True, False)
    assert "Item 2" in shown(visitor, "/inbox?state=dismissed")
    assert "Somebody took this item out of the inbox already." in shown(visitor, "/inbox?said=left")
    again = late.client.post(here, data=seen)
    assert again.headers["Location"] == "/inbox?said=left"
    article = desk.made("/v1/articles", {"capture_id": first})["id"]
    assert f'href="/articles/{article}"' in shown(visitor, "/inbox?state=article")
    assert "It was dismissed." in shown(visitor, f"/captures/{second}")
    assert "There are no such items." in shown(visitor, f"/inbox?feed={first}")


def test_who_may_not_is_offered_nothing(desk: Desk, feed: str) -> None:
    waiting = item(desk, feed, 1)
    reader = Visitor(desk, "reader")
    page = shown(reader, "/inbox")
    assert ("Item 1" in page, "Dismiss" in page, "Make an article" in page) == (True, False, False)
    contributor = shown(Visitor(desk, "contributor"), "/inbox")
    assert f'action="/inbox/{waiting}/dismissal"' in contributor
    assert 'action="/feeds"' not in shown(Visitor(desk, "contributor"), "/feeds")
    nobody = desk.request("GET", "/inbox", by=None)
    assert (nobody.status_code, nobody.headers["Location"]) == (303, "/login?next=/inbox")


def test_feeds_are_added_and_removed(desk: Desk) -> None:
    visitor = Visitor(desk)
    assert "No feeds yet." in shown(visitor, "/feeds")
    assert "Add a feed" in shown(visitor, "/inbox")
    wrong = visitor.send("/feeds", {"url": "news"}, on="/feeds")
    assert wrong.status_code == 422
    assert "URL" in wrong.get_data(as_text=True)
    added = visitor.send("/feeds", {"url": FEED, "title": "The News", "every": "P1D"}, on="/feeds")
    assert (added.status_code, added.headers["Location"]) == (303, "/feeds?said=added")
    page = shown(visitor, "/feeds?said=added")
    assert "The feed was added." in page
    assert all(words in page for words in ("The News", "every day", "0 waiting", "not fetched yet"))
    twice = visitor.send("/feeds", {"url": FEED}, on="/feeds")
    assert (twice.status_code, "The desk has this feed already." in twice.get_data(as_text=True)) == (409, True)
    with desk.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE feeds SET error = 'not_feed', failures = 2")
    assert "It could not be read: it is not an RSS or Atom feed. That was 2 times in a row." in shown(visitor, "/feeds")
    with desk.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE feeds SET error = 'http_410', next_at = NULL")
    assert "The site says that this feed is gone" in shown(visitor, "/feeds")
    [feed] = desk.get("/v1/feeds").json["items"]
    removed = visitor.send(f"/feeds/{feed['id']}/removal", {}, on="/feeds")
    assert (removed.status_code, removed.headers["Location"]) == (303, "/feeds?said=removed")
    assert "Its items stay in the inbox." in shown(visitor, "/feeds?said=removed")
    assert desk.get("/v1/feeds").json["items"] == []
