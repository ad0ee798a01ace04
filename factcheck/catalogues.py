"""The catalogues of messages, one for each language, and the language that this thread speaks now.

They are in `factcheck/translations`, a folder for each language, and `make messages` makes them.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any

from babel import Locale
from babel.support import Translations

from factcheck.messages import Message

FOLDERS: tuple[Path, ...] = (Path(__file__).parent / "translations",)
SOURCE = "en"  # the language of the code, which needs no catalogue


@dataclass(frozen=True)
class Speech:
    """A language as a tag such as `pt`, with its catalogue, and a time zone: None where nobody chose one."""

    tag: str
    locale: Locale
    catalogue: NullTranslations
    time_zone: str | None = None


def available() -> dict[str, str]:
    """Return the languages of the desk by their tags, in order, each with the name that it gives itself."""
    return _available(FOLDERS)


def speech(tag: str, time_zone: str | None = None) -> Speech:
    """Return a language of the desk, to speak it."""
    locale = Locale.parse(tag, sep="-")
    return Speech(tag, locale, _catalogue(FOLDERS, str(locale)), time_zone)


def speech_for(tag: str | None) -> Speech:
    """Return the language that somebody chose; English where they chose none, or one that the desk does not have."""
    return speech(tag if tag in available() else SOURCE)


def spoken() -> Speech | None:
    """Return the language that is spoken now, None where nobody has said which."""
    return _SPOKEN.get()


def speak(chosen: Speech | None) -> None:
    """Speak a language from now on, in this thread or request."""
    _SPOKEN.set(chosen)


def said(text: Any, chosen: Speech) -> Any:
    """Say a message in a language, as a plain text; what is no message stays as it is."""
    if not isinstance(text, Message) or not text:  # a catalogue has its own header under the empty text
        return text
    catalogue = chosen.catalogue
    if text.many is None:
        pattern = catalogue.gettext(text.sentence)
    else:
        pattern = catalogue.ngettext(text.sentence, text.many, text.number)
    if not text.values:
        return pattern
    return pattern.format_map({name: said(value, chosen) for name, value in text.values.items()})


@cache
def _available(folders: tuple[Path, ...]) -> dict[str, str]:
    names = {SOURCE, *(file.parent.parent.name for folder in folders for file in folder.glob("*/LC_MESSAGES/*.mo"))}
    locales = sorted(map(Locale.parse, names), key=str)
    return {str(each).replace("_", "-"): str(each.display_name).capitalize() for each in locales}


@cache
def _catalogue(folders: tuple[Path, ...], locale: str) -> NullTranslations:
    for folder in folders:
        found = Translations.load(folder, [locale])
        if isinstance(found, Translations):
            return found
    return NullTranslations()


_SPOKEN: ContextVar[Speech | None] = ContextVar("spoken", default=None)
