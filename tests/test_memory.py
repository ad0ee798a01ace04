"""How a server's process keeps its memory."""

import os
import subprocess
import sys

from tests.needs import needs

# Threads that all take memory at once, then what glibc tells of its heaps.
THREADS = """
import ctypes, re, sys, tempfile, threading
from factcheck.cli.memory import share_heaps

if sys.argv[1] == "shared":
    share_heaps()
there = threading.Barrier(12)

def take():
    there.wait()
    held = [bytes(2000 + n % 50) for n in range(20000)]
    there.wait()

threads = [threading.Thread(target=take) for _ in range(12)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
with tempfile.NamedTemporaryFile() as told:
    file = ctypes.c_void_p(libc.fopen(told.name.encode(), b"w"))
    libc.malloc_info(0, file)
    libc.fclose(file)
    print(len(re.findall(rb"<heap nr=", told.read())))
"""


def heaps(how: str, **told: str) -> int:
    own = {name: value for name, value in os.environ.items() if name not in ("MALLOC_ARENA_MAX", "GLIBC_TUNABLES")}
    command = [sys.executable, "-c", THREADS, how]
    done = subprocess.run(command, env={**own, **told}, capture_output=True, text=True, check=True)
    return int(done.stdout)


@needs("glibc")
def test_threads_share_two_heaps() -> None:
    assert heaps("shared") <= 2
    assert heaps("as it comes") > 2
    assert heaps("shared", MALLOC_ARENA_MAX="1") == 1
