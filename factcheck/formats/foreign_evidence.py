"""The evidence that a ClaimReview of another desk makes: itself, where the claim stands, and what it cites."""

from collections.abc import Iterator, Sequence
from typing import Any

from factcheck.formats.linked_data import Node, placed
from factcheck.formats.review_reading import (
    APPEARANCES,
    EVIDENCE,
    EXCERPT,
    NAME,
    NOTE,
    TITLE,
    Agent,
    Review,
    headline,
    noted,
    said,
    source,
    too_much,
)
from factcheck.messages import message

Json = dict[str, Any]
CITED = ("citation", "isBasedOn", "isBasedOnUrl", "originalMediaLink")
_EXPLAINED = ("reviewBody", "description")
_WHO = {"publisher": "Publisher", "author": "Author", "provider": "Provider"}


def pieces(
    review: Review, publisher: str | None, sources: dict[str, Json], places: Sequence[Json] = (), *, told: bool = False
) -> list[Json]:
    """Return the evidence of a review, all of it context, and add the sources that it names.

    `publisher` is the source that published it, `places` are pieces about what was reviewed. Its language is `told`
    where its article has it.
    """
    made = [_itself(review, publisher, told=told), *_appearances(review, places)]
    return made + _cited(review, sources, EVIDENCE - len(made))


def _itself(review: Review, publisher: str | None, *, told: bool) -> Json:
    """Return the review, as it speaks of itself."""
    node, note = review.node, ["What another desk decided, in its own words; nothing of it was decided here."]
    explained: list[str] = []
    for rating in review.reading.objects(node.get("reviewRating")):
        words = [text for name in ("alternateName", "name", "@value") for text in review.texts(rating.get(name))]
        note += said("Rating", list(dict.fromkeys(words)))
        for name in ("ratingValue", "bestRating", "worstRating"):
            note += said(f"{name}, as given", review.texts(rating.get(name)))
        explained += review.texts(rating.get("ratingExplanation"))
    noted_more, explained_more = review.verdict()
    note += noted_more
    explained += explained_more
    note += said("Published, as given", review.texts(node.get("datePublished")))
    note += said("Publisher", [each.name for each in review.publishers])
    note += said("Authors", [each.name for each in review.authors])
    others = [
        each
        for each in (*review.authors, *review.publishers)
        if review.publisher and each.name != review.publisher.name
    ]
    note += said("Their URLs, as given", [address for each in others for address in each.urls])
    note += said("Their other names", [alias for each in others for alias in each.aliases])
    if review.address is None:
        note += said("URL, as given", [*review.texts(node.get("url")), *review.texts(node.get("@id"))])
    languages = review.texts(node.get("inLanguage"))
    if not told or len(languages) > 1:
        note += said("Language, as given", languages)
    explained += [text for name in _EXPLAINED for text in review.texts(node.get(name))]
    longest = next((name for name in _EXPLAINED if name in node), "reviewRating/ratingExplanation")
    archived = review.addresses("/archivedAt", node.get("archivedAt"))
    return {
        "stance": "context",
        "url": review.address,
        "title": review.reading.cut(headline(review) or review.claim, TITLE, "/headline"),
        "source_id": publisher,
        "excerpt": review.reading.cut("\n\n".join(dict.fromkeys(explained)), EXCERPT, f"/{longest}") or None,
        "archived_url": review.reading.one(archived, "/archivedAt"),
        "note": noted(note, "/reviewRating"),
    }


def _appearances(review: Review, places: Sequence[Json]) -> list[Json]:
    """Return where the claim stands, by the review: each address once, those of `places` first."""
    made: dict[str, Json] = {}
    for piece in places:
        made.setdefault(piece["url"] or str(piece), piece)
    for item in review.items:
        for name in ("appearance", "firstAppearance"):
            for work, pointer in placed(item.get(name), f"/itemReviewed/{name}"):
                for piece in _work(review, work, pointer):
                    made.setdefault(piece["url"] or piece["title"], piece)
        if "Claim" not in item.types():  # the work itself, as reviews of before 2019 have it
            for address in review.addresses("/itemReviewed/url", item.get("url")):
                titles = [text for name in ("headline", "name") for text in review.texts(item.get(name))]
                made.setdefault(address, _place(review, address, titles, [], "/itemReviewed/name"))
    if len(made) > APPEARANCES:
        raise too_much(message("Names more than {most} works.", most=APPEARANCES), "/itemReviewed/appearance")
    return list(made.values())


