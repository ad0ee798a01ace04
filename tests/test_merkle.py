"""The public vectors of RFC 6962's proofs: each good one verifies, and none of its alterations does.

`data/merkle.json` has the leaves, roots and proofs that transparency-dev/merkle publishes (Apache License 2.0). The
alterations are those that its `testdata` folder names, made here from the good ones.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from factcheck.rules import merkle, notes

DATA: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "merkle.json").read_text(encoding="utf-8"))
LEAVES = [bytes.fromhex(leaf) for leaf in DATA["leaves"]]
ROOTS = [bytes.fromhex(root) for root in DATA["roots"]]
SOME = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")
NO_HASH, SHORT = b"", b"WrongRoot"
UINT64 = 2**64


class Inclusion(NamedTuple):
    name: str
    good: bool
    leaf: bytes
    index: int
    size: int
    proof: list[bytes]
    root: bytes


class Consistency(NamedTuple):
    name: str
    good: bool
    size1: int
    root1: bytes
    size2: int
    root2: bytes
    proof: list[bytes]


def flipped(proof: list[bytes], at: int, bit: int) -> list[bytes]:
    changed = bytes([proof[at][0] ^ bit]) + proof[at][1:]
    return [*proof[:at], changed, *proof[at + 1 :]]


def inclusions() -> Iterator[Inclusion]:
    for vector in DATA["inclusion"]:
        proof = [bytes.fromhex(hashed) for hashed in vector["proof"]]
        index, size = vector["leaf"], vector["size"]
        leaf, root = merkle.leaf_hash(LEAVES[index]), ROOTS[size - 1]
        good = Inclusion(f"{index} of {size}", True, leaf, index, size, proof, root)
        yield good
        altered: dict[str, dict[str, Any]] = {
            "index - 1": {"index": (index - 1) % UINT64},
            "index + 1": {"index": index + 1},
            "index ^ 2": {"index": index ^ 2},
            "size * 2": {"size": size * 2},
            "size / 2": {"size": size // 2},
            "wrong leaf": {"leaf": b"WrongLeaf"},
            "empty root": {"root": merkle.EMPTY},
            "random root": {"root": SOME},
            "trailing garbage": {"proof": [*proof, NO_HASH]},
            "trailing root": {"proof": [*proof, root]},
            "preceding garbage": {"proof": [NO_HASH, *proof]},
            "preceding root": {"proof": [root, *proof]},
        }
        for at in range(len(proof)):
            altered[f"modified proof[{at}] bit 3"] = {"proof": flipped(proof, at, 8)}
        if proof:
            altered["removed component"] = {"proof": proof[:-1]}
        if len(proof) > 1:
            altered["inserted component"] = {"proof": [proof[0], SOME, *proof[1:]]}
        for name, change in altered.items():
            yield good._replace(name=f"{good.name}: {name}", good=False, **change)
    hashed = merkle.leaf_hash(b"data")
    for name, root, leaf in (
        ("matching", hashed, hashed), ("empty leaf", hashed, NO_HASH), ("empty root", NO_HASH, hashed),
        ("empty root and leaf", NO_HASH, NO_HASH),
    ):  # fmt: skip
        yield Inclusion(f"single entry: {name}", name == "matching", leaf, 0, 1, [], root)
    for index, size in ((0, 0), (0, 1), (1, 0), (2, 1)):
        for name, root, leaf in (
            ("random leaf", NO_HASH, SOME), ("empty root", merkle.EMPTY, NO_HASH),
            ("empty root and random leaf", merkle.EMPTY, SOME),
        ):  # fmt: skip
            yield Inclusion(f"{index} of {size}: {name}", False, leaf, index, size, [], root)


def consistencies() -> Iterator[Consistency]:
    for vector in DATA["consistency"]:
        proof = [bytes.fromhex(hashed) for hashed in vector["proof"]]
        size1, size2 = vector["size1"], vector["size2"]
        root1, root2 = ROOTS[size1 - 1], ROOTS[size2 - 1]
        good = Consistency(f"{size1} to {size2}", True, size1, root1, size2, root2, proof)
        yield good
        if not proof:
            continue
        altered: dict[str, dict[str, Any]] = {
            "size1 - 1": {"size1": size1 - 1},
            "size1 + 1": {"size1": size1 + 1},
            "size1 ^ 2": {"size1": size1 ^ 2},
            "size2 * 2": {"size2": size2 * 2},
            "size2 / 2": {"size2": size2 // 2},
            "wrong root1": {"root1": SHORT},
            "wrong root2": {"root2": SHORT},
            "swapped roots": {"root1": root2, "root2": root1},
            "empty proof": {"proof": []},
            "trailing garbage": {"proof": [*proof, NO_HASH]},
            "trailing root1": {"proof": [*proof, root1]},
            "trailing root2": {"proof": [*proof, root2]},
            "preceding garbage": {"proof": [NO_HASH, *proof]},
            "preceding root1": {"proof": [root1, *proof]},
            "preceding root2": {"proof": [root2, *proof]},
            "preceding proof[0]": {"proof": [proof[0], *proof]},
            "truncated proof": {"proof": proof[:-1]},
        }
        for at in range(len(proof)):
            altered[f"modified proof[{at}] bit 4"] = {"proof": flipped(proof, at, 16)}
        for name, change in altered.items():
            yield good._replace(name=f"{good.name}: {name}", good=False, **change)
    one, two, empty = b"don't care 1", b"don't care 2", merkle.EMPTY
    for name, accepted, size1, root1, size2, root2, proof in (
        ("zero and zero, roots differ", False, 0, one, 0, two, []),
        ("one and one, roots differ", False, 1, one, 1, two, []),
        ("zero and zero", False, 0, one, 0, one, []),
        ("zero and one", False, 0, one, 1, two, []),
        ("zero and one, the first root empty", False, 0, empty, 1, two, []),
        ("one and one", True, 1, two, 1, two, []),
        ("one and zero", False, 1, one, 0, two, []),
        ("two and one", False, 2, one, 1, two, []),
        ("one and two, empty proof", False, 1, one, 2, two, []),
        ("zero and zero, one root empty", False, 0, empty, 0, two, []),
        ("one and one, one root empty", False, 1, empty, 1, two, []),
        ("zero and zero with a proof", False, 0, empty, 0, empty, [empty]),
        ("zero and one with a proof", False, 0, empty, 1, empty, [empty]),
        ("one and one with a proof", False, 1, empty, 1, empty, [empty]),
    ):
        yield Consistency(f"additional: {name}", accepted, size1, root1, size2, root2, proof)


def test_the_vectors_are_all_there() -> None:
    """As many as the folder has: 98 of inclusion and 98 of consistency."""
    assert [len(list(inclusions())), len(list(consistencies()))] == [98, 98]
    tree = merkle.Frontier()
    for leaf, root in zip(LEAVES, ROOTS, strict=True):
        tree.append(merkle.leaf_hash(leaf))
        assert tree.root() == root


@pytest.mark.parametrize("vector", list(inclusions()), ids=lambda vector: vector.name)
def test_a_vector_of_inclusion(vector: Inclusion) -> None:
    assert merkle.includes(vector.leaf, vector.index, vector.size, vector.proof, vector.root) == vector.good


@pytest.mark.parametrize("vector", list(consistencies()), ids=lambda vector: vector.name)
def test_a_vector_of_consistency(vector: Consistency) -> None:
    found = merkle.consistent(vector.size1, vector.root1, vector.size2, vector.root2, vector.proof)
    assert found == vector.good


def test_what_is_no_hash_is_refused_wherever_it_is_read() -> None:
    for length in (0, 31, 33, 64):
        value = bytes(length)
        assert not merkle.includes(value, 0, 1, [], value)
        assert not merkle.consistent(1, value, 2, value, [value])
        assert not merkle.consistent(0, value, 5, value, [])
    with pytest.raises(notes.NoteError, match="32 bytes"):
        notes.parse_checkpoint("log.example\n1\nAAAA\n")
