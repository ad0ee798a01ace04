"""What changed of what readers had seen: the list, its follower, and what proves that it is complete."""

import importlib
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from sqlalchemy import select, update

from factcheck.followers.base import Following
from factcheck.followers.publisher import Publisher
from factcheck.followers.publishing.corrections import CorrectionsFollower
from factcheck.storage.tables.logbook import LogHead, Revision, RevisionContent
from factcheck.storage.tables.publishing import Correction, ReportPublication
from tests.desk import Desk
from tests.redacting import faults, rebuilt_faults
from tests.reporting import REASON, moved, published, report_on

VERIFY = Path(__file__).resolve().parent.parent / "docs" / "verify"
LATER = (datetime.now(UTC) + timedelta(days=4)).isoformat().replace("+00:00", "Z")
WHY = "Two counts say so, both by others."
EVIDENCE = [{"stance": "refutes", "title": "A count"}]
Json = dict[str, Any]


@pytest.fixture
def claim(desk: Desk) -> str:
    made: str = desk.claim()["id"]
    return made


def listed(desk: Desk, by: str | None = "admin") -> list[Json]:
    found: list[Json] = desk.get("/v1/corrections", by=by).json["items"]
    return found


def decided(desk: Desk, claim: str, status: str, reason: str = WHY, **fields: Any) -> Json:
    evidence = [] if status == "in_review" else EVIDENCE
    body = {"status": status, "reason": reason, "evidence": evidence, **fields}
    made: Json = desk.made(f"/v1/claims/{claim}/reviews", body, headers={"If-Match": "*"})
    return made


# ── Verdicts ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_verdict_is_published_with_the_first_report_that_refers_to_it(desk: Desk, claim: str) -> None:
    decided(desk, claim, "refuted")
    report = report_on(desk, claim)
    decided(desk, claim, "in_review", "It is looked at again.")
    assert listed(desk) == []
    published(desk, report)
    assert listed(desk) == []
    review = decided(desk, claim, "disputed", "One of the counts was withdrawn.")
    [found] = listed(desk)
    assert found == {
        "log_index": review["log_index"],
        "at": review["reviewed_at"],
        "change": "changed",
        "claim": {"id": claim, "text": desk.get(f"/v1/claims/{claim}").json["text"]},
        "report": None,
        "changes": [{"field": "status", "before": "in_review", "after": "disputed"}],
        "reason": "One of the counts was withdrawn.",
        "blind": False,
        "links": {"page": f"/c/{claim}", "proof": f"/v1/log/proofs/{review['log_index']}"},
    }
    assert listed(desk, None) == [found]


def test_a_claim_that_no_report_refers_to_is_not_published(desk: Desk, claim: str) -> None:
    published(desk, report_on(desk, claim))
    other = desk.claim()["id"]
    decided(desk, other, "refuted")
    assert listed(desk) == []


def test_a_reason_and_an_undo_are_corrections_too(desk: Desk, claim: str) -> None:
    published(desk, report_on(desk, claim))
    decided(desk, claim, "refuted")
    second = decided(desk, claim, "refuted", "Three counts say so, all by others.")
    undone = desk.post(f"/v1/claims/{claim}/reviews/{second['id']}/undo", headers={"If-Match": "*"})
    assert undone.status_code == 201, undone.json
    told = [(each["reason"], [(one["before"], one["after"]) for one in each["changes"]]) for each in listed(desk)]
    assert told[1:] == [("Three counts say so, all by others.", []), (WHY, [("unverified", "refuted")])]
    assert len(told) == 3


def test_a_rating_that_changes_is_listed_with_its_words(desk: Desk, claim: str) -> None:
    labels = {"en": "False"}
    scale = {"name": "House", "language": "en", "ratings": [
        {"key": "false", "status": "refuted", "labels": labels},
        {"key": "fake", "status": "refuted", "labels": {"en": "Fake"}},
    ]}  # fmt: skip
    scale_id = desk.made("/v1/rating-scales", scale, by="admin")["id"]
    published(desk, report_on(desk, claim))
    for key in ("false", "fake"):
        decided(desk, claim, "refuted", rating={"scale_id": scale_id, "key": key})
    [later, _] = listed(desk)
    [change] = later["changes"]
    assert (change["field"], change["before"]["label"], change["after"]["label"]) == ("rating", "False", "Fake")


