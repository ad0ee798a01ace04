"""Statistics: what was added and decided in each week, by hand and by the follower."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, text

from factcheck.desk import people
from factcheck.desk.redactions.people import erase
from factcheck.followers.registry import from_log
from factcheck.rules.roles import Role
from factcheck.rules.statistics import histogram, weeks
from factcheck.settings import Settings
from factcheck.storage.tables.statistics import StatisticCount
from tests import redacting
from tests.conftest import Copies
from tests.desk import SECRET, Desk, Statements
from tests.everything import decide
from tests.forms import Visitor

Json = dict[str, Any]
REASON = "The stadium holds thirty thousand."
PERIOD = "from=2030-01-07&to=2030-01-20"


@contextmanager
def at(day: int, hour: int = 10, minute: int = 0, second: int = 0) -> Iterator[None]:
    """Do something in January 2030. The 7th is a Monday, of the second week."""
    with time_machine.travel(datetime(2030, 1, day, hour, minute, second, tzinfo=UTC), tick=False):
        yield


def told(desk: Desk, query: str = PERIOD, by: str = "admin", day: int = 21) -> Json:
    with at(day):
        answer = desk.get(f"/v1/statistics?{query}", by=by)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: Json = answer.json
    return found


def ages(found: Json) -> dict[str, int]:
    return {each["age"]: each["count"] for each in found["open"]["by_age"] if each["count"]}


@pytest.fixture
def story(desk: Desk) -> tuple[Desk, dict[str, str]]:
    """Two weeks of a desk; see the comments of the test that counts them."""
    claims: dict[str, str] = {}
    outlet = desk.source(name="Gazette", kind="outlet")["id"]
    with at(7):
        there = desk.article(outlet_id=outlet)["id"]
        claims["a"] = desk.claim(article_id=there, tags=["rally"])["id"]
        claims["b"] = desk.claim(tags=["rally", "seats"])["id"]
    with at(7, 12):
        decide(desk, claims["a"], "refuted", by="analyst")
    with at(9):
        decide(desk, claims["b"], "verified", by="admin")
    with at(15):
        decide(desk, claims["a"], "verified", by="analyst")
    with at(16):
        desk.made(f"/v1/claims/{claims['b']}/second-opinion", {"reviewer_id": desk.people["analyst"]}, by="admin")
        decide(desk, claims["b"], "refuted", by="analyst")
    with at(17):
        decide(desk, claims["b"], "verified", by="admin")
        claims["c"] = desk.claim()["id"]
        review = decide(desk, claims["c"], "unverifiable", by="analyst")
    with at(17, 10, 0, 30):
        path = f"/v1/claims/{claims['c']}/reviews/{review['id']}/undo"
        assert desk.request("POST", path, headers={"If-Match": desk.etag(claims["c"])}).status_code == 201
    with at(18):
        claims["d"] = desk.claim()["id"]
        assert desk.post(f"/v1/claims/{claims['d']}/withdrawal", {"reason": "Added twice."}).status_code == 204
    return desk, claims | {"outlet": outlet, "article": there}


def test_two_weeks_by_hand(story: tuple[Desk, dict[str, str]]) -> None:
    desk, claims = story
    found = told(desk)
    assert (found["from"], found["to"]) == ("2030-01-07", "2030-01-20")
    second, third = found["weeks"]
    # A and B were added; A was refuted after two hours, B verified after two days.
    assert second["week"] == "2030-W02"
    assert second["median_seconds"] == pytest.approx(2 * 3600, rel=0.044)
    assert second["p90_seconds"] == pytest.approx(48 * 3600, rel=0.044)
    assert figures(second) == {"added": 2, "decided": 2, "first_verdicts": 2}
    # A was corrected; B was reopened by a second opinion that differs, and then verified as before. C was decided, and
    # that was undone; D was withdrawn.
    assert (third["median_seconds"], third["p90_seconds"]) == (None, None)
    assert figures(third) == {"added": 2, "decided": 2, "corrected": 1, "reopened": 1, "second_opinions": 1}
    assert figures(found["total"])["decided"] == 4
    assert ages(found) == {"3 to 7 days": 1}
    assert (found["agreement"]["n"], found["agreement"]["agreed"]) == (1, 0)
    assert {each["person"]["name"]: figures(each) for each in found["people"]} == {
        "Test analyst": {"added": 4, "decided": 2, "corrected": 1, "reopened": 1, "second_opinions": 1},
        "Test admin": {"decided": 2},
    }
    # The same by tag, by outlet and by person.
    assert figures(told(desk, f"{PERIOD}&tag=seats")["total"]) == {
        "added": 1, "decided": 2, "first_verdicts": 1, "reopened": 1, "second_opinions": 1,
    }  # fmt: skip
    of_outlet = told(desk, f"{PERIOD}&outlet=Gazette")
    assert of_outlet["outlet"] == {"id": claims["outlet"], "name": "Gazette", "kind": "outlet"}
    assert figures(of_outlet["total"]) == {"added": 1, "decided": 2, "first_verdicts": 1, "corrected": 1}
    mine = told(desk, f"{PERIOD}&person=me")
    assert mine["person"] == {"id": desk.people["admin"], "name": "Test admin"}
    assert figures(mine["total"]) == {"decided": 2, "first_verdicts": 1}
    assert figures(told(desk, f"{PERIOD}&question=attribution")["total"]) == {"added": 4}
    assert ages(told(desk, f"{PERIOD}&question=attribution")) == {"3 to 7 days": 1, "1 to 4 weeks": 2}
    assert faults(desk) == []


def figures(row: Json) -> dict[str, int]:
    """Return what is counted, without times, agreement and zeros."""
    left_out = ("median_seconds", "p90_seconds", "agreed")
    return {name: n for name, n in row.items() if isinstance(n, int) and n and name not in left_out}


def faults(desk: Desk) -> list[str]:
    """Let the followers reach the log's end, and return what a rebuild from the log says otherwise."""
    for following in from_log(desk.database):
        following.catch_up()
    return redacting.faults(desk.database)


