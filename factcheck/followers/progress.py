"""How far a follower is, and what answers say of it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class AsOf:
    """Up to which entry derived data is true: `log_index` is -1 before the first. `behind`: there are later ones."""

    log_index: int
    behind: bool

    def told(self) -> dict[str, Any]:
        """Return the members that an answer carries: `behind` only where it is true."""
        return {"as_of_log_index": self.log_index} | ({"behind": True} if self.behind else {})


@dataclass(frozen=True)
class Place:
    """Where a follower is: the next entry's log index, by which version of its rules, and how long the log is.

    `rate` is how many entries a second the last batch took in.
    """

    position: int
    version: int | None
    size: int
    rate: int


@dataclass(frozen=True)
class Progress:
    """How far something follows the log: the last log index taken in (-1 for none), and how many entries come after it.

    `rate` is how many entries a second the last batch took in, None where that is not measured.
    """

    name: str
    as_of_log_index: int
    lag: int
    rate: int | None = None
