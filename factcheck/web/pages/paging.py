"""Lists on pages: parameters from forms, which send empty fields too, and the address of the next page."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from factcheck.queries.lists import Page
from factcheck.web import listing, queries
from factcheck.web.pages.layout import seen_other

ALTERNATIVES = ("status", "attribution_status")  # may be given more than once


def query(*names: str, renamed: Mapping[str, str] | None = None) -> dict[str, Any] | Response:
    """Return the list's parameters; or send the browser on to the address to share, if a form wrote another one."""
    given: dict[str, str] = {}
    for name, texts in request.args.lists():
        if len(texts) > 1 and name not in ALTERNATIVES:
            break  # read() refuses it
        text = ",".join(each for each in texts if each)
        if text.strip():
            given[name] = text
    else:
        if {name: [text] for name, text in given.items()} != dict(request.args.lists()):
            return seen_other(request.path + (f"?{urlencode(given)}" if given else ""))
    return queries.read(*names, "limit", "cursor", renamed=renamed)


def address(found: Page) -> str | None:
    """Return the address of the next page."""
    if found.next is None:
        return None
    cursor = listing.cursors().seal(found.next, listing.bound_to())
    return f"{request.path}?{urlencode({**request.args, 'cursor': cursor})}"
