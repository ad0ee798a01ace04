"""A desk with one of everything, and at least one request of each operation of the OpenAPI document and of each page.

Tests that must hold for every path send these: one that is new and has no example here fails them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from flask import Flask

from factcheck.desk import people, webhooks
from factcheck.desk.capturing import captures
from factcheck.desk.capturing.captures import Item
from factcheck.desk.capturing.pages import CapturedPage
from factcheck.desk.publishing import correction_requests
from factcheck.extraction.running import Extract
from factcheck.followers.webhooks.deliveries import Deliverer
from factcheck.formats import warc
from factcheck.formats.annotations import PROFILE
from factcheck.log.clock import now
from factcheck.outbound.requests import Outbound, guard_of
from factcheck.rules.roles import Role
from factcheck.rules.web.fetches import Exchange
from factcheck.web.log import NUMBER
from tests.desk import TEXT, Desk
from tests.team import somebody

Json = dict[str, Any]
REASON = "The stadium holds thirty thousand."
# A PNG of one pixel.
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SITE_PAGE = {"name": "methodology", "language": "en", "title": "How we work", "text": "We *ask* people."}
MONTH = f"{datetime.now(UTC):%Y-%m}"  # in which what is published was added
# A scale with one rating for each verdict.
SCALE: dict[str, Any] = {
    "name": "Plain", "language": "en", "description": "Four words.", "url": "https://scale.invalid/",
    "ratings": [
        {"key": key, "status": status, "number": number, "labels": {"en": label}, "definitions": {"en": f"{label}."}}
        for key, status, number, label in (
            ("so", "verified", 3, "It is so"), ("mixed", "disputed", 2, "Some say so"),
            ("not_so", "refuted", 1, "It is not so"), ("unknown", "unverifiable", None, "Nobody knows"),
        )
    ],
}  # fmt: skip
REPORT: dict[str, Any] = {
    "title": "How many came", "language": "en", "summary": "Nobody counted.", "text": "Thousands came, *perhaps*.",
}  # fmt: skip
KEYS = {rating["status"]: rating["key"] for rating in SCALE["ratings"]}
PAGED = ("?limit=1", "?limit=200")
NO_EXAMPLE = {
    "cursor",
    "pageToken",
    "key",
    "quotaUser",
    "$.xgafv",
    "alt",
    "prettyPrint",
}  # good for one list, or no-ops


@dataclass(frozen=True)
class Words:
    """What is for the desk's own use: who is there, and why things were done that are no decisions."""

    first: str = "Ama Mensah"
    withdrawn: str = "Entered twice."
    redacted: str = "A court asked for it."
    merged: str = "They are the same."
    evidence: str = "The page was a copy."
    note: str = "A close call."
    revoked: str = "A laptop was lost."


