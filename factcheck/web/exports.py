"""Long answers, written while they are read away: claims as NDJSON or as a table."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from flask import Response, request

from factcheck.errors import TooMany
from factcheck.exchange import exports
from factcheck.followers.search.views import View
from factcheck.formats.here import Here
from factcheck.messages import message
from factcheck.queries.lists import ClaimFilters, Sort
from factcheck.storage.engine.connections import EXPORTS
from factcheck.web import context, negotiation
from factcheck.web.negotiation import Form

NDJSON, CSV = "application/x-ndjson", "text/csv"
FORMS = {NDJSON: "ndjson", CSV: "csv"}
LIST = (
    negotiation.JSON,
    Form(NDJSON, title="all of them as this desk's JSON, one per line"),
    Form(CSV, title="all of them, as a table with the chain in words"),
)
# Each holds a connection and a thread for as long as its client takes to read it.
_running = BoundedSemaphore(EXPORTS)


@contextmanager
def place() -> Iterator[None]:
    """Take the place of an export as soon as there is one, for something that reads as long as an export does."""
    with _running:
        yield


def claims(filters: ClaimFilters, sort: Sort | None, form: str, view: View | None = None) -> Response:
    """Answer with all the claims of a list. Raises TooMany while as many such answers as may be are being read."""
    written = _Written(exports.claims(context.database(), filters, sort, form, context.caller(), view=view))
    kind = next(kind for kind, known in FORMS.items() if known == form)
    response = Response(written, content_type=f"{kind}; charset=utf-8" if form == "csv" else kind)
    response.headers["Content-Disposition"] = f'attachment; filename="claims.{form}"'
    if request.method == "HEAD":
        written.close()
    return response


def claim_reviews(here: Here, path: str) -> Response:
    """Answer with every decided claim as a DataFeed. Raises TooMany likewise."""
    written = _Written(exports.claim_reviews(context.database(), here, path, context.caller()))
    response = Response(written, content_type="application/ld+json")
    if request.method == "HEAD":
        written.close()
    return response


class _Written:
    """The pieces of an answer. Gives its place back when it was read, or when the client is gone: servers close it."""

    def __init__(self, pieces: Generator[tuple[int, bytes], None, None]) -> None:
        if not _running.acquire(blocking=False):
            raise TooMany(message("Other exports are running. Wait for one of them to end, then try again."))
        self.pieces = pieces
        self.open = True
        try:
            # The first pieces before the answer begins: what cannot be read is still an answer of its own.
            self.first = [next(pieces)[1], next(pieces)[1]]
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        try:
            for piece in self.first:
                if piece:
                    yield piece
            for _, piece in self.pieces:
                if piece:
                    yield piece
        finally:
            self.close()

    def close(self) -> None:
        self.pieces.close()
        if self.open:
            self.open = False
            _running.release()
