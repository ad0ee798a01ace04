"""Hot writes fail as SQLAlchemy's own do, and leave nothing behind."""

import pytest
from sqlalchemy import select

from factcheck.errors import Clash
from factcheck.storage.audit import Tally
from factcheck.storage.bulk import adding
from factcheck.storage.models import Claim
from factcheck.storage.writes import save, together
from tests.desk import Desk

ROWS = [{"article_id": "x", "measure": "status", "value": str(n), "n": n} for n in range(3)]


@pytest.mark.parametrize("at_once", [True, False])
def test_what_is_there_already_is_a_clash(desk: Desk, at_once: bool) -> None:
    def write(rows: list[dict[str, object]]) -> None:
        with desk.database.writing() as session:
            if at_once:
                adding(Tally).run(session.connection(), rows)
                return
            with together(session.connection()):
                for row in rows:
                    adding(Tally).run(session.connection(), [row])

    write(ROWS[:1])
    with pytest.raises(Clash):
        write([ROWS[1], ROWS[0], ROWS[2]])
    write(ROWS[2:])
    with desk.database.reading() as connection:
        found = connection.execute(select(Tally.value).where(Tally.article_id == "x").order_by(Tally.value))
        assert [row.value for row in found] == ["0", "2"]


@pytest.mark.parametrize("nested", [False, True])
def test_a_saved_row_is_written_once_and_can_be_changed_again(desk: Desk, nested: bool) -> None:
    made = desk.claim()
    with desk.database.writing() as session:
        claim = session.scalars(select(Claim).where(Claim.id == made["id"])).one()
        claim.reason = "first"
        if nested:
            with session.begin_nested():
                save(session, claim)
        else:
            save(session, claim)
        assert not session.dirty
        assert session.scalar(select(Claim.reason).where(Claim.id == made["id"])) == "first"
        claim.reason = "second"
    with desk.database.reading() as connection:
        assert connection.scalar(select(Claim.reason).where(Claim.id == made["id"])) == "second"
