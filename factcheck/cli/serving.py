"""`serve`, `demo` and `witness`: what listens."""

import os
import signal
import socket
from contextlib import closing
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
from factcheck.cli.signals import begin_server, begin_worker
from factcheck.desk import keys, people
from factcheck.desk.witnesses import WitnessDesk
from factcheck.errors import Forbidden, Misconfigured, Unavailable
from factcheck.rules.notes import COSIGNATURE, good_name
from factcheck.settings import Settings, WitnessSettings, embedded_file
from factcheck.storage import schema
from factcheck.storage.database import Database
from factcheck.storage.usage import be_the_only_server
from factcheck.web.doorway import Doorway
from factcheck.web.witness import create_witness

WORKING = 16  # requests at work in a process at any time: as many as it has connections to read the database
WAITING = 256  # and as many more that wait for the rest of their bodies
HEADERS = 65_536  # bytes of a request line and its headers, at most
HEADERS_WITHIN = 15_000  # milliseconds


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="The port.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the desk. An embedded database is migrated first; a database server is not (see `db upgrade`)."""
    settings = read_settings()
    be_the_only_server(settings.database_url)
    with closing(Database(settings.database_url)) as database:
        if database.embedded:
            schema.upgrade(settings.database_url)
            renewed(database)
        else:
            try:
                with database.reading() as connection:
                    schema.demand_head(connection)
            except Unavailable as error:
                talk.print(f"{error.detail} Serving all the same; /readyz tells when it is there.")
    _serve(settings, host, port, workers, [])


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="The port.")
def demo(host: str, port: int) -> None:
    """Make a desk with the first article and its claims, serve it, and print its address and a login link.

    Reading needs no token. What is in the database already stays.
    """
    os.environ.setdefault("FACTCHECK_PUBLIC_READ", "on")
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
    lines = [f"The desk is at     {base}", *_login_line(settings, base)]
    _serve(settings, host, port, 1, lines)


@click.command()
@click.option("--name", required=True, help="The witness's name, such as example.org/witness.")
@click.option("--folder", required=True, type=click.Path(file_okay=False), help="Where its key and memory are kept.")
@click.option("--log", "logs", required=True, multiple=True, help="A log to watch: its public key, NAME+ID+BASE64.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8001, show_default=True, type=click.IntRange(1, 65535))
def witness(name: str, folder: str, logs: tuple[str, ...], host: str, port: int) -> None:
    """Be a witness: cosign the checkpoints of other desks' logs, as long as they only grow."""
    place = Path(folder)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not good_name(name):
        raise click.BadParameter("has no spaces and no +", param_hint="--name")
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
    return create_witness(WitnessDesk(keys.load(place / "key", told.name), told.logs, place / "known.json"))


def _login_line(settings: Settings, base: str) -> list[str]:
    """Return the line with a login link for whoever entered the seeds, unless they were disabled since."""
    name = seeding.first_person()
    with closing(Database(settings.database_url)) as database, database.writing() as session:
        try:
            secret = people.issue_login_link(session, people.operator(session), name=name)
        except Forbidden:
            return [f"{name} is disabled: `factcheck people login-link` makes a link for somebody else."]
    return [f"Log in as {name}:  {base}/login/{secret}  (works once)"]


def application() -> Any:
    """Make the application from the environment: what each process of the server calls."""
    begin_worker()
    app = create_app(read_settings())
    app.extensions["factcheck.publisher"].start()
    return Doorway(app, working=WORKING, waiting=WAITING)


def _serve(settings: Settings, host: str, port: int, workers: int, lines: list[str]) -> None:
    if workers > 1 and embedded_file(settings.database_url) is not None:
        raise Misconfigured("An embedded database is served by one process: use PostgreSQL for more workers.")
    demand_free_port(host, port)
    for name in settings.unknown:
        talk.print(f"There is no setting {name}.", style="yellow")
    run(
        "factcheck.cli:application",
        host,
        port,
        workers,
        lines or [f"The desk is at {settings.base_url or address(host, port)}"],
    )


def run(target: str, host: str, port: int, workers: int, lines: list[str]) -> None:
    """Serve an application by granian until a signal ends it; print `lines` once it answers."""
    server = Granian(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=WORKING + WAITING,
        factory=True,
        http=HTTPModes.http1,  # a proxy that speaks HTTP/2 speaks HTTP/1 to what is behind it
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN, max_buffer_size=HEADERS),
        log_level=LogLevels.error,
        log_dictconfig=logs.OF_THE_SERVER,
        workers_kill_timeout=20,
    )
    begin_server()
    server.on_startup(lambda: _tell_when_there(host, port, lines))
    # Whoever stops the server at once: a clock that still rings would kill it before it has ended what it began.
    server.on_shutdown(lambda: signal.setitimer(signal.ITIMER_REAL, 0))
    server.serve()  # type: ignore[attr-defined,unused-ignore]


def _tell_when_there(host: str, port: int, lines: list[str]) -> None:
    """Print the lines once somebody listens: the workers open the port themselves, a second or two after the start.

    By the alarm clock and not in a thread: a worker that is forked while a thread imports something waits for that
    import for ever. The clock does not ring in the workers.
    """
    reach = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104

    def look(*_: object) -> None:
        try:
            socket.create_connection((reach, port), timeout=1).close()
        except OSError:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            return
        for line in lines:
            show(line)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, 0.05)


def address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def demand_free_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Misconfigured(f"Nothing can listen at {host}:{port}: {error.strerror}. Try --port.") from error
