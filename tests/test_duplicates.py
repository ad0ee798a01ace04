"""Claims that are likely the same: found by a follower, listed two by two, and settled by people for good."""

import os
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from factcheck.followers import duplicates
from factcheck.followers.duplicates import MOST
from factcheck.followers.indexed import IndexedFollowing
from factcheck.followers.registry import searching
from factcheck.rules.matching import strict
from factcheck.rules.matching.statements import statement
from factcheck.storage.tables.duplicates import LikelyDuplicate
from tests import commands
from tests.desk import TEXT, Desk, Statements
from tests.forms import Visitor

Json = dict[str, Any]
COUNCIL = "The city council approved a budget of 45 million euros for 2022."
AGAIN = "The city council has approved a budget of 45 million euros for 2022."
OWN_PAIRS = Path(__file__).resolve().parent / "data" / "matching.json"
DEADLINE = 60  # seconds at most
GERMAN = "Der Rat hat den Haushalt für 2022 beschlossen."
RALLY = "Up to a million people were present at the rally in Niamey."


def entered(desk: Desk, *texts: str, language: str | None = "en") -> list[str]:
    """Enter claims of one article, and return their ids."""
    article = desk.article(language=language)["id"]
    return [desk.claim(article_id=article, text=each)["id"] for each in texts]


def listed(desk: Desk, query: str = "", *, by: str = "reader") -> list[Json]:
    """Return all pairs, which must be those of the log's end."""
    answer = desk.get(f"/v1/duplicates?limit=200&{query}", by=by)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.json["next_cursor"] is None
    assert "behind" not in answer.json
    assert answer.json["as_of_log_index"] == desk.get("/v1/changes?limit=200").json["items"][-1]["log_index"]
    found: list[Json] = answer.json["items"]
    return found


def pairs(desk: Desk, query: str = "", *, by: str = "reader") -> set[tuple[str, ...]]:
    found = [tuple(claim["id"] for claim in item["claims"]) for item in listed(desk, query, by=by)]
    assert len(found) == len({*found})
    return {*found}


def following(desk: Desk) -> IndexedFollowing:
    found: IndexedFollowing = desk.app.extensions["factcheck.followers"]["duplicates"]
    return found


def rebuild(desk: Desk) -> None:
    following(desk).start_over()
    following(desk).catch_up()


def stored(desk: Desk) -> set[tuple[int, int]]:
    with desk.database.reading() as connection:
        return {(row.first_seq, row.second_seq) for row in connection.execute(select(LikelyDuplicate.__table__))}


# ── What is found


def test_two_claims_that_say_the_same_are_a_pair(desk: Desk) -> None:
    assert listed(desk) == []
    first, other, second = entered(desk, COUNCIL, RALLY, AGAIN)
    (item,) = listed(desk)
    read = [desk.get(f"/v1/claims/{each}").json for each in (first, second)]
    assert item == {
        "claims": [
            {name: claim[name] for name in ("id", "text", "status", "article")}
            | {"links": {"self": claim["links"]["self"]}}
            for claim in read
        ],
        "score": item["score"],
        "log_index": desk.get(f"/v1/claims/{second}/history").json["items"][0]["log_index"],
    }
    assert strict.LIKELY <= item["score"] < 1
    assert len(listed(desk, f"min_score={item['score']}")) == 1
    assert listed(desk, f"min_score={round(item['score'] + 0.0001, 4)}") == []
    (same,) = entered(desk, COUNCIL)
    found = [([claim["id"] for claim in item["claims"]], item["score"]) for item in listed(desk)]
    assert found == [([second, same], item["score"]), ([first, same], 1), ([first, second], item["score"])]
    assert pairs(desk) == {(first, second), (first, same), (second, same)}
    assert pairs(desk, f"claim={second}") == {(first, second), (second, same)}
    assert pairs(desk, f"claim={other}") == set()
    assert pairs(desk, "min_score=1") == {(first, same)}


@pytest.mark.parametrize(
    "other",
    [
        "The city council approved a budget of 54 million euros for 2022.",
        "The city council approved a budget of 45 million euros for 2023.",
        "The city council did not approve a budget of 45 million euros for 2022.",
    ],
)
def test_claims_that_contradict_each_other_are_no_pair(desk: Desk, other: str) -> None:
    entered(desk, COUNCIL, other)
    assert listed(desk) == []


