"""The desk's settings and its health, for admins. Settings are changed where the desk is run, and not here."""

from flask import Blueprint, Response

from factcheck.web.api.team import desk
from factcheck.web.pages.layout import admit_known, page

blueprint = Blueprint("settings_pages", __name__)
blueprint.before_request(admit_known)


@blueprint.get("/settings")
def show() -> Response:
    return page("settings.html", settings=desk.settings(), followers=desk.followers())
