"""What a claim's JSON is made of, and the JSON itself."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, aliased

from factcheck.desk import pieces
from factcheck.desk.clock import stamp
from factcheck.rules.sources import SYMMETRIC
from factcheck.rules.status import Question
from factcheck.storage.models import Article, Claim, QuoteRole, Source
from factcheck.storage.opinions import SecondOpinion
from factcheck.storage.people import Person

Json = dict[str, Any]


class Parts:
    """All that the JSON of some claims is made of, read with one query per kind of part."""

    def __init__(
        self,
        connection: Connection,
        claims: Sequence[Claim],
    ) -> None:
        """Read the parts of these claims."""
        marked = [claim.id for claim in claims if claim.second_opinion_at is not None]
        articles = connection.execute(_ARTICLES, {"ids": list({claim.article_id for claim in claims})}).all()
        opinions: Iterable[Any] = connection.execute(_OPINIONS, {"ids": marked}).all() if marked else ()
        self.articles: dict[str, Any] = {row.id: row for row in articles}
        self.pieces = pieces.read(connection, [claim.id for claim in claims])
        self.pieces.names |= {row.outlet: (row.outlet_name, row.outlet_kind) for row in articles if row.outlet}
        self.quotes, self.hops = self.pieces.quotes, self.pieces.hops
        self.evidence = defaultdict(
            list,
            {
                claim: [item for item in items if item.withdrawn_at is None]
                for claim, items in self.pieces.evidence.items()
            },
        )
        self.opinions = grouped(opinions)
        self.relations = _standing(self.pieces.relations)
        named = {item.added_by_id for items in self.evidence.values() for item in items}
        named |= {person for claim in claims for person in (claim.reviewed_by_id, claim.attribution_reviewed_by_id)}
        named -= {None}
        persons = connection.execute(_PEOPLE, {"ids": list(named)}) if named else ()
        self.sources: dict[Any, Json] = {
            given: dict(zip(("id", "name", "kind"), (now, *self.pieces.names[now]), strict=True))
            for given, now in self.pieces.named()
            if now
        }
        self.people = {row.id: {"id": row.id, "name": row.name} for row in persons}

    @classmethod
    def of_new(
        cls,
        articles: Mapping[str, Any],
        quotes: Mapping[str, Sequence[Any]],
        hops: Mapping[str, Sequence[Any]],
        evidence: Mapping[str, Sequence[Any]],
        sources: dict[Any, Json],
        people: dict[str, Json],
    ) -> "Parts":
        """Return the parts of claims that are only being entered: no relations, no second opinions."""
        parts = cls.__new__(cls)
        nothing: defaultdict[str, list[Any]] = defaultdict(list)
        parts.articles, parts.sources, parts.people = dict(articles), sources, people
        parts.quotes, parts.hops, parts.evidence = (
            defaultdict(list, {claim: list(rows) for claim, rows in given.items()})
            for given in (quotes, hops, evidence)
        )
        parts.opinions = parts.relations = nothing
        return parts

    def document(self, claim: Claim | Any) -> Json:
        """Return a claim's JSON, its members in the order in which they are served."""
        article = self.articles[claim.article_id]
        quotes = self.quotes[claim.id]
        chain = [self._hop(hop, quotes) for hop in self.hops[claim.id]]
        here = f"/v1/claims/{claim.id}"
        return {
            "id": claim.id,
            "external_id": claim.external_id,
            "article_id": claim.article_id,
            "article": {"id": article.id, "title": article.title, "url": article.url},
            "text": claim.text,
            "kind": claim.kind,
            "quotes": [quote_json(quote) for quote in quotes if quote.role == QuoteRole.CLAIM],
            "quantity": quantity_json(claim),
            "attribution": {
                "status": claim.attribution_status,
                "reason": claim.attribution_reason,
                "reviewed_by": self._person(claim.attribution_reviewed_by_id),
                "reviewed_at": _stamped(claim.attribution_reviewed_at),
                "second_opinion": self._opinion(claim, Question.ATTRIBUTION),
                "chain": chain,
                "origin": chain[-1]["source"] if chain else None,
            },
            "tags": claim.tags,
            "status": claim.status,
            "reason": claim.reason,
            "reviewed_by": self._person(claim.reviewed_by_id),
            "reviewed_at": _stamped(claim.reviewed_at),
            "valid_on": claim.valid_on,
            "review_by": claim.review_by,
            "second_opinion": self._opinion(claim, Question.CONTENT),
            "evidence": [self._evidence(item) for item in self.evidence[claim.id]],
            "relations": self.relations[claim.id],
            "revision": claim.revision,
            "created_at": stamp(claim.created_at),
            "updated_at": stamp(claim.updated_at),
            "links": {
                "self": here,
                "article": f"/v1/articles/{claim.article_id}",
                "reviews": f"{here}/reviews",
                "history": f"{here}/history",
            },
        }

    def _hop(self, hop: Row[Any], quotes: Sequence[Row[Any]]) -> Json:
        def of(role: QuoteRole) -> list[Json]:
            return [quote_json(quote) for quote in quotes if quote.hop == hop.position and quote.role == role]

        return {
            "source": self.sources.get(hop.source_id),
            "described_as": hop.described_as,
            "cue": hop.cue,
            "directness": hop.directness,
            "on_behalf_of": self.sources.get(hop.on_behalf_of_id),
            "interested": hop.interested,
            "note": hop.note,
            "source_quotes": of(QuoteRole.SOURCE),
            "cue_quotes": of(QuoteRole.CUE),
        }

    def _evidence(self, item: Row[Any]) -> Json:
        source, origin = self.sources.get(item.source_id), self.sources.get(item.origin_id)
        return evidence_json(item, source, origin, self._person(item.added_by_id))

    def _opinion(self, claim: Claim | Any, question: Question) -> Json | None:
        """Return the second opinion that is open on a question, as those see it who do not have to give it."""
        for row in self.opinions[claim.id]:
            if row.question == question:
                return {"id": row.id, "question": row.question, "asked_at": stamp(row.asked_at), "blind": False}
        return None

    def _person(self, person_id: str | None) -> Json | None:
        return self.people[person_id] if person_id else None


