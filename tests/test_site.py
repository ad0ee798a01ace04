"""The public site: reports, claims and corrections as readers see them, feeds, site maps, cards, and caches."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import orjson
import pytest

from factcheck.catalogues import available
from factcheck.formats.site import pictures
from tests.desk import Desk
from tests.forms import Visitor
from tests.reporting import FRESH, REASON, moved, published, report_on

ATOM = "{http://www.w3.org/2005/Atom}"
MAPS = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NEWS = "{http://www.google.com/schemas/sitemap-news/0.9}"
MONTH = f"{datetime.now(UTC):%Y-%m}"
WHY = "Two counts say so, both by others."
Json = dict[str, Any]


@pytest.fixture
def claim(desk: Desk) -> str:
    made: str = desk.claim()["id"]
    return made


def read(desk: Desk, path: str, **headers: str) -> Any:
    """Read a page as somebody who has no token, not as it was made for somebody else a moment ago."""
    return desk.get(path, by=None, headers={**FRESH, **headers})


def text_of(desk: Desk, path: str, **headers: str) -> str:
    answer = read(desk, path, **headers)
    assert answer.status_code == 200, (path, answer.data)
    return str(answer.get_data(as_text=True))


def decided(desk: Desk, claim: str, status: str, reason: str = WHY) -> None:
    body = {"status": status, "reason": reason, "evidence": [{"stance": "refutes", "title": "A count"}]}
    desk.made(f"/v1/claims/{claim}/reviews", body, headers={"If-Match": "*"})


def corrected(desk: Desk, report: str, title: str, correction: str) -> int:
    desk.patch(f"/v1/reports/{report}", {"title": title}, etag="*")
    done = published(desk, report, correction=correction)
    return int(done["published"]["log_index"])


class Links(HTMLParser):
    """What a page links to, its metadata and its data blocks."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[dict[str, str]] = []
        self.meta: dict[str, str] = {}
        self.blocks: list[Json] = []
        self._in_block = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("link", "a"):
            self.links.append(given)
        if tag == "meta":
            self.meta[given.get("property", given.get("name", ""))] = given.get("content", "")
        self._in_block = tag == "script" and given.get("type") == "application/ld+json"

    def handle_endtag(self, tag: str) -> None:
        self._in_block = False

    def handle_data(self, data: str) -> None:
        if self._in_block:
            self.blocks.append(orjson.loads(data))


# ── Who sees what ───────────────────────────────────────────────────────────────────────────────────────────────


def paths_of(report: str, claim: str) -> list[str]:
    here = "http://localhost"
    return [
        "/r", f"/r/{report}", f"/c/{claim}", f"/c/{claim}/claimreview", "/corrections", "/search", "/search?q=people",
        "/r.atom", "/r.json", "/corrections.atom", "/corrections.json", "/robots.txt", "/sitemap.xml",
        "/sitemaps/lists.xml", f"/sitemaps/reports/{MONTH}.xml", f"/sitemaps/claims/{MONTH}.xml", "/news-sitemap.xml",
        f"/oembed?url={here}/r/{report}", f"/oembed?url={here}/c/{claim}&format=xml", f"/r/{report}/card",
        f"/c/{claim}/card",
    ]  # fmt: skip


def test_the_site_is_there_while_its_setting_is_on(desk: Desk, claim: str) -> None:
    decided(desk, claim, "refuted")
    report = report_on(desk, claim)
    published(desk, report)
    closed = desk.with_settings(public_site=False)
    for path in (*paths_of(report, claim), "/theme/theme.css"):
        assert closed.get(path, by=None, headers=FRESH).status_code == 404, path
        assert closed.get(path, by="admin", headers=FRESH).status_code == 404, path
    for path in ("/v1/published", "/v1/corrections", f"/v1/published/{report}"):
        assert (closed.get(path, by=None).status_code, desk.get(path, by=None).status_code) == (401, 200)
        assert desk.get(path, headers={"Authorization": "Bearer fck_wrong"}, by=None).status_code == 401
    assert desk.get("/v1/claims", by=None).status_code == 401
    for path in paths_of(report, claim):
        answer = read(desk, path)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "public, max-age=60"
        assert "Set-Cookie" not in answer.headers
        assert set(answer.headers["Vary"].split(", ")) <= {"Accept-Language", "Origin"}, path


