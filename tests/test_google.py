"""Google's Fact Check Tools: its own clients find what this desk decided, and nothing else, by their endpoint alone."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from werkzeug.serving import make_server

from factcheck.desk import people
from factcheck.formats import factcheck_tools, field_mask, ratings
from factcheck.formats.factcheck_tools import MEMBERS
from factcheck.formats.here import Here
from factcheck.queries.search import decided
from factcheck.queries.search.decided import Wanted
from factcheck.rules.status import VERDICTS
from factcheck.rules.text import queries
from factcheck.settings import Settings
from factcheck.web import google as of_google
from factcheck.web import problems
from tests.conftest import Copies
from tests.desk import SECRET, Desk, Statements
from tests.needs import NODE, needs

Json = dict[str, Any]
BASE = "https://desk.example.org"
SEARCH = "/v1alpha1/claims:search"
FORM = {"X-HTTP-Method-Override": "GET", "Content-Type": "application/x-www-form-urlencoded"}
LANGUAGES = ("en", "en-GB", "fr-FR", "sr-Latn", None)
VERDICT = ("verified", "refuted", "disputed", "unverifiable")


@pytest.fixture(scope="module")
def google(copies: Copies) -> Iterator[Desk]:
    """A desk that anybody may read, with 20 decided claims, and two that are not. Nobody changes it."""
    url = copies.copy("migrated")
    desk = Desk(Settings(database_url=url, secret_key=SECRET))
    public = filled(desk)
    yield public
    public.close()
    desk.close()
    copies.forget(url)


@pytest.fixture
def own(desk: Desk) -> Desk:
    """Such a desk with 8 decided claims, for those who change it."""
    return filled(desk, LANGUAGES[:2])


def filled(desk: Desk, languages: Sequence[str | None] = LANGUAGES) -> Desk:
    """Enter a decided claim for each language and verdict, and two that are not decided."""
    organizers = desk.source()["id"]
    for number, language in enumerate(languages):
        published = f"2023-0{number + 1}-01"
        article = desk.article(title=f"Rally {number}", language=language, published_on=published, author="A. Writer")
        for status in VERDICT:
            chain = [{"source_id": organizers, "directness": "indirect", "cue": "claiming"}]
            text = f"A million people were present, number {number}, {status}."
            decide(desk, desk.claim(article_id=article["id"], text=text, attribution=chain)["id"], status)
    desk.claim(text="A million people, not decided.")
    gone = desk.claim(text="A million people, withdrawn.")["id"]
    decide(desk, gone, "unverifiable")
    assert desk.post(f"/v1/claims/{gone}/withdrawal", {"reason": "Entered twice."}).status_code == 204
    return desk.with_settings(public_read=True, base_url=BASE)


def decide(desk: Desk, claim_id: str, status: str) -> None:
    evidence = [{"stance": stance, "title": "A record"} for stance in ("supports", "refutes")]
    assert desk.review(claim_id, status=status, reason="The record says so.", evidence=evidence).status_code == 201


def found(desk: Desk, *, by: str | None = None, status: int = 200, **parameters: Any) -> Json:
    response = desk.get(SEARCH, query_string=parameters, by=by)
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/json; charset=UTF-8"
    answer: Json = response.json
    return answer


def texts(answer: Json) -> list[str]:
    return [claim["text"] for claim in answer.get("claims", [])]


def walked(desk: Desk, **parameters: Any) -> list[str]:
    """Follow the page tokens to the end."""
    every, token = [], {}
    while True:
        answer = found(desk, **parameters, **token)
        every += texts(answer)
        if "nextPageToken" not in answer:
            return every
        token = {"pageToken": answer["nextPageToken"]}


@contextmanager
def served(desk: Desk) -> Iterator[str]:
    """Serve a desk by HTTP, in a thread, and give its address."""
    server = make_server("127.0.0.1", 0, desk.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def client(address: str, **options: Any) -> Any:
    options = options or {"developerKey": "a key of another house"}
    at = {"api_endpoint": address}
    return build("factchecktools", "v1alpha1", client_options=at, static_discovery=True, **options).claims()


def paged(claims: Any, **parameters: Any) -> list[Json]:
    """Search with Google's Python client, and page to the end as its users do."""
    pages, request = [], claims.search(**parameters)
    while request is not None:
        pages.append(request.execute())
        request = claims.search_next(request, pages[-1])
    return pages


# ── Google's own clients ────────────────────────────────────────────────────────────────────────────────────────


