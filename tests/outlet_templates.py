# ruff: noqa: E501
"""Pages in the manner of real outlets: what surrounds an article is what outlets put there, and how they write it.

Banners, menus, teasers, captions, boxes of further reading, comments, and markup that no validator passes.
"""

import json
from collections.abc import Callable
from html import escape
from itertools import groupby

from tests.outlet_texts import Text

Template = Callable[[Text], str]


def blocks(text: Text, paragraph: str = "<p>{}</p>") -> str:
    """Return an article's blocks as elements, one of them a line, with a format for its paragraphs."""
    made = []
    for kind, group in groupby(text.blocks, key=lambda block: block[0]):
        words = [escape(each, quote=False) for _, each in group]
        if kind == "li":
            made.append("<ul>" + "".join(f"<li>{each}</li>" for each in words) + "</ul>")
        elif kind == "tr":
            rows = ["".join(f"<td>{cell}</td>" for cell in each.split("\t")) for each in words]
            made.append("<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>")
        else:
            form = {"h2": "<h2>{}</h2>", "quote": "<blockquote><p>{}</p></blockquote>"}.get(kind, paragraph)
            made += [form.format(each) for each in words]
    return "\n".join(made)


def menu(text: Text) -> str:
    return (
        "<nav><ul>"
        + "".join(f'<li><a href="/{n}">{each}</a></li>' for n, each in enumerate(text.words["menu"]))
        + "</ul></nav>"
    )


def banner(text: Text) -> str:
    buttons = "".join(f"<button>{each}</button>" for each in text.words["accept"])
    return (
        f'<div id="cookie-banner" class="cookie-consent" role="dialog"><p>{text.words["cookies"][0]}</p>{buttons}</div>'
    )


def more(text: Text, kind: str = "related") -> str:
    heading, *others = text.words["more"]
    return (
        f'<aside class="{kind}"><h2>{heading}</h2><ul>'
        + "".join(f'<li><a href="/{n}">{each}</a></li>' for n, each in enumerate(others))
        + "</ul></aside>"
    )


def comments(text: Text, times: int = 1) -> str:
    heading, *said = text.words["comments"]
    each = "".join(
        f'<li class="comment"><cite>user{n}</cite><time datetime="2025-12-2{n}">2{n}.12.2025</time><div class="comment-body"><p>{one}</p></div></li>'
        for n, one in enumerate(said)
    )
    return f'<section id="comments" class="comments-area"><h3>{heading}</h3><ol class="comment-list">{each * times}</ol></section>'


def share(text: Text) -> str:
    return (
        '<div class="share-buttons">' + "".join(f'<a href="#">{each}</a> ' for each in text.words["share"]) + "</div>"
    )


def foot(text: Text) -> str:
    return f"<footer>{menu(text)}<p>© 2025 {text.outlet}</p></footer>"


def linked(**said: object) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@context": "https://schema.org", **said})}</script>'


def person(text: Text) -> object:
    people = [{"@type": "Person", "name": name} for name in text.author.split("; ")]
    return people[0] if len(people) == 1 else people


def news(text: Text, **said: object) -> str:
    """Return JSON-LD as it should be."""
    return linked(**{"@type": "NewsArticle", "headline": text.title, "datePublished": f"{text.date}T18:05:00+00:00",
                     "author": person(text), "publisher": {"@type": "Organization", "name": text.outlet}} | said)  # fmt: skip


def page(text: Text, head: str, body: str, language: str | None = None) -> str:
    return f'<!doctype html><html lang="{language or text.language}"><head><title>{text.title}</title>{head}</head><body>{body}</body></html>'


def shared(text: Text) -> str:
    return f'<meta property="og:title" content="{text.title}"><meta property="og:site_name" content="{text.outlet}">'


def published(text: Text, time: str = "T09:00:00+03:00") -> str:
    return f'<meta property="article:published_time" content="{text.date}{time}">'


def modern(text: Text) -> str:
    """A banner, a menu, a caption, JSON-LD, a box of further reading."""
    return f"""<!doctype html><html lang="{text.language}"><head><title>{text.title} | {text.outlet}</title>{shared(text)}{news(text)}</head><body>{banner(text)}
{menu(text)}<main><article><h1>{text.title}</h1>
<figure><img src="a.jpg" alt="{text.outlet}"><figcaption>© R. Penn / {text.outlet}</figcaption></figure>
{blocks(text)}
{more(text)}</article></main>{foot(text)}</body></html>"""


def plain_meta(text: Text) -> str:
    """Only a meta element says the date, and the title has the outlet's name."""
    return f"""<html lang="{text.language}"><head><meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">
<title>{text.title} - {text.outlet}</title><meta name="author" content="{text.author}">{published(text, "T21:40:00+01:00")}</head><body><div id="menu">{menu(text)}</div>
<div class="content"><h1>{text.title}</h1>{blocks(text)}</div><div class="footer"><p>{text.outlet}</p></div></body></html>"""


