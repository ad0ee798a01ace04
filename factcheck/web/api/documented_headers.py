"""The headers that the document describes: what answers carry, and what requests may bring."""

from typing import Any

# Answers have these headers by their status; a list of a page that is not the last has a Link too.
HEADERS: dict[str, dict[str, Any]] = {
    "RequestId": {"description": "The request's id: the client's own, or a new one.", "required": True},
    "ETag": {"description": "The version of the thing.", "required": True},
    "Location": {"description": "Where the thing is.", "required": True},
    "Preference-Applied": {"description": "`handling=strict` when that was preferred."},
    "Link": {"description": 'The next page, as rel="next". Not on the last one.'},
    "WWW-Authenticate": {"description": "How to show who you are.", "required": True},
    "Retry-After": {"description": "How many seconds to wait.", "required": True},
    "Log-Index": {
        "description": "The place in the log of the last entry that this made. None when it changed nothing.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "RateLimit-Policy": {"description": "The limits, where any are set: how many requests (q) in so many seconds (w)."},
    "RateLimit": {"description": "What is left of each (r), for how many seconds more (t)."},
}
CARRIED = {
    "301": ("Location",),
    "401": ("WWW-Authenticate",),
    "412": ("ETag",),
    "429": ("Retry-After", "RateLimit-Policy", "RateLimit"),
    "503": ("Retry-After",),
}
_ETAG = r'(?:[Ww]/)?"[\x21\x23-\x7e\x80-\xff]*"'
TAKEN: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "An id of yours for this request, which the answer gives back.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._:+=/~-]{0,127}$"},
    },
    "If-None-Match": {"description": "The ETag that you have.", "schema": {"type": "string"}},
    "If-Match": {
        "description": "The ETag of the version that you read, or * for any. Without it the answer is 428.",
        "required": True,
        "schema": {"type": "string", "pattern": rf"^(?:\*|{_ETAG}(?:[ \t]*,[ \t]*{_ETAG})*)$"},
    },
    "If-Match-If-Given": {
        "name": "If-Match",
        "description": "The ETag of the version that you read of the thing that the path's beginning names, or * for"
        " any. Not needed here; where it is given, another version is refused with 412.",
        "schema": {"type": "string", "pattern": rf"^(?:\*|{_ETAG}(?:[ \t]*,[ \t]*{_ETAG})*)$"},
    },
    "Prefer": {
        "description": "`handling=strict` (RFC 7240) refuses a claim that is likely here already.",
        "schema": {"type": "string"},
        "example": "handling=strict",
    },
    "Idempotency-Key": {
        "description": "Any text of yours: the same request under it is done once.",
        "schema": {"type": "string", "pattern": "^[!-~](?:[ -~]{0,253}[!-~])?$", "minLength": 1, "maxLength": 255},
    },
}
