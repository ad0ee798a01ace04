"""A desk whose entries say less, as an earlier version wrote them, is attested once and proved from then on."""

from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from factcheck.desk import people, redaction, reviews
from factcheck.inspection import replay, upkeep
from factcheck.log import verification
from factcheck.log.actors import ANY
from factcheck.log.verification import Progress
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.audit import Upkeep
from factcheck.storage.tables.claims import Claim, ClaimVersion
from factcheck.storage.tables.logbook import Revision, RevisionContent
from factcheck.storage.tables.people import Person
from tests.desk import Desk
from torture.alarms import age
from torture.tampering import all_rights
from torture.varied import redact_parts, vary


def faults(database: Database) -> list[str]:
    done = Progress()
    with database.reading_one_moment() as connection, Session(connection) as session:
        parts = [*verification.log_entries(connection, [], done), *replay.replayed(session, done)]
    return [fault.told() for some in parts for fault in some]


def attested(database: Database) -> int:
    with database.reading() as connection:
        return connection.scalar(select(func.count()).where(Revision.action == "attest")) or 0


@pytest.mark.slow
def test_an_older_desk_is_attested_once_and_raises_no_alarm(seeded: Desk) -> None:
    database = seeded.database
    vary(database, redacting=False, rated=False)
    age(database)
    before = {row["id"]: row for row in seeded.get("/v1/claims?limit=200").json["items"]}
    assert [told for told in faults(database) if told.startswith("upkeep: Another version")]
    assert sum(upkeep.renew(database)) == 39
    number = attested(database)
    assert number > 10
    assert faults(database) == []
    assert list(upkeep.renew(database)) == []
    with database.writing() as session:
        session.execute(update(Upkeep).values(version=0))
    list(upkeep.renew(database))  # the next upgrade finds everything attested
    assert (attested(database), faults(database)) == (number, [])

    after = {row["id"]: row for row in seeded.get("/v1/claims?limit=200").json["items"]}
    assert after.keys() == before.keys()
    for claim_id, claim in after.items():
        assert claim | {"revision": 0} == before[claim_id] | {"revision": 0}
    entries = [each for each in seeded.changes() if each["action"] == "attest"]
    assert len(entries) == number
    assert all((each["changes"], each["reason"]) == ([], None) for each in entries)


@pytest.mark.slow
def test_work_goes_on_after_it_and_what_it_attests_is_proved(seeded: Desk) -> None:
    database = seeded.database
    vary(database, redacting=False, rated=False)
    age(database)
    list(upkeep.renew(database))
    with database.writing() as session:
        claim: Any = session.scalars(select(Claim).where(Claim.status == "verified").order_by(Claim.seq)).first()
        reviews.decide(
            session, people.known(session, "Third"), claim.id, status="in_review", seen=ANY, reason="Looked at again."
        )
    assert faults(database) == []
    with all_rights(database.url) as session:
        person = session.scalars(select(Person).where(Person.name == "Third")).one()
        person.created_at = person.created_at.replace(year=2001)
        session.execute(update(ClaimVersion).where(ClaimVersion.claim_seq == claim.seq).values(document=b"{}"))
        session.flush()
        told = [fault.told() for some in replay.replayed(session, Progress()) for fault in some]
    for subject, column in (
        (f"person {person.id}", "people.created_at"),
        (f"claim {claim.id}", "claim_versions.document"),
    ):
        assert [line for line in told if line.startswith(subject) and f"{column}: " in line], (column, told)


@pytest.mark.slow
def test_what_was_attested_before_a_redaction_must_be_gone_after_it(seeded: Desk) -> None:
    """It has reasons in it. Whoever kept the content and its salt can put them back."""
    database = seeded.database
    vary(database, redacting=False, rated=False)
    age(database)
    list(upkeep.renew(database))
    with database.writing() as session:
        claim_id = session.scalars(select(Claim.id).where(Claim.status == "verified").limit(1)).one()
        attested = select(Revision.log_index).where(Revision.subject_id == claim_id, Revision.action == "attest")
        index = session.scalars(attested).one()
        [kept] = session.execute(select(RevisionContent.__table__).filter_by(log_index=index)).mappings()
        redaction.redact(session, people.known(session, "Third"), claim_id, reason="A person asked.")
    assert faults(database) == []
    with all_rights(database.url) as session:
        session.execute(insert(RevisionContent), dict(kept))
        told = [
            fault.told() for some in verification.log_entries(session.connection(), [], Progress()) for fault in some
        ]
    [fault] = told
    assert fault.startswith(f"claim {claim_id}, revision ")
    assert f"log index {index}: Its content is there, and a redaction says that it was removed." in fault


@pytest.mark.slow
def test_what_is_redacted_afterwards_is_taken_out_of_what_was_attested(seeded: Desk) -> None:
    """The ETags of earlier JSON go too: they are hashes of it, and attested before."""
    database = seeded.database
    vary(database, redacting=False, rated=False)
    age(database)
    list(upkeep.renew(database))
    redact_parts(database)
    with database.reading() as connection:
        stated = connection.scalars(select(RevisionContent.content).where(RevisionContent.restated_index.is_not(None)))
        assert [content for content in stated if b'"versions":[{' in content]
    assert faults(database) == []
    with database.writing() as session:
        session.execute(update(Upkeep).values(version=0))
    list(upkeep.renew(database))  # and the next upgrade takes it as it is
    assert faults(database) == []


def test_a_new_desk_has_nothing_to_attest(desk: Desk) -> None:
    desk.claim()
    with database_of(desk) as database, database.writing() as session:
        session.execute(update(Upkeep).values(version=0))
    with database_of(desk) as database:
        assert list(upkeep.renew(database)) == [1]
        assert (attested(database), faults(database)) == (0, [])


def database_of(desk: Desk) -> closing[Database]:
    return closing(Database(desk.database.url))
