"""Redaction of parts: what is removed is nowhere any more, what stays is proved, and the same request does nothing."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from factcheck.desk import claims, people
from factcheck.desk.claim_state.texts import of_claim
from factcheck.desk.redactions import people as redactions
from factcheck.errors import FactcheckError, Invalid
from factcheck.log.actors import as_actor
from factcheck.rules.roles import Role
from factcheck.schemas.base import load
from factcheck.schemas.claims import ClaimIn
from factcheck.storage.tables.people import Person
from factcheck.web.problems import TABLE
from tests.desk import TEXT, Desk
from tests.everything import asked_of_us
from tests.redacting import catch_up, faults, places, rebuilt_faults
from tests.reporting import published, report_on
from tests.test_backup import programs  # noqa: F401 - a fixture

Json = dict[str, Any]
CANARY = "Zanzibarquagga"
NAMED = TEXT.replace("thousands of people gathered", f"thousands of people gathered around {CANARY} there")
PIECE = {"stance": "refutes", "title": "A count", "excerpt": "They counted thousands of people."}
REASON = "Two people counted them."
WHY = "A court asked for it."


@dataclass
class Case:
    """A desk in which something holds the canary. `ask` redacts it, for a reason and as somebody."""

    desk: Desk
    repeat: tuple[str, Json] = ("", {})  # a request that named the canary, and its body
    telling: str = CANARY  # what a reason must not say
    target: str = ""
    body: Json = field(default_factory=dict)

    def keyed(self, path: str, body: Json, by: str = "analyst") -> Json:
        """Send a request under a key and return what it made; it is the one that is sent again."""
        made = self.desk.post(path, body, by=by, headers={"Idempotency-Key": "the key"})
        assert made.status_code in (200, 201), made.get_data(as_text=True)
        self.repeat = path, body
        answer: Json = made.json
        return answer

    def ask(self, reason: str = WHY, by: str = "admin") -> tuple[int, Json]:
        if self.target.startswith("/"):
            answer = self.desk.post(self.target, {**self.body, "reason": reason}, by=by)
            return answer.status_code, answer.json if answer.data else {}
        try:
            with self.desk.database.writing() as session:
                actor = as_actor(session.get_one(Person, self.desk.people[by]))
                redactions.erase(session, actor, name=self.target, reason=reason)
        except FactcheckError as error:
            return TABLE[type(error)].status, {
                "detail": error.detail,
                "errors": [each.as_json() for each in error.flaws],
            }
        return 204, {}


def of_relation(desk: Desk) -> Case:
    """A relation's note; the claim was edited before and judged after."""
    case, article = Case(desk), desk.article()["id"]
    one, other = (desk.claim(article_id=article, text=f"Claim {each} of two.")["id"] for each in ("one", "two"))
    desk.patch(f"/v1/claims/{one}", {"text": "Claim one of the two."}, etag="*")
    body = {"kind": "contradicts", "claim_id": other, "note": f"As {CANARY} said."}
    case.telling = body["note"]
    relation = case.keyed(f"/v1/claims/{one}/relations", body)["id"]
    desk.review(one, status="refuted", reason=REASON, evidence=[PIECE])
    case.target = f"/v1/claims/{one}/relations/{relation}/redaction"
    return case


