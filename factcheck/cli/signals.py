"""How the processes of a server end when they are told to."""

import asyncio
import ctypes
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ENDING = {signal.SIGTERM, signal.SIGINT}
NUDGES, BETWEEN = 20, 0.1  # how often the main thread is woken for a signal, and after how many seconds again
_PR_SET_PDEATHSIG = 1  # Linux's prctl.h


@contextmanager
def held_back() -> Iterator[None]:
    """Hold back the signals that end a process while it makes another one, which lets them in by `begin_child`."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def begin_child() -> None:
    """Prepare the process of a worker's server, which a supervisor has just made: it ends when that one does."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _end_at_once()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        _end_with(parent.pid, signal.SIGTERM)


def begin_server() -> None:
    """Prepare the process that looks after a worker, before it makes it."""
    held: list[set[int]] = []
    own = os.getpid()

    # Whatever is sent while a worker is being made is not lost: it stays with the kernel until its handlers are there.
    def hold() -> None:
        held.append(signal.pthread_sigmask(signal.SIG_BLOCK, ENDING))

    def let_go() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, held.pop())

    def begin() -> None:
        _end_at_once()
        let_go()
        _end_with(own, signal.SIGKILL)  # it serves a port that its successor will serve, and nobody else would end it

    os.register_at_fork(before=hold, after_in_parent=let_go, after_in_child=begin)
    wake_main_thread()


def begin_worker() -> None:
    """Prepare a worker, before it makes its application. Its event loop, once it runs, sees every signal by itself."""
    _end_at_once()


def look_back(loop: asyncio.AbstractEventLoop) -> None:
    """Have a loop that does not run yet begin with the signals that came since its handlers were set.

    uvloop sets handlers at once but listens only when it runs. Until then it keeps what comes, and looks at it with
    the next signal: so this sends one that has no meaning.
    """
    signal.signal(signal.SIGURG, lambda *_: None)
    loop.call_soon(signal.raise_signal, signal.SIGURG)


def _end_at_once() -> None:
    """End when told to, as long as nothing is served: the server sets its own handlers when the application is there.

    A worker begins with the handlers of the process that it was forked from, which only take note: whoever stopped a
    server while it started waited until it was killed.
    """
    for number in ENDING:
        signal.signal(number, lambda *_: os._exit(0))


def _end_with(parent: int, number: int) -> None:
    """Have the system send this process a signal when its parent ends, where the system can: on Linux."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it has ended already
        os.kill(os.getpid(), number)


def wake_main_thread() -> None:
    """See to it that this process ends when it is told to, from now on. Called in the main thread.

    Python runs the handlers of signals in the main thread alone. The server's waits for a lock without end, and only
    a signal that it gets itself wakes it: one that another thread got (with requests under way, every fourth here) was
    seen by nobody until the process was killed. So Python also writes each signal's number to a socket, whose reader
    sends the main thread one of its own.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.signal(signal.SIGURG, lambda *_: None)  # ignored otherwise, and then it wakes nobody
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    main = threading.main_thread().ident
    assert main is not None

    def pass_on(main: int, _writer: socket.socket) -> None:
        while received := reader.recv(64):
            if ENDING.intersection(received):
                # More than once: it may be just about to wait.
                for _ in range(NUDGES):
                    signal.pthread_kill(main, signal.SIGURG)
                    time.sleep(BETWEEN)

    threading.Thread(target=pass_on, args=(main, writer), name="signals", daemon=True).start()
