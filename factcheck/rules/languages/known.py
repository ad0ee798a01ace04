"""The languages whose denials and opposites the desk knows. Of any other, likeness alone refuses nothing."""

from collections.abc import Mapping

from factcheck.rules.languages.arabic import ARABIC
from factcheck.rules.languages.english import ENGLISH
from factcheck.rules.languages.french import FRENCH
from factcheck.rules.languages.german import GERMAN
from factcheck.rules.languages.grammar import Grammar
from factcheck.rules.languages.portuguese import PORTUGUESE
from factcheck.rules.languages.spanish import SPANISH
from factcheck.rules.languages.turkish import TURKISH

KNOWN: Mapping[str, Grammar] = {
    "ar": ARABIC,
    "de": GERMAN,
    "en": ENGLISH,
    "es": SPANISH,
    "fr": FRENCH,
    "pt": PORTUGUESE,
    "tr": TURKISH,
}
UNKNOWN = Grammar()
