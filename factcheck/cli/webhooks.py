"""`webhooks …`: who is told of what, and the process that tells them."""

import signal

import click

from factcheck.cli.base import json_option, opened_at_head, read_settings, show, talk
from factcheck.desk import people, webhooks
from factcheck.desk import webhook_views as views
from factcheck.followers.webhooks.deliveries import Deliverer
from factcheck.followers.webhooks.outbound import Outbound, guard_of
from factcheck.log.actors import INSIDE
from factcheck.schemas.base import load
from factcheck.schemas.webhooks import WebhookIn
from factcheck.storage.engine.advisory_locks import AdvisoryLock
from factcheck.storage.engine.sole import sole


@click.group("webhooks")
def webhooks_group() -> None:
    """Webhooks: who is told of what happens, and telling them."""


@webhooks_group.command("list")
@json_option
def list_webhooks(as_json: bool) -> None:
    """Print the webhooks and how far each has come."""
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
@click.option("--event", "events", multiple=True, help="A type such as claim.review, or claim.*; all by default.")
@click.option("--status", "statuses", multiple=True, help="A claim's status after the entry.")
@click.option("--tag", "tags", multiple=True, help="A tag of the claim.")
@click.option("--article", "articles", multiple=True, help="The id of an article.")
@click.option("--source", "sources", multiple=True, help="The id of a source in the claim's chain.")
@click.option("--description", help="What it is for.")
@click.option("--as", "name", help="Whose it is, an admin; it sees what they may see. The operator's by default.")
@json_option
def add(url: str, description: str | None, name: str | None, as_json: bool, **filters: tuple[str, ...]) -> None:
    """Make a webhook and print its secret. It is shown this once."""
    body = {"url": url, "description": description, **{filter_: list(given) for filter_, given in filters.items()}}
    with opened_at_head() as database, database.writing() as session:
        actor = people.known(session, name) if name else people.operator(session)
        made = webhooks.add(session, actor, desk=_desk(), **load(WebhookIn(), body))
    if as_json:
        show(made)
    else:
        talk.print(f"Webhook {made['id']}. The secret, shown this once:")
        show(made["secret"])


@webhooks_group.command()
@click.argument("webhook_id")
def remove(webhook_id: str) -> None:
    """Remove a webhook; what waits to be sent goes with it."""
    with opened_at_head() as database, database.writing() as session:
        webhooks.remove(session, people.operator(session), webhook_id)
    talk.print("The webhook is removed.")


@webhooks_group.command()
@click.option("--once", is_flag=True, help="Send what is due now, and end.")
def run(once: bool) -> None:
    """Deliver: send each webhook what it is to be told of, until a signal ends it. One process for a desk.

    Ended in whatever way, it goes on where it was: a message may be sent again then, under the same id.
    """
    settings = read_settings()
    desk = _desk()
    with opened_at_head(checkpoints=False) as database, sole(database, AdvisoryLock.WEBHOOKS) as held:
        deliverer = Deliverer(database, desk, settings.base_url, Outbound(desk.guard), held=held)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: deliverer.stop())
        if once:
            talk.print(f"{deliverer.drain()} attempts.")
        else:
            talk.print("Delivering. Ctrl-C ends it.")
            deliverer.run()


def _desk() -> webhooks.Desk:
    settings = read_settings()
    return webhooks.Desk(settings.secret_key, guard_of(settings))