def test_what_changes_later_moves_the_counts(story: tuple[Desk, dict[str, str]]) -> None:
    desk, claims = story
    with at(19):
        assert desk.patch(f"/v1/claims/{claims['b']}", {"tags": ["people"]}, etag="*").status_code == 200
        other = desk.source(name="Herald", kind="outlet")["id"]
        assert desk.patch(f"/v1/articles/{claims['article']}", {"outlet_id": other}, etag="*").status_code == 200
    assert figures(told(desk, f"{PERIOD}&tag=seats")["total"]) == {}
    assert figures(told(desk, f"{PERIOD}&tag=people")["total"])["decided"] == 2
    assert figures(told(desk, f"{PERIOD}&outlet=Gazette")["total"]) == {}
    assert figures(told(desk, f"{PERIOD}&outlet={other}")["total"])["decided"] == 2
    with at(20):
        merged = {"into": claims["outlet"], "reason": "They are the same."}
        assert desk.post(f"/v1/sources/{other}/merge", merged, by="admin").status_code == 200
    for either in (claims["outlet"], other):
        found = told(desk, f"{PERIOD}&outlet={either}")
        assert (found["outlet"]["name"], figures(found["total"])["decided"]) == ("Gazette", 2)
    assert faults(desk) == []


def test_a_redacted_claim_counts_under_no_tag(story: tuple[Desk, dict[str, str]], tmp_path: Any) -> None:
    desk, claims = story
    told(desk)
    with at(19):
        answer = desk.post(f"/v1/claims/{claims['b']}/redaction", {"reason": "A court asked."}, by="admin")
        assert answer.status_code in (200, 204)
    found = told(desk)
    assert figures(found["total"]) == {
        "added": 4, "decided": 4, "first_verdicts": 2, "corrected": 1, "reopened": 1, "second_opinions": 1,
    }  # fmt: skip
    assert figures(told(desk, f"{PERIOD}&tag=seats")["total"]) == {}
    assert figures(told(desk, f"{PERIOD}&tag=rally")["total"])["added"] == 1
    redacting.catch_up(desk)
    assert redacting.places(desk, "seats", tmp_path) == []
    assert faults(desk) == []


def test_a_person_whose_name_is_erased_keeps_their_counts(story: tuple[Desk, dict[str, str]]) -> None:
    desk, _ = story
    before = told(desk)
    with at(19), desk.database.writing() as session:
        erase(session, people.operator(session), name="Test analyst", reason="She asked for it.")
    found = told(desk)
    assert "Test analyst" not in str(found)
    assert [figures(each) for each in found["people"]] == [figures(each) for each in before["people"]]


def test_the_agreement_is_that_of_the_audit(story: tuple[Desk, dict[str, str]]) -> None:
    desk, _ = story
    found = told(desk)["agreement"]
    span = "from=2030-01-07T00:00:00Z&to=2030-01-21T00:00:00Z"
    audit = desk.get(f"/v1/audit/agreement?{span}").json
    assert found == {name: audit[name] for name in found}


