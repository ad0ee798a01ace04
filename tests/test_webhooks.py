"""Webhooks on both databases: what is sent, to whom, how often, and what becomes of a receiver that fails."""

import ast
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from playwright.sync_api import expect
from sqlalchemy import func, select
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

import factcheck
from factcheck.cli import cli
from factcheck.desk import people, webhooks
from factcheck.desk import webhook_views as views
from factcheck.desk.attempts import RETAINED
from factcheck.errors import Clash
from factcheck.followers.webhooks.deliveries import Deliverer
from factcheck.log.actors import INSIDE
from factcheck.outbound.requests import Outbound, guard_of
from factcheck.rules.roles import Role
from factcheck.rules.webhooks import ATTEMPTS, DELAYS, EARLIER, EVENTS, message_id
from factcheck.settings import Settings
from factcheck.storage.engine.advisory_locks import AdvisoryLock
from factcheck.storage.engine.database import Database
from factcheck.storage.engine.sole import sole
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.logbook import LogHead
from factcheck.storage.tables.webhooks import Webhook, WebhookDelivery, WebhookMessage
from tests.browsing import OVERFLOWING, WIDTHS, Site, Window, demand_accessible
from tests.desk import SECRET, Desk
from tests.forms import HTML, Visitor
from tests.receiver import Receiver, Request, receiving

Json = dict[str, Any]
REASON = "The stadium holds 30,000 people."


