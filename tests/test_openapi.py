"""The OpenAPI document: it is valid, it says what the contract says, and what it says is what happens."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks as conformance
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from factcheck.app import create_app
from factcheck.desk import checkup
from factcheck.desk.publisher import Publisher
from factcheck.rules.status import Kind
from factcheck.settings import Settings
from factcheck.web.api.openapi import IMPORTS, OPEN, SEARCH
from tests.desk import SECRET, Desk

Json = dict[str, Any]

EXAMPLES = int(os.environ.get("FACTCHECK_TEST_EXAMPLES", "20"))  # of allowed and of forbidden requests, per operation
CHECKS = [
    not_a_server_error,
    conformance.status_code_conformance,
    conformance.content_type_conformance,
    conformance.response_headers_conformance,
    conformance.response_schema_conformance,
]
REFUSALS = ["301", "400", "401", "403", "404", "405", "409", "410", "412", "413", "415", "422", "428"]

PAGED = {"limit", "cursor"}
LISTED = {"q", *PAGED, "count"}
CLAIM_FILTERS = {
    "status", "attribution_status", "source", "origin", "article", "kind", "tag", "reviewed_by", "updated_since",
    "external_id", "q", "sort",
}  # fmt: skip
# Path, method: the query parameters that the contract names.
CONTRACT: dict[str, dict[str, set[str]]] = {
    "/v1/sources": {"get": {*LISTED, "kind"}, "post": set()},
    "/v1/sources/{source_id}": {"get": set(), "patch": set()},
    "/v1/sources/{source_id}/merge": {"post": set()},
    "/v1/articles": {"get": {*LISTED, "outlet"}, "post": set()},
    "/v1/articles/{article_id}": {"get": set(), "patch": set()},
    "/v1/articles/{article_id}/snapshots": {"get": PAGED},
    "/v1/articles/{article_id}/snapshots/{number}": {"get": set()},
    "/v1/claims": {"get": {*LISTED, *CLAIM_FILTERS}, "post": set()},
    "/v1/claims/match": {"post": set()},
    "/v1/claims/{claim_id}": {"get": {"as_of"}, "patch": set()},
    "/v1/claims/{claim_id}/withdrawal": {"post": set()},
    "/v1/claims/{claim_id}/evidence": {"get": PAGED, "post": set()},
    "/v1/claims/{claim_id}/evidence/{evidence_id}": {"get": set()},
    "/v1/claims/{claim_id}/evidence/{evidence_id}/withdrawal": {"post": set()},
    "/v1/claims/{claim_id}/relations": {"get": PAGED, "post": set()},
    "/v1/claims/{claim_id}/relations/{relation_id}": {"get": set()},
    "/v1/claims/{claim_id}/reviews": {"get": PAGED, "post": set()},
    "/v1/claims/{claim_id}/reviews/{review_id}": {"get": set()},
    "/v1/claims/{claim_id}/second-opinion": {"get": PAGED, "post": set()},
    "/v1/claims/{claim_id}/second-opinion/{opinion_id}": {"get": set()},
    "/v1/audit/agreement": {"get": {"question", "from", "to"}},
    "/v1/claims/{claim_id}/history": {"get": PAGED},
    "/v1/imports": {"post": {"dry_run"}},
    "/v1/changes": {"get": {*PAGED, "after"}},
    "/v1/me": {"get": set()},
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
        if rule.rule.startswith("/v1")
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
        if method in ("post", "patch") and not path.startswith(SEARCH):
            assert "Needs the role" in operation["description"], (path, method)


def test_a_desk_that_anybody_may_read_says_so(served: Json, tmp_path: Path) -> None:
    public = _served(tmp_path, public_read=True)
    for path, method, operation in _operations(public):
        asked = operation.get("security", public["security"])
        may = {} in asked or asked == []
        assert may == ((method == "get" or path.startswith(SEARCH)) and path != "/v1/me"), (path, method)
    for path, method, operation in _operations(served):
        assert ("security" in operation) == path.startswith(OPEN), (path, method)


NEGOTIATED = {
    ("/v1/claims", "get"),
    ("/v1/claims/{claim_id}", "get"),
    ("/v1/claims/{claim_id}/provenance", "get"),
    ("/v1/claims/{claim_id}/annotation", "get"),
    ("/v1/articles/{article_id}/annotations", "get"),
    ("/v1/articles/{article_id}/annotations/page", "get"),
}


def test_every_operation_documents_its_errors(served: Json) -> None:
    for path, method, operation in _operations(served):
        if path.startswith(SEARCH):  # as Google has it: `test_google.py`
            continue
        expected = {"400", "401", "422", "429", "503"}
        if "{" in path:
            expected |= {"404"}
        if method in ("post", "patch"):
            expected |= {"403", "409", "413", "415"}
        if "{claim_id}" in path and not path.endswith("/history"):
            expected |= {"410"}
        if method == "patch" or (method == "post" and path.endswith("/reviews")):
            expected |= {"412", "428"}
        if path in ("/v1/sources/{source_id}", "/v1/sources/{source_id}/record"):
            expected |= {"301"}
        if path.startswith(OPEN):
            expected -= {"401"}
        if (path, method) in NEGOTIATED:
            expected |= {"406"}
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
        if path.startswith(SEARCH):
            continue
        parameters = _parameters(served, operation)
        taken = {name for place, name in parameters if place == "header"}
        queried = {name for place, name in parameters if place == "query"}
        expected = {"X-Request-Id"}
        if method == "post":
            expected.add("Idempotency-Key")
        enters = (path, method) == ("/v1/claims", "post")
        if enters:
            expected.add("Prefer")
        if method == "patch" or (method == "post" and path.endswith("/reviews")):
            expected.add("If-Match")
            assert parameters["header", "If-Match"]["required"], (path, method)
        if method == "get" and "cursor" not in queried:
            expected.add("If-None-Match")
            assert set(operation["responses"]["304"]["headers"]) == {"ETag", "X-Request-Id"}, path
        assert taken == expected, (path, method)
        for status, answer in operation["responses"].items():
            given_back = {"X-Request-Id"}
            if status in ("201", "301"):
                given_back.add("Location")
            if enters and status == "201":
                given_back.add("Preference-Applied")
            if status in ("201", "304", "412") or (status == "200" and "cursor" not in queried and path != IMPORTS):
                given_back.add("ETag")
            if status == "200" and "cursor" in queried:
                given_back.add("Link")
            given_back |= {"401": {"WWW-Authenticate"}, "429": {"Retry-After"}, "503": {"Retry-After"}}.get(
                status, set()
            )
            assert set(_resolved(served, answer)["headers"]) == given_back, (path, method, status)


def test_a_merge_patch_has_no_defaults_and_removes_only_what_need_not_be_there(served: Json) -> None:
    schemas = served["components"]["schemas"]
    for noun in ("Claim", "Article", "Source"):
        whole, patch = schemas[f"{noun}In"], schemas[f"{noun}Patch"]
        assert "required" not in patch
        assert set(patch["properties"]) <= set(whole["properties"])
        for name, schema in patch["properties"].items():
            assert "default" not in schema, (noun, name)
            removable = jsonschema_rs.is_valid({**schema, "components": served["components"]}, None)
            assert removable == (name not in whole["required"]), (noun, name)


def test_every_operation_asks_who_one_is_and_what_one_may(desk: Desk, served: Json) -> None:
    for path, method, operation in _operations(served):
        place = re.sub(r"{\w+_id}", "01890000-0000-7000-8000-000000000000", path)
        place = re.sub(r"{(number|index|first|second)}", "1", place)
        nobody = desk.request(method, place, by=None)
        if path.startswith(OPEN):
            assert "401" not in operation["responses"]
            assert nobody.status_code == 404, path  # nothing is published yet
            continue
        if path.startswith(SEARCH):
            assert (nobody.status_code, nobody.json["error"]["status"]) == (401, "UNAUTHENTICATED")
            continue
        assert (nobody.status_code, nobody.mimetype) == (401, "application/problem+json"), (path, method)
        if method != "get":
            role = re.search(r"Needs the role `(\w+)`", operation["description"])
            assert role, (path, method)
            reader = desk.request(method, place, by="reader")
            if role and role[1] == "reader":  # a read, though a POST
                assert reader.status_code == 415, (path, method)
                continue
            assert (reader.status_code, reader.json["role"]) == (403, role[1]), (path, method)


@pytest.mark.slow
def test_what_is_documented_is_what_happens(
    seeded: Desk, subtests: pytest.Subtests, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Send allowed and forbidden requests of every operation, three of four with ids of things that exist.

    Allowed ones must be answered as documented, forbidden ones must be refused; no answer has a member that the
    document does not name; each operation succeeds at least once; and after all that the desk is in order.
    """
    there = There(seeded)
    Publisher(seeded.database, tmp_path / "log").publish()
    api = _strictly_documented(seeded)
    for operation in sorted(_all(api), key=_what_ends_things_comes_last):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            capfd.readouterr()  # a failure shows the log lines of its own operation
            with subtests.test(operation.label, mode=mode.name):
                statuses = _sent(seeded, there, operation, mode)
                if mode is GenerationMode.POSITIVE:
                    assert any(200 <= status < 300 for status in statuses), statuses
    with seeded.database.writing() as session:
        assert [*checkup.log_faults(session)] == []
        assert [fault for faults in checkup.claim_faults(session) for fault in faults] == []