@dataclass
class Things:
    """Ids, by the names under which the paths speak of them, and of a few things beside."""

    ids: dict[str, str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> str:
        return self.ids[name]


def furnished(
    desk: Desk, *, verdict: str = "refuted", question: str = "content", blind: str | None = None,
    words: Words | None = None, url: str = "https://receiver.invalid/",
) -> Things:  # fmt: skip
    """Fill a desk: a claim whose verdict waits for the second opinion of `blind`, or of anybody, and all else.

    `first`, an admin, gives the verdict and owns webhooks that filter by every verdict. What is sent goes to `url`.
    """
    words = words or Words()
    with desk.database.writing() as session:
        operator = people.operator(session)
        for key, role in (("first", Role.ADMIN), ("leaver", Role.CONTRIBUTOR)):
            name = words.first if key == "first" else f"{words.first} junior"
            desk.people[key] = people.add(session, operator, name=name, role=role).id
            desk.tokens[key] = people.issue_token(session, operator, name=name)
        people.revoke(session, operator, name=f"{words.first} junior", reason=words.revoked)
    things = Things()
    ids = things.ids
    ids |= somebody(desk, "Somebody")
    outlet, said, old = (
        desk.source(name=name, kind="outlet")["id"] for name in ("Gazette", "Organizers", "Organisers")
    )
    desk.post(f"/v1/sources/{old}/merge", {"into": said, "reason": words.merged}, by="first")
    doubt = {"other_id": outlet, "judgment": "unsure", "reason": words.merged}
    judgment = desk.made(f"/v1/sources/{said}/judgments", doubt, by="first")
    owned = {"kind": "owns", "other_id": outlet, "since": "2019", "note": "By the register."}
    between = desk.made(f"/v1/sources/{said}/relations", owned, by="first")["id"]
    spoken = {"kind": "speaks_for", "other_id": outlet}
    over = desk.made(f"/v1/sources/{said}/relations", spoken, by="first")["id"]
    desk.post(f"/v1/sources/{said}/relations/{over}/withdrawal", {"reason": words.merged}, by="first")
    about = {"outlet_id": outlet, "author": "R. Eporter", "published_on": "2023-11-06", "language": "en"}
    article = desk.article(**about, url="https://news.invalid/watched")["id"]
    assert desk.request("PUT", f"/v1/articles/{article}/watch", json={"every": "PT6H"}).status_code == 201
    chain = [{"source_id": said, "directness": "direct", "cue": "claiming", "interested": True, "note": "At the gate."}]
    quotes = [{"exact": "up to a million people were present"}, {"exact": "The organizers left early."}]
    claim, other, gone, removed = (
        desk.claim(article_id=article, quotes=quotes, attribution=chain, tags=["rally"], external_id=f"c-{number}")[
            "id"
        ]
        for number in range(4)
    )
    captured = captured_page(desk)
    image = desk.made("/v1/images", {"article_id": article, "alt": "A crowd", "data": PICTURE}, by="first")["id"]
    scale = desk.made("/v1/rating-scales", SCALE, by="first")
    about_us = desk.made("/v1/site-pages", SITE_PAGE, by="first")
    feed = desk.made("/v1/feeds", {"url": "https://news.invalid/feed", "title": "News"})["id"]
    items = [captured_page(desk, feed, number) for number in range(2)]
    assigned = {"person_id": desk.people["first"], "due_on": "2026-12-24", "note": words.note}
    for each in (claim, gone, removed):
        assert desk.request("PUT", f"/v1/claims/{each}/assignment", json=assigned, by="first").status_code == 201
    noted = {"text": f"{words.note} @{words.first}", "mentions": [desk.people["first"]]}
    commented = [desk.made(f"/v1/claims/{each}/comments", noted, by="first")["id"] for each in (claim, gone, removed)]
    place = {"snapshot": 1, "start": TEXT.index("The organizers"), "end": TEXT.index("The organizers") + 14}
    on_article = desk.made(f"/v1/articles/{article}/comments", {**noted, "quote": place}, by="first")["id"]
    answered = desk.made(f"/v1/claims/{claim}/comments", {"text": "So?", "in_reply_to": commented[0]}, by="first")["id"]
    newer = TEXT.replace("organizers left early", "organizers left late")
    desk.made(f"/v1/articles/{article}/snapshots", {"text": newer}, by="contributor")
    here, there = f"/v1/claims/{claim}", f"/v1/claims/{other}"
    kept, taken = (
        desk.made(f"{here}/evidence", {"stance": "context", "title": title, "note": "Page 3."}, by="contributor")["id"]
        for title in ("Seats", "A copy")
    )
    desk.post(f"{here}/evidence/{taken}/withdrawal", {"reason": words.evidence}, by="contributor")
    said_there, said_not = (
        desk.made(f"{here}/occurrences", {"kind": "speech", "place": place}, by="contributor")["id"]
        for place in ("Niamey", "Elsewhere")
    )
    desk.post(f"{here}/occurrences/{said_not}/withdrawal", {"reason": words.evidence}, by="contributor")
    relation = desk.made(f"{here}/relations", {"kind": "contradicts", "claim_id": other, "note": "Both cannot be."})[
        "id"
    ]
    desk.post(f"/v1/claims/{gone}/withdrawal", {"reason": words.withdrawn}, by="first")
    desk.post(f"/v1/claims/{removed}/redaction", {"reason": words.redacted}, by="first")
    hooks = [
        desk.made("/v1/webhooks", {"url": f"{url}?{number}", **filters}, by=by)["id"]
        for number, (by, filters) in enumerate(_hooks())
    ]
    decide(desk, other, "unverifiable", by="first")
    desk.made(f"{there}/second-opinion", {"note": words.note, "reviewer_id": desk.people["analyst"]}, by="first")
    decide(desk, other, "unverifiable", by="analyst")
    review = decide(desk, claim, verdict, question, by="first", scale=scale["id"])
    told = assigned | {"note": f"{words.note} Now it is {verdict}."}
    assert desk.request("PUT", f"{here}/assignment", json=told, by="first").status_code in (200, 201)
    talk = {
        "text": f"{words.note} It is {verdict}.",
        "mentions": [desk.people[each] for each in ("admin", "first", "analyst")],
    }
    hidden = desk.made(f"{here}/comments", {**talk, "in_reply_to": commented[0]}, by="first")["id"]
    assert desk.patch(f"/v1/comments/{commented[0]}", talk, etag="*", by="first").status_code == 200
    about = {"title": f"It is {verdict}", "text": f"{{{{claim:{claim}}}}}\n\nIt is {verdict}."}
    telling = desk.made("/v1/reports", {**REPORT, **about}, by="first")["id"]
    report, retracted, seen = (
        desk.made("/v1/reports", {**REPORT, "text": f"So.\n{{{{claim:{other}}}}}"}, by="first")["id"] for _ in range(3)
    )
    moves: tuple[Json, ...] = ({"to": "submitted"}, {"to": "approved"}, {"to": "published"},
                               {"to": "retracted", "reason": "It was of another rally."})  # fmt: skip
    for each, move in [*((retracted, move) for move in moves), *((seen, move) for move in moves[:3])]:
        done = desk.post(f"/v1/reports/{each}/moves", move, by="first", headers={"If-Match": "*"})
        assert done.status_code == 200, done.get_data(as_text=True)
    requests = [
        asked_of_us(desk, report_id=seen, text=f"Not so: {words.note}", url="https://count.invalid/"),
        asked_of_us(desk, claim_id=other, text="It was another day."),
    ]
    desk.post(
        f"/v1/correction-requests/{requests[1]}/answer", {"text": "We looked it up: it was that day."}, by="first"
    )
    typed = {"version": 1, "title": "Not saved", "text": words.note}
    assert desk.request("PUT", f"/v1/reports/{report}/draft", json=typed, by="first").status_code == 200
    withdrawn = desk.made(f"{here}/comments", {"text": "Again."}, by="first")["id"]
    desk.post(f"/v1/comments/{withdrawn}/withdrawal", {"reason": f"It is {verdict}."}, by="first")
    deliver(desk)
    asked = {"question": question, "note": words.note, "reviewer_id": blind and desk.people[blind]}
    opinion = desk.made(f"{here}/second-opinion", asked, by="first")
    # Somebody else's action in between, which shows the claim again and sends messages once more.
    desk.patch(here, {"tags": ["rally", "seats"]}, etag="*", by="contributor")
    deliver(desk)
    pieces = desk.get(here, by="first").json["evidence"]  # the last is of the review, if that is of the content
    saved = desk.made("/v1/me/filters", {"list": "claims", "name": "Seats", "query": "tag=seats"}, by="first")
    ids |= {
        "claim_id": claim, "other_id": other, "gone_id": gone, "removed_id": removed, "article_id": article,
        "feed_id": feed, "item_id": items[0], "waiting_id": items[1],
        "image_id": image,
        "source_id": said, "capture_id": captured, "outlet_id": outlet, "old_id": old, "evidence_id": kept,
        "taken_id": taken, "occurrence_id": said_there, "said_not_id": said_not,
        "relation_id": relation, "review_id": review["id"], "opinion_id": opinion["id"],
        "source_relation_id": between, "over_id": over, "comment_id": answered, "hidden_id": hidden,
        "on_article_id": on_article, "before_id": commented[0], "on_gone_id": commented[1],
        "webhook_id": hooks[0], "index": str(judgment["log_index"]),
        "first_id": desk.people["first"], "moment": opinion["asked_at"], "entered": desk.get(there).json["created_at"],
        "filter_id": saved["id"], "scale_id": scale["id"], "page_id": about_us["id"],
        "request_id": requests[0], "answered_id": requests[1],
        "report_id": report, "telling_id": telling, "retracted_id": retracted,
        "published_id": seen, "decided_id": pieces[-1]["id"],
        **{f"hook_{number}": hook for number, hook in enumerate(hooks)},
    }  # fmt: skip
    return things


def asked_of_us(
    desk: Desk, *, text: str, report_id: str | None = None, claim_id: str | None = None, url: str | None = None
) -> str:
    """Receive a request for a correction, whether or not this desk has a public site now, and return its id."""
    with desk.database.writing() as session:
        operator = people.operator(session)
        made = correction_requests.receive(
            session, operator, text=text, url=url, report_id=report_id, claim_id=claim_id
        )
    return str(made["id"])


def captured_page(desk: Desk, feed_id: str | None = None, number: int = 0) -> str:
    """Add a capture of a page that was never there, with its file, and return its id: an item of a feed, if given."""
    body = b"<p>Thousands gathered.</p>"
    response = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    headers = (("Content-Type", "text/html"),)
    url = "https://news.invalid/rally"
    last = Exchange(url, "93.184.215.14", now(), b"GET /rally HTTP/1.1\r\n\r\n", response, 200, headers, body)
    kept = desk.app.extensions["factcheck.camera"].archive.keep(warc.written([last], "factcheck"))
    with desk.database.writing() as session:
        page = CapturedPage(url, now(), last, kept, Extract(text="Thousands gathered.", title="A rally"))
        item = feed_id and Item(feed_id, f"Item {number}", now(), f"{number}" * 64, f"{number + 5}" * 64)
        captured: str = captures.add(session, people.operator(session), page, item or None)["id"]
    return captured


def _hooks() -> Iterator[tuple[str, Json]]:
    """Yield webhooks by owner and filters: one for each verdict on each question, one of all, one of `admin`'s own."""
    for verdict in ("verified", "refuted", "disputed", "unverifiable"):
        yield "first", {"statuses": [verdict]}
        yield "first", {"attribution_statuses": [verdict]}
    yield "first", {"events": ["claim.*"]}
    yield "admin", {"statuses": ["refuted"]}


def decide(
    desk: Desk, claim: str, verdict: str, question: str = "content", *, by: str, scale: str | None = None
) -> Json:
    """Decide a question with the evidence that it needs, and return the review. `scale` is the id of a SCALE."""
    stance = {"refuted": "refutes", "verified": "supports"}.get(verdict, "context")
    evidence = [{"stance": stance, "title": "A plan"}] if question == "content" else []
    etag = desk.get(f"/v1/claims/{claim}", by=by).headers["ETag"]
    body = {"question": question, "status": verdict, "reason": REASON, "evidence": evidence}
    if scale and question == "content":
        body["rating"] = {"scale_id": scale, "key": KEYS[verdict]}
    answer = desk.review(claim, by=by, etag=etag, **body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    told: Json = answer.json
    return told


def deliver(desk: Desk) -> None:
    own = webhooks.Desk(desk.settings.secret_key, guard_of(desk.settings))
    Deliverer(desk.database, own, "", Outbound(own.guard), spread=lambda: 0.0).drain()


# ── The API ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Asked:
    """One request: `target` and what is in `body` name things by their places in `Things.ids`, in braces."""

    method: str
    path: str  # as the document has it
    target: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = None

    def of(self, things: Things) -> "Asked":
        filled = {"target": _filled(self.target, things), "body": _filled(self.body, things)}
        headers = {name: _filled(value, things) for name, value in self.headers.items()}
        return Asked(self.method, self.path, headers=headers, content_type=self.content_type, **filled)


def _filled(value: Any, things: Things) -> Any:
    if isinstance(value, str):
        return re.sub(r"{(\w+)}", lambda found: things.ids.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {name: _filled(each, things) for name, each in value.items()}
    return [_filled(each, things) for each in value] if isinstance(value, list) else value


BATCH = quote('{"q0": {"query": "Organizers", "limit": 3}}')
EXTENSION = quote('{"ids": ["') + "{source_id}" + quote('"], "properties": [{"id": "aliases"}]}')
# What is asked of each path that reads: queries, or whole targets that begin with a slash.
READS: dict[str, tuple[str, ...]] = {
    "/v1/articles": ("", *PAGED, "?q=rally&count=true", "?outlet={outlet_id}", "?kind=article"),
    "/v1/articles/{article_id}": ("",),
    "/v1/captures": ("", *PAGED),
    "/v1/images": ("", *PAGED, "?article={article_id}"),
    "/v1/images/{image_id}": ("",),
    "/v1/images/{image_id}/file": ("/v1/images/{claim_id}/file",),  # bytes: see test_images.py
    "/v1/images/{image_id}/similar": ("",),
    "/v1/assignments": ("", *PAGED, "?person={first_id}"),
    "/v1/claims/{claim_id}/assignment": ("",),
    "/v1/comments": ("", *PAGED, "?mentions={first_id}"),
    "/v1/claims/{claim_id}/comments": ("", *PAGED, "/v1/claims/{gone_id}/comments"),
    "/v1/articles/{article_id}/comments": ("", *PAGED),
    "/v1/comments/{comment_id}": (
        "", "/v1/comments/{hidden_id}", "/v1/comments/{on_article_id}", "/v1/comments/{before_id}",
        "/v1/comments/{on_gone_id}",
    ),
    "/v1/comments/{comment_id}/history": ("", *PAGED, "/v1/comments/{hidden_id}/history"),
    "/v1/reports": ("", *PAGED, "?claim={claim_id}", "?state=published"),
    "/v1/published": ("", *PAGED),
    "/v1/published/{report_id}": (
        "/v1/published/{published_id}", "/v1/published/{retracted_id}", "/v1/published/{report_id}",
    ),
    "/v1/corrections": ("", *PAGED),
    "/v1/correction-requests": ("", *PAGED, "?state=received", "?state=answered"),
    "/v1/correction-requests/{request_id}": ("", "/v1/correction-requests/{answered_id}"),
    "/v1/correction-requests/{request_id}/history": ("", *PAGED, "/v1/correction-requests/{answered_id}/history"),
    "/v1/site-pages": ("", *PAGED),
    "/v1/site-pages/{page_id}": ("",),
    "/v1/site-pages/{page_id}/history": ("", *PAGED),
    "/v1/published/claims": ("", *PAGED),
    "/v1/reports/{report_id}": ("", "/v1/reports/{telling_id}", "/v1/reports/{retracted_id}"),
    "/v1/reports/{report_id}/versions": ("", *PAGED, "/v1/reports/{telling_id}/versions"),
    "/v1/reports/{report_id}/versions/{number}": ("/v1/reports/{report_id}/versions/1",),
    "/v1/reports/{report_id}/publications": ("", *PAGED, "/v1/reports/{retracted_id}/publications"),
    "/v1/reports/{report_id}/history": ("", *PAGED, "/v1/reports/{telling_id}/history"),
    "/v1/reports/{report_id}/draft": ("",),
    "/v1/rating-scales": ("", *PAGED),
    "/v1/rating-scales/{scale_id}": ("",),
    "/v1/feeds": ("", *PAGED),
    "/v1/feeds/{feed_id}": ("",),
    "/v1/inbox/{item_id}": ("",),
    "/v1/inbox": ("", *PAGED, "?feed={feed_id}", "?state=dismissed"),
    "/v1/captures/{capture_id}": ("",),
    "/v1/captures/{capture_id}/warc": ("/v1/captures/{claim_id}/warc",),  # bytes: see test_captures.py
    "/v1/articles/{article_id}/annotations": ("",),
    "/v1/articles/{article_id}/annotations/page": ("", "?limit=1"),
    "/v1/articles/{article_id}/snapshots": ("", *PAGED),
    "/v1/articles/{article_id}/snapshots/{number}": ("/v1/articles/{article_id}/snapshots/1",),
    "/v1/articles/{article_id}/snapshots/{number}/diff/{other}": ("/v1/articles/{article_id}/snapshots/1/diff/2",),
    "/v1/articles/{article_id}/watch": ("",),
    "/v1/audit/agreement": ("", "?question=attribution&from={entered}&to=2999-01-01"),
    "/v1/audit/conflicts": ("", *PAGED),
    "/v1/audit/findings": (
        "?count=true", *PAGED, "?status=refuted&count=true", "?status=in_review,verified", "?claim={claim_id}",
        "?article={article_id}", "?source={source_id}", "?kind=conflict,refuted_premise",
    ),
    "/v1/audit/summary": ("", "?from={entered}&to=2999-01-01T00:00:00Z"),
    "/v1/duplicates": ("?count=true", *PAGED, "?claim={claim_id}", "?min_score=0.9"),
    "/v1/sources/pairs": ("?count=true", *PAGED, "?kind=person&count=true", "?min_score=0.9"),
    "/v1/log/stamps": ("", *PAGED),
    "/v1/changes": ("?limit=200", "?after=20", "?limit=3"),
    "/v1/claims": (
        "?count=true", *PAGED, "?status=refuted&count=true", "?status=in_review,verified&count=true",
        "?attribution_status=refuted", "?attribution_status=in_review,unverified", "?source={source_id}",
        "?origin={source_id}&sort=created_at", "?article={article_id}&sort=-created_at",
        "?kind=factual&sort=updated_at", "?tag=rally", "?updated_since={entered}", "?external_id=c-0", "?q=million",
        "?q=million&status=refuted&count=true", "?reviewed_by={first_id}&count=true",
        "?priority=high", "?due=week&count=true", "?due=overdue&q=million",
        "?assigned_to={first_id}&count=true", "?assigned_to=nobody&count=true", "?assigned_to=nobody&q=million",
    ),
    "/v1/claims/{claim_id}": (
        "", "?as_of={moment}", "?as_of=2999-01-01T00:00:00Z", "?as_of={entered}", "/v1/claims/{other_id}",
        "/v1/claims/{gone_id}", "/v1/claims/{removed_id}",
    ),
    "/v1/claims/{claim_id}/annotation": ("",),
    "/v1/claims/{claim_id}/claimreview": ("", "/v1/claims/{other_id}/claimreview"),
    "/v1/claims/{claim_id}/evidence": ("", *PAGED, "/v1/claims/{gone_id}/evidence"),
    "/v1/claims/{claim_id}/evidence/{evidence_id}": ("", "/v1/claims/{claim_id}/evidence/{taken_id}"),
    "/v1/claims/{claim_id}/occurrences": ("", *PAGED, "/v1/claims/{gone_id}/occurrences"),
    "/v1/claims/{claim_id}/occurrences/{occurrence_id}": ("", "/v1/claims/{claim_id}/occurrences/{said_not_id}"),
    "/v1/claims/{claim_id}/formats": ("",),
    "/v1/claims/{claim_id}/history": (
        "", *PAGED, "/v1/claims/{other_id}/history", "/v1/claims/{gone_id}/history", "/v1/claims/{removed_id}/history",
    ),
    "/v1/claims/{claim_id}/prov": ("", "/v1/claims/{other_id}/prov"),
    "/v1/claims/{claim_id}/provenance": ("",),
    "/v1/claims/{claim_id}/relations": ("", *PAGED),
    "/v1/claims/{claim_id}/relations/{relation_id}": ("",),
    "/v1/claims/{claim_id}/reviews": ("", *PAGED, "/v1/claims/{other_id}/reviews", "/v1/claims/{gone_id}/reviews"),
    "/v1/claims/{claim_id}/reviews/{review_id}": ("",),
    "/v1/claims/{claim_id}/second-opinion": ("", *PAGED, "/v1/claims/{other_id}/second-opinion"),
    "/v1/claims/{claim_id}/second-opinion/{opinion_id}": ("",),
    "/v1/feeds/claimreviews": ("",),
    "/v1/feeds/verdicts": ("", *PAGED),
    "/v1/log/consistency/{first}/{second}": ("/v1/log/consistency/3/20",),
    "/v1/log/proofs/{index}": ("/v1/log/proofs/5",),
    "/v1/labels": ("",),
    "/v1/me": ("",),
    "/v1/followers": ("",),
    "/v1/people": ("", *PAGED),
    "/v1/people/{person_id}": ("",),
    "/v1/people/{person_id}/accounts": ("", *PAGED),
    "/v1/people/{person_id}/accounts/{account_id}": ("",),
    "/v1/people/{person_id}/sessions": ("", *PAGED),
    "/v1/me/notifications": ("", *PAGED),
    "/v1/me/notifications/choices": ("",),
    "/v1/me/filters": ("",),
    "/v1/me/filters/{filter_id}": ("",),
    "/v1/people/{person_id}/tokens": ("", *PAGED),
    "/v1/people/{person_id}/tokens/{token_id}": ("",),
    "/v1/settings": ("",),
    "/v1/statistics": (
        "", "?question=attribution", "?tag=rally", "?tag=seats", "?outlet={outlet_id}", "?outlet=Gazette",
        "?person={first_id}", "?person=me&from={entered}", "?from=2026-01-01&to=2026-02-01",
    ),
    "/v1/statistics/{name}.csv": tuple(
        f"/v1/statistics/{name}.csv{query}" for name in ("weeks", "open", "agreement", "people")
        for query in ("", "?question=attribution&person=me", "?tag=rally&from={entered}&to={moment}", "?outlet=Gazette")
    ),
    "/v1/sources": ("", *PAGED, "?q=organizers&count=true", "?kind=outlet"),
    "/v1/sources/{source_id}": ("", "/v1/sources/{old_id}"),
    "/v1/sources/{source_id}/judgments": ("", *PAGED, "/v1/sources/{old_id}/judgments"),
    "/v1/sources/{source_id}/judgments/{index}": ("",),
    "/v1/sources/{source_id}/relations": ("", *PAGED, "/v1/sources/{outlet_id}/relations"),
    "/v1/sources/{source_id}/relations/{source_relation_id}": ("", "/v1/sources/{outlet_id}/relations/{over_id}"),
    "/v1/sources/{source_id}/candidates": ("", "/v1/sources/{outlet_id}/candidates"),
    "/v1/sources/{source_id}/record": ("", "?as_of=2999-01-01T00:00:00Z"),
    "/v1/webhooks": ("", *PAGED),
    "/v1/webhooks/{webhook_id}": tuple(f"/v1/webhooks/{{hook_{number}}}" for number in range(10)),
    "/v1/webhooks/{webhook_id}/deliveries": tuple(
        f"/v1/webhooks/{{hook_{number}}}/deliveries?limit={limit}" for number in range(10) for limit in (1, 200)
    ),
    "/v1/webhooks/{webhook_id}/state": tuple(f"/v1/webhooks/{{hook_{number}}}/state" for number in range(10)),
    "/reconcile": ("", f"?queries={BATCH}", f"?extend={EXTENSION}"),
    "/reconcile/suggest/entity": ("?prefix=org",),
    "/reconcile/suggest/type": ("?prefix=pe",),
    "/reconcile/suggest/property": ("?prefix=al",),
    "/reconcile/flyout/entity": ("?id={source_id}",),
    "/reconcile/flyout/type": ("?id=person",),
    "/reconcile/flyout/property": ("?id=aliases",),
    "/reconcile/properties": ("?type=person&limit=2",),
    "/reconcile/preview": ("?id={source_id}",),
    "/v1alpha1/claims:search": (
        "?query=million", "?query=million&languageCode=en&maxAgeDays=9999&pageSize=5&offset=0&fields=claims",
        "?reviewPublisherSiteFilter=localhost",
    ),
}  # fmt: skip
# The same path in other forms, by Accept.
FORMS: dict[str, tuple[str, ...]] = {
    "/v1/claims": ("application/x-ndjson", "text/csv"),
    "/v1/claims/{claim_id}": ("application/ld+json", 'application/ld+json; profile="http://www.w3.org/ns/prov"'),
    "/v1/claims/{claim_id}/provenance": ("image/svg+xml",),
    "/v1/claims/{claim_id}/annotation": (f'application/ld+json; profile="{PROFILE}"',),
    "/v1/articles/{article_id}/annotations": (f'application/ld+json; profile="{PROFILE}"',),
}

CLAIM = {
    "article_id": "{article_id}", "text": "Nobody was there.", "kind": "factual",
    "quotes": [{"exact": "thousands of people gathered"}],
}  # fmt: skip
_PROOF = {"stance": "refutes", "title": "A count"}
# What is sent to each path that writes, with the headers that it demands: one that would be done, and some that not.
WRITES: dict[tuple[str, str], tuple[tuple[Any, Mapping[str, str]], ...]] = {
    ("/v1/articles", "POST"): (
        ({"title": "Another", "text": "Another text."}, {}),
        ({"capture_id": "{capture_id}"}, {"Prefer": "handling=lenient"}),
    ),
    ("/v1/captures", "POST"): (
        ({"url": "http://127.0.0.1/"}, {}),
        ({"url": "https://news.invalid/rally", "html": "<p>Thousands gathered.</p>"}, {}),
    ),
    ("/v1/images", "POST"): (
        ({"article_id": "{article_id}", "alt": "A crowd", "data": PICTURE}, {}),
        ({"article_id": "{article_id}", "alt": "A crowd", "url": "http://127.0.0.1/a.png"}, {}),
    ),
    ("/v1/articles/{article_id}", "PATCH"): (({"author": "Another"}, {"If-Match": "*"}),),
    ("/v1/claims", "POST"): ((CLAIM, {}), (CLAIM | {"text": "Up to a million people."}, {"Prefer": "handling=strict"})),
    ("/v1/claims/match", "POST"): (({"text": "Up to a million people were present."}, {}),),
    ("/v1/imports", "POST"): (({"type": "claim", "external_id": "c-0", **CLAIM}, {}),),
    ("/v1/sources", "POST"): (({"name": "Another", "kind": "person"}, {}),),
    ("/v1/sources/{source_id}", "PATCH"): (({"description": "At the gate."}, {"If-Match": "*"}),),
    ("/v1/sources/{source_id}/judgments", "POST"): (
        ({"other_id": "{outlet_id}", "judgment": "different", "reason": "Another one."}, {}),
    ),
    ("/v1/sources/{source_id}/relations", "POST"): (
        ({"kind": "member_of", "other_id": "{outlet_id}", "until": "2020-02-03"}, {}),
    ),
    ("/v1/sources/{source_id}/relations/{source_relation_id}/withdrawal", "POST"): (({"reason": "It was sold."}, {}),),
    ("/v1/sources/{source_id}/merge", "POST"): (({"into": "{outlet_id}", "reason": "The same."}, {}),),
    ("/v1/webhooks", "POST"): (({"url": "https://receiver.invalid/new"}, {}),),
    ("/v1/webhooks/{webhook_id}", "PATCH"): (({"description": "Another"}, {"If-Match": "*"}),),
    ("/v1/me/notifications", "PATCH"): (({"seen_index": 3}, {}),),
    ("/v1/me/notifications/choices", "PATCH"): (({"mentioned": "at_once"}, {}),),
    ("/v1/me/filters", "POST"): (({"list": "claims", "name": "Verified", "query": "status=verified"}, {}),),
    ("/v1/me/filters/{filter_id}", "DELETE"): ((None, {}),),
    ("/v1/people", "POST"): (({"name": "Another", "role": "reader"}, {}), ({"name": "somebody", "role": "reader"}, {})),
    ("/v1/people/{person_id}", "PATCH"): (
        ({"display_name": "A reader"}, {"If-Match": "*"}), ({"email": "somebody@example.org"}, {"If-Match": "*"}),
    ),
    ("/v1/people/{person_id}/login-link", "POST"): ((None, {}), ({"mail": True}, {})),
    ("/v1/people/{person_id}/accounts", "POST"): (({"subject": "4711"}, {}),),
    ("/v1/people/{person_id}/accounts/{account_id}", "DELETE"): ((None, {}),),
    ("/v1/people/{person_id}/tokens", "POST"): (({"label": "Another"}, {}),),
    ("/v1/people/{person_id}/tokens/{token_id}", "DELETE"): ((None, {}),),
    ("/v1/people/{person_id}/sessions/{session_id}", "DELETE"): ((None, {}),),
    ("/v1/webhooks/{webhook_id}/test", "POST"): ((None, {}),),
    ("/v1/webhooks/{webhook_id}/secret", "POST"): ((None, {}),),
    ("/v1/webhooks/{webhook_id}", "DELETE"): ((None, {}),),
    ("/v1/claims/{claim_id}", "PATCH"): (
        ({"status": "verified"}, {"If-Match": "*"}), ({"tags": []}, {"If-Match": "*"}),
    ),
    ("/v1/claims/{claim_id}/evidence", "POST"): ((_PROOF, {}),),
    ("/v1/claims/{claim_id}/evidence/{evidence_id}/capture", "POST"): (({}, {}), ({"capture_id": "{capture_id}"}, {})),
    ("/v1/claims/{claim_id}/evidence/{evidence_id}/withdrawal", "POST"): (({"reason": "A copy."}, {}),),
    ("/v1/claims/{claim_id}/occurrences", "POST"): (({"kind": "image", "url": "https://example.org/image"}, {}),),
    ("/v1/claims/{claim_id}/occurrences/{occurrence_id}/withdrawal", "POST"): (({"reason": "Another one."}, {}),),
    ("/v1/claims/{claim_id}/relations", "POST"): (({"kind": "restates", "claim_id": "{other_id}"}, {}),),
    ("/v1/claims/{claim_id}/second-opinion", "POST"): (
        ({}, {}), ({"question": "attribution"}, {}), ({"reviewer_id": "{first_id}"}, {}),
    ),
    ("/v1/claims/{claim_id}/reviews", "POST"): (
        ({"status": "in_review"}, {"If-Match": "*"}), ({"status": "disputed"}, {"If-Match": "*"}),
        ({"status": "verified", "reason": REASON}, {"If-Match": '"old"'}),
        ({"question": "attribution", "status": "in_review", "reason": "Too"}, {"If-Match": "*"}),
    ),
    ("/v1/claims/{claim_id}/reviews/{review_id}/undo", "POST"): ((None, {"If-Match": "*"}),),
    ("/v1/claims/{claim_id}/confirmation", "POST"): (({"reason": "The same."}, {"If-Match": "*"}),),
    ("/v1/articles/{article_id}/snapshots", "POST"): (({"text": f"{TEXT} Nobody counted."}, {}),),
    ("/v1/articles/{article_id}/watch", "PUT"): (({"every": "P1D"}, {}), ({"every": "PT1M"}, {})),
    ("/v1/articles/{article_id}/watch", "DELETE"): ((None, {}),),
    ("/v1/claims/{claim_id}/assignment", "PUT"): (
        ({"person_id": "{first_id}", "priority": "high"}, {}), ({"person_id": "{claim_id}"}, {}),
    ),
    ("/v1/claims/{claim_id}/assignment", "DELETE"): ((None, {}),),
    ("/v1/claims/{claim_id}/comments", "POST"): (
        ({"text": "Is it so?", "mentions": ["{first_id}"]}, {}), ({"text": "No.", "in_reply_to": "{hidden_id}"}, {}),
        ({"text": "Yes.", "in_reply_to": "{comment_id}"}, {}),
    ),
    ("/v1/articles/{article_id}/comments", "POST"): (
        ({"text": "Is it so?", "quote": {"snapshot": 2, "start": 0, "end": 9}}, {}),
    ),
    ("/v1/comments/{comment_id}", "PATCH"): (
        ({"text": "It is."}, {"If-Match": "*"}), ({"text": "It is.", "mentions": ["{claim_id}"]}, {"If-Match": "*"}),
    ),
    ("/v1/comments/{comment_id}/withdrawal", "POST"): (({"reason": "Off topic."}, {}),),
    ("/v1/reports", "POST"): ((REPORT, {}), ({**REPORT, "text": "{{claim:{article_id}}}"}, {})),
    ("/v1/reports/{report_id}/draft", "PUT"): (({"version": 1, "title": "Counted", "text": "It was."}, {}),),
    ("/v1/reports/{report_id}/draft", "DELETE"): ((None, {}),),
    ("/v1/reports/{report_id}", "PATCH"): (
        ({"title": "Counted again"}, {"If-Match": "*"}), ({"text": "{{claim:x}}"}, {"If-Match": "*"}),
    ),
    ("/v1/reports/{report_id}/moves", "POST"): (
        ({"to": "submitted"}, {"If-Match": "*"}), ({"to": "published"}, {"If-Match": "*"}),
    ),
    ("/v1/site-pages", "POST"): (({**SITE_PAGE, "name": "about"}, {}), ({**SITE_PAGE, "language": "fr"}, {})),
    ("/v1/correction-requests/{request_id}/answer", "POST"): (({"text": "We corrected it."}, {}), ({"text": ""}, {})),
    ("/v1/correction-requests/{request_id}/redaction", "POST"): (({"reason": "A reader asked for it."}, {}),),
    ("/v1/site-pages/{page_id}", "PATCH"): (({"title": "How we ask"}, {"If-Match": "*"}),),
    ("/v1/site-pages/{page_id}/withdrawal", "POST"): (({"reason": "We have another one."}, {}),),
    ("/v1/rating-scales", "POST"): ((SCALE, {}), ({**SCALE, "ratings": []}, {})),
    ("/v1/rating-scales/{scale_id}/translations", "POST"): (
        ({"language": "ha", "labels": dict.fromkeys(("so", "not_so", "mixed", "unknown"), "A")}, {}),
        ({"language": "fr", "labels": {}}, {}),
    ),
    ("/v1/rating-scales/{scale_id}/withdrawal", "POST"): (({"reason": "We have another one."}, {}),),
    ("/v1/feeds", "POST"): (({"url": "https://news.invalid/other"}, {}), ({"url": "https://news.invalid/feed"}, {})),
    ("/v1/inbox/{item_id}/dismissal", "POST"): (({"reason": "Sports."}, {}), ({}, {})),
    ("/v1/feeds/{feed_id}", "DELETE"): ((None, {}),),
    ("/v1/claims/{claim_id}/withdrawal", "POST"): (({"reason": "Entered twice."}, {}),),
    ("/v1/claims/{claim_id}/relations/{relation_id}/redaction", "POST"): (({"reason": "A court asked."}, {}),),
    ("/v1/reports/{report_id}/redaction", "POST"): (({"reason": "A court asked."}, {}),),
    ("/v1/comments/{comment_id}/redaction", "POST"): (({"reason": "A court asked."}, {}),),
    ("/v1/articles/{article_id}/redaction", "POST"): (
        ({"reason": "A court asked.", "start": 0, "end": 9}, {}), ({"reason": "A court asked."}, {}),
    ),
    ("/v1/sources/{source_id}/relations/{source_relation_id}/redaction", "POST"): (
        ({"reason": "A court asked."}, {}),
    ),
    ("/v1/sources/{source_id}/redaction", "POST"): (({"reason": "A court asked."}, {}),),
    ("/v1/images/{image_id}/redaction", "POST"): (({"reason": "A court asked."}, {}),),
    ("/v1/captures/{capture_id}/redaction", "POST"): (
        ({"reason": "A court asked."}, {}), ({"reason": "A court asked.", "urls": True}, {}),
    ),
    ("/v1/claims/{claim_id}/redaction", "POST"): (({"reason": "A court asked."}, {}),),
}  # fmt: skip
READ_BY_POST = ("/v1/claims/match", "/v1alpha1/claims:search")


def reads() -> Iterator[Asked]:
    """Yield every request that only reads."""
    for path, targets in READS.items():
        for target in targets:
            yield Asked("GET", path, target if target.startswith("/") else path + target)
        for accept in FORMS.get(path, ()):
            yield Asked("GET", path, path, headers={"Accept": accept})
    yield Asked("POST", "/v1alpha1/claims:search", "/v1alpha1/claims:search", "query=million",
                {"X-HTTP-Method-Override": "GET"}, "application/x-www-form-urlencoded")  # fmt: skip
    yield Asked("POST", "/reconcile", "/reconcile", f"queries={BATCH}", {}, "application/x-www-form-urlencoded")


def writes() -> Iterator[Asked]:
    """Yield every request that writes, those that end things last."""
    for (path, method), bodies in WRITES.items():
        for body, headers in bodies:
            kind = "application/x-ndjson" if path == "/v1/imports" else None
            yield Asked(method, path, path, body, headers, kind)


def unasked(document: Json) -> list[str]:
    """Return the operations of an OpenAPI document, and their query parameters, of which there is no example."""
    asked = [*reads(), *writes()]
    missing = []
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            examples = [each for each in asked if (each.path, each.method.lower()) == (path, method)]
            sent = " ".join(each.target for each in examples)
            names = {each["name"] for each in operation.get("parameters", ()) if each.get("in") == "query"}
            missing += [f"{method} {path}"] if not examples else []
            missing += [
                f"{method} {path}?{name}"
                for name in sorted(names - NO_EXAMPLE)
                if not re.search(rf"[?&]{re.escape(name)}=", sent) and path != "/v1/imports"
            ]
    return missing


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────────────────────

SENT = "reviews, evidence, occurrences, relations, withdrawal, undo, second_opinion"
PAGES: dict[str, tuple[str, ...]] = {
    "/": ("/", "/?need=in_review", "/?need=overdue", "/?need=second_opinion", "/?status=refuted", "/?q=million",
          "/?tag=rally&status=in_review", "/?attribution_status=refuted"),
    "/articles": ("/articles", "/articles?q=rally"),
    "/articles/<uuid:article_id>": ("/articles/{article_id}", "/articles/{article_id}?coverage=on"),
    "/articles/<uuid:article_id>/claims": ("/articles/{article_id}/claims",),
    "/articles/<uuid:article_id>/snapshots": ("/articles/{article_id}/snapshots",),
    "/articles/<uuid:article_id>/snapshots/new": ("/articles/{article_id}/snapshots/new",),
    "/articles/<uuid:article_id>/watch": ("/articles/{article_id}/watch",),
    "/articles/<uuid:article_id>/unwatch": ("/articles/{article_id}/unwatch",),
    "/articles/<uuid:article_id>/compare/<int(max=2147483647):old>/<int(max=2147483647):new>": (
        "/articles/{article_id}/compare/1/2",),
    "/articles/new": ("/articles/new", "/articles/new?capture={capture_id}"),
    "/articles/captures": ("/articles/captures",),
    "/articles/<uuid:article_id>/images": ("/articles/{article_id}/images",),
    "/images/<uuid:image_id>": ("/images/{image_id}",),
    "/images/<uuid:image_id>/file": ("/images/{image_id}/file",),
    "/captures/<uuid:capture_id>": ("/captures/{capture_id}",),
    "/captures/handover": ("/captures/handover",),
    "/audit": ("/audit", "/audit?status=refuted", "/audit?claim={claim_id}"),
    "/audit/conflicts": ("/audit/conflicts",),
    "/claims/<uuid:claim_id>": ("/claims/{claim_id}", "/claims/{other_id}", "/claims/{gone_id}",
                                "/claims/{removed_id}",
                                "/claims/{other_id}?evidence_of={claim_id}&piece={decided_id}"),
    f"/claims/<uuid:claim_id>/<any({SENT}):_form>": ("/claims/{claim_id}/undo",),
    "/claims/<uuid:claim_id>/confirmation": ("/claims/{claim_id}/confirmation",),
    "/claims/<uuid:claim_id>/assignment": ("/claims/{claim_id}/assignment",),
    "/claims/<uuid:claim_id>/assignment/end": ("/claims/{claim_id}/assignment/end",),
    "/claims/<uuid:claim_id>/comments": ("/claims/{claim_id}/comments",),
    "/articles/<uuid:article_id>/comments": ("/articles/{article_id}/comments",),
    "/comments/<uuid:comment_id>": ("/comments/{comment_id}", "/comments/{hidden_id}", "/comments/{on_article_id}"),
    "/comments/<uuid:comment_id>/withdrawal": ("/comments/{comment_id}/withdrawal",),
    "/people/names": ("/people/names?name=test",),
    "/claims/<uuid:claim_id>/edit": ("/claims/{claim_id}/edit",),
    "/captures/<uuid:capture_id>/original": ("/captures/{capture_id}/original",),
    "/claims/<uuid:claim_id>/relations/found": ("/claims/{claim_id}/relations/found?find=people",),
    "/claims/<uuid:claim_id>/history": ("/claims/{claim_id}/history", "/claims/{gone_id}/history",
                                        "/claims/{other_id}/history", "/claims/{removed_id}/history"),
    "/go": ("/go", "/go?find=people", "/go?find=organi", "/go?find=%22-*"),
    "/notifications": ("/notifications",),
    "/notifications/choices": ("/notifications/choices",),
    "/notifications/unseen": ("/notifications/unseen",),
    "/statistics": ("/statistics", "/statistics?question=attribution&tag=rally", "/statistics?person=me"),
    "/docs": ("/docs",),
    "/duplicates": ("/duplicates", "/duplicates?claim={claim_id}"),
    "/duplicates/settled/<uuid:claim_id>/<uuid:relation_id>": ("/duplicates/settled/{claim_id}/{relation_id}",),
    "/reports": ("/reports", "/reports?state=published", "/reports?state=draft"),
    "/r": ("/r", "/r?utm_source=x"),
    "/r/<uuid:report_id>": ("/r/{published_id}", "/r/{retracted_id}", "/r/{report_id}"),
    "/r/<uuid:report_id>/changes/<int(max=2147483647):log_index>": ("/r/{published_id}/changes/1",),
    "/c/<uuid:claim_id>": ("/c/{other_id}", "/c/{claim_id}"),
    "/c/<uuid:claim_id>/claimreview": ("/c/{other_id}/claimreview",),
    "/<any(r, c):kind>/<uuid:thing_id>/card": ("/r/{published_id}/card", "/c/{other_id}/card"),
    "/<any(r, c):kind>/<uuid:thing_id>/card.png": ("/r/{published_id}/card.png", "/c/{other_id}/card.png"),
    "/corrections": ("/corrections",),
    "/s/<uuid:source_id>": ("/s/{source_id}", "/s/{old_id}"),
    "/<any('methodology', 'about', 'funding', 'corrections-policy'):name>": ("/methodology", "/about"),
    "/<any(r, c):kind>/<uuid:thing_id>/correction-request": (
        "/r/{published_id}/correction-request", "/c/{other_id}/correction-request",
    ),
    "/corrections/requests/<uuid:request_id>": (
        "/corrections/requests/{request_id}", "/corrections/requests/{answered_id}",
    ),
    "/correction-requests": ("/correction-requests", "/correction-requests?state=received"),
    "/correction-requests/<uuid:request_id>": (
        "/correction-requests/{request_id}", "/correction-requests/{answered_id}",
    ),
    "/correction-requests/<uuid:request_id>/answer": ("/correction-requests/{request_id}/answer",),
    "/site-pages": ("/site-pages",),
    "/site-pages/<uuid:page_id>": ("/site-pages/{page_id}",),
    "/site-pages/<uuid:page_id>/<any(amendments, withdrawal):_form>": ("/site-pages/{page_id}/withdrawal",),
    "/search": ("/search", "/search?q=up+to+a+million+people"),
    "/r.atom": ("/r.atom",), "/r.json": ("/r.json",),
    "/corrections.atom": ("/corrections.atom",), "/corrections.json": ("/corrections.json",),
    "/robots.txt": ("/robots.txt",), "/news-sitemap.xml": ("/news-sitemap.xml",),
    "/sitemap.xml": ("/sitemap.xml",), "/sitemaps/lists.xml": ("/sitemaps/lists.xml",),
    "/sitemaps/<any(reports, claims):kind>/<month>.xml": (
        f"/sitemaps/reports/{MONTH}.xml", f"/sitemaps/claims/{MONTH}.xml",
    ),
    "/oembed": ("/oembed?url=http://localhost/r/{published_id}", "/oembed?url=x", "/oembed?format=png"),
    "/reports/new": ("/reports/new",),
    "/reports/claims": ("/reports/claims", "/reports/claims?find=people"),
    "/reports/<uuid:report_id>": (
        "/reports/{report_id}", "/reports/{telling_id}", "/reports/{retracted_id}", "/reports/{report_id}?said=saved",
    ),
    "/reports/<uuid:report_id>/edit": ("/reports/{report_id}/edit", "/reports/{telling_id}/edit"),
    "/reports/<uuid:report_id>/<any(moves, draft, discarding):_form>": ("/reports/{report_id}/moves",),
    "/reports/<uuid:report_id>/compare/<int(max=2147483647):old>/<int(max=2147483647):new>": (
        "/reports/{report_id}/compare/1/1", "/reports/{telling_id}/compare/1/1",
    ),
    "/rating-scales": ("/rating-scales",),
    "/rating-scales/<uuid:scale_id>": ("/rating-scales/{scale_id}",),
    "/rating-scales/<uuid:scale_id>/<any(translations, withdrawal):_form>": ("/rating-scales/{scale_id}/withdrawal",),
    "/feeds": ("/feeds",),
    "/feeds/<uuid:feed_id>/removal": ("/feeds/{feed_id}/removal",),
    "/work": ("/work",),
    "/inbox": ("/inbox", "/inbox?state=dismissed", "/inbox?feed={feed_id}"),
    "/inbox/<uuid:item_id>/dismissal": ("/inbox/{waiting_id}/dismissal",),
    "/filters": ("/filters",),
    "/filters/<uuid:_filter_id>/removal": ("/filters/{filter_id}/removal",),
    "/claims/<uuid:claim_id>/evidence/elsewhere": (
        "/claims/{claim_id}/evidence/elsewhere", "/claims/{claim_id}/evidence/elsewhere?find=seats",
        "/claims/{other_id}/evidence/elsewhere", "/claims/{other_id}/evidence/elsewhere?find={claim_id}",
        "/claims/{other_id}/evidence/elsewhere?find=claim"),
    "/tour": ("/tour",),
    "/tour/<int:step>": ("/tour/1", "/tour/6", "/tour/7"),
    "/find": ("/find", "/find?find=Up+to+a+million+people+were+present."),
    "/keys": ("/keys",),
    "/login": ("/login",),
    "/me": ("/me",),
    "/people": ("/people",),
    "/people/<uuid:person_id>": ("/people/{person_id}",),
    "/people/<uuid:person_id>/<any(changes, preferences, tokens, accounts, 'login-link'):_form>": (
        "/people/{person_id}/tokens",),
    "/people/<uuid:person_id>/<any(tokens, accounts, sessions):_form>/<uuid:_thing>/end": (
        "/people/{person_id}/tokens/{token_id}/end",),
    "/people/<uuid:person_id>/<any(mail, 'login-mail'):_form>": ("/people/{person_id}/mail",),
    "/settings": ("/settings",),
    "/problems/<slug>": ("/problems/withdrawn",),
    "/similar": ("/similar",),
    "/sources": ("/sources", "/sources?q=organizers"),
    "/sources/<uuid:source_id>": ("/sources/{source_id}", "/sources/{outlet_id}", "/sources/{old_id}"),
    "/sources/<uuid:source_id>/<any(amendments, judgments):_form>": ("/sources/{source_id}/judgments",),
    "/sources/pairs": ("/sources/pairs", "/sources/pairs?kind=person", "/sources/pairs?skip=1"),
    f"/sources/pairs/judged/<uuid:source_id>/<{NUMBER}:index>": ("/sources/pairs/judged/{source_id}/{index}",),
    "/sources/<uuid:source_id>/relations": ("/sources/{source_id}/relations",),
    "/sources/<uuid:source_id>/relations/<uuid:_relation_id>/withdrawal": (
        "/sources/{source_id}/relations/{over_id}/withdrawal",),
    "/sources/names": ("/sources/names?name=org",),
    "/webhooks": ("/webhooks",),
    "/webhooks/<uuid:webhook_id>": tuple(f"/webhooks/{{hook_{number}}}" for number in range(10)),
    "/webhooks/<uuid:webhook_id>/<any(amendments, test, secret, removal):_form>": ("/webhooks/{webhook_id}/test",),
}  # fmt: skip
# Paths that are no pages of the desk's content: what they say is the same whoever asks, or is public by design.
ELSEWHERE = (
    "/static/<path:filename>", "/openapi.json", "/healthz", "/readyz", "/metrics", "/.well-known/security.txt",
    "/login/<secret>", "/login/openid", "/login/openid/return", "/unsubscribe/<token>",
    "/theme/theme.css", "/theme/logo", "/data", "/data/manifest.json", "/data/croissant.json", "/data/<name>/<file>",
    "/log/checkpoint", "/log/key", f"/log/checkpoints/<{NUMBER}:epoch>/<{NUMBER}:size>",
    f"/log/stamps/<{NUMBER}:epoch>/<{NUMBER}:size>", "/log/tile/<level>/<path:path>", "/log/tile/entries/<path:path>",
)  # fmt: skip
# Forms, by where they are sent: a field or two, beside those that every form has.
POSTS: dict[str, tuple[str, dict[str, str]]] = {
    "/articles": ("/articles", {"title": "A page's", "text": "A page's text."}),
    "/articles/<uuid:article_id>/images": ("/articles/{article_id}/images", {"url": "http://127.0.0.1/", "alt": "A"}),
    "/articles/captures": ("/articles/captures", {"url": "http://127.0.0.1/"}),
    "/captures/handover": ("/captures/handover", {"url": "https://news.invalid/rally", "html": "<p>Thousands.</p>"}),
    "/articles/<uuid:article_id>/snapshots": ("/articles/{article_id}/snapshots", {"text": f"{TEXT} Nobody counted."}),
    "/articles/<uuid:article_id>/watch": ("/articles/{article_id}/watch", {"every": "P1D"}),
    "/articles/<uuid:article_id>/unwatch": ("/articles/{article_id}/unwatch", {}),
    "/claims/<uuid:claim_id>/confirmation": ("/claims/{claim_id}/confirmation", {"reason": "No.", "version": "old"}),
    "/articles/<uuid:article_id>/claims": ("/articles/{article_id}/claims", {"text": "Up to a million people."}),
    "/claims/<uuid:claim_id>/assignment": ("/claims/{claim_id}/assignment", {"person_id": "{first_id}"}),
    "/claims/<uuid:claim_id>/assignment/end": ("/claims/{claim_id}/assignment/end", {}),
    "/claims/<uuid:claim_id>/comments": ("/claims/{claim_id}/comments", {"text": "Is it so, @Test analyst?"}),
    "/articles/<uuid:article_id>/comments": ("/articles/{article_id}/comments", {"text": "Hm.", "words": "rally"}),
    "/comments/<uuid:comment_id>": ("/comments/{comment_id}", {"text": "It is.", "version": "old"}),
    "/comments/<uuid:comment_id>/withdrawal": ("/comments/{comment_id}/withdrawal", {"reason": "Off topic."}),
    "/claims/<uuid:claim_id>/edit": (
        "/claims/{claim_id}/edit", {"text": "Another.", "version": "old", "revision": "1"}),
    "/claims/<uuid:claim_id>/evidence": ("/claims/{claim_id}/evidence", {"stance": "refutes"}),
    "/claims/<uuid:claim_id>/evidence/<uuid:evidence_id>/capture": (
        "/claims/{claim_id}/evidence/{evidence_id}/capture", {"capture_id": "{capture_id}"}),
    "/claims/<uuid:claim_id>/evidence/<uuid:evidence_id>/withdrawal": (
        "/claims/{claim_id}/evidence/{evidence_id}/withdrawal", {"reason": ""}),
    "/claims/<uuid:claim_id>/occurrences": ("/claims/{claim_id}/occurrences", {"kind": "speech"}),
    "/claims/<uuid:claim_id>/occurrences/<uuid:occurrence_id>/withdrawal": (
        "/claims/{claim_id}/occurrences/{occurrence_id}/withdrawal", {"reason": ""}),
    "/claims/<uuid:claim_id>/relations": ("/claims/{claim_id}/relations", {"kind": "restates", "claim_id": "x"}),
    "/duplicates": ("/duplicates", {"kind": "restates", "first": "x", "second": "{claim_id}"}),
    "/sources/pairs": ("/sources/pairs", {"judgment": "unsure", "first": "{source_id}", "second": "x"}),
    "/claims/<uuid:claim_id>/reviews": (
        "/claims/{claim_id}/reviews", {"status": "verified", "reason": REASON, "version": "old", "revision": "1"}),
    "/claims/<uuid:claim_id>/second_opinion": ("/claims/{claim_id}/second_opinion", {"question": "content"}),
    "/claims/<uuid:claim_id>/undo": ("/claims/{claim_id}/undo", {"review": "{review_id}"}),
    "/claims/<uuid:claim_id>/withdrawal": ("/claims/{claim_id}/withdrawal", {"reason": ""}),
    "/": ("/?kind=factual", {"do": "tag", "claim": "{claim_id}", "tag": ""}),
    "/notifications": ("/notifications", {"seen_index": "3"}),
    "/notifications/choices": ("/notifications/choices", {"mentioned": "never"}),
    "/unsubscribe/<token>": ("/unsubscribe/unknown", {}),
    "/people": ("/people", {"name": "", "role": "reader"}),
    "/people/<uuid:person_id>/mail": ("/people/{person_id}/mail", {"email": "somebody@example.org", "version": "old"}),
    "/people/<uuid:person_id>/login-mail": ("/people/{person_id}/login-mail", {}),
    "/people/<uuid:person_id>/changes": ("/people/{person_id}/changes", {"role": "reader", "version": "old"}),
    "/people/<uuid:person_id>/login-link": ("/people/{person_id}/login-link", {}),
    "/people/<uuid:person_id>/preferences": ("/people/{person_id}/preferences", {"time_zone": "?", "version": "old"}),
    "/people/<uuid:person_id>/tokens": ("/people/{person_id}/tokens", {"days": "soon"}),
    "/people/<uuid:person_id>/tokens/<uuid:token_id>/end": ("/people/{person_id}/tokens/{token_id}/end", {}),
    "/people/<uuid:person_id>/accounts": ("/people/{person_id}/accounts", {"subject": ""}),
    "/people/<uuid:person_id>/accounts/<uuid:account_id>/end": ("/people/{person_id}/accounts/{account_id}/end", {}),
    "/people/<uuid:person_id>/sessions/<uuid:session_id>/end": ("/people/{person_id}/sessions/{session_id}/end", {}),
    "/inbox/<uuid:item_id>/dismissal": ("/inbox/{waiting_id}/dismissal", {}),
    "/reports/new": ("/reports/new", {"title": "Counted", "language": "en", "text": ""}),
    "/reports/<uuid:report_id>/edit": (
        "/reports/{report_id}/edit", {"title": "Counted", "language": "en", "text": "{{claim:x}}", "version": "old"},
    ),
    "/reports/<uuid:report_id>/moves": ("/reports/{report_id}/moves", {"to": "published", "version": "old"}),
    "/reports/<uuid:report_id>/draft": (
        "/reports/{report_id}/draft", {"title": "Counted", "text": "It *was*.", "number": "1"},
    ),
    "/reports/<uuid:report_id>/discarding": ("/reports/{report_id}/discarding", {}),
    "/<any(r, c):kind>/<uuid:thing_id>/correction-request": (
        "/r/{published_id}/correction-request", {"text": "It was another year.", "url": "no address"},
    ),
    "/correction-requests/<uuid:request_id>/answer": ("/correction-requests/{request_id}/answer", {"text": ""}),
    "/site-pages": ("/site-pages", {"name": "about", "language": "en", "title": "Us", "text": ""}),
    "/site-pages/<uuid:page_id>/amendments": ("/site-pages/{page_id}/amendments", {"title": "", "text": "So."}),
    "/site-pages/<uuid:page_id>/withdrawal": ("/site-pages/{page_id}/withdrawal", {"reason": ""}),
    "/rating-scales": ("/rating-scales", {"name": "Ours", "language": "en", "ratings.0.label": "So"}),
    "/rating-scales/<uuid:scale_id>/translations": ("/rating-scales/{scale_id}/translations", {"language": "fr"}),
    "/rating-scales/<uuid:scale_id>/withdrawal": ("/rating-scales/{scale_id}/withdrawal", {"reason": ""}),
    "/feeds": ("/feeds", {"url": "https://news.invalid/third"}),
    "/feeds/<uuid:feed_id>/removal": ("/feeds/{feed_id}/removal", {}),
    "/filters": ("/filters", {"list": "claims", "name": "", "query": "status=verified"}),
    "/filters/<uuid:filter_id>/removal": ("/filters/{filter_id}/removal", {}),
    "/tour": ("/tour", {"next": "/work"}),
    "/similar": ("/similar", {"text": "Up to a million people were present."}),
    "/sources": ("/sources", {"name": "", "kind": "person"}),
    "/sources/<uuid:source_id>/amendments": ("/sources/{source_id}/amendments", {"name": "Another", "version": "old"}),
    "/sources/<uuid:source_id>/judgments": (
        "/sources/{source_id}/judgments", {"other": "nobody", "judgment": "same", "reason": "The same."}),
    "/sources/<uuid:source_id>/relations": ("/sources/{source_id}/relations", {"other": "nobody", "kind": "owns"}),
    "/sources/<uuid:source_id>/relations/<uuid:relation_id>/withdrawal": (
        "/sources/{source_id}/relations/{over_id}/withdrawal", {"reason": ""}),
    "/webhooks": ("/webhooks", {"url": ""}),
    "/webhooks/<uuid:webhook_id>/amendments": (
        "/webhooks/{webhook_id}/amendments", {"enabled": "true", "version": "old"}),
    "/webhooks/<uuid:webhook_id>/test": ("/webhooks/{webhook_id}/test", {}),
    "/webhooks/<uuid:webhook_id>/secret": ("/webhooks/{hook_1}/secret", {}),
    "/webhooks/<uuid:webhook_id>/removal": ("/webhooks/{hook_1}/removal", {}),
}  # fmt: skip
WAYS_IN = ("/login", "/login/<secret>", "/logout")


def unvisited(app: Flask) -> list[str]:
    """Return the paths outside the API of which there is no example."""
    known = {"GET": {*PAGES, *ELSEWHERE}, "POST": {*POSTS, *WAYS_IN}}
    return [
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if not rule.rule.startswith(("/v1/", "/v1alpha1/", "/reconcile"))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule not in known[method]
    ]
