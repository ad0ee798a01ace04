"""The verifier in docs/verify: one file that an auditor can read, which accepts a desk and rejects what was changed."""

import ast
import importlib.util
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from urllib.error import HTTPError

import orjson
import pytest
from sqlalchemy import select

from factcheck.followers.publisher import Publisher
from factcheck.storage.tables.claims import Claim
from factcheck.storage.tables.logbook import LogHead, Revision
from tests.conftest import Copies
from tests.desk import Desk
from tests.serving import Served
from tests.test_merkle import LEAVES, ROOTS
from torture.varied import vary

FILE = Path(__file__).resolve().parent.parent / "docs" / "verify" / "verify.py"
TAMPERED = 1000


def loaded() -> Any:
    spec = importlib.util.spec_from_file_location("independent_verifier", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


VERIFIER = loaded()


def test_it_is_one_short_file_that_shares_nothing_with_the_package() -> None:
    source = FILE.read_text(encoding="utf-8")
    assert len(source.splitlines()) < 200
    named = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            named |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            named.add(str(node.module).partition(".")[0])
    assert named - set(sys.stdlib_module_names) == {"cryptography"}


def test_its_tree_has_the_roots_of_the_public_vectors() -> None:
    tree = VERIFIER.Tree()
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        tree.append(leaf)
        assert tree.root() == root
    assert tree.size == len(ROOTS) == 8


class Log:
    """A signed log, as a list of its entries."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        vary(desk.database)
        publisher = Publisher(desk.database, folder)
        note = publisher.publish()
        assert note is not None
        self.note, self.keys = note, [each.verifier() for each in publisher.signers()]
        with desk.database.reading() as connection:
            self.entries = list(connection.scalars(select(Revision.leaf).order_by(Revision.log_index)))
        self.head = VERIFIER.checkpoint(note, self.keys)

    def wrong(self, entries: list[bytes]) -> list[str]:
        found: list[str] = VERIFIER.check_log(entries, [self.head])[0]
        return found


def flip(entries: list[bytes], random: Random) -> None:
    at = random.randrange(len(entries))
    raw = bytearray(entries[at])
    raw[random.randrange(len(raw))] ^= 1 << random.randrange(8)
    entries[at] = bytes(raw)


def exchange(entries: list[bytes], random: Random) -> None:
    one, other = random.sample(range(len(entries)), 2)
    entries[one], entries[other] = entries[other], entries[one]


def drop(entries: list[bytes], random: Random) -> None:
    del entries[random.randrange(len(entries))]


def double(entries: list[bytes], random: Random) -> None:
    at = random.randrange(len(entries))
    entries.insert(at, entries[at])


def cut(entries: list[bytes], random: Random) -> None:
    del entries[random.randrange(len(entries)) :]


def restate(entries: list[bytes], random: Random) -> None:
    """Write another status, actor or time into an entry, in its one form."""
    at = random.randrange(len(entries))
    said = orjson.loads(entries[at])
    said[random.choice(["actor", "at", "commit"])] = f"another {random.random()}"
    entries[at] = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


WAYS: list[Callable[[list[bytes], Random], None]] = [flip, exchange, drop, double, cut, restate]


def test_it_accepts_a_log_and_rejects_a_thousand_that_were_changed(desk: Desk, tmp_path: Path) -> None:
    log, random = Log(desk, tmp_path / "log"), Random(9162)
    assert log.wrong(log.entries) == []
    accepted = []
    for number in range(TAMPERED):
        entries, way = list(log.entries), WAYS[number % len(WAYS)]
        way(entries, random)
        if not log.wrong(entries):
            accepted.append((number, way.__name__))
    assert accepted == []


def test_a_note_that_is_not_signed_by_a_known_key_is_refused(desk: Desk, tmp_path: Path) -> None:
    log, other = Log(desk, tmp_path / "log"), Publisher(desk.database, tmp_path / "other")
    size, root = log.head
    assert (size, len(root)) == (len(log.entries), 32)
    for note in (log.note.replace(f"\n{size}\n", f"\n{size + 1}\n"), log.note.rpartition("\n\n")[0], "", "\n\n"):
        with pytest.raises(ValueError):
            VERIFIER.checkpoint(note, log.keys)
    assert other.signed() is None
    with pytest.raises(ValueError, match="no known key"):
        VERIFIER.checkpoint(log.note, [])


@pytest.mark.slow
def test_it_verifies_a_desk_over_http_and_names_what_differs(copies: Copies, tmp_path: Path) -> None:
    url = copies.copy("seeded")
    served = Served(tmp_path, url, FACTCHECK_PUBLIC_READ="true", FACTCHECK_RATE_LIMIT="600000/minute")
    try:
        served.wait()
        desk = VERIFIER.Desk(f"http://127.0.0.1:{served.port}", None)
        with served.writing() as session:
            size = session.execute(select(LogHead.size)).scalar_one()
        end = time.monotonic() + served.DEADLINE
        while f"\n{size}\n" not in (note := published(desk)):
            assert time.monotonic() < end, note
        keys = desk.get("/log/key").decode().split()
        assert list(VERIFIER.verify(desk, keys, [note])) == []
        with served.writing() as session:
            claim = session.scalars(
                select(Claim).where(Claim.status == "unverified").order_by(Claim.seq).limit(1)
            ).one()
            claim.document = claim.document.replace(b'"status":"unverified"', b'"status":"in_review"')
            named = claim.id
        told = [f"claim {named}: its status or revision is not what the log says"]
        assert list(VERIFIER.verify(desk, keys, [])) == told
    finally:
        served.stop()
        copies.forget(url)


def published(desk: Any) -> str:
    try:
        return str(desk.get("/log/checkpoint").decode())
    except HTTPError as error:  # nothing is published yet
        return str(error)
