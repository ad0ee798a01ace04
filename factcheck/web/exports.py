"""Long answers, written while they are read away: claims as NDJSON or as a table."""

from collections.abc import Iterator
from threading import BoundedSemaphore

from flask import Response, request

from factcheck.desk import exports
from factcheck.desk.lists import ClaimFilters, Sort
from factcheck.errors import TooMany
from factcheck.web import context

NDJSON, CSV = "application/x-ndjson", "text/csv"
FORMS = {NDJSON: "ndjson", CSV: "csv"}
# Each holds a connection and a thread for as long as its client takes to read it.
AT_ONCE = 3
_running = BoundedSemaphore(AT_ONCE)


def form_asked_for() -> str | None:
    """Return in which form the whole list is asked for; None for a page of JSON, which is what most ask for."""
    accept = request.headers.get("Accept", "*/*")
    if accept in ("*/*", context.JSON):
        return None
    return FORMS.get(request.accept_mimetypes.best_match([context.JSON, *FORMS], context.JSON) or "")


def claims(filters: ClaimFilters, sort: Sort | None, form: str) -> Response:
    """Answer with all the claims of a list. Raises TooMany while as many such answers as may be are being read."""
    viewer = context.caller()
    if not _running.acquire(blocking=False):
        raise TooMany("Other exports are being read: wait for one of them to end, then try again.")
    pieces = exports.claims(context.database(), filters, sort, form, viewer)
    try:
        # The first piece before the answer begins: what cannot be read is still an answer of its own.
        first = [next(pieces)[1], next(pieces)[1]]
    except BaseException:
        _running.release()
        raise
    kind = next(kind for kind, known in FORMS.items() if known == form)
    response = Response(_written(first, pieces), content_type=f"{kind}; charset=utf-8" if form == "csv" else kind)
    response.headers["Content-Disposition"] = f'attachment; filename="claims.{form}"'

    # Whether the client read it to its end, went away, or wanted the headers alone.
    @response.call_on_close
    def close() -> None:
        pieces.close()
        _running.release()

    return response


def _written(first: list[bytes], pieces: Iterator[tuple[int, bytes]]) -> Iterator[bytes]:
    yield from (piece for piece in first if piece)
    for _, piece in pieces:
        if piece:
            yield piece
