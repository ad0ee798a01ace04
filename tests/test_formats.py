"""Claims in other people's formats: what they say, what they cannot carry, and who may see them."""

import json
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pyld import jsonld

from factcheck.desk import people
from factcheck.exchange import conversions, exports
from factcheck.formats import atom, claim_review, claim_table, losses, prov, ratings
from factcheck.formats.here import Here
from factcheck.formats.losses import Table
from factcheck.queries import verdicts
from factcheck.rules.roles import Role
from factcheck.rules.sources import SourceKind
from factcheck.rules.status import VERDICTS
from tests.desk import Desk, Statements
from tests.everything import SCALE
from tests.test_second_opinion import asked, decided

Json = dict[str, Any]
BASE = "https://facts.example"
HERE = Here("The Desk", BASE)
REASON = "Counted by three people, thrice."
LD = {"Accept": "application/ld+json"}
PROV = {"Accept": f'application/ld+json; profile="{prov.PROFILE}"'}
SEEDED = ("C11", "C15", "C19")


def public(desk: Desk) -> Desk:
    return desk.with_settings(base_url=BASE, desk_name="The Desk")


@pytest.fixture
def whole(desk: Desk) -> Json:
    """A claim that has something in every field, each text with words of its own, and its article."""
    outlet, person, group, paper = (
        desk.source(name=f"{kind} of the claim", kind=kind) for kind in ("outlet", "person", "group", "document")
    )
    article = desk.article(
        url="https://paper.example/rally", outlet_id=outlet["id"], author="Ann Author", published_on="2023-11-06",
        language="en-GB",
    )  # fmt: skip
    near = {"exact": "organizers", "suffix": " claiming"}
    claim = desk.claim(
        article_id=article["id"], kind="quantity", external_id="mine/1", tags=["crowd", "rally"],
        quantity={"low": 900_001, "high": 1_000_001, "unit": "heads", "wording": "up to a million"},
        quotes=[{"exact": "up to a million people were present"}, {"exact": "thousands of people gathered"}],
        attribution=[
            {"source_id": person["id"], "described_as": "a bystander", "cue": "claiming", "directness": "direct",
             "on_behalf_of_id": outlet["id"], "interested": True, "note": "Was there.", "source_quotes": [near],
             "cue_quotes": [{"exact": "claiming"}]},
            {"described_as": "a friend of theirs", "directness": "mixed", "interested": False},
            {"source_id": paper["id"], "directness": "indirect", "on_behalf_of_id": paper["id"]},
            {"source_id": group["id"], "described_as": "the stewards", "directness": "indirect"},
        ],
    )  # fmt: skip
    here = f"/v1/claims/{claim['id']}"
    desk.made(f"{here}/relations", {"kind": "in_tension_with", "claim_id": desk.claim(article_id=article["id"])["id"]})
    piece = {
        "stance": "refutes", "url": "https://archive.example/map", "title": "A map of the place", "excerpt": "30 rows",
        "source_id": outlet["id"], "origin_id": paper["id"], "archived_url": "https://keep.example/map",
        "note": "Drawn to scale.",
    }  # fmt: skip
    said = {
        "kind": "broadcast", "url": "https://station.example/evening", "said_on": "2023-08-25", "place": "Radio Agadez",
        "account": "@station", "timecode": "01:02:33",
    }  # fmt: skip
    desk.made(f"{here}/occurrences", said)
    days = {"valid_on": "2023-08-26", "review_by": "2031-01-02"}
    rating = {"scale_id": desk.made("/v1/rating-scales", SCALE, by="admin")["id"], "key": "not_so"}
    desk.review(claim["id"], status="refuted", reason=REASON, evidence=[piece], rating=rating, **days)
    desk.review(claim["id"], question="attribution", status="verified", reason="Heard on the tape.")
    found: Json = desk.get(here).json
    return {"claim": found, "article": desk.get(f"/v1/articles/{article['id']}").json}


# ── What is carried, and what the report says ───────────────────────────────────────────────────────────────────


