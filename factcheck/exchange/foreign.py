"""Read ClaimReviews and MediaReviews of others from a file: a JSON-LD document, NDJSON of such, or a web page.

A document (a review, a list of them, an `@graph`, a `DataFeed`) may be of any size, and is read twice: reviews may
refer to what stands after them. Of what they may refer to NODES are kept at hand; no review and no page is longer than
a line may be.
"""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from factcheck.errors import FactcheckError, Flaw, Invalid, Unreadable
from factcheck.exchange.lines import CHUNK, LONGEST, THE_LINE, TOO_LONG, Place, lines
from factcheck.formats import foreign_reviews, linked_data, web_page
from factcheck.formats.media import foreign_media_reviews
from factcheck.messages import message, plural
from factcheck.rules.imports import LineKind, Notice
from factcheck.schemas.base import safe_url
from factcheck.schemas.imports import Refused, Unit, record
from factcheck.schemas.json_pieces import records as pieces
from factcheck.schemas.strict_json import parse

NODES = 20_000
FIRST = 1024 * 1024  # bytes of a first line that is looked at to tell lines from a document
# Members of a document whose elements are records: as they are written in JSON.
_NAMES = ("@graph", "dataFeedElement", "schema:dataFeedElement", "http://schema.org/dataFeedElement",
          "https://schema.org/dataFeedElement")  # fmt: skip
LISTS = frozenset(json.dumps(name).encode() for name in _NAMES)
_BLANK = b" \t\r\n\xef\xbb\xbf"
_NONE = message("The file has no ClaimReview.")
_THE_RECORD = message("The record")
Json = dict[str, Any]


def records(stream: BinaryIO, place: Place) -> Iterator[Unit]:
    """Yield the lines that each review makes: its sources, an article and a claim, which stand and fall together.

    They have the number of the line that the review stands in; in a document or a page, the review's own. The stream
    must be one that can be read again.
    """
    if _is_page(stream):
        yield from _of_page(stream, place)
    elif _has_lines(stream):
        yield from _of_lines(stream, place)
    else:
        yield from _of_document(stream, place)


def _is_page(stream: BinaryIO) -> bool:
    start = stream.tell()
    head = stream.read(FIRST)
    stream.seek(start)
    return head.lstrip(_BLANK)[:1] == b"<" or head.startswith((b"\xff\xfe<", b"\xfe\xff\0<"))  # the second is UTF-16


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
        parse(first.strip(), THE_LINE)
    except FactcheckError:
        opens = first.lstrip().startswith(b"{") and not first.rstrip().endswith((b"{", b"[", b",", b":"))
        return opens and second.lstrip().startswith(b"{")
    return True


def _review(line: int, node: Json, known: linked_data.Nodes) -> Unit:
    """Return the lines of a review: all of them, or that it was refused."""
    try:
        read = foreign_media_reviews if linked_data.is_of_media(node) else foreign_reviews
        made = read.lines(node, known, safe_url)
        unit = [record(line, each) for each in made.lines]
    except FactcheckError as error:
        return [Refused(line, error, LineKind.CLAIM)]
    for each in unit[:-1]:
        each.on_demand = each.unnamed = True
    unit[-1].notices = made.notices
    unit[-2].former, unit[-1].former = made.former
    return unit


def _of_page(stream: BinaryIO, place: Place) -> Iterator[Unit]:
    """Yield the reviews of a page, from all its blocks of JSON-LD, which may refer to each other."""
    raw = stream.read(LONGEST + 1)
    place.line, place.bytes = 1, place.bytes + len(raw)
    if len(raw) > LONGEST:
        yield [Refused(1, Unreadable(message("The page is longer than {most} bytes and was not read.", most=LONGEST)))]
        return
    page = web_page.decoded(raw)
    notices = [Notice(page.told)] if page.told else []
    number = 0
    values = []
    for block in web_page.blocks(page.text):
        try:
            values.append(parse(block.encode(), message("A block of JSON-LD in the page")))
        except FactcheckError as error:
            number += 1
            yield [Refused(number, error)]
    known = dict(linked_data.nodes(values))
    for node in linked_data.found(values):
        number += 1
        unit = _review(number, node, known)
        unit[-1].notices[:0] = notices
        notices = []
        yield unit
    if not number:
        told = plural(
            "The page has no ClaimReview in its {count} blocks of JSON-LD.",
            "The page has no ClaimReview in its {count} blocks of JSON-LD.",
            len(values),
        )
        yield [Refused(1, Invalid(told))]


def _of_lines(stream: BinaryIO, place: Place) -> Iterator[Unit]:
    for raw in lines(stream, place):
        if raw is None:
            yield [Refused(place.line, Unreadable(TOO_LONG))]
        elif raw.strip(b" \t\r\n"):
            try:
                value = parse(raw, THE_LINE)
            except FactcheckError as error:
                yield [Refused(place.line, error)]
                continue
            reviews = list(linked_data.found(value))
            if not reviews:
                yield [Refused(place.line, _nothing())]
            known = dict(linked_data.nodes(value))
            for node in reviews:
                yield _review(place.line, node, known)


def _of_document(stream: BinaryIO, place: Place) -> Iterator[Unit]:
    start = stream.tell()
    known = _known(stream)
    stream.seek(start)
    number, at = 0, 0
    try:
        for raw in pieces(_Counted(stream, place), LISTS, LONGEST):  # type: ignore[arg-type]
            at += 1
            try:
                value = parse(raw, _THE_RECORD)
            except FactcheckError as error:
                number += 1
                yield [Refused(number, error)]
                continue
            reviews = list(linked_data.found(value))
            if not reviews and not linked_data.says_what_it_is(value):
                number += 1
                yield [Refused(number, _nothing())]
            for node in reviews:
                number += 1
                yield _review(number, node, known)
    except Unreadable as error:
        number += 1
        yield [Refused(number, error)]
    if not number:
        yield [Refused(1, _nothing() if at else Unreadable(message("The file is empty.")))]


def _nothing() -> Invalid:
    return Invalid(_NONE, flaws=[Flaw(message("Must be a ClaimReview, or contain one."), pointer="")])


def _known(stream: BinaryIO) -> dict[str, Json]:
    """Return what reviews in a document may refer to by its id: the first that were found."""
    known: dict[str, Json] = {}
    try:
        for raw in pieces(stream, LISTS, LONGEST):
            if b'"@id"' in raw or b'"id"' in raw:
                try:
                    value = parse(raw, _THE_RECORD)
                except FactcheckError:
                    continue  # it is told when it is its turn
                for name, node in linked_data.nodes(value):
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
