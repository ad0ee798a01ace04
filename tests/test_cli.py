"""The command line, as the program that people start: in a folder of its own, with an environment of its own."""

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from factcheck.cli import base
from factcheck.storage import schema
from tests import commands
from tests.desk import SECRET
from tests.needs import only_on

ROOT = Path(__file__).resolve().parent.parent
CLAIMS = 31
STARTS = 60  # seconds that a server may take to print its address on a busy machine


@dataclass
class Shell:
    """A folder with an environment in which to run the program."""

    folder: Path
    settings: dict[str, str]

    def command(self, *words: str) -> dict[str, Any]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ}
        given = {f"FACTCHECK_{name.upper()}": value for name, value in self.settings.items()}
        return {
            "args": [sys.executable, "-m", "factcheck", *words],
            "cwd": self.folder,
            "env": {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "NO_COLOR": "1", **given},
            "stdin": subprocess.DEVNULL,
            "text": True,
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        told = self.command(*words)
        run = commands.run(*words, cwd=told["cwd"], env=told["env"])
        return subprocess.CompletedProcess(told["args"], run.returncode, run.stdout.decode(), run.stderr.decode())

    def done(self, *words: str) -> str:
        """Run, demand exit 0, and return what stands on standard output."""
        run = self.run(*words)
        assert run.returncode == 0, run.stderr or run.stdout
        return run.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self.done(*words, "--json"))

    def failed(self, *words: str) -> str:
        """Run, demand exit 1 with nothing on standard output, and return the one line on standard error."""
        run = self.run(*words)
        assert (run.returncode, run.stdout) == (1, ""), run.stderr
        [line] = run.stderr.splitlines()
        assert line.startswith("factcheck: ")
        return line

    @property
    def database(self) -> Path:
        return self.folder / "factcheck.db"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path, {})


@pytest.fixture
def seeded_shell(shell: Shell, seeded_url: str, engine: str) -> Shell:
    """A folder with a seeded desk; with the database itself in it when that is a file."""
    if engine == "sqlite":
        shutil.move(seeded_url.removeprefix("sqlite:///"), shell.database)
    else:
        shell.settings |= {"database_url": seeded_url, "secret_key": SECRET}
    return shell


# ── People ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_people_are_added_listed_and_disabled(shell: Shell) -> None:
    added = shell.json("people", "add", "Anna  Lindqvist", "--role", "analyst")
    assert list(added) == ["id", "name", "role", "token"]
    assert (added["name"], added["role"]) == ("Anna Lindqvist", "analyst")
    assert re.fullmatch(r"fck_[A-Za-z0-9_-]{43}", added["token"])

    assert re.fullmatch(
        r"http://127\.0\.0\.1:8000/login/[\w-]{43}", shell.json("people", "login-link", "anna lindqvist")["url"]
    )

    disabled = shell.run("people", "disable", "ANNA LINDQVIST", "--reason", "She left.")
    assert (disabled.returncode, disabled.stdout) == (0, "")
    assert "disabled" in disabled.stderr
    listed = shell.json("people", "list")
    assert [list(row) for row in listed] == [["id", "name", "display_name", "role", "created_at", "disabled_at"]] * 2
    operator, anna = listed
    assert (operator["name"], operator["role"], operator["disabled_at"]) == ("operator", "admin", None)
    assert (anna["id"], anna["name"], anna["role"]) == (added["id"], "Anna Lindqvist", "analyst")
    assert anna["disabled_at"] > anna["created_at"]


