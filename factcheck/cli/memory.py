"""How a process keeps its memory: when it looks for garbage, and from where it takes more."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from factcheck.settings import heaps_are_told

HEAPS = 2
_M_ARENA_MAX = -8  # glibc's malloc.h


@contextmanager
def unsearched() -> Iterator[None]:
    """Search for no garbage inside a block that makes only what stays: at a start it takes a sixth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def keep() -> None:
    """Leave out of every later search what is there now: a server looks through it for ever and finds none."""
    gc.freeze()


def share_heaps() -> None:
    """Let all threads that begin from now on take memory from the same HEAPS, if the C library can be told and was not.

    glibc gives threads eight heaps a core, and each keeps for itself what its threads took at their worst.
    """
    if heaps_are_told():
        return
    with suppress(OSError, AttributeError):  # another C library, which has no such word
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, HEAPS)
