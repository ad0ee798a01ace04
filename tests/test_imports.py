"""Imports and exports: twice is once, bad lines alone are left out, and nothing that was killed leaves a half."""

import csv
import io
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, cast

import orjson
import pytest
from rich.console import Console
from sqlalchemy import func, select, update

from factcheck.cli import transfer
from factcheck.desk import people
from factcheck.exchange import exports, imports, intake
from factcheck.followers.registry import from_log
from factcheck.formats import claim_table
from factcheck.inspection import checkup
from factcheck.queries.lists import ClaimFilters
from factcheck.rules.roles import Role
from factcheck.schemas.imports import DERIVED
from factcheck.storage.engine.database import Database
from factcheck.storage.tables.base import Base
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.logbook import LogHead, Revision
from tests import commands
from tests.desk import SECRET, TEXT, Desk, audit_faults
from tests.examining import claim_faults
from tests.needs import needs

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parent.parent
NDJSON, CSV = "application/x-ndjson", "text/csv"
SIZE = int(os.environ.get("FACTCHECK_TEST_IMPORT", "2000"))  # claims in the import that is killed
PATIENCE = 600 + SIZE // 50  # seconds

SOURCE = {"type": "source", "external_id": "organizers", "name": "Rally organizers", "kind": "group"}
ARTICLE = {
    "type": "article", "external_id": "rally", "title": "A rally", "text": TEXT, "outlet_id": "organizers",
    "published_on": "2023-11-06",
}  # fmt: skip
CLAIM = {
    "type": "claim", "external_id": "million", "article_id": "rally", "text": "Up to a million came.",
    "kind": "quantity",
    "quotes": [{"exact": "up to a million people were present"}], "quantity": {"high": 1_000_000, "unit": "people"},
    "attribution": [
        {"source_id": "organizers", "directness": "indirect", "cue": "claiming", "interested": True,
         "cue_quotes": [{"exact": "claiming"}]},
    ],
    "tags": ["rally", "crowd"],
    "evidence": [{"stance": "context", "title": "Rated false elsewhere", "source_id": "organizers"}],
}  # fmt: skip
THREE = [SOURCE, ARTICLE, CLAIM]


def ndjson(*lines: Any) -> bytes:
    return b"".join((each if isinstance(each, bytes) else orjson.dumps(each)) + b"\n" for each in lines)


def sent(desk: Desk, body: bytes, *, form: str = NDJSON, query: str = "", by: str = "contributor") -> list[Json]:
    response = desk.request("POST", f"/v1/imports{query}", data=body, headers={"Content-Type": form}, by=by)
    assert (response.status_code, response.mimetype) == (200, NDJSON), response.get_data(as_text=True)
    return [json.loads(line) for line in response.data.splitlines()]


def outcomes(results: list[Json]) -> list[str]:
    return [result["result"] for result in results]


def counts(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
        }


def in_order(database: Database) -> None:
    """Demand that the log, the stored JSON, the findings and the replay of the log all agree."""
    with database.writing() as session:
        found = list(checkup.log_faults(session))
        found += claim_faults(session)
        assert [f"{fault.subject}: {fault.detail}" for fault in found] == []
        log = session.execute(select(Revision.log_index).order_by(Revision.log_index)).scalars().all()
        assert list(log) == list(range(len(log)))
        assert session.execute(select(LogHead.size)).scalar_one() == len(log)
    assert audit_faults(database) == []


def many(size: int) -> Iterator[Json]:
    """Yield lines of a source, an article for every twenty claims, and that many claims."""
    random = Random(7)
    for at in range(20):
        yield {"type": "source", "external_id": f"s{at}", "name": f"Source {at}", "kind": "organization"}
    for at in range(size):
        if at % 20 == 0:
            yield ARTICLE | {"external_id": f"a{at // 20}", "outlet_id": f"s{random.randrange(20)}"}
        hop = {
            "source_id": f"s{random.randrange(20)}",
            "directness": "indirect",
            "interested": random.choice([None, True]),
        }
        yield CLAIM | {
            "external_id": f"c{at}", "article_id": f"a{at // 20}", "text": f"Claim {at}.", "attribution": [hop],
            "evidence": [{"stance": "supports", "url": f"https://example.org/{at}"}] if at % 3 == 0 else [],
        }  # fmt: skip


def written(folder: Path, size: int) -> Path:
    file = folder / "lines.ndjson"
    with file.open("wb") as stream:
        stream.writelines(ndjson(line) for line in many(size))
    return file


