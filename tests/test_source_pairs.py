"""Pairs of sources that may be one: found by a follower, listed by score, and judged on a page."""

import secrets
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select
from werkzeug.test import TestResponse

from factcheck.followers import source_pairs
from factcheck.followers.indexed import IndexedFollowing
from factcheck.followers.source_pairs import MOST
from factcheck.storage.tables.source_pairs import SourcePair
from tests.desk import Desk, Statements
from tests.forms import HTML, Visitor
from tests.test_judgments import judge

Json = dict[str, Any]
WIKIDATA = "https://www.wikidata.org/wiki/Q4242"
NAMES = ("Hélène Morvan", "Helene Morvan", "Morvan, Hélène", "Ottavio Brambilla", "Ottavio Brambila")


def add(desk: Desk, name: str, kind: str = "person", **fields: Any) -> str:
    return str(desk.source(name=name, kind=kind, **fields)["id"])


def listed(desk: Desk, query: str = "", *, by: str | None = "reader") -> list[Json]:
    """Return all pairs, which must be those of the log's end."""
    following(desk).catch_up()
    answer = desk.get(f"/v1/sources/pairs?limit=200&{query}", by=by)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.json["next_cursor"] is None
    assert "behind" not in answer.json
    found: list[Json] = answer.json["items"]
    assert [item["score"] for item in found] == sorted((item["score"] for item in found), reverse=True)
    return found


def pairs(desk: Desk, query: str = "") -> set[tuple[str, ...]]:
    found = [tuple(source["id"] for source in item["sources"]) for item in listed(desk, query)]
    assert len(found) == len({*found})
    return {*found}


def following(desk: Desk) -> IndexedFollowing:
    found: IndexedFollowing = desk.app.extensions["factcheck.followers"]["source_pairs"]
    return found


def stored(desk: Desk) -> list[Any]:
    with desk.database.reading() as connection:
        rows = connection.execute(select(SourcePair.__table__).order_by(SourcePair.first_seq, SourcePair.second_seq))
        return [tuple(row) for row in rows]


def demand_rebuilt(desk: Desk) -> None:
    """Demand that a rebuild gives the same pairs as following."""
    following(desk).catch_up()
    followed = stored(desk)
    following(desk).start_over()
    assert stored(desk) == []
    following(desk).catch_up()
    assert stored(desk) == followed


# ── What is found


def test_two_sources_that_may_be_one_are_a_pair(desk: Desk) -> None:
    assert listed(desk) == []
    first, other, second = (add(desk, name) for name in (NAMES[0], "Katarzyna Wolska", NAMES[1]))
    (item,) = listed(desk)
    assert item == {
        "sources": [desk.get(f"/v1/sources/{each}").json for each in (first, second)],
        "score": 1,
        "because": ["same_name"],
    }
    typed = add(desk, "Katarzyna Wolsky")
    assert [(each["score"], each["because"]) for each in listed(desk)] == [
        (1, ["same_name"]),
        (pytest.approx(0.88, abs=0.1), ["typing_error"]),
    ]
    assert pairs(desk) == {(first, second), (other, typed)}
    assert pairs(desk, "min_score=0.9") == {(first, second)}
    demand_rebuilt(desk)


def test_an_identifier_makes_a_pair_and_a_mere_likeness_does_not(desk: Desk) -> None:
    one, other = add(desk, "The Mayor", same_as=[WIKIDATA]), add(desk, "Somebody Else", same_as=[f"{WIKIDATA}/"])
    add(desk, "Morvan")
    add(desk, "Hélène Morvan")
    assert pairs(desk) == {(one, other)}
    assert listed(desk)[0]["because"] == ["same_identifier"]


def test_the_list_is_narrowed_by_kind_and_pages_by_score(desk: Desk) -> None:
    people = [add(desk, "Ottavio Brambilla") for _ in range(3)]
    paper, company = add(desk, "Evening Post", "outlet"), add(desk, "Evening Post", "organization")
    following(desk).catch_up()
    of_people = {(people[0], people[1]), (people[0], people[2]), (people[1], people[2])}
    assert pairs(desk) == of_people | {(paper, company)}
    assert pairs(desk, "kind=person") == of_people
    assert pairs(desk, "kind=outlet") == pairs(desk, "kind=organization") == {(paper, company)}
    assert pairs(desk, "kind=document") == set()
    assert pairs(desk, "kind=person&min_score=1") == of_people
    for query, size in (("", 4), ("kind=person", 3), ("kind=outlet", 1)):
        path, found = f"/v1/sources/pairs?limit=1&count=true&{query}", []
        for _ in range(size):
            answer = desk.get(path).json
            assert (answer["total"], answer["more"], len(answer["items"])) == (size, False, 1)
            found += answer["items"]
            path = f"/v1/sources/pairs?limit=1&count=true&{query}&cursor={answer['next_cursor']}"
        assert answer["next_cursor"] is None
        assert found == listed(desk, query)


