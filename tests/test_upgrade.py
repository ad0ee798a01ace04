"""A desk of version 0.1.0 is upgraded in place: everything that it served and signed stays as it was.

`data/desk-0.1.0.tar.xz` was made and served by that version: the seeds, a signed checkpoint, a new person, and a second
checkpoint. The key beside it signs nothing else. `python -m torture.upgrade` does the same with larger desks.
"""

import base64
import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, MetaData, create_engine, insert, select

from factcheck.desk.claim_state import documents
from factcheck.log import keys, transparency
from factcheck.rules import merkle, notes
from factcheck.settings import Settings
from factcheck.storage import schema
from factcheck.storage.engine.database import Database, writing_engine
from factcheck.storage.tables.logbook import Revision
from tests import commands
from tests.conftest import Copies
from tests.desk import SECRET, Desk

ARCHIVE = Path(__file__).parent / "data" / "desk-0.1.0.tar.xz"
OLD = "0009"  # the schema of that version
ATTESTED = 6  # its three people, and the three claims with a review: the ids of reviews were not in the log


@dataclass
class OldDesk:
    """The old desk: where its database and its log's folder are, and what it served."""

    url: str
    folder: Path
    served: dict[str, Any]

    def run(self, *words: str) -> str:
        """Run a command of this version, which must end well, and return what it printed."""
        environment = {"FACTCHECK_DATABASE_URL": self.url, "FACTCHECK_LOG_FOLDER": str(self.folder / "log")}
        if not self.url.startswith("sqlite"):
            environment["FACTCHECK_SECRET_KEY"] = SECRET
        done = commands.run(*words, cwd=self.folder, env=environment)
        assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout.decode()


@pytest.fixture
def old(copies: Copies, tmp_path: Path) -> Iterator[OldDesk]:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    (tmp_path / "log").chmod(0o700)
    url = file = f"sqlite:///{tmp_path}/desk.db"
    if copies.engine != "sqlite":
        url = copies.empty()
        schema.upgrade(url, OLD)
        _copy(file, url)
    yield OldDesk(url, tmp_path, json.loads((tmp_path / "served.json").read_bytes()))
    if url != file:
        copies.forget(url)


def _copy(file: str, url: str) -> None:
    """Put every row of an embedded desk into a database server's tables of the same schema."""
    source, target = create_engine(file), writing_engine(url)
    try:
        theirs, ours = _reflected(source), _reflected(target)
        with source.connect() as reading, target.begin() as writing:
            for table in reversed(ours.sorted_tables):
                writing.execute(table.delete())
            for table in ours.sorted_tables:
                columns = [column.name for column in table.columns if column.computed is None]
                rows = reading.execute(select(*(theirs.tables[table.name].columns[name] for name in columns)))
                if found := [_in_utc(row._mapping) for row in rows]:
                    writing.execute(insert(table), found)
    finally:
        source.dispose()
        target.dispose()


def _reflected(engine: Engine) -> MetaData:
    found = MetaData()
    found.reflect(engine, only=lambda name, _: "_fts" not in name and name != "alembic_version")
    return found


def _in_utc(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value for name, value in row.items()}


@pytest.mark.slow
def test_a_desk_of_the_first_version_is_upgraded_in_place(old: OldDesk) -> None:
    old.run("db", "upgrade")
    assert json.loads(old.run("doctor", "--json"))["faults"] == []
    # Each person and whatever else the entries of that version say too little of is attested by one entry.
    verified = json.loads(old.run("log", "verify", "--json"))
    attested = verified["entries"] - 76
    assert (verified["faults"], attested) == ([], ATTESTED)
    # The log goes on from what was signed.
    old.run("people", "add", "Ben", "--role", "reader")
    newest = old.run("log", "checkpoint")
    size = 78 + attested  # with the operator's new person and her first entry
    settings = Settings(database_url=old.url, secret_key=SECRET, log_folder=str(old.folder / "log"))
    with closing(Desk(settings)) as desk:
        assert len(old.served["claims"]) == 31
        entries = [each["subject"] for each in desk.changes() if each["action"] == "attest"]
        attested_claims = [each["id"] for each in entries if each["kind"] == "claim"]
        assert (len(entries), len(attested_claims)) == (6, 3)
        for claim, etag in old.served["claims"].items():
            answer = desk.get(f"/v1/claims/{claim}", by="reader")  # anybody else reads names as people allow it now
            before = answer.json | {"revision": answer.json["revision"] - (claim in attested_claims)}
            assert (answer.status_code, documents.etag_of(documents.dumped(before))) == (200, etag)
        assert desk.get("/log/key", by=None).get_data(as_text=True).strip() == old.served["key"]
        consistency = desk.get("/v1/log/consistency/74/76", by=None).json
        assert consistency == old.served["consistency"]
        across = desk.get(f"/v1/log/consistency/76/{size}", by=None).json
        findings = desk.get("/v1/audit/findings?count=true").json
    assert (findings["total"] > 0, findings["as_of_log_index"] > 76, "behind" in findings) == (True, True, False)
    heads = {}
    for note in (*old.served["checkpoints"], newest):
        head = notes.parse_checkpoint(keys.verified(note, [old.served["key"]])[0].text)
        heads[head.size] = head
    assert list(heads) == [74, 76, size]
    for first, second, found in ((74, 76, consistency), (76, size, across)):
        proof = [base64.b64decode(line) for line in found["proof"]]
        assert merkle.consistent(first, heads[first].root, second, heads[second].root, proof)
    _demand_included(old, heads[76])


def _demand_included(old: OldDesk, head: notes.Checkpoint) -> None:
    """Hold the proofs that the old version gave against the entries as they are now."""
    with closing(Database(old.url)) as database, database.reading() as connection:
        leaves = connection.scalars(select(Revision.leaf).order_by(Revision.log_index)).all()
    assert len(old.served["proofs"]) == 5
    for written in old.served["proofs"]:
        index, proof, note = transparency.parse_inclusion(written)
        assert note == old.served["checkpoints"][-1]
        assert merkle.includes(merkle.leaf_hash(leaves[index]), index, head.size, proof, head.root)
        assert not merkle.includes(merkle.leaf_hash(leaves[index] + b" "), index, head.size, proof, head.root)
