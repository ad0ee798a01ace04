"""What a statement says, as far as letters show it: its words, names, figures and dates, and whether it denies.

The lists are English. In other languages names, figures in digits and years are found all the same; negations, months
and figures in words are not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import normalize

from factcheck.rules.shingles import EMPTY, LOOKED_AT, runs, stem
from factcheck.rules.words import fold, words

_TOKEN = re.compile(r"[0-9]+(?:[,\u00a0\u202f ][0-9]{3}(?![0-9]))*(?:\.[0-9]+)?|[^\W\d_]+(?:['’-][^\W\d_]+)*|[.!?:;]")
_DAY = re.compile(r"\b([0-9]{4})-([0-9]{2})-([0-9]{2})\b")
_SEPARATORS = str.maketrans("", "", ", \u00a0\u202f")
_PARTED, _POSSESSIVE = re.compile("['’-]"), re.compile("['’]s?$")
_APOSTROPHES = str.maketrans("", "", "'’")
MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march", "april apr", "may", "june jun", "july jul", "august aug",
         "september sep sept", "october oct", "november nov", "december dec"), 1
    )
    for name in names.split()
}  # fmt: skip
UNITS = {
    name: number
    for number, name in enumerate(
        """one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen""".split(),
        1,
    )
}
TENS = {
    name: ten
    for ten, name in zip(
        range(20, 100, 10), "twenty thirty forty fifty sixty seventy eighty ninety".split(), strict=True
    )
}
MAGNITUDES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
MAGNITUDES |= {"k": 1e3, "m": 1e6, "mn": 1e6, "bn": 1e9}
VAGUE = {"dozens": 12, "hundreds": 1e2, "thousands": 1e3, "millions": 1e6, "billions": 1e9}
NEGATIONS = frozenset(
    "no not never none nobody neither nor cannot zero false untrue isnt wasnt arent werent doesnt didnt dont"
    " wont wouldnt cant couldnt hasnt havent hadnt shouldnt".split()
)
# Of each pair, one statement has the one where the other has the other.
OPPOSITES = tuple(
    tuple(frozenset(side.split("/")) for side in pair.split())
    for pair in (
        "increase/increased/increases/increasing/rise/rises/rose/risen/rising/grew/grow/grown/growing/higher"
        " decrease/decreased/decreases/decreasing/fall/falls/fell/fallen/falling/shrank/shrink/declined/lower",
        "more less/fewer", "most least", "win/wins/won lose/loses/lost", "support/supports/supported oppose/opposes/opposed",
        "legal illegal", "before after", "above below", "open/opened/opens close/closed/closes",
        "accept/accepted/accepts/agreed reject/rejected/rejects/refused", "safe dangerous/unsafe", "largest/biggest smallest",
        "best worst", "highest lowest", "first last", "enter/entered leave/left", "allow/allowed/allows/legalised"
        " ban/banned/bans/forbid/forbade", "gain/gained loss/lost", "men women", "north south", "east west", "male female",
        "rich poor", "import/imports/imported export/exports/exported", "buy/bought/buys sell/sold/sells", "start/started/began"
        " end/ended/stopped", "hired fired", "older younger", "import exports", "true false", "effective ineffective",
        "arrested released", "doubled halved", "outside inside", "guilty innocent", "least most",
    )
)  # fmt: skip
# Adjectives of places, as the place: a reporter writes one where another writes the other.
PLACES = dict(
    pair.split(":")
    for pair in """french:france german:germany british:britain uk:britain english:england american:us america:us
    usa:us chinese:china russian:russia nigerien:niger nigerian:nigeria malian:mali spanish:spain italian:italy
    dutch:netherlands swiss:switzerland swedish:sweden danish:denmark norwegian:norway finnish:finland polish:poland
    greek:greece turkish:turkey japanese:japan indian:india brazilian:brazil mexican:mexico canadian:canada
    australian:australia egyptian:egypt israeli:israel iranian:iran iraqi:iraq syrian:syria ukrainian:ukraine
    european:europe african:africa irish:ireland scottish:scotland welsh:wales portuguese:portugal austrian:austria
    hungarian:hungary czech:czechia belgian:belgium kenyan:kenya ethiopian:ethiopia pakistani:pakistan korean:korea
    burkinabe:burkina moroccan:morocco algerian:algeria spaniard:spain haitian:haiti swede:sweden dane:denmark
    finn:finland pole:poland turk:turkey chilean:chile argentinian:argentina argentine:argentina colombian:colombia
    peruvian:peru vietnamese:vietnam indonesian:indonesia ghanaian:ghana senegalese:senegal sudanese:sudan
    libyan:libya tunisian:tunisia somali:somalia afghan:afghanistan saudi:arabia lebanese:lebanon jordanian:jordan
    palestinian:palestine venezuelan:venezuela cuban:cuba romanian:romania bulgarian:bulgaria serbian:serbia
    croatian:croatia georgian:georgia armenian:armenia thai:thailand filipino:philippines""".split()
)
# Capitals that name an office and nobody.
OFFICES = frozenset(
    "president general minister prime mr mrs ms dr king queen senator governor mayor chancellor ambassador commission"
    " government parliament senate congress army state states united monday tuesday wednesday thursday friday saturday"
    " sunday".split()
)


@dataclass(frozen=True)
class Statement:
    """A text taken apart. `said` has its words, with places for their adjectives; `opening` is its first word when nothing tells whether that is a name."""

    words: tuple[str, ...]
    said: frozenset[str]
    stems: frozenset[str]
    letters: frozenset[str]
    names: frozenset[str]
    opening: str | None
    figures: frozenset[float]
    days: frozenset[int]
    months: frozenset[int]
    years: frozenset[int]
    denies: bool


def statement(text: str) -> Statement:
    """Take a text apart: the first 1,000 code points of it."""
    text = text[:LOOKED_AT]
    folded = tuple(words(text))
    days, months, years = set[int](), set[int](), set[int]()

    def day(found: re.Match[str]) -> str:
        years.add(int(found[1]))
        months.add(int(found[2]))
        days.add(int(found[3]))
        return " "

    tokens = _TOKEN.findall(_DAY.sub(day, normalize("NFKC", text)))
    names, opening = _names(tokens)
    plain = [fold(token).translate(_APOSTROPHES) for token in tokens]
    dated = _dates(tokens, plain, days, months, years)
    figures = frozenset(_figures([word if at not in dated else ";" for at, word in enumerate(plain)]))
    return Statement(
        folded,
        frozenset(map(_place, folded)),
        frozenset(stem(_place(word)) for word in folded if word not in EMPTY and word not in NEGATIONS),
        frozenset(runs(" ".join(folded))),
        frozenset(names),
        opening,
        figures,
        frozenset(days),
        frozenset(months),
        frozenset(years),
        sum(word in NEGATIONS for word in plain) % 2 == 1,
    )


def _place(word: str) -> str:
    return PLACES.get(word) or PLACES.get(word.removesuffix("s"), word)


def _names(tokens: list[str]) -> tuple[set[str], str | None]:
    """Return the words with a capital that does not come from where they stand, and the first one if it may."""
    names, opening, begins = set[str](), None, True
    letters = [token for token in tokens if token[0].isalpha() and len(token) > 3]
    shouted = sum(token[0].isupper() for token in letters) > 0.8 * len(letters) and len(letters) > 4
    for token in tokens:
        if token in ".!?:;":
            begins = True
            continue
        if token[0].isupper() and not shouted:
            for part in _PARTED.split(_POSSESSIVE.sub("", token)):
                name = _place(fold(part))
                if len(name) < 2 or name in EMPTY or name in OFFICES or name in MONTHS or name in NEGATIONS:
                    continue
                if not begins or (len(part) > 1 and part.isupper()):
                    names.add(name)
                elif opening is None:
                    opening = name
        begins = False
    return names, opening


def _dates(tokens: list[str], plain: list[str], days: set[int], months: set[int], years: set[int]) -> set[int]:
    """Add the days, months and years that are named, and return the places of the tokens that name them."""
    taken = set[int]()
    for at, word in enumerate(plain):
        if word in MONTHS and tokens[at][0].isupper():
            beside = [each for each in (at - 1, at + 1) if 0 <= each < len(plain) and _is_day(plain[each])]
            year = [each for each in (at + 1, at + 2) if each < len(plain) and _is_year(plain[each])]
            if word in ("may", "march") and not beside and not year:
                continue
            months.add(MONTHS[word])
            taken.add(at)
            if beside:
                days.add(int(plain[beside[0]]))
                taken.add(beside[0])
        elif _is_year(word):
            years.add(int(word))
            taken.add(at)
    return taken


def _is_day(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= 2 and 1 <= int(word) <= 31


def _is_year(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) == 4 and "1900" <= word < "2100"


def _figures(plain: list[str]) -> Iterator[float]:
    """Yield the numbers, in digits and in words: "1.2 million", "half a million", "twenty-five"."""
    parts = [part for word in plain for part in (word.split("-") if word[0].isalpha() else [word])]
    value: float | None = None
    halved = False
    before = ""
    for part in [*parts, ";"]:
        number = _number(part)
        if part in MAGNITUDES and (value is not None or len(part) > 2):
            value = (1.0 if value is None else value) * MAGNITUDES[part] * (0.5 if halved else 1)
            halved = False
        elif number is not None and value is not None and before in TENS and part in UNITS:
            value += number
        else:
            # "One" by itself is as often somebody as a number.
            if value is not None and before != "one":
                yield value
            value = number
            if part in VAGUE:
                yield VAGUE[part] + 0.5  # apart from the number itself
        halved = part == "half" or (halved and part in ("a", "of"))
        before = part


def _number(part: str) -> float | None:
    if part in UNITS or part in TENS:
        return float(UNITS.get(part) or TENS.get(part) or 0)
    if part[:1].isdigit() and part.isascii():
        return float(part.translate(_SEPARATORS)[:40])
    return None
