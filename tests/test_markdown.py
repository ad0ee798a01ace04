"""Markdown as HTML: nothing but text and links comes through, in a bounded time."""

from time import perf_counter

import pytest

from factcheck.formats.markdown import html
from factcheck.rules.names.mentions import candidates, places

LINK = 'rel="noreferrer noopener nofollow"'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**So** *it* `is`.", "<p><strong>So</strong> <em>it</em> <code>is</code>.</p>\n"),
        ("one\ntwo", "<p>one<br>\ntwo</p>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>\n"),
        ("# Head", "<p># Head</p>\n"),
        ("<b onclick=x>a</b>", "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>\n"),
        ("<script>x</script>\n\na", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n<p>a</p>\n"),
        ("[a](javascript:x)", "<p>[a](javascript:x)</p>\n"),
        ("[a](mailto:x@y.example)", f"<p><a {LINK}>a</a></p>\n"),
        ("![a](https://e.example/a.png)", f'<p>!<a href="https://e.example/a.png" {LINK}>a</a></p>\n'),
        ("See https://e.example/a?b=c&d.", f'<p>See <a href="https://e.example/a?b=c&amp;d" {LINK}>'
         "https://e.example/a?b=c&amp;d</a>.</p>\n"),
        ("`https://e.example/`", "<p><code>https://e.example/</code></p>\n"),
        ("Is it, @ama  MENSAH?", '<p>Is it, <b class="mention">@ama  MENSAH</b>?</p>\n'),
        ("me@ama mensah, @Ama Mensahs", "<p>me@ama mensah, @Ama Mensahs</p>\n"),
    ],
)  # fmt: skip
def test_nothing_but_text_and_links_comes_through(text: str, shown: str) -> None:
    assert html(text, {"ama mensah"}) == shown


@pytest.mark.parametrize(
    "piece", ["[", "[a](", "*a ", "_a*", ">", "- ", "`a", "@a ", "@", "![[", "<a ", "http://a ", "&"]
)
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (10_000 // len(piece))
    begun = perf_counter()
    html(text, {"a b"})
    candidates(text)
    assert perf_counter() - begun < 5  # a tenth of a second for the worst, on a machine that does nothing else


def test_the_longest_name_is_mentioned() -> None:
    text = "@Ama, ask @Ama Mensah and\n@ama mensah-Jones, not @Amadou or x@Ama."
    names = {"ama", "ama mensah", "ama mensah-jones"}
    assert [text[begin:end] for begin, end, _ in places(text, names)] == ["@Ama", "@Ama Mensah", "@ama mensah-Jones"]
    assert {"ama", "ama mensah", "ama mensah-jones", "amadou"} <= candidates(text)