@pytest.mark.slow
def test_people_for_people(shell: Shell) -> None:
    """Without --json: data alone on standard output, talk on standard error."""
    added = shell.run("people", "add", "Ousmane", "--role", "contributor")
    assert re.fullmatch(r"fck_[A-Za-z0-9_-]{43}\n", added.stdout)
    assert added.stderr == "Ousmane has the role contributor. The token, which is shown only once:\n"
    assert re.fullmatch(r"fck_[\w-]{43}", shell.json("people", "token", "Ousmane")["token"])
    assert re.fullmatch(r"fck_[\w-]{43}\n", shell.done("people", "token", "Ousmane", "--days", "1"))
    shell.settings["base_url"] = "https://desk.example.org/facts/"
    assert re.fullmatch(
        r"https://desk\.example\.org/facts/login/[\w-]{43}\n", shell.done("people", "login-link", "Ousmane")
    )
    rows = [line.split("\t") for line in shell.done("people", "list").splitlines()]
    assert [row[:3] for row in rows] == [["operator", "admin", "enabled"], ["Ousmane", "contributor", "enabled"]]
    assert shell.failed("people", "add", "OUSMANE", "--role", "reader").startswith("factcheck: Somebody already has")
    assert shell.run("people", "role", "Ousmane", "analyst").stderr == "Ousmane now has the role analyst.\n"
    assert shell.failed("people", "role", "ousmane", "analyst") == "factcheck: Ousmane already has the role analyst."
    assert shell.failed("people", "role", "operator", "reader").startswith("factcheck: The operator must be admin")
    assert shell.run("people", "revoke", "Ousmane").stderr.startswith("All tokens, sessions and login links of Ousmane")
    assert (
        shell.run("people", "disable", "Ousmane").stderr
        == "Ousmane is disabled. Their tokens and sessions have ended.\n"
    )
    assert shell.failed("people", "token", "Ousmane") == "factcheck: Ousmane is disabled."


# ── Seeds and the doctor ────────────────────────────────────────────────────────────────────────────────────────


def test_the_audit_is_a_table_and_json(seeded_shell: Shell) -> None:
    table = seeded_shell.done("audit")
    lines = table.splitlines()
    assert lines[0].split() == ["kind", "claim", "explanation", "since"]
    assert len(lines) == 28
    assert any(line.startswith("interested_only") and "Organizers of the rally in Niamey" in line for line in lines)
    narrowed = seeded_shell.json("audit", "--kind", "conflict", "--kind", "unnamed_origin", "--status", "unverified")
    assert ([item["kind"] for item in narrowed["items"]].count("conflict"), narrowed["total"]) == (2, 3)
    few = seeded_shell.run("audit", "--limit", "2")
    assert (few.returncode, len(few.stdout.splitlines()), "2 of 27 findings." in few.stderr) == (0, 3, True)
    assert seeded_shell.run("audit", "--kind", "nonsense").returncode == 2


@only_on("sqlite")
def test_the_doctor_passes_a_good_desk_and_nothing_else(seeded_shell: Shell) -> None:
    good = seeded_shell.json("doctor")
    assert (good["claims"], good["faults"]) == (CLAIMS, [])
    assert {row["name"] for row in good["settings"]} >= {"FACTCHECK_DATABASE_URL", "FACTCHECK_SECRET_KEY"}
    assert all(set(row) == {"name", "value", "from", "help"} for row in good["settings"])

    with closing(sqlite3.connect(seeded_shell.database)) as connection, connection:
        [(claim,)] = connection.execute("SELECT id FROM claims WHERE external_id = 'niger-2023-11-06/C15'")
        connection.execute("UPDATE claims SET document = X'7B7D' WHERE id = ?", (claim,))
    seeded_shell.settings["public_reed"] = "on"
    ill = seeded_shell.run("doctor", "--json")
    assert ill.returncode == 1
    *_, ill_document = json.loads(ill.stdout)["faults"]
    assert ill_document["detail"].startswith("claims.document: derived data, It is “{}”, not “{")
    assert json.loads(ill.stdout)["faults"] == [
        {
            "subject": "FACTCHECK_PUBLIC_REED",
            "detail": "This setting does not exist.",
            "mended": False,
            "mend": "Did you mean FACTCHECK_PUBLIC_READ? Otherwise remove it.",
        },
        {
            "subject": f"claim {claim}",
            "detail": ill_document["detail"],
            "mended": False,
            "mend": "Run `factcheck doctor --mend` to derive it from the log again.",
        },
    ]


