"""What claims are to the sources in their chains, now and at any instant: what a source's record is counted from."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, update

from factcheck.desk.revisions import Entry
from factcheck.rules.findings import Audited
from factcheck.storage.audit import SourceStanding, SourceTally
from factcheck.storage.bulk import add_rows
from factcheck.storage.database import add_up
from factcheck.storage.writes import Write


@dataclass(frozen=True)
class Standing:
    """What one claim is to one source.

    `role`: `origin` when the source is the last of the chain, `principal` when the origin speaks on its behalf,
    `relay` when it stands further up or published the article, `voice` when it published an article that says it in
    its own voice. `year` is that of the article, or of the claim's entry if it has no date.
    """

    role: str
    kind: str
    year: int
    status: str
    attribution_status: str


FIELDS = tuple(each.name for each in fields(Standing))


def of_claim(claim: Audited, year: int) -> dict[str, Standing]:
    """Return what a claim is to each source in its chain and to the article's outlet, each in its highest role."""
    chain = claim.stated.chain
    roles: dict[str, str] = {hop.source: "relay" for hop in chain if hop.source}
    if outlet := claim.stated.outlet:
        roles[outlet] = "relay" if chain else "voice"
    if chain:
        if principal := chain[-1].on_behalf_of:
            roles[principal] = "principal"
        if origin := chain[-1].source:
            roles[origin] = "origin"
    return {
        source: Standing(role, claim.kind, year, claim.status, claim.attribution_status)
        for source, role in sorted(roles.items())
    }


class Period(NamedTuple):
    """A stored period that has not ended: since which log index, and what it says."""

    from_index: int
    standing: Standing


def write(
    connection: Connection,
    before: Mapping[int, Mapping[str, Period]],
    after: Mapping[int, Mapping[str, Standing]],
    entry: Entry,
) -> None:
    """End the periods of what is no longer so, begin those of what is now, and count both."""
    begun: list[dict[str, Any]] = []
    ended: list[dict[str, Any]] = []
    undone: list[dict[str, Any]] = []
    counts: Counter[tuple[str, Standing]] = Counter()
    for seq in sorted(before.keys() | after.keys()):
        old, new = before.get(seq, {}), after.get(seq, {})
        for source in sorted(old.keys() | new.keys()):
            was = old[source].standing if source in old else None
            if was == new.get(source):
                continue
            if was is not None:
                counts[source, was] -= 1
                key = {"seq": seq, "source": source, "index": old[source].from_index}
                # A period that this very entry began never was.
                (undone if old[source].from_index == entry.log_index else ended).append(key)
            if source in new:
                counts[source, new[source]] += 1
                begun.append(
                    {"claim_seq": seq, "source_id": source, "from_index": entry.log_index, "from_at": entry.at}
                    | vars(new[source])
                )
    _periods(connection, begun, ended, undone, entry)
    add_up(
        connection,
        SourceTally,
        [
            {"source_id": source, **vars(standing), "n": n}
            for (source, standing), n in sorted(counts.items(), key=_place)
            if n
        ],
    )


def _place(counted: tuple[tuple[str, Standing], int]) -> tuple[Any, ...]:
    (source, standing), _ = counted
    return source, *vars(standing).values()


def _periods(
    connection: Connection,
    begun: list[dict[str, Any]],
    ended: list[dict[str, Any]],
    undone: list[dict[str, Any]],
    entry: Entry,
) -> None:
    _UNDO.run(connection, undone)
    _END.run(connection, [key | {"until_at": entry.at} for key in ended])
    if begun:
        add_rows(connection, SourceStanding, _BEGUN, [tuple([each[name] for name in _BEGUN]) for each in begun])


_here = (
    (SourceStanding.claim_seq == bindparam("seq"))
    & (SourceStanding.source_id == bindparam("source"))
    & (SourceStanding.from_index == bindparam("index"))
)
_UNDO = Write(delete(SourceStanding.__table__).where(_here))  # type: ignore[arg-type]
_END = Write(
    update(SourceStanding.__table__).where(_here).values(until_at=bindparam("until_at"))  # type: ignore[arg-type]
)
_BEGUN = ("claim_seq", "source_id", "from_index", "from_at", *FIELDS)