# ── What an import enters ───────────────────────────────────────────────────────────────────────────────────────


def test_a_line_is_entered_as_its_own_action_would(desk: Desk) -> None:
    results = sent(desk, ndjson(*THREE))
    assert outcomes(results) == ["added"] * 3
    assert [(each["line"], each["type"], each["external_id"]) for each in results] == [
        (1, "source", "organizers"), (2, "article", "rally"), (3, "claim", "million"),
    ]  # fmt: skip
    source, article, claim = (each["id"] for each in results)
    got = desk.get(f"/v1/claims/{claim}").json

    by_hand = {name: value for name, value in CLAIM.items() if name not in ("type", "external_id", "evidence")}
    by_hand |= {"article_id": article, "attribution": [{**CLAIM["attribution"][0], "source_id": source}]}
    made = desk.claim(**by_hand)
    item = {**CLAIM["evidence"][0], "source_id": source}
    desk.made(f"/v1/claims/{made['id']}/evidence", item, by="contributor")
    made = desk.get(f"/v1/claims/{made['id']}").json
    for name in ("article", "text", "kind", "quotes", "quantity", "attribution", "tags", "status", "relations"):
        assert got[name] == made[name], name
    plain = [
        {name: value for name, value in each["evidence"][0].items() if name not in ("id", "added_at")}
        for each in (got, made)
    ]
    assert plain[0] == plain[1]
    assert (got["revision"], got["status"], got["attribution"]["status"]) == (1, "unverified", "unverified")
    [entry] = desk.get(f"/v1/claims/{claim}/history").json["items"]
    assert (entry["action"], entry["actor"]["id"], entry["number"]) == ("add", desk.people["contributor"], 1)
    for query in (f"source={source}", f"origin={source}", "tag=crowd", "q=million", f"article={article}"):
        assert claim in [each["id"] for each in desk.get(f"/v1/claims?{query}").json["items"]], query
    assert desk.get("/v1/sources?q=rally").json["items"][0]["id"] == source
    assert desk.get("/v1/articles?q=solidarity").json["items"][0]["id"] == article
    assert desk.get(f"/v1/sources/{source}/record").status_code == 200
    in_order(desk.database)


def test_the_audit_of_imported_claims_is_kept(desk: Desk) -> None:
    before = counts(desk.database)
    sent(desk, ndjson(*many(60)))
    assert audit_faults(desk.database) == []
    after = counts(desk.database)
    for name in ("claim_audits", "findings", "finding_sources", "source_standings", "tallies", "source_tallies"):
        assert after[name] > before[name], name
    in_order(desk.database)  # and working it out again gives the same


def test_twice_is_once(desk: Desk) -> None:
    first = sent(desk, ndjson(*THREE))
    before = counts(desk.database)
    again = sent(desk, ndjson(*THREE))
    assert outcomes(again) == ["unchanged"] * 3
    assert [each["id"] for each in again] == [each["id"] for each in first]
    # Within one file too, and by an id instead of an external id.
    by_id = CLAIM | {"article_id": first[1]["id"].upper()}
    assert outcomes(sent(desk, ndjson(*THREE, by_id, *THREE))) == ["unchanged"] * 7
    assert counts(desk.database) == before


def test_something_else_under_a_known_external_id_is_told_and_left_alone(desk: Desk) -> None:
    first = sent(desk, ndjson(*THREE))
    before = counts(desk.database)
    changed = [
        SOURCE | {"name": "Others"},
        ARTICLE | {"text": TEXT + " More."},
        CLAIM | {"tags": []},
        CLAIM | {"evidence": [{"stance": "refutes", "title": "Another"}]},
        CLAIM | {"quotes": [{"exact": "thousands of people gathered"}]},
        CLAIM | {"article_id": "nowhere"},
    ]
    results = sent(desk, ndjson(*changed))
    assert outcomes(results) == ["exists"] * 6
    assert [each["id"] for each in results] == [first[at]["id"] for at in (0, 1, 2, 2, 2, 2)]
    assert counts(desk.database) == before
    desk.post(f"/v1/claims/{first[2]['id']}/withdrawal", {"reason": "Entered twice."})
    assert outcomes(sent(desk, ndjson(CLAIM))) == ["exists"]


