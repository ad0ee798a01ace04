"""The rules of the trade: the handbook's tables said a second time, and what holds for every text there is."""

import re
import types
import unicodedata
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import regex
from hypothesis import assume, example, given
from hypothesis import strategies as st

from factcheck.rules import roles, selectors, status
from factcheck.rules.mergepatch import merged
from factcheck.rules.selectors import Effort, QuoteAbsent, QuoteAmbiguous, occurrences, place

# ── Status ──────────────────────────────────────────────────────────────────────────────────────────────────────
# The handbook's prose as a grid: a row is where a claim stands, a column where it goes. `.` is no move, `free` needs
# nothing, `reason` a reason; the other words need a reason and, on `content`, what they name.
HANDBOOK = """
              unverified  in_review  verified  disputed  refuted     unverifiable
unverified    .           free       support   conflict  refutation  reason
in_review     free        .          support   conflict  refutation  reason
verified      .           reason     support   conflict  refutation  reason
disputed      .           reason     support   conflict  refutation  reason
refuted       .           reason     support   conflict  refutation  reason
unverifiable  .           reason     support   conflict  refutation  reason
"""
HEADER, *ROWS = [line.split() for line in HANDBOOK.strip().splitlines()]
GRID = {(row[0], after): need for row in ROWS for after, need in zip(HEADER, row[1:], strict=True)}
CHECKABLE, UNCHECKABLE = ("factual", "quantity"), ("opinion", "forecast")
VERDICTS = ("verified", "disputed", "refuted", "unverifiable")
ENOUGH, SHORT = "Ten chars.", "   9 chars.  \n"
# Which of what may stand for or against a claim meets which word of the grid.
MEETS = {
    "support": {"supports"},
    "refutation": {"refutes"},
    "conflict": {"supports", "refutes", "context", "conflicts"},
}
TALLIES = [
    {name for name, there in zip(("supports", "refutes", "context", "conflicts"), bits, strict=True) if there}
    for bits in product((False, True), repeat=4)
]
SOURCE = Path(status.__file__).read_text(encoding="utf-8")
MOVES = [line for line in SOURCE.splitlines(keepends=True) if line.startswith("    Move(Status.")]


def allowed(before: str, after: str, question: str, kind: str, reason: str | None, tally: set[str]) -> bool:
    """Say, from the handbook alone, whether a claim may be moved."""
    need = GRID[before, after]
    if need == ".":
        return False
    if question == "content" and kind in UNCHECKABLE and after in VERDICTS and after != "unverifiable":
        return False
    if need == "free":
        return True
    if reason is None or len(reason.strip()) < 10:
        return False
    return question == "attribution" or need == "reason" or bool(MEETS[need] & tally)


def permitted(rules: Any, before: str, after: str, question: str, kind: str, reason: str | None, of: set[str]) -> bool:
    """Say what the table of a module `rules` says, asked as the desk asks it."""
    asked, wanted = rules.Question(question), rules.Status(after)
    move = rules.BY_ENDS.get((rules.Status(before), wanted))
    if move is None or not rules.takes(rules.Kind(kind), asked, wanted):
        return False
    return not rules.unmet(move, asked, reason, rules.EvidenceTally(**dict.fromkeys(of, 1)))


def deviations(rules: Any) -> Iterator[str]:
    """Yield everything in which the table of a module `rules` is not the handbook."""
    names = sorted(each.value for each in rules.Status)
    if names != sorted(HEADER):
        yield f"statuses: {names}"
    for before, after, question, kind in product(HEADER, HEADER, ("content", "attribution"), CHECKABLE + UNCHECKABLE):
        for reason, tally in product((None, SHORT, ENOUGH), TALLIES):
            case = (before, after, question, kind, reason, tally)
            if permitted(rules, *case) != allowed(*case):
                yield f"{case}"
    for before, question, kind in product(HEADER, ("content", "attribution"), CHECKABLE + UNCHECKABLE):
        everything = (before, question, kind)
        open_moves = [
            move.after.value
            for move in rules.moves_from(rules.Status(before), rules.Question(question), rules.Kind(kind))
        ]
        expected = [
            after for after in HEADER if allowed(before, after, question, kind, ENOUGH, {"supports", "refutes"})
        ]
        if sorted(open_moves) != sorted(expected):
            yield f"moves from {everything}: {open_moves}"


