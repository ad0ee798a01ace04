"""Ids: UUIDv7 (RFC 9562), so that what is made later sorts later."""

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
