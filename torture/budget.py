"""The budget of a request (`factcheck/rules/budget.py`), held against nasty requests to every operation.

The application answers in a process of its own, which says what each request cost it: processor time, its database's
too, and memory beside what it held before. Somebody else enters a source every now and then meanwhile.
"""

import logging
import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from secrets import token_hex
from typing import Any, NamedTuple

import orjson
import structlog
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from werkzeug.test import EnvironBuilder

from factcheck.app import create_app
from factcheck.desk import people, sources
from factcheck.errors import Unavailable
from factcheck.followers.registry import auditing
from factcheck.rules.budget import MEMORY, OTHERS_WAIT, REDACTED_CLAIM, SECONDS
from factcheck.settings import Settings
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.claims import Claim
from tests.desk import SECRET, Desk
from torture.figures import Figure, at_least, none, under
from torture.heavy import Heavy
from torture.nasty_requests import Maker, Request, once_ruinous

MOST_MEMORY = 3 * 1024**3  # bytes that the process may map: beyond, it gets MemoryError and not the whole machine
PATIENCE = 300.0  # seconds until a process that does not answer is killed
REST = 0.05  # seconds between two writes of somebody else
AWAITED = ("audit", "notifications", "corrections", "search", "duplicates", "source_pairs")  # by requests
TICK = os.sysconf("SC_CLK_TCK")


class Cost(NamedTuple):
    """What a request cost, and what was answered."""

    status: int
    seconds: float
    memory: int
    answer: bytes

    def within(self, seconds: float) -> bool:
        return self.seconds <= seconds and self.memory <= MEMORY and self.status < 500


GONE = Cost(0, PATIENCE, MOST_MEMORY, b"the process is gone")


@dataclass
class Run:
    """What the requests of a run cost, and how long others waited meanwhile."""

    costs: list[tuple[str, Cost]] = field(default_factory=list)  # by "METHOD template"
    over: list[str] = field(default_factory=list)  # what each request was that cost too much
    waits: list[float] = field(default_factory=list)
    operations: int = 0
    seconds: float = SECONDS  # that a request may cost

    def add(self, operation: str, request: Request, cost: Cost) -> None:
        self.costs.append((operation, cost))
        if not cost.within(self.seconds):
            told = f"{cost.seconds:.2f} s, {cost.memory // 2**20} MB, {cost.status}: {request.told()}"
            self.over.append(f"{told} → {cost.answer[:200]!r}")


# --- the process that is measured


def measured(url: str, folder: str, calls: Connection) -> None:
    """Answer requests until the pipe is closed, and say what each cost."""
    app = create_app(Settings(database_url=url, secret_key=SECRET, log_folder=folder, index_dir=f"{folder}/index"))
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    server = Processes(url)
    with suppress(EOFError):
        while True:
            request = calls.recv()
            for name in AWAITED:  # what others write is not this request's work: when served, threads take it in
                app.extensions["factcheck.followers"][name].catch_up()
            calls.send(cost_of(app, request, server))


def cost_of(app: Any, request: Request, server: "Processes") -> Cost:
    builder = EnvironBuilder(method=request.method, base_url="http://localhost")
    environ = builder.get_environ()
    path, _, query = request.path.partition("?")
    parts = EnvironBuilder(path=path).get_environ()
    environ |= {"PATH_INFO": parts["PATH_INFO"], "QUERY_STRING": query, "wsgi.input": BytesIO(request.body)}
    if request.body:
        environ["CONTENT_LENGTH"] = str(len(request.body))
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value.encode().decode("latin-1")
    before = _memory_from_now()
    began = time.process_time() + server.seconds()
    status, first = _answered(app, environ)
    return Cost(status, time.process_time() + server.seconds() - began, _most_memory() - before, first)


def _answered(app: Any, environ: dict[str, Any]) -> tuple[int, bytes]:
    statuses: list[str] = []
    first = b""
    try:
        answer = app.wsgi_app(environ, lambda status, *_: statuses.append(status))
        try:
            for chunk in answer:
                first = first or chunk[:300]
        finally:
            getattr(answer, "close", lambda: None)()
    except MemoryError:
        return 599, b"MemoryError"
    return int(statuses[0][:3]), first


