"""What an import of ClaimReviews carries, and what it says that it does not: nothing is dropped silently, and what is
refused leaves nothing behind.
"""

import json
import time
from typing import Any

import pytest

from factcheck.errors import Invalid
from factcheck.formats import foreign_reviews, linked_data
from factcheck.schemas.base import safe_url
from tests.desk import Desk
from tests.importing import Json, imported, notices, outcomes, the_claim, there, words
from tests.test_foreign_reviews import CLEAN, claims
from tests.test_imports import NDJSON, THREE, counts, ndjson

# ── What a ClaimReview cites ─────────────────────────────────────────────────────────────────────────────────────────

STUDY = {
    "@type": "ScholarlyArticle", "url": "https://c.example/study", "headline": "A study", "abstract": "It rang.",
    "publisher": {"@type": "Organization", "name": "A university"}, "archivedAt": "https://keep.example/study",
    "datePublished": "2020-01-02",
}  # fmt: skip
CITED: list[tuple[Any, list[tuple[str | None, str | None]]]] = [
    (["https://b.example/source"], [("https://b.example/source", None)]),
    ("https://b.example/source", [("https://b.example/source", None)]),
    ({"@id": "https://b.example/source"}, [("https://b.example/source", None)]),
    ({"@value": "https://b.example/source"}, [("https://b.example/source", None)]),
    ({"@list": ["https://b.example/1", "https://b.example/2"]},
     [("https://b.example/1", None), ("https://b.example/2", None)]),
    ("Smith 2001, p. 3", [(None, "Smith 2001, p. 3")]),
    ([{"@type": "Book", "name": "Moons"}, "https://b.example/1"], [(None, "Moons"), ("https://b.example/1", None)]),
    (STUDY, [("https://c.example/study", "A study")]),
    ([["https://b.example/1"]], [("https://b.example/1", None)]),
]  # fmt: skip


@pytest.mark.parametrize("name", ["citation", "isBasedOn", "schema:citation"])
def test_what_a_review_cites_is_evidence(desk: Desk, name: str) -> None:
    for at, (given, cited) in enumerate(CITED):
        results = imported(desk, CLEAN | {"url": f"https://checks.example/{at}", name: given})
        _, place, *found = the_claim(desk, results)["evidence"]
        assert place["url"] == "https://posts.example/1"
        assert [(item["url"], item["title"]) for item in found] == cited, given
        assert {item["stance"] for item in found} == {"context"}
        assert notices(results) == {}
    study = next(item for claim in claims(desk) for item in claim["evidence"] if item["title"] == "A study")
    assert (study["source"]["name"], study["excerpt"], study["archived_url"]) == (
        "A university", "It rang.", "https://keep.example/study",
    )  # fmt: skip
    assert study["note"] == "Cited by the review.\nPublished, as given: “2020-01-02”."


def test_a_citation_that_says_nothing_is_told(desk: Desk) -> None:
    results = imported(desk, CLEAN | {"citation": [{"@type": "CreativeWork"}, {"keywords": "x"}]})
    assert len(the_claim(desk, results)["evidence"]) == 2
    assert notices(results) == {
        "/citation/0": "Is not imported: it says neither where it is nor what it says.",
        "/citation/1": "Is not imported: it says neither where it is nor what it says.",
        "/citation/1/keywords": "Is not imported: the desk has no field for it.",
    }


def test_more_evidence_than_a_line_holds_is_told(desk: Desk) -> None:
    results = imported(desk, CLEAN | {"citation": [f"https://b.example/{at}" for at in range(60)]})
    assert len(the_claim(desk, results)["evidence"]) == 50
    assert notices(results)["/citation"].startswith("12 of what it cites are not imported")


