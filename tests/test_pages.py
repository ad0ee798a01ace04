"""The pages by a client: sessions, forms that were forged or are strange, and what is shown of strange texts."""

import json
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from benchmarks.pages import long_article, took
from factcheck.desk import people
from factcheck.desk.access import browser_sessions
from factcheck.log.actors import as_actor
from factcheck.log.clock import now
from factcheck.queries import queue
from factcheck.storage.needs import NEEDS
from factcheck.storage.tables.logbook import Revision
from factcheck.storage.tables.people import BrowserSession, Person
from factcheck.web.pages.layout import address
from tests.desk import TEXT, Desk, Statements, audit_faults
from tests.forms import Forms, Visitor

ALL_NAUGHTY: list[str] = json.loads((Path(__file__).parent / "data" / "naughty.json").read_text(encoding="utf-8"))
# Every string through every form takes minutes: each run takes every so many; 1 takes all.
EVERY = int(os.environ.get("FACTCHECK_TEST_NAUGHTY", "10"))
SCRIPTS = [text for text in ALL_NAUGHTY if "<script>alert" in text]
NAUGHTY = list(dict.fromkeys([*ALL_NAUGHTY[::EVERY], *SCRIPTS[:3]]))
REASON = "The stadium holds 30,000 people."
CONTROL = "\u202e"


def count(desk: Desk) -> int:
    with desk.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(Revision)).scalar_one()


# ── Sessions ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_may_not_read_is_sent_to_log_in_and_comes_back(desk: Desk) -> None:
    claim = desk.claim()
    visitor = Visitor(desk, by=None)
    answer = visitor.get(f"/claims/{claim['id']}?decide=disputed")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        f"/login?next=/claims/{claim['id']}%3Fdecide%3Ddisputed",
    )
    logged = visitor.send("/login", {"token": desk.tokens["analyst"]}, on=answer.headers["Location"])
    assert (logged.status_code, logged.headers["Location"]) == (303, f"/claims/{claim['id']}?decide=disputed")
    assert visitor.get(logged.headers["Location"]).status_code == 200
    for path in ("/", "/articles", "/sources", f"/articles/{claim['article_id']}"):
        assert Visitor(desk, by=None).get(path).status_code == 303
        assert Visitor(desk.with_settings(public_read=True), by=None).get(path).status_code == 200


ELSEWHERE = (
    "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "javascript:x",
    "http:evil.example", " //evil.example", "evil.example", "",
)  # fmt: skip


@pytest.mark.parametrize("there", ELSEWHERE)
def test_logging_in_leads_nowhere_else(desk: Desk, there: str) -> None:
    visitor = Visitor(desk, by=None)
    answer = visitor.send("/login", {"token": desk.tokens["reader"], "next": there}, on="/login")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_a_token_that_is_not_good_logs_nobody_in(desk: Desk) -> None:
    before = count(desk)
    for token in ("", "fck_nothing", "x" * 5000, "fck_☃", desk.tokens["reader"] + "x"):
        visitor = Visitor(desk, by=None)
        answer = visitor.send("/login", {"token": token}, on="/login")
        assert answer.status_code == 401
        assert "This token is not valid" in answer.get_data(as_text=True)
        assert not token or token not in answer.get_data(as_text=True)
    assert count(desk) == before


def test_guessing_is_limited_and_the_right_token_works_afterwards(desk: Desk) -> None:
    for on, action in (("/login", "/login"), ("/login/x", "/login/x")):
        visitor = Visitor(desk, by=None)
        fields = visitor.fields(on, action)
        with time_machine.travel(now(), tick=False) as clock:
            answers = [visitor.client.post(action, data=fields | {"token": f"fck_{at}"}) for at in range(12)]
            assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
            assert answers[-1].headers["Retry-After"]
            clock.shift(timedelta(minutes=2))
            visitor = Visitor(desk, by=None)
            answer = visitor.send("/login", {"token": desk.tokens["reader"]}, on="/login")
            assert answer.status_code == 303


