"""The command line. Data goes to standard output, talk to standard error; exit 0 done, 1 failed, 2 wrong usage."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import click
from granian import Granian
from granian.constants import Interfaces
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from factcheck import __version__, logs, seeding
from factcheck.app import create_app
from factcheck.desk import checkup, people
from factcheck.errors import FactcheckError, Misconfigured, SchemaOutdated, Unavailable
from factcheck.rules.roles import Role
from factcheck.settings import Settings, described
from factcheck.storage import schema
from factcheck.storage.database import Database

talk = Console(stderr=True, highlight=False)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
THREADS = 16


def main() -> None:
    """Run the command line; an error that is an answer is a line on standard error and exit 1."""
    logs.configure()
    try:
        cli(prog_name="factcheck")
    except FactcheckError as error:
        talk.print(f"factcheck: {error.detail}", style="red", markup=False, soft_wrap=True)
        for flaw in error.flaws:
            talk.print(f"  {flaw.detail}", markup=False, soft_wrap=True)
        sys.exit(1)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="factcheck")
def cli() -> None:
    """A fact-checking desk: claims, who said them, and how each verdict came to be.

    Settings come from FACTCHECK_… variables; `factcheck doctor` prints each with where it came from.
    """


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="The port.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the desk. An embedded database is migrated first; a database server is not (see `db upgrade`)."""
    settings = _settings()
    with closing(Database(settings.database_url)) as database:
        if database.embedded:
            schema.upgrade(settings.database_url)
        else:
            try:
                with database.reading() as connection:
                    schema.demand_head(connection)
            except Unavailable as error:
                talk.print(f"{error.detail} Serving all the same; /readyz tells when it is there.", markup=False)
    _serve(settings, host, port, workers, [])


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="The port.")
def demo(host: str, port: int) -> None:
    """Make a desk with the first article and its claims, serve it, and print its address and a login link.

    Reading needs no token. What is in the database already stays.
    """
    os.environ.setdefault("FACTCHECK_PUBLIC_READ", "on")
    settings = _settings()
    _demand_free_port(host, port)
    schema.upgrade(settings.database_url)
    with closing(Database(settings.database_url)) as database, database.writing() as session:
        counts = seeding.seed(session)
        name = seeding.first_person()
        secret = people.issue_login_link(session, people.operator(session), name=name)
    _tell_seeded(dict(counts))
    address = settings.base_url or f"http://{host}:{port}"
    lines = [f"The desk is at     {address}", f"Log in as {name}:  {address}/login/{secret}  (works once)"]
    _serve(settings, host, port, 1, lines)


@cli.group()
def db() -> None:
    """The database's schema."""


@db.command()
@click.argument("version", default="head")
def upgrade(version: str) -> None:
    """Bring the schema up to VERSION (head by default)."""
    schema.upgrade(_settings().database_url, version)
    talk.print(f"The schema is at {version if version != 'head' else schema.head()}.", markup=False)


@db.command()
@click.argument("version")
def downgrade(version: str) -> None:
    """Take the schema back to VERSION; `base` empties the database."""
    schema.downgrade(_settings().database_url, version)
    talk.print(f"The schema is at {version}.", markup=False)


@db.command()
@json_option
def current(as_json: bool) -> None:
    """Print the version of the schema that the database has."""
    with _database() as database, database.reading() as connection:
        found = schema.current(connection)
    _print({"current": found, "head": schema.head()} if as_json else found or "(none)")


@db.command()
def check() -> None:
    """Fail unless the schema is the one that this version needs."""
    with _database() as database, database.reading() as connection:
        schema.demand_head(connection)
    talk.print(f"The schema is at head ({schema.head()}).", markup=False)


@cli.command()
@json_option
def seed(as_json: bool) -> None:
    """Load the first article with its claims. What is there already is left as it is."""
    with _database_at_head() as database, database.writing() as session:
        counts = dict(seeding.seed(session))
    if as_json:
        _print(counts)
    else:
        _tell_seeded(counts)


@cli.group("people")
def people_group() -> None:
    """People, their tokens and login links."""


@people_group.command()
@click.argument("name")
@click.option("--role", required=True, type=click.Choice([str(role) for role in Role]), help="What they may do.")
@json_option
def add(name: str, role: str, as_json: bool) -> None:
    """Enter a person and print a token for them. It is shown this once."""
    with _database_at_head() as database, database.writing() as session:
        operator = people.operator(session)
        person = people.add(session, operator, name=name, role=Role(role))
        token = people.issue_token(session, operator, name=person.name)
    if as_json:
        _print({"id": person.id, "name": person.name, "role": str(person.role), "token": token})
    else:
        talk.print(f"{person.name} is {person.role}. The token, shown this once:", markup=False)
        _print(token)


@people_group.command("list")
@json_option
def list_people(as_json: bool) -> None:
    """Print everybody."""
    with _database_at_head() as database, database.reading() as connection:
        rows = people.listed(connection)
    if as_json:
        _print(rows)
        return
    for row in rows:
        _print(f"{row['name']}\t{row['role']}\t{'disabled' if row['disabled_at'] else 'enabled'}\t{row['id']}")


