"""Search finds what a plain scan of the texts finds, on both databases."""

from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factcheck.log.actors import INSIDE
from factcheck.queries import lists
from factcheck.rules.text import queries
from factcheck.rules.text.excerpts import WIDE, Phrase, excerpt
from factcheck.rules.text.queries import Query, QueryFlaw
from factcheck.rules.text.words import fold, tokens
from tests.desk import Desk
from torture.scanning import Said, asked, lines, scanned

CLAIMS, SEARCHES = 300, 40
Json = dict[str, Any]


@pytest.fixture
def many(desk: Desk) -> tuple[Desk, dict[str, Said]]:
    """A desk with claims in many languages, and what each says, by its external id."""
    made = list(lines(Random(7), CLAIMS))
    body = b"\n".join(orjson.dumps(line) for line, _ in made)
    answer = desk.post("/v1/imports", data=body, content_type="application/x-ndjson")
    results = [orjson.loads(each) for each in answer.data.splitlines()]
    assert [each for each in results if each["result"] != "added"] == []
    return desk, {line["external_id"]: said for line, said in made if said}


def paged(desk: Desk, filters: lists.ClaimFilters, sort: lists.Sort | None, limit: int) -> list[Json]:
    """Follow a search to its end and return the claims in the order in which they came."""
    found, after = [], None
    view = desk.app.extensions["factcheck.followers"]["search"].view()
    with desk.database.reading() as connection:
        while True:
            page = lists.claims(connection, filters, sort, after, limit, viewer=INSIDE, view=view)
            assert len(page.items) <= limit
            found += [orjson.loads(document) for document in page.items]
            if page.next is None:
                return found
            after = orjson.loads(orjson.dumps(page.next))  # as a cursor carries it


def counted(desk: Desk, filters: lists.ClaimFilters) -> lists.Count:
    view = desk.app.extensions["factcheck.followers"]["search"].view()
    with desk.database.reading() as connection:
        return lists.count_claims(connection, filters, viewer=INSIDE, view=view)


def test_search_finds_what_a_scan_finds(many: tuple[Desk, dict[str, Said]]) -> None:
    desk, claims = many
    random = Random(11)
    found_any = 0
    for _ in range(SEARCHES):
        q = asked(random)
        query = queries.parse(q)
        for kind in (None, "opinion"):
            right = [name for name, said in claims.items() if scanned(query, said)]
            right = [name for name in right if kind is None or int(name.partition("-")[2]) % 3 == 0]
            filters = lists.ClaimFilters(q=query, kind=kind)
            oldest_first = [each["external_id"] for each in paged(desk, filters, lists.Sort.CREATED_FIRST, 50)]
            assert oldest_first == right, q
            best_first = [each["external_id"] for each in paged(desk, filters, None, 20)]
            assert sorted(best_first) == sorted(right), q
            assert counted(desk, filters) == lists.Count(len(right)), q
            found_any += bool(right)
    assert found_any > SEARCHES


