"""If-Match: what names another version than the current one changes nothing, wherever it is sent."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from factcheck.settings import Settings
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.people import KeptAnswer
from tests.conftest import Copies
from tests.desk import SECRET, Desk
from tests.everything import READ_BY_POST, Asked, Things, furnished, writes

Json = dict[str, Any]
PROVIDER = {"oidc_issuer": "https://login.example", "oidc_client_id": "desk"}  # nothing asks it for anything here
# Where the version of the thing that a request changes is read: its own path, but for the last part of an action's.
ACTIONS = (
    "answer",
    "capture",
    "confirmation",
    "dismissal",
    "snapshots",
    "translations",
    "moves",
    "merge",
    "judgments",
    "withdrawal",
    "redaction",
    "evidence",
    "occurrences",
    "relations",
    "second-opinion",
    "secret",
    "test",
    "reviews",
)
# The first example of each is one that is done.
OPERATIONS = {(each.method, each.path): each for each in reversed([*writes()])}
# A comment on a thing is new, and changes nothing of the thing.
EXISTING = [key for key, each in OPERATIONS.items() if "{" in each.target and not key[1].endswith("/comments")]
NEW = [key for key in OPERATIONS if key not in EXISTING]
ORDER = [(each.method, each.path) for each in writes()]


@pytest.fixture(scope="module")
def shared(copies: Copies) -> Iterator[tuple[Desk, Things]]:
    """A desk with one of everything, for tests whose requests are all refused."""
    kind = "migrated with people"
    url = copies.copy(kind)
    desk = Desk(Settings(database_url=url, secret_key=SECRET, **PROVIDER), copies.entered[kind])
    yield desk, furnished(desk)
    desk.close()
    copies.forget(url)


def counts(desk: Desk) -> dict[str, int]:
    """Return how many rows each table has, but for the answers that are kept for two days."""
    with desk.database.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
            if table.name != KeptAnswer.__tablename__
        }


def ask(desk: Desk, asked: Asked, by: str = "first", **headers: str) -> Any:
    more = {"json": asked.body} if asked.method != "DELETE" and asked.body is not None else {}
    if asked.content_type:
        more["content_type"] = asked.content_type
    given = {name: value for name, value in asked.headers.items() if name != "If-Match"}
    return desk.request(asked.method, asked.target, by=by, headers={**given, **headers}, **more)


def version(desk: Desk, asked: Asked, by: str = "first") -> str:
    """Return the version of what a request changes, as whoever changes it reads it."""
    there, _, last = asked.target.rpartition("/")
    path = there if last in ACTIONS else asked.target
    if there.startswith("/v1/people/"):  # their tokens and sessions are changes of the person
        path = "/".join(there.split("/")[:4])
    if last == "undo":  # of a review, which changes its claim
        path = there.rpartition("/reviews/")[0]
    return str(desk.get(path, by=by).headers["ETag"])


def test_a_stale_version_changes_nothing_anywhere(shared: tuple[Desk, Things]) -> None:
    desk, things = shared
    before = counts(desk)
    assert len(EXISTING) > 12
    assert len(NEW) > 4
    for method, path in OPERATIONS:
        asked = OPERATIONS[method, path].of(things)
        stale = ask(desk, asked, **{"If-Match": '"0123456789abcdef0123456789abcdef"'})
        assert (stale.status_code, stale.mimetype) == (412, "application/problem+json"), (method, path)
        if (method, path) in EXISTING:
            assert stale.headers["ETag"] == version(desk, asked), (method, path)
            assert stale.json["current_etag"] == version(desk, asked)
        else:
            assert ("ETag" in stale.headers, stale.json["type"]) == (False, "/problems/versionless"), path
        assert counts(desk) == before, (method, path)


def test_a_malformed_one_is_told_anywhere(shared: tuple[Desk, Things]) -> None:
    desk, things = shared
    before = counts(desk)
    for method, path in OPERATIONS:
        for malformed in ("0123", '"a" "b"', ""):
            refused = ask(desk, OPERATIONS[method, path].of(things), **{"If-Match": malformed})
            assert (refused.status_code, "If-Match" in refused.json["detail"]) == (400, True), (method, path, malformed)
    assert counts(desk) == before


def test_with_the_version_that_there_is_it_is_done(desk: Desk) -> None:
    desk = desk.with_settings(**PROVIDER)
    things = furnished(desk)
    against_rules = {
        ("POST", "/v1/claims/{claim_id}/second-opinion"),  # one is open already
        ("POST", "/v1/claims/{claim_id}/evidence/{evidence_id}/capture"),  # it cites no page
        ("PATCH", "/v1/claims/{claim_id}"),  # no patch sets a status
        ("POST", "/v1/claims/{claim_id}/reviews"),  # the move needs a reason
    }
    ending = ("/v1/claims/{claim_id}/withdrawal", "/v1/claims/{claim_id}/redaction")  # each of a claim of its own
    for method, path in sorted(EXISTING, key=ORDER.index):
        own = {"claim_id": desk.claim(article_id=things.article_id)["id"]} if path in ending else {}
        if path == "/v1/sources/{source_id}/redaction":  # one that was not merged
            own = {"source_id": desk.source()["id"]}
        asked = OPERATIONS[method, path].of(Things({**things.ids, **own}))
        done = ask(desk, asked, **{"If-Match": f'"other", {version(desk, asked)}'})
        expected = (409, 422) if (method, path) in against_rules else (200, 201, 204)
        assert done.status_code in expected, (method, path, done.get_data(as_text=True))
    for method, path in NEW:
        done = ask(desk, OPERATIONS[method, path].of(things), **{"If-Match": "*"})
        assert done.status_code in (200, 201) or path in ("/v1/claims", "/v1/captures"), (path, done.data)


def test_reads_that_are_posted_and_dry_runs_compare_too(shared: tuple[Desk, Things]) -> None:
    desk, things = shared
    stale = {"If-Match": '"old"'}
    match = OPERATIONS["POST", READ_BY_POST[0]].of(things)
    assert ask(desk, match, **stale).status_code == 412
    lines = OPERATIONS["POST", "/v1/imports"].of(things)
    dry = desk.post("/v1/imports?dry_run=true", lines.body, headers=stale, content_type="application/x-ndjson")
    assert dry.status_code == 412


def test_a_refused_one_keeps_no_answer(desk: Desk) -> None:
    """Under the same Idempotency-Key the request can be sent again, and is done then; and that answer is kept."""
    asked = Asked("POST", "", f"/v1/claims/{desk.claim()['id']}/withdrawal", {"reason": "Entered twice."})
    key = {"Idempotency-Key": "once"}
    for named, status in (('"old"', 412), (version(desk, asked, "admin"), 204), ('"old"', 204)):  # done by then
        assert ask(desk, asked, "admin", **key, **{"If-Match": named}).status_code == status


@pytest.fixture
def hooked(desk: Desk) -> tuple[Desk, Json]:
    return desk, desk.made("/v1/webhooks", {"url": "https://receiver.invalid/hook"}, by="admin")


def test_a_stale_webhook_is_not_removed(hooked: tuple[Desk, Json]) -> None:
    desk, made = hooked
    here = made["links"]["self"]
    old = desk.get(here, by="admin").headers["ETag"]
    assert desk.patch(here, {"description": "Another's"}, etag=old, by="admin").status_code == 200
    for action in (here, f"{here}/secret", f"{here}/test"):
        method = "DELETE" if action == here else "POST"
        stale = desk.request(method, action, by="admin", headers={"If-Match": old})
        assert (stale.status_code, stale.headers["ETag"]) == (412, desk.get(here, by="admin").headers["ETag"])
    assert desk.get(here, by="admin").json["secret_changed_at"] is None
    assert desk.get(f"{here}/deliveries", by="admin").json["items"] == []
    current = {"If-Match": desk.get(here, by="admin").headers["ETag"]}
    gone = desk.request("DELETE", here, by="admin", headers=current)
    assert (gone.status_code, gone.data, desk.get(here, by="admin").status_code) == (204, b"", 404)


def test_a_role_that_is_too_low_is_told_before_the_version(desk: Desk) -> None:
    claim = desk.claim()
    stale = {"If-Match": '"old"'}
    refused = desk.post(f"/v1/claims/{claim['id']}/redaction", {"reason": "No."}, by="analyst", headers=stale)
    assert (refused.status_code, refused.json["role"]) == (403, "admin")
    not_theirs = desk.post(f"/v1/claims/{claim['id']}/withdrawal", {"reason": "No."}, by="contributor", headers=stale)
    assert not_theirs.status_code == 403
