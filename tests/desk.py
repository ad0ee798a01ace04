"""A desk to test with: the real application on a real database, with one person of each role."""

import re
import tempfile
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from factcheck.app import connect, create_app
from factcheck.desk import people
from factcheck.followers.audit import checking
from factcheck.followers.registry import auditing
from factcheck.rules.roles import Role
from factcheck.settings import Settings
from factcheck.storage.engine.database import Database

SECRET = "a key for tests that nobody else uses"
TEXT = (
    "The event marked a show of solidarity, with organizers claiming that up to a million people were present. "
    "Meanwhile, thousands of people gathered. The organizers left early."
)


# Applications that no test uses now, by their settings: putting one together takes longer than most tests.
FREE: defaultdict[Settings, list[Flask]] = defaultdict(list)


def alike(settings: Settings) -> Settings:
    """Return what two applications must have in common for one to stand in for the other."""
    return replace(settings, database_url="", index_dir="", archive="")


def application(settings: Settings) -> Flask:
    """Return an application that nobody else uses."""
    free = FREE[alike(settings)]
    if not free:
        app = create_app(settings)
        app.extensions["tests.config"] = dict(app.config)
        return app
    app = free.pop()
    app.config.update(app.extensions["tests.config"])
    connect(app, settings)
    return app


@dataclass(frozen=True)
class Entered:
    """The ids and the tokens of the people that were entered, one of each role, by their roles."""

    people: dict[str, str]
    tokens: dict[str, str]


def enter_people(database: Database) -> Entered:
    """Enter one person of each role, each with a token."""
    entered = Entered({}, {})
    with database.writing() as session:
        operator = people.operator(session)
        for role in Role:
            person = people.add(session, operator, name=f"Test {role}", role=role)
            entered.people[role] = person.id
            entered.tokens[role] = people.issue_token(session, operator, name=person.name)
    return entered


