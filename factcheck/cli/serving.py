"""`serve`, `demo` and `witness`: what listens."""

import asyncio
import errno
import os
import socket
import sys
from contextlib import closing
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from factcheck import logs, seeding
from factcheck.app import create_app
from factcheck.cli.base import read_settings, renewed, show, talk, tell_seeded
from factcheck.cli.served import ANYWHERE, address, noted
from factcheck.cli.signals import begin_server, begin_worker, look_back
from factcheck.cli.supervision import Supervisor, note_that_it_serves, serving
from factcheck.desk import people
from factcheck.errors import FactcheckError, Forbidden, Misconfigured, Unavailable
from factcheck.followers.embeddings import setting as sentence_models
from factcheck.log import keys
from factcheck.log.vouching.witnesses import WitnessDesk
from factcheck.rules.notes import COSIGNATURE, good_name
from factcheck.settings import (
    Settings,
    WitnessSettings,
    archive_folder,
    connections_passed_on,
    embedded_file,
    index_folder,
    log_folder,
    pass_on_connections,
)
from factcheck.storage import schema
from factcheck.storage.engine import connections
from factcheck.storage.engine.database import Database
from factcheck.storage.engine.usage import be_the_only_server
from factcheck.storage.private import make_folder, open_to_others
from factcheck.web.edge import lanes, shared
from factcheck.web.edge.server import Server
from factcheck.web.edge.uploads import Uploads
from factcheck.web.witness import LONGEST, create_witness

HEADERS = 65_536  # bytes of a request line and its headers, at most
HEADERS_WITHIN = 15_000  # milliseconds
BACKLOG = 1024  # connections at a time, for all workers together


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The network address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="The port to listen on.")
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="The number of server processes."
)
def serve(host: str, port: int, workers: int) -> None:
    """Serve the desk. An embedded database is migrated first; a database server is not (see `db upgrade`)."""
    settings = read_settings()
    be_the_only_server(settings.database_url)
    with closing(Database(settings.database_url, settings.read_database_url)) as database:
        if database.embedded:
            schema.upgrade(settings.database_url)
            renewed(database, follow=False)  # the server follows the log itself, and says what it is behind
        else:
            _share_connections(settings, workers, _allowed(database))
    _serve(settings, host, port, workers, [])


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The network address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="The port to listen on.")
def demo(host: str, port: int) -> None:
    """Create a desk with the first article and its claims, serve it, and print its URL and a login link.

    Reading needs no token. Existing data is not changed.
    """
    for setting in ("FACTCHECK_PUBLIC_READ", "FACTCHECK_PUBLIC_SITE"):
        os.environ.setdefault(setting, "on")
    settings = read_settings()
    demand_free_port(host, port)
    be_the_only_server(settings.database_url)
    schema.upgrade(settings.database_url)
    with closing(Database(settings.database_url)) as database:
        renewed(database)
        with database.writing() as session:
            counts = seeding.seed(session)
    tell_seeded(dict(counts))
    base = settings.base_url or address(host, port)
    _serve(settings, host, port, 1, [f"The desk runs at {base}", *_login_line(settings, base)])


