"""A desk that holds the heaviest things that its limits let in, for requests to work on."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from factcheck.desk import people
from factcheck.desk.capturing import captures
from factcheck.desk.capturing.pages import CapturedPage
from factcheck.extraction.running import Extract
from factcheck.log.clock import now
from factcheck.rules.publishing import reports as rules
from factcheck.rules.publishing.reports import REFERENCES
from factcheck.rules.publishing.site_pages import LONGEST as LONGEST_PAGE
from factcheck.rules.team.filtering import MOST
from factcheck.web import statistics
from tests.desk import Desk
from tests.everything import PICTURE, REPORT, SCALE, SITE_PAGE, asked_of_us, captured_page
from tests.team import somebody
from torture.nasty import BODY, repeated
from torture.nasty_requests import Known

Json = dict[str, Any]
LONGEST = 1_000_000  # code points of an article
# Articles of one piece, repeated, each with pieces that quotes are made of.
PIECES: Mapping[str, tuple[str, ...]] = {
    "letters": ("a", "aa", "ab"),
    "marks": ("a\u0301\u0316", "\u0301\u0316", "a"),
    "ligatures": ("\ufdfa", "\ufdfa\u0301"),
    "flags": ("🇫", "🇫🇫", "🇷"),
    "words": ("word ", "word word", " "),
    "sentences": ("A. B! “C?” ", ". ", "A"),
}


class Heavy:
    """What was entered, by the names under which requests speak of it. `times` says how much of each there is."""

    def __init__(self, desk: Desk, times: int) -> None:
        self.desk = desk
        self.articles = {
            self._article(name, pieces[0]): pieces for name, pieces in list(PIECES.items())[: max(2, times)]
        }
        self.sources = [self._source(at) for at in range(3)]
        first = next(iter(self.articles))
        self.claims = [self._chain(first), *self._many(first, 40 * times)]
        claim, other = self.claims[0], self.claims[1]
        self.occurrences = [self._occurrence(other, at) for at in range(min(5 * times, 20))]
        self.evidence = [self._evidence(other, at) for at in range(min(5 * times, 20))]
        for other in self.claims[1 : 10 * times]:
            self._post(f"/v1/claims/{self.claims[0]}/relations", {"kind": "in_tension_with", "claim_id": other})
        shown = desk.get(f"/v1/claims/{self.claims[0]}/relations", by="admin").get_data()
        relations = orjson.loads(shown)["items"]
        reviews = [self._reviewed(other, at) for at in range(4 * times)]
        opinion = self._post(f"/v1/claims/{other}/second-opinion", {"question": "content"})
        hooks = [self._post("/v1/webhooks", {"url": f"https://receiver{at}.invalid/"})["id"] for at in range(2)]
        pages = [self._capture(at) for at in range(3)]
        one, another = self.sources[:2]
        judgment = self._post(
            f"/v1/sources/{one}/judgments", {"other_id": another, "judgment": "different", "reason": "Two people."}
        )
        owned = {"kind": "owns", "other_id": another, "since": "2001", "note": "a " * 1000}
        between = self._post(f"/v1/sources/{one}/relations", owned)["id"]
        feeds = [self._post("/v1/feeds", {"url": f"https://news.invalid/feed{at}"})["id"] for at in range(2)]
        scales = [self._post("/v1/rating-scales", SCALE)["id"] for _ in range(2)]
        longest_page = {**SITE_PAGE, "text": "*[word]( " * (LONGEST_PAGE // 9)}
        about_us = [self._post("/v1/site-pages", longest_page | {"language": tag})["id"] for tag in ("en", "fr")]
        reports = [self._report(at) for at in range(2)]
        for to in ("submitted", "approved", "published"):
            moved = desk.post(f"/v1/reports/{reports[1]}/moves", {"to": to}, by="admin", headers={"If-Match": "*"})
            assert moved.status_code == 200
        requests = [asked_of_us(desk, report_id=reports[1], text="word " * 990) for _ in range(2)]
        items = [captured_page(desk, feeds[0], at) for at in range(3)]
        picture = {"article_id": first, "alt": "A crowd", "data": PICTURE}
        pictures = [desk.made("/v1/images", picture)["id"] for _ in range(3)]
        team = [somebody(desk, f"Somebody {at}") for at in range(3)]
        decider = desk.people["analyst"]
        for each in self.claims[:4]:
            assigned = {"person_id": decider, "note": "w" * 1000}
            assert desk.request("PUT", f"/v1/claims/{each}/assignment", json=assigned).status_code == 201
        said = {"text": "*[@w]( " * 1400, "mentions": [decider]}
        words = {"snapshot": 1, "start": 0, "end": 10_000}
        begun = [self._post(f"/v1/claims/{each}/comments", said)["id"] for each in (claim, claim, *self.claims[1:4])]
        answers = [
            self._post(f"/v1/claims/{claim}/comments", {**said, "in_reply_to": begun[0]})["id"]
            for _ in range(10 * times)
        ]
        quoted = [
            self._post(f"/v1/articles/{first}/comments", {**said, "quote": words})["id"] for _ in range(5 * times)
        ]
        longest = f"tag={'%F0%9F%90%98' * 990}"
        saved = [
            self._post("/v1/me/filters", {"list": "claims", "name": f"{at:02}{'ب' * 58}", "query": longest})["id"]
            for at in range(MOST - 1)
        ]
        # Most are the first, the heaviest; what requests end is one of the others, too.
        heaviest = [claim, claim, other, other, *self.claims[2:6]]
        self.known = Known(
            values={
                "article_id": list(self.articles),
                "article": list(self.articles),
                "claim_id": self.claims,
                "claim": heaviest,
                "source_id": self.sources,
                "source": self.sources,
                "origin": self.sources,
                "outlet": self.sources,
                "origin_id": self.sources,
                "outlet_id": self.sources,
                "on_behalf_of_id": self.sources,
                "into": self.sources,
                "reviewer_id": [None, decider],
                "person_id": [decider],
                "mentions": [decider],
                "in_reply_to": [None, *begun[:2]],
                "person": [decider],
                "q": ["a", "word", "a*", "word -a", "w1 w2"],
                "query": ["a", "word", "ab*", "q=word", longest],
                "tag": ["heavy"],
                "reason": ["Long enough for a reason."],
                "capture_id": [None, *pages],
                "html": [None, "<p>word</p>"],
                "data": [PICTURE],
            },
            paths={
                frozenset(["claim_id"]): [{"claim_id": each} for each in heaviest],
                frozenset(["source_id"]): [{"source_id": each} for each in self.sources],
                frozenset(["article_id"]): [{"article_id": each} for each in self.articles],
                frozenset(["article_id", "number"]): [{"article_id": each, "number": 1} for each in self.articles],
                frozenset(["article_id", "number", "other"]): [
                    {"article_id": each, "number": 1, "other": 1} for each in self.articles
                ],
                frozenset(["claim_id", "evidence_id"]): [
                    {"claim_id": other, "evidence_id": each} for each in self.evidence
                ],
                frozenset(["claim_id", "occurrence_id"]): [
                    {"claim_id": other, "occurrence_id": each} for each in self.occurrences
                ],
                frozenset(["claim_id", "relation_id"]): [
                    {"claim_id": claim, "relation_id": each["id"]} for each in relations
                ],
                frozenset(["claim_id", "opinion_id"]): [{"claim_id": other, "opinion_id": opinion["id"]}],
                frozenset(["claim_id", "review_id"]): [{"claim_id": other, "review_id": each} for each in reviews],
                frozenset(["index"]): [{"index": each} for each in (0, 5, 20, 2**62)],
                frozenset(["first", "second"]): [{"first": 3, "second": 20}, {"first": 0, "second": 2**62}],
                frozenset(["capture_id"]): [{"capture_id": each} for each in pages],
                frozenset(["image_id"]): [{"image_id": each} for each in pictures],
                frozenset(["webhook_id"]): [{"webhook_id": each} for each in hooks],
                frozenset(["source_id", "index"]): [{"source_id": one, "index": judgment["log_index"]}],
                frozenset(["source_id", "source_relation_id"]): [{"source_id": one, "source_relation_id": between}],
                frozenset(["comment_id"]): [{"comment_id": each} for each in (*begun, *answers, *quoted)],
                frozenset(["filter_id"]): [{"filter_id": each} for each in saved],
                frozenset(["scale_id"]): [{"scale_id": each} for each in scales],
                frozenset(["request_id"]): [{"request_id": each} for each in requests],
                frozenset(["page_id"]): [{"page_id": each} for each in about_us],
                frozenset(["report_id"]): [{"report_id": each} for each in reports],
                frozenset(["report_id", "number"]): [{"report_id": each, "number": 1} for each in reports],
                frozenset(["feed_id"]): [{"feed_id": each} for each in feeds],
                frozenset(["item_id"]): [{"item_id": each} for each in items],
                frozenset(["name"]): [{"name": each} for each in statistics.TABLES],
                **{
                    frozenset(["person_id", *more]): [
                        {name: each[name] for name in ("person_id", *more)} for each in team
                    ]
                    for more in ((), ("token_id",), ("session_id",), ("account_id",))
                },
            },
            pieces=self.articles,
            external={article: f"heavy-{list(self.articles).index(article)}" for article in self.articles},
        )

    def _post(self, path: str, body: Any) -> Json:
        answer = self.desk.post(path, by="admin", data=orjson.dumps(body), content_type="application/json")
        assert answer.status_code == 201, answer.get_data(as_text=True)
        made: Json = orjson.loads(answer.get_data())
        return made

    def _article(self, name: str, piece: str) -> str:
        room = min(LONGEST, (BODY - 1000) * len(piece) // len(piece.encode()))
        text = repeated(piece, room)
        number = list(PIECES).index(name)
        made = self._post("/v1/articles", {"title": name, "text": text, "external_id": f"heavy-{number}"})
        return str(made["id"])

    def _report(self, at: int) -> str:
        """Add a report that refers to claims as often as a text can, and is as long as it can be."""
        lines = [f"{{{{evidence:{self.claims[number % len(self.claims)]}}}}}" for number in range(REFERENCES)]
        cited = "\n".join(lines)
        text = f"{cited}\n" + "word " * ((rules.LONGEST - len(cited)) // 5 - 1)
        return str(self._post("/v1/reports", {**REPORT, "title": f"Report {at}", "text": text})["id"])

    def _capture(self, at: int) -> str:
        extract = Extract(text=f"Page {at}. {'word ' * (LONGEST // 5 - 20)}", title="t" * 500, author="a" * 500)
        with self.desk.database.writing() as session:
            page = CapturedPage(f"https://news.invalid/{at}", now(), None, None, extract)
            return str(captures.add(session, people.operator(session), page)["id"])

    def _source(self, at: int) -> str:
        aliases = [f"Alias {at} {number} " + "ab" * 130 for number in range(100)]
        body = {"name": f"Source {at}", "kind": "organization", "aliases": aliases, "description": "a " * 2500}
        return str(self._post("/v1/sources", body)["id"])

    def _chain(self, article: str) -> str:
        """Enter a claim with as many quotes as a claim can have, each at another place."""

        def quotes(first: int) -> list[Json]:
            return [{"exact": "a" * 50, "start": 100 * (first + at)} for at in range(20)]

        hop = {"source_id": self.sources[0], "directness": "direct", "cue": "said", "note": "n" * 400}
        chain = [hop | {"source_quotes": quotes(at), "cue_quotes": quotes(at + 20)} for at in range(20)]
        body = {"article_id": article, "text": "word " * 1000, "kind": "factual", "attribution": chain}
        return str(self._post("/v1/claims", body | {"quotes": quotes(0), "tags": ["heavy"]})["id"])

    def _many(self, article: str, number: int) -> Iterator[str]:
        """Enter many claims with long texts."""
        line = {"type": "claim", "article_id": article, "kind": "factual", "tags": ["heavy"], "attribution": [
            {"source_id": self.sources[1], "directness": "direct"}]}  # fmt: skip
        lines = b"".join(
            orjson.dumps(
                line | {"text": f"Claim {at}: " + "word " * 900, "quotes": [{"exact": "a" * 1000, "start": at}]}
            )
            + b"\n"
            for at in range(number)
        )
        answer = self.desk.post("/v1/imports", data=lines, content_type="application/x-ndjson", by="admin")
        for told in answer.get_data().splitlines():
            yield str(orjson.loads(told)["id"])

    def _evidence(self, claim: str, at: int) -> str:
        excerpt = f"Excerpt {at}: " + " ".join(f"w{number + at}" for number in range(1500))
        return str(
            self._post(f"/v1/claims/{claim}/evidence", {"stance": "supports", "excerpt": excerpt[:10_000]})["id"]
        )

    def _occurrence(self, claim: str, at: int) -> str:
        body = {"kind": "social_post", "url": f"https://post.invalid/{at}", "account": "@a" * 100, "place": "w " * 250}
        return str(self._post(f"/v1/claims/{claim}/occurrences", body)["id"])

    def _reviewed(self, claim: str, at: int) -> str:
        status = ("in_review", "unverifiable")[at % 2]
        body = {"status": status, "reason": f"Because of {at}. " + "word " * 700}
        headers = {"If-Match": "*"}
        return str(self.desk.made(f"/v1/claims/{claim}/reviews", body, by="admin", headers=headers)["id"])
