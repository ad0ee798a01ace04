"""Which language a text is in, where nobody said so: by its script, else by the small words that it has."""

from collections import Counter

import regex

from factcheck.rules.text.scripts import listed
from factcheck.rules.text.words import tokens

LEAST = 2  # small words that a text has of a language, more than of any other
# Scripts that one language is nearly always written in.
_SCRIPTS = [
    (regex.compile(rf"\p{{{script}}}"), language)
    for script, language in {
        "Greek": "el", "Hebrew": "he", "Hangul": "ko", "Hiragana": "ja", "Katakana": "ja", "Han": "zh", "Thai": "th",
        "Khmer": "km", "Lao": "lo", "Myanmar": "my", "Tamil": "ta", "Devanagari": "hi", "Armenian": "hy",
        "Georgian": "ka",
    }.items()
]  # fmt: skip
# Letters of one language alone, among those that share a script: they decide where small words do not.
_LETTERS = [
    (regex.compile(f"[{letters}]", regex.IGNORECASE), language)
    for letters, language in {
        "ыэъё": "ru", "іїєґ": "uk", "ٹڈڑےں": "ur", "پچژگ": "fa", "ğı": "tr", "łąę": "pl", "ăơư": "vi",
        "ãõ": "pt", "ñ¿": "es", "ß": "de",
    }.items()
]  # fmt: skip
# The commonest words of each language that say nothing, after Snowball's lists of stop words.
SMALL = {
    language: frozenset(listed(words))
    for language, words in {
        "en": "the of and to in is was that for it with as are by has have this not be an were from at which their",
        "fr": "le la les de des du un une et est dans que qui pour par sur pas plus au aux en ne ce cette sont avec n",
        "es": "el la los las de del un una y es en que por para con no se su al lo más como ha son fue esta este",
        "pt": "o a os as de do da dos das um uma e é em no na que por para com não se foi mais ao são como pelo pela",
        "de": "der die das den dem des ein eine und ist in nicht von zu mit auf für sich hat wird wurde im als auch",
        "it": "il lo la i gli le di del della un una e è in che per con non si da dei nel alla sono più ha anche stato",
        "nl": "de het een en van in is dat op te voor niet met zijn die er aan om ook als bij naar wordt heeft",
        "tr": "ve bir bu da de için ile olarak olan daha çok en değil ise gibi sonra kadar göre yok var mi mu",
        "pl": "w i na z do się nie że jest to o po za od dla jak przez był są oraz jego",
        "sv": "och i att det som en på är av för med till den har de inte om ett han var",
        "id": "yang dan di dari ini itu untuk dengan pada tidak adalah dalam ke akan oleh telah sebagai",
        "vi": "là và của có không được trong cho các một đã người này với những",
        "ro": "și în de la cu pe nu este un o din că pentru care mai au a fost sunt",
        "ru": "и в не на что с по из за как это был была были для от его к о но же у или",
        "uk": "і в не на що з за як це був була були для від його до та але про у або",
        "ar": "في من على إلى أن لا ما هذا هذه التي الذي عن مع كان كانت قد لم ليس بعد بين",
        "fa": "و در به از که این را با است برای آن یک خود تا بر شد نیست می هم",
        "ur": "کے کی میں ہے اور کا سے کو نے پر نہیں یہ کہ تھا ہیں",
    }.items()
}


def language_of(text: str, tag: str | None = None) -> str | None:
    """Return the first part of the tag that a text has, else the language that it seems to be in; None if unsure."""
    if tag:
        return tag.lower().partition("-")[0]
    for script, language in _SCRIPTS:
        if script.search(text):
            return language
    said = Counter(token.word for token in tokens(text))
    found = sorted(
        ((sum(said[word] for word in words if word in said), language) for language, words in SMALL.items()),
        reverse=True,
    )
    (most, language), (next_most, _) = found[:2]
    if most >= LEAST and most > next_most:
        return language
    return next((language for letters, language in _LETTERS if letters.search(text)), None)
