"""The index as one reader has it: it stays as it is, however long they look at it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple, NoReturn

from tantivy import Order
from tantivy import Query as Asked

from factcheck.errors import Flaw, Invalid, Unavailable
from factcheck.followers.progress import AsOf
from factcheck.followers.search import asking, engine
from factcheck.followers.search.documents import fact
from factcheck.followers.search.engine import Damaged, Seen
from factcheck.messages import message
from factcheck.rules.status import Status

EACH = 150  # claims of each list of `Candidates`
MANY = 10_000  # claims; of fewer, all that have a common word are soon looked through
_TOO_MANY = "expansions"  # how the engine says that too many words begin so


class Candidates(NamedTuple):
    """Claims that may say what a text says, by their `seq`: those with its words, and those with its 4-grams.

    Of a claim, its text and its article's title count.
    """

    words: list[int]
    grams: list[int]


class View:
    """Searches of the index at one moment. Each raises Unavailable where it cannot be read."""

    def __init__(self, seen: Seen, as_of: AsOf, spoilt: Callable[[Seen, str], None]) -> None:
        self.as_of, self._seen, self._spoilt = as_of, seen, spoilt

    @property
    def languages(self) -> Sequence[str]:
        """The languages of the texts in the index whose stems are known."""
        try:
            return self._seen.languages
        except Damaged as error:
            self._fail(error)

    def scored(self, asked: Asked, *, offset: int = 0, limit: int) -> list[tuple[float, int]]:
        """Return the scores of hits with their `seq`, the best first."""
        try:
            with engine.checked():
                hits = self._seen.searcher.search(asked, limit, count=False, offset=offset).hits
                seqs: list[Any] = self._seen.searcher.fast_field_values("seq", [at for _, at in hits])
                return [(score, seq) for (score, _), seq in zip(hits, seqs, strict=True)]
        except Damaged as error:
            self._fail(error)

    def ordered(self, asked: Asked, field: str, order: Order, limit: int) -> list[int]:
        """Return where hits stand in the order of a field, the first of them."""
        try:
            with engine.checked():
                found = self._seen.searcher.search(asked, limit, count=False, order_by_field=field, order=order)
                return [place for place, _ in found.hits]
        except Damaged as error:
            self._fail(error)

    def count(self, asked: Asked) -> int:
        """Return how many hits there are."""
        try:
            with engine.checked():
                found: Any = self._seen.searcher.search(asked, 1, count=True)
                return int(found.count)
        except Damaged as error:
            self._fail(error)

    def candidates(self, words: Sequence[str], grams: Sequence[str]) -> Candidates:
        """Return the claims that have the most of a text's terms (`rules/matching/terms.py`), the best first."""
        return Candidates(self._likest("statement", words), self._likest("grams", grams))

    def _likest(self, field: str, terms: Sequence[str]) -> list[int]:
        asked = asking.some(field, self._telling(field, dict.fromkeys(terms)))
        found = self.scored(asked, limit=EACH)
        return [seq for _, seq in sorted(found, key=lambda hit: (-hit[0], hit[1]))]  # of equals, the oldest first

    def _telling(self, field: str, terms: Iterable[str]) -> list[str]:
        """Return the terms without those that most of many claims have: they cost the most and order nothing.

        In the BM25 of Robertson and Spärck Jones, their weight is not above zero. All terms, where all are such.
        """
        every, claims = list(terms), self.claims()
        if claims < MANY:
            return every
        return [term for term in every if 2 * self.frequency(field, term) <= claims] or every

    def named_like(self, keys: AbstractSet[str], kinds: Collection[str], limit: int) -> list[int]:
        """Return the sources, of these kinds if any, that have the most of some keys of names, by their `seq`."""
        if not keys:
            return []
        asked = asking.named_like(keys)
        if kinds:
            asked = asking.both(asked, asking.any_of([asking.holds("kind", kind) for kind in sorted(kinds)]))
        return [seq for _, seq in self.scored(asked, limit=limit)]

    def documents(self) -> int:
        """Return how many documents the index has."""
        return self._seen.searcher.num_docs

    def claims(self) -> int:
        """Return how many claims the index has: each has one status."""
        return sum(self.frequency("facts", fact("status", status)) for status in Status)

    def frequency(self, field: str, term: str) -> int:
        """Return how many documents have a term in a field."""
        try:
            with engine.checked():
                return self._seen.searcher.doc_freq(field, term)
        except Damaged as error:
            self._fail(error)

    def _fail(self, error: Damaged) -> NoReturn:
        if _TOO_MANY in str(error):
            flaw = message("The search is not valid: too many words begin like this; write more letters before the *.")
            raise Invalid(
                message("Some parameters of the request are not allowed."), flaws=[Flaw(flaw, parameter="q")]
            ) from error
        self._spoilt(self._seen, error.detail)
        raise Unavailable(message("The search index cannot be read; it is being verified. Try again.")) from error
