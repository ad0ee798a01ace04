"""Matching in many languages: what is found, what contradicts, and what a strict entry refuses."""

from typing import NamedTuple

import pytest

from factcheck.rules.languages.known import KNOWN
from factcheck.rules.matching.statements import statement
from factcheck.rules.matching.strict import THRESHOLD, repeats, score, similarity
from tests.desk import Desk


class Case(NamedTuple):
    """A claim, the same in other words or another order, and another claim of the same kind."""

    language: str
    claim: str
    again: str
    other: str


CASES = [
    Case(
        "zh", "台灣疫苗施打人數已經超過一百萬人", "在台灣施打疫苗的人數已經超過了一百萬人", "東京的房租去年下降了一成"
    ),
    Case(
        "ja",
        "東京都は新型コロナのワクチンを百万人に接種した",
        "新型コロナのワクチンを東京都は百万人に接種した",
        "大阪の家賃は昨年一割下がった",
    ),
    Case(
        "ko",
        "서울시는 백만 명에게 백신을 접종했다",
        "백신을 서울시가 백만 명에게 접종했다",
        "부산의 집세는 작년에 내렸다",
    ),
    Case("th", "กรุงเทพฉีดวัคซีนให้ประชาชนหนึ่งล้านคน", "ประชาชนหนึ่งล้านคนได้รับวัคซีนในกรุงเทพ", "ค่าเช่าบ้านในเชียงใหม่ลดลง"),
    Case("km", "រាជធានីភ្នំពេញបានចាក់វ៉ាក់សាំងមនុស្សមួយលាននាក់", "មនុស្សមួយលាននាក់បានចាក់វ៉ាក់សាំងនៅភ្នំពេញ", "តម្លៃជួលផ្ទះនៅសៀមរាបបានធ្លាក់ចុះ"),
    Case("hi", "दिल्ली में दस लाख लोगों को टीका लगाया गया", "दस लाख लोगों को दिल्ली में टीका लगा", "मुंबई में किराया पिछले साल घटा"),
    Case(
        "ta",
        "சென்னையில் பத்து இலட்சம் பேருக்கு தடுப்பூசி போடப்பட்டது",
        "பத்து இலட்சம் பேருக்கு சென்னையில் தடுப்பூசி",
        "மதுரையில் வீட்டு வாடகை குறைந்தது",
    ),
    Case(
        "ar",
        "تلقى مليون شخص اللقاح في القاهرة",
        "في القاهرة تلقى اللقاح مليون شخص",
        "انخفضت الإيجارات في الإسكندرية العام الماضي",
    ),
    Case(
        "he", "מיליון איש קיבלו את החיסון בירושלים", "בירושלים קיבלו מיליון איש חיסון", "שכר הדירה בחיפה ירד בשנה שעברה"
    ),
    Case(
        "fa",
        "یک میلیون نفر در تهران واکسن زده‌اند",
        "در تهران یک میلیون نفر واکسن زدند",
        "اجاره خانه در شیراز کاهش یافت",
    ),
    Case(
        "ru",
        "В Москве вакцину получили миллион человек",
        "Миллион человек получил вакцину в Москве",
        "Аренда жилья в Казани подешевела",
    ),
    Case(
        "el",
        "Ένα εκατομμύριο άνθρωποι εμβολιάστηκαν στην Αθήνα",
        "Στην Αθήνα εμβολιάστηκαν ένα εκατομμύριο",
        "Τα ενοίκια στην Πάτρα μειώθηκαν πέρυσι",
    ),
    Case(
        "tr",
        "Ankara'da bir milyon kişi aşılandı",
        "Bir milyon kişi Ankara'da aşılanmış",
        "İzmir'de kiralar geçen yıl düştü",
    ),
    Case(
        "de",
        "Die Zahl der Abschiebungen hat sich 2023 verdoppelt",
        "2023 hat sich die Anzahl der Abschiebungen verdoppelt",
        "Die Mieten in Leipzig sind gesunken",
    ),
]
IDS = [case.language for case in CASES]
# A statement, and the same with a denial or an opposite in it.
DENIED = [
    ("fr", "Le maire a fermé la piscine.", "Le maire n'a pas fermé la piscine."),
    ("fr", "Le ministre a visité cette usine.", "Le ministre n’a jamais visité cette usine."),
    ("es", "El alcalde cerró la piscina.", "El alcalde no cerró la piscina."),
    ("es", "La ministra visitó la fábrica.", "La ministra nunca visitó la fábrica."),
    ("pt", "O prefeito fechou a piscina.", "O prefeito não fechou a piscina."),
    ("pt", "A ministra visitou a fábrica.", "A ministra nunca visitou a fábrica."),
    (
        "de",
        "Der Bürgermeister hat das Schwimmbad geschlossen.",
        "Der Bürgermeister hat das Schwimmbad nicht geschlossen.",
    ),
    ("de", "Die Ministerin hat eine Fabrik besucht.", "Die Ministerin hat keine Fabrik besucht."),
    ("ar", "أغلق العمدة المسبح في المدينة.", "لم يغلق العمدة المسبح في المدينة."),
    ("ar", "زار الوزير المصنع هذا العام.", "الوزير لم يزر المصنع هذا العام."),
    ("tr", "Bakanlık bu yıl vergileri artırdı.", "Bakanlık bu yıl vergileri artırmadı."),
    ("tr", "Bakan fabrikayı ziyaret ediyor.", "Bakan fabrikayı ziyaret etmiyor."),
    ("tr", "Belediye havuzu kapatacak.", "Belediye havuzu kapatmayacak."),
    ("en", "The mayor has closed the pool.", "The mayor hasn’t closed the pool."),
]
OPPOSED = [
    ("fr", "Le chômage a augmenté en France.", "Le chômage a diminué en France."),
    ("es", "El paro subió en Francia.", "El paro bajó en Francia."),
    ("pt", "O desemprego aumentou na França.", "O desemprego diminuiu na França."),
    ("de", "Die Arbeitslosigkeit ist in Frankreich gestiegen.", "Die Arbeitslosigkeit ist in Frankreich gesunken."),
    ("ar", "ارتفعت البطالة في فرنسا.", "انخفضت البطالة في فرنسا."),
    ("tr", "Fransa'da işsizlik arttı.", "Fransa'da işsizlik azaldı."),
]
DATED = [
    ("fr", "Le pont a ouvert le 20 juillet 2023 à 1,2 milliard d'euros."),
    ("es", "El puente abrió el 20 de julio de 2023 por 1.200 millones de euros."),
    ("pt", "A ponte abriu em 20 de julho de 2023 por 1,2 bilhão de euros."),
    ("de", "Die Brücke öffnete am 20. Juli 2023 für 1,2 Milliarden Euro."),
    ("ar", "افتتح الجسر في 20 يوليو 2023 بتكلفة 1.2 مليار يورو."),
    ("tr", "Köprü 20 Temmuz 2023 tarihinde 1,2 milyar avroya açıldı."),
]