@pytest.mark.parametrize("name", ["citation", "sameAs", "appearance", "alternateName", "image"])
def test_a_review_that_lists_much_takes_no_time(name: str) -> None:
    """However long a list is: it is imported in part, or the review is refused."""
    many = [{"@type": "Thing", "url": f"https://b.example/{at}", "name": f"n{at}", "x": at} for at in range(20_000)]
    addresses = [each["url"] for each in many]
    lists: dict[str, Json] = {
        "citation": {"citation": many},
        "sameAs": {"author": {"@type": "Person", "name": "Ann", "sameAs": [*addresses, *map(str, range(20_000))]}},
        "appearance": {"itemReviewed": {"@type": "Claim", "appearance": many}},
        "alternateName": {"author": {"@type": "Person", "name": "Ann", "alternateName": addresses}},
        "image": {"image": many},
    }
    begun = time.process_time()
    if name == "appearance":
        with pytest.raises(Invalid, match="more data than this desk accepts"):
            foreign_reviews.lines(CLEAN | lists[name], {}, safe_url)
    else:
        made = foreign_reviews.lines(CLEAN | lists[name], {}, safe_url)
        assert len(made.lines) < 60
        assert 0 < len(made.notices) <= linked_data.MOST_TOLD + 1
    assert time.process_time() - begun < 4  # linear: a slow machine needs 2 s, quadratic work needs minutes


def test_evidence_goes_from_desk_to_desk_and_back(desk: Desk) -> None:
    """Desk → ClaimReview → desk, and ClaimReview → desk → ClaimReview."""
    one = desk.with_settings(base_url="https://facts.example", desk_name="Desk One")
    paper, office = desk.source(name="A document", kind="document"), desk.source(name="Office", kind="organization")
    pieces = [
        {
            "stance": "refutes",
            "url": "https://b.example/map",
            "title": "A map",
            "excerpt": "30 rows",
            "source_id": office["id"],
            "archived_url": "https://keep.example/map",
        },
        {"stance": "context", "title": "A ledger", "source_id": paper["id"]},
        {"stance": "context", "excerpt": "Words alone."},
    ]
    claim = desk.claim(attribution=[{"source_id": office["id"], "directness": "direct"}])
    desk.review(claim["id"], status="refuted", reason="Counted by three people.", evidence=pieces)
    first = one.get(f"/v1/claims/{claim['id']}/claimreview").json
    back = the_claim(desk, imported(desk, first))
    kept = [
        {name: item[name] for name in ("url", "title", "excerpt", "archived_url")} | {"source": item["source"]}
        for item in back["evidence"]
        if item["note"].startswith("Cited by the review.")
    ]
    for piece, item in zip(pieces, kept, strict=True):
        for name in ("url", "title", "excerpt", "archived_url"):
            assert item[name] == piece.get(name)
        source = item.pop("source")
        wanted = {None: None, office["id"]: ("Office", "organization"), paper["id"]: ("A document", "document")}
        assert (source and (source["name"], source["kind"])) == wanted[piece.get("source_id")]
    desk.review(back["id"], status="unverifiable", reason="Nobody counted them.")
    second = one.get(f"/v1/claims/{back['id']}/claimreview").json
    for citation in first["citation"]:
        same = [each for each in second["citation"] if each.get("text") == citation.get("text")
                and each.get("name") == citation.get("name") and each.get("url") == citation.get("url")]  # fmt: skip
        assert len(same) == 1, citation
        assert same[0].get("archivedAt") == citation.get("archivedAt")
    assert second["claimReviewed"] == first["claimReviewed"]


# ── Which claim a review is of ───────────────────────────────────────────────────────────────────────────────────────


def reviewed(**changes: Any) -> Json:
    return CLEAN | {"url": "https://checks.example/both"} | changes


def by(name: str) -> Json:
    return {"@type": "Claim", "author": {"@type": "Person", "name": name}}


