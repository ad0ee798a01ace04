"""Names of people: which are allowed, and when two of them read alike."""

import unicodedata

from factcheck.errors import Flaw, Invalid
from factcheck.rules.text.visible import blank

LENGTH = 100  # code points


def folded(name: str) -> str:
    """Return what two names must not share: no case, no compatibility forms, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


def checked(name: str, field: str = "name") -> str:
    """Return a name with single spaces. Raises Invalid for one that is not allowed; `field` is where it was given."""
    name = " ".join(name.split())
    flaw = None
    if not 1 <= len(name) <= LENGTH or not name.isprintable() or blank(name):
        flaw = f"A name has 1 to {LENGTH} printable characters."
    elif len(_scripts(name)) > 1:
        flaw = "A name must not mix Latin, Greek and Cyrillic letters, because it can look like another name."
    if flaw:
        raise Invalid("The name is not allowed.", flaws=[Flaw(flaw, pointer=f"/{field}")])
    return name


def _scripts(name: str) -> set[str]:
    """Return which of the scripts whose letters look alike the name uses."""
    alike = ("LATIN", "GREEK", "CYRILLIC")
    first_words = {unicodedata.name(letter, "").partition(" ")[0] for letter in name if letter.isalpha()}
    return first_words.intersection(alike)
