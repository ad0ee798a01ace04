"""A worker that ends without having been told to is started again; its server lives, and ends when it is told to."""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from factcheck.cli import supervision
from factcheck.cli.supervision import Supervisor
from tests.needs import needs
from tests.serving import Served, statuses
from torture.serving import below

READY = b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
PATIENCE = 20.0  # seconds


def workers(server: Served) -> list[int]:
    """Return the processes that serve: those that started no other."""
    return [pid for pid in below(server.process.pid) if not below(pid)]


def runs(pid: int) -> bool:
    """Say whether any thread of a process is left: what the process locked is free when all of them have ended."""
    with contextlib.suppress(OSError):
        ended = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        return not ended or len(list(Path(f"/proc/{pid}/task").iterdir())) > 1
    return False


def gone(pids: list[int]) -> None:
    """Wait until none of these processes runs."""
    end = time.monotonic() + PATIENCE
    while any(runs(pid) for pid in pids):
        assert time.monotonic() < end


def readiness(server: Served) -> dict[str, object] | None:
    """Return what /readyz says; None when nobody answers."""
    with contextlib.suppress(OSError):
        answer = server.ask(READY)
        if statuses(answer) == [200]:
            said: dict[str, object] = json.loads(answer.partition(b"\r\n\r\n")[2])
            return said
    return None


def until(server: Served, expected: dict[str, object]) -> None:
    end = time.monotonic() + server.DEADLINE
    while (said := readiness(server)) != expected:
        assert server.process.poll() is None, server.log.read_text()
        assert time.monotonic() < end, said


def replaced(server: Served, dead: list[int], workers_there: int) -> list[object]:
    """Wait until others serve in the place of dead workers, and return what /readyz said meanwhile."""
    said: list[object] = []
    end = time.monotonic() + server.DEADLINE
    while True:
        assert time.monotonic() < end, said[-3:]
        said.append(readiness(server))
        now = workers(server)
        if said[-1] == {"status": "ready"} and len(now) == workers_there and not {*now} & {*dead}:
            return said


@pytest.fixture
def server(migrated_url: str, engine: str, tmp_path: Path) -> Iterator[Served]:
    """One worker on an embedded database, two on a database server."""
    served = Served(tmp_path, migrated_url, *(("--workers", "2") if engine == "postgresql" else ()))
    try:
        until(served, {"status": "ready"})
        yield served
    finally:
        served.stop()


class Writer(threading.Thread):
    """Enters one source after the other, and counts what became of them."""

    def __init__(self, server: Served, name: str) -> None:
        super().__init__(daemon=True)
        self.server, self.prefix, self.over = server, name, threading.Event()
        self.acknowledged = self.broken = 0
        self.longest = 0.0

    def run(self) -> None:
        at = 0
        while not self.over.is_set():
            at += 1
            body = json.dumps({"name": f"{self.prefix} {at}", "kind": "group"}).encode()
            head = self.server.head("POST", "/v1/sources", b"Content-Length: %d" % len(body), b"Connection: close")
            began, answer = time.monotonic(), b""
            with contextlib.suppress(OSError):
                answer = self.server.ask(head, body)
            self.longest = max(self.longest, time.monotonic() - began)
            if statuses(answer) == [201]:
                self.acknowledged += 1
            else:
                self.broken += 1
                time.sleep(0.02)  # nobody listens for a moment


@needs("proc")
@pytest.mark.slow
def test_a_worker_that_is_killed_is_started_again(server: Served, engine: str) -> None:
    writers = [Writer(server, f"Writer {at}") for at in range(3)]
    for writer in writers:
        writer.start()
    parent, said = server.process.pid, list[object]()
    for at in range(4):
        # The worker itself, and the process that looks after it: neither is beyond the system's reach.
        victim = workers(server)[0] if at % 2 == 0 else below(parent)[0]
        dying = [victim, *below(victim)]
        os.kill(victim, signal.SIGKILL)
        gone(dying)  # a worker answers for a moment after the process above it was killed
        said += replaced(server, dying, 2 if engine == "postgresql" else 1)
        assert server.process.poll() is None
    # What is asked between the end of a worker and the start of the next one is answered by the other one.
    assert engine == "sqlite" or {"status": "ready", "workers": {"serving": 1, "expected": 2}} in said
    counted, end = [writer.acknowledged for writer in writers], time.monotonic() + PATIENCE
    while any(writer.acknowledged == before for writer, before in zip(writers, counted, strict=True)):
        assert time.monotonic() < end, [(writer.acknowledged, writer.broken) for writer in writers]
    for writer in writers:
        writer.over.set()
    for writer in writers:
        writer.join(PATIENCE)
    assert not any(writer.is_alive() for writer in writers)
    assert max(writer.longest for writer in writers) < PATIENCE
    done = sum(writer.acknowledged for writer in writers)
    assert done > 0
    assert done <= server.sources() <= done + sum(writer.broken for writer in writers)
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if '"worker_ended"' in line]
    assert [line["served"] for line in lines] == [True] * 4
    server.stop()
    assert server.process.poll() == 0


