"""Cutting a text where quotes begin and end, and finding the sentences that none touches."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.rules.text.segments import Span, segments
from factcheck.rules.text.sentences import sentences, uncovered

TEXTS = st.text(alphabet='ab .!?…\n"”)é👩‍🚀́', max_size=60)
SPANS = st.lists(st.builds(Span, st.integers(-3, 70), st.integers(-3, 70), st.integers(0, 5)), max_size=12)


@given(st.integers(0, 60), SPANS)
def test_segments_are_the_text_and_know_what_covers_each_letter(length: int, spans: list[Span]) -> None:
    """Against the plain definition, letter by letter."""
    found = list(segments(length, spans))
    assert [each.start for each in found] == [0, *(each.end for each in found)][: len(found)]
    assert (found[-1].end if found else 0) == length
    for each in found:
        assert each.start < each.end
        for at in range(each.start, each.end):
            assert each.marks == tuple(sorted({span.mark for span in spans if span.start <= at < span.end}))


@given(st.integers(0, 60), SPANS)
def test_a_segment_ends_only_where_a_span_does(length: int, spans: list[Span]) -> None:
    cuts = {0, length, *(span.start for span in spans), *(span.end for span in spans)}
    assert all({each.start, each.end} <= cuts for each in segments(length, spans))


def test_overlapping_quotes_share_a_segment() -> None:
    found = [(each.start, each.end, each.marks) for each in segments(10, [Span(1, 6, 0), Span(4, 8, 1)])]
    assert found == [(0, 1, ()), (1, 4, (0,)), (4, 6, (0, 1)), (6, 8, (1,)), (8, 10, ())]


def test_a_thousand_quotes_in_a_long_text_take_a_moment() -> None:
    began = time.process_time()
    assert len(list(segments(200_000, [Span(at * 190, at * 190 + 400, at) for at in range(1000)]))) >= 2000
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("One came. Two left.", ["One came.", "Two left."]),
        ("He said “no.” Then he left.", ["He said “no.”", "Then he left."]),
        ("About 3.5 million came, e.g. by bus.", ["About 3.5 million came, e.g. by bus."]),
        ("A title\n\nA text", ["A title", "A text"]),
        ("What?! Nothing…  Really.", ["What?!", "Nothing…", "Really."]),
        ("他来了。他走了。", ["他来了。", "他走了。"]),
        ("… \n --- \n", []),
        ("", []),
    ],
)
def test_sentences_are_what_a_reader_would_say(text: str, told: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == told


@given(TEXTS)
def test_sentences_stand_in_order_and_hold_every_word(text: str) -> None:
    places = list(sentences(text))
    ends = [end for _, end in places]
    assert all(start < end for start, end in places)
    assert all(end <= start for end, (start, _) in zip(ends, places[1:], strict=False))
    inside = {at for start, end in places for at in range(start, end)}
    assert all(at in inside for at, letter in enumerate(text) if letter.isalnum())


@given(TEXTS, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: (min(pair), max(pair) + 1))))
def test_a_sentence_is_covered_when_a_quote_touches_it(text: str, quotes: list[tuple[int, int]]) -> None:
    wanted = [(start, end) for start, end in sentences(text) if not any(a < end and start < b for a, b in quotes)]
    assert uncovered(text, quotes) == wanted


@pytest.mark.parametrize("part", [".", ". ", '."', "\n", ".)", "a.", "…", ".   ", '"'])
def test_no_text_makes_it_slow(part: str) -> None:
    text = part * (200_000 // len(part))
    began = time.process_time()
    list(sentences(text))
    assert time.process_time() - began < 1
