"""Dumps: what is in them, what never is, when they are made and removed, and what is served of them."""

import csv
import errno
import gzip
import hashlib
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import mlcroissant
import orjson
import pytest
import time_machine
from pyld import jsonld
from sqlalchemy import select

from factcheck.errors import Misconfigured, Unavailable
from factcheck.exchange.dumps import contents, folder, writing
from factcheck.exchange.dumps.contents import FILES
from factcheck.exchange.dumps.maker import AGAIN, APART, DataMaker
from factcheck.followers.publisher import Publisher
from factcheck.formats.site import dumps
from factcheck.log import keys, remote
from factcheck.settings import Settings
from factcheck.storage import schema
from factcheck.storage.tables.logbook import LogHead
from tests.desk import SECRET, TEXT, Desk, Entered
from tests.reporting import FRESH, REASON, moved, published, report_on
from tests.serving import ROOT, Served
from tests.test_cli import Shell
from tests.test_site import corrected, decided

BASE = "http://localhost"
LICENCE = "CC-BY-4.0"
Json = dict[str, Any]


class Dumping:
    """A desk that makes dumps, with the key of its log in a folder of its own."""

    def __init__(self, desk: Desk, log: Path) -> None:
        self.inside, self.desk = desk, desk.with_settings(data_licence=LICENCE, base_url=BASE, desk_name="The desk")
        self.maker: DataMaker = self.desk.app.extensions["factcheck.dumps"]
        self.desk.app.extensions["factcheck.publisher"] = publisher = Publisher(desk.database, log, BASE)
        self.maker.publish = publisher.publish

    def another(self, **settings: Any) -> DataMaker:
        """Return the maker of another process, with the same settings but for these."""
        found = replace(self.desk.settings, **settings)
        return DataMaker(self.desk.database, self.maker.corrections, found, self.maker.publish)

    def counted(self, outcome: str) -> float:
        metrics = self.desk.get("/metrics", by="admin").get_data(as_text=True)
        found = re.search(rf'^factcheck_data_dumps_total{{outcome="{outcome}"}} (.*)$', metrics, re.MULTILINE)
        assert found is not None
        return float(found[1])

    def made(self) -> Json:
        manifest = self.maker.make()
        assert manifest is not None
        return manifest

    def get(self, path: str, **headers: str) -> Any:
        return self.desk.get(path, by=None, headers={**FRESH, **headers})

    def text(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.data)
        return str(answer.get_data(as_text=True))

    def read(self, manifest: Json) -> dict[str, bytes]:
        """Download the files of a dump, and return what is in them, by their names."""
        found = {}
        for each in manifest["files"]:
            answer = self.get(each["path"])
            assert answer.status_code == 200, each
            found[each["name"]] = gzip.decompress(answer.data)
        return found

    def lines(self, manifest: Json, of: contents.DumpFile) -> list[Json]:
        return [orjson.loads(line) for line in self.read(manifest)[of.name].splitlines()]

    def names(self) -> list[str]:
        there = (each.name for each in self.maker.folder.iterdir() if each.name != folder.LOCK)
        return sorted(there, key=lambda name: name.partition("-")[2])  # by their times


@pytest.fixture
def dumping(desk: Desk, tmp_path: Path) -> Dumping:
    return Dumping(desk, tmp_path / "log")


@pytest.fixture
def claim(desk: Desk) -> str:
    made: str = desk.claim(text="=1+1 people were there.", tags=["internal-topic"], external_id="ours-1")["id"]
    return made


def all_of(desk: Desk, path: str, limit: int = 2) -> list[Json]:
    found: list[Json] = []
    following: str | None = f"{path}?limit={limit}"
    while following:
        page = desk.get(following, by=None).json
        found += page["items"]
        following = page["next_cursor"] and f"{path}?limit={limit}&cursor={quote(page['next_cursor'])}"
    return found


# ── What is in them


