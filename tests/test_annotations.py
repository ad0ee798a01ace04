"""Claims as Web Annotations: what the W3C's model must have, pages that miss none, and the way back in."""

import contextlib
import io
import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, NamedTuple

import orjson
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from pyld import jsonld

from factcheck.cli import cli
from factcheck.desk import people
from factcheck.errors import Invalid
from factcheck.exchange import imports, intake
from factcheck.formats import annotations, foreign_annotations
from factcheck.formats.annotations import PROFILE
from factcheck.formats.here import Here
from factcheck.settings import Settings
from factcheck.storage.engine.database import Database
from tests.conftest import Copies
from tests.desk import SECRET, TEXT, Desk
from tests.test_formats import keys

Json = dict[str, Any]
BASE = "https://desk.example.org"
TYPE = f'application/ld+json; profile="{PROFILE}"'
ARTICLE = {
    "type": "article",
    "external_id": "rally",
    "title": "A rally",
    "text": TEXT,
    "url": "https://paper.example/1",
}


def read(desk: Desk, address: str, *, by: str = "reader", status: int = 200, **headers: str) -> Json:
    response = desk.get(address.removeprefix(BASE), headers=headers, by=by)
    assert response.status_code == status, response.get_data(as_text=True)
    if status == 200:
        assert response.content_type == TYPE
    thing: Json = json.loads(response.data)
    return thing


def pages(desk: Desk, article_id: str, limit: int | None = None) -> list[Json]:
    """Follow `next` from the first page to the last."""
    collection = read(desk, f"/v1/articles/{article_id}/annotations")
    address = f"{BASE}/v1/articles/{article_id}/annotations/page?limit={limit}" if limit else collection["first"]["id"]
    every = []
    while address is not None:
        every.append(read(desk, address))
        address = every[-1].get("next")
    return every


@pytest.fixture
def desk_at(seeded: Desk) -> Desk:
    """The desk with the seeds, at its public address."""
    return seeded.with_settings(base_url=BASE)


def seed_article(desk: Desk) -> str:
    return str(desk.get("/v1/articles").json["items"][0]["id"])


# ── The model ───────────────────────────────────────────────────────────────────────────────────────────────────


class Rule(NamedTuple):
    """A MUST of the Web Annotation Data Model, by its section, in our words. `of` yields what it is about."""

    section: str
    words: str
    of: Callable[[Json], Iterator[Any]]
    holds: Callable[[Any], Any]


