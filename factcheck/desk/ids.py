"""Ids: UUIDv7 (RFC 9562), so that what is made later sorts later."""

import sys

if sys.version_info >= (3, 14):
    from uuid import uuid7
else:
    from uuid_utils.compat import uuid7


def new_id() -> str:
    return str(uuid7())