def test_a_cookie_changes_nothing(desk: Desk, claim: str) -> None:
    report = report_on(desk, claim)
    published(desk, report)
    browser = Visitor(desk).client
    for path in paths_of(report, claim):
        if "claimreview" not in path:
            assert browser.get(path, headers=FRESH).data == read(desk, path).data, path


def test_only_what_is_published_has_a_page(desk: Desk, claim: str) -> None:
    other = desk.claim()["id"]
    report, draft = report_on(desk, claim), report_on(desk, other)
    assert read(desk, f"/c/{claim}").status_code == 404
    published(desk, report)
    assert read(desk, f"/c/{claim}").status_code == 200
    for path in (f"/c/{other}", f"/c/{other}/claimreview", f"/c/{other}/card", f"/r/{draft}", f"/r/{draft}/card"):
        refused = read(desk, path)
        assert (refused.status_code, refused.headers["Cache-Control"]) == (404, "no-store"), path
    for kind in ("claims", "reports"):
        there = text_of(desk, f"/sitemaps/{kind}/{MONTH}.xml")
        assert (other in there, draft in there) == (False, False)
    assert other not in text_of(desk, "/search?q=" + quote(desk.get(f"/v1/claims/{other}").json["text"]))


def test_nothing_internal_changes_a_byte(desk: Desk, claim: str) -> None:
    """Comments, drafts, assignments, other reports and verdicts that are not published."""
    decided(desk, claim, "refuted")
    other = desk.claim(text="Thousands of people marched in the capital.")["id"]
    report = report_on(desk, claim)
    published(desk, report)
    source = desk.source(name="Organizers of rallies")["id"]
    for said in (claim, other):
        chain = [{"source_id": source, "directness": "direct"}]
        assert desk.patch(f"/v1/claims/{said}", {"attribution": chain}, etag="*").status_code == 200
    paths = [path for path in paths_of(report, claim) if "sitemap.xml" not in path]
    inside, also, third = (
        desk.source(name=name, same_as=[f"https://{name}.example/"])["id"] for name in ("inside", "also", "third")
    )
    paths += [f"/s/{source}", f"/s/{inside}", f"/s/{also}", f"/c/{claim}/correction-request"]
    before = [read(desk, path).data for path in paths]
    draft = report_on(desk, other, title="Not yet")
    moved(desk, draft, "submitted")
    desk.patch(f"/v1/reports/{report}", {"title": "Another title"}, etag="*")
    desk.made(f"/v1/claims/{claim}/comments", {"text": "Is it so?"})
    assigned = {"person_id": desk.people["analyst"], "note": "Ask the police."}
    assert desk.request("PUT", f"/v1/claims/{claim}/assignment", json=assigned).status_code == 201
    decided(desk, other, "refuted", "Nobody marched there.")
    assert desk.patch(f"/v1/claims/{claim}", {"tags": ["internal"]}, etag="*").status_code == 200
    for one, into in ((inside, also), (third, source)):
        merged = desk.post(f"/v1/sources/{one}/merge", {"into": into, "reason": "They are one."}, by="admin")
        assert merged.status_code == 200
    # How long the log is, everybody may know.
    log = re.compile(rb"complete up to entry \d+|covers the first \d+ entries")
    assert read(desk, f"/s/{third}").status_code == 301  # it is shown as one that is published
    for path, found in zip(paths, before, strict=True):
        assert log.sub(b"", read(desk, path).data) == log.sub(b"", found), path


