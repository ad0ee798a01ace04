"""The list of corrections."""

from flask import Response

from factcheck.log import transparency
from factcheck.queries.publishing import corrections
from factcheck.web.site import answers

blueprint = answers.blueprint("corrections")
LISTED = 50  # corrections on a page


@blueprint.get("/corrections")
def show() -> Response:
    """List each change of something that was published before, the last one first, and say how to check the list."""
    before = answers.place()
    with answers.reading_corrections() as (connection, as_of):
        found, following = corrections.listed(connection, before, LISTED, None)
        log = transparency.state(connection)
    return answers.page(
        "corrections.html", as_of=as_of, corrections=found, more=answers.following(following),
        checkpoint=log["checkpoint"],
    )  # fmt: skip
