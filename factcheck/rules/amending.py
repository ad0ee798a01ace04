"""What a verdict is about: one table for reopening, for two-person review and for the replay of the log.

Whoever amends a field that a question is about, and whoever they are, moves a verdict on it to `in_review`. Where a
desk asks for two people, they may not decide that question of the claim any more.
"""

from collections.abc import Iterable

from factcheck.rules.status import Question

About = dict[Question, tuple[str, ...]]

ABOUT: About = {
    Question.CONTENT: ("text", "kind", "quotes", "quantity"),
    Question.ATTRIBUTION: ("text", "quotes", "attribution"),
}
# Entries of the log say by which edition of the table they were made: those of before it had a number say nothing.
EDITION = 2
EDITIONS: dict[int, About] = {
    1: {Question.CONTENT: ABOUT[Question.CONTENT], Question.ATTRIBUTION: ("attribution",)},
    EDITION: ABOUT,
}


def amended(question: Question, fields: Iterable[str], edition: int = EDITION) -> list[str]:
    """Return those of some amended fields that a question is about, in the order of the table."""
    changed = set(fields)
    return [name for name in EDITIONS.get(edition, ABOUT)[question] if name in changed]
