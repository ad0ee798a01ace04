"""What readers without a token see: no names of people but those meant for them, and no internal words, on any path."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from factcheck.cli import cli
from factcheck.desk import people
from factcheck.desk.access import masking
from factcheck.desk.claim_state.documents import etag_of
from factcheck.errors import Clash, Invalid, Misconfigured
from factcheck.rules.roles import Role
from factcheck.settings import Settings
from factcheck.storage import schema
from factcheck.storage.tables.logbook import Revision
from factcheck.storage.tables.people import Person
from tests.comparing import Reader, differing, first_difference
from tests.conftest import Copies
from tests.desk import SECRET, Desk, Entered
from tests.everything import REASON, Asked, Things, Words, decide, furnished
from tests.test_amending import faults
from torture.varied import vary

Json = dict[str, Any]
MINE = Words()
YOURS = Words(
    first="Bello Adamu", withdrawn="A mistake of ours.", redacted="Somebody is in danger.", merged="Two spellings.",
    evidence="It was forged.", note="Do look twice.", revoked="She left us.",
)  # fmt: skip
# What a token holder is shown differently by two desks that differ in people and internal words.
CONTROL = (
    "/v1/claims?count=true", "/v1/claims/{claim_id}", "/v1/claims/{gone_id}", "/v1/claims/{claim_id}/evidence",
    "/v1/claims/{claim_id}/history", "/v1/claims/{claim_id}/relations", "/v1/claims/{claim_id}/reviews",
    "/v1/claims/{other_id}/second-opinion", "/v1/changes?limit=200", "/v1/audit/summary", "/v1/claims/{other_id}/prov",
)  # fmt: skip


class Opened:
    """Opens desks that anybody may read, whose people have other names on each, and one of them another role."""

    def __init__(self, copies: Copies) -> None:
        self.copies = copies
        self.made: list[tuple[Desk, str]] = []

    def __call__(self, words: Words) -> tuple[Desk, Things]:
        url = self.copies.copy("migrated")
        desk = Desk(Settings(database_url=url, secret_key=SECRET, public_read=True), Entered({}, {}))
        self.made.append((desk, url))
        with desk.database.writing() as session:
            operator = people.operator(session)
            for role in Role:
                # The same people do the same things on each desk, and whoever has another role does nothing.
                has = Role.ANALYST if words is YOURS and role is Role.READER else role
                person = people.add(session, operator, name=f"{words.first} {role}", role=has)
                desk.people[role], desk.tokens[role] = (
                    person.id,
                    people.issue_token(session, operator, name=person.name),
                )
        return desk, furnished(desk, words=words)

    def close(self) -> None:
        for desk, url in self.made:
            desk.close()
            self.copies.forget(url)


@pytest.fixture
def opened(copies: Copies) -> Iterator[Opened]:
    made = Opened(copies)
    yield made
    made.close()


@pytest.fixture(scope="module")
def public(copies: Copies) -> Iterator[tuple[Desk, Things]]:
    """A desk that anybody may read, and what is on it. For tests that change nothing."""
    made = Opened(copies)
    yield made(MINE)
    made.close()


def read(desk: Desk, path: str) -> Json:
    """Return what anybody is shown."""
    found: Json = desk.get(path, by=None).json
    return found


# ── Every path ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_desks_that_differ_in_people_and_internal_words_answer_alike(opened: Opened) -> None:
    """What each path shows without a token, pages too; that each path is asked is tested with the hidden verdicts."""
    told: dict[str, list[dict[str, str]]] = defaultdict(list)
    for words in (MINE, YOURS):
        desk, things = opened(words)
        anybody = Reader(desk, things, None)
        told["reads"].append(anybody.reads())
        told["pages"].append(anybody.pages())
        for target in CONTROL:
            told[target].append(Reader(desk, things, "contributor").reads(target))
        desk.close()
    for what in ("reads", "pages"):
        assert len(told[what][0]) > 40
        assert sum(answer.startswith("200") for answer in told[what][0].values()) > 30
        assert first_difference(*told[what]) is None, what
    for target in CONTROL:
        assert differing(*told[target]), target


def test_no_answer_without_a_token_has_an_id_a_name_or_an_internal_word(public: tuple[Desk, Things]) -> None:
    desk, things = public
    anybody, secret = _Raw(desk, things, None), [*desk.people.values(), *vars(MINE).values()]
    secret += [f"{MINE.first} {role}" for role in Role]
    answers = anybody.reads() | anybody.pages()
    assert len(answers) > 150
    for asked, answer in answers.items():
        body = answer.replace(f"reviewed_by={desk.people['first']}", "")
        assert [word for word in secret if word in body] == [], asked
    staff = " ".join(_Raw(desk, things, "reader").reads().values())
    assert [word for word in secret if word not in staff] == []


class _Raw(Reader):
    """A reader who keeps answers as they are."""

    def plain(self, answer: Any) -> str:
        return "\n".join([answer.status, str(answer.headers), answer.get_data(as_text=True)])


# ── Shapes ──────────────────────────────────────────────────────────────────────────────────────────────────────

DESK = {"id": None, "name": "The desk"}


def test_people_are_the_desk_or_have_a_display_name(opened: Opened) -> None:
    desk, things = opened(MINE)
    here, mine = f"/v1/claims/{things.claim_id}", {"id": None, "name": "A. Mensah, fact-checker"}
    claim = read(desk, here)
    assert (claim["status"], claim["reason"], claim["reviewed_by"]) == ("refuted", REASON, DESK)
    assert [item["added_by"] for item in claim["evidence"]] == [DESK, DESK]
    with desk.database.writing() as session:
        operator = people.operator(session)
        people.set_display_name(session, operator, name=MINE.first, display_name="  A. Mensah,  fact-checker ")
    claim = read(desk, here)
    assert (claim["reviewed_by"], [item["added_by"] for item in claim["evidence"]]) == (mine, [DESK, mine])
    assert read(desk, f"{here}/reviews")["items"][0]["reviewed_by"] == mine
    assert read(desk, f"{here}/relations")["items"][0]["added_by"] == DESK
    latest = read(desk, "/v1/audit/summary")["verdicts"]["latest"]
    assert [each["by"] for each in latest] == [mine, mine]  # the claim's, and the other one's
    # Whoever has a token sees who it was, whatever the public sees.
    staff = desk.get(here, by="reader").json["reviewed_by"]
    assert staff == {"id": desk.people["first"], "name": MINE.first}
    assert faults(desk) == []


def test_internal_words_are_null_and_reasons_of_decisions_public(public: tuple[Desk, Things]) -> None:
    desk, things = public
    here, gone = f"/v1/claims/{things.claim_id}", desk.get(f"/v1/claims/{things.gone_id}", by=None)
    tombstone = gone.json["claim"]
    assert (gone.status_code, tombstone["withdrawn_by"], tombstone["reason"]) == (410, DESK, None)
    assert tombstone["withdrawn_at"] == desk.get(f"/v1/claims/{things.gone_id}").json["claim"]["withdrawn_at"]
    taken = read(desk, f"{here}/evidence/{things.taken_id}")
    assert (taken["withdrawn_by"], taken["withdrawn_reason"], taken["note"]) == (DESK, None, "Page 3.")
    assert taken["withdrawn_at"] is not None
    opinion = read(desk, f"{here}/second-opinion/{things.opinion_id}")
    assert (opinion["asked_by"], opinion["note"], opinion["first_status"]) == (DESK, None, "refuted")
    history = read(desk, f"{here}/history")["items"]
    reasons = {item["action"]: item["reason"] for item in history}
    assert reasons == {
        "add": None, "add_evidence": None, "withdraw_evidence": None, "add_occurrence": None,
        "withdraw_occurrence": None, "relate": None, "review": REASON,
        "ask_second_opinion": None, "amend": None, "find_quotes": None,
    }  # fmt: skip
    assert {item["actor"]["name"] for item in history} == {"The desk"}
    [asked] = [item["changes"][0]["after"] for item in history if item["action"] == "ask_second_opinion"]
    assert (asked["note"], asked["reviewer_id"], asked["question"]) == (None, None, "content")


def test_entries_about_people_keep_their_places_and_tell_nothing(public: tuple[Desk, Things]) -> None:
    desk, _ = public
    staff, items = desk.changes(), []
    while not items or items[-1]["log_index"] < staff[-1]["log_index"]:
        items += read(desk, f"/v1/changes?limit=50&after={items[-1]['log_index'] if items else -1}")["items"]
    assert [item["log_index"] for item in items] == [item["log_index"] for item in staff]
    of_people = [item for item in items if item["subject"]["kind"] == "person"]
    assert len(of_people) > 10
    for item in of_people:
        assert (item["subject"]["id"], item["changes"], item["reason"], item["actor"]) == (None, [], None, DESK)
    judged = next(item for item in items if item["action"] == "judge")
    assert (judged["reason"], judged["changes"][0]["field"]) == (None, "judgment")


def test_who_looks_the_same_is_counted_together(opened: Opened) -> None:
    desk, things = opened(MINE)
    decide(desk, things.other_id, "disputed", by="admin")
    decide(desk, things.other_id, "unverifiable", by="first")
    decide(desk, things.other_id, "disputed", by="admin")
    staff = desk.get("/v1/audit/summary", by="reader").json["verdicts"]
    shown = read(desk, "/v1/audit/summary")["verdicts"]
    assert shown["changes"] == staff["changes"] == sum(row["count"] for row in shown["by"])
    assert len({row["person"]["id"] for row in staff["by"]}) == 2
    assert [row["person"] for row in shown["by"]] == [DESK] * len(shown["by"])
    keys = [(row["question"], row["before"], row["after"]) for row in shown["by"]]
    assert len(keys) == len(set(keys)) < len(staff["by"]) + 1
    assert [row["count"] for row in shown["by"]] == sorted((row["count"] for row in shown["by"]), reverse=True)


def test_the_public_version_has_its_own_etag(opened: Opened) -> None:
    desk, things = opened(MINE)
    for path in (f"/v1/claims/{things.claim_id}", f"/v1/claims/{things.claim_id}?as_of=2999-01-01T00:00:00Z"):
        anybody, staff = desk.get(path, by=None), desk.get(path, by="reader")
        assert anybody.headers["ETag"] == f'"{etag_of(anybody.data)}"' != staff.headers["ETag"]
        assert "Authorization" in anybody.headers["Vary"]
        held = {"If-None-Match": anybody.headers["ETag"]}
        assert desk.get(path, by=None, headers=held).status_code == 304
        assert desk.get(path, by="reader", headers=held).status_code == 200
        assert desk.get(path, by=None, headers={"If-None-Match": staff.headers["ETag"]}).status_code == 200
    # A claim in whose JSON nobody is named is the same for everybody, to the byte.
    plain = desk.claim(article_id=things.article_id)["id"]
    anybody, staff = (desk.get(f"/v1/claims/{plain}", by=by) for by in (None, "reader"))
    assert (anybody.data, anybody.headers["ETag"]) == (staff.data, staff.headers["ETag"])


def test_exports_and_lists_give_the_same_as_one_claim(public: tuple[Desk, Things]) -> None:
    desk, things = public
    one = desk.get(f"/v1/claims/{things.claim_id}", by=None)
    lines = desk.get("/v1/claims", by=None, headers={"Accept": "application/x-ndjson"}).data.splitlines()
    listed = [orjson.dumps(item) for item in read(desk, "/v1/claims")["items"]]
    assert (one.data in lines, one.data in listed, lines) == (True, True, listed)
    table = desk.get("/v1/claims", by=None, headers={"Accept": "text/csv"}).get_data(as_text=True)
    assert (table.count("The desk"), MINE.first in table) == (2, False)
    provenance = read(desk, f"/v1/claims/{things.claim_id}/prov")["@graph"]
    agents = [node for node in provenance if node.get("label") == "The desk"]
    assert [node["@type"] for node in agents] == ["Agent"]


def test_a_filter_by_person_needs_a_token(public: tuple[Desk, Things]) -> None:
    desk, _ = public
    for path, accept in (
        ("/v1/claims?", "*/*"), ("/v1/claims?count=true&limit=1&", "*/*"), ("/v1/claims?q=million&", "*/*"),
        ("/v1/claims?", "application/x-ndjson"), ("/v1/claims?", "text/csv"), ("/?", "text/html"),
    ):  # fmt: skip
        asked = f"{path}reviewed_by={desk.people['first']}"
        refused = desk.get(asked, by=None, headers={"Accept": accept})
        assert (refused.status_code, "WWW-Authenticate" in refused.headers) == (401, True), asked
        assert "This filter needs a token" in refused.get_data(as_text=True)
    assert desk.get(f"/v1/claims?reviewed_by={desk.people['first']}", by="reader").json["items"]


def test_a_desk_that_is_not_public_shows_nothing_without_a_token(public: tuple[Desk, Things]) -> None:
    desk, things = public
    closed = desk.with_settings(public_read=False)
    for path in (f"/v1/claims/{things.claim_id}", f"/v1/claims/{things.gone_id}", "/v1/changes"):
        answer = closed.get(path, by=None)
        assert (answer.status_code, set(answer.json) & {"claim", "items"}) == (401, set())


def test_no_change_has_the_id_of_a_person(seeded: Desk) -> None:
    """Whatever was done, an undo among it, which gives back somebody's verdict."""
    vary(seeded.database)
    desk = seeded.with_settings(public_read=True)
    with desk.database.reading() as connection:
        ids = set(connection.execute(select(Person.id)).scalars())
    changes = read(desk, "/v1/changes?limit=200")["items"]
    undone = {change["field"] for item in changes if item["action"] == "undo" for change in item["changes"]}
    assert (len(ids) > 4, "reviewed_by_id" in undone) == (True, True)
    assert [item for item in changes if any(person_id in str(item) for person_id in ids)] == []


