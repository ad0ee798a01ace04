"""What a verdict is about: amending it reopens the verdict, and whoever amended it does not decide where two must."""

from itertools import product
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from factcheck.desk import people
from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state import states as claim_states
from factcheck.desk.claim_state.rows import content_of, stored
from factcheck.inspection import replay
from factcheck.log import revisions, verification
from factcheck.log.actors import as_actor
from factcheck.rules.amending import ABOUT, EDITION
from factcheck.rules.roles import Role
from factcheck.rules.status import Question
from factcheck.schemas.claims import ClaimIn
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.people import Person
from tests.desk import Desk, Statements
from tests.forms import Visitor

Json = dict[str, Any]
REASON = "It stands in the text."
PROOF = {"stance": "supports", "title": "A count of the seats"}
OTHER_QUOTE = [{"exact": "thousands of people gathered"}]
QUANTITY = {"low": None, "high": 1_000_000, "unit": "people", "wording": "up to a million"}
# A change of each field of a claim, and the questions whose verdict it reopens.
CHANGES: tuple[tuple[str, Json, set[str]], ...] = (
    ("text", {"text": "Thousands gathered."}, {"content", "attribution"}),
    ("quotes", {"quotes": OTHER_QUOTE}, {"content", "attribution"}),
    ("kind", {"kind": "factual", "quantity": None}, {"content"}),
    ("quantity", {"quantity": {**QUANTITY, "high": 2_000_000}}, {"content"}),
    ("attribution", {"attribution": [{"described_as": "an official", "directness": "direct"}]}, {"attribution"}),
    ("tags", {"tags": ["rally", "seats"]}, set()),
    ("external_id", {"external_id": "c-2"}, set()),
)
NAMES = [name for name, _, _ in CHANGES]


def decided(desk: Desk, *, by: str = "analyst") -> str:
    """Enter a claim with a quantity as a contributor, have both questions decided, and return its id."""
    claim = desk.made("/v1/claims", claim_fields(desk), by="contributor")["id"]
    for question in Question:
        decide(desk, claim, question, by=by)
    return str(claim)


def claim_fields(desk: Desk) -> Json:
    return {
        "article_id": desk.article()["id"],
        "text": "Up to a million people were present.",
        "kind": "quantity",
        "quantity": QUANTITY,
        "quotes": [{"exact": "up to a million people were present"}],
    }


def decide(desk: Desk, claim: str, question: str, *, by: str = "analyst", status: int = 201) -> Json:
    evidence = [PROOF] if question == Question.CONTENT else []
    answer = desk.review(claim, by=by, question=question, status="verified", reason=REASON, evidence=evidence)
    assert answer.status_code == status, answer.get_data(as_text=True)
    told: Json = answer.json
    return told


def amend(desk: Desk, claim: str, patch: Json, *, by: str = "contributor") -> Json:
    answer = desk.patch(f"/v1/claims/{claim}", patch, etag=desk.etag(claim), by=by)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    changed: Json = answer.json
    return changed


def faults(desk: Desk) -> list[str]:
    """Return what the verification of the log finds."""
    found: list[verification.Fault] = []
    done = verification.Progress()
    with desk.database.reading_one_moment() as connection, Session(connection) as session:
        for some in (*verification.log_entries(connection, [], done), *replay.replayed(session, done)):
            found += some
    return [fault.told() for fault in found]


def analyst(desk: Desk, name: str) -> None:
    """Enter one more analyst, under this name."""
    with desk.database.writing() as session:
        operator = people.operator(session)
        person = people.add(session, operator, name=f"Test {name}", role=Role.ANALYST)
        desk.people[name] = person.id
        desk.tokens[name] = people.issue_token(session, operator, name=person.name)


# ── Reopening ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_field_of_a_claim_has_its_change_here() -> None:
    assert set(ClaimIn().fields) - {"article_id"} == set(NAMES)
    assert {name for about in ABOUT.values() for name in about} == {name for name, _, found in CHANGES if found}