class There:
    """What there is on a desk, by the names under which requests speak of it."""

    def __init__(self, desk: Desk) -> None:
        """Add what the seeds lack, and what has ended: a withdrawn claim, withdrawn evidence, a merged source."""
        claims = desk.get("/v1/claims?limit=200").json["items"]
        sources = desk.get("/v1/sources?limit=200").json["items"]
        article = desk.get("/v1/articles").json["items"][0]["id"]
        text = desk.get(f"/v1/articles/{article}").json["text"]
        exact = [quote["exact"] for claim in claims for quote in claim["quotes"]]
        quotes = [[{"exact": each}] for each in exact if text.count(each) == 1]
        # A few claims, so that each is met often: two of each kind, the decided ones first.
        by_kind = [[claim for claim in claims if claim["kind"] == kind][:2] for kind in Kind]
        claim_ids = [claim["id"] for of_kind in by_kind for claim in of_kind]
        one, other = claim_ids[:2]
        gone = desk.claim(article_id=article, quotes=quotes[0])["id"]
        old, into = (desk.source(name=name)["id"] for name in ("Old", "New"))
        merged = desk.post(f"/v1/sources/{old}/merge", {"into": into, "reason": "The same."}, by="admin")
        assert merged.status_code == 200
        assert desk.post(f"/v1/claims/{gone}/withdrawal", {"reason": "Entered twice."}).status_code == 204
        evidence = [
            desk.made(f"/v1/claims/{claim}/evidence", {"stance": "context", "title": f"No. {number}"})
            for claim in (one, other)
            for number in range(4)
        ]
        first = f"/v1/claims/{one}/evidence/{evidence[0]['id']}"
        assert desk.post(f"{first}/withdrawal", {"reason": "A mistake."}).status_code == 200
        relation = desk.made(f"/v1/claims/{one}/relations", {"kind": "restates", "claim_id": other})
        review = desk.review(one, question="attribution", status="in_review").json
        assert (
            desk.review(other, question="attribution", status="verified", reason="It is in the text.").status_code
            == 201
        )
        opinion = desk.made(f"/v1/claims/{other}/second-opinion", {"question": "attribution"})

        claim_ids.append(gone)
        source_ids = [source["id"] for source in sources[:6]] + [old, into]
        # Paths, by the names in them: those that belong together.
        self.paths: dict[frozenset[str], list[Json]] = {
            frozenset(["claim_id"]): [{"claim_id": each} for each in claim_ids],
            frozenset(["source_id"]): [{"source_id": each} for each in source_ids],
            frozenset(["article_id"]): [{"article_id": article}],
            frozenset(["article_id", "number"]): [{"article_id": article, "number": 1}],
            frozenset(["claim_id", "evidence_id"]): [
                {"claim_id": each["claim_id"], "evidence_id": each["id"]} for each in evidence
            ],
            frozenset(["claim_id", "relation_id"]): [{"claim_id": one, "relation_id": relation["id"]}],
            frozenset(["claim_id", "opinion_id"]): [{"claim_id": other, "opinion_id": opinion["id"]}],
            frozenset(["index"]): [{"index": index} for index in (0, 5, 20)],
            frozenset(["first", "second"]): [{"first": 3, "second": 20}, {"first": 0, "second": 7}],
            frozenset(["claim_id", "review_id"]): [{"claim_id": one, "review_id": review["id"]}],
        }
        named = {"source_id": into, "on_behalf_of_id": old, "cue": "claiming", "interested": True}
        nameless = {"described_as": "an official", "directness": "direct", "cue_quotes": quotes[0], "note": "Who?"}
        indirect = [{**named, "directness": "indirect", "source_id": each} for each in source_ids]
        self.etags = ["*", "*", "*", desk.etag(one)]
        self.query: dict[str, list[Any]] = {
            "article": [article],
            "attribution_status": ["unverified,in_review", "verified"],
            "external_id": [claim["external_id"] for claim in claims],
            "origin": source_ids,
            "outlet": source_ids,
            "q": ["niger", '"military government" -france'],
            "reviewed_by": list(desk.people.values()),
            "source": source_ids,
            "status": ["unverified", "disputed,verified"],
            "tag": [tag for claim in claims for tag in claim["tags"]],
        }
        self.body: dict[str, list[Any]] = {
            "article_id": [article],
            "attribution": [[], [nameless], *([nameless, hop] for hop in indirect)],
            "claim_id": claim_ids,
            "cue_quotes": [[], *quotes],
            "evidence": [[], [{"stance": "supports", "url": "https://example.org/c", "source_id": into}]],
            "into": source_ids,
            "language": ["en", "fr-NE"],
            "on_behalf_of_id": source_ids,
            "outlet_id": source_ids,
            "quotes": quotes,
            "reason": ["This is long enough for a reason."],
            "reviewer_id": [None, desk.people["analyst"]],
            "source_id": source_ids,
            "source_quotes": [[], *quotes],
            "status": ["in_review", "in_review", "unverified", "unverifiable", "verified"],
            "tags": [[], ["niger"], ["army", "coup"]],
            "url": ["https://example.org/a"],
            "archived_url": ["https://example.org/b"],
        }

    def fill(self, data: st.DataObject, case: schemathesis.Case) -> None:
        """Put what exists wherever something of its kind is given."""
        names = frozenset(case.path_parameters)
        if names in self.paths:
            case.path_parameters = dict(data.draw(st.sampled_from(self.paths[names])))
        if case.headers and "If-Match" in case.headers:
            case.headers["If-Match"] = data.draw(st.sampled_from(self.etags))
        case.query = {
            name: data.draw(st.sampled_from(self.query[name])) if name in self.query else value
            for name, value in case.query.items()
            if name != "cursor"  # which is good for one list with its filters alone
        }
        case.body = self._filled(data, case.body)

    def _filled(self, data: st.DataObject, value: Any) -> Any:
        if isinstance(value, list):
            return [self._filled(data, each) for each in value]
        if not isinstance(value, dict):
            return value
        return {
            name: data.draw(st.sampled_from(self.body[name])) if name in self.body else self._filled(data, each)
            for name, each in value.items()
        }


