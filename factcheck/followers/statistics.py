"""Statistics, derived from the log alone: what happened to each claim, and from that what is counted per week.

Statuses, times and people are in the leaves, which are never changed; verdicts of second opinions are in the reviews.
Article and tags are in contents, which a redaction empties: the claim is not counted under them any more then.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.orm import Session

from factcheck.desk.claim_state.connected import batches
from factcheck.followers.audit.folding import ENDS, Change, FoldedArticle
from factcheck.followers.base import COLUMNS, LogEntry
from factcheck.rules.redacting import REDACTIONS
from factcheck.rules.statistics.counting import ANYBODY, Act, ClaimHistory, Event, counted
from factcheck.rules.status import Question
from factcheck.storage.bulk import add_rows, write_each
from factcheck.storage.engine.advisory_locks import AdvisoryLock
from factcheck.storage.tables.logbook import Revision, RevisionContent, SubjectKind
from factcheck.storage.tables.reviews import Review
from factcheck.storage.tables.statistics import StatisticClaim, StatisticCount, StatisticEvent
from factcheck.storage.upserts import add_up

TABLES = (StatisticClaim, StatisticCount, StatisticEvent)
Histories = dict[int, ClaimHistory]
Key = tuple[Any, ...]
CLAIM = ("added_at", "added_by_id", "article_id", "outlet_id", "tags", "active")
EVENT = ("log_index", "question", "act", "before", "after", "actor_id", "at")
COUNT = ("scope", "person", "measure", "day", "value")


class StatisticsChanges(NamedTuple):
    """What a batch changes: claims from what they were to what they are, and counts by how much."""

    before: Histories
    after: Histories
    counts: Counter[Key]


class StatisticsFollower:
    """Derives the statistics. Raise `version` with every change of what is counted."""

    name = "statistics"
    version = 1
    lock = AdvisoryLock.FOLLOW_AUDIT  # see `Beside.leading`

    def work_out(self, connection: Connection, entries: Sequence[LogEntry]) -> StatisticsChanges:
        """Return what these entries change."""
        batch = _Batch(connection, [Change.read(entry) for entry in entries])
        before = batch.read()
        after = {seq: replace(claim, events=list(claim.events)) for seq, claim in before.items()}
        batch.fold(after)
        counts = counts_of(after.values())
        counts.subtract(counts_of(before.values()))
        return StatisticsChanges(before, after, counts)

    def write(self, session: Session, changes: StatisticsChanges) -> None:
        """Write what a batch changes."""
        connection, before, after = session.connection(), changes.before, changes.after
        added = [seq for seq in sorted(after) if seq not in before]
        rows = [(seq, *(getattr(after[seq], name) for name in CLAIM)) for seq in added]
        add_rows(connection, StatisticClaim, ("claim_seq", *CLAIM), rows)
        for seq in sorted(before):
            moved = {
                name: value for name in CLAIM if (value := getattr(after[seq], name)) != getattr(before[seq], name)
            }
            if moved:
                write_each(connection, _CHANGE, [{"seq": seq, **moved}])
        happened = [
            (seq, *(getattr(each, name) for name in EVENT))
            for seq in sorted(after)
            for each in after[seq].events[len(before[seq].events) if seq in before else 0 :]
        ]
        add_rows(connection, StatisticEvent, ("claim_seq", *EVENT), happened)
        counts = [dict(zip(COUNT, key, strict=True)) | {"n": n} for key, n in sorted(changes.counts.items()) if n]
        add_up(connection, StatisticCount, counts)
        # A row of nothing would go on naming a tag that was redacted.
        write_each(connection, _EMPTY, [{f"of_{name}": row[name] for name in COUNT} for row in counts if row["n"] < 0])

    def reset(self, session: Session) -> None:
        """Empty the tables of statistics."""
        for table in TABLES:
            session.execute(delete(table))


def counts_of(claims: Iterable[ClaimHistory]) -> Counter[Key]:
    """Return what is counted of some claims, under each scope, of the person and of anybody."""
    counts: Counter[Key] = Counter()
    for claim in claims:
        for scope in claim.scopes:
            for each in counted(claim):
                for person in (ANYBODY, each.person_id):
                    counts[scope, person, each.measure, each.day, each.value] += 1
    return counts


def histories(connection: Connection, seqs: Iterable[int]) -> Histories:
    """Return what is stored of these claims, by their places in the log."""
    found: Histories = {}
    for some in batches(seqs):
        for row in connection.execute(_CLAIMS, {"seqs": some}):
            found[row.claim_seq] = ClaimHistory(**{name: getattr(row, name) for name in CLAIM})
        for row in connection.execute(_EVENTS, {"seqs": some}):
            found[row.claim_seq].events.append(
                Event(row.log_index, Question(row.question), Act(row.act), row.before, row.after, row.actor_id, row.at)
            )
    return found


class _Batch:
    """The claims that a batch of entries concerns: those that it names, and those of the articles that it changes."""

    def __init__(self, connection: Connection, changes: Sequence[Change]) -> None:
        self._connection, self._changes = connection, changes
        self._end = changes[-1].entry.log_index + 1
        self._of_claims = [each for each in changes if each.entry.subject_kind == SubjectKind.CLAIM]
        self._seqs = {each.entry.subject_id: each.entry.log_index for each in self._of_claims if each.entry.number == 1}
        self._moved = {
            each.entry.subject_id
            for each in changes
            if each.entry.subject_kind == SubjectKind.ARTICLE and any(name == "outlet_id" for name, _ in each.after())
        }

    def read(self) -> Histories:
        """Return the claims of before the batch."""
        known = {each.entry.subject_id for each in self._of_claims} - self._seqs.keys()
        for some in batches(known):
            first = self._connection.execute(_FIRST, {"kind": SubjectKind.CLAIM, "ids": some})
            self._seqs |= {row.subject_id: row.log_index for row in first}
        seqs = {self._seqs[claim_id] for claim_id in known}
        for some in batches(self._moved):
            seqs |= set(self._connection.scalars(_OF_ARTICLES, {"ids": some}))
        return histories(self._connection, seqs)

    def fold(self, claims: Histories) -> None:
        """Take the batch's entries in."""
        opinions = self._opinions()
        for change in self._of_claims:
            entry = change.entry
            seq = self._seqs[entry.subject_id]
            if entry.number == 1:
                claims[seq] = ClaimHistory(entry.at, entry.actor_id)
            _fold(claims[seq], change, opinions.get(entry.log_index))
        self._read_tags_again(claims)
        self._read_outlets(claims)

    def _read_outlets(self, claims: Histories) -> None:
        """Read the outlets of new claims, and of those of articles that changed."""
        new = [claims[each.entry.log_index] for each in self._of_claims if each.entry.number == 1]
        articles = self._moved | {each.article_id for each in new if each.article_id}
        outlets: defaultdict[str, FoldedArticle] = defaultdict(FoldedArticle)
        for entry in self._entries(SubjectKind.ARTICLE, articles):
            outlets[entry.subject_id].fold(Change.read(entry))
        for claim in claims.values():
            if claim.article_id is None:
                claim.outlet_id = None
            elif claim.article_id in articles:
                claim.outlet_id = outlets[claim.article_id].outlet_id

    def _opinions(self) -> dict[int, tuple[Question, str]]:
        """Return the question and the verdict of each second opinion of the batch, by its place in the log."""
        given = [each.entry.log_index for each in self._of_claims if each.entry.action == "second_opinion"]
        return {
            row.log_index: (Question(row.question), row.status)
            for some in batches(given)
            for row in self._connection.execute(_REVIEWS, {"places": some})
        }

    def _read_tags_again(self, claims: Histories) -> None:
        """Read the tags of claims from which words were redacted: a tag may have been one of them."""
        redacted = {each.entry.subject_id for each in self._of_claims if each.entry.action in REDACTIONS}
        for entry in self._entries(SubjectKind.CLAIM, redacted):
            claim = claims[self._seqs[entry.subject_id]]
            _fold_content(claim, Change.read(entry))

    def _entries(self, kind: SubjectKind, ids: Iterable[str]) -> Iterator[LogEntry]:
        """Yield all entries about these things until the batch's end, in log order for each of them."""
        for some in batches(ids):
            for row in self._connection.execute(_ENTRIES, {"kind": kind, "ids": some, "end": self._end}):
                yield LogEntry(*row)


