"""Find quotes again in an edited text: where their words stand once they are found, and never somewhere else.

A maker edits made-up articles in a dozen ways, knows where each sentence went, and takes quotes out of all of them. In
half of the articles the quoted sentence stands twice.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from factcheck.rules.selectors import Effort, QuoteCostly
from factcheck.rules.sources import HELD, CurrentState
from factcheck.rules.text.reanchoring import Found, Versions
from factcheck.rules.text.typography import Folded, folded

# Edits of each way; FACTCHECK_TEST_EDITS=2000 is the long form.
EDITS = int(os.environ.get("FACTCHECK_TEST_EDITS", "40"))
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ha", "ke", "li", "mo", "nu", "pra", "sti", "tro", "wel")


@dataclass(eq=False)
class Sentence:
    words: str


Text = list[list[Sentence]]


class Maker:
    """Makes a text and edits it. `quoted` is the sentence that the quote is taken from."""

    def __init__(self, seed: int, *, twice: bool) -> None:
        self.random = random.Random(seed)
        self.text: Text = [[self.sentence() for _ in range(self.random.randint(2, 5))] for _ in range(8)]
        self.quoted = self.any_sentence()
        if twice:  # not beside the other: of two that are side by side, nobody could say which was deleted
            apart = [part for part in self.text if self.quoted not in part]
            self.random.choice(apart).insert(1, Sentence(self.quoted.words))
        self.old = written(self.text)
        words = self.quoted.words.split(" ")
        first = self.random.randint(0, len(words) // 3)
        last = self.random.randint(2 * len(words) // 3, len(words) - 1)
        self.begins = len(" ".join(words[:first])) + (first > 0)
        self.ends = len(" ".join(words[: last + 1]))

    def sentence(self) -> Sentence:
        words = [
            "".join(self.random.choices(SYLLABLES, k=self.random.randint(1, 4)))
            for _ in range(self.random.randint(6, 18))
        ]
        told = " ".join(words).capitalize()
        told = f"“{told},” {words[0]} said" if self.random.random() < 0.3 else told
        return Sentence(told + (f" – {words[1]}’s {words[2]}." if self.random.random() < 0.3 else "."))

    def any_sentence(self) -> Sentence:
        return self.random.choice(self.random.choice(self.text))

    def any_part(self) -> list[Sentence]:
        return self.random.choice(self.text)

    def places(self, words: str) -> list[tuple[int, int]]:
        """Return where the quote may be found in the edited text: in its own sentence, and in copies of that."""
        found, at = [], 0
        for part in self.text:
            for each in part:
                if each is self.quoted and each.words == words:
                    found.append((at + self.begins, at + self.ends))
                at += len(each.words) + 1
            at += 1
        return found

    def find(self, new: str) -> Found:
        """Find the quote of the old text in a new one."""
        [(start, end)] = self.at_first
        return Versions(self.old, new).find(start, end)

    @property
    def at_first(self) -> list[tuple[int, int]]:
        edited, self.text = self.text, self.before
        try:
            return self.places(self.quoted.words)
        finally:
            self.text = edited


def written(text: Text) -> str:
    return "\n\n".join(" ".join(each.words for each in part) for part in text)


def correct_a_word(maker: Maker) -> None:
    part = next(part for part in maker.text if any(each.words != maker.quoted.words for each in part))
    at = next(number for number, each in enumerate(part) if each.words != maker.quoted.words)
    part[at] = Sentence(f"{part[at].words.rpartition(' ')[0]} corrected.")


def insert_a_paragraph(maker: Maker) -> None:
    maker.text.insert(maker.random.randint(0, len(maker.text)), [maker.sentence()])


def insert_a_sentence(maker: Maker) -> None:
    maker.any_part().insert(0, maker.sentence())


def delete_a_paragraph(maker: Maker) -> None:
    maker.text.remove(maker.any_part())


def swap_paragraphs(maker: Maker) -> None:
    one, other = maker.random.sample(range(len(maker.text)), 2)
    maker.text[one], maker.text[other] = maker.text[other], maker.text[one]


def cut_the_end(maker: Maker) -> None:
    del maker.text[maker.random.randint(1, len(maker.text) - 1) :]


def repeat_a_sentence(maker: Maker) -> None:
    """Repeat it, but not beside itself: see above."""
    repeated = maker.any_sentence()
    apart = [part for part in maker.text if all(each.words != repeated.words for each in part)]
    maker.random.choice(apart).insert(1, repeated)


def delete_the_quote(maker: Maker) -> None:
    for part in maker.text:
        if maker.quoted in part:
            part.remove(maker.quoted)


def rewrite_the_quote(maker: Maker) -> None:
    at = next(part for part in maker.text if maker.quoted in part)
    at[at.index(maker.quoted)] = maker.sentence()


EDITINGS: tuple[Callable[[Maker], None], ...] = (
    correct_a_word, insert_a_paragraph, insert_a_sentence, delete_a_paragraph, swap_paragraphs, cut_the_end,
    repeat_a_sentence, delete_the_quote, rewrite_the_quote,
)  # fmt: skip


@pytest.mark.parametrize("twice", [False, True], ids=["once", "twice"])
@pytest.mark.parametrize("edit", EDITINGS)
def test_words_that_stand_are_found_and_words_that_are_gone_are_nowhere_else(
    edit: Callable[[Maker], None], twice: bool
) -> None:
    seen: Counter[bool] = Counter()
    for seed in range(EDITS):
        maker = Maker(seed, twice=twice)
        maker.before = [list(part) for part in maker.text]
        words = maker.quoted.words
        edit(maker)
        new = written(maker.text)
        places = maker.places(words)
        found = maker.find(new)
        held = found.state in HELD
        seen[held] += 1
        place = found.place and (found.place.start, found.place.end)
        assert (place in places) if held else (not places or (twice and len(places) > 1)), (seed, found, new)
    assert sum(seen.values()) == EDITS
    assert seen[False] == EDITS if "quote" in edit.__name__ else seen[True] > EDITS / 3


TYPOGRAPHY: dict[str, Callable[[str], str]] = {
    "quotation marks": lambda text: text.replace("“", '"').replace("”", '"').replace("’", "'"),
    "dashes": lambda text: text.replace("–", "—"),
    "spaces": lambda text: text.replace(" ", "\u00a0", 9).replace(" s", "  s"),
    "soft hyphens": lambda text: text.replace("ba", "b\u00ada").replace("li", "l\u200bi"),
    "line ends": lambda text: text.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("twice", [False, True], ids=["once", "twice"])
@pytest.mark.parametrize("kind", TYPOGRAPHY)
def test_words_that_are_set_differently_are_equivalent(kind: str, twice: bool) -> None:
    states: Counter[CurrentState] = Counter()
    for seed in range(EDITS):
        maker = Maker(seed, twice=twice)
        maker.before = maker.text
        [(start, end)] = maker.at_first
        new = TYPOGRAPHY[kind](maker.old)
        found = maker.find(new)
        assert found.place is not None, (seed, kind)
        assert folded(found.place.exact) == folded(maker.old[start:end]), seed
        same = found.place.exact == maker.old[start:end]
        assert found.state in ({CurrentState.EXACT} if same else {CurrentState.EQUIVALENT}), seed
        before = TYPOGRAPHY[kind](maker.old[:start])
        assert abs(found.place.start - len(before)) <= 9 + before.count("  "), seed
        states[found.state] += 1
    assert kind == "line ends" or states[CurrentState.EQUIVALENT] > 0


def test_a_folded_text_leads_back_to_its_source() -> None:
    source = "“up  to” 5\u00a0million — the ﬁrst… of\u00adficials, cafe\u0301 «oui»"
    made = Folded(source)
    assert made.text == '"up to" 5 million - the first... officials, café "oui"'
    for words, own in (
        ("up to", "up  to"),
        ("officials", "of\u00adficials"),
        ("first...", "ﬁrst…"),
        ("café", "cafe\u0301"),
    ):
        at = made.text.index(words)
        start, end = made.place(at, at + len(words))
        assert source[start:end] == own
        assert made.at(start) == at


def test_comparing_surroundings_counts_as_work() -> None:
    old = "They came and went again. " * 30
    found = Versions(old, f"First. {old}", Effort(300_000))
    with pytest.raises(QuoteCostly):
        found.find(0, 24)
