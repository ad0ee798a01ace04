"""Feeds: what they have new waits in the inbox as captures, once, until an article is made of it or it is dismissed."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from factcheck.desk.capturing.pages import Camera
from factcheck.settings import Settings
from factcheck.watching.watcher import Watcher
from tests import commands
from tests.desk import SECRET, TEXT, Desk, audit_faults
from tests.outlets import Page, Site, serving, to
from tests.redacting import faults, rebuilt_faults
from tests.test_webhooks import Clock

Json = dict[str, Any]
HOUR = timedelta(hours=1)
ROBOTS = "/robots.txt"
RSS = "application/rss+xml; charset=utf-8"
REDACTED = "They asked for it."


def story(name: str) -> Page:
    return Page(f"<html><body><article><h1>Story {name}</h1><p>{name}: {TEXT}</p></article></body></html>".encode())


def rss(site: Site, names: Sequence[str], more: str = "") -> bytes:
    """An RSS feed of stories, in this order."""
    items = "".join(
        f"<item><title>Story {name} &amp;amp; more</title><link>{site.url(f'/{name}')}</link>"
        f"<guid isPermaLink='false'>guid-{name}</guid>"
        f"<pubDate>Sun, 29 Nov 2026 {10 + at % 10:02}:00:00 +0000</pubDate></item>"
        for at, name in enumerate(names)
    )
    return f"<?xml version='1.0'?><rss version='2.0'><channel><title>News</title>{items}{more}</channel></rss>".encode()


@pytest.fixture
def reading(migrated_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk that fetches from this machine."""
    settings = Settings(
        database_url=migrated_url, secret_key=SECRET, outbound_allow="127.0.0.1/32", archive=str(tmp_path / "archive")
    )
    with closing(Desk(settings)) as desk:
        yield desk


@pytest.fixture
def pages() -> dict[str, Page]:
    return {f"/{name}": story(name) for name in ("one", "two", "three")}


@pytest.fixture
def site(pages: dict[str, Page]) -> Iterator[Site]:
    with serving(pages) as found:
        pages["/feed"] = Page(rss(found, ["one", "two"]), RSS, headers=(("ETag", '"1"'),))
        yield found


@pytest.fixture
def clock() -> Clock:
    """A clock that is ahead, so that what is added is due."""
    ahead = Clock()
    ahead.go(HOUR)
    return ahead


@pytest.fixture
def watcher(reading: Desk, clock: Clock) -> Watcher:
    return watching(reading, clock)


def watching(desk: Desk, clock: Clock, **options: Any) -> Watcher:
    given: Any = {"clock": clock, "spread": lambda: 0.0, "apart": timedelta(0)} | options
    return Watcher(desk.database, Camera.of(desk.settings), SECRET, **given)


def added(desk: Desk, url: str, **fields: Any) -> Json:
    feed: Json = desk.made("/v1/feeds", {"url": url, **fields})
    return feed


def feed_now(desk: Desk, feed: Json) -> Json:
    found: Json = desk.get(f"/v1/feeds/{feed['id']}").json
    return found


def inbox(desk: Desk, query: str = "") -> list[Json]:
    items: list[Json] = desk.get(f"/v1/inbox{query}").json["items"]
    return items


def paths(site: Site) -> list[str]:
    return [path for path, _ in site.requests if path != ROBOTS]


def again(clock: Clock, watcher: Watcher) -> None:
    """Let the interval pass, and do what is due."""
    clock.go(HOUR)
    watcher.drain()


def sound(desk: Desk, tmp_path: Path, name: str) -> None:
    """The log verifies, it gives every row again, and the audit is what the tables give."""
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/{name}.db") == []
    assert audit_faults(desk.database) == []


