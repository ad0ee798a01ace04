"""Identifiers in URLs: the one form of each, and what cannot be one."""

import pytest

from factcheck.rules.identity.identifiers import Identifier, of_url, of_urls, written

Q42 = ("wikidata", "Q42")
ISNI = ("isni", "0000000121032683")


@pytest.mark.parametrize(
    ("url", "identifier"),
    [
        ("https://www.wikidata.org/wiki/Q42", Q42),
        ("http://WIKIDATA.org/entity/Q42", Q42),
        ("https://m.wikidata.org/wiki/Q42/", Q42),
        ("https://www.wikidata.org/wiki/Special:EntityData/Q42.json", Q42),
        ("https://www.wikidata.org/wiki/Q42?uselang=fr#P31", Q42),
        ("https://isni.org/isni/0000000121032683", ISNI),
        ("http://www.isni.org/0000-0001-2103-2683/", ISNI),
        ("https://isni.org/isni/0000%200001%202103%202683", ISNI),
        ("https://isni.org/isni/000000012150090x", ("isni", "000000012150090X")),
        ("https://viaf.org/viaf/113230702/", ("viaf", "113230702")),
        ("https://viaf.org/en/viaf/113230702", ("viaf", "113230702")),
        ("https://portal.issn.org/resource/ISSN/0317-8471", ("issn", "03178471")),
        ("https://portal.issn.org/resource/issn/2434561x", ("issn", "2434561X")),
    ],
)
def test_an_identifier_has_one_form(url: str, identifier: Identifier) -> None:
    assert of_url(url) == identifier


@pytest.mark.parametrize(
    "url",
    [
        "https://www.wikidata.org/wiki/Property:P31", "https://www.wikidata.org/wiki/Q0", "https://wikidata.org.evil/Q42",
        "https://en.wikipedia.org/wiki/Q42", "https://isni.org/isni/0000000121032684", "https://isni.org/isni/12103268",
        "https://portal.issn.org/resource/ISSN/0317-8472", "https://viaf.org/viaf/0", "https://viaf.org/", "http://[",
        "https://isni.org/isni/٠٠٠٠000121032683", "",
    ],
)  # fmt: skip
def test_what_cannot_be_an_identifier_is_none(url: str) -> None:
    assert of_url(url) is None


def test_identifiers_of_several_urls() -> None:
    urls = [
        "https://www.wikidata.org/wiki/Q42",
        "http://wikidata.org/entity/Q42",
        "https://example.org/",
        "https://viaf.org/viaf/1",
    ]
    assert of_urls(urls) == {Q42, ("viaf", "1")}
    assert written(Q42) == "Wikidata id Q42"
