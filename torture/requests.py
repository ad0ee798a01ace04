"""Requests made up from the OpenAPI document: allowed and forbidden ones of every operation, of things that exist.

    python -m torture.requests --requests 100000 --database sqlite
    python -m torture.requests --requests 100000 --database postgresql
    python -m torture.requests --requests 1000 --control      # a document that leaves things out: must be red

No answer may be a 5xx, have a status, header, type or member that the document does not name, or take what the
document forbids; and the desk must be in order afterwards.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks as conformance

from factcheck import seeding
from factcheck.followers.publisher import Publisher
from factcheck.inspection import checkup
from factcheck.rules.status import Kind
from factcheck.settings import Settings
from factcheck.storage import schema
from factcheck.web.api.openapi import IMPORTS, SEARCH
from factcheck.web.reconcile.documented import RECONCILE
from tests import postgres
from tests.desk import SECRET, TEXT, Desk
from tests.everything import KEYS, PICTURE, REPORT, SCALE, SITE_PAGE, asked_of_us, captured_page
from tests.examining import claim_faults
from tests.team import somebody

Json = dict[str, Any]
CHECKS = [
    not_a_server_error,
    conformance.status_code_conformance,
    conformance.content_type_conformance,
    conformance.response_headers_conformance,
    conformance.response_schema_conformance,
]
REFUSALS = ["301", "400", "401", "403", "404", "405", "409", "410", "412", "413", "415", "422", "428"]


BATCHES = ['{"q0": {"query": "Niger", "type": "organization", "limit": 3}}', "{}"]  # of /reconcile
EXTENSIONS = ['{"ids": ["x"], "properties": [{"id": "aliases"}]}']
CONFIRMED = ["/quotes/0"]  # pointers, where all others called `quotes` are quotes


class There:
    """What there is on a desk, by the names under which requests speak of it."""

    def __init__(self, desk: Desk) -> None:
        """Add what the seeds lack, and what has ended: a withdrawn claim, withdrawn evidence, a merged source."""
        self.desk = desk
        claims = desk.get("/v1/claims?limit=200").json["items"]
        sources = desk.get("/v1/sources?limit=200").json["items"]
        article = desk.get("/v1/articles").json["items"][0]["id"]
        text = desk.get(f"/v1/articles/{article}").json["text"]
        exact = [quote["exact"] for claim in claims for quote in claim["quotes"]]
        quotes = [[{"exact": each}] for each in exact if text.count(each) == 1]
        # A few claims, so that each is met often: two of each kind, the decided ones first.
        by_kind = [[claim for claim in claims if claim["kind"] == kind][:2] for kind in Kind]
        claim_ids = [claim["id"] for of_kind in by_kind for claim in of_kind]
        one, other = claim_ids[:2]
        gone = desk.claim(article_id=article, quotes=quotes[0])["id"]
        old, into = (desk.source(name=name)["id"] for name in ("Old", "New"))
        merged = desk.post(f"/v1/sources/{old}/merge", {"into": into, "reason": "The same."}, by="admin")
        assert merged.status_code == 200
        doubt = {"other_id": sources[0]["id"], "judgment": "unsure", "reason": "Perhaps."}
        judgment = desk.made(f"/v1/sources/{into}/judgments", doubt)
        between = [
            desk.made(f"/v1/sources/{into}/relations", {"kind": kind, "other_id": sources[0]["id"], "note": "A note."})
            for kind in ("speaks_for", "member_of", "owns")
        ]
        assert desk.post(f"/v1/claims/{gone}/withdrawal", {"reason": "Entered twice."}).status_code == 204
        evidence = [
            desk.made(f"/v1/claims/{claim}/evidence", {"stance": "context", "title": f"No. {number}"})
            for claim in (one, other)
            for number in range(4)
        ]
        first = f"/v1/claims/{one}/evidence/{evidence[0]['id']}"
        assert desk.post(f"{first}/withdrawal", {"reason": "A mistake."}).status_code == 200
        places = [
            desk.made(f"/v1/claims/{claim}/occurrences", {"kind": "speech", "place": f"No. {number}"})
            for claim in (one, other)
            for number in range(4)
        ]
        relation = desk.made(f"/v1/claims/{one}/relations", {"kind": "restates", "claim_id": other, "note": "A note."})
        review = desk.review(one, question="attribution", status="in_review").json
        assert (
            desk.review(other, question="attribution", status="verified", reason="It is in the text.").status_code
            == 201
        )
        opinion = desk.made(f"/v1/claims/{other}/second-opinion", {"question": "attribution"})

        hooks = [
            desk.made("/v1/webhooks", {"url": f"https://receiver{number}.invalid/"}, by="admin") for number in range(3)
        ]
        assert desk.post(f"{hooks[0]['links']['self']}/test", by="admin").json["status"] is None

        assert desk.patch(f"/v1/articles/{article}", {"url": "https://news.invalid/a"}, etag="*").status_code == 200
        assert desk.request("PUT", f"/v1/articles/{article}/watch", json={"every": "PT6H"}).status_code == 201
        self.captured = captured_page(desk)
        captures = [captured_page(desk), self.captured]
        # Of another article: a redaction of this one's text would take them.
        picture = {"article_id": desk.article(kind="image")["id"], "alt": "A crowd", "data": PICTURE}
        images = [desk.made("/v1/images", picture)["id"] for _ in range(3)]
        feeds = [desk.made("/v1/feeds", {"url": f"https://news.invalid/{number}"})["id"] for number in range(2)]
        scales = [desk.made("/v1/rating-scales", SCALE, by="admin")["id"] for _ in range(2)]
        pages = [desk.made("/v1/site-pages", {**SITE_PAGE, "language": tag}, by="admin")["id"] for tag in ("en", "ha")]
        reports = [desk.made("/v1/reports", REPORT)["id"] for _ in range(3)]
        self._published = desk.made("/v1/reports", REPORT)["id"]
        for to in ("submitted", "approved", "published"):
            moved = desk.post(f"/v1/reports/{self._published}/moves", {"to": to}, headers={"If-Match": "*"})
            assert moved.status_code == 200
        requests = [asked_of_us(desk, report_id=self._published, text="It was another year.") for _ in range(4)]
        items = [captured_page(desk, feeds[0], number) for number in range(4)]

        team = [somebody(desk, f"Somebody {number}") for number in range(4)]

        assigned = {"person_id": desk.people["analyst"], "due_on": "2099-01-01", "note": "Ask the police."}
        for each in claim_ids:
            assert desk.request("PUT", f"/v1/claims/{each}/assignment", json=assigned).status_code == 201

        said = {"text": "Is it so?", "mentions": [desk.people["analyst"]]}
        words = {"snapshot": 1, "start": 0, "end": 9}
        commented = [desk.made(f"/v1/claims/{each}/comments", said)["id"] for each in claim_ids[:4]]
        commented += [
            desk.made(f"/v1/articles/{article}/comments", {**said, "quote": words}, by=by)["id"]
            for by in ("analyst", "admin")
        ]

        saved = [
            desk.made("/v1/me/filters", {"list": "claims", "name": tag, "query": f"tag={tag}"}, by="admin")["id"]
            for tag in ("army", "coup", "niger")
        ]

        claim_ids.append(gone)
        source_ids = [source["id"] for source in sources[:6]] + [old, into]
        # Paths, by the names in them: those that belong together.
        self.paths: dict[frozenset[str], list[Json]] = {
            frozenset(["claim_id"]): [{"claim_id": each} for each in claim_ids],
            frozenset(["source_id"]): [{"source_id": each} for each in source_ids],
            frozenset(["source_id", "index"]): [{"source_id": into, "index": judgment["log_index"]}],
            frozenset(["source_id", "source_relation_id"]): [
                {"source_id": into, "source_relation_id": each["id"]} for each in between
            ],
            frozenset(["article_id"]): [{"article_id": article}],
            frozenset(["article_id", "number"]): [{"article_id": article, "number": 1}],
            frozenset(["article_id", "number", "other"]): [{"article_id": article, "number": 1, "other": 1}],
            frozenset(["claim_id", "evidence_id"]): [
                {"claim_id": each["claim_id"], "evidence_id": each["id"]} for each in evidence
            ],
            frozenset(["claim_id", "occurrence_id"]): [
                {"claim_id": each["claim_id"], "occurrence_id": each["id"]} for each in places
            ],
            frozenset(["claim_id", "relation_id"]): [{"claim_id": one, "relation_id": relation["id"]}],
            frozenset(["claim_id", "opinion_id"]): [{"claim_id": other, "opinion_id": opinion["id"]}],
            frozenset(["index"]): [{"index": index} for index in (0, 5, 20)],
            frozenset(["first", "second"]): [{"first": 3, "second": 20}, {"first": 0, "second": 7}],
            frozenset(["claim_id", "review_id"]): [{"claim_id": one, "review_id": review["id"]}],
            frozenset(["filter_id"]): [{"filter_id": each} for each in saved],
            frozenset(["scale_id"]): [{"scale_id": each} for each in scales],
            frozenset(["report_id"]): [{"report_id": each} for each in reports],
            frozenset(["report_id", "number"]): [{"report_id": each, "number": 1} for each in reports],
            frozenset(["request_id"]): [{"request_id": each} for each in requests],
            frozenset(["page_id"]): [{"page_id": each} for each in pages],
            frozenset(["feed_id"]): [{"feed_id": each} for each in feeds],
            frozenset(["comment_id"]): [{"comment_id": each} for each in commented],
            frozenset(["item_id"]): [{"item_id": each} for each in items],
            frozenset(["capture_id"]): [{"capture_id": each} for each in captures],
            frozenset(["image_id"]): [{"image_id": each} for each in images],
            frozenset(["webhook_id"]): [{"webhook_id": each["id"]} for each in hooks],
            **{
                frozenset(["person_id", *more]): [{name: each[name] for name in ("person_id", *more)} for each in team]
                for more in ((), ("token_id",), ("session_id",), ("account_id",))
            },
        }
        named = {"source_id": into, "on_behalf_of_id": old, "cue": "claiming", "interested": True}
        nameless = {"described_as": "an official", "directness": "direct", "cue_quotes": quotes[0], "note": "Who?"}
        indirect = [{**named, "directness": "indirect", "source_id": each} for each in source_ids]
        self.etags = ["*", "*", "*", desk.etag(one)]
        self.query: dict[str, list[Any]] = {
            "article": [article],
            "attribution_status": ["unverified,in_review", "verified"],
            "feed": feeds,
            "extend": EXTENSIONS,
            "external_id": [claim["external_id"] for claim in claims],
            "id": [*source_ids, "person", "same_as"],
            "queries": BATCHES,
            "origin": source_ids,
            "outlet": source_ids,
            "q": ["niger", '"military government" -france'],
            "mentions": list(desk.people.values()),
            "person": list(desk.people.values()),
            "reviewed_by": list(desk.people.values()),
            "assigned_to": ["nobody", *desk.people.values()],
            "source": source_ids,
            "status": ["unverified", "disputed,verified"],
            "tag": [tag for claim in claims for tag in claim["tags"]],
        }
        self._languages = 0  # into which rating scales and pages were translated
        self.body: dict[str, list[Any]] = {
            "active": [True],  # or nobody is left to give tokens to
            "article_id": [article],
            "capture": [False],  # nothing is fetched
            "data": [PICTURE],
            "html": ["<p>Thousands of people gathered at the rally.</p>", "<p>"],
            "attribution": [[], [nameless], *([nameless, hop] for hop in indirect)],
            "claim_id": claim_ids,
            "cue_quotes": [[], *quotes],
            "every": ["PT1H", "P1DT12H", "P2W"],
            "extend": EXTENSIONS,
            "queries": BATCHES,
            "evidence": [[], [{"stance": "supports", "url": "https://example.org/c", "source_id": into}]],
            "in_reply_to": [None, *commented],
            "into": source_ids,
            "mentions": [[], [desk.people["analyst"]], [desk.people["admin"], desk.people["reader"]]],
            "language": ["en", "fr-NE"],
            "on_behalf_of_id": source_ids,
            "until": [None, "2099-01-01", "2099-01-01T12:00:00+02:00"],
            "other_id": source_ids,
            "person_id": [desk.people["analyst"], desk.people["admin"]],
            "outlet_id": source_ids,
            "query": ["q=niger"],
            "quotes": quotes,
            "reason": ["This is long enough for a reason."],
            "shown_id": [None],
            "reviewer_id": [None, desk.people["analyst"]],
            "source_id": source_ids,
            "source_quotes": [[], *quotes],
            "status": ["in_review", "in_review", "unverified", "unverifiable", "verified"],
            "tags": [[], ["niger"], ["army", "coup"]],
            "url": ["https://example.invalid/a"],  # a name that never is: webhooks are sent to it, too
            "archived_url": ["https://example.org/b"],
        }

    def fill(self, data: st.DataObject, case: schemathesis.Case) -> None:
        """Put what exists wherever something of its kind is given."""
        names = frozenset(case.path_parameters)
        if names in self.paths:
            case.path_parameters = dict(data.draw(st.sampled_from(self.paths[names])))
        if case.operation.path.endswith("/undo"):
            case.path_parameters = self._decided_just_now()
        if case.operation.path.endswith("/confirmation"):
            case.path_parameters = self._changed_just_now()
            if isinstance(case.body, dict) and isinstance(case.body.get("quotes"), list):
                case.body["quotes"] = CONFIRMED
        if case.operation.path.endswith("/evidence/{evidence_id}/capture"):
            case.path_parameters, case.body = self._cited_just_now(), {"capture_id": self.captured}
        if case.operation.path.startswith("/v1/published/"):
            case.path_parameters = {"report_id": self._published}
        if case.operation.path.endswith("/draft"):
            case.path_parameters = self._typed_just_now()
        if case.headers and "If-Match" in case.headers:
            case.headers["If-Match"] = data.draw(st.sampled_from(self.etags))
        case.query = {
            name: data.draw(st.sampled_from(self.query[name])) if name in self.query else value
            for name, value in case.query.items()
            if name != "cursor"  # which is good for one list with its filters alone
        }
        case.body = self._filled(data, case.body)
        if case.operation.path == "/v1/rating-scales" and isinstance(case.body, dict):
            case.body |= {name: SCALE[name] for name in ("language", "ratings")}
        if case.operation.path == "/v1/site-pages" and isinstance(case.body, dict):
            self._languages += 1
            case.body["language"] = f"en-{self._languages:04}"
        if case.operation.path.endswith("/translations") and isinstance(case.body, dict):
            self._languages += 1
            case.body |= {"language": f"en-{self._languages:04}", "labels": dict.fromkeys(KEYS.values(), "A word")}
            case.body["definitions"] = {}

    def _decided_just_now(self) -> Json:
        """Decide something as the person who sends the requests: nobody else can undo it, and only within a minute."""
        claim_id = self.desk.claim()["id"]
        review = self.desk.review(claim_id, by="admin", status="in_review").json
        return {"claim_id": claim_id, "review_id": review["id"]}

    def _typed_just_now(self) -> Json:
        """Type something into a report, as the person who sends the requests."""
        report = self.desk.made("/v1/reports", REPORT)["id"]
        typed = {"version": 1, "title": "Counted", "text": "It was."}
        assert self.desk.request("PUT", f"/v1/reports/{report}/draft", json=typed, by="admin").status_code == 200
        return {"report_id": report}

    def _cited_just_now(self) -> Json:
        """Add evidence that has no copy of its page yet."""
        claim_id = self.desk.claim()["id"]
        piece = {"stance": "context", "url": "https://news.invalid/rally"}
        made = self.desk.made(f"/v1/claims/{claim_id}/evidence", piece)
        return {"claim_id": claim_id, "evidence_id": made["id"]}

    def _changed_just_now(self) -> Json:
        """Enter a claim whose quote has other words in a newer text of its article."""
        claim = self.desk.claim()
        newer = TEXT.replace("up to a million", "up to half a million")
        self.desk.made(f"/v1/articles/{claim['article_id']}/snapshots", {"text": newer})
        return {"claim_id": claim["id"]}

    def _filled(self, data: st.DataObject, value: Any) -> Any:
        if isinstance(value, list):
            return [self._filled(data, each) for each in value]
        if not isinstance(value, dict):
            return value
        return {
            name: data.draw(st.sampled_from(self.body[name]))
            if name in self.body and each != CONFIRMED
            else self._filled(data, each)
            for name, each in value.items()
        }


def sent(
    desk: Desk,
    there: There,
    operation: APIOperation,
    mode: GenerationMode,
    examples: int,
    begin: int | None = None,
    statuses: Counter[int] | None = None,
) -> Counter[int]:
    """Send requests of this operation, check each answer, and return how often there was which status."""
    statuses = Counter() if statuses is None else statuses
    checks = CHECKS if mode is GenerationMode.POSITIVE else [*CHECKS, conformance.negative_data_rejection]
    if operation.path == IMPORTS or operation.path.startswith((SEARCH, RECONCILE)):
        checks = CHECKS  # any text is lines, each refused by itself; Google's search passes over what it does not know
    headers = {"Authorization": f"Bearer {desk.tokens['admin']}"}

    # A request changes the desk, so a failing one cannot be made smaller by sending it again: it is shown as it is.
    @settings(
        max_examples=examples, derandomize=begin is None, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def send(case: schemathesis.Case, data: st.DataObject) -> None:
        if mode is GenerationMode.POSITIVE and data.draw(st.sampled_from([True, True, True, False])):
            there.fill(data, case)
        response = case.call(headers=headers)
        statuses[response.status_code] += 1
        case.validate_response(response, checks=checks)

    (send if begin is None else seed(begin)(send))()
    return statuses


def strictly_documented(desk: Desk) -> schemathesis.BaseSchema:
    """Return the document for sending requests in this process, with every member that it does not name forbidden."""
    document = desk.get("/openapi.json", by=None).json
    del document["security"]  # every request carries a token, so one without a token must not count as forbidden
    for each in document["components"]["schemas"].values():
        if "properties" in each:
            each.setdefault("additionalProperties", False)
    config = SchemathesisConfig.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}})
    api = schemathesis.openapi.from_dict(document, config=config)
    api.app = desk.app
    return api


def operations(api: schemathesis.BaseSchema) -> Iterator[APIOperation]:
    for result in api.get_all_operations():
        yield result.ok()


def what_ends_things_comes_last(operation: APIOperation) -> int:
    # Of what is redacted or withdrawn, this cannot be asked any more.
    lets_go = operation.path.endswith(("/watch", "/assignment")) and operation.method == "delete"
    if not lets_go and (operation.path.endswith("/redaction") or operation.method == "delete"):
        return 1000 - operation.path.count("/")
    replaces = operation.path.endswith("/snapshots") and operation.method == "post"  # the text that quotes are of
    ends = lets_go or replaces or operation.path.endswith(("/withdrawal", "/judgments", "/merge"))
    return 100 - operation.path.count("/") if ends else 0  # evidence before its claim


@contextlib.contextmanager
def seeded(database: str) -> Iterator[Desk]:
    """A desk of its own with the first article."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = f"sqlite:///{folder}/desk.db"
        if database == "postgresql":
            maintenance = stack.enter_context(postgres.server())
            if maintenance is None:
                raise SystemExit("There is no PostgreSQL on this machine.")
            url = postgres.create(maintenance)
            stack.callback(postgres.drop, maintenance, url)
        schema.upgrade(url)
        desk = Desk(Settings(database_url=url, secret_key=SECRET, log_folder=f"{folder}/log"))
        stack.callback(desk.close)
        with desk.database.writing() as session:
            seeding.seed(session)
        Publisher(desk.database, Path(folder) / "log").publish()
        yield desk