def table_with(lines: list[str]) -> types.ModuleType:
    """Return rules/status.py with these rows in place of its own."""
    module = types.ModuleType("mutant")
    exec(compile(SOURCE.replace("".join(MOVES), "".join(lines)), "mutant", "exec"), module.__dict__)
    return module


def test_the_table_is_the_handbook() -> None:
    assert list(deviations(status)) == []
    assert len(GRID) == 36
    assert len(MOVES) == len(status.MOVES) == sum(need != "." for need in GRID.values())


@pytest.mark.parametrize("row", MOVES, ids=str.strip)
def test_no_row_can_go(row: str) -> None:
    assert next(deviations(table_with([each for each in MOVES if each != row])), None)


@pytest.mark.parametrize(
    ("row", "need"), [(row, need) for row in MOVES for need in re.findall(r"Need\.\w+", row)], ids=str.strip
)
def test_no_row_can_ask_for_less(row: str, need: str) -> None:
    left = "".join(f"{each}, " for each in re.findall(r"Need\.\w+", row) if each != need)
    lighter = f"{row.partition('(Need.')[0]}({left})),\n"
    assert next(deviations(table_with([lighter if each == row else each for each in MOVES])), None)


@pytest.mark.parametrize("ends", [ends for ends, need in GRID.items() if need == "."], ids="-".join)
def test_no_row_can_be_added(ends: tuple[str, str]) -> None:
    before, after = (end.upper() for end in ends)
    extra = f"    Move(Status.{before}, Status.{after}, (Need.REASON, Need.SUPPORT)),\n"
    assert next(deviations(table_with([*MOVES, extra])), None)


@pytest.mark.parametrize("row", MOVES, ids=str.strip)
def test_no_row_stands_twice(row: str) -> None:
    assert next(deviations(table_with([*MOVES, row])), None)


def test_what_is_unmet_is_named_in_the_order_of_the_handbook() -> None:
    nothing = status.EvidenceTally()
    for (before, after), need in GRID.items():
        if need == ".":
            continue
        move = status.BY_ENDS[status.Status(before), status.Status(after)]
        named = [each.value for each in status.unmet(move, status.Question.CONTENT, None, nothing)]
        thing = {
            "support": "supporting_evidence",
            "refutation": "refuting_evidence",
            "conflict": "evidence_or_conflict",
        }
        assert named == ([] if need == "free" else ["reason"] + ([thing[need]] if need in thing else []))
        named = [each.value for each in status.unmet(move, status.Question.ATTRIBUTION, None, nothing)]
        assert named == ([] if need == "free" else ["reason"])
    assert set(status.IN_WORDS) == set(status.Need)


@given(st.text(st.characters(categories=["Lu", "Ll", "Nd", "Po", "So", "Zs"], exclude_characters="\u2800")))
@example(" " * 20)
@example("\u2003".join("ten chars!"))
@example(f"{'a' * 9} \n\t")
@example("\U0001f98a" * 10)
@example("\U0001f98a" * 9)
def test_a_reason_has_ten_code_points_after_trimming(reason: str) -> None:
    move = status.BY_ENDS[status.Status.UNVERIFIED, status.Status.UNVERIFIABLE]
    for question in status.Question:
        met = not status.unmet(move, question, reason, status.EvidenceTally())
        assert met == (len(reason.strip()) >= 10)


