"""A claim as one value: its row with everything that belongs to it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, case, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, aliased

from factcheck.desk.claim_state.locks import References, lock_claim
from factcheck.rules.sources import CONFLICTS
from factcheck.rules.status import EvidenceTally, Stance
from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.attribution import Hop, Quote
from factcheck.storage.tables.captures import Capture
from factcheck.storage.tables.claims import Claim, Relation
from factcheck.storage.tables.evidence import Evidence, Occurrence
from factcheck.storage.tables.people import Person
from factcheck.storage.tables.reviews import SecondOpinion
from factcheck.storage.tables.sources import Source


@dataclass
class ClaimState:
    """A claim with its article, quotes, chain, evidence, relations, open second opinions, occurrences, each in order.

    Evidence and occurrences that were withdrawn, and relations to withdrawn claims, are there too. `source`,
    `on_behalf_of` and `origin` of a row are the sources that those named have become, with `…_name` and `…_kind` beside
    them. `people` has the names of those whom the claim's JSON names, by id.
    """

    claim: Any
    article: Any
    quotes: Sequence[Any] = ()
    hops: Sequence[Any] = ()
    evidence: Sequence[Any] = ()
    relations: Sequence[Any] = ()
    opinions: Sequence[Any] = ()
    people: Mapping[str, str] = field(default_factory=dict)
    occurrences: Sequence[Any] = ()

    @property
    def active_evidence(self) -> list[Any]:
        return [item for item in self.evidence if item.withdrawn_at is None]

    def tally(self, without: Collection[str] = ()) -> EvidenceTally:
        """Count what supports and what refutes the claim, leaving out the evidence `without`."""
        stances = [item.stance for item in self.active_evidence if item.id not in without]
        return EvidenceTally(
            supports=stances.count(Stance.SUPPORTS),
            refutes=stances.count(Stance.REFUTES),
            context=stances.count(Stance.CONTEXT),
            conflicts=sum(row.kind in CONFLICTS and row.claim_stands and row.other_stands for row in self.relations),
        )


def locked(session: Session, claim_id: str) -> ClaimState:
    """Lock a claim and load it. Raises NotFound, or Withdrawn with the tombstone."""
    [state] = load(session.connection(), [lock_claim(session, claim_id)])
    return state


def load(connection: Connection, claims: Sequence[Any], *, with_occurrences: bool = True) -> list[ClaimState]:
    """Load these claims, given as rows: one query for each kind of what belongs to them.

    Without their occurrences, a state is good for whatever renders no JSON.
    """
    ids = {"ids": [claim.id for claim in claims]}
    quotes, hops, evidence = (_of_claims(connection.execute(each, ids)) for each in (_QUOTES, _HOPS, _EVIDENCE))
    occurrences = _of_claims(connection.execute(_OCCURRENCES, ids) if with_occurrences else ())
    relations: defaultdict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(_RELATIONS, ids):
        relations[row.claim_id].append(row)
        relations[row.other_id].append(row)
    articles = connection.execute(_ARTICLES, {"ids": list({claim.article_id for claim in claims})})
    article = {row.id: row for row in articles}
    opinions = _of_claims(_open_opinions(connection, claims))
    people = _names(connection, claims, evidence)
    return [
        ClaimState(
            claim, article[claim.article_id], quotes[claim.id], hops[claim.id], evidence[claim.id],
            relations[claim.id], opinions[claim.id], people, occurrences[claim.id],
        )
        for claim in claims
    ]  # fmt: skip


def source_columns(source: Any, label: str) -> list[Any]:
    """Return the columns of what a source has become, by alias: its id as `label`, its name and its kind behind it."""
    return [source.id.label(label), source.name.label(f"{label}_name"), source.kind.label(f"{label}_kind")]


def source_values(sources: References, label: str, source_id: str | None) -> dict[str, Any]:
    """Return what `source_columns` selects, of a source that a new row names; `sources` has it, if it names one."""
    shown = sources[source_id] if source_id else {"id": None, "name": None, "kind": None}
    return {label: shown["id"], f"{label}_name": shown["name"], f"{label}_kind": shown["kind"]}


def _of_claims(rows: Iterable[Any]) -> defaultdict[str, list[Any]]:
    groups: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row.claim_id].append(row)
    return groups


def _open_opinions(connection: Connection, claims: Sequence[Any]) -> Iterable[Any]:
    asked = [claim.id for claim in claims if claim.second_opinion_at is not None]
    return connection.execute(_OPINIONS, {"ids": asked}) if asked else ()


def _names(connection: Connection, claims: Sequence[Any], evidence: Mapping[str, list[Any]]) -> dict[str, str]:
    ids = {item.added_by_id for items in evidence.values() for item in items}
    ids |= {person for claim in claims for person in (claim.reviewed_by_id, claim.attribution_reviewed_by_id)}
    ids -= {None}
    rows = connection.execute(_PEOPLE, {"ids": list(ids)}) if ids else ()
    return {row.id: row.name for row in rows}


# Built once: composing a statement, and an alias above all, costs more than running it.
_IDS: Any = bindparam("ids", expanding=True)
_outlet, _outlet_now = aliased(Source), aliased(Source)
_ARTICLES = (
    select(Article.id, Article.title, Article.url, Article.published_on, *source_columns(_outlet_now, "outlet"))
    .outerjoin(_outlet, _outlet.id == Article.outlet_id)
    .outerjoin(_outlet_now, _outlet_now.id == _outlet.canonical_id)
    .where(Article.id.in_(_IDS))
)
_OPINIONS = select(SecondOpinion.claim_id, SecondOpinion.id, SecondOpinion.question, SecondOpinion.asked_at).where(
    SecondOpinion.claim_id.in_(_IDS), SecondOpinion.closed_at.is_(None)
)
_PEOPLE = select(Person.id, Person.name).where(Person.id.in_(_IDS))
_QUOTES = (
    select(*Quote.__table__.columns)
    .where(Quote.claim_id.in_(_IDS))
    .order_by(Quote.claim_id, Quote.hop, Quote.role, Quote.position)
)
_said, _said_now, _behalf, _behalf_now = (aliased(Source) for _ in range(4))
_HOPS = (
    select(*Hop.__table__.columns, *source_columns(_said_now, "source"), *source_columns(_behalf_now, "on_behalf_of"))
    .outerjoin(_said, _said.id == Hop.source_id)
    .outerjoin(_said_now, _said_now.id == _said.canonical_id)
    .outerjoin(_behalf, _behalf.id == Hop.on_behalf_of_id)
    .outerjoin(_behalf_now, _behalf_now.id == _behalf.canonical_id)
    .where(Hop.claim_id.in_(_IDS))
    .order_by(Hop.claim_id, Hop.position)
)
# What evidence shows of its capture, beside `capture_id`: to be joined with it.
CAPTURE_COLUMNS = (
    Capture.sha256.label("capture_sha256"),
    Capture.fetched_at.label("capture_fetched_at"),
    Capture.origin.label("capture_origin"),
)
_TEXTS = ("url", "title", "excerpt", "archived_url", "note")
_publisher, _publisher_now, _wire, _wire_now = (aliased(Source) for _ in range(4))
# Of what was withdrawn only that counts: its texts are not read again at each write.
_EVIDENCE = (
    select(
        *(
            case((Evidence.withdrawn_at.is_(None), column)).label(column.key) if column.key in _TEXTS else column
            for column in Evidence.__table__.columns
        ),
        *source_columns(_publisher_now, "source"),
        *source_columns(_wire_now, "origin"),
        *CAPTURE_COLUMNS,
    )
    .outerjoin(Capture, Capture.id == Evidence.capture_id)
    .outerjoin(_publisher, _publisher.id == Evidence.source_id)
    .outerjoin(_publisher_now, _publisher_now.id == _publisher.canonical_id)
    .outerjoin(_wire, _wire.id == Evidence.origin_id)
    .outerjoin(_wire_now, _wire_now.id == _wire.canonical_id)
    .where(Evidence.claim_id.in_(_IDS))
    .order_by(Evidence.claim_id, Evidence.position)
)
_OCCURRENCES = (
    select(*Occurrence.__table__.columns)
    .where(Occurrence.claim_id.in_(_IDS))
    .order_by(Occurrence.claim_id, Occurrence.position)
)
_one, _other = aliased(Claim), aliased(Claim)
_RELATIONS = (
    select(
        Relation.kind, Relation.claim_id, Relation.other_id,
        _one.id.is_not(None).label("claim_stands"), _other.id.is_not(None).label("other_stands"),
    )
    .outerjoin(_one, (_one.id == Relation.claim_id) & _one.withdrawn_at.is_(None))
    .outerjoin(_other, (_other.id == Relation.other_id) & _other.withdrawn_at.is_(None))
    .where(or_(Relation.claim_id.in_(_IDS), Relation.other_id.in_(bindparam("ids", expanding=True))))
    .order_by(Relation.log_index)
)  # fmt: skip
