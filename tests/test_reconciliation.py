"""/reconcile: the Reconciliation Service API 0.2, held to the JSON schemas of its specification."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jsonschema_rs
import pytest
from werkzeug.test import TestResponse

from tests.desk import Desk

Json = dict[str, Any]
BASE = "https://desk.example.org"
SCHEMAS = json.loads((Path(__file__).parent / "data" / "reconciliation.json").read_text())["schemas"]
FORM = "application/x-www-form-urlencoded"
NOBODY = "018f0000-0000-7000-8000-000000000000"
# The queries of the specification's examples, and those that OpenRefine sends: with its column's values as properties.
BATCHES: tuple[Json, ...] = (
    {"q0": {"query": "Hélène Morvan"}},
    {"q0": {"query": "Christel Hanewinckel", "type": "DifferentiatedPerson", "limit": 5, "type_strict": "should",
            "properties": [{"pid": "professionOrOccupation", "v": "Politik*"},
                           {"pid": "affiliation", "v": "http://d-nb.info/gnd/2022139-3"}]},
     "q1": {"query": "Franz Thönnes", "type": ["DifferentiatedPerson"], "limit": 5}},
    {"q0": {"query": "Christel Hanewinckel", "type": "DifferentiatedPerson", "limit": 5, "type_strict": "any",
            "properties": [{"pid": "professionOrOccupation",
                            "v": ["Politik*", {"id": "wissenschaftler", "name": "Wissenschaftler(in)"}, 7, True]}]}},
    {"q0": {"properties": [{"pid": "same_as", "v": "http://www.wikidata.org/entity/Q77"}]}},
    {"q0": {"query": "Morvan, Helene", "type": "person", "type_strict": "should", "limit": 3},
     "q1": {"query": "agence france presse", "type": "organization", "type_strict": "should"}},
    {},
)  # fmt: skip


@pytest.fixture
def public(seeded: Desk) -> Desk:
    """A desk that anybody may read, with some sources."""
    desk = seeded.with_settings(public_read=True, base_url=BASE)
    for name, kind, more in (
        ("Hélène Morvan", "person", {"description": "A <b>mayor</b>.", "aliases": ["Élène"], "external_id": "hm"}),
        ("Hélène Morvan", "organization", {}),
        ("Agence France-Presse", "organization", {"same_as": ["https://www.wikidata.org/wiki/Q77"]}),
    ):
        assert desk.post("/v1/sources", {"name": name, "kind": kind, **more}).status_code == 201
    return desk


def ids(desk: Desk, q: str) -> list[str]:
    return [each["id"] for each in desk.get("/v1/sources", query_string={"q": q}).json["items"]]


def valid(schema: str, value: Any) -> bool:
    return jsonschema_rs.validator_for(
        {"$schema": "http://json-schema.org/draft-07/schema#", **SCHEMAS[schema]}
    ).is_valid(value)


def posted(desk: Desk, by: str | None = None, **form: Any) -> TestResponse:
    body = urlencode({name: json.dumps(value) for name, value in form.items()})
    return desk.request("POST", "/reconcile", by=by, data=body, content_type=FORM)


def reconciled(desk: Desk, batch: Json) -> Json:
    answer = posted(desk, queries=batch)
    assert answer.status_code == 200, answer.json
    assert valid("reconciliation-query-batch", batch)
    assert valid("reconciliation-result-batch", answer.json)
    assert list(answer.json) == list(batch)
    found: Json = answer.json
    return found


def test_the_schemas_tell_right_from_wrong() -> None:
    assert len(SCHEMAS) == 8
    assert not valid("manifest", {"versions": ["0.1"], "name": "", "identifierSpace": "", "schemaSpace": ""})
    assert not valid("reconciliation-query-batch", {"q0": {"limit": 3}})
    assert not valid("reconciliation-result-batch", {"q0": {}})
    assert not valid("data-extension-response", {"meta": [], "rows": {"1": {"name": [{"text": "x"}]}}})


def test_the_manifest_is_for_everybody(public: Desk, seeded: Desk) -> None:
    for desk, needs_token in ((public, False), (seeded.with_settings(base_url=BASE), True)):
        answer = desk.get("/reconcile", by=None)
        assert (answer.status_code, answer.mimetype) == (200, "application/json")
        assert valid("manifest", answer.json)
        assert answer.json["versions"] == ["0.2"]
        assert answer.json["view"] == {"url": BASE + "/sources/{{id}}"}
        assert answer.json["batchSize"] == 50
        assert ("authentication" in answer.json) == needs_token
        assert {each["id"] for each in answer.json["defaultTypes"]} >= {"person", "organization"}


def test_a_desk_that_is_not_public_wants_a_token(seeded: Desk) -> None:
    for path in ("/suggest/entity?prefix=a", "/suggest/type?prefix=p", "/preview?id=x", "/flyout/entity?id=x",
                 "/properties?type=person", "?queries={}", "?extend={}"):  # fmt: skip
        refused = seeded.get(f"/reconcile{path}", by=None)
        assert (refused.status_code, refused.json["type"]) == (401, "/problems/unauthenticated"), path
    assert posted(seeded, queries={}).status_code == 401
    allowed = posted(seeded, by="reader", queries={"q0": {"query": "x"}})
    assert (allowed.status_code, allowed.json) == (200, {"q0": {"result": []}})
    client = seeded.client
    assert (
        client.post("/reconcile", data={"queries": "{}"}, headers={"Origin": "https://evil.example"}).status_code == 401
    )


def test_every_batch_is_answered_as_the_schemas_say(public: Desk) -> None:
    for batch in BATCHES:
        found = reconciled(public, batch)
        by_get = public.get("/reconcile", by=None, query_string={"queries": json.dumps(batch)})
        assert by_get.json == found
    unknown = reconciled(public, BATCHES[1])
    assert unknown == {"q0": {"result": []}, "q1": {"result": []}}


def test_candidates_have_what_clients_show(public: Desk) -> None:
    found = reconciled(public, BATCHES[4])
    [person] = found["q0"]["result"]
    assert person["name"] == "Hélène Morvan"
    assert person["description"] == "A <b>mayor</b>."
    assert person["type"] == [{"id": "person", "name": "Person"}]
    assert (person["score"], person["match"]) == (97.0, True)
    assert person["features"] == [{"id": "same_name", "value": True}, {"id": "word_order", "value": True}]
    assert found["q1"]["result"][0]["name"] == "Agence France-Presse"
    both = reconciled(public, {"a": {"query": "Hélène Morvan"}})["a"]["result"]
    assert [(each["score"], each["match"]) for each in both] == [(100.0, False), (100.0, False)]  # which of the two?
    one = reconciled(public, {"a": {"query": "Hélène Morvan", "limit": 1}})["a"]["result"]
    assert len(one) == 1
    assert not one[0]["match"]


def test_a_source_is_found_by_its_ids_and_by_its_properties(public: Desk) -> None:
    [agency] = ids(public, "presse")
    batch = {
        "id": {"query": agency},
        "same": {"properties": [{"pid": "same_as", "v": ["https://m.wikidata.org/wiki/Q77"]}]},
        "external": {"query": "whoever", "properties": [{"pid": "external_id", "v": "hm"}]},
        "alias": {"properties": [{"pid": "aliases", "v": "Elene"}]},
        "other": {"query": agency, "type": "person"},
    }
    found = reconciled(public, batch)
    assert [(each["id"], each["score"], each["match"]) for each in found["id"]["result"]] == [(agency, 100.0, True)]
    assert [(each["id"], each["score"]) for each in found["same"]["result"]] == [(agency, 100.0)]
    assert [each["name"] for each in found["external"]["result"]] == ["Hélène Morvan"]
    assert found["alias"]["result"][0]["features"] == [{"id": "alias", "value": True}]
    assert found["other"]["result"] == []


def test_suggestions(public: Desk) -> None:
    entities = public.get("/reconcile/suggest/entity?prefix=h%C3%A9l%C3%A8ne+mor&callback=x&lang=fr", by=None)
    assert valid("suggest-entities-response", entities.json)
    assert [each["name"] for each in entities.json["result"]] == ["Hélène Morvan"] * 2
    assert entities.json["result"][0]["description"] != entities.json["result"][1]["description"]
    rest = public.get("/reconcile/suggest/entity?prefix=helene&cursor=1", by=None)
    assert rest.json["result"] == entities.json["result"][1:]
    [agency] = ids(public, "presse")
    by_id = public.get(f"/reconcile/suggest/entity?prefix={agency}", by=None).json["result"]
    assert [each["id"] for each in by_id] == [agency]
    types = public.get("/reconcile/suggest/type?prefix=p", by=None)
    assert valid("suggest-types-response", types.json)
    assert types.json == {"result": [{"id": "person", "name": "Person"}]}
    properties = public.get("/reconcile/suggest/property?prefix=ext", by=None)
    assert valid("suggest-properties-response", properties.json)
    assert [each["id"] for each in properties.json["result"]] == ["external_id"]


def test_previews_and_flyouts_escape_what_people_wrote(public: Desk) -> None:
    person = reconciled(public, BATCHES[4])["q0"]["result"][0]["id"]
    page = public.get(f"/reconcile/preview?id={person}", by=None)
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "A &lt;b&gt;mayor&lt;/b&gt;." in page.text
    assert "<b>mayor" not in page.text
    assert "frame-ancestors *" in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in public.get("/reconcile", by=None).headers["Content-Security-Policy"]
    flyout = public.get(f"/reconcile/flyout/entity?id={person}", by=None).json
    assert flyout["id"] == person
    assert "A &lt;b&gt;mayor&lt;/b&gt;." in flyout["html"]
    for kind, known in (("type", "person"), ("property", "same_as")):
        assert public.get(f"/reconcile/flyout/{kind}?id={known}", by=None).json["id"] == known
        assert public.get(f"/reconcile/flyout/{kind}?id=nothing", by=None).status_code == 404
    missing = public.get(f"/reconcile/preview?id={NOBODY}", by=None)
    assert (missing.status_code, missing.mimetype) == (404, "application/problem+json")


def test_data_extension(public: Desk) -> None:
    person = reconciled(public, BATCHES[4])["q0"]["result"][0]["id"]
    asked = {
        "ids": [person, NOBODY, "x"],
        "properties": [{"id": "aliases"}, {"id": "kind", "settings": {}}, {"id": "?"}],
    }
    assert valid("data-extension-query", asked)
    answer = posted(public, extend=asked)
    assert answer.status_code == 200
    assert valid("data-extension-response", answer.json)
    nothing: Json = {"aliases": [], "kind": [], "?": []}
    assert answer.json["rows"] == {
        person: {"aliases": [{"str": "Élène"}], "kind": [{"str": "person"}], "?": []},
        NOBODY: nothing,
        "x": nothing,
    }
    assert [each["id"] for each in answer.json["meta"]] == ["aliases", "kind", "?"]
    assert public.get("/reconcile", by=None, query_string={"extend": json.dumps(asked)}).json == answer.json
    proposed = public.get("/reconcile/properties?type=person&limit=2", by=None).json
    assert proposed["type"] == "person"
    assert proposed["limit"] == 2
    assert [each["id"] for each in proposed["properties"]] == ["name", "aliases"]


def test_merged_and_redacted_sources(public: Desk) -> None:
    one, other = ids(public, '"hélène morvan"')
    assert public.post(f"/v1/sources/{other}/merge", {"into": one, "reason": "One."}, by="admin").status_code == 200
    found = reconciled(public, {"a": {"query": "Hélène Morvan"}, "b": {"query": other}})
    assert [each["id"] for each in found["a"]["result"]] == [one]
    assert [each["id"] for each in found["b"]["result"]] == [one]
    extend = {"ids": [other], "properties": [{"id": "name"}]}
    assert posted(public, extend=extend).json["rows"] == {other: {"name": [{"str": "Hélène Morvan"}]}}
    assert public.post(f"/v1/sources/{one}/redaction", {"reason": "Asked for."}, by="admin").status_code == 204
    found = reconciled(public, {"a": {"query": "Hélène Morvan"}, "b": {"query": other}})
    assert found == {"a": {"result": []}, "b": {"result": []}}
    assert posted(public, extend=extend).json["rows"] == {other: {"name": []}}
    assert public.get(f"/reconcile/preview?id={one}", by=None).status_code == 404


def test_what_is_no_batch_is_refused(public: Desk) -> None:
    bad: tuple[tuple[Any, int, str | None], ...] = (
        ([], 422, ""), ({"q": []}, 422, "/q"), ({"q": {}}, 422, "/q"), ({"q": {"query": ""}}, 422, "/q/query"),
        ({"q": {"query": "x" * 1001}}, 422, "/q/query"), ({"q": {"query": "x", "limit": 0}}, 422, "/q/limit"),
        ({"q": {"query": "x", "limit": True}}, 422, "/q/limit"), ({"q": {"query": "x", "limit": 1.5}}, 422, "/q/limit"),
        ({"q": {"query": "x", "type": 7}}, 422, "/q/type"), ({"q": {"query": "x", "more": 1}}, 422, "/q/more"),
        ({"q": {"query": "x", "type_strict": "no"}}, 422, "/q/type_strict"),
        ({"q": {"query": "x", "properties": [{"pid": "a"}]}}, 422, "/q/properties/0"),
        ({"q": {"query": "x", "properties": [{"pid": "a", "v": ["b"] * 21}]}}, 422, "/q/properties/0"),
        ({str(at): {"query": "x"} for at in range(51)}, 413, None),
    )  # fmt: skip
    for batch, status, pointer in bad:
        answer = posted(public, queries=batch)
        assert answer.status_code == status, batch
        assert [flaw["pointer"] for flaw in answer.json.get("errors", [])][:1] == ([] if pointer is None else [pointer])
    for extend, status in (([], 422), ({}, 422), ({"ids": ["a"] * 501, "properties": []}, 413), ({"ids": [1]}, 422)):
        assert posted(public, extend=extend).status_code == status
    assert posted(public, other={}).status_code == 422
    assert public.request("POST", "/reconcile", by=None, json={"queries": {}}).status_code == 415
    for raw, status in (
        ("queries=%FF", 400),
        ("queries=%7B", 400),
        ("queries=", 400),
        ("queries=%7B%22a%22%3A1e999%7D", 400),
    ):
        answer = public.request("POST", "/reconcile", by=None, data=raw, content_type=FORM)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), raw
    for query in ("prefix=" + "x" * 1001, "prefix=a&cursor=-1", "prefix=a&cursor=1001", "prefix=%00"):
        assert public.get(f"/reconcile/suggest/entity?{query}", by=None).status_code == 422, query


def test_any_site_may_read_a_public_desk(public: Desk, seeded: Desk) -> None:
    for path in ("/reconcile", "/reconcile/suggest/type?prefix=p", f"/reconcile/preview?id={NOBODY}"):
        answer = public.get(path, by=None, headers={"Origin": "https://refine.example"})
        assert answer.headers["Access-Control-Allow-Origin"] == "*", path
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        closed = seeded.get(path, by="reader", headers={"Origin": "https://refine.example"})
        assert "Access-Control-Allow-Origin" not in closed.headers, path
    headers = {"Origin": "https://refine.example", "Access-Control-Request-Method": "POST"}
    preflight = public.request("OPTIONS", "/reconcile", by=None, headers=headers)
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    posted_there = public.request(
        "POST", "/reconcile", by=None, data="queries=%7B%7D", content_type=FORM,
        headers={"Origin": "https://refine.example", "Sec-Fetch-Site": "cross-site"},
    )  # fmt: skip
    assert (posted_there.status_code, posted_there.json) == (200, {})
    elsewhere = public.get("/v1/sources", by=None, headers={"Origin": "https://refine.example"})
    assert "Access-Control-Allow-Origin" not in elsewhere.headers
