"""How a table is written: in which encoding, and what separates its cells.

Spreadsheets write semicolons where the comma is the decimal sign, and byte order marks, UTF-16 or Windows-1252. Nothing
in a table says which, so that each is recognised, and told: whoever sent it sees how it was read.
"""

import codecs
import csv
import io
import re
from typing import BinaryIO, NamedTuple

from factcheck.errors import Invalid
from factcheck.messages import message

CHUNK = 64 * 1024
HEAD = 64 * 1024  # characters of a first line that are looked at to find what separates the cells
DELIMITERS = {
    ",": message("commas"),
    ";": message("semicolons"),
    "\t": message("tabs"),
    "|": message("vertical bars"),
}
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF8, "utf-8", message("UTF-8 with a byte order mark")),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_SEPARATOR = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)
_OUTSIDE_ASCII = re.compile(rb"[\x80-\xff]+")
_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_NOT_WINDOWS = re.compile(rb"[\x81\x8d\x8f\x90\x9d\xff]")  # ÿ too, which hardly any text has


class Encoding(NamedTuple):
    """The name of a codec, how many bytes the byte order mark has, and what to say of it; None for plain UTF-8."""

    codec: str
    mark: int = 0
    told: str | None = None


class Dialect(NamedTuple):
    """What separates the cells, whether a line before the header says so, and what to say of it; None for commas."""

    delimiter: str = ","
    named: bool = False
    told: str | None = None


def encoding(stream: BinaryIO) -> Encoding:
    """Return how a table is encoded; the stream must be one that can be read again. Raises Invalid for UTF-32 and for
    what begins as UTF-16 and does not go on so.

    What is neither is taken for UTF-8, damaged in some rows perhaps, or for Windows-1252, which any bytes could be:
    if most of what is not ASCII is no UTF-8.
    """
    start = stream.tell()
    try:
        found = _marked(stream.read(CHUNK))
        stream.seek(start + found.mark)
        if _decodes(stream, found.codec):
            return found
        if found.codec != "utf-8":
            raise Invalid(message("The table begins as UTF-16 and does not go on so. Save it as UTF-8."))
        stream.seek(start)
        return found if found.mark or not _may_be_windows(stream) else _WINDOWS
    finally:
        stream.seek(start)


_WINDOWS = Encoding(
    "windows-1252",
    0,
    message("in Windows-1252, as it is not UTF-8: check its accents and signs, or save the table as UTF-8"),
)


def _marked(head: bytes) -> Encoding:
    for mark, codec, name in _MARKS:
        if head.startswith(mark):
            if codec == "utf-32":
                raise Invalid(message("The table is in UTF-32. Save it as UTF-8."))
            return Encoding(codec, len(mark), message("in {encoding}", encoding=name))
    zeros = [at for at, byte in enumerate(head[:2]) if not byte]
    if len(head) > 1 and len(zeros) == 1:  # of ASCII letters, half of each pair is zero
        return Encoding(("utf-16-be", "utf-16-le")[zeros[0]], 0, message("in UTF-16 without a byte order mark"))
    return Encoding("utf-8")


def _decodes(stream: BinaryIO, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        while raw := stream.read(CHUNK):
            decoder.decode(raw)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _may_be_windows(stream: BinaryIO) -> bool:
    """Say whether what is no UTF-8 is most of what is not ASCII, and all of it letters and signs of Windows-1252.

    Otherwise it is UTF-8 with some rows damaged, which are refused by themselves.
    """
    good = bad = 0
    while raw := stream.read(CHUNK):
        for run in () if raw.isascii() else _OUTSIDE_ASCII.findall(raw):
            rest, sequences = _UTF8.subn(b"", run)
            if _NOT_WINDOWS.search(rest):
                return False
            good, bad = good + sequences, bad + len(rest)
    return bad > good


def dialect(first: str) -> Dialect:
    """Return what separates the cells of a table, from its first line: `sep=;`, or the header.

    Names of columns hold none of the separators, so that the one that makes the most columns is the right one.
    """
    if named := _SEPARATOR.fullmatch(first):
        what = DELIMITERS.get(named[1], f"“{named[1]}”")
        return Dialect(named[1], True, message("with {what} between its cells, as `sep=` says", what=what))
    delimiter = max(DELIMITERS, key=lambda each: _cells(first[:HEAD], each))  # the first of equals
    told = message("with {what} between its cells", what=DELIMITERS[delimiter])
    return Dialect(delimiter, False, None if delimiter == "," else told)


def _cells(line: str, delimiter: str) -> int:
    try:
        return max(map(len, csv.reader([line], delimiter=delimiter)), default=0)
    except csv.Error:
        return 0


class Recoded:
    """The lines of a stream in UTF-8, whatever its encoding is."""

    def __init__(self, stream: BinaryIO, codec: str) -> None:
        self.text = io.TextIOWrapper(stream, codec, newline="\n")

    def readline(self, size: int = -1) -> bytes:
        return self.text.readline(size).encode()

    def release(self) -> None:
        """Leave the stream open: it is not this one's to close."""
        self.text.detach()
