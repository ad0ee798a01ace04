"""What a client can ask about: the types of sources and their properties."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from factcheck.rules.sources import SourceKind

Json = dict[str, Any]

TYPES: Mapping[str, str] = {str(kind): str(kind).capitalize() for kind in SourceKind}


@dataclass(frozen=True)
class Property:
    """A property of sources: its name for people, what it is, and its values for a source's JSON."""

    name: str
    description: str
    values: Callable[[Json], list[str]]


def _if_any(member: str) -> Callable[[Json], list[str]]:
    return lambda source: [source[member]] if source[member] is not None else []


def _identifier(register: str) -> Callable[[Json], list[str]]:
    return lambda source: [source["identifiers"][register]] if source["identifiers"][register] else []


PROPERTIES: Mapping[str, Property] = {
    "name": Property("Name", "The name that the desk shows.", _if_any("name")),
    "aliases": Property("Aliases", "Other names, such as other spellings.", lambda source: source["aliases"]),
    "description": Property("Description", "What the source is.", _if_any("description")),
    "kind": Property("Kind", "Person, organization, group, document or outlet.", _if_any("kind")),
    "same_as": Property(
        "Same as", "URLs of the same source elsewhere, such as Wikidata.", lambda source: source["same_as"]
    ),
    "wikidata": Property("Wikidata id", "The id of the source in Wikidata, such as Q42.", _identifier("wikidata")),
    "isni": Property("ISNI", "International Standard Name Identifier.", _identifier("isni")),
    "viaf": Property("VIAF id", "The id of the source in VIAF.", _identifier("viaf")),
    "issn": Property("ISSN", "International Standard Serial Number, of outlets.", _identifier("issn")),
    "domain": Property("Domain", "The domain of an outlet's home page.", _identifier("domain")),
    "external_id": Property("External id", "The id of the source in your own system.", _if_any("external_id")),
}


def type_of(kind: str) -> Json:
    return {"id": kind, "name": TYPES[kind]}


def property_of(pid: str) -> Json:
    return {"id": pid, "name": PROPERTIES[pid].name}


def types_like(prefix: str) -> list[Json]:
    """Return the types whose id or name begins with a text."""
    return [type_of(kind) for kind in TYPES if kind.startswith(prefix.strip().lower())]


def properties_like(prefix: str) -> list[Json]:
    """Return the properties whose id, or a word of whose name, begins with a text."""
    typed = prefix.strip().lower()
    return [
        property_of(pid) | {"description": each.description}
        for pid, each in PROPERTIES.items()
        if pid.startswith(typed) or any(word.startswith(typed) for word in each.name.lower().split())
    ]
