"""Rebuild a desk from the log and its contents: every row that the log proves, in another database.

Streamed, some things at a time, in memory that grows with the number of relations alone. What the log has only a hash
of (articles' texts, earlier versions that an entry attests) is taken from the desk where it has that hash.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Text, bindparam, delete, func, insert, select, update
from sqlalchemy import cast as cast_as
from sqlalchemy.orm import Session

from factcheck.desk.claim_state.documents import etag_of
from factcheck.inspection import folding
from factcheck.inspection.assigned import assigned
from factcheck.inspection.commented import commented
from factcheck.inspection.folding import Row, Rows, taken
from factcheck.inspection.judged import joined
from factcheck.inspection.names import Names
from factcheck.inspection.pictured import pictured
from factcheck.inspection.rated import rated
from factcheck.inspection.reading import Read, entries_of
from factcheck.inspection.rebuilt_rows import CONTENT, add, copy
from factcheck.inspection.reported import reported
from factcheck.inspection.requested import requested
from factcheck.inspection.site_paged import site_paged
from factcheck.inspection.versions import Life, lived
from factcheck.inspection.worlds import Relations, World
from factcheck.log.clock import now
from factcheck.log.ids import new_id
from factcheck.log.verification import Fault, Progress
from factcheck.rules.status import Question
from factcheck.storage.engine.database import Database
from factcheck.storage.stumbles import apart
from factcheck.storage.tables.articles import Snapshot
from factcheck.storage.tables.captures import Capture
from factcheck.storage.tables.claims import ClaimVersion
from factcheck.storage.tables.columns import as_kept
from factcheck.storage.tables.logbook import LogHead, Revision, RevisionContent, SubjectKind
from factcheck.storage.tables.sources import Source

BATCH = 500
# In the order in which rows refer to one another.
WRITTEN = (
    "people", "tokens", "provider_accounts", "sources", "source_identifiers", "judgments", "source_relations", "feeds",
    "rating_scales", "site_pages", "captures", "inbox_items", "articles", "snapshots", "watches", "images",
    "image_bands", "claims", "quotes", "hops", "evidence", "occurrences", "reviews",
    "second_opinions", "claim_tags", "claim_sources", "claim_versions", "redactions", "assignments", "comments",
    "comment_mentions", "reports", "report_versions", "report_publications",
    "publication_claims", "report_claims", "correction_requests",
)  # fmt: skip
Own = dict[str, list[Read]]
Folded = tuple[str, Rows]
_INDEXES = (
    select(as_kept(Revision.log_index))
    .where(Revision.log_index > bindparam("after"))
    .order_by(Revision.log_index)
    .limit(4 * BATCH)
)
_ENTRIES: Any = (
    select(*Revision.__table__.columns, *(getattr(RevisionContent, name) for name in CONTENT))
    .outerjoin(RevisionContent, RevisionContent.log_index == Revision.log_index)
    .where(Revision.log_index.between(bindparam("first"), bindparam("last")))
    .order_by(Revision.log_index)
)


class Rebuilding:
    """One rebuild, of the desk that `session` reads, into the empty tables of `target`.

    `skipped` are the ids of things that cannot be folded: nothing can be said about their rows.
    """

    def __init__(self, session: Session, target: Database, progress: Progress, *, leave_out: str = "") -> None:
        """`leave_out` names a table that is not written."""
        self.written = [table for table in WRITTEN if table != leave_out]
        self.session, self.target, self.progress = session, target, progress
        self.skipped: set[str] = set()
        self.people = Names()
        self.faults: list[Fault] = []
        self._between: dict[str, list[Row]] = {"judgments": [], "source_relations": []}  # rows of two sources each

    def run(self) -> Iterator[list[Fault]]:
        """Rebuild everything; yield what the log contradicts itself in, after each batch."""
        size = self.session.scalar(select(func.count()).select_from(Revision)) or 0
        of_log = self.session.scalar(select(func.count()).where(Revision.subject_kind == SubjectKind.LOG)) or 0
        # Every entry is copied, and those of things are folded; entries about the log itself give no rows.
        self.progress.begin("Rebuilding from the log", 2 * size - of_log)
        yield from self._of_kind(SubjectKind.PERSON, _each(self._person))
        yield from self._copy_log()
        yield from self._of_kind(SubjectKind.SOURCE, _each(self._source))
        yield from self._of_kind(SubjectKind.FEED, _each(self._feed))
        yield from self._of_kind(SubjectKind.RATING_SCALE, _each(rated))
        yield from self._of_kind(SubjectKind.SITE_PAGE, _each(site_paged))
        yield from self._of_kind(SubjectKind.CAPTURE, _each(self._capture))
        yield from self._of_kind(SubjectKind.ARTICLE, _each(self._article))
        yield from self._of_kind(SubjectKind.IMAGE, _each(pictured))
        self._join_sources()
        relations = Relations(self.session.connection())
        yield from self._of_kind(SubjectKind.CLAIM, lambda own: self._claims(own, relations))
        self._relate(relations)
        yield from self._of_kind(SubjectKind.ASSIGNMENT, _each(assigned))
        yield from self._of_kind(SubjectKind.COMMENT, _each(commented))
        yield from self._of_kind(SubjectKind.REPORT, _each(reported))
        yield from self._of_kind(SubjectKind.CORRECTION_REQUEST, _each(requested))
        yield self._told()

    # --- one kind after the other

    def _of_kind(self, kind: SubjectKind, fold: Callable[[Own], list[Folded]]) -> Iterator[list[Fault]]:
        after = "00000000-0000-0000-0000-000000000000"
        while True:
            further = select(Revision.subject_id).where(Revision.subject_kind == kind, Revision.subject_id > after)
            ids = list(self.session.scalars(further.distinct().order_by(Revision.subject_id).limit(BATCH)))
            if not ids:
                return

            def folded(some: Sequence[str]) -> list[Folded]:
                return fold(self._read(kind, some))

            def unfolded(subject_id: str, reason: str) -> list[Folded]:
                self._skip(kind, subject_id, f"Its entries cannot be folded, so nothing was compared: {reason}")
                return []

            for things in apart(self.session, ids, folded, unfolded):
                self._write(kind, things)
            self.session.expunge_all()
            yield self._told()
            after = ids[-1]

    def _read(self, kind: SubjectKind, ids: Sequence[str]) -> Own:
        own: defaultdict[str, list[Read]] = defaultdict(list)
        for entry, content in entries_of(self.session.connection(), kind, ids):
            own[entry.subject_id].append((entry, content))
        self.progress.done += sum(map(len, own.values()))
        return own

    def _person(self, person_id: str, own: Sequence[Read]) -> Folded:
        person = taken(folding.FoldedPerson(person_id), own)
        self.people.take(person_id, own)
        return person_id, person.rows()

    def _source(self, source_id: str, own: Sequence[Read]) -> Folded:
        source = taken(folding.FoldedSource(source_id), own)
        rows = source.rows()
        # As which source it is shown is written when all are there.
        rows["sources"] = [row | {"merged_into_id": None, "canonical_id": source_id} for row in rows["sources"]]
        self._between["judgments"] += source.judgments
        self._between["source_relations"] += source.relations.values()
        return source_id, rows

    def _article(self, article_id: str, own: Sequence[Read]) -> Folded:
        article = taken(folding.FoldedArticle(article_id), own)
        texts = select(Snapshot.number, Snapshot.text).where(Snapshot.article_id == article_id)
        for number in article.give_texts({row.number: row.text for row in self.session.execute(texts)}):
            lost = f"snapshots.text: The text of snapshot {number}"
            detail = f"{lost} is not the one whose hash the log says, or is missing."
            self.faults.append(Fault(f"article {article_id}", detail, *_place(own)))
        return article_id, article.rows()

    def _feed(self, feed_id: str, own: Sequence[Read]) -> Folded:
        return feed_id, taken(folding.FoldedFeed(feed_id), own).rows()

    def _capture(self, capture_id: str, own: Sequence[Read]) -> Folded:
        capture = taken(folding.FoldedCapture(capture_id), own)
        if not capture.give_text(self.session.scalar(select(Capture.text).where(Capture.id == capture_id))):
            detail = "captures.text: The text is not the one whose hash the log says, or is missing."
            self.faults.append(Fault(f"capture {capture_id}", detail, *_place(own)))
        return capture_id, capture.rows()

    def _claims(self, own: Own, relations: Relations) -> list[Folded]:
        world = World(self.session.connection(), relations, self.people, own)
        found = []
        for claim_id, entries in own.items():
            life = lived(claim_id, entries, world)
            self._contradicted(life)
            rows = life.rows(world)
            self._give_documents(f"claim {claim_id}", rows["claim_versions"], entries)
            found.append((claim_id, rows))
        return found

    def _give_documents(self, subject: str, versions: list[Row], own: Sequence[Read]) -> None:
        """Take over the versions that an entry attests from the desk, where they have the hashes that it says."""
        attested = {version["changed_index"]: version for version in versions if version["document"] is None}
        if not attested:
            return
        seq = versions[0]["claim_seq"]
        stored = select(ClaimVersion.changed_index, ClaimVersion.document).where(ClaimVersion.claim_seq == seq)
        there = {row.changed_index: row.document for row in self.session.execute(stored)}
        for index, version in attested.items():
            document = there.get(index, b"")
            version["document"] = document if etag_of(document) == version["etag"] else b""
            if not version["document"]:
                detail = (
                    f"claim_versions.document: The version of index {index} is not what the log attests, or is missing."
                )
                self.faults.append(Fault(subject, detail, *_place(own)))

    def _contradicted(self, life: Life) -> None:
        subject = f"claim {life.claim.id}"
        for entry in life.claim.misstated:
            detail = "Its entry gives another status than its contents."
            self.faults.append(Fault(subject, detail, entry.number, entry.log_index))
        for question, entry in life.claim.untouched:
            detail = f"Its entry edits the subject of the verdict on {Question(question)}, but does not reopen it."
            self.faults.append(Fault(subject, detail, entry.number, entry.log_index))

    # --- writing

    def _write(self, kind: SubjectKind, things: Sequence[Folded]) -> None:
        with self.target.writing(long=True) as session:

            def write(some: Sequence[Folded]) -> None:
                for table in self.written:
                    add(session, table, [row for _, rows in some for row in rows.get(table, ())])

            def unwritten(thing: Folded, reason: str) -> None:
                self._skip(kind, thing[0], f"What the log says of it is no row that a desk has: {reason}")

            for _ in apart(session, things, write, unwritten):
                pass

    def _copy_log(self) -> Iterator[list[Fault]]:
        """Copy the entries and their contents, which the followers read. Damaged ones are named elsewhere."""
        with self.target.writing(long=True) as session:
            session.execute(delete(LogHead))
            session.execute(insert(LogHead), self._head())
        after = -1
        while indexes := list(self.session.scalars(_INDEXES, {"after": after})):
            read = apart(self.session, indexes, self._entries, lambda _index, _reason: [])
            rows = [row for some in read for row in some]
            with self.target.writing(long=True) as session:
                for _ in apart(session, rows, lambda some: copy(session, some), lambda _row, _reason: None):
                    pass
            after = indexes[-1]
            self.progress.done += len(indexes)
            yield self._told()

    def _head(self) -> Row:
        """Return the head that the entries give. Which log it is only the desk knows."""
        size = self.session.scalar(select(func.count()).select_from(Revision)) or 0
        log_id = self.session.scalar(select(cast_as(LogHead.log_id, Text)).limit(1))
        [last] = apart(self.session, [size], self._last, lambda _size, _reason: None)
        return {"id": 1, "log_id": log_id or new_id(), "size": size, "last_at": last or now()}

    def _last(self, _: object) -> datetime | None:
        return self.session.scalar(select(Revision.at).order_by(Revision.log_index.desc()).limit(1))

    def _entries(self, indexes: Sequence[int]) -> Sequence[Any]:
        return self.session.execute(_ENTRIES, {"first": indexes[0], "last": indexes[-1]}).all()

    def _join_sources(self) -> None:
        """Write judgments and relations, and as which source each is shown because of the judgments."""
        heads, faults = joined(sorted(self._between["judgments"], key=lambda row: int(row["log_index"])))
        self.faults += faults
        with self.target.writing(long=True) as session:

            def join(some: Sequence[str]) -> None:
                for source_id in some:
                    shown = {"merged_into_id": heads[source_id], "canonical_id": heads[source_id]}
                    session.execute(update(Source).where(Source.id == source_id).values(**shown))

            for table in self.written:
                write = partial(add, session, table)
                for _ in apart(session, self._between.get(table, ()), write, lambda _row, _reason: None):
                    pass
            for _ in apart(session, list(heads), join, lambda _source, _reason: None):
                pass

    def _relate(self, relations: Relations) -> None:
        rows = [row for claim_id in relations.of for row in relations.rows(claim_id)]
        with self.target.writing(long=True) as session:
            for at in range(0, len(rows), BATCH):
                some = rows[at : at + BATCH]
                for _ in apart(session, some, lambda each: add(session, "relations", each), lambda _row, _why: None):
                    pass

    def _skip(self, kind: SubjectKind, subject_id: str, detail: str) -> None:
        self.skipped.add(subject_id)
        self.faults.append(Fault(f"{kind} {subject_id}", detail))

    def _told(self) -> list[Fault]:
        told, self.faults = self.faults, []
        return told


def _each(fold: Callable[[str, Sequence[Read]], Folded]) -> Callable[[Own], list[Folded]]:
    return lambda own: [fold(*each) for each in own.items()]


def _place(own: Sequence[Read]) -> tuple[int, int]:
    """Return the revision and the log index of a thing's last entry."""
    entry, _ = own[-1]
    return entry.number, entry.log_index
