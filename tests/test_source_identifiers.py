"""Identifiers of sources in registers: given, checked, shown, edited, and what two sources with one of them are."""

from typing import Any

import pytest
from sqlalchemy import select

from factcheck.inspection.rebuilding import WRITTEN
from factcheck.rules.identity.identifiers import domain_of, of_source, of_text, url_of
from factcheck.storage.tables.sources import SourceIdentifier
from tests.desk import Desk, audit_faults
from tests.forms import Visitor

Json = dict[str, Any]
NONE = dict.fromkeys(("wikidata", "isni", "viaf", "issn", "domain"))
Q42 = "https://www.wikidata.org/wiki/Q42"


def rows(desk: Desk) -> set[tuple[str, str]]:
    with desk.database.reading() as connection:
        return {(row.identifier, row.source_id) for row in connection.execute(select(SourceIdentifier.__table__))}


@pytest.mark.parametrize(
    ("register", "text", "value"),
    [
        ("wikidata", "q42", "Q42"),
        ("wikidata", " http://wikidata.org/entity/Q42 ", "Q42"),
        ("wikidata", "wikidata:Q42", "Q42"),
        ("isni", "0000 0001 2103 2683", "0000000121032683"),
        ("isni", "ISNI 0000-0001-2150-090x", "000000012150090X"),
        ("viaf", "https://viaf.org/viaf/113230702/", "113230702"),
        ("issn", "0317-8471", "0317-8471"),
        ("issn", "ISSN: 2434561x", "2434-561X"),
        ("domain", "news.BBC.co.uk", "bbc.co.uk"),
        ("domain", "https://www.lemonde.fr/", "lemonde.fr"),
        ("domain", "https://bücher.de", "xn--bcher-kva.de"),
    ],
)
def test_an_identifier_is_taken_in_every_form_and_shown_in_one(
    desk: Desk, register: str, text: str, value: str
) -> None:
    source = desk.source(name="It", kind="outlet", identifiers={register: text})
    assert source["identifiers"] == NONE | {register: value}
    assert len(source["same_as"]) == 1
    found = of_text(register, text)
    assert found is not None
    assert source["same_as"] == [url_of(found)]
    assert desk.get(source["links"]["self"]).json["identifiers"] == source["identifiers"]
    assert rows(desk) == {(":".join(found), source["id"])}
    again = desk.source(name="It", kind="outlet", identifiers={register: value}, same_as=source["same_as"])
    assert again["same_as"] == source["same_as"]


@pytest.mark.parametrize(
    ("register", "text"),
    [
        ("wikidata", "42"), ("wikidata", "Q0"), ("wikidata", "Q42/../Q1"), ("wikidata", "https://example.org/Q42"),
        ("isni", "0000000121032684"), ("isni", "12103268"), ("viaf", "0"), ("viaf", "12a"), ("issn", "0317-8472"),
        ("issn", Q42), ("domain", "localhost"), ("domain", "10.0.0.1"), ("domain", "lemonde.fr/page"),
        ("domain", "a@b.fr"), ("domain", "http://["), ("wikidata", "Q42\u0661"), ("isni", "x" * 2000),
    ],
)  # fmt: skip
def test_what_cannot_be_an_identifier_is_refused_by_its_name(desk: Desk, register: str, text: str) -> None:
    answer = desk.post("/v1/sources", {"name": "It", "kind": "outlet", "identifiers": {register: text}})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [f"/identifiers/{register}"]
    assert desk.get("/v1/sources").json["items"] == []


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"identifiers": {"orcid": "1"}}, "/identifiers/orcid"),
        ({"identifiers": "Q42"}, "/identifiers"),
        ({"identifiers": {"domain": "bbc.co.uk"}}, "/identifiers/domain"),
        ({"identifiers": {"wikidata": "Q1"}, "same_as": [Q42]}, "/identifiers/wikidata"),
        (
            {"identifiers": {"wikidata": "Q1"}, "same_as": [f"https://example.org/{at}" for at in range(20)]},
            "/identifiers",
        ),
    ],
)
def test_identifiers_that_do_not_fit_a_source_are_refused(desk: Desk, fields: Json, pointer: str) -> None:
    answer = desk.post("/v1/sources", {"name": "It", "kind": "person", **fields})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_an_edit_replaces_and_removes_one_identifier_and_leaves_the_others(desk: Desk) -> None:
    urls = ["http://wikidata.org/entity/q42", "https://example.org/", "https://viaf.org/viaf/1"]
    source = desk.source(name="It", kind="person", same_as=urls)
    path, etag = source["links"]["self"], desk.get(source["links"]["self"]).headers["ETag"]
    same = desk.patch(path, {"identifiers": {"wikidata": "Q42"}}, etag=etag)
    assert same.headers["ETag"] == etag  # it is there, in another form
    other = desk.patch(path, {"identifiers": {"wikidata": "Q1", "isni": "0000000121032683"}}, etag=etag)
    assert other.json["identifiers"] == NONE | {"wikidata": "Q1", "isni": "0000000121032683", "viaf": "1"}
    assert other.json["same_as"][:2] == urls[1:]
    gone = desk.patch(path, {"identifiers": {"viaf": None, "wikidata": None}}, etag=other.headers["ETag"])
    assert gone.json["identifiers"] == NONE | {"isni": "0000000121032683"}
    assert rows(desk) == {("isni:0000000121032683", source["id"])}
    wrong = desk.patch(path, {"identifiers": {"isni": "1", "orcid": "2"}}, etag=gone.headers["ETag"])
    assert wrong.status_code == 422
    assert {error["pointer"] for error in wrong.json["errors"]} == {"/identifiers/isni", "/identifiers/orcid"}