PAIRS = {
    "of what two people said": (
        reviewed(itemReviewed=by("Ann"), reviewRating="True"), reviewed(itemReviewed=by("Bob"), reviewRating="False"),
    ),
    "by two people": (
        reviewed(author={"@type": "Person", "name": "Ann"}, reviewRating="True"),
        reviewed(author={"@type": "Person", "name": "Bob"}, reviewRating="False"),
    ),
    "by one name each": (reviewed(author="Ann", reviewRating="True"), reviewed(author="Bob", reviewRating="False")),
    "with one id": (
        reviewed(**{"@id": "#review"}, itemReviewed=by("Ann")), reviewed(**{"@id": "#review"}, itemReviewed=by("Bob")),
    ),
}  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
@pytest.mark.parametrize("together", [True, False])
def test_two_reviews_of_one_page_are_two_claims(desk: Desk, pair: tuple[Json, Json], together: bool) -> None:
    results = imported(desk, list(pair)) if together else [*imported(desk, pair[0]), *imported(desk, pair[1])]
    assert [each["result"] for each in results if each["type"] == "claim"] == ["added", "added"]
    assert set(outcomes(results)) <= {"added", "unchanged"}
    found = claims(desk)
    assert len({claim["id"] for claim in found}) == 2
    names = {json.dumps(claim).count('"Ann"') > json.dumps(claim).count('"Bob"') for claim in found}
    assert names == {True, False}
    again = imported(desk, list(pair))
    assert set(outcomes(again)) == {"unchanged"}
    assert len(claims(desk)) == 2


def test_a_review_that_changed_leaves_no_new_source_behind(desk: Desk) -> None:
    imported(desk, CLEAN)
    before = counts(desk.database)
    cited = {"url": "https://q.example", "publisher": {"@type": "Person", "name": "Nobody yet"}}
    results = imported(desk, CLEAN | {"reviewRating": "True, after all", "citation": cited})
    assert [each["result"] for each in results if each["type"] == "claim"] == ["exists"]
    assert counts(desk.database) == before
    dry = imported(desk, [CLEAN | {"reviewRating": "x", "citation": cited}] * 2, query="?dry_run=true")
    assert {each["result"] for each in dry} == {"unchanged", "exists"}
    assert counts(desk.database) == before


CLAIMED = [
    {"@type": "Claim", "text": "The moon is hollow."},
    [{"@type": "Claim", "text": "The moon is hollow."}],
    {"@value": "The moon is hollow.", "@language": "en"},
    {"@list": ["The moon is hollow."]},
    {"@type": "Claim", "name": "The moon is hollow."},
    {"@type": "schema:Claim", "schema:text": "The moon is hollow."},
    {"@id": "#claim"},
]


@pytest.mark.parametrize("given", CLAIMED)
def test_the_claim_that_was_reviewed_is_read_in_whatever_it_stands(desk: Desk, given: Any) -> None:
    elsewhere = {"@type": "Claim", "@id": "#claim", "text": "The moon is hollow."}
    claim = the_claim(desk, imported(desk, [CLEAN | {"claimReviewed": given}, elsewhere]))
    assert claim["text"] == "The moon is hollow."
    assert [quote["exact"] for quote in claim["quotes"]] == ["The moon is hollow."]


def test_a_claim_that_is_an_object_says_who_made_it_and_where(desk: Desk) -> None:
    given = {"@type": "Claim", "text": "It is so.", "author": {"@type": "Person", "name": "Zed"},
             "appearance": {"url": "https://posts.example/zed"}}  # fmt: skip
    claim = the_claim(desk, imported(desk, {"@type": "ClaimReview", "claimReviewed": given, "author": "Checkers"}))
    assert claim["attribution"]["origin"]["name"] == "Zed"
    assert claim["evidence"][1]["url"] == "https://posts.example/zed"
    only = {"@type": "ClaimReview", "itemReviewed": {"@type": "Claim", "text": "Said there."}, "author": ["Checkers"]}
    assert the_claim(desk, imported(desk, only))["text"] == "Said there."


# ── What there is no place for, or too much of ───────────────────────────────────────────────────────────────────────


def test_what_is_shortened_says_so(desk: Desk) -> None:
    long = "word " * 6000
    results = imported(desk, CLEAN | {"reviewBody": long})
    excerpt = the_claim(desk, results)["evidence"][0]["excerpt"]
    whole = f"It rang when hit, once.\n\n{long.strip()}"
    kept = excerpt.removesuffix(" […]")
    assert (whole.startswith(kept), len(excerpt) <= 10_000, len(kept) > 9900) == (True, True, True)
    assert notices(results) == {
        "/reviewBody": f"Was shortened: {len(kept)} of {len(whole)} characters are imported."
    }  # fmt: skip


