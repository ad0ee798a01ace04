"""Search: FTS5 on SQLite, tsvector on PostgreSQL, one meaning on both.

The texts are kept as folded words (`rules/words.py`) in the column `words`. Triggers keep SQLite's index true,
an expression index PostgreSQL's. A query is words (all must occur), "phrases" and -not.

Best first costs a score for every hit, which is a second and more for a common word among a million. So only the
newest `RANKED` hits are scored, and the hits older than those follow, newest first.
"""

import re
from dataclasses import dataclass

from sqlalchemy import BigInteger, Double, Subquery, TextClause, column, text

from factcheck.rules.words import words

RANKED = 5000
TERMS = 32

_PART = re.compile(r'(-?)"([^"]*)"|(-?)([^\s"]+)')


class QueryFlaw(ValueError):
    """The query cannot be searched for; the message says why."""


@dataclass(frozen=True)
class Query:
    """A parsed query: phrases that must occur (a word is a phrase of one) and phrases that must not.

    An `unfinished` one is still being typed: its last word may go on.
    """

    wanted: tuple[tuple[str, ...], ...]
    unwanted: tuple[tuple[str, ...], ...]
    unfinished: bool = False

    def spelt_for(self, dialect: str) -> str:
        """Return the query in the language of this database's index."""
        return self._fts5() if dialect == "sqlite" else self._tsquery()

    def _fts5(self) -> str:
        phrases = " AND ".join(_quoted(phrase) for phrase in self.wanted)
        unwanted = "".join(f" NOT {_quoted(phrase)}" for phrase in self.unwanted)
        return f"({phrases}{' *' if self.unfinished else ''}){unwanted}"

    def _tsquery(self) -> str:
        wanted = [_followed(phrase) for phrase in self.wanted]
        if self.unfinished:
            wanted[-1] += ":*"
        return " & ".join(wanted + [f"!({_followed(phrase)})" for phrase in self.unwanted])


def parse(q: str) -> Query:
    """Parse what a person typed. Raises QueryFlaw."""
    if q.count('"') % 2:
        raise QueryFlaw(f"the quotation mark at position {q.rindex(chr(34))} has no partner")
    wanted: list[tuple[str, ...]] = []
    unwanted: list[tuple[str, ...]] = []
    for minus_phrase, phrase, minus_word, word in _PART.findall(q):
        found = tuple(words(phrase or word))
        if found:
            (unwanted if minus_phrase or minus_word else wanted).append(found)
    if not wanted:
        raise QueryFlaw("it needs at least one word to look for (a word without a minus before it)")
    if sum(map(len, wanted + unwanted)) > TERMS:
        raise QueryFlaw(f"it has more than {TERMS} words")
    return Query(tuple(wanted), tuple(unwanted))


def beginning(typed: str) -> Query | None:
    """Return the query for what begins with what was typed so far; None when that is no word yet."""
    found = words(typed)[:TERMS]
    return Query(tuple((word,) for word in found), (), unfinished=True) if found else None


def _quoted(phrase: tuple[str, ...]) -> str:
    return '"' + " ".join(phrase) + '"'


def _followed(phrase: tuple[str, ...]) -> str:
    return " <-> ".join(f"'{word}'" for word in phrase)


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