def test_lines_without_an_external_id_get_one_of_their_content(desk: Desk) -> None:
    claim = {name: value for name, value in CLAIM.items() if name != "external_id"}
    [*_, made] = sent(desk, ndjson(SOURCE, ARTICLE, claim))
    assert made["external_id"].startswith(DERIVED)
    shuffled = json.dumps(dict(reversed(claim.items())), indent=None).replace("{", "{ ").encode()
    odd = claim | {"article_id": "rally", "kind": "factual", "quantity": None, "tags": ["a b"]}
    again = sent(desk, ndjson(shuffled, odd))
    assert (again[0]["result"], again[0]["id"]) == ("unchanged", made["id"])
    assert again[1]["result"] == "refused"


def test_statuses_are_never_imported(desk: Desk) -> None:
    sent(desk, ndjson(SOURCE, ARTICLE))
    for name in ("status", "reason", "verdict", "attribution_status", "reviewed_by"):
        [result] = sent(desk, ndjson(CLAIM | {name: "refuted"}))
        assert result["result"] == "refused"
        [error] = result["problem"]["errors"]
        assert error["pointer"] == f"/{name}"
        assert "evidence" in error["detail"]
        assert "context" in error["detail"]
    assert desk.get("/v1/claims").json["items"] == []


# ── Bad lines ───────────────────────────────────────────────────────────────────────────────────────────────────

BAD: dict[str, tuple[bytes, str]] = {
    "not JSON": (b"{", ""),
    "an array": (b"[]", ""),
    "null": (b"null", ""),
    "nested too deep": (b'{"type": ' + b"[" * 70 + b"]" * 70 + b"}", ""),
    "a key twice": (b'{"type": "source", "type": "claim"}', ""),
    "NaN": (b'{"type": "source", "name": NaN}', ""),
    "a number too large": (b'{"type": "source", "name": 1e400}', ""),
    "a long number": (b'{"type": "source", "name": ' + b"9" * 5000 + b"}", ""),
    "a byte order mark": (b"\xef\xbb\xbf" + orjson.dumps(SOURCE), ""),
    "UTF-16": ('{"type": "source"}'.encode("utf-16")[:-1].replace(b"\n", b""), ""),
    "not UTF-8": (b'{"type": "source", "name": "\xff"}', ""),
    "half of a surrogate pair": (b'{"type": "source", "name": "\\ud800", "kind": "group"}', "/name"),
    "a NUL": (b'{"type": "source", "name": "a\\u0000", "kind": "group"}', "/name"),
    "no type": (b'{"name": "x"}', "/type"),
    "another type": (b'{"type": "person", "name": "x"}', "/type"),
    "a field that is not known": (orjson.dumps(SOURCE | {"external_id": "x", "__proto__": 1}), "/__proto__"),
    "an article that is not there": (orjson.dumps(CLAIM | {"external_id": "x", "article_id": "none"}), "/article_id"),
    "a quote that is not there": (
        orjson.dumps(CLAIM | {"external_id": "x", "quotes": [{"exact": "nobody"}]}), "/quotes/0",
    ),
    "an ambiguous quote": (
        orjson.dumps(CLAIM | {"external_id": "x", "quotes": [{"exact": "organizers"}]}), "/quotes/0",
    ),
    "bad evidence": (
        orjson.dumps(CLAIM | {"external_id": "x", "evidence": [{"stance": "refutes"}]}), "/evidence/0/url",
    ),
    "a source that is not there": (
        orjson.dumps(CLAIM | {"external_id": "x", "evidence": [{"stance": "refutes", "title": "x", "origin_id": "?"}]}),
        "/evidence/0/origin_id",
    ),
    "an id that is a number": (orjson.dumps(CLAIM | {"external_id": "x", "article_id": 7}), "/article_id"),
    "a script for an address": (
        orjson.dumps(CLAIM | {"external_id": "x", "evidence": [{"stance": "refutes", "url": "javascript:x"}]}),
        "/evidence/0/url",
    ),
}  # fmt: skip


def test_bad_lines_are_told_by_number_and_the_others_go_in(desk: Desk) -> None:
    lines = [
        orjson.dumps(SOURCE),
        b"",
        orjson.dumps(ARTICLE),
        *(bad for bad, _ in BAD.values()),
        b" \t\r",
        orjson.dumps(CLAIM),
    ]
    results = sent(desk, b"\r\n".join(lines))
    numbers = {result["line"]: result for result in results}
    assert (numbers[1]["result"], numbers[3]["result"]) == ("added", "added")
    assert results[-1]["result"] == "added"
    assert 2 not in numbers
    for line, (name, (_, pointer)) in enumerate(BAD.items(), 4):
        result = numbers[line]
        assert (result["result"], result["id"]) == ("refused", None), name
        assert result["problem"]["detail"], name
        pointers = [error.get("pointer") for error in result["problem"]["errors"]]
        assert pointer in pointers if pointer else not any(pointers), (name, result)
    assert results[-1]["line"] == 5 + len(BAD)
    assert len(desk.get("/v1/claims").json["items"]) == 1
    in_order(desk.database)


