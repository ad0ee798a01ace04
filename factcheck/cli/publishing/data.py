"""`data …`: dumps of what the public site publishes."""

import click

from factcheck.cli.base import opened_at_head, read_settings, show
from factcheck.errors import Misconfigured
from factcheck.exchange.dumps import maker
from factcheck.followers.publisher import Publisher
from factcheck.followers.publishing.corrections import CorrectionsFollower
from factcheck.followers.registry import from_log
from factcheck.log.vouching import witnesses
from factcheck.settings import log_folder


@click.group("data")
def data_group() -> None:
    """Dumps of what the public site publishes, which everybody can download at /data."""


@data_group.command()
def make() -> None:
    """Make a dump now, and print its manifest. The server makes one each hour in which something changes."""
    settings = read_settings()
    with opened_at_head() as database:
        corrections = next(each for each in from_log(database) if each.name == CorrectionsFollower.name)
        asked = witnesses.parse(settings.witnesses)
        publisher = Publisher(database, log_folder(settings), settings.base_url, asked)
        found = maker.of_settings(settings, database, corrections, publisher.publish)
        if found is None:
            raise Misconfigured("Set FACTCHECK_PUBLIC_SITE=on and FACTCHECK_DATA_LICENCE: dumps have a licence.")
        show(found.make())
