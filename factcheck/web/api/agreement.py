"""/v1/audit/agreement"""

from flask import Response

from factcheck.queries.agreement import agreement
from factcheck.rules.status import Question
from factcheck.schemas.opinions import AgreementOut
from factcheck.web import context, queries
from factcheck.web.api import Blueprint

blueprint = Blueprint("agreement", "How far second opinions agree with first ones.")
SPAN = ("question", "from", "to")


@blueprint.route("/audit/agreement")
@blueprint.doc(parameters=queries.documented(*SPAN))
@blueprint.response(200, AgreementOut)
def get_agreement() -> Response:
    """Get the observed agreement and Cohen's kappa of the second opinions in a period, with their counts."""
    query = queries.read(*SPAN)
    with context.database().reading() as connection:
        counted = agreement(
            connection,
            question=query.get("question", Question.CONTENT),
            since=query.get("from"),
            until=query.get("to"),
        )
    return context.one_thing(counted)
