"""/v1/statistics"""

from flask import Response

from factcheck.schemas.team.statistics import StatisticsOut
from factcheck.web import context, queries, statistics
from factcheck.web.api import Blueprint

blueprint = Blueprint("statistics", "What was added and decided in each week, how long it took, and what is open.")

NAMED = {"in": "path", "name": "name", "required": True, "schema": {"type": "string", "enum": [*statistics.TABLES]}}


@blueprint.route("/statistics")
@blueprint.doc(parameters=queries.documented(*statistics.NAMES, renamed=statistics.RENAMED))
@blueprint.response(200, StatisticsOut)
def get_statistics() -> Response:
    """Get the desk's work week by week: the weeks of ISO 8601, in UTC. Needs a token.

    Counts include what happened to claims that are withdrawn now. A verdict that you have to give a second opinion on
    is not counted, and its claim counts as open.
    """
    found, as_of = statistics.found(queries.read(*statistics.NAMES, renamed=statistics.RENAMED))
    return context.one_thing(found | as_of.told())


@blueprint.route("/statistics/<name>.csv")
@blueprint.doc(parameters=[NAMED, *queries.documented(*statistics.NAMES, renamed=statistics.RENAMED)])
@blueprint.doc(operationId="get_statistics_table")
@blueprint.response(200, {"type": "string"}, content_type="text/csv")
def get_table(name: str) -> Response:
    """Get one table of the statistics as CSV: `weeks`, `open`, `agreement` or, as an admin, `people`."""
    return statistics.table(name, queries.read(*statistics.NAMES, renamed=statistics.RENAMED))
