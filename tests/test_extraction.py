"""What is extracted from pages, in which encoding, and that no page takes much time or memory."""

import io
import re
import time
from collections import Counter

import pytest
from pypdf import PdfWriter

from factcheck.extraction import charsets, days, linked_articles, reading, running, values, web_pages
from factcheck.extraction.charsets import decoded
from factcheck.extraction.running import Extract, extract
from factcheck.rules.web.fetches import Failure
from tests.outlet_pages import OUTLETS
from tests.pdfs import pdf

URL = "https://www.news.example/a/story.html"


def here(raw: bytes, media_type: str, url: str = URL) -> Extract:
    """Read a page as the process of its own does, in this one."""
    return Extract(**reading.found(raw, media_type, url))


def test_pages_of_outlets_are_read() -> None:
    scores, seconds, wrong = {}, {}, Counter[str]()
    for outlet in OUTLETS:
        began = time.process_time()
        found = here(outlet.body, outlet.media_type, outlet.url)
        seconds[outlet.name] = time.process_time() - began
        scores[outlet.name] = outlet.score(found.text)
        wrong["title"] += found.title != outlet.title
        wrong["date"] += found.published_on != outlet.published_on
        assert (outlet.name, found.failure, found.language) == (outlet.name, None, outlet.language)
        assert outlet.author in (None, found.author), outlet.name
        assert outlet.outlet in (None, found.outlet), outlet.name
    assert len(scores) == len(OUTLETS) == 60
    assert len({outlet.language[:2] for outlet in OUTLETS}) >= 12
    assert sum(scores.values()) / 60 >= 0.98, scores
    assert min(scores.values()) >= 0.9, scores
    assert wrong["title"] <= 1
    assert wrong["date"] == 0
    assert max(seconds.values()) < 3, seconds


def test_the_heaviest_page_fits_into_the_memory_of_the_process_of_its_own() -> None:
    outlet = max(OUTLETS, key=lambda each: len(each.body))
    assert len(outlet.body) > 300_000
    found = extract(outlet.body, outlet.media_type, outlet.url)
    assert found == here(outlet.body, outlet.media_type, outlet.url)
    assert (found.failure, found.title) == (None, outlet.title)


def test_a_day_is_published_only_where_a_whole_day_is_said() -> None:
    for line, day in (
        ("Stand: 3. Oktober 2021", "2021-10-03"), ("2021年10月3日", "2021-10-03"), ("© 2021", None),
        ("2021年13月3日", None), ("In 2021 gab es 14 Fälle, in 2019 keinen", None),
    ):  # fmt: skip
        html = f"<html><body><p>{line}</p><p>Ein Satz, in dem das Jahr 2019 steht.</p></body></html>"
        assert (line, here(html.encode(), "text/html").published_on) == (line, day)


def test_only_articles_below_the_pages_own_are_left_out() -> None:
    own, other = (
        f"<article><h1>{each}</h1><p>A sentence about the {each}.</p></article>" for each in ("river", "hill")
    )
    for order, told, kept in (
        (own + other, "river", ["river"]), (other + own, "river", ["hill", "river"]),
        (own + other, "sea", ["river", "hill"]),
    ):  # fmt: skip
        head = f'<head><meta property="og:title" content="{told}"></head>'
        text = here(f"<html>{head}<body>{order}</body></html>".encode(), "text/html").text or ""
        assert [each for each in ("river", "hill") if f"about the {each}" in text] == sorted(kept, reverse=True), told