def test_an_edit_that_reopens_a_published_verdict_is_listed(desk: Desk, claim: str) -> None:
    decided(desk, claim, "refuted")
    published(desk, report_on(desk, claim))
    assert desk.patch(f"/v1/claims/{claim}", {"tags": ["rally"]}, etag="*").status_code == 200
    assert listed(desk) == []
    assert desk.patch(f"/v1/claims/{claim}", {"text": "Two million people were present."}, etag="*").status_code == 200
    assert listed(desk)[0]["changes"] == [{"field": "status", "before": "refuted", "after": "in_review"}]


def test_a_published_claim_that_goes_is_listed_without_its_words(desk: Desk, claim: str, tmp_path: Path) -> None:
    published(desk, report_on(desk, claim))
    decided(desk, claim, "refuted", "Secret words of a reason.")
    gone = desk.post(f"/v1/claims/{claim}/withdrawal", {"reason": "It is another rally."}, headers={"If-Match": "*"})
    assert gone.status_code == 204, gone.json
    redacted = desk.post(f"/v1/claims/{claim}/redaction", {"reason": "A court asked."}, by="admin")
    assert redacted.status_code in (200, 204), redacted.json
    found = listed(desk, None)
    assert [each["change"] for each in found] == ["redacted", "withdrawn", "changed"]
    assert [each["claim"]["text"] for each in found] == [None, None, None]
    assert [each["reason"] for each in found] == [None, None, None]
    assert found[2]["changes"] == [{"field": "status", "before": "unverified", "after": "refuted"}]
    assert "Secret" not in desk.get("/corrections", by=None).get_data(as_text=True)
    page = desk.get(f"/c/{claim}", by=None)
    assert page.status_code == 410
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_a_hidden_verdict_is_hidden_here(desk: Desk, claim: str) -> None:
    published(desk, report_on(desk, claim))
    decided(desk, claim, "refuted", "Words that somebody must not see yet.")
    asked = desk.post(f"/v1/claims/{claim}/second-opinion", {"reviewer_id": desk.people["admin"]})
    assert asked.status_code == 201, asked.json
    [found] = listed(desk, "admin")
    assert (found["reason"], found["changes"], found["blind"]) == (None, [], True)
    [seen] = listed(desk, "analyst")
    assert seen["reason"] == "Words that somebody must not see yet."


def test_a_report_that_tells_of_a_hidden_verdict_is_hidden_here(desk: Desk, claim: str) -> None:
    decided(desk, claim, "refuted")
    report = report_on(desk, claim, title="The count is refuted")
    published(desk, report)
    desk.patch(f"/v1/reports/{report}", {"summary": "It is refuted."}, etag="*")
    published(desk, report, correction="The verdict is refuted now.")
    asked = desk.post(f"/v1/claims/{claim}/second-opinion", {"reviewer_id": desk.people["admin"]})
    assert asked.status_code == 201, asked.json
    [found] = listed(desk, "admin")
    assert (found["report"], found["reason"], found["blind"]) == ({"id": report, "title": None}, None, True)
    assert "refuted" not in orjson.dumps(found).decode()
    assert listed(desk, "analyst")[0]["reason"] == "The verdict is refuted now."


def test_words_that_are_redacted_in_a_published_claim_are_listed(desk: Desk, claim: str) -> None:
    published(desk, report_on(desk, claim))
    article = desk.get(f"/v1/claims/{claim}").json["article"]["id"]
    text = desk.get(f"/v1/articles/{article}").json["text"]
    start = text.index("million")
    words = {"start": start, "end": start + len("million"), "reason": "A court asked."}
    assert desk.post(f"/v1/articles/{article}/redaction", words, by="admin").status_code in (200, 204)
    assert [each["change"] for each in listed(desk)] == ["redacted"]