def test_amending_what_a_verdict_is_about_reopens_it(desk: Desk) -> None:
    """Whoever amends it: the analyst who gave the verdict as well as the contributor who entered the claim."""
    for name, by in (*product(NAMES, ["contributor"]), ("text", "analyst"), ("quotes", "admin")):
        demand_reopened(desk, name, by)
    assert faults(desk) == []


def demand_reopened(desk: Desk, name: str, by: str) -> None:
    patch, reopened = next((patch, found) for each, patch, found in CHANGES if each == name)
    claim = decided(desk)
    before = desk.get(f"/v1/claims/{claim}").json
    changed = amend(desk, claim, patch, by=by)
    shown = {"content": changed, "attribution": changed["attribution"]}
    assert {question: part["status"] for question, part in shown.items()} == {
        question: "in_review" if question in reopened else "verified" for question in Question
    }
    for question, part in shown.items():
        was = before if question == Question.CONTENT else before["attribution"]
        if question in reopened:
            assert (part["reviewed_by"], part["reviewed_at"]) == (None, None)
            assert part["reason"].startswith("Reopened: the claim's ")
            assert name in part["reason"]
        else:
            assert (part["reviewed_by"], part["reason"]) == (was["reviewed_by"], REASON)
    last = desk.get(f"/v1/claims/{claim}/history").json["items"][-1]
    fields = {change["field"] for change in last["changes"]}
    assert fields >= {"status"} if "content" in reopened else "status" not in fields
    assert ("attribution.status" in fields) == ("attribution" in reopened)
    unique = {"external_id": f"{name} {by}"}  # for the next one
    amend(desk, claim, unique)


def test_a_second_opinion_on_the_attribution_lapses_with_the_text(desk: Desk) -> None:
    claim = decided(desk)
    opinion = desk.made(f"/v1/claims/{claim}/second-opinion", {"question": "attribution"})
    assert amend(desk, claim, {"text": "Thousands gathered."})["attribution"]["second_opinion"] is None
    told = desk.get(f"/v1/claims/{claim}/second-opinion/{opinion['id']}").json
    assert (told["outcome"], told["first_status"]) == ("lapsed", "verified")


def test_amending_what_was_not_decided_changes_no_status(desk: Desk) -> None:
    claim = desk.made("/v1/claims", claim_fields(desk), by="contributor")["id"]
    changed = amend(desk, claim, {"text": "Thousands gathered.", "quotes": OTHER_QUOTE})
    assert (changed["status"], changed["attribution"]["status"]) == ("unverified", "unverified")


def test_the_replay_holds_each_entry_to_the_rule_of_its_time(desk: Desk) -> None:
    """An entry from before the rule says no edition, and left the attribution check when text or quotes changed."""
    cases = (
        ("text", None, False), ("quotes", None, False), ("attribution", None, True), ("text", EDITION, True),
        ("quotes", EDITION, True), ("tags", EDITION, False), ("text", EDITION + 1, True),
    )  # fmt: skip
    expected = []
    for field, edition, found in cases:
        claim, index = untouched(desk, field, edition)
        if field == "text" and edition is None:
            assert faults(desk) == []  # all of it is as the rule of that time had it
        if found:
            detail = "Its entry edits the subject of the verdict on attribution, but does not reopen it."
            expected.append(f"claim {claim}, revision 3, log index {index}: {detail}")
    assert [fault for fault in faults(desk) if "does not reopen it" in fault] == expected


def untouched(desk: Desk, field: str, edition: int | None) -> tuple[str, int]:
    """Write an entry that amends a claim and leaves the verdict on its attribution; return the claim and the index."""
    claim = desk.made("/v1/claims", claim_fields(desk), by="contributor")["id"]
    decide(desk, claim, "attribution")
    with desk.database.writing() as session:
        actor = as_actor(session.get_one(Person, desk.people["contributor"]))
        row = session.scalars(select(Claim).where(Claim.id == claim)).one()
        [state] = claim_states.load(session.connection(), [row])
        fields, quotes = stored(state)
        same = content_of(fields, quotes)[field]
        change: Json = {"field": field, "before": same, "after": same}
        if field == "text":
            change["after"] = "Thousands gathered."
            row.text = change["after"]
        entry = revisions.append_of_claim(session, actor, row, "amend", [change], edition=edition)
        session.flush()
        documents.render(session, [claim], entry)
    return claim, entry.log_index