def _quoting(desk: Desk, article: str) -> None:
    """Add claims that quote and repeat the canary, before and after a newer text, and edit and judge them."""
    quote = f"gathered around {CANARY} there"
    hop = {"described_as": f"people near {CANARY}", "cue": "said", "directness": "direct", "note": f"{CANARY} again",
           "source_quotes": [{"exact": CANARY}]}  # fmt: skip
    one = desk.claim(
        article_id=article, text=f"Thousands {quote}.", quotes=[{"exact": quote}, {"exact": "thousands of people"}],
        attribution=[hop], tags=["rally", CANARY.lower(), CANARY], kind="quantity",
        quantity={"low": 1000, "high": None, "unit": CANARY, "wording": f"thousands around {CANARY}"},
    )["id"]  # fmt: skip
    near = desk.claim(article_id=article, quotes=[{"exact": "The organizers left early."}])["id"]
    other = desk.claim(article_id=article, text="They left.", quotes=[{"exact": f"{CANARY} there. The organizers"}])[
        "id"
    ]
    piece = {**PIECE, "note": f"Seen by {CANARY}.", "url": f"https://e.example/{CANARY}", "title": CANARY}
    desk.review(one, status="disputed", reason=f"{CANARY} was not there at all.", evidence=[piece, PIECE])
    said = {"kind": "broadcast", "url": f"https://v.example/{CANARY}", "place": CANARY, "account": f"@{CANARY}"}
    heard, seen = (desk.made(f"/v1/claims/{one}/occurrences", {**said, "kind": kind}) for kind in ("video", "image"))
    desk.post(f"/v1/claims/{one}/occurrences/{seen['id']}/withdrawal", {"reason": f"{CANARY} did not say it."})
    assert heard["account"] == f"@{CANARY}"
    opinion = {"note": f"Was {CANARY} there?"}
    desk.made(f"/v1/claims/{one}/second-opinion", opinion)
    desk.review(one, by="admin", status="disputed", reason=f"{CANARY} was away, I think.", evidence=[piece])
    desk.patch(f"/v1/claims/{one}", {"text": f"Thousands {quote}, it says."}, etag="*")
    desk.made(f"/v1/claims/{near}/relations", {"kind": "contradicts", "claim_id": other, "note": f"See {CANARY}."})
    desk.patch(f"/v1/articles/{article}", {"title": f"A rally around {CANARY}"}, etag="*")
    for claim in (one, near):
        asked = desk.made(f"/v1/claims/{claim}/comments", {"text": f"Is it {CANARY}, @Test admin?"})
        edited = {"text": f"Is {CANARY} it?", "mentions": [desk.people["admin"]]}
        key = {"If-Match": "*", "Idempotency-Key": claim}
        answer = desk.request("PATCH", f"/v1/comments/{asked['id']}", json=edited, headers=key)
        assert answer.status_code == 200
    at = NAMED.index(CANARY)
    for start, end in ((at - 3, at + 4), (at, at + len(CANARY))):
        quote = {"snapshot": 1, "start": start, "end": end}
        about = {"text": f"Who is {NAMED[start:end]}?", "quote": quote}
        desk.made(f"/v1/articles/{article}/comments", about)
    newer = NAMED.replace("Meanwhile", f"In the meantime {CANARY} came, and")
    desk.made(f"/v1/articles/{article}/snapshots", {"text": newer}, by="contributor")
    desk.post(f"/v1/claims/{other}/withdrawal", {"reason": f"{CANARY} is named."}, by="admin")


def of_words(desk: Desk) -> Case:
    """A name in an article's text, in two snapshots, quoted by claims."""
    case = Case(desk)
    article = case.keyed("/v1/articles", {"title": "A rally", "text": NAMED, "author": CANARY,
                         "url": f"https://news.example/{CANARY}"})["id"]  # fmt: skip
    _quoting(desk, article)
    [claim] = desk.get(f"/v1/claims?article={article}&limit=1").json["items"]
    published(desk, report_on(desk, claim["id"]))
    request = asked_of_us(desk, claim_id=claim["id"], text=f"{CANARY} was not there.")
    answered = {"text": f"{CANARY} was."}, {"Idempotency-Key": "answered"}
    assert desk.post(f"/v1/correction-requests/{request}/answer", answered[0], headers=answered[1]).status_code == 200
    start = NAMED.index(CANARY)
    case.target = f"/v1/articles/{article}/redaction"
    case.body = {"snapshot": 1, "start": start, "end": start + len(CANARY)}
    return case


def of_text(desk: Desk) -> Case:
    """All of an article's text. What people wrote in their own words stays; here they quote."""
    case = Case(desk, telling=f"gathered around {CANARY} there")
    article = case.keyed("/v1/articles", {"title": "A rally", "text": NAMED})["id"]
    quote = f"gathered around {CANARY} there"
    one = desk.claim(article_id=article, text=f"Thousands {quote}.", quotes=[{"exact": quote}])["id"]
    desk.review(one, status="refuted", reason=f"Nobody {quote}.", evidence=[PIECE])
    desk.made(f"/v1/articles/{article}/snapshots", {"text": f"{NAMED} More."}, by="contributor")
    case.target = f"/v1/articles/{article}/redaction"
    return case