def _memory_from_now() -> int:
    """Let the kernel measure anew the most that this process holds, and return what it holds now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _held("VmRSS")


def _most_memory() -> int:
    return _held("VmHWM")


def _held(name: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition(f"{name}:")[2].split()[0]) * 1024


class Processes:
    """The processes of a PostgreSQL server that serve this database, whoever is connected."""

    def __init__(self, url: str) -> None:
        self.database = None if url.startswith("sqlite") else url.partition("?")[0].rpartition("/")[2]

    def seconds(self) -> float:
        if self.database is None:
            return 0.0
        ticks = 0
        for folder in Path("/proc").iterdir():
            with suppress(OSError):
                if folder.name.isdigit() and f" {self.database} ".encode() in (folder / "cmdline").read_bytes():
                    ticks += sum(map(int, (folder / "stat").read_text().rpartition(")")[2].split()[11:13]))
        return ticks / TICK


# --- somebody else


def others(url: str, over: Event, told: Connection) -> None:
    """Enter sources, one after the other, until it is over; tell how long each took.

    Each has a name of its own: equal ones would be pairs of sources that may be one, more work with each of them.
    """
    waits = []
    database = Database(url)
    with database.writing() as session:
        operator = people.operator(session)
    while not over.wait(REST):
        began = time.monotonic()
        with suppress(Unavailable), database.writing() as session:  # it waited in vain, which took 5 seconds
            sources.add(session, operator, name=token_hex(8), kind="person", aliases=[], same_as=[])
        waits.append(time.monotonic() - began)
    database.close()
    told.send(waits)


# --- a run


class Asker:
    """Sends requests to a process that is measured, and starts another one when it is gone."""

    def __init__(self, url: str, folder: Path) -> None:
        self._arguments = (url, str(folder))
        self._start()

    def _start(self) -> None:
        self._calls, there = multiprocessing.Pipe()
        self._process = _process(measured, *self._arguments, there)
        there.close()

    def ask(self, request: Request) -> Cost:
        try:
            self._calls.send(request)
            if self._calls.poll(PATIENCE):
                cost: Cost = self._calls.recv()
                return cost
        except (EOFError, OSError):
            pass
        self.stop()
        self._start()
        return GONE

    def stop(self) -> None:
        self._calls.close()
        self._process.kill()
        self._process.join()


def _process(target: Callable[..., None], *arguments: Any) -> BaseProcess:
    process = multiprocessing.get_context("spawn").Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


@contextmanager
def _while_others_write(url: str, run: Run) -> Iterator[None]:
    over = multiprocessing.get_context("spawn").Event()
    here, there = multiprocessing.Pipe()
    process = _process(others, url, over, there)
    try:
        yield
    finally:
        over.set()
        run.waits += here.recv() if here.poll(PATIENCE) else [PATIENCE]
        process.join(PATIENCE)


def spend(url: str, folder: Path, requests: int, *, times: int = 4, begin: int = 0, only: str = "") -> tuple[Run, Run]:
    """Send so many nasty requests to each operation of the OpenAPI document of a migrated, empty desk.

    Before them, those that were the ruin of a desk once. In a run of their own, at the end, redactions, which may cost
    more.
    """
    desk = Desk(Settings(database_url=url, secret_key=SECRET, log_folder=str(folder)))
    try:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        heavy = Heavy(desk, times)
        auditing(desk.database).catch_up()  # or the first who asks pays for all that was entered
        maker = Maker(orjson.loads(desk.get("/openapi.json", by=None).get_data()), heavy.known)
    finally:
        desk.close()
    run, redactions = Run(), Run()
    operations = sorted(maker.operations(), key=_ends_things)
    asker = Asker(url, folder)

    def tried(into: Run, *, redacting: bool) -> None:
        for method, path in operations:
            if only in f"{method.upper()} {path}" and path.endswith("/redaction") == redacting:
                into.operations += 1
                _tried(asker, maker, (method, path), desk.tokens["admin"], requests, begin, into)

    try:
        with _while_others_write(url, run):
            for request in once_ruinous(next(iter(heavy.articles))):
                request.headers["Authorization"] = f"Bearer {desk.tokens['admin']}"
                run.add(f"{request.method} {request.path}", request, asker.ask(request))
            tried(run, redacting=False)
        redactions.seconds += REDACTED_CLAIM * _claims(url)
        with _while_others_write(url, redactions):
            tried(redactions, redacting=True)
    finally:
        asker.stop()
    return run, redactions


def _claims(url: str) -> int:
    database = Database(url)
    with database.reading() as connection:
        number: int = connection.execute(select(func.count()).select_from(Claim)).scalar_one()
    database.close()
    return number


def _tried(
    asker: Asker, maker: Maker, operation: tuple[str, str], token: str, requests: int, begin: int, run: Run
) -> None:
    # Nothing is made smaller, and nothing is tried again: a request changes the desk.
    @seed(begin)
    @settings(
        max_examples=requests, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.data())
    def send(data: st.DataObject) -> None:
        request = data.draw(maker.request(*operation))
        request.headers.setdefault("Authorization", f"Bearer {token}")
        run.add(f"{operation[0].upper()} {operation[1]}", request, asker.ask(request))

    send()


def _ends_things(operation: tuple[str, str]) -> int:
    method, path = operation
    if path.endswith("/redaction") or method == "delete":
        return 1000
    return 100 - path.count("/") if path.endswith(("/withdrawal", "/judgments", "/merge")) else 0


def figures(run: Run, redactions: Run, requests: int) -> list[Figure]:
    """Return what was reached, with the requests that cost too much."""
    reached = []
    for each, kind in ((run, "requests"), (redactions, "redactions")):
        for told in each.over[:40]:
            print(f"    {told}", flush=True)
        costs = [cost for _, cost in each.costs]
        most = max((cost.memory for cost in costs), default=0) / 2**20
        reached += [
            at_least(f"nasty {kind}", len(costs), each.operations * requests * 9 // 10),
            none(f"{kind} over the budget, or answered 5xx", len(each.over)),
            under(f"processor time of the dearest of the {kind}", _dearest(costs), each.seconds, "s"),
            under(f"memory of the dearest of the {kind}", most, MEMORY / 2**20, "MB"),
            at_least(f"small writes of others during {kind}", len(each.waits), 3),
            under("  the longest that one of them took", max(each.waits, default=0), OTHERS_WAIT, "s"),
        ]
    return reached


def _dearest(costs: Sequence[Cost]) -> float:
    return max((cost.seconds for cost in costs), default=0)
