"""Things of this desk as lines that an import takes, here or elsewhere.

They carry what was entered, not what was decided: no statuses, reviews and relations, and no history. The captures of
pages stay here too, with their files. A thing without an external id goes by its id. Sources that were merged stand as
those that they became.
"""

from typing import Any

Json = dict[str, Any]
_EVIDENCE = ("stance", "url", "title", "excerpt", "archived_url", "note")
_OCCURRENCE = ("url", "kind", "said_on", "place", "account", "timecode")
_HOP = ("described_as", "cue", "directness", "interested", "note")


def name(external_id: str | None, thing_id: str) -> str:
    """Return the external id that a thing has elsewhere."""
    return external_id or thing_id


def claim(document: Json) -> Json:
    """Return a claim's line from its JSON. `article_id` and sources are this desk's ids: see `renamed`."""
    line: Json = {
        "type": "claim",
        "external_id": name(document["external_id"], document["id"]),
        **{member: document[member] for member in ("article_id", "text", "kind")},
        "quotes": [_quote(quote) for quote in document["quotes"]],
        "quantity": document["quantity"],
        "attribution": [
            {
                "source_id": _id(hop["source"]),
                "on_behalf_of_id": _id(hop["on_behalf_of"]),
                **{member: hop[member] for member in _HOP},
                "source_quotes": [_quote(quote) for quote in hop["source_quotes"]],
                "cue_quotes": [_quote(quote) for quote in hop["cue_quotes"]],
            }
            for hop in document["attribution"]["chain"]
        ],
        "tags": document["tags"],
    }
    evidence = [
        {"source_id": _id(item["source"]), "origin_id": _id(item["origin"])}
        | {member: item[member] for member in _EVIDENCE}
        for item in document["evidence"]
    ]
    occurrences = [{member: item[member] for member in _OCCURRENCE} for item in document.get("occurrences", ())]
    return line | {"evidence": evidence} | ({"occurrences": occurrences} if occurrences else {})


def _quote(quote: Json) -> Json:
    return {"exact": quote["exact"], "start": quote["start"], "end": quote["end"]}


def _id(source: Json | None) -> str | None:
    return None if source is None else str(source["id"])
