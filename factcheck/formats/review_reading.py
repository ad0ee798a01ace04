"""Read a ClaimReview of another desk: its claim, who reviewed it, who made it, and what tells it from others."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import orjson

from factcheck.errors import Flaw, Invalid
from factcheck.formats.linked_data import CLAIM_TEXT, TOO_MUCH, Node, Nodes, Reading, listed
from factcheck.messages import Message, message

Json = dict[str, Any]
# As long as the API lets them be.
CLAIM, TITLE, NAME, DESCRIBED, NOTE, EXCERPT, URL, AUTHOR = 5000, 1000, 300, 500, 4000, 10_000, 2000, 500
ALIASES, SAME_AS, APPEARANCES, EVIDENCE = 100, 20, 40, 50
_OUTLETS = {"NewsMediaOrganization", "Newspaper", "Periodical", "WebSite", "BroadcastService"}
_ORGANIZATIONS = {"Corporation", "NGO", "Project", "LocalBusiness", "PoliticalParty", "Consortium"}
_OURS = {"person": "Person", "organization": "Organization", "outlet": "NewsMediaOrganization"}


class Agent(NamedTuple):
    """Somebody as a review names them. `kind` is None where it does not say what they are."""

    name: str
    kind: str | None
    aliases: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()


class Review:
    """One ClaimReview, read as far as it can be. `safe` says which addresses may be links."""

    def __init__(self, node: Json, known: Nodes, safe: Callable[[str], bool]) -> None:
        self.reading, self.safe = Reading(node, known), safe
        self.node = self.reading.root
        given = self.node.get("claimReviewed")
        self.items = self._items(given)
        self.claim = self._claim(given)
        self.authors = self.agents(self.node.get("author"), "/author")
        self.publishers = self.agents(self.node.get("publisher"), "/publisher")
        self.claimants = self._made_by()
        self.publisher = self._publisher()
        self.address = self._own_address()
        self.name, self.page, self.former = self._names()

    def _items(self, given: Any) -> list[Node]:
        """Return what was reviewed, as far as it says by whom a claim was made, and where it stands."""
        claimed = [self.reading.node(each) for each in listed(given) if isinstance(each, dict) and "@value" not in each]
        return [*self.reading.objects(self.node.get("itemReviewed")), *claimed]

    def _made_by(self) -> list[Agent]:
        """Return who made the claim."""
        made = [self.agents(item.get("author"), "/itemReviewed/author") for item in self.items]
        return list(dict.fromkeys(agent for agents in made for agent in agents))

    def verdict(self) -> tuple[list[str], list[str]]:
        """Return what a review says of its verdict beside its rating: lines of a note, and what explains it."""
        return [], []

    def _claim(self, given: Any) -> str:
        claims = self.reading.texts(given, CLAIM_TEXT)
        if not claims:  # some say what was claimed where they say what was reviewed
            claims = [text for item in self.items if "Claim" in item.types() for text in self.texts(item.get("text"))]
        if len(claims) != 1:
            told = message("Is several claims, and must be one.")
            if not claims:
                told = message("Is needed: the claim that was reviewed.")
            flaw = Flaw(told, pointer="/claimReviewed")
            raise Invalid(message("The review does not say of which claim it is."), flaws=[flaw])
        return at_most(claims[0], CLAIM, "/claimReviewed")

    def _names(self) -> tuple[str, str, str]:
        """Return the names of the claim and of the article, what tells this review from all others, and the one that
        both had before 1.0.

        One page has several reviews, of one claim too: by another reviewer, or of what another person said.
        """
        ids, urls = self.texts(self.node.get("@id")), self.texts(self.node.get("url"))
        told: Any = [ids, urls, self.claim] if ids or urls else self.reading.document
        reviewers = sorted({agent.name for agent in (*self.authors, *self.publishers)})
        claimants = sorted({agent.name for agent in self.claimants})
        return digest([told, reviewers, claimants]), digest([told, reviewers]), digest(told)

    def texts(self, value: Any) -> list[str]:
        return self.reading.texts(value)

    def agents(self, value: Any, pointer: str) -> list[Agent]:
        """Return whoever is named here, each once."""
        return list(
            dict.fromkeys(agent for node in self.reading.objects(value) if (agent := self._agent(node, pointer)))
        )

    def _agent(self, node: Node, pointer: str) -> Agent | None:
        names = [name for key in ("name", "legalName", "alternateName") for name in self.texts(node.get(key))]
        urls = self.addresses(pointer, node.get("url"), node.get("sameAs"), node.get("@id"))
        if not names:
            names = [*urls, *self.texts(node.get("@id")), *self.texts(node.get("@value"))][:1]
        if not names:
            return None
        name, *aliases = dict.fromkeys(names)
        if (count := len(aliases)) > ALIASES:
            told = message("Has {count} other names. {most} are imported.", count=count, most=ALIASES)
            self.reading.tell(told, pointer)
        if (count := len(urls)) > SAME_AS:
            told = message("Has {count} addresses. {most} are imported.", count=count, most=SAME_AS)
            self.reading.tell(told, pointer)
        found = kind_of(node.types())
        if found and (other := [each for each in node.types() if each not in _OURS.values()]):
            told = message("The type {type} is imported as the kind {kind}.", type=other[0], kind=Message(found))
            self.reading.tell(told, f"{pointer}/@type")
        return Agent(name, found, tuple(aliases[:ALIASES]), tuple(urls[:SAME_AS]))

    def _publisher(self) -> Agent | None:
        """Return under whom the review stands: its publisher, or an organization among its authors, or the first."""
        named = self.publishers or sorted(self.authors, key=lambda agent: agent.kind == "person")
        if not named:
            return None
        first = named[0]
        return first._replace(kind=first.kind or "outlet")  # who publishes is one

    def _own_address(self) -> str | None:
        """Return the first address of the review that may be a link; `@id` may be anything."""
        given = [self.node.get(name) for name in ("url", "mainEntityOfPage")]
        found = self.addresses("/url", *given)
        return self.reading.one(found, "/url") or next(iter(self.links(self.node.get("@id"))), None)

    def addresses(self, pointer: str, *values: Any) -> list[str]:
        """Return the addresses here that may be links, each once, and tell of those that may not."""
        links = self.links(*values)
        good = set(links)
        for text in dict.fromkeys(text for value in values for text in self._addresses(value)):
            if text not in good and pointer != "/url":  # its own stands in the note as it was given
                told = message("“{text}” is not a URL that can be a link, and is not imported.", text=text[:200])
                self.reading.tell(told, pointer)
        return links

    def links(self, *values: Any) -> list[str]:
        given = [text for value in values for text in self._addresses(value)]
        return [each for each in dict.fromkeys(given) if len(each) <= URL and self.safe(each)]

    def _addresses(self, value: Any) -> Iterator[str]:
        for each in listed(value):
            if isinstance(each, dict):
                node = self.reading.node(each)
                for key in ("url", "@value", "@id", "contentUrl"):
                    yield from self.texts(node.get(key))
            else:
                yield from self.texts(each)


def kind_of(kinds: list[str]) -> str | None:
    """Return the kind of source that schema.org's types say somebody is, None where they say neither."""
    if "Person" in kinds:
        return "person"
    if _OUTLETS.intersection(kinds):
        return "outlet"
    return "organization" if any(each.endswith("Organization") or each in _ORGANIZATIONS for each in kinds) else None