def test_the_transparency_log_names_nobody(public: tuple[Desk, Things]) -> None:
    """It is public by design, and holds statuses in clear; of people it has random ids alone."""
    desk, _ = public
    staff = [*vars(MINE).values(), REASON, *(f"{MINE.first} {role}" for role in Role)]
    with desk.database.reading() as connection:
        leaves = b"".join(bytes(leaf) for leaf in connection.execute(select(Revision.leaf)).scalars()).decode()
    assert leaves.count('"v":2') > 30
    assert [word for word in staff if word in leaves] == []


# ── Display names ───────────────────────────────────────────────────────────────────────────────────────────────


def test_display_names_are_set_by_an_action(desk: Desk) -> None:
    with desk.database.writing() as session:
        operator = people.operator(session)
        people.add(session, operator, name="Ama Mensah", role=Role.ANALYST, display_name="The team")
        people.set_display_name(session, operator, name="Test reader", display_name="The team")  # may be shared
        people.set_display_name(session, operator, name="ama mensah", display_name=None)
    added, shared, removed = desk.changes()[-3:]
    assert {change["field"]: change["after"] for change in added["changes"]}["display_name"] == "The team"
    assert [(each["action"], each["changes"]) for each in (shared, removed)] == [
        ("set_display_name", [{"field": "display_name", "before": None, "after": "The team"}]),
        ("set_display_name", [{"field": "display_name", "before": "The team", "after": None}]),
    ]
    with desk.database.reading() as connection:
        names = {row["name"]: row["display_name"] for row in people.listed(connection)}
    assert (names["Ama Mensah"], names["Test reader"]) == (None, "The team")
    assert faults(desk) == []
    for name, error in (("", Invalid), ("x" * 101, Invalid), ("Αma", Invalid), ("a\u0000b", Invalid), (None, Clash)):
        with pytest.raises(error), desk.database.writing() as session:
            people.set_display_name(session, people.operator(session), name="Ama Mensah", display_name=name)
    with desk.database.writing() as session:
        session.execute(text("UPDATE people SET display_name = 'Forged' WHERE name = 'Test reader'"))
    [line] = [line for line in faults(desk) if "display_name" in line]
    assert line.endswith(f"log index {shared['log_index']}: people.display_name: It is “Forged”, not “The team”.")


