"""A page that a person's browser has is handed over: by a bookmarklet, which runs on that page, or pasted.

Nothing is stored until the person sends the form of our own page: what another site does there, or sends, only fills
its fields.
"""

import json
from urllib.parse import quote

from flask import Blueprint, Response

from factcheck.desk.capturing import captures
from factcheck.errors import Clash, Invalid, Stale
from factcheck.schemas.base import load
from factcheck.schemas.captures import HandoverIn
from factcheck.web import context
from factcheck.web.pages import forms
from factcheck.web.pages.capturing.performing import perform_form
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit, page, seen_other

blueprint = Blueprint("handovers_pages", __name__, url_prefix="/captures/handover")
blueprint.before_request(admit)
HERE = "/captures/handover"
# It opens the form here, waits until the form says that it is there, and sends it the page: nobody else gets it. What
# has no words of the page is left out: scripts, fields of forms and frames, which can hold keys of a person's session.
BOOKMARKLET = """(() => {
  const desk = DESK, form = open(desk + PATH);
  addEventListener("message", function send(event) {
    if (event.source !== form || event.origin !== desk || event.data !== "factcheck: ready") return;
    removeEventListener("message", send);
    const page = document.documentElement.cloneNode(true);
    page.querySelectorAll("script:not([type='application/ld+json']), style, input, iframe, object, embed")
      .forEach((each) => each.remove());
    form.postMessage({ url: location.href, html: "<!doctype html>" + page.outerHTML }, desk);
  });
})()"""


@blueprint.get("")
def new() -> Response:
    """Show the form, and the bookmarklet that fills it."""
    if context.caller() is None:
        return seen_other(f"/login?next={HERE}")
    return _shown(Form("handover"))


@blueprint.post("")
def add() -> Response:
    """Add a capture as POST /v1/captures does with `html`, and go on to the form of the article."""
    try:
        fields = load(HandoverIn(), forms.body(forms.sent("handover")))
        return perform_form(
            captures.add,
            fields["url"],
            lambda page: lambda *_: f"/articles/new?capture={page.id}",
            html=fields["html"],
        )
    except (Invalid, Stale, Clash) as error:
        return _shown(*forms.refused(error, "handover"))


def bookmarklet(desk: str) -> str:
    """Return the bookmarklet of the desk at this URL."""
    code = BOOKMARKLET.replace("DESK", json.dumps(desk)).replace("PATH", json.dumps(HERE))
    return f"javascript:{quote(code)}"


def _shown(form: Form, status: int = 200) -> Response:
    here = context.here()
    most = context.settings().max_body_bytes
    return page("handover.html", status, form=form, desk=here.name, most=most, bookmarklet=bookmarklet(here.base))