def of_source(desk: Desk) -> Case:
    """A source that was renamed, with one that was merged into it, named by claims, evidence and an article."""
    case = Case(desk)
    fields = {"kind": "person", "description": f"{CANARY} speaks.", "aliases": [f"Dr {CANARY}"],
              "same_as": [f"https://w.example/{CANARY}"], "external_id": CANARY}  # fmt: skip
    into = case.keyed("/v1/sources", {"name": f"J. {CANARY}", **fields})["id"]
    old = desk.source(name=f"Old {CANARY}", kind="person")["id"]
    article = desk.article(outlet_id=into)["id"]
    hop = {"directness": "direct", "cue": "claiming"}
    one = desk.claim(article_id=article, attribution=[{**hop, "source_id": old}])["id"]
    other = desk.claim(article_id=article, text="They left.", attribution=[{**hop, "source_id": into}])["id"]
    desk.review(one, status="verified", reason=REASON, evidence=[{**PIECE, "stance": "supports", "source_id": into}])
    for name in (f"James {CANARY}", f"Jim {CANARY}"):
        desk.patch(f"/v1/sources/{into}", {"name": name}, etag="*")
    desk.patch(f"/v1/claims/{other}", {"attribution": []}, etag="*")
    merged = desk.post(f"/v1/sources/{old}/merge", {"into": into, "reason": f"Both are {CANARY}."}, by="admin")
    assert merged.status_code == 200
    other_one = {"other_id": into, "judgment": "different", "reason": f"Nobody calls him {CANARY}."}
    desk.made(f"/v1/sources/{desk.source(name='Another', kind='person')['id']}/judgments", other_one)
    related = {"kind": "owns", "note": f"{CANARY} says so."}
    third = desk.source(name="A third one", kind="organization")["id"]
    ties = [
        desk.made(f"/v1/sources/{one_end}/relations", {**related, "other_id": other_end})
        for one_end, other_end in ((into, third), (third, old))
    ]
    for tie in ties:
        gone = desk.post(
            f"/v1/sources/{tie['source']['id']}/relations/{tie['id']}/withdrawal", {"reason": f"{CANARY} sold it."}
        )
        assert gone.status_code == 200
    case.target = f"/v1/sources/{into}/redaction"
    return case


def of_source_relation(desk: Desk) -> Case:
    """The note of a relation between two sources, which was withdrawn."""
    case = Case(desk)
    one, other = (desk.source(name=name, kind="organization")["id"] for name in ("A holding", "A newspaper"))
    body = {"kind": "owns", "other_id": other, "since": "2019", "note": f"{CANARY} says so."}
    case.telling = body["note"]
    tie = case.keyed(f"/v1/sources/{one}/relations", body)["id"]
    desk.claim(attribution=[{"source_id": one, "directness": "direct"}])
    gone = desk.post(f"/v1/sources/{other}/relations/{tie}/withdrawal", {"reason": "It was sold."})
    assert gone.status_code == 200
    case.target = f"/v1/sources/{one}/relations/{tie}/redaction"
    return case


def of_person(desk: Desk) -> Case:
    """A person who added, decided and related, and has webhooks."""
    name = f"Mx {CANARY}"
    with desk.database.writing() as session:
        operator = people.operator(session)
        desk.people["leaver"] = people.add(session, operator, name=name, role=Role.ADMIN, display_name=CANARY).id
        people.set_display_name(session, operator, name=name, display_name=f"{CANARY} of the desk")
        desk.tokens["leaver"] = people.issue_token(session, operator, name=name)
        people.revoke(session, operator, name=name, reason=f"{CANARY} lost it.")
        desk.tokens["leaver"] = people.issue_token(session, operator, name=name)
    case, article = Case(desk, telling=name, target=name), desk.article()["id"]
    one, other = (desk.claim(article_id=article, text=f"Claim {each} of two.")["id"] for each in ("one", "two"))
    desk.review(one, by="leaver", status="verified", reason=REASON, evidence=[{**PIECE, "stance": "supports"}])
    desk.review(one, by="leaver", status="verified", question="attribution", reason=REASON)
    desk.patch(f"/v1/claims/{one}", {"text": "Claim one of the two."}, etag="*")
    case.keyed(f"/v1/claims/{other}/evidence", {**PIECE, "note": "Page 3."}, by="leaver")
    desk.made(f"/v1/claims/{one}/relations", {"kind": "contradicts", "claim_id": other, "note": "Both."}, by="leaver")
    desk.made("/v1/webhooks", {"url": f"https://hook.example/{CANARY}", "description": CANARY}, by="leaver")
    desk.made(f"/v1/claims/{one}/comments", {"text": "I left."}, by="leaver")
    asked = {"text": f"@mx {CANARY.lower()}, is it so?", "mentions": [desk.people["leaver"]]}
    told = desk.made(f"/v1/claims/{one}/comments", asked)["id"]
    case.target = f"Dr {CANARY}"
    renamed = desk.patch(f"/v1/people/{desk.people['leaver']}", {"name": case.target}, by="admin", etag="*")
    assert renamed.json["name"] == case.target
    desk.made(f"/v1/claims/{other}/comments", asked | {"text": f"@Dr {CANARY} is who @Mx {CANARY} was."})
    assert desk.patch(f"/v1/comments/{told}", {"mentions": []}, etag="*").status_code == 200
    return case


