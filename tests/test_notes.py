"""Notes, keys and checkpoints have one form each; what is a letter away from it is refused."""

import base64
from pathlib import Path
from random import Random

import pytest

from factcheck.errors import Misconfigured
from factcheck.log import keys, transparency
from factcheck.log.vouching import witnesses
from factcheck.log.vouching.witnesses import WitnessDesk
from factcheck.rules import notes
from factcheck.rules.notes import Checkpoint, Note, NoteError, Signature

ROOT = bytes(range(32))
HEAD = Checkpoint("log.example", 7, ROOT)


@pytest.fixture
def key(tmp_path: Path) -> keys.SigningKey:
    keys.make(tmp_path / "key")
    return keys.load(tmp_path / "key", "log.example")


def signature(at: int = 0, made: bytes = b"x") -> Signature:
    return Signature(f"k{at}", bytes([at] * 4), made)


def test_a_note_is_read_as_it_is_written() -> None:
    note = Note("One line\n\nand another\n", (signature(1), signature(2, b"yz")))
    assert notes.parse(note.written()) == note
    assert note.written() == "One line\n\nand another\n\n— k1 AQEBAXg=\n— k2 AgICAnl6\n"
    most = Note("x\n", tuple(signature(at) for at in range(notes.MOST_SIGNATURES)))
    assert notes.parse(most.written()) == most


