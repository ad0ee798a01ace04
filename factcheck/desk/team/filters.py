"""Filters of lists that people gave names to. They are theirs alone, and not in the log."""

import unicodedata
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.claim_state import documents
from factcheck.errors import Clash, NotFound
from factcheck.log.actors import ANY, Actor, Precondition, action
from factcheck.log.clock import now, stamp
from factcheck.log.ids import new_id
from factcheck.messages import message
from factcheck.rules.roles import Role
from factcheck.rules.team.filtering import MOST, FilteredList, query_of, read
from factcheck.storage.tables.columns import in_order
from factcheck.storage.tables.preferences import SavedFilter
from factcheck.storage.upserts import insert_unless_there

Json = dict[str, Any]


def listed(connection: Connection, person_id: str, filtered: FilteredList | None = None) -> list[Json]:
    """Return a person's saved filters, of one list or of all, by their names. There are MOST at most."""
    wanted = _of(person_id)
    if filtered is not None:
        wanted = wanted.where(SavedFilter.list_name == filtered)
    name = in_order(connection.dialect.name, SavedFilter.name)
    return [_as_json(row) for row in connection.execute(wanted.order_by(name, SavedFilter.id))]


def get(connection: Connection, person_id: str, filter_id: str) -> Json:
    """Return one of a person's saved filters. Raises NotFound."""
    row = connection.execute(_of(person_id).where(SavedFilter.id == filter_id)).first()
    if row is None:
        raise NotFound(message("You have no saved filter with this id."))
    return _as_json(row)


@action(Role.READER)
def save(session: Session, actor: Actor, /, *, filtered: FilteredList, name: str, query: str) -> Json:
    """Save a filter under a name, in the place of the one of that list which had it, and return its JSON.

    `query` is that of the list's URL, which the list can read. Raises Clash when the person has too many.
    """
    name = " ".join(unicodedata.normalize("NFC", name).split())
    row = {"query": query_of(read(query)), "saved_at": now()}
    same = SavedFilter.person_id == actor.id, SavedFilter.list_name == filtered, SavedFilter.name == name
    key = {"person_id": actor.id, "list_name": filtered, "name": name}
    while not insert_unless_there(session, SavedFilter, {"id": new_id(), **key, **row}):
        if session.execute(update(SavedFilter).where(*same).values(row).returning(SavedFilter.id)).first():
            break  # otherwise it was removed just now
    number = select(func.count()).select_from(SavedFilter).where(SavedFilter.person_id == actor.id)
    if session.scalars(number).one() > MOST:
        raise Clash(message("You have {most} saved filters already. Remove one first.", most=MOST))
    return _as_json(session.execute(_of(actor.id).where(*same)).one())


@action(Role.READER)
def remove(session: Session, actor: Actor, /, filter_id: str, *, seen: Precondition = ANY) -> Json:
    """Remove one's own saved filter, and return what it was. Raises NotFound, and Stale for another than was `seen`."""
    found = get(session.connection(), actor.id, filter_id)
    seen.demand(documents.etag_of(documents.dumped(found)))
    session.execute(delete(SavedFilter).where(SavedFilter.id == filter_id))
    return found


def _of(person_id: str) -> Any:
    return select(*SavedFilter.__table__.columns).where(SavedFilter.person_id == person_id)


def _as_json(row: Any) -> Json:
    here = f"/v1/me/filters/{row.id}"
    return {
        "id": row.id,
        "list": row.list_name,
        "name": row.name,
        "query": row.query,
        "saved_at": stamp(row.saved_at),
        "links": {"self": here, "page": FilteredList(row.list_name).address(row.query)},
    }