def test_a_forged_count_is_found(story: tuple[Desk, dict[str, str]]) -> None:
    desk, _ = story
    told(desk)
    with desk.database.writing() as session:
        session.execute(text("UPDATE statistic_counts SET n = n + 1 WHERE scope = '' AND measure = 'added'"))
    assert any("statistic_counts.n" in each for each in faults(desk))


def test_counts_of_nothing_are_not_stored(story: tuple[Desk, dict[str, str]]) -> None:
    desk, _ = story
    told(desk)
    with desk.database.reading() as connection:
        assert connection.execute(select(StatisticCount.n).where(StatisticCount.n <= 0)).all() == []


def test_the_page_costs_a_few_indexed_reads(story: tuple[Desk, dict[str, str]]) -> None:
    desk, _ = story
    told(desk)
    with Statements(desk) as statements:
        told(desk, f"{PERIOD}&tag=rally")
    reads = [each for each in statements.seen if "statistic" in each and "FROM followers" not in each]
    assert len(reads) == 3
    assert len(statements.seen) < 15
    if desk.database.embedded:
        for read in reads:
            with desk.database.reading() as connection:
                values = ("2030-01-07",) * read.count("?")
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {read}", values).all()
            scans = [row.detail for row in plan if "statistic_counts" in row.detail]
            assert all("(scope=? AND person=? AND measure=?" in each for each in scans), plan


# ── Who sees what ───────────────────────────────────────────────────────────────────────────────────────────────


def test_figures_by_person_are_for_admins(story: tuple[Desk, dict[str, str]]) -> None:
    desk, _ = story
    assert desk.get("/v1/statistics", by=None).status_code == 401
    assert desk.with_settings(public_read=True).get("/v1/statistics", by=None).status_code == 401
    assert told(desk, by="reader")["people"] is None
    for path in (f"/v1/statistics?person={desk.people['admin']}", "/v1/statistics/people.csv"):
        answer = desk.get(path)
        assert answer.status_code == 403
    nobody = desk.get("/v1/statistics?person=00000000-0000-7000-8000-000000000000", by="admin")
    assert nobody.json["errors"] == [{"detail": "Nobody has this id.", "parameter": "person"}]
    own = told(desk, f"{PERIOD}&person={desk.people['analyst']}", by="analyst")
    assert own["person"]["name"] == "Test analyst"
    assert own == told(desk, f"{PERIOD}&person=me", by="analyst")


@pytest.mark.parametrize(
    ("query", "parameter", "said"),
    [
        ("from=2030-01-07&to=2029-12-01", "to", "Must not be before `from`."),
        ("from=1980-01-07&to=2030-01-07", "from", "A period has at most 520 weeks. Choose a later day."),
        ("from=0001-01-01", "from", "Must be a day from 1970 to 9998."),
        ("to=9999-12-31", "to", "Must be a day from 1970 to 9998."),
        ("to=2030-02-30", "to", "This date does not exist."),
        ("to=today", "to", "Must be a date, written YYYY-MM-DD."),
        ("tag=rally&outlet=Gazette", "outlet", "Choose a tag or an outlet, not both."),
        ("outlet=Nobody", "outlet", "No source has this name."),
        ("outlet=00000000-0000-7000-8000-000000000000", "outlet", "No source has this id."),
        ("person=somebody", "person", "Must be an id: a UUID."),
        ("week=3", "week", "This parameter does not exist here."),
    ],
)
def test_what_is_refused_names_its_parameter(desk: Desk, query: str, parameter: str, said: str) -> None:
    desk.source(name="Gazette", kind="outlet")
    answer = desk.get(f"/v1/statistics?{query}")
    assert answer.status_code == 422
    assert answer.json["errors"] == [{"detail": said, "parameter": parameter}]
    page = Visitor(desk).get(f"/statistics?{query}")
    assert page.status_code == 422


def test_of_two_outlets_of_one_name_the_id_is_asked_for(desk: Desk) -> None:
    ids = [desk.source(name="Gazette", kind=kind)["id"] for kind in ("outlet", "organization")]
    answer = desk.get("/v1/statistics?outlet=Gazette")
    assert answer.status_code == 422
    assert all(each in answer.json["errors"][0]["detail"] for each in ids)


