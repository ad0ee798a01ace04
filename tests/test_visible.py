"""Texts that show nothing are refused wherever a text is asked for, and make nothing longer."""

from typing import Any

import orjson
import pytest

from factcheck.rules import status
from factcheck.rules.text.visible import blank
from tests.desk import Desk

# Zero width space and joiners, a byte order mark, marks of direction, a soft hyphen, fillers, a variation selector, a
# tag, a control character, a mark of an annotation, the empty braille pattern.
UNSEEN = [*"\u200b\u200d\u2060\ufeff\u202e\u061c\u00ad\u3164\u115f\uffa0\ufe0f\U000e0041\x01\ufffa\u2800"]


@pytest.mark.parametrize("unseen", [*UNSEEN, *" \t\n\u2003\u00a0\u3000", "\u200b \u2060", ""], ids=ascii)
def test_a_text_without_a_shape_is_blank(unseen: str) -> None:
    assert blank(unseen)
    assert blank(unseen * 3)
    assert not blank(f"{unseen}x{unseen}")


@pytest.mark.parametrize("seen", [*"a0.中é👍\u0600\u0301\ue000"], ids=ascii)
def test_a_text_with_a_shape_is_not_blank(seen: str) -> None:
    assert not blank(seen)


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
def test_what_cannot_be_seen_makes_no_reason_longer(unseen: str) -> None:
    move = status.BY_ENDS[status.Status.UNVERIFIED, status.Status.UNVERIFIABLE]
    for reason in (unseen * 10, "a" + unseen * 9, unseen.join("nineteen.") + unseen):
        assert [each.value for each in status.unmet(move, status.Question.CONTENT, reason, status.EvidenceTally())] == [
            "reason"
        ]
    assert status.unmet(move, status.Question.CONTENT, unseen.join("ten chars!"), status.EvidenceTally()) == []


@pytest.mark.parametrize("unseen", ["\u200b", "\u3164 \u2060", "\ufeff" * 10], ids=ascii)
def test_no_field_takes_a_text_that_shows_nothing(desk: Desk, unseen: str) -> None:
    article = desk.article()["id"]
    claim = {"article_id": article, "text": "T", "kind": "factual", "quotes": [{"exact": "solidarity"}]}
    hop = {"described_as": "an official", "directness": "direct"}
    quantity = {"high": 1, "unit": "people", "wording": "up to one"}
    entered = desk.claim(article_id=article)["id"]
    evidence = {"stance": "context", "title": "T"}
    rows: list[tuple[str, dict[str, Any], list[str]]] = [
        ("/v1/sources", {"name": "N", "kind": "group"}, ["name", "description", "external_id"]),
        ("/v1/sources", {"name": "N", "kind": "group", "aliases": ["A", "B"]}, ["aliases/1"]),
        ("/v1/articles", {"title": "T", "text": "T"}, ["title", "text", "author", "external_id"]),
        ("/v1/claims", claim, ["text", "external_id"]),
        ("/v1/claims", claim | {"tags": ["a"]}, ["tags/0"]),
        ("/v1/claims", claim | {"quotes": [{"exact": "solidarity"}]}, ["quotes/0/exact"]),
        ("/v1/claims", claim | {"attribution": [hop]}, [f"attribution/0/{n}" for n in ("described_as", "cue", "note")]),
        ("/v1/claims", claim | {"kind": "quantity", "quantity": quantity}, ["quantity/unit", "quantity/wording"]),
        (f"/v1/claims/{entered}/evidence", evidence, ["title", "excerpt", "note"]),
        (f"/v1/claims/{entered}/relations", {"kind": "restates", "claim_id": entered}, ["note"]),
        (f"/v1/claims/{entered}/withdrawal", {"reason": "R"}, ["reason"]),
        (f"/v1/claims/{entered}/second-opinion", {}, ["note"]),
        ("/v1/claims/match", {"text": "T"}, ["text"]),
    ]
    before = len(desk.changes())
    for path, body, pointers in rows:
        for pointer in pointers:
            sent = _with(body, pointer.split("/"), unseen)
            answer = desk.post(path, sent)
            assert answer.status_code == 422, (path, pointer, answer.get_data(as_text=True))
            assert [flaw["pointer"] for flaw in answer.json["errors"]] == [f"/{pointer}"]
            assert "Must not be blank" in answer.json["errors"][0]["detail"]
    decided = desk.review(entered, status="unverifiable", reason=unseen)
    assert (decided.status_code, decided.json["errors"][0]["pointer"]) == (422, "/reason")
    lines = b"".join(_line(unseen, name) for name in ("name", "external_id"))
    told = desk.post("/v1/imports", None, data=lines, content_type="application/x-ndjson").get_data(as_text=True)
    assert told.count("Must not be blank") == 2
    assert len(desk.changes()) == before


def _with(body: Any, pointer: list[str], value: str) -> Any:
    """Return a body with another value at a pointer."""
    step, *rest = pointer
    if isinstance(body, list):
        return [_with(each, rest, value) if at == int(step) and rest else value if at == int(step) else each
                for at, each in enumerate(body)]  # fmt: skip
    return body | {step: _with(body[step], rest, value) if rest else value}


def _line(unseen: str, member: str) -> bytes:
    return orjson.dumps({"type": "source", "name": "N", "kind": "group", "external_id": "e"} | {member: unseen}) + b"\n"
