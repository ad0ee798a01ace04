"""A desk whose entries say less, as an earlier version wrote them, is attested once and proved from then on."""

from contextlib import closing
from typing import Any

import orjson
import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from factcheck.desk import people, reviews
from factcheck.desk.claim_state import documents
from factcheck.inspection import replay, upkeep
from factcheck.log import leaves, verification
from factcheck.log.actors import ANY
from factcheck.log.verification import Progress
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.audit import Upkeep
from factcheck.storage.tables.claims import Claim, ClaimVersion
from factcheck.storage.tables.logbook import Revision, RevisionContent
from factcheck.storage.tables.people import Person
from tests.desk import Desk, lift_guards
from torture.tampering import all_rights
from torture.varied import vary


def age(database: Database) -> None:
    """Take out of every entry what earlier versions did not say, and commit to what is left."""
    with database.writing() as session:
        lift_guards(session)
        rows = session.execute(
            select(Revision.log_index, Revision.leaf, RevisionContent.salt, RevisionContent.content).join(
                RevisionContent, RevisionContent.log_index == Revision.log_index
            )
        ).all()
        for row in rows:
            said = {name: value for name, value in orjson.loads(row.content).items() if name != "facts"}
            for change in said["changes"]:
                if change["field"] == "second_opinion":
                    change["after"].pop("closed_at", None)
            content = leaves.canonical(said)
            leaf = orjson.loads(row.leaf) | {"commit": leaves.commitment(row.salt, content)}
            where = {"log_index": row.log_index}
            session.execute(update(Revision).filter_by(**where).values(leaf=leaves.canonical(leaf)))
            session.execute(update(RevisionContent).filter_by(**where).values(content=content))
        # They dated a person before the log did, and rendered versions in other words.
        session.execute(update(Person).values(created_at=select(func.min(Revision.at)).scalar_subquery()))
        for version in session.scalars(select(ClaimVersion)).all():
            version.document = documents.dumped(orjson.loads(version.document) | {"links": {}})
            version.etag = documents.etag_of(version.document)
        session.execute(delete(Upkeep))
        session.execute(text("INSERT INTO upkeep (id, version) VALUES (1, 4)"))


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
    vary(database)
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
    vary(database)
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


def test_a_new_desk_has_nothing_to_attest(desk: Desk) -> None:
    desk.claim()
    with database_of(desk) as database, database.writing() as session:
        session.execute(update(Upkeep).values(version=0))
    with database_of(desk) as database:
        assert list(upkeep.renew(database)) == [1]
        assert (attested(database), faults(database)) == (0, [])


def database_of(desk: Desk) -> closing[Database]:
    return closing(Database(desk.database.url))
