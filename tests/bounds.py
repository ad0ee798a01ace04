"""What a test may cost: processor time and memory, which end it when it takes more."""

import gc
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType


@contextmanager
def costs(seconds: float, megabytes: int, *, most: float = 20) -> Iterator[None]:
    """Demand that a block takes so many seconds of processor time, and maps no more memory, at most.

    One that takes `most` seconds is broken off, so that the test fails and does not hang. What other tests left in
    memory is not looked through meanwhile: the collector would need seconds for it, wherever it happens to begin.
    """

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"still at work after {most} s of processor time")

    mapped = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    handler = signal.signal(signal.SIGPROF, over)
    resource.setrlimit(resource.RLIMIT_AS, (mapped + megabytes * 2**20, limits[1]))
    signal.setitimer(signal.ITIMER_PROF, most)
    gc.freeze()
    began = time.process_time()
    try:
        yield
        took = time.process_time() - began
    finally:
        gc.unfreeze()
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, handler)
        resource.setrlimit(resource.RLIMIT_AS, limits)
    assert took <= seconds, f"{took:.2f} s of processor time, {seconds} allowed"