def time_element(text: Text) -> str:
    """The date is an element, and a teaser asks for a subscription."""
    return f"""<!doctype html><html lang="{text.language}"><head><title>{text.title} | {text.outlet}</title><meta property="og:site_name" content="{text.outlet}"></head>
<body><header>{menu(text)}</header><article><h1>{text.title}</h1><p class="meta"><time datetime="{text.date}T20:11:00+01:00">{text.shown}</time> {text.words["by"][0]} <span rel="author" class="author">{text.author}</span></p>
{blocks(text)}<p class="abo"><a href="/abo">{text.words["subscribe"][0]}</a></p></article></body></html>"""


def graph(text: Text) -> str:
    """JSON-LD with a graph, beside a title that is the outlet's."""
    said = linked(**{"@graph": [{"@type": "WebSite", "name": text.outlet}, {"@type": ["NewsArticle"], "headline": text.title, "datePublished": text.date,
                                 "publisher": {"@type": "Organization", "name": text.outlet}, "author": person(text)}]})  # fmt: skip
    return f"""<!doctype html><html lang="{text.language}"><head><title>{text.outlet}</title>{said}</head><body>{banner(text)}
<div class="page"><div class="story"><h1>{text.title}</h1>{share(text)}{blocks(text)}</div></div></body></html>"""


def old_table(text: Text) -> str:
    """A layout of tables, with elements that nobody closes and no language."""
    return f"""<html><head><title>{text.title}</title><meta name="date" content="{text.date}"></head><body bgcolor=white><table width=100%><tr><td width=160>
{menu(text)}<td><h1>{text.title}</h1>{blocks(text, "<p>{}")}</table></body>"""


def breaks(text: Text) -> str:
    """Paragraphs that are line breaks, in fonts."""
    return f"""<HTML lang={text.language}><HEAD><TITLE>{text.title}</TITLE><META NAME="DC.date.issued" CONTENT="{text.date}"></HEAD><BODY><CENTER><FONT SIZE=5><B>{text.outlet}</B></FONT></CENTER><HR>
{menu(text)}<H1>{text.title}</H1><DIV CLASS=text><FONT FACE=Arial SIZE=2>{blocks(text, "{}<BR><BR>")}</FONT></DIV><HR><FONT SIZE=1>© {text.outlet}</FONT></BODY></HTML>"""


def no_language(text: Text) -> str:
    return f"""<!doctype html><html><head><title>{text.title}</title>{published(text, "T14:00:00Z")}</head>
<body><div class="article-body"><h1>{text.title}</h1>{blocks(text)}</div></body></html>"""


def simple(text: Text) -> str:
    return f"""<!doctype html><html lang="{text.language}"><head><title>{text.title}</title>{published(text, "")}</head>
<body>{menu(text)}<article><h1>{text.title}</h1>{blocks(text)}</article></body></html>"""


def hidden(text: Text) -> str:
    """The first paragraph for everybody, and the text in JSON-LD for search engines."""
    return f"""<!doctype html><html lang="{text.language}"><head><title>{text.outlet}</title>{news(text, articleBody=text.marked)}</head><body>
<article><h1>{text.title}</h1><p>{text.blocks[0][1]}</p><p class="paywall">{text.words["subscribe"][0]}</p></article></body></html>"""


def teaser(text: Text) -> str:
    """Two paragraphs and a wall: the rest is not in the page."""
    said = news(text, isAccessibleForFree=False)
    wall = f'<div class="paywall-overlay" role="dialog"><h3>{text.words["subscribe"][0]}</h3><button>1</button><button>12</button></div>'
    return page(
        text,
        shared(text) + said,
        f"{menu(text)}<main><article><h1>{text.title}</h1>{blocks(text)}{wall}</article>{more(text)}</main>{foot(text)}",
    )


def live(text: Text) -> str:
    """A live blog: a heading with a time above each entry, the newest first."""
    head = linked(**{"@type": "LiveBlogPosting", "headline": text.title, "datePublished": text.date, "dateModified": text.date + "T23:10:00Z",
                     "author": person(text), "publisher": {"name": text.outlet}})  # fmt: skip
    entries = blocks(text).replace("<h2>", '</div><div class="live-entry"><h2 class="entry-title">')
    return page(
        text,
        head,
        f"{banner(text)}{menu(text)}<main><h1>{text.title}</h1><div class='live-blog'><div>{entries}</div></div>{more(text)}</main>{foot(text)}",
    )


