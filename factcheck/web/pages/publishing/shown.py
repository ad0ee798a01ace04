"""What pages of reports show: the text with the claims that it refers to, a comparison, and claims to refer to."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
from markupsafe import Markup, escape
from sqlalchemy.engine import Connection

from factcheck.desk import claims
from factcheck.errors import NotFound, Withdrawn
from factcheck.formats import report_text
from factcheck.log.actors import Actor
from factcheck.queries import lists, provenance
from factcheck.rules.budget import PAGE
from factcheck.rules.publishing import reports as rules
from factcheck.rules.text.differences import differences
from factcheck.rules.text.queries import all_words
from factcheck.web import context, searching
from factcheck.web.pages import pictures
from factcheck.web.pages.layout import exactly
from factcheck.web.pages.publishing import rating_scales

CHARTS = 10  # on one page: each is drawn from what is read of the claim and its relations
FOUND = 10  # claims that are offered for the text
Json = dict[str, Any]


def found(words: str) -> list[Json]:
    """Return a few claims with all of these words, as their reader sees them."""
    query = all_words(words.strip()[:500]) if words.strip() else None
    if query is None:
        return []
    view = searching.view_for(query)
    with searching.reading(view) as connection:
        filters, viewer = lists.ClaimFilters(q=query), context.caller()
        documents = lists.claims(connection, filters, None, None, FOUND, viewer=viewer, view=view).items
    return [orjson.loads(document) for document in documents]


@dataclass(frozen=True)
class Shown:
    """A report's text as its page shows it, and the JSON of the claims that it refers to, in their order."""

    parts: list[Json]
    documents: list[bytes] = field(default_factory=list)


def parts(connection: Connection, text: str, viewer: Actor | None, *, site: bool = False) -> Shown:
    """Return a report's text as `viewer` sees it: HTML, lines that are no reference, and claims with what to show.

    On the public `site`, charts have nothing of other claims. Beyond PAGE bytes of claims, and CHARTS charts, a
    reference shows a link to the claim.
    """
    if len(text) > rules.LONGEST:
        return Shown([])
    pieces = list(rules.parts(text))
    defined = report_text.definitions("\n\n".join(each for each in pieces if isinstance(each, str)))
    wanted = list(dict.fromkeys(each.claim_id for each in pieces if isinstance(each, rules.ReportReference)))
    documents = claims.get_many(connection, wanted[: rules.REFERENCES], viewer)
    there = {claim_id: orjson.loads(document) for claim_id, document in documents.items()}
    rated = rating_scales.words(connection, there.values())
    charts: dict[str, Markup] = {}
    found: list[Json] = []
    size = 0
    for each in pieces:
        if isinstance(each, str):
            found.append({"html": Markup(report_text.html(each, defined))})  # noqa: S704 - sanitized
        elif isinstance(each, rules.UnreadLine):
            found.append({"flaw": each.words[:100]})
        else:
            claim = there.get(each.claim_id)
            size += len(documents.get(each.claim_id, b""))
            if claim and each.kind is rules.ReferenceKind.ATTRIBUTION and len(charts) < CHARTS:
                with suppress(NotFound, Withdrawn):  # it went while this was read
                    charts[each.claim_id] = charts.get(each.claim_id) or chart(
                        connection, each.claim_id, viewer, site=site
                    )
            kind = each.kind if size <= PAGE else "link"
            found.append({"kind": kind, "id": each.claim_id, "claim": claim, "rated": rated.get(each.claim_id),
                          "chart": charts.get(each.claim_id)})  # fmt: skip
    return Shown(found, [documents[claim_id] for claim_id in wanted if claim_id in documents])


def chart(connection: Connection, claim_id: str, viewer: Actor | None, *, site: bool = False) -> Markup:
    """Return the picture of a claim's provenance, on the public `site` with nothing of other claims."""
    return pictures.chain(provenance.graph(connection, claim_id, viewer, alone=site))


def compared(old: str, new: str, show: Callable[[str], str] = exactly) -> Markup:
    """Return a text with what of an older one is not in it struck out, and what it adds marked.

    `show` makes of a piece what the page has of it.
    """
    pieces, at = [], 0
    for each in differences(old, new):
        pieces.append(escape(show(new[at : each.new_start])))
        if each.old_end > each.old_start:
            pieces.append(Markup("<del>{}</del>").format(show(old[each.old_start : each.old_end])))
        if each.new_end > each.new_start:
            pieces.append(Markup("<ins>{}</ins>").format(show(new[each.new_start : each.new_end])))
        at = each.new_end
    return Markup("").join([*pieces, escape(show(new[at:]))])