@pytest.mark.parametrize(("raw", "header", "text", "charset"), [
    ("Zürich".encode(), "text/html; charset=iso-8859-1", "Zürich", "utf-8"),
    ("Zürich".encode("cp1252"), "text/html; charset=ISO-8859-1", "Zürich", "cp1252"),
    ("“Zürich”".encode("cp1252"), "text/html; charset=latin1", "“Zürich”", "cp1252"),
    (b'<meta charset="windows-1251">' + "Москва".encode("cp1251"), "text/html; charset=utf-8",
     '<meta charset="windows-1251">Москва', "windows-1251"),
    (b"\xef\xbb\xbf" + "Zürich".encode(), "text/html; charset=koi8-r", "Zürich", "utf-8"),
    ("\ufeffZürich".encode("utf-16-le"), "text/html", "Zürich", "utf-16"),
    ("\ufeffZürich".encode("utf-16-be"), "text/html; charset=utf-8", "Zürich", "utf-16"),
    ("東京都".encode("cp932"), 'text/html; charset="Shift_JIS"', "東京都", "cp932"),
    (b"plain", "text/html", "plain", "utf-8"),
    (b"plain", "text/html; charset=no-such", "plain", "utf-8"),
    ("é".encode() * 3000 + b"\xffa", "text/html; charset=utf-8", "é" * 3000 + "\ufffda", "utf-8"),
])  # fmt: skip
def test_the_encoding_is_the_first_that_fits(raw: bytes, header: str, text: str, charset: str) -> None:
    assert decoded(raw, header) == (text, charset)


def test_an_encoding_that_nobody_says_is_guessed() -> None:
    for text, name in (
        ("Die Stadt Zürich lässt über Nacht die Straßen räumen, und für die Bürger bleibt es ruhig.", "cp1252"),
        ("Городской совет отложил решение о закрытии трамвайной линии до конца февраля.", "cp1251"),
    ):
        for header in ("text/html", "text/html; charset=utf-8"):
            assert decoded(text.encode(name), header)[0] == text


@pytest.mark.parametrize("name", ["zip", "hex", "rot13", "idna", "undefined", "utf-7", "base64", "unicode_escape"])
def test_a_codec_that_is_no_encoding_does_no_harm(name: str) -> None:
    text, charset = decoded(
        b"Z\xfcrich ist eine Stadt, und viele M\xfcnchner leben dort.", f"text/html; charset={name}"
    )
    assert text.startswith("Z")
    assert charset


def test_plain_text_and_pdf_are_read() -> None:
    text = here("Überschrift\r\n\r\nUnd der Text, der nicht lang ist.".encode(), "text/plain", URL)
    assert (text.title, text.text, text.language) == (
        "Überschrift", "Überschrift\n\nUnd der Text, der nicht lang ist.", "de",
    )  # fmt: skip
    found = here(pdf("The barrier opens late, and nobody knows why it is."), "application/pdf", URL)
    assert (found.failure, found.text) == (None, "The barrier opens late, and nobody knows why it is.")
    assert found.title == "A report"
    by_its_bytes = here(pdf("Words of a file."), "application/octet-stream", URL)
    assert by_its_bytes.text == "Words of a file."


@pytest.mark.parametrize(("raw", "media_type", "failure"), [
    (b"\x89PNG\r\n", "image/png", Failure.NOT_TEXT), (b"{}", "application/json", Failure.NOT_TEXT),
    (b"\0\0", "", Failure.NOT_TEXT), (b"", "text/html", Failure.NO_TEXT), (b"  \n", "text/plain", Failure.NO_TEXT),
    (b"<html><body></body></html>", "text/html", Failure.NO_TEXT),
    (b"<html><script>var a = 1</script>", "text/html", Failure.NO_TEXT),
    (b"%PDF-1.7\nnonsense", "application/pdf", Failure.NOT_TEXT), (b"a" * 1_000_001, "text/plain", Failure.TOO_LARGE),
])  # fmt: skip
def test_what_has_no_text_is_refused_with_its_reason(raw: bytes, media_type: str, failure: Failure) -> None:
    found = here(raw, media_type)
    assert (found.failure, found.text) == (failure, None)
    assert found.detail