def test_a_line_that_does_not_end_is_refused_without_being_held(tmp_path: Path) -> None:
    file = tmp_path / "long"
    with file.open("wb") as stream:
        stream.write(b'{"type": "source", "name": "')
        for _ in range(100):
            stream.write(b"x" * 1024 * 1024)
        stream.write(b'"}\n' + ndjson(SOURCE))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for form in ("ndjson", "csv", "annotations"):
        with file.open("rb") as stream:
            lines = [line for batch in intake.batches(stream, form) for line in batch.lines]
        assert [line.line for line in lines] == ([1, 2] if form == "ndjson" else [1])
        assert "longer than" in lines[0].problem.detail
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 80 * 1024


def test_a_request_has_its_bounds(desk: Desk) -> None:
    small = desk.with_settings(max_body_bytes=1000)
    for body, status in ((b"x" * 1001, 413), (b"{}\n" * 300, 200)):
        response = small.request("POST", "/v1/imports", data=body, headers={"Content-Type": NDJSON})
        assert response.status_code == status
    response = desk.request("POST", "/v1/imports", data=b"{}\n" * 2001, headers={"Content-Type": NDJSON})
    assert response.status_code == 413
    for form in ("application/json", "text/plain", f"{NDJSON}; charset=latin-1"):
        response = desk.request("POST", "/v1/imports", data=b"{}", headers={"Content-Type": form})
        assert response.status_code == 415
    assert desk.request("POST", "/v1/imports", data=b"", headers={"Content-Type": NDJSON}).data == b""
    response = desk.request("POST", "/v1/imports", data=b"{}", headers={"Content-Type": NDJSON}, by="reader")
    assert (response.status_code, response.json["role"]) == (403, "contributor")


def test_the_same_request_again_is_answered_again(desk: Desk) -> None:
    headers = {"Content-Type": NDJSON, "Idempotency-Key": "once"}
    one, two = (desk.request("POST", "/v1/imports", data=ndjson(*THREE), headers=headers) for _ in range(2))
    assert (one.data, one.mimetype) == (two.data, two.mimetype)
    assert desk.request("POST", "/v1/imports", data=ndjson(SOURCE), headers=headers).status_code == 422


def test_a_dry_run_leaves_nothing(desk: Desk) -> None:
    before = counts(desk.database)
    results = sent(desk, ndjson(*THREE, *THREE, CLAIM | {"tags": []}, b"{"), query="?dry_run=true")
    assert outcomes(results) == ["added"] * 3 + ["unchanged"] * 3 + ["exists", "refused"]
    assert {result["id"] for result in results} == {None}
    assert counts(desk.database) == before
    sent(desk, ndjson(*THREE))
    assert outcomes(sent(desk, ndjson(*THREE), query="?dry_run=true")) == ["unchanged"] * 3


# ── Tables ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_table_is_imported(desk: Desk) -> None:
    sent(desk, ndjson(SOURCE, ARTICLE))
    table = (
        "\ufeffexternal_id,article_id,text,kind,quotes.1.exact,quantity.high,quantity.unit,attribution.1.source_id,"
        "attribution.1.directness,attribution.1.interested,tags\r\n"
        '"one",rally,"Up to a ""million""\r\ncame",quantity,up to a million people were present,1000000,people,'
        'organizers,indirect,true,"rally, crowd"\r\n'
        "two,rally,Bad,quantity,nobody,x,,,,,\r\n"
        "\r\n"
        "three,rally,Thousands came,factual,thousands of people gathered,,,,,,\r\n"
    )
    one, two, three = sent(desk, table.encode(), form=CSV)
    assert outcomes([one, two, three]) == ["added", "refused", "added"]
    assert [each["line"] for each in (one, two, three)] == [2, 4, 6]
    claim = desk.get(f"/v1/claims/{one['id']}").json
    assert claim["text"] == 'Up to a "million"\r\ncame'
    assert (claim["quantity"]["high"], claim["tags"]) == (1_000_000, ["crowd", "rally"])
    assert claim["attribution"]["chain"][0]["interested"] is True
    assert outcomes(sent(desk, table.encode(), form=CSV)) == ["unchanged", "refused", "unchanged"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'type,name,kind\nsource,"a"b,group\n', "cannot be read"),
        (b'type,name,kind\nsource,"a\n', "cannot be read"),
        (b"type,name,kind\nsource,\xff,group\n", "not UTF-8"),
        (b"type,name,kind\nsource,a,group,more\n", "more cells"),
        (b"type,name,kind\nsource,a\x00,group\n", "not allowed"),
        (b"type,name,kind,status\nsource,a,group,verified\n", "not allowed"),
    ],
)
def test_a_bad_row_is_refused(desk: Desk, body: bytes, said: str) -> None:
    [result] = sent(desk, body, form=CSV)
    assert (result["line"], result["result"]) == (2, "refused")
    assert said in result["problem"]["detail"]


