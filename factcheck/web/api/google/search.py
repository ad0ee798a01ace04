"""/v1alpha1/claims:search: the search of Google's Fact Check Tools, for clients that speak it already."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from factcheck.errors import Flaw, Invalid, Unauthenticated
from factcheck.formats import factcheck_tools, field_mask
from factcheck.log.clock import now
from factcheck.queries.search import decided
from factcheck.queries.search.decided import Wanted
from factcheck.schemas.factcheck_tools import FoundClaimsOut
from factcheck.web import context, google, listing, searching
from factcheck.web.api import Blueprint
from factcheck.web.google import Asked


def admit() -> None:
    """Let in whoever may read: a POST here carries a long search, and changes nothing. Raises Unauthenticated."""
    if request.method != "OPTIONS" and context.caller() is None and not context.settings().public_read:
        raise Unauthenticated("Send the header Authorization: Bearer fck_…; an API key is not accepted here.")


blueprint = Blueprint(
    "google", "Google's Fact Check Tools, for its own client libraries.", prefix="/v1alpha1", admitted_by=admit
)


@blueprint.route("/claims:search", methods=["GET", "POST"])
@blueprint.response(200, FoundClaimsOut)
def search_claims() -> Response:
    """Search claims with a verdict, as Google's Fact Check Tools API does.

    If no claim has all words, the response is one page of the most similar claims.
    """
    asked = google.asked()
    here = context.here()
    if asked.site is not None and factcheck_tools.site(here).removeprefix("www.") != asked.site:
        return google.written({}, pretty=asked.pretty)
    if asked.query is not None and asked.parsed is None:
        return google.written({}, pretty=asked.pretty)
    since, skip, after = _place(asked)
    wanted = Wanted(asked.parsed, asked.language, since)
    view = searching.view_for(asked.parsed)
    with searching.reading(view) as connection:
        found = decided.search(
            connection, wanted, after=after, skip=skip, limit=asked.page_size, viewer=context.caller(), view=view
        )
        nothing = found.after is None and not found.claims and found.skip == asked.offset
        if view is not None and asked.query is not None and asked.page_token is None and nothing:
            likest = decided.likest(
                connection,
                view,
                asked.query,
                wanted,
                skip=skip,
                limit=asked.page_size,
                viewer=context.caller(),
                meanings=searching.meanings(),
            )
            found = decided.Found(likest, None, 0)
    answer: dict[str, Any] = {}
    if found.claims:
        answer["claims"] = [factcheck_tools.convert(claim, article, here)[0] for claim, article in found.claims]
    if found.after is not None:
        at = since.timestamp() if since else None
        answer["nextPageToken"] = listing.cursors().seal([at, found.skip, *found.after], _bound_to(asked))
    if asked.mask:
        answer = field_mask.masked(answer, asked.mask)
    return google.written(answer, pretty=asked.pretty)


def _place(asked: Asked) -> tuple[datetime | None, int, list[Any] | None]:
    """Return from when on claims count, how many are skipped, and behind which key. A token holds all three.

    The first page says from when on, so that a search that goes on over midnight stays the same search.
    """
    if asked.page_token is not None:
        try:
            at, skip, *after = listing.opened(asked.page_token, _bound_to(asked))
        except ValueError as error:
            told = str(error).replace("cursor", "token")
            raise Invalid("The page token is not valid.", flaws=[Flaw(told, parameter="pageToken")]) from None
        return datetime.fromtimestamp(at, UTC) if at is not None else None, skip, after
    if asked.max_age_days is None or asked.max_age_days > 365 * 2000:  # before all claims, and before all calendars
        return None, asked.offset, None
    return now() - timedelta(days=asked.max_age_days), asked.offset, None


def _bound_to(asked: Asked) -> str:
    narrowed = (asked.query, asked.language, asked.site, asked.max_age_days)
    return urlencode([("", request.path), *((str(at), value) for at, value in enumerate(narrowed) if value)])