@pytest.mark.parametrize(
    "written",
    [
        "", "x\n", "x\n\n", "x\n\n— k AQEBAXg=", "x\n— k AQEBAXg=\n", "x\n\n- k AQEBAXg=\n", "x\n\n— k AQEBAQ==\n",
        "x\n\n— k AQEBAXg\n", "x\n\n— k AQEBAXh=\n", "x\n\n—  AQEBAXg=\n", "x\n\n— a+b AQEBAXg=\n",
        "x\x01\n\n— k AQEBAXg=\n",
        "x\t\n\n— k AQEBAXg=\n", "x\r\n\n— k AQEBAXg=\n", "x\n\n— k AQEBAXg=\n\n", "x\n\n— k AQEBAXg= \n",
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(written: str) -> None:
    with pytest.raises(NoteError):
        notes.parse(written)


def test_a_note_has_an_end() -> None:
    one = Note("x\n", (signature(),)).written()
    text = "a" * (notes.LONGEST - len(one) + 1)
    assert len(notes.parse(one.replace("x", text)).text) == len(text) + 1
    with pytest.raises(NoteError, match="has an end"):
        notes.parse(one.replace("x", text + "a"))
    too_many = Note("x\n", tuple(signature(at) for at in range(notes.MOST_SIGNATURES + 1)))
    with pytest.raises(NoteError, match="at most 64"):
        notes.parse(too_many.written())


def test_a_checkpoint_is_read_as_it_is_written_and_may_say_more() -> None:
    assert notes.parse_checkpoint(HEAD.text()) == HEAD
    assert notes.parse_checkpoint(HEAD.text() + "more\n") == HEAD
    assert notes.parse_checkpoint(Checkpoint("o", 10**18, ROOT).text()).size == 10**18


@pytest.mark.parametrize("size", ["", "01", "-1", "+1", "1.0", "٣", " 1", "1" * 20])
def test_a_size_has_one_form(size: str) -> None:
    with pytest.raises(NoteError):
        notes.parse_checkpoint(HEAD.text().replace("\n7\n", f"\n{size}\n"))


def test_a_root_has_32_bytes_in_one_form() -> None:
    for root in (ROOT[:31], ROOT + b"x", b""):
        with pytest.raises(NoteError):
            notes.parse_checkpoint(f"o\n1\n{base64.b64encode(root).decode()}\n")
    with pytest.raises(NoteError):
        notes.parse_checkpoint(HEAD.text() + "\n")


def test_a_key_is_read_as_it_is_written(key: keys.SigningKey) -> None:
    for kind in (notes.ED25519, notes.COSIGNATURE):
        written = key.verifier(kind)
        assert notes.parse_verifier_key(written) == notes.parse_verifier_key(f" {written}\n")
        assert notes.parse_verifier_key(written) == ("log.example", kind, key.public)
        name, hexed, encoded = written.split("+", 2)
        blob = base64.b64decode(encoded)
        short, other = (base64.b64encode(each).decode() for each in (blob[:-1], bytes([3]) + blob[1:]))
        for wrong in (
            f"x+{hexed}+{encoded}", f"{name}+{'0' * 8}+{encoded}", f"{name}+{hexed.upper()}x+{encoded}", name,
            f"{name}+{hexed}+{short}", f"{name}+{hexed}+{other}", f"+{hexed}+{encoded}", f"a b+{hexed}+{encoded}",
        ):  # fmt: skip
            with pytest.raises(NoteError):
                notes.parse_verifier_key(wrong)


def test_a_signature_is_good_for_its_text_key_and_name_alone(key: keys.SigningKey, tmp_path: Path) -> None:
    text = HEAD.text()
    good = Note(text, (key.sign(text),))
    assert keys.verified(good.written(), [key.verifier()]) == (good, [key.verifier()])
    cosigned = Note(text, (key.cosign(text, 1_700_000_000),))
    public = key.verifier(notes.COSIGNATURE)
    assert keys.verified(cosigned.written(), [public])[1] == [public]
    [made] = cosigned.signatures
    for spoilt in (made.made[:-1], made.made + b"x", b"\0" * 8 + made.made[8:], made.made[:8] + bytes(64)):
        with pytest.raises(NoteError, match="not good"):
            keys.verified(Note(text, (Signature(made.name, made.key_id, spoilt),)).written(), [public])
    with pytest.raises(NoteError, match="not good"):
        keys.verified(Note(text + "more\n", good.signatures).written(), [key.verifier()])
    with pytest.raises(NoteError, match="no known key"):
        keys.verified(good.written(), [])
    # One of a known key that does not verify spoils the note, though another one is good.
    bad = Signature(key.name, key.sign(text).key_id, bytes(64))
    with pytest.raises(NoteError, match="not good"):
        keys.verified(Note(text, (key.sign(text), bad)).written(), [key.verifier()])


def test_a_key_file_is_its_owners_and_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "key"
    keys.make(file)
    before = file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(OSError, match="exists"):
        keys.make(file)
    assert (file.read_bytes(), sorted(each.name for each in tmp_path.iterdir())) == (before, ["key"])
    assert keys.load(file, "a").public == keys.load(file, "b").public
    for spoilt in (b"", b"x", base64.b64encode(bytes(31)), b"!" + before):
        file.write_bytes(spoilt)
        with pytest.raises(Misconfigured, match="no readable key"):
            keys.load(file, "a")
    with pytest.raises(Misconfigured, match="no readable key"):
        keys.load(tmp_path / "none", "a")


@pytest.mark.parametrize(
    ("name", "good"), [("log.example", True), ("a b", False), ("a+b", False), ("", False), ("a\u200bb", False)]
)
def test_names_of_keys(name: str, good: bool) -> None:
    assert notes.good_name(name) == good


# ── Proofs that stand alone ─────────────────────────────────────────────────────────────────────────────────────────

LINES = [base64.b64encode(bytes([at] * 32)).decode() for at in range(3)]


def test_a_proof_that_stands_alone_is_read() -> None:
    for extra in ([], ["extra bm9ybWFs"]):
        written = "\n".join(["c2sp.org/tlog-proof@v1", *extra, "index 12", *LINES, "", "the note\n"])
        assert transparency.parse_inclusion(written) == (12, [bytes([at] * 32) for at in range(3)], "the note\n")
    assert transparency.parse_inclusion("c2sp.org/tlog-proof@v1\nindex 0\n\nnote") == (0, [], "note")


@pytest.mark.parametrize(
    "written",
    [
        "", "c2sp.org/tlog-proof@v1\nindex 1", "c2sp.org/tlog-proof@v2\nindex 1\n\nnote",
        "c2sp.org/tlog-proof@v1\n\nnote",
        "c2sp.org/tlog-proof@v1\nindex 01\n\nnote", "c2sp.org/tlog-proof@v1\nindex -1\n\nnote",
        "c2sp.org/tlog-proof@v1\nindex ٣\n\nnote", "c2sp.org/tlog-proof@v1\nindex \n\nnote",
        "c2sp.org/tlog-proof@v1\nindex 1\nnothing!\n\nnote", "c2sp.org/tlog-proof@v1\nextra x\n\nnote",
        "index 1\n\nnote", "c2sp.org/tlog-proof@v1\nplace 1\n\nnote",
    ],
)  # fmt: skip
def test_what_is_no_proof_is_refused(written: str) -> None:
    with pytest.raises(NoteError):
        transparency.parse_inclusion(written)


# ── Witnesses ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def desk(key: keys.SigningKey, tmp_path: Path) -> WitnessDesk:
    return WitnessDesk(key, [key.verifier()], tmp_path / "known.json")


def body(old: str, lines: list[str], key: keys.SigningKey, head: Checkpoint = HEAD) -> bytes:
    note = Note(head.text(), (key.sign(head.text()),)).written()
    return "\n".join([f"old {old}", *lines, "", note]).encode()


@pytest.mark.parametrize("old", ["", "01", "-1", "x", "٣", "8"])
def test_a_witness_reads_a_size_in_one_form(desk: WitnessDesk, key: keys.SigningKey, old: str) -> None:
    status, kind, told = desk.add_checkpoint(body(old, [], key))
    assert (status, kind) == (400, "text/plain")
    assert told.endswith("\n")


def test_a_witness_takes_so_many_hashes_of_32_bytes(desk: WitnessDesk, key: keys.SigningKey) -> None:
    for lines, status in (
        (LINES[:1] * witnesses.MOST_HASHES, 422),  # as many as there may be: then the proof is looked at
        (LINES[:1] * (witnesses.MOST_HASHES + 1), 400),
        (["AAAA"], 400),
        (["!"], 400),
    ):
        assert desk.add_checkpoint(body("0", lines, key))[0] == status, lines[:2]
    for raw in (b"", b"old 0", b"old 0\n\nnote", b"size 0\n\nx\n\n- k AQEBAXg=\n", b"\xff"):
        assert desk.add_checkpoint(raw)[0] == 400, raw


def test_a_witness_knows_what_it_signed_last(desk: WitnessDesk, key: keys.SigningKey, tmp_path: Path) -> None:
    status, kind, told = desk.add_checkpoint(body("0", [], key))
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    public = key.verifier(notes.COSIGNATURE)
    assert keys.verified(f"{HEAD.text()}\n{told}", [public])[1] == [public]
    assert desk.add_checkpoint(body("0", [], key)) == (409, "text/x.tlog.size", "7\n")
    assert desk.add_checkpoint(body("6", [], key)) == (409, "text/x.tlog.size", "7\n")
    other = Checkpoint(HEAD.origin, HEAD.size, bytes(32))
    assert desk.add_checkpoint(body("7", [], key, other)) == (409, "text/x.tlog.size", "7\n")
    assert desk.add_checkpoint(body("7", LINES[:1], key))[0] == 422
    again = WitnessDesk(key, [key.verifier()], tmp_path / "known.json")
    assert again.add_checkpoint(body("7", [], key))[0] == 200
    # Another log is another matter.
    elsewhere = keys.SigningKey("elsewhere.example", key.private)
    both = WitnessDesk(key, [key.verifier(), elsewhere.verifier()], tmp_path / "known.json")
    head = Checkpoint("elsewhere.example", 3, bytes(32))
    assert both.add_checkpoint(body("0", [], elsewhere, head))[0] == 200
    assert both.add_checkpoint(body("7", [], key))[0] == 200
    assert desk.add_checkpoint(body("0", [], elsewhere, head))[:2] == (404, "text/plain")


def test_the_setting_of_witnesses(key: keys.SigningKey) -> None:
    public = key.verifier(notes.COSIGNATURE)
    assert witnesses.parse("") == witnesses.parse(" , ") == []
    found = witnesses.parse(f"{public} https://one.example/ , {public}  http://two.example/a")
    assert [(each.key, each.url) for each in found] == [
        (public, "https://one.example"), (public, "http://two.example/a"),
    ]  # fmt: skip
    for wrong in (public, f"{public} ftp://x", f"x {public}", f"{public}, https://one.example"):
        with pytest.raises(Misconfigured, match="FACTCHECK_WITNESSES"):
            witnesses.parse(wrong)


def test_random_bytes_are_no_proof_and_no_note() -> None:
    random = Random(5)
    for _ in range(200):
        text = "".join(chr(random.choice([10, 32, 43, 48, 65, 8212])) for _ in range(random.randrange(60)))
        for read in (notes.parse, notes.parse_checkpoint, notes.parse_verifier_key, transparency.parse_inclusion):
            with pytest.raises(NoteError):
                read(text)