def test_new_items_wait_as_captures_until_they_are_articles_or_dismissed(
    reading: Desk, site: Site, pages: dict[str, Page], watcher: Watcher, clock: Clock, tmp_path: Path
) -> None:
    desk = reading
    feed = added(desk, site.url("/feed"), title="The News")
    assert (feed["every"], feed["last_checked_at"], feed["waiting"]) == ("PT1H", None, 0)
    assert watcher.drain() == 3
    assert paths(site) == ["/feed", "/two", "/one"]  # the newest first
    one, two = inbox(desk)
    assert [each["title"] for each in (one, two)] == ["Story one & more", "Story two & more"]
    assert one["feed"] == {"id": feed["id"], "url": feed["url"], "title": "The News"}
    assert (one["state"], one["published_at"]) == ("waiting", "2026-11-29T10:00:00.000000Z")
    assert one["capture"] == {name: each for name, each in desk.get(f"/v1/captures/{one['id']}").json.items()
                              if name != "extracted"} | {"extracted": one["capture"]["extracted"]}  # fmt: skip
    assert one["capture"]["extracted"]["title"] == "Story one"
    assert feed_now(desk, feed)["waiting"] == 2
    entry = next(each for each in desk.changes() if each["subject"]["id"] == one["id"])
    assert (entry["action"], entry["actor"]["name"]) == ("add", "operator")

    article = desk.made("/v1/articles", {"capture_id": one["id"]})
    assert TEXT in article["text"]
    assert [each["id"] for each in inbox(desk)] == [two["id"]]
    [filed] = inbox(desk, "?state=article")
    assert (filed["id"], filed["article_id"], filed["state"]) == (one["id"], article["id"], "article")
    gone = desk.post(f"/v1/inbox/{two['id']}/dismissal", {"reason": "Sports."}, by="contributor")
    assert (gone.status_code, gone.json["state"]) == (200, "dismissed")
    assert desk.changes()[-1]["reason"] == "Sports."
    assert inbox(desk) == []
    assert [each["id"] for each in inbox(desk, f"?state=dismissed&feed={feed['id']}")] == [two["id"]]
    for item, words in ((one, "article already"), (two, "dismissed already")):
        refused = desk.post(f"/v1/inbox/{item['id']}/dismissal", {}, by="contributor")
        assert (refused.status_code, words in refused.json["detail"]) == (409, True)

    pages["/feed"] = Page(rss(site, ["three", "two", "one"]), RSS, headers=(("ETag", '"2"'),))
    site.requests.clear()
    again(clock, watcher)
    assert paths(site) == ["/feed", "/three"]
    assert [each["title"] for each in inbox(desk)] == ["Story three & more"]
    assert desk.request("DELETE", f"/v1/feeds/{feed['id']}").status_code == 204
    assert desk.get(f"/v1/feeds/{feed['id']}").status_code == 404
    assert desk.get("/v1/feeds").json["items"] == []
    assert len(inbox(desk)) == 1
    again(clock, watcher)
    assert len(paths(site)) == 2
    sound(desk, tmp_path, "feeds")


def test_nothing_comes_twice(reading: Desk, site: Site, pages: dict[str, Page], watcher: Watcher, clock: Clock) -> None:
    added(reading, site.url("/feed"))
    watcher.drain()
    assert len(inbox(reading)) == 2
    before = reading.changes()
    other_order = rss(site, ["two", "one"])
    other_guids = other_order.replace(b"guid-", b"tag:news,2026:")
    other_links = other_order.replace(b"</link>", b"?utm_source=rss</link>")
    moved = other_order.replace(b"/one</link>", b"/three</link>")  # the same guid, at another address
    for number, body in enumerate((other_order, other_guids, other_links, moved)):
        pages["/feed"] = Page(body, RSS, headers=(("ETag", f'"a{number}"'),))
        again(clock, watcher)
    added(reading, site.url("/other"))
    pages["/other"] = Page(other_guids, RSS)  # another feed of the same site
    again(clock, watcher)
    assert [each for each in reading.changes()[len(before) :] if each["subject"]["kind"] == "capture"] == []
    assert len(inbox(reading)) == 2


def test_an_article_of_the_desk_does_not_come(reading: Desk, site: Site, watcher: Watcher) -> None:
    reading.article(url=site.url("/one"), text="It was pasted.")
    added(reading, site.url("/feed"))
    watcher.drain()
    assert [each["title"] for each in inbox(reading)] == ["Story two & more"]


