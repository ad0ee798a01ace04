"""What a claim is listed under follows what it says: its tags and its sources."""

from tests.desk import Desk


def listed(desk: Desk, query: str) -> list[str]:
    return [item["id"] for item in desk.get(f"/v1/claims?{query}").json["items"]]


def test_amended_tags_are_what_the_claim_is_listed_under(desk: Desk) -> None:
    claim = desk.claim(tags=["rally", "crowd"])["id"]
    assert [listed(desk, f"tag={tag}") for tag in ("rally", "crowd", "stadium")] == [[claim], [claim], []]
    amended = desk.patch(f"/v1/claims/{claim}", {"tags": ["crowd", "stadium"]}, etag="*")
    assert (amended.status_code, amended.json["tags"]) == (200, ["crowd", "stadium"])
    assert [listed(desk, f"tag={tag}") for tag in ("rally", "crowd", "stadium")] == [[], [claim], [claim]]
    assert desk.patch(f"/v1/claims/{claim}", {"tags": []}, etag="*").json["tags"] == []
    assert [listed(desk, f"tag={tag}") for tag in ("rally", "crowd", "stadium")] == [[], [], []]


def test_an_amended_chain_is_what_the_claim_is_listed_under(desk: Desk) -> None:
    one, two = (desk.source(name=name)["id"] for name in ("One", "Two"))
    hops = {each: [{"source_id": each, "directness": "indirect"}] for each in (one, two)}
    claim = desk.claim(attribution=hops[one])["id"]
    assert [listed(desk, f"source={each}") for each in (one, two)] == [[claim], []]
    amended = desk.patch(f"/v1/claims/{claim}", {"attribution": hops[two]}, etag="*")
    assert (amended.status_code, amended.json["attribution"]["origin"]["id"]) == (200, two)
    assert [listed(desk, f"source={each}") for each in (one, two)] == [[], [claim]]