def test_a_clock_that_goes_back_hides_nothing(desk: Desk, claim: str) -> None:
    report = report_on(desk, claim)
    published(desk, report)
    with desk.database.writing() as session:
        session.execute(update(LogHead).values(last_at=datetime.now(UTC) + timedelta(hours=1)))
    decided(desk, claim, "refuted")
    assert len(listed(desk)) == 1
    desk.patch(f"/v1/reports/{report}", {"title": "Counted again"}, etag="*")
    published(desk, report, correction="They were counted again.")
    assert listed(desk, None)[0]["report"] == {"id": report, "title": "Counted again"}


# ── Reports ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_corrections_and_the_retraction_of_a_report(desk: Desk, claim: str) -> None:
    report = report_on(desk, claim)
    published(desk, report)
    desk.patch(f"/v1/reports/{report}", {"title": "Counted again"}, etag="*")
    published(desk, report, correction="They were counted again.")
    assert moved(desk, report, "retracted", reason=REASON).status_code == 200
    retracted, corrected = listed(desk, None)
    assert (retracted["change"], retracted["reason"], retracted["changes"]) == ("retracted", REASON, [])
    assert (corrected["change"], corrected["reason"]) == ("corrected", "They were counted again.")
    assert corrected["changes"] == [{"field": "version", "before": 1, "after": 2}]
    assert corrected["report"] == {"id": report, "title": "Counted again"}
    assert corrected["links"]["page"] == f"/r/{report}"


def test_what_is_still_to_come_is_not_listed(desk: Desk, claim: str) -> None:
    report = report_on(desk, claim)
    published(desk, report)
    desk.patch(f"/v1/reports/{report}", {"title": "Counted again"}, etag="*")
    published(desk, report, correction="They were counted again.", publish_at=LATER)
    assert listed(desk) == []
    assert moved(desk, report, "approved", reason="Not yet, please.").status_code == 200
    published_rows(desk, 0)
    done = moved(desk, report, "published", correction="They were counted again.", publish_at=LATER)
    assert done.status_code == 200
    published_rows(desk, 1)
    assert moved(desk, report, "retracted", reason=REASON).status_code == 200
    assert [each["change"] for each in listed(desk)] == ["retracted"]
    published_rows(desk, 1)


def published_rows(desk: Desk, number: int) -> None:
    """Look at what the follower stored of what readers do not see yet, and of what they do."""
    listed(desk)
    with desk.database.reading() as connection:
        assert len(connection.execute(select(Correction.log_index)).all()) == number


def test_a_claim_is_published_when_its_report_is_seen(desk: Desk, claim: str) -> None:
    report = report_on(desk, claim)
    published(desk, report, publish_at=LATER)
    decided(desk, claim, "refuted")
    assert listed(desk) == []
    assert desk.get(f"/c/{claim}", by=None, headers={"Cache-Control": "no-cache"}).status_code == 404


def test_a_redacted_report_stays_in_the_list(desk: Desk, claim: str, tmp_path: Path) -> None:
    report = report_on(desk, claim, title="A secret name")
    published(desk, report)
    desk.patch(f"/v1/reports/{report}", {"title": "A secret name again"}, etag="*")
    published(desk, report, correction="The secret was misspelt.")
    decided(desk, claim, "refuted")
    before = len(listed(desk))
    redacted = desk.post(f"/v1/reports/{report}/redaction", {"reason": "A court asked."}, by="admin")
    assert redacted.status_code in (200, 204), redacted.json
    found = listed(desk, None)
    assert len(found) == before + 1
    assert "secret" not in orjson.dumps(found).decode()
    assert found[0]["change"] == "redacted"
    # The claim stays published: what becomes of its verdict goes on to be listed.
    decided(desk, claim, "disputed", "One of the counts was withdrawn.")
    assert len(listed(desk)) == before + 2
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_pages_of_the_list(desk: Desk, claim: str) -> None:
    published(desk, report_on(desk, claim))
    for at in range(5):
        decided(desk, claim, "refuted", f"Counted again, time {at}.")
    whole, pages, cursor = listed(desk), [], ""
    while cursor is not None:
        page = desk.get(f"/v1/corrections?limit=2{cursor and f'&cursor={cursor}'}").json
        pages += page["items"]
        cursor = page["next_cursor"]
    assert pages == whole
    assert len(whole) == 5
    refused = desk.get("/v1/corrections?cursor=abc")
    assert (refused.status_code, refused.json["errors"][0]["parameter"]) == (422, "cursor")