def test_each_file_has_what_readers_see(dumping: Dumping, claim: str) -> None:
    desk = dumping.inside
    undecided, internal = (desk.claim(text=text)["id"] for text in ("Nobody knows.", "Not for readers."))
    decided(desk, claim, "refuted")
    reports = [report_on(desk, claim, title="First"), report_on(desk, undecided, title="Second")]
    for report in reports:
        published(desk, report)
    corrected(desk, reports[0], "First, again", "The title was wrong.")
    decided(desk, claim, "disputed", "Others counted again, and found them.")
    manifest = dumping.made()
    read = {each: dumping.lines(manifest, each) for each in FILES if ".ndjson" in each.name}

    public = desk.with_settings(public_read=True)
    listed = {each["id"]: each for each in all_of(desk, "/v1/published/claims")}
    wanted = [
        dumps.claim(public.get(f"/v1/claims/{each}", by=None).json, listed[each]) for each in sorted((claim, undecided))
    ]
    assert read[contents.CLAIMS] == wanted
    assert internal not in json.dumps([*map(str, read.values())])
    assert read[contents.REPORTS] == [desk.get(f"/v1/published/{each}", by=None).json for each in sorted(reports)]
    assert read[contents.CORRECTIONS] == all_of(desk, "/v1/corrections")
    assert [each["change"] for each in read[contents.CORRECTIONS]] == ["changed", "corrected"]

    feed = orjson.loads(dumping.read(manifest)[contents.REVIEWS.name])
    assert (feed["@type"], feed["license"]) == ("DataFeed", f"https://spdx.org/licenses/{LICENCE}.html")
    [item] = feed["dataFeedElement"]
    review = dumping.get(f"/c/{claim}/claimreview").json
    assert item == {
        "@type": "DataFeedItem",
        "dateModified": review["datePublished"],
        "item": {name: value for name, value in review.items() if name != "@context"},
    }
    assert item["item"]["url"] == f"{BASE}/c/{claim}"


def test_a_published_claim_has_no_member_that_is_the_desks_own(dumping: Dumping, claim: str) -> None:
    desk = dumping.inside
    other = desk.claim(text="Nobody was there.")["id"]
    related = {"kind": "contradicts", "claim_id": other}
    assert desk.post(f"/v1/claims/{claim}/relations", related, headers={"If-Match": "*"}).status_code == 201
    decided(desk, claim, "refuted")
    published(desk, report_on(desk, claim))
    manifest = dumping.made()
    every = b"".join(dumping.read(manifest).values()).decode()
    assert claim in every
    for word in (
        other,
        "internal-topic",
        "ours-1",
        "Test analyst",
        desk.people["analyst"],
        "second_opinion",
        "relations",
    ):
        assert word not in every, word
    [found] = dumping.lines(manifest, contents.CLAIMS)
    assert found.keys() == {"id", "published_at", "log_index", "links", *dumps.CLAIM} - {"rating"}


def test_a_published_claim_says_where_else_it_was_said(dumping: Dumping, claim: str) -> None:
    """Without the copy of the page, which is the desk's."""
    desk = dumping.inside
    made = desk.made(f"/v1/claims/{claim}/occurrences", {"kind": "speech", "place": "Niamey"})
    published(desk, report_on(desk, claim))
    [found] = dumping.lines(dumping.made(), contents.CLAIMS)
    [said] = found["occurrences"]
    assert said == {name: made[name] for name in dumps.OCCURRENCE}
    assert "capture_id" in made.keys() - said.keys()


def test_reviewers_have_their_display_names(dumping: Dumping, claim: str) -> None:
    desk = dumping.inside
    named = desk.patch(f"/v1/people/{desk.people['analyst']}", {"display_name": "Ama K."}, etag="*", by="admin")
    assert named.status_code == 200, named.json
    decided(desk, claim, "refuted")
    published(desk, report_on(desk, claim))
    manifest = dumping.made()
    assert dumping.lines(manifest, contents.CLAIMS)[0]["reviewed_by"] == {"id": None, "name": "Ama K."}
    assert ",Ama K.," in dumping.read(manifest)[contents.TABLE.name].decode()


def test_the_house_calls_verdicts_by_its_own_words(dumping: Dumping, claim: str) -> None:
    desk = dumping.inside
    scale = desk.made("/v1/rating-scales", {
        "name": "Ours", "language": "en",
        "ratings": [{"key": "no", "status": "refuted", "number": 1, "labels": {"en": "Pants on fire"}}],
    }, by="admin")  # fmt: skip
    body = {
        "status": "refuted", "reason": "Others counted.", "rating": {"scale_id": scale["id"], "key": "no"},
        "evidence": [{"stance": "refutes", "title": "A count"}],
    }  # fmt: skip
    desk.made(f"/v1/claims/{claim}/reviews", body, headers={"If-Match": "*"})
    published(desk, report_on(desk, claim))
    manifest = dumping.made()
    [item] = orjson.loads(dumping.read(manifest)[contents.REVIEWS.name])["dataFeedElement"]
    assert item["item"]["reviewRating"]["alternateName"] == "Pants on fire"
    assert dumping.lines(manifest, contents.CLAIMS)[0]["rating"]["label"] == "Pants on fire"


