"""The kinds of origins of columns: see `origins.py`."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    LOG = "log"
    DERIVED = "derived"
    OPERATIONAL = "operational"


@dataclass(frozen=True)
class Origin:
    """Where a column comes from, and why; of an operational one, what a change of it could do."""

    kind: Kind
    why: str


def log(columns: str, why: str) -> dict[str, Origin]:
    """Return the origins of columns, given with spaces between, that entries of the log prove."""
    return dict.fromkeys(columns.split(), Origin(Kind.LOG, why))


def derived(columns: str, why: str) -> dict[str, Origin]:
    """Return the origins of columns that can be computed from others."""
    return dict.fromkeys(columns.split(), Origin(Kind.DERIVED, why))


def operational(columns: str, why: str) -> dict[str, Origin]:
    """Return the origins of columns of which the log says nothing."""
    return dict.fromkeys(columns.split(), Origin(Kind.OPERATIONAL, why))