@click.command()
@click.option("--name", required=True, help="The witness's name, such as example.org/witness.")
@click.option(
    "--folder", required=True, type=click.Path(file_okay=False), help="The folder of its key and checkpoints."
)
@click.option("--log", "logs", required=True, multiple=True, help="The public key of a log to cosign, NAME+ID+BASE64.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8001, show_default=True, type=click.IntRange(1, 65535))
def witness(name: str, folder: str, logs: tuple[str, ...], host: str, port: int) -> None:
    """Run a witness: cosign the checkpoints of other desks' logs, as long as these only grow."""
    place = Path(folder)
    make_folder(place)
    if not good_name(name):
        raise click.BadParameter("must not contain spaces or +", param_hint="--name")
    if not (place / "key").exists():
        keys.make(place / "key")
    own = keys.load(place / "key", name).verifier(COSIGNATURE)
    WitnessSettings(name, folder, logs).pass_on()
    demand_free_port(host, port)
    run("factcheck.cli:witness_application", host, port, 1, [own])


def witness_application() -> Any:
    """Make the witness from what the command left in the environment."""
    begin_worker()
    told = WitnessSettings.passed_on()
    place = Path(told.folder)
    app = create_witness(WitnessDesk(keys.load(place / "key", told.name), told.logs, place / "known.json"))
    return Server(app, lanes=lanes.Lanes(lanes.OF_WITNESS), uploads=Uploads(LONGEST))


def _login_line(settings: Settings, base: str) -> list[str]:
    """Return the line with a login link for whoever entered the seeds, unless they were disabled since."""
    name = seeding.first_person()
    with closing(Database(settings.database_url)) as database, database.writing() as session:
        try:
            secret = people.issue_login_link(session, people.operator(session), name=name)
        except Forbidden:
            return [f"{name} is disabled: use `factcheck people login-link` to create a link for somebody else."]
    return [f"Log in as {name}:  {base}/login/{secret}  (works once)"]


def application() -> Any:
    """Make the application from the environment: what each process of the server calls."""
    begin_worker()
    settings = read_settings()
    app = create_app(settings, connections_passed_on())
    app.extensions["factcheck.publisher"].start()
    app.extensions["factcheck.uses"].start()
    for name in ("factcheck.stamper", "factcheck.dumps"):
        if (beside := app.extensions[name]) is not None:
            beside.start()
    for following in app.extensions["factcheck.followers"].values():
        following.start()
    app.extensions["factcheck.workers"] = serving
    database: Database = app.extensions["factcheck.database"]
    sentence_models.begin(settings, database, app.extensions["factcheck.meanings"])
    places = lanes.of_share(database.share, embedded=database.embedded)
    return Server(
        app, lanes=lanes.Lanes(places, kept=app.extensions[shared.NAME].has), uploads=Uploads(settings.max_body_bytes)
    )


def _allowed(database: Database) -> connections.Allowance | None:
    """Look at the database's servers, and return how many connections they allow: the fewer of the two.

    None while the primary cannot be reached: the desk serves all the same. Raises Misconfigured for another schema, or
    a replica that is none.
    """
    try:
        with database.reading_primary() as primary:
            schema.demand_head(primary)
            allowed = connections.allowance(primary)
        refusal = database.replica_refusal()
    except Unavailable as error:
        talk.print(f"{error.detail} The server starts anyway; /readyz shows when the database can be reached.")
        return None
    if refusal:
        raise Misconfigured(refusal)
    if not database.replicated:
        return allowed
    try:
        with database.reading_replica() as replica:
            return min(allowed, connections.allowance(replica), key=lambda each: each.to_us)
    except Unavailable as error:
        talk.print(f"The replica: {error.detail} The primary serves its reads.", style="yellow")
        return allowed


def _share_connections(settings: Settings, workers: int, allowed: connections.Allowance | None) -> None:
    """Give each worker its share of the database's connections, and say what it is. Raises Misconfigured."""
    each = connections.of_each_worker(settings.database_connections, workers, allowed)
    pass_on_connections(each)
    told = f"At most {each * workers} database connections"
    told += f", {each} for each of {workers} workers." if workers > 1 else "."
    if allowed is None:
        talk.print(f"{told} The limit of the server could not be checked.")
        return
    talk.print(f"{told} The server allows {allowed.to_us}.")
    if each * workers > allowed.free:
        talk.print(f"Other clients use so many of them that {allowed.free} are left.", style="yellow")


def _serve(settings: Settings, host: str, port: int, workers: int, lines: list[str]) -> None:
    if workers > 1 and embedded_file(settings.database_url) is not None:
        raise Misconfigured("Only one process can serve an embedded database: use PostgreSQL for more workers.")
    sentence_models.demand(settings)
    demand_free_port(host, port)
    for name in settings.unknown:
        talk.print(f"The setting {name} does not exist.", style="yellow")
    for path in open_to_others(
        settings.database_url, log_folder(settings), index_folder(settings), archive_folder(settings)
    ):
        talk.print(f"Other users of this machine can access {path}: run `factcheck doctor --mend`.", style="yellow")
    lines = lines or [f"The desk runs at {settings.base_url or address(host, port)}"]
    with noted(settings, host, port):
        run("factcheck.cli:application", host, port, workers, lines)


def run(target: str, host: str, port: int, workers: int, lines: list[str]) -> None:
    """Serve an application by granian until a signal ends it; print `lines` once it answers.

    Raises Misconfigured when no worker can be started.
    """

    def told() -> bool:
        if not _is_open(host, port):
            return False
        for line in lines:
            show(line)
        return True

    if not Supervisor(partial(_serve_by_one, target, host, port, workers), workers, told).run():
        raise Misconfigured("No worker can be started: see the lines above. The server has ended.")


def _serve_by_one(target: str, host: str, port: int, workers: int) -> None:
    """Serve by one worker until a signal ends it, or the worker ends."""
    server = Granian(
        target,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,  # without the messages of ASGI's lifespan, which nobody here needs
        workers=1,
        backpressure=BACKLOG // workers,
        backlog=BACKLOG,
        http=HTTPModes.http1,  # a proxy that speaks HTTP/2 speaks HTTP/1 to what is behind it
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN, max_buffer_size=HEADERS),
        log_level=LogLevels.error,
        log_dictconfig=logs.OF_THE_SERVER,
        workers_kill_timeout=20,
    )
    begin_server()
    server.serve(target_loader=_made)  # type: ignore[attr-defined,unused-ignore]


def _made(target: str) -> Any:
    """Make the application that a worker serves; an error that is an answer is one line."""
    module, _, name = target.partition(":")
    try:
        made = getattr(import_module(module), name)()
    except FactcheckError as error:
        talk.print(f"factcheck: {error.detail}", style="red")
        sys.exit(1)
    look_back(asyncio.get_event_loop())
    note_that_it_serves()
    return made


def _is_open(host: str, port: int) -> bool:
    """Say whether somebody listens: the workers open the port themselves, a second or two after the start."""
    reach = ANYWHERE.get(host, host)
    try:
        socket.create_connection((reach, port), timeout=1).close()
    except OSError:
        return False
    return True


def demand_free_port(host: str, port: int) -> None:
    """Raise Misconfigured when nothing can listen there, and say which command listens elsewhere."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Misconfigured(
                f"The server cannot listen on {host}:{port}: {error.strerror}. {_instead(port, error.errno)}"
            ) from error


def _instead(port: int, number: int | None) -> str:
    """Say what to do about a port that cannot be had."""
    if number not in (errno.EADDRINUSE, errno.EACCES):
        return "Choose another --host."
    other = port + 101 if 1024 <= port <= 65_000 else 8101
    command = click.get_current_context().info_name
    with_make = f"make run PORT={other}, or " if command == "demo" else ""
    return f"Choose another port: {with_make}factcheck {command} --port {other}"