# ── Blindness ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("verdict", ["refuted", "unverifiable"])
def test_a_hidden_verdict_counts_as_open(desk: Desk, verdict: str) -> None:
    with at(7):
        claim = desk.claim(tags=["rally"])["id"]
    with at(8):
        decide(desk, claim, "verified", by="admin")
    before = {by: told(desk, by=by, day=10) for by in ("analyst", "admin")}
    with at(9):
        decide(desk, claim, verdict, by="admin")
        desk.made(f"/v1/claims/{claim}/second-opinion", {"note": "Look again."}, by="admin")
    seen, hidden = told(desk, by="admin", day=10), told(desk, by="analyst", day=10)
    assert (figures(seen["total"])["decided"], figures(seen["total"])["corrected"], ages(seen)) == (2, 1, {})
    # What they knew before is not changed; the claim counts as open.
    assert hidden["weeks"] == before["analyst"]["weeks"]
    assert (ages(before["analyst"]), ages(hidden)) == ({}, {"3 to 7 days": 1})
    assert figures(told(desk, f"{PERIOD}&tag=rally", by="analyst", day=10)["total"]) == figures(hidden["total"])
    with at(9, 12):
        decide(desk, claim, verdict, by="analyst")
    open_now = told(desk, by="analyst", day=10)
    assert figures(open_now["total"]) == figures(told(desk, by="admin", day=10)["total"])
    assert figures(open_now["total"])["second_opinions"] == 1


def answers(desk: Desk, by: str) -> list[str]:
    """Return all that somebody can ask of the statistics, without ids and the log's length."""
    filters = ("", "&tag=rally", "&tag=seats", "&outlet=Gazette", "&question=attribution", "&person=me")
    of_others = [f"&person={desk.people[name]}" for name in ("admin", "analyst", "reader")]
    asked = [f"?{PERIOD}{each}" for each in (*filters, *of_others)]
    paths = ["/v1/statistics", *(f"/v1/statistics/{name}.csv" for name in ("weeks", "open", "agreement", "people"))]
    names = {person: name for name, person in desk.people.items()}
    with at(21):
        found = [desk.get(path + query, by=by).get_data(as_text=True) for path in paths for query in asked]
        pages = [Visitor(desk, by).get(f"/statistics{query}").get_data(as_text=True) for query in asked]
    return [_plain(each, names) for each in (*found, *pages)]


def _plain(answer: str, names: dict[str, str]) -> str:
    answer = re.sub(r'"(as_of_log_index|request_id|instance)":[^,}]+', "", answer)
    answer = re.sub(r'(name="csrf_token" value=")[^"]*', r"\1", answer)
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", lambda found: names.get(found[0], "<id>"), answer)


def test_desks_that_differ_in_a_hidden_verdict_count_alike(copies: Copies) -> None:
    """In what it is, by whom, and whether it corrects the one before; somebody else sees each of these."""
    hidden: dict[tuple[str, str], list[str]] = {}
    seen: dict[tuple[str, str], list[str]] = {}
    for verdict in ("verified", "refuted", "unverifiable"):
        for by in ("admin", "third"):
            url = copies.copy("migrated with people")
            desk = Desk(Settings(database_url=url, secret_key=SECRET), copies.entered["migrated with people"])
            desk.people |= {"third": _person(desk, "third", "admin"), "blind": _person(desk, "blind", "admin")}
            outlet = desk.source(name="Gazette", kind="outlet")["id"]
            with at(7):
                claim = desk.claim(article_id=desk.article(outlet_id=outlet)["id"], tags=["rally"])["id"]
                decide(desk, claim, "verified", by="admin")
            with at(14):
                answer = desk.review(claim, by="admin", status="in_review", reason=REASON)
                assert answer.status_code == 201
            with at(15):
                decide(desk, claim, verdict, by=by)
                body = {"reviewer_id": desk.people["blind"]}
                desk.made(f"/v1/claims/{claim}/second-opinion", body, by="admin" if by == "third" else "third")
                assert desk.patch(f"/v1/claims/{claim}", {"tags": ["rally", "seats"]}, etag="*").status_code == 200
            hidden[verdict, by], seen[verdict, by] = answers(desk, "blind"), answers(desk, "admin")
            desk.close()
            copies.forget(url)
    one, *others = hidden.values()
    assert len(one) == 54
    assert all(each == one for each in others)
    # What is counted: whether it is another verdict than the one before, and whose it is.
    different = {str(each) for each in seen.values()}
    assert len(different) == 4


def _person(desk: Desk, name: str, role: str) -> str:
    with desk.database.writing() as session:
        operator = people.operator(session)
        person: str = people.add(session, operator, name=f"Test {name}", role=Role(role)).id
        desk.tokens[name] = people.issue_token(session, operator, name=f"Test {name}")
    return person


# ── Files and pages ─────────────────────────────────────────────────────────────────────────────────────────────


