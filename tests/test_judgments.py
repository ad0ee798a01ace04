"""Judgments on sources: what they join and part again, over HTTP, on both databases."""

import os
import random
from typing import Any

import pytest

from tests.desk import Desk
from tests.redacting import faults, rebuilt_faults

Json = dict[str, Any]
WHY = "One man, two spellings."
WIKIDATA = "https://www.wikidata.org/wiki/Q42"
TIMES = ("at", "since", "until", "log_index", "revision", "request_id")
SEEDS = int(os.environ.get("FACTCHECK_TEST_JUDGMENTS", "3"))  # sequences of each kind; 40 is the long form


def judge(desk: Desk, one: str, other: str, judgment: str = "same", *, status: int = 201, **fields: Any) -> Json:
    body = {"other_id": other, "judgment": judgment, "reason": WHY, **fields}
    answer = desk.post(f"/v1/sources/{one}/judgments", body)
    assert answer.status_code == status, answer.get_data(as_text=True)
    found: Json = answer.json
    return found


def timeless(value: Any) -> Any:
    """Return JSON without times, places in the log and counts of entries."""
    if isinstance(value, dict):
        return {name: timeless(each) for name, each in value.items() if not name.endswith(TIMES)}
    return [timeless(each) for each in value] if isinstance(value, list) else value


class Named:
    """A desk whose claims name some sources in every place: chains, on behalf of, evidence, outlets."""

    def __init__(self, desk: Desk, number: int = 5) -> None:
        self.desk = desk
        self.ids = [
            desk.source(
                name=f"Speaker {at}", kind="person", aliases=[f"Nickname {at}"],
                same_as=[f"https://w.example/{at}", *([WIKIDATA] if at > 2 else [])],
                description=f"Speaker number {at}.", external_id=f"s-{at}",
            )["id"]
            for at in range(number)
        ]  # fmt: skip
        self.claims = []
        for at, source in enumerate(self.ids):
            after = self.ids[(at + 1) % number]
            article = desk.article(outlet_id=self.ids[(at + 2) % number])["id"]
            hop = {"source_id": source, "directness": "direct", "on_behalf_of_id": after if at % 2 else None}
            claim = desk.claim(article_id=article, text=f"Claim {at} was made.", attribution=[hop])["id"]
            page = {"stance": "supports", "url": f"https://page.example/{at}", "title": "A page", "source_id": after}
            desk.made(f"/v1/claims/{claim}/evidence", page)
            self.claims.append(claim)
        for one, other in zip(self.claims, self.claims[1:], strict=False):
            desk.made(f"/v1/claims/{one}/relations", {"kind": "restates", "claim_id": other})

    def seen(self) -> Json:
        """Return all that the desk shows, by its paths."""
        paths = ["/v1/sources", "/v1/sources?q=nickname", "/v1/claims", "/v1/articles", "/v1/audit/findings",
                 "/v1/audit/summary", "/v1/audit/conflicts"]  # fmt: skip
        for source in self.ids:
            paths += [f"/v1/sources/{source}", f"/v1/sources/{source}/record", f"/v1/claims?source={source}",
                      f"/v1/claims?origin={source}", f"/v1/articles?outlet={source}"]  # fmt: skip
        for claim in self.claims:
            paths += [f"/v1/claims/{claim}", f"/v1/claims/{claim}/provenance"]
        found: Json = {}
        for path in paths:
            answer = self.desk.get(path)
            found[path] = [answer.status_code, answer.headers.get("Location"), timeless(answer.json)]
            if answer.json.get("items"):  # by when they changed, or as they were found
                found[path][2]["items"].sort(key=str)
        return found

    def origins(self) -> list[int]:
        return [self.desk.get(f"/v1/claims/{each}/provenance").json["independent_origins"] for each in self.claims]

    def groups(self) -> list[list[str]]:
        """Return the groups that the desk shows, by where each source leads."""
        found: dict[str, list[str]] = {}
        for each in self.ids:
            answer = self.desk.get(f"/v1/sources/{each}")
            head = each if answer.status_code == 200 else answer.headers["Location"].rpartition("/")[2]
            found.setdefault(head, []).append(each)
        return sorted(found.values())


