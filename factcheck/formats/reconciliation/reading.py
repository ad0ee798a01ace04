"""Batches of queries, and requests for properties, read strictly as far as the specification says what they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from factcheck.errors import Flaw, Invalid, TooLarge
from factcheck.messages import message

BATCH = 50  # queries of a batch
LONGEST = 1000  # characters of a query and of a value
CANDIDATES, MOST_CANDIDATES = 5, 50  # for a query
PROPERTIES, VALUES = 20, 20  # of a query, and of a property
IDS = 500  # sources whose properties are asked for at once
FIELDS = ("query", "type", "limit", "properties", "type_strict")
STRICT = ("any", "should", "all")


@dataclass(frozen=True)
class Query:
    """What a source is looked for by: its name, and values of properties by their ids."""

    text: str
    types: tuple[str, ...]
    limit: int
    values: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Extension:
    """The sources and the properties whose values are asked for."""

    ids: tuple[str, ...]
    properties: tuple[str, ...]


def queries(batch: Any) -> dict[str, Query]:
    """Read a batch. Raises TooLarge for too many queries, and Invalid with pointers into the batch."""
    if not isinstance(batch, dict):
        raise Invalid(
            message("The queries must be a JSON object."), flaws=[Flaw(message("Must be an object."), pointer="")]
        )
    if len(batch) > BATCH:
        raise TooLarge(message("A batch has at most {most} queries.", most=BATCH))
    flaws: list[Flaw] = []
    read = {key: _query(query, f"/{_step(key)}", flaws) for key, query in batch.items()}
    if flaws:
        raise Invalid(message("Some queries are not valid."), flaws=flaws)
    return read


def extension(asked: Any) -> Extension:
    """Read a request for properties. Raises TooLarge for too many sources, and Invalid."""
    if not isinstance(asked, dict):
        raise Invalid(
            message("The extension must be a JSON object."), flaws=[Flaw(message("Must be an object."), pointer="")]
        )
    ids, properties = asked.get("ids"), asked.get("properties")
    flaws: list[Flaw] = []
    if not isinstance(ids, list) or not all(_is_text(each) for each in ids):
        flaws.append(Flaw(message("Must be a list of ids."), pointer="/ids"))
    elif len(ids) > IDS:
        raise TooLarge(message("At most {most} ids at once.", most=IDS))
    if not isinstance(properties, list) or len(properties) > PROPERTIES:
        flaws.append(
            Flaw(message("Must be a list of at most {most} properties.", most=PROPERTIES), pointer="/properties")
        )
    elif not all(isinstance(each, dict) and _is_text(each.get("id")) for each in properties):
        flaws.append(Flaw(message("Each must have an id."), pointer="/properties"))
    if flaws:
        raise Invalid(message("The extension is not valid."), flaws=flaws)
    return Extension(tuple(asked["ids"]), tuple(dict.fromkeys(each["id"] for each in asked["properties"])))


def _query(query: Any, at: str, flaws: list[Flaw]) -> Query:
    empty = Query("", (), CANDIDATES, {})
    if not isinstance(query, dict):
        flaws.append(Flaw(message("Must be an object."), pointer=at))
        return empty
    flaws += [Flaw(message("Unknown field."), pointer=f"{at}/{_step(name)}") for name in query if name not in FIELDS]
    text, types, limit = query.get("query"), query.get("type", []), query.get("limit", CANDIDATES)
    types = [types] if isinstance(types, str) else types
    before = len(flaws)
    if text is not None and not _is_text(text):
        flaws.append(Flaw(message("Must be a text of 1 to {most} characters.", most=LONGEST), pointer=f"{at}/query"))
    if not isinstance(types, list) or len(types) > PROPERTIES or not all(_is_text(each) for each in types):
        flaws.append(Flaw(message("Must be a type or a list of types."), pointer=f"{at}/type"))
    if isinstance(limit, bool) or not isinstance(limit, int | float) or limit != int(limit) or limit < 1:
        flaws.append(Flaw(message("Must be a positive whole number."), pointer=f"{at}/limit"))
    if query.get("type_strict", "any") not in STRICT:
        flaws.append(Flaw(message("Must be one of: {values}.", values=", ".join(STRICT)), pointer=f"{at}/type_strict"))
    values = dict(_values(query.get("properties", []), f"{at}/properties", flaws))
    if text is None and not query.get("properties"):
        flaws.append(Flaw(message("Must have a query or properties."), pointer=at))
    if len(flaws) > before:
        return empty
    return Query(text or "", tuple(types), min(int(limit), MOST_CANDIDATES), values)


def _values(properties: Any, at: str, flaws: list[Flaw]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the values of each property, as texts: another entity counts by its name and its id."""
    if not isinstance(properties, list) or len(properties) > PROPERTIES:
        flaws.append(Flaw(message("Must be a list of at most {most} properties.", most=PROPERTIES), pointer=at))
        return
    for number, each in enumerate(properties):
        pid, given = (each.get("pid"), each.get("v")) if isinstance(each, dict) else (None, None)
        several = given if isinstance(given, list) else [given]
        texts = [text for value in several for text in _texts(value)]
        if pid is not None and _is_text(pid) and given is not None and len(several) <= min(VALUES, len(texts)):
            yield pid, tuple(texts)
        else:
            flaws.append(
                Flaw(message("Must have a pid and at most {most} values in v.", most=VALUES), pointer=f"{at}/{number}")
            )


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [value[name] for name in ("id", "name") if _is_text(value.get(name))]
    if isinstance(value, bool | int | float):
        return [str(value)]
    return [value] if isinstance(value, str) and len(value) <= LONGEST else []


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST


def _step(name: str) -> str:
    return name[:100].replace("~", "~0").replace("/", "~1")