@pytest.mark.parametrize("header", [b"name,name\nx,y\n", b"quotes,quotes.1.exact\nx,y\n", b"a..b\nx\n", b'"a\n'])
def test_a_bad_header_refuses_the_table(desk: Desk, header: bytes) -> None:
    response = desk.request("POST", "/v1/imports", data=header, headers={"Content-Type": CSV})
    assert (response.status_code, response.mimetype) == (422, "application/problem+json")


# ── Exports ─────────────────────────────────────────────────────────────────────────────────────────────────────


def exported(desk: Desk, query: str = "", form: str = NDJSON, by: str | None = "analyst") -> bytes:
    response = desk.get(f"/v1/claims{query}", headers={"Accept": form}, by=by)
    assert (response.status_code, response.mimetype) == (200, form), response.get_data(as_text=True)
    assert "Accept" in response.headers["Vary"]
    return response.data


def listed(desk: Desk, query: str, by: str = "analyst") -> list[Json]:
    items: list[Json] = []
    cursor = ""
    while True:
        page = desk.get(f"/v1/claims?limit=200{query}{cursor}", by=by).json
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = f"&cursor={page['next_cursor']}"


@pytest.mark.parametrize("query", ["", "&status=disputed,unverified", "&q=niger", "&sort=created_at", "&tag=coup"])
def test_an_export_is_the_whole_list(seeded: Desk, monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    monkeypatch.setattr(exports, "CHUNK", 7)
    lines = exported(seeded, f"?{query[1:]}" if query else "").splitlines()
    assert [json.loads(line) for line in lines] == listed(seeded, query)
    assert lines
    with seeded.database.reading() as connection:
        stored = set(connection.execute(select(Claim.document)).scalars())
    assert {bytes(line) for line in lines} <= {bytes(each) for each in stored}


def test_an_export_takes_no_page(seeded: Desk) -> None:
    for query in ("limit=1", "count=true", "cursor=x", "status=nonsense", "x=1"):
        assert seeded.get(f"/v1/claims?{query}", headers={"Accept": NDJSON}).status_code == 422
    assert seeded.get("/v1/claims", headers={"Accept": NDJSON}, by=None).status_code == 401
    assert seeded.get("/v1/claims", headers={"Accept": "text/html"}).status_code == 406
    assert seeded.get("/v1/claims", headers={"Accept": f"{CSV};q=0.5, application/json"}).mimetype == "application/json"
    head = seeded.request("HEAD", "/v1/claims", headers={"Accept": NDJSON})
    assert (head.status_code, head.data) == (200, b"")
    for _ in range(5):  # each gives its place back, though nobody read it
        seeded.get("/v1/claims", headers={"Accept": NDJSON}).close()
    assert exported(seeded)


def test_a_hidden_verdict_is_hidden_in_an_export(seeded: Desk) -> None:
    claim = seeded.by_external_id("niger-2023-11-06/C15")["id"]
    seeded.made(f"/v1/claims/{claim}/second-opinion", {"question": "content"}, by="admin")
    for form in (NDJSON, CSV):
        seen = {by: exported(seeded, "?external_id=niger-2023-11-06/C15", form, by) for by in ("analyst", "reader")}
        assert b"in_review" in seen["analyst"]
        assert b"disputed" not in seen["analyst"]
        assert b"disputed" in seen["reader"]


def test_a_table_holds_no_formula(desk: Desk) -> None:
    texts = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "＝1", "a=1", 'say "no"\nnow']
    article = desk.article()["id"]
    for text in texts:
        desk.claim(article_id=article, text=text)
    desk.claim(article_id=article, kind="quantity", quantity={"low": -5, "wording": "=5"})
    rows = list(csv.DictReader(io.StringIO(exported(desk, "?sort=created_at", CSV).decode(), newline="")))
    assert list(rows[0]) == list(claim_table.COLUMNS)
    assert [row["text"] for row in rows[:-1]] == [*(f"'{text}" for text in texts[:7]), *texts[7:]]
    assert (rows[-1]["low"], rows[-1]["wording"]) == ("-5", "'=5")
    assert [json.loads(line)["text"] for line in exported(desk, "?sort=created_at").splitlines()][:-1] == texts


