"""Second opinions over HTTP: who sees what, how they end, and that nothing tells a blinded person the first verdict."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from typing import Any

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from factcheck.desk import people
from factcheck.desk.claim_state.documents import etag_of
from factcheck.inspection import checkup, replay
from factcheck.log import verification
from factcheck.rules.roles import Role
from factcheck.settings import Settings
from factcheck.storage import schema
from factcheck.storage.engine.database import writing_engine
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.reviews import SecondOpinion
from tests.desk import SECRET, Desk, Statements
from tests.examining import claim_faults

Json = dict[str, Any]
CANARY = "zanzibarquagga"
REASON = f"The stadium holds {CANARY}."
SECOND = "I counted the seats myself."


@pytest.fixture
def desk(migrated_url: str) -> Iterator[Desk]:
    """A desk with three more analysts: `first`, who gives verdicts, `second` and `third`."""
    made = Desk(Settings(database_url=migrated_url, secret_key=SECRET))
    with made.database.writing() as session:
        operator = people.operator(session)
        for name in ("first", "second", "third"):
            person = people.add(session, operator, name=f"Person {name}", role=Role.ANALYST)
            made.people[name] = person.id
            made.tokens[name] = people.issue_token(session, operator, name=person.name)
    yield made
    with made.database.writing() as session:
        assert [each.detail for each in checkup.log_faults(session)] == []
        assert [each.detail for each in claim_faults(session)] == []
    assert told(made) == []
    made.close()


def told(desk: Desk) -> list[str]:
    """Return what the verification of the log finds."""
    found: list[verification.Fault] = []
    done = verification.Progress()
    with desk.database.reading_one_moment() as connection, Session(connection) as session:
        for some in (*verification.log_entries(connection, [], done), *replay.replayed(session, done)):
            found += some
    return [fault.told() for fault in found]


def piece(stance: str) -> Json:
    return {"stance": stance, "title": f"A plan of the {CANARY}", "url": "https://example.org/plan"}


def decided(desk: Desk, status: str = "refuted", *, by: str = "first", **fields: Any) -> Json:
    """Enter a claim and have it decided, with the evidence inside the review."""
    claim = desk.claim(**fields)
    stance = {"refuted": "refutes", "verified": "supports"}.get(status, "context")
    body = {"status": status, "reason": REASON, "evidence": [piece(stance)], "valid_on": "2023-08-26"}
    assert desk.review(claim["id"], by=by, **body).status_code == 201
    return claim


def asked(desk: Desk, claim_id: str, by: str = "first", **body: Any) -> Json:
    return desk.made(f"/v1/claims/{claim_id}/second-opinion", body, by=by)


def tag(desk: Desk, claim_id: str, by: str) -> str:
    return desk.get(f"/v1/claims/{claim_id}", by=by).headers["ETag"]


def answer(desk: Desk, claim_id: str, by: str = "second", status: str = "refuted", **body: Any) -> TestResponse:
    stance = {"refuted": "refutes", "verified": "supports"}.get(status)
    body = {"reason": SECOND, "evidence": [{"stance": stance, "title": "Seats"}] if stance else [], **body}
    return desk.review(claim_id, by=by, etag=body.pop("etag", None) or tag(desk, claim_id, by), status=status, **body)


# ── The story ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_agreement_leaves_the_first_verdict(desk: Desk) -> None:
    claim = decided(desk)
    here = f"/v1/claims/{claim['id']}"
    before = desk.get(here).json
    assert before["second_opinion"] is before["attribution"]["second_opinion"] is None
    response = desk.post(f"{here}/second-opinion", {"note": "A close call."}, by="first")
    opinion = response.json
    assert (response.status_code, response.headers["Location"]) == (201, f"{here}/second-opinion/{opinion['id']}")
    assert opinion["asked_by"]["id"] == desk.people["first"]
    assert {name: opinion[name] for name in ("question", "note", "reviewer", "outcome", "by_policy", "blind")} == {
        "question": "content", "note": "A close call.", "reviewer": None, "outcome": None, "by_policy": False,
        "blind": False,
    }  # fmt: skip
    one = desk.get(response.headers["Location"], by="first")
    assert (one.json, one.headers["ETag"]) == (opinion, response.headers["ETag"])

    for by in ("first", "reader", "contributor"):
        plain = desk.get(here, by=by).json
        assert (plain["status"], plain["reason"], len(plain["evidence"])) == ("refuted", REASON, 1)
        assert plain["second_opinion"] == {
            "id": opinion["id"], "question": "content", "asked_at": opinion["asked_at"], "blind": False,
        }  # fmt: skip
    for by in ("second", "third", "analyst", "admin"):
        blind = desk.get(here, by=by)
        assert blind.json["second_opinion"] == {**plain["second_opinion"], "blind": True}
        hidden = ("reason", "reviewed_by", "reviewed_at", "valid_on", "review_by")
        assert [blind.json[name] for name in ("status", *hidden, "evidence")] == ["in_review", *[None] * 5, []]
        assert list(blind.json) == list(plain)
        assert blind.headers["ETag"] != desk.get(here, by="first").headers["ETag"]
        held = desk.get(here, by=by, headers={"If-None-Match": blind.headers["ETag"]})
        assert held.status_code == 304

    review = answer(desk, claim["id"])
    assert review.status_code == 201, review.get_data(as_text=True)
    assert (review.json["before"], review.json["status"]) == ("in_review", "refuted")
    assert review.json["second_opinion_id"] == opinion["id"]
    after = desk.get(here, by="second").json
    kept = ("status", "reason", "reviewed_by", "reviewed_at", "valid_on")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["second_opinion"] is None
    assert [item["title"] for item in after["evidence"]] == [f"A plan of the {CANARY}", "Seats"]
    [closed] = desk.get(f"{here}/second-opinion", by="second").json["items"]
    assert (closed["outcome"], closed["second_review_id"]) == ("agreed", review.json["id"])
    assert (closed["first_status"], closed["second_status"], closed["note"]) == ("refuted", "refuted", "A close call.")
    assert closed["closed_at"] == review.json["reviewed_at"]
    both = desk.get(f"{here}/reviews", by="second").json["items"]
    assert [each["second_opinion_id"] for each in both] == [None, opinion["id"]]
    actions = [each["action"] for each in desk.get(f"{here}/history", by="second").json["items"]]
    assert actions == ["add", "review", "ask_second_opinion", "second_opinion"]
    again = desk.post(f"{here}/second-opinion", {}, by="third")
    assert again.status_code == 409
    assert "already agreed" in again.json["detail"]


def test_disagreement_puts_the_question_back_and_keeps_both(desk: Desk) -> None:
    claim = decided(desk)
    here = f"/v1/claims/{claim['id']}"
    asked(desk, claim["id"], reviewer_id=desk.people["second"])
    assert desk.get(here, by="third").json["status"] == "refuted"  # another one is asked
    assert answer(desk, claim["id"], status="verified").status_code == 201
    after = desk.get(here, by="third").json
    assert (after["status"], after["reviewed_by"], after["valid_on"], after["second_opinion"]) == (
        "in_review", None, None, None,
    )  # fmt: skip
    assert after["reason"] == "Reopened: two opinions on content differ, refuted and verified."
    *_, given, reopened = desk.get(f"{here}/history", by="reader").json["items"]
    assert (given["action"], given["reason"]) == ("second_opinion", SECOND)
    assert (reopened["action"], reopened["reason"]) == ("reopen", after["reason"])
    assert {"field": "status", "before": "refuted", "after": "in_review"} in reopened["changes"]
    reasons = [each["reason"] for each in desk.get(f"{here}/reviews", by="second").json["items"]]
    assert reasons == [REASON, SECOND]
    [closed] = desk.get(f"{here}/second-opinion").json["items"]
    assert (closed["outcome"], closed["reviewer"]["id"]) == ("disagreed", desk.people["second"])
    # A third person decides, and that verdict can be given a second opinion of its own.
    assert answer(desk, claim["id"], by="third", status="verified").status_code == 201
    assert asked(desk, claim["id"], by="second")["first_status"] == "verified"


def test_both_questions_can_be_open_at_once(desk: Desk) -> None:
    claim = decided(desk)
    here = f"/v1/claims/{claim['id']}"
    desk.review(claim["id"], by="third", question="attribution", status="verified", reason=REASON)
    asked(desk, claim["id"], reviewer_id=desk.people["second"])
    asked(desk, claim["id"], by="analyst", question="attribution")
    both = desk.get(here, by="second").json
    assert (both["status"], both["attribution"]["status"]) == ("in_review", "in_review")
    assert CANARY not in str(both)
    # The first reviewer of one question is to give the second opinion on the other.
    first = desk.get(here, by="first").json
    assert (first["status"], first["attribution"]["status"]) == ("refuted", "in_review")
    assert answer(desk, claim["id"], by="first", status="refuted", question="attribution").status_code == 201
    half = desk.get(here, by="second").json
    assert (half["status"], half["attribution"]["status"]) == ("in_review", "in_review")
    assert half["attribution"]["second_opinion"] is None
    assert half["attribution"]["reason"].startswith("Reopened: two opinions on attribution differ")
    assert answer(desk, claim["id"]).status_code == 201
    assert desk.get(here).json["second_opinion"] is None


def test_what_is_refused_when_asking(desk: Desk) -> None:
    claim = decided(desk, by="analyst")
    here = f"/v1/claims/{claim['id']}/second-opinion"
    fresh = desk.claim()
    assert desk.post(f"/v1/claims/{fresh['id']}/second-opinion", {}).status_code == 409
    assert desk.post(here, {"question": "attribution"}).status_code == 409
    assert desk.post(here, {}, by="contributor").status_code == 403
    assert desk.post(here, {"status": "refuted"}).status_code == 422
    for who, detail in (
        ("analyst", "gave the verdict"), ("first", "seen the verdict"), ("reader", "No active analyst"),
    ):  # fmt: skip
        refused = desk.post(here, {"reviewer_id": desk.people[who]}, by="first")
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/reviewer_id")
        assert detail in refused.json["errors"][0]["detail"]
    opinion = decided(desk, "unverifiable", kind="opinion")
    refused = desk.post(f"/v1/claims/{opinion['id']}/second-opinion", {})
    assert (refused.status_code, "one verdict" in refused.json["detail"]) == (409, True)

    assert desk.get(here).json == {"items": [], "next_cursor": None}
    key = {"Idempotency-Key": "once"}
    one, other = (desk.post(here, {}, by="first", headers=key) for _ in range(2))
    assert (one.status_code, one.data, one.headers["ETag"]) == (201, other.data, other.headers["ETag"])
    assert desk.post(here, {"note": "Else."}, by="first", headers=key).status_code == 422
    open_already = desk.post(here, {}, by="third")
    assert (open_already.status_code, open_already.json["id"]) == (409, one.json["id"])
    two = desk.with_settings(two_person_review=True)
    entered = decided(two, by="first")  # by `analyst`
    refused = two.post(
        f"/v1/claims/{entered['id']}/second-opinion", {"reviewer_id": desk.people["analyst"]}, by="third"
    )
    assert "two people" in refused.json["errors"][0]["detail"]


def test_who_may_not_answer_and_what_lets_it_lapse(desk: Desk) -> None:
    claim = decided(desk)
    here = f"/v1/claims/{claim['id']}"
    asked(desk, claim["id"], by="analyst", reviewer_id=desk.people["second"])
    for by in ("first", "analyst"):
        for status in ("refuted", "verified"):
            assert answer(desk, claim["id"], by=by, status=status).status_code == 403
    # Anybody who sees the verdict may take it back, or give another one.
    assert answer(desk, claim["id"], by="first", status="in_review").status_code == 201
    [closed] = desk.get(f"{here}/second-opinion", by="second").json["items"]
    assert (closed["outcome"], closed["second_review_id"], closed["first_status"]) == ("lapsed", None, "refuted")
    assert desk.get(here, by="second").json["second_opinion"] is None

    answer(desk, claim["id"], by="first")
    asked(desk, claim["id"], reviewer_id=desk.people["second"])
    assert answer(desk, claim["id"], by="third", status="verified").status_code == 201
    assert desk.get(here, by="second").json["status"] == "verified"

    asked(desk, claim["id"], by="third")
    assert (
        desk.patch(here, {"text": "A million came."}, etag=tag(desk, claim["id"], "second"), by="second").json["status"]
        == "in_review"
    )
    answer(desk, claim["id"], by="first")
    asked(desk, claim["id"])
    for item in desk.get(f"{here}/evidence", by="first").json["items"]:
        if item["stance"] == "refutes":
            desk.post(f"{here}/evidence/{item['id']}/withdrawal", {"reason": "Wrong."}, by="first")
    outcomes = [each["outcome"] for each in desk.get(f"{here}/second-opinion").json["items"]]
    assert outcomes == ["lapsed"] * 4

    answer(desk, claim["id"], by="first")
    asked(desk, claim["id"])
    desk.post(f"{here}/withdrawal", {"reason": "Entered twice."}, by="second")
    assert desk.get(here, by="second").status_code == 410
    assert CANARY in desk.get(f"{here}/history", by="second").get_data(as_text=True)
    last = desk.get(f"{here}/history", by="second").json["items"][-1]
    assert (last["action"], last["changes"][1]["after"]["outcome"]) == ("withdraw", "lapsed")


def test_somebody_who_left_is_asked_no_longer(desk: Desk) -> None:
    claim = decided(desk)
    gone = asked(desk, claim["id"], reviewer_id=desk.people["second"])
    with desk.database.writing() as session:
        people.disable(session, people.operator(session), name="Person second")
    fresh = asked(desk, claim["id"], reviewer_id=desk.people["third"])
    there = f"/v1/claims/{claim['id']}/second-opinion"
    old, new = desk.get(there, by="reader").json["items"]
    assert [(old["id"], old["outcome"]), (new["id"], new["outcome"])] == [(gone["id"], "lapsed"), (fresh["id"], None)]
    # The lapsed one is on the same verdict, so it is hidden too.
    blind = desk.get(there, by="third").json["items"]
    assert [(each["first_status"], each["first_review_id"], each["asked_by"]) for each in blind] == [(None,) * 3] * 2
    assert answer(desk, claim["id"], by="third").status_code == 201


# ── Blindness ───────────────────────────────────────────────────────────────────────────────────────────────────


def doors(desk: Desk, claim: Json, moment: str) -> list[str]:
    here = f"/v1/claims/{claim['id']}"
    review = desk.get(f"{here}/reviews", by="reader").json["items"][0]["id"]
    item = desk.get(f"{here}/evidence", by="reader").json["items"][0]["id"]
    opinion = desk.get(f"{here}/second-opinion", by="reader").json["items"][0]["id"]
    people_end = max(each["log_index"] for each in desk.changes() if each["subject"]["kind"] == "person")
    narrowed = [
        f"article={claim['article_id']}", "q=million", "q=million&sort=created_at", "kind=factual", "tag=rally",
        "sort=updated_at", "sort=-created_at", "external_id=c-1", "status=in_review", "status=refuted,in_review",
        "attribution_status=unverified", "status=in_review&q=million", "status=refuted", "status=refuted&q=million",
        f"reviewed_by={desk.people['first']}", "updated_since=2020-01-01T00:00:00Z",
    ]  # fmt: skip
    return [
        here, f"{here}?as_of=2999-01-01T00:00:00Z", f"{here}?as_of={moment}", f"{here}/reviews",
        f"{here}/reviews/{review}", f"{here}/evidence", f"{here}/evidence/{item}", f"{here}/relations",
        f"{here}/history", f"{here}/history?limit=1", f"{here}/second-opinion", f"{here}/second-opinion/{opinion}",
        f"/v1/changes?limit=200&after={people_end}", "/v1/claims", "/v1/articles",
        f"/v1/articles/{claim['article_id']}", "/v1/sources",
        "/v1/audit/agreement", "/v1/me", "/", "/metrics", f"{here}/provenance", "/v1/audit/conflicts",
        f"{here}/formats", f"{here}/prov", "/v1/feeds/verdicts", "/v1/feeds/claimreviews",
        *(
            f"/v1/audit/findings?limit=200&count=true{each}"
            for each in ("", f"&claim={claim['id']}", f"&article={claim['article_id']}", "&kind=conflict")
        ),
        *(f"/v1/claims?count=true&{each}" for each in narrowed),
    ]  # fmt: skip


@pytest.mark.parametrize(("named", "by_policy"), [(False, False), (True, False), (False, True)])
def test_no_door_tells_the_first_verdict(desk: Desk, named: bool, by_policy: bool) -> None:
    at = desk.with_settings(second_opinion="tag:rally") if by_policy else desk
    claim = decided(at, tags=["rally"], external_id="c-1")
    moment = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    if not by_policy:
        asked(desk, claim["id"], note=CANARY, **({"reviewer_id": desk.people["second"]} if named else {}))
    # An action of somebody else in between, which renders the claim again and keeps the version before.
    desk.patch(f"/v1/claims/{claim['id']}", {"tags": ["rally", "seats"]}, etag="*", by="contributor")
    paths = doors(desk, claim, moment)
    secret = (CANARY, "refuted", "refutes", "2023-08-26", "Person first", desk.people["first"])
    for path in paths:
        answer_ = desk.get(path, by="second")
        assert answer_.status_code == (404 if re.search(r"(reviews|evidence)/", path) else 200), path
        body = answer_.get_data(as_text=True).replace(f"by={desk.people['first']}", "").replace("as_of=", "")
        asked_for = path.partition("?")[2]
        for word in secret:
            # The agreement names every status in its matrix, whatever was decided.
            assert word not in body or path == "/v1/audit/agreement", (path, word)
        if ("status=refuted" in asked_for and "in_review" not in asked_for) or "reviewed_by" in asked_for:
            assert (answer_.json["items"], answer_.json["total"]) == ([], 0), path
        elif path.startswith("/v1/claims?"):
            assert [item["id"] for item in answer_.json["items"]] == [claim["id"]], path
            assert answer_.json["total"] == 1
    assert CANARY in desk.get(paths[0], by="reader").get_data(as_text=True)
    # As it stood before the verdict, nothing needs to be hidden.
    early = desk.get(f"/v1/claims/{claim['id']}?as_of={claim['updated_at']}", by="second")
    assert (early.json["status"], early.headers["ETag"]) == ("unverified", f'"{etag_of(early.data)}"')
    assert answer(desk, claim["id"], status="verified").status_code == 201
    open_now = desk.get(f"/v1/claims/{claim['id']}/reviews", by="second").get_data(as_text=True)
    assert CANARY in open_now


PROBES: tuple[Json, ...] = (
    *({"status": status} for status in ("unverified", "in_review", "verified", "refuted", "disputed", "unverifiable")),
    *(
        {"status": status, "reason": SECOND}
        for status in ("unverified", "in_review", "verified", "refuted", "disputed")
    ),
    {"status": "unverifiable", "reason": "short"},
    {"status": "verified", "reason": SECOND, "evidence": [{"stance": "refutes", "title": "Seats"}]},
    {"status": "nonsense"},
    {"status": "in_review", "question": "attribution", "reason": "Too", "evidence": [{"stance": "x"}]},
)


def probed(desk: Desk, claim: Json) -> list[Any]:
    """Ask everything that a blinded person can ask, and try what will be refused; return the answers without names."""
    here = f"/v1/claims/{claim['id']}"
    current = tag(desk, claim["id"], "second")
    plain = tag(desk, claim["id"], "reader")
    answers = [desk.get(path, by="second") for path in (here, f"{here}/reviews", f"{here}/evidence", f"{here}/history")]
    answers += [
        desk.get(f"{here}/second-opinion", by="second"),
        desk.get(f"{here}?as_of=2999-01-01T00:00:00Z", by="second"),
    ]
    for status in ("in_review", "verified", "refuted", "disputed", "unverifiable", "verified,in_review"):
        answers.append(desk.get(f"/v1/claims?count=true&status={status}&article={claim['article_id']}", by="second"))
    for body in PROBES:
        answers += [
            desk.review(claim["id"], by="second", etag=etag, **body) for etag in (current, plain, '"old"', "*", "")
        ]
    audits = (f"claim={claim['id']}", f"article={claim['article_id']}", "status=refuted", "status=in_review,verified")
    answers += [desk.get(f"/v1/audit/findings?count=true&{each}", by="second") for each in audits]
    answers += [
        desk.get(path, by="second") for path in (f"{here}/provenance", "/v1/audit/conflicts", "/v1/audit/findings")
    ]
    answers += [
        desk.patch(here, {"tags": ["x"]}, etag=plain, by="second"),
        desk.patch(here, {"kind": "factual"}, etag=current, by="second"),
        desk.patch(here, {"status": "verified"}, etag=current, by="second"),
        desk.post(f"{here}/second-opinion", {}, by="second"),
        desk.post(f"{here}/second-opinion", {"question": "attribution"}, by="second"),
    ]
    answers += [
        desk.post(f"{here}/second-opinion", {"reviewer_id": desk.people[who]}, by="second")
        for who in ("first", "third")
    ]
    for item in desk.get(f"{here}/evidence", by="reader").json["items"]:
        answers.append(desk.post(f"{here}/evidence/{item['id']}/withdrawal", {"reason": "No."}, by="second"))
    assert CANARY not in str([each.data for each in answers])
    told = [(each.status_code, each.get_data(as_text=True), each.headers.get("ETag")) for each in answers]
    names: dict[str, str] = {}
    return [
        re.sub(
            r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b|20\d\d-\d\d-\d\dT[0-9:.]+Z|\"(?:as_of_)?log_index\":\d+",
            lambda found: names.setdefault(found[0], f"<{len(names)}>") if "T" not in found[0] else "<at>",
            str(each),
        )
        for each in told
    ]


def test_every_hidden_verdict_answers_alike(desk: Desk) -> None:
    """Whatever the first verdict is, all answers to the blinded person are the same but for ids and times."""
    article = desk.article()["id"]
    seen = {}
    for status in ("refuted", "verified", "disputed", "unverifiable"):
        claim = decided(desk, status, article_id=article)
        asked(desk, claim["id"])
        seen[status] = probed(desk, claim)
        desk.post(f"/v1/claims/{claim['id']}/withdrawal", {"reason": "The next one."})
    one, *others = seen.values()
    for other in others:
        for mine, yours in zip(one, other, strict=True):
            assert mine == yours


@pytest.mark.parametrize("status", ["refuted", "verified", "disputed"])
def test_the_audit_counts_a_hidden_verdict_as_in_review(desk: Desk, status: str) -> None:
    source = desk.source()["id"]
    chain = [{"source_id": source, "directness": "direct", "interested": True}]
    article = desk.article()["id"]
    other = desk.claim(article_id=article)
    claim = decided(desk, status, article_id=article, attribution=chain)
    desk.made(f"/v1/claims/{claim['id']}/relations", {"kind": "contradicts", "claim_id": other["id"]})
    before = desk.get("/v1/audit/summary", by="second").json
    assert before["status"][status] == before["verdicts"]["changes"] == 1
    asked(desk, claim["id"])
    hidden = desk.get("/v1/audit/summary", by="second").json
    assert (hidden["status"][status], hidden["status"]["in_review"], hidden["claims"]) == (0, 1, 2)
    assert (hidden["verdicts"]["changes"], hidden["verdicts"]["by"], hidden["verdicts"]["latest"]) == (0, [], [])
    told = {row["kind"]: row["count"] for row in hidden["findings"]["by_kind"] if row["count"]}
    assert told == {"unattributed": 1}
    assert hidden["findings"]["by_article"][0]["count"] == hidden["findings"]["total"] == 1
    listed = desk.get("/v1/audit/findings?count=true", by="second").json
    assert ([item["kind"] for item in listed["items"]], listed["total"]) == (["unattributed"], 1)
    assert desk.get(f"/v1/audit/findings?status={status}&count=true", by="second").json["items"] == []
    (group,) = desk.get("/v1/audit/conflicts", by="second").json["items"]
    assert {side["status"] for side in group["claims"]} == {"unverified", "in_review"}
    record = desk.get(f"/v1/sources/{source}/record", by="second").json["as_origin"]
    assert (record["counts"][status], record["counts"]["in_review"], record["held"]["of"]) == (0, 1, 0)
    everybody = desk.get(f"/v1/sources/{source}/record", by="reader").json["as_origin"]
    assert (everybody["counts"][status], everybody["held"]["of"]) == (1, 1)
    then = desk.get(f"/v1/sources/{source}/record?as_of=2999-01-01T00:00:00Z", by="second").json["as_origin"]
    assert then["counts"] == record["counts"]
    assert desk.get("/v1/audit/summary", by="reader").json["verdicts"]["changes"] == 1


def test_lists_are_what_their_reader_sees(desk: Desk) -> None:
    """Every list by status, in every order and page size, is what filtering all shown claims gives."""
    random = Random(4)
    article = desk.article()["id"]
    for number in range(12):
        claim = decided(desk, random.choice(["refuted", "verified", "unverifiable"]), article_id=article, tags=["a"])
        if number % 3 == 0:
            desk.review(claim["id"], by="third", question="attribution", status="verified", reason=REASON)
            asked(desk, claim["id"], by="third", question="attribution", reviewer_id=desk.people["second"])
        if number % 2:
            asked(desk, claim["id"], by="third" if number % 4 == 1 else "first")
        elif number % 5 == 0:
            desk.review(claim["id"], by="third", status="in_review", reason=REASON)
    for by in ("second", "third", "reader"):
        everything = desk.get("/v1/claims?limit=200", by=by).json["items"]
        for content, attribution, reviewer, extra in product(
            (None, "in_review", "refuted", "verified,in_review"), (None, "in_review", "verified"), (None, "first"),
            ("", "sort=created_at", "sort=updated_at", "tag=a&sort=-created_at", "q=million"),
        ):  # fmt: skip
            if content is attribution is reviewer is None:
                continue
            wanted = {
                claim["id"]
                for claim in everything
                if (content is None or claim["status"] in content.split(","))
                and (attribution is None or claim["attribution"]["status"] in attribution.split(","))
                and (reviewer is None or (claim["reviewed_by"] or {}).get("id") == desk.people[reviewer])
            }
            query = f"{extra}&" if extra else ""
            query += f"status={content}&" if content else ""
            query += f"attribution_status={attribution}&" if attribution else ""
            query += f"reviewed_by={desk.people[reviewer]}&" if reviewer else ""
            whole = desk.get(f"/v1/claims?{query}count=true&limit=200", by=by).json
            ids = [claim["id"] for claim in whole["items"]]
            assert (set(ids), whole["total"], len(ids)) == (wanted, len(wanted), len(wanted)), (by, query)
            if not extra.startswith("q"):
                order = "updated_at" if "created" not in extra else "created_at"
                keys = [claim[order] for claim in whole["items"]]
                assert keys == sorted(keys, reverse="sort=" not in extra or "sort=-" in extra), query
            paged: list[str] = []
            path = f"/v1/claims?{query}limit=2"
            cursor: str | None = ""
            while cursor is not None:
                page = desk.get(path + (f"&cursor={cursor}" if cursor else ""), by=by).json
                paged += [claim["id"] for claim in page["items"]]
                cursor = page["next_cursor"]
            assert paged == ids, (by, query)


def test_a_page_that_hides_something_still_leads_on(desk: Desk) -> None:
    claim = decided(desk)
    here = f"/v1/claims/{claim['id']}"
    desk.made(f"{here}/evidence", {"stance": "context", "title": "Later"}, by="contributor")
    desk.review(claim["id"], by="third", question="attribution", status="in_review")
    asked(desk, claim["id"])
    for noun, count in (("reviews", 1), ("evidence", 1), ("history", 5)):
        items: list[Json] = []
        path = f"{here}/{noun}?limit=1"
        cursor: str | None = ""
        while cursor is not None:
            page = desk.get(path + (f"&cursor={cursor}" if cursor else ""), by="second").json
            items += page["items"]
            cursor = page["next_cursor"]
        assert len(items) == count, noun
    assert [each["blind"] for each in items] == [False, True, False, False, True]
    assert [each["number"] for each in items] == [1, 2, 3, 4, 5]


def test_a_write_of_a_blinded_person_shows_them_no_more(desk: Desk) -> None:
    claim = decided(desk)
    here = f"/v1/claims/{claim['id']}"
    asked(desk, claim["id"])
    plain, mine = tag(desk, claim["id"], "first"), tag(desk, claim["id"], "second")
    stale = desk.patch(here, {"tags": ["seats"]}, etag=plain, by="second")
    assert (stale.status_code, stale.headers["ETag"], stale.json["current_etag"]) == (412, mine, mine)
    amended = desk.patch(here, {"tags": ["seats"]}, etag=mine, by="second")
    assert (amended.status_code, amended.json["status"]) == (200, "in_review")
    assert CANARY not in amended.get_data(as_text=True)
    assert amended.headers["ETag"] == tag(desk, claim["id"], "second") != tag(desk, claim["id"], "first")
    item = desk.get(f"{here}/evidence", by="reader").json["items"][0]["id"]
    hidden = desk.post(f"{here}/evidence/{item}/withdrawal", {"reason": "Wrong."}, by="second")
    never = desk.post(f"{here}/evidence/{claim['id']}/withdrawal", {"reason": "Wrong."}, by="second")
    assert (
        (hidden.status_code, hidden.json["detail"])
        == (never.status_code, never.json["detail"])
        == (404, "The claim has no such evidence.")
    )


def test_a_public_desk_shows_strangers_everything(desk: Desk) -> None:
    claim = decided(desk)
    asked(desk, claim["id"])
    public = desk.with_settings(public_read=True)
    assert public.get(f"/v1/claims/{claim['id']}", by=None).json["status"] == "refuted"
    assert public.get("/v1/claims?status=refuted", by=None).json["items"][0]["reason"] == REASON


def test_only_those_whom_it_may_concern_are_asked_more(desk: Desk) -> None:
    one, other = decided(desk), decided(desk)
    asked(desk, one["id"])
    for path, by, count in (
        (f"/v1/claims/{one['id']}", "reader", 1),
        (f"/v1/claims/{one['id']}", "second", 2),
        (f"/v1/claims/{other['id']}", "second", 1),
        ("/v1/claims", "reader", 1),
        ("/v1/claims?status=refuted", "reader", 1),
        ("/v1/claims", "second", 2),
        # As it is, whether anything is hidden from them, and once more as it is shown.
        (f"/v1/claims?article={other['article_id']}&status=refuted", "second", 3),
    ):
        with Statements(desk) as statements:
            assert desk.get(path, by=by).status_code == 200
        asked_for = [each for each in statements.seen if "tokens" not in each]
        assert len(asked_for) == count, (path, by)


# ── Policy ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_policy_asks_by_itself(desk: Desk) -> None:
    quantity = {"kind": "quantity", "quantity": {"high": 1_000_000, "unit": "people"}}
    at = desk.with_settings(second_opinion="tag:élection, kind:quantity")
    plain, tagged = decided(at), decided(at, tags=["élection", "x"])
    counted, opinion = decided(at, **quantity), decided(at, "unverifiable", kind="opinion", tags=["élection"])
    for claim, why in ((plain, None), (tagged, "tag:élection"), (counted, "kind:quantity"), (opinion, None)):
        here = f"/v1/claims/{claim['id']}"
        items = at.get(f"{here}/second-opinion", by="reader").json["items"]
        assert [(each["by_policy"], each["asked_by"]["id"]) for each in items] == [(True, desk.people["first"])] * bool(
            why
        )
        last = at.get(f"{here}/history", by="reader").json["items"][-1]
        if why:
            assert (last["action"], last["reason"]) == ("ask_second_opinion", f"Asked for by the desk's policy: {why}.")
            assert at.get(here, by="second").json["second_opinion"]["blind"]
            assert at.get(here, by="second").json["second_opinion"]["asked_at"] == last["at"]
        else:
            assert last["action"] == "review"
    # Neither the answer to one, nor a verdict on attribution, nor what is no verdict asks for another one.
    assert answer(at, tagged["id"], status="verified").status_code == 201
    at.review(tagged["id"], by="first", question="attribution", status="verified", reason=REASON)
    at.review(tagged["id"], by="first", status="unverified")
    assert len(at.get(f"/v1/claims/{tagged['id']}/second-opinion").json["items"]) == 1
    # Another verdict does.
    answer(at, tagged["id"], by="first")
    assert len(at.get(f"/v1/claims/{tagged['id']}/second-opinion").json["items"]) == 2


# ── Races ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_of_two_who_answer_at_once_one_does(desk: Desk) -> None:
    for status in ("refuted", "verified"):
        claim = decided(desk)
        asked(desk, claim["id"])
        tags = {by: tag(desk, claim["id"], by) for by in ("second", "third")}
        assert len(set(tags.values())) == 1  # they see the same bytes
        start, results = threading.Barrier(2), {}

        def give(by: str, claim_id: str = claim["id"], status: str = status) -> None:
            start.wait()  # noqa: B023
            results[by] = answer(desk, claim_id, by=by, status=status, etag=tags[by]).status_code  # noqa: B023

        threads = [threading.Thread(target=give, args=(by,)) for by in tags]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(results.values()) == [201, 412]
        reviews = desk.get(f"/v1/claims/{claim['id']}/reviews").json["items"]
        assert [each["second_opinion_id"] is not None for each in reviews] == [False, True]


def test_of_two_who_ask_at_once_one_does(desk: Desk) -> None:
    claim = decided(desk)
    start, results = threading.Barrier(2), []

    def ask(by: str) -> None:
        start.wait()
        results.append(desk.post(f"/v1/claims/{claim['id']}/second-opinion", {}, by=by).status_code)

    threads = [threading.Thread(target=ask, args=(by,)) for by in ("second", "third")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [201, 409]


# ── Redaction, tampering, the schema ────────────────────────────────────────────────────────────────────────────


def test_a_redaction_takes_note_and_reasons(desk: Desk) -> None:
    done, pending = decided(desk), decided(desk)
    asked(desk, done["id"], note=CANARY)
    answer(desk, done["id"], status="verified", reason=REASON)
    asked(desk, pending["id"], note=CANARY)
    for claim in (done, pending):
        path = f"/v1/claims/{claim['id']}"
        assert desk.post(f"{path}/redaction", {"reason": "A court asked."}, by="admin").status_code == 204
        assert desk.get(f"{path}/second-opinion", by="second").status_code == 410
    with desk.database.reading() as connection:
        for table in inspect(connection).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                assert CANARY not in str(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)), table
        outcomes = connection.execute(select(SecondOpinion.outcome).order_by(SecondOpinion.log_index)).scalars().all()
    assert outcomes == ["disagreed", "lapsed"]


@pytest.mark.parametrize(
    ("column", "value"),
    [("note", "forged"), ("question", "attribution"), ("reviewer_id", None), ("by_policy", True)],
)
def test_what_was_changed_behind_the_logs_back_is_found(desk: Desk, column: str, value: Any) -> None:
    claim = decided(desk)
    opinion = asked(desk, claim["id"], note="A close call.", reviewer_id=desk.people["second"])
    change = text(f"UPDATE second_opinions SET {column} = :value").bindparams(value=value)
    with desk.database.writing() as session:
        kept = session.execute(select(getattr(SecondOpinion, column))).scalar_one()
        session.execute(change)
    assert any(f"second_opinions.{column}: " in line for line in told(desk))
    with desk.database.writing() as session:
        session.get_one(SecondOpinion, opinion["id"]).__setattr__(column, kept)


def test_the_migration_keeps_the_claims(seeded_url: str) -> None:
    schema.downgrade(seeded_url, "0001", lose=True)
    schema.upgrade(seeded_url)
    engine = writing_engine(seeded_url)
    with engine.begin() as connection:
        rows = connection.execute(select(Claim.id, Claim.second_opinion_at)).all()
    engine.dispose()
    assert len(rows) == 31
    assert {row.second_opinion_at for row in rows} == {None}


# ── Agreement ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_agreement_is_counted(desk: Desk) -> None:
    empty = desk.get("/v1/audit/agreement", by="reader").json
    assert (empty["n"], empty["kappa"], empty["observed_agreement"]) == (0, None, None)
    assert empty["kappa_undefined"] == "There is nothing to compare."
    pairs = [("refuted", "refuted"), ("refuted", "verified"), ("verified", "verified"), ("unverifiable", "refuted")]
    article = desk.article()["id"]
    middle = ""
    for at, (first, second) in enumerate(pairs):
        claim = decided(desk, first, article_id=article)
        asked(desk, claim["id"])
        assert answer(desk, claim["id"], status=second).status_code == 201
        if at == 1:
            middle = desk.get(f"/v1/claims/{claim['id']}/second-opinion").json["items"][0]["closed_at"]
    lapsed, pending = decided(desk, article_id=article), decided(desk, article_id=article)
    asked(desk, lapsed["id"])
    desk.review(lapsed["id"], by="first", status="in_review", reason=REASON)
    asked(desk, pending["id"])

    whole = desk.get("/v1/audit/agreement", by="reader").json
    assert (whole["n"], whole["agreed"], whole["disagreed"]) == (4, 2, 2)
    assert (whole["observed_agreement"], whole["expected_agreement"]) == (0.5, 0.375)
    assert whole["kappa"] == pytest.approx((0.5 - 0.375) / 0.625)
    assert len(whole["matrix"]) == 16
    assert {(c["first"], c["second"]) for c in whole["matrix"] if c["count"] == 1} == set(pairs)
    assert {each["status"]: (each["first"], each["second"]) for each in whole["sums"]} == {
        "verified": (1, 2), "disputed": (0, 0), "refuted": (2, 2), "unverifiable": (1, 0),
    }  # fmt: skip
    early = desk.get(f"/v1/audit/agreement?to={middle}").json
    late = desk.get(f"/v1/audit/agreement?from={middle}").json
    assert (early["n"], late["n"], late["to"], early["to"]) == (1, 3, None, middle)
    assert early["kappa"] is None
    assert "chance alone" in early["kappa_undefined"]
    assert desk.get("/v1/audit/agreement?question=attribution").json["n"] == 0
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    assert desk.get(f"/v1/audit/agreement?from={tomorrow}").json["n"] == 0
    assert desk.get("/v1/audit/agreement?from=yesterday").status_code == 422
    with Statements(desk) as statements:
        assert desk.get("/v1/audit/agreement").status_code == 200
    assert len([each for each in statements.seen if "second_opinions" in each]) == 1
    with desk.database.reading() as connection:
        if connection.dialect.name == "sqlite":
            plan = str(connection.execute(text("EXPLAIN QUERY PLAN " + _plain(statements))).all())
            assert "COVERING INDEX ix_second_opinions_answered" in plan


def _plain(statements: Statements) -> str:
    [sql] = [each for each in statements.seen if "second_opinions" in each]
    return sql.replace("?", "'content'")
