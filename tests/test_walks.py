"""Whole stories over HTTP, each on both databases."""

import threading
import time
from datetime import UTC, datetime
from typing import Any

from tests.desk import Desk, Statements

RALLY = "niger-2023-11-06/C12"  # "thousands", in the article's own voice: nothing decided yet
MILLION = "niger-2023-11-06/C15"
REASON = "The stadium holds 30,000 people."
STADIUM = {"stance": "refutes", "url": "https://example.org/stadium", "title": "The stadium"}


def test_the_acceptance_walk(desk: Desk) -> None:
    claim = desk.claim(kind="quantity", quantity={"high": 1_000_000, "unit": "people", "wording": "up to a million"})
    path = f"/v1/claims/{claim['id']}"
    read = desk.get(path, by="reader")
    etag = read.headers["ETag"]
    before = datetime.now(UTC)

    assert desk.review(claim["id"], etag="", status="disputed", reason=REASON, evidence=[STADIUM]).status_code == 428
    stale = desk.review(claim["id"], etag='"stale"', status="disputed", reason=REASON, evidence=[STADIUM])
    assert (stale.status_code, stale.headers["ETag"]) == (412, etag)
    unmet = desk.review(claim["id"], status="verified", reason=REASON)
    assert unmet.status_code == 422
    assert [flaw["rule"] for flaw in unmet.json["errors"]] == ["supporting_evidence"]
    made = desk.review(claim["id"], status="disputed", reason=REASON, evidence=[STADIUM])
    assert made.status_code == 201
    assert desk.get(made.headers["Location"]).json == made.json
    assert desk.get(made.headers["Location"]).headers["ETag"] == made.headers["ETag"]

    shown = desk.get(path).json
    assert (shown["status"], shown["reason"], shown["revision"]) == ("disputed", REASON, 2)
    assert shown["reviewed_by"]["name"] == "Test analyst"
    assert [item["url"] for item in shown["evidence"]] == [STADIUM["url"]]

    history = desk.get(f"{path}/history").json["items"]
    last = history[-1]
    assert (last["action"], last["actor"]["name"], last["reason"]) == ("review", "Test analyst", REASON)
    assert {"field": "status", "before": "unverified", "after": "disputed"} in last["changes"]
    assert [entry["number"] for entry in history] == [1, 2]
    assert desk.get(f"{path}?as_of={before:%Y-%m-%dT%H:%M:%S.%fZ}").json == claim
    assert desk.get(f"{path}?as_of={shown['updated_at']}").json == shown
    assert desk.changes()[-1] == last

    for role in ("reader", "contributor"):
        refused = desk.review(claim["id"], by=role, status="in_review", reason=REASON)
        assert (refused.status_code, refused.json["role"]) == (403, "analyst")
    nobody = desk.get(path, by=None)
    assert nobody.status_code == 401
    assert nobody.headers["WWW-Authenticate"].startswith("Bearer")
    assert desk.with_settings(public_read=True).get(path, by=None).status_code == 200


def test_no_patch_sets_a_status(desk: Desk) -> None:
    claim = desk.claim()
    path = f"/v1/claims/{claim['id']}"
    for field in ("status", "attribution_status", "id", "revision", "reviewed_by", "created_at"):
        answer = desk.patch(path, {field: "verified"}, etag="*")
        assert answer.status_code == 422, field
        assert answer.json["errors"][0]["pointer"] == f"/{field}"
    assert desk.get(path).json == claim


def test_the_article_and_its_claims(seeded: Desk) -> None:
    claims = seeded.get("/v1/claims?limit=200&count=true").json
    assert claims["total"] == len(claims["items"]) == 31
    article = seeded.get(claims["items"][0]["links"]["article"]).json
    for claim in claims["items"]:
        chain = claim["attribution"]["chain"]
        quotes = claim["quotes"] + [q for hop in chain for q in hop["source_quotes"] + hop["cue_quotes"]]
        assert claim["quotes"]
        for quote in quotes:
            assert article["text"][quote["start"] : quote["end"]] == quote["exact"]
            assert article["text"][: quote["start"]].endswith(quote["prefix"])
            assert article["text"][quote["end"] :].startswith(quote["suffix"])
    million = seeded.by_external_id(MILLION)
    assert (million["status"], million["quantity"]["high"]) == ("disputed", 1_000_000)
    origin = million["attribution"]["origin"]
    found = seeded.get(f"/v1/claims?origin={origin['id']}").json["items"]
    assert [claim["id"] for claim in found] == [million["id"]]
    decided = {c["external_id"][-3:]: c["status"] for c in claims["items"] if c["status"] != "unverified"}
    assert decided == {"C11": "verified", "C15": "disputed", "C19": "verified"}


