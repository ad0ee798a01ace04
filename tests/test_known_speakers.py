"""Sources that imports bring: one that is known is not added again, and one that is in doubt is added apart."""

import io
import json
import random
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from typing import Any

import pytest

from factcheck.desk.claim_state.texts import Texts
from factcheck.exchange import imports, intake
from factcheck.exchange.rehearsal import Rehearsal
from factcheck.rules.identity.directory import Directory, Form
from tests.desk import Desk, Statements, audit_faults
from tests.importing import imported, outcomes

Json = dict[str, Any]
WIKIDATA, OTHER = "https://www.wikidata.org/wiki/Q42", "http://wikidata.org/entity/q42"
ISNI, VIAF = "https://isni.org/isni/0000000121032683", "https://viaf.org/viaf/113230702"
# One speaker as seven reviews have them.
SEVEN = (
    [WIKIDATA, ISNI, VIAF],
    [VIAF, ISNI, WIKIDATA],
    [ISNI],
    [VIAF, WIKIDATA],
    [OTHER],
    [],
    ["https://ada.example/"],
)


def review(number: int, same_as: list[str], *, name: str = "Ada Roe", kind: str = "Person", **more: Any) -> Json:
    return {
        "@type": "ClaimReview",
        "url": f"https://checks.example/{number}",
        "claimReviewed": f"It rained for {number} days.",
        "author": {"@type": "Organization", "name": "The Checkers", "url": "https://checks.example/"},
        "itemReviewed": {"@type": "Claim", "author": {"@type": kind, "name": name, "sameAs": same_as}},
        **more,
    }


def seven() -> list[Json]:
    return [review(number, same_as) for number, same_as in enumerate(SEVEN, 1)]


def sources(desk: Desk, name: str = "Ada Roe") -> list[Json]:
    return [each for each in desk.get("/v1/sources?limit=200").json["items"] if each["name"] == name]


def speakers(desk: Desk) -> list[str]:
    """Return whom each claim goes back to, by the claims' texts."""
    items = desk.get("/v1/claims?limit=200").json["items"]
    return [each["attribution"]["origin"]["id"] for each in sorted(items, key=lambda claim: claim["text"])]


@pytest.mark.parametrize("seed", range(4))
def test_seven_reviews_of_one_speaker_make_one_source(desk: Desk, seed: int) -> None:
    reviews = seven()
    random.Random(seed).shuffle(reviews)
    imported(desk, reviews)
    [source] = sources(desk)
    assert speakers(desk) == [source["id"]] * 7
    assert {WIKIDATA, OTHER} & set(source["same_as"])
    assert {ISNI, VIAF} <= set(source["same_as"])
    assert audit_faults(desk.database) == []
    before = desk.changes()
    assert set(outcomes(imported(desk, reviews))) == {"unchanged"}
    assert desk.changes() == before


@pytest.mark.parametrize("first", range(7))
def test_the_speaker_of_an_earlier_import_is_known_again(desk: Desk, first: int) -> None:
    reviews = seven()
    imported(desk, [reviews.pop(first)])
    [before] = sources(desk)
    imported(desk, reviews)
    [source] = sources(desk)
    assert source["id"] == before["id"]
    assert speakers(desk) == [source["id"]] * 7


def test_imports_at_once_add_one_source(desk: Desk) -> None:
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda each: outcomes(imported(desk, [each])), seven()))
    assert len(results) == 7
    [source] = sources(desk)
    assert speakers(desk) == [source["id"]] * 7


def test_any_order_of_the_seven_is_one_source() -> None:
    """All 5,040 orders, without a desk."""
    forms = [Form("Ada Roe", "person", frozenset(each)) for each in (
        {("wikidata", "Q42"), ("isni", "1"), ("viaf", "2")}, {("isni", "1"), ("viaf", "2")}, {("isni", "1")},
        {("wikidata", "Q42")}, {("viaf", "2"), ("wikidata", "Q42")}, set(), {("viaf", "2")})]  # fmt: skip
    orders = 0
    for order in permutations(forms):
        directory, added = Directory(), 0
        for number, form in enumerate(order):
            found = directory.find(form)
            if found is None:
                directory.add(str(number), form)
                added += 1
            else:
                directory.learn(found, form)
        assert added == 1
        orders += 1
    assert orders == 5040


