"""`factcheck` commands as processes of their own, each at the price of a fork.

One process for all tests of a worker has imported the program, and is copied for each command: to import it again takes
twenty times as long. Words, environment, folder, streams, signals and exit are those of the command alone, but for what
Python itself reads when it starts. That the program starts from nothing is tried where that is the matter
(`python -m factcheck`, in test_cli and test_wheel).
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any, NoReturn

from factcheck import cli

ROOT = Path(__file__).resolve().parent.parent
PIPE = subprocess.PIPE
DEVNULL = subprocess.DEVNULL


class Command:
    """A command that runs; used as subprocess.Popen is, of which it has what the tests need. Streams are bytes."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        stdin: int | IO[bytes] = DEVNULL,
        stdout: int | IO[bytes] = DEVNULL,
        stderr: int | IO[bytes] = DEVNULL,
    ) -> None:
        self.args, self.returncode = ["factcheck", *words], None
        self._told = b""
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(waiting())
        theirs: list[int] = []
        self.stdin, self.stdout, self.stderr = (
            _stream(given, theirs, writes=at == 0) for at, given in enumerate((stdin, stdout, stderr))
        )
        socket.send_fds(self._connection, [b"."], theirs)
        for each in theirs:
            os.close(each)
        request = {"words": list(words), "cwd": str(cwd), "env": dict(env)}
        self._connection.sendall(json.dumps(request).encode())
        self._connection.shutdown(socket.SHUT_WR)
        self.pid = int(self._line(None) or 0)

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
            return self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code, negative for a signal. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self.returncode = int(self._line(timeout))
            self._connection.close()
        return self.returncode

    def communicate(self, given: bytes = b"", timeout: float | None = None) -> tuple[bytes, bytes]:
        """Send all that is given, and return what was printed once the command has ended."""
        read: dict[IO[bytes], bytes] = {}
        threads = [
            threading.Thread(target=lambda stream=stream: read.update({stream: stream.read()}), daemon=True)
            for stream in (self.stdout, self.stderr)
            if stream
        ]
        for thread in threads:
            thread.start()
        if self.stdin:
            threads.append(threading.Thread(target=self._feed, args=(given,), daemon=True))
            threads[-1].start()
        self.wait(timeout)
        for thread in threads:
            thread.join(timeout)
            if thread.is_alive():  # somebody else holds the other end
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
        for stream in (self.stdout, self.stderr):
            if stream:
                stream.close()
        return (read[self.stdout] if self.stdout else b""), (read[self.stderr] if self.stderr else b"")

    def _feed(self, given: bytes) -> None:
        with contextlib.suppress(BrokenPipeError), self.stdin:
            self.stdin.write(given)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it ended just now
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _line(self, timeout: float | None) -> bytes:
        self._connection.settimeout(timeout)
        try:
            while b"\n" not in self._told:
                more = self._connection.recv(100)
                assert more, "The process that is copied is gone."
                self._told += more
        except TimeoutError:
            raise subprocess.TimeoutExpired(self.args, timeout or 0) from None
        line, _, self._told = self._told.partition(b"\n")
        return line


def run(
    *words: str, cwd: Path, env: Mapping[str, str], given: bytes = b"", timeout: float = 120
) -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end. Raises subprocess.TimeoutExpired, and kills it then."""
    command = Command(words, cwd=cwd, env=env, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    try:
        out, err = command.communicate(given, timeout)
    except subprocess.TimeoutExpired:
        command.kill()
        command.wait()
        raise
    return subprocess.CompletedProcess(command.args, command.wait(), out, err)


def _stream(given: int | IO[bytes], theirs: list[int], *, writes: bool) -> Any:
    """Add the command's end of a stream to `theirs`, and return ours if there is one."""
    if given == PIPE:
        reads, written = os.pipe()
        theirs.append(reads if writes else written)
        return os.fdopen(written if writes else reads, "wb" if writes else "rb")
    if given == DEVNULL:
        theirs.append(os.open(os.devnull, os.O_RDWR))
    else:
        theirs.append(os.dup(given if isinstance(given, int) else given.fileno()))
    return None


@cache
def waiting() -> str:
    """Start the process that is copied, once, and return the path of its socket."""
    folder = tempfile.TemporaryDirectory(prefix="factcheck-")
    path = f"{folder.name}/commands"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("FACTCHECK_")},
        "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "NO_COLOR": "1",
    }  # fmt: skip
    # It ends when its standard input does: with this process, however that ends.
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.commands", path], env=environment, stdin=PIPE, stdout=PIPE, cwd=folder.name
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"waiting\n"

    def end() -> None:
        process.communicate()
        folder.cleanup()

    atexit.register(end)
    return path


def _wait_for_commands(path: str) -> None:
    """Be the process that is copied. Returns in the copies alone."""
    for place in cli.COMMANDS.values():
        importlib.import_module(f"factcheck.cli.{place.partition(':')[0]}")
    gc.freeze()  # what the copies share is not looked through by each
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait for the commands
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        os.write(1, b"waiting\n")
        while True:
            if 0 in select.select([listener, 0], [], [])[0]:
                os._exit(0)
            connection, _ = listener.accept()
            if os.fork() == 0:
                break
            connection.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    request = json.loads(connection.makefile("rb").read())
    pid = os.fork()
    if pid:
        for each in (0, 1, 2, *streams):
            os.close(each)
        connection.sendall(b"%d\n" % pid)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with contextlib.suppress(OSError):  # whoever asked may be gone
            connection.sendall(b"%d\n" % code)
        os._exit(0)
    connection.close()
    for at, each in enumerate(streams):
        os.dup2(each, at)
        os.close(each)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = ["factcheck", *request["words"]]


def _end(code: int) -> NoReturn:
    """End as the interpreter does, but for taking apart what was imported, which takes longer than most commands."""
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


if __name__ == "__main__":
    _wait_for_commands(sys.argv[1])
    try:
        cli.main()
    except SystemExit as ending:
        _end(ending.code if isinstance(ending.code, int) else ending.code is not None)
    except BaseException:
        traceback.print_exc()
        _end(1)
    _end(0)
