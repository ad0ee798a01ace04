"""How the processes of a server end when they are told to."""

import os
import signal
import socket
import threading
import time

ENDING = {signal.SIGTERM, signal.SIGINT}
NUDGES, BETWEEN = 20, 0.1  # how often the main thread is woken for a signal, and after how many seconds again


def begin_server() -> None:
    """Prepare the process that looks after the workers, before it makes the first."""
    held: list[set[int]] = []

    # Whatever is sent while a worker is being made is not lost: it stays with the kernel until its handlers are there.
    def hold() -> None:
        held.append(signal.pthread_sigmask(signal.SIG_BLOCK, ENDING))

    def let_go() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, held.pop())

    def begin() -> None:
        _end_at_once()
        let_go()

    os.register_at_fork(before=hold, after_in_parent=let_go, after_in_child=begin)
    wake_main_thread()


def begin_worker() -> None:
    """Prepare a worker, before it makes its application."""
    _end_at_once()
    wake_main_thread()


def _end_at_once() -> None:
    """End when told to, as long as nothing is served: the server sets its own handlers when the application is there.

    A worker begins with the handlers of the process that it was forked from, which only take note: whoever stopped a
    server while it started waited until it was killed.
    """
    for number in ENDING:
        signal.signal(number, lambda *_: os._exit(0))


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
