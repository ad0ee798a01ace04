"""ClaimReviews of others as lines of an import: sources, an article and a claim, in the API's own shape.

What a review says of the claim becomes the claim; what it says of itself, its verdict above all, becomes a piece of
evidence of the stance `context`, under its publisher, as it was given: a date in prose, a rating whose best is below
its worst. Nothing is guessed. The article is the review itself: of the text in which the claim was made nothing is
known but what the review says the claim is, and so that is the article's text.
"""

import hashlib
import html
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

import orjson

from factcheck.errors import Flaw, Invalid
from factcheck.rules.visible import blank

Json = dict[str, Any]
Nodes = Mapping[str, Json]
TAG = "claimreview"
UNNAMED = "somebody whom the review does not name"
# As long as the API lets them be.
CLAIM, TITLE, NAME, DESCRIBED, NOTE, EXCERPT, URL, AUTHOR = 5000, 1000, 300, 500, 4000, 10_000, 2000, 500
ALIASES, SAME_AS, APPEARANCES = 100, 20, 40
REFERRED = 1000  # values in what one review refers to: a publisher and an author have some twenty each
_PREFIX = re.compile(r"(?:https?://schema\.org/|schema:)(?=[A-Za-z])")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ].*)?", re.DOTALL)
_LANGUAGE = re.compile(r"(?=.{2,35}\Z)[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_OUTLETS = {"NewsMediaOrganization", "Newspaper", "Periodical", "WebSite", "BroadcastService"}
_ORGANIZATIONS = {"Corporation", "NGO", "Project", "LocalBusiness", "PoliticalParty", "Consortium"}


class Agent(NamedTuple):
    """Somebody as a review names them. `kind` is None where it does not say what they are."""

    name: str
    kind: str | None
    aliases: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()


# ── Finding them ────────────────────────────────────────────────────────────────────────────────────────────────


def found(value: Any) -> Iterator[Json]:
    """Yield the ClaimReviews in a value, in whatever they stand: a graph, a feed, a page; not those inside of others.

    Their keys come without schema.org's prefixes. What has a claimReviewed and does not say what it is is one, too.
    """
    if isinstance(value, list):
        for each in value:
            yield from found(each)
    elif isinstance(value, dict):
        node = _plain(value)
        types = _types(node)
        if "ClaimReview" in types or (not types and "claimReviewed" in node):
            yield node
        else:
            for each in value.values():
                yield from found(each)


def nodes(value: Any) -> Iterator[tuple[str, Json]]:
    """Yield the things in a value that others may refer to by ``{"@id": …}``, with their ids."""
    if isinstance(value, list):
        for each in value:
            yield from nodes(each)
    elif isinstance(value, dict):
        node = _plain(value)
        name = node.get("@id")
        if isinstance(name, str) and len(node) > 1 and "ClaimReview" not in _types(node):
            yield name, node
        for each in value.values():
            yield from nodes(each)


def says_what_it_is(value: Any) -> bool:
    """Say whether this is an object of some type, such as stand beside reviews in a graph."""
    return isinstance(value, dict) and bool(_types(_plain(value)))


def _values(value: Any) -> Iterator[Any]:
    """Yield a value and all that is inside it."""
    yield value
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _values(each)


def _plain(node: Json) -> Json:
    plain: Json = {}
    for key, value in node.items():
        name = _PREFIX.sub("", key)
        name = {"type": "@type", "id": "@id"}.get(name, name)
        plain[name] = value if name not in plain else [*_listed(plain[name]), *_listed(value)]
    return plain


def _types(node: Json) -> list[str]:
    return [_PREFIX.sub("", each) for each in _listed(node.get("@type")) if isinstance(each, str)]


def _listed(value: Any) -> list[Any]:
    if isinstance(value, dict) and ("@list" in value or "@set" in value):
        value = value.get("@list", value.get("@set"))
    return value if isinstance(value, list) else [] if value is None else [value]


# ── Reading one ─────────────────────────────────────────────────────────────────────────────────────────────────


def texts(value: Any) -> list[str]:
    """Return what texts a value holds, each once: a text may be a number, a list, an object with a value or a name."""
    said: list[str] = []
    for each in _listed(value):
        if isinstance(each, dict):
            node = _plain(each)
            said += texts(node.get("@value", node.get("name")))
        elif isinstance(each, list):
            said += texts(each)
        elif isinstance(each, str):
            said.append(_clean(each))
        elif isinstance(each, bool):
            said.append("true" if each else "false")
        elif each is not None:
            said.append(str(each))
    return [each for each in dict.fromkeys(said) if not blank(each)]


def _clean(text: str) -> str:
    """Return a text with HTML's entities as the letters that they stand for; those with their semicolon alone."""
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text).strip()


