"""The lists whose filters people can save, and what a saved filter may say."""

from collections.abc import Iterable
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode

MOST = 50  # saved filters of one person
NAME_LENGTH = 60  # code points
LENGTH = 2000  # code points of all filters of one query, as they are read
QUERY_LENGTH = 30_000  # characters of a query: each code point may take twelve


class FilteredList(StrEnum):
    """A list with filters, by its name in the API."""

    CLAIMS = "claims"
    ARTICLES = "articles"
    SOURCES = "sources"

    @property
    def path(self) -> str:
        """The path of its page."""
        return "/" if self is FilteredList.CLAIMS else f"/{self}"

    def address(self, query: str) -> str:
        """Return the path of its page with a filter."""
        return f"{self.path}?{query}"


NARROWED = (
    "status", "attribution_status", "source", "origin", "article", "kind", "tag", "reviewed_by", "assigned_to",
    "priority", "due", "q",
)  # fmt: skip
FILTERS: dict[FilteredList, tuple[str, ...]] = {
    FilteredList.CLAIMS: ("need", *NARROWED, "sort"),
    FilteredList.ARTICLES: ("q", "outlet", "kind"),
    FilteredList.SOURCES: ("q", "kind"),
}


def query_of(filters: Iterable[tuple[str, str]]) -> str:
    """Return filters as the query of a URL, in the order of their names: the same filters give the same query."""
    return urlencode(sorted(filters))


def read(query: str) -> list[tuple[str, str]]:
    """Return the filters of the query of a URL. Raises ValueError for one that cannot be read, has none or too much."""
    found = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=20)
    if sum(len(name) + len(value) for name, value in found) > LENGTH:
        raise ValueError("too long")
    return found
