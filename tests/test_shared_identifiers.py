"""Sources with one identifier: one origin at once, a finding, and two again once somebody judges them different."""

from itertools import combinations
from typing import Any

import pytest

from factcheck.rules.identity.alike import Alike, alike
from factcheck.rules.identity.identifiers import Identifier
from factcheck.rules.origins import Collapsing, Hop, Link, Stated, Support
from factcheck.rules.provenance import trace
from factcheck.rules.sources import RelationKind
from tests.desk import Desk, audit_faults
from tests.redacting import faults, rebuilt_faults
from tests.test_judgments import judge

Q42: Identifier = ("wikidata", "Q42")
NAMES = {"a": "A", "b": "B", "c": "C"}
HAVE = {each: [(each, frozenset([Q42]))] for each in "abc"}


def independent(*supports: Support, alike: list[Alike]) -> tuple[int, list[tuple[Collapsing, str]]]:
    found = trace([Stated("1", "It rained", (), supports)], [], NAMES, alike)
    return found.independent, [(each.kind, each.explanation) for each in found.collapses]


def test_a_shared_identifier_is_one_origin_with_its_reason() -> None:
    pages = Support("1", "One", source="a"), Support("2", "Two", source="b"), Support("3", "Three", source="c")
    assert independent(*pages, alike=[]) == (3, [])
    told = "A, B have the same Wikidata id Q42."
    assert independent(*pages, alike=alike("ab", HAVE, frozenset)) == (2, [(Collapsing.SAME_IDENTIFIER, told)])
    assert independent(*pages, alike=alike("abc", HAVE, frozenset))[0] == 1


def test_pairs_that_are_judged_different_are_two() -> None:
    def parted(*pairs: str) -> list[Alike]:
        return alike("abc", HAVE, lambda: frozenset(map(frozenset, pairs)))

    assert parted() == [Alike(Q42, frozenset("abc"))]
    assert parted("ax") == parted()  # somebody who does not have it
    assert parted("ab") == [Alike(Q42, frozenset("ac")), Alike(Q42, frozenset("bc"))]
    assert parted("ab", "bc") == [Alike(Q42, frozenset("ac"))]
    assert parted("ab", "bc", "ac") == []


def test_what_is_judged_different_says_nothing_of_others_that_are_joined_with_it() -> None:
    """Otherwise a judgment `same` could add an origin: B is one with C by the identifier, and then joined with A."""
    joined = {"b": [("a", frozenset[Identifier]()), ("b", frozenset([Q42]))], "c": [("c", frozenset([Q42]))]}
    assert alike("bc", joined, lambda: frozenset([frozenset("ac")])) == [Alike(Q42, frozenset("bc"))]
    assert alike("bc", joined, lambda: frozenset([frozenset("bc")])) == []


@pytest.mark.parametrize("number", [2, 5])
def test_all_that_have_an_identifier_are_found_at_once(number: int) -> None:
    have = {str(each): [(str(each), frozenset([Q42]))] for each in range(number)}
    assert alike(have, have, frozenset) == [Alike(Q42, frozenset(have))]
    pairs = frozenset(frozenset(pair) for pair in combinations(have, 2))
    assert alike(have, have, lambda: pairs) == []


class Family:
    """One claim, which two sources with one Wikidata address support, and a second one that restates it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        urls = ["https://www.wikidata.org/wiki/Q42", "http://wikidata.org/entity/Q42"]
        self.ids = [
            desk.source(name=name, kind="person", same_as=[url])["id"]
            for name, url in zip(("Tchiani", "Tiani"), urls, strict=True)
        ]
        self.claim = desk.claim()["id"]
        for source in self.ids:
            page = {"stance": "supports", "title": f"Page of {source}", "source_id": source}
            desk.made(f"/v1/claims/{self.claim}/evidence", page)

    def origins(self) -> tuple[int, list[str]]:
        found = self.desk.get(f"/v1/claims/{self.claim}/provenance").json
        return found["independent_origins"], [each["kind"] for each in found["collapses"]]

    def finding(self) -> str | None:
        listed = self.desk.get("/v1/audit/findings?kind=possible_duplicate_source").json["items"]
        assert len(listed) <= 1
        explained: str | None = listed[0]["explanation"] if listed else None
        return explained

    def demand_right(self) -> None:
        assert faults(self.desk.database) == []
        assert audit_faults(self.desk.database) == []


def test_two_sources_with_one_identifier_are_one_until_somebody_says_otherwise(desk: Desk, empty_url: str) -> None:
    family = Family(desk)
    one, other = family.ids
    assert family.origins() == (1, ["same_identifier"])
    assert family.finding() == "Tchiani, Tiani have the same Wikidata id Q42."
    family.demand_right()
    judge(desk, one, other, "unsure")
    assert family.origins() == (1, ["same_identifier"])
    assert family.finding()
    judge(desk, other, one, "different")
    assert (family.origins(), family.finding()) == ((2, []), None)
    family.demand_right()
    judge(desk, one, other)
    assert (family.origins(), family.finding()) == ((1, ["same_source"]), None)
    family.demand_right()
    judge(desk, one, other, "different")
    assert (family.origins(), family.finding()) == ((2, []), None)
    family.demand_right()
    assert rebuilt_faults(desk.database, empty_url) == []


def test_an_edit_of_the_urls_makes_two_of_one(desk: Desk) -> None:
    family = Family(desk)
    assert family.origins()[0] == 1

    def edit(urls: list[str]) -> Any:
        return desk.patch(f"/v1/sources/{family.ids[0]}", {"same_as": urls}, etag="*").status_code

    assert edit(["https://www.wikidata.org/wiki/Q43"]) == 200
    assert (family.origins(), family.finding()) == ((2, []), None)
    family.demand_right()
    assert edit(["https://example.org/", "https://www.wikidata.org/wiki/Q42"]) == 200
    assert family.origins()[0] == 1
    assert family.finding()
    family.demand_right()


def test_a_chain_counts_too() -> None:
    spoken = Stated("1", "Rain", (Hop("a"),)), Stated("2", "Rain!", (Hop("b"),))
    links = [Link(RelationKind.RESTATES, "2", "1")]
    found = trace(spoken, links, NAMES, alike("ab", HAVE, frozenset))
    assert (found.independent, found.collapses[0].kind) == (1, Collapsing.SAME_IDENTIFIER)


def test_urls_in_another_order_or_fewer_of_them_are_still_one_source(desk: Desk) -> None:
    """One speaker in four spellings; only the one without any URL has nothing in common with the others."""
    wikidata, viaf = "https://www.wikidata.org/wiki/Q42", "https://viaf.org/viaf/113230702"
    claim = desk.claim()["id"]
    for number, urls in enumerate(([wikidata, viaf], [viaf, wikidata], [viaf], [wikidata], [])):
        source = desk.source(name=f"Spelling {number}", kind="person", same_as=urls)["id"]
        page = {"stance": "supports", "title": f"Page {number}", "source_id": source}
        desk.made(f"/v1/claims/{claim}/evidence", page)
    assert desk.get(f"/v1/claims/{claim}/provenance").json["independent_origins"] == 2
    assert audit_faults(desk.database) == []
