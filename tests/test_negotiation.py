"""Accept chooses the form, 406 lists what there is, and Vary says what the answer depends on."""

import contextlib
import time

import pytest

from factcheck.errors import NotAcceptable
from factcheck.web.negotiation import JSON, Form, preferred
from tests.desk import Desk

LD, PROV, CSV = Form("application/ld+json"), Form("application/ld+json", "http://www.w3.org/ns/prov"), Form("text/csv")
FORMS = (JSON, LD, PROV, CSV)
NOTHING = None  # 406


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", JSON),
        ("application/json", JSON),
        ("application/json; charset=utf-8", JSON),
        ("application/json; indent=4", JSON),
        ("APPLICATION/JSON", JSON),
        ("application/*", JSON),
        ("text/*", CSV),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", JSON),
        ("text/csv, application/json", JSON),  # liked alike: our order
        ("text/csv, application/json;q=0.999", CSV),
        ("text/csv;q=0.5, application/json;q=0.4", CSV),
        ("application/ld+json", LD),
        ('application/ld+json; profile="http://www.w3.org/ns/prov"', PROV),
        ("application/ld+json;profile=http://www.w3.org/ns/prov", PROV),
        ('application/ld+json; PROFILE="https://x/y http://www.w3.org/ns/prov"; q=0.3', PROV),
        ('application/ld+json; profile="https://x/y"', NOTHING),
        ('application/ld+json; profile="https://x/y", application/ld+json;q=0.1', LD),
        # The most specific range counts, whichever comes first (RFC 9110, section 12.5.1).
        ("*/*, application/json;q=0", LD),
        ("application/json;q=0, application/*", LD),
        ('application/ld+json;q=0.2, application/ld+json;profile="http://www.w3.org/ns/prov";q=0.9', PROV),
        ("text/*;q=0.3, text/csv;q=0, application/json;q=0.1", JSON),
        ("text/html", NOTHING),
        ("application/json;q=0", NOTHING),
        ("*/*;q=0", NOTHING),
        ("application/json;q=0.000, text/csv;q=0.0", NOTHING),
        # What cannot be read is passed over; where nothing can, nothing was said.
        ("", JSON),
        (",, ,", JSON),
        ("json", JSON),
        ("text/csv;q=high, application/json;q=0.1", JSON),
        ("text/csv;q=1.5", JSON),
        ("text/csv;q=0.1234, text/csv;q=0.1, application/json;q=0.05", CSV),
        ('text/csv;x="a,b;q=0", application/json;q=0.1', CSV),
        ('application/ld+json; profile="http://www.w3.org/ns/prov', JSON),
    ],
)
def test_the_form_that_is_liked_best(accept: str, expected: Form | None) -> None:
    if expected is NOTHING:
        with pytest.raises(NotAcceptable) as caught:
            preferred(accept, FORMS)
        assert [form["type"] for form in caught.value.extra["available"]] == [form.content_type for form in FORMS]
    else:
        assert preferred(accept, FORMS) is expected


@pytest.mark.parametrize(
    "accept",
    ["text/csv," * 8000, "a/b;" * 16_000, 'a/b;x="' * 9000, "a/b;x=" + '\\"' * 30_000, "," * 64_000,
     "*/*;q=" + "0" * 64_000, "a/b;" + " " * 64_000, "a/b" + ";profile" * 8000],
)  # fmt: skip
def test_no_header_takes_long(accept: str) -> None:
    began = time.process_time()
    with contextlib.suppress(NotAcceptable):
        preferred(accept, FORMS)
    assert time.process_time() - began < 1


def test_an_answer_says_by_what_it_varies(seeded: Desk) -> None:
    claim = seeded.by_external_id("niger-2023-11-06/C15")["id"]
    etag = seeded.etag(claim)
    varying = {"Accept", "Authorization", "Cookie"}
    for path, headers, status in (
        ("/v1/claims?limit=1", {}, 200),
        ("/v1/claims", {"Accept": "text/csv"}, 200),
        ("/v1/claims", {"Accept": "text/html"}, 406),
        ("/v1/claims?limit=x", {}, 422),
        (f"/v1/claims/{claim}/provenance", {"Accept": "image/svg+xml"}, 200),
        (f"/v1/claims/{claim[:-4]}0000/provenance", {}, 404),
    ):
        answer = seeded.get(path, headers=headers)
        assert (answer.status_code, set(answer.vary)) == (status, varying), path
        answer.close()
    assert set(seeded.get("/v1/claims", by=None).vary) == varying
    assert set(seeded.get("/v1/sources?limit=1").vary) == {"Authorization", "Cookie"}
    assert seeded.get("/v1/sources?limit=1", headers={"Accept": "text/html"}).status_code == 200  # has one form alone
    assert etag
    assert "Accept" in seeded.get("/nothing").vary


def test_406_lists_what_there_is(seeded: Desk) -> None:
    answer = seeded.get("/v1/claims", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (406, "application/problem+json")
    assert [form["type"] for form in answer.json["available"]] == [
        "application/json",
        "application/x-ndjson",
        "text/csv",
    ]
    assert all(form["title"] for form in answer.json["available"])
    # Whatever a client likes, what is wrong is told as a problem.
    assert seeded.get("/v1/claims?limit=x", headers={"Accept": "text/csv"}).mimetype == "application/problem+json"
