"""The claims that a person chooses from to relate one to another: found by words, or by a URL that is pasted."""

import re
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.engine import Connection

from factcheck.desk import claims
from factcheck.followers.search.views import View
from factcheck.log.actors import Actor
from factcheck.queries import lists, matching
from factcheck.rules.text.queries import Query, all_words
from factcheck.web import searching
from factcheck.web.pages.forms import Form

Json = dict[str, Any]
SHOWN = 8
LONGEST = 1000  # code points of what is looked for
PREFIX = 2  # letters of a word at least whose ending is not typed yet
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """The claims to choose from; whether they were asked for, and which one is chosen."""

    claims: list[Json]
    asked: bool = False
    chosen: str = ""


def of_form(connection: Connection, claim: Json, form: Form | None, viewer: Actor | None) -> Found:
    """Return what the form of a relation offers: what was looked for, else other claims from the same article."""
    typed, chosen = (form.value("find"), form.value("claim_id")) if form else ("", "")
    if typed.strip() or chosen:
        return look_for(connection, claim["id"], typed, viewer, chosen)
    nearby = lists.claims(
        connection, lists.ClaimFilters(article=claim["article_id"]), None, None, SHOWN + 1, viewer=viewer
    ).items
    return Found(_others(claim["id"], nearby))


def look_for(connection: Connection, claim_id: str, typed: str, viewer: Actor | None, chosen: str = "") -> Found:
    """Return the claims that have these words, of which the last may go on; the likest ones where none has them all."""
    typed = typed[:LONGEST]
    named = [each for each in (id_in(chosen), id_in(typed)) if each]
    documents = list(claims.get_many(connection, named, viewer).values()) if named else []
    query = None if id_in(typed) else _typed(typed)
    if query is not None:
        filters = lists.ClaimFilters(q=query)
        view = searching.view()
        hits = lists.claims(connection, filters, None, None, SHOWN + 1, viewer=viewer, view=view).items
        documents += hits or _likest(connection, view, typed, viewer)
    return Found(_others(claim_id, documents), True, named[0] if named else "")


def _likest(connection: Connection, view: View, typed: str, viewer: Actor | None) -> list[bytes]:
    """Return the claims likest to what was typed, of those that have a word of it: letters alone find too much."""
    found = matching.match(connection, view, typed, limit=SHOWN, viewer=viewer).items
    return [each.document for each in found if each.shared]


def _typed(typed: str) -> Query | None:
    """Return the query for all words that were typed, of which the last may go on once it has some letters."""
    last = typed[-1:].isalnum() and len(typed.split()[-1]) >= PREFIX
    return all_words(typed, opened=last)


def id_in(text: str) -> str | None:
    """Return the id of the claim that a text names by its URL, or by the id alone."""
    last = text.strip().split("?")[0].split("#")[0].rstrip("/").rpartition("/")[2]
    return last.lower() if _ID.fullmatch(last) else None


def _others(claim_id: str, documents: list[bytes]) -> list[Json]:
    """Return the claims of these documents, each once, without the one that is to be related."""
    found = {claim["id"]: claim for document in documents if (claim := orjson.loads(document))["id"] != claim_id}
    return list(found.values())[:SHOWN]
