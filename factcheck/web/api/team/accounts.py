"""/v1/people/{id}/accounts"""

from typing import Any

from flask import Response

from factcheck.desk.access.answers import Answer
from factcheck.desk.team import accounts
from factcheck.schemas.team.accounts import AccountIn, AccountOut
from factcheck.web import context, listing, logins, preconditions, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed

blueprint = Blueprint("accounts", "The accounts of people at the identity provider.")


@blueprint.route("/people/<uuid:person_id>/accounts")
@blueprint.doc(parameters=queries.documented("limit", "cursor"))
@blueprint.response(200, listed(AccountOut))
def list_accounts(person_id: Any) -> Response:
    """List the accounts with which a person logs in: your own, or anybody's if you are an admin."""
    actor = context.demand_caller()

    def read(connection: Any, after: Any, limit: int) -> Any:
        return accounts.listed(connection, actor, str(person_id), after, limit)

    return listing.paged(read, first=None)


@blueprint.route("/people/<uuid:person_id>/accounts", methods=["POST"])
@does(accounts.bind)
@blueprint.arguments(AccountIn)
@blueprint.response(201, AccountOut)
def bind_account(body: dict[str, Any], person_id: Any) -> Response:
    """Bind an account at the identity provider to a person, who can then log in with it."""
    issuer = logins.demand_issuer()

    def work(session: Any, actor: Any) -> Answer:
        seen = preconditions.seen_if_given()
        account = accounts.bind(session, actor, str(person_id), issuer=issuer, seen=seen, **body)
        return context.made(account["links"]["self"], account)

    return context.perform(accounts.bind, work)


@blueprint.route("/people/<uuid:person_id>/accounts/<uuid:account_id>")
@blueprint.response(200, AccountOut)
def get_account(person_id: Any, account_id: Any) -> Response:
    """Get an account: your own, or anybody's if you are an admin."""
    actor = context.demand_caller()
    with context.database().reading() as connection:
        return context.one_thing(accounts.get(connection, actor, str(person_id), str(account_id)))


@blueprint.route("/people/<uuid:person_id>/accounts/<uuid:account_id>", methods=["DELETE"])
@does(accounts.unbind)
@blueprint.response(204)
def unbind_account(person_id: Any, account_id: Any) -> Response:
    """Remove an account from a person, and end the sessions that were begun at the identity provider."""

    def work(session: Any, actor: Any) -> Answer:
        accounts.unbind(session, actor, str(person_id), str(account_id), seen=preconditions.seen_if_given())
        return Answer(204, {}, b"")

    return context.perform(accounts.unbind, work)
