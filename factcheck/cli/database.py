"""`db …` and `seed`."""

import click

from factcheck import seeding
from factcheck.cli.base import json_option, opened, opened_at_head, read_settings, renewed, show, talk, tell_seeded
from factcheck.followers.registry import followings
from factcheck.storage import schema


@click.group()
def db() -> None:
    """The database's schema."""


@db.command()
@click.argument("version", default="head")
def upgrade(version: str) -> None:
    """Bring the schema up to VERSION (head by default)."""
    schema.upgrade(read_settings().database_url, version)
    with opened() as database, database.reading() as connection:
        at_head = schema.current(connection) == schema.head()
    if at_head:
        with opened() as database:
            renewed(database)
    talk.print(f"The schema is at {version if version != 'head' else schema.head()}.")


@db.command()
@click.argument("version")
@click.option("--lose-data", is_flag=True, help="Lose what VERSION has no place for; with `base` that is everything.")
def downgrade(version: str, lose_data: bool) -> None:
    """Take the schema back to VERSION. Refused where that would lose anybody's work."""
    schema.downgrade(read_settings().database_url, version, lose=lose_data)
    talk.print(f"The schema is at {version}.")


@db.command()
@json_option
def current(as_json: bool) -> None:
    """Print the version of the schema that the database has."""
    with opened() as database, database.reading() as connection:
        found = schema.current(connection)
    show({"current": found, "head": schema.head()} if as_json else found or "(none)")


@db.command()
def check() -> None:
    """Fail unless the schema is the one that this version needs."""
    with opened() as database, database.reading() as connection:
        schema.demand_head(connection)
    talk.print(f"The schema is at head ({schema.head()}).")


@db.command()
@click.argument("role")
def grant(role: str) -> None:
    """Give ROLE of a database server what the service needs: no UPDATE and no DELETE on the history."""
    schema.grant(read_settings().database_url, role)
    talk.print(f"{role} may read and add to the history, and nothing else with it.")


@click.command()
@json_option
def seed(as_json: bool) -> None:
    """Load the first article with its claims. What is there already is left as it is."""
    with opened_at_head() as database:
        with database.writing() as session:
            counts = dict(seeding.seed(session))
        for following in followings(database).values():
            following.catch_up()
    if as_json:
        show(counts)
    else:
        tell_seeded(counts)
