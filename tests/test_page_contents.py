"""What pages show of the audit, of an article's text, and of sources; and the forms beside them."""

import re

import pytest

from factcheck.log import transparency
from tests.desk import TEXT, Desk
from tests.forms import Visitor

RALLY = "niger-2023-11-06/C15"


def text_of(html: str) -> str:
    """Return what a reader reads, roughly."""
    return " ".join(re.sub(r"<[^>]+>", " ", html[html.index("<main") : html.index("</main>")]).split())


# ── The audit ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_audit_shows_the_summary_and_each_kind_by_itself(seeded: Desk) -> None:
    visitor = Visitor(seeded)
    summary = seeded.get("/v1/audit/summary").json
    html = visitor.get("/audit").get_data(as_text=True)
    for row in summary["findings"]["by_kind"]:
        assert f'href="/audit?kind={row["kind"]}"' in html
        listed = visitor.get(f"/audit?kind={row['kind']}").get_data(as_text=True)
        assert listed.count('class="finding"') == row["count"] <= 50
    assert str(summary["coverage"]["named_origin"]) in text_of(html)
    assert len(summary["verdicts"]["latest"]) == html.count("log index") > 0
    board = seeded.get("/v1/audit/conflicts").json["items"]
    assert html.count('class="conflict-group"') == len(board) > 0
    assert visitor.get("/audit/conflicts").get_data(as_text=True).count('class="conflict-group"') == len(board)
    assert f"{len(seeded.changes())} entries" in text_of(visitor.get("/audit").get_data(as_text=True))


def test_the_audit_says_when_the_log_was_checked_last(seeded: Desk) -> None:
    visitor = Visitor(seeded)
    assert "Not verified here yet." in text_of(visitor.get("/audit").get_data(as_text=True))
    for entries, faults in ((70, 2), (74, 0)):
        with seeded.database.writing() as session:
            transparency.keep_verification(session, entries, faults)
        assert f"{entries} entries, {faults} faults." in text_of(visitor.get("/audit").get_data(as_text=True))


def test_findings_page(seeded: Desk) -> None:
    visitor, path, seen = Visitor(seeded), "/audit?limit=10", []
    while path:
        html = visitor.get(path).get_data(as_text=True)
        seen += re.findall(r'id="finding-([^"]+)"', html)
        following = re.search(r'hx-get="([^"]+cursor=[^"]+)"', html)
        path = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == seeded.get("/v1/audit/findings?count=true").json["total"]
    assert visitor.get("/audit?kind=nonsense").status_code == 422


def test_a_claim_shows_where_it_comes_from_and_what_is_held_against_it(seeded: Desk) -> None:
    claim = seeded.by_external_id(RALLY)
    html = Visitor(seeded).get(f"/claims/{claim['id']}").get_data(as_text=True)
    assert "chain-" in html
    assert "1 independent original source" in text_of(html)
    found = seeded.get(f"/v1/audit/findings?claim={claim['id']}").json["items"]
    assert found
    for finding in found:
        assert finding["settles"] in text_of(html)


def test_a_source_shows_its_record_with_the_interval(seeded: Desk) -> None:
    origin = seeded.by_external_id(RALLY)["attribution"]["origin"]["id"]
    held = seeded.get(f"/v1/sources/{origin}/record").json["as_origin"]["held"]
    told = text_of(Visitor(seeded).get(f"/sources/{origin}").get_data(as_text=True))
    assert f"0 of {held['of']} claims with a verdict were verified: 0 %" in told
    assert f"between 0 and {round(held['high'] * 100)} %" in told


def test_a_desk_without_anything_teaches(desk: Desk) -> None:
    visitor = Visitor(desk)
    for path, taught in (
        ("/", "Nothing needs work."),
        ("/articles", "Paste one"),
        ("/sources", "No sources yet."),
        ("/audit", "No issues found."),
        ("/audit/conflicts", "No conflicts."),
        ("/?q=nothing", "No matching claims."),
    ):
        assert taught in text_of(visitor.get(path).get_data(as_text=True)), path


# ── Articles ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_overlapping_quotes_are_all_marked_and_lead_to_their_claims(desk: Desk) -> None:
    article = desk.article()["id"]
    outer, inner = "up to a million people were present", "a million people"
    first = desk.claim(article_id=article, quotes=[{"exact": outer}], text="Outer.")
    second = desk.claim(article_id=article, quotes=[{"exact": inner}], text="Inner.")
    html = Visitor(desk).get(f"/articles/{article}").get_data(as_text=True)
    marked = re.findall(r'<mark class="quote ([^"]*)" data-claims="([0-9 ]+)">([^<]*)</mark>', html)
    assert [each[1:] for each in marked] == [("0", "up to "), ("0 1", inner), ("0", " were present")]
    assert "many" in marked[1][0]
    links = re.findall(r'<a class="ref [^"]*" id="q-([0-9]+)" href="#c-([0-9a-f-]+)"[^>]*></a><mark[^>]*>([^<]*)', html)
    assert links == [("0", first["id"], "up to "), ("1", second["id"], inner)]
    assert re.findall(r'id="c-([0-9a-f-]+)"', html) == [first["id"], second["id"]]
    shown = re.search(r'<div id="text"[^>]*>(.*?)</div>', html, re.DOTALL)
    assert shown is not None
    assert re.sub(r"<[^>]+>", "", shown[1]) == TEXT