@pytest.mark.parametrize("raw", [
    b"<html><body>" + b"<div>" * 1_000_000 + b"<p>text",
    b"<html><body>" + b"<div>" * 399_000 + b"<p>text",
    b"<html><body><p title='" + b"a" * 19_000_000 + b"'>text and text</p>",
    b"<html><body>" + b"<p>a paragraph of several words</p>" * 190_000,
    b'<script type="application/ld+json">' + b"[" * 1_000_000,
], ids=["nested", "just-under", "attribute", "many", "json"])  # fmt: skip
def test_a_hostile_page_takes_little(raw: bytes) -> None:
    began = time.monotonic()
    found = extract(raw, "text/html", URL)
    assert time.monotonic() - began < running.STARTING + running.WORKING
    assert found.failure in (Failure.TOO_COMPLEX, Failure.NO_TEXT, Failure.TOO_LARGE, None)
    assert found.failure is None or found.detail


@pytest.mark.parametrize("kind", ["text/html", "application/xhtml+xml"])
def test_no_entity_of_a_page_is_read(kind: str) -> None:
    """Neither a file that it names nor what it doubles again and again is in the text."""
    doubled = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    page = (
        f'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY file SYSTEM "file://{__file__}"><!ENTITY e0 "laugh">{doubled}]>'
        "<html><body><article><p>One sentence stands here.</p><p>&file; &e9;</p></article></body></html>"
    )
    found = here(page.encode(), kind)
    assert "One sentence stands here" in (found.text or "")
    assert len(found.text or "") < 1000
    assert "import" not in (found.text or "")


def test_no_pattern_takes_long() -> None:
    """100,000 characters that begin as what is looked for, and do not end so."""
    modules = (charsets, days, linked_articles, values, web_pages)
    patterns = [each for module in modules for each in vars(module).values() if isinstance(each, re.Pattern)]
    assert len(patterns) >= 10
    for begin in (
        "<p ",
        "<a ",
        "</",
        "<meta ",
        "<?xml ",
        "charset = ",
        "\n ",
        "2 0 2 5 年 1 ",
        "a-",
        "aaaaaaaa-",
        "0" * 9,
        "20",
    ):
        text = begin * (100_000 // len(begin))
        for each in patterns:
            began = time.process_time()
            each.sub("", text if isinstance(each.pattern, str) else text.encode())  # type: ignore[call-overload]
            assert time.process_time() - began < 1, (each, begin)


def test_the_process_of_its_own_gives_the_same() -> None:
    outlet = OUTLETS[1]
    found = extract(outlet.body, outlet.media_type, URL)
    assert found == here(outlet.body, outlet.media_type)
    assert (found.title, found.charset) == (outlet.title, "cp1252")


def test_a_page_that_takes_too_long_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "WORKING", 0.001)
    found = extract(b"<html><body>" + b"<p>a paragraph of several words</p>" * 100_000, "text/html", URL)
    assert (found.failure, found.text) == (Failure.TOO_COMPLEX, None)


def test_only_an_address_of_the_same_site_is_the_pages_own() -> None:
    for href, canonical in (
        ("/b", "https://www.news.example/b"), ("https://news.example/b?c=1", "https://news.example/b?c=1"),
        ("https://elsewhere.example/b", None), ("javascript:alert(1)", None), ("http://[", None),
    ):  # fmt: skip
        html = (
            f'<html><head><link rel="canonical" href="{href}"></head><body><p>A text with some words.</p></body></html>'
        )
        assert here(html.encode(), "text/html").canonical_url == canonical, href


def test_a_pdf_with_a_password_or_without_a_text_layer_says_so() -> None:
    pictures, locked = PdfWriter(), PdfWriter(io.BytesIO(pdf("secret words")))
    pictures.add_blank_page(200, 200)
    locked.encrypt("password", algorithm="RC4-128")
    for writer, failure in ((pictures, Failure.NO_TEXT), (locked, Failure.NOT_TEXT)):
        out = io.BytesIO()
        writer.write(out)
        assert here(out.getvalue(), "application/pdf").failure == failure