def test_a_feed_that_did_not_change_is_not_sent_again(
    reading: Desk, site: Site, watcher: Watcher, clock: Clock
) -> None:
    feed = added(reading, site.url("/feed"))
    watcher.drain()
    again(clock, watcher)
    asked = [headers for path, headers in site.requests if path == "/feed"]
    assert [each.get("If-None-Match") for each in asked] == [None, '"1"']
    state = feed_now(reading, feed)
    assert (state["error"], state["failures"], state["waiting"]) == (None, 0, 2)


def test_a_feed_that_moved_for_good_is_followed(
    reading: Desk, site: Site, pages: dict[str, Page], watcher: Watcher, clock: Clock, tmp_path: Path
) -> None:
    pages |= {"/old": to("/feed", 301), "/for-now": to("/feed", 302)}
    feed, loose = added(reading, site.url("/old")), added(reading, site.url("/for-now"))
    watcher.drain()
    assert feed_now(reading, feed)["url"] == site.url("/feed")
    assert feed_now(reading, loose)["url"] == site.url("/for-now")
    [entry] = [each for each in reading.changes() if each["action"] == "move"]
    assert entry["subject"] == {"kind": "feed", "id": feed["id"]}
    site.requests.clear()
    again(clock, watcher)
    assert sorted(paths(site)) == ["/feed", "/feed", "/for-now"]
    sound(reading, tmp_path, "moved")


def test_a_feed_that_is_gone_is_not_asked_again(
    reading: Desk, site: Site, pages: dict[str, Page], watcher: Watcher, clock: Clock
) -> None:
    pages["/feed"] = Page(b"", status=410)
    feed = added(reading, site.url("/feed"))
    watcher.drain()
    again(clock, watcher)
    assert paths(site) == ["/feed"]
    state = feed_now(reading, feed)
    assert (state["error"], state["next_at"], state["failures"]) == ("http_410", None, 1)


def test_a_feed_that_fails_is_tried_later_each_time(
    reading: Desk, site: Site, pages: dict[str, Page], watcher: Watcher, clock: Clock
) -> None:
    whole = pages.pop("/feed")
    feed = added(reading, site.url("/feed"))
    watcher.drain()
    for _ in range(3):
        again(clock, watcher)
    assert len(paths(site)) == 3  # at 0, 1 and 3 hours
    assert (feed_now(reading, feed)["error"], feed_now(reading, feed)["failures"]) == ("http_404", 3)
    pages["/feed"] = whole
    clock.go(4 * HOUR)
    watcher.drain()
    assert (feed_now(reading, feed)["error"], len(inbox(reading))) == (None, 2)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY a 'b'>]><rss><channel/></rss>", "has_dtd"),
        (b"<!-- a -->\n<!DOCTYPE rss SYSTEM 'http://127.0.0.1:9/x.dtd'><rss/>", "has_dtd"),
        ("\ufeff<?xml version='1.0' encoding='utf-16'?><!DOCTYPE rss><rss/>".encode("utf-16-le"), "has_dtd"),
        (b"<html><body><p>No feed.</p></body></html>", "not_feed"),
        (b"not even XML", "not_feed"),
        (b"", "not_feed"),
    ],
    ids=["entity", "external", "utf-16", "page", "text", "empty"],
)
def test_what_is_no_feed_says_so(
    reading: Desk, site: Site, pages: dict[str, Page], watcher: Watcher, body: bytes, error: str
) -> None:
    pages["/feed"] = Page(body, RSS)
    feed = added(reading, site.url("/feed"))
    watcher.drain()
    assert (feed_now(reading, feed)["error"], inbox(reading)) == (error, [])