def test_a_session_has_a_new_id_and_ends_with_what_made_it(desk: Desk) -> None:
    """Fixation; a token's end; and the browser's own session before."""
    visitor = Visitor(desk, by=None)
    visitor.get("/login")
    fixed = visitor.client.get_cookie("factcheck")
    with desk.database.writing() as session:
        operator = people.operator(session)
        token = people.issue_token(session, operator, name="Test analyst", lasts=timedelta(hours=1))
    visitor.send("/login", {"token": token}, on="/login")
    first = visitor.client.get_cookie("factcheck")
    assert first is not None
    assert fixed is not None
    assert first.value != fixed.value
    assert visitor.get("/").status_code == 200
    visitor.send("/login", {"token": desk.tokens["reader"]}, on="/login")

    old = Visitor(desk, by=None)
    old.client.set_cookie("factcheck", first.value)
    assert old.get("/").status_code == 303  # logging in again ended the session before
    with time_machine.travel(now() + timedelta(hours=2)), desk.database.reading() as connection:
        ends = connection.execute(select(BrowserSession.expires_at)).scalars().all()
    assert min(ends) < now() + timedelta(hours=2)


def test_a_session_ends_by_logging_out_by_time_and_with_the_person(desk: Desk) -> None:
    leaver, later, disabled = (Visitor(desk, by=by) for by in ("reader", "contributor", "analyst"))
    cookie = leaver.client.get_cookie("factcheck")
    assert cookie is not None
    assert leaver.send("/logout", {}, on="/").status_code == 303
    assert leaver.get("/").status_code == 303
    leaver.client.set_cookie("factcheck", cookie.value)  # replayed
    assert leaver.get("/").status_code == 303

    assert later.get("/").status_code == 200
    with time_machine.travel(now() + browser_sessions.SESSION_LASTS + timedelta(minutes=1)):
        assert later.get("/").status_code == 303

    claim = desk.claim()
    page = f"/claims/{claim['id']}"
    form = disabled.fields(page, f"{page}/reviews")
    with desk.database.writing() as session:
        people.disable(session, people.operator(session), name="Test analyst")
    assert disabled.get(page).status_code == 303
    before = count(desk)
    assert disabled.client.post(f"{page}/reviews", data=form | {"status": "in_review"}).status_code == 401
    assert count(desk) == before


def test_the_cookie_is_guarded(desk: Desk) -> None:
    secure = desk.with_settings(base_url="https://desk.example")
    cookie = Visitor(secure).client.get_cookie("__Host-factcheck")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site, cookie.secure, cookie.path) == (True, "Lax", True, "/")
    assert cookie.domain == "localhost"  # of this host alone: none was named
    assert cookie.origin_only
    strict = secure.get("/healthz").headers["Strict-Transport-Security"]
    assert strict == "max-age=31536000; includeSubDomains"
    assert "Strict-Transport-Security" not in desk.get("/healthz").headers


# ── What other sites make a browser send ──────────────────────────────────────────────────────────────────────────