@only_on("sqlite")
def test_the_doctor_looks_while_somebody_writes(seeded_shell: Shell) -> None:
    with closing(sqlite3.connect(seeded_shell.database)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert f"{CLAIMS} claims checked, 0 faults." in seeded_shell.done("doctor")


@pytest.mark.slow
@only_on("sqlite")
def test_the_doctor_mends_what_was_rendered_otherwise_and_nothing_else(seeded_shell: Shell) -> None:
    with closing(sqlite3.connect(seeded_shell.database)) as connection, connection:
        connection.execute("UPDATE claims SET document = X'7B7D' WHERE external_id = 'niger-2023-11-06/C15'")
    before = seeded_shell.run("doctor")
    assert before.returncode == 1
    assert f"{CLAIMS} claims checked, 1 fault." in before.stdout
    assert re.search(r"^FACTCHECK_SECRET_KEY +\(hidden\) +\S*factcheck\.secret *$", before.stdout, re.MULTILINE)
    assert "\x1b" not in before.stdout + before.stderr
    assert (seeded_shell.folder / "factcheck.secret").read_text(encoding="ascii") not in before.stdout
    assert "Fixed." in seeded_shell.done("doctor", "--mend")
    assert f"{CLAIMS} claims checked, 0 faults." in seeded_shell.done("doctor")
    with closing(sqlite3.connect(seeded_shell.database)) as connection, connection:
        connection.execute("UPDATE claims SET status = 'verified' WHERE external_id = 'niger-2023-11-06/C15'")
    assert seeded_shell.run("doctor", "--mend").returncode == 1
    ill = seeded_shell.run("doctor")
    assert (ill.returncode, "\n    Run `factcheck log verify`" in ill.stdout) == (1, True)


@pytest.mark.slow
def test_the_doctor_tells_of_a_desk_without_a_schema(shell: Shell) -> None:
    empty = shell.run("doctor", "--json")
    assert empty.returncode == 1
    [fault] = json.loads(empty.stdout)["faults"]
    assert (fault["subject"], "has no schema" in fault["detail"]) == ("database", True)
    assert fault["mend"].startswith("Run `factcheck db upgrade`")
    shell.settings |= {"database_url": f"postgresql://desk:hush@127.0.0.1:{free_port()}/desk", "secret_key": SECRET}
    away = shell.run("doctor", "--json")
    [fault] = json.loads(away.stdout)["faults"]
    assert fault["mend"].startswith("Check that the database is running")
    assert "hush" not in away.stdout + away.stderr


@pytest.mark.slow
def test_loading_the_seeds_twice_changes_nothing(shell: Shell) -> None:
    first = shell.json("seed")
    assert (first["claims"], first["articles"], first["people"]) == (CLAIMS, 1, 1)
    with closing(sqlite3.connect(shell.database)) as connection:
        before = list(connection.iterdump())
    again = shell.run("seed")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "Everything is already loaded.\n")
    assert shell.json("seed") == {}
    with closing(sqlite3.connect(shell.database)) as connection:
        assert list(connection.iterdump()) == before


# ── The schema ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_the_schema_goes_up_and_down(shell: Shell, empty_url: str, engine: str) -> None:
    if engine != "sqlite":
        shell.settings |= {"database_url": empty_url, "secret_key": SECRET}
    head = schema.head()
    assert shell.failed("db", "check").endswith(
        f"has no schema; this version needs {head}: run `factcheck db upgrade`."
    )
    assert shell.json("db", "current") == {"current": None, "head": head}
    up = shell.run("db", "upgrade")
    assert (up.returncode, up.stdout, up.stderr) == (0, "", f"The schema is at {head}.\n")
    check = shell.run("db", "check")
    assert (check.returncode, check.stdout) == (0, "")
    assert shell.json("seed")["claims"] == CLAIMS
    assert shell.json("doctor")["claims"] == CLAIMS
    assert "has no place for what is in articles, claim_sources, " in shell.failed("db", "downgrade", "base")
    assert shell.json("doctor")["claims"] == CLAIMS
    assert shell.done("db", "downgrade", "base", "--lose-data") == ""
    assert shell.done("db", "current") == "(none)\n"
    assert shell.failed("db", "downgrade", "nosuch").startswith("factcheck: The schema cannot be changed")