def test_the_table_is_read_by_the_csv_module_and_calculates_nothing(dumping: Dumping, claim: str) -> None:
    published(dumping.inside, report_on(dumping.inside, claim))
    table = dumping.read(dumping.made())[contents.TABLE.name].decode()
    [row] = csv.DictReader(io.StringIO(table, newline=""))
    assert tuple(row) == dumps.COLUMNS
    assert (row["id"], row["text"], row["status"]) == (claim, "'=1+1 people were there.", "unverified")
    assert row["url"] == f"{BASE}/c/{claim}"
    assert datetime.fromisoformat(row["published_at"]) <= datetime.now(UTC)


def test_a_desk_without_publications_has_empty_files(dumping: Dumping) -> None:
    manifest = dumping.made()
    assert [each["records"] for each in manifest["files"]] == [0] * 5
    read = dumping.read(manifest)
    assert orjson.loads(read[contents.REVIEWS.name])["dataFeedElement"] == []
    assert read[contents.CLAIMS.name] == read[contents.REPORTS.name] == read[contents.CORRECTIONS.name] == b""


def test_nothing_internal_changes_a_byte(dumping: Dumping, claim: str) -> None:
    """Comments, drafts, assignments, evidence and verdicts of other claims, other reports: the same hashes."""
    desk = dumping.inside
    decided(desk, claim, "refuted")
    other = desk.claim(text="Thousands of people marched in the capital.")["id"]
    report = report_on(desk, claim)
    published(desk, report)
    before = dumping.made()
    moved(desk, report_on(desk, other, title="Not yet"), "submitted")
    desk.patch(f"/v1/reports/{report}", {"title": "Another title"}, etag="*")
    desk.made(f"/v1/claims/{claim}/comments", {"text": "Is it so?"})
    desk.made(f"/v1/claims/{claim}/relations", {"kind": "contradicts", "claim_id": other}, headers={"If-Match": "*"})
    assert desk.patch(f"/v1/claims/{claim}", {"tags": ["another"], "external_id": "x"}, etag="*").status_code == 200
    assigned = {"person_id": desk.people["analyst"], "note": "Ask the police."}
    assert desk.request("PUT", f"/v1/claims/{claim}/assignment", json=assigned).status_code == 201
    desk.made(f"/v1/claims/{claim}/second-opinion", {"note": "A close call."})
    decided(desk, other, "refuted", "Nobody marched there.")
    after = dumping.made()
    assert after["as_of_log_index"] > before["as_of_log_index"]
    hashes = [[each["sha256"] for each in manifest["files"]] for manifest in (before, after)]
    assert hashes[0] == hashes[1]


# ── The manifest and the description