SHORTENED: dict[str, Json] = {
    "/headline": {"headline": "x" * 1500},
    "/description": {"description": "y" * 10_001, "reviewRating": None},
    "/reviewRating/ratingExplanation": {"reviewRating": {"ratingExplanation": "z" * 10_001}},
    "/itemReviewed/appearance": {
        "itemReviewed": {"@type": "Claim", "appearance": {"url": "https://a.example", "name": "n" * 1001}}
    },
    "/citation": {"citation": "t" * 1001},
    "/citation/name": {"citation": {"name": "n" * 1001}},
    "/citation/text": {"citation": {"name": "n", "text": "n" * 10_001}},
    "/author": {"author": {"@type": "Person", "name": "A", "alternateName": [f"A{at}" for at in range(150)]}},
}


@pytest.mark.parametrize("pointer", SHORTENED)
def test_every_field_that_is_shortened_says_so(desk: Desk, pointer: str) -> None:
    results = imported(desk, CLEAN | SHORTENED[pointer])
    the_claim(desk, results)
    assert "imported" in notices(results)[pointer]


# Every member that a ClaimReview may have by schema.org (release 28), with what stands for it, each with words of its
# own; and where those words are afterwards, or that they are told.
WIDEST: Json = {
    "@context": "https://schema.org",
    "@type": "ClaimReview",
    "@id": "https://checks.example/widest#review",
    "url": "https://checks.example/widest",
    "claimReviewed": "w-claim",
    "headline": "w-headline",
    "reviewBody": "w-body",
    "description": "w-description",
    "datePublished": "2021-03-04",
    "inLanguage": "en",
    "archivedAt": "https://keep.example/w-archived",
    "author": {"@type": "Organization", "name": "w-author", "url": "https://w-author.example", "logo": "w-logo"},
    "publisher": {"@type": "Organization", "name": "w-publisher", "sameAs": ["https://w-same.example", "w-no-link"]},
    "reviewRating": {
        "@type": "Rating",
        "ratingValue": 2,
        "bestRating": 5,
        "worstRating": 1,
        "alternateName": "w-rating",
        "ratingExplanation": "w-explanation",
        "author": {"name": "w-rater"},
        "reviewAspect": "w-aspect",
    },
    "itemReviewed": {
        "@type": "Claim",
        "name": "w-item-name",
        "text": "w-item-text",
        "datePublished": "w-said-on",
        "author": {
            "@type": "GovernmentOrganization",
            "name": "w-claimant",
            "alternateName": "w-alias",
            "jobTitle": "w-job",
        },
        "appearance": [
            {
                "@type": "Article",
                "url": "https://w-appearance.example",
                "headline": "w-appearance-title",
                "publisher": {"name": "w-appearance-publisher"},
                "datePublished": "w-appeared",
                "archivedAt": "https://keep.example/w-appearance",
                "version": "w-appearance-version",
                "correction": "w-correction",
                "image": "w-pic",
            },
            "w-leaflet",
        ],
        "firstAppearance": {"@type": "CreativeWork", "url": "https://w-first.example", "inLanguage": "w-lang"},
        "claimInterpreter": {"name": "w-interpreter"},
        "hasPart": [{"@type": "Quotation", "text": "w-quotation"}],
    },
    "citation": [STUDY | {"name": "w-other-title", "isPartOf": {"name": "w-journal"}, "pagination": "w-pages"}],
    "isBasedOn": "https://w-based.example",
    "mainEntityOfPage": "https://w-main.example",
    "keywords": "w-keyword",
    "image": {"@type": "ImageObject", "url": "https://w-image.example"},
    "sdPublisher": {"name": "w-sd-publisher"},
    "sdDatePublished": "w-sd-date",
    "sdLicense": "https://w-licence.example",
    "version": "w-version",
    "identifier": ["w-identifier"],
    "expires": "w-expires",
    "dateModified": "w-modified",
    "dateCreated": "w-created",
    "reviewAspect": "w-review-aspect",
    "isPartOf": {"@type": "WebPage", "name": "w-page"},
    "about": [{"name": "w-about"}],
    "schema:license": "w-license",
    "https://other.example/term": "w-foreign",
}


