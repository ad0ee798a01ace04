"""Which entries of the log correct what readers have seen."""

from datetime import datetime
from enum import StrEnum

import orjson


class CorrectionKind(StrEnum):
    """What a correction did: to a verdict the first three, to a report the last three."""

    CHANGED = "changed"
    WITHDRAWN = "withdrawn"
    REDACTED = "redacted"
    CORRECTED = "corrected"
    RETRACTED = "retracted"


_BY_ACTION = {
    "withdraw": CorrectionKind.WITHDRAWN,
    "redact": CorrectionKind.REDACTED,
    "redact_part": CorrectionKind.REDACTED,
    "publish": CorrectionKind.CORRECTED,
    "retract": CorrectionKind.RETRACTED,
}

# Actions after which a published claim is listed, whatever its statuses: a review can correct the reason of a verdict
# alone, and undoing it brings the earlier one back.
LISTED = frozenset({"review", "undo", "withdraw", "redact", "redact_part"})


def changes_verdict(action: str, before: bytes, after: bytes) -> bool:
    """Say whether an entry changes a claim's verdict, given by the leaves of the claim's entry before it and of itself.

    Leaves are JSON (see `log/leaves.py`). They are public, so everybody can compare them.
    """
    return action in LISTED or orjson.loads(before)["status"] != orjson.loads(after)["status"]


def kind_of(action: str) -> CorrectionKind:
    """Return what an entry did that is listed, by its action."""
    return _BY_ACTION.get(action, CorrectionKind.CHANGED)


def published_at(at: str | None, entered_at: datetime) -> datetime:
    """Return when readers see a publication; `at` is the time that its entry has, null for at once."""
    return entered_at if at is None else datetime.fromisoformat(at)
