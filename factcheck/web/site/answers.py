"""The answers of the public site: their language, how long they may be kept, and what a page needs.

An answer depends on the address, on `Accept-Language` if the address names no language, and on nothing else of the
request. So caches may keep it, and `web/edge/shared.py` does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, request
from sqlalchemy.engine import Connection

from factcheck import catalogues
from factcheck.desk.claim_state import documents
from factcheck.desk.publishing import site_pages
from factcheck.errors import FactcheckError, NotFound
from factcheck.followers.progress import AsOf
from factcheck.followers.publishing.corrections import CorrectionsFollower
from factcheck.formats.here import Here
from factcheck.formats.site import pictures
from factcheck.messages import message
from factcheck.queries.lists import Page
from factcheck.web import context, listing, problems
from factcheck.web.pages import paging
from factcheck.web.site.looks import theme_of
from factcheck.web.speaking import languages

LIFETIME = 60  # seconds for which browsers and caches may keep an answer
KEPT, BEHIND = f"public, max-age={LIFETIME}", "public, max-age=2"
PATIENCE = 0.2  # seconds
LANGUAGE = "lang"  # the parameter that chooses a language


def site() -> Here:
    """Return the desk as other formats name it, with claims at their addresses on this site."""
    return context.here()._replace(site=True)


def blueprint(name: str) -> Blueprint:
    """Return a blueprint of pages of the site: they are there while the setting is on."""
    made = Blueprint(f"site_{name}", __name__)
    made.before_request(_open)
    made.register_error_handler(FactcheckError, _refused)
    return made


@contextmanager
def reading_corrections() -> Iterator[tuple[Connection, AsOf]]:
    """Yield a connection that has the corrections, and up to which entry. Readers wait a moment at most for more."""
    following = current_app.extensions["factcheck.followers"][CorrectionsFollower.name]
    following.wait(PATIENCE)
    with context.database().reading() as connection:
        yield connection, following.as_of(connection)


def page(template: str, status: int = 200, *, as_of: AsOf | None = None, **values: Any) -> Response:
    """Answer with a page, in the language of the address or of the reader. `as_of`: how far what it shows goes."""
    return answered(_rendered(template, as_of=as_of, **values).encode(), "text/html", status, as_of=as_of)


def answered(body: bytes, media_type: str, status: int = 200, *, as_of: AsOf | None = None) -> Response:
    """Answer with something that caches may keep, for a moment if it is behind; with 304 a reader who has it already.

    What is gone, 410, may be kept too.
    """
    response = context.one(body, documents.etag_of(body), media_type)
    if status != 200:
        response = Response(body, status, mimetype=media_type)
        response.headers["ETag"] = f'"{documents.etag_of(body)}"'
    response.headers["Cache-Control"] = BEHIND if as_of is not None and as_of.behind else KEPT
    if media_type == "text/html":
        response.content_language.add(languages.tag())
    if not _chosen():
        response.vary.add("Accept-Language")
    return response


def address(path: str, **parameters: Any) -> str:
    """Return the absolute address of a path of the site."""
    query = urlencode({name: value for name, value in parameters.items() if value is not None})
    return f"{site().base}{path}{'?' if query else ''}{query}"


def here_in_language() -> str:
    """Return the address of this answer, in the language that the address names."""
    return address(request.path.lower(), **{LANGUAGE: _chosen()})


def moved(path: str) -> Response:
    """Lead to another path of the site, which caches may remember as long as any answer."""
    response = Response(status=301, headers={"Location": at(path), "Cache-Control": KEPT})
    if not _chosen():
        response.vary.add("Accept-Language")
    return response


def waiting(error: FactcheckError) -> dict[str, str]:
    """Return the header that says when to try again, if the error says so."""
    later = problems.answer(error).headers.get("Retry-After")
    return {} if later is None else {"Retry-After": later}


def place() -> tuple[datetime, int] | None:
    """Return where the page of a list begins that the address asks for. Raises Invalid for a cursor that is none."""
    return listing.time_key(request.args.get("cursor"))


def following(key: tuple[datetime, int] | None) -> str | None:
    """Return the address of the list's next page, None on the last one."""
    return paging.address(Page([], listing.key_at(key)))


def _rendered(template: str, **values: Any) -> str:
    """Render a template of the site without what templates of the desk are given: that is about who looks at it."""
    found = current_app.jinja_env.get_template(f"site/{template}")
    with context.database().reading() as connection:
        house = site_pages.names(connection)
    path = request.path.lower()  # ids are read in either case
    known = [(tag, name, address(path, **{LANGUAGE: tag})) for tag, name in catalogues.available().items()]
    return found.render(
        speech=languages.speech(), here=site(), path=path, languages=known, chosen=_chosen(), address=address, at=at,
        canonical=None if "cursor" in request.args else here_in_language(), pictures=pictures.has_fonts(),
        theme=theme_of(context.settings()), house=house,
        has_data=current_app.extensions["factcheck.dumps"] is not None, **values,
    )  # fmt: skip


def at(path: str) -> str:
    """Return a path of the site, in the language that this address names."""
    chosen = _chosen()
    return f"{path}?{urlencode({LANGUAGE: chosen})}" if chosen else path


def _open() -> None:
    """Choose the language of the answer. Raises NotFound where the site is off."""
    catalogues.speak(catalogues.speech(_chosen() or languages.asked()))
    if not context.settings().public_site:
        raise NotFound(message("This desk has no public site."))


def _chosen() -> str | None:
    """Return the language that the address names, None for none that there is."""
    given = request.args.get(LANGUAGE)
    return given if given in catalogues.available() else None


def _refused(error: FactcheckError) -> Response:
    """Say on a page of the site why there is no other one. Raises nothing."""
    if not context.settings().public_site:
        return problems.answer(error)
    problem = problems.problem_of(error)
    response = page("problem.html", problem.status, title=problem.title, detail=error.detail)
    response.headers["Cache-Control"] = "no-store"
    response.headers.update(waiting(error))
    return response
