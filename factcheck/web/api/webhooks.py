"""/v1/webhooks"""

from typing import Any

from flask import Response

from factcheck.desk import webhook_views as views
from factcheck.desk import webhooks
from factcheck.desk.access.answers import Answer
from factcheck.desk.claim_state import documents
from factcheck.followers.webhooks import deliveries
from factcheck.outbound.requests import Outbound, guard_of
from factcheck.schemas.webhooks import DeliveryOut, WebhookIn, WebhookOut, WebhookStateOut
from factcheck.web import context, listing, preconditions, queries
from factcheck.web.api import Blueprint, does
from factcheck.web.api.documented import listed, patched, patched_with
from factcheck.web.bodies import read_object

blueprint = Blueprint("webhooks", "Signed requests to other programs when something changes (Standard Webhooks).")


def of_desk() -> webhooks.Desk:
    settings = context.settings()
    return webhooks.Desk(settings.secret_key, guard_of(settings))


def deliverer() -> deliveries.Deliverer:
    """Return what sends a test from here; `factcheck webhooks run` sends everything else."""
    desk = of_desk()
    return deliveries.Deliverer(
        context.database().without_replica(), desk, context.settings().base_url, Outbound(desk.guard)
    )


@blueprint.route("/webhooks")
@does(webhooks.add)
@blueprint.doc(parameters=queries.documented("limit", "cursor"))
@blueprint.response(200, listed(WebhookOut))
def list_webhooks() -> Response:
    """List the desk's webhooks, oldest first."""
    actor = context.demand_caller()
    return listing.paged(lambda connection, after, limit: views.listed(connection, actor, after, limit), first=-1)


@blueprint.route("/webhooks", methods=["POST"])
@does(webhooks.add)
@blueprint.arguments(WebhookIn)
@blueprint.response(201, WebhookOut)
def add_webhook(body: dict[str, Any]) -> Response:
    """Add a webhook. The response has its secret, once: a repeated request under the same `Idempotency-Key` gets null.

    It sees what you can see, and receives later entries.
    """
    return context.perform(
        webhooks.add, lambda session, actor: _secret(201, webhooks.add(session, actor, desk=of_desk(), **body))
    )


@blueprint.route("/webhooks/<uuid:webhook_id>")
@does(webhooks.add)
@blueprint.response(200, WebhookOut)
def get_webhook(webhook_id: Any) -> Response:
    """Get a webhook, without its secret."""
    actor = context.demand_caller()
    with context.database().reading() as connection:
        return context.one_thing(views.get(connection, actor, str(webhook_id)))


@blueprint.route("/webhooks/<uuid:webhook_id>", methods=["PATCH"])
@does(webhooks.amend)
@blueprint.doc(**patched_with(WebhookIn))
@blueprint.response(200, WebhookOut)
def amend_webhook(webhook_id: Any) -> Response:
    """Edit a webhook by a merge patch. One that is enabled again continues where it stopped, without losing entries."""
    patch = read_object(patched)

    def work(session: Any, actor: Any) -> Any:
        webhook = webhooks.amend(
            session, actor, str(webhook_id), patch=patch, seen=preconditions.seen(), desk=of_desk()
        )
        return context.changed(documents.dumped(webhook), views.etag(webhook))

    return context.perform(webhooks.amend, work)


@blueprint.route("/webhooks/<uuid:webhook_id>", methods=["DELETE"])
@does(webhooks.remove)
@blueprint.response(204)
def remove_webhook(webhook_id: Any) -> Response:
    """Remove a webhook. The log shows that it existed."""

    def work(session: Any, actor: Any) -> Answer:
        webhooks.remove(session, actor, str(webhook_id), seen=preconditions.seen_if_given())
        return Answer(204, {}, b"")

    return context.perform(webhooks.remove, work)


@blueprint.route("/webhooks/<uuid:webhook_id>/secret", methods=["POST"])
@does(webhooks.rotate)
@blueprint.response(200, WebhookOut)
def change_secret(webhook_id: Any) -> Response:
    """Create a new secret for a webhook. Only this response shows it. For 24 hours the previous one signs too."""

    def work(session: Any, actor: Any) -> Answer:
        seen = preconditions.seen_if_given()
        return _secret(200, webhooks.rotate(session, actor, str(webhook_id), desk=of_desk(), seen=seen))

    return context.perform(webhooks.rotate, work)


@blueprint.route("/webhooks/<uuid:webhook_id>/test", methods=["POST"])
@does(webhooks.amend)
@blueprint.response(200, DeliveryOut)
def test_webhook(webhook_id: Any) -> Response:
    """Send a test message now, and return the result. An `Idempotency-Key` has no effect: each test is sent."""
    attempt = deliverer().test(context.demand_caller(), str(webhook_id), preconditions.seen_if_given())
    return context.looked_up(documents.dumped(attempt))


@blueprint.route("/webhooks/<uuid:webhook_id>/state")
@does(webhooks.add)
@blueprint.response(200, WebhookStateOut)
def get_state(webhook_id: Any) -> Response:
    """Get the state of a webhook: its position in the log, and whether it is behind."""
    actor = context.demand_caller()
    with context.database().reading() as connection:
        return context.one_thing(views.state(connection, actor, str(webhook_id)))


@blueprint.route("/webhooks/<uuid:webhook_id>/deliveries")
@does(webhooks.add)
@blueprint.doc(parameters=queries.documented("limit", "cursor"))
@blueprint.response(200, listed(DeliveryOut))
def list_deliveries(webhook_id: Any) -> Response:
    """List the newest 200 attempts to send messages, newest first."""
    actor = context.demand_caller()

    def read(connection: Any, before: int, limit: int) -> Any:
        return views.deliveries(connection, actor, str(webhook_id), before, limit)

    return listing.paged(read, first=0)


def _secret(status: int, webhook: dict[str, Any]) -> Answer:
    headers = {"ETag": f'"{views.etag(webhook)}"'}
    if status == 201:
        headers["Location"] = webhook["links"]["self"]
    return Answer(status, headers, documents.dumped(webhook), kept=documents.dumped(webhook | {"secret": None}))


def described() -> dict[str, Any]:
    """Return the part `webhooks` of the OpenAPI document: what a receiver gets, and what it answers."""
    text = {"type": "string"}
    event = {"$ref": "#/components/schemas/EventOut"}
    headers = {
        "webhook-id": "The same for every attempt to send the message: ignore a message whose id you have processed.",
        "webhook-timestamp": "The time of sending, in seconds since 1970: refuse messages older than five minutes.",
        "webhook-signature": "`v1,` and the base64 of HMAC-SHA256 of `id.timestamp.body`; spaces separate several.",
    }
    answers = {"2XX": "The message arrived and is not sent again.", "410": "The webhook is disabled."}
    return {
        "change": {
            "post": {
                "summary": "Receive an entry of the log.",
                "description": "By the Standard Webhooks specification. After any response except 2xx, the message is"
                " sent again; see the guide.",
                "operationId": "webhook_change",
                "tags": [blueprint.name],
                "security": [],
                "parameters": [
                    {"in": "header", "name": name, "required": True, "schema": text, "description": told}
                    for name, told in headers.items()
                ],
                "requestBody": {"required": True, "content": {context.JSON: {"schema": event}}},
                "responses": {status: {"description": told} for status, told in answers.items()},
            }
        }
    }
