"""A search in the engine's own words.

Whatever has the exact word comes before what only has another form of it: a form counts FORM of what the word does.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from tantivy import FieldType, Occur
from tantivy import Query as Asked

from factcheck.followers.search.documents import fact
from factcheck.followers.search.engine import SCHEMA
from factcheck.followers.search.texts import forms
from factcheck.rules.names.keys import WEIGHTS, heaviest
from factcheck.rules.text.excerpts import Phrase
from factcheck.rules.text.queries import Query

FORM = 0.05
MUST, SHOULD, NOT = Occur.Must, Occur.Should, Occur.MustNot


@dataclass(frozen=True)
class Kind:
    """One kind of document: the fields of its words and of their stems, which no other kind has."""

    words: str
    stems: str


CLAIMS = Kind("words", "stems")
ARTICLES = Kind("article_words", "article_stems")
SOURCES = Kind("source_words", "source_stems")


def of_query(query: Query, kind: Kind, families: Sequence[str]) -> Asked:
    """Return what finds the documents of a kind that hold a query."""
    wanted = [any_of([ask for each in group for ask in _asks(each, kind, families)]) for group in query.groups]
    unwanted = [any_of(_asks(each, kind, families)) for each in query.unwanted]
    if len(wanted) == 1 and not unwanted:
        return wanted[0]  # of one word, the engine leaves out what cannot be among the best
    return Asked.boolean_query([*((MUST, each) for each in wanted), *((NOT, each) for each in unwanted)])


def holds(name: str, value: object) -> Asked:
    """Return what finds the documents of which a fact is true; it adds nothing to their scores."""
    return Asked.const_score_query(Asked.term_query(SCHEMA, "facts", fact(name, value)), 0.0)


def any_of(queries: Sequence[Asked]) -> Asked:
    if len(queries) == 1:
        return queries[0]
    return Asked.boolean_query([(SHOULD, each) for each in queries]) if queries else Asked.empty_query()


def some(field: str, terms: Iterable[str]) -> Asked:
    """Return what finds the documents that have any of some terms in a field, those with the most of them first."""
    return Asked.boolean_query([(SHOULD, Asked.term_query(SCHEMA, field, term)) for term in terms])


def named_like(keys: AbstractSet[str]) -> Asked:
    """Return what finds the sources that have any of some keys of names, those with the most and rarest first."""
    chosen = heaviest(keys)
    each = [(key, Asked.term_query(SCHEMA, "name_keys", key)) for key in chosen]
    return Asked.boolean_query([(SHOULD, Asked.boost_query(query, WEIGHTS[key[0]])) for key, query in each])


def among(seqs: Iterable[int]) -> Asked:
    """Return what finds the documents with one of these `seq`."""
    return Asked.const_score_query(Asked.term_set_query(SCHEMA, "seq", list(seqs)), 0.0)


def beyond(field: str, place: int, *, below: bool) -> Asked:
    """Return what finds the documents whose place in an order is below another one, or above it."""
    lower, upper = (None, place) if below else (place, None)
    asked = Asked.range_query(
        SCHEMA, field, FieldType.Integer, lower, upper, include_lower=lower is None, include_upper=upper is None
    )
    return Asked.const_score_query(asked, 0.0)


def from_on(field: str, place: int) -> Asked:
    """Return what finds the documents whose place in an order is this one or a later one."""
    return Asked.const_score_query(Asked.range_query(SCHEMA, field, FieldType.Integer, lower_bound=place), 0.0)


def both(*queries: Asked) -> Asked:
    return Asked.boolean_query([(MUST, each) for each in queries])


def without(query: Asked, left_out: Asked) -> Asked:
    return Asked.boolean_query([(MUST, query), (NOT, left_out)])


def _asks(sought: Phrase, kind: Kind, families: Sequence[str]) -> list[Asked]:
    """Return what finds the documents that have a phrase: any of these queries."""
    if sought.open:
        return [_opening(sought, kind.words)]
    if len(sought.words) > 1:
        return [Asked.phrase_query(SCHEMA, kind.words, list(sought.words))]
    exact = Asked.term_query(SCHEMA, kind.words, sought.words[0])
    others = forms(sought.spelt[0], families) if sought.spelt else ()
    return [exact, *(Asked.boost_query(Asked.term_query(SCHEMA, kind.stems, each), FORM) for each in others)]


def _opening(sought: Phrase, field: str) -> Asked:
    """Return what finds a phrase whose last word may go on.

    The engine's own query for this stops at 50 words, and does not say so.
    """
    *whole, last = (_literal(word) for word in sought.words)
    if not whole:
        return Asked.regex_query(SCHEMA, field, f"{last}.*")
    return Asked.regex_phrase_query(SCHEMA, field, [*whole, f"{last}.*"])


def _literal(word: str) -> str:
    """Write a word so that the engine's regular expressions take it as it is."""
    return "".join(each if each.isalnum() else f"\\x{{{ord(each):x}}}" for each in word)
