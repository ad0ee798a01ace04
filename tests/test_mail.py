"""Notifications by mail: who is mailed what and when, nothing twice, and nothing that is hidden."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from factcheck.catalogues import said, speech_for
from factcheck.desk import people
from factcheck.desk.redactions import people as redacted_people
from factcheck.errors import Unavailable
from factcheck.log.clock import now
from factcheck.mailing.letters import MOST, Letters
from factcheck.mailing.mailer import FIRST_WAIT, Mailer
from factcheck.outbound.mail import Post
from factcheck.rules.team.mailing import digest_day
from factcheck.rules.team.notifying import NotificationKind, sentence
from factcheck.settings import Settings
from factcheck.storage.engine.advisory_locks import AdvisoryLock
from factcheck.storage.engine.sole import sole
from factcheck.storage.tables.preferences import MailChoice, MailMark, Preference
from tests.conftest import Copies
from tests.desk import Desk
from tests.everything import furnished
from tests.mail_server import MailServer, free_port, taking_mail, text_of
from tests.test_blindness import opened
from tests.test_notifications import HERE, REASON, assign, comment, sent, told
from tests.test_webhooks import Clock

_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=/unsubscribe/).*")
BASE = "https://desk.example.org"
FROM = "The desk <desk@example.org>"
ADDRESS = "reader@example.org"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Killed(Exception):
    """Raised where a process is killed."""


@pytest.fixture
def server() -> Iterator[MailServer]:
    with taking_mail() as found:
        yield found


@pytest.fixture
def clock() -> Clock:
    """A clock that begins before the morning."""
    clock = Clock()
    clock.moment = clock.moment.replace(hour=5, minute=0)
    return clock


@dataclass
class Mailed:
    """A desk that sends mail to a server, by a clock that is moved by hand."""

    desk: Desk
    server: MailServer
    clock: Clock

    def mailer(self, **options: Any) -> Mailer:
        settings = replace(
            Settings(database_url="sqlite:///x", secret_key=self.desk.settings.secret_key),
            smtp_url=self.server.url, mail_from=FROM, base_url=BASE,
        )  # fmt: skip
        post = Post.of(settings, timeout=5.0)
        assert post is not None
        return Mailer(self.desk.database, post, Letters.of(settings), clock=self.clock, **options)

    def address(self, who: str, address: str | None = None, **chosen: str) -> None:
        """Give somebody an address, and let them choose."""
        body = {"email": address or f"{who}@example.org", **chosen}
        answer = self.desk.patch(f"/v1/people/{self.desk.people[who]}", body, etag="*", by=who)
        assert answer.status_code == 200, answer.get_json()

    def choose(self, who: str, delivery: str, *kinds: str) -> None:
        chosen = dict.fromkeys(kinds or map(str, NotificationKind), delivery)
        answer = self.desk.patch(f"{HERE}/choices", chosen, by=who)
        assert answer.status_code == 200, answer.get_json()
        assert chosen.items() <= answer.get_json().items()

    def drain(self, **options: Any) -> dict[str, int]:
        """Send what is due, once all that happened is derived."""
        told(self.desk, "reader")
        return dict(self.mailer(**options).drain())


@pytest.fixture
def mailed(desk: Desk, server: MailServer, clock: Clock) -> Mailed:
    return Mailed(desk, server, clock)


def test_at_once_together_and_only_once(mailed: Mailed) -> None:
    desk, server = mailed.desk, mailed.server
    claim = desk.claim()
    there = claim["links"]["self"]
    comment(desk, there, "contributor", "Before there was an address.", "reader")
    mailed.address("reader")
    mailed.choose("reader", "at_once")
    assert mailed.drain() == {}
    first = comment(desk, there, "contributor", "Who counted?", "reader")
    second = comment(desk, there, "analyst", "And when?", "reader")
    assert mailed.drain() == {"sent": 1}
    assert mailed.drain() == {}
    [letter] = server.letters
    assert server.recipients == [[ADDRESS]]
    assert server.senders == ["desk@example.org"]
    assert (letter["To"], letter["From"], letter["Subject"]) == (ADDRESS, FROM, "2 new notifications")
    assert (letter["Auto-Submitted"], letter["Content-Language"]) == ("auto-generated", "en")
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["Message-ID"].endswith("@example.org>")
    assert abs(letter["Date"].datetime - now()) < timedelta(minutes=5)
    lines = text_of(letter).splitlines()
    assert lines[:7] == [
        "Test contributor mentioned you in a comment", claim["text"], f"{BASE}/comments/{first['id']}", "",
        "Test analyst mentioned you in a comment", claim["text"], f"{BASE}/comments/{second['id']}",
    ]  # fmt: skip
    out = letter["List-Unsubscribe"].strip("<>")
    assert out.startswith(f"{BASE}/unsubscribe/")
    assert lines[8:] == [
        "All notifications:", f"{BASE}/notifications", "Choose what is mailed to you:", f"{BASE}/notifications/choices",
        "Stop these mails:", out,
    ]  # fmt: skip
    assert all(len(each) <= 78 or b"unsubscribe" in each for each in server.raw[0].splitlines())
    # One alone says in the subject what happened, and never what a claim says.
    comment(desk, there, "analyst", "Look.", "reader")
    assert mailed.drain() == {"sent": 1}
    assert server.letters[1]["Subject"] == "Test analyst mentioned you in a comment"
    assert server.letters[1]["Message-ID"] != letter["Message-ID"]


def test_daily_in_the_morning_of_the_persons_day(mailed: Mailed) -> None:
    desk, server, clock = mailed.desk, mailed.server, mailed.clock
    clock.moment = datetime(2031, 3, 5, 5, 30, tzinfo=UTC)
    there = desk.claim()["links"]["self"]
    mailed.address("reader", time_zone="Africa/Niamey")  # an hour ahead of UTC
    mailed.address("contributor")
    assert mailed.drain() == {}
    comment(desk, there, "analyst", "Look.", "reader", "contributor")
    clock.go(timedelta(minutes=29))
    assert mailed.drain() == {}
    clock.go(timedelta(minutes=1))
    assert mailed.drain() == {"sent": 1}
    assert server.recipients == [[ADDRESS]]
    comment(desk, there, "analyst", "Look again.", "reader")
    clock.go(HOUR)
    assert mailed.drain() == {"sent": 1}
    assert server.recipients[1:] == [["contributor@example.org"]]
    clock.go(timedelta(hours=22, minutes=59))
    assert mailed.drain() == {}
    clock.go(timedelta(minutes=1))
    assert mailed.drain() == {"sent": 1}
    assert server.recipients[2:] == [[ADDRESS]]
    # A day on which there is nothing new has no mail, and what comes later waits for the next morning.
    clock.go(DAY)
    assert mailed.drain() == {}
    comment(desk, there, "analyst", "Look once more.", "reader")
    clock.go(10 * HOUR)
    assert mailed.drain() == {}
    clock.go(14 * HOUR)
    assert mailed.drain() == {"sent": 1}
    assert [each["Subject"] for each in server.letters] == ["Test analyst mentioned you in a comment"] * 4


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland", "No/Such_Zone"])
def test_the_morning_follows_the_clocks_of_the_zone(zone: str) -> None:
    """Once a day, also on the days on which the clocks are put forward or back."""
    here = ZoneInfo("UTC" if zone.startswith("No") else zone)
    moment, last, sent_at = datetime(2026, 1, 1, tzinfo=UTC), None, []
    while moment.year == 2026:
        if day := digest_day(moment, zone, last):
            last = day
            sent_at.append(moment.astimezone(here))
        moment += timedelta(minutes=30)
    assert {each.hour for each in sent_at[1:]} == {7}
    days = [each.date() for each in sent_at]
    assert len(set(days)) == len(days) >= 364


def test_each_kind_as_it_was_chosen(mailed: Mailed) -> None:
    desk, server = mailed.desk, mailed.server
    claim = desk.claim()
    there = claim["links"]["self"]
    mailed.address("analyst")
    mailed.choose("analyst", "at_once", "assigned")
    mailed.choose("analyst", "never", "answered")
    mine = comment(desk, there, "analyst", "Who counted?")
    comment(desk, there, "contributor", "Nobody.", in_reply_to=mine["id"])
    comment(desk, there, "contributor", "Somebody.", "analyst")
    assign(desk, there, "analyst", by="admin")
    assert mailed.drain() == {"sent": 1}
    assert server.letters[0]["Subject"] == "Test admin assigned a claim to you"
    # To change one's mind mails nothing twice, and what was not to be mailed stays so.
    mailed.choose("analyst", "daily", "assigned", "answered")
    mailed.clock.go(2 * HOUR)
    assert mailed.drain() == {"sent": 1}
    assert server.letters[1]["Subject"] == "Test contributor mentioned you in a comment"
    mailed.choose("analyst", "at_once")
    assert mailed.drain() == {}
    comment(desk, there, "contributor", "Still nobody.", in_reply_to=mine["id"])
    assert mailed.drain() == {"sent": 1}


def test_what_was_seen_or_is_gone_is_not_mailed(mailed: Mailed) -> None:
    desk, server = mailed.desk, mailed.server
    there = desk.claim()["links"]["self"]
    mailed.address("reader")
    mailed.choose("reader", "at_once")
    seen = comment(desk, there, "analyst", "Seen.", "reader")
    gone = comment(desk, there, "analyst", "Gone.", "reader")
    assert desk.patch(HERE, {"seen_index": seen["log_index"]}, by="reader").status_code == 200
    sent(desk, f"{gone['links']['self']}/withdrawal", {"reason": REASON}, by="admin")
    assert mailed.drain() == {}
    left = comment(desk, there, "analyst", "Left.", "reader")
    assert mailed.drain() == {"sent": 1}
    assert left["id"] in text_of(server.letters[0])
    assert seen["id"] not in text_of(server.letters[0])


def test_many_are_cut_and_said_to_be_more(mailed: Mailed, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, server = mailed.desk, mailed.server
    monkeypatch.setattr("factcheck.mailing.mailer.MOST", 2)
    there = desk.claim()["links"]["self"]
    mailed.address("reader")
    mailed.choose("reader", "at_once")
    made = [comment(desk, there, "analyst", "Look.", "reader")["id"] for _ in range(3)]
    assert mailed.drain() == {"sent": 1}
    text = text_of(server.letters[0])
    assert text.startswith("These are the newest. There are more on the desk:\n")
    assert [each in text for each in made] == [False, True, True]
    assert mailed.drain() == {}
    assert MOST == 50


@pytest.mark.parametrize("delivery", ["at_once", "daily"])
def test_after_a_crash_the_same_mail_comes_again_and_no_other(mailed: Mailed, delivery: str) -> None:
    """Killed after the server took the mail and before that was noted, it is sent again under its Message-ID."""
    desk, server, clock = mailed.desk, mailed.server, mailed.clock
    there = desk.claim()["links"]["self"]
    mailed.address("reader")
    mailed.choose("reader", delivery)
    clock.go(3 * HOUR)
    first = comment(desk, there, "analyst", "Look.", "reader")

    def killed(at: str) -> Any:
        def kill(step: str) -> None:
            if step == at:
                raise Killed

        return kill

    with pytest.raises(Killed):
        mailed.drain(at=killed("begun"))
    assert server.raw == []
    with pytest.raises(Killed):
        mailed.drain(at=killed("sent"))
    later = comment(desk, there, "analyst", "Later.", "reader")  # it comes meanwhile, and does not change that mail
    mailed.drain()
    clock.go(DAY)
    mailed.drain()
    assert mailed.drain() == {}
    ids = [each["Message-ID"] for each in server.letters]
    assert (len(ids), ids[0] == ids[1], len(set(ids))) == (3, True, 2)
    texts = [text_of(each) for each in server.letters]
    assert texts[0] == texts[1]
    assert [(first["id"] in each, later["id"] in each) for each in texts[1:]] == [(True, False), (False, True)]


def test_who_gives_a_second_opinion_is_mailed_nothing_that_is_hidden(mailed: Mailed) -> None:
    desk, server = mailed.desk, mailed.server
    claim = desk.claim()
    there = claim["links"]["self"]
    mailed.address("analyst")
    mailed.address("reader")
    for each in ("analyst", "reader"):
        mailed.choose(each, "at_once")
    before = comment(desk, there, "contributor", "Who counted?", "analyst")
    assert desk.review(claim["id"], status="unverifiable", reason=REASON, by="admin").status_code == 201
    sent(desk, f"{there}/second-opinion", {"reviewer_id": desk.people["analyst"], "note": "Odd."}, by="admin")
    hidden = comment(desk, there, "admin", "It is unverifiable.", "analyst", "reader")
    assert mailed.drain() == {"sent": 2}
    [letter] = [each for each in server.letters if each["To"] == "analyst@example.org"]
    raw = letter.as_string()
    text = text_of(letter)
    assert "Somebody asked for your second opinion" in text
    assert before["id"] in text
    for word in (hidden["id"], "unverifiable", "admin", "Odd.", REASON):
        assert word not in text, word
        assert word not in raw, word
    # What opens later is not mailed late.
    assert desk.review(claim["id"], status="unverifiable", reason=REASON, by="analyst").status_code == 201
    assert mailed.drain() == {}
    assert [each["kind"] for each in told(desk, "analyst")] == ["mentioned", "opinion_asked", "mentioned"]


def test_only_hidden_things_are_no_mail_and_are_not_mailed_late(mailed: Mailed) -> None:
    desk, server = mailed.desk, mailed.server
    claim = desk.claim()
    there = claim["links"]["self"]
    assert desk.review(claim["id"], status="unverifiable", reason=REASON, by="admin").status_code == 201
    sent(desk, f"{there}/second-opinion", {"reviewer_id": desk.people["analyst"]}, by="admin")
    mailed.address("analyst")
    comment(desk, there, "admin", "It is unverifiable.", "analyst")
    mailed.clock.go(3 * HOUR)
    assert mailed.drain() == {}
    assert desk.review(claim["id"], status="unverifiable", reason=REASON, by="analyst").status_code == 201
    mailed.clock.go(DAY)
    assert mailed.drain() == {}
    assert server.raw == []


def test_desks_that_differ_in_the_hidden_verdict_mail_alike(mailed: Mailed) -> None:
    """Two claims, verified and unverifiable, each commented on with the verdict: the mails differ in nothing else."""
    desk, server = mailed.desk, mailed.server
    mailed.address("analyst")
    mailed.choose("analyst", "at_once")
    texts = []
    for status, evidence in (("unverifiable", []), ("verified", [{"stance": "supports", "title": "A plan"}])):
        claim = desk.claim()
        there = claim["links"]["self"]
        body = {"status": status, "reason": f"It is {status}.", "evidence": evidence}
        assert desk.review(claim["id"], by="admin", **body).status_code == 201
        sent(desk, f"{there}/second-opinion", {"reviewer_id": desk.people["analyst"]}, by="admin")
        comment(desk, there, "admin", f"It is {status}.", "analyst")
        assert mailed.drain() == {"sent": 1}
        letter = server.letters[-1]
        texts.append((letter["Subject"], text_of(letter).replace(claim["id"], "…")))
    assert texts[0] == texts[1]


@pytest.mark.parametrize("tag", ["ar", "es", "fr", "pt"])
def test_mail_is_in_the_persons_language(mailed: Mailed, tag: str) -> None:
    desk, server = mailed.desk, mailed.server
    claim = desk.claim()
    mailed.address("reader", language=tag)
    mailed.choose("reader", "at_once")
    comment(desk, claim["links"]["self"], "analyst", "Look.", "reader")
    assert mailed.drain() == {"sent": 1}
    [letter] = server.letters
    assert letter["Content-Language"] == tag
    assert letter["Subject"] == said(sentence("mentioned", "Test analyst"), speech_for(tag))
    assert claim["text"] in text_of(letter)
    assert server.raw[0].isascii()


def test_a_server_that_is_down_holds_mail_up_and_loses_none(mailed: Mailed) -> None:
    desk, server, clock = mailed.desk, mailed.server, mailed.clock
    there = desk.claim()["links"]["self"]
    for each in ("reader", "contributor"):
        mailed.address(each)
        mailed.choose(each, "at_once")
    comment(desk, there, "analyst", "Look.", "reader", "contributor")
    told(desk, "reader")
    mailer = mailed.mailer()
    real, server.port = server.port, free_port()
    down = mailed.mailer()
    assert dict(down.drain()) == {"down": 1}  # it asks once for all
    assert dict(down.drain()) == {}
    clock.go(FIRST_WAIT)
    assert dict(down.drain()) == {"down": 1}
    clock.go(FIRST_WAIT)
    assert dict(down.drain()) == {}  # each wait is twice as long
    server.port = real
    assert dict(mailer.drain()) == {"sent": 2}
    assert sorted(server.recipients) == [["contributor@example.org"], [ADDRESS]]


@pytest.mark.parametrize(
    "answer", ["550 No such user", "450 Come back later", "554 5.7.1 Relay access denied", "550 5.7.1 No", "530 Log in"]
)
def test_a_refused_recipient_keeps_nobody_waiting(mailed: Mailed, answer: str) -> None:
    desk, server, clock = mailed.desk, mailed.server, mailed.clock
    there = desk.claim()["links"]["self"]
    for each in ("reader", "contributor"):
        mailed.address(each)
        mailed.choose(each, "at_once")
    server.refuse[ADDRESS] = answer
    comment(desk, there, "analyst", "Look.", "reader", "contributor")
    told(desk, "reader")
    mailer = mailed.mailer()
    # A server that does not trust the desk says nothing about the mail: it is kept.
    outcome = "refused" if answer == "550 No such user" else "postponed"
    assert dict(mailer.drain()) == {outcome: 1, "sent": 1}
    assert server.recipients == [["contributor@example.org"]]
    assert dict(mailer.drain()) == {}
    del server.refuse[ADDRESS]
    clock.go(FIRST_WAIT)
    assert dict(mailer.drain()) == ({} if outcome == "refused" else {"sent": 1})
    server.data = "554 Spam"
    comment(desk, there, "analyst", "Look.", "reader")
    told(desk, "reader")
    assert dict(mailer.drain()) == {"refused": 1}
    server.data = None
    assert dict(mailer.drain()) == {}


def test_who_has_left_gets_no_mail(mailed: Mailed) -> None:
    desk, server = mailed.desk, mailed.server
    there = desk.claim()["links"]["self"]
    for each in ("reader", "contributor"):
        mailed.address(each)
        mailed.choose(each, "at_once")
    comment(desk, there, "analyst", "Look.", "reader", "contributor")
    person = f"/v1/people/{desk.people['contributor']}"
    assert desk.patch(person, {"active": False}, etag="*", by="admin").status_code == 200
    told(desk, "reader")
    with desk.database.writing() as session:
        redacted_people.erase(session, people.operator(session), name="Test reader", reason="They asked.")
    assert dict(mailed.mailer().drain()) == {}
    assert server.raw == []
    with desk.database.reading() as connection:
        for table in (Preference, MailChoice, MailMark):
            mine = select(table.person_id).where(table.person_id == desk.people["reader"])
            assert connection.execute(mine).all() == []
    refused = desk.patch(f"/v1/people/{desk.people['reader']}", {"email": "a@example.org"}, etag="*", by="admin")
    assert refused.status_code == 409


def test_one_process_sends_at_a_time(mailed: Mailed) -> None:
    desk = mailed.desk
    there = desk.claim()["links"]["self"]
    mailed.address("reader")
    mailed.choose("reader", "at_once")
    comment(desk, there, "analyst", "Look.", "reader")
    with sole(desk.database, AdvisoryLock.MAIL) as held:
        assert held()
        with pytest.raises(Exception, match="Only one can run"), sole(desk.database, AdvisoryLock.MAIL):
            pass
    with pytest.raises(Unavailable):
        mailed.drain(held=lambda: False)
    assert mailed.server.raw == []
    assert mailed.drain() == {"sent": 1}


def test_it_goes_on_until_it_is_stopped(mailed: Mailed) -> None:
    desk = mailed.desk
    there = desk.claim()["links"]["self"]
    mailed.address("reader")
    mailed.choose("reader", "at_once")
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            mailer.stop()
            return
        comment(desk, there, "analyst", "Look.", "reader")
        told(desk, "reader")

    mailer = mailed.mailer(wait=wait)
    mailer.run()
    assert (waits, len(mailed.server.raw)) == ([5.0] * 3, 2)


def test_whole_desks_that_differ_in_the_hidden_verdict_mail_alike(copies: Copies) -> None:
    """A desk with one of everything: whoever may have to give the second opinion gets the same mail, to the letter."""
    told_to: dict[str, list[str]] = {"refuted": [], "verified": []}
    for verdict in ("refuted", "verified"):
        with opened(copies) as desk, taking_mail() as server:
            mailed = Mailed(desk, server, Clock())
            for each in ("admin", "analyst"):
                mailed.address(each)
                mailed.choose(each, "at_once")
            furnished(desk, verdict=verdict)
            mailed.drain()
            for letter in server.letters:
                told_to[verdict].append(f"{letter['To']} {letter['Subject']}\n{_ID.sub('…', text_of(letter))}")
    assert told_to["refuted"] == told_to["verified"] != []
