"""A new article from its URL: the text is shown beside the fields, corrected, and saved; its page is shown apart."""

import gzip
import zlib
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from factcheck.inspection import replay
from factcheck.log.verification import Progress
from factcheck.settings import Settings
from factcheck.storage.archive.folders import FolderArchive
from tests.desk import SECRET, Desk
from tests.forms import Visitor
from tests.outlet_pages import OUTLETS
from tests.outlets import Page, Site, serving, to

STORY = OUTLETS[0]


@pytest.fixture
def fetching(migrated_url: str) -> Iterator[Desk]:
    """A desk that may fetch from loopback."""
    desk = Desk(Settings(database_url=migrated_url, secret_key=SECRET, outbound_allow="127.0.0.1/32"))
    yield desk
    desk.close()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    html = STORY.html.replace("</h1>", "</h1><script>alert('the page')</script>")
    with serving({"/story": Page(html.encode())}) as found:
        yield found


def captured(visitor: Visitor, url: str) -> str:
    """Send a URL, and return where that leads to."""
    answer = visitor.send("/articles/captures", {"url": url}, on="/articles/new")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.headers["Location"])


def test_a_page_becomes_an_article_that_a_person_has_checked(fetching: Desk, site: Site) -> None:
    visitor = Visitor(fetching, "contributor")
    there = captured(visitor, site.url("/story"))
    shown = visitor.get(there).get_data(as_text=True)
    assert shown.count("The river authority said on Tuesday") == 2  # in the field, and beside it
    assert "alert(" not in shown
    fields = visitor.fields(there, "/articles")
    assert (fields["title"], fields["author"], fields["published_on"]) == (STORY.title, "Tom Ashdown", "2026-03-17")
    assert (fields["url"], fields["outlet"]) == (site.url("/story"), "The Low Bridge Courier")
    # A new outlet is made, the author is cleared, the text is corrected.
    corrected = {"author": "", "text": fields["text"].replace("late", "too late"), "outlet_kind": "outlet"}
    saved = visitor.send("/articles", corrected, on=there)
    assert saved.status_code == 303, saved.get_data(as_text=True)
    [article] = fetching.get("/v1/articles").json["items"]
    assert (article["author"], article["outlet"]["name"]) == (None, "The Low Bridge Courier")
    assert saved.headers["Location"] == f"/articles/{article['id']}"
    [snapshot] = fetching.get(article["links"]["snapshots"]).json["items"]
    assert (snapshot["capture_id"], snapshot["corrected"]) == (there.rpartition("=")[2], ["author", "text"])
    capture = visitor.get(f"/captures/{snapshot['capture_id']}").get_data(as_text=True)
    assert f'href="/v1/captures/{snapshot["capture_id"]}/warc" download' in capture
    assert f'href="/articles/{article["id"]}"' in capture
    assert visitor.get(f"/v1/captures/{snapshot['capture_id']}/warc").status_code == 200
    with fetching.database.reading_one_moment() as connection, Session(connection) as session:
        assert [each for some in replay.replayed(session, Progress()) for each in some] == []


def test_a_page_that_cannot_be_fetched_says_why_and_leaves_the_form(fetching: Desk, site: Site) -> None:
    visitor = Visitor(fetching, "contributor")
    for url, why in ((site.url("/gone"), "status 404"), ("http://10.0.0.1/", "public addresses only")):
        shown = visitor.get(captured(visitor, url)).get_data(as_text=True)
        assert "The page was not captured:" in shown
        assert why in shown
        assert visitor.fields("/articles/new", "/articles")["title"] == ""
    refused = visitor.send("/articles/captures", {"url": "nothing"}, on="/articles/new")
    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.get_data(as_text=True)


def test_captures_are_for_members(fetching: Desk, site: Site) -> None:
    there = captured(Visitor(fetching, "contributor"), site.url("/story"))
    public = fetching.with_settings(public_read=True)
    for path in (there, f"/captures/{there.rpartition('=')[2]}"):
        answer = Visitor(public, None).get(path)
        assert "The river authority" not in answer.get_data(as_text=True), path
    reader = Visitor(fetching, "reader")
    refused = reader.send("/articles/captures", {"url": site.url("/story")}, on="/articles/new")
    assert refused.status_code == 403
    assert len(fetching.get("/v1/captures").json["items"]) == 1


