"""People over the API and on pages: admins add and change them, and everybody has their own tokens and browsers."""

import html
import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import text

from factcheck.desk import people
from factcheck.desk.access.callers import Callers
from factcheck.desk.access.uses import Uses
from factcheck.desk.redactions import people as redactions
from factcheck.desk.team import tokens as tokens_of
from factcheck.inspection import checkup
from factcheck.log.clock import now
from factcheck.rules.roles import Role
from tests.desk import Desk
from tests.examining import claim_faults
from tests.forms import Visitor

PIECE = {"title": "A report", "url": "https://news.example/report"}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def faults(desk: Desk) -> list[str]:
    with desk.database.writing() as session:
        found = [*checkup.log_faults(session), *claim_faults(session)]
    return [f"{fault.subject}: {fault.detail}" for fault in found]


# ── People ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_admin_adds_and_changes_a_person(desk: Desk) -> None:
    made = desk.post("/v1/people", {"name": "  Ama   Mensah ", "role": "contributor"}, by="admin")
    assert (made.status_code, made.json["name"], made.json["role"], made.json["active"]) == (
        201, "Ama Mensah", "contributor", True,
    )  # fmt: skip
    here = made.json["links"]["self"]
    assert made.headers["Location"] == here
    read = desk.get(here, by="admin")
    assert (read.json, read.headers["ETag"]) == (made.json, made.headers["ETag"])

    changes = {"role": "analyst", "display_name": "The team", "reason": "She decides now."}
    changed = desk.patch(here, changes, by="admin", etag=read.headers["ETag"])
    assert (changed.status_code, changed.json["role"], changed.json["display_name"]) == (200, "analyst", "The team")
    assert desk.patch(here, {"role": "reader"}, by="admin", etag=read.headers["ETag"]).status_code == 412
    assert desk.patch(here, {"role": "reader"}, by="admin").status_code == 428
    entries = [(each["action"], each["reason"]) for each in desk.changes()[-3:]]
    assert entries == [("add", None), ("give_role", "She decides now."), ("set_display_name", None)]
    same = desk.patch(here, {"role": "analyst"}, by="admin", etag=changed.headers["ETag"])
    assert (same.status_code, same.headers["ETag"]) == (200, changed.headers["ETag"])
    assert len(desk.changes()) == int(changed.headers["Log-Index"]) + 1
    assert faults(desk) == []


def test_who_is_disabled_is_out_at_once_and_comes_back_by_a_new_way(desk: Desk) -> None:
    person = desk.people["contributor"]
    assert desk.get("/v1/me", by="contributor").status_code == 200
    out = desk.patch(f"/v1/people/{person}", {"active": False, "reason": "She left."}, by="admin", etag="*")
    assert (out.json["active"], out.json["disabled_at"] is not None) == (False, True)
    assert desk.get("/v1/me", by="contributor").status_code == 401
    assert desk.post(f"/v1/people/{person}/tokens", {}, by="admin").status_code == 403
    back = desk.patch(f"/v1/people/{person}", {"active": True}, by="admin", etag="*")
    assert (back.json["active"], back.json["disabled_at"]) == (True, None)
    assert desk.get("/v1/me", by="contributor").status_code == 401
    desk.tokens["contributor"] = desk.made(f"/v1/people/{person}/tokens", {}, by="admin")["token"]
    assert desk.get("/v1/me", by="contributor").status_code == 200
    assert faults(desk) == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"role": "editor"}, "/role"), ({"role": None}, "/role"), ({"active": "no"}, "/active"),
        ({"name": None}, "/name"), ({"name": "Αnna"}, "/name"), ({"display_name": " "}, "/display_name"),
        ({"display_name": "Αnna"}, "/display_name"),
    ],
)  # fmt: skip
def test_a_change_that_cannot_be_names_its_field(desk: Desk, body: dict[str, object], pointer: str) -> None:
    before = len(desk.changes())
    answer = desk.patch(f"/v1/people/{desk.people['reader']}", body, by="admin", etag="*")
    assert (answer.status_code, [error["pointer"] for error in answer.json["errors"]]) == (422, [pointer])
    assert len(desk.changes()) == before


