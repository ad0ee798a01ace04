"""Redaction of captures: of one, and of those of an article. Nothing of the page is left, and the proofs hold."""

import gzip
import io
import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from factcheck.desk import snapshots
from factcheck.desk.capturing import made_of
from factcheck.desk.redactions.archived import captures as redactions
from factcheck.errors import Invalid
from factcheck.inspection import checkup
from factcheck.log.actors import Actor, as_actor
from factcheck.settings import Settings
from factcheck.storage.archive.folders import FolderArchive
from factcheck.storage.tables.people import Person
from tests.desk import SECRET, TEXT, Desk
from tests.outlets import Page, Site, serving
from tests.redacting import faults, places, rebuilt_faults
from tests.test_backup import programs  # noqa: F401 - a fixture

Json = dict[str, Any]
CANARY = "Zanzibarquagga"
WHY = "A court asked for it."
NAMED = f"""<html lang="en"><head><title>{CANARY} at a rally</title><meta name="author" content="Mx {CANARY}">
<link rel="canonical" href="/{CANARY}"></head><body><article><h1>{CANARY} at a rally</h1>
<p>{TEXT} People gathered around {CANARY} in front of the town hall, and stayed until the evening.</p>
<p>Nobody counted them, and the police did not say how many they were on that day.</p></article></body></html>"""
SILENT = NAMED.replace(CANARY, "somebody")


@pytest.fixture
def archive(tmp_path: Path) -> FolderArchive:
    return FolderArchive(tmp_path / "archive")


@pytest.fixture
def capturing(migrated_url: str, archive: FolderArchive) -> Iterator[Desk]:
    """A desk that may fetch from loopback."""
    settings = Settings(
        database_url=migrated_url,
        secret_key=SECRET,
        outbound_allow="127.0.0.1/32",
        archive=str(archive.folder),
        index_dir=f"{archive.folder.parent}/index",
    )
    with closing(Desk(settings)) as desk:
        yield desk


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    pages = {
        "/named": NAMED, f"/{CANARY}": NAMED, "/named?utm_source=x": SILENT, "/silent": SILENT,
        "/copy": NAMED.replace(f'<link rel="canonical" href="/{CANARY}">', ""),
    }  # fmt: skip
    with serving({path: Page(body.encode()) for path, body in pages.items()}) as found:
        yield found


def capture(desk: Desk, url: str, key: str = "the key") -> Json:
    answer = desk.post("/v1/captures", {"url": url}, by="contributor", headers={"Idempotency-Key": key})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    made: Json = answer.json
    return made


def redact(desk: Desk, path: str, *, by: str = "admin", reason: str = WHY, **body: Any) -> tuple[int, Json]:
    answer = desk.post(f"{path}/redaction", {"reason": reason, **body}, by=by)
    return answer.status_code, answer.json if answer.data else {}


def left(desk: Desk, archive: FolderArchive, backups: Path) -> list[str]:
    """Return every place that has the canary: those of any redaction, captures' answers, and the archive's files."""
    backups.mkdir(exist_ok=True)
    found = places(desk, CANARY, backups)
    for (each,) in _rows(desk, "SELECT id FROM captures"):
        for path in (f"/v1/captures/{each}", f"/captures/{each}", f"/articles/new?capture={each}"):
            if CANARY in desk.get(path, by="admin").get_data(as_text=True):
                found.append(f"answer {path}")
    found += [
        f"archive {file.name}" for file in files(archive) if CANARY.encode() in gzip.decompress(file.read_bytes())
    ]
    return found


def files(archive: FolderArchive) -> list[Path]:
    return sorted(each for each in archive.folder.rglob("*") if each.is_file())


def person(session: Session, desk: Desk, role: str) -> Actor:
    return as_actor(session.get_one(Person, desk.people[role]))


def _rows(desk: Desk, statement: str) -> list[Any]:
    with desk.database.reading() as connection:
        return list(connection.execute(text(statement)))


@pytest.mark.usefixtures("programs")
def test_a_redacted_capture_is_nowhere_any_more(
    capturing: Desk, archive: FolderArchive, site: Site, tmp_path: Path, logged: io.StringIO
) -> None:
    made = capture(capturing, site.url(f"/{CANARY}"))
    other = capture(capturing, site.url("/silent"), "another")
    before = left(capturing, archive, tmp_path / "backups")
    assert {each.split()[0] for each in before} >= {"table", "answer", "backup", "archive"}
    here = f"/v1/captures/{made['id']}"

    assert redact(capturing, here, urls=True) == (204, {})

    assert left(capturing, archive, tmp_path / "backups") == []
    assert [file.name for file in files(archive)] == [f"{other['warc_sha256']}.warc.gz"]
    assert faults(capturing.database) == []
    assert rebuilt_faults(capturing.database, f"sqlite:///{tmp_path}/rebuilt.db") == []
    assert CANARY not in logged.getvalue()
    stub = capturing.get(here).json
    kept = ("id", "origin", "fetched_at", "http_status", "bytes", "reason")
    assert {name: stub[name] for name in kept} == {name: made[name] for name in kept}
    assert stub | dict.fromkeys(kept) == dict.fromkeys(stub) | {
        "url": "(redacted)", "redacted": True, "links": {"self": here, "warc": None},
    }  # fmt: skip
    gone = capturing.get(f"{here}/warc")
    assert (gone.status_code, gone.json["detail"]) == (404, "The capture was redacted.")
    page = capturing.get(f"/captures/{made['id']}", by="admin").get_data(as_text=True)
    assert "was redacted, with its file" in page
    assert "Make an article of it" not in page
    assert capturing.get(f"/v1/captures/{other['id']}").json == other
    assert [each["redacted"] for each in capturing.get("/v1/captures").json["items"]] == [False, True]


