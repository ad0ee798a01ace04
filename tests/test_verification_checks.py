"""Each check of the verification alone: a log with nothing else wrong, and the words for that one thing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import orjson
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from factcheck.desk import people
from factcheck.inspection import replay
from factcheck.log import leaves, verification
from factcheck.storage.tables.logbook import Revision
from tests.desk import Desk
from torture.tampering import all_rights

Json = dict[str, Any]


class Ledger:
    """A log that nobody has signed: only its own order tells that it was changed."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.size: int = session.execute(text("SELECT size FROM log_head")).scalar_one()

    def leaf(self, index: int) -> Json:
        row = self.session.execute(text("SELECT leaf FROM revisions WHERE log_index = :i"), {"i": index}).one()
        leaf: Json = orjson.loads(row.leaf)
        return leaf

    def write(self, index: int, leaf: bytes) -> None:
        self.run("UPDATE revisions SET leaf = :leaf WHERE log_index = :i", leaf=leaf, i=index)

    def run(self, statement: str, **values: Any) -> None:
        assert self.session.execute(text(statement), values).rowcount == 1, statement

    def faults(self) -> list[str]:
        self.session.flush()
        done = verification.Progress()
        found: list[str] = []
        for some in verification.log_entries(self.session.connection(), [], done):
            found += [fault.told() for fault in some]
        for some in replay.replayed(self.session, done):
            found += [fault.told() for fault in some]
        return found


def not_at_its_index(ledger: Ledger) -> int:
    at = ledger.size - 1
    for table in ("revision_contents", "revisions"):
        ledger.run(f"UPDATE {table} SET log_index = log_index + 1 WHERE log_index = :i", i=at)
    return at + 1


def before_its_time(ledger: Ledger) -> int:
    """The last but one, so that the head's own time does not tell of it."""
    at = ledger.size - 2
    leaf = ledger.leaf(at)
    moved = datetime.fromisoformat(leaf["at"]) - timedelta(days=1)
    written = moved.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    plain = moved.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    embedded = ledger.session.get_bind().dialect.name == "sqlite"
    ledger.run("UPDATE revisions SET at = :at WHERE log_index = :i", at=plain + ("" if embedded else "+00"), i=at)
    ledger.write(at, leaves.canonical(leaf | {"at": written}))
    return at


def written_otherwise(ledger: Ledger) -> int:
    at = ledger.size - 2
    backwards = dict(reversed(ledger.leaf(at).items()))
    ledger.write(at, orjson.dumps(backwards))
    return at


def with_spaces(ledger: Ledger) -> int:
    at = ledger.size - 2
    ledger.write(at, orjson.dumps(ledger.leaf(at), option=orjson.OPT_SORT_KEYS) + b" ")
    return at


def of_another_version(ledger: Ledger) -> int:
    at = ledger.size - 2
    ledger.write(at, leaves.canonical(ledger.leaf(at) | {"v": 3}))
    return at


def with_one_member_more(ledger: Ledger) -> int:
    at = ledger.size - 2
    ledger.write(at, leaves.canonical(ledger.leaf(at) | {"x": 1}))
    return at


def following_another(ledger: Ledger) -> int:
    at = ledger.size - 2
    ledger.write(at, leaves.canonical(ledger.leaf(at) | {"previous": 0}))
    return at


def by_somebody_else(ledger: Ledger) -> int:
    at = ledger.size - 2
    ledger.write(at, leaves.canonical(ledger.leaf(at) | {"actor": "00000000-0000-4000-8000-000000000000"}))
    return at


def another_action(ledger: Ledger) -> int:
    at = ledger.size - 2
    ledger.write(at, leaves.canonical(ledger.leaf(at) | {"action": "revoke"}))
    return at


def another_content(ledger: Ledger) -> int:
    at = ledger.size - 2
    content = leaves.content_of([], "Nobody said this.")
    ledger.run("UPDATE revision_contents SET content = :c WHERE log_index = :i", c=content, i=at)
    return at


def without_content(ledger: Ledger) -> int:
    at = ledger.size - 2
    ledger.run("DELETE FROM revision_contents WHERE log_index = :i", i=at)
    return at


