"""Comments on the pages of claims and articles, and where somebody was mentioned."""

import html
from typing import Any

import pytest

from factcheck.web.pages.team import talk
from tests.desk import TEXT, Desk
from tests.forms import Visitor
from tests.test_comments import listed, say


def shown(visitor: Visitor, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200
    return html.unescape(answer.get_data(as_text=True))


def test_a_comment_is_written_answered_edited_and_withdrawn(desk: Desk) -> None:
    claim = desk.claim()["id"]
    here, visitor = f"/claims/{claim}", Visitor(desk)
    assert "No comments yet." in shown(visitor, here)
    text = "Is **this** so, @test ADMIN? Ask <b>@Nobody</b>, me@test.example and @Test Reader."
    answer = visitor.send(f"{here}/comments", {"text": text}, on=here)
    [made] = listed(desk, f"/v1{here}/comments")
    place = f"{here}?comments={made['id']}&comment=commented#comment-{made['id']}"
    assert (answer.status_code, answer.headers["Location"]) == (303, place)
    assert made["text"] == text
    assert [each["name"] for each in made["mentions"]] == ["Test admin", "Test reader"]
    page = visitor.get(place).get_data(as_text=True)
    assert "Your comment was added." in page
    assert '<strong>this</strong> so, <b class="mention">@test ADMIN</b>?' in page
    assert "&lt;b&gt;@Nobody&lt;/b&gt;" in page

    other = Visitor(desk, "contributor")
    assert f'action="/comments/{made["id"]}"' not in shown(other, here)
    other.send(f"{here}/comments", {"text": "It is."}, on=here)
    reply = listed(desk, f"/v1{here}/comments")[1]
    assert (reply["in_reply_to"], reply["text"]) == (made["id"], "It is.")
    edited = visitor.send(f"/comments/{made['id']}", {"text": "Is this so, @Test contributor?"}, on=here)
    assert edited.headers["Location"].endswith(f"&comment=edited#comment-{made['id']}")
    assert [each["name"] for each in listed(desk, f"/v1{here}/comments")[0]["mentions"]] == ["Test contributor"]
    old = visitor.send(f"/comments/{made['id']}", {"text": "Is it?", "version": "old"}, on=here)
    assert old.status_code == 412
    assert "Somebody changed this while you were writing." in old.get_data(as_text=True)
    wrong = visitor.send(f"/comments/{made['id']}", {"text": ""}, on=here)
    assert (wrong.status_code, "Fill this in." in wrong.get_data(as_text=True)) == (422, True)
    visitor.send(f"/comments/{made['id']}/withdrawal", {}, on=here)
    page = shown(visitor, here)
    assert "Withdrawn by you" in page
    assert page.index("Withdrawn by you") < page.index("It is.")
    assert visitor.get(f"/comments/{reply['id']}").headers["Location"] == (
        f"{here}?comments={made['id']}#comment-{reply['id']}"
    )
    assert 'id="comments"' not in shown(Visitor(desk.with_settings(public_read=True), None), here)


def test_somebody_mentioned_in_another_way_stays_mentioned(desk: Desk) -> None:
    claim = desk.claim()["id"]
    here, people = f"/claims/{claim}", [desk.people["admin"], desk.people["reader"]]
    made = say(desk, claim, "Look, @Test reader.", mentions=people)
    assert "Mentions Test admin" in shown(Visitor(desk), here)
    Visitor(desk).send(f"/comments/{made['id']}", {"text": "Look."}, on=here)
    assert [each["id"] for each in listed(desk, f"/v1{here}/comments")[0]["mentions"]] == people[:1]


def test_a_comment_is_about_words_of_an_article(desk: Desk) -> None:
    article = desk.article()["id"]
    here, visitor = f"/articles/{article}", Visitor(desk)
    for words, told in (("Nobody wrote this.", "not in the article"), ("e", "more than once")):
        refused = visitor.send(f"{here}/comments", {"text": "Hm.", "words": words}, on=here)
        assert (refused.status_code, told in refused.get_data(as_text=True)) == (422, True)
    words = "The organizers left early."
    assert visitor.send(f"{here}/comments", {"text": "Why?", "words": f" {words} "}, on=here).status_code == 303
    assert f'<blockquote dir="auto">{words}</blockquote>' in shown(visitor, here)
    assert listed(desk, f"/v1{here}/comments")[0]["quote"]["start"] == TEXT.index(words)
    newer = TEXT.replace("left early", "left late")
    desk.made(f"/v1{here}/snapshots", {"text": newer}, by="contributor")
    page = shown(visitor, here)
    assert "The newest text does not have these words any more." in page
    assert visitor.get(f"{here}/compare/1/2").status_code == 200


def test_a_page_shows_some_comments_and_leads_to_the_rest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = desk.claim()["id"]
    here, visitor = f"/claims/{claim}", Visitor(desk)
    ids = [say(desk, claim, f"Comment {number}.")["id"] for number in range(4)]
    reply = say(desk, claim, "A reply.", in_reply_to=ids[0])["id"]
    for name, value in (("SHOWN", 2), ("TEXT", 19)):
        with monkeypatch.context() as changed:
            changed.setattr(talk, name, value)
            page = shown(visitor, here)
            assert [f'id="comment-{each}"' in page for each in (ids[0], reply, *ids[1:])] == [True, True, *[False] * 3]
            assert f'href="{here}?comments={ids[1]}#comments"' in page
            page = shown(visitor, f"{here}?comments={ids[1]}")
            assert [f'id="comment-{each}"' in page for each in (reply, ids[1], ids[2])] == [
                False,
                True,
                name == "SHOWN",
            ]
            assert "All comments from the first" in page
    assert f'id="comment-{ids[0]}"' in shown(visitor, f"{here}?comments=nothing")


def test_where_i_was_mentioned(desk: Desk) -> None:
    claim = desk.claim()["id"]
    made = say(desk, claim, "Look <here>, please.", mentions=[desk.people["reader"]])
    page = shown(Visitor(desk, "reader"), "/work")
    assert page.index("Where you were mentioned") < page.index(f'href="/comments/{made["id"]}"') < page.index("<here>")
    assert "Where you were mentioned" not in shown(Visitor(desk), "/work")


def test_names_are_completed(desk: Desk) -> None:
    visitor = Visitor(desk)

    def names(begin: str) -> Any:
        return shown(visitor, f"/people/names?name={begin}").count('role="option"')

    assert [names(each) for each in ("test", "TEST%20an", "est", "operator", "%25", "")] == [4, 1, 0, 0, 0, 4]
    assert Visitor(desk, None).get("/people/names?name=t").status_code == 303