@pytest.mark.usefixtures("programs")
@pytest.mark.parametrize("whole", [False, True], ids=["words", "a whole text"])
def test_the_captures_of_a_redacted_article_are_nowhere_any_more(
    capturing: Desk, archive: FolderArchive, site: Site, tmp_path: Path, whole: bool
) -> None:
    made = capture(capturing, site.url("/named"))
    again = capture(capturing, site.url("/named?utm_source=x"), "again")  # the same page, with other words
    copy = capture(capturing, site.url("/copy"), "copy")  # another page, with the same words
    failed = capturing.post("/v1/captures", {"url": site.url("/named/")}, by="contributor").json["capture_id"]
    other = capture(capturing, site.url("/silent"), "another")
    named = {"title": f"{CANARY} again", "url": site.url(f"/{CANARY}?x=1")}
    body = {"capture_id": made["id"], **({"title": "A", "author": None, "url": None} if whole else named)}
    article = capturing.made("/v1/articles", body)["id"]
    start = made["extracted"]["text"].index(CANARY)
    place = {} if whole else {"start": start, "end": start + len(CANARY)}
    assert len(left(capturing, archive, tmp_path / "backups")) > 10
    assert faults(capturing.database) == []

    assert redact(capturing, f"/v1/articles/{article}", **place) == (204, {})

    assert left(capturing, archive, tmp_path / "backups") == []
    assert [file.name for file in files(archive)] == [f"{other['warc_sha256']}.warc.gz"]
    assert faults(capturing.database) == []
    assert rebuilt_faults(capturing.database, f"sqlite:///{tmp_path}/rebuilt.db") == []
    captured = capturing.get("/v1/captures").json["items"]
    assert {each["id"]: each["redacted"] for each in captured} == {
        made["id"]: True, again["id"]: True, copy["id"]: True, failed: True, other["id"]: False,
    }  # fmt: skip
    [snapshot] = capturing.get(f"/v1/articles/{article}/snapshots").json["items"]
    assert (snapshot["capture_id"], snapshot["redacted"]) == (made["id"], True)
    entries = [each for each in capturing.changes() if each["subject"]["kind"] == "capture" and each["action"] != "add"]
    assert {(each["action"], each["reason"]) for each in entries} == {
        ("redact", "Words of an article that it has were redacted.")
    }
    assert {each["subject"]["id"] for each in entries} == {made["id"], again["id"], copy["id"], failed}


def test_a_capture_of_another_article_stays(capturing: Desk, archive: FolderArchive, site: Site) -> None:
    """That article has the words too, and they are redacted there."""
    made = capture(capturing, site.url("/copy"))
    other = capturing.made("/v1/articles", {"capture_id": made["id"]})["id"]
    article = capturing.made("/v1/articles", {"title": "A rally", "text": f"Around {CANARY} there."})["id"]
    place = {"start": len("Around "), "end": len(f"Around {CANARY}")}
    assert redact(capturing, f"/v1/articles/{article}", **place) == (204, {})
    assert capturing.get(f"/v1/captures/{made['id']}").json == made
    start = made["extracted"]["text"].index(CANARY)
    assert redact(capturing, f"/v1/articles/{other}", start=start, end=start + len(CANARY)) == (204, {})
    assert (capturing.get(f"/v1/captures/{made['id']}").json["redacted"], files(archive)) == (True, [])


def test_a_capture_keeps_its_urls_until_they_are_asked_for(capturing: Desk, archive: FolderArchive, site: Site) -> None:
    made = capture(capturing, site.url("/named"))
    here = f"/v1/captures/{made['id']}"
    assert redact(capturing, here) == (204, {})
    assert files(archive) == []
    stub = capturing.get(here).json
    assert [stub[name] for name in ("url", "final_url", "canonical_url")] == [
        site.url("/named"), site.url("/named"), site.url(f"/{CANARY}"),
    ]  # fmt: skip
    status, told = redact(capturing, here)
    assert (status, told["detail"]) == (409, "This capture is already redacted.")
    assert redact(capturing, here, urls=True) == (204, {})
    assert capturing.get(here).json["url"] == "(redacted)"
    assert redact(capturing, here, urls=True)[0] == 409
    assert faults(capturing.database) == []


