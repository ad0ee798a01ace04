"""Read an import's lines in a process of its own, while this one enters those that came before: two cores, not one.

What is read is sent through a pipe, a batch at a time. A pipe holds little: the reader waits until a batch is taken, so
that however long the file is, a batch or two are in memory. Whichever of the two ends, the other does too: this one
finds the pipe closed, the reader cannot write to it.
"""

import gc
import multiprocessing
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import BinaryIO

import click

from factcheck.errors import FactcheckError
from factcheck.exchange import intake
from factcheck.exchange.intake import Batch

COLLECTED = 4 * 1024 * 1024  # bytes of the file between two collections of garbage


@contextmanager
def read_ahead(stream: BinaryIO, form: str) -> Iterator[Iterator[Batch]]:
    """Yield the batches of a file, read by a process of its own; raises what reading them raises,
    and ClickException when that process is killed.

    Begin before anything else runs in this process or is connected to it: the reader is its copy. Where processes
    cannot be copied, the lines are read by this one.
    """
    if sys.platform in ("darwin", "win32"):
        yield intake.batches(stream, form)
        return
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    reader = context.Process(target=_read, args=(stream, form, sender, receiver), daemon=True)
    reader.start()
    sender.close()
    try:
        yield _received(receiver)
    finally:
        receiver.close()
        reader.terminate()
        reader.join()


def _received(receiver: Connection) -> Iterator[Batch]:
    while True:
        try:
            sent = receiver.recv()
        except (EOFError, OSError):  # between two batches, or in the middle of one
            raise click.ClickException(
                "The process that reads the lines has ended too early. The lines so far were added:"
                " import the same file again to continue."
            ) from None
        if sent is None:
            return
        if isinstance(sent, FactcheckError):
            raise sent
        yield sent


def _read(stream: BinaryIO, form: str, sender: Connection, receiver: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other process answers it
    receiver.close()  # or this one would never find the pipe closed
    try:
        try:
            for batch in uncollected(intake.batches(stream, form)):
                sender.send(batch)
            sender.send(None)
        except FactcheckError as error:
            sender.send(error)
    except BrokenPipeError:
        pass  # nobody wants the rest


def uncollected(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Look for garbage in circles every few batches: Python would look hundreds of times, a sixth of an import.

    By what was read, so that no more of it is held however large the lines are.
    """
    collected = 0
    gc.freeze()
    gc.disable()
    try:
        for batch in batches:
            yield batch
            if batch.end - collected >= COLLECTED:
                gc.collect()
                collected = batch.end
    finally:
        gc.enable()
        gc.unfreeze()
