"""The catalogues of messages: what the code says, what each language has of it, and a language that only marks."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

PACKAGE = Path(__file__).parent.parent / "factcheck"
FOLDER = PACKAGE / "translations"
LANGUAGES = ("ar", "es", "fr", "pt")
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"trimmed": "true"}}
PSEUDO = "eo"  # no catalogue of the desk is in Esperanto
OPEN, CLOSE = "⟦", "⟧"
# Names, and words that are the same in every language.
_SAME = re.compile(
    r"https://|\b(factcheck|API|URL|URLs|JSON|CSV|HTML|ISSN|ISNI|VIAF|Wikidata|UTC|kappa|Ctrl|Esc|Enter|min|ms|s|GMT)\b"
)
_DATA = ("bdi", "code", "kbd", "pre", "time", "script", "style", "textarea", "option", "svg")
_WORDS = ("aria-label", "title", "placeholder", "alt")
_EMPTY = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")


def said() -> Catalog:
    """Return a catalogue of all that the code and the templates say."""
    from factcheck.messages import message, plural

    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2),
                "npgettext": ((1, "c"), 2, 3), message.__name__: (1,), plural.__name__: (1, 2)}  # fmt: skip
    catalogue = Catalog()
    found = extract_from_dir(PACKAGE, METHODS, OPTIONS, keywords)
    for _, _, text, _, context in found:
        catalogue.add(text, context=context)
    return catalogue


def of_language(tag: str) -> Catalog:
    with (FOLDER / tag / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=tag)


def keyed(catalogue: Catalog) -> dict[tuple[str | None, object], Message]:
    return {(each.context, _hashable(each.id)): each for each in catalogue if each.id}


def _hashable(text: object) -> object:
    return tuple(text) if isinstance(text, list | tuple) else text


def marking(folder: Path) -> Path:
    """Write a catalogue that says everything in English between two marks, and return the folder of catalogues."""
    catalogue = Catalog(locale=PSEUDO)
    for each in said():
        if not each.id:
            continue
        one = isinstance(each.id, str)
        marked = [f"{OPEN}{text}{CLOSE}" for text in ([each.id] if one else each.id)]
        catalogue.add(each.id, marked[0] if one else tuple(marked), context=each.context)
    place = folder / PSEUDO / "LC_MESSAGES"
    place.mkdir(parents=True)
    with (place / "messages.mo").open("wb") as file:
        write_mo(file, catalogue)
    return folder


def unmarked(page: str) -> Iterator[str]:
    """Yield what a page says that no catalogue said: neither between the marks nor data."""
    reader = _Reader()
    reader.feed(page)
    yield from (each for each in reader.found if not (reader.named and each.startswith("<title>")))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.named = False  # the page's heading, and so its title, has the name of what it shows
        self._open: list[tuple[str, bool]] = []  # each element that is open, and whether what is in it is data
        self._depth = 0  # of marks

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        data = tag in _DATA or given.get("dir") == "auto" or given.get("translate") == "no" or given.get("lang") == "en"
        headings = {"h1", "h2"} & {tag, *(name for name, _ in self._open)}
        self.named = self.named or bool(data and headings)
        for name in _WORDS:
            if not data or name not in ("title", "alt"):
                self._look(given.get(name) or "", f"{tag} {name}", 0)
        if tag not in _EMPTY:
            self._open.append((tag, data))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, text: str) -> None:
        if any(data for _, data in self._open):
            return
        self._depth = self._look(text, self._open[-1][0] if self._open else "page", self._depth)

    def _look(self, text: str, where: str, depth: int) -> int:
        outside = []
        for letter in text:
            depth += (letter == OPEN) - (letter == CLOSE)
            outside.append(" " if depth or letter == CLOSE else letter)
        if re.search(r"[A-Za-z]{2}", left := _SAME.sub("", "".join(outside))):
            self.found.append(f"<{where}> {' '.join(left.split())}")
        return depth
