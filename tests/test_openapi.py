"""The OpenAPI document: it is valid, it says what the contract says, and what it says is what happens."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from schemathesis import GenerationMode
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from factcheck.app import create_app
from factcheck.followers.publisher import Publisher
from factcheck.inspection import checkup
from factcheck.rules.webhooks import EVENTS
from factcheck.settings import Settings
from factcheck.web.api.openapi import ADMINS, IMPORTS, MERGED, OPEN, PERSONAL, SEARCH
from factcheck.web.reconcile.documented import RECONCILE
from tests.desk import SECRET, Desk
from tests.examining import claim_faults
from torture.requests import There, operations, sent, strictly_documented, what_ends_things_comes_last

Json = dict[str, Any]

# Of allowed and of forbidden requests, per operation. Most of the time goes into making them up, not into the desk.
EXAMPLES = int(os.environ.get("FACTCHECK_TEST_EXAMPLES", "6"))
FOREIGN = (SEARCH, RECONCILE)  # which others have specified
PAGED = {"limit", "cursor"}
LISTED = {"q", *PAGED, "count"}
CLAIM_FILTERS = {
    "status", "attribution_status", "source", "origin", "article", "kind", "tag", "reviewed_by", "updated_since",
    "external_id", "assigned_to", "priority", "due", "q", "sort",
}  # fmt: skip
# Path, method: the query parameters that the contract names.
CONTRACT: dict[str, dict[str, set[str]]] = {
    "/v1/sources": {"get": {*LISTED, "kind"}, "post": set()},
    "/v1/sources/{source_id}": {"get": set(), "patch": set()},
    "/v1/sources/{source_id}/candidates": {"get": set()},
    "/v1/sources/{source_id}/merge": {"post": set()},
    "/v1/articles": {"get": {*LISTED, "outlet", "kind"}, "post": set()},
    "/v1/articles/{article_id}": {"get": set(), "patch": set()},
    "/v1/articles/{article_id}/snapshots": {"get": PAGED, "post": set()},
    "/v1/articles/{article_id}/snapshots/{number}": {"get": set()},
    "/v1/articles/{article_id}/snapshots/{number}/diff/{other}": {"get": set()},
    "/v1/articles/{article_id}/watch": {"get": set(), "put": set(), "delete": set()},
    "/v1/assignments": {"get": {*PAGED, "person"}},
    "/v1/images": {"get": {*PAGED, "article"}, "post": set()},
    "/v1/images/{image_id}": {"get": set()},
    "/v1/images/{image_id}/file": {"get": set()},
    "/v1/images/{image_id}/similar": {"get": set()},
    "/v1/images/{image_id}/redaction": {"post": set()},
    "/v1/claims/{claim_id}/assignment": {"get": set(), "put": set(), "delete": set()},
    "/v1/comments": {"get": {*PAGED, "mentions"}},
    "/v1/claims/{claim_id}/comments": {"get": PAGED, "post": set()},
    "/v1/articles/{article_id}/comments": {"get": PAGED, "post": set()},
    "/v1/comments/{comment_id}": {"get": set(), "patch": set()},
    "/v1/comments/{comment_id}/history": {"get": PAGED},
    "/v1/comments/{comment_id}/withdrawal": {"post": set()},
    "/v1/comments/{comment_id}/redaction": {"post": set()},
    "/v1/reports": {"get": {*PAGED, "claim", "state"}, "post": set()},
    "/v1/published": {"get": PAGED},
    "/v1/published/{report_id}": {"get": set()},
    "/v1/corrections": {"get": PAGED},
    "/v1/correction-requests": {"get": {*PAGED, "state"}},
    "/v1/correction-requests/{request_id}": {"get": set()},
    "/v1/correction-requests/{request_id}/answer": {"post": set()},
    "/v1/correction-requests/{request_id}/redaction": {"post": set()},
    "/v1/correction-requests/{request_id}/history": {"get": PAGED},
    "/v1/published/claims": {"get": PAGED},
    "/v1/reports/{report_id}": {"get": set(), "patch": set()},
    "/v1/reports/{report_id}/moves": {"post": set()},
    "/v1/reports/{report_id}/redaction": {"post": set()},
    "/v1/reports/{report_id}/versions": {"get": PAGED},
    "/v1/reports/{report_id}/versions/{number}": {"get": set()},
    "/v1/reports/{report_id}/publications": {"get": PAGED},
    "/v1/reports/{report_id}/history": {"get": PAGED},
    "/v1/reports/{report_id}/draft": {"get": set(), "put": set(), "delete": set()},
    "/v1/rating-scales": {"get": PAGED, "post": set()},
    "/v1/rating-scales/{scale_id}": {"get": set()},
    "/v1/rating-scales/{scale_id}/translations": {"post": set()},
    "/v1/rating-scales/{scale_id}/withdrawal": {"post": set()},
    "/v1/feeds": {"get": PAGED, "post": set()},
    "/v1/feeds/{feed_id}": {"get": set(), "delete": set()},
    "/v1/inbox": {"get": {*PAGED, "feed", "state"}},
    "/v1/inbox/{item_id}": {"get": set()},
    "/v1/inbox/{item_id}/dismissal": {"post": set()},
    "/v1/claims": {"get": {*LISTED, *CLAIM_FILTERS}, "post": set()},
    "/v1/claims/match": {"post": set()},
    "/v1/claims/{claim_id}": {"get": {"as_of"}, "patch": set()},
    "/v1/claims/{claim_id}/confirmation": {"post": set()},
    "/v1/claims/{claim_id}/withdrawal": {"post": set()},
    "/v1/claims/{claim_id}/evidence": {"get": PAGED, "post": set()},
    "/v1/claims/{claim_id}/evidence/{evidence_id}": {"get": set()},
    "/v1/claims/{claim_id}/evidence/{evidence_id}/capture": {"post": set()},
    "/v1/claims/{claim_id}/evidence/{evidence_id}/withdrawal": {"post": set()},
    "/v1/claims/{claim_id}/occurrences": {"get": PAGED, "post": set()},
    "/v1/claims/{claim_id}/occurrences/{occurrence_id}": {"get": set()},
    "/v1/claims/{claim_id}/occurrences/{occurrence_id}/withdrawal": {"post": set()},
    "/v1/claims/{claim_id}/relations": {"get": PAGED, "post": set()},
    "/v1/claims/{claim_id}/relations/{relation_id}": {"get": set()},
    "/v1/claims/{claim_id}/reviews": {"get": PAGED, "post": set()},
    "/v1/claims/{claim_id}/reviews/{review_id}": {"get": set()},
    "/v1/claims/{claim_id}/reviews/{review_id}/undo": {"post": set()},
    "/v1/claims/{claim_id}/second-opinion": {"get": PAGED, "post": set()},
    "/v1/claims/{claim_id}/second-opinion/{opinion_id}": {"get": set()},
    "/v1/audit/agreement": {"get": {"question", "from", "to"}},
    "/v1/claims/{claim_id}/history": {"get": PAGED},
    "/v1/imports": {"post": {"dry_run"}},
    "/v1/changes": {"get": {*PAGED, "after"}},
    "/v1/webhooks": {"get": PAGED, "post": set()},
    "/v1/webhooks/{webhook_id}": {"get": set(), "patch": set(), "delete": set()},
    "/v1/webhooks/{webhook_id}/state": {"get": set()},
    "/v1/webhooks/{webhook_id}/deliveries": {"get": PAGED},
    "/v1/webhooks/{webhook_id}/test": {"post": set()},
    "/v1/webhooks/{webhook_id}/secret": {"post": set()},
    "/v1/me": {"get": set()},
    "/v1/settings": {"get": set()},
    "/v1/followers": {"get": set()},
    "/v1/people": {"get": PAGED, "post": set()},
    "/v1/people/{person_id}": {"get": set(), "patch": set()},
    "/v1/people/{person_id}/login-link": {"post": set()},
    "/v1/people/{person_id}/accounts": {"get": PAGED, "post": set()},
    "/v1/people/{person_id}/accounts/{account_id}": {"get": set(), "delete": set()},
    "/v1/people/{person_id}/tokens": {"get": PAGED, "post": set()},
    "/v1/people/{person_id}/tokens/{token_id}": {"get": set(), "delete": set()},
    "/v1/people/{person_id}/sessions": {"get": PAGED},
    "/v1/people/{person_id}/sessions/{session_id}": {"delete": set()},
}
PAIRS = [(path, method) for path, methods in CONTRACT.items() for method in methods]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Json:
    return _served(tmp_path_factory.mktemp("openapi"))


def _served(folder: Path, **changes: Any) -> Json:
    """Return the document as it is served, and the routes that there are. No database is asked for it."""
    app = create_app(Settings(database_url=f"sqlite:///{folder}/unused.db", secret_key=SECRET, **changes))
    response = app.test_client().get("/openapi.json")
    assert (response.status_code, response.mimetype) == (200, "application/json")
    document: Json = response.json
    document["x-routes"] = sorted(
        (re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(("/v1", RECONCILE))
    )
    app.extensions["factcheck.database"].close()
    return document


def test_the_document_is_valid(served: Json) -> None:
    OPENAPI_31_VALIDATOR.validate(served)
    assert served["openapi"] == "3.1.0"
    # The specification's own schema says nothing of the schemas inside: JSON Schema's does.
    for schema in served["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
    references = {value for key, value in _members(served) if key == "$ref"}
    held = {
        f"#/components/{kind}/{name}"
        for kind, named in served["components"].items()
        for name in named
        if kind != "securitySchemes"
    }
    assert references == held  # each leads somewhere, and nothing is left over
    assert {name for each in served["security"] for name in each} == set(served["components"]["securitySchemes"])


def test_every_route_is_documented_and_nothing_else(served: Json) -> None:
    assert sorted((path, method) for path, method, _ in _operations(served)) == served["x-routes"]


def test_what_receivers_get_is_documented(served: Json) -> None:
    told = served["webhooks"]["change"]["post"]
    assert {each["name"] for each in told["parameters"]} == {"webhook-id", "webhook-timestamp", "webhook-signature"}
    event = _resolved(served, told["requestBody"]["content"]["application/json"]["schema"])
    assert event["required"] == ["data", "timestamp", "type"]
    assert set(event["properties"]["type"]["enum"]) == {*EVENTS, "webhook.test"}


@pytest.mark.parametrize(("path", "method"), PAIRS)
def test_the_contract_is_documented(served: Json, path: str, method: str) -> None:
    operation = served["paths"][path][method]
    parameters = _parameters(served, operation)
    assert {name for place, name in parameters if place == "query"} == CONTRACT[path][method]
    for name in CONTRACT[path][method]:
        assert parameters["query", name]["description"], name
    in_path = {each["name"]: each for each in served["paths"][path].get("parameters", [])}
    assert set(in_path) == set(re.findall(r"{(\w+)}", path))
    assert all(each["required"] for each in in_path.values())


def test_every_operation_is_explained(served: Json) -> None:
    names = Counter(operation["operationId"] for _, _, operation in _operations(served))
    assert names.most_common(1)[0][1] == 1
    for path, method, operation in _operations(served):
        assert operation["summary"].endswith("."), (path, method)
        assert operation["tags"], (path, method)
        if method in ("post", "patch", "delete") and not path.startswith(FOREIGN):
            assert "Needs the role" in operation["description"], (path, method)


def test_a_desk_that_anybody_may_read_says_so(served: Json, tmp_path: Path) -> None:
    public = _served(tmp_path, public_read=True)
    for path, method, operation in _operations(public):
        asked = operation.get("security", public["security"])
        may = {} in asked or asked == []
        read = method == "get" or path.startswith(FOREIGN)
        assert may == (read and not f"{path}/{{".startswith(PERSONAL)), (path, method)
    for path, method, operation in _operations(served):
        of_manifest = (path, method) == (RECONCILE, "get")
        assert ("security" in operation) == (path.startswith(OPEN) or of_manifest), (path, method)


NEGOTIATED = {
    ("/v1/claims", "get"),
    ("/v1/claims/{claim_id}", "get"),
    ("/v1/claims/{claim_id}/provenance", "get"),
    ("/v1/claims/{claim_id}/annotation", "get"),
    ("/v1/articles/{article_id}/annotations", "get"),
    ("/v1/articles/{article_id}/annotations/page", "get"),
}
DECIDED = ("/v1/claims/{claim_id}", "/v1/claims/{claim_id}/claimreview")
LOOKS_UP = ("/v1/claims/match", "/v1/webhooks/{webhook_id}/test")
REVIEWS, FEED = "/v1/feeds/claimreviews", "/v1/feeds/verdicts"
# Moves a mark of one's own forward, or says what is mailed to one: of no version, and not in the log.
UNVERSIONED = (("/v1/me/notifications", "patch"), ("/v1/me/notifications/choices", "patch"))
OWN = (*UNVERSIONED, ("/v1/people/{person_id}", "patch"))  # what every person may do with what is theirs


def test_every_operation_documents_its_errors(served: Json) -> None:
    for path, method, operation in _operations(served):
        if path.startswith(FOREIGN):  # `test_google.py` and `test_reconciliation.py`
            continue
        expected = {"400", "401", "422", "429", "431", "503"}
        if "{" in path:
            expected |= {"404"}
        if method in ("post", "put", "patch"):
            expected |= {"403", "408", "409", "411", "413", "415"}
        if path.startswith(ADMINS) or method == "delete":
            expected |= {"403"}
        if ("{claim_id}" in path and not path.endswith("/history")) or path == "/v1/published/{report_id}":
            expected |= {"410"}
        decides = method == "post" and path.endswith(("/reviews", "/undo", "/confirmation", "/moves"))
        if decides or (method == "patch" and (path, method) not in UNVERSIONED):
            expected |= {"412", "428"}
        if "{" in path and method in ("post", "put", "delete"):
            expected |= {"412"}  # for those who send If-Match though they need not
        if method == "post":
            expected |= {"410"}  # under the Idempotency-Key of a request whose response was redacted
        if path in MERGED:
            expected |= {"301"}
        if path.startswith(OPEN):
            expected -= {"401"}
        if (path, method) in NEGOTIATED:
            expected |= {"406"}
        if path in DECIDED:
            expected |= {"409"}
        errors = {
            status: _resolved(served, answer)
            for status, answer in operation["responses"].items()
            if status not in ("200", "201", "204", "304")
        }
        assert set(errors) == expected, (path, method)
        for status, answer in errors.items():
            assert list(answer["content"]) == ["application/problem+json"], (path, method, status)
            assert answer["description"] != HTTPStatus(int(status)).phrase, (path, method, status)


def test_every_operation_documents_its_headers(served: Json) -> None:
    for path, method, operation in _operations(served):
        if path.startswith(FOREIGN):
            continue
        parameters = _parameters(served, operation)
        taken = {name for place, name in parameters if place == "header"}
        queried = {name for place, name in parameters if place == "query"}
        expected = {"X-Request-Id"}
        if method == "post":
            expected.add("Idempotency-Key")
        enters = method == "post" and path in ("/v1/claims", "/v1/sources")
        if enters:
            expected.add("Prefer")
        decides = method == "post" and path.endswith(("/reviews", "/undo", "/confirmation", "/moves"))
        if decides or (method == "patch" and (path, method) not in UNVERSIONED):
            expected.add("If-Match")
            assert parameters["header", "If-Match"]["required"], (path, method)
        elif "{" in path and method in ("post", "put", "delete"):
            expected.add("If-Match")
            assert not parameters["header", "If-Match"].get("required"), (path, method)
        versioned = ("cursor" not in queried or path == FEED) and path not in (IMPORTS, REVIEWS)
        if method == "get" and versioned:
            expected.add("If-None-Match")
            assert set(operation["responses"]["304"]["headers"]) == {"ETag", "X-Request-Id"}, path
        assert taken == expected, (path, method)
        for status, answer in operation["responses"].items():
            given_back = {"X-Request-Id"}
            if status in ("201", "301"):
                given_back.add("Location")
            if enters and status == "201":
                given_back.add("Preference-Applied")
            if status in ("201", "304", "412") or (status == "200" and versioned and (path, method) not in UNVERSIONED):
                given_back.add("ETag")
            if status == "200" and "cursor" in queried:
                given_back.add("Link")
            changes = method != "get" and path not in LOOKS_UP and (path, method) not in UNVERSIONED
            if status in ("200", "201", "204") and changes:
                given_back.add("Log-Index")
            limits = {"Retry-After", "RateLimit", "RateLimit-Policy"}
            given_back |= {"401": {"WWW-Authenticate"}, "429": limits, "503": {"Retry-After"}}.get(status, set())
            assert set(_resolved(served, answer)["headers"]) == given_back, (path, method, status)


def test_a_merge_patch_has_no_defaults_and_removes_only_what_need_not_be_there(served: Json) -> None:
    schemas = served["components"]["schemas"]
    for noun in ("Claim", "Article", "Source"):
        # A new article can take its title from a capture, but no edit removes it.
        whole = schemas["NewArticleIn"] | {"required": ["title"]} if noun == "Article" else schemas[f"{noun}In"]
        patch = schemas[f"{noun}Patch"]
        assert "required" not in patch
        assert set(patch["properties"]) <= set(whole["properties"])
        for name, schema in patch["properties"].items():
            assert "default" not in schema, (noun, name)
            removable = jsonschema_rs.is_valid({**schema, "components": served["components"]}, None)
            assert removable == (name not in whole["required"]), (noun, name)


def test_every_operation_asks_who_one_is_and_what_one_may(desk: Desk, served: Json) -> None:
    closed = desk.with_settings(public_site=False)
    for path, method, operation in _operations(served):
        place = re.sub(r"{\w+_id}", "01890000-0000-7000-8000-000000000000", path)
        place = re.sub(r"{(number|other|index|first|second)}", "1", place)
        nobody = closed.request(method, place, by=None)
        if path.startswith(OPEN):
            assert "401" not in operation["responses"]
            # Nothing is published yet: a list is empty, anything else is not there.
            empty = (
                (200, {"items": [], "next_cursor": None}) if "cursor" in str(operation["parameters"]) else (404, None)
            )
            assert (nobody.status_code, nobody.json if empty[1] else None) == empty, path
            continue
        if path == RECONCILE:
            assert (nobody.status_code, method) in ((200, "get"), (401, "post"))
            continue
        if path.startswith(SEARCH):
            assert (nobody.status_code, nobody.json["error"]["status"]) == (401, "UNAUTHENTICATED")
            continue
        assert (nobody.status_code, nobody.mimetype) == (401, "application/problem+json"), (path, method)
        if method != "get":
            role = re.search(r"Needs the role `(\w+)`", operation["description"])
            assert role, (path, method)
            reader = desk.request(method, place, by="reader")
            if role[1] == "reader":  # a read, though a POST, or something of the person's own
                theirs = 404 if path.startswith("/v1/me/") else 403
                sends = method == "post" or (path, method) in OWN
                assert reader.status_code == (415 if sends else theirs), (path, method)
                continue
            assert (reader.status_code, reader.json["role"]) == (403, role[1]), (path, method)


def succeeded(statuses: Iterable[int]) -> bool:
    return any(200 <= status < 300 for status in statuses)


@pytest.mark.slow
def test_what_is_documented_is_what_happens(
    seeded: Desk, subtests: pytest.Subtests, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Send allowed and forbidden requests of every operation, three of four with ids of things that exist.

    Allowed ones must be answered as documented, forbidden ones must be refused; no answer has a member that the
    document does not name; each operation succeeds at least once; and after all that the desk is in order.
    """
    seeded = seeded.with_settings(oidc_issuer="https://id.invalid")  # or nobody could have an account there
    there = There(seeded)
    Publisher(seeded.database, tmp_path / "log").publish()
    api = strictly_documented(seeded)
    for operation in sorted(operations(api), key=what_ends_things_comes_last):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            capfd.readouterr()  # a failure shows the log lines of its own operation
            with subtests.test(operation.label, mode=mode.name):
                statuses = sent(seeded, there, operation, mode, EXAMPLES)
                for more in (4, 16) if mode is GenerationMode.POSITIVE else ():
                    if not succeeded(statuses):  # by chance, none of a few was about the right thing
                        statuses += sent(seeded, there, operation, mode, EXAMPLES * more)
                if (operation.label, mode) == ("POST /v1/captures", GenerationMode.POSITIVE):
                    assert 422 in statuses, statuses  # their host is a name that never is
                else:
                    assert mode is GenerationMode.NEGATIVE or succeeded(statuses), statuses
    with seeded.database.writing() as session:
        assert [*checkup.log_faults(session)] == []
        assert claim_faults(session) == []


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


def _parameters(document: Json, operation: Json) -> dict[tuple[str, str], Json]:
    resolved = [_resolved(document, each) for each in operation["parameters"]]
    assert len({(each["in"], each["name"]) for each in resolved}) == len(resolved)
    return {(each["in"], each["name"]): each for each in resolved}


def _resolved(document: Json, thing: Json) -> Json:
    while "$ref" in thing:
        at: Any = document
        for step in thing["$ref"].removeprefix("#/").split("/"):
            at = at[step]
        thing = at
    return thing


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, member in value.items():
            yield name, member
            yield from _members(member)
    elif isinstance(value, list):
        for each in value:
            yield from _members(each)
