"""What every page has: who may see it, what it is made with, and how words are shown."""

import re
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from flask import Blueprint, Response, render_template, request
from markupsafe import Markup, escape

from factcheck import __version__
from factcheck.catalogues import SOURCE
from factcheck.errors import Unauthenticated
from factcheck.formats import quotes_now
from factcheck.log.actors import ACTIONS
from factcheck.messages import message
from factcheck.rules import sources as source_words
from factcheck.rules import status as rules
from factcheck.rules.identity.judgments import Identity
from factcheck.rules.media.kinds import ArticleKind
from factcheck.rules.roles import Role
from factcheck.rules.web.occurrences import OccurrenceKind
from factcheck.schemas.base import safe_url
from factcheck.web import context, logins
from factcheck.web.pages.labels import parameters
from factcheck.web.speaking import languages
from factcheck.web.speaking.languages import said
from factcheck.web.speaking.script_words import script_words
from factcheck.web.speaking.vocabularies import WORDS

DAY = "d MMM y"
MOMENT = f"{DAY}, HH:mm"
# What turns a text around (Trojan Source) is shown by its name, and cannot turn the page around.
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def page(template: str, status: int = 200, **values: Any) -> Response:
    answer = Response(render_template(template, **values), status, mimetype="text/html")
    answer.content_language.add(languages.tag())
    return answer


def seen_other(path: str) -> Response:
    return Response(status=303, headers={"Location": path})


def admit() -> Response | None:
    """Let in whoever may read; others as `admit_known` does."""
    if not (context.settings().public_read and request.method in context.SAFE):
        return admit_known()
    languages.speech()
    return None


def admit_known() -> Response | None:
    """Let in whoever is logged in; others are sent to log in, and come back to where they were going."""
    languages.speech()  # found out now, while the request holds no connection
    if context.caller() is not None:
        return None
    if request.method not in context.SAFE:
        raise Unauthenticated(message("You are not logged in any more. Log in, then send the form again."))
    return seen_other(f"/login?next={quote(request.full_path.rstrip('?'), safe='/')}")


def local_path(there: str | None) -> str:
    """Return the path if it is one of this desk, else the first page's: a link must not lead elsewhere by way of us."""
    if not there or not there.isprintable() or "\\" in there or not there.startswith("/") or there.startswith("//"):
        return "/"
    parts = urlsplit(there)
    return there if not parts.scheme and not parts.netloc else "/"


def may(action: str) -> bool:
    """Say whether the caller's role includes that of an action, given as "module.name"."""
    caller = context.caller()
    return caller is not None and caller.role.includes(ACTIONS[action].role)


def everywhere() -> dict[str, Any]:
    """Give what every page shows, pages of errors too."""
    you = context.known_caller()
    return {
        "version": __version__,
        "may": may,
        "you": you,
        "is_admin": you is not None and you.role.includes(Role.ADMIN),
        "here": request.path,
        "public_site": context.settings().public_site,
        "provider": logins.provider_name(),
        "links": context.settings().login_links,
        "altered_quotes": quotes_now.altered,
        "script_words": script_words,
        "Status": rules.Status,
        "Question": rules.Question,
        "Kind": rules.Kind,
        "Stance": rules.Stance,
        "OccurrenceKind": OccurrenceKind,
        "SourceKind": source_words.SourceKind,
        "ArticleKind": ArticleKind,
        "Directness": source_words.Directness,
        "RelationKind": source_words.RelationKind,
        "Identity": Identity,
    }


def words(value: Any) -> str:
    """Say a value of one of our vocabularies in words, in the reader's language."""
    text = str(value)
    return str(said(WORDS[text])) if text in WORDS else text.replace("_", " ")


def marked(text: Any) -> Markup:
    """Show a text by itself, whatever direction it runs in, with the characters that would turn it around by name."""
    return Markup("<bdi>{}</bdi>").format(_named(str(text)))


def found(excerpt: dict[str, Any]) -> Markup:
    """Show what a search found by itself, whatever direction it runs in, with its hits marked."""
    return Markup("<bdi>{}</bdi>").format(hits(excerpt))


def hits(excerpt: dict[str, Any]) -> Markup:
    """Show what a search found (`queries/search/searches.py`), with its hits marked."""
    text, shown, at = excerpt["text"], Markup(), 0
    for start, end in excerpt["marks"]:
        shown += Markup("{}<mark>{}</mark>").format(_named(text[at:start]), _named(text[start:end]))
        at = end
    return shown + _named(text[at:])


def named(text: Any) -> str:
    """Show a text in an element that has a direction of its own (`dir=auto`), which an isolated text would not give."""
    return _named(str(text))


def _named(text: str) -> str:
    return _TURNING.sub(lambda found: f"⟦U+{ord(found[0]):04X}⟧", text)


def exactly(text: str) -> Markup:
    """Show a text so that the page holds it to the letter: a browser reads a bare CR as LF."""
    return escape(text).replace("\r", Markup("&#13;"))


def moment(stamp: str) -> Markup:
    """Show an instant in the time zone that the reader chose, else in UTC, and say which.

    Where the reader chose none, scripts show it in the time zone of the browser: see `desk.js`.
    """
    at = datetime.fromisoformat(stamp)
    chosen = languages.speech().time_zone
    form = f"{MOMENT} ZZZZ" if chosen else f"{MOMENT} z"  # the difference to UTC, such as GMT+01:00
    told = format_datetime(at, form, tzinfo=ZoneInfo(chosen or "UTC"), locale=languages.locale())
    return Markup('<time datetime="{}" title="{}">{}</time>').format(stamp, told, told)


def day(stamp: str) -> Markup:
    """Show a day, which has no time zone."""
    told = format_date(date.fromisoformat(stamp), DAY, locale=languages.locale())
    return Markup('<time datetime="{}">{}</time>').format(stamp, told)


def number(value: float | None) -> str:
    """Write a number as the reader's language does; in English with thin spaces between thousands."""
    if value is None:
        return ""
    if languages.tag() == SOURCE:
        return f"{value:,}".replace(",", "\u202f")
    return format_decimal(value, locale=languages.locale(), decimal_quantization=False)


def address(url: str | None) -> str | None:
    """Return an address that may be a link, looked at once more: it may be older than the rule."""
    return url if url is not None and safe_url(url) else None


def language_name(tag: str) -> str:
    """Say a language in the reader's one; a tag that nobody knows stays as it is."""
    try:
        return Locale.parse(tag, sep="-").get_display_name(languages.locale()) or tag
    except (UnknownLocaleError, ValueError):
        return tag


def host(url: str) -> str:
    return urlsplit(url).hostname or url


def page_of(thing_id: str, nouns: str) -> str:
    """Return the URL of the page of a thing, which people copy instead of its id."""
    return f"{request.host_url}{nouns}/{thing_id}"


def dress(blueprint: Blueprint) -> None:
    """Give all templates our words and filters."""
    blueprint.app_context_processor(everywhere)
    for each in (
        words,
        marked,
        named,
        found,
        hits,
        exactly,
        moment,
        day,
        number,
        address,
        host,
        page_of,
        parameters,
        language_name,
    ):
        blueprint.app_template_filter(each.__name__)(each)
