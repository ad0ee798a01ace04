"""The transparency log: known answers, proofs, the publisher, tampering, redaction, witnesses."""

import base64
import hashlib
import io
import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from factcheck.desk import people
from factcheck.errors import Refused
from factcheck.followers.publisher import Publisher
from factcheck.inspection import replay
from factcheck.log import keys, leaves, transparency, verification
from factcheck.log.heads import signed_heads
from factcheck.log.vouching import witnesses
from factcheck.log.vouching.witnesses import WitnessDesk
from factcheck.rules import merkle, notes
from tests.desk import Desk, lift_guards

# RFC 6962's example tree of eight leaves, as in certificate-transparency's and transparency-dev's test data.
LEAVES = [bytes.fromhex(leaf) for leaf in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def tree_of(hashes: list[bytes]) -> merkle.Node:
    return lambda height, k: merkle.complete(hashes[k << height : (k + 1) << height])


def naive_root(hashes: list[bytes]) -> bytes:
    """RFC 6962's definition, word for word."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\x01" + naive_root(hashes[:split]) + naive_root(hashes[split:])).digest()


def test_known_roots() -> None:
    frontier = merkle.Frontier()
    assert frontier.root().hex() == EMPTY
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        frontier.append(merkle.leaf_hash(leaf))
        assert frontier.root().hex() == root


def test_known_proofs() -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES]
    node = tree_of(hashes)
    assert [h.hex() for h in merkle.inclusion_proof(0, 8, node)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert [h.hex() for h in merkle.inclusion_proof(5, 8, node)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [h.hex() for h in merkle.consistency_proof(6, 8, node)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [h.hex() for h in merkle.consistency_proof(2, 5, node)] == [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]


@given(st.integers(0, 70), st.data())
def test_proofs_verify_and_nothing_else_does(size: int, data: Any) -> None:
    hashes = [merkle.leaf_hash(bytes([at])) for at in range(size)]
    node, root = tree_of(hashes), naive_root(hashes)
    frontier = merkle.Frontier()
    for hashed in hashes:
        frontier.append(hashed)
    assert frontier.root() == root == merkle.range_hash(0, size, node)
    wrong = bytes(32)
    first = data.draw(st.integers(0, size))
    old = naive_root(hashes[:first])
    if not first:
        with pytest.raises(ValueError, match="not between 1"):
            merkle.consistency_proof(first, size, node)
        assert not merkle.consistent(first, old, size, root, [])
    else:
        proof = merkle.consistency_proof(first, size, node)
        assert merkle.consistent(first, old, size, root, proof)
        assert not merkle.consistent(first, wrong, size, root, proof)
    if first not in (0, size):
        assert not merkle.consistent(first, old, size, wrong, proof)
        assert not merkle.consistent(first, old, size, root, proof[:-1])
        assert not merkle.consistent(first, old, size, root, [*proof, wrong])
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not merkle.consistent(first, old, size, root, [*proof[:at], wrong, *proof[at + 1 :]])
    if size:
        index = data.draw(st.integers(0, size - 1))
        path = merkle.inclusion_proof(index, size, node)
        assert merkle.includes(hashes[index], index, size, path, root)
        assert not merkle.includes(wrong, index, size, path, root)
        assert not merkle.includes(hashes[index], index, size, [*path, wrong], root)
        assert not merkle.includes(hashes[index], size, size, path, root)
        other = data.draw(st.integers(0, size - 1))
        assert (other == index) == merkle.includes(hashes[index], other, size, path, root)


@given(st.integers(0, 10**15))
def test_tile_paths(number: int) -> None:
    assert merkle.parse_tile_path(merkle.tile_path(number)) == (number, 256)
    assert merkle.parse_tile_path(merkle.tile_path(number) + ".p/7") == (number, 7)


def test_tile_paths_have_one_form() -> None:
    assert merkle.tile_path(1234067) == "x001/x234/067"
    for path in ("x000/001", "1", "0001", "001.p/0", "001.p/256", "001.p/01", "x001/x234/x067", "001/", "٠٠١", ""):
        with pytest.raises(ValueError, match="tile"):
            merkle.parse_tile_path(path)


def test_a_known_signed_note() -> None:
    # The example of golang.org/x/mod/sumdb/note.
    key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    written = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
        "\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    note, signed = keys.verified(written, [key])
    assert (note.text.count("\n"), signed) == (2, [key])
    assert note.written() == written
    for spoilt in (
        written.replace("answer", "Answer"),
        written.replace("x08g", "x08h"),
        written + "\x01",
        written[:-1],
    ):
        with pytest.raises(notes.NoteError):
            keys.verified(spoilt, [key])


def test_signatures_of_strangers_are_passed_over(tmp_path: Path) -> None:
    signers = []
    for at in range(17):
        keys.make(tmp_path / f"key-{at}")
        signers.append(keys.load(tmp_path / f"key-{at}", f"key{at}.example"))
    text_ = notes.Checkpoint("log.example", 3, bytes(32)).text()
    note = notes.Note(text_, tuple(key.sign(text_) for key in signers)).written()
    assert keys.verified(note, [signers[16].verifier()])[1] == [signers[16].verifier()]
    namesake = keys.SigningKey(signers[0].name, signers[1].private)
    with pytest.raises(notes.NoteError, match="no known key"):
        keys.verified(note, [namesake.verifier()])


def test_an_entry_never_passes_its_bound() -> None:
    at = datetime(2023, 11, 6, tzinfo=UTC)
    fields = ("claim", "id", 1, None, "review", ("unverified", "unverified"), "mark", at)
    assert len(leaves.Leaf(*fields, commit="0" * 64).written()) < leaves.LONGEST
    with pytest.raises(ValueError, match="1024"):
        leaves.Leaf(*fields, commit="0" * 65_536).written()


def test_checkpoints_have_one_form() -> None:
    root = base64.b64encode(bytes(32)).decode()
    assert notes.parse_checkpoint(f"o\n0\n{root}\n").size == 0
    for wrong in (
        f"o\n00\n{root}\n",
        f"o\n-1\n{root}\n",
        f"o\n1\n{root[:-4]}\n",
        f"\n1\n{root}\n",
        f"o\n1\n{root}",
        "o\n1\n\n",
    ):
        with pytest.raises(notes.NoteError):
            notes.parse_checkpoint(wrong)


def test_canonical_json_is_rfc_8785() -> None:
    # RFC 8785, 3.2.2 and 3.2.3.
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }
    assert leaves.canonical(value).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text() | st.floats(-1e15, 1e15),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON))
def test_the_fast_way_to_canonical_json_writes_the_same(value: dict[str, Any]) -> None:
    assert leaves.canonical(value) == rfc8785.dumps(value)


# --- the log of a desk


class Ledger:
    """A desk with some history, its publisher, and what verification says of it."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk, self.folder = desk, folder
        self.publisher = Publisher(desk.database, folder, "https://desk.example")

    def work(self, seed: int = 1, actions: int = 12) -> list[str]:
        """Do random actions and return the ids of the claims."""
        random, article = Random(seed), self.desk.article()["id"]
        claims = [self.desk.claim(article_id=article, text=f"Claim {n} of {seed}.")["id"] for n in range(3)]
        for n in range(actions):
            claim = random.choice(claims)
            action = random.randrange(4)
            if action == 0:
                piece = {"stance": random.choice(["supports", "refutes"]), "title": f"Piece {n}"}
                self.desk.made(f"/v1/claims/{claim}/evidence", piece)
            elif action == 1:
                self.desk.patch(f"/v1/claims/{claim}", {"text": f"Claim in words {n}."}, etag="*")
            elif action == 2:
                status = random.choice(["in_review", "unverifiable", "disputed", "verified"])
                self.desk.review(claim, status=status, reason=f"A reason that is long enough, {n}.")
            else:
                question = {"question": "attribution", "status": random.choice(["verified", "disputed"])}
                self.desk.review(claim, **question, reason=f"They said it, or not, {n}.")
        return claims

    def faults(self, *saved: str, against_file: bool = True) -> list[verification.Fault]:
        signed = self.publisher.signed()
        verifiers = self.publisher.verifiers(saved)
        done = verification.Progress()
        with self.desk.database.reading_one_moment() as connection, Session(connection) as session:
            heads, faults = signed_heads(session, verifiers, saved)
            if signed and signed.size and against_file:
                heads.append(signed.checkpoint())
            for found in verification.log_entries(connection, heads, done):
                faults += found
            for found in replay.replayed(session, done):
                faults += found
        return faults

    def tamper(self, *statements: str, **values: Any) -> None:
        """Change the database as somebody with all rights would: around the triggers."""
        with self.desk.database.writing() as session:
            rows = session.execute(text(GUARDS)).all() if self.desk.database.embedded else []
            lift_guards(session)
            for statement in statements:
                session.execute(text(statement), values)
            for (guard,) in rows:
                session.execute(text(guard))


GUARDS = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%_no_%'"


@pytest.fixture
def ledger(desk: Desk, tmp_path: Path) -> Ledger:
    return Ledger(desk, tmp_path / "log")


def test_leaves_are_canonical_and_tell_nothing(ledger: Ledger) -> None:
    ledger.work()
    with ledger.desk.database.reading() as connection:
        rows = connection.execute(
            text("SELECT leaf, content FROM revisions JOIN revision_contents USING (log_index)")
        ).all()
    for row in rows:
        leaf, value = bytes(row.leaf), json.loads(row.leaf)
        assert rfc8785.dumps(value) == leaf
        assert rfc8785.dumps(json.loads(row.content)) == bytes(row.content)
        assert len(leaf) <= 1024
        assert leaves.read(leaf).written() == leaf
        assert b"Claim" not in leaf
        assert b"reason" not in leaf
        assert value["actor"] not in ledger.desk.people.values()


def test_the_published_log_verifies_by_its_public_tiles(ledger: Ledger) -> None:
    desk = ledger.desk
    ledger.work(actions=5)
    with desk.database.writing() as session:
        operator = people.operator(session)
        for _ in range(300):
            people.issue_login_link(session, operator, name="Test analyst")
    desk.app.extensions["factcheck.publisher"] = ledger.publisher
    assert desk.get("/log/checkpoint", by=None).status_code == 404
    note = ledger.publisher.publish()
    served = desk.get("/log/checkpoint", by=None)
    assert served.get_data(as_text=True) == note
    assert served.content_type == "text/plain; charset=utf-8"
    key = desk.get("/log/key", by=None).get_data(as_text=True).strip()
    head = notes.parse_checkpoint(keys.verified(note, [key])[0].text)
    assert head.origin == "desk.example/log"

    entries, hashes = [], []
    for number in range(-(-head.size // 256)):
        width = min(256, head.size - number * 256)
        path = merkle.tile_path(number) + ("" if width == 256 else f".p/{width}")
        tile = desk.get(f"/log/tile/0/{path}", by=None)
        assert "immutable" in tile.headers["Cache-Control"]
        assert len(tile.data) == width * 32
        hashes += [tile.data[at : at + 32] for at in range(0, len(tile.data), 32)]
        raw = desk.get(f"/log/tile/entries/{path}", by=None).data
        while raw:
            length = int.from_bytes(raw[:2], "big")
            entries.append(raw[2 : 2 + length])
            raw = raw[2 + length :]
    assert [merkle.leaf_hash(entry) for entry in entries] == hashes
    assert naive_root(hashes) == head.root
    assert desk.get("/log/tile/1/000.p/1", by=None).data == naive_root(hashes[:256])
    for path in (
        "tile/0/000.p/256",
        "tile/0/009",
        "tile/1/000",
        "tile/2/000.p/1",
        "tile/64/000",
        "tile/00/000",
        "tile/entries/002",
    ):
        assert desk.get(f"/log/{path}", by=None).status_code == 404, path

    for index in (0, 1, 255, 256, head.size - 1):
        proof = desk.get(f"/v1/log/proofs/{index}", by=None).get_data(as_text=True)
        said, path_, checkpoint = transparency.parse_inclusion(proof)
        assert (said, checkpoint) == (index, note)
        assert merkle.includes(hashes[index], index, head.size, path_, head.root)
    assert desk.get(f"/v1/log/proofs/{head.size}", by=None).status_code == 404
    for second in (0, 5):
        refused = desk.get(f"/v1/log/consistency/0/{second}", by=None)
        assert (refused.status_code, "empty log" in refused.json["detail"]) == (404, True)
    for first, second in ((1, 1), (1, 300), (256, head.size), (77, 256)):
        found = desk.get(f"/v1/log/consistency/{first}/{second}", by=None).json
        proof_ = [base64.b64decode(line) for line in found["proof"]]
        assert merkle.consistent(first, naive_root(hashes[:first]), second, naive_root(hashes[:second]), proof_)
    assert ledger.faults() == []
    assert ledger.publisher.publish() is None


TAMPERINGS: dict[str, tuple[str, str]] = {
    "a status in claims": ("UPDATE claims SET status = 'refuted' WHERE id = :claim", "status"),
    "a text in claims": ("UPDATE claims SET text = 'Other words.' WHERE id = :claim", "text"),
    "a stored document": ("UPDATE claims SET document = :bytes WHERE id = :claim", "claims.document"),
    "a reviewer": ("UPDATE claims SET entered_by_id = entered_by_id, revision = 1 WHERE id = :claim", "revision"),
    "evidence": ("UPDATE evidence SET stance = 'context' WHERE claim_id = :claim", "evidence"),
    "a review's reason": ("UPDATE reviews SET reason = 'Another reason.' WHERE claim_id = :claim", "review"),
    "a reason in the content": ("UPDATE revision_contents SET content = :content WHERE log_index = :index", "commits"),
    "a leaf": ("UPDATE revisions SET leaf = :leaf WHERE log_index = :index", "has the version 3"),
    "a removed tail": ("DELETE FROM revisions WHERE log_index >= :index", "missing"),
    "a quote": ("UPDATE quotes SET start_at = start_at + 1 WHERE claim_id = :claim", "quotes"),
    "a date in the log": ("UPDATE revisions SET at = :at WHERE log_index = :index", "entry"),
    "another actor": ("UPDATE revisions SET actor_id = :admin WHERE log_index = :index", "entry"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found_and_named(ledger: Ledger, name: str) -> None:
    claims = ledger.work()
    claim = claims[0]
    piece = {"stance": "refutes", "title": "A piece"}
    answer = ledger.desk.review(claim, status="in_review", reason="Looking at it once more.", evidence=[piece])
    if answer.status_code == 409:
        ledger.desk.made(f"/v1/claims/{claim}/evidence", piece)
        ledger.desk.review(claim, status="disputed", reason="The last word on it, for now.")
    ledger.publisher.publish()
    assert ledger.faults() == []
    index = next(e["log_index"] for e in reversed(ledger.desk.changes()) if e["subject"]["id"] == claim)
    with ledger.desk.database.reading() as connection:
        row = connection.execute(
            text(
                "SELECT leaf, content FROM revisions JOIN revision_contents USING (log_index) WHERE log_index = :index"
            ),
            {"index": index},
        ).one()
    statement, word = TAMPERINGS[name]
    values = {
        "claim": claim, "index": index, "bytes": b"{}", "content": bytes(row.content) + b" ",
        "leaf": bytes(row.leaf).replace(b'"v":2', b'"v":3'), "admin": ledger.desk.people["admin"],
        "at": "2001-01-01 00:00:00.000000" + ("" if ledger.desk.database.embedded else "+00"),
    }  # fmt: skip
    used = {key: value for key, value in values.items() if f":{key}" in statement}
    before = [
        "DELETE FROM revision_contents WHERE log_index >= :index",
        "DELETE FROM reviews WHERE log_index >= :index",
    ]
    extra = before if "tail" in name else []
    ledger.tamper(*extra, statement, **used)
    faults = ledger.faults()
    assert any(word in fault.told() for fault in faults), [fault.told() for fault in faults]
    if name not in ("a removed tail",):
        assert any(claim in fault.subject for fault in faults), [fault.told() for fault in faults]
    if name in ("a leaf", "a removed tail"):
        with pytest.raises(Refused):
            Publisher(ledger.desk.database, ledger.folder).publish()


class Crash(Exception):
    """What happens to a publisher at a fault point."""


STEPS = ("read", "hashed", "swapped", "signed", "published")


def signed_texts(desk: Desk) -> list[notes.Checkpoint]:
    with desk.database.reading() as connection:
        rows = connection.execute(text("SELECT note FROM log_checkpoints ORDER BY epoch, size")).scalars()
        return [notes.parse_checkpoint(notes.parse(note).text) for note in rows]


@pytest.mark.parametrize("step", STEPS)
def test_a_publisher_that_crashes_never_contradicts_itself(ledger: Ledger, step: str) -> None:
    def crash(done: str) -> None:
        if done == step:
            raise Crash

    ledger.work(actions=2)
    for _ in range(3):
        ledger.work(actions=1)
        with pytest.raises(Crash):
            Publisher(ledger.desk.database, ledger.folder, at=crash).publish()
    ledger.work(actions=1)
    ledger.publisher.publish()
    heads = signed_texts(ledger.desk)
    assert len({head.size for head in heads}) == len(heads)
    assert heads[-1] == ledger.publisher.signed().checkpoint()  # type: ignore[union-attr]
    assert ledger.faults() == []


def test_two_publishers_at_once_sign_one_log(ledger: Ledger) -> None:
    others = [Publisher(ledger.desk.database, ledger.folder) for _ in range(3)]
    stop = threading.Event()
    failed: list[BaseException] = []

    def run(publisher: Publisher) -> None:
        while not stop.is_set():
            try:
                publisher.publish()
            except BaseException as error:
                failed.append(error)
                return

    threads = [threading.Thread(target=run, args=(publisher,)) for publisher in others]
    for thread in threads:
        thread.start()
    for seed in range(4):
        ledger.work(seed, actions=2)
    stop.set()
    for thread in threads:
        thread.join()
    assert failed == []
    ledger.publisher.publish()
    heads = signed_texts(ledger.desk)
    assert len({head.size for head in heads}) == len(heads) > 1
    assert ledger.faults() == []


def test_a_restored_backup_is_not_signed_until_a_new_epoch(ledger: Ledger) -> None:
    ledger.work(actions=1)
    kept = ledger.publisher.publish()
    assert kept is not None
    size = notes.parse_checkpoint(notes.parse(kept).text).size
    claim = ledger.desk.claim()
    late = ledger.publisher.publish()
    assert late is not None
    ledger.tamper(
        "DELETE FROM log_checkpoints WHERE size > :size",
        "DELETE FROM revision_contents WHERE log_index >= :size",
        "DELETE FROM quotes WHERE claim_id IN (SELECT id FROM claims WHERE seq >= :size)",
        "DELETE FROM claims WHERE seq >= :size",
        "DELETE FROM snapshots WHERE article_id IN (SELECT id FROM articles WHERE seq >= :size)",
        "DELETE FROM articles WHERE seq >= :size",
        "DELETE FROM revisions WHERE log_index >= :size",
        "UPDATE log_head SET size = :size, last_at = (SELECT max(at) FROM revisions)",
        size=size,
    )
    assert ledger.desk.get(f"/v1/claims/{claim['id']}").status_code == 404
    again = Publisher(ledger.desk.database, ledger.folder)
    with pytest.raises(Refused, match="restored from a backup"):
        again.publish()
    assert again.refusal is not None
    ledger.desk.app.extensions["factcheck.publisher"] = again
    unready = ledger.desk.get("/readyz", by=None)
    assert (unready.status_code, "signed" in unready.json["detail"]) == (503, True)
    assert any("missing" in fault.detail for fault in ledger.faults())
    with ledger.desk.database.writing() as session:
        operator = people.operator(session)
    again.new_epoch(operator, "The disk failed; the backup of last night was restored.")
    fresh = again.publish()
    assert fresh is not None
    assert notes.parse_checkpoint(notes.parse(fresh).text).origin == "desk.example/log/epoch-2"
    assert ledger.desk.get("/readyz", by=None).status_code == 200
    ledger.publisher = again
    assert ledger.faults() == []
    assert any("missing" in f.detail or "root" in f.detail for f in ledger.faults(late))


def test_a_lost_record_of_what_was_signed_is_not_replaced(ledger: Ledger) -> None:
    ledger.work(actions=1)
    ledger.publisher.publish()
    (ledger.folder / "signed").unlink()
    with pytest.raises(Refused, match="no record"):
        Publisher(ledger.desk.database, ledger.folder).publish()


def test_keys_are_changed_with_an_overlap(ledger: Ledger) -> None:
    ledger.work(actions=1)
    ledger.publisher.publish()
    (old,) = [key.verifier() for key in ledger.publisher.signers()]
    new = ledger.publisher.add_key().verifier()
    ledger.desk.claim()
    both = ledger.publisher.publish()
    assert both is not None
    for key in (old, new):
        assert keys.verified(both, [key])[1] == [key]
    assert ledger.publisher.retire_key().verifier() == old
    ledger.desk.claim()
    alone = ledger.publisher.publish()
    assert alone is not None
    with pytest.raises(notes.NoteError, match="no known key"):
        keys.verified(alone, [old])
    assert ledger.faults() == []


def test_the_logs_time_never_goes_back(ledger: Ledger) -> None:
    ledger.desk.claim()
    import time_machine

    with time_machine.travel("2020-01-01"):
        ledger.desk.claim()
    times = [entry["at"] for entry in ledger.desk.changes()]
    assert times == sorted(times)
    ledger.publisher.publish()
    assert ledger.faults() == []


def test_the_history_refuses_to_be_changed(ledger: Ledger) -> None:
    ledger.work(actions=6)
    ledger.publisher.publish()
    for table in ("revisions", "revision_contents", "reviews", "snapshots", "claim_versions", "log_checkpoints"):
        with ledger.desk.database.reading() as connection:
            column = connection.execute(text(f"SELECT * FROM {table} LIMIT 1")).keys()
            first = next(iter(column))
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() > 0, table
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {first} = {first}"):
            with pytest.raises(Exception, match="never changed"), ledger.desk.database.writing() as session:
                session.execute(text(statement))


def test_a_redaction_leaves_nothing_but_its_proof(ledger: Ledger, logged: io.StringIO) -> None:
    desk, canary = ledger.desk, "zanzibarquagga"
    source = desk.source(name="Somebody")
    hop = {"source_id": source["id"], "directness": "indirect", "note": f"hop {canary}", "described_as": canary}
    headers = {"Idempotency-Key": "k"}
    body = {
        "article_id": desk.article()["id"], "text": f"A {canary} claim.", "kind": "factual", "external_id": canary,
        "quotes": [{"exact": "thousands of people"}], "attribution": [hop], "tags": [canary],
    }  # fmt: skip
    claim = desk.post("/v1/claims", body, headers=headers).json
    path = f"/v1/claims/{claim['id']}"
    piece = {"stance": "refutes", "title": canary, "url": f"https://example.org/{canary}", "excerpt": canary}
    desk.review(claim["id"], status="disputed", reason=f"The reason is {canary}.", evidence=[piece])
    desk.patch(path, {"text": f"Another {canary} claim."}, etag="*")
    other = desk.claim(article_id=body["article_id"])
    desk.made(f"{path}/relations", {"kind": "contradicts", "claim_id": other["id"], "note": canary})
    desk.review(other["id"], status="disputed", reason="The two cannot both be.")
    note = ledger.publisher.publish()
    assert note is not None
    before = notes.parse_checkpoint(notes.parse(note).text)
    index = next(e["log_index"] for e in desk.changes() if e["subject"]["id"] == claim["id"])
    desk.app.extensions["factcheck.publisher"] = ledger.publisher
    proof = desk.get(f"/v1/log/proofs/{index}", by=None).get_data(as_text=True)
    with desk.database.reading() as connection:
        leaf = connection.execute(text("SELECT leaf FROM revisions WHERE log_index = :i"), {"i": index}).scalar_one()

    assert desk.post(f"{path}/redaction", {"reason": "A court asked for it."}).status_code == 403
    assert desk.post(f"{path}/redaction", {"reason": "A court asked for it."}, by="admin").status_code == 204
    assert desk.post(f"{path}/redaction", {"reason": "Again."}, by="admin").status_code == 409

    _, hashes, _ = transparency.parse_inclusion(proof)
    assert merkle.includes(merkle.leaf_hash(bytes(leaf)), index, before.size, hashes, before.root)
    assert ledger.publisher.publish() is not None
    assert ledger.faults(note) == []
    gone = desk.get(path)
    assert gone.status_code == 410
    history = desk.get(f"{path}/history").json["items"]
    assert [entry["redacted"] for entry in history] == [True] * (len(history) - 1) + [False]
    assert (history[-1]["action"], history[-1]["reason"]) == ("redact", "A court asked for it.")
    assert desk.get(f"/v1/claims/{other['id']}").json["status"] == "in_review"
    assert desk.get(f"/v1/claims?q={canary}").json["items"] == []
    assert canary not in desk.get("/v1/changes?limit=200").get_data(as_text=True)
    with desk.database.reading() as connection:
        for (table,) in connection.execute(text(TABLES[desk.database.embedded])).all():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                assert canary not in str(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)), table
    if desk.database.embedded:
        file = Path(desk.database.url.removeprefix("sqlite:///"))
        for each in (file, *file.parent.glob(f"{file.name}-*")):
            assert canary.encode() not in each.read_bytes(), each
    assert "redaction" in logged.getvalue()
    assert canary not in logged.getvalue()
    desk.made("/v1/claims", {**body, "text": "New.", "external_id": "new", "attribution": [], "tags": []})


def test_the_services_role_may_only_add_to_the_history(ledger: Ledger) -> None:
    from factcheck.errors import Misconfigured, Unavailable
    from factcheck.storage import schema

    url = ledger.desk.database.url
    if ledger.desk.database.embedded:
        with pytest.raises(Misconfigured, match="triggers"):
            schema.grant(url, "nobody")
        return
    role = "desk_" + url.partition("?")[0].rpartition("/")[2][:20]
    with ledger.desk.database.writing() as session:
        session.execute(text(f"CREATE ROLE {role} LOGIN"))
    schema.grant(url, role)
    limited = ledger.desk.with_settings(database_url=url.replace("postgres@", f"{role}@", 1))
    claim = limited.claim()
    assert limited.review(claim["id"], status="unverifiable", reason="Nobody counted there.").status_code == 201
    limited.patch(f"/v1/claims/{claim['id']}", {"tags": ["rally"]}, etag="*")
    for thing in (f"articles/{claim['article_id']}", f"claims/{claim['id']}"):
        assert limited.post(f"/v1/{thing}/redaction", {"reason": "Asked for."}, by="admin").status_code == 204
    Publisher(limited.database, ledger.folder).publish()
    assert ledger.faults() == []
    for table in schema.HISTORY:
        for statement in (f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(Unavailable) as refused, limited.database.writing() as session:
                session.execute(text(statement))
            assert "permission denied" in str(refused.value.__cause__)
    limited.database.close()


TABLES = {
    True: "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%fts%'",
    False: "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}


# --- witnesses


def test_a_witness_cosigns_what_only_grows(ledger: Ledger, tmp_path: Path) -> None:
    ledger.work(actions=2)
    note = ledger.publisher.publish()
    assert note is not None
    (verifier,) = [key.verifier() for key in ledger.publisher.signers()]
    keys.make(tmp_path / "witness-key")
    key = keys.load(tmp_path / "witness-key", "witness.example")
    desk = WitnessDesk(key, [verifier], tmp_path / "known.json")
    size = notes.parse_checkpoint(notes.parse(note).text).size

    def ask(old: int, proof: list[str], written: str) -> tuple[int, str]:
        body = "".join([f"old {old}\n", *(f"{line}\n" for line in proof), "\n", written])
        status, media_type, answer = desk.add_checkpoint(body.encode())
        assert status != 409 or media_type == "text/x.tlog.size"
        return status, answer

    status, line = ask(0, [], note)
    assert status == 200
    signed, by = keys.verified(note + line, [key.verifier(notes.COSIGNATURE)])
    assert by == [key.verifier(notes.COSIGNATURE)]
    assert ask(size, [], note)[0] == 200
    assert ask(0, [], note) == (409, f"{size}\n")
    ledger.desk.claim()
    later = ledger.publisher.publish()
    assert later is not None
    bigger = notes.parse_checkpoint(notes.parse(later).text).size
    with ledger.desk.database.reading() as connection:
        proof = transparency.consistency(connection, size, bigger)["proof"]
    assert ask(size, proof[:-1], later)[0] == 422
    assert ask(size, [], later)[0] == 422
    assert ask(bigger + 1, [], later)[0] == 400
    assert ask(size, proof, later)[0] == 200
    assert ask(size, proof, note)[0] == 409
    stranger = keys.SigningKey("desk.example/log", key.private)
    forged = notes.Note(signed.text, (stranger.sign(signed.text),)).written()
    assert ask(bigger, [], forged)[0] == 403
    unknown = notes.Checkpoint("elsewhere.example", 1, bytes(32)).text()
    assert ask(0, [], notes.Note(unknown, (stranger.sign(unknown),)).written())[0] == 404
    assert desk.add_checkpoint(b"old x")[0] == 400
    assert json.loads((tmp_path / "known.json").read_text())["desk.example/log"][0] == bigger


def test_the_publisher_asks_its_witnesses(ledger: Ledger, tmp_path: Path) -> None:
    from werkzeug.serving import make_server

    from factcheck.web.witness import create_witness

    ledger.work(actions=1)
    ledger.publisher.publish()
    (verifier,) = [key.verifier() for key in ledger.publisher.signers()]
    keys.make(tmp_path / "witness-key")
    key = keys.load(tmp_path / "witness-key", "witness.example")
    server = make_server("127.0.0.1", 0, create_witness(WitnessDesk(key, [verifier], tmp_path / "known.json")))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        public = key.verifier(notes.COSIGNATURE)
        asked = witnesses.parse(f"{public} http://127.0.0.1:{server.port}")
        absent = witnesses.parse(f"{public} http://127.0.0.1:9")
        for _ in range(2):
            ledger.desk.claim()
            publisher = Publisher(ledger.desk.database, ledger.folder, witness_urls=[*absent, *asked])
            note = publisher.publish()
            assert note is not None
            assert keys.verified(note, [public])[1] == [public]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
