"""Mail on pages and in the API: addresses, choices, the end of all mail, and login links by mail."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest

from factcheck.mailing.unsubscribing import LONGEST, token_of
from factcheck.rules.team.notifying import NotificationKind
from tests.desk import Desk
from tests.forms import HTML, Visitor
from tests.mail_server import MailServer, free_port, taking_mail, text_of
from tests.test_mail import ADDRESS, BASE, FROM
from tests.test_notifications import HERE

CHOICES = "/notifications/choices"
NEVER = {str(kind): "never" for kind in NotificationKind}
DAILY = {str(kind): "daily" for kind in NotificationKind}


@pytest.fixture
def server() -> Iterator[MailServer]:
    with taking_mail() as found:
        yield found


@pytest.fixture
def mailing(desk: Desk, server: MailServer) -> Desk:
    """A desk that sends mail."""
    return desk.with_settings(smtp_url=server.url, mail_from=FROM, base_url=BASE)


def page_of(desk: Desk, who: str) -> str:
    return f"/people/{desk.people[who]}"


def choices(desk: Desk, by: str) -> Any:
    answer = desk.get(f"{HERE}/choices", by=by)
    assert answer.status_code == 200
    return answer.json


def address(desk: Desk, who: str, address: str | None = ADDRESS, by: str | None = None) -> Any:
    return desk.patch(f"/v1{page_of(desk, who)}", {"email": address}, etag="*", by=by or who)


# ── Addresses ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_address_is_seen_and_set_by_its_person_and_admins(desk: Desk) -> None:
    size = len(desk.changes())
    assert address(desk, "reader").json["email"] == ADDRESS
    there = f"/v1{page_of(desk, 'reader')}"
    assert desk.get(there, by="reader").json["email"] == ADDRESS
    assert desk.get(there, by="admin").json["email"] == ADDRESS
    assert desk.get(there, by="analyst").status_code == 403
    assert address(desk, "reader", "b@example.org", by="analyst").status_code == 403
    assert address(desk, "reader", "b@example.org", by="admin").json["email"] == "b@example.org"
    assert address(desk, "reader", None).json["email"] is None
    assert len(desk.changes()) == size  # the log has none of it
    assert "example.org" not in str(desk.changes())


GOOD = (
    "a@b",
    "ama.mensah+desk@mail.example.org",
    "o'brien@example.org",
    "ama@exämple.org",
    "jürgen@example.org",
    "x" * 60 + "@example.org",
)
BAD = (
    "", " ", "ama", "@example.org", "ama@", "a@b@c", "a b@example.org", "ama@example.org ", "a\nb@example.org",
    "ama@example.org\r\nBcc: b@example.org", "ama\t@example.org", "a\x00@example.org", "a,b@example.org",
    "a;b@example.org", "<a@example.org>", "Ama <a@example.org>", '"a"@example.org', "a(b)@example.org",
    ".a@example.org", "a..b@example.org", "a@example..org", "a@[127.0.0.1]", "a\u202e@example.org", "a\u2028@b.org",
    "x" * 250 + "@example.org", 7, ["a@example.org"],
)  # fmt: skip


@pytest.mark.parametrize("written", GOOD)
def test_an_address_of_the_right_form_is_taken(desk: Desk, written: str) -> None:
    assert address(desk, "reader", written).status_code == 200


@pytest.mark.parametrize("written", BAD)
def test_an_address_of_another_form_is_refused(desk: Desk, written: Any) -> None:
    refused = address(desk, "reader", written)
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/email")


def test_the_page_sets_an_address(mailing: Desk) -> None:
    visitor, here = Visitor(mailing, "reader"), page_of(mailing, "reader")
    assert "Without an address, nothing is mailed." in visitor.get(here).get_data(as_text=True)
    wrong = visitor.send(f"{here}/mail", {"email": "ama"}, on=here)
    assert wrong.status_code == 422
    assert "Must be an e-mail address, such as ama@example.org." in wrong.get_data(as_text=True)
    assert (
        visitor.send(f"{here}/mail", {"email": f" {ADDRESS} "}, on=here).headers["Location"] == f"{here}?said=changed"
    )
    assert ADDRESS in visitor.get(here).get_data(as_text=True)
    assert "Mail a login link" not in visitor.get(here).get_data(as_text=True)
    assert visitor.get(f"{here}/mail").headers["Location"] == here
    stale = visitor.fields(here, f"{here}/mail") | {"version": "old", "email": "b@example.org"}
    assert visitor.client.post(f"{here}/mail", data=stale, headers=HTML).status_code == 412
    assert visitor.send(f"{here}/mail", {"email": ""}, on=here).status_code == 303
    assert mailing.get(f"/v1{here}", by="reader").json["email"] is None


# ── Choices ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_kind_is_chosen_for_itself(desk: Desk) -> None:
    assert choices(desk, "reader") == DAILY
    changed = desk.patch(f"{HERE}/choices", {"mentioned": "at_once"}, by="reader")
    assert changed.json == DAILY | {"mentioned": "at_once"} == choices(desk, "reader")
    assert address(desk, "reader").status_code == 200
    assert choices(desk, "reader") == DAILY | {"mentioned": "at_once"}
    assert choices(desk, "analyst") == DAILY
    for body in ({"mentioned": "hourly"}, {"mentioned": None}, {"other": "daily"}, []):
        assert desk.patch(f"{HERE}/choices", body, by="reader").status_code == 422
    assert desk.get(f"{HERE}/choices", by=None).status_code == 401


def test_the_page_of_choices(mailing: Desk) -> None:
    visitor = Visitor(mailing, "reader")
    shown = visitor.get(CHOICES).get_data(as_text=True)
    assert "You have no e-mail address here, so nothing is mailed." in shown
    assert shown.count('<option value="daily" selected>daily</option>') == 5
    assert "A comment mentions you" in shown
    assert f'href="{CHOICES}"' in visitor.get("/notifications").get_data(as_text=True)
    saved = visitor.send(CHOICES, {"mentioned": "at_once", "assigned": "never"}, on=CHOICES)
    assert (saved.status_code, saved.headers["Location"]) == (303, f"{CHOICES}?said=saved")
    assert choices(mailing, "reader") == DAILY | {"mentioned": "at_once", "assigned": "never"}
    assert "The changes were saved." in visitor.get(f"{CHOICES}?said=saved").get_data(as_text=True)
    assert visitor.send(CHOICES, {"mentioned": "hourly"}, on=CHOICES).status_code == 422
    assert "This desk sends no mail." not in shown
    silent = mailing.with_settings(smtp_url="")
    assert "This desk sends no mail." in Visitor(silent, "reader").get(CHOICES).get_data(as_text=True)


# ── The end of all mail ─────────────────────────────────────────────────────────────────────────────────────────────


def way_out(desk: Desk, who: str = "reader") -> str:
    return f"/unsubscribe/{token_of(desk.settings.secret_key, desk.people[who])}"


def test_a_link_asks_and_its_button_ends_all_mail(mailing: Desk) -> None:
    assert address(mailing, "reader").status_code == 200
    stranger, there = Visitor(mailing, None), way_out(mailing)
    for _ in range(2):  # a program that looks at links ends nothing
        asked = stranger.get(there)
        assert (asked.status_code, asked.headers["Referrer-Policy"] in ("no-referrer", "same-origin")) == (200, True)
    assert choices(mailing, "reader") == DAILY
    done = stranger.send(there, {}, on=there, headers={"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"})
    assert (done.status_code, "You get no more notifications by e-mail." in done.get_data(as_text=True)) == (200, True)
    assert choices(mailing, "reader") == NEVER
    assert choices(mailing, "analyst") == DAILY
    assert mailing.get(f"/v1{page_of(mailing, 'reader')}", by="reader").json["email"] == ADDRESS


@pytest.mark.parametrize("form", ["urlencoded", "multipart"])
def test_mail_programs_end_all_mail_by_one_request(mailing: Desk, form: str) -> None:
    """RFC 8058: a POST without a cookie, as either kind of form."""
    mailing.app.config["WTF_CSRF_ENABLED"] = True
    kind = "application/x-www-form-urlencoded" if form == "urlencoded" else "multipart/form-data"
    body = {"List-Unsubscribe": "One-Click"}
    done = mailing.app.test_client().post(way_out(mailing), data=body, content_type=kind)
    assert done.status_code == 200
    assert choices(mailing, "reader") == NEVER
    assert mailing.app.test_client().post(way_out(mailing), data=body).status_code == 200
    # No other path is without its guard.
    refused = Visitor(mailing, "reader").client.post(CHOICES, data={"key": "k" * 16, "mentioned": "at_once"})
    assert refused.status_code == 403
    assert choices(mailing, "reader") == NEVER


def test_no_other_link_ends_anything(mailing: Desk) -> None:
    good = way_out(mailing)
    other = f"/unsubscribe/{token_of('a key of another desk', mailing.people['reader'])}"
    for bad in (
        good[:-2],
        good + "x",
        other,
        "/unsubscribe/x",
        f"/unsubscribe/{'x' * (LONGEST + 1)}",
        "/unsubscribe/%C3%A4",
    ):
        for method in ("GET", "POST"):
            answer = mailing.app.test_client().open(bad, method=method, headers=HTML)
            assert (answer.status_code, answer.mimetype) == (404, "text/html"), bad
    assert choices(mailing, "reader") == DAILY
    erased = token_of(mailing.settings.secret_key, "00000000-0000-7000-8000-000000000000")
    assert mailing.app.test_client().post(f"/unsubscribe/{erased}").status_code == 200
    foreign = mailing.app.test_client().post(good, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403


# ── Login links ─────────────────────────────────────────────────────────────────────────────────────────────────────


def link_in(letter: EmailMessage) -> str:
    found = re.search(rf"^{BASE}(/login/\S+)$", text_of(letter), re.MULTILINE)
    assert found is not None
    return found[1]


def test_a_login_link_is_mailed_and_not_shown(mailing: Desk, server: MailServer) -> None:
    there = f"/v1{page_of(mailing, 'reader')}/login-link"
    none = mailing.post(there, {"mail": True}, by="admin")
    assert (none.status_code, none.json["detail"]) == (409, "This person has no e-mail address.")
    assert address(mailing, "reader").status_code == 200
    key = {"Idempotency-Key": "once"}
    made = mailing.post(there, {"mail": True}, by="admin", headers=key)
    assert (made.status_code, made.json["url"], made.json["expires_at"] > "2026") == (200, None, True)
    assert mailing.post(there, {"mail": True}, by="admin", headers=key).json == made.json
    [letter] = server.letters
    assert server.recipients == [[ADDRESS]]
    assert (letter["Subject"], letter["List-Unsubscribe"]) == ("Your login link", None)
    link = link_in(letter)
    assert link not in made.get_data(as_text=True)
    visitor = Visitor(mailing, None)
    assert visitor.send(link, {}, on=link).status_code == 303
    assert "Test reader" in visitor.get("/notifications").get_data(as_text=True)
    assert mailing.post(there, {"mail": False}, by="admin").json["url"].startswith(f"{BASE}/login/")
    assert mailing.post(there, by="admin").json["url"].startswith(f"{BASE}/login/")
    assert mailing.post(there, {"mail": "yes"}, by="admin").status_code == 422
    assert mailing.post(there, {"mail": True}, by="analyst").status_code == 403
    assert len(server.raw) == 1


def test_a_page_mails_a_login_link(mailing: Desk, server: MailServer) -> None:
    assert address(mailing, "reader").status_code == 200
    visitor, here = Visitor(mailing, "admin"), page_of(mailing, "reader")
    sent = visitor.send(f"{here}/login-mail", {}, on=here)
    assert (sent.status_code, sent.headers["Location"]) == (303, f"{here}?said=mailed")
    assert "The login link was mailed" in visitor.get(f"{here}?said=mailed").get_data(as_text=True)
    link = link_in(server.letters[0])
    assert link not in visitor.get(here).get_data(as_text=True)
    server.refuse[ADDRESS] = "550 No such user"
    form = visitor.fields(here, f"{here}/login-mail")
    refused = visitor.client.post(f"{here}/login-mail", data=form, headers=HTML)
    assert refused.status_code == 409
    server.refuse.clear()
    assert visitor.client.post(f"{here}/login-mail", data=form, headers=HTML).status_code == 303  # and again
    assert len(server.raw) == 2
    assert "The mail server refuses to send to this person" in refused.get_data(as_text=True)


def test_without_a_mail_server_no_link_is_made(desk: Desk, mailing: Desk, server: MailServer) -> None:
    assert address(desk, "reader").status_code == 200
    there = f"/v1{page_of(desk, 'reader')}/login-link"
    size = len(desk.changes())
    refused = desk.post(there, {"mail": True}, by="admin")
    assert (refused.status_code, "FACTCHECK_SMTP_URL" in refused.json["detail"]) == (409, True)
    assert len(desk.changes()) == size
    assert "Mail a login link" not in Visitor(desk, "admin").get(page_of(desk, "reader")).get_data(as_text=True)
    # One that is down: an answer says so, and the same request tries again.
    down = desk.with_settings(smtp_url=f"smtp://127.0.0.1:{free_port()}?starttls=off", mail_from=FROM, base_url=BASE)
    key = {"Idempotency-Key": "again"}
    failed = down.post(there, {"mail": True}, by="admin", headers=key)
    assert (failed.status_code, failed.json["type"]) == (503, "/problems/mail-unavailable")
    again = mailing.post(there, {"mail": True}, by="admin", headers=key)
    assert (again.status_code, len(server.raw)) == (200, 1)
