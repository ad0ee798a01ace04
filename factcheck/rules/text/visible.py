"""Texts that show nothing: made of spaces and of characters that have no shape, such as U+200B."""

import regex

# What has no shape of its own: spaces, control characters, what Unicode says to leave out of a line (zero-width
# characters, marks of direction, fillers, tags), marks of annotations, and the empty braille pattern.
_UNSEEN = r"\s\p{Z}\p{Cc}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800"
_SEEN = regex.compile(f"[^{_UNSEEN}]")
_SHAPELESS = regex.compile(rf"(?V1)[[{_UNSEEN}]--[\s\p{{Z}}]]+")


def blank(text: str) -> bool:
    """Say whether nothing of a text can be seen."""
    first = text[:1]
    return not (first.isascii() and first.isalnum()) and _SEEN.search(text) is None


def visible_length(text: str) -> int:
    """Return how many characters a text has after trimming, without those that have no shape."""
    return len(_SHAPELESS.sub("", text).strip())