class Desk:
    """Requests by role: ``desk.get("/v1/claims", by="reader")``; ``by=None`` sends no token."""

    def __init__(self, settings: Settings, entered: Entered | None = None) -> None:
        """Open a desk; people are entered unless they were `entered` already."""
        self.index: tempfile.TemporaryDirectory[str] | None = None
        if not settings.index_dir and not settings.database_url.startswith("sqlite"):
            # In the current folder, all desks would share one.
            self.index = tempfile.TemporaryDirectory(prefix="factcheck-index-")
            archive = settings.archive or f"{self.index.name}/archive"
            settings = replace(settings, index_dir=f"{self.index.name}/index", archive=archive)
        self.settings = settings
        self.app = application(settings)
        self.database = self.app.extensions["factcheck.database"]
        self.others: list[Desk] = []
        self.open = True
        entered = entered or enter_people(self.database)
        self.people, self.tokens = dict(entered.people), dict(entered.tokens)

    def close(self) -> None:
        """Close this desk, those made of it, and those made of them."""
        for other in self.others:
            other.close()
        for following in self.app.extensions["factcheck.followers"].values():
            following.close()
        self.database.close()
        if self.index is not None:
            self.index.cleanup()
        if self.open:
            self.open = False
            FREE[alike(self.settings)].append(self.app)

    def with_settings(self, **changes: Any) -> "Desk":
        """Return another application on the same database, with the same people."""
        other = object.__new__(Desk)
        other.settings, other.open = replace(self.settings, **changes), True
        other.app = application(other.settings)
        other.database = other.app.extensions["factcheck.database"]
        other.tokens, other.people, other.others, other.index = self.tokens, self.people, [], None
        self.others.append(other)
        return other

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def request(self, method: str, path: str, *, by: str | None = "analyst", **options: Any) -> TestResponse:
        headers = dict(options.pop("headers", {}))
        if by is not None:
            headers.setdefault("Authorization", f"Bearer {self.tokens[by]}")
        answer = self.client.open(path, method=method, headers=headers, **options)
        if path.startswith("/v1/") and answer.status_code >= 400 and method != "HEAD":
            demand_problem(answer)
        return answer

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.request("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self.request("POST", path, json=body, **options)

    def patch(self, path: str, body: Any, *, etag: str | None = None, **options: Any) -> TestResponse:
        headers = dict(options.pop("headers", {}))
        if etag is not None:
            headers["If-Match"] = etag
        return self.request("PATCH", path, json=body, headers=headers, **options)

    def made(self, path: str, body: Any, **options: Any) -> dict[str, Any]:
        """Post, demand 201, and return the thing."""
        response = self.post(path, body, **options)
        assert response.status_code == 201, response.get_data(as_text=True)
        thing: dict[str, Any] = response.json
        return thing

    def source(self, **fields: Any) -> dict[str, Any]:
        return self.made("/v1/sources", {"name": "Rally organizers", "kind": "group", **fields})

    def article(self, **fields: Any) -> dict[str, Any]:
        """Enter an article with TEXT, however many there are."""
        lenient = {"Prefer": "handling=lenient"}
        return self.made("/v1/articles", {"title": "A rally", "text": TEXT, **fields}, headers=lenient)

    def claim(self, **fields: Any) -> dict[str, Any]:
        """Enter a claim about TEXT; of a new article unless `article_id` is given."""
        body = {
            "text": "Up to a million people were present.",
            "kind": "factual",
            "quotes": [{"exact": "up to a million people were present"}],
            **fields,
        }
        if "article_id" not in body:
            body["article_id"] = self.article()["id"]
        return self.made("/v1/claims", body)

    def review(
        self, claim_id: str, *, by: str | None = "analyst", etag: str | None = None, **body: Any
    ) -> TestResponse:
        """Decide, on the version that `etag` names: the current one by default, none when it is ''."""
        if etag is None:
            etag = self.etag(claim_id)
        headers = {"If-Match": etag} if etag else {}
        return self.post(f"/v1/claims/{claim_id}/reviews", body, by=by, headers=headers)

    def etag(self, claim_id: str) -> str:
        return self.get(f"/v1/claims/{claim_id}").headers["ETag"]

    def by_external_id(self, external_id: str) -> dict[str, Any]:
        items = self.get(f"/v1/claims?external_id={external_id}").json["items"]
        assert len(items) == 1
        claim: dict[str, Any] = items[0]
        return claim

    def changes(self) -> list[dict[str, Any]]:
        """Return the whole log."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.get(f"/v1/changes?limit=200&after={found[-1]['log_index'] if found else -1}").json
            found += page["items"]
            if not page["items"] or page["next_cursor"] is None:
                return found


def demand_problem(answer: TestResponse) -> None:
    """Demand that a refusal says what it is, whatever else a test looks at: a status alone may be another error's."""
    assert answer.mimetype == "application/problem+json", (answer.status, answer.mimetype)
    told = answer.json
    assert told["status"] == answer.status_code
    assert re.fullmatch(r"/problems/[a-z][a-z-]+", told["type"]), told
    assert told["title"], told
    assert told["detail"], told


class Statements:
    """Counts the SQL statements that reach the database while it is open."""

    def __init__(self, desk: Desk) -> None:
        self.engines = (desk.database._read_engine, desk.database._write_engine)
        self.seen: list[str] = []

    def __enter__(self) -> "Statements":
        for engine in self.engines:
            event.listen(engine, "before_cursor_execute", self._see)
        return self

    def __exit__(self, *_: object) -> None:
        for engine in self.engines:
            event.remove(engine, "before_cursor_execute", self._see)

    def _see(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.seen.append(statement)


def audit_faults(database: Database) -> list[str]:
    """Let the audit reach the log's end, and return what it says otherwise than the desk's tables give."""
    auditing(database).catch_up()
    with database.reading_one_moment() as connection:
        return [f"{subject}: {detail}" for subject, detail in checking.all_faults(connection)]


def lift_guards(session: Session) -> None:
    """Do what somebody with all rights can do first: take away, in this transaction, what guards the history."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL session_replication_role = replica"))
        return
    guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%_no_%'"
    for name in session.execute(text(guards)).scalars().all():
        session.execute(text(f"DROP TRIGGER {name}"))
