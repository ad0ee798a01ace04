"""Which form of a thing a client wants, by its Accept header (RFC 9110, sections 12.4.2, 12.5.1 and 15.5.7).

A route says with `offers` in which forms it answers, its usual one first, and asks `chosen` which it is to be. What it
answers then varies by Accept, errors and 304 too, and the roof writes that into Vary (`app.py`).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Flask, request
from werkzeug.http import parse_list_header, parse_options_header

from factcheck.errors import NotAcceptable
from factcheck.messages import message
from factcheck.web.descriptions import describe

View = TypeVar("View", bound=Callable[..., Any])
NEGOTIATES = "x-negotiates"  # marks such routes for the OpenAPI document, and is taken out of it again
_QUALITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
# A profile without quotation marks is no token (RFC 9110, section 5.6.2), and is sent all the same.
_PROFILE = re.compile(r';\s*profile\s*=\s*"?([^";]*)', re.IGNORECASE)
_TEXT = {"schema": {"type": "string"}}


@dataclass(frozen=True)
class Form:
    """A media type, with the profile (RFC 6906) that tells it from others of that type.

    `schema` is what the OpenAPI document says of it, None where the route says that by itself.
    """

    media_type: str
    profile: str | None = None
    title: str = ""
    schema: Any = field(default=None, compare=False)

    @property
    def content_type(self) -> str:
        return f'{self.media_type}; profile="{self.profile}"' if self.profile else self.media_type

    def as_json(self) -> dict[str, str]:
        return {"type": self.content_type, "title": self.title}


JSON = Form("application/json", title="as this desk has it")


def offers(*forms: Form) -> Callable[[View], View]:
    """Say in which forms a route answers: the decorator next to the function. It costs a request nothing."""

    def mark(view: View) -> View:
        content = {form.content_type: form.schema or _TEXT for form in forms if form is not JSON}
        view.offers = forms  # type: ignore[attr-defined]
        return describe(view, **{"responses": {200: {"content": content}}, NEGOTIATES: True})

    return mark


def chosen(forms: Sequence[Form]) -> Form:
    """Return the one of these forms that the client likes best, the first of those that it likes alike.

    The first one too where nothing is said, which is what most do: then nothing is parsed. Raises NotAcceptable, with
    what there is.
    """
    accept = request.environ.get("HTTP_ACCEPT")
    if accept is None or accept == "*/*" or accept == forms[0].media_type:
        return forms[0]
    return preferred(accept, forms)


def preferred(accept: str, forms: Sequence[Form]) -> Form:
    """Return what an Accept header asks for. Raises NotAcceptable.

    The most specific range that a form falls into says how much it is liked. Parameters other than `profile` do not
    count: all our text is UTF-8. Ranges that cannot be read are passed over; where none is left, nothing was said.
    """
    ranges = list(_ranges(accept))
    if not ranges:
        return forms[0]
    best = max(forms, key=lambda form: _liked(form, ranges))
    if not _liked(best, ranges):
        raise NotAcceptable(
            message("No format of this resource is acceptable."), available=[form.as_json() for form in forms]
        )
    return best


def negotiating(app: Flask) -> frozenset[str]:
    """Return the endpoints whose answers vary by Accept."""
    return frozenset(endpoint for endpoint, view in app.view_functions.items() if hasattr(view, "offers"))


def _ranges(accept: str) -> Iterator[tuple[str, tuple[str, ...], float]]:
    """Yield each range with its profiles (none = any) and its quality."""
    for item in parse_list_header(accept):
        media_range, parameters = parse_options_header(item)
        quality = parameters.get("q", "1").strip()
        if "/" in media_range and _QUALITY.fullmatch(quality):
            named = _PROFILE.search(item)
            yield media_range.lower(), tuple(named[1].split()) if named else (), float(quality)


def _liked(form: Form, ranges: Sequence[tuple[str, tuple[str, ...], float]]) -> float:
    """Return the quality that the most specific range gives a form, 0 when none holds it."""
    found, liked = -1, 0.0
    for media_range, profiles, quality in ranges:
        if media_range == form.media_type:
            if profiles and form.profile not in profiles:
                continue
            specific = 3 if profiles else 2
        elif media_range == form.media_type.partition("/")[0] + "/*":
            specific = 1
        elif media_range == "*/*":
            specific = 0
        else:
            continue
        if specific > found or (specific == found and quality > liked):
            found, liked = specific, quality
    return liked
