"""Search finds what a plain scan of the texts finds, on both databases."""

import os
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from factcheck.log.clock import now
from factcheck.queries import lists
from factcheck.queries.search import hits
from factcheck.rules.text.excerpts import WIDE, Phrase, excerpt
from factcheck.rules.text.stored_words import indexed, words
from factcheck.rules.text.words import fold, tokens
from factcheck.storage import fulltext
from factcheck.storage.fulltext import Query, QueryFlaw
from factcheck.storage.tables.articles import Article
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.people import Person
from tests.desk import Desk

CLAIMS, QUERIES = 10_000, int(os.environ.get("FACTCHECK_TEST_QUERIES", "40"))
WORDS = [
    "people", "rally", "Niamey", "thousands", "million", "million's", "organizers", "ÉCOWAS", "ecowas",
    "Überschuss", "ueber", "straße", "STRASSE", "1000000", "1,000", "2023-08-26", "don't", "cafe", "café",
    "naïve", "ﬁre", "fire", "Ⅷ", "viii", "北京", "東京", "Москва", "москва", "αθήνα", "ΑΘΉΝΑ", "ça", "x", "xy",
    "xyz", "rallied", "rally",
]  # fmt: skip


def made(random: Random) -> str:
    """Return a text of some of the WORDS: the first often, the last seldom."""
    chosen = [WORDS[int(len(WORDS) * random.random() ** 2)] for _ in range(random.randint(1, 12))]
    return random.choice([" ", " ", ", ", "-", "\n"]).join(chosen)


def asked(random: Random) -> str:
    """Return a query: words, phrases, beginnings, and what must not occur."""
    parts = []
    for _ in range(random.randint(1, 3)):
        word = random.choice(WORDS)
        shape = random.random()
        if shape < 0.2:
            word = f'"{word} {random.choice(WORDS)}"'
        elif shape < 0.4 and len(words(word)[-1]) >= 4:
            word = f"{word[:-1]}*" if word.isalpha() and word.isascii() else word
        parts.append(f"-{word}" if parts and random.random() < 0.3 else word)
    return " ".join(parts)


def scanned(query: Query, text: str) -> bool:
    found = text.split()
    return all(holds(each, found) for each in query.wanted) and not any(holds(each, found) for each in query.unwanted)


def holds(phrase: Phrase, found: list[str]) -> bool:
    *whole, last = phrase.words
    for at in range(len(found) - len(whole)):
        end = found[at + len(whole)]
        if found[at : at + len(whole)] == whole and (end.startswith(last) if phrase.open else end == last):
            return True
    return False


def entered(desk: Desk, texts: list[str]) -> None:
    """Enter claims in bulk, each third an opinion; the JSON of each is its number."""
    article = desk.article()["id"]
    with desk.database.writing() as session:
        person = session.scalar(select(Person.id).limit(1))
        rows = [
            {
                "seq": 1000 + at,
                "id": f"{at:08x}-0000-7000-8000-000000000000",
                "article_id": article,
                "text": text,
                "kind": "factual" if at % 3 else "opinion",
                "tags": [],
                "status": "unverified",
                "attribution_status": "unverified",
                "entered_by_id": person,
                "revision": 1,
                "changed_index": 1000 + at * 7919 % len(texts),
                "created_at": now(),
                "updated_at": now(),
                "words": indexed(text),
                "etag": "",
                "document": str(at).encode(),
            }
            for at, text in enumerate(texts)
        ]
        session.execute(insert(Claim), rows)


def paged(connection: Connection, filters: lists.ClaimFilters, sort: lists.Sort | None, limit: int) -> list[int]:
    """Follow a search to its end and return the claims in the order in which they came."""
    found, after = [], None
    while True:
        page = lists.claims(connection, filters, sort, after, limit)
        assert len(page.items) <= limit
        found += [int(document) for document in page.items]
        if page.next is None:
            return found
        after = orjson.loads(orjson.dumps(page.next))  # as a cursor carries it


@pytest.mark.slow
def test_search_finds_what_a_scan_finds(desk: Desk) -> None:
    random = Random(20231106)
    texts = [made(random) for _ in range(CLAIMS)]
    entered(desk, texts)
    kept = [indexed(text) for text in texts]
    found_any = 0
    with desk.database.reading() as connection:
        for _ in range(QUERIES):
            q = asked(random)
            query = fulltext.parse(q)
            right = [at for at, text in enumerate(kept) if scanned(query, text)]
            filters = lists.ClaimFilters(q=query)
            assert paged(connection, filters, lists.Sort.CREATED_FIRST, CLAIMS) == right, q
            assert lists.count_claims(connection, filters) == lists.Count(len(right)), q
            assert sorted(paged(connection, filters, None, CLAIMS)) == right, q
            found_any += bool(right)
    assert found_any > QUERIES / 2


