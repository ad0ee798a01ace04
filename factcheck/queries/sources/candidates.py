"""Sources that may be the same as one, for a reader: `followers/search/similar_sources.py` finds them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import Connection

from factcheck.desk import sources
from factcheck.errors import SimilarSource
from factcheck.followers.search.similar_sources import Candidate, alike, settled
from factcheck.followers.search.views import View
from factcheck.messages import message
from factcheck.rules.names.sources import THRESHOLD, known_of

Json = dict[str, Any]
LISTED = 20  # sources, at most
TOLD = 5  # in the answer to a source that is added, and in a refusal


def of_source(connection: Connection, view: View, source_id: str) -> list[Candidate]:
    """Return the candidates for a source, the best first. Raises NotFound, or Merged with what it became."""
    source = sources.get(connection, source_id)
    if source["redacted"]:
        return []
    return alike(connection, view, known_of(source), LISTED, leaving_out=settled(connection, source_id))


def of_fields(connection: Connection, view: View, fields: Json) -> list[Candidate]:
    """Return the likeliest candidates for a source that is not added yet, by its fields (those of SourceIn)."""
    return alike(connection, view, known_of(fields), TOLD)


def demand_new(found: Sequence[Candidate]) -> None:
    """Raise SimilarSource when one of the candidates for a new source is likely the same.

    Two who add the same source at the same moment may both succeed: neither sees the other's.
    """
    likely = [each for each in found if each.score >= THRESHOLD]
    if likely:
        raise SimilarSource(
            message("This looks like a source that is already on this desk. Nothing was added."),
            similar=[each.as_json() for each in likely],
        )
