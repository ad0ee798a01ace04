"""Words, phrases, excerpts and copies, in fourteen languages and for what texts hold beside words."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.rules.text.excerpts import Phrase, excerpt, phrase
from factcheck.rules.text.similarity import copies
from factcheck.rules.text.words import LONGEST, fold, grams, sought, stems, tokens
from tests.bounds import costs


class Case(NamedTuple):
    """A text of a language, a word of it as somebody else may write it, a phrase of it, and what is not in it."""

    language: str
    text: str
    word: str
    marked: str
    phrase: str
    absent: str


CASES = [
    Case("zh", "台灣疫苗施打人數已經超過一百萬人,衛生部表示。", "疫苗", "疫苗", "施打人數", "苗疫"),
    Case(
        "ja",
        "東京都は新型コロナウイルスのワクチンを百万人に接種したと発表した。",
        "ﾜｸﾁﾝ",
        "ワクチン",
        "百万人に接種",
        "京東",
    ),
    Case(
        "ko",
        "질병관리청은 백신을 맞은 사람이 백만 명을 넘었다고 어제 밝혔다.",
        "백신",
        "백신을",
        "백만 명을",
        "맞은 백신을",
    ),
    Case("th", "กระทรวงสาธารณสุขระบุว่ามีผู้ได้รับวัคซีนเกินหนึ่งล้านคนแล้ว", "วัคซีน", "วัคซีน", "หนึ่งล้านคน", "ล้านหนึ่ง"),
    Case("km", "ក្រសួងសុខាភិបាលបានប្រកាសថាមនុស្សជាងមួយលាននាក់បានចាក់វ៉ាក់សាំង", "វ៉ាក់សាំង", "វ៉ាក់សាំង", "មួយលាននាក់", "លានមួយ"),
    Case("hi", "स्वास्थ्य मंत्री ने कहा कि यह लेख दस लाख लोगों तक पहुँचा है।", "लेख", "लेख", "दस लाख", "दस लेख"),
    Case(
        "ta",
        "பத்து இலட்சம் பேருக்கு தடுப்பூசி போடப்பட்டது என்று அமைச்சர் நேற்று கூறினார்.",
        "தடுப்பூசி",
        "தடுப்பூசி",
        "பத்து இலட்சம்",
        "இலட்சம் பத்து",
    ),
    Case(
        "ar",
        "قالت وزارة الصحة إنّ مليون شخص تلقّوا اللقاح في المدارس خلال أسبوع.",
        "لقاح",
        "اللقاح",
        "مليون شخص",
        "شخص مليون",
    ),
    Case(
        "he",
        "משרד הבריאות הודיע שמיליון איש קיבלו את החיסון במהלך השבוע האחרון.",
        "חיסון",
        "החיסון",
        "קיבלו את החיסון",
        "את קיבלו",
    ),
    Case(
        "fa",
        "وزارت بهداشت می‌گوید یک میلیون نفر واکسن زده‌اند و این کار ادامه دارد.",
        "ميگويد",
        "می‌گوید",
        "یک میلیون نفر",
        "میلیون یک",
    ),
    Case(
        "ru",
        "Министерство сообщило, что ещё миллион человек получили вакцины за неделю.",
        "вакцина",
        "вакцины",
        "еще миллион человек",
        "миллион еще",
    ),
    Case(
        "el",
        "Το υπουργείο ανακοίνωσε ότι ένα εκατομμύριο άνθρωποι έκαναν το εμβόλιο.",
        "ΕΜΒΟΛΙΟ",
        "εμβόλιο",
        "ένα εκατομμύριο",
        "εκατομμύριο ένα",
    ),
    Case(
        "tr",
        "Bakanlık, IŞIK projesiyle bir milyon kişinin aşılandığını dün İzmir'de açıkladı.",
        "ışık",
        "IŞIK",
        "bir milyon kişinin",
        "milyon bir",
    ),
    Case(
        "de",
        "Laut Ministerium hat sich die Zahl der Straßensperrungen in 2023 verdoppelt.",
        "STRASSENSPERRUNG",
        "Straßensperrungen",
        "die Zahl der",
        "der die Zahl",
    ),
]
LANGUAGES = [case.language for case in CASES]
NEAR_STEMS = {"ko", "ar", "he", "ru", "de"}  # the word stands in another form


def marked(text: str, wanted: Phrase | None, language: str | None = None) -> list[str]:
    """Return what an excerpt of the whole text marks."""
    assert wanted is not None
    found = excerpt(text, [wanted], language=language)
    return [found.text[start:end] for start, end in found.marks] if found else []


def texts(text: str, language: str | None = None) -> list[str]:
    return [token.text for token in tokens(text, language)]


# ── Fourteen languages ────────────────────────────────────────────────────────────────────────────────────────────


def test_there_are_fourteen_languages() -> None:
    assert len({*LANGUAGES}) == 14


@pytest.mark.parametrize("case", CASES, ids=LANGUAGES)
def test_a_word_is_found_and_marked_in_the_readers_own_text(case: Case) -> None:
    wanted = phrase(case.word, inflected=True)
    assert marked(case.text, wanted, case.language) == [case.marked]
    assert bool(marked(case.text, phrase(case.word), case.language)) == (case.language not in NEAR_STEMS)


@pytest.mark.parametrize("case", CASES, ids=LANGUAGES)
def test_a_phrase_is_found_in_its_order_alone(case: Case) -> None:
    [found] = marked(case.text, phrase(case.phrase))
    assert fold(found) == fold(case.phrase)
    assert marked(case.text, phrase(case.absent)) == []


@pytest.mark.parametrize("case", CASES, ids=LANGUAGES)
def test_words_stand_where_they_are_said_to(case: Case) -> None:
    found = tokens(case.text, case.language)
    assert len(found) >= 9
    assert len(stems(found, case.language)) == len(found)
    for token in found:
        assert fold(case.text[token.start : token.end]) == token.text
        assert fold(token.word) == token.text


@pytest.mark.parametrize("case", CASES, ids=LANGUAGES)
def test_three_outlets_with_one_text_are_copies(case: Case) -> None:
    other = CASES[(CASES.index(case) + 1) % len(CASES)].text
    shortened = case.text.rstrip("。.।") + " …"
    assert {(a, b) for a, b, _ in copies([case.text, other, case.text, shortened])} == {(0, 2), (0, 3)}


@pytest.mark.parametrize("case", CASES, ids=LANGUAGES)
def test_an_excerpt_of_a_long_text_is_short_and_has_its_mark(case: Case) -> None:
    text = "\n".join([other.text for other in CASES if other is not case] * 3 + [case.text] + ["…"] * 400)
    found = excerpt(text, [each for each in [phrase(case.phrase)] if each])
    assert found is not None
    assert len(found.text) < 250
    assert [fold(found.text[start:end]) for start, end in found.marks] == [fold(case.phrase)]


# ── What is one word ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("offi\u00adcials", ["officials"]),
        ("offi\u200bcials\u200b \u200b", ["officials"]),
        ("Caf\u00e9 cafe\u0301 CAFÉ", ["cafe"] * 3),
        ("ﬁre Ｆｉｒｅ", ["fire"] * 2),
        ("Straße Łódź Ærø ıŞık", ["strasse", "lodz", "aero", "isik"]),
        ("Ёлка мой мои", ["елка", "мой", "мои"]),
        ("ΑΘΉΝΑΣ Αθήνας", ["αθηνασ"] * 2),
        ("यह लेख लाख", ["यह", "लेख", "लाख"]),
        ("世卫组织WHO宣布COVID-19", ["世卫", "卫组", "组织", "织", "who", "宣布", "布", "covid", "19"]),
        ("が か\u3099 ｶﾞ", ["が", "が", "ガ"]),
        ("疫", ["疫"]),
        ("don’t", ["don", "t"]),
        ("H1N1 m² 5℃", ["h1n1", "m2", "5", "c"]),
        ("\u0301a … 🇳🇪 — ـ", ["a"]),
        ("\U000116d0", ["\U000116d0"]),  # a digit that is new to Python 3.11
        ("", []),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert texts(text) == found


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("de", "1.500 Euro", ["1500", "euro"]),
        ("de", "1.500,75", ["1500.75"]),
        ("de-CH", "1’500’000", ["1500000"]),
        ("fr", "1,2 milliard", ["1.2", "milliard"]),
        ("fr", "1.2 milliard", ["1.2", "milliard"]),
        ("fr", "12 500 euros et 2019 300", ["12500", "euros", "et", "2019", "300"]),
        ("fr", "12\u202f500", ["12500"]),
        ("en", "1,500 and 1.500 and 1,500,000.5", ["1500", "and", "1.500", "and", "1500000.5"]),
        ("en", "12 500", ["12", "500"]),
        ("hi", "12,34,567 और १२,३४,५६७", ["1234567", "और", "1234567"]),
        ("ar", "٣٬٥٠٠ ٢٫٥", ["3500", "2.5"]),
        (None, "1.500.000 1,500,000 1,5", ["1500000", "1500000", "1.5"]),
        (None, "2023-08-26 26.08.2023", ["2023", "08", "26", "26", "08", "2023"]),
        (None, "1.2.3 10.0.0.1", ["1", "2", "3", "10", "0", "0", "1"]),
        (None, "0,125 0.125 1.5km", ["0.125", "0.125", "1.5", "km"]),
    ],
)  # fmt: skip
def test_a_figure_is_one_word_however_it_is_written(language: str | None, text: str, found: list[str]) -> None:
    assert texts(text, language) == found
    assert texts(f"é {text}", language)[1:] == found  # the way of texts that are not ASCII


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "rally", "rallies"),
        ("fr", "fermé", "fermer"),
        ("de", "Abschiebung", "Abschiebungen"),
        ("ru", "вакцина", "вакцинами"),
        ("ko", "백신은", "백신을"),
        ("he", "החיסון", "חיסון"),
        ("tr", "artırdı", "artırdılar"),
    ],
)
def test_forms_of_a_word_have_one_stem(language: str, one: str, other: str) -> None:
    assert stems(tokens(one, language), language) == stems(tokens(other, language), language)
    assert texts(one) != texts(other)


def test_without_a_language_or_a_stemmer_a_stem_is_the_word() -> None:
    found = tokens("Rallies und Rallyes")
    assert stems(found, None) == stems(found, "xx") == texts("Rallies und Rallyes")


@pytest.mark.parametrize(
    ("query", "found", "may_go_on"),
    [
        ("税", ["税"], True),
        ("加税", ["加税"], False),
        ("WHO税", ["who", "税"], True),
        ("加税 WHO", ["加税", "税", "who"], False),
        ("tax", ["tax"], False),
        ("…", [], False),
    ],
)
def test_what_is_looked_for_is_what_the_index_has(query: str, found: list[str], may_go_on: bool) -> None:
    words, open_ended = sought(query)
    assert ([token.text for token in words], open_ended) == (found, may_go_on)


def test_each_character_is_found_by_itself() -> None:
    assert marked("政府宣布加税。", phrase("税")) == ["税"]
    assert marked("税率が上がる", phrase("税")) == ["税率"]
    assert marked("政府宣布加税。", phrase("加税")) == ["加税"]


def test_grams_are_pieces_of_words_with_what_is_between_them() -> None:
    assert grams(texts("Cats, a 疫苗 x")) == ["_cat", "cats", "ats_", "ts_a", "s_a_", "疫苗", "苗", "_x_"]
    assert grams(texts("백신을")) == ["_백", "백신", "신을", "을_"]
    assert grams(texts("…")) == []


# ── Bounds ────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.text(max_size=300), st.sampled_from([None, "fr", "de", "tr", "zh", "ar"]))
def test_tokens_are_in_order_within_the_text_and_fold_to_themselves(text: str, language: str | None) -> None:
    found = tokens(text, language)
    assert [token.start for token in found] == sorted(token.start for token in found)
    for token in found:
        assert 0 <= token.start < token.end <= len(text)
        assert 0 < len(token.text) <= LONGEST
        assert token.text == fold(token.text)
    assert tokens(text, language, most=3) == found[:3]


@given(st.text(max_size=200))
def test_what_was_found_is_found_again_by_its_own_words(text: str) -> None:
    words, _ = sought(text)
    wanted = phrase(text)
    assert (wanted is None) == (not words)
    if wanted:
        assert excerpt(text, [wanted]) is not None


@pytest.mark.parametrize(
    "text",
    [
        "a" * 300_000, "1," * 150_000, "1,111" * 60_000, "111," * 75_000, "1.1,1'" * 50_000, "a\u0301" * 150_000,
        "\u200b" * 300_000 + "a", "疫" * 30_000, "疫" + "\u0301" * 300_000, "\u0301" * 300_000, "é 1 000" * 20_000,
        "🇦" * 300_000, "疫🇦" * 15_000, "ก\u200b" * 15_000,
    ],
    ids=lambda text: ascii(text[:6]),
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_work_is_linear(text: str, language: str) -> None:
    with costs(seconds=5, megabytes=500):  # a tenth of it on a usual machine; a square takes minutes
        assert len(tokens(text, language)) <= len(text)
