"""Web pages as imports: their blocks of JSON-LD are found, in one pass, and nothing else is."""

import json
import time

import pytest

from factcheck.formats import web_page
from tests.desk import Desk
from tests.importing import HTML, LD_JSON, imported, notices, outcomes, the_claim
from tests.test_foreign_reviews import CLEAN, claims
from tests.test_imports import counts

BLOCK = json.dumps(CLEAN).encode()
GRAPH = json.dumps(
    {"@graph": [CLEAN | {"claimReviewed": "Caf&eacute; &amp; moon </script >".replace("</script >", "")},
                {"@type": "WebPage", "name": "x"}]}
).encode()  # fmt: skip
PAGE = (
    b'<!DOCTYPE html><html lang=en><head><title><script type="application/ld+json">{"a": </script></title>'
    b'<!-- <script type="application/ld+json">{"@type": "ClaimReview"}</script> -->'
    b"<style>a::after { content: '<script type=\"application/ld+json\">{</script>' }</style>"
    b'<script type="application/ld+json" data-x="a>b">' + BLOCK + b"</script>"
    b'<script>document.write("<script type=application/ld+json>{");</script>'
    b"<SCRIPT class=x TYPE='application/ld&#43;json; charset=utf-8'>\n<!--\n" + GRAPH + b"\n-->\n</SCRIPT >"
    b'<script type="application/json">{"@type": "ClaimReview", "claimReviewed": "No."}</script>'
    b'<script type="application/ld+json">{"@type": "BreadcrumbList"}</script>'
    b"</head><body><p>A &lt; B</body></html>"
)


@pytest.mark.parametrize("form", [HTML, f"{HTML}; charset=iso-8859-1", LD_JSON])
def test_a_page_is_read_for_its_reviews(desk: Desk, form: str) -> None:
    results = imported(desk, PAGE, form)
    assert set(outcomes(results)) == {"added"}
    assert {each["line"] for each in results} == {1, 2}
    assert {claim["text"] for claim in claims(desk)} == {"The moon is hollow.", "Café & moon"}
    assert set(outcomes(imported(desk, b"\xef\xbb\xbf \n" + PAGE, form))) == {"unchanged"}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_page_in_utf_16_is_a_page(desk: Desk, encoding: str) -> None:
    raw = ("\ufeff<html><script type=application/ld+json>" + json.dumps(CLEAN) + "</script>").encode(encoding)
    assert outcomes(imported(desk, raw, LD_JSON)) == ["added"] * 4


def test_a_page_without_reviews_is_refused_once(desk: Desk) -> None:
    before = counts(desk.database)
    for page in (b"<p>Nothing.</p>", b"<html>", b"<", b"<script type=application/ld+json>{}", b"<script type='"):
        [result] = imported(desk, page, HTML)
        assert (result["result"], result["line"]) == ("refused", 1)
        assert "The page has no ClaimReview" in result["problem"]["detail"]
    broken = b"<script type=application/ld+json>{</script><script type=application/ld+json>" + BLOCK + b"</script>"
    assert counts(desk.database) == before
    assert outcomes(imported(desk, broken, HTML)) == ["refused", *["added"] * 4]


def test_a_page_in_another_encoding_is_read_and_told(desk: Desk) -> None:
    text = json.dumps(CLEAN | {"claimReviewed": "Le café est fermé."}, ensure_ascii=False)
    page = f'<meta charset="iso-8859-1"><script type="application/ld+json">{text}</script>'.encode("latin-1")
    results = imported(desk, page, HTML)
    assert the_claim(desk, results)["text"] == "Le café est fermé."
    assert notices(results) == {"": "The page was read in iso-8859-1, as it is not UTF-8."}


@pytest.mark.parametrize("name", ["punycode", "idna", "unicode_escape", "utf-7", "hex", "iso-8859-12", "none", "rot13"])
def test_what_is_no_encoding_of_pages_is_none_here(name: str) -> None:
    raw = f'<meta charset="{name}">caf\u00e9'.encode("latin-1")
    page = web_page.decoded(raw + b"+\\x41-" * 10)
    assert page.text.startswith(f'<meta charset="{name}">café+\\x41-')
    assert page.told == "The page was read in windows-1252, as it is not UTF-8."


def test_scripts_in_scripts() -> None:
    """As HTML has it (13.2.5.17): in a comment in a script, another script is text."""
    inside = '"<!-- <script> </script> -->"'
    assert list(web_page.blocks(f"<script type=application/ld+json>[{inside}]</script>")) == [f"[{inside}]"]
    assert list(web_page.blocks("<script type='application/ld+json'>1</scripty></script>")) == ["1</scripty>"]
    assert list(web_page.blocks("<scripty type='application/ld+json'>1</script>")) == []
    assert list(web_page.blocks("<script type=application/ld+json>1")) == []
    assert list(web_page.blocks('<script data-type="application/ld+json">1</script>')) == []
    assert list(web_page.blocks("""<script data-x="type='application/ld+json'" type=module>1</script>""")) == []
    many = "<script type=application/ld+json>1</script>" * 1500
    assert len(list(web_page.blocks(many))) == web_page.BLOCKS


NASTY = (
    "<script ",
    '<script a="',
    "<script type=",
    "<!--",
    "<!-->",
    "<script>",
    "<script><!--<script>",
    "</script",
    "<style>",
    '<script type="application/ld+json">{}',
    "<script a='b'c=\"d",
    "<",
    "<title>",
    "<script/",
    "<script type = ",
)


@pytest.mark.parametrize("piece", NASTY)
def test_a_nasty_page_takes_no_time(piece: str) -> None:
    page = piece * (1_000_000 // len(piece))
    begun = time.process_time()
    list(web_page.blocks(page))
    web_page.decoded(b"\xff" + page.encode())
    assert time.process_time() - begun < 1