def test_reviewers_have_their_display_names_or_none(desk: Desk, claim: str) -> None:
    decided(desk, claim, "refuted")
    report = report_on(desk, claim)
    published(desk, report)
    for path in paths_of(report, claim):
        told = text_of(desk, path)
        assert "Test analyst" not in told, path
        assert desk.people["analyst"] not in told, path


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_report_from_its_publication_to_its_retraction(desk: Desk, claim: str) -> None:
    decided(desk, claim, "refuted")
    report = report_on(desk, claim, title="How many </script> came")
    published(desk, report)
    page = Links(text_of(desk, f"/r/{report}"))
    article, review = page.blocks
    assert (article["@type"], article["headline"]) == ("NewsArticle", "How many </script> came")
    assert article["publisher"]["correctionsPolicy"] == "http://localhost/corrections"
    assert (review["@type"], review["url"]) == ("ClaimReview", f"http://localhost/c/{claim}")
    assert page.meta["og:url"] == f"http://localhost/r/{report}"
    assert page.meta["description"] == "Nobody counted."
    assert f"/c/{claim}" in [each.get("href") for each in page.links]

    index = corrected(desk, report, "How few came", "They were counted again.")
    told = text_of(desk, f"/r/{report}")
    assert told.index("They were counted again.") < told.index("Nobody counted.</p>")
    [correction] = Links(told).blocks[0]["correction"]
    assert (correction["@type"], correction["text"]) == ("CorrectionComment", "They were counted again.")
    change = text_of(desk, f"/r/{report}/changes/{index}")
    assert "<del>How many &lt;/script&gt; came</del>" in change
    assert "<ins>How few came</ins>" in change
    for wrong in (index + 1, 0):
        assert read(desk, f"/r/{report}/changes/{wrong}").status_code == 404

    moved(desk, report, "retracted", reason=REASON)
    for path in (f"/r/{report}", f"/r/{report}/card", f"/r/{report}/changes/{index}"):
        gone = read(desk, path)
        assert gone.status_code == 410, path
    gone = read(desk, f"/r/{report}")
    assert (REASON in gone.get_data(as_text=True), gone.headers["Cache-Control"]) == (True, "public, max-age=60")
    assert read(desk, f"/r/{report}/card").headers["Content-Security-Policy"].endswith("frame-ancestors *")
    assert report not in text_of(desk, "/r")
    assert read(desk, f"/sitemaps/reports/{MONTH}.xml").status_code == 404
    assert report in text_of(desk, "/corrections")
    assert text_of(desk, f"/c/{claim}")  # its verdict stays published


def test_a_claims_page_has_its_verdict_and_what_became_of_it(desk: Desk, claim: str) -> None:
    report = report_on(desk, claim)
    published(desk, report)
    decided(desk, claim, "refuted")
    page = text_of(desk, f"/c/{claim}")
    assert 'class="verdict is-refuted"' in page
    assert WHY in page
    assert "<del>unverified</del> <ins>refuted</ins>" in page
    assert f"/r/{report}" in page
    review = read(desk, f"/c/{claim}/claimreview")
    assert (review.mimetype, review.json["@id"]) == ("application/ld+json", f"http://localhost/c/{claim}/claimreview")
    assert [*Links(page).blocks] == [review.json]
    assert review.json["author"]["url"] == "http://localhost/r"
    assert "/v1/" not in review.get_data(as_text=True)
    assert review.json.keys().isdisjoint({"keywords", "version", "dateCreated", "dateModified"})


def test_a_claims_picture_has_nothing_of_other_claims(desk: Desk, claim: str) -> None:
    """Nor of their chains and evidence, where both name the same sources and copies of the same words."""
    shared, hidden = (desk.source(name=name, kind="person")["id"] for name in ("A witness", "A hidden source"))
    words = "Thousands of people were in the square, as everybody who was there on that day could see for themselves."
    chain = [{"source_id": shared, "directness": "direct"}, {"source_id": hidden, "directness": "indirect"}]
    other = desk.claim(text="Thousands marched in the capital.", attribution=chain)["id"]
    for each, title in ((claim, "A public document"), (other, "An internal document")):
        piece = {"stance": "supports", "title": title, "excerpt": words, "source_id": shared}
        desk.made(f"/v1/claims/{each}/evidence", piece)
    own = desk.patch(f"/v1/claims/{claim}", {"attribution": chain[:1]}, etag="*")
    assert own.status_code == 200, own.json
    made = desk.post(
        f"/v1/claims/{claim}/relations", {"kind": "restates", "claim_id": other}, headers={"If-Match": "*"}
    )
    assert made.status_code == 201, made.json
    published(desk, report_on(desk, claim, text=f"So.\n\n{{{{attribution:{claim}}}}}"))
    [report] = desk.get("/v1/published", by=None).json["items"]
    for path in (f"/c/{claim}", f"/r/{report['id']}"):
        page = text_of(desk, path)
        assert ("<svg" in page, "A witness" in page) == (True, True)
        assert [each for each in ("marched", "hidden source", "internal document") if each in page] == [], path