@pytest.mark.parametrize("in_one", [True, False])
@pytest.mark.parametrize("bare_first", [True, False])
def test_two_people_of_one_name_stay_two(desk: Desk, in_one: bool, bare_first: bool) -> None:
    """Also when the first of them was first named without any identifier."""
    wikidata = "https://www.wikidata.org/wiki/Q1"
    reviews = [review(1, [WIKIDATA]), review(2, [wikidata])]
    reviews = [review(3, []), *reviews] if bare_first else [*reviews, review(3, [])]
    for part in [reviews] if in_one else [[each] for each in reviews]:
        imported(desk, part)
    found = sources(desk)
    assert {tuple(each["same_as"]) for each in found if each["same_as"]} == {(WIKIDATA,), (wikidata,)}
    assert len(found) == (2 if bare_first else 3)  # whoever is named last without an identifier may be either
    first, second, third = speakers(desk)
    assert first != second
    assert (third == first) is bare_first
    candidates = desk.get(f"/v1/sources/{second}/candidates").json["items"]
    assert {each["source"]["id"] for each in candidates} == {each["id"] for each in found} - {second}
    before = desk.changes()
    assert set(outcomes(imported(desk, reviews))) == {"unchanged"}
    assert desk.changes() == before


@pytest.mark.parametrize(
    ("there", "brought"),
    [
        ({"kind": "organization"}, {"same_as": []}),
        ({"kind": "organization", "same_as": [WIKIDATA]}, {"same_as": [WIKIDATA]}),
        (
            {"kind": "person", "same_as": [WIKIDATA, ISNI]},
            {"same_as": [VIAF, "https://isni.org/isni/000000012150090X"]},
        ),
        ({"kind": "person", "same_as": [WIKIDATA]}, {"same_as": ["https://www.wikidata.org/wiki/Q5"]}),
    ],
)
def test_what_is_in_doubt_is_added_apart_and_listed(desk: Desk, there: Json, brought: Json) -> None:
    known = desk.source(name="Ada Roe", **there)
    imported(desk, [review(1, **brought)])
    [speaker] = speakers(desk)
    assert speaker != known["id"]
    listed = desk.get(f"/v1/sources/{speaker}/candidates").json["items"]
    assert known["id"] in [each["source"]["id"] for each in listed]
    assert desk.get(f"/v1/sources/{known['id']}").json["revision"] == 1


def test_several_of_one_name_are_told_apart_by_an_identifier_alone(desk: Desk) -> None:
    known = [desk.source(name="Ada Roe", kind="person", same_as=same_as)["id"] for same_as in ([WIKIDATA], [])]
    imported(desk, [review(1, [OTHER, ISNI]), review(2, [])])
    first, second = speakers(desk)
    assert first == known[0]
    assert second not in known
    assert ISNI in desk.get(f"/v1/sources/{first}").json["same_as"]


def test_a_source_of_another_name_is_known_by_its_identifier_and_by_the_one_that_holds_it(desk: Desk) -> None:
    """A joined source keeps what it was named by, should the two be separated again."""
    shown = desk.source(name="A. Roe", kind="person")["id"]
    joined = desk.source(name="Roe", kind="person", same_as=[WIKIDATA])["id"]
    same = {"other_id": joined, "judgment": "same", "reason": "One woman."}
    desk.made(f"/v1/sources/{shown}/judgments", same)
    imported(desk, [review(1, [OTHER])])
    assert speakers(desk) == [shown]
    desk.made(f"/v1/sources/{shown}/judgments", same | {"judgment": "different"})
    assert speakers(desk) == [joined]


def test_an_identifier_that_is_learned_is_an_edit_with_its_reason(desk: Desk) -> None:
    known = desk.source(name="Ada Roe", kind="person")
    [result] = [each for each in imported(desk, [review(1, [WIKIDATA])]) if each["id"] == known["id"]]
    assert (result["result"], result["type"]) == ("exists", "source")
    [entry] = [each for each in desk.changes() if each["subject"]["id"] == known["id"] and each["action"] == "amend"]
    assert entry["changes"] == [{"field": "same_as", "before": [], "after": [WIKIDATA]}]
    assert entry["reason"]
    assert desk.get(f"/v1/sources/{known['id']}").json["revision"] == 2


def test_nothing_comes_of_a_refused_review(desk: Desk) -> None:
    known = desk.source(name="Ada Roe", kind="person")
    before = desk.changes()
    results = imported(desk, [review(1, [WIKIDATA], claimReviewed=""), review(2, [ISNI], claimReviewed=["A", "B"])])
    assert set(outcomes(results)) == {"refused"}
    assert desk.changes() == before
    # Nor of one that the desk refuses for its evidence, while the next one names the same speaker otherwise.
    wide = review(3, [WIKIDATA], citation=[{"@type": "CreativeWork", "name": "x" * 9000, "text": "y" * 9000}] * 48)
    results = imported(desk, [wide, review(4, [ISNI])])
    assert desk.get(f"/v1/sources/{known['id']}").json["same_as"] in ([WIKIDATA, ISNI], [ISNI])
    assert ("refused" in outcomes(results)) == (WIKIDATA not in desk.get(f"/v1/sources/{known['id']}").json["same_as"])


