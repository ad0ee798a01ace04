"""Answers: candidates, suggestions, previews and the values of properties."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from factcheck.formats.here import Here
from factcheck.formats.reconciliation.reading import Extension
from factcheck.formats.reconciliation.vocabulary import PROPERTIES, TYPES, property_of, type_of

Json = dict[str, Any]


def candidate(source: Json, score: float, reasons: Iterable[str], *, match: bool) -> Json:
    """Return a candidate. Scores are from 0 to 100 here, as clients show them."""
    return _described(source) | {
        "type": [type_of(source["kind"])],
        "score": round(100 * score, 2),
        "match": match,
        "features": [{"id": str(reason), "value": True} for reason in reasons],
    }


def suggestion(source: Json, known: Sequence[str]) -> Json:
    """Return a suggested source with what is known of it, by which namesakes are told apart."""
    return {
        "id": source["id"],
        "name": source["name"],
        "description": "; ".join(known),
        "notable": [type_of(source["kind"])],
    }


def extended(asked: Extension, sources: Mapping[str, Json]) -> Json:
    """Return the values of properties of sources, by the ids that were asked for. What is not there has no values."""
    rows = {}
    for source_id in asked.ids:
        source = sources.get(source_id)
        rows[source_id] = {
            pid: [{"str": value} for value in PROPERTIES[pid].values(source)] if source and pid in PROPERTIES else []
            for pid in asked.properties
        }
    meta = [property_of(pid) if pid in PROPERTIES else {"id": pid, "name": pid} for pid in asked.properties]
    return {"meta": meta, "rows": rows}


def proposed(type_id: str, limit: int | None) -> Json:
    """Return the properties that sources of a type have, which are the same for all types."""
    properties = [property_of(pid) for pid in PROPERTIES] if type_id in TYPES or not type_id else []
    told = {} if limit is None else {"limit": limit}
    return {"type": type_id, "properties": properties[:limit], **told}


def preview(source: Json, here: Here) -> str:
    """Return an HTML page about a source, for a small frame."""
    title = escape(source["name"])
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body>{flyout(source, here)}</body></html>"
    )


def flyout(source: Json, here: Here) -> str:
    """Return the HTML of a small preview of a source."""
    page = escape(f"{here.base}/sources/{source['id']}")
    also = ", ".join(source["aliases"][:5])
    lines = [TYPES[source["kind"]], *([f"also {also}"] if also else []), source["description"] or ""]
    told = "".join(f'<p dir="auto">{escape(line[:300])}</p>' for line in lines if line)
    return (
        f'<p><a href="{page}" target="_blank" rel="noopener"><b dir="auto">{escape(source["name"])}</b></a></p>{told}'
    )


def explained(name: str, description: str) -> str:
    """Return the HTML of a small preview of a type or of a property."""
    return f"<p><b>{escape(name)}</b></p><p>{escape(description)}</p>"


def _described(source: Json) -> Json:
    told = {"id": source["id"], "name": source["name"]}
    return told | {"description": source["description"]} if source["description"] else told
