"""`feeds …`: which feeds the desk reads for new articles."""

from typing import Any

import click

from factcheck.cli.base import json_option, opened_at_head, show, talk
from factcheck.desk import people
from factcheck.desk.capturing import feeds
from factcheck.schemas.base import load
from factcheck.schemas.feeds import FeedIn

ALL = 10_000  # feeds that are listed


@click.group("feeds")
def feeds_group() -> None:
    """Feeds of news sites. `factcheck watch run` fetches them, and their new items wait in the inbox."""


@feeds_group.command()
@click.argument("url")
@click.option("--title", help="What you call it.")
@click.option("--every", default="PT1H", show_default=True, help="How often it is fetched, as an ISO 8601 duration.")
@click.option("--as", "name", help="Who adds it. By default, the operator.")
@json_option
def add(url: str, title: str | None, every: str, name: str | None, as_json: bool) -> None:
    """Add an RSS or Atom feed."""
    fields: dict[str, Any] = load(FeedIn(), {"url": url, "title": title, "every": every})
    with opened_at_head() as database, database.writing() as session:
        actor = people.known(session, name) if name else people.operator(session)
        added = feeds.add(session, actor, **fields)
    show(added if as_json else added["id"])


@feeds_group.command("list")
@json_option
def list_feeds(as_json: bool) -> None:
    """List the feeds, with what became of them when they were fetched last."""
    with opened_at_head() as database, database.reading() as connection:
        found = [feed for _, feed in feeds.listed(connection, -1, ALL)]
    if as_json:
        show(found)
        return
    for each in found:
        state = (
            f"failed ({each['error']})" if each["error"] else "fine" if each["last_checked_at"] else "not fetched yet"
        )
        following = f"next {each['next_at']}" if each["next_at"] else "gone"
        show(f"{each['id']}\t{each['every']}\t{state}\t{following}\t{each['waiting']} waiting\t{each['url']}")


@feeds_group.command()
@click.argument("feed_id", metavar="ID")
@click.option("--as", "name", help="Who removes it. By default, the operator.")
def remove(feed_id: str, name: str | None) -> None:
    """Remove a feed. Its items stay in the inbox."""
    with opened_at_head() as database, database.writing() as session:
        actor = people.known(session, name) if name else people.operator(session)
        feeds.remove(session, actor, feed_id)
    talk.print("The feed was removed.")
