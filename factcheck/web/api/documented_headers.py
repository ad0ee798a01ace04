"""The headers that the document describes: what answers carry, and what requests may bring."""

from typing import Any

# Answers have these headers by their status; a list of a page that is not the last has a Link too.
HEADERS: dict[str, dict[str, Any]] = {
    "RequestId": {"description": "The request's id: the client's own, or a new one.", "required": True},
    "ETag": {"description": "The version of the resource.", "required": True},
    "Location": {"description": "The URL of the resource.", "required": True},
    "Preference-Applied": {"description": "`handling=strict` if the request preferred it."},
    "Link": {"description": 'The next page, as rel="next". Not on the last one.'},
    "WWW-Authenticate": {"description": "How to authenticate.", "required": True},
    "Retry-After": {"description": "How many seconds to wait.", "required": True},
    "Log-Index": {
        "description": "The place in the log of the last entry of this change. Absent if nothing changed.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "RateLimit-Policy": {"description": "The limits, if any: requests (q) per window of seconds (w)."},
    "RateLimit": {"description": "What is left of each limit (r), and for how many seconds (t)."},
}
CARRIED = {
    "301": ("Location",),
    "401": ("WWW-Authenticate",),
    "412": ("ETag",),
    "429": ("Retry-After", "RateLimit-Policy", "RateLimit"),
    "503": ("Retry-After",),
}
STRICT = ("/v1/claims", "/v1/sources")  # refuse what is likely there already, if asked to
_ETAG = r'(?:[Ww]/)?"[\x21\x23-\x7e\x80-\xff]*"'
TAKEN: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "Your own id for this request. The response repeats it.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._:+=/~-]{0,127}$"},
    },
    "If-None-Match": {"description": "The ETag that you have.", "schema": {"type": "string"}},
    "If-Match": {
        "description": "The ETag of the version that you read, or * for any. Without it, the response is 428.",
        "required": True,
        "schema": {"type": "string", "pattern": rf"^(?:\*|{_ETAG}(?:[ \t]*,[ \t]*{_ETAG})*)$"},
    },
    "If-Match-If-Given": {
        "name": "If-Match",
        "description": "The ETag that you read of the resource at the beginning of the path, or * for any version."
        " Optional; another version gets 412.",
        "schema": {"type": "string", "pattern": rf"^(?:\*|{_ETAG}(?:[ \t]*,[ \t]*{_ETAG})*)$"},
    },
    "Prefer": {
        "description": "`handling=strict` (RFC 7240) refuses a claim or a source that is probably here already.",
        "schema": {"type": "string"},
        "example": "handling=strict",
    },
    "Idempotency-Key": {
        "description": "Any text of yours. A request with the same key takes effect only once.",
        "schema": {"type": "string", "pattern": "^[!-~](?:[ -~]{0,253}[!-~])?$", "minLength": 1, "maxLength": 255},
    },
}
