"""The Merkle tree of RFC 6962 (section 2.1, SHA-256) and the tiles of C2SP tlog-tiles.

Ranges are half open; indexes and sizes count leaves. `node(height, k)` always means the hash of the complete
subtree over the leaves ``[k * 2**height, (k + 1) * 2**height)``.
"""

import re
from collections.abc import Callable, Iterable
from hashlib import sha256

HASH = 32  # bytes of a hash
EMPTY = sha256(b"").digest()
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT

Node = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: enough to append leaves and tell the root, in memory of its height.

    `completed` collects the subtrees of 256, 65,536, … leaves as they become whole: level (from 1), number, hash.
    Whoever needs them takes them out.
    """

    def __init__(self) -> None:
        self.size = 0
        self.completed: list[tuple[int, int, bytes]] = []
        self._edge: list[bytes] = []  # complete subtrees, the largest first: one for each bit of the size

    def copy(self) -> "Frontier":
        other = Frontier()
        other.size, other._edge = self.size, list(self._edge)
        return other

    def append(self, hashed: bytes) -> None:
        """Append one leaf by its leaf hash."""
        size, height = self.size, 0
        while size & 1:
            hashed = sha256(b"\x01" + self._edge.pop() + hashed).digest()
            size >>= 1
            height += 1
            if height % TILE_HEIGHT == 0:
                self.completed.append((height // TILE_HEIGHT, self.size >> height, hashed))
        self._edge.append(hashed)
        self.size += 1

    def root(self) -> bytes:
        if not self._edge:
            return EMPTY
        root = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            root = node_hash(left, root)
        return root


def complete(hashes: Iterable[bytes]) -> bytes:
    """Return the hash over a power of two of hashes of one height."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def range_hash(start: int, end: int, node: Node) -> bytes:
    """Return MTH(D[start:end]) of a range that the tree's own splitting gives."""
    size = end - start
    if size == 0:
        return EMPTY
    if size & (size - 1) == 0:
        height = size.bit_length() - 1
        return node(height, start >> height)
    split = _split(size)
    return node_hash(range_hash(start, start + split, node), range_hash(start + split, end, node))


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """Return PATH(index, D[size]), from the leaf's sibling up (RFC 6962, 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError("the index is not below the size")

    def path(at: int, start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        middle = start + _split(end - start)
        if at < middle:
            return [*path(at, start, middle), range_hash(middle, end, node)]
        return [*path(at, middle, end), range_hash(start, middle, node)]

    return path(index, 0, size)


def consistency_proof(first: int, second: int, node: Node) -> list[bytes]:
    """Return PROOF(first, D[second]) (RFC 6962, 2.1.2); empty when both sizes are equal.

    Raises ValueError for a first size of 0: every tree begins with the empty one, so there is nothing to prove.
    """
    if not 0 < first <= second:
        raise ValueError("the first size is not between 1 and the second")
    if first == second:
        return []

    def subproof(m: int, start: int, end: int, whole: bool) -> list[bytes]:
        if m == end - start:
            return [] if whole else [range_hash(start, end, node)]
        split = _split(end - start)
        middle = start + split
        if m <= split:
            return [*subproof(m, start, middle, whole), range_hash(middle, end, node)]
        return [*subproof(m - split, middle, end, False), range_hash(start, middle, node)]

    return subproof(first, 0, second, True)


def includes(hashed: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    """Verify an inclusion proof (RFC 9162, 2.1.3.2). False where the leaf, the root or a sibling is no hash."""
    if not 0 <= index < size or not _are_hashes(hashed, root, *proof):
        return False
    at, last = index, size - 1
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            hashed = node_hash(sibling, hashed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hashed = node_hash(hashed, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and hashed == root


def consistent(first: int, first_root: bytes, second: int, second_root: bytes, proof: list[bytes]) -> bool:
    """Verify a consistency proof (RFC 9162, 2.1.4.2). False where a root or a part of the proof is no hash.

    False as well for a first size of 0: a proof that starts at the empty tree says nothing about the second one.
    Whoever knows no earlier tree has nothing to verify, and must not call it verified. Equal sizes need equal roots
    and an empty proof; nothing is hashed then, so that the roots are compared as they are.
    """
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    if not proof or not _are_hashes(first_root, second_root, *proof):
        return False
    path = proof if first & (first - 1) else [first_root, *proof]
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for hashed in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(hashed, old), node_hash(hashed, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, hashed)
        at, last = at >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _are_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH for value in values)


def tile_path(number: int) -> str:
    """Write a tile's number as path elements of three digits: 1234067 is ``x001/x234/067``."""
    parts = [f"{number % 1000:03}"]
    while number := number // 1000:
        parts.append(f"x{number % 1000:03}")
    return "/".join(reversed(parts))


_TILE = re.compile(r"((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


def parse_tile_path(path: str) -> tuple[int, int]:
    """Return a tile's number and width from its path. Raises ValueError unless it is written in the one right way."""
    found = _TILE.fullmatch(path)
    if found is None or len(found[1]) > 25:
        raise ValueError("not a tile's path")
    number = int(found[1].replace("x", "").replace("/", "") + found[2])
    width = int(found[3]) if found[3] else TILE_WIDTH
    if tile_path(number) != found[1] + found[2] or width > TILE_WIDTH or (found[3] and width == TILE_WIDTH):
        raise ValueError("not a tile's path")
    return number, width


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