def test_who_is_renamed_has_the_new_name_at_once(desk: Desk) -> None:
    """Earlier versions and comments stay as they were, and the log has the earlier name."""
    here = f"/v1/people/{desk.people['analyst']}"
    claim = desk.claim()["id"]
    reason = "It is as the report says."
    decided = desk.review(claim, status="verified", reason=reason, evidence=[PIECE | {"stance": "supports"}])
    moment = decided.json["reviewed_at"]
    desk.made(
        f"/v1/claims/{claim}/comments", {"text": "@Test analyst?", "mentions": [desk.people["analyst"]]}, by="admin"
    )
    other, later = (desk.claim(text=f"Claim {each}.")["id"] for each in ("two", "three"))
    desk.review(other, status="in_review")
    unchanged = desk.get(f"/v1/claims/{later}").headers["ETag"]
    against = [PIECE | {"stance": "refutes"}]
    desk.review(claim, by="admin", status="disputed", reason="It is not so, by the other report.", evidence=against)

    body = {"name": "  Ama   Mensah ", "reason": "She asked for it."}
    renamed = desk.patch(here, body, by="admin", etag="*")
    assert (renamed.status_code, renamed.json["name"]) == (200, "Ama Mensah")
    shown = desk.get(f"/v1/claims/{claim}").json
    assert {each["added_by"]["name"] for each in shown["evidence"]} == {"Ama Mensah", "Test admin"}
    assert desk.get(f"/v1/claims/{other}").json["reviewed_by"]["name"] == "Ama Mensah"
    before = desk.get(f"/v1/claims/{claim}?as_of={moment}").json
    assert before["reviewed_by"]["name"] == "Test analyst"
    history = desk.get(f"/v1/claims/{claim}/history").json["items"]
    assert {each["actor"]["name"] for each in history} == {"Ama Mensah", "Test admin"}
    [comment] = desk.get(f"/v1/claims/{claim}/comments").json["items"]
    assert (comment["text"], comment["mentions"][0]["name"]) == ("@Test analyst?", "Ama Mensah")
    assert desk.get(f"/v1/claims/{later}").headers["ETag"] == unchanged
    entry = desk.changes()[-1]
    assert (entry["action"], entry["reason"]) == ("rename", "She asked for it.")
    assert entry["changes"] == [{"field": "name", "before": "Test analyst", "after": "Ama Mensah"}]
    assert desk.get("/v1/me").json["name"] == "Ama Mensah"
    assert faults(desk) == []
    again = desk.patch(here, {"name": "AMA MENSAH"}, by="admin", etag="*")
    assert (again.status_code, again.json["name"]) == (200, "AMA MENSAH")
    for taken in ("ｔｅｓｔ admin", "Test  Reader"):
        assert desk.patch(here, {"name": taken}, by="admin", etag="*").status_code == 409
    assert faults(desk) == []


def test_a_new_name_is_no_change_of_claims(desk: Desk) -> None:
    """Their times would tell everybody whose they are. Versions have the names with which they ended."""
    here, claim = f"/v1/people/{desk.people['analyst']}", desk.claim()["id"]
    piece = desk.made(f"/v1/claims/{claim}/evidence", PIECE | {"stance": "context"})
    review = desk.review(claim, status="unverifiable", reason="Nobody can know that.").json
    before = desk.get(f"/v1/claims/{claim}")
    for name in ("Ama", "Ama Mensah"):
        assert desk.patch(here, {"name": name}, by="admin", etag="*").status_code == 200
    after = desk.get(f"/v1/claims/{claim}")
    assert after.headers["ETag"] != before.headers["ETag"]
    assert after.json["updated_at"] == before.json["updated_at"]
    assert (after.json["reviewed_by"]["name"], after.json["evidence"][0]["added_by"]["name"]) == ("Ama Mensah",) * 2
    assert len(desk.get(f"/v1/claims/{claim}/history").json["items"]) == 3
    gone = {"reason": "It was another report."}
    assert desk.post(f"/v1/claims/{claim}/evidence/{piece['id']}/withdrawal", gone).status_code == 200
    assert desk.patch(here, {"name": "Ama again"}, by="admin", etag="*").status_code == 200
    ended = desk.get(f"/v1/claims/{claim}?as_of={review['reviewed_at']}").json
    assert ended["evidence"][0]["added_by"]["name"] == "Ama Mensah"
    assert desk.get(f"/v1/claims/{claim}").json["reviewed_by"]["name"] == "Ama again"
    assert faults(desk) == []
    with desk.database.writing() as session:
        redactions.erase(session, people.operator(session), name="Ama again", reason="They asked for it.")
    assert faults(desk) == []
    for each in (f"/v1/claims/{claim}", f"/v1/claims/{claim}?as_of={review['reviewed_at']}"):
        assert "Ama" not in desk.get(each, by="admin").get_data(as_text=True)
        assert "(redacted" in desk.get(each, by="admin").get_data(as_text=True)


