"""How much one claim may hold: beyond it a write is refused with the limit, and nothing is stored."""

from itertools import pairwise
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import insert

from factcheck.log.clock import now
from factcheck.rules.budget import CLAIM, CONNECTED, EVIDENCE, RELATIONS
from factcheck.storage.tables.claims import Relation
from factcheck.storage.tables.evidence import Evidence
from tests.desk import Desk

Json = dict[str, Any]


@pytest.fixture
def claims(desk: Desk, request: pytest.FixtureRequest) -> list[str]:
    """Claims of one article, as many as are asked for."""
    article = desk.article()["id"]
    line = {"type": "claim", "article_id": article, "kind": "factual", "quotes": [{"exact": "solidarity"}]}
    lines = b"\n".join(orjson.dumps(line | {"text": f"Claim {at}."}) for at in range(request.param))
    told = desk.post("/v1/imports", data=lines, content_type="application/x-ndjson").get_data().splitlines()
    ids = [orjson.loads(each)["id"] for each in told]
    assert len({*ids}) == request.param
    return ids


def relate(desk: Desk, pairs: list[tuple[str, str]]) -> None:
    """Store relations as they stand on a desk on which somebody entered them one by one."""
    rows = [
        {"id": str(UUID(int=at + 1)), "log_index": 10**6 + at, "claim_id": one, "other_id": other, "kind": "supports",
         "note": None, "added_by_id": desk.people["contributor"], "added_at": now()}
        for at, (one, other) in enumerate(pairs)
    ]  # fmt: skip
    with desk.database.writing() as session:
        session.execute(insert(Relation), rows)


def refused(desk: Desk, path: str, body: Json, limit: int, told: str, **options: Any) -> None:
    """Post what there is no room for: 409 with the limit, and no entry in the log."""
    size = len(desk.changes())
    answer = desk.post(path, body, **options)
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/against-a-rule"), answer.get_data(as_text=True)
    assert answer.json["limit"] == limit
    assert told in answer.json["detail"], answer.json
    assert len(desk.changes()) == size


@pytest.mark.parametrize("claims", [RELATIONS + 3], indirect=True)
def test_a_claim_has_at_most_so_many_relations_from_either_end(desk: Desk, claims: list[str]) -> None:
    full, *others, last, new = claims
    half = RELATIONS // 2
    relate(desk, [(full, each) for each in others[:half]] + [(each, full) for each in others[half : RELATIONS - 1]])
    body = {"kind": "restates"}
    assert desk.post(f"/v1/claims/{full}/relations", body | {"claim_id": last}).status_code == 201
    refused(desk, f"/v1/claims/{full}/relations", body | {"claim_id": new}, RELATIONS, "This claim has 200 relations")
    refused(desk, f"/v1/claims/{new}/relations", body | {"claim_id": full}, RELATIONS, "The other claim has 200 rel")


@pytest.mark.parametrize("claims", [CONNECTED + 1], indirect=True)
def test_relations_connect_at_most_so_many_claims(desk: Desk, claims: list[str]) -> None:
    middle = CONNECTED // 2
    one, two = claims[:middle], claims[middle:CONNECTED]
    relate(desk, [*pairwise(one), *pairwise(two)])
    body = {"kind": "contradicts"}
    assert desk.post(f"/v1/claims/{one[0]}/relations", body | {"claim_id": two[0]}).status_code == 201
    outside = claims[-1]
    refused(desk, f"/v1/claims/{outside}/relations", body | {"claim_id": one[9]}, CONNECTED, "connect 501 claims")
    assert desk.post(f"/v1/claims/{one[5]}/relations", body | {"claim_id": two[5]}).status_code == 201


@pytest.mark.parametrize("claims", [CONNECTED + 1], indirect=True)
def test_claims_that_say_different_things_are_not_connected(desk: Desk, claims: list[str]) -> None:
    *connected, outside = claims
    relate(desk, [*pairwise(connected)])
    body = {"kind": "distinct_from", "claim_id": connected[9]}
    assert desk.post(f"/v1/claims/{outside}/relations", body).status_code == 201
    refused(desk, f"/v1/claims/{outside}/relations", body | {"kind": "supports"}, CONNECTED, "connect 501 claims")
    other = desk.claim(text="Another claim.")["id"]
    assert desk.post(f"/v1/claims/{outside}/relations", {"kind": "supports", "claim_id": other}).status_code == 201


@pytest.mark.parametrize("claims", [1], indirect=True)
def test_a_claim_has_at_most_so_many_pieces_of_evidence(desk: Desk, claims: list[str]) -> None:
    [claim] = claims
    item = {"stance": "context", "title": "T"}
    rows = [
        {"id": str(UUID(int=at + 1)), "claim_id": claim, "position": at, "added_by_id": desk.people["contributor"],
         "added_at": now(), **item}
        for at in range(EVIDENCE - 1)
    ]  # fmt: skip
    with desk.database.writing() as session:
        session.execute(insert(Evidence), rows)
    last = desk.made(f"/v1/claims/{claim}/evidence", item)
    withdrawn = desk.post(f"/v1/claims/{claim}/evidence/{last['id']}/withdrawal", {"reason": "A mistake."})
    assert withdrawn.status_code == 200
    refused(desk, f"/v1/claims/{claim}/evidence", item, EVIDENCE, "would have 201 pieces of evidence")
    review = {"status": "verified", "reason": "It is in the book.", "evidence": [item | {"stance": "supports"}]}
    etag = {"If-Match": desk.etag(claim)}
    refused(desk, f"/v1/claims/{claim}/reviews", review, EVIDENCE, "would have 201 pieces", headers=etag)


@pytest.mark.parametrize("claims", [1], indirect=True)
def test_a_claims_json_has_a_bound(desk: Desk, claims: list[str]) -> None:
    [claim] = claims
    chain = [{"described_as": "文" * 500, "directness": "direct", "note": "文" * 4000}] * 20
    big = {"text": "T", "kind": "factual", "quotes": [{"exact": "solidarity"}], "attribution": chain}
    article = desk.article()["id"]
    entries = len(desk.changes())
    answer = desk.post("/v1/claims", big | {"article_id": article})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "")
    assert f"{CLAIM} is the most" in answer.json["errors"][0]["detail"]
    assert len(desk.changes()) == entries
    line = big | {"type": "claim", "article_id": article, "evidence": [{"stance": "context", "excerpt": "文" * 9000}]}
    told = desk.post("/v1/imports", data=orjson.dumps(line), content_type="application/x-ndjson").get_data(as_text=True)
    assert '"result":"refused"' in told
    assert f"{CLAIM} is the most" in told
    item = {"stance": "context", "excerpt": "文" * 10_000}
    pieces = 0
    while (added := desk.post(f"/v1/claims/{claim}/evidence", item)).status_code == 201:
        pieces += 1
    assert (added.status_code, added.json["limit"], pieces) == (409, CLAIM, 8)
    patched = desk.patch(f"/v1/claims/{claim}", {"attribution": chain}, etag=desk.etag(claim))
    assert (patched.status_code, patched.json["limit"]) == (409, CLAIM)
    assert desk.get(f"/v1/claims/{claim}").json["attribution"]["chain"] == []
