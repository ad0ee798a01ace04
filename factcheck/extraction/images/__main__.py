"""The process that reads one image: as the one that reads pages, but with the memory that pixels need.

It says that it is ready on its standard output, then reads a line of JSON and the image from its standard input, and
writes what it has found as JSON.
"""

import json
import sys

from factcheck.extraction import refusals
from factcheck.extraction.images import decoding
from factcheck.extraction.limits import limit

MEMORY = 900 * 2**20  # bytes of its address space: an image of MOST_PIXELS takes a third of it, the libraries another
SECONDS = 6  # of the processor, beside its start


def main() -> None:
    limit(MEMORY, SECONDS)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.buffer.readline()
    found = decoding.found(sys.stdin.buffer.read())
    sys.stdout.buffer.write(json.dumps(refusals.handed_over(found)).encode())


if __name__ == "__main__":
    main()
