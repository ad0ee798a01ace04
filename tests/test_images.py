"""Images of articles: kept with their hashes, found again by how they look, redacted; hostile files do no harm."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from factcheck.desk.capturing import images
from factcheck.extraction import refusals, running
from factcheck.formats import warc
from factcheck.inspection import checkup
from factcheck.rules.media import hashes
from factcheck.settings import Settings
from factcheck.storage.archive.folders import FolderArchive
from factcheck.storage.tables.articles import Image, ImageBand
from tests.desk import SECRET, TEXT, Desk
from tests.forms import Visitor
from tests.outlets import Page, Site, serving
from tests.pictures import as_text, claims_to_be, saved, scene
from tests.redacting import faults, rebuilt_faults
from tests.test_backup import elsewhere, programs  # noqa: F401 - fixtures
from tests.test_cli import Shell

Json = dict[str, Any]
PNG = saved(scene(), "PNG")
OTHER = saved(scene(7), "PNG")
WHY = "A court asked for it."


@pytest.fixture
def archive(tmp_path: Path) -> FolderArchive:
    return FolderArchive(tmp_path / "archive")


@pytest.fixture
def imaging(migrated_url: str, archive: FolderArchive) -> Iterator[Desk]:
    """A desk that may fetch from loopback."""
    settings = Settings(
        database_url=migrated_url, secret_key=SECRET, outbound_allow="127.0.0.1/32", archive=str(archive.folder),
        index_dir=f"{archive.folder.parent}/index",
    )  # fmt: skip
    with closing(Desk(settings)) as desk:
        yield desk


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    pages = {
        "/a.gif": Page(PNG, "image/gif"),  # which it is not
        "/page": Page(b"<p>Thousands gathered.</p>", "image/png"),
        "/gone": Page(b"", "image/png", status=404),
    }
    with serving(pages) as found:
        yield found


def added(desk: Desk, raw: bytes, **fields: Any) -> Json:
    if "article_id" not in fields:
        fields["article_id"] = desk.article(kind="image")["id"]
    body = {"alt": "A crowd in a square", "data": as_text(raw), **fields}
    made: Json = desk.made("/v1/images", body, by="contributor")
    return made


def near(desk: Desk, image: Json) -> list[tuple[str, int]]:
    found = desk.get(image["links"]["similar"], by="reader").json["items"]
    return [(each["image"]["id"], each["distance"]) for each in found]


def files(archive: FolderArchive) -> list[str]:
    return sorted(archive.names())


# ── One image ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("form", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("GIF", "image/gif"), ("WEBP", "image/webp")]
)
def test_an_image_is_kept_with_its_hashes(
    imaging: Desk, archive: FolderArchive, form: str, media_type: str, tmp_path: Path
) -> None:
    raw = saved(scene(), form)
    made = added(imaging, raw)
    assert (made["media_type"], made["width"], made["height"], made["bytes"]) == (media_type, 320, 240, len(raw))
    assert (made["sha256"], len(made["phash"])) == (hashlib.sha256(raw).hexdigest(), 16)
    assert files(archive) == [made["warc_sha256"]]
    assert imaging.get(made["links"]["self"], by="reader").json == made
    assert imaging.get(f"/v1/images?article={made['article_id']}", by="reader").json["items"] == [made]
    answer = imaging.get(made["links"]["file"], by="reader")
    assert (answer.data, answer.headers["Content-Type"]) == (raw, media_type)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    [policy] = answer.headers.getlist("Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
    tag = {"If-None-Match": answer.headers["ETag"]}
    assert imaging.get(made["links"]["file"], by="reader", headers=tag).status_code == 304
    [entry] = [each for each in imaging.changes() if each["subject"]["kind"] == "image"]
    assert {each["field"]: each["after"] for each in entry["changes"]} == {
        name: made[name] for name in images.FIELDS if made[name] is not None
    }
    assert faults(imaging.database) == []
    assert rebuilt_faults(imaging.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_an_image_is_fetched_and_its_bytes_say_what_it_is(imaging: Desk, archive: FolderArchive, site: Site) -> None:
    article = imaging.article(kind="post")["id"]
    body = {"article_id": article, "alt": "A crowd", "url": site.url("/a.gif")}
    made = imaging.made("/v1/images", body, by="contributor")
    assert (made["url"], made["media_type"], made["sha256"]) == (
        body["url"], "image/png", hashlib.sha256(PNG).hexdigest(),
    )  # fmt: skip
    file = archive.read(made["warc_sha256"])
    assert file is not None
    assert warc.page_of(file) == PNG
    assert imaging.get(made["links"]["file"]).headers["Content-Type"] == "image/png"
    for path in ("/page", "/gone", "/unknown"):
        refused = imaging.post("/v1/images", body | {"url": site.url(path)}, by="contributor")
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/url")
    inward = imaging.with_settings(outbound_allow="").post("/v1/images", body, by="contributor")
    assert inward.status_code == 422
    assert files(archive) == [made["warc_sha256"]]


def test_what_is_sent_must_be_whole(imaging: Desk, archive: FolderArchive) -> None:
    article = imaging.article()["id"]
    whole = {"article_id": article, "alt": "A crowd", "data": as_text(PNG)}
    missing = article[:-12] + "0" * 12
    for change, pointer in (
        ({"data": None}, "/url"), ({"data": "no base64!"}, "/data"), ({"alt": " "}, "/alt"),
        ({"article_id": missing}, "/article_id"), ({"url": "javascript:x"}, "/url"), ({"name": "a.png"}, "/name"),
    ):  # fmt: skip
        refused = imaging.post("/v1/images", whole | change, by="contributor")
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, pointer)
    assert imaging.post("/v1/images", whole, by="reader").status_code == 403
    assert imaging.post("/v1/images", whole, by=None).status_code == 401
    made = added(imaging, PNG)
    public = imaging.with_settings(public_read=True)
    for path in ("/v1/images", *(link for link in made["links"].values())):
        assert public.get(path, by=None).status_code == 401, path
    assert files(archive) == [made["warc_sha256"]]


def test_a_repeated_request_adds_nothing(imaging: Desk, archive: FolderArchive) -> None:
    body = {"article_id": imaging.article()["id"], "alt": "A crowd", "data": as_text(PNG)}
    again = [
        imaging.post("/v1/images", body, by="contributor", headers={"Idempotency-Key": "one"}).json["id"]
        for _ in range(2)
    ]
    assert (len(set(again)), len(files(archive))) == (1, 1)


def test_an_article_has_twenty_images_at_most(imaging: Desk, archive: FolderArchive) -> None:
    article = imaging.article()["id"]
    for _ in range(20):
        added(imaging, PNG, article_id=article)
    body = {"article_id": article, "alt": "One more", "data": as_text(PNG)}
    assert imaging.post("/v1/images", body, by="contributor").status_code == 409
    assert len(files(archive)) == 20


# ── Hostile files ───────────────────────────────────────────────────────────────────────────────────────────────

HOSTILE = {
    "nothing": (b"GIF89a", "damaged"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "damaged"),
    "page": (b"<!doctype html><script>alert(1)</script>", "damaged"),
    "tiff": (saved(scene(), "TIFF"), "damaged"),
    "cut off": (PNG[: len(PNG) // 2], "damaged"),
    "no pixels": (claims_to_be(1, 70_000)[:-40], "damaged"),
    "a bomb": (claims_to_be(60_000, 60_000), "too_large"),
    "a small bomb": (claims_to_be(7000, 7000), "too_large"),
    "a huge bomb": (claims_to_be(2**31 - 1, 2**31 - 1), "too_large"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused(imaging: Desk, archive: FolderArchive, name: str) -> None:
    raw, failure = HOSTILE[name]
    assert running.read_image(raw).failure == failure
    body = {"article_id": imaging.article()["id"], "alt": "A crowd", "data": as_text(raw)}
    refused = imaging.post("/v1/images", body, by="contributor")
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/data")
    assert refused.json["errors"][0]["detail"]
    assert (files(archive), imaging.get("/v1/images").json["items"]) == ([], [])


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_a_damaged_file_is_read_or_refused(data: st.DataObject) -> None:
    """Whatever bytes are changed: the process that reads them says something, and this one goes on."""
    raw = bytearray(saved(scene(), data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"]))))
    for _ in range(data.draw(st.integers(1, 20))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    found = running.read_image(bytes(raw))
    assert (found.failure is None) == bool(found.media_type and found.phash and found.width and found.height)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_the_largest_image_is_read(mode: str) -> None:
    side = int(refusals.PIXELS**0.5)
    found = running.read_image(saved(scene().resize((side, side)).convert(mode), "PNG", compress_level=1))
    assert (found.failure, found.width, found.height) == (None, side, side)
    small = running.read_image(saved(scene(), "PNG"))
    assert hashes.distance(found.phash, small.phash) <= hashes.DISTANCE


def test_an_image_of_more_bytes_is_refused(imaging: Desk) -> None:
    wide = imaging.with_settings(max_body_bytes=20_000_000)
    article = wide.article()["id"]
    for size, status in ((10 * 2**20, 201), (10 * 2**20 + 1, 422)):
        body = {"article_id": article, "alt": "A crowd", "data": as_text(PNG + bytes(size - len(PNG)))}
        assert wide.post("/v1/images", body, by="contributor").status_code == status


def test_an_animation_is_read_by_its_first_frame() -> None:
    frames = [scene(at) for at in range(3)]
    moving = running.read_image(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert moving.phash == running.read_image(saved(frames[0], "GIF")).phash


def test_a_picture_is_measured_as_it_is_shown() -> None:
    """A camera turns no pixels: it says how the picture is to be turned."""
    exif = scene().getexif()
    exif[0x0112] = 6
    turned = running.read_image(saved(scene(), "JPEG", exif=exif))
    assert (turned.width, turned.height) == (240, 320)
    plain = running.read_image(saved(scene().rotate(-90, expand=True), "JPEG"))
    assert hashes.distance(turned.phash, plain.phash) <= 4


# ── Seen before ─────────────────────────────────────────────────────────────────────────────────────────────────

_HASHES = st.integers(0, 2**64 - 1)


@given(_HASHES, st.sets(st.integers(0, 63), max_size=hashes.DISTANCE + 1))
def test_every_hash_within_the_distance_shares_a_band(value: int, flipped: set[int]) -> None:
    """Guaranteed for 9 bits, one more than the distance."""
    other = value ^ sum(1 << bit for bit in flipped)
    one, two = f"{value:016x}", f"{other:016x}"
    assert hashes.distance(one, two) == len(flipped)
    assert set(hashes.probes(one)) & set(hashes.bands(two))
    assert (sum(hashes.WIDTHS), len(set(hashes.bands(one))), len(set(hashes.probes(one)))) == (64, 5, 69)


def test_an_image_that_was_saved_again_is_known(imaging: Desk) -> None:
    first = added(imaging, PNG)
    smaller = added(imaging, saved(scene().resize((200, 150)), "JPEG", quality=70))
    same = added(imaging, PNG)
    other = added(imaging, OTHER)
    assert near(imaging, first)[0] == (same["id"], 0)
    assert {each for each, _ in near(imaging, first)} == {same["id"], smaller["id"]}
    assert {each for each, _ in near(imaging, smaller)} == {first["id"], same["id"]}
    assert near(imaging, other) == []


def test_the_distance_is_exact_in_the_database(imaging: Desk) -> None:
    """Of images whose hashes differ in 0 to 16 bits, those within 8 are found, the most similar first."""
    image = added(imaging, PNG)
    wanted = []
    for bits in range(17):
        made = added(imaging, PNG)
        phash = f"{int(image['phash'], 16) ^ sum(1 << (bit * 61) % 64 for bit in range(bits)):016x}"
        with imaging.database.writing() as session:
            session.execute(update(Image).where(Image.id == made["id"]).values(phash=phash))
            session.execute(ImageBand.__table__.delete().where(ImageBand.image_id == made["id"]))
            rows = [ImageBand(band=band, image_id=made["id"]) for band in hashes.bands(phash)]
            session.add_all(rows)
        wanted.append((made["id"], bits))
    assert near(imaging, image) == wanted[: hashes.DISTANCE + 1]


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_of_an_article_shows_its_images(imaging: Desk) -> None:
    there = added(imaging, PNG, alt="The same crowd")
    article = imaging.article(kind="image")["id"]
    writer = Visitor(imaging, "contributor")
    where = f"/articles/{article}/images"
    sent = writer.send(where, {"alt": "A “crowd” & <more>", "data": _upload(PNG)}, on=where)
    assert (sent.status_code, sent.headers["Location"].partition("#")[0]) == (303, f"/articles/{article}")
    [made] = imaging.get(f"/v1/images?article={article}").json["items"]
    page = writer.get(f"/articles/{article}").get_data(as_text=True)
    assert (
        f'src="/images/{made["id"]}/file" alt="A “crowd” &amp; &lt;more&gt;" dir="auto" width="320" height="240"'
        in page
    )
    assert ("Seen before: 1 image looks like it" in page, f'href="/images/{there["id"]}"' in page) == (True, True)
    own = writer.get(f"/images/{made['id']}").get_data(as_text=True)
    assert (made["sha256"] in own, made["phash"] in own, "the same picture" in own) == (True, True, True)
    file = writer.get(f"/images/{made['id']}/file")
    assert (file.data, file.headers["X-Content-Type-Options"]) == (PNG, "nosniff")
    assert "sandbox" in file.headers["Content-Security-Policy"]
    refused = writer.send(where, {"alt": "A crowd", "data": _upload(b"GIF89a")}, on=where)
    assert refused.status_code == 422
    assert "This is no PNG, JPEG, GIF or WebP image." in refused.get_data(as_text=True)
    public = Visitor(imaging.with_settings(public_read=True), None)
    assert "/images/" not in public.get(f"/articles/{article}").get_data(as_text=True)
    assert public.get(f"/images/{made['id']}/file").status_code == 401


def _upload(raw: bytes) -> Any:
    return io.BytesIO(raw), "a.txt"


# ── Redaction, backups, doctor ──────────────────────────────────────────────────────────────────────────────────


def test_a_redacted_image_is_gone(imaging: Desk, archive: FolderArchive, tmp_path: Path) -> None:
    image = added(imaging, PNG, alt="Zanzibarquagga in a square", url="https://news.invalid/zanzibarquagga.png")
    other = added(imaging, PNG)
    here = image["links"]["self"]
    assert imaging.post(f"{here}/redaction", {"reason": WHY}, by="contributor").status_code == 403
    told = imaging.post(f"{here}/redaction", {"reason": "Zanzibarquagga in a square"}, by="admin")
    assert told.status_code == 422
    stale = imaging.post(f"{here}/redaction", {"reason": WHY}, by="admin", headers={"If-Match": '"other"'})
    assert stale.status_code == 412
    assert imaging.post(f"{here}/redaction", {"reason": WHY}, by="admin").status_code == 204
    assert imaging.post(f"{here}/redaction", {"reason": WHY}, by="admin").status_code == 409
    left = imaging.get(here).json
    gone = ("url", "alt", "sha256", "warc_sha256", "phash")
    assert {name: left[name] for name in gone} == dict.fromkeys(gone)
    assert (left["redacted"], left["width"], left["links"]["file"]) == (True, 320, None)
    assert files(archive) == [other["warc_sha256"]]
    for path in ("file", "similar"):
        assert imaging.get(f"{here}/{path}").status_code == 404
    assert near(imaging, other) == []
    said = str(imaging.changes()).lower()
    assert ("zanzibar" in said, image["warc_sha256"] in said) == (False, False)
    page = Visitor(imaging, "reader").get(f"/images/{image['id']}").get_data(as_text=True)
    assert "This image was redacted" in page
    assert faults(imaging.database) == []
    assert rebuilt_faults(imaging.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_words_of_an_article_take_its_images_with_them(imaging: Desk, archive: FolderArchive) -> None:
    article = imaging.article()["id"]
    named = added(imaging, PNG, article_id=article, alt="The organizers left early.")
    silent = added(imaging, PNG, article_id=article)
    of_other = added(imaging, OTHER, alt="The organizers left early.")
    start = TEXT.index("The organizers left")
    place = {"reason": WHY, "start": start, "end": start + len("The organizers left early.")}
    assert imaging.post(f"/v1/articles/{article}/redaction", place, by="admin").status_code == 204
    assert files(archive) == sorted([silent["warc_sha256"], of_other["warc_sha256"]])
    assert imaging.get(named["links"]["self"]).json["redacted"] is True
    assert imaging.post(f"/v1/articles/{article}/redaction", {"reason": WHY}, by="admin").status_code == 204
    assert files(archive) == [of_other["warc_sha256"]]
    assert faults(imaging.database) == []


@pytest.mark.usefixtures("programs")
def test_backups_and_doctor_know_images(
    imaging: Desk,
    archive: FolderArchive,
    elsewhere: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    kept, lost = added(imaging, PNG), added(imaging, OTHER)
    url = imaging.settings.database_url
    here = Shell(tmp_path, {"database_url": url, "secret_key": SECRET, "archive": str(archive.folder)})
    there = FolderArchive(tmp_path / "there")
    away = Shell(tmp_path, {"database_url": elsewhere, "secret_key": SECRET, "archive": str(there.folder)})
    told = here.json("backup", str(tmp_path / "backup"))
    assert (told["archive"]["files"], told["faults"]) == (2, [])
    away.done("restore", str(tmp_path / "backup"))
    assert files(there) == files(archive)
    archive.discard(lost["warc_sha256"])
    archive.path(kept["warc_sha256"]).write_bytes(b"another file")
    with imaging.database.reading_one_moment() as connection, Session(connection) as session:
        found = [(fault.subject, fault.detail) for fault in checkup.archive_faults(session, archive)]
    assert found == [
        (f"image {kept['id']}", "Its file in the archive has another SHA-256."),
        (f"image {lost['id']}", "Its file is not in the archive."),
    ]
    assert imaging.get(kept["links"]["file"]).status_code == 503
    assert imaging.get(lost["links"]["file"]).status_code == 404


def test_a_changed_hash_is_found(imaging: Desk) -> None:
    image = added(imaging, PNG)
    with imaging.database.writing() as session:
        session.execute(update(Image).values(phash="0" * 16))
        band = session.scalars(select(ImageBand).limit(1)).one()
        session.delete(band)
    found = faults(imaging.database)
    assert all(each.startswith(f"image {image['id']}") for each in found)
    assert {each.split(": ")[1].partition(".")[0] for each in found} == {"images", "image_bands"}
