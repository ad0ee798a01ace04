"""Search: FTS5 on SQLite, tsvector on PostgreSQL, one meaning on both.

The texts are kept as folded words (`rules/words.py`) in the column `words`. Triggers keep SQLite's index true,
an expression index PostgreSQL's. A query is words (all must occur), "phrases", beginnings* and -not.

Best first costs a score for every hit, which is a second and more for a common word among a million. So only the
newest `RANKED` hits are scored, and the hits older than those follow, newest first.
"""

import re
from dataclasses import dataclass

from sqlalchemy import BigInteger, Double, Subquery, TextClause, column, text

from factcheck.rules.excerpts import Phrase
from factcheck.rules.words import fold, words

RANKED = 5000
TERMS = 32
OPEN = 2  # letters at least before a *

# A phrase with its partner, or a run of anything else; what follows a quotation mark without one is the rest.
_PART = re.compile(r'(-?)(?:"([^"]*)"(\*?)|([^\s"]+))')


class QueryFlaw(ValueError):
    """The query cannot be searched for; the message says why, and where in it."""


@dataclass(frozen=True)
class Query:
    """A parsed query: phrases that must occur (a word is a phrase of one) and phrases that must not."""

    wanted: tuple[Phrase, ...]
    unwanted: tuple[Phrase, ...]

    def spelt_for(self, dialect: str) -> str:
        """Return the query in the language of this database's index."""
        return self._fts5() if dialect == "sqlite" else self._tsquery()

    def _fts5(self) -> str:
        phrases = " AND ".join(_quoted(phrase) for phrase in self.wanted)
        unwanted = "".join(f" NOT {_quoted(phrase)}" for phrase in self.unwanted)
        return f"({phrases}){unwanted}"

    def _tsquery(self) -> str:
        wanted = [_followed(phrase) for phrase in self.wanted]
        return " & ".join(wanted + [f"!({_followed(phrase)})" for phrase in self.unwanted])


def parse(q: str, most: int = TERMS) -> Query:
    """Parse what a person typed: words, "phrases", beginnings*, and any of them with a minus. Raises QueryFlaw.

    What is said twice counts once among the `most` words that a query may have.
    """
    if q.count('"') % 2:
        raise QueryFlaw(f"the quotation mark at character {q.rindex(chr(34)) + 1} has no partner")
    wanted: list[Phrase] = []
    unwanted: list[Phrase] = []
    for part in _PART.finditer(q):
        minus, quoted, star, plain = part.groups()
        body = quoted if plain is None else plain.rstrip("*")
        opens = bool(star) or (plain is not None and plain.endswith("*") and _may_go_on(body))
        phrase = _phrase(body, opens, part)
        if phrase:
            (unwanted if minus else wanted).append(phrase)
    if not wanted:
        raise QueryFlaw("it needs at least one word to look for (a word without a minus before it)")
    query = Query(tuple(dict.fromkeys(wanted)), tuple(dict.fromkeys(unwanted)))
    if sum(len(phrase.words) for phrase in query.wanted + query.unwanted) > most:
        raise QueryFlaw(f"it has more than {most} words")
    return query


def _may_go_on(body: str) -> bool:
    """Say whether a * after this stands at the end of a word: elsewhere it is punctuation like any other."""
    return not body or fold(body)[-1:].isalnum()


def _phrase(text: str, opens: bool, part: re.Match[str]) -> Phrase | None:
    found = tuple(words(text))
    if opens and (not found or len(found[-1]) < OPEN):
        raise QueryFlaw(f"the * at character {part.end()} needs {OPEN} letters before it")
    return Phrase(found, opens) if found else None


def beginning(typed: str) -> Query | None:
    """Return the query for what begins with what was typed so far; None when that is no word yet."""
    *whole, last = words(typed)[:TERMS] or [""]
    return Query((*(Phrase((word,)) for word in whole), Phrase((last,), open=True)), ()) if last else None


def _quoted(phrase: Phrase) -> str:
    return '"' + " ".join(phrase.words) + '"' + (" *" if phrase.open else "")


def _followed(phrase: Phrase) -> str:
    return " <-> ".join(f"'{word}'" for word in phrase.words) + (":*" if phrase.open else "")


def matches(dialect: str, table: str) -> TextClause:
    """Return the condition that a row of `table` holds the query bound as ``q``."""
    if dialect == "sqlite":
        return text(f"{table}.seq IN (SELECT rowid FROM {table}_fts WHERE {table}_fts MATCH :q)")
    return text(f"{table}.search @@ CAST(:q AS tsquery)")


def holds(dialect: str, table: str) -> TextClause:
    """Return the condition of `matches`, looked up for each row: for few rows, where all hits need not be found."""
    if dialect == "sqlite":
        return text(f"EXISTS (SELECT 1 FROM {table}_fts WHERE {table}_fts MATCH :q AND rowid = {table}.seq)")
    return matches(dialect, table)


def newest_scored(dialect: str, table: str) -> Subquery:
    """Return the newest hits of ``q`` at or below ``top``, as rows of `seq` and `score` (less is better).

    At most RANKED rows. A score orders the hits of one query and means nothing beyond that.
    """
    if dialect == "sqlite":
        sql = (
            f"SELECT rowid AS seq, rank AS score FROM {table}_fts"
            f" WHERE {table}_fts MATCH :q AND rowid <= :top ORDER BY rowid DESC LIMIT {RANKED}"
        )
    else:
        sql = (
            "SELECT seq, CAST(-ts_rank(search, CAST(:q AS tsquery), 1) AS double precision) AS score"
            f" FROM (SELECT seq, search FROM {table} WHERE search @@ CAST(:q AS tsquery) AND seq <= :top"
            f" ORDER BY seq DESC LIMIT {RANKED}) AS newest"
        )
    return text(sql).columns(column("seq", BigInteger), column("score", Double)).subquery("hits")
