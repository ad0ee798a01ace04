"""Read the lines of an import from a file, one by one and in bounded memory, and put them together in batches.

Nothing here asks the desk anything: what is wrong with a line by itself is found before a transaction begins.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any, BinaryIO

from factcheck.errors import FactcheckError, Invalid, Unreadable
from factcheck.formats import annotations
from factcheck.formats.import_table import Header
from factcheck.schemas.imports import KINDS, Record, Refused, record
from factcheck.schemas.strict_json import parse

LONGEST = 16 * 1024 * 1024  # bytes of a line: the longest article, written with escapes alone, has 12 million
BATCH = 500  # lines
BATCH_BYTES = 8 * 1024 * 1024
_CHUNK = 64 * 1024
_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"


@dataclass
class Batch:
    """Lines that go in together, and how far into the file they reach."""

    lines: list[Record | Refused] = field(default_factory=list)
    end: int = 0


@dataclass
class _Place:
    """Where in the file the reader is: lines and bytes read."""

    line: int = 0
    bytes: int = 0


def batches(stream: BinaryIO, form: str, *, most: int = BATCH) -> Iterator[Batch]:
    """Yield the lines of a file in batches of at most `most`. Raises Invalid for a table whose header is no good.

    A batch ends before a second line about the same thing, so that this line finds the first one on the desk.
    """
    place = _Place()
    batch, begun = Batch(), 0
    taken: set[tuple[str, str]] = set()
    for line in READERS[form](stream, place):
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


def _ndjson(stream: BinaryIO, place: _Place) -> Iterator[Record | Refused]:
    for raw in _lines(stream, place):
        if raw is None:
            yield Refused(place.line, Unreadable(f"The line is longer than {LONGEST} bytes."))
        elif raw.strip(_BLANK):
            data = None
            try:
                data = parse(raw, "The line")
                yield record(place.line, data)
            except FactcheckError as error:
                yield _refused(place.line, data, error)


def _refused(line: int, data: object, error: FactcheckError) -> Refused:
    """Return a line that is not taken, with what of it can be told."""
    kind, external_id = (data.get("type"), data.get("external_id")) if isinstance(data, dict) else (None, None)
    return Refused(
        line,
        error,
        kind if isinstance(kind, str) and kind in KINDS else None,
        external_id[:200] if isinstance(external_id, str) and not isinstance(error, Unreadable) else None,
    )


def _lines(stream: BinaryIO, place: _Place) -> Iterator[bytes | None]:
    """Yield each line; None for one that is too long, of which no more than a part is ever held."""
    while raw := stream.readline(LONGEST + 1):
        place.line += 1
        place.bytes += len(raw)
        if len(raw) <= LONGEST or raw.endswith(b"\n"):
            yield raw
            continue
        while not raw.endswith(b"\n") and (raw := stream.readline(_CHUNK)):
            place.bytes += len(raw)
        yield None


class _TooLong(Exception):
    """A record of a table that does not end."""


class _Text:
    """The lines of a table as text, for the reader of tables: it may ask for many to read one record."""

    def __init__(self, stream: BinaryIO, place: _Place) -> None:
        self.lines = _lines(stream, place)
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


def _table(stream: BinaryIO, place: _Place) -> Iterator[Record | Refused]:
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
        if any("\udc80" <= letter <= "\udcff" for cell in row if not cell.isascii() for letter in cell):
            raise Unreadable("The row is not UTF-8.")
        thing = header.thing(row)
        return record(line, thing)
    except FactcheckError as error:
        return _refused(line, thing, error)


def _annotations(stream: BinaryIO, place: _Place) -> Iterator[Record | Refused]:
    """Yield the annotations of a file: one JSON document, in which each counts as a line, or a document on each line.

    Lines may be sources and articles too, as NDJSON has them: the claims of the next ones are of those.
    """
    first = stream.readline(LONGEST + 1)
    while first and not first.strip(_BLANK):
        place.line, place.bytes = place.line + 1, place.bytes + len(first)
        first = stream.readline(LONGEST + 1)
    try:
        parse(first, "The line")
    except FactcheckError:
        yield from _document(first + stream.read(LONGEST + 1), place)
        return
    for raw in chain((first,), iter(partial(stream.readline, LONGEST + 1), b"")):
        place.line, place.bytes = place.line + 1, place.bytes + len(raw)
        if len(raw) > LONGEST:
            yield Refused(
                place.line, Unreadable(f"The line is longer than {LONGEST} bytes. Nothing after it was read.")
            )
            return
        if raw.strip(_BLANK):
            yield from _of_annotations(raw, place, counting=False)


def _document(raw: bytes, place: _Place) -> Iterator[Record | Refused]:
    place.bytes += len(raw)
    place.line = 1
    if len(raw) > LONGEST:
        told = f"The document is longer than {LONGEST} bytes: bring one annotation a line."
        yield Refused(place.line, Unreadable(f"{told} Nothing of it was read."))
    elif raw.strip(_BLANK):
        yield from _of_annotations(raw, place, counting=True)


def _of_annotations(raw: bytes, place: _Place, *, counting: bool) -> Iterator[Record | Refused]:
    """Yield what one JSON text holds; `counting`: as lines of their own, from 1."""
    thing: Any = None
    try:
        for at, thing in enumerate(annotations.inside(parse(raw, "The document" if counting else "The line")), 1):
            line = at if counting else place.line
            data = thing
            try:
                if not (isinstance(thing, dict) and thing.get("type") in ("source", "article")):
                    data = annotations.line(thing)
                yield record(line, data)
            except FactcheckError as error:
                yield _refused(line, data, error)
    except FactcheckError as error:
        yield Refused(place.line, error)


Reader = Callable[[BinaryIO, _Place], Iterator[Record | Refused]]
READERS: dict[str, Reader] = {"ndjson": _ndjson, "csv": _table, "annotations": _annotations}
FORMATS = tuple(READERS)
