"""Actions that begin while another is under way: what one adds must not be missed by the other."""

import io
import threading
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from factcheck.desk import claims, people, relations, sources
from factcheck.desk.access.callers import Credential, digest, identify_for_writing
from factcheck.desk.claim_state import entering
from factcheck.desk.identity import judgments
from factcheck.exchange import imports, intake
from factcheck.inspection import upkeep
from factcheck.inspection.worlds import Relations
from factcheck.log.actors import Actor
from factcheck.schemas.claims import ClaimIn
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.people import Token
from tests.desk import Desk, audit_faults
from tests.examining import claim_faults

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@pytest.fixture
def begun(desk: Desk, engine: str) -> Callable[[Callable[[Session, Actor], Any], Callable[[], TestResponse]], int]:
    """Do an action, let a request begin that has to wait for it, commit the action, and return the request's status.

    What the action returns, if anything, is the rest of it, which is done while the request waits.
    """

    def run(action: Callable[[Session, Actor], Any], request: Callable[[], TestResponse]) -> int:
        answers: list[TestResponse] = []
        waiting = threading.Thread(target=lambda: answers.append(request()), daemon=True)
        with desk.database.writing() as session:
            actor = identify_for_writing(session, Credential(Token, digest(desk.tokens["analyst"])))
            rest = action(session, actor)
            waiting.start()
            if engine == "postgresql":  # on SQLite whoever writes waits for whoever writes
                with desk.database.reading() as connection:
                    while waiting.is_alive() and not connection.execute(WAITING).scalar_one():
                        pass
            if rest is not None:
                rest()
        waiting.join()
        return answers[0].status_code

    return run


@pytest.mark.parametrize("action", ["withdrawal", "redaction"])
def test_a_claim_that_goes_takes_its_newest_relation_along(desk: Desk, begun: Any, action: str) -> None:
    one, other = desk.claim(), desk.claim()

    def relate(session: Session, actor: Actor) -> None:
        relations.add(session, actor, one["id"], kind="contradicts", other_id=other["id"], note=None)

    path = f"/v1/claims/{other['id']}/{action}"
    gone = begun(relate, lambda: desk.post(path, {"reason": "Entered twice."}, by="admin"))
    assert gone == 204
    assert desk.get(f"/v1/claims/{one['id']}").json["relations"] == []
    assert faults(desk) == []


def test_a_new_name_reaches_a_claim_that_is_being_entered_with_a_merged_source(desk: Desk, begun: Any) -> None:
    source, merged = desk.source(), desk.source(name="The organizers")
    same = {"into": source["id"], "reason": "The same."}
    assert desk.post(f"/v1/sources/{merged['id']}/merge", same, by="admin").status_code == 200
    article, entered = desk.article(), []

    def enter(session: Session, actor: Actor) -> None:
        body = {
            "article_id": article["id"], "text": "Up to a million people were present.", "kind": "factual",
            "quotes": [{"exact": "up to a million people were present"}],
            "attribution": [{"source_id": merged["id"], "cue": "claiming", "directness": "direct"}],
        }  # fmt: skip
        entered.append(claims.add(session, actor, **ClaimIn().load(body)).id)

    path, etag = f"/v1/sources/{source['id']}", desk.get(f"/v1/sources/{source['id']}").headers["ETag"]
    assert begun(enter, lambda: desk.patch(path, {"name": "Rally committee"}, etag=etag)) == 200
    assert desk.get(f"/v1/claims/{entered[0]}").json["attribution"]["origin"]["name"] == "Rally committee"
    assert faults(desk) == []


def test_a_merge_of_outlets_counts_a_claim_that_is_being_entered(desk: Desk, begun: Any) -> None:
    one, other = (desk.source(name=name, kind="organization") for name in ("A paper", "The paper"))
    article = desk.article(outlet_id=one["id"])

    def enter(session: Session, actor: Actor) -> None:
        body = {
            "article_id": article["id"], "text": "Up to a million people were present.", "kind": "factual",
            "quotes": [{"exact": "up to a million people were present"}], "attribution": [],
        }  # fmt: skip
        claims.add(session, actor, **ClaimIn().load(body))

    path = f"/v1/sources/{one['id']}/merge"
    merge = begun(enter, lambda: desk.post(path, {"into": other["id"], "reason": "The same."}, by="admin"))
    assert merge == 200
    assert faults(desk) == []


def faults(desk: Desk) -> list[Any]:
    """Return what `factcheck doctor` and `factcheck log verify` find amiss with claims and with the audit's counts."""
    with desk.database.writing() as session:
        found = claim_faults(session)
    return found + audit_faults(desk.database)