def test_a_source_that_is_no_outlet_has_no_domain(desk: Desk) -> None:
    outlet = desk.source(name="It", kind="outlet", same_as=["https://news.it.org/", "https://it.org/about"])
    assert outlet["identifiers"]["domain"] == "it.org"
    path = outlet["links"]["self"]
    person = desk.patch(path, {"kind": "organization"}, etag=desk.get(path).headers["ETag"])
    assert person.json["identifiers"] == NONE
    assert rows(desk) == set()
    assert domain_of("https://it.org/about") is None
    assert of_source("person", ["https://it.org/"]) == frozenset()


def test_two_outlets_with_one_domain_are_one_origin_until_somebody_says_otherwise(desk: Desk) -> None:
    claim = desk.claim()["id"]
    made = [
        desk.source(name=name, kind="outlet", same_as=[url])["id"]
        for name, url in (("The Daily", "https://www.daily.co.uk/"), ("Daily News", "http://news.daily.co.uk"))
    ]
    for source in made:
        page = {"stance": "supports", "title": source, "source_id": source}
        desk.made(f"/v1/claims/{claim}/evidence", page)
    told = desk.get(f"/v1/claims/{claim}/provenance").json
    assert told["independent_origins"] == 1
    assert "domain daily.co.uk" in str(told)
    judged = {"other_id": made[1], "judgment": "different", "reason": "Two papers of one house."}
    desk.made(f"/v1/sources/{made[0]}/judgments", judged)
    assert desk.get(f"/v1/claims/{claim}/provenance").json["independent_origins"] == 2
    assert audit_faults(desk.database) == []


def test_a_redacted_source_has_no_identifiers(desk: Desk) -> None:
    source = desk.source(name="Jo Doe", kind="person", same_as=[Q42])["id"]
    answer = desk.post(f"/v1/sources/{source}/redaction", {"reason": "A court ordered this."}, by="admin")
    assert answer.status_code == 204
    assert rows(desk) == set()
    assert desk.get(f"/v1/sources/{source}").json["identifiers"] == NONE
    assert "source_identifiers" in WRITTEN


def test_the_page_shows_identifiers_and_edits_them(desk: Desk) -> None:
    source = desk.source(name="It", kind="outlet", same_as=["http://wikidata.org/entity/q42", "https://it.org/x"])
    visitor, path = Visitor(desk), f"/sources/{source['id']}"
    assert "Wikidata: <bdi>Q42</bdi>" in visitor.get(path).get_data(as_text=True)
    sent = visitor.send(f"{path}/amendments", {"kind": "outlet", "identifiers.domain": "it.org"}, on=path)
    assert sent.status_code == 303, sent.get_data(as_text=True)
    after = desk.get(source["links"]["self"]).json
    assert after["identifiers"] == NONE | {"wikidata": "Q42", "domain": "it.org"}
    assert set(after["same_as"]) == {*source["same_as"], "https://it.org/"}
    refused = visitor.send(f"{path}/amendments", {"kind": "outlet", "identifiers.isni": "1"}, on=path)
    assert refused.status_code == 422
    assert "Write an ISNI: 16 digits" in refused.get_data(as_text=True)
    visitor.send(f"{path}/amendments", {"kind": "outlet", "identifiers.wikidata": ""}, on=path)
    assert desk.get(source["links"]["self"]).json["identifiers"] == NONE | {"domain": "it.org"}
    visitor.send(f"{path}/amendments", {"kind": "person"}, on=path)
    person = desk.get(source["links"]["self"]).json
    assert (person["identifiers"], set(person["same_as"])) == (NONE, {"https://it.org/x", "https://it.org/"})
