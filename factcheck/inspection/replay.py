"""Replay the log: folded in order, it says what each thing must be now. The tables must say the same, and the
stored JSON must be what the tables give.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from hashlib import sha256
from typing import Any

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from factcheck.desk import articles, people, sources
from factcheck.desk import evidence as pieces
from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state import states as claim_states
from factcheck.desk.claim_state.rendering import claim_json
from factcheck.desk.claim_state.rows import content_of, stored
from factcheck.desk.claim_state.states import ClaimState
from factcheck.desk.redaction import GONE
from factcheck.inspection.folding import Folded
from factcheck.log.verification import Fault, Progress
from factcheck.rules.status import VERDICTS
from factcheck.storage.stumbles import apart, surely
from factcheck.storage.tables.articles import Article, Snapshot
from factcheck.storage.tables.claims import Claim, Relation
from factcheck.storage.tables.columns import as_kept
from factcheck.storage.tables.evidence import Evidence
from factcheck.storage.tables.logbook import Revision, RevisionContent, SubjectKind
from factcheck.storage.tables.people import Person, Token
from factcheck.storage.tables.reviews import Review, SecondOpinion
from factcheck.storage.tables.sources import Source

BATCH = 500
WITHDRAWN = ("id", *pieces.FIELDS, "withdrawn_reason", "withdrawn_by_id")
OPINION = (
    "id", "question", "reviewer_id", "note", "by_policy", "first_review_id", "outcome", "second_review_id",
    "second_status",
)  # fmt: skip


def replayed(session: Session, progress: Progress) -> Iterator[list[Fault]]:
    """Replay the log for everything there is and yield what the tables, or the stored JSON, say otherwise."""
    for kind, table, compare in (
        (SubjectKind.PERSON, Person, _person),
        (SubjectKind.SOURCE, Source, _source),
        (SubjectKind.ARTICLE, Article, _article),
        (SubjectKind.CLAIM, Claim, _claims),
    ):
        yield from surely(
            session,
            _of_kind(session, kind, table, compare, progress),
            partial(_left, kind),
        )


def _left(kind: SubjectKind, reason: str) -> list[Fault]:
    return [Fault(f"every {kind} that is left", f"It cannot be compared with the log: {reason}")]


def _of_kind(
    session: Session, kind: SubjectKind, table: Any, compare: Any, progress: Progress
) -> Iterator[list[Fault]]:
    order = table.seq if hasattr(table, "seq") else table.id
    after: Any = None
    while True:
        # These name the thing, whatever else cannot be read of it.
        key = as_kept(order) if order is not table.id else cast(order, Text)
        statement = select(key.label("key"), cast(table.id, Text).label("id")).order_by(order).limit(BATCH)
        keys = [tuple(row) for row in session.execute(statement if after is None else statement.where(order > after))]
        if not keys:
            return
        yield from apart(
            session,
            keys,
            lambda some: _compared(session, kind, table, compare, [key for key, _ in some]),
            lambda key, reason: [Fault(f"{kind} {key[1]}", f"It cannot be compared with the log: {reason}")],
        )
        progress.done += len(keys) if kind is SubjectKind.CLAIM else 0
        after = keys[-1][0]
        session.expunge_all()


def _compared(session: Session, kind: SubjectKind, table: Any, compare: Any, keys: Sequence[Any]) -> list[Fault]:
    order = table.seq if hasattr(table, "seq") else table.id
    rows = session.scalars(select(table).where(order.in_(keys)).order_by(order)).all()
    folded: defaultdict[str, Folded] = defaultdict(Folded)
    for entry in session.execute(
        select(
            Revision.subject_kind, Revision.subject_id, Revision.number, Revision.log_index,
            Revision.action.label("action"), Revision.actor_id, Revision.leaf,
            RevisionContent.content,
        )
        .outerjoin(RevisionContent, RevisionContent.log_index == Revision.log_index)
        .where(Revision.subject_kind == kind, Revision.subject_id.in_([row.id for row in rows]))
        .order_by(Revision.log_index)
    ):  # fmt: skip
        folded[entry.subject_id].entry(entry)
    faults = []
    for row in rows:
        if row.revision != folded[row.id].last[0]:
            detail = f"It is at revision {row.revision}; the log's last is {folded[row.id].last[0]}."
            faults.append(folded[row.id].fault(f"{kind} {row.id}", "", detail))
        if broken := folded[row.id].unreadable:
            detail = "This entry cannot be read, so nothing was compared."
            faults.append(Fault(f"{kind} {row.id}", detail, *broken))
        for number, index in folded[row.id].misstated:
            detail = "Its entry gives another status than its contents."
            faults.append(Fault(f"{kind} {row.id}", detail, number, index))
        for question, (number, index) in folded[row.id].untouched:
            detail = f"Its entry edits the subject of the verdict on {question}, but does not reopen it."
            faults.append(Fault(f"{kind} {row.id}", detail, number, index))
    faults += compare(session, [row for row in rows if not folded[row.id].unreadable], folded)
    return faults


def _person(session: Session, rows: Sequence[Person], folded: Any) -> list[Fault]:
    faults = [
        folded[row.id].fault(f"person {row.id}", name, f"{name} is “{value}”; the log says “{said}”.")
        for row in rows
        for name, value, unsaid in (
            ("name", row.name, False),
            ("display_name", row.display_name, None),
            ("role", row.role, False),
            ("disabled", row.disabled_at is not None, False),
        )
        if (said := folded[row.id].fields.get(name, unsaid)) != value
    ]
    for row in rows:
        if row.folded_name != people.folded_name(row.name):
            detail = f"It is found as “{row.folded_name}”, which is not its name “{row.name}”."
            faults.append(folded[row.id].fault(f"person {row.id}", "name", detail))
    tokens = select(Token.id, Token.person_id, Token.revoked_at).where(Token.person_id.in_([row.id for row in rows]))
    for token in session.execute(tokens):
        log, subject = folded[token.person_id], f"person {token.person_id}"
        revoked = log.tokens.get(token.id)
        if revoked is None:
            faults.append(log.fault(subject, "token", f"The log does not know its token {token.id}."))
        elif revoked and token.revoked_at is None:
            faults.append(log.fault(subject, "token", f"Its token {token.id} is valid; the log says it was revoked."))
    return faults


def _source(_session: Session, rows: Sequence[Source], folded: Any) -> list[Fault]:
    return [
        folded[row.id].fault(f"source {row.id}", name, f"Its field {name} is not what the log says.")
        for row in rows
        for name in (*sources.FIELDS, "merged_into_id")
        if folded[row.id].fields.get(name) != getattr(row, name)
    ]


def _article(session: Session, rows: Sequence[Article], folded: Any) -> list[Fault]:
    faults = []
    texts = defaultdict(list)
    for snapshot in session.execute(
        select(Snapshot.article_id, Snapshot.number, Snapshot.text, Snapshot.sha256).where(
            Snapshot.article_id.in_([row.id for row in rows])
        )
    ):
        texts[snapshot.article_id].append(snapshot)
    for row in rows:
        log, subject = folded[row.id], f"article {row.id}"
        values = articles.plain({name: getattr(row, name) for name in articles.FIELDS})
        for name, value in values.items():
            if log.fields.get(name) != value:
                faults.append(log.fault(subject, name, f"Its field {name} is not what the log says."))
        numbers = sorted(snapshot.number for snapshot in texts[row.id])
        if numbers != sorted(log.snapshots) or row.snapshot_number != max(log.snapshots, default=None):
            faults.append(log.fault(subject, "snapshot", "Its snapshots are not those that the log says."))
        for snapshot in texts[row.id]:
            right = sha256(snapshot.text.encode()).hexdigest()
            if snapshot.sha256 != right or log.snapshots.get(snapshot.number) != right:
                detail = f"The text of snapshot {snapshot.number} is not the one that the log says."
                faults.append(log.fault(subject, "snapshot", detail))
    return faults


def _claims(session: Session, rows: Sequence[Claim], folded: Any) -> list[Fault]:
    ids = [row.id for row in rows]
    faults: list[Fault] = []
    states = {state.claim.id: state for state in claim_states.load(session.connection(), rows)}
    relations = defaultdict(list)
    for relation in session.scalars(select(Relation).where(Relation.claim_id.in_(ids))):
        relations[relation.claim_id].append(relation)
    reviews = defaultdict(list)
    for review in session.scalars(select(Review).where(Review.claim_id.in_(ids))):
        reviews[review.claim_id].append(review)
    opinions: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for opinion in session.scalars(select(SecondOpinion).where(SecondOpinion.claim_id.in_(ids))):
        opinions[opinion.claim_id][opinion.id] = {name: getattr(opinion, name) for name in OPINION}
    redacted = [row.id for row in rows if folded[row.id].redacted]
    ended = Evidence.withdrawn_at.is_not(None) | Evidence.claim_id.in_(redacted)
    withdrawn = defaultdict(list)
    for piece in session.scalars(select(Evidence).where(Evidence.claim_id.in_(ids), ended)):
        withdrawn[piece.claim_id].append(piece)
    for row in rows:
        log = folded[row.id]
        if log.redacted:
            noted = [each["note"] for each in opinions[row.id].values()] + [each.note for each in relations[row.id]]
            noted += [each.reason for each in reviews[row.id]]
            faults += _redacted(row, log, noted, withdrawn[row.id])
            continue
        faults += _claim(states[row.id], log)
        faults += _withdrawn(row, log, withdrawn[row.id])
        faults += _judged(row, log, reviews[row.id])
        if log.relations != {one.id: (one.kind, one.other_id, one.note) for one in relations[row.id]}:
            faults.append(log.fault(f"claim {row.id}", "relations", "Its relations are not what the log says."))
        if log.opinions != opinions[row.id]:
            detail = "Its second opinions are not what the log says."
            faults.append(log.fault(f"claim {row.id}", "second_opinion", detail))
        document = documents.dumped(claim_json(states[row.id]))
        if (document, documents.etag_of(document)) != (row.document, row.etag):
            detail = "Its stored JSON is not what its rows give: the API shows something else than the log."
            faults.append(log.fault(f"claim {row.id}", "", detail))
    return faults


def _claim(state: ClaimState, log: Folded) -> Iterator[Fault]:
    row = state.claim
    subject = f"claim {row.id}"
    for name, value in (("status", row.status), ("attribution.status", row.attribution_status)):
        if log.fields[name] != value:
            yield log.fault(subject, name, f"Its {name} is {value}; the log says {log.fields[name]}.")
    if log.fields.get("withdrawn", False) != (row.withdrawn_at is not None):
        yield log.fault(subject, "withdrawn", "It is withdrawn or active, and the log says otherwise.")
    content = content_of(*stored(state)) | {"article_id": row.article_id}
    for name, value in content.items():
        if log.fields.get(name, [] if isinstance(value, list) else None) != value:
            yield log.fault(subject, name, f"Its field {name} is not what the log says.")
    for name in ("valid_on", "review_by"):
        day = getattr(row, name)
        if log.fields.get(name) != (day.isoformat() if day else None):
            yield log.fault(subject, name, f"Its field {name} is not what the log says.")
    active = {item.id: {name: getattr(item, name) for name in ("id", *pieces.FIELDS)} for item in state.active_evidence}
    if log.pieces != active:
        yield log.fault(subject, "evidence", "Its active evidence is not what the log says.")


def _judged(row: Claim, log: Folded, reviews: Sequence[Review]) -> Iterator[Fault]:
    """Compare the reviews' own table, and the reason shown, with what was logged when they were made."""
    made = {review.log_index: review for review in reviews}
    for index, said in log.reviews.items():
        review = made.pop(index, None)
        if review is None or {name: _plain(getattr(review, name)) for name in said} != said:
            yield Fault(f"claim {row.id}", "Its review is not what the log says.", None, index)
    for index in made:
        yield Fault(f"claim {row.id}", "It has a review that the log does not know.", None, index)
    if row.status in VERDICTS and log.judged != (row.reason, row.status):
        yield log.fault(f"claim {row.id}", "status", "The reason shown is not the one of its last review.")


def _withdrawn(row: Claim, log: Folded, pieces: Sequence[Evidence]) -> Iterator[Fault]:
    """Compare what was withdrawn, a claim or its evidence, with the entries that say so."""
    if log.withdrawal is not None and log.withdrawal != (row.withdrawn_reason, row.withdrawn_by_id):
        yield log.fault(f"claim {row.id}", "withdrawn", "Its withdrawal is not what the log says.")
    if {piece.id: {name: getattr(piece, name) for name in WITHDRAWN} for piece in pieces} != log.withdrawn:
        yield log.fault(f"claim {row.id}", "evidence", "Its withdrawn evidence is not what the log says.")


def _redacted(row: Claim, log: Folded, noted: Sequence[str | None], pieces: Sequence[Evidence]) -> Iterator[Fault]:
    left = [row.document, row.words, row.reason, row.attribution_reason, *noted]
    left += [getattr(piece, name) for piece in pieces for name in ("url", "excerpt", "archived_url", "note")]
    told = {row.text, row.withdrawn_reason, *(piece.title for piece in pieces)}
    if any(left) or told != {GONE} or row.withdrawn_at is None:
        yield log.fault(f"claim {row.id}", "", "It was redacted, but some of its content still exists.")


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
