"""Small inputs that were dear: a bound comes before the work, and the work is linear."""

import sys
import unicodedata
from typing import Any

import orjson
import pytest
import regex

from factcheck.queries.search import searches
from factcheck.rules.matching.statements import statement
from factcheck.rules.text.excerpts import Phrase
from factcheck.rules.text.normal_forms import MARK, normalized
from factcheck.rules.text.queries import Query
from factcheck.rules.text.similarity import copies
from factcheck.rules.text.words import fold, tokens
from factcheck.web import listing
from tests.bounds import costs
from tests.desk import Desk
from tests.forms import Visitor

Json = dict[str, Any]
# Headers of tables, and what is told of them. The first, of 200 kB, once took 24 GB.
HEADERS = {
    "quotes.1.exact" + ".1" * 100_000: "is not the name of a column, which has at most 5 parts",
    "a." * 90_000 + "a": "is not the name of a column",
    ".".join("a" * 60_000): "is not the name of a column",
    "a" * 150_000: "and 200 characters",
    ",".join(f"c{at}.{'1.' * 300}1" for at in range(300)): "is not the name of a column",
    ",".join(f"c{at}" for at in range(30_000)): "Has more than 1000 columns.",
    "," * 190_000 + "a": "Has more than 1000 columns.",
}


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: f"{header[:20]}… ({len(header)})")
def test_a_tables_header_is_bounded_before_it_is_taken_apart(desk: Desk, header: str) -> None:
    with costs(0.1, 100):
        answer = desk.post("/v1/imports", data=f"{header}\nx\n".encode(), content_type="text/csv")
    assert answer.status_code == 422, answer.get_data(as_text=True)[:300]
    assert answer.json["detail"] == "The table's header cannot be read."
    assert HEADERS[header] in answer.json["errors"][0]["detail"]
    assert len(answer.get_data()) < 50_000
    assert desk.get("/v1/sources").json["items"] == []


@pytest.mark.parametrize("line", ["\n", "\r\n", " \n"], ids=["empty", "windows", "blank"])
def test_lines_before_a_tables_header_are_passed_over_in_linear_time(desk: Desk, line: str) -> None:
    """Two million of them once took 42 s: each was taken from the front of a list."""
    with costs(1, 120):
        answer = desk.post("/v1/imports", data=f"{line * 600_000}x\n".encode(), content_type="text/csv")
    assert (answer.status_code, answer.json["detail"]) == (422, "The table's header cannot be read.")


def test_the_deepest_column_is_read_and_a_deeper_one_is_not(desk: Desk) -> None:
    article = desk.article(external_id="a")
    head = "article_id,text,kind,quotes.1.exact,attribution.1.described_as,attribution.1.directness"
    deepest = "attribution.1.cue_quotes.1.exact"
    row = "a,T,factual,solidarity,organizers,direct,claiming"
    answer = desk.post("/v1/imports", data=f"{head},{deepest}\n{row}\n".encode(), content_type="text/csv")
    made = orjson.loads(answer.get_data())
    assert made["result"] == "added", made
    chain = desk.get(f"/v1/claims/{made['id']}").json["attribution"]["chain"]
    assert chain[0]["cue_quotes"][0]["exact"] == "claiming"
    assert article["id"] == desk.get(f"/v1/claims/{made['id']}").json["article_id"]
    deeper = desk.post("/v1/imports", data=f"{head},{deepest}.x\n{row}\n".encode(), content_type="text/csv")
    assert (deeper.status_code, f"“{deepest}.x”" in deeper.json["errors"][0]["detail"]) == (422, True)


def test_a_cell_of_tags_is_cut_no_further_than_there_may_be_tags(desk: Desk) -> None:
    desk.article(external_id="a")
    table = "article_id,text,kind,quotes.1.exact,tags\na,T,factual,solidarity,"
    fifty = ",".join(f"t{at}" for at in range(50))
    for tags, result in ((fifty, "added"), (f"{fifty},t50", "refused"), ("ab," * 600_000, "refused")):
        with costs(1, 100):
            answer = desk.post("/v1/imports", data=f'{table}"{tags}"\n'.encode(), content_type="text/csv")
        told = orjson.loads(answer.get_data())
        assert told["result"] == result, str(told)[:300]
        if result == "refused":
            assert [flaw["pointer"] for flaw in told["problem"]["errors"]] == ["/tags"]