def amp(text: Text) -> str:
    return f"""<!doctype html><html amp lang="{text.language}"><head><meta charset="utf-8"><script async src="https://cdn.example/v0.js"></script>
<link rel="canonical" href="https://www.news.example/a/story.html"><title>{text.title}</title>{news(text)}<style amp-boilerplate>body{{animation:none}}</style><style amp-custom>p{{margin:1em}}</style></head>
<body><amp-sidebar id="side" layout="nodisplay">{menu(text)}</amp-sidebar><header>{text.outlet}</header><article class="amp-wp-article"><h1 class="amp-wp-title">{text.title}</h1>
<amp-img src="a.jpg" width="600" height="400" alt=""></amp-img><div class="amp-wp-article-content">{blocks(text)}<amp-ad width="300" height="250" type="x"></amp-ad></div></article>
<amp-consent id="c">{banner(text)}</amp-consent>{foot(text)}</body></html>"""


def weblog(text: Text) -> str:
    """What the most common system of the web makes, with more comments than text."""
    slot = f'<div class="ad-slot"><span>{text.words["advert"][0]}</span></div>'
    tags = "".join(f'<a rel="tag" href="/t">{each}</a>, ' for each in text.words["menu"])
    return page(text, published(text) + shared(text), f"""<div id="page" class="hfeed site"><header class="site-header"><p class="site-title">{text.outlet}</p>{menu(text)}</header>
<div id="content"><article class="post type-post hentry"><header class="entry-header"><h1 class="entry-title">{text.title}</h1><div class="entry-meta"><span class="posted-on">{text.shown}</span></div></header>
<div class="entry-content">{blocks(text, "<p>{}</p>" + slot)}</div><footer class="entry-footer"><span class="tags-links">{tags}</span>{share(text)}</footer></article>{comments(text, 8)}</div>
<div id="secondary" class="widget-area">{more(text, "widget")}</div></div>""")  # fmt: skip


def print_page(text: Text) -> str:
    """What a reader prints: no menu, the date only in words."""
    return f"""<html lang="{text.language}"><head><title>{text.title}</title><meta name="robots" content="noindex"></head><body onload="window.print()">
<p>{text.outlet}</p><hr><h1>{text.title}</h1><p class="date">{text.shown}</p>{blocks(text)}<hr></body></html>"""


def undated(text: Text) -> str:
    """No date anywhere."""
    return page(
        text,
        shared(text),
        f"{menu(text)}<main><article><h1>{text.title}</h1>{blocks(text)}</article>{more(text)}</main><footer><p>{text.outlet}</p></footer>",
    )


def several_dates(text: Text) -> str:
    """Published, updated, and the days of other articles."""
    head = f'{published(text)}<meta property="article:modified_time" content="2025-12-24T10:00:00Z"><meta name="last-modified" content="2025-12-24">'
    others = "".join(
        f'<li><a href="/{n}">{each}</a> <time datetime="2025-11-2{n}">2{n}.11.2025</time></li>'
        for n, each in enumerate(text.words["more"][1:])
    )
    return page(text, head, f"""{menu(text)}<ul class="ticker">{others}</ul><article><h1>{text.title}</h1><p class="dates"><span class="updated">{text.words["updated"][0]}: 24.12.2025</span> <time datetime="{text.date}" pubdate>{text.shown}</time></p>
{blocks(text)}</article>{foot(text)}""")  # fmt: skip


def wrong_json(text: Text) -> str:
    """JSON-LD that is cut off, and one that is only about the site."""
    head = (
        f'<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "{text.title[:5]}</script>'
        + linked(**{"@type": "WebPage", "name": text.outlet, "datePublished": "2011-01-01"})
    )
    return page(
        text,
        head + shared(text) + published(text),
        f"{banner(text)}{menu(text)}<article><h1>{text.title}</h1>{share(text)}{blocks(text)}</article>{more(text)}{foot(text)}",
    )


def empty_json(text: Text) -> str:
    """JSON-LD whose values are empty or of other kinds than they should be."""
    head = linked(
        **{
            "@type": "NewsArticle",
            "headline": "",
            "datePublished": None,
            "author": [{}],
            "publisher": 7,
            "articleBody": ["", {}],
        }
    )
    return page(
        text,
        head + shared(text) + published(text),
        f"{menu(text)}<article><h1>{text.title}</h1>{blocks(text)}</article>{foot(text)}",
    )


def others_json(text: Text) -> str:
    """JSON-LD of the page's own article after a list of other articles."""
    others = [
        {"@type": "ListItem", "position": n, "url": f"/{n}", "item": {"@type": "NewsArticle", "headline": each}}
        for n, each in enumerate(text.words["more"][1:])
    ]
    return page(
        text,
        linked(**{"@type": "ItemList", "itemListElement": others}) + news(text),
        f"{menu(text)}<main><h1>{text.title}</h1><section class='body'>{blocks(text)}</section></main>{more(text)}",
    )