# ── Words for what it says ──────────────────────────────────────────────────────────────────────────────────────


def source(agent: Agent, sources: dict[str, Json], pointer: str) -> str:
    """Add a source and return its name: it is another one as soon as anything that is said of it is another."""
    name = at_most(agent.name, NAME, pointer)
    external_id = f"claimreview:source:{digest([agent.kind, name, agent.aliases, agent.urls])}"
    sources[external_id] = {
        "type": "source",
        "external_id": external_id,
        "name": name,
        "kind": agent.kind,
        "aliases": [at_most(each, NAME, pointer) for each in agent.aliases],
        "same_as": list(agent.urls),
    }
    return external_id


def headline(review: Review) -> str | None:
    titles = [text for name in ("headline", "name") for text in review.texts(review.node.get(name))]
    return review.reading.one(list(dict.fromkeys(titles)), "/headline")


def said(what: str, values: list[str]) -> list[str]:
    """Return the line of a note that says what was given, none where nothing was."""
    return [f"{what}: {'; '.join(f'“{each}”' for each in values)}."] if values else []


def noted(lines_: list[str], pointer: str) -> str:
    return at_most("\n".join(lines_), NOTE, pointer)


def digest(told: Any) -> str:
    return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def at_most(text: str, most: int, pointer: str) -> str:
    if len(text) > most:
        told = message("Is longer than {most} characters, together with the rest of its field.", most=most)
        raise too_much(told, pointer)
    return text


def too_much(told: str, pointer: str) -> Invalid:
    return Invalid(TOO_MUCH, flaws=[Flaw(told, pointer=pointer)])
