"""Articles of other kinds than a written text: speeches, posts, videos and images."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import update

from factcheck.desk import articles
from factcheck.errors import Misconfigured
from factcheck.exchange import exports
from factcheck.rules.media.kinds import SCHEMA_TYPES, ArticleKind
from factcheck.storage import schema
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.articles import Article
from tests.desk import TEXT, Desk
from tests.everything import REASON, captured_page
from tests.forms import Visitor
from tests.redacting import faults, rebuilt_faults
from tests.test_imports import ndjson, outcomes, sent

OTHERS = [kind for kind in ArticleKind if kind != ArticleKind.ARTICLE]


def said(desk: Desk, article: str) -> list[tuple[object, object]]:
    """Return what the log says of an article's kind: before and after of each change of it."""
    entries = [each for each in desk.changes() if each["subject"]["id"] == article]
    changes = [change for entry in entries for change in entry["changes"] if change["field"] == "kind"]
    return [(change["before"], change["after"]) for change in changes]


# ── The kind itself ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", OTHERS)
def test_an_article_has_a_kind(desk: Desk, kind: str) -> None:
    made = desk.article(kind=kind)
    assert made["kind"] == kind
    assert desk.get(f"/v1/articles/{made['id']}").json["kind"] == kind
    assert said(desk, made["id"]) == [(None, kind)]


def test_an_article_without_a_kind_is_an_article(desk: Desk) -> None:
    made = [desk.article(), desk.article(kind="article")]
    assert [each["kind"] for each in made] == ["article", "article"]
    assert [said(desk, each["id"]) for each in made] == [[], []]  # as before there were kinds


@pytest.mark.parametrize("kind", ["podcast", "Video", "", None, 1])
def test_there_are_no_other_kinds(desk: Desk, kind: object) -> None:
    refused = desk.post("/v1/articles", {"title": "A rally", "text": TEXT, "kind": kind})
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/kind")


def test_a_kind_is_edited(desk: Desk, tmp_path: Path) -> None:
    here = f"/v1/articles/{desk.article()['id']}"
    for kind in ("video", "post"):
        etag = desk.get(here).headers["ETag"]
        assert desk.patch(here, {"kind": kind}, etag=etag).json["kind"] == kind
    assert desk.patch(here, {"kind": "podcast"}, etag="*").json["errors"][0]["pointer"] == "/kind"
    assert desk.patch(here, {"kind": None}, etag="*").json["kind"] == "article"  # as it is by default
    article = here.rpartition("/")[2]
    assert said(desk, article) == [("article", "video"), ("video", "post"), ("post", "article")]
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


def test_a_capture_has_no_kind(desk: Desk) -> None:
    """The kind of an article that is added from a capture is what the request says."""
    capture = captured_page(desk)
    fields = {"title": "A post", "text": "Thousands came.", "capture_id": capture}
    made = [desk.article(**fields), desk.article(**fields, kind="post")]
    assert [each["kind"] for each in made] == ["article", "post"]


# ── Lists ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_lists_are_filtered_by_kind(desk: Desk) -> None:
    made = {kind: desk.article(kind=kind, title=f"A rally as {kind}")["id"] for kind in ArticleKind}
    outlet = desk.source(name="Gazette", kind="outlet")["id"]
    of_outlet = desk.article(kind="video", outlet_id=outlet, title="Another rally")["id"]
    for query in ("", "&q=rally"):
        for kind, article in made.items():
            found = desk.get(f"/v1/articles?count=true&kind={kind}{query}").json
            wanted = {article, of_outlet} if kind == "video" else {article}
            assert ({each["id"] for each in found["items"]}, found["total"]) == (wanted, len(wanted))
        found = desk.get(f"/v1/articles?kind=video&outlet={outlet}&count=true{query}").json
        assert ([each["id"] for each in found["items"]], found["total"]) == ([of_outlet], 1)
    assert desk.get("/v1/articles?kind=podcast").json["errors"][0]["parameter"] == "kind"
    saved = {"list": "articles", "name": "Videos", "query": "kind=video"}
    assert desk.made("/v1/me/filters", saved)["query"] == "kind=video"
    assert desk.post("/v1/me/filters", saved | {"query": "kind=factual"}).status_code == 422


def test_a_search_knows_an_edited_kind(desk: Desk) -> None:
    article = desk.article()["id"]
    assert desk.get("/v1/articles?q=rally&kind=speech").json["items"] == []
    desk.patch(f"/v1/articles/{article}", {"kind": "speech"}, etag="*")
    assert [each["id"] for each in desk.get("/v1/articles?q=rally&kind=speech").json["items"]] == [article]


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────────────────────


def shown_at(visitor: Visitor, path: str) -> str:
    answer = visitor.get(path)
    assert answer.status_code == 200, path
    return str(answer.get_data(as_text=True))


