"""Sources that may be the same, on pages: while a name is typed, before a source is created, on a source's page."""

import re

from tests.desk import Desk
from tests.forms import Visitor
from tests.test_page_contents import text_of

ARTICLE = {"title": "A", "text": "B", "outlet": "Amina Orin", "outlet_kind": "person"}


def test_a_form_asks_before_it_creates_a_source_of_nearly_the_same_name(desk: Desk) -> None:
    there = desk.source(name="Dr. Amína Orinn", kind="person", description="A mayor")
    visitor = Visitor(desk)
    asked = visitor.send("/articles", ARTICLE, on="/articles/new")
    html = asked.get_data(as_text=True)
    told = text_of(html)
    assert asked.status_code == 422
    assert "This may be a source that is on the desk under another name. Choose it, or create a new one." in told
    assert "A mayor" in told
    choices = re.findall(r'<input type="radio" name="outlet_id" value="([^"]+)">', html)
    assert choices == [there["id"], "new"]
    stranger = visitor.send("/articles", ARTICLE | {"outlet_id": desk.claim()["id"]}, on="/articles/new")
    assert stranger.status_code == 422
    meant = visitor.send("/articles", ARTICLE | {"outlet_id": there["id"]}, on="/articles/new")
    assert meant.status_code == 303
    assert desk.get(f"/v1{meant.headers['Location']}").json["outlet_id"] == there["id"]
    new = visitor.send("/articles", ARTICLE | {"title": "C", "text": "D", "outlet_id": "new"}, on="/articles/new")
    assert new.status_code == 303
    assert desk.get(f"/v1{new.headers['Location']}").json["outlet_id"] != there["id"]


def test_another_name_is_created_unasked(desk: Desk) -> None:
    desk.source(name="Amina Osman", kind="person")
    desk.source(name="A. Orin", kind="organization")
    made = Visitor(desk).send("/articles", ARTICLE, on="/articles/new")
    assert made.status_code == 303
    names = {each["name"] for each in desk.get("/v1/sources").json["items"]}
    assert names == {"Amina Osman", "A. Orin", "Amina Orin"}


def test_a_sources_page_lists_those_that_may_be_the_same(desk: Desk) -> None:
    one = desk.source(name="Юлия Щербакова", kind="person", description="A <i>writer</i>")
    other = desk.source(name="Yuliya Shcherbakova", kind="person")
    without = Visitor(desk, "reader").get(f"/sources/{one['id']}").get_data(as_text=True)
    assert "Sources that may be the same cannot be shown now." in without  # nobody has asked for an index yet
    assert len(desk.get("/v1/sources?q=writer").json["items"]) == 1
    for here, there in ((one, other), (other, one)):
        html = Visitor(desk, "reader").get(f"/sources/{here['id']}").get_data(as_text=True)
        assert "May be the same source" in html
        assert f'<a dir="auto" href="/sources/{there["id"]}">' in html
        assert "another script" in html
        assert "<i>writer" not in html
    alone = desk.source(name="Somebody Else", kind="person")
    assert "May be the same source" not in Visitor(desk).get(f"/sources/{alone['id']}").get_data(as_text=True)


def test_names_that_are_nearly_typed_are_offered(desk: Desk) -> None:
    desk.source(name="Thibault <Lacombe>", kind="person")
    visitor = Visitor(desk)
    headers = {"HX-Request": "true", "HX-Target": "article-outlet-names"}
    offered = visitor.get("/sources/names?outlet=Tibault+Lacombe", **headers).get_data(as_text=True)
    assert '<datalist id="article-outlet-options">' in offered
    assert 'data-fills="article-outlet" data-name="Thibault &lt;Lacombe&gt;"' in offered
    assert "perhaps a typing error" in offered
    assert "<Lacombe>" not in offered
    nothing = visitor.get("/sources/names?outlet=Thibault+Lacombe", **headers).get_data(as_text=True)
    assert "<option" in nothing
    assert "data-fills" not in nothing
    forged = visitor.get("/sources/names?outlet=Tibault+Lacombe", **{"HX-Target": 'x" onload="-names'})
    assert "onload" not in forged.get_data(as_text=True)
