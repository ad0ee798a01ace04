"""What the house says of itself: how it works, who it is, who pays for it, how it corrects."""

from flask import Response
from markupsafe import Markup

from factcheck.desk.publishing import site_pages
from factcheck.formats import report_text
from factcheck.web import context
from factcheck.web.site import answers
from factcheck.web.speaking import languages

blueprint = answers.blueprint("house")


@blueprint.get("/<any('methodology', 'about', 'funding', 'corrections-policy'):name>")
def show(name: str) -> Response:
    """Show a page in the reader's language, else in the one in which it was first added."""
    with context.database().reading() as connection:
        page = site_pages.shown(connection, name, languages.tag())
    text = report_text.html(page["text"], report_text.definitions(page["text"]))
    return answers.page("house.html", page=page, text=Markup(text))  # noqa: S704 - sanitized
