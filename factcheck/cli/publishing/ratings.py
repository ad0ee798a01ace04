"""`ratings …`: the house's own words for verdicts."""

import json
from pathlib import Path

import click

from factcheck.cli.base import json_option, opened_at_head, show, talk
from factcheck.desk import people
from factcheck.desk.publishing import rating_scales, ready_scales
from factcheck.schemas.base import load
from factcheck.schemas.publishing.ratings import RatingScaleIn

ALL = 10_000  # scales that are listed


@click.group("ratings")
def ratings_group() -> None:
    """Rating scales: the house's own words for verdicts, such as “Missing context”."""


@ratings_group.command()
@click.argument("scale", metavar="NAME|FILE")
@click.option("--as", "name", help="Who adds it, an admin. By default, the operator.")
@json_option
def add(scale: str, name: str | None, as_json: bool) -> None:
    """Add a scale: one that comes with factcheck, by its name, or a JSON file as POST /v1/rating-scales takes it."""
    ready = ready_scales.scales()
    if scale in ready:
        body = ready[scale]
    elif Path(scale).is_file():
        try:
            body = json.loads(Path(scale).read_text(encoding="utf-8"))
        except ValueError as error:
            raise click.UsageError(f"{scale} is not JSON: {error}") from error
    else:
        raise click.UsageError(f"There is no file {scale}, and no ready scale of this name: {', '.join(ready)}.")
    fields = load(RatingScaleIn(), body)
    with opened_at_head() as database, database.writing() as session:
        actor = people.known(session, name) if name else people.operator(session)
        added = rating_scales.add(session, actor, **fields)
    show(added if as_json else added["id"])


@ratings_group.command("list")
@json_option
def list_scales(as_json: bool) -> None:
    """List the scales of the desk, and those that come with factcheck."""
    with opened_at_head() as database, database.reading() as connection:
        found = [scale for _, scale in rating_scales.listed(connection, -1, ALL)]
    if as_json:
        show(found)
        return
    for each in found:
        state = f"withdrawn {each['withdrawn_at']}" if each["withdrawn_at"] else "active"
        words = ", ".join(rating["labels"][each["language"]] for rating in each["ratings"])
        show(f"{each['id']}\t{state}\t{each['name']}\t{words}")
    talk.print(f"Ready to be added: {', '.join(ready_scales.scales())}.")


@ratings_group.command()
@click.argument("scale_id", metavar="ID")
@click.argument("reason")
@click.option("--as", "name", help="Who withdraws it, an admin. By default, the operator.")
def withdraw(scale_id: str, reason: str, name: str | None) -> None:
    """Withdraw a scale. Verdicts that name its ratings keep them."""
    with opened_at_head() as database, database.writing() as session:
        actor = people.known(session, name) if name else people.operator(session)
        rating_scales.withdraw(session, actor, scale_id, reason=reason)
    talk.print("The scale was withdrawn.")