def of_comment(desk: Desk) -> Case:
    """A comment that was edited, answered and withdrawn with a reason."""
    case, claim = Case(desk), desk.claim()["id"]
    body = {"text": f"It was {CANARY} who said so.", "mentions": [desk.people["admin"]]}
    case.telling = body["text"]
    comment = case.keyed(f"/v1/claims/{claim}/comments", body)["id"]
    here = f"/v1/comments/{comment}"
    edited = desk.request(
        "PATCH", here, json={"text": f"It was {CANARY}."}, headers={"If-Match": "*", "Idempotency-Key": "another"}
    )
    assert edited.status_code == 200
    desk.made(f"/v1/claims/{claim}/comments", {"text": "Was it?", "in_reply_to": comment})
    assert desk.post(f"{here}/withdrawal", {"reason": f"{CANARY} is named."}).status_code == 200
    case.target = f"{here}/redaction"
    return case


def of_report(desk: Desk) -> Case:
    """A report that was published, corrected and retracted, with what somebody typed and did not save."""
    case, claim = Case(desk), desk.claim()["id"]
    told = f"{{{{claim:{claim}}}}}\n\nIt was {CANARY}."
    body = {"title": f"{CANARY} was there", "language": "en", "summary": f"Of {CANARY}.", "text": told}
    case.telling = body["title"]
    here = f"/v1/reports/{case.keyed('/v1/reports', body)['id']}"
    for moves in (("submitted", "approved", "published"), ("submitted", "draft", "submitted", "approved", "published")):
        for number, to in enumerate(moves):
            key = {"If-Match": "*", "Idempotency-Key": f"{len(moves)}-{number}"}
            move = {"to": to, "reason": f"{CANARY} is wrong." if to == "draft" else None}
            move |= {"correction": f"It was not {CANARY} who came."} if to == "published" and len(moves) > 3 else {}
            assert desk.post(f"{here}/moves", move, headers=key).status_code == 200
        edited = desk.request("PATCH", here, json={"text": f"{told} {len(moves)}"}, headers={"If-Match": "*"})
        assert edited.status_code == 200
    typed = {"version": 3, "title": CANARY, "text": CANARY}
    assert desk.request("PUT", f"{here}/draft", json=typed, headers={"Idempotency-Key": "typed"}).status_code == 200
    retracted = {"to": "retracted", "reason": f"{CANARY} asked for it."}
    assert desk.post(f"{here}/moves", retracted, headers={"If-Match": "*"}).status_code == 200
    case.target = f"{here}/redaction"
    return case


def of_request(desk: Desk) -> Case:
    """A reader's request for a correction, which was answered twice."""
    case, claim = Case(desk), desk.claim()["id"]
    published(desk, report_on(desk, claim))
    request = asked_of_us(desk, claim_id=claim, text=f"{CANARY} was there.", url=f"https://x.example/{CANARY}")
    here = f"/v1/correction-requests/{request}"
    assert desk.post(f"{here}/answer", {"text": f"{CANARY} was not."}).status_code == 200
    body = {"text": f"We ask {CANARY}."}
    case.keyed(f"{here}/answer", body)
    case.telling = body["text"]
    case.target = f"{here}/redaction"
    return case


