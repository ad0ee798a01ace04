"""The process that reads one page or feed: what it gets is not to be trusted, so it has little memory and little time.

It says that it is ready on its standard output, then reads a line of JSON and the page from its standard input, and
writes what it has found as JSON.
"""

import json
import sys

from factcheck.extraction import feeds, reading, refusals
from factcheck.extraction.limits import limit

MEMORY = 300 * 2**20  # bytes of its address space
SECONDS = 3  # of the processor, beside its start


def main() -> None:
    limit(MEMORY, SECONDS)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    asked = json.loads(sys.stdin.buffer.readline())
    read = feeds.found if asked["feed"] else reading.found
    found = read(sys.stdin.buffer.read(), asked["content_type"], asked["url"])
    sys.stdout.buffer.write(json.dumps(refusals.handed_over(found)).encode())


if __name__ == "__main__":
    main()
