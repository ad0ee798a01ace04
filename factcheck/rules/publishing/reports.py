"""Reports: their states, the moves between them, and how their text refers to claims.

One table says which move leads where. A report that is saved again is a draft again, while readers still see the
version that was published last.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

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


class Need(StrEnum):
    REASON = "reason"
    ANOTHER = "another_person"
    CORRECTION = "correction"
    PUBLISHED = "published_before"
    UNPUBLISHED = "not_published_before"
    AHEAD = "publication_ahead"


IN_WORDS = {
    Need.REASON: message("a reason of at least {length} characters", length=10),
    Need.ANOTHER: message("somebody else than those who saved it"),
    Need.CORRECTION: message("what was corrected and why, in at least {length} characters", length=10),
    Need.PUBLISHED: message("that it was published before"),
    Need.UNPUBLISHED: message("that it was never published"),
    Need.AHEAD: message("a publication whose time has not come"),
}


@dataclass(frozen=True)
class Move:
    before: ReportState
    after: ReportState
    needs: tuple[Need, ...] = ()


_D, _S, _A, _P = ReportState.DRAFT, ReportState.SUBMITTED, ReportState.APPROVED, ReportState.PUBLISHED
_R, _W = ReportState.RETRACTED, ReportState.WITHDRAWN
MOVES = (
    Move(_D, _S),
    Move(_S, _D, (Need.REASON,)),
    Move(_S, _A, (Need.ANOTHER,)),
    Move(_A, _D, (Need.REASON,)),
    Move(_A, _P, (Need.CORRECTION,)),
    Move(_P, _A, (Need.REASON, Need.AHEAD)),
    *(Move(state, _R, (Need.REASON, Need.PUBLISHED)) for state in (_D, _S, _A, _P)),
    *(Move(state, _W, (Need.REASON, Need.UNPUBLISHED)) for state in (_D, _S, _A)),
)
BY_ENDS = {(move.before, move.after): move for move in MOVES}
ENDED = frozenset({_R, _W})


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


_LINE = re.compile(r"^[ \t]*\{\{[ \t]*(.*?)[ \t]*\}\}[ \t]*$", re.MULTILINE)
_REFERENCE = re.compile(rf"({'|'.join(ReferenceKind)}):([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})")


def parts(text: str) -> Iterator[str | ReportReference]:
    """Yield a report's text in its order: Markdown, and the references between.

    A reference is a line of its own, ``{{claim:…}}`` with a claim's id, also ``quotes``, ``evidence`` and
    ``attribution``. Raises ValueError for a line in such braces that is none.
    """
    at = 0
    for line in _LINE.finditer(text):
        found = _REFERENCE.fullmatch(line[1].lower())
        if found is None:
            raise ValueError(line[1])
        if text[at : line.start()].strip():
            yield text[at : line.start()]
        yield ReportReference(ReferenceKind(found[1]), found[2])
        at = line.end()
    if text[at:].strip():
        yield text[at:]


def references(text: str) -> list[ReportReference]:
    """Return the references of a text, in its order. Raises ValueError as `parts` does."""
    return [part for part in parts(text) if isinstance(part, ReportReference)]


def claims_of(text: str) -> list[str]:
    """Return the ids of the claims that a text refers to, each once. A text that cannot be read refers to none."""
    try:
        return list(dict.fromkeys(each.claim_id for each in references(text)))
    except ValueError:
        return []
