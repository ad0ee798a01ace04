"""A desk that is served for real, by `factcheck serve`, and raw connections to it."""

import contextlib
import json
import os
import re
import select as waiting
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from factcheck.desk import people
from factcheck.rules.roles import Role
from factcheck.settings import embedded_file
from factcheck.storage import schema
from factcheck.storage.engine.database import Database
from tests import postgres
from tests.commands import DEVNULL, Command, run

ROOT = Path(__file__).resolve().parent.parent
SECRET = "a key for tests that nobody else uses"


class Served:
    """A desk with one contributor, and what can be sent to it."""

    DEADLINE = 40  # seconds, for whatever must happen

    def __init__(self, folder: Path, url: str = "", *words: str, bare: bool = False, **settings: str) -> None:
        self.folder, self.log = folder, folder / "stderr"
        self.url = url or f"sqlite:///{folder}/served.db"
        schema.upgrade(self.url)
        self.token = self.token_of("Contributor", Role.CONTRIBUTOR)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.settings = {"FACTCHECK_DATABASE_URL": self.url, **settings}
        if embedded_file(self.url) is None:
            self.settings["FACTCHECK_SECRET_KEY"] = SECRET
        self.bare = bare
        self.start(*words)

    def start(self, *words: str) -> None:
        environment = {**os.environ, **self.settings, "PYTHONPATH": str(ROOT)}
        self.process: Command | subprocess.Popen[bytes]
        with self.log.open("ab") as log:
            if self.bare:
                program = [sys.executable, "-m", "tests.bare", str(self.port), *words]
                self.process = subprocess.Popen(program, env=environment, cwd=self.folder, stdout=DEVNULL, stderr=log)
            else:
                words = ("serve", "--port", str(self.port), *words)
                self.process = Command(words, env=environment, cwd=self.folder, stderr=log)

    def token_of(self, name: str, role: Role) -> str:
        """Enter a person and return a token."""
        with self.writing() as session:
            operator = people.operator(session)
            people.add(session, operator, name=name, role=role)
            return people.issue_token(session, operator, name=name)

    @contextlib.contextmanager
    def writing(self) -> Iterator[Session]:
        """Change the database as another process does."""
        with contextlib.closing(Database(self.url)) as database, database.writing() as session:
            yield session

    def wait(self) -> None:
        end = time.monotonic() + self.DEADLINE
        while True:
            with contextlib.suppress(OSError):
                if b" 200 " in self.ask(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"):
                    return
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.02)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), self.DEADLINE)

    def ask(self, *parts: bytes, then_stop: bool = False) -> bytes:
        """Send what is given and return all that comes back until the server closes the connection."""
        with self.connect() as connection:
            with contextlib.suppress(ConnectionError):  # the server need not read what it refuses
                for part in parts:
                    connection.sendall(part)
                if then_stop:
                    connection.shutdown(socket.SHUT_WR)
            return rest(connection)

    def pour(self, head: bytes, chunk: bytes) -> tuple[int, bytes]:
        """Send a body without end until the server answers; return how much went out, and the answer."""
        with self.connect() as connection:
            connection.sendall(head)
            sent, end = 0, time.monotonic() + self.DEADLINE
            with contextlib.suppress(ConnectionError):
                while not waiting.select([connection], [], [], 0)[0]:
                    assert time.monotonic() < end
                    sent += connection.send(chunk)
            return sent, rest(connection)

    def sources(self) -> int:
        answer = self.ask(self.head("GET", "/v1/sources?count=true", b"Connection: close"))
        total: int = json.loads(answer.partition(b"\r\n\r\n")[2])["total"]
        return total

    def head(self, method: str, path: str, *lines: bytes, kind: str = "application/json", token: str = "") -> bytes:
        own = (
            f"{method} {path} HTTP/1.1",
            "Host: x",
            f"Authorization: Bearer {token or self.token}",
            f"Content-Type: {kind}",
        )
        return b"\r\n".join((*(line.encode() for line in own), *lines, b"", b""))

    def sent(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Post JSON, demand success, and return what is answered."""
        content = json.dumps(body).encode()
        length = b"Content-Length: %d" % len(content)
        answer = self.ask(self.head("POST", path, length, b"Connection: close"), content)
        assert answer.split()[1][:1] == b"2", answer
        found: dict[str, Any] = json.loads(answer.partition(b"\r\n\r\n")[2])
        return found

    def command(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """Run another command on the same desk, to its end."""
        path = f"{postgres.programs() or ''}{os.pathsep}{os.environ['PATH']}"
        return run(*words, cwd=self.folder, env={**os.environ, **self.settings, "PATH": path})

    def kill(self) -> None:
        """Kill -9 the server and its workers at once, and wait until all are gone: until then they hold their locks."""
        ends = [os.pidfd_open(pid) for pid in below(self.process.pid)]
        try:
            os.kill(self.process.pid, signal.SIGKILL)
            for end in ends:
                with contextlib.suppress(ProcessLookupError):  # it ended with the one above it
                    signal.pidfd_send_signal(end, signal.SIGKILL)
            self.process.wait(self.DEADLINE)
            for end in ends:
                assert waiting.select([end], [], [], self.DEADLINE)[0]
        finally:
            for end in ends:
                os.close(end)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(self.DEADLINE + 10)


def below(pid: int) -> list[int]:
    """Return the processes that a process started, those that these started, and so on."""
    children: list[int] = []
    with contextlib.suppress(FileNotFoundError):  # it has ended
        for task in Path(f"/proc/{pid}/task").iterdir():
            children += map(int, (task / "children").read_text(encoding="ascii").split())
    return [each for child in children for each in (child, *below(child))]


def rest(connection: socket.socket) -> bytes:
    """Return what comes until the connection is closed."""
    got = bytearray()
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65_536):
            got += part
    return bytes(got)


def statuses(answers: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3})", answers)]
