"""The entries of the transparency log.

A leaf is canonical JSON (RFC 8785) of at most 1 KiB, without a word of anybody's: which thing, which of its changes,
where the change before stands, which action, the statuses after it, a random id for the person, the time, and a
commitment to the content: HMAC-SHA256, keyed with 32 random bytes, of the canonical JSON of ``{"changes", "reason"}``;
where a rule decided what else changes, with the edition of the rule as ``"edition"``, and with ``"facts"`` where the
entry settles something beside the fields that it changes (see `log/facts.py`).
The content and its key stay in an ordinary table: without the key the commitment tells nothing about the content, so
that both can be deleted and every proof still holds.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import rfc8785

from factcheck.log.clock import stamp

VERSION = 2
ACTION = {1: "deed", 2: "action"}  # the member that names the action, in entries of each version
LONGEST = 1024
SALT = 32


@dataclass(frozen=True)
class Leaf:
    """What an entry says. `previous` is the log index of the thing's entry before, `statuses` those of a claim."""

    subject_kind: str
    subject_id: str
    number: int
    previous: int | None
    action: str
    statuses: tuple[str, str] | None  # on content, on attribution
    actor: str
    at: datetime
    commit: str
    version: int = VERSION

    def written(self) -> bytes:
        """Return the entry's bytes. Raises ValueError when they would pass 1 KiB."""
        statuses = self.statuses and {"attribution": str(self.statuses[1]), "content": str(self.statuses[0])}
        entry = canonical(
            {
                ACTION[self.version]: self.action,
                "actor": self.actor,
                "at": stamp(self.at),
                "commit": self.commit,
                "number": self.number,
                "previous": self.previous,
                "status": statuses,
                "subject": {"id": self.subject_id, "kind": str(self.subject_kind)},
                "v": self.version,
            }
        )
        if len(entry) > LONGEST:
            raise ValueError(f"an entry of the log has at most {LONGEST} bytes")
        return entry


def read(entry: bytes) -> Leaf:
    """Read an entry. Raises ValueError unless it is exactly what `written` would give."""
    try:
        value = orjson.loads(entry)
        statuses, version = value["status"], value["v"]
        leaf = Leaf(
            value["subject"]["kind"],
            value["subject"]["id"],
            value["number"],
            value["previous"],
            value[ACTION[version]],
            (statuses["content"], statuses["attribution"]) if statuses is not None else None,
            value["actor"],
            datetime.fromisoformat(value["at"]),
            value["commit"],
            version,
        )
        exact = leaf.written() == entry
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not an entry of this log") from error
    if not exact:
        raise ValueError("not written canonically")
    return leaf


def content_of(
    changes: list[Any], reason: str | None, edition: int | None = None, facts: Mapping[str, Any] | None = None
) -> bytes:
    """Return what an entry commits to; `edition` is that of the rule by which it was made."""
    also: dict[str, Any] = {} if edition is None else {"edition": edition}
    if facts:
        also["facts"] = dict(facts)
    return canonical({"changes": changes, "reason": reason, **also})


def commitment(salt: bytes, content: bytes) -> str:
    return hmac.digest(salt, content, "sha256").hex()


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return canonical JSON (RFC 8785).

    orjson with sorted keys writes the same bytes, thirty times as fast, unless there are floats (ECMAScript writes
    them its own way) or keys beyond ASCII (sorted by UTF-16 units); those go the slow way.
    """
    if _plain(value):
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return bytes(rfc8785.dumps(dict(value)))


_SIMPLE = frozenset({str, int, bool, type(None)})


def _plain(value: Any) -> bool:
    # Loops, and most values told by their type alone: as generators this was a tenth of an import.
    if isinstance(value, dict):
        for key, item in value.items():
            if not key.isascii() or not (type(item) in _SIMPLE or _plain(item)):
                return False
        return True
    if isinstance(value, list):
        for item in value:  # noqa: SIM110
            if not (type(item) in _SIMPLE or _plain(item)):
                return False
        return True
    return not isinstance(value, float)
