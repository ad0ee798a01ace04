"""Names of sources, for requests: which sources may be the same as one that is to be added."""

from typing import Any

from factcheck.errors import Unavailable
from factcheck.followers.search.similar_sources import lacks_few
from factcheck.messages import message
from factcheck.queries.sources import candidates
from factcheck.web import searching

Json = dict[str, Any]


def similar(fields: Json, *, strict: bool) -> list[Json] | None:
    """Return the likeliest candidates for a source with these fields; None where the search index cannot say.

    Nobody waits for the index: what it lacks is read from the tables. Where the request is `strict`, raises
    SimilarSource for a source that is likely the same, and Unavailable where the index cannot say in time.
    """
    try:
        view = searching.view() if strict else searching.view_now()
    except Unavailable:
        if strict:
            raise
        return None
    with searching.reading(view) as connection:
        if not lacks_few(connection, view):
            if strict:
                raise Unavailable(message("The search index is being brought up to date. Try again in a moment."))
            return None
        found = candidates.of_fields(connection, view, fields)
    if strict:
        candidates.demand_new(found)
    return [each.as_json() for each in found]