class Review:
    """One ClaimReview, read as far as it can be. `safe` says which addresses may be links."""

    def __init__(self, node: Json, known: Nodes, safe: Callable[[str], bool]) -> None:
        self.node, self.known, self.safe = node, known, safe
        self.referred = 0  # values in what it refers to by ids
        self.claim = self._claim()
        self.items = [self._there(each) for each in _listed(node.get("itemReviewed"))]
        self.authors = self.agents(node.get("author"))
        self.publishers = self.agents(node.get("publisher"))
        self.publisher = self._publisher()
        self.address = next(iter(self.addresses(node.get("url"), node.get("mainEntityOfPage"), node.get("@id"))), None)
        told = orjson.dumps([texts(node.get("@id")), texts(node.get("url")), self.claim])
        if not texts(node.get("@id")) and not texts(node.get("url")):
            told = orjson.dumps(node, option=orjson.OPT_SORT_KEYS)
        self.name = hashlib.sha256(told).hexdigest()[:32]

    def _claim(self) -> str:
        claims = texts(self.node.get("claimReviewed"))
        if len(claims) != 1:
            told = "Is needed: the claim that was reviewed." if not claims else "Is several claims, and must be one."
            raise Invalid("The review does not say of which claim it is.", flaws=[Flaw(told, pointer="/claimReviewed")])
        return _at_most(claims[0], CLAIM, "/claimReviewed")

    def _there(self, value: Any) -> Json:
        """Return the object that stands here or is referred to; a text is the name of one."""
        if not isinstance(value, dict):
            return {"name": value}
        node = _plain(value)
        name = node.get("@id")
        if not isinstance(name, str) or name not in self.known:
            return node
        # Counted first: a reference of a few bytes may lead to a thing of a megabyte, and may stand there many times.
        self.referred += sum(1 for _ in islice(_values(self.known[name]), REFERRED + 1))
        if self.referred > REFERRED:
            raise _too_much(f"Refers, by ids, to things that hold more than {REFERRED} values.", "")
        return {**self.known[name], **node}

    def agents(self, value: Any) -> list[Agent]:
        """Return whoever is named here, each once."""
        return list(dict.fromkeys(agent for each in _listed(value) if (agent := self._agent(self._there(each)))))

    def _agent(self, node: Json) -> Agent | None:
        names = [name for key in ("name", "legalName", "alternateName") for name in texts(node.get(key))]
        urls = tuple(self.addresses(node.get("url"), node.get("sameAs"), node.get("@id")))
        if not names:
            names = [*urls, *texts(node.get("@id")), *texts(node.get("@value"))][:1]
        if not names:
            return None
        name, *aliases = dict.fromkeys(names)
        return Agent(name, _kind(_types(node)), tuple(aliases[:ALIASES]), urls[:SAME_AS])

    def _publisher(self) -> Agent | None:
        """Return under whom the review stands: its publisher, or an organization among its authors, or the first."""
        named = self.publishers or sorted(self.authors, key=lambda agent: agent.kind == "person")
        if not named:
            return None
        first = named[0]
        return first._replace(kind=first.kind or "outlet")  # who publishes is one

    def addresses(self, *values: Any) -> list[str]:
        """Return the addresses here that may be links, each once."""
        given = [text for value in values for each in _listed(value) for text in self._address(each)]
        return [each for each in dict.fromkeys(given) if len(each) <= URL and self.safe(each)]

    def _address(self, value: Any) -> list[str]:
        if not isinstance(value, dict):
            return texts(value)
        node = self._there(value)
        return [text for key in ("url", "@value", "@id", "contentUrl") for text in texts(node.get(key))]

    def appearances(self) -> list[tuple[str, str | None]]:
        """Return where the claim stands, by the review: addresses, with their titles where they have one."""
        places: dict[str, str | None] = {}
        for item in self.items:
            works = [*_listed(item.get("appearance")), *_listed(item.get("firstAppearance"))]
            if "Claim" not in _types(item):  # the work itself, as reviews of before 2019 have it
                works.append({name: value for name, value in item.items() if name in ("url", "name", "headline")})
            for work in works:
                title = next(iter(texts(work.get("headline", work.get("name")))), None) if _is(work) else None
                for address in self.addresses(work):
                    places.setdefault(address, title and _cut(title, TITLE))
        if len(places) > APPEARANCES:
            raise _too_much(f"Names more than {APPEARANCES} works.", "/itemReviewed/appearance")
        return list(places.items())


