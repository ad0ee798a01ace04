"""What asking for the page of a link says: it answers, it does not, or that cannot be told."""

from factcheck.rules.web.fetches import Failure

# The server has the page, even if the desk would not take it.
THERE = frozenset({"http_304", Failure.TOO_LARGE, Failure.DAMAGED})
# The server asks for a login, or for fewer requests, or the desk asks no such address: readers may well see the page.
UNTOLD = frozenset({Failure.REFUSED_ADDRESS, "http_401", "http_402", "http_403", "http_407", "http_429"})
# No second request to the host would get another response now.
SILENT = frozenset({Failure.REFUSED_ADDRESS, Failure.UNRESOLVED, Failure.UNREACHABLE, Failure.TIMEOUT, "http_429"})


def answers(failure: str | None) -> bool | None:
    """Say whether a page answers, by why it could not be fetched; None where that says nothing of the page."""
    if failure is None or failure in THERE or failure.startswith("http_2"):
        return True
    return None if failure in UNTOLD else False
