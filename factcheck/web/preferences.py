"""What a client prefers, by the header field Prefer (RFC 7240)."""

from flask import request


def handling() -> str | None:
    """Return the preferred handling (section 4.4), such as strict or lenient. The first of repeated ones counts."""
    preferences = ",".join(request.headers.getlist("Prefer")).split(",")
    for preference in preferences:
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "handling":
            return value.strip().strip('"').lower()
    return None