def test_opposites_are_no_pair(desk: Desk) -> None:
    entered(desk, "The senate accepted the reform on Friday.", "The senate rejected the reform on Friday.")
    assert listed(desk) == []


@pytest.mark.parametrize(
    ("one", "other", "language", "found"),
    [
        ("尼亚美有一百万人参加了集会。", "尼亚美有一百万人参加了集会", "zh", True),
        ("尼亚美有一百万人参加了集会。", "尼亚美有一百万人没有参加集会。", "zh", False),
        (GERMAN, "Der Rat beschloss den Haushalt für 2022.", "de", True),
        (GERMAN, "Der Rat hat den Haushalt für 2022 nicht beschlossen.", "de", False),
        (COUNCIL, AGAIN, None, True),
    ],
)  # fmt: skip
def test_languages(desk: Desk, one: str, other: str, language: str | None, found: bool) -> None:
    first, second = entered(desk, one, other, language=language)
    assert pairs(desk) == ({(first, second)} if found else set())


@pytest.mark.parametrize(("other", "found"), [("Photo of a shark!", True), ("Photo of a whale.", False)])
def test_short_claims_are_a_pair_in_the_same_words_alone(desk: Desk, other: str, found: bool) -> None:
    first, second = entered(desk, "Photo of a shark.", other)
    assert pairs(desk) == ({(first, second)} if found else set())
    one, two, three = (statement(said, "en") for said in ("Beagle (Bagle).", "Beagle.J (Bagle.J)", "Beagle (Bagle)"))
    assert strict.likely(one, two) is None
    assert strict.similarity(one, two).score >= strict.LIKELY
    assert strict.likely(one, three) == 1


def test_a_text_of_an_unknown_language_is_read_in_the_other_ones(desk: Desk) -> None:
    (first,) = entered(desk, "Senator Smith resigned yesterday evening.")
    (second,) = entered(desk, "Senator Smith resigned yesterday evening!", language=None)
    (third,) = entered(desk, "Senator Smith had resigned yesterday evening.", language=None)
    assert pairs(desk) == {(first, second), (first, third)} | ({(second, third)} & pairs(desk))


def test_at_most_five_pairs_are_kept_of_what_one_entry_finds(desk: Desk) -> None:
    ids = entered(desk, *[COUNCIL] * 7)
    found = pairs(desk)
    assert {pair for pair in found if pair[1] == ids[6]} == {(each, ids[6]) for each in ids[:5]}
    assert len(found) == 1 + 2 + 3 + 4 + 5 + 5


def test_every_reported_pair_of_our_own_is_at_the_threshold() -> None:
    same, likely = 0, 0
    for label, _, one, other in orjson.loads(OWN_PAIRS.read_bytes())["pairs"]:
        a, b = statement(one, "en"), statement(other, "en")
        assert strict.likely(a, b) == strict.likely(b, a)
        if strict.likely(a, b) is not None:
            likely, same = likely + 1, same + label
    assert likely >= 35
    assert same / likely >= 0.9


# ── What changes it


def test_an_edit_looks_again(desk: Desk) -> None:
    first, second = entered(desk, COUNCIL, RALLY)
    assert pairs(desk) == set()
    amended = {"text": AGAIN}
    assert desk.patch(f"/v1/claims/{first}", amended, etag="*").status_code == 200
    assert pairs(desk) == set()
    assert desk.patch(f"/v1/claims/{second}", {"text": COUNCIL}, etag="*").status_code == 200
    assert pairs(desk) == {(first, second)}
    at = listed(desk)[0]["log_index"]
    assert desk.patch(f"/v1/claims/{first}", {"tags": ["budget"]}, etag="*").status_code == 200
    assert listed(desk)[0]["log_index"] == at
    assert desk.patch(f"/v1/claims/{first}", {"text": RALLY}, etag="*").status_code == 200
    assert pairs(desk) == set()
    assert stored(desk) == set()


