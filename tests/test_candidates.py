"""Sources that may be the same as one: found by any of their names, explained, and joined by nobody."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.desk import Desk
from tests.test_judgments import judge

STRICT = {"Prefer": "handling=strict"}


@pytest.fixture
def desk(seeded: Desk) -> Desk:
    """A desk with a search index, which follows the log when somebody asks."""
    assert seeded.get("/v1/sources?q=nobody").json["items"] == []
    return seeded


def add(desk: Desk, name: str, kind: str = "person", **fields: Any) -> Any:
    made = desk.post("/v1/sources", {"name": name, "kind": kind, **fields})
    assert made.status_code == 201, made.json
    return made.json


def candidates(desk: Desk, source: Any) -> list[Any]:
    answer = desk.get(f"/v1/sources/{source['id']}/candidates")
    assert answer.status_code == 200, answer.json
    items: list[Any] = answer.json["items"]
    return items


def strictly(desk: Desk, name: str, kind: str = "person", **fields: Any) -> TestResponse:
    return desk.post("/v1/sources", {"name": name, "kind": kind, **fields}, headers=STRICT)


# A name on the desk, another way to write it, the kind of both, and why the second one leads to the first.
WRITTEN_OTHERWISE = (
    ("Hélène Morvan", "helene MORVAN", "person", ["same_name"]),
    ("Björn Ågren", "Ågren, Björn", "person", ["same_name", "word_order"]),
    ("Katarzyna Wójcik", "Mme Katarzyna Wójcik", "person", ["same_name", "honorific"]),
    ("Thibault Lacombe", "T. Lacombe", "person", ["initials"]),
    ("Ottavio Brambilla", "Ottavio Brambila", "person", ["typing_error"]),
    ("Юлия Щербакова", "Yuliya Shcherbakova", "person", ["transliteration"]),
    ("Γιώργος Σεφεριάδης", "Giorgos Seferiadis", "person", ["transliteration"]),
    ("سلمان الدوسري", "Salman al-Dosari", "person", ["transliteration"]),
    ("欧阳文静", "Ouyang Wenjing", "person", ["transliteration"]),
    ("International Weather Bureau", "I.W.B.", "organization", ["abbreviation"]),
    ("Organisation mondiale de la météo", "OMM", "organization", ["abbreviation"]),
    ("U.K.", "UK", "organization", ["abbreviation"]),
)


def test_a_source_is_found_by_a_name_that_is_written_otherwise(desk: Desk) -> None:
    for known, asked, kind, because in WRITTEN_OTHERWISE:
        there, made = add(desk, known, kind), add(desk, asked, kind)
        best = made["similar"][0]
        assert (best["source"]["id"], best["because"]) == (there["id"], because), asked
        assert best["source"] == desk.get(f"/v1/sources/{there['id']}").json
        assert 0.45 <= best["score"] <= 1
        for one, other in ((made, there), (there, made)):
            first = candidates(desk, one)[0]
            assert (first["source"]["id"], first["because"], first["score"]) == (other["id"], because, best["score"])


def test_a_source_is_found_by_an_alias_and_by_an_identifier(desk: Desk) -> None:
    nato = add(desk, "Alliance of the North", "organization", aliases=["OTAN", "NATO"])
    assert add(desk, "O.T.A.N.", "organization")["similar"][0]["because"] == ["alias", "abbreviation"]
    one = add(desk, "The Mayor", same_as=["https://www.wikidata.org/wiki/Q4242"])
    other = add(desk, "Somebody Else", same_as=["http://wikidata.org/entity/Q4242"])
    assert [(each["source"]["id"], each["score"], each["because"]) for each in other["similar"]] == [
        (one["id"], 1.0, ["same_identifier"])
    ]
    assert nato["id"] not in [each["source"]["id"] for each in other["similar"]]


def test_the_answer_to_a_new_source_has_the_etag_of_the_source(desk: Desk) -> None:
    made = desk.post("/v1/sources", {"name": "Jeanne Hachette", "kind": "person"})
    read = desk.get(f"/v1/sources/{made.json['id']}")
    assert made.headers["ETag"] == read.headers["ETag"]
    assert made.json == read.json | {"similar": []}


def test_people_and_organizations_of_one_name_are_less_alike(desk: Desk) -> None:
    add(desk, "Mercedes", "person")
    best = add(desk, "Mercedes", "organization")["similar"][0]
    assert best["because"] == ["same_name", "other_kind"]
    assert best["score"] < 0.7


def test_strict_handling_refuses_what_is_likely_there(desk: Desk) -> None:
    there = add(desk, "Hélène Morvan")
    before = desk.get("/v1/sources?count=true").json["total"]
    refused = strictly(desk, "Morvan, Helene")
    assert (refused.status_code, refused.json["type"]) == (409, "/problems/similar-source")
    assert refused.headers["Preference-Applied"] == "handling=strict"
    assert [each["source"]["id"] for each in refused.json["similar"]] == [there["id"]]
    assert refused.json["similar"][0]["because"] == ["same_name", "word_order"]
    assert desk.get("/v1/sources?count=true").json["total"] == before
    doubtful = strictly(desk, "H. Morvan")  # initials alone do not refuse it
    assert doubtful.status_code == 201
    assert doubtful.headers["Preference-Applied"] == "handling=strict"
    assert [each["source"]["id"] for each in doubtful.json["similar"]] == [there["id"]]


def test_a_repeated_strict_request_gets_its_first_answer(desk: Desk) -> None:
    headers = {**STRICT, "Idempotency-Key": "once"}
    body = {"name": "Hélène Morvan", "kind": "person"}
    first, again = (desk.post("/v1/sources", body, headers=headers) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.data == again.data
    assert first.json["similar"] == []


def test_a_merged_source_is_no_candidate(desk: Desk) -> None:
    one, other, third = (add(desk, "Hélène Morvan") for _ in range(3))
    assert {each["source"]["id"] for each in candidates(desk, one)} == {other["id"], third["id"]}
    merged = desk.post(f"/v1/sources/{other['id']}/merge", {"into": one["id"], "reason": "One person."}, by="admin")
    assert merged.status_code == 200
    assert [each["source"]["id"] for each in candidates(desk, one)] == [third["id"]]
    assert [each["source"]["id"] for each in candidates(desk, third)] == [one["id"]]
    moved = desk.get(f"/v1/sources/{other['id']}/candidates")
    assert (moved.status_code, moved.headers["Location"]) == (301, f"/v1/sources/{one['id']}/candidates")


def test_a_new_name_is_found_and_a_redacted_one_is_not(desk: Desk) -> None:
    one, other = add(desk, "Hélène Morvan"), add(desk, "Another Person")
    assert candidates(desk, one) == []
    path = f"/v1/sources/{other['id']}"
    amended = desk.patch(path, {"aliases": ["Helene Morvan"]}, headers={"If-Match": "*"})
    assert amended.status_code == 200
    found = candidates(desk, one)
    assert [(each["source"]["id"], each["because"]) for each in found] == [(other["id"], ["alias"])]
    assert desk.post(f"{path}/redaction", {"reason": "They asked for it."}, by="admin").status_code == 204
    assert candidates(desk, one) == []
    assert candidates(desk, other) == []


def test_a_source_that_is_not_there_has_no_candidates(desk: Desk) -> None:
    missing = desk.get("/v1/sources/018f0000-0000-7000-8000-000000000000/candidates")
    assert (missing.status_code, missing.json["detail"]) == (404, "No source has this id.")


def test_the_widest_source_is_compared_in_bounded_time(desk: Desk) -> None:
    """A hundred aliases of 300 characters each are compared with a few that share most with them."""
    wide = [f"{at} " + "Aleksandrovich Konstantinopolskij " * 8 for at in range(100)]
    there = add(desk, "Wide", aliases=wide)
    made = add(desk, "Also wide", aliases=[f"{each}x" for each in wide])
    assert made["similar"][0]["source"]["id"] == there["id"]


def test_what_the_index_lacks_is_read_from_the_tables(desk: Desk) -> None:
    one, other = add(desk, "Hélène Morvan"), add(desk, "Another Person")
    assert add(desk, "H. Morvan")["similar"][0]["source"]["id"] == one["id"]
    assert desk.patch(f"/v1/sources/{one['id']}", {"name": "Renamed"}, headers={"If-Match": "*"}).status_code == 200
    assert desk.patch(f"/v1/sources/{other['id']}", {"name": "Helene Morvan"}, headers={"If-Match": "*"}).json
    found = add(desk, "Hélène Morvan")["similar"]
    assert found[0]["source"]["id"] == other["id"]
    assert one["id"] not in [each["source"]["id"] for each in found]


def test_without_an_index_a_source_is_added_all_the_same(seeded: Desk) -> None:
    assert add(seeded, "Hélène Morvan")["similar"] is None  # nobody has asked for the index yet, and nobody builds it
    assert strictly(seeded, "Helene Morvan").status_code == 409  # who insists on an answer waits for it


@pytest.mark.parametrize("judgment", ["different", "unsure"])
def test_what_somebody_judged_is_no_candidate_any_more(desk: Desk, judgment: str) -> None:
    one, other, third = add(desk, "Thibault Lacombe"), add(desk, "T. Lacombe"), add(desk, "Thibaut Lacombe")
    assert {each["source"]["id"] for each in candidates(desk, one)} >= {other["id"], third["id"]}
    judge(desk, one["id"], other["id"], judgment)
    for source, gone in ((one, other), (other, one)):
        found = {each["source"]["id"] for each in candidates(desk, source)}
        assert (gone["id"] in found, third["id"] in found) == (False, True)
    # Joined with one of the two, the third is no candidate for the other: what is judged of one is judged of both.
    judge(desk, one["id"], third["id"], "same")
    assert not {one["id"], third["id"]} & {each["source"]["id"] for each in candidates(desk, other)}


def test_a_source_is_found_by_the_names_of_what_is_joined_with_it(desk: Desk) -> None:
    head, joined = add(desk, "Hélène Morvan"), add(desk, "Comtesse de Brocéliande")
    asked = add(desk, "Comtesse de Broceliande")
    judge(desk, head["id"], joined["id"], "same", shown_id=head["id"])
    [found] = [each for each in candidates(desk, asked) if each["source"]["id"] == head["id"]]
    assert ("alias" in found["because"], found["source"]["name"]) == (True, "Hélène Morvan")
    assert "Comtesse de Brocéliande" in found["source"]["aliases"]
    judge(desk, head["id"], joined["id"], "different")
    ids = {each["source"]["id"] for each in candidates(desk, asked)}
    assert (head["id"] in ids, joined["id"] in ids) == (False, True)