def _is(value: Any) -> bool:
    return isinstance(value, dict)


def _kind(types: list[str]) -> str | None:
    if "Person" in types:
        return "person"
    if _OUTLETS.intersection(types):
        return "outlet"
    return "organization" if any(each.endswith("Organization") or each in _ORGANIZATIONS for each in types) else None


# ── Writing lines ───────────────────────────────────────────────────────────────────────────────────────────────


def lines(node: Json, known: Nodes, safe: Callable[[str], bool]) -> list[Json]:
    """Return the lines of one review, sources first. Raises Invalid, with pointers into the review.

    `known` are the things that it may refer to by their ids. Names are made of what is said: the same review gives the
    same lines, and the same publisher the same source.
    """
    review = Review(node, known, safe)
    sources: dict[str, Json] = {}
    article: Json = {
        "type": "article",
        "external_id": f"claimreview:article:{review.name}",
        "title": _cut(f"[ClaimReview] {_headline(review) or review.claim}", TITLE),
        "text": review.claim,
        "url": review.address,
        "outlet_id": _source(review.publisher, sources, "/author") if review.publisher else None,
        "author": _joined([each.name for each in review.authors if each.kind == "person"], AUTHOR) or None,
        "published_on": _day(node.get("datePublished")),
        "language": next((each for each in texts(node.get("inLanguage")) if _LANGUAGE.fullmatch(each)), None),
    }
    claim: Json = {
        "type": "claim",
        "external_id": f"claimreview:{review.name}",
        "article_id": article["external_id"],
        "text": review.claim,
        "kind": "factual",
        "quotes": [{"exact": review.claim, "start": 0, "end": len(review.claim)}],
        "attribution": [_hop(review, sources)],
        "tags": [TAG],
        "evidence": [_evidence(review, article), *map(_appearance, review.appearances())],
    }
    return [*sources.values(), article, claim]


def _source(agent: Agent, sources: dict[str, Json], pointer: str) -> str:
    """Add a source and return its name: it is another one as soon as anything that is said of it is another."""
    name = _at_most(agent.name, NAME, pointer)
    told = orjson.dumps([agent.kind, name, agent.aliases, agent.urls])
    external_id = f"claimreview:source:{hashlib.sha256(told).hexdigest()[:32]}"
    sources[external_id] = {
        "type": "source",
        "external_id": external_id,
        "name": name,
        "kind": agent.kind,
        "aliases": [_at_most(each, NAME, pointer) for each in agent.aliases],
        "same_as": list(agent.urls),
    }
    return external_id


