"""Read the history back, as any client can: the log over HTTP, and what is shown of each thing."""

import re
from collections.abc import Iterable
from typing import Any

from torture.client import Answer, Client
from torture.history import Entry

_MARK = re.compile(r"mark-[0-9]{6}")
_CARRIED = ("text", "name", "evidence", "relations")  # fields that a mark is put into


def entries(client: Client, after: int = -1) -> list[Entry]:
    """Return the log from the entry behind index `after`."""
    found: list[Entry] = []
    while True:
        answer = demanded(client.send("GET", f"/v1/changes?limit=200&after={found[-1].index if found else after}"))
        page = answer.json
        found += [entry_of(item) for item in page["items"]]
        if page["next_cursor"] is None:
            return found


def entry_of(item: dict[str, Any]) -> Entry:
    """Make an entry of a revision's JSON. Its mark stands in the reason, else in what a field became."""
    marks = _MARK.findall(item["reason"] or "")
    for change in item["changes"]:
        if not marks and change["field"] in _CARRIED:
            marks = _MARK.findall(str(change["after"]))
    subject = f"{item['subject']['kind']} {item['subject']['id']}"
    return Entry(item["log_index"], subject, item["number"], item["action"], marks[0] if marks else None)


def shown(client: Client, claims: Iterable[str], sources: Iterable[str]) -> dict[str, tuple[int, str | None]]:
    """Return what claims and sources show of themselves: their revision, and the mark in their text or name."""
    told: dict[str, tuple[int, str | None]] = {}
    for kind, field, ids in (("claim", "text", claims), ("source", "name", sources)):
        for each in ids:
            answer = client.send("GET", f"/v1/{kind}s/{each}")
            if answer.status in (301, 410):
                continue  # merged or withdrawn: neither shows a revision
            thing = demanded(answer).json
            mark = _MARK.search(thing[field])
            told[f"{kind} {each}"] = (thing["revision"], mark[0] if mark else None)
    return told


def demanded(answer: Answer) -> Answer:
    """Return an answer that must be 200."""
    if answer.status != 200:
        raise RuntimeError(f"{answer.status} {answer.body[:500]!r}")
    return answer
