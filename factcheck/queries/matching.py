"""Was this checked before? Claims like a text, each with how likely it says the same.

The walk: the search index gives two ranked lists of claims that may be meant → the nearest of both are compared with
the text → features of what the two share give their order and their score (`rules/matching/ranking.py`); where a
sentence model is set, how close they are in meaning is one more. What they contradict each other in is told, and counts
where a claim is refused (`rules/matching/strict.py`), never in the order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from factcheck.desk.access import masking
from factcheck.errors import CheckedBefore, Unavailable
from factcheck.followers.embeddings.files import Said
from factcheck.followers.embeddings.meanings import Meanings
from factcheck.followers.search.views import View
from factcheck.log.actors import Actor
from factcheck.messages import message
from factcheck.rules.languages.guessing import language_of
from factcheck.rules.matching import strict
from factcheck.rules.matching.candidates import COMPARED, nearest
from factcheck.rules.matching.features import SMALL_WORDS, Rarity, Text, features, text_of
from factcheck.rules.matching.ranking import ModelUse, ranked
from factcheck.rules.matching.statements import Statement, statement
from factcheck.rules.matching.strict import THRESHOLD
from factcheck.rules.matching.terms import tidied
from factcheck.rules.text.words import stems, tokens
from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.claims import Claim

Json = dict[str, Any]
TOLD = 5  # claims that a refusal names
SHARED = 8  # words that are told of a claim
LANGUAGES = 5  # of the desk, in which the words of a text of an unknown language are looked for
BESIDE = 10  # claims that are compared beside those that are asked for


@dataclass(frozen=True)
class Match:
    """A claim, as its JSON is shown to whoever asked, with the likelihood that it says the same, and why.

    `found_by` has the lists that it was found in: `words`, `letters`. `shared` has words of the text that it has too,
    those that tell most first. `repeats`: it is so like the text that a strict entry is refused.
    """

    document: bytes
    score: float
    differs: tuple[str, ...]
    found_by: tuple[str, ...]
    shared: tuple[str, ...]
    repeats: bool

    def short(self) -> Json:
        """Return what is told of it in a refusal and on a page."""
        claim = orjson.loads(self.document)
        told = {name: claim[name] for name in ("id", "text", "status", "article")}
        return {**told, "score": self.score, "differs": list(self.differs), "links": {"self": claim["links"]["self"]}}


@dataclass(frozen=True)
class Matches:
    """Claims like a text, the likest first. `model` says whether a sentence model that was asked answered."""

    items: list[Match]
    model: ModelUse | None = None


def match(
    connection: Connection,
    view: View,
    text: str,
    *,
    limit: int,
    viewer: Actor | None,
    language: str | None = None,
    meanings: Meanings | None = None,
) -> Matches:
    """Return the active claims likest to a text, the likest first and the older of equals, as `viewer` sees them.

    `language` is the tag of the text, where somebody said so. Without `meanings`, or while their model fails, the order
    follows from words alone.
    """
    asked = _Asked(text, language, Rarity(view))
    found_by = view.candidates(asked.words_in(view.languages), asked.text.said.grams)
    seqs = nearest(found_by, max(COMPARED, limit + BESIDE))
    if not seqs:
        return Matches([])
    rows = connection.execute(_ROWS, {"seqs": seqs}).all()
    claims = [text_of(row.text, row.title, row.language) for row in rows]
    pairs = zip(rows, claims, strict=True)
    measured = [features(asked.beside(row.language), claim, asked.rarity) for row, claim in pairs]
    close = meanings.closeness(text, [Said(row.seq, row.text) for row in rows]) if meanings and rows else None
    order = ranked(measured, [claim.key for claim in claims], view.claims(), close)
    # What says the same in the same words is the same, however common these are.
    same = [
        claim.said.words == asked.beside(row.language).said.words
        and asked.words == [token.text for token in tokens(row.text, row.language)]
        for row, claim in zip(rows, claims, strict=True)
    ]
    chosen = sorted(order, key=lambda each: not same[each.place])[:limit]
    documents = masking.documents(connection, viewer, [rows[each.place] for each in chosen])
    words, letters = map(frozenset, found_by)
    found = []
    for each, document in zip(chosen, documents, strict=True):
        row, claim = rows[each.place], claims[each.place]
        said = statement(row.text, row.language)
        new = asked.statement(said.language)
        differs = strict.similarity(new, said).differs
        is_same = same[each.place] and not differs
        lists = (("words", words), ("letters", letters))
        found.append(
            Match(
                document,
                1.0 if is_same else round(min(each.score, 0.9999), 4),
                differs,
                tuple(name for name, seqs_of in lists if row.seq in seqs_of),
                asked.shared(claim, row.language),
                strict.repeats(new, said),
            )
        )
    found.sort(key=lambda one: -one.score)
    if meanings is None:
        return Matches(found)
    return Matches(found, ModelUse.UNAVAILABLE if close is None else ModelUse.USED)


class _Asked:
    """The text that is looked for: its words are those of its own language, else of the claim's that it is beside."""

    def __init__(self, text: str, language: str | None, rarity: Rarity) -> None:
        self.rarity, self._given, self._said = rarity, text, tidied(text)
        self.language = language_of(self._said, language)
        self.text = text_of(text, language=self.language)
        self.words = [token.text for token in tokens(text, self.language)]
        self._beside: dict[str | None, Text] = {self.language: self.text}
        self._statements: dict[str | None, Statement] = {}

    def words_in(self, languages: Sequence[str]) -> list[str]:
        """Return the words to find claims by: where the language is not known, as each of the desk's has them."""
        if self.language is not None:
            return self.text.said.words
        texts = [self.text, *(self.beside(each) for each in languages[:LANGUAGES])]
        return [word for each in texts for word in each.said.words]

    def beside(self, language: str | None) -> Text:
        chosen = self.language or language
        if chosen not in self._beside:
            self._beside[chosen] = text_of(self._said, language=chosen)
        return self._beside[chosen]

    def statement(self, language: str | None) -> Statement:
        chosen = self.language or language
        if chosen not in self._statements:
            self._statements[chosen] = statement(self._given, chosen)
        return self._statements[chosen]

    def shared(self, claim: Text, language: str | None) -> tuple[str, ...]:
        """Return the words that the claim or its title has too, the rarest first, without small ones such as "of"."""
        chosen = self.language or language
        found = tokens(self._said, chosen)
        pairs = zip(found, stems(found, chosen), strict=True)
        both = {stem: token.word for token, stem in pairs if stem in claim.words and token.text not in SMALL_WORDS}
        rarest = sorted(both, key=lambda stem: (-self.rarity.word(stem), stem))
        return tuple(both[stem] for stem in rarest[:SHARED])


