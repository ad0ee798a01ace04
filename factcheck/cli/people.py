"""`people …`."""

from datetime import timedelta

import click

from factcheck.cli.base import json_option, opened_at_head, read_settings, show, talk
from factcheck.cli.served import base_of
from factcheck.desk import people
from factcheck.rules.roles import Role


@click.group("people")
def people_group() -> None:
    """People, their tokens and login links."""


@people_group.command()
@click.argument("name")
@click.option("--role", required=True, type=click.Choice([str(role) for role in Role]), help="What they may do.")
@click.option("--display-name", help="How readers without a token see them; by default they see the desk.")
@json_option
def add(name: str, role: str, display_name: str | None, as_json: bool) -> None:
    """Enter a person and print a token for them. It is shown this once."""
    with opened_at_head() as database, database.writing() as session:
        operator = people.operator(session)
        person = people.add(session, operator, name=name, role=Role(role), display_name=display_name)
        token = people.issue_token(session, operator, name=person.name)
    if as_json:
        show({"id": person.id, "name": person.name, "role": str(person.role), "token": token})
    else:
        talk.print(f"{person.name} is {person.role}. The token, shown this once:")
        show(token)


@people_group.command("list")
@json_option
def list_people(as_json: bool) -> None:
    """Print everybody."""
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
@click.option("--reason", help="Why; it goes into the log.")
def disable(name: str, reason: str | None) -> None:
    """End all of a person's ways in. What they did stays theirs."""
    with opened_at_head() as database, database.writing() as session:
        people.disable(session, people.operator(session), name=name, reason=reason)
    talk.print(f"{name} is disabled; their tokens and sessions are ended.")


@people_group.command()
@click.argument("name")
@click.option("--reason", help="Why; it goes into the log.")
def revoke(name: str, reason: str | None) -> None:
    """End a person's tokens, sessions, login links and webhooks; give new ones with `token` and `login-link`."""
    with opened_at_head() as database, database.writing() as session:
        people.revoke(session, people.operator(session), name=name, reason=reason)
    talk.print(f"All tokens, sessions and login links of {name} are ended, and their webhooks are off.")


@people_group.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice([str(role) for role in Role]))
@click.option("--reason", help="Why; it goes into the log.")
def give_role(name: str, role: str, reason: str | None) -> None:
    """Give a person another role, at once."""
    with opened_at_head() as database, database.writing() as session:
        people.give_role(session, people.operator(session), name=name, role=Role(role), reason=reason)
    talk.print(f"{name} is {role} now.")


@people_group.command("display-name")
@click.argument("name")
@click.argument("text", required=False)
def display_name(name: str, text: str | None) -> None:
    """Set the name under which readers without a token see a person; without TEXT they see the desk."""
    with opened_at_head() as database, database.writing() as session:
        people.set_display_name(session, people.operator(session), name=name, display_name=text)
    talk.print(f"Readers without a token see {name} as {f'“{text}”' if text else 'the desk'}.")


@people_group.command()
@click.argument("name")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is good; without end by default.")
@json_option
def token(name: str, days: int | None, as_json: bool) -> None:
    """Print a new token for a person. It is shown this once."""
    with opened_at_head() as database, database.writing() as session:
        lasts = timedelta(days=days) if days else None
        made = people.issue_token(session, people.operator(session), name=name, lasts=lasts)
    show({"token": made} if as_json else made)


@people_group.command("login-link")
@click.argument("name")
@json_option
def login_link(name: str, as_json: bool) -> None:
    """Print a link that logs a person in once, within a day.

    It begins with FACTCHECK_BASE_URL, or with the address at which this desk is being served.
    """
    with opened_at_head() as database, database.writing() as session:
        secret = people.issue_login_link(session, people.operator(session), name=name)
    base, doubt = base_of(read_settings())
    if doubt:
        talk.print(doubt, style="yellow")
    address = f"{base}/login/{secret}"
    show({"url": address} if as_json else address)