def test_the_same_joins_and_different_parts_again(desk: Desk) -> None:
    named = Named(desk)
    one, other = named.ids[:2]
    before = named.seen()
    made = judge(desk, other, one)
    assert (made["judgment"], made["counts"], made["shown_id"]) == ("same", True, None)
    assert (made["source"]["name"], made["other"]["name"]) == ("Speaker 1", "Speaker 0")
    moved = desk.get(f"/v1/sources/{other}")
    assert (moved.status_code, moved.headers["Location"]) == (301, f"/v1/sources/{one}")
    shown = desk.get(f"/v1/sources/{one}").json
    assert (shown["name"], shown["description"], shown["external_id"]) == ("Speaker 0", "Speaker number 0.", "s-0")
    assert shown["aliases"] == ["Nickname 0", "Speaker 1", "Nickname 1"]
    assert shown["same_as"] == ["https://w.example/0", "https://w.example/1"]
    assert [each["name"] for each in desk.get("/v1/sources?q=nickname+1").json["items"]] == ["Speaker 0"]
    assert desk.get(f"/v1/claims/{named.claims[1]}").json["attribution"]["origin"]["id"] == one
    assert len(desk.get(f"/v1/claims?origin={one}").json["items"]) == 2
    assert named.seen() != before
    assert faults(desk.database) == []
    judge(desk, one, other, "different")
    assert named.seen() == before
    listed = desk.get(f"/v1/sources/{one}/judgments").json["items"]
    assert [(each["judgment"], each["counts"]) for each in listed] == [("same", False), ("different", True)]
    assert faults(desk.database) == []


def test_unsure_parts_as_well(desk: Desk) -> None:
    named = Named(desk, 3)
    before = named.seen()
    judge(desk, named.ids[0], named.ids[1])
    judge(desk, named.ids[1], named.ids[0], "unsure")
    assert named.seen() == before
    assert faults(desk.database) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_any_sequence_is_undone_by_parting(desk: Desk, empty_url: str, seed: int) -> None:
    named, draw = Named(desk), random.Random(seed)
    before = named.seen()
    newest: dict[frozenset[str], str] = {}
    for _ in range(10):
        one, other = draw.sample(named.ids, 2)
        judgment = draw.choices(["same", "different", "unsure"], (5, 2, 1))[0]
        were = named.origins()
        body = {"other_id": other, "judgment": judgment, "reason": WHY}
        if judgment == "same":
            body["shown_id"] = draw.choice([one, other, None])
        answer = desk.post(f"/v1/sources/{one}/judgments", body)
        assert answer.status_code in (201, 409)
        if answer.status_code == 409:
            assert answer.json["path"]
            continue
        newest[frozenset((one, other))] = judgment
        are = named.origins()
        if judgment == "same":
            assert all(now <= then for now, then in zip(are, were, strict=True))
        elif judgment == "different":
            assert all(now >= then for now, then in zip(are, were, strict=True))
    assert named.groups() == sorted(anew(named.ids, newest))
    assert faults(desk.database) == []
    for pair in [pair for pair, judgment in newest.items() if judgment != "unsure"]:
        judge(desk, *sorted(pair), "unsure")
    assert named.seen() == before
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, empty_url) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_order_of_judgments_does_not_matter(desk: Desk, seed: int) -> None:
    """Those that can all hold, each given by either of the two sources: the desk is the same, whatever came first."""
    named, draw = Named(desk), random.Random(seed)
    group = {each: draw.randrange(3) for each in named.ids}
    pairs = [(one, other) for at, one in enumerate(named.ids) for other in named.ids[at + 1 :]]
    chosen = {pair: "same" if group[pair[0]] == group[pair[1]] else "different" for pair in draw.sample(pairs, 7)}
    seen = []
    for _ in range(3):
        for one, other in draw.sample(list(chosen), len(chosen)):
            judge(desk, *draw.sample([one, other], 2), chosen[one, other])
        seen.append(named.seen())
        assert named.groups() == sorted(anew(named.ids, {frozenset(each): how for each, how in chosen.items()}))
        assert faults(desk.database) == []
        for one, other in chosen:
            judge(desk, one, other, "unsure")
    assert seen[1:] == [seen[0]] * 2


