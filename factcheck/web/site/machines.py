"""What search engines ask for, and sites that embed: robots.txt, site maps, oEmbed and the cards that it frames."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Response, request

from factcheck.desk.publishing import published, site_maps, site_pages
from factcheck.errors import Invalid, NotFound, Retracted, Withdrawn
from factcheck.formats.site import maps, oembed, pictures
from factcheck.formats.site.maps import News, Place
from factcheck.log.clock import now, stamp
from factcheck.messages import message
from factcheck.rules.publishing.site_pages import SitePageName
from factcheck.web import context
from factcheck.web.pages.layout import words
from factcheck.web.site import answers
from factcheck.web.site.cards import Card, card_of
from factcheck.web.site.data import maker

blueprint = answers.blueprint("machines")
FRESH = timedelta(days=2)  # what a news sitemap lists
PAGES = {site_maps.REPORTS: "/r", site_maps.CLAIMS: "/c"}
OPEN = (
    "/r$",
    "/r?",
    "/r/",
    "/r.",
    "/c/",
    "/s/",
    "/corrections",
    "/static/",
    "/theme/",
    "/sitemap",
    "/news-sitemap.xml",
    *(f"/{name}" for name in SitePageName),
)
DATA = ("/data$", "/data?", "/data/")
_CARDED = re.compile("/([rc])/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Let robots read the public site, and nothing of the desk."""
    paths = (*OPEN, *DATA) if maker() else OPEN
    lines = ["User-agent: *", *(f"Allow: {path}" for path in paths), "Disallow: /"]
    lines += [f"Sitemap: {answers.address(path)}" for path in ("/sitemap.xml", "/news-sitemap.xml")]
    return answers.answered("".join(f"{line}\n" for line in lines).encode(), "text/plain")


@blueprint.get("/sitemap.xml")
def site_map() -> Response:
    """Give the map of the site's maps: one for each month in which a report or a claim was added."""
    with context.database().reading() as connection:
        parts = [
            answers.address(f"/sitemaps/{kind}/{month}.xml")
            for kind in PAGES
            for month in site_maps.months(connection, kind)
        ]
    return answers.answered(maps.index([answers.address("/sitemaps/lists.xml"), *parts]), maps.MEDIA_TYPE)


@blueprint.get("/sitemaps/lists.xml")
def map_of_lists() -> Response:
    """Give the map of the pages that list others, and of those about the house."""
    with context.database().reading() as connection:
        house = [f"/{name}" for name in site_pages.names(connection)]
    lists = ("/r", "/corrections", *(("/data",) if maker() else ()), *house)
    return answers.answered(maps.pages(Place(answers.address(path), None) for path in lists), maps.MEDIA_TYPE)


@blueprint.get("/sitemaps/<any(reports, claims):kind>/<month>.xml")
def map_of_pages(kind: str, month: str) -> Response:
    """Give the map of the reports or claims that were added in a month. Raises NotFound where there are none."""
    with context.database().reading() as connection:
        found = list(site_maps.pages(connection, kind, month, maps.MOST))
    if not found:
        raise NotFound(message("Nothing is published of this month."))
    places = [Place(answers.address(f"{PAGES[kind]}/{each.id}"), stamp(each.changed)) for each in found]
    return answers.answered(maps.pages(places), maps.MEDIA_TYPE)


@blueprint.get("/news-sitemap.xml")
def news_map() -> Response:
    """Give the map of the reports of the last two days."""
    since = now() - FRESH
    with context.database().reading() as connection:
        found = published.newest(connection, maps.MOST_NEWS)
    here = answers.site()
    news = [
        News(here.report(each["id"]), here.name, each["language"], each["first_published_at"], each["title"])
        for each in found
        if datetime.fromisoformat(each["first_published_at"]) >= since
    ]
    return answers.answered(maps.news(news), maps.MEDIA_TYPE)


@blueprint.get("/oembed")
def embed() -> Response:
    """Say how to embed the card of the page at `url`, as JSON or XML (oEmbed 1.0)."""
    form = request.args.get("format", "json")
    if form not in ("json", "xml"):
        response = answers.page("problem.html", 501, title=message("This format is not supported"), detail="")
        response.headers["Cache-Control"] = "no-store"
        return response
    found = card_of_address(request.args.get("url", ""))
    width, height = (_least(name, most) for name, most in (("maxwidth", oembed.WIDTH), ("maxheight", oembed.HEIGHT)))
    told = oembed.rich(
        found.title, answers.address(f"{found.path}/card"), answers.site(), width, height, answers.LIFETIME
    )
    if form == "xml":
        return answers.answered(oembed.as_xml(told), oembed.XML)
    return answers.answered(oembed.as_json(told), oembed.JSON)


@blueprint.get("/<any(r, c):kind>/<uuid:thing_id>/card")
def show_card(kind: str, thing_id: Any) -> Response:
    """Show a report or a claim on a card, for frames on other sites' pages."""
    with context.database().reading() as connection:
        try:
            card, status = card_of(connection, kind, str(thing_id)), 200
        except Retracted as error:
            card, status = (
                Card(f"/r/{thing_id}", error.extra["report"]["title"], message("This report was retracted")),
                410,
            )
        except Withdrawn:
            card, status = Card(f"/c/{thing_id}", message("This claim was withdrawn"), ""), 410
    response = answers.page("card.html", status, card=card)
    response.headers["Content-Security-Policy"] = FRAMED
    return response


@blueprint.get("/<any(r, c):kind>/<uuid:thing_id>/card.png")
def show_picture(kind: str, thing_id: Any) -> Response:
    """Give the picture of a report or a claim that other sites show beside a link to its page."""
    if not pictures.has_fonts():
        raise NotFound(message("This desk has no font to write pictures with."))
    with context.database().reading() as connection:
        card = card_of(connection, kind, str(thing_id))
    verdict = card.rated or (words(card.status) if card.status else None)
    return answers.answered(pictures.png(card.title, answers.site().name, verdict, card.status), "image/png")


def card_of_address(url: str) -> Card:
    """Return the card of the page at an address of this site. Raises NotFound."""
    try:
        given = urlsplit(url[:2000])
    except ValueError:  # no address at all
        given = urlsplit("")
    found = _CARDED.fullmatch(given.path)
    if found is None or given.netloc.lower() != urlsplit(answers.site().base).netloc.lower():
        raise NotFound(message("No page of this site has this address."))
    with context.database().reading() as connection:
        return card_of(connection, found[1].lower(), found[2].lower())


def _least(name: str, most: int) -> int:
    """Return the smaller of a parameter and a bound. Raises Invalid for one that is no number."""
    given = request.args.get(name)
    if given is None:
        return most
    if not (given.isascii() and given.isdigit() and len(given) <= 9 and int(given) > 0):
        raise Invalid(message("{name} must be a number of pixels.", name=name))
    return min(int(given), most)


FRAMED = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"
