"""The budget of a request, held against a few nasty requests to every operation: `python -m torture budget`, brief."""

from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from factcheck.rules.budget import MEMORY, OTHERS_WAIT, SECONDS
from tests.conftest import Copies
from torture import budget
from torture.budget import Cost
from torture.nasty import BODY
from torture.nasty_requests import METHODS, Known, Maker, Request

RUINOUS = 4  # requests that come first
SLOWER = 3  # so many times slower than the machine for which the budget holds may this one be


@pytest.mark.slow
def test_no_request_costs_more_than_its_budget(copies: Copies, tmp_path: Path) -> None:
    url = copies.copy("migrated")
    run, redactions = budget.spend(url, tmp_path, requests=2, times=1)
    asked = {operation for operation, _ in run.costs}
    assert len(asked) == run.operations >= 64
    assert len(run.costs) == 2 * run.operations + RUINOUS
    assert len(redactions.costs) == 2 * redactions.operations >= 10
    for each in (run, redactions):
        dear = [cost for _, cost in each.costs if cost.seconds > SLOWER * each.seconds or cost.memory > MEMORY]
        failed = [cost for _, cost in each.costs if not 200 <= cost.status < 500]
        assert (dear, failed) == ([], [])
    assert {cost.status for _, cost in run.costs[:RUINOUS]} == {422}
    # How long one of the others waits is a figure for a quiet machine. Here: they write all the while.
    assert len(run.waits) > 5
    assert median(run.waits) < OTHERS_WAIT
    copies.forget(url)


def test_requests_are_made_of_every_operation_of_the_document(seeded: Any) -> None:
    """A path that is new is asked too: one whose things are not known fails, and is not passed over."""
    document = orjson.loads(seeded.get("/openapi.json", by=None).get_data())
    nothing = Known({}, {}, {"a": ("a",)}, {"a": "a"})
    maker = Maker(document, nothing)
    every = {(method, path) for path, item in document["paths"].items() for method in METHODS if method in item}
    assert set(maker.operations()) == every
    assert len(every) > 60
    document["paths"]["/v1/new/{thing_id}"] = {"get": {"parameters": [{"in": "path", "name": "thing_id"}]}}
    assert ("get", "/v1/new/{thing_id}") in maker.operations()

    @settings(max_examples=5, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        with pytest.raises(KeyError, match="thing_id"):
            data.draw(maker.request("get", "/v1/new/{thing_id}"))

    ask()


def test_bodies_stay_within_what_a_desk_takes(seeded: Any) -> None:
    document = orjson.loads(seeded.get("/openapi.json", by=None).get_data())
    article = orjson.loads(seeded.get("/v1/articles").get_data())["items"][0]["id"]
    maker = Maker(document, Known({"article_id": [article]}, {}, {article: ("the ", "a")}, {article: "a"}))
    sizes: list[int] = []
    paths = ("/v1/claims", "/v1/articles", "/v1/imports")

    @settings(max_examples=30, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.data())
    def ask(data: st.DataObject) -> None:
        sizes.append(len(data.draw(maker.request("post", data.draw(st.sampled_from(paths)))).body))

    ask()
    assert len(sizes) >= 30
    assert max(sizes) <= BODY
    assert max(sizes) > 10_000


def test_what_a_request_costs_is_seen() -> None:
    """The control: an application that takes too much is told of."""

    def greedy(environ: dict[str, Any], start: Any) -> list[bytes]:
        start("200 OK", [])
        return [b"x" * (MEMORY + 2**24) if environ["PATH_INFO"] == "/much" else b"x"]

    app = SimpleNamespace(wsgi_app=greedy)
    server = budget.Processes("sqlite:///x")
    little, much = (budget.cost_of(app, Request("GET", path), server) for path in ("/little", "/much"))
    assert (little.within(SECONDS), much.within(SECONDS)) == (True, False)
    assert little.memory < 2**24
    assert much.memory > MEMORY
    assert (little.status, little.answer) == (200, b"x")
    assert not Cost(200, SECONDS + 0.1, 0, b"").within(SECONDS)
    assert not Cost(503, 0, 0, b"").within(SECONDS)
    run = budget.Run()
    run.add("GET /much", Request("GET", "/much"), much)
    assert "GET /much" in run.over[0]
    assert any(not figure.holds for figure in budget.figures(run, budget.Run(), 1))
