"""What a person types to search: words, "phrases", beginnings*, -not, and OR between two of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from factcheck.messages import message
from factcheck.rules.text.excerpts import Phrase, phrase
from factcheck.rules.text.words import tokens

TERMS = 32
OPEN = 2  # letters at least before a *
OR = "OR"

# A phrase with its partner, or a run of anything else; what follows a quotation mark without one is the rest.
_PART = re.compile(r'(-?)(?:"([^"]*)"(\*?)|([^\s"]+))')


class QueryFlaw(ValueError):
    """The query cannot be searched for; `detail` says why, and where in it."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True)
class Query:
    """A parsed query: of each of `groups` one phrase must occur, and none of `unwanted` (a word is a phrase of one)."""

    groups: tuple[tuple[Phrase, ...], ...]
    unwanted: tuple[Phrase, ...] = ()

    @property
    def wanted(self) -> tuple[Phrase, ...]:
        """All phrases that are to be marked where they occur."""
        return tuple(each for group in self.groups for each in group)

    @property
    def tells_apart(self) -> bool:
        """Whether some texts hold it better than others: how often a word only begins so says nothing."""
        return any(not each.open or len(each.words) > 1 for each in self.wanted)


def parse(q: str, most: int = TERMS) -> Query:
    """Parse what a person typed. Raises QueryFlaw.

    What is said twice counts once among the `most` words that a query may have. OR joins what stands beside it, before
    all words must occur: `a OR b c` is (a or b) and c.
    """
    if q.count('"') % 2:
        at = q.rindex('"') + 1
        raise QueryFlaw(message("the quotation mark at character {at} has no partner", at=at))
    groups: list[tuple[Phrase, ...]] = []
    unwanted: list[Phrase] = []
    joins: int | None = None  # where the OR stands whose other side comes next
    alone = True  # whether there is nothing yet that an OR could join
    for part in _PART.finditer(q):
        if part[0] == OR:
            if joins is not None or alone:
                raise _one_sided(part.start())
            joins = part.start()
            continue
        found = _phrase(part)
        if found is None:
            continue
        if part[1]:
            if joins is not None:
                raise _one_sided(joins)
            unwanted.append(found)
        elif joins is not None:
            groups[-1] = (*groups[-1], found)
        else:
            groups.append((found,))
        alone, joins = bool(part[1]), None
    if joins is not None:
        raise _one_sided(joins)
    if not groups:
        raise QueryFlaw(message("it needs at least one word without a minus"))
    each_once = (tuple(dict.fromkeys(group)) for group in groups)
    query = Query(tuple(dict.fromkeys(each_once)), tuple(dict.fromkeys(unwanted)))
    if sum(len(each.words) for each in query.wanted + query.unwanted) > most:
        raise QueryFlaw(message("it has more than {most} words", most=most))
    return query


def parse_pasted(q: str, most: int = TERMS) -> Query | None:
    """Return the query for what somebody pasted; None where it has no word.

    What cannot be read as a search is read as the words that it has, the first `most` different ones, all of which must
    occur: a sentence has quotation marks without partners, and more words than a search.
    """
    try:
        return parse(q, most)
    except QueryFlaw:
        return all_words(q, most)


def all_words(text: str, most: int = TERMS, *, opened: bool = False) -> Query | None:
    """Return the query for the first `most` different words of a text; None where it has none.

    With `opened`, the last word may go on.
    """
    runs = list(_runs(text))
    phrases = [phrase(each, opened=opened and at == len(runs) - 1, inflected=True) for at, each in enumerate(runs)]
    kept = tuple((each,) for each in dict.fromkeys(phrases) if each)[:most]
    return Query(kept) if kept else None


def _runs(text: str) -> Iterator[str]:
    """Yield the words of a text as they are spelt there; characters without spaces between words stay together."""
    begin = end = -1
    for each in tokens(text):
        if each.start >= end:
            if begin >= 0:
                yield text[begin:end]
            begin = each.start
        end = max(end, each.end)
    if begin >= 0:
        yield text[begin:end]


def _phrase(part: re.Match[str]) -> Phrase | None:
    _minus, quoted, star, plain = part.groups()
    body = quoted if plain is None else plain.rstrip("*")
    opened = bool(star) or (plain is not None and plain.endswith("*") and _may_go_on(body))
    found = phrase(body, opened=opened, inflected=plain is not None)
    if opened and (found is None or len(found.words[-1]) < OPEN):
        told = message("the * at character {at} needs {least} letters before it", at=part.end(), least=OPEN)
        raise QueryFlaw(told)
    return found


def _may_go_on(body: str) -> bool:
    """Say whether a * after this stands at the end of a word: elsewhere it is punctuation like any other."""
    found = tokens(body[-64:])
    return not body or (bool(found) and found[-1].end == len(body[-64:]))


def _one_sided(at: int) -> QueryFlaw:
    return QueryFlaw(message("the OR at character {at} needs a word on each side, without a minus", at=at + 1))
