"""Annotations of a file as lines of an import."""

from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import Any, BinaryIO

from factcheck.errors import FactcheckError, Unreadable
from factcheck.exchange.lines import LONGEST, THE_LINE, Place, refused
from factcheck.formats import foreign_annotations
from factcheck.messages import message
from factcheck.schemas.imports import Line, Refused, Unit, record
from factcheck.schemas.strict_json import parse

BLANK = b" \t\r\n"


def records(stream: BinaryIO, place: Place) -> Iterator[Unit]:
    """Yield the annotations of a file: one JSON document, in which each counts as a line, or a document on each line.

    Lines may be sources and articles too, as NDJSON has them: the claims of the next ones are of those.
    """
    first = stream.readline(LONGEST + 1)
    while first and not first.strip(BLANK):
        place.line, place.bytes = place.line + 1, place.bytes + len(first)
        first = stream.readline(LONGEST + 1)
    try:
        if len(first) <= LONGEST:
            parse(first, THE_LINE)
    except FactcheckError:
        yield from _document(first + stream.read(LONGEST + 1), place)
        return
    for raw in chain((first,), iter(partial(stream.readline, LONGEST + 1), b"")):
        place.line, place.bytes = place.line + 1, place.bytes + len(raw)
        if len(raw) > LONGEST:
            told = message("The line is longer than {most} bytes. The rest was not read.", most=LONGEST)
            yield [Refused(place.line, Unreadable(told))]
            return
        if raw.strip(BLANK):
            yield from _read(raw, place, counting=False)


def _document(raw: bytes, place: Place) -> Iterator[Unit]:
    place.bytes += len(raw)
    place.line = 1
    if len(raw) > LONGEST:
        told = message(
            "The document is longer than {most} bytes: write one annotation per line. Nothing of it was read.",
            most=LONGEST,
        )
        yield [Refused(place.line, Unreadable(told))]
    elif raw.strip(BLANK):
        yield from _read(raw, place, counting=True)


def _read(raw: bytes, place: Place, *, counting: bool) -> Iterator[Unit]:
    """Yield what one JSON text holds; `counting`: as lines of their own, from 1."""
    try:
        document = parse(raw, message("The document") if counting else THE_LINE)
        notices = foreign_annotations.missing(document)
        for at, thing in enumerate(foreign_annotations.inside(document), 1):
            made = _line(at if counting else place.line, thing)
            made.notices[:0] = notices
            notices = []
            yield [made]
    except FactcheckError as error:
        yield [Refused(place.line, error)]


def _line(number: int, thing: Any) -> Line:
    """Return what an annotation says as a line, or a line of another kind as it is."""
    data = thing
    try:
        if isinstance(thing, dict) and thing.get("type") in ("source", "article"):
            return record(number, thing)
        data, notices = foreign_annotations.line(thing)
        made = record(number, data)
        made.notices = notices
        return made
    except FactcheckError as error:
        return refused(number, data, error)
