"""Relations between sources: added, dated, withdrawn with a reason, proved by the log, and reasons of one origin."""

from typing import Any

import pytest

from tests.desk import Desk, audit_faults
from tests.redacting import faults, rebuilt_faults
from tests.test_judgments import judge

Json = dict[str, Any]
REASON = "He left the ministry."


class Ministry:
    """A claim of an article of 2023 that a spokesman's and a ministry's page support, with what they are related by."""

    def __init__(self, desk: Desk, published_on: str | None = "2023-11-06") -> None:
        self.desk = desk
        self.ids = {
            name: desk.source(name=name, kind="person" if name == "Spokesman" else "organization")["id"]
            for name in ("Spokesman", "Ministry")
        }
        self.article = desk.article(published_on=published_on)["id"]
        self.claim = desk.claim(article_id=self.article)["id"]
        for name in self.ids:
            self.support(name)

    def __getitem__(self, name: str) -> str:
        if name not in self.ids:
            self.ids[name] = self.desk.source(name=name, kind="organization")["id"]
        return self.ids[name]

    def support(self, name: str) -> None:
        page = {"stance": "supports", "title": f"Page of {name}", "source_id": self[name]}
        self.desk.made(f"/v1/claims/{self.claim}/evidence", page)

    def relate(self, source: str, kind: str, other: str, **fields: Any) -> Json:
        body = {"kind": kind, "other_id": self[other], **fields}
        return self.desk.made(f"/v1/sources/{self[source]}/relations", body)

    def withdraw(self, relation: Json, by: str = "analyst") -> Any:
        path = f"/v1/sources/{relation['source']['id']}/relations/{relation['id']}/withdrawal"
        return self.desk.post(path, {"reason": REASON}, by=by)

    def origins(self) -> tuple[int, list[tuple[str, str]]]:
        found = self.desk.get(f"/v1/claims/{self.claim}/provenance").json
        return found["independent_origins"], [(each["kind"], each["explanation"]) for each in found["collapses"]]

    def demand_right(self) -> None:
        assert faults(self.desk.database) == []
        assert audit_faults(self.desk.database) == []


TOLD = "Spokesman speaks for Ministry (since 2019): one original source, not two."


def test_a_spokesman_and_his_ministry_are_one_origin_because_of_a_relation(desk: Desk, empty_url: str) -> None:
    ministry = Ministry(desk)
    assert ministry.origins() == (2, [])
    made = ministry.relate("Spokesman", "speaks_for", "Ministry", since="2019", note="By his own page.")
    assert (made["kind"], made["since"], made["until"], made["note"]) == (
        "speaks_for",
        "2019",
        None,
        "By his own page.",
    )
    assert (made["one_origin"], made["circle"], made["withdrawn_at"]) == (True, [], None)
    assert [made[side]["name"] for side in ("source", "other")] == ["Spokesman", "Ministry"]
    assert ministry.origins() == (1, [("source_relation", TOLD)])
    found = desk.get(f"/v1/claims/{ministry.claim}/provenance").json["collapses"][0]["relations"]
    assert [each["id"] for each in found] == [made["id"]]
    ministry.demand_right()
    for name in ("Spokesman", "Ministry"):
        listed = desk.get(f"/v1/sources/{ministry[name]}/relations").json["items"]
        assert [each["id"] for each in listed] == [made["id"]]
    gone = ministry.withdraw(made)
    assert (gone.status_code, gone.json["withdrawn_reason"]) == (200, REASON)
    assert gone.json == desk.get(f"/v1/sources/{ministry['Ministry']}/relations/{made['id']}").json
    assert ministry.origins() == (2, [])
    ministry.demand_right()
    assert rebuilt_faults(desk.database, empty_url) == []


@pytest.mark.parametrize(
    ("since", "until", "origins"),
    [
        (None, None, 1), ("2023", "2023", 1), ("2023-11-06", "2023-11-06", 1), ("2023-11-07", None, 2),
        (None, "2023-11-05", 2), ("2019", "2022", 2), ("2024", None, 2),
    ],
)  # fmt: skip
def test_a_relation_counts_on_the_day_of_the_claim(desk: Desk, since: Any, until: Any, origins: int) -> None:
    ministry = Ministry(desk)
    ministry.relate("Spokesman", "speaks_for", "Ministry", since=since, until=until)
    assert ministry.origins()[0] == origins
    assert audit_faults(desk.database) == []


def test_without_a_day_of_publication_the_day_of_entry_counts(desk: Desk) -> None:
    ministry = Ministry(desk, published_on=None)
    ministry.relate("Spokesman", "speaks_for", "Ministry", until="2022")
    assert ministry.origins()[0] == 2
    edited = desk.patch(f"/v1/articles/{ministry.article}", {"published_on": "2020-05-01"}, etag="*")
    assert edited.status_code == 200
    assert ministry.origins()[0] == 1
    ministry.demand_right()


@pytest.mark.parametrize(
    ("source", "kind", "other", "origins"),
    [
        ("Spokesman", "speaks_for", "Ministry", 1), ("Ministry", "owns", "Spokesman", 1),
        ("Spokesman", "subsidiary_of", "Ministry", 1), ("Spokesman", "member_of", "Ministry", 2),
    ],
)  # fmt: skip
def test_each_kind_makes_one_origin_or_not(desk: Desk, source: str, kind: str, other: str, origins: int) -> None:
    ministry = Ministry(desk)
    made = ministry.relate(source, kind, other)
    assert (made["one_origin"], ministry.origins()[0]) == (origins == 1, origins)
    assert audit_faults(desk.database) == []