# ── Complete, whatever happens ──────────────────────────────────────────────────────────────────────────────────


def expected(desk: Desk) -> set[int]:
    """Say from the log's contents which entries changed what readers had seen: told apart from how the desk does it."""
    with desk.database.reading() as connection:
        rows = connection.execute(
            select(Revision.log_index, Revision.leaf, Revision.at, RevisionContent.content)
            .outerjoin(RevisionContent, RevisionContent.log_index == Revision.log_index)
            .order_by(Revision.log_index)
        ).all()
    seen: dict[str, list[tuple[datetime, list[str], int, bool]]] = {}  # publications by report
    verdicts: dict[str, Any] = {}
    found: set[int] = set()

    def was_published(claim: str, at: datetime) -> bool:
        return any(claim in claims and when <= at for each in seen.values() for when, claims, _, _ in each)

    for row in rows:
        leaf = orjson.loads(row.leaf)
        kind, about, action = leaf["subject"]["kind"], leaf["subject"]["id"], leaf["action"]
        changes = {each["field"]: each["after"] for each in orjson.loads(row.content)["changes"]} if row.content else {}
        if kind == "report":
            own = seen.setdefault(about, [])
            if "cancelled" in changes or changes.get("state") in ("retracted", "withdrawn"):
                own[:] = [each for each in own if each[0] <= row.at]
            if action == "redact" and any(when <= row.at for when, *_ in own):
                found.add(row.log_index)
            if action == "retract":
                found.add(row.log_index)
            if made := changes.get("publication"):
                at = datetime.fromisoformat(made["at"]) if made["at"] else row.at
                own.append((at, made["claim_ids"], row.log_index, bool(made["correction"])))
        if kind == "claim":
            changed = verdicts.get(about) != leaf["status"]
            if was_published(about, row.at) and (
                changed or action in ("review", "undo", "withdraw", "redact", "redact_part")
            ):
                found.add(row.log_index)
            verdicts[about] = leaf["status"]
    now = datetime.now(UTC)
    return found | {index for each in seen.values() for when, _, index, corrects in each if corrects and when <= now}


def demand_rebuilt(desk: Desk) -> None:
    """Demand that a rebuild, an entry at a time, comes to what following did, and that the log says the same."""

    def derived() -> list[Any]:
        with desk.database.reading() as connection:
            return sorted(map(repr, connection.execute(select(*Correction.__table__.columns))))

    followed = derived()
    following = Following(desk.database, CorrectionsFollower(), batch=1)
    following.start_over()
    following.catch_up()
    assert derived() == followed
    assert faults(desk.database) == []