KINDS: dict[str, Callable[[Desk], Case]] = {
    "a relation's note": of_relation,
    "words of a text": of_words,
    "a whole text": of_text,
    "a comment": of_comment,
    "a report": of_report,
    "a request for a correction": of_request,
    "a source": of_source,
    "a relation of sources": of_source_relation,
    "a person": of_person,
}


@pytest.fixture(params=KINDS)
def case(request: pytest.FixtureRequest, desk: Desk) -> Case:
    made: Case = KINDS[request.param](desk)
    return made


@pytest.mark.usefixtures("programs")
def test_what_is_redacted_is_nowhere_any_more(case: Case, tmp_path: Path, logged: io.StringIO) -> None:
    desk, backups = case.desk, tmp_path / "backups"
    backups.mkdir()
    before = places(desk, CANARY, backups)
    assert {each.split()[0] for each in before} >= {"table", "answer", "backup"}
    assert faults(desk.database) == []
    claims = desk.get("/v1/claims?limit=200&sort=created_at").json["items"]
    versions = _versions(desk)

    assert case.ask() == (204, {})

    assert places(desk, CANARY, backups) == []
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []
    assert CANARY not in logged.getvalue()
    left = desk.get("/v1/claims?limit=200&sort=created_at").json["items"]
    assert [item["id"] for item in left] == [item["id"] for item in claims]
    assert _versions(desk) >= versions


def _versions(desk: Desk) -> set[tuple[int, int]]:
    with desk.database.reading() as connection:
        rows = connection.execute(text("SELECT claim_seq, changed_index FROM claim_versions"))
        return {(row.claim_seq, row.changed_index) for row in rows}


def test_the_same_request_does_nothing_again(case: Case) -> None:
    desk, (path, body) = case.desk, case.repeat
    by = "leaver" if case.target.startswith("Dr") else "analyst"
    assert case.ask() == (204, {})
    before = desk.changes()
    for sent in (
        body,
        {name: f"{value}." if name in ("title", "name", "note") else value for name, value in body.items()},
    ):
        again = desk.post(path, sent, by=by, headers={"Idempotency-Key": "the key"})
        if by == "leaver":  # who has no way in any more
            assert (again.status_code, again.json["type"]) == (401, "/problems/unauthenticated")
        else:
            assert (again.status_code, again.json["type"]) == (410, "/problems/redacted")
    assert desk.changes() == before


def test_only_admins_redact_once_and_with_a_reason_that_is_silent(case: Case) -> None:
    before = case.desk.changes()
    assert case.ask(by="analyst")[0] == 403
    status, told = case.ask(f"It says: {case.telling.upper()}")
    assert (status, [flaw["pointer"] for flaw in told["errors"]]) == (422, ["/reason"])
    assert case.desk.changes() == before
    assert case.ask() == (204, {})
    again, told = case.ask()
    if case.target.startswith("Dr"):
        assert (again, told["detail"]) == (404, f"Nobody has the name “{case.target}”.")
    else:
        assert (again, "redacted" in told["detail"]) == (409, True)


def test_the_log_says_that_it_was_done(case: Case) -> None:
    desk = case.desk
    last = desk.changes()[-1]["log_index"]
    assert case.ask() == (204, {})
    added = [each for each in desk.changes() if each["log_index"] > last]
    assert {each["action"] for each in added} <= {"redact", "redact_part"}
    assert WHY in [each["reason"] for each in added]
    assert {each["actor"]["id"] for each in added} == {desk.people["admin"]}
    assert [each for each in desk.changes() if each["log_index"] <= last and each["redacted"]]
    catch_up(desk)
    assert faults(desk.database) == []


def test_a_redaction_that_is_sent_again_is_answered_as_before(desk: Desk) -> None:
    article, claim = desk.article()["id"], desk.claim()["id"]
    for path in (f"/v1/articles/{article}/redaction", f"/v1/claims/{claim}/redaction"):
        sent = [desk.post(path, {"reason": WHY}, by="admin", headers={"Idempotency-Key": "r"}) for _ in range(2)]
        assert [(answer.status_code, answer.data) for answer in sent] == [(204, b""), (204, b"")]
        assert desk.post(path, {"reason": "Another."}, by="admin", headers={"Idempotency-Key": "r"}).status_code == 422


