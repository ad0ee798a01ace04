"""What a house makes the public site look like: a style sheet and a logo of its own."""

from flask import Response

from factcheck.errors import NotFound
from factcheck.messages import message
from factcheck.web import context
from factcheck.web.site import answers
from factcheck.web.site.looks import LOGOS, theme_of

blueprint = answers.blueprint("theme")


@blueprint.get("/theme/theme.css")
def show_style() -> Response:
    style = theme_of(context.settings()).style
    if style is None:
        raise NotFound(message("This site has no style sheet of its own."))
    return answers.answered(style.read_bytes(), "text/css")


@blueprint.get("/theme/logo")
def show_logo() -> Response:
    logo = theme_of(context.settings()).logo
    if logo is None:
        raise NotFound(message("This site has no logo of its own."))
    return answers.answered(logo.read_bytes(), LOGOS[logo.name])
