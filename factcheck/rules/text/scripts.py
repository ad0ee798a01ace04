"""What words and figures look like in which script and language: the tables behind `rules/text/words.py`."""


def listed(words: str) -> list[str]:
    """Return words that stand in a text, parted by blanks: a list of 150 strings is not read by anybody."""
    return words.split()


# Scripts whose words stand without spaces between them: Unicode's line-breaking class SA, "complex context" (UAX #14),
# and the ideographs and kana of class ID, with the marks that prolong or repeat a letter.
# Lucene's CJKBigramFilter and ThaiAnalyzer treat the same ones apart.
UNSPACED = (
    r"\p{Han}\p{Hiragana}\p{Katakana}\u30fc\uff70\uff9e\uff9f"
    r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tai_Le}\p{New_Tai_Lue}\p{Tai_Tham}\p{Tai_Viet}"
)
# Scripts whose marks can be left out by who writes: accents, vowel points, breathings. In every other script (the vowel
# signs of India and Southeast Asia) a mark is a part of the word.
ACCENTED = r"\p{Latin}\p{Greek}\p{Cyrillic}\p{Arabic}\p{Hebrew}\p{Syriac}\p{Coptic}\p{Armenian}\p{Georgian}"

# Letters that are written for others but do not decompose into them. Latin: Unicode CLDR, transform Latin-ASCII.
# Cyrillic: yo and stressed letters alone; short i, yi and short u are letters of their own, whatever they decompose
# into. Arabic: Lucene's ArabicNormalizer and PersianNormalizer (hamza carriers decompose already).
LETTERS = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "þ": "th", "æ": "ae", "œ": "oe", "ŋ": "n", "ŧ": "t"}
    | {"ё": "е", "ѐ": "е", "ѝ": "и"}
    | {"ة": "ه", "ى": "ي", "ی": "ي", "ے": "ي", "ک": "ك", "ہ": "ه", "ە": "ه", "ٱ": "ا", "ـ": ""}
)
DOTTED_I = str.maketrans({"I": "ı", "İ": "i"})
DOTTING = frozenset({"tr", "az", "crh", "gag"})  # languages with a dotless i: Unicode's SpecialCasing

# Languages that write a comma before decimals and a point (or a space) between thousands: Unicode CLDR 46, symbols
# `decimal` and `group` of each locale's default numbers. All others write it the other way round.
COMMA = frozenset(
    listed(
        """af ast az be bg bs ca cs da de el es et eu fi fo fr fy gl hr hu hy id is it ka kk kl ky lb lt lv mk mn nb nds
        nl nn no pl pt ro ru sk sl sq sr sv tr uk uz vi wo"""
    )
)
# Of them, those that part thousands with a space that may be a plain one.
SPACED = frozenset(listed("be bg cs et fi fr hu hy ka kk ky lt lv nb nn no pl ru sk sq sv uk uz"))

# Snowball's algorithms (https://snowballstem.org/algorithms/), by language.
STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "eo": "esperanto", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "st": "sesotho", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
# What Snowball lacks. Korean: the particles behind a noun (조사), the longest first. Hebrew: "and" and "the" before it.
PARTICLES = sorted(
    listed(
        """은 는 이 가 을 를 의 에 에서 에게 에는 에도 에서는 으로 로 으로는 로는 와 과 도 만 까지 까지는 부터 처럼 보다
        이나 나 이라고 라고 이라는 라는 께서 한테 마다 조차 이며 며 들은 들이 들을 들의 들에게"""
    ),
    key=len,
    reverse=True,
)
ARTICLES = tuple(
    sorted(
        [
            "은",
            "는",
            "이",
            "가",
            "을",
            "를",
            "의",
            "에",
            "에서",
            "에게",
            "에는",
            "에도",
            "에서는",
            "으로",
            "로",
            "으로는",
            "로는",
            "와",
            "과",
            "도",
            "만",
            "까지",
            "까지는",
            "부터",
            "처럼",
            "보다",
            "이나",
            "나",
            "이라고",
            "라고",
            "이라는",
            "라는",
            "께서",
            "한테",
            "마다",
            "조차",
            "이며",
            "며",
            "들은",
            "들이",
            "들을",
            "들의",
            "들에게",
        ],
        key=len,
        reverse=True,
    )
)
ARTICLES = ("וה", "שה", "ה", "ו")
