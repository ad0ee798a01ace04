#!/usr/bin/env python3
"""Verify a desk's list of corrections from outside. Needs `verify.py` beside it, and what that needs.

    python corrections.py https://desk.example --key desk.key

The desk's public site has to be on. The program reads the public log as `verify.py` does, which reports and claims are
published (/v1/published, /v1/published/claims), and the list (/v1/corrections). It checks that

- each correction has an entry in the log of that thing, with its time, and the verdicts before and after,
- the proofs of the newest ones are good: their entries are in a log that the desk signed (C2SP tlog-proof),
- the list is complete: it has each entry that changed a published verdict or report.

It prints what is wrong and exits 1.
"""

import argparse
import base64
import json
import sys
import urllib.error
import urllib.parse
from datetime import datetime
from itertools import pairwise

import verify

LISTED = {"review", "undo", "withdraw", "redact", "redact_part"}  # of published claims, whatever their statuses
CHANGES = {"withdraw": "withdrawn", "redact": "redacted", "redact_part": "redacted", "publish": "corrected",
           "retract": "retracted"}  # fmt: skip
STATUSES = {"status": "content", "attribution_status": "attribution"}
PROOFS = 100  # that are verified; the others are of entries that lead to the same signed root


def proven(proof, entry, keys):
    """Verify a proof of inclusion of an entry (C2SP tlog-proof); return the entry's index. Raises ValueError."""
    head, _, note = proof.partition("\n\n")
    mark, numbered, *path = head.split("\n")
    if mark != "c2sp.org/tlog-proof@v1" or not numbered.startswith("index "):
        raise ValueError("it is not a proof")
    index = int(numbered.removeprefix("index "))
    size, root = verify.checkpoint(note, keys)
    at, last, hashed = index, size - 1, verify.leaf_hash(entry)
    if index > last:
        raise ValueError("its entry is not in the log that was signed")
    for sibling in (base64.b64decode(each, validate=True) for each in path):
        if last == 0:
            raise ValueError("it is too long")
        if at % 2 or at == last:
            hashed = verify.node_hash(sibling, hashed)
            while at and not at % 2:
                at, last = at // 2, last // 2
        else:
            hashed = verify.node_hash(hashed, sibling)
        at, last = at // 2, last // 2
    if last or hashed != root:
        raise ValueError("it does not lead to the root that was signed")
    return index


def instant(text):
    return datetime.fromisoformat(text)


def changes_verdict(before, entry):
    return entry["action"] in LISTED or entry["status"] != before["status"]


def of_claim(own, log_index, published_at):
    """Return the indexes of a claim's entries that must be listed: those that change its verdict after its first
    publication, which has this place in the log and this time.
    """
    return {
        entry["index"]
        for before, entry in pairwise(own)
        if entry["index"] > log_index and instant(entry["at"]) >= published_at and changes_verdict(before, entry)
    }


def of_report(own, log_index, published_at):
    """Return the indexes of a report's entries that must be listed. What readers see now was published by the entry at
    `log_index`, at a time; both are None if they see nothing of it now.

    The log does not say when a publication is to be seen. But a report cannot be saved while one is still to come: so
    one that a save follows was seen, and one that a move follows was taken back. Only what was seen is retracted. Whether
    a correction was seen that a retraction follows at once, nobody can tell.
    """
    found, seen = set(), False
    for at, entry in enumerate(own):
        if entry["action"] == "publish":
            following = next((each["action"] for each in own[at + 1 :] if each["action"] != "redact"), None)
            if entry["index"] == log_index or following == "save":
                if seen:
                    found.add(entry["index"])
                seen = seen or entry["index"] != log_index or published_at <= instant(entry["at"])
        elif entry["action"] == "retract":
            found.add(entry["index"])
        elif entry["action"] == "redact":
            if seen or (log_index is not None and log_index < entry["index"] and published_at <= instant(entry["at"])):
                found.add(entry["index"])
    return found


def check(each, entries):
    """Compare a correction with the log's entry in its place and the one before that; yield what is wrong."""
    index, kind = each["log_index"], "claim" if each["claim"] else "report"
    subject, before, entry = entries.get(index, (None, None, None))
    if subject != (kind, each[kind]["id"]):
        yield f"correction {index}: the log's entry is about something else"
        return
    if entry["action"] != "publish" and instant(each["at"]) != instant(entry["at"]):
        yield f"correction {index}: the log has another time"
    if each["change"] != CHANGES.get(entry["action"], "changed"):
        yield f"correction {index}: the log has another action"
    if kind == "claim":
        told = {one["field"]: (one["before"], one["after"]) for one in each["changes"] if one["field"] in STATUSES}
        statuses = {name: (before["status"][key], entry["status"][key]) for name, key in STATUSES.items()}
        if told != {name: ends for name, ends in statuses.items() if ends[0] != ends[1]}:
            yield f"correction {index}: the log says something else of the verdict"
        elif not changes_verdict(before, entry):
            yield f"correction {index}: nothing changed"


def list_of(desk):
    """Return the whole list, and the last entry up to which it is complete."""
    found, reached, cursor = [], None, ""
    while cursor is not None:
        page = json.loads(desk.get("/v1/corrections?limit=200" + (cursor and f"&cursor={urllib.parse.quote(cursor)}")))
        found += page["items"]
        reached = page["as_of_log_index"] if reached is None else min(reached, page["as_of_log_index"])
        cursor = page["next_cursor"]
    return found, reached


def verified(desk, keys):
    """Verify the list of a desk; yield what is wrong."""
    head = verify.checkpoint(desk.get("/log/checkpoint").decode(), keys)
    leaves = list(desk.entries(head[0]))
    wrong, things = verify.check_log(leaves, [head])
    yield from wrong
    entries = {
        entry["index"]: (subject, before, entry)
        for subject, own in things.items()
        for before, entry in pairwise([None, *own])
    }
    # What is published is read before the list: what changes meanwhile is in the list, and not asked for.
    due = set()
    shown = {
        each["id"]: (int(each["links"]["proof"].rpartition("/")[2]), instant(each["published_at"]))
        for each in desk.items("/v1/published")
    }
    for (kind, thing_id), own in things.items():
        if kind == "report":
            due |= of_report(own, *shown.get(thing_id, (None, None)))
    for each in desk.items("/v1/published/claims"):
        due |= of_claim(things.get(("claim", each["id"]), []), each["log_index"], instant(each["published_at"]))
    listed, reached = list_of(desk)
    listed = [each for each in listed if each["log_index"] < head[0]]
    for each in listed:
        yield from check(each, entries)
    for each in listed[:PROOFS]:
        index = each["log_index"]
        try:
            if proven(desk.get(each["links"]["proof"]).decode(), leaves[index], keys) != index:
                yield f"correction {index}: its proof is of another entry"
        except ValueError as error:
            yield f"correction {index}: its proof is wrong: {error}"
    missing = due - {each["log_index"] for each in listed}
    for index in sorted(missing):
        if index <= reached:
            yield f"entry {index} changed what was published, and is not listed"
    if missing and max(missing) > reached:
        yield f"the list is complete up to entry {reached} only: try again later"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--key", required=True, help="a file with the log's public keys, from /log/key")
    given = parser.parse_args()
    try:
        with open(given.key, encoding="utf-8") as file:
            wrong = list(verified(verify.Desk(given.url, None), file.read().split()))
    except (OSError, ValueError, urllib.error.URLError) as error:
        wrong = [str(error)]
    print("\n".join(wrong) or "The list of corrections is complete, and as the log says.")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
