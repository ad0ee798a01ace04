"""The command line. Data goes to standard output, talk to standard error; exit 0 done, 1 failed, 2 wrong usage."""

import sys
from importlib import import_module
from typing import Any

import click

from factcheck import __version__, logs
from factcheck.cli.memory import keep, share_heaps, unsearched
from factcheck.errors import FactcheckError

# Where each command is. Each is imported when it is asked for: most need no server, no pages and no search.
COMMANDS = {
    "audit": "audit:print_audit",
    "backup": "backup:backup",
    "capture": "capture:capture",
    "data": "publishing.data:data_group",
    "db": "database:db",
    "demo": "serving:demo",
    "doctor": "doctor:doctor",
    "export": "transfer:export",
    "feeds": "feeds:feeds_group",
    "followers": "followers:followers",
    "import": "transfer:import_file",
    "log": "log:log_group",
    "mail": "mail:mail_group",
    "openapi": "openapi:print_openapi",
    "people": "people:people_group",
    "ratings": "publishing.ratings:ratings_group",
    "restore": "backup:restore",
    "seed": "database:seed",
    "serve": "serving:serve",
    "sources": "sources:sources_group",
    "watch": "watch:watch_group",
    "webhooks": "webhooks:webhooks_group",
    "witness": "serving:witness",
}


class Commands(click.Group):
    """The commands of the table, beside those that are added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, name = COMMANDS[cmd_name].partition(":")
        with unsearched():
            command: click.Command = getattr(import_module(f"factcheck.cli.{module}"), name)
        return command


def application() -> Any:
    """Make the application from the environment: what each process of the server calls."""
    share_heaps()
    with unsearched():
        made = import_module("factcheck.cli.serving").application()
    keep()
    return made


def witness_application() -> Any:
    """Make the witness from what the command left in the environment."""
    return import_module("factcheck.cli.serving").witness_application()


def main() -> None:
    """Run the command line; an error that is an answer is a line on standard error and exit 1."""
    logs.configure()
    try:
        cli(prog_name="factcheck")
    except FactcheckError as error:
        talk = import_module("factcheck.cli.base").talk
        talk.print(f"factcheck: {error.detail}", style="red")
        for flaw in error.flaws:
            talk.print(f"  {flaw.detail}")
        sys.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="factcheck")
def cli() -> None:
    """A fact-checking desk: claims, their attribution, evidence and verdicts.

    Settings are FACTCHECK_… environment variables; `factcheck doctor` prints each one with its origin.
    """
