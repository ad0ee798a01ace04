"""/v1/rating-scales"""

from typing import Any

from flask import Response

from factcheck.desk.access.answers import Answer
from factcheck.desk.claim_state import documents
from factcheck.desk.publishing import rating_scales
from factcheck.schemas.parts import ReasonIn
from factcheck.schemas.publishing.ratings import RatingScaleIn, RatingScaleOut, TranslationIn
from factcheck.web import context, listing, preconditions, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed

blueprint = Blueprint("ratings", "Rating scales: the house's own words for verdicts.")
HERE = "/rating-scales/<uuid:scale_id>"


@blueprint.route("/rating-scales")
@blueprint.doc(parameters=queries.documented("limit", "cursor"))
@blueprint.response(200, listed(RatingScaleOut))
def list_scales() -> Response:
    """List the rating scales in the order in which they were added, withdrawn ones too."""
    return listing.paged(rating_scales.listed, first=-1)


@blueprint.route("/rating-scales", methods=["POST"])
@does(rating_scales.add)
@blueprint.arguments(RatingScaleIn)
@blueprint.response(201, RatingScaleOut)
def add_scale(body: dict[str, Any]) -> Response:
    """Add a rating scale. Its words do not change afterwards: verdicts are published with them."""

    def work(session: Any, actor: Any) -> Answer:
        scale = rating_scales.add(session, actor, **body)
        return context.made(scale["links"]["self"], scale)

    return context.perform(rating_scales.add, work)


@blueprint.route(HERE)
@blueprint.response(200, RatingScaleOut)
def get_scale(scale_id: Any) -> Response:
    """Get a rating scale, a withdrawn one too."""
    with context.database().reading() as connection:
        return context.one_thing(rating_scales.get(connection, str(scale_id)))


@blueprint.route(f"{HERE}/translations", methods=["POST"])
@does(rating_scales.translate)
@blueprint.arguments(TranslationIn)
@blueprint.response(200, RatingScaleOut)
def translate_scale(body: dict[str, Any], scale_id: Any) -> Response:
    """Give a rating scale words in one more language. Each of its ratings needs a label."""

    def work(session: Any, actor: Any) -> Answer:
        seen = preconditions.seen_if_given()
        return _changed(rating_scales.translate(session, actor, str(scale_id), seen=seen, **body))

    return context.perform(rating_scales.translate, work)


@blueprint.route(f"{HERE}/withdrawal", methods=["POST"])
@does(rating_scales.withdraw)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, RatingScaleOut)
def withdraw_scale(body: dict[str, Any], scale_id: Any) -> Response:
    """Withdraw a rating scale: no new verdict can name its ratings. Those that name one keep it."""

    def work(session: Any, actor: Any) -> Answer:
        seen = preconditions.seen_if_given()
        return _changed(rating_scales.withdraw(session, actor, str(scale_id), seen=seen, **body))

    return context.perform(rating_scales.withdraw, work)


def _changed(scale: dict[str, Any]) -> Answer:
    body = documents.dumped(scale)
    return context.changed(body, documents.etag_of(body))
