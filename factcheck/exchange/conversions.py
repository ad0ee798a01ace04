"""A claim in other people's formats, each with what it could not carry."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.engine import Connection

from factcheck.desk import articles
from factcheck.desk.publishing import rating_scales
from factcheck.errors import Clash
from factcheck.formats import annotations, atom, claim_review, claim_table, factcheck_tools, losses, prov, ratings
from factcheck.formats.here import Here
from factcheck.formats.losses import Loss, Table
from factcheck.formats.media import media_review as media_reviews
from factcheck.messages import Message, message
from factcheck.rules.media import ratings as media_ratings
from factcheck.rules.status import VERDICTS

Json = dict[str, Any]
LD_JSON = "application/ld+json"


@dataclass(frozen=True)
class Format:
    """A format: its type, below which path of a claim it is ("" = the claim itself; None = only in lists), what it
    may lose, and how it is made of a claim's JSON and its article's.

    `listed` is the path of the lists that have it.
    """

    name: str
    title: str
    media_type: str
    path: str | None
    loses: Table
    convert: Callable[[Json, Json, Here], tuple[Any, list[Loss]]]
    profile: str | None = None
    decided_only: bool = False
    listed: str = "/v1/claims"


def _whole(claim: Json, _article: Json, _here: Here) -> tuple[Json, list[Loss]]:
    return claim, []


def _row(claim: Json, _article: Json, _here: Here) -> tuple[list[Any], list[Loss]]:
    return claim_table.row(claim), claim_table.report(claim)


def _annotation(claim: Json, _article: Json, _here: Here) -> tuple[None, list[Loss]]:
    """Report what an annotation loses. It is made where its article's snapshots are at hand: `exports.annotated`."""
    return None, losses.of(claim, annotations.LOSES)


def _entry(claim: Json, _article: Json, here: Here) -> tuple[Any, list[Loss]]:
    return atom.entry(claim, here), atom.report(claim)


JSON = Format("json", "as this desk has it", "application/json", "", {}, _whole)
CLAIM_REVIEW = Format(
    "claimreview", "a schema.org ClaimReview", LD_JSON, "claimreview", claim_review.LOSES, claim_review.convert,
    decided_only=True,
)  # fmt: skip
PROV = Format("prov", "its provenance as W3C PROV-O", LD_JSON, "prov", prov.LOSES, prov.convert, prov.PROFILE)
ANNOTATION = Format(
    "annotation", "a W3C Web Annotation", LD_JSON, "annotation", annotations.LOSES, _annotation, annotations.PROFILE
)
FACTCHECK_TOOLS = Format(
    "factchecktools", "as Google's Fact Check Tools find it", "application/json", None, factcheck_tools.LOSES,
    factcheck_tools.convert, decided_only=True, listed="/v1alpha1/claims:search",
)  # fmt: skip
ATOM = Format(
    "atom", "an entry of the feed of verdicts", atom.MEDIA_TYPE, None, atom.LOSES, _entry, decided_only=True,
    listed="/v1/feeds/verdicts",
)  # fmt: skip
NDJSON = Format("ndjson", "a line for each, as this desk has it", "application/x-ndjson", None, {}, _whole)
CSV = Format("csv", "a table with the chain in words", "text/csv", None, claim_table.LOSES, _row)
FORMATS = (JSON, CLAIM_REVIEW, PROV, ANNOTATION, FACTCHECK_TOOLS, ATOM, NDJSON, CSV)


def converted(connection: Connection, document: bytes, into: Format, here: Here) -> bytes:
    """Return a claim, given by its JSON as its reader sees it, in one of FORMATS that are JSON.

    Raises Clash for a claim without a verdict where the format is of verdicts.
    """
    claim = orjson.loads(document)
    if because := missing(claim, into):
        raise Clash(because)
    article = articles.get_many(connection, [claim["article_id"]])[claim["article_id"]]
    return orjson.dumps(into.convert(claim, article, here)[0])


def media_review(connection: Connection, document: bytes, here: Here) -> bytes | None:
    """Return the MediaReview of a claim, given by its JSON as its reader sees it. None where the claim has none.

    A claim has one if its verdict has a rating of MediaReview's scale, and its article is media that has a URL.
    """
    claim = orjson.loads(document)
    if "rating" not in claim or missing(claim, CLAIM_REVIEW):
        return None
    scales = rating_scales.of_ids(connection, [claim["rating"]["scale_id"]])
    article = articles.get_many(connection, [claim["article_id"]])[claim["article_id"]]
    urls = [scale["url"] for scale in scales.values()]
    category = media_ratings.category(article["kind"], next(iter(urls), None), claim["rating"]["key"])
    if category is None:
        return None
    review = media_reviews.convert(claim_review.convert(claim, article, here)[0], article["kind"], category)
    return None if review is None else orjson.dumps(review)


def missing(claim: Json, into: Format) -> str | None:
    """Return why a claim does not exist in a format, None where it does."""
    if not into.decided_only or claim["status"] in VERDICTS:
        return None
    status = Message(claim["status"].replace("_", " "))
    return message("The claim is {status}: a ClaimReview needs a verdict.", status=status)


def catalogue(connection: Connection, document: bytes, here: Here) -> Json:
    """Tell of each format where this claim is in it, and what of the claim it does not carry."""
    claim = orjson.loads(document)
    article = articles.get_many(connection, [claim["article_id"]])[claim["article_id"]]
    told = []
    for each in FORMATS:
        because = missing(claim, each)
        report = [] if because else each.convert(claim, article, here)[1]
        path = each.listed if each.path is None else f"/v1/claims/{claim['id']}/{each.path}".rstrip("/")
        told.append(
            {
                "name": each.name,
                "title": each.title,
                "type": f'{each.media_type}; profile="{each.profile}"' if each.profile else each.media_type,
                "href": path,
                "missing": because,
                "losses": [loss._asdict() for loss in report],
            }
        )
    return {"claim_id": claim["id"], "ratings_version": ratings.VERSION, "formats": told}
