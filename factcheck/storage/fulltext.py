"""Search: FTS5 on SQLite, tsvector on PostgreSQL, one meaning on both.

The texts are kept as folded words (`rules/text/stored_words.py`) in the column `words`. Triggers keep SQLite's index
true, an expression index PostgreSQL's. A query is words (all must occur), "phrases", beginnings* and -not.

An index gives all the hits of a word before it can narrow, order or count them, which costs a second and more for a
common word among a million. So the index is asked for claims by what is rare (`hits`); what is common is found by
walking along a list and looking at each claim's words (`holds`), so far as a page may cost. See
`queries/search/hits.py`.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, TextClause, text

from factcheck.rules.ranking import needle
from factcheck.rules.text.excerpts import Phrase
from factcheck.rules.text.stored_words import fold, words

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

    @property
    def shape(self) -> tuple[int, int]:
        """What a statement that looks for it depends on: how many phrases are wanted, and how many are not."""
        return len(self.wanted), len(self.unwanted)

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
        raise QueryFlaw("it needs at least one word without a minus")
    query = Query(tuple(dict.fromkeys(wanted)), tuple(dict.fromkeys(unwanted)))
    if sum(len(phrase.words) for phrase in query.wanted + query.unwanted) > most:
        raise QueryFlaw(f"it has more than {most} words")
    return query


def parse_pasted(q: str, most: int = TERMS) -> Query | None:
    """Return the query for what somebody pasted; None where it has no word.

    What cannot be read as a search is read as the words that it has, the first `most` different ones, all of which must
    occur: a sentence has quotation marks without partners, and more words than a search.
    """
    try:
        return parse(q, most)
    except QueryFlaw:
        different = list(dict.fromkeys(words(q)))[:most]
        return Query(tuple(Phrase((word,)) for word in different), ()) if different else None


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


def index_counts(dialect: str) -> TextClause:
    """Return the statement that counts the claims that hold ``q`` by the index, to ``most``."""
    hit = (
        "claims_fts WHERE claims_fts MATCH :q" if dialect == "sqlite" else "claims WHERE search @@ CAST(:q AS tsquery)"
    )
    return text(f"SELECT count(*) FROM (SELECT 1 AS one FROM {hit} LIMIT :most) AS found")


def matches(dialect: str, table: str) -> TextClause:
    """Return the condition that a row of `table` holds the query bound as ``q``."""
    if dialect == "sqlite":
        return text(f"{table}.seq IN (SELECT rowid FROM {table}_fts WHERE {table}_fts MATCH :q)")
    return text(f"{table}.search @@ CAST(:q AS tsquery)")


@cache
def holds(dialect: str, shape: tuple[int, int], rows: str) -> TextClause:
    """Return the condition that one of `rows` (the name of claims in a statement) holds a query, by its words alone.

    The same hits as the index has, looked at row by row: for rows that are few, or that are walked along anyway.
    """
    stands = "instr" if dialect == "sqlite" else "strpos"
    padded = f"' ' || {rows}.words || ' '"
    there = [f"{stands}({padded}, :w{at}) > 0" for at in range(shape[0])]
    return text(" AND ".join(there + [f"{stands}({padded}, :n{at}) = 0" for at in range(shape[1])]))


def needles(query: Query) -> dict[str, str]:
    """Return what `holds` binds."""
    wanted = {f"w{at}": needle(phrase) for at, phrase in enumerate(query.wanted)}
    return wanted | {f"n{at}": needle(phrase) for at, phrase in enumerate(query.unwanted)}


def hits(connection: Connection, query: Query, most: int) -> list[int] | None:
    """Return the claims that hold the query, by their `seq`; None when the index had better not.

    None when there are more than `most`, or when finding them would read long lists of common words: how long is told
    by PostgreSQL's own estimate, and by a look at the newest claims on SQLite.
    """
    dialect = connection.dialect.name
    spelt = {"q": query.spelt_for(dialect)}
    if dialect == "sqlite":
        if _costs(connection, query) > AFFORDED:
            return None
        statement = _NEWEST_FTS
    else:
        if _estimated(connection, query) > most * MISJUDGED:
            return None
        # What must not be there is taken from a list of all that holds the rest.
        if query.unwanted and _estimated(connection, Query(query.wanted, ())) > READ:
            return None
        statement = _ANY_TSVECTOR
    found = connection.execute(statement, {**spelt, "most": most + 1}).scalars().all()
    return None if len(found) > most else list(found)


def _estimated(connection: Connection, query: Query) -> float:
    """Return how many claims PostgreSQL expects to hold the query."""
    plan = connection.execute(_ESTIMATE, {"q": query.spelt_for("postgresql")}).scalar_one()
    return float(plan[0]["Plan"]["Plan Rows"])


def _costs(connection: Connection, query: Query) -> float:
    """Estimate the microseconds that FTS5 takes to go through a query's lists.

    It reads all of a beginning's before it gives the first hit, and steps through the rarest word's.
    """
    phrases = query.wanted + query.unwanted
    if len(phrases) == 1 and len(phrases[0].words) == 1 and not phrases[0].open:
        return 0.0  # every step is a hit, and there is a limit to them
    terms = [(word, at < len(phrase.words) - 1 or not phrase.open) for phrase in phrases
             for at, word in enumerate(phrase.words)]  # fmt: skip
    values = {f"t{at}": f" {word} " if closed else f" {word}" for at, (word, closed) in enumerate(terms)}
    top, *shares = connection.execute(_sampled(len(terms)), values).one()
    wanted = sum(len(phrase.words) for phrase in query.wanted)
    rarest = min((share for share, (_, closed) in zip(shares[:wanted], terms, strict=False) if closed), default=0.0)
    begun = sum(share for share, (_, closed) in zip(shares, terms, strict=True) if not closed)
    return float((top or 0) * (STEP * rarest * len(terms) + MERGED * begun))


@cache
def _sampled(terms: int) -> TextClause:
    shares = ", ".join(f"coalesce(avg(instr(padded, :t{at}) > 0), 0)" for at in range(terms))
    return text(
        f"SELECT (SELECT max(seq) FROM claims), {shares}"
        f" FROM (SELECT ' ' || words || ' ' AS padded FROM claims ORDER BY seq DESC LIMIT {SAMPLE})"
    )


def among(dialect: str) -> TextClause:
    """Return the `seq` that are bound, as JSON, as ``hits``."""
    if dialect == "sqlite":
        return text("SELECT value FROM json_each(:hits)")
    return text("SELECT CAST(jsonb_array_elements_text(CAST(:hits AS jsonb)) AS bigint)")


SAMPLE = 500  # of the newest claims
STEP, MERGED = 0.1, 0.2  # microseconds for a claim, measured on a million
AFFORDED = 10_000.0  # microseconds
READ = 200_000  # claims that PostgreSQL reads from its index in some ten milliseconds
MISJUDGED = 2  # an estimate may be too high by this
_NEWEST_FTS = text("SELECT rowid FROM claims_fts WHERE claims_fts MATCH :q ORDER BY rowid DESC LIMIT :most")
_ANY_TSVECTOR = text("SELECT seq FROM claims WHERE search @@ CAST(:q AS tsquery) LIMIT :most")
_ESTIMATE = text("EXPLAIN (FORMAT JSON) SELECT seq FROM claims WHERE search @@ CAST(:q AS tsquery)")


@contextmanager
def planned_anew(connection: Connection) -> Iterator[None]:
    """Have each statement planned for the values that it is run with.

    PostgreSQL plans a prepared statement once for all values: a search without knowing its word, however common.
    """
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        yield
        return
    kept, raw.prepare_threshold = raw.prepare_threshold, None
    try:
        yield
    finally:
        raw.prepare_threshold = kept