@pytest.mark.parametrize("member", ["itemReviewed", "author", "publisher", "reviewRating", "url"])
def test_what_a_review_refers_to_is_not_copied_for_each_reference(desk: Desk, member: str) -> None:
    """A reference of 13 bytes leads to a node of 60 kB: 20,000 of them once took 2 GB, and so did lists in lists."""
    node = {"@id": "a", "@type": "Person", "name": "N", **{f"k{at}": at for at in range(5000)}}
    lists = {"@id": "b", "author": [{"@type": "Person", "name": f"N{at}"} for at in range(2000)]}
    review = {"@type": "ClaimReview", "claimReviewed": "C", "author": {"@type": "Organization", "name": "O"}}
    for referred in (node, lists):
        graph = {"@graph": [referred, review | {member: [{"@id": referred["@id"]}] * 20_000}]}
        with costs(2, 150):
            answer = desk.post("/v1/imports", data=orjson.dumps(graph), content_type="application/ld+json")
        told = [orjson.loads(line)["result"] for line in answer.get_data().splitlines()]
        assert told[-1] in ("added", "refused"), told
    small = {"@id": "a", "@type": "Organization", "name": "O", "url": "https://o.example/"}
    graph = {"@graph": [small, review | {"publisher": {"@id": "a"}, "author": {"@id": "a"}}]}
    answer = desk.post("/v1/imports", data=orjson.dumps(graph), content_type="application/ld+json")
    assert [orjson.loads(line)["result"] for line in answer.get_data().splitlines()] == ["added"] * 3


CROWDS = ["\u0301\u0316", "\u0f73\u0f71", "\u0344\u0316", "\uff9e\u0301", "e\u0301" + "\u0316\u0301" * 500]


@pytest.mark.parametrize("crowd", CROWDS, ids=range(len(CROWDS)))
def test_marks_are_put_in_order_in_linear_time(desk: Desk, crowd: str) -> None:
    """To order 120,000 marks on one letter took the library eleven seconds, in the transaction that stored them."""
    text = ("a" + crowd * 300_000)[:300_000]
    with costs(1, 100):
        assert len(fold(text)) <= 2 * len(text)
        assert len(normalized("NFC", text)) <= 2 * len(text)
        statement(text)
        tokens(text)
    with costs(2, 150):
        answer = desk.post("/v1/articles", {"title": "Marks", "text": text})
    assert answer.status_code == 201
    assert answer.json["text"] == text


def test_what_begins_with_a_mark_is_known_to() -> None:
    """Whatever the library would have to put in order behind what stands before it."""
    mark = regex.compile(MARK)
    letters = [chr(at) for at in range(sys.maxunicode + 1) if not 0xD800 <= at <= 0xDFFF]
    begin = [each for each in letters if unicodedata.combining(unicodedata.normalize("NFKD", each)[0])]
    assert len(begin) > 900
    assert [each for each in begin if not mark.match(each)] == []


def test_normal_forms_of_usual_texts_are_the_librarys() -> None:
    for text in ("Le café de Niamey", "a" + "\u0301\u0316" * 15, "각하", "ﬁn", "\u1e9b\u0323"):
        for form in ("NFC", "NFD", "NFKC", "NFKD"):
            assert normalized(form, text) == unicodedata.normalize(form, text)
    assert normalized("NFD", "a" + "\u0316" * 40) == "a" + "\u0316" * 30


def test_copies_among_many_excerpts_are_found_in_bounded_steps() -> None:
    half = [f"w{at}" for at in range(850)]
    others = [" ".join([*half, *(f"{number}x{at}" for at in range(850))]) for number in range(200)]
    with costs(2, 300):
        assert list(copies(others)) == []
    wires = [" ".join([*half, f"by{number}"]) for number in range(200)]
    with costs(2, 300):
        assert len(list(copies(wires))) == 199


