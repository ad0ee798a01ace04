"""Was this checked before? What the form of a new claim asks while its text is typed."""

from flask import Blueprint, Response, request

from factcheck.desk import claims
from factcheck.queries import matching
from factcheck.web import context, searching
from factcheck.web.pages.layout import admit, page, seen_other

blueprint = Blueprint("similar_pages", __name__, url_prefix="/similar")
blueprint.before_request(admit)
LONGEST = 5000  # code points: no claim is longer


@blueprint.get("")
def back() -> Response:
    """Lead to the first page whoever opens the address by itself."""
    return seen_other("/")


@blueprint.post("")
def look() -> Response:
    """Show the claims that are likely the one that is being typed: nothing, when it is likely new."""
    context.demand_caller().demand(claims.add.role)
    text = request.form.get("text", "")[:LONGEST]
    view = searching.view()
    with searching.reading(view) as connection:
        found = matching.match(
            connection, view, text, limit=matching.TOLD, viewer=context.caller(), meanings=searching.meanings()
        )
    return page("similar.html", similar=[each.short() for each in matching.checked_before(found.items)])
