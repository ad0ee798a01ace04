"""The command line. Data goes to standard output, talk to standard error; exit 0 done, 1 failed, 2 wrong usage."""

import sys

import click

from factcheck import __version__, logs
from factcheck.cli.audit import print_audit
from factcheck.cli.backup import backup, restore
from factcheck.cli.base import talk
from factcheck.cli.database import db, seed
from factcheck.cli.doctor import doctor, print_openapi
from factcheck.cli.log import log_group
from factcheck.cli.people import people_group
from factcheck.cli.serving import application, demo, serve, witness, witness_application
from factcheck.cli.transfer import export, import_file
from factcheck.cli.webhooks import webhooks_group
from factcheck.errors import FactcheckError

__all__ = ["application", "cli", "main", "witness_application"]


def main() -> None:
    """Run the command line; an error that is an answer is a line on standard error and exit 1."""
    logs.configure()
    try:
        cli(prog_name="factcheck")
    except FactcheckError as error:
        talk.print(f"factcheck: {error.detail}", style="red")
        for flaw in error.flaws:
            talk.print(f"  {flaw.detail}")
        sys.exit(1)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="factcheck")
def cli() -> None:
    """A fact-checking desk: claims, who said them, and how each verdict came to be.

    Settings come from FACTCHECK_… variables; `factcheck doctor` prints each with where it came from.
    """


for command in (
    serve, demo, db, seed, import_file, export, print_audit, people_group, log_group, webhooks_group, witness, backup,
    restore, doctor, print_openapi,
):  # fmt: skip
    cli.add_command(command)