def anew(ids: list[str], newest: dict[frozenset[str], str]) -> list[list[str]]:
    """Return the groups that the newest judgments of all pairs give."""
    groups = [{each} for each in ids]
    for pair in [pair for pair, judgment in newest.items() if judgment == "same"]:
        joined = set().union(*(group for group in groups if group & pair))
        groups = [group for group in groups if not group & pair] + [joined]
    return [[each for each in ids if each in group] for group in groups]


def test_a_contradiction_is_refused_with_the_chain_of_judgments(desk: Desk) -> None:
    a, b, c, d = (desk.source(name=name)["id"] for name in "ABCD")
    judge(desk, a, b)
    judge(desk, c, b)
    judge(desk, d, c, "different")
    size = len(desk.changes())
    refused = judge(desk, a, d, status=409)
    told = [(each["source"]["name"], each["other"]["name"], each["judgment"]) for each in refused["path"]]
    assert told == [("A", "B", "same"), ("C", "B", "same"), ("D", "C", "different")]
    assert "“A” and “B” are the same; “C” and “B” are the same; “D” and “C” are different." in refused["detail"]
    refused = judge(desk, c, a, "different", status=409)
    assert [each["judgment"] for each in refused["path"]] == ["same", "same"]
    assert len(desk.changes()) == size
    judge(desk, a, c)  # now all three pairs are the same
    assert len(judge(desk, b, a, "different", status=409)["path"]) == 2
    judge(desk, a, c, "unsure")
    judge(desk, b, a, "different")
    judge(desk, a, d)
    assert faults(desk.database) == []


def test_which_source_is_shown_can_be_chosen_and_chosen_again(desk: Desk) -> None:
    first, second, third = (desk.source(name=name, kind="person")["id"] for name in ("One", "Two", "Three"))
    claim = desk.claim(attribution=[{"source_id": first, "directness": "direct"}])["id"]

    def shown() -> str:
        name: str = desk.get(f"/v1/claims/{claim}").json["attribution"]["origin"]["name"]
        return name

    names = [shown()]
    for one, other, chosen in ((first, second, second), (third, second, None), (second, third, third)):
        judge(desk, one, other, shown_id=chosen)
        names.append(shown())
    judge(desk, second, third, "different")
    names.append(shown())
    assert names == ["One", "Two", "Two", "Three", "Two"]
    assert faults(desk.database) == []


def test_editing_a_joined_source_leaves_the_others_what_is_theirs(desk: Desk) -> None:
    one = desk.source(name="Tchiani", aliases=["General Tchiani"])["id"]
    other = desk.source(name="Tiani", aliases=["A. Tiani"], same_as=["https://w.example/1"])["id"]
    judge(desk, one, other)
    got = desk.get(f"/v1/sources/{one}")
    patch = {"aliases": [*got.json["aliases"], "Omar"], "same_as": [*got.json["same_as"], "https://w.example/2"]}
    edited = desk.patch(f"/v1/sources/{one}", patch, etag=got.headers["ETag"])
    assert edited.json["aliases"] == ["General Tchiani", "Omar", "Tiani", "A. Tiani"]
    judge(desk, one, other, "different")
    parted = desk.get(f"/v1/sources/{one}").json
    assert (parted["aliases"], parted["same_as"]) == (["General Tchiani", "Omar"], ["https://w.example/2"])
    edited = desk.patch(f"/v1/sources/{one}", {"aliases": ["Tiani"]}, etag="*")
    assert edited.json["aliases"] == ["Tiani"]
    assert faults(desk.database) == []


