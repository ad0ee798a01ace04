"""/v1/claims/{id}/reviews"""

from typing import Any

from flask import Response

from factcheck.desk import claims, reviews
from factcheck.desk.access import masking
from factcheck.desk.access.masking import View
from factcheck.desk.undo import undo
from factcheck.schemas.reviews import ReviewIn, ReviewOut
from factcheck.web import capturing, context, listing, preconditions, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed

blueprint = Blueprint("reviews", "Decisions, which are the only way to change a status.")
PAGED = ("limit", "cursor")
HERE = "/claims/<uuid:claim_id>/reviews"


@blueprint.route(HERE)
@blueprint.doc(parameters=queries.documented(*PAGED))
@blueprint.response(200, listed(ReviewOut))
def list_reviews(claim_id: Any) -> Response:
    """List a claim's reviews, oldest first."""

    def read(connection: Any, after: int, limit: int) -> Any:
        claims.demand_there(connection, str(claim_id), context.caller(), active=True)
        return reviews.of_claim(connection, str(claim_id), after, limit)

    return listing.paged(read, first=-1, shown=masking.masking(View.REVIEW))


@blueprint.route(HERE, methods=["POST"])
@does(reviews.decide)
@blueprint.arguments(ReviewIn)
@blueprint.response(201, ReviewOut)
def decide(body: dict[str, Any], claim_id: Any) -> Response:
    """Decide one question about a claim. If-Match is the version of the claim that you decide on.

    Pages of evidence with `capture` are captured first, five at most, as POST /v1/captures does it. If one of them
    cannot be captured, the response is 422 with `reason` and `capture_id`, and nothing is decided.
    """
    seen = preconditions.seen

    def work(session: Any, actor: Any) -> Any:
        two_person, policy = context.settings().two_person_review, context.settings().second_opinion
        review = reviews.decide(
            session, actor, str(claim_id), seen=seen(), two_person=two_person, policy=policy, **body
        )
        return context.made(f"/v1/claims/{claim_id}/reviews/{review['id']}", review)

    return capturing.perform_citing(reviews.decide, body["evidence"], work, claim_id=str(claim_id), seen=seen)


@blueprint.route(f"{HERE}/<uuid:review_id>")
@blueprint.response(200, ReviewOut)
def get_review(claim_id: Any, review_id: Any) -> Response:
    """Get one review. It never changes."""
    with context.database().reading() as connection:
        claims.demand_there(connection, str(claim_id), context.caller(), active=True)
        return context.one_thing(reviews.get(connection, str(claim_id), str(review_id), context.caller()))


@blueprint.route(f"{HERE}/<uuid:review_id>/undo", methods=["POST"])
@does(undo)
@blueprint.response(201, ReviewOut)
def undo_review(claim_id: Any, review_id: Any) -> Response:
    """Undo your own newest decision within a minute, without a body. This restores the previous status.

    If-Match is the version of the claim after the decision. The response is the review that undoes it.
    """

    def work(session: Any, actor: Any) -> Any:
        review = undo(session, actor, str(claim_id), str(review_id), seen=preconditions.seen())
        return context.made(f"/v1/claims/{claim_id}/reviews/{review['id']}", review)

    return context.perform(undo, work)
