"""Names: how alike two of them are, and why."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factcheck.desk import people, sources
from factcheck.followers.search import similar_sources
from factcheck.rules.names.comparing import Reason
from factcheck.rules.names.identifiers import identifiers_of
from factcheck.rules.names.keys import keys_of
from factcheck.rules.names.sources import THRESHOLD, because, known, likeness
from factcheck.rules.names.tables import HONORIFICS, SMALL
from factcheck.rules.names.words import name_of
from factcheck.rules.text.words import fold
from tests.desk import Desk

PAIRS = json.loads((Path(__file__).parent / "data" / "names.json").read_text(encoding="utf-8"))
FIRST = 5
anything = st.text(max_size=40) | st.sampled_from([pair[side] for pair in PAIRS for side in ("one", "other")])


def compared(one: str, other: str) -> tuple[float, list[str]]:
    found = likeness(known(one, ()), known(other, ()))
    return round(found.score, 2), list(because(found))


def test_there_are_pairs_of_eight_scripts() -> None:
    assert len(PAIRS) == 200
    assert sum(pair["same"] for pair in PAIRS) == 100
    scripts = {pair["script"] for pair in PAIRS}
    assert scripts == {"Latin", "Cyrillic", "Greek", "Arabic", "Hebrew", "Han", "Devanagari", "Hangul"}
    for script in scripts:
        for same in (True, False):
            assert len([1 for pair in PAIRS if (pair["script"], pair["same"]) == (script, same)]) >= 10


def test_the_same_ones_are_among_the_first_five(desk: Desk) -> None:
    """Among the first names of all pairs; the benchmark has 100,000 others besides."""
    ids: dict[str, str] = {}
    with desk.database.writing() as session:
        operator = people.operator(session)
        for name, kind in dict.fromkeys((pair["one"], pair["kind"]) for pair in PAIRS):
            ids[name] = sources.add(session, operator, name=name, kind=kind, aliases=[], same_as=[])["id"]
    view = desk.app.extensions["factcheck.followers"]["search"].view()
    found, likely = [], []
    with desk.database.reading() as connection:
        for pair in PAIRS:
            items = similar_sources.alike(connection, view, known(pair["other"], (), pair["kind"]), FIRST)
            scores = {each.source["id"]: each.score for each in items}
            if pair["same"]:
                found.append(ids[pair["one"]] in scores)
            else:
                likely.append(scores.get(ids[pair["one"]], 0) >= THRESHOLD)
    assert (len(found), len(likely)) == (100, 100)
    assert sum(found) >= 95
    assert sum(likely) == 0


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ("Jean Dupont", "jean DUPONT", (1.0, ["same_name"])),
        ("Jean Dupont", "Dupont, Jean", (0.97, ["same_name", "word_order"])),
        ("Dr Jean Dupont", "Jean Dupont", (0.97, ["same_name", "honorific"])),
        ("J. Dupont", "Jean Dupont", (0.75, ["initials"])),
        ("J. Dupont", "Marie Dupont", (0.0, [])),
        ("J. D.", "Jean Dupont", (0.6, ["abbreviation"])),
        ("John F. Kennedy", "John Kennedy", (0.75, ["initials"])),
        ("Jean Dupont", "Jean Dupond", (0.86, ["typing_error"])),
        ("Jean Dupont", "Jean Durand", (0.0, [])),
        ("Ali", "Eli", (0.0, [])),
        ("U.S.", "US", (0.96, ["abbreviation"])),
        ("OTAN", "Organisation du traité de l'Atlantique nord", (0.75, ["abbreviation"])),
        ("UN", "United Nations", (0.6, ["abbreviation"])),
        ("Владимир Путин", "Vladimir Putin", (0.95, ["transliteration"])),
        ("习近平", "Xi Jinping", (0.95, ["transliteration"])),
        ("习近平主席", "习近平", (0.97, ["same_name", "honorific"])),
        ("王伟", "王薇", (0.85, ["spelling"])),
        ("Al-Jazeera", "AlJazeera", (0.96, ["same_name"])),
        ("Macron", "Emmanuel Macron", (0.5, ["shorter_name"])),
        ("World Health Organization", "World Trade Organization", (0.0, [])),
        ("", "", (0.0, [])),
        ("…", "—", (0.0, [])),
    ],
)  # fmt: skip
def test_two_names_and_why_they_are_alike(one: str, other: str, told: tuple[float, list[str]]) -> None:
    assert compared(one, other) == told


@settings(max_examples=50)
@given(anything, anything)
def test_it_never_matters_which_is_which(one: str, other: str) -> None:
    score, reasons = compared(one, other)
    assert (score, reasons) == compared(other, one)
    assert 0 <= score <= 1
    assert bool(score) == bool(reasons)
    assert not any(" " in key for key in keys_of((one,)))


@settings(max_examples=50)
@given(anything)
def test_a_name_is_itself_and_is_found_by_itself(name: str) -> None:
    if name_of(name).words:
        assert compared(name, name) == (1.0, ["same_name"])
        assert keys_of((name,))
    else:
        assert compared(name, name) == (0.0, [])
        assert not keys_of((name,))


def test_the_tables_are_folded_and_titles_are_no_small_words() -> None:
    assert len(HONORIFICS) > 100
    assert len(SMALL) > 50
    assert {fold(word) for word in HONORIFICS | SMALL} == HONORIFICS | SMALL
    assert not {word for word in HONORIFICS if not name_of(f"{word} abcdef").titled}


def test_kinds_and_identifiers_count() -> None:
    person, group, outlet = (known("Mercedes", (), kind) for kind in ("person", "organization", "outlet"))
    assert because(likeness(person, group)) == [Reason.SAME_NAME, Reason.OTHER_KIND]
    assert likeness(person, group).score == 0.6
    assert likeness(group, outlet).score == 1.0
    one = known("A", (), "person", ["https://www.wikidata.org/wiki/Q42"])
    other = known("Quite another name", (), "group", ["http://wikidata.org/entity/Q42"])
    assert (likeness(one, other).score, because(likeness(one, other))) == (1.0, [Reason.SAME_IDENTIFIER])
    assert one.keys & other.keys == {"#wikidata:Q42"}


def test_identifiers_are_told_however_they_are_written() -> None:
    assert identifiers_of(
        ["https://www.wikidata.org/wiki/Q42", "http://m.wikidata.org/wiki/Special:EntityPage/q42"]
    ) == {"wikidata:Q42"}
    assert identifiers_of(["https://isni.org/isni/0000000121032683/", "http://www.isni.org/isni/0000000121032683"]) == {
        "isni:0000000121032683"
    }
    assert identifiers_of(["https://example.org/?id=1"]) != identifiers_of(["https://example.org/?id=2"])
    assert identifiers_of(["http://[", ""]) == frozenset()


def test_of_many_aliases_the_nearest_are_compared() -> None:
    many = known("One", [f"Alias number {at}" for at in range(99)] + ["Hélène Morvan"])
    found = likeness(many, known("Helene Morvan", ()))
    assert (found.score, because(found)) == (0.98, [Reason.ALIAS])
