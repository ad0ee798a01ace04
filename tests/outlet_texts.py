"""The articles of the test outlets, which tests/data/outlets.txt has with the words that their pages need around them.

All of it is written for these tests. A line of an article is a paragraph, or what its first characters say: a heading,
a quotation, an item of a list, a row of a table.
"""

from dataclasses import dataclass, replace
from pathlib import Path

FILE = Path(__file__).parent / "data" / "outlets.txt"
MARKS = {"## ": "h2", "> ": "quote", "- ": "li", "| ": "tr"}


@dataclass(frozen=True)
class Text:
    """An article: its blocks are pairs of a kind and the words, and `shown` is its date as readers see it."""

    key: str
    language: str
    title: str
    author: str
    date: str
    shown: str
    outlet: str
    blocks: tuple[tuple[str, str], ...]
    words: dict[str, list[str]]

    @property
    def marked(self) -> str:
        """Return what a reader calls the article, without its headline."""
        return "\n".join(words for _, words in self.blocks)

    def first(self, blocks: int) -> "Text":
        """Return the beginning of the article, as a teaser has it."""
        return replace(self, blocks=self.blocks[:blocks])


def _block(line: str) -> tuple[str, str]:
    kind = MARKS.get(line[:2], MARKS.get(line[:3], "p"))
    words = line if kind == "p" else line.lstrip("#>-| ")
    return kind, "\t".join(cell.strip() for cell in words.rstrip("| ").split("|")) if kind == "tr" else words


def _read() -> dict[str, Text]:
    texts, words = {}, {}
    for section in FILE.read_text(encoding="utf-8").split("=== ")[1:]:
        head, _, body = section.partition("\n\n")
        key, *lines = head.split("\n")
        said = dict(line.split(": ", 1) for line in lines if line)
        if key.startswith("words "):
            words[key.removeprefix("words ")] = {name: value.split(" / ") for name, value in said.items()}
        else:
            blocks = tuple(_block(line) for line in body.strip().split("\n"))
            texts[key] = Text(key, **said, blocks=blocks, words=words[said["language"][:2]])
    return texts


TEXTS = _read()