@pytest.mark.parametrize(
    ("place", "status", "pointer"),
    [
        ({"start": 4}, 422, "/end"),
        ({"end": 9}, 422, "/end"),
        ({"start": 9, "end": 4}, 422, "/end"),
        ({"start": 0, "end": 10_000}, 422, "/end"),
        ({"start": 3, "end": 4}, 422, "/end"),
        ({"start": 0, "end": 9, "snapshot": 2}, 422, "/snapshot"),
        ({"snapshot": 1}, 422, "/snapshot"),
        ({"start": -1, "end": 9}, 422, "/start"),
        ({"words": "Everything"}, 422, "/words"),
    ],
)
def test_a_place_that_is_not_there_is_told(desk: Desk, place: Json, status: int, pointer: str) -> None:
    article = desk.article()["id"]
    before = desk.changes()
    answer = desk.post(f"/v1/articles/{article}/redaction", {"reason": WHY, **place}, by="admin")
    assert (answer.status_code, [flaw["pointer"] for flaw in answer.json["errors"]]) == (status, [pointer])
    assert desk.changes() == before


def test_a_quote_keeps_its_place_and_loses_what_overlaps(desk: Desk) -> None:
    article = desk.article()["id"]
    quote = "thousands of people gathered"
    claim = desk.claim(article_id=article, text="Thousands gathered.", quotes=[{"exact": quote}])["id"]
    judged = desk.review(claim, status="verified", reason=REASON, evidence=[{**PIECE, "stance": "supports"}])
    assert judged.status_code == 201
    start = TEXT.index("people gathered")
    place = {"start": start, "end": start + len("people gathered")}
    assert desk.post(f"/v1/articles/{article}/redaction", {"reason": WHY, **place}, by="admin").status_code == 204
    shown = desk.get(f"/v1/claims/{claim}").json
    [found] = shown["quotes"]
    assert (found["exact"], found["start"]) == ("thousands of " + "█" * 15, TEXT.index(quote))
    assert (shown["text"], shown["status"], shown["reason"]) == ("Thousands gathered.", "verified", REASON)
    told = desk.get(f"/v1/articles/{article}").json
    assert (told["redacted"], told["text"]) == (True, TEXT.replace("people gathered", "█" * 15))
    assert "each █ is one character" in desk.get(f"/articles/{article}").get_data(as_text=True)
    again = desk.claim(article_id=article, quotes=[{"exact": "thousands of " + "█" * 15}])
    assert again["quotes"][0]["start"] == found["start"]
    desk.made(f"/v1/articles/{article}/snapshots", {"text": TEXT.replace("people gathered", "we gathered")})
    assert faults(desk.database) == []


def test_a_redacted_source_is_not_edited_or_merged(desk: Desk) -> None:
    gone, other = (desk.source(name=name)["id"] for name in ("Gone", "Other"))
    assert desk.post(f"/v1/sources/{gone}/redaction", {"reason": WHY}, by="admin").status_code == 204
    shown = desk.get(f"/v1/sources/{gone}").json
    assert (shown["name"], shown["redacted"], shown["aliases"]) == ("(redacted)", True, [])
    refused = [
        desk.patch(f"/v1/sources/{gone}", {"name": "Gone"}, etag="*"),
        desk.post(f"/v1/sources/{gone}/merge", {"into": other, "reason": "One."}, by="admin"),
        desk.post(f"/v1/sources/{other}/merge", {"into": gone, "reason": "One."}, by="admin"),
    ]
    assert [answer.status_code for answer in refused] == [409] * 3
    assert {answer.json["detail"] for answer in refused} == {"This source was redacted."}
    page = desk.get(f"/sources/{gone}").get_data(as_text=True)
    assert "were redacted" in page
    assert "/amendments" not in page


def test_words_found_before_a_redaction_are_not_stored_after_it(desk: Desk) -> None:
    """Quotes are found before the transaction; a redaction may come between."""
    article = desk.article(text=NAMED)["id"]
    body = {"article_id": article, "text": "They came.", "kind": "factual", "quotes": [{"exact": CANARY}]}
    fields = load(ClaimIn(), body)
    with desk.database.reading() as connection:
        texts = of_claim(connection, fields, article=article)
    assert desk.post(f"/v1/articles/{article}/redaction", {"reason": WHY}, by="admin").status_code == 204
    with pytest.raises(Invalid, match="quotes"), desk.database.writing() as session:
        claims.add(session, people.operator(session), **fields, texts=texts)