def test_a_source_keeps_a_bounded_number_of_pairs(desk: Desk) -> None:
    ids = [add(desk, "Jean Dupont") for _ in range(MOST + 3)]
    found = pairs(desk)
    assert {pair for pair in found if pair[1] == ids[-1]} == {(each, ids[-1]) for each in ids[:MOST]}
    for each in ids[:MOST]:
        judge(desk, ids[-1], each, "different")
    found = pairs(desk)  # the others come up
    assert {pair for pair in found if pair[1] == ids[-1]} == {(each, ids[-1]) for each in ids[MOST:-1]}


def test_a_page_is_one_indexed_query(desk: Desk) -> None:
    for _ in range(4):
        add(desk, NAMES[0])
    assert len(listed(desk)) == 6
    for query in ("", "&kind=person", "&min_score=0.9"):
        with Statements(desk) as statements:
            assert len(desk.get(f"/v1/sources/pairs?limit=2{query}").json["items"]) == 2
        (read,) = [each for each in statements.seen if "source_pairs" in each]
        assert "JOIN" not in read  # a planner without statistics would begin with the sources, of which there are many
        if desk.database.embedded:
            with desk.database.reading() as connection:
                plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + read, ("0",) * read.count("?")).all()
            scans = [row.detail for row in plan if "source_pairs" in row.detail]
            assert len(scans) > 0
            assert all("USING INDEX" in each or "USING COVERING INDEX" in each for each in scans), plan
            if not query.startswith("&kind"):
                assert not any("TEMP B-TREE" in row.detail for row in plan), plan


@pytest.mark.parametrize("query", ["kind=people", "min_score=2", "skip=1", "cursor=x", "claim=x"])
def test_wrong_parameters_are_named(desk: Desk, query: str) -> None:
    answer = desk.get(f"/v1/sources/pairs?{query}")
    assert answer.status_code in (400, 422)
    assert answer.json["errors"][0]["parameter"] == query.partition("=")[0]


# ── What changes it


@pytest.mark.parametrize("judgment", ["same", "different", "unsure"])
@pytest.mark.parametrize("turned", [False, True])
def test_what_is_judged_is_no_pair(desk: Desk, judgment: str, turned: bool) -> None:
    first, second = add(desk, NAMES[0]), add(desk, NAMES[1])
    assert len(listed(desk)) == 1
    judge(desk, *((second, first) if turned else (first, second)), judgment)
    assert listed(desk) == []
    assert stored(desk) == []
    demand_rebuilt(desk)


def test_pairs_that_the_follower_has_not_removed_yet_are_passed_over(desk: Desk) -> None:
    """A page is as long as it was asked for, however many pairs were judged since."""
    for _ in range(6):
        add(desk, NAMES[0])
    every = [tuple(source["id"] for source in item["sources"]) for item in listed(desk)]
    assert len(every) == 15
    judged = every[1:12]
    for one, other in judged:
        desk.made(
            f"/v1/sources/{one}/judgments", {"other_id": other, "judgment": "different", "reason": "Two of one name."}
        )
    left = [pair for pair in every if pair not in judged]
    shown, cursor = [], ""
    while True:
        page = desk.get(f"/v1/sources/pairs?limit=2{cursor}").json
        shown += [tuple(each["id"] for each in item["sources"]) for item in page["items"]]
        if page["next_cursor"] is None:
            break
        assert len(page["items"]) == 2
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(map(sorted, shown)) == sorted(map(sorted, left))


def test_joining_and_separating_are_followed(desk: Desk) -> None:
    one, other, third = add(desk, NAMES[0]), add(desk, "The Mayor"), add(desk, NAMES[1])
    assert pairs(desk) == {(one, third)}
    judge(desk, other, one, "same", shown_id=other)
    assert pairs(desk) == {(other, third)}  # by an alias: the name of what was joined
    assert listed(desk)[0]["because"] == ["alias"]
    demand_rebuilt(desk)
    judge(desk, other, one, "unsure")
    assert pairs(desk) == {(one, third)}
    judge(desk, third, one, "different")
    assert pairs(desk) == set()
    judge(desk, other, one, "same")
    assert pairs(desk) == set()
    demand_rebuilt(desk)