def test_a_dry_run_says_what_an_import_does(desk: Desk) -> None:
    tried = imported(desk, seven(), query="?dry_run=true")
    assert sources(desk) == []
    done = imported(desk, seven())
    assert outcomes(tried) == outcomes(done)
    known = sources(desk)[0]["id"]
    tried = imported(desk, [review(9, [OTHER], name="Roe")], query="?dry_run=true")
    assert [(each["result"], each["id"]) for each in tried if each["type"] == "source"][-1] == ("exists", known)


def test_a_dry_run_of_several_batches_knows_what_it_would_have_learned(desk: Desk) -> None:
    known = desk.source(name="Ada Roe", kind="person")["id"]
    joined = desk.source(name="A. Roe", kind="person")["id"]
    desk.made(f"/v1/sources/{known}/judgments", {"other_id": joined, "judgment": "same", "reason": "One woman."})
    forms = [
        ("A. Roe", [WIKIDATA]),
        ("Roe", [OTHER, ISNI]),
        ("R.", [ISNI, VIAF]),
        ("Bo", []),
        ("Bo", [OTHER[:-2] + "7"]),
    ]
    reviews = [review(at, same_as, name=name) for at, (name, same_as) in enumerate(forms, 1)]
    raw = json.dumps(reviews).encode()
    found = []
    with Rehearsal() as before, desk.database.reading_one_moment() as connection:
        for batch in intake.batches(io.BytesIO(raw), "claimreview", most=4):
            found += imports.rehearse(connection, batch.lines, before, Texts())
    persons = [(each.outcome, each.id) for each in found if each.kind == "source" and each.line and each.id != known]
    assert persons.count(("exists", joined)) == 3
    done = imported(desk, reviews)
    assert [each["result"] for each in done if each["type"] == "claim"] == ["added"] * 5
    assert len(desk.get("/v1/sources").json["items"]) == 3  # she, the publisher, Bo
    assert desk.get(f"/v1/sources/{known}").json["identifiers"]["viaf"] == "113230702"


def test_a_publisher_is_known_again_by_its_domain(desk: Desk) -> None:
    outlet = desk.source(name="The Daily", kind="outlet", same_as=["https://www.daily.co.uk/"])
    paper = {"@type": "Newspaper", "name": "Daily, The", "url": "http://news.daily.co.uk"}
    imported(desk, [review(1, [], author=paper)])
    [article] = desk.get("/v1/articles").json["items"]
    assert article["outlet"]["id"] == outlet["id"]


def test_lines_with_ids_of_their_own_stay_what_they_are(desk: Desk) -> None:
    """What a desk exports comes back as it was: two sources with one name are two."""
    known = desk.source(name="Ada Roe", kind="person", same_as=[WIKIDATA])
    line = {"type": "source", "name": "Ada Roe", "kind": "person", "same_as": [WIKIDATA]}
    lines = [line | {"external_id": "one"}, line | {"external_id": "two"}, line, line | {"same_as": []}]
    raw = "\n".join(map(json.dumps, lines)).encode()
    results = imported(desk, raw, "application/x-ndjson")
    assert outcomes(results) == ["added", "added", "added", "added"]
    desk.post(f"/v1/sources/{known['id']}/judgments", {"other_id": results[0]["id"], "judgment": "same", "reason": "-"})


def test_a_line_without_an_id_is_the_source_that_is_there(desk: Desk) -> None:
    known = desk.source(name="Ada Roe", kind="person", same_as=[WIKIDATA])
    rows = "type,name,kind,same_as.1\nsource,Roe,person,http://wikidata.org/entity/Q42\nsource,Ada Roe,person,\n"
    results = imported(desk, rows.encode(), "text/csv")
    assert [(each["result"], each["id"]) for each in results] == [("exists", known["id"])] * 2
    assert len(desk.get("/v1/sources").json["items"]) == 1


def test_statements_do_not_grow_with_the_desk(desk: Desk) -> None:
    counts = []
    for number in (0, 1, 40):
        for at in range(number):
            desk.source(name=f"Speaker {at}", kind="person", same_as=[f"https://www.wikidata.org/wiki/Q{at + 1000}"])
        reviews = [review(number * 100 + at, [f"https://viaf.org/viaf/{number}{at + 1}"], name=f"N{number}-{at}")
                   for at in range(30)]  # fmt: skip
        with Statements(desk) as seen:
            imported(desk, reviews)
        counts.append(sum("FROM people" not in each for each in seen.seen))
    assert counts[1] == counts[2]
