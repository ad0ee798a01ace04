"""A claim's provenance as a graph: who it comes through, where it comes from, and what counts as one origin."""

from typing import Any

from sqlalchemy.engine import Connection

from factcheck.desk import claims
from factcheck.desk.access import blindness
from factcheck.desk.claim_state.connected import connected_claims
from factcheck.followers.audit import families
from factcheck.followers.audit.families import Families
from factcheck.log.actors import Actor
from factcheck.messages import message
from factcheck.rules.identity.relations import SourceRelation
from factcheck.rules.origins import FAMILY, Collapsing, Node, Provenance
from factcheck.rules.sources import RelationKind

Json = dict[str, Any]


def graph(connection: Connection, claim_id: str, viewer: Actor | None = None, *, alone: bool = False) -> Json:
    """Return the graph of a claim and all that restates it or shares its origin. Raises NotFound, Withdrawn.

    With `alone`, it has nothing of other claims.

    Edges lead from a claim to what it was taken from and on to the origins, and from evidence to the claim that it
    supports. `origins` says in which group each one
    counts, `collapses` why several are one. Evidence inside a review that `viewer` must not see is left out.
    """
    claims.demand_there(connection, claim_id, viewer, active=True)
    family = {claim_id} if alone else connected_claims(connection, [claim_id], FAMILY)
    blinds = blindness.of_claims(connection, viewer, family)
    hidden = {each for items in blinds.values() for blind in items for each in blind.evidence_ids}
    found = families.load(connection, family, without=hidden)
    members, provenance = next(iter(found.each()))
    drawing = _Drawing(found, provenance)
    for claim in sorted(members, key=lambda each: (each.id != claim_id, each.seq)):
        drawing.claim(claim.id)
    drawing.relations()
    return {
        "claim": {"id": claim_id, "text": found.claims[claim_id].text},
        "nodes": list(drawing.nodes.values()),
        "edges": drawing.edges,
        "origins": drawing.origins(),
        "independent_origins": provenance.independent,
        "collapses": [
            {
                "kind": collapse.kind,
                "origins": [f"o{at + 1}" for at in collapse.origins],
                "explanation": collapse.explanation,
                "relations": [_relation(found, relation) for relation in collapse.relations],
            }
            for collapse in provenance.collapses
        ],
    }


def _relation(found: Families, relation: SourceRelation) -> Json:
    """Return a relation between sources as they are shown."""

    def reference(source_id: str) -> Json:
        name, kind = found.names[source_id]
        return {"id": source_id, "name": name, "kind": kind}

    return {
        "id": relation.id,
        "kind": relation.kind,
        "source": reference(relation.source),
        "other": reference(relation.other),
        "since": relation.since,
        "until": relation.until,
    }


class _Drawing:
    """Collects nodes, each once, and edges."""

    def __init__(self, found: Families, provenance: Provenance) -> None:
        self.found = found
        self.provenance = provenance
        self.nodes: dict[Node, Json] = {}
        self.edges: list[Json] = []

    def node(self, key: Node, kind: str, label: str, detail: str | None = None, **ids: Any) -> str:
        known = self.nodes.get(key)
        if known is None:
            known = self.nodes[key] = {
                "id": f"n{len(self.nodes) + 1}",
                "kind": kind,
                "label": label,
                "detail": detail,
                "source_id": None,
                "claim_id": None,
                "evidence_id": None,
                "interested": None,
            } | ids
        return str(known["id"])

    def edge(self, start: str, end: str, kind: str, label: str | None = None, directness: str | None = None) -> None:
        edge = {"from": start, "to": end, "kind": kind, "label": label, "directness": directness}
        if start != end and edge not in self.edges:
            self.edges.append(edge)

    def claim(self, claim_id: str) -> None:
        claim, row = self.found.claims[claim_id], self.found.rows[claim_id]
        here = self.node(("claim", claim_id), "claim", claim.text, claim.kind, claim_id=claim_id)
        outlet = self.found.names.get(row.outlet)
        # One node for each claim that was taken from it: which chain is whose would not be seen otherwise.
        publisher = outlet[0] if outlet else None
        article = self.node(("article", row.article_id, claim_id), "article", row.article_title, publisher)
        self.edge(here, article, "taken_from")
        self.chain(claim_id, article)
        for item in self.found.evidence[claim_id]:
            if item.stance == "supports":
                self.evidence(here, item)

    def chain(self, claim_id: str, start: str) -> None:
        for hop, row in zip(self.found.claims[claim_id].stated.chain, self.found.hops.get(claim_id, ()), strict=True):
            if hop.source:
                following = self.source(hop.source)
                node = self.nodes["source", hop.source]
            else:
                key = ("unnamed", claim_id, str(row.position))
                following = self.node(key, "unnamed", hop.described_as or message("someone"))
                node = self.nodes[key]
            # A stake in one claim is told, whatever holds for another.
            node["interested"] = (
                node["interested"] or hop.interested if hop.interested is not None else node["interested"]
            )
            self.edge(start, following, "attributed_to", row.cue, row.directness)
            if hop.on_behalf_of:
                self.edge(following, self.source(hop.on_behalf_of), "on_behalf_of")
            start = following

    def source(self, source_id: str) -> str:
        name, kind = self.found.names[source_id]
        return self.node(("source", source_id), "source", name, kind, source_id=source_id)

    def evidence(self, claim: str, item: Any) -> None:
        label = item.title or item.url or item.excerpt
        here = self.node(("evidence", item.id), "evidence", label, item.url, evidence_id=item.id)
        self.edge(here, claim, "supports")
        for named in (item.source, item.origin):
            if named:
                following = self.source(named)
                self.edge(here, following, "rests_on")
                here = following

    def relations(self) -> None:
        for link in self.found.links:
            ends = ("claim", link.claim), ("claim", link.other)
            if link.kind in (RelationKind.RESTATES, RelationKind.SAME_ORIGIN_AS) and self.nodes.keys() >= {*ends}:
                start, end = (self.nodes["claim", claim]["id"] for claim in (link.claim, link.other))
                self.edge(start, end, link.kind)
        for collapse in self.provenance.collapses:
            if collapse.kind is Collapsing.COPY:
                start, end = (
                    self.nodes["evidence", str(self.provenance.origins[at].evidence)]["id"] for at in collapse.origins
                )
                self.edge(start, end, "copies")

    def origins(self) -> list[Json]:
        told = []
        for at, origin in enumerate(self.provenance.origins, 1):
            key = origin.node
            if key not in self.nodes:  # a document, or evidence of which nothing else is known
                key = ("evidence", str(origin.evidence))
            told.append(
                {
                    "id": f"o{at}",
                    "node": self.nodes[key]["id"],
                    "label": origin.label,
                    "claim_id": origin.claim,
                    "evidence_id": origin.evidence,
                    "interested": origin.interested,
                    "group": origin.group,
                }
            )
        return told
