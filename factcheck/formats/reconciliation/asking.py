"""The client's side of the Reconciliation Service API 0.2: what a service says of itself, queries, and its answers.

A service is anybody's: what it says is read as far as it is what the specification says, and is otherwise refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard
from urllib.parse import urlsplit

from factcheck.errors import Unavailable
from factcheck.rules.identity.identifiers import of_url

Json = dict[str, Any]
BATCH = 50  # queries in one request, where a service does not say how many it takes
MOST_BATCH = 100
LONGEST = 300  # characters of a name that a service gives
# Wikidata's properties for our identifiers.
_WIKIDATA = {"isni": "P213", "viaf": "P214", "issn": "P236"}


@dataclass(frozen=True)
class Service:
    """A service by its manifest. `view` is the URL of an entity with `{{id}}` in the place of its id."""

    name: str
    identifiers: str
    schema: str
    view: str
    batch: int


@dataclass(frozen=True)
class Suggestion:
    """A candidate of a service for a source, with its identifier in Wikidata if the service's ids are Wikidata's."""

    id: str
    name: str
    score: float
    match: bool
    url: str | None
    wikidata: str | None


def service(manifest: Any) -> Service:
    """Read a manifest. Raises Unavailable."""
    if not isinstance(manifest, dict) or not all(
        _is_text(manifest.get(each)) for each in ("name", "identifierSpace", "schemaSpace")
    ):
        raise Unavailable("This is no reconciliation service: its manifest has no name or no identifier space.")
    view = manifest.get("view")
    url = view.get("url") if isinstance(view, dict) else None
    size = manifest.get("batchSize")
    batch = size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else BATCH
    return Service(
        manifest["name"][:LONGEST], manifest["identifierSpace"], manifest["schemaSpace"], url if _is_text(url) else "",
        min(batch, MOST_BATCH),
    )  # fmt: skip


def query(source: Json, of: Service, limit: int, type_id: str | None) -> Json:
    """Return the query for a source: its name, and its identifiers in the service's own properties."""
    schema = urlsplit(of.schema).hostname or ""
    pids = _WIKIDATA if schema.removeprefix("www.") == "wikidata.org" else {}
    known = [(pids[register], value) for register, value in source["identifiers"].items() if value and register in pids]
    asked: Json = {"query": source["name"], "limit": limit}
    if type_id is not None:
        asked["type"] = type_id
    if known:
        asked["properties"] = [{"pid": pid, "v": value} for pid, value in known]
    return asked


def suggestions(answer: Any, key: str, of: Service, limit: int) -> list[Suggestion]:
    """Read what a service answers to one query of a batch, the best first. Raises Unavailable."""
    result = answer.get(key) if isinstance(answer, dict) else None
    listed = result.get("result") if isinstance(result, dict) else None
    if not isinstance(listed, list):
        raise Unavailable("The service does not answer as the Reconciliation Service API 0.2 says.")
    found = [_suggestion(each, of) for each in listed if isinstance(each, dict) and _is_candidate(each)]
    return sorted(found, key=lambda suggestion: -suggestion.score)[:limit]


def _is_candidate(candidate: Mapping[str, Any]) -> bool:
    score = candidate.get("score", 0)
    number = isinstance(score, int | float) and not isinstance(score, bool)
    return _is_text(candidate.get("id")) and _is_text(candidate.get("name")) and number


def _suggestion(candidate: Mapping[str, Any], of: Service) -> Suggestion:
    name, entity = candidate["name"][:LONGEST], candidate["id"]
    found = of_url(of.identifiers + entity) or of_url(entity)
    url = of.view.replace("{{id}}", entity) if of.view else None
    wikidata = found[1] if found and found[0] == "wikidata" else None
    return Suggestion(entity, name, float(candidate.get("score", 0)), candidate.get("match") is True, url, wikidata)


def _is_text(value: Any) -> TypeGuard[str]:
    """Say whether this is a text that can be shown on a terminal."""
    return isinstance(value, str) and 0 < len(value) <= 2000 and value.isprintable()
