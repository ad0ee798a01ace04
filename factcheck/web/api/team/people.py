"""/v1/people"""

from typing import Any

from flask import Response, request

from factcheck.desk import people
from factcheck.desk.access.answers import Answer
from factcheck.desk.claim_state import documents
from factcheck.desk.team import links, profiles
from factcheck.schemas.base import load
from factcheck.schemas.team.people import LoginLinkIn, LoginLinkOut, PersonChangesIn, PersonIn, PersonOut
from factcheck.web import context, listing, logins, mailing, preconditions, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed, patched
from factcheck.web.bodies import read_object

blueprint = Blueprint("people", "The people who work at the desk, their tokens and their sessions.")
CHANGES = PersonChangesIn()
LINK = LoginLinkIn()


@blueprint.route("/people")
@does(people.add)
@blueprint.doc(parameters=queries.documented("limit", "cursor"))
@blueprint.response(200, listed(PersonOut))
def list_people() -> Response:
    """List everybody, in the order in which they were added."""
    actor = context.demand_caller()
    return listing.paged(lambda connection, after, limit: profiles.listed(connection, actor, after, limit), first=None)


@blueprint.route("/people", methods=["POST"])
@does(profiles.add)
@blueprint.arguments(PersonIn)
@blueprint.response(201, PersonOut)
def add_person(body: dict[str, Any]) -> Response:
    """Add a person. Give them a login link or a token afterwards."""

    def work(session: Any, actor: Any) -> Answer:
        person = profiles.add(session, actor, **body)
        return context.made(person["links"]["self"], person)

    return context.perform(profiles.add, work)


@blueprint.route("/people/<uuid:person_id>")
@blueprint.response(200, PersonOut)
def get_person(person_id: Any) -> Response:
    """Get a person: yourself, or anybody if you are an admin."""
    actor = context.demand_caller()
    with context.database().reading() as connection:
        return context.one_thing(profiles.get(connection, actor, str(person_id)))


@blueprint.route("/people/<uuid:person_id>", methods=["PATCH"])
@does(profiles.choose)
@blueprint.doc(requestBody={"required": True, "content": {kind: {"schema": CHANGES} for kind in patched}})
@blueprint.response(200, PersonOut)
def amend_person(person_id: Any) -> Response:
    """Change a person's name, role, display name and whether they have access. It takes effect at once.

    That needs the role admin. Everybody may choose their own language, time zone and e-mail address, and whether they
    ended the tour. The log records none of these.
    """
    changes = load(CHANGES, read_object(patched))

    chosen = changes.keys() <= profiles.CHOSEN

    def work(session: Any, actor: Any) -> Answer:
        seen = preconditions.seen()
        if chosen:
            person = profiles.choose(session, actor, str(person_id), chosen=changes, seen=seen)
        else:
            person = profiles.amend(session, actor, str(person_id), changes=changes, seen=seen)
        return context.changed(documents.dumped(person), profiles.etag(person))

    return context.perform(profiles.choose if chosen else profiles.amend, work, long="name" in changes)


@blueprint.route("/people/<uuid:person_id>/login-link", methods=["POST"])
@does(links.issue)
@blueprint.doc(requestBody={"required": False, "content": {"application/json": {"schema": LINK}}})
@blueprint.response(200, LoginLinkOut)
def make_login_link(person_id: Any) -> Response:
    """Create a link that logs a person in, once, within a day. Hand it over by a way that only they can read.

    With `mail`, it is mailed to the person's address, and the response does not have it.
    """
    logins.demand_links()
    base = context.here().base
    wanted = load(LINK, read_object() if request.get_data() else {})
    to = mailing.demand_address(str(person_id)) if wanted["mail"] else None
    made: list[str] = []

    def work(session: Any, actor: Any) -> Answer:
        secret, expires_at = links.issue(session, actor, str(person_id), seen=preconditions.seen_if_given())
        made.append(secret)
        link = {"url": None if to else f"{base}/login/{secret}", "expires_at": expires_at}
        again = documents.dumped(link | {"url": None})
        return Answer(200, {"ETag": f'"{documents.etag_of(again)}"'}, documents.dumped(link), kept=again)

    answer = context.perform(links.issue, work)
    if to and made:
        mailing.send_login_link(to, made[-1])
    return answer
