"""A tour of the desk in six steps, which is offered to people who are new until they end it."""

from flask import Blueprint, Response, request
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.desk.team import profiles
from factcheck.log.actors import Actor
from factcheck.messages import message
from factcheck.web import context
from factcheck.web.pages import forms
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit_known, local_path, page, seen_other

blueprint = Blueprint("tour_pages", __name__, url_prefix="/tour")
blueprint.before_request(admit_known)
# What each step is about, what it says, the page that it shows, and what that is called.
STEPS = (
    (
        message("The queue"),
        message(
            "The first page shows what needs work: claims whose verdict is due again, claims that nobody has reviewed,"
            " and claims that wait for a second opinion. Analysts assign one to themselves, and all others see it."
            " Filters can be saved under a name."
        ),
        "/",
        message("Open the queue"),
    ),
    (
        message("Articles and their claims"),
        message(
            "An article comes by its URL, or is pasted. Its text is stored exactly as it is. Words that a contributor"
            " selects in it become the quote of a new claim, and the claim stays anchored to them."
        ),
        "/articles",
        message("Open the articles"),
    ),
    (
        message("Who says so"),
        message(
            "Each claim has a chain of attribution: who said it, who reported that, how directly, and with what"
            " conflict of interest. Sources that are one person or organization can be joined, so that independent"
            " origins can be counted."
        ),
        "/sources",
        message("Open the sources"),
    ),
    (
        message("The verdict"),
        message(
            "On the page of a claim, an analyst chooses a verdict, gives a reason and adds evidence. To be verified, a"
            " claim needs evidence that supports it. A decision can be undone for some seconds. All of it works from"
            " the keyboard."
        ),
        "/keys",
        message("See the keyboard shortcuts"),
    ),
    (
        message("Your colleagues"),
        message(
            "“My work” has what is assigned to you, what is due, and what waits for your second opinion. In a comment"
            " on a claim or an article, you mention a colleague with @, and they are notified. Comments are never"
            " public."
        ),
        "/work",
        message("Open your work"),
    ),
    (
        message("The record"),
        message(
            "Every change is in the log, with who made it, when and why, and nobody can rewrite it. The audit shows"
            " claims that are not traced to anybody, and how many independent origins there are."
        ),
        "/audit",
        message("Open the audit"),
    ),
)


def offered(connection: Connection) -> Form | None:
    """Return the form that refuses the tour, where it is still to be offered to the reader; None for strangers."""
    viewer = context.caller()
    return Form("tour") if viewer is not None and profiles.wants_tour(connection, viewer.id) else None


@blueprint.get("")
def begin() -> Response:
    return seen_other("/tour/1")


@blueprint.get("/<int:step>")
def show(step: int) -> Response:
    """Show a step; the last one has the button that ends the tour."""
    if not 1 <= step <= len(STEPS):
        return seen_other("/tour/1")
    title, text, path, link = STEPS[step - 1]
    return page(
        "tour.html", step=step, steps=[each[0] for each in STEPS], title=title, text=text, path=path, link=link,
        form=Form("tour"),
    )  # fmt: skip


@blueprint.post("")
def end() -> Response:
    """Note that the tour is not to be offered again."""
    there = local_path(request.form.get("next"))

    def work(session: Session, actor: Actor) -> str:
        profiles.choose(session, actor, actor.id, chosen={"toured": True})
        return there

    return forms.perform(profiles.choose, work)