def test_the_python_client_works_by_changing_its_endpoint(google: Desk) -> None:
    with served(google) as address:
        claims = client(address)
        pages = paged(claims, query="million people")
        assert [len(page["claims"]) for page in pages] == [10, 10]
        every = [text for page in pages for text in texts(page)]
        assert len(set(every)) == 20
        smaller = paged(claims, query="million", pageSize=7)
        assert sorted(text for page in smaller for text in texts(page)) == sorted(every)

        # More than 2,048 characters, which it sends as a form; and it asks for the next page of that in the address.
        long = "million " * 300 + "people " * 300
        pages = paged(claims, query=long, pageSize=8, languageCode="en")
        assert [len(page.get("claims", [])) for page in pages if "nextPageToken" in page or "claims" in page] == [8]
        pages = paged(claims, query=long, pageSize=8)
        assert [len(page["claims"]) for page in pages] == [8, 8, 4]
        assert [text for page in pages for text in texts(page)] == every

        english = texts(claims.search(query="million", languageCode="en-US").execute())
        assert {text.split(", ")[1] for text in english} == {"number 0", "number 1"}
        assert texts(claims.search(query="million", languageCode="sr").execute())[0].startswith("A million people")
        assert claims.search(query="million", languageCode="de").execute() == {}
        own = claims.search(reviewPublisherSiteFilter="desk.example.org", pageSize=200).execute()
        assert sorted(texts(own)) == sorted(every)
        assert claims.search(query="million", reviewPublisherSiteFilter="nytimes.com").execute() == {}
        assert len(texts(claims.search(query="million", maxAgeDays=1, pageSize=50, offset=3).execute())) == 17

        with pytest.raises(HttpError) as refused:
            claims.search(query="million", pageSize=-1).execute()
        assert (refused.value.status_code, refused.value.reason) == (
            400, "Some parameters of the search are not allowed. pageSize: Must not be negative.",
        )  # fmt: skip
        assert "Must not be negative." in str(refused.value.error_details)
        with pytest.raises(HttpError, match="Required, unless reviewPublisherSiteFilter is given"):
            claims.search().execute()
        with pytest.raises(HttpError, match="This desk did not create this token"):
            claims.search(query="million", pageToken="made up").execute()
        assert claims.search(query=" ".join(f"word{at}" for at in range(300))).execute() == {}


def test_the_python_client_logs_in_where_reading_needs_a_token(google: Desk) -> None:
    private = google.with_settings(public_read=False)
    with served(private) as address:
        with pytest.raises(HttpError) as refused:
            client(address).search(query="million").execute()
        assert refused.value.status_code == 401
        assert "an API key is not accepted here" in refused.value.reason
        claims = client(address, credentials=Credentials(google.tokens["reader"]))
        assert len(paged(claims, query="million")) == 2
        assert len(paged(claims, query="million " * 400)) == 2
        with pytest.raises(HttpError, match="Do not send a token in a URL"):
            client(address, developerKey=google.tokens["reader"]).search(query="million").execute()


def test_how_old_a_claim_is(own: Desk) -> None:
    """The newer of the article's day and the review's counts."""
    ahead = datetime.now(UTC) + timedelta(days=40)
    later = own.article(title="Later", published_on=(ahead - timedelta(days=5)).date().isoformat())["id"]
    coming = own.claim(article_id=later, text="A million, told later.")["id"]
    decide(own, coming, "verified")
    with served(own) as address, time_machine.travel(ahead):
        claims = client(address)
        assert texts(claims.search(query="million", maxAgeDays=30).execute()) == ["A million, told later."]
        assert claims.search(query="million", maxAgeDays=3).execute() == {}
        for days in (0, 41, 2**31 - 1):
            assert len(texts(claims.search(query="million", maxAgeDays=days, pageSize=50).execute())) == 9
        first = claims.search(query="million", maxAgeDays=41, pageSize=5).execute()
        # From when on claims count was settled by the first page.
        with time_machine.travel(ahead + timedelta(days=20)):
            rest = claims.search(query="million", maxAgeDays=41, pageSize=5, pageToken=first["nextPageToken"]).execute()
        assert len({*texts(first), *texts(rest)}) == 9


