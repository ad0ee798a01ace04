"""Where a claim comes from: its origins, and how many of them are independent of one another.

A family is a claim with all claims that restate it or share its origin. Each chain of attribution in the family, and
each active piece of evidence that supports one of its claims, is a strand that leads to an origin. The article's own
voice is nobody: it gives no strand. Strands that lead back to the same place are one origin, and every collapse says
why:

- chains and evidence say who rests on whom: an origin that is itself shown to rest on another is not one of its own;
  those who rest on each other in a circle are one together;
- the same source, a source joined with it or that has an identifier in common, one that speaks on its behalf or that
  depends on it by a relation that holds on the claim's day, the same document;
- near-identical excerpts; origins without a name; claims marked as restating another or as having its origin.

Adding a relay, a copy, or a restatement of a claim that has an origin never raises the count, and the order of what is
given changes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from factcheck.messages import message
from factcheck.rules.graphs import Union, circles, hosts, onward, sizes
from factcheck.rules.identity.alike import Alike
from factcheck.rules.identity.bonds import Bonds, bonds, why
from factcheck.rules.identity.relations import SourceRelation
from factcheck.rules.origins import (
    Collapse,
    Collapsing,
    Link,
    Node,
    Origin,
    Provenance,
    Stated,
    Strand,
    called,
    one_document,
    quoted,
    strands_of,
)
from factcheck.rules.sources import RelationKind
from factcheck.rules.text.similarity import copies


def trace(
    family: Iterable[Stated],
    links: Iterable[Link],
    names: Mapping[str, str],
    alike: Sequence[Alike] = (),
    relations: Sequence[SourceRelation] = (),
) -> Provenance:
    """Count the independent origins of a family.

    `links` are the relations of the kinds in FAMILY between its claims; `names` gives each source's name; `alike` are
    its sources with an identifier in common, `relations` those between sources that count for its claims.
    Linear in the hops, but for excerpts that share words.
    """
    ordered = sorted(links, key=lambda link: (link.kind, link.claim, link.other))
    claims = sorted(family, key=lambda claim: claim.id)
    return _Tracing(claims, ordered, names, alike, bonds(claims, alike, relations, names)).result()


@dataclass
class _Tracing:
    """The work of `trace`. Nodes become numbers, those that act for one another one number; then graphs of numbers."""

    family: Sequence[Stated]
    links: Sequence[Link]
    names: Mapping[str, str]
    alike: Sequence[Alike]
    bonds: Bonds
    strands: list[Strand] = field(default_factory=list)
    numbers: dict[Node, int] = field(default_factory=dict)
    collapses: list[Collapse] = field(default_factory=list)

    def result(self) -> Provenance:
        self.strands = [strand for claim in self.family for strand in strands_of(claim)]
        actors = self._actors()
        edges = self._edges(actors)
        part = circles(edges)
        self._onward = onward(edges, part)
        self._hosts = hosts(self._onward)
        self._joined = Union(len(part))
        self._ends = ends = [part[actors.find(self.numbers[strand.end])] for strand in self.strands]
        self._heads = self._same_ends(actors)
        self._led_on()
        self._one_text()
        self._unnamed()
        self._related()
        roots = [self._joined.find(self._hosts[end]) for end in ends]
        number = {root: at for at, root in enumerate(dict.fromkeys(roots), 1)}
        origins = tuple(
            Origin(
                strand.claim.id,
                strand.support.id if strand.support else None,
                strand.end,
                self.label(strand.end, strand),
                strand.hop.interested if strand.hop else None,
                number[root],
            )
            for strand, root in zip(self.strands, roots, strict=True)
        )
        cycles, cycling = self._cycles(actors, part)
        shared = tuple(each.told(self.names) for each in self.alike)
        return Provenance(origins, len(number), tuple(self.collapses), cycles, cycling, tuple(self.alike), shared)

    # --- the graph

    def _number(self, node: Node) -> int:
        return self.numbers.setdefault(node, len(self.numbers))

    def _actors(self) -> Union:
        for strand in self.strands:
            for node in strand.path:
                self._number(node)
        pairs = [[self._number(("source", source)) for source in pair] for pair in self.bonds.pairs]
        actors = Union(len(self.numbers))
        for pair in pairs:
            actors.join(*pair)
        return actors

    def _edges(self, actors: Union) -> list[list[int]]:
        """Return, for each actor's number, the numbers of those that it rests on."""
        edges: list[list[int]] = [[] for _ in self.numbers]
        for strand in self.strands:
            for a, b in self._steps_of(strand, actors):
                edges[a].append(b)
        return edges

    def _steps_of(self, strand: Strand, actors: Union) -> Iterator[tuple[int, int]]:
        path = [actors.find(self.numbers[node]) for node in strand.path]
        if strand.support is None and (outlet := strand.claim.outlet):
            number = self.numbers.get(("source", outlet))
            path = [actors.find(number), *path] if number is not None else path
        for a, b in pairwise(path):
            if a != b:
                yield a, b

    def _cycles(self, actors: Union, part: list[int]) -> tuple[tuple[tuple[Node, ...], ...], frozenset[str]]:
        size = sizes(part)
        nodes: dict[int, list[Node]] = {}
        for node, number in self.numbers.items():
            if size[part[actors.find(number)]] > 1:
                nodes.setdefault(part[actors.find(number)], []).append(node)
        if not nodes:
            return (), frozenset()
        closing = {
            strand.claim.id
            for strand in self.strands
            if any(part[a] == part[b] for a, b in self._steps_of(strand, actors))
        }
        return tuple(sorted(tuple(sorted(group)) for group in nodes.values())), frozenset(closing)

    # --- collapses

    def _collapse(
        self, kind: Collapsing, a: int, b: int, explanation: str, relations: tuple[SourceRelation, ...] = ()
    ) -> None:
        self.collapses.append(Collapse(kind, (min(a, b), max(a, b)), explanation, relations))

    def _same_ends(self, actors: Union) -> dict[int, int]:
        """Join the strands that end at one place, and return the first strand of each place."""
        first: dict[int, int] = {}
        by_node: dict[Node, int] = {}
        for at, strand in enumerate(self.strands):
            head = first.setdefault(self._ends[at], at)
            if strand.end in by_node:
                self._same_node(by_node[strand.end], at)
            elif head != at:
                other = self.strands[head].end
                if actors.find(self.numbers[other]) == actors.find(self.numbers[strand.end]):
                    self._one_actor(other, strand.end, (head, at))
                else:
                    told = message(
                        "{one} and {other} cite each other in a circle.",
                        one=self.label(other),
                        other=self.label(strand.end),
                    )
                    self._collapse(Collapsing.CIRCULAR, head, at, told)
            by_node.setdefault(strand.end, at)
        return first

    def _same_node(self, a: int, b: int) -> None:
        one, two = self.strands[a], self.strands[b]
        entered = {strand.hop.entered or strand.hop.source for strand in (one, two) if strand.hop}
        named = {"one": self.title(one), "other": self.title(two), "source": self.label(one.end)}
        if one.end[0] == "document":
            self._collapse(Collapsing.SAME_DOCUMENT, a, b, one_document(one.end[1]))
        elif len(entered) > 1:
            told = message(
                "{one} and {other} lead back to one source: {source}, with which the other one named is joined.",
                **named,
            )
            self._collapse(Collapsing.MERGED_SOURCE, a, b, told)
        else:
            told = message("{one} and {other} lead back to one source: {source}.", **named)
            self._collapse(Collapsing.SAME_SOURCE, a, b, told)

    def _one_actor(self, one: Node, two: Node, at: tuple[int, int]) -> None:
        for each in self.alike:
            if {one[1], two[1]} <= each.sources:
                told = Alike(each.identifier, frozenset((one[1], two[1]))).told(self.names)
                self._collapse(Collapsing.SAME_IDENTIFIER, *at, told)
                return
        chain = self.bonds.between(one[1], two[1])
        kind, told = why(chain)
        self._collapse(kind, *at, told, tuple(bond.relation for bond in chain if bond.relation))

    def _led_on(self) -> None:
        """Join an origin that others show to rest on another with that one."""
        for end, head in self._heads.items():
            if self._hosts[end] != end:
                self._leads_on(head, self._hosts[end])

    def _leads_on(self, at: int, place: int) -> None:
        deeper = self.strands[self._heads[place]]
        told = message(
            "{one} goes back to {other}.", one=self.label(self.strands[at].end), other=self.label(deeper.end, deeper)
        )
        self._collapse(Collapsing.LEADS_ON, self._heads[place], at, told)

    def _join(self, kind: Collapsing, a: int, b: int, explanation: str) -> None:
        """Join all that two strands lead to, and keep the reason if that brought anything together."""
        if self._joined.join(self._settled(a), self._settled(b)):
            self._collapse(kind, a, b, explanation)

    def _settled(self, at: int) -> int:
        """Join the last places that a strand leads to, and return one of them.

        They are joined for good and the way there is cut short, so that each place is walked over once.
        """
        first = self._hosts[self._ends[at]]
        waiting = [self._ends[at]]
        while waiting:
            place = waiting.pop()
            if following := self._onward[place]:
                self._onward[place] = [self._hosts[place]]
                waiting.extend(following)
            elif self._joined.join(first, place):
                self._leads_on(at, place)
        return first

    def _one_text(self) -> None:
        places = [at for at, strand in enumerate(self.strands) if strand.support]
        pages: dict[str, int] = {}
        for at in places:
            support = self.strands[at].support
            assert support is not None
            if support.url and (first := pages.setdefault(support.url, at)) != at:
                self._join(Collapsing.SAME_DOCUMENT, first, at, one_document(support.url))
        excerpts = [support.excerpt for at in places if (support := self.strands[at].support)]
        for a, b, share in copies(excerpts):
            one, two, percent = places[a], places[b], f"{share:.0%}"
            told = message(
                "The excerpts of {one} and {other} are the same words to {share}: one text on several sites.",
                one=self.title(self.strands[one]),
                other=self.title(self.strands[two]),
                share=percent,
            )
            self._join(Collapsing.COPY, one, two, told)

    def _unnamed(self) -> None:
        unnamed = [at for at, strand in enumerate(self.strands) if strand.end[0] == "unnamed"]
        for at in unnamed[1:]:
            told = message("Neither of the two is named, so nothing shows that they are two.")
            self._join(Collapsing.UNNAMED, unnamed[0], at, told)

    def _related(self) -> None:
        """Join the chains of claims that say one thing, also where one in the article's own voice stands between."""
        place = {claim.id: at for at, claim in enumerate(self.family)}
        texts = {claim.id: claim.text for claim in self.family}
        chains = {strand.claim.id: at for at, strand in enumerate(self.strands) if strand.support is None}
        claims = Union(len(self.family))
        speaker = {place[claim]: at for claim, at in chains.items()}
        for link in self.links:
            if link.claim not in place or link.other not in place:
                continue
            a, b = claims.find(place[link.claim]), claims.find(place[link.other])
            if not claims.join(a, b):
                continue
            one, two = speaker.get(a), speaker.get(b)
            if one is not None and two is not None:
                words = {"one": quoted(texts[link.claim]), "other": quoted(texts[link.other])}
                if link.kind is RelationKind.RESTATES:
                    told = message("{one} restates {other}: one statement, said again.", **words)
                    self._join(Collapsing.RESTATES, one, two, told)
                else:
                    told = message("{one} and {other} are marked as having the same original source.", **words)
                    self._join(Collapsing.SAME_ORIGIN_AS, one, two, told)
            if (speaks := one if one is not None else two) is not None:
                speaker[claims.find(a)] = speaks

    # --- words

    def label(self, node: Node, strand: Strand | None = None) -> str:
        return called(node, self.names, [strand] if strand else self.strands)

    def title(self, strand: Strand) -> str:
        return quoted(strand.support.label if strand.support else strand.claim.text)
