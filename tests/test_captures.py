"""Captures: a page is fetched, its bytes are kept, its text becomes an article, and the log proves all of it."""

import hashlib
import io
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from warcio.archiveiterator import ArchiveIterator

from factcheck.desk.capturing import captures
from factcheck.errors import Unavailable
from factcheck.inspection import checkup, replay
from factcheck.log.verification import Progress
from factcheck.settings import Settings
from factcheck.storage.archive.folders import FolderArchive
from factcheck.storage.engine.database import Database
from tests import commands
from tests.desk import SECRET, Desk
from tests.outlet_pages import OUTLETS
from tests.outlets import Page, Site, endless, serving, to
from tests.test_addresses import DISGUISED

Json = dict[str, Any]
STORY = OUTLETS[0]
ANOTHER = OUTLETS[4]


@pytest.fixture
def archive(tmp_path: Path) -> FolderArchive:
    return FolderArchive(tmp_path / "archive")


@pytest.fixture
def capturing(migrated_url: str, archive: FolderArchive) -> Iterator[Desk]:
    """A desk that may fetch from loopback."""
    desk = Desk(
        Settings(
            database_url=migrated_url, secret_key=SECRET, outbound_allow="127.0.0.1/32", archive=str(archive.folder)
        )
    )
    yield desk
    desk.close()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    site_pages = {
        "/story": Page(STORY.body, STORY.media_type),
        "/moved": to("/story", 301),
        "/another": Page(ANOTHER.body, ANOTHER.media_type),
        "/picture": Page(b"\x89PNG", "image/png"),
        "/endless": Page(say=endless),
        "/inward": to("http://169.254.169.254/latest/meta-data"),
    }
    with serving(site_pages) as found:
        yield found


def capture(desk: Desk, url: str, *, by: str = "contributor") -> Json:
    made: Json = desk.made("/v1/captures", {"url": url}, by=by)
    return made


def files(archive: FolderArchive) -> list[Path]:
    return [each for each in archive.folder.rglob("*") if each.is_file()]


def verified(database: Database) -> list[str]:
    """Return what the tables have otherwise than the log."""
    with database.reading_one_moment() as connection, Session(connection) as session:
        return [fault.told() for some in replay.replayed(session, Progress()) for fault in some]


def test_a_page_is_captured(capturing: Desk, archive: FolderArchive, site: Site) -> None:
    answer = capturing.post("/v1/captures", {"url": site.url("/moved")}, by="contributor")
    made = answer.json
    assert answer.status_code == 201, made
    assert answer.headers["Location"] == f"/v1/captures/{made['id']}"
    assert answer.headers["Log-Index"]
    assert (made["url"], made["final_url"], made["http_status"]) == (site.url("/moved"), site.url("/story"), 200)
    assert (made["media_type"], made["bytes"], made["reason"]) == ("text/html", len(STORY.body), None)
    assert made["sha256"] == hashlib.sha256(STORY.body).hexdigest()
    found = made["extracted"]
    assert found["text"].startswith("Flood barrier to open late\nThe river authority said on Tuesday")
    assert {name: found[name] for name in ("title", "author", "published_on", "language", "outlet")} == {
        "title": STORY.title, "author": "Tom Ashdown", "published_on": "2026-03-17", "language": "en",
        "outlet": "The Low Bridge Courier",
    }  # fmt: skip
    assert made["text_sha256"] == hashlib.sha256(found["text"].encode()).hexdigest()
    read = capturing.get(f"/v1/captures/{made['id']}", by="reader")
    assert (read.json, read.headers["ETag"]) == (made, answer.headers["ETag"])
    [listed] = capturing.get("/v1/captures", by="reader").json["items"]
    assert listed == made | {"extracted": {name: value for name, value in found.items() if name != "text"}}
    [entry] = [each for each in capturing.get("/v1/changes?after=-1&limit=200").json["items"]
               if each["subject"]["kind"] == "capture"]  # fmt: skip
    said = {change["field"]: change["after"] for change in entry["changes"]}
    assert (entry["action"], entry["subject"]["id"]) == ("add", made["id"])
    assert said["warc_sha256"] == made["warc_sha256"]
    assert said["text_sha256"] == made["text_sha256"]
    assert "text" not in said
    assert verified(capturing.database) == []


