"""Verify what redactions state in the place of contents: the two must be the same, byte for byte, and both be there."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from orjson import JSONDecodeError, loads

from factcheck.log.leaves import canonical

Found = Iterator[tuple[int, str]]


class Restatements:
    """Contents that later entries state without what these redact. Takes memory for those that are still to come."""

    def __init__(self) -> None:
        self._awaited: defaultdict[int, dict[int, tuple[str, bytes]]] = defaultdict(dict)  # by redaction, then by entry

    def restated(self, index: int, subject: str, content: bytes, by: int) -> Found:
        """Take in a content that the entry `by` states. Yield log indexes with what is wrong there."""
        if by <= index:
            yield index, f"Its content is what the entry at index {by} states, which is not after it."
        else:
            self._awaited[by][index] = subject, hashlib.sha256(content).digest()

    def states(self, index: int, subject: str, content: bytes) -> Found:
        """Take in what the content of a redaction states. Yield log indexes with what is wrong there."""
        awaited = self._awaited.pop(index, {})
        for place, said in _stated(content).items():
            there = awaited.pop(place, None)
            if there != (subject, hashlib.sha256(said).digest()):
                yield place, f"Its content is not what the redaction at index {index} states in its place."
        for place in awaited:
            yield (
                place,
                f"Its content is said to be what the redaction at index {index} states, which does not state it.",
            )

    def left(self) -> Found:
        """Yield the contents that no entry states."""
        for index, awaited in self._awaited.items():
            for place in awaited:
                yield (
                    place,
                    f"Its content is said to be what the redaction at index {index} states, which is not there.",
                )


def _stated(content: bytes) -> dict[int, bytes]:
    """Return the contents that an entry states, by their log indexes; none where it cannot be read."""
    try:
        said: dict[str, Any] = loads(content).get("facts", {}).get("restated", {})
        return {int(index): canonical(each) for index, each in said.items()}
    except (JSONDecodeError, AttributeError, ValueError, TypeError):
        return {}
