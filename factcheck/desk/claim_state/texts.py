"""Articles' texts, and where quotes stand in them: looked for before a transaction begins, for use in it.

A snapshot changes by a redaction alone, so that what was found in it stays true until there is one. Which snapshot is
the newest, and what was redacted last, is for the transaction to say: the places in any other are found in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from factcheck.messages import message
from factcheck.rules.imports import LineKind, Notice
from factcheck.rules.selectors import Effort, QuoteAbsent, QuoteError, Span, place, place_as_set
from factcheck.rules.text.typography import Folded
from factcheck.schemas.base import is_id
from factcheck.schemas.claims import quotes_by_pointer, quotes_in
from factcheck.schemas.imports import Record, Refused
from factcheck.storage.tables.articles import Article, Snapshot
from factcheck.storage.tables.claims import Claim

FOLDING = 150  # code points that could be read in the time that folding one takes
HELD = 4_000_000  # code points of articles' texts that are kept at hand
Json = dict[str, Any]


class Wording(NamedTuple):
    """An article's words under the number of their snapshot: by the article's id, or themselves when it is new.

    `redacted` is the log index of the article's last redaction.
    """

    number: int
    article_id: str
    text: str | None = None
    redacted: int | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        return (self.article_id, self.number, self.redacted) if self.text is None else (self.text,)


def wording(article: Any) -> Wording:
    """Return the newest words of an article, of which this is a row."""
    return Wording(article.snapshot_number, article.id, redacted=article.redacted_index)


class Texts:
    """Articles' texts at hand, so that the claims of one article read it once, and the places that were found in them.

    All quotes share one `effort`; without it, those of each claim have their own.
    """

    def __init__(self, effort: Effort | None = None) -> None:
        self.effort = effort
        self._held: dict[tuple[Any, ...], str] = {}
        self._size = 0
        self._places: dict[tuple[Any, ...], Span | QuoteError] = {}
        self._folded: tuple[tuple[Any, ...], Folded] | None = None  # the text that was folded last
        self._reworded: dict[str, str] = {}

    def place(self, connection: Session | Connection, words: Wording, quote: Json, effort: Effort) -> Span:
        """Return the one place of a quote. Raises QuoteError."""
        hints = {name: quote.get(name) for name in ("prefix", "suffix", "start", "end")}
        key = (*words.key, quote["exact"], *hints.values())
        found = self._places.get(key)
        if found is None:
            try:
                text = self._read(connection, words, effort) if words.text is None else words.text
                found = self._in_text(words, text, quote["exact"], hints, effort)
            except QuoteError as error:
                found = error
            self._places[key] = found
        if isinstance(found, QuoteError):
            raise found.with_traceback(None)
        return found

    def _in_text(self, words: Wording, text: str, exact: str, hints: Json, effort: Effort) -> Span:
        try:
            return place(text, exact, **hints, effort=effort)
        except QuoteAbsent:
            if self._folded is None or self._folded[0] != words.key:
                effort.spend(FOLDING * len(text))
                self._folded = words.key, Folded(text)
            found = place_as_set(self._folded[1], exact, **hints, effort=effort)
            if found is None:
                raise
            self._reworded[exact] = found.exact
            return found

    def reworded(self, data: Mapping[str, Any]) -> list[Notice]:
        """Say which quotes of a claim's input were found in the text in another setting, and are stored in that."""
        return [
            Notice(
                message(
                    "The article sets these words as “{words}”. The quote is stored like that.",
                    words=self._reworded[exact],
                ),
                at,
            )
            for at, exact in quotes_by_pointer(data)
            if exact in self._reworded
        ]

    def look_for(self, connection: Connection, words: Wording, quotes: Iterable[Json]) -> None:
        """Find the places of some quotes, and remember them: those that have none too."""
        effort = self.effort or Effort()
        for quote in quotes:
            try:
                self.place(connection, words, quote, effort)
            except QuoteError:
                continue  # it is told when it is its turn

    def forget_places(self) -> None:
        self._places = {}

    def _read(self, connection: Session | Connection, words: Wording, effort: Effort) -> str:
        key = words.key
        if key not in self._held:
            text = of_snapshot(connection, words.article_id, words.number)
            effort.spend(len(text))
            while self._held and self._size + len(text) > HELD:
                self._size -= len(self._held.pop(next(iter(self._held))))
            self._held[key] = text
            self._size += len(text)
        return self._held[key]


def of_snapshot(connection: Session | Connection, article_id: str, number: int) -> str:
    """Return the text of a snapshot that is there."""
    text: str = connection.execute(_TEXT, {"article": article_id, "number": number}).scalar_one()
    return text


def of_claim(connection: Connection, data: Mapping[str, Any], *, article: str = "", claim: str = "") -> Texts:
    """Return the text of an article, or of a claim's article, with the places of all quotes in `data`.

    That is the input of a claim, or a patch of one, of which nothing has been validated. Of an article that is not
    there nothing is returned: the action tells of that.
    """
    texts = Texts(Effort())
    quotes = list(quotes_in(data))
    if quotes and (is_id(article) or is_id(claim)):
        statement, thing = (_ARTICLE, article) if article else (_ARTICLE_OF_CLAIM, claim)
        row = connection.execute(statement, {"id": thing.lower()}).first()
        if row is not None:
            texts.look_for(connection, wording(row), quotes)
    return texts


def of_import(connection: Connection, lines: Sequence[Record | Refused], texts: Texts) -> None:
    """Find the places of all quotes in these lines, of articles that the desk has or that an earlier line brings."""
    texts.forget_places()
    records = [line for line in lines if isinstance(line, Record)]
    names = {record.fields["article_id"] for record in records if record.kind is LineKind.CLAIM}
    known = _named(connection, names) if names else {}
    for record in records:
        if record.kind is LineKind.ARTICLE:
            words = Wording(1, record.external_id, record.fields["text"])
            for name in (record.external_id, record.fields["url"]):
                known.setdefault(name, words)
        elif record.kind is LineKind.CLAIM and record.fields["article_id"] in known:
            texts.look_for(connection, known[record.fields["article_id"]], quotes_in(record.fields))


def _named(connection: Connection, names: set[str]) -> dict[str | None, Wording]:
    """Return the articles of the desk that have these names: an external id before an id, and that before a URL."""
    ids = {name.lower(): name for name in names if is_id(name)}
    rows = connection.execute(_NAMED, {"names": sorted(names), "ids": sorted(ids)}).all()
    found: dict[str | None, Wording] = {}
    for names_of in (lambda row: row.external_id, lambda row: ids.get(row.id), lambda row: row.url):
        for row in rows:
            if (name := names_of(row)) in names:
                found.setdefault(name, wording(row))
    return found


_TEXT = select(Snapshot.text).where(Snapshot.article_id == bindparam("article"), Snapshot.number == bindparam("number"))
_ARTICLE = select(Article.id, Article.snapshot_number, Article.redacted_index).where(Article.id == bindparam("id"))
_ARTICLE_OF_CLAIM = (
    select(Article.id, Article.snapshot_number, Article.redacted_index).join(Claim).where(Claim.id == bindparam("id"))
)
_NAMES: Any = bindparam("names", expanding=True)
_NAMED = (
    select(Article.id, Article.external_id, Article.url, Article.snapshot_number, Article.redacted_index)
    .where(
        or_(
            Article.external_id.in_(_NAMES),
            Article.id.in_(bindparam("ids", expanding=True)),
            Article.url.in_(_NAMES),
        )
    )
    .order_by(Article.seq)
)