def _fold(claim: ClaimHistory, change: Change, opinion: tuple[Question, str] | None) -> None:
    """Take a claim's next entry in; `opinion` is the second opinion that it gave."""
    entry = change.entry
    statuses = dict(zip(Question, change.statuses, strict=True))
    for question, after in statuses.items():
        if (before := claim.status(question)) != after:
            act = Act.UNDO if entry.action == "undo" else Act.MOVE
            claim.events.append(Event(entry.log_index, question, act, before, after, entry.actor_id, entry.at))
    if opinion is not None:
        question, second = opinion
        first = statuses[question]
        claim.events.append(Event(entry.log_index, question, Act.OPINION, first, second, entry.actor_id, entry.at))
    claim.active = claim.active and entry.action not in ENDS
    _fold_content(claim, change)


def _fold_content(claim: ClaimHistory, change: Change) -> None:
    """Take in what an entry's content says of the article and the tags; nothing of them is left after a redaction."""
    if change.fields is None or change.entry.action == "redact":
        claim.article_id, claim.tags = None, []
        return
    for name, value in change.after():
        if name in ("article_id", "tags"):
            setattr(claim, name, value)


_SEQS: Any = bindparam("seqs", expanding=True)
_IDS: Any = bindparam("ids", expanding=True)
_CLAIMS = select(*StatisticClaim.__table__.columns).where(StatisticClaim.claim_seq.in_(_SEQS))
_EVENTS = (
    select(*StatisticEvent.__table__.columns)
    .where(StatisticEvent.claim_seq.in_(_SEQS))
    .order_by(StatisticEvent.claim_seq, StatisticEvent.log_index, StatisticEvent.question)
)
_OF_ARTICLES = select(StatisticClaim.claim_seq).where(StatisticClaim.article_id.in_(_IDS))
_CHANGE = update(cast(Any, StatisticClaim).__table__).where(StatisticClaim.claim_seq == bindparam("seq"))
_EMPTY = delete(cast(Any, StatisticCount).__table__).where(
    StatisticCount.n == 0, *(getattr(StatisticCount, name) == bindparam(f"of_{name}") for name in COUNT)
)
_REVIEWS = select(Review.log_index, Review.question, Review.status).where(
    Review.log_index.in_(bindparam("places", expanding=True))
)
_FIRST = select(Revision.subject_id, Revision.log_index).where(
    Revision.subject_kind == bindparam("kind"), Revision.subject_id.in_(_IDS), Revision.number == 1
)
_ENTRIES = (
    select(*COLUMNS)
    .outerjoin(RevisionContent, RevisionContent.log_index == Revision.log_index)
    .where(
        Revision.subject_kind == bindparam("kind"),
        Revision.subject_id.in_(_IDS),
        Revision.log_index < bindparam("end"),
    )
    .order_by(Revision.log_index)
)