def test_pages_show_the_kind_of_what_is_no_article(desk: Desk) -> None:
    reader = Visitor(desk)
    plain, video = desk.article()["id"], desk.article(kind="video", title="A film")["id"]
    shown = '<span class="kind">video</span>'
    assert shown in shown_at(reader, f"/articles/{video}")
    assert 'class="kind"' not in shown_at(reader, f"/articles/{plain}")
    listed = shown_at(reader, "/articles")
    assert listed.count('class="kind"') == listed.count(shown) == 1
    filtered = shown_at(reader, "/articles?kind=video")
    assert ("A film" in filtered, f'id="article-{plain}"' in filtered) == (True, False)
    assert '<option value="video" selected>' in filtered
    assert "No matching articles" in shown_at(reader, "/articles?kind=speech")


def test_the_form_of_an_article_has_a_kind(desk: Desk) -> None:
    writer = Visitor(desk, "contributor")
    assert '<option value="speech">speech</option>' in shown_at(writer, "/articles/new")
    fields = {"title": "What she said", "text": "I never said so.", "kind": "speech"}
    there = writer.send("/articles", fields, on="/articles/new").headers["Location"]
    assert desk.get(f"/v1{there}").json["kind"] == "speech"
    refused = writer.send("/articles", fields | {"kind": "podcast"}, on="/articles/new")
    assert refused.status_code == 422
    assert "Choose one of: article, speech, post, video, image." in refused.get_data(as_text=True)


# ── Files ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_imports_and_exports_carry_kinds(desk: Desk, tmp_path: Path) -> None:
    lines = [
        {"type": "article", "external_id": f"a-{kind}", "title": f"A {kind}", "text": f"It was a {kind}.", "kind": kind}
        for kind in ArticleKind
    ]
    plain = {"type": "article", "external_id": "a-plain", "title": "Without", "text": "It says no kind."}
    assert outcomes(sent(desk, ndjson(*lines, plain))) == ["added"] * 6
    again = [lines[1] | {"kind": "video"}, lines[0], plain | {"kind": "article"}]
    assert outcomes(sent(desk, ndjson(*again))) == ["exists", "unchanged", "unchanged"]
    bad = sent(desk, ndjson(plain | {"external_id": "b", "kind": "podcast"}))
    assert outcomes(bad) == ["refused"]
    exported = [json.loads(line) for _, lines in exports.everything(desk.database) for line in lines.splitlines()]
    kinds = {each["external_id"]: each["kind"] for each in exported if each["type"] == "article"}
    assert kinds == {f"a-{kind}": kind for kind in ArticleKind} | {"a-plain": "article"}
    entries = [each for each in desk.changes() if each["subject"]["kind"] == "article"]
    told = [[change["after"] for change in each["changes"] if change["field"] == "kind"] for each in entries]
    assert told == [[], ["speech"], ["post"], ["video"], ["image"], []]
    assert rebuilt_faults(desk.database, f"sqlite:///{tmp_path}/rebuilt.db") == []


@pytest.mark.parametrize("kind", ArticleKind)
def test_a_claim_review_names_what_the_article_is(desk: Desk, kind: str) -> None:
    claim = desk.claim(article_id=desk.article(kind=kind)["id"])["id"]
    piece = {"stance": "refutes", "title": "A count"}
    assert desk.review(claim, status="refuted", reason=REASON, evidence=[piece]).status_code == 201
    appearance = desk.get(f"/v1/claims/{claim}/claimreview").json["itemReviewed"]["appearance"]
    assert appearance["@type"] == SCHEMA_TYPES[ArticleKind(kind)]


# ── Before there were kinds ─────────────────────────────────────────────────────────────────────────────────────


def moved(desk: Desk, *versions: str) -> None:
    """Take the schema down and up while the desk is closed."""
    url = desk.settings.database_url
    desk.database.close()
    try:
        for version in versions:
            schema.downgrade(url, version)
        schema.upgrade(url)
    finally:
        desk.database = Database(url)


def test_articles_from_before_there_were_kinds_are_articles(desk: Desk, tmp_path: Path) -> None:
    """An old desk is upgraded: nothing in the log changes, it verifies, and its articles can be edited."""
    here = f"/v1/articles/{desk.article()['id']}"
    before = desk.changes()
    moved(desk, "0040")
    with closing(desk.with_settings()) as upgraded:
        assert upgraded.get(here).json["kind"] == "article"
        assert upgraded.changes() == before
        assert rebuilt_faults(upgraded.database, f"sqlite:///{tmp_path}/rebuilt.db") == []
        assert upgraded.patch(here, {"kind": "image"}, etag="*").json["kind"] == "image"
        assert rebuilt_faults(upgraded.database, f"sqlite:///{tmp_path}/again.db") == []


def test_a_downgrade_that_would_lose_kinds_is_refused(desk: Desk) -> None:
    article = desk.article(kind="video")["id"]
    with pytest.raises(Misconfigured, match="no place for what is in articles"):
        moved(desk, "0040")
    with desk.database.reading() as connection:
        assert articles.get(connection, article)["kind"] == "video"


def test_a_kind_that_the_log_does_not_say_is_found(desk: Desk) -> None:
    article = desk.article(kind="video")["id"]
    assert faults(desk.database) == []
    with desk.database.writing() as session:
        session.execute(update(Article).values(kind="article"))
    [found] = faults(desk.database)
    assert (article in found, "articles.kind" in found) == (True, True)