@pytest.mark.parametrize("end", ["withdrawal", "redaction"])
def test_what_is_withdrawn_or_redacted_is_in_no_pair(desk: Desk, end: str) -> None:
    first, second, third = entered(desk, COUNCIL, AGAIN, COUNCIL)
    assert len(pairs(desk)) == 3
    assert desk.post(f"/v1/claims/{first}/{end}", {"reason": "Entered twice."}, by="admin").status_code in (200, 204)
    assert pairs(desk) == {(second, third)}
    assert len(stored(desk)) == 1


def test_an_import_is_looked_through(desk: Desk) -> None:
    (first,) = entered(desk, COUNCIL)
    article = {"type": "article", "external_id": "a", "title": "Budget", "text": TEXT, "language": "en"}
    claim = {"type": "claim", "article_id": "a", "kind": "factual", "quotes": [{"exact": "thousands of people"}]}
    lines = [article, *(claim | {"external_id": f"c{at}", "text": said} for at, said in enumerate((RALLY, AGAIN)))]
    sent = b"\n".join(orjson.dumps(line) for line in lines)
    answer = desk.post("/v1/imports", data=sent, content_type="application/x-ndjson")
    ids = [orjson.loads(line)["id"] for line in answer.get_data().splitlines()]
    assert pairs(desk) == {(first, ids[2])}


# ── Settling


@pytest.mark.parametrize("kind", ["restates", "distinct_from", "contradicts", "supports"])
@pytest.mark.parametrize("turned", [False, True])
def test_what_is_related_is_never_shown_again(desk: Desk, kind: str, turned: bool) -> None:
    first, second, third = entered(desk, COUNCIL, AGAIN, COUNCIL)
    assert len(pairs(desk)) == 3
    one, other = (second, first) if turned else (first, second)
    desk.made(f"/v1/claims/{one}/relations", {"kind": kind, "claim_id": other}, by="contributor")
    left = {(first, third), (second, third)}
    assert pairs(desk) == left
    assert len(stored(desk)) == 2
    rebuild(desk)
    assert len(stored(desk)) == 2
    assert pairs(desk) == left
    assert desk.patch(f"/v1/claims/{first}", {"text": f"{COUNCIL} "}, etag="*").status_code in (200, 422)
    assert desk.patch(f"/v1/claims/{second}", {"text": COUNCIL}, etag="*").status_code == 200
    assert pairs(desk) == left


# ── The follower


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_rebuild_finds_what_following_found(desk: Desk, data: st.DataObject) -> None:
    """After random claims were entered, edited, withdrawn and related, with a look at the list now and then.

    No claim has more others like it than one entry finds pairs: beyond, what is found depends on what is settled.
    """
    said = [
        COUNCIL,
        AGAIN,
        f"{COUNCIL[:-1]} on Monday.",
        RALLY,
        "A million people were present at the rally in Niamey.",
    ]
    texts, ids = st.sampled_from(said), entered(desk, COUNCIL, RALLY)
    article = desk.get(f"/v1/claims/{ids[0]}").json["article_id"]
    for _ in range(data.draw(st.integers(3, MOST))):
        action = data.draw(st.sampled_from(["add", "add", "edit", "withdraw", "relate", "look"]))
        claim = data.draw(st.sampled_from(ids))
        if action == "add":
            ids.append(desk.claim(article_id=article, text=data.draw(texts))["id"])
        elif action == "edit":
            desk.patch(f"/v1/claims/{claim}", {"text": data.draw(texts)}, etag="*")
        elif action == "withdraw" and len(ids) > 2:
            assert desk.post(f"/v1/claims/{claim}/withdrawal", {"reason": "Entered twice."}).status_code == 204
            ids.remove(claim)
        elif action == "relate":
            other = data.draw(st.sampled_from(ids))
            desk.post(f"/v1/claims/{claim}/relations", {"kind": "distinct_from", "claim_id": other})
        else:
            following(desk).catch_up()
    following(desk).catch_up()
    followed = stored(desk)
    rebuild(desk)
    assert stored(desk) == followed
    with desk.database.reading() as connection:
        assert duplicates.faults(connection) == []
    for claim in ids:  # the next example begins anew
        assert desk.post(f"/v1/claims/{claim}/withdrawal", {"reason": "Tried."}).status_code == 204


