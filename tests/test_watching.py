"""Watching: a page that changes becomes a snapshot, one that does not leaves the log alone, and no host is hurried."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from factcheck.desk.capturing.pages import Camera
from factcheck.desk.webhooks import Desk as OfWebhooks
from factcheck.errors import Unavailable
from factcheck.followers.webhooks.deliveries import Deliverer
from factcheck.log.clock import stamp
from factcheck.outbound.requests import Outbound, guard_of
from factcheck.settings import Settings
from factcheck.storage.archive.folders import FolderArchive
from factcheck.storage.engine.advisory_locks import AdvisoryLock
from factcheck.storage.engine.sole import sole
from factcheck.watching.watcher import Watcher
from tests import commands
from tests.desk import SECRET, Desk, audit_faults
from tests.outlet_pages import OUTLETS
from tests.outlets import HTML, Page, Site, serving, to
from tests.receiver import receiving
from tests.test_captures import files, verified
from tests.test_webhooks import Clock

Json = dict[str, Any]
STORY = OUTLETS[0]
HOUR = timedelta(hours=1)
QUOTE = "The delay costs 2.1 million pounds"
CORRECTED = STORY.body.replace(b"2.1 million", b"3.4 million")
ROBOTS = "/robots.txt"


def page(body: bytes, tag: str = '"one"') -> Page:
    return Page(body, HTML, headers=(("ETag", tag),))


@pytest.fixture
def archive(tmp_path: Path) -> FolderArchive:
    return FolderArchive(tmp_path / "archive")


@pytest.fixture
def watching(migrated_url: str, archive: FolderArchive) -> Iterator[Desk]:
    """A desk that fetches from this machine, and sends webhooks to it."""
    settings = Settings(
        database_url=migrated_url, secret_key=SECRET, outbound_allow="127.0.0.1/32", webhook_http=True,
        archive=str(archive.folder),
    )  # fmt: skip
    desk = Desk(settings)
    yield desk
    desk.close()


@pytest.fixture
def pages() -> dict[str, Page]:
    return {"/story": page(STORY.body)}


@pytest.fixture
def site(pages: dict[str, Page]) -> Iterator[Site]:
    with serving(pages) as found:
        yield found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watcher(watching: Desk, clock: Clock) -> Watcher:
    camera = Camera.of(watching.settings)
    return Watcher(watching.database, camera, SECRET, clock=clock, spread=lambda: 0.0, apart=timedelta(0))


def article(desk: Desk, url: str, **fields: Any) -> str:
    return str(desk.article(url=url, **{"text": STORY.text, **fields})["id"])


def watch(desk: Desk, article_id: str, **body: Any) -> Json:
    answer = desk.request("PUT", f"/v1/articles/{article_id}/watch", json={"every": "PT1H", **body})
    assert answer.status_code in (200, 201), answer.json
    set_to: Json = answer.json
    return set_to


def state(desk: Desk, article_id: str) -> Json:
    found: Json = desk.get(f"/v1/articles/{article_id}/watch").json
    return found


def paths(site: Site) -> list[str]:
    return [path for path, _ in site.requests]


def due_now(clock: Clock, watcher: Watcher) -> int:
    """Let an interval pass, and check what is due."""
    clock.go(HOUR)
    return watcher.drain()


def test_a_corrected_article_reaches_the_desk_within_one_interval(
    watching: Desk,
    site: Site,
    pages: dict[str, Page],
    watcher: Watcher,
    clock: Clock,
    archive: FolderArchive,
    tmp_path: Path,
) -> None:
    desk = watching
    captured = desk.made("/v1/captures", {"url": site.url("/story")})
    article_id = desk.made("/v1/articles", {"capture_id": captured["id"]})["id"]
    claim_id = desk.claim(article_id=article_id, quotes=[{"exact": QUOTE}])["id"]
    assert desk.review(claim_id, status="unverifiable", reason="The authority shows no figures.").status_code == 201
    own = OfWebhooks(desk.settings.secret_key, guard_of(desk.settings))
    deliverer = Deliverer(desk.database, own, "https://desk.example", Outbound(own.guard), spread=lambda: 0.0)
    with receiving() as receiver:
        desk.made("/v1/webhooks", {"url": receiver.url, "articles": [article_id]}, by="admin")
        watch(desk, article_id)
        before = desk.changes()[-1]["log_index"]
        clock.moment = datetime.now(UTC)
        assert watcher.drain() == 1
        assert desk.changes()[-1]["log_index"] == before  # the page has the text that the desk has

        pages["/story"] = page(CORRECTED, '"two"')
        clock.go(timedelta(minutes=59))
        assert watcher.drain() == 0
        clock.go(timedelta(minutes=1))
        assert watcher.drain() == 1

        # The snapshot, and what differs.
        newest = desk.get(f"/v1/articles/{article_id}").json
        assert (newest["number"], "3.4 million pounds" in newest["text"]) == (2, True)
        between = desk.get(f"/v1/articles/{article_id}/snapshots/1/diff/2").json
        differences = [(each["before"]["text"], each["after"]["text"]) for each in between["changes"]]
        assert differences == [("2", "3"), ("1", "4")]
        assert [(each["id"], each["quotes"]) for each in between["claims"]] == [(claim_id, ["/quotes/0"])]
        # The quote, the finding, and the verdict that stands.
        claim = desk.get(f"/v1/claims/{claim_id}").json
        current = claim["quotes"][0]["current"]
        assert (current["state"], current["exact"]) == ("changed", QUOTE.replace("2.1", "3.4"))
        assert (claim["status"], claim["quotes"][0]["exact"]) == ("unverifiable", QUOTE)
        kinds = [each["kind"] for each in desk.get(f"/v1/audit/findings?article={article_id}").json["items"]]
        assert "anchor_changed" in kinds
        # The messages.
        deliverer.drain()
        assert [each.type for each in receiver.requests] == [
            "article.watch", "article.add_snapshot", "claim.find_quotes",
        ]  # fmt: skip

    confirmed = desk.post(
        f"/v1/claims/{claim_id}/confirmation", {"reason": "Only the sum differs."},
        headers={"If-Match": desk.etag(claim_id)},
    )  # fmt: skip
    assert (confirmed.status_code, confirmed.json["status"]) == (200, "unverifiable")
    assert confirmed.json["quotes"][0]["exact"] == QUOTE.replace("2.1", "3.4")
    kinds = [each["kind"] for each in desk.get(f"/v1/audit/findings?article={article_id}").json["items"]]
    assert "anchor_changed" not in kinds

    # Everything is in the log: who set the watch, and that nobody but the desk added the text.
    *_, set_, capture, snapshot, found, confirmation = desk.changes()
    told = [(each["subject"]["kind"], each["action"]) for each in (set_, capture, snapshot, found, confirmation)]
    assert told == [
        ("article", "watch"), ("capture", "add"), ("article", "add_snapshot"), ("claim", "find_quotes"),
        ("claim", "confirm_quotes"),
    ]  # fmt: skip
    names = [each["actor"]["name"] for each in (set_, capture, snapshot, found, confirmation)]
    assert names == ["Test analyst", "operator", "operator", "operator", "Test analyst"]
    assert set_["changes"] == [{"field": "watch", "before": None, "after": {"every": "PT1H", "until": None}}]
    assert snapshot["reason"] == f"Found by watching, which the log entry {set_['log_index']} set."
    after = snapshot["changes"][0]["after"]
    assert (after["number"], after["capture_id"]) == (2, capture["subject"]["id"])
    assert len(files(archive)) == 2
    assert verified(desk.database) == []
    assert audit_faults(desk.database) == []
    ended = commands.run("log", "verify", "--json", cwd=tmp_path, env=environment(desk, tmp_path))
    assert (ended.returncode, orjson.loads(ended.stdout)["faults"]) == (0, [])

    assert due_now(clock, watcher) == 1  # and the same page again adds nothing
    assert desk.changes()[-1]["log_index"] == confirmation["log_index"]
    seen = state(desk, article_id)
    assert seen["last_changed_at"] == stamp(clock() - HOUR)
    assert (seen["last_checked_at"], seen["next_at"]) == (stamp(clock()), stamp(clock() + HOUR))
    assert [dict(headers).get("If-None-Match") for path, headers in site.requests if path == "/story"] == [
        None, None, '"one"', '"two"',
    ]  # fmt: skip


def environment(desk: Desk, folder: Path) -> dict[str, str]:
    return os.environ | {
        "FACTCHECK_DATABASE_URL": desk.settings.database_url,
        "FACTCHECK_SECRET_KEY": SECRET,
        "FACTCHECK_ARCHIVE": desk.settings.archive,
        "FACTCHECK_LOG_FOLDER": str(folder / "log"),
        "FACTCHECK_OUTBOUND_ALLOW": "127.0.0.1/32",
    }


def test_what_is_not_text_makes_no_snapshot(
    watching: Desk, site: Site, pages: dict[str, Page], watcher: Watcher, clock: Clock, archive: FolderArchive
) -> None:
    article_id = article(watching, site.url("/story"), text=f"{STORY.title}\n{STORY.text}".replace("\n", "\n\n"))
    watch(watching, article_id)
    before = watching.changes()
    assert due_now(clock, watcher) == 1
    pages["/story"] = page(STORY.body.replace(b"We use cookies", b"Subscribe today"), '"two"')
    assert due_now(clock, watcher) == 1
    assert (watching.changes(), files(archive)) == (before, [])
    assert (state(watching, article_id)["error"], state(watching, article_id)["last_changed_at"]) == (None, None)


def test_a_text_that_a_person_corrected_is_not_taken_back(
    watching: Desk, site: Site, watcher: Watcher, clock: Clock
) -> None:
    captured = watching.made("/v1/captures", {"url": site.url("/story")})
    made = watching.made(
        "/v1/articles", {"capture_id": captured["id"], "text": STORY.text.replace("Tuesday", "Monday")}
    )
    watch(watching, made["id"])
    before = watching.changes()
    assert due_now(clock, watcher) == 1
    assert watching.changes() == before


@pytest.mark.parametrize(("answer", "error"), [
    (Page(status=404), "http_404"), (Page(status=503), "http_503"), (Page(b"\x89PNG", "image/png"), "not_text"),
    (to("http://169.254.169.254/"), "refused_address"),
])  # fmt: skip
def test_what_failed_is_told_and_tried_again_later_each_time(
    watching: Desk, site: Site, pages: dict[str, Page], watcher: Watcher, clock: Clock, answer: Page, error: str,
    archive: FolderArchive,
) -> None:  # fmt: skip
    pages["/story"] = answer
    article_id = article(watching, site.url("/story"))
    watch(watching, article_id)
    before = watching.changes()
    clock.go(HOUR)
    for failures, hours in enumerate((1, 2, 4, 8, 16, 24, 24), start=1):
        assert watcher.drain() == 1
        found = state(watching, article_id)
        assert (found["error"], found["failures"]) == (error, failures)
        assert (found["last_checked_at"], found["next_at"]) == (stamp(clock()), stamp(clock() + hours * HOUR))
        clock.go(hours * HOUR)
    assert (watching.changes(), files(archive)) == (before, [])


def test_a_site_that_asks_to_be_left_alone_is(
    watching: Desk, site: Site, pages: dict[str, Page], watcher: Watcher, clock: Clock
) -> None:
    pages["/story"] = Page(status=429, headers=(("Retry-After", str(3 * 3600)),))
    first, second = article(watching, site.url("/story")), article(watching, site.url("/other"), text="Another text.")
    watch(watching, first)
    clock.go(HOUR)
    assert watcher.drain() == 1
    assert state(watching, first)["next_at"] == stamp(clock() + 3 * HOUR)
    watch(watching, second)
    clock.go(2 * HOUR)
    assert watcher.drain() == 0  # another page of the same host
    clock.go(HOUR)
    assert watcher.drain() == 2
    assert state(watching, second)["error"] == "http_404"


@pytest.mark.parametrize(("answer", "error"), [
    (Page(b"User-agent: *\nDisallow: /", "text/plain"), "robots"),
    (Page(b"User-agent: FactCheck\nDisallow: /s*y\n\nUser-agent: *\nAllow: /", "text/plain"), "robots"),
    (Page(status=500), "robots_unreachable"),
])  # fmt: skip
def test_robots_txt_is_honoured(
    watching: Desk, site: Site, pages: dict[str, Page], watcher: Watcher, clock: Clock, answer: Page, error: str
) -> None:
    pages[ROBOTS] = answer
    article_id = article(watching, site.url("/story"))
    watch(watching, article_id)
    assert due_now(clock, watcher) == 1
    assert (state(watching, article_id)["error"], paths(site)) == (error, [ROBOTS])
    # A person's own click does not ask it.
    assert watching.post("/v1/captures", {"url": site.url("/story")}).status_code == 201


def test_robots_txt_is_asked_of_where_a_page_leads_and_once_a_day(
    watching: Desk, site: Site, pages: dict[str, Page], watcher: Watcher, clock: Clock
) -> None:
    with serving({ROBOTS: Page(b"User-agent: *\nDisallow: /", "text/plain")}) as other:
        pages["/story"] = to(other.url("/elsewhere"))
        article_id = article(watching, site.url("/story"))
        watch(watching, article_id)
        assert [due_now(clock, watcher), due_now(clock, watcher)] == [1, 1]
        assert state(watching, article_id)["error"] == "robots"
        assert (paths(site), paths(other)) == ([ROBOTS, "/story", "/story"], [ROBOTS])
        clock.go(timedelta(days=1))
        watcher.drain()
        assert (paths(site)[3:], paths(other)) == ([ROBOTS, "/story"], [ROBOTS] * 2)


def test_between_two_pages_of_a_site_there_is_a_pause(watching: Desk, site: Site, clock: Clock) -> None:
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        clock.go(timedelta(seconds=seconds))

    apart = timedelta(seconds=30)
    camera = Camera.of(watching.settings)
    watcher = Watcher(watching.database, camera, SECRET, clock=clock, spread=lambda: 0.0, apart=apart, wait=wait)
    for n in range(3):
        watch(watching, article(watching, site.url(f"/nothing/{n}"), text=f"Text {n}."))
    clock.go(HOUR)
    assert watcher.drain() == 3
    assert waited == [30.0, 30.0]


def test_a_watch_ends_at_its_time_or_when_it_is_removed(
    watching: Desk, site: Site, watcher: Watcher, clock: Clock
) -> None:
    ended, removed = (article(watching, site.url(f"/{n}"), text=f"Text {n}.") for n in range(2))
    until = stamp(clock() + timedelta(minutes=30))
    assert watch(watching, ended, until=until)["until"] == until
    watch(watching, removed)
    clock.moment = datetime.now(UTC)
    assert watcher.drain() == 2
    assert state(watching, ended)["next_at"] is None
    assert watching.request("DELETE", f"/v1/articles/{removed}/watch").status_code == 204
    clock.go(2 * HOUR)
    assert watcher.drain() == 0
    assert paths(site) == [ROBOTS, "/0", "/1"]


def test_a_text_that_comes_too_late_is_looked_for_again(
    watching: Desk, site: Site, clock: Clock, archive: FolderArchive
) -> None:
    article_id = article(watching, site.url("/story"), text="Another text.")
    watch(watching, article_id)
    told: list[str] = []

    def overtake(step: str) -> None:
        told.append(step)
        if len(told) == 1:
            assert watching.post(f"/v1/articles/{article_id}/snapshots", {"text": "A third one."}).status_code == 201

    camera, apart = Camera.of(watching.settings), timedelta(0)
    watcher = Watcher(watching.database, camera, SECRET, clock=clock, spread=lambda: 0.0, apart=apart, at=overtake)
    assert due_now(clock, watcher) == 2
    assert told == ["found", "found"]
    assert len(files(archive)) == 1
    captured = [each for each in watching.changes() if each["subject"]["kind"] == "capture"]
    assert (len(captured), watching.get(f"/v1/articles/{article_id}").json["number"]) == (1, 3)


def test_nothing_is_half_stored(
    watching: Desk, site: Site, watcher: Watcher, clock: Clock, archive: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: no entry, no file, and the page stays due, but is not fetched every other second."""
    article_id = article(watching, site.url("/story"), text="Another text.")
    watch(watching, article_id)
    before = watching.changes()
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", _full)
        clock.go(HOUR)
        with pytest.raises(Unavailable, match="archive"):
            watcher.drain()
    assert (watching.changes(), files(archive)) == (before, [])
    assert (watcher.drain(), state(watching, article_id)["last_checked_at"]) == (0, None)
    clock.go(timedelta(minutes=10))
    assert watcher.drain() == 1
    assert watching.get(f"/v1/articles/{article_id}").json["number"] == 2


def _full(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_one_process_watches(watching: Desk, site: Site, tmp_path: Path) -> None:
    watch(watching, article(watching, site.url("/nothing")))
    run = ("watch", "run", "--once")
    with sole(watching.database, AdvisoryLock.WATCH):
        ended = commands.run(*run, cwd=tmp_path, env=environment(watching, tmp_path))
    assert (ended.returncode, b"Only one can run" in ended.stderr) == (1, True)
    ended = commands.run(*run, cwd=tmp_path, env=environment(watching, tmp_path))
    assert (ended.returncode, ended.stderr.splitlines()[-1]) == (0, b"1 check.")
    ended = commands.run("watch", "list", "--json", cwd=tmp_path, env=environment(watching, tmp_path))
    [listed] = orjson.loads(ended.stdout)
    assert (listed["error"], listed["article"]["url"]) == ("http_404", site.url("/nothing"))
    ended = commands.run("watch", "list", cwd=tmp_path, env=environment(watching, tmp_path))
    assert b"failed (http_404)" in ended.stdout
