"""What the commands share: the settings, the database, the ways to print."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from factcheck.followers.registry import from_log
from factcheck.inspection import upkeep
from factcheck.log.verification import Progress as Phase
from factcheck.settings import Settings
from factcheck.storage import schema
from factcheck.storage.engine.database import COMMAND_WAIT, Database

talk = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def read_settings() -> Settings:
    return Settings.from_environment()


@contextmanager
def opened(*, checkpoints: bool = True) -> Iterator[Database]:
    with closing(Database(read_settings().database_url, checkpoints=checkpoints, wait=COMMAND_WAIT)) as database:
        yield database


@contextmanager
def opened_at_head(*, checkpoints: bool = True, follow: bool = True) -> Iterator[Database]:
    """Open the database; an embedded one is made and migrated first, and its followers reach the end of the log."""
    with opened(checkpoints=checkpoints) as database:
        if database.embedded:
            # Looked at first: to migrate waits for everybody who writes.
            if not schema.is_at_head(database):
                schema.upgrade(database.url)
            # The log is verified also where it cannot be said which version wrote the desk.
            if follow or upkeep.can_be_read(database):
                renewed(database, follow=follow)
        with database.reading() as connection:
            schema.demand_head(connection)
        yield database


def renewed(database: Database, *, follow: bool = True) -> None:
    """Write stored JSON again where another version wrote it, and let the followers reach the end of the log."""
    with bar() as progress:
        task = progress.add_task("Renewing claims", total=None)
        for done in upkeep.renew(database):
            progress.update(task, completed=done)
    # Whoever searches brings the search index up to date.
    if follow:
        with bar() as progress:
            for following in from_log(database):
                task = progress.add_task(f"Following the log: {following.name}", total=None)
                for place in following.catching_up():
                    progress.update(task, completed=place.position, total=place.size)


@contextmanager
def bar() -> Iterator[Progress]:
    """A progress bar with the time left, on a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=talk, transient=True, disable=not talk.is_terminal) as shown:
        yield shown


@contextmanager
def phases() -> Iterator[Callable[[Phase], None]]:
    """A progress bar for each phase of a verification; yield what moves them."""
    with bar() as shown:
        tasks: dict[str, TaskID] = {}

        def move(progress: Phase) -> None:
            if progress.phase not in tasks:
                tasks[progress.phase] = shown.add_task(progress.phase)
            shown.update(tasks[progress.phase], completed=progress.done, total=progress.total)

        yield move


def show(value: Any) -> None:
    """Print data: a text as it is, anything else as JSON."""
    click.echo(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2))


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Write a number with its noun: “1 fault”, “2 entries”."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


NOUNS = {"people": ("person", "people"), "evidence": ("piece of evidence", "pieces of evidence")}


def tell_seeded(counts: dict[str, int]) -> None:
    """Say what was loaded of each table."""
    names = {name: NOUNS.get(name, (name.removesuffix("s"), name)) for name in counts}
    told = ", ".join(counted(number, *names[name]) for name, number in counts.items())
    talk.print(f"Loaded {told}." if told else "Everything is already loaded.")
