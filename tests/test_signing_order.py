"""What is signed is on disk before anybody sees a signature, and nobody's record is written over unseen."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.serving import make_server

from factcheck.desk import people
from factcheck.errors import Refused
from factcheck.followers.publisher import Publisher
from factcheck.log import keys
from factcheck.log.vouching import witnesses
from factcheck.rules import notes
from factcheck.rules.notes import COSIGNATURE
from tests.desk import Desk


@contextmanager
def served(application: Any) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, application)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def published(desk: Desk) -> list[int]:
    """Return the sizes of the checkpoints that are published."""
    with desk.database.reading() as connection:
        return list(connection.execute(text("SELECT size FROM log_checkpoints ORDER BY size")).scalars())


def test_the_record_is_written_before_a_signature_leaves_the_desk(desk: Desk, tmp_path: Path) -> None:
    """A witness is shown each signature first: it looks what the record says at that moment."""
    folder, seen = tmp_path / "log", []

    def witness(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        asked = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
        shown = notes.parse_checkpoint(notes.parse(asked.partition("\n\n")[2]).text)
        seen.append((shown.size, json.loads((folder / "signed").read_text())["size"], published(desk)))
        start_response("500 INTERNAL SERVER ERROR", [])
        return [b""]

    keys.make(tmp_path / "witness-key")
    public = keys.load(tmp_path / "witness-key", "witness.example").verifier(COSIGNATURE)
    with served(witness) as port:
        publisher = Publisher(desk.database, folder, witness_urls=witnesses.parse(f"{public} http://127.0.0.1:{port}"))
        sizes = []
        for _ in range(2):
            desk.claim()
            note = publisher.publish()
            assert note is not None
            sizes.append(notes.parse_checkpoint(notes.parse(note).text).size)
    assert len(set(sizes)) == 2
    assert seen == [(sizes[0], sizes[0], []), (sizes[1], sizes[1], sizes[:1])]


@pytest.mark.parametrize("step", ["read", "hashed"])
def test_a_record_that_changed_meanwhile_is_not_written_over(desk: Desk, tmp_path: Path, step: str) -> None:
    """As if the folder were on a disk that two machines share, where the lock is only one machine's."""
    folder = tmp_path / "log"
    desk.claim()
    first = Publisher(desk.database, folder)
    assert first.publish() is not None
    ours = first.signed()
    assert ours is not None
    theirs = json.dumps(asdict(replace(ours, size=ours.size + 100)))

    def change(done: str) -> None:
        if done == step:
            (folder / "signed").write_text(theirs)

    desk.claim()
    second = Publisher(desk.database, folder, at=change)
    with pytest.raises(Refused, match="changed the signing record"):
        second.publish()
    assert second.refusal is not None
    assert (folder / "signed").read_text() == theirs
    assert published(desk) == [ours.size]


def test_a_record_that_appeared_meanwhile_is_not_written_over(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    desk.claim()

    def appear(done: str) -> None:
        if done == "read":
            theirs = {"epoch": 1, "origin": "elsewhere.example/log", "size": 7, "root": "AAAA"}
            (folder / "signed").write_text(json.dumps(theirs))

    with pytest.raises(Refused, match="changed the signing record"):
        Publisher(desk.database, folder, at=appear).publish()
    assert json.loads((folder / "signed").read_text())["origin"] == "elsewhere.example/log"
    assert published(desk) == []


def test_a_history_that_differs_below_what_was_signed_is_refused(desk: Desk, tmp_path: Path) -> None:
    """A publisher that has hashed nothing itself yet, and one that goes on from where it was."""
    folder = tmp_path / "log"
    desk.claim()
    first = Publisher(desk.database, folder)
    assert first.publish() is not None
    signed = json.loads((folder / "signed").read_text())
    (folder / "signed").write_text(json.dumps({**signed, "root": "A" * 43 + "="}))
    desk.claim()
    for publisher in (first, Publisher(desk.database, folder)):
        with pytest.raises(Refused, match="not those that were signed"):
            publisher.publish()
    assert published(desk) == [signed["size"]]


def test_a_log_that_is_shorter_than_what_was_signed_is_refused(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    desk.claim()
    assert Publisher(desk.database, folder).publish() is not None
    signed = json.loads((folder / "signed").read_text())
    (folder / "signed").write_text(json.dumps({**signed, "size": signed["size"] + 1}))
    with pytest.raises(Refused, match=f"has {signed['size']} entries; {signed['size'] + 1} were signed"):
        Publisher(desk.database, folder).publish()


def test_an_epoch_begins_from_what_its_record_says(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    desk.claim()
    publisher = Publisher(desk.database, folder, "https://desk.example")
    assert publisher.publish() is not None
    before = publisher.signed()
    assert before is not None
    with desk.database.writing() as session:
        operator = people.operator(session)
    fresh = publisher.new_epoch(operator, "The disk failed.")
    assert (fresh.epoch, fresh.size, fresh.origin) == (2, 0, "desk.example/log/epoch-2")
    assert publisher.signed() == fresh
    entry = desk.changes()[-1]
    assert (entry["action"], entry["reason"], entry["changes"]) == (
        "new_epoch",
        "The disk failed.",
        [
            {"field": "epoch", "before": 1, "after": 2},
            {"field": "signed", "before": {"size": before.size, "root": before.root}, "after": None},
        ],
    )
    assert publisher.publish() is not None
    assert publisher.new_epoch(operator, "Once more.").origin == "desk.example/log/epoch-3"