def test_an_edit_and_a_redaction_are_followed(desk: Desk) -> None:
    first, second = add(desk, NAMES[0]), add(desk, "Katarzyna Wolska")
    assert pairs(desk) == set()
    assert desk.patch(f"/v1/sources/{second}", {"name": NAMES[1]}, etag="*").status_code == 200
    assert pairs(desk) == {(first, second)}
    assert desk.patch(f"/v1/sources/{second}", {"kind": "document"}, etag="*").status_code == 200
    assert pairs(desk) == set()
    assert desk.patch(f"/v1/sources/{second}", {"kind": "person"}, etag="*").status_code == 200
    assert pairs(desk, "kind=person") == {(first, second)}
    gone = desk.post(f"/v1/sources/{second}/redaction", {"reason": "A request."}, by="admin")
    assert gone.status_code == 204
    assert pairs(desk) == set()
    assert stored(desk) == []
    demand_rebuilt(desk)


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_rebuild_finds_what_following_found(desk: Desk, data: st.DataObject) -> None:
    """After sources were added, edited, judged and redacted at random, and followed now and then."""
    names = st.sampled_from(NAMES)
    ids = [add(desk, NAMES[0]), add(desk, NAMES[1])]
    for _ in range(data.draw(st.integers(3, 7))):
        action = data.draw(st.sampled_from(["add", "edit", "judge", "judge", "redact", "follow"]))
        one, other = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from(ids))
        if action == "add":
            ids.append(add(desk, data.draw(names)))
        elif action == "edit":
            desk.patch(f"/v1/sources/{one}", {"name": data.draw(names)}, etag="*")
        elif action == "judge":
            body = {"other_id": other, "judgment": data.draw(st.sampled_from(["same", "different", "unsure"]))}
            desk.post(f"/v1/sources/{one}/judgments", body | {"reason": "Tried."})
        elif action == "redact" and len(ids) > 3:
            desk.post(f"/v1/sources/{one}/redaction", {"reason": "A request."}, by="admin")
            ids.remove(one)
        else:
            following(desk).catch_up()
    demand_rebuilt(desk)
    with desk.database.reading() as connection:
        assert source_pairs.faults(connection) == []
    for each in ids:  # the next example begins anew
        desk.post(f"/v1/sources/{each}/redaction", {"reason": "Tried."}, by="admin")
    assert listed(desk) == []


def test_pairs_of_sources_that_do_not_exist_are_removed(desk: Desk) -> None:
    add(desk, NAMES[0])
    add(desk, NAMES[1])
    assert len(listed(desk)) == 1
    (there,) = stored(desk)
    row = {"first_seq": there[0], "second_seq": 10**6, "score": 1, "because": ["same_name"]}
    with desk.database.writing() as session:
        session.execute(insert(SourcePair), row | {"first_kind": "person", "second_kind": "person"})
        connection = session.connection()
        assert source_pairs.faults(connection) == [(there[0], 10**6)]
        source_pairs.remove(connection, source_pairs.faults(connection))
    assert stored(desk) == [there]


# ── The page


def page_of(visitor: Visitor, path: str = "/sources/pairs") -> str:
    following(visitor.desk).catch_up()
    return visitor.get(path).get_data(as_text=True)


def sent_by(visitor: Visitor, values: Json, path: str = "/sources/pairs") -> TestResponse:
    """Send the form of a pair, also one that the page does not show any more."""
    token = visitor.fields("/sources/pairs", "/logout")
    return visitor.client.post(path, data=token | {"key": secrets.token_urlsafe(16)} | values, headers=HTML)


def test_pairs_are_judged_one_after_the_other(desk: Desk) -> None:
    visitor = Visitor(desk, by="analyst")
    page = page_of(visitor)
    assert "No pairs to judge." in page
    assert "one voice counts as two" in page
    first = add(desk, NAMES[0], description="A mayor.", same_as=[WIKIDATA], aliases=["H. M."])
    second = add(desk, NAMES[1], same_as=[WIKIDATA], description="Another mayor.")
    third, fourth = add(desk, NAMES[3]), add(desk, NAMES[4])
    claim = desk.claim(text="The bridge is closed.", attribution=[{"source_id": second, "directness": "direct"}])
    page = page_of(visitor)
    assert f'data-pair="{first} {second}"' in page
    known = ("A mayor.", "Another mayor.", "H. M.", "Wikidata id Q4242", "(both)", "The bridge is closed.")
    why = ("2 pairs", "the same identifier, the same name", "Similarity 1.00", f"/claims/{claim['id']}")
    for said in (*known, *why):
        assert said in page, said
    assert "2 pairs of sources that may be one" in page_of(visitor, "/sources")
    assert "1 pair is likely the same source" in page_of(visitor, "/audit")
    fields = {"first": first, "second": second, "judgment": "same", "reason": "One woman."}
    sent = sent_by(visitor, fields)
    assert sent.status_code == 303, sent.get_data(as_text=True)
    page = page_of(visitor, sent.headers["Location"])
    assert f"/sources/{first}#judged-title" in page
    assert f'data-pair="{third} {fourth}"' in page
    assert "1 pair that nobody has judged" in page
    (made,) = desk.get(f"/v1/sources/{first}/judgments").json["items"]
    assert (made["judgment"], made["reason"], made["other"]["id"]) == ("same", "One woman.", second)


