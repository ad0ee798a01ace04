"""What the desk keeps about a person, for the person; and that an erasure at the shell leaves only the mark."""

import json
from pathlib import Path

from sqlalchemy import select

from factcheck.desk import people
from factcheck.desk.access import browser_sessions
from factcheck.exchange import personal
from factcheck.rules.roles import Role
from factcheck.storage.tables.people import BrowserSession, Person, Token
from tests.desk import SECRET, Desk
from tests.everything import REPORT
from tests.test_cli import Shell

PIECE = {"stance": "refutes", "title": "A count"}
REASON = "Two people counted them."


def test_everything_about_a_person_and_no_secret(desk: Desk) -> None:
    with desk.database.writing() as session:
        operator = people.operator(session)
        desk.people["ama"] = people.add(session, operator, name="Ama Mensah", role=Role.ADMIN).id
        desk.tokens["ama"] = people.issue_token(session, operator, name="Ama Mensah")
        browser_sessions.enter_by_link(session, people.issue_login_link(session, operator, name="Ama Mensah"))
    claim, other = (desk.claim(text=f"Claim {each} of two.")["id"] for each in ("one", "two"))
    desk.review(claim, by="ama", status="refuted", reason=REASON, evidence=[PIECE])
    desk.made(
        f"/v1/claims/{claim}/second-opinion", {"reviewer_id": desk.people["analyst"], "note": "Please."}, by="ama"
    )
    desk.made(f"/v1/claims/{claim}/occurrences", {"kind": "speech", "place": "Accra"}, by="ama")
    body = {"kind": "contradicts", "claim_id": other, "note": "Both."}
    made = desk.post(f"/v1/claims/{claim}/relations", body, by="ama", headers={"Idempotency-Key": "k"})
    assert made.status_code == 201
    given = {"person_id": desk.people["analyst"], "due_on": "2026-12-24"}
    assert desk.request("PUT", f"/v1/claims/{claim}/assignment", json=given, by="ama").status_code == 201
    said = desk.made(f"/v1/claims/{claim}/comments", {"text": "Is it so?"}, by="ama")["id"]
    answer = {"text": "A word of others.", "in_reply_to": said, "mentions": [desk.people["ama"]]}
    desk.made(f"/v1/claims/{claim}/comments", answer, by="contributor")
    report = desk.made("/v1/reports", REPORT, by="ama")["id"]
    typed = {"version": 1, "title": "Again", "text": "Not saved yet."}
    assert desk.request("PUT", f"/v1/reports/{report}/draft", json=typed, by="ama").status_code == 200
    desk.made("/v1/webhooks", {"url": "https://hook.example/"}, by="ama")
    told_at = {"email": "ama@example.org", "time_zone": "Africa/Accra"}
    assert desk.patch(f"/v1/people/{desk.people['ama']}", told_at, etag="*", by="ama").status_code == 200

    with desk.database.reading() as connection:
        told = personal.everything(connection, "ama mensah")
        person = connection.execute(select(Person.mark).where(Person.id == desk.people["ama"])).one()
        secrets = [*connection.scalars(select(Token.digest)), *connection.scalars(select(BrowserSession.digest))]
    assert (told["profile"]["name"], told["profile"]["mark"], told["profile"]["role"]) == (
        "Ama Mensah",
        person.mark,
        "admin",
    )
    sizes = {name: len(part) for name, part in told.items() if isinstance(part, list)}
    assert sizes == {
        "tokens": 1, "accounts": 0, "login_links": 1, "browser_sessions": 1, "requests": 1, "webhooks": 1,
        "preferences": 1, "saved_filters": 0, "mail_choices": 5, "mail_marks": 1,
        "claims": 0, "evidence": 1, "occurrences": 1, "images": 0,
        "relations": 1, "reviews": 1, "second_opinions": 1, "entries_about": 4, "entries_by": 8,
        "assignments": 1, "comments": 1, "mentions": 1, "report_versions": 1, "report_drafts": 1,
    }  # fmt: skip
    assert [entry["action"] for entry in told["entries_about"]] == [
        "add",
        "issue_token",
        "issue_login_link",
        "add_webhook",
    ]
    assert [entry["action"] for entry in told["entries_by"]] == [
        "review",
        "ask_second_opinion",
        "add_occurrence",
        "relate",
        "assign",
        "add",
        "add",
        "add_webhook",
    ]
    assert told["preferences"] == [{"language": None, "toured_at": None, **told_at}]
    assert {each["delivery"] for each in told["mail_choices"]} == {"daily"}
    written = json.dumps(told, ensure_ascii=False)
    assert desk.tokens["ama"] not in written
    assert "A word of others." not in written
    assert secrets
    assert not [each for each in secrets if bytes(each).hex() in written or str(bytes(each)) in written]


def test_the_commands_export_and_erase(tmp_path: Path) -> None:
    shell = Shell(tmp_path, {"database_url": f"sqlite:///{tmp_path}/desk.db", "secret_key": SECRET})
    shell.done("db", "upgrade")
    shell.done("people", "add", "Ama Mensah", "--role", "analyst", "--display-name", "A. Mensah")
    told = json.loads(shell.done("people", "export", "Ama Mensah"))
    refused = shell.run("people", "erase", "Ama Mensah", "--reason", "Ama Mensah asked.")
    assert (refused.returncode, "repeats what is redacted" in refused.stderr) == (1, True)
    assert shell.run("people", "erase", "operator", "--reason", "They asked.").returncode == 1
    erased = shell.run("people", "erase", "Ama Mensah", "--reason", "They asked.")
    assert erased.returncode == 0, erased.stderr
    assert b"Mensah" not in b"".join(file.read_bytes() for file in tmp_path.glob("desk.db*"))
    name = f"(redacted {told['profile']['id'].rpartition('-')[2]})"
    after = json.loads(shell.done("people", "export", name))
    assert after["profile"]["mark"] == told["profile"]["mark"]
    assert after["profile"]["display_name"] is None
    assert [entry["action"] for entry in after["entries_about"]] == ["add", "issue_token", "redact"]
    assert shell.run("people", "export", "Ama Mensah").returncode == 1
    assert shell.run("people", "token", name).returncode == 1
    assert shell.done("log", "verify") == ""