def test_search_finds_what_a_scan_finds_after_claims_were_changed(many: tuple[Desk, dict[str, Said]]) -> None:
    desk, claims = many
    random = Random(13)
    for name in random.sample(sorted(claims), 20):
        claim = desk.by_external_id(name)
        path = f"/v1/claims/{claim['id']}"
        match random.randrange(3):
            case 0:
                assert desk.post(f"{path}/withdrawal", {"reason": "Entered by mistake."}).status_code == 204
                del claims[name]
            case 1:
                other = random.choice(list(claims.values()))
                text = other.texts[0]
                claims[name] = Said(claims[name].language, (text, claims[name].texts[1]))
                assert desk.patch(path, {"text": text}, etag=desk.etag(claim["id"])).status_code == 200
            case _:
                assert desk.patch(path, {"tags": ["seen"]}, etag=desk.etag(claim["id"])).status_code == 200
    for _ in range(SEARCHES // 2):
        query = queries.parse(asked(random))
        right = {name for name, said in claims.items() if scanned(query, said)}
        filters = lists.ClaimFilters(q=query)
        assert {each["external_id"] for each in paged(desk, filters, None, 50)} == right
        assert counted(desk, filters).total == len(right)
        tagged = lists.ClaimFilters(q=query, tag="seen")
        assert {each["external_id"] for each in paged(desk, tagged, None, 50)} <= right


@pytest.mark.parametrize("sort", list(lists.Sort))
def test_a_sorted_search_gives_each_hit_once_and_in_order(many: tuple[Desk, dict[str, Said]], sort: lists.Sort) -> None:
    desk, claims = many
    for name in sorted(claims)[:5]:
        claim = desk.by_external_id(name)
        desk.patch(f"/v1/claims/{claim['id']}", {"tags": ["changed"]}, etag=desk.etag(claim["id"]))
    filters = lists.ClaimFilters(q=queries.parse("people OR 疫苗 OR maire OR rally"))
    found = paged(desk, filters, sort, 7)
    ids = [each["id"] for each in found]
    assert len(ids) == len(set(ids)) > 14
    stamps = [each[sort.value.lstrip("-")] for each in found]
    assert stamps == sorted(stamps, reverse=sort.descends)


@pytest.mark.parametrize(
    ("q", "said"),
    [
        ('rally "up to a million', "the quotation mark at character 7 has no partner"),
        ("rally a*", "the * at character 8 needs 2 letters before it"),
        ("* rally", "the * at character 1 needs 2 letters before it"),
        ('"up to a"*', "the * at character 10 needs 2 letters before it"),
        ("-rally", "it needs at least one word"),
        ("…", "it needs at least one word"),
        (" ".join(f"x{n}" for n in range(33)), "it has more than 32 words"),
        ("OR rally", "the OR at character 1 needs a word on each side"),
        ("rally OR", "the OR at character 7 needs a word on each side"),
        ("rally OR OR people", "the OR at character 10 needs a word on each side"),
        ("rally OR -people", "the OR at character 7 needs a word on each side"),
        ("rally -people OR thousands", "the OR at character 15 needs a word on each side"),
    ],
)
def test_what_cannot_be_searched_for_is_told_with_its_place(desk: Desk, q: str, said: str) -> None:
    for noun in ("claims", "sources", "articles"):
        response = desk.get(f"/v1/{noun}", query_string={"q": q})
        assert (response.status_code, response.json["errors"][0]["parameter"]) == (422, "q")
        assert said in response.json["errors"][0]["detail"]


@pytest.mark.parametrize("where", ["claims", "sources", "articles"])
@pytest.mark.parametrize("q", ["organ*", '"rally organ*"', '"rally organ"*', "-nobody* organizers"])
def test_beginnings_are_found(desk: Desk, where: str, q: str) -> None:
    desk.source(name="Rally organizers")
    article = desk.article(title="Rally organizers speak")
    desk.claim(article_id=article["id"], text="Rally organizers spoke.")
    page = desk.get(f"/v1/{where}", query_string={"q": q}).json
    # Within a phrase a * is punctuation: the words are looked for as they stand.
    assert len(page["items"]) == (0 if q == '"rally organ*"' else 1)


@given(st.text() | st.text(alphabet='ab "-*OR税.'))
def test_no_query_is_an_accident(q: str) -> None:
    try:
        query = queries.parse(q)
    except QueryFlaw:
        return
    assert query.wanted
    assert all(group for group in query.groups)
    assert all(word for each in (*query.wanted, *query.unwanted) for word in each.words)


def test_other_forms_are_found_behind_the_exact_word(desk: Desk) -> None:
    article = desk.article(language="en")["id"]
    for text in (
        "The rallies were large.",
        "A rally was held, long and loud, in the stadium of the town.",
        "They met.",
    ):
        desk.claim(article_id=article, text=text)

    def found(q: str) -> list[str]:
        page = desk.get("/v1/claims", query_string={"q": q, "count": "true"}).json
        assert page["total"] == len(page["items"])
        return [item["text"].split()[1] for item in page["items"]]

    assert found("rally") == ["rally", "rallies"]
    assert found("rallies") == ["rallies", "rally"]
    assert found('"rally"') == ["rally"]
    assert found("rally -rallies") == []
    assert found('rally -"rallies"') == ["rally"]
    assert found("rall*") == ["rally", "rallies"]


@pytest.mark.parametrize(
    ("text", "language", "queries"),
    [
        ("台灣疫苗施打人數已經超過一百萬人", "zh", ["疫苗", "施打人數", '"一百萬"', "疫", "人"]),
        ("世卫组织WHO宣布COVID-19疫情结束", "zh", ["WHO", '"COVID-19"', "covid 19", "疫情"]),
        ("यह लेख है", "hi", ["लेख"]),
        ("The offi\u00adcials left.", "en", ["officials", "official"]),
        ("Le maire a fermé la piscine.", "fr", ["ferme", "piscines", '"a fermé"']),
        ("Preis: 1.500 Euro", "de", ["1500", "preise"]),
        ("서울에서 정부가 발표했다", "ko", ["서울", "정부는"]),
    ],
)
def test_words_are_found_in_every_script(desk: Desk, text: str, language: str, queries: list[str]) -> None:
    article = desk.article(language=language)["id"]
    desk.claim(article_id=article, text=text)
    for q in queries:
        page = desk.get("/v1/claims", query_string={"q": q}).json
        assert [item["text"] for item in page["items"]] == [text], q
        (told,) = page["search"]["excerpts"]
        assert told["marks"], q


def test_what_only_looks_alike_is_not_found(desk: Desk) -> None:
    article = desk.article(language="hi")["id"]
    desk.claim(article_id=article, text="यह लेख है")
    assert desk.get("/v1/claims", query_string={"q": "लाख"}).json["items"] == []


def test_a_phrase_does_not_go_on_from_one_quote_into_the_next(desk: Desk) -> None:
    quotes = [{"exact": "a show of solidarity"}, {"exact": "thousands of people"}]
    desk.claim(text="Many came.", quotes=quotes)
    for q, number in (('"solidarity thousands"', 0), ('"came a show"', 0), ('"of solidarity" "thousands of"', 1)):
        assert len(desk.get("/v1/claims", query_string={"q": q}).json["items"]) == number, q


def test_a_count_is_exact_at_any_size_and_pages_come_with_where_they_are_true(many: tuple[Desk, Any]) -> None:
    desk, claims = many
    query = queries.parse("people OR rally")
    right = sum(scanned(query, said) for said in claims.values())
    page = desk.get("/v1/claims?q=people%20OR%20rally&count=true&limit=1").json
    assert (page["total"], page["more"]) == (right, False)
    assert page["as_of_log_index"] == desk.changes()[-1]["log_index"]
    assert "behind" not in page
    assert right > 1
    assert page["next_cursor"]


# --- excerpts


@given(st.text(alphabet="aé b\n\u0301", max_size=400), st.lists(st.sampled_from(["a", "ae", "ab", "b"]), min_size=1))
def test_an_excerpt_marks_every_hit_in_it_and_nothing_else(text: str, sought: list[str]) -> None:
    found = excerpt(text, [Phrase((word,)) for word in sought])
    assert (found is None) == (not {each.text for each in tokens(text)} & set(sought))
    if found:
        assert len(found.text) <= WIDE + 2
        for start, end in found.marks:
            assert fold(found.text[start:end]) in sought


def test_an_excerpt_begins_near_the_hit_and_says_what_it_leaves_out() -> None:
    text = "Lorem ipsum dolor. " * 40 + "Up to a Million people came. " + "And so on. " * 60
    found = excerpt(text, [Phrase(("million", "peop"), open=True)])
    assert found is not None
    assert [found.text[start:end] for start, end in found.marks] == ["Million people"]
    assert found.text[0] == found.text[-1] == "…"


def test_a_search_gives_excerpts_of_claims_sources_and_articles(desk: Desk) -> None:
    desk.source(name="Rally organizers", aliases=["Organisateurs du rassemblement"])
    article = desk.article(title="Many came")
    desk.claim(article_id=article["id"], text="Up to a million people were present.")

    def found(path: str, q: str) -> Any:
        page = desk.get(f"/v1/{path}", query_string={"q": q}).json
        assert len(page["items"]) == len(page["search"]["excerpts"]) == 1
        (told,) = page["search"]["excerpts"]
        return told["field"], [told["text"][start:end] for start, end in told["marks"]]

    assert found("claims", "MILLION") == ("text", ["million"])
    assert found("claims", '"to a mill"* pres*') == ("text", ["to a million", "present"])
    assert found("sources", "organisateurs") == ("aliases", ["Organisateurs"])
    assert found("articles", "many") == ("title", ["Many"])
    assert found("articles", "solidarity") == ("text", ["solidarity"])
    assert "search" not in desk.get("/v1/claims").json


def test_hits_changed_meanwhile_push_nobody_over_the_edge(desk: Desk) -> None:
    article = desk.article()["id"]
    ids = [desk.claim(article_id=article, text=f"Rally number {n}.")["id"] for n in range(9)]
    page = desk.get("/v1/claims?q=rally&limit=2").json
    seen = [item["id"] for item in page["items"]]
    for changed in (ids[4], seen[1]):  # one that is still to come, and the one that the next page begins behind
        assert desk.patch(f"/v1/claims/{changed}", {"tags": ["new"]}, etag=desk.etag(changed)).status_code == 200
    new = desk.claim(article_id=article, text="Rally, rally, rally.")["id"]
    while page["next_cursor"]:
        page = desk.get(f"/v1/claims?q=rally&limit=2&cursor={page['next_cursor']}").json
        seen += [item["id"] for item in page["items"]]
    assert new not in seen
    assert sorted(seen) == sorted(ids)


def test_of_equals_the_newest_come_first(desk: Desk) -> None:
    article = desk.article()["id"]
    ids = [desk.claim(article_id=article, text=f"Rally number {n}.")["id"] for n in range(5)]
    assert desk.patch(f"/v1/claims/{ids[1]}", {"tags": ["new"]}, etag=desk.etag(ids[1])).status_code == 200
    for q in ("rally", "rall*", '"rally number"'):
        page = desk.get("/v1/claims", query_string={"q": q}).json
        assert [item["id"] for item in page["items"]] == ids[::-1], q


def test_all_words_of_a_text_are_a_query() -> None:
    assert queries.all_words("…") is None
    found = queries.all_words("Up, up to a mill", opened=True)
    assert isinstance(found, Query)
    assert [(each.words, each.open) for each in found.wanted] == [
        (("up",), False), (("to",), False), (("a",), False), (("mill",), True),
    ]  # fmt: skip
