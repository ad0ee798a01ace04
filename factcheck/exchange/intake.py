"""Read the lines of an import from a file, one by one and in bounded memory, and put them together in batches.

Nothing here asks the desk anything: what is wrong with a line by itself is found before a transaction begins.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from factcheck.errors import FactcheckError, Unreadable
from factcheck.exchange import annotation_lines, foreign, table_lines
from factcheck.exchange.lines import THE_LINE, TOO_LONG, Place, lines, refused
from factcheck.rules.imports import LineKind
from factcheck.schemas.imports import Line, Record, Refused, Unit, record
from factcheck.schemas.strict_json import parse

BATCH = 500  # lines
BATCH_BYTES = 8 * 1024 * 1024
Key = tuple[LineKind, str]


@dataclass
class Batch:
    """Lines that go in together, and how far into the file they reach."""

    lines: list[Line] = field(default_factory=list)
    end: int = 0


def batches(stream: BinaryIO, form: str, *, most: int = BATCH) -> Iterator[Batch]:
    """Yield the lines of a file in batches of at most `most`. Raises Invalid for a table whose header is no good.

    A batch ends before a second line about the same thing, so that this line finds the first one on the desk. Lines
    that are read as one stay in one batch, and what they need is in it once.
    """
    place = Place()
    batch, begun = Batch(), 0
    taken: dict[Key, Record] = {}
    for unit in READERS[form](stream, place):
        new = _without_repeats(unit, taken)
        full = len(batch.lines) + len(new) > most or batch.end - begun >= BATCH_BYTES
        if batch.lines and (full or any(_key(line) in taken for line in new)):
            yield batch
            begun = batch.end
            batch, taken, new = Batch(end=begun), {}, unit
        taken.update({(line.kind, line.external_id): line for line in new if isinstance(line, Record)})
        batch.lines.extend(new)
        batch.end = place.bytes
    if batch.lines:
        yield batch


def _key(line: Line) -> Key | None:
    return (line.kind, line.external_id) if isinstance(line, Record) else None


def _without_repeats(unit: Unit, taken: dict[Key, Record]) -> Unit:
    """Leave out what the batch has already, word for word, for another unit that needs it."""
    if len(unit) == 1:
        return unit
    return [line for line in unit if not (isinstance(line, Record) and line.on_demand and _same(line, taken))]


def _same(line: Record, taken: dict[Key, Record]) -> bool:
    before = taken.get((line.kind, line.external_id))
    return before is not None and before.on_demand and before.fields == line.fields


def _ndjson(stream: BinaryIO, place: Place) -> Iterator[Unit]:
    for raw in lines(stream, place):
        if raw is None:
            yield [Refused(place.line, Unreadable(TOO_LONG))]
        elif raw.strip(b" \t\r\n"):
            data = None
            try:
                data = parse(raw, THE_LINE)
                yield [record(place.line, data)]
            except FactcheckError as error:
                yield [refused(place.line, data, error)]


READERS: dict[str, Callable[[BinaryIO, Place], Iterator[Unit]]] = {
    "ndjson": _ndjson,
    "csv": table_lines.records,
    "claimreview": foreign.records,
    "annotations": annotation_lines.records,
}
IMPORTED = tuple(READERS)
