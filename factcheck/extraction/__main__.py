"""The process that reads one page or feed: what it gets is not to be trusted, so it has little memory and little time.

It says that it is ready on its standard output, then reads a line of JSON and the page from its standard input, and
writes what it has found as JSON.
"""

import json
import resource
import sys

from factcheck.extraction import feeds, reading, refusals

MEMORY = 300 * 2**20  # bytes of its address space
SECONDS = 3  # of the processor, beside its start


def limit() -> None:
    """Limit what this process may take from now on."""
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, int(used) + SECONDS + 1),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (least, hard))


def main() -> None:
    limit()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    asked = json.loads(sys.stdin.buffer.readline())
    read = feeds.found if asked["feed"] else reading.found
    found = read(sys.stdin.buffer.read(), asked["content_type"], asked["url"])
    sys.stdout.buffer.write(json.dumps(refusals.handed_over(found)).encode())


if __name__ == "__main__":
    main()
