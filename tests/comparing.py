"""Compare what two desks answer, byte for byte but for what chance and the clock make of every desk."""

import re
from typing import Any

from werkzeug.test import TestResponse

from tests.desk import Desk
from tests.everything import PAGES, POSTS, Asked, Things, reads, writes
from tests.forms import HTML, Forms, Visitor

HEADERS = ("Content-Type", "ETag", "Location", "Link", "Retry-After", "Content-Disposition")
_CHANCE = (
    (r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "<at>"),
    (r"\b\d{1,2} [A-Z][a-z]{2} 20\d\d, \d\d:\d\d", "<at>"),
    (r"whsec_[\w+/=]+|fck_[\w-]+|(?<=/login/)[\w-]{43}", "<secret>"),
    (r"(cursor\"?[=:]\"?|pageToken\"?[=:] ?\"?)[\w.~%-]{20,}", r"\1<cursor>"),
    (r'("milliseconds":)\d+', r"\1<ms>"),
    (r'("rate":)\d+', r"\1<rate>"),
    (r'((sqlite|postgresql\+psycopg)://|(?<=[">])/(dev/shm|tmp)/)[^\s"<]+', "<place>"),
    (r"\b\d+ ms\b", "<ms>"),
    # How long a first verdict took; `test_statistics.py` compares it with the clock stopped.
    (r'("(?:median|p90)_seconds":)\d+', r"\1<s>"),
    (r"(\d{4}-W\d\d,[\d-]{10},(?:\d+,){3})\d+,\d+", r"\1<s>"),
    (r"\b(?:\d+ min )?\d+ s\b|\b\d+ min\b", "<s>"),
    (r"chain-[0-9a-f]{12}", "<picture>"),
    (r'(name="(?:csrf_token|key)"[^>]* value=")[^"]*', r"\1<token>"),
    (r'(content=")[\w.~-]{40,}', r"\1<token>"),
)
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}")


class Reader:
    """Somebody who asks a desk everything, one request after the other. `by=None` sends no token."""

    def __init__(self, desk: Desk, things: Things, by: str | None) -> None:
        self.desk, self.things, self.by = desk, things, by
        self._known: dict[str, str] = {}

    def plain(self, answer: TestResponse) -> str:
        """Return an answer as text. Ids and versions are numbered as they turn up: the same one has one number."""
        headers = [f"{name}: {answer.headers[name]}" for name in HEADERS if name in answer.headers]
        told = "\n".join([answer.status, *headers, "", answer.data.decode(errors="replace")])  # an image is no text
        for pattern, instead in _CHANCE:
            told = re.sub(pattern, instead, told)
        return _ID.sub(lambda found: self._known.setdefault(found[0], f"<{len(self._known)}>"), told)

    def ask(self, asked: Asked) -> str:
        asked = asked.of(self.things)
        headers = {"X-Request-Id": "asked-as-this", **asked.headers}
        body: dict[str, Any] = {}
        if asked.content_type is not None and isinstance(asked.body, str):
            body = {"data": asked.body, "content_type": asked.content_type}
        elif asked.method in ("POST", "PATCH") and asked.body is not None:
            body = {"json": asked.body} | ({"content_type": asked.content_type} if asked.content_type else {})
        return self.plain(self.desk.request(asked.method, asked.target, by=self.by, headers=headers, **body))

    def reads(self, *only: str) -> dict[str, str]:
        """Ask all that the API reads, or these targets of it alone, and return the answers by what was asked."""
        return {
            f"{number} {each.method} {each.target} {dict(each.headers)}": self.ask(each)
            for number, each in enumerate(reads())
            if not only or each.target in only
        }

    def writes(self) -> dict[str, str]:
        return {f"{number} {each.method} {each.target}": self.ask(each) for number, each in enumerate(writes())}

    def pages(self) -> dict[str, str]:
        visitor, told = Visitor(self.desk, self.by), {}
        for target in (each for targets in PAGES.values() for each in targets):
            found = Asked("GET", "", target).of(self.things).target
            told[f"GET {target}"] = self.plain(visitor.get(found, **{"X-Request-Id": "asked-as-this"}))
        return told

    def forms(self, **headers: str) -> dict[str, str]:
        """Send every form of the pages, and return what is shown then."""
        visitor, told = Visitor(self.desk, self.by), {}
        page = visitor.get("/articles/new").get_data(as_text=True)
        token = next(fields["csrf_token"] for _, fields in Forms(page).found if "csrf_token" in fields)
        for number, (target, fields) in enumerate(POSTS.values()):
            asked = Asked("POST", "", target, fields).of(self.things)
            data = {"csrf_token": token, "key": f"form-{number:04}", **asked.body}
            sent = {**HTML, "X-Request-Id": "asked-as-this", **headers}
            told[f"POST {target}"] = self.plain(visitor.client.post(asked.target, data=data, headers=sent))
        return told


def differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """Return what was answered differently, by what was asked."""
    assert one.keys() == other.keys()
    return [asked for asked in one if one[asked] != other[asked]]


def first_difference(one: dict[str, str], other: dict[str, str]) -> tuple[str, str, str] | None:
    """Return what was asked that was answered differently first, and the two answers from there on."""
    for asked in differing(one, other):
        mine, yours = one[asked], other[asked]
        at = next(
            (at for at, (a, b) in enumerate(zip(mine, yours, strict=False)) if a != b), min(len(mine), len(yours))
        )
        return asked, mine[max(0, at - 60) : at + 100], yours[max(0, at - 60) : at + 100]
    return None
