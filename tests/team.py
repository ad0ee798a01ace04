"""Somebody of a desk with a token, an account and a browser, for tests of requests about people."""

from sqlalchemy import select

from factcheck.desk import people
from factcheck.desk.access import browser_sessions
from factcheck.desk.access.callers import digest
from factcheck.desk.team import accounts, tokens
from factcheck.rules.roles import Role
from factcheck.storage.tables.people import BrowserSession
from tests.desk import Desk


def somebody(desk: Desk, name: str) -> dict[str, str]:
    """Add a reader with a token, an account and a browser. Return their ids, by the names that they have in paths."""
    with desk.database.writing() as session:
        operator = people.operator(session)
        person = people.add(session, operator, name=name, role=Role.READER)
        token = tokens.issue(session, operator, person.id, label="A script")
        account = accounts.bind(session, operator, person.id, issuer="https://id.invalid", subject=name)
        link = people.issue_login_link(session, operator, name=name)
        secret = browser_sessions.enter_by_link(session, link, "A browser")
        browser = select(BrowserSession.id).where(BrowserSession.digest == digest(secret))
        session_id = str(session.execute(browser).scalar_one())
    return {"person_id": person.id, "token_id": token["id"], "account_id": account["id"], "session_id": session_id}
