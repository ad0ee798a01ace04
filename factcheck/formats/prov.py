"""Where a claim comes from as W3C PROV-O in JSON-LD (https://www.w3.org/TR/prov-o/).

The claim was quoted from a snapshot of its article. Each hop of the chain is a statement that was attributed to its
source: what the article says was taken from the first one, that from the second, and so on to the origin, the claim's
primary source. A status is an entity of its own, derived from the evidence and attributed to whoever gave it.
"""

from typing import Any

from factcheck.formats import losses
from factcheck.formats.here import Here
from factcheck.formats.losses import Loss
from factcheck.formats.warc import BY_A_PERSON
from factcheck.rules.web.fetches import Origin

Json = dict[str, Any]
PROFILE = "http://www.w3.org/ns/prov"
_REFERENCES = (
    "wasQuotedFrom", "hadPrimarySource", "wasAttributedTo", "actedOnBehalfOf", "wasRevisionOf", "wasDerivedFrom",
    "specializationOf", "alternateOf", "atLocation",
)  # fmt: skip
# Whole, so that it can be read without asking anybody for it. There is no context of the W3C's own for PROV-O.
CONTEXT: Json = {
    "prov": "http://www.w3.org/ns/prov#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "dcterms": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    **{name: f"prov:{name}" for name in ("Entity", "Agent", "Person", "Organization")},
    **{name: {"@id": f"prov:{name}", "@type": "@id"} for name in _REFERENCES},
    "generatedAtTime": {"@id": "prov:generatedAtTime", "@type": "xsd:dateTime"},
    "value": "prov:value",
    "label": "rdfs:label",
    "comment": "rdfs:comment",
    "identifier": "dcterms:identifier",
    "title": "dcterms:title",
    "creator": "dcterms:creator",
    "language": "dcterms:language",
    "subject": "dcterms:subject",
    "issued": {"@id": "dcterms:issued", "@type": "xsd:date"},
    "created": {"@id": "dcterms:created", "@type": "xsd:dateTime"},
    "valid": {"@id": "dcterms:valid", "@type": "xsd:date"},
}
AGENTS = {"person": "Person", "organization": "Organization", "group": "Agent", "outlet": "Organization"}
_PLACE = "PROV has an entity for the words but no position in a text"
_KINDS = "PROV has only persons, organizations and other agents, and documents are entities"
LOSES: losses.Table = {
    "kind": "PROV has no kinds of claims",
    "quotes[].prefix": _PLACE,
    "quotes[].suffix": _PLACE,
    "quotes[].start": _PLACE,
    "quotes[].end": _PLACE,
    "quotes[].state": _PLACE,
    "quotes[].current": _PLACE,
    "quantity": "PROV has no claimed numbers; they are part of the claim's text",
    "attribution.second_opinion": "PROV describes what happened, not what was asked for",
    "attribution.chain[].cue": "PROV has no reporting verbs",
    "attribution.chain[].directness": "PROV distinguishes only quoted and derived: `mixed` becomes derived",
    "attribution.chain[].interested": "PROV has no conflicts of interest",
    "attribution.chain[].source_quotes": _PLACE,
    "attribution.chain[].cue_quotes": _PLACE,
    "attribution.chain[].source.kind": _KINDS,
    "attribution.chain[].on_behalf_of.kind": _KINDS,
    "attribution.origin.kind": _KINDS,
    "review_by": "PROV describes what happened, not what is due",
    "rating": "PROV has no scales of ratings",
    "second_opinion": "PROV describes what happened, not what was asked for",
    "evidence[].stance": "a verdict is derived from its evidence, whatever the stance",
    "evidence[].source.kind": _KINDS,
    "evidence[].origin.kind": _KINDS,
    "evidence[].added_by": "evidence is attributed to its source",
    "evidence[].added_at": "the desk does not know when the evidence was created",
    "evidence[].unreachable": "PROV describes where a thing comes from, not whether it still answers",
    "occurrences": "the provenance of a claim is that of its words in the article",
    "relations": "PROV has no relations between statements",
    "links": "links are paths on this desk",
}


