"""`people …`."""

from datetime import timedelta

import click

from factcheck.cli.base import json_option, opened_at_head, read_settings, show, talk
from factcheck.cli.served import base_of
from factcheck.desk import people
from factcheck.desk.redactions import people as redactions
from factcheck.desk.team import renaming
from factcheck.exchange import personal
from factcheck.rules.roles import Role


@click.group("people")
def people_group() -> None:
    """Manage people, their tokens and login links."""


@people_group.command()
@click.argument("name")
@click.option(
    "--role",
    required=True,
    type=click.Choice([str(role) for role in Role]),
    help="The role, which defines what they can do.",
)
@click.option("--display-name", help="The name that readers without a token see. By default they see “The desk”.")
@json_option
def add(name: str, role: str, display_name: str | None, as_json: bool) -> None:
    """Add a person and print a token for them. The token is shown only once."""
    with opened_at_head() as database, database.writing() as session:
        operator = people.operator(session)
        person = people.add(session, operator, name=name, role=Role(role), display_name=display_name)
        token = people.issue_token(session, operator, name=person.name)
    if as_json:
        show({"id": person.id, "name": person.name, "role": str(person.role), "token": token})
    else:
        talk.print(f"{person.name} has the role {person.role}. The token, which is shown only once:")
        show(token)


@people_group.command("list")
@json_option
def list_people(as_json: bool) -> None:
    """List all people."""
    with opened_at_head() as database, database.reading() as connection:
        rows = people.listed(connection)
    if as_json:
        show(rows)
        return
    for row in rows:
        turned = "disabled" if row["disabled_at"] else "enabled"
        show(f"{row['name']}\t{row['role']}\t{turned}\t{row['id']}\t{row['display_name'] or ''}".rstrip())


@people_group.command()
@click.argument("name")
@click.option("--reason", help="The reason, which the log records.")
def disable(name: str, reason: str | None) -> None:
    """Disable a person and end their tokens and sessions. Their work stays under their name."""
    with opened_at_head() as database, database.writing() as session:
        people.disable(session, people.operator(session), name=name, reason=reason)
    talk.print(f"{name} is disabled. Their tokens and sessions have ended.")


@people_group.command()
@click.argument("name")
def export(name: str) -> None:
    """Print everything that the desk keeps about a person, as JSON without secrets."""
    with opened_at_head() as database, database.reading_one_moment() as connection:
        show(personal.everything(connection, name))


@people_group.command()
@click.argument("name")
@click.option("--reason", required=True, help="The reason, which the log keeps. It must not contain the name.")
def erase(name: str, reason: str) -> None:
    """Erase a person's names everywhere and end their access. What they did stays, without a name."""
    with opened_at_head() as database:
        with database.writing(long=True) as session:
            erased = redactions.erase(session, people.operator(session), name=name, reason=reason)
        database.scrub()
    talk.print(f"Their name is erased: they are “{erased}” from now on. See docs/privacy.md for backups and copies.")


@people_group.command()
@click.argument("name")
@click.option("--reason", help="The reason, which the log records.")
def revoke(name: str, reason: str | None) -> None:
    """End a person's tokens, sessions, login links and webhooks. Use `token` and `login-link` to create new ones."""
    with opened_at_head() as database, database.writing() as session:
        people.revoke(session, people.operator(session), name=name, reason=reason)
    talk.print(f"All tokens, sessions and login links of {name} have ended, and their webhooks are off.")


@people_group.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice([str(role) for role in Role]))
@click.option("--reason", help="The reason, which the log records.")
def give_role(name: str, role: str, reason: str | None) -> None:
    """Change a person's role. It takes effect at once."""
    with opened_at_head() as database, database.writing() as session:
        people.give_role(session, people.operator(session), name=name, role=Role(role), reason=reason)
    talk.print(f"{name} now has the role {role}.")


@people_group.command()
@click.argument("name")
@click.argument("new_name")
@click.option("--reason", help="The reason, which the log records.")
def rename(name: str, new_name: str, reason: str | None) -> None:
    """Give a person another name. Claims show it at once; earlier versions and the log keep the old one."""
    with opened_at_head() as database, database.writing(long=True) as session:
        renaming.rename(session, people.operator(session), name=name, new_name=new_name, reason=reason)
    talk.print(f"{name} is now {new_name}.")


@people_group.command("display-name")
@click.argument("name")
@click.argument("text", required=False)
def display_name(name: str, text: str | None) -> None:
    """Set the name that readers without a token see. Without TEXT they see “The desk”."""
    with opened_at_head() as database, database.writing() as session:
        people.set_display_name(session, people.operator(session), name=name, display_name=text)
    talk.print(f"Readers without a token see {name} as {f'“{text}”' if text else 'the desk'}.")


@people_group.command()
@click.argument("name")
@click.option(
    "--days", type=click.IntRange(1, 3650), help="The number of days until it expires. By default it does not expire."
)
@json_option
def token(name: str, days: int | None, as_json: bool) -> None:
    """Print a new token for a person. The token is shown only once."""
    with opened_at_head() as database, database.writing() as session:
        lasts = timedelta(days=days) if days else None
        made = people.issue_token(session, people.operator(session), name=name, lasts=lasts)
    show({"token": made} if as_json else made)


@people_group.command("login-link")
@click.argument("name")
@json_option
def login_link(name: str, as_json: bool) -> None:
    """Print a link that logs a person in once, within a day.

    The link begins with FACTCHECK_BASE_URL, or with the URL of the server that runs on this desk.
    """
    with opened_at_head() as database, database.writing() as session:
        secret = people.issue_login_link(session, people.operator(session), name=name)
    base, doubt = base_of(read_settings())
    if doubt:
        talk.print(doubt, style="yellow")
    address = f"{base}/login/{secret}"
    show({"url": address} if as_json else address)
