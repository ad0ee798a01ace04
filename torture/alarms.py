"""Logs of random actions that nobody forged: the verification must raise no alarm about any.

Every second desk has an audit that is behind, and every tenth was written by an earlier version and upgraded.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import orjson
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from factcheck.desk.claim_state import documents
from factcheck.followers.publisher import Publisher
from factcheck.followers.registry import auditing
from factcheck.inspection import replay, upkeep
from factcheck.log import leaves, verification
from factcheck.log.verification import Progress
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.audit import Upkeep
from factcheck.storage.tables.claims import ClaimVersion
from factcheck.storage.tables.followers import FollowerPosition
from factcheck.storage.tables.logbook import Revision, RevisionContent
from factcheck.storage.tables.people import Person
from tests.desk import lift_guards
from torture.actions import work
from torture.figures import Figure, at_least, none

ACTIONS = 15
AGED = 10  # one desk of so many was upgraded


@dataclass
class Heard:
    """How many logs of each sort there were, their entries, and the alarms."""

    logs: Counter[str] = field(default_factory=Counter)
    entries: int = 0
    alarms: list[str] = field(default_factory=list)


def listen(fresh: Callable[[], str], folder: Path, number: int, seed: int) -> Heard:
    """Make so many desks, in migrated databases that `fresh` gives, and verify each."""
    done = Heard()
    for at in range(number):
        with closing(Database(fresh())) as database:
            sort = _made(database, Random(seed + at), at)
            told = verified(database, folder / f"log{at}")
            with database.reading() as connection:
                done.entries += connection.scalar(select(func.count()).select_from(Revision)) or 0
        done.logs[sort] += 1
        done.alarms += [f"log {at}, {sort}: {line}" for line in told]
    return done


def _made(database: Database, random: Random, at: int) -> str:
    list(upkeep.renew(database))
    work(database, random, random.randrange(1, ACTIONS))
    aged = at % AGED == AGED - 1
    if aged:
        age(database)
        list(upkeep.renew(database))
    following = auditing(database)
    if at % 2:
        following.catch_up()
        return "upgraded" if aged else "followed"
    following.start_over()
    following.batch = random.randrange(1, 20)
    following.step()
    with database.reading() as connection:
        position = connection.scalar(select(FollowerPosition.position))
    return "behind" if position else "not begun"


def verified(database: Database, folder: Path) -> list[str]:
    """Sign a desk's log, verify all of it, and return what is said."""
    publisher = Publisher(database, folder)
    publisher.publish()
    signed = publisher.signed()
    assert signed is not None
    progress = Progress()
    with database.reading_one_moment() as connection, Session(connection) as session:
        parts = (
            *verification.log_entries(connection, [signed.checkpoint()], progress),
            *replay.replayed(session, progress),
        )
    return [fault.told() for part in parts for fault in part]


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
        session.execute(insert(Upkeep), {"id": 1, "version": 4})


def figures(done: Heard, number: int) -> Sequence[Figure]:
    for alarm in done.alarms[:20]:
        print(f"  {alarm}")
    sorts = [at_least(f"logs, {sort}", count, 1) for sort, count in sorted(done.logs.items())]
    return [
        *sorts,
        at_least("logs in all", done.logs.total(), number),
        at_least("their entries", done.entries, 8 * number),
        none("alarms", len(done.alarms)),
    ]
