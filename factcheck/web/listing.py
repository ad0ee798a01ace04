"""Pages of lists: what is on one, and the sealed cursor that leads to the next."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, current_app, request
from sqlalchemy.engine import Connection
from werkzeug.datastructures import MultiDict

from factcheck.desk.claim_state import documents
from factcheck.errors import Flaw, Invalid
from factcheck.followers.progress import AsOf
from factcheck.log.actors import Actor
from factcheck.log.clock import stamp
from factcheck.messages import message
from factcheck.queries.lists import Count
from factcheck.rules.budget import PAGE
from factcheck.web import context, queries
from factcheck.web.cursors import Cursors

Asked = tuple[str, tuple[tuple[str, str], ...]]  # a path with its query, but for the cursor


def cursors() -> Cursors:
    found: Cursors = current_app.extensions["factcheck.cursors"]
    return found


def listed(
    items: Sequence[bytes],
    following: list[Any] | None,
    count: Count | None = None,
    search: Any = None,
    as_of: AsOf | None = None,
) -> Response:
    """Answer a page: the items' bytes joined, where the next page begins, and up to which entry it is true."""
    body, link = written(_asked(), cursors(), items, following, count, search)
    if as_of is not None:
        body = body[:-1] + b"," + documents.dumped(as_of.told())[1:]
    response = Response(body, mimetype=context.JSON)
    if link:
        response.headers["Link"] = link
    return response


def written(
    asked: Asked,
    cursors: Cursors,
    items: Sequence[bytes],
    following: list[Any] | None,
    count: Count | None = None,
    search: Any = None,
) -> tuple[bytes, str | None]:
    """Return the body of a page and its Link header, None on the last one."""
    body = [b'{"items":[', b",".join(items), b'],"next_cursor":']
    link = None
    if following is None:
        body.append(b"null")
    else:
        bound, here = _place(*asked)
        cursor = cursors.seal(following, bound)
        body += [b'"', cursor.encode(), b'"']
        link = f'<{here}cursor={cursor}>; rel="next"'
    if count is not None:
        body += [b',"total":', str(count.total).encode(), b',"more":true' if count.more else b',"more":false']
    if search is not None:
        body += [b',"search":', documents.dumped(search)]
    body.append(b"}")
    return b"".join(body), link


def paged(
    read: Callable[[Connection, Any, int], Iterable[tuple[Any, dict[str, Any]]]],
    *,
    first: Any,
    also: Sequence[str] = (),
    renamed: Mapping[str, str] | None = None,
    shown: Callable[[Connection, Actor | None, list[dict[str, Any]]], list[dict[str, Any]]] | None = None,
) -> Response:
    """Answer a page of a short list: `read` gives things, each with its place, from behind a place, at first `first`.

    `shown` makes of the page what the caller may see of it; a page that loses items still leads on to the next. So does
    one that ends early because its items have PAGE bytes: `read` is asked for no more of them than that.
    """
    query = queries.read("limit", "cursor", *also, renamed=renamed or {})
    limit = query.get("limit", 50)
    after = page_key(query.get("cursor"))
    with context.database().reading() as connection:
        items: list[dict[str, Any]] = []
        size, last, following = 0, first, None
        for number, thing in read(connection, after[0] if after else first, limit + 1):
            if len(items) == limit or size >= PAGE:
                following = [last]
                break
            items.append(thing)
            size, last = size + len(documents.dumped(thing)), number
        if shown is not None:
            items = shown(connection, context.caller(), items)
    return listed([documents.dumped(thing) for thing in items], following)


def page_key(cursor: str | None) -> list[Any] | None:
    """Open the request's cursor. Raises Invalid when it is not of this list."""
    if cursor is None:
        return None
    return key_of(cursor, _asked(), cursors())


def time_key(cursor: str | None) -> tuple[datetime, int] | None:
    """Open the request's cursor of a list that is in the order of times, and then of log indexes."""
    key = page_key(cursor)
    return None if key is None else (datetime.fromisoformat(key[0]), int(key[1]))


def key_at(place: tuple[datetime, int] | None) -> list[Any] | None:
    """Return what a cursor holds of a place in such a list."""
    return None if place is None else [stamp(place[0]), place[1]]


def key_of(cursor: str, asked: Asked, cursors: Cursors) -> list[Any]:
    """Open a cursor of the list that is asked for. Raises Invalid when it is not of this list."""
    try:
        return _opened(cursor, _place(*asked)[0], cursors)
    except ValueError as error:
        raise Invalid(message("The cursor is not valid."), flaws=[Flaw(error.args[0], parameter="cursor")]) from None


def opened(cursor: str, bound: str) -> list[Any]:
    """Return what a cursor holds. Raises ValueError with words for the client."""
    return _opened(cursor, bound, cursors())


def _opened(cursor: str, bound: str, cursors: Cursors) -> list[Any]:
    key = cursors.open(cursor, bound)
    # The last character of a signature has two bits that decoding drops.
    if cursors.seal(key, bound) != cursor:
        raise ValueError(message("This desk did not create this cursor."))
    return key


def bound_to() -> str:
    """Return what a cursor is bound to: the path and its filters, whatever their order."""
    return _place(*_asked())[0]


def _asked() -> Asked:
    return place(request.path, request.args)


def place(path: str, arguments: MultiDict[str, str]) -> Asked:
    return path, tuple((name, text) for name, text in arguments.items() if name != "cursor")


@lru_cache(maxsize=1024)
def _place(path: str, arguments: tuple[tuple[str, str], ...]) -> tuple[str, str]:
    """Return what the cursors of a list are bound to, and where its next page is, but for the cursor.

    Clients ask for the same few lists over and over, and quoting an address costs a third of reading a page.
    """
    filters = sorted((name, text) for name, text in arguments if name not in ("after", "count", "limit"))
    kept = urlencode([(name, text) for name, text in arguments if name != "after"])
    return urlencode([("", path), *filters]), f"{quote(path)}?{kept}{'&' if kept else ''}"