def test_two_analysts_race_and_one_wins(seeded: Desk) -> None:
    claim = seeded.by_external_id(RALLY)
    etag = seeded.etag(claim["id"])
    start = threading.Barrier(2)
    answers: list[Any] = [None, None]

    def decide(at: int) -> None:
        start.wait()
        answers[at] = seeded.review(claim["id"], etag=etag, status="unverifiable", reason=f"Nobody counted, says {at}.")

    threads = [threading.Thread(target=decide, args=(at,)) for at in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [201, 412]
    lost = next(answer for answer in answers if answer.status_code == 412)
    assert lost.headers["ETag"] == seeded.etag(claim["id"]) != etag
    assert len(seeded.get(f"/v1/claims/{claim['id']}/reviews").json["items"]) == 1


def test_hot_reads_cost_one_statement_each(seeded: Desk) -> None:
    claim = seeded.by_external_id(MILLION)
    article, origin = claim["article_id"], claim["attribution"]["origin"]["id"]
    paths = (
        f"/v1/claims/{claim['id']}",
        "/v1/claims?limit=50",
        "/v1/claims?limit=50&status=disputed,verified&kind=quantity&sort=created_at",
        f"/v1/claims?limit=50&article={article}&origin={origin}&source={origin}&tag=rally",
        "/v1/claims?updated_since=2020-01-01T00:00:00Z",
    )
    public = seeded.with_settings(public_read=True)
    for path in paths:
        seeded.get(path)  # the first time, the pool opens its connections
        for by, most in (("reader", 1), ("analyst", 2)):  # who decides may have something hidden from them
            with Statements(seeded) as statements:
                assert seeded.get(path, by=by).status_code == 200
            assert 1 <= len(reads(statements)) <= most, statements.seen
        public.get(path, by=None)
        with Statements(public) as statements:
            assert public.get(path, by=None).status_code == 200
        assert len(statements.seen) == 2, statements.seen  # and one for the names that are meant for the public
        assert "display_name" in statements.seen[1]


def reads(statements: Statements) -> list[str]:
    """Return all statements but the one that says whose a token is: that is asked once in a while."""
    return [each for each in statements.seen if "tokens" not in each]


def test_withdrawing_the_last_evidence_reopens_the_claim(desk: Desk) -> None:
    claim = desk.claim()
    path = f"/v1/claims/{claim['id']}"
    kept, gone = (desk.made(f"{path}/evidence", {**STADIUM, "stance": stance}) for stance in ("context", "refutes"))
    assert desk.review(claim["id"], status="refuted", reason=REASON).status_code == 201
    withdrawn = desk.post(f"{path}/evidence/{gone['id']}/withdrawal", {"reason": "It was another stadium."})
    assert withdrawn.status_code == 200
    assert withdrawn.json["withdrawn_reason"] == "It was another stadium."
    shown = desk.get(path).json
    assert (shown["status"], shown["reviewed_by"]) == ("in_review", None)
    assert [item["id"] for item in shown["evidence"]] == [kept["id"]]
    last = desk.get(f"{path}/history").json["items"][-1]
    assert last["action"] == "withdraw_evidence"
    assert {"field": "status", "before": "refuted", "after": "in_review"} in last["changes"]
    assert desk.post(f"{path}/evidence/{gone['id']}/withdrawal", {"reason": "Again."}).status_code == 409
    assert len(desk.get(f"{path}/evidence").json["items"]) == 2


def test_amending_what_a_verdict_was_about_reopens_it(desk: Desk) -> None:
    source = desk.source()
    hop = {"source_id": source["id"], "directness": "indirect", "cue": "claiming", "interested": True}
    claim = desk.claim(attribution=[hop])
    path = f"/v1/claims/{claim['id']}"
    desk.review(claim["id"], status="unverifiable", reason=REASON)
    desk.review(claim["id"], question="attribution", status="verified", reason="The article names them so.")
    assert desk.patch(path, {"tags": ["rally"]}, etag="*").json["status"] == "unverifiable"
    amended = desk.patch(path, {"text": "About a million people were there."}, etag="*").json
    assert (amended["status"], amended["attribution"]["status"]) == ("in_review", "in_review")
    desk.review(claim["id"], question="attribution", status="verified", reason="The article names them so.")
    amended = desk.patch(path, {"attribution": []}, etag=desk.etag(claim["id"])).json
    assert (amended["attribution"]["status"], amended["attribution"]["origin"]) == ("in_review", None)
    assert amended["attribution"]["reason"] == "Reopened: the claim's attribution was edited."
    assert desk.get(f"/v1/claims?source={source['id']}").json["items"] == []


def test_a_withdrawn_claim_answers_with_its_tombstone(desk: Desk) -> None:
    article = desk.article()["id"]
    one, other = desk.claim(article_id=article), desk.claim(article_id=article, text="Thousands came.")
    relation = {"kind": "contradicts", "claim_id": other["id"]}
    desk.made(f"/v1/claims/{one['id']}/relations", relation)
    again = desk.post(f"/v1/claims/{other['id']}/relations", {"kind": "contradicts", "claim_id": one["id"]})
    assert again.status_code == 409
    assert desk.get(f"/v1/claims/{other['id']}").json["relations"] == [{"kind": "contradicts", "claim_id": one["id"]}]
    assert desk.review(one["id"], status="disputed", reason="The two cannot both be.").status_code == 201
    before = datetime.now(UTC)

    gone = desk.post(f"/v1/claims/{other['id']}/withdrawal", {"reason": "Entered twice."})
    assert gone.status_code == 204
    tombstone = desk.get(f"/v1/claims/{other['id']}")
    assert tombstone.status_code == 410
    assert tombstone.json["claim"]["reason"] == "Entered twice."
    assert tombstone.json["claim"]["withdrawn_by"]["name"] == "Test analyst"
    assert desk.get(f"/v1/claims/{other['id']}/history").json["items"][-1]["action"] == "withdraw"
    assert desk.get(f"/v1/claims/{other['id']}?as_of={before:%Y-%m-%dT%H:%M:%S.%fZ}").json["text"] == "Thousands came."
    assert [claim["id"] for claim in desk.get("/v1/claims").json["items"]] == [one["id"]]
    left = desk.get(f"/v1/claims/{one['id']}").json
    assert (left["status"], left["relations"]) == ("in_review", [])
    assert desk.get(f"/v1/claims/{one['id']}/history").json["items"][-1]["action"] == "reopen"


def test_a_renamed_source_shows_everywhere_at_once(desk: Desk) -> None:
    source = desk.source()
    path = f"/v1/sources/{source['id']}"
    claim = desk.claim(attribution=[{"source_id": source["id"], "directness": "indirect"}])
    etag = desk.etag(claim["id"])
    renamed = desk.patch(
        path, {"name": "The organizers", "aliases": ["organizers"]}, etag=desk.get(path).headers["ETag"]
    )
    assert renamed.status_code == 200
    shown = desk.get(f"/v1/claims/{claim['id']}")
    assert shown.json["attribution"]["origin"]["name"] == "The organizers"
    assert shown.headers["ETag"] != etag
    assert shown.json["revision"] == claim["revision"]
    assert desk.get(f"/v1/claims/{claim['id']}?as_of={claim['updated_at']}").json == claim


def test_a_merged_source_leads_to_the_one_it_became(desk: Desk) -> None:
    one, other = desk.source(name="Tiani", kind="person"), desk.source(name="Abdourahamane Tchiani", kind="person")
    claim = desk.claim(attribution=[{"source_id": one["id"], "directness": "direct"}])
    path = f"/v1/sources/{one['id']}"
    body = {"into": other["id"], "reason": "One man, two spellings."}
    assert desk.post(f"{path}/merge", body).status_code == 403
    merged = desk.post(f"{path}/merge", body, by="admin")
    assert (merged.status_code, merged.json["aliases"]) == (200, ["Tiani"])
    moved = desk.get(path)
    assert (moved.status_code, moved.headers["Location"]) == (301, f"/v1/sources/{other['id']}")
    for source in (one, other):
        for filter_ in ("origin", "source"):
            found = desk.get(f"/v1/claims?{filter_}={source['id']}").json["items"]
            assert [item["id"] for item in found] == [claim["id"]]
    assert desk.get(f"/v1/claims/{claim['id']}").json["attribution"]["origin"]["id"] == other["id"]
    assert [source["name"] for source in desk.get("/v1/sources?q=tiani").json["items"]] == ["Abdourahamane Tchiani"]
    assert desk.post(f"{path}/merge", body, by="admin").status_code == 409


def test_two_people_are_asked_for_when_the_desk_wants_it(desk: Desk) -> None:
    strict = desk.with_settings(two_person_review=True)
    claim = strict.claim()
    refused = strict.review(claim["id"], status="in_review")
    assert (refused.status_code, "somebody else" in refused.json["detail"]) == (403, True)
    assert strict.review(claim["id"], by="admin", status="in_review").status_code == 201


def test_pages_walk_through_everything_once(seeded: Desk) -> None:
    for query in ("", "&sort=created_at", "&sort=-created_at", "&sort=updated_at", "&q=niger", "&tag=ecowas"):
        whole = [item["id"] for item in seeded.get(f"/v1/claims?limit=200{query}").json["items"]]
        assert len(whole) >= 2
        found, path = [], f"/v1/claims?limit=3{query}"
        while path:
            answer = seeded.get(path)
            found += [item["id"] for item in answer.json["items"]]
            cursor = answer.json["next_cursor"]
            path = f"/v1/claims?limit=3{query}&cursor={cursor}" if cursor else ""
            if cursor:
                assert f"cursor={cursor}" in answer.headers["Link"]
        assert found == whole
    walked, path = [], "/v1/changes?limit=7"
    while path:
        answer = seeded.get(path)
        walked += [item["log_index"] for item in answer.json["items"]]
        link = answer.headers.get("Link")
        path = link[1 : link.index(">")] if link else ""
    assert walked == list(range(len(walked)))
    assert walked == [entry["log_index"] for entry in seeded.changes()]


def test_the_same_post_twice_is_done_once(desk: Desk) -> None:
    article = desk.article()["id"]
    body = {"article_id": article, "text": "T", "kind": "factual", "quotes": [{"exact": "thousands"}]}
    headers = {"Idempotency-Key": "k-1"}
    start = threading.Barrier(4)
    answers: list[Any] = []

    def post() -> None:
        start.wait()
        answers.append(desk.post("/v1/claims", body, headers=headers))

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.get_data() for answer in answers}) == 1
    assert len({(answer.headers["Location"], answer.headers["ETag"]) for answer in answers}) == 1
    assert len(desk.get("/v1/claims").json["items"]) == 1
    assert desk.post("/v1/claims", {**body, "text": "U"}, headers=headers).status_code == 422
    assert desk.post("/v1/claims", body, headers=headers, by="admin").json["id"] != answers[0].json["id"]
    refused = desk.post("/v1/claims", {**body, "article_id": article[:-4] + "0000"}, headers={"Idempotency-Key": "k-2"})
    assert refused.status_code == 422
    assert desk.post("/v1/claims", body, headers={"Idempotency-Key": "k-2"}).status_code == 201


