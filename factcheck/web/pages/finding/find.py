"""Find a claim: what the desk knows of a text that somebody pastes, with the verdicts in front."""

from flask import Blueprint, Response, request

from factcheck.messages import message
from factcheck.queries import matching
from factcheck.web import context, searching
from factcheck.web.pages.layout import admit, page
from factcheck.web.pages.queue import row_of

blueprint = Blueprint("find_pages", __name__, url_prefix="/find")
blueprint.before_request(admit)
LONGEST = 5000  # code points of a text; more is left out
SHOWN = 10
SIMILAR = 5  # at most, of those that only have words of the text
DIFFERENCES = {  # of `rules/matching/strict.py`
    "figures": message("figures"),
    "dates": message("dates"),
    "names": message("names"),
    "negation": message("negation"),
    "opposites": message("opposites"),
}


@blueprint.get("")
def show() -> Response:
    """Show the claims that say the same as a text, and below them those that only have words of it."""
    text = request.args.get("find", "").strip()[:LONGEST]
    if not text:
        return page("find.html", text="")
    view = searching.view()
    with searching.reading(view) as connection:
        found = matching.match(
            connection, view, text, limit=SHOWN, viewer=context.caller(), meanings=searching.meanings()
        ).items
    same = matching.checked_before(found)
    similar = [each for each in found if each not in same and each.shared]
    return page("find.html", text=text, same=_rows(same), similar=_rows(similar[:SIMILAR]), as_of=view.as_of)


def _rows(found: list[matching.Match]) -> list[dict[str, object]]:
    return [
        row_of(each.document) | {"differs": [DIFFERENCES[name] for name in each.differs], "shared": each.shared}
        for each in found
    ]