def forgetful(api: schemathesis.BaseSchema) -> None:
    """Take out of the document that a claim can be gone and that things are not found: the control must see it."""
    for item in api.raw_schema["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                for status in ("404", "410"):
                    operation.get("responses", {}).pop(status, None)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m torture.requests", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--control", action="store_true", help="leave 404 and 410 out of the document")
    parser.add_argument("--seed", type=int, default=1, help="where the making up begins")
    options = parser.parse_args()
    statuses: Counter[int] = Counter()
    failures: list[str] = []
    began = time.monotonic()
    faults: list[checkup.Fault] = []
    for turn in range(ROUNDS):  # a new desk each: on an old one, most things have ended
        with seeded(options.database) as desk:
            every = _one_round(desk, turn, options, statuses, failures)
            with desk.database.writing() as session:
                faults += [*checkup.log_faults(session)]
                faults += claim_faults(session)
        sys.stderr.write(f"{sum(statuses.values())} requests, {len(failures)} failures, {len(faults)} faults\n")
    for failure in failures[:20]:
        sys.stdout.write(f"{failure}\n\n")
    of_server = sum(number for status, number in statuses.items() if status >= 500)
    sys.stdout.write(
        f"{options.database}: {sum(statuses.values())} requests of {every} operations in"
        f" {time.monotonic() - began:.0f} s, {of_server} answers of 5xx, {len(failures)} failures, {len(faults)} faults"
        f" of the desk; {dict(sorted(statuses.items()))}\n"
    )
    return int(bool(failures or faults or of_server))