@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
def test_a_verdict_holds_while_something_of_its_own_stands(
    supports: int, refutes: int, context: int, conflicts: int
) -> None:
    tally = status.EvidenceTally(supports, refutes, context, conflicts)
    assert {each.value: status.holds(each, tally) for each in status.Status} == {
        "unverified": True,
        "in_review": True,
        "verified": supports > 0,
        "disputed": supports + refutes + context + conflicts > 0,
        "refuted": refutes > 0,
        "unverifiable": True,
    }


# ── Roles ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_role_has_all_that_the_ones_before_it_have() -> None:
    order = ["reader", "contributor", "analyst", "admin"]
    assert [role.value for role in roles.Role] == order
    for mine, asked in product(roles.Role, roles.Role):
        assert mine.includes(asked) == (order.index(mine.value) >= order.index(asked.value))


# ── Quotes ──────────────────────────────────────────────────────────────────────────────────────────────────────

RALLY = "The organizers came. The organizers left; the organizers slept."
FOX, FAMILY = "\U0001f98a", "\U0001f469\u200d\U0001f469\u200d\U0001f467"
# Few letters, so that quotes repeat and overlap; letters that combine, pairs outside the BMP, both forms of é, and what
# makes characters of several code points: jamo, halves of flags, a skin tone, an Indic conjunct.
LETTERS = st.text(
    alphabet=st.sampled_from([*"abe \n\r", "\u0301", "é", FOX, "\u200d", "가", "\u1100", *"🇫🇷🏽", *"क\u094dष"])
)


@st.composite
def cuts(draw: st.DrawFn, texts: st.SearchStrategy[str] = LETTERS) -> tuple[str, int, int]:
    """A text and a span of it that is not empty and cuts no character in two."""
    text = draw(texts.filter(bool))
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    assume(all(between_characters(text, at) for at in (start, end)))
    return text, start, end


def between_characters(text: str, at: int) -> bool:
    return at in {0, *(cluster.end() for cluster in regex.finditer(r"\X", text))}


def ends(span: selectors.Span) -> tuple[int, int]:
    return span.start, span.end


def test_a_quote_that_occurs_once_is_found_by_its_words() -> None:
    found = place(RALLY, "came")
    assert (ends(found), found.exact) == ((15, 19), "came")
    assert (found.prefix, found.suffix) == ("The organizers ", ". The organizers left; the organ")
    assert len(found.suffix) == 32


def test_an_absent_quote_is_refused() -> None:
    with pytest.raises(QuoteAbsent, match="does not occur"):
        place(RALLY, "Organizers")


def test_an_ambiguous_quote_is_refused_with_all_its_places() -> None:
    with pytest.raises(QuoteAmbiguous, match=r"3 times, at \[4, 14\), \[25, 35\), \[46, 56\)") as caught:
        place(RALLY, "organizers")
    assert [ends(one) for one in caught.value.places] == [(4, 14), (25, 35), (46, 56)]


@pytest.mark.parametrize(("times", "told"), [(20, "occurs 20 times, at"), (21, "more than 20 times; the first 20 are")])
def test_of_many_places_twenty_are_told_and_no_more_are_counted(times: int, told: str) -> None:
    with pytest.raises(QuoteAmbiguous, match=told) as caught:
        place("ab" * times, "ab")
    assert [one.start for one in caught.value.places] == list(range(0, 40, 2))


@pytest.mark.parametrize(
    ("hints", "expected"),
    [
        ({"prefix": "The ", "suffix": " came"}, (4, 14)),
        ({"suffix": " left"}, (25, 35)),
        ({"prefix": "; the "}, (46, 56)),
        ({"prefix": "", "suffix": " slept."}, (46, 56)),
        ({"start": 25}, (25, 35)),
        ({"end": 35}, (25, 35)),
        ({"start": 25, "end": 35}, (25, 35)),
        ({"start": 25, "end": 35, "prefix": "not there"}, (25, 35)),  # a position decides alone
    ],
)
def test_prefix_suffix_or_position_pick_one_place(hints: dict[str, Any], expected: tuple[int, int]) -> None:
    assert ends(place(RALLY, "organizers", **hints)) == expected


