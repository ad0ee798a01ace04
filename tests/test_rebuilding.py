"""A desk rebuilt from its log answers as the desk does, on the other database too, and one that lies is told."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from factcheck.errors import Misconfigured
from factcheck.inspection import rebuilt_desk
from factcheck.log.verification import Progress
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.logbook import Revision
from factcheck.storage.tables.people import Token
from tests.conftest import Copies
from tests.desk import Desk
from torture.rebuilt import answers
from torture.varied import vary


def rebuilt(source: Database, url: str) -> list[str]:
    """Rebuild a desk into an empty database and return what differs."""
    progress = Progress()
    with closing(Database(url)) as target:
        found = [fault.told() for some in rebuilt_desk.rebuild(source, target, progress) for fault in some]
    with source.reading() as connection:
        assert progress.entries == connection.scalar(select(func.count()).select_from(Revision)) > 0
    assert (progress.phase, progress.done) == ("Comparing rows", progress.total)
    return found


def test_a_rebuilt_desk_answers_alike_on_both_databases(seeded: Desk, copies: Copies, tmp_path: Path) -> None:
    """From this database to a file, and from that into this kind of database again."""
    vary(seeded.database)
    there = seeded.with_settings(public_read=True)
    expected = dict(answers(there))
    assert len(expected) > 250
    file = f"sqlite:///{tmp_path}/rebuilt.db"
    assert rebuilt(seeded.database, file) == []
    between, last = Database(file), copies.empty()
    try:
        assert rebuilt(between, last) == []
        for url in (file, last):
            answered = dict(answers(there.with_settings(database_url=url)))
            assert answered.keys() == expected.keys()
            assert [path for path in expected if answered[path] != expected[path]] == []
        with between.reading() as connection:
            assert connection.scalar(select(func.count()).select_from(Token)) == 0
    finally:
        between.close()
        copies.forget(last)


def test_what_is_not_as_the_log_says_is_told_and_right_in_the_new_desk(seeded: Desk, tmp_path: Path) -> None:
    vary(seeded.database)
    with seeded.database.writing() as session:
        claim: Any = session.scalars(select(Claim).where(Claim.status == "verified").limit(1)).one()
        claim_id, reviewer = claim.id, claim.reviewed_by_id
        claim.reviewed_by_id = seeded.people["reader"]
    url = f"sqlite:///{tmp_path}/rebuilt.db"
    [told] = rebuilt(seeded.database, url)
    assert told.startswith(f"claim {claim_id}, revision ")
    assert "claims.reviewed_by_id: " in told
    with closing(Database(url)) as database, database.reading() as connection:
        assert connection.scalar(select(Claim.reviewed_by_id).where(Claim.id == claim_id)) == reviewer


def test_a_database_with_a_desk_in_it_is_refused(seeded: Desk, copies: Copies) -> None:
    url = copies.copy("seeded")
    with closing(Database(url)) as target, pytest.raises(Misconfigured, match="not empty"):
        list(rebuilt_desk.rebuild(seeded.database, target, Progress()))
    with closing(Database(url)) as target, target.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM claims")).scalar() == 31
    copies.forget(url)