# ── Two people ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def two(desk: Desk) -> Desk:
    analyst(desk, "other")
    return desk.with_settings(two_person_review=True)


def test_whoever_amended_what_the_verdict_is_about_does_not_decide_it(two: Desk) -> None:
    """A contributor enters anything; an analyst makes another claim of it, and may not decide that one."""
    claim = two.made("/v1/claims", claim_fields(two), by="contributor")["id"]
    amend(
        two, claim, {"text": "Thousands gathered.", "quotes": OTHER_QUOTE, "attribution": [], "kind": "factual",
                     "quantity": None}, by="analyst",
    )  # fmt: skip
    for question in Question:
        refused = decide(two, claim, question, status=403)
        assert refused["detail"] == (
            "You edited the subject of this verdict, and this desk requires two people: somebody else must decide it."
        )
        assert two.get(f"/v1/claims/{claim}/reviews").json["items"] == []
    for question in Question:
        decide(two, claim, question, by="other")
    assert faults(two) == []


def test_each_field_bars_its_own_questions(two: Desk) -> None:
    for _, patch, barred in CHANGES:
        claim = two.made("/v1/claims", claim_fields(two), by="contributor")["id"]
        amend(two, claim, patch, by="analyst")
        for question in Question:
            decide(two, claim, question, status=403 if question in barred else 201)


def test_an_amendment_counts_for_ever(two: Desk) -> None:
    """Taken back, amended over by another, and decided and reopened in between: it was theirs once."""
    fields = claim_fields(two)
    claim = two.made("/v1/claims", fields, by="contributor")["id"]
    amend(two, claim, {"text": "Thousands gathered."}, by="analyst")
    amend(two, claim, {"text": fields["text"]}, by="analyst")
    amend(two, claim, {"text": "Nobody came."}, by="admin")
    decide(two, claim, "content", by="other")
    assert two.review(claim, by="other", status="in_review", reason=REASON).status_code == 201
    decide(two, claim, "content", status=403)
    decide(two, claim, "content", by="admin", status=403)
    decide(two, claim, "content", by="other")


def test_words_that_look_like_an_entry_are_no_amendment(two: Desk) -> None:
    claim = two.made("/v1/claims", claim_fields(two), by="contributor")["id"]
    said = {"described_as": '"field":"text"', "cue": '\\"field\\":\\"kind\\"', "directness": "direct"}
    amend(two, claim, {"attribution": [said], "external_id": '{"field":"quotes"}'}, by="analyst")
    decide(two, claim, "content")
    decide(two, claim, "attribution", status=403)


def test_what_was_imported_is_its_importers(two: Desk) -> None:
    article = two.article()["id"]
    line = {**claim_fields(two), "type": "claim", "article_id": article, "external_id": "c-1"}
    answer = two.request("POST", "/v1/imports", by="analyst", json=line, content_type="application/x-ndjson")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    claim = two.by_external_id("c-1")["id"]
    refused = decide(two, claim, "content", status=403)
    assert refused["detail"].startswith("You added this claim, and this desk requires two people")
    # The same again, by another person, changes nothing and makes nobody its author.
    again = two.request("POST", "/v1/imports", by="other", json=line, content_type="application/x-ndjson")
    assert (again.status_code, b'"unchanged"' in again.data) == (200, True)
    decide(two, claim, "content", by="other")