@pytest.mark.parametrize("few", [3, 10_000], ids=["by walking", "by the index"])
def test_pages_short_and_long_give_each_hit_once_and_in_order(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    for name, value in (("FEW", few), ("WALKED", 40), ("RANKED", 9)):
        monkeypatch.setattr(hits, name, value)
    random = Random(7)
    texts = [made(random) for _ in range(250)]
    entered(desk, texts)
    kept = [indexed(text) for text in texts]
    changed = {at: at * 7919 % len(texts) for at in range(len(texts))}
    orders = {
        lists.Sort.CREATED_LAST: lambda at: -at,
        lists.Sort.UPDATED_FIRST: lambda at: (changed[at], at),
        lists.Sort.UPDATED_LAST: lambda at: (-changed[at], -at),
    }
    with desk.database.reading() as connection:
        for each in range(QUERIES // 4):
            q = ["people", "people -rally", '"people rally"', "pe*", "people xyz"][each] if each < 5 else asked(random)
            query = fulltext.parse(q)
            for kind in (None, "opinion"):
                right = [at for at, text in enumerate(kept) if scanned(query, text) and (kind is None or at % 3 == 0)]
                filters = lists.ClaimFilters(q=query, kind=kind)
                for sort, place in orders.items():
                    assert paged(connection, filters, sort, 7) == sorted(right, key=place), (q, kind, sort)
                assert sorted(paged(connection, filters, None, 7)) == right, (q, kind)
                count = lists.count_claims(connection, filters)
                assert count.total == len(right) or (count.more and count.total < len(right)), (q, kind)
                assert not count.more or few == 3


@pytest.mark.slow
def test_counts_stop_at_ten_thousand_and_say_so(desk: Desk) -> None:
    article = desk.article()["id"]
    with desk.database.writing() as session:
        person, moment = session.scalar(select(Person.id).limit(1)), now()
        fields = {
            "external_id": None,
            "outlet_id": None,
            "title": "One more",
            "revision": 1,
            "snapshot_number": 1,
            "words": "one more",
            "created_at": moment,
            "updated_at": moment,
        }
        many = [
            {"seq": 1000 + at, "id": f"{at:08x}-0000-7000-8000-000000000000", **fields} for at in range(lists.EXACT)
        ]
        session.execute(insert(Article), many[:-1])
        assert person
    for query in ("", "q=one&"):
        page = desk.get(f"/v1/articles?{query}count=true&limit=1").json
        exact = lists.EXACT - bool(query)
        assert (page["total"], page["more"]) == (exact, False)
    with desk.database.writing() as session:
        session.execute(insert(Article), [many[-1], {**many[-1], "seq": 900_000, "id": article[:-4] + "abcd"}])
    page = desk.get("/v1/articles?q=one&count=true&limit=1").json
    assert (page["total"], page["more"]) == (lists.EXACT, True)


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


@given(st.text())
def test_no_query_is_an_accident(q: str) -> None:
    try:
        query = fulltext.parse(q)
    except QueryFlaw:
        return
    assert query.wanted
    for dialect in ("sqlite", "postgresql"):
        assert query.spelt_for(dialect)


# --- excerpts


@given(st.text(alphabet="aé b\ń", max_size=400), st.lists(st.sampled_from(["a", "ae", "ab", "b"]), min_size=1))
def test_an_excerpt_marks_every_hit_in_it_and_nothing_else(text: str, sought: list[str]) -> None:
    found = excerpt(text, [Phrase((word,)) for word in sought])
    assert (found is None) == (not {token.text for token in tokens(text)} & set(sought))
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
        assert page["search"]["cut"] is False
        (told,) = page["search"]["excerpts"]
        return told["field"], [told["text"][start:end] for start, end in told["marks"]]

    assert found("claims", "MILLION") == ("text", ["million"])
    assert found("claims", '"to a mill"* pres*') == ("text", ["to a million", "present"])
    assert found("sources", "organisateurs") == ("aliases", ["Organisateurs"])
    assert found("articles", "many") == ("title", ["Many"])
    assert found("articles", "solidarity") == ("text", ["solidarity"])
    assert "search" not in desk.get("/v1/claims").json


def test_a_search_says_when_it_was_cut(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("FEW", 3), ("WALKED", 3), ("RANKED", 2)):
        monkeypatch.setattr(hits, name, value)
    article = desk.article()["id"]
    ids = [desk.claim(article_id=article, text=f"Rally number {n}.")["id"] for n in range(5)]

    def read(q: str, sort: str = "") -> tuple[list[str], list[bool]]:
        seen, cut, first = [], [], f"/v1/claims?q={q}&limit=2{sort}"
        path = first
        while path:
            page = desk.get(path).json
            seen += [item["id"] for item in page["items"]]
            cut.append(page["search"]["cut"])
            assert len(page["items"]) == len(page["search"]["excerpts"])
            path = page["next_cursor"] and f"{first}&cursor={page['next_cursor']}"
        return seen, cut

    seen, cut = read("rally")
    assert (sorted(seen), set(cut)) == (sorted(ids), {True})
    assert read("rally", "&sort=-created_at") == (ids[::-1], [False, False, False])
    # What few hold is found at once; of what many words say together, a page looks at so many claims and says so.
    assert read("3", "&sort=-created_at") == ([ids[3]], [False])
    seen, cut = read("rally%20-number%20-nobody")
    assert (seen, cut) == ([], [False])


def test_hits_changed_meanwhile_push_nobody_over_the_edge(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("FEW", 3), ("WALKED", 50), ("RANKED", 6)):
        monkeypatch.setattr(hits, name, value)
    article = desk.article()["id"]
    ids = [desk.claim(article_id=article, text=f"Rally number {n}.")["id"] for n in range(9)]
    page = desk.get("/v1/claims?q=rally&limit=2").json
    seen = [item["id"] for item in page["items"]]
    changed = desk.get(f"/v1/claims/{ids[4]}")
    assert desk.patch(f"/v1/claims/{ids[4]}", {"tags": ["new"]}, etag=changed.headers["ETag"]).status_code == 200
    new = desk.claim(article_id=article, text="Rally, rally, rally.")["id"]
    while page["next_cursor"]:
        page = desk.get(f"/v1/claims?q=rally&limit=2&cursor={page['next_cursor']}").json
        seen += [item["id"] for item in page["items"]]
    assert new not in seen
    assert len(seen) == len(set(seen))
    assert set(seen) | {ids[4]} == set(ids)