def many(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def itself(thing: Json) -> Iterator[Any]:
    yield thing


def bodies(thing: Json) -> Iterator[Any]:
    yield from many(thing.get("body"))


def targets(thing: Json) -> Iterator[Any]:
    yield from many(thing["target"])


def texts(thing: Json) -> Iterator[Any]:
    yield from (body for body in bodies(thing) if body.get("type") == "TextualBody")


def selectors(kind: str | None = None) -> Callable[[Json], Iterator[Any]]:
    def of(thing: Json) -> Iterator[Any]:
        for target in targets(thing):
            yield from (each for each in many(target.get("selector")) if kind in (None, each["type"]))

    return of


def states(thing: Json) -> Iterator[Any]:
    for target in targets(thing):
        yield from many(target.get("state"))


def moments(thing: Json) -> Iterator[Any]:
    yield from (thing[name] for name in ("created", "modified", "generated") if name in thing)


IRI = re.compile(r"(https?|urn):[^\s<>\"{}|\\^`]+")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
PURPOSES = {
    "assessing", "bookmarking", "classifying", "commenting", "describing", "editing", "highlighting", "identifying",
    "linking", "moderating", "questioning", "replying", "tagging",
}  # fmt: skip
SELECTORS = {
    "FragmentSelector", "CssSelector", "XPathSelector", "TextQuoteSelector", "TextPositionSelector",
    "DataPositionSelector", "SvgSelector", "RangeSelector",
}  # fmt: skip
KINDS = {"Dataset", "Image", "Video", "Sound", "Text"}


def iri(value: Any) -> bool:
    return isinstance(value, str) and IRI.fullmatch(value) is not None


def whole_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def in_time(state: Json) -> bool:
    """Say whether a state in time has either `sourceDate` or both ends of a range, each an instant in UTC."""
    if state["type"] != "TimeState":
        return True
    days, ends = many(state.get("sourceDate")), [state.get(name) for name in ("sourceDateStart", "sourceDateEnd")]
    told = [each for each in (*days, *ends) if each is not None]
    one_way = bool(days) != any(ends) and (not any(ends) or all(ends))
    return one_way and all(isinstance(each, str) and MOMENT.fullmatch(each) for each in told)


RULES = [
    Rule("3.1", "the context of the model is among its contexts", itself, lambda a: PROFILE in many(a["@context"])),
    Rule("3.1", "it has one IRI", itself, lambda a: iri(a["id"])),
    Rule("3.1", "Annotation is among its types", itself, lambda a: "Annotation" in many(a["type"])),
    Rule("3.1", "it has a target or more", itself, lambda a: list(targets(a))),
    Rule("3.2", "a body is an IRI, a text, a specific resource, a choice, or a resource with an IRI", bodies,
         lambda b: iri(b) or b.get("type") in ("TextualBody", "SpecificResource", "Choice") or iri(b.get("id"))),
    Rule("3.2", "a target likewise", targets,
         lambda t: iri(t) or t.get("type") in ("SpecificResource", "Choice") or iri(t.get("id"))),
    Rule("3.2.1", "a resource elsewhere has one IRI, and its kind is one of the model's", bodies,
         lambda b: b["type"] == "TextualBody" or (iri(b["id"]) and set(many(b["type"])) <= KINDS)),
    Rule("3.2.4", "a text has one value, which is a text", texts, lambda b: isinstance(b["value"], str)),
    Rule("3.2.5", "there is no bodyValue beside a body", itself, lambda a: not ("body" in a and "bodyValue" in a)),
    Rule("3.3.1", "an instant is an xsd:dateTime in UTC with Z", moments, MOMENT.fullmatch),
    Rule("3.3.1", "there is one instant of each kind at most", moments, lambda m: isinstance(m, str)),
    Rule("3.3.2", "an agent has one IRI at most", lambda a: iter(many(a.get("generator"))), lambda g: iri(g["id"])),
    Rule("3.3.5", "a motivation is one of the model's", lambda a: iter(many(a.get("motivation"))),
         PURPOSES.__contains__),
    Rule("3.3.5", "so is a purpose, which texts and specific resources alone have", bodies,
         lambda b: "purpose" not in b or (set(many(b["purpose"])) <= PURPOSES and b["type"] != "Dataset")),
    Rule("4.", "a specific resource has one source, an IRI or what has one", targets, lambda t: iri(t["source"])),
    Rule("4.2", "a selector has one type, which the model knows", selectors(),
         lambda s: isinstance(s["type"], str) and s["type"] in SELECTORS),
    Rule("4.2.4", "a quote has its exact words once", selectors("TextQuoteSelector"),
         lambda s: isinstance(s["exact"], str) and s["exact"]),
    Rule("4.2.4", "and one prefix and one suffix at most", selectors("TextQuoteSelector"),
         lambda s: all(isinstance(s.get(name, ""), str) for name in ("prefix", "suffix"))),
    Rule("4.2.5", "a position has one start and one end, whole and not negative", selectors("TextPositionSelector"),
         lambda s: whole_number(s["start"]) and whole_number(s["end"]) and s["start"] <= s["end"]),
    Rule("4.3", "a state has one type, which the model knows", states,
         lambda s: s["type"] in ("TimeState", "HttpRequestState")),
    Rule("4.3.1", "a state in time has a day, or the first and the last, in UTC", states, in_time),
    Rule("4.3.1", "and its copies are IRIs", states, lambda s: all(map(iri, many(s.get("cached"))))),
]  # fmt: skip


def faults(annotation: Json) -> list[str]:
    found = []
    for rule in RULES:
        try:
            kept = all(rule.holds(each) for each in rule.of(annotation))
        except (KeyError, AttributeError, TypeError):
            kept = False
        if not kept:
            found.append(f"{rule.section} {rule.words}")
    return found


def test_every_claim_of_the_article_is_an_annotation_of_the_model(desk_at: Desk) -> None:
    article = desk_at.get(f"/v1/articles/{seed_article(desk_at)}").json
    claims = {claim["id"]: claim for claim in desk_at.get("/v1/claims?limit=200").json["items"]}
    [page] = pages(desk_at, article["id"])
    assert len(page["items"]) == len(claims) == 31
    for item in page["items"]:
        annotation = read(desk_at, item["id"])  # the id leads to the annotation
        assert annotation == {"@context": page["@context"], **item}
        assert faults(annotation) == []
        claim = claims[item["body"][-1]["id"].rpartition("/")[2]]
        said = [(body["purpose"], body["value"]) for body in texts(annotation)]
        assert said[0] == ("describing", claim["text"])
        assert [("tagging", claim["status"]), ("tagging", claim["attribution"]["status"])] == [
            each for each, body in zip(said, texts(annotation), strict=True)
            if "factcheck:question" in body and each[0] == "tagging"
        ]  # fmt: skip
        assert (claim["reason"] is None) or ("assessing", claim["reason"]) in said
        # Each part of a quote is a target, whose two selectors select the same words of the text that its state names.
        assert len(list(targets(annotation))) == len(claim["quotes"])
        for target, quote in zip(targets(annotation), claim["quotes"], strict=True):
            words, place = target["selector"]
            snapshot = desk_at.get(target["state"]["cached"].removeprefix(BASE)).json["text"]
            assert snapshot[place["start"] : place["end"]] == words["exact"] == quote["exact"]
            assert snapshot[: place["start"]].endswith(words["prefix"])
            assert snapshot[place["end"] :].startswith(words["suffix"])
    assert any(len(list(targets(item))) > 1 for item in page["items"])


# Of the model's own context (http://www.w3.org/ns/anno.jsonld), what these documents use of it.
OA, AS, DCTERMS = "http://www.w3.org/ns/oa#", "http://www.w3.org/ns/activitystreams#", "http://purl.org/dc/terms/"
TYPES = ("Annotation", "SpecificResource", "TextPositionSelector", "TextQuoteSelector", "TextualBody", "TimeState")
LINKS = {
    "body": f"{OA}hasBody", "target": f"{OA}hasTarget", "source": f"{OA}hasSource", "selector": f"{OA}hasSelector",
    "state": f"{OA}hasState", "cached": f"{OA}cachedSource", "generator": f"{AS}generator", "partOf": f"{AS}partOf",
    "first": f"{AS}first", "last": f"{AS}last", "next": f"{AS}next", "prev": f"{AS}prev",
}  # fmt: skip
VALUES = {
    **{name: f"{OA}{name}" for name in ("exact", "prefix", "suffix", "start", "end", "sourceDate")},
    "created": f"{DCTERMS}created", "modified": f"{DCTERMS}modified", "total": f"{AS}totalItems",
    "startIndex": f"{AS}startIndex", "value": "http://www.w3.org/1999/02/22-rdf-syntax-ns#value",
    "name": "http://xmlns.com/foaf/0.1/name", "label": "http://www.w3.org/2000/01/rdf-schema#label",
    "language": "http://purl.org/dc/elements/1.1/language", "format": "http://purl.org/dc/elements/1.1/format",
}  # fmt: skip
MODEL: Json = {
    "id": "@id", "type": "@type",
    **{name: f"{OA}{name}" for name in (*TYPES, "assessing", "describing", "tagging")},
    "Dataset": "http://purl.org/dc/dcmitype/Dataset", "Software": f"{AS}Application",
    "AnnotationCollection": f"{AS}OrderedCollection", "AnnotationPage": f"{AS}OrderedCollectionPage",
    **{name: {"@id": iri, "@type": "@id"} for name, iri in LINKS.items()}, **VALUES,
    "items": {"@id": f"{AS}items", "@type": "@id", "@container": "@list"},
    "motivation": {"@id": f"{OA}motivatedBy", "@type": "@vocab"},
    "purpose": {"@id": f"{OA}hasPurpose", "@type": "@vocab"},
}  # fmt: skip


def model(address: str, _options: Any) -> Json:
    assert address == PROFILE
    return {"contextUrl": None, "documentUrl": address, "document": {"@context": MODEL}}


def terms(value: Any) -> list[str]:
    """Return the property that each member of a document stands for, by the last part of its name."""
    if isinstance(value, list):
        return [name for each in value for name in terms(each)]
    if not isinstance(value, dict):
        return []
    found = []
    for key, each in value.items():
        if key not in ("@context", "id", "type"):
            meaning = MODEL.get(key, key)
            found.append(re.split("[/#:]", meaning["@id"] if isinstance(meaning, dict) else meaning)[-1])
            found += terms(each)
    return found


def expanded(document: Json) -> Json:
    """Expand a document, and demand that no member of it is lost."""
    [found] = jsonld.expand(document, {"base": f"{BASE}/", "documentLoader": model})
    assert keys(found) == sorted(terms(document))
    whole: Json = found
    return whole


def test_json_ld_expands_without_losing_a_key(desk_at: Desk) -> None:
    article = seed_article(desk_at)
    collection = expanded(read(desk_at, f"/v1/articles/{article}/annotations"))
    assert collection["@type"] == [f"{AS}OrderedCollection"]
    [page] = pages(desk_at, article)
    [items] = expanded(page)[f"{AS}items"]
    assert len(items["@list"]) == 31
    for item, whole in zip(page["items"], items["@list"], strict=True):
        assert expanded(read(desk_at, item["id"])) == whole
        assert whole[f"{OA}motivatedBy"] == [{"@id": f"{OA}assessing"}]
    with pytest.raises(AssertionError):
        expanded({"@context": PROFILE, "type": "Annotation", "verdict": "no"})


def test_a_rule_sees_what_breaks_it(desk_at: Desk) -> None:
    [page] = pages(desk_at, seed_article(desk_at))
    good = annotations.whole(page["items"][0])
    broken: list[tuple[str, Callable[[Json], Any]]] = [
        ("3.1", lambda a: a.update({"@context": "https://schema.org"})),
        ("3.1", lambda a: a.pop("id")),
        ("3.1", lambda a: a.update(type="Note")),
        ("3.1", lambda a: a.update(target=[])),
        ("3.2", lambda a: a["body"].append({"type": "Dataset"})),
        ("3.2", lambda a: a.update(target={"type": "Thing"})),
        ("3.2.1", lambda a: a["body"][-1].update(type="Claim")),
        ("3.2.4", lambda a: a["body"][0].pop("value")),
        ("3.2.5", lambda a: a.update(bodyValue="x")),
        ("3.3.1", lambda a: a.update(created="2023-11-06")),
        ("3.3.1", lambda a: a.update(modified=["2023-11-06T00:00:00Z"] * 2)),
        ("3.3.2", lambda a: a["generator"].update(id="/")),
        ("3.3.5", lambda a: a.update(motivation="judging")),
        ("3.3.5", lambda a: a["body"][0].update(purpose="judging")),
        ("4.", lambda a: next(targets(a)).pop("source")),
        ("4.2", lambda a: next(selectors()(a)).update(type="WordSelector")),
        ("4.2.4", lambda a: next(selectors("TextQuoteSelector")(a)).pop("exact")),
        ("4.2.4", lambda a: next(selectors("TextQuoteSelector")(a)).update(prefix=["a", "b"])),
        ("4.2.5", lambda a: next(selectors("TextPositionSelector")(a)).update(start=-1)),
        ("4.3", lambda a: next(states(a)).update(type="State")),
        ("4.3.1", lambda a: next(states(a)).update(sourceDate="2023-11-06T00:00:00+01:00")),
        ("4.3.1", lambda a: next(states(a)).pop("sourceDate")),
        ("4.3.1", lambda a: next(states(a)).update(sourceDateStart="2023-11-06T00:00:00Z")),
        ("4.3.1", lambda a: next(states(a)).update(cached="/v1/articles/1")),
    ]
    for section, harm in broken:
        bad = deepcopy(good)
        harm(bad)
        assert section in {fault.split()[0] for fault in faults(bad)}, section
    assert {section for section, _ in broken} == {rule.section for rule in RULES}


def test_a_claim_says_what_it_loses(seeded: Desk) -> None:
    claim = seeded.by_external_id("niger-2023-11-06/C15")
    _, lost = annotations.convert(claim, {}, Here("factcheck", BASE), {1: "2023-11-06T00:00:00Z"})
    fields = {loss.field for loss in lost}
    assert {"attribution.chain", "evidence", "reviewed_by", "kind", "quantity"} <= fields
    assert "second_opinion" not in fields  # the claim has none
    assert all(loss.why for loss in lost)


# ── Collections and pages ───────────────────────────────────────────────────────────────────────────────────────


def test_pages_lead_both_ways_and_miss_none(desk_at: Desk) -> None:
    article = seed_article(desk_at)
    address = f"/v1/articles/{article}/annotations"
    collection = read(desk_at, address)
    assert (collection["id"], collection["type"], collection["total"]) == (
        f"{BASE}{address}",
        "AnnotationCollection",
        31,
    )
    [whole] = pages(desk_at, article)
    assert collection["first"]["items"] == whole["items"]
    assert "@context" not in collection["first"]
    first = f"{BASE}{address}/page"
    assert collection["last"] == collection["first"]["id"] == whole["id"] == first
    for limit in (1, 7, 10, 30, 31):
        forth = pages(desk_at, article, limit)
        assert [item for page in forth for item in page["items"]] == whole["items"]
        assert [page["startIndex"] for page in forth] == list(range(0, 31, limit))
        for page, before in zip(forth, [None, *forth], strict=False):
            assert PROFILE in page["@context"]
            assert (page["type"], page["partOf"]) == ("AnnotationPage", collection["id"])
            assert 1 <= len(page["items"]) <= limit
            assert ("prev" in page) == (before is not None)
            if before is not None:
                assert page["id"] == before["next"]
                assert read(desk_at, page["prev"])["items"] == before["items"]
    # What changes between two pages goes to the end.
    first = pages(desk_at, article, 10)[0]
    changed = first["items"][3]["body"][-1]["id"].rpartition("/")[2]
    assert desk_at.patch(f"/v1/claims/{changed}", {"tags": ["x"]}, etag="*").status_code == 200
    rest, following = [], first["next"]
    while following:
        page = read(desk_at, following)
        rest += [item["id"] for item in page["items"]]
        following = page.get("next")
    assert rest == [*(item["id"] for item in whole["items"][10:]), first["items"][3]["id"]]


def test_an_article_without_claims_has_no_page(desk: Desk) -> None:
    article = desk.article()["id"]
    collection = desk.get(f"/v1/articles/{article}/annotations").json
    assert collection["total"] == 0
    assert "first" not in collection
    assert "last" not in collection
    assert desk.get(f"/v1/articles/{article}/annotations/page").status_code == 404
    nothing = "01890000-0000-7000-8000-000000000000"
    for path in (
        f"articles/{nothing}/annotations",
        f"articles/{nothing}/annotations/page",
        f"claims/{nothing}/annotation",
    ):
        assert desk.get(f"/v1/{path}").status_code == 404


def test_what_the_protocol_asks_of_answers(desk_at: Desk) -> None:
    article = seed_article(desk_at)
    address = f"/v1/articles/{article}/annotations"
    one = pages(desk_at, article)[0]["items"][0]["id"].removeprefix(BASE)
    for path in (address, one):
        response = desk_at.get(path)
        links = response.headers["Link"]
        assert '<http://www.w3.org/ns/ldp#Resource>; rel="type"' in links
        assert ("http://www.w3.org/ns/ldp#constrainedBy" in links) == (path == address)
        assert response.headers["Allow"] == "GET, HEAD, OPTIONS"
        assert "Accept" in response.headers["Vary"]
        etag = response.headers["ETag"]
        assert desk_at.get(path, headers={"If-None-Match": etag}).status_code == 304
        head = desk_at.request("HEAD", path)
        assert (head.status_code, head.headers["ETag"], head.data) == (200, etag, b"")
        assert {"GET", "HEAD", "OPTIONS"} == set(desk_at.request("OPTIONS", path).headers["Allow"].split(", "))
        for accept in ("application/ld+json", TYPE, "*/*", f"text/turtle;q=0.9, {TYPE};q=0.1"):
            assert desk_at.get(path, headers={"Accept": accept}).content_type == TYPE
        assert desk_at.get(path, headers={"Accept": "application/json"}).content_type == "application/json"
        refused = desk_at.get(path, headers={"Accept": "text/turtle"})
        assert (refused.status_code, refused.json["available"][0]["type"]) == (406, TYPE)
    assert desk_at.get(f"{address}/page?limit=10").headers["Link"].count("rel=") == 2

    def preferring(what: str) -> Any:
        return desk_at.get(address, headers={"Prefer": f'return=representation;include="{what}"'})

    whole = read(desk_at, address)
    minimal = preferring("http://www.w3.org/ns/ldp#PreferMinimalContainer")
    assert minimal.headers["Preference-Applied"] == "return=representation"
    assert json.loads(minimal.data) == whole | {"first": whole["first"]["id"]}
    addresses = json.loads(preferring("http://www.w3.org/ns/oa#PreferContainedIRIs").data)
    assert addresses["first"]["items"] == [item["id"] for item in whole["first"]["items"]]
    assert json.loads(preferring("http://www.w3.org/ns/oa#PreferContainedDescriptions").data) == whole
    assert "Prefer" in minimal.headers["Vary"]


def test_reviewers_stay_blind_and_nobody_reads_without_a_token(desk_at: Desk) -> None:
    claim = desk_at.by_external_id("niger-2023-11-06/C15")
    with desk_at.database.writing() as session:
        operator = people.operator(session)
        second = people.add(session, operator, name="Second analyst", role="analyst")
        desk_at.tokens["second"] = people.issue_token(session, operator, name=second.name)
        second_id = second.id
    assert desk_at.post(f"/v1/claims/{claim['id']}/second-opinion", {"reviewer_id": second_id}).status_code == 201
    path = f"/v1/claims/{claim['id']}/annotation"
    reason = orjson.dumps(claim["reason"])[1:-1].decode()
    for address in (path, f"/v1/articles/{claim['article_id']}/annotations"):
        assert reason in desk_at.get(address).get_data(as_text=True)
        hidden = desk_at.get(address, by="second").get_data(as_text=True)
        assert reason not in hidden
        assert desk_at.get(address, by=None).status_code == 401
    statuses = [body["value"] for body in texts(read(desk_at, path, by="second")) if "factcheck:question" in body]
    assert statuses == ["in_review", "unverified"]
    assert desk_at.post(f"/v1/claims/{claim['id']}/withdrawal", {"reason": "Entered twice."}).status_code == 204
    assert desk_at.get(path).status_code == 410


# ── The way back in ─────────────────────────────────────────────────────────────────────────────────────────────


def exported(seeded: Desk, monkeypatch: pytest.MonkeyPatch, *options: str) -> bytes:
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", seeded.settings.database_url)
    monkeypatch.setenv("FACTCHECK_SECRET_KEY", SECRET)
    monkeypatch.setenv("FACTCHECK_BASE_URL", BASE)
    done = CliRunner().invoke(cli, ["export", *options])
    assert done.exit_code == 0, done.output
    return done.stdout_bytes


@pytest.fixture
def empty(copies: Copies) -> Iterator[Desk]:
    """Another desk, on the same kind of database."""
    url = copies.copy("migrated")
    desk = Desk(Settings(database_url=url, secret_key=SECRET))
    yield desk
    desk.close()
    copies.forget(url)


def entered(database: Database, raw: bytes, form: str) -> list[Json]:
    found = []
    for batch in intake.batches(io.BytesIO(raw), form):
        with database.writing() as session:
            found += [each.as_json() for each in imports.enter(session, people.operator(session), batch.lines)]
    return found


def core(claim: Json) -> Json:
    """Return what must be the same elsewhere: everything that was entered, with sources by name."""
    quotes = ("exact", "prefix", "suffix", "start", "end", "snapshot", "state")
    chain = [
        hop | {part: hop[part] and hop[part]["name"] for part in ("source", "on_behalf_of")}
        for hop in claim["attribution"]["chain"]
    ]
    told = ("stance", "url", "title", "excerpt", "archived_url", "note")
    return {
        **{name: claim[name] for name in ("external_id", "text", "kind", "quantity", "tags")},
        "article": claim["article"]["title"],
        "quotes": [{name: quote[name] for name in quotes} for quote in claim["quotes"]],
        "chain": chain,
        "occurrences": [each | {"id": None, "capture_id": None} for each in claim.get("occurrences", ())],
        "evidence": [
            {name: item[name] for name in told}
            | {part: item[part] and item[part]["name"] for part in ("source", "origin")}
            for item in claim["evidence"]
        ],
    }


@pytest.mark.parametrize("form", ["ndjson", "annotations", "both"])
def test_all_seed_claims_go_to_an_empty_desk_and_stay_the_same(
    seeded: Desk, empty: Desk, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """Export all, import into an empty desk: the same texts, quotes, offsets and chains, and no status."""
    if form == "both":  # sources and articles as lines first, then the claims as annotations by themselves
        raw = exported(seeded, monkeypatch, "--everything")
        things = b"".join(each for each in raw.splitlines(True) if json.loads(each)["type"] != "claim")
        assert {each["result"] for each in entered(empty.database, things, "ndjson")} == {"added"}
        raw = exported(seeded, monkeypatch, "--format", "annotations")
    else:
        raw = exported(seeded, monkeypatch, "--everything", "--format", form)
    read_as = "ndjson" if form == "ndjson" else "annotations"
    results = entered(empty.database, raw, read_as)
    assert [each for each in results if each["result"] != "added"] == []
    before, after = (
        {claim["external_id"]: claim for claim in desk.get("/v1/claims?limit=200").json["items"]}
        for desk in (seeded, empty)
    )
    assert len(before) == 31
    assert {key: core(claim) for key, claim in after.items()} == {key: core(claim) for key, claim in before.items()}
    assert {claim["status"] for claim in after.values()} == {"unverified"}
    assert {claim["attribution"]["status"] for claim in after.values()} == {"unverified"}
    texts = [desk.get(f"/v1/articles/{seed_article(desk)}").json["text"] for desk in (seeded, empty)]
    assert texts[0] == texts[1]
    assert {each["result"] for each in entered(empty.database, raw, read_as)} == {"unchanged"}


FOREIGN: Json = {
    "@context": PROFILE,
    "id": "https://notes.example/a1",
    "type": "Annotation",
    "body": [
        {"type": "TextualBody", "value": "Crowd size", "purpose": "tagging"},
        {"type": "TextualBody", "value": "A million came.", "purpose": "commenting", "format": "text/html"},
        {"id": "https://notes.example/picture", "type": "Image"},
    ],
    "target": {
        "source": "https://paper.example/1",
        "selector": [
            {"type": "RangeSelector"},
            {"type": "TextPositionSelector", "start": 900, "end": 935},
            {"type": "TextQuoteSelector", "exact": "up to a million people", "prefix": "claiming that "},
        ],
    },
}


def sent(desk: Desk, body: Any, *, status: int = 200, kind: str = TYPE, query: str = "") -> list[Json]:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    response = desk.request("POST", f"/v1/imports{query}", data=raw, headers={"Content-Type": kind}, by="contributor")
    assert response.status_code == status, response.get_data(as_text=True)
    return [json.loads(each) for each in response.data.splitlines()]


def test_an_annotation_from_elsewhere_becomes_a_claim(desk: Desk) -> None:
    article = desk.article(url="https://paper.example/1")["id"]
    desk.article(url="https://paper.example/1", title="Entered again")
    [result] = sent(desk, FOREIGN)
    assert (result["result"], result["external_id"]) == ("added", "https://notes.example/a1")
    claim = desk.get(f"/v1/claims/{result['id']}").json
    assert (claim["article_id"], claim["text"], claim["kind"]) == (article, "A million came.", "factual")
    assert claim["tags"] == ["Crowd-size"]
    # Where it stood on another's page does not count; its words and what is before them do.
    assert [(quote["exact"], quote["start"]) for quote in claim["quotes"]] == [
        ("up to a million people", TEXT.index("up to a million"))
    ]
    assert (claim["status"], claim["attribution"]["chain"]) == ("unverified", [])
    [again] = sent(desk, FOREIGN)
    assert again["result"] == "unchanged"
    by_id = FOREIGN | {
        "id": "https://notes.example/a2",
        "target": FOREIGN["target"] | {"source": f"/v1/articles/{article}"},
    }
    assert [each["result"] for each in sent(desk, [FOREIGN, by_id])] == ["unchanged", "added"]


def test_documents_and_lines(desk: Desk) -> None:
    desk.article(url="https://paper.example/1")
    notes = [FOREIGN | {"id": f"https://notes.example/{at}"} for at in range(5)]
    page = {"@context": PROFILE, "id": "p", "type": "AnnotationPage", "items": notes[:2]}
    collection = {"id": "c", "type": "AnnotationCollection", "first": {**page, "items": notes[2:4]}}
    documents: list[tuple[Any, list[tuple[int, str]]]] = [
        (page, [(1, "added"), (1, "added")]),
        (orjson.dumps(collection, option=orjson.OPT_INDENT_2), [(1, "added"), (2, "added")]),
        (b"\n" + orjson.dumps(notes[0]) + b"\n\n" + orjson.dumps(notes[4]), [(2, "unchanged"), (4, "added")]),
        (orjson.dumps(notes, option=orjson.OPT_INDENT_2), [(at, "unchanged") for at in range(1, 6)]),
        (b"", []),
        (b" \n \n", []),
        (b"[]", []),
        (b"{nothing", [(1, "refused")]),
        (orjson.dumps(notes[0]) + b"\n{nothing\n" + orjson.dumps(notes[1]),
         [(1, "unchanged"), (2, "refused"), (3, "unchanged")]),
        ({"type": "AnnotationCollection", "first": "https://notes.example/page1"}, [(1, "refused")]),
        ([notes[0], "https://notes.example/1", 5, None, [], {}], [(1, "unchanged"), *[(1, "refused")] * 4]),
    ]  # fmt: skip
    for document, told in documents:
        assert [(each["line"], each["result"]) for each in sent(desk, document)] == told, document
    # A dry run knows an article of an earlier line by its address too.
    lines = [
        ARTICLE | {"url": "https://paper.example/2"},
        FOREIGN | {"target": FOREIGN["target"] | {"source": "https://paper.example/2"}, "id": "n"},
    ]
    raw = b"\n".join(map(orjson.dumps, lines))
    for query in ("?dry_run=true", ""):
        assert [each["result"] for each in sent(desk, raw, query=query)] == ["added", "added"]


def harmed(**changes: Any) -> Json:
    return FOREIGN | changes


def selecting(*selectors: Json) -> Json:
    return harmed(target=FOREIGN["target"] | {"selector": list(selectors)})


def adding(body: Json) -> Json:
    return harmed(body=[*FOREIGN["body"], {"id": "c", **body}])


REFUSED = [
    (harmed(type="Note"), "/type"),
    (harmed(body=[]), "/body"),
    (harmed(body="https://notes.example/text"), "/body"),
    (harmed(body=FOREIGN["body"][:1]), "/body"),
    (harmed(body={"type": "TextualBody", "value": 5}, id=None), "/text"),
    (harmed(body={"type": "TextualBody", "value": "x\u0000"}), "/body/value"),
    (harmed(target=[]), "/quotes"),
    (harmed(target="https://paper.example/1"), "/target/0/selector"),
    (harmed(target=[FOREIGN["target"], FOREIGN["target"] | {"source": "https://paper.example/3"}]), "/target"),
    (harmed(target=FOREIGN["target"] | {"source": "https://paper.example/none"}), "/article_id"),
    (selecting({"type": "TextPositionSelector", "start": 1, "end": 2}), "/target/0/selector"),
    (selecting({"type": "TextQuoteSelector"}), "/quotes/0/exact"),
    (selecting({"type": "TextQuoteSelector", "exact": "two million"}), "/quotes/0"),
    (selecting({"type": "TextQuoteSelector", "exact": "organizers"}, {"type": "TextPositionSelector", "start": 1}),
     "/quotes/0"),
    (adding({"factcheck:kind": "factual", "factcheck:status": "verified"}), "/status"),
    (adding({"factcheck:kind": "rumour"}), "/kind"),
    (adding({"factcheck:kind": "factual", "factcheck:attribution": {"factcheck:source_id": "nobody"}}),
     "/attribution/0/directness"),
]  # fmt: skip


def test_what_is_not_taken_says_where_and_why(desk: Desk) -> None:
    desk.article(url="https://paper.example/1")
    count = len(desk.changes())
    for annotation, pointer in REFUSED:
        [result] = sent(desk, annotation)
        assert result["result"] == "refused", annotation
        assert pointer in {error["pointer"] for error in result["problem"]["errors"]}, result
    assert len(desk.changes()) == count


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 2**53) | st.text(max_size=5)
    | st.sampled_from(["Annotation", "TextualBody", "TextQuoteSelector"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "body", "target", "selector", "source", "state", "cached", "value", "purpose", "id",
                         "exact", "start", "items", "first", "factcheck:kind", "factcheck:attribution"]),
        inner, max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip


@given(anything)
def test_no_document_is_an_accident(document: Any) -> None:
    annotation = document | {"type": "Annotation"} if isinstance(document, dict) else document
    raw = orjson.dumps(annotation)
    for batch in intake.batches(io.BytesIO(raw), "annotations"):
        for each in batch.lines:
            assert each.line >= 1
    with contextlib.suppress(Invalid):
        foreign_annotations.line(annotation)