def test_display_names_at_the_shell(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACTCHECK_DATABASE_URL", migrated_url)
    monkeypatch.setenv("FACTCHECK_SECRET_KEY", SECRET)

    def run(*words: str) -> str:
        done = CliRunner().invoke(cli, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    run("people", "add", "Ama Mensah", "--role", "analyst", "--display-name", "The team")
    assert "The team" in run("people", "list")
    assert "“A. Mensah”" in run("people", "display-name", "Ama Mensah", "A. Mensah")
    with pytest.raises(Misconfigured, match=r"no place for what is in people: nothing was changed"):
        schema.downgrade(migrated_url, "0009")
    assert [row["display_name"] for row in orjson.loads(run("people", "list", "--json"))] == [None, "A. Mensah"]
    assert "the desk" in run("people", "display-name", "Ama Mensah")
    assert [row["display_name"] for row in orjson.loads(run("people", "list", "--json"))] == [None, None]


def test_every_kind_of_view_is_masked(public: tuple[Desk, Things]) -> None:
    """Whatever is shown of somebody has the shape of a person, by which the mask knows them."""
    desk, _ = public
    document = desk.get("/openapi.json", by=None).json
    person = document["components"]["schemas"]["PersonRef"]
    assert set(person["properties"]) == masking.PERSON
    others = [
        name
        for name, schema in document["components"]["schemas"].items()
        if set(schema.get("properties", {})) == masking.PERSON and name != "PersonRef"
    ]
    assert others == []  # nothing else looks like a person


def test_forms_of_strangers_are_refused_before_anything_is_shown(public: tuple[Desk, Things]) -> None:
    desk, things = public
    for target in ("/claims/{claim_id}/reviews", "/claims/{gone_id}/evidence", "/webhooks"):
        asked = Asked("POST", "", target, {}).of(things)
        answer = desk.request("POST", asked.target, by=None, data={}, headers={"Accept": "text/html"})
        assert answer.status_code in (401, 403)
        assert MINE.withdrawn not in answer.get_data(as_text=True)
