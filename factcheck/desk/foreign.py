"""Read ClaimReviews of others from a file: a JSON-LD document, or NDJSON of such documents.

A document (a review, a list of them, an `@graph`, a `DataFeed`) may be of any size, and is read twice: reviews may
refer to what stands after them. Of what they may refer to NODES are kept at hand, and of sources that were told
SOURCES; no review is longer than a line may be.
"""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from factcheck.desk.lines import CHUNK, LONGEST, Place, lines
from factcheck.errors import FactcheckError, Flaw, Invalid, Unreadable
from factcheck.formats import foreign_reviews
from factcheck.rules.imports import LineKind
from factcheck.schemas.base import safe_url
from factcheck.schemas.imports import Record, Refused, record
from factcheck.schemas.json_pieces import records as pieces
from factcheck.schemas.strict_json import parse

NODES = 20_000
SOURCES = 100_000
FIRST = 1024 * 1024  # bytes of a first line that is looked at to tell lines from a document
# Members of a document whose elements are records: as they are written in JSON.
_NAMES = ("@graph", "dataFeedElement", "schema:dataFeedElement", "http://schema.org/dataFeedElement",
          "https://schema.org/dataFeedElement")  # fmt: skip
LISTS = frozenset(json.dumps(name).encode() for name in _NAMES)
_NONE = "There is no ClaimReview in it."
Json = dict[str, Any]


def records(stream: BinaryIO, place: Place) -> Iterator[Record | Refused]:
    """Yield the lines that reviews make: each source once, and of each review an article and a claim.

    They have the number of the line that the review stands in; in a document, which may be one line, the review's own.
    The stream must be one that can be read again.
    """
    reading = _Reading()
    if _has_lines(stream):
        yield from _of_lines(stream, place, reading)
    else:
        yield from _of_document(stream, place, reading)


def _has_lines(stream: BinaryIO) -> bool:
    """Say whether a file is NDJSON: its first line is a whole document by itself, and another one follows.

    Or the next begins with a brace as the first did, which no document does that was merely written on several lines:
    there a key comes first, or the line before ends with a bracket, a comma or a colon.
    """
    start = stream.tell()
    first, second = (next((raw for raw in iter(lambda: stream.readline(FIRST + 1), b"") if raw.strip()), b"")
                     for _ in range(2))  # fmt: skip
    stream.seek(start)
    if len(first) > FIRST or not second:
        return False
    try:
        parse(first.strip(), "The line")
    except FactcheckError:
        opens = first.lstrip().startswith(b"{") and not first.rstrip().endswith((b"{", b"[", b",", b":"))
        return opens and second.lstrip().startswith(b"{")
    return True


class _Reading:
    """What was told before: sources, so that each is told once."""

    def __init__(self) -> None:
        self.told: set[str] = set()

    def review(self, line: int, node: Json, known: foreign_reviews.Nodes) -> list[Record | Refused]:
        """Return the lines of a review: all of them, or that it was refused."""
        try:
            given = foreign_reviews.lines(node, known, safe_url)
            made = [record(line, each) for each in given if each["external_id"] not in self.told]
        except FactcheckError as error:
            return [Refused(line, error, LineKind.CLAIM)]
        if len(self.told) > SOURCES:
            self.told.clear()  # told again, they are found on the desk
        self.told.update(each.external_id for each in made if each.kind is LineKind.SOURCE)
        return list(made)


def _of_lines(stream: BinaryIO, place: Place, reading: _Reading) -> Iterator[Record | Refused]:
    for raw in lines(stream, place):
        if raw is None:
            yield Refused(place.line, Unreadable(f"The line is longer than {LONGEST} bytes."))
        elif raw.strip(b" \t\r\n"):
            try:
                value = parse(raw, "The line")
            except FactcheckError as error:
                yield Refused(place.line, error)
                continue
            reviews = list(foreign_reviews.found(value))
            if not reviews:
                yield Refused(place.line, _nothing())
            known = dict(foreign_reviews.nodes(value))
            for node in reviews:
                yield from reading.review(place.line, node, known)


def _of_document(stream: BinaryIO, place: Place, reading: _Reading) -> Iterator[Record | Refused]:
    start = stream.tell()
    known = _known(stream)
    stream.seek(start)
    number, at = 0, 0
    try:
        for raw in pieces(_Counted(stream, place), LISTS, LONGEST):  # type: ignore[arg-type]
            at += 1
            try:
                value = parse(raw, "The record")
            except FactcheckError as error:
                number += 1
                yield Refused(number, error)
                continue
            reviews = list(foreign_reviews.found(value))
            if not reviews and not foreign_reviews.says_what_it_is(value):
                number += 1
                yield Refused(number, _nothing())
            for node in reviews:
                number += 1
                yield from reading.review(number, node, known)
    except Unreadable as error:
        number += 1
        yield Refused(number, error)
    if not number:
        yield Refused(1, _nothing() if at else Unreadable("The file is empty."))


def _nothing() -> Invalid:
    return Invalid(_NONE, flaws=[Flaw("Must be a ClaimReview, or hold one.", pointer="")])


def _known(stream: BinaryIO) -> dict[str, Json]:
    """Return what reviews in a document may refer to by its id: the first that were found."""
    known: dict[str, Json] = {}
    try:
        for raw in pieces(stream, LISTS, LONGEST):
            if b'"@id"' in raw or b'"id"' in raw:
                try:
                    value = parse(raw, "The record")
                except FactcheckError:
                    continue  # it is told when it is its turn
                for name, node in foreign_reviews.nodes(value):
                    if len(known) < NODES:
                        known.setdefault(name, node)
    except Unreadable:
        return known  # likewise
    return known


class _Counted:
    """A stream that says how far it was read."""

    def __init__(self, stream: BinaryIO, place: Place) -> None:
        self.stream, self.place = stream, place

    def read(self, size: int = CHUNK) -> bytes:
        raw = self.stream.read(size)
        self.place.bytes += len(raw)
        return raw
