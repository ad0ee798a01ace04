"""The languages of the desk: complete catalogues, and pages, errors and labels in the reader's language."""

import re
from html import unescape
from io import BytesIO
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.mofile import write_mo

from factcheck import catalogues
from factcheck.messages import Message, dumped, loaded, message, plural
from factcheck.web.speaking.vocabularies import VOCABULARIES
from tests.catalogues import CLOSE, FOLDER, LANGUAGES, OPEN, PSEUDO, keyed, marking, of_language, said, unmarked
from tests.comparing import Reader
from tests.desk import Desk, audit_faults
from tests.everything import PAGES, Asked, furnished
from tests.forms import Visitor

_PRINTF = re.compile(r"%\((\w+)\)[sd]|(%%)")


def _values(text: str) -> set[str]:
    braces = {name for _, name, _, _ in Formatter().parse(text) if name} if "{" in text else set()
    return braces | {name or sign for name, sign in _PRINTF.findall(text)}


@pytest.mark.parametrize("tag", LANGUAGES)
def test_each_language_has_every_message(tag: str) -> None:
    """A message that was added to the code and not to a catalogue fails here: run `make messages`, and translate it."""
    code, catalogue = keyed(said()), keyed(of_language(tag))
    assert code.keys() - catalogue.keys() == set(), "make messages"
    assert catalogue.keys() - code.keys() == set(), "make messages"
    for key, found in catalogue.items():
        forms = [found.string] if isinstance(found.string, str) else [*found.string]
        texts = [found.id] if isinstance(found.id, str) else [*found.id]
        assert all(forms), (tag, key)
        assert not found.fuzzy, (tag, key)
        known = set().union(*map(_values, texts))
        for form in forms:
            assert _values(form) <= known, (tag, key, form)
            assert isinstance(found.id, tuple) or _values(form) == known, (tag, key, form)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_what_is_read_is_what_was_written(tag: str) -> None:
    compiled = BytesIO()
    write_mo(compiled, of_language(tag))
    assert (FOLDER / tag / "LC_MESSAGES" / "messages.mo").read_bytes() == compiled.getvalue(), "make messages"


def test_a_message_is_english_and_remembers_what_it_was_made_of() -> None:
    said = message("No source has the name {name}.", name="Ama")
    assert (said, said.sentence, dict(said.values)) == (
        "No source has the name Ama.", "No source has the name {name}.", {"name": "Ama"},
    )  # fmt: skip
    assert (plural("{count} claim", "{count} claims", 1), plural("{count} claim", "{count} claims", 0)) == (
        "1 claim",
        "0 claims",
    )
    assert message("Braces { stay } without values.") == "Braces { stay } without values."
    assert isinstance(message("As it is."), Message)


def test_a_message_is_written_down_and_read_again() -> None:
    status = Message("in review")
    whole = plural("{count} claim of {name} is {status}.", "{count} claims of {name} are {status}.", 2, name="“A”",
                   status=status)  # fmt: skip
    read = loaded(dumped(whole))
    assert (read, dumped(read)) == ("2 claims of “A” are in review.", dumped(whole))
    assert catalogues.said(read, catalogues.speech("fr")) == catalogues.said(whole, catalogues.speech("fr"))
    assert loaded(dumped("{plain}")) == "{plain}"
    assert loaded("As an earlier version wrote it.") == "As an earlier version wrote it."


def test_what_is_wrong_with_a_claim_is_said_in_the_reader_s_language(desk: Desk) -> None:
    claim = desk.claim(attribution=[])["id"]
    assert audit_faults(desk.database) == []  # which lets the audit reach the log's end
    english = "The article states it in its own voice and names no source."
    [found] = [each["explanation"] for each in desk.get(f"/v1/audit/findings?claim={claim}").json["items"]]
    assert found == english
    french = catalogues.said(message(english), catalogues.speech("fr"))
    html = Visitor(desk).get(f"/audit?claim={claim}", **{"Accept-Language": "fr"}).get_data(as_text=True)
    assert french != english
    assert french in unescape(html)


def test_a_page_speaks_the_language_that_the_browser_asks_for(desk: Desk) -> None:
    visitor = Visitor(desk)
    for asked, tag, direction, word in (
        ("fr-CA, en;q=0.5", "fr", "ltr", "File d’attente"), ("ar", "ar", "rtl", None), ("xx", "en", "ltr", "Queue"),
        ("PT-br", "pt", "ltr", None), ("es;q=0, *", "en", "ltr", None), ("", "en", "ltr", "Queue"),
    ):  # fmt: skip
        answer = visitor.get("/", **{"Accept-Language": asked})
        html = answer.get_data(as_text=True)
        assert (answer.headers["Content-Language"], f'<html lang="{tag}" dir="{direction}"' in html) == (tag, True)
        assert word is None or word in html