def test_every_member_of_the_widest_review_is_carried_or_told(desk: Desk) -> None:
    results = imported(desk, WIDEST)
    claim = the_claim(desk, results)
    article = desk.get(f"/v1/articles/{claim['article_id']}").json
    sources = desk.get("/v1/sources").json["items"]
    carried = json.dumps([claim, article, sources], ensure_ascii=False)
    told_of = notices(results)
    silent = {word for word in words(WIDEST) if word not in carried}
    for pointer, detail in told_of.items():
        silent -= (
            words([there(WIDEST, pointer)]) if "not imported" in detail or "first is imported" in detail else set()
        )
        silent = {word for word in silent if word not in detail}
    assert silent == set()
    # And what is told is lost indeed.
    gone = {
        word for pointer, detail in told_of.items() if "no field" in detail for word in words([there(WIDEST, pointer)])
    }
    assert gone
    assert [word for word in gone if word in carried] == []


def test_a_new_member_is_told_by_itself() -> None:
    """Whatever schema.org adds: what nobody reads is told, wherever it stands."""
    for where in ((), ("author",), ("reviewRating",), ("itemReviewed",), ("itemReviewed", "appearance"), ("citation",)):
        node: Json = json.loads(json.dumps(CLEAN | {"citation": {"name": "A book"}}))
        inner = node
        for step in where:
            inner = inner[step]
        inner["brandNew"] = ["x"]
        made = foreign_reviews.lines(node, {}, safe_url)
        assert [notice.pointer for notice in made.notices] == ["/".join(("", *where, "brandNew"))]
    many = CLEAN | {f"new{number}": "x" for number in range(80)}
    assert (
        foreign_reviews.lines(many, {}, safe_url).notices[-1].detail == "30 more members are not imported as they are."
    )


# ── What is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_review_whose_claim_is_refused_at_the_desk_leaves_no_source(desk: Desk) -> None:
    """The article of the review was amended meanwhile: its claim has no place in it any more."""
    name = next(
        each["external_id"] for each in imported(desk, CLEAN, query="?dry_run=true") if each["type"] == "article"
    )
    desk.article(external_id=name, text="Other words.")
    before = counts(desk.database)
    results = imported(desk, CLEAN)
    assert {(each["type"], each["result"]) for each in results} == {("article", "exists"), ("claim", "refused")}
    assert counts(desk.database) == before
    assert outcomes(imported(desk, ndjson(*THREE), NDJSON)) == ["added"] * 3


# ── Names of before ─────────────────────────────────────────────────────────────────────────────────────────────


def test_what_an_earlier_version_imported_is_found_again(desk: Desk) -> None:
    """It named reviews by their page and claim alone. The same people: the same review. Others: another one."""
    former = foreign_reviews.lines(PAIRS["of what two people said"][0], {}, safe_url)
    article, claim = former.lines[-2] | {"external_id": former.former[0]}, former.lines[-1]
    earlier = [*former.lines[:-2], article, claim | {"external_id": former.former[1], "article_id": former.former[0]}]
    assert set(outcomes(imported(desk, ndjson(*earlier), NDJSON))) == {"added"}
    for query in ("?dry_run=true", ""):
        ann, bob = PAIRS["of what two people said"]
        assert set(outcomes(imported(desk, ann, query=query))) == {"unchanged"}
        changed = imported(desk, ann | {"reviewRating": "Half true"}, query=query)
        assert outcomes(changed)[-1] == "exists"
    assert outcomes(imported(desk, bob))[-1] == "added"
    assert len(claims(desk)) == 2
    assert set(outcomes(imported(desk, [ann, bob]))) == {"unchanged"}
    described = ann | {"itemReviewed": {"@type": "Claim", "author": "Ann, whoever that is"}}
    assert outcomes(imported(desk, described))[-1] == "added"
    by_another = ann | {"author": {"@type": "Organization", "name": "Other checkers"}}
    assert outcomes(imported(desk, by_another))[-2:] == ["added", "added"]