def test_a_prefix_that_leaves_two_places_is_ambiguous_with_those_two() -> None:
    with pytest.raises(QuoteAmbiguous) as caught:
        place(RALLY, "organizers", prefix="The ")
    assert [ends(one) for one in caught.value.places] == [(4, 14), (25, 35)]


@pytest.mark.parametrize("hints", [{"prefix": "Some "}, {"suffix": " stayed"}, {"prefix": "The ", "suffix": " slept"}])
def test_surroundings_that_fit_nowhere_are_refused(hints: dict[str, str]) -> None:
    with pytest.raises(QuoteAbsent, match=r"occurs 3 times, at \[4, 14\), \[25, 35\), \[46, 56\), but not with"):
        place(RALLY, "organizers", **hints)


@pytest.mark.parametrize(
    "hints",
    [
        {"start": 5},
        {"start": 4, "end": 13},
        {"start": 14, "end": 4},
        {"start": 4, "end": 4},
        {"start": -1},
        {"end": 3},
        {"start": 60},
        {"start": 4, "end": 1000},
        {"end": 0},
    ],
)
def test_a_position_that_does_not_hold_the_quote_is_refused(hints: dict[str, int]) -> None:
    with pytest.raises(QuoteAbsent):
        place(RALLY, "organizers", **hints)


def test_overlapping_occurrences_count() -> None:
    assert list(occurrences("aaaa", "aa", Effort())) == [0, 1, 2]
    with pytest.raises(QuoteAmbiguous) as caught:
        place("abababa", "aba")
    assert [ends(one) for one in caught.value.places] == [(0, 3), (2, 5), (4, 7)]
    assert ends(place("abababa", "aba", prefix="ab", suffix="ba")) == (2, 5)


def test_positions_count_code_points() -> None:
    text = f"{FOX}{FOX} said {FAMILY}; \u0928\u093f \u0928\u093f!"
    assert ends(place(text, "said")) == (3, 7)
    assert ends(place(text, FAMILY)) == (8, 13)
    assert ends(place(text, "\u0928\u093f", suffix="!")) == (18, 20)
    assert place(text, "said").prefix == f"{FOX}{FOX} "


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_quote_in_another_form_is_found_and_the_texts_own_form_is_kept(form: Any) -> None:
    text = unicodedata.normalize(form, "Le café de Niamey, le café fermé")
    for typed in ("NFC", "NFD"):
        closed = unicodedata.normalize(typed, "café fermé")
        found = place(text, closed)
        assert text[found.start : found.end] == found.exact == unicodedata.normalize(form, closed)
        assert place(text, closed, start=found.start, end=found.end) == found
        twice = place(text, unicodedata.normalize(typed, "café"), suffix=unicodedata.normalize(typed, " fermé"))
        assert twice.exact == unicodedata.normalize(form, "café")
        assert twice.start == found.start
        before = place(text, "Niamey", prefix=unicodedata.normalize(typed, "Le café de "))
        assert before.exact == "Niamey"


def test_a_start_alone_finds_a_quote_in_another_form() -> None:
    text = "Le café de Niamey"
    typed = unicodedata.normalize("NFD", "café")
    assert place(text, typed, start=3).exact == place(text, typed, end=7).exact == "café"


@given(cuts())
def test_a_span_is_found_by_its_position(cut: tuple[str, int, int]) -> None:
    text, start, end = cut
    exact = text[start:end]
    for hints in ({"start": start, "end": end}, {"start": start}, {"end": end}):
        found = place(text, exact, **hints)
        assert (ends(found), found.exact) == ((start, end), exact)
        assert text[:start].endswith(found.prefix)
        assert text[end:].startswith(found.suffix)
        assert len(found.prefix) == min(32, start)
        assert len(found.suffix) == min(32, len(text) - end)