def test_it_goes_no_further_than_the_index(desk: Desk, tmp_path: Path) -> None:
    """While another process has the index and does not write, the list says that it is behind."""
    first, second = entered(desk, COUNCIL, AGAIN)
    assert pairs(desk) == {(first, second)}
    desk.app.extensions["factcheck.followers"]["search"].close()
    with closing(searching(desk.database, Path(desk.settings.index_dir))) as other:
        assert other.view().as_of.behind is False
        (third,) = entered(desk, COUNCIL)
        answer = desk.get(f"/v1/duplicates?claim={third}").json
        assert (answer["items"], answer["behind"]) == ([], True)
        assert answer["as_of_log_index"] < desk.get(f"/v1/claims/{third}/history").json["items"][0]["log_index"]
    assert pairs(desk, f"claim={third}") == {(first, third), (second, third)}


def test_without_an_index_there_is_no_answer(desk: Desk, tmp_path: Path) -> None:
    entered(desk, COUNCIL, AGAIN)
    nowhere = tmp_path / "a-file"
    nowhere.write_text("")
    other = desk.with_settings(index_dir=f"{nowhere}/index")
    answer = other.get("/v1/duplicates")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert "search index" in answer.json["detail"]


def test_in_the_background_it_rests_as_long_as_it_works(desk: Desk) -> None:
    first, second = entered(desk, COUNCIL, AGAIN)
    followers = desk.app.extensions["factcheck.followers"]
    assert followers["duplicates"].rests
    threads = [each.start() for each in followers.values()]
    assert len(threads) == 7
    try:
        ends = time.monotonic() + DEADLINE
        while "behind" in desk.get("/v1/duplicates").json:
            assert time.monotonic() < ends
        assert pairs(desk) == {(first, second)}
    finally:
        for each in followers.values():
            each.stop()
        for thread in threads:
            thread.join(DEADLINE)
    assert not any(thread.is_alive() for thread in threads)


def test_the_doctor_removes_pairs_of_claims_that_are_gone(desk: Desk) -> None:
    first, second, third = entered(desk, COUNCIL, AGAIN, COUNCIL)
    assert len(pairs(desk)) == 3
    here = stored(desk)
    with desk.database.reading() as connection:
        assert duplicates.faults(connection) == []
    assert desk.post(f"/v1/claims/{third}/withdrawal", {"reason": "Entered twice."}).status_code == 204
    with desk.database.reading() as connection:
        assert duplicates.faults(connection) == []  # it is still to be followed
    assert pairs(desk) == {(first, second)}
    gone = {pair for pair in here if pair not in stored(desk)}
    assert len(gone) == 2
    rows = [{"first_seq": one, "second_seq": other, "score": 1, "found_index": 9} for one, other in {*gone, (1, 10**6)}]
    with desk.database.writing() as session:
        session.execute(insert(LikelyDuplicate), rows)
    with desk.database.reading() as connection:
        found = duplicates.faults(connection)
    assert set(found) == {*gone, (1, 10**6)}
    with desk.database.writing() as session:
        duplicates.remove(session.connection(), found)
    assert pairs(desk) == {(first, second)}


def test_the_commands_know_the_follower(desk: Desk, tmp_path: Path) -> None:
    first, second = entered(desk, COUNCIL, AGAIN)
    environment = os.environ | {
        "FACTCHECK_DATABASE_URL": desk.settings.database_url,
        "FACTCHECK_SECRET_KEY": desk.settings.secret_key,
        "FACTCHECK_INDEX_DIR": desk.settings.index_dir,
        "FACTCHECK_LOG_FOLDER": str(tmp_path / "log"),
    }

    def run(*words: str) -> Any:
        desk.app.extensions["factcheck.followers"]["search"].close()
        ended = commands.run(*words, cwd=tmp_path, env=environment)
        return orjson.loads(ended.stdout) if "--json" in words else ended.returncode

    def faults(*words: str) -> list[Json]:
        return [each for each in run("doctor", "--json", *words)["faults"] if each["subject"] == "duplicates"]

    def lag() -> int:
        rows = {row["name"]: row for row in run("followers", "list", "--json")["items"]}
        found: int = rows["duplicates"]["lag"]
        return found

    assert lag() > 0
    assert run("followers", "rebuild", "duplicates") == 0
    assert lag() == 0
    good = stored(desk)
    assert len(good) == 1
    assert faults() == []
    with desk.database.writing() as session:
        session.execute(insert(LikelyDuplicate), {"first_seq": 1, "second_seq": 2, "score": 1, "found_index": 3})
    [fault] = faults()
    assert ("entries 1 and 2" in fault["detail"], fault["mended"]) == (True, False)
    assert [each["mended"] for each in faults("--mend")] == [True]
    assert faults() == []
    assert stored(desk) == good
    assert pairs(desk) == {(first, second)}


