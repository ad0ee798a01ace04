"""`followers`: how far derived data follows the log."""

from contextlib import ExitStack, closing
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from factcheck.cli.base import bar, json_option, opened, read_settings, show, talk
from factcheck.followers import positions
from factcheck.followers.registry import NAMES, followings
from factcheck.settings import index_folder
from factcheck.storage import schema


@click.group("followers", invoke_without_command=True)
@click.pass_context
def followers(context: click.Context) -> None:
    """List the followers of the log, or rebuild one. The default is to list them."""
    if context.invoked_subcommand is None:
        context.invoke(list_followers)


@followers.command("list")
@json_option
def list_followers(as_json: bool = False) -> None:
    """List each follower with its position, its lag and its rate.

    The publisher signs checkpoints and webhooks are sent messages as the log grows; neither can be rebuilt.
    """
    with opened() as database:
        with database.reading() as connection:
            schema.demand_head(connection)
        with database.reading_primary() as connection:
            rows = list(positions.progress(connection, followings(database, index_folder(read_settings()))))
    if as_json:
        show({"items": [asdict(row) for row in rows]})
        return
    table = Table("follower", "as of log index", "lag", "entries a second", box=None, pad_edge=False)
    for row in rows:
        rate = "" if row.rate is None else str(row.rate)
        table.add_row(row.name, str(row.as_of_log_index), str(row.lag), rate)
    Console(highlight=False, emoji=False).print(table)


@followers.command("rebuild")
@click.argument("name", type=click.Choice(NAMES))
def rebuild(name: str) -> None:
    """Delete a follower's derived data and derive it again from the beginning of the log.

    A server can run meanwhile; its responses say that they are behind.
    """
    with opened() as database:
        with database.reading() as connection:
            schema.demand_head(connection)
        every = followings(database, index_folder(read_settings()))
        following = every[name]
        with ExitStack() as stack:
            for each in every.values():  # one may let another catch up
                stack.enter_context(closing(each))
            progress = stack.enter_context(bar())
            following.start_over()
            task = progress.add_task(f"Following the log: {name}", total=None)
            for place in following.catching_up():
                progress.update(task, completed=place.position, total=place.size)
    talk.print(f"Rebuilt {name} from {place.size} entries.")
