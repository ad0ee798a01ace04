"""`factcheck log …` and `factcheck witness`, as the programs that auditors and operators start."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from factcheck.log import keys
from factcheck.rules import notes
from tests.test_cli import Shell, free_port, served


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    found = Shell(tmp_path, {})
    found.done("seed")
    return found


def followed(shell: Shell) -> dict[str, tuple[int, int]]:
    """Return up to which log index each follower is, and how many entries come after it."""
    listed = shell.json("followers", "list")["items"]
    names = [row["name"] for row in listed]
    derived = ["audit", "statistics", "notifications", "corrections", "search", "duplicates", "source_pairs"]
    assert names == [*derived, "publication", "webhooks"]
    return {row["name"]: (row["as_of_log_index"], row["lag"]) for row in listed}


def test_a_log_is_signed_checked_and_its_keys_are_changed(shell: Shell) -> None:
    assert followed(shell)["publication"] == (-1, 74)
    note = shell.done("log", "checkpoint")
    lags = {name: lag for name, (_, lag) in followed(shell).items()}
    # Who serves or searches makes the index.
    assert [lags.pop(name) for name in ("search", "duplicates", "source_pairs")] == [74] * 3
    assert set(lags.values()) == {0}
    key = shell.done("log", "key").strip()
    head = notes.parse_checkpoint(keys.verified(note, [key])[0].text)
    saved = shell.folder / "saved"
    saved.write_text(note, encoding="utf-8")
    assert shell.json("log", "verify", "--checkpoint", "saved") == {"entries": head.size, "faults": []}
    with closing(sqlite3.connect(shell.database)) as connection:
        assert connection.execute("SELECT entries, faults FROM log_verification").fetchall() == [(head.size, 0)]
    assert shell.done("log", "key", "--add").split()[0] == key
    shell.done("people", "add", "Ama", "--role", "reader")
    both = shell.done("log", "checkpoint")
    assert len(notes.parse(both).signatures) == 2
    assert key not in shell.done("log", "key", "--retire").split()
    shell.done("people", "add", "Ben", "--role", "reader")
    shell.done("log", "checkpoint")
    assert shell.json("log", "verify", "--checkpoint", "saved")["faults"] == []  # a key that was retired once signed
    strange = shell.run("log", "verify", "--checkpoint", "saved", "--key", key)
    assert (strange.returncode, "no known key" in strange.stdout) == (1, True)


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_tampering_is_named_and_the_exit_is_1(shell: Shell, words: tuple[str, ...]) -> None:
    shell.done("log", "checkpoint")
    with closing(sqlite3.connect(shell.database)) as connection, connection:
        connection.execute("UPDATE claims SET status = 'refuted' WHERE external_id = 'niger-2023-11-06/C15'")
        (claim,) = connection.execute("SELECT id FROM claims WHERE external_id = 'niger-2023-11-06/C15'").fetchone()
    run = shell.run("log", "verify", *words)
    assert run.returncode == 1
    assert f"claim {claim}" in run.stdout
    if words:
        fault = json.loads(run.stdout)["faults"][0]
        assert (fault["subject"], fault["log_index"] is not None) == (f"claim {claim}", True)


def test_a_log_is_verified_also_where_the_table_of_upkeep_is_missing(shell: Shell) -> None:
    """What else somebody changed is still named, and nothing new is attested."""
    with closing(sqlite3.connect(shell.database)) as connection, connection:
        connection.execute("DROP TABLE upkeep")
        connection.execute("UPDATE claims SET status = 'refuted' WHERE external_id = 'niger-2023-11-06/C15'")
    run = shell.run("log", "verify")
    assert run.returncode == 1
    assert "upkeep: It cannot be read: no such table: upkeep" in run.stdout
    assert "claims.status: It is “refuted”, not “disputed”." in run.stdout
    assert "74 entries checked" in run.stderr
    for words in (("db", "upgrade"), ("seed",)):
        refused = shell.run(*words)
        assert (refused.returncode, "The table upkeep cannot be read" in refused.stderr) == (1, True), refused.stderr
    with closing(sqlite3.connect(shell.database)) as connection:
        assert connection.execute("SELECT count(*) FROM revisions WHERE deed = 'attest'").fetchone() == (0,)


@pytest.mark.slow
def test_a_served_log_is_checked_by_its_tiles_alone_and_cosigned(shell: Shell) -> None:
    shell.done("log", "checkpoint")
    key = shell.done("log", "key").strip()
    watching = free_port()
    words = ("--name", "witness.example", "--folder", "watch", "--log", key, "--port", str(watching))
    with served(shell, "witness", *words, lines=1) as (told, _):
        public = told[0].strip()
        assert public.startswith("witness.example+")
        shell.settings["witnesses"] = f"{public} http://127.0.0.1:{watching}"
        shell.done("people", "add", "Ama", "--role", "reader")
        note = shell.done("log", "checkpoint")
        assert keys.verified(note, [public])[1] == [public]
    port = free_port()
    del shell.settings["witnesses"]
    with served(shell, "demo", "--port", str(port), lines=2):
        size = notes.parse_checkpoint(notes.parse(note).text).size
        (shell.folder / "saved").write_text(note, encoding="utf-8")
        url = f"http://127.0.0.1:{port}"
        found = shell.json("log", "verify", "--url", url, "--key", key, "--checkpoint", "saved")
        assert found["faults"] == []
        assert found["entries"] >= size
        other = notes.Checkpoint(notes.parse_checkpoint(notes.parse(note).text).origin, size, bytes(32))
        own = keys.load(shell.folder / "factcheck.log" / "key-1", other.origin)
        forged = notes.Note(other.text(), (own.sign(other.text()),)).written()
        (shell.folder / "forged").write_text(forged, encoding="utf-8")
        wrong = shell.run("log", "verify", "--url", url, "--key", key, "--checkpoint", "forged")
        assert (wrong.returncode, "is not the one that was signed" in wrong.stdout) == (1, True)
