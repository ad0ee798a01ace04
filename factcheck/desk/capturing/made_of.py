"""What an article's text was made of: a capture, and what a person gave otherwise than it has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from factcheck.desk.capturing.captures import usable
from factcheck.errors import Flaw, Invalid
from factcheck.messages import message
from factcheck.storage.tables.sources import Source

# Which field of a capture becomes which of an article; the outlet is a name there, and a source here.
TAKEN = ("title", "author", "published_on", "language", "text")


@dataclass(frozen=True)
class MadeOf:
    """A capture, and the names of the fields that were corrected."""

    capture_id: str
    corrected: tuple[str, ...] = ()


def fields(made_of: MadeOf | None) -> dict[str, Any]:
    """Return what a snapshot's row and its entry say of where it is from."""
    if made_of is None:
        return {"capture_id": None, "corrected": None}
    return {"capture_id": made_of.capture_id, "corrected": list(made_of.corrected)}


def demand_kept(connection: Connection, made_of: MadeOf | None) -> None:
    """Raise Invalid if the capture was redacted after its text was read.

    With the head of the log locked, so that no redaction can come between this and the commit.
    """
    if made_of is not None:
        usable(connection, made_of.capture_id)


def article(connection: Connection, capture_id: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], MadeOf]:
    """Return an article's fields: those that are given, and of the others what was extracted. Raises Invalid.

    An outlet is taken where exactly one source has the name that was extracted.
    """
    row = usable(connection, capture_id)
    extracted = {name: getattr(row, name) for name in TAKEN}
    extracted["url"] = row.canonical_url or row.url
    extracted["outlet_id"] = _outlet(connection, row.outlet)
    corrected = tuple(name for name in TAKEN if name in given and given[name] != extracted[name])
    return extracted | dict(given), MadeOf(capture_id, corrected)


def article_fields(connection: Connection, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `articles.add` takes, of the fields of NewArticleIn. Raises Invalid."""
    given = {name: value for name, value in body.items() if name != "capture_id"}
    if body["capture_id"] is None:
        return given
    found, capture = article(connection, body["capture_id"], given)
    if found["title"] is None:
        detail = message("No title was extracted from the page: give one.")
        raise Invalid(detail, flaws=[Flaw(detail, "/title")])
    return found | {"capture": capture}


def text(connection: Connection, capture_id: str | None, given: str | None) -> tuple[str, MadeOf | None]:
    """Return the text of a snapshot, the one that is given or what was extracted, and its origin. Raises Invalid."""
    if capture_id is None:
        assert given is not None
        return given, None
    row = usable(connection, capture_id)
    if given is None or given == row.text:
        return row.text, MadeOf(capture_id)
    return given, MadeOf(capture_id, ("text",))


def _outlet(connection: Connection, name: str | None) -> str | None:
    found = (
        connection.execute(select(Source.canonical_id).distinct().where(Source.name == name).limit(2)).scalars().all()
    )
    return found[0] if name is not None and len(found) == 1 else None
