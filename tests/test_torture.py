"""The tortures of `make torture`, for a few seconds each: the same functions, smaller numbers."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from factcheck.rules.roles import Role
from tests.conftest import Copies
from torture import captures, concurrency, cost, faults, followers, freshness, keys, kills, power, searching
from torture.__main__ import SEVERAL
from torture.client import Client
from torture.figures import Figure
from torture.history import Kind
from torture.places import Place, Postgres, private_postgres
from torture.serving import Server, served

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def preload(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = power.shim(tmp_path_factory.mktemp("shim"))
    assert made is not None
    return made


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[Postgres]:
    """A server for these tests alone: they stop and kill it."""
    with private_postgres() as server:
        yield server


def held(figures: list[Figure]) -> None:
    assert [figure.line() for figure in figures if not figure.holds] == []


def test_many_clients_lose_nothing(copies: Copies, tmp_path: Path) -> None:
    """Beside the figures of `make torture`, but for those that need a longer run."""
    place = Place(copies.empty(), claims=12, sources=6)
    run = concurrency.storm(place, tmp_path, 240, clients=16)
    assert run.faults == []
    assert run.verified == 0
    assert run.answers[412] > 0
    assert run.deadlocks == 0
    assert run.answers[500] == 0
    copies.forget(place.url)


def test_many_clients_lose_writes_when_versions_are_not_compared(tmp_path: Path) -> None:
    place = Place(f"sqlite:///{tmp_path}/desk.db", claims=4, sources=2)
    run = concurrency.storm(place, tmp_path, 80, clients=16, without="versions")
    assert run.of(Kind.FORK) > 0
    assert run.of(Kind.LOST) > 0


def test_a_key_has_one_effect(copies: Copies, tmp_path: Path) -> None:
    place = Place(copies.empty())
    run = keys.pour(place, tmp_path, 20)
    control = keys.pour(place, tmp_path, 3, stripped=True)
    held(keys.figures(run, control))
    copies.forget(place.url)


def test_what_was_acknowledged_survives_kills(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue("own_postgres") if engine == "postgresql" else None
    place = Place(server.fresh() if server else f"sqlite:///{tmp_path}/desk.db")
    run = kills.die(place, tmp_path, 3, postgres=server)
    assert run.faults == []
    assert run.verifications == {0: 1}
    assert run.restarts, "The server was never killed."


def test_captures_survive_kills_a_full_disk_and_hostile_pages(copies: Copies, tmp_path: Path, preload: Path) -> None:
    first, second = Place(copies.empty()), Place(copies.empty())
    killed = captures.die(first, tmp_path, 1)
    (tmp_path / "second").mkdir()
    endured = captures.endure(second, tmp_path / "second", preload)
    assert killed.troubles == []
    assert endured.troubles == []
    held(captures.figures(killed, endured))
    for place in (first, second):
        copies.forget(place.url)


def test_what_is_acknowledged_before_its_commit_does_not_survive_kills(tmp_path: Path) -> None:
    run = kills.die(Place(f"sqlite:///{tmp_path}/desk.db"), tmp_path, 2, without="commits")
    assert run.of(Kind.LOST) > 0


def test_the_process_that_follows_is_killed_and_nothing_derived_is_lost(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Without the position in the transaction of what is derived, rows are lost: `python -m torture followers`."""
    server = request.getfixturevalue("own_postgres") if engine == "postgresql" else None
    place = Place(server.fresh() if server else f"sqlite:///{tmp_path}/desk.db")
    run = followers.die(place, tmp_path, 1, words=SEVERAL[engine])
    assert (run.lost, run.twice, run.faults) == ([], [], [])
    assert run.kills == 1
    assert run.entries > run.writes > 0


def test_an_answer_after_a_write_shows_it(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue("own_postgres") if engine == "postgresql" else None
    place = Place(server.fresh() if server else f"sqlite:///{tmp_path}/desk.db")
    run = freshness.measure(place, tmp_path, 12, words=SEVERAL[engine])
    assert (run.stale, dict(run.refused)) == ([], {})
    assert run.reads == {"audit": 12, "queue": 12, "record": 12}


def test_power_cuts_lose_nothing(preload: Path, tmp_path: Path) -> None:
    run, control = (cut(tmp_path, preload, without, cuts) for without, cuts in (("", 60), ("syncs", 12)))
    held(power.figures(run, control))


def cut(folder: Path, preload: Path, without: str, cuts: int) -> power.Cuts:
    watched = folder / f"watched-{without}"
    watched.mkdir()
    place = Place(f"sqlite:///{watched}/desk.db")
    (folder / without / "run").mkdir(parents=True)
    before, trace = power.record(place, folder / without / "run", preload, 40, without=without)
    return power.cut(before, trace, watched, cuts)


@pytest.mark.parametrize("name", ["disk full", "fsync error"])
def test_a_disk_that_fails_is_told_and_survived(name: str, preload: Path, tmp_path: Path) -> None:
    for each in ("run", "databases"):
        (tmp_path / each).mkdir()
    place = Place(f"sqlite:///{tmp_path}/databases/desk.db")
    assert faults.of_the_disk(name, place, tmp_path / "run", preload) == []


def test_a_desk_that_cannot_write_does_not_start(preload: Path, tmp_path: Path) -> None:
    assert faults.unwritable_at_start(Place(f"sqlite:///{tmp_path}/desk.db"), tmp_path, preload) == []


@pytest.mark.parametrize("fault", [faults.stopped_at_start, faults.stopped_meanwhile])
def test_a_database_that_stops_is_told_and_survived(fault, own_postgres: Postgres, tmp_path: Path) -> None:
    assert partial(fault, Place(own_postgres.fresh()), tmp_path, own_postgres)() == []


def test_what_the_protections_cost_is_measured_without_them(tmp_path: Path) -> None:
    """The figure itself is for a quiet machine: here, that both sides answer and the guards of one are gone."""
    ratios = cost.measure(lambda: Place(f"sqlite:///{tmp_path}/{time.monotonic_ns()}.db", claims=1), tmp_path, 1)
    assert ratios.keys() == {"a read", "a write"}
    place = Place(f"sqlite:///{tmp_path}/bare.db", claims=1)
    with served(Server(place.url, tmp_path, without="guards")) as server:
        client = Client(server.port, place.tokens[Role.ANALYST])
        text = {"text": "Nobody came, say those who read an older version."}
        assert client.send("PATCH", f"/v1/claims/{place.claims[0]}", text, If_Match='"0"').status == 200
        too_long = {f"X-{at}": "x" * 20_000 for at in range(4)}
        assert client.send("GET", f"/v1/claims/{place.claims[0]}", **too_long).status == 200
        client.close()


@pytest.mark.slow
def test_search_finds_what_a_scan_finds_whatever_happens(tmp_path: Path) -> None:
    run = searching.compare(Place(f"sqlite:///{tmp_path}/desk.db"), tmp_path, 30, claims_made=300, actions=30, kills=1)
    assert [each.line() for each in searching.figures(run, kills=1) if not each.holds] == []
    assert run.searches > 30
