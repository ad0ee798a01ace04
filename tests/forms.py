"""A browser without a screen: keeps cookies, and sends a page's forms with whatever hidden fields they have."""

from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from factcheck.desk import people
from tests.desk import Desk

HTML = {"Accept": "text/html"}


class Forms(HTMLParser):
    """The forms of a page: their addresses, and the fields that are filled in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self._name: str | None = None
        self.text: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method") != "post":
            self.found.append(("", {}))
        elif tag == "form":
            self.found.append((given.get("action", ""), {}))
        elif tag == "input" and self.found and given.get("type") not in ("radio", "checkbox"):
            self.found[-1][1][given.get("name", "")] = given.get("value", "")
        elif tag == "textarea" and self.found:
            self._name = given["name"]
            self.found[-1][1][self._name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._name is not None:
            # The first line break in a textarea is not part of its text.
            self.found[-1][1][self._name] = self.found[-1][1][self._name].removeprefix("\n")
            self._name = None

    def handle_data(self, data: str) -> None:
        if self._name is not None:
            self.found[-1][1][self._name] += data


class Visitor:
    """Somebody at a browser, logged in by a link unless `by` is None."""

    def __init__(self, desk: Desk, by: str | None = "analyst") -> None:
        self.desk = desk
        self.client: FlaskClient = desk.app.test_client()
        if by is not None:
            with desk.database.writing() as session:
                secret = people.issue_login_link(session, people.operator(session), name=f"Test {by}")
            answer = self.send(f"/login/{secret}", {}, on=f"/login/{secret}")
            assert answer.status_code == 303

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers={**HTML, **headers})

    def fields(self, page: str, action: str, at: int = 0) -> dict[str, str]:
        """Return the fields of the form of a page that goes to `action`; of several, the one at `at`."""
        found = [fields for where, fields in Forms(self.get(page).get_data(as_text=True)).found if where == action]
        return found[at]

    def send(
        self, action: str, values: dict[str, Any], *, on: str, at: int = 0, headers: dict[str, str] | None = None
    ) -> TestResponse:
        """Fill in and send the form of the page `on` that goes to `action`."""
        data = self.fields(on, action, at) | values
        return self.client.post(action, data=data, headers={**HTML, **(headers or {})})
