"""/v1/images"""

from typing import Any

from flask import Response

from factcheck.desk.capturing import images
from factcheck.desk.claim_state import documents
from factcheck.desk.redactions.archived import images as redactions
from factcheck.errors import NotFound
from factcheck.messages import message
from factcheck.schemas.captures import ImageIn, ImageOut, SimilarImagesOut
from factcheck.schemas.parts import RedactionIn
from factcheck.web import context, imaging, listing, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed
from factcheck.web.redacting import redacted

blueprint = Blueprint("images", "Images of articles, with their hashes, and those that look the same.")
FILTERS = ("article", "limit", "cursor")


@blueprint.route("/images")
@blueprint.doc(parameters=queries.documented(*FILTERS))
@blueprint.response(200, listed(ImageOut))
def list_images() -> Response:
    """List images, newest first. Needs a token."""
    context.demand_caller()
    query = queries.read(*FILTERS)
    limit = query.get("limit", 50)
    before = listing.page_key(query.get("cursor"))
    with context.database().reading() as connection:
        found = images.listed(connection, query.get("article"), before[0] if before else None, limit + 1)
    following = [found[limit - 1][0]] if len(found) > limit else None
    return listing.listed([documents.dumped(item) for _, item in found[:limit]], following)


@blueprint.route("/images", methods=["POST"])
@does(images.add)
@blueprint.arguments(ImageIn)
@blueprint.response(201, ImageOut)
def add_image(body: dict[str, Any]) -> Response:
    """Add an image to an article: the desk fetches it from its `url`, or takes its bytes as `data`.

    PNG, JPEG, GIF and WebP, by their bytes; of an animation the first frame is read. 10 MB and 40 million pixels at
    most. A process of its own decodes the image. What cannot be fetched or decoded gives 422, and nothing is stored.
    """
    before = context.answered_before()
    if before is not None:
        return before
    return imaging.perform(
        body, lambda add: context.perform(images.add, lambda session, actor: imaging.made(add(session, actor)))
    )


@blueprint.route("/images/<uuid:image_id>")
@blueprint.response(200, ImageOut)
def get_image(image_id: Any) -> Response:
    """Get an image's facts and hashes. They never change, unless it is redacted. Needs a token."""
    context.demand_caller()
    with context.database().reading() as connection:
        return context.one_thing(images.get(connection, str(image_id)))


@blueprint.route("/images/<uuid:image_id>/file")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="image/*")
def get_image_file(image_id: Any) -> Response:
    """Download the image itself, as it was fetched or sent. Needs a token."""
    context.demand_caller()
    return imaging.file(str(image_id))


@blueprint.route("/images/<uuid:image_id>/similar")
@blueprint.response(200, SimilarImagesOut)
def list_similar_images(image_id: Any) -> Response:
    """List the other images of the desk that look like this one: whether it was seen before. Needs a token.

    Their perceptual hashes differ in at most 8 of 64 bits. Images without detail, such as a blank page, are similar
    to each other.
    """
    context.demand_caller()
    with context.database().reading() as connection:
        image = images.row_of(connection, str(image_id))
        if image.phash is None:
            raise NotFound(message("The image was redacted."))
        return context.one_thing({"items": images.similar(connection, image.phash, image.id)})


@blueprint.route("/images/<uuid:image_id>/redaction", methods=["POST"])
@does(redactions.redact)
@blueprint.arguments(RedactionIn)
@blueprint.response(204)
def redact_image(body: dict[str, Any], image_id: Any) -> Response:
    """Remove an image: its file, its hashes, its URL and the words that say what it shows.

    When and by whom it was added stays. The log records it, and its proofs remain valid.
    """
    return redacted(redactions.redact, image_id, body=body, long=True)
