"""What an import is made of, and what can become of a line of it."""

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple


class LineKind(StrEnum):
    SOURCE = "source"
    ARTICLE = "article"
    CLAIM = "claim"


class Outcome(StrEnum):
    ADDED = "added"  # it is new, and was entered; in a dry run: it would be
    UNCHANGED = "unchanged"  # it is there already, and says the same
    EXISTS = "exists"  # something is there under its external id that says something else; it was left as it is
    REFUSED = "refused"  # `problem` says why


class Notice(NamedTuple):
    """What was changed or left out of a line that was taken, and where in what was sent, as a JSON pointer."""

    detail: str
    pointer: str | None = None

    def as_json(self, say: Callable[[str], str] = str) -> dict[str, str]:
        """Return it as answers have it; `say` says a message in the reader's language."""
        return {"detail": say(self.detail)} | ({} if self.pointer is None else {"pointer": self.pointer})
