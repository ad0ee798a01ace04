"""Tables as lines of an import: each row is one thing."""

import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from factcheck.errors import FactcheckError, Flaw, Invalid, Unreadable
from factcheck.exchange.lines import LONGEST, Place, lines, refused
from factcheck.formats import table_dialect
from factcheck.formats.import_table import Header
from factcheck.formats.table_dialect import Dialect, Recoded
from factcheck.messages import message
from factcheck.rules.imports import Notice
from factcheck.schemas.imports import COLUMNS, Line, Refused, Unit, record


def records(stream: BinaryIO, place: Place) -> Iterator[Unit]:
    """Yield the rows of a table; the first one tells how the table was read. Raises Invalid for a header that is no
    good. The stream must be one that can be read again.
    """
    encoding = table_dialect.encoding(stream)
    stream.read(encoding.mark)
    place.bytes += encoding.mark
    recoded = None if encoding.codec == "utf-8" else Recoded(stream, encoding.codec)
    try:
        text = _Text(recoded or stream, place)
        try:
            dialect = text.dialect()
        except _TooLong:
            yield [_endless(text)]
            return
        told = [each for each in (dialect.told, encoding.told) if each]
        notices = [Notice(_read_so(*told))] if told else []
        for line in _rows(text, dialect):
            line.notices[:0] = notices
            notices = []
            yield [line]
    finally:
        if recoded is not None:
            recoded.release()


def _read_so(how: str, also: str | None = None) -> str:
    if also is None:
        return message("The table was read {how}.", how=how)
    return message("The table was read {how}, {also}.", how=how, also=also)


class _TooLong(Exception):
    """A record of a table that does not end."""


class _Text:
    """The lines of a table as text, for the reader of tables: it may ask for many to read one record."""

    def __init__(self, stream: BinaryIO | Recoded, place: Place) -> None:
        self.lines = lines(stream, place)
        self.place = place
        self.again: deque[str] = deque()  # lines that were looked at and not yet taken
        self.first = 1  # line of the record being read
        self.held = 0

    def dialect(self) -> Dialect:
        """Return how cells are separated, by the first line that is not blank; a line that only says it is taken."""
        blank: list[str] = []
        for text in self:
            if text.strip():
                found = table_dialect.dialect(text)
                self.again = deque(blank if found.named else [*blank, text])
                return found
            blank.append(text)
        return Dialect()

    def __iter__(self) -> Iterator[str]:
        while self.again:
            yield self.again.popleft()
        for raw in self.lines:
            self.held += LONGEST + 1 if raw is None else len(raw)
            if raw is None or self.held > LONGEST:
                raise _TooLong
            # What is no UTF-8 becomes halves of surrogate pairs, and is told apart from them further down.
            yield raw.decode("utf-8", "surrogateescape")

    def begin(self) -> None:
        self.first, self.held = self.place.line + 1 - len(self.again), 0


def _rows(text: _Text, dialect: Dialect) -> Iterator[Line]:
    csv.field_size_limit(LONGEST)
    rows = csv.reader(text, strict=True, delimiter=dialect.delimiter)
    header: Header | None = None
    while True:
        text.begin()
        try:
            row = next(rows)
        except StopIteration:
            return
        except _TooLong:
            yield _endless(text)
            return
        except csv.Error as error:
            if header is None:
                raise Invalid(message("The table's header cannot be read: {reason}.", reason=str(error))) from error
            yield Refused(text.first, Unreadable(message("The row cannot be read: {reason}.", reason=str(error))))
            continue
        if not any(row):
            continue
        if header is None:
            header = _header(row)
        else:
            yield _row(text.first, header, row)


def _endless(text: _Text) -> Refused:
    told = message(
        "The row is longer than {most} bytes: is a quotation mark missing? The rest was not read.", most=LONGEST
    )
    return Refused(text.first, Unreadable(told))


def _header(names: list[str]) -> Header:
    """Read the header. Raises Invalid where no column is one of an import: every row would be refused for it."""
    header = Header(names)
    if not any(path[0] in COLUMNS for path in header.paths):
        told = message(
            "The table has no known column. Name columns like fields of the API: {columns}.",
            columns=", ".join(sorted(COLUMNS)),
        )
        raise Invalid(message("The table's header cannot be read."), flaws=[Flaw(told)])
    return header


def _row(line: int, header: Header, row: list[str]) -> Line:
    thing = None
    try:
        if any("\udc80" <= letter <= "\udcff" for cell in row if not cell.isascii() for letter in cell):
            raise Unreadable(message("The row is not UTF-8."))
        thing = header.thing(row)
        return record(line, thing)
    except FactcheckError as error:
        return refused(line, thing, error)
