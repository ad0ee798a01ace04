"""ClaimReviews as the world has them, each with what it means: ``python -m tests.foreign 20000 feed > feed.jsonld``."""

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
ENVELOPES = ("feed", "list", "graph", "lines")
ORGANIZATION = "https://checks.example/#organization"
PROSE = ("5th of March, last year", "Montag", "2021-02-30", "03/04/2021", "20210304", "")
LONG = "x" * 5001


@dataclass
class Meaning:
    """What must be on the desk after a record went in: `refused` is the pointer that its refusal names, if it is."""

    claim: str = ""
    refused: str | None = None
    claimants: list[str] = field(default_factory=list)
    kind: str | None = "person"
    publisher: str | None = "The Checkers"
    url: str | None = None
    rating: list[str] = field(default_factory=list)
    published: str = ""
    day: str | None = None
    appearances: list[str] = field(default_factory=list)


def record(at: int, chance: random.Random) -> tuple[Any, Meaning]:
    """Return a record with its number in it, and what it means."""
    claim = (
        f"Claim {at}: “{chance.choice(['the moon', 'a ministry', 'naïve Ω 😀'])}” did {chance.randrange(10**6)} things."
    )
    url = f"https://checks.example/{at}?a=1&b=2"
    there = f"https://posts.example/{at}"
    meaning = Meaning(claim, claimants=["Jo Doe"], url=url, appearances=[there])
    made: Json = {
        "@context": chance.choice(["https://schema.org", "http://schema.org", {"@vocab": "http://schema.org/"}]),
        "@type": chance.choice(["ClaimReview", ["ClaimReview"], "http://schema.org/ClaimReview"]),
        "url": url,
        "claimReviewed": claim,
        "author": {"@type": "Organization", "name": "The Checkers", "url": "https://checks.example/"},
        "itemReviewed": {
            "@type": "Claim",
            "author": {"@type": "Person", "name": "Jo Doe"},
            "appearance": {"@type": "CreativeWork", "url": there},
        },
    }
    _dated(made, meaning, chance)
    _rated(made, meaning, chance)
    for mess in chance.sample(MESSES, chance.randrange(3)):
        mess(made, meaning, at, chance)
    if chance.random() < 0.1:
        made = _prefixed(made, chance.choice(["schema:", "http://schema.org/", "https://schema.org/"]))
    return made, meaning


def _dated(made: Json, meaning: Meaning, chance: random.Random) -> None:
    if chance.random() < 0.3:
        made["datePublished"] = meaning.published = chance.choice(PROSE)
    else:
        meaning.day = f"20{chance.randrange(10, 25)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
        made["datePublished"] = meaning.published = meaning.day + chance.choice(["", "T10:00:00Z", "T10:00:00+02:00"])


def _rated(made: Json, meaning: Meaning, chance: random.Random) -> None:
    words = chance.choice(["False", "Mostly “true”", "Pants on Fire!", "Falsch", "Misleading — & more", "½ true"])
    numbers: Json = {}
    if chance.random() < 0.7:
        low, high = sorted(chance.sample(range(-1, 11), 2))
        if chance.random() < 0.3:  # the best below the worst: it stays as it is
            low, high = high, low
        numbers = {"ratingValue": chance.choice([low, high, 3]), "bestRating": high, "worstRating": low}
        if chance.random() < 0.4:
            numbers = {name: str(value) for name, value in numbers.items()}
    kind = chance.random()
    if kind < 0.1:
        made["reviewRating"] = words
        meaning.rating = [words]
        return
    if kind < 0.2:
        made["reviewRating"] = {"@type": "Rating", "alternateName": {"@value": words, "@language": "en"}, **numbers}
    elif kind < 0.3:
        made["reviewRating"] = [{"@type": "Rating", "alternateName": [words, words], **numbers}]
    else:
        made["reviewRating"] = {"@type": "Rating", "alternateName": words, **numbers}
    meaning.rating = [words, *(f"{name}, as given: “{value}”" for name, value in numbers.items())]


def _claimant_in_words(made: Json, meaning: Meaning, at: int, chance: random.Random) -> None:
    name = chance.choice(["Facebook posts", "Viral image", "Several ministers"])
    if isinstance(made["itemReviewed"], dict):
        made["itemReviewed"]["author"] = chance.choice([name, {"name": name}, {"@type": "Thing", "name": name}])
        meaning.claimants, meaning.kind = [name], None


def _several_claimants(made: Json, meaning: Meaning, at: int, chance: random.Random) -> None:
    if isinstance(made["itemReviewed"], dict):
        made["itemReviewed"]["author"] = [{"@type": "Person", "name": "Jo Doe"}, "Blogs", {"name": "A club"}]
        meaning.claimants, meaning.kind = ["Jo Doe", "Blogs", "A club"], None


def _no_claimant(made: Json, meaning: Meaning, at: int, chance: random.Random) -> None:
    if isinstance(made["itemReviewed"], dict):
        if chance.random() < 0.5:
            made["itemReviewed"].pop("author", None)
        else:
            made["itemReviewed"]["author"] = chance.choice([None, "", [], {"@type": "Person"}, {"name": "  "}])
        meaning.claimants, meaning.kind = [], None


def _item_in_words(made: Json, meaning: Meaning, at: int, chance: random.Random) -> None:
    made["itemReviewed"] = chance.choice(["A video", None, []])
    meaning.claimants, meaning.kind, meaning.appearances = [], None, []


