"""Proofs of the log's tree: what is not exactly a proof is none, and sizes at their bounds."""

import pytest

from factcheck.rules import merkle

HASHES = [merkle.leaf_hash(bytes([at])) for at in range(9)]


def node(height: int, k: int) -> bytes:
    return merkle.complete(HASHES[k << height : (k + 1) << height])


def root(size: int) -> bytes:
    return merkle.range_hash(0, size, node)


@pytest.mark.parametrize("size", range(1, 10))
def test_a_log_is_consistent_with_itself_by_an_empty_proof_alone(size: int) -> None:
    assert merkle.consistency_proof(size, size, node) == []
    assert merkle.consistent(size, root(size), size, root(size), [])
    for proof in ([root(size)], [HASHES[0]], [bytes(32)], [b""], HASHES[:3]):
        assert not merkle.consistent(size, root(size), size, root(size), proof)
    assert not merkle.consistent(size, root(size), size, bytes(32), [])


@pytest.mark.parametrize("size", range(10))
def test_a_proof_from_the_empty_log_says_nothing(size: int) -> None:
    with pytest.raises(ValueError, match="first size"):
        merkle.consistency_proof(0, size, node)
    for proof in ([], [root(size)]):
        assert not merkle.consistent(0, merkle.EMPTY, size, root(size), proof)
        assert not merkle.consistent(0, root(size), size, root(size), proof)


@pytest.mark.parametrize(
    ("first", "second"), [(first, second) for second in range(2, 10) for first in range(1, second)]
)
def test_a_proof_with_anything_more_or_less_is_none(first: int, second: int) -> None:
    proof = merkle.consistency_proof(first, second, node)
    assert merkle.consistent(first, root(first), second, root(second), proof)
    assert not merkle.consistent(second, root(second), first, root(first), proof)
    assert not merkle.consistent(first, bytes(32), second, root(second), proof)
    assert not merkle.consistent(first, root(first), second, bytes(32), proof)
    for spoilt in ([], proof[1:], proof[:-1], [*proof, proof[-1]], [proof[0], *proof], proof[::-1]):
        if spoilt != proof:
            assert not merkle.consistent(first, root(first), second, root(second), spoilt)


def test_sizes_and_indexes_out_of_order_have_no_proof() -> None:
    for first, second in ((2, 1), (-1, 1), (9, 8)):
        with pytest.raises(ValueError, match="first size"):
            merkle.consistency_proof(first, second, node)
        assert not merkle.consistent(first, root(1), second, root(1), [])
        assert not merkle.consistent(first, root(1), second, root(1), [HASHES[0]])
    for index, size in ((0, 0), (1, 1), (-1, 1), (8, 8)):
        with pytest.raises(ValueError, match="below"):
            merkle.inclusion_proof(index, size, node)
        assert not merkle.includes(HASHES[0], index, size, [], HASHES[0])
    assert merkle.inclusion_proof(0, 1, node) == []
    assert merkle.includes(HASHES[0], 0, 1, [], HASHES[0])
    assert not merkle.includes(HASHES[0], 0, 1, [HASHES[1]], root(2))


@pytest.mark.parametrize("size", range(2, 10))
def test_a_proof_for_a_smaller_log_ends_too_early_for_a_larger_one(size: int) -> None:
    for first in range(1, size):
        proof = merkle.consistency_proof(first, size, node)
        assert merkle.consistent(first, root(first), size, root(size), proof)
        assert not merkle.consistent(first, root(first), 4 * size, root(size), proof)
    for index in range(size):
        path = merkle.inclusion_proof(index, size, node)
        assert merkle.includes(HASHES[index], index, size, path, root(size))
        assert not merkle.includes(HASHES[index], index, 4 * size, path, root(size))
