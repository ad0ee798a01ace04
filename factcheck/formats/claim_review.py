"""A decided claim as schema.org's ClaimReview (https://schema.org/ClaimReview), with what Google asks of one
(https://developers.google.com/search/docs/appearance/structured-data/factcheck).
"""

from typing import Any

import orjson

from factcheck.formats import losses, quotes_now, ratings
from factcheck.formats.here import Here
from factcheck.formats.losses import Loss
from factcheck.rules.media.kinds import SCHEMA_TYPES, ArticleKind
from factcheck.rules.web.occurrences import OccurrenceKind, seconds

Json = dict[str, Any]
CONTEXT = "https://schema.org"
# What can say something, in schema.org's terms: an author there is a Person or an Organization.
AGENTS = {"person": "Person", "organization": "Organization", "group": "Organization", "outlet": "Organization"}
_ONE_RATING = "a ClaimReview has one rating, the verdict"
_PLACE = "a Quotation has a text but no position"
_IN_WORDS = "the appearance says it in words, and only of the first quote that the article's newest text does not have"
_RATING = "a Rating has a word and numbers"
LOSES: losses.Table = {
    "kind": "schema.org has no kinds of claims",
    "quotes[].prefix": _PLACE,
    "quotes[].suffix": _PLACE,
    "quotes[].start": _PLACE,
    "quotes[].end": _PLACE,
    "quotes[].snapshot": _IN_WORDS,
    "quotes[].state": _IN_WORDS,
    "quotes[].current": _IN_WORDS,
    "quantity": "schema.org has no property for a claimed number; it is part of the claim's text",
    "attribution.status": _ONE_RATING,
    "attribution.reason": _ONE_RATING,
    "attribution.reviewed_by": _ONE_RATING,
    "attribution.reviewed_at": _ONE_RATING,
    "attribution.second_opinion": _ONE_RATING,
    "attribution.chain": "a claim has one author, the original source, and no steps in between",
    "attribution.origin.kind": "an author is a Person or an Organization",
    "reviewed_by": "the author of the review is the desk",
    "valid_on": "schema.org has no property for the date for which a verdict is valid",
    "rating.scale_id": _RATING,
    "rating.key": _RATING,
    "rating.language": _RATING,
    "second_opinion": "schema.org has no property for a review that was not given yet",
    "evidence[].id": "a citation has no id",
    "evidence[].stance": "a citation has no stance",
    "evidence[].source.kind": "a publisher is a Person or an Organization",
    "evidence[].origin": "a citation has a publisher but no original source",
    "evidence[].note": "a citation has no note",
    "evidence[].added_by": "the author of the review is the desk",
    "evidence[].added_at": "a citation does not say when it was added",
    "evidence[].capture": "the desk's copies of pages are for its members",
    "evidence[].unreachable": "a citation does not say whether its page answers",
    "occurrences[].id": "an appearance has no id",
    "occurrences[].capture_id": "the desk's copies of pages are for its members",
    "relations": "schema.org has no relations between claims",
    "links": "links are paths on this desk",
}
OF_THE_DESK = ("dateCreated", "dateModified", "version", "keywords")  # what readers of the public site need not know
_NOT_NAMED = "the original source is not named, and an author has a name"
_A_DOCUMENT = "the original source is a document, which cannot be an author: it is the first appearance"


def convert(claim: Json, article: Json, here: Here) -> tuple[Json, list[Loss]]:
    """Return the ClaimReview of a claim that has a verdict, and what it does not carry.

    `article` is the claim's article as the API lists it.
    """
    review: Json = {
        "@context": CONTEXT,
        "@type": "ClaimReview",
        "@id": f"{here.claim(claim['id'])}/claimreview",
        "url": here.page(claim["id"]),
        "identifier": [each for each in (claim["id"], claim["external_id"]) if each],
        "claimReviewed": claim["text"],
        "datePublished": claim["reviewed_at"],
        "dateCreated": claim["created_at"],
        "dateModified": claim["updated_at"],
        "expires": claim["review_by"],
        "version": claim["revision"],
        "keywords": claim["tags"],
        "author": {"@type": "Organization", "name": here.name, "url": here.home()},
        "reviewRating": _rating(claim),
        "itemReviewed": _claim(claim, article, here),
        "citation": [_citation(item, here) for item in claim["evidence"]],
    }
    if here.site:
        review = _for_readers(review | dict.fromkeys(OF_THE_DESK) | {"identifier": claim["id"]}, f"{here.base}/v1/")
    report = losses.of(claim, LOSES)
    chain = claim["attribution"]["chain"]
    if "rating" in claim:
        report.append(Loss("status", ratings.HOUSE_WORD))
    if chain and claim["attribution"]["origin"] is None:
        report.append(Loss("attribution.origin", _NOT_NAMED))
    elif chain and claim["attribution"]["origin"]["kind"] not in AGENTS:
        report.append(Loss("attribution.origin", _A_DOCUMENT))
    return _given(review), report


def _rating(claim: Json) -> Json:
    number, best, worst = ratings.numbers_of(claim)
    numbers = {"ratingValue": number, "bestRating": best, "worstRating": worst}
    return {
        "@type": "Rating",
        **(numbers if number is not None else {}),
        "alternateName": ratings.words_of(claim),
        "ratingExplanation": claim["reason"],
    }


