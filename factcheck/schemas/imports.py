"""The lines of an import: a source, an article, or a claim with evidence and occurrences, each in the API's own shape.

Wherever a field holds the id of another thing, a line may give that thing's `external_id` instead, as seeds do.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from marshmallow import fields

from factcheck.errors import FactcheckError, Flaw, Invalid
from factcheck.messages import message
from factcheck.rules.imports import LineKind, Notice, Outcome
from factcheck.schemas.articles import ArticleIn
from factcheck.schemas.base import Choice, Out, Reference, Whole, is_name, load
from factcheck.schemas.claims import ClaimIn
from factcheck.schemas.evidence import EvidenceIn, OccurrenceIn
from factcheck.schemas.sources import SourceIn

KINDS = frozenset(str(kind) for kind in LineKind)
EVIDENCE = 50  # pieces in one line
OCCURRENCES = 50  # in one line
DERIVED = "import:"
# What other desks and formats say a verdict is. Nothing of it is taken: a status comes from a review here, or not at
# all.
VERDICTS = frozenset(
    {
        "status", "reason", "verdict", "rating", "attribution_status", "reviewed_by", "reviewed_at", "reviews",
        "valid_on", "review_by", "second_opinion",
    }
)  # fmt: skip
NO_VERDICTS = message(
    "Statuses are not imported: import the verdict of another desk as `evidence` with the stance `context`."
)
Json = dict[str, Any]
_ANY_ID = "00000000-0000-7000-8000-000000000000"
_CLAIM, _SOURCE, _ARTICLE, _EVIDENCE, _OCCURRENCE = ClaimIn(), SourceIn(), ArticleIn(), EvidenceIn(), OccurrenceIn()
# What a line may say, of whatever kind it is.
COLUMNS = frozenset({"type", "evidence", "occurrences", *_CLAIM.fields, *_SOURCE.fields, *_ARTICLE.fields})


@dataclass(slots=True)
class Record:
    """A line that is good as far as can be told without the desk: `fields` of the API's input, references as named.

    `on_demand`: enter it only together with something that names it. `notices` say what of the line is not carried.
    `former` is the external id that earlier versions gave it: what is there under that one may be the same. `unnamed`:
    whoever sent it gave it no external id.
    """

    line: int
    kind: LineKind
    external_id: str
    fields: Json
    evidence: list[Json] = field(default_factory=list)
    on_demand: bool = False
    former: str | None = None
    unnamed: bool = False
    notices: list[Notice] = field(default_factory=list)
    occurrences: list[Json] = field(default_factory=list)

    def names(self) -> Iterator[tuple[LineKind, Json, str, str]]:
        """Yield each reference: the kind of thing, the object and the member that names it, and its pointer."""
        if self.kind is LineKind.ARTICLE:
            yield LineKind.SOURCE, self.fields, "outlet_id", "/outlet_id"
        elif self.kind is LineKind.CLAIM:
            yield LineKind.ARTICLE, self.fields, "article_id", "/article_id"
            for at, hop in enumerate(self.fields["attribution"]):
                yield LineKind.SOURCE, hop, "source_id", f"/attribution/{at}/source_id"
                yield LineKind.SOURCE, hop, "on_behalf_of_id", f"/attribution/{at}/on_behalf_of_id"
            for at, item in enumerate(self.evidence):
                yield LineKind.SOURCE, item, "source_id", f"/evidence/{at}/source_id"
                yield LineKind.SOURCE, item, "origin_id", f"/evidence/{at}/origin_id"


@dataclass(slots=True)
class Refused:
    """A line that is not taken, and why."""

    line: int
    problem: FactcheckError
    kind: str | None = None
    external_id: str | None = None
    notices: list[Notice] = field(default_factory=list)


Line = Record | Refused
Unit = Sequence[Line]  # lines that are read as one, and go in together


def record(line: int, data: Any) -> Record:
    """Read one line's object. Raises Invalid."""
    if not isinstance(data, dict):
        raise Invalid(message("A line must be a JSON object."), flaws=[Flaw(message("Must be an object."), pointer="")])
    kind = data.get("type")
    if not isinstance(kind, str) or kind not in KINDS:
        allowed = ", ".join(sorted(KINDS))
        raise Invalid(
            message("The line has no type."),
            flaws=[Flaw(message("Must be one of: {choices}.", choices=allowed), pointer="/type")],
        )
    members = {name: value for name, value in data.items() if name != "type"}
    read = _claim(line, members) if kind == LineKind.CLAIM else _other(line, LineKind(kind), members)
    if not read.external_id:
        read.external_id = read.fields["external_id"] = derived(data)
        read.unnamed = True
    return read


