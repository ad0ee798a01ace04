"""`sources …`: which entities elsewhere the desk's sources are."""

from dataclasses import asdict

import click

from factcheck.cli.base import counted, json_option, opened_at_head, read_settings, show, talk
from factcheck.exchange.sources.reconciliation import SECONDS, Client, suggested
from factcheck.outbound.requests import Outbound, guard_of_pages
from factcheck.rules.sources import SourceKind


@click.group("sources")
def sources_group() -> None:
    """Find out which entities elsewhere the desk's sources are."""


@sources_group.command()
@click.option("--against", required=True, metavar="URL", help="A service with the Reconciliation Service API 0.2.")
@click.option("--kind", type=click.Choice([str(kind) for kind in SourceKind]), help="Only sources of this kind.")
@click.option("--type", "type_id", metavar="ID", help="Ask for entities of this type of the service, such as Q5.")
@click.option("--limit", type=click.IntRange(1, 20), default=3, show_default=True, help="Suggestions for a source.")
@json_option
def reconcile(against: str, kind: str | None, type_id: str | None, limit: int, as_json: bool) -> None:
    """Print suggestions for the sources without a Wikidata id. Nothing is written.

    The names of these sources are sent to the service, and to Wikidata's also their other identifiers.
    """
    found = []
    with opened_at_head() as database:
        client = Client(against, Outbound(guard_of_pages(read_settings()), deadline=SECONDS))
        talk.print(f"Asking {client.service.name}.")
        for source, suggestions in suggested(database, client, kind=kind, limit=limit, type_id=type_id):
            told = {name: source[name] for name in ("id", "name", "kind")}
            found.append({"source": told, "suggestions": [asdict(each) for each in suggestions]})
            if not as_json:
                for each in suggestions:
                    match = "match" if each.match else ""
                    place = each.wikidata or each.id
                    show("\t".join((source["id"], source["name"], place, each.name, f"{each.score:g}", match)))
    if as_json:
        show(found)
    some = sum(bool(each["suggestions"]) for each in found)
    talk.print(f"{counted(len(found), 'source')} without a Wikidata id, {some} with suggestions. Nothing was written.")
