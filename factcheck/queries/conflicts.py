"""The conflict board: claims that contradict one another or are in tension, side by side."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from factcheck.desk.access import blindness
from factcheck.desk.access.blindness import Blind
from factcheck.desk.claim_state.rendering import quantity_json
from factcheck.followers.audit import families
from factcheck.log.actors import Actor
from factcheck.queries.lists import Key, Page
from factcheck.rules.auditing.audited import Audited
from factcheck.rules.auditing.clashes import clash
from factcheck.rules.sources import CONFLICTS, RelationKind
from factcheck.rules.status import Question, Status
from factcheck.storage.tables.audit import ClaimAudit
from factcheck.storage.tables.claims import Claim, Relation

Json = dict[str, Any]


def conflicts(connection: Connection, after: Key | None, limit: int, viewer: Actor | None = None) -> Page:
    """Return a page of the conflict board: groups of claims that contradict one another or are in tension.

    The group whose first claim was entered last comes first. Each claim comes with its figure, origin and verdicts. A
    verdict that `viewer` is to give once more without seeing it is shown in review.
    """
    values = {"limit": limit + 1, "after": after[0] if after else None}
    heads = list(connection.scalars(_HEADS_AFTER if after else _HEADS, values))
    shown = heads[:limit]
    members: defaultdict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(_MEMBERS, {"ids": shown}):
        members[row.conflict_group].append(row)
    found = families.load(connection, [row.id for rows in members.values() for row in rows])
    blinds = blindness.of_claims(connection, viewer, found.claims)
    found.claims.update({claim: veiled(found.claims[claim], blinds[claim]) for claim in blinds})
    relations: defaultdict[int, list[Json]] = defaultdict(list)
    for relation in connection.execute(_CONFLICTS, {"ids": shown, "kinds": sorted(CONFLICTS)}):
        relations[relation.conflict_group].append(
            {name: getattr(relation, name) for name in ("kind", "claim_id", "other_id", "note")}
        )
    items = [
        {
            "id": members[head][0].id,
            "open": any(
                clash(RelationKind(each["kind"]), found.claims[each["claim_id"]], found.claims[each["other_id"]])
                for each in relations[head]
            ),
            "claims": [_side(found, row, row.id in blinds) for row in members[head]],
            "relations": relations[head],
        }
        for head in shown
        if members[head]
    ]
    return Page(items, [shown[-1]] if len(heads) > limit else None)


def veiled(claim: Audited, blinds: Sequence[Blind]) -> Audited:
    """Return a claim with the questions that are hidden from somebody in review."""
    hidden = {blind.question for blind in blinds}
    return replace(
        claim,
        status=Status.IN_REVIEW if Question.CONTENT in hidden else claim.status,
        attribution_status=Status.IN_REVIEW if Question.ATTRIBUTION in hidden else claim.attribution_status,
    )


def _side(found: families.Families, row: Any, blind: bool) -> Json:
    claim, columns = found.claims[row.id], found.rows[row.id]
    hop = claim.stated.chain[-1] if claim.stated.chain else None
    name = found.names.get(hop.source) if hop and hop.source else None
    return {
        "id": claim.id,
        "text": claim.text,
        "article": {"id": columns.article_id, "title": columns.article_title},
        "kind": claim.kind,
        "quantity": quantity_json(columns),
        "origin": {"id": hop.source, "name": name[0], "kind": name[1]} if hop and name else None,
        "described_as": hop.described_as if hop else None,
        "in_own_voice": hop is None,
        "interested": hop.interested if hop else None,
        # Evidence inside a hidden review counts too.
        "independent_origins": None if blind else row.independent_origins,
        "status": claim.status,
        "attribution_status": claim.attribution_status,
        "links": {"self": f"/v1/claims/{claim.id}"},
    }


_IDS: Any = bindparam("ids", expanding=True)
_HEADS = (
    select(ClaimAudit.claim_seq)
    .where(ClaimAudit.conflict_group == ClaimAudit.claim_seq)
    .order_by(ClaimAudit.claim_seq.desc())
    .limit(bindparam("limit"))
)
_HEADS_AFTER = _HEADS.where(ClaimAudit.claim_seq < bindparam("after"))
_MEMBERS = (
    select(Claim.id, ClaimAudit.conflict_group, ClaimAudit.independent_origins)
    .join(Claim, Claim.seq == ClaimAudit.claim_seq)
    .where(ClaimAudit.conflict_group.in_(_IDS))
    .order_by(ClaimAudit.conflict_group, ClaimAudit.claim_seq)
)
_CONFLICTS = (
    select(ClaimAudit.conflict_group, Relation.kind, Relation.claim_id, Relation.other_id, Relation.note)
    .select_from(ClaimAudit)
    .join(Claim, Claim.seq == ClaimAudit.claim_seq)
    .join(Relation, Relation.claim_id == Claim.id)
    .join(_OTHER := Claim.__table__.alias("other"), _OTHER.c.id == Relation.other_id)
    .where(
        ClaimAudit.conflict_group.in_(_IDS),
        Relation.kind.in_(bindparam("kinds", expanding=True)),
        _OTHER.c.withdrawn_at.is_(None),
    )
    .order_by(Relation.log_index)
)
