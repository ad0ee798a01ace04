"""The workers of a server: each is started again when it ends without having been told to, whatever ended it.

granian can start workers again, too, but gives up on one that ends twice within 5.5 seconds, and ends all others with
it. So each worker has a granian of its own, in a process that ends with its worker, and this process starts it again.
This one does nothing else: it has no thread, no database, and nothing that a request could bring down.
"""

import mmap
import multiprocessing
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkProcess

import structlog

from factcheck.cli.signals import ENDING, begin_child, held_back

AGAIN = 1.0  # seconds between two starts of one worker, at least
ATTEMPTS = 5  # starts in a row at which no worker came so far as to serve, after one has served before
ENDS_WITHIN = 25.0  # seconds; granian gives its worker 20
LOOKS = 0.05  # seconds between two looks whether the port is open, at the start

log = structlog.get_logger("factcheck.server")


class Board:
    """Which workers serve: a byte for each, in memory that all processes of the server share."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._bytes = mmap.mmap(-1, workers)

    def note(self, number: int, *, serves: bool) -> None:
        self._bytes[number] = serves

    def serves(self, number: int) -> bool:
        return bool(self._bytes[number])

    @property
    def serving(self) -> int:
        return sum(self._bytes[:])


class Place:
    """This process's place on the board of its server."""

    board: Board | None = None
    number = 0


def note_that_it_serves() -> None:
    """Note that this worker has made its application."""
    if Place.board is not None:
        Place.board.note(Place.number, serves=True)


def serving() -> tuple[int, int]:
    """Return how many workers of this server serve, and how many there should be."""
    return (Place.board.serving, Place.board.workers) if Place.board is not None else (1, 1)


class Worker:
    """One worker: its process of the moment, and when the next one may be started."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.process: ForkProcess | None = None
        self.due = 0.0

    def start(self, serve: Callable[[], None], board: Board) -> None:
        def be() -> None:
            begin_child()
            Place.board, Place.number = board, self.number
            serve()

        self.process = multiprocessing.get_context("fork").Process(target=be)
        self.due = time.monotonic() + AGAIN
        with held_back():
            self.process.start()


class Supervisor:
    """Runs `serve`, which serves until it is told to end, in as many processes as there are workers.

    `told` is called until it returns True: it tells whoever started the server that it is there.
    """

    def __init__(self, serve: Callable[[], None], workers: int, told: Callable[[], bool]) -> None:
        self.serve, self.told = serve, told
        self.board = Board(workers)
        self.workers = [Worker(number) for number in range(workers)]
        self.failures = 0
        self.has_served = self.has_told = False

    def run(self) -> bool:
        """Serve until SIGTERM or SIGINT. Return False when no worker can be started; all have ended in either case."""
        with _signals() as received:
            try:
                while self._can_go_on():
                    self._start_who_is_due()
                    self.has_told = self.has_told or self.told()
                    if not ENDING.isdisjoint(received(self._patience())):
                        return True
                return False
            finally:
                self._end()

    def _can_go_on(self) -> bool:
        """Take note of the workers that ended. Return False when there is no use in starting them again."""
        for worker in self.workers:
            if worker.process is not None and not worker.process.is_alive():
                served = self.board.serves(worker.number)
                log.error("worker_ended", worker=worker.number + 1, pid=worker.process.pid, served=served)
                self.board.note(worker.number, serves=False)
                self.failures = 0 if served else self.failures + 1
                self.has_served = self.has_served or served
                worker.process = None
        if self.board.serving:
            self.failures, self.has_served = 0, True
        return self.failures < (ATTEMPTS if self.has_served else 1)

    def _start_who_is_due(self) -> None:
        for worker in self.workers:
            if worker.process is None and worker.due <= time.monotonic():
                worker.start(self.serve, self.board)

    def _patience(self) -> float | None:
        """Return for how many seconds there is nothing to do unless a signal comes; None for any time."""
        waits = [worker.due - time.monotonic() for worker in self.workers if worker.process is None]
        if not self.has_told:
            waits.append(LOOKS)
        return max(0.0, min(waits)) if waits else None

    def _end(self) -> None:
        running = [worker.process for worker in self.workers if worker.process is not None]
        for process in running:
            process.terminate()
        until = time.monotonic() + ENDS_WITHIN
        for process in running:
            process.join(max(0.0, until - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()


@contextmanager
def _signals() -> Iterator[Callable[[float | None], set[int]]]:
    """Yield a function that waits for signals, for so many seconds at most, and returns which came.

    Python writes the number of each signal that comes to a socket: one that comes before anybody waits is not lost.
    """
    reader, writer = socket.socketpair()
    with reader, writer:
        writer.setblocking(False)

        def received(patience: float | None) -> set[int]:
            ready, _, _ = select.select([reader], [], [], patience)
            return set(reader.recv(64)) if ready else set()

        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        before = {number: signal.signal(number, lambda *_: None) for number in (*ENDING, signal.SIGCHLD)}
        try:
            yield received
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)