def test_skipped_pairs_stay_and_the_kind_is_kept(desk: Desk) -> None:
    visitor = Visitor(desk, by="analyst")
    people = add(desk, NAMES[0]), add(desk, NAMES[1])
    papers = add(desk, "Evening Post", "outlet"), add(desk, "Evening Pots", "outlet")
    page = page_of(visitor, "/sources/pairs?skip=1")
    assert f'data-pair="{papers[0]} {papers[1]}"' in page
    assert "1 skipped" in page
    page = page_of(visitor, "/sources/pairs?kind=outlet")
    assert f'data-pair="{papers[0]} {papers[1]}"' in page
    fields = {"first": papers[0], "second": papers[1], "judgment": "unsure", "reason": "Nobody knows."}
    sent = sent_by(visitor, fields, "/sources/pairs?kind=outlet")
    assert sent.headers["Location"].endswith("?kind=outlet")
    assert "No pairs of this kind to judge." in page_of(visitor, sent.headers["Location"])
    assert pairs(desk) == {people}
    assert "No more pairs." in page_of(visitor, "/sources/pairs?skip=5")


def test_what_is_refused_loses_nothing(desk: Desk) -> None:
    visitor = Visitor(desk, by="analyst")
    one, other, third = (add(desk, name) for name in NAMES[:3])
    fields = {"first": one, "second": other, "judgment": "same", "reason": ""}
    assert f'data-pair="{one} {other}"' in page_of(visitor)
    refused = sent_by(visitor, fields)
    assert refused.status_code == 422
    assert f'data-pair="{one} {other}"' in refused.get_data(as_text=True)
    judge(desk, one, third, "same")
    judge(desk, third, other, "different")
    refused = sent_by(visitor, fields | {"reason": "One woman, <i>two</i> spellings."})
    page = refused.get_data(as_text=True)
    assert refused.status_code == 409
    assert "This contradicts other judgments" in page
    assert all(f'href="/sources/{each}"' in page for each in (one, other, third))
    assert "One woman, &lt;i&gt;two&lt;/i&gt; spellings." in page
    assert len(desk.get(f"/v1/sources/{one}/judgments").json["items"]) == 2


def test_a_pair_that_somebody_judged_meanwhile_is_not_judged_over_it(desk: Desk) -> None:
    visitor = Visitor(desk, by="analyst")
    one, other = add(desk, NAMES[0]), add(desk, NAMES[1])
    assert f'data-pair="{one} {other}"' in page_of(visitor)
    judge(desk, other, one, "different")
    fields = {"first": one, "second": other, "judgment": "same", "reason": "One woman."}
    refused = sent_by(visitor, fields)
    page = refused.get_data(as_text=True)
    assert refused.status_code == 409
    assert "Somebody has judged this pair already" in page
    assert "Your reason was:" in page
    assert [each["judgment"] for each in desk.get(f"/v1/sources/{one}/judgments").json["items"]] == ["different"]


@pytest.mark.parametrize("by", ["reader", "contributor"])
def test_who_may_not_judge_sees_the_pairs(desk: Desk, by: str) -> None:
    one, other = add(desk, NAMES[0]), add(desk, NAMES[1])
    visitor = Visitor(desk, by=by)
    page = page_of(visitor)
    assert f'data-pair="{one} {other}"' in page
    assert 'name="judgment"' not in page
    fields = {"first": one, "second": other, "judgment": "same", "reason": "One woman."}
    assert sent_by(visitor, fields).status_code == 403
    assert desk.get("/v1/sources/pairs", by=None).status_code == 401


@pytest.mark.parametrize("first", ["x", "0", "0190d5a3-7bbb-7000-8000-000000000000"])
def test_a_form_that_names_no_source(desk: Desk, first: str) -> None:
    visitor = Visitor(desk, by="analyst")
    there = add(desk, NAMES[0])
    fields = {"first": first, "second": there, "judgment": "same", "reason": "One woman."}
    answer = sent_by(visitor, fields)
    assert answer.status_code == 404
    assert "No source has this id." in answer.get_data(as_text=True)
    answer = sent_by(visitor, fields | {"first": there, "second": first})
    assert answer.status_code == 422
