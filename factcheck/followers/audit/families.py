"""Read what the audit looks at: claims with their chains, evidence and relations, and who belongs together."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import Row, bindparam, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from factcheck.desk.claim_state import states as claim_states
from factcheck.desk.claim_state.connected import batches
from factcheck.desk.claim_state.states import ClaimState, source_columns
from factcheck.desk.identity import related
from factcheck.rules.auditing.audited import Audited, Unreachable
from factcheck.rules.graphs import Union
from factcheck.rules.identity.alike import Pairs, alike
from factcheck.rules.identity.identifiers import Identifier, of_source
from factcheck.rules.identity.judgments import Identity
from factcheck.rules.identity.relations import SourceRelation, counting
from factcheck.rules.origins import FAMILY, Hop, Link, Provenance, Stated, Support, sources_of
from factcheck.rules.provenance import trace
from factcheck.rules.sources import CONFLICTS, CurrentState, RelationKind
from factcheck.rules.status import VERDICTS, EvidenceTally, Kind, Stance, Status
from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.sources import Judgment, Source

Names = dict[str, tuple[str, str]]  # a source's name and kind, by its id
Related = dict[str, list[tuple[RelationKind, Audited]]]


@dataclass
class Families:
    """Active claims by id, with all that the audit needs to know of them.

    `rows` are their columns, `links` the relations between them, `related` what each is joined to by any relation,
    `evidence` what stands, `hops` the chains as they are shown, `identified` the identifiers of the sources that each
    shown one is, `different` the pairs of them that are judged different, `onward` the relations in which a source is
    the dependent one.
    """

    claims: dict[str, Audited] = field(default_factory=dict)
    rows: dict[str, Row[Any]] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    related: Related = field(default_factory=dict)
    names: Names = field(default_factory=dict)
    evidence: dict[str, list[Row[Any]]] = field(default_factory=dict)
    hops: dict[str, list[Row[Any]]] = field(default_factory=dict)
    identified: dict[str, list[tuple[str, frozenset[Identifier]]]] = field(default_factory=dict)
    different: Callable[[], Pairs] = frozenset
    onward: Callable[[str], Iterable[SourceRelation]] = lambda _: ()

    def each(self) -> Iterator[tuple[list[Audited], Provenance]]:
        """Yield every family, in order of entry, with its provenance."""
        ids = sorted(self.claims)
        place = {claim: at for at, claim in enumerate(ids)}
        joined = Union(len(ids))
        kin = [link for link in self.links if link.kind in FAMILY and {link.claim, link.other} <= place.keys()]
        for link in kin:
            joined.join(place[link.claim], place[link.other])
        groups: defaultdict[int, list[Audited]] = defaultdict(list)
        links: defaultdict[int, list[Link]] = defaultdict(list)
        for claim in ids:
            groups[joined.find(place[claim])].append(self.claims[claim])
        for link in kin:
            links[joined.find(place[link.claim])].append(link)
        for root, members in sorted(groups.items()):
            stated = [claim.stated for claim in members]
            relations = counting(((self._day(each.id), sources_of(each)) for each in stated), self.onward)
            named = frozenset[str]().union(*map(sources_of, stated))
            named |= {source for relation in relations for source in (relation.source, relation.other)}
            names = {source: self.names[source][0] for source in named if source in self.names}
            same = alike(named, self.identified, self.different)
            yield members, trace(stated, links[root], names, same, relations)

    def _day(self, claim_id: str) -> date:
        """Return the day of a claim: when its article was published, or else when the claim was added."""
        row = self.rows[claim_id]
        day: date = row.published_on or row.created_at.date()
        return day


def load(connection: Connection, claim_ids: Iterable[str], without: Collection[str] = ()) -> Families:
    """Read these claims. Those that are not active are left out, and the evidence `without`."""
    found = Families()
    for ids in batches(claim_ids):
        rows = {row.id: row for row in connection.execute(_CLAIMS, {"ids": ids})}
        if rows:
            _load(
                connection,
                rows,
                claim_states.load(connection, list(rows.values()), with_occurrences=False),
                found,
                without,
            )
    relations = related.read(connection, found.names)
    found.names |= {source: name for source, name in relations.names.items() if source not in found.names}
    found.onward = lambda source: relations.onward.get(source, ())
    for ids in batches(found.names):
        for row in connection.execute(_IDENTIFIED, {"ids": ids}):
            found.identified.setdefault(row.canonical_id, []).append((row.id, of_source(row.kind, row.same_as)))
    found.different = cache(partial(_different, connection, found))
    return found


def _different(connection: Connection, found: Families) -> Pairs:
    """Return the pairs of these sources, as they were added, that are judged different."""
    newest: dict[frozenset[str], str] = {}
    for ids in batches(member for members in found.identified.values() for member, _ in members):
        for row in connection.execute(_JUDGED, {"ids": ids}):
            newest[frozenset((row.source_id, row.other_id))] = row.judgment
    return frozenset(pair for pair, judgment in newest.items() if judgment == Identity.DIFFERENT)


def _load(
    connection: Connection,
    rows: dict[str, Row[Any]],
    states: Sequence[ClaimState],
    found: Families,
    without: Collection[str],
) -> None:
    joined = {each for state in states for row in state.relations for each in (row.claim_id, row.other_id)}
    others = list(joined - rows.keys())
    sides = rows | ({row.id: row for row in connection.execute(_CLAIMS, {"ids": others})} if others else {})
    for state in states:
        row = state.claim
        related = []
        for each in state.relations:
            kind, other = RelationKind(each.kind), each.other_id if each.claim_id == row.id else each.claim_id
            if each.claim_id == row.id and each.other_stands:
                found.links.append(Link(kind, row.id, each.other_id))
            if other in sides:
                related.append((kind, as_audited(sides[other])))
        found.related[row.id] = related
        found.hops[row.id] = list(state.hops)
        chain = tuple(
            Hop(hop.source, hop.source_id, hop.described_as, hop.on_behalf_of, hop.interested) for hop in state.hops
        )
        evidence = [item for item in state.evidence if item.id not in without]
        currents = [quote.now_state for quote in state.quotes]
        conflicts = sum(kind in CONFLICTS for kind, _ in related)
        found.claims[row.id] = as_audited(row, chain, evidence, currents, conflicts)
        found.evidence[row.id] = [item for item in evidence if item.withdrawn_at is None]
        found.names.update(_names(state))
    found.rows.update(rows)


def _names(state: ClaimState) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield every source that a claim names, with its name and kind."""
    named = [(state.claim, "outlet"), *((hop, label) for hop in state.hops for label in ("source", "on_behalf_of"))]
    named += [(item, label) for item in state.evidence for label in ("source", "origin")]
    for row, label in named:
        if (source_id := getattr(row, label)) is not None:
            yield source_id, (getattr(row, f"{label}_name"), getattr(row, f"{label}_kind"))


