"""What a search should find: random claims in many languages, random searches, and a plain scan by the same words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

from factcheck.rules.text.excerpts import Phrase
from factcheck.rules.text.queries import Query
from factcheck.rules.text.words import Token, stem, stems_of, tokens

Json = dict[str, Any]
# Words of each language: a few often, in forms that share a stem, with accents, figures and signs between.
VOCABULARY: dict[str, list[str]] = {
    "en": ["people", "rally", "rallies", "million", "millions", "COVID-19", "don't", "1,000", "offi\u00adcials", "x"],
    "fr": ["le", "maire", "maires", "piscine", "fermé", "fermée", "n'a", "pas", "1,2", "café", "œuvre"],
    "de": ["die", "Zahl", "Zahlen", "Straße", "STRASSE", "Überschuss", "1.500", "verdoppelt", "der", "Städte", "Stadt"],
    "tr": ["İstanbul", "ISPARTA", "fiyat", "fiyatlar", "artırdı", "artırmadı", "yüzde", "kişi", "ğ", "on", "bin"],
    "ru": ["Москва", "москвы", "митинг", "митинги", "тысяч", "людей", "ёлка", "йод", "и", "на", "2023"],
    "el": ["αθήνα", "ΑΘΉΝΑ", "πολίτες", "πολίτης", "και", "ΟΔΌΣ", "οδός", "χίλιοι", "ευρώ", "η", "το"],
    "ar": ["المدينة", "مدينة", "الصحة", "وزارة", "مليون", "شخص", "١٢٣", "في", "قال", "لا", "كان"],
    "he": ["ירושלים", "בירושלים", "המשרד", "משרד", "אנשים", "מיליון", "לא", "של", "את", "על", "הוא"],
    "fa": ["تهران", "مردم", "می‌رود", "میلیون", "وزارت", "بهداشت", "نه", "در", "که", "از", "۱۲"],
    "hi": ["यह", "लेख", "लाख", "है", "नहीं", "सरकार", "दिल्ली", "में", "लोग", "१२", "का"],
    "ta": ["அரசு", "மக்கள்", "சென்னை", "இல்லை", "கோடி", "இது", "என்று", "ஒரு", "பேர்", "நகரம்", "மற்றும்"],
    "ko": ["정부는", "정부가", "서울", "서울에서", "백만", "명", "사람", "없다", "있다", "의", "2023년"],
    "zh": ["疫苗", "施打", "人數", "已經超過", "世卫组织", "宣布", "疫情", "结束", "北京", "一百萬人", "税"],
    "ja": ["東京", "ワクチン", "接種", "首相は", "発表した", "カタカナ", "人", "百万人", "政府", "ではない", "を"],
    "th": ["ประเทศไทย", "วัคซีน", "รัฐบาล", "ประกาศ", "คน", "ล้าน", "ไม่", "กรุงเทพ", "ได้", "ที่", "และ"],
    "km": ["កម្ពុជា", "រដ្ឋាភិបាល", "ប្រជាជន", "ភ្នំពេញ", "លាន", "នាក់", "មិន", "បាន", "នៅ", "ជា", "និង"],
}  # fmt: skip
UNSPACED = ("zh", "ja", "th", "km")


@dataclass(frozen=True)
class Said:
    """A claim as it is searched for: its language, its text, and its quotes."""

    language: str
    texts: tuple[str, ...]

    @cached_property
    def words(self) -> list[list[Token]]:
        return [tokens(text, self.language) for text in self.texts]


def sentence(random: Random, language: str) -> str:
    """Return a text of some words of a language: the first ones often, the last ones seldom."""
    words = VOCABULARY[language]
    chosen = [words[int(len(words) * random.random() ** 1.5)] for _ in range(random.randint(2, 9))]
    if language in UNSPACED:
        return random.choice(["", "", "，", " "]).join(chosen)
    return random.choice([" ", " ", ", ", "-", "\u00a0"]).join(chosen)


def asked(random: Random) -> str:
    """Return a search: words, phrases, beginnings, alternatives, and what must not occur."""
    language = random.choice(list(VOCABULARY))
    parts: list[str] = []
    for _ in range(random.randint(1, 3)):
        word = random.choice(VOCABULARY[language])
        shape = random.random()
        if shape < 0.25:
            glue = "" if language in UNSPACED else " "
            word = f'"{word}{glue}{random.choice(VOCABULARY[language])}"'
        elif shape < 0.4 and len(word) >= 4 and word.isalpha() and language not in UNSPACED:
            word = f"{word[:-1]}*"
        if parts and random.random() < 0.25:
            parts.append(f"-{word}")
        elif parts and not parts[-1].startswith("-") and random.random() < 0.3:
            parts += ["OR", word]
        else:
            parts.append(word)
    return " ".join(parts)


def scanned(query: Query, said: Said) -> bool:
    """Say whether a claim holds a query, by looking at all its words."""
    family = stems_of(said.language)

    def there(each: Phrase) -> bool:
        return any(_stands(each, text, family) for text in said.words)

    return all(any(map(there, group)) for group in query.groups) and not any(map(there, query.unwanted))


def _stands(each: Phrase, text: Sequence[Token], family: str | None) -> bool:
    *whole, last = each.words
    if each.spelt and family and any(stem(token.word, family) == stem(each.spelt[0], family) for token in text):
        return True
    words = [token.text for token in text]
    for at in range(len(words) - len(whole)):
        end = words[at + len(whole)]
        if words[at : at + len(whole)] == whole and (end.startswith(last) if each.open else end == last):
            return True
    return False


def lines(random: Random, number: int) -> Iterator[tuple[Json, Said | None]]:
    """Yield the lines of an import: an article of each language, and claims with quotes of it; and what each says."""
    passages = {language: [sentence(random, language) for _ in range(40)] for language in VOCABULARY}
    for language, some in passages.items():
        yield {
            "type": "article", "external_id": f"article-{language}", "title": f"In {language}", "language": language,
            "text": "\n".join(f"[{at}] {passage}." for at, passage in enumerate(some)),
        }, None  # fmt: skip
    for at in range(number):
        language = random.choice(list(VOCABULARY))
        place = random.randrange(40)
        quote, text = f"[{place}] {passages[language][place]}", sentence(random, language)
        line = {
            "type": "claim", "external_id": f"claim-{at}", "article_id": f"article-{language}", "text": text,
            "kind": "factual" if at % 3 else "opinion", "quotes": [{"exact": quote}],
        }  # fmt: skip
        yield line, Said(language, (text, quote))
