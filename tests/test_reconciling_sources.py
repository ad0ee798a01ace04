"""`factcheck sources reconcile`: a service is asked which of its entities the desk's sources are."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from click.testing import CliRunner, Result

from factcheck.cli import cli
from factcheck.errors import Unavailable
from factcheck.formats.reconciliation import asking
from tests.desk import SECRET, Desk
from tests.serving import Served

Json = dict[str, Any]
RECORDED: Json = json.loads((Path(__file__).parent / "data" / "reconciliation_service.json").read_text("utf-8"))


class Service:
    """A service that answers what one once answered, and keeps what it was asked."""

    def __init__(self, manifest: Any = RECORDED["manifest"], status: int = 200) -> None:
        self.manifest, self.status = manifest, status
        self.asked: list[Json] = []
        self.raw: bytes | None = None
        self.url = ""

    def answer(self, form: str) -> Json:
        queries: Json = json.loads(parse_qs(form)["queries"][0])
        self.asked.append(queries)
        return {key: {"result": RECORDED["candidates"].get(each["query"], [])} for key, each in queries.items()}

    @contextmanager
    def served(self) -> Iterator["Service"]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._send(service.manifest)

            def do_POST(self) -> None:
                assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
                self._send(service.answer(self.rfile.read(int(self.headers["Content-Length"])).decode()))

            def _send(self, value: Any) -> None:
                raw = service.raw or json.dumps(value).encode()
                self.send_response(service.status)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: Any) -> None:
                """Keep quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}/en/api"
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def reconcile(desk: Desk, url: str, *words: str, allow: str = "127.0.0.1/32") -> Result:
    environment = {
        "FACTCHECK_DATABASE_URL": desk.database.url, "FACTCHECK_SECRET_KEY": SECRET, "FACTCHECK_OUTBOUND_ALLOW": allow,
    }  # fmt: skip
    return CliRunner().invoke(cli, ["sources", "reconcile", "--against", url, *words], env=environment)


def test_a_recorded_service_is_asked_in_batches_for_sources_without_a_wikidata_id(desk: Desk) -> None:
    desk.source(name="Known", kind="person", identifiers={"wikidata": "Q5"})
    isni = {"isni": "0000 0000 8045 6315"}
    adams = desk.source(name="Douglas Adams", kind="person", identifiers=isni)
    bbc = desk.source(name="BBC", kind="outlet", identifiers={"domain": "bbc.co.uk"})
    nobody = desk.source(name="Nobody", kind="person")
    before = desk.changes()
    with Service().served() as service:
        done = reconcile(desk, service.url, "--json", "--limit", "2", "--type", "Q5")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert [each["source"] for each in told] == [
        {name: each[name] for name in ("id", "name", "kind")} for each in (nobody, bbc, adams)
    ]
    assert told[0]["suggestions"] == []
    assert [(each["wikidata"], each["score"], each["match"]) for each in told[2]["suggestions"]] == [
        ("Q42", 100.0, True),
        ("Q28421831", 66.0, False),
    ]
    assert told[2]["suggestions"][0]["url"] == "https://www.wikidata.org/wiki/Q42"
    # What a terminal would take for a command is no name.
    assert [each["id"] for each in told[1]["suggestions"]] == ["Q1988917"]
    assert [[each["query"] for each in batch.values()] for batch in service.asked] == [
        ["Nobody", "BBC"],
        ["Douglas Adams"],
    ]
    [asked] = service.asked[1].values()
    known = {"pid": "P213", "v": "0000000080456315"}
    assert asked == {"query": "Douglas Adams", "limit": 2, "type": "Q5", "properties": [known]}
    assert desk.changes() == before


def test_it_prints_a_line_for_each_suggestion(desk: Desk) -> None:
    adams = desk.source(name="Douglas Adams", kind="person")["id"]
    desk.source(name="BBC", kind="outlet")
    with Service().served() as service:
        done = reconcile(desk, service.url, "--kind", "person")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [
        f"{adams}\tDouglas Adams\tQ42\tDouglas Adams\t100\tmatch",
        f"{adams}\tDouglas Adams\tQ28421831\tDouglas Adams\t66\t",
    ]
    assert "1 source without a Wikidata id, 1 with suggestions. Nothing was written." in done.stderr


def test_another_desk_is_asked_by_its_own_service(desk: Desk, tmp_path: Path) -> None:
    """Ours, served for real."""
    served = Served(tmp_path, FACTCHECK_PUBLIC_READ="on")
    try:
        served.wait()
        same_as = ["https://viaf.org/viaf/1"]
        theirs = served.sent("/v1/sources", {"name": "Élise Durand", "kind": "person", "same_as": same_as})
        served.sent("/v1/sources", {"name": "Somebody else", "kind": "person"})
        ours = desk.source(name="Elise Durand", kind="person")["id"]
        done = reconcile(desk, f"http://127.0.0.1:{served.port}/reconcile", "--json", "--type", "person")
    finally:
        served.stop()
    assert done.exit_code == 0, done.output
    [told] = json.loads(done.stdout)
    assert told["source"]["id"] == ours
    [found] = told["suggestions"]
    assert (found["id"], found["name"], found["match"], found["wikidata"]) == (theirs["id"], "Élise Durand", True, None)
    assert found["url"].endswith(f"/sources/{theirs['id']}")


@pytest.mark.parametrize(
    ("manifest", "raw", "status", "detail"),
    [
        ({}, None, 200, "This is no reconciliation service"),
        ([], None, 200, "This is no reconciliation service"),
        ({}, b"<html>", 200, "does not answer with JSON"),
        ({}, b"[" * 100_000, 200, "does not answer with JSON"),
        ({}, None, 301, "answers with 301"),
        ({}, None, 503, "answers with 503"),
    ],
)
def test_what_is_no_service_is_told(desk: Desk, manifest: Any, raw: bytes | None, status: int, detail: str) -> None:
    service = Service(manifest, status)
    service.raw = raw
    with service.served():
        done = reconcile(desk, service.url)
    assert isinstance(done.exception, Unavailable)
    assert detail in done.exception.detail


def test_an_address_of_this_network_is_asked_only_where_it_is_allowed(desk: Desk) -> None:
    with Service().served() as service:
        done = reconcile(desk, service.url, allow="")
    assert isinstance(done.exception, Unavailable)
    assert "cannot be asked" in done.exception.detail
    assert service.asked == []


@pytest.mark.parametrize(
    "answer", [None, {}, {"q0": {}}, {"q0": {"result": None}}, {"q0": [{"id": "Q1", "name": "A", "score": 1}]}]
)
def test_an_answer_that_is_none_is_refused(answer: Any) -> None:
    of = asking.service(RECORDED["manifest"])
    with pytest.raises(Unavailable):
        asking.suggestions(answer, "q0", of, 3)


def test_candidates_that_are_none_are_left_out() -> None:
    of = asking.service(RECORDED["manifest"] | {"view": None, "batchSize": True})
    assert (of.batch, of.view) == (asking.BATCH, "")
    good = {"id": "Q1", "name": "A"}
    odd = [None, 1, {}, good | {"score": "1"}, good | {"score": True}, good | {"id": 1}, good | {"name": ""}, good]
    [found] = asking.suggestions({"q0": {"result": odd}}, "q0", of, 3)
    assert (found.id, found.score, found.match, found.url, found.wikidata) == ("Q1", 0.0, False, None, "Q1")
