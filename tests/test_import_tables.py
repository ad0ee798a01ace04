"""Tables as spreadsheets write them, each read and told; one rule for tags; and what a refused line leaves: nothing."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests import commands
from tests.desk import SECRET, Desk
from tests.importing import ANNOTATIONS, HTML, LD_JSON, imported, outcomes, the_claim
from tests.test_foreign_annotations import ROW
from tests.test_foreign_reviews import CLEAN
from tests.test_imports import ARTICLE, CLAIM, CSV, NDJSON, SOURCE, counts, ndjson

# ── Tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────

ROWS = [
    ["external_id", "article_id", "text", "kind", "quotes.1.exact", "quantity.high", "quantity.unit", "tags"],
    ["one", "rally", "Größe: “a million” came; they said", "quantity", "up to a million people were present", "1000000",
     "people", "Öffentlich, crowd"],
    ["two", "rally", "Thousands came", "factual", "thousands of people gathered", "", "", ""],
]  # fmt: skip


def table(delimiter: str, encoding: str, *, before: str = "", end: str = "\r\n") -> bytes:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if delimiter in text or '"' in text else text

    return (before + "".join(delimiter.join(map(cell, row)) + end for row in ROWS)).encode(encoding)


TABLES = {
    "as Excel writes it in half of Europe": (table(";", "utf-8-sig"), ["semicolons", "UTF-8 with a byte order mark"]),
    "commas with a mark": (table(",", "utf-8-sig"), ["UTF-8 with a byte order mark"]),
    "semicolons": (table(";", "utf-8"), ["semicolons"]),
    "tabs": (table("\t", "utf-8", end="\n"), ["tabs"]),
    "bars": (table("|", "utf-8"), ["vertical bars"]),
    "sep= and a mark": (table(";", "utf-8-sig", before="sep=;\r\n"), ["`sep=`", "semicolons", "byte order mark"]),
    "sep= of another sign": (table("~", "utf-8", before="sep=~\n"), ["`sep=`", "“~”"]),
    "sep= of commas": (table(",", "utf-8", before="SEP=,\r\n"), ["`sep=`", "commas"]),
    "UTF-16 as Excel calls Unicode text": (table("\t", "utf-16"), ["tabs", "UTF-16"]),
    "UTF-16, the other way round": (b"\xfe\xff" + table(";", "utf-16-be"), ["semicolons", "UTF-16"]),
    "UTF-16 without a mark": (table(";", "utf-16-le"), ["semicolons", "UTF-16 without a byte order mark"]),
    "Windows-1252": (table(";", "windows-1252"), ["semicolons", "Windows-1252"]),
    "Windows-1252 with commas": (table(",", "windows-1252"), ["Windows-1252"]),
    "blank lines before": (table(";", "utf-8", before="\r\n\r\n"), ["semicolons"]),
    "as the standard has it": (table(",", "utf-8"), []),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_read_however_it_is_written_and_that_is_told(desk: Desk, name: str) -> None:
    raw, said = TABLES[name]
    imported(desk, ndjson(SOURCE, ARTICLE), NDJSON)
    results = imported(desk, raw, f"{CSV}; charset=utf-16" if "UTF-16" in name else CSV)
    assert outcomes(results) == ["added", "added"], results
    claim = desk.get(f"/v1/claims/{results[0]['id']}").json
    assert (claim["text"], claim["tags"]) == ("Größe: “a million” came; they said", ["crowd", "Öffentlich"])
    assert results[0]["line"] == 2 + ("sep=" in name) + 2 * ("blank" in name)
    assert "notices" not in results[1]
    [notice] = results[0].get("notices", [{"detail": ""}])
    assert all(word in notice["detail"] for word in said)
    assert bool(notice["detail"]) == bool(said)
    assert outcomes(imported(desk, raw, CSV)) == ["unchanged", "unchanged"]


REFUSED_TABLES = {
    "no column is known": (b"Nummer;Behauptung;Thema\n1;a;b\n2;c;d\n", "The table has no known column"),
    "UTF-32": (table(",", "utf-32"), "UTF-32"),
    "UTF-16 that breaks off": (table("\t", "utf-16")[:-1], "begins as UTF-16"),
}


@pytest.mark.parametrize("name", REFUSED_TABLES)
def test_a_table_that_cannot_be_read_is_refused_once(desk: Desk, name: str) -> None:
    raw, said = REFUSED_TABLES[name]
    response = desk.request("POST", "/v1/imports", data=raw, content_type=CSV)
    assert (response.status_code, response.mimetype) == (422, "application/problem+json")
    assert said in response.get_data(as_text=True)


def test_a_damaged_row_costs_itself_alone(desk: Desk) -> None:
    """What is mostly UTF-8 is not taken for another encoding."""
    rows = "".join(f"source,é{at} – ü,person\n" for at in range(5)).encode()
    results = imported(desk, b"type,name,kind\n" + rows + b"source,caf\xe9,person\n", CSV)
    assert outcomes(results) == ["added"] * 5 + ["refused"]
    assert "not UTF-8" in results[-1]["problem"]["detail"]


# ── Tags ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_tag_of_two_words_is_refused_alike_everywhere(desk: Desk) -> None:
    """In the API, in lines and in a table; the form does as the API does."""
    imported(desk, ndjson(SOURCE, ARTICLE), NDJSON)
    body = {"text": "x", "kind": "factual", "quotes": [{"exact": "Meanwhile"}], "tags": ["Public Health"]}
    refused = desk.post("/v1/claims", body | {"article_id": desk.article()["id"]})
    assert refused.status_code == 422
    table_ = b"article_id,text,kind,quotes.1.exact,tags\nrally,x,factual,Meanwhile,Public Health\n"
    lines = [
        imported(desk, ndjson(body | {"type": "claim", "article_id": "rally"}), NDJSON),
        imported(desk, table_, CSV),
    ]
    for [line] in lines:
        assert line["result"] == "refused"
        assert line["problem"]["errors"] == refused.json["errors"]
    assert [(each["pointer"], each["detail"]) for each in refused.json["errors"]] == [
        ("/tags/0", "Must be words joined by hyphens.")
    ]
    good = b'article_id,text,kind,quotes.1.exact,tags\nrally,x,factual,Meanwhile," Public-Health , rally,"\n'
    assert the_claim(desk, imported(desk, good, CSV))["tags"] == ["Public-Health", "rally"]


def test_a_webhook_is_told_of_tags_that_there_can_be(desk: Desk) -> None:
    hook = {"url": "https://hook.example/x", "tags": ["Public-Health", "Public Health"]}
    refused = desk.post("/v1/webhooks", hook, by="admin")
    assert refused.status_code == 422
    assert [(each["pointer"], each["detail"]) for each in refused.json["errors"]] == [
        ("/tags/1", "Must be words joined by hyphens.")
    ]


# ── The command ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("piped", [False, True])
def test_the_command_says_how_it_read_a_table(desk: Desk, tmp_path: Path, piped: bool) -> None:
    """On a terminal in words, with --json on the line."""
    file = tmp_path / "sources.csv"
    file.write_bytes("type;name;kind\r\nsource;Größe;person\r\n".encode("utf-8-sig"))
    environment = {"FACTCHECK_DATABASE_URL": desk.settings.database_url, "FACTCHECK_SECRET_KEY": SECRET}
    told = "The table was read with semicolons between its cells, in UTF-8 with a byte order mark."
    words = ["import", "-", "--format", "csv"] if piped else ["import", str(file)]

    def run(*more: str) -> subprocess.CompletedProcess[bytes]:
        given = file.read_bytes() if piped else b""
        environ = {**os.environ, **environment, "NO_COLOR": "1", "COLUMNS": "200"}
        done = commands.run(*words, *more, cwd=tmp_path, env=environ, given=given, timeout=120)
        assert done.returncode == 0, done.stderr
        return done

    assert told in run("--dry-run").stderr.decode()
    [line] = [json.loads(each) for each in run("--json").stdout.splitlines()]
    assert (line["result"], line["notices"]) == ("added", [{"detail": told}])


def test_the_command_reads_a_page(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "page.HTML"
    file.write_bytes(b"<script type=application/ld+json>" + json.dumps(CLEAN).encode() + b"</script>")
    environment = {**os.environ, "FACTCHECK_DATABASE_URL": desk.settings.database_url, "FACTCHECK_SECRET_KEY": SECRET}
    done = commands.run("import", str(file), "--json", cwd=tmp_path, env=environment, given=b"", timeout=120)
    assert done.returncode == 0, done.stderr
    assert outcomes([json.loads(each) for each in done.stdout.splitlines()]) == ["added"] * 4


# ── What is refused ──────────────────────────────────────────────────────────────────────────────────────────────────

LEFT = {
    "NDJSON": (
        NDJSON,
        ndjson({**CLAIM, "article_id": "none"}, {**ARTICLE, "outlet_id": "none"}, {**SOURCE, "kind": "x"}),
    ),
    "a table": (CSV, b"type,external_id,name,kind\nsource,a,A,nobody\nsource,b,,person\n"),
    "ClaimReviews": (
        LD_JSON,
        json.dumps(
            [
                CLEAN | {"claimReviewed": "x" * 5001},
                CLEAN | {"author": {"@type": "Person", "name": "x" * 301}},
                CLEAN | {"itemReviewed": {"author": {"@type": "Person", "name": "New", "alternateName": "y" * 301}}},
            ]
        ).encode(),
    ),
    "a page": (
        HTML,
        b"<script type=application/ld+json>" + json.dumps(CLEAN | {"claimReviewed": None}).encode() + b"</script>",
    ),
    "annotations": (ANNOTATIONS, json.dumps([{"type": "Annotation"}, ROW, {"rows": []}]).encode()),
}


@pytest.mark.parametrize("name", LEFT)
@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_what_is_refused_leaves_nothing_behind(desk: Desk, name: str, query: str) -> None:
    """No row of any table, no entry of the log."""
    form, raw = LEFT[name]
    before, head = counts(desk.database), desk.changes()
    results = imported(desk, raw, form, query)
    assert results
    assert set(outcomes(results)) == {"refused"}
    assert counts(desk.database) == before
    assert desk.changes() == head