class Clock:
    """A clock that tests move by hand."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.moment

    def go(self, by: timedelta) -> None:
        self.moment += by


@pytest.fixture
def hooked(migrated_url: str) -> Iterator[Desk]:
    """A desk that sends to this machine, without TLS."""
    made = Desk(Settings(database_url=migrated_url, secret_key=SECRET, outbound_allow="127.0.0.0/8", webhook_http=True))
    yield made
    made.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def deliverer(desk: Desk, clock: Callable[[], datetime] | None = None, **more: Any) -> Deliverer:
    own = webhooks.Desk(desk.settings.secret_key, guard_of(desk.settings))
    given = {"clock": clock} if clock else {}
    return Deliverer(
        desk.database, own, "https://desk.example", Outbound(own.guard), spread=lambda: 0.0, **given, **more
    )


def hook(desk: Desk, receiver: Receiver, **fields: Any) -> Json:
    return desk.made("/v1/webhooks", {"url": receiver.url, **fields}, by="admin")


def events(desk: Desk, number: int) -> list[int]:
    """Enter so many sources and return their log indexes."""
    found = []
    for each in range(number):
        desk.source(name=f"Source {each}")
        found.append(newest(desk))
    return found


def newest(desk: Desk) -> int:
    with desk.database.reading() as connection:
        return int(connection.execute(select(LogHead.size)).scalar_one()) - 1


def recorded(database: Database) -> list[str]:
    """Return the ids of the messages whose arrival is recorded."""
    with database.reading() as connection:
        arrived = WebhookDelivery.status.between(200, 299)
        return list(connection.execute(select(WebhookDelivery.message_id).where(arrived)).scalars())


def state(desk: Desk, made: Json) -> Json:
    told: Json = desk.get(made["links"]["state"], by="admin").json
    return told


def attempts(desk: Desk, made: Json) -> list[Json]:
    items: list[Json] = desk.get(made["links"]["deliveries"] + "?limit=200", by="admin").json["items"]
    return items


# ── What is sent ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_receiver_verifies_what_it_gets_with_the_public_library(hooked: Desk, receiver: Receiver) -> None:
    made = hook(hooked, receiver, description="For the site")
    claim = hooked.claim(tags=["rally"])
    assert hooked.review(claim["id"], status="unverifiable", reason=REASON).status_code == 201
    assert deliverer(hooked).drain() == 3
    entry, review = receiver.requests[-2:]
    assert [request.type for request in receiver.requests] == ["article.add", "claim.add", "claim.review"]
    told = Verifier(made["secret"]).verify(review.body, review.headers)
    last = hooked.changes()[-1]
    assert told == {
        "type": "claim.review",
        "timestamp": last["at"],
        "data": {
            "log_index": last["log_index"],
            "subject": {"kind": "claim", "id": claim["id"]},
            "number": 2,
            "action": "review",
            "status": {"content": "unverifiable", "attribution": "unverified"},
            "redacted": False,
            "blind": False,
            "links": {
                "subject": f"https://desk.example/v1/claims/{claim['id']}",
                "change": f"https://desk.example/v1/changes?after={last['log_index'] - 1}&limit=1",
            },
        },
    }
    assert review.id == message_id(made["id"], last["log_index"])
    assert review.headers["content-type"] == "application/json"
    assert review.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert not {"cookie", "authorization", "accept-encoding"} & set(review.headers)
    for body, headers in ((review.body + b" ", review.headers), (review.body, {**review.headers, "webhook-id": "x"})):
        with pytest.raises(WebhookVerificationError):
            Verifier(made["secret"]).verify(body, headers)
    assert claim["text"].encode() not in entry.body + review.body
    assert REASON.encode() not in review.body


def test_the_receiver_of_the_documentation_receives(
    hooked: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    guide = (Path(__file__).resolve().parent.parent / "docs" / "webhooks.md").read_text(encoding="utf-8")
    code = guide.partition("```python\n")[2].partition("```")[0]
    *made, last = code.strip().split("\n")
    assert len([line for line in code.split("\n") if line]) <= 11
    assert last == 'HTTPServer(("", 9000), Receiver).serve_forever()'
    names: dict[str, Any] = {}
    exec("\n".join(made), names)
    server = names["HTTPServer"](("127.0.0.1", 0), names["Receiver"])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        webhook = hooked.made("/v1/webhooks", {"url": f"http://127.0.0.1:{server.server_address[1]}/"}, by="admin")
        monkeypatch.setenv("WEBHOOK_SECRET", webhook["secret"])
        assert hooked.post(f"{webhook['links']['self']}/test", by="admin").json["status"] == 204
        monkeypatch.setenv("WEBHOOK_SECRET", "whsec_bm90IG91cnM=")
        assert hooked.post(f"{webhook['links']['self']}/test", by="admin").json["status"] is None
    finally:
        server.shutdown()
        server.server_close()
    told = capsys.readouterr()
    assert told.out.startswith("webhook.test {'webhook_id': ")
    assert "No matching signature found" in told.err


def test_a_secret_is_shown_once_and_changed_without_a_gap(hooked: Desk, receiver: Receiver) -> None:
    body = {"url": receiver.url}
    first = hooked.post("/v1/webhooks", body, by="admin", headers={"Idempotency-Key": "one"})
    made = first.json
    assert made["secret"].startswith("whsec_")
    again = hooked.post("/v1/webhooks", body, by="admin", headers={"Idempotency-Key": "one"})
    assert again.json == made | {"secret": None}
    got = hooked.get(made["links"]["self"], by="admin")
    assert got.json == made | {"secret": None}
    assert got.headers["ETag"] == first.headers["ETag"]

    changed = hooked.post(f"{made['links']['self']}/secret", by="admin").json
    assert changed["secret"] not in (None, made["secret"])
    clock = Clock()
    sender = deliverer(hooked, clock)
    hooked.source()
    assert sender.drain() == 2  # that the secret was changed is an entry too
    both = receiver.requests[-1]
    for secret in (made["secret"], changed["secret"]):
        assert Verifier(secret).verify(both.body, both.headers)
    assert both.headers["webhook-signature"].count("v1,") == 2
    clock.go(timedelta(hours=24, seconds=1))
    hooked.source()
    assert sender.drain() == 1
    assert receiver.requests[-1].headers["webhook-signature"].count("v1,") == 1
    raw = b"".join(_everything_stored(hooked))
    for secret in (made["secret"], changed["secret"]):
        assert secret.encode() not in raw
        assert secret.removeprefix("whsec_").encode() not in raw


def _everything_stored(desk: Desk) -> Iterator[bytes]:
    with desk.database.reading() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                yield from (bytes(each) if isinstance(each, bytes) else str(each).encode() for each in row)


def test_another_key_of_the_desk_ends_a_webhook_and_a_new_secret_mends_it(hooked: Desk, receiver: Receiver) -> None:
    made = hook(hooked, receiver)
    hooked.source()
    moved = hooked.with_settings(secret_key="another key that nobody else uses")
    assert deliverer(moved).drain() == 0
    assert hooked.get(made["links"]["self"], by="admin").json["disabled"]["reason"] == "key"
    assert "key was changed" in moved.post(f"{made['links']['self']}/test", by="admin").json["error"]
    fresh = moved.post(f"{made['links']['self']}/secret", by="admin")
    etag = {"etag": fresh.headers["ETag"]}
    assert moved.patch(made["links"]["self"], {"enabled": True}, by="admin", **etag).status_code == 200
    assert deliverer(moved).drain() >= 1
    request = receiver.requests[-1]
    assert Verifier(fresh.json["secret"]).verify(request.body, request.headers)


def test_filters_let_pass_what_they_say(hooked: Desk, receiver: Receiver) -> None:
    one, other = hooked.source(name="One"), hooked.source(name="Other")
    hop = {"source_id": one["id"], "directness": "direct"}
    article = hooked.article()
    claim = hooked.claim(article_id=article["id"], tags=["rally"], attribution=[hop])
    made = {
        name: hook(hooked, receiver, **filters)
        for name, filters in {
            "reviews": {"events": ["claim.review"]},
            "sources": {"events": ["source.*"]},
            "refuted": {"statuses": ["unverifiable"]},
            "said": {"attribution_statuses": ["verified"]},
            "article": {"articles": [article["id"]]},
            "tag": {"tags": ["rally"]},
            "one": {"sources": [one["id"]]},
            "other": {"sources": [other["id"]], "events": ["claim.*"]},
        }.items()
    }
    start = newest(hooked)
    hooked.claim(tags=["else"])  # an article and a claim: start + 1, + 2
    path = f"/v1/claims/{claim['id']}"
    assert hooked.review(claim["id"], status="unverifiable", reason=REASON).status_code == 201  # + 3
    etag = {"etag": hooked.etag(claim["id"])}
    assert hooked.patch(path, {"tags": ["other"]}, **etag).status_code == 200  # + 4: the tag goes
    etag = {"etag": hooked.etag(claim["id"])}
    chain = [{"source_id": other["id"], "directness": "direct"}]
    assert hooked.patch(path, {"attribution": chain}, **etag).status_code == 200  # + 5: the source goes
    verified = hooked.review(claim["id"], question="attribution", status="verified", reason=REASON)
    assert verified.status_code == 201  # + 6
    merged = hooked.post(f"/v1/sources/{one['id']}/merge", {"into": other["id"], "reason": "The same."}, by="admin")
    assert merged.status_code == 200  # + 7: the judgment
    assert hooked.post(f"{path}/withdrawal", {"reason": "Entered twice."}).status_code == 204  # + 8
    deliverer(hooked).drain()
    got: dict[str, list[int]] = {name: [] for name in made}
    for request in receiver.requests:
        name = next(name for name, each in made.items() if each["id"].replace("-", "") in request.id)
        got[name].append(request.data["log_index"] - start)
    assert got == {
        "reviews": [3, 6],
        "sources": [7],
        "refuted": [3, 4, 5, 6, 8],
        "said": [6, 8],
        "article": [3, 4, 5, 6, 8],
        # By the tags and sources that the claim has when the message is made, and those that the entry takes away.
        "tag": [4, 8],
        # Merged into the other one, it goes on as that one; what ends a claim passes filters by tag and source.
        "one": [3, 4, 5, 6, 7, 8],
        "other": [3, 4, 5, 6, 8],
    }
    assert made.keys() == got.keys()
    assert all(state(hooked, each)["behind"] == 0 for each in made.values())


def test_the_events_are_what_actions_write_into_the_log() -> None:
    """Read the code: whoever appends says which action, and the kind of thing where it is not a claim."""
    written: set[str] = set()
    for path in sorted(Path(factcheck.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func).rpartition(".")[2]
            if called == "append_all" and ast.unparse(node.args[3]) != "ATTEST":  # of which no message is sent
                assert isinstance(node.args[3], ast.Constant)
                written |= {f"{kind}.{node.args[3].value}" for kind in ("article", "claim", "source")}
            known = {
                "append": (5, ""), "append_of_claim": (3, "claim"), "_told": (2, "person"), "_entry": (3, "article"),
                "append_of_capture": (3, "capture"), "_append_of_feed": (3, "feed"), "_change": (4, "assignment"),
                "_append_of_comment": (3, "comment"), "_append_of_scale": (3, "rating_scale"),
                "_append_of_page": (3, "site_page"), "_append_of_request": (3, "correction_request"),
                "_append_of_report": (3, "report"),
            }  # fmt: skip
            action, kind = known.get(called, (9, ""))
            if len(node.args) > action and isinstance(node.args[action], ast.Constant):
                kind = kind or ast.unparse(node.args[2]).rpartition(".")[2].lower()
                written.add(f"{kind}.{node.args[action].value}")
    assert written == set(EVENTS)
    assert written.isdisjoint(EARLIER)


def test_what_is_hidden_from_its_owner_is_hidden_in_its_webhook(hooked: Desk, receiver: Receiver) -> None:
    everything = hook(hooked, receiver)
    decided = hook(hooked, receiver, statuses=["unverifiable"])
    claim = hooked.claim()
    assert hooked.review(claim["id"], status="unverifiable", reason=REASON).status_code == 201
    hooked.made(f"/v1/claims/{claim['id']}/second-opinion", {})  # the admin is among those who are blind
    assert hooked.get(f"/v1/claims/{claim['id']}", by="admin").json["status"] == "in_review"
    sender = deliverer(hooked)
    sender.drain()
    assert not [request for request in receiver.requests if decided["id"].replace("-", "") in request.id]
    review = next(request for request in receiver.requests if request.type == "claim.review")
    assert everything["id"].replace("-", "") in review.id
    assert review.data["blind"]
    assert review.data["status"] == {"content": "in_review", "attribution": "unverified"}
    assert b"unverifiable" not in b"".join(request.body for request in receiver.requests)
    assert orjson.loads(review.body)["timestamp"] is None
    # The second opinion opens it, and is told.
    seen = hooked.get(f"/v1/claims/{claim['id']}", by="admin").headers["ETag"]
    second = hooked.review(claim["id"], by="admin", status="unverifiable", reason=REASON, etag=seen)
    assert second.status_code == 201
    sender.drain()
    opened = [request.data for request in receiver.requests if decided["id"].replace("-", "") in request.id]
    assert [(each["action"], each["status"]["content"], each["blind"]) for each in opened] == [
        ("second_opinion", "unverifiable", False)
    ]


def test_a_message_hidden_while_it_waits_goes_out_hidden_or_not_at_all(hooked: Desk, receiver: Receiver) -> None:
    clock = Clock()
    sender = deliverer(hooked, clock)
    hook(hooked, receiver)
    decided = hook(hooked, receiver, statuses=["unverifiable"])
    claim = hooked.claim()
    assert hooked.review(claim["id"], status="unverifiable", reason=REASON).status_code == 201
    receiver.answer = lambda _request: 503
    sender.drain()
    receiver.requests.clear()
    receiver.answer = lambda _request: 200
    hooked.made(f"/v1/claims/{claim['id']}/second-opinion", {})
    clock.go(timedelta(hours=1))
    sender.drain()
    assert b"unverifiable" not in b"".join(request.body for request in receiver.requests)
    assert not [request for request in receiver.requests if decided["id"].replace("-", "") in request.id]
    assert state(hooked, decided)["waiting"] is None  # its owner is blind; the operator's command is not
    with hooked.database.reading() as connection:
        assert views.states(connection, INSIDE)[decided["id"]]["waiting"] == 0


def test_redacted_content_is_in_no_message(hooked: Desk, receiver: Receiver) -> None:
    hook(hooked, receiver, tags=["rally"])
    claim = hooked.claim(tags=["rally"])
    redacted = hooked.post(f"/v1/claims/{claim['id']}/redaction", {"reason": "A person is named."}, by="admin")
    assert redacted.status_code == 204, redacted.get_data(as_text=True)
    deliverer(hooked).drain()
    # The claim has no tag to go by any more: only that it was redacted is told, whatever the filter.
    assert [request.type for request in receiver.requests] == ["claim.redact"]
    assert b"rally" not in receiver.requests[0].body


# ── How often ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_receiver_down_for_an_hour_loses_nothing_and_gets_nothing_twice(hooked: Desk, receiver: Receiver) -> None:
    clock = Clock()
    clock.go(timedelta(hours=-3))  # so that at the end it is now, as a receiver that verifies demands
    made = hook(hooked, receiver)
    sender = deliverer(hooked, clock)
    sent = events(hooked, 3)
    assert sender.drain() == 3
    down = clock() + timedelta(hours=1)
    receiver.answer = lambda _request: 503 if clock() < down else 200
    while clock() < down:
        sent += events(hooked, 1)
        sender.drain()
        clock.go(timedelta(minutes=10))
    while clock() < datetime.now(UTC) - timedelta(minutes=1):
        sender.drain()
        clock.go(min(timedelta(minutes=10), datetime.now(UTC) - clock()))
    sent += events(hooked, 2)
    sender.drain()
    arrived = [each for each in reversed(attempts(hooked, made)) if each["succeeded"]]
    assert sorted(each["log_index"] for each in arrived) == sent
    assert [each["log_index"] for each in arrived] == sent  # in the order of the log
    assert len(set(receiver.ids)) == len(sent)
    refused = len(receiver.requests) - len(sent)
    assert 4 <= refused <= 12  # it was left alone for longer and longer
    last = receiver.requests[-1]
    assert Verifier(made["secret"]).verify(last.body, last.headers)
    assert state(hooked, made) | {"position": 0, "last_success_at": ""} == {
        "position": 0, "behind": 0, "waiting": 0, "failing_since": None, "resume_at": None, "last_success_at": "",
        "disabled": None, "blind": False,
    }  # fmt: skip


def test_a_receiver_that_is_down_or_slow_holds_up_no_other(hooked: Desk, receiver: Receiver) -> None:
    with receiving() as well:
        receiver.answer = lambda _request: 500
        down = [hook(hooked, receiver) for _ in range(3)]
        good = hook(hooked, well)
        sent = events(hooked, 4)
        deliverer(hooked).drain()
        # Its maker's own entries came before; those of the webhooks made later are told too.
        assert well.indexes == sent
        assert state(hooked, good)["behind"] == 0
        assert all(state(hooked, each)["failing_since"] for each in down)


def test_a_message_that_is_never_taken_holds_up_no_later_one_and_is_given_up(hooked: Desk, receiver: Receiver) -> None:
    clock = Clock()
    sender = deliverer(hooked, clock)
    made = hook(hooked, receiver)
    bad, *good = events(hooked, 4)
    receiver.answer = lambda request: 422 if request.data["log_index"] == bad else 200
    assert sender.drain() == 4
    assert receiver.indexes == [bad, *good]
    for _ in range(ATTEMPTS + 3):
        clock.go(DELAYS[-1] / 4 + timedelta(seconds=1))
        good += events(hooked, 1)
        sender.drain()
    while state(hooked, made)["waiting"]:
        clock.go(DELAYS[-1])
        sender.drain()
    told = attempts(hooked, made)
    assert [each["given_up"] for each in told if each["log_index"] == bad] == [True] + [False] * (ATTEMPTS - 1)
    assert [index for index in receiver.indexes if index != bad] == good
    assert state(hooked, made)["failing_since"] is None
    assert hooked.get(made["links"]["self"], by="admin").json["enabled"]


def test_after_days_of_failing_it_is_turned_off_and_goes_on_where_it_stopped(hooked: Desk, receiver: Receiver) -> None:
    clock = Clock()
    sender = deliverer(hooked, clock)
    made = hook(hooked, receiver)
    receiver.answer = lambda _request: 500
    sent = events(hooked, 2)
    for _ in range(30):
        sender.drain()
        clock.go(timedelta(hours=6))
    off = hooked.get(made["links"]["self"], by="admin")
    assert off.json["disabled"]["reason"] == "failing"
    assert not off.json["enabled"]
    refused = len(receiver.requests)
    sent += events(hooked, 2)
    assert sender.drain() == 0
    receiver.answer = lambda _request: 200
    on = hooked.patch(made["links"]["self"], {"enabled": True}, by="admin", etag=off.headers["ETag"])
    assert on.json["disabled"] is None
    sender.drain()
    assert [index for index in receiver.indexes[refused:] if index in sent] == sent


def test_gone_ends_it_and_a_disabled_owner_too(hooked: Desk, receiver: Receiver) -> None:
    made = hook(hooked, receiver)
    receiver.answer = lambda _request: 410
    events(hooked, 2)
    assert deliverer(hooked).drain() == 1
    assert hooked.get(made["links"]["self"], by="admin").json["disabled"]["reason"] == "gone"
    with hooked.database.writing() as session:
        operator = people.operator(session)
        owned = webhooks.add(
            session, people.known(session, "Test admin"), desk=webhooks.Desk("k" * 16, guard_of(hooked.settings)),
            url=receiver.url, description=None, enabled=True, **{name: [] for name in _FILTERS},
        )  # fmt: skip
        people.disable(session, operator, name="Test admin")
    receiver.requests.clear()
    sender = deliverer(hooked)
    sender.desk = webhooks.Desk("k" * 16, sender.desk.guard)
    assert sender.drain() == 0
    assert receiver.requests == []
    with hooked.database.reading() as connection:
        found = connection.execute(select(Webhook.disabled_for).where(Webhook.id == owned["id"])).scalar_one()
    assert found == "owner"


_FILTERS = ("events", "statuses", "attribution_statuses", "articles", "tags", "sources")


def test_a_receiver_may_ask_for_time_and_a_test_that_arrives_ends_the_wait(hooked: Desk, receiver: Receiver) -> None:
    clock = Clock()
    sender = deliverer(hooked, clock)
    made = hook(hooked, receiver)
    receiver.answer = lambda _request: (429, {"Retry-After": "7200"})
    events(hooked, 1)
    sender.drain()
    clock.go(timedelta(hours=1))
    assert sender.drain() == 0
    receiver.answer = lambda _request: 200
    tested = hooked.post(f"{made['links']['self']}/test", by="admin")
    assert (tested.status_code, tested.json["succeeded"], tested.json["log_index"]) == (200, True, None)
    assert receiver.requests[-1].type == "webhook.test"
    assert Verifier(made["secret"]).verify(receiver.requests[-1].body, receiver.requests[-1].headers)
    assert sender.drain() == 1
    assert state(hooked, made)["failing_since"] is None


def test_redirects_are_failures_and_are_not_followed(hooked: Desk, receiver: Receiver) -> None:
    made = hook(hooked, receiver)
    receiver.answer = lambda _request: (302, {"Location": receiver.url + "/further"})
    events(hooked, 1)
    deliverer(hooked).drain()
    assert [request.path for request in receiver.requests] == ["/hook"]
    assert attempts(hooked, made)[0]["error"] == "Redirects are not followed."


def test_only_the_newest_attempts_are_kept(hooked: Desk, receiver: Receiver) -> None:
    made = hook(hooked, receiver)
    with hooked.database.writing() as session:
        row = webhooks.locked(session, made["id"])
        row.attempts = 3 * RETAINED
        session.add_all(
            WebhookDelivery(
                webhook_seq=row.seq, number=number, message_id="m", log_index=1, attempt=1, at=datetime.now(UTC),
                milliseconds=1, status=200, error=None, given_up=False,
            )
            for number in range(2 * RETAINED, 3 * RETAINED + 1)
        )  # fmt: skip
    events(hooked, 1)
    deliverer(hooked).drain()
    first = hooked.get(made["links"]["deliveries"] + "?limit=150", by="admin").json
    assert first["items"][0]["number"] == 3 * RETAINED + 1
    rest = hooked.get(f"{made['links']['deliveries']}?limit=150&cursor={first['next_cursor']}", by="admin").json
    assert [each["number"] for each in first["items"] + rest["items"]] == list(
        range(3 * RETAINED + 1, 2 * RETAINED + 1, -1)
    )
    assert rest["next_cursor"] is None


# ── Killed at any point ─────────────────────────────────────────────────────────────────────────────────────────

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["factcheck.followers.webhooks.deliveries", "tests.test_webhooks"])


def _deliver_until(settings: Settings, step: str, number: int) -> None:
    """Deliver in this process, and kill it at the n-th time that it comes to a step."""
    left = [number]

    def at(reached: str) -> None:
        left[0] -= reached == step
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    own = webhooks.Desk(settings.secret_key, guard_of(settings))
    Deliverer(Database(settings.database_url), own, "", Outbound(own.guard), at=at).drain()


def test_killed_at_any_point_nothing_is_lost_and_nothing_recorded_is_sent_again(
    hooked: Desk, receiver: Receiver
) -> None:
    hook(hooked, receiver)
    sent = events(hooked, 12)
    refused = {sent[4], sent[9]}  # refused at first, so that messages that wait are among what is cut off
    receiver.answer = lambda request: 500 if request.data["log_index"] in refused else 200
    known: set[str] = set()
    for step, number in [(step, number) for number in (1, 2, 3) for step in ("made", "sent", "recorded")]:
        before = len(receiver.requests)
        process = FORKS.Process(target=_deliver_until, args=(hooked.settings, step, number))
        process.start()
        process.join(60)
        assert process.exitcode in (-signal.SIGKILL, 0)
        assert known.isdisjoint(receiver.ids[before:]), (step, number)
        known.update(recorded(hooked.database))
        refused.clear() if number == 2 else None
    with hooked.database.writing() as session:
        session.query(WebhookMessage).update({"next_at": datetime.now(UTC)})
        session.query(Webhook).update({"resume_at": None})
    before = len(receiver.requests)
    deliverer(hooked).drain()
    assert known.isdisjoint(receiver.ids[before:])
    ids = recorded(hooked.database)
    assert len(ids) == len(set(ids)) == len(sent)
    assert set(receiver.indexes) == set(sent)
    # Sent, and killed before that was kept: sent again, under the same id.
    assert max(receiver.times().values()) > 1


def test_the_command_delivers_one_at_a_time_and_survives_being_killed(
    hooked: Desk, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process itself: killed by its receiver in the middle of a request, its lock goes with it."""
    for name in [name for name in os.environ if name.startswith("FACTCHECK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", hooked.settings.database_url)
    monkeypatch.setenv("FACTCHECK_SECRET_KEY", hooked.settings.secret_key)
    monkeypatch.setenv("FACTCHECK_WEBHOOK_ALLOW", "127.0.0.0/8")
    monkeypatch.setenv("FACTCHECK_WEBHOOK_HTTP", "on")

    def done(*words: str) -> str:
        result = CliRunner().invoke(cli, ["webhooks", *words], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    def running() -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "factcheck", "webhooks", "run"]
        return subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    made = orjson.loads(done("add", receiver.url, "--event", "source.*", "--as", "Test admin", "--json"))
    first, second = events(hooked, 2)
    let_in: list[str] = []

    def killing(_request: Request) -> int:
        with pytest.raises(Clash), sole(hooked.database, AdvisoryLock.WEBHOOKS):
            let_in.append("a second one")
        killed.kill()
        return 200

    receiver.answer = killing
    killed = running()
    assert killed.wait(60) == -signal.SIGKILL
    killed.communicate()
    assert (receiver.indexes, let_in) == ([first], [])
    arrived = threading.Event()
    receiver.answer = lambda request: (arrived.set() if request.data["log_index"] == second else None) or 200
    lasting = running()
    try:
        assert arrived.wait(60)
        lasting.terminate()  # it ends after what is under way
        assert lasting.wait(30) == 0
    finally:
        lasting.kill()
        lasting.communicate()
    assert receiver.indexes == [first, first, second]
    assert recorded(hooked.database) == receiver.ids[1:]
    assert Verifier(made["secret"]).verify(receiver.requests[-1].body, receiver.requests[-1].headers)
    assert done("list") == f"{made['id']}\ton\t0 behind, 0 waiting\t{receiver.url}\n"
    assert orjson.loads(done("list", "--json"))[0]["state"]["waiting"] == 0
    done("remove", made["id"])
    assert done("list", "--json") == "[]\n"


# ── Who may, and what is refused ────────────────────────────────────────────────────────────────────────────────


def test_only_admins_have_webhooks(hooked: Desk, receiver: Receiver) -> None:
    made = hook(hooked, receiver)
    here = made["links"]["self"]
    for method, path in (
        ("GET", "/v1/webhooks"), ("POST", "/v1/webhooks"), ("GET", here), ("PATCH", here), ("DELETE", here),
        ("GET", f"{here}/state"), ("GET", f"{here}/deliveries"), ("POST", f"{here}/test"), ("POST", f"{here}/secret"),
    ):  # fmt: skip
        assert hooked.request(method, path, by="analyst").status_code == 403, (method, path)
        assert hooked.request(method, path, by=None).status_code == 401, (method, path)
    assert hooked.get("/v1/webhooks", by="admin").json["items"] == [made | {"secret": None}]
    assert receiver.requests == []


def test_it_is_amended_by_a_merge_patch_and_removed(hooked: Desk, receiver: Receiver) -> None:
    made = hook(hooked, receiver, tags=["rally"])
    here = made["links"]["self"]
    etag = hooked.get(here, by="admin").headers["ETag"]
    assert hooked.patch(here, {"tags": None}, by="admin").status_code == 428
    amended = hooked.patch(here, {"tags": None, "events": ["claim.*"]}, by="admin", etag=etag)
    assert (amended.json["tags"], amended.json["events"]) == ([], ["claim.*"])
    assert hooked.patch(here, {"description": "x"}, by="admin", etag=etag).status_code == 412
    other = hooked.with_settings(two_person_review=True)  # any other application on the same database
    with other.database.writing() as session:
        keeper = people.add(session, people.operator(session), name="Keeper", role=Role.ADMIN)
        other.tokens = hooked.tokens | {"keeper": people.issue_token(session, keeper, name=keeper.name)}
    taken = other.patch(here, {"description": "Mine now"}, by="keeper", etag=amended.headers["ETag"])
    assert taken.json["owner"] == {"id": keeper.id, "name": "Keeper"}  # who changes it cannot see with another's eyes
    amended = hooked.patch(here, {"description": None}, by="admin", etag=taken.headers["ETag"])
    paused = hooked.patch(here, {"enabled": False}, by="admin", etag=amended.headers["ETag"])
    assert paused.json["disabled"]["reason"] == "paused"
    hooked.claim()
    assert deliverer(hooked).drain() == 0
    assert hooked.request("DELETE", here, by="admin").status_code == 204
    assert hooked.get(here, by="admin").status_code == 404
    with hooked.database.reading() as connection:
        for table in (Webhook, WebhookMessage, WebhookDelivery):
            assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0
    told = [
        (entry["action"], entry["changes"][0]["after"]) for entry in hooked.changes() if "webhook" in entry["action"]
    ]
    assert told == [
        ("add_webhook", made["id"]),
        *[("amend_webhook", made["id"])] * 4,
        ("remove_webhook", None),
    ]
    assert str(receiver.port) not in str(hooked.changes())  # an address may hold a secret


def test_what_is_not_allowed_names_its_field_and_leaves_nothing(hooked: Desk) -> None:
    before = newest(hooked)
    for body, pointer in (
        ({"url": "https://10.0.0.1/"}, "/url"),
        ({"url": "ftp://example.org/"}, "/url"),
        ({"url": "https://example.org/\u00e9"}, "/url"),
        ({"url": "https://user:pass@example.org/"}, "/url"),
        ({"url": 7}, "/url"),
        ({}, "/url"),
        ({"url": "https://example.org/", "events": ["claim.dance"]}, "/events/0"),
        ({"url": "https://example.org/", "statuses": ["true"]}, "/statuses/0"),
        ({"url": "https://example.org/", "tags": ["a", "a"]}, "/tags/1"),
        ({"url": "https://example.org/", "sources": ["7"]}, "/sources/0"),
        ({"url": "https://example.org/", "secret": "whsec_x"}, "/secret"),
        ({"url": "https://example.org/", "owner": "x"}, "/owner"),
    ):
        answer = hooked.post("/v1/webhooks", body, by="admin")
        assert answer.status_code == 422, body
        assert pointer in [flaw["pointer"] for flaw in answer.json["errors"]], body
    assert newest(hooked) == before


def test_there_are_not_endlessly_many(hooked: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "MOST", 2)
    hook(hooked, receiver)
    hook(hooked, receiver)
    assert hooked.post("/v1/webhooks", {"url": receiver.url}, by="admin").status_code == 409


def test_a_broken_connection_is_told_in_words(hooked: Desk, receiver: Receiver) -> None:
    def broken(_request: Request) -> int:
        raise ConnectionError

    receiver.answer = broken
    made = hook(hooked, receiver)
    told = hooked.post(f"{made['links']['self']}/test", by="admin").json
    assert told["status"] is None
    assert told["error"].startswith("No answer: ")


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_webhook_is_made_tested_changed_and_removed_on_its_pages(hooked: Desk, receiver: Receiver) -> None:
    visitor = Visitor(hooked, "admin")
    fields = {
        "url": receiver.url, "description": "<b>The site</b>", "events": "claim.review\nsource.*",
        "statuses": "refuted", "tags": "rally, army", "key": "webhook-key-1",
    }  # fmt: skip
    fields = visitor.fields("/webhooks", "/webhooks") | fields
    made = visitor.client.post("/webhooks", data=fields, headers=HTML)
    assert made.status_code == 200
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", made.get_data(as_text=True))
    assert found
    webhook = hooked.get("/v1/webhooks", by="admin").json["items"][0]
    assert webhook | {"id": ""} == webhook | {
        "id": "", "events": ["claim.review", "source.*"], "statuses": ["refuted"], "tags": ["rally", "army"],
        "description": "<b>The site</b>", "enabled": True,
    }  # fmt: skip
    here = f"/webhooks/{webhook['id']}"
    again = visitor.client.post("/webhooks", data=fields, headers=HTML)  # the same form: it is not shown again
    assert (again.status_code, again.headers["Location"]) == (303, here)
    for path in ("/webhooks", here):
        page = visitor.get(path).get_data(as_text=True)
        assert found[0] not in page
        assert "<b>The site</b>" not in page
        assert "&lt;b&gt;The site&lt;/b&gt;" in page

    tested = visitor.send(f"{here}/test", {}, on=here)
    assert tested.headers["Location"] == f"{here}?said=arrived"
    assert Verifier(found[0]).verify(receiver.requests[0].body, receiver.requests[0].headers)
    receiver.answer = lambda _request: 500
    assert visitor.send(f"{here}/test", {}, on=here).headers["Location"] == f"{here}?said=failed"
    page = visitor.get(f"{here}?said=failed").get_data(as_text=True)
    assert "Arrived: 204" in page
    assert "Failed: 500" in page

    refused = visitor.send(f"{here}/amendments", {"url": "https://10.0.0.1/"}, on=here, at=1)
    assert refused.status_code == 422
    assert ": private." in refused.get_data(as_text=True)
    assert visitor.send(f"{here}/amendments", {"tags": ""}, on=here, at=1).status_code == 303
    assert visitor.send(f"{here}/amendments", {"enabled": "false"}, on=here).status_code == 303
    now = hooked.get(webhook["links"]["self"], by="admin").json
    assert (now["tags"], now["events"], now["disabled"]["reason"]) == ([], webhook["events"], "paused")
    assert "off: somebody turned it off" in visitor.get("/webhooks").get_data(as_text=True)
    changed = visitor.send(f"{here}/secret", {}, on=here)
    assert changed.status_code == 200
    assert found[0] not in changed.get_data(as_text=True)
    assert "whsec_" in changed.get_data(as_text=True)
    for form in ("amendments", "test", "secret", "removal"):
        assert visitor.get(f"{here}/{form}").headers["Location"] == here
    assert visitor.send(f"{here}/removal", {}, on=here).headers["Location"] == "/webhooks?said=removed"
    assert visitor.get(here).status_code == 404


def test_the_pages_are_for_admins_alone(hooked: Desk, receiver: Receiver) -> None:
    here = f"/webhooks/{hook(hooked, receiver)['id']}"
    visitor = Visitor(hooked, "analyst")
    assert "/webhooks" not in visitor.get("/").get_data(as_text=True)
    assert 'href="/webhooks"' in Visitor(hooked, "admin").get("/").get_data(as_text=True)
    token = visitor.fields("/articles/new", "/articles")["csrf_token"]
    data = {"csrf_token": token, "key": "webhook-key-2", "url": receiver.url}
    for path in ("/webhooks", f"{here}/test", f"{here}/secret", f"{here}/amendments", f"{here}/removal"):
        assert visitor.client.post(path, data=data, headers=HTML).status_code == 403, path
    for path in ("/webhooks", here):
        assert visitor.get(path).status_code == 403, path
        assert Visitor(hooked, None).get(path).headers["Location"] == f"/login?next={path}"
    assert receiver.requests == []


@pytest.mark.browser
def test_webhooks_in_a_browser(site: Site, visit: Callable[..., Window]) -> None:
    """Without an address that is allowed here a webhook can be made and its test fails: the page says why."""
    site.run("people", "add", "Keeper", "--role", "admin")
    window = visit()
    page = window.page
    window.open(site.new_login("Keeper"))
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Webhooks").click()
    demand_accessible(page, "no webhooks")
    page.get_by_text("New webhook", exact=True).click()
    page.get_by_label("URL", exact=True).fill("https://receiver.invalid/hook")
    page.get_by_label("Purpose").fill("For the site")
    page.get_by_label("Tags").fill("niger")
    demand_accessible(page, "a new webhook")
    page.get_by_role("button", name="Add the webhook").click()
    expect(page.get_by_text("whsec_")).to_be_visible()
    demand_accessible(page, "a webhook with its secret")
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("The host's name cannot be resolved")).to_be_visible()
    page.get_by_role("button", name="Turn off").click()
    expect(page.get_by_role("button", name="Turn on")).to_be_visible()
    demand_accessible(page, "a webhook with an attempt")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.evaluate(OVERFLOWING)
    page.get_by_role("link", name="Webhooks").first.click()
    expect(page.get_by_role("link", name="For the site")).to_be_visible()
    demand_accessible(page, "webhooks")
