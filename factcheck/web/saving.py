"""What a request to save a filter says, as the list itself would read it."""

from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from factcheck.errors import Flaw, Invalid
from factcheck.messages import message
from factcheck.rules.team.filtering import FILTERS, FilteredList, read
from factcheck.schemas.base import load
from factcheck.schemas.team.filters import SavedFilterIn
from factcheck.web import queries

# Filters whose row in the table of parameters has another name.
RENAMED: Mapping[FilteredList, Mapping[str, str]] = {
    FilteredList.ARTICLES: {"kind": "article_kind"},
    FilteredList.SOURCES: {"kind": "source_kind"},
}


def checked(body: Any) -> dict[str, Any]:
    """Return the fields of a filter that is to be saved. Raises Invalid, also for filters that the list refuses."""
    fields = load(SavedFilterIn(), body)
    demand_good(fields["filtered"], fields["query"])
    return fields


def demand_good(filtered: FilteredList, query: str) -> None:
    """Raise Invalid for filters that the list refuses, each with its name."""
    try:
        given = read(query)
    except ValueError:
        flaw = message("Must be filters as in the URL of the list, such as status=disputed&tag=rally.")
        raise Invalid(message("The filter is not allowed."), flaws=[Flaw(flaw, pointer="/query")]) from None
    try:
        queries.understood(MultiDict(given), *FILTERS[filtered], renamed=RENAMED.get(filtered))
    except Invalid as error:
        flaws = [
            Flaw(message("Filter {name}: {flaw}", name=flaw.parameter, flaw=flaw.detail), pointer="/query")
            for flaw in error.flaws
        ]
        raise Invalid(message("The filter is not allowed."), flaws=flaws) from None