def test_what_another_site_sends_is_refused(desk: Desk) -> None:
    claim = desk.claim()
    page = f"/claims/{claim['id']}"
    visitor = Visitor(desk)
    form = visitor.fields(page, f"{page}/reviews") | {"status": "in_review"}
    other = Visitor(desk, by="admin").fields(page, f"{page}/reviews")["csrf_token"]
    before = count(desk)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    ):
        answer = visitor.client.post(f"{page}/reviews", data=form, headers={"Accept": "text/html", **headers})
        assert answer.status_code == 403, headers
        assert "another site" in answer.get_data(as_text=True)
    for changed in ({"csrf_token": ""}, {"csrf_token": "x"}, {"csrf_token": visitor.desk.settings.secret_key}):
        assert visitor.client.post(f"{page}/reviews", data=form | changed).status_code == 403
    assert visitor.client.post(f"{page}/reviews", data=form | {"csrf_token": other}).status_code == 403
    assert visitor.client.post(f"{page}/reviews", json=form).status_code == 403
    text = visitor.client.post(f"{page}/reviews", data=json.dumps(form), content_type="text/plain")
    assert text.status_code == 403
    assert count(desk) == before
    own = ({"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}, {})
    for headers, status in zip(own, ("in_review", "unverified", "in_review"), strict=True):
        again = visitor.fields(page, f"{page}/reviews") | {"status": status}
        assert visitor.client.post(f"{page}/reviews", data=again, headers=headers).status_code == 303


def test_the_api_takes_no_cookie_for_writing(desk: Desk) -> None:
    claim = desk.claim()
    visitor = Visitor(desk)
    path = f"/v1/claims/{claim['id']}"
    assert visitor.client.get(path).status_code == 200
    before = count(desk)
    body = {"status": "in_review"}
    assert visitor.client.post(f"{path}/reviews", json=body, headers={"If-Match": "*"}).status_code == 401
    assert visitor.client.patch(path, json={"text": "x"}, headers={"If-Match": "*"}).status_code == 401
    assert count(desk) == before


def test_pages_may_not_be_framed_or_bring_scripts_along(seeded: Desk) -> None:
    visitor = Visitor(seeded, by=None)
    visitor.send("/login", {"token": seeded.tokens["admin"]}, on="/login")
    claim = seeded.by_external_id("niger-2023-11-06/C15")
    source = claim["attribution"]["origin"]["id"]
    for path in ("/", f"/claims/{claim['id']}", f"/articles/{claim['article_id']}", "/sources", f"/sources/{source}",
                 "/articles", "/articles/new", "/keys", "/login", "/nothing"):  # fmt: skip
        answer = visitor.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        html = answer.get_data(as_text=True)
        # A block of data is no script: `test_formats.py` has what stands in it.
        scripts = r'<script(?![^>]*\ssrc=)(?! type="application/ld\+json">)'
        assert not re.search(rf"<style|\sstyle=|\son[a-z]+=|{scripts}", html), path
        assert html.count("<h1") == 1, path


# ── Actions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_form_sent_twice_is_done_once(desk: Desk) -> None:
    claim = desk.claim()
    page = f"/claims/{claim['id']}"
    visitor = Visitor(desk)
    form = visitor.fields(page, f"{page}/reviews", 1) | {"status": "unverifiable", "reason": REASON}
    before = count(desk)
    answers = [visitor.client.post(f"{page}/reviews", data=form) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert count(desk) == before + 1
    changed = visitor.client.post(f"{page}/reviews", data=form | {"reason": "Quite another reason."})
    assert changed.status_code == 422
    assert count(desk) == before + 1


def test_forms_without_a_key_or_with_fields_of_no_page_are_refused(desk: Desk) -> None:
    claim = desk.claim()
    page = f"/claims/{claim['id']}"
    visitor = Visitor(desk)
    form = visitor.fields(page, f"{page}/reviews", 1) | {"status": "unverifiable", "reason": REASON}
    before = count(desk)
    for changed in (
        {"key": ""},
        {"key": "☃" * 20},
        {"version": "*"},
        {"version": ""},
        {"evidence.0.a.b.c.d": "x"},
        {"evidence": "x"},
        {"reason.x": "x"},
        {"claim_id": claim["id"]},
        {"evidence.0.url": "javascript:alert(1)"},
        {"question": "nonsense"},
        {"status": "true"},
        {"valid_on": "yesterday"},
        {"reason": "\x00 is nothing to be kept"},
    ):
        answer = visitor.client.post(f"{page}/reviews", data=form | changed, headers={"Accept": "text/html"})
        assert answer.status_code in (400, 412, 422), changed
    assert count(desk) == before


@pytest.mark.parametrize("by", ["reader", "contributor"])
def test_pages_offer_and_take_only_what_the_role_allows(desk: Desk, by: str) -> None:
    claim = desk.claim()
    page = f"/claims/{claim['id']}"
    visitor = Visitor(desk, by=by)
    actions = [action for action, _ in Forms(visitor.get(page).get_data(as_text=True)).found]
    assert f"{page}/reviews" not in actions
    assert (f"{page}/evidence" in actions) == (by == "contributor")
    form = Visitor(desk).fields(page, f"{page}/reviews") | {"status": "in_review"}
    form["csrf_token"] = visitor.fields(page, "/logout")["csrf_token"]
    before = count(desk)
    assert visitor.client.post(f"{page}/reviews", data=form).status_code == 403
    assert count(desk) == before


def test_what_is_withdrawn_shows_its_tombstone_and_its_history(desk: Desk) -> None:
    claim = desk.claim()
    page = f"/claims/{claim['id']}"
    visitor = Visitor(desk)
    answer = visitor.send(f"{page}/withdrawal", {"reason": "It was entered twice."}, on=page)
    assert answer.headers["Location"] == f"/articles/{claim['article_id']}"
    gone = visitor.get(page)
    assert gone.status_code == 410
    assert "It was entered twice." in gone.get_data(as_text=True)
    assert "withdrew it" in visitor.get(f"{page}/history").get_data(as_text=True)


def test_sources_are_joined_on_their_page_and_separated_again(desk: Desk) -> None:
    source, into = desk.source(name="Old name"), desk.source(name="New name")
    visitor = Visitor(desk)
    page, other = f"/sources/{source['id']}", f"/sources/{into['id']}"
    same = {"other": "new NAME", "judgment": "same", "shown": "other", "reason": "The same people."}
    answer = visitor.send(f"{page}/judgments", same, on=page)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{other}?said=judged")
    moved = visitor.get(page)
    assert (moved.status_code, moved.headers["Location"]) == (301, other)
    text = visitor.get(other).get_data(as_text=True)
    assert all(told in text for told in ("Old name", "The same people.", "Separate these two"))
    apart = {"other": into["id"], "judgment": "different", "shown": "this", "reason": "Two groups."}
    answer = visitor.send(f"{page}/judgments", apart, on=other)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{page}?said=judged")
    assert "Separate these two" not in visitor.get(other).get_data(as_text=True)
    third = desk.source(name="Third")["id"]
    for one in (source["id"], into["id"]):
        joined = desk.made(f"/v1/sources/{third}/judgments", {"other_id": one, "judgment": "unsure", "reason": "?"})
        assert joined["judgment"] == "unsure"
    desk.made(f"/v1/sources/{third}/judgments", {"other_id": into["id"], "judgment": "same", "reason": "One."})
    refused = visitor.send(f"{page}/judgments", {"other": f"/sources/{third}", **same_but(same)}, on=page)
    assert refused.status_code == 409
    assert "This contradicts other judgments" in refused.get_data(as_text=True)


def same_but(same: dict[str, str]) -> dict[str, str]:
    """Return a form's judgment without the other source."""
    return {name: value for name, value in same.items() if name != "other"}


def test_a_claim_is_amended_with_all_that_its_form_does_not_show(desk: Desk) -> None:
    source = desk.source()
    hop = {
        "source_id": source["id"], "cue": "claiming", "directness": "direct", "interested": True, "note": "A note.",
        "cue_quotes": [{"exact": "claiming"}], "on_behalf_of_id": source["id"],
    }  # fmt: skip
    claim = desk.claim(attribution=[hop], tags=["rally"], external_id="X1")
    page = f"/claims/{claim['id']}/edit"
    visitor = Visitor(desk)
    fields = {"text": "Another text.", "kind": "factual", "attribution.0.directness": "direct",
              "attribution.0.interested": "true"}  # fmt: skip
    answer = visitor.send(page, fields, on=page)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    after = desk.get(f"/v1/claims/{claim['id']}").json
    changed = {name for name in claim if claim[name] != after[name]}
    assert changed == {"text", "revision", "updated_at"}
    stale = visitor.client.post(page, data=visitor.fields(page, page) | fields | {"version": "old", "text": "Mine."})
    assert stale.status_code == 412
    assert "Mine." in stale.get_data(as_text=True)


# ── Strange texts ─────────────────────────────────────────────────────────────────────────────────────────────────


def sent(text: str) -> str:
    """Return a text as a browser's textarea gives it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.slow
def test_naughty_strings_through_every_form(desk: Desk) -> None:
    """Each is kept to the letter or refused with words, and shown as the text that it is."""
    claim = desk.claim()
    page = f"/claims/{claim['id']}"
    visitor = Visitor(desk, by="admin")
    forms: list[tuple[str, str, dict[str, str], str]] = [
        ("/sources", "/sources", {"kind": "group"}, "name"),
        ("/sources", "/sources", {"kind": "group", "name": "N"}, "description"),
        ("/articles/new", "/articles", {"text": "T", "anyway": "on"}, "title"),
        ("/articles/new", "/articles", {"title": "T"}, "text"),
        (page, f"{page}/evidence", {"stance": "context"}, "title"),
        (page, f"{page}/evidence", {"stance": "context"}, "excerpt"),
    ]
    for on, action, values, name in forms:
        fields = visitor.fields(on, action) | values
        kept = 0
        for at, text in enumerate(NAUGHTY):
            data = fields | {name: text, "key": f"naughty-{name}-{at}"}
            answer = visitor.client.post(action, data=data, headers={"Accept": "text/html"})
            assert answer.status_code in (303, 422), (action, name, text)
            kept += answer.status_code == 303
        assert kept > len(NAUGHTY) * 0.9
    kept_evidence = [item["excerpt"] for item in desk.get(f"{'/v1' + page}/evidence?limit=200").json["items"]]
    assert kept_evidence
    titles = {item["title"] for item in _everything(desk, "/v1/articles")}
    assert {sent(text) for text in NAUGHTY if text.strip()} <= titles
    html = visitor.get(page).get_data(as_text=True)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


def _everything(desk: Desk, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query = "limit=200"
    while True:
        page = desk.get(f"{path}?{query}").json
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        query = f"limit=200&cursor={page['next_cursor']}"


def test_naughty_strings_as_filters_and_searches(desk: Desk) -> None:
    desk.claim()
    visitor = Visitor(desk)
    for text in NAUGHTY:
        for query in ({"q": text}, {"tag": text}, {"status": text}, {"cursor": text}):
            answer = visitor.client.get("/", query_string=query, headers={"Accept": "text/html"})
            assert answer.status_code in (200, 303, 400, 422), query
        names = visitor.client.get("/sources/names", query_string={"attribution.0.source": text})
        assert names.status_code == 200


@pytest.mark.slow
def test_naughty_strings_as_claims_quotes_and_reasons(desk: Desk) -> None:
    """The article's text is all of them; each is quoted by its place."""
    visitor = Visitor(desk)
    taken = [text for text in NAUGHTY if text.strip()]
    text = "\n".join(taken)
    article = desk.article(text=text)
    on = f"/articles/{article['id']}"
    fields, at, entered = visitor.fields(on, f"{on}/claims"), 0, 0
    for number, words in enumerate(taken):
        own, start = words.strip(), text.index(words, at) + len(words) - len(words.lstrip())
        at = text.index(words, at) + len(words)
        data = fields | {"quotes.0.exact": own, "quotes.0.start": str(start), "quotes.0.end": str(start + len(own)),
                         "text": words, "kind": "factual", "key": f"naughty-{number}",
                         "anyway": "yes"}  # fmt: skip
        answer = visitor.client.post(f"{on}/claims", data=data, headers={"Accept": "text/html"})
        assert answer.status_code in (303, 422), words
        entered += answer.status_code == 303
    assert entered > len(taken) * 0.9
    claims = _everything(desk, "/v1/claims")
    for claim in claims:
        quote = claim["quotes"][0]
        assert text[quote["start"] : quote["end"]] == quote["exact"]
        assert claim["text"].strip() == quote["exact"]
    html = visitor.get(on).get_data(as_text=True)
    assert "<script>alert" not in html
    review = f"/claims/{claims[0]['id']}"
    for number, words in enumerate(taken[:120]):
        data = visitor.fields(review, f"{review}/reviews", 1) | {
            "status": ("unverifiable", "in_review")[number % 2], "reason": f"Because of {words}"}  # fmt: skip
        answer = visitor.client.post(f"{review}/reviews", data=data, headers={"Accept": "text/html"})
        assert answer.status_code in (303, 409, 422), words


def test_texts_that_would_be_markup_templates_or_turn_the_page_around(desk: Desk) -> None:
    strange = f"<img src=x onerror=alert(1)> {{{{7*7}}}} {{% raw %}} {CONTROL}dlrow ' \" & </textarea></script>"
    source = desk.source(name=strange)
    article = desk.article(title=strange, text=f"{strange} it was said.", author=strange)
    claim = desk.claim(
        article_id=article["id"], text=strange, quotes=[{"exact": strange}],
        attribution=[{"source_id": source["id"], "directness": "direct", "cue": strange, "note": strange}],
    )  # fmt: skip
    page = f"/claims/{claim['id']}"
    desk.made(f"/v1{page}/evidence", {"stance": "context", "title": strange, "excerpt": strange})
    desk.review(claim["id"], status="unverifiable", reason=strange)
    visitor = Visitor(desk, by="admin")
    for path in ("/", "/?q=dlrow", page, f"{page}/edit", f"{page}/history", f"/articles/{article['id']}",
                 "/articles", "/sources", f"/sources/{source['id']}"):  # fmt: skip
        html = visitor.get(path).get_data(as_text=True)
        assert "<img src=x" not in html, path
        assert "{{7*7}}" in html, path
        assert "</textarea></script>" not in html, path
        body = html[html.index("<body") :]
        unseen = r'<textarea.*?</textarea>|value="[^"]*"|<div id="text".*?</div>|<script.*?</script>'
        shown = re.sub(unseen, "", body, flags=re.DOTALL)
        assert CONTROL not in shown, path
        assert "⟦U+202E⟧" in html, path


def test_an_address_that_was_stored_before_the_rule_is_no_link(desk: Desk) -> None:
    """The rule is asked once more where a link is drawn."""
    assert address("https://example.org/a") == "https://example.org/a"
    for bad in ("javascript:alert(1)", "data:text/html,x", " java\nscript:alert(1)", "//host", "http://a:b@host", None):
        assert address(bad) is None


def test_a_text_with_every_kind_of_line_end_is_shown_to_the_letter(desk: Desk) -> None:
    """Positions are counted in what the browser shows: a bare CR must not become a LF, nor the first LF be lost."""
    article = desk.article(text="\nA\r\nB\rC\n D\t\u00a0E\u2028F")
    html = Visitor(desk).get(f"/articles/{article['id']}").get_data(as_text=True)
    shown = re.search(r'<div id="text"[^>]*>(.*?)</div>', html, re.DOTALL)
    assert shown is not None
    assert shown[1] == "\nA&#13;\nB&#13;C\n D\t\u00a0E\u2028F"


def test_a_quote_of_two_lines_keeps_the_articles_own_line_ends(desk: Desk) -> None:
    article = desk.article(text="One\r\ntwo\rthree.")
    visitor = Visitor(desk)
    on = f"/articles/{article['id']}"
    values = {"quotes.0.exact": "One\ntwo\nthree", "quotes.0.start": "0", "quotes.0.end": "14", "text": "1 2 3",
              "kind": "factual"}  # fmt: skip
    answer = visitor.send(f"{on}/claims", values, on=on)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert desk.get("/v1/claims").json["items"][0]["quotes"][0]["exact"] == "One\r\ntwo\rthree"


# ── Lists ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_filter_form_leads_to_the_address_to_share(desk: Desk) -> None:
    visitor = Visitor(desk)
    tidied = visitor.get("/?q=&status=verified&attribution_status=&kind=&tag=+&sort=")
    assert (tidied.status_code, tidied.headers["Location"]) == (303, "/?status=verified")
    both = visitor.get("/?status=verified&status=disputed")
    assert (both.status_code, both.headers["Location"]) == (303, "/?status=verified%2Cdisputed")
    assert visitor.get("/?status=verified%2Cdisputed").status_code == 200
    assert visitor.get("/?q=").headers["Location"] == "/"
    for wrong in ("/?kind=x", "/?need=x", "/?nothing=1", "/?cursor=x", "/?tag=a&tag=b", "/sources?kind=quantity"):
        assert visitor.get(wrong).status_code == 422, wrong


def test_the_queue_shows_what_needs_work_and_why(desk: Desk) -> None:
    source = desk.source()
    article = desk.article()["id"]
    stake = [{"source_id": source["id"], "directness": "direct", "interested": True}]
    interested = desk.claim(article_id=article, text="Somebody gains by it.", attribution=stake)
    plain = desk.claim(article_id=article, text="Nobody gains by it.")
    forecast = desk.claim(article_id=article, text="It will rain.", kind="forecast")
    taken = desk.claim(article_id=article, text="Somebody has it.")
    overdue = desk.claim(article_id=article, text="It was looked at long ago.")
    own = desk.claim(article_id=article, text="To be decided once more.")
    later = desk.claim(article_id=article, text="To be looked at in a long time.")
    desk.review(taken["id"], status="in_review")
    for claim, day, by in ((overdue, "2020-01-01", "admin"), (later, "2999-01-01", "admin"), (own, None, "analyst")):
        assert desk.review(claim["id"], by=by, status="unverifiable", reason=REASON, review_by=day).status_code == 201
    desk.made(f"/v1/claims/{own['id']}/second-opinion", {})
    html = Visitor(desk).get("/").get_data(as_text=True)
    found = {
        need: re.findall(r'id="claim-([0-9a-f-]+)"', block)
        for need, block in re.findall(r'<h2 id="need-(\w+)">(.*?)</section>', html, re.DOTALL)
    }
    assert found == {
        "overdue": [overdue["id"]],
        "interested": [interested["id"]],
        "in_review": [taken["id"]],
        "second_opinion": [own["id"]],
        "checkable": [plain["id"]],
    }
    assert list(found)[:2] == ["overdue", "interested"]
    assert forecast["id"] not in html
    assert "by Test analyst" in re.sub("</?bdi>", "", html)
    for need, ids in found.items():
        assert re.findall(r'id="claim-([0-9a-f-]+)"', Visitor(desk).get(f"/?need={need}").get_data(as_text=True)) == ids


@pytest.mark.parametrize("need", ["overdue", "interested", "in_review", "checkable", "second_opinion"])
def test_each_need_pages_without_gaps_or_repeats(desk: Desk, need: str) -> None:
    source = desk.source()
    article = desk.article()["id"]
    stake = [{"source_id": source["id"], "directness": "direct", "interested": True}] if need == "interested" else []
    made = [desk.claim(article_id=article, text=f"Claim {at}.", attribution=stake)["id"] for at in range(7)]
    for claim in made:
        if need == "in_review":
            desk.review(claim, status="in_review")
        elif need in ("overdue", "second_opinion"):
            day = "2020-01-01" if need == "overdue" else None
            desk.review(claim, status="unverifiable", reason=REASON, review_by=day)
        if need == "second_opinion":
            desk.made(f"/v1/claims/{claim}/second-opinion", {})
    visitor, path, seen = Visitor(desk), f"/?need={need}&limit=3", []
    while path:
        html = visitor.get(path).get_data(as_text=True)
        seen += re.findall(r'id="claim-([0-9a-f-]+)"', html)
        following = re.search(r'hx-get="([^"]+cursor=[^"]+)"', html)
        path = following[1].replace("&amp;", "&") if following else ""
    assert sorted(seen) == sorted(made)


@pytest.mark.parametrize("need", [*NEEDS, "second_opinion"])
def test_each_need_is_read_from_its_own_index(desk: Desk, need: str) -> None:
    """So that a page costs the same whatever the number of claims: none is looked at that does not have the need."""
    with Statements(desk) as statements, desk.database.reading() as connection:
        for after in (None, ["2020-01-01", 5] if need == "overdue" else [5, 5]):
            queue.page(connection, queue.Need(need), after, 5, None)
    for statement in statements.seen:
        asked = re.sub(r"%\(today\)s[^ ]*|%\(after_1\)s::DATE", "DATE '2020-01-01'", statement)
        asked = re.sub(r"%\(\w+\)s(::\w+)?", "5", asked).replace("?", "5")
        with desk.database.reading() as connection:
            if desk.database.embedded:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}").all()
            else:
                connection.exec_driver_sql("SET enable_seqscan = off")
                plan = connection.exec_driver_sql(f"EXPLAIN {asked}").all()
                connection.exec_driver_sql("RESET enable_seqscan")
        told = str(plan)
        assert f"ix_claims_{need}" in told, told
        assert "TEMP B-TREE" not in told, told
        assert "Sort" not in told, told


def test_pages_ask_the_database_a_few_times_whatever_they_show(desk: Desk) -> None:
    visitor = Visitor(desk)
    article = desk.article(text=TEXT)["id"]
    counted: dict[str, list[int]] = {}
    for many in (1, 12):
        for at in range(many):
            claim = desk.claim(article_id=article, text=f"Claim {many} {at}.")
        assert audit_faults(desk.database) == []  # which lets the audit reach the log's end
        for path in ("/", f"/articles/{article}", f"/claims/{claim['id']}", "/?status=unverified"):
            with Statements(desk) as statements:
                assert visitor.get(path).status_code == 200
            counted.setdefault(re.sub("[0-9a-f-]{36}", "", path), []).append(len(statements.seen))
    assert len(counted) == 4
    assert all(few == many and many <= 28 for few, many in counted.values()), counted


@pytest.mark.slow
def test_an_article_with_a_thousand_claims_opens_within_a_second(desk: Desk) -> None:
    with desk.database.reading() as connection:
        row = connection.execute(select(Person).where(Person.name == "Test analyst")).one()
    article = long_article(desk.database, as_actor(row))
    visitor = Visitor(desk)
    html = visitor.get(f"/articles/{article}").get_data(as_text=True)
    assert html.count('<li class="card') == 1000
    assert took(visitor.client, f"/articles/{article}", 3) < 1
