"""Pages that a person hands over from a browser: they are kept as such, nothing is fetched, and the log proves it."""

import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from warcio.archiveiterator import ArchiveIterator

from factcheck.formats.warc import BY_A_PERSON
from factcheck.settings import Settings
from factcheck.storage.archive.folders import FolderArchive
from tests.desk import SECRET, Desk
from tests.forms import Visitor
from tests.outlet_pages import OUTLETS
from tests.redacting import faults, rebuilt_faults

Json = dict[str, Any]
STORY = OUTLETS[0]
URL = "https://paper.example/behind-the-wall"
HERE = "/captures/handover"


@pytest.fixture
def archive(tmp_path: Path) -> FolderArchive:
    return FolderArchive(tmp_path / "archive")


@pytest.fixture
def desk(migrated_url: str, archive: FolderArchive) -> Iterator[Desk]:
    """A desk that may fetch from no private network."""
    settings = Settings(database_url=migrated_url, secret_key=SECRET, archive=str(archive.folder))
    with closing(Desk(settings)) as made:
        yield made


def handed_over(desk: Desk, html: str = STORY.html, url: str = URL) -> Json:
    made: Json = desk.made("/v1/captures", {"url": url, "html": html}, by="contributor")
    return made


def files(archive: FolderArchive) -> list[str]:
    return sorted(each.name for each in archive.folder.rglob("*") if each.is_file())