def test_a_person_s_choice_counts_before_the_browser_s(desk: Desk) -> None:
    """On pages; a program is answered in the language that it asks for."""
    visitor, place = Visitor(desk), f"/v1/people/{desk.people['analyst']}"
    answer = desk.patch(place, {"language": "es", "time_zone": "Africa/Niamey"}, etag="*")
    assert (answer.status_code, answer.json["language"], answer.json["time_zone"]) == (200, "es", "Africa/Niamey")
    assert "Log-Index" not in answer.headers
    html = visitor.get("/work", **{"Accept-Language": "fr"}).get_data(as_text=True)
    assert '<html lang="es" dir="ltr" data-time-zone="Africa/Niamey">' in html
    claim = desk.claim()["id"]
    desk.review(claim, status="in_review")
    assert re.search(r"\d\d:\d\d GMT\+01:00</time>", visitor.get(f"/claims/{claim}").get_data(as_text=True))
    assert desk.get("/v1/labels").json["language"] == "en"
    assert desk.patch(place, {"language": None}, etag="*").json["time_zone"] == "Africa/Niamey"
    assert '<html lang="fr"' in visitor.get("/work", **{"Accept-Language": "fr"}).get_data(as_text=True)


def test_what_somebody_chooses_is_theirs_and_an_admin_s(desk: Desk) -> None:
    analyst = f"/v1/people/{desk.people['analyst']}"
    assert desk.patch(analyst, {"language": "fr"}, etag="*", by="reader").status_code == 403
    assert desk.patch(analyst, {"role": "admin"}, etag="*", by="analyst").status_code == 403
    assert desk.patch(analyst, {"language": "fr", "role": "admin"}, etag="*", by="analyst").status_code == 403
    both = desk.patch(analyst, {"language": "fr", "display_name": "A."}, etag="*", by="admin").json
    assert (both["language"], both["display_name"]) == ("fr", "A.")
    for flawed, pointer in (({"time_zone": "Mars/Base"}, "/time_zone"), ({"language": "?"}, "/language")):
        answer = desk.patch(analyst, flawed, etag="*")
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_an_error_is_said_in_the_language_that_is_asked_for(desk: Desk) -> None:
    unknown = "/v1/claims/01890000-0000-7000-8000-000000000000"
    english = desk.get(unknown).json
    french = desk.get(unknown, headers={"Accept-Language": "fr"}).json
    assert (english["type"], english["status"]) == (french["type"], french["status"]) == ("/problems/not-found", 404)
    assert english["title"] != french["title"]
    assert english["detail"] != french["detail"]


@pytest.mark.parametrize("figure", [0.0004, 1.23456, 12345678.98765, 1_000_000])
def test_a_figure_is_whole_in_every_language(desk: Desk, figure: float) -> None:
    quantity = {"high": figure, "unit": "people"}
    claim = desk.claim(kind="quantity", quantity=quantity)["id"]
    visitor = Visitor(desk)
    for tag in ("en", *LANGUAGES):
        html = visitor.get(f"/claims/{claim}", **{"Accept-Language": tag}).get_data(as_text=True)
        [told] = {re.sub(r"\D", "", each) for each in re.findall(r"<b>([\d.,\s]+)</b>", html)} - {""}
        assert told.strip("0") == re.sub(r"\D", "", f"{figure:f}").strip("0"), (tag, told)


@pytest.mark.parametrize("tag", ["en", *LANGUAGES])
def test_labels_are_there_in_each_language(desk: Desk, tag: str) -> None:
    answer = desk.get("/v1/labels", headers={"Accept-Language": tag})
    assert (answer.status_code, answer.headers["Content-Language"]) == (200, tag)
    assert "Accept-Language" in answer.headers["Vary"]
    assert (answer.json["language"], answer.json["languages"]) == (tag, sorted(["en", *LANGUAGES]))
    labels = answer.json["labels"]
    assert {name: [*values] for name, values in labels.items()} == {
        name: [str(value) for value in values] for name, values in VOCABULARIES.items()
    }
    for name, values in VOCABULARIES.items():
        enum = type(next(iter(values)))
        assert [*values] == [*enum], name  # every value has its words
    same = [
        value
        for name, values in VOCABULARIES.items()
        for value, english in values.items()
        if labels[name][value] == english
    ]
    # A few words are the same in French, such as “document”.
    assert len(same) == sum(map(len, VOCABULARIES.values())) if tag == "en" else len(same) < 12, same


def test_no_page_has_a_string_that_no_catalogue_said(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything between two marks was said by a catalogue; what is outside of them is data."""
    things = furnished(desk)
    monkeypatch.setattr(catalogues, "FOLDERS", (*catalogues.FOLDERS, marking(tmp_path)))
    chosen = desk.patch(f"/v1/people/{desk.people['admin']}", {"language": PSEUDO}, etag="*", by="admin")
    assert chosen.status_code == 200
    reader, visitor, found = Reader(desk, things, "admin"), Visitor(desk, "admin"), {}
    asks = {"Accept-Language": PSEUDO}  # for the public site, which does not look at who asks
    for target in (each for targets in PAGES.values() for each in targets):
        asked = Asked("GET", "", target).of(things).target
        answer = visitor.get(asked, **asks)
        if answer.mimetype == "text/html" and not target.startswith(("/docs", "/captures/{capture_id}/original")):
            page = answer.get_data(as_text=True)
            found[target] = [*unmarked(page)]
            assert OPEN in page or "<main" not in page, target
    for target, told in reader.forms(**asks).items():
        found[target] = [*unmarked(told.partition("\n\n")[2])]
    assert {target: texts for target, texts in found.items() if texts} == {}
    assert len(found) > 60
    assert CLOSE in visitor.get("/").get_data(as_text=True)