@needs("node")
def test_the_node_client_works_by_changing_its_endpoint(google: Desk) -> None:
    script = Path(__file__).parent / "data" / "google_client.cjs"
    with served(google) as address:
        told = subprocess.run(
            ["node", script, address], env={**os.environ, "NODE_PATH": f"{NODE}/node_modules"}, check=True,
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
    seen = json.loads(told.stdout)
    assert seen["pages"] == seen["long"] == [8, 8, 4]
    assert len(set(seen["texts"])) == 20
    assert seen["english"] == 8
    assert seen["elsewhere"] == {}
    assert seen["here"] == 20
    assert seen["young"] == 20
    assert (seen["status"], seen["message"]) == (
        400, "Some parameters of the search are not allowed. pageSize: Must not be negative.",
    )  # fmt: skip


# ── What is found ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_claim_as_google_gives_it(seeded: Desk) -> None:
    public = seeded.with_settings(public_read=True, base_url=BASE)
    claim = seeded.by_external_id("niger-2023-11-06/C15")
    assert found(public, query="million rally") == {
        "claims": [
            {
                "text": claim["text"],
                "claimant": "Organizers of the rally in Niamey",
                "claimDate": "2023-11-06T00:00:00Z",
                "claimReview": [
                    {
                        "publisher": {"name": "desk.example.org", "site": "desk.example.org"},
                        "url": f"{BASE}/claims/{claim['id']}",
                        "title": claim["text"],
                        "reviewDate": claim["reviewed_at"],
                        "textualRating": ratings.RATINGS["disputed"].words,
                        "languageCode": "en",
                    }
                ],
            }
        ]
    }
    assert found(public, query="nonexistent") == {}


PASTED = [
    "Did a million people really attend the rally in Niamey on Saturday, as the organisers now claim?",
    'an unpaired "million people at the rally',
    "“A million people”: at the *rally* (really?!) — say -- the organisers",
    '"a million people were present" said everybody',
    "rally million people " + "and so on and so forth " * 2000,
    "million people at the rally " + " ".join(f"word{at}" for at in range(300)),
    "million* rall* people*** a*",
    "rally\n\tmillion\u00a0people",
]


def test_whatever_is_pasted_finds_the_best_matches(seeded: Desk) -> None:
    """As a GET where it fits into an address, and as a form."""
    public = seeded.with_settings(public_read=True, base_url=BASE)
    claim = seeded.by_external_id("niger-2023-11-06/C15")
    for text in PASTED:
        form = public.request("POST", SEARCH, data=urlencode({"query": text}), headers=FORM, by=None)
        assert form.status_code == 200, text
        assert texts(form.json)[:1] == [claim["text"]], text
        if len(text) < 5000:
            assert found(public, query=text) == form.json
    for text in ("!!!", "…", '"', "-", "* * *", "???" * 100, "x" * 20_001, '"' * 7, "nonexistent"):
        assert found(public, query=text[:15_000]) == {}, text
    # What must not be there stays out, and filters count for what is like the text, too.
    assert found(public, query="million elephants at the rally -present") == {}
    assert texts(found(public, query="million elephants at the rally")) == [claim["text"]]
    assert found(public, query="million elephants at the rally", languageCode="fr") == {}
    assert found(public, query="million elephants at the rally", offset=1) == {}
    assert found(public, query="million elephants at the rally", reviewPublisherSiteFilter="other.example") == {}


def test_what_is_like_a_text_is_as_hidden_as_everything(own: Desk) -> None:
    text = "million, number 1, refuted, said the elephants"
    claim = own.get("/v1/claims?q=%22number+1%22&status=refuted&limit=1").json["items"][0]
    other = people_of(own)
    assert claim["text"] in texts(found(own, query=text, by="second"))
    assert own.post(f"/v1/claims/{claim['id']}/second-opinion", {"reviewer_id": other}).status_code == 201
    assert claim["text"] not in texts(found(own, query=text, by="second"))
    assert claim["text"] in texts(found(own, query=text))
    assert "A million people, not decided." not in texts(found(own, query="million people, not decided, elephants"))


def test_who_claims_it(desk: Desk) -> None:
    article = {"language": "en", "published_on": None, "author": "A. Writer", "outlet": {"name": "The Paper"}}
    claim = desk.claim(attribution=[{"described_as": "an officer", "directness": "direct"}]) | {"status": "verified"}
    here = Here("factcheck", BASE)

    def claimant(claim: Json, article: Json) -> str | None:
        return factcheck_tools.convert(claim, article, here)[0].get("claimant")

    own_voice = claim | {"attribution": claim["attribution"] | {"chain": []}}
    assert claimant(claim, article) == "an officer"
    assert claimant(own_voice, article) == "The Paper"
    assert claimant(own_voice, article | {"outlet": None}) == "A. Writer"
    made, lost = factcheck_tools.convert(own_voice, article | {"outlet": None, "author": None, "language": None}, here)
    assert made.keys() == {"text", "claimReview"}
    assert "languageCode" not in made["claimReview"][0]
    assert {"quotes", "kind"} <= {field for field, _ in lost}
    assert "attribution.chain" not in {field for field, _ in lost}


def test_every_decided_seed_claim_says_what_it_loses(seeded: Desk) -> None:
    here = Here("factcheck", BASE)
    with seeded.database.reading() as connection:
        claims = decided.search(connection, Wanted(), limit=200, viewer=None).claims
    assert {claim["external_id"] for claim, _ in claims} == {
        claim["external_id"]
        for claim in seeded.get("/v1/claims?limit=200").json["items"]
        if claim["status"] in VERDICTS
    }
    for claim, article in claims:
        made, lost = factcheck_tools.convert(claim, article, here)
        carried = {"id", "text", "status", "reviewed_at", "attribution"}
        said = {name for name, value in claim.items() if value not in (None, [])}
        assert said - carried == {loss.field for loss in lost if "." not in loss.field}
        assert made["claimReview"][0]["textualRating"] == ratings.RATINGS[claim["status"]].words


def test_only_what_is_decided_is_found_and_reviewers_stay_blind(own: Desk) -> None:
    assert {text for text in walked(own, query="million") if "number" not in text} == set()
    claim = own.get("/v1/claims?q=number&status=refuted&limit=1").json["items"][0]
    other = people_of(own)
    asked = own.post(f"/v1/claims/{claim['id']}/second-opinion", {"reviewer_id": other})
    assert asked.status_code == 201
    assert claim["text"] in walked(own, query="million")
    assert claim["text"] in walked(own, query="million", by="analyst")
    blind = walked(own, query="million", by="second")
    assert claim["text"] not in blind
    assert len(blind) == 7
    assert claim["text"] not in walked(own, reviewPublisherSiteFilter="desk.example.org", by="second")


def people_of(desk: Desk) -> str:
    """Add a second analyst and return their id."""
    with desk.database.writing() as session:
        operator = people.operator(session)
        person = people.add(session, operator, name="Second analyst", role="analyst")
        desk.tokens["second"] = people.issue_token(session, operator, name=person.name)
        return person.id


def test_pages_lead_through_everything_once(google: Desk) -> None:
    every = walked(google, query="million", pageSize=200)
    for size in (1, 3, 20, 1000):
        assert walked(google, query="million", pageSize=size) == every
    for offset in (0, 1, 7, 19, 20, 21, 1000):
        assert walked(google, query="million", pageSize=6, offset=offset) == every[offset:]
    newest = walked(google, reviewPublisherSiteFilter="www.desk.example.org", pageSize=6)
    assert len(set(newest)) == 20
    # A token leads on, whatever the offset says; it is bound to the search that it was made for.
    token = found(google, query="million", pageSize=6)["nextPageToken"]
    assert texts(found(google, query="million", pageSize=6, offset=12, pageToken=token)) == every[6:12]
    for other in (
        {"query": "people"},
        {"query": "million", "languageCode": "en"},
        {"query": "million", "maxAgeDays": 9},
    ):
        error = found(google, **other, pageToken=token, status=400)["error"]
        assert "This token belongs to another list or other filters." in error["message"]


def test_what_changes_between_two_pages_is_not_skipped(own: Desk) -> None:
    here = {"reviewPublisherSiteFilter": "desk.example.org"}
    newest = walked(own, **here)
    first = found(own, **here, pageSize=5)
    decide(own, own.claim(text="A million, told meanwhile.")["id"], "verified")
    assert [*texts(first), *walked(own, **here, pageToken=first["nextPageToken"])] == newest
    assert walked(own, **here) == ["A million, told meanwhile.", *newest]


@pytest.mark.parametrize("query", [None, "million"])
def test_a_page_looks_at_so_many_claims_and_no_more(google: Desk, query: str | None) -> None:
    """However few fit: what was not looked at yet is behind the key, and no claim is lost or found twice."""
    parsed = queries.parse(query) if query else None
    view = google.app.extensions["factcheck.followers"]["search"].view()
    with google.database.reading() as connection:
        for language, fit in (("fr", 4), ("en", 8), ("de", 0)):
            wanted = Wanted(parsed, language)
            whole = decided.search(connection, wanted, limit=50, viewer=None, view=view)
            assert (len(whole.claims), whole.after) == (fit, None)
            for look, limit, skip in ((3, 2, 0), (1, 1, 2), (7, 50, 3)):
                pages, after, left = [], None, skip
                while True:
                    with Statements(google) as statements:
                        page = decided.search(
                            connection, wanted, after=after, skip=left, limit=limit, viewer=None, view=view, look=look
                        )
                    # PostgreSQL is asked how many it expects, too, and all by which names people are shown.
                    assert len(statements.seen) <= 6
                    pages.append(page)
                    after, left = page.after, page.skip
                    if after is None:
                        break
                ids = [claim["id"] for page in pages for claim, _ in page.claims]
                assert ids == [claim["id"] for claim, _ in whole.claims][skip:]


# ── What is asked ───────────────────────────────────────────────────────────────────────────────────────────────

REFUSED = [
    ({}, "query: Required"),
    ({"query": " "}, "query: Required"),
    ({"query": "a\x00b"}, "U+0000"),
    ({"query": "x", "pageSize": "ten"}, "pageSize: Must be a whole number"),
    ({"query": "x", "pageSize": "١"}, "pageSize: Must be a whole number"),
    ({"query": "x", "pageSize": "2147483648"}, "32 bits"),
    ({"query": "x", "offset": "1001"}, "use pageToken"),
    ({"query": "x", "offset": "-1"}, "Must not be negative"),
    ({"query": "x", "maxAgeDays": "1.5"}, "maxAgeDays"),
    ({"query": "x", "languageCode": "english please"}, "BCP-47"),
    ({"query": "x", "reviewPublisherSiteFilter": "http://[x"}, "Must be a site"),
    ({"query": "x", "fields": "claims(text"}, "Ends too early"),
    ({"query": "x", "fields": "claims/verdict"}, "no member “verdict”"),
    ({"query": "x", "alt": "proto"}, "alt: Must be json"),
    ({"query": "x", "callback": "f"}, "JSONP is not supported"),
    ({"query": "x", "access_token": "ya29"}, "Authorization: Bearer"),
    ({"query": "x", "claimant": "y"}, "claimant: This parameter does not exist here."),
    ({"query": ["x", "y"]}, "query: Was given more than once."),
    ({"query": "x", "page_size": "3", "pageSize": "3"}, "pageSize: Was given more than once."),
]


def test_what_is_refused_says_why(google: Desk) -> None:
    for parameters, why in REFUSED:
        error = found(google, **parameters, status=400)["error"]
        assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
        assert why in error["message"], parameters
        violations = error["details"][0]
        assert violations["@type"] == "type.googleapis.com/google.rpc.BadRequest"
        assert violations["fieldViolations"]
        assert all(each["field"] and each["description"] for each in violations["fieldViolations"])
        assert error["details"][-1]["requestId"]
        assert "errors" not in error
    old = found(google, **{"$.xgafv": "1"}, status=400)["error"]["errors"][0]
    assert (old["domain"], old["reason"]) == ("global", "badRequest")
    for raw in ("query=%ff", "query=x&" + "&".join(["a=b"] * 101)):
        assert google.get(f"{SEARCH}?{raw}", by=None).json["error"]["status"] == "INVALID_ARGUMENT"
    assert google.get("/v1alpha1/pages", by=None).json["error"]["status"] == "NOT_FOUND"
    refused = google.request("DELETE", SEARCH, by=None)
    assert (refused.status_code, refused.json["error"]["code"]) == (405, 405)
    large = google.get(f"{SEARCH}?query={'x' * 70_000}", by=None)
    assert (large.status_code, large.json["error"]["status"]) == (431, "INVALID_ARGUMENT")
    endless = google.request("POST", SEARCH, by=None, headers=FORM | {"Transfer-Encoding": "chunked"})
    assert (endless.status_code, endless.json["error"]["status"]) == (411, "INVALID_ARGUMENT")


def test_every_error_has_googles_name(google: Desk) -> None:
    for error, problem in problems.TABLE.items():
        if problem.status == 301:  # of sources, which are not to be had here
            continue
        document = {"status": problem.status, "detail": "It is so.", "request_id": "x"}
        with google.app.test_request_context(SEARCH):
            told = of_google.error(document).json["error"]
        assert (told["code"] in (problem.status, 400), told["status"].isupper()) == (True, True), error


def test_names_and_defaults(google: Desk) -> None:
    plain = found(google, query="million")
    assert len(plain["claims"]) == 10
    for more in (
        {"key": "AIza", "quotaUser": "me", "alt": "json", "$.xgafv": "2", "prettyPrint": "true"},
        {"page_size": 10, "upload_protocol": "raw", "uploadType": "media", "$key": "AIza"},
        {"pageSize": 0, "offset": 0, "maxAgeDays": 0, "languageCode": "", "pageToken": "", "fields": ""},
        {"fields": "*"},
    ):
        assert found(google, query="million", **more)["claims"] == plain["claims"]
    get = google.get(f"{SEARCH}?query=million", by=None).get_data(as_text=True)
    assert get.startswith('{\n  "claims": [')
    assert (
        google.get(f"{SEARCH}?query=million&prettyPrint=false", by=None).get_data(as_text=True).startswith('{"claims"')
    )
    part = found(google, query="million", pageSize=1, fields="claims(text,claimReview/publisher/site),nextPageToken")
    assert part["claims"] == [
        {"text": plain["claims"][0]["text"], "claimReview": [{"publisher": {"site": "desk.example.org"}}]}
    ]
    assert part["nextPageToken"]


def test_a_post_stands_for_a_get_here_and_nowhere_else(google: Desk) -> None:
    def sent(body: bytes, **headers: str) -> Any:
        return google.request("POST", SEARCH, data=body, headers={**FORM, **headers}, by=None)

    first = sent(b"query=million&pageSize=15")
    assert len(first.json["claims"]) == 15
    # What the address says goes before what the form says.
    there = google.request(
        "POST", SEARCH, data=b"query=million&pageSize=15&pageToken=old", headers=FORM, by=None,
        query_string={"pageToken": first.json["nextPageToken"]},
    )  # fmt: skip
    assert len(there.json["claims"]) == 5
    for body, status, why in (
        (b"query=%ff", 400, "not UTF-8"),
        (b"query=\xff", 400, "not UTF-8"),
        (b"&".join([b"a=b"] * 101), 400, "more than 100"),
        (b"query=x&key=fck_abcdefghijklmnop", 400, "Do not send a token"),
        (b"query=x&query=y", 400, "more than once"),
        (b"", 400, "query: Required"),
    ):
        refused = sent(body)
        assert refused.status_code == status, body
        assert why in refused.json["error"]["message"], body
    assert sent(b"query=x", **{"Content-Type": "application/json"}).status_code == 415
    assert sent(b"query=x", **{"X-HTTP-Method-Override": "DELETE"}).status_code == 405
    bare = {"Content-Type": FORM["Content-Type"]}
    assert google.request("POST", SEARCH, data=b"query=million", headers=bare).status_code == 405
    assert google.request("POST", "/v1/claims", headers=FORM, by=None).status_code == 401
    assert google.request("POST", "/v1/claims", headers=FORM).status_code == 415


# ── Masks ───────────────────────────────────────────────────────────────────────────────────────────────────────

THING: Json = {
    "claims": [{"text": "a", "claimReview": [{"url": "u", "publisher": {"name": "n", "site": "s"}}]}],
    "nextPageToken": "t",
}
UNREADABLE = (
    "", ",", "claims(", "claims)", "claims(text", "text", "claims//text", "claims/", "é", "(" * 900, "*/" * 400,
    "a" * 1001,
)  # fmt: skip


@pytest.mark.parametrize(
    ("mask", "left"),
    [
        ("nextPageToken", {"nextPageToken": "t"}),
        ("*", THING),
        ("claims", {"claims": THING["claims"]}),
        ("claims/text", {"claims": [{"text": "a"}]}),
        ("claims(text)", {"claims": [{"text": "a"}]}),
        ("claims/claimReview/publisher/site", {"claims": [{"claimReview": [{"publisher": {"site": "s"}}]}]}),
        ("claims(text,claimReview(url))", {"claims": [{"text": "a", "claimReview": [{"url": "u"}]}]}),
        ("claims/text, claims/claimReview/url", {"claims": [{"text": "a", "claimReview": [{"url": "u"}]}]}),
        ("claims/claimReview/publisher/*", {"claims": [{"claimReview": [{"publisher": {"name": "n", "site": "s"}}]}]}),
        ("claims/text,claims", {"claims": THING["claims"]}),
    ],
)
def test_a_mask_leaves_what_it_names(mask: str, left: Json) -> None:
    assert field_mask.masked(THING, field_mask.parse(mask, MEMBERS)) == left


def test_a_mask_that_cannot_be_read() -> None:
    for mask in UNREADABLE:
        with pytest.raises(ValueError, match=r"\w"):
            field_mask.parse(mask, MEMBERS)