def test_who_may_not_be_renamed(desk: Desk) -> None:
    with desk.database.writing() as session:
        operator = people.operator(session)
    size = len(desk.changes())
    assert desk.patch(f"/v1/people/{operator.id}", {"name": "Root"}, by="admin", etag="*").status_code == 409
    own = desk.patch(f"/v1/people/{desk.people['analyst']}", {"name": "Ama"}, etag="*")
    assert (own.status_code, len(desk.changes())) == (403, size)


def test_when_a_token_was_last_used(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A use is written by a thread, at most once an hour for each token. Nothing else counts as one."""
    mine = f"/v1/people/{desk.people['analyst']}/tokens"
    fresh = desk.made(mine, {"label": "A script"})
    assert fresh["last_used_at"] is None
    uses: Uses = desk.app.extensions["factcheck.uses"]
    uses.write()
    assert desk.get(fresh["links"]["self"]).json["last_used_at"] is None
    began = now()
    assert desk.get("/v1/me", headers={"Authorization": f"Bearer {fresh['token']}"}).status_code == 200
    assert desk.get("/v1/me", headers={"Authorization": f"Bearer {fresh['token']}x"}).status_code == 401
    uses.write()
    used = desk.get(fresh["links"]["self"]).json["last_used_at"]
    assert began <= datetime.fromisoformat(used) <= now()
    desk.app.extensions["factcheck.callers"] = Callers(uses.note)
    assert desk.get("/v1/me", headers={"Authorization": f"Bearer {fresh['token']}"}).status_code == 200
    uses.write()
    assert desk.get(fresh["links"]["self"]).json["last_used_at"] == used
    monkeypatch.setattr("factcheck.desk.access.uses.PRECISION", timedelta(0))
    desk.app.extensions["factcheck.callers"] = Callers(uses.note)
    assert desk.get("/v1/me", headers={"Authorization": f"Bearer {fresh['token']}"}).status_code == 200
    uses.write()
    assert desk.get(fresh["links"]["self"]).json["last_used_at"] > used
    assert faults(desk) == []


def test_nobody_locks_themselves_out(desk: Desk) -> None:
    before = len(desk.changes())
    for body in ({"active": False}, {"role": "reader"}):
        answer = desk.patch(f"/v1/people/{desk.people['admin']}", body, by="admin", etag="*")
        assert (answer.status_code, "Another admin" in answer.json["detail"]) == (409, True)
    assert len(desk.changes()) == before
    shown = desk.patch(f"/v1/people/{desk.people['admin']}", {"display_name": "A"}, by="admin", etag="*")
    assert (shown.status_code, shown.json["display_name"]) == (200, "A")


def test_what_is_somebody_elses_is_for_admins(desk: Desk) -> None:
    mine, other = desk.people["analyst"], desk.people["contributor"]
    token = desk.made(f"/v1/people/{other}/tokens", {}, by="contributor")
    for path in ("", "/tokens", "/sessions", f"/tokens/{token['id']}"):
        assert desk.get(f"/v1/people/{other}{path}").status_code == 403, path
        assert desk.get(f"/v1/people/{other}{path}", by="admin").status_code == 200, path
    for path in ("", "/tokens", "/sessions"):
        assert desk.get(f"/v1/people/{mine}{path}").status_code == 200, path
    before = len(desk.changes())
    assert desk.get("/v1/people").status_code == 403
    assert desk.post("/v1/people", {"name": "Ama", "role": "reader"}).status_code == 403
    assert desk.patch(f"/v1/people/{mine}", {"role": "admin"}, etag="*").status_code == 403
    assert desk.post(f"/v1/people/{other}/tokens", {}).status_code == 403
    assert desk.post(f"/v1/people/{mine}/login-link").status_code == 403
    assert desk.request("DELETE", f"/v1/people/{other}/tokens/{token['id']}").status_code == 403
    assert len(desk.changes()) == before
    missing = "01890000-0000-7000-8000-000000000000"
    for path in (missing, f"{missing}/tokens", f"{missing}/sessions", f"{mine}/tokens/{token['id']}"):
        assert desk.get(f"/v1/people/{path}", by="admin").status_code == 404, path


def test_everybody_is_listed_page_by_page(desk: Desk) -> None:
    found, path = [], "/v1/people?limit=2"
    while path:
        page = desk.get(path, by="admin").json
        found += [person["id"] for person in page["items"]]
        assert len(page["items"]) <= 2
        path = page["next_cursor"] and f"/v1/people?limit=2&cursor={page['next_cursor']}"
    with desk.database.reading() as connection:
        assert found == [person["id"] for person in people.listed(connection)]
    assert len(found) == 5


def test_changes_of_rights_at_the_same_time_wait_for_each_other(desk: Desk) -> None:
    ids = [desk.made("/v1/people", {"name": f"Person {n}", "role": "reader"}, by="admin")["id"] for n in range(6)]
    answers: list[int] = []

    def promote(person: str) -> None:
        answers.append(desk.patch(f"/v1/people/{person}", {"role": "analyst"}, by="admin", etag="*").status_code)

    threads = [threading.Thread(target=promote, args=(person,)) for person in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 6


# ── Tokens ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_token_is_shown_once(desk: Desk) -> None:
    here = f"/v1/people/{desk.people['reader']}/tokens"
    body, key = {"label": "Nightly export", "days": 30}, {"Idempotency-Key": "once"}
    made = desk.post(here, body, by="reader", headers=key)
    assert (made.status_code, made.json["label"], made.json["active"]) == (201, "Nightly export", True)
    secret = made.json["token"]
    again = desk.post(here, body, by="reader", headers=key)
    assert (again.status_code, again.json) == (201, made.json | {"token": None})
    read = desk.get(made.headers["Location"], by="reader")
    assert (read.json, read.headers["ETag"]) == (made.json | {"token": None}, made.headers["ETag"])
    listed = desk.get(here, by="reader").json["items"]
    assert [(each["label"], each["token"]) for each in listed] == [("Nightly export", None), (None, None)]
    assert secret.encode() not in everything(desk)
    desk.tokens["made"] = secret
    assert desk.get("/v1/me", by="made").json["id"] == desk.people["reader"]
    expires = datetime.fromisoformat(made.json["expires_at"]) - datetime.fromisoformat(made.json["created_at"])
    assert expires == timedelta(days=30)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=31)):
        assert desk.get("/v1/me", by="made").status_code == 401
        assert desk.get(here, by="reader").json["items"][0]["active"] is False
    assert faults(desk) == []


def everything(desk: Desk) -> bytes:
    """Return what is in all rows of the tables that keep what was said or sent."""
    with desk.database.reading() as connection:
        found = [
            row
            for table in ("kept_answers", "revision_contents", "tokens", "people")
            for row in connection.execute(text(f"SELECT * FROM {table}")).all()
        ]
    return b"".join(bytes(value) if isinstance(value, bytes) else str(value).encode() for row in found for value in row)


def test_a_revoked_token_is_good_for_nothing(desk: Desk) -> None:
    here = f"/v1/people/{desk.people['analyst']}/tokens"
    made = desk.made(here, {"label": "Lost laptop"})
    desk.tokens["lost"] = made["token"]
    assert desk.get("/v1/me", by="lost").status_code == 200
    ended = desk.request("DELETE", f"{here}/{made['id']}")
    assert ended.status_code == 204
    assert desk.get("/v1/me", by="lost").status_code == 401
    assert desk.get("/v1/me").status_code == 200  # the other token is good
    again = desk.request("DELETE", f"{here}/{made['id']}")
    assert (again.status_code, "Log-Index" in again.headers) == (204, False)
    entry = desk.changes()[-1]
    assert (entry["log_index"], entry["action"]) == (int(ended.headers["Log-Index"]), "revoke_token")
    assert entry["changes"] == [{"field": "token", "before": made["id"], "after": None}]
    row = desk.get(f"{here}/{made['id']}").json
    assert (row["active"], row["revoked_at"]) == (False, entry["at"])
    assert faults(desk) == []
    with desk.database.writing() as session:
        session.execute(text("UPDATE tokens SET revoked_at = NULL WHERE id = :id"), {"id": made["id"]})
    [fault] = faults(desk)
    assert fault.startswith(f"person {desk.people['analyst']}: tokens.revoked_at:")


def test_nobody_has_more_tokens_than_they_can_look_through(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens_of, "MOST", 3)
    here = f"/v1/people/{desk.people['reader']}/tokens"
    made = [desk.made(here, {}, by="reader") for _ in range(2)]
    full = desk.post(here, {}, by="reader")
    assert (full.status_code, "Revoke one" in full.json["detail"]) == (409, True)
    assert desk.request("DELETE", f"{here}/{made[0]['id']}", by="reader").status_code == 204
    assert desk.post(here, {}, by="reader").status_code == 201


@pytest.mark.parametrize("body", [{"days": 0}, {"days": 3651}, {"days": 1.5}, {"days": "7"}, {"label": "x" * 101}])
def test_a_token_that_cannot_be_names_its_field(desk: Desk, body: dict[str, object]) -> None:
    answer = desk.post(f"/v1/people/{desk.people['analyst']}/tokens", body)
    assert (answer.status_code, [error["pointer"] for error in answer.json["errors"]]) == (
        422,
        [f"/{next(iter(body))}"],
    )


def test_the_names_of_tokens_are_erased_with_their_person(desk: Desk) -> None:
    person = desk.people["contributor"]
    desk.made(f"/v1/people/{person}/tokens", {"label": "Ama's telephone"}, by="contributor")
    assert b"telephone" in everything(desk)
    with desk.database.writing() as session:
        redactions.erase(session, people.operator(session), name="Test contributor", reason="They asked for it.")
    assert b"telephone" not in everything(desk)
    assert faults(desk) == []
    answer = desk.patch(f"/v1/people/{person}", {"active": True}, by="admin", etag="*")
    assert (answer.status_code, "erased" in answer.json["detail"]) == (409, True)


# ── Ways into a browser ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_login_link_is_shown_once_and_used_once(desk: Desk) -> None:
    here = f"/v1/people/{desk.people['reader']}/login-link"
    made = desk.post(here, by="admin", headers={"Idempotency-Key": "once"})
    assert made.status_code == 200
    again = desk.post(here, by="admin", headers={"Idempotency-Key": "once"})
    assert again.json == {"url": None, "expires_at": made.json["expires_at"]}
    path = re.sub(r"^https?://[^/]+", "", made.json["url"])
    visitor = Visitor(desk, None)
    assert visitor.send(path, {}, on=path).status_code == 303
    assert "Test reader" in visitor.get("/").get_data(as_text=True)
    assert Visitor(desk, None).client.get(path).status_code == 200
    assert Visitor(desk, None).send(path, {}, on=path).status_code == 401


def test_a_browser_is_logged_out_from_another_one(desk: Desk) -> None:
    here = f"/v1/people/{desk.people['analyst']}/sessions"
    first = Visitor(desk)
    first.client.get("/", headers={"Accept": "text/html"})
    second = Visitor(desk)
    listed = second.client.get(here).json["items"]
    assert [each["current"] for each in listed] == [True, False]
    ended = desk.request("DELETE", f"{here}/{listed[1]['id']}")
    assert ended.status_code == 204
    assert first.get("/me").headers["Location"].startswith("/login")
    assert second.get("/me").headers["Location"] == f"/people/{desk.people['analyst']}"
    assert desk.request("DELETE", f"{here}/{listed[1]['id']}").status_code == 404
    assert [each["action"] for each in desk.changes()[-1:]] == ["end_session"]


def test_a_browser_says_what_it_is(desk: Desk) -> None:
    visitor = Visitor(desk, None)
    visitor.client.environ_base["HTTP_USER_AGENT"] = FIREFOX + "x" * 500
    with desk.database.writing() as session:
        secret = people.issue_login_link(session, people.operator(session), name="Test reader")
    visitor.send(f"/login/{secret}", {}, on=f"/login/{secret}")
    [listed] = desk.get(f"/v1/people/{desk.people['reader']}/sessions", by="reader").json["items"]
    assert (listed["user_agent"][: len(FIREFOX)], len(listed["user_agent"])) == (FIREFOX, 300)


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_admin_adds_a_person_on_a_page_and_hands_over_a_link(desk: Desk) -> None:
    admin = Visitor(desk, "admin")
    refused = admin.send("/people", {"name": "Аnna", "role": "analyst"}, on="/people")
    assert (refused.status_code, 'value="Аnna"' in refused.get_data(as_text=True)) == (422, True)
    taken = admin.send("/people", {"name": "test ADMIN", "role": "analyst"}, on="/people")
    assert (taken.status_code, "already has a name that looks like" in taken.get_data(as_text=True)) == (409, True)
    added = admin.send("/people", {"name": "Ama Mensah", "role": "analyst"}, on="/people")
    assert added.status_code == 303
    here = added.headers["Location"].partition("?")[0]
    shown = admin.get(added.headers["Location"]).get_data(as_text=True)
    assert "The person was added." in shown
    link = admin.send(f"{here}/login-link", {}, on=here)
    [path] = re.findall(r"/login/[\w-]+", link.get_data(as_text=True))
    ama = Visitor(desk, None)
    assert ama.send(path, {}, on=path).status_code == 303
    mine = html.unescape(ama.get(here).get_data(as_text=True))
    assert ("Ama Mensah" in mine, "this browser" in mine, "login-link" in mine, "/changes" in mine) == (
        True, True, False, False,
    )  # fmt: skip
    assert ama.get("/people").status_code == 403
    changed = admin.send(f"{here}/changes", {"role": "reader", "display_name": ""}, on=here)
    assert changed.headers["Location"] == f"{here}?said=changed"
    assert "You are" in ama.get("/").get_data(as_text=True)
    off = admin.send(f"{here}/changes", {"reason": "She left."}, on=here, at=1)
    assert (off.status_code, desk.get(f"/v1{here}", by="admin").json["active"]) == (303, False)
    assert ama.get(here).headers["Location"].startswith("/login")
    on = admin.send(f"{here}/changes", {}, on=here)
    assert (on.status_code, desk.get(f"/v1{here}", by="admin").json["active"]) == (303, True)


def test_everybody_makes_and_revokes_their_tokens_on_their_page(desk: Desk) -> None:
    visitor = Visitor(desk, "reader")
    here = visitor.get("/me").headers["Location"]
    refused = visitor.send(f"{here}/tokens", {"label": "Script", "days": "soon"}, on=here)
    assert (refused.status_code, 'value="Script"' in refused.get_data(as_text=True)) == (422, True)
    made = visitor.send(f"{here}/tokens", {"label": "Script", "days": "7"}, on=here).get_data(as_text=True)
    [secret] = re.findall(r"fck_[\w-]+", made)
    desk.tokens["made"] = secret
    assert desk.get("/v1/me", by="made").json["role"] == Role.READER
    shown = visitor.get(here).get_data(as_text=True)
    assert (secret in shown, "Revoke Script" in shown) == (False, True)
    token = desk.get(f"/v1{here}/tokens", by="reader").json["items"][0]["id"]
    ended = visitor.send(f"{here}/tokens/{token}/end", {}, on=here)
    assert ended.headers["Location"] == f"{here}?said=revoked"
    assert desk.get("/v1/me", by="made").status_code == 401
    assert visitor.get(f"{here}/tokens/{token}/end").headers["Location"] == here


# ── The desk ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_admins_see_the_settings_without_secrets(desk: Desk) -> None:
    found = {each["name"]: each for each in desk.get("/v1/settings", by="admin").json["items"]}
    assert (found["FACTCHECK_PUBLIC_READ"]["value"], found["FACTCHECK_PUBLIC_READ"]["origin"]) == ("off", "default")
    everything_told = desk.get("/v1/settings", by="admin").get_data(as_text=True)
    page = Visitor(desk, "admin").get("/settings").get_data(as_text=True)
    assert (desk.settings.secret_key in everything_told, desk.settings.secret_key in page) == (False, False)
    assert all(name in page for name in found)
    assert len(found) > 20
    for path in ("/v1/settings", "/v1/followers"):
        assert desk.get(path).status_code == 403
    assert Visitor(desk).get("/settings").status_code == 403
    assert Visitor(desk, None).get("/settings").headers["Location"].startswith("/login")


def test_admins_see_how_far_the_followers_are(desk: Desk) -> None:
    desk.claim()
    size = len(desk.changes())
    assert desk.get("/v1/audit/findings").json["as_of_log_index"] == size - 1
    found = {each["name"]: each for each in desk.get("/v1/followers", by="admin").json["items"]}
    assert (found["audit"]["as_of_log_index"], found["audit"]["lag"]) == (size - 1, 0)
    assert (found["publication"]["as_of_log_index"], found["publication"]["lag"]) == (-1, size)
    page = Visitor(desk, "admin").get("/settings").get_data(as_text=True)
    names = ("audit", "statistics", "notifications", "corrections", "search", "duplicates", "source_pairs", "webhooks")
    assert all(name in page for name in names)