def test_a_page_is_handed_over_with_its_html(desk: Desk, archive: FolderArchive, tmp_path: Path) -> None:
    made = handed_over(desk)
    body = STORY.html.encode()
    assert (made["origin"], made["url"], made["final_url"], made["http_status"]) == ("browser", URL, None, None)
    assert (made["media_type"], made["charset"], made["reason"]) == ("text/html", "utf-8", None)
    assert (made["bytes"], made["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
    assert made["extracted"]["title"] == STORY.title
    assert made["extracted"]["text"].startswith("Flood barrier to open late\nThe river authority said")
    assert files(archive) == [f"{made['warc_sha256']}.warc.gz"]
    assert desk.get(f"/v1/captures/{made['id']}").json == made
    [listed] = desk.get("/v1/captures").json["items"]
    assert listed["origin"] == "browser"
    entry = desk.changes()[-1]
    said = {change["field"]: change["after"] for change in entry["changes"]}
    assert (entry["subject"]["kind"], entry["action"], said["origin"]) == ("capture", "add", "browser")
    assert "http_status" not in said
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_its_file_is_a_resource_and_no_made_up_response(desk: Desk, tmp_path: Path) -> None:
    made = handed_over(desk)
    answer = desk.get(made["links"]["warc"])
    assert "sandbox" in "".join(answer.headers.getlist("Content-Security-Policy"))
    records = [
        (record.rec_type, record.rec_headers, record.content_stream().read())
        for record in ArchiveIterator(io.BytesIO(answer.data), check_digests="raise")
    ]
    assert [kind for kind, _, _ in records] == ["warcinfo", "resource"]
    assert f"description: {BY_A_PERSON}\r\n" in records[0][2].decode()
    _, fields, block = records[1]
    assert block == STORY.html.encode()
    assert fields.get_header("WARC-Target-URI") == URL
    assert fields.get_header("Content-Type") == "text/html; charset=utf-8"
    assert fields.get_header("WARC-Date") == made["fetched_at"]
    file = tmp_path / "handed.warc.gz"
    file.write_bytes(answer.data)
    command = [sys.executable, "-W", "ignore", "-m", "warcio.cli", "check", "-v", str(file)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout.count("digest pass")) == (0, 2), checked.stdout + checked.stderr


def test_a_change_of_the_origin_is_found(desk: Desk) -> None:
    """On SQLite and PostgreSQL, somebody who may do everything makes a page that was handed over a fetched one."""
    handed_over(desk)
    with desk.database.writing() as session:
        connection = session.connection()
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER captures_no_update")
        else:
            connection.exec_driver_sql("ALTER TABLE captures DISABLE TRIGGER captures_no_update")
        connection.exec_driver_sql("UPDATE captures SET origin = NULL")
    told = faults(desk.database)
    assert len(told) == 1
    assert "origin" in told[0]


@pytest.mark.parametrize(("html", "reason"), [
    ("<p>", "no_text"), ("<p>" * 400_001, "too_complex"), ("<div>" * 300_000, "no_text too_complex"),
    (f"<p>{'word ' * 210_000}</p>", "too_large too_complex"),
], ids=["nothing", "tags", "nested", "long"])  # fmt: skip
def test_a_page_that_cannot_be_read_is_kept_with_its_reason(
    desk: Desk, archive: FolderArchive, html: str, reason: str
) -> None:
    answer = desk.post("/v1/captures", {"url": URL, "html": html}, by="contributor")
    assert answer.status_code == 422, answer.json
    assert answer.json["reason"] in reason.split()
    failed = desk.get(f"/v1/captures/{answer.json['capture_id']}").json
    assert (failed["origin"], failed["reason"], failed["extracted"]) == ("browser", answer.json["reason"], None)
    assert files(archive) == [f"{failed['warc_sha256']}.warc.gz"]
    assert faults(desk.database) == []


@pytest.mark.parametrize(("body", "status", "pointer"), [
    ({"html": "<p>A.</p>"}, 422, "/url"),
    ({"url": "file:///etc/passwd", "html": "<p>A.</p>"}, 422, "/url"),
    ({"url": "javascript:alert(1)", "html": "<p>A.</p>"}, 422, "/url"),
    ({"url": URL, "html": ""}, 422, "/html"),
    ({"url": URL, "html": "  \n"}, 422, "/html"),
    ({"url": URL, "html": "a\0b"}, 422, "/html"),
    ({"url": URL, "html": 5}, 422, "/html"),
    ({"url": URL, "html": "<p>A.</p>", "origin": "fetched"}, 422, "/origin"),
    ({"url": URL, "html": "a" * (2 * 1024 * 1024)}, 413, None),
], ids=["no url", "file", "script", "empty", "blank", "nul", "number", "origin", "large"])  # fmt: skip
def test_what_is_refused_leaves_nothing(
    desk: Desk, archive: FolderArchive, body: Json, status: int, pointer: str | None
) -> None:
    before = desk.changes()
    answer = desk.post("/v1/captures", body, by="contributor")
    assert answer.status_code == status, answer.json
    assert [flaw["pointer"] for flaw in answer.json.get("errors", [])] == ([pointer] if pointer else [])
    assert (files(archive), desk.changes()) == ([], before)


def test_a_reader_hands_nothing_over(desk: Desk, archive: FolderArchive) -> None:
    assert desk.post("/v1/captures", {"url": URL, "html": STORY.html}, by="reader").status_code == 403
    assert desk.post("/v1/captures", {"url": URL, "html": STORY.html}, by=None).status_code == 401
    assert files(archive) == []


def test_a_key_gives_the_first_answer_again(desk: Desk, archive: FolderArchive) -> None:
    first, again = (
        desk.post(
            "/v1/captures", {"url": URL, "html": STORY.html}, by="contributor", headers={"Idempotency-Key": "once"}
        )
        for _ in range(2)
    )
    assert (first.status_code, again.data) == (201, first.data)
    assert len(files(archive)) == 1


def test_evidence_and_its_exports_say_that_the_copy_is_from_a_browser(desk: Desk, tmp_path: Path) -> None:
    capture = handed_over(desk)
    claim = desk.claim()["id"]
    body = {"stance": "supports", "url": f"{URL}?utm_source=x", "capture_id": capture["id"]}
    made = desk.made(f"/v1/claims/{claim}/evidence", body, by="contributor")
    assert made["capture"] == {name: capture[name] for name in ("id", "sha256", "fetched_at", "origin")}
    [shown] = desk.get(f"/v1/claims/{claim}").json["evidence"]
    assert shown["capture"] == made["capture"]
    assert desk.changes()[-1]["changes"][0]["after"]["capture"] == made["capture"]
    as_prov = desk.get(f"/v1/claims/{claim}/prov").get_data(as_text=True)
    assert BY_A_PERSON in as_prov
    page = Visitor(desk, "analyst").get(f"/claims/{claim}").get_data(as_text=True)
    assert "from a person’s browser" in page
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_a_redaction_leaves_the_origin(desk: Desk, archive: FolderArchive) -> None:
    made = handed_over(desk)
    reason = {"reason": "A court asked for it.", "urls": True}
    assert desk.post(f"/v1/captures/{made['id']}/redaction", reason, by="admin").status_code == 204
    left = desk.get(f"/v1/captures/{made['id']}").json
    assert (left["redacted"], left["origin"], left["url"], left["sha256"]) == (True, "browser", "(redacted)", None)
    assert files(archive) == []
    assert faults(desk.database) == []


def test_the_form_hands_over_what_a_person_pastes(desk: Desk, archive: FolderArchive) -> None:
    visitor = Visitor(desk, "contributor")
    answer = visitor.send(HERE, {"url": URL, "html": STORY.html}, on=HERE)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    there = str(answer.headers["Location"])
    shown = visitor.get(there).get_data(as_text=True)
    assert "handed over from a person’s browser" in shown
    assert shown.count("The river authority said on Tuesday") == 2
    saved = visitor.send("/articles", {"outlet": ""}, on=there)
    assert saved.status_code == 303, saved.get_data(as_text=True)
    [article] = desk.get("/v1/articles").json["items"]
    assert (article["title"], article["url"]) == (STORY.title, URL)
    capture = visitor.get(f"/captures/{there.rpartition('=')[2]}").get_data(as_text=True)
    assert "The desk did not fetch this page" in capture
    refused = visitor.send(HERE, {"url": "news", "html": "<p>A.</p>"}, on=HERE)
    assert refused.status_code == 422
    assert "&lt;p&gt;A.&lt;/p&gt;" in refused.get_data(as_text=True)
    assert len(files(archive)) == 1


def test_a_newer_text_is_handed_over(desk: Desk) -> None:
    """The article is there already: the page of the capture leads to it, and the newer text names the capture."""
    article = desk.article(url=URL)["id"]
    visitor = Visitor(desk, "contributor")
    capture = str(visitor.send(HERE, {"url": URL, "html": STORY.html}, on=HERE).headers["Location"]).rpartition("=")[2]
    there = f"/articles/{article}/snapshots/new?capture={capture}"
    assert f'href="{there}"' in visitor.get(f"/articles/new?capture={capture}").text
    form = f"/articles/{article}/snapshots"
    fields = visitor.fields(there, form)
    assert (fields["capture_id"], fields["text"].startswith("Flood barrier")) == (capture, True)
    refused = visitor.send(form, {"text": ""}, on=there)
    assert (refused.status_code, f'value="{capture}"' in refused.text) == (422, True)
    saved = visitor.send(form, {}, on=there)
    assert saved.headers["Location"] == f"/articles/{article}/compare/1/2", saved.text
    saved = visitor.send(form, {"text": "Corrected by hand."}, on=there)
    assert saved.headers["Location"] == f"/articles/{article}/compare/2/3"
    made = desk.get(f"/v1/articles/{article}/snapshots").json["items"]
    assert [(each["capture_id"], each["corrected"]) for each in made] == [
        (None, None), (capture, []), (capture, ["text"]),
    ]  # fmt: skip
    assert faults(desk.database) == []


def test_no_other_site_hands_anything_over(desk: Desk, archive: FolderArchive) -> None:
    """A form on another site, with the cookie: refused by the token, and by the origin with a token too."""
    visitor = Visitor(desk, "contributor")
    fields = visitor.fields(HERE, HERE) | {"url": URL, "html": STORY.html}
    without = {name: value for name, value in fields.items() if name != "csrf_token"}
    before = desk.changes()
    for sent, headers in (
        (without, {}),
        (fields, {"Sec-Fetch-Site": "cross-site"}),
        (fields, {"Origin": "https://evil.example"}),
        (fields, {"Origin": "null"}),
    ):
        refused = visitor.client.post(HERE, data=sent, headers=headers)
        assert refused.status_code == 403, headers
        assert "another site" in refused.text or "not sent from its page" in refused.text
    assert (files(archive), desk.changes()) == ([], before)


def test_only_the_page_that_is_opened_from_elsewhere_keeps_its_opener(desk: Desk) -> None:
    visitor = Visitor(desk, "contributor")
    for path, policy in ((HERE, "unsafe-none"), ("/articles/new", "same-origin"), ("/login", "same-origin")):
        answer = visitor.get(path)
        assert answer.headers.getlist("Cross-Origin-Opener-Policy") == [policy], path
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    public = desk.with_settings(public_read=True)
    assert public.get(HERE, by=None).headers["Location"] == f"/login?next={HERE}"


def test_what_is_shared_fills_the_url_in(desk: Desk) -> None:
    visitor = Visitor(desk, "contributor")
    with closing(visitor.get("/static/manifest.webmanifest")) as answer:
        assert answer.content_type == "application/manifest+json"
        manifest = json.loads(answer.data)
    target = manifest["share_target"]
    assert (target["action"], target["method"], sorted(target["params"])) == (
        "/articles/new", "GET", ["text", "title", "url"],
    )  # fmt: skip
    assert '<link rel="manifest" href="/static/manifest.webmanifest">' in visitor.get("/articles").text
    for query, url in (
        ({"url": URL}, URL), ({"title": "A story", "text": f"Read this: {URL}"}, URL), ({"text": "words alone"}, ""),
        ({"url": "javascript:alert(1)", "text": "\"><script>"}, ""),
    ):  # fmt: skip
        assert visitor.client.get("/articles/new", query_string=query).status_code == 200
        shown = visitor.client.get("/articles/new", query_string=query).text
        [field] = [line for line in shown.splitlines() if 'id="capture-url"' in line]
        assert f'value="{url}"' in field, query