def test_a_merge_of_outlets_counts_what_is_being_imported(desk: Desk, begun: Any) -> None:
    one, other = (desk.source(name=name, kind="organization") for name in ("A paper", "The paper"))
    article = desk.article(outlet_id=one["id"], external_id="rally")
    claim = {
        "type": "claim", "external_id": "million", "article_id": "rally", "kind": "factual", "attribution": [],
        "text": "Up to a million people were present.", "quotes": [{"exact": "up to a million people were present"}],
    }  # fmt: skip
    batch = next(intake.batches(io.BytesIO(orjson.dumps(claim)), "ndjson"))

    def enter(session: Session, actor: Actor) -> Callable[[], None]:
        importing = imports._Importing(session, actor, batch.lines, imports.Texts(), None)

        def rest() -> None:
            [result] = importing.run(batch.lines)
            assert result.outcome == "added", result
            entering.enter(session, actor, importing.new, importing.refs)

        return rest

    path = f"/v1/sources/{one['id']}/merge"
    assert begun(enter, lambda: desk.post(path, {"into": other["id"], "reason": "The same."}, by="admin")) == 200
    assert desk.get(f"/v1/articles/{article['id']}").json["outlet"]["id"] == other["id"]
    assert faults(desk) == []


def test_a_token_is_made_for_somebody_who_is_writing(desk: Desk, begun: Any) -> None:
    """What they write refers to them: their row is not to be held from that."""

    def issue(session: Session, _actor: Actor) -> Callable[[], None]:
        people.locked(session, "Test analyst")

        def rest() -> None:
            people.issue_token(session, people.operator(session), name="Test analyst")

        return rest

    assert begun(issue, lambda: desk.post("/v1/sources", {"name": "X", "kind": "group"}, by="analyst")) == 201


def test_a_review_that_waits_for_a_merge_of_outlets_counts_the_merged_one(desk: Desk, begun: Any) -> None:
    """What a claim's JSON is made of is read before the lock that the merge holds; who published it changed since."""
    one, other = (desk.source(name=name, kind="organization") for name in ("A paper", "The paper"))
    claim = desk.claim(article_id=desk.article(outlet_id=one["id"])["id"])

    def merge(session: Session, _actor: Actor) -> None:
        admin = identify_for_writing(session, Credential(Token, digest(desk.tokens["admin"])))
        sources.merge(session, admin, one["id"], into=other["id"], reason="The same.")

    assert begun(merge, lambda: desk.review(claim["id"], status="unverifiable", reason="Nobody counted.")) == 201
    assert faults(desk) == []


def test_a_judgment_that_waits_for_another_one_may_not_contradict_it(desk: Desk, begun: Any) -> None:
    """Neither of the two names a source that the other one names."""
    a, b, c, d = (desk.source(name=name)["id"] for name in "ABCD")
    why = {"reason": "Somebody asked them."}
    for one, other, judgment in ((a, b, "same"), (c, d, "same"), (a, d, "different")):
        desk.made(f"/v1/sources/{one}/judgments", {"other_id": other, "judgment": judgment, **why})

    def part(session: Session, actor: Actor) -> None:
        judgments.judge(session, actor, a, other_id=d, judgment="unsure", **why)
        judgments.judge(session, actor, b, other_id=d, judgment="same", **why)

    against = {"other_id": c, "judgment": "different", **why}
    assert begun(part, lambda: desk.post(f"/v1/sources/{a}/judgments", against)) == 409
    assert faults(desk) == []


def test_sources_are_parted_for_a_claim_that_is_being_entered_with_one_of_them(desk: Desk, begun: Any) -> None:
    source, joined = (desk.source(name=name)["id"] for name in ("The organizers", "Rally organizers"))
    why = {"other_id": joined, "reason": "Somebody asked them."}
    desk.made(f"/v1/sources/{source}/judgments", {**why, "judgment": "same"})
    article = desk.article()["id"]

    def enter(session: Session, actor: Actor) -> None:
        body = {
            "article_id": article, "text": "Up to a million people were present.", "kind": "factual",
            "quotes": [{"exact": "up to a million people were present"}],
            "attribution": [{"source_id": joined, "cue": "claiming", "directness": "direct"}],
        }  # fmt: skip
        claims.add(session, actor, **ClaimIn().load(body))

    parted = begun(enter, lambda: desk.post(f"/v1/sources/{source}/judgments", {**why, "judgment": "different"}))
    assert parted == 201
    [claim] = desk.get(f"/v1/claims?article={article}").json["items"]
    assert claim["attribution"]["origin"]["name"] == "Rally organizers"
    assert faults(desk) == []


def test_a_renewal_leaves_a_review_that_comes_meanwhile_as_it_is(desk: Desk, begun: Any) -> None:
    claim = desk.claim()

    def renew(session: Session, _actor: Actor) -> Callable[[], None]:
        seqs = upkeep._locked(session, -1)

        def rest() -> None:
            for each in session.scalars(select(Claim).where(Claim.seq.in_(seqs))):
                each.document = each.document.replace(b"{", b"{ ", 1)  # what an older version made of it
            session.flush()
            upkeep._renew(session, Relations(session.connection()), seqs)

        return rest

    assert (
        begun(renew, lambda: desk.review(claim["id"], status="unverifiable", reason="Nobody counted.", etag="*")) == 201
    )
    assert desk.get(f"/v1/claims/{claim['id']}").json["status"] == "unverifiable"
    assert faults(desk) == []