def of_another_number(ledger: Ledger) -> int:
    at = ledger.size - 1
    leaf = ledger.leaf(at)
    ledger.run("UPDATE revisions SET number = number + 1 WHERE log_index = :i", i=at)
    ledger.write(at, leaves.canonical(leaf | {"number": leaf["number"] + 1}))
    return at


def of_another_number_in_its_row(ledger: Ledger) -> int:
    at = ledger.size - 1
    ledger.run("UPDATE revisions SET number = number + 1 WHERE log_index = :i", i=at)
    return at


def unreadable(ledger: Ledger) -> int:
    at = ledger.size - 2
    ledger.write(at, b"{")
    return at


CHECKS: dict[Callable[[Ledger], int], str] = {
    not_at_its_index: "of the log, not at its index",
    before_its_time: "Its time is before that of the entry before it",
    written_otherwise: "not written canonically",
    with_spaces: "not written canonically",
    of_another_version: "has the version 3, which",
    with_one_member_more: "not written canonically",
    following_another: "follows on index 0",
    by_somebody_else: "differs from its entry",
    another_action: "differs from its entry",
    another_content: "not what its entry commits to",
    without_content: "no redaction says so",
    of_another_number: "does not follow on revision",
    of_another_number_in_its_row: "does not follow on revision",
    unreadable: "cannot be read",
}


@pytest.mark.parametrize("change", CHECKS, ids=lambda change: change.__name__)
def test_each_check_finds_what_no_other_finds(desk: Desk, change: Callable[[Ledger], int]) -> None:
    """The changed entry makes a login link: nothing in the other tables hangs on it."""
    with desk.database.writing() as session:
        for _ in range(4):
            people.issue_login_link(session, people.operator(session), name="Test analyst")
    with all_rights(desk.database.url) as session:
        ledger = Ledger(session)
        assert ledger.faults() == []
        place = f"log index {change(ledger)}: "
        found = ledger.faults()
        assert [line for line in found if place in line and CHECKS[change] in line], found


def test_entries_of_the_first_version_hold_for_ever(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(leaves, "Leaf", partial(leaves.Leaf, version=1))
        first = desk.claim()
    assert desk.review(first["id"], status="in_review").status_code == 201
    with desk.database.reading() as connection:
        entries = [bytes(each) for each in connection.scalars(select(Revision.leaf).order_by(Revision.log_index))]
    versions = [leaves.read(each).version for each in entries]
    assert {1, 2} == set(versions)
    assert b'"deed":"add"' in entries[versions.index(1)]
    assert b'"action":"review"' in entries[-1]
    with desk.database.writing() as session:
        assert Ledger(session).faults() == []


def test_the_heads_own_size_and_time_are_compared(desk: Desk) -> None:
    desk.claim()
    for change, words in (
        ("size = size + 1", "entries; there are"),
        ("size = size - 1", "entries; there are"),
        ("last_at = '2001-01-01 00:00:00.000000'", "its last entry does not"),
    ):
        with all_rights(desk.database.url) as session:
            ledger = Ledger(session)
            ledger.run(f"UPDATE log_head SET {change}")
            found = ledger.faults()
            assert len(found) == 1, found
            assert words in found[0]


def test_entries_of_one_moment_raise_no_alarm(desk: Desk) -> None:
    """An import gives all its entries the same time."""
    lines = [orjson.dumps({"type": "source", "name": f"Source {n}", "kind": "group"}) for n in range(3)]
    answer = desk.request(
        "POST", "/v1/imports", data=b"\n".join(lines), headers={"Content-Type": "application/x-ndjson"}
    )
    assert [orjson.loads(line)["result"] for line in answer.data.splitlines()] == ["added"] * 3
    times = [entry["at"] for entry in desk.changes()[-3:]]
    assert times == times[:1] * 3
    with all_rights(desk.database.url) as session:
        ledger = Ledger(session)
        assert ledger.faults() == []
        assert without_content(ledger) == ledger.size - 2  # nor is one that is wrong said to come before its time
        [wrong, *_] = ledger.faults()
        assert wrong.endswith("Its content is gone, and no redaction says so.")
        assert "Its time is before" not in " ".join(ledger.faults())