def checked_before(found: Sequence[Match]) -> list[Match]:
    """Return those of some matches that are likely the same claim, or so like it that it is worth a look."""
    return [each for each in found if each.repeats or each.score >= THRESHOLD]


def demand_new(connection: Connection, view: View, viewer: Actor | None, text: str, *, article_id: str) -> None:
    """Raise CheckedBefore when an active claim is so like this text, from an article, that it is probably the same.

    Raises Unavailable while the index is behind: it might not have that claim yet. Two who enter the same at the same
    moment may both be let in: neither sees the other's.
    """
    if view.as_of.behind:
        raise Unavailable(message("The search index is being brought up to date. Try again in a moment."))
    language = connection.execute(_LANGUAGE, {"id": article_id}).scalar()
    # Without a sentence model: what is refused follows from words, and a writer does not wait for a model.
    found = match(connection, view, text, limit=TOLD, viewer=viewer, language=language).items
    if any(each.repeats for each in found):
        raise CheckedBefore(
            message("This looks like a claim that is already on this desk. Nothing was added."),
            similar=[each.short() for each in found if each.repeats],
        )


_LANGUAGE = select(Article.language).where(Article.id == bindparam("id"))
_ROWS = (
    select(
        Claim.seq, Claim.id, Claim.text, Claim.document, Claim.changed_index, Claim.second_opinion_at,
        Article.title, Article.language,
    )
    .join(Article, Article.id == Claim.article_id)
    .where(Claim.seq.in_(bindparam("seqs", expanding=True)), Claim.withdrawn_at.is_(None))
    .order_by(Claim.seq)
)  # fmt: skip