def test_only_admins_redact_and_with_a_reason_that_is_silent(
    capturing: Desk, archive: FolderArchive, site: Site
) -> None:
    made = capture(capturing, site.url("/silent"))
    here, before = f"/v1/captures/{made['id']}", capturing.changes()
    assert redact(capturing, here, by="analyst")[0] == 403
    for words, body in ((made["extracted"]["title"], {}), (made["url"], {"urls": True})):
        status, told = redact(capturing, here, reason=f"It says {words.upper()}.", **body)
        assert (status, [flaw["pointer"] for flaw in told["errors"]]) == (422, ["/reason"])
    assert redact(capturing, here, urls="yes")[0] == 422
    assert redact(capturing, "/v1/captures/00000000-0000-7000-8000-000000000000")[0] == 404
    stale = capturing.post(f"{here}/redaction", {"reason": WHY}, by="admin", headers={"If-Match": '"old"'})
    assert stale.status_code == 412
    assert (capturing.changes(), len(files(archive))) == (before, 1)


def test_a_request_about_a_redacted_capture_does_nothing_again(
    capturing: Desk, archive: FolderArchive, site: Site
) -> None:
    made = capture(capturing, site.url("/named"))
    sent = [
        capturing.post(
            f"/v1/captures/{made['id']}/redaction", {"reason": WHY}, by="admin", headers={"Idempotency-Key": "r"}
        )
        for _ in range(2)
    ]
    assert [(answer.status_code, answer.data) for answer in sent] == [(204, b""), (204, b"")]
    before, asked = capturing.changes(), len(site.requests)
    again = capturing.post(
        "/v1/captures", {"url": site.url("/named")}, by="contributor", headers={"Idempotency-Key": "the key"}
    )
    assert (again.status_code, again.json["type"]) == (410, "/problems/redacted")
    assert (capturing.changes(), len(site.requests), files(archive)) == (before, asked, [])


def test_a_redacted_capture_makes_no_article_and_no_snapshot(capturing: Desk, site: Site) -> None:
    made = capture(capturing, site.url("/named"))
    article = capturing.made("/v1/articles", {"title": "A rally", "text": "Nobody came."})["id"]
    with capturing.database.reading() as connection:  # read before the redaction, stored after it
        read = made_of.text(connection, made["id"], None)
    assert redact(capturing, f"/v1/captures/{made['id']}") == (204, {})
    body = {"capture_id": made["id"]}
    for answer in (
        capturing.post("/v1/articles", body | {"title": "A rally"}),
        capturing.post(f"/v1/articles/{article}/snapshots", body),
    ):
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/capture_id")
        assert answer.json["detail"] == "This capture was redacted."
    with pytest.raises(Invalid, match="redacted"), capturing.database.writing() as session:
        snapshots.add(session, person(session, capturing, "analyst"), snapshots.NewText(article, *read))


def test_a_file_that_a_killed_process_leaves_is_swept(capturing: Desk, archive: FolderArchive, site: Site) -> None:
    """The file is removed after the commit: a process that dies between the two leaves it."""
    made = capture(capturing, site.url("/named"))
    with capturing.database.writing() as session:
        gone = redactions.redact(session, person(session, capturing, "admin"), made["id"], reason=WHY)
    assert gone == [made["warc_sha256"]]
    [file] = files(archive)
    old = time.time() - 2 * 3600
    os.utime(file, (old, old))
    with capturing.database.reading_one_moment() as connection, Session(connection) as session:
        for mend in (False, True):
            [found] = checkup.archive_faults(session, archive, mend=mend)
            assert (found.subject, found.mended) == (str(file), mend)
        assert list(checkup.archive_faults(session, archive)) == []
    assert files(archive) == []


def test_a_capture_is_changed_by_its_redaction_alone(capturing: Desk, site: Site) -> None:
    one, other = (capture(capturing, site.url(path), path) for path in ("/named", "/silent"))
    assert redact(capturing, f"/v1/captures/{one['id']}") == (204, {})
    [(last,)] = _rows(capturing, "SELECT size - 1 FROM log_head")
    for changed in (
        f"UPDATE captures SET title = 'Another' WHERE id = '{other['id']}'",
        f"UPDATE captures SET title = 'Another', redacted_index = {last} WHERE id = '{other['id']}'",
        f"DELETE FROM captures WHERE id = '{one['id']}'",
    ):
        with pytest.raises(DBAPIError, match="the history is never changed"), capturing.database.writing() as session:
            session.execute(text(changed))
    assert faults(capturing.database) == []


def test_a_capture_that_was_redacted_is_not_restored(capturing: Desk, site: Site) -> None:
    """Whoever puts the words back, with the guards of the database removed, is found."""
    made = capture(capturing, site.url("/named"))
    assert redact(capturing, f"/v1/captures/{made['id']}") == (204, {})
    with capturing.database.writing() as session:
        on = "" if capturing.database.embedded else " ON captures"
        session.execute(text(f"DROP TRIGGER captures_no_update{on}"))
        session.execute(text("UPDATE captures SET title = 'Back again.'"))
    found = faults(capturing.database)
    assert found
    assert all(f"capture {made['id']}" in each for each in found)
