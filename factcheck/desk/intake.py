"""Read the lines of an import from a file, one by one and in bounded memory, and put them together in batches.

Nothing here asks the desk anything: what is wrong with a line by itself is found before a transaction begins.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from factcheck.desk import annotation_lines, foreign
from factcheck.desk.lines import LONGEST, Place, lines, refused
from factcheck.errors import FactcheckError, Invalid, Unreadable
from factcheck.formats.import_table import Header
from factcheck.schemas.imports import Record, Refused, record
from factcheck.schemas.strict_json import parse

BATCH = 500  # lines
BATCH_BYTES = 8 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_NO_UTF8 = re.compile("[\udc80-\udcff]")  # what decoding left of bytes that are not UTF-8
IMPORTED = ("ndjson", "csv", "claimreview", "annotations")


@dataclass
class Batch:
    """Lines that go in together, and how far into the file they reach."""

    lines: list[Record | Refused] = field(default_factory=list)
    end: int = 0


def batches(stream: BinaryIO, form: str, *, most: int = BATCH) -> Iterator[Batch]:
    """Yield the lines of a file in batches of at most `most`. Raises Invalid for a table whose header is no good.

    A batch ends before a second line about the same thing, so that this line finds the first one on the desk.
    """
    place = Place()
    batch, begun = Batch(), 0
    taken: set[tuple[str, str]] = set()
    readers = {
        "csv": _table, "ndjson": _ndjson, "claimreview": foreign.records, "annotations": annotation_lines.records,
    }  # fmt: skip
    for line in readers[form](stream, place):
        key = (str(line.kind), line.external_id) if isinstance(line, Record) else None
        if batch.lines and (key in taken or len(batch.lines) >= most or batch.end - begun >= BATCH_BYTES):
            yield batch
            begun = batch.end
            batch, taken = Batch(end=begun), set()
        if key:
            taken.add(key)
        batch.lines.append(line)
        batch.end = place.bytes
    if batch.lines:
        yield batch


def _ndjson(stream: BinaryIO, place: Place) -> Iterator[Record | Refused]:
    for raw in lines(stream, place):
        if raw is None:
            yield Refused(place.line, Unreadable(f"The line is longer than {LONGEST} bytes."))
        elif raw.strip(b" \t\r\n"):
            data = None
            try:
                data = parse(raw, "The line")
                yield record(place.line, data)
            except FactcheckError as error:
                yield refused(place.line, data, error)


class _TooLong(Exception):
    """A record of a table that does not end."""


class _Text:
    """The lines of a table as text, for the reader of tables: it may ask for many to read one record."""

    def __init__(self, stream: BinaryIO, place: Place) -> None:
        self.lines = lines(stream, place)
        self.place = place
        self.first = 1  # line of the record being read
        self.held = 0

    def __iter__(self) -> Iterator[str]:
        for raw in self.lines:
            self.held += LONGEST + 1 if raw is None else len(raw)
            if raw is None or self.held > LONGEST:
                raise _TooLong
            # What is no UTF-8 becomes halves of surrogate pairs, and is told apart from them further down.
            text = raw.removeprefix(_BOM) if self.place.line == 1 else raw
            yield text.decode("utf-8", "surrogateescape")

    def begin(self) -> None:
        self.first, self.held = self.place.line + 1, 0


def _table(stream: BinaryIO, place: Place) -> Iterator[Record | Refused]:
    csv.field_size_limit(LONGEST)
    text = _Text(stream, place)
    rows = csv.reader(text, strict=True)
    header: Header | None = None
    while True:
        text.begin()
        try:
            row = next(rows)
        except StopIteration:
            return
        except _TooLong:
            told = f"The row is longer than {LONGEST} bytes: does a quotation mark lack its partner?"
            yield Refused(text.first, Unreadable(f"{told} Nothing after it was read."))
            return
        except csv.Error as error:
            if header is None:
                raise Invalid(f"The table's header cannot be read: {error}.") from error
            yield Refused(text.first, Unreadable(f"The row cannot be read: {error}."))
            continue
        if not any(row):
            continue
        if header is None:
            header = Header(row)
        else:
            yield _row(text.first, header, row)


def _row(line: int, header: Header, row: list[str]) -> Record | Refused:
    thing = None
    try:
        if any(_NO_UTF8.search(cell) for cell in row if not cell.isascii()):
            raise Unreadable("The row is not UTF-8.")
        thing = header.thing(row)
        return record(line, thing)
    except FactcheckError as error:
        return refused(line, thing, error)
