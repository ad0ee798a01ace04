"""MediaReview: the desk's own on pages, with a rating of its scale, and those of others, imported."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factcheck.desk.publishing import ready_scales
from factcheck.errors import Flaw, Invalid
from factcheck.formats.media import foreign_media_reviews
from factcheck.rules.media import ratings
from factcheck.schemas.base import safe_url
from factcheck.schemas.imports import Refused, record
from tests.desk import Desk
from tests.forms import Visitor
from tests.redacting import rebuilt_faults
from tests.reporting import published, report_on
from tests.test_foreign_reviews import CLEAN, JSON, claims, sent, told
from tests.test_site import Links, text_of

Json = dict[str, Any]
SCALE = ready_scales.scales()["media-review"]
WHY = "The film is of a rally of 2019, in another city."
THERE = "https://posts.example/1"
PIECE = {"stance": "refutes", "title": "The whole film", "url": "https://films.example/1"}
FOREIGN: Json = {
    "@context": "https://schema.org",
    "@type": "MediaReview",
    "url": "https://checks.example/m/1",
    "datePublished": "2023-05-26",
    "headline": "No, the flag was changed",
    "author": {"@type": "Organization", "name": "The Checkers", "url": "https://checks.example/"},
    "mediaAuthenticityCategory": ["TransformedContent"],
    "originalMediaContextDescription": "The photograph is of a parade of 2019.",
    "originalMediaLink": "https://archive.example/2019/parade.html",
    "itemReviewed": {
        "@type": "MediaReviewItem",
        "creator": {"@type": "Person", "name": "Jo Doe", "url": "https://posts.example/jo"},
        "interpretedAsClaim": {"@type": "Claim", "text": "He carried another flag."},
        "mediaItemAppearance": [
            {
                "@type": "ImageObjectSnapshot", "contentUrl": "https://posts.example/1.jpg", "caption": "Look at this!",
                "archivedAt": "https://archive.example/1", "sha256": "5eed",
            },
        ],
    },
}  # fmt: skip


@pytest.fixture
def scale(desk: Desk) -> str:
    made: str = desk.made("/v1/rating-scales", SCALE, by="admin")["id"]
    return made


def status_of(key: str) -> str:
    return next(str(each["status"]) for each in SCALE["ratings"] if each["key"] == key)


def rated(desk: Desk, scale: str, key: str, **article: Any) -> str:
    """Add a claim about an article, give it a verdict with a rating, publish it, and return its id."""
    about = {"kind": "video", "url": THERE, **article}
    claim: str = desk.claim(article_id=desk.article(**about)["id"])["id"]
    rating = {"scale_id": scale, "key": key}
    evidence = [PIECE | {"stance": "supports"}, PIECE]
    done = desk.review(claim, status=status_of(key), reason=WHY, evidence=evidence, rating=rating)
    assert done.status_code == 201, done.json
    published(desk, report_on(desk, claim))
    return claim


def blocks(desk: Desk, path: str, name: str) -> list[Json]:
    return [each for each in Links(text_of(desk, path)).blocks if each["@type"] == name]


# ── Ours ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_ready_scale_has_the_values_of_schema_org() -> None:
    assert [each["key"] for each in SCALE["ratings"]] == sorted(ratings.CATEGORIES, key=list(CATEGORIES).index)
    assert SCALE["url"] == ratings.URL
    assert {each["key"]: each["status"] for each in SCALE["ratings"]} == {
        key: row[1] for key, row in CATEGORIES.items()
    }
    assert {key: row[0] for key, row in CATEGORIES.items()} == ratings.CATEGORIES
    assert all(set(each["labels"]) == {"en", "fr", "es", "pt", "ar"} for each in SCALE["ratings"])


CATEGORIES = {
    "original_content": ("OriginalMediaContent", "verified"),
    "decontextualized_content": ("DecontextualizedContent", "disputed"),
    "edited_or_cropped_content": ("EditedOrCroppedContent", "disputed"),
    "transformed_content": ("TransformedContent", "refuted"),
    "staged_content": ("StagedContent", "refuted"),
    "satire_or_parody_content": ("SatireOrParodyContent", "unverifiable"),
}


@pytest.mark.parametrize("key", CATEGORIES)
def test_a_published_claim_about_media_has_a_media_review(desk: Desk, scale: str, key: str) -> None:
    claim = rated(desk, scale, key)
    [review] = blocks(desk, f"/c/{claim}", "MediaReview")
    assert review["mediaAuthenticityCategory"] == CATEGORIES[key][0]
    assert review["originalMediaContextDescription"] == WHY
    assert (review["@context"], review["author"]["name"]) == ("https://schema.org", "factcheck")
    assert review["datePublished"] == desk.get(f"/v1/claims/{claim}").json["reviewed_at"]
    assert review["url"] == f"http://localhost/c/{claim}"
    [claim_review] = blocks(desk, f"/c/{claim}", "ClaimReview")
    assert review["associatedClaimReview"]["@id"] == claim_review["@id"]
    item = review["itemReviewed"]
    assert (item["@type"], item["interpretedAsClaim"]["@id"]) == ("MediaReviewItem", f"http://localhost/c/{claim}")
    assert item["interpretedAsClaim"]["text"] == claim_review["claimReviewed"]
    assert item["mediaItemAppearance"] == [{"@type": "VideoObject", "contentUrl": THERE, "headline": "A rally"}]
    # The report has both, too, and so has the page of the desk.
    [report] = [each["id"] for each in desk.get("/v1/published").json["items"]]
    assert blocks(desk, f"/r/{report}", "MediaReview") == [review]
    assert '"@type":"MediaReview"' in desk.with_settings(public_read=True).get(f"/claims/{claim}", by=None).text


def test_the_media_is_the_article_wherever_else_the_claim_was_said(desk: Desk, scale: str) -> None:
    claim = rated(desk, scale, "staged_content")
    before = blocks(desk, f"/c/{claim}", "MediaReview")
    desk.made(f"/v1/claims/{claim}/occurrences", {"kind": "social_post", "url": "https://posts.example/2"})
    assert len(before) == 1
    [after] = blocks(desk, f"/c/{claim}", "MediaReview")
    assert after["itemReviewed"]["mediaItemAppearance"] == before[0]["itemReviewed"]["mediaItemAppearance"]


@pytest.mark.parametrize(
    ("kind", "type_"), [("video", "VideoObject"), ("image", "ImageObject"), ("post", "MediaObject")]
)
def test_the_media_is_of_the_articles_kind(desk: Desk, scale: str, kind: str, type_: str) -> None:
    outlet = desk.source(name="Gazette", kind="outlet")["id"]
    claim = rated(desk, scale, "staged_content", kind=kind, author="R. Eporter", outlet_id=outlet, language="en")
    item = blocks(desk, f"/c/{claim}", "MediaReview")[0]["itemReviewed"]
    [media] = item["mediaItemAppearance"]
    assert (media["@type"], media["inLanguage"], media["publisher"]["name"]) == (type_, "en", "Gazette")
    assert item["creator"] == {"@type": "Person", "name": "R. Eporter"}


@pytest.mark.parametrize("article", [{"kind": "article"}, {"kind": "speech"}, {"url": None}], ids=str)
def test_what_is_no_media_has_none(desk: Desk, scale: str, article: Json) -> None:
    claim = rated(desk, scale, "staged_content", **article)
    assert blocks(desk, f"/c/{claim}", "MediaReview") == []
    assert len(blocks(desk, f"/c/{claim}", "ClaimReview")) == 1


def test_a_rating_of_another_scale_or_none_gives_none(desk: Desk) -> None:
    other = desk.made("/v1/rating-scales", {**SCALE, "url": "https://scale.invalid/"}, by="admin")["id"]
    assert blocks(desk, f"/c/{rated(desk, other, 'staged_content')}", "MediaReview") == []
    claim = desk.claim(article_id=desk.article(kind="video", url=THERE)["id"])["id"]
    assert desk.review(claim, status="refuted", reason=WHY, evidence=[PIECE]).status_code == 201
    published(desk, report_on(desk, claim))
    assert blocks(desk, f"/c/{claim}", "MediaReview") == []


def test_a_media_review_is_hidden_with_its_verdict(desk: Desk, scale: str) -> None:
    """Somebody who has to give a blind second opinion finds no rating in the page either."""
    claim = rated(desk, scale, "staged_content")
    asked = {"question": "content", "reviewer_id": desk.people["admin"]}
    desk.made(f"/v1/claims/{claim}/second-opinion", asked)
    shown = [Visitor(desk, by).get(f"/claims/{claim}").get_data(as_text=True) for by in ("analyst", "admin")]
    assert [("StagedContent" in page, '"ClaimReview"' in page) for page in shown] == [(True, True), (False, False)]


# ── Those of others ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_media_review_becomes_an_article_of_its_kind_and_a_claim(desk: Desk, tmp_path: Path) -> None:
    results = told(sent(desk, FOREIGN))
    assert [(each["type"], each["result"]) for each in results] == [
        ("source", "added"), ("source", "added"), ("article", "added"), ("claim", "added"),
    ]  # fmt: skip
    [claim] = claims(desk)
    assert (claim["text"], claim["status"], claim["tags"]) == (
        "He carried another flag.",
        "unverified",
        ["mediareview"],
    )
    assert claim["attribution"]["origin"]["name"] == "Jo Doe"
    article = desk.get(f"/v1/articles/{claim['article_id']}").json
    assert (article["kind"], article["url"], article["author"]) == ("image", "https://posts.example/1.jpg", "Jo Doe")
    assert (article["text"], article["title"]) == (claim["text"], "[MediaReview] No, the flag was changed")
    review, media, original = claim["evidence"]
    assert (review["url"], review["source"]["name"], review["stance"]) == (FOREIGN["url"], "The Checkers", "context")
    assert "Rating of the media: “TransformedContent”." in review["note"]
    assert "nothing of it was decided here" in review["note"]
    assert review["excerpt"] == FOREIGN["originalMediaContextDescription"]
    assert (media["url"], media["archived_url"]) == ("https://posts.example/1.jpg", "https://archive.example/1")
    assert (media["excerpt"], "5eed" in media["note"]) == ("Look at this!", True)
    assert original["url"] == FOREIGN["originalMediaLink"]
    assert "notices" not in results[-1]
    assert [each["result"] for each in told(sent(desk, FOREIGN))][-2:] == ["unchanged", "unchanged"]
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_the_medias_own_words_are_the_article_if_the_claim_is_among_them(desk: Desk) -> None:
    review = deepcopy(FOREIGN)
    words = "Good evening. He carried another flag. Good night."
    review["itemReviewed"]["mediaItemAppearance"][0] |= {"@type": "VideoObject", "transcript": words, "name": "A film"}
    assert told(sent(desk, review))[-1]["result"] == "added"
    [claim] = claims(desk)
    article = desk.get(f"/v1/articles/{claim['article_id']}").json
    assert (article["kind"], article["text"], article["title"]) == ("video", words, "A film")
    assert (claim["quotes"][0]["exact"], claim["quotes"][0]["start"]) == ("He carried another flag.", 14)


def test_a_review_that_names_the_media_alone_is_about_whether_it_is_what_it_is_shown_as(desk: Desk) -> None:
    """Google's Fact Check Tools export such reviews: the media, its rating and why."""
    review = {**FOREIGN, "itemReviewed": {"@type": "ImageObject", "contentUrl": "https://posts.example/1.jpg"}}
    result = told(sent(desk, review))[-1]
    assert result["result"] == "added"
    assert [each["pointer"] for each in result["notices"]] == ["/itemReviewed/interpretedAsClaim"]
    [claim] = claims(desk)
    assert claim["text"].startswith("The media at https://posts.example/1.jpg was not changed")
    assert claim["attribution"]["origin"] is None


