"""Values as an article's fields take them: nothing that cannot be stored, nothing longer than the field."""

import re
from datetime import date
from typing import Any

MOST_TEXT = 1_000_000  # code points, as an article's text
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def fit(text: str) -> str:
    """Return a text without what no text may contain, with one kind of line ends."""
    return _UNFIT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def line(value: Any, longest: int) -> str | None:
    """Return a value in one line, None if it is no text or is empty."""
    if not isinstance(value, str):
        return None
    return " ".join(fit(value[: 10 * longest]).split())[:longest].strip() or None


def language(value: Any) -> str | None:
    """Return a language tag, None for what is none."""
    tag = (line(value, 100) or "").replace("_", "-").partition(",")[0]
    return tag if len(tag) <= 35 and _LANGUAGE.fullmatch(tag) else None


def day(value: Any) -> str | None:
    """Return the day with which a date or a time begins, as it is written there."""
    try:
        return date.fromisoformat((line(value, 100) or "")[:10]).isoformat()
    except ValueError:
        return None