def _claimant_of_a_kind(made: Json, meaning: Meaning, at: int, chance: random.Random) -> None:
    if isinstance(made["itemReviewed"], dict):
        kind, meaning.kind = chance.choice(
            [("GovernmentOrganization", "organization"), ("NewsMediaOrganization", "outlet"), ("Person", "person")]
        )
        names = ["Ministry", "The Ministry"]
        made["itemReviewed"]["author"] = {"@type": [kind], "name": names, "sameAs": "not an address"}
        meaning.claimants = ["Ministry"]


def _publisher_in_words(made: Json, meaning: Meaning, at: int, chance: random.Random) -> None:
    made["author"] = chance.choice(["Faktencheck", ["Faktencheck"], {"name": "Faktencheck"}])
    made.pop("publisher", None)
    meaning.publisher = "Faktencheck"


def _authors_and_a_publisher(made: Json, meaning: Meaning, at: int, chance: random.Random) -> None:
    made["author"] = [{"@type": "Person", "name": "Ann"}, {"@type": "Person", "name": "Bob"}]
    made["publisher"] = {"@type": "Organization", "name": "Verificadores"}
    meaning.publisher = "Verificadores"


def _publisher_elsewhere(made: Json, meaning: Meaning, at: int, chance: random.Random) -> None:
    made["author"] = {"@id": ORGANIZATION}
    made.pop("publisher", None)
    meaning.publisher = "Referred To"


def _nobody_publishes(made: Json, meaning: Meaning, at: int, chance: random.Random) -> None:
    made.pop("author")
    made.pop("publisher", None)
    made["author"] = None
    meaning.publisher = None


def _entities(made: Json, meaning: Meaning, at: int, chance: random.Random) -> None:
    if meaning.refused is None and made["claimReviewed"] == meaning.claim:
        made["claimReviewed"] = "&quot;R&amp;D&quot; &#8364;5 &eacute; &copy=1 AT&T &lt;b&gt; " + meaning.claim
        meaning.claim = '"R&D" €5 é &copy=1 AT&T <b> ' + meaning.claim
        if isinstance(made.get("url"), str):
            made["url"] = made["url"].replace("&", "&amp;")


def _bad_address(made: Json, meaning: Meaning, at: int, chance: random.Random) -> None:
    made["url"] = chance.choice([f"javascript:alert({at})", f"/relative/{at}", f"https://user:pw@x.example/{at}"])
    meaning.url = None


def _places(made: Json, meaning: Meaning, at: int, chance: random.Random) -> None:
    item = made["itemReviewed"]
    if isinstance(item, dict):
        more = [f"https://other.example/{at}/{number}" for number in range(chance.randrange(1, 5))]
        item["appearance"] = [more[0], *({"url": each} for each in more[1:]), "a printed leaflet"]
        item["firstAppearance"] = more[0]
        meaning.appearances = [*more, *([item["url"]] if "url" in item else [])]


def _old(made: Json, meaning: Meaning, at: int, chance: random.Random) -> None:
    """As it was before there was a Claim: the work in which it stood, with its author."""
    item = made["itemReviewed"]
    if isinstance(item, dict):
        item["@type"], item["url"] = "CreativeWork", f"https://posts.example/old/{at}"
        meaning.appearances.append(item["url"])


def _no_claim(made: Json, meaning: Meaning, at: int, chance: random.Random) -> None:
    made["claimReviewed"] = chance.choice([None, "", "   ", "&#32;", ["One.", "Two."], LONG, {"@type": "Thing"}])
    meaning.refused = "/claimReviewed"


MESSES = (
    _claimant_in_words, _several_claimants, _no_claimant, _item_in_words, _claimant_of_a_kind, _publisher_in_words,
    _authors_and_a_publisher, _publisher_elsewhere, _nobody_publishes, _entities, _bad_address, _places, _old,
    _no_claim,
)  # fmt: skip


def _prefixed(value: Any, prefix: str) -> Any:
    if isinstance(value, list):
        return [_prefixed(each, prefix) for each in value]
    if not isinstance(value, dict) or "@value" in value:
        return value
    return {
        key if key.startswith("@") else prefix + key: each if key == "@context" else _prefixed(each, prefix)
        for key, each in value.items()
    }


def many(count: int, seed: int = 1) -> Iterator[tuple[Any, Meaning]]:
    chance = random.Random(seed)
    for at in range(count):
        yield record(at, chance)


def written(records: Iterator[Any], envelope: str) -> Iterator[str]:
    """Yield the pieces of a file that holds records, and the organization that some refer to behind them all."""
    organization = {"@type": "NewsMediaOrganization", "@id": ORGANIZATION, "name": "Referred To"}
    if envelope == "lines":
        for each in records:
            yield json.dumps({"@graph": [each, organization]}, ensure_ascii=False) + "\n"
        return
    begins = {
        "feed": '{\n "@context": "https://schema.org",\n "@type": "DataFeed",\n "dataFeedElement": [\n',
        "list": "[\n",
        "graph": '{"@context": "https://schema.org", "@graph": [',
    }
    yield begins[envelope]
    for at, each in enumerate(records):
        item = {"@type": "DataFeedItem", "item": [each] if at % 2 else each} if envelope == "feed" else each
        yield json.dumps(item, ensure_ascii=bool(at % 3)) + ",\n"
    yield json.dumps(organization) + ("]" if envelope == "list" else "]}\n")


if __name__ == "__main__":
    for piece in written((each for each, _ in many(int(sys.argv[1]))), sys.argv[2]):
        sys.stdout.write(piece)