def test_a_captures_bytes_are_a_download_that_no_browser_runs(
    capturing: Desk, archive: FolderArchive, site: Site
) -> None:
    made = capture(capturing, site.url("/moved"))
    answer = capturing.get(made["links"]["warc"], by="reader")
    assert answer.status_code == 200
    assert hashlib.sha256(answer.data).hexdigest() == made["warc_sha256"]
    assert [each.name for each in files(archive)] == [f"{made['warc_sha256']}.warc.gz"]
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{made["id"]}.warc.gz"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    [policy] = answer.headers.getlist("Content-Security-Policy")
    assert policy == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert answer.headers["Content-Type"] == "application/warc"
    records = [
        (record.rec_type, record.rec_headers.get_header("WARC-Target-URI"), record.content_stream().read())
        for record in ArchiveIterator(io.BytesIO(answer.data), check_digests="raise")
    ]
    assert [(kind, url) for kind, url, _ in records[1:]] == [
        (kind, site.url(path)) for path in ("/moved", "/story") for kind in ("response", "request")
    ]
    assert records[3][2] == STORY.body
    again = capturing.get(made["links"]["warc"], headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert capturing.get(made["links"]["warc"], by=None).status_code == 401


@pytest.mark.parametrize(("path", "reason", "has_file"), [
    ("/nowhere", "http_404", True), ("/picture", "not_text", True), ("/inward", "refused_address", True),
])  # fmt: skip
def test_a_capture_that_fails_is_kept_with_its_reason(
    capturing: Desk, archive: FolderArchive, site: Site, path: str, reason: str, has_file: bool
) -> None:
    answer = capturing.post("/v1/captures", {"url": site.url(path)}, by="contributor")
    told = answer.json
    assert (answer.status_code, told["type"], told["reason"]) == (422, "/problems/not-captured", reason)
    assert answer.headers["Content-Type"] == "application/problem+json"
    kept = capturing.get(f"/v1/captures/{told['capture_id']}").json
    assert (kept["reason"], kept["extracted"], kept["text_sha256"]) == (reason, None, None)
    assert (kept["links"]["warc"] is not None, len(files(archive))) == (has_file, int(has_file))
    refused = capturing.post("/v1/articles", {"capture_id": kept["id"], "title": "A", "text": "A text."})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/capture_id")
    assert verified(capturing.database) == []


def test_nothing_is_sent_to_a_private_address(capturing: Desk, archive: FolderArchive) -> None:
    """The desk allows 127.0.0.1 alone."""
    refused = [host for host in DISGUISED if host not in ("127.0.0.1", "localhost", "LOCALHOST.", "a.localhost",
                                                          "127.0.0.1.")]  # fmt: skip
    for host in refused[:12]:
        answer = capturing.post("/v1/captures", {"url": f"http://{host}/"}, by="contributor")
        assert (answer.status_code, answer.json.get("reason", "refused_address")) == (422, "refused_address"), host
    assert files(archive) == []


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://a.example/", "", "a" * 3000, "http://u:p@a.example/", None]
)
def test_what_is_no_address_is_refused_and_nothing_is_kept(capturing: Desk, url: str | None) -> None:
    before = capturing.get("/v1/changes?after=-1&limit=200").json["items"]
    answer = capturing.post("/v1/captures", {"url": url}, by="contributor")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/url")
    assert capturing.get("/v1/changes?after=-1&limit=200").json["items"] == before


def test_who_may_not_capture_makes_no_packet(capturing: Desk, site: Site) -> None:
    before = len(site.requests)
    for by, status in (("reader", 403), (None, 401)):
        assert capturing.post("/v1/captures", {"url": site.url("/story")}, by=by).status_code == status
    assert capturing.get("/v1/captures", by=None).status_code == 401
    public = capturing.with_settings(public_read=True)
    for path in ("/v1/captures", "/v1/captures/00000000-0000-7000-8000-000000000000"):
        assert public.get(path, by=None).status_code == 401
    assert len(site.requests) == before


def test_a_repeated_request_fetches_nothing(capturing: Desk, archive: FolderArchive, site: Site) -> None:
    for path, status in (("/story", 201), ("/nowhere", 422)):
        before = len(site.requests)
        headers = {"Idempotency-Key": f"once{status}"}
        first, second = (
            capturing.post("/v1/captures", {"url": site.url(path)}, by="contributor", headers=headers) for _ in range(2)
        )
        assert (first.status_code, second.status_code, first.data) == (status, status, second.data)
        assert len(site.requests) == before + 1
        assert capturing.post(
            "/v1/captures", {"url": site.url("/another")}, by="contributor", headers=headers
        ).status_code == 422  # fmt: skip
        assert len(site.requests) == before + 1
    assert len(files(archive)) == 2