def convert(claim: Json, article: Json, here: Here) -> tuple[Json, list[Loss]]:
    """Return the provenance of a claim, from its JSON and its article's, and what it does not carry."""
    graph = _Graph(here)
    me = here.claim(claim["id"])
    snapshots = _article(graph, claim, article)
    first = _chain(graph, claim, me)
    quotes = [
        graph.add(f"{me}#quote-{at}", "Entity", value=quote["exact"], wasQuotedFrom=snapshots[quote["snapshot"]])
        for at, quote in enumerate(claim["quotes"], 1)
    ]
    chain = claim["attribution"]["chain"]
    quoted = bool(chain) and chain[0]["directness"] == "direct"
    graph.add(
        me, "Entity", value=claim["text"], identifier=[claim["id"], *filter(None, [claim["external_id"]])],
        subject=claim["tags"], created=claim["created_at"],
        wasQuotedFrom=[*snapshots.values(), *([first] if first and quoted else [])],
        wasDerivedFrom=[*quotes, *([first] if first and not quoted else [])],
        hadPrimarySource=f"{me}#statement-{len(chain)}" if chain else None,
        wasAttributedTo=_origin(graph, claim, article, me),
    )  # fmt: skip
    number = claim["revision"]
    graph.add(
        f"{me}#revision-{number}", "Entity", specializationOf=me, generatedAtTime=claim["updated_at"],
        identifier=number, wasRevisionOf=f"{me}#revision-{number - 1}" if number > 1 else None,
    )  # fmt: skip
    evidence = [_evidence(graph, item, me) for item in claim["evidence"]]
    _verdict(graph, f"{me}#status", claim, me, evidence)
    _verdict(graph, f"{me}#attribution-status", claim["attribution"], me, [])
    return {"@context": CONTEXT, "@graph": list(graph.nodes.values())}, losses.of(claim, LOSES)


class _Graph:
    """Nodes by their addresses, each once."""

    def __init__(self, here: Here) -> None:
        self.here = here
        self.nodes: dict[str, Json] = {}

    def add(self, address: str, kind: str, **members: Any) -> str:
        said = {name: value for name, value in members.items() if value not in (None, [], "")}
        self.nodes.setdefault(address, {"@id": address, "@type": kind}).update(said)
        return address

    def source(self, source: Json | None) -> str | None:
        """Add a source: an agent, or an entity where it is a document, which cannot act."""
        if source is None:
            return None
        kind = AGENTS.get(source["kind"], "Entity")
        return self.add(self.here.source(source["id"]), kind, label=source["name"])

    def more(self, address: str, name: str, value: str) -> None:
        """Say one thing more of a node, beside what is said under that name already."""
        node = self.nodes[address]
        said = node.get(name, [])
        known = said if isinstance(said, list) else [said]
        node[name] = known if value in known else [*known, value]

    def said_by(self, address: str, source: Json | None) -> None:
        """Say whom something goes back to: an agent that it is attributed to, a document that it was derived from."""
        there = self.source(source)
        if there and source:
            self.more(address, "wasAttributedTo" if source["kind"] in AGENTS else "wasDerivedFrom", there)


def _article(graph: _Graph, claim: Json, article: Json) -> dict[int, str]:
    """Add the article, and return the addresses of its snapshots that the claim is quoted from."""
    whole = graph.here.article(claim["article"]["id"])
    numbers = sorted({quote["snapshot"] for quote in claim["quotes"]})
    graph.add(
        whole, "Entity", title=claim["article"]["title"], atLocation=claim["article"]["url"],
        creator=article["author"], language=article["language"], issued=article["published_on"],
        wasAttributedTo=graph.source(article["outlet"]),
    )  # fmt: skip
    return {
        number: graph.add(f"{whole}/snapshots/{number}", "Entity", specializationOf=whole) for number in numbers
    }  # fmt: skip


