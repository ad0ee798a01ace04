"""What a request says before its body: too much of it, or too little of the body, is refused."""

from collections.abc import Mapping
from typing import Any

from flask import request

from factcheck.errors import HeadTooLarge, LengthMissing
from factcheck.messages import message

LARGEST = 65_536  # bytes of path, query and headers together
JSON_TYPES = ("application/json", "application/merge-patch+json")


def look() -> None:
    """Refuse a head that is too large, and a body in chunks unless it is JSON. Raises HeadTooLarge, LengthMissing.

    granian has limits of its own for heads, which what comes in one piece slips through. And a proxy may pass a body
    in chunks on that broke off as one that ended: JSON shows by itself where it ends; lines to import and the fields
    of a form do not, and half of them would be taken for all.
    """
    demand_small(request.environ)
    if "HTTP_TRANSFER_ENCODING" in request.environ and request.mimetype not in JSON_TYPES:
        raise LengthMissing(message("Send the body with its Content-Length: only JSON is taken in chunks."))


def demand_small(environ: Mapping[str, Any]) -> None:
    """Refuse a head that is too large. Raises HeadTooLarge."""
    size = len(environ["PATH_INFO"]) + len(environ.get("QUERY_STRING", ""))
    for name, value in environ.items():
        if name[:5] == "HTTP_":
            size += len(name) + len(value)
    if size > LARGEST:
        raise HeadTooLarge(
            message("The path, the query and the headers have more than {largest} bytes.", largest=LARGEST)
        )