@pytest.mark.parametrize(
    ("type_", "kind"),
    [("VideoObjectSnapshot", "video"), ("schema:ImageObject", "image"), ("AudioObject", "speech"),
     ("SocialMediaPosting", "post"), (None, "post")],
)  # fmt: skip
def test_the_article_has_the_kind_of_the_media(desk: Desk, type_: str | None, kind: str) -> None:
    review = {**FOREIGN, "itemReviewed": {"@type": type_, "contentUrl": THERE, "interpretedAsClaim": "He was there."}}
    assert told(sent(desk, review))[-1]["result"] == "added"
    [claim] = claims(desk)
    assert (claim["text"], desk.get(f"/v1/articles/{claim['article_id']}").json["kind"]) == ("He was there.", kind)


def test_a_review_without_a_claim_or_media_is_refused(desk: Desk) -> None:
    for item in (None, {"@type": "ImageObject"}, {"@type": "MediaReviewItem", "interpretedAsClaim": ["One.", "Two."]}):
        result = told(sent(desk, {**FOREIGN, "itemReviewed": item}))[-1]
        assert result["result"] == "refused"
        assert result["problem"]["errors"][0]["pointer"] == "/itemReviewed/interpretedAsClaim"
    assert claims(desk) == []


def test_a_feed_may_have_both_kinds_of_reviews(desk: Desk) -> None:
    other = deepcopy(FOREIGN)
    other["itemReviewed"]["mediaItemAppearance"][0]["contentUrl"] = "https://posts.example/2.jpg"
    items = [CLEAN, FOREIGN, other, {**FOREIGN, "@type": "http://schema.org/MediaReview", "url": "https://c.example/2"}]
    feed = {"@context": "https://schema.org", "@type": "DataFeed",
            "dataFeedElement": [{"@type": "DataFeedItem", "item": each} for each in items]}  # fmt: skip
    results = [each for each in told(sent(desk, feed)) if each["type"] == "claim"]
    assert [(each["line"], each["result"]) for each in results] == [
        (1, "added"),
        (2, "added"),
        (3, "added"),
        (4, "added"),
    ]
    kinds = sorted(each["kind"] for each in desk.get("/v1/articles").json["items"])
    assert kinds == ["article", "image", "image", "image"]