def entered(desk: Desk, language: str, *texts: str) -> list[str]:
    """Enter claims from one article of a language, and return their ids."""
    article = desk.article(title="…", language=language)["id"]
    return [desk.claim(article_id=article, text=text)["id"] for text in texts]


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_claim_is_found_by_other_words(desk: Desk, case: Case) -> None:
    right, other = entered(desk, case.language, case.claim, case.other)
    for language in (case.language, None):
        items = desk.post("/v1/claims/match", {"text": case.again, "language": language}).json["items"]
        assert items[0]["claim"]["id"] == right
        assert items[0]["score"] >= THRESHOLD, items[0]
        assert items[0]["found_by"] == ["words", "letters"]
        assert len(items[0]["shared"]) >= 2
        scores = {item["claim"]["id"]: item["score"] for item in items}
        assert scores.get(other, 0.0) < THRESHOLD


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_strict_entry_of_the_same_words_is_refused(desk: Desk, case: Case) -> None:
    [there] = entered(desk, case.language, case.claim)
    claim = desk.get(f"/v1/claims/{there}").json
    quotes = [{name: quote[name] for name in ("exact", "start", "end")} for quote in claim["quotes"]]
    body = {"article_id": claim["article_id"], "text": f"{case.claim} …", "kind": "factual", "quotes": quotes}
    refused = desk.post("/v1/claims", body, headers={"Prefer": "handling=strict"})
    assert (refused.status_code, [each["id"] for each in refused.json["similar"]]) == (409, [there])
    other = desk.post("/v1/claims", {**body, "text": case.other}, headers={"Prefer": "handling=strict"})
    assert other.status_code == 201


