"""What an import is made of, and what can become of a line of it."""

from enum import StrEnum


class LineKind(StrEnum):
    SOURCE = "source"
    ARTICLE = "article"
    CLAIM = "claim"


class Outcome(StrEnum):
    ADDED = "added"  # it is new, and was entered; in a dry run: it would be
    UNCHANGED = "unchanged"  # it is there already, and says the same
    EXISTS = "exists"  # something is there under its external id that says something else; it was left as it is
    REFUSED = "refused"  # `problem` says why