@pytest.mark.slow
@only_on("postgresql")
def test_a_database_server_is_not_migrated_by_the_way(shell: Shell, empty_url: str) -> None:
    shell.settings |= {"database_url": empty_url, "secret_key": SECRET}
    for command in (("serve", "--port", str(free_port())), ("seed",), ("people", "list")):
        told = shell.failed(*command)
        assert (
            told
            == f"factcheck: The database has no schema; this version needs {schema.head()}: run `factcheck db upgrade`."
        )
    shell.done("db", "upgrade")
    assert shell.json("people", "list") == []


# ── What goes wrong ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("people", "add", "Anna", "--role", "boss")),
        pytest.param((), marks=pytest.mark.slow),
        pytest.param(("nosuch",), marks=pytest.mark.slow),
        pytest.param(("people", "token", "Anna", "--days", "0"), marks=pytest.mark.slow),
        pytest.param(("serve", "--port", "70000"), marks=pytest.mark.slow),
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_2(shell: Shell, words: tuple[str, ...]) -> None:
    run = shell.run(*words)
    assert (run.returncode, run.stdout) == (2, "")
    assert "Usage: factcheck" in run.stderr
    assert list(shell.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "words", "told"),
    [
        pytest.param({"database_url": "sqlite:///words.txt"}, ("db", "upgrade"), "file is not a database"),
        *(
            pytest.param(settings, words.split(), told, marks=pytest.mark.slow)
            for settings, words, told in (
                ({"public_read": "maybe"}, "openapi", "FACTCHECK_PUBLIC_READ must be on or off."),
                ({"rate_limit": "lots"}, "serve", "FACTCHECK_RATE_LIMIT must be a number per second"),
                ({"database_url": "postgresql://localhost/desk"}, "db current", "FACTCHECK_SECRET_KEY is required"),
                ({"database_url": "sqlite:///nosuch/desk.db"}, "seed", "cannot be stored in nosuch/desk.secret"),
                ({}, "people token Nobody", "Nobody has the name “Nobody”."),
                ({}, "db upgrade nosuch", "Can't locate revision identified by 'nosuch'"),
                (
                    {"embeddings": "nothing"},
                    "serve",
                    "names the folder nothing, which has no model.onnx and no",
                ),
                ({}, "serve --workers 2", "Only one process can serve an embedded database"),
                ({}, "serve --host 192.0.2.1", "The server cannot listen on 192.0.2.1:8000"),
            )
        ),
    ],
)
def test_a_failure_is_one_clear_line(shell: Shell, settings: dict[str, str], words: list[str], told: str) -> None:
    (shell.folder / "words.txt").write_text("This is no database, only words.\n" * 50, encoding="utf-8")
    shell.settings |= settings
    assert told in shell.failed(*words)


@pytest.mark.slow
def test_a_database_that_is_not_there_is_told(shell: Shell) -> None:
    url = f"postgresql://desk:hush@127.0.0.1:{free_port()}/desk"
    shell.settings |= {"database_url": url, "secret_key": SECRET}
    for words in (("db", "current"), ("db", "upgrade")):
        run = shell.run(*words)
        assert (run.returncode, run.stdout) == (1, "")
        assert run.stderr.splitlines()[-1].startswith(
            ("factcheck: The database server cannot be reached", "factcheck: The database cannot")
        )
        assert "Traceback" not in run.stderr
        assert "hush" not in run.stderr


