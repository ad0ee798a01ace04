"""Perceptual hashes of images: how alike two are, and by what those that are alike can be found without a walk.

A hash has 64 bits. Two images within DISTANCE of 8 differ in at most 8 of them. Cut into five bands, at least one band
of the two differs in at most one bit: if each of five differed in two, ten bits would differ. So whoever looks for
every value of each band that is at most one bit away finds all of them, and in 69 places of an index.
"""

from collections.abc import Iterator

BITS = 64
DISTANCE = 8  # bits
WIDTHS = (13, 13, 13, 13, 12)  # bits of each band, the lowest first
_SHIFT = max(WIDTHS)


def distance(one: str, other: str) -> int:
    """Return in how many bits two hashes differ, each given as 16 hexadecimal digits."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def bands(phash: str) -> list[int]:
    """Return the bands of a hash, each as one number that says which band it is, too."""
    return [number << _SHIFT | value for number, (value, _) in enumerate(_bands(phash))]


def probes(phash: str) -> list[int]:
    """Return bands of which every hash within DISTANCE of this one has one at least."""
    found = []
    for number, (value, width) in enumerate(_bands(phash)):
        near = [value, *(value ^ 1 << bit for bit in range(width))]
        found += [number << _SHIFT | each for each in near]
    return found


def _bands(phash: str) -> Iterator[tuple[int, int]]:
    rest = int(phash, 16)
    for width in WIDTHS:
        yield rest & ((1 << width) - 1), width
        rest >>= width