# ── The list


def test_pages_and_counts(desk: Desk) -> None:
    entered(desk, *[COUNCIL, AGAIN] * 3)
    for query in ("", "min_score=0.95&", f"claim={desk.get('/v1/claims').json['items'][-1]['id']}&"):
        whole = listed(desk, query)
        assert len(whole) > 2
        order = [item["log_index"] for item in whole]
        assert order == sorted(order, reverse=True)
        walked: list[Json] = []
        path = f"/v1/duplicates?{query}limit=2&count=true"
        while path:
            answer = desk.get(path)
            assert (answer.json["total"], answer.json["more"]) == (len(whole), False)
            walked += answer.json["items"]
            cursor = answer.json["next_cursor"]
            path = f"/v1/duplicates?{query}limit=2&count=true&cursor={cursor}" if cursor else ""
        assert walked == whole


@pytest.mark.parametrize(
    "query", ["min_score=2", "min_score=x", "min_score=-1", "claim=1", "status=verified", "limit=0"]
)
def test_bad_parameters_are_refused_by_name(desk: Desk, query: str) -> None:
    answer = desk.get(f"/v1/duplicates?{query}")
    assert answer.status_code == 422
    assert [flaw["parameter"] for flaw in answer.json["errors"]] == [query.partition("=")[0]]


def test_a_page_is_one_indexed_query(desk: Desk) -> None:
    ids = entered(desk, *[COUNCIL, AGAIN] * 3)
    assert len(pairs(desk)) > 5
    for query in ("", f"&claim={ids[0]}", "&min_score=0.9"):
        with Statements(desk) as statements:
            answer = desk.get(f"/v1/duplicates?limit=2{query}")
        read = [each for each in statements.seen if "likely_duplicates" in each]
        assert len(read) == 1
        assert "JOIN" not in read[0]  # as for pairs of sources
        if desk.database.embedded:
            with desk.database.reading() as connection:
                plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + read[0], ("0",) * read[0].count("?")).all()
            scans = [row.detail for row in plan if "likely_duplicates" in row.detail]
            assert len(scans) > 0
            assert all("USING COVERING INDEX" in each or "USING INDEX" in each for each in scans), plan
        with Statements(desk) as later:
            desk.get(f"/v1/duplicates?limit=2{query}&cursor={answer.json['next_cursor']}")
        assert len(later.seen) == len(statements.seen)


def test_a_hidden_verdict_stays_hidden(desk: Desk) -> None:
    first, _ = entered(desk, COUNCIL, AGAIN)
    reason = "The minutes of the meeting say so."
    assert desk.review(first, by="admin", status="unverifiable", reason=reason).status_code == 201
    before = listed(desk)
    assert desk.post(f"/v1/claims/{first}/second-opinion", {}, by="admin").status_code == 201
    shown = {by: listed(desk, by=by)[0] for by in ("analyst", "admin", "reader")}
    assert {by: [claim["status"] for claim in item["claims"]] for by, item in shown.items()} == {
        "analyst": ["in_review", "unverified"],
        "admin": ["unverifiable", "unverified"],
        "reader": ["unverifiable", "unverified"],
    }
    assert shown["admin"] == before[0]
    assert (shown["analyst"]["score"], shown["analyst"]["log_index"]) == (before[0]["score"], before[0]["log_index"])