def scalars(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value that says something with its path, as loss reports write paths."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from scalars(each, f"{path}.{name}".strip("."))
    elif isinstance(value, list):
        for each in value:
            yield from scalars(each, f"{path}[]" if isinstance(each, dict | list) else path)
    elif value is not None and value != "":
        yield path, value


CONVERSIONS = {
    "claimreview": (claim_review.convert, claim_review.LOSES),
    "prov": (prov.convert, prov.LOSES),
    "csv": (conversions.CSV.convert, claim_table.LOSES),
}


def test_a_table_tells_in_words_who_has_a_stake_and_counts_evidence(whole: Json) -> None:
    made, _ = conversions.CSV.convert(whole["claim"], whole["article"], HERE)
    cells = dict(zip(claim_table.COLUMNS, made, strict=True))
    assert (cells["supports"], cells["refutes"], cells["context"], cells["tags"]) == (0, 1, 0, "crowd, rally")
    assert "; interested" in cells["chain"]
    assert "; no stake" in cells["chain"]


def test_a_claim_that_has_little_loses_little(seeded: Desk) -> None:
    for number, (convert, table) in product(SEEDED, CONVERSIONS.values()):
        claim = seeded.by_external_id(f"niger-2023-11-06/{number}")
        article = seeded.get(f"/v1/articles/{claim['article_id']}").json
        lost = {loss.field for loss in convert(claim, article, HERE)[1]}
        assert "relations" not in lost or claim["relations"]
        assert "quantity" not in lost or claim["quantity"]
        if not claim["attribution"]["chain"]:
            assert not any(field.startswith("attribution.chain") for field in lost)
        assert lost < set(table) | {"attribution.origin", "evidence[].title"}


def test_paths_of_a_report_lead_where_they_say() -> None:
    table: Table = {"a": "", "b[].c": "", "b[].d": "", "e.f": "", "g": "", "h[]": ""}
    claim = {"a": None, "b": [{"c": "", "d": []}, {"c": 0}], "e": {"f": False}, "g": {"x": [None]}, "h": []}
    assert [loss.field for loss in losses.of(claim, table)] == ["b[].c", "e.f"]
    assert losses.of({}, table) == []


def test_the_documentation_has_the_tables_of_what_is_lost() -> None:
    page = (Path(__file__).parent.parent / "docs" / "formats.md").read_text(encoding="utf-8")
    for each in conversions.FORMATS:
        if each.loses:
            _, _, part = page.partition(f"### {each.name}\n")
            rows = re.findall(r"^\| `([^`]+)` \| (.+) \|$", part.partition("\n#")[0], re.MULTILINE)
            assert dict(rows) == dict(each.loses), each.name


# ── ClaimReview ─────────────────────────────────────────────────────────────────────────────────────────────────

# Google's requirements, as https://developers.google.com/search/docs/appearance/structured-data/factcheck has them:
# where, what, whether it must be there, and what it must be.
URL = re.compile(r"https?://[^\s]+")
GOOGLE = (
    ("", "claimReviewed", True, lambda value: isinstance(value, str) and value.strip()),
    ("", "reviewRating", True, lambda value: value["@type"] == "Rating"),
    ("", "url", True, lambda value: URL.fullmatch(value) and value.startswith(f"{BASE}/")),  # the site's own domain
    ("", "author", True, lambda value: value["@type"] in ("Organization", "Person") and value["name"] and value["url"]),
    ("", "datePublished", False, lambda value: re.match(r"\d{4}-\d\d-\d\d", value)),
    ("", "itemReviewed", True, lambda value: value["@type"] == "Claim"),
    ("reviewRating", "alternateName", True, lambda value: isinstance(value, str) and value.strip()),
    ("reviewRating", "ratingValue", False, lambda value: isinstance(value, int)),
    ("reviewRating", "bestRating", False, lambda value: isinstance(value, int)),
    ("reviewRating", "worstRating", False, lambda value: isinstance(value, int)),
    ("itemReviewed", "author", False, lambda value: value["@type"] in ("Organization", "Person") and value["name"]),
    ("itemReviewed", "datePublished", False, lambda value: re.match(r"\d{4}-\d\d-\d\d", value)),
    ("itemReviewed", "appearance", False, lambda value: "url" not in value or URL.fullmatch(value["url"])),
    ("itemReviewed", "firstAppearance", False, lambda value: value["@type"] in ("CreativeWork", "Clip")),
)


def meets_google(review: Json) -> None:
    assert (review["@context"], review["@type"]) == ("https://schema.org", "ClaimReview")
    for where, name, needed, good in GOOGLE:
        there = review[where] if where else review
        assert not needed or name in there, (where, name)
        assert name not in there or good(there[name]), (where, name, there[name])
    rating = review["reviewRating"]
    numbers = [rating.get(name) for name in ("worstRating", "ratingValue", "bestRating")]
    assert numbers == [None] * 3 or (numbers[0] <= numbers[1] <= numbers[2] and numbers[0] < numbers[2])


def test_every_decided_seed_claim_meets_googles_requirements(seeded: Desk) -> None:
    at = public(seeded)
    found = at.get(f"/v1/claims?status={','.join(VERDICTS)}").json["items"]
    assert {claim["external_id"].rpartition("/")[2] for claim in found} == set(SEEDED)
    for claim in found:
        by_path = at.get(f"/v1/claims/{claim['id']}/claimreview")
        by_accept = at.get(f"/v1/claims/{claim['id']}", headers=LD)
        assert by_path.data == by_accept.data
        assert by_path.mimetype == by_accept.mimetype == "application/ld+json"
        meets_google(by_path.json)
        assert by_path.json["claimReviewed"] == claim["text"]
        assert by_path.json["url"] == f"{BASE}/claims/{claim['id']}"
        assert at.get(f"/claims/{claim['id']}").status_code in (200, 303)


def test_a_whole_claim_as_a_claim_review(desk: Desk, whole: Json) -> None:
    claim = whole["claim"]
    review = public(desk).get(f"/v1/claims/{claim['id']}", headers=LD).json
    meets_google(review)
    assert review["author"] == {"@type": "Organization", "name": "The Desk", "url": f"{BASE}/"}
    assert review["reviewRating"] == {
        "@type": "Rating", "ratingValue": 1, "bestRating": 3, "worstRating": 1, "alternateName": "It is not so",
        "ratingExplanation": REASON,
    }  # fmt: skip
    assert (review["expires"], review["keywords"]) == ("2031-01-02", ["crowd", "rally"])
    item = review["itemReviewed"]
    assert (item["author"]["@type"], item["author"]["name"]) == ("Organization", "group of the claim")
    assert item["datePublished"] == "2023-11-06"
    in_article, elsewhere = item["appearance"]
    assert in_article["url"] == "https://paper.example/rally"
    assert in_article["publisher"]["name"] == "outlet of the claim"
    assert elsewhere["url"] == "https://station.example/evening"
    assert [each["text"] for each in item["hasPart"]] == [quote["exact"] for quote in claim["quotes"]]
    [citation] = review["citation"]
    assert citation == {
        "@type": "CreativeWork", "url": "https://archive.example/map", "name": "A map of the place",
        "text": "30 rows", "archivedAt": "https://keep.example/map",
        "publisher": citation["publisher"],
    }  # fmt: skip
    assert citation["publisher"]["name"] == "outlet of the claim"


def test_who_is_answerable(desk: Desk) -> None:
    article = desk.article()
    for kind in SourceKind:
        source = desk.source(name="Whoever", kind=str(kind))
        hop = {"source_id": source["id"], "directness": "indirect"}
        answerable(desk.claim(article_id=article["id"], attribution=[hop]), article, source, kind)


def answerable(claim: Json, article: Json, source: Json, kind: SourceKind) -> None:
    review, report = claim_review.convert(claim | decision("verified"), article, HERE)
    lost = {loss.field for loss in report}
    if kind is SourceKind.DOCUMENT:
        assert "author" not in review["itemReviewed"]
        assert review["itemReviewed"]["firstAppearance"]["name"] == "Whoever"
        assert "attribution.origin" in lost
    else:
        expected = "Person" if kind is SourceKind.PERSON else "Organization"
        assert review["itemReviewed"]["author"]["@type"] == expected
        assert "attribution.origin" not in lost
    provenance = prov.convert(claim, article, HERE)[0]
    [node] = [each for each in provenance["@graph"] if each["@id"] == HERE.source(source["id"])]
    assert node["@type"] == {"person": "Person", "group": "Agent", "document": "Entity"}.get(kind, "Organization")


def decision(status: str) -> Json:
    return {"status": status, "reason": REASON, "reviewed_at": "2026-01-01T00:00:00Z"}


def test_somebody_not_named_and_an_article_in_its_own_voice(desk: Desk) -> None:
    outlet = desk.source(name="The Paper", kind="outlet")
    article = desk.article(outlet_id=outlet["id"], author="Ann Author")
    unnamed = desk.claim(
        article_id=article["id"], attribution=[{"described_as": "aides", "directness": "indirect"}]
    ) | decision("unverifiable")  # fmt: skip
    review, report = claim_review.convert(unnamed, article, HERE)
    assert "author" not in review["itemReviewed"]
    assert "attribution.origin" in {loss.field for loss in report}
    assert review["reviewRating"].keys() == {"@type", "alternateName", "ratingExplanation"}  # no place on the scale
    own = desk.claim(article_id=article["id"]) | decision("verified")
    assert claim_review.convert(own, article, HERE)[0]["itemReviewed"]["author"]["name"] == "The Paper"
    alone = {**article, "outlet": None}
    assert claim_review.convert(own, alone, HERE)[0]["itemReviewed"]["author"]["@type"] == "Person"
    assert "author" not in claim_review.convert(own, alone | {"author": None}, HERE)[0]["itemReviewed"]


def test_the_table_of_ratings_has_every_verdict_and_a_version() -> None:
    assert set(ratings.RATINGS) == set(VERDICTS)
    values = [ratings.RATINGS[status].value for status in ("refuted", "disputed", "verified")]
    assert values == sorted(set(values))
    assert (values[0], values[-1]) == (ratings.WORST, ratings.BEST)
    assert ratings.RATINGS["unverifiable"].value is None
    for status, rating in ratings.RATINGS.items():
        assert rating.words.lower().startswith(status)
    # Who changes a word or a number raises the version, and writes both down here.
    told = [(rating.words, rating.value) for rating in ratings.RATINGS.values()]
    assert {1: told}[ratings.VERSION] == [
        ("Verified", 5),
        ("Disputed: the evidence conflicts", 3),
        ("Refuted", 1),
        ("Unverifiable: not enough evidence", None),
    ]


def test_only_a_verdict_is_reviewed(desk: Desk) -> None:
    claim = desk.claim()
    here = f"/v1/claims/{claim['id']}"
    for path, headers in ((here, LD), (f"{here}/claimreview", {})):
        refused = desk.get(path, headers=headers)
        assert (refused.status_code, refused.mimetype) == (409, "application/problem+json")
        assert "unverified" in refused.json["detail"]
    assert "Accept" in desk.get(here, headers=LD).vary
    assert desk.get(f"{here}/prov").status_code == 200  # which needs none
    desk.review(claim["id"], status="unverifiable", reason=REASON)
    review = desk.get(here, headers=LD)
    assert (review.status_code, review.json["reviewRating"]["alternateName"][:12]) == (200, "Unverifiable")
    # As it stood before, it had none.
    assert desk.get(f"{here}?as_of={claim['created_at']}", headers=LD).status_code == 409
    assert desk.get(f"{here}?as_of=2999-01-01T00:00:00Z", headers=LD).data == review.data
    desk.post(f"{here}/withdrawal", {"reason": "It was entered twice."})
    for path in ("/claimreview", "/prov", "/formats"):
        assert desk.get(here + path).status_code == 410
    assert desk.get(f"{here[:-4]}0000/claimreview").status_code == 404


def test_a_form_has_a_version_of_its_own(seeded: Desk) -> None:
    here = f"/v1/claims/{seeded.by_external_id('niger-2023-11-06/C15')['id']}"
    plain, linked, provenance = (seeded.get(here, headers=headers) for headers in ({}, LD, PROV))
    assert len({each.headers["ETag"] for each in (plain, linked, provenance)}) == 3
    assert provenance.headers["Content-Type"] == f'application/ld+json; profile="{prov.PROFILE}"'
    for headers, answer in (({}, plain), (LD, linked), (PROV, provenance)):
        again = seeded.get(here, headers={**headers, "If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.headers["ETag"]) == (304, answer.headers["ETag"])
        assert set(again.vary) == set(answer.vary) == {"Accept", "Authorization", "Cookie"}
    assert seeded.get(here, headers={**LD, "If-None-Match": plain.headers["ETag"]}).status_code == 200
    refused = seeded.get(here, headers={"Accept": "text/turtle"})
    assert refused.status_code == 406
    assert [each["type"] for each in refused.json["available"]] == [
        "application/json", "application/ld+json", f'application/ld+json; profile="{prov.PROFILE}"'
    ]  # fmt: skip


def test_the_usual_form_costs_no_statement_more(seeded: Desk) -> None:
    here = f"/v1/claims/{seeded.by_external_id('niger-2023-11-06/C15')['id']}"
    for headers, expected in (({}, 1), ({"Accept": "application/json"}, 1), (LD, 2), (PROV, 2)):
        seeded.get(here, by="reader", headers=headers)
        with Statements(seeded) as statements:
            seeded.get(here, by="reader", headers=headers)
        assert len([each for each in statements.seen if "tokens" not in each]) == expected


def addresses(document: Any) -> Iterator[str]:
    """Yield what stands where JSON-LD has an address: in `@id`, `id`, `url` and the like."""
    if isinstance(document, list):
        for each in document:
            yield from addresses(each)
    elif isinstance(document, dict):
        for name, value in document.items():
            if name in ("@id", "id", "url", "source", "cached", "partOf", "last", "wasQuotedFrom", "atLocation"):
                yield from (each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str))
            if name != "@context":
                yield from addresses(value)


@pytest.mark.parametrize("host", ["desk.example:8101", "127.0.0.1:8000", "[::1]:8000"])
def test_without_an_address_of_its_own_a_desk_uses_the_clients(seeded: Desk, host: str) -> None:
    """Every document with addresses in it, wherever a client asked for it."""
    claim = seeded.by_external_id("niger-2023-11-06/C15")
    here, own = f"/v1/claims/{claim['id']}", f"http://{host}"
    articles = f"/v1/articles/{claim['article_id']}/annotations"
    documents = [
        (here, LD), (f"{here}/claimreview", {}), (here, PROV), (f"{here}/prov", {}), (f"{here}/annotation", {}),
        (articles, {}), (f"{articles}/page", {}), ("/v1/feeds/claimreviews", {}),
        ("/v1alpha1/claims:search?query=million", {}),
    ]  # fmt: skip
    for path, headers in documents:
        answer = seeded.get(path, headers={**headers, "Host": host})
        assert answer.status_code == 200, path
        found = list(addresses(answer.json))
        assert found, path
        assert [each for each in found if not URL.fullmatch(each) and not each.startswith("urn:uuid:")] == [], path
        assert any(each.startswith(f"{own}/") for each in found), path
    review = seeded.get(here, headers={**LD, "Host": host}).json
    assert (review["@id"], review["url"]) == (f"{own}{here}/claimreview", f"{own}/claims/{claim['id']}")
    assert review["author"] == {"@type": "Organization", "name": "factcheck", "url": f"{own}/"}
    [expanded] = jsonld.expand(review, {"documentLoader": schema_org})
    assert expanded["http://schema.org/url"] == [{"@id": review["url"]}]


def test_a_feed_of_a_desk_without_an_address_is_absolute_and_stays_one_feed(seeded: Desk) -> None:
    ids = set()
    for host in ("one.example", "two.example:8000"):
        root = checked(seeded.get("/v1/feeds/verdicts?limit=1", headers={"Host": host}).data)
        hrefs = [each.get("href") or "" for each in root.iter(f"{ATOM}link")]
        assert len(hrefs) > 5
        assert [each for each in hrefs if not URL.fullmatch(each)] == []
        assert {link(root, rel) for rel in ("self", "first")} == {
            f"http://{host}/v1/feeds/verdicts?limit=1", f"http://{host}/v1/feeds/verdicts",
        }  # fmt: skip
        assert root.findtext(f"{ATOM}author/{ATOM}uri") == f"http://{host}/"
        ids.add(root.findtext(f"{ATOM}id"))
    assert ids == {"tag:localhost,2026:factcheck/v1/feeds/verdicts"}


def test_the_address_that_is_set_goes_before_what_a_client_names(seeded: Desk) -> None:
    here = f"/v1/claims/{seeded.by_external_id('niger-2023-11-06/C15')['id']}"
    for path in (here, "/v1/feeds/verdicts", "/v1/feeds/claimreviews", f"{here}/annotation"):
        answer = public(seeded).get(path, headers={**(LD if path == here else {}), "Host": "evil.example"})
        assert "evil" not in answer.get_data(as_text=True)
        assert BASE in answer.get_data(as_text=True)


# ── JSON-LD ─────────────────────────────────────────────────────────────────────────────────────────────────────

# Of schema.org's own context (release 27.01), what these documents use of it. That one takes any key for one of its
# vocabulary, so that nothing could be lost; this one does not, so that a key which schema.org does not have is.
TERMS = (
    "Article", "Claim", "ClaimReview", "Clip", "CreativeWork", "DataFeed", "DataFeedItem", "Organization", "Person",
    "Place", "Quotation", "Rating", "alternateName", "appearance", "author", "bestRating", "citation", "claimReviewed",
    "creditText", "dataFeedElement", "firstAppearance", "genre", "hasPart", "headline", "identifier", "inLanguage",
    "isPartOf", "item", "itemReviewed", "keywords", "locationCreated", "name", "publisher", "ratingExplanation",
    "ratingValue", "reviewRating", "startOffset", "text", "version", "worstRating",
)  # fmt: skip
DATES = ("dateCreated", "dateModified", "datePublished", "expires")


def schema_org(address: str, _options: Any) -> Json:
    assert address.rstrip("/") == "https://schema.org"
    context: Json = {
        "schema": "http://schema.org/",
        **{term: f"schema:{term}" for term in TERMS},
        **{term: {"@id": f"schema:{term}", "@type": "schema:Date"} for term in DATES},
        **{term: {"@id": f"schema:{term}", "@type": "@id"} for term in ("url", "archivedAt")},
    }
    return {"contextUrl": None, "documentUrl": address, "document": {"@context": context}}


def keys(value: Any) -> list[str]:
    """Return each property of each node of a JSON-LD document, by the last part of its name."""
    if isinstance(value, list):
        return sorted(name for each in value for name in keys(each))
    if not isinstance(value, dict) or "@value" in value:
        return []
    inside = [name for key, each in value.items() if key != "@context" for name in keys(each)]
    own = [re.split("[/#]", key)[-1] for key in value if not key.startswith("@")]
    return sorted(inside + own)


def expands_whole(document: Json) -> list[Any]:
    expanded: list[Any] = jsonld.expand(document, {"base": f"{BASE}/", "documentLoader": schema_org})
    assert keys(expanded) == keys(document)
    return expanded


def test_the_expansion_that_is_tested_with_loses_what_nobody_defined() -> None:
    with pytest.raises(AssertionError):
        expands_whole({"@context": "https://schema.org", "@type": "ClaimReview", "verdict": "no"})


def test_json_ld_expands_without_losing_a_key(desk: Desk, whole: Json) -> None:
    here = f"/v1/claims/{whole['claim']['id']}"
    at = public(desk)
    [review] = expands_whole(at.get(here, headers=LD).json)
    assert review["@type"] == ["http://schema.org/ClaimReview"]
    assert len(expands_whole(at.get(here, headers=PROV).json)) > 10
    [feed] = expands_whole(at.get("/v1/feeds/claimreviews").json)
    [item] = feed["http://schema.org/dataFeedElement"]
    assert item["http://schema.org/item"] == [review]


# ── PROV ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_provenance_of_a_chain(whole: Json) -> None:
    claim, article = whole["claim"], whole["article"]
    document = prov.convert(claim, article, HERE)[0]
    nodes = {node["@id"]: node for node in document["@graph"]}
    me = HERE.claim(claim["id"])
    snapshot = f"{HERE.article(article['id'])}/snapshots/1"
    chain = claim["attribution"]["chain"]
    person, paper, group = (HERE.source(chain[at]["source"]["id"]) for at in (0, 2, 3))
    outlet = HERE.source(article["outlet"]["id"])
    # The first hop was direct, so that what the article says was quoted from it.
    assert nodes[me]["wasQuotedFrom"] == [snapshot, f"{me}#statement-1"]
    assert nodes[me]["hadPrimarySource"] == f"{me}#statement-4"
    assert nodes[me]["wasAttributedTo"] == group
    assert nodes[f"{me}#statement-1"]["wasAttributedTo"] == [person]
    assert nodes[person]["actedOnBehalfOf"] == [outlet]
    assert nodes[f"{me}#statement-1"]["wasDerivedFrom"] == [f"{me}#statement-2"]
    assert nodes[f"{me}#somebody-2"] == {"@id": f"{me}#somebody-2", "@type": "Agent", "label": "a friend of theirs"}
    # A document is nobody: the third statement was derived from it, and from the fourth.
    assert nodes[f"{me}#statement-3"]["wasDerivedFrom"] == [paper, f"{me}#statement-4"]
    assert nodes[paper]["@type"] == "Entity"
    revision = nodes[f"{me}#revision-{claim['revision']}"]
    assert revision["wasRevisionOf"] == f"{me}#revision-{claim['revision'] - 1}"
    assert revision["specializationOf"] == me
    piece = nodes[f"{me}/evidence/{claim['evidence'][0]['id']}"]
    assert (piece["wasAttributedTo"], piece["hadPrimarySource"]) == ([outlet], paper)
    assert nodes[f"{me}#status"]["wasDerivedFrom"] == [me, piece["@id"]]
    # What is named in the graph is in it, but for what the desk has no more of than a name.
    named = {
        each
        for node in nodes.values()
        for name in ("wasAttributedTo", "wasQuotedFrom", "wasDerivedFrom", "hadPrimarySource", "specializationOf")
        for each in (node.get(name, []) if isinstance(node.get(name, []), list) else [node[name]])
    }
    assert named <= set(nodes)


# ── Feeds ───────────────────────────────────────────────────────────────────────────────────────────────────────

ATOM = f"{{{atom.NAMESPACE}}}"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:\S+")


def checked(raw: bytes) -> ElementTree.Element:
    """Hold a document against the MUSTs of RFC 4287 and return its root."""
    root = ElementTree.fromstring(raw)
    assert root.tag == f"{ATOM}feed"

    def said(node: ElementTree.Element, name: str, least: int, most: int) -> list[str]:
        found = [each.text or "" for each in node.findall(f"{ATOM}{name}")]
        assert least <= len(found) <= most, (name, found)
        return found

    def common(node: ElementTree.Element) -> str:
        [name], [updated], [title] = (said(node, each, 1, 1) for each in ("id", "updated", "title"))
        assert ABSOLUTE.fullmatch(name)
        assert INSTANT.fullmatch(updated)
        assert title.strip()
        links = [(link.get("rel"), link.get("type"), link.get("hreflang")) for link in node.findall(f"{ATOM}link")]
        assert all(link.get("href") for link in node.findall(f"{ATOM}link"))
        alternates = [link for link in links if link[0] == "alternate"]
        assert len(set(alternates)) == len(alternates)
        assert all(category.get("term") for category in node.findall(f"{ATOM}category"))
        return name

    common(root)
    assert root.findall(f"{ATOM}author/{ATOM}name")  # so that entries need none
    assert len([link for link in root.findall(f"{ATOM}link") if link.get("rel") == "self"]) == 1
    ids = [common(entry) for entry in root.findall(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids)
    for entry in root.findall(f"{ATOM}entry"):
        assert all(INSTANT.fullmatch(each) for each in said(entry, "published", 0, 1))
        said(entry, "content", 1, 1)
        said(entry, "summary", 0, 1)
    allowed = {"id", "title", "updated", "author", "link", "category", "content", "published", "entry", "name", "uri"}
    assert {node.tag for node in root.iter()} <= {ATOM + name for name in (*allowed, "feed")}
    return root


def entries(root: ElementTree.Element) -> list[str]:
    return [entry.findtext(f"{ATOM}id") or "" for entry in root.findall(f"{ATOM}entry")]


def link(root: ElementTree.Element, rel: str) -> str | None:
    return next((each.get("href") for each in root.findall(f"{ATOM}link") if each.get("rel") == rel), None)


def test_a_feed_of_verdicts(seeded: Desk) -> None:
    at = public(seeded)
    answer = at.get("/v1/feeds/verdicts")
    assert answer.mimetype == "application/atom+xml"
    root = checked(answer.data)
    assert root.findtext(f"{ATOM}title") == "Verdicts by The Desk"
    wanted = seeded.get(f"/v1/claims?status={','.join(VERDICTS)}").json["items"]
    assert entries(root) == [f"urn:uuid:{claim['id']}" for claim in wanted]
    first = root.findall(f"{ATOM}entry")[0]
    assert first.findtext(f"{ATOM}title") == f"Verified: {wanted[0]['text']}"
    assert first.findtext(f"{ATOM}content") == wanted[0]["reason"]
    assert link(first, "alternate") == f"{BASE}/claims/{wanted[0]['id']}"
    etag = answer.headers["ETag"]
    again = at.get("/v1/feeds/verdicts", headers={"If-None-Match": etag})
    assert (again.status_code, again.headers["ETag"], again.data) == (304, etag, b"")
    # Page by page it is the same, and the pages are one feed.
    found, path = [], "/v1/feeds/verdicts?limit=1"
    while path:
        page = checked(at.get(path).data)
        assert page.findtext(f"{ATOM}id") == f"{BASE}/v1/feeds/verdicts"
        assert link(page, "self") == f"{BASE}{path}"
        found += entries(page)
        path = (link(page, "next") or "").removeprefix(BASE)
    assert found == entries(root)
    assert seeded.get("/v1/feeds/verdicts?limit=0").status_code == 422
    assert seeded.get("/v1/feeds/verdicts?cursor=x").status_code == 422
    assert seeded.get("/v1/feeds/verdicts", by=None).status_code == 401
    for number in (1, 2):
        with Statements(seeded) as statements:
            seeded.get(f"/v1/feeds/verdicts?limit={number}", by="reader")
        assert len([each for each in statements.seen if "tokens" not in each]) == 3


def test_a_feed_follows_what_is_decided(desk: Desk) -> None:
    assert checked(desk.get("/v1/feeds/verdicts").data).findall(f"{ATOM}entry") == []
    assert desk.get("/v1/feeds/claimreviews").json["dataFeedElement"] == []
    text = "Odd \x01\x0b\x1b & <b>bold</b> ]]> \ufffe \U0001f600 \u2028 text."
    claims = [desk.claim(text=text), desk.claim(), desk.claim()]
    for claim in claims:
        desk.review(claim["id"], status="unverifiable", reason=REASON)
    before = checked(desk.get("/v1/feeds/verdicts").data)
    assert entries(before) == [f"urn:uuid:{claim['id']}" for claim in reversed(claims)]
    told = before.findall(f"{ATOM}entry")[2].findtext(f"{ATOM}title") or ""
    assert told.endswith("Odd \ufffd\ufffd\ufffd & <b>bold</b> ]]> \ufffd \U0001f600 \u2028 text.")
    desk.review(claims[0]["id"], status="unverifiable", reason="Thought of once more.")
    desk.review(claims[1]["id"], status="in_review", reason="To be thought of again.")
    desk.post(f"/v1/claims/{claims[2]['id']}/withdrawal", {"reason": "It was entered twice."})
    after = checked(desk.get("/v1/feeds/verdicts").data)
    assert entries(after) == [f"urn:uuid:{claims[0]['id']}"]
    items = desk.get("/v1/feeds/claimreviews").json["dataFeedElement"]
    assert [item["item"]["claimReviewed"] for item in items] == [text]


def test_the_feed_of_reviews_is_read_in_pieces(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "CHUNK", 2)
    article = desk.article()["id"]
    claims = [desk.claim(article_id=article, external_id=str(at)) for at in range(5)]
    for claim in claims:
        desk.review(claim["id"], status="unverifiable", reason=REASON)
    answer = desk.get("/v1/feeds/claimreviews")
    assert answer.mimetype == "application/ld+json"
    found = [item["item"]["identifier"][1] for item in answer.json["dataFeedElement"]]
    assert found == ["4", "3", "2", "1", "0"]
    assert desk.request("HEAD", "/v1/feeds/claimreviews").data == b""
    taken = [desk.get("/v1/feeds/claimreviews", buffered=False) for _ in range(3)]
    assert desk.get("/v1/feeds/claimreviews").status_code == 429
    for each in taken:
        each.close()
    assert desk.get("/v1/feeds/claimreviews?limit=1").status_code == 422


def test_a_page_of_verdicts_looks_at_nothing_else(desk: Desk) -> None:
    """Each verdict is read along its own index: however many claims nobody decided, none of them is passed over."""
    with desk.database.reading() as connection:
        if connection.dialect.name != "sqlite":
            return
        compiled = verdicts._keys(True).compile(connection)
        values = compiled.construct_params({"limit": 5, "changed": 9, "seq": 9})
        bound = tuple(values[name] for name in compiled.positiontup or ())
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", bound).all()
    steps = [str(row[-1]) for row in plan if "claims" in str(row[-1])]
    assert len(steps) == len(VERDICTS)
    assert all("SEARCH claims USING INDEX ix_claims_status_changed_index_seq (status=? AND" in step for step in steps)


# ── Blindness ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_whoever_is_to_decide_again_sees_no_verdict_in_any_format(desk: Desk) -> None:
    with desk.database.writing() as session:
        operator = people.operator(session)
        for name in ("first", "second"):
            person = people.add(session, operator, name=f"Person {name}", role=Role.ANALYST)
            desk.people[name], desk.tokens[name] = person.id, people.issue_token(session, operator, name=person.name)
    claim = decided(desk)
    here = f"/v1/claims/{claim['id']}"
    open_to_all = desk.get(here, headers=LD, by="second")
    assert open_to_all.status_code == 200
    asked(desk, claim["id"])
    for path, headers in ((here, LD), (f"{here}/claimreview", {})):
        blind = desk.get(path, headers={**headers, "If-None-Match": open_to_all.headers["ETag"]}, by="second")
        assert blind.status_code == 409
        assert blind.json["detail"].startswith("The claim is in review")
        assert desk.get(path, headers=headers, by="reader").json["reviewRating"]["alternateName"] == "Refuted"
    [row] = [each for each in desk.get(f"{here}/formats", by="second").json["formats"] if each["name"] == "claimreview"]
    assert row["missing"].startswith("The claim is in review")
    assert row["losses"] == []
    for path in ("/v1/feeds/verdicts", "/v1/feeds/claimreviews"):
        assert claim["id"] not in desk.get(path, by="second").get_data(as_text=True)
        assert claim["id"] in desk.get(path, by="reader").get_data(as_text=True)
    with desk.database.reading() as connection:
        assert verdicts.decided(connection, None, 10, None).items[0][0]["id"] == claim["id"]


# ── On the page ─────────────────────────────────────────────────────────────────────────────────────────────────


def data_block(page: str) -> Json | None:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return json.loads(found[0]) if found else None


def test_the_page_of_a_decided_claim_carries_its_review(desk: Desk) -> None:
    at = desk.with_settings(public_read=True, base_url=BASE)
    text = "</script><script>alert(1)</script><!-- &lt; \u2028 ' \" {{7*7}}"
    claim = desk.claim(text=text)
    assert data_block(at.get(f"/claims/{claim['id']}", by=None).get_data(as_text=True)) is None
    desk.review(claim["id"], status="unverifiable", reason="</SCRIPT> it ends here, one might think.")
    page = at.get(f"/claims/{claim['id']}", by=None).get_data(as_text=True)
    review = data_block(page)
    assert review is not None
    assert review == at.get(f"/v1/claims/{claim['id']}/claimreview", by=None).json
    assert review["claimReviewed"] == text
    inside = page.partition('application/ld+json">')[2].partition("</script>")[0]
    assert not set("<>&\u2028\u2029") & set(inside)
    assert f'<link rel="alternate" type="application/ld+json" href="/v1/claims/{claim["id"]}/claimreview">' in page