def as_audited(
    row: Row[Any] | Any,
    chain: tuple[Hop, ...] = (),
    evidence: Sequence[Row[Any] | Any] = (),
    currents: Sequence[str | None] = (),
    conflicts: int = 0,
) -> Audited:
    """Return a claim as the audit sees it, from its row and what belongs to it.

    `currents` are the states of its quotes in the newest snapshot.
    """
    active = [item.stance for item in evidence if item.withdrawn_at is None]
    supports = tuple(
        Support(item.id, item.title or item.url or item.excerpt or "", item.url, item.source, item.origin, item.excerpt)
        for item in evidence
        if item.stance == Stance.SUPPORTS and item.withdrawn_at is None
    )
    return Audited(
        seq=row.seq,
        stated=Stated(row.id, row.text, chain, supports, row.outlet),
        kind=Kind(row.kind),
        status=Status(row.status),
        attribution_status=Status(row.attribution_status),
        low=row.low,
        high=row.high,
        unit=row.unit,
        wording=row.wording,
        review_by=row.review_by,
        tally=EvidenceTally(
            supports=active.count(Stance.SUPPORTS),
            refutes=active.count(Stance.REFUTES),
            context=active.count(Stance.CONTEXT),
            conflicts=conflicts,
        ),
        evidence_gone=_gone(Status(row.status), row.reviewed_at, evidence),
        orphaned=currents.count(CurrentState.ORPHANED),
        changed=currents.count(CurrentState.CHANGED),
        unreachable=tuple(map(_unreachable, (item for item in evidence if item.unreachable and not item.withdrawn_at))),
    )


def _unreachable(item: Row[Any] | Any) -> Unreachable:
    label = item.title or item.url or ""
    return Unreachable(label, item.unreachable, item.capture_sha256 is not None, item.archived_url is not None)


def _gone(status: Status, decided_at: datetime | None, evidence: Sequence[Row[Any]]) -> bool:
    """Say whether all the evidence of the verdict's kind that stood when it was decided was withdrawn since."""
    stances = {Status.VERIFIED: {Stance.SUPPORTS}, Status.REFUTED: {Stance.REFUTES}, Status.DISPUTED: set(Stance)}
    if decided_at is None or status not in VERDICTS:
        return False
    then = [
        item
        for item in evidence
        if item.stance in stances.get(status, ())
        and item.added_at <= decided_at
        and (item.withdrawn_at is None or item.withdrawn_at > decided_at)
    ]
    return bool(then) and all(item.withdrawn_at for item in then)


# Built once: composing a statement costs more than running it.
_IDS: Any = bindparam("ids", expanding=True)
_JUDGED = (
    select(Judgment.source_id, Judgment.other_id, Judgment.judgment)
    .where(or_(Judgment.source_id.in_(_IDS), Judgment.other_id.in_(_IDS)))
    .order_by(Judgment.log_index)
)
_IDENTIFIED = select(Source.id, Source.canonical_id, Source.kind, Source.same_as).where(Source.canonical_id.in_(_IDS))
_outlet, _outlet_now = aliased(Source), aliased(Source)
_OF_CLAIM = (
    "seq", "id", "article_id", "text", "kind", "status", "attribution_status", "low", "high", "unit", "wording",
    "review_by", "reviewed_at", "created_at", "second_opinion_at", "reviewed_by_id", "attribution_reviewed_by_id",
)  # fmt: skip
_CLAIMS: Any = (
    select(
        *(getattr(Claim, name) for name in _OF_CLAIM),
        Article.published_on, Article.title.label("article_title"), *source_columns(_outlet_now, "outlet"),
    )
    .join(Article, Article.id == Claim.article_id)
    .outerjoin(_outlet, _outlet.id == Article.outlet_id)
    .outerjoin(_outlet_now, _outlet_now.id == _outlet.canonical_id)
    .where(Claim.id.in_(_IDS), Claim.withdrawn_at.is_(None))
)  # fmt: skip