def _claim(claim: Json, article: Json, here: Here) -> Json:
    """Return what was reviewed: who is answerable for it, and where it stands."""
    origin = claim["attribution"]["origin"]
    agent = _agent(origin, here)
    work = {"@type": "CreativeWork", "@id": here.source(origin["id"]), "name": origin["name"]} if origin else None
    in_article = {
        "@type": SCHEMA_TYPES[ArticleKind(article["kind"])],
        "@id": here.article(claim["article"]["id"]),
        "url": claim["article"]["url"],
        "headline": claim["article"]["title"],
        "datePublished": article["published_on"],
        "inLanguage": article["language"],
        "author": {"@type": "Person", "name": article["author"]} if article["author"] else None,
        "publisher": _agent(article["outlet"], here),
        **_altered(claim, here),
    }
    others = [_appearance(each) for each in claim.get("occurrences", ())]
    return {
        "@type": "Claim",
        "@id": here.claim(claim["id"]),
        "author": agent if claim["attribution"]["chain"] else _author(article, here),
        "datePublished": article["published_on"],
        "appearance": [in_article, *others] if others else in_article,
        "firstAppearance": work if origin and agent is None else _first(others, article["published_on"]),
        "hasPart": [{"@type": "Quotation", "text": quote["exact"]} for quote in claim["quotes"]],
    }


# schema.org's CreativeWork for each kind of occurrence. It has none for a speech, and its broadcasts are events.
_WORKS = {
    OccurrenceKind.ARTICLE: "Article",
    OccurrenceKind.SOCIAL_POST: "SocialMediaPosting",
    OccurrenceKind.SPEECH: "CreativeWork",
    OccurrenceKind.BROADCAST: "Clip",
    OccurrenceKind.VIDEO: "VideoObject",
    OccurrenceKind.IMAGE: "ImageObject",
}


def _appearance(item: Json) -> Json:
    """Return an occurrence as a work in which the claim appears: a timecode is a clip of it, by its first second."""
    work = {
        "@type": _WORKS[item["kind"]],
        "genre": item["kind"] if item["kind"] in (OccurrenceKind.SPEECH, OccurrenceKind.BROADCAST) else None,
        "url": item["url"],
        "datePublished": item["said_on"],
        "creditText": item["account"],
        "locationCreated": {"@type": "Place", "name": item["place"]} if item["place"] else None,
    }
    if item["timecode"] is None:
        return work
    start = {"startOffset": seconds(item["timecode"])}
    if item["kind"] == OccurrenceKind.BROADCAST:
        return work | start
    return work | {"hasPart": {"@type": "Clip", "url": item["url"], **start}}


def _first(appearances: list[Json], published_on: str | None) -> Json | None:
    """Return the earliest of dated appearances, unless the article was published by that day."""
    dated = [each for each in appearances if each["datePublished"]]
    first = min(dated, key=lambda each: str(each["datePublished"]), default=None)
    return first if first and (published_on is None or first["datePublished"] < published_on) else None


def _altered(claim: Json, here: Here) -> Json:
    """Return which text the review is of, if the article's newest text does not have the claim's words any more."""
    quote = next(iter(quotes_now.altered(claim)), None)
    if quote is None:
        return {}
    now = quote["current"]
    has = "no longer has these words" if now["exact"] is None else f"has other words here: “{now['exact']}”"
    return {
        "version": quote["snapshot"],
        "archivedAt": here.snapshot(claim["article"]["id"], quote["snapshot"]),
        "correction": f"The claim is quoted from text {quote['snapshot']} of this article, “{quote['exact']}”."
        f" Text {now['snapshot']} {has}. The verdict is on the words that were quoted.",
    }


def _author(article: Json, here: Here) -> Json | None:
    """Return who answers for what an article says in its own voice: whoever published it."""
    return _agent(article["outlet"], here) or (
        {"@type": "Person", "name": article["author"]} if article["author"] else None
    )


def _agent(source: Json | None, here: Here) -> Json | None:
    if source is None or source["kind"] not in AGENTS:
        return None
    return {"@type": AGENTS[source["kind"]], "@id": here.source(source["id"]), "name": source["name"]}


def _citation(item: Json, here: Here) -> Json:
    source, agent = item["source"], _agent(item["source"], here)
    work = {"@type": "CreativeWork", "@id": here.source(source["id"]), "name": source["name"]} if source else None
    return {
        "@type": "CreativeWork",
        "url": item["url"],
        "name": item["title"],
        "text": item["excerpt"],
        "archivedAt": item["archived_url"],
        "publisher": agent,
        "isPartOf": work if agent is None else None,
    }


def _for_readers(value: Any, api: str) -> Any:
    """Leave out the addresses of the API, which readers of the public site cannot open, in whatever they stand."""
    if isinstance(value, dict):
        own = {name: each for name, each in value.items() if not (isinstance(each, str) and each.startswith(api))}
        return {name: _for_readers(each, api) for name, each in own.items()}
    return [_for_readers(each, api) for each in value] if isinstance(value, list) else value


def _given(value: Any) -> Any:
    """Leave out what is not known, in whatever it stands."""
    if isinstance(value, dict):
        return {name: _given(each) for name, each in value.items() if each is not None and each != []}
    return [_given(each) for each in value] if isinstance(value, list) else value


def feed_begins(here: Here, path: str, **more: str) -> bytes:
    """Return what stands in a DataFeed before its items, which are parted by commas. It can have `more` properties."""
    head = {
        "@context": CONTEXT,
        "@type": "DataFeed",
        "@id": f"{here.base}{path}",
        "name": f"Fact checks by {here.name}",
        "publisher": {"@type": "Organization", "name": here.name, "url": here.home()},
        **more,
    }
    return orjson.dumps(head)[:-1] + b',"dataFeedElement":['


FEED_ENDS = b"]}\n"


def feed_item(review: Json) -> bytes:
    """Return a ClaimReview as an item of a DataFeed, whose context holds for it too."""
    item = {name: value for name, value in review.items() if name != "@context"}
    modified = review.get("dateModified", review["datePublished"])  # readers know only when it was decided
    return orjson.dumps({"@type": "DataFeedItem", "dateModified": modified, "item": item})
