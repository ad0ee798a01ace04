"""Whose a webhook is: it is sent what its owner may see at that moment, and what became of it is shown as blindly."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import select, text

from factcheck.desk import people
from factcheck.desk import webhook_views as views
from factcheck.log.actors import INSIDE
from factcheck.rules.roles import Role
from factcheck.rules.webhooks import WHY, Disabled
from factcheck.settings import Settings
from factcheck.storage import schema
from factcheck.storage.tables.webhooks import Webhook
from tests.desk import SECRET, Desk
from tests.forms import Visitor
from tests.receiver import Receiver, receiving
from tests.test_amending import faults
from tests.test_webhooks import attempts, deliverer, events, hook, state

Json = dict[str, Any]
REASON = "The stadium holds 30,000 people."


@pytest.fixture
def hooked(migrated_url: str) -> Iterator[Desk]:
    """A desk that sends to this machine, with two more admins: `owner` and `other`."""
    made = Desk(Settings(database_url=migrated_url, secret_key=SECRET, outbound_allow="127.0.0.0/8", webhook_http=True))
    with made.database.writing() as session:
        operator = people.operator(session)
        for name in ("owner", "other"):
            made.people[name] = people.add(session, operator, name=f"Test {name}", role=Role.ADMIN).id
            made.tokens[name] = people.issue_token(session, operator, name=f"Test {name}")
    yield made
    made.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def owned(desk: Desk, receiver: Receiver, **fields: Any) -> Json:
    return desk.made("/v1/webhooks", {"url": receiver.url, **fields}, by="owner")


# ── An owner's rights ───────────────────────────────────────────────────────────────────────────────────────────

ENDS: dict[Disabled, Callable[..., None]] = {
    Disabled.OWNER: people.disable,
    Disabled.REVOKED: people.revoke,
    Disabled.ROLE: lambda session, actor, name: people.give_role(session, actor, name=name, role=Role.ANALYST),
}


@pytest.mark.parametrize("why", ENDS)
def test_a_webhook_ends_with_its_owners_right_to_have_one(hooked: Desk, receiver: Receiver, why: Disabled) -> None:
    """In the transaction that takes the right away; what was not sent by then waits for whoever turns it on again."""
    made, others = owned(hooked, receiver), hook(hooked, receiver)
    paused = owned(hooked, receiver, enabled=False)
    sent = events(hooked, 2)
    sender = deliverer(hooked)
    sender.drain()
    with hooked.database.writing() as session:
        ENDS[why](session, people.operator(session), name="Test owner")
    receiver.requests.clear()
    missed = events(hooked, 2)
    sender.drain()
    ids = {request.id.split("_")[1] for request in receiver.requests}
    assert ids == {others["id"].replace("-", "")}

    shown = hooked.get(made["links"]["self"], by="other").json
    assert (shown["enabled"], shown["disabled"]["reason"]) == (False, why)
    told = state(hooked, made)
    assert told["disabled"] == shown["disabled"]
    assert told["behind"] >= 2
    newest, *earlier = attempts(hooked, made)
    assert {name: newest[name] for name in ("message_id", "log_index", "attempt", "status", "error", "succeeded")} == {
        "message_id": None, "log_index": None, "attempt": 0, "status": None, "error": f"Turned off: {WHY[why]}.",
        "succeeded": False,
    }  # fmt: skip
    assert newest["at"] == shown["disabled"]["at"]
    assert [each["log_index"] for each in earlier if each["log_index"] in sent] == sent[::-1]
    assert hooked.get(paused["links"]["self"], by="other").json["disabled"]["reason"] == "paused"
    assert attempts(hooked, paused) == []
    assert hooked.get(others["links"]["self"], by="other").json["enabled"]
    assert faults(hooked) == []

    # Another admin turns it on: it is theirs, and nothing was lost.
    etag = hooked.get(made["links"]["self"], by="other").headers["ETag"]
    on = hooked.patch(made["links"]["self"], {"enabled": True}, etag=etag, by="other").json
    assert (on["enabled"], on["owner"]["id"], state(hooked, made)["disabled"]) == (True, hooked.people["other"], None)
    receiver.requests.clear()
    sender.drain()
    arrived = [each.data["log_index"] for each in receiver.requests if made["id"].replace("-", "") in each.id]
    assert [index for index in arrived if index in missed] == missed


def test_a_role_that_may_still_have_webhooks_ends_none(hooked: Desk, receiver: Receiver) -> None:
    made = owned(hooked, receiver)
    with hooked.database.writing() as session:
        operator = people.operator(session)
        people.give_role(session, operator, name="Test reader", role=Role.ADMIN)
        people.revoke(session, operator, name="Test other")
    assert hooked.get(made["links"]["self"], by="admin").json["enabled"]


@pytest.mark.parametrize(("change", "why"), [("role = 'contributor'", "role"), ("disabled_at = created_at", "owner")])
def test_the_sender_asks_what_the_owner_may_before_each_message(
    hooked: Desk, receiver: Receiver, change: str, why: str
) -> None:
    """Of desks where the right was taken away before webhooks ended with it; and in the middle of a turn."""
    made = owned(hooked, receiver)
    sent = events(hooked, 3)

    def lose_the_right(_request: Any) -> int:
        with hooked.database.writing() as session:
            session.execute(text(f"UPDATE people SET {change} WHERE name = 'Test owner'"))
        return 204

    receiver.answer = lose_the_right
    deliverer(hooked).drain()
    assert receiver.indexes == sent[:1]
    shown = hooked.get(made["links"]["self"], by="other").json
    assert (shown["enabled"], shown["disabled"]["reason"]) == (False, why)
    assert attempts(hooked, made)[0]["error"] == f"Turned off: {WHY[Disabled(why)]}."
    assert [each["log_index"] for each in attempts(hooked, made)] == [None, sent[0]]


def test_the_page_says_why_it_is_off(hooked: Desk, receiver: Receiver) -> None:
    made = owned(hooked, receiver)
    with hooked.database.writing() as session:
        people.revoke(session, people.operator(session), name="Test owner", reason="A laptop was lost.")
    visitor = Visitor(hooked, "admin")
    shown, page = (
        visitor.get(path).get_data(as_text=True).replace("&#39;", "'")
        for path in ("/webhooks", f"/webhooks/{made['id']}")
    )
    assert f"off: {WHY[Disabled.REVOKED]}" in shown
    assert "Not sent" in page
    assert f"Turned off: {WHY[Disabled.REVOKED]}." in page


# ── Blindness ───────────────────────────────────────────────────────────────────────────────────────────────────


def hidden_verdict(desk: Desk, *, by: str = "owner") -> Json:
    """Have a claim decided, deliver, and ask for a second opinion: all but `by` are blind from then on."""
    claim = desk.claim()
    assert desk.review(claim["id"], by=by, status="unverifiable", reason=REASON).status_code == 201
    deliverer(desk).drain()
    desk.made(f"/v1/claims/{claim['id']}/second-opinion", {}, by=by)
    return claim


@pytest.mark.parametrize("field", ["statuses", "attribution_statuses"])
def test_what_became_of_a_webhook_by_status_is_hidden_with_the_verdict(
    hooked: Desk, receiver: Receiver, field: str
) -> None:
    made, everything = owned(hooked, receiver, **{field: ["unverifiable"]}), owned(hooked, receiver)
    before = attempts(hooked, made)
    claim = hidden_verdict(hooked)
    here = made["links"]["self"]
    assert (before, attempts(hooked, made)) == ([], [])
    blind, seeing = (hooked.get(f"{here}/state", by=by).json for by in ("other", "owner"))
    nothing = ("position", "behind", "waiting", "failing_since", "resume_at", "last_success_at")
    assert blind == {**dict.fromkeys(nothing), "disabled": None, "blind": True}
    assert (seeing["blind"], seeing["position"] is None) == (False, False)
    settings = hooked.get(here, by="other").json
    assert (settings["blind"], settings[field], settings["url"]) == (True, ["unverifiable"], receiver.url)
    tested = hooked.post(f"{here}/test", by="other").json
    assert (tested["succeeded"], tested["number"]) == (True, None)
    theirs = hooked.get(f"{here}/deliveries", by="owner").json["items"]
    assert len(theirs) == (2 if field == "statuses" else 1)  # the verdict's, and the test
    # A webhook that does not go by status is the same whatever the verdict was.
    assert hooked.get(everything["links"]["state"], by="other").json["position"] is not None
    assert hooked.get(everything["links"]["deliveries"], by="other").json["items"]
    # It is shown again when the second opinion was given.
    etag = hooked.get(f"/v1/claims/{claim['id']}", by="other").headers["ETag"]
    assert hooked.review(claim["id"], by="other", etag=etag, status="unverifiable", reason=REASON).status_code == 201
    assert hooked.get(f"{here}/state", by="other").json["position"] is not None
    assert len(hooked.get(f"{here}/deliveries", by="other").json["items"]) == len(theirs)


def test_it_stays_hidden_when_the_filter_is_taken_away_or_the_webhook_over(hooked: Desk, receiver: Receiver) -> None:
    """Whoever knew the filter knows what the attempts from before are of."""
    made = owned(hooked, receiver, statuses=["unverifiable"])
    hidden_verdict(hooked)
    here = made["links"]["self"]
    etag = hooked.get(here, by="owner").headers["ETag"]
    assert hooked.patch(here, {"statuses": []}, etag=etag, by="owner").status_code == 200
    assert attempts(hooked, made) == []
    taken = hooked.patch(here, {"description": "Mine"}, etag=hooked.get(here, by="admin").headers["ETag"], by="admin")
    assert (taken.json["owner"]["id"], taken.json["blind"]) == (hooked.people["admin"], True)
    assert (attempts(hooked, made), state(hooked, made)["position"]) == ([], None)


@pytest.mark.parametrize("status", [410, 204])
def test_whether_a_receiver_is_gone_is_hidden_too(hooked: Desk, receiver: Receiver, status: int) -> None:
    """What a blinded person sees, sends and gets back is the same, whether or not the verdict ended the webhook."""
    receiver.answer = lambda request: status if request.type != "webhook.test" else 204
    made = owned(hooked, receiver, statuses=["unverifiable"])
    hidden_verdict(hooked)
    here = made["links"]["self"]
    assert hooked.get(here, by="owner").json["enabled"] == (status == 204)
    shown = hooked.get(here, by="other")
    assert (shown.json["enabled"], shown.json["disabled"]) == (True, None)
    same = hooked.patch(here, {"enabled": True}, etag=shown.headers["ETag"], by="other")
    assert (same.status_code, same.json, same.headers["ETag"]) == (200, shown.json, shown.headers["ETag"])
    page = Visitor(hooked, "other").get(f"/webhooks/{made['id']}").get_data(as_text=True)
    assert ("off:" in page, "Hidden from you." in page) == (False, True)
    off = hooked.patch(here, {"enabled": False}, etag=shown.headers["ETag"], by="other").json
    assert (off["enabled"], off["disabled"]["reason"]) == (False, "paused")
    removed = hooked.request("DELETE", here, by="other")
    assert (removed.status_code, removed.data) == (204, b"")


def test_the_operators_command_hides_nothing(hooked: Desk, receiver: Receiver) -> None:
    made = owned(hooked, receiver, statuses=["unverifiable"])
    hidden_verdict(hooked)
    with hooked.database.reading() as connection:
        assert views.states(connection, INSIDE)[made["id"]]["position"] is not None
        assert not views.get(connection, INSIDE, made["id"])["blind"]


# ── The schema ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_migration_knows_which_webhooks_go_by_status_and_keeps_them(hooked: Desk, receiver: Receiver) -> None:
    by_status = [owned(hooked, receiver, **{field: ["refuted"]}) for field in ("statuses", "attribution_statuses")]
    plain = owned(hooked, receiver, events=["source.*"])
    events(hooked, 1)
    deliverer(hooked).drain()
    with hooked.database.writing() as session:
        people.revoke(session, people.operator(session), name="Test owner")
    before = [hooked.get(each["links"]["self"], by="admin").json for each in (*by_status, plain)]
    log = attempts(hooked, plain)
    hooked.database.close()  # a downgrade wants the database to itself
    schema.downgrade(hooked.settings.database_url, "0009")
    schema.upgrade(hooked.settings.database_url)
    after = [hooked.get(each["links"]["self"], by="admin").json for each in (*by_status, plain)]
    # The version before knows one reason for all that has to do with the owner.
    assert {each["disabled"]["reason"] for each in before} == {"revoked"}
    assert after == [each | {"disabled": each["disabled"] | {"reason": "owner"}} for each in before]
    assert attempts(hooked, plain) == log
    assert len(log) == 2
    with hooked.database.reading() as connection:
        since = connection.execute(select(Webhook.id, Webhook.by_status_since).order_by(Webhook.seq)).all()
    assert [row.by_status_since is not None for row in since] == [True, True, False]