@pytest.mark.parametrize("tag", ["ar", "fr"])
def test_pages_are_in_the_language_of_the_address_or_of_the_reader(desk: Desk, claim: str, tag: str) -> None:
    report = report_on(desk, claim)
    published(desk, report)
    for path in ("/r", f"/r/{report}", f"/c/{claim}", "/corrections", "/search"):
        chosen, asked = read(desk, f"{path}?lang={tag}"), read(desk, path, **{"Accept-Language": f"{tag}, en;q=0.5"})
        assert chosen.headers["Content-Language"] == asked.headers["Content-Language"] == tag
        assert "Accept-Language" not in chosen.headers.get("Vary", "")
        assert asked.headers["Vary"] == "Accept-Language"
        page = Links(chosen.get_data(as_text=True))
        named = {
            each["hreflang"]: each["href"]
            for each in page.links
            if each.get("rel") == "alternate" and "hreflang" in each
        }
        assert named.keys() == {"x-default", *available()}
        [canonical] = [each["href"] for each in page.links if each.get("rel") == "canonical"]
        assert canonical == named[tag] == f"http://localhost{path}?lang={tag}"
        # The chosen language goes along from page to page.
        inside = [
            each["href"]
            for each in page.links
            if re.fullmatch(r"/(r|c|corrections|search)(/.*|\?.*)?", each.get("href", ""))
        ]
        assert inside
        assert all("lang=" in href for href in inside), inside
    assert read(desk, "/r?lang=xx&utm_source=x").headers["Content-Language"] == "en"


def test_a_source_has_a_record_of_what_is_published(desk: Desk) -> None:
    source, other, page = desk.source(name="Organizers")["id"], desk.source(name="Organisers")["id"], "/s/{}".format
    chain = [{"source_id": source, "directness": "direct"}]
    made = [desk.claim(text=f"Claim number {at}.", attribution=chain)["id"] for at in range(23)]
    assert read(desk, page(source)).status_code == 404  # nothing of it is published
    for claim, status in zip(made, ("refuted", "verified", "unverified"), strict=False):
        if status != "unverified":
            evidence = [{"stance": status.replace("refuted", "refutes").replace("verified", "supports"), "title": "A"}]
            body = {"status": status, "reason": WHY, "evidence": evidence}
            desk.made(f"/v1/claims/{claim}/reviews", body, headers={"If-Match": "*"})
    text = "\n\n".join(f"{{{{claim:{each}}}}}" for each in made[:22])
    published(desk, desk.made("/v1/reports", {"title": "All", "language": "en", "text": text})["id"])
    assert f'href="/s/{source}"' in text_of(desk, f"/c/{made[0]}")
    first = text_of(desk, page(source))
    assert re.findall(r"<b>(\d+)</b> (\w+)", first) == [("20", "unverified"), ("1", "verified"), ("1", "refuted")]
    [more] = [each["href"] for each in Links(first).links if each.get("class") == "more"]
    second = text_of(desk, more)
    shown = [each for told in (first, second) for each in re.findall(r"Claim number \d+", told)]
    assert shown == [f"Claim number {at}" for at in reversed(range(22))]
    assert desk.post(f"/v1/claims/{made[1]}/withdrawal", {"reason": REASON}).status_code == 204
    assert "Claim number 1." not in text_of(desk, more)
    merged = desk.post(f"/v1/sources/{source}/merge", {"into": other, "reason": "One group."}, by="admin")
    assert merged.status_code == 200
    moved = read(desk, f"{page(source)}?lang=fr")
    assert (moved.status_code, moved.headers["Location"]) == (301, f"{page(other)}?lang=fr")
    assert "Organisers" in text_of(desk, page(other))