def test_two_who_speak_for_one_that_nothing_names_are_one(desk: Desk, empty_url: str) -> None:
    """What is not named in the claim changes its audit too: related, joined, parted, renamed, withdrawn."""
    ministry = Ministry(desk)
    one = ministry.relate("Spokesman", "speaks_for", "Government")
    ministry.relate("Holding", "owns", "Ministry")
    assert ministry.origins()[0] == 2
    link = ministry.relate("Holding", "subsidiary_of", "State")
    assert ministry.origins()[0] == 2
    judge(desk, ministry["Government"], ministry["State"])
    told = (
        "Spokesman speaks for Government; Holding is a subsidiary of Government; Holding owns Ministry: "
        "one original source, not two."
    )
    assert ministry.origins() == (1, [("source_relation", told)])
    ministry.demand_right()
    assert desk.patch(f"/v1/sources/{ministry['Holding']}", {"name": "Trust"}, etag="*").status_code == 200
    assert "Trust owns Ministry" in ministry.origins()[1][0][1]
    ministry.demand_right()
    judge(desk, ministry["Government"], ministry["State"], "different")
    assert ministry.origins()[0] == 2
    ministry.demand_right()
    ministry.relate("State", "owns", "Government")
    assert ministry.origins()[0] == 1
    ministry.demand_right()
    assert ministry.withdraw(link).status_code == 200
    assert ministry.origins()[0] == 2
    assert one["log_index"] < link["log_index"]
    ministry.demand_right()
    assert rebuilt_faults(desk.database, empty_url) == []


def test_a_circle_is_told(desk: Desk) -> None:
    ministry = Ministry(desk)
    first = ministry.relate("A", "owns", "B", since="2010")
    assert first["circle"] == []
    assert ministry.relate("B", "owns", "A", until="2009")["circle"] == []  # not on one day
    closing = ministry.relate("B", "owns", "A", since="2020")
    assert [each["name"] for each in closing["circle"]] == ["A", "B"]
    listed = desk.get(f"/v1/sources/{ministry['A']}/relations").json["items"]
    assert [[each["name"] for each in item["circle"]] for item in listed] == [["B", "A"], [], ["A", "B"]]
    ministry.relate("Spokesman", "speaks_for", "A")
    ministry.relate("Ministry", "subsidiary_of", "B")
    assert ministry.origins()[0] == 1
    ministry.demand_right()
    assert ministry.withdraw(closing).json["circle"] == []


def test_a_joined_source_shows_the_relations_of_both(desk: Desk) -> None:
    ministry = Ministry(desk)
    made = ministry.relate("Clerk", "speaks_for", "Ministry")
    judge(desk, ministry["Clerk"], ministry["Spokesman"])
    for name in ("Clerk", "Spokesman"):
        [shown] = desk.get(f"/v1/sources/{ministry[name]}/relations").json["items"]
        assert shown == made
    assert ministry.origins()[0] == 1
    ministry.demand_right()
    body = {"kind": "speaks_for", "other_id": ministry["Ministry"]}
    assert desk.post(f"/v1/sources/{ministry['Spokesman']}/relations", body).json["id"] == made["id"]  # it is there
    judge(desk, ministry["Clerk"], ministry["Spokesman"], "different")
    assert desk.get(f"/v1/sources/{ministry['Spokesman']}/relations").json["items"] == []
    assert ministry.origins()[0] == 2
    ministry.demand_right()


def test_what_is_refused(desk: Desk) -> None:
    ministry = Ministry(desk)
    path = f"/v1/sources/{ministry['Spokesman']}/relations"
    body = {"kind": "speaks_for", "other_id": ministry["Ministry"]}
    for wrong, pointer in (
        ({"other_id": ministry["Spokesman"]}, "/other_id"),
        ({"other_id": ministry.claim}, "/other_id"),
        ({"kind": "knows"}, "/kind"),
        ({"since": "2023-02-30"}, "/since"),
        ({"since": "0000"}, "/since"),
        ({"until": "May 2020"}, "/until"),
        ({"since": "2020-05-02", "until": "2020-05-01"}, "/until"),
        ({"since": "2021", "until": "2020"}, "/until"),
        ({"note": " "}, "/note"),
    ):
        answer = desk.post(path, body | wrong)
        assert (answer.status_code, [each["pointer"] for each in answer.json["errors"]]) == (422, [pointer]), wrong
    assert desk.get(path).json["items"] == []
    made = desk.made(path, body | {"since": "2020", "until": "2021"})
    again = desk.post(path, body | {"since": "2021-12-31"})
    assert (again.status_code, again.json["id"]) == (409, made["id"])
    desk.made(path, body | {"since": "2022-01-01"})
    judge(desk, ministry["Spokesman"], ministry["Ministry"])
    same = desk.post(path, body | {"kind": "owns"})
    assert (same.status_code, same.json["detail"][:27]) == (409, "These two sources are judge")
    assert ministry.origins()[0] == 1
    ministry.demand_right()


def test_who_may_withdraw(desk: Desk) -> None:
    ministry = Ministry(desk)
    body = {"kind": "speaks_for", "other_id": ministry["Ministry"]}
    own = desk.made(f"/v1/sources/{ministry['Spokesman']}/relations", body, by="contributor")
    other = ministry.relate("Ministry", "owns", "Spokesman")
    assert ministry.withdraw(other, by="contributor").status_code == 403
    assert ministry.withdraw(own, by="contributor").status_code == 200
    again = ministry.withdraw(own)
    assert (again.status_code, again.json["detail"]) == (409, "This relation is already withdrawn.")
    ministry.demand_right()