def test_a_one_time_link_logs_a_browser_in_once(seeded: Desk) -> None:
    from factcheck.desk import people

    with seeded.database.writing() as session:
        secret = people.issue_login_link(session, people.operator(session), name="Analyst")
    seeded.app.config["WTF_CSRF_ENABLED"] = False
    browser, other = seeded.client, seeded.app.test_client()
    assert browser.get(f"/login/{secret}", headers={"Accept": "text/html"}).status_code == 200
    assert browser.post(f"/login/{secret}").headers["Location"] == "/"
    assert browser.get("/", headers={"Accept": "application/json"}).json["you"]["name"] == "Analyst"
    assert browser.get("/v1/me").json["name"] == "Analyst"
    assert browser.post("/v1/sources", json={"name": "X", "kind": "group"}).status_code == 401
    cookie = browser.get_cookie("factcheck").value
    assert other.post(f"/login/{secret}").status_code == 401
    browser.post("/logout")
    other.set_cookie("factcheck", cookie)
    assert other.get("/v1/me").status_code == 401


def test_a_disabled_person_is_out_at_once(desk: Desk) -> None:
    from factcheck.desk import people

    assert desk.get("/v1/me", by="contributor").json["role"] == "contributor"
    with desk.database.writing() as session:
        people.disable(session, people.operator(session), name="Test contributor")
    began = time.monotonic()
    assert desk.get("/v1/me", by="contributor").status_code == 401
    assert desk.post("/v1/sources", {"name": "X", "kind": "group"}, by="contributor").status_code == 401
    assert time.monotonic() - began < 1