def test_of_ten_thousand_items_the_newest_come(reading: Desk, site: Site, pages: dict[str, Page], clock: Clock) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    items = [
        f"<entry><id>e{n}</id><title>Entry {n}</title><link href='/e{n}'/>"
        f"<updated>{(at + timedelta(minutes=n * 7919 % 10_000)).isoformat()}</updated></entry>"
        for n in range(10_000)
    ]
    pages["/feed"] = Page(f"<feed xmlns='http://www.w3.org/2005/Atom'>{''.join(items)}</feed>".encode(), RSS)
    newest = sorted(range(10_000), key=lambda n: -(n * 7919 % 10_000))[:3]
    pages |= {f"/e{n}": story(str(n)) for n in newest}
    feed = added(reading, site.url("/feed"))
    watching(reading, clock, most=3).drain()
    assert [each["title"] for each in reversed(inbox(reading))] == [f"Entry {n}" for n in newest]
    assert [each["capture"]["reason"] for each in inbox(reading)] == [None] * 3
    assert feed_now(reading, feed)["error"] is None


def test_a_feed_is_read_in_its_encoding_whatever_it_says(
    reading: Desk, site: Site, pages: dict[str, Page], watcher: Watcher
) -> None:
    body = rss(site, ["one"]).decode().replace("Story one &amp;amp; more", "Où est l’été ?")
    pages["/feed"] = Page(body.replace("'1.0'", "'1.0' encoding='iso-8859-1'").encode(), "text/xml; charset=latin-1")
    other = body.replace("'1.0'", "'1.0' encoding='windows-1252'").replace("/one", "/two").replace("-one", "-2")
    pages["/second"] = Page(other.encode("cp1252"), "text/xml; charset=utf-8")
    for path in ("/feed", "/second"):
        added(reading, site.url(path))
    watcher.drain()
    assert [each["title"] for each in inbox(reading)] == ["Où est l’été ?"] * 2