def test_more_places_than_there_is_room_for_are_refused(desk: Desk) -> None:
    review = deepcopy(FOREIGN)
    places = [{"@type": "ImageObject", "contentUrl": f"https://posts.example/{at}.jpg"} for at in range(40)]
    review["itemReviewed"]["mediaItemAppearance"] = places
    review["citation"] = [f"https://cited.example/{at}" for at in range(20)]
    assert told(sent(desk, review))[-1]["result"] == "added"
    assert len(claims(desk)[0]["evidence"]) == 50
    places.append({"@type": "ImageObject", "contentUrl": "https://posts.example/more.jpg"})
    result = told(sent(desk, review))[-1]
    assert result["problem"]["errors"][0]["pointer"] == "/itemReviewed/appearance"


_MEDIA = st.dictionaries(
    st.sampled_from([
        "@type", "@id", "contentUrl", "url", "caption", "transcript", "name", "creator", "archivedAt", "inLanguage",
        "uploadDate", "interpretedAsClaim", "mediaItemAppearance", "sha256",
    ]),
    JSON, max_size=6,
)  # fmt: skip
_MEMBERS = dict.fromkeys(("author", "url", "headline", "mediaAuthenticityCategory", "originalMediaLink"), JSON)


@given(st.fixed_dictionaries({"@type": st.just("MediaReview"), "itemReviewed": _MEDIA}, optional=_MEMBERS))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_a_media_review_holds_becomes_lines_that_are_taken(node: Json) -> None:
    """A refusal speaks of the review; what is not refused is what the API takes, and is the same each time."""
    before = json.dumps(node)
    made, refused = _made(node)
    assert {(flaw.pointer or "/").split("/")[1] for flaw in refused} <= {"author", "itemReviewed"}
    assert bool(made) != bool(refused)
    if not made:
        return
    for each in made:
        assert not isinstance(record(1, dict(each)), Refused)
    assert foreign_media_reviews.lines(node, {}, safe_url).lines == made
    assert json.dumps(node) == before
    assert [each["type"] for each in made][-2:] == ["article", "claim"]


def _made(node: Json) -> tuple[list[Json], list[Flaw]]:
    try:
        return foreign_media_reviews.lines(node, {}, safe_url).lines, []
    except Invalid as error:
        return [], error.flaws


def test_ours_come_back_as_anothers(desk: Desk, scale: str) -> None:
    claim = rated(desk, scale, "decontextualized_content", author="R. Eporter")
    [ours] = blocks(desk, f"/c/{claim}", "MediaReview")
    result = told(sent(desk, json.dumps(ours).encode()))[-1]
    assert result["result"] == "added"
    imported = desk.get(f"/v1/claims/{result['id']}").json
    assert imported["text"] == desk.get(f"/v1/claims/{claim}").json["text"]
    article = desk.get(f"/v1/articles/{imported['article_id']}").json
    assert (article["kind"], article["url"]) == ("video", THERE)
    assert "Rating of the media: “DecontextualizedContent”." in imported["evidence"][0]["note"]
    assert imported["evidence"][0]["excerpt"] == WHY