def rows_of(desk: Desk, name: str, query: str = PERIOD) -> list[dict[str, str]]:
    with at(21):
        answer = desk.get(f"/v1/statistics/{name}.csv?{query}", by="admin")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="statistics-{name}.csv"'
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))


def test_each_table_opens_as_a_file(story: tuple[Desk, dict[str, str]]) -> None:
    desk, _ = story
    found = told(desk)
    for week, row in zip(found["weeks"], rows_of(desk, "weeks"), strict=True):
        assert row == {name: "" if value is None else str(value) for name, value in week.items()}
    assert {row["age"]: int(row["count"]) for row in rows_of(desk, "open") if row["count"] != "0"} == ages(found)
    pairs = {(row["first"], row["second"]): row["count"] for row in rows_of(desk, "agreement")}
    assert (len(pairs), pairs["verified", "refuted"]) == (16, "1")
    assert [row["person"] for row in rows_of(desk, "people")] == ["Test analyst", "Test admin"]
    assert desk.get("/v1/statistics/others.csv").status_code == 404


def test_no_name_is_a_formula(desk: Desk) -> None:
    body = {"name": '=HYPERLINK("https://a.example","Open")', "role": "analyst"}
    person = desk.made("/v1/people", body, by="admin")["id"]
    token = desk.made(f"/v1/people/{person}/tokens", {"label": "Tests"}, by="admin")["token"]
    desk.tokens["formula"] = token
    with at(7):
        decide(desk, desk.claim()["id"], "unverifiable", by="formula")
    names = [row["person"] for row in rows_of(desk, "people")]
    assert names[0] == "'" + body["name"]


def test_the_page_shows_what_the_api_counts(story: tuple[Desk, dict[str, str]]) -> None:
    desk, _ = story
    with at(21):
        page = Visitor(desk, "admin").get(f"/statistics?{PERIOD}").get_data(as_text=True)
        other = Visitor(desk, "reader").get(f"/statistics?{PERIOD}").get_data(as_text=True)
        answer = Visitor(desk, None).get("/statistics")
    assert "4 added, 4 verdicts given." in page
    assert "1 verdict differs from the claim's verdict before. 1 claim lost its verdict." in page
    assert "0 of 1 agreed" in page
    assert "By person" in page
    assert f"/v1/statistics/weeks.csv?{PERIOD.replace('&', '&amp;')}" in page
    assert "By person" not in other
    assert "Test admin" not in other
    assert answer.headers["Location"].startswith("/login")


# ── The rules ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_bucket_is_never_far_from_what_it_counts() -> None:
    for seconds in (1.0, 1.5, 59.9, 60.0, 3599.0, 86_400.0, 1_234_567.8, 10.0**9):
        found = histogram.middle(histogram.bucket_of(timedelta(seconds=seconds)))
        assert found == pytest.approx(seconds, rel=0.0443, abs=0.5)
    assert [histogram.middle(histogram.bucket_of(timedelta(seconds=each))) for each in (-5, 0, 0.5)] == [1, 1, 1]
    assert histogram.bucket_of(timedelta(days=999_999)) == histogram.STEPS * histogram.DOUBLINGS - 1


def test_percentiles_are_by_the_nearest_rank() -> None:
    assert histogram.percentile({}, 50) is None
    counts = {histogram.bucket_of(timedelta(hours=n)): 1 for n in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)}
    assert histogram.percentile(counts, 50) == pytest.approx(16 * 3600, rel=0.044)
    assert histogram.percentile(counts, 90) == pytest.approx(256 * 3600, rel=0.044)
    assert histogram.percentile(counts, 100) == pytest.approx(512 * 3600, rel=0.044)


def test_weeks_are_those_of_iso_8601() -> None:
    assert weeks.name(weeks.week_of(date(2027, 1, 3))) == "2026-W53"
    assert weeks.name(weeks.week_of(date(2027, 1, 4))) == "2027-W01"
    assert weeks.day_of(datetime.fromisoformat("2027-01-04T00:30:00+01:00")) == date(2027, 1, 3)
    assert weeks.weeks(date(2026, 12, 28), date(2027, 1, 11)) == [
        date(2026, 12, 28), date(2027, 1, 4), date(2027, 1, 11)
    ]  # fmt: skip
    today = date(2030, 1, 29)
    assert [weeks.age_of(today - timedelta(days=old), today) for old in (-1, 0, 1, 2, 3, 6, 7, 27, 28, 400)] == [
        0, 0, 1, 1, 2, 2, 3, 3, 4, 4
    ]  # fmt: skip