def test_a_table_tells_the_chain(desk: Desk) -> None:
    sent(desk, ndjson(*THREE))
    [row] = csv.DictReader(io.StringIO(exported(desk, form=CSV).decode(), newline=""))
    assert row["chain"] == "Rally organizers (indirect, “claiming”; interested)"
    assert (row["origin"], row["status"], row["high"], row["context"]) == (
        "Rally organizers",
        "unverified",
        "1000000",
        "1",
    )


def test_an_export_is_of_one_moment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "CHUNK", 10)
    sent(desk, ndjson(*many(100)))
    pieces = exports.claims(desk.database, ClaimFilters(), None, "ndjson", None)
    found = [next(pieces), next(pieces)]
    claim = listed(desk, "&sort=created_at")[0]
    assert desk.review(claim["id"], status="unverifiable", reason="Nobody counted them.").status_code == 201
    sent(desk, ndjson(CLAIM | {"external_id": "late", "article_id": "a0", "attribution": [], "evidence": []}))
    found += list(pieces)
    lines = [json.loads(line) for _, piece in found for line in piece.splitlines()]
    assert len({line["id"] for line in lines}) == len(lines) == 100
    assert {line["status"] for line in lines} == {"unverified"}


def test_what_is_exported_can_be_imported(seeded: Desk, desk: Desk) -> None:
    source = seeded.source(name="A source", aliases=["Another name"])
    nameless = seeded.claim(
        article_id=seeded.article(outlet_id=source["id"])["id"],
        attribution=[{"source_id": source["id"], "directness": "direct"}],
    )
    everything = b"".join(piece for _, piece in exports.everything(seeded.database))
    assert set(outcomes(sent(seeded, everything))) == {"unchanged"}  # where it came from
    assert set(outcomes(sent(desk, everything))) == {"added"}
    assert set(outcomes(sent(desk, everything))) == {"unchanged"}
    assert b"".join(piece for _, piece in exports.everything(desk.database)) == everything
    assert desk.by_external_id(nameless["id"])["attribution"]["origin"]["name"] == "A source"
    assert {claim["status"] for claim in listed(desk, "")} == {"unverified"}
    in_order(desk.database)


# ── Killed, in parallel, and large ──────────────────────────────────────────────────────────────────────────────


class Command:
    """`factcheck` on a database of its own."""

    def __init__(self, url: str, folder: Path) -> None:
        self.environment = {
            "PATH": os.environ["PATH"], "FACTCHECK_DATABASE_URL": url, "FACTCHECK_SECRET_KEY": SECRET,
            "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "NO_COLOR": "1",
        }  # fmt: skip
        self.folder = folder

    def start(self, *words: str) -> commands.Command:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return commands.Command(words, cwd=self.folder, env=self.environment, **pipes)

    def between(self, script: str, *words: str) -> bytes:
        """Run a script that is given the command, and return what it printed."""
        command = [sys.executable, "-c", script, sys.executable, "-m", "factcheck", *words]
        return subprocess.run(command, cwd=self.folder, env=self.environment, check=True, capture_output=True).stdout

    def run(self, *words: str, given: bytes = b"") -> tuple[int, bytes, str]:
        run = commands.run(*words, cwd=self.folder, env=self.environment, given=given, timeout=PATIENCE)
        return run.returncode, run.stdout, run.stderr.decode()


def content(database: Database) -> list[Any]:
    """Return what the claims of a desk say, without what differs from one import to another: ids and times."""
    drop = {"id", "article_id", "created_at", "updated_at", "links", "added_at", "added_by"}

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(each) for each in value]
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items() if name not in drop}
        return value

    with database.reading() as connection:
        found = [plain(orjson.loads(each)) for each in connection.execute(select(Claim.document)).scalars()]
    return sorted(found, key=lambda each: each["external_id"])


