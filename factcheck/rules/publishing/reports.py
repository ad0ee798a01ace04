"""Reports: their states, the moves between them, and how their text refers to claims.

One table says which move leads where. A report that is saved again is a draft again, while readers still see the
version that was published last.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from factcheck.messages import message

LONGEST = 100_000  # code points of a report's text
REFERENCES = 200  # in one text


class ReportState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    PUBLISHED = "published"
    RETRACTED = "retracted"
    WITHDRAWN = "withdrawn"


class ReportNeed(StrEnum):
    REASON = "reason"
    ANOTHER = "another_person"
    CORRECTION = "correction"
    PUBLISHED = "published_before"
    UNPUBLISHED = "not_published_before"
    AHEAD = "publication_ahead"


IN_WORDS = {
    ReportNeed.REASON: message("a reason of at least {length} characters", length=10),
    ReportNeed.ANOTHER: message("somebody else than those who saved it"),
    ReportNeed.CORRECTION: message("what was corrected and why, in at least {length} characters", length=10),
    ReportNeed.PUBLISHED: message("that readers have seen it"),
    ReportNeed.UNPUBLISHED: message("that readers have never seen it"),
    ReportNeed.AHEAD: message("a publication whose time has not come"),
}


@dataclass(frozen=True)
class Move:
    before: ReportState
    after: ReportState
    needs: tuple[ReportNeed, ...] = ()


_D, _S, _A, _P = ReportState.DRAFT, ReportState.SUBMITTED, ReportState.APPROVED, ReportState.PUBLISHED
_R, _W = ReportState.RETRACTED, ReportState.WITHDRAWN
MOVES = (
    Move(_D, _S),
    Move(_S, _D, (ReportNeed.REASON,)),
    Move(_S, _A, (ReportNeed.ANOTHER,)),
    Move(_A, _D, (ReportNeed.REASON,)),
    Move(_A, _P, (ReportNeed.CORRECTION,)),
    Move(_P, _A, (ReportNeed.REASON, ReportNeed.AHEAD)),
    *(Move(state, _R, (ReportNeed.REASON, ReportNeed.PUBLISHED)) for state in (_D, _S, _A, _P)),
    *(Move(state, _W, (ReportNeed.REASON, ReportNeed.UNPUBLISHED)) for state in (_D, _S, _A, _P)),
)
BY_ENDS = {(move.before, move.after): move for move in MOVES}
ENDED = frozenset({_R, _W})
PUBLICATION, CANCELLED = "publication", "cancelled"  # the log's fields of a publication, and of one that is taken back


def takes_back(fields: Iterable[tuple[str, Any]]) -> bool:
    """Say whether an entry takes back publications whose time has not come; `fields` are those that it changed."""
    return any(name == CANCELLED or (name == "state" and value in ENDED) for name, value in fields)


class ReferenceKind(StrEnum):
    CLAIM = "claim"
    QUOTES = "quotes"
    EVIDENCE = "evidence"
    ATTRIBUTION = "attribution"


@dataclass(frozen=True)
class ReportReference:
    """What a line of a report's text stands for: a claim, or a part of one."""

    kind: ReferenceKind
    claim_id: str


@dataclass(frozen=True)
class UnreadLine:
    """A line in double braces that is no reference: what stands between them."""

    words: str


_REFERENCE = re.compile(rf"({'|'.join(ReferenceKind)}):([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})")


def parts(text: str) -> Iterator[str | ReportReference | UnreadLine]:
    """Yield a report's text in its order: Markdown, and the references between.

    A reference is a line of its own, ``{{claim:…}}`` with a claim's id, also ``quotes``, ``evidence`` and
    ``attribution``. A line in such braces that is none is an `UnreadLine`.
    """
    lines: list[str] = []
    for line in text.split("\n"):
        inside = _in_braces(line)
        if inside is None:
            lines.append(line)
            continue
        found = _REFERENCE.fullmatch(inside.lower())
        if any(map(str.strip, lines)):
            yield "\n".join(lines)
        lines = []
        yield ReportReference(ReferenceKind(found[1]), found[2]) if found else UnreadLine(inside)
    if any(map(str.strip, lines)):
        yield "\n".join(lines)


def _in_braces(line: str) -> str | None:
    """Return what a line has between double braces, None if it is not such a line."""
    line = line.strip(" \t\r")
    return line[2:-2].strip(" \t") if line.startswith("{{") and line.endswith("}}") and len(line) >= 4 else None


def references(text: str) -> list[ReportReference]:
    """Return the references of a text, in its order. Raises ValueError for a line in double braces that is none."""
    found = []
    for part in parts(text):
        if isinstance(part, UnreadLine):
            raise ValueError(part.words)
        if isinstance(part, ReportReference):
            found.append(part)
    return found


def claims_of(text: str) -> list[str]:
    """Return the ids of the claims that a text refers to, each once."""
    found = (part.claim_id for part in parts(text) if isinstance(part, ReportReference))
    return list(dict.fromkeys(found))
