"""Python's search for garbage: at a start it takes a sixth of the time, and there is none."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unsearched() -> Iterator[None]:
    """Search for no garbage inside a block that makes only what stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def keep() -> None:
    """Leave out of every later search what is there now: a server looks through it for ever and finds none."""
    gc.freeze()