def derived(data: Json) -> str:
    """Return the external id of a line that gives none: the same for the same content, however it is written."""
    return DERIVED + hashlib.sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _claim(line: int, members: Json) -> Record:
    verdicts = [Flaw(NO_VERDICTS, pointer=f"/{name}") for name in members if name in VERDICTS]
    if verdicts:
        raise Invalid(message("The line has a verdict."), flaws=verdicts)
    pieces = _list(members, "evidence", EVIDENCE)
    places = _list(members, "occurrences", OCCURRENCES)
    fields, evidence, occurrences = _read(members, pieces, places)
    return Record(line, LineKind.CLAIM, fields["external_id"] or "", fields, evidence, occurrences=occurrences)


def _list(members: Json, name: str, most: int) -> list[Any]:
    """Take a list out of a line's members, empty where there is none. Raises Invalid."""
    given = members.pop(name, None)
    items = [] if given is None else given
    if not isinstance(items, list) or len(items) > most:
        flaw = Flaw(message("Must be a list of at most {most} items.", most=most), pointer=f"/{name}")
        raise Invalid(message("Some fields of the request are not allowed."), flaws=[flaw])
    return items


def _read(members: Json, pieces: list[Any], places: list[Any]) -> tuple[Json, list[Json], list[Json]]:
    """Read a claim with its evidence and occurrences. Raises Invalid with all that is wrong with them."""
    flaws: list[Flaw] = []
    chain = members.get("attribution")
    hops = [each for each in chain if isinstance(each, dict)] if isinstance(chain, list) else []
    taken = _taken(members, "article_id")
    taken += [name for hop in hops for name in _taken(hop, "source_id", "on_behalf_of_id")]
    fields: Json = {}
    try:
        fields = load(_CLAIM, members)
    except Invalid as error:
        flaws += error.flaws
    evidence: list[Json] = []
    for at, each in enumerate(pieces):
        named = _taken(each, "source_id", "origin_id") if isinstance(each, dict) else []
        try:
            evidence.append(_given_back(load(_EVIDENCE, each, f"/evidence/{at}"), named))
        except Invalid as error:
            flaws += error.flaws
    occurrences: list[Json] = []
    for at, each in enumerate(places):
        try:
            occurrences.append(load(_OCCURRENCE, each, f"/occurrences/{at}"))
        except Invalid as error:
            flaws += error.flaws
    if flaws:
        raise Invalid(message("Some fields of the line are not allowed."), flaws=flaws)
    for hop, was in zip(fields["attribution"], hops, strict=True):
        _given_back(hop, [name for name in taken if name[0] is was])
    return _given_back(fields, [name for name in taken if name[0] is members]), evidence, occurrences


def _other(line: int, kind: LineKind, members: Json) -> Record:
    taken = _taken(members, "outlet_id") if kind is LineKind.ARTICLE else []
    fields = _given_back(load(_ARTICLE if kind is LineKind.ARTICLE else _SOURCE, members), taken)
    return Record(line, kind, fields["external_id"] or "", fields)


def _taken(thing: Json, *names: str) -> list[tuple[Json, str, str]]:
    """Put an id wherever something is named, for the schema's sake, and return what stood there."""
    taken = [(thing, name, thing[name]) for name in names if is_name(thing.get(name))]
    for _, name, _ in taken:
        thing[name] = _ANY_ID
    return taken


def _given_back(fields: Json, taken: list[tuple[Json, str, str]]) -> Json:
    for thing, name, value in taken:
        fields[name] = thing[name] = value
    return fields


class LineProblem(Out):
    detail = fields.String(required=True)
    errors = fields.List(fields.Dict())


class LineNotice(Out):
    detail = fields.String(required=True)
    pointer = fields.String(metadata={"description": "The place in the line."})


class ImportedOut(Out):
    """What became of one line: the answer has one such object on a line of its own for each line of the import."""

    line = Whole(1, required=True)
    type = Choice(LineKind, required=True, allow_none=True)
    result = Choice(Outcome, required=True)
    id = Reference(required=True, allow_none=True)
    external_id = fields.String(required=True, allow_none=True)
    problem = fields.Nested(LineProblem)
    notices = fields.List(
        fields.Nested(LineNotice),
        metadata={
            "description": "What was changed, shortened or left out. On the first line also how a table was read."
            " Absent if there are no notices."
        },
    )