def _chain(graph: _Graph, claim: Json, me: str) -> str | None:
    """Add a statement for each hop, taken from the one behind it, and return the first."""
    chain = claim["attribution"]["chain"]
    for at, hop in enumerate(chain, 1):
        statement = graph.add(f"{me}#statement-{at}", "Entity", comment=hop["note"])
        if hop["source"] is None:
            somebody = graph.add(f"{me}#somebody-{at}", "Agent", label=hop["described_as"])
            graph.add(statement, "Entity", wasAttributedTo=somebody)
        else:
            somebody = graph.here.source(hop["source"]["id"])
            graph.said_by(statement, hop["source"])
            graph.add(statement, "Entity", label=hop["described_as"])
        if hop["on_behalf_of"]:
            _for(graph, somebody, statement, hop["on_behalf_of"])
        if at < len(chain):
            said = "wasQuotedFrom" if chain[at]["directness"] == "direct" else "wasDerivedFrom"
            graph.more(statement, said, f"{me}#statement-{at + 1}")
    return f"{me}#statement-1" if chain else None


def _for(graph: _Graph, somebody: str, statement: str, principal: Json) -> None:
    """Say on whose behalf somebody spoke. A document speaks for nobody: then the statement goes back to both."""
    there = graph.source(principal)
    if there and graph.nodes[somebody]["@type"] != "Entity" and principal["kind"] in AGENTS:
        graph.more(somebody, "actedOnBehalfOf", there)
    else:
        graph.said_by(statement, principal)


def _origin(graph: _Graph, claim: Json, article: Json, me: str) -> str | None:
    """Return the agent that answers for the claim; for what an article says in its own voice, who published it."""
    chain, origin = claim["attribution"]["chain"], claim["attribution"]["origin"]
    if not chain:
        return graph.source(article["outlet"])
    if origin is None:
        return f"{me}#somebody-{len(chain)}"
    return graph.source(origin) if origin["kind"] in AGENTS else None


def _evidence(graph: _Graph, item: Json, me: str) -> str:
    here = f"{me}/evidence/{item['id']}"
    graph.add(
        here, "Entity", title=item["title"], value=item["excerpt"], comment=item["note"], atLocation=item["url"],
        alternateOf=item["archived_url"],
    )  # fmt: skip
    if "capture" in item:
        graph.more(here, "alternateOf", _capture(graph, item["capture"]))
    graph.said_by(here, item["source"])
    if item["origin"]:
        graph.add(here, "Entity", hadPrimarySource=graph.source(item["origin"]))
    return here


def _capture(graph: _Graph, capture: Json) -> str:
    """Add the copy that the desk has of a page, with its hash."""
    return graph.add(
        f"{graph.here.base}/v1/captures/{capture['id']}", "Entity", generatedAtTime=capture["fetched_at"],
        identifier=capture["sha256"] and f"sha256:{capture['sha256']}",
        comment=BY_A_PERSON if capture.get("origin") == Origin.BROWSER else None,
    )  # fmt: skip


def _verdict(graph: _Graph, address: str, part: Json, me: str, evidence: list[str]) -> None:
    """Add the status of a question: where somebody gave it, with the reason, and what it was derived from."""
    who = _reviewer(graph, part["reviewed_by"], address)
    graph.add(
        address, "Entity", value=part["status"], comment=part["reason"], wasAttributedTo=who,
        generatedAtTime=part["reviewed_at"], valid=part.get("valid_on"), wasDerivedFrom=[me, *evidence],
    )  # fmt: skip


def _reviewer(graph: _Graph, person: Json | None, status: str) -> str | None:
    """Add who gave a status. Without an id it is told by name alone, of this status, and may be several people."""
    if person is None:
        return None
    if person["id"] is None:
        return graph.add(f"{status}-reviewer", "Agent", label=person["name"])
    return graph.add(graph.here.person(person["id"]), "Person", label=person["name"])