def test_the_list_of_reports_has_pages(desk: Desk, claim: str) -> None:
    for at in range(22):
        published(desk, report_on(desk, claim, title=f"Report {at}"))
    first = Links(text_of(desk, "/r?lang=fr"))
    [more] = [each["href"] for each in first.links if each.get("class") == "more"]
    second = text_of(desk, more)
    assert ("Report 1<" in second, "Report 0<" in second, 'class="more"' in second) == (True, True, False)
    refused = read(desk, "/r?cursor=abc")
    assert (refused.status_code, refused.headers["Cache-Control"]) == (422, "no-store")


def test_a_search_shows_what_was_checked(desk: Desk, claim: str) -> None:
    decided(desk, claim, "refuted")
    published(desk, report_on(desk, claim))
    text = desk.get(f"/v1/claims/{claim}").json["text"]
    page = text_of(desk, "/search?q=" + quote(text))
    assert f"/c/{claim}" in page
    assert "Checked" in page
    nothing = text_of(desk, "/search?q=" + quote("<script>xylophone</script>"))
    assert "We found nothing like it among what is published here." in nothing
    assert "<script>" not in nothing


# ── For programs ────────────────────────────────────────────────────────────────────────────────────────────────


def test_feeds(desk: Desk, claim: str) -> None:
    report = report_on(desk, claim, title="A \x0b title & more", summary="Short.")
    published(desk, report)
    index = corrected(desk, report, "Counted again", "They were counted again.")
    atom = ElementTree.fromstring(text_of(desk, "/r.atom"))
    [entry] = atom.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}{name}") for name in ("id", "title", "summary")] == [
        f"urn:uuid:{report}", "Counted again", "Short.",
    ]  # fmt: skip
    assert entry.find(f"{ATOM}link").get("href") == f"http://localhost/r/{report}"  # type: ignore[union-attr]
    assert (entry.findtext(f"{ATOM}published") or "") < (entry.findtext(f"{ATOM}updated") or "")
    feed = read(desk, "/r.json?lang=fr")
    assert feed.mimetype == "application/feed+json"
    assert feed.json["version"] == "https://jsonfeed.org/version/1.1"
    assert feed.json["feed_url"] == "http://localhost/r.json?lang=fr"
    assert [each["url"] for each in feed.json["items"]] == [f"http://localhost/r/{report}"]
    corrections = ElementTree.fromstring(text_of(desk, "/corrections.atom"))
    [entry] = corrections.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "Corrected: Counted again"
    assert entry.findtext(f"{ATOM}id") == f"http://localhost/corrections?entry={index}"
    assert entry.findtext(f"{ATOM}summary") == "They were counted again."
    [item] = read(desk, "/corrections.json").json["items"]
    assert item["content_text"] == "They were counted again."


def test_site_maps_and_robots(desk: Desk, claim: str) -> None:
    reports = [report_on(desk, claim, title=f"Report {at}") for at in range(3)]
    for report in reports:
        published(desk, report)
    index = ElementTree.fromstring(text_of(desk, "/sitemap.xml"))
    maps = [urlsplit(each.text or "").path for each in index.iter(f"{MAPS}loc")]
    assert maps == ["/sitemaps/lists.xml", f"/sitemaps/reports/{MONTH}.xml", f"/sitemaps/claims/{MONTH}.xml"]
    listed = []
    for path in maps:
        there = ElementTree.fromstring(text_of(desk, path))
        listed += [urlsplit(each.text or "").path for each in there.iter(f"{MAPS}loc")]
    assert sorted(listed) == sorted(["/r", "/corrections", f"/c/{claim}", *(f"/r/{report}" for report in reports)])
    for month in ("2020-01", "2026-13", "0000-01", "9999-12", "x", "٢٠٢٦-11"):
        assert read(desk, f"/sitemaps/claims/{month}.xml").status_code == 404, month
    news = ElementTree.fromstring(text_of(desk, "/news-sitemap.xml"))
    assert len(list(news.iter(f"{NEWS}news"))) == 3
    assert {each.text for each in news.iter(f"{NEWS}language")} == {"en"}
    robots = text_of(desk, "/robots.txt").splitlines()
    assert robots[0] == "User-agent: *"
    assert "Disallow: /" in robots
    assert robots[-2:] == ["Sitemap: http://localhost/sitemap.xml", "Sitemap: http://localhost/news-sitemap.xml"]