def test_a_page_of_long_texts_is_read_no_further_than_one(desk: Desk) -> None:
    sources = [{"name": "é" * 300, "aliases": ["é " * 150] * 100, "description": "ü " * 2500}] * 200
    query = Query(((Phrase(("absent",)),),))
    with costs(2, 200):
        assert searches.of_sources(sources, query) == [None] * 200
    found = searches.of_sources(
        [{"name": "N", "aliases": ["An alias"], "description": None}], Query(((Phrase(("alias",)),),))
    )
    assert found == [{"field": "aliases", "text": "An alias", "marks": [[3, 8]]}]


def test_a_page_of_large_revisions_ends_early_and_leads_on(seeded: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = seeded.changes()
    claim = next(entry["subject"]["id"] for entry in whole if entry["subject"]["kind"] == "claim")
    monkeypatch.setattr(listing, "PAGE", 500)
    for path, wanted in (
        ("/v1/changes?limit=200", whole),
        (f"/v1/claims/{claim}/history?limit=200", [each for each in whole if each["subject"]["id"] == claim]),
    ):
        found: list[Json] = []
        pages = 0
        link: str | None = path
        while link:
            page = seeded.get(link).json
            sizes = [len(orjson.dumps(item)) for item in page["items"]]
            assert sum(sizes[:-1]) < 500
            assert page["next_cursor"] is None or sum(sizes) >= 500
            found += page["items"]
            pages += 1
            link = page["next_cursor"] and f"{path}&cursor={page['next_cursor']}"
        assert found == wanted
        assert len(wanted) > 1
        assert pages > 1


def test_a_form_shows_no_more_rows_than_any_list_may_have(desk: Desk) -> None:
    visitor = Visitor(desk, "contributor")
    article = desk.article()["id"]
    there = f"/articles/{article}"
    hops = {f"attribution.{at}.cue": "said" for at in range(900)}
    deep = {f"attribution.0.cue_quotes.{'9' * 5000}.exact": "claiming", "attribution.0.cue": "said"}
    far = {"quotes.99999999.exact": "solidarity", "quotes.0.exact": "solidarity"}
    asked = [(hops, 422), (hops | {"more": "attribution"}, 200), (deep, 422), (far | {"more": "quotes"}, 200)]
    for sent, status in asked:
        with costs(6, 200):
            answer = visitor.send(f"{there}/claims", {"text": "T", "kind": "factual", **sent}, on=there)
        page = answer.get_data(as_text=True)
        assert answer.status_code == status
        assert page.count('name="attribution.') < 50 * 20
        assert "attribution.51." not in page


@pytest.mark.parametrize("words", [{"start": 0, "end": 5}, {}], ids=["a word that is everywhere", "all"])
def test_a_redaction_is_linear_in_places_quotes_and_versions(desk: Desk, words: Json) -> None:
    """Each of 800 quotes was compared with each of 80,000 places, and each text with each of 800 pieces, every time."""
    parts = [f"word {number:05} " for number in range(80_000)]
    article = desk.article(text="".join(parts))

    def quotes(first: int) -> list[Json]:
        places = range(90 * first, 90 * (first + 20), 90)
        return [{"exact": "".join(parts[at : at + 2]).strip(), "start": at * 11} for at in places]

    hop = {"described_as": "somebody", "directness": "direct", "cue": "said"}
    steps = range(20, 820, 40)
    chain = [hop | {"source_quotes": quotes(at), "cue_quotes": quotes(at + 20)} for at in steps]
    said = {"article_id": article["id"], "kind": "factual", "text": "word " * 500}
    claim = desk.made("/v1/claims", {**said, "quotes": quotes(0), "attribution": chain})
    for number in range(20):
        desk.made(f"/v1/claims/{claim['id']}/evidence", {"stance": "supports", "excerpt": f"word {number} " * 500})
    with costs(1.5, 200):
        answer = desk.post(f"/v1/articles/{article['id']}/redaction", {"reason": "A court asked.", **words}, by="admin")
    assert answer.status_code == 204, answer.get_data(as_text=True)
    left = desk.get(f"/v1/claims/{claim['id']}").get_data(as_text=True)
    assert "word 00000" not in left
    assert "█" in left