@needs("proc")
@pytest.mark.slow
def test_the_end_comes_while_a_worker_is_started_again(server: Served) -> None:
    everybody = below(server.process.pid)
    os.kill(workers(server)[0], signal.SIGKILL)
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(PATIENCE) == 0
    assert time.monotonic() - began < PATIENCE
    assert readiness(server) is None
    gone(everybody)


@needs("proc")
@pytest.mark.slow
def test_a_server_that_is_killed_takes_its_workers_along(migrated_url: str, engine: str, tmp_path: Path) -> None:
    served = Served(tmp_path, migrated_url, *(("--workers", "2") if engine == "postgresql" else ()))
    try:
        until(served, {"status": "ready"})
        everybody = below(served.process.pid)
        served.process.kill()
        gone([served.process.pid, *everybody])
        served.process.wait(PATIENCE)
        assert len(everybody) == (4 if engine == "postgresql" else 2)
        assert readiness(served) is None
        served.start()  # at the same port
        until(served, {"status": "ready"})
    finally:
        served.stop()


@needs("proc")
@pytest.mark.slow
def test_a_worker_that_cannot_start_again_ends_the_server(tmp_path: Path) -> None:
    served = Served(tmp_path)
    try:
        until(served, {"status": "ready"})
        (tmp_path / "served.secret").write_text("short")
        os.kill(workers(served)[0], signal.SIGKILL)
        assert served.process.wait(served.DEADLINE) == 1
        told = served.log.read_text()
        assert told.count("has no complete secret key") == supervision.ATTEMPTS
        assert "No worker can be started: see the lines above. The server has ended." in told
        assert "Traceback" not in told
        assert readiness(served) is None
    finally:
        served.stop()


def counted(file: Path) -> int:
    return len(file.read_text()) if file.exists() else 0


def test_a_worker_that_never_started_is_not_tried_again(tmp_path: Path) -> None:
    tries = tmp_path / "tries"

    def fail() -> None:
        with tries.open("a") as file:
            file.write(".")
        sys.exit(3)

    assert Supervisor(fail, 1, told=lambda: True).run() is False
    assert counted(tries) == 1


def test_one_that_served_once_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "AGAIN", 0.01)
    tries = tmp_path / "tries"

    def serve_three_times() -> None:
        with tries.open("a") as file:
            file.write(".")
        if counted(tries) <= 3:
            supervision.note_that_it_serves()
        os.kill(os.getpid(), signal.SIGKILL)

    handler = signal.getsignal(signal.SIGTERM)
    assert Supervisor(serve_three_times, 1, told=lambda: True).run() is False
    assert counted(tries) == 3 + supervision.ATTEMPTS
    assert signal.getsignal(signal.SIGTERM) is handler


def test_starts_keep_their_distance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "AGAIN", 0.2)
    monkeypatch.setattr(supervision, "ATTEMPTS", 2)
    tries = tmp_path / "tries"

    def serve_once() -> None:
        with tries.open("a") as file:
            file.write(".")
        if counted(tries) == 1:
            supervision.note_that_it_serves()

    began = time.monotonic()
    assert Supervisor(serve_once, 1, told=lambda: True).run() is False
    assert counted(tries) == 3
    assert time.monotonic() - began >= 2 * 0.2


def test_a_signal_ends_it_and_whoever_starts_it_is_told(tmp_path: Path) -> None:
    looks: list[bool] = []

    def serve() -> None:
        supervision.note_that_it_serves()
        signal.pause()

    def told() -> bool:
        looks.append(True)
        if len(looks) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return len(looks) == 3

    supervisor = Supervisor(serve, 2, told)
    assert supervisor.run() is True
    assert len(looks) == 3
    assert [worker.process is not None and worker.process.is_alive() for worker in supervisor.workers] == [False] * 2
