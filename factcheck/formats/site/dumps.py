"""Published claims in dumps: of each what its page shows to readers, as JSON and as a row of a table.

A claim's JSON has more: relations to claims that are not published, tags, second opinions, when somebody last edited
it. So the members of a dump are named here, and a new one is in no dump until it is added.
"""

from typing import Any

from factcheck.formats import claim_table
from factcheck.formats.here import Here

Json = dict[str, Any]
CLAIM = (
    "text", "kind", "quantity", "status", "rating", "reason", "reviewed_by", "reviewed_at", "valid_on", "review_by",
    "article", "quotes", "attribution", "evidence",
)  # fmt: skip
ATTRIBUTION = ("status", "reason", "reviewed_by", "reviewed_at", "chain", "origin")
EVIDENCE = ("id", "stance", "url", "title", "source", "origin", "excerpt", "archived_url", "note")
OCCURRENCE = ("id", "url", "kind", "said_on", "place", "account", "timecode")
OF_THE_DESK = ("external_id", "tags", "revision", "created_at", "updated_at")  # columns of the desk's own table
COLUMNS = (*(name for name in claim_table.COLUMNS if name not in OF_THE_DESK), "published_at", "url")


def claim(full: Json, published: Json) -> Json:
    """Return a claim as it is in a dump.

    `full` is its JSON as readers without a token get it, `published` its id, when it was published, and its links.
    """
    shown = _only(full, CLAIM)
    shown["attribution"] = _only(full["attribution"], ATTRIBUTION)
    shown["evidence"] = [_only(item, EVIDENCE) for item in full["evidence"]]
    if "occurrences" in full:
        shown["occurrences"] = [_only(item, OCCURRENCE) for item in full["occurrences"]]
    return published | shown


def header() -> bytes:
    return claim_table.written([COLUMNS])


def row(full: Json, published: Json, here: Here) -> list[Any]:
    """Return the cells of a claim."""
    cells = zip(claim_table.COLUMNS, claim_table.row(full), strict=True)
    own = [cell for name, cell in cells if name not in OF_THE_DESK]
    return [*own, published["published_at"], here.page(full["id"])]


def licence_url(licence: str) -> str:
    """Return the page about a licence, given by its SPDX identifier."""
    return f"https://spdx.org/licenses/{licence}.html"


def _only(thing: Json, names: tuple[str, ...]) -> Json:
    return {name: thing[name] for name in names if name in thing}
