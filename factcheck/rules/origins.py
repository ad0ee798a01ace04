"""What the provenance of a family of claims is worked out from, and what is found: its origins."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from factcheck.messages import message
from factcheck.rules.identity.alike import Alike
from factcheck.rules.identity.relations import SourceRelation
from factcheck.rules.sources import RelationKind

Node = tuple[str, ...]  # ("source", id) | ("unnamed", claim, position) | ("document", url) | ("evidence", id)
FAMILY = frozenset({RelationKind.RESTATES, RelationKind.SAME_ORIGIN_AS})


class Collapsing(StrEnum):
    """Why several origins count as one."""

    SAME_SOURCE = "same_source"
    MERGED_SOURCE = "merged_source"
    ON_BEHALF = "on_behalf"
    SAME_DOCUMENT = "same_document"
    LEADS_ON = "leads_on"
    CIRCULAR = "circular"
    COPY = "copy"
    UNNAMED = "unnamed"
    RESTATES = "restates"
    SAME_ORIGIN_AS = "same_origin_as"
    SAME_IDENTIFIER = "same_identifier"
    SOURCE_RELATION = "source_relation"


@dataclass(frozen=True)
class Hop:
    """One hop: its source as it is now, and as it was entered (another one, where the two are joined)."""

    source: str | None
    entered: str | None = None
    described_as: str | None = None
    on_behalf_of: str | None = None
    interested: bool | None = None


@dataclass(frozen=True)
class Support:
    """Active evidence that supports: who published it, and whom it goes back to where that is another."""

    id: str
    label: str
    url: str | None = None
    source: str | None = None
    origin: str | None = None
    excerpt: str | None = None


@dataclass(frozen=True)
class Stated:
    """A claim, as far as its provenance goes. `outlet` is who published the article."""

    id: str
    text: str
    chain: tuple[Hop, ...] = ()
    supports: tuple[Support, ...] = ()
    outlet: str | None = None


@dataclass(frozen=True)
class Link:
    kind: RelationKind
    claim: str
    other: str


@dataclass(frozen=True)
class Origin:
    """Where one strand ends. `group` numbers the independent origins from 1."""

    claim: str
    evidence: str | None
    node: Node
    label: str
    interested: bool | None
    group: int


@dataclass(frozen=True)
class Collapse:
    """Two strands (places in `Provenance.origins`) that count as one origin, and why, in words.

    `relations` are those between sources that are part of the reason.
    """

    kind: Collapsing
    origins: tuple[int, int]
    explanation: str
    relations: tuple[SourceRelation, ...] = ()


@dataclass(frozen=True)
class Provenance:
    """The origins of a family in order of its claims, and what is left of them: `independent`."""

    origins: tuple[Origin, ...]
    independent: int
    collapses: tuple[Collapse, ...]
    cycles: tuple[tuple[Node, ...], ...]
    cycling: frozenset[str]  # the claims whose chains or evidence close a cycle
    alike: tuple[Alike, ...] = ()  # sources with an identifier in common
    shared: tuple[str, ...] = ()  # the same in words

    def groups(self) -> list[list[Origin]]:
        found: list[list[Origin]] = [[] for _ in range(self.independent)]
        for origin in self.origins:
            found[origin.group - 1].append(origin)
        return found


def quoted(text: str, longest: int = 80) -> str:
    """Put a text into quotation marks, cut where it is long."""
    return f"“{text if len(text) <= longest else text[: longest - 1].rstrip() + '…'}”"


@dataclass
class Strand:
    """A chain of attribution, or evidence that supports: the nodes that it leads along, the last its origin."""

    claim: Stated
    support: Support | None
    path: list[Node]
    hop: Hop | None = None

    @property
    def end(self) -> Node:
        return self.path[-1]


def called(node: Node, names: Mapping[str, str], strands: Sequence[Strand]) -> str:
    """Return what to call a node of these strands: a source's name, or how an unnamed one is described."""
    if node[0] == "source":
        return names.get(node[1], node[1])
    if node[0] == "unnamed":
        found = next((each for each in strands if node in each.path), None)
        hop = found.claim.chain[int(node[2])] if found else None
        if hop and hop.described_as:
            return message("someone not named ({description})", description=hop.described_as)
        return message("someone not named")
    if node[0] == "document":
        return node[1]
    return next((strand.support.label for strand in strands if strand.support and strand.end == node), node[1])


def one_document(url: str) -> str:
    return message("Both are one document: {url}.", url=url)


def sources_of(claim: Stated) -> frozenset[str]:
    """Return the sources in a claim's chain and behind the evidence that supports it."""
    named = {each for hop in claim.chain for each in (hop.source, hop.on_behalf_of)}
    named |= {each for support in claim.supports for each in (support.source, support.origin)}
    return frozenset(each for each in named if each is not None)


def strands_of(claim: Stated) -> Iterator[Strand]:
    """Yield the strands of a claim."""
    if claim.chain:
        path: list[Node] = [
            ("source", hop.source) if hop.source else ("unnamed", claim.id, str(at))
            for at, hop in enumerate(claim.chain)
        ]
        yield Strand(claim, None, path, claim.chain[-1])
    for support in sorted(claim.supports, key=lambda each: each.id):
        named = [each for each in (support.source, support.origin) if each]
        page: Node = ("document", support.url) if support.url else ("evidence", support.id)
        yield Strand(claim, support, [("source", each) for each in named] or [page])
