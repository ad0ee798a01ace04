"""`db …` and `seed`."""

import click

from factcheck import seeding
from factcheck.cli.base import json_option, opened, opened_at_head, read_settings, renewed, show, talk, tell_seeded
from factcheck.followers.registry import from_log
from factcheck.storage import schema


@click.group()
def db() -> None:
    """Manage the schema of the database."""


@db.command()
@click.argument("version", default="head")
def upgrade(version: str) -> None:
    """Upgrade the schema to VERSION (head by default)."""
    schema.upgrade(read_settings().database_url, version)
    with opened() as database, database.reading() as connection:
        at_head = schema.current(connection) == schema.head()
    if at_head:
        with opened() as database:
            renewed(database)
    talk.print(f"The schema is at {version if version != 'head' else schema.head()}.")


@db.command()
@click.argument("version")
@click.option("--lose-data", is_flag=True, help="Delete data for which VERSION has no place; for `base`, all data.")
def downgrade(version: str, lose_data: bool) -> None:
    """Downgrade the schema to VERSION. Refused if data would be lost."""
    schema.downgrade(read_settings().database_url, version, lose=lose_data)
    talk.print(f"The schema is at {version}.")


@db.command()
@json_option
def current(as_json: bool) -> None:
    """Print the schema version of the database."""
    with opened() as database, database.reading() as connection:
        found = schema.current(connection)
    show({"current": found, "head": schema.head()} if as_json else found or "(none)")


@db.command()
def check() -> None:
    """Check that the database has the schema that this version needs; exit 1 if not."""
    with opened() as database, database.reading() as connection:
        schema.demand_head(connection)
    talk.print(f"The schema is at head ({schema.head()}).")


@db.command()
@click.argument("role")
def grant(role: str) -> None:
    """Grant a database ROLE the rights that the service needs, without UPDATE and DELETE on the history."""
    schema.grant(read_settings().database_url, role)
    talk.print(f"{role} can read the history and add to it, but not change it.")


@click.command()
@json_option
def seed(as_json: bool) -> None:
    """Load the first article with its claims. Existing data is not changed."""
    with opened_at_head() as database:
        with database.writing() as session:
            counts = dict(seeding.seed(session))
        for following in from_log(database):
            following.catch_up()
    if as_json:
        show(counts)
    else:
        tell_seeded(counts)
