"""`webhooks …`: who is told of what, and the process that tells them."""

import signal

import click

from factcheck.cli.base import counted, json_option, opened_at_head, read_settings, show, talk
from factcheck.desk import people, webhooks
from factcheck.desk import webhook_views as views
from factcheck.followers.webhooks.deliveries import Deliverer
from factcheck.log.actors import INSIDE
from factcheck.outbound.requests import Outbound, guard_of
from factcheck.schemas.base import load
from factcheck.schemas.webhooks import WebhookIn
from factcheck.storage.engine.advisory_locks import AdvisoryLock
from factcheck.storage.engine.sole import sole


@click.group("webhooks")
def webhooks_group() -> None:
    """Manage webhooks and send their messages."""


@webhooks_group.command("list")
@json_option
def list_webhooks(as_json: bool) -> None:
    """List the webhooks with their state."""
    with opened_at_head() as database, database.reading() as connection:
        found = views.listed(connection, INSIDE, -1, webhooks.MOST)
        states = views.states(connection, INSIDE)
    rows = [webhook | {"state": states[webhook["id"]]} for _, webhook in found]
    if as_json:
        show(rows)
        return
    for row in rows:
        state = row["state"]
        turned = "on" if row["enabled"] else f"off ({row['disabled']['reason']})"
        told = f"{state['behind']} behind, {state['waiting']} waiting"
        show(f"{row['id']}\t{turned}\t{told}\t{row['url']}")


@webhooks_group.command()
@click.argument("url")
@click.option(
    "--event", "events", multiple=True, help="An event type such as claim.review, or claim.*. By default, all."
)
@click.option("--status", "statuses", multiple=True, help="The claim's verdict status after the entry.")
@click.option("--tag", "tags", multiple=True, help="A tag of the claim.")
@click.option("--article", "articles", multiple=True, help="The id of an article.")
@click.option("--source", "sources", multiple=True, help="The id of a source in an attribution step.")
@click.option("--description", help="The webhook's purpose.")
@click.option(
    "--as", "name", help="The owner, an admin. The webhook sees what the owner can see. By default, the operator."
)
@json_option
def add(url: str, description: str | None, name: str | None, as_json: bool, **filters: tuple[str, ...]) -> None:
    """Add a webhook and print its secret. The secret is shown only once."""
    body = {"url": url, "description": description, **{filter_: list(given) for filter_, given in filters.items()}}
    with opened_at_head() as database, database.writing() as session:
        actor = people.known(session, name) if name else people.operator(session)
        made = webhooks.add(session, actor, desk=_desk(), **load(WebhookIn(), body))
    if as_json:
        show(made)
    else:
        talk.print(f"Webhook {made['id']} was added. The secret, which is shown only once:")
        show(made["secret"])


@webhooks_group.command()
@click.argument("webhook_id")
def remove(webhook_id: str) -> None:
    """Remove a webhook and the messages that wait to be sent."""
    with opened_at_head() as database, database.writing() as session:
        webhooks.remove(session, people.operator(session), webhook_id)
    talk.print("The webhook was removed.")


@webhooks_group.command()
@click.option("--once", is_flag=True, help="Send what is due now, then exit.")
def run(once: bool) -> None:
    """Send messages to the webhooks until a signal stops it. Run one process per desk.

    After any interruption it continues where it stopped; the current message can be sent again, under the same id.
    """
    settings = read_settings()
    desk = _desk()
    with opened_at_head(checkpoints=False) as database, sole(database, AdvisoryLock.WEBHOOKS) as held:
        deliverer = Deliverer(database, desk, settings.base_url, Outbound(desk.guard), held=held)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: deliverer.stop())
        if once:
            talk.print(f"{counted(deliverer.drain(), 'attempt')}.")
        else:
            talk.print("Sending. Press Ctrl-C to stop.")
            deliverer.run()


def _desk() -> webhooks.Desk:
    settings = read_settings()
    return webhooks.Desk(settings.secret_key, guard_of(settings))