def hashed(text: Text) -> str:
    """What a framework of scripts renders: names that mean nothing, and the state of the page as JSON."""
    state = json.dumps(
        {"props": {"menu": text.words["menu"], "text": [[kind, words] for kind, words in text.blocks]}},
        ensure_ascii=False,
    )
    body = blocks(text, '<div data-component="text-block" class="css-9x1k"><p class="css-1qd">{}</p></div>')
    return page(text, shared(text) + news(text), f"""<div id="__next"><div class="css-1a"><div class="css-77">{menu(text)}</div><div class="css-3f"><h1 class="css-zz">{text.title}</h1>
<noscript><img src="a.jpg"></noscript><div data-component="image-block"><img loading="lazy" data-src="a.jpg" alt=""></div>{body}</div><div class="css-kk">{more(text, "css-91")}</div></div></div>
<script id="__NEXT_DATA__" type="application/json">{state}</script>""")  # fmt: skip


def microdata(text: Text) -> str:
    return page(text, "", f"""{menu(text)}<div itemscope itemtype="https://schema.org/NewsArticle"><h1 itemprop="headline">{text.title}</h1><meta itemprop="datePublished" content="{text.date}">
<span itemprop="author">{text.author}</span><div itemprop="articleBody">{blocks(text)}</div></div>{more(text)}{foot(text)}""")  # fmt: skip


def newsletter(text: Text) -> str:
    """A form and a box of further reading in the middle of the text."""
    half = blocks(text).split("\n")
    form = f'<div class="newsletter-signup"><form action="/n"><label>{text.words["subscribe"][0]}</label><input type="email"><button>{text.words["accept"][0]}</button></form></div>'
    middle = form + more(text, "inline-related")
    return page(
        text,
        published(text) + shared(text),
        f"{menu(text)}<article><h1>{text.title}</h1>"
        + "\n".join([*half[:3], middle, *half[3:]])
        + f"</article>{foot(text)}",
    )


def pull_quote(text: Text) -> str:
    """A sentence of the text once more, in large letters, and a slide show with captions."""
    once_more = f'<aside class="pullquote" aria-hidden="true"><p>{text.blocks[1][1]}</p></aside>'
    slides = "".join(
        f'<figure class="slide"><img data-src="{n}.jpg" alt=""><figcaption>{text.outlet}, {n}</figcaption></figure>'
        for n in range(5)
    )
    return page(
        text,
        news(text),
        f"{menu(text)}<article><h1>{text.title}</h1><div class='gallery'>{slides}</div>{once_more}{blocks(text)}</article>{foot(text)}",
    )


def scroll(text: Text) -> str:
    """Teasers of many other articles below, as a page without an end has them."""
    cards = "".join(
        f'<div class="card teaser"><a href="/{n}"><h3>{each}</h3></a><p class="summary">{each} …</p></div>'
        for n, each in enumerate(text.words["more"][1:] * 6)
    )
    return page(
        text,
        shared(text) + published(text),
        f"{banner(text)}{menu(text)}<main><article class='story'><h1>{text.title}</h1>{blocks(text)}</article><div class='teaser-list'>{cards}</div></main>{foot(text)}",
    )


def heavy(text: Text) -> str:
    """Half a megabyte of styles, scripts and links, as usual."""
    styles, scripts = ".a{color:red}" * 12_000, "var a=[1,2,3];" * 12_000
    links = "".join(f'<li><a href="/{n}">{text.words["menu"][n % 4]}</a></li>' for n in range(900))
    return page(text, f"<style>{styles}</style><script>{scripts}</script>{news(text)}{shared(text)}",
                f"{banner(text)}<div class='mega-menu'><ul>{links}</ul></div><article><h1>{text.title}</h1>{blocks(text)}</article><div class='sitemap'><ul>{links}</ul></div>{foot(text)}")  # fmt: skip


def xhtml(text: Text) -> str:
    """XHTML with a declaration, and definitions of nothing."""
    return f"""<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="{text.language}"><head><title>{text.title}</title><meta name="dcterms.created" content="{text.date}" /></head><body><div id="nav">{menu(text)}</div>
<div id="main"><h1>{text.title}</h1>{blocks(text)}</div><div id="foot"><p>{text.outlet}</p></div></body></html>"""


def shown_date(text: Text) -> str:
    """The date stands in words below the title and nowhere else."""
    return page(
        text,
        shared(text),
        f'{menu(text)}<article><h1>{text.title}</h1><p class="byline">{text.words["by"][0]} {text.author}</p><p class="publish-date">{text.shown}</p>{blocks(text)}</article>{more(text)}',
    )


def plain(text: Text) -> str:
    """A text without markup, such as an agency sends."""
    return f"{text.title}\n\n" + "\n\n".join(words for _, words in text.blocks) + "\n"