def test_the_manifest_has_the_hashes_and_the_checkpoint(dumping: Dumping, claim: str) -> None:
    published(dumping.inside, report_on(dumping.inside, claim))
    made = dumping.made()
    manifest = dumping.get("/data/manifest.json").json
    assert manifest == made
    assert (manifest["licence"], manifest["base_url"], manifest["publisher"]) == (LICENCE, BASE, "The desk")
    for each in manifest["files"]:
        body = dumping.get(each["path"]).data
        assert (each["bytes"], each["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
        assert each["media_type"] == "application/gzip"
    counts = {each["name"]: each["records"] for each in manifest["files"]}
    assert list(counts.values()) == [1, 1, 0, 1, 0]
    with dumping.desk.database.reading() as connection:
        size = connection.execute(select(LogHead.size)).scalar_one()
    assert manifest["as_of_log_index"] == size - 1
    signed = manifest["checkpoint"]
    assert signed["size"] > manifest["as_of_log_index"]
    assert dumping.text(signed["path"]) == signed["note"]
    keys.verified(signed["note"], dumping.text("/log/key").splitlines())


def test_a_log_that_cannot_be_signed_has_dumps_without_checkpoint(dumping: Dumping) -> None:
    def refused() -> None:
        raise Misconfigured("The key is gone.")

    dumping.maker.publish = refused
    assert dumping.made()["checkpoint"] is None
    assert "No signed checkpoint covers this dump yet." in dumping.text("/data")


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
def test_programs_that_know_croissant_read_the_table(dumping: Dumping, claim: str) -> None:
    decided(dumping.inside, claim, "refuted")
    published(dumping.inside, report_on(dumping.inside, claim))
    manifest = dumping.made()
    described = dumping.get("/data/croissant.json").json
    local = {each["name"]: str(dumping.maker.folder / manifest["dump"] / each["name"]) for each in manifest["files"]}
    dataset = mlcroissant.Dataset(jsonld=described, mapping=local)
    issues = dataset.metadata.ctx.issues
    assert (issues.errors, issues.warnings) == (set(), set())
    [row] = dataset.records("claims")
    assert (row["claims/id"], row["claims/status"], row["claims/refutes"]) == (claim.encode(), b"refuted", 1)


def test_search_engines_read_a_dataset_in_the_page(dumping: Dumping) -> None:
    manifest = dumping.made()
    page = dumping.text("/data")
    [block] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert orjson.loads(block) == dumping.get("/data/croissant.json").json
    [found] = jsonld.expand(orjson.loads(block))
    schema = "https://schema.org/"
    assert found["@type"] == [f"{schema}Dataset"]
    assert found[f"{schema}license"][0]["@value"] == f"https://spdx.org/licenses/{LICENCE}.html"
    assert found[f"{schema}isAccessibleForFree"] == [{"@value": True}]
    assert [
        (each[f"{schema}contentUrl"][0]["@value"], each[f"{schema}sha256"][0]["@value"])
        for each in found[f"{schema}distribution"]
    ] == [(f"{BASE}{each['path']}", each["sha256"]) for each in manifest["files"]]


# ── What is served


def test_there_is_nothing_without_a_licence_or_a_site(dumping: Dumping) -> None:
    made = dumping.made()
    paths = ("/data", "/data/manifest.json", "/data/croissant.json", made["files"][0]["path"])
    closed = dumping.inside.with_settings(public_site=False, data_licence=LICENCE, base_url=BASE)
    for desk in (dumping.inside, closed):
        assert [desk.get(path, by=None, headers=FRESH).status_code for path in paths] == [404] * 4
        assert desk.app.extensions["factcheck.dumps"] is None
    assert "/data" not in dumping.inside.get("/r", by=None, headers=FRESH).get_data(as_text=True)
    assert "/data" not in dumping.inside.get("/robots.txt", by=None, headers=FRESH).get_data(as_text=True)
    assert 'href="/data"' in dumping.text("/r")
    assert f"<loc>{BASE}/data</loc>" in dumping.text("/sitemaps/lists.xml")
    assert "Allow: /data$" in dumping.text("/robots.txt").splitlines()


def test_the_page_is_there_before_the_first_dump(dumping: Dumping) -> None:
    assert "The first dump is not complete yet." in dumping.text("/data")
    for path in ("/data/manifest.json", "/data/croissant.json"):
        assert dumping.get(path).status_code == 404


@pytest.mark.parametrize("tag", ["ar", "en", "es", "fr", "pt"])
def test_the_page_is_in_every_language(dumping: Dumping, tag: str) -> None:
    manifest = dumping.made()
    page = dumping.text(f"/data?lang={tag}")
    assert f'<html lang="{tag}"' in page
    for each in manifest["files"]:
        assert (each["path"] in page, each["sha256"] in page) == (True, True)


def test_a_file_is_given_whole_or_in_part_and_kept_for_ever(dumping: Dumping, claim: str) -> None:
    published(dumping.inside, report_on(dumping.inside, claim))
    file = dumping.made()["files"][0]
    whole = dumping.get(file["path"])
    assert whole.headers["ETag"] == f'"{file["sha256"]}"'
    assert whole.headers["Cache-Control"] == "public, max-age=300"
    assert (whole.mimetype, whole.content_length) == ("application/gzip", file["bytes"])
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert "Content-Encoding" not in whole.headers
    size = file["bytes"]
    for asked, start, stop in (("bytes=0-9", 0, 10), ("bytes=5-", 5, size), ("bytes=-7", size - 7, size)):
        part = dumping.get(file["path"], Range=asked)
        assert (part.status_code, part.data) == (206, whole.data[start:stop]), asked
        assert part.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{size}"
        assert part.content_length == stop - start
    beyond = dumping.get(file["path"], Range=f"bytes={size}-")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")
    old = dumping.get(file["path"], Range="bytes=0-9", **{"If-Range": '"another"'})
    assert (old.status_code, old.data) == (200, whole.data)
    known = dumping.get(file["path"], **{"If-None-Match": whole.headers["ETag"]})
    assert (known.status_code, known.data) == (304, b"")
    head = dumping.desk.client.head(file["path"])
    assert (head.status_code, head.content_length, head.data) == (200, size, b"")


def test_no_other_file_is_given(dumping: Dumping) -> None:
    dump = dumping.made()["dump"]
    secret = dumping.maker.folder.parent / "secret.txt"
    secret.write_text("hidden")
    (dumping.maker.folder / dump / "notes.txt").write_text("hidden")
    for path in (
        f"/data/{dump}/notes.txt", f"/data/{dump}/..%2F..%2Fsecret.txt", f"/data/{dump}/%2e%2e/secret.txt",
        "/data/..%2Fsecret.txt",
        f"/data/../{dump}/claims.ndjson.gz", f"/data/{dump}/", f"/data/{dump}",
        "/data/0-20200101T000000000Z/claims.ndjson.gz", f"/data/{dump}%00/claims.ndjson.gz",
        "/data/%2E/lock",
    ):  # fmt: skip
        answer = dumping.get(path)
        assert answer.status_code == 404, path
        assert b"hidden" not in answer.data


# ── When they are made, and removed


def test_an_empty_log_has_no_dump(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/desk.db"
    schema.upgrade(url)
    licensed = {"public_site": True, "data_licence": LICENCE, "base_url": BASE}
    empty = Desk(
        Settings(database_url=url, secret_key=SECRET, log_folder=str(tmp_path / "log"), **licensed), Entered({}, {})
    )
    try:
        maker = empty.app.extensions["factcheck.dumps"]
        maker.step()
        with pytest.raises(Unavailable):
            maker.make()
        assert [each.name for each in maker.folder.iterdir()] == [folder.LOCK]
    finally:
        empty.close()


def test_a_dump_is_read_only_by_who_looked_for_what_was_taken_back(dumping: Dumping, claim: str) -> None:
    """A process that begins after a redaction finds the dump from before it."""
    desk = dumping.inside
    report = report_on(desk, claim)
    published(desk, report)
    made = dumping.made()
    assert dumping.another().find(made["dump"]) is not None
    assert moved(desk, report, "retracted", reason=REASON).status_code == 200
    late = dumping.another()
    assert (late.find(made["dump"]), late.newest()) == (None, None)


def test_a_dump_is_made_once_then_each_hour_in_which_something_changes(dumping: Dumping) -> None:
    maker, counted = dumping.maker, dumping.counted("made")
    maker.step()
    [first] = dumping.names()
    maker.step()
    dumping.inside.claim()
    maker.step()
    assert dumping.names() == [first]
    with time_machine.travel(datetime.now(UTC) + APART, tick=True):
        maker.step()
        [_, second] = dumping.names()
        assert folder.dumps(maker.folder)[0].folder.name == second
    with time_machine.travel(datetime.now(UTC) + 2 * APART + timedelta(minutes=1), tick=True):
        maker.step()
        assert dumping.names() == [first, second]  # nothing changed
        dumping.inside.claim()
        maker.step()
        assert len(dumping.names()) == 2
        assert first not in dumping.names()
    assert dumping.get(f"/data/{first}/claims.csv.gz").status_code == 404
    assert dumping.get(f"/data/{second}/claims.csv.gz").status_code == 200
    assert dumping.counted("made") == counted + 3


def test_a_publication_whose_time_comes_is_dumped_though_the_log_is_as_long(dumping: Dumping, claim: str) -> None:
    at = datetime.now(UTC) + timedelta(hours=2)
    published(dumping.inside, report_on(dumping.inside, claim), publish_at=at.isoformat().replace("+00:00", "Z"))
    dumping.maker.step()
    assert dumping.lines(folder.dumps(dumping.maker.folder)[0].manifest, contents.CLAIMS) == []
    with time_machine.travel(at + timedelta(minutes=1), tick=True):
        dumping.maker.step()
        newest, before = folder.dumps(dumping.maker.folder)
    assert newest.as_of == before.as_of
    assert [each["id"] for each in dumping.lines(newest.manifest, contents.CLAIMS)] == [claim]


def test_another_licence_makes_another_dump(dumping: Dumping) -> None:
    dumping.maker.step()
    other = dumping.another(data_licence="CC0-1.0")
    other.step()
    assert [each.manifest["licence"] for each in folder.dumps(dumping.maker.folder)] == ["CC0-1.0", LICENCE]


def redact_claim(desk: Desk, claim: str, _report: str) -> None:
    assert desk.post(f"/v1/claims/{claim}/redaction", {"reason": "A court said so."}, by="admin").status_code == 204


def redact_article(desk: Desk, claim: str, _report: str) -> None:
    article = desk.get(f"/v1/claims/{claim}").json["article_id"]
    start = TEXT.index("a million people")
    body = {"reason": "A court said so.", "start": start, "end": start + len("a million people")}
    done = desk.post(f"/v1/articles/{article}/redaction", body, by="admin")
    assert done.status_code in (200, 204), done.json


def withdraw_claim(desk: Desk, claim: str, _report: str) -> None:
    body = {"reason": "Added by mistake."}
    done = desk.post(f"/v1/claims/{claim}/withdrawal", body, headers={"If-Match": "*"})
    assert done.status_code in (200, 204), done.json


def retract_report(desk: Desk, _claim: str, report: str) -> None:
    assert moved(desk, report, "retracted", reason=REASON).status_code == 200


def redact_report(desk: Desk, _claim: str, report: str) -> None:
    done = desk.post(f"/v1/reports/{report}/redaction", {"reason": "A court said so."}, by="admin")
    assert done.status_code in (200, 204), done.json


def hide_name(desk: Desk, _claim: str, _report: str) -> None:
    done = desk.patch(f"/v1/people/{desk.people['analyst']}", {"display_name": None}, etag="*", by="admin")
    assert done.status_code == 200, done.json


TAKEN_BACK: dict[str, tuple[Callable[[Desk, str, str], None], str]] = {
    "a redacted claim": (redact_claim, "=1+1 people"),
    "a redacted article": (redact_article, "up to a million people"),
    "a withdrawn claim": (withdraw_claim, "=1+1 people"),
    "a retracted report": (retract_report, "Nobody counted."),
    "a redacted report": (redact_report, "Nobody counted."),
    "a display name": (hide_name, "Ama K."),
}


@pytest.mark.parametrize("what", TAKEN_BACK)
def test_what_is_taken_back_is_in_no_dump_any_more(dumping: Dumping, claim: str, what: str) -> None:
    """At once: dumps from before are gone, and a new one is made, though the last is not an hour old."""
    take_back, words = TAKEN_BACK[what]
    desk = dumping.inside
    desk.patch(f"/v1/people/{desk.people['analyst']}", {"display_name": "Ama K."}, etag="*", by="admin")
    decided(desk, claim, "refuted")
    report = report_on(desk, claim)
    published(desk, report)
    before = [dumping.made(), dumping.made()]
    assert words in b"".join(dumping.read(before[0]).values()).decode()
    dumping.maker.step()
    assert dumping.names() == [each["dump"] for each in before]
    take_back(desk, claim, report)
    dumping.maker.step()
    [left] = dumping.names()
    manifest = dumping.get("/data/manifest.json").json
    assert manifest["dump"] == left
    assert manifest["as_of_log_index"] > before[0]["as_of_log_index"]
    assert words not in b"".join(dumping.read(manifest).values()).decode()
    for each in before:
        assert dumping.get(each["files"][0]["path"]).status_code == 404
    dumping.maker.step()
    assert dumping.names() == [left]


def test_what_the_desk_redacts_of_its_own_leaves_dumps_alone(dumping: Dumping, claim: str) -> None:
    desk = dumping.inside
    internal = desk.claim()["id"]
    comment = desk.made(f"/v1/claims/{claim}/comments", {"text": "Is it so?"})["id"]
    dumping.maker.step()
    there = dumping.names()
    assert desk.post(f"/v1/comments/{comment}/redaction", {"reason": "A court said so."}, by="admin").status_code < 300
    withdraw_claim(desk, internal, "")
    dumping.maker.step()
    assert dumping.names() == there


def test_what_is_redacted_while_a_dump_is_made_is_not_in_it(dumping: Dumping, claim: str, monkeypatch: Any) -> None:
    desk, maker = dumping.inside, dumping.maker
    decided(desk, claim, "refuted")
    published(desk, report_on(desk, claim))
    old = dumping.made()
    begun, write = [], contents.write

    def slow(*given: Any) -> None:
        write(*given)
        begun.append(1)
        if len(begun) == 1:
            redact_claim(desk, claim, "")
            maker.purger._looked = -1e9  # as if it had taken longer than the time between two looks
            given[-1]()

    monkeypatch.setattr(contents, "write", slow)
    made = dumping.made()
    assert (len(begun), dumping.names()) == (2, [made["dump"]])
    assert dumping.lines(made, contents.CLAIMS) == []
    assert dumping.get(old["files"][0]["path"]).status_code == 404


def test_dumps_of_another_log_are_removed(dumping: Dumping) -> None:
    """The database was restored, say, and lost entries that a dump has."""
    made = dumping.made()
    manifest = dumping.maker.folder / made["dump"] / folder.MANIFEST
    manifest.write_bytes(orjson.dumps(made | {"as_of_log_index": made["as_of_log_index"] + 1}))
    dumping.maker.step()
    [left] = dumping.names()
    assert left != made["dump"]


# ── What fails


def full(_file: Any, _content: bytes) -> int:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_the_old_dump_and_no_half_one(
    dumping: Dumping, claim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dumping.maker.step()
    there, counted = dumping.names(), dumping.counted("failed")
    published(dumping.inside, report_on(dumping.inside, claim))
    with time_machine.travel(datetime.now(UTC) + APART, tick=True):
        monkeypatch.setattr(writing._Counted, "write", full)
        with pytest.raises(Unavailable, match="cannot be used: No space left on device"):
            dumping.maker.make()
        dumping.maker.step()
        assert dumping.names() == there
        assert dumping.get("/data").status_code == 200
        monkeypatch.undo()
        dumping.maker.step()  # waits after a failure
        assert dumping.names() == there
        dumping.maker._failed -= AGAIN
        dumping.maker.step()
        assert len(dumping.names()) == 2
    assert dumping.counted("failed") == counted + 1


def test_a_dump_with_a_damaged_manifest_is_none(dumping: Dumping) -> None:
    made = dumping.made()
    (dumping.maker.folder / made["dump"] / folder.MANIFEST).write_bytes(b'{"dump": "')
    assert dumping.get("/data/manifest.json").status_code == 404
    dumping.maker.step()
    [left] = dumping.names()
    assert left != made["dump"]


def test_a_folder_that_is_none_is_said(dumping: Dumping) -> None:
    dumping.maker.folder.parent.mkdir(parents=True, exist_ok=True)
    dumping.maker.folder.write_text("a file")
    with pytest.raises(Unavailable, match=r"The folder of the dumps, .* cannot be used: Not a directory"):
        dumping.maker.make()
    dumping.maker.step()
    assert dumping.get("/r").status_code == 200


KILLED = """
import os, signal, sys
from factcheck.cli import main
from factcheck.exchange.dumps import writing

writing.CompressedFile.finish = lambda _self: os.kill(os.getpid(), signal.SIGKILL)
sys.argv = ["factcheck", "data", "make"]
main()
"""


def test_a_process_that_is_killed_leaves_no_half_dump(dumping: Dumping, claim: str, tmp_path: Path) -> None:
    published(dumping.inside, report_on(dumping.inside, claim))
    old = dumping.made()
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "FACTCHECK_DATABASE_URL": dumping.desk.settings.database_url,
        "FACTCHECK_SECRET_KEY": SECRET, "FACTCHECK_LOG_FOLDER": str(tmp_path / "log"), "FACTCHECK_PUBLIC_SITE": "on",
        "FACTCHECK_DATA_LICENCE": LICENCE, "FACTCHECK_BASE_URL": BASE, "FACTCHECK_DATA_DIR": str(dumping.maker.folder),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", KILLED], env=environment, cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    [half] = [each for each in dumping.names() if each != old["dump"]]
    assert half.startswith(folder.DRAFT)
    assert dumping.get("/data/manifest.json").json == old
    assert dumping.get(f"/data/{half}/claims.ndjson.gz").status_code == 404
    # Or while an old one was removed.
    (dumping.maker.folder / "7-20260101T000000000Z").mkdir()
    assert dumping.get("/data/7-20260101T000000000Z/claims.ndjson.gz").status_code == 404
    new = dumping.made()
    assert dumping.names() == [old["dump"], new["dump"]]


# ── Size


def test_a_dump_takes_as_much_memory_as_a_page(dumping: Dumping, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = dumping.inside
    lines: list[Json] = [{"type": "article", "external_id": "rally", "title": "A rally", "text": TEXT}]
    for number in range(800):
        excerpt = f"{number} " + "".join(random.Random(number).choices("abcdefgh ijkl", k=4000))
        lines.append({
            "type": "claim", "external_id": f"claim-{number}", "article_id": "rally", "kind": "factual",
            "text": f"People came on day {number}.", "quotes": [{"exact": "up to a million people were present"}],
            "attribution": [], "evidence": [{"stance": "context", "title": "A count", "excerpt": excerpt}],
        })  # fmt: skip
    for at in range(0, len(lines), 300):
        body = "\n".join(json.dumps(each) for each in lines[at : at + 300])
        done = desk.request("POST", "/v1/imports", data=body, content_type="application/x-ndjson")
        assert {orjson.loads(line)["result"] for line in done.data.splitlines()} == {"added"}, done.data[:500]
    ids = [each["id"] for each in all_of(desk.with_settings(public_read=True), "/v1/claims", 200)]
    monkeypatch.setattr(contents, "PAGE", 10)
    peaks: list[int] = []
    for at in range(0, len(ids), 200):
        text = "".join(f"{{{{claim:{each}}}}}\n\n" for each in ids[at : at + 200])
        published(desk, report_on(desk, ids[0], text=text))
        dumping.maker.corrections.wait()
        dumping.maker.publish()  # which hashes all of the log the first time
        tracemalloc.start()
        try:
            manifest = dumping.made()
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert len(dumping.read(manifest)[contents.CLAIMS.name]) > 3_500_000
    assert [each["id"] for each in dumping.lines(manifest, contents.CLAIMS)] == sorted(ids)
    assert max(peaks) < 1.3 * peaks[0], peaks


# ── The program


def test_the_command_makes_a_dump_and_prints_its_manifest(tmp_path: Path) -> None:
    shell = Shell(tmp_path, {})
    shell.done("seed")
    assert shell.failed("data", "make") == (
        "factcheck: Set FACTCHECK_PUBLIC_SITE=on and FACTCHECK_DATA_LICENCE: dumps have a licence."
    )
    shell.settings |= {"data_licence": "cc-by-4.0"}
    assert shell.failed("data", "make") == "factcheck: FACTCHECK_BASE_URL is required with FACTCHECK_DATA_LICENCE."
    shell.settings |= {"public_site": "on", "base_url": "https://desk.example"}
    manifest = json.loads(shell.done("data", "make"))
    assert (manifest["licence"], manifest["publisher"]) == (LICENCE, "desk.example")
    for each in manifest["files"]:
        content = (tmp_path / "factcheck.data" / manifest["dump"] / each["name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == each["sha256"]
    again = json.loads(shell.done("data", "make"))
    assert again["files"] != manifest["files"]  # other paths
    assert [each["sha256"] for each in again["files"]] == [each["sha256"] for each in manifest["files"]]


def test_two_makers_make_one_dump(dumping: Dumping) -> None:
    threads = [threading.Thread(target=maker.step) for maker in (dumping.maker, dumping.another())]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(dumping.names()) == 1


@pytest.mark.slow
def test_a_server_makes_dumps_and_sends_a_large_one_to_many_slow_clients(tmp_path: Path) -> None:
    settings = {
        "FACTCHECK_PUBLIC_SITE": "on", "FACTCHECK_DATA_LICENCE": LICENCE, "FACTCHECK_BASE_URL": "https://desk.example",
    }  # fmt: skip
    server = Served(tmp_path, **settings)
    try:
        server.wait()
        end = time.monotonic() + server.DEADLINE
        with closing(remote.Site(f"http://127.0.0.1:{server.port}")) as site:
            while not (found := folder.dumps(tmp_path / "served.data")):
                assert time.monotonic() < end, server.log.read_text()
                time.sleep(0.05)
            [dump] = found
            assert dump.manifest["checkpoint"]["size"] > dump.as_of
            assert site.json("/data/manifest.json") == dump.manifest
            path = dump.manifest["files"][0]["path"]
            large = random.Random(1).randbytes(12_000_000)
            (dump.folder / "claims.ndjson.gz").write_bytes(large)
            # More than a process has threads; none of them reads.
            slow = [server.connect() for _ in range(40)]
            for each in slow:
                each.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert site.get("/r").startswith(b"<!doctype html>")
            head = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nRange: bytes=11000000-\r\n\r\n"
            before, _, body = server.ask(head.encode()).partition(b"\r\n\r\n")
            assert (before.split(b"\r\n")[0], body == large[11_000_000:]) == (b"HTTP/1.1 206 Partial Content", True)
            for each in slow[1:]:
                each.close()
            whole = b""
            while len(whole.partition(b"\r\n\r\n")[2]) < len(large):
                piece = slow[0].recv(1_000_000)
                assert piece
                whole += piece
            assert whole.partition(b"\r\n\r\n")[2] == large
            slow[0].close()
    finally:
        server.stop()


# ── Settings


@pytest.mark.parametrize(
    "given", ["CC BY 4.0", "CC-BY-4.0 OR MIT", "LicenseRef-ours", "GPL-2.0+", "ours", "../x", "MIT,"]
)
def test_a_licence_that_is_none_is_refused_at_the_start(given: str) -> None:
    told = (
        "FACTCHECK_DATA_LICENCE must be the identifier of one licence of https://spdx.org/licenses, such as CC-BY-4.0."
    )
    with pytest.raises(Misconfigured, match=f"^{re.escape(told)}$"):
        Settings.from_environment({"FACTCHECK_DATA_LICENCE": given, "FACTCHECK_BASE_URL": BASE})


def test_a_licence_is_written_as_the_list_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for given, licence in (("odbl-1.0", "ODbL-1.0"), (" CC0-1.0 ", "CC0-1.0"), ("", "")):
        found = Settings.from_environment({"FACTCHECK_DATA_LICENCE": given, "FACTCHECK_BASE_URL": BASE})
        assert found.data_licence == licence


@pytest.mark.parametrize(("given", "there"), [
    ({"database_url": "sqlite:///desks/one.db"}, "desks/one.data"),
    ({"database_url": "postgresql://db/one"}, "factcheck-one.data"),
    ({"database_url": "postgresql://db/one", "index_dir": "/var/desk/index"}, "/var/desk/index.data"),
    ({"database_url": "sqlite:///one.db", "data_dir": "/var/data"}, "/var/data"),
])  # fmt: skip
def test_each_database_has_a_folder_of_its_own(given: dict[str, str], there: str) -> None:
    assert str(folder.data_folder(Settings(**given))) == there