def _work(review: Review, work: Any, pointer: str) -> Iterator[Json]:
    if not isinstance(work, dict):
        for address in review.addresses(pointer, work):
            yield _place(review, address, [], [], pointer)
        return
    node = review.reading.node(work)
    titles = [text for name in ("headline", "name") for text in review.texts(node.get(name))]
    note = _published(review, node, pointer)
    note += said("Version, as given", review.texts(node.get("version")))
    note += said("Correction, as given", review.texts(node.get("correction")))
    kept = f"{pointer}/archivedAt"
    archived = review.reading.one(review.addresses(kept, node.get("archivedAt")), kept)
    addresses: list[str | None] = [*review.addresses(pointer, work)]
    for each in addresses or [None] * bool(titles):
        yield _place(review, each, titles, note, pointer) | {"archived_url": archived}


def _place(review: Review, address: str | None, titles: list[str], note: list[str], pointer: str) -> Json:
    title = review.reading.one(list(dict.fromkeys(titles)), pointer)
    return {
        "stance": "context",
        "url": address,
        "title": title and review.reading.cut(title, TITLE, pointer),
        "note": review.reading.cut(
            "\n".join(["Where the claim appears, according to the review.", *note]), NOTE, pointer
        ),
    }


def _cited(review: Review, sources: dict[str, Json], most: int) -> list[Json]:
    """Return what the review cites: an address, a text, or a work with a title, a publisher and words.

    Of more than `most` the first ones; the others are told, and not read.
    """
    cited = [each for name in CITED for each in placed(review.node.get(name), f"/{name}")]
    made: dict[str, Json] = {}
    for at, (each, pointer) in enumerate(cited):
        if len(made) == most:
            told = message(
                "{count} of what it cites are not imported: a claim is imported with {most} pieces.",
                count=len(cited) - at,
                most=EVIDENCE,
            )
            review.reading.tell(told, "/citation")
            break
        piece = _citation(review, each, sources, pointer)
        if piece["url"] or piece["title"] or piece["excerpt"]:
            made.setdefault(str(piece), piece)
        else:
            told = message("Is not imported: it says neither where it is nor what it says.")
            review.reading.tell(told, pointer)
    return list(made.values())


def _citation(review: Review, given: Any, sources: dict[str, Json], pointer: str) -> Json:
    piece: Json = {"stance": "context", "note": "Cited by the review."}
    if not isinstance(given, dict):
        texts = review.texts(given)
        links = review.links(given)
        title = "; ".join(text for text in texts if text not in links)
        return piece | {
            "url": review.reading.one(links, pointer),
            "title": review.reading.cut(title, TITLE, pointer) or None,
            "excerpt": None,
        }
    node = review.reading.node(given)
    titles = [text for name in ("headline", "name") for text in review.texts(node.get(name))]
    words = [text for name in ("text", "description", "abstract") for text in review.texts(node.get(name))]
    archived = review.addresses(f"{pointer}/archivedAt", node.get("archivedAt"))
    name = review.reading.one(list(dict.fromkeys(titles)), f"{pointer}/name")
    publishers = [agent for name in _WHO for agent in review.agents(node.get(name), f"{pointer}/{name}")]
    source_id = _source(review, node, publishers, sources, pointer)
    note = [piece["note"], *_published(review, node, pointer, skipping=source_id is not None and len(publishers) < 2)]
    return piece | {
        "url": review.reading.one(_addresses(review, given, node, pointer), pointer),
        "title": name and review.reading.cut(name, TITLE, f"{pointer}/name"),
        "source_id": source_id,
        "excerpt": review.reading.cut("\n\n".join(dict.fromkeys(words)), EXCERPT, f"{pointer}/text") or None,
        "archived_url": review.reading.one(archived, f"{pointer}/archivedAt"),
        "note": review.reading.cut("\n".join(note), NOTE, pointer),
    }


def _addresses(review: Review, given: Json, node: Node, pointer: str) -> list[str]:
    """Return where a work is: by its `url`, or else by its `@id`, which need not be an address."""
    return review.addresses(pointer, node.get("url"), node.get("@value"), node.get("contentUrl")) or review.links(given)


def _source(review: Review, node: Node, publishers: list[Agent], sources: dict[str, Json], pointer: str) -> str | None:
    """Return the source of a work: the first person or organization that there is room for, or what it is part of."""
    for agent in publishers:
        if agent.kind and all(len(name) <= NAME for name in (agent.name, *agent.aliases)):
            return source(agent, sources, f"{pointer}/publisher")
    if publishers:
        return None
    for work in review.agents(node.get("isPartOf"), f"{pointer}/isPartOf"):
        if len(work.name) <= NAME and not work.aliases:
            return source(work._replace(kind="document"), sources, f"{pointer}/isPartOf")
    return None


def _published(review: Review, node: Node, pointer: str, *, skipping: bool = False) -> list[str]:
    """Return by whom and when a work was published, as it was given."""
    note = []
    for name, what in _WHO.items():
        agents = review.agents(node.get(name), f"{pointer}/{name}")
        note += [] if skipping else said(what, [agent.name for agent in agents])
    note += said("Published, as given", review.texts(node.get("datePublished")))
    return note + said("Language, as given", review.texts(node.get("inLanguage")))
