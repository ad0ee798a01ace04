"""`audit`: the findings as a table."""

import sys
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from factcheck.cli.base import json_option, opened_at_head, show, talk
from factcheck.followers.registry import auditing
from factcheck.log.actors import INSIDE
from factcheck.log.clock import now
from factcheck.queries import audit
from factcheck.rules.finding_kinds import FindingKind
from factcheck.rules.status import Status

ID = click.UUID
kinds = click.Choice([kind.value for kind in FindingKind])
statuses = click.Choice([status.value for status in Status])


@click.command("audit")
@click.option("--kind", "kind", multiple=True, type=kinds, help="Only findings of this kind; can be repeated.")
@click.option("--article", type=ID, help="Only claims of this article.")
@click.option("--source", type=ID, help="Only claims with this source in an attribution step.")
@click.option("--status", multiple=True, type=statuses, help="Only claims with this verdict status; can be repeated.")
@click.option(
    "--limit", default=100, show_default=True, type=click.IntRange(1, 100_000), help="The maximum number of findings."
)
@json_option
def print_audit(kind: Any, article: Any, source: Any, status: Any, limit: int, as_json: bool) -> None:
    """Print the issues that the audit of attribution found, newest first."""
    filters = audit.FindingFilters(
        kind=kind or None,
        article=str(article) if article else None,
        source=str(source) if source else None,
        status=status or None,
    )
    with opened_at_head() as database:
        auditing(database).catch_up()
        with database.reading_one_moment() as connection:
            at = now()
            page = audit.findings(connection, filters, at, None, limit, INSIDE)
            total = audit.count_findings(connection, filters, at, INSIDE).total
    if as_json:
        show({"items": page.items, "total": total})
        return
    table = Table("kind", "claim", "explanation", "since", box=None, pad_edge=False)
    for item in page.items:
        table.add_row(item["kind"], item["claim"]["text"], item["explanation"], item["since"][:10])
    # In a pipe, each finding is one line, however long.
    Console(highlight=False, emoji=False, markup=False, width=None if sys.stdout.isatty() else 4000).print(table)
    talk.print(f"{len(page.items)} of {total} findings.")
