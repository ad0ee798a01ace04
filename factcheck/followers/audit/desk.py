"""What a batch of entries concerns, read once, and stepped through entry by entry.

Read are the claims of the batch, those that its sources and articles touch, and all that relations join to these and
whose findings depend on them: their families, their neighbours and their groups of the conflict board.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.engine import Connection

from factcheck.desk.claim_state.connected import batches
from factcheck.desk.claim_state.rows import CURRENT
from factcheck.desk.identity.related import as_relation
from factcheck.followers.audit import findings
from factcheck.followers.audit.families import Families, as_audited
from factcheck.followers.audit.folding import Change, FoldedArticle, FoldedClaim, FoldedSource
from factcheck.followers.audit.identities import Identities
from factcheck.followers.audit.source_relations import SourceRelations
from factcheck.followers.audit.states import State
from factcheck.followers.base import COLUMNS, LogEntry
from factcheck.rules.graphs import Union
from factcheck.rules.identity import judgments
from factcheck.rules.identity.relations import SourceRelation
from factcheck.rules.origins import FAMILY, Hop, Link
from factcheck.rules.redacting import REDACTIONS
from factcheck.rules.sources import CONFLICTS, RelationKind
from factcheck.storage.tables.claims import Claim, Relation
from factcheck.storage.tables.followers import SourceReference
from factcheck.storage.tables.logbook import Revision, RevisionContent, SubjectKind

T = TypeVar("T")


class FoldedDesk:
    """The part of the desk that a batch concerns, as it was after the entry that was taken last."""

    def __init__(self, connection: Connection, changes: Sequence[Change]) -> None:
        self._connection, self._changes = connection, changes
        self._start, self._end = changes[0].entry.log_index, changes[-1].entry.log_index + 1
        self._relations: defaultdict[str, dict[int, Any]] = defaultdict(dict)  # by claim, then by log index
        self.claims: dict[str, FoldedClaim] = {}
        self.articles: defaultdict[str, FoldedArticle] = defaultdict(FoldedArticle)
        self.sources: defaultdict[str, FoldedSource] = defaultdict(FoldedSource)
        self.identities = Identities(connection, self._end)
        self.dependence = SourceRelations(connection, self._start, self._end, self.identities.read)
        self._now = self._start - 1
        self._read_claims()
        self._read_articles()
        self._read_sources()
        self.references = {claim.id: claim.references(self.articles) for claim in self.claims.values()}

    # --- stepping

    def take(self, change: Change) -> set[str]:
        """Take the next entry in and return the claims whose audit it may change."""
        entry = change.entry
        self._now = entry.log_index
        if entry.subject_kind == SubjectKind.CLAIM:
            self.claims[entry.subject_id].fold(change)
            return {entry.subject_id} | self.neighbours(entry.subject_id)
        if entry.subject_kind == SubjectKind.ARTICLE and self.articles[entry.subject_id].fold(change):
            return {each.id for each in self._active() if each.fields["article_id"] == entry.subject_id}
        if entry.subject_kind == SubjectKind.SOURCE and (sources := self._changed_sources(change)):
            return {each.id for each in self._active() if not sources.isdisjoint(each.references(self.articles))}
        return set()

    def _changed_sources(self, change: Change) -> frozenset[str]:
        """Take in an entry of a source and return the sources that other words, or another source, now stand for."""
        entry = change.entry
        judgment = judgments.read(entry.log_index, entry.action, entry.subject_id, change.fields or ())
        if judgment is not None:
            return self._with_dependent(self.identities.changed(judgment))
        if related := set(change.related_ids()):
            return self._with_dependent(related | {entry.subject_id})
        changed = self.sources[entry.subject_id].fold(change) or entry.action in REDACTIONS  # its names in findings go
        return self._with_dependent([entry.subject_id]) if changed else frozenset()

    def _with_dependent(self, source_ids: Iterable[str]) -> frozenset[str]:
        """Return sources with all that they are joined with or that depend on any of them."""
        return frozenset(self.dependence.behind(source_ids, self.identities.history.ever))

    def audited(self, claim_ids: Iterable[str]) -> dict[int, State]:
        """Return the state of each active claim of these, and of its family, by its place in the log."""
        family = self._joined(claim_ids, FAMILY, active=True)
        found = Families(different=partial(self.identities.history.different, self._now))
        found.onward = partial(self._onward, found)
        for claim_id in family:
            self._add(found, self.claims[claim_id])
        return findings.audited(found)

    def around(self, claim_id: str) -> set[str]:
        """Return a claim with its neighbours and all that ever were of their families, active or not."""
        return self._joined({claim_id, *self.neighbours(claim_id)}, FAMILY)

    def conflict_groups(self, claim_ids: Iterable[str]) -> dict[int, int | None]:
        """Return the group of the conflict board of these claims, and of all that conflicts join to them.

        A group is the first entered of its claims; None is no group.
        """
        reached = sorted(self._joined(claim_ids, CONFLICTS))
        place = {claim_id: at for at, claim_id in enumerate(reached)}
        joined = Union(len(reached))
        for claim_id in reached:
            for row in self._related(claim_id):
                both = self.claims[row.claim_id].active and self.claims[row.other_id].active
                if row.kind in CONFLICTS and both:
                    joined.join(place[row.claim_id], place[row.other_id])
        members: defaultdict[int, list[int]] = defaultdict(list)
        for claim_id in reached:
            members[joined.find(place[claim_id])].append(self.claims[claim_id].seq)
        return {seq: min(seqs) if len(seqs) > 1 else None for seqs in members.values() for seq in seqs if seq >= 0}

    def neighbours(self, claim_id: str) -> set[str]:
        """Return the claims that a relation joins to this one by now."""
        return {other for row in self._related(claim_id) for other in (row.claim_id, row.other_id)} - {claim_id}

    def canonical(self, source_id: str) -> str:
        """Return the source as which this one is shown by now."""
        return self.identities.history.head(source_id, self._now)

    def _active(self) -> Iterator[FoldedClaim]:
        return (claim for claim in self.claims.values() if claim.active)

    def _related(self, claim_id: str) -> list[Any]:
        return [row for index, row in self._relations[claim_id].items() if index <= self._now]

    def _joined(self, claim_ids: Iterable[str], kinds: Iterable[RelationKind], *, active: bool = False) -> set[str]:
        def others(claim_id: str) -> Iterator[str]:
            for row in self._related(claim_id):
                if row.kind in kinds:
                    yield from (row.claim_id, row.other_id)

        def counts(claim_id: str) -> bool:
            return not active or self.claims[claim_id].active

        return _reached((each for each in claim_ids if counts(each)), lambda at: filter(counts, others(at)))

    def _add(self, found: Families, claim: FoldedClaim) -> None:
        """Add a claim to what the rules look at."""
        row = self._row(claim)
        pairs = []
        for relation in self._related(claim.id):
            other = self.claims[relation.other_id if relation.claim_id == claim.id else relation.claim_id]
            if not other.active:
                continue
            kind = RelationKind(relation.kind)
            pairs.append((kind, as_audited(self._row(other))))
            if relation.claim_id == claim.id:
                found.links.append(Link(kind, relation.claim_id, relation.other_id))
        chain = tuple(
            Hop(
                self._named(found, hop["source_id"]),
                hop["source_id"],
                hop["described_as"],
                self._named(found, hop["on_behalf_of_id"]),
                hop["interested"],
            )
            for hop in claim.fields["attribution"]
        )
        evidence = list(claim.evidence.values())
        for item in evidence:
            item.source, item.origin = self._named(found, item.source_id), self._named(found, item.origin_id)
        self._named(found, self.articles[row.article_id].outlet_id)
        conflicts = sum(kind in CONFLICTS for kind, _ in pairs)
        currents = [each["state"] for each in claim.fields.get(CURRENT) or ()]
        found.claims[claim.id] = as_audited(row, chain, evidence, currents, conflicts)
        found.rows[claim.id] = row
        found.related[claim.id] = pairs

    def _row(self, claim: FoldedClaim) -> Any:
        outlet = self.articles[claim.fields["article_id"]].outlet_id
        return claim.row(self.articles, outlet and self.canonical(outlet))

    def _named(self, found: Families, source_id: str | None) -> str | None:
        if source_id is None:
            return None
        became = self.canonical(source_id)
        found.names[became] = self.sources[became].name, self.sources[became].kind
        if became not in found.identified:
            group = sorted(self.identities.history.group(became, self._now))
            found.identified[became] = [(each, self.sources[each].identifiers) for each in group]
        return became

    def _onward(self, found: Families, source_id: str) -> Iterator[SourceRelation]:
        """Yield the relations in which this source, as it is shown, is the dependent one."""
        for member in self.identities.history.group(source_id, self._now):
            for row in self.dependence.onward(member, self._now):
                source, other = (str(self._named(found, each)) for each in (row.source_id, row.other_id))
                yield as_relation(row, source, other)

    # --- reading

    def _read_claims(self) -> None:
        subjects: defaultdict[str, set[str]] = defaultdict(set)
        for change in self._changes:
            if change.entry.number > 1 or change.entry.subject_kind == SubjectKind.CLAIM:
                subjects[change.entry.subject_kind].add(change.entry.subject_id)
        ids = subjects[SubjectKind.CLAIM]
        ids |= self._ids(_OF_ARTICLES, subjects[SubjectKind.ARTICLE], end=self._end)
        changed = subjects[SubjectKind.SOURCE] | {each for change in self._changes for each in change.related_ids()}
        ids |= self._ids(_OF_SOURCES, self.dependence.read_back(changed))
        self._relate(ids)
        near = ids | self._neighbours(ids)
        family = self._closure(near, FAMILY)
        self._relate(family)
        wanted = family | self._neighbours(family) | self._closure(family, CONFLICTS)
        self._relate(wanted)
        wanted |= self._neighbours(wanted)
        self.claims = {claim_id: FoldedClaim(claim_id) for claim_id in wanted}
        for entry in self._before(SubjectKind.CLAIM, wanted):
            self.claims[entry.subject_id].fold(Change.read(entry))

    def _read_articles(self) -> None:
        named = {claim.fields["article_id"] for claim in self.claims.values() if "article_id" in claim.fields}
        named |= {value for change in self._changes for name, value in change.after() if name == "article_id"}
        named |= {each.entry.subject_id for each in self._changes if each.entry.subject_kind == SubjectKind.ARTICLE}
        for entry in self._before(SubjectKind.ARTICLE, named):
            self.articles[entry.subject_id].fold(Change.read(entry))

    def _read_sources(self) -> None:
        wanted = {source for change in self._changes for source in change.source_ids()}
        wanted |= {source for claim in self.claims.values() for source in claim.references(self.articles)}
        wanted |= {article.outlet_id for article in self.articles.values() if article.outlet_id}
        wanted |= {each.entry.subject_id for each in self._changes if each.entry.subject_kind == SubjectKind.SOURCE}
        wanted = self.dependence.read_onward(wanted)
        for entry in self._before(SubjectKind.SOURCE, wanted):
            self.sources[entry.subject_id].fold(Change.read(entry))

    def _before(self, kind: SubjectKind, ids: Iterable[str]) -> Iterator[LogEntry]:
        """Yield the entries about these things from before the batch, in log order for each of them."""
        for some in batches(ids):
            for row in self._connection.execute(_BEFORE, {"kind": kind, "ids": some, "start": self._start}):
                yield LogEntry(*row)

    def _ids(self, statement: Select[Any], ids: Iterable[str], **values: Any) -> set[str]:
        return {each for some in batches(ids) for each in self._connection.scalars(statement, {"ids": some, **values})}

    def _relate(self, ids: Iterable[str]) -> None:
        """Read the relations of these claims, from either side, up to the batch's end."""
        for some in batches(set(ids) - self._relations.keys()):
            for claim_id in some:
                self._relations[claim_id] = {}
            for row in self._connection.execute(_RELATIONS, {"ids": some, "also": some, "end": self._end}):
                for claim_id in (row.claim_id, row.other_id):
                    if claim_id in self._relations:
                        self._relations[claim_id][row.log_index] = row

    def _neighbours(self, ids: Iterable[str]) -> set[str]:
        rows = [row for claim_id in ids for row in self._relations[claim_id].values()]
        return {each for row in rows for each in (row.claim_id, row.other_id)}

    def _closure(self, ids: Iterable[str], kinds: Iterable[RelationKind]) -> set[str]:
        """Return these claims and all that relations of these kinds join to them, reading relations on the way."""
        found: set[str] = set()
        fresh = set(ids)
        while fresh := fresh - found:
            found |= fresh
            self._relate(fresh)
            rows = [row for claim_id in fresh for row in self._relations[claim_id].values() if row.kind in kinds]
            fresh = {each for row in rows for each in (row.claim_id, row.other_id)}
        return found


def _reached(start: Iterable[T], others: Callable[[T], Iterable[T]]) -> set[T]:
    """Return all that can be reached from these."""
    waiting = list(start)
    found = set(waiting)
    while waiting:
        for other in others(waiting.pop()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


_IDS: Any = bindparam("ids", expanding=True)
_BEFORE = (
    select(*COLUMNS)
    .outerjoin(RevisionContent, RevisionContent.log_index == Revision.log_index)
    .where(
        Revision.subject_kind == bindparam("kind"),
        Revision.subject_id.in_(_IDS),
        Revision.log_index < bindparam("start"),
    )
    .order_by(Revision.log_index)
)
_OF_ARTICLES = select(Claim.id).where(Claim.article_id.in_(_IDS), Claim.seq < bindparam("end"))
_OF_SOURCES = (
    select(Claim.id).join(SourceReference, SourceReference.claim_seq == Claim.seq).where(
        SourceReference.source_id.in_(_IDS)
    )
)  # fmt: skip
_RELATIONS = select(Relation.log_index, Relation.kind, Relation.claim_id, Relation.other_id).where(
    or_(Relation.claim_id.in_(_IDS), Relation.other_id.in_(bindparam("also", expanding=True))),
    Relation.log_index < bindparam("end"),
)