def test_a_page_can_be_embedded_by_its_address(desk: Desk, claim: str) -> None:
    report = report_on(desk, claim, title='A "title"')
    published(desk, report)
    page = Links(text_of(desk, f"/r/{report}"))
    [address] = [each["href"] for each in page.links if each.get("type") == "application/json+oembed"]
    told = read(desk, address.removeprefix("http://localhost")).json
    assert (told["type"], told["version"], told["width"], told["height"]) == ("rich", "1.0", 600, 320)
    assert told["title"] == 'A "title"'
    assert f'src="http://localhost/r/{report}/card"' in told["html"]
    small = read(desk, f"/oembed?url=http://localhost/r/{report}&maxwidth=300&maxheight=9999").json
    assert (small["width"], small["height"]) == (300, 320)
    xml = ElementTree.fromstring(text_of(desk, f"/oembed?url=http://localhost/c/{claim}&format=xml"))
    assert xml.findtext("type") == "rich"
    for query, status in (
        ("url=http://elsewhere.example/r/" + report, 404), ("url=http://localhost/reports/" + report, 404), ("", 404),
        (f"url=http://localhost/r/{report}&format=png", 501), (f"url=http://localhost/r/{report}&maxwidth=0", 422),
        (f"url=http://localhost/r/{report}&maxwidth=%C2%B2", 422), ("url=http://[", 404),
    ):  # fmt: skip
        assert read(desk, f"/oembed?{query}").status_code == status, query
    card = read(desk, f"/r/{report}/card")
    assert "frame-ancestors *" in card.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in read(desk, f"/r/{report}").headers["Content-Security-Policy"]


