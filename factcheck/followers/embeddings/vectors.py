"""Vectors of texts: what a sentence model gives, and how close two of them are."""

import struct
from array import array
from collections.abc import Iterable, Sequence
from math import fsum, isfinite, sqrt
from operator import mul
from typing import Protocol, TypeAlias

Vector: TypeAlias = "array[float]"
MOST = 8192  # numbers of a vector
STEP = struct.Struct("<f")  # of a packed vector: what 1 of its whole numbers stands for
HIGHEST = 127


class ModelFailed(Exception):
    """A sentence model gives no vectors now; the message says why, for the operator."""


class SentenceModel(Protocol):
    """Gives each text its vector, all of one length. Raises ModelFailed. `identity`: 16 bytes of this model alone."""

    identity: bytes

    def vectors(self, texts: Sequence[str]) -> list[Vector]: ...


def unit(numbers: Iterable[float]) -> Vector:
    """Return the vector of these numbers with the length 1. Raises ModelFailed where that is not possible."""
    try:
        found = array("f", numbers)
        length = sqrt(fsum(map(mul, found, found)))
    except (TypeError, ValueError, OverflowError):
        raise ModelFailed("A vector has something that is not a number.") from None
    if not isfinite(length) or length == 0 or len(found) > MOST:
        raise ModelFailed("A vector is empty, too long, or has a number that is not finite.")
    return array("f", [each / length for each in found])


def cosine(a: Vector, b: Vector) -> float:
    return fsum(map(mul, a, b))


def packed(vector: Vector) -> bytes:
    """Return a vector with a byte for each number, which is exact enough to compare it."""
    step = max(map(abs, vector)) / HIGHEST
    return STEP.pack(step) + array("b", [round(each / step) for each in vector]).tobytes()


def cosine_of_packed(a: Vector, b: bytes) -> float:
    step: float = STEP.unpack_from(b)[0]
    return step * fsum(map(mul, a, memoryview(b)[STEP.size :].cast("b")))
