"""The lists whose filters people can save, and what a saved filter may say."""

from collections.abc import Iterable
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode

MOST = 50  # saved filters of one person
NAME_LENGTH = 60  # code points
QUERY_LENGTH = 2000  # characters


class FilteredList(StrEnum):
    """A list with filters, by its name in the API."""

    CLAIMS = "claims"
    ARTICLES = "articles"
    SOURCES = "sources"

    @property
    def path(self) -> str:
        """The address of its page."""
        return "/" if self is FilteredList.CLAIMS else f"/{self}"

    def address(self, query: str) -> str:
        """Return the address of its page with a filter."""
        return f"{self.path}?{query}"


NARROWED = (
    "status", "attribution_status", "source", "origin", "article", "kind", "tag", "reviewed_by", "assigned_to", "q",
)  # fmt: skip
FILTERS: dict[FilteredList, tuple[str, ...]] = {
    FilteredList.CLAIMS: ("need", *NARROWED, "sort"),
    FilteredList.ARTICLES: ("q", "outlet"),
    FilteredList.SOURCES: ("q", "kind"),
}


def query_of(filters: Iterable[tuple[str, str]]) -> str:
    """Return filters as the query of an address, in the order of their names: the same filters give the same query."""
    return urlencode(sorted(filters))


def read(query: str) -> list[tuple[str, str]]:
    """Return the filters of a query of an address. Raises ValueError for one that cannot be read."""
    return parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=20)
