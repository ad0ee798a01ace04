"""Annotations of others as claims: rows of Hypothesis's API, and what of an annotation is not carried."""

import json

import pytest

from factcheck.formats import foreign_annotations
from tests.desk import TEXT, Desk
from tests.importing import ANNOTATIONS, Json, imported, notices, outcomes, there, words
from tests.test_imports import counts

PAPER = "https://paper.example/1"
ROW: Json = {
    "id": "Bd0Xk",
    "created": "2023-11-06T10:00:00.000000+00:00",
    "updated": "2023-11-06T10:00:00.000000+00:00",
    "user": "acct:ann@hypothes.is",
    "uri": f"{PAPER}#top",
    "text": "A million came.",
    "tags": ["Crowd size", "rally"],
    "group": "__world__",
    "permissions": {"read": ["group:__world__"]},
    "hidden": False,
    "flagged": False,
    "document": {"title": ["A rally"]},
    "links": {"html": "https://hypothes.is/a/Bd0Xk"},
    "user_info": {"display_name": "Ann"},
    "target": [
        {
            "source": f"{PAPER}#top",
            "selector": [
                {
                    "type": "RangeSelector",
                    "startContainer": "/p[1]",
                    "startOffset": 1,
                    "endContainer": "/p[1]",
                    "endOffset": 9,
                },
                {"type": "TextPositionSelector", "start": 900, "end": 935},
                {
                    "type": "TextQuoteSelector",
                    "exact": "up to a million people",
                    "prefix": "claiming that ",
                    "suffix": " were present",
                },
            ],
        }
    ],
}


@pytest.mark.parametrize("wrapped", ["search", "list", "one", "lines"])
def test_rows_of_hypothesis_are_annotations_of_their_article(desk: Desk, wrapped: str) -> None:
    article = desk.article(url=PAPER)["id"]
    other = ROW | {
        "id": "second",
        "text": "Thousands came.",
        "target": [
            {"source": PAPER, "selector": [{"type": "TextQuoteSelector", "exact": "thousands of people gathered"}]}
        ],
    }
    documents = {
        "search": [{"total": 2, "rows": [ROW, other]}],
        "list": [[ROW, other]],
        "one": [ROW, other],
        "lines": [b"\n".join(json.dumps(each).encode() for each in (ROW, other))],
    }
    results = [each for document in documents[wrapped] for each in imported(desk, document, ANNOTATIONS)]
    assert outcomes(results) == ["added", "added"]
    first = desk.get(f"/v1/claims/{results[0]['id']}").json
    assert (first["article_id"], first["text"], first["external_id"]) == (
        article,
        "A million came.",
        "hypothesis:Bd0Xk",
    )
    [quote] = first["quotes"]
    assert (quote["exact"], quote["start"]) == ("up to a million people", TEXT.index("up to a million people"))
    assert first["tags"] == ["Crowd-size", "rally"]
    places = notices(results[:1])
    assert places["/tags"] == "The tag “Crowd size” is imported as “Crowd-size”."
    assert {"/user", "/created", "/updated", "/target/0/selector/0", "/document", "/permissions", "/links"} <= set(
        places
    )
    again = [each for document in documents[wrapped] for each in imported(desk, document, ANNOTATIONS)]
    assert outcomes(again) == ["unchanged", "unchanged"]


ROWS_REFUSED = [
    (ROW | {"text": ""}, "/text"),
    (ROW | {"text": None}, "/text"),
    (ROW | {"uri": "https://paper.example/none"}, "/article_id"),
    (ROW | {"target": [{"source": PAPER}]}, "/target/0/selector"),
    (ROW | {"target": []}, "/quotes"),
    (ROW | {"references": ["x"]}, "/references"),
    (ROW | {"target": [{"selector": [{"type": "TextQuoteSelector", "exact": "two million"}]}]}, "/quotes/0"),
]


def test_rows_that_are_no_claims_are_refused_and_leave_nothing(desk: Desk) -> None:
    desk.article(url=PAPER)
    before = counts(desk.database)
    for row, pointer in ROWS_REFUSED:
        [result] = imported(desk, {"total": 1, "rows": [row]}, ANNOTATIONS)
        assert result["result"] == "refused", row
        assert pointer in {error["pointer"] for error in result["problem"]["errors"]}, result
    assert counts(desk.database) == before


def test_what_is_on_further_pages_is_told(desk: Desk) -> None:
    desk.article(url=PAPER)
    [result] = imported(desk, {"total": 230, "rows": [ROW]}, ANNOTATIONS)
    assert notices([result])[""] == "Only 1 of 230 annotations are in the file: import the others too."
    page = {"type": "AnnotationPage", "items": [ROW], "next": "https://notes.example/page2"}
    for document, pointer in (
        (page, "/next"),
        ({"type": "AnnotationCollection", "first": page}, "/first/next"),
    ):
        [result] = imported(desk, document, ANNOTATIONS)
        assert "more pages" in notices([result])[pointer]


def test_every_member_of_the_widest_annotation_is_carried_or_told() -> None:
    annotation = {
        "@context": "http://www.w3.org/ns/anno.jsonld", "id": "https://notes.example/w-id", "type": "Annotation",
        "creator": {"name": "w-creator"}, "created": "w-created", "rights": "w-rights", "audience": "w-audience",
        "motivation": "w-motivation", "canonical": "w-canonical", "via": "w-via", "stylesheet": "w-sheet",
        "generator": "w-generator", "modified": "w-modified", "bodyValue": "w-value",
        "body": [
            {"type": "TextualBody", "value": "w-text", "purpose": "describing", "language": "w-language"},
            {"type": "TextualBody", "value": "w-second-text", "purpose": "replying"},
            {"type": "TextualBody", "value": "w-tag", "purpose": "tagging", "creator": "w-tagger"},
            "https://w-body.example",
            {"type": "TextualBody", "value": "w-refuted", "purpose": "tagging", "factcheck:question": "content"},
        ],
        "target": {
            "source": "https://paper.example/w", "renderedVia": "w-rendered", "scope": "w-scope",
            "state": {"type": "TimeState", "sourceDate": "w-date", "cached": "w-cached"},
            "selector": [
                {"type": "TextQuoteSelector", "exact": "w-exact", "prefix": "w-prefix", "suffix": "w-suffix"},
                {"type": "CssSelector", "value": "w-css", "refinedBy": {"value": "w-refined"}},
            ],
        },
    }  # fmt: skip
    made = foreign_annotations.line(annotation)
    carried = json.dumps(made.line)
    silent = {word for word in words(annotation) if word not in carried}
    for notice in made.notices:
        silent -= words([there(annotation, notice.pointer or "")])
    assert silent == set()
    assert {notice.pointer for notice in made.notices} >= {
        "/body/1/value",
        "/body/3",
        "/body/4",
        "/bodyValue",
        "/target/state",
    }
