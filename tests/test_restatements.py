"""What a redaction states in the place of contents cannot be forged: each change is found at its log index."""

import pytest
from sqlalchemy import text

from factcheck.log import verification
from factcheck.log.verification import Progress
from tests.desk import Desk
from tests.redacting import faults
from tests.test_redaction import of_relation
from torture.tampering import all_rights

CONTENT = b'{"changes":[],"reason":null}'
SET = "UPDATE revision_contents SET"
# What somebody with all rights does, and at which entry it is found.
FORGED = {
    "another content": (f"{SET} content = :another WHERE log_index = :place", "place"),
    "a content of its own": (f"{SET} restated_index = NULL WHERE log_index = :place", "place"),
    "a content that another entry states": (f"{SET} restated_index = :place + 1 WHERE log_index = :place", "place"),
    "a content that an earlier entry states": (f"{SET} restated_index = 0 WHERE log_index = :place", "place"),
    "a content that nobody states": (f"{SET} restated_index = :by, salt = :none WHERE log_index = 0", "first"),
    "a content that a later entry states": (
        f"{SET} restated_index = :by + 9, salt = :none WHERE log_index = 0",
        "first",
    ),
    "a salt": (f"{SET} salt = :another WHERE log_index = :place", "place"),
    "no content": ("DELETE FROM revision_contents WHERE log_index = :place", "place"),
    "another redaction": (f"{SET} content = :another WHERE log_index = :by", "by"),
    "no redaction": ("DELETE FROM revision_contents WHERE log_index = :by", "by"),
}


@pytest.mark.parametrize("name", FORGED)
def test_what_is_stated_cannot_be_forged(desk: Desk, name: str) -> None:
    assert of_relation(desk).ask() == (204, {})
    assert faults(desk.database) == []
    statement, where = FORGED[name]
    with all_rights(desk.database.url) as session:
        rows = session.execute(text("SELECT log_index, restated_index FROM revision_contents WHERE restated_index > 0"))
        place, by = rows.one()
        values = {"place": place, "by": by, "another": CONTENT, "none": b""}
        named = {key: value for key, value in values.items() if f":{key}" in statement}
        assert session.execute(text(statement), named).rowcount == 1
        session.flush()
        found = [each for some in verification.log_entries(session.connection(), [], Progress()) for each in some]
    index = {"place": place, "by": by, "first": 0}[where]
    assert [fault for fault in found if fault.log_index == index], [fault.told() for fault in found]