def test_who_may_read_it(desk: Desk) -> None:
    entered(desk, COUNCIL, AGAIN)
    assert desk.get("/v1/duplicates", by=None).status_code == 401
    public = desk.with_settings(public_read=True).get("/v1/duplicates", by=None)
    assert (public.status_code, len(public.json["items"])) == (200, 1)


# ── The page


def shown(visitor: Visitor, path: str = "/duplicates") -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("kind", "told"),
    [("restates", "the second of these claims restates the first"), ("distinct_from", "say different")],
)
def test_a_pair_is_settled_on_its_page(desk: Desk, kind: str, told: str) -> None:
    first, second, third = entered(desk, COUNCIL, AGAIN, RALLY)
    visitor = Visitor(desk, by="contributor")
    assert 'href="/duplicates"' in shown(visitor, "/audit")
    assert len(listed(desk)) == 1
    assert "1 likely duplicate</a>" in shown(visitor, f"/claims/{first}")
    assert "likely duplicate" not in shown(visitor, f"/claims/{third}")
    page = shown(visitor)
    assert page.count('class="conflict-group"') == 1
    assert (COUNCIL in page, AGAIN in page, RALLY in page) == (True, True, False)
    answer = visitor.send("/duplicates", {"kind": kind}, on="/duplicates")
    assert answer.status_code == 303
    (relation,) = desk.get(f"/v1/claims/{second}/relations").json["items"]
    assert (relation["kind"], relation["claim_id"]) == (kind, first)
    assert answer.headers["Location"] == f"/duplicates/settled/{second}/{relation['id']}"
    after = shown(visitor, answer.headers["Location"])
    assert told in after
    assert after.index(f'href="/claims/{first}#relations"') < after.index(f'href="/claims/{second}#relations"')
    assert 'class="conflict-group"' not in after
    assert "No likely duplicates" in shown(visitor)
    assert "likely duplicate" not in shown(visitor, f"/claims/{first}")


def test_the_pairs_of_one_claim_stay_the_pairs_of_that_claim(desk: Desk) -> None:
    first, second, third = entered(desk, COUNCIL, AGAIN, COUNCIL)
    visitor = Visitor(desk)
    here = f"/duplicates?claim={second}"
    assert shown(visitor, here).count('class="conflict-group"') == 2
    answer = visitor.send("/duplicates", {"kind": "distinct_from"}, on=here)
    assert answer.headers["Location"].endswith(f"?claim={second}")
    assert shown(visitor, answer.headers["Location"]).count('class="conflict-group"') == 1
    assert pairs(desk) == {(first, second), (first, third)}


def test_what_cannot_be_settled(desk: Desk) -> None:
    first, second = entered(desk, COUNCIL, AGAIN)
    visitor = Visitor(desk)
    log = desk.changes()
    for values, status, told in (
        ({"kind": "contradicts"}, 422, "Choose one of the two answers."),
        ({"kind": "restates", "first": "x"}, 422, "does not have this one"),
        ({"kind": "restates", "second": "x"}, 404, "No claim has this id."),
        ({"kind": "restates", "first": second}, 422, "This is the same claim."),
    ):
        answer = visitor.send("/duplicates", values, on="/duplicates")
        assert (answer.status_code, told in answer.get_data(as_text=True)) == (status, True), values
    assert desk.changes() == log
    fields = visitor.fields("/duplicates", "/duplicates") | {"kind": "restates"}
    desk.made(f"/v1/claims/{second}/relations", {"kind": "restates", "claim_id": first})
    late = visitor.client.post("/duplicates", data=fields)
    assert late.status_code == 409
    assert "already have this relation" in late.get_data(as_text=True)


def test_who_only_reads_sees_no_buttons(desk: Desk) -> None:
    first, _ = entered(desk, COUNCIL, AGAIN)
    page = shown(Visitor(desk, by="reader"))
    assert f'href="/claims/{first}"' in page
    assert 'action="/duplicates"' not in page
    public = Visitor(desk.with_settings(public_read=True), by=None)
    assert 'class="conflict-group"' in shown(public)
    assert 'action="/duplicates"' not in shown(public)
