"""What claims are found by: the stems of their words, pieces of four letters, and the language that a text is in."""

import pytest

from factcheck.rules.languages.guessing import language_of
from factcheck.rules.matching.terms import LOOKED_AT, terms, tidied


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The mayor has closed the pool."),
        ("fr", "Le maire n'a pas fermé la piscine."),
        ("es", "El alcalde no cerró la piscina."),
        ("pt", "O prefeito não fechou a piscina."),
        ("de", "2023 hat sich die Anzahl der Abschiebungen verdoppelt"),
        ("it", "Il sindaco non ha chiuso la piscina della città."),
        ("tr", "Bakanlık vergileri bu yıl için artırdı ve açıkladı."),
        ("ru", "Мэр не закрыл бассейн в этом году."),
        ("ar", "لم يغلق العمدة المسبح في المدينة"),
        ("fa", "شهردار استخر را در شهر بسته است"),
        ("el", "Ο δήμαρχος έκλεισε την πισίνα."),
        ("he", "ראש העיר סגר את הבריכה."),
        ("hi", "महापौर ने पूल बंद कर दिया।"),
        ("ja", "市長はプールを閉鎖した。"),
        ("zh", "市長關閉了游泳池。"),
        ("ko", "시장은 수영장을 닫았다."),
        ("th", "นายกเทศมนตรีปิดสระว่ายน้ำ"),
        (None, "Vaccines kill"),
        (None, ""),
    ],
)
def test_the_language_of_a_text(language: str | None, text: str) -> None:
    assert language_of(text) == language
    assert language_of(text, "pt-BR") == "pt"


def test_terms_are_stems_and_pieces_of_a_claim_and_its_title() -> None:
    found = terms("Rallies ended", "Did the rally end?", "en")
    assert found.words == ["ralli", "end", "did", "the", "ralli", "end"]
    assert found.grams[:3] == ["_ral", "rall", "alli"]
    assert "d_th" in found.grams
    assert terms("The rallies of the parties", None) == terms("The rallies of the parties", None, "en-GB")


def test_no_term_has_a_space() -> None:
    found = terms("台灣 疫苗\u3000施打, 백신을 맞은 사람\tCovid 19\u00a0000", "Un titre d'un article")
    assert len(found.words) > 9
    assert not any(" " in each or not each for each in [*found.words, *found.grams])


def test_addresses_are_left_out_and_hashtags_taken_apart() -> None:
    said = "Look #BlackLivesMatter2020pic.twitter.com/AbC https://t.co/x (@realDonaldTrump) at WWW.example.org/a"
    assert tidied(said).split() == ["Look", "#Black", "Lives", "Matter", "2020", "(@real", "Donald", "Trump)", "at"]


def test_a_long_text_is_cut_before_it_is_looked_at() -> None:
    assert len(terms("word " * LOOKED_AT).words) == LOOKED_AT // 5
