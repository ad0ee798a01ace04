"""What a Host header may hold: a name or an address, and a port."""

import re
from functools import lru_cache

_HOST = re.compile(r"(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{0,5})?")
LONGEST = 300  # characters: a name has 253 at most


@lru_cache(maxsize=256)
def is_host(text: str) -> bool:
    """Say whether a text is one host, with or without a port. Two Host headers, joined by a comma, are none."""
    return len(text) <= LONGEST and _HOST.fullmatch(text) is not None