def _hop(review: Review, sources: dict[str, Json]) -> Json:
    """Return the one hop from the review to whoever made the claim.

    A chain has one origin: several claimants are described, all of them, and none is picked. So is one of whom the
    review does not say whether it is a person or an organization: our sources are one or the other.
    """
    claimants = list(dict.fromkeys(agent for item in review.items for agent in review.agents(item.get("author"))))
    hop: Json = {"directness": "indirect"}
    note = []
    if len(claimants) == 1 and claimants[0].kind:
        hop["source_id"] = _source(claimants[0], sources, "/itemReviewed/author")
    else:
        names = [each.name for each in claimants]
        hop["described_as"] = _at_most(_joined(names, None) or UNNAMED, DESCRIBED, "/itemReviewed/author")
        addresses = [address for each in claimants for address in each.urls]
        note += _line("Addresses of the claimants, as given", addresses)
    for item in review.items:
        note += _line("Said, as given", texts(item.get("datePublished")))
        if "Claim" not in _types(item):
            note += _line("What was reviewed, as given", texts(item.get("name")))
    return {**hop, "note": _note(note, "/itemReviewed") or None}


def _evidence(review: Review, article: Json) -> Json:
    """Return the review itself, as it speaks of itself."""
    node, note = review.node, ["What another desk decided, in its own words; nothing of it was decided here."]
    explained: list[str] = []
    for rating in map(review._there, _listed(node.get("reviewRating"))):
        words = [*texts(rating.get("alternateName")), *texts(rating.get("name")), *texts(rating.get("@value"))]
        note += _line("Rating", list(dict.fromkeys(words)))
        for name in ("ratingValue", "bestRating", "worstRating"):
            note += _line(f"{name}, as given", texts(rating.get(name)))
        explained += texts(rating.get("ratingExplanation"))
    note += _line("Published, as given", texts(node.get("datePublished")))
    note += _line("Publisher", [each.name for each in review.publishers])
    note += _line("Authors", [each.name for each in review.authors])
    if review.address is None:
        note += _line("Address, as given", [*texts(node.get("url")), *texts(node.get("@id"))])
    if article["language"] is None:
        note += _line("Language, as given", texts(node.get("inLanguage")))
    explained += [text for name in ("reviewBody", "description") for text in texts(node.get(name))]
    return {
        "stance": "context",
        "url": review.address,
        "title": _cut(_headline(review) or review.claim, TITLE),
        "source_id": article["outlet_id"],
        "excerpt": _cut("\n\n".join(dict.fromkeys(explained)), EXCERPT) or None,
        "archived_url": next(iter(review.addresses(node.get("archivedAt"))), None),
        "note": _note(note, "/reviewRating"),
    }


def _appearance(place: tuple[str, str | None]) -> Json:
    address, title = place
    return {"stance": "context", "url": address, "title": title, "note": "Where the claim stands, by the review."}


def _headline(review: Review) -> str | None:
    return next((text for name in ("headline", "name") for text in texts(review.node.get(name))), None)


def _day(value: Any) -> str | None:
    """Return the day of a date that is one beyond doubt, None for prose and for days that are none."""
    for text in texts(value)[:1]:
        if found := _DAY.fullmatch(text):
            try:
                return date.fromisoformat(found[1]).isoformat()
            except ValueError:
                return None
    return None


def _line(what: str, said: list[str]) -> list[str]:
    return [f"{what}: {'; '.join(f'“{each}”' for each in said)}."] if said else []


def _note(said: list[str], pointer: str) -> str:
    return _at_most("\n".join(said), NOTE, pointer)


def _joined(names: list[str], most: int | None) -> str:
    joined = "; ".join(names)
    return joined if most is None or len(joined) <= most else ""


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 4].rstrip()} […]"[:most]


def _at_most(text: str, most: int, pointer: str) -> str:
    if len(text) > most:
        raise _too_much(f"Is longer than {most} characters, with what it stands together with.", pointer)
    return text


def _too_much(told: str, pointer: str) -> Invalid:
    return Invalid("The review says more than this desk has room for.", flaws=[Flaw(told, pointer=pointer)])
