"""A claim's JSON at each place in the log: which entries changed it, what it was before, what it is now.

The actions store a claim's JSON once, at their end, under the last entry that they append; the same JSON again changes
nothing. A new name of a person changes what the JSON is then, and adds no version. Here the same is worked out from the
log.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from factcheck.desk.claim_state.documents import dumped, etag_of
from factcheck.desk.claim_state.rendering import claim_json, with_names
from factcheck.inspection.claim_folding import FoldedClaim
from factcheck.inspection.folding import Row, Rows
from factcheck.inspection.reading import Read
from factcheck.inspection.worlds import Event, World
from factcheck.log.clock import stamp
from factcheck.rules.webhooks import ATTEST


@dataclass
class Life:
    """A claim after all its entries, with its JSON and what that was before.

    Of versions that an entry attests the log has the hashes alone: their `document` is None. Names in the JSON are
    those after the entry at `named`.
    """

    claim: FoldedClaim
    document: bytes = b""
    named: int = 0
    versions: list[Row] = field(default_factory=list)

    def rows(self, world: World) -> Rows:
        """Return the rows that the desk must have of the claim."""
        claim, end = self.claim, world.end
        rows = claim.rows()
        [own] = rows["claims"]
        chain = [hop["source_id"] and world.head(hop["source_id"], end) for hop in claim.hops]
        own |= {
            "origin_id": chain[-1] if chain else None,
            "document": self.document, "etag": etag_of(self.document) if self.document else "",
        }  # fmt: skip
        place = {"claim_seq": own["seq"], "changed_index": own["changed_index"]}
        rows["claim_tags"] = [{**place, "tag": tag} for tag in own["tags"]]
        rows["claim_sources"] = [{**place, "source_id": each} for each in sorted({each for each in chain if each})]
        rows["claim_versions"] = self.versions
        redaction = claim.redaction
        rows["redactions"] = [{"claim_id": claim.id, "log_index": redaction.log_index}] if redaction else []
        return rows


def lived(claim_id: str, own: Sequence[Read], world: World) -> Life:
    """Take in all entries of a claim. Raises ValueError where a content is gone that no redaction took."""
    life = Life(FoldedClaim(claim_id))
    contents = [content for _, content in own if content is not None]
    if len(contents) < len(own):
        for entry, content in own:
            life.claim.take(entry, content)
        if life.claim.redaction is None:
            raise ValueError("its content is gone, and no redaction says so")
        return life
    events = sorted(world.events(claim_id, contents), key=lambda event: event.log_index)
    for at, (entry, content) in enumerate(own):
        following = own[at + 1][0].log_index if at + 1 < len(own) else world.end + 1
        life.claim.take(entry, content)
        if entry.action == ATTEST:
            _attest(life, world, entry.log_index)
        elif not _continued(own, at):
            _store(life, world, entry.log_index, entry.at)
        for event in _between(events, entry.log_index, following):
            if _concerns(life.claim, world, event):
                _store(life, world, event.log_index, event.at)
    _rename(life, world, world.end)
    return life


def _store(life: Life, world: World, index: int, at: datetime) -> None:
    """Store the claim's JSON as it is at an entry, as `documents.store` does."""
    row = life.claim.row
    document = claim_json(world.state(life.claim, index))
    _rename(life, world, index - 1)
    if life.document:
        if dumped(document) == life.document:
            return
        life.versions.append(
            {
                "claim_seq": row["seq"], "changed_index": row["changed_index"], "from_at": row["updated_at"],
                "etag": etag_of(life.document), "document": life.document,
            }
        )  # fmt: skip
    document["updated_at"] = stamp(at)
    row |= {"updated_at": at, "changed_index": index}
    life.document, life.named = dumped(document), index


def _rename(life: Life, world: World, index: int) -> None:
    """Give people the names in the claim's JSON that they have after an entry, as `documents.rename` does."""
    names = world.people.between(life.named, index) if life.document else {}
    if names:
        life.document = dumped(with_names(orjson.loads(life.document), names))
    life.named = index


def _attest(life: Life, world: World, index: int) -> None:
    """Take over the versions that an entry attests; the claim's JSON was rendered again then, under the same entry."""
    if life.claim.attested is not None:
        life.versions = [{**version, "document": None} for version in life.claim.attested]
    life.document, life.named = dumped(claim_json(world.state(life.claim, index))), index


def _continued(own: Sequence[Read], at: int) -> bool:
    """Say whether the action that made an entry made the claim's next one too, and stored the JSON at that."""
    if at + 1 == len(own):
        return False
    entry, (after, content) = own[at][0], own[at + 1]
    if after.log_index != entry.log_index + 1 or content is None:
        return False
    if entry.action == "second_opinion":
        return after.action == "reopen"
    asked = after.action == "ask_second_opinion" and content.changes[-1]["after"]["by_policy"]
    return entry.action == "review" and bool(asked)


def _between(events: Sequence[Event], start: int, end: int) -> Iterator[Event]:
    for event in events:
        if start < event.log_index < end:
            yield event


def _concerns(claim: FoldedClaim, world: World, event: Event) -> bool:
    """Say whether an entry of something else has the claim's JSON rendered again."""
    if event.action == "redact":
        return claim.active
    if event.source_id is None:
        return True
    named = [row[f"{name}_id"] for row in claim.hops for name in ("source", "on_behalf_of")]
    named += [row[f"{name}_id"] for row in claim.evidence.values() for name in ("source", "origin")]
    sources = [each for each in named if each]
    if event.action == "amend":
        return any(event.source_id == world.head(each, event.log_index) for each in sources)
    return any(world.head(each, event.log_index) != world.head(each, event.log_index - 1) for each in sources)