@pytest.mark.slow
def test_an_import_that_is_killed_goes_on_where_it_was(empty_url: str, migrated_url: str, tmp_path: Path) -> None:
    file = written(tmp_path, SIZE)
    killed, undisturbed = Command(migrated_url, tmp_path), Command(empty_url, tmp_path)
    code, _, said = undisturbed.run("db", "upgrade")
    assert code == 0, said
    database = Database(migrated_url)
    lines = sum(1 for _ in many(SIZE))
    progress = []
    for part in range(1, 6):
        wanted = lines * part // 6
        cut = tmp_path / f"{part}.ndjson"  # ends before the file does, however late the kill comes
        with file.open("rb") as lines_of_it, cut.open("wb") as stream:
            stream.writelines(islice(lines_of_it, wanted + lines // 8))
        process = killed.start("import", str(cut))
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and process.poll() is None:
            with database.reading() as connection:
                if connection.execute(select(LogHead.size)).scalar_one() >= wanted:
                    break
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        progress.append(sum(counts(database)[name] for name in ("sources", "articles", "claims")))
    assert progress == sorted(progress)
    assert 0 < progress[0] < progress[2] < progress[4] < lines
    code, _, said = killed.run("import", str(file))
    assert code == 0, said
    assert f"{lines - progress[-1]} added, {progress[-1]} unchanged." in said
    in_order(database)
    code, out, said = killed.run("log", "verify")
    assert code == 0, (out, said)

    code, _, said = undisturbed.run("import", str(file))
    assert code == 0, said
    whole = Database(empty_url)
    for each in (database, whole):  # as far as the log's end, both of them
        assert audit_faults(each) == []
        for following in from_log(each):
            following.catch_up()
    assert content(database) == content(whole)
    same = {name for name, count in counts(whole).items() if counts(database)[name] != count}
    assert same == {"log_verification"}, "one of them was verified"
    for each in (database, whole):
        each.close()


@pytest.mark.slow
@needs("proc")
@pytest.mark.parametrize("killed", ["importer", "reader"])
def test_an_import_and_the_reader_of_its_lines_end_together(migrated_url: str, tmp_path: Path, killed: str) -> None:
    file = written(tmp_path, 3000)
    process = Command(migrated_url, tmp_path).start("import", str(file))
    database = Database(migrated_url)
    with database.reading() as connection:
        while not connection.execute(select(LogHead.size)).scalar_one():
            assert process.poll() is None
            time.sleep(0.01)
    [reader] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(process.pid if killed == "importer" else int(reader), signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    if killed == "reader":
        assert process.returncode == 1
        assert "import the same file again" in said.decode()
    deadline = time.monotonic() + 60
    while Path(f"/proc/{reader}/exe").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not Path(f"/proc/{reader}/exe").exists()
    in_order(database)
    assert 0 < counts(database)["claims"] < 3000
    database.close()


@pytest.mark.slow
def test_two_at_once_enter_each_thing_once(migrated_url: str, tmp_path: Path) -> None:
    file = written(tmp_path, 1200)
    command = Command(migrated_url, tmp_path)
    both = [command.start("import", str(file), "--json") for _ in range(2)]
    told: Counter[str] = Counter()
    for process in both:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err.decode()
        told.update(json.loads(line)["result"] for line in out.splitlines())
    lines = sum(1 for _ in many(1200))
    assert told == {"added": lines, "unchanged": lines}
    database = Database(migrated_url)
    in_order(database)
    assert counts(database)["claims"] == 1200
    database.close()


def peak(command: Command, *words: str) -> int:
    """Run a command and return the kilobytes that it held at most.

    From a process between: Linux counts what a process was before it became another program, which here is a worker
    of the tests that may hold more than it may.
    """
    between = (
        "import os, subprocess, sys\n"
        "run = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "_, status, usage = os.wait4(run.pid, 0)\n"
        "print(usage.ru_maxrss)\n"
        "sys.exit(os.waitstatus_to_exitcode(status))\n"
    )
    return int(command.between(between, *words))


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(migrated_url: str, tmp_path: Path) -> None:
    peaks: list[int] = []
    for size in (300, 3000):
        file = str(written(tmp_path, size))
        commands = (("import", file), ("import", "--dry-run", file), ("export",))
        peaks += [peak(Command(migrated_url, tmp_path), *words) for words in commands]
    for small, large in zip(peaks[:3], peaks[3:], strict=True):
        assert large < small + 30 * 1024, peaks
        assert large < 300 * 1024


def test_the_command_tells_what_became_of_each_line(migrated_url: str, tmp_path: Path) -> None:
    command = Command(migrated_url, tmp_path)
    body = ndjson(*THREE, b"{", CLAIM | {"external_id": "x", "status": "refuted"})
    code, out, said = command.run("import", "-", "--dry-run", given=body)
    assert (code, out) == (1, b"")
    assert "Nothing was added. The result would be: 3 added, 2 refused." in said
    code, out, said = command.run("import", "-", "--json", given=body)
    assert code == 1
    assert outcomes([json.loads(line) for line in out.splitlines()]) == ["added"] * 3 + ["refused"] * 2
    code, out, said = command.run("import", "-", given=body)
    assert (code, out) == (1, b"")
    assert "line 4: The line is not JSON" in said
    assert "3 unchanged, 2 refused." in said
    file = tmp_path / "sources.csv"
    file.write_text("type,name,kind\nsource,Somebody,person\n", encoding="utf-8")
    assert command.run("import", str(file))[0] == 0
    assert command.run("import", str(file), "--as", "Nobody")[0] == 1
    assert command.run("import", "none.ndjson")[0] == 2

    code, out, _ = command.run("export")
    assert code == 0
    [claim] = [json.loads(line) for line in out.splitlines()]
    assert claim["external_id"] == "million"
    code, out, _ = command.run("export", "--format", "csv", "--status", "unverified", "--q", "million")
    assert len(list(csv.reader(io.StringIO(out.decode(), newline="")))) == 2
    code, out, _ = command.run("export", "--everything")
    assert [json.loads(line)["type"] for line in out.splitlines()] == ["source", "source", "article", "claim"]
    for words in (("--everything", "--kind", "factual"), ("--status", "x"), ("--source", "x"), ("--q", '"')):
        assert command.run("export", *words)[0] == 2


def test_an_import_takes_the_role_at_each_batch(desk: Desk) -> None:
    batch = next(intake.batches(io.BytesIO(ndjson(*THREE)), "ndjson"))
    with desk.database.writing() as session:
        actor = people.known(session, "Test contributor")
        assert outcomes([each.as_json() for each in imports.enter(session, actor, batch.lines)]) == ["added"] * 3
    assert actor.role is Role.CONTRIBUTOR


def test_the_time_of_an_import_never_goes_back(desk: Desk) -> None:
    with desk.database.writing() as session:
        ahead = session.execute(select(LogHead.last_at)).scalar_one().replace(year=2100)
        session.execute(update(LogHead).values(last_at=ahead))
    sent(desk, ndjson(*THREE))
    assert {entry["at"][:4] for entry in desk.changes()[-3:]} == {"2100"}


def test_reading_goes_on_while_an_export_is_read(desk: Desk) -> None:
    sent(desk, ndjson(*many(30)))
    pieces = exports.claims(desk.database, ClaimFilters(), None, "ndjson", None)
    next(pieces)
    done = threading.Thread(target=lambda: sent(desk, ndjson(SOURCE)))
    done.start()
    done.join(10)
    assert not done.is_alive()
    pieces.close()


# ── The progress bar ────────────────────────────────────────────────────────────────────────────────────────────


class Watched:
    """An import's progress bar as a terminal shows it, with a clock of its own."""

    def __init__(self, size: int | None) -> None:
        self.time, self.end, self.counts = 0.0, 0, Counter[str]()
        self.bar = transfer._progress()
        self.bar.get_time = lambda: self.time
        self.import_ = transfer.Shown(self.bar, "Importing", size)

    def batch(self, seconds: float, outcome: str, lines: int = 500) -> None:
        self.time += seconds
        self.end += 100 * lines
        self.counts[outcome] += lines
        self.import_.advance(self.end, self.counts)

    def text(self) -> str:
        console = Console(width=200, file=io.StringIO())
        console.print(self.bar.make_tasks_table(self.bar.tasks))
        return cast(io.StringIO, console.file).getvalue()


def test_the_bar_tells_the_rate_of_entering_and_not_of_passing_what_is_there() -> None:
    watched = Watched(100 * 40_000)
    for _ in range(40):  # 20,000 lines at 5,000 a second
        watched.batch(0.1, "unchanged")
    assert "20000 lines (20000 already on the desk), 5000/s" in watched.text()
    assert ":" not in watched.text(), "nobody knows how long the rest will take"
    for _ in range(21):  # and 10,500 at 500
        watched.batch(1, "added")
    assert "30500 lines (20000 already on the desk), 500/s" in watched.text()
    assert "0:00:19" in watched.text()  # 9,500 lines


def test_the_bar_tells_no_time_left_where_the_size_is_not_known() -> None:
    watched = Watched(None)
    for _ in range(10):
        watched.batch(1, "added")
    assert "5000 lines, 500/s" in watched.text()
    assert ":" not in watched.text()
    known = Watched(100 * 10_000)
    for _ in range(10):
        known.batch(1, "added")
    assert "0:00:10" in known.text()