def size_of(png: bytes) -> tuple[int, int]:
    """Return width and height of a PNG (W3C PNG, section 11.2.1)."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def test_a_link_is_shown_with_a_picture(desk: Desk, claim: str, monkeypatch: pytest.MonkeyPatch) -> None:
    decided(desk, claim, "refuted")
    report = report_on(desk, claim, title="\u202eمليون شخص <b>&\x07")
    published(desk, report)
    for path in (f"/r/{report}", f"/c/{claim}"):
        picture = read(desk, f"{path}/card.png")
        assert (picture.status_code, picture.mimetype, size_of(picture.data)) == (200, "image/png", (1200, 630))
        page = Links(text_of(desk, path))
        assert page.meta["og:image"] == f"http://localhost{path}/card.png"
        assert page.meta["twitter:card"] == "summary_large_image"
    monkeypatch.setattr(pictures, "has_fonts", lambda: False)
    assert "og:image" not in Links(text_of(desk, path)).meta
    assert read(desk, f"{path}/card.png").status_code == 404


def test_a_picture_has_each_word_of_a_title_in_its_size() -> None:
    short, long = (
        pictures.svg(title, "The desk", "False", "refuted") for title in ("How many", "How many people " * 9)
    )
    assert ('font-size="68"' in short, 'font-size="68"' in long, long.count("people")) == (True, False, 9)
    assert "…" in pictures.svg("How many people " * 99, "The desk", None, None)
    left = pictures.svg("مليون شخص", "The desk", None, None)
    assert (left.count('text-anchor="end"'), 'x="72"' in left) == (1, True)  # the desk's name runs to the right
    assert pictures.has_fonts()
    assert pictures.png("x", "y") != pictures.png("z", "y")


def test_a_theme_is_a_style_sheet_and_a_logo(desk: Desk, tmp_path: Path) -> None:
    assert (read(desk, "/theme/theme.css").status_code, read(desk, "/theme/logo").status_code) == (404, 404)
    themed = desk.with_settings(site_theme=str(tmp_path))
    assert "/theme/theme.css" not in text_of(themed, "/r")
    (tmp_path / "theme.css").write_text(":root { --link: #a00; }")
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    page = text_of(themed, "/r")
    assert ('href="/theme/theme.css"' in page, 'src="/theme/logo"' in page) == (True, True)
    style, logo = read(themed, "/theme/theme.css"), read(themed, "/theme/logo")
    assert (style.mimetype, logo.mimetype, logo.data) == ("text/css", "image/png", b"\x89PNG")


# ── Caches ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_is_shared_and_a_reload_makes_a_new_one(desk: Desk, claim: str) -> None:
    report = report_on(desk, claim)
    published(desk, report)
    path = f"/r/{report}"
    first = desk.get(path, by=None)
    corrected(desk, report, "Counted again", "They were counted again.")
    assert desk.get(path, by=None).data == first.data  # within the second
    again = read(desk, path)
    assert "Counted again" in again.get_data(as_text=True)
    assert desk.get(path, by=None).data == again.data  # what a reload made is given to others
    assert again.headers["ETag"] != first.headers["ETag"]


def test_who_has_an_answer_gets_none(desk: Desk, claim: str) -> None:
    report = report_on(desk, claim)
    published(desk, report)
    for path in ("/r", f"/r/{report}", "/r.atom", "/robots.txt"):
        etag = read(desk, path).headers["ETag"]
        for headers in ({}, FRESH):  # shared, and made
            unchanged = desk.get(path, by=None, headers={"If-None-Match": etag, **headers})
            assert (unchanged.status_code, unchanged.data, unchanged.headers["ETag"]) == (304, b"", etag)
            assert unchanged.headers["Cache-Control"] == "public, max-age=60"
    assert desk.get("/r", by=None).status_code == 200  # one who had it spoils nothing for others


def test_shared_answers_are_told_apart(desk: Desk, claim: str) -> None:
    published(desk, report_on(desk, claim))
    assert desk.get("/r", by=None).headers["Content-Language"] == "en"
    assert desk.get("/r", by=None, headers={"Accept-Language": "ar"}).headers["Content-Language"] == "ar"
    assert desk.get("/r?lang=fr", by=None).headers["Content-Language"] == "fr"
    other = desk.get("/r", by=None, headers={"Host": "other.example"}).get_data(as_text=True)
    assert ("http://other.example/r" in other, "http://localhost/r" in other) == (True, False)
    assert desk.get("/c/x", by=None).status_code == 404
    assert desk.request("HEAD", "/r", by=None).status_code == 200
    assert desk.post("/r", {}, by=None).status_code in (401, 405)


def test_what_other_sites_add_to_a_link_changes_nothing(desk: Desk, claim: str) -> None:
    published(desk, report_on(desk, claim))
    plain = desk.get("/r", by=None)
    assert desk.get("/r?utm_source=x&fbclid=y", by=None).data == plain.data
    assert desk.get("/r?utm_source=x", by=None, headers=FRESH).data == plain.data


def test_a_large_answer_is_not_shared(desk: Desk, claim: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("factcheck.web.edge.shared.LARGEST", 100)
    report = report_on(desk, claim)
    published(desk, report)
    first = desk.get(f"/r/{report}", by=None)
    corrected(desk, report, "Counted again", "They were counted again.")
    assert desk.get(f"/r/{report}", by=None).data != first.data


def test_shared_answers_count_against_the_limit(desk: Desk, claim: str) -> None:
    limited = desk.with_settings(rate_limit="3/minute")
    answers = [limited.get("/r", by=None) for _ in range(5)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429, 429]
    assert [len(each.headers.getlist("RateLimit")) for each in answers] == [1, 1, 1, 1, 1]
    assert answers[-1].headers["Retry-After"].isdigit()
    assert answers[0].headers["Vary"] == "Accept-Language"


def test_refusals_are_not_shared(desk: Desk, claim: str) -> None:
    report = report_on(desk, claim)
    assert desk.get(f"/r/{report}", by=None).status_code == 404
    published(desk, report)
    assert desk.get(f"/r/{report}", by=None).status_code == 200


def test_a_site_with_nothing_published(desk: Desk) -> None:
    for path in (
        "/r",
        "/corrections",
        "/r.atom",
        "/corrections.json",
        "/sitemap.xml",
        "/news-sitemap.xml",
        "/search?q=a",
    ):
        assert text_of(desk, path), path