class Newsroom:
    """Does random things with two claims and two reports, allowed or not."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk, self.random = desk, Random(seed)
        self.claims = [desk.claim()["id"] for _ in range(2)]
        self.reports = [report_on(desk, claim) for claim in self.claims]

    def act(self) -> None:
        doings: list[Callable[[], Any]] = [
            self.review,
            self.review,
            self.move,
            self.move,
            self.move,
            self.move,
            self.save,
            self.end,
        ]
        self.random.choice(doings)()

    def review(self) -> None:
        status = self.random.choice(["in_review", "refuted", "verified", "disputed", "unverified"])
        evidence = [{"stance": stance, "title": "A count"} for stance in ("supports", "refutes")]
        body = {"status": status, "reason": f"Counted {self.random.random()}.", "evidence": evidence}
        self.desk.post(f"/v1/claims/{self.random.choice(self.claims)}/reviews", body, headers={"If-Match": "*"})

    def move(self) -> None:
        report = self.random.choice(self.reports)
        state = self.desk.get(f"/v1/reports/{report}", by="admin").json["state"]
        onward = {"draft": "submitted", "submitted": "approved", "approved": "published", "published": "approved"}
        fields: Json = {"reason": REASON} if state == "published" else {}
        if state == "approved":
            fields = self.random.choice([{}, {"publish_at": LATER}])
            fields |= self.random.choice([{}, {"correction": "They were counted again."}])
        to = onward.get(state, "draft") if self.random.random() > 0.03 else "retracted"
        self.desk.post(
            f"/v1/reports/{report}/moves",
            {"to": to, **({"reason": REASON} if to == "retracted" else fields)},
            headers={"If-Match": "*"},
        )

    def save(self) -> None:
        text = "".join(f"{{{{claim:{claim}}}}}\n\n" for claim in self.claims if self.random.random() > 0.5)
        patch = {"text": f"So.\n\n{text}More {self.random.random()}."}
        self.desk.patch(f"/v1/reports/{self.random.choice(self.reports)}", patch, etag="*")

    def end(self) -> None:
        if self.random.random() > 0.1:
            return
        reason = {"reason": "A court asked for it."}
        path, by = self.random.choice([
            (f"/v1/claims/{self.random.choice(self.claims)}/withdrawal", "analyst"),
            (f"/v1/claims/{self.random.choice(self.claims)}/redaction", "admin"),
            (f"/v1/reports/{self.random.choice(self.reports)}/redaction", "admin"),
        ])  # fmt: skip
        self.desk.post(path, reason, by=by, headers={"If-Match": "*"})


@pytest.mark.parametrize("seed", range(4))
def test_the_list_is_what_a_fold_of_the_log_says(desk: Desk, seed: int) -> None:
    newsroom = Newsroom(desk, seed)
    for step in range(60):
        newsroom.act()
        if step % 20 == 10:  # times of publications come
            assert {each["log_index"] for each in listed(desk)} == expected(desk)
    found = {each["log_index"] for each in listed(desk)}
    assert found == expected(desk)
    assert seed or found  # not about nothing
    demand_rebuilt(desk)


def test_a_time_that_comes_needs_no_process(desk: Desk, claim: str) -> None:
    report = report_on(desk, claim)
    published(desk, report)
    desk.patch(f"/v1/reports/{report}", {"title": "Counted again"}, etag="*")
    published(desk, report, correction="They were counted again.", publish_at=LATER)
    assert listed(desk) == []
    with desk.database.writing() as session:  # as if the days had passed
        past = datetime.now(UTC)
        session.execute(update(ReportPublication).where(ReportPublication.at > past).values(at=past))
        session.execute(update(Correction).where(Correction.at > past).values(at=past))
    assert [each["change"] for each in listed(desk)] == ["corrected"]


# ── Proved from outside ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def verifier() -> Iterator[Any]:
    """docs/verify/corrections.py, which imports its neighbour."""
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(str(VERIFY))
        yield importlib.import_module("corrections")
        for name in ("corrections", "verify"):
            sys.modules.pop(name)


def outside(verifier: Any, desk: Desk) -> Any:
    """Return the desk as the verifier reads it, without a token."""
    seen = verifier.verify.Desk("", None)

    def get(path: str) -> bytes:
        answer = desk.get(path, by=None)
        assert answer.status_code == 200, (path, answer.data)
        return answer.data

    seen.get = get
    return seen


@pytest.mark.parametrize("seed", range(4))
def test_everybody_can_verify_the_list(desk: Desk, verifier: Any, tmp_path: Path, seed: int) -> None:
    newsroom = Newsroom(desk, seed)
    for _ in range(60):
        newsroom.act()
    publisher = Publisher(desk.database, tmp_path / "log")
    publisher.publish()
    keys = [each.verifier() for each in publisher.signers()]
    assert list(verifier.verified(outside(verifier, desk), keys)) == []


def signed(desk: Desk, folder: Path) -> list[str]:
    """Sign the log as it is, and return the keys."""
    publisher = Publisher(desk.database, folder)
    publisher.publish()
    return [each.verifier() for each in publisher.signers()]


def told(verifier: Any, desk: Desk, keys: list[str], change: Callable[[Json], Json | None]) -> list[str]:
    """Verify a list of which each correction was changed, or left out."""
    read = verifier.list_of

    def changed(seen: Any) -> Any:
        found, reached = read(seen)
        return [shown for each in found if (shown := change(each)) is not None], reached

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(verifier, "list_of", changed)
        return list(verifier.verified(outside(verifier, desk), keys))


def test_the_verifier_names_what_is_left_out(desk: Desk, verifier: Any, claim: str, tmp_path: Path) -> None:
    """A verdict that changed before the report was corrected, the correction after a redaction, and a retraction."""
    report, other = report_on(desk, claim), report_on(desk, claim)
    published(desk, report)
    published(desk, other)
    decided(desk, claim, "refuted")
    desk.patch(f"/v1/reports/{report}", {"title": "Counted again"}, etag="*")
    published(desk, report, correction="They were counted again.")
    assert desk.post(f"/v1/reports/{other}/redaction", {"reason": "A court asked."}, by="admin").status_code == 204
    desk.patch(f"/v1/reports/{other}", {"title": "Another", "text": "So."}, etag="*")
    published(desk, other, correction="The words are others.")
    assert moved(desk, other, "retracted", reason=REASON).status_code == 200
    desk.post(f"/v1/claims/{claim}/withdrawal", {"reason": "It is another rally."}, headers={"If-Match": "*"})
    found = [each["log_index"] for each in listed(desk)]
    assert len(found) == 6
    keys = signed(desk, tmp_path / "log")
    assert list(verifier.verified(outside(verifier, desk), keys)) == []
    _, retracted, corrected, *_ = found
    assert told(verifier, desk, keys, lambda _: None) == [
        f"entry {index} changed what was published, and is not listed"
        for index in sorted({*found} - {corrected})  # it was retracted at once: nobody can tell whether it was seen
    ]
    assert retracted == corrected + 1


def test_the_verifier_names_what_is_changed(desk: Desk, verifier: Any, claim: str, tmp_path: Path) -> None:
    report = report_on(desk, claim)
    published(desk, report)
    desk.patch(f"/v1/reports/{report}", {"title": "Counted again"}, etag="*")
    published(desk, report, correction="They were counted again.")
    decided(desk, claim, "refuted")
    verdict, correction = (each["log_index"] for each in listed(desk))
    keys = signed(desk, tmp_path / "log")

    def wrong(**fields: Any) -> list[str]:
        return told(verifier, desk, keys, lambda each: each | fields if each["log_index"] == verdict else each)

    assert wrong(changes=[]) == [f"correction {verdict}: the log says something else of the verdict"]
    assert wrong(at="2020-01-01T00:00:00Z") == [f"correction {verdict}: the log has another time"]
    assert wrong(change="withdrawn") == [f"correction {verdict}: the log has another action"]
    assert wrong(links={"proof": f"/v1/log/proofs/{correction}"}) == [
        f"correction {verdict}: its proof is wrong: it does not lead to the root that was signed"
    ]
    assert wrong(log_index=0)[0] == "correction 0: the log's entry is about something else"
    with pytest.raises(ValueError, match="no known key"):
        list(verifier.verified(outside(verifier, desk), []))


def test_the_verifier_waits_for_a_list_that_is_behind(
    desk: Desk, verifier: Any, claim: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(desk, report_on(desk, claim))
    decided(desk, claim, "refuted")
    keys = signed(desk, tmp_path / "log")
    monkeypatch.setattr(verifier, "list_of", lambda _: ([], 3))
    again = "the list is complete up to entry 3 only: try again later"
    assert list(verifier.verified(outside(verifier, desk), keys)) == [again]


def test_a_redaction_before_its_time_is_no_correction(desk: Desk, verifier: Any, claim: str, tmp_path: Path) -> None:
    report = report_on(desk, claim)
    published(desk, report, publish_at=LATER)
    assert desk.post(f"/v1/reports/{report}/redaction", {"reason": "A court asked."}, by="admin").status_code == 204
    assert listed(desk) == []
    keys = signed(desk, tmp_path / "log")
    assert list(verifier.verified(outside(verifier, desk), keys)) == []