@pytest.mark.slow
def test_a_port_that_is_taken_is_told(shell: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        other = int(port) + 101 if int(port) <= 65_000 else 8101
        told = {command: shell.failed(command, "--port", port) for command in ("serve", "demo")}
    for command, line in told.items():
        assert f"The server cannot listen on 127.0.0.1:{port}: Address already in use." in line
        assert line.endswith(f"factcheck {command} --port {other}")
    assert f"Choose another port: make run PORT={other}, or" in told["demo"]


def test_make_run_takes_a_port() -> None:
    """What the message and the README say is what the Makefile does."""
    make = ["make", "--no-print-directory", "--dry-run", "run", "-o", ".venv/.run", "VENV=.venv"]
    for words, expected in (([], "factcheck demo"), (["PORT=8101"], "factcheck demo --port 8101")):
        printed = subprocess.run([*make, *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert printed.split()[0].endswith("/factcheck")
        assert " ".join(printed.split()[1:]) == expected.removeprefix("factcheck ")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make run PORT=8101" in readme


@pytest.mark.slow
def test_the_openapi_document_is_printed(shell: Shell) -> None:
    document = json.loads(shell.done("openapi"))
    assert document["openapi"].startswith("3.")
    assert "/v1/claims/{id}" in str(document["paths"].keys()).replace("{claim_id}", "{id}")
    assert not shell.database.exists()


@pytest.mark.slow
def test_help_is_there_for_every_command(shell: Shell) -> None:
    told = shell.done("--help")
    for command in ("serve", "demo", "db", "seed", "people", "openapi", "doctor"):
        assert re.search(rf"^  {command} +\S", told, re.MULTILINE)
    assert shell.done("--version").startswith("factcheck, version ")


# ── Servers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(shell: Shell, *words: str, lines: int) -> Iterator[tuple[list[str], subprocess.Popen[str]]]:
    """Start a server and yield the lines that it prints when it is there; demand that SIGTERM ends it cleanly.

    It has a process group of its own: when a test fails, its workers go with it.
    """
    with (shell.folder / "talk").open("w+", encoding="utf-8") as talk:
        process = subprocess.Popen(**shell.command(*words), stdout=subprocess.PIPE, stderr=talk, start_new_session=True)
        late = threading.Timer(STARTS, lambda: os.killpg(process.pid, signal.SIGKILL))
        late.start()
        try:
            assert process.stdout
            told = [process.stdout.readline() for _ in range(lines)]
            late.cancel()
            assert all(told), (shell.folder / "talk").read_text(encoding="utf-8")
            yield told, process
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
            assert process.stdout.read() == ""
        finally:
            late.cancel()
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout:
                process.stdout.close()
    assert "Traceback" not in (shell.folder / "talk").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_demo_is_a_desk_that_stays(shell: Shell) -> None:
    port = free_port()
    shell.settings["base_url"] = f"http://127.0.0.1:{port}"
    with served(shell, "demo", "--port", str(port), lines=2) as (told, _):
        address = re.search(r"http://\S+", told[0])
        link = re.search(r"http://\S+/login/\S+", told[1])
        assert address
        assert link
        assert (address[0], "Analyst" in told[1]) == (f"http://127.0.0.1:{port}", True)

        page = requests.get(f"{address[0]}/v1/claims?limit=1&count=true", timeout=10)
        assert (page.status_code, page.json()["total"], len(page.json()["items"])) == (200, CLAIMS, 1)
        assert requests.get(f"{address[0]}/readyz", timeout=10).json() == {"status": "ready"}
        assert requests.post(f"{address[0]}/v1/sources", json={}, timeout=10).status_code == 401

        browser = requests.Session()
        browser.headers["Accept"] = "text/html"
        form = browser.get(link[0], timeout=10)
        csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form.text)
        assert csrf, form.text
        entered = browser.post(link[0], data={"csrf_token": csrf[1]}, timeout=10, allow_redirects=False)
        assert (entered.status_code, entered.headers["Location"]) == (303, "/")
        me = browser.get(f"{address[0]}/v1/me", timeout=10)
        assert (me.status_code, me.json()["name"]) == (200, "Analyst")

        token = shell.json("people", "token", "Analyst")["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        source = {"name": "Crowd counters", "kind": "organization"}
        made = requests.post(f"{address[0]}/v1/sources", json=source, headers=bearer, timeout=10)
        assert made.status_code == 201
    log = [row[0] for row in rows(shell, "SELECT log_index FROM revisions ORDER BY 1")]

    with served(shell, "demo", "--port", str(port), lines=2) as (told, _):
        again = re.search(r"http://\S+/login/\S+", told[1])
        assert again
        assert again[0] != link[0]
        page = requests.get(f"{address[0]}/v1/claims?limit=1&count=true", timeout=10)
        assert (page.status_code, page.json()["total"]) == (200, CLAIMS)
        kept = requests.get(address[0] + made.headers["Location"], headers=bearer, timeout=10)
        entered_source = {name: value for name, value in made.json().items() if name != "similar"}
        assert (kept.status_code, kept.json()) == (200, entered_source)
        assert browser.get(f"{address[0]}/v1/me", timeout=10).json()["name"] == "Analyst"
    # The new login link is all that the second start wrote.
    assert [row[0] for row in rows(shell, "SELECT log_index FROM revisions ORDER BY 1")] == [*log, len(log)]
    assert "Everything is already loaded." in (shell.folder / "talk").read_text(encoding="utf-8")
    assert shell.json("doctor")["faults"] == []


@pytest.mark.slow
def test_serving_makes_an_embedded_desk_and_reports_unknown_settings(shell: Shell) -> None:
    port = free_port()
    shell.settings["public_reed"] = "on"
    with served(shell, "serve", "--port", str(port), lines=1) as (told, _):
        assert told == [f"The desk runs at http://127.0.0.1:{port}\n"]
        assert requests.get(f"http://127.0.0.1:{port}/readyz", timeout=10).status_code == 200
        assert requests.get(f"http://127.0.0.1:{port}/v1/claims", timeout=10).status_code == 401
    assert "The setting FACTCHECK_PUBLIC_REED does not exist." in (shell.folder / "talk").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_login_link_begins_with_the_address_that_is_served(seeded_shell: Shell, engine: str) -> None:
    """With the note beside an embedded database, with the setting, and with neither; a note that is old is told of."""
    shell, port = seeded_shell, free_port()
    here = f"http://127.0.0.1:{port}"

    def link() -> tuple[str, str]:
        made = shell.run("people", "login-link", "Analyst")
        assert made.returncode == 0, made.stderr
        return made.stdout.strip().partition("/login/")[0], made.stderr

    assumed = "The URL of this desk is not known. The link assumes http://127.0.0.1:8000."
    assert link()[0] == "http://127.0.0.1:8000"
    assert assumed in link()[1]
    with served(shell, "serve", "--port", str(port), "--host", "0.0.0.0", lines=1):
        base, told = link()
        assert base == (here if engine == "sqlite" else "http://127.0.0.1:8000")
        assert (told == "") == (engine == "sqlite")
    assert link()[0] == "http://127.0.0.1:8000"  # the server took its note away
    if engine == "sqlite":
        shell.database.with_suffix(".address").write_text(f"{here}\n", encoding="utf-8")  # as one that was killed left
        assert link() == (here, f"No server is running at {here}. Start the desk there, then open the link.\n")
    shell.settings["base_url"] = "https://desk.example.org"
    assert link() == ("https://desk.example.org", "")


@pytest.mark.slow
@only_on("postgresql")
def test_several_processes_serve_a_database_server(seeded_shell: Shell) -> None:
    port = free_port()
    seeded_shell.settings["public_read"] = "on"
    with served(seeded_shell, "serve", "--port", str(port), "--workers", "2", lines=1):
        for _ in range(8):
            page = requests.get(f"http://127.0.0.1:{port}/v1/claims?limit=1", timeout=10)
            assert (page.status_code, len(page.json()["items"])) == (200, 1)


def rows(shell: Shell, query: str) -> list[Any]:
    with closing(sqlite3.connect(shell.database)) as connection:
        return list(connection.execute(query))


def test_what_was_loaded_is_told_in_the_right_number(capsys: pytest.CaptureFixture[str]) -> None:
    base.tell_seeded({"people": 1, "sources": 17, "articles": 1, "evidence": 14})
    base.tell_seeded({"evidence": 1, "people": 2})
    told = "Loaded 1 person, 17 sources, 1 article, 14 pieces of evidence.\nLoaded 1 piece of evidence, 2 people.\n"
    assert capsys.readouterr().err == told