@pytest.mark.parametrize("case", [case for case in CASES if case.language not in KNOWN], ids=lambda case: case.language)
def test_likeness_alone_refuses_nothing_without_rules(case: Case) -> None:
    one, two = statement(case.claim, case.language), statement(f"{case.claim} {case.other[:6]}", case.language)
    assert similarity(one, two).score > 0.1
    assert not repeats(two, one)
    assert repeats(one, one)


def test_there_are_languages_with_rules_and_without() -> None:
    assert {"fr", "es", "pt", "de", "ar", "tr", "en"} <= KNOWN.keys()
    assert len([case for case in CASES if case.language not in KNOWN]) >= 9


@pytest.mark.parametrize(("language", "said", "denied"), DENIED)
def test_a_denial_is_another_claim(language: str, said: str, denied: str) -> None:
    for tag in (language, f"{language}-XX"):
        one, two = statement(said, tag), statement(denied, tag)
        assert (one.denies, two.denies) == (False, True)
        assert "negation" in similarity(one, two).differs
        assert not repeats(two, one)
        assert repeats(two, two)


@pytest.mark.parametrize(("language", "said", "opposed"), OPPOSED)
def test_an_opposite_is_another_claim(language: str, said: str, opposed: str) -> None:
    found = similarity(statement(said, language), statement(opposed, language))
    assert found.differs == ("opposites",)
    assert found.score < THRESHOLD
    assert score(said, said, language) == 1.0


@pytest.mark.parametrize(("language", "said"), DATED)
def test_dates_and_figures_are_read(language: str, said: str) -> None:
    found = statement(said, language)
    assert (found.days, found.months, found.years, found.figures) == ({20}, {7}, {2023}, {1_200_000_000})
    for other in (said.replace("2023", "2022"), said.replace("1,2", "1,3").replace("1.2", "1.3")):
        assert not repeats(statement(other, language), found), other


def test_one_figure_written_two_ways_is_one() -> None:
    for language, one, other in [
        ("de", "Das Bad kostet 1.500 Euro im Jahr.", "Das Bad kostet 1500 Euro im Jahr."),
        ("fr", "Le pont a coûté 1,2 milliard.", "Le pont a coûté 1.2 milliard."),
    ]:
        assert statement(one, language).figures == statement(other, language).figures
        assert similarity(statement(one, language), statement(other, language)).differs == ()


def test_german_nouns_are_no_names() -> None:
    claim, again = CASES[-1].claim, CASES[-1].again
    found = similarity(statement(claim, "de"), statement(again))
    assert found.differs == ()
    assert statement(claim, "de").names == set()


@pytest.mark.parametrize(("language", "said", "denied"), [DENIED[0], DENIED[10]], ids=["fr", "tr"])
def test_the_denial_of_a_claim_is_entered_and_the_near_one_is_told(
    desk: Desk, language: str, said: str, denied: str
) -> None:
    [there] = entered(desk, language, said)
    claim = desk.get(f"/v1/claims/{there}").json
    quotes = [{name: quote[name] for name in ("exact", "start", "end")} for quote in claim["quotes"]]
    body = {"article_id": claim["article_id"], "text": denied, "kind": "factual", "quotes": quotes}
    assert desk.post("/v1/claims", body, headers={"Prefer": "handling=strict"}).status_code == 201
    near = [
        item for item in desk.post("/v1/claims/match", {"text": denied}).json["items"] if item["claim"]["id"] == there
    ]
    assert [item["differs"] for item in near] == [["negation"]]


def test_lakh_is_not_an_article(desk: Desk) -> None:
    right, other = entered(desk, "hi", "यह लेख है", "यह लाख है")
    items = desk.post("/v1/claims/match", {"text": "यह लाख है", "language": "hi"}).json["items"]
    scores = {item["claim"]["id"]: item["score"] for item in items}
    assert scores[other] == 1.0
    assert scores.get(right, 0.0) < 0.9
