# ruff: noqa: E501
"""Pages of outlets that make it hard: what machines are told is wrong, the title is no heading, other texts stand close by."""

from html import escape

from tests.outlet_templates import (
    banner,
    blocks,
    comments,
    foot,
    linked,
    menu,
    more,
    news,
    page,
    person,
    published,
    shared,
)
from tests.outlet_texts import TEXTS, Text


def others_first(text: Text) -> str:
    """JSON-LD of other articles, before that of the page's own."""
    others = [{"@context": "https://schema.org", "@type": "NewsArticle", "headline": each, "datePublished": "2019-05-05", "url": f"https://www.news.example/{n}"}
              for n, each in enumerate(text.words["more"][1:])]  # fmt: skip
    blocks_of_others = "".join(linked(**{str(name): value for name, value in each.items()}) for each in others)
    return page(
        text,
        blocks_of_others + news(text, url="https://www.news.example/a/story.html"),
        f"{menu(text)}<article><h1>{text.title}</h1>{blocks(text)}</article>{more(text)}{foot(text)}",
    )


def others_in_graph(text: Text) -> str:
    """The same in one graph, without any URL; the heading is what says which one it is."""
    others = [{"@type": "Article", "headline": each, "datePublished": "2018-03-03"} for each in text.words["more"][1:]]
    own = {"@type": "Article", "headline": text.title, "datePublished": text.date, "author": person(text)}
    return page(
        text,
        linked(**{"@graph": [*others, own]}),
        f"{menu(text)}<main><h1>{text.title}</h1>{blocks(text)}</main>{more(text)}",
    )


def markup_in_json(text: Text) -> str:
    """JSON-LD whose strings are HTML: entities in the headline, elements in the body."""
    body = "".join(
        f"<p class='paragraph paragraph--lead paragraph--wide'>{escape(words)}</p>\n<div class='spacer'></div>"
        for _, words in text.blocks
    )
    said = news(text, headline=escape(text.title).replace("’", "&rsquo;").replace("u", "&#117;"), articleBody=body)
    return page(
        text,
        said,
        f"{menu(text)}<article><h1>{text.title}</h1><p>{text.blocks[0][1]}</p><div id='rest'></div></article>",
    )


def logo_heading(text: Text) -> str:
    """The only heading of the first level is the outlet's logo."""
    return f"""<!doctype html><html lang="{text.language}"><head><title>{text.outlet}: {text.title}</title>{shared(text)}{published(text)}</head><body><h1 class="logo"><a href="/">{text.outlet}</a></h1>
{menu(text)}<div class="artikel"><h2>{text.title}</h2>{blocks(text)}</div>{more(text)}{foot(text)}</body></html>"""


def bare_title(text: Text) -> str:
    """No heading at all, and a title with the section and the outlet behind it."""
    return f"""<!doctype html><html lang="{text.language}"><head><title>{text.title} | {text.words["menu"][1]} | {text.outlet}</title><meta property="og:site_name" content="{text.outlet}">{published(text)}</head>
<body>{menu(text)}<div class="headline">{text.title}</div><div class="story-body">{blocks(text)}</div>{foot(text)}</body></html>"""


def divisions(text: Text) -> str:
    """Paragraphs are divisions, with names that say nothing."""
    return page(
        text,
        shared(text) + published(text),
        f'{menu(text)}<div class="c1"><h1>{text.title}</h1><div class="c2">{blocks(text, "<div class=c3>{}</div>")}</div></div><div class="c9">{more(text, "c8")}</div>{foot(text)}',
    )


def soup(text: Text) -> str:
    """Neither paragraphs nor names, and the readers' words close below."""
    said = "".join(f"<div><b>user{n}</b>: {each}</div>" for n, each in enumerate(text.words["comments"][1:]))
    return page(
        text,
        published(text),
        f'<div>{menu(text)}</div><div><h1>{text.title}</h1><div>{blocks(text, "{}<br><br>")}</div></div><div id="disqus_thread"><h3>{text.words["comments"][0]}</h3>{said}</div>',
    )


def long_banner(text: Text) -> str:
    """A consent form with more words than the article, before it."""
    form = "".join(
        f"<div><label><input type=checkbox> {text.words['accept'][0]} {n}</label><p>{text.words['cookies'][0]}</p></div>"
        for n in range(25)
    )
    return page(
        text,
        news(text),
        f'<div class="cmp-consent" id="consent-dialog" aria-modal="true" role="dialog"><h2>{text.words["accept"][1]}</h2>{form}</div>{menu(text)}<article><h1>{text.title}</h1>{blocks(text)}</article>{foot(text)}',
    )


def second_article(text: Text) -> str:
    """The next article below, whole, as a page without an end loads it."""
    other = next(each for each in TEXTS.values() if each.language != text.language and len(each.blocks) > 5)
    return page(text, shared(text) + news(text), f"""{menu(text)}<main><article data-url="/a/story.html"><h1>{text.title}</h1>{blocks(text)}</article>
<article data-url="/b/next.html"><h1>{other.title}</h1>{blocks(other)}</article></main>{foot(text)}""")  # fmt: skip


def captions(text: Text) -> str:
    """A picture with a long caption after each paragraph."""
    figure = f"<figure><picture><img loading='lazy' src='data:image/gif;base64,R0lGODlhAQABAAAAACw=' data-src='a.jpg' alt='{text.outlet}'></picture><figcaption>{text.words['more'][1]}. {text.words['more'][3]}. © {text.outlet}</figcaption></figure>"
    return page(
        text,
        shared(text) + published(text),
        f"{banner(text)}{menu(text)}<article><h1>{text.title}</h1>{blocks(text, '<p>{}</p>' + figure)}</article>{comments(text)}{foot(text)}",
    )


def by_path(text: Text) -> str:
    """The day stands in the page's address alone."""
    return page(text, shared(text), f"{menu(text)}<article><h1>{text.title}</h1>{blocks(text)}</article>{foot(text)}")