def test_a_newer_text_is_fetched_from_the_articles_url(fetching: Desk) -> None:
    visitor = Visitor(fetching, "contributor")
    with serving({"/story": Page(STORY.body)}) as site:
        there = captured(visitor, site.url("/story"))
        saved = visitor.send("/articles", {"outlet": ""}, on=there).headers["Location"]
        form = f"{saved}/snapshots/new"
        same = visitor.send(f"{saved}/snapshots", {}, on=form)
        assert same.headers["Location"] == f"{saved}?said=same"
        site.pages = {"/story": Page(STORY.html.replace("eleven weeks", "twelve weeks").encode())}
        newer = visitor.send(f"{saved}/snapshots", {}, on=form)
        assert newer.headers["Location"] == f"{saved}/compare/1/2"
        site.pages = {}
        gone = visitor.send(f"{saved}/snapshots", {}, on=form)
        assert "status 404" in visitor.get(gone.headers["Location"]).get_data(as_text=True)
    [first, second] = fetching.get(f"/v1{saved}/snapshots").json["items"]
    assert first["capture_id"] != second["capture_id"]


def test_the_page_itself_is_shown_as_a_page_of_no_site(fetching: Desk) -> None:
    polish = STORY.html.replace("</h1>", " — zażółć</h1>").replace("<head>", "<head><meta charset=iso-8859-2>")
    encoded = polish.replace("\u2014", "-").encode("iso-8859-2", "xmlcharrefreplace")
    pages = {
        "/story": Page(STORY.body),
        "/packed": Page(gzip.compress(STORY.body), headers=(("Content-Encoding", "gzip"),)),
        "/members": Page(
            gzip.compress(STORY.body[:99]) + gzip.compress(STORY.body[99:]), headers=(("Content-Encoding", "X-Gzip"),)
        ),
        "/twice": Page(zlib.compress(gzip.compress(STORY.body)), headers=(("Content-Encoding", "gzip, deflate"),)),
        "/chunked": Page(
            b"%x\r\n%b\r\n0\r\n\r\n" % (len(STORY.body), STORY.body), headers=(("Transfer-Encoding", "Chunked"),)
        ),
        "/moved": to("/packed"),
        "/polish": Page(encoded, "text/html"),
        "/plain": Page(STORY.text.encode(), "text/plain; charset=utf-8"),
    }
    visitor = Visitor(fetching, "contributor")
    with serving(pages) as site:
        for path, expected in (
            ("/story", STORY.html), ("/moved", STORY.html), ("/polish", encoded.decode("iso-8859-2")),
            ("/plain", STORY.text), ("/members", STORY.html), ("/twice", STORY.html), ("/chunked", STORY.html),
        ):  # fmt: skip
            made = fetching.made("/v1/captures", {"url": site.url(path)})
            answer = visitor.get(f"/captures/{made['id']}/original")
            assert answer.status_code == 200, path
            assert answer.get_data().decode() == expected
            [policy] = answer.headers.getlist("Content-Security-Policy")
            assert {*policy.split("; ")} >= {"sandbox", "default-src 'none'", "frame-ancestors 'self'"}
            assert answer.headers.getlist("Cross-Origin-Opener-Policy") == ["unsafe-none"]
            assert answer.headers.getlist("X-Content-Type-Options") == ["nosniff"]
            kind = "text/plain" if path == "/plain" else "text/html"
            assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
            shown = visitor.get(f"/captures/{made['id']}").get_data(as_text=True)
            assert f'src="/captures/{made["id"]}/original"' in shown


def test_a_page_of_another_kind_is_a_download(fetching: Desk) -> None:
    paper = next(each for each in OUTLETS if each.media_type == "application/pdf")
    visitor = Visitor(fetching, "contributor")
    with serving({"/paper": Page(paper.body, paper.media_type)}) as site:
        made = fetching.made("/v1/captures", {"url": site.url("/paper")})
    answer = visitor.get(f"/captures/{made['id']}/original")
    assert answer.get_data() == paper.body
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{made["id"]}.pdf"'
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert "<iframe" not in visitor.get(f"/captures/{made['id']}").get_data(as_text=True)


def test_a_page_that_is_gone_or_damaged_is_not_shown(fetching: Desk, site: Site) -> None:
    made = fetching.made("/v1/captures", {"url": site.url("/story")})
    there = f"/captures/{made['id']}/original"
    assert "The river authority" not in Visitor(fetching.with_settings(public_read=True), None).get(there).get_data(
        True
    )
    visitor = Visitor(fetching, "contributor")
    archive: FolderArchive = fetching.app.extensions["factcheck.camera"].archive
    [file] = archive.folder.rglob("*.warc.gz")
    content = file.read_bytes()
    file.write_bytes(content[:-1])
    for path in (there, made["links"]["warc"]):
        answer = visitor.get(path)
        assert answer.status_code == 503, path
        assert "another SHA-256" in answer.get_data(as_text=True)
    file.unlink()
    assert "not in the archive" in visitor.get(there).get_data(as_text=True)
    file.write_bytes(content)
    assert visitor.get(there).status_code == 200
    fetching.post(f"{made['links']['self']}/redaction", {"reason": "Asked by law."}, by="admin")
    gone = visitor.get(there)
    assert (gone.status_code, "redacted" in gone.get_data(as_text=True)) == (404, True)
