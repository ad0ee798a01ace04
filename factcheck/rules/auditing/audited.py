"""A claim as the audit of attribution sees it."""

from dataclasses import dataclass
from datetime import date

from factcheck.messages import Message, message
from factcheck.rules.origins import Stated, quoted
from factcheck.rules.status import UNCHECKABLE, EvidenceTally, Kind, Status


@dataclass(frozen=True)
class Audited:
    """A claim as the audit sees it; `stated` holds what its provenance needs, `seq` orders claims by entry.

    `evidence_gone`: the verdict on content was given on evidence of which nothing stands any more. `orphaned` and
    `changed`: how many of its quotes the newest snapshot does not have, or has in other words.
    `unreachable`: its evidence whose page does not answer.
    """

    seq: int
    stated: Stated
    kind: Kind
    status: Status
    attribution_status: Status
    low: float | None = None
    high: float | None = None
    unit: str | None = None
    wording: str | None = None
    review_by: date | None = None
    tally: EvidenceTally = EvidenceTally()  # noqa: RUF009 (frozen)
    evidence_gone: bool = False
    orphaned: int = 0
    changed: int = 0
    unreachable: tuple["Unreachable", ...] = ()

    @property
    def id(self) -> str:
        return self.stated.id

    @property
    def text(self) -> str:
        return self.stated.text

    @property
    def checkable(self) -> bool:
        return self.kind not in UNCHECKABLE

    @property
    def named_origin(self) -> bool:
        return bool(self.stated.chain) and self.stated.chain[-1].source is not None


@dataclass(frozen=True)
class Unreachable:
    """Evidence whose page does not answer, and whether there is a copy of it: on the desk, or elsewhere."""

    label: str
    error: str
    captured: bool
    archived: bool

    def told(self) -> str:
        copy = (
            message("The desk has a copy.") if self.captured
            else message("An archived copy is given.") if self.archived
            else message("No copy.")
        )  # fmt: skip
        label = quoted(self.label)
        return message("{label} does not answer ({error}). {copy}", label=label, error=self.error, copy=copy)


def said_of(status: Status) -> str:
    """Return a status as a message: the vocabulary has its words in every language."""
    return Message(status.replace("_", " "))
