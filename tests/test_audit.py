"""The audit over HTTP: the article's findings, filters and pages, the summary, records, conflicts, provenance."""

from collections import Counter
from datetime import UTC, datetime
from math import isclose
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from factcheck.followers.audit import checking
from factcheck.rules.auditing.audited import Audited
from factcheck.rules.auditing.findings import findings
from factcheck.rules.finding_kinds import FindingKind
from factcheck.rules.intervals import wilson
from factcheck.rules.origins import Hop, Stated
from factcheck.rules.provenance import trace
from factcheck.rules.status import EvidenceTally, Kind, Status
from factcheck.storage.tables.audit import ClaimAudit
from factcheck.storage.tables.claims import Claim
from tests.desk import Desk, Statements

REASON = "Two independent reports say so."
PROOF = {"stance": "supports", "title": "A report", "url": "https://reports.example/1"}


def everything(desk: Desk, query: str = "", limit: int = 200) -> list[dict[str, Any]]:
    """Follow a list of findings to its end."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = desk.get(f"/v1/audit/findings?limit={limit}{query}{cursor}").json
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def claim(desk: Desk, number: str) -> dict[str, Any]:
    return desk.by_external_id(f"niger-2023-11-06/{number}")


def held(desk: Desk, number: str) -> set[str]:
    return {item["kind"] for item in everything(desk, f"&claim={claim(desk, number)['id']}")}


# --- on the article


def test_c03_and_c06_count_as_one_origin_with_the_reason(seeded: Desk) -> None:
    graph = seeded.get(f"/v1/claims/{claim(seeded, 'C03')['id']}/provenance").json
    assert (len(graph["origins"]), graph["independent_origins"]) == (2, 1)
    (collapse,) = graph["collapses"]
    assert (collapse["kind"], collapse["origins"]) == ("same_origin_as", ["o1", "o2"])
    assert "threat of an attack" in collapse["explanation"]
    assert "Threats of aggression" in collapse["explanation"]
    assert {node["label"] for node in graph["nodes"]} >= {
        "Military rulers of Niger",
        "the author of the internal document, not stated",
    }
    assert seeded.get(f"/v1/claims/{claim(seeded, 'C06')['id']}/provenance").json["independent_origins"] == 1


def test_the_articles_findings(seeded: Desk) -> None:
    found = everything(seeded)
    assert len({(item["claim"]["id"], item["kind"]) for item in found}) == len(found), "something is reported twice"
    assert held(seeded, "C15") == {"interested_only", "attribution_unchecked"}
    assert held(seeded, "C02") == {"unattributed", "same_origin_counted_twice"}
    assert held(seeded, "C20") >= {"conflict"}
    assert held(seeded, "C22") == {"conflict"}
    assert held(seeded, "C06") == {"unnamed_origin"}
    assert held(seeded, "C23") == held(seeded, "C31") == set(), "an opinion and a forecast are not checkable"
    # One statement, said twice: what is held against it is held once.
    assert held(seeded, "C05") == {"interested_only"}
    assert held(seeded, "C25") == set()
    assert Counter(item["kind"] for item in found) == {
        "unattributed": 15, "interested_only": 7, "conflict": 2, "unnamed_origin": 1, "attribution_unchecked": 1,
        "same_origin_counted_twice": 1,
    }  # fmt: skip
    for item in found:
        assert item["explanation"]
        assert item["settles"]
        assert item["question"] in ("content", "attribution")
        assert item["since"].endswith("Z")


def test_the_rewrites_of_one_wire_story_count_once(seeded: Desk) -> None:
    graph = seeded.get(f"/v1/claims/{claim(seeded, 'C02')['id']}/provenance").json
    assert (len(graph["origins"]), graph["independent_origins"]) == (3, 2)
    (finding,) = everything(seeded, f"&kind=same_origin_counted_twice&claim={claim(seeded, 'C02')['id']}")
    assert "lead back to one source: Internal document" in finding["explanation"]


def test_the_conflict_board(seeded: Desk) -> None:
    board = seeded.get("/v1/audit/conflicts").json["items"]
    assert len(board) == 2
    crowd = next(group for group in board if any(side["kind"] == "quantity" for side in group["claims"]))
    thousands, million = crowd["claims"]
    assert (thousands["quantity"]["wording"], thousands["in_own_voice"], thousands["origin"]) == (
        "thousands",
        True,
        None,
    )
    assert (million["quantity"]["wording"], million["origin"]["kind"]) == ("up to a million", "group")
    assert (million["interested"], million["status"], crowd["open"]) == (True, "disputed", False)
    assert crowd["relations"][0]["kind"] == "in_tension_with"
    assert "500-fold" in crowd["relations"][0]["note"]
    other = next(group for group in board if group is not crowd)
    assert (other["open"], other["relations"][0]["kind"], len(other["claims"])) == (True, "contradicts", 2)
    first = seeded.get("/v1/audit/conflicts?limit=1").json
    second = seeded.get(f"/v1/audit/conflicts?limit=1&cursor={first['next_cursor']}").json
    assert first["items"] + second["items"] == board
    assert second["next_cursor"] is None


def test_the_record_of_a_source_with_its_interval(seeded: Desk) -> None:
    ecowas = seeded.get("/v1/sources?q=ECOWAS&kind=organization").json["items"][0]["id"]
    record = seeded.get(f"/v1/sources/{ecowas}/record").json
    assert (record["as_origin"]["claims"], record["said_on_its_behalf"]["claims"]) == (3, 2)
    assert record["as_origin"]["held"] == {"verified": 0, "of": 0, "share": None, "low": 0.0, "high": 1.0}
    assert record["as_origin"]["by_kind"][0]["kind"] == "factual"
    assert record["as_origin"]["by_year"] == [
        {"year": 2023, **{name: record["as_origin"][name] for name in ("claims", "counts", "held")}}
    ]
    listed = seeded.get(record["links"]["claims_as_origin"]).json["items"]
    assert len(listed) == record["as_origin"]["claims"]
    organizers = claim(seeded, "C15")["attribution"]["origin"]["id"]
    record = seeded.get(f"/v1/sources/{organizers}/record").json["as_origin"]
    assert (record["counts"]["disputed"], record["held"]["of"], record["held"]["share"]) == (1, 1, 0.0)
    assert (record["held"]["low"], round(record["held"]["high"], 3)) == (0.0, 0.793)


def test_the_summary_of_the_article(seeded: Desk) -> None:
    told = seeded.get("/v1/audit/summary").json
    assert told["claims"] == 31
    assert told["status"]["verified"] == 2
    assert told["status"]["disputed"] == 1
    assert told["findings"]["total"] == len(everything(seeded)) == 27
    counts = {row["kind"]: row["count"] for row in told["findings"]["by_kind"]}
    assert counts == {kind.value: 0 for kind in FindingKind} | Counter(item["kind"] for item in everything(seeded))
    (article,) = told["findings"]["by_article"]
    assert article["count"] == 27
    assert len(seeded.get(article["links"]["findings"]).json["items"]) == 27
    coverage = told["coverage"]
    assert (coverage["checkable"], coverage["named_origin"], coverage["unnamed_origin"], coverage["own_voice"]) == (
        25,
        9,
        1,
        15,
    )
    assert (coverage["attributed_share"], coverage["not_checkable"]) == (0.4, 6)
    assert told["verdicts"]["changes"] == 3
    assert len(told["verdicts"]["latest"]) == 3
    assert {row["after"] for row in told["verdicts"]["by"]} == {"verified", "disputed"}


# --- lists


def test_filters_and_pages_of_findings(seeded: Desk) -> None:
    found = everything(seeded)
    assert everything(seeded, limit=4) == found
    assert [item["since"] for item in found] == sorted((item["since"] for item in found), reverse=True)
    article = claim(seeded, "C15")["article_id"]
    assert everything(seeded, f"&article={article}") == found
    organizers = claim(seeded, "C15")["attribution"]["origin"]["id"]
    assert {item["claim"]["id"] for item in everything(seeded, f"&source={organizers}")} == {claim(seeded, "C15")["id"]}
    assert everything(seeded, f"&source={organizers}", limit=1) == everything(seeded, f"&source={organizers}")
    assert {item["kind"] for item in everything(seeded, "&kind=conflict,unnamed_origin", limit=1)} == {
        "conflict",
        "unnamed_origin",
    }
    assert len(everything(seeded, "&status=verified")) == 2
    assert everything(seeded, "&status=refuted,unverifiable") == []
    for query in ("", "&kind=conflict", f"&article={article}", "&status=verified", f"&source={organizers}"):
        page = seeded.get(f"/v1/audit/findings?count=true&limit=1{query}").json
        assert page["total"] == len(everything(seeded, query)), query


@pytest.mark.parametrize("query", ["kind=wrong", "status=good", "article=1", "limit=0", "cursor=x", "q=a"])
def test_bad_filters_are_refused_by_name(desk: Desk, query: str) -> None:
    response = desk.get(f"/v1/audit/findings?{query}")
    assert response.status_code == 422
    assert response.json["errors"][0]["parameter"] == query.split("=")[0]


def test_a_cursor_is_of_its_filters(seeded: Desk) -> None:
    cursor = seeded.get("/v1/audit/findings?limit=1").json["next_cursor"]
    assert seeded.get(f"/v1/audit/findings?kind=conflict&cursor={cursor}").status_code == 422


def test_the_spans_of_the_summary(desk: Desk) -> None:
    made = desk.claim()
    with time_machine.travel(datetime(2030, 1, 1, 12, tzinfo=UTC), tick=False):
        assert desk.review(made["id"], status="verified", reason=REASON, evidence=[PROOF]).status_code == 201
    with time_machine.travel(datetime(2030, 1, 3, 6, tzinfo=UTC), tick=False):
        assert desk.review(made["id"], status="in_review", reason=REASON).status_code == 201

    def changes(since: str, until: str) -> int:
        told = desk.get("/v1/audit/summary", query_string={"from": since, "to": until}).json["verdicts"]
        assert sum(row["count"] for row in told["by"]) == told["changes"] == len(told["latest"])
        return int(told["changes"])

    assert changes("2030-01-01T00:00:00Z", "2030-01-04T00:00:00Z") == 2
    assert changes("2030-01-01T12:00:00Z", "2030-01-03T06:00:00Z") == 1
    assert changes("2030-01-01T12:00:01Z", "2030-01-03T06:00:01Z") == 1
    assert changes("2030-01-01T11:00:00Z", "2030-01-01T13:00:00Z") == 1
    assert changes("2030-01-02T00:00:00Z", "2030-01-03T00:00:00Z") == 0
    backwards = desk.get("/v1/audit/summary?from=2030-01-02T00:00:00Z&to=2030-01-01T00:00:00Z")
    assert (backwards.status_code, backwards.json["errors"][0]["parameter"]) == (422, "to")


def test_a_list_of_findings_and_a_summary_cost_few_statements(seeded: Desk) -> None:
    seeded.get("/v1/me")
    with Statements(seeded) as counted:
        seeded.get("/v1/audit/findings?kind=conflict&limit=50", by="reader")
    assert len(counted.seen) == 3, counted.seen  # the token, where the audit is, the page
    with Statements(seeded) as counted:
        seeded.get("/v1/audit/summary")
    assert len(counted.seen) <= 12, counted.seen


# --- each finding


def audited(**given: Any) -> Audited:
    chain = given.pop("chain", (Hop("s"),))
    defaults = {"seq": 1, "kind": Kind.FACTUAL, "status": Status.UNVERIFIED, "attribution_status": Status.UNVERIFIED}
    return Audited(stated=Stated(given.pop("id", "c"), "It rained.", chain), **{**defaults, **given})


def kinds_of(claim: Audited) -> set[str]:
    return {finding.kind.value for finding in findings([claim], trace([claim.stated], [], {}), {})}


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        ({}, set()),
        ({"chain": ()}, {"unattributed"}),
        ({"chain": (), "kind": Kind.OPINION}, set()),
        ({"chain": (Hop("s"), Hop(None, described_as="x"))}, {"unnamed_origin"}),
        ({"chain": (Hop("s"), Hop(None, described_as="x"), Hop("t"))}, {"missing_link"}),
        ({"chain": (Hop(None, described_as="x"), Hop("t"))}, set()),
        ({"chain": (Hop("s", interested=True),)}, {"interested_only"}),
        ({"chain": (Hop("s", interested=True),), "kind": Kind.FORECAST}, set()),
        ({"chain": (Hop("s"), Hop("t"), Hop("s"))}, {"circular"}),
        ({"orphaned": 2}, {"anchor_broken"}),
        (
            {"status": Status.VERIFIED, "tally": EvidenceTally(supports=1), "attribution_status": Status.VERIFIED},
            {"single_origin"},
        ),
        ({"status": Status.DISPUTED, "tally": EvidenceTally(conflicts=1)}, {"attribution_unchecked"}),
        (
            {"status": Status.REFUTED, "attribution_status": Status.REFUTED},
            {"verdict_without_evidence"},
        ),
        (
            {"status": Status.REFUTED, "tally": EvidenceTally(refutes=1), "evidence_gone": True, "chain": ()},
            {"verdict_without_evidence", "unattributed"},
        ),
        (
            {"status": Status.UNVERIFIABLE, "review_by": datetime(2024, 1, 1, tzinfo=UTC).date(), "chain": ()},
            {"overdue", "unattributed"},
        ),
    ],
)  # fmt: skip
def test_when_a_finding_holds(given: dict[str, Any], kinds: set[str]) -> None:
    assert kinds_of(audited(**given)) == kinds


@pytest.mark.parametrize(
    ("relation", "one", "two", "clashes"),
    [
        ("contradicts", "unverified", "unverified", True),
        ("contradicts", "verified", "verified", True),
        ("contradicts", "verified", "unverified", True),
        ("contradicts", "verified", "refuted", False),
        ("contradicts", "unverified", "refuted", False),
        ("contradicts", "disputed", "disputed", False),
        ("in_tension_with", "verified", "verified", False),
        ("restates", "verified", "refuted", True),
        ("restates", "verified", "verified", False),
        ("supports", "verified", "refuted", False),
        ("distinct_from", "verified", "refuted", False),
        ("distinct_from", "verified", "verified", False),
    ],
)
def test_when_two_claims_cannot_both_stand(desk: Desk, relation: str, one: str, two: str, clashes: bool) -> None:
    article = desk.article()["id"]
    first, second = (desk.claim(article_id=article)["id"] for _ in range(2))
    desk.made(f"/v1/claims/{first}/relations", {"kind": relation, "claim_id": second})
    for claim_id, status in ((first, one), (second, two)):
        evidence = [PROOF, {**PROOF, "stance": "refutes"}]
        if status != "unverified":
            assert desk.review(claim_id, status=status, reason=REASON, evidence=evidence).status_code == 201
    found = {item["claim"]["id"] for item in everything(desk, "&kind=conflict")}
    assert found == ({first, second} if clashes else set())


def test_figures_that_do_not_meet_are_in_conflict_until_they_do(desk: Desk) -> None:
    article = desk.article()["id"]
    few = desk.claim(article_id=article, kind="quantity", quantity={"high": 2000, "unit": "people"})
    many = desk.claim(article_id=article, kind="quantity", quantity={"low": 5000, "unit": "People"})
    desk.made(f"/v1/claims/{few['id']}/relations", {"kind": "in_tension_with", "claim_id": many["id"]})
    (finding, _) = everything(desk, "&kind=conflict")
    assert "at most 2,000 people" in finding["explanation"]
    assert "at least 5,000 People" in finding["explanation"]
    patch = {"quantity": {"low": 1500, "unit": "people"}}
    assert desk.patch(f"/v1/claims/{many['id']}", patch, etag=desk.etag(many["id"])).status_code == 200
    assert everything(desk, "&kind=conflict") == []


def test_two_claims_that_say_different_things_have_nothing_to_do_with_each_other(desk: Desk) -> None:
    article = desk.article()["id"]
    few = desk.claim(article_id=article, kind="quantity", quantity={"high": 2000, "unit": "people"})
    many = desk.claim(article_id=article, kind="quantity", quantity={"low": 5000, "unit": "people"})
    here, there = (f"/v1/claims/{claim['id']}" for claim in (few, many))
    before = [desk.get(f"{path}/provenance").json for path in (here, there)]
    found = everything(desk, "")
    made = desk.made(f"{here}/relations", {"kind": "distinct_from", "claim_id": many["id"]})
    again = desk.post(f"{there}/relations", {"kind": "distinct_from", "claim_id": few["id"]})
    assert (again.status_code, again.json["id"]) == (409, made["id"])
    shown = desk.get(there).json["relations"]
    assert [(each["kind"], each["claim_id"]) for each in shown] == [("distinct_from", few["id"])]
    assert [desk.get(f"{path}/provenance").json for path in (here, there)] == before
    assert len(found) > 0
    assert everything(desk, "") == found
    assert desk.get("/v1/audit/conflicts").json["items"] == []


def test_a_verdict_is_overdue_from_the_day_after_its_day(desk: Desk) -> None:
    made = desk.claim()
    body = {"status": "verified", "reason": REASON, "evidence": [PROOF], "review_by": "2031-05-10"}
    assert desk.review(made["id"], **body).status_code == 201

    def overdue(day: int) -> int:
        with time_machine.travel(datetime(2031, 5, day, 1, tzinfo=UTC), tick=False):
            told = {row["kind"]: row["count"] for row in desk.get("/v1/audit/summary").json["findings"]["by_kind"]}
            page = desk.get("/v1/audit/findings?kind=overdue&count=true").json
            assert len(page["items"]) == page["total"] == told["overdue"]
            return int(told["overdue"])

    assert (overdue(10), overdue(11)) == (0, 1)


def test_evidence_that_a_verdict_was_given_on_and_that_is_gone(desk: Desk) -> None:
    made = desk.claim()
    assert desk.review(made["id"], status="verified", reason=REASON, evidence=[PROOF]).status_code == 201
    first = desk.get(f"/v1/claims/{made['id']}/evidence").json["items"][0]["id"]
    desk.made(f"/v1/claims/{made['id']}/evidence", {**PROOF, "url": "https://other.example/"})
    gone = desk.post(f"/v1/claims/{made['id']}/evidence/{first}/withdrawal", {"reason": "It was retracted."})
    assert gone.status_code == 200
    assert desk.get(f"/v1/claims/{made['id']}").json["status"] == "verified"
    kinds = {item["kind"] for item in everything(desk)}
    assert "verdict_without_evidence" in kinds


def test_a_finding_keeps_its_since_and_goes_when_it_is_settled(desk: Desk) -> None:
    source = desk.source()["id"]
    made = desk.claim()
    (before,) = everything(desk)
    assert desk.post(f"/v1/claims/{made['id']}/evidence", PROOF).status_code == 201
    assert everything(desk) == [before]
    patch = {"attribution": [{"source_id": source, "directness": "direct"}]}
    assert desk.patch(f"/v1/claims/{made['id']}", patch, etag=desk.etag(made["id"])).status_code == 200
    assert everything(desk) == []


def test_what_is_withdrawn_or_redacted_is_counted_no_more(desk: Desk) -> None:
    one, two = desk.claim(), desk.claim()
    assert desk.get("/v1/audit/summary").json["findings"]["total"] == 2
    assert desk.post(f"/v1/claims/{one['id']}/withdrawal", {"reason": "Entered twice."}).status_code == 204
    assert desk.post(f"/v1/claims/{two['id']}/redaction", {"reason": "A court order."}, by="admin").status_code == 204
    told = desk.get("/v1/audit/summary").json
    assert (told["claims"], told["findings"]["total"], told["findings"]["by_article"]) == (0, 0, [])


# --- records


def test_a_record_as_of_an_instant(desk: Desk) -> None:
    source, outlet = desk.source()["id"], desk.source(name="The Paper", kind="outlet")["id"]
    article = desk.article(outlet_id=outlet, published_on="2024-02-03")["id"]
    with time_machine.travel(datetime(2030, 1, 1, tzinfo=UTC), tick=False):
        chain = [{"source_id": source, "directness": "direct"}]
        made = desk.claim(article_id=article, attribution=chain)
        own = desk.claim(article_id=article)
    with time_machine.travel(datetime(2030, 1, 2, tzinfo=UTC), tick=False):
        for claim_id in (made["id"], own["id"]):
            assert desk.review(claim_id, status="verified", reason=REASON, evidence=[PROOF]).status_code == 201
        wrong = desk.review(made["id"], question="attribution", status="refuted", reason="They never said it.")
        assert wrong.status_code == 201

    def record(source_id: str, as_of: str | None = None) -> dict[str, Any]:
        query = {"as_of": as_of} if as_of else {}
        return dict(desk.get(f"/v1/sources/{source_id}/record", query_string=query).json)

    assert record(source)["as_origin"]["held"] == {"verified": 1, "of": 1, "share": 1.0, "low": 0.2065, "high": 1.0}
    assert record(source)["as_relay"]["claims"] == 0
    then = record(source, "2030-01-01T12:00:00Z")
    assert (then["as_origin"]["counts"]["unverified"], then["as_origin"]["held"]["of"]) == (1, 0)
    assert record(source, "2029-01-01T00:00:00Z")["as_origin"]["claims"] == 0
    paper = record(outlet)
    assert (paper["as_relay"]["claims"], paper["in_its_own_voice"]["claims"]) == (1, 1)
    assert paper["as_relay"]["attribution"]["counts"]["refuted"] == 1, "the misquote is told of who passed it on"
    assert "attribution" not in paper["as_origin"]
    assert "attribution" not in record(source)["as_origin"]
    assert paper["in_its_own_voice"]["by_year"][0]["year"] == 2024


def test_the_record_of_a_merged_source_is_elsewhere(desk: Desk) -> None:
    one, two = desk.source(), desk.source(name="The organisers")
    made = desk.claim(attribution=[{"source_id": one["id"], "directness": "indirect"}])
    merged = desk.post(f"/v1/sources/{one['id']}/merge", {"into": two["id"], "reason": "The same."}, by="admin")
    assert merged.status_code == 200
    elsewhere = desk.get(f"/v1/sources/{one['id']}/record")
    assert (elsewhere.status_code, elsewhere.headers["Location"]) == (301, f"/v1/sources/{two['id']}/record")
    assert desk.get(f"/v1/sources/{two['id']}/record").json["as_origin"]["claims"] == 1
    assert desk.get(f"/v1/sources/{made['id']}/record").status_code == 404


@given(st.integers(0, 300), st.integers(0, 300))
def test_the_interval_holds_the_share_and_narrows(held: int, more: int) -> None:
    low, high = wilson(held, held + more)
    assert 0 <= low <= (held / (held + more) if held + more else 0.5) <= high <= 1
    wider = wilson(held * 2, (held + more) * 2)
    assert wider[1] - wider[0] <= high - low + 1e-12
    mirrored = wilson(more, held + more)
    assert isclose(mirrored[0], 1 - high, abs_tol=1e-12)
    assert isclose(mirrored[1], 1 - low, abs_tol=1e-12)


def test_the_interval_is_wilsons() -> None:
    # Worked examples of Brown, Cai and DasGupta (2001) and Newcombe (1998): 81 of 263, 15 of 148, 0 of 20, 29 of 29.
    for held, of, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (29, 29, 0.8830, 1),
    ):
        found = wilson(held, of)
        assert (round(found[0], 4), round(found[1], 4)) == (low, high)


# --- provenance


def test_the_graph_of_a_claim_with_evidence(desk: Desk) -> None:
    wire = desk.source(name="Wire", kind="outlet")["id"]
    sites = [desk.source(name=f"Site {n}", kind="outlet")["id"] for n in range(2)]
    speaker = desk.source(name="Speaker", kind="person")["id"]
    chain = [
        {"source_id": speaker, "directness": "indirect", "cue": "claiming", "on_behalf_of_id": wire, "interested": True}
    ]
    made = desk.claim(attribution=chain)
    for at, site in enumerate(sites):
        fields = {"stance": "supports", "title": f"Report {at}", "source_id": site, "origin_id": wire}
        desk.made(f"/v1/claims/{made['id']}/evidence", fields)
    graph = desk.get(f"/v1/claims/{made['id']}/provenance").json
    assert (len(graph["origins"]), graph["independent_origins"]) == (3, 1)
    kinds = Counter(edge["kind"] for edge in graph["edges"])
    assert kinds == {"taken_from": 1, "attributed_to": 1, "on_behalf_of": 1, "supports": 2, "rests_on": 4}
    ids = {node["id"] for node in graph["nodes"]}
    assert {edge[end] for edge in graph["edges"] for end in ("from", "to")} <= ids
    assert {origin["node"] for origin in graph["origins"]} <= ids
    assert {collapse["kind"] for collapse in graph["collapses"]} == {"same_source", "on_behalf"}


def test_the_picture_of_a_claim(seeded: Desk) -> None:
    path = f"/v1/claims/{claim(seeded, 'C15')['id']}/provenance"
    response = seeded.get(path, headers={"Accept": "image/svg+xml"})
    assert (response.status_code, response.mimetype) == (200, "image/svg+xml")
    root = ElementTree.fromstring(response.data)
    told = " ".join(root.itertext())
    assert "Organizers of the rally in Niamey" in told
    assert "claiming" in told
    assert "conflict of interest" in told
    assert "Accept" in response.headers["Vary"]
    assert "Accept" in seeded.get(path).headers["Vary"]
    again = seeded.get(path, headers={"Accept": "image/svg+xml", "If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    assert seeded.get(path, headers={"Accept": "text/html,*/*"}).mimetype == "application/json"


def test_the_provenance_of_what_is_not_there(desk: Desk) -> None:
    made = desk.claim()
    assert desk.post(f"/v1/claims/{made['id']}/withdrawal", {"reason": "Entered twice."}).status_code == 204
    assert desk.get(f"/v1/claims/{made['id']}/provenance").status_code == 410
    assert desk.get(f"/v1/claims/{desk.article()['id']}/provenance").status_code == 404


def test_whom_evidence_goes_back_to_is_a_source_that_is_there(desk: Desk) -> None:
    made = desk.claim()
    nobody = {**PROOF, "origin_id": made["id"]}
    response = desk.post(f"/v1/claims/{made['id']}/evidence", nobody)
    assert (response.status_code, response.json["errors"][0]["pointer"]) == (422, "/origin_id")
    response = desk.review(made["id"], status="verified", reason=REASON, evidence=[nobody])
    assert (response.status_code, response.json["errors"][0]["pointer"]) == (422, "/evidence/0/origin_id")
    wire = desk.source(name="Wire")
    assert desk.post(f"/v1/claims/{made['id']}/evidence", {**PROOF, "origin_id": wire["id"]}).status_code == 201
    shown = desk.get(f"/v1/claims/{made['id']}").json["evidence"][0]["origin"]
    assert shown == {"id": wire["id"], "name": "Wire", "kind": "group"}
    renamed = desk.patch(
        f"/v1/sources/{wire['id']}", {"name": "The wire"}, etag=desk.get(f"/v1/sources/{wire['id']}").headers["ETag"]
    )
    assert renamed.status_code == 200
    assert desk.get(f"/v1/claims/{made['id']}").json["evidence"][0]["origin"]["name"] == "The wire"


# A claim that is in conflict with none, and one that is.
@pytest.mark.parametrize(("number", "wrong"), [("C01", 1), ("C12", None), ("C12", 10**6)])
def test_the_doctor_sees_a_claim_in_another_conflict_group(seeded: Desk, number: str, wrong: int | None) -> None:
    claim_id = claim(seeded, number)["id"]
    seq = select(Claim.seq).where(Claim.id == claim_id).scalar_subquery()
    with seeded.database.writing() as session:
        connection = session.connection()
        assert not list(checking.group_faults(connection, session.scalars(select(Claim.id))))
        session.execute(update(ClaimAudit).where(ClaimAudit.claim_seq == seq).values(conflict_group=wrong))
        found = list(checking.group_faults(connection, session.scalars(select(Claim.id))))
    assert found == [(claim_id, "It is in another group of the conflict board than its relations give.")]