# Built once: composing a statement, and an alias above all, costs more than running it.
_IDS: Any = bindparam("ids", expanding=True)
_outlet, _outlet_now = aliased(Source), aliased(Source)
_ARTICLES = (
    select(Article.id, Article.title, Article.url, Article.published_on, *pieces.named(_outlet_now, "outlet"))
    .outerjoin(_outlet, _outlet.id == Article.outlet_id)
    .outerjoin(_outlet_now, _outlet_now.id == _outlet.canonical_id)
    .where(Article.id.in_(_IDS))
)
_OPINIONS = select(SecondOpinion.claim_id, SecondOpinion.id, SecondOpinion.question, SecondOpinion.asked_at).where(
    SecondOpinion.claim_id.in_(_IDS), SecondOpinion.closed_at.is_(None)
)
_PEOPLE = select(Person.id, Person.name).where(Person.id.in_(_IDS))
_final = aliased(Source)
_SOURCES = (
    select(Source.id, _final.id.label("final_id"), _final.name, _final.kind)
    .join(_final, _final.id == Source.canonical_id)
    .where(Source.id.in_(_IDS))
)


def _standing(relations: Iterable[Any]) -> defaultdict[str, list[Json]]:
    """Return what each claim shows of its relations to claims that stand: a symmetric one shows on both."""
    shown: defaultdict[str, list[Json]] = defaultdict(list)
    for row in relations:
        if row.other_stands:
            shown[row.claim_id].append({"kind": row.kind, "claim_id": row.other_id})
        if row.claim_stands and row.kind in SYMMETRIC:
            shown[row.other_id].append({"kind": row.kind, "claim_id": row.claim_id})
    return shown


def source_references(session: Session | Connection, source_ids: Iterable[str]) -> dict[str, Json]:
    """Return ``{id, name, kind}`` for each of these sources, of the one that it was merged into if it was."""
    rows = session.execute(_SOURCES, {"ids": list(set(source_ids))})
    return {row.id: {"id": row.final_id, "name": row.name, "kind": row.kind} for row in rows}


def quote_json(quote: Row[Any] | Any) -> Json:
    return {
        "exact": quote.exact,
        "prefix": quote.prefix,
        "suffix": quote.suffix,
        "start": quote.start_at,
        "end": quote.end_at,
        "snapshot": quote.snapshot,
        "state": quote.state,
    }


def quantity_json(claim: Claim | Row[Any]) -> Json | None:
    if claim.kind != "quantity":
        return None
    return {
        "low": number(claim.low),
        "high": number(claim.high),
        "unit": claim.unit,
        "wording": claim.wording,
    }


def evidence_json(item: Row[Any] | Any, source: Json | None, origin: Json | None, added_by: Json | None) -> Json:
    return {
        "id": item.id,
        "stance": item.stance,
        "url": item.url,
        "title": item.title,
        "source": source,
        "origin": origin,
        "excerpt": item.excerpt,
        "archived_url": item.archived_url,
        "note": item.note,
        "added_by": added_by,
        "added_at": stamp(item.added_at),
    }


def number(value: float | None) -> int | float | None:
    """Write a whole number without a fraction: a million is 1000000, not 1000000.0."""
    return int(value) if value is not None and float(value).is_integer() else value


def _stamped(instant: Any) -> str | None:
    return stamp(instant) if instant else None


def grouped(rows: Iterable[Row[Any]]) -> defaultdict[str, list[Row[Any]]]:
    """Return rows by the claims that they belong to."""
    groups: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        groups[row.claim_id].append(row)
    return groups
