"""The server under torture: `factcheck serve` in processes of its own, which can be killed all at once."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from torture.client import Answer, Client

CHECKOUT = Path(__file__).resolve().parent.parent
SECRET = "only for torture, nobody else's"
STARTS = 60  # seconds until a server that does not answer is given up


class Server:
    """`factcheck serve` on a database; `without` names a protection that is taken away (see `unguarded`)."""

    def __init__(
        self,
        url: str,
        folder: Path,
        *,
        without: str = "",
        environment: Mapping[str, str] | None = None,
        words: Sequence[str] = (),
        checkout: Path = CHECKOUT,
        python: str = sys.executable,
    ) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.log = folder / f"server-{self.port}.log"
        own = {name: value for name, value in os.environ.items() if not name.startswith("FACTCHECK_")}
        self.environment = {
            **own,
            "FACTCHECK_DATABASE_URL": url,
            "FACTCHECK_LOG_FOLDER": str(folder / "log"),
            "FACTCHECK_INDEX_DIR": str(folder / "index"),
            "FACTCHECK_SECRET_KEY": SECRET,
            "TORTURE_WITHOUT": without,
            **(environment or {}),
        }
        self.folder = folder
        self._python, self._checkout = python, checkout
        self._command = [python, "-m", "torture.unguarded" if without else "factcheck", "serve", *words]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it and return the seconds until it answered first, from its database."""
        began = time.perf_counter()
        self.launch()
        self.wait(200)
        return time.perf_counter() - began

    def launch(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, "--port", str(self.port)],
                env=self.environment, cwd=self._checkout, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    def wait(self, status: int, path: str = "/readyz") -> None:
        """Wait until a path answers with this status."""
        until = time.monotonic() + STARTS
        while self.ask(path).status != status:
            if self.ended() is not None or time.monotonic() > until:
                raise RuntimeError(f"{path} does not answer {status}: {self.written()[-3000:]}")
            time.sleep(0.01)

    def ask(self, path: str) -> Answer:
        client = Client(self.port, "", patience=10)
        with contextlib.closing(client):
            return client.send("GET", path)

    def ended(self) -> int | None:
        return self._process.poll() if self._process else 0

    def workers(self) -> list[int]:
        """Return the processes that serve: those that started no other."""
        everybody = below(self._process.pid) if self._process else []
        return [pid for pid in everybody if not below(pid)]

    def kill(self) -> None:
        """Kill -9 all of its processes at once."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(40)
            finally:
                self.kill()

    def written(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `factcheck …` on the same database and log, and return what it said."""
        return subprocess.run(
            [self._python, "-m", "factcheck", *words], env=self.environment, capture_output=True, text=True,
            cwd=self.log.parent, timeout=3600, check=False,
        )  # fmt: skip


def below(pid: int) -> list[int]:
    """Return the processes below one, those that it started before those that they started."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        own = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:  # it ended meanwhile
        return []
    return own + [each for child in own for each in below(child)]


@contextmanager
def served(server: Server) -> Iterator[Server]:
    """Start a server; it is gone afterwards, however this ends."""

    def ended(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, ended)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        signal.signal(signal.SIGTERM, before)