def test_requests_under_one_key_at_once_make_one_capture(capturing: Desk, archive: FolderArchive, site: Site) -> None:
    answers: list[Any] = []

    def send() -> None:
        answers.append(capturing.post("/v1/captures", {"url": site.url("/story")}, by="contributor",
                                      headers={"Idempotency-Key": "at-once"}))  # fmt: skip

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = {answer.data for answer in answers if answer.status_code == 201}
    assert len(made) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len(capturing.get("/v1/captures").json["items"]) == len(files(archive)) == 1


def test_an_article_is_made_of_a_capture(capturing: Desk, site: Site) -> None:
    outlet = capturing.source(name="Jornal da Serra", kind="outlet")
    made = capture(capturing, site.url("/another"))
    article = capturing.made("/v1/articles", {"capture_id": made["id"]}, by="contributor")
    assert article["text"] == made["extracted"]["text"]
    assert (article["title"], article["author"]) == (ANOTHER.title, "Inês Calado; Hugo Prado")
    assert (article["published_on"], article["language"]) == ("2025-08-04", "pt-PT")
    assert (article["url"], article["outlet"]["id"]) == (site.url("/another"), outlet["id"])
    [snapshot] = capturing.get(article["links"]["snapshots"]).json["items"]
    assert (snapshot["capture_id"], snapshot["corrected"]) == (made["id"], [])
    assert verified(capturing.database) == []


def test_what_a_person_corrects_is_in_the_log(capturing: Desk, site: Site) -> None:
    made = capture(capturing, site.url("/story"))
    body = {"capture_id": made["id"], "title": "A better title", "text": "The river authority said on Tuesday.",
            "author": "Tom Ashdown"}  # fmt: skip
    article = capturing.made("/v1/articles", body, by="contributor")
    assert (article["title"], article["text"]) == (body["title"], body["text"])
    [snapshot] = capturing.get(article["links"]["snapshots"]).json["items"]
    assert (snapshot["capture_id"], snapshot["corrected"]) == (made["id"], ["title", "text"])
    last = capturing.get("/v1/changes?after=-1&limit=200").json["items"][-1]
    said = {change["field"]: change["after"] for change in last["changes"]}
    assert (said["snapshot"]["capture_id"], said["snapshot"]["corrected"]) == (made["id"], ["title", "text"])
    assert verified(capturing.database) == []


@pytest.mark.parametrize(("body", "pointers"), [
    ({}, ["/text", "/title"]), ({"title": "A"}, ["/text"]), ({"capture_id": "x"}, ["/capture_id"]),
    ({"capture_id": "00000000-0000-7000-8000-000000000000"}, ["/capture_id"]),
    ({"capture_id": None, "text": "A"}, ["/title"]),
])  # fmt: skip
def test_an_article_needs_a_text_or_a_capture(capturing: Desk, body: Json, pointers: list[str]) -> None:
    answer = capturing.post("/v1/articles", body)
    assert answer.status_code == 422
    assert sorted(each["pointer"] for each in answer.json["errors"]) == pointers


def test_a_snapshot_is_made_of_a_capture_or_fetched(capturing: Desk, archive: FolderArchive) -> None:
    older = STORY.text.replace("eleven weeks", "nine weeks")
    pages_of_it = {"/story": Page(STORY.html.replace(STORY.text.partition("\n")[0], older.partition("\n")[0]).encode())}
    with serving(pages_of_it) as site:
        first = capture(capturing, site.url("/story"))
        article = capturing.made("/v1/articles", {"capture_id": first["id"]}, by="contributor")
        claim = capturing.claim(article_id=article["id"], quotes=[{"exact": "open nine weeks late"}])
        here = article["links"]["snapshots"]
        same = capturing.post(here, {}, by="contributor")
        assert (same.status_code, same.json["number"]) == (200, 1)
        site.pages = {"/story": Page(STORY.body)}
        fetched = capturing.post(here, {}, by="contributor")
        assert (fetched.status_code, fetched.json["number"]) == (201, 2)
        assert fetched.json["quotes"]["changed"] == 1
        assert fetched.json["corrected"] == []
        newest = capturing.get("/v1/captures").json["items"][0]
        assert fetched.json["capture_id"] == newest["id"]
        given = capturing.post(here, {"capture_id": first["id"]}, by="contributor")
        assert (given.status_code, given.json["number"], given.json["capture_id"]) == (201, 3, first["id"])
        corrected = capturing.post(here, {"capture_id": first["id"], "text": "Other words."}, by="contributor")
        assert (corrected.status_code, corrected.json["corrected"]) == (201, ["text"])
        site.pages = {}
        gone = capturing.post(here, {}, by="contributor")
        assert (gone.status_code, gone.json["reason"]) == (422, "http_404")
    assert capturing.get(claim["links"]["self"]).json["status"] == "unverified"
    assert capturing.get(here).json["items"][-1]["number"] == 4
    assert len(capturing.get("/v1/captures").json["items"]) == 4 == len(files(archive))
    assert verified(capturing.database) == []


