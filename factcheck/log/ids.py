"""Ids: UUIDv7 (RFC 9562), so that what is made later sorts later."""

import re
import sys
from uuid import uuid4

if sys.version_info >= (3, 14):
    from uuid import uuid7
else:
    from uuid_utils.compat import uuid7


def random_id() -> str:
    """Return a UUIDv4: an id that tells not even when it was made."""
    return str(uuid4())


def new_id() -> str:
    return str(uuid7())


def is_canonical(value: object) -> bool:
    """Say whether this is a UUID as the desk writes it: in its canonical form, in small letters."""
    return isinstance(value, str) and _CANONICAL.fullmatch(value) is not None


_CANONICAL = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
