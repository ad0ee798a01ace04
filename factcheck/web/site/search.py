"""Has this been checked? Published claims that say the same as a text, or something alike."""

from typing import Any

import orjson
from flask import Response, request

from factcheck.desk.publishing import published_claims
from factcheck.queries import matching
from factcheck.web import searching
from factcheck.web.pages.publishing import rating_scales
from factcheck.web.site import answers

blueprint = answers.blueprint("search")
LONGEST = 1000  # code points of a text; more is left out
LOOKED = 200  # claims that are like the text, at most, of which the published ones are shown
SHOWN = 10
Json = dict[str, Any]


@blueprint.get("/search")
def show() -> Response:
    """Show the published claims that say the same as a text, and below them those that have words of it."""
    text = request.args.get("q", "").strip()[:LONGEST]
    if not text:
        return answers.page("search.html", text="", same=[], similar=[], rated={})
    view = searching.view()
    with searching.reading(view) as connection:
        found = matching.match(connection, view, text, limit=LOOKED, viewer=None).items
        documents = [(each, orjson.loads(each.document)) for each in found]
        since = published_claims.since(connection, [claim["id"] for _, claim in documents])
        seen = [(each, claim) for each, claim in documents if claim["id"] in since]
        checked = matching.checked_before([each for each, _ in seen])
        same = [claim for each, claim in seen if each in checked]
        similar = [claim for each, claim in seen if each not in checked and each.shared]
        rated = rating_scales.words(connection, [*same, *similar])
    return answers.page("search.html", text=text, same=same[:SHOWN], similar=similar[:SHOWN], rated=rated)