def test_an_article_without_an_address_cannot_be_fetched(capturing: Desk) -> None:
    article = capturing.article(url=None)
    answer = capturing.post(article["links"]["snapshots"], {}, by="contributor")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/text")


def test_a_full_disk_stores_nothing(
    capturing: Desk, archive: FolderArchive, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise Unavailable("The archive of captures cannot be written: No space left on device. Nothing was stored.")

    monkeypatch.setattr(FolderArchive, "keep", full)
    answer = capturing.post("/v1/captures", {"url": site.url("/story")}, by="contributor")
    assert (answer.status_code, "Nothing was stored" in answer.json["detail"]) == (503, True)
    assert capturing.get("/v1/captures").json["items"] == []


def test_a_transaction_that_fails_leaves_no_file(
    capturing: Desk, archive: FolderArchive, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> Json:
        raise Unavailable("The database is away.")

    monkeypatch.setattr(captures, "get", fails)
    answer = capturing.post("/v1/captures", {"url": site.url("/story")}, by="contributor")
    monkeypatch.undo()
    assert answer.status_code == 503
    assert (files(archive), capturing.get("/v1/captures").json["items"]) == ([], [])


def test_a_forged_capture_is_found(capturing: Desk, archive: FolderArchive, site: Site) -> None:
    made = capture(capturing, site.url("/story"))
    path = archive.path(made["warc_sha256"])
    path.write_bytes(path.read_bytes() + b"\0")
    left = archive.folder / "ab" / ("0" * 64 + ".warc.gz")
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"left over")
    os.utime(left, (1000, 1000))

    def faults(*, mend: bool = False) -> list[tuple[str, str, bool]]:
        with capturing.database.reading_one_moment() as connection, Session(connection) as session:
            found = list(checkup.archive_faults(session, archive, mend=mend))
        return [(each.subject, each.detail, each.mended) for each in found]

    forged = (f"capture {made['id']}", "Its file in the archive has another SHA-256.", False)
    assert faults() == [forged, (str(left), "No capture names this file: it is left over.", False)]
    assert faults(mend=True)[1][2]
    assert faults() == [forged]
    with capturing.database.writing() as session, suppress(Exception):
        session.execute(text("UPDATE captures SET title = 'Another'"))
        pytest.fail("a capture was changed")  # the history's triggers refuse it


def test_the_command_captures(capturing: Desk, archive: FolderArchive, site: Site, tmp_path: Path) -> None:
    environment = os.environ | {
        "FACTCHECK_DATABASE_URL": capturing.settings.database_url,
        "FACTCHECK_SECRET_KEY": SECRET,
        "FACTCHECK_ARCHIVE": str(archive.folder),
        "FACTCHECK_LOG_FOLDER": str(tmp_path / "log"),
        "FACTCHECK_OUTBOUND_ALLOW": "127.0.0.1/32",
    }
    words = ("capture", site.url("/story"), site.url("/nowhere"), "--json")
    ended = commands.run(*words, cwd=tmp_path, env=environment)
    made = orjson.loads(ended.stdout)
    assert (ended.returncode, [each["reason"] for each in made]) == (1, [None, "http_404"])
    assert [each["id"] for each in capturing.get("/v1/captures").json["items"]] == [each["id"] for each in made[::-1]]
    archive.discard(made[0]["warc_sha256"])
    ended = commands.run("log", "verify", "--json", cwd=tmp_path, env=environment)
    assert ended.returncode == 1
    assert [(fault["subject"], fault["detail"]) for fault in orjson.loads(ended.stdout)["faults"]] == [
        (f"capture {made[0]['id']}", "Its file is not in the archive.")
    ]