def _one_round(desk: Desk, turn: int, options: argparse.Namespace, statuses: Counter[int], failures: list[str]) -> int:
    """Send a part of the requests to a desk; return how many operations there are."""
    there = There(desk)
    api = strictly_documented(desk)
    if options.control:
        forgetful(api)
    every = sorted(operations(api), key=what_ends_things_comes_last)
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    number = -(-options.requests // (len(every) * len(modes) * ROUNDS))
    for operation in every:
        for mode in modes:
            _tried(desk, there, operation, mode, number, options.seed * ROUNDS + turn, statuses, failures)
    return len(every)


def _tried(
    desk: Desk, there: "There", operation: APIOperation, mode: GenerationMode, number: int, begin: int,
    statuses: Counter[int], failures: list[str],
) -> None:  # fmt: skip
    """Send requests until `number` are through; a failure ends a run of them, so begin another one."""
    done, tries = 0, 0
    while done < number and tries < 5:
        before = sum(statuses.values())
        try:
            sent(desk, there, operation, mode, number - done, begin + 1000 * tries, statuses)
        except Exception as failure:  # noqa: BLE001 - whatever it is, it is told
            failures.append(f"{operation.label} ({mode.name}): {failure}")
        done += max(sum(statuses.values()) - before, 1)
        tries += 1


ROUNDS = 5


if __name__ == "__main__":
    sys.exit(main())
