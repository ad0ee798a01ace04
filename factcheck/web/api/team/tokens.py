"""/v1/people/{id}/tokens and …/sessions"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Response, session

from factcheck.desk.access.answers import Answer
from factcheck.desk.access.callers import digest
from factcheck.desk.claim_state import documents
from factcheck.desk.team import browsers, tokens
from factcheck.schemas.team.people import SessionOut, TokenIn, TokenOut
from factcheck.web import context, listing, preconditions, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed

blueprint = Blueprint("tokens", "The ways in of people: tokens for programs, sessions of browsers.")


@blueprint.route("/people/<uuid:person_id>/tokens")
@blueprint.doc(parameters=queries.documented("limit", "cursor"))
@blueprint.response(200, listed(TokenOut))
def list_tokens(person_id: Any) -> Response:
    """List a person's tokens, newest first, also revoked ones: your own, or anybody's if you are an admin."""
    actor = context.demand_caller()

    def read(connection: Any, before: Any, limit: int) -> Any:
        return tokens.listed(connection, actor, str(person_id), before, limit)

    return listing.paged(read, first=None)


@blueprint.route("/people/<uuid:person_id>/tokens", methods=["POST"])
@does(tokens.issue)
@blueprint.arguments(TokenIn)
@blueprint.response(201, TokenOut)
def issue_token(body: dict[str, Any], person_id: Any) -> Response:
    """Create a token: your own, or anybody's if you are an admin. The response has it, once.

    A repeated request under the same `Idempotency-Key` gets null in its place.
    """
    lasts = timedelta(days=body["days"]) if body["days"] is not None else None

    def work(session: Any, actor: Any) -> Answer:
        seen = preconditions.seen_if_given()
        made = tokens.issue(session, actor, str(person_id), label=body["label"], lasts=lasts, seen=seen)
        again = context.made(made["links"]["self"], made | {"token": None})
        return replace(again, body=documents.dumped(made), kept=again.body)

    return context.perform(tokens.issue, work)


@blueprint.route("/people/<uuid:person_id>/tokens/<uuid:token_id>")
@blueprint.response(200, TokenOut)
def get_token(person_id: Any, token_id: Any) -> Response:
    """Get a token without its secret: your own, or anybody's if you are an admin."""
    actor = context.demand_caller()
    with context.database().reading() as connection:
        return context.one_thing(tokens.get(connection, actor, str(person_id), str(token_id)))


@blueprint.route("/people/<uuid:person_id>/tokens/<uuid:token_id>", methods=["DELETE"])
@does(tokens.revoke)
@blueprint.response(204)
def revoke_token(person_id: Any, token_id: Any) -> Response:
    """Revoke a token: your own, or anybody's if you are an admin. It stays in the list."""

    def work(session: Any, actor: Any) -> Answer:
        tokens.revoke(session, actor, str(person_id), str(token_id), seen=preconditions.seen_if_given())
        return Answer(204, {}, b"")

    return context.perform(tokens.revoke, work)


@blueprint.route("/people/<uuid:person_id>/sessions")
@blueprint.doc(parameters=queries.documented("limit", "cursor"))
@blueprint.response(200, listed(SessionOut))
def list_sessions(person_id: Any) -> Response:
    """List the browsers in which a person is logged in, newest first: yourself, or anybody if you are an admin."""
    actor = context.demand_caller()
    secret = session.get("secret")
    current = digest(secret) if secret else None

    def read(connection: Any, before: Any, limit: int) -> Any:
        return browsers.listed(connection, actor, str(person_id), before, limit, current)

    return listing.paged(read, first=None)


@blueprint.route("/people/<uuid:person_id>/sessions/<uuid:session_id>", methods=["DELETE"])
@does(browsers.end)
@blueprint.response(204)
def end_session(person_id: Any, session_id: Any) -> Response:
    """Log a person out in one browser: yourself, or anybody if you are an admin."""

    def work(session: Any, actor: Any) -> Answer:
        browsers.end(session, actor, str(person_id), str(session_id), seen=preconditions.seen_if_given())
        return Answer(204, {}, b"")

    return context.perform(browsers.end, work)