def test_second_opinions_need_somebody_who_had_no_part_too(two: Desk) -> None:
    claim = two.made("/v1/claims", claim_fields(two), by="contributor")["id"]
    amend(two, claim, {"text": "Thousands gathered."}, by="analyst")
    for question in Question:
        decide(two, claim, question, by="other")
    for question in Question:
        here = f"/v1/claims/{claim}/second-opinion"
        asked = {"question": question, "reviewer_id": two.people["analyst"]}
        refused = two.post(here, asked, by="admin")
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/reviewer_id")
        assert "edited the subject of the verdict" in refused.json["errors"][0]["detail"]
        two.made(here, {"question": question}, by="other")  # of whoever comes first
        assert two.get(f"/v1/claims/{claim}", by="analyst").json["text"] == "Thousands gathered."
        etag = two.get(f"/v1/claims/{claim}", by="analyst").headers["ETag"]
        body = {"question": question, "status": "verified", "reason": REASON, "evidence": [PROOF]}
        barred = two.review(claim, by="analyst", etag=etag, **body)
        assert (barred.status_code, "edited the subject of this verdict" in barred.json["detail"]) == (403, True)
        etag = two.get(f"/v1/claims/{claim}", by="admin").headers["ETag"]
        assert two.review(claim, by="admin", etag=etag, **body).status_code == 201


def test_without_the_setting_nobody_is_barred_and_nothing_is_asked(desk: Desk) -> None:
    claim = desk.made("/v1/claims", claim_fields(desk), by="analyst")["id"]
    amend(desk, claim, {"text": "Thousands gathered."}, by="analyst")
    with Statements(desk) as statements:
        decide(desk, claim, "content")
    assert statements.seen
    assert [each for each in statements.seen if "position(" in each or "instr(" in each] == []


def test_the_amendments_of_a_person_are_found_along_an_index(two: Desk, engine: str) -> None:
    claim = two.made("/v1/claims", claim_fields(two), by="contributor")["id"]
    for number in range(3):
        amend(two, claim, {"tags": [f"tag-{number}"]}, by="analyst")
    with Statements(two) as statements:
        decide(two, claim, "content")
    [asked] = [each for each in statements.seen if "position(" in each or "instr(" in each]
    if engine == "sqlite":
        with two.database.reading() as connection:
            plan = str(connection.execute(text("EXPLAIN QUERY PLAN " + asked.replace("?", "'x'"))).all())
        assert "ix_revisions_amendments (subject_id=? AND actor_id=?)" in plan


def test_the_page_says_who_must_decide(desk: Desk, two: Desk) -> None:
    claim = two.made("/v1/claims", claim_fields(two), by="contributor")["id"]
    amend(two, claim, {"attribution": [{"described_as": "an official", "directness": "direct"}]}, by="analyst")
    visitor, here = Visitor(two), f"/claims/{claim}"
    page = visitor.get(here).get_data(as_text=True)
    assert page.count("You edited the subject of this verdict, and this desk requires two people") == 1
    content, *others = [fields["question"] for fields in _decisions(visitor, here)]
    assert (content, others) == ("content", [])
    # A form from before the amendment is refused as the API refuses it.
    sent = visitor.fields(here, f"{here}/reviews") | {"question": "attribution", "status": "verified", "reason": REASON}
    answer = visitor.client.post(f"{here}/reviews", data=sent, headers={"Accept": "text/html"})
    assert (answer.status_code, "somebody else must decide it" in answer.get_data(as_text=True)) == (403, True)
    assert two.get(f"/v1/claims/{claim}").json["attribution"]["status"] == "unverified"
    # Without the setting the same page offers both.
    plain = Visitor(desk)
    assert [fields["question"] for fields in _decisions(plain, here)] == ["content", "attribution"]


def _decisions(visitor: Visitor, here: str) -> list[dict[str, str]]:
    """Return the fields of the forms that decide, without those that assign or release."""
    found = []
    at = 0
    while True:
        try:
            fields = visitor.fields(here, f"{here}/reviews", at)
        except IndexError:
            return found
        at += 1
        if "reason" in fields:
            found.append(fields)