def test_rdf_and_feeds_that_are_not_well_formed_are_read(
    reading: Desk, site: Site, pages: dict[str, Page], watcher: Watcher
) -> None:
    pages["/feed"] = Page(
        f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>N</title></channel><item rdf:about="x">
        <title>In RDF</title><link>{site.url("/one")}</link><dc:date>2026-11-29T10:00:00Z</dc:date></item>
        <item><title>Nowhere</title></item><item><title>Script</title><link>javascript:alert(1)</link></item></rdf:RDF>
        """.encode(),
        RSS,
    )
    pages["/broken"] = Page(rss(site, ["two"], "<item><title>A &nbsp; b<title></item>"), RSS)
    for path in ("/feed", "/broken"):
        added(reading, site.url(path))
    watcher.drain()
    found = {each["title"]: each["published_at"] for each in inbox(reading)}
    assert found == {"In RDF": "2026-11-29T10:00:00.000000Z", "Story two & more": "2026-11-29T10:00:00.000000Z"}


def test_robots_are_asked_for_the_feed_and_for_each_page(
    reading: Desk, site: Site, pages: dict[str, Page], watcher: Watcher
) -> None:
    pages[ROBOTS] = Page(b"User-agent: *\nDisallow: /two\nDisallow: /private", "text/plain")
    pages["/private"] = pages["/feed"]
    feed, private = added(reading, site.url("/feed")), added(reading, site.url("/private"))
    watcher.drain()
    assert paths(site) == ["/feed", "/one"]
    assert feed_now(reading, private)["error"] == "robots"
    assert feed_now(reading, feed)["error"] is None
    assert {each["title"]: each["capture"]["reason"] for each in inbox(reading)} == {
        "Story one & more": None, "Story two & more": "robots",
    }  # fmt: skip


def test_a_reading_that_is_interrupted_goes_on_where_it_stopped(
    reading: Desk, site: Site, pages: dict[str, Page], clock: Clock
) -> None:
    added(reading, site.url("/feed"))
    first = watching(reading, clock)
    for _ in range(2):  # the feed, and one of its items
        task, _ = first._next()
        assert task is not None
        task()
    assert len(inbox(reading)) == 1
    site.requests.clear()
    assert watching(reading, clock).drain() == 2
    assert paths(site) == ["/feed", "/one"]
    assert len(inbox(reading)) == 2


def test_a_redacted_item_does_not_come_back_and_nothing_of_it_is_left(
    reading: Desk, site: Site, watcher: Watcher, clock: Clock, pages: dict[str, Page], tmp_path: Path
) -> None:
    added(reading, site.url("/feed"))
    watcher.drain()
    one = next(each for each in inbox(reading) if each["title"] == "Story one & more")
    redacted = reading.post(f"/v1/captures/{one['id']}/redaction", {"reason": REDACTED, "urls": True}, by="admin")
    assert redacted.status_code == 204
    pages["/feed"] = Page(rss(site, ["two", "one"]), RSS)
    again(clock, watcher)
    [left] = [each for each in inbox(reading) if each["id"] == one["id"]]
    assert (left["title"], left["capture"]["redacted"], len(inbox(reading))) == (None, True, 2)
    assert "Story one" not in str(reading.changes())
    sound(reading, tmp_path, "redacted")


def test_the_inbox_has_pages_and_filters(reading: Desk, site: Site, pages: dict[str, Page], watcher: Watcher) -> None:
    pages["/feed"] = Page(rss(site, ["one", "two", "three"]), RSS)
    feed = added(reading, site.url("/feed"))
    watcher.drain()
    whole = [each["id"] for each in inbox(reading)]
    assert len(whole) == 3
    first = reading.get(f"/v1/inbox?limit=2&feed={feed['id']}").json
    rest = reading.get(f"/v1/inbox?limit=2&feed={feed['id']}&cursor={first['next_cursor']}").json
    assert [each["id"] for each in first["items"] + rest["items"]] == whole
    assert rest["next_cursor"] is None
    assert inbox(reading, f"?feed={whole[0]}") == []
    for query in ("?state=gone", "?feed=x", "?q=x"):
        assert reading.get(f"/v1/inbox{query}").status_code == 422, query


def test_what_cannot_be_a_feed_is_refused(reading: Desk, site: Site) -> None:
    feed = added(reading, site.url("/feed"))
    before = reading.changes()
    twice = reading.post("/v1/feeds", {"url": site.url("/feed")})
    assert (twice.status_code, twice.json["id"]) == (409, feed["id"])
    for body, pointer in (
        ({"url": "ftp://a.example/feed"}, "/url"), ({}, "/url"),
        ({"url": "https://a.example/", "every": "PT1M"}, "/every"),
        ({"url": "https://a.example/", "title": ""}, "/title"), ({"url": "https://a.example/", "until": "x"}, "/until"),
    ):  # fmt: skip
        refused = reading.post("/v1/feeds", body)
        assert (refused.status_code, [each["pointer"] for each in refused.json["errors"]]) == (422, [pointer]), body
    assert reading.post("/v1/feeds", {"url": "https://a.example/"}, by="contributor").status_code == 403
    unknown = "00000000-0000-7000-8000-000000000000"
    assert reading.request("DELETE", f"/v1/feeds/{unknown}").status_code == 404
    assert reading.post(f"/v1/inbox/{unknown}/dismissal", {}).status_code == 404
    assert reading.changes() == before


def test_the_command_adds_lists_and_removes_feeds(reading: Desk, site: Site, tmp_path: Path) -> None:
    environment = os.environ | {
        "FACTCHECK_DATABASE_URL": reading.settings.database_url, "FACTCHECK_SECRET_KEY": SECRET,
        "FACTCHECK_OUTBOUND_ALLOW": "127.0.0.1/32", "FACTCHECK_ARCHIVE": reading.settings.archive,
    }  # fmt: skip

    def command(*words: str) -> Any:
        return commands.run(*words, cwd=tmp_path, env=environment)

    done = command("feeds", "add", site.url("/feed"), "--title", "News", "--every", "PT2H", "--json")
    assert done.returncode == 0, done.stderr
    feed = orjson.loads(done.stdout)
    assert (feed["title"], feed["every"], feed["added_by"]["name"]) == ("News", "PT2H", "operator")
    assert command("feeds", "add", site.url("/feed")).returncode == 1
    listed = orjson.loads(command("feeds", "list", "--json").stdout)
    assert [each["id"] for each in listed] == [feed["id"]]
    assert site.url("/feed") in command("feeds", "list").stdout.decode()
    assert command("feeds", "remove", feed["id"]).returncode == 0
    assert command("feeds", "remove", feed["id"]).returncode == 1
    assert reading.get("/v1/feeds").json["items"] == []