def _sent(desk: Desk, there: There, operation: APIOperation, mode: GenerationMode) -> Counter[int]:
    """Send requests of this operation, check each answer, and return how often there was which status."""
    statuses: Counter[int] = Counter()
    checks = CHECKS if mode is GenerationMode.POSITIVE else [*CHECKS, conformance.negative_data_rejection]
    if operation.path == IMPORTS:
        checks = CHECKS  # any text is a file of lines, each of which is refused by itself
    headers = {"Authorization": f"Bearer {desk.tokens['admin']}"}

    # A request changes the desk, so a failing one cannot be made smaller by sending it again: it is shown as it is.
    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def send(case: schemathesis.Case, data: st.DataObject) -> None:
        if mode is GenerationMode.POSITIVE and data.draw(st.sampled_from([True, True, True, False])):
            there.fill(data, case)
        response = case.call(headers=headers)
        statuses[response.status_code] += 1
        case.validate_response(response, checks=checks)

    send()
    return statuses


def _strictly_documented(desk: Desk) -> schemathesis.BaseSchema:
    """Return the document for sending requests in this process, with every member that it does not name forbidden."""
    document = desk.get("/openapi.json", by=None).json
    del document["security"]  # every request carries a token, so one without a token must not count as forbidden
    for schema in document["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    config = SchemathesisConfig.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}})
    api = schemathesis.openapi.from_dict(document, config=config)
    api.app = desk.app
    return api


def _all(api: schemathesis.BaseSchema) -> Iterator[APIOperation]:
    for result in api.get_all_operations():
        yield result.ok()


def _what_ends_things_comes_last(operation: APIOperation) -> int:
    if operation.path.endswith("/redaction"):
        return 1000
    ends = operation.path.endswith(("/withdrawal", "/merge"))
    return 100 - operation.path.count("/") if ends else 0  # evidence before its claim


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
