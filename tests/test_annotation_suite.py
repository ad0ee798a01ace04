"""The MUSTs of the W3C's test suite for annotations (w3c/web-annotation-tests), on all that the desk gives out.

The suite is for people with a browser: each `….test` file is a list of assertions, each a JSON schema. Here each
assertion that says "must" has its name there, and a check in our words of what its schema accepts; the suite's own
files are not in this repository.
"""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from factcheck.cli import cli
from factcheck.formats.annotations import PROFILE
from tests.desk import SECRET, Desk
from tests.test_annotations import pages, read, seed_article

Json = dict[str, Any]
Check = Callable[[Json], bool]
BASE = "https://desk.example.org"
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


# ── What the suite's definitions accept ─────────────────────────────────────────────────────────────────────────


def many(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def uri(value: Any) -> bool:
    """`id.json#/definitions/stringUri`."""
    if not isinstance(value, str) or re.search(r"[\s<>\"{}|\\^`]", value):
        return False
    parts = urlsplit(value)
    return bool(parts.scheme) and bool(parts.netloc or parts.path)


def date_time(value: Any) -> bool:
    return isinstance(value, str) and _DATE_TIME.fullmatch(value) is not None


def integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def single(value: Any, good: Callable[[Any], bool]) -> bool:
    """Say whether this is one good value, as it is or as a list of one."""
    return len(many(value)) == 1 and good(many(value)[0])


def if_there(name: str, good: Callable[[Any], bool]) -> Check:
    return lambda thing: name not in thing or single(thing[name], good)


def context(thing: Json) -> bool:
    return PROFILE in many(thing.get("@context"))


def typed(name: str) -> Check:
    return lambda thing: name in many(thing.get("type"))


def is_choice(thing: Any) -> bool:
    return isinstance(thing, dict) and thing.get("type") in ("Choice", "Composite", "List", "Independents")


def is_external(thing: Any) -> bool:
    return isinstance(thing, dict) and uri(thing.get("id")) and not {"value", "source", "target"} & thing.keys()


def is_textual(thing: Any) -> bool:
    return isinstance(thing, dict) and isinstance(thing.get("value"), str)


def is_specific(thing: Any) -> bool:
    """Say whether this has one source, and something that makes it specific."""
    parts = {"purpose", "selector", "state", "styleClass", "renderedVia", "scope"}
    source = thing.get("source") if isinstance(thing, dict) else None
    return (uri(source) or is_external(source)) and bool(parts & thing.keys())


def recognized(*kinds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Exactly one of the kinds, as the suite's `oneOf` has it."""
    return lambda thing: sum(kind(thing) for kind in (uri, is_choice, is_specific, is_external, *kinds)) == 1


def parts(thing: Json, name: str) -> Iterator[Json]:
    """Yield the objects among the bodies or the targets of an annotation."""
    yield from (each for each in many(thing.get(name)) if isinstance(each, dict))


def every(name: str, good: Check) -> Check:
    return lambda thing: all(good(each) for each in parts(thing, name))


def none_of(name: str, kind: Callable[[Any], bool], member: str) -> Check:
    return every(name, lambda each: not (kind(each) and member in each))


def inside(member: str, kinds: tuple[str, ...], good: Check) -> Check:
    """Demand something of each selector or state of these types, in each body and target."""

    def check(thing: Json) -> bool:
        found = [each for name in ("body", "target") for part in parts(thing, name) for each in many(part.get(member))]
        return all(good(each) for each in found if isinstance(each, dict) and each.get("type") in kinds)

    return check


def text_or(*names: str) -> Check:
    return lambda each: sum(isinstance(each.get(name), str) for name in names) == 1


def positions(each: Json) -> bool:
    return integer(each.get("start")) and integer(each.get("end"))


def quoted(each: Json) -> bool:
    return single(each.get("exact"), lambda value: isinstance(value, str)) and all(
        isinstance(each.get(name, ""), str) for name in ("prefix", "suffix")
    )


def in_time(each: Json) -> bool:
    """Either `sourceDate` or both ends of a range, each one instant."""
    ends = [each.get("sourceDateStart"), each.get("sourceDateEnd")]
    if "sourceDate" in each:
        return ends == [None, None] and single(each["sourceDate"], date_time)
    return all(map(date_time, ends))


SELECTORS = {
    "FragmentSelector", "CssSelector", "XPathSelector", "TextQuoteSelector", "TextPositionSelector",
    "DataPositionSelector", "SvgSelector", "RangeSelector",
}  # fmt: skip


def known(member: str, kinds: set[str]) -> Check:
    """Demand that each selector or state is an address, or of a type that the model has."""

    def check(part: Json) -> bool:
        return member not in part or (
            many(part[member]) != []
            and all(uri(each) or (isinstance(each, dict) and each.get("type") in kinds) for each in many(part[member]))
        )

    return lambda thing: all(check(part) for name in ("body", "target") for part in parts(thing, name))


def refined(thing: Json) -> bool:
    found = [each for name in ("body", "target") for part in parts(thing, name) for each in many(part.get("selector"))]
    return all(
        each["refinedBy"].get("type") in SELECTORS | {"TimeState", "HttpRequestState"}
        for each in found
        if isinstance(each, dict) and "refinedBy" in each
    )


def resources(short: str, name: str) -> dict[str, Check]:
    """Return the assertions that the suite makes of bodies and, alike, of targets."""
    folder = "bodiesTargets"
    direction = {"ltr", "rtl", "auto"}
    members = {
        "3.2.1-{}TextDirectionValidated": if_there("textDirection", lambda value: value in direction),
        "3.3.1-{}CreatedValidated": if_there("created", date_time),
        "3.3.1-{}ModifiedValidated": if_there("modified", date_time),
        "3.3.6-{}RightsValidated": lambda each: all(map(uri, many(each.get("rights")))),
        "3.3.7-{}CanonicalValidated": if_there("canonical", uri),
        "3.3.7-{}ViaValidated": lambda each: all(map(uri, many(each.get("via")))),
    }
    without = {
        "3.2.7-{}EWRNoItems": (is_external, "items"),
        "3.3.5-{}EWRNoPurpose": (is_external, "purpose"),
        "3.2.4-{}ChoiceSetNoValue": (is_choice, "value"),
        "4-{}ChoiceSetNoSource": (is_choice, "source"),
        "3.3.5-{}ChoiceSetNoPurpose": (is_choice, "purpose"),
        "3.2.7-{}SpecificResourceNoItems": (is_specific, "items"),
    }
    if name == "body":
        without |= {
            "3.2.7-{}EmbeddedTextualNoItems": (is_textual, "items"),
            "4-{}EmbeddedTextualNoSource": (is_textual, "source"),
        }
    found = {f"{folder}/{key.format(short)}": every(name, good) for key, good in members.items()}
    return found | {
        f"{folder}/{key.format(short)}": none_of(name, kind, member) for key, (kind, member) in without.items()
    }


ANNOTATION: dict[str, Check] = {
    # annotations/annotationMusts.test
    "annotations/3.1-annotationContextValidated": context,
    "annotations/3.1-annotationIdValidated": lambda a: single(a.get("id"), uri),
    "annotations/3.1-annotationTypeValidated": typed("Annotation"),
    "annotations/3.1-targetKeyFound": lambda a: bool(many(a.get("target"))),
    "annotations/3.2-targetObjectsRecognized": lambda a: all(map(recognized(), many(a.get("target")))),
    "annotations/3.2.5-notBodyBodyValue": lambda a: not {"body", "bodyValue"} <= a.keys(),
    "annotations/3.3.1-annotationCreatedValidated": if_there("created", date_time),
    "annotations/3.3.1-annotationModifiedValidated": if_there("modified", date_time),
    "annotations/3.3.1-annotationGeneratedValidated": if_there("generated", date_time),
    "annotations/3.3.6-annotationRightsValidated": lambda a: all(map(uri, many(a.get("rights")))),
    "annotations/3.3.7-annotationCanonicalValidated": if_there("canonical", uri),
    "annotations/3.3.7-annotationViaValidated": lambda a: all(map(uri, many(a.get("via")))),
    # bodiesTargets/bodyMusts.test and targetMusts.test
    "annotations/3.2-bodyObjectsRecognized": lambda a: all(map(recognized(is_textual), many(a.get("body")))),
    **resources("body", "body"),
    **resources("targ", "target"),
    # specificResource/specificResourceMusts.test
    "specificResource/4.2-selectorValidIfPresent": known("selector", SELECTORS),
    "specificResource/4.3-stateValidIfPresent": known("state", {"TimeState", "HttpRequestState"}),
    "specificResource/4.3.3-refinedByValidated": refined,
    "specificResource/4.4-styleClassValidIfPresent": lambda a: all(
        isinstance(part.get("styleClass", ""), str) for name in ("body", "target") for part in parts(a, name)
    ),
    "specificResource/4.2-fragmentCssXPathSelectorValid": inside(
        "selector", ("FragmentSelector", "CssSelector", "XPathSelector"), text_or("value", "id")
    ),
    "specificResource/4.2.4-textQuoteSelectorValid": inside("selector", ("TextQuoteSelector",), quoted),
    "specificResource/4.2-TextDataPositionSelectorValid": inside(
        "selector", ("TextPositionSelector", "DataPositionSelector"), positions
    ),
    "specificResource/4.2.7-svgSelectorValid": inside("selector", ("SvgSelector",), text_or("value", "id")),
    "specificResource/4.2.8-rangeSelectorValid": inside(
        "selector", ("RangeSelector",), lambda each: {"startSelector", "endSelector"} <= each.keys()
    ),
    "specificResource/4.3.1-timeStateValid": inside("state", ("TimeState",), in_time),
    "specificResource/4.3.2-httpRequestStateValid": inside("state", ("HttpRequestState",), text_or("value")),
}


def page_or_uri(value: Any) -> bool:
    return uri(value) or (isinstance(value, dict) and typed("AnnotationPage")(value))


COLLECTION: dict[str, Check] = {
    # collections/collectionMusts.test
    "collections/5.1-collectionContextValidated": context,
    "collections/5.1-collectionIdValidated": lambda c: single(c.get("id"), uri),
    "collections/5.1-collectionTypeValidated": typed("AnnotationCollection"),
    "collections/5.1-collectionLabelValidated": lambda c: all(isinstance(each, str) for each in many(c.get("label"))),
    "collections/5.1-collectionTotalValidated": if_there("total", integer),
    "collections/5.1-collectionFirstValidated": lambda c: (
        single(c["first"], page_or_uri) if "first" in c else not c.get("total")
    ),
    "collections/5.1-collectionLastValidated": if_there("last", uri),
    "collections/3.3.1-collectionCreatedValidated": if_there("created", date_time),
    "collections/3.3.1-collectionModifiedValidated": if_there("modified", date_time),
    "collections/3.3.6-collectionRightsValidated": lambda c: all(map(uri, many(c.get("rights")))),
}
PAGE: dict[str, Check] = {
    # definitions/collections.json, of pages
    "pages/5.2-pageContext": context,
    "pages/5.2-pageId": lambda p: single(p.get("id"), uri),
    "pages/5.2-pageType": typed("AnnotationPage"),
    "pages/5.2-pagePartOf": if_there("partOf", lambda value: uri(value) or uri(value.get("id"))),
    "pages/5.2-pageNext": if_there("next", uri),
    "pages/5.2-pagePrev": if_there("prev", uri),
    "pages/5.2-pageStartIndex": if_there("startIndex", integer),
    "pages/5.2-pageItems": lambda p: (
        isinstance(p.get("items"), list) and all(uri(each) or typed("Annotation")(each) for each in p["items"])
    ),
}


def broken(thing: Json, checks: dict[str, Check]) -> list[str]:
    return [name for name, holds in checks.items() if not holds(thing)]


# ── What the desk gives out ─────────────────────────────────────────────────────────────────────────────────────


def test_the_suite_is_the_whole_suite() -> None:
    counts = {"annotations": 13, "bodiesTargets": 26, "specificResource": 11}
    for folder, count in counts.items():
        assert sum(name.startswith(folder) for name in ANNOTATION) == count
    assert (len(ANNOTATION), len(COLLECTION), len(PAGE)) == (50, 10, 8)


@pytest.mark.parametrize("base", [BASE, ""])
def test_all_that_the_desk_gives_out_holds(seeded: Desk, base: str) -> None:
    """Every annotation of the article, by itself and on its page, every page and the collection."""
    desk = seeded.with_settings(base_url=base)
    article = seed_article(desk)
    held = 0

    def asked(address: str) -> Json:
        return read(desk, address.removeprefix(BASE).removeprefix("http://localhost"))

    collection = asked(f"/v1/articles/{article}/annotations")
    assert broken(collection, COLLECTION) == []
    for limit in (7, 50):
        address = f"{collection['id']}/page?limit={limit}"
        while address:
            page = asked(address)
            assert broken(page, PAGE) == []
            for item in page["items"]:
                assert broken({"@context": page["@context"], **item}, ANNOTATION) == []
                held += 1
            address = page.get("next")
    for item in asked(collection["first"]["id"])["items"]:
        assert broken(asked(item["id"]), ANNOTATION) == []
        held += 1
    assert held == 3 * 31
    empty = desk.article()["id"]
    assert broken(asked(f"/v1/articles/{empty}/annotations"), COLLECTION) == []


def test_other_kinds_of_claims_hold_too(desk: Desk) -> None:
    """Of an article without an address, with several quotes, with letters of every script."""
    article = desk.article(text="Ein 😀 Satz. نص عربي. «Zitat», sagte sie, «und noch eins».")
    quotes = [{"exact": "«Zitat»"}, {"exact": "«und noch eins»"}]
    claim = desk.claim(article_id=article["id"], text="نص", quotes=quotes, tags=["Ägypten", "نص"])
    assert broken(read(desk, f"/v1/claims/{claim['id']}/annotation"), ANNOTATION) == []


HARM: dict[str, Callable[[Json], Any]] = {
    "annotations/3.1-annotationContextValidated": lambda a: a.update({"@context": []}),
    "annotations/3.1-annotationIdValidated": lambda a: a.update(id="/v1/claims/1/annotation"),
    "annotations/3.1-annotationTypeValidated": lambda a: a.update(type="Note"),
    "annotations/3.1-targetKeyFound": lambda a: a.pop("target"),
    "annotations/3.2-targetObjectsRecognized": lambda a: a.update(target={"type": "Thing"}),
    "annotations/3.2-bodyObjectsRecognized": lambda a: a["body"].append({"type": "Dataset"}),
    "annotations/3.2.5-notBodyBodyValue": lambda a: a.update(bodyValue="x"),
    "annotations/3.3.1-annotationCreatedValidated": lambda a: a.update(created="2023-11-06"),
    "bodiesTargets/3.3.5-bodyEWRNoPurpose": lambda a: a["body"][-1].update(purpose="tagging"),
    "specificResource/4.2-selectorValidIfPresent": lambda a: target(a)["selector"][0].update(type="WordSelector"),
    "specificResource/4.2.4-textQuoteSelectorValid": lambda a: target(a)["selector"][0].pop("exact"),
    "specificResource/4.2-TextDataPositionSelectorValid": lambda a: target(a)["selector"][1].update(start=-1),
    "specificResource/4.3-stateValidIfPresent": lambda a: target(a)["state"].update(type="State"),
    "specificResource/4.3.1-timeStateValid": lambda a: target(a)["state"].pop("sourceDate"),
}


def target(annotation: Json) -> Json:
    return next(parts(annotation, "target"))


def test_an_assertion_sees_what_breaks_it(seeded: Desk) -> None:
    desk = seeded.with_settings(base_url=BASE)
    good = read(desk, pages(desk, seed_article(desk))[0]["items"][0]["id"])
    for name, harm in HARM.items():
        bad = deepcopy(good)
        harm(bad)
        assert name in broken(bad, ANNOTATION), name
    for change in ({"sourceDateStart": "2023-11-06T00:00:00Z"}, {"sourceDate": "yesterday"}, {"sourceDate": []}):
        bad = deepcopy(good)
        target(bad)["state"].update(change)
        assert broken(bad, ANNOTATION) == ["specificResource/4.3.1-timeStateValid"]


def test_annotations_from_the_command_line_have_addresses(seeded: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a public address too."""
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", seeded.settings.database_url)
    monkeypatch.setenv("FACTCHECK_SECRET_KEY", SECRET)
    done = CliRunner().invoke(cli, ["export", "--format", "annotations"])
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in done.stdout_bytes.splitlines()]
    assert len(lines) == 31
    assert [name for line in lines for name in broken(line, ANNOTATION)] == []