@given(cuts(), st.data())
def test_what_is_found_is_always_the_texts_own_words(cut: tuple[str, int, int], data: st.DataObject) -> None:
    text, start, end = cut
    form = data.draw(st.sampled_from(["NFC", "NFD"]))
    typed = unicodedata.normalize(form, text[start:end])
    hints = data.draw(
        st.fixed_dictionaries(
            {},
            optional={
                "prefix": st.just(text[max(0, start - 3) : start]) | LETTERS,
                "suffix": st.just(text[end : end + 3]) | LETTERS,
                "start": st.just(start) | st.integers(-3, 40),
                "end": st.just(end) | st.integers(-3, 40),
            },
        )
    )
    try:
        found = [place(text, typed, **hints)]
    except QuoteAbsent:
        return
    except QuoteAmbiguous as error:
        found = error.places
    assert len(set(found)) == len(found)
    for one in found:
        assert text[one.start : one.end] == one.exact
        assert unicodedata.normalize("NFC", one.exact) == unicodedata.normalize("NFC", typed)
        for name in {"start", "end"} & set(hints):
            assert (getattr(one, name), len(found)) == (hints[name], 1)


@given(cuts())
def test_without_hints_a_quote_is_found_or_all_its_places_are_told(cut: tuple[str, int, int]) -> None:
    text, start, end = cut
    exact = text[start:end]
    # In one form only: what the quote's other form adds is looked at above.
    assume(exact == unicodedata.normalize("NFC", exact) == unicodedata.normalize("NFD", exact))
    everywhere = [at for at in range(len(text)) if text[at : at + len(exact)] == exact]
    assert list(occurrences(text, exact, Effort())) == everywhere
    everywhere = [at for at in everywhere if between_characters(text, at) and between_characters(text, at + len(exact))]
    if len(everywhere) == 1:
        assert ends(place(text, exact)) == (start, end)
    else:
        with pytest.raises(QuoteAmbiguous) as caught:
            place(text, exact)
        assert [one.start for one in caught.value.places] == everywhere[:20]
        assert {one.exact for one in caught.value.places} == {exact}


@given(cuts())
def test_the_whole_surroundings_always_pick_the_place(cut: tuple[str, int, int]) -> None:
    text, start, end = cut
    exact, before, behind = text[start:end], text[:start], text[end:]
    assume(text == unicodedata.normalize("NFC", text))
    assert ends(place(text, exact, prefix=before or None, suffix=behind or None)) == (start, end)


# ── Merge patch ─────────────────────────────────────────────────────────────────────────────────────────────────

# RFC 7396, appendix A: original, patch, result.
APPENDIX_A: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]
# The RFC's own long example, from section 3.
DOCUMENT = {
    "title": "Goodbye!",
    "author": {"givenName": "John", "familyName": "Doe"},
    "tags": ["example", "sample"],
    "content": "This will be unchanged",
}
PATCH = {
    "title": "Hello!",
    "phoneNumber": "+01-123-456-7890",
    "author": {"familyName": None},
    "tags": ["example"],
}
RESULT = {
    "title": "Hello!",
    "author": {"givenName": "John"},
    "tags": ["example"],
    "content": "This will be unchanged",
    "phoneNumber": "+01-123-456-7890",
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(("original", "patch", "result"), [*APPENDIX_A, (DOCUMENT, PATCH, RESULT)])
def test_the_examples_of_rfc_7396(original: Any, patch: Any, result: Any) -> None:
    before = repr(original)
    assert merged(original, patch) == result
    assert repr(original) == before


@given(JSON, JSON)
def test_a_patch_is_read_as_the_rfc_reads_it(target: Any, patch: Any) -> None:
    # Section 2's pseudocode said in another way: member by member.
    before = repr(target)
    result = merged(target, patch)
    assert repr(target) == before
    assert merged(result, patch) == result
    if not isinstance(patch, dict):
        assert result == patch
        return
    kept = target if isinstance(target, dict) else {}
    assert set(result) == (set(kept) | set(patch)) - {name for name in patch if patch[name] is None}
    for name, value in result.items():
        assert value == (merged(kept.get(name), patch[name]) if name in patch else kept[name])
