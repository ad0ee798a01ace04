"""What a judgment does: it joins sources or parts them, and every claim that names them shows what they are now."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, insert, or_, select, union
from sqlalchemy.orm import Session

from factcheck.desk.claim_state import documents
from factcheck.desk.claim_state.locks import lock_claims, lock_sources
from factcheck.errors import Clash
from factcheck.log import revisions
from factcheck.log.actors import Actor
from factcheck.log.revisions import Entry
from factcheck.messages import message
from factcheck.rules.identity.judgments import Identity, Judgment, Partition
from factcheck.rules.text import series
from factcheck.storage.locking import locked_whole
from factcheck.storage.tables.attribution import Hop
from factcheck.storage.tables.evidence import Evidence
from factcheck.storage.tables.logbook import SubjectKind
from factcheck.storage.tables.sources import Judgment as Row
from factcheck.storage.tables.sources import Source

MOST = 100  # sources that can be joined: one judgment renders the claims of all of them again
NEXT = 2**62  # the log index of a judgment that is not in the log yet


def locked(session: Session, *source_ids: str, also: Select[Any] | None = None) -> dict[str, Source]:
    """Lock these sources with all that are joined with them, and return them by id; `also` selects ids of further ones.

    Whoever adds a claim with one of them locks that one alone, and shows the source as which it is shown.
    """
    heads = select(Source.canonical_id).where(Source.id.in_(source_ids))
    joined = select(Source.id).where(Source.canonical_id.in_(heads))

    def found() -> set[str]:
        return {*session.scalars(joined), *(session.scalars(also) if also is not None else ())}

    ids = locked_whole(session, found, lock_sources)
    rows = session.scalars(select(Source).where(Source.id.in_(ids)).execution_options(populate_existing=True))
    return {row.id: row for row in rows}


def partition_of(session: Session, source_ids: Collection[str]) -> Partition:
    """Return the partition that the judgments on these sources give."""
    rows = session.execute(
        select(*Row.__table__.columns).where(or_(Row.source_id.in_(source_ids), Row.other_id.in_(source_ids)))
    )
    return Partition(as_judgment(row) for row in rows)


def as_judgment(row: Any) -> Judgment:
    return Judgment(row.log_index, row.source_id, row.other_id, Identity(row.judgment), row.shown_id)


def judge(
    session: Session,
    actor: Actor,
    rows: Mapping[str, Source],
    source_id: str,
    other_id: str,
    *,
    judgment: Identity,
    shown_id: str | None,
    reason: str,
) -> Entry:
    """Add a judgment on two sources to the log, and join or part them. `rows` are what `locked` returned for the two.

    Raises Clash for a redacted source, for a judgment that contradicts others, with the chain of these as `path`, and
    for more than MOST joined sources.
    """
    for each in (source_id, other_id):
        demand_readable(rows[each])
    partition = partition_of(session, rows.keys())
    new = Judgment(NEXT, source_id, other_id, judgment, shown_id)
    _demand_consistent(partition, new, rows)
    before = {each: rows[each].canonical_id for each in rows}
    counted = partition.counting(source_id, other_id)
    known = len(partition.group(source_id))
    partition.take(new)
    size = len(partition.group(source_id))
    if size > max(known, MOST):
        raise Clash(message("At most {most} sources can be joined; these would be {size}.", most=MOST, size=size))
    after = {each: partition.head(each) for each in rows}
    moved = {each for each in rows if after[each] != before[each]}
    claims = claims_that_show(session, moved)
    lock_claims(session, claims)

    source = rows[source_id]
    change = {
        "field": "judgment",
        "before": counted and _told(counted, source_id),
        "after": _told(new, source_id),
    }
    entry = revisions.append(
        session, actor, SubjectKind.SOURCE, source_id, source.revision + 1, "judge", [change], reason
    )
    session.execute(
        insert(Row),
        {
            "log_index": entry.log_index, "source_id": source_id, "other_id": other_id, "judgment": judgment,
            "shown_id": shown_id, "reason": reason, "judged_by_id": actor.id, "judged_at": entry.at,
        },
    )  # fmt: skip
    source.revision, source.updated_at = source.revision + 1, entry.at
    for each in moved:
        rows[each].canonical_id = after[each]
        rows[each].merged_into_id = after[each] if after[each] != each else None
    session.flush()
    documents.relink(session, claims)
    documents.render(session, claims, entry)
    return entry


def demand_unjudged(session: Session, rows: Mapping[str, Source], one: str, other: str) -> None:
    """Raise Clash, with the judgment as `path`, if somebody has judged these two sources."""
    counted = partition_of(session, (one, other)).counting(one, other)
    if counted is not None:
        told = _in_words([counted], rows)
        raise Clash(
            message("Somebody has judged this pair already: {judgment}.", judgment=told), path=_path([counted], rows)
        )


def demand_readable(source: Source) -> None:
    if source.redacted_index is not None:
        raise Clash(message("This source was redacted."), id=source.id)


def claims_that_show(session: Session, source_ids: Collection[str]) -> list[str]:
    """Return the claims that name one of these sources, as it was entered."""
    if not source_ids:
        return []
    return list(
        session.scalars(
            union(
                select(Hop.claim_id).where(Hop.source_id.in_(source_ids)),
                select(Hop.claim_id).where(Hop.on_behalf_of_id.in_(source_ids)),
                select(Evidence.claim_id).where(Evidence.source_id.in_(source_ids)),
                select(Evidence.claim_id).where(Evidence.origin_id.in_(source_ids)),
            )
        )
    )


def _told(judgment: Judgment, source_id: str) -> dict[str, Any]:
    """Return what the log says of a judgment, seen from one of the two sources."""
    [other_id] = judgment.pair - {source_id}
    return {"other_id": other_id, "judgment": judgment.identity, "shown_id": judgment.shown}


def _demand_consistent(partition: Partition, new: Judgment, rows: Mapping[str, Source]) -> None:
    chain = partition.contradiction(new)
    if not chain:
        return

    told = _in_words(chain, rows)
    raise Clash(
        message("This contradicts other judgments: {judgments}. Judge one of these pairs first.", judgments=told),
        path=_path(chain, rows),
    )


def _path(chain: Sequence[Judgment], rows: Mapping[str, Source]) -> list[dict[str, Any]]:
    def reference(source_id: str) -> dict[str, str]:
        return {"id": source_id, "name": rows[source_id].name, "kind": rows[source_id].kind}

    return [
        {
            "source": reference(each.source),
            "other": reference(each.other),
            "judgment": each.identity.value,
            "log_index": each.log_index,
        }
        for each in chain
    ]


def _in_words(chain: Sequence[Judgment], rows: Mapping[str, Source]) -> str:
    return series.clauses(_judged(each.identity, rows[each.source].name, rows[each.other].name) for each in chain)


def _judged(identity: Identity, one: str, other: str) -> str:
    if identity is Identity.SAME:
        return message("“{one}” and “{other}” are the same", one=one, other=other)
    if identity is Identity.DIFFERENT:
        return message("“{one}” and “{other}” are different", one=one, other=other)
    return message("“{one}” and “{other}” are maybe the same", one=one, other=other)
