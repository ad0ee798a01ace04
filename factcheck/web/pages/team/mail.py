"""What is mailed to somebody: their address, what they chose, login links by mail, and the end of all mail."""

from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from factcheck.desk.team import links, mail, profiles
from factcheck.errors import Invalid, MailUnavailable, NotFound
from factcheck.log.actors import Actor
from factcheck.mailing.unsubscribing import person_of
from factcheck.messages import message
from factcheck.rules.team.notifying import Delivery
from factcheck.schemas.base import load
from factcheck.schemas.team.notifications import MailChoicesIn
from factcheck.schemas.team.people import PersonChangesIn
from factcheck.web import context, logins, mailing
from factcheck.web.pages import forms
from factcheck.web.pages.forms import Form
from factcheck.web.pages.layout import admit_known, page, seen_other
from factcheck.web.pages.team import person
from factcheck.web.speaking.vocabularies import VOCABULARIES

blueprint = Blueprint("mail_pages", __name__)
blueprint.before_request(admit_known)
# Mail programs send its form by themselves: without a login, and without a token against forgery.
unsubscribing = Blueprint("unsubscribing", __name__, url_prefix="/unsubscribe")
CHOICES = "/notifications/choices"


@blueprint.get(CHOICES)
def show() -> Response:
    return _shown(Form("mail"))


@blueprint.post(CHOICES)
def choose() -> Response:
    def work(session: Session, actor: Actor) -> str:
        mail.choose(session, actor, chosen=load(MailChoicesIn(), forms.body(forms.sent())))
        return f"{CHOICES}?said=saved"

    try:
        return forms.perform(mail.choose, work)
    except Invalid as error:
        return _shown(*forms.refused(error, "mail"))


@blueprint.get("/people/<uuid:person_id>/<any(mail, 'login-mail'):_form>")
def back(person_id: Any, _form: str) -> Response:
    """Lead back from the address of a form that was sent."""
    return seen_other(f"/people/{person_id}")


@blueprint.post("/people/<uuid:person_id>/mail")
def set_address(person_id: Any) -> Response:
    def work(session: Session, actor: Actor) -> str:
        chosen = load(PersonChangesIn(), {"email": forms.sent().value("email").strip() or None})
        profiles.choose(session, actor, str(person_id), chosen=chosen, seen=forms.version_seen())
        return f"/people/{person_id}?said=changed"

    try:
        return forms.perform(profiles.choose, work)
    except person.REFUSALS as error:
        return person.again(person_id, error)


@blueprint.post("/people/<uuid:person_id>/login-mail")
def mail_login_link(person_id: Any) -> Response:
    made: list[str] = []

    def work(session: Session, actor: Actor) -> str:
        made.append(links.issue(session, actor, str(person_id))[0])
        return f"/people/{person_id}?said=mailed"

    try:
        logins.demand_links()
        to = mailing.demand_address(str(person_id))
        answer = forms.perform(links.issue, work)
        if made:
            mailing.send_login_link(to, made[-1], request.form["key"])
    except (*person.REFUSALS, MailUnavailable) as error:
        return person.again(person_id, error)
    return answer


@unsubscribing.get("/<token>")
def ask(token: str) -> Response:
    """Ask before mail ends: programs that look at links ahead of people only get this far."""
    _person(token)
    return page("unsubscribe.html", done=False)


@unsubscribing.post("/<token>")
def unsubscribe(token: str) -> Response:
    """End all mail to a person, as the form of the page does, and as mail programs do (RFC 8058)."""
    person_id = _person(token)
    with context.database().writing() as session:
        mail.unsubscribe(session, person_id)
    return page("unsubscribe.html", done=True)


def _person(token: str) -> str:
    found = person_of(context.settings().secret_key, token)
    if found is None:
        raise NotFound(message("This link is not one of this desk. Copy it whole from the mail."))
    return found


def _shown(form: Form, status: int = 200) -> Response:
    viewer = context.demand_caller()
    with context.database().reading() as connection:
        chosen = mail.choices(connection, viewer.id)
        email = profiles.preferences(connection, viewer.id)["email"]
    return page(
        "mail_choices.html", status, form=form, choices=chosen, email=email, mails=mailing.sends(), Delivery=Delivery,
        kinds=VOCABULARIES["notifications"], said=request.args.get("said"),
    )  # fmt: skip
