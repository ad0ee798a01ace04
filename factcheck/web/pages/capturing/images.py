"""Images of an article: the form that adds one, the image itself, and its page with those that look the same."""

import base64
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.engine import Connection

from factcheck.desk.capturing import images
from factcheck.errors import Clash, Invalid, Stale, Unauthenticated
from factcheck.messages import message
from factcheck.schemas.base import load
from factcheck.schemas.captures import ImageIn
from factcheck.web import context, imaging
from factcheck.web.pages import forms
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit, page

blueprint = Blueprint("images_pages", __name__)
blueprint.before_request(admit)
Json = dict[str, Any]


@blueprint.get("/images/<uuid:image_id>")
def show(image_id: Any) -> Response:
    """Show an image to members, with its facts and with the images that look like it."""
    _demand_member()
    with context.database().reading() as connection:
        image = images.get(connection, str(image_id))
        alike = images.similar(connection, image["phash"], image["id"]) if image["phash"] else []
    return page("image.html", image=image, alike=alike)


@blueprint.get("/images/<uuid:image_id>/file")
def show_file(image_id: Any) -> Response:
    """Give the image itself to members."""
    _demand_member()
    return imaging.file(str(image_id))


@blueprint.get("/articles/<uuid:article_id>/images")
def new(article_id: Any) -> Response:
    """Show the form that adds an image to an article."""
    _demand_member()
    return page("image_new.html", form=Form("image"), article_id=str(article_id))


@blueprint.post("/articles/<uuid:article_id>/images")
def add(article_id: Any) -> Response:
    """Add an image as POST /v1/images does, and go back to the article."""
    here, sent = f"/articles/{article_id}", forms.body(forms.sent("image"))
    if file := request.files.get("data"):
        sent["data"] = base64.b64encode(file.read()).decode()
    try:
        return imaging.perform(
            load(ImageIn(), sent | {"article_id": str(article_id)}),
            lambda add: forms.perform(images.add, lambda session, actor: f"{here}#image-{add(session, actor)['id']}"),
        )
    except (Invalid, Stale, Clash) as error:
        again, status = forms.refused(error, "image")
        return page("image_new.html", status, form=again, article_id=str(article_id))


def of_article(connection: Connection, article_id: str) -> Json:
    """Return what an article's page shows of its images, for members: each with those that look like it."""
    if context.caller() is None:
        return {"images": []}
    found = [image for _, image in images.listed(connection, article_id, None, images.MOST) if not image["redacted"]]
    return {"images": [image | {"alike": images.similar(connection, image["phash"], image["id"])} for image in found]}


def _demand_member() -> None:
    if context.caller() is None:
        raise Unauthenticated(message("Log in to see images."))
