"""The part of an article's page that says whether it is watched, and the forms that change that."""

import html

import pytest

from factcheck.web.pages.capturing.watches import in_words
from tests.desk import Desk
from tests.forms import Visitor


@pytest.fixture
def article_id(desk: Desk) -> str:
    return str(desk.article(url="https://news.example/story")["id"])


def shown(visitor: Visitor, article_id: str) -> str:
    return html.unescape(visitor.get(f"/articles/{article_id}").get_data(as_text=True))


def send(visitor: Visitor, article_id: str, form: str, **values: str) -> str:
    here = f"/articles/{article_id}"
    answer = visitor.send(f"{here}/{form}", values, on=here)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.headers["Location"])


def test_an_analyst_watches_an_article_and_stops(desk: Desk, article_id: str) -> None:
    visitor, here = Visitor(desk), f"/articles/{article_id}"
    assert "<summary>Watch for changes</summary>" in shown(visitor, article_id)
    there = send(visitor, article_id, "watch", every="P1D", until="2099-12-31")
    assert there == f"{here}?said=watched"
    assert "The article is watched." in visitor.get(there).get_data(as_text=True)
    watched = shown(visitor, article_id)
    assert "<summary>Watched every day</summary>" in watched
    assert "Not checked yet." in watched
    assert 'value="2099-12-31"' in watched
    assert '<option value="P1D" selected>every day</option>' in watched
    made = desk.get(f"/v1{here}/watch").json
    assert (made["every"], made["until"]) == ("P1D", "2099-12-31T00:00:00.000000Z")
    desk.request("PUT", f"/v1{here}/watch", json={"every": "P2DT3H"})
    assert '<option value="P2DT3H" selected>every 2 days 3 hours</option>' in shown(visitor, article_id)
    there = send(visitor, article_id, "unwatch")
    assert "The article is not watched any more." in visitor.get(there).get_data(as_text=True)
    assert desk.get(f"/v1{here}/watch").status_code == 404
    assert [each["actor"]["name"] for each in desk.changes()[-3:]] == ["Test analyst"] * 3


def test_what_failed_is_on_the_page(desk: Desk, article_id: str) -> None:
    desk.request("PUT", f"/v1/articles/{article_id}/watch", json={"every": "PT6H"})
    with desk.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE watches SET error = 'robots', failures = 2")
    found = shown(Visitor(desk, "contributor"), article_id)
    assert "Watched every 6 hours, but the last check failed" in found
    assert "The last check failed: the site's robots.txt does not allow it. 2 checks in a row have failed." in found
    assert f'action="/articles/{article_id}/watch"' not in found  # contributors see it, and cannot change it


def test_a_form_that_is_refused_says_what_to_do(desk: Desk, article_id: str) -> None:
    visitor, here = Visitor(desk), f"/articles/{article_id}"
    told = {"2020-01-01": "Choose a date in the future.", "soon": "Write a date that exists, as YYYY-MM-DD."}
    for until, words in told.items():
        answer = visitor.send(f"{here}/watch", {"every": "PT1H", "until": until}, on=here)
        page = answer.get_data(as_text=True)
        assert (answer.status_code, words in page, f'value="{until}"' in page) == (422, True, True)
    assert desk.get(f"/v1{here}/watch").status_code == 404


def test_who_sees_nothing_of_it(desk: Desk, article_id: str) -> None:
    assert 'id="watch"' not in shown(Visitor(desk, "contributor"), article_id)
    without = str(desk.article(text="A text without a URL.")["id"])
    assert 'id="watch"' not in shown(Visitor(desk), without)
    desk.request("PUT", f"/v1/articles/{article_id}/watch", json={"every": "PT6H"})
    public = Visitor(desk.with_settings(public_read=True), None)
    assert 'id="watch"' not in shown(public, article_id)
    assert 'id="watch"' in shown(Visitor(desk, "reader"), article_id)


def test_intervals_are_in_words() -> None:
    told = {"PT1H": "every hour", "PT6H": "every 6 hours", "P1D": "every day", "P7D": "every 7 days",
            "P1DT1H": "every 1 day 1 hour", "PT1H30M": "every 1 hour 30 minutes"}  # fmt: skip
    assert {every: in_words(every) for every in told} == told