@people_group.command()
@click.argument("name")
@click.option("--reason", help="Why; it goes into the log.")
def disable(name: str, reason: str | None) -> None:
    """End all of a person's ways in. What they did stays theirs."""
    with _database_at_head() as database, database.writing() as session:
        people.disable(session, people.operator(session), name=name, reason=reason)
    talk.print(f"{name} is disabled; their tokens and sessions are ended.", markup=False)


@people_group.command()
@click.argument("name")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is good; without end by default.")
@json_option
def token(name: str, days: int | None, as_json: bool) -> None:
    """Print a new token for a person. It is shown this once."""
    with _database_at_head() as database, database.writing() as session:
        lasts = timedelta(days=days) if days else None
        made = people.issue_token(session, people.operator(session), name=name, lasts=lasts)
    _print({"token": made} if as_json else made)


@people_group.command("login-link")
@click.argument("name")
@json_option
def login_link(name: str, as_json: bool) -> None:
    """Print an address that logs a person in once, within a day."""
    with _database_at_head() as database, database.writing() as session:
        secret = people.issue_login_link(session, people.operator(session), name=name)
    address = f"{_settings().base_url or 'http://127.0.0.1:8000'}/login/{secret}"
    _print({"url": address} if as_json else address)


@cli.command("openapi")
def print_openapi() -> None:
    """Print the OpenAPI document."""
    _print(json.loads(create_app(_settings()).extensions["factcheck.openapi"]))


@cli.command()
@click.option("--mend", is_flag=True, help="Replace stored JSON that another version of factcheck rendered.")
@json_option
def doctor(mend: bool, as_json: bool) -> None:
    """Print the settings, and look whether everything that must hold does: schema, log, statuses, stored JSON."""
    settings = _settings()
    rows, faults, looked_at = described(settings), [], 0
    faults += [{"subject": name, "detail": "There is no such setting."} for name in settings.unknown]
    with closing(Database(settings.database_url)) as database:
        try:
            with database.reading() as connection:
                schema.demand_head(connection)
            for fault in _looked_over(database, mend):
                looked_at += 1 if fault is None else 0
                if fault is not None:
                    faults.append({"subject": fault.subject, "detail": fault.detail})
        except (SchemaOutdated, Unavailable) as error:
            faults.append({"subject": "database", "detail": error.detail})
    if as_json:
        _print({"settings": rows, "claims": looked_at, "faults": faults})
    else:
        table = Table("setting", "value", "from", box=None, pad_edge=False)
        for row in rows:
            table.add_row(row["name"], row["value"], row["from"])
        Console(highlight=False).print(table)
        _print(f"\n{looked_at} claims looked at, {len(faults)} faults.")
        for each in faults:
            _print(f"{each['subject']}: {each['detail']}")
    if faults and not mend:
        sys.exit(1)


def _looked_over(database: Database, mend: bool) -> Iterator[checkup.Fault | None]:
    """Yield every fault, and None after each claim."""
    with database.writing() as session, _progress() as progress:
        for fault in checkup.log_faults(session):
            yield fault
        task = progress.add_task("Looking at claims", total=checkup.count(session))
        for faults in checkup.claim_faults(session, mend=mend):
            for fault in faults:
                yield fault
            yield None
            progress.advance(task)


def application() -> Any:
    """Make the application from the environment: what each process of the server calls."""
    return create_app(Settings.from_environment())


def _serve(settings: Settings, host: str, port: int, workers: int, lines: list[str]) -> None:
    if workers > 1 and settings.database_url.startswith("sqlite"):
        raise Misconfigured("An embedded database is served by one process: use PostgreSQL for more workers.")
    _demand_free_port(host, port)
    for name in settings.unknown:
        talk.print(f"There is no setting {name}.", style="yellow", markup=False)
    server = Granian(
        "factcheck.cli:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        factory=True,
        log_enabled=False,
        workers_kill_timeout=20,
    )

    @server.on_startup
    def tell() -> None:
        for line in lines or [f"The desk is at {settings.base_url or f'http://{host}:{port}'}"]:
            _print(line)

    server.serve()  # type: ignore[attr-defined,unused-ignore]


def _demand_free_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Misconfigured(f"Nothing can listen at {host}:{port}: {error.strerror}. Try --port.") from error


def _settings() -> Settings:
    return Settings.from_environment()


@contextmanager
def _database() -> Iterator[Database]:
    with closing(Database(_settings().database_url)) as database:
        yield database


@contextmanager
def _database_at_head() -> Iterator[Database]:
    """Open the database; an embedded one is made and migrated first."""
    settings = _settings()
    with closing(Database(settings.database_url)) as database:
        if database.embedded:
            schema.upgrade(settings.database_url)
        with database.reading() as connection:
            schema.demand_head(connection)
        yield database


@contextmanager
def _progress() -> Iterator[Progress]:
    """A progress bar with the time left, on a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=talk, transient=True, disable=not talk.is_terminal) as progress:
        yield progress


def _tell_seeded(counts: dict[str, int]) -> None:
    told = ", ".join(f"{number} {noun}" for noun, number in counts.items())
    talk.print(f"Loaded {told}." if told else "Everything was loaded already.", markup=False)


def _print(value: Any) -> None:
    click.echo(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2))