def test_sentences_without_a_claim_are_shown_on_demand(desk: Desk) -> None:
    claim = desk.claim()
    path, visitor = f"/articles/{claim['article_id']}", Visitor(desk)
    assert 'class="uncovered"' not in visitor.get(path).get_data(as_text=True)
    html = visitor.get(f"{path}?coverage=on").get_data(as_text=True)
    assert re.findall(r'<span class="uncovered">(.*?)</span>', html) == [
        "Meanwhile, thousands of people gathered.",
        "The organizers left early.",
    ]


def test_an_article_is_pasted_to_the_letter(desk: Desk) -> None:
    """Also one whose form would be three times as large if each byte were written with a percent sign."""
    visitor = Visitor(desk)
    desk.source(name="La Nación", kind="outlet")
    text = "\nÑandú " + "ю" * 600_000 + "\n"
    fields = visitor.fields("/articles/new", "/articles") | {
        "title": "Long", "text": text.replace("\n", "\r\n"), "outlet": "la nacion", "published_on": "2026-01-02",
    }  # fmt: skip
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    sent = "".join([*parts, "--x--\r\n"]).encode()
    assert len(sent) < desk.settings.max_body_bytes < 3 * len(sent)
    answer = visitor.client.post("/articles", data=sent, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 303, answer.get_data(as_text=True)[:2000]
    article = desk.get(f"/v1{answer.headers['Location']}").json
    assert (article["text"], article["outlet"]["name"], article["published_on"]) == (text, "La Nación", "2026-01-02")


@pytest.mark.parametrize(
    ("typed", "told"), [("Nobody", "No source has the name"), ("Twin", "Several sources have this name.")]
)
def test_a_name_that_is_not_clear_is_asked_for_again(desk: Desk, typed: str, told: str) -> None:
    for name in ("Twin", "TWIN"):
        desk.source(name=name)
    article = desk.article()["id"]
    on, visitor = f"/articles/{article}", Visitor(desk)
    values = {
        "quotes.0.exact": "thousands of people", "text": "Thousands came.", "kind": "factual",
        "attribution.0.source": typed, "attribution.0.directness": "direct",
    }  # fmt: skip
    answer = visitor.send(f"{on}/claims", values, on=on)
    assert answer.status_code == 422
    assert told in text_of(answer.get_data(as_text=True))
    assert desk.get("/v1/claims").json["items"] == []


def test_two_hops_may_make_the_same_new_source(desk: Desk) -> None:
    article = desk.article()["id"]
    on, visitor = f"/articles/{article}", Visitor(desk)
    values = {
        "quotes.0.exact": "thousands of people", "text": "Thousands came.", "kind": "factual",
        "attribution.0.source": "The Agency", "attribution.0.new_kind": "outlet", "attribution.0.directness": "direct",
        "attribution.3.source": "the agency", "attribution.3.new_kind": "outlet", "attribution.3.directness": "mixed",
        "attribution.7.directness": "mixed",
    }  # fmt: skip
    answer = visitor.send(f"{on}/claims", values, on=on)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    chain = desk.get("/v1/claims").json["items"][0]["attribution"]["chain"]
    assert [hop["directness"] for hop in chain] == ["direct", "mixed"]
    assert len({hop["source"]["id"] for hop in chain}) == 1
    assert len(desk.get("/v1/sources").json["items"]) == 1


# ── Evidence and relations ────────────────────────────────────────────────────────────────────────────────────────


def test_evidence_says_who_published_it_and_whom_it_goes_back_to(desk: Desk) -> None:
    agency, paper = desk.source(name="The Agency", kind="outlet"), desk.source(name="The Paper", kind="outlet")
    claim = desk.claim()
    page, visitor = f"/claims/{claim['id']}", Visitor(desk)
    values = {
        "status": "refuted", "reason": "The agency counted them.", "evidence.0.stance": "refutes",
        "evidence.0.title": "A count", "evidence.0.source": "the paper", "evidence.0.origin": "nobody",
    }  # fmt: skip
    refused = visitor.send(f"{page}/reviews", values, on=page, at=1)
    assert refused.status_code == 422
    assert "No source has the name “nobody”." in text_of(refused.get_data(as_text=True))
    done = visitor.send(f"{page}/reviews", values | {"evidence.0.origin": "The Agency"}, on=page, at=1)
    assert done.status_code == 303
    item = desk.get(f"/v1{page}").json["evidence"][0]
    assert (item["source"]["id"], item["origin"]["id"]) == (paper["id"], agency["id"])


def test_a_claim_is_related_by_the_others_address(desk: Desk) -> None:
    claim, other = desk.claim(), desk.claim()
    page, visitor = f"/claims/{claim['id']}", Visitor(desk)
    values = {
        "kind": "contradicts",
        "claim_id": f"http://localhost/claims/{other['id']}?said=x#history",
        "note": "Why.",
    }
    assert visitor.send(f"{page}/relations", values, on=page).status_code == 303
    assert desk.get(f"/v1{page}").json["relations"] == [{"kind": "contradicts", "claim_id": other["id"]}]
    again = visitor.send(f"{page}/relations", values, on=page)
    assert again.status_code == 409
    assert "Why." in again.get_data(as_text=True)


# ── Second opinions ───────────────────────────────────────────────────────────────────────────────────────────────


def test_whoever_gives_a_second_opinion_sees_no_verdict_on_any_page(desk: Desk) -> None:
    """The first verdict, its reason, evidence, reviewer and days are on no page until the second one is given."""
    source = desk.source()
    hop = {"source_id": source["id"], "directness": "direct", "interested": True}
    claim = desk.claim(attribution=[hop])
    other = desk.claim(article_id=claim["article_id"])
    desk.made(f"/v1/claims/{other['id']}/relations", {"kind": "contradicts", "claim_id": claim["id"]})
    page = f"/claims/{claim['id']}"
    given = desk.review(
        claim["id"], by="admin", status="refuted", reason="Canary one was counted.", review_by="2020-01-01",
        evidence=[{"stance": "refutes", "title": "Canary two"}],
    )  # fmt: skip
    assert given.status_code == 201
    first = Visitor(desk, by="admin")
    asked = first.send(f"{page}/second_opinion", {"note": "Canary three", "question": "content"}, on=page)
    assert asked.headers["Location"] == f"{page}?said=asked"

    visitor = Visitor(desk)
    paths = (
        "/", "/?q=million", "/?need=overdue", "/?need=second_opinion", "/?sort=created_at", "/?status=in_review", page,
        f"{page}/history", f"{page}/edit", f"/claims/{other['id']}", f"/articles/{claim['article_id']}",
        f"/sources/{source['id']}", "/audit", "/audit/conflicts", "/audit?kind=interested_only", "/audit?kind=overdue",
    )  # fmt: skip
    for path in paths:
        html = visitor.get(path).get_data(as_text=True)
        assert "Canary" not in html, path
        words = text_of(re.sub(r"<(select|fieldset|figcaption|datalist).*?</\1>", "", html, flags=re.DOTALL))
        assert "2020-01-01" not in words, path
        assert "refuted" not in words.replace("refuted 0", ""), path
    told = text_of(visitor.get(page).get_data(as_text=True))
    assert "You were asked for a second opinion" in told
    assert "Hidden until you have given your second opinion" in told
    assert claim["id"] in visitor.get("/?need=second_opinion").get_data(as_text=True)
    assert claim["id"] not in visitor.get("/?need=overdue").get_data(as_text=True)
    assert claim["id"] in first.get("/?need=overdue").get_data(as_text=True)

    values = {"status": "refuted", "reason": "I counted them as well.", "evidence.0.stance": "refutes",
              "evidence.0.title": "My own count"}  # fmt: skip
    done = visitor.send(f"{page}/reviews", values, on=page)
    assert done.status_code == 303, text_of(done.get_data(as_text=True))
    assert "Canary one was counted." in text_of(visitor.get(page).get_data(as_text=True))
    assert "1 of 1 agreed" in text_of(visitor.get("/audit").get_data(as_text=True))


# ── Search ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_lists_mark_what_a_search_found(desk: Desk) -> None:
    source = desk.source(name="Rally <i>organizers</i>", aliases=["Organisateurs & amis"])
    article = desk.article(title="A <b>rally</b> & more", text=TEXT + " Nobody <script> counted.")
    quotes = [{"exact": "thousands of people gathered"}]
    claim = desk.claim(article_id=article["id"], text="Up to a <u>million</u> came.", quotes=quotes)
    visitor = Visitor(desk)

    def shown(path: str) -> str:
        return visitor.get(path).get_data(as_text=True)

    assert "Up to a &lt;u&gt;<mark>million</mark>&lt;/u&gt; came." in shown("/?q=MILLION")
    found = shown("/?q=gathered")
    assert f'id="claim-{claim["id"]}"' in found
    assert "in a quote:" in found
    assert "of people <mark>gathered</mark>" in found
    assert "A &lt;b&gt;<mark>rally</mark>&lt;/b&gt; &amp; more" in shown("/articles?q=rally")
    assert "Nobody &lt;script&gt; <mark>counted</mark>." in shown("/articles?q=count*")
    assert "Rally &lt;i&gt;<mark>organizers</mark>&lt;/i&gt;" in shown("/sources?q=organizers")
    assert f'id="source-{source["id"]}"' in shown("/sources?q=amis")
    assert "Organisateurs &amp; <mark>amis</mark>" in shown("/sources?q=amis")
    assert "<mark>" not in shown("/?q=million+-came") + shown("/") + shown("/articles") + shown("/sources")
    assert "No matching articles." in text_of(shown("/articles?q=nothing"))
    for path in ("/", "/articles", "/sources"):
        answer = visitor.get(f"{path}?q=rally+%22up+to")
        assert (answer.status_code, "character 7 has no partner" in answer.get_data(as_text=True)) == (422, True)
