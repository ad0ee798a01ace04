"""An archive in a bucket: the same as in a folder, against a real server, and what happens when that is away."""

import io
import json
import os
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from factcheck.cli import cli
from factcheck.errors import Misconfigured, Unavailable
from factcheck.inspection import checkup
from factcheck.settings import Settings, described
from factcheck.storage.archive import buckets as of_buckets
from factcheck.storage.archive.base import Archive
from factcheck.storage.archive.buckets import BucketArchive
from factcheck.storage.archive.folders import FolderArchive
from factcheck.storage.archive.opening import archive_of
from tests.buckets import BUCKET, HIDDEN, KEY, Buckets, serving
from tests.desk import SECRET, Desk
from tests.outlet_pages import OUTLETS
from tests.outlets import Page, Site
from tests.outlets import serving as serving_pages
from tests.test_backup import elsewhere, programs  # noqa: F401 - fixtures

Json = dict[str, Any]
STORY = OUTLETS[0]
NUMBERS = iter(range(1000))


@pytest.fixture(scope="module")
def buckets() -> Iterator[Buckets]:
    with serving() as served:
        yield served


@pytest.fixture
def bucket(buckets: Buckets, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a test's own files on the server of buckets."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in buckets.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(of_buckets, "REMEMBERED", -1.0)
    for wait in ("CONNECT", "REQUEST", "LOOK"):  # the machine may be slow
        monkeypatch.setattr(of_buckets, wait, timedelta(seconds=60))
    yield buckets.folder / f"desk-{next(NUMBERS)}"
    if buckets.process is None:
        buckets.start()


@pytest.fixture
def place(bucket: Path) -> str:
    return f"s3://{BUCKET}/{bucket.name}"


@pytest.fixture
def capturing(migrated_url: str, place: str) -> Iterator[Desk]:
    settings = Settings(database_url=migrated_url, secret_key=SECRET, outbound_allow="127.0.0.1/32", archive=place)
    with closing(Desk(settings)) as desk:
        yield desk


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving_pages({"/story": Page(STORY.body, STORY.media_type)}) as found:
        yield found


def told(url: str, place: str, tmp_path: Path, *words: str) -> tuple[int, Any, str]:
    """Run a command in this process, and return its exit code, what it says as JSON, and all that it says."""
    environment = {
        "FACTCHECK_DATABASE_URL": url, "FACTCHECK_SECRET_KEY": SECRET, "FACTCHECK_ARCHIVE": place,
        "FACTCHECK_OUTBOUND_ALLOW": "127.0.0.1/32", "FACTCHECK_LOG_FOLDER": str(tmp_path / "log"),
        "FACTCHECK_INDEX_DIR": str(tmp_path / "index"),
    }  # fmt: skip
    done = CliRunner().invoke(cli, [*words], env=environment)
    said = json.loads(done.stdout) if words[-1] == "--json" else None
    return done.exit_code, said, done.output


def files(bucket: Path) -> list[str]:
    return sorted(each.name for each in bucket.rglob("*") if each.is_file())


def capture(desk: Desk, url: str) -> Json:
    made: Json = desk.made("/v1/captures", {"url": url}, by="contributor")
    return made


def found_by_doctor(desk: Desk, archive: Archive, *, mend: bool = False) -> list[tuple[str, str, bool]]:
    with desk.database.reading_one_moment() as connection, Session(connection) as session:
        found = list(checkup.archive_faults(session, archive, mend=mend))
    return [(each.subject, each.detail, each.mended) for each in found]


@pytest.fixture(params=["folder", "bucket"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    if request.param == "folder":
        return FolderArchive(tmp_path / "archive")
    return BucketArchive(request.getfixturevalue("place"))


def test_both_kinds_of_archive_do_the_same(either: Archive, tmp_path: Path) -> None:
    assert (list(either.names()), list(either.abandoned(set(), time.time() + 9999)), either.trouble()) == ([], [], None)
    contents = {either.keep(content): content for content in (b"", b"a capture", b"\x00" * 9_000_000)}
    assert len(contents) == 3
    assert {each: either.read(each) for each in contents} == contents
    assert [either.fault(each) for each in contents] == [None] * 3
    assert list(either.names()) == sorted(contents)
    first, second, third = sorted(contents)
    either.keep(contents[first])  # again
    either.put(f"{second[:2]}/{second}.warc.gz", b"a forgery")
    assert either.fault(second) == "Its file in the archive has another SHA-256."
    copy = FolderArchive(tmp_path / "copy")
    assert either.copy(first, copy) == (len(contents[first]), None)
    assert either.copy(second, copy) == (0, "Its file in the archive has another SHA-256.")
    assert list(copy.names()) == [first]
    assert copy.copy(first, either) == (len(contents[first]), None)
    left = [f"{each[:2]}/{each}.warc.gz" for each in (second, third)]
    assert list(either.abandoned({first}, time.time())) == []
    assert list(either.abandoned({first}, time.time() + 9999)) == left
    assert either.where(left[0]) == f"{either.place}/{left[0]}"
    for each in contents:
        either.discard(each)
        either.discard(each)
    assert (list(either.names()), either.read(first)) == ([], None)
    assert either.fault(first) == "Its file is not in the archive."
    assert either.copy(first, copy) == (0, "Its file is not in the archive.")


def test_desks_share_a_bucket(bucket: Path, place: str) -> None:
    one, other, beside = (BucketArchive(f"{place}{end}") for end in ("", "/a/b", "-beside"))
    sha256 = other.keep(b"a capture")
    assert files(bucket / "a" / "b") == [f"{sha256}.warc.gz"]
    for each in (one, beside):
        assert (list(each.names()), list(each.abandoned(set(), time.time() + 9999))) == ([], [])
        each.discard(sha256)
    assert other.read(sha256) == b"a capture"


@pytest.mark.usefixtures("programs")
def test_a_desk_works_with_a_bucket(
    capturing: Desk,
    site: Site,
    bucket: Path,
    buckets: Buckets,
    place: str,
    tmp_path: Path,
    elsewhere: str,  # noqa: F811
) -> None:
    made, other = (capture(capturing, site.url("/story")) for _ in range(2))
    assert files(bucket) == sorted(f"{each['warc_sha256']}.warc.gz" for each in (made, other))
    file = capturing.get(f"/v1/captures/{made['id']}/warc", by="contributor")
    archive = BucketArchive(place)
    assert (file.status_code, file.data) == (200, archive.read(made["warc_sha256"]))
    claim = capturing.claim()["id"]
    piece = {"stance": "supports", "url": site.url("/story")}
    capturing.made(f"/v1/claims/{claim}/evidence", piece)

    def here(*words: str) -> Any:
        code, said, output = told(capturing.settings.database_url, place, tmp_path, *words, "--json")
        assert code == 0, output
        return said

    [missing] = here("capture", "--missing", "--pause", "0")
    assert (missing["reason"], missing["evidence"], len(files(bucket))) == (None, 1, 3)
    assert here("log", "verify")["faults"] == []
    backup = tmp_path / "backup"
    assert here("backup", str(backup))["archive"]["files"] == 3
    assert sorted(each.name for each in (backup / "archive").rglob("*.warc.gz")) == files(bucket)
    another = f"s3://{BUCKET}/desk-{next(NUMBERS)}"
    assert told(elsewhere, another, tmp_path / "there", "restore", str(backup))[0] == 0
    assert files(buckets.folder / another.removeprefix(f"s3://{BUCKET}/")) == files(bucket)
    assert told(elsewhere, another, tmp_path / "there", "log", "verify", "--json")[1]["faults"] == []

    redacted = capturing.post(f"/v1/captures/{made['id']}/redaction", {"reason": "A wish."}, by="admin")
    assert (redacted.status_code, f"{made['warc_sha256']}.warc.gz" in files(bucket)) == (204, False)
    archive.discard(other["warc_sha256"])
    for words in (("doctor",), ("log", "verify")):
        code, said, _ = told(capturing.settings.database_url, place, tmp_path, *words, "--json")
        faults = [(each["subject"], each["detail"]) for each in said["faults"]]
        assert (code, faults) == (1, [(f"capture {other['id']}", "Its file is not in the archive.")])


def test_a_bucket_that_is_away_stores_nothing_and_is_told(
    capturing: Desk, site: Site, bucket: Path, buckets: Buckets, place: str, tmp_path: Path, logged: io.StringIO
) -> None:
    made = capture(capturing, site.url("/story"))
    assert capturing.get("/readyz").json == {"status": "ready"}
    before = capturing.changes()
    buckets.stop()
    trouble = f"The archive of captures, {place}, cannot be reached: no connection to its server."
    answer = capturing.post("/v1/captures", {"url": site.url("/story")}, by="contributor")
    assert (answer.status_code, answer.json["detail"]) == (
        503, "The archive of captures cannot be written: no connection to its server. Nothing was stored.",
    )  # fmt: skip
    read = capturing.get(f"/v1/captures/{made['id']}/warc", by="contributor")
    assert (read.status_code, read.json["detail"]) == (
        503, "The archive of captures cannot be read: no connection to its server.",
    )  # fmt: skip
    ready = capturing.get("/readyz")
    assert (ready.status_code, ready.json) == (200, {"status": "ready", "archive": trouble})
    assert capturing.get(f"/v1/captures/{made['id']}").json == made
    assert (capturing.changes(), len(files(bucket))) == (before, 1)
    outputs = []
    for words in (("doctor",), ("log", "verify")):
        code, said, output = told(capturing.settings.database_url, place, tmp_path, *words, "--json")
        assert (code, [each["detail"] for each in said["faults"]]) == (1, [trouble])
        outputs.append(output)
    # What is redacted meanwhile is left over, and removed when the server is there again.
    answer = capturing.post(f"/v1/captures/{made['id']}/redaction", {"reason": "A wish."}, by="admin")
    assert (answer.status_code, len(files(bucket))) == (204, 1)
    buckets.start()
    [path] = [each for each in bucket.rglob("*") if each.is_file()]
    os.utime(path, (1000, 1000))
    archive = BucketArchive(place)
    left = f"{place}/{made['warc_sha256'][:2]}/{path.name}", "No capture names this file: it is left over."
    assert found_by_doctor(capturing, archive) == [(*left, False)]
    assert found_by_doctor(capturing, archive, mend=True) == [(*left, True)]
    assert (found_by_doctor(capturing, archive), files(bucket)) == ([], [])
    assert capture(capturing, site.url("/story"))["reason"] is None
    assert "archived_file_not_removed" in logged.getvalue()
    assert not any(hidden in text for text in (logged.getvalue(), *outputs) for hidden in (HIDDEN, KEY))


def test_a_file_whose_response_is_lost_is_removed_again(
    place: str, bucket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = BucketArchive(place)

    class Lossy:
        def put(self, *words: Any, **named: Any) -> None:
            kept.put(*words, **named)
            raise OSError("kind: Timeout")

        def delete(self, name: str) -> None:
            kept.delete(name)

    kept = archive._files
    monkeypatch.setattr(archive, "_files", Lossy())
    with pytest.raises(Unavailable, match=r"written: its server did not respond in time\. Nothing was stored"):
        archive.keep(b"a capture")
    assert files(bucket) == []


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("AWS_SECRET_ACCESS_KEY", "another key", "its server responds SignatureDoesNotMatch"),
        ("AWS_ACCESS_KEY_ID", "AKIANOBODY", "its server responds InvalidAccessKeyId"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1", "no connection to its server"),
        ("bucket", "s3://no-bucket", "its server responds NoSuchBucket"),
    ],
)
def test_what_is_wrong_with_a_bucket_is_said_without_its_keys(
    place: str, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, reason: str
) -> None:
    if variable == "bucket":
        place = value
    else:
        monkeypatch.setenv(variable, value)
    archive = BucketArchive(place)
    with pytest.raises(Unavailable) as written:
        archive.keep(b"a capture")
    with pytest.raises(Unavailable) as read:
        archive.read("0" * 64)
    with pytest.raises(Unavailable) as listed:
        list(archive.names())
    said = [archive.trouble(), archive.fault("0" * 64), written.value.detail, read.value.detail, listed.value.detail]
    assert [each is not None and f": {reason}." in each for each in said] == [True] * 5
    hidden = (HIDDEN, KEY, "another key", "AKIANOBODY")
    assert not any(secret in f"{each}{error!r}" for each in said for error in (written, read) for secret in hidden)


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("s3://captures", "s3://captures"), ("s3://captures/", "s3://captures"), (" s3://a.b-c/x/y_z/ ", "s3://a.b-c/x/y_z"),
        ("/var/lib/archive", "/var/lib/archive"), ("archive/", "archive"), ("s3", "s3"),
    ],
)  # fmt: skip
def test_the_setting_names_a_folder_or_a_bucket(given: str, place: str, bucket: Path) -> None:
    settings = Settings.from_environment({"FACTCHECK_ARCHIVE": given, "FACTCHECK_SECRET_KEY": SECRET})
    archive = archive_of(settings)
    assert archive.place == place
    assert isinstance(archive, BucketArchive if "://" in given else FolderArchive)
    [shown] = [row["value"] for row in described(settings) if row["name"] == "FACTCHECK_ARCHIVE"]
    assert shown == settings.archive
    assert not any(secret in str(described(settings)) for secret in (HIDDEN, KEY))


@pytest.mark.parametrize(
    "given",
    ["s3://", "s3:///x", "S3://captures", "s3://key:word@captures", "s3://captures?region=x", "s3://captures/../x y",
     "gs://captures", "https://captures.example", "s3://Captures", "s3://captures/a//b", "s3://captures/a/../b"],
)  # fmt: skip
def test_other_places_are_refused_without_repeating_them(given: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        Settings.from_environment({"FACTCHECK_ARCHIVE": given, "FACTCHECK_SECRET_KEY": SECRET})
    wanted = "FACTCHECK_ARCHIVE must be a folder, or s3://BUCKET/PREFIX without keys and parameters."
    assert str(refused.value) == wanted


def test_without_its_library_a_bucket_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "factcheck.storage.archive.buckets", None)
    with pytest.raises(Misconfigured, match=r"pip install 'factcheck\[s3\]'\.$"):
        archive_of(Settings(secret_key=SECRET, archive="s3://captures"))