def test_what_is_no_judgment_is_refused(desk: Desk) -> None:
    one, other, third = (desk.source(name=name)["id"] for name in ("One", "Two", "Three"))
    size = len(desk.changes())
    nobody = "0190a0a0-0000-7000-8000-000000000000"
    for body, pointer in (
        ({"other_id": one}, "/other_id"), ({"other_id": nobody}, "/other_id"), ({"judgment": "equal"}, "/judgment"),
        ({"reason": " "}, "/reason"), ({"shown_id": third}, "/shown_id"),
        ({"judgment": "different", "shown_id": one}, "/shown_id"), ({"shown": one}, "/shown"),
    ):  # fmt: skip
        whole = {"other_id": other, "judgment": "same", "reason": WHY} | body
        refused = desk.post(f"/v1/sources/{one}/judgments", whole)
        assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, pointer)
    body = {"other_id": other, "judgment": "same", "reason": WHY}
    assert desk.post(f"/v1/sources/{nobody}/judgments", body).status_code == 404
    assert desk.get(f"/v1/sources/{nobody}/judgments").status_code == 404
    assert desk.post(f"/v1/sources/{one}/judgments", body, by="contributor").status_code == 403
    stale = desk.post(f"/v1/sources/{one}/judgments", body, headers={"If-Match": '"stale"'})
    assert stale.status_code == 412
    assert len(desk.changes()) == size


def test_a_group_has_an_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("factcheck.desk.identity.joining.MOST", 3)
    ids = [desk.source(name=f"Source {at}")["id"] for at in range(4)]
    judge(desk, ids[0], ids[1])
    judge(desk, ids[2], ids[3])
    assert "At most 3 sources can be joined" in judge(desk, ids[0], ids[2], status=409)["detail"]
    assert desk.get(f"/v1/sources/{ids[2]}").status_code == 200


def test_one_judgment_has_an_address(desk: Desk) -> None:
    one, other, third = (desk.source(name=name)["id"] for name in ("One", "Two", "Three"))
    body = {"other_id": other, "judgment": "unsure", "reason": WHY}
    made = desk.post(f"/v1/sources/{one}/judgments", body, headers={"Idempotency-Key": "k"})
    there = desk.get(made.headers["Location"])
    assert (there.status_code, there.json, there.headers["ETag"]) == (200, made.json, made.headers["ETag"])
    assert desk.get(f"/v1/sources/{other}/judgments/{made.json['log_index']}").json == made.json
    assert desk.get(f"/v1/sources/{third}/judgments/{made.json['log_index']}").status_code == 404
    again = desk.post(f"/v1/sources/{one}/judgments", body, headers={"Idempotency-Key": "k"})
    assert again.json == made.json
    assert len(desk.get(f"/v1/sources/{one}/judgments").json["items"]) == 1
    [seen] = desk.with_settings(public_read=True).get(f"/v1/sources/{one}/judgments", by=None).json["items"]
    assert (seen["reason"], seen["judged_by"]["id"]) == (None, None)


def test_a_redacted_source_takes_the_reasons_of_judgments_with_it(desk: Desk, empty_url: str) -> None:
    gone, joined, apart = (desk.source(name=f"Secret {at}", kind="person")["id"] for at in range(3))
    judge(desk, joined, gone, reason="Secret 0 is Secret 1.")
    judge(desk, apart, gone, "different", reason="Secret 0 is another one.")
    judge(desk, gone, apart, "unsure", reason="Secret 0 may be this one.")
    reason = {"reason": "A court asked."}
    assert desk.post(f"/v1/sources/{gone}/redaction", reason, by="admin").status_code == 204
    listed = desk.get(f"/v1/sources/{apart}/judgments").json["items"]
    assert [(each["judgment"], each["reason"]) for each in listed] == [("different", None), ("unsure", None)]
    assert "Secret 0" not in str(desk.changes())
    for one, other in ((gone, apart), (apart, gone), (joined, gone)):
        assert "redacted" in judge(desk, one, other, "unsure", status=409)["detail"]
    assert faults(desk.database) == []
    assert rebuilt_faults(desk.database, empty_url) == []
