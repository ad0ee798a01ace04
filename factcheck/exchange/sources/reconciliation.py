"""Ask a reconciliation service, such as Wikidata's, which of its entities the desk's sources are; write nothing."""

import http.client
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from factcheck.errors import Unavailable
from factcheck.formats.reconciliation import asking
from factcheck.formats.reconciliation.asking import Service, Suggestion
from factcheck.outbound.requests import Outbound
from factcheck.queries import lists
from factcheck.rules.addresses import AddressRefused
from factcheck.storage.engine.database import Database

Json = dict[str, Any]
LARGEST = 8 * 1024 * 1024  # bytes of an answer
SECONDS = 60.0  # for one request: services that ask others take their time
PAGE = 200  # sources that are read at once
_ACCEPT = {"Accept": "application/json"}
_FORM = _ACCEPT | {"Content-Type": "application/x-www-form-urlencoded"}


class Client:
    """A service at a URL. Its addresses are judged as those of all requests that the desk sends."""

    def __init__(self, url: str, outbound: Outbound) -> None:
        self.url, self.outbound = url, outbound
        self.service: Service = asking.service(self._sent(None))

    def suggestions(self, sources: list[Json], limit: int, type_id: str | None) -> list[list[Suggestion]]:
        """Return what the service suggests for each of these sources, in one request. Raises Unavailable."""
        queries = {f"q{at}": asking.query(each, self.service, limit, type_id) for at, each in enumerate(sources)}
        answer = self._sent({"queries": orjson.dumps(queries).decode()})
        return [asking.suggestions(answer, key, self.service, limit) for key in queries]

    def _sent(self, form: Mapping[str, str] | None) -> Any:
        """Return the JSON of an answer: to a form, or of the service's manifest."""
        try:
            if form is None:
                raw = self.outbound.get(self.url, _ACCEPT, LARGEST, SECONDS)
                status, body = raw.status, raw.body
            else:
                status, body = self.outbound.exchange(self.url, _FORM, urlencode(form).encode(), LARGEST)
        except AddressRefused as refused:
            raise Unavailable(f"The service cannot be asked: {refused}") from refused
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unavailable(f"The service does not answer: {str(error) or type(error).__name__}") from error
        if status != 200:
            raise Unavailable(f"The service answers with {status}. Redirects are not followed.")
        try:
            return orjson.loads(body)
        except ValueError as error:
            raise Unavailable("The service does not answer with JSON.") from error


def suggested(
    database: Database, client: Client, *, kind: str | None, limit: int, type_id: str | None
) -> Iterator[tuple[Json, list[Suggestion]]]:
    """Yield each source without a Wikidata id, the newest first, with what the service suggests for it.

    The service is asked between reads: no transaction waits for it.
    """
    size = client.service.batch
    for sources in _without_wikidata(database, kind):
        for at in range(0, len(sources), size):
            some = sources[at : at + size]
            yield from zip(some, client.suggestions(some, limit, type_id), strict=True)


def _without_wikidata(database: Database, kind: str | None) -> Iterator[list[Json]]:
    after = None
    while True:
        with database.reading() as connection:
            page = lists.list_sources(connection, q=None, kind=kind, after=after, limit=PAGE)
        yield [each for each in page.items if each["identifiers"]["wikidata"] is None and not each["redacted"]]
        if page.next is None:
            return
        after = page.next
